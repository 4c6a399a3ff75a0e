//! `zlib`: the library's streams, whole texts, checksums, and the module. The objects are in `zlib_objects`.

use super::{Failure, Output, ids};
use crate::parameters;
use gc::{Ref, Reg, Value};
use libz_rs_sys as z;
use objects::native::{Method, function};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::exception::{Exception, ids as exc};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::{Cx, PyResult};
use std::ffi::{CStr, c_int};

/// `zlib.error`
pub static ERROR_TYPE: TypeSpec =
    TypeSpec::of::<Exception>("zlib.error").id(ids::ZLIB_ERROR).base(exc::EXCEPTION).with_dict().flags(flags::BASE | flags::WEAKREFS);

/// Default size of output buffers.
pub const DEF_BUF_SIZE: i64 = 16 * 1024;
/// Default memory level.
pub const DEF_MEM_LEVEL: c_int = 8;

/// A stream of the library. It has a fixed address, since the library keeps it.
pub struct Raw {
    stream: Box<z::z_stream>,
    deflating: bool,
    live: bool,
}
// SAFETY: the library's state belongs to the stream alone.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        self.end();
    }
}

/// The text of an error of the library.
fn text_of(stream: &z::z_stream, err: c_int, what: &str) -> String {
    let message = if err == z::Z_VERSION_ERROR {
        Some("library version mismatch".to_string())
    } else if !stream.msg.is_null() {
        // SAFETY: the library's messages are terminated texts that live for ever.
        Some(unsafe { CStr::from_ptr(stream.msg) }.to_string_lossy().into_owned())
    } else {
        match err {
            z::Z_BUF_ERROR => Some("incomplete or truncated stream".into()),
            z::Z_STREAM_ERROR => Some("inconsistent stream state".into()),
            z::Z_DATA_ERROR => Some("invalid input data".into()),
            _ => None,
        }
    };
    match message {
        Some(m) => format!("Error {err} {what}: {m}"),
        None => format!("Error {err} {what}"),
    }
}

impl Raw {
    fn empty(deflating: bool) -> Raw {
        Raw { stream: Box::default(), deflating, live: false }
    }
    /// A compressing stream.
    pub fn deflate(level: c_int, method: c_int, wbits: c_int, mem_level: c_int, strategy: c_int) -> Result<Raw, (c_int, String)> {
        let mut r = Raw::empty(true);
        // SAFETY: a fresh stream; version and size are the library's own.
        let e = unsafe {
            let version = z::zlibVersion();
            z::deflateInit2_(&mut *r.stream, level, method, wbits, mem_level, strategy, version, size_of::<z::z_stream>() as c_int)
        };
        if e != z::Z_OK {
            return Err((e, text_of(&r.stream, e, "")));
        }
        r.live = true;
        Ok(r)
    }
    /// A decompressing stream.
    pub fn inflate(wbits: c_int) -> Result<Raw, (c_int, String)> {
        let mut r = Raw::empty(false);
        // SAFETY: as above.
        let e = unsafe { z::inflateInit2_(&mut *r.stream, wbits, z::zlibVersion(), size_of::<z::z_stream>() as c_int) };
        if e != z::Z_OK {
            return Err((e, text_of(&r.stream, e, "")));
        }
        r.live = true;
        Ok(r)
    }
    /// Gives the library's memory back.
    pub fn end(&mut self) {
        if std::mem::take(&mut self.live) {
            // SAFETY: initialised, and not ended yet.
            unsafe { if self.deflating { z::deflateEnd(&mut *self.stream) } else { z::inflateEnd(&mut *self.stream) } };
        }
    }
    /// A copy in the same state.
    pub fn copy(&mut self) -> Result<Raw, c_int> {
        let mut r = Raw::empty(self.deflating);
        if !self.live {
            return Err(z::Z_STREAM_ERROR);
        }
        // SAFETY: both are streams of the library.
        let e = unsafe {
            if self.deflating { z::deflateCopy(&mut *r.stream, &mut *self.stream) } else { z::inflateCopy(&mut *r.stream, &*self.stream) }
        };
        r.live = e == z::Z_OK;
        if e == z::Z_OK { Ok(r) } else { Err(e) }
    }
    /// Sets the dictionary.
    pub fn set_dictionary(&mut self, d: &[u8]) -> c_int {
        let n = d.len() as u32;
        // SAFETY: the data lives until the call is over.
        unsafe {
            if self.deflating {
                z::deflateSetDictionary(&mut *self.stream, d.as_ptr(), n)
            } else {
                z::inflateSetDictionary(&mut *self.stream, d.as_ptr(), n)
            }
        }
    }
    /// One call: the result code, bytes read and bytes written.
    ///
    /// # Safety
    /// `room` bytes may be written at `out`.
    pub unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize, flush: c_int) -> (c_int, usize, usize) {
        if !self.live {
            return (z::Z_STREAM_ERROR, 0, 0);
        }
        let n = input.len().min(u32::MAX as usize);
        let s = &mut *self.stream;
        s.next_in = input.as_ptr().cast_mut();
        s.avail_in = n as u32;
        s.next_out = out;
        s.avail_out = room as u32;
        // SAFETY: input and room live until the call is over.
        let e = unsafe { if self.deflating { z::deflate(s, flush) } else { z::inflate(s, flush) } };
        (e, n - s.avail_in as usize, room - s.avail_out as usize)
    }
    /// The text of an error.
    pub fn text(&self, err: c_int, what: &str) -> Failure {
        Failure::Error(ids::ZLIB_ERROR, text_of(&self.stream, err, what))
    }
    /// Compresses all of `input`.
    pub fn deflate_all(&mut self, input: &[u8], flush: c_int, what: &str) -> Result<(Vec<u8>, c_int), Failure> {
        let mut out = Output::new(None);
        let mut at = 0;
        loop {
            let (p, n) = out.room()?;
            let part = &input[at..];
            let last = part.len() <= u32::MAX as usize;
            // SAFETY: there is that much room.
            let (e, read, written) = unsafe { self.step(part, p, n, if last { flush } else { z::Z_NO_FLUSH }) };
            // SAFETY: as the library says.
            unsafe { out.written(written) };
            at += read;
            if e == z::Z_STREAM_ERROR {
                return Err(self.text(e, what));
            }
            if written < n && at == input.len() {
                return Ok((out.finish(), e));
            }
        }
    }
}

