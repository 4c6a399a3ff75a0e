//! `Cursor`: executing statements and fetching their rows.

use super::connection::{self, begin_if_due, check_thread, database};
use super::db::{Db, outside};
use super::statement::{self, Live, bind, cached};
use super::{fetch, ids, programming, raise};
use crate::guarded::{Guarded, State, visit_optional};
use gc::{Ref, Reg, Value, Word};
use libsqlite3_sys as sq;
use objects::native::{GetSet, Member, Method, getset, getter, method};
use objects::protocol::{call, iter};
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};
use std::sync::Arc;

/// State of a cursor.
pub struct Fetching {
    connection: Option<Value>,
    description: Value,
    lastrowid: Value,
    rowcount: i64,
    arraysize: u32,
    pub row_factory: Value,
    /// The statement whose rows are being fetched.
    statement: Option<Value>,
    live: Option<Arc<Live>>,
    converters: Vec<Option<Value>>,
    closed: bool,
    running: bool,
}
impl State for Fetching {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.connection, visit);
        visit(self.description.word());
        visit(self.lastrowid.word());
        visit(self.row_factory.word());
        visit_optional(&self.statement, visit);
        self.converters.iter().for_each(|v| visit_optional(v, visit));
    }
}
impl Drop for Fetching {
    fn drop(&mut self) {
        if let Some(l) = &self.live {
            l.leave();
        }
    }
}
/// `Cursor` object.
pub type Cursor = Guarded<Fetching, { ids::CURSOR }>;

/// The cursor that a method was called on.
pub fn me(v: Ref<'_>) -> &Cursor {
    // SAFETY: methods, slots and getters check their receiver.
    unsafe { v.cast::<Cursor>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(
        class,
        Cursor::new(Fetching {
            connection: None,
            description: Value::NONE,
            lastrowid: Value::NONE,
            rowcount: -1,
            arraysize: 1,
            row_factory: Value::NONE,
            statement: None,
            live: None,
            converters: Vec::new(),
            closed: false,
            running: false,
        }),
    ))
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(cx, "Cursor")?;
    let p = args.positional();
    if p.len() != 1 {
        return Err(cx.type_error(format!("Cursor expected 1 argument, got {}", p.len())));
    }
    super::register::expect_connection(cx, p[0], "Cursor() argument 1")?;
    if me(v).with(cx, |s| s.running) {
        return Err(programming(cx, "Recursive use of cursors not allowed."));
    }
    let c = p[0].to_value();
    let old = me(v).with(cx, |s| (s.connection.replace(c), s.statement.take(), s.live.take().inspect(|l| l.leave())));
    drop(old);
    check_thread(cx, p[0])
}

/// The connection, if the cursor can be used.
fn usable(cx: &mut Cx, v: Ref<'_>) -> PyResult<(Value, Arc<Db>)> {
    let (c, closed, running) = me(v).with(cx, |s| (s.connection.clone(), s.closed, s.running));
    let Some(c) = c else { return Err(programming(cx, "Base Cursor.__init__ not called.")) };
    if closed {
        return Err(programming(cx, "Cannot operate on a closed cursor."));
    }
    if running {
        return Err(programming(cx, "Recursive use of cursors not allowed."));
    }
    check_thread(cx, c.as_ref())?;
    let db = database(cx, c.as_ref())?;
    Ok((c, db))
}

/// Lets the statement go. The gate is held.
fn release(cx: &mut Cx, v: Ref<'_>) {
    let (old, live, converters) = me(v).with(cx, |s| (s.statement.take(), s.live.take(), std::mem::take(&mut s.converters)));
    if let Some(live) = &live {
        // SAFETY: the gate is held, and the connection is open or a zombie until its statements are gone.
        unsafe { sq::sqlite3_reset(live.handle()) };
        live.set_busy(false);
    }
    drop((old, live, converters));
}

fn step(cx: &mut Cx, c: Ref<'_>, handle: *mut sq::sqlite3_stmt) -> i32 {
    if handle.is_null() {
        return sq::SQLITE_DONE;
    }
    let n = handle as usize;
    // SAFETY: the gate is held.
    outside(cx, c, || unsafe { sq::sqlite3_step(n as *mut sq::sqlite3_stmt) })
}

fn describe(cx: &mut Cx, c: Ref<'_>, handle: *mut sq::sqlite3_stmt) -> Value {
    // SAFETY: the gate is held.
    let n = unsafe { sq::sqlite3_column_count(handle) };
    let mut columns = Vec::with_capacity(n as usize);
    for i in 0..n {
        // SAFETY: the gate is held.
        let name = unsafe { fetch::column_name(cx, c, handle, i) };
        let mut part = vec![Str::from_text(&name).into_value()];
        part.resize_with(7, || Value::NONE);
        columns.push(Tuple::from_values(part).into_value());
    }
    Tuple::from_values(columns).into_value()
}

