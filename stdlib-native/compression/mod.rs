//! Compression: `zlib`, `_bz2`, `_lzma`, `_zstd`. What they share is here: a library's stream behind an object, and decompressors that keep
//! input for later.
//!
//! A stream is guarded by a [`Monitor`]: it is held while the thread computes detached, and nothing else is called under it.

pub mod bz2;
pub mod lzma;
pub mod lzma_filters;
pub mod zlib;
pub mod zlib_objects;
pub mod zstd;
pub mod zstd_dict;

use crate::io::monitor::Monitor;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getter, method};
use objects::types::bytes::shared::operand;
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::type_::TypeSpec;
use objects::{Cx, PyResult, Raised};
use std::cell::UnsafeCell;

/// Input shorter than this is worked on without letting others go on.
const SHORT: usize = 2048;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const ZLIB_ERROR: u32 = 485;
    pub const ZLIB_COMPRESS: u32 = 486;
    pub const ZLIB_DECOMPRESS: u32 = 487;
    pub const ZLIB_DECOMPRESSOR: u32 = 488;
    pub const BZ2_COMPRESSOR: u32 = 489;
    pub const BZ2_DECOMPRESSOR: u32 = 490;
    pub const LZMA_ERROR: u32 = 491;
    pub const LZMA_COMPRESSOR: u32 = 492;
    pub const LZMA_DECOMPRESSOR: u32 = 493;
    pub const ZSTD_ERROR: u32 = 494;
    pub const ZSTD_COMPRESSOR: u32 = 495;
    pub const ZSTD_DECOMPRESSOR: u32 = 496;
    pub const ZSTD_DICT: u32 = 497;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &zlib::ERROR_TYPE,
    &zlib_objects::COMPRESS_TYPE,
    &zlib_objects::DECOMPRESS_TYPE,
    &zlib_objects::DECOMPRESSOR_TYPE,
    &bz2::COMPRESSOR_TYPE,
    &bz2::DECOMPRESSOR_TYPE,
    &lzma::ERROR_TYPE,
    &lzma::COMPRESSOR_TYPE,
    &lzma::DECOMPRESSOR_TYPE,
    &zstd::ERROR_TYPE,
    &zstd::COMPRESSOR_TYPE,
    &zstd::DECOMPRESSOR_TYPE,
    &zstd_dict::DICT_TYPE,
];

/// State of a library's stream behind an object.
#[repr(C)]
pub struct Stream<S: Send + 'static, const ID: u32> {
    monitor: Monitor,
    state: UnsafeCell<S>,
}
// SAFETY: holds no words.
unsafe impl<S: Send + 'static, const ID: u32> Payload for Stream<S, ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

impl<S: Send + 'static, const ID: u32> Stream<S, ID> {
    /// A payload.
    pub fn new(state: S) -> Self {
        Stream { monitor: Monitor::new(), state: UnsafeCell::new(state) }
    }
    /// The object behind a value known to be one.
    pub fn of(v: Ref<'_>) -> &Self {
        // SAFETY: slots and methods check their receiver.
        unsafe { v.cast::<Self>() }
    }
    /// Runs `f` on the state, one thread at a time; detached when `work` bytes are many.
    pub fn with<R: Send>(&self, cx: &mut Cx, work: usize, f: impl FnOnce(&mut S) -> R + Send) -> PyResult<R> {
        let _held = self.monitor.enter(cx)?;
        // SAFETY: the monitor is held, and `f` cannot come back here since it has no context.
        let state = unsafe { &mut *self.state.get() };
        Ok(if work < SHORT { f(state) } else { cx.detached(|| f(state)) })
    }
}

/// Output of a compressor or decompressor under construction.
pub struct Output {
    data: Vec<u8>,
    limit: usize,
}

/// No memory.
#[derive(Debug)]
pub struct NoMemory;

