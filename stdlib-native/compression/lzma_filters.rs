//! Filter chains of `_lzma`: from dicts to the library's structures and back.

use super::ids;
use gc::{Ref, Reg, Value};
use liblzma_sys as lz;
use objects::protocol::{buffer, item, iter};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};

/// Most filters of a chain.
const MOST: usize = 4;

pub const LZMA1: u64 = 0x4000_0000_0000_0001;
const LZMA2: u64 = 0x21;
const DELTA: u64 = 3;
const NO_MORE: u64 = u64::MAX;

/// The library's options of the delta filter.
#[repr(C)]
struct DeltaOptions {
    kind: u32,
    dist: u32,
    reserved_ints: [u32; 4],
    reserved_pointers: [usize; 2],
}

enum Options {
    Lzma(Box<lz::lzma_options_lzma>),
    Delta(Box<DeltaOptions>),
    Bcj(Option<Box<lz::lzma_options_bcj>>),
}

/// A filter chain.
#[derive(Default)]
pub struct Chain(Vec<(u64, Options)>);

impl Chain {
    /// The library's form, valid as long as the chain is.
    pub fn raw(&mut self) -> Vec<lz::lzma_filter> {
        let mut v: Vec<lz::lzma_filter> = self
            .0
            .iter_mut()
            .map(|(id, o)| lz::lzma_filter {
                id: *id,
                options: match o {
                    Options::Lzma(b) => std::ptr::from_mut(&mut **b).cast(),
                    Options::Delta(b) => std::ptr::from_mut(&mut **b).cast(),
                    Options::Bcj(Some(b)) => std::ptr::from_mut(&mut **b).cast(),
                    Options::Bcj(None) => std::ptr::null_mut(),
                },
            })
            .collect();
        v.push(lz::lzma_filter { id: NO_MORE, options: std::ptr::null_mut() });
        v
    }
    /// The options of a chain of one LZMA1 filter.
    pub fn single_lzma1(&self) -> Option<&lz::lzma_options_lzma> {
        match self.0.as_slice() {
            [(LZMA1, Options::Lzma(o))] => Some(o),
            _ => None,
        }
    }
}

/// An int of 32 bits.
pub fn u32_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    match u64_of(cx, v)?.try_into() {
        Ok(n) => Ok(n),
        Err(_) => Err(cx.overflow_error("Python int too large for C uint32_t")),
    }
}

fn u64_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()).and_then(|i| i.to_i128()) {
        Some(n) if n < 0 => Err(cx.value_error("Cannot convert negative int")),
        Some(n) => match u64::try_from(n) {
            Ok(n) => Ok(n),
            Err(_) => Err(cx.overflow_error("int too big to convert")),
        },
        None => Err(cx.overflow_error("int too big to convert")),
    }
}

/// The options of a preset.
pub fn preset(cx: &mut Cx, preset: u32) -> PyResult<Box<lz::lzma_options_lzma>> {
    // SAFETY: all fields may be zero, and the library fills them.
    let (options, failed) = unsafe {
        let mut o: Box<lz::lzma_options_lzma> = Box::new(std::mem::zeroed());
        let failed = lz::lzma_lzma_preset(&mut *o, preset) != 0;
        (o, failed)
    };
    if failed { Err(cx.error(ids::LZMA_ERROR, format!("Invalid compression preset: {preset}"))) } else { Ok(options) }
}

/// The entries of a filter dict.
fn entries(cx: &mut Cx, spec: Ref<'_>) -> PyResult<Vec<(String, Value)>> {
    let keys = objects::protocol::call::method(cx, spec, objects::names::keys(), &[])?.into_value();
    let mut out = Vec::new();
    for k in iter::collect(cx, keys.as_ref())? {
        let v = item::get(cx, spec, k.as_ref())?.into_value();
        out.push((as_str(k.as_ref()).map(Str::to_string_lossy).unwrap_or_default(), v));
    }
    Ok(out)
}

