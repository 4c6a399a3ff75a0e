//! `_socket`: names: hosts, services, protocols, interfaces, and numbers as text.

use super::address::{self, Address, host_name, interface_name, v4_text};
use crate::posix::arguments::{int_or, number};
use gc::Word;
use objects::native::{Method, function};
use objects::protocol::path::{encode_name, last_errno};
use objects::protocol::{buffer, call};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int, from_i64};
use objects::types::list::List;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of, type_value};
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::ffi::{CStr, CString};
use std::sync::{Mutex, OnceLock};

static GAI_ERROR: OnceLock<u64> = OnceLock::new();
static H_ERROR: OnceLock<u64> = OnceLock::new();

fn error_class(cx: &mut Cx, cell: &OnceLock<u64>, name: &str) -> PyResult<Value> {
    if cell.get().is_none() {
        let ns = Dict::new();
        ns.set_str(objects::names::__module__(), Str::intern_text("socket"));
        let name = Str::from_text(name);
        let bases = Tuple::from_values(vec![type_value(exc::OS_ERROR)]);
        let meta = type_value(objects::ids::TYPE);
        let class = call::positional(cx, meta.as_ref(), &[name.value().as_ref(), bases.value().as_ref(), ns.value().as_ref()])?;
        if let Some(h) = class.as_ref().header() {
            h.make_immortal();
        }
        let _ = cell.set(class.into_word().0);
    }
    match cell.get() {
        // SAFETY: an immortal class.
        Some(w) => Ok(unsafe { Ref::from_word(Word(*w)) }.to_value()),
        None => Ok(Value::NONE),
    }
}

/// `socket.gaierror`
pub fn gai_error_class(cx: &mut Cx) -> PyResult<Value> {
    error_class(cx, &GAI_ERROR, "gaierror")
}
/// `socket.herror`
pub fn h_error_class(cx: &mut Cx) -> PyResult<Value> {
    error_class(cx, &H_ERROR, "herror")
}

fn raise(cx: &mut Cx, class: PyResult<Value>, code: i32, message: &str) -> Raised {
    let class = match class {
        Ok(c) => c,
        Err(e) => return e,
    };
    let (n, t) = (Value::small_int(i64::from(code)), Str::from_text(message));
    match call::positional(cx, class.as_ref(), &[n.as_ref(), t.value().as_ref()]) {
        Ok(e) => cx.raise_new(e),
        Err(e) => e,
    }
}

fn gai_error(cx: &mut Cx, code: i32, errno: i32) -> Raised {
    if code == libc::EAI_SYSTEM {
        return cx.os_error(errno, &[]);
    }
    // SAFETY: gives a static terminated text.
    let message = unsafe { CStr::from_ptr(libc::gai_strerror(code)) }.to_string_lossy().into_owned();
    let class = gai_error_class(cx);
    raise(cx, class, code, &message)
}

/// One result of a look-up.
struct Found {
    family: i32,
    kind: i32,
    protocol: i32,
    name: Option<Vec<u8>>,
    address: Address,
}

fn look_up(host: Option<&CStr>, service: Option<&CStr>, hints: libc::addrinfo) -> Result<Vec<Found>, (i32, i32)> {
    let mut list = std::ptr::null_mut();
    let at = |t: Option<&CStr>| t.map_or(std::ptr::null(), CStr::as_ptr);
    // SAFETY: terminated texts or none; the list is walked and freed once.
    unsafe {
        let code = libc::getaddrinfo(at(host), at(service), &hints, &mut list);
        if code != 0 {
            return Err((code, last_errno()));
        }
        let mut out = Vec::new();
        let mut p = list;
        while let Some(i) = p.as_ref() {
            out.push(Found {
                family: i.ai_family,
                kind: i.ai_socktype,
                protocol: i.ai_protocol,
                name: if i.ai_canonname.is_null() { None } else { Some(CStr::from_ptr(i.ai_canonname).to_bytes().to_vec()) },
                address: Address::copied(i.ai_addr, i.ai_addrlen),
            });
            p = i.ai_next;
        }
        libc::freeaddrinfo(list);
        Ok(out)
    }
}

/// Hints as plain numbers: they go to a detached thread of control.
#[derive(Clone, Copy)]
struct Hints {
    family: i32,
    kind: i32,
    protocol: i32,
    flags: i32,
}

