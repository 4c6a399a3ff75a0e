//! What contexts load: certificate chains with keys, trusted certificates, the system's.

use super::context::trust;
use super::{certificate, error, keys};
use gc::{Ref, Reg, Value};
use objects::protocol::call::{is_callable, positional};
use objects::protocol::{buffer, path};
use objects::types::str::as_str;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names of the environment variables that name the system's certificates.
const FILE_VARIABLE: &str = "SSL_CERT_FILE";
const FOLDER_VARIABLE: &str = "SSL_CERT_DIR";

/// Where systems keep their certificates.
const FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/lib/ssl/cert.pem",
];
const FOLDERS: &[&str] = &["/etc/ssl/certs", "/etc/pki/tls/certs", "/usr/lib/ssl/certs"];

fn there(list: &[&'static str], is: fn(&Path) -> bool) -> &'static str {
    list.iter().copied().find(|p| is(Path::new(p))).unwrap_or(list[0])
}

/// `get_default_verify_paths()`
pub fn default_paths(_: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    let rows = [FILE_VARIABLE, there(FILES, Path::is_file), FOLDER_VARIABLE, there(FOLDERS, Path::is_dir)];
    Ok(Tuple::from_values(rows.iter().map(|s| objects::types::str::Str::from_text(s).into_value()).collect()).into())
}

fn file_argument(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<PathBuf> {
    match path::path(cx, v, "load", name) {
        Ok(p) => Ok(PathBuf::from(OsStr::from_bytes(p.bytes.as_bytes()))),
        Err(e) => {
            drop(cx.catch_if(e, objects::types::exception::ids::TYPE_ERROR)?);
            Err(cx.type_error(format!("{name} should be a valid filesystem path")))
        }
    }
}

fn read(cx: &mut Cx, p: &Path) -> PyResult<Vec<u8>> {
    match cx.detached(|| std::fs::read(p)) {
        Ok(b) => Ok(b),
        Err(e) => Err(cx.os_error(e.raw_os_error().unwrap_or(libc::EIO), &[])),
    }
}

/// Longest password.
const LONGEST: usize = 1023;

fn password_text(cx: &mut Cx, v: Ref<'_>, from_callback: bool) -> PyResult<Vec<u8>> {
    let p = match as_str(v) {
        Some(s) => s.to_wtf8(),
        None if buffer::is_exporter(v) => buffer::bytes_of(cx, v)?,
        None if from_callback => return Err(cx.type_error("password callback must return a string")),
        None => return Err(cx.type_error("password should be a string or callable")),
    };
    if p.len() > LONGEST {
        return Err(cx.value_error(format!("password cannot be longer than {LONGEST} bytes")));
    }
    Ok(p)
}

fn password(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<Vec<u8>> {
    match v {
        None => Err(error::general(cx, "[SSL] PEM lib: the private key is protected by a password")),
        Some(f) if is_callable(f) => {
            let v = positional(cx, f, &[])?;
            password_text(cx, v.as_ref(), true)
        }
        Some(v) => password_text(cx, v, false),
    }
}

/// A chain and its key from files.
pub fn chain(cx: &mut Cx, file: Ref<'_>, key_file: Option<Ref<'_>>, secret: Option<Ref<'_>>) -> PyResult<Arc<CertifiedKey>> {
    let file = file_argument(cx, file, "certfile")?;
    let key_file = match key_file {
        Some(k) => Some(file_argument(cx, k, "keyfile")?),
        None => None,
    };
    if let Some(s) = secret
        && !is_callable(s)
    {
        password_text(cx, s, false)?;
    }
    let text = read(cx, &file)?;
    let found = keys::contents(&text);
    let key = match &key_file {
        Some(k) => {
            let text = read(cx, k)?;
            keys::contents(&text).key
        }
        None => found.key,
    };
    if found.certificates.is_empty() || found.broken {
        return Err(error::pem(cx));
    }
    let key = match key {
        Some(keys::Key::Plain(k)) => k,
        Some(keys::Key::Encrypted(der)) => {
            let p = password(cx, secret)?;
            match cx.detached(|| keys::decrypted(&der, &p)) {
                Some(k) => k,
                None => return Err(error::pem(cx)),
            }
        }
        Some(keys::Key::Other) => {
            return Err(error::general(cx, "[SSL] PEM lib: keys protected in this form are not supported, use PKCS #8"));
        }
        None => return Err(error::pem(cx)),
    };
    let signer = match any_supported_type(&key) {
        Ok(s) => s,
        Err(_) => return Err(error::pem(cx)),
    };
    let k = CertifiedKey::new(found.certificates, signer);
    match k.keys_match() {
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(Arc::new(k)),
        Err(Error::InconsistentKeys(_)) => Err(error::reason(cx, "X509", "KEY_VALUES_MISMATCH")),
        Err(_) => Err(error::pem(cx)),
    }
}

/// What a folder of hashed names holds.
fn folder(p: &Path) -> keys::Contents {
    let mut out = keys::Contents::default();
    let Ok(entries) = std::fs::read_dir(p) else { return out };
    for e in entries.filter_map(Result::ok) {
        let name = e.file_name();
        let name = name.as_bytes();
        let hashed = name.len() >= 10 && name[8] == b'.' && name[..8].iter().all(u8::is_ascii_hexdigit);
        if !hashed {
            continue;
        }
        let Ok(text) = std::fs::read(e.path()) else { continue };
        let found = keys::contents(&text);
        out.certificates.extend(found.certificates);
        out.revoked.extend(found.revoked);
    }
    out
}

fn data(cx: &mut Cx, v: Ref<'_>) -> PyResult<keys::Contents> {
    const WRONG: &str = "cadata should be an ASCII string or a bytes-like object";
    if let Some(s) = as_str(v) {
        let Some(t) = s.as_ascii() else { return Err(cx.type_error(WRONG)) };
        if t.is_empty() {
            return Err(cx.value_error("Empty certificate data"));
        }
        let found = keys::contents(t.as_bytes());
        if found.certificates.is_empty() && !found.broken {
            return Err(error::general(cx, "no start line: cadata does not contain a certificate"));
        }
        if found.broken {
            return Err(error::reason(cx, "PEM", "BAD_BASE64_DECODE"));
        }
        return Ok(found);
    }
    if !buffer::is_exporter(v) {
        return Err(cx.type_error(WRONG));
    }
    let bytes = buffer::bytes_of(cx, v)?;
    if bytes.is_empty() {
        return Err(cx.value_error("Empty certificate data"));
    }
    let mut out = keys::Contents::default();
    let mut at = 0;
    while at < bytes.len() {
        let n = certificate::first_length(&bytes[at..]).filter(|n| certificate::decode(&bytes[at..at + n]).is_some());
        let Some(n) = n else {
            if out.certificates.is_empty() {
                return Err(error::general(cx, "not enough data: cadata does not contain a certificate"));
            }
            return Err(error::reason(cx, "ASN1", "NOT_ENOUGH_DATA"));
        };
        out.certificates.push(bytes[at..at + n].to_vec().into());
        at += n;
    }
    Ok(out)
}

/// `load_verify_locations(cafile=None, capath=None, cadata=None)`
pub fn verify_locations(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let given = |i: usize| a[i].given().filter(|v| !v.is_none());
    if given(1).is_none() && given(2).is_none() && given(3).is_none() {
        return Err(cx.type_error("cafile, capath and cadata cannot be all omitted"));
    }
    let file = match given(1) {
        Some(v) => Some(file_argument(cx, v, "cafile")?),
        None => None,
    };
    let in_folder = match given(2) {
        Some(v) => Some(file_argument(cx, v, "capath")?),
        None => None,
    };
    if let Some(v) = given(3) {
        let found = data(cx, v)?;
        trust(cx, a[0], found);
    }
    if let Some(p) = file {
        let text = read(cx, &p)?;
        let found = keys::contents(&text);
        if found.broken || found.certificates.iter().any(|c| certificate::decode(c).is_none()) {
            return Err(error::pem(cx));
        }
        if found.certificates.is_empty() && found.revoked.is_empty() {
            return Err(error::reason(cx, "X509", "NO_CERTIFICATE_OR_CRL_FOUND"));
        }
        trust(cx, a[0], found);
    }
    if let Some(p) = in_folder {
        let found = cx.detached(|| folder(&p));
        trust(cx, a[0], found);
    }
    Ok(Value::NONE.into())
}

/// `set_default_verify_paths()`: the environment's, or the system's.
pub fn default_locations(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let file = std::env::var_os(FILE_VARIABLE).map_or_else(|| PathBuf::from(there(FILES, Path::is_file)), PathBuf::from);
    let in_folder = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
    let found = cx.detached(|| {
        let mut found = std::fs::read(&file).map(|t| keys::contents(&t)).unwrap_or_default();
        if found.certificates.is_empty() {
            // The file has all that the folder has, where there is one.
            found = folder(&in_folder.unwrap_or_else(|| PathBuf::from(there(FOLDERS, Path::is_dir))));
        }
        found
    });
    trust(cx, a[0], found);
    Ok(Value::NONE.into())
}

/// `load_dh_params(path)`: the file is checked; there are no suites that would use the parameters.
pub fn dh_params(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = file_argument(cx, a[1], "path")?;
    let text = read(cx, &p)?;
    let is = |w: &[u8]| text.windows(w.len()).any(|x| x == w);
    if is(b"-----BEGIN DH PARAMETERS-----") && is(b"-----END DH PARAMETERS-----") {
        return Ok(Value::NONE.into());
    }
    Err(error::reason(cx, "PEM", "NO_START_LINE"))
}
