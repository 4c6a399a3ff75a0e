//! `pwd`: the users of the system.

use crate::posix::arguments::owner_value;
use objects::native::{Method, function};
use objects::protocol::path::{decode_name, encode_name};
use objects::protocol::text;
use objects::types::exception::ids as exc;
use objects::types::int::{IntRef, as_int, index};
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::as_str;
use objects::types::structseq::Class;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::ffi::{CStr, CString};
use std::sync::Mutex;

/// `pwd.struct_passwd`
pub static STRUCT_PASSWD: Class =
    Class::new("pwd.struct_passwd", &["pw_name", "pw_passwd", "pw_uid", "pw_gid", "pw_gecos", "pw_dir", "pw_shell"], 7);

/// A copy of an entry that outlives the C library's.
struct Entry {
    texts: [Option<Vec<u8>>; 5],
    uid: u32,
    gid: u32,
}

/// A text of the C library; `None` for no text.
///
/// # Safety
/// Null or a terminated text.
pub unsafe fn copied(p: *const libc::c_char) -> Option<Vec<u8>> {
    // SAFETY: as above.
    if p.is_null() { None } else { Some(unsafe { CStr::from_ptr(p) }.to_bytes().to_vec()) }
}

impl Entry {
    /// # Safety
    /// A valid record.
    unsafe fn new(p: &libc::passwd) -> Entry {
        // SAFETY: its texts are terminated.
        let texts = unsafe { [copied(p.pw_name), copied(p.pw_passwd), copied(p.pw_gecos), copied(p.pw_dir), copied(p.pw_shell)] };
        Entry { texts, uid: p.pw_uid, gid: p.pw_gid }
    }
    fn value(&self, cx: &mut Cx) -> PyResult<Value> {
        let mut t = Vec::new();
        for x in &self.texts {
            t.push(optional(cx, x)?);
        }
        let [name, passwd, gecos, dir, shell] = <[Value; 5]>::try_from(t).unwrap_or([const { Value::NONE }; 5]);
        STRUCT_PASSWD.make(cx, vec![name, passwd, owner_value(self.uid), owner_value(self.gid), gecos, dir, shell])
    }
}

/// A text or None.
pub fn optional(cx: &mut Cx, t: &Option<Vec<u8>>) -> PyResult<Value> {
    match t {
        Some(b) => decode_name(cx, b),
        None => Ok(Value::NONE),
    }
}

/// A name as an argument.
pub fn name(cx: &mut Cx, v: Ref<'_>, function: &str, argument: &str) -> PyResult<CString> {
    if as_str(v).is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument{argument} must be str, not {n}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null byte"))
}

/// A user's or group's number; `None`: none that could exist.
pub fn id(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<Option<u32>> {
    if as_int(v).is_none() && type_of(v).slots.index().is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{what} should be integer, not {n}")));
    }
    let i = index(cx, v)?;
    Ok(match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(-1) => Some(u32::MAX),
        Some(n) => u32::try_from(n).ok(),
        None => None,
    })
}

/// Calls a reentrant look-up with a growing buffer. `f` gives an error number.
pub fn look_up<T: Send>(cx: &mut Cx, mut f: impl FnMut(&mut [u8]) -> Result<Option<T>, i32> + Send) -> PyResult<Option<T>> {
    let r = cx.detached(move || {
        let mut size = 1024;
        loop {
            let mut buffer = vec![0u8; size];
            match f(&mut buffer) {
                Err(libc::ERANGE) if size < 1 << 24 => size *= 2,
                r => return r,
            }
        }
    });
    // Several numbers mean "not found", as getpwnam(3) says.
    match r {
        Ok(r) => Ok(r),
        Err(libc::ENOENT | libc::ESRCH | libc::EBADF | libc::EPERM) => Ok(None),
        Err(e) => Err(cx.os_error(e, &[])),
    }
}

fn missing(cx: &mut Cx, message: String) -> Raised {
    let m = objects::types::str::Str::from_text(&message).into_value();
    cx.error_arg(exc::KEY_ERROR, m.as_ref())
}

fn getpwnam(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name(cx, a[0], "getpwnam", "")?;
    let found = look_up(cx, |buffer| {
        // SAFETY: a terminated name, a buffer of that length, room for the result.
        unsafe {
            let mut p: libc::passwd = std::mem::zeroed();
            let mut got = std::ptr::null_mut();
            match libc::getpwnam_r(n.as_ptr(), &mut p, buffer.as_mut_ptr().cast(), buffer.len(), &mut got) {
                0 => Ok(if got.is_null() { None } else { Some(Entry::new(&p)) }),
                e => Err(e),
            }
        }
    })?;
    match found {
        Some(e) => e.value(cx).map(Reg::from),
        None => {
            let shown = text::repr(cx, a[0])?.to_string_lossy();
            Err(missing(cx, format!("getpwnam(): name not found: {shown}")))
        }
    }
}

fn getpwuid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let uid = id(cx, a[0], "uid")?;
    let found = match uid {
        Some(uid) => look_up(cx, |buffer| {
            // SAFETY: a buffer of that length, room for the result.
            unsafe {
                let mut p: libc::passwd = std::mem::zeroed();
                let mut got = std::ptr::null_mut();
                match libc::getpwuid_r(uid, &mut p, buffer.as_mut_ptr().cast(), buffer.len(), &mut got) {
                    0 => Ok(if got.is_null() { None } else { Some(Entry::new(&p)) }),
                    e => Err(e),
                }
            }
        })?,
        None => None,
    };
    match found {
        Some(e) => e.value(cx).map(Reg::from),
        None => {
            let shown = match uid {
                Some(_) => format!(": {}", text::str(cx, a[0])?.to_string_lossy()),
                None => String::new(),
            };
            Err(missing(cx, format!("getpwuid(): uid not found{shown}")))
        }
    }
}

/// The C library has one position in the list of all.
static ALL: Mutex<()> = Mutex::new(());

fn getpwall(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let entries = cx.detached(|| {
        let _one = ALL.lock().unwrap_or_else(|e| e.into_inner());
        let mut all = Vec::new();
        // SAFETY: by one thread at a time; each record is copied before the next call.
        unsafe {
            libc::setpwent();
            while let Some(p) = libc::getpwent().as_ref() {
                all.push(Entry::new(p));
            }
            libc::endpwent();
        }
        all
    });
    let mut out = Vec::new();
    for e in &entries {
        out.push(e.value(cx)?);
    }
    Ok(List::from_values(out).into())
}

static FUNCTIONS: &[Method] = &[
    function("getpwnam", "($module, name, /)", getpwnam, "A user by name."),
    function("getpwuid", "($module, uidobj, /)", getpwuid, "A user by number."),
    function("getpwall", "($module, /)", getpwall, "All users."),
];

/// `pwd`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "pwd",
    doc: "The users of the system.",
    functions: FUNCTIONS,
    init: |cx, m| {
        m.add("struct_passwd", STRUCT_PASSWD.get(cx)?);
        Ok(())
    },
};
