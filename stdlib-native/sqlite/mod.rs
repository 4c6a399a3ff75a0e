//! `_sqlite3`: [`connection`], [`cursor`], [`statement`], [`row`] and [`blob`] are its types, [`callbacks`] what SQLite calls, [`adapt`]
//! adapters and converters, [`db`] the handle that threads share.

pub mod adapt;
pub mod backup;
pub mod blob;
pub mod callbacks;
pub mod connection;
pub mod constants;
pub mod control;
pub mod cursor;
pub mod db;
pub mod fetch;
pub mod register;
pub mod row;
pub mod statement;

use crate::guarded::error_type;
use gc::{Ref, Reg, Value};
use libsqlite3_sys as sq;
use objects::native::{Method, function, raw_function};
use objects::protocol::{attr, truth};
use objects::types::exception;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::{TypeSpec, type_of, type_value};
use objects::{Cx, PyResult, Raised};
use std::ffi::{CStr, CString};
use sync::prim::{AtomicBool, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const CONNECTION: u32 = 620;
    pub const CURSOR: u32 = 621;
    pub const STATEMENT: u32 = 622;
    pub const ROW: u32 = 623;
    pub const BLOB: u32 = 624;
    pub const PREPARE_PROTOCOL: u32 = 625;
    pub const WARNING: u32 = 626;
    pub const ERROR: u32 = 627;
    pub const INTERFACE: u32 = 628;
    pub const DATABASE: u32 = 629;
    pub const INTERNAL: u32 = 630;
    pub const OPERATIONAL: u32 = 631;
    pub const PROGRAMMING: u32 = 632;
    pub const INTEGRITY: u32 = 633;
    pub const DATA: u32 = 634;
    pub const NOT_SUPPORTED: u32 = 635;
}

static WARNING: TypeSpec = error_type(ids::WARNING, "sqlite3.Warning", exception::ids::EXCEPTION);
static ERROR: TypeSpec = error_type(ids::ERROR, "sqlite3.Error", exception::ids::EXCEPTION);
static INTERFACE: TypeSpec = error_type(ids::INTERFACE, "sqlite3.InterfaceError", ids::ERROR);
static DATABASE: TypeSpec = error_type(ids::DATABASE, "sqlite3.DatabaseError", ids::ERROR);
static INTERNAL: TypeSpec = error_type(ids::INTERNAL, "sqlite3.InternalError", ids::DATABASE);
static OPERATIONAL: TypeSpec = error_type(ids::OPERATIONAL, "sqlite3.OperationalError", ids::DATABASE);
static PROGRAMMING: TypeSpec = error_type(ids::PROGRAMMING, "sqlite3.ProgrammingError", ids::DATABASE);
static INTEGRITY: TypeSpec = error_type(ids::INTEGRITY, "sqlite3.IntegrityError", ids::DATABASE);
static DATA: TypeSpec = error_type(ids::DATA, "sqlite3.DataError", ids::DATABASE);
static NOT_SUPPORTED: TypeSpec = error_type(ids::NOT_SUPPORTED, "sqlite3.NotSupportedError", ids::DATABASE);

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &connection::CONNECTION_TYPE,
    &cursor::CURSOR_TYPE,
    &statement::STATEMENT_TYPE,
    &row::ROW_TYPE,
    &blob::BLOB_TYPE,
    &adapt::PREPARE_PROTOCOL_TYPE,
    &WARNING,
    &ERROR,
    &INTERFACE,
    &DATABASE,
    &INTERNAL,
    &OPERATIONAL,
    &PROGRAMMING,
    &INTEGRITY,
    &DATA,
    &NOT_SUPPORTED,
];

/// Exceptions that connections have as attributes too.
pub static EXCEPTIONS: &[(&str, u32)] = &[
    ("Warning", ids::WARNING),
    ("Error", ids::ERROR),
    ("InterfaceError", ids::INTERFACE),
    ("DatabaseError", ids::DATABASE),
    ("DataError", ids::DATA),
    ("OperationalError", ids::OPERATIONAL),
    ("IntegrityError", ids::INTEGRITY),
    ("InternalError", ids::INTERNAL),
    ("ProgrammingError", ids::PROGRAMMING),
    ("NotSupportedError", ids::NOT_SUPPORTED),
];

/// Whether exceptions of callbacks are shown.
static TRACEBACKS: AtomicBool = AtomicBool::new(false);

fn programming(cx: &mut Cx, m: impl AsRef<str>) -> Raised {
    cx.error(ids::PROGRAMMING, m)
}

