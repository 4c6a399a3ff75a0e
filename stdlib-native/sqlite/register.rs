//! What a connection registers with SQLite: functions, aggregates, collations, and the callbacks that watch it.

use super::connection::{Connecting, me, usable};
use super::db::Db;
use super::{c_string, callbacks, ids, programming, raise};
use crate::guarded::Parameters;
use crate::parameters;
use gc::{Ref, Reg, Value};
use libsqlite3_sys as sq;
use objects::protocol::{call, truth};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::type_::{type_of, type_value};
use objects::{Args, Cx, PyResult};
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

/// Warns of what will not be allowed in Python 3.15.
pub fn deprecated(cx: &mut Cx, text: &str) -> PyResult<()> {
    let category = type_value(exc::DEPRECATION_WARNING);
    let host = cx.host;
    host.warn(cx, category.as_ref(), text, 1)
}

/// Warns when a method's parameters, which will be positional-only, are named.
fn warn_named(cx: &mut Cx, args: &Args<'_>, count: usize, method: &str, parameters: &str) -> PyResult<()> {
    let given = args.positional().len() - 1;
    if given >= count || args.keyword_count() == 0 {
        return Ok(());
    }
    let (s, p) = if count > 1 { ("s", "Parameters") } else { ("", "Parameter") };
    let text = format!(
        "Passing keyword argument{s} {parameters} to _sqlite3.Connection.{method}() is deprecated. {p} {parameters} will become positional-only in Python 3.15."
    );
    deprecated(cx, &text)
}

/// ProgrammingError for a number of arguments that no function may have.
fn check_arguments(cx: &mut Cx, db: &Db, n: i32, name: &str) -> PyResult<()> {
    // SAFETY: the gate is held; -1 only asks.
    let most = unsafe { sq::sqlite3_limit(db.handle(), sq::SQLITE_LIMIT_FUNCTION_ARG, -1) };
    if n < -1 || n > most {
        return Err(programming(cx, format!("'{name}' must be between -1 and {most}, not {n}")));
    }
    Ok(())
}

parameters!(FUNCTION, "create_function", "(name, narg, func, *, deterministic=False)");
parameters!(AGGREGATE, "create_aggregate", "(name, n_arg, aggregate_class)");
parameters!(AUTHORIZER, "set_authorizer", "(authorizer_callback)");
parameters!(PROGRESS, "set_progress_handler", "(progress_handler, n)");
parameters!(TRACE, "set_trace_callback", "(trace_callback)");

/// Binds the arguments of a method, the receiver first.
fn bound(cx: &mut Cx, args: Args<'_>, p: &Parameters, f: fn(&mut Cx, &[Ref<'_>]) -> PyResult<Reg>) -> PyResult<Reg> {
    let receiver = args.items[0];
    p.bind(cx, args.without_first(), |cx, a| {
        let all: Vec<Ref<'_>> = std::iter::once(receiver).chain(a.iter().copied()).collect();
        f(cx, &all)
    })
}

pub fn function(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_named(cx, &args, 3, "create_function", "'name', 'narg' and 'func'")?;
    bound(cx, args, &FUNCTION, register_function)
}
pub fn aggregate(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_named(cx, &args, 3, "create_aggregate", "'name', 'n_arg' and 'aggregate_class'")?;
    bound(cx, args, &AGGREGATE, register_aggregate)
}
pub fn authorizer(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_named(cx, &args, 1, "set_authorizer", "'authorizer_callback'")?;
    bound(cx, args, &AUTHORIZER, register_authorizer)
}
pub fn progress(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_named(cx, &args, 1, "set_progress_handler", "'progress_handler'")?;
    bound(cx, args, &PROGRESS, register_progress)
}
pub fn trace(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_named(cx, &args, 1, "set_trace_callback", "'trace_callback'")?;
    bound(cx, args, &TRACE, register_trace)
}

fn register_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
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
    check_arguments(cx, &db, n, "narg")?;
    // SAFETY: the gate is held; the name is copied; the number stays the function's as long as the connection is open.
    let rc = unsafe { sq::sqlite3_create_function_v2(db.handle(), name.as_ptr(), n, flags, data, f, None, None, None) };
    done(cx, rc, "Error creating function")
}

fn register_aggregate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_string(cx, a[1], "create_aggregate() argument 'name'")?;
    let n = int::c_int(cx, a[2])?;
    let db = usable(cx, a[0])?;
    let data = keep(cx, a[0], a[3]);
    let on = !a[3].is_none();
    let step = on.then_some(callbacks::step as unsafe extern "C" fn(_, _, _));
    let last = on.then_some(callbacks::finalize as unsafe extern "C" fn(_));
    let _pass = db.enter(cx);
    check_arguments(cx, &db, n, "n_arg")?;
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
    check_arguments(cx, &db, n, "num_params")?;
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

fn register_authorizer(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
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

fn register_progress(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
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

fn register_trace(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let db = usable(cx, a[0])?;
    let new = a[1].to_value();
    let _pass = db.enter(cx);
    let old = me(a[0]).with(cx, |s| std::mem::replace(&mut s.trace, new));
    let on = !a[1].is_none();
    let f = on.then_some(callbacks::trace as unsafe extern "C" fn(_, _, _, _) -> _);
    let mask = if on { sq::SQLITE_TRACE_STMT } else { 0 };
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
