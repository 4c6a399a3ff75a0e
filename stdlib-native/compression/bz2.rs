//! `_bz2`.

use super::{AfterError, Buffered, Decode, Failure, Output, Step, Stream, decompress_method, ids, members};
use crate::parameters;
use gc::{Ref, Reg};
use libbz2_rs_sys as bz;
use objects::native::{Member, Method, method};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Args, Cx, PyResult};
use std::ffi::c_int;

/// A stream of the library, at a fixed address.
pub struct Raw {
    stream: Box<bz::bz_stream>,
    compressing: bool,
    flushed: bool,
}
// SAFETY: the library's state belongs to the stream alone.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: initialised.
        unsafe {
            if self.compressing {
                bz::BZ2_bzCompressEnd(&mut *self.stream)
            } else {
                bz::BZ2_bzDecompressEnd(&mut *self.stream)
            };
        }
    }
}

fn failure(e: c_int) -> Option<Failure> {
    let (id, text) = match e {
        bz::BZ_OK | bz::BZ_RUN_OK | bz::BZ_FLUSH_OK | bz::BZ_FINISH_OK | bz::BZ_STREAM_END => return None,
        bz::BZ_PARAM_ERROR => (exc::VALUE_ERROR, "Internal error - invalid parameters passed to libbzip2"),
        bz::BZ_MEM_ERROR => return Some(Failure::NoMemory),
        bz::BZ_DATA_ERROR | bz::BZ_DATA_ERROR_MAGIC => (exc::OS_ERROR, "Invalid data stream"),
        bz::BZ_IO_ERROR => (exc::OS_ERROR, "Unknown I/O error"),
        bz::BZ_UNEXPECTED_EOF => (exc::EOF_ERROR, "Compressed file ended before the logical end-of-stream was detected"),
        bz::BZ_SEQUENCE_ERROR => (exc::RUNTIME_ERROR, "Internal error - Invalid sequence of commands sent to libbzip2"),
        _ => return Some(Failure::Error(exc::OS_ERROR, format!("Unrecognized error from libbzip2: {e}"))),
    };
    Some(Failure::Error(id, text.to_string()))
}

impl Raw {
    fn empty() -> Box<bz::bz_stream> {
        Box::new(bz::bz_stream {
            next_in: std::ptr::null(),
            avail_in: 0,
            total_in_lo32: 0,
            total_in_hi32: 0,
            next_out: std::ptr::null_mut(),
            avail_out: 0,
            total_out_lo32: 0,
            total_out_hi32: 0,
            state: std::ptr::null_mut(),
            bzalloc: None,
            bzfree: None,
            opaque: std::ptr::null_mut(),
        })
    }
    fn compressor(level: c_int) -> Result<Raw, Failure> {
        let mut stream = Raw::empty();
        // SAFETY: a fresh stream.
        let e = unsafe { bz::BZ2_bzCompressInit(&mut *stream, level, 0, 0) };
        match failure(e) {
            Some(f) => Err(f),
            None => Ok(Raw { stream, compressing: true, flushed: false }),
        }
    }
    fn decompressor() -> Result<Raw, Failure> {
        let mut stream = Raw::empty();
        // SAFETY: a fresh stream.
        let e = unsafe { bz::BZ2_bzDecompressInit(&mut *stream, 0, 0) };
        match failure(e) {
            Some(f) => Err(f),
            None => Ok(Raw { stream, compressing: false, flushed: false }),
        }
    }
    /// One call: the result code, bytes read and bytes written.
    ///
    /// # Safety
    /// `room` bytes may be written at `out`.
    unsafe fn call(&mut self, input: &[u8], out: *mut u8, room: usize, action: c_int) -> (c_int, usize, usize) {
        let n = input.len().min(u32::MAX as usize);
        let s = &mut *self.stream;
        s.next_in = input.as_ptr().cast();
        s.avail_in = n as u32;
        s.next_out = out.cast();
        s.avail_out = room as u32;
        // SAFETY: input and room live until the call is over.
        let e = unsafe { if self.compressing { bz::BZ2_bzCompress(s, action) } else { bz::BZ2_bzDecompress(s) } };
        (e, n - s.avail_in as usize, room - s.avail_out as usize)
    }
    fn compress(&mut self, input: &[u8], finish: bool) -> Result<Vec<u8>, Failure> {
        if self.flushed {
            let text = if finish { "Repeated call to flush()" } else { "Compressor has been flushed" };
            return Err(Failure::Error(exc::VALUE_ERROR, text.to_string()));
        }
        self.flushed = finish;
        let mut out = Output::new(None);
        let mut at = 0;
        if !finish && input.is_empty() {
            return Ok(Vec::new());
        }
        loop {
            let (p, n) = out.room()?;
            // SAFETY: there is that much room.
            let (e, read, written) = unsafe { self.call(&input[at..], p, n, if finish { bz::BZ_FINISH } else { bz::BZ_RUN }) };
            // SAFETY: as the library says.
            unsafe { out.written(written) };
            at += read;
            if let Some(f) = failure(e) {
                return Err(f);
            }
            if e == bz::BZ_STREAM_END || (!finish && at == input.len()) {
                return Ok(out.finish());
            }
        }
    }
}