fn asked(cx: &mut Cx, host: Option<&CStr>, service: Option<&CStr>, h: Hints) -> PyResult<Vec<Found>> {
    let r = cx.detached(|| {
        // SAFETY: zeros are a valid record.
        let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
        hints.ai_family = h.family;
        hints.ai_socktype = h.kind;
        hints.ai_protocol = h.protocol;
        hints.ai_flags = h.flags;
        look_up(host, service, hints)
    });
    r.map_err(|(code, errno)| gai_error(cx, code, errno))
}

/// The first address of a host: "" is any, "<broadcast>" the broadcast address.
pub fn host_address(cx: &mut Cx, host: &CStr, family: i32) -> PyResult<Address> {
    let bytes = host.to_bytes();
    if bytes.is_empty() {
        let h = Hints { family, kind: libc::SOCK_DGRAM, protocol: 0, flags: libc::AI_PASSIVE };
        let found = asked(cx, None, Some(c"0"), h)?;
        if found.len() > 1 {
            return Err(cx.error(exc::OS_ERROR, "wildcard resolved to multiple address"));
        }
        return found.first().map(|f| f.address).ok_or_else(|| cx.error(exc::OS_ERROR, "unsupported address family"));
    }
    if bytes == b"<broadcast>" || bytes == b"255.255.255.255" {
        if family != libc::AF_INET && family != libc::AF_UNSPEC {
            return Err(cx.error(exc::OS_ERROR, "address family mismatched"));
        }
        // SAFETY: zeros are a valid record.
        let mut a: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        a.sin_family = libc::AF_INET as libc::sa_family_t;
        a.sin_addr.s_addr = u32::MAX;
        return Ok(Address::of(a, size_of::<libc::sockaddr_in>()));
    }
    // Numbers need no look-up.
    if let Some(ip) = std::str::from_utf8(bytes).ok().and_then(|t| t.parse::<std::net::Ipv4Addr>().ok())
        && (family == libc::AF_INET || family == libc::AF_UNSPEC)
    {
        // SAFETY: zeros are a valid record.
        let mut a: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        a.sin_family = libc::AF_INET as libc::sa_family_t;
        a.sin_addr.s_addr = u32::from(ip).to_be();
        return Ok(Address::of(a, size_of::<libc::sockaddr_in>()));
    }
    let found = asked(cx, Some(host), None, Hints { family, kind: 0, protocol: 0, flags: 0 })?;
    found.first().map(|f| f.address).ok_or_else(|| cx.error(exc::OS_ERROR, "unknown address family"))
}

fn getaddrinfo(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let host = if a[0].is_none() {
        None
    } else if as_str(a[0]).is_some() {
        Some(host_name(cx, a[0])?)
    } else if let Some(b) = a[0].downcast::<Bytes>() {
        Some(CString::new(b.data()).map_err(|_| cx.value_error("embedded null byte"))?)
    } else {
        return Err(cx.type_error("getaddrinfo() argument 1 must be string or None"));
    };
    let service = if a[1].is_none() {
        None
    } else if let Some(i) = as_int(a[1]) {
        Some(CString::new(int::convert::decimal(cx, i)?).unwrap_or_default())
    } else if as_str(a[1]).is_some() {
        let b = encode_name(cx, a[1])?;
        Some(CString::new(b).map_err(|_| cx.value_error("embedded null character"))?)
    } else if let Some(b) = a[1].downcast::<Bytes>() {
        Some(CString::new(b.data()).map_err(|_| cx.value_error("embedded null byte"))?)
    } else {
        return Err(cx.error(exc::OS_ERROR, "Int or String expected"));
    };
    let h = Hints { family: int_or(cx, a[2], 0)?, kind: int_or(cx, a[3], 0)?, protocol: int_or(cx, a[4], 0)?, flags: int_or(cx, a[5], 0)? };
    let mut out = Vec::new();
    for f in asked(cx, host.as_deref(), service.as_deref(), h)? {
        let name = objects::protocol::path::decode_name(cx, f.name.as_deref().unwrap_or(b""))?;
        let n = |n: i32| Value::small_int(i64::from(n));
        let address = address::value(cx, &f.address)?;
        out.push(Tuple::from_values(vec![n(f.family), n(f.kind), n(f.protocol), name, address]).into_value());
    }
    Ok(List::from_values(out).into())
}

