//! `_locale`: the C library's locale.

use gc::Word;
use objects::native::{Method, function};
use objects::protocol::call;
use objects::protocol::path::{decode_name, encode_name, last_errno};
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{type_of, type_value};
use objects::{Cx, PyResult, Ref, Reg, Value};

use std::ffi::{CStr, CString};
use std::sync::{Mutex, OnceLock};

static ERROR: OnceLock<u64> = OnceLock::new();
/// The C library's answers stay valid until the next call.
static ONE: Mutex<()> = Mutex::new(());

unsafe extern "C" {
    fn textdomain(domain: *const libc::c_char) -> *mut libc::c_char;
    fn bindtextdomain(domain: *const libc::c_char, dir: *const libc::c_char) -> *mut libc::c_char;
    fn bind_textdomain_codeset(domain: *const libc::c_char, codeset: *const libc::c_char) -> *mut libc::c_char;
    fn dcgettext(domain: *const libc::c_char, message: *const libc::c_char, category: i32) -> *mut libc::c_char;
    fn wcscoll(a: *const libc::wchar_t, b: *const libc::wchar_t) -> i32;
    fn wcsxfrm(to: *mut libc::wchar_t, from: *const libc::wchar_t, n: usize) -> usize;
}

fn error_class(cx: &mut Cx) -> PyResult<Value> {
    if ERROR.get().is_none() {
        let ns = Dict::new();
        ns.set_str(objects::names::__module__(), Str::intern_text("locale"));
        let name = Str::from_text("Error");
        let bases = Tuple::from_values(vec![type_value(exc::EXCEPTION)]);
        let meta = type_value(objects::ids::TYPE);
        let class = call::positional(cx, meta.as_ref(), &[name.value().as_ref(), bases.value().as_ref(), ns.value().as_ref()])?;
        if let Some(h) = class.as_ref().header() {
            h.make_immortal();
        }
        let _ = ERROR.set(class.into_word().0);
    }
    match ERROR.get() {
        // SAFETY: an immortal class.
        Some(w) => Ok(unsafe { Ref::from_word(Word(*w)) }.to_value()),
        None => Ok(Value::NONE),
    }
}

