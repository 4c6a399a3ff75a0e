//! `_SSLSocket`: a connection over a socket or over two memory BIOs.
//!
//! The protocol's state is an [`Engine`] behind a mutex, reached only by detached threads; they never wait while they hold it. Waiting for a
//! socket happens here, outside, within the socket's timeout and with signals handled.

use super::bio::MemoryBio;
use super::context::{self, Context, context_of};
use super::engine::{Engine, Hello, Link, Stop};
use super::resume::Store;
use super::session::{self, Session};
use super::settings::Unusable;
use super::trust::Slot;
use super::{error, ids};
use crate::clock::{Deadline, milliseconds};
use crate::guarded::{Guarded, State, visit_optional};
use crate::socket::ids as socket_ids;
use crate::socket::object::{Socket, socket_of};
use gc::{Ref, Reg, Value, Word};
use objects::protocol::call::positional;
use objects::protocol::path::last_errno;
use objects::protocol::truth;
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::type_::{Downcast, by_id, type_of};
use objects::{Cx, PyResult, Raised};
use rustls::{ClientConnection, HandshakeKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use sync::prim::Ordering;

/// What a connection object holds.
pub struct Contents {
    /// The protocol's state.
    pub engine: Arc<Mutex<Engine>>,
    /// A weak reference to the socket; `None` over memory BIOs.
    pub socket: Option<Value>,
    /// The context.
    pub context: Value,
    /// A weak reference to the object that callbacks see.
    pub owner: Option<Value>,
    /// Which side this is.
    pub server_side: bool,
    /// The name that was connected to.
    pub host: Option<String>,
    /// What a client's connection is resumed from and leaves.
    pub store: Arc<Store>,
    /// What the client has said.
    pub hello: Option<Hello>,
    /// Why the peer's certificate was refused.
    pub slot: Slot,
    /// Whether the peer's certificate was checked.
    pub verified: bool,
    /// Whether the handshake's end was counted.
    pub counted: bool,
}
impl State for Contents {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.socket, visit);
        visit(self.context.word());
        visit_optional(&self.owner, visit);
    }
}
/// `_SSLSocket` payload.
pub type Tls = Guarded<Contents, { ids::SOCKET }>;

/// The payload of a receiver.
pub fn tls_of(v: Ref<'_>) -> &Tls {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Tls>() }
}
use tls_of as me;

/// Locks an engine; a panic elsewhere has been reported there.
pub fn open(e: &Mutex<Engine>) -> MutexGuard<'_, Engine> {
    e.lock().unwrap_or_else(PoisonError::into_inner)
}

fn weak(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    objects::types::weak::make(cx, by_id(objects::ids::WEAKREF), v, None)
}

/// What a weak reference refers to.
pub fn strong(cx: &mut Cx, w: Option<Value>) -> PyResult<Option<Value>> {
    match w {
        Some(w) => Ok(Some(positional(cx, w.as_ref(), &[])?).filter(|v| !v.as_ref().is_none())),
        None => Ok(None),
    }
}

fn host_name(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<String>> {
    if v.is_missing() || v.is_none() {
        return Ok(None);
    }
    let Some(s) = as_str(v) else {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("server_hostname must be str or None, not {n}")));
    };
    let Some(t) = s.as_ascii() else { return Err(cx.value_error("server_hostname must be encoded in ASCII")) };
    if t.contains('\0') {
        return Err(cx.type_error("server_hostname must be a string without null characters"));
    }
    if t.is_empty() || t.starts_with('.') {
        return Err(cx.value_error("server_hostname cannot be an empty string or start with a leading dot."));
    }
    Ok(Some(t.to_string()))
}

