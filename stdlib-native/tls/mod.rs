//! `_ssl`: TLS 1.2 and 1.3 by rustls, with the interface that the library's `ssl` expects of OpenSSL.
//!
//! What rustls does not do is refused with an error that says so: older protocols, renegotiation, pre-shared keys, authentication after the
//! handshake, channel bindings, watching the messages.

pub mod bio;
pub mod certificate;
pub mod ciphers;
pub mod constants;
pub mod context;
pub mod context_attributes;
pub mod der;
pub mod engine;
pub mod error;
pub mod keys;
pub mod load;
pub mod oids;
pub mod random;
pub mod resume;
pub mod session;
pub mod settings;
pub mod socket;
pub mod socket_methods;
pub mod store;
pub mod trust;

use gc::{Payload, Ref, Reg, Value};
use objects::native::{Method, function, new_function};
use objects::protocol::path;
use objects::protocol::truth;
use objects::types::int::{self, from_i64};
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Cx, PyResult};
use std::os::unix::ffi::OsStrExt;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const SSL_ERROR: u32 = 660;
    pub const ZERO_RETURN: u32 = 661;
    pub const WANT_READ: u32 = 662;
    pub const WANT_WRITE: u32 = 663;
    pub const SYSCALL: u32 = 664;
    pub const EOF: u32 = 665;
    pub const VERIFICATION: u32 = 666;
    pub const CONTEXT: u32 = 667;
    pub const SOCKET: u32 = 668;
    pub const MEMORY_BIO: u32 = 669;
    pub const SESSION: u32 = 670;
    pub const CERTIFICATE: u32 = 671;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &error::SSL_ERROR,
    &error::ZERO_RETURN,
    &error::WANT_READ,
    &error::WANT_WRITE,
    &error::SYSCALL,
    &error::EOF,
    &error::VERIFICATION,
    &context::CONTEXT_TYPE,
    &socket_methods::SOCKET_TYPE,
    &bio::MEMORY_BIO_TYPE,
    &session::SESSION_TYPE,
    &store::CERTIFICATE_TYPE,
];

fn named(n: &oids::Named) -> Reg {
    let text = |s: &str| Str::from_text(s).into_value();
    Tuple::from_values(vec![from_i64(n.nid), text(n.short), text(n.long), text(n.oid)]).into()
}

fn txt2obj(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = as_str(a[0]) else { return Err(cx.type_error("txt2obj() argument 'txt' must be str")) };
    let t = t.to_string_lossy();
    let by_name = match a[1].given() {
        Some(v) => truth::of(cx, v)?,
        None => false,
    };
    let found = oids::NAMES.iter().find(|n| n.oid == t || (by_name && (n.short == t || n.long == t)));
    match found {
        Some(n) => Ok(named(n)),
        None => {
            let shown: String = t.chars().take(100).collect();
            Err(cx.value_error(format!("unknown object '{shown}'")))
        }
    }
}

fn nid2obj(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = i64::from(int::c_int(cx, a[0])?);
    if n < 0 {
        return Err(cx.value_error("NID must be positive"));
    }
    match oids::NAMES.iter().find(|x| x.nid == n) {
        Some(n) => Ok(named(n)),
        None => Err(cx.value_error(format!("unknown NID {n}"))),
    }
}

fn decode_file(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = path::path(cx, a[0], "_test_decode_cert", "path")?;
    let name = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(p.bytes.as_bytes()));
    let text = match cx.detached(|| std::fs::read(name)) {
        Ok(t) => t,
        Err(_) => return Err(error::plain(cx, "Can't open file")),
    };
    let found = keys::contents(&text);
    match found.certificates.first() {
        Some(c) => store::decoded(cx, c).map(Reg::from),
        None => Err(error::plain(cx, "Error decoding PEM-encoded file")),
    }
}

static FUNCTIONS: &[Method] = &[
    function("_test_decode_cert", "($module, path, /)", decode_file, ""),
    function(
        "get_default_verify_paths",
        "($module, /)",
        load::default_paths,
        "Return search paths and environment vars that are used by SSLContext's set_default_verify_paths() to load default CAs.\n\nThe values are 'cert_file_env', 'cert_file', 'cert_dir_env', 'cert_dir'.",
    ),
    function("nid2obj", "($module, nid, /)", nid2obj, "Lookup NID, short name, long name and OID of an ASN1_OBJECT by NID."),
    function(
        "txt2obj",
        "($module, /, txt, name=False)",
        txt2obj,
        "Lookup NID, short name, long name and OID of an ASN1_OBJECT.\n\nBy default objects are looked up by OID. With name=True short and\nlong name are also matched.",
    ),
];

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    let name = Str::intern_text("_ssl");
    for f in random::FUNCTIONS {
        let object = new_function(f, name.clone());
        object.header().make_deferred();
        m.add(f.name, object);
    }
    for (name, n) in constants::NUMBERS {
        m.add(name, from_i64(*n));
    }
    for (name, on) in constants::FEATURES {
        m.add(name, Value::bool(*on));
    }
    for (name, id) in [
        ("SSLError", ids::SSL_ERROR),
        ("SSLZeroReturnError", ids::ZERO_RETURN),
        ("SSLWantReadError", ids::WANT_READ),
        ("SSLWantWriteError", ids::WANT_WRITE),
        ("SSLSyscallError", ids::SYSCALL),
        ("SSLEOFError", ids::EOF),
        ("SSLCertVerificationError", ids::VERIFICATION),
        ("_SSLContext", ids::CONTEXT),
        ("_SSLSocket", ids::SOCKET),
        ("MemoryBIO", ids::MEMORY_BIO),
        ("SSLSession", ids::SESSION),
        ("Certificate", ids::CERTIFICATE),
    ] {
        m.add(name, type_value(id));
    }
    let (a, b, c, d, e) = constants::VERSION;
    let version = || Tuple::from_values([a, b, c, d, e].map(from_i64).to_vec()).into_value();
    m.add("OPENSSL_VERSION_NUMBER", from_i64(a << 28 | b << 20 | c << 4 | e));
    m.add("OPENSSL_VERSION_INFO", version());
    m.add("_OPENSSL_API_VERSION", version());
    m.add("OPENSSL_VERSION", Str::from_text(&format!("OpenSSL {a}.{b}.{c} interface by rustls 0.23")));
    m.add("_DEFAULT_CIPHERS", Str::from_text("DEFAULT"));
    Ok(())
}

/// `_ssl`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_ssl",
    doc: "Implementation module for SSL socket operations.  See the socket module\nfor documentation.",
    functions: FUNCTIONS,
    init,
};
