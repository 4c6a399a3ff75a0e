//! `_zstd`: the (de)compressor objects, parameters and the module. Dictionaries are in `zstd_dict`.

use super::zstd_dict::{self, Use};
use super::{AfterError, Buffered, Decode, Failure, Output, Step, Stream, decompress_method, ids, members, unused_getset};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, function, getter, method};
use objects::protocol::buffer;
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::{Exception, ids as exc};
use objects::types::int::{self, as_int};
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, as_type, flags, live_by_id, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised};
use std::ffi::{CStr, c_int};
use sync::prim::{AtomicU32, Ordering};
use zstd_safe::zstd_sys as zs;

/// `compression.zstd.ZstdError`
pub static ERROR_TYPE: TypeSpec = TypeSpec::of::<Exception>("compression.zstd.ZstdError")
    .id(ids::ZSTD_ERROR)
    .base(exc::EXCEPTION)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .doc("An error occurred in the zstd library.");

/// Ids of the enumerations of parameters that the library's Python half has told.
static PARAMETER_TYPES: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// The text of a result code that is an error.
pub fn error_text(code: usize) -> Option<String> {
    // SAFETY: plain queries; names are terminated texts that live for ever.
    unsafe {
        if zs::ZSTD_isError(code) == 0 {
            return None;
        }
        Some(CStr::from_ptr(zs::ZSTD_getErrorName(code)).to_string_lossy().into_owned())
    }
}

/// ZstdError when a code is an error.
pub fn check(cx: &mut Cx, code: usize, what: &str) -> PyResult<()> {
    match error_text(code) {
        None => Ok(()),
        Some(t) => Err(cx.error(ids::ZSTD_ERROR, format!("Unable to {what}: {t}"))),
    }
}

// ---- parameters ----

static COMPRESSION: &[(&str, &str, c_int)] = &[
    ("ZSTD_c_compressionLevel", "compression_level", 100),
    ("ZSTD_c_windowLog", "window_log", 101),
    ("ZSTD_c_hashLog", "hash_log", 102),
    ("ZSTD_c_chainLog", "chain_log", 103),
    ("ZSTD_c_searchLog", "search_log", 104),
    ("ZSTD_c_minMatch", "min_match", 105),
    ("ZSTD_c_targetLength", "target_length", 106),
    ("ZSTD_c_strategy", "strategy", 107),
    ("ZSTD_c_enableLongDistanceMatching", "enable_long_distance_matching", 160),
    ("ZSTD_c_ldmHashLog", "ldm_hash_log", 161),
    ("ZSTD_c_ldmMinMatch", "ldm_min_match", 162),
    ("ZSTD_c_ldmBucketSizeLog", "ldm_bucket_size_log", 163),
    ("ZSTD_c_ldmHashRateLog", "ldm_hash_rate_log", 164),
    ("ZSTD_c_contentSizeFlag", "content_size_flag", 200),
    ("ZSTD_c_checksumFlag", "checksum_flag", 201),
    ("ZSTD_c_dictIDFlag", "dict_id_flag", 202),
    ("ZSTD_c_nbWorkers", "nb_workers", 400),
    ("ZSTD_c_jobSize", "job_size", 401),
    ("ZSTD_c_overlapLog", "overlap_log", 402),
];
const WINDOW_LOG_MAX: c_int = 100;

/// The library's own type of a parameter number.
fn c_parameter(n: c_int) -> Option<zs::ZSTD_cParameter> {
    use zs::ZSTD_cParameter as P;
    Some(match n {
        100 => P::ZSTD_c_compressionLevel,
        101 => P::ZSTD_c_windowLog,
        102 => P::ZSTD_c_hashLog,
        103 => P::ZSTD_c_chainLog,
        104 => P::ZSTD_c_searchLog,
        105 => P::ZSTD_c_minMatch,
        106 => P::ZSTD_c_targetLength,
        107 => P::ZSTD_c_strategy,
        160 => P::ZSTD_c_enableLongDistanceMatching,
        161 => P::ZSTD_c_ldmHashLog,
        162 => P::ZSTD_c_ldmMinMatch,
        163 => P::ZSTD_c_ldmBucketSizeLog,
        164 => P::ZSTD_c_ldmHashRateLog,
        200 => P::ZSTD_c_contentSizeFlag,
        201 => P::ZSTD_c_checksumFlag,
        202 => P::ZSTD_c_dictIDFlag,
        400 => P::ZSTD_c_nbWorkers,
        401 => P::ZSTD_c_jobSize,
        402 => P::ZSTD_c_overlapLog,
        _ => return None,
    })
}

