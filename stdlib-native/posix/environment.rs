//! `posix`: the environment of the process.

use super::arguments::none;
use gc::Payload;
use objects::native::{Method, function};
use objects::protocol::buffer::bytes_of;
use objects::protocol::path::{encode_name, fspath};
use objects::types::bytes::Bytes;
use objects::types::dict::Dict;
use objects::types::str::as_str;
use objects::{Cx, PyResult, Ref, Reg, Value};
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The environment as a dict of bytes.
pub fn snapshot(cx: &mut Cx) -> PyResult<Value> {
    let d = Dict::new();
    for (k, v) in std::env::vars_os() {
        let (k, v) = (Bytes::new(&k.into_vec()), Bytes::new(&v.into_vec()));
        // The first of two with one name wins.
        if d.get(cx, k.as_ref())?.is_none() {
            d.set(cx, k.as_ref(), v.as_ref())?;
        }
    }
    Ok(d.into_value())
}

/// The bytes of a str, bytes or path object, without null characters.
pub fn system_bytes(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    let p = fspath(cx, v)?;
    let bytes = if as_str(p.as_ref()).is_some() { encode_name(cx, p.as_ref())? } else { bytes_of(cx, p.as_ref())? };
    if bytes.contains(&0) { Err(cx.value_error("embedded null byte")) } else { Ok(bytes) }
}

fn putenv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (name, value) = (system_bytes(cx, a[0])?, system_bytes(cx, a[1])?);
    if name.contains(&b'=') {
        return Err(cx.value_error("illegal environment variable name"));
    }
    if name.is_empty() {
        return Err(cx.os_error(libc::EINVAL, &[]));
    }
    // SAFETY: others that read the environment do it through the same lock of the standard library, or are C code that the reference races
    // with too.
    unsafe { std::env::set_var(OsStr::from_bytes(&name), OsStr::from_bytes(&value)) };
    none()
}

fn unsetenv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = system_bytes(cx, a[0])?;
    if name.contains(&b'=') || name.is_empty() {
        return Err(cx.os_error(libc::EINVAL, &[]));
    }
    // SAFETY: as above.
    unsafe { std::env::remove_var(OsStr::from_bytes(&name)) };
    none()
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function("putenv", "($module, name, value, /)", putenv, "Sets a variable of the environment."),
    function("unsetenv", "($module, name, /)", unsetenv, "Removes a variable of the environment."),
    function("_create_environ", "($module, /)", |cx, _| snapshot(cx).map(Reg::from), "The environment as a dict of bytes."),
];
