//! `_lzma`.

use super::lzma_filters::{Chain, chain, preset, u32_of};
use super::{Buffered, Decode, Failure, Output, Step, Stream, decompress_method, ids, members};
use crate::parameters;
use gc::{Ref, Reg, Value};
use liblzma_sys as lz;
use objects::native::{Member, Method, function, getter, method};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception::{Exception, ids as exc};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::{Args, Cx, PyResult};

/// `_lzma.LZMAError`
pub static ERROR_TYPE: TypeSpec = TypeSpec::of::<Exception>("_lzma.LZMAError")
    .id(ids::LZMA_ERROR)
    .base(exc::EXCEPTION)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .doc("Call to liblzma failed.");

const FORMAT_AUTO: i32 = 0;
const FORMAT_XZ: i32 = 1;
const FORMAT_ALONE: i32 = 2;
const FORMAT_RAW: i32 = 3;
const CHECK_NONE: i32 = 0;
const CHECK_CRC64: i32 = 4;
const CHECK_UNKNOWN: i32 = 16;
/// LZMA_TELL_NO_CHECK and LZMA_TELL_ANY_CHECK.
const TELL: u32 = 1 | 4;

/// The failure that a code of the library stands for.
fn failure(e: lz::lzma_ret) -> Option<Failure> {
    let text = match e {
        lz::LZMA_OK | lz::LZMA_GET_CHECK | lz::LZMA_NO_CHECK | lz::LZMA_STREAM_END => return None,
        lz::LZMA_UNSUPPORTED_CHECK => "Unsupported integrity check",
        lz::LZMA_MEM_ERROR => return Some(Failure::NoMemory),
        lz::LZMA_MEMLIMIT_ERROR => "Memory usage limit exceeded",
        lz::LZMA_FORMAT_ERROR => "Input format not supported by decoder",
        lz::LZMA_OPTIONS_ERROR => "Invalid or unsupported options",
        lz::LZMA_DATA_ERROR => "Corrupt input data",
        lz::LZMA_BUF_ERROR => "Insufficient buffer space",
        lz::LZMA_PROG_ERROR => "Internal error",
        _ => return Some(Failure::Error(ids::LZMA_ERROR, format!("Unrecognized error from liblzma: {e}"))),
    };
    Some(Failure::Error(ids::LZMA_ERROR, text.to_string()))
}

/// Raises what a code of the library stands for.
pub fn check(cx: &mut Cx, e: lz::lzma_ret) -> PyResult<()> {
    match failure(e) {
        None => Ok(()),
        Some(f) => Err(f.raise(cx)),
    }
}

/// A stream of the library, at a fixed address.
pub struct Raw {
    stream: Box<lz::lzma_stream>,
    flushed: bool,
    /// Integrity check of a decoder's stream.
    kind: i32,
}
// SAFETY: the library's state belongs to the stream alone.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: initialised, or zeroed.
        unsafe { lz::lzma_end(&mut *self.stream) }
    }
}

