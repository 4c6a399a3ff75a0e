//! `Blob`: a value of the database that is read and written in place.

use super::connection::{self, check_thread, database};
use super::db::{Db, outside};
use super::{c_string, ids, programming, raise};
use crate::guarded::{Guarded, State, visit_optional};
use gc::{Ref, Reg, Value, Word};
use libsqlite3_sys as sq;
use objects::native::{Method, method};
use objects::protocol::truth;
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::int;
use objects::types::slice::{Slice, adjust};
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Cx, PyResult, Raised};
use std::sync::Arc;

/// An open blob.
pub struct Opened {
    handle: usize,
    offset: i64,
    connection: Option<Value>,
    db: Arc<Db>,
}
impl State for Opened {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.connection, visit);
    }
}
impl Drop for Opened {
    fn drop(&mut self) {
        self.db.discard_blob(self.handle);
    }
}
/// `Blob` object.
pub type Blob = Guarded<Opened, { ids::BLOB }>;

fn me(v: Ref<'_>) -> &Blob {
    // SAFETY: methods and slots check their receiver.
    unsafe { v.cast::<Blob>() }
}

/// `Connection.blobopen`
pub fn open(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let table = c_string(cx, a[1], "blobopen() argument 1")?;
    let column = c_string(cx, a[2], "blobopen() argument 2")?;
    let row = int::index(cx, a[3])?;
    let Some(row) = int::as_int(row.as_ref()).and_then(int::IntRef::to_i64) else {
        return Err(cx.overflow_error("Python int too large to convert to SQLite INTEGER"));
    };
    let readonly = match a[4].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let name = match a[5].given() {
        Some(v) => c_string(cx, v, "blobopen() argument 'name'")?,
        None => c"main".to_owned(),
    };
    let db = connection::usable(cx, a[0])?;
    let _pass = db.enter(cx);
    let mut handle = std::ptr::null_mut::<sq::sqlite3_blob>();
    let (h, out) = (db.handle() as usize, &raw mut handle as usize);
    let rc = outside(cx, a[0], || {
        // SAFETY: the gate is held; names and result outlive the call.
        unsafe {
            sq::sqlite3_blob_open(
                h as *mut sq::sqlite3,
                name.as_ptr(),
                table.as_ptr(),
                column.as_ptr(),
                row,
                i32::from(!readonly),
                out as *mut *mut sq::sqlite3_blob,
            )
        }
    });
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, db.handle()));
    }
    let opened = Opened { handle: handle as usize, offset: 0, connection: Some(a[0].to_value()), db: db.clone() };
    Ok(gc::alloc(Blob::new(opened)).into())
}

/// The handle and what it belongs to, if it can be used.
fn usable(cx: &mut Cx, v: Ref<'_>) -> PyResult<(*mut sq::sqlite3_blob, Arc<Db>)> {
    let (handle, c) = me(v).with(cx, |s| (s.handle, s.connection.clone()));
    if let Some(c) = c {
        check_thread(cx, c.as_ref())?;
        let db = database(cx, c.as_ref())?;
        if handle != 0 {
            return Ok((handle as *mut sq::sqlite3_blob, db));
        }
    }
    Err(programming(cx, "Cannot operate on a closed blob."))
}

fn size(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let (h, db) = usable(cx, v)?;
    let _pass = db.enter(cx);
    // SAFETY: the gate is held.
    Ok(i64::from(unsafe { sq::sqlite3_blob_bytes(h) }))
}

fn failed(cx: &mut Cx, rc: i32, db: &Db) -> Raised {
    if rc == sq::SQLITE_ABORT {
        return cx.error(ids::OPERATIONAL, "Cannot operate on an expired blob handle");
    }
    raise(cx, db.handle())
}

fn read_at(cx: &mut Cx, v: Ref<'_>, at: i64, n: i64) -> PyResult<Vec<u8>> {
    let (h, db) = usable(cx, v)?;
    let mut out = vec![0; n.max(0) as usize];
    let _pass = db.enter(cx);
    // SAFETY: the gate is held; there is that much room.
    let rc = unsafe { sq::sqlite3_blob_read(h, out.as_mut_ptr().cast(), n as i32, at as i32) };
    if rc == sq::SQLITE_OK { Ok(out) } else { Err(failed(cx, rc, &db)) }
}

fn write_at(cx: &mut Cx, v: Ref<'_>, at: i64, data: &[u8]) -> PyResult<()> {
    let (h, db) = usable(cx, v)?;
    let _pass = db.enter(cx);
    // SAFETY: the gate is held.
    let rc = unsafe { sq::sqlite3_blob_write(h, data.as_ptr().cast(), data.len() as i32, at as i32) };
    if rc == sq::SQLITE_OK { Ok(()) } else { Err(failed(cx, rc, &db)) }
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => i64::from(int::c_int(cx, n)?),
        None => -1,
    };
    let all = size(cx, a[0])?;
    let at = me(a[0]).with(cx, |s| s.offset);
    let left = all - at;
    let n = if n < 0 || n > left { left } else { n };
    if n <= 0 {
        return new_bytes(cx, b"").map(Reg::from);
    }
    let b = read_at(cx, a[0], at, n)?;
    me(a[0]).with(cx, |s| s.offset += n);
    new_bytes(cx, &b).map(Reg::from)
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = operand(cx, a[1])?.to_vec();
    let all = size(cx, a[0])?;
    let at = me(a[0]).with(cx, |s| s.offset);
    if data.len() as i64 > all - at {
        return Err(cx.value_error("data longer than blob length"));
    }
    write_at(cx, a[0], at, &data)?;
    me(a[0]).with(cx, |s| s.offset += data.len() as i64);
    Ok(Value::NONE.into())
}

