//! `Connection`: opening, closing, transactions and shortcuts. What it registers with SQLite is in [`super::register`].

use super::db::{Db, outside, thread};
use super::{EXCEPTIONS, backup, blob, control, cursor, ids, programming, raise, raise_code, register, statement};
use crate::guarded::{Guarded, State, visit_optional};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use libsqlite3_sys as sq;
use objects::native::{GetSet, Member, Method, getset, getter, method, raw_method};
use objects::protocol::{call, path, truth};
use objects::types::exception::ids as exc;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::types::{float, int};
use objects::{Args, Cx, PyResult};
use std::collections::HashMap;
use std::ffi::CString;
use std::sync::Arc;

/// Statements by their SQL; the one that was used longest ago goes first.
#[derive(Default)]
pub struct Cache {
    size: usize,
    clock: u64,
    all: HashMap<String, (u64, Value)>,
}
impl Cache {
    /// The statement of some SQL.
    pub fn get(&mut self, sql: &str) -> Option<Value> {
        self.clock += 1;
        let (used, v) = self.all.get_mut(sql)?;
        *used = self.clock;
        Some(v.clone())
    }
    /// Keeps a statement; gives back what had to go.
    pub fn put(&mut self, sql: String, v: Value) -> Option<Value> {
        if self.size == 0 {
            return Some(v);
        }
        self.clock += 1;
        let mut gone = None;
        if self.all.len() >= self.size && !self.all.contains_key(&sql) {
            let oldest = self.all.iter().min_by_key(|(_, (t, _))| *t).map(|(k, _)| k.clone());
            gone = oldest.and_then(|k| self.all.remove(&k)).map(|(_, v)| v);
        }
        let clock = self.clock;
        self.all.insert(sql, (clock, v)).map(|(_, v)| v).or(gone)
    }
}

/// State of a connection.
pub struct Connecting {
    pub db: Option<Arc<Db>>,
    pub initialised: bool,
    pub thread: u64,
    pub check_thread: bool,
    /// `None`: no transactions of our own.
    pub isolation: Option<String>,
    /// 1, 0, or -1 for the old way.
    pub autocommit: i32,
    pub detect: i64,
    pub row_factory: Value,
    pub text_factory: Value,
    pub cache: Cache,
    /// What SQLite calls, by the number that it was given.
    pub functions: Vec<Value>,
    /// Instances of aggregates that are being computed.
    pub aggregates: Vec<Option<Value>>,
    pub authorizer: Value,
    pub progress: Value,
    pub trace: Value,
}
impl State for Connecting {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.row_factory, &self.text_factory, &self.authorizer, &self.progress, &self.trace] {
            visit(v.word());
        }
        self.cache.all.values().for_each(|(_, v)| visit(v.word()));
        self.functions.iter().for_each(|v| visit(v.word()));
        self.aggregates.iter().for_each(|v| visit_optional(v, visit));
    }
}
/// `Connection` object.
pub type Connection = Guarded<Connecting, { ids::CONNECTION }>;

/// The connection that a method was called on.
pub fn me(v: Ref<'_>) -> &Connection {
    // SAFETY: methods, slots and getters check their receiver; cursors and blobs hold connections.
    unsafe { v.cast::<Connection>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(
        class,
        Connection::new(Connecting {
            db: None,
            initialised: false,
            thread: 0,
            check_thread: true,
            isolation: None,
            autocommit: -1,
            detect: 0,
            row_factory: Value::NONE,
            text_factory: type_value(objects::ids::STR),
            cache: Cache::default(),
            functions: Vec::new(),
            aggregates: Vec::new(),
            authorizer: Value::NONE,
            progress: Value::NONE,
            trace: Value::NONE,
        }),
    ))
}

parameters!(
    INIT,
    "Connection",
    "(database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True, factory=None, cached_statements=128, uri=False, *, autocommit=-1)"
);

