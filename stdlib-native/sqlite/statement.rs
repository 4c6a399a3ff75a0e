//! Prepared statements: cells in the connection's cache, and binding of parameters.

use super::connection::{self, Connection};
use super::db::Db;
use super::{adapt, ids, programming, raise, text_of, utf8};
use crate::guarded::{Guarded, State};
use gc::{Ref, Value, Word};
use libsqlite3_sys as sq;
use objects::protocol::{buffer, item};
use objects::types::dict::as_dict;
use objects::types::exception::ids as exc;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of, type_value};
use objects::types::{float, int};
use objects::{Cx, PyResult};
use std::sync::Arc;
use sync::prim::{AtomicBool, Ordering};

/// A statement of SQLite's, as its cell and the cursor in the middle of its rows share it.
pub struct Live {
    handle: usize,
    /// A cursor is in the middle of its rows.
    busy: AtomicBool,
    db: Arc<Db>,
}
impl Live {
    /// SQLite's own.
    pub fn handle(&self) -> *mut sq::sqlite3_stmt {
        self.handle as *mut sq::sqlite3_stmt
    }
    /// Whether a cursor is in the middle of its rows.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed)
    }
    /// Says so.
    pub fn set_busy(&self, on: bool) {
        self.busy.store(on, Ordering::Relaxed);
    }
    /// The cursor is gone: the rows are forgotten when the gate is next held.
    pub fn leave(&self) {
        self.db.leave(self.handle());
        self.set_busy(false);
    }
}
impl Drop for Live {
    fn drop(&mut self) {
        self.db.discard(self.handle());
    }
}

