//! The process's own streams, made without running Python code, and what the interpreter does with them.

use super::newlines::{Ending, Newline};
use super::text::{self, Options, TextIo};
use super::{buffered, file, ids, names, text_write};
use gc::{Ref, Value};
use objects::protocol::attr;
use objects::types::str::Str;
use objects::{Cx, PyResult};

/// How the streams are made.
pub struct Settings<'a> {
    /// Encoding.
    pub encoding: &'a str,
    /// Error handler of stdin and stdout.
    pub errors: &'a str,
    /// Nothing is held back.
    pub unbuffered: bool,
}

/// The stream of descriptor 0, 1 or 2; None when it is closed.
pub fn make(cx: &mut Cx, fd: i32, s: &Settings<'_>) -> PyResult<Value> {
    // SAFETY: a plain query.
    if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
        return Ok(Value::NONE);
    }
    let (name, writing) = match fd {
        0 => ("<stdin>", false),
        1 => ("<stdout>", true),
        _ => ("<stderr>", true),
    };
    let raw = file::empty();
    let number = Value::small_int(fd.into());
    file::open(cx, raw.as_ref(), number.as_ref(), if writing { "w" } else { "r" }, false, None)?;
    let name = Str::intern_text(name);
    attr::set(cx, raw.as_ref(), names::name(), Some(name.as_ref()))?;
    // SAFETY: just made as one.
    let f = unsafe { raw.as_ref().cast::<file::FileIo>() };
    let terminal = f.is_device() && f.is_terminal(cx)?;
    let size = i64::from(f.block_size()).min(8192 * 1024).max(super::DEFAULT_BUFFER_SIZE as i64);
    let buffer = if s.unbuffered && writing {
        raw.clone()
    } else {
        buffered::make(cx, if writing { ids::BUFFERED_WRITER } else { ids::BUFFERED_READER }, raw.as_ref(), size)?
    };
    let (encoding, errors) = (Str::intern_text(s.encoding), Str::intern_text(if fd == 2 { "backslashreplace" } else { s.errors }));
    let o = Options {
        encoding: Some(encoding.as_ref()),
        errors: Some(errors.as_ref()),
        newline: Newline { ending: Ending::Lf, universal: false, translate: false, write: None },
        line_buffering: !s.unbuffered && (terminal || fd == 2),
        write_through: s.unbuffered,
    };
    let stream = text::make(cx, buffer.as_ref(), &o)?;
    let mode = Str::intern_text(if writing { "w" } else { "r" });
    attr::set(cx, stream.as_ref(), names::mode(), Some(mode.as_ref()))?;
    Ok(stream)
}

/// Whether a stream can be written to by [`write`].
pub fn is_plain(v: Ref<'_>) -> bool {
    v.exact::<TextIo>().is_some() || super::string_io::is_exact(v)
}

/// Writes to a stream for which [`is_plain`] holds.
pub fn write(cx: &mut Cx, v: Ref<'_>, text: Ref<'_>) -> PyResult<()> {
    if v.exact::<TextIo>().is_some() { text_write::write_str(cx, v, text) } else { super::string_io::write_str(cx, v, text) }
}

/// Says that the process ends: nobody waits for a stream for ever any more.
pub fn end() {
    super::monitor::ENDING.store(true, sync::prim::Ordering::Relaxed);
}