impl Raw {
    fn new(kind: i32) -> Raw {
        // SAFETY: the library's initial value is all zeros.
        Raw { stream: Box::new(unsafe { std::mem::zeroed() }), flushed: false, kind }
    }
    /// # Safety
    /// `room` bytes may be written at `out`.
    unsafe fn call(&mut self, input: &[u8], out: *mut u8, room: usize, action: lz::lzma_action) -> (lz::lzma_ret, usize, usize) {
        let s = &mut *self.stream;
        s.next_in = input.as_ptr();
        s.avail_in = input.len();
        s.next_out = out;
        s.avail_out = room;
        // SAFETY: input and room live until the call is over.
        let e = unsafe { lz::lzma_code(s, action) };
        (e, input.len() - s.avail_in, room - s.avail_out)
    }
    fn compress(&mut self, input: &[u8], finish: bool) -> Result<Vec<u8>, Failure> {
        if self.flushed {
            let text = if finish { "Repeated call to flush()" } else { "Compressor has been flushed" };
            return Err(Failure::Error(exc::VALUE_ERROR, text.to_string()));
        }
        self.flushed = finish;
        let mut out = Output::new(None);
        let mut at = 0;
        loop {
            let (p, n) = out.room()?;
            // SAFETY: there is that much room.
            let (mut e, read, written) = unsafe { self.call(&input[at..], p, n, if finish { lz::LZMA_FINISH } else { lz::LZMA_RUN }) };
            // SAFETY: as the library says.
            unsafe { out.written(written) };
            at += read;
            if e == lz::LZMA_BUF_ERROR && at == input.len() && written < n {
                e = lz::LZMA_OK;
            }
            if let Some(f) = failure(e) {
                return Err(f);
            }
            if e == lz::LZMA_STREAM_END || (!finish && at == input.len() && written < n) {
                return Ok(out.finish());
            }
        }
    }
}

impl Decode for Raw {
    const AT_END: &'static str = "Already at end of stream";
    const HOLDS_BACK: bool = true;
    unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize) -> Result<Step, Failure> {
        // SAFETY: by contract.
        let (mut e, read, written) = unsafe { self.call(input, out, room, lz::LZMA_RUN) };
        if e == lz::LZMA_BUF_ERROR && read == input.len() && written < room {
            e = lz::LZMA_OK;
        }
        if let Some(f) = failure(e) {
            return Err(f);
        }
        if e == lz::LZMA_GET_CHECK || e == lz::LZMA_NO_CHECK {
            // SAFETY: the library has just said that it knows.
            self.kind = unsafe { lz::lzma_get_check(&*self.stream) } as i32;
            if read < input.len() {
                // It stops there, once: go on.
                // SAFETY: what is left of the room.
                let more = unsafe { self.step(&input[read..], out.add(written), room - written)? };
                return Ok(Step { read: read + more.read, written: written + more.written, end: more.end });
            }
        }
        Ok(Step { read, written, end: e == lz::LZMA_STREAM_END })
    }
}

type Compressor = Stream<Raw, { ids::LZMA_COMPRESSOR }>;
type Decompressor = Stream<Buffered<Raw>, { ids::LZMA_DECOMPRESSOR }>;

parameters!(COMPRESSOR, "LZMACompressor", "(format=1, check=-1, preset=None, filters=None)");
parameters!(DECOMPRESSOR, "LZMADecompressor", "(format=0, memlimit=None, filters=None)");

fn given(v: Ref<'_>) -> Option<Ref<'_>> {
    v.given().filter(|v| !v.is_none())
}

fn new_compressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COMPRESSOR.bind(cx, args, |cx, a| {
        let format = a[0].given().map_or(Ok(FORMAT_XZ), |v| int::c_int(cx, v))?;
        let mut kind = a[1].given().map_or(Ok(-1), |v| int::c_int(cx, v))?;
        let (level, filters) = (given(a[2]), given(a[3]));
        if level.is_some() && filters.is_some() {
            return Err(cx.value_error("Cannot specify both preset and filter chain"));
        }
        let level = level.map_or(Ok(6), |v| u32_of(cx, v))?;
        if format != FORMAT_XZ && kind != -1 && kind != CHECK_NONE {
            return Err(cx.value_error("Integrity checks are only supported by FORMAT_XZ"));
        }
        let mut raw = Raw::new(kind);
        let stream = &mut *raw.stream;
        // SAFETY (of the calls below): a fresh stream, and options that live until the call is over.
        let e = match format {
            FORMAT_XZ => {
                if kind == -1 {
                    kind = CHECK_CRC64;
                }
                match filters {
                    // SAFETY: see above.
                    None => unsafe { lz::lzma_easy_encoder(stream, level, kind as lz::lzma_check) },
                    Some(f) => {
                        let mut c = chain(cx, f)?;
                        // SAFETY: see above.
                        unsafe { lz::lzma_stream_encoder(stream, c.raw().as_ptr(), kind as lz::lzma_check) }
                    }
                }
            }
            FORMAT_ALONE => match filters {
                None => {
                    let o = preset(cx, level)?;
                    // SAFETY: see above.
                    unsafe { lz::lzma_alone_encoder(stream, &*o) }
                }
                Some(f) => {
                    let c = chain(cx, f)?;
                    match c.single_lzma1() {
                        // SAFETY: see above.
                        Some(o) => unsafe { lz::lzma_alone_encoder(stream, o) },
                        None => {
                            return Err(cx.value_error("Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter"));
                        }
                    }
                }
            },
            FORMAT_RAW => {
                let Some(f) = filters else { return Err(cx.value_error("Must specify filters for FORMAT_RAW")) };
                let mut c = chain(cx, f)?;
                // SAFETY: see above.
                unsafe { lz::lzma_raw_encoder(stream, c.raw().as_ptr()) }
            }
            _ => return Err(cx.value_error(format!("Invalid container format: {format}"))),
        };
        check(cx, e)?;
        Ok(crate::guarded::make(class, Compressor::new(raw)))
    })
}