/// Checks and normalises an isolation level.
fn level(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<String>> {
    if v.is_none() {
        return Ok(None);
    }
    let Some(s) = as_str(v) else { return Err(cx.type_error("isolation_level must be str or None")) };
    let up = s.to_string_lossy();
    if up.contains('\0') {
        return Err(cx.value_error("embedded null character"));
    }
    let up = up.to_ascii_uppercase();
    match up.as_str() {
        "" | "DEFERRED" | "IMMEDIATE" | "EXCLUSIVE" => Ok(Some(up)),
        _ => Err(cx.value_error("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")),
    }
}

fn autocommit_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    if v.is(Value::TRUE.as_ref()) {
        return Ok(1);
    }
    if v.is(Value::FALSE.as_ref()) {
        return Ok(0);
    }
    if int::as_int(v).and_then(int::IntRef::to_i64) == Some(-1) {
        return Ok(-1);
    }
    Err(cx.value_error("autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL"))
}

/// More than one positional argument will not be allowed.
fn warn_positional(cx: &mut Cx, args: &Args<'_>, name: &str) -> PyResult<()> {
    if args.positional().len() <= 1 || args.positional().len() > 8 {
        return Ok(());
    }
    let parameters = "'timeout', 'detect_types', 'isolation_level', 'check_same_thread', 'factory', 'cached_statements' and 'uri'";
    let text = format!(
        "Passing more than 1 positional argument to {name}() is deprecated. Parameters {parameters} will become keyword-only parameters in Python 3.15."
    );
    register::deprecated(cx, &text)
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    warn_positional(cx, &args, "_sqlite3.Connection")?;
    INIT.bind(cx, args, |cx, a| {
        let file = path::path(cx, a[0], "connect", "database")?;
        let timeout = match a[1].given() {
            Some(t) => float::convert::real(cx, t)?,
            None => 5.0,
        };
        let number = |cx: &mut Cx, i: usize, default: i64| match a[i].given() {
            Some(n) => int::c_int(cx, n).map(i64::from),
            None => Ok(default),
        };
        let flag = |cx: &mut Cx, i: usize, default: bool| match a[i].given() {
            Some(n) => truth::of(cx, n),
            None => Ok(default),
        };
        let detect = number(cx, 2, 0)?;
        let isolation = match a[3].given() {
            Some(l) => level(cx, l)?,
            None => Some(String::new()),
        };
        let check = flag(cx, 4, true)?;
        let cached = number(cx, 6, 128)?;
        let uri = flag(cx, 7, false)?;
        let autocommit = match a[8].given() {
            Some(x) => autocommit_of(cx, x)?,
            None => -1,
        };
        let host = cx.host;
        host.audit(cx, "sqlite3.connect", &[a[0]])?;
        let Ok(name) = CString::new(file.bytes.clone()) else { return Err(cx.value_error("embedded null byte")) };
        close_database(cx, v)?;
        let text = type_value(objects::ids::STR);
        let old = me(v).with(cx, |s| {
            s.initialised = false;
            (std::mem::replace(&mut s.row_factory, Value::NONE), std::mem::replace(&mut s.text_factory, text))
        });
        drop(old);
        let mut handle = std::ptr::null_mut();
        let out = &raw mut handle as usize;
        let mode = sq::SQLITE_OPEN_READWRITE | sq::SQLITE_OPEN_CREATE | if uri { sq::SQLITE_OPEN_URI } else { 0 };
        let rc = outside(cx, v, || {
            // SAFETY: the name and the result outlive the call.
            unsafe { sq::sqlite3_open_v2(name.as_ptr(), out as *mut *mut sq::sqlite3, mode, std::ptr::null()) }
        });
        let db = Arc::new(Db::new(handle));
        if handle.is_null() && rc == sq::SQLITE_NOMEM {
            return Err(cx.memory_error());
        }
        if rc != sq::SQLITE_OK {
            return Err(raise(cx, handle));
        }
        // SAFETY: a new handle. CPython's SQLite does not check foreign keys unless asked; only URIs that are asked for are read.
        unsafe {
            sq::sqlite3_busy_timeout(handle, (timeout * 1000.0) as i32);
            sq::sqlite3_db_config(handle, sq::SQLITE_DBCONFIG_ENABLE_FKEY, 0, std::ptr::null_mut::<i32>());
        }
        me(v).with(cx, |s| {
            s.db = Some(db);
            s.initialised = true;
            s.thread = thread();
            s.check_thread = check;
            s.isolation = isolation;
            s.autocommit = autocommit;
            s.detect = detect;
            s.cache.size = cached.max(0) as usize;
        });
        host.audit(cx, "sqlite3.connect/handle", &[v])?;
        if autocommit == 0 { execute_plain(cx, v, "BEGIN") } else { Ok(()) }
    })
}

