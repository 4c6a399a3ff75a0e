//! Reading DER: tag, length, contents. Input is bounded by the slice; anything malformed gives `None`.

/// Tags that certificates use.
#[allow(missing_docs)]
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const BMP_STRING: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
}

/// What is left to read.
#[derive(Clone, Copy)]
pub struct Der<'a>(pub &'a [u8]);

/// One element.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    /// Its tag byte.
    pub tag: u8,
    /// Its contents.
    pub body: &'a [u8],
    /// Tag, length and contents.
    pub whole: &'a [u8],
}

impl<'a> Der<'a> {
    /// The next element.
    pub fn take(&mut self) -> Option<Element<'a>> {
        let b = self.0;
        let tag = *b.first()?;
        let first = *b.get(1)?;
        let (len, at) = if first < 0x80 {
            (usize::from(first), 2)
        } else {
            let n = usize::from(first & 0x7f);
            if n == 0 || n > 4 {
                return None;
            }
            let digits = b.get(2..2 + n)?;
            (digits.iter().fold(0usize, |a, d| a << 8 | usize::from(*d)), 2 + n)
        };
        let end = at.checked_add(len)?;
        let body = b.get(at..end)?;
        self.0 = &b[end..];
        Some(Element { tag, body, whole: &b[..end] })
    }
    /// The next element, which must have this tag.
    pub fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.take().filter(|e| e.tag == tag)
    }
    /// The next element if it has this tag.
    pub fn optional(&mut self, tag: u8) -> Option<Element<'a>> {
        if self.0.first() == Some(&tag) { self.take() } else { None }
    }
}

impl<'a> Element<'a> {
    /// A reader of the contents.
    pub fn inside(&self) -> Der<'a> {
        Der(self.body)
    }
    /// The elements inside, as far as they can be read.
    pub fn children(&self) -> impl Iterator<Item = Element<'a>> + 'a {
        let mut d = self.inside();
        std::iter::from_fn(move || d.take())
    }
}

/// An object identifier's dotted form.
pub fn dotted(oid: &[u8]) -> String {
    let mut parts: Vec<u64> = Vec::new();
    let mut n: u64 = 0;
    for b in oid {
        n = n.wrapping_shl(7) | u64::from(b & 0x7f);
        if b & 0x80 == 0 {
            if parts.is_empty() {
                let first = (n / 40).min(2);
                parts.push(first);
                n -= first * 40;
            }
            parts.push(n);
            n = 0;
        }
    }
    parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

/// The contents of an object identifier from its dotted form.
pub fn encoded(text: &str) -> Option<Vec<u8>> {
    let parts: Vec<u64> = text.split('.').map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let [first, second, rest @ ..] = &parts[..] else { return None };
    if *first > 2 || (*first < 2 && *second >= 40) {
        return None;
    }
    let mut out = Vec::new();
    for n in std::iter::once(first.checked_mul(40)?.checked_add(*second)?).chain(rest.iter().copied()) {
        let mut digits = vec![(n & 0x7f) as u8];
        let mut left = n >> 7;
        while left > 0 {
            digits.push((left & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        out.extend(digits.iter().rev());
    }
    Some(out)
}
