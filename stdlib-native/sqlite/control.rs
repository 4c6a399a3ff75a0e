//! Limits, options, interruption and extensions of a connection.

use super::connection::{check_thread, usable};
use super::db::outside;
use super::{c_string, ids, programming, raise, text_of};
use gc::{Ref, Reg, Value};
use libsqlite3_sys as sq;
use objects::protocol::truth;
use objects::types::int;
use objects::{Cx, PyResult};

pub fn interrupt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let db = super::connection::database(cx, a[0])?;
    // SAFETY: this may be called while another thread uses the handle, which `db` keeps open unless that thread closes it.
    unsafe { sq::sqlite3_interrupt(db.handle()) };
    Ok(Value::NONE.into())
}

fn limit(cx: &mut Cx, c: Ref<'_>, category: Ref<'_>, new: i32) -> PyResult<Reg> {
    let category = int::c_int(cx, category)?;
    let db = usable(cx, c)?;
    let _pass = db.enter(cx);
    // SAFETY: the gate is held.
    let old = unsafe { sq::sqlite3_limit(db.handle(), category, new) };
    if old < 0 {
        return Err(programming(cx, "'category' is out of bounds"));
    }
    Ok(int::reg(i64::from(old)))
}

pub fn get_limit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    limit(cx, a[0], a[1], -1)
}
pub fn set_limit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let new = int::c_int(cx, a[2])?;
    limit(cx, a[0], a[1], new)
}

fn is_option(op: i32) -> bool {
    super::constants::ALL.iter().any(|(n, v)| n.starts_with("SQLITE_DBCONFIG_") && *v == i64::from(op))
}

pub fn set_config(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let op = int::c_int(cx, a[1])?;
    let on = match a[2].given() {
        Some(v) => truth::of(cx, v)?,
        None => true,
    };
    let db = usable(cx, a[0])?;
    if !is_option(op) {
        return Err(cx.value_error(format!("unknown config 'op': {op}")));
    }
    let _pass = db.enter(cx);
    let mut actual: i32 = 0;
    // SAFETY: the gate is held; these options take an int and where to put one.
    let rc = unsafe { sq::sqlite3_db_config(db.handle(), op, i32::from(on), &raw mut actual) };
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, db.handle()));
    }
    if (actual != 0) != on {
        return Err(cx.error(ids::OPERATIONAL, "Unable to set config"));
    }
    Ok(Value::NONE.into())
}

pub fn get_config(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let op = int::c_int(cx, a[1])?;
    let db = usable(cx, a[0])?;
    if !is_option(op) {
        return Err(cx.value_error(format!("unknown config 'op': {op}")));
    }
    let _pass = db.enter(cx);
    let mut actual: i32 = 0;
    // SAFETY: see above; -1 changes nothing.
    let rc = unsafe { sq::sqlite3_db_config(db.handle(), op, -1, &raw mut actual) };
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, db.handle()));
    }
    Ok(Value::bool(actual != 0).into())
}

pub fn enable_extensions(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = truth::of(cx, a[1])?;
    let db = usable(cx, a[0])?;
    let host = cx.host;
    host.audit(cx, "sqlite3.enable_load_extension", &[a[0], Value::bool(on).as_ref()])?;
    let _pass = db.enter(cx);
    // SAFETY: the gate is held.
    if unsafe { sq::sqlite3_enable_load_extension(db.handle(), i32::from(on)) } != sq::SQLITE_OK {
        return Err(cx.error(ids::OPERATIONAL, "Error enabling load extension"));
    }
    Ok(Value::NONE.into())
}

pub fn load_extension(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_thread(cx, a[0])?;
    let name = c_string(cx, a[1], "load_extension() argument 1")?;
    let entry = match a[2].given().filter(|e| !e.is_none()) {
        Some(e) => Some(c_string(cx, e, "load_extension() argument 'entrypoint'")?),
        None => None,
    };
    let db = usable(cx, a[0])?;
    let host = cx.host;
    host.audit(cx, "sqlite3.load_extension", &[a[0], a[1]])?;
    let _pass = db.enter(cx);
    let h = db.handle() as usize;
    let mut message = std::ptr::null_mut::<std::ffi::c_char>();
    let out = &raw mut message as usize;
    let rc = outside(cx, a[0], || {
        let entry = entry.as_ref().map_or(std::ptr::null(), |e| e.as_ptr());
        // SAFETY: the gate is held; names and result outlive the call.
        unsafe { sq::sqlite3_load_extension(h as *mut sq::sqlite3, name.as_ptr(), entry, out as *mut *mut std::ffi::c_char) }
    });
    if rc != sq::SQLITE_OK {
        // SAFETY: null or a message that is ours now.
        let text = unsafe { text_of(message) };
        // SAFETY: as above.
        unsafe { sq::sqlite3_free(message.cast()) };
        return Err(if text.is_empty() { raise(cx, db.handle()) } else { cx.error(ids::OPERATIONAL, text) });
    }
    Ok(Value::NONE.into())
}
