//! `select`: waiting for descriptors by select, poll and epoll.

use crate::clock::{Deadline, Round, milliseconds, nanoseconds, timeout};
use crate::guarded::{Guarded, State, make};
use crate::posix::arguments::{call, done, int_or};
use gc::{Payload, Word};
use objects::native::{GetSet, Method, class_method, function, getter, method};
use objects::protocol::iter;
use objects::protocol::path::{file_descriptor, last_errno, os_error_class};
use objects::types::float::as_float;
use objects::types::int::{self, IntRef, as_int, from_i64};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use std::time::Duration;
use sync::prim::{AtomicBool, AtomicI32, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const POLL: u32 = 402;
    pub const EPOLL: u32 = 403;
}

// ---- select ----

/// Descriptors with the objects that stand for them.
struct Watched(Vec<(Value, i32)>);

impl Watched {
    fn new(cx: &mut Cx, v: Ref<'_>) -> PyResult<Watched> {
        if type_of(v).slots.iter().is_none() && type_of(v).slots.getitem().is_none() {
            return Err(cx.type_error("arguments 1-3 must be sequences"));
        }
        let mut out = Vec::new();
        let it = iter::iter(cx, v)?.into_value();
        // One by one: `fileno()` may change the list.
        while let Some(v) = iter::next(cx, it.as_ref())? {
            let v = v.into_value();
            let fd = file_descriptor(cx, v.as_ref())?;
            if fd >= libc::FD_SETSIZE as i32 {
                return Err(cx.value_error("filedescriptor out of range in select()"));
            }
            out.push((v, fd));
        }
        Ok(Watched(out))
    }
    fn numbers(&self) -> Vec<i32> {
        self.0.iter().map(|(_, fd)| *fd).collect()
    }
    fn ready(&self, set: &libc::fd_set) -> Value {
        // SAFETY: numbers below the limit.
        List::from_values(self.0.iter().filter(|(_, fd)| unsafe { libc::FD_ISSET(*fd, set) }).map(|(v, _)| v.clone()).collect())
            .into_value()
    }
}

fn set_of(numbers: &[i32]) -> libc::fd_set {
    // SAFETY: zeros, then emptied properly; numbers below the limit.
    unsafe {
        let mut set = std::mem::zeroed();
        libc::FD_ZERO(&mut set);
        for fd in numbers {
            libc::FD_SET(*fd, &mut set);
        }
        set
    }
}

fn select(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let wait = match a[3].given().filter(|v| !v.is_none()) {
        None => None,
        Some(v) => match timeout(cx, v, "timeout must be a float or None")? {
            Some(d) => Some(d),
            None => return Err(cx.value_error("timeout must be non-negative")),
        },
    };
    let watched = [Watched::new(cx, a[0])?, Watched::new(cx, a[1])?, Watched::new(cx, a[2])?];
    let numbers = watched.each_ref().map(Watched::numbers);
    let highest = numbers.iter().flatten().max().map_or(0, |n| n + 1);
    let deadline = Deadline::after(wait);
    loop {
        let (r, e, sets) = cx.detached(|| {
            let mut sets = numbers.each_ref().map(|n| set_of(n));
            let mut left = deadline
                .left()
                .map(|d| libc::timeval { tv_sec: d.as_secs() as i64, tv_usec: d.as_nanos().div_ceil(1000) as i64 % 1_000_000 });
            let at = left.as_mut().map_or(std::ptr::null_mut(), |t| t);
            let [x, y, z] = &mut sets;
            // SAFETY: sets and a time that are there.
            let r = unsafe { libc::select(highest, x, y, z, at) };
            (r, last_errno(), sets)
        });
        if r < 0 && e != libc::EINTR {
            return Err(cx.os_error(e, &[]));
        }
        if r >= 0 {
            let lists = if r == 0 {
                (0..3).map(|_| List::new().into_value()).collect()
            } else {
                watched.iter().zip(&sets).map(|(w, s)| w.ready(s)).collect()
            };
            return Ok(Tuple::from_values(lists).into());
        }
        cx.poll()?;
        if deadline.passed() {
            return Ok(Tuple::from_values((0..3).map(|_| List::new().into_value()).collect()).into());
        }
    }
}

// ---- poll ----

/// What a poll object watches, in the order of registration.
pub struct Registered(Vec<(i32, u16)>);
impl State for Registered {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

type PollState = Guarded<Registered, { ids::POLL }>;

/// Whether somebody polls by the object: kept beside the state, since the lock is not held meanwhile.
static POLLING: sync::mutex::Mutex<Vec<usize>> = sync::mutex::Mutex::new(Vec::new());

fn poll_of(v: Ref<'_>) -> &PollState {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<PollState>() }
}

fn events(cx: &mut Cx, v: Ref<'_>) -> PyResult<u16> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) if n.is_negative() => Err(cx.value_error("Cannot convert negative int")),
        Some(n) => match n.to_i64().map(u16::try_from) {
            Some(Ok(n)) => Ok(n),
            _ => Err(cx.overflow_error("Python int too large for C unsigned short")),
        },
        None => Ok(0),
    }
}