fn getnameinfo(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(items) = a[0].downcast::<Tuple>().map(Tuple::items) else {
        return Err(cx.type_error("getnameinfo() argument 1 must be a tuple"));
    };
    let flags = int::c_int(cx, a[1])?;
    if !(2..=4).contains(&items.len()) || as_str(items[0]).is_none() {
        return Err(cx.type_error("getnameinfo(): illegal sockaddr argument"));
    }
    let host = host_name(cx, items[0])?;
    let port = int::c_int(cx, items[1])?;
    let flow = match items.get(2) {
        Some(v) => crate::posix::arguments::long(cx, *v)? as u32,
        None => 0,
    };
    let scope = match items.get(3) {
        Some(v) => crate::posix::arguments::long(cx, *v)? as u32,
        None => 0,
    };
    if flow > 0xf_ffff {
        return Err(cx.overflow_error("getnameinfo(): flowinfo must be 0-1048575."));
    }
    let service = CString::new(port.to_string()).unwrap_or_default();
    let h = Hints { family: libc::AF_UNSPEC, kind: libc::SOCK_DGRAM, protocol: 0, flags: libc::AI_NUMERICHOST };
    let found = asked(cx, Some(&host), Some(&service), h)?;
    let [one] = &found[..] else { return Err(cx.error(exc::OS_ERROR, "sockaddr resolved to multiple addresses")) };
    let mut address = one.address;
    match one.family {
        libc::AF_INET if items.len() != 2 => return Err(cx.error(exc::OS_ERROR, "IPv4 sockaddr must be 2 tuple")),
        libc::AF_INET6 => {
            let mut x = address.get::<libc::sockaddr_in6>();
            x.sin6_flowinfo = flow.to_be();
            x.sin6_scope_id = scope;
            address = Address::of(x, size_of::<libc::sockaddr_in6>());
        }
        _ => {}
    }
    let (code, errno, host, service) = cx.detached(|| {
        let (mut host, mut service) = ([0u8; 1025], [0u8; 32]);
        // SAFETY: an address and buffers of these lengths.
        let code = unsafe {
            libc::getnameinfo(
                address.as_ptr(),
                address.len,
                host.as_mut_ptr().cast(),
                host.len() as libc::socklen_t,
                service.as_mut_ptr().cast(),
                service.len() as libc::socklen_t,
                flags,
            )
        };
        (code, last_errno(), host, service)
    });
    if code != 0 {
        return Err(gai_error(cx, code, errno));
    }
    let mut name = |b: &[u8]| {
        let b = CStr::from_bytes_until_nul(b).map_or(b, CStr::to_bytes);
        objects::protocol::path::decode_name(cx, b)
    };
    let pair = vec![name(&host)?, name(&service)?];
    Ok(Tuple::from_values(pair).into())
}

// ---- the older functions on hosts ----

unsafe extern "C" {
    fn gethostbyname_r(
        name: *const libc::c_char,
        out: *mut libc::hostent,
        buffer: *mut libc::c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut i32,
    ) -> i32;
    fn gethostbyaddr_r(
        address: *const libc::c_void,
        address_len: libc::socklen_t,
        family: i32,
        out: *mut libc::hostent,
        buffer: *mut libc::c_char,
        len: usize,
        result: *mut *mut libc::hostent,
        error: *mut i32,
    ) -> i32;
    fn hstrerror(error: i32) -> *const libc::c_char;
}

/// A copy of an entry of the C library's.
struct Host {
    name: Vec<u8>,
    aliases: Vec<Vec<u8>>,
    addresses: Vec<String>,
}

/// # Safety
/// A valid entry.
unsafe fn host_of(h: &libc::hostent) -> Host {
    // SAFETY: terminated texts and arrays; addresses of the told length.
    unsafe {
        let name = if h.h_name.is_null() { Vec::new() } else { CStr::from_ptr(h.h_name).to_bytes().to_vec() };
        let (mut aliases, mut addresses) = (Vec::new(), Vec::new());
        let mut p = h.h_aliases;
        while !p.is_null() && !(*p).is_null() {
            aliases.push(CStr::from_ptr(*p).to_bytes().to_vec());
            p = p.add(1);
        }
        let mut p = h.h_addr_list;
        while !p.is_null() && !(*p).is_null() {
            addresses.push(if h.h_addrtype == libc::AF_INET6 {
                address::v6_text(&(*p).cast::<libc::in6_addr>().read_unaligned())
            } else {
                v4_text((*p).cast::<libc::in_addr>().read_unaligned())
            });
            p = p.add(1);
        }
        Host { name, aliases, addresses }
    }
}

