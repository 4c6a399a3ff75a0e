//! `TextIOWrapper`: attributes, closing, and the type.

use super::text::{TextIo, init, me, new, reconfigure};
use super::{ask, base, buffered, file, ids, names, tell};
use ::text::builder::StrBuilder as Builder;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getset, getter, method};
use objects::protocol::{attr, truth};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, PyResult};
use sync::prim::Ordering;

fn of_buffer(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let b = me(v).buffer(cx)?;
    ask(cx, b.as_ref(), name).map(Reg::from)
}
fn attribute_of_buffer(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let b = me(v).buffer(cx)?;
    attr::get(cx, b.as_ref(), name)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    let n = type_of(v).full_name();
    if t.ready.load(Ordering::Relaxed) == 0 {
        return Err(cx.value_error("I/O operation on uninitialized object"));
    }
    let shown = objects::protocol::text::guarded(cx, v, |cx| {
        let mut b = Builder::new();
        b.push_str(&format!("<{n}"));
        for (name, label) in [(names::name(), " name="), (names::mode(), " mode=")] {
            match attr::get_optional(cx, v, name) {
                Ok(None) => {}
                Ok(Some(x)) => {
                    b.push_str(label);
                    b.push_units(objects::protocol::text::repr(cx, x.as_ref())?.units());
                }
                Err(e) => drop(cx.catch_if(e, exc::VALUE_ERROR)?),
            }
        }
        b.push_str(" encoding=");
        let encoding = t.encoding.load(t.header());
        b.push_units(objects::protocol::text::repr(cx, encoding.as_ref())?.units());
        b.push_str(">");
        Ok(b)
    })?;
    match shown {
        Some(b) => objects::types::str::methods::built(cx, b),
        None => {
            let n = type_of(v).full_name();
            Err(cx.runtime_error(format!("reentrant call inside {n}.__repr__")))
        }
    }
}

fn is_closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    let b = me(v).buffer(cx)?;
    match buffered::exact(b.as_ref()) {
        Some(x) => {
            let raw = x.raw(cx)?;
            x.is_closed(cx, &raw)
        }
        None => {
            let c = attr::get(cx, b.as_ref(), names::closed())?.into_value();
            truth::of(cx, c.as_ref())
        }
    }
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[0];
    let t = me(v);
    let buffer = t.buffer(cx)?;
    let closed = attr::get(cx, v, names::closed())?.into_value();
    if truth::of(cx, closed.as_ref())? {
        return Ok(Value::NONE.into());
    }
    if t.finalizing.load(Ordering::Relaxed)
        && let Err(e) = tell(cx, buffer.as_ref(), names::_dealloc_warn(), &[v])
    {
        drop(cx.catch(e));
    }
    let flushed = ask(cx, v, names::flush()).map(drop);
    let first = flushed.err().map(|e| cx.catch(e));
    let second = ask(cx, buffer.as_ref(), names::close()).map(drop);
    base::finish(cx, first, second)?;
    Ok(Value::NONE.into())
}

fn detach(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]);
    t.buffer(cx)?;
    ask(cx, a[0], names::flush())?;
    let b = {
        let _l = cx.lock(t.header());
        t.buffer.take()
    };
    t.ready.store(2, Ordering::Relaxed);
    if b.word() == Word::UNBOUND {
        return Err(cx.value_error("underlying buffer has been detached"));
    }
    Ok(b.into())
}

fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = me(a[0]).buffer(cx)?;
    ask(cx, a[0], names::flush())?;
    tell(cx, b.as_ref(), names::truncate(), &[a[1].given().unwrap_or(Ref::NONE)]).map(Reg::from)
}

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if v.exact::<TextIo>().is_some() {
        if me(v).ready.load(Ordering::Relaxed) != 1 {
            return Ok(());
        }
        match is_closed(cx, v) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(e) => {
                drop(cx.catch(e));
                return Ok(());
            }
        }
    }
    base::finalise(cx, v)
}

fn set_chunk(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    me(v).buffer(cx)?;
    let Some(x) = x else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "_CHUNK_SIZE attribute cannot be deleted")) };
    let n = super::buffered::offset(cx, x)?;
    if n <= 0 {
        return Err(cx.value_error("a strictly positive integer is required"));
    }
    me(v).with(cx, |s| s.chunk = n as usize);
    Ok(())
}

