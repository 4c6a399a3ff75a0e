//! `_socket.socket`: sending and receiving.

use super::address::{self, Address};
use super::object::{socket_of, timed_out};
use crate::posix::arguments::{int_or, io_vector, none, view, writable};
use objects::protocol::buffer::{self, BufferView, wanted};
use objects::protocol::iter;
use objects::types::bytes::shared::{new_bytes, room_or_error};
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int, from_i64, from_usize};
use objects::types::list::List;
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use sync::prim::Ordering;

/// Room for what is to be received.
fn room(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<Vec<u8>> {
    let n = int::index_size(cx, v)?;
    match usize::try_from(n) {
        Ok(n) => room_or_error(cx, Some(n)),
        Err(_) => Err(cx.value_error(format!("negative buffersize in {function}"))),
    }
}

pub(super) fn recv(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let mut data = room(cx, a[1], "recv")?;
    let flags = int_or(cx, a[2], 0)?;
    if data.capacity() == 0 {
        return new_bytes(cx, b"").map(Reg::from);
    }
    let (at, len) = (data.as_mut_ptr() as usize, int::index_size(cx, a[1])? as usize);
    // SAFETY: room for that many bytes.
    let n = s.run(cx, libc::POLLIN, s.deadline(), |fd| unsafe { libc::recv(fd, at as *mut libc::c_void, len, flags) })?;
    // SAFETY: written by the system (MSG_TRUNC may tell of more than there was room for).
    unsafe { data.set_len((n as usize).min(len)) };
    new_bytes(cx, &data).map(Reg::from)
}

/// The buffer to receive into, and how many bytes of it.
fn target(cx: &mut Cx, a: &[Ref<'_>], function: &str, too_small: &str) -> PyResult<(BufferView, usize)> {
    let v = writable(cx, a[1], &format!("{function}() argument 1"))?;
    let n = match a[2].given() {
        Some(n) => int::index_size(cx, n)?,
        None => 0,
    };
    match usize::try_from(n) {
        Err(_) => Err(cx.value_error(format!("negative buffersize in {function}"))),
        Ok(0) => {
            let len = v.len;
            Ok((v, len))
        }
        Ok(n) if n > v.len => Err(cx.value_error(too_small)),
        Ok(n) => Ok((v, n)),
    }
}

pub(super) fn recv_into(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let (v, len) = target(cx, a, "recv_into", "buffer too small for requested bytes")?;
    let flags = int_or(cx, a[3], 0)?;
    if len == 0 {
        return Ok(int::reg(0));
    }
    let at = v.data as usize;
    // SAFETY: the view keeps the memory there.
    let n = s.run(cx, libc::POLLIN, s.deadline(), |fd| unsafe { libc::recv(fd, at as *mut libc::c_void, len, flags) })?;
    Ok(int::reg(n as i64))
}

/// Receives with the sender's address.
fn from(cx: &mut Cx, receiver: Ref<'_>, at: usize, len: usize, flags: i32) -> PyResult<(usize, Value)> {
    let s = socket_of(receiver);
    let mut sender = Address::room();
    let n = s.run(cx, libc::POLLIN, s.deadline(), |fd| {
        sender = Address::room();
        // SAFETY: room for that many bytes and for the address.
        unsafe { libc::recvfrom(fd, at as *mut libc::c_void, len, flags, sender.as_mut(), &mut sender.len) }
    })?;
    Ok((n as usize, address::value(cx, &sender)?))
}

pub(super) fn recvfrom(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut data = room(cx, a[1], "recvfrom")?;
    let flags = int_or(cx, a[2], 0)?;
    let len = int::index_size(cx, a[1])? as usize;
    let (n, sender) = from(cx, a[0], data.as_mut_ptr() as usize, len, flags)?;
    // SAFETY: written by the system.
    unsafe { data.set_len(n.min(len)) };
    let data = new_bytes(cx, &data)?;
    Ok(Tuple::from_values(vec![data, sender]).into())
}

pub(super) fn recvfrom_into(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (v, len) = target(cx, a, "recvfrom_into", "nbytes is greater than the length of the buffer")?;
    let flags = int_or(cx, a[3], 0)?;
    let (n, sender) = from(cx, a[0], v.data as usize, len, flags)?;
    Ok(Tuple::from_values(vec![from_usize(n), sender]).into())
}

/// Receives into parts; gives the number of bytes, ancillary data, flags and the sender's address.
fn message(cx: &mut Cx, a: &[Ref<'_>], parts: &[(usize, usize)]) -> PyResult<(usize, [Value; 3])> {
    let s = socket_of(a[0]);
    let control_len = match a[2].given() {
        Some(n) => int::index_size(cx, n)?,
        None => 0,
    };
    let flags = int_or(cx, a[3], 0)?;
    let Ok(control_len) = usize::try_from(control_len) else {
        return Err(cx.value_error("invalid ancillary data buffer length"));
    };
    // In words, so that headers are aligned.
    let mut control = vec![0u64; control_len.div_ceil(8)];
    let mut sender = Address::room();
    let (mut got_control, mut got_flags) = (0, 0);
    let n = s.run(cx, libc::POLLIN, s.deadline(), |fd| {
        sender = Address::room();
        let mut vector = io_vector(parts);
        // SAFETY: zeros are a valid record; room for all that it names.
        unsafe {
            let mut m: libc::msghdr = std::mem::zeroed();
            m.msg_name = sender.as_mut().cast();
            m.msg_namelen = sender.len;
            m.msg_iov = vector.as_mut_ptr();
            m.msg_iovlen = vector.len() as _;
            if control_len > 0 {
                m.msg_control = control.as_mut_ptr().cast();
                m.msg_controllen = control_len as _;
            }
            let n = libc::recvmsg(fd, &mut m, flags);
            sender.len = m.msg_namelen;
            got_control = m.msg_controllen as usize;
            got_flags = m.msg_flags;
            n
        }
    })?;
    let mut items = Vec::new();
    // SAFETY: headers that the system has written; lengths are checked against what there is.
    unsafe {
        let mut m: libc::msghdr = std::mem::zeroed();
        m.msg_control = control.as_mut_ptr().cast();
        m.msg_controllen = got_control as _;
        let end = control.as_ptr() as usize + got_control;
        let mut h = if got_control > 0 { libc::CMSG_FIRSTHDR(&m) } else { std::ptr::null_mut() };
        while !h.is_null() {
            let data = libc::CMSG_DATA(h);
            let told = ((*h).cmsg_len as usize).saturating_sub(libc::CMSG_LEN(0) as usize);
            let len = told.min(end.saturating_sub(data as usize));
            let bytes = new_bytes(cx, std::slice::from_raw_parts(data, len))?;
            let row = vec![from_i64(i64::from((*h).cmsg_level)), from_i64(i64::from((*h).cmsg_type)), bytes];
            items.push(Tuple::from_values(row).into_value());
            h = libc::CMSG_NXTHDR(&m, h);
        }
    }
    let sender = address::value(cx, &sender)?;
    Ok((n as usize, [List::from_values(items).into_value(), from_i64(i64::from(got_flags)), sender]))
}

pub(super) fn recvmsg(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_size(cx, a[1])?;
    let Ok(len) = usize::try_from(n) else { return Err(cx.value_error("negative buffer size in recvmsg()")) };
    let mut data = room_or_error(cx, Some(len))?;
    let (n, [items, flags, sender]) = message(cx, a, &[(data.as_mut_ptr() as usize, len)])?;
    // SAFETY: written by the system.
    unsafe { data.set_len(n.min(len)) };
    let data = new_bytes(cx, &data)?;
    Ok(Tuple::from_values(vec![data, items, flags, sender]).into())
}

pub(super) fn recvmsg_into(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut views = Vec::new();
    for v in iter::collect(cx, a[1])? {
        match view(cx, v.as_ref(), wanted::WRITABLE) {
            Ok(v) => views.push(v),
            Err(e) => {
                drop(cx.catch_if(e, exc::EXCEPTION)?);
                return Err(cx.type_error("recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers"));
            }
        }
    }
    let parts: Vec<_> = views.iter().map(|v| (v.data as usize, v.len)).collect();
    let (n, [items, flags, sender]) = message(cx, a, &parts)?;
    Ok(Tuple::from_values(vec![from_usize(n), items, flags, sender]).into())
}

pub(super) fn send(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let v = buffer::get(cx, a[1], wanted::SIMPLE)?;
    let flags = int_or(cx, a[2], 0)?;
    let (at, len) = (v.data as usize, v.len);
    // SAFETY: the view keeps the memory there.
    let n = s.run(cx, libc::POLLOUT, s.deadline(), |fd| unsafe { libc::send(fd, at as *const libc::c_void, len, flags) })?;
    Ok(int::reg(n as i64))
}

pub(super) fn sendall(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let v = buffer::get(cx, a[1], wanted::SIMPLE)?;
    let flags = int_or(cx, a[2], 0)?;
    let (mut at, mut len) = (v.data as usize, v.len);
    // One deadline for all of it.
    let deadline = s.deadline();
    loop {
        // SAFETY: the view keeps the memory there.
        let n = s.run(cx, libc::POLLOUT, deadline, |fd| unsafe { libc::send(fd, at as *const libc::c_void, len, flags) })? as usize;
        at += n;
        len -= n.min(len);
        if len == 0 {
            return none();
        }
        cx.poll()?;
        if s.is_limited() && deadline.passed() {
            return Err(timed_out(cx));
        }
    }
}

pub(super) fn sendto(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "socket.sendto")?;
    let p = args.positional();
    let Some(first) = p.first() else { return Err(cx.type_error("unbound method socket.sendto() needs an argument")) };
    let (data, flags, to) = match p.len() {
        3 => (p[1], 0, p[2]),
        4 => (p[1], int::c_int(cx, p[2])?, p[3]),
        n => return Err(cx.type_error(format!("sendto() takes 2 or 3 arguments ({} given)", n - 1))),
    };
    let s = socket_of(*first);
    let v = buffer::get(cx, data, wanted::SIMPLE)?;
    let to = address::parse(cx, s.family.load(Ordering::Relaxed), to, "sendto")?;
    let (at, len) = (v.data as usize, v.len);
    // SAFETY: the view keeps the memory there; an address.
    let n = s.run(cx, libc::POLLOUT, s.deadline(), |fd| unsafe {
        libc::sendto(fd, at as *const libc::c_void, len, flags, to.as_ptr(), to.len)
    })?;
    Ok(int::reg(n as i64))
}

/// Ancillary data to be sent.
struct Control(Vec<(i32, i32, Vec<u8>)>);

impl Control {
    /// As the system takes it, in words so that headers are aligned; and its length.
    fn packed(&self) -> (Vec<u64>, usize) {
        // SAFETY (of this function): plain arithmetic on lengths, and headers written into a buffer that has room for all of them.
        let total: usize = self.0.iter().map(|(_, _, d)| space(d.len())).sum();
        let mut out = vec![0u64; total.div_ceil(8)];
        let mut at = out.as_mut_ptr().cast::<u8>();
        for (level, kind, data) in &self.0 {
            // SAFETY: see above.
            unsafe {
                let h = at.cast::<libc::cmsghdr>();
                (*h).cmsg_level = *level;
                (*h).cmsg_type = *kind;
                (*h).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
                std::ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(h), data.len());
                at = at.add(space(data.len()));
            }
        }
        (out, total)
    }
}

fn space(len: usize) -> usize {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_SPACE(len as u32) as usize }
}

