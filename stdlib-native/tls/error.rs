//! The exceptions, and what rustls reports in the words that programs know from OpenSSL.

use super::ids;
use super::trust::Refusal;
use gc::{Ref, Reg, Value};
use objects::protocol::attr;
use objects::types::exception::{self, Exception, ids as exc};
use objects::types::int::from_i64;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Cx, PyResult, Raised};
use rustls::{AlertDescription, Error, InvalidMessage, PeerIncompatible};

/// `SSL_ERROR_*` numbers.
#[allow(missing_docs)]
pub mod number {
    pub const SSL: i64 = 1;
    pub const WANT_READ: i64 = 2;
    pub const WANT_WRITE: i64 = 3;
    pub const SYSCALL: i64 = 5;
    pub const ZERO_RETURN: i64 = 6;
    pub const EOF: i64 = 8;
}

fn show(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let text = exception::extra(v, 1);
    if as_str(text.as_ref()).is_some() {
        return Ok(text.into());
    }
    let args = attr::get(cx, v, Str::intern_text("args").as_ref())?;
    objects::protocol::text::str(cx, args.as_ref()).map(Reg::from)
}

const fn spec(name: &'static str, id: u32, base: u32) -> TypeSpec {
    TypeSpec::of::<Exception>(name).id(id).base(base).with_dict().flags(flags::BASE | flags::WEAKREFS)
}

/// `ssl.SSLError`
pub static SSL_ERROR: TypeSpec = spec("ssl.SSLError", ids::SSL_ERROR, exc::OS_ERROR).slots(Slots { str: Some(show), ..Slots::NONE });
/// `ssl.SSLZeroReturnError`
pub static ZERO_RETURN: TypeSpec = spec("ssl.SSLZeroReturnError", ids::ZERO_RETURN, ids::SSL_ERROR);
/// `ssl.SSLWantReadError`
pub static WANT_READ: TypeSpec = spec("ssl.SSLWantReadError", ids::WANT_READ, ids::SSL_ERROR);
/// `ssl.SSLWantWriteError`
pub static WANT_WRITE: TypeSpec = spec("ssl.SSLWantWriteError", ids::WANT_WRITE, ids::SSL_ERROR);
/// `ssl.SSLSyscallError`
pub static SYSCALL: TypeSpec = spec("ssl.SSLSyscallError", ids::SYSCALL, ids::SSL_ERROR);
/// `ssl.SSLEOFError`
pub static EOF: TypeSpec = spec("ssl.SSLEOFError", ids::EOF, ids::SSL_ERROR);
/// `ssl.SSLCertVerificationError`
pub static VERIFICATION: TypeSpec = spec("ssl.SSLCertVerificationError", ids::VERIFICATION, ids::SSL_ERROR).more_bases(&[exc::VALUE_ERROR]);

fn set(cx: &mut Cx, e: &Value, name: &str, v: Value) -> PyResult<()> {
    attr::set(cx, e.as_ref(), Str::intern_text(name).as_ref(), Some(v.as_ref()))
}

fn optional(s: Option<&str>) -> Value {
    s.map_or(Value::NONE, |s| Str::from_text(s).into_value())
}

fn raise_with(cx: &mut Cx, id: u32, code: i64, message: &str, library: Option<&str>, reason: Option<&str>) -> Raised {
    let e = exception::new_args(id, vec![from_i64(code), Str::from_text(message).into_value()]);
    let told = set(cx, &e, "reason", optional(reason)).and_then(|()| set(cx, &e, "library", optional(library)));
    match told {
        Ok(()) => cx.raise_new(e),
        Err(r) => r,
    }
}

/// SSLError with a message only.
#[cold]
pub fn plain(cx: &mut Cx, message: &str) -> Raised {
    cx.error(ids::SSL_ERROR, message)
}

/// SSLError that names no reason of the protocol.
#[cold]
pub fn general(cx: &mut Cx, message: &str) -> Raised {
    raise_with(cx, ids::SSL_ERROR, number::SSL, message, None, None)
}

/// SSLError "[LIBRARY: REASON] reason".
#[cold]
pub fn reason(cx: &mut Cx, library: &str, reason: &str) -> Raised {
    let words = reason.to_ascii_lowercase().replace('_', " ");
    raise_with(cx, ids::SSL_ERROR, number::SSL, &format!("[{library}: {reason}] {words}"), Some(library), Some(reason))
}

/// A file that should be in PEM format is not.
#[cold]
pub fn pem(cx: &mut Cx) -> Raised {
    raise_with(cx, ids::SSL_ERROR, number::SSL, "[SSL] PEM lib", Some("SSL"), None)
}

/// SSLWantReadError.
#[cold]
pub fn want_read(cx: &mut Cx) -> Raised {
    raise_with(cx, ids::WANT_READ, number::WANT_READ, "The operation did not complete (read)", None, None)
}
/// SSLWantWriteError.
#[cold]
pub fn want_write(cx: &mut Cx) -> Raised {
    raise_with(cx, ids::WANT_WRITE, number::WANT_WRITE, "The operation did not complete (write)", None, None)
}
/// SSLZeroReturnError.
#[cold]
pub fn closed(cx: &mut Cx) -> Raised {
    raise_with(cx, ids::ZERO_RETURN, number::ZERO_RETURN, "TLS/SSL connection has been closed (EOF)", None, None)
}
/// SSLEOFError.
#[cold]
pub fn ended(cx: &mut Cx) -> Raised {
    raise_with(cx, ids::EOF, number::EOF, "EOF occurred in violation of protocol", None, None)
}