fn new_decompressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    DECOMPRESSOR.bind(cx, args, |cx, a| {
        let format = a[0].given().map_or(Ok(FORMAT_AUTO), |v| int::c_int(cx, v))?;
        let mut limit = u64::MAX;
        if let Some(l) = given(a[1]) {
            if format == FORMAT_RAW {
                return Err(cx.value_error("Cannot specify memory limit with FORMAT_RAW"));
            }
            let n = int::index(cx, l)?;
            limit = match int::as_int(n.as_ref()).and_then(|i| i.to_i128()).map(u64::try_from) {
                Some(Ok(n)) => n,
                _ => return Err(cx.overflow_error("int too big to convert")),
            };
        }
        let filters = given(a[2]);
        if format == FORMAT_RAW && filters.is_none() {
            return Err(cx.value_error("Must specify filters for FORMAT_RAW"));
        }
        if format != FORMAT_RAW && filters.is_some() {
            return Err(cx.value_error("Cannot specify filters except with FORMAT_RAW"));
        }
        let mut c: Option<Chain> = match filters {
            Some(f) => Some(chain(cx, f)?),
            None => None,
        };
        let mut raw = Raw::new(CHECK_UNKNOWN);
        let stream = &mut *raw.stream;
        // SAFETY: a fresh stream, and options that live until the call is over.
        let e = unsafe {
            match (format, &mut c) {
                (FORMAT_AUTO, _) => lz::lzma_auto_decoder(stream, limit, TELL),
                (FORMAT_XZ, _) => lz::lzma_stream_decoder(stream, limit, TELL),
                (FORMAT_ALONE, _) => lz::lzma_alone_decoder(stream, limit),
                (FORMAT_RAW, Some(c)) => lz::lzma_raw_decoder(stream, c.raw().as_ptr()),
                _ => return Err(cx.value_error(format!("Invalid container format: {format}"))),
            }
        };
        check(cx, e)?;
        if matches!(format, FORMAT_ALONE | FORMAT_RAW) {
            raw.kind = CHECK_NONE;
        }
        Ok(crate::guarded::make(class, Decompressor::new(Buffered::new(raw))))
    })
}

fn finished(cx: &mut Cx, r: Result<Vec<u8>, Failure>) -> PyResult<Reg> {
    match r {
        Ok(v) => new_bytes(cx, &v).map(Reg::from),
        Err(e) => Err(e.raise(cx)),
    }
}
fn compress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[1])?;
    let data: &[u8] = &data;
    let r = Compressor::of(a[0]).with(cx, data.len(), |s| s.compress(data, false))?;
    finished(cx, r)
}
fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = Compressor::of(a[0]).with(cx, usize::MAX, |s| s.compress(b"", true))?;
    finished(cx, r)
}