parameters!(COMPRESS, "compress", "(data, /, level=-1, wbits=15)");

/// An int argument with a default.
pub fn number(cx: &mut Cx, v: Ref<'_>, default: c_int) -> PyResult<c_int> {
    v.given().map_or(Ok(default), |v| int::c_int(cx, v))
}

fn compress(cx: &mut Cx, args: objects::Args<'_>) -> PyResult<Reg> {
    COMPRESS.bind(cx, args, |cx, a| {
        let data = operand(cx, a[0])?;
        let (level, wbits) = (number(cx, a[1], -1)?, number(cx, a[2], 15)?);
        let mut raw = match Raw::deflate(level, z::Z_DEFLATED, wbits, DEF_MEM_LEVEL, z::Z_DEFAULT_STRATEGY) {
            Ok(r) => r,
            Err((z::Z_MEM_ERROR, _)) => return Err(cx.error(exc::MEMORY_ERROR, "Out of memory while compressing data")),
            Err((z::Z_STREAM_ERROR, _)) => return Err(cx.error(ids::ZLIB_ERROR, "Bad compression level")),
            Err((e, _)) => return Err(Raw::empty(true).text(e, "while compressing data").raise(cx)),
        };
        let data: &[u8] = &data;
        let out = cx.detached(|| raw.deflate_all(data, z::Z_FINISH, "while compressing data"));
        finished(cx, out.map(|(v, _)| v))
    })
}

/// A vector as a bytes object, or the failure.
pub fn finished(cx: &mut Cx, r: Result<Vec<u8>, Failure>) -> PyResult<Reg> {
    match r {
        Ok(v) => new_bytes(cx, &v).map(Reg::from),
        Err(e) => Err(e.raise(cx)),
    }
}

fn inflate_all(raw: &mut Raw, input: &[u8]) -> Result<Vec<u8>, Failure> {
    let what = "while decompressing data";
    let mut out = Output::new(None);
    let mut at = 0;
    loop {
        let (p, n) = out.room()?;
        // SAFETY: there is that much room.
        let (e, read, written) = unsafe { raw.step(&input[at..], p, n, z::Z_SYNC_FLUSH) };
        // SAFETY: as the library says.
        unsafe { out.written(written) };
        at += read;
        match e {
            z::Z_STREAM_END => return Ok(out.finish()),
            z::Z_OK | z::Z_BUF_ERROR => {}
            z::Z_MEM_ERROR => return Err(Failure::Error(exc::MEMORY_ERROR, "Out of memory while decompressing data".into())),
            _ => return Err(raw.text(e, what)),
        }
        if at == input.len() && written < n {
            return Err(raw.text(z::Z_BUF_ERROR, what));
        }
    }
}