/// Calls one of the reentrant functions with a growing buffer. `Err` has the resolver's error number.
fn entry(f: impl Fn(*mut libc::hostent, &mut [u8], *mut *mut libc::hostent, *mut i32) -> i32) -> Result<Host, i32> {
    let mut size = 8192;
    loop {
        let mut buffer = vec![0u8; size];
        let mut error = 0;
        let mut result = std::ptr::null_mut();
        // SAFETY: zeros are a valid record; the result points at it or is null.
        unsafe {
            let mut out: libc::hostent = std::mem::zeroed();
            let r = f(&mut out, &mut buffer, &mut result, &mut error);
            if r == libc::ERANGE && size < 1 << 22 {
                size *= 2;
                continue;
            }
            return if result.is_null() { Err(error) } else { Ok(host_of(&*result)) };
        }
    }
}

fn host_value(cx: &mut Cx, r: Result<Host, i32>) -> PyResult<Reg> {
    let h = match r {
        Ok(h) => h,
        Err(code) => {
            // SAFETY: gives a static terminated text.
            let message = unsafe { CStr::from_ptr(hstrerror(code)) }.to_string_lossy().into_owned();
            let class = h_error_class(cx);
            return Err(raise(cx, class, code, &message));
        }
    };
    let name = objects::protocol::path::decode_name(cx, &h.name)?;
    let mut aliases = Vec::new();
    for a in &h.aliases {
        aliases.push(objects::protocol::path::decode_name(cx, a)?);
    }
    let addresses = h.addresses.iter().map(|a| Str::from_text(a).into_value()).collect();
    Ok(Tuple::from_values(vec![name, List::from_values(aliases).into_value(), List::from_values(addresses).into_value()]).into())
}

fn gethostbyname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let host = host_name(cx, a[0])?;
    let found = host_address(cx, &host, libc::AF_INET)?.get::<libc::sockaddr_in>();
    Ok(text(&v4_text(found.sin_addr)))
}

fn gethostbyname_ex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let host = host_name(cx, a[0])?;
    // Its errors are those of the newer functions.
    host_address(cx, &host, libc::AF_INET)?;
    let r = cx.detached(|| {
        // SAFETY: a terminated name, a buffer of that length.
        entry(|out, buffer, result, error| unsafe {
            gethostbyname_r(host.as_ptr(), out, buffer.as_mut_ptr().cast(), buffer.len(), result, error)
        })
    });
    host_value(cx, r)
}

fn gethostbyaddr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let host = host_name(cx, a[0])?;
    let found = host_address(cx, &host, libc::AF_UNSPEC)?;
    let family = i32::from(found.data.ss_family);
    let bytes: Vec<u8> = match family {
        libc::AF_INET => found.get::<libc::sockaddr_in>().sin_addr.s_addr.to_ne_bytes().to_vec(),
        libc::AF_INET6 => found.get::<libc::sockaddr_in6>().sin6_addr.s6_addr.to_vec(),
        _ => return Err(cx.error(exc::OS_ERROR, "unsupported address family")),
    };
    let r = cx.detached(|| {
        // SAFETY: an address and a buffer of these lengths.
        entry(|out, buffer, result, error| unsafe {
            let (p, n) = (bytes.as_ptr().cast(), bytes.len() as libc::socklen_t);
            gethostbyaddr_r(p, n, family, out, buffer.as_mut_ptr().cast(), buffer.len(), result, error)
        })
    });
    host_value(cx, r)
}

fn gethostname(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut buffer = [0u8; 1024];
    // SAFETY: a buffer of that length.
    if unsafe { libc::gethostname(buffer.as_mut_ptr().cast(), buffer.len() - 1) } < 0 {
        let e = last_errno();
        return Err(cx.os_error(e, &[]));
    }
    let name = CStr::from_bytes_until_nul(&buffer).map_or(&buffer[..], CStr::to_bytes);
    objects::protocol::path::decode_name(cx, name).map(Reg::from)
}

fn sethostname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = if as_str(a[0]).is_some() { encode_name(cx, a[0])? } else { buffer::bytes_of(cx, a[0])? };
    // SAFETY: bytes that are there.
    crate::posix::arguments::done(cx, || unsafe { libc::sethostname(b.as_ptr().cast(), b.len()) })
}

// ---- services and protocols ----

/// The C library has one record for each of these.
static ONE: Mutex<()> = Mutex::new(());

fn c_name(cx: &mut Cx, v: Ref<'_>, function: &str, n: u32) -> PyResult<CString> {
    if as_str(v).is_none() {
        let t = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument {n} must be str, not {t}")));
    }
    let b = encode_name(cx, v)?;
    CString::new(b).map_err(|_| cx.value_error("embedded null character"))
}

