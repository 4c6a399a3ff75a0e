//! `open`, `open_code` and `text_encoding`.

use super::newlines::Newline;
use super::text::Options;
use super::{DEFAULT_BUFFER_SIZE, ask, buffered, file, ids, names, text};
use gc::{Ref, Reg, Value};
use objects::protocol::{attr, path, truth};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::methods::expect;
use objects::types::str::{Str, as_str};
use objects::types::type_::{type_of, type_value};
use objects::{Cx, PyResult};

/// What a mode text says.
#[derive(Default)]
struct Mode {
    create: bool,
    read: bool,
    write: bool,
    append: bool,
    update: bool,
    text: bool,
    binary: bool,
}

fn parse(cx: &mut Cx, mode: &str) -> PyResult<Mode> {
    let mut m = Mode::default();
    for (i, c) in mode.char_indices() {
        let at = match c {
            'x' => &mut m.create,
            'r' => &mut m.read,
            'w' => &mut m.write,
            'a' => &mut m.append,
            '+' => &mut m.update,
            't' => &mut m.text,
            'b' => &mut m.binary,
            _ => return Err(cx.value_error(format!("invalid mode: '{mode}'"))),
        };
        if std::mem::replace(at, true) || mode[i + c.len_utf8()..].contains(c) {
            return Err(cx.value_error(format!("invalid mode: '{mode}'")));
        }
    }
    Ok(m)
}

impl Mode {
    fn raw(&self) -> String {
        let mut s = String::new();
        for (yes, c) in [(self.create, 'x'), (self.read, 'r'), (self.write, 'w'), (self.append, 'a'), (self.update, '+')] {
            if yes {
                s.push(c);
            }
        }
        s
    }
    fn check(&self, cx: &mut Cx, text_arguments: [bool; 3]) -> PyResult<()> {
        if self.text && self.binary {
            return Err(cx.value_error("can't have text and binary mode at once"));
        }
        let kinds = [self.create, self.read, self.write, self.append].into_iter().filter(|k| *k).count();
        if kinds > 1 {
            return Err(cx.value_error("must have exactly one of create/read/write/append mode"));
        }
        for (given, what) in text_arguments.into_iter().zip(["an encoding", "an errors", "a newline"]) {
            if self.binary && given {
                return Err(cx.value_error(format!("binary mode doesn't take {what} argument")));
            }
        }
        Ok(())
    }
}

fn text_argument<'a>(cx: &mut Cx, v: Ref<'a>, name: &str) -> PyResult<Option<Ref<'a>>> {
    match v.given().filter(|v| !v.is_none()) {
        None => Ok(None),
        Some(s) if as_str(s).is_some() => Ok(Some(s)),
        Some(x) => {
            let n = type_of(x).name_text();
            Err(cx.type_error(format!("open() argument '{name}' must be str or None, not {n}")))
        }
    }
}

/// `open(file, mode, buffering, encoding, errors, newline, closefd, opener)`.
pub fn open(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mode_text = match a[1].given() {
        Some(m) => expect(cx, m, "open() argument 'mode'")?.to_string_lossy(),
        None => "r".to_string(),
    };
    let buffering = match a[2].given() {
        Some(b) => i64::from(int::c_int(cx, b)?),
        None => -1,
    };
    let encoding = text_argument(cx, a[3], "encoding")?;
    let errors = text_argument(cx, a[4], "errors")?;
    let newline = text_argument(cx, a[5], "newline")?;
    let close_fd = match a[6].given() {
        Some(c) => truth::of(cx, c)?,
        None => true,
    };
    let opener = a[7].given().filter(|o| !o.is_none());
    let number = int::as_int(a[0]).is_some() || (type_of(a[0]).slots.index().is_some() && as_str(a[0]).is_none());
    let target = if number { int::index(cx, a[0])? } else { path::fspath(cx, a[0])? };
    let target = if a[0].word() == gc::Word::TRUE || a[0].word() == gc::Word::FALSE { a[0].to_value() } else { target };
    let m = parse(cx, &mode_text)?;
    m.check(cx, [encoding.is_some(), errors.is_some(), newline.is_some()])?;
    if m.binary && buffering == 1 {
        let category = type_value(exc::RUNTIME_WARNING);
        let text = "line buffering (buffering=1) isn't supported in binary mode, the default buffer size will be used";
        cx.host.warn(cx, category.as_ref(), text, 1)?;
    }
    let raw = file::empty();
    file::open(cx, raw.as_ref(), target.as_ref(), &m.raw(), close_fd, opener)?;
    let mut result = raw.clone();
    match wrap(cx, &raw, &mut result, &m, &mode_text, buffering, encoding, errors, newline) {
        Ok(()) => Ok(result.into()),
        Err(e) => {
            let first = cx.catch(e);
            let closed = ask(cx, result.as_ref(), names::close()).map(drop);
            match super::base::finish(cx, Some(first), closed) {
                Ok(()) => Ok(Value::NONE.into()),
                Err(e) => Err(e),
            }
        }
    }
}