fn execute(cx: &mut Cx, v: Ref<'_>, sql: Ref<'_>, parameters: Ref<'_>, many: bool) -> PyResult<()> {
    if as_str(sql).is_none() {
        let n = type_of(sql).shown_name();
        let name = if many { "executemany" } else { "execute" };
        return Err(cx.type_error(format!("{name}() argument 1 must be str, not {n}")));
    }
    let (c, db) = usable(cx, v)?;
    let mut one = Some(parameters.to_value());
    let source = if many { Some(iter::iter(cx, parameters)?.into_value()) } else { None };
    me(v).with(cx, |s| s.running = true);
    let r = {
        let pass = db.enter(cx);
        release(cx, v);
        let r = run(
            cx,
            v,
            c.as_ref(),
            &db,
            sql,
            &mut |cx| match &source {
                Some(it) => Ok(iter::next(cx, it.as_ref())?.map(Reg::into_value)),
                None => Ok(one.take()),
            },
            many,
        );
        if r.is_err() {
            release(cx, v);
            me(v).with(cx, |s| s.rowcount = -1);
        }
        drop(pass);
        r
    };
    me(v).with(cx, |s| s.running = false);
    r
}

fn run(
    cx: &mut Cx,
    v: Ref<'_>,
    c: Ref<'_>,
    db: &Arc<Db>,
    sql: Ref<'_>,
    next: &mut dyn FnMut(&mut Cx) -> PyResult<Option<Value>>,
    many: bool,
) -> PyResult<()> {
    let old = me(v).with(cx, |s| {
        s.rowcount = -1;
        std::mem::replace(&mut s.description, Value::NONE)
    });
    drop(old);
    let prepared = cached(cx, c, sql)?;
    let (live, changes) = statement::me(prepared.as_ref()).with(cx, |s| (s.live.clone(), s.changes));
    live.set_busy(true);
    let handle = live.handle();
    // SAFETY: the gate is held.
    unsafe { sq::sqlite3_reset(handle) };
    let kept = prepared.clone();
    let old = me(v).with(cx, |s| {
        s.rowcount = if changes { 0 } else { -1 };
        (s.statement.replace(kept), s.live.replace(live))
    });
    drop(old);
    // SAFETY: the gate is held.
    if many && unsafe { sq::sqlite3_stmt_readonly(handle) } != 0 {
        return Err(programming(cx, "executemany() can only execute DML statements."));
    }
    if changes {
        begin_if_due(cx, c, db)?;
    }
    let mut rc = sq::SQLITE_DONE;
    while let Some(parameters) = next(cx)? {
        if db.handle().is_null() {
            return Err(programming(cx, "Cannot operate on a closed database."));
        }
        bind(cx, db.handle(), handle, parameters.as_ref())?;
        rc = step(cx, c, handle);
        if rc != sq::SQLITE_DONE && rc != sq::SQLITE_ROW {
            return Err(raise(cx, db.handle()));
        }
        if db.handle().is_null() {
            return Err(programming(cx, "Cannot operate on a closed database."));
        }
        // SAFETY: the gate is held.
        let converters = unsafe { fetch::converters(cx, c, handle)? };
        // SAFETY: as above.
        let columns = unsafe { sq::sqlite3_column_count(handle) };
        if columns > 0 {
            let d = describe(cx, c, handle);
            let old = me(v).with(cx, |s| (std::mem::replace(&mut s.description, d), std::mem::replace(&mut s.converters, converters)));
            drop(old);
        }
        if rc == sq::SQLITE_DONE {
            if changes {
                // SAFETY: the gate is held.
                let n = unsafe { sq::sqlite3_changes64(db.handle()) };
                me(v).with(cx, |s| s.rowcount += n);
            }
            // SAFETY: the gate is held.
            unsafe { sq::sqlite3_reset(handle) };
        } else if many {
            return Err(programming(cx, "executemany() can only execute DML statements."));
        }
    }
    if !many {
        // SAFETY: the gate is held.
        let id = int::from_i64(unsafe { sq::sqlite3_last_insert_rowid(db.handle()) });
        let old = me(v).with(cx, |s| std::mem::replace(&mut s.lastrowid, id));
        drop(old);
    }
    if rc != sq::SQLITE_ROW {
        release(cx, v);
    }
    Ok(())
}

