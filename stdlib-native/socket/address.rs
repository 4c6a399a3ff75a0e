//! `_socket`: addresses: from Python values to the system's records and back, and the names they may contain.

use super::resolve;
use crate::posix::arguments::long;
use objects::protocol::buffer;
use objects::protocol::call;
use objects::protocol::path::{decode_name, encode_name};
use objects::types::bytearray::ByteArray;
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult, Ref, Value};
use std::ffi::CString;

/// Room for any address.
#[derive(Clone, Copy)]
pub struct Address {
    /// The record.
    pub data: libc::sockaddr_storage,
    /// How much of it counts.
    pub len: libc::socklen_t,
}

impl Address {
    /// Room for an address that the system is to fill in.
    pub fn room() -> Address {
        // SAFETY: zeros are a valid record.
        Address { data: unsafe { std::mem::zeroed() }, len: size_of::<libc::sockaddr_storage>() as libc::socklen_t }
    }
    /// A record of some family.
    pub fn of<T: Copy>(record: T, len: usize) -> Address {
        let mut a = Address::room();
        let n = size_of::<T>().min(size_of::<libc::sockaddr_storage>());
        // SAFETY: both are at least that long.
        unsafe { std::ptr::copy_nonoverlapping((&raw const record).cast::<u8>(), (&raw mut a.data).cast::<u8>(), n) };
        a.len = len as libc::socklen_t;
        a
    }
    /// For system calls that read it.
    pub fn as_ptr(&self) -> *const libc::sockaddr {
        (&raw const self.data).cast()
    }
    /// For system calls that write it.
    pub fn as_mut(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.data).cast()
    }
    /// The record as one of its family.
    pub fn get<T: Copy>(&self) -> T {
        // SAFETY: room for any record, zeros behind what was written.
        unsafe { (&raw const self.data).cast::<T>().read_unaligned() }
    }
    /// From a record of the system's of that length.
    ///
    /// # Safety
    /// `p` points at `len` bytes.
    pub unsafe fn copied(p: *const libc::sockaddr, len: libc::socklen_t) -> Address {
        let mut a = Address::room();
        let n = (len as usize).min(size_of::<libc::sockaddr_storage>());
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(p.cast::<u8>(), (&raw mut a.data).cast::<u8>(), n) };
        a.len = n as libc::socklen_t;
        a
    }
}

/// A host's name as bytes: ASCII as it is, other text by IDNA.
pub fn host_name(cx: &mut Cx, v: Ref<'_>) -> PyResult<CString> {
    let bytes = if let Some(s) = as_str(v) {
        match s.as_ascii() {
            Some(t) => t.as_bytes().to_vec(),
            None => {
                let (f, codec) = (Str::intern_text("encode"), Str::intern_text("idna"));
                let b = call::method(cx, v, f.as_ref(), &[codec.as_ref()])?.into_value();
                buffer::bytes_of(cx, b.as_ref())?
            }
        }
    } else if let Some(b) = v.downcast::<Bytes>() {
        b.data().to_vec()
    } else if v.downcast::<ByteArray>().is_some() {
        buffer::bytes_of(cx, v)?
    } else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("str, bytes or bytearray expected, not {n}")));
    };
    CString::new(bytes).map_err(|_| cx.type_error("host name must not contain null character"))
}

fn tuple<'a>(cx: &mut Cx, v: Ref<'a>, function: &str, family: &str) -> PyResult<&'a [Ref<'a>]> {
    match v.downcast::<Tuple>() {
        Some(t) => Ok(t.items()),
        None => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("{function}(): {family} address must be tuple, not {n}")))
        }
    }
}

