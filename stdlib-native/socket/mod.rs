//! `_socket`: communication between processes and machines.

pub mod address;
pub mod constants;
pub mod object;
pub mod resolve;
pub mod transfer;

use crate::posix::arguments::{call, int_or, number};
use gc::Payload;
use objects::native::{Method, function, new_function};
use objects::protocol::path::{last_errno, os_error_class};
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Cx, PyResult, Ref, Reg, Value};
use sync::prim::Ordering;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const SOCKET: u32 = 404;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&object::SOCKET_TYPE];

fn socketpair(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (family, kind, protocol) = (int_or(cx, a[0], libc::AF_UNIX)?, int_or(cx, a[1], libc::SOCK_STREAM)?, int_or(cx, a[2], 0)?);
    let mut ends = [-1; 2];
    // SAFETY: room for two numbers.
    call(cx, || unsafe { libc::socketpair(family, kind | libc::SOCK_CLOEXEC, protocol, ends.as_mut_ptr()) })?;
    let first = object::wrap(cx, ends[0], family, kind, protocol)?;
    let second = object::wrap(cx, ends[1], family, kind, protocol)?;
    Ok(Tuple::from_values(vec![first, second]).into())
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: a plain number.
    let e = cx.detached(|| unsafe { if libc::close(fd) < 0 { last_errno() } else { 0 } });
    if e != 0 && e != libc::ECONNRESET && e != libc::EINTR { Err(cx.os_error(e, &[])) } else { Ok(Value::NONE.into()) }
}

fn dup(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[0])?;
    // SAFETY: plain numbers.
    number(call(cx, || unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) })?)
}

fn setdefaulttimeout(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = object::timeout_of(cx, a[0])?;
    object::DEFAULT_TIMEOUT.store(n, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

fn control_size(cx: &mut Cx, v: Ref<'_>, name: &str, f: unsafe extern "C" fn(u32) -> u32) -> PyResult<Reg> {
    let n = int::index_size(cx, v)?;
    // SAFETY: plain arithmetic, which does not go over.
    match u32::try_from(n).ok().filter(|n| *n < i32::MAX as u32).map(|n| unsafe { f(n) }).filter(|n| *n <= i32::MAX as u32) {
        Some(n) => number(n),
        None => Err(cx.overflow_error(format!("{name}() argument out of range"))),
    }
}

unsafe extern "C" fn cmsg_len(n: u32) -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_LEN(n) }
}
unsafe extern "C" fn cmsg_space(n: u32) -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_SPACE(n) }
}

static FUNCTIONS: &[Method] = &[
    function("socketpair", "($module, family=AF_UNIX, type=SOCK_STREAM, proto=0, /)", socketpair, "A pair of connected sockets."),
    function("close", "($module, fd, /)", close, "Closes a socket's descriptor."),
    function("dup", "($module, fd, /)", dup, "Another descriptor of a socket."),
    function(
        "getdefaulttimeout",
        "($module, /)",
        |_, _| Ok(object::timeout_value(object::DEFAULT_TIMEOUT.load(Ordering::Relaxed)).into()),
        "How long new sockets' operations wait.",
    ),
    function("setdefaulttimeout", "($module, timeout, /)", setdefaulttimeout, "Sets how long new sockets' operations wait."),
    function(
        "CMSG_LEN",
        "($module, length, /)",
        |cx, a| control_size(cx, a[0], "CMSG_LEN", cmsg_len),
        "Bytes of an item of ancillary data.",
    ),
    function(
        "CMSG_SPACE",
        "($module, length, /)",
        |cx, a| control_size(cx, a[0], "CMSG_SPACE", cmsg_space),
        "Room for an item of ancillary data.",
    ),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let name = Str::intern_text("_socket");
    for f in resolve::FUNCTIONS {
        let object = new_function(f, name.clone());
        object.header().make_deferred();
        m.add(f.name, object);
    }
    for (name, n) in constants::NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("socket", type_value(ids::SOCKET));
    m.add("SocketType", type_value(ids::SOCKET));
    m.add("error", os_error_class());
    m.add("timeout", type_value(exc::TIMEOUT_ERROR));
    m.add("gaierror", resolve::gai_error_class(cx)?);
    m.add("herror", resolve::h_error_class(cx)?);
    m.add("has_ipv6", Value::TRUE);
    m.add("BDADDR_ANY", Str::intern_text("00:00:00:00:00:00"));
    m.add("BDADDR_LOCAL", Str::intern_text("00:00:00:FF:FF:FF"));
    Ok(())
}

/// `_socket`.
pub static MODULE: ModuleDef = ModuleDef { name: "_socket", doc: "Communication by sockets.", functions: FUNCTIONS, init };
