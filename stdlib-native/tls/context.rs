//! `_SSLContext`: what connections are made from. The settings are under the object's lock; connections take a copy of them.

use super::settings::Settings;
use super::trust::Trusted;
use super::{ciphers, error, ids, keys, load, socket, store};
use crate::guarded::{Guarded, State, make, visit_optional};
use gc::Word;
use objects::native::{GetSet, Method, method};
use objects::protocol::buffer;
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64};
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult, Ref, Reg, Value};
use rustls::crypto::ring::kx_group;
use std::sync::Arc;
use sync::prim::{AtomicI64, Ordering};

/// `PROTOCOL_*` numbers.
#[allow(missing_docs)]
pub mod protocol {
    pub const TLS: i64 = 2;
    pub const TLS_1_2: i64 = 5;
    pub const CLIENT: i64 = 16;
    pub const SERVER: i64 = 17;
}

/// Connections counted, for `session_stats()`.
#[derive(Default)]
#[allow(missing_docs)]
pub struct Counts {
    pub connect: AtomicI64,
    pub connect_good: AtomicI64,
    pub accept: AtomicI64,
    pub accept_good: AtomicI64,
    pub hits: AtomicI64,
    pub misses: AtomicI64,
}

/// What a context holds.
pub struct Contents {
    /// All that needs no Python.
    pub settings: Settings,
    /// Called with the name that a client asks for.
    pub sni_callback: Option<Value>,
    /// The file that secrets are logged to.
    pub log_name: Option<Value>,
    /// Whether clients may be asked for a certificate after the handshake; kept, but never done.
    pub post_handshake_auth: bool,
    /// What has happened.
    pub counts: Arc<Counts>,
}
impl State for Contents {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.sni_callback, visit);
        visit_optional(&self.log_name, visit);
    }
}
/// `_SSLContext` payload.
pub type Context = Guarded<Contents, { ids::CONTEXT }>;

/// The payload of a receiver.
pub fn context_of(v: Ref<'_>) -> &Context {
    // SAFETY: slots, methods and getters check their receiver; others ask first.
    unsafe { v.cast::<Context>() }
}
use context_of as me;

/// DeprecationWarning.
pub fn deprecated(cx: &mut Cx, what: &str) -> PyResult<()> {
    let host = cx.host;
    let category = objects::types::type_::type_value(exc::DEPRECATION_WARNING);
    host.warn(cx, category.as_ref(), &format!("{what} is deprecated"), 2)
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "_SSLContext")?;
    args.check_count(cx, "_SSLContext", 1, 1)?;
    let p = i64::from(int::c_int(cx, args.items[0])?);
    match p {
        protocol::CLIENT | protocol::SERVER => {}
        protocol::TLS => deprecated(cx, "ssl.PROTOCOL_TLS")?,
        protocol::TLS_1_2 => deprecated(cx, "ssl.PROTOCOL_TLSv1_2")?,
        3 | 4 => return Err(cx.value_error(format!("unsupported protocol version {p}: rustls has TLS 1.2 and TLS 1.3"))),
        _ => return Err(cx.value_error(format!("invalid or unsupported protocol version {p}"))),
    }
    let mut settings = Settings::new(p, p == protocol::CLIENT);
    if p == protocol::TLS_1_2 {
        (settings.minimum, settings.maximum) = (super::settings::proto::TLS_1_2, super::settings::proto::TLS_1_2);
    }
    settings.ticketer = if p == protocol::CLIENT { None } else { rustls::crypto::ring::Ticketer::new().ok() };
    let contents = Contents { settings, sni_callback: None, log_name: None, post_handshake_auth: false, counts: Arc::default() };
    Ok(make(class, Context::new(contents)))
}

/// A copy of a context's settings.
pub fn settings(cx: &mut Cx, v: Ref<'_>) -> Settings {
    me(v).with(cx, |c| c.settings.clone())
}

