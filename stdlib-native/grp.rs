//! `grp`: the groups of the system.

use crate::posix::arguments::gid;
use crate::posix::arguments::owner_value;
use crate::pwd::{copied, look_up, name, optional};
use objects::native::{Method, function};
use objects::protocol::path::decode_name;
use objects::protocol::text;
use objects::types::exception::ids as exc;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::structseq::Class;
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::sync::Mutex;

/// `grp.struct_group`
pub static STRUCT_GROUP: Class = Class::new("grp.struct_group", &["gr_name", "gr_passwd", "gr_gid", "gr_mem"], 4);

/// A copy of an entry that outlives the C library's.
struct Entry {
    name: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
    gid: u32,
    members: Vec<Vec<u8>>,
}

impl Entry {
    /// # Safety
    /// A valid record.
    unsafe fn new(g: &libc::group) -> Entry {
        let mut members = Vec::new();
        // SAFETY: terminated texts and a terminated array.
        unsafe {
            let mut at = g.gr_mem;
            while !at.is_null()
                && let Some(m) = copied(*at)
            {
                members.push(m);
                at = at.add(1);
            }
            Entry { name: copied(g.gr_name), password: copied(g.gr_passwd), gid: g.gr_gid, members }
        }
    }
    fn value(&self, cx: &mut Cx) -> PyResult<Value> {
        let mut members = Vec::new();
        for m in &self.members {
            members.push(decode_name(cx, m)?);
        }
        let items =
            vec![optional(cx, &self.name)?, optional(cx, &self.password)?, owner_value(self.gid), List::from_values(members).into_value()];
        STRUCT_GROUP.make(cx, items)
    }
}

fn missing(cx: &mut Cx, message: String) -> Raised {
    let m = Str::from_text(&message).into_value();
    cx.error_arg(exc::KEY_ERROR, m.as_ref())
}

fn getgrnam(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = name(cx, a[0], "getgrnam", " 'name'")?;
    let found = look_up(cx, |buffer| {
        // SAFETY: a terminated name, a buffer of that length, room for the result.
        unsafe {
            let mut g: libc::group = std::mem::zeroed();
            let mut got = std::ptr::null_mut();
            match libc::getgrnam_r(n.as_ptr(), &mut g, buffer.as_mut_ptr().cast(), buffer.len(), &mut got) {
                0 => Ok(if got.is_null() { None } else { Some(Entry::new(&g)) }),
                e => Err(e),
            }
        }
    })?;
    match found {
        Some(e) => e.value(cx).map(Reg::from),
        None => {
            let shown = text::repr(cx, a[0])?.to_string_lossy();
            Err(missing(cx, format!("getgrnam(): name not found: {shown}")))
        }
    }
}

fn getgrgid(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let gid = gid(cx, a[0])?;
    let found = {
        look_up(cx, |buffer| {
            // SAFETY: a buffer of that length, room for the result.
            unsafe {
                let mut g: libc::group = std::mem::zeroed();
                let mut got = std::ptr::null_mut();
                match libc::getgrgid_r(gid, &mut g, buffer.as_mut_ptr().cast(), buffer.len(), &mut got) {
                    0 => Ok(if got.is_null() { None } else { Some(Entry::new(&g)) }),
                    e => Err(e),
                }
            }
        })?
    };
    match found {
        Some(e) => e.value(cx).map(Reg::from),
        None => {
            let shown = text::str(cx, a[0])?.to_string_lossy();
            Err(missing(cx, format!("getgrgid(): gid not found: {shown}")))
        }
    }
}

/// The C library has one position in the list of all.
static ALL: Mutex<()> = Mutex::new(());

fn getgrall(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let entries = cx.detached(|| {
        let _one = ALL.lock().unwrap_or_else(|e| e.into_inner());
        let mut all = Vec::new();
        // SAFETY: by one thread at a time; each record is copied before the next call.
        unsafe {
            libc::setgrent();
            while let Some(g) = libc::getgrent().as_ref() {
                all.push(Entry::new(g));
            }
            libc::endgrent();
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
    function("getgrnam", "($module, /, name)", getgrnam, "A group by name."),
    function("getgrgid", "($module, /, id)", getgrgid, "A group by number."),
    function("getgrall", "($module, /)", getgrall, "All groups."),
];

/// `grp`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "grp",
    doc: "The groups of the system.",
    functions: FUNCTIONS,
    init: |cx, m| {
        m.add("struct_group", STRUCT_GROUP.get(cx)?);
        Ok(())
    },
};
