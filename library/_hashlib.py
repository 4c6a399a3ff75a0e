"""The part of hashlib and hmac that OpenSSL has elsewhere: key derivation, and the names that those modules look for.

Hashes themselves come from the native modules: new() refuses every name, so that hashlib takes them from there.
"""

from _key_derivation import pbkdf2_hmac, scrypt as _scrypt
from _md5 import md5 as openssl_md5
from _operator import _compare_digest as compare_digest
from _sha1 import sha1 as openssl_sha1
from _sha2 import sha224 as openssl_sha224, sha256 as openssl_sha256, sha384 as openssl_sha384, sha512 as openssl_sha512

openssl_md_meth_names = frozenset()


class UnsupportedDigestmodError(ValueError):
    """hmac falls back to its own code."""


def new(name, data=b'', *, usedforsecurity=True, string=None):
    raise ValueError(f'unsupported hash type {name}')


def hmac_new(key, msg=b'', digestmod=None):
    raise UnsupportedDigestmodError(f'Unsupported digestmod {digestmod}')


def hmac_digest(key, msg, digest):
    raise UnsupportedDigestmodError(f'Unsupported digestmod {digest}')


def get_fips_mode():
    return 0


def scrypt(password, *, salt, n, r, p, maxmem=0, dklen=64):
    """scrypt password-based key derivation function."""
    return _scrypt(password, salt, n, r, p, maxmem, dklen)
