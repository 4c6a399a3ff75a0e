//! `_socket.socket`: making, connecting, options, timeouts.
//!
//! All state is single words: any thread may use a socket at any time, as the system itself allows.

use super::address::{self, Address};
use super::{ids, transfer};
use crate::clock::{Deadline, Round, milliseconds, nanoseconds};
use crate::guarded::make;
use crate::posix::arguments::{done, int_or, none, number};
use gc::{Payload, Word};
use objects::native::{GetSet, Member, Method, getter, method};
use objects::protocol::path::last_errno;
use objects::protocol::{buffer, truth};
use objects::types::bytes::shared::new_bytes;
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::int::{self, as_int, from_i64};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised, Ref, Reg, Value};
use std::time::Duration;
use sync::prim::{AtomicI32, AtomicI64, Ordering};

/// A socket's payload.
#[repr(C)]
pub struct Socket {
    /// The descriptor; -1 when closed.
    pub fd: AtomicI32,
    /// Address family.
    pub family: AtomicI32,
    kind: AtomicI32,
    protocol: AtomicI32,
    /// Nanoseconds; -1 waits for ever.
    timeout: AtomicI64,
}
// SAFETY: holds no words.
unsafe impl Payload for Socket {
    const TYPE_ID: u32 = ids::SOCKET;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// Nanoseconds that new sockets get; -1 waits for ever.
pub static DEFAULT_TIMEOUT: AtomicI64 = AtomicI64::new(-1);

/// The payload of a receiver.
pub fn socket_of(v: Ref<'_>) -> &Socket {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Socket>() }
}

/// TimeoutError, as sockets raise it.
pub fn timed_out(cx: &mut Cx) -> Raised {
    cx.error(exc::TIMEOUT_ERROR, "timed out")
}

impl Socket {
    /// The descriptor.
    pub fn number(&self) -> i32 {
        self.fd.load(Ordering::Relaxed)
    }
    /// When an operation that begins now must have ended.
    pub fn deadline(&self) -> Deadline {
        match u64::try_from(self.timeout.load(Ordering::Relaxed)) {
            Ok(n) if n > 0 => Deadline::after(Some(Duration::from_nanos(n))),
            _ => Deadline::after(None),
        }
    }
    /// Whether operations wait, but not for ever.
    pub fn is_limited(&self) -> bool {
        self.timeout.load(Ordering::Relaxed) > 0
    }
    /// Whether operations fail instead of waiting.
    pub fn never_waits(&self) -> bool {
        self.timeout.load(Ordering::Relaxed) == 0
    }
    /// Waits until the socket is ready; TimeoutError after the deadline.
    pub fn wait(&self, cx: &mut Cx, events: i16, deadline: Deadline) -> PyResult<()> {
        loop {
            let left = deadline.left();
            if self.number() < 0 {
                // The operation itself says what is wrong.
                return Ok(());
            }
            let mut p = libc::pollfd { fd: self.number(), events, revents: 0 };
            // SAFETY: one record.
            let (r, e) = cx.detached(|| unsafe { (libc::poll(&mut p, 1, milliseconds(left)), last_errno()) });
            match r {
                0 => return Err(timed_out(cx)),
                n if n > 0 => return Ok(()),
                _ if e == libc::EINTR => {
                    cx.poll()?;
                    if deadline.passed() {
                        return Err(timed_out(cx));
                    }
                }
                _ => return Err(cx.os_error(e, &[])),
            }
        }
    }
    /// Runs an operation on the descriptor within the deadline.
    pub fn run(&self, cx: &mut Cx, events: i16, deadline: Deadline, mut f: impl FnMut(i32) -> isize + Send) -> PyResult<isize> {
        loop {
            if self.is_limited() {
                self.wait(cx, events, deadline)?;
            }
            let fd = self.number();
            let (r, e) = cx.detached(|| (f(fd), last_errno()));
            if r >= 0 {
                return Ok(r);
            }
            match e {
                libc::EINTR => cx.poll()?,
                libc::EAGAIN if self.is_limited() => {}
                e => return Err(cx.os_error(e, &[])),
            }
        }
    }
    fn set_timeout(&self, cx: &mut Cx, ns: i64) -> PyResult<()> {
        self.timeout.store(ns, Ordering::Relaxed);
        set_blocking(cx, self.number(), ns < 0)
    }
    fn start(&self, cx: &mut Cx, fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<()> {
        self.family.store(family, Ordering::Relaxed);
        self.kind.store(kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC), Ordering::Relaxed);
        self.protocol.store(protocol, Ordering::Relaxed);
        self.fd.store(fd, Ordering::Relaxed);
        if kind & libc::SOCK_NONBLOCK != 0 {
            self.timeout.store(0, Ordering::Relaxed);
            return Ok(());
        }
        let default = DEFAULT_TIMEOUT.load(Ordering::Relaxed);
        self.timeout.store(default, Ordering::Relaxed);
        if default >= 0 { set_blocking(cx, fd, false) } else { Ok(()) }
    }
}

fn set_blocking(cx: &mut Cx, fd: i32, blocking: bool) -> PyResult<()> {
    let mut off = libc::c_int::from(!blocking);
    // SAFETY: a number that is there.
    done(cx, || unsafe { libc::ioctl(fd, libc::FIONBIO, &mut off) }).map(drop)
}

fn fresh() -> Socket {
    Socket {
        fd: AtomicI32::new(-1),
        family: AtomicI32::new(0),
        kind: AtomicI32::new(0),
        protocol: AtomicI32::new(0),
        timeout: AtomicI64::new(DEFAULT_TIMEOUT.load(Ordering::Relaxed)),
    }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(make(class, fresh()))
}

crate::parameters!(PARAMETERS, "socket", "(family=-1, type=-1, proto=-1, fileno=None)");

/// A number that the system knows of a descriptor.
fn option(fd: i32, name: i32) -> Result<i32, i32> {
    let (mut n, mut len) = (0, size_of::<i32>() as libc::socklen_t);
    // SAFETY: room for the number.
    if unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, name, (&raw mut n).cast(), &mut len) } < 0 { Err(last_errno()) } else { Ok(n) }
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let (mut family, mut kind, mut protocol) = (int_or(cx, a[0], -1)?, int_or(cx, a[1], -1)?, int_or(cx, a[2], -1)?);
        let s = socket_of(v);
        if let Some(f) = a[3].given().filter(|f| !f.is_none()) {
            let fd = int::c_int(cx, f)?;
            if fd < 0 {
                return Err(cx.value_error("negative file descriptor"));
            }
            let mut a = Address::room();
            // SAFETY: room for the result.
            if unsafe { libc::getsockname(fd, a.as_mut(), &mut a.len) } < 0 {
                let e = last_errno();
                if family == -1 || e == libc::EBADF || e == libc::ENOTSOCK {
                    return Err(cx.os_error(e, &[]));
                }
            } else if family == -1 {
                family = i32::from(a.data.ss_family);
            }
            for (at, name) in [(&mut kind, libc::SO_TYPE), (&mut protocol, libc::SO_PROTOCOL)] {
                if *at == -1 {
                    *at = match option(fd, name) {
                        Ok(n) => n,
                        Err(e) => return Err(cx.os_error(e, &[])),
                    };
                }
            }
            return s.start(cx, fd, family, kind, protocol);
        }
        for (at, default) in [(&mut family, libc::AF_INET), (&mut kind, libc::SOCK_STREAM), (&mut protocol, 0)] {
            if *at == -1 {
                *at = default;
            }
        }
        // SAFETY: plain numbers.
        let fd = crate::posix::arguments::call(cx, || unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })?;
        let old = s.fd.load(Ordering::Relaxed);
        s.start(cx, fd, family, kind, protocol)?;
        if old >= 0 {
            // A second call of `__init__`.
            // SAFETY: the descriptor was ours.
            unsafe { libc::close(old) };
        }
        Ok(())
    })
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let s = socket_of(v);
    let (f, k, p) = (s.family.load(Ordering::Relaxed), s.kind.load(Ordering::Relaxed), s.protocol.load(Ordering::Relaxed));
    Ok(objects::types::str::text(&format!("<socket object, fd={}, family={f}, type={k}, proto={p}>", s.number())))
}