fn poll_register(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[1])?;
    let mask = match a[2].given() {
        Some(v) => events(cx, v)?,
        None => (libc::POLLIN | libc::POLLPRI | libc::POLLOUT) as u16,
    };
    poll_of(a[0]).with(cx, |s| match s.0.iter_mut().find(|(f, _)| *f == fd) {
        Some(row) => row.1 = mask,
        None => s.0.push((fd, mask)),
    });
    Ok(Value::NONE.into())
}

fn poll_modify(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[1])?;
    let mask = events(cx, a[2])?;
    let found = poll_of(a[0]).with(cx, |s| s.0.iter_mut().find(|(f, _)| *f == fd).map(|row| row.1 = mask).is_some());
    if found { Ok(Value::NONE.into()) } else { Err(cx.os_error(libc::ENOENT, &[])) }
}

fn poll_unregister(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[1])?;
    let found = poll_of(a[0]).with(cx, |s| {
        let before = s.0.len();
        s.0.retain(|(f, _)| *f != fd);
        s.0.len() < before
    });
    if found { Ok(Value::NONE.into()) } else { Err(cx.key_error(Value::small_int(i64::from(fd)).as_ref())) }
}

/// A timeout in milliseconds.
fn poll_timeout(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Duration>> {
    let Some(v) = v.given().filter(|v| !v.is_none()) else { return Ok(None) };
    let ns = if let Some(f) = as_float(v) {
        let scaled = Value::float(f / 1000.0);
        nanoseconds(cx, scaled.as_ref(), Round::Up)?
    } else if as_int(v).is_some() || type_of(v).slots.index().is_some() {
        let i = int::index(cx, v)?;
        match as_int(i.as_ref()).and_then(IntRef::to_i64).and_then(|n| n.checked_mul(1_000_000)) {
            Some(n) => n,
            None => return Err(cx.overflow_error("timestamp out of range for C PyTime_t")),
        }
    } else {
        return Err(cx.type_error("timeout must be an integer or None"));
    };
    if ns > i64::from(i32::MAX) * 1_000_000 {
        return Err(cx.overflow_error("timeout is too large"));
    }
    Ok(u64::try_from(ns).ok().map(Duration::from_nanos))
}

fn poll_poll(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let wait = poll_timeout(cx, a[1])?;
    let me = a[0].word().unmarked().0 as usize;
    {
        let mut polling = POLLING.lock();
        if polling.contains(&me) {
            drop(polling);
            return Err(cx.runtime_error("concurrent poll() invocation"));
        }
        polling.push(me);
    }
    let r = poll_wait(cx, a[0], wait);
    POLLING.lock().retain(|p| *p != me);
    r
}

fn poll_wait(cx: &mut Cx, v: Ref<'_>, wait: Option<Duration>) -> PyResult<Reg> {
    let mut fds: Vec<libc::pollfd> =
        poll_of(v).with(cx, |s| s.0.iter().map(|(fd, mask)| libc::pollfd { fd: *fd, events: *mask as i16, revents: 0 }).collect());
    let deadline = Deadline::after(wait);
    loop {
        let (r, e) = cx.detached(|| {
            // SAFETY: an array of that length.
            let r = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, milliseconds(deadline.left())) };
            (r, last_errno())
        });
        if r >= 0 {
            break;
        }
        if e != libc::EINTR {
            return Err(cx.os_error(e, &[]));
        }
        cx.poll()?;
    }
    let rows = fds.iter().filter(|f| f.revents != 0).map(|f| {
        // Without sign, as the kernel means it.
        let events = i64::from(f.revents as u16);
        Tuple::from_values(vec![from_i64(i64::from(f.fd)), from_i64(events)]).into_value()
    });
    Ok(List::from_values(rows.collect()).into())
}

static POLL_METHODS: &[Method] = &[
    method("register", "($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)", poll_register, "Watches a descriptor."),
    method("modify", "($self, fd, eventmask, /)", poll_modify, "Watches it for other events."),
    method("unregister", "($self, fd, /)", poll_unregister, "Watches it no more."),
    method("poll", "($self, timeout=None, /)", poll_poll, "Waits; gives descriptors with their events."),
];

/// `select.poll`
pub static POLL_TYPE: TypeSpec = TypeSpec::of::<PollState>("select.poll").flags(flags::NO_NEW).methods(POLL_METHODS);