static COMPRESSOR_METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", super::no_state, ""),
    method("compress", "($self, data, /)", compress, "Compresses data."),
    method("flush", "($self, /)", flush, "Gives out what is held back and ends the stream."),
];
/// `_lzma.LZMACompressor`
pub static COMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Compressor>("_lzma.LZMACompressor")
    .slots(Slots { new: Some(new_compressor), ..Slots::NONE })
    .methods(COMPRESSOR_METHODS);

const SHARED: [Member; 3] = members::<Raw, { ids::LZMA_DECOMPRESSOR }>();
static DECOMPRESSOR_METHODS: &[Method] =
    &[decompress_method::<Raw, { ids::LZMA_DECOMPRESSOR }>(), method("__reduce__", "($self, /)", super::no_state, "")];
static DECOMPRESSOR_MEMBERS: &[Member] = &{
    let [a, b, c] = SHARED;
    let check = Member(getter(
        "check",
        |cx, v| Decompressor::of(v).with(cx, 0, |s| s.decoder().kind).map(|n| Value::small_int(n.into()).into()),
        "The integrity check of the stream.",
    ));
    [check, a, b, c]
};
/// `_lzma.LZMADecompressor`
pub static DECOMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Decompressor>("_lzma.LZMADecompressor")
    .slots(Slots { new: Some(new_decompressor), ..Slots::NONE })
    .methods(DECOMPRESSOR_METHODS)
    .members(DECOMPRESSOR_MEMBERS);

fn is_check_supported(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    // SAFETY: a plain query.
    Ok(Value::bool(unsafe { lz::lzma_check_is_supported(n as lz::lzma_check) } != 0).into())
}

static FUNCTIONS: &[Method] = &[
    function("is_check_supported", "($module, check_id, /)", is_check_supported, "Whether an integrity check is supported."),
    function("_encode_filter_properties", "($module, filter, /)", super::lzma_filters::encode_properties, "A filter's options as bytes."),
    function(
        "_decode_filter_properties",
        "($module, filter_id, encoded_props, /)",
        super::lzma_filters::decode_properties,
        "A filter's options from bytes.",
    ),
];

/// `_lzma`
pub static MODULE: ModuleDef = ModuleDef {
    name: "_lzma",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, n) in [
            ("FORMAT_AUTO", 0),
            ("FORMAT_XZ", 1),
            ("FORMAT_ALONE", 2),
            ("FORMAT_RAW", 3),
            ("CHECK_NONE", 0),
            ("CHECK_CRC32", 1),
            ("CHECK_CRC64", 4),
            ("CHECK_SHA256", 10),
            ("CHECK_ID_MAX", 15),
            ("CHECK_UNKNOWN", 16),
            ("FILTER_LZMA1", super::lzma_filters::LZMA1),
            ("FILTER_LZMA2", 0x21),
            ("FILTER_DELTA", 3),
            ("FILTER_X86", 4),
            ("FILTER_POWERPC", 5),
            ("FILTER_IA64", 6),
            ("FILTER_ARM", 7),
            ("FILTER_ARMTHUMB", 8),
            ("FILTER_SPARC", 9),
            ("MF_HC3", 3),
            ("MF_HC4", 4),
            ("MF_BT2", 0x12),
            ("MF_BT3", 0x13),
            ("MF_BT4", 0x14),
            ("MODE_FAST", 1),
            ("MODE_NORMAL", 2),
            ("PRESET_DEFAULT", 6),
            ("PRESET_EXTREME", 1 << 31),
        ] {
            m.add(name, int::from_u64(n));
        }
        m.add("LZMAError", type_value(ids::LZMA_ERROR));
        m.add("LZMACompressor", type_value(ids::LZMA_COMPRESSOR));
        m.add("LZMADecompressor", type_value(ids::LZMA_DECOMPRESSOR));
        Ok(())
    },
};