fn finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let s = socket_of(v);
    if s.number() < 0 {
        return Ok(());
    }
    let shown = objects::protocol::text::repr(cx, v)?.to_string_lossy();
    let category = type_value(exc::RESOURCE_WARNING);
    let warned = cx.host.warn(cx, category.as_ref(), &format!("unclosed {shown}"), 1);
    let fd = s.fd.swap(-1, Ordering::Relaxed);
    if fd >= 0 {
        // SAFETY: the descriptor is ours.
        cx.detached(|| unsafe { libc::close(fd) });
    }
    warned
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = socket_of(a[0]).fd.swap(-1, Ordering::Relaxed);
    if fd >= 0 {
        // SAFETY: the descriptor is ours; nobody else has taken it.
        let e = cx.detached(|| unsafe { if libc::close(fd) < 0 { last_errno() } else { 0 } });
        // The peer's reset is no failure of closing.
        if e != 0 && e != libc::ECONNRESET && e != libc::EINTR {
            return Err(cx.os_error(e, &[]));
        }
    }
    none()
}

fn accept(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let mut from = Address::room();
    let deadline = s.deadline();
    let fd = s.run(cx, libc::POLLIN, deadline, |fd| {
        from = Address::room();
        // SAFETY: room for the address.
        unsafe { libc::accept4(fd, from.as_mut(), &mut from.len, libc::SOCK_CLOEXEC) as isize }
    })?;
    let from = match address::value(cx, &from) {
        Ok(v) => v,
        Err(e) => {
            // SAFETY: nobody else knows the descriptor.
            unsafe { libc::close(fd as i32) };
            return Err(e);
        }
    };
    Ok(Tuple::from_values(vec![from_i64(fd as i64), from]).into())
}