fn execute_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let none = Tuple::empty().into_value();
    execute(cx, a[0], a[1], a[2].given().unwrap_or(none.as_ref()), false)?;
    Ok(a[0].to_value().into())
}

fn execute_many(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    execute(cx, a[0], a[1], a[2], true)?;
    Ok(a[0].to_value().into())
}

fn execute_script(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let sql = super::string(cx, a[1], "executescript() argument")?;
    if sql.contains('\0') {
        return Err(cx.value_error("embedded null character"));
    }
    let (c, db) = usable(cx, a[0])?;
    let _pass = db.enter(cx);
    // SAFETY: the gate is held; -1 only asks.
    if sql.len() > unsafe { sq::sqlite3_limit(db.handle(), sq::SQLITE_LIMIT_SQL_LENGTH, -1) } as usize {
        return Err(cx.error(ids::DATA, "query string is too large"));
    }
    if connection::me(c.as_ref()).with(cx, |s| s.autocommit) == -1 && !connection::is_autocommit(cx, &db) {
        connection::execute_plain(cx, c.as_ref(), "COMMIT")?;
    }
    let mut at = 0;
    while at < sql.len() {
        let rest = &sql.as_bytes()[at..];
        let (mut handle, mut tail) = (std::ptr::null_mut::<sq::sqlite3_stmt>(), std::ptr::null::<std::ffi::c_char>());
        let (h, out, end) = (db.handle() as usize, &raw mut handle as usize, &raw mut tail as usize);
        let (p, n) = (rest.as_ptr() as usize, rest.len() as i32);
        // SAFETY: the gate is held; text and results outlive the calls.
        let rc = outside(cx, c.as_ref(), || unsafe {
            let rc = sq::sqlite3_prepare_v2(
                h as *mut sq::sqlite3,
                p as *const _,
                n,
                out as *mut *mut sq::sqlite3_stmt,
                end as *mut *const std::ffi::c_char,
            );
            if rc != sq::SQLITE_OK {
                return rc;
            }
            let s = *(out as *mut *mut sq::sqlite3_stmt);
            if !s.is_null() {
                while sq::sqlite3_step(s) == sq::SQLITE_ROW {}
            }
            sq::sqlite3_finalize(s)
        });
        if rc != sq::SQLITE_OK {
            return Err(raise(cx, db.handle()));
        }
        at += (tail as usize).saturating_sub(p).max(1);
    }
    Ok(a[0].to_value().into())
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let (c, db) = usable(cx, v)?;
    let (prepared, converters) = me(v).with(cx, |s| (s.statement.clone(), s.converters.clone()));
    let Some(prepared) = prepared else { return Ok(None) };
    let pass = db.enter(cx);
    let handle = statement::me(prepared.as_ref()).with(cx, |s| s.live.handle());
    // SAFETY: the gate is held.
    if unsafe { sq::sqlite3_data_count(handle) } == 0 {
        // Somebody else has come to its end.
        release(cx, v);
        return Ok(None);
    }
    me(v).with(cx, |s| s.running = true);
    // SAFETY: the gate is held.
    let row = unsafe { fetch::row(cx, c.as_ref(), handle, &converters) };
    me(v).with(cx, |s| s.running = false);
    let row = match row {
        Ok(r) => r,
        Err(e) => {
            release(cx, v);
            return Err(e);
        }
    };
    if db.handle().is_null() {
        return Err(programming(cx, "Cannot operate on a closed database."));
    }
    me(v).with(cx, |s| s.running = true);
    let rc = step(cx, c.as_ref(), handle);
    me(v).with(cx, |s| s.running = false);
    match rc {
        sq::SQLITE_ROW => {}
        sq::SQLITE_DONE => {
            if statement::me(prepared.as_ref()).with(cx, |s| s.changes) {
                // SAFETY: the gate is held.
                let n = unsafe { sq::sqlite3_changes64(db.handle()) };
                me(v).with(cx, |s| s.rowcount = n);
            }
            release(cx, v);
        }
        _ => {
            let e = raise(cx, db.handle());
            release(cx, v);
            return Err(e);
        }
    }
    drop(pass);
    let factory = me(v).with(cx, |s| s.row_factory.clone());
    if factory.as_ref().is_none() {
        return Ok(Some(row.into()));
    }
    call::positional(cx, factory.as_ref(), &[v, row.as_ref()]).map(|r| Some(r.into()))
}

fn fetch_one(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(next(cx, a[0])?.unwrap_or(Value::NONE.into()))
}

fn fetch_some(cx: &mut Cx, v: Ref<'_>, most: usize) -> PyResult<Reg> {
    let mut rows = Vec::new();
    while rows.len() < most {
        match next(cx, v)? {
            Some(r) => rows.push(r.into_value()),
            None => break,
        }
    }
    Ok(List::from_values(rows).into())
}

