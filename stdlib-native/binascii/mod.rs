//! `binascii`: bytes as text in several ways, and check sums. [`base64`] and [`quoted`] have the longer encodings.

pub mod base64;
pub mod quoted;

use crate::guarded::error_type;
use gc::{Ref, Reg};
use objects::native::{Method, function};
use objects::protocol::{buffer, item, truth};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::{Operand, new_bytes, operand};
use objects::types::exception;
use objects::types::int::{self, as_int};
use objects::types::module::ModuleDef;
use objects::types::str::as_str;
use objects::types::type_::{Downcast, TypeSpec, type_of, type_value};
use objects::{Cx, PyResult, Raised};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const ERROR: u32 = 536;
    pub const INCOMPLETE: u32 = 537;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&ERROR_TYPE, &INCOMPLETE_TYPE];
/// `binascii.Error`.
pub static ERROR_TYPE: TypeSpec = error_type(ids::ERROR, "binascii.Error", exception::ids::VALUE_ERROR);
/// `binascii.Incomplete`.
pub static INCOMPLETE_TYPE: TypeSpec = error_type(ids::INCOMPLETE, "binascii.Incomplete", exception::ids::EXCEPTION);

fn error(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    cx.error(ids::ERROR, message)
}

/// Bytes, or a str of ASCII characters.
fn ascii<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Operand<'a>> {
    if let Some(s) = as_str(v) {
        return match s.as_ascii() {
            Some(t) => Ok(Operand::Borrowed(t.as_bytes())),
            None => Err(cx.value_error("string argument should contain only ASCII characters")),
        };
    }
    if !buffer::is_exporter(v) {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("argument should be bytes, buffer or ASCII string, not '{n}'")));
    }
    operand(cx, v)
}

fn flag(cx: &mut Cx, v: Ref<'_>, default: bool) -> PyResult<bool> {
    v.given().map_or(Ok(default), |v| truth::of(cx, v))
}

fn bytes(cx: &mut Cx, d: &[u8]) -> PyResult<Reg> {
    new_bytes(cx, d).map(Reg::from)
}

fn to_hex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = operand(cx, a[0])?;
    let separator = match a[1].given() {
        None => None,
        Some(v) => {
            let c = if let Some(s) = as_str(v) {
                if s.len() == 1 { Some(s.units().at(0)) } else { None }
            } else if let Some(b) = v.downcast::<Bytes>() {
                if let [c] = b.data() { Some(u32::from(*c)) } else { None }
            } else {
                return match item::len(cx, v)? {
                    1 => Err(cx.type_error("sep must be str or bytes.")),
                    _ => Err(cx.value_error("sep must be length 1.")),
                };
            };
            match c {
                None => return Err(cx.value_error("sep must be length 1.")),
                Some(c) if c > 255 => return Err(cx.value_error("sep must be ASCII.")),
                Some(c) => Some(c as u8),
            }
        }
    };
    let group = a[2].given().map_or(Ok(1), |v| int::c_int(cx, v))?;
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = Vec::with_capacity(d.len() * 2);
    let n = group.unsigned_abs() as usize;
    for (i, b) in d.iter().enumerate() {
        if let Some(c) = separator
            && i > 0
            && n > 0
        {
            let boundary = if group > 0 { (d.len() - i) % n == 0 } else { i % n == 0 };
            if boundary {
                out.push(c);
            }
        }
        out.push(DIGITS[usize::from(b >> 4)]);
        out.push(DIGITS[usize::from(b & 15)]);
    }
    bytes(cx, &out)
}

fn hex_digit(b: u8) -> Option<u8> {
    (b as char).to_digit(16).map(|d| d as u8)
}

fn from_hex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = ascii(cx, a[0])?;
    if d.len() % 2 != 0 {
        return Err(error(cx, "Odd-length string"));
    }
    let mut out = Vec::with_capacity(d.len() / 2);
    for p in d.chunks(2) {
        match (hex_digit(p[0]), hex_digit(p[1])) {
            (Some(h), Some(l)) => out.push(h << 4 | l),
            _ => return Err(error(cx, "Non-hexadecimal digit found")),
        }
    }
    bytes(cx, &out)
}