/// `connect(...)`: the factory does it.
pub fn connect(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    warn_positional(cx, &args, "sqlite3.connect")?;
    let own = type_value(ids::CONNECTION);
    let factory = args.keyword("factory").or_else(|| args.positional().get(5).copied()).unwrap_or(own.as_ref());
    call::call(cx, factory, args)
}

/// ProgrammingError in a thread that may not use it.
pub fn check_thread(cx: &mut Cx, c: Ref<'_>) -> PyResult<()> {
    let (ready, check, owner) = me(c).with(cx, |s| (s.initialised, s.check_thread, s.thread));
    if !ready {
        return Err(programming(cx, "Base Connection.__init__ not called."));
    }
    if check && owner != thread() {
        let here = thread();
        let m = "SQLite objects created in a thread can only be used in that same thread. The object was created in thread id";
        return Err(programming(cx, format!("{m} {owner} and this is thread id {here}.")));
    }
    Ok(())
}

/// The open database; ProgrammingError if it is closed.
pub fn database(cx: &mut Cx, c: Ref<'_>) -> PyResult<Arc<Db>> {
    let (ready, db) = me(c).with(cx, |s| (s.initialised, s.db.clone()));
    if !ready {
        return Err(programming(cx, "Base Connection.__init__ not called."));
    }
    db.ok_or_else(|| programming(cx, "Cannot operate on a closed database."))
}

/// Both checks.
pub fn usable(cx: &mut Cx, c: Ref<'_>) -> PyResult<Arc<Db>> {
    check_thread(cx, c)?;
    database(cx, c)
}

/// Runs a statement that gives nothing.
pub fn execute_plain(cx: &mut Cx, c: Ref<'_>, sql: &str) -> PyResult<()> {
    let db = database(cx, c)?;
    let _pass = db.enter(cx);
    let h = db.handle();
    let Ok(text) = CString::new(sql) else { return Err(cx.value_error("embedded null character")) };
    let h_number = h as usize;
    let rc = outside(cx, c, || {
        let mut s = std::ptr::null_mut();
        // SAFETY: the gate is held; text and result outlive the calls.
        unsafe {
            let mut rc = sq::sqlite3_prepare_v2(h_number as *mut sq::sqlite3, text.as_ptr(), -1, &raw mut s, std::ptr::null_mut());
            if rc == sq::SQLITE_OK {
                sq::sqlite3_step(s);
                rc = sq::sqlite3_finalize(s);
            }
            rc
        }
    });
    if rc == sq::SQLITE_OK { Ok(()) } else { Err(raise(cx, h)) }
}

/// Whether SQLite is outside of a transaction. The gate need not be held for long.
pub fn is_autocommit(cx: &mut Cx, db: &Db) -> bool {
    let _pass = db.enter(cx);
    // SAFETY: the gate is held; a closed handle was refused before.
    unsafe { sq::sqlite3_get_autocommit(db.handle()) != 0 }
}

fn close_database(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let (db, cache, functions) = me(v).with(cx, |s| {
        let functions = std::mem::take(&mut s.functions);
        (s.db.take(), std::mem::take(&mut s.cache.all), functions)
    });
    drop(cache);
    if let Some(db) = db {
        let _pass = db.enter(cx);
        let db = &db;
        let rc = outside(cx, v, || db.close());
        drop(functions);
        if rc != sq::SQLITE_OK {
            return Err(raise_code(cx, rc, "unable to close the database"));
        }
    }
    Ok(())
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_thread(cx, a[0])?;
    let (open, autocommit) = me(a[0]).with(cx, |s| (s.db.clone(), s.autocommit));
    if let Some(db) = open
        && autocommit == 0
        && !is_autocommit(cx, &db)
    {
        execute_plain(cx, a[0], "ROLLBACK")?;
    }
    close_database(cx, a[0])?;
    Ok(Value::NONE.into())
}

