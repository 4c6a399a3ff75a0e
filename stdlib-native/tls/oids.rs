//! The object identifiers that have names here: number, short name, long name, dotted form.

use super::der;

/// One row.
pub struct Named {
    /// OpenSSL's number for it.
    pub nid: i64,
    /// Short name.
    pub short: &'static str,
    /// Long name.
    pub long: &'static str,
    /// Dotted form.
    pub oid: &'static str,
}

const fn row(nid: i64, short: &'static str, long: &'static str, oid: &'static str) -> Named {
    Named { nid, short, long, oid }
}

/// All of them.
pub static NAMES: &[Named] = &[
    row(6, "rsaEncryption", "rsaEncryption", "1.2.840.113549.1.1.1"),
    row(13, "CN", "commonName", "2.5.4.3"),
    row(14, "C", "countryName", "2.5.4.6"),
    row(15, "L", "localityName", "2.5.4.7"),
    row(16, "ST", "stateOrProvinceName", "2.5.4.8"),
    row(17, "O", "organizationName", "2.5.4.10"),
    row(18, "OU", "organizationalUnitName", "2.5.4.11"),
    row(48, "emailAddress", "emailAddress", "1.2.840.113549.1.9.1"),
    row(49, "unstructuredName", "unstructuredName", "1.2.840.113549.1.9.2"),
    row(82, "subjectKeyIdentifier", "X509v3 Subject Key Identifier", "2.5.29.14"),
    row(83, "keyUsage", "X509v3 Key Usage", "2.5.29.15"),
    row(85, "subjectAltName", "X509v3 Subject Alternative Name", "2.5.29.17"),
    row(86, "issuerAltName", "X509v3 Issuer Alternative Name", "2.5.29.18"),
    row(87, "basicConstraints", "X509v3 Basic Constraints", "2.5.29.19"),
    row(90, "authorityKeyIdentifier", "X509v3 Authority Key Identifier", "2.5.29.35"),
    row(99, "GN", "givenName", "2.5.4.42"),
    row(100, "SN", "surname", "2.5.4.4"),
    row(101, "initials", "initials", "2.5.4.43"),
    row(103, "crlDistributionPoints", "X509v3 CRL Distribution Points", "2.5.29.31"),
    row(105, "serialNumber", "serialNumber", "2.5.4.5"),
    row(106, "title", "title", "2.5.4.12"),
    row(107, "description", "description", "2.5.4.13"),
    row(126, "extendedKeyUsage", "X509v3 Extended Key Usage", "2.5.29.37"),
    row(129, "serverAuth", "TLS Web Server Authentication", "1.3.6.1.5.5.7.3.1"),
    row(130, "clientAuth", "TLS Web Client Authentication", "1.3.6.1.5.5.7.3.2"),
    row(131, "codeSigning", "Code Signing", "1.3.6.1.5.5.7.3.3"),
    row(132, "emailProtection", "E-mail Protection", "1.3.6.1.5.5.7.3.4"),
    row(133, "timeStamping", "Time Stamping", "1.3.6.1.5.5.7.3.8"),
    row(173, "name", "name", "2.5.4.41"),
    row(174, "dnQualifier", "dnQualifier", "2.5.4.46"),
    row(177, "authorityInfoAccess", "Authority Information Access", "1.3.6.1.5.5.7.1.1"),
    row(178, "OCSP", "OCSP", "1.3.6.1.5.5.7.48.1"),
    row(179, "caIssuers", "CA Issuers", "1.3.6.1.5.5.7.48.2"),
    row(180, "OCSPSigning", "OCSP Signing", "1.3.6.1.5.5.7.3.9"),
    row(391, "DC", "domainComponent", "0.9.2342.19200300.100.1.25"),
    row(408, "id-ecPublicKey", "id-ecPublicKey", "1.2.840.10045.2.1"),
    row(415, "prime256v1", "prime256v1", "1.2.840.10045.3.1.7"),
    row(458, "UID", "userId", "0.9.2342.19200300.100.1.1"),
    row(509, "generationQualifier", "generationQualifier", "2.5.4.44"),
    row(510, "pseudonym", "pseudonym", "2.5.4.65"),
    row(660, "street", "streetAddress", "2.5.4.9"),
    row(661, "postalCode", "postalCode", "2.5.4.17"),
    row(715, "secp384r1", "secp384r1", "1.3.132.0.34"),
    row(857, "x500UniqueIdentifier", "x500UniqueIdentifier", "2.5.4.45"),
    row(860, "businessCategory", "businessCategory", "2.5.4.15"),
    row(955, "jurisdictionL", "jurisdictionLocalityName", "1.3.6.1.4.1.311.60.2.1.1"),
    row(956, "jurisdictionST", "jurisdictionStateOrProvinceName", "1.3.6.1.4.1.311.60.2.1.2"),
    row(957, "jurisdictionC", "jurisdictionCountryName", "1.3.6.1.4.1.311.60.2.1.3"),
    row(1089, "organizationIdentifier", "organizationIdentifier", "2.5.4.97"),
];

/// The long name of an encoded identifier, or its dotted form.
pub fn long_name(oid: &[u8]) -> String {
    let d = der::dotted(oid);
    NAMES.iter().find(|n| n.oid == d).map_or(d, |n| n.long.to_string())
}
