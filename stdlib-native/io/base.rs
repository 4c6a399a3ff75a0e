//! `_IOBase`: what every stream can do in terms of its other methods.

use super::{ask, bytes, data_of, ids, names, tell, unsupported};
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, getset, getter, method};
use objects::protocol::{attr, buffer, item, iter, truth};
use objects::types::bytes::Bytes;
use objects::types::exception::{self, ids as exc};
use objects::types::iterators::myself;
use objects::types::list::List;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of, type_value};
use objects::types::{instance, int};
use objects::{Args, Cx, PyResult, Raised};

/// Whether `_IOBase.close` has run.
fn marked_closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    if let Some(f) = v.exact::<super::file::FileIo>() {
        return Ok(f.is_closed());
    }
    Ok(attr::get_optional(cx, v, names::__IOBase_closed())?.is_some())
}

/// ValueError for closed streams.
#[cold]
pub fn closed_error(cx: &mut Cx) -> Raised {
    cx.value_error("I/O operation on closed file.")
}

/// ValueError when `closed` is true.
pub fn check_closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let closed = attr::get(cx, v, names::closed())?.into_value();
    if truth::of(cx, closed.as_ref())? { Err(closed_error(cx)) } else { Ok(()) }
}

/// UnsupportedOperation unless a query method answers True.
fn check_able(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, what: &str) -> PyResult<Reg> {
    let r = ask(cx, v, name)?;
    if r.word() == gc::Word::TRUE { Ok(r.into()) } else { Err(unsupported(cx, &format!("File or stream is not {what}."))) }
}
/// UnsupportedOperation unless it is seekable.
pub fn check_seekable(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    check_able(cx, v, names::seekable(), "seekable").map(drop)
}
/// UnsupportedOperation unless it is readable.
pub fn check_readable(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    check_able(cx, v, names::readable(), "readable").map(drop)
}
/// UnsupportedOperation unless it is writable.
pub fn check_writable(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    check_able(cx, v, names::writable(), "writable").map(drop)
}

/// `_IOBase.close`: flushes once and marks the stream.
pub fn close(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if marked_closed(cx, v)? {
        return Ok(());
    }
    let flushed = ask(cx, v, names::flush()).map(drop);
    let first = flushed.err().map(|e| cx.catch(e));
    if v.exact::<super::file::FileIo>().is_some() {
        // Its descriptor tells.
        return finish(cx, first, Ok(()));
    }
    let marked = attr::set(cx, v, names::__IOBase_closed(), Some(Ref::from(&Value::TRUE)));
    finish(cx, first, marked)
}

/// The outcome of two steps of which the second one is done even if the first one failed: the first one's exception becomes the context.
pub fn finish(cx: &mut Cx, first: Option<Value>, second: PyResult<()>) -> PyResult<()> {
    match (first, second) {
        (None, r) => r,
        (Some(e), Ok(())) => Err(cx.raise(e)),
        (Some(e), Err(r)) => {
            let new = cx.catch(r);
            if let Some(x) = exception::as_exception(new.as_ref())
                && !new.is(&e)
            {
                exception::store(x, &x.context, e);
            }
            Err(cx.raise(new))
        }
    }
}

/// The finaliser of streams: closes what is not closed.
pub fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let closed = match attr::get_optional(cx, v, names::closed()) {
        Ok(None) => return Ok(()),
        Ok(Some(c)) => truth::of(cx, c.as_ref()),
        Err(e) => Err(e),
    };
    match closed {
        Ok(false) => {}
        Ok(true) => return Ok(()),
        Err(e) => {
            drop(cx.catch(e));
            return Ok(());
        }
    }
    if let Err(e) = attr::set(cx, v, names::_finalizing(), Some(Ref::from(&Value::TRUE))) {
        drop(cx.catch(e));
    }
    if let Err(e) = ask(cx, v, names::close()) {
        cx.unraisable(e, "Exception ignored while finalizing file", v);
    }
    Ok(())
}

