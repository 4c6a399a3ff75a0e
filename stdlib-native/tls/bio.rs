//! `MemoryBIO`: bytes on their way between a connection and a program that moves them itself.

use super::ids;
use crate::guarded::make;
use gc::{Payload, Word};
use objects::native::{GetSet, Method, getter, method};
use objects::protocol::buffer::{self, wanted};
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The bytes and whether more can come.
#[derive(Default)]
pub struct Bytes {
    data: VecDeque<u8>,
    ended: bool,
}

/// Shared with the connection that reads or writes it.
#[derive(Clone, Default)]
pub struct Pipe(Arc<Mutex<Bytes>>);

impl Pipe {
    fn open(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read for Pipe {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut b = self.open();
        if b.data.is_empty() && !b.ended {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        b.data.read(buf)
    }
}

impl Write for Pipe {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.open().data.extend(buf);
        Ok(buf.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `MemoryBIO` payload.
#[repr(C)]
pub struct MemoryBio(pub Pipe);
// SAFETY: holds no words.
unsafe impl Payload for MemoryBio {
    const TYPE_ID: u32 = ids::MEMORY_BIO;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn me(v: Ref<'_>) -> &MemoryBio {
    // SAFETY: methods and getters check their receiver.
    unsafe { v.cast::<MemoryBio>() }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "MemoryBIO")?;
    args.check_count(cx, "MemoryBIO", 0, 0)?;
    Ok(make(class, MemoryBio(Pipe::default())))
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => int::c_int(cx, n)?,
        None => -1,
    };
    let data: Vec<u8> = {
        let mut b = me(a[0]).0.open();
        let all = b.data.len();
        let n = usize::try_from(n).map_or(all, |n| n.min(all));
        b.data.drain(..n).collect()
    };
    new_bytes(cx, &data).map(Reg::from)
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let view = buffer::get(cx, a[1], wanted::SIMPLE)?;
    let data = view.to_vec();
    let ended = {
        let mut b = me(a[0]).0.open();
        if !b.ended {
            b.data.extend(&data);
        }
        b.ended
    };
    if ended {
        return Err(super::error::plain(cx, "cannot write() after write_eof()"));
    }
    Ok(int::reg(data.len() as i64))
}

fn write_eof(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    me(a[0]).0.open().ended = true;
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method(
        "read",
        "($self, size=-1, /)",
        read,
        "Read up to size bytes from the memory BIO.\n\nIf size is not specified, read the entire buffer.",
    ),
    method("write", "($self, b, /)", write, "Writes the bytes b into the memory BIO.\n\nReturns the number of bytes written."),
    method("write_eof", "($self, /)", write_eof, "Write an EOF marker to the memory BIO."),
];

static GETSETS: &[GetSet] = &[
    getter("pending", |_, v| Ok(int::reg(me(v).0.open().data.len() as i64)), "The number of bytes pending in the memory BIO."),
    getter(
        "eof",
        |_, v| {
            let b = me(v).0.open();
            Ok(Value::bool(b.ended && b.data.is_empty()).into())
        },
        "Whether the memory BIO is at EOF.",
    ),
];

/// `_ssl.MemoryBIO`
pub static MEMORY_BIO_TYPE: TypeSpec = TypeSpec::of::<MemoryBio>("_ssl.MemoryBIO")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS);