fn control(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<Control> {
    let mut out = Vec::new();
    let Some(v) = v else { return Ok(Control(out)) };
    if type_of(v).slots.iter().is_none() && type_of(v).slots.getitem().is_none() {
        return Err(cx.type_error("sendmsg() argument 2 must be an iterable"));
    }
    for row in iter::collect(cx, v)? {
        let items = iter::collect(cx, row.as_ref())?;
        let [level, kind, data] = &items[..] else {
            let n = items.len();
            return Err(cx.type_error(format!("[sendmsg() ancillary data items]() argument must be tuple of length 3, not {n}")));
        };
        let (level, kind) = (int::c_int(cx, level.as_ref())?, int::c_int(cx, kind.as_ref())?);
        let data = buffer::bytes_of(cx, data.as_ref())?;
        if data.len() > 1 << 24 {
            return Err(cx.error(exc::OS_ERROR, "ancillary data item too large"));
        }
        out.push((level, kind, data));
    }
    Ok(Control(out))
}

/// Sends parts with ancillary data.
fn send_message(
    cx: &mut Cx,
    receiver: Ref<'_>,
    parts: &[(usize, usize)],
    extra: &Control,
    flags: i32,
    to: Option<Address>,
) -> PyResult<Reg> {
    let s = socket_of(receiver);
    let (mut packed, len) = extra.packed();
    let n = s.run(cx, libc::POLLOUT, s.deadline(), |fd| {
        let mut vector = io_vector(parts);
        let mut to = to;
        // SAFETY: zeros are a valid record; all that it names is there.
        unsafe {
            let mut m: libc::msghdr = std::mem::zeroed();
            if let Some(to) = &mut to {
                m.msg_namelen = to.len;
                m.msg_name = to.as_mut().cast();
            }
            m.msg_iov = vector.as_mut_ptr();
            m.msg_iovlen = vector.len() as _;
            if len > 0 {
                m.msg_control = packed.as_mut_ptr().cast();
                m.msg_controllen = len as _;
            }
            libc::sendmsg(fd, &m, flags)
        }
    })?;
    Ok(int::reg(n as i64))
}

fn views(cx: &mut Cx, v: Ref<'_>, message: &str) -> PyResult<Vec<BufferView>> {
    if type_of(v).slots.iter().is_none() && type_of(v).slots.getitem().is_none() {
        return Err(cx.type_error(message));
    }
    let mut out = Vec::new();
    for v in iter::collect(cx, v)? {
        out.push(buffer::get(cx, v.as_ref(), wanted::SIMPLE)?);
    }
    Ok(out)
}

pub(super) fn sendmsg(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let views = views(cx, a[1], "sendmsg() argument 1 must be an iterable")?;
    let extra = control(cx, a[2].given())?;
    let flags = int_or(cx, a[3], 0)?;
    let to = match a[4].given().filter(|v| !v.is_none()) {
        Some(v) => {
            let family = socket_of(a[0]).family.load(Ordering::Relaxed);
            Some(address::parse(cx, family, v, "sendmsg")?)
        }
        None => None,
    };
    let parts: Vec<_> = views.iter().map(|v| (v.data as usize, v.len)).collect();
    send_message(cx, a[0], &parts, &extra, flags, to)
}

pub(super) fn sendmsg_afalg(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let op = int::c_int(cx, a[2])?;
    if op < 0 {
        return Err(cx.type_error("Invalid or missing argument 'op'"));
    }
    let views = match a[1].given() {
        Some(v) => views(cx, v, "sendmsg_afalg() argument 1 must be an iterable")?,
        None => Vec::new(),
    };
    let mut rows = vec![(libc::SOL_ALG, libc::ALG_SET_OP, op.to_ne_bytes().to_vec())];
    if let Some(iv) = a[3].given().filter(|v| !v.is_none()) {
        let iv = buffer::bytes_of(cx, iv)?;
        let mut data = (iv.len() as u32).to_ne_bytes().to_vec();
        data.extend_from_slice(&iv);
        rows.push((libc::SOL_ALG, libc::ALG_SET_IV, data));
    }
    if let Some(n) = a[4].given().filter(|v| !v.is_none()) {
        let bad = as_int(n).is_none();
        let n = if bad { -1 } else { int::c_int(cx, n)? };
        if n < 0 {
            return Err(cx.type_error("assoclen must be positive"));
        }
        rows.push((libc::SOL_ALG, libc::ALG_SET_AEAD_ASSOCLEN, n.to_ne_bytes().to_vec()));
    }
    let flags = int_or(cx, a[5], 0)?;
    let parts: Vec<_> = views.iter().map(|v| (v.data as usize, v.len)).collect();
    send_message(cx, a[0], &parts, &Control(rows), flags, None)
}
