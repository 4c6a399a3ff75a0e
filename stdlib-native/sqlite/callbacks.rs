//! What SQLite calls: each finds the context and the connection, calls the program's function and gives its result back.

use super::connection::me;
use super::db::attached;
use super::{TRACEBACKS, text_of};
use gc::{Ref, Value};
use libsqlite3_sys as sq;
use objects::protocol::{attr, call, truth};
use objects::types::exception::ids as exc;
use objects::types::str::{Str, as_str};
use objects::types::{float, int};
use objects::{Cx, PyResult, Raised};
use std::ffi::{c_char, c_int, c_uint, c_void};
use sync::prim::Ordering;

/// An exception of a callback: shown, if that is asked for, otherwise forgotten.
fn report(cx: &mut Cx, r: Raised, f: Ref<'_>) {
    if TRACEBACKS.load(Ordering::Relaxed) {
        cx.unraisable(r, "Exception ignored on sqlite3 callback", f);
    } else {
        drop(cx.catch(r));
    }
}

/// A value of SQLite's as an object.
///
/// # Safety
/// A value that is protected for as long as this runs.
unsafe fn object(cx: &mut Cx, v: *mut sq::sqlite3_value) -> PyResult<Value> {
    // SAFETY: by contract; text and blobs are copied at once.
    unsafe {
        Ok(match sq::sqlite3_value_type(v) {
            sq::SQLITE_INTEGER => int::from_i64(sq::sqlite3_value_int64(v)),
            sq::SQLITE_FLOAT => Value::float(sq::sqlite3_value_double(v)),
            sq::SQLITE_TEXT => {
                let p = sq::sqlite3_value_text(v);
                let n = sq::sqlite3_value_bytes(v) as usize;
                if p.is_null() {
                    return Err(cx.memory_error());
                }
                let b = std::slice::from_raw_parts(p, n);
                match std::str::from_utf8(b) {
                    Ok(s) => Str::from_text(s).into_value(),
                    Err(_) => return super::fetch::decode(cx, b),
                }
            }
            sq::SQLITE_BLOB => {
                let n = sq::sqlite3_value_bytes(v) as usize;
                let p = sq::sqlite3_value_blob(v).cast::<u8>();
                let b = if n == 0 || p.is_null() { &[] } else { std::slice::from_raw_parts(p, n) };
                objects::types::bytes::shared::new_bytes(cx, b)?
            }
            _ => Value::NONE,
        })
    }
}

/// # Safety
/// `n` protected values.
unsafe fn objects_of(cx: &mut Cx, n: c_int, values: *mut *mut sq::sqlite3_value) -> PyResult<Vec<Value>> {
    // SAFETY: by contract.
    (0..n as usize).map(|i| unsafe { object(cx, *values.add(i)) }).collect()
}

