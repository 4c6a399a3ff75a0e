//! Whom a context trusts, and the check of what a peer shows: chain, validity, revocation lists, name.
//!
//! The check itself is webpki's. Added here: a certificate that is itself among the trusted ones is accepted although it may sign others
//! (so that a self-signed one can be used by both sides), the name can be left unchecked, and what failed is kept for the exception.

use super::certificate::{self, Certificate};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};
use std::sync::{Arc, Mutex, PoisonError};

/// What a context trusts.
#[derive(Clone, Default)]
pub struct Trusted {
    /// Certificates, without repetitions.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Lists of revoked certificates.
    pub revoked: Vec<CertificateRevocationListDer<'static>>,
}

impl Trusted {
    /// Adds a certificate unless it is there.
    pub fn add(&mut self, c: CertificateDer<'static>) {
        if !self.certificates.contains(&c) {
            self.certificates.push(c);
        }
    }
    fn roots(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        for c in &self.certificates {
            // What cannot be an anchor is of use only by being shown itself.
            let _ = store.add(c.clone());
        }
        store
    }
    /// The trusted certificate that signed `c`, if there is one.
    pub fn issuer_of(&self, c: &Certificate) -> Option<&CertificateDer<'static>> {
        self.certificates.iter().find(|t| certificate::decode(t).is_some_and(|d| d.raw_subject == c.raw_issuer))
    }
}

/// How much is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Checks {
    /// Whether a chain to a trusted certificate is needed at all.
    pub chain: bool,
    /// Whether the peer must show a certificate (of clients; servers always do).
    pub required: bool,
    /// Whether the name must fit.
    pub name: bool,
    /// Whether the peer's certificate is looked up in the revocation lists.
    pub revocation: bool,
    /// Whether certificates must name their issuer's key.
    pub strict: bool,
    /// Whether all certificates of the chain are.
    pub whole_chain: bool,
}

/// Why a certificate was refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// OpenSSL's number for the reason.
    pub code: i64,
    /// The reason.
    pub message: String,
}

/// Where the check leaves its reason.
pub type Slot = Arc<Mutex<Option<Refusal>>>;