// ---- epoll ----

/// An epoll object's payload; -1 once it is closed.
#[repr(C)]
pub struct Epoll {
    fd: AtomicI32,
    _closing: AtomicBool,
}
// SAFETY: holds no words.
unsafe impl Payload for Epoll {
    const TYPE_ID: u32 = ids::EPOLL;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
impl Drop for Epoll {
    fn drop(&mut self) {
        let fd = self.fd.swap(-1, Ordering::Relaxed);
        if fd >= 0 {
            // SAFETY: the descriptor is ours.
            unsafe { libc::close(fd) };
        }
    }
}

fn epoll_of(v: Ref<'_>) -> &Epoll {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Epoll>() }
}

fn open_epoll(cx: &mut Cx, v: Ref<'_>) -> PyResult<i32> {
    match epoll_of(v).fd.load(Ordering::Relaxed) {
        fd if fd >= 0 => Ok(fd),
        _ => Err(cx.value_error("I/O operation on closed epoll object")),
    }
}

crate::parameters!(EPOLL_PARAMETERS, "epoll", "(sizehint=-1, flags=0)");

fn epoll_new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let (hint, bits) = EPOLL_PARAMETERS.bind(cx, args, |cx, a| Ok((int_or(cx, a[0], -1)?, int_or(cx, a[1], 0)?)))?;
    if hint != -1 && hint <= 0 {
        return Err(cx.value_error("negative sizehint"));
    }
    if bits & !libc::EPOLL_CLOEXEC != 0 {
        return Err(cx.error(objects::types::exception::ids::OS_ERROR, "invalid flags"));
    }
    // SAFETY: a plain number.
    let fd = call(cx, || unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })?;
    Ok(make(class, Epoll { fd: AtomicI32::new(fd), _closing: AtomicBool::new(false) }))
}

fn epoll_from(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = int::c_int(cx, a[1])?;
    Ok(make(a[0], Epoll { fd: AtomicI32::new(fd), _closing: AtomicBool::new(false) }))
}

fn epoll_close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = epoll_of(a[0]).fd.swap(-1, Ordering::Relaxed);
    if fd >= 0 {
        // SAFETY: the descriptor is ours; nobody else has taken it.
        let e = cx.detached(|| unsafe { if libc::close(fd) < 0 { last_errno() } else { 0 } });
        if e != 0 {
            return Err(cx.os_error(e, &[]));
        }
    }
    Ok(Value::NONE.into())
}

fn control(cx: &mut Cx, a: &[Ref<'_>], op: i32, mask: Option<Ref<'_>>) -> PyResult<Reg> {
    let epoll = open_epoll(cx, a[0])?;
    let fd = file_descriptor(cx, a[1])?;
    let events = match mask {
        Some(v) => crate::posix::arguments::unsigned(cx, v)? as u32,
        None => (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32,
    };
    let mut event = libc::epoll_event { events, u64: fd as u64 };
    // SAFETY: an event that is there.
    done(cx, || unsafe { libc::epoll_ctl(epoll, op, fd, &mut event) })
}

fn epoll_poll(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let epoll = open_epoll(cx, a[0])?;
    let wait = timeout(cx, a[1], "timeout must be an integer or None")?;
    let most = match int_or(cx, a[2], -1)? {
        -1 => libc::FD_SETSIZE as i32 - 1,
        n if n < 1 => return Err(cx.value_error(format!("maxevents must be greater than 0, got {n}"))),
        n => n,
    };
    if wait.is_some_and(|d| d.as_millis() > i32::MAX as u128) {
        return Err(cx.overflow_error("timeout is too large"));
    }
    let mut events = objects::types::bytes::shared::room_or_error(cx, (most as usize).checked_mul(12)).map(drop).map(|()| Vec::new())?;
    events.resize(most as usize, libc::epoll_event { events: 0, u64: 0 });
    let deadline = Deadline::after(wait);
    let n = loop {
        let (r, e) = cx.detached(|| {
            // SAFETY: an array of that length.
            let r = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), most, milliseconds(deadline.left())) };
            (r, last_errno())
        });
        if r >= 0 {
            break r as usize;
        }
        if e != libc::EINTR {
            return Err(cx.os_error(e, &[]));
        }
        cx.poll()?;
    };
    let rows = events[..n].iter().map(|e| {
        let (fd, mask) = (e.u64 as i32, e.events);
        Tuple::from_values(vec![from_i64(i64::from(fd)), from_i64(i64::from(mask))]).into_value()
    });
    Ok(List::from_values(rows.collect()).into())
}