/// Gives a result to SQLite: whether it is of a type that can be given.
///
/// # Safety
/// The context of a running function.
unsafe fn result(cx: &mut Cx, context: *mut sq::sqlite3_context, v: Ref<'_>) -> PyResult<bool> {
    // SAFETY: by contract; text and blobs are copied.
    unsafe {
        if v.is_none() {
            sq::sqlite3_result_null(context);
        } else if let Some(n) = int::as_int(v) {
            let Some(n) = n.to_i64() else { return Err(cx.overflow_error("Python int too large to convert to SQLite INTEGER")) };
            sq::sqlite3_result_int64(context, n);
        } else if let Some(f) = float::as_float(v) {
            sq::sqlite3_result_double(context, f);
        } else if let Some(s) = as_str(v) {
            let s = super::utf8(cx, s, v)?;
            if s.len() > i32::MAX as usize {
                return Err(cx.overflow_error("string is longer than INT_MAX bytes"));
            }
            sq::sqlite3_result_text(context, s.as_ptr().cast(), s.len() as c_int, sq::SQLITE_TRANSIENT());
        } else if objects::protocol::buffer::is_exporter(v) {
            let b = objects::protocol::buffer::bytes_of(cx, v)?;
            if b.len() > i32::MAX as usize {
                return Err(cx.overflow_error("BLOB longer than INT_MAX bytes"));
            }
            sq::sqlite3_result_blob(context, b.as_ptr().cast(), b.len() as c_int, sq::SQLITE_TRANSIENT());
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}

/// # Safety
/// The context of a running function.
unsafe fn fail(cx: &mut Cx, context: *mut sq::sqlite3_context, r: Raised, f: Ref<'_>, text: &str) {
    let e = cx.catch(r);
    let is = |id| objects::types::type_of(e.as_ref()).is_subtype_of_id(id);
    let (memory, big) = (is(exc::MEMORY_ERROR), is(exc::OVERFLOW_ERROR));
    // SAFETY: by contract; the text is copied.
    unsafe {
        if memory {
            sq::sqlite3_result_error_nomem(context);
        } else if big {
            sq::sqlite3_result_error_toobig(context);
        } else {
            sq::sqlite3_result_error(context, text.as_ptr().cast(), text.len() as c_int);
        }
    }
    let r = cx.raise(e);
    report(cx, r, f);
}

/// The function with a number.
fn registered(cx: &mut Cx, c: Ref<'_>, data: *mut c_void) -> Value {
    let i = data as usize;
    me(c).with(cx, |s| i.checked_sub(1).and_then(|i| s.functions.get(i).cloned())).unwrap_or(Value::NONE)
}

/// A scalar function.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn scalar(context: *mut sq::sqlite3_context, n: c_int, values: *mut *mut sq::sqlite3_value) {
    attached(|cx, c| {
        // SAFETY: SQLite's own arguments.
        unsafe {
            let f = registered(cx, c, sq::sqlite3_user_data(context));
            let r = objects_of(cx, n, values).and_then(|args| {
                let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
                let v = call::positional(cx, f.as_ref(), &refs)?;
                result(cx, context, v.as_ref())
            });
            match r {
                Ok(true) => {}
                Ok(false) => {
                    let t = "user-defined function raised exception";
                    sq::sqlite3_result_error(context, t.as_ptr().cast(), t.len() as c_int);
                }
                Err(r) => fail(cx, context, r, f.as_ref(), "user-defined function raised exception"),
            }
        }
    });
}

/// The instance of an aggregate that is being computed.
///
/// # Safety
/// The context of a running aggregate.
unsafe fn instance(cx: &mut Cx, c: Ref<'_>, context: *mut sq::sqlite3_context, make: bool) -> PyResult<Option<(usize, Value)>> {
    let size = if make { size_of::<usize>() as c_int } else { 0 };
    // SAFETY: by contract; SQLite gives zeroed memory of this size, the same for one computation.
    let slot = unsafe { sq::sqlite3_aggregate_context(context, size) }.cast::<usize>();
    if slot.is_null() {
        return if make { Err(cx.memory_error()) } else { Ok(None) };
    }
    // SAFETY: see above.
    let at = unsafe { *slot };
    if at > 0 {
        return Ok(me(c).with(cx, |s| s.aggregates.get(at - 1).cloned().flatten()).map(|v| (at, v)));
    }
    if !make {
        return Ok(None);
    }
    // SAFETY: by contract.
    let class = registered(cx, c, unsafe { sq::sqlite3_user_data(context) });
    let v = call::positional(cx, class.as_ref(), &[])?;
    let kept = v.clone();
    let at = me(c).with(cx, |s| {
        let free = s.aggregates.iter().position(Option::is_none);
        match free {
            Some(i) => {
                s.aggregates[i] = Some(kept);
                i + 1
            }
            None => {
                s.aggregates.push(Some(kept));
                s.aggregates.len()
            }
        }
    });
    // SAFETY: see above.
    unsafe { *slot = at };
    Ok(Some((at, v)))
}

/// # Safety
/// The context of a running aggregate, and its values.
unsafe fn stepping(context: *mut sq::sqlite3_context, n: c_int, values: *mut *mut sq::sqlite3_value, name: &str) {
    attached(|cx, c| {
        // SAFETY: by contract.
        unsafe {
            let f = registered(cx, c, sq::sqlite3_user_data(context));
            let (v, text) = match instance(cx, c, context, true) {
                Ok(Some((_, v))) => (v, format!("user-defined aggregate's '{name}' method raised error")),
                Ok(None) => return,
                Err(r) => return fail(cx, context, r, f.as_ref(), "user-defined aggregate's '__init__' method raised error"),
            };
            let method = match attr::get_text(cx, v.as_ref(), name) {
                Ok(m) => m.into_value(),
                Err(r) => return fail(cx, context, r, f.as_ref(), &format!("user-defined aggregate's '{name}' method not defined")),
            };
            let r = objects_of(cx, n, values).and_then(|args| {
                let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
                call::positional(cx, method.as_ref(), &refs)
            });
            if let Err(r) = r {
                fail(cx, context, r, f.as_ref(), &text);
            }
        }
    });
}

/// A row for an aggregate.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn step(context: *mut sq::sqlite3_context, n: c_int, values: *mut *mut sq::sqlite3_value) {
    // SAFETY: SQLite's own arguments.
    unsafe { stepping(context, n, values, "step") }
}
/// A row that leaves a window.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn inverse(context: *mut sq::sqlite3_context, n: c_int, values: *mut *mut sq::sqlite3_value) {
    // SAFETY: SQLite's own arguments.
    unsafe { stepping(context, n, values, "inverse") }
}

/// # Safety
/// The context of a running aggregate.
unsafe fn asked(context: *mut sq::sqlite3_context, name: &str, last: bool) {
    attached(|cx, c| {
        // SAFETY: by contract.
        unsafe {
            let f = registered(cx, c, sq::sqlite3_user_data(context));
            let Ok(Some((at, v))) = instance(cx, c, context, false) else { return };
            let text = format!("user-defined aggregate's '{name}' method raised error");
            match attr::get_text(cx, v.as_ref(), name) {
                Ok(m) => {
                    let m = m.into_value();
                    let r = call::positional(cx, m.as_ref(), &[]).and_then(|v| result(cx, context, v.as_ref()));
                    match r {
                        Ok(true) => {}
                        Ok(false) => sq::sqlite3_result_error(context, text.as_ptr().cast(), text.len() as c_int),
                        Err(r) => fail(cx, context, r, f.as_ref(), &text),
                    }
                }
                Err(r) => fail(cx, context, r, f.as_ref(), &format!("user-defined aggregate's '{name}' method not defined")),
            }
            if last {
                let old = me(c).with(cx, |s| s.aggregates.get_mut(at - 1).and_then(Option::take));
                drop(old);
            }
        }
    });
}

