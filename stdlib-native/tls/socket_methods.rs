//! Methods and attributes of `_SSLSocket`.

use super::engine::{Engine, Stop};
use super::socket::{Doing, Tls, drive, get_session, open, set_context, set_session, strong, tls_of as me};
use super::{ciphers, error, store};
use crate::posix::arguments::writable;
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, Method, getset, getter, method};
use objects::protocol::buffer::{self, wanted};
use objects::protocol::truth;
use objects::types::bytes::shared::{new_bytes, room_or_error};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::list::List;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, flags};
use objects::{Cx, PyResult};
use rustls::{HandshakeKind, ProtocolVersion};

fn do_handshake(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match drive(cx, a[0], Doing::Handshake, Engine::handshake)? {
        Ok(()) => Ok(Value::NONE.into()),
        Err(_) => Err(error::ended(cx)),
    }
}

/// What a read that found the end gives.
fn at_end(cx: &mut Cx, v: Ref<'_>, stop: &Stop) -> PyResult<()> {
    if !matches!(stop, Stop::Closed) {
        return Err(error::ended(cx));
    }
    let engine = me(v).with(cx, |c| c.engine.clone());
    if cx.detached(|| open(&engine).said_goodbye) { Err(error::closed(cx)) } else { Ok(()) }
}

fn read(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[1])?;
    if let Some(b) = a[2].given().filter(|b| !b.is_none()) {
        let view = writable(cx, b, "read() argument 2")?;
        let len = usize::try_from(n).ok().filter(|n| *n > 0).map_or(view.len, |n| n.min(view.len));
        if len == 0 {
            return Ok(int::reg(0));
        }
        let at = view.data as usize;
        let r = drive(cx, a[0], Doing::Read, |e| {
            // SAFETY: the view keeps the memory there.
            e.read(unsafe { std::slice::from_raw_parts_mut(at as *mut u8, len) })
        })?;
        return match r {
            Ok(n) => Ok(int::reg(n as i64)),
            Err(stop) => {
                at_end(cx, a[0], &stop)?;
                Ok(int::reg(0))
            }
        };
    }
    let Ok(n) = usize::try_from(n) else { return Err(cx.value_error("size should not be negative")) };
    if n == 0 {
        return new_bytes(cx, b"").map(Reg::from);
    }
    // No record has more, whatever is asked for.
    const MOST: usize = 64 * 1024;
    let mut data = room_or_error(cx, Some(n.min(MOST)))?;
    data.resize(n.min(MOST), 0);
    match drive(cx, a[0], Doing::Read, |e| e.read(&mut data))? {
        Ok(n) => new_bytes(cx, &data[..n]).map(Reg::from),
        Err(stop) => {
            at_end(cx, a[0], &stop)?;
            new_bytes(cx, b"").map(Reg::from)
        }
    }
}

fn write(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let view = buffer::get(cx, a[1], wanted::SIMPLE)?;
    if view.len == 0 {
        return Ok(int::reg(0));
    }
    let (at, len) = (view.data as usize, view.len);
    let r = drive(cx, a[0], Doing::Write, |e| {
        // SAFETY: the view keeps the memory there.
        e.write(unsafe { std::slice::from_raw_parts(at as *const u8, len) })
    })?;
    match r {
        Ok(n) => Ok(int::reg(n as i64)),
        Err(Stop::Closed) => Err(error::closed(cx)),
        Err(_) => Err(error::ended(cx)),
    }
}

fn shutdown(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let w = me(a[0]).with(cx, |c| c.socket.clone());
    let socket = strong(cx, w)?;
    match drive(cx, a[0], Doing::Shutdown, Engine::shutdown)? {
        Ok(()) => Ok(socket.unwrap_or(Value::NONE).into()),
        Err(_) => Err(error::ended(cx)),
    }
}

fn pending(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let engine = me(a[0]).with(cx, |c| c.engine.clone());
    Ok(int::reg(cx.detached(|| open(&engine).pending()) as i64))
}

/// Asks the connection something, if there is one.
fn ask<R: Send>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&rustls::Connection) -> Option<R> + Send) -> Option<R> {
    let engine = me(v).with(cx, |c| c.engine.clone());
    cx.detached(|| {
        let e = open(&engine);
        if e.is_ready() { e.connection().and_then(f) } else { None }
    })
}

fn text(s: &str) -> Value {
    Str::from_text(s).into_value()
}