fn bind(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let to = address::parse(cx, s.family.load(Ordering::Relaxed), a[1], "bind")?;
    let fd = s.number();
    // SAFETY: an address.
    done(cx, || unsafe { libc::bind(fd, to.as_ptr(), to.len) })
}

/// Connects; the error number, 0 for success. Errors that are not the system's are raised.
fn connect_to(cx: &mut Cx, s: &Socket, to: &Address) -> PyResult<i32> {
    let fd = s.number();
    // SAFETY: an address.
    let e = cx.detached(|| unsafe { if libc::connect(fd, to.as_ptr(), to.len) < 0 { last_errno() } else { 0 } });
    let goes_on = match e {
        0 => return Ok(0),
        // The system goes on connecting.
        libc::EINTR => {
            cx.poll()?;
            s.timeout.load(Ordering::Relaxed) != 0
        }
        libc::EINPROGRESS => s.is_limited(),
        _ => false,
    };
    if !goes_on {
        return Ok(e);
    }
    s.wait(cx, libc::POLLOUT, s.deadline())?;
    Ok(match option(fd, libc::SO_ERROR) {
        Ok(libc::EISCONN) => 0,
        Ok(e) | Err(e) => e,
    })
}

fn connect(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let to = address::parse(cx, s.family.load(Ordering::Relaxed), a[1], "connect")?;
    match connect_to(cx, s, &to)? {
        0 => none(),
        e => Err(cx.os_error(e, &[])),
    }
}

fn connect_ex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = socket_of(a[0]);
    let to = address::parse(cx, s.family.load(Ordering::Relaxed), a[1], "connect_ex")?;
    match connect_to(cx, s, &to) {
        Ok(e) => number(e),
        Err(e) => {
            drop(cx.catch_if(e, exc::TIMEOUT_ERROR)?);
            number(libc::EAGAIN)
        }
    }
}

fn named(cx: &mut Cx, v: Ref<'_>, f: unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32) -> PyResult<Reg> {
    let fd = socket_of(v).number();
    let mut a = Address::room();
    // SAFETY: room for the address.
    crate::posix::arguments::call(cx, || unsafe { f(fd, a.as_mut(), &mut a.len) })?;
    address::value(cx, &a).map(Reg::from)
}

fn listen(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = socket_of(a[0]).number();
    let n = int_or(cx, a[1], libc::SOMAXCONN.min(128))?.max(0);
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::listen(fd, n) })
}

