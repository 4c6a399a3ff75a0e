//! Formats of the `struct` module, `array` and `memoryview`: parsing, layout, packing and unpacking of single items.
//!
//! Messages are those of `struct.error` unless noted.

#[cfg(test)]
mod tests;

use crate::float_text::scale;

/// Byte order, sizes and alignment of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `@` or nothing: this machine's order, sizes and alignment.
    Native,
    /// `=`: this machine's order, standard sizes.
    NativeOrder,
    /// `<`
    Little,
    /// `>` or `!`
    Big,
}

impl Mode {
    fn is_big(self) -> bool {
        match self {
            Mode::Big => true,
            Mode::Little => false,
            Mode::Native | Mode::NativeOrder => cfg!(target_endian = "big"),
        }
    }
}

/// What an item holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `x`: zero bytes, no value.
    Pad,
    /// `c`: a bytes object of length 1.
    Char,
    /// Signed integers.
    Int,
    /// Unsigned integers.
    UInt,
    /// `P`: an address; negative ints are accepted.
    Pointer,
    /// `?`
    Bool,
    /// `e f d`
    Float,
    /// `F D`
    Complex,
    /// `s`: one value for the whole count.
    Bytes,
    /// `p`: as `s`, the first byte is the length.
    PascalBytes,
}

/// One format character with its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The format character.
    pub letter: u8,
    /// What it holds.
    pub kind: Kind,
    /// Size of one item in bytes.
    pub size: usize,
    /// Alignment; 1 for none.
    pub align: usize,
    /// Whether the most significant byte comes first.
    pub big: bool,
}

impl Code {
    /// The layout of a format character; `None` when the mode does not have it.
    pub fn new(letter: u8, mode: Mode) -> Option<Code> {
        let native = mode == Mode::Native;
        let long = if native { size_of::<std::ffi::c_long>() } else { 4 };
        let (kind, size) = match letter {
            b'x' => (Kind::Pad, 1),
            b'c' => (Kind::Char, 1),
            b'b' => (Kind::Int, 1),
            b'B' => (Kind::UInt, 1),
            b'?' => (Kind::Bool, 1),
            b'h' => (Kind::Int, 2),
            b'H' => (Kind::UInt, 2),
            b'i' => (Kind::Int, 4),
            b'I' => (Kind::UInt, 4),
            b'l' => (Kind::Int, long),
            b'L' => (Kind::UInt, long),
            b'q' => (Kind::Int, 8),
            b'Q' => (Kind::UInt, 8),
            b'n' if native => (Kind::Int, size_of::<isize>()),
            b'N' if native => (Kind::UInt, size_of::<usize>()),
            b'P' if native => (Kind::Pointer, size_of::<usize>()),
            b'e' => (Kind::Float, 2),
            b'f' => (Kind::Float, 4),
            b'd' => (Kind::Float, 8),
            b'F' => (Kind::Complex, 8),
            b'D' => (Kind::Complex, 16),
            b's' => (Kind::Bytes, 1),
            b'p' => (Kind::PascalBytes, 1),
            _ => return None,
        };
        let align = match kind {
            _ if !native => 1,
            Kind::Complex => size / 2,
            _ => size,
        };
        Some(Code { letter, kind, size, align, big: mode.is_big() })
    }

    /// The message for an int out of the code's range.
    pub fn range_message(&self) -> String {
        let (low, high) = self.range();
        format!("'{}' format requires {low} <= number <= {high}", self.letter as char)
    }

    /// The smallest and largest int it takes.
    pub fn range(&self) -> (i128, i128) {
        let bits = 8 * self.size as u32;
        if self.kind == Kind::Int { (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1) }
    }

    /// Writes an int into `out` (of this code's size). `None` when out of range: see
    /// [`range_message`](Code::range_message).
    pub fn pack_int(&self, value: i128, out: &mut [u8]) -> Option<()> {
        let (low, high) = self.range();
        let low = if self.kind == Kind::Pointer { -(high + 1) / 2 } else { low };
        if value < low || value > high {
            return None;
        }
        let bytes = value.to_le_bytes();
        out[..self.size].copy_from_slice(&bytes[..self.size]);
        if self.big {
            out[..self.size].reverse();
        }
        Some(())
    }