fn wrap(
    cx: &mut Cx,
    raw: &Value,
    result: &mut Value,
    m: &Mode,
    mode_text: &str,
    buffering: i64,
    encoding: Option<Ref<'_>>,
    errors: Option<Ref<'_>>,
    newline: Option<Ref<'_>>,
) -> PyResult<()> {
    // SAFETY: just made as one.
    let f = unsafe { raw.as_ref().cast::<file::FileIo>() };
    let mut size = buffering;
    let terminal = buffering < 0 && f.is_device() && f.is_terminal(cx)?;
    let line_buffering = buffering == 1 || terminal;
    if line_buffering || size < 0 {
        size = i64::from(f.block_size()).min(8192 * 1024).max(DEFAULT_BUFFER_SIZE as i64);
    }
    if size == 0 {
        return if m.binary { Ok(()) } else { Err(cx.value_error("can't have unbuffered text I/O")) };
    }
    let id = if m.update {
        ids::BUFFERED_RANDOM
    } else if m.create || m.write || m.append {
        ids::BUFFERED_WRITER
    } else if m.read {
        ids::BUFFERED_READER
    } else {
        return Err(cx.value_error(format!("unknown mode: '{mode_text}'")));
    };
    let buffer = buffered::make(cx, id, raw.as_ref(), size)?;
    *result = buffer.clone();
    if m.binary {
        return Ok(());
    }
    let newline_text = newline.and_then(as_str).map(Str::to_string_lossy);
    let Some(newline) = Newline::of(newline_text.as_deref()) else {
        let shown = newline_text.unwrap_or_default();
        return Err(cx.value_error(format!("illegal newline value: {shown}")));
    };
    let o = Options { encoding, errors, newline, line_buffering, write_through: false };
    let t = text::make(cx, buffer.as_ref(), &o)?;
    *result = t.clone();
    let mode = Str::intern_text(mode_text);
    attr::set(cx, t.as_ref(), names::mode(), Some(mode.as_ref()))
}

/// `open_code(path)`.
pub fn open_code(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    expect(cx, a[0], "open_code() argument 'path'")?;
    let mode = Str::intern_text("rb");
    let none = Ref::MISSING;
    open(cx, &[a[0], mode.as_ref(), none, none, none, none, none, none])
}

/// `text_encoding(encoding, stacklevel=2)`.
pub fn text_encoding(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if !a[0].is_none() {
        return Ok(a[0].to_value().into());
    }
    let sys = cx.host.import(cx, "sys")?;
    let flags = attr::get(cx, sys.as_ref(), objects::names::flags())?.into_value();
    let utf8 = attr::get_text(cx, flags.as_ref(), "utf8_mode")?.into_value();
    let warn = attr::get_text(cx, flags.as_ref(), "warn_default_encoding")?.into_value();
    if truth::of(cx, warn.as_ref())? {
        let level = match a[1].given() {
            Some(l) => int::index_i64(cx, l)?,
            None => 2,
        };
        let category = type_value(exc::ENCODING_WARNING);
        cx.host.warn(cx, category.as_ref(), "'encoding' argument not specified", level)?;
    }
    let text = if truth::of(cx, utf8.as_ref())? { "utf-8" } else { "locale" };
    Ok(Str::intern_text(text).into())
}