fn protocol_name(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<Option<CString>> {
    match v.given() {
        Some(v) => c_name(cx, v, function, 2).map(Some),
        None => Ok(None),
    }
}

fn getservbyname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_name(cx, a[0], "getservbyname", 1)?;
    let protocol = protocol_name(cx, a[1], "getservbyname")?;
    let port = cx.detached(|| {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: terminated names or none; the record is read under the lock.
        unsafe {
            let p = libc::getservbyname(name.as_ptr(), protocol.as_ref().map_or(std::ptr::null(), |p| p.as_ptr()));
            p.as_ref().map(|s| u16::from_be(s.s_port as u16))
        }
    });
    match port {
        Some(p) => number(p),
        None => Err(cx.error(exc::OS_ERROR, "service/proto not found")),
    }
}

fn getservbyport(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let port = int::c_int(cx, a[0])?;
    let protocol = protocol_name(cx, a[1], "getservbyport")?;
    let Ok(port) = u16::try_from(port) else { return Err(cx.overflow_error("getservbyport: port must be 0-65535.")) };
    let name = cx.detached(|| {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: a terminated name or none; the record is read under the lock.
        unsafe {
            let p = libc::getservbyport(i32::from(port.to_be()), protocol.as_ref().map_or(std::ptr::null(), |p| p.as_ptr()));
            p.as_ref().map(|s| CStr::from_ptr(s.s_name).to_string_lossy().into_owned())
        }
    });
    match name {
        Some(n) => Ok(text(&n)),
        None => Err(cx.error(exc::OS_ERROR, "port/proto not found")),
    }
}

fn getprotobyname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = c_name(cx, a[0], "getprotobyname", 1)?;
    let found = cx.detached(|| {
        let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: a terminated name; the record is read under the lock.
        unsafe { libc::getprotobyname(name.as_ptr()).as_ref().map(|p| p.p_proto) }
    });
    match found {
        Some(n) => number(n),
        None => Err(cx.error(exc::OS_ERROR, "protocol not found")),
    }
}

// ---- numbers as text ----

fn inet_aton(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = c_name(cx, a[0], "inet_aton", 1)?;
    let mut found = libc::in_addr { s_addr: 0 };
    // SAFETY: a terminated text, room for the result.
    if unsafe { inet_aton_c(t.as_ptr(), &mut found) } == 0 {
        return Err(cx.error(exc::OS_ERROR, "illegal IP address string passed to inet_aton"));
    }
    new_bytes(cx, &found.s_addr.to_ne_bytes()).map(Reg::from)
}

unsafe extern "C" {
    #[link_name = "inet_pton"]
    fn inet_pton_c(family: i32, text: *const libc::c_char, out: *mut libc::c_void) -> i32;
    #[link_name = "inet_aton"]
    fn inet_aton_c(text: *const libc::c_char, out: *mut libc::in_addr) -> i32;
}

fn inet_ntoa(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let b = buffer::bytes_of(cx, a[0])?;
    let Ok(b) = <[u8; 4]>::try_from(b) else { return Err(cx.error(exc::OS_ERROR, "packed IP wrong length for inet_ntoa")) };
    Ok(text(&std::net::Ipv4Addr::from(b).to_string()))
}

fn inet_pton(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let family = int::c_int(cx, a[0])?;
    let t = c_name(cx, a[1], "inet_pton", 2)?;
    let mut out = [0u8; 16];
    // SAFETY: a terminated text, room for either kind.
    match unsafe { inet_pton_c(family, t.as_ptr(), out.as_mut_ptr().cast()) } {
        1 if family == libc::AF_INET => new_bytes(cx, &out[..4]).map(Reg::from),
        1 => new_bytes(cx, &out).map(Reg::from),
        0 => Err(cx.error(exc::OS_ERROR, "illegal IP address string passed to inet_pton")),
        _ => {
            let e = last_errno();
            Err(cx.os_error(e, &[]))
        }
    }
}

fn inet_ntop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let family = int::c_int(cx, a[0])?;
    let b = buffer::bytes_of(cx, a[1])?;
    let wanted = match family {
        libc::AF_INET => 4,
        libc::AF_INET6 => 16,
        _ => return Err(cx.value_error(format!("unknown address family {family}"))),
    };
    if b.len() != wanted {
        return Err(cx.value_error("invalid length of packed IP address string"));
    }
    if let Ok(b) = <[u8; 4]>::try_from(&b[..]) {
        return Ok(text(&std::net::Ipv4Addr::from(b).to_string()));
    }
    let mut six = libc::in6_addr { s6_addr: [0; 16] };
    six.s6_addr.copy_from_slice(&b);
    Ok(text(&address::v6_text(&six)))
}

