//! `StringIO`: a text stream in memory. The text lies under the object's lock.

use super::newlines::{Newline, Newlines, newline_argument, written};
use super::{ask, base, ids, names};
use crate::guarded::{Guarded, State};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getter, method};
use objects::types::dict::as_dict;
use objects::types::exception::ids as exc;
use objects::types::str::{NoMemory, Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::types::{instance, int};
use objects::{Args, Cx, PyResult, Raised};
use text::Units;
use text::builder::StrBuilder;

/// The text.
enum Data {
    /// Written at the end only, so far.
    Built(StrBuilder),
    /// Written anywhere.
    Chars(Vec<u32>),
}

impl Data {
    fn units(&self) -> Units<'_> {
        match self {
            Data::Built(b) => b.units(),
            Data::Chars(v) => Units::Four(v),
        }
    }
    fn chars(&mut self) -> &mut Vec<u32> {
        if let Data::Built(b) = self {
            *self = Data::Chars(b.units().to_vec());
        }
        match self {
            Data::Chars(v) => v,
            // Just made to be the other one.
            Data::Built(_) => unreachable!(),
        }
    }
}

/// State of a stream.
pub struct Inner {
    data: Data,
    pos: usize,
    ready: bool,
    closed: bool,
    newline: Newline,
    /// With universal newlines, which were seen.
    newlines: Newlines,
    /// The argument, for `__getstate__`.
    argument: Value,
}
impl State for Inner {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.argument.word());
    }
}
/// The stream.
pub type StringIo = Guarded<Inner, { ids::STRING_IO }>;

enum Refused {
    Closed,
    Uninitialised,
    NoMemory,
}
impl From<NoMemory> for Refused {
    fn from(_: NoMemory) -> Self {
        Refused::NoMemory
    }
}
impl Refused {
    #[cold]
    fn raise(self, cx: &mut Cx) -> Raised {
        match self {
            Refused::Closed => cx.value_error("I/O operation on closed file"),
            Refused::Uninitialised => cx.value_error("I/O operation on uninitialized object"),
            Refused::NoMemory => cx.memory_error(),
        }
    }
}

impl Inner {
    fn open(&mut self) -> Result<&mut Inner, Refused> {
        if !self.ready {
            Err(Refused::Uninitialised)
        } else if self.closed {
            Err(Refused::Closed)
        } else {
            Ok(self)
        }
    }
    fn part(&mut self, from: usize, to: usize) -> Result<Value, Refused> {
        let s = Str::try_from_units(self.data.units().slice(from, to))?.into_value();
        if to > from {
            self.pos = to;
        }
        Ok(s)
    }
    fn line(&mut self, limit: i64) -> Result<Value, Refused> {
        let u = self.data.units();
        let from = self.pos.min(u.len());
        let most = if limit < 0 { u.len() } else { u.len().min(from.saturating_add(limit as usize)) };
        let n = match self.newline.ending.find(u.slice(from, most)) {
            Ok(n) => n,
            Err(_) => most - from,
        };
        self.part(from, from + n)
    }
    fn put(&mut self, s: &Str) -> Result<(), Refused> {
        let n = s.len();
        if n == 0 {
            return Ok(());
        }
        let len = self.data.units().len();
        let end = self.pos.checked_add(n).filter(|e| u32::try_from(*e).is_ok()).ok_or(Refused::NoMemory)?;
        if self.pos == len
            && let Data::Built(b) = &mut self.data
        {
            b.push_units(s.units());
            self.pos = end;
            return Ok(());
        }
        let at = self.pos;
        let v = self.data.chars();
        if end > v.len() {
            let more = end - v.len();
            v.try_reserve(more).map_err(|_| Refused::NoMemory)?;
            v.resize(end, 0);
        }
        v[at..end].iter_mut().zip(s.units().iter()).for_each(|(to, c)| *to = c);
        self.pos = end;
        Ok(())
    }
}

fn me(v: Ref<'_>) -> &StringIo {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<StringIo>() }
}

fn with<R>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&mut Inner) -> Result<R, Refused>) -> PyResult<R> {
    me(v).with(cx, f).map_err(|e| e.raise(cx))
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    let inner = Inner {
        data: Data::Built(StrBuilder::new()),
        pos: 0,
        ready: false,
        closed: false,
        newline: Newline { ending: super::newlines::Ending::Lf, universal: false, translate: false, write: None },
        newlines: Newlines::default(),
        argument: Value::NONE,
    };
    Ok(crate::guarded::make(class, StringIo::new(inner)))
}

parameters!(PARAMETERS, "StringIO", "(initial_value='', newline='\\n')");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let argument = match a[1].given() {
            Some(n) => n.to_value(),
            None => Str::intern_text("\n"),
        };
        let initial = a[0].given().filter(|i| !i.is_none());
        set_up(cx, v, initial, argument)
    })
}