/// Checks peers' certificates.
pub struct Verifier {
    trusted: Arc<Trusted>,
    checks: Checks,
    /// The name that was asked for, as it is shown.
    name: String,
    is_address: bool,
    provider: Arc<CryptoProvider>,
    server: Option<Arc<WebPkiServerVerifier>>,
    client: Option<Arc<dyn ClientCertVerifier>>,
    hints: Vec<DistinguishedName>,
    slot: Slot,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// For connections to servers.
    pub fn of_servers(
        trusted: &Arc<Trusted>,
        checks: Checks,
        name: &str,
        is_address: bool,
        provider: &Arc<CryptoProvider>,
        slot: &Slot,
    ) -> Arc<Verifier> {
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(trusted.roots()), provider.clone());
        let builder = if checks.revocation { builder.with_crls(trusted.revoked.iter().cloned()) } else { builder };
        let builder = if checks.whole_chain { builder } else { builder.only_check_end_entity_revocation() };
        Arc::new(Verifier {
            trusted: trusted.clone(),
            checks,
            name: name.to_string(),
            is_address,
            provider: provider.clone(),
            server: builder.build().ok(),
            client: None,
            hints: Vec::new(),
            slot: slot.clone(),
        })
    }
    /// For connections from clients.
    pub fn of_clients(trusted: &Arc<Trusted>, checks: Checks, provider: &Arc<CryptoProvider>, slot: &Slot) -> Arc<Verifier> {
        let roots = Arc::new(trusted.roots());
        let hints = roots.subjects();
        let builder = WebPkiClientVerifier::builder_with_provider(roots, provider.clone());
        let builder = if checks.revocation { builder.with_crls(trusted.revoked.iter().cloned()) } else { builder };
        let builder = if checks.whole_chain { builder } else { builder.only_check_end_entity_revocation() };
        Arc::new(Verifier {
            trusted: trusted.clone(),
            checks,
            name: String::new(),
            is_address: false,
            provider: provider.clone(),
            server: None,
            client: builder.build().ok(),
            hints,
            slot: slot.clone(),
        })
    }

    fn refuse(&self, code: i64, message: impl Into<String>, e: CertificateError) -> Error {
        *self.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Refusal { code, message: message.into() });
        Error::InvalidCertificate(e)
    }

    /// The reason in OpenSSL's words.
    fn explained(&self, e: Error, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Error {
        let Error::InvalidCertificate(e) = e else { return e };
        use CertificateError as C;
        match &e {
            C::Expired | C::ExpiredContext { .. } => self.refuse(10, "certificate has expired", e),
            C::NotValidYet | C::NotValidYetContext { .. } => self.refuse(9, "certificate is not yet valid", e),
            C::Revoked => self.refuse(23, "certificate revoked", e),
            C::UnknownRevocationStatus => self.refuse(3, "unable to get certificate CRL", e),
            C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => self.refuse(12, "CRL has expired", e),
            C::NotValidForName | C::NotValidForNameContext { .. } => self.wrong_name(e),
            C::InvalidPurpose | C::InvalidPurposeContext { .. } => self.refuse(26, "unsuitable certificate purpose", e),
            C::BadSignature => self.refuse(7, "certificate signature failure", e),
            C::UnhandledCriticalExtension => self.refuse(34, "unhandled critical extension", e),
            C::BadEncoding => self.refuse(13, "format error in certificate", e),
            C::UnknownIssuer => self.unknown_issuer(e, leaf, chain),
            other => {
                let text = other.to_string();
                self.refuse(1, text, e)
            }
        }
    }
    fn wrong_name(&self, e: CertificateError) -> Error {
        if self.is_address {
            return self.refuse(64, format!("IP address mismatch, certificate is not valid for '{}'.", self.name), e);
        }
        self.refuse(62, format!("Hostname mismatch, certificate is not valid for '{}'.", self.name), e)
    }
    fn unknown_issuer(&self, e: CertificateError, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Error {
        let own = |c: &CertificateDer<'_>| certificate::decode(c).is_some_and(|d| d.raw_subject == d.raw_issuer);
        if own(leaf) {
            return self.refuse(18, "self-signed certificate", e);
        }
        if chain.iter().any(own) {
            return self.refuse(19, "self-signed certificate in certificate chain", e);
        }
        self.refuse(20, "unable to get local issuer certificate", e)
    }

    /// Whether the certificate is itself a trusted one that needs no chain.
    fn is_trusted_itself(&self, leaf: &CertificateDer<'_>) -> bool {
        self.trusted.certificates.iter().any(|c| c == leaf)
    }
    fn valid_now(&self, leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
        let Some(c) = certificate::decode(leaf) else {
            return Err(self.refuse(13, "format error in certificate", CertificateError::BadEncoding));
        };
        let now = now.as_secs() as i64;
        if now < c.validity.0 {
            return Err(self.refuse(9, "certificate is not yet valid", CertificateError::NotValidYet));
        }
        if now > c.validity.1 {
            return Err(self.refuse(10, "certificate has expired", CertificateError::Expired));
        }
        Ok(())
    }
    fn strictly(&self, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> Result<(), Error> {
        let nameless = |c: &CertificateDer<'_>| {
            certificate::decode(c).is_some_and(|d| d.version == 3 && !d.names_issuer_key && d.raw_subject != d.raw_issuer)
        };
        if self.checks.strict && std::iter::once(leaf).chain(chain).any(nameless) {
            return Err(self.refuse(92, "Missing Authority Key Identifier", CertificateError::ApplicationVerificationFailure));
        }
        Ok(())
    }
    fn check_name(&self, leaf: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
        if !self.checks.name {
            return Ok(());
        }
        let parsed = ParsedCertificate::try_from(leaf)?;
        verify_server_name(&parsed, name).map_err(|e| self.explained(e, leaf, &[]))
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if !self.checks.chain {
            return Ok(ServerCertVerified::assertion());
        }
        if self.is_trusted_itself(leaf) && !self.checks.revocation {
            self.valid_now(leaf, now)?;
            self.check_name(leaf, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        let Some(v) = &self.server else {
            if self.checks.revocation && !self.trusted.certificates.is_empty() {
                return Err(self.refuse(3, "unable to get certificate CRL", CertificateError::UnknownRevocationStatus));
            }
            return Err(self.unknown_issuer(CertificateError::UnknownIssuer, leaf, chain));
        };
        if self.checks.revocation && self.trusted.revoked.is_empty() {
            return Err(self.refuse(3, "unable to get certificate CRL", CertificateError::UnknownRevocationStatus));
        }
        self.strictly(leaf, chain)?;
        match v.verify_server_cert(leaf, chain, name, ocsp, now) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            // The chain is checked before the name.
            Err(Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }))
                if !self.checks.name =>
            {
                Ok(ServerCertVerified::assertion())
            }
            Err(e) => Err(self.explained(e, leaf, chain)),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }
    fn offer_client_auth(&self) -> bool {
        self.checks.chain
    }
    fn client_auth_mandatory(&self) -> bool {
        self.checks.required
    }
    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.is_trusted_itself(leaf) && !self.checks.revocation {
            self.valid_now(leaf, now)?;
            return Ok(ClientCertVerified::assertion());
        }
        let Some(v) = &self.client else { return Err(self.unknown_issuer(CertificateError::UnknownIssuer, leaf, chain)) };
        self.strictly(leaf, chain)?;
        match v.verify_client_cert(leaf, chain, now) {
            Ok(ok) => Ok(ok),
            Err(e) => Err(self.explained(e, leaf, chain)),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