/// Issues "unclosed file" for a stream, unless no filter can want it.
pub fn warn_unclosed(cx: &mut Cx, v: Ref<'_>) {
    let kept = cx.raised.take();
    if let Err(e) = try_warn_unclosed(cx, v) {
        // A filter makes it an error: there is nobody to raise it to.
        cx.unraisable(e, "Exception ignored while finalizing file", v);
    }
    cx.raised = kept;
}

fn try_warn_unclosed(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let sys = cx.host.import(cx, "sys")?;
    let modules = attr::get(cx, sys.as_ref(), objects::names::modules())?.into_value();
    let loaded = objects::types::dict::as_dict(modules.as_ref()).is_some_and(|d| d.get_str("warnings").is_some());
    if !loaded {
        // The default filters ignore the category.
        let options = attr::get_optional(cx, sys.as_ref(), names::warnoptions())?;
        if options.is_none_or(|o| o.as_ref().downcast::<List>().is_some_and(List::is_empty)) {
            return Ok(());
        }
    }
    let shown = objects::protocol::text::repr(cx, v)?.to_string_lossy();
    let category = type_value(exc::RESOURCE_WARNING);
    cx.host.warn(cx, category.as_ref(), &format!("unclosed file {shown}"), 1)
}

fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let v = a[0];
    let limit = super::size(cx, a[1])?;
    let peek = attr::get_optional(cx, v, names::peek())?;
    let mut line: Vec<u8> = Vec::new();
    while limit < 0 || (line.len() as i64) < limit {
        let mut want = 1;
        if let Some(peek) = &peek {
            let one = Value::small_int(1);
            let seen = objects::protocol::call::positional(cx, peek.as_ref(), &[one.as_ref()])?;
            let Some(data) = data_of(&seen) else {
                let n = type_of(seen.as_ref()).name_text();
                return Err(cx.error(exc::OS_ERROR, format!("peek() should have returned a bytes object, not '{n}'")));
            };
            if !data.is_empty() {
                let most = if limit < 0 { data.len() } else { data.len().min((limit - line.len() as i64) as usize) };
                want = data[..most].iter().position(|b| *b == b'\n').map_or(most, |i| i + 1);
            }
        }
        let n = int::from_usize(want);
        let got = tell(cx, v, names::read(), &[n.as_ref()])?;
        let Some(data) = data_of(&got) else {
            let n = type_of(got.as_ref()).name_text();
            return Err(cx.error(exc::OS_ERROR, format!("read() should have returned a bytes object, not '{n}'")));
        };
        if data.is_empty() {
            break;
        }
        line.extend_from_slice(data);
        if line.last() == Some(&b'\n') {
            break;
        }
        cx.poll()?;
    }
    Ok(bytes(cx, &line)?.into())
}

/// `readlines(hint)` by iterating.
pub fn readlines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let hint = super::size(cx, a[1])?;
    let list = List::new();
    let it = iter::iter(cx, a[0])?.into_value();
    let mut length = 0i64;
    while let Some(line) = iter::next(cx, it.as_ref())? {
        let line = line.into_value();
        let n = if hint > 0 { item::len(cx, line.as_ref())? as i64 } else { 0 };
        list.append(cx, line)?;
        if hint > 0 {
            if n > hint - length {
                break;
            }
            length += n;
            if length >= hint {
                break;
            }
        }
    }
    Ok(list.into())
}

fn writelines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_closed(cx, a[0])?;
    let it = iter::iter(cx, a[1])?.into_value();
    while let Some(line) = iter::next(cx, it.as_ref())? {
        let line = line.into_value();
        tell(cx, a[0], names::write(), &[line.as_ref()])?;
    }
    Ok(Value::NONE.into())
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let line = ask(cx, v, names::readline())?;
    if item::len(cx, line.as_ref())? == 0 { Ok(None) } else { Ok(Some(line.into())) }
}