fn bounds(n: c_int, compress: bool) -> Option<Result<(c_int, c_int), String>> {
    // SAFETY: plain queries.
    let b = unsafe {
        if compress {
            zs::ZSTD_cParam_getBounds(c_parameter(n)?)
        } else if n == WINDOW_LOG_MAX {
            zs::ZSTD_dParam_getBounds(zs::ZSTD_dParameter::ZSTD_d_windowLogMax)
        } else {
            return None;
        }
    };
    Some(match error_text(b.error) {
        None => Ok((b.lowerBound, b.upperBound)),
        Some(t) => Err(t),
    })
}

fn bad_parameter(cx: &mut Cx, n: c_int, value: c_int, compress: bool) -> Raised {
    let kind = if compress { "compression" } else { "decompression" };
    let name = if compress {
        COMPRESSION.iter().find(|p| p.2 == n).map(|p| p.1)
    } else if n == WINDOW_LOG_MAX {
        Some("window_log_max")
    } else {
        None
    };
    let Some(name) = name else {
        return cx.value_error(format!("invalid {kind} parameter 'unknown parameter (key {n})'"));
    };
    match bounds(n, compress) {
        Some(Ok((low, high))) => {
            cx.value_error(format!("{kind} parameter '{name}' received an illegal value {value}; the valid range is [{low}, {high}]"))
        }
        _ => cx.value_error(format!("invalid {kind} parameter '{name}'")),
    }
}

/// The entries of an options dict.
fn options(cx: &mut Cx, d: &Dict, compress: bool) -> PyResult<Vec<(c_int, c_int)>> {
    let mut out = Vec::new();
    for (k, v) in d.items() {
        let other = PARAMETER_TYPES[usize::from(compress)].load(Ordering::Relaxed);
        if other != 0 && live_by_id(other).is_some_and(|t| std::ptr::eq(t, type_of(k.as_ref()))) {
            let (kind, wrong) =
                if compress { ("compression", "DecompressionParameter") } else { ("decompression", "CompressionParameter") };
            return Err(cx.type_error(format!("{kind} options dictionary key must not be a {wrong} attribute")));
        }
        out.push((int::c_int(cx, k.as_ref())?, int::c_int(cx, v.as_ref())?));
    }
    Ok(out)
}

// ---- compressor ----

/// State of a compressor.
pub struct Compressing {
    context: *mut zs::ZSTD_CCtx,
    last_mode: c_int,
    workers: bool,
    /// Keeps prefixes and dictionaries alive.
    _dictionary: Option<std::sync::Arc<Vec<u8>>>,
}
// SAFETY: the context belongs to the compressor alone.
unsafe impl Send for Compressing {}
impl Drop for Compressing {
    fn drop(&mut self) {
        // SAFETY: made by the library; null is allowed.
        unsafe { zs::ZSTD_freeCCtx(self.context) };
    }
}

type Compressor = Stream<Compressing, { ids::ZSTD_COMPRESSOR }>;
parameters!(COMPRESSOR, "ZstdCompressor", "(level=None, options=None, zstd_dict=None)");