impl Output {
    /// Of at most `limit` bytes.
    pub fn new(limit: Option<usize>) -> Output {
        Output { data: Vec::new(), limit: limit.unwrap_or(usize::MAX) }
    }
    /// Makes room and gives it: never empty unless the limit is reached.
    pub fn room(&mut self) -> Result<(*mut u8, usize), NoMemory> {
        let left = self.limit - self.data.len();
        if self.data.len() == self.data.capacity() {
            let more = self.data.len().clamp(32 * 1024, 256 << 20).min(left.max(1));
            self.data.try_reserve_exact(more).map_err(|_| NoMemory)?;
        }
        let n = (self.data.capacity() - self.data.len()).min(left).min(u32::MAX as usize);
        Ok((self.data.as_mut_ptr().wrapping_add(self.data.len()), n))
    }
    /// Says that so many bytes of the room were written.
    ///
    /// # Safety
    /// They were.
    pub unsafe fn written(&mut self, n: usize) {
        // SAFETY: by contract.
        unsafe { self.data.set_len(self.data.len() + n) }
    }
    /// Whether the limit is reached.
    pub fn is_full(&self) -> bool {
        self.data.len() >= self.limit
    }
    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.data
    }
}

/// How a step of a decoder went.
#[derive(Clone, Copy)]
pub struct Step {
    /// Bytes of input that were used.
    pub read: usize,
    /// Bytes of output that were written.
    pub written: usize,
    /// The end of the stream was reached.
    pub end: bool,
}

/// Why decoding failed.
pub enum Failure {
    /// No memory.
    NoMemory,
    /// An exception type and text.
    Error(u32, String),
}

impl Failure {
    /// Raises it.
    #[cold]
    pub fn raise(self, cx: &mut Cx) -> Raised {
        match self {
            Failure::NoMemory => cx.memory_error(),
            Failure::Error(id, text) => cx.error(id, text),
        }
    }
}
impl From<NoMemory> for Failure {
    fn from(_: NoMemory) -> Self {
        Failure::NoMemory
    }
}

/// What a decoder does after an error.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// Goes on with the input that it has not read.
    Continue,
    /// Refuses.
    Refuse,
    /// Starts anew.
    Forget,
}

/// A library's decoder.
pub trait Decode: Send + 'static {
    /// Text of the EOFError behind the end.
    const AT_END: &'static str = "End of stream already reached";
    /// What the decoder does after an error.
    const AFTER_ERROR: AfterError = AfterError::Continue;
    /// Whether the library may hold back output although it has taken all input.
    const HOLDS_BACK: bool = false;
    /// Decodes some of `input` into `room` bytes at `out`.
    ///
    /// # Safety
    /// So many bytes may be written.
    unsafe fn step(&mut self, input: &[u8], out: *mut u8, room: usize) -> Result<Step, Failure>;
}

/// A decoder with the input that waits for it.
pub struct Buffered<D: Decode> {
    decoder: D,
    pending: Vec<u8>,
    unused: Vec<u8>,
    end: bool,
    needs_input: bool,
    failed: bool,
}