/// Ends a transaction.
fn finish(cx: &mut Cx, c: Ref<'_>, sql: &str) -> PyResult<()> {
    let db = usable(cx, c)?;
    match me(c).with(cx, |s| s.autocommit) {
        -1 if !is_autocommit(cx, &db) => execute_plain(cx, c, sql),
        0 => {
            execute_plain(cx, c, sql)?;
            execute_plain(cx, c, "BEGIN")
        }
        _ => Ok(()),
    }
}

fn commit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    finish(cx, a[0], "COMMIT")?;
    Ok(Value::NONE.into())
}
fn rollback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    finish(cx, a[0], "ROLLBACK")?;
    Ok(Value::NONE.into())
}

/// Begins a transaction in the old way, if that is due.
pub fn begin_if_due(cx: &mut Cx, c: Ref<'_>, db: &Db) -> PyResult<()> {
    let (autocommit, isolation) = me(c).with(cx, |s| (s.autocommit, s.isolation.clone()));
    if autocommit == -1
        && let Some(level) = isolation
        && is_autocommit(cx, db)
    {
        return execute_plain(cx, c, &format!("BEGIN {level}"));
    }
    Ok(())
}

fn enter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    usable(cx, a[0])?;
    Ok(a[0].to_value().into())
}

fn exit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let clean = a[1].is_none();
    let done = finish(cx, a[0], if clean { "COMMIT" } else { "ROLLBACK" });
    if let Err(r) = done {
        if clean {
            // What could not be committed is taken back; the first error counts.
            let e = cx.catch(r);
            let open = me(a[0]).with(cx, |s| s.db.clone());
            if let Some(db) = open
                && !is_autocommit(cx, &db)
                && let Err(r) = finish(cx, a[0], "ROLLBACK")
            {
                drop(cx.catch(r));
            }
            return Err(cx.raise(e));
        }
        return Err(r);
    }
    Ok(Value::FALSE.into())
}

parameters!(CURSOR, "cursor", "(factory=None)");

fn make_cursor(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let me_ref = args.items[0];
    CURSOR.bind(cx, args.without_first(), |cx, a| {
        usable(cx, me_ref)?;
        let own = type_value(ids::CURSOR);
        let factory = a[0].given().unwrap_or(own.as_ref());
        let c = call::positional(cx, factory, &[me_ref])?;
        if !type_of(c.as_ref()).is_subtype_of_id(ids::CURSOR) {
            let n = type_of(c.as_ref()).shown_name();
            return Err(cx.type_error(format!("factory must return a cursor, not {n}")));
        }
        let factory = me(me_ref).with(cx, |s| s.row_factory.clone());
        if !factory.as_ref().is_none() {
            let old = cursor::me(c.as_ref()).with(cx, |s| std::mem::replace(&mut s.row_factory, factory));
            drop(old);
        }
        Ok(c.into())
    })
}

fn shortcut(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let cursor_name = Str::intern_text("cursor");
    let c = call::method(cx, a[0], cursor_name.as_ref(), &[])?.into_value();
    let name = Str::intern_text(name);
    let rest: Vec<Ref<'_>> = a[1..].iter().copied().filter(|v| v.given().is_some()).collect();
    call::method(cx, c.as_ref(), name.as_ref(), &rest)
}

fn iterate_dump(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    database(cx, args.items[0])?;
    let module = cx.host.import(cx, "sqlite3.dump")?;
    let f = objects::protocol::attr::get_text(cx, module.as_ref(), "_iterdump")?.into_value();
    call::call(cx, f.as_ref(), args)
}

fn call_connection(cx: &mut Cx, c: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let db = usable(cx, c)?;
    args.no_keywords(cx, "Connection")?;
    args.check_count(cx, "Connection", 1, 1)?;
    let _pass = db.enter(cx);
    statement::prepare(cx, c, &db, args.items[0]).map(Reg::from)
}