fn port(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<u16> {
    let n = int::index(cx, v)?;
    match int::as_int(n.as_ref()).and_then(|n| n.to_i64()).and_then(|n| u16::try_from(n).ok()) {
        Some(p) => Ok(p),
        None => Err(cx.overflow_error(format!("{function}(): port must be 0-65535."))),
    }
}

fn number(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    Ok(long(cx, v)? as u32)
}

/// The bytes of a Unix address: a path, or a name in the abstract namespace.
fn unix_path(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    if as_str(v).is_some() { encode_name(cx, v) } else { buffer::bytes_of(cx, v) }
}

/// An address for a socket of some family, given to `function`.
pub fn parse(cx: &mut Cx, family: i32, v: Ref<'_>, function: &str) -> PyResult<Address> {
    match family {
        libc::AF_UNIX => {
            let path = unix_path(cx, v)?;
            // SAFETY: zeros are a valid record.
            let mut a: libc::sockaddr_un = unsafe { std::mem::zeroed() };
            let abstract_name = path.first() == Some(&0);
            let room = a.sun_path.len();
            if path.len() > room || (!abstract_name && path.len() >= room) {
                return Err(cx.error(exc::OS_ERROR, "AF_UNIX path too long"));
            }
            a.sun_family = libc::AF_UNIX as libc::sa_family_t;
            for (to, from) in a.sun_path.iter_mut().zip(&path) {
                *to = *from as libc::c_char;
            }
            let end = usize::from(!abstract_name && !path.is_empty());
            Ok(Address::of(a, std::mem::offset_of!(libc::sockaddr_un, sun_path) + path.len() + end))
        }
        libc::AF_INET => {
            let items = tuple(cx, v, function, "AF_INET")?;
            let [host, p] = items else { return Err(cx.type_error("AF_INET address must be a pair (host, port)")) };
            let host = host_name(cx, *host)?;
            let mut a = resolve::host_address(cx, &host, libc::AF_INET)?.get::<libc::sockaddr_in>();
            a.sin_port = port(cx, *p, function)?.to_be();
            Ok(Address::of(a, size_of::<libc::sockaddr_in>()))
        }
        libc::AF_INET6 => {
            let items = tuple(cx, v, function, "AF_INET6")?;
            if !(2..=4).contains(&items.len()) {
                return Err(cx.type_error("AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])"));
            }
            let host = host_name(cx, items[0])?;
            let p = port(cx, items[1], function)?;
            let flow = match items.get(2) {
                Some(v) => number(cx, *v)?,
                None => 0,
            };
            if flow > 0xf_ffff {
                return Err(cx.overflow_error(format!("{function}(): flowinfo must be 0-1048575.")));
            }
            let scope = match items.get(3) {
                Some(v) => number(cx, *v)?,
                None => 0,
            };
            let mut a = resolve::host_address(cx, &host, libc::AF_INET6)?.get::<libc::sockaddr_in6>();
            a.sin6_port = p.to_be();
            a.sin6_flowinfo = flow.to_be();
            if scope != 0 || items.len() > 3 {
                a.sin6_scope_id = scope;
            }
            Ok(Address::of(a, size_of::<libc::sockaddr_in6>()))
        }
        libc::AF_NETLINK => {
            let items = tuple(cx, v, function, "AF_NETLINK")?;
            let [pid, groups] = items else { return Err(cx.type_error("AF_NETLINK address must be a pair (pid, groups)")) };
            // SAFETY: zeros are a valid record.
            let mut a: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
            a.nl_family = libc::AF_NETLINK as libc::sa_family_t;
            a.nl_pid = number(cx, *pid)?;
            a.nl_groups = number(cx, *groups)?;
            Ok(Address::of(a, size_of::<libc::sockaddr_nl>()))
        }
        libc::AF_VSOCK => {
            let items = tuple(cx, v, function, "AF_VSOCK")?;
            let [cid, p] = items else { return Err(cx.type_error("AF_VSOCK address must be a pair (cid, port)")) };
            // SAFETY: zeros are a valid record.
            let mut a: libc::sockaddr_vm = unsafe { std::mem::zeroed() };
            a.svm_family = libc::AF_VSOCK as libc::sa_family_t;
            a.svm_cid = number(cx, *cid)?;
            a.svm_port = number(cx, *p)?;
            Ok(Address::of(a, size_of::<libc::sockaddr_vm>()))
        }
        libc::AF_CAN => {
            let items = tuple(cx, v, function, "AF_CAN")?;
            let Some(name) = items.first() else { return Err(cx.type_error("AF_CAN address must be a tuple (interface, )")) };
            // SAFETY: zeros are a valid record.
            let mut a: libc::sockaddr_can = unsafe { std::mem::zeroed() };
            a.can_family = libc::AF_CAN as libc::sa_family_t;
            a.can_ifindex = interface(cx, *name)?;
            Ok(Address::of(a, size_of::<libc::sockaddr_can>()))
        }
        libc::AF_PACKET => packet(cx, v, function),
        _ => Err(cx.error(exc::OS_ERROR, format!("{function}(): bad family"))),
    }
}

/// An interface's index by its name; 0 for the empty name.
fn interface(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    let name = unix_path(cx, v)?;
    if name.is_empty() {
        return Ok(0);
    }
    let Ok(name) = CString::new(name) else { return Err(cx.value_error("embedded null byte")) };
    // SAFETY: a terminated name.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => {
            let e = objects::protocol::path::last_errno();
            Err(cx.os_error(e, &[]))
        }
        n => Ok(n as i32),
    }
}