/// SSLCertVerificationError.
#[cold]
pub fn refused(cx: &mut Cx, r: &Refusal) -> Raised {
    const REASON: &str = "CERTIFICATE_VERIFY_FAILED";
    let message = format!("[SSL: {REASON}] certificate verify failed: {}", r.message);
    let e = exception::new_args(ids::VERIFICATION, vec![from_i64(number::SSL), Str::from_text(&message).into_value()]);
    let told = set(cx, &e, "reason", optional(Some(REASON)))
        .and_then(|()| set(cx, &e, "library", optional(Some("SSL"))))
        .and_then(|()| set(cx, &e, "verify_code", from_i64(r.code)))
        .and_then(|()| set(cx, &e, "verify_message", optional(Some(&r.message))));
    match told {
        Ok(()) => cx.raise_new(e),
        Err(r) => r,
    }
}

fn alert_reason(a: AlertDescription) -> &'static str {
    use AlertDescription as A;
    match a {
        A::CloseNotify => "SSLV3_ALERT_CLOSE_NOTIFY",
        A::UnexpectedMessage => "SSLV3_ALERT_UNEXPECTED_MESSAGE",
        A::BadRecordMac => "SSLV3_ALERT_BAD_RECORD_MAC",
        A::DecryptionFailed => "TLSV1_ALERT_DECRYPTION_FAILED",
        A::RecordOverflow => "TLSV1_ALERT_RECORD_OVERFLOW",
        A::HandshakeFailure => "SSLV3_ALERT_HANDSHAKE_FAILURE",
        A::BadCertificate => "SSLV3_ALERT_BAD_CERTIFICATE",
        A::UnsupportedCertificate => "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
        A::CertificateRevoked => "SSLV3_ALERT_CERTIFICATE_REVOKED",
        A::CertificateExpired => "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        A::CertificateUnknown => "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
        A::IllegalParameter => "SSLV3_ALERT_ILLEGAL_PARAMETER",
        A::UnknownCA => "TLSV1_ALERT_UNKNOWN_CA",
        A::AccessDenied => "TLSV1_ALERT_ACCESS_DENIED",
        A::DecodeError => "TLSV1_ALERT_DECODE_ERROR",
        A::DecryptError => "TLSV1_ALERT_DECRYPT_ERROR",
        A::ProtocolVersion => "TLSV1_ALERT_PROTOCOL_VERSION",
        A::InsufficientSecurity => "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        A::InternalError => "TLSV1_ALERT_INTERNAL_ERROR",
        A::InappropriateFallback => "TLSV1_ALERT_INAPPROPRIATE_FALLBACK",
        A::UserCanceled => "TLSV1_ALERT_USER_CANCELLED",
        A::NoRenegotiation => "TLSV1_ALERT_NO_RENEGOTIATION",
        A::MissingExtension => "TLSV13_ALERT_MISSING_EXTENSION",
        A::UnsupportedExtension => "TLSV1_UNSUPPORTED_EXTENSION",
        A::UnrecognisedName => "TLSV1_UNRECOGNIZED_NAME",
        A::BadCertificateStatusResponse => "TLSV1_BAD_CERTIFICATE_STATUS_RESPONSE",
        A::UnknownPSKIdentity => "TLSV1_ALERT_UNKNOWN_PSK_IDENTITY",
        A::CertificateRequired => "TLSV13_ALERT_CERTIFICATE_REQUIRED",
        A::NoApplicationProtocol => "TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
        _ => "TLSV1_ALERT_UNKNOWN",
    }
}

/// What the protocol failed of. `refusal` is what the check of the peer's certificate left.
#[cold]
pub fn protocol(cx: &mut Cx, e: &Error, refusal: Option<Refusal>) -> Raised {
    let r = match e {
        Error::InvalidCertificate(c) => {
            let r = refusal.unwrap_or_else(|| Refusal { code: 1, message: c.to_string() });
            return refused(cx, &r);
        }
        Error::AlertReceived(a) => alert_reason(*a),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => "WRONG_VERSION_NUMBER",
        Error::InvalidMessage(InvalidMessage::MessageTooLarge) | Error::PeerSentOversizedRecord => "PACKET_LENGTH_TOO_LONG",
        Error::InvalidMessage(_) => "DECODE_ERROR",
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => "NO_SHARED_CIPHER",
        Error::PeerIncompatible(PeerIncompatible::NoKxGroupsInCommon) => "NO_SUITABLE_KEY_SHARE",
        Error::PeerIncompatible(
            PeerIncompatible::NoSignatureSchemesInCommon | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon,
        ) => "NO_SUITABLE_SIGNATURE_ALGORITHM",
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => "UNSUPPORTED_PROTOCOL",
        Error::NoCertificatesPresented => "PEER_DID_NOT_RETURN_A_CERTIFICATE",
        Error::DecryptError => "DECRYPTION_FAILED_OR_BAD_RECORD_MAC",
        Error::NoApplicationProtocol => "NO_APPLICATION_PROTOCOL",
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => "UNEXPECTED_MESSAGE",
        Error::HandshakeNotComplete => "UNINITIALIZED",
        Error::General(t) if t.contains("certificate chain resolved") => "NO_SHARED_CIPHER",
        Error::PeerMisbehaved(_) => "BAD_EXTENSION",
        other => {
            let text = format!("[SSL] {other}");
            return raise_with(cx, ids::SSL_ERROR, number::SSL, &text, Some("SSL"), None);
        }
    };
    reason(cx, "SSL", r)
}