fn new_compressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COMPRESSOR.bind(cx, args, |cx, a| {
        let given = |v: Ref<'_>| v.given().filter(|v| !v.is_none()).map(Ref::to_value);
        let (level, opts, dictionary) = (given(a[0]), given(a[1]), given(a[2]));
        if level.is_some() && opts.is_some() {
            return Err(cx.type_error("Only one of level or options should be used."));
        }
        // SAFETY: plain calls.
        let context = unsafe { zs::ZSTD_createCCtx() };
        if context.is_null() {
            return Err(cx.error(ids::ZSTD_ERROR, "Unable to create ZSTD_CCtx instance."));
        }
        let mut s = Compressing { context, last_mode: 2, workers: false, _dictionary: None };
        let mut compression_level = 3;
        if let Some(l) = level {
            let Some(n) = as_int(l.as_ref()) else { return Err(cx.type_error("invalid type for level, expected int")) };
            let (low, high) = bounds(100, true).and_then(Result::ok).unwrap_or((i32::MIN, i32::MAX));
            let Some(n) = n.to_i64().and_then(|n| c_int::try_from(n).ok()) else {
                return Err(cx.value_error(format!("illegal compression level; the valid range is [{low}, {high}]")));
            };
            if n < low || n > high {
                return Err(cx.value_error(format!("illegal compression level {n}; the valid range is [{low}, {high}]")));
            }
            // SAFETY: the context is alive.
            let e = unsafe { zs::ZSTD_CCtx_setParameter(context, zs::ZSTD_cParameter::ZSTD_c_compressionLevel, n) };
            check(cx, e, "set zstd compression level")?;
            compression_level = n;
        }
        if let Some(o) = opts {
            let Some(d) = as_dict(o.as_ref()) else {
                let n = type_of(o.as_ref()).name_text();
                return Err(cx.type_error(format!("ZstdCompressor() argument 'options' must be dict, not {n}")));
            };
            for (k, v) in options(cx, d, true)? {
                if k == 100 {
                    compression_level = v;
                }
                s.workers |= k == 400 && v != 0;
                let Some(p) = c_parameter(k) else { return Err(bad_parameter(cx, k, v, true)) };
                // SAFETY: the context is alive.
                let e = unsafe { zs::ZSTD_CCtx_setParameter(context, p, v) };
                if error_text(e).is_some() {
                    return Err(bad_parameter(cx, k, v, true));
                }
            }
        }
        if let Some(d) = dictionary {
            let (content, how) = zstd_dict::argument(cx, d.as_ref(), Use::Undigested)?;
            let (p, n) = (content.as_ptr().cast(), content.len());
            // SAFETY: the content lives as long as the compressor.
            let e = unsafe {
                match how {
                    Use::Prefix => zs::ZSTD_CCtx_refPrefix(context, p, n),
                    _ => zs::ZSTD_CCtx_loadDictionary(context, p, n),
                }
            };
            check(cx, e, "load Zstandard dictionary or prefix for compression")?;
            s._dictionary = Some(content);
        }
        let _ = compression_level;
        Ok(crate::guarded::make(class, Compressor::new(s)))
    })
}

impl Compressing {
    fn run(&mut self, input: &[u8], mode: c_int) -> Result<Vec<u8>, Failure> {
        use zs::ZSTD_EndDirective as D;
        let directive = [D::ZSTD_e_continue, D::ZSTD_e_flush, D::ZSTD_e_end][mode as usize];
        let mut out = Output::new(None);
        let mut from = zs::ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
        loop {
            let (p, n) = out.room()?;
            let mut to = zs::ZSTD_outBuffer { dst: p.cast(), size: n, pos: 0 };
            // SAFETY: input and room live until the call is over.
            let left = unsafe { zs::ZSTD_compressStream2(self.context, &mut to, &mut from, directive) };
            // SAFETY: as the library says.
            unsafe { out.written(to.pos) };
            if let Some(t) = error_text(left) {
                self.last_mode = 2;
                // SAFETY: the context is alive.
                unsafe { zs::ZSTD_CCtx_reset(self.context, zs::ZSTD_ResetDirective::ZSTD_reset_session_only) };
                return Err(Failure::Error(ids::ZSTD_ERROR, format!("Unable to compress Zstandard data: {t}")));
            }
            if (mode == 0 && from.pos == from.size && to.pos < n) || (mode != 0 && left == 0) {
                break;
            }
        }
        self.last_mode = mode;
        Ok(out.finish())
    }
}

fn finished(cx: &mut Cx, r: Result<Vec<u8>, Failure>) -> PyResult<Reg> {
    match r {
        Ok(v) => new_bytes(cx, &v).map(Reg::from),
        Err(e) => Err(e.raise(cx)),
    }
}