fn set_up(cx: &mut Cx, v: Ref<'_>, initial: Option<Ref<'_>>, argument: Value) -> PyResult<()> {
    let newline = newline_argument(cx, argument.as_ref(), "newline must be str or None")?;
    if let Some(i) = initial
        && as_str(i).is_none()
    {
        let n = type_of(i).name_text();
        return Err(cx.type_error(format!("initial_value must be str or None, not {n}")));
    }
    let old = with(cx, v, |s| {
        s.newline = newline;
        s.newlines = Newlines::new(newline.translate);
        s.pos = 0;
        s.closed = false;
        s.ready = true;
        s.data = Data::Built(StrBuilder::new());
        Ok(std::mem::replace(&mut s.argument, argument))
    })?;
    drop(old);
    if let Some(i) = initial {
        write_text(cx, v, i)?;
        with(cx, v, |s| {
            s.pos = 0;
            Ok(())
        })?;
    }
    Ok(())
}

fn write_text(cx: &mut Cx, v: Ref<'_>, text: Ref<'_>) -> PyResult<()> {
    let (newline, mut newlines) = with(cx, v, |s| s.open().map(|s| (s.newline, s.newlines)))?;
    let mut t = text.to_value();
    if newline.universal {
        t = newlines.feed(cx, t, true)?;
    }
    t = written(cx, t, newline.write)?;
    let Some(s) = as_str(t.as_ref()) else { return Ok(()) };
    with(cx, v, |inner| {
        let inner = inner.open()?;
        inner.newlines = newlines;
        inner.put(s)
    })
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[1]) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("string argument expected, got '{n}'")));
    };
    with(cx, a[0], |s| s.open().map(drop))?;
    if !s.is_empty() {
        write_text(cx, a[0], a[1])?;
    }
    Ok(int::from_usize(s.len()).into())
}

fn getvalue(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with(cx, a[0], |s| Ok(Str::try_from_units(s.open()?.data.units())?)).map(Reg::from)
}
fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = super::size(cx, a[1])?;
    with(cx, a[0], |s| {
        let s = s.open()?;
        let len = s.data.units().len();
        let from = s.pos.min(len);
        let to = if n < 0 { len } else { len.min(from.saturating_add(n as usize)) };
        s.part(from, to)
    })
    .map(Reg::from)
}
fn readline(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = super::size(cx, a[1])?;
    with(cx, a[0], |s| s.open()?.line(n)).map(Reg::from)
}
fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let line = if v.exact::<StringIo>().is_some() {
        with(cx, v, |s| s.open()?.line(-1))?
    } else {
        let line = ask(cx, v, names::readline())?;
        if as_str(line.as_ref()).is_none() {
            let n = type_of(line.as_ref()).name_text();
            return Err(cx.error(exc::OS_ERROR, format!("readline() should have returned a str object, not '{n}'")));
        }
        line
    };
    if as_str(line.as_ref()).is_some_and(Str::is_empty) { Ok(None) } else { Ok(Some(line.into())) }
}
fn truncate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let at = with(cx, a[0], |s| s.open().map(|s| s.pos))?;
    let n = match a[1].given().filter(|n| !n.is_none()) {
        Some(n) => int::index_size(cx, n)?,
        None => at as i64,
    };
    if n < 0 {
        return Err(cx.value_error(format!("Negative size value {n}")));
    }
    with(cx, a[0], |s| {
        let s = s.open()?;
        if (n as usize) < s.data.units().len() {
            match &mut s.data {
                Data::Built(b) => b.truncate(n as usize),
                Data::Chars(v) => v.truncate(n as usize),
            }
        }
        Ok(())
    })?;
    Ok(int::from_i64(n).into())
}
fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let at = int::index_size(cx, a[1])?;
    let whence = match a[2].given() {
        Some(w) => int::c_int(cx, w)?,
        None => 0,
    };
    with(cx, a[0], |s| s.open().map(drop))?;
    if !(0..=2).contains(&whence) {
        return Err(cx.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)")));
    }
    if at < 0 && whence == 0 {
        return Err(cx.value_error(format!("Negative seek position {at}")));
    }
    if whence != 0 && at != 0 {
        return Err(cx.error(exc::OS_ERROR, "Can't do nonzero cur-relative seeks"));
    }
    let to = with(cx, a[0], |s| {
        let s = s.open()?;
        s.pos = match whence {
            0 => at as usize,
            1 => s.pos,
            _ => s.data.units().len(),
        };
        Ok(s.pos)
    })?;
    Ok(int::from_usize(to).into())
}
fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = with(cx, a[0], |s| {
        s.closed = true;
        Ok(std::mem::replace(&mut s.data, Data::Built(StrBuilder::new())))
    })?;
    drop(old);
    Ok(Value::NONE.into())
}
fn answer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    with(cx, a[0], |s| s.open().map(drop))?;
    Ok(Value::TRUE.into())
}
fn getstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let text = getvalue(cx, a)?.into_value();
    let (pos, argument) = with(cx, a[0], |s| Ok((s.pos, s.argument.clone())))?;
    let dict = match instance::dict(cx, a[0])? {
        Some(d) => as_dict(d.as_ref()).filter(|d| !d.is_empty()).map_or(Value::NONE, |d| d.copy().into_value()),
        None => Value::NONE,
    };
    Ok(Tuple::from_values(vec![text, argument, int::from_usize(pos), dict]).into())
}
fn setstate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = a[1].downcast::<Tuple>().filter(|t| t.len() >= 4) else {
        let (c, n) = (type_of(a[0]).shown_name(), type_of(a[1]).name_text());
        return Err(cx.type_error(format!("{c}.__setstate__ argument should be 4-tuple, got {n}")));
    };
    if int::as_int(t.get(2)).is_none() {
        let n = type_of(t.get(2)).name_text();
        return Err(cx.type_error(format!("third item of state must be an integer, got {n}")));
    }
    let pos = int::index_i64(cx, t.get(2))?;
    if pos < 0 {
        return Err(cx.value_error("position value cannot be negative"));
    }
    with(cx, a[0], |s| if s.closed { Err(Refused::Closed) } else { Ok(()) })?;
    set_up(cx, a[0], None, t.get(1).to_value())?;
    // The value is as it was: no newlines are translated again.
    if let Some(s) = as_str(t.get(0)) {
        with(cx, a[0], |inner| inner.put(s))?;
    } else if !t.get(0).is_none() {
        let n = type_of(t.get(0)).name_text();
        return Err(cx.type_error(format!("first item of state should be a str or None, got {n}")));
    }
    with(cx, a[0], |s| {
        s.pos = pos as usize;
        Ok(())
    })?;
    if !t.get(3).is_none() && as_dict(t.get(3)).is_none() {
        let n = type_of(t.get(3)).name_text();
        return Err(cx.type_error(format!("fourth item of state should be a dict, got a {n}")));
    }
    super::bytes_io::restore_dict(cx, a[0], t.get(3))?;
    Ok(Value::NONE.into())
}
fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if v.exact::<StringIo>().is_some() { Ok(()) } else { base::finalise(cx, v) }
}