fn iterator(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    check_closed(cx, v)?;
    myself(cx, v)
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` slots get types.
    let t = unsafe { class.cast::<objects::types::Type>() };
    Ok(instance::alloc_plain(t).into())
}

fn flush(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if marked_closed(cx, a[0])? { Err(closed_error(cx)) } else { Ok(Value::NONE.into()) }
}

fn none(_: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(Value::FALSE.into())
}

static METHODS: &[Method] = &[
    method("seek", "($self, offset, whence=0, /)", |cx, _| Err(unsupported(cx, "seek")), "Moves the position."),
    method(
        "tell",
        "($self, /)",
        |cx, a| {
            let (zero, one) = (Value::small_int(0), Value::small_int(1));
            tell(cx, a[0], names::seek(), &[zero.as_ref(), one.as_ref()]).map(Reg::from)
        },
        "The position.",
    ),
    method("truncate", "($self, size=None, /)", |cx, _| Err(unsupported(cx, "truncate")), "Sets the size."),
    method("flush", "($self, /)", flush, "Writes what is buffered."),
    method(
        "close",
        "($self, /)",
        |cx, a| {
            close(cx, a[0])?;
            Ok(Value::NONE.into())
        },
        "Flushes and closes.",
    ),
    method("seekable", "($self, /)", none, "Whether the position can be moved."),
    method("readable", "($self, /)", none, "Whether it can be read."),
    method("writable", "($self, /)", none, "Whether it can be written."),
    method(
        "_checkClosed",
        "($self, /)",
        |cx, a| {
            check_closed(cx, a[0])?;
            Ok(Value::NONE.into())
        },
        "",
    ),
    method("_checkSeekable", "($self, /)", |cx, a| check_able(cx, a[0], names::seekable(), "seekable"), ""),
    method("_checkReadable", "($self, /)", |cx, a| check_able(cx, a[0], names::readable(), "readable"), ""),
    method("_checkWritable", "($self, /)", |cx, a| check_able(cx, a[0], names::writable(), "writable"), ""),
    method("fileno", "($self, /)", |cx, _| Err(unsupported(cx, "fileno")), "The file descriptor."),
    method(
        "isatty",
        "($self, /)",
        |cx, a| {
            check_closed(cx, a[0])?;
            Ok(Value::FALSE.into())
        },
        "Whether it is a terminal.",
    ),
    method(
        "__enter__",
        "($self, /)",
        |cx, a| {
            check_closed(cx, a[0])?;
            Ok(a[0].to_value().into())
        },
        "",
    ),
    method("__exit__", "($self, /, *args)", |cx, a| ask(cx, a[0], names::close()).map(Reg::from), ""),
    method("readline", "($self, size=-1, /)", readline, "Reads a line."),
    method("readlines", "($self, hint=-1, /)", readlines, "Reads lines into a list."),
    method("writelines", "($self, lines, /)", writelines, "Writes lines."),
];

/// `__dict__` of streams.
pub static DICT: GetSet = getset("__dict__", objects::types::object::get_dict, objects::types::object::set_dict, "");

static GETSETS: &[GetSet] = &[
    getset("__dict__", objects::types::object::get_dict, objects::types::object::set_dict, ""),
    getter("closed", |cx, v| marked_closed(cx, v).map(|b| Value::bool(b).into()), ""),
];

/// `_io._IOBase`.
pub static IO_BASE_TYPE: TypeSpec = TypeSpec::empty(ids::IO_BASE, "_io._IOBase")
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), iter: Some(iterator), next: Some(next), del: Some(finalise), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("What all streams have in common.");

/// Whether a buffer argument is a text, which binary streams refuse.
pub fn refuse_text(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if buffer::is_exporter(v) || v.downcast::<Bytes>().is_some() {
        return Ok(());
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")))
}