// ---- byte order ----

fn of_bits(cx: &mut Cx, v: Ref<'_>, bits: u32) -> PyResult<u32> {
    if as_int(v).is_none() {
        let n = type_of(v).name_text();
        if type_of(v).slots.index().is_none() {
            return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer")));
        }
    }
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) if n.is_negative() => Err(cx.value_error("Cannot convert negative int")),
        Some(n) => match n.to_i64().filter(|n| *n < 1 << bits) {
            Some(n) => Ok(n as u32),
            None => Err(cx.overflow_error(format!("Python int too large for C uint{bits}_t"))),
        },
        None => Ok(0),
    }
}

fn short(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    number((of_bits(cx, a[0], 16)? as u16).to_be())
}
fn long_(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    number(of_bits(cx, a[0], 32)?.to_be())
}

// ---- interfaces ----

fn if_nameindex(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut out = Vec::new();
    // SAFETY: a list that ends with an entry without index; freed once.
    unsafe {
        let list = libc::if_nameindex();
        if list.is_null() {
            let e = last_errno();
            return Err(cx.os_error(e, &[]));
        }
        let mut p = list;
        while (*p).if_index != 0 && !(*p).if_name.is_null() {
            let name = Str::from_text(&CStr::from_ptr((*p).if_name).to_string_lossy());
            out.push(Tuple::from_values(vec![from_i64(i64::from((*p).if_index)), name.into_value()]).into_value());
            p = p.add(1);
        }
        libc::if_freenameindex(list);
    }
    Ok(List::from_values(out).into())
}

fn if_nametoindex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = crate::posix::execute::c_text(cx, a[0])?;
    // SAFETY: a terminated name.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => {
            let e = last_errno();
            Err(cx.os_error(e, &[]))
        }
        n => number(n),
    }
}

fn if_indextoname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let index = of_bits(cx, a[0], 32)?;
    let name = interface_name(index);
    if name.is_empty() {
        return Err(cx.os_error(libc::ENXIO, &[]));
    }
    Ok(text(&name))
}

/// Functions.
pub static FUNCTIONS: &[Method] = &[
    function(
        "getaddrinfo",
        "($module, /, host, port, family=0, type=0, proto=0, flags=0)",
        getaddrinfo,
        "Addresses of a host and service.",
    ),
    function("getnameinfo", "($module, sockaddr, flags, /)", getnameinfo, "Names of an address."),
    function("gethostbyname", "($module, host, /)", gethostbyname, "A host's IPv4 address."),
    function("gethostbyname_ex", "($module, host, /)", gethostbyname_ex, "A host's name, other names and addresses."),
    function("gethostbyaddr", "($module, host, /)", gethostbyaddr, "The same by address."),
    function("gethostname", "($module, /)", gethostname, "This host's name."),
    function("sethostname", "($module, name, /)", sethostname, "Sets this host's name."),
    function("getservbyname", "($module, servicename, protocolname=<unrepresentable>, /)", getservbyname, "A service's port."),
    function("getservbyport", "($module, port, protocolname=<unrepresentable>, /)", getservbyport, "A port's service."),
    function("getprotobyname", "($module, name, /)", getprotobyname, "A protocol's number."),
    function("inet_aton", "($module, ip_addr, /)", inet_aton, "An IPv4 address as bytes."),
    function("inet_ntoa", "($module, packed_ip, /)", inet_ntoa, "Bytes of an IPv4 address as text."),
    function("inet_pton", "($module, af, ip, /)", inet_pton, "An address as bytes."),
    function("inet_ntop", "($module, af, packed_ip, /)", inet_ntop, "Bytes of an address as text."),
    function("htons", "($module, integer, /)", short, "16 bits from this machine's order to the network's."),
    function("ntohs", "($module, integer, /)", short, "16 bits from the network's order to this machine's."),
    function("htonl", "($module, integer, /)", long_, "32 bits from this machine's order to the network's."),
    function("ntohl", "($module, integer, /)", long_, "32 bits from the network's order to this machine's."),
    function("if_nameindex", "($module, /)", if_nameindex, "Indices and names of the interfaces."),
    function("if_nametoindex", "($module, oname, /)", if_nametoindex, "An interface's index."),
    function("if_indextoname", "($module, if_index, /)", if_indextoname, "An interface's name."),
];
