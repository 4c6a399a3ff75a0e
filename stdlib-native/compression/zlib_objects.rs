//! `zlib`'s objects: what `compressobj` and `decompressobj` make, and `_ZlibDecompressor`.

use super::zlib::{DEF_BUF_SIZE, DEF_MEM_LEVEL, Raw, finished, number};
use super::{Buffered, Decode, Failure, Output, Step, Stream, decompress_method, ids, members};
use crate::parameters;
use gc::{Ref, Reg, Value};
use libz_rs_sys as z;
use objects::native::{Member, Method, getter, method};
use objects::protocol::buffer;
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception::ids as exc;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::types::{instance, int};
use objects::{Args, Cx, PyResult};
use std::ffi::c_int;

type Compress = Stream<Raw, { ids::ZLIB_COMPRESS }>;
type Decompress = Stream<Inflate, { ids::ZLIB_DECOMPRESS }>;

/// State of a `Decompress` object.
pub struct Inflate {
    raw: Raw,
    dictionary: Option<Vec<u8>>,
    unused: Vec<u8>,
    tail: Vec<u8>,
    end: bool,
}

fn object<S: Send + 'static, const ID: u32>(state: S) -> Value {
    instance::alloc_with(objects::types::by_id(ID), Stream::<S, ID>::new(state))
}

parameters!(COMPRESSOBJ, "compressobj", "(level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)");

/// `compressobj(...)`.
pub fn compressobj(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    COMPRESSOBJ.bind(cx, args, |cx, a| {
        let defaults = [-1, z::Z_DEFLATED, 15, DEF_MEM_LEVEL, 0];
        let mut n = [0; 5];
        for (i, default) in defaults.into_iter().enumerate() {
            n[i] = number(cx, a[i], default)?;
        }
        let dictionary = match a[5].given().filter(|d| !d.is_none()) {
            Some(d) => Some(operand(cx, d)?.to_vec()),
            None => None,
        };
        let mut raw = match Raw::deflate(n[0], n[1], n[2], n[3], n[4]) {
            Ok(r) => r,
            Err((z::Z_MEM_ERROR, _)) => return Err(cx.error(exc::MEMORY_ERROR, "Can't allocate memory for compression object")),
            Err((z::Z_STREAM_ERROR, _)) => return Err(cx.value_error("Invalid initialization option")),
            Err((e, _)) => return Err(cx.error(ids::ZLIB_ERROR, format!("Error {e} while creating compression object"))),
        };
        if let Some(d) = dictionary {
            match raw.set_dictionary(&d) {
                z::Z_OK => {}
                z::Z_STREAM_ERROR => return Err(cx.value_error("Invalid dictionary")),
                _ => return Err(cx.value_error("deflateSetDictionary() failed")),
            }
        }
        Ok(object::<Raw, { ids::ZLIB_COMPRESS }>(raw).into())
    })
}

fn compress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[1])?;
    let data: &[u8] = &data;
    let r = Compress::of(a[0])
        .with(cx, data.len().saturating_mul(8), |raw| raw.deflate_all(data, z::Z_NO_FLUSH, "while compressing data").map(|(v, _)| v))?;
    finished(cx, r)
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mode = number(cx, a[1], z::Z_FINISH)?;
    if mode == z::Z_NO_FLUSH {
        return new_bytes(cx, b"").map(Reg::from);
    }
    let r = Compress::of(a[0]).with(cx, usize::MAX, |raw| {
        let (out, e) = raw.deflate_all(b"", mode, "while flushing")?;
        match e {
            z::Z_STREAM_END if mode == z::Z_FINISH => raw.end(),
            z::Z_OK | z::Z_BUF_ERROR | z::Z_STREAM_END => {}
            _ => return Err(raw.text(e, "while flushing")),
        }
        Ok(out)
    })?;
    finished(cx, r)
}

fn copy_error(cx: &mut Cx, e: c_int, what: &str) -> objects::Raised {
    match e {
        z::Z_STREAM_ERROR => cx.value_error("Inconsistent stream state"),
        z::Z_MEM_ERROR => cx.error(exc::MEMORY_ERROR, format!("Can't allocate memory for {what} object")),
        _ => cx.error(ids::ZLIB_ERROR, format!("Error {e} while copying {what} object")),
    }
}

fn copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match Compress::of(a[0]).with(cx, usize::MAX, Raw::copy)? {
        Ok(raw) => Ok(object::<Raw, { ids::ZLIB_COMPRESS }>(raw).into()),
        Err(e) => Err(copy_error(cx, e, "compression")),
    }
}