fn compress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[1])?;
    let mode = a[2].given().map_or(Ok(0), |m| int::c_int(cx, m))?;
    if !(0..=2).contains(&mode) {
        return Err(cx.value_error(
            "mode argument wrong value, it should be one of ZstdCompressor.CONTINUE, ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME.",
        ));
    }
    let data: &[u8] = &data;
    let r = Compressor::of(a[0]).with(cx, usize::MAX, |s| s.run(data, mode))?;
    finished(cx, r)
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mode = a[1].given().map_or(Ok(2), |m| int::c_int(cx, m))?;
    if !(1..=2).contains(&mode) {
        return Err(cx.value_error("mode argument wrong value, it should be ZstdCompressor.FLUSH_FRAME or ZstdCompressor.FLUSH_BLOCK."));
    }
    let r = Compressor::of(a[0]).with(cx, usize::MAX, |s| s.run(b"", mode))?;
    finished(cx, r)
}

fn set_pledged(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let size = if a[1].is_none() {
        u64::MAX
    } else {
        let i = int::index(cx, a[1])?;
        match as_int(i.as_ref()).and_then(|i| i.to_i128()).map(u64::try_from) {
            Some(Ok(n)) if n < u64::MAX - 1 => n,
            _ => {
                let most = u64::MAX - 1;
                return Err(cx.value_error(format!("size argument should be a positive int less than {most}")));
            }
        }
    };
    let r = Compressor::of(a[0]).with(cx, 0, |s| {
        if s.last_mode != 2 {
            return None;
        }
        // SAFETY: the context is alive.
        Some(unsafe { zs::ZSTD_CCtx_setPledgedSrcSize(s.context, size) })
    })?;
    match r {
        None => Err(cx.value_error("set_pledged_input_size() method must be called when last_mode == FLUSH_FRAME")),
        Some(e) => {
            check(cx, e, "set pledged uncompressed content size")?;
            Ok(Value::NONE.into())
        }
    }
}

static COMPRESSOR_METHODS: &[Method] = &[
    method("compress", "($self, /, data, mode=0)", compress, "Compresses data."),
    method("flush", "($self, /, mode=2)", flush, "Gives out what is held back."),
    method("set_pledged_input_size", "($self, size, /)", set_pledged, "Says how long the next frame's content is."),
    method("__reduce__", "($self, /)", super::no_state, ""),
];
static COMPRESSOR_MEMBERS: &[Member] = &[Member(getter(
    "last_mode",
    |cx, v| Compressor::of(v).with(cx, 0, |s| s.last_mode).map(|n| Value::small_int(n.into()).into()),
    "The mode of the last call.",
))];
/// `compression.zstd.ZstdCompressor`
pub static COMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Compressor>("compression.zstd.ZstdCompressor")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_compressor), ..Slots::NONE })
    .methods(COMPRESSOR_METHODS)
    .members(COMPRESSOR_MEMBERS);

// ---- decompressor ----

/// The decoder of a decompressor.
pub struct Decoder {
    context: *mut zs::ZSTD_DCtx,
    _dictionary: Option<std::sync::Arc<Vec<u8>>>,
}
// SAFETY: the context belongs to the decompressor alone.
unsafe impl Send for Decoder {}
impl Drop for Decoder {
    fn drop(&mut self) {
        // SAFETY: made by the library; null is allowed.
        unsafe { zs::ZSTD_freeDCtx(self.context) };
    }
}

impl Decode for Decoder {
    const AFTER_ERROR: AfterError = AfterError::Forget;
    const AT_END: &'static str = "Already at the end of a Zstandard frame.";
    const HOLDS_BACK: bool = true;
    unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize) -> Result<Step, Failure> {
        let mut from = zs::ZSTD_inBuffer { src: input.as_ptr().cast(), size: input.len(), pos: 0 };
        let mut to = zs::ZSTD_outBuffer { dst: out.cast(), size: room, pos: 0 };
        // SAFETY: input and room live until the call is over.
        let left = unsafe { zs::ZSTD_decompressStream(self.context, &mut to, &mut from) };
        if let Some(t) = error_text(left) {
            // SAFETY: the context is alive.
            unsafe { zs::ZSTD_DCtx_reset(self.context, zs::ZSTD_ResetDirective::ZSTD_reset_session_only) };
            return Err(Failure::Error(ids::ZSTD_ERROR, format!("Unable to decompress Zstandard data: {t}")));
        }
        Ok(Step { read: from.pos, written: to.pos, end: left == 0 && (from.pos > 0 || to.pos > 0) })
    }
}