impl<D: Decode> Buffered<D> {
    /// A new one.
    pub fn new(decoder: D) -> Self {
        Buffered { decoder, pending: Vec::new(), unused: Vec::new(), end: false, needs_input: true, failed: false }
    }
    /// The decoder.
    pub fn decoder(&mut self) -> &mut D {
        &mut self.decoder
    }
    fn run(&mut self, data: &[u8], limit: Option<usize>) -> Result<Vec<u8>, Failure> {
        if self.end {
            return Err(Failure::Error(exc::EOF_ERROR, D::AT_END.to_string()));
        }
        if self.failed {
            return Err(Failure::Error(exc::VALUE_ERROR, "Decompressor is unusable after a previous error".to_string()));
        }
        let mut kept = std::mem::take(&mut self.pending);
        let input: &[u8] = if kept.is_empty() {
            data
        } else {
            kept.try_reserve(data.len()).map_err(|_| Failure::NoMemory)?;
            kept.extend_from_slice(data);
            &kept
        };
        let mut at = 0;
        let mut out = Output::new(limit);
        let mut held_back = false;
        loop {
            let (p, n) = out.room()?;
            let rest = &input[at..];
            let rest = &rest[..rest.len().min(u32::MAX as usize)];
            // SAFETY: that much room is there, and the decoder says how much it has written.
            let step = match unsafe { self.decoder.step(rest, p, n) } {
                Ok(s) => s,
                Err(e) => {
                    match D::AFTER_ERROR {
                        AfterError::Continue => self.pending = input[at..].to_vec(),
                        AfterError::Refuse => {
                            self.failed = true;
                            self.needs_input = false;
                        }
                        AfterError::Forget => self.needs_input = true,
                    }
                    return Err(e);
                }
            };
            // SAFETY: see above.
            unsafe { out.written(step.written) };
            at += step.read;
            if step.end {
                self.end = true;
                break;
            }
            let room_left = step.written < n;
            if at == input.len() && room_left {
                break;
            }
            if out.is_full() {
                held_back = !room_left;
                break;
            }
            if step.read == 0 && step.written == 0 && room_left {
                break;
            }
        }
        if self.end {
            self.needs_input = false;
            self.unused = input[at..].to_vec();
        } else if at == input.len() {
            self.needs_input = !(D::HOLDS_BACK && held_back);
        } else {
            self.needs_input = false;
            self.pending = input[at..].to_vec();
        }
        Ok(out.finish())
    }
}

/// `decompress(data, max_length=-1)` of an object with such a state.
pub fn decompress<D: Decode, const ID: u32>(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let limit = match a[2].given() {
        Some(n) => int::index_size(cx, n)?,
        None => -1,
    };
    let data = operand(cx, a[1])?;
    let data: &[u8] = &data;
    let s = Stream::<Buffered<D>, ID>::of(a[0]);
    match s.with(cx, usize::MAX, |s| s.run(data, usize::try_from(limit).ok()))? {
        Ok(out) => objects::types::bytes::shared::new_bytes(cx, &out).map(Reg::from),
        Err(e) => Err(e.raise(cx)),
    }
}

fn is_at_end<D: Decode, const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Stream::<Buffered<D>, ID>::of(v).with(cx, 0, |s| s.end).map(|b| Value::bool(b).into())
}
fn needs_input<D: Decode, const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Stream::<Buffered<D>, ID>::of(v).with(cx, 0, |s| s.needs_input).map(|b| Value::bool(b).into())
}
fn unused<D: Decode, const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let data = Stream::<Buffered<D>, ID>::of(v).with(cx, 0, |s| s.unused.clone())?;
    objects::types::bytes::shared::new_bytes(cx, &data).map(Reg::from)
}

/// The method that all decompressors have.
pub const fn decompress_method<D: Decode, const ID: u32>() -> Method {
    method("decompress", "($self, /, data, max_length=-1)", decompress::<D, ID>, "Decompresses data, keeping what is too much for later.")
}

/// The attributes that all decompressors have.
pub const fn members<D: Decode, const ID: u32>() -> [Member; 3] {
    [
        Member(getter("eof", is_at_end::<D, ID>, "Whether the end of the stream was reached.")),
        Member(getter("unused_data", unused::<D, ID>, "What was found behind the end of the stream.")),
        Member(getter("needs_input", needs_input::<D, ID>, "Whether more input is needed before there is more output.")),
    ]
}

/// `eof` and `unused_data` as computed attributes.
pub const fn unused_getset<D: Decode, const ID: u32>() -> [GetSet; 1] {
    [getter("unused_data", unused::<D, ID>, "What was found behind the end of the stream.")]
}

/// `cannot pickle ...`.
pub fn no_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = objects::types::type_of(a[0]).shown_name();
    let n = n.strip_prefix("compression.zstd.").unwrap_or(&n);
    Err(cx.type_error(format!("cannot pickle '{n}' object")))
}