static METHODS: &[Method] = &[
    raw_method(
        "backup",
        "($self, /, target, *, pages=-1, progress=None, name='main', sleep=0.25)",
        backup::backup,
        "Makes a backup of the database.",
    ),
    method("blobopen", "($self, table, column, rowid, /, *, readonly=False, name='main')", blob::open, "Open and return a BLOB object."),
    method("close", "($self, /)", close, "Close the database connection.\n\nAny pending transaction is not committed implicitly."),
    method(
        "commit",
        "($self, /)",
        commit,
        "Commit any pending transaction to the database.\n\nIf there is no open transaction, this method is a no-op.",
    ),
    raw_method("create_aggregate", "($self, /, name, n_arg, aggregate_class)", register::aggregate, "Creates a new aggregate."),
    method("create_collation", "($self, name, callback, /)", register::collation, "Creates a collation function."),
    raw_method("create_function", "($self, /, name, narg, func, *, deterministic=False)", register::function, "Creates a new function."),
    method(
        "create_window_function",
        "($self, name, num_params, aggregate_class, /)",
        register::window,
        "Creates or redefines an aggregate window function.",
    ),
    raw_method("cursor", "($self, /, factory=<unrepresentable>)", make_cursor, "Return a cursor for the connection."),
    method("deserialize", "($self, data, /, *, name='main')", backup::deserialize, "Load a serialized database."),
    method(
        "enable_load_extension",
        "($self, enable, /)",
        control::enable_extensions,
        "Enable dynamic loading of SQLite extension modules.",
    ),
    method(
        "__enter__",
        "($self, /)",
        enter,
        "Called when the connection is used as a context manager.\n\nReturns itself as a convenience to the caller.",
    ),
    method("execute", "($self, sql, parameters=<unrepresentable>, /)", |cx, a| shortcut(cx, a, "execute"), "Executes an SQL statement."),
    method("executemany", "($self, sql, parameters, /)", |cx, a| shortcut(cx, a, "executemany"), "Repeatedly executes an SQL statement."),
    method(
        "executescript",
        "($self, sql_script, /)",
        |cx, a| shortcut(cx, a, "executescript"),
        "Executes multiple SQL statements at once.",
    ),
    method(
        "__exit__",
        "($self, type, value, traceback, /)",
        exit,
        "Called when the connection is used as a context manager.\n\nIf there was any exception, a rollback takes place; otherwise we commit.",
    ),
    method("getconfig", "($self, op, /)", control::get_config, "Query a boolean connection configuration option."),
    method("getlimit", "($self, category, /)", control::get_limit, "Get connection run-time limits."),
    method("interrupt", "($self, /)", control::interrupt, "Abort any pending database operation."),
    raw_method(
        "iterdump",
        "($self, /, *, filter=None)",
        iterate_dump,
        "Returns iterator to the dump of the database in an SQL text format.",
    ),
    method("load_extension", "($self, name, /, *, entrypoint=None)", control::load_extension, "Load SQLite extension module."),
    method(
        "rollback",
        "($self, /)",
        rollback,
        "Roll back to the start of any pending transaction.\n\nIf there is no open transaction, this method is a no-op.",
    ),
    method("serialize", "($self, /, *, name='main')", backup::serialize, "Serialize a database into a byte string."),
    raw_method("set_authorizer", "($self, /, authorizer_callback)", register::authorizer, "Set authorizer callback."),
    raw_method("set_progress_handler", "($self, /, progress_handler, n)", register::progress, "Set progress handler callback."),
    raw_method(
        "set_trace_callback",
        "($self, /, trace_callback)",
        register::trace,
        "Set a trace callback called for each SQL statement (passed as unicode).",
    ),
    method("setconfig", "($self, op, enable=True, /)", control::set_config, "Set a boolean connection configuration option."),
    method("setlimit", "($self, category, limit, /)", control::set_limit, "Set connection run-time limits."),
];

fn set_isolation(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")) };
    let l = level(cx, new)?;
    let none = l.is_none();
    me(v).with(cx, |s| s.isolation = l);
    if none {
        let db = usable(cx, v)?;
        if me(v).with(cx, |s| s.autocommit) == -1 && !is_autocommit(cx, &db) {
            execute_plain(cx, v, "COMMIT")?;
        }
    }
    Ok(())
}