static EPOLL_METHODS: &[Method] = &[
    class_method("fromfd", "($type, fd, /)", epoll_from, "An epoll object of a descriptor."),
    method("close", "($self, /)", epoll_close, "Closes it."),
    method(
        "fileno",
        "($self, /)",
        |cx, a| {
            let fd = open_epoll(cx, a[0])?;
            Ok(int::reg(i64::from(fd)))
        },
        "Its descriptor.",
    ),
    method(
        "register",
        "($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)",
        |cx, a| control(cx, a, libc::EPOLL_CTL_ADD, a[2].given()),
        "Watches a descriptor.",
    ),
    method("modify", "($self, /, fd, eventmask)", |cx, a| control(cx, a, libc::EPOLL_CTL_MOD, Some(a[2])), "Watches it for other events."),
    method("unregister", "($self, /, fd)", |cx, a| control(cx, a, libc::EPOLL_CTL_DEL, None), "Watches it no more."),
    method("poll", "($self, /, timeout=None, maxevents=-1)", epoll_poll, "Waits; gives descriptors with their events."),
    method(
        "__enter__",
        "($self, /)",
        |cx, a| {
            open_epoll(cx, a[0])?;
            Ok(a[0].to_value().into())
        },
        "The object itself.",
    ),
    method("__exit__", "($self, exc_type=None, exc_value=None, exc_tb=None, /)", |cx, a| epoll_close(cx, &a[..1]), "Closes it."),
];
static EPOLL_GETSETS: &[GetSet] =
    &[getter("closed", |_, v| Ok(Value::bool(epoll_of(v).fd.load(Ordering::Relaxed) < 0).into()), "Whether it is closed.")];

/// `select.epoll`
pub static EPOLL_TYPE: TypeSpec = TypeSpec::of::<Epoll>("select.epoll")
    .flags(flags::BASE)
    .slots(Slots { new: Some(epoll_new), ..Slots::NONE })
    .methods(EPOLL_METHODS)
    .getsets(EPOLL_GETSETS)
    .doc("An epoll object: epoll(sizehint=-1, flags=0).");

/// The types.
pub static SPECS: &[&TypeSpec] = &[&POLL_TYPE, &EPOLL_TYPE];

static NUMBERS: &[(&str, i64)] = &[
    ("EPOLLERR", libc::EPOLLERR as i64),
    ("EPOLLET", 1 << 31),
    ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE as i64),
    ("EPOLLHUP", libc::EPOLLHUP as i64),
    ("EPOLLIN", libc::EPOLLIN as i64),
    ("EPOLLMSG", libc::EPOLLMSG as i64),
    ("EPOLLONESHOT", libc::EPOLLONESHOT as i64),
    ("EPOLLOUT", libc::EPOLLOUT as i64),
    ("EPOLLPRI", libc::EPOLLPRI as i64),
    ("EPOLLRDBAND", libc::EPOLLRDBAND as i64),
    ("EPOLLRDHUP", libc::EPOLLRDHUP as i64),
    ("EPOLLRDNORM", libc::EPOLLRDNORM as i64),
    ("EPOLLWAKEUP", libc::EPOLLWAKEUP as i64),
    ("EPOLLWRBAND", libc::EPOLLWRBAND as i64),
    ("EPOLLWRNORM", libc::EPOLLWRNORM as i64),
    ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC as i64),
    ("PIPE_BUF", libc::PIPE_BUF as i64),
    ("POLLERR", libc::POLLERR as i64),
    ("POLLHUP", libc::POLLHUP as i64),
    ("POLLIN", libc::POLLIN as i64),
    ("POLLMSG", 1024),
    ("POLLNVAL", libc::POLLNVAL as i64),
    ("POLLOUT", libc::POLLOUT as i64),
    ("POLLPRI", libc::POLLPRI as i64),
    ("POLLRDBAND", libc::POLLRDBAND as i64),
    ("POLLRDHUP", libc::POLLRDHUP as i64),
    ("POLLRDNORM", libc::POLLRDNORM as i64),
    ("POLLWRBAND", libc::POLLWRBAND as i64),
    ("POLLWRNORM", libc::POLLWRNORM as i64),
];

static FUNCTIONS: &[Method] = &[
    function("select", "($module, rlist, wlist, xlist, timeout=None, /)", select, "Waits until descriptors are ready."),
    function("poll", "($module, /)", |_, _| Ok(gc::alloc(PollState::new(Registered(Vec::new()))).into()), "Makes a poll object."),
];

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("epoll", type_value(ids::EPOLL));
    m.add("error", os_error_class());
    Ok(())
}

/// `select`.
pub static MODULE: ModuleDef = ModuleDef { name: "select", doc: "Waiting for descriptors.", functions: FUNCTIONS, init };
