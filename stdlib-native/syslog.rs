//! `syslog`: messages to the system's log.

use crate::posix::arguments::int_or;
use objects::native::{Method, function, raw_function};
use objects::protocol::path::encode_name;
use objects::types::int::{self, from_i64};
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::ffi::CString;
use std::sync::Mutex;

/// Whether the log is open, and the name that messages begin with: the C library keeps a pointer to it.
static OPEN: Mutex<Option<Option<&'static std::ffi::CStr>>> = Mutex::new(None);

fn c_text(cx: &mut Cx, v: Ref<'_>, function: &str, n: &str) -> PyResult<CString> {
    if as_str(v).is_none() {
        let t = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument {n} must be str, not {t}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null character"))
}

/// The script's name, which messages begin with unless told otherwise.
fn script_name(cx: &mut Cx) -> Option<CString> {
    let sys = cx.host.import(cx, "sys").ok()?;
    let argv = objects::protocol::attr::get_optional(cx, sys.as_ref(), Str::intern_text("argv").as_ref()).ok()??;
    let zero = Value::small_int(0);
    let first = match objects::protocol::item::get(cx, argv.as_ref(), zero.as_ref()) {
        Ok(v) => v.into_value(),
        Err(e) => {
            drop(cx.catch(e));
            return None;
        }
    };
    let text = as_str(first.as_ref())?.to_string_lossy();
    let name = text.rsplit('/').next().unwrap_or("").to_string();
    if name.is_empty() { None } else { CString::new(name).ok() }
}

fn open(ident: Option<CString>, option: i32, facility: i32) {
    let mut now = OPEN.lock().unwrap_or_else(|e| e.into_inner());
    // Never freed: the C library may be using an earlier one.
    let ident: Option<&'static std::ffi::CStr> = ident.map(|i| &*Box::leak(i.into_boxed_c_str()));
    // SAFETY: a text that lives for ever, or none.
    unsafe { libc::openlog(ident.map_or(std::ptr::null(), |i| i.as_ptr()), option, facility) };
    *now = Some(ident);
}

fn openlog(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let ident = match a[0].given().filter(|v| !v.is_none()) {
        Some(v) => Some(c_text(cx, v, "openlog", "'ident'")?),
        None => script_name(cx),
    };
    let (option, facility) = (int_or(cx, a[1], 0)?, int_or(cx, a[2], libc::LOG_USER)?);
    open(ident, option, facility);
    Ok(Value::NONE.into())
}

fn closelog(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut now = OPEN.lock().unwrap_or_else(|e| e.into_inner());
    if now.take().is_some() {
        // SAFETY: takes nothing.
        unsafe { libc::closelog() };
    }
    Ok(Value::NONE.into())
}

fn syslog(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "syslog.syslog")?;
    let p = args.positional();
    let (priority, message) = match p {
        [m] => (libc::LOG_INFO, *m),
        [n, m] => (int::c_int(cx, *n)?, *m),
        _ => return Err(cx.type_error("syslog.syslog requires 1 to 2 arguments")),
    };
    let message = c_text(cx, message, "syslog", if p.len() == 1 { "1" } else { "2" })?;
    let is_open = OPEN.lock().unwrap_or_else(|e| e.into_inner()).is_some();
    if !is_open {
        let name = script_name(cx);
        open(name, 0, libc::LOG_USER);
    }
    // SAFETY: a form with one terminated text.
    cx.detached(|| unsafe { libc::syslog(priority, c"%s".as_ptr(), message.as_ptr()) });
    Ok(Value::NONE.into())
}

fn setlogmask(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mask = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    Ok(int::reg(i64::from(unsafe { libc::setlogmask(mask) })))
}

static NUMBERS: &[(&str, i64)] = &[
    ("LOG_ALERT", libc::LOG_ALERT as i64),
    ("LOG_AUTH", libc::LOG_AUTH as i64),
    ("LOG_AUTHPRIV", libc::LOG_AUTHPRIV as i64),
    ("LOG_CONS", libc::LOG_CONS as i64),
    ("LOG_CRIT", libc::LOG_CRIT as i64),
    ("LOG_CRON", libc::LOG_CRON as i64),
    ("LOG_DAEMON", libc::LOG_DAEMON as i64),
    ("LOG_DEBUG", libc::LOG_DEBUG as i64),
    ("LOG_EMERG", libc::LOG_EMERG as i64),
    ("LOG_ERR", libc::LOG_ERR as i64),
    ("LOG_FTP", libc::LOG_FTP as i64),
    ("LOG_INFO", libc::LOG_INFO as i64),
    ("LOG_KERN", libc::LOG_KERN as i64),
    ("LOG_LOCAL0", libc::LOG_LOCAL0 as i64),
    ("LOG_LOCAL1", libc::LOG_LOCAL1 as i64),
    ("LOG_LOCAL2", libc::LOG_LOCAL2 as i64),
    ("LOG_LOCAL3", libc::LOG_LOCAL3 as i64),
    ("LOG_LOCAL4", libc::LOG_LOCAL4 as i64),
    ("LOG_LOCAL5", libc::LOG_LOCAL5 as i64),
    ("LOG_LOCAL6", libc::LOG_LOCAL6 as i64),
    ("LOG_LOCAL7", libc::LOG_LOCAL7 as i64),
    ("LOG_LPR", libc::LOG_LPR as i64),
    ("LOG_MAIL", libc::LOG_MAIL as i64),
    ("LOG_NDELAY", libc::LOG_NDELAY as i64),
    ("LOG_NEWS", libc::LOG_NEWS as i64),
    ("LOG_NOTICE", libc::LOG_NOTICE as i64),
    ("LOG_NOWAIT", libc::LOG_NOWAIT as i64),
    ("LOG_ODELAY", libc::LOG_ODELAY as i64),
    ("LOG_PERROR", libc::LOG_PERROR as i64),
    ("LOG_PID", libc::LOG_PID as i64),
    ("LOG_SYSLOG", libc::LOG_SYSLOG as i64),
    ("LOG_USER", libc::LOG_USER as i64),
    ("LOG_UUCP", libc::LOG_UUCP as i64),
    ("LOG_WARNING", libc::LOG_WARNING as i64),
];

static FUNCTIONS: &[Method] = &[
    function("openlog", "($module, /, ident=<unrepresentable>, logoption=0, facility=LOG_USER)", openlog, "Sets how messages begin."),
    function("closelog", "($module, /)", closelog, "Forgets what openlog has set."),
    raw_function("syslog", "", syslog, "Sends a message: syslog([priority,] message)."),
    function("setlogmask", "($module, maskpri, /)", setlogmask, "Sets which priorities are logged; gives the mask before."),
    function(
        "LOG_MASK",
        "($module, pri, /)",
        |cx, a| {
            let n = int::c_int(cx, a[0])?;
            Ok(int::reg(i64::from(1i32.wrapping_shl(n as u32))))
        },
        "The mask of one priority.",
    ),
    function(
        "LOG_UPTO",
        "($module, pri, /)",
        |cx, a| {
            let n = int::c_int(cx, a[0])?;
            Ok(int::reg(i64::from(1i32.wrapping_shl(n.wrapping_add(1) as u32).wrapping_sub(1))))
        },
        "The mask of all priorities up to one.",
    ),
];

/// `syslog`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "syslog",
    doc: "Messages to the system's log.",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, n) in NUMBERS {
            m.add(name, from_i64(*n));
        }
        Ok(())
    },
};