fn set_autocommit(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let db = usable(cx, v)?;
    let Some(new) = new else { return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete autocommit attribute")) };
    let n = autocommit_of(cx, new)?;
    if n == 1 && !is_autocommit(cx, &db) {
        execute_plain(cx, v, "COMMIT")?;
    } else if n == 0 && is_autocommit(cx, &db) {
        execute_plain(cx, v, "BEGIN")?;
    }
    me(v).with(cx, |s| s.autocommit = n);
    Ok(())
}

macro_rules! factory {
    ($name:literal, $field:ident) => {
        getset(
            $name,
            |cx, v| Ok(me(v).with(cx, |s| s.$field.clone()).into()),
            |cx, v, new| {
                let Some(new) = new else {
                    return Err(cx.error(exc::ATTRIBUTE_ERROR, concat!("cannot delete ", $name, " attribute")));
                };
                let new = new.to_value();
                let old = me(v).with(cx, |s| std::mem::replace(&mut s.$field, new));
                drop(old);
                Ok(())
            },
            "",
        )
    };
}

static GETSETS: &[GetSet] = &[
    getset(
        "isolation_level",
        |cx, v| {
            database(cx, v)?;
            Ok(me(v).with(cx, |s| s.isolation.clone()).map_or(Value::NONE, |l| Str::from_text(&l).into_value()).into())
        },
        set_isolation,
        "",
    ),
    getter(
        "total_changes",
        |cx, v| {
            let db = database(cx, v)?;
            let _pass = db.enter(cx);
            // SAFETY: the gate is held.
            Ok(int::reg(i64::from(unsafe { sq::sqlite3_total_changes(db.handle()) })))
        },
        "",
    ),
    getter(
        "in_transaction",
        |cx, v| {
            let db = database(cx, v)?;
            Ok(Value::bool(!is_autocommit(cx, &db)).into())
        },
        "",
    ),
    getset(
        "autocommit",
        |cx, v| {
            usable(cx, v)?;
            Ok(match me(v).with(cx, |s| s.autocommit) {
                -1 => int::reg(-1),
                n => Value::bool(n == 1).into(),
            })
        },
        set_autocommit,
        "",
    ),
    factory!("row_factory", row_factory),
    factory!("text_factory", text_factory),
];
macro_rules! exception {
    ($i:literal) => {
        Member(getter(EXCEPTIONS_NAMES[$i], |_, _| Ok(type_value(EXCEPTIONS[$i].1).into()), ""))
    };
}
const EXCEPTIONS_NAMES: [&str; 10] = [
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "OperationalError",
    "IntegrityError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
];
static MEMBERS: &[Member] = &[
    exception!(0),
    exception!(1),
    exception!(2),
    exception!(3),
    exception!(4),
    exception!(5),
    exception!(6),
    exception!(7),
    exception!(8),
    exception!(9),
];

fn finalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let (open, autocommit) = me(v).with(cx, |s| (s.db.clone(), s.autocommit));
    let Some(db) = open else { return Ok(()) };
    let category = type_value(exc::RESOURCE_WARNING);
    let shown = objects::protocol::text::repr(cx, v)?.to_string_lossy();
    let host = cx.host;
    if let Err(r) = host.warn(cx, category.as_ref(), &format!("unclosed database in {shown}"), 1) {
        cx.unraisable(r, "Exception ignored while finalizing database connection", v);
    }
    if autocommit == 0
        && !is_autocommit(cx, &db)
        && let Err(r) = execute_plain(cx, v, "ROLLBACK")
    {
        cx.unraisable(r, "Exception ignored while finalizing database connection", v);
    }
    drop(db);
    close_database(cx, v)
}

/// `sqlite3.Connection`.
pub static CONNECTION_TYPE: TypeSpec = TypeSpec::of::<Connection>("sqlite3.Connection")
    .flags(flags::BASE | flags::FINALIZE)
    .slots(Slots { new: Some(new), init: Some(init), call: Some(call_connection), del: Some(finalise), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("SQLite database connection object.");