/// The end of an aggregate.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn finalize(context: *mut sq::sqlite3_context) {
    // SAFETY: SQLite's own argument.
    unsafe { asked(context, "finalize", true) }
}
/// The value of a window.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn value(context: *mut sq::sqlite3_context) {
    // SAFETY: SQLite's own argument.
    unsafe { asked(context, "value", false) }
}

/// A collation.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn collate(data: *mut c_void, n: c_int, a: *const c_void, m: c_int, b: *const c_void) -> c_int {
    attached(|cx, c| {
        let f = registered(cx, c, data);
        // SAFETY: SQLite's own arguments.
        let (a, b) =
            unsafe { (std::slice::from_raw_parts(a.cast::<u8>(), n as usize), std::slice::from_raw_parts(b.cast::<u8>(), m as usize)) };
        let mut compare = || -> PyResult<i64> {
            let (x, y) = (super::fetch::decode(cx, a)?, super::fetch::decode(cx, b)?);
            let r = call::positional(cx, f.as_ref(), &[x.as_ref(), y.as_ref()])?;
            let r = int::index(cx, r.as_ref())?;
            Ok(int::as_int(r.as_ref()).map_or(0, |n| if n.is_negative() { -1 } else { i64::from(!n.is_zero()) }))
        };
        match compare() {
            Ok(n) => n as c_int,
            Err(r) => {
                report(cx, r, f.as_ref());
                0
            }
        }
    })
    .unwrap_or(0)
}

/// The authorizer.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn authorize(
    _: *mut c_void,
    action: c_int,
    a: *const c_char,
    b: *const c_char,
    d: *const c_char,
    e: *const c_char,
) -> c_int {
    attached(|cx, c| {
        let f = me(c).with(cx, |s| s.authorizer.clone());
        let arg = |p: *const c_char| {
            if p.is_null() {
                Value::NONE
            } else {
                // SAFETY: SQLite's own strings.
                Str::from_text(&unsafe { text_of(p) }).into_value()
            }
        };
        let args = [int::from_i64(i64::from(action)), arg(a), arg(b), arg(d), arg(e)];
        let refs: Vec<Ref<'_>> = args.iter().map(Value::as_ref).collect();
        match call::positional(cx, f.as_ref(), &refs) {
            Ok(v) if int::as_int(v.as_ref()).is_some() => match int::c_int(cx, v.as_ref()) {
                Ok(n) => n,
                Err(r) => {
                    report(cx, r, f.as_ref());
                    sq::SQLITE_DENY
                }
            },
            Ok(_) => sq::SQLITE_DENY,
            Err(r) => {
                report(cx, r, f.as_ref());
                sq::SQLITE_DENY
            }
        }
    })
    .unwrap_or(sq::SQLITE_OK)
}

/// The progress handler.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn progress(_: *mut c_void) -> c_int {
    attached(|cx, c| {
        let f = me(c).with(cx, |s| s.progress.clone());
        let r = call::positional(cx, f.as_ref(), &[]).and_then(|v| truth::of(cx, v.as_ref()));
        match r {
            Ok(stop) => c_int::from(stop),
            Err(r) => {
                report(cx, r, f.as_ref());
                1
            }
        }
    })
    .unwrap_or(0)
}

/// The trace callback.
///
/// # Safety
/// Called by SQLite.
pub unsafe extern "C" fn trace(kind: c_uint, _: *mut c_void, statement: *mut c_void, sql: *mut c_void) -> c_int {
    if kind != sq::SQLITE_TRACE_STMT {
        return 0;
    }
    attached(|cx, c| {
        let f = me(c).with(cx, |s| s.trace.clone());
        if f.as_ref().is_none() {
            return;
        }
        // SAFETY: SQLite's own arguments; the expanded text is ours and is given back.
        let (text, failed) = unsafe {
            let plain = text_of(sql as *const c_char);
            let expanded = sq::sqlite3_expanded_sql(statement.cast());
            if plain.starts_with("--") {
                sq::sqlite3_free(expanded.cast());
                (plain, false)
            } else if expanded.is_null() {
                (plain, true)
            } else {
                let t = text_of(expanded);
                sq::sqlite3_free(expanded.cast());
                (t, false)
            }
        };
        if failed {
            let r = cx.error(super::ids::DATA, "Expanded SQL string exceeds the maximum string length");
            report(cx, r, f.as_ref());
        }
        let v = Str::from_text(&text).into_value();
        if let Err(r) = call::positional(cx, f.as_ref(), &[v.as_ref()]) {
            report(cx, r, f.as_ref());
        }
    });
    0
}