impl Decode for Raw {
    const AFTER_ERROR: AfterError = AfterError::Refuse;
    unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize) -> Result<Step, Failure> {
        // SAFETY: by contract.
        let (e, read, written) = unsafe { self.call(input, out, room, 0) };
        match failure(e) {
            Some(f) => Err(f),
            None => Ok(Step { read, written, end: e == bz::BZ_STREAM_END }),
        }
    }
}

type Compressor = Stream<Raw, { ids::BZ2_COMPRESSOR }>;
type Decompressor = Stream<Buffered<Raw>, { ids::BZ2_DECOMPRESSOR }>;

parameters!(COMPRESSOR, "BZ2Compressor", "(compresslevel=9, /)");

fn new_compressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COMPRESSOR.bind(cx, args, |cx, a| {
        let level = a[0].given().map_or(Ok(9), |l| int::c_int(cx, l))?;
        if !(1..=9).contains(&level) {
            return Err(cx.value_error("compresslevel must be between 1 and 9"));
        }
        match Raw::compressor(level) {
            Ok(raw) => Ok(crate::guarded::make(class, Compressor::new(raw))),
            Err(e) => Err(e.raise(cx)),
        }
    })
}

fn new_decompressor(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if !args.items.is_empty() {
        return Err(cx.type_error("BZ2Decompressor() takes no positional arguments"));
    }
    match Raw::decompressor() {
        Ok(raw) => Ok(crate::guarded::make(class, Decompressor::new(Buffered::new(raw)))),
        Err(e) => Err(e.raise(cx)),
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
/// `_bz2.BZ2Compressor`
pub static COMPRESSOR_TYPE: TypeSpec =
    TypeSpec::of::<Compressor>("_bz2.BZ2Compressor").slots(Slots { new: Some(new_compressor), ..Slots::NONE }).methods(COMPRESSOR_METHODS);

static DECOMPRESSOR_METHODS: &[Method] =
    &[decompress_method::<Raw, { ids::BZ2_DECOMPRESSOR }>(), method("__reduce__", "($self, /)", super::no_state, "")];
static DECOMPRESSOR_MEMBERS: &[Member] = &members::<Raw, { ids::BZ2_DECOMPRESSOR }>();
/// `_bz2.BZ2Decompressor`
pub static DECOMPRESSOR_TYPE: TypeSpec = TypeSpec::of::<Decompressor>("_bz2.BZ2Decompressor")
    .slots(Slots { new: Some(new_decompressor), ..Slots::NONE })
    .methods(DECOMPRESSOR_METHODS)
    .members(DECOMPRESSOR_MEMBERS);

/// `_bz2`
pub static MODULE: ModuleDef = ModuleDef {
    name: "_bz2",
    doc: "",
    functions: &[],
    init: |_, m| {
        m.add("BZ2Compressor", type_value(ids::BZ2_COMPRESSOR));
        m.add("BZ2Decompressor", type_value(ids::BZ2_DECOMPRESSOR));
        Ok(())
    },
};