fn size_of_fetch(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    let n = int::index(cx, v)?;
    let Some(i) = int::as_int(n.as_ref()) else { return Ok(0) };
    if i.is_negative() {
        return Err(cx.value_error("Cannot convert negative int"));
    }
    i.to_i64().and_then(|n| u32::try_from(n).ok()).ok_or_else(|| {
        cx.overflow_error(if i.bits() > 64 {
            "Python int too large to convert to C unsigned long"
        } else {
            "Python int too large for C uint32_t"
        })
    })
}

fn fetch_many(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => size_of_fetch(cx, n)?,
        None => me(a[0]).with(cx, |s| s.arraysize),
    };
    fetch_some(cx, a[0], n as usize)
}

fn fetch_all(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    fetch_some(cx, a[0], usize::MAX)
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (c, running) = me(a[0]).with(cx, |s| (s.connection.clone(), s.running));
    let Some(c) = c else { return Err(programming(cx, "Base Cursor.__init__ not called.")) };
    if running {
        return Err(programming(cx, "Recursive use of cursors not allowed."));
    }
    check_thread(cx, c.as_ref())?;
    let db = database(cx, c.as_ref())?;
    let _pass = db.enter(cx);
    release(cx, a[0]);
    me(a[0]).with(cx, |s| s.closed = true);
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("close", "($self, /)", close, "Closes the cursor."),
    method("execute", "($self, sql, parameters=(), /)", execute_method, "Executes an SQL statement."),
    method("executemany", "($self, sql, seq_of_parameters, /)", execute_many, "Repeatedly executes an SQL statement."),
    method("executescript", "($self, sql_script, /)", execute_script, "Executes multiple SQL statements at once."),
    method("fetchall", "($self, /)", fetch_all, "Fetches all rows from the resultset."),
    method(
        "fetchmany",
        "($self, /, size=1)",
        fetch_many,
        "Fetches several rows from the resultset.\n\n  size\n    The default value is set by the Cursor.arraysize attribute.",
    ),
    method("fetchone", "($self, /)", fetch_one, "Fetches one row from the resultset."),
    method("setinputsizes", "($self, sizes, /)", |_, _| Ok(Value::NONE.into()), "Required by DB-API. Does nothing in sqlite3."),
    method("setoutputsize", "($self, size, column=None, /)", |_, _| Ok(Value::NONE.into()), "Required by DB-API. Does nothing in sqlite3."),
];

static MEMBERS: &[Member] = &[
    Member(getter("connection", |cx, v| Ok(me(v).with(cx, |s| s.connection.clone()).unwrap_or(Value::NONE).into()), "")),
    Member(getter("description", |cx, v| Ok(me(v).with(cx, |s| s.description.clone()).into()), "")),
    Member(getter("lastrowid", |cx, v| Ok(me(v).with(cx, |s| s.lastrowid.clone()).into()), "")),
    Member(getter("rowcount", |cx, v| Ok(int::reg(me(v).with(cx, |s| s.rowcount))), "")),
];
static GETSETS: &[GetSet] = &[
    getset(
        "arraysize",
        |cx, v| Ok(int::reg(i64::from(me(v).with(cx, |s| s.arraysize)))),
        |cx, v, new| {
            let Some(new) = new else {
                let text = "attribute 'arraysize' of 'sqlite3.Cursor' objects cannot be deleted";
                return Err(cx.error(objects::types::exception::ids::ATTRIBUTE_ERROR, text));
            };
            let n = size_of_fetch(cx, new)?;
            me(v).with(cx, |s| s.arraysize = n);
            Ok(())
        },
        "",
    ),
    getset(
        "row_factory",
        |cx, v| Ok(me(v).with(cx, |s| s.row_factory.clone()).into()),
        |cx, v, new| {
            let Some(new) = new else {
                return Err(cx.error(objects::types::exception::ids::ATTRIBUTE_ERROR, "cannot delete row_factory attribute"));
            };
            let new = new.to_value();
            let old = me(v).with(cx, |s| std::mem::replace(&mut s.row_factory, new));
            drop(old);
            Ok(())
        },
        "",
    ),
];

/// `sqlite3.Cursor`.
pub static CURSOR_TYPE: TypeSpec = TypeSpec::of::<Cursor>("sqlite3.Cursor")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), iter: Some(myself), next: Some(next), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("SQLite database cursor class.");

/// What a cursor's rows are called.
pub fn description(cx: &mut Cx, v: Ref<'_>) -> Value {
    me(v).with(cx, |s| s.description.clone())
}