    /// Reads an int or bool.
    pub fn unpack_int(&self, input: &[u8]) -> i128 {
        let mut bytes = [0u8; 16];
        bytes[..self.size].copy_from_slice(&input[..self.size]);
        if self.big {
            bytes[..self.size].reverse();
        }
        let value = i128::from_le_bytes(bytes);
        let unused = 128 - 8 * self.size as u32;
        if self.kind == Kind::Int { value << unused >> unused } else { value }
    }

    /// Writes a float (`e f d`, or one part of `F D`). An OverflowError when too large.
    pub fn pack_float(&self, value: f64, out: &mut [u8]) -> Result<(), String> {
        let size = if self.kind == Kind::Complex { self.size / 2 } else { self.size };
        let too_large = || format!("float too large to pack with {} format", if size == 2 { 'e' } else { 'f' });
        match size {
            2 => out[..2].copy_from_slice(&f64_to_half(value).ok_or_else(too_large)?.to_le_bytes()),
            4 => {
                let single = f64_to_single(value).ok_or_else(too_large)?;
                out[..4].copy_from_slice(&single.to_le_bytes());
            }
            _ => out[..8].copy_from_slice(&value.to_le_bytes()),
        }
        if self.big {
            out[..size].reverse();
        }
        Ok(())
    }

    /// Reads a float (`e f d`, or the part of `F D` that `input` starts with).
    pub fn unpack_float(&self, input: &[u8]) -> f64 {
        let size = if self.kind == Kind::Complex { self.size / 2 } else { self.size };
        let mut bytes = [0u8; 8];
        bytes[..size].copy_from_slice(&input[..size]);
        if self.big {
            bytes[..size].reverse();
        }
        match size {
            2 => half_to_f64(u16::from_le_bytes([bytes[0], bytes[1]])),
            4 => single_to_f64(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])),
            _ => f64::from_le_bytes(bytes),
        }
    }
}

/// The double of a single-precision pattern; a signalling NaN keeps its payload.
fn single_to_f64(bits: u32) -> f64 {
    let single = f32::from_bits(bits);
    if !single.is_nan() {
        return single.into();
    }
    f64::from_bits(u64::from(bits >> 31) << 63 | 0x7ff << 52 | u64::from(bits & 0x7f_ffff) << 29)
}

/// The single-precision pattern nearest to a double; `None` when a finite value overflows.
fn f64_to_single(value: f64) -> Option<u32> {
    if value.is_nan() {
        let bits = value.to_bits();
        let fraction = (bits >> 29 & 0x7f_ffff) as u32;
        let sign = (bits >> 63 << 31) as u32;
        return Some(sign | 0x7f80_0000 | if fraction == 0 { 0x40_0000 } else { fraction });
    }
    let single = value as f32;
    (single.is_finite() || value.is_infinite()).then_some(single.to_bits())
}

/// The double of a half-precision pattern.
pub fn half_to_f64(bits: u16) -> f64 {
    let sign = u64::from(bits >> 15) << 63;
    let fraction = u64::from(bits & 0x3ff);
    let magnitude = match bits >> 10 & 0x1f {
        0x1f => return f64::from_bits(sign | 0x7ff << 52 | fraction << 42),
        0 => scale(fraction, false, -24),
        exponent => scale(fraction | 0x400, false, i64::from(exponent) - 25),
    };
    magnitude.expect("halves are in range").copysign(f64::from_bits(sign | 1))
}

/// The half-precision pattern nearest to a double; `None` when a finite value overflows.
pub fn f64_to_half(value: f64) -> Option<u16> {
    let bits = value.to_bits();
    let sign = (bits >> 63) as u16;
    if value.is_nan() {
        let fraction = (bits >> 42 & 0x3ff) as u16;
        return Some(sign << 15 | 0x7c00 | if fraction == 0 { 0x200 } else { fraction });
    }
    if value.is_infinite() {
        return Some(sign << 15 | 0x7c00);
    }
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    if exponent < -26 {
        return Some(sign << 15);
    }
    let fraction = (bits & ((1 << 52) - 1)) | 1 << 52;
    // Bits to drop so that the last one kept counts 2^-24 or more.
    let drop = if exponent < -14 { 42 + (-14 - exponent) as u32 } else { 42 };
    let mut kept = fraction >> drop;
    let rest = fraction & ((1 << drop) - 1);
    let half = 1u64 << (drop - 1);
    if rest > half || (rest == half && kept & 1 == 1) {
        kept += 1;
    }
    let biased = if exponent < -14 { 0 } else { exponent + 14 };
    // The hidden bit of a normal number adds one to the exponent, and so does a carry.
    let pattern = ((biased as u64) << 10) + kept;
    (pattern < 0x7c00).then_some(sign << 15 | pattern as u16)
}

