//! Cipher suites: OpenSSL's names and descriptions of those that rustls has, and OpenSSL's language to choose among them.

use rustls::crypto::ring::{ALL_CIPHER_SUITES, cipher_suite as suite};
use rustls::{CipherSuite, SupportedCipherSuite};

/// A suite as Python shows it.
pub struct Described {
    /// rustls's.
    pub suite: SupportedCipherSuite,
    /// OpenSSL's name.
    pub name: &'static str,
    /// Since which protocol.
    pub protocol: &'static str,
    /// Bits of the key.
    pub bits: i64,
    symmetric: &'static str,
    mac: &'static str,
    /// How keys are exchanged.
    pub kea: &'static str,
    /// How the server is authenticated.
    pub auth: &'static str,
}

const fn row(suite: SupportedCipherSuite, name: &'static str, bits: i64, symmetric: &'static str, shown: &'static str) -> Described {
    Described { suite, name, protocol: "TLSv1.3", bits, symmetric, mac: shown, kea: "kx-any", auth: "auth-any" }
}
const fn old(
    suite: SupportedCipherSuite,
    name: &'static str,
    bits: i64,
    symmetric: &'static str,
    shown: &'static str,
    auth: &'static str,
) -> Described {
    Described { suite, name, protocol: "TLSv1.2", bits, symmetric, mac: shown, kea: "kx-ecdhe", auth }
}

/// All of them, best first.
pub static ALL: &[Described] = &[
    row(suite::TLS13_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", 256, "aes-256-gcm", "AESGCM(256)"),
    row(suite::TLS13_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", 256, "chacha20-poly1305", "CHACHA20/POLY1305(256)"),
    row(suite::TLS13_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", 128, "aes-128-gcm", "AESGCM(128)"),
    old(suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", 256, "aes-256-gcm", "AESGCM(256)", "auth-ecdsa"),
    old(suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", 256, "aes-256-gcm", "AESGCM(256)", "auth-rsa"),
    old(
        suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        256,
        "chacha20-poly1305",
        "CHACHA20/POLY1305(256)",
        "auth-ecdsa",
    ),
    old(
        suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        "ECDHE-RSA-CHACHA20-POLY1305",
        256,
        "chacha20-poly1305",
        "CHACHA20/POLY1305(256)",
        "auth-rsa",
    ),
    old(suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", 128, "aes-128-gcm", "AESGCM(128)", "auth-ecdsa"),
    old(suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", 128, "aes-128-gcm", "AESGCM(128)", "auth-rsa"),
];

impl Described {
    /// OpenSSL's line about it.
    pub fn description(&self) -> String {
        let (kx, au) = match self.auth {
            "auth-ecdsa" => ("ECDH", "ECDSA"),
            "auth-rsa" => ("ECDH", "RSA"),
            _ => ("any", "any"),
        };
        format!("{:<30} {:<7} Kx={kx:<8} Au={au:<5} Enc={:<22} Mac=AEAD", self.name, self.protocol, self.mac)
    }
    /// Its number on the wire, as OpenSSL shows it.
    pub fn number(&self) -> i64 {
        0x0300_0000 | i64::from(u16::from(self.suite.suite()))
    }
    /// The cipher.
    pub fn symmetric(&self) -> &'static str {
        self.symmetric
    }
    fn fits(&self, word: &str) -> bool {
        match word {
            "ALL" | "DEFAULT" | "COMPLEMENTOFALL" | "HIGH" | "TLSv1.2" | "ECDHE" | "EECDH" | "kEECDH" | "kECDHE" | "ECDH" | "FIPS" => true,
            "ECDSA" | "aECDSA" => self.auth == "auth-ecdsa",
            "RSA" | "aRSA" => self.auth == "auth-rsa",
            "AESGCM" => self.symmetric.ends_with("gcm"),
            "AES" => self.symmetric.starts_with("aes"),
            "AES128" => self.symmetric.starts_with("aes-128"),
            "AES256" => self.symmetric.starts_with("aes-256"),
            "CHACHA20" => self.symmetric.starts_with("chacha20"),
            "SHA384" => self.name.ends_with("SHA384"),
            "SHA256" => self.name.ends_with("SHA256"),
            name => self.name == name,
        }
    }
}

/// The description of a suite.
pub fn described(s: SupportedCipherSuite) -> Option<&'static Described> {
    by_number(s.suite())
}

/// The description of a suite that is known by its number.
pub fn by_number(s: CipherSuite) -> Option<&'static Described> {
    ALL.iter().find(|d| d.suite.suite() == s)
}

/// The TLS 1.2 suites that an OpenSSL cipher list chooses, in its order. Those of TLS 1.3 are not chosen this way.
pub fn chosen(list: &str) -> Vec<SupportedCipherSuite> {
    let mut out: Vec<&Described> = Vec::new();
    let mut banned: Vec<&str> = Vec::new();
    let old = || ALL.iter().filter(|d| d.protocol == "TLSv1.2");
    for item in list.split([':', ',', ' ', ';']).filter(|i| !i.is_empty() && !i.starts_with('@')) {
        let (sign, words) = match item.as_bytes()[0] {
            c @ (b'!' | b'-' | b'+') => (c, &item[1..]),
            _ => (b' ', item),
        };
        let fits = |d: &&Described| words.split('+').all(|w| d.fits(w));
        match sign {
            b'!' => {
                banned.extend(old().filter(fits).map(|d| d.name));
                out.retain(|d| !banned.contains(&d.name));
            }
            b'-' => out.retain(|d| !fits(d)),
            b'+' => {
                let (moved, kept): (Vec<_>, Vec<_>) = out.iter().partition(|d| fits(d));
                out = kept;
                out.extend(moved);
            }
            _ => {
                for d in old().filter(fits) {
                    if !banned.contains(&d.name) && !out.iter().any(|o| o.name == d.name) {
                        out.push(d);
                    }
                }
            }
        }
    }
    out.iter().map(|d| d.suite).collect()
}

/// All TLS 1.2 suites.
pub fn default_old() -> Vec<SupportedCipherSuite> {
    ALL_CIPHER_SUITES.iter().copied().filter(|s| s.tls13().is_none()).collect()
}
/// All TLS 1.3 suites, in OpenSSL's order.
pub fn new() -> Vec<SupportedCipherSuite> {
    ALL.iter().map(|d| d.suite).filter(|s| s.tls13().is_some()).collect()
}