type Decompressor = Stream<Buffered<Decoder>, { ids::ZSTD_DECOMPRESSOR }>;
parameters!(DECOMPRESSOR, "ZstdDecompressor", "(zstd_dict=None, options=None)");

fn new_decompressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    DECOMPRESSOR.bind(cx, args, |cx, a| {
        // SAFETY: plain calls.
        let context = unsafe { zs::ZSTD_createDCtx() };
        if context.is_null() {
            return Err(cx.error(ids::ZSTD_ERROR, "Unable to create ZSTD_DCtx instance."));
        }
        let mut s = Decoder { context, _dictionary: None };
        if let Some(d) = a[0].given().filter(|v| !v.is_none()) {
            let (content, how) = zstd_dict::argument(cx, d, Use::Digested)?;
            let (p, n) = (content.as_ptr().cast(), content.len());
            // SAFETY: the content lives as long as the decompressor.
            let e = unsafe {
                match how {
                    Use::Prefix => zs::ZSTD_DCtx_refPrefix(context, p, n),
                    _ => zs::ZSTD_DCtx_loadDictionary(context, p, n),
                }
            };
            check(cx, e, "load Zstandard dictionary or prefix for decompression")?;
            s._dictionary = Some(content);
        }
        if let Some(o) = a[1].given().filter(|v| !v.is_none()) {
            let Some(d) = as_dict(o) else {
                let n = type_of(o).name_text();
                return Err(cx.type_error(format!("ZstdDecompressor() argument 'options' must be dict, not {n}")));
            };
            for (k, v) in options(cx, d, false)? {
                if k != WINDOW_LOG_MAX {
                    return Err(bad_parameter(cx, k, v, false));
                }
                // SAFETY: the context is alive.
                let e = unsafe { zs::ZSTD_DCtx_setParameter(context, zs::ZSTD_dParameter::ZSTD_d_windowLogMax, v) };
                if error_text(e).is_some() {
                    return Err(bad_parameter(cx, k, v, false));
                }
            }
        }
        Ok(crate::guarded::make(class, Decompressor::new(Buffered::new(s))))
    })
}

const ALL_MEMBERS: [Member; 3] = members::<Decoder, { ids::ZSTD_DECOMPRESSOR }>();
static DECOMPRESSOR_METHODS: &[Method] =
    &[decompress_method::<Decoder, { ids::ZSTD_DECOMPRESSOR }>(), method("__reduce__", "($self, /)", super::no_state, "")];
static DECOMPRESSOR_MEMBERS: &[Member] = &{
    let [eof, _, needs_input] = ALL_MEMBERS;
    [eof, needs_input]
};
static DECOMPRESSOR_GETSETS: &[GetSet] = &unused_getset::<Decoder, { ids::ZSTD_DECOMPRESSOR }>();
/// `compression.zstd.ZstdDecompressor`
pub static DECOMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Decompressor>("compression.zstd.ZstdDecompressor")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_decompressor), ..Slots::NONE })
    .methods(DECOMPRESSOR_METHODS)
    .getsets(DECOMPRESSOR_GETSETS)
    .members(DECOMPRESSOR_MEMBERS);

// ---- functions ----

fn get_param_bounds(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    let compress = objects::protocol::truth::of(cx, a[1])?;
    match bounds(n, compress) {
        Some(Ok((low, high))) => Ok(Tuple::from_values(vec![Value::small_int(low.into()), Value::small_int(high.into())]).into()),
        other => {
            let text = match other {
                Some(Err(t)) => t,
                _ => "Unsupported parameter".to_string(),
            };
            let kind = if compress { "compression" } else { "decompression" };
            Err(cx.error(ids::ZSTD_ERROR, format!("Unable to get zstd {kind} parameter bounds: {text}")))
        }
    }
}

fn frame_size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[0])?;
    // SAFETY: the data is there.
    let n = unsafe { zs::ZSTD_findFrameCompressedSize(data.as_ptr().cast(), data.len()) };
    match error_text(n) {
        None => Ok(int::from_usize(n).into()),
        Some(t) => Err(cx.error(
            ids::ZSTD_ERROR,
            format!(
                "Error when finding the compressed size of a Zstandard frame. Ensure the frame_buffer argument starts from the beginning of a frame, and its length is not less than this complete frame. Zstd error message: {t}."
            ),
        )),
    }
}