fn shutdown(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = socket_of(a[0]).number();
    let how = int::c_int(cx, a[1])?;
    // SAFETY: plain numbers.
    done(cx, || unsafe { libc::shutdown(fd, how) })
}

fn getsockopt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = socket_of(a[0]).number();
    let (level, name, len) = (int::c_int(cx, a[1])?, int::c_int(cx, a[2])?, int_or(cx, a[3], 0)?);
    if len == 0 {
        let (mut n, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
        // SAFETY: room for the number.
        crate::posix::arguments::call(cx, || unsafe { libc::getsockopt(fd, level, name, (&raw mut n).cast(), &mut size) })?;
        return number(n);
    }
    if !(1..=1024).contains(&len) {
        return Err(cx.error(exc::OS_ERROR, "getsockopt buflen out of range"));
    }
    let (mut data, mut size) = ([0u8; 1024], len as libc::socklen_t);
    // SAFETY: a buffer of that length.
    crate::posix::arguments::call(cx, || unsafe { libc::getsockopt(fd, level, name, data.as_mut_ptr().cast(), &mut size) })?;
    new_bytes(cx, &data[..size as usize]).map(Reg::from)
}

fn setsockopt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = socket_of(a[0]).number();
    let (level, name) = (int::c_int(cx, a[1])?, int::c_int(cx, a[2])?);
    if let Some(len) = a[4].given() {
        if !a[3].is_none() {
            return Err(cx.type_error("socket option should be None when optlen is given"));
        }
        let len = crate::posix::arguments::unsigned(cx, len)? as libc::socklen_t;
        // SAFETY: no buffer.
        return done(cx, || unsafe { libc::setsockopt(fd, level, name, std::ptr::null(), len) });
    }
    if as_int(a[3]).is_some() || type_of(a[3]).slots.index().is_some() {
        let n = int::c_int(cx, a[3])?;
        // SAFETY: a number that is there.
        return done(cx, || unsafe { libc::setsockopt(fd, level, name, (&raw const n).cast(), size_of::<i32>() as libc::socklen_t) });
    }
    if a[3].is_none() {
        return Err(cx.type_error("socket option should be integer, bytes-like object or None"));
    }
    let b = match buffer::is_exporter(a[3]) {
        true => buffer::bytes_of(cx, a[3])?,
        false => {
            let n = type_of(a[3]).shown_name();
            return Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")));
        }
    };
    // SAFETY: bytes that are there.
    done(cx, || unsafe { libc::setsockopt(fd, level, name, b.as_ptr().cast(), b.len() as libc::socklen_t) })
}

/// A timeout as sockets take it: None, or seconds that are not negative.
pub fn timeout_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    if v.is_none() {
        return Ok(-1);
    }
    let n = nanoseconds(cx, v, Round::Up)?;
    if n < 0 { Err(cx.value_error("Timeout value out of range")) } else { Ok(n) }
}

/// A timeout as Python sees it.
pub fn timeout_value(n: i64) -> Value {
    if n < 0 { Value::NONE } else { Value::float(n as f64 / 1e9) }
}

fn settimeout(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = timeout_of(cx, a[1])?;
    socket_of(a[0]).set_timeout(cx, n)?;
    none()
}

fn setblocking(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let on = truth::of(cx, a[1])?;
    socket_of(a[0]).set_timeout(cx, if on { -1 } else { 0 })?;
    none()
}

fn timeout_now(v: Ref<'_>) -> Reg {
    timeout_value(socket_of(v).timeout.load(Ordering::Relaxed)).into()
}

