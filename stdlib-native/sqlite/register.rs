//! What a connection registers with SQLite: functions, aggregates, collations, and the callbacks that watch it.

use super::connection::{Connecting, me, usable};
use super::{c_string, callbacks, ids, raise};
use gc::{Ref, Reg, Value};
use libsqlite3_sys as sq;
use objects::protocol::{call, truth};
use objects::types::int;
use objects::types::type_::type_of;
use objects::{Cx, PyResult};
use std::ffi::c_void;

/// Keeps a callable: its number, as SQLite gives it back. 0 is None.
fn keep(cx: &mut Cx, c: Ref<'_>, f: Ref<'_>) -> *mut c_void {
    if f.is_none() {
        return std::ptr::null_mut();
    }
    let f = f.to_value();
    me(c).with(cx, |s: &mut Connecting| {
        s.functions.push(f);
        s.functions.len() as *mut c_void
    })
}

fn done(cx: &mut Cx, rc: i32, message: &str) -> PyResult<Reg> {
    if rc == sq::SQLITE_OK { Ok(Value::NONE.into()) } else { Err(cx.error(ids::OPERATIONAL, message)) }
}

pub fn function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_string(cx, a[1], "create_function() argument 'name'")?;
    let n = int::c_int(cx, a[2])?;
    let deterministic = match a[4].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let db = usable(cx, a[0])?;
    let data = keep(cx, a[0], a[3]);
    let flags = sq::SQLITE_UTF8 | if deterministic { sq::SQLITE_DETERMINISTIC } else { 0 };
    let f = (!a[3].is_none()).then_some(callbacks::scalar as unsafe extern "C" fn(_, _, _));
    let _pass = db.enter(cx);
    // SAFETY: the gate is held; the name is copied; the number stays the function's as long as the connection is open.
    let rc = unsafe { sq::sqlite3_create_function_v2(db.handle(), name.as_ptr(), n, flags, data, f, None, None, None) };
    done(cx, rc, "Error creating function")
}

pub fn aggregate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_string(cx, a[1], "create_aggregate() argument 'name'")?;
    let n = int::c_int(cx, a[2])?;
    let db = usable(cx, a[0])?;
    let data = keep(cx, a[0], a[3]);
    let on = !a[3].is_none();
    let step = on.then_some(callbacks::step as unsafe extern "C" fn(_, _, _));
    let last = on.then_some(callbacks::finalize as unsafe extern "C" fn(_));
    let _pass = db.enter(cx);
    // SAFETY: see `function`.
    let rc = unsafe { sq::sqlite3_create_function_v2(db.handle(), name.as_ptr(), n, sq::SQLITE_UTF8, data, None, step, last, None) };
    done(cx, rc, "Error creating aggregate")
}

pub fn window(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_string(cx, a[1], "create_window_function() argument 1")?;
    let n = int::c_int(cx, a[2])?;
    let db = usable(cx, a[0])?;
    let data = keep(cx, a[0], a[3]);
    let on = !a[3].is_none();
    let step = on.then_some(callbacks::step as unsafe extern "C" fn(_, _, _));
    let last = on.then_some(callbacks::finalize as unsafe extern "C" fn(_));
    let value = on.then_some(callbacks::value as unsafe extern "C" fn(_));
    let inverse = on.then_some(callbacks::inverse as unsafe extern "C" fn(_, _, _));
    let _pass = db.enter(cx);
    // SAFETY: see `function`.
    let rc = unsafe {
        sq::sqlite3_create_window_function(db.handle(), name.as_ptr(), n, sq::SQLITE_UTF8, data, step, last, value, inverse, None)
    };
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, db.handle()));
    }
    Ok(Value::NONE.into())
}

pub fn collation(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_string(cx, a[1], "create_collation() argument 1")?;
    let db = usable(cx, a[0])?;
    if !a[2].is_none() && !call::is_callable(a[2]) {
        return Err(cx.type_error("parameter must be callable"));
    }
    let data = keep(cx, a[0], a[2]);
    let f = (!a[2].is_none()).then_some(callbacks::collate as unsafe extern "C" fn(_, _, _, _, _) -> _);
    let _pass = db.enter(cx);
    // SAFETY: see `function`.
    let rc = unsafe { sq::sqlite3_create_collation_v2(db.handle(), name.as_ptr(), sq::SQLITE_UTF8, data, f, None) };
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, db.handle()));
    }
    Ok(Value::NONE.into())
}

pub fn authorizer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let db = usable(cx, a[0])?;
    let new = a[1].to_value();
    let _pass = db.enter(cx);
    let old = me(a[0]).with(cx, |s| std::mem::replace(&mut s.authorizer, new));
    let f = (!a[1].is_none()).then_some(callbacks::authorize as unsafe extern "C" fn(_, _, _, _, _, _) -> _);
    // SAFETY: the gate is held.
    let rc = unsafe { sq::sqlite3_set_authorizer(db.handle(), f, std::ptr::null_mut()) };
    drop(old);
    done(cx, rc, "Error setting authorizer callback")
}

pub fn progress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[2])?;
    let db = usable(cx, a[0])?;
    let new = a[1].to_value();
    let _pass = db.enter(cx);
    let old = me(a[0]).with(cx, |s| std::mem::replace(&mut s.progress, new));
    let f = (!a[1].is_none()).then_some(callbacks::progress as unsafe extern "C" fn(_) -> _);
    let n = if a[1].is_none() { 0 } else { n };
    // SAFETY: the gate is held.
    unsafe { sq::sqlite3_progress_handler(db.handle(), n, f, std::ptr::null_mut()) };
    drop(old);
    Ok(Value::NONE.into())
}

pub fn trace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let db = usable(cx, a[0])?;
    let new = a[1].to_value();
    let _pass = db.enter(cx);
    let old = me(a[0]).with(cx, |s| std::mem::replace(&mut s.trace, new));
    let on = !a[1].is_none();
    let f = on.then_some(callbacks::trace as unsafe extern "C" fn(_, _, _, _) -> _);
    let mask = if on { sq::SQLITE_TRACE_STMT as u32 } else { 0 };
    // SAFETY: the gate is held.
    unsafe { sq::sqlite3_trace_v2(db.handle(), mask, f, std::ptr::null_mut()) };
    drop(old);
    Ok(Value::NONE.into())
}

/// TypeError for what is no connection.
pub fn expect_connection(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<()> {
    if type_of(v).is_subtype_of_id(ids::CONNECTION) {
        return Ok(());
    }
    let n = type_of(v).shown_name();
    Err(cx.type_error(format!("{what} must be sqlite3.Connection, not {n}")))
}