fn c_text(cx: &mut Cx, v: Ref<'_>, function: &str, n: u32) -> PyResult<CString> {
    if as_str(v).is_none() {
        let t = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument {n} must be str, not {t}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null character"))
}

fn optional(cx: &mut Cx, v: Ref<'_>, function: &str, n: u32) -> PyResult<Option<CString>> {
    match v.given().filter(|v| !v.is_none()) {
        Some(v) if as_str(v).is_none() => {
            let t = type_of(v).name_text();
            Err(cx.type_error(format!("{function}() argument {n} must be str or None, not {t}")))
        }
        Some(v) => c_text(cx, v, function, n).map(Some),
        None => Ok(None),
    }
}

fn at(t: &Option<CString>) -> *const libc::c_char {
    t.as_ref().map_or(std::ptr::null(), |t| t.as_ptr())
}

/// # Safety
/// Null or a terminated text.
unsafe fn copied(p: *const libc::c_char) -> Option<Vec<u8>> {
    // SAFETY: as above.
    if p.is_null() { None } else { Some(unsafe { CStr::from_ptr(p) }.to_bytes().to_vec()) }
}

fn setlocale(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let category = int::c_int(cx, a[0])?;
    let name = optional(cx, a[1], "setlocale", 2)?;
    let asks = name.is_none();
    let got = {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: a terminated text or none; the answer is copied under the lock.
        unsafe { copied(libc::setlocale(category, at(&name))) }
    };
    match got {
        Some(n) => decode_name(cx, &n).map(Reg::from),
        None => {
            let class = error_class(cx)?;
            let message = Str::from_text(if asks { "locale query failed" } else { "unsupported locale setting" });
            let e = call::positional(cx, class.as_ref(), &[message.value().as_ref()])?;
            Err(cx.raise_new(e))
        }
    }
}

fn grouping(p: &[u8]) -> Value {
    let mut out: Vec<Value> = p.iter().map(|b| from_i64(i64::from(*b))).collect();
    // Ends with 0 (goes on so) unless it ends with CHAR_MAX (no further grouping).
    if !p.is_empty() && p.last() != Some(&127) {
        out.push(from_i64(0));
    }
    List::from_values(out).into_value()
}

fn localeconv(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let (texts, groups, numbers) = {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: the C library's record, copied under the lock.
        unsafe {
            let l = &*libc::localeconv();
            let t = |p: *mut libc::c_char| copied(p).unwrap_or_default();
            let texts = [
                ("decimal_point", t(l.decimal_point)),
                ("thousands_sep", t(l.thousands_sep)),
                ("int_curr_symbol", t(l.int_curr_symbol)),
                ("currency_symbol", t(l.currency_symbol)),
                ("mon_decimal_point", t(l.mon_decimal_point)),
                ("mon_thousands_sep", t(l.mon_thousands_sep)),
                ("positive_sign", t(l.positive_sign)),
                ("negative_sign", t(l.negative_sign)),
            ];
            let groups = [("grouping", t(l.grouping)), ("mon_grouping", t(l.mon_grouping))];
            let numbers = [
                ("int_frac_digits", l.int_frac_digits),
                ("frac_digits", l.frac_digits),
                ("p_cs_precedes", l.p_cs_precedes),
                ("p_sep_by_space", l.p_sep_by_space),
                ("n_cs_precedes", l.n_cs_precedes),
                ("n_sep_by_space", l.n_sep_by_space),
                ("p_sign_posn", l.p_sign_posn),
                ("n_sign_posn", l.n_sign_posn),
            ];
            (texts, groups, numbers)
        }
    };
    let d = Dict::new();
    for (k, t) in &texts {
        d.set_text(k, decode_name(cx, t)?);
    }
    for (k, g) in &groups {
        d.set_text(k, grouping(g));
    }
    for (k, n) in numbers {
        d.set_text(k, from_i64(i64::from(n)));
    }
    Ok(d.into())
}

fn nl_langinfo(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let key = int::c_int(cx, a[0])?;
    if !NUMBERS.iter().any(|(n, k)| *k == i64::from(key) && !n.starts_with("LC_") && *n != "CHAR_MAX") {
        return Err(cx.value_error("unsupported langinfo constant"));
    }
    let t = {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: a known key; the answer is copied under the lock.
        unsafe { copied(libc::nl_langinfo(key)) }.unwrap_or_default()
    };
    decode_name(cx, &t).map(Reg::from)
}

/// A str as wide characters.
fn wide(cx: &mut Cx, v: Ref<'_>, function: &str, n: u32) -> PyResult<Vec<libc::wchar_t>> {
    let Some(s) = as_str(v) else {
        let t = type_of(v).name_text();
        return Err(
            cx.type_error(format!("{function}() argument{} must be str, not {t}", if n == 0 { String::new() } else { format!(" {n}") }))
        );
    };
    let u = s.units();
    let mut out: Vec<libc::wchar_t> = (0..s.len()).map(|i| u.get(i).unwrap_or(0) as libc::wchar_t).collect();
    if out.contains(&0) {
        return Err(cx.value_error("embedded null character"));
    }
    out.push(0);
    Ok(out)
}

fn collate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (x, y) = (wide(cx, a[0], "strcoll", 1)?, wide(cx, a[1], "strcoll", 2)?);
    // SAFETY: terminated texts.
    Ok(int::reg(i64::from(unsafe { wcscoll(x.as_ptr(), y.as_ptr()) })))
}

fn strxfrm(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = wide(cx, a[0], "strxfrm", 0)?;
    let mut out: Vec<libc::wchar_t> = vec![0; x.len() + 1];
    loop {
        // SAFETY: a terminated text, a buffer of that length.
        let (n, e) = unsafe {
            *libc::__errno_location() = 0;
            (wcsxfrm(out.as_mut_ptr(), x.as_ptr(), out.len()), last_errno())
        };
        if e != 0 && e != libc::ERANGE {
            return Err(cx.os_error(e, &[]));
        }
        if n < out.len() {
            let chars: Vec<u32> = out[..n].iter().map(|c| *c as u32).collect();
            return Ok(Str::from_code_points(&chars).into());
        }
        out.resize(n + 1, 0);
    }
}

