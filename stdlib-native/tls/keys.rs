//! Files of certificates and keys: PEM, and private keys that a password protects (PKCS #8 with PBES2: PBKDF2 and AES-CBC).

use super::der::{Der, dotted, tag};
use crate::hashes::Algorithm;
use crate::hashes::derive::pbkdf2;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use rustls::pki_types::pem::{self, PemObject, SectionKind};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What a PEM text holds.
#[derive(Default)]
pub struct Contents {
    /// Certificates, in order.
    pub certificates: Vec<CertificateDer<'static>>,
    /// Revocation lists.
    pub revoked: Vec<CertificateRevocationListDer<'static>>,
    /// The first private key.
    pub key: Option<Key>,
    /// Something in it could not be read.
    pub broken: bool,
}

/// A private key.
pub enum Key {
    /// Ready for use.
    Plain(PrivateKeyDer<'static>),
    /// Its encoding is to be decrypted.
    Encrypted(Vec<u8>),
    /// In a form that is not supported.
    Other,
}

/// The contents of a section that the PEM reader does not name.
fn encrypted_section(text: &[u8]) -> Option<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
    let t = std::str::from_utf8(text).ok()?;
    let body = &t[t.find(BEGIN)? + BEGIN.len()..];
    let body = &body[..body.find("-----END ENCRYPTED")?];
    // As a section of a kind that the reader knows.
    let again = format!("-----BEGIN PRIVATE KEY-----{body}-----END PRIVATE KEY-----\n");
    PrivatePkcs8KeyDer::from_pem_slice(again.as_bytes()).ok().map(|k| k.secret_pkcs8_der().to_vec())
}

/// Reads a PEM text.
pub fn contents(text: &[u8]) -> Contents {
    let mut out = Contents::default();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, der) = match section {
            Ok(s) => s,
            Err(pem::Error::NoItemsFound) => break,
            Err(_) => {
                out.broken = true;
                break;
            }
        };
        let key = match kind {
            SectionKind::Certificate => {
                out.certificates.push(der.into());
                continue;
            }
            SectionKind::Crl => {
                out.revoked.push(der.into());
                continue;
            }
            SectionKind::RsaPrivateKey => Key::Plain(PrivateKeyDer::Pkcs1(der.into())),
            SectionKind::EcPrivateKey => Key::Plain(PrivateKeyDer::Sec1(der.into())),
            SectionKind::PrivateKey => Key::Plain(PrivateKeyDer::Pkcs8(der.into())),
            _ => continue,
        };
        out.key.get_or_insert(key);
    }
    if text.windows(22).any(|w| w == b"Proc-Type: 4,ENCRYPTED") {
        out.key = Some(Key::Other);
    } else if out.key.is_none()
        && let Some(der) = encrypted_section(text)
    {
        out.key = Some(Key::Encrypted(der));
    }
    out
}

fn aes_cbc<C: KeyInit + BlockCipherDecrypt>(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let cipher = C::new_from_slice(key).ok()?;
    let mut previous = iv.to_vec();
    let mut out = Vec::with_capacity(data.len());
    for block in data.chunks_exact(16) {
        let mut b = aes::cipher::Block::<C>::try_from(block).ok()?;
        cipher.decrypt_block(&mut b);
        out.extend(b.iter().zip(&previous).map(|(a, p)| a ^ p));
        previous = block.to_vec();
    }
    let padding = usize::from(*out.last()?);
    if padding == 0 || padding > 16 || out.len() < padding || !out[out.len() - padding..].iter().all(|b| usize::from(*b) == padding) {
        return None;
    }
    out.truncate(out.len() - padding);
    Some(out)
}

/// Most rounds of key derivation that are accepted, so that a file cannot keep a thread busy for ever.
const MOST_ROUNDS: u64 = 10_000_000;

/// Decrypts a private key; `None` for a wrong password or an unsupported scheme.
pub fn decrypted(der: &[u8], password: &[u8]) -> Option<PrivateKeyDer<'static>> {
    let mut all = Der(der).expect(tag::SEQUENCE)?.inside();
    let mut scheme = all.expect(tag::SEQUENCE)?.inside();
    let data = all.expect(tag::OCTET_STRING)?.body;
    if dotted(scheme.expect(tag::OID)?.body) != "1.2.840.113549.1.5.13" {
        return None;
    }
    let mut parameters = scheme.expect(tag::SEQUENCE)?.inside();
    let mut derivation = parameters.expect(tag::SEQUENCE)?.inside();
    let mut encryption = parameters.expect(tag::SEQUENCE)?.inside();
    if dotted(derivation.expect(tag::OID)?.body) != "1.2.840.113549.1.5.12" {
        return None;
    }
    let mut d = derivation.expect(tag::SEQUENCE)?.inside();
    let salt = d.expect(tag::OCTET_STRING)?.body;
    let rounds = d.expect(tag::INTEGER)?.body.iter().fold(0u64, |a, b| a.wrapping_shl(8) | u64::from(*b));
    d.optional(tag::INTEGER);
    let algorithm = match d.optional(tag::SEQUENCE) {
        None => Algorithm::Sha1,
        Some(prf) => match dotted(prf.inside().expect(tag::OID)?.body).as_str() {
            "1.2.840.113549.2.7" => Algorithm::Sha1,
            "1.2.840.113549.2.9" => Algorithm::Sha256,
            "1.2.840.113549.2.10" => Algorithm::Sha384,
            "1.2.840.113549.2.11" => Algorithm::Sha512,
            _ => return None,
        },
    };
    let cipher = dotted(encryption.expect(tag::OID)?.body);
    let iv = encryption.expect(tag::OCTET_STRING)?.body;
    let size = match cipher.as_str() {
        "2.16.840.1.101.3.4.1.2" => 16,
        "2.16.840.1.101.3.4.1.42" => 32,
        _ => return None,
    };
    if rounds == 0 || rounds > MOST_ROUNDS || iv.len() != 16 {
        return None;
    }
    let mut key = vec![0; size];
    pbkdf2(algorithm, password, salt, rounds, &mut key);
    let plain = if size == 16 { aes_cbc::<aes::Aes128>(&key, iv, data)? } else { aes_cbc::<aes::Aes256>(&key, iv, data)? };
    // What a wrong password gives is not a sequence.
    Der(&plain).expect(tag::SEQUENCE)?;
    Some(PrivateKeyDer::Pkcs8(plain.into()))
}