/// Text that SQLite owns.
///
/// # Safety
/// `p` is null or a string that lives long enough to be copied.
unsafe fn text_of(p: *const std::ffi::c_char) -> String {
    if p.is_null() {
        return String::new();
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
}

fn class_of(code: i32) -> u32 {
    match code & 0xff {
        sq::SQLITE_INTERNAL | sq::SQLITE_NOTFOUND => ids::INTERNAL,
        sq::SQLITE_NOMEM => exception::ids::MEMORY_ERROR,
        sq::SQLITE_ERROR
        | sq::SQLITE_PERM
        | sq::SQLITE_ABORT
        | sq::SQLITE_BUSY
        | sq::SQLITE_LOCKED
        | sq::SQLITE_READONLY
        | sq::SQLITE_INTERRUPT
        | sq::SQLITE_IOERR
        | sq::SQLITE_FULL
        | sq::SQLITE_CANTOPEN
        | sq::SQLITE_PROTOCOL
        | sq::SQLITE_EMPTY
        | sq::SQLITE_SCHEMA => ids::OPERATIONAL,
        sq::SQLITE_TOOBIG => ids::DATA,
        sq::SQLITE_CONSTRAINT | sq::SQLITE_MISMATCH => ids::INTEGRITY,
        sq::SQLITE_MISUSE | sq::SQLITE_RANGE => ids::INTERFACE,
        _ => ids::DATABASE,
    }
}

/// The exception for what a handle says went wrong. The gate is held.
fn raise(cx: &mut Cx, db: *mut sq::sqlite3) -> Raised {
    // SAFETY: an open handle, or null, which has a code and a text too.
    let (code, text) = unsafe { (sq::sqlite3_extended_errcode(db), text_of(sq::sqlite3_errmsg(db))) };
    raise_code(cx, code, &text)
}

/// An exception with its code.
pub fn raise_code(cx: &mut Cx, code: i32, text: &str) -> Raised {
    let class = class_of(code);
    if class == exception::ids::MEMORY_ERROR {
        return cx.memory_error();
    }
    let r = cx.error(class, text);
    with_code(cx, r, code)
}

fn with_code(cx: &mut Cx, r: Raised, code: i32) -> Raised {
    let e = cx.catch(r);
    let name = constants::CODES.iter().find(|(c, _)| *c == code).map_or("unknown", |(_, n)| n);
    for (k, v) in [("sqlite_errorcode", int::from_i64(i64::from(code))), ("sqlite_errorname", Str::from_text(name).into_value())] {
        let k = Str::intern_text(k);
        if let Err(r) = attr::set(cx, e.as_ref(), k.as_ref(), Some(v.as_ref())) {
            return r;
        }
    }
    cx.raise(e)
}

/// An argument as text.
pub fn string(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<String> {
    let Some(s) = as_str(v) else {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("{what} must be str, not {n}")));
    };
    utf8(cx, s, v)
}

/// A str's UTF-8; UnicodeEncodeError for lone surrogates.
pub fn utf8(cx: &mut Cx, s: &Str, v: Ref<'_>) -> PyResult<String> {
    match s.to_utf8() {
        Some(t) => Ok(t.into_owned()),
        None => {
            let name = Str::intern_text("encode");
            objects::protocol::call::method(cx, v, name.as_ref(), &[])?;
            Err(cx.value_error("surrogates not allowed"))
        }
    }
}

/// An argument as a C string.
pub fn c_string(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<CString> {
    let s = string(cx, v, what)?;
    CString::new(s).map_err(|_| cx.value_error("embedded null character"))
}

fn complete(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = c_string(cx, a[0], "complete_statement() argument 'statement'")?;
    // SAFETY: a C string.
    Ok(Value::bool(unsafe { sq::sqlite3_complete(s.as_ptr()) } != 0).into())
}

fn show_callbacks(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = truth::of(cx, a[0])?;
    TRACEBACKS.store(on, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function(
        "adapt",
        "($module, obj, proto=<unrepresentable>, alt=<unrepresentable>, /)",
        adapt::adapt_function,
        "Adapt given object to given protocol.",
    ),
    function("complete_statement", "($module, /, statement)", complete, "Checks if a string contains a complete SQL statement."),
    raw_function(
        "connect",
        "",
        connection::connect,
        "Open a connection to the SQLite database file 'database'.\n\nYou can use \":memory:\" to open a database connection to a database that\nresides in RAM instead of on disk.",
    ),
    function(
        "enable_callback_tracebacks",
        "($module, enable, /)",
        show_callbacks,
        "Enable or disable callback functions throwing errors to stderr.",
    ),
    function(
        "register_adapter",
        "($module, type, adapter, /)",
        adapt::register_adapter,
        "Register a function to adapt Python objects to SQLite values.",
    ),
    function(
        "register_converter",
        "($module, typename, converter, /)",
        adapt::register_converter,
        "Register a function to convert SQLite values to Python objects.",
    ),
];

/// `_sqlite3`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_sqlite3",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, id) in EXCEPTIONS {
            m.add(name, type_value(*id));
        }
        for (name, id) in [
            ("Connection", ids::CONNECTION),
            ("Cursor", ids::CURSOR),
            ("Row", ids::ROW),
            ("Blob", ids::BLOB),
            ("PrepareProtocol", ids::PREPARE_PROTOCOL),
        ] {
            m.add(name, type_value(id));
        }
        for (name, n) in constants::ALL {
            m.add(name, int::from_i64(*n));
        }
        // SAFETY: a constant string.
        m.add("sqlite_version", Str::from_text(&unsafe { text_of(sq::sqlite3_libversion()) }));
        m.add("threadsafety", Value::small_int(3));
        m.add("adapters", Value::from(adapt::adapters()));
        m.add("converters", Value::from(adapt::converters()));
        Ok(())
    },
};
