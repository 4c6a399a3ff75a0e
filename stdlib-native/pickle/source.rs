//! Where a pickle is read from: memory, or a file by its `read` and `readline`. Of a file no byte behind the pickle is read.

use super::broken;
use gc::{Ref, Value};
use objects::protocol::{buffer, call};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::Operand;
use objects::types::exception;
use objects::types::int;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, Raised};

/// A file's methods.
#[derive(Clone)]
pub struct File {
    /// `read`
    pub read: Value,
    /// `readline`
    pub readline: Value,
}

/// A source of bytes.
pub enum Source<'a> {
    /// All of it is there.
    Memory {
        /// The data.
        data: Operand<'a>,
        /// Read so far.
        at: usize,
    },
    /// A file; a frame that has been read ahead stands in `frame`.
    File {
        /// Its methods.
        file: File,
        /// A frame.
        frame: Vec<u8>,
        /// Read of it so far.
        at: usize,
    },
}

fn truncated(cx: &mut Cx) -> Raised {
    broken(cx, "pickle data was truncated")
}

fn file_bytes(cx: &mut Cx, v: &Value, method: &str) -> PyResult<Vec<u8>> {
    match v.as_ref().downcast::<Bytes>() {
        Some(b) => Ok(b.data().to_vec()),
        None if buffer::is_exporter(v.as_ref()) && method == "read" => buffer::bytes_of(cx, v.as_ref()),
        None => {
            let n = type_of(v.as_ref()).shown_name();
            Err(cx.value_error(format!("{method}() returned non-bytes object ({n})")))
        }
    }
}

impl<'a> Source<'a> {
    /// Hands the next `n` bytes to `f`.
    #[inline]
    pub fn take<R>(&mut self, cx: &mut Cx, n: usize, f: impl FnOnce(&mut Cx, &[u8]) -> PyResult<R>) -> PyResult<R> {
        match self {
            Source::Memory { data, at } => match data.get(*at..).and_then(|d| d.get(..n)) {
                Some(d) => {
                    *at += n;
                    f(cx, d)
                }
                None => Err(truncated(cx)),
            },
            Source::File { file, frame, at } => {
                if *at < frame.len() {
                    return match frame.get(*at..*at + n) {
                        Some(d) => {
                            *at += n;
                            f(cx, d)
                        }
                        None => Err(broken(cx, "pickle exhausted before end of frame")),
                    };
                }
                let read = file.read.clone();
                let wanted = int::from_usize(n);
                let r = call::positional(cx, read.as_ref(), &[wanted.as_ref()])?;
                let d = file_bytes(cx, &r, "read")?;
                if d.len() < n {
                    return Err(truncated(cx));
                }
                f(cx, &d)
            }
        }
    }
    /// The next opcode: EOFError when there is nothing.
    #[inline]
    pub fn opcode(&mut self, cx: &mut Cx) -> PyResult<u8> {
        match self {
            Source::Memory { data, at } => match data.get(*at) {
                Some(b) => {
                    *at += 1;
                    Ok(*b)
                }
                None => Err(cx.error(exception::ids::EOF_ERROR, "Ran out of input")),
            },
            Source::File { file, frame, at } => {
                if let Some(b) = frame.get(*at) {
                    *at += 1;
                    return Ok(*b);
                }
                let read = file.read.clone();
                let r = call::positional(cx, read.as_ref(), &[Value::small_int(1).as_ref()])?;
                match file_bytes(cx, &r, "read")?.first() {
                    Some(b) => Ok(*b),
                    None => Err(cx.error(exception::ids::EOF_ERROR, "Ran out of input")),
                }
            }
        }
    }
    /// A line without its end.
    pub fn line(&mut self, cx: &mut Cx) -> PyResult<Vec<u8>> {
        let mut line = match self {
            Source::Memory { data, at } => {
                let rest = data.get(*at..).unwrap_or(&[]);
                let n = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
                let line = rest[..n].to_vec();
                *at += n;
                line
            }
            Source::File { frame, at, .. } if *at < frame.len() => {
                let rest = &frame[*at..];
                let n = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
                let line = rest[..n].to_vec();
                *at += n;
                line
            }
            Source::File { file, .. } => {
                let readline = file.readline.clone();
                let r = call::positional(cx, readline.as_ref(), &[])?;
                file_bytes(cx, &r, "readline")?
            }
        };
        if line.pop() != Some(b'\n') {
            return Err(truncated(cx));
        }
        Ok(line)
    }
    /// A frame of `n` bytes begins.
    pub fn begin_frame(&mut self, cx: &mut Cx, n: usize) -> PyResult<()> {
        match self {
            Source::Memory { data, at } => {
                if data.len() - *at < n {
                    return Err(truncated(cx));
                }
                Ok(())
            }
            Source::File { .. } => {
                let d = self.take(cx, n, |_, d| Ok(d.to_vec()))?;
                if let Source::File { frame, at, .. } = self {
                    (*frame, *at) = (d, 0);
                }
                Ok(())
            }
        }
    }
}

/// A file's methods; TypeError "file must have 'read' and 'readline' attributes".
pub fn of_file(cx: &mut Cx, v: Ref<'_>) -> PyResult<File> {
    use objects::protocol::attr;
    let read = attr::get_optional(cx, v, objects::names::read())?;
    let readline = attr::get_optional(cx, v, objects::names::readline())?;
    match (read, readline) {
        (Some(read), Some(readline)) => Ok(File { read, readline }),
        _ => Err(cx.type_error("file must have 'read' and 'readline' attributes")),
    }
}