fn frame_info(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[0])?;
    // SAFETY: the data is there.
    let (size, id) = unsafe {
        (zs::ZSTD_getFrameContentSize(data.as_ptr().cast(), data.len()), zs::ZSTD_getDictID_fromFrame(data.as_ptr().cast(), data.len()))
    };
    // ZSTD_CONTENTSIZE_ERROR and ZSTD_CONTENTSIZE_UNKNOWN.
    if size == u64::MAX - 1 {
        return Err(cx.error(
            ids::ZSTD_ERROR,
            "Error when getting information from the header of a Zstandard frame. Ensure the frame_buffer argument starts from the beginning of a frame, and its length is not less than the frame header (6~18 bytes).",
        ));
    }
    let size = if size == u64::MAX { Value::NONE } else { int::from_u64(size) };
    Ok(Tuple::from_values(vec![size, int::from_u64(id.into())]).into())
}

fn set_parameter_types(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    for (i, name) in ["c_parameter_type", "d_parameter_type"].into_iter().enumerate() {
        let Some(t) = as_type(a[i]) else {
            let n = type_of(a[i]).name_text();
            return Err(cx.type_error(format!("set_parameter_types() argument '{name}' must be type, not {n}")));
        };
        // Index 0 is what decompressors refuse.
        PARAMETER_TYPES[i].store(t.id, Ordering::Relaxed);
    }
    let _ = (Word::NONE, buffer::is_exporter);
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("train_dict", "($module, samples_bytes, samples_sizes, dict_size, /)", zstd_dict::train, "Trains a dictionary on samples."),
    function(
        "finalize_dict",
        "($module, custom_dict_bytes, samples_bytes, samples_sizes, dict_size, compression_level, /)",
        zstd_dict::finalize,
        "Makes a dictionary of content and samples.",
    ),
    function("get_param_bounds", "($module, /, parameter, is_compress)", get_param_bounds, "The range of a parameter."),
    function("get_frame_size", "($module, /, frame_buffer)", frame_size, "How long a frame is."),
    function("get_frame_info", "($module, /, frame_buffer)", frame_info, "What a frame's header says."),
    function(
        "set_parameter_types",
        "($module, /, c_parameter_type, d_parameter_type)",
        set_parameter_types,
        "Tells the types of parameters.",
    ),
];

/// `_zstd`
pub static MODULE: ModuleDef = ModuleDef {
    name: "_zstd",
    doc: "Compression by Zstandard.",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, _, n) in COMPRESSION {
            m.add(name, Value::small_int((*n).into()));
        }
        for (name, n) in [
            ("ZSTD_CLEVEL_DEFAULT", 3),
            ("ZSTD_d_windowLogMax", i64::from(WINDOW_LOG_MAX)),
            ("ZSTD_fast", 1),
            ("ZSTD_dfast", 2),
            ("ZSTD_greedy", 3),
            ("ZSTD_lazy", 4),
            ("ZSTD_lazy2", 5),
            ("ZSTD_btlazy2", 6),
            ("ZSTD_btopt", 7),
            ("ZSTD_btultra", 8),
            ("ZSTD_btultra2", 9),
        ] {
            m.add(name, Value::small_int(n));
        }
        // SAFETY: plain queries; the version is a terminated text.
        unsafe {
            m.add("ZSTD_DStreamOutSize", int::from_usize(zs::ZSTD_DStreamOutSize()));
            m.add("zstd_version", Str::from_text(&CStr::from_ptr(zs::ZSTD_versionString()).to_string_lossy()));
            m.add("zstd_version_number", int::from_u64(zs::ZSTD_versionNumber().into()));
        }
        for (name, id) in [
            ("ZstdCompressor", ids::ZSTD_COMPRESSOR),
            ("ZstdDecompressor", ids::ZSTD_DECOMPRESSOR),
            ("ZstdDict", ids::ZSTD_DICT),
            ("ZstdError", ids::ZSTD_ERROR),
        ] {
            m.add(name, type_value(id));
        }
        let t = objects::types::by_id(ids::ZSTD_COMPRESSOR);
        for (name, n) in [("CONTINUE", 0), ("FLUSH_BLOCK", 1), ("FLUSH_FRAME", 2)] {
            t.dict.set_text(name, Value::small_int(n));
        }
        Ok(())
    },
};
