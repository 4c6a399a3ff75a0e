//! Copies of whole databases: to another connection, to bytes and from bytes.

use super::connection::usable;
use super::db::outside;
use super::register::expect_connection;
use super::{c_string, ids, raise, raise_code, text_of};
use crate::parameters;
use gc::{Ref, Reg, Value};
use libsqlite3_sys as sq;
use objects::protocol::{buffer, call};
use objects::types::{float, int};
use objects::{Args, Cx, PyResult};
use std::ffi::CString;

parameters!(BACKUP, "backup", "(target, *, pages=-1, progress=None, name='main', sleep=0.25)");

fn name_of(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<CString> {
    match v.given() {
        Some(v) => c_string(cx, v, what),
        None => Ok(c"main".to_owned()),
    }
}

/// `Connection.backup`
pub fn backup(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let source = args.items[0];
    BACKUP.bind(cx, args.without_first(), |cx, a| {
        expect_connection(cx, a[0], "backup() argument 'target'")?;
        let pages = match a[1].given() {
            Some(n) => int::c_int(cx, n)?,
            None => -1,
        };
        let progress = a[2].given().filter(|p| !p.is_none());
        let name = name_of(cx, a[3], "backup() argument 'name'")?;
        let sleep = match a[4].given() {
            Some(s) => float::convert::real(cx, s)?,
            None => 0.25,
        };
        let db = usable(cx, source)?;
        let target = usable(cx, a[0])?;
        if source.is(a[0]) {
            return Err(cx.value_error("target cannot be the same connection instance"));
        }
        if progress.is_some_and(|p| !call::is_callable(p)) {
            return Err(cx.type_error("progress argument must be a callable"));
        }
        let pages = if pages == 0 { -1 } else { pages };
        // Both gates, in the order of the handles, so that two backups do not wait for each other.
        let (first, second) = if (db.handle() as usize) < (target.handle() as usize) { (&db, &target) } else { (&target, &db) };
        let _first = first.enter(cx);
        let _second = second.enter(cx);
        // SAFETY: both gates are held.
        let b = unsafe { sq::sqlite3_backup_init(target.handle(), c"main".as_ptr(), db.handle(), name.as_ptr()) } as usize;
        if b == 0 {
            return Err(raise(cx, target.handle()));
        }
        let b_pointer = || b as *mut sq::sqlite3_backup;
        let failed = loop {
            // SAFETY: both gates are held for as long as the backup runs.
            let rc = outside(cx, source, || unsafe { sq::sqlite3_backup_step(b_pointer(), pages) });
            if let Some(p) = progress {
                // SAFETY: as above.
                let (left, all) = unsafe { (sq::sqlite3_backup_remaining(b_pointer()), sq::sqlite3_backup_pagecount(b_pointer())) };
                let args = [int::from_i64(i64::from(rc)), int::from_i64(i64::from(left)), int::from_i64(i64::from(all))];
                if let Err(r) = call::positional(cx, p, &[args[0].as_ref(), args[1].as_ref(), args[2].as_ref()]) {
                    break Some(r);
                }
            }
            match rc {
                sq::SQLITE_OK => {}
                sq::SQLITE_BUSY | sq::SQLITE_LOCKED => {
                    cx.detached(|| std::thread::sleep(std::time::Duration::from_secs_f64(sleep.clamp(0.0, 1e6))));
                    if let Err(r) = cx.poll() {
                        break Some(r);
                    }
                }
                _ => break None,
            }
        };
        // SAFETY: as above; it ends here.
        let rc = outside(cx, source, || unsafe { sq::sqlite3_backup_finish(b_pointer()) });
        if let Some(r) = failed {
            return Err(r);
        }
        if rc != sq::SQLITE_OK {
            return Err(raise(cx, target.handle()));
        }
        Ok(Value::NONE.into())
    })
}

pub fn serialize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = name_of(cx, a[1], "serialize() argument 'name'")?;
    let db = usable(cx, a[0])?;
    let _pass = db.enter(cx);
    let h = db.handle() as usize;
    let mut size: i64 = 0;
    let out = &raw mut size as usize;
    // SAFETY: the gate is held; name and size outlive the call.
    let p = outside(cx, a[0], || unsafe { sq::sqlite3_serialize(h as *mut sq::sqlite3, name.as_ptr(), out as *mut i64, 0) } as usize);
    if p == 0 {
        let shown = name.to_string_lossy();
        return Err(cx.error(ids::OPERATIONAL, format!("unable to serialize '{shown}'")));
    }
    // SAFETY: that many bytes are ours.
    let bytes = unsafe { std::slice::from_raw_parts(p as *const u8, size as usize) };
    let v = objects::types::bytes::shared::new_bytes(cx, bytes);
    // SAFETY: as above.
    unsafe { sq::sqlite3_free(p as *mut _) };
    v.map(Reg::from)
}

pub fn deserialize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data =
        if let Some(s) = objects::types::str::as_str(a[1]) { super::utf8(cx, s, a[1])?.into_bytes() } else { buffer::bytes_of(cx, a[1])? };
    let name = name_of(cx, a[2], "deserialize() argument 'name'")?;
    let db = usable(cx, a[0])?;
    // SAFETY: memory of SQLite's, which takes it over.
    let p = unsafe { sq::sqlite3_malloc64(data.len() as u64) }.cast::<u8>();
    if p.is_null() && !data.is_empty() {
        return Err(cx.memory_error());
    }
    if !data.is_empty() {
        // SAFETY: there is that much room.
        unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len()) };
    }
    let _pass = db.enter(cx);
    let (h, p, n) = (db.handle() as usize, p as usize, data.len() as i64);
    let flags = sq::SQLITE_DESERIALIZE_FREEONCLOSE | sq::SQLITE_DESERIALIZE_RESIZEABLE;
    // SAFETY: the gate is held; SQLite owns the memory from now on.
    let rc = outside(cx, a[0], || unsafe { sq::sqlite3_deserialize(h as *mut sq::sqlite3, name.as_ptr(), p as *mut u8, n, n, flags) });
    match rc {
        sq::SQLITE_OK => Ok(Value::NONE.into()),
        sq::SQLITE_ERROR => {
            // SAFETY: the gate is held.
            let text = unsafe { text_of(sq::sqlite3_errmsg(db.handle())) };
            Err(if text == "not an error" { cx.error(ids::OPERATIONAL, text) } else { raise_code(cx, rc, &text) })
        }
        _ => Err(raise(cx, db.handle())),
    }
}
