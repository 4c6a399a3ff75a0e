//! What a context says, without Python; and the configurations that rustls takes, made from it for each connection.

use super::ciphers;
use super::engine::Hello;
use super::resume::Store;
use super::trust::{Checks, Slot, Trusted, Verifier};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::pki_types::{IpAddr, ServerName};
use rustls::server::{
    ClientHello, NoServerSessionStorage, ProducesTickets, ResolvesServerCert, ServerSessionMemoryCache, StoresServerSessions,
};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, Error, KeyLog, NoKeyLog, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

/// `PROTO_*` numbers.
#[allow(missing_docs)]
pub mod proto {
    pub const MINIMUM: i64 = -2;
    pub const MAXIMUM: i64 = -1;
    pub const TLS_1_2: i64 = 0x303;
    pub const TLS_1_3: i64 = 0x304;
}

/// `OP_*` numbers that change something here.
#[allow(missing_docs)]
pub mod op {
    pub const NO_TICKET: u64 = 1 << 14;
    pub const CIPHER_SERVER_PREFERENCE: u64 = 1 << 22;
    pub const NO_TLS_1_2: u64 = 1 << 27;
    pub const NO_TLS_1_3: u64 = 1 << 29;
}

/// `VERIFY_*` flags that change something here.
#[allow(missing_docs)]
pub mod verify {
    pub const CRL_CHECK: u64 = 4;
    pub const CRL_CHECK_ALL: u64 = 8;
}

/// A file that secrets are logged to.
pub struct LogFile(Mutex<File>);

impl LogFile {
    /// Appends to a file.
    pub fn new(f: File) -> LogFile {
        LogFile(Mutex::new(f))
    }
}

impl std::fmt::Debug for LogFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogFile")
    }
}

impl KeyLog for LogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |b: &[u8]| b.iter().map(|b| format!("{b:02x}")).collect::<String>();
        let line = format!("{label} {} {}\n", hex(client_random), hex(secret));
        let mut f = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A log that cannot be written does not stop the connection.
        let _ = f.write_all(line.as_bytes());
    }
}

/// What a context says.
#[derive(Clone)]
pub struct Settings {
    /// `PROTOCOL_*`.
    pub protocol: i64,
    /// `OP_*`.
    pub options: u64,
    /// `VERIFY_*`.
    pub verify_flags: u64,
    /// `CERT_*`.
    pub verify_mode: i64,
    /// Whether names must fit.
    pub check_hostname: bool,
    /// Lowest protocol version, or [`proto::MINIMUM`].
    pub minimum: i64,
    /// Highest protocol version, or [`proto::MAXIMUM`].
    pub maximum: i64,
    /// `HOSTFLAG_*`.
    pub host_flags: u64,
    /// Tickets that a server gives.
    pub tickets: i64,
    /// Certificates to show, with their keys.
    pub keys: Vec<Arc<CertifiedKey>>,
    /// Whom to trust.
    pub trusted: Arc<Trusted>,
    /// Application protocols, best first.
    pub alpn: Vec<Vec<u8>>,
    /// TLS 1.2 suites, best first.
    pub old_suites: Vec<SupportedCipherSuite>,
    /// The key exchange that is asked for.
    pub group: Option<&'static dyn SupportedKxGroup>,
    /// Where secrets are logged.
    pub log: Option<Arc<LogFile>>,
    /// A server's sessions.
    pub sessions: Arc<dyn StoresServerSessions>,
    /// A server's tickets.
    pub ticketer: Option<Arc<dyn ProducesTickets>>,
}

/// Sessions that a server keeps.
const SESSIONS: usize = 1024;

/// A server's certificates: the first whose key the client can check is shown.
#[derive(Debug)]
struct Choice(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for Choice {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.iter().find(|k| k.key.choose_scheme(hello.signature_schemes()).is_some()).cloned()
    }
}

/// Why no configuration could be made.
pub enum Unusable {
    /// The protocol versions leave none.
    NoVersion,
    /// rustls refuses it.
    Refused(Error),
}

impl Settings {
    /// A new context's. `is_client`: a client's defaults of checking.
    pub fn new(protocol: i64, is_client: bool) -> Settings {
        Settings {
            protocol,
            options: super::constants::DEFAULT_OPTIONS,
            verify_flags: super::constants::DEFAULT_VERIFY_FLAGS,
            verify_mode: if is_client { 2 } else { 0 },
            check_hostname: is_client,
            minimum: proto::MINIMUM,
            maximum: proto::MAXIMUM,
            host_flags: super::constants::DEFAULT_HOST_FLAGS,
            tickets: 2,
            keys: Vec::new(),
            trusted: Arc::default(),
            alpn: Vec::new(),
            old_suites: ciphers::default_old(),
            group: None,
            log: None,
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            ticketer: None,
        }
    }