fn decompress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[0])?;
    let wbits = number(cx, a[1], 15)?;
    let size = match a[2].given() {
        Some(n) => int::index_size(cx, n)?,
        None => DEF_BUF_SIZE,
    };
    if size < 0 {
        return Err(cx.value_error("bufsize must be non-negative"));
    }
    let mut raw = match Raw::inflate(wbits) {
        Ok(r) => r,
        Err((z::Z_MEM_ERROR, _)) => return Err(cx.error(exc::MEMORY_ERROR, "Out of memory while decompressing data")),
        Err((e, _)) => return Err(Raw::empty(false).text(e, "while preparing to decompress data").raise(cx)),
    };
    let data: &[u8] = &data;
    let out = cx.detached(|| inflate_all(&mut raw, data));
    finished(cx, out)
}

/// The start value of a checksum: any int, of which 32 bits count.
fn start_value(cx: &mut Cx, v: Ref<'_>, default: u32) -> PyResult<u32> {
    let Some(v) = v.given() else { return Ok(default) };
    let i = int::index(cx, v)?;
    Ok(match int::as_int(i.as_ref()) {
        Some(i) => {
            let mask = num_bigint::BigInt::from(u32::MAX);
            let low = i.to_big().as_ref() & mask;
            u32::try_from(low).unwrap_or(0)
        }
        None => 0,
    })
}

fn checksum(cx: &mut Cx, a: &[Ref<'_>], default: u32, f: fn(u32, &[u8]) -> u32) -> PyResult<Reg> {
    let data = operand(cx, a[0])?;
    let start = start_value(cx, a[1], default)?;
    let data: &[u8] = &data;
    let n = if data.len() > 5 * 1024 { cx.detached(|| f(start, data)) } else { f(start, data) };
    Ok(int::from_u64(n.into()).into())
}

/// CRC-32, as `binascii` needs it too.
pub fn crc32(start: u32, data: &[u8]) -> u32 {
    // SAFETY: the data is there.
    unsafe { z::crc32_z(start.into(), data.as_ptr(), data.len()) as u32 }
}

fn adler32(start: u32, data: &[u8]) -> u32 {
    // SAFETY: the data is there.
    unsafe { z::adler32_z(start.into(), data.as_ptr(), data.len()) as u32 }
}

static FUNCTIONS: &[Method] = &[
    function("adler32", "($module, data, value=1, /)", |cx, a| checksum(cx, a, 1, adler32), "An Adler-32 checksum."),
    objects::native::raw_function("compress", "($module, data, /, level=-1, wbits=15)", compress, "Compresses data."),
    objects::native::raw_function(
        "compressobj",
        "($module, /, level=-1, method=8, wbits=15, memLevel=8, strategy=0, zdict=None)",
        super::zlib_objects::compressobj,
        "An object that compresses.",
    ),
    function("crc32", "($module, data, value=0, /)", |cx, a| checksum(cx, a, 0, crc32), "A CRC-32 checksum."),
    function("decompress", "($module, data, /, wbits=15, bufsize=16384)", decompress, "Decompresses data."),
    function("decompressobj", "($module, /, wbits=15, zdict=b'')", super::zlib_objects::decompressobj, "An object that decompresses."),
];

/// `zlib`
pub static MODULE: ModuleDef = ModuleDef {
    name: "zlib",
    doc: "Compression by zlib.",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, n) in [
            ("DEFLATED", i64::from(z::Z_DEFLATED)),
            ("DEF_BUF_SIZE", DEF_BUF_SIZE),
            ("DEF_MEM_LEVEL", i64::from(DEF_MEM_LEVEL)),
            ("MAX_WBITS", 15),
            ("Z_BEST_COMPRESSION", 9),
            ("Z_BEST_SPEED", 1),
            ("Z_BLOCK", 5),
            ("Z_DEFAULT_COMPRESSION", -1),
            ("Z_DEFAULT_STRATEGY", 0),
            ("Z_FILTERED", 1),
            ("Z_FINISH", 4),
            ("Z_FIXED", 4),
            ("Z_FULL_FLUSH", 3),
            ("Z_HUFFMAN_ONLY", 2),
            ("Z_NO_COMPRESSION", 0),
            ("Z_NO_FLUSH", 0),
            ("Z_PARTIAL_FLUSH", 1),
            ("Z_RLE", 3),
            ("Z_SYNC_FLUSH", 2),
            ("Z_TREES", 6),
        ] {
            m.add(name, Value::small_int(n));
        }
        // SAFETY: a terminated text that lives for ever.
        let version = unsafe { CStr::from_ptr(z::zlibVersion()) }.to_string_lossy();
        m.add("ZLIB_VERSION", Str::from_text(&version));
        m.add("ZLIB_RUNTIME_VERSION", Str::from_text(&version));
        m.add("__version__", Str::intern_text("1.0"));
        m.add("error", type_value(ids::ZLIB_ERROR));
        m.add("_ZlibDecompressor", type_value(ids::ZLIB_DECOMPRESSOR));
        Ok(())
    },
};