fn load_cert_chain(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let k = load::chain(cx, a[1], a[2].given().filter(|v| !v.is_none()), a[3].given().filter(|v| !v.is_none()))?;
    let old = me(a[0]).with(cx, |c| {
        // One key of each kind, the latest.
        let kind = k.key.algorithm();
        let keys = std::mem::take(&mut c.settings.keys);
        let (old, mut keys): (Vec<_>, Vec<_>) = keys.into_iter().partition(|o| o.key.algorithm() == kind);
        keys.push(k);
        c.settings.keys = keys;
        old
    });
    drop(old);
    Ok(Value::NONE.into())
}

/// Adds to whom a context trusts.
pub fn trust(cx: &mut Cx, v: Ref<'_>, contents: keys::Contents) {
    me(v).with(cx, |c| {
        let mut t = Trusted { certificates: c.settings.trusted.certificates.clone(), ..Trusted::default() };
        t.revoked.clone_from(&c.settings.trusted.revoked);
        contents.certificates.into_iter().for_each(|x| t.add(x));
        t.revoked.extend(contents.revoked);
        c.settings.trusted = Arc::new(t);
    });
}

fn get_ca_certs(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let binary = match a[1].given() {
        Some(v) => objects::protocol::truth::of(cx, v)?,
        None => false,
    };
    let t = me(a[0]).with(cx, |c| c.settings.trusted.clone());
    let mut out = Vec::new();
    for der in &t.certificates {
        let Some(c) = super::certificate::decode(der).filter(|c| c.is_authority) else { continue };
        out.push(if binary { store::bytes(cx, der)? } else { store::info(&c) });
    }
    Ok(List::from_values(out).into())
}

fn cert_store_stats(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = me(a[0]).with(cx, |c| c.settings.trusted.clone());
    let authorities = t.certificates.iter().filter(|d| super::certificate::decode(d).is_some_and(|c| c.is_authority)).count();
    let d = Dict::new();
    d.set_text("x509", int::from_usize(t.certificates.len()));
    d.set_text("crl", int::from_usize(t.revoked.len()));
    d.set_text("x509_ca", int::from_usize(authorities));
    Ok(d.into())
}

fn session_stats(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).with(cx, |c| c.counts.clone());
    let at = |n: &AtomicI64| n.load(Ordering::Relaxed);
    let d = Dict::new();
    for (name, n) in [
        ("number", 0),
        ("connect", at(&n.connect)),
        ("connect_good", at(&n.connect_good)),
        ("connect_renegotiate", 0),
        ("accept", at(&n.accept)),
        ("accept_good", at(&n.accept_good)),
        ("accept_renegotiate", 0),
        ("hits", at(&n.hits)),
        ("misses", at(&n.misses)),
        ("timeouts", 0),
        ("cache_full", 0),
    ] {
        d.set_text(name, from_i64(n));
    }
    Ok(d.into())
}

fn get_ciphers(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let text = |s: &str| Str::from_text(s).into_value();
    let mut out = Vec::new();
    for c in settings(cx, a[0]).suites().into_iter().filter_map(ciphers::described) {
        let d = Dict::new();
        d.set_text("id", from_i64(c.number()));
        d.set_text("name", text(c.name));
        d.set_text("protocol", text(c.protocol));
        d.set_text("description", text(&c.description()));
        d.set_text("strength_bits", from_i64(c.bits));
        d.set_text("alg_bits", from_i64(c.bits));
        d.set_text("aead", Value::TRUE);
        d.set_text("symmetric", text(c.symmetric()));
        d.set_text("digest", Value::NONE);
        d.set_text("kea", text(c.kea));
        d.set_text("auth", text(c.auth));
        out.push(d.into_value());
    }
    Ok(List::from_values(out).into())
}

fn set_ciphers(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[1]) else {
        let n = type_of(a[1]).shown_name();
        return Err(cx.type_error(format!("set_ciphers() argument must be str, not {n}")));
    };
    let list = ciphers::chosen(&s.to_string_lossy());
    if list.is_empty() {
        let message = Str::from_text("No cipher can be selected.");
        return Err(cx.error_arg(ids::SSL_ERROR, message.value().as_ref()));
    }
    me(a[0]).with(cx, |c| c.settings.old_suites = list);
    Ok(Value::NONE.into())
}