    /// All suites that the context allows, best first.
    pub fn suites(&self) -> Vec<SupportedCipherSuite> {
        let mut all = ciphers::new();
        all.extend(self.old_suites.iter().copied());
        all
    }

    fn versions(&self) -> Vec<&'static SupportedProtocolVersion> {
        let bound = |v: i64| match v {
            proto::MINIMUM => 0,
            proto::MAXIMUM => i64::MAX,
            v => v,
        };
        let (low, high) = (bound(self.minimum), bound(self.maximum));
        let within = |v: i64| v >= low && v <= high;
        let mut out = Vec::new();
        if within(proto::TLS_1_3) && self.options & op::NO_TLS_1_3 == 0 {
            out.push(&version::TLS13);
        }
        if within(proto::TLS_1_2) && self.options & op::NO_TLS_1_2 == 0 && !self.old_suites.is_empty() {
            out.push(&version::TLS12);
        }
        out
    }

    fn provider(&self) -> Arc<CryptoProvider> {
        let mut p = ring::default_provider();
        p.cipher_suites = self.suites();
        if let Some(g) = self.group {
            p.kx_groups = vec![g];
        }
        Arc::new(p)
    }

    fn checks(&self) -> Checks {
        Checks {
            chain: self.verify_mode != 0,
            required: self.verify_mode == 2,
            name: self.check_hostname,
            revocation: self.verify_flags & (verify::CRL_CHECK | verify::CRL_CHECK_ALL) != 0,
            whole_chain: self.verify_flags & verify::CRL_CHECK_ALL != 0,
        }
    }

    fn key_log(&self) -> Arc<dyn KeyLog> {
        match &self.log {
            Some(l) => l.clone(),
            None => Arc::new(NoKeyLog),
        }
    }

    /// A client's configuration, and the name to connect with.
    pub fn client(&self, host: Option<&str>, store: &Arc<Store>, slot: &Slot) -> Result<(ClientConfig, ServerName<'static>), Unusable> {
        let versions = self.versions();
        if versions.is_empty() {
            return Err(Unusable::NoVersion);
        }
        let name = host.and_then(|h| ServerName::try_from(h.to_string()).ok());
        let is_address = matches!(name, Some(ServerName::IpAddress(IpAddr::V4(_) | IpAddr::V6(_))));
        let named = name.is_some();
        // A connection without a name is one to no name that any certificate can have.
        let name = name.or_else(|| ServerName::try_from("unnamed.invalid").ok()).ok_or(Unusable::NoVersion)?;
        let provider = self.provider();
        let verifier = Verifier::of_servers(&self.trusted, self.checks(), host.unwrap_or(""), is_address, &provider, slot);
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(Unusable::Refused)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match self.keys.first() {
            Some(k) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::clone(k)))),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.alpn);
        config.check_selected_alpn = true;
        config.enable_sni = named && !is_address;
        config.key_log = self.key_log();
        config.resumption = Resumption::store(store.clone());
        Ok((config, name))
    }

    /// A server's configuration for a client that has said hello.
    pub fn server(&self, hello: &Hello, slot: &Slot) -> Result<ServerConfig, Unusable> {
        let versions = self.versions();
        if versions.is_empty() {
            return Err(Unusable::NoVersion);
        }
        let provider = self.provider();
        let checks = self.checks();
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(&versions).map_err(Unusable::Refused)?;
        let builder = if checks.chain {
            builder.with_client_cert_verifier(Verifier::of_clients(&self.trusted, checks, &provider, slot))
        } else {
            builder.with_no_client_auth()
        };
        let mut config = builder.with_cert_resolver(Arc::new(Choice(self.keys.clone())));
        // Without a protocol in common the connection goes on without one, as OpenSSL's does.
        if hello.alpn.iter().any(|a| self.alpn.contains(a)) {
            config.alpn_protocols.clone_from(&self.alpn);
        }
        config.ignore_client_order = self.options & op::CIPHER_SERVER_PREFERENCE != 0;
        config.key_log = self.key_log();
        config.send_tls13_tickets = usize::try_from(self.tickets).unwrap_or(0);
        if self.options & op::NO_TICKET == 0 {
            config.session_storage = self.sessions.clone();
            if let Some(t) = &self.ticketer {
                config.ticketer = t.clone();
            }
        } else {
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        Ok(config)
    }
}