fn filter(cx: &mut Cx, spec: Ref<'_>) -> PyResult<(u64, Options)> {
    if type_of(spec).slots.getitem().is_none() || as_str(spec).is_some() || buffer::is_exporter(spec) {
        return Err(cx.type_error("Filter specifier must be a dict or dict-like object"));
    }
    let name = Str::intern_text("id");
    let id = match item::get(cx, spec, name.as_ref()) {
        Ok(v) => v.into_value(),
        Err(e) => {
            drop(cx.catch_if(e, exc::KEY_ERROR)?);
            return Err(cx.value_error("Filter specifier must have an \"id\" entry"));
        }
    };
    let id = u64_of(cx, id.as_ref())?;
    let entries = entries(cx, spec)?;
    let unknown = |cx: &mut Cx, what: &str| cx.value_error(format!("Invalid filter specifier for {what} filter"));
    match id {
        LZMA1 | LZMA2 => {
            let given = match entries.iter().find(|(k, _)| k == "preset") {
                Some((_, p)) => u32_of(cx, p.as_ref())?,
                None => 6,
            };
            let mut o = preset(cx, given)?;
            for (k, v) in &entries {
                let field: &mut u32 = match k.as_str() {
                    "id" | "preset" => continue,
                    "dict_size" => &mut o.dict_size,
                    "lc" => &mut o.lc,
                    "lp" => &mut o.lp,
                    "pb" => &mut o.pb,
                    "nice_len" => &mut o.nice_len,
                    "depth" => &mut o.depth,
                    "mode" => {
                        o.mode = u32_of(cx, v.as_ref())? as lz::lzma_mode;
                        continue;
                    }
                    "mf" => {
                        o.mf = u32_of(cx, v.as_ref())? as lz::lzma_match_finder;
                        continue;
                    }
                    _ => return Err(unknown(cx, "LZMA")),
                };
                *field = u32_of(cx, v.as_ref())?;
            }
            Ok((id, Options::Lzma(o)))
        }
        DELTA => {
            let mut dist = 1;
            for (k, v) in &entries {
                match k.as_str() {
                    "id" => {}
                    "dist" => dist = u32_of(cx, v.as_ref())?,
                    _ => return Err(unknown(cx, "delta")),
                }
            }
            Ok((id, Options::Delta(Box::new(DeltaOptions { kind: 0, dist, reserved_ints: [0; 4], reserved_pointers: [0; 2] }))))
        }
        4..=9 => {
            let mut start_offset = 0;
            for (k, v) in &entries {
                match k.as_str() {
                    "id" => {}
                    "start_offset" => start_offset = u32_of(cx, v.as_ref())?,
                    _ => return Err(unknown(cx, "BCJ")),
                }
            }
            Ok((id, Options::Bcj(Some(Box::new(lz::lzma_options_bcj { start_offset })))))
        }
        _ => Err(cx.value_error(format!("Invalid filter ID: {id}"))),
    }
}

/// A chain from a sequence of dicts.
pub fn chain(cx: &mut Cx, specs: Ref<'_>) -> PyResult<Chain> {
    if as_dict(specs).is_some() {
        return Err(cx.type_error("dict is not a sequence"));
    }
    let n = item::len(cx, specs)?;
    if n > MOST {
        return Err(cx.value_error(format!("Too many filters - liblzma supports a maximum of {MOST}")));
    }
    let mut c = Chain::default();
    for i in 0..n {
        let at = int::from_usize(i);
        let spec = item::get(cx, specs, at.as_ref())?.into_value();
        c.0.push(filter(cx, spec.as_ref())?);
    }
    Ok(c)
}

/// `_encode_filter_properties(filter)`
pub fn encode_properties(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut c = Chain(vec![filter(cx, a[0])?]);
    let raw = c.raw();
    let mut size = 0;
    // SAFETY: a filter of the library.
    let e = unsafe { lz::lzma_properties_size(&mut size, raw.as_ptr()) };
    super::lzma::check(cx, e)?;
    let mut out = vec![0u8; size as usize];
    // SAFETY: as many bytes as the library has asked for.
    let e = unsafe { lz::lzma_properties_encode(raw.as_ptr(), out.as_mut_ptr()) };
    super::lzma::check(cx, e)?;
    new_bytes(cx, &out).map(Reg::from)
}

/// `_decode_filter_properties(filter_id, encoded_props)`
pub fn decode_properties(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let id = u64_of(cx, a[0])?;
    let data = operand(cx, a[1])?;
    let mut f = lz::lzma_filter { id, options: std::ptr::null_mut() };
    // SAFETY: the data is there; the library sets the options.
    let e = unsafe { lz::lzma_properties_decode(&mut f, std::ptr::null(), data.as_ptr(), data.len()) };
    super::lzma::check(cx, e)?;
    let d = Dict::new();
    d.set_text("id", int::from_u64(id));
    if !f.options.is_null() {
        // SAFETY: the library has made options of the filter's kind, by malloc.
        unsafe {
            match id {
                LZMA1 | LZMA2 => {
                    let o = &*f.options.cast::<lz::lzma_options_lzma>();
                    if id == LZMA1 {
                        for (k, n) in [("lc", o.lc), ("lp", o.lp), ("pb", o.pb)] {
                            d.set_text(k, int::from_u64(n.into()));
                        }
                    }
                    d.set_text("dict_size", int::from_u64(o.dict_size.into()));
                }
                DELTA => d.set_text("dist", int::from_u64((*f.options.cast::<DeltaOptions>()).dist.into())),
                _ => d.set_text("start_offset", int::from_u64((*f.options.cast::<lz::lzma_options_bcj>()).start_offset.into())),
            }
            libc::free(f.options.cast());
        }
    }
    Ok(d.into())
}