fn set_alpn(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let data = buffer::bytes_of(cx, a[1])?;
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(n) = data.get(at) {
        let Some(name) = data.get(at + 1..at + 1 + usize::from(*n)).filter(|n| !n.is_empty()) else {
            return Err(cx.value_error("protocols are names of 1 to 255 bytes with their lengths"));
        };
        out.push(name.to_vec());
        at += 1 + name.len();
    }
    let old = me(a[0]).with(cx, |c| std::mem::replace(&mut c.settings.alpn, out));
    drop(old);
    Ok(Value::NONE.into())
}

fn set_ecdh_curve(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = match as_str(a[1]) {
        Some(s) => s.to_string_lossy(),
        None => {
            let p = objects::protocol::path::path(cx, a[1], "set_ecdh_curve", "name")?;
            p.bytes.to_string_lossy().into_owned()
        }
    };
    let group = match name.as_str() {
        "prime256v1" | "secp256r1" | "P-256" => kx_group::SECP256R1,
        "secp384r1" | "P-384" => kx_group::SECP384R1,
        "X25519" | "x25519" => kx_group::X25519,
        _ => return Err(cx.value_error(format!("unknown elliptic curve name '{name}'"))),
    };
    me(a[0]).with(cx, |c| c.settings.group = Some(group));
    Ok(Value::NONE.into())
}

fn no_psk(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, "pre-shared keys are not supported: rustls has none"))
}

static METHODS: &[Method] = &[
    method("_set_alpn_protocols", "($self, protos, /)", set_alpn, ""),
    method(
        "_wrap_bio",
        "($self, /, incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None)",
        socket::wrap_bio,
        "",
    ),
    method("_wrap_socket", "($self, /, sock, server_side, server_hostname=None, *, owner=None, session=None)", socket::wrap_socket, ""),
    method(
        "cert_store_stats",
        "($self, /)",
        cert_store_stats,
        "Returns quantities of loaded X.509 certificates.\n\nX.509 certificates with a CA extension and certificate revocation lists\ninside the context's cert store.\n\nNOTE: Certificates in a capath directory aren't loaded unless they have\nbeen used at least once.",
    ),
    method(
        "get_ca_certs",
        "($self, /, binary_form=False)",
        get_ca_certs,
        "Returns a list of dicts with information of loaded CA certs.\n\nIf the optional argument is True, returns a DER-encoded copy of the CA\ncertificate.\n\nNOTE: Certificates in a capath directory aren't loaded unless they have\nbeen used at least once.",
    ),
    method("get_ciphers", "($self, /)", get_ciphers, ""),
    method("load_cert_chain", "($self, /, certfile, keyfile=None, password=None)", load_cert_chain, ""),
    method("load_dh_params", "($self, path, /)", load::dh_params, ""),
    method("load_verify_locations", "($self, /, cafile=None, capath=None, cadata=None)", load::verify_locations, ""),
    method("session_stats", "($self, /)", session_stats, ""),
    method("set_ciphers", "($self, cipherlist, /)", set_ciphers, ""),
    method("set_default_verify_paths", "($self, /)", load::default_locations, ""),
    method("set_ecdh_curve", "($self, name, /)", set_ecdh_curve, ""),
    method("set_psk_client_callback", "($self, /, callback)", no_psk, ""),
    method("set_psk_server_callback", "($self, /, callback, identity_hint=None)", no_psk, ""),
];

static GETSETS: &[GetSet] = super::context_attributes::GETSETS;

/// `_ssl._SSLContext`
pub static CONTEXT_TYPE: TypeSpec = TypeSpec::of::<Context>("_ssl._SSLContext")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS);

/// TypeError and SSLError of the settings that no connection can be made with.
pub fn unusable(cx: &mut Cx, u: &super::settings::Unusable) -> objects::Raised {
    match u {
        super::settings::Unusable::NoVersion => error::reason(cx, "SSL", "NO_PROTOCOLS_AVAILABLE"),
        super::settings::Unusable::Refused(e) => error::protocol(cx, e, None),
    }
}