static COMPRESS_METHODS: &[Method] = &[
    method("compress", "($self, data, /)", compress, "Compresses data."),
    method("flush", "($self, mode=4, /)", flush, "Gives out what is held back."),
    method("copy", "($self, /)", copy, "A copy."),
    method("__copy__", "($self, /)", copy, ""),
    method("__deepcopy__", "($self, memo, /)", copy, ""),
];
/// `zlib.Compress`
pub static COMPRESS_TYPE: TypeSpec = TypeSpec::of::<Compress>("zlib.Compress").flags(flags::NO_NEW).methods(COMPRESS_METHODS);

// ---- decompressobj ----

fn dictionary_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Vec<u8>>> {
    let Some(d) = v.given() else { return Ok(None) };
    if !buffer::is_exporter(d) {
        return Err(cx.type_error("zdict argument must support the buffer protocol"));
    }
    let d = operand(cx, d)?.to_vec();
    Ok(if d.is_empty() { None } else { Some(d) })
}

fn new_inflate(cx: &mut Cx, wbits: c_int, dictionary: Option<&[u8]>) -> PyResult<Raw> {
    let mut raw = match Raw::inflate(wbits) {
        Ok(r) => r,
        Err((z::Z_STREAM_ERROR, _)) => return Err(cx.value_error("Invalid initialization option")),
        Err((z::Z_MEM_ERROR, _)) => return Err(cx.error(exc::MEMORY_ERROR, "Can't allocate memory for decompression object")),
        Err((e, _)) => return Err(cx.error(ids::ZLIB_ERROR, format!("Error {e} while creating decompression object"))),
    };
    // Streams without header do not ask for it.
    if let Some(d) = dictionary.filter(|_| wbits < 0) {
        let e = raw.set_dictionary(d);
        if e != z::Z_OK {
            return Err(raw.text(e, "while setting zdict").raise(cx));
        }
    }
    Ok(raw)
}

/// `decompressobj(wbits, zdict)`.
pub fn decompressobj(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let wbits = number(cx, a[0], 15)?;
    let dictionary = dictionary_of(cx, a[1])?;
    let raw = new_inflate(cx, wbits, dictionary.as_deref())?;
    let state = Inflate { raw, dictionary, unused: Vec::new(), tail: Vec::new(), end: false };
    Ok(object::<Inflate, { ids::ZLIB_DECOMPRESS }>(state).into())
}

impl Inflate {
    fn run(&mut self, input: &[u8], limit: Option<usize>, finish: bool) -> Result<Vec<u8>, Failure> {
        let mut out = Output::new(limit);
        let mut at = 0;
        let mut e;
        loop {
            let (p, n) = out.room()?;
            let flush = if finish { z::Z_FINISH } else { z::Z_SYNC_FLUSH };
            // SAFETY: there is that much room.
            let (code, read, written) = unsafe { self.raw.step(&input[at..], p, n, flush) };
            // SAFETY: as the library says.
            unsafe { out.written(written) };
            e = code;
            at += read;
            match e {
                z::Z_NEED_DICT => {
                    let Some(d) = &self.dictionary else { break };
                    let set = self.raw.set_dictionary(d);
                    if set != z::Z_OK {
                        return Err(self.raw.text(set, "while setting zdict"));
                    }
                    continue;
                }
                z::Z_OK | z::Z_BUF_ERROR => {}
                _ => break,
            }
            if out.is_full() || (at == input.len() && written < n) || (read == 0 && written == 0) {
                break;
            }
        }
        let rest = &input[at..];
        if e == z::Z_STREAM_END {
            self.unused.extend_from_slice(rest);
            self.tail.clear();
            self.end = true;
        } else {
            self.tail = rest.to_vec();
            if !matches!(e, z::Z_OK | z::Z_BUF_ERROR) {
                return Err(self.raw.text(e, "while decompressing data"));
            }
        }
        Ok(out.finish())
    }
}

fn decompress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[1])?;
    let limit = match a[2].given() {
        Some(n) => int::index_size(cx, n)?,
        None => 0,
    };
    if limit < 0 {
        return Err(cx.value_error("max_length must be non-negative"));
    }
    let data: &[u8] = &data;
    let limit = if limit == 0 { None } else { Some(limit as usize) };
    let r = Decompress::of(a[0]).with(cx, usize::MAX, |s| s.run(data, limit, false))?;
    finished(cx, r)
}

fn flush_decompress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => DEF_BUF_SIZE,
    };
    if n <= 0 {
        return Err(cx.value_error("length must be greater than zero"));
    }
    let r = Decompress::of(a[0]).with(cx, usize::MAX, |s| {
        if s.end {
            s.raw.end();
            return Ok(Vec::new());
        }
        let tail = std::mem::take(&mut s.tail);
        let r = s.run(&tail, None, true);
        if s.end {
            s.raw.end();
        }
        r
    })?;
    finished(cx, r)
}