fn optional(s: Option<impl AsRef<str>>) -> PyResult<Reg> {
    Ok(s.map_or(Value::NONE, |s| text(s.as_ref())).into())
}

fn version_name(v: ProtocolVersion) -> &'static str {
    if v == ProtocolVersion::TLSv1_3 { "TLSv1.3" } else { "TLSv1.2" }
}

fn version(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    optional(ask(cx, a[0], |c| c.protocol_version()).map(version_name))
}

fn cipher_row(d: &ciphers::Described) -> Value {
    Tuple::from_values(vec![text(d.name), text(d.protocol), int::from_i64(d.bits)]).into_value()
}

fn cipher(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = ask(cx, a[0], |c| c.negotiated_cipher_suite()).and_then(ciphers::described);
    Ok(s.map_or(Value::NONE, cipher_row).into())
}

fn shared_ciphers(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (hello, context) = me(a[0]).with(cx, |c| (c.hello.clone(), c.context.clone()));
    let Some(h) = hello else { return Ok(Value::NONE.into()) };
    let ours = super::context::settings(cx, context.as_ref()).suites();
    let both = h.suites.iter().filter(|s| ours.iter().any(|o| o.suite() == **s)).filter_map(|s| ciphers::by_number(*s));
    Ok(List::from_values(both.map(cipher_row).collect()).into())
}

fn alpn(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = ask(cx, a[0], |c| c.alpn_protocol().map(<[u8]>::to_vec));
    optional(name.map(|n| String::from_utf8_lossy(&n).into_owned()))
}

fn peer_chain(cx: &mut Cx, v: Ref<'_>) -> Option<Vec<Vec<u8>>> {
    ask(cx, v, |c| c.peer_certificates().map(|l| l.iter().map(|c| c.to_vec()).collect()))
}

fn getpeercert(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let binary = match a[1].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let engine = me(a[0]).with(cx, |c| c.engine.clone());
    if !cx.detached(|| open(&engine).is_ready()) {
        return Err(cx.value_error("handshake not done yet"));
    }
    let Some(leaf) = peer_chain(cx, a[0]).and_then(|c| c.into_iter().next()) else { return Ok(Value::NONE.into()) };
    if binary {
        return new_bytes(cx, &leaf).map(Reg::from);
    }
    if !me(a[0]).with(cx, |c| c.verified) {
        return Ok(objects::types::dict::Dict::new().into());
    }
    store::decoded(cx, &leaf).map(Reg::from)
}

fn chain_list(chain: &[Vec<u8>]) -> Reg {
    List::from_values(chain.iter().map(|c| store::object(c)).collect()).into()
}

fn unverified_chain(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(peer_chain(cx, a[0]).map_or_else(|| Value::NONE.into(), |c| chain_list(&c)))
}

fn verified_chain(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (verified, context) = me(a[0]).with(cx, |c| (c.verified, c.context.clone()));
    let Some(shown) = peer_chain(cx, a[0]).filter(|_| verified) else { return Ok(Value::NONE.into()) };
    let trusted = super::context::settings(cx, context.as_ref()).trusted;
    let mut chain: Vec<Vec<u8>> = shown.first().cloned().into_iter().collect();
    let longest = shown.len() + 1;
    while let Some(last) = chain.last().filter(|_| chain.len() <= longest) {
        let Some(c) = super::certificate::decode(last) else { break };
        if c.raw_subject == c.raw_issuer || (chain.len() == 1 && trusted.certificates.iter().any(|t| t.as_ref() == last.as_slice())) {
            break;
        }
        if let Some(t) = trusted.issuer_of(&c) {
            chain.push(t.to_vec());
            continue;
        }
        let next = shown.iter().find(|s| super::certificate::decode(s).is_some_and(|d| d.raw_subject == c.raw_issuer));
        match next {
            Some(n) => chain.push(n.clone()),
            None => break,
        }
    }
    Ok(chain_list(&chain))
}

fn channel_binding(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let kind = match a[1].given() {
        Some(v) => objects::types::str::as_str(v).map(Str::to_string_lossy),
        None => Some("tls-unique".to_string()),
    };
    if kind.as_deref() != Some("tls-unique") {
        let shown = kind.unwrap_or_default();
        return Err(cx.value_error(format!("'{shown}' channel binding type not implemented")));
    }
    if ask(cx, a[0], |_| Some(())).is_none() {
        return Ok(Value::NONE.into());
    }
    Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, "'tls-unique' channel binding is not supported: rustls does not tell the finished messages"))
}