static METHODS: &[Method] = &[
    method("close", "($self, /)", close, "Gives the text up."),
    method("getvalue", "($self, /)", getvalue, "All the text."),
    method("read", "($self, size=-1, /)", read, "Reads characters."),
    method("readline", "($self, size=-1, /)", readline, "Reads a line."),
    method("tell", "($self, /)", |cx, a| with(cx, a[0], |s| s.open().map(|s| s.pos)).map(|n| int::from_usize(n).into()), "The position."),
    method("truncate", "($self, pos=None, /)", truncate, "Sets the size."),
    method("seek", "($self, pos, whence=0, /)", seek, "Moves the position."),
    method("write", "($self, s, /)", write, "Writes a text."),
    method("seekable", "($self, /)", answer, ""),
    method("readable", "($self, /)", answer, ""),
    method("writable", "($self, /)", answer, ""),
    method("__getstate__", "($self, /)", getstate, ""),
    method("__setstate__", "($self, state, /)", setstate, ""),
];
static GETSETS: &[GetSet] = &[
    getter(
        "closed",
        |cx, v| with(cx, v, |s| if s.ready { Ok(s.closed) } else { Err(Refused::Uninitialised) }).map(|b| Value::bool(b).into()),
        "",
    ),
    getter(
        "newlines",
        |cx, v| {
            let (universal, n) = with(cx, v, |s| s.open().map(|s| (s.newline.universal, s.newlines)))?;
            Ok(if universal { n.seen() } else { Value::NONE }.into())
        },
        "",
    ),
    getter("line_buffering", |cx, v| with(cx, v, |s| s.open().map(drop)).map(|()| Value::FALSE.into()), ""),
];

/// `_io.StringIO`.
pub static STRING_IO_TYPE: TypeSpec = TypeSpec::of::<StringIo>("_io.StringIO")
    .base(ids::TEXT_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), next: Some(next), del: Some(finalise), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A text stream in memory.");

/// Whether it is an exact StringIO.
pub fn is_exact(v: Ref<'_>) -> bool {
    v.exact::<StringIo>().is_some()
}

/// Writes a text to an exact StringIO.
pub fn write_str(cx: &mut Cx, v: Ref<'_>, text: Ref<'_>) -> PyResult<()> {
    with(cx, v, |s| s.open().map(drop))?;
    write_text(cx, v, text)
}