fn packet(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<Address> {
    let items = tuple(cx, v, function, "AF_PACKET")?;
    if !(2..=5).contains(&items.len()) {
        return Err(cx.type_error("AF_PACKET address must be a tuple of two to five elements"));
    }
    let index = interface(cx, items[0])?;
    let protocol = int::c_int(cx, items[1])?;
    if !(0..=0xffff).contains(&protocol) {
        return Err(cx.overflow_error(format!("{function}(): proto argument must be 0-65535.")));
    }
    // SAFETY: zeros are a valid record.
    let mut a: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
    a.sll_family = libc::AF_PACKET as libc::sa_family_t;
    a.sll_protocol = (protocol as u16).to_be();
    a.sll_ifindex = index;
    if let Some(v) = items.get(2) {
        a.sll_pkttype = int::c_int(cx, *v)? as u8;
    }
    if let Some(v) = items.get(3) {
        a.sll_hatype = int::c_int(cx, *v)? as u16;
    }
    if let Some(v) = items.get(4) {
        let b = buffer::bytes_of(cx, *v)?;
        if b.len() > 8 {
            return Err(cx.value_error("Hardware address must be 8 bytes or less"));
        }
        a.sll_addr[..b.len()].copy_from_slice(&b);
        a.sll_halen = b.len() as u8;
    }
    Ok(Address::of(a, size_of::<libc::sockaddr_ll>()))
}

/// An IPv4 address as text.
pub fn v4_text(a: libc::in_addr) -> String {
    std::net::Ipv4Addr::from(u32::from_be(a.s_addr)).to_string()
}

unsafe extern "C" {
    fn inet_ntop(family: i32, from: *const libc::c_void, to: *mut libc::c_char, len: libc::socklen_t) -> *const libc::c_char;
}

/// An IPv6 address as text, as the C library writes it.
pub fn v6_text(a: &libc::in6_addr) -> String {
    let mut buffer = [0 as libc::c_char; 64];
    // SAFETY: an address and a buffer of that length; terminated on success.
    unsafe {
        if inet_ntop(libc::AF_INET6, (&raw const *a).cast(), buffer.as_mut_ptr(), 64).is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
    }
}

/// An address as a Python value.
pub fn value(cx: &mut Cx, a: &Address) -> PyResult<Value> {
    if a.len == 0 {
        return Ok(Value::NONE);
    }
    let family = i32::from(a.data.ss_family);
    let text = |s: String| Str::from_text(&s).into_value();
    let n = |n: u32| from_i64(i64::from(n));
    let items = match family {
        libc::AF_INET => {
            let x = a.get::<libc::sockaddr_in>();
            vec![text(v4_text(x.sin_addr)), n(u32::from(u16::from_be(x.sin_port)))]
        }
        libc::AF_INET6 => {
            let x = a.get::<libc::sockaddr_in6>();
            vec![text(v6_text(&x.sin6_addr)), n(u32::from(u16::from_be(x.sin6_port))), n(u32::from_be(x.sin6_flowinfo)), n(x.sin6_scope_id)]
        }
        libc::AF_UNIX => {
            let x = a.get::<libc::sockaddr_un>();
            let len = (a.len as usize).saturating_sub(std::mem::offset_of!(libc::sockaddr_un, sun_path)).min(x.sun_path.len());
            let path: Vec<u8> = x.sun_path[..len].iter().map(|c| *c as u8).collect();
            if path.first() == Some(&0) {
                return new_bytes(cx, &path);
            }
            let end = path.iter().position(|b| *b == 0).unwrap_or(path.len());
            return decode_name(cx, &path[..end]);
        }
        libc::AF_NETLINK => {
            let x = a.get::<libc::sockaddr_nl>();
            vec![n(x.nl_pid), n(x.nl_groups)]
        }
        libc::AF_VSOCK => {
            let x = a.get::<libc::sockaddr_vm>();
            vec![n(x.svm_cid), n(x.svm_port)]
        }
        libc::AF_CAN => {
            let x = a.get::<libc::sockaddr_can>();
            vec![text(interface_name(x.can_ifindex as u32))]
        }
        libc::AF_PACKET => {
            let x = a.get::<libc::sockaddr_ll>();
            let hardware = new_bytes(cx, &x.sll_addr[..usize::from(x.sll_halen).min(8)])?;
            vec![
                text(interface_name(x.sll_ifindex as u32)),
                n(u32::from(u16::from_be(x.sll_protocol))),
                n(u32::from(x.sll_pkttype)),
                n(u32::from(x.sll_hatype)),
                hardware,
            ]
        }
        _ => {
            let raw = a.get::<libc::sockaddr>();
            let data: Vec<u8> = raw.sa_data.iter().map(|c| *c as u8).collect();
            vec![from_i64(i64::from(family)), new_bytes(cx, &data)?]
        }
    };
    Ok(Tuple::from_values(items).into_value())
}

/// An interface's name; empty when there is none.
pub fn interface_name(index: u32) -> String {
    let mut buffer = [0 as libc::c_char; libc::IF_NAMESIZE];
    // SAFETY: a buffer of the needed length; terminated on success.
    unsafe {
        if libc::if_indextoname(index, buffer.as_mut_ptr()).is_null() {
            return String::new();
        }
        std::ffi::CStr::from_ptr(buffer.as_ptr()).to_string_lossy().into_owned()
    }
}