static METHODS: &[Method] = &[
    method("_accept", "($self, /)", accept, "Takes a connection: its descriptor and the peer's address."),
    method("bind", "($self, address, /)", bind, "Gives the socket an address."),
    method("close", "($self, /)", close, "Closes the socket."),
    method("connect", "($self, address, /)", connect, "Connects to an address."),
    method("connect_ex", "($self, address, /)", connect_ex, "The same; gives the error number."),
    method("detach", "($self, /)", |_, a| number(socket_of(a[0]).fd.swap(-1, Ordering::Relaxed)), "Gives the descriptor away."),
    method("fileno", "($self, /)", |_, a| number(socket_of(a[0]).number()), "The descriptor."),
    method("getpeername", "($self, /)", |cx, a| named(cx, a[0], libc::getpeername), "The peer's address."),
    method("getsockname", "($self, /)", |cx, a| named(cx, a[0], libc::getsockname), "The socket's address."),
    method("getsockopt", "($self, level, option, buffersize=0, /)", getsockopt, "An option's value."),
    method("setsockopt", "($self, level, option, value, optlen=<unrepresentable>, /)", setsockopt, "Sets an option."),
    method("listen", "($self, backlog=<unrepresentable>, /)", listen, "Lets others connect."),
    method("shutdown", "($self, how, /)", shutdown, "Ends one or both directions."),
    method("settimeout", "($self, timeout, /)", settimeout, "Sets how long operations wait."),
    method("gettimeout", "($self, /)", |_, a| Ok(timeout_now(a[0])), "How long operations wait."),
    method("setblocking", "($self, flag, /)", setblocking, "Sets whether operations wait."),
    method(
        "getblocking",
        "($self, /)",
        |_, a| Ok(Value::bool(socket_of(a[0]).timeout.load(Ordering::Relaxed) != 0).into()),
        "Whether operations wait.",
    ),
    method("recv", "($self, buffersize, flags=0, /)", transfer::recv, "Receives bytes."),
    method("recv_into", "($self, /, buffer, nbytes=0, flags=0)", transfer::recv_into, "Receives into a buffer."),
    method("recvfrom", "($self, buffersize, flags=0, /)", transfer::recvfrom, "Receives bytes and the sender's address."),
    method(
        "recvfrom_into",
        "($self, /, buffer, nbytes=0, flags=0)",
        transfer::recvfrom_into,
        "Receives into a buffer; gives the sender's address too.",
    ),
    method("recvmsg", "($self, bufsize, ancbufsize=0, flags=0, /)", transfer::recvmsg, "Receives bytes and ancillary data."),
    method(
        "recvmsg_into",
        "($self, buffers, ancbufsize=0, flags=0, /)",
        transfer::recvmsg_into,
        "Receives into buffers, with ancillary data.",
    ),
    method("send", "($self, data, flags=0, /)", transfer::send, "Sends bytes; gives how many were sent."),
    method("sendall", "($self, data, flags=0, /)", transfer::sendall, "Sends all bytes."),
    objects::native::raw_method("sendto", "", transfer::sendto, "Sends bytes to an address: sendto(data, [flags], address)."),
    method("sendmsg", "($self, buffers, ancdata=(), flags=0, address=None, /)", transfer::sendmsg, "Sends buffers and ancillary data."),
    method(
        "sendmsg_afalg",
        "($self, /, msg=(), *, op, iv=None, assoclen=None, flags=0)",
        transfer::sendmsg_afalg,
        "Sends to a socket of the kernel's cryptography.",
    ),
];

static MEMBERS: &[Member] = &[
    Member(getter("family", |_, v| number(socket_of(v).family.load(Ordering::Relaxed)), "The address family.")),
    Member(getter("type", |_, v| number(socket_of(v).kind.load(Ordering::Relaxed)), "The type.")),
    Member(getter("proto", |_, v| number(socket_of(v).protocol.load(Ordering::Relaxed)), "The protocol.")),
];
static GETSETS: &[GetSet] = &[getter("timeout", |_, v| Ok(timeout_now(v)), "How long operations wait.")];

/// `_socket.socket`
pub static SOCKET_TYPE: TypeSpec = TypeSpec::of::<Socket>("_socket.socket")
    .flags(flags::BASE | flags::FINALIZE)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), del: Some(finalize), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("An endpoint of communication: socket(family=AF_INET, type=SOCK_STREAM, proto=0, fileno=None).");

/// A socket of the plain class on a descriptor.
pub fn wrap(cx: &mut Cx, fd: i32, family: i32, kind: i32, protocol: i32) -> PyResult<Value> {
    let v = instance::alloc_with(by_id(ids::SOCKET), fresh());
    socket_of(v.as_ref()).start(cx, fd, family, kind, protocol)?;
    Ok(v)
}