/// A run of items of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// What each item is.
    pub code: Code,
    /// Offset of the first one.
    pub offset: usize,
    /// How many values there are: the repeat count, or 1 for `s` and `p`.
    pub repeat: usize,
    /// Bytes of each value: the code's size, or the count for `s` and `p`.
    pub size: usize,
}

/// A parsed format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Struct {
    /// The items, without padding and without runs of no values.
    pub items: Vec<Item>,
    /// Bytes of the whole.
    pub size: usize,
    /// Number of values.
    pub len: usize,
}

/// Bad format characters.
pub const BAD_CHAR: &str = "bad char in struct format";
const TOO_LONG: &str = "total struct size too long";

/// Splits the mode character off a format.
pub fn split_mode(format: &[u8]) -> (Mode, &[u8]) {
    match format {
        [b'@', rest @ ..] => (Mode::Native, rest),
        [b'=', rest @ ..] => (Mode::NativeOrder, rest),
        [b'<', rest @ ..] => (Mode::Little, rest),
        [b'>' | b'!', rest @ ..] => (Mode::Big, rest),
        _ => (Mode::Native, format),
    }
}

impl Struct {
    /// Parses a format; the error is the message of a `struct.error`.
    pub fn parse(format: &[u8]) -> Result<Struct, &'static str> {
        if format.contains(&0) {
            return Err("embedded null character");
        }
        let (mode, mut rest) = split_mode(format);
        let mut parsed = Struct { items: Vec::new(), size: 0, len: 0 };
        while let [first, tail @ ..] = rest {
            rest = tail;
            let mut letter = *first;
            if matches!(letter, b' ' | 9..=13) {
                continue;
            }
            let mut count = 1usize;
            if letter.is_ascii_digit() {
                count = usize::from(letter - b'0');
                loop {
                    let [next, tail @ ..] = rest else {
                        return Err("repeat count given without format specifier");
                    };
                    rest = tail;
                    letter = *next;
                    if !letter.is_ascii_digit() {
                        break;
                    }
                    let grown = count.checked_mul(10).and_then(|c| c.checked_add(usize::from(letter - b'0')));
                    count = grown.filter(|&c| c <= isize::MAX as usize).ok_or(TOO_LONG)?;
                }
            }
            let code = Code::new(letter, mode).ok_or(BAD_CHAR)?;
            parsed.add(code, count).ok_or(TOO_LONG)?;
        }
        Ok(parsed)
    }

    fn add(&mut self, code: Code, count: usize) -> Option<()> {
        let fits = |size: &usize| *size <= isize::MAX as usize;
        let offset = self.size.checked_next_multiple_of(code.align).filter(fits)?;
        self.size = code.size.checked_mul(count).and_then(|bytes| bytes.checked_add(offset)).filter(fits)?;
        match code.kind {
            Kind::Pad => {}
            Kind::Bytes | Kind::PascalBytes => {
                self.len += 1;
                self.items.push(Item { code, offset, repeat: 1, size: count });
            }
            _ => {
                self.len += count;
                if count > 0 {
                    self.items.push(Item { code, offset, repeat: count, size: code.size });
                }
            }
        }
        Some(())
    }

    /// The values one by one: code, offset, size.
    pub fn values(&self) -> impl Iterator<Item = (Code, usize, usize)> + '_ {
        self.items.iter().flat_map(|item| (0..item.repeat).map(move |i| (item.code, item.offset + i * item.size, item.size)))
    }
}

/// Writes the value of `s`: cut or filled with zeros.
pub fn pack_bytes(value: &[u8], out: &mut [u8]) {
    let used = value.len().min(out.len());
    out[..used].copy_from_slice(&value[..used]);
    out[used..].fill(0);
}

/// Writes the value of `p`: a length byte, then as much as fits (255 at most).
pub fn pack_pascal(value: &[u8], out: &mut [u8]) {
    let Some((length, body)) = out.split_first_mut() else { return };
    *length = value.len().min(body.len()).min(255) as u8;
    pack_bytes(value, body);
}

/// Reads the value of `p`.
pub fn unpack_pascal(input: &[u8]) -> &[u8] {
    match input.split_first() {
        None => &[],
        Some((&length, body)) => &body[..usize::from(length).min(body.len())],
    }
}
