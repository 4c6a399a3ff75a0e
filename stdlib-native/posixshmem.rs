//! `_posixshmem`: shared memory by name.

use crate::posix::arguments::{int_or, number};
use objects::native::{Method, function};
use objects::protocol::path::encode_name;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::as_str;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::CString;

fn name(cx: &mut Cx, v: Ref<'_>, function: &str, argument: &str) -> PyResult<CString> {
    if as_str(v).is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument{argument} must be str, not {n}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null character"))
}

fn shm_open(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let path = name(cx, a[0], "shm_open", " 1")?;
    let flags = int::c_int(cx, a[1])?;
    let mode = int_or(cx, a[2], 0o777)? as libc::mode_t;
    // SAFETY: a terminated name.
    match cx.system_call(|| unsafe { libc::shm_open(path.as_ptr(), flags, mode) })? {
        Ok(fd) => number(fd),
        Err(e) => Err(cx.os_error(e, &[a[0]])),
    }
}

fn shm_unlink(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let path = name(cx, a[0], "shm_unlink", "")?;
    // SAFETY: a terminated name.
    match cx.system_call(|| unsafe { libc::shm_unlink(path.as_ptr()) })? {
        Ok(_) => Ok(Value::NONE.into()),
        Err(e) => Err(cx.os_error(e, &[a[0]])),
    }
}

static FUNCTIONS: &[Method] = &[
    function("shm_open", "($module, /, path, flags, mode=511)", shm_open, "Opens shared memory; gives a descriptor."),
    function("shm_unlink", "($module, path, /)", shm_unlink, "Removes shared memory's name."),
];

/// `_posixshmem`.
pub static MODULE: ModuleDef = ModuleDef { name: "_posixshmem", doc: "Shared memory by name.", functions: FUNCTIONS, init: |_, _| Ok(()) };
