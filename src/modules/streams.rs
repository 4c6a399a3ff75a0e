//! `sys.stdin`, `sys.stdout` and `sys.stderr`: making them at start-up, `print`, `input`, and the last flush.

use super::sys::settings;
use crate::runtime;
use gc::{Ref, Reg, Value};
use objects::protocol::{attr, call, text, truth};
use objects::types::exception::ids as exc;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{type_id_of, type_of};
use objects::{Cx, PyResult, ids, names};
use stdlib_native::io::standard;

/// Makes the streams.
pub fn start(cx: &mut Cx) -> PyResult<()> {
    let Some(sys) = runtime::loaded("sys") else { return Ok(()) };
    let Some(sys) = objects::types::module::as_module(sys.as_ref()).map(|m| m.dict.clone()) else { return Ok(()) };
    let given = if settings().ignore_environment == 0 { std::env::var("PYTHONIOENCODING").unwrap_or_default() } else { String::new() };
    let (encoding, errors) = given.split_once(':').unwrap_or((&given, ""));
    let s = standard::Settings {
        encoding: if encoding.is_empty() { "utf-8" } else { encoding },
        errors: match (errors.is_empty(), encoding.is_empty()) {
            (false, _) => errors,
            (true, false) => "strict",
            (true, true) => "surrogateescape",
        },
        unbuffered: settings().unbuffered,
    };
    for (fd, name, original) in [(0, "stdin", "__stdin__"), (1, "stdout", "__stdout__"), (2, "stderr", "__stderr__")] {
        let stream = standard::make(cx, fd, &s)?;
        sys.set_text(name, stream.clone());
        sys.set_text(original, stream);
    }
    Ok(())
}

/// Whether `str(v)` runs no Python code.
fn is_simple(v: Ref<'_>) -> bool {
    matches!(type_id_of(v), ids::STR | ids::INT | ids::FLOAT | ids::BOOL | ids::NONE_TYPE | ids::COMPLEX | ids::BYTES)
}

/// `print(*args, sep, end, file, flush)`.
pub fn print(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let sep = a[1].given().filter(|v| !v.is_none());
    let end = a[2].given().filter(|v| !v.is_none());
    for (v, what) in [(sep, "sep"), (end, "end")] {
        if let Some(v) = v
            && as_str(v).is_none()
        {
            let n = type_of(v).name_text();
            return Err(cx.type_error(format!("{what} must be None or a string, not {n}")));
        }
    }
    let file = match a[3].given().filter(|v| !v.is_none()) {
        Some(f) => f.to_value(),
        None => match runtime::sys_attribute(names::stdout()) {
            Some(f) => f,
            None => return Err(cx.runtime_error("lost sys.stdout")),
        },
    };
    if file.as_ref().is_none() {
        return Ok(Value::NONE.into());
    }
    let items: &[Ref<'_>] = a[0].exact::<Tuple>().map_or(&[], Tuple::items);
    let space = Str::from_char(32);
    let newline = Str::from_char(10);
    let sep = sep.unwrap_or(space.value().as_ref());
    let end = end.unwrap_or(newline.value().as_ref());
    if standard::is_plain(file.as_ref()) && items.iter().all(|v| is_simple(*v)) {
        // Nothing can happen between the parts: they are written as one.
        let whole = joined(cx, items, sep, end)?;
        standard::write(cx, file.as_ref(), whole.as_ref())?;
    } else {
        let write = attr::get(cx, file.as_ref(), names::write())?.into_value();
        for (n, v) in items.iter().enumerate() {
            if n > 0 {
                call::positional(cx, write.as_ref(), &[sep])?;
            }
            let s = text::str(cx, *v)?;
            call::positional(cx, write.as_ref(), &[s.value().as_ref()])?;
        }
        call::positional(cx, write.as_ref(), &[end])?;
    }
    if let Some(f) = a[4].given()
        && truth::of(cx, f)?
    {
        call::method(cx, file.as_ref(), names::flush(), &[])?;
    }
    Ok(Value::NONE.into())
}

fn joined(cx: &mut Cx, items: &[Ref<'_>], sep: Ref<'_>, end: Ref<'_>) -> PyResult<Value> {
    let mut b = ::text::builder::StrBuilder::new();
    for (n, v) in items.iter().enumerate() {
        if n > 0
            && let Some(s) = as_str(sep)
        {
            b.push_units(s.units());
        }
        match as_str(*v) {
            Some(s) => b.push_units(s.units()),
            None => b.push_units(text::str(cx, *v)?.units()),
        }
    }
    if let Some(s) = as_str(end) {
        b.push_units(s.units());
    }
    objects::types::str::methods::built(cx, b).map(Reg::into_value)
}

/// A stream of `sys`, or the RuntimeError that it is lost.
fn stream(cx: &mut Cx, name: Ref<'_>) -> PyResult<Value> {
    match runtime::sys_attribute(name).filter(|v| !v.as_ref().is_none()) {
        Some(v) => Ok(v),
        None => {
            let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
            Err(cx.runtime_error(format!("input(): lost sys.{n}")))
        }
    }
}

/// `input(prompt)`.
pub fn input(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let stdin = stream(cx, names::stdin())?;
    let stdout = stream(cx, names::stdout())?;
    let stderr = stream(cx, names::stderr())?;
    if let Err(e) = call::method(cx, stderr.as_ref(), names::flush(), &[]) {
        drop(cx.catch(e));
    }
    if let Some(p) = a[0].given() {
        let s = text::str(cx, p)?;
        call::method(cx, stdout.as_ref(), names::write(), &[s.value().as_ref()])?;
    }
    if let Err(e) = call::method(cx, stdout.as_ref(), names::flush(), &[]) {
        drop(cx.catch(e));
    }
    let line = call::method(cx, stdin.as_ref(), names::readline(), &[])?.into_value();
    match as_str(line.as_ref()) {
        Some(s) if s.is_empty() => Err(cx.error(exc::EOF_ERROR, "EOF when reading a line")),
        Some(s) if s.units().at(s.len() - 1) == u32::from(b'\n') => Ok(s.substring(0, s.len() - 1).into()),
        Some(_) => Ok(line.into()),
        None => Err(cx.type_error("object.readline() returned non-string")),
    }
}

fn is_closed(cx: &mut Cx, f: &Value) -> bool {
    let closed = match attr::get_optional(cx, f.as_ref(), stdlib_native::io::names::closed()) {
        Ok(Some(c)) => truth::of(cx, c.as_ref()),
        Ok(None) => Ok(false),
        Err(e) => Err(e),
    };
    closed.unwrap_or_else(|e| {
        drop(cx.catch(e));
        false
    })
}

/// Flushes what nobody has closed.
pub fn flush_rest(cx: &mut Cx) {
    let standard: Vec<Value> = [names::stdout(), names::stderr()].into_iter().filter_map(runtime::sys_attribute).collect();
    stdlib_native::io::live::flush_all(cx, &standard);
}

/// Flushes stdout and stderr; false when that failed.
pub fn flush(cx: &mut Cx, report: bool) -> bool {
    let mut ok = true;
    for (name, is_out) in [(names::stdout(), true), (names::stderr(), false)] {
        let Some(f) = runtime::sys_attribute(name).filter(|f| !f.as_ref().is_none()) else { continue };
        if is_closed(cx, &f) {
            continue;
        }
        if let Err(e) = call::method(cx, f.as_ref(), names::flush(), &[]) {
            ok = false;
            if is_out && report {
                cx.unraisable(e, "Exception ignored while flushing sys.stdout", Ref::NONE);
            } else {
                drop(cx.catch(e));
            }
        }
    }
    ok
}