/// Calls one of the functions on message catalogs; its text, or None.
fn message(cx: &mut Cx, f: impl FnOnce() -> *const libc::c_char) -> PyResult<Reg> {
    let got = {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: a terminated text or none, copied under the lock.
        unsafe { copied(f()) }
    };
    match got {
        Some(t) => decode_name(cx, &t).map(Reg::from),
        None => Ok(Value::NONE.into()),
    }
}

fn dcget(cx: &mut Cx, domain: Option<CString>, text: CString, category: i32) -> PyResult<Reg> {
    // SAFETY: terminated texts.
    message(cx, || unsafe { dcgettext(at(&domain), text.as_ptr(), category) })
}

fn bindtextdomain_(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let domain = c_text(cx, a[0], "bindtextdomain", 1)?;
    if domain.is_empty() {
        let class = error_class(cx)?;
        let m = Str::from_text("domain must be a non-empty string");
        let e = call::positional(cx, class.as_ref(), &[m.value().as_ref()])?;
        return Err(cx.raise_new(e));
    }
    let dir = match a[1].is_none() {
        true => None,
        false => Some(crate::posix::execute::c_text(cx, a[1])?),
    };
    // SAFETY: terminated texts.
    message(cx, || unsafe { bindtextdomain(domain.as_ptr(), at(&dir)) })
}

static NUMBERS: &[(&str, i64)] = &[
    ("ABDAY_1", libc::ABDAY_1 as i64),
    ("ABDAY_2", libc::ABDAY_2 as i64),
    ("ABDAY_3", libc::ABDAY_3 as i64),
    ("ABDAY_4", libc::ABDAY_4 as i64),
    ("ABDAY_5", libc::ABDAY_5 as i64),
    ("ABDAY_6", libc::ABDAY_6 as i64),
    ("ABDAY_7", libc::ABDAY_7 as i64),
    ("ABMON_1", libc::ABMON_1 as i64),
    ("ABMON_10", libc::ABMON_10 as i64),
    ("ABMON_11", libc::ABMON_11 as i64),
    ("ABMON_12", libc::ABMON_12 as i64),
    ("ABMON_2", libc::ABMON_2 as i64),
    ("ABMON_3", libc::ABMON_3 as i64),
    ("ABMON_4", libc::ABMON_4 as i64),
    ("ABMON_5", libc::ABMON_5 as i64),
    ("ABMON_6", libc::ABMON_6 as i64),
    ("ABMON_7", libc::ABMON_7 as i64),
    ("ABMON_8", libc::ABMON_8 as i64),
    ("ABMON_9", libc::ABMON_9 as i64),
    ("ALT_DIGITS", libc::ALT_DIGITS as i64),
    ("AM_STR", libc::AM_STR as i64),
    ("CHAR_MAX", 127),
    ("CODESET", libc::CODESET as i64),
    ("CRNCYSTR", libc::CRNCYSTR as i64),
    ("DAY_1", libc::DAY_1 as i64),
    ("DAY_2", libc::DAY_2 as i64),
    ("DAY_3", libc::DAY_3 as i64),
    ("DAY_4", libc::DAY_4 as i64),
    ("DAY_5", libc::DAY_5 as i64),
    ("DAY_6", libc::DAY_6 as i64),
    ("DAY_7", libc::DAY_7 as i64),
    ("D_FMT", libc::D_FMT as i64),
    ("D_T_FMT", libc::D_T_FMT as i64),
    ("ERA", libc::ERA as i64),
    ("ERA_D_FMT", libc::ERA_D_FMT as i64),
    ("ERA_D_T_FMT", libc::ERA_D_T_FMT as i64),
    ("ERA_T_FMT", libc::ERA_T_FMT as i64),
    ("LC_ALL", libc::LC_ALL as i64),
    ("LC_COLLATE", libc::LC_COLLATE as i64),
    ("LC_CTYPE", libc::LC_CTYPE as i64),
    ("LC_MESSAGES", libc::LC_MESSAGES as i64),
    ("LC_MONETARY", libc::LC_MONETARY as i64),
    ("LC_NUMERIC", libc::LC_NUMERIC as i64),
    ("LC_TIME", libc::LC_TIME as i64),
    ("MON_1", libc::MON_1 as i64),
    ("MON_10", libc::MON_10 as i64),
    ("MON_11", libc::MON_11 as i64),
    ("MON_12", libc::MON_12 as i64),
    ("MON_2", libc::MON_2 as i64),
    ("MON_3", libc::MON_3 as i64),
    ("MON_4", libc::MON_4 as i64),
    ("MON_5", libc::MON_5 as i64),
    ("MON_6", libc::MON_6 as i64),
    ("MON_7", libc::MON_7 as i64),
    ("MON_8", libc::MON_8 as i64),
    ("MON_9", libc::MON_9 as i64),
    ("NOEXPR", libc::NOEXPR as i64),
    ("PM_STR", libc::PM_STR as i64),
    ("RADIXCHAR", libc::RADIXCHAR as i64),
    ("THOUSEP", libc::THOUSEP as i64),
    ("T_FMT", libc::T_FMT as i64),
    ("T_FMT_AMPM", libc::T_FMT_AMPM as i64),
    ("YESEXPR", libc::YESEXPR as i64),
    ("_DATE_FMT", 131180),
];