fn copy_decompress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = Decompress::of(a[0]).with(cx, usize::MAX, |s| {
        s.raw.copy().map(|raw| Inflate {
            raw,
            dictionary: s.dictionary.clone(),
            unused: s.unused.clone(),
            tail: s.tail.clone(),
            end: s.end,
        })
    })?;
    match r {
        Ok(s) => Ok(object::<Inflate, { ids::ZLIB_DECOMPRESS }>(s).into()),
        Err(e) => Err(copy_error(cx, e, "decompression")),
    }
}

static DECOMPRESS_METHODS: &[Method] = &[
    method("decompress", "($self, data, /, max_length=0)", decompress, "Decompresses data."),
    method("flush", "($self, length=16384, /)", flush_decompress, "Gives out what is held back."),
    method("copy", "($self, /)", copy_decompress, "A copy."),
    method("__copy__", "($self, /)", copy_decompress, ""),
    method("__deepcopy__", "($self, memo, /)", copy_decompress, ""),
];
static DECOMPRESS_MEMBERS: &[Member] = &[
    Member(getter(
        "unused_data",
        |cx, v| {
            let d = Decompress::of(v).with(cx, 0, |s| s.unused.clone())?;
            new_bytes(cx, &d).map(Reg::from)
        },
        "",
    )),
    Member(getter(
        "unconsumed_tail",
        |cx, v| {
            let d = Decompress::of(v).with(cx, 0, |s| s.tail.clone())?;
            new_bytes(cx, &d).map(Reg::from)
        },
        "",
    )),
    Member(getter("eof", |cx, v| Decompress::of(v).with(cx, 0, |s| s.end).map(|b| Value::bool(b).into()), "")),
];
/// `zlib.Decompress`
pub static DECOMPRESS_TYPE: TypeSpec =
    TypeSpec::of::<Decompress>("zlib.Decompress").flags(flags::NO_NEW).methods(DECOMPRESS_METHODS).members(DECOMPRESS_MEMBERS);

// ---- _ZlibDecompressor ----

/// The decoder of `_ZlibDecompressor`.
pub struct Inflater {
    raw: Raw,
    dictionary: Option<Vec<u8>>,
}

impl Decode for Inflater {
    unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize) -> Result<Step, Failure> {
        // SAFETY: by contract.
        let (mut e, mut read, mut written) = unsafe { self.raw.step(input, out, room, z::Z_SYNC_FLUSH) };
        if e == z::Z_NEED_DICT
            && let Some(d) = &self.dictionary
        {
            let set = self.raw.set_dictionary(d);
            if set != z::Z_OK {
                return Err(self.raw.text(set, "while setting zdict"));
            }
            // SAFETY: what is left of the room.
            let more = unsafe { self.raw.step(&input[read..], out.add(written), room - written, z::Z_SYNC_FLUSH) };
            e = more.0;
            read += more.1;
            written += more.2;
        }
        match e {
            z::Z_OK | z::Z_BUF_ERROR | z::Z_STREAM_END => Ok(Step { read, written, end: e == z::Z_STREAM_END }),
            z::Z_MEM_ERROR => Err(Failure::NoMemory),
            _ => Err(self.raw.text(e, "while decompressing data")),
        }
    }
}

type Decompressor = Stream<Buffered<Inflater>, { ids::ZLIB_DECOMPRESSOR }>;
parameters!(DECOMPRESSOR, "_ZlibDecompressor", "(wbits=15, zdict=b'')");

fn new_decompressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    DECOMPRESSOR.bind(cx, args, |cx, a| {
        let wbits = number(cx, a[0], 15)?;
        let dictionary = dictionary_of(cx, a[1])?;
        let raw = new_inflate(cx, wbits, dictionary.as_deref())?;
        Ok(crate::guarded::make(class, Decompressor::new(Buffered::new(Inflater { raw, dictionary }))))
    })
}

static DECOMPRESSOR_METHODS: &[Method] =
    &[decompress_method::<Inflater, { ids::ZLIB_DECOMPRESSOR }>(), method("__reduce__", "($self, /)", super::no_state, "")];
static DECOMPRESSOR_MEMBERS: &[Member] = &members::<Inflater, { ids::ZLIB_DECOMPRESSOR }>();
/// `zlib._ZlibDecompressor`
pub static DECOMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Decompressor>("zlib._ZlibDecompressor")
    .slots(Slots { new: Some(new_decompressor), ..Slots::NONE })
    .methods(DECOMPRESSOR_METHODS)
    .members(DECOMPRESSOR_MEMBERS);