/// Makes the connection object; `a`: context, ..., server_side, server_hostname, owner, session.
fn wrap(cx: &mut Cx, context: Ref<'_>, link: Link, socket: Option<Ref<'_>>, rest: [Ref<'_>; 4]) -> PyResult<Reg> {
    let [side, host, owner, resumed] = rest;
    let server_side = truth::of(cx, side)?;
    if server_side && !host.is_missing() && !host.is_none() {
        return Err(cx.value_error("server_hostname can only be specified in client mode"));
    }
    if server_side && resumed.given().is_some_and(|s| !s.is_none()) {
        return Err(cx.value_error("session can only be specified in client mode"));
    }
    let settings = context::settings(cx, context);
    let unnamed = host.is_missing() || host.is_none() || as_str(host).is_some_and(Str::is_empty);
    if settings.check_hostname && unnamed {
        return Err(cx.value_error("check_hostname requires server_hostname"));
    }
    let host = host_name(cx, host)?;
    let protocol = settings.protocol;
    if protocol == context::protocol::CLIENT && server_side {
        return Err(error::general(cx, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context"));
    }
    if protocol == context::protocol::SERVER && !server_side {
        return Err(error::general(cx, "Cannot create a client socket with a PROTOCOL_TLS_SERVER context"));
    }
    let socket = match socket {
        Some(s) => Some(weak(cx, s)?),
        None => None,
    };
    let owner = match owner.given().filter(|o| !o.is_none()) {
        Some(o) => Some(weak(cx, o)?),
        None => None,
    };
    let engine = if server_side { Engine::server(link) } else { Engine::client(link) };
    let store = Arc::new(Store::new());
    let contents = Contents {
        engine: Arc::new(Mutex::new(engine)),
        socket,
        context: context.to_value(),
        owner,
        server_side,
        host,
        slot: store.slot.clone(),
        store,
        hello: None,
        verified: false,
        counted: false,
    };
    let v = gc::alloc(Tls::new(contents)).into_value();
    if let Some(s) = resumed.given().filter(|s| !s.is_none()) {
        set_session(cx, v.as_ref(), Some(s))?;
    }
    Ok(v.into())
}

/// `_wrap_socket`
pub fn wrap_socket(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if !type_of(a[1]).is_subtype_of_id(socket_ids::SOCKET) {
        let n = type_of(a[1]).shown_name();
        return Err(cx.type_error(format!("_wrap_socket() argument 'sock' must be _socket.socket, not {n}")));
    }
    let link = Link::Socket(socket_of(a[1]).number());
    wrap(cx, a[0], link, Some(a[1]), [a[2], a[3], a[4], a[5]])
}

/// `_wrap_bio`
pub fn wrap_bio(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut ends = Vec::new();
    for (v, name) in [(a[1], "incoming"), (a[2], "outgoing")] {
        let Some(b) = v.downcast::<MemoryBio>() else {
            let n = type_of(v).shown_name();
            return Err(cx.type_error(format!("_wrap_bio() argument '{name}' must be _ssl.MemoryBIO, not {n}")));
        };
        ends.push(b.0.clone());
    }
    let link = Link::Memory(ends[0].clone(), ends[1].clone());
    wrap(cx, a[0], link, None, [a[3], a[4], a[5], a[6]])
}

/// Sets the session that is resumed.
pub fn set_session(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    if x.is_none() {
        return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute"));
    }
    let Some(s) = x.and_then(|x| x.downcast::<Session>()) else { return Err(cx.type_error("Value is not a SSLSession.")) };
    let (same, server, engine) = me(v).with(cx, |c| (c.context.as_ref().is(s.context.as_ref()), c.server_side, c.engine.clone()));
    if !same {
        return Err(cx.value_error("Session refers to a different SSLContext."));
    }
    if server {
        return Err(cx.value_error("Cannot set session for server-side SSLSocket."));
    }
    if !cx.detached(|| open(&engine).is_fresh()) {
        return Err(cx.value_error("Cannot set session after handshake."));
    }
    let store = s.store.clone();
    me(v).with(cx, |c| {
        c.slot = store.slot.clone();
        c.store = store;
    });
    Ok(())
}

/// The session, once there is one.
pub fn get_session(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let (engine, store, context) = me(v).with(cx, |c| (c.engine.clone(), c.store.clone(), c.context.clone()));
    if !cx.detached(|| open(&engine).is_ready()) {
        return Ok(Value::NONE.into());
    }
    Ok(session::object(store, context).into())
}

/// What is being done, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// The handshake.
    Handshake,
    /// Reading.
    Read,
    /// Writing.
    Write,
    /// Saying goodbye.
    Shutdown,
}

impl Doing {
    fn timed_out(self, cx: &mut Cx) -> Raised {
        let what = match self {
            Doing::Handshake => "_ssl: The handshake operation timed out",
            Doing::Read => "The read operation timed out",
            Doing::Write => "The write operation timed out",
            Doing::Shutdown => "The shutdown operation timed out",
        };
        cx.error(exc::TIMEOUT_ERROR, what)
    }
}

/// Begins a client's connection.
fn begin(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let (context, host, store, slot, engine) =
        me(v).with(cx, |c| (c.context.clone(), c.host.clone(), c.store.clone(), c.slot.clone(), c.engine.clone()));
    let settings = context::settings(cx, context.as_ref());
    context_of(context.as_ref()).with(cx, |c| c.counts.connect.fetch_add(1, Ordering::Relaxed));
    let made = cx.detached(|| {
        let (config, name) = settings.client(host.as_deref(), &store, &slot)?;
        let config = store.config.get_or_init(|| Arc::new(config)).clone();
        let c = ClientConnection::new(config, name).map_err(Unusable::Refused)?;
        open(&engine).begin(c);
        Ok(())
    });
    me(v).with(cx, |c| c.verified = settings.verify_mode != 0);
    made.map_err(|u| context::unusable(cx, &u))
}

/// Asks the callback about the name that a client asks for: an alert to refuse it with.
fn ask_name(cx: &mut Cx, v: Ref<'_>, hello: &Hello) -> PyResult<Option<u8>> {
    const INTERNAL_ERROR: u8 = 80;
    const HANDSHAKE_FAILURE: u8 = 40;
    let (context, owner) = me(v).with(cx, |c| (c.context.clone(), c.owner.clone()));
    let Some(f) = context_of(context.as_ref()).with(cx, |c| c.sni_callback.clone()) else { return Ok(None) };
    let shown = match owner {
        None => v.to_value(),
        w => match strong(cx, w)? {
            Some(o) => o,
            None => return Ok(Some(INTERNAL_ERROR)),
        },
    };
    let name = hello.name.as_deref().map_or(Value::NONE, |n| Str::from_text(n).into_value());
    match positional(cx, f.as_ref(), &[shown.as_ref(), name.as_ref(), context.as_ref()]) {
        Ok(r) if r.as_ref().is_none() => Ok(None),
        Ok(r) => match int::c_int(cx, r.as_ref()) {
            Ok(n) => Ok(Some(u8::try_from(n).unwrap_or(INTERNAL_ERROR))),
            Err(e) => {
                cx.unraisable(e, "Exception ignored while converting the result of the SNI callback", f.as_ref());
                Ok(Some(INTERNAL_ERROR))
            }
        },
        Err(e) => {
            cx.unraisable(e, "Exception ignored in ssl servername callback", f.as_ref());
            Ok(Some(HANDSHAKE_FAILURE))
        }
    }
}

/// Answers a client that has said hello.
fn answer(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    let engine = me(v).with(cx, |c| c.engine.clone());
    let Some(hello) = cx.detached(|| open(&engine).hello()) else { return Ok(()) };
    let context = me(v).with(cx, |c| c.context.clone());
    context_of(context.as_ref()).with(cx, |c| c.counts.accept.fetch_add(1, Ordering::Relaxed));
    if let Some(alert) = ask_name(cx, v, &hello)? {
        cx.detached(|| open(&engine).refuse(alert));
        return Err(error::reason(cx, "SSL", "CALLBACK_FAILED"));
    }
    // The callback may have set another context.
    let (context, slot) = me(v).with(cx, |c| (c.context.clone(), c.slot.clone()));
    let settings = context::settings(cx, context.as_ref());
    let made = cx.detached(|| settings.server(&hello, &slot));
    let config = match made {
        Ok(c) => Arc::new(c),
        Err(u) => {
            const PROTOCOL_VERSION: u8 = 70;
            cx.detached(|| open(&engine).refuse(PROTOCOL_VERSION));
            return Err(context::unusable(cx, &u));
        }
    };
    me(v).with(cx, |c| {
        c.hello = Some(hello);
        c.verified = settings.verify_mode != 0;
    });
    match cx.detached(|| open(&engine).answer(config)) {
        Err(Stop::Protocol(e)) => Err(error::protocol(cx, &e, None)),
        _ => Ok(()),
    }
}

/// Counts the end of a handshake.
fn count(cx: &mut Cx, v: Ref<'_>, engine: &Mutex<Engine>) {
    if me(v).with(cx, |c| std::mem::replace(&mut c.counted, true)) {
        return;
    }
    let resumed = cx.detached(|| open(engine).connection().is_some_and(|c| c.handshake_kind() == Some(HandshakeKind::Resumed)));
    let (context, server) = me(v).with(cx, |c| (c.context.clone(), c.server_side));
    context_of(context.as_ref()).with(cx, |c| {
        let good = if server { &c.counts.accept_good } else { &c.counts.connect_good };
        good.fetch_add(1, Ordering::Relaxed);
        if resumed {
            c.counts.hits.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// The socket underneath: how long it waits.
struct Beneath {
    object: Option<Value>,
    deadline: Deadline,
}

impl Beneath {
    fn socket(&self) -> Option<&Socket> {
        self.object.as_ref().map(|o| socket_of(o.as_ref()))
    }
    /// Waits; false where waiting is not wanted.
    fn wait(&self, cx: &mut Cx, events: i16, doing: Doing) -> PyResult<bool> {
        let Some(s) = self.socket() else { return Ok(false) };
        if s.never_waits() {
            return Ok(false);
        }
        loop {
            let left = self.deadline.left();
            let fd = s.number();
            if fd < 0 {
                return Err(error::general(cx, "Underlying socket has been closed."));
            }
            let mut p = libc::pollfd { fd, events, revents: 0 };
            // SAFETY: one record.
            let (r, e) = cx.detached(|| unsafe { (libc::poll(&mut p, 1, milliseconds(left)), last_errno()) });
            match r {
                0 => return Err(doing.timed_out(cx)),
                n if n > 0 => return Ok(true),
                _ if e == libc::EINTR => cx.poll()?,
                _ => return Err(cx.os_error(e, &[])),
            }
            if self.deadline.passed() {
                return Err(doing.timed_out(cx));
            }
        }
    }
}

fn beneath(cx: &mut Cx, v: Ref<'_>) -> PyResult<Beneath> {
    let w = me(v).with(cx, |c| c.socket.clone());
    let over_memory = w.is_none();
    let object = strong(cx, w)?;
    match &object {
        None if !over_memory => return Err(error::general(cx, "Underlying socket connection gone")),
        Some(o) if socket_of(o.as_ref()).number() < 0 => return Err(error::general(cx, "Underlying socket has been closed.")),
        _ => {}
    }
    let deadline = object.as_ref().map_or_else(|| Deadline::after(None), |o| socket_of(o.as_ref()).deadline());
    Ok(Beneath { object, deadline })
}

/// Runs an operation until it has its result or says something else than that it must wait.
pub fn drive<R: Send>(
    cx: &mut Cx,
    v: Ref<'_>,
    doing: Doing,
    mut f: impl FnMut(&mut Engine) -> Result<R, Stop> + Send,
) -> PyResult<Result<R, Stop>> {
    let engine = me(v).with(cx, |c| c.engine.clone());
    let below = beneath(cx, v)?;
    loop {
        let stop = match cx.detached(|| f(&mut open(&engine))) {
            Ok(r) => {
                count(cx, v, &engine);
                return Ok(Ok(r));
            }
            Err(s) => s,
        };
        match stop {
            Stop::Begin => begin(cx, v)?,
            Stop::Hello => answer(cx, v)?,
            Stop::WantRead => {
                if !below.wait(cx, libc::POLLIN, doing)? {
                    return Err(error::want_read(cx));
                }
            }
            Stop::WantWrite => {
                if !below.wait(cx, libc::POLLOUT, doing)? {
                    return Err(error::want_write(cx));
                }
            }
            Stop::System(e) => return Err(cx.os_error(e, &[])),
            Stop::Protocol(e) => {
                let slot = me(v).with(cx, |c| c.slot.clone());
                let refusal = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
                return Err(error::protocol(cx, &e, refusal));
            }
            Stop::AfterGoodbye => return Err(error::reason(cx, "SSL", "PROTOCOL_IS_SHUTDOWN")),
            Stop::LateData => return Err(error::reason(cx, "SSL", "APPLICATION_DATA_AFTER_CLOSE_NOTIFY")),
            other => return Ok(Err(other)),
        }
        cx.poll()?;
    }
}

/// Checks that a value is a context.
pub fn set_context(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    if x.is_none() {
        return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute"));
    }
    let Some(x) = x.filter(|x| x.downcast::<Context>().is_some()) else {
        return Err(cx.type_error("The value must be a SSLContext"));
    };
    let new = x.to_value();
    let old = me(v).with(cx, |c| std::mem::replace(&mut c.context, new));
    drop(old);
    Ok(())
}