static FUNCTIONS: &[Method] = &[
    function("setlocale", "($module, category, locale=None, /)", setlocale, "Asks for or sets a locale."),
    function("localeconv", "($module, /)", localeconv, "How numbers and money are written."),
    function("nl_langinfo", "($module, key, /)", nl_langinfo, "A text of the locale."),
    function("strcoll", "($module, os1, os2, /)", collate, "Compares two strs in the locale's order."),
    function("strxfrm", "($module, string, /)", strxfrm, "A str whose order is the locale's."),
    function("getencoding", "($module, /)", |_, _| Ok(Str::intern_text("utf-8").into()), "The locale's encoding."),
    function(
        "gettext",
        "($module, msg, /)",
        |cx, a| {
            let t = c_text(cx, a[0], "gettext", 1)?;
            dcget(cx, None, t, libc::LC_MESSAGES)
        },
        "A message translated.",
    ),
    function(
        "dgettext",
        "($module, domain, msg, /)",
        |cx, a| {
            let (d, t) = (optional(cx, a[0], "dgettext", 1)?, c_text(cx, a[1], "dgettext", 2)?);
            dcget(cx, d, t, libc::LC_MESSAGES)
        },
        "A message of a domain translated.",
    ),
    function(
        "dcgettext",
        "($module, domain, msg, category, /)",
        |cx, a| {
            let (d, t) = (optional(cx, a[0], "dcgettext", 1)?, c_text(cx, a[1], "dcgettext", 2)?);
            let category = int::c_int(cx, a[2])?;
            dcget(cx, d, t, category)
        },
        "A message of a domain and category translated.",
    ),
    function(
        "textdomain",
        "($module, domain, /)",
        |cx, a| {
            let d = optional(cx, a[0], "textdomain", 1)?;
            // SAFETY: a terminated text or none.
            message(cx, || unsafe { textdomain(at(&d)) })
        },
        "Asks for or sets the domain of messages.",
    ),
    function("bindtextdomain", "($module, domain, dir, /)", bindtextdomain_, "Asks for or sets where a domain's messages are."),
    function(
        "bind_textdomain_codeset",
        "($module, domain, codeset, /)",
        |cx, a| {
            let (d, c) = (c_text(cx, a[0], "bind_textdomain_codeset", 1)?, optional(cx, a[1], "bind_textdomain_codeset", 2)?);
            // SAFETY: terminated texts.
            message(cx, || unsafe { bind_textdomain_codeset(d.as_ptr(), at(&c)) })
        },
        "Asks for or sets the encoding of a domain's messages.",
    ),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("Error", error_class(cx)?);
    Ok(())
}

/// `_locale`.
pub static MODULE: ModuleDef = ModuleDef { name: "_locale", doc: "The C library's locale.", functions: FUNCTIONS, init };