fn post_handshake(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, "Post-handshake auth is not supported: rustls has none"))
}

static METHODS: &[Method] = &[
    method("cipher", "($self, /)", cipher, ""),
    method("compression", "($self, /)", |_, _| Ok(Value::NONE.into()), ""),
    method("do_handshake", "($self, /)", do_handshake, ""),
    method(
        "get_channel_binding",
        "($self, /, cb_type='tls-unique')",
        channel_binding,
        "Get channel binding data for current connection.\n\nRaise ValueError if the requested `cb_type` is not supported.  Return\nbytes of the data or None if the data is not available (e.g. before the\nhandshake).  Only 'tls-unique' channel binding data from RFC 5929 is\nsupported.",
    ),
    method("get_unverified_chain", "($self, /)", unverified_chain, ""),
    method("get_verified_chain", "($self, /)", verified_chain, ""),
    method(
        "getpeercert",
        "($self, der=False, /)",
        getpeercert,
        "Returns the certificate for the peer.\n\nIf no certificate was provided, returns None.  If a certificate was\nprovided, but not validated, returns an empty dictionary.  Otherwise\nreturns a dict containing information about the peer certificate.\n\nIf the optional argument is True, returns a DER-encoded copy of the\npeer certificate, or None if no certificate was provided.  This will\nreturn the certificate even if it wasn't validated.",
    ),
    method(
        "pending",
        "($self, /)",
        pending,
        "Returns the number of already decrypted bytes available for read, pending on the connection.",
    ),
    method("read", "($self, size, buffer=None, /)", read, "Read up to size bytes from the SSL socket."),
    method("selected_alpn_protocol", "($self, /)", alpn, ""),
    method("shared_ciphers", "($self, /)", shared_ciphers, ""),
    method("shutdown", "($self, /)", shutdown, "Does the SSL shutdown handshake with the remote end."),
    method("verify_client_post_handshake", "($self, /)", post_handshake, "Initiate TLS 1.3 post-handshake authentication"),
    method("version", "($self, /)", version, ""),
    method("write", "($self, b, /)", write, "Writes the bytes-like object b into the SSL object.\n\nReturns the number of bytes written."),
];

fn set_owner(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    if x.is_none() {
        return Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute"));
    }
    let new = match x.filter(|x| !x.is_none()) {
        Some(x) => Some(objects::types::weak::make(cx, objects::types::type_::by_id(objects::ids::WEAKREF), x, None)?),
        None => None,
    };
    let old = me(v).with(cx, |c| std::mem::replace(&mut c.owner, new));
    drop(old);
    Ok(())
}

fn session_reused(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(Value::bool(ask(cx, v, |c| c.handshake_kind()) == Some(HandshakeKind::Resumed)).into())
}

static GETSETS: &[GetSet] = &[
    getset(
        "context",
        |cx, v| Ok(me(v).with(cx, |c| c.context.clone()).into()),
        set_context,
        "This changes the context associated with the SSLSocket.\n\nThis is typically used from within a callback function set by the\nsni_callback on the SSLContext to change the certificate information\nassociated with the SSLSocket before the cryptographic exchange\nhandshake messages.",
    ),
    getset(
        "owner",
        |cx, v| {
            let w = me(v).with(cx, |c| c.owner.clone());
            Ok(strong(cx, w)?.unwrap_or(Value::NONE).into())
        },
        set_owner,
        "The Python-level owner of this object.\n\nPassed as \"self\" in servername callback.",
    ),
    getter("server_hostname", |cx, v| optional(me(v).with(cx, |c| c.host.clone())), "The currently set server hostname (for SNI)."),
    getter("server_side", |cx, v| Ok(Value::bool(me(v).with(cx, |c| c.server_side)).into()), "Whether this is a server-side socket."),
    getset("session", get_session, set_session, "The underlying SSLSession object."),
    getter("session_reused", session_reused, "Was the client session reused during handshake?"),
];

/// `_ssl._SSLSocket`
pub static SOCKET_TYPE: TypeSpec =
    TypeSpec::of::<Tls>("_ssl._SSLSocket").flags(flags::NO_NEW | flags::IMMUTABLE).methods(METHODS).getsets(GETSETS);