fn seek(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let offset = i64::from(int::c_int(cx, a[1])?);
    let origin = match a[2].given() {
        Some(o) => int::c_int(cx, o)?,
        None => 0,
    };
    let all = size(cx, a[0])?;
    let from = match origin {
        0 => 0,
        1 => me(a[0]).with(cx, |s| s.offset),
        2 => all,
        _ => return Err(cx.value_error("'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END")),
    };
    let at = from + offset;
    if at > i64::from(i32::MAX) {
        return Err(cx.overflow_error("seek offset results in offset overflow"));
    }
    if at < 0 || at > all {
        return Err(cx.value_error("offset out of blob range"));
    }
    me(a[0]).with(cx, |s| s.offset = at);
    Ok(Value::NONE.into())
}

fn tell(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    usable(cx, a[0])?;
    Ok(int::reg(me(a[0]).with(cx, |s| s.offset)))
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = me(a[0]).with(cx, |s| s.connection.clone());
    if let Some(c) = c {
        check_thread(cx, c.as_ref())?;
        database(cx, c.as_ref())?;
    }
    let (handle, db) = me(a[0]).with(cx, |s| (std::mem::take(&mut s.handle), s.db.clone()));
    db.discard_blob(handle);
    let pass = db.enter(cx);
    drop(pass);
    Ok(Value::NONE.into())
}

fn index(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Option<i64>> {
    if int::as_int(key).is_none() && type_of(key).slots.index().is_none() {
        return Ok(None);
    }
    let i = int::subscript_index(cx, key)?;
    let all = size(cx, v)?;
    let at = if i < 0 { i + all } else { i };
    if at < 0 || at >= all {
        return Err(cx.index_error("Blob index out of range"));
    }
    Ok(Some(at))
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    usable(cx, v)?;
    if let Some(at) = index(cx, v, key)? {
        return Ok(int::reg(i64::from(read_at(cx, v, at, 1)?[0])));
    }
    let Some(s) = key.downcast::<Slice>() else { return Err(cx.type_error("Blob indices must be integers")) };
    let (start, stop, step) = s.unpack(cx)?;
    let all = size(cx, v)?;
    let i = adjust(start, stop, step, all as usize);
    if step < 0 && i.count > 0 {
        return Err(cx.value_error("Blob doesn't support slices with a negative step"));
    }
    if i.count == 0 {
        return new_bytes(cx, b"").map(Reg::from);
    }
    let last = i.start + i.step * (i.count as i64 - 1);
    let (low, high) = (i.start.min(last), i.start.max(last));
    let b = read_at(cx, v, low, high - low + 1)?;
    let picked: Vec<u8> = (0..i.count as i64).map(|k| b[(i.start + k * i.step - low) as usize]).collect();
    new_bytes(cx, &picked).map(Reg::from)
}

fn set(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    usable(cx, v)?;
    let is_slice = key.downcast::<Slice>().is_some();
    let Some(value) = value else {
        let what = if is_slice { "Blob doesn't support slice deletion" } else { "Blob doesn't support item deletion" };
        return Err(cx.type_error(what));
    };
    if let Some(at) = index(cx, v, key)? {
        if int::as_int(value).is_none() {
            let n = type_of(value).shown_name();
            return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer")));
        }
        let byte = int::as_int(value).and_then(int::IntRef::to_i64).and_then(|n| u8::try_from(n).ok());
        let Some(byte) = byte else { return Err(cx.value_error("byte must be in range(0, 256)")) };
        return write_at(cx, v, at, &[byte]);
    }
    let Some(s) = key.downcast::<Slice>() else { return Err(cx.type_error("Blob indices must be integers")) };
    let (start, stop, step) = s.unpack(cx)?;
    let all = size(cx, v)?;
    let i = adjust(start, stop, step, all as usize);
    if step < 0 && i.count > 0 {
        return Err(cx.value_error("Blob doesn't support slices with a negative step"));
    }
    let data = operand(cx, value)?.to_vec();
    if data.len() != i.count {
        return Err(cx.index_error("Blob slice assignment is wrong size"));
    }
    if i.count == 0 {
        return Ok(());
    }
    if i.step == 1 {
        return write_at(cx, v, i.start, &data);
    }
    let last = i.start + i.step * (i.count as i64 - 1);
    let (low, high) = (i.start.min(last), i.start.max(last));
    let mut b = read_at(cx, v, low, high - low + 1)?;
    for (k, d) in data.iter().enumerate() {
        b[(i.start + k as i64 * i.step - low) as usize] = *d;
    }
    write_at(cx, v, low, &b)
}

static METHODS: &[Method] = &[
    method("close", "($self, /)", close, "Close the blob."),
    method(
        "__enter__",
        "($self, /)",
        |cx, a| {
            usable(cx, a[0])?;
            Ok(a[0].to_value().into())
        },
        "Blob context manager enter.",
    ),
    method(
        "__exit__",
        "($self, type, val, tb, /)",
        |cx, a| {
            usable(cx, a[0])?;
            close(cx, &a[..1])?;
            Ok(Value::FALSE.into())
        },
        "Blob context manager exit.",
    ),
    method("read", "($self, length=-1, /)", read, "Read data at the current offset position."),
    method("seek", "($self, offset, origin=0, /)", seek, "Set the current access position to offset."),
    method("tell", "($self, /)", tell, "Return the current access position for the blob."),
    method("write", "($self, data, /)", write, "Write data at the current offset."),
];

/// `sqlite3.Blob`.
pub static BLOB_TYPE: TypeSpec = TypeSpec::of::<Blob>("sqlite3.Blob")
    .flags(flags::NO_NEW)
    .slots(Slots { len: Some(|cx, v| size(cx, v).map(|n| n as usize)), getitem: Some(get), setitem: Some(set), ..Slots::NONE })
    .methods(METHODS);