fn newlines(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    me(v).buffer(cx)?;
    let n = me(v).with(cx, |s| s.decoder.as_ref().and_then(|d| d.newlines));
    Ok(n.map_or(Value::NONE, |n| n.seen()).into())
}

fn closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if me(v).ready.load(Ordering::Relaxed) == 0 {
        return Ok(Value::TRUE.into());
    }
    attribute_of_buffer(cx, v, names::closed())
}

fn errors(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    if t.ready.load(Ordering::Relaxed) == 0 {
        return Err(cx.value_error("I/O operation on uninitialized object"));
    }
    Ok(t.errors.load_reg(t.header()))
}

static METHODS: &[Method] = &[
    method("detach", "($self, /)", detach, "Separates the buffer."),
    method(
        "reconfigure",
        "($self, /, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)",
        reconfigure,
        "Changes how the stream works.",
    ),
    method("write", "($self, text, /)", super::text_write::write, "Writes a text."),
    method("read", "($self, size=-1, /)", super::text_read::read, "Reads characters."),
    method("readline", "($self, size=-1, /)", super::text_read::readline, "Reads a line."),
    method("flush", "($self, /)", super::text_write::flush, "Writes what is buffered."),
    method("close", "($self, /)", close, "Flushes and closes."),
    method("fileno", "($self, /)", |cx, a| of_buffer(cx, a[0], names::fileno()), "The file descriptor."),
    method("seekable", "($self, /)", |cx, a| of_buffer(cx, a[0], names::seekable()), ""),
    method("readable", "($self, /)", |cx, a| of_buffer(cx, a[0], names::readable()), ""),
    method("writable", "($self, /)", |cx, a| of_buffer(cx, a[0], names::writable()), ""),
    method("isatty", "($self, /)", |cx, a| of_buffer(cx, a[0], names::isatty()), "Whether it is a terminal."),
    method("seek", "($self, cookie, whence=0, /)", super::text_seek::seek, "Goes to a position that tell has given."),
    method("tell", "($self, /)", super::text_seek::tell_position, "The position, for seek."),
    method("truncate", "($self, pos=None, /)", truncate, "Sets the size."),
    method("__getstate__", "($self, /)", super::abstracts::no_state, ""),
];

static GETSETS: &[GetSet] = &[
    getter("name", |cx, v| attribute_of_buffer(cx, v, names::name()), ""),
    getter("closed", closed, ""),
    getter("newlines", newlines, ""),
    getter("errors", errors, ""),
    getset("_CHUNK_SIZE", |cx, v| Ok(int::from_usize(me(v).with(cx, |s| s.chunk)).into()), set_chunk, ""),
];

fn field_of(f: &gc::Field, t: &TextIo) -> Reg {
    match f.load(t.header()) {
        v if v.word() == Word::UNBOUND => Value::NONE.into(),
        v => v.into(),
    }
}

fn set_finalizing(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let yes = file::finalizing_value(cx, x)?;
    me(v).finalizing.store(yes, Ordering::Relaxed);
    Ok(())
}

static MEMBERS: &[Member] = &[
    Member(getter("encoding", |_, v| Ok(field_of(&me(v).encoding, me(v))), "")),
    Member(getter("buffer", |_, v| Ok(field_of(&me(v).buffer, me(v))), "")),
    Member(getter("line_buffering", |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.line_buffering)).into()), "")),
    Member(getter("write_through", |cx, v| Ok(Value::bool(me(v).with(cx, |s| s.write_through)).into()), "")),
    Member(getset("_finalizing", |_, v| Ok(Value::bool(me(v).finalizing.load(Ordering::Relaxed)).into()), set_finalizing, "")),
];

/// `_io.TextIOWrapper`.
pub static TEXT_IO_WRAPPER_TYPE: TypeSpec = TypeSpec::of::<TextIo>("_io.TextIOWrapper")
    .base(ids::TEXT_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        next: Some(super::text_read::next),
        del: Some(finalise),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("A text stream on a buffered binary stream.");