/// Tables for eight bytes at a time.
static CRC32: [[u32; 256]; 8] = {
    let mut t = [[0u32; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut c = i as u32;
        let mut k = 0;
        while k < 8 {
            c = if c & 1 != 0 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 };
            k += 1;
        }
        t[0][i] = c;
        i += 1;
    }
    let mut j = 1;
    while j < 8 {
        let mut i = 0;
        while i < 256 {
            t[j][i] = (t[j - 1][i] >> 8) ^ t[0][(t[j - 1][i] & 0xff) as usize];
            i += 1;
        }
        j += 1;
    }
    t
};

/// Goes on with the check sum `crc`.
pub fn crc32(crc: u32, data: &[u8]) -> u32 {
    let mut c = !crc;
    let mut parts = data.chunks_exact(8);
    for p in &mut parts {
        let low = u32::from_le_bytes([p[0], p[1], p[2], p[3]]) ^ c;
        c = CRC32[7][(low & 0xff) as usize]
            ^ CRC32[6][(low >> 8 & 0xff) as usize]
            ^ CRC32[5][(low >> 16 & 0xff) as usize]
            ^ CRC32[4][(low >> 24) as usize]
            ^ CRC32[3][usize::from(p[4])]
            ^ CRC32[2][usize::from(p[5])]
            ^ CRC32[1][usize::from(p[6])]
            ^ CRC32[0][usize::from(p[7])];
    }
    for b in parts.remainder() {
        c = (c >> 8) ^ CRC32[0][((c ^ u32::from(*b)) & 0xff) as usize];
    }
    !c
}

fn mask(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    let i = int::index(cx, v)?;
    Ok(match as_int(i.as_ref()) {
        Some(i) => match i.to_i128() {
            Some(n) => n as u32,
            None => {
                let big = i.to_big();
                let low = big.iter_u32_digits().next().unwrap_or(0);
                if i.is_negative() { low.wrapping_neg() } else { low }
            }
        },
        None => 0,
    })
}

fn crc(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let start = a[1].given().map_or(Ok(0), |v| mask(cx, v))?;
    let d = operand(cx, a[0])?;
    Ok(int::from_u64(crc32(start, &d).into()).into())
}

fn crc_hqx(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut c = mask(cx, a[1])? & 0xffff;
    let d = operand(cx, a[0])?;
    for b in d.iter() {
        c ^= u32::from(*b) << 8;
        for _ in 0..8 {
            c = if c & 0x8000 != 0 { (c << 1) ^ 0x1021 } else { c << 1 };
        }
        c &= 0xffff;
    }
    Ok(int::reg(c.into()))
}

static FUNCTIONS: &[Method] = &[
    function("a2b_base64", "($module, data, /, *, strict_mode=False)", base64::decode, "Decodes base64."),
    function("b2a_base64", "($module, data, /, *, newline=True)", base64::encode, "Encodes as base64."),
    function("a2b_hex", "($module, hexstr, /)", from_hex, "Decodes hexadecimal digits."),
    function("unhexlify", "($module, hexstr, /)", from_hex, "Decodes hexadecimal digits."),
    function("b2a_hex", "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)", to_hex, "Hexadecimal digits."),
    function("hexlify", "($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)", to_hex, "Hexadecimal digits."),
    function("a2b_qp", "($module, /, data, header=False)", quoted::decode, "Decodes quoted-printable."),
    function("b2a_qp", "($module, /, data, quotetabs=False, istext=True, header=False)", quoted::encode, "Encodes as quoted-printable."),
    function("a2b_uu", "($module, data, /)", base64::decode_uu, "Decodes a line of uuencoded data."),
    function("b2a_uu", "($module, data, /, *, backtick=False)", base64::encode_uu, "Uuencodes a line."),
    function("crc32", "($module, data, crc=0, /)", crc, "CRC-32 check sum."),
    function("crc_hqx", "($module, data, crc, /)", crc_hqx, "CRC-CCITT check sum."),
];

/// `binascii`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "binascii",
    doc: "Conversion between binary data and ASCII",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Error", type_value(ids::ERROR));
        m.add("Incomplete", type_value(ids::INCOMPLETE));
        Ok(())
    },
};