/// A prepared statement.
pub struct Prepared {
    pub live: Arc<Live>,
    /// INSERT, UPDATE, DELETE or REPLACE.
    pub changes: bool,
}
impl State for Prepared {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// `Statement` object.
pub type Statement = Guarded<Prepared, { ids::STATEMENT }>;

/// A value that is one.
pub fn me(v: Ref<'_>) -> &Statement {
    // SAFETY: only statements are kept where this is asked.
    unsafe { v.cast::<Statement>() }
}

/// `sqlite3.Statement`.
pub static STATEMENT_TYPE: TypeSpec = TypeSpec::of::<Statement>("sqlite3.Statement").flags(flags::NO_NEW);

/// SQL without comments and white space at its beginning.
fn stripped(mut s: &[u8]) -> &[u8] {
    loop {
        match s {
            [b' ' | b'\t' | 0x0c | b'\n' | b'\r', rest @ ..] => s = rest,
            [b'-', b'-', rest @ ..] => match rest.iter().position(|c| *c == b'\n') {
                Some(i) => s = &rest[i + 1..],
                None => return &[],
            },
            [b'/', b'*', rest @ ..] => match rest.windows(2).position(|w| w == b"*/") {
                Some(i) => s = &rest[i + 2..],
                None => return &[],
            },
            _ => return s,
        }
    }
}

/// Prepares SQL. The gate is held.
pub fn prepare(cx: &mut Cx, c: Ref<'_>, db: &Arc<Db>, sql: Ref<'_>) -> PyResult<Value> {
    let Some(s) = as_str(sql) else {
        let n = type_of(sql).shown_name();
        return Err(cx.type_error(format!("execute() argument 1 must be str, not {n}")));
    };
    let sql = utf8(cx, s, sql)?;
    let h = db.handle();
    // SAFETY: an open handle; -1 only asks.
    let most = unsafe { sq::sqlite3_limit(h, sq::SQLITE_LIMIT_SQL_LENGTH, -1) };
    if sql.len() > most as usize {
        return Err(cx.error(ids::DATA, "query string is too large"));
    }
    if sql.contains('\0') {
        return Err(programming(cx, "the query contains a null character"));
    }
    let mut handle = std::ptr::null_mut::<sq::sqlite3_stmt>();
    let mut tail = std::ptr::null::<std::ffi::c_char>();
    let (p, n, out, end) = (sql.as_ptr() as usize, sql.len() as i32, &raw mut handle as usize, &raw mut tail as usize);
    // SAFETY: the gate is held; the text and both results outlive the call.
    let rc = super::db::outside(cx, c, || unsafe {
        sq::sqlite3_prepare_v2(h, p as *const _, n, out as *mut *mut sq::sqlite3_stmt, end as *mut *const std::ffi::c_char)
    });
    let from = (tail as usize).saturating_sub(p).min(sql.len());
    let live = Arc::new(Live { handle: handle as usize, busy: AtomicBool::new(false), db: db.clone() });
    if rc != sq::SQLITE_OK {
        return Err(raise(cx, h));
    }
    if !stripped(&sql.as_bytes()[from..]).is_empty() {
        return Err(programming(cx, "You can only execute one statement at a time."));
    }
    let first = stripped(sql.as_bytes());
    let word: Vec<u8> = first.iter().take(7).map(u8::to_ascii_uppercase).collect();
    let changes = [&b"INSERT"[..], b"UPDATE", b"DELETE", b"REPLACE"].iter().any(|w| word.starts_with(w));
    Ok(gc::alloc(Statement::new(Prepared { live, changes })).into_value())
}

/// Binds one value. The gate is held.
fn bind_one(cx: &mut Cx, handle: *mut sq::sqlite3_stmt, i: i32, v: Ref<'_>, name: &dyn Fn() -> String) -> PyResult<i32> {
    if v.is_none() {
        // SAFETY: a statement of an open handle; so for all below. Text and blobs are copied by SQLite.
        return Ok(unsafe { sq::sqlite3_bind_null(handle, i) });
    }
    if let Some(n) = int::as_int(v) {
        let Some(n) = n.to_i64() else { return Err(cx.overflow_error("Python int too large to convert to SQLite INTEGER")) };
        // SAFETY: see above.
        return Ok(unsafe { sq::sqlite3_bind_int64(handle, i, n) });
    }
    if let Some(f) = float::as_float(v) {
        // SAFETY: see above.
        return Ok(unsafe { sq::sqlite3_bind_double(handle, i, f) });
    }
    if let Some(s) = as_str(v) {
        let s = utf8(cx, s, v)?;
        if s.len() > i32::MAX as usize {
            return Err(cx.overflow_error("string longer than INT_MAX bytes"));
        }
        // SAFETY: see above.
        return Ok(unsafe { sq::sqlite3_bind_text(handle, i, s.as_ptr().cast(), s.len() as i32, sq::SQLITE_TRANSIENT()) });
    }
    if buffer::is_exporter(v) {
        let b = buffer::bytes_of(cx, v)?;
        if b.len() > i32::MAX as usize {
            return Err(cx.overflow_error("BLOB longer than INT_MAX bytes"));
        }
        // SAFETY: see above.
        return Ok(unsafe { sq::sqlite3_bind_blob(handle, i, b.as_ptr().cast(), b.len() as i32, sq::SQLITE_TRANSIENT()) });
    }
    let n = type_of(v).shown_name();
    Err(programming(cx, format!("Error binding parameter {}: type '{n}' is not supported", name())))
}

fn adapted(cx: &mut Cx, v: Value) -> PyResult<Value> {
    let id = type_of(v.as_ref()).id;
    if !adapt::BASE_ADAPTED.load(Ordering::Relaxed)
        && [objects::ids::INT, objects::ids::FLOAT, objects::ids::STR, objects::ids::BYTEARRAY].contains(&id)
    {
        return Ok(v);
    }
    let protocol = type_value(ids::PREPARE_PROTOCOL);
    adapt::adapt(cx, v.as_ref(), protocol.as_ref(), Some(v.as_ref()))
}

/// Binds the parameters of a call. The gate is held.
pub(super) fn bind(cx: &mut Cx, db: *mut sq::sqlite3, handle: *mut sq::sqlite3_stmt, parameters: Ref<'_>) -> PyResult<()> {
    // SAFETY: a statement of an open handle (or null, which has none); so for all below.
    let wanted = unsafe { sq::sqlite3_bind_parameter_count(handle) };
    // SAFETY: see above.
    let name_of = |i: i32| unsafe { text_of(sq::sqlite3_bind_parameter_name(handle, i)) };
    let sequence = parameters.downcast::<Tuple>().is_some() || parameters.downcast::<List>().is_some();
    let is_dict = as_dict(parameters).is_some();
    if sequence
        || (!is_dict
            && type_of(parameters).slots.getitem().is_some()
            && type_of(parameters).slots.len().is_some()
            && !is_mapping(parameters))
    {
        let given = item::len(cx, parameters)?;
        if given != wanted as usize {
            let m = format!("Incorrect number of bindings supplied. The current statement uses {wanted}, and there are {given} supplied.");
            return Err(programming(cx, m));
        }
        for i in 0..wanted {
            let name = name_of(i + 1);
            if !name.is_empty() && !name.starts_with('?') {
                let m = format!(
                    "Binding {} ('{name}') is a named parameter, but you supplied a sequence which requires nameless (qmark) placeholders.",
                    i + 1
                );
                return Err(programming(cx, m));
            }
            let v = match parameters.exact::<Tuple>() {
                Some(t) => t.get(i as usize).to_value(),
                None => item::get(cx, parameters, Value::small_int(i64::from(i)).as_ref())?.into_value(),
            };
            let v = adapted(cx, v)?;
            let rc = bind_one(cx, handle, i + 1, v.as_ref(), &|| (i + 1).to_string())?;
            if rc != sq::SQLITE_OK {
                return Err(raise(cx, db));
            }
        }
        return Ok(());
    }
    if !is_dict && !is_mapping(parameters) {
        return Err(programming(cx, "parameters are of unsupported type"));
    }
    for i in 1..=wanted {
        let name = name_of(i);
        if name.is_empty() {
            return Err(programming(cx, format!("Binding {i} has no name, but you supplied a dictionary (which has only names).")));
        }
        let name = name[1..].to_string();
        let key = Str::from_text(&name).into_value();
        let v = match item::get(cx, parameters, key.as_ref()) {
            Ok(v) => v.into_value(),
            Err(r) => {
                cx.catch_if(r, exc::LOOKUP_ERROR)?;
                return Err(programming(cx, format!("You did not supply a value for binding parameter :{name}.")));
            }
        };
        let v = adapted(cx, v)?;
        let rc = bind_one(cx, handle, i, v.as_ref(), &|| format!(":{name}"))?;
        if rc != sq::SQLITE_OK {
            return Err(raise(cx, db));
        }
    }
    Ok(())
}

/// Whether an object is a mapping: what is no sequence and has `keys` or `__missing__`-like item access.
fn is_mapping(v: Ref<'_>) -> bool {
    if as_dict(v).is_some() {
        return true;
    }
    let t = type_of(v);
    let keys = Str::intern_text("keys");
    t.slots.getitem().is_some() && (t.has(flags::MAPPING) || t.lookup(keys.as_ref()).is_some() || t.slots.len().is_none())
}

/// The statement for some SQL, from the connection's cache. The gate is held.
pub fn cached(cx: &mut Cx, c: Ref<'_>, sql: Ref<'_>) -> PyResult<Value> {
    let connection: &Connection = connection::me(c);
    let db = connection::database(cx, c)?;
    if let Some(s) = as_str(sql) {
        let text = s.to_string_lossy();
        if let Some(v) = connection.with(cx, |s| s.cache.get(&text)) {
            if !me(v.as_ref()).with(cx, |s| s.live.is_busy()) {
                return Ok(v);
            }
            return prepare(cx, c, &db, sql);
        }
        let v = prepare(cx, c, &db, sql)?;
        let kept = v.clone();
        let old = connection.with(cx, |s| s.cache.put(text, kept));
        drop(old);
        return Ok(v);
    }
    prepare(cx, c, &db, sql)
}
