//! Decompositions and the four normalization forms (UAX #15).

use super::{Database, data_record, tables};
use crate::units::Units;

/// A normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical composition.
    Nfc,
    /// Compatibility composition.
    Nfkc,
    /// Canonical decomposition.
    Nfd,
    /// Compatibility decomposition.
    Nfkd,
}

impl Form {
    /// The form called `name` ("NFC", ...). The ValueError otherwise is "invalid normalization form".
    pub fn named(name: &str) -> Option<Form> {
        match name {
            "NFC" => Some(Form::Nfc),
            "NFKC" => Some(Form::Nfkc),
            "NFD" => Some(Form::Nfd),
            "NFKD" => Some(Form::Nfkd),
            _ => None,
        }
    }

    fn compatible(self) -> bool {
        matches!(self, Form::Nfkc | Form::Nfkd)
    }

    fn composes(self) -> bool {
        matches!(self, Form::Nfc | Form::Nfkc)
    }
}

// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
const S_BASE: u32 = 0xac00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11a7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

/// Index of the tag and the UTF-16 units of a decomposition in the database.
fn stored(c: u32) -> Option<(usize, &'static [u16])> {
    if data_record(c).flags & tables::DECOMPOSES == 0 {
        return None;
    }
    let at = tables::DECOMPOSITION_KEYS.binary_search(&c).ok()?;
    let start = usize::from(tables::DECOMPOSITION_STARTS[at]);
    let head = tables::DECOMPOSITION_UNITS[start];
    Some((usize::from(head >> 8), &tables::DECOMPOSITION_UNITS[start + 1..start + 1 + usize::from(head & 0xff)]))
}

fn code_points(units: &'static [u16]) -> impl Iterator<Item = u32> {
    char::decode_utf16(units.iter().copied()).map(|c| c.map_or_else(|e| e.unpaired_surrogate().into(), u32::from))
}

/// The parts of a Hangul syllable.
fn hangul(c: u32) -> Option<(u32, u32, Option<u32>)> {
    let s = c.checked_sub(S_BASE).filter(|&s| s < S_COUNT)?;
    let t = s % T_COUNT;
    Some((L_BASE + s / (V_COUNT * T_COUNT), V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT, (t != 0).then_some(T_BASE + t)))
}

/// `unicodedata.decomposition`: an optional tag and code points in hexadecimal.
pub fn decomposition(database: Database, c: u32) -> String {
    if database == Database::Old && !database.is_assigned(c) {
        return String::new();
    }
    if let Some((l, v, t)) = hangul(c) {
        return t.map_or_else(|| format!("{l:04X} {v:04X}"), |t| format!("{l:04X} {v:04X} {t:04X}"));
    }
    let Some((tag, units)) = stored(c) else { return String::new() };
    let mut out = String::from(tables::DECOMPOSITION_TAGS[tag]);
    for c in code_points(units) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format!("{c:04X}"));
    }
    out
}

/// Appends the full decomposition of a character.
fn decompose_into(database: Database, c: u32, compatible: bool, out: &mut Vec<u32>) {
    if c < 0xa0 {
        out.push(c);
        return;
    }
    if let Some((l, v, t)) = hangul(c) {
        out.extend([l, v]);
        out.extend(t);
        return;
    }
    if database == Database::Old {
        if !database.is_assigned(c) {
            out.push(c);
            return;
        }
        if let Ok(at) = tables::OLD_DECOMPOSITIONS.binary_search_by_key(&c, |p| p.0) {
            out.push(tables::OLD_DECOMPOSITIONS[at].1);
            return;
        }
    }
    match stored(c) {
        // Decompositions nest at most a few levels deep.
        Some((tag, units)) if tag == 0 || compatible => {
            code_points(units).for_each(|c| decompose_into(database, c, compatible, out));
        }
        _ => out.push(c),
    }
}

/// Puts runs of combining marks into canonical order.
fn reorder(database: Database, text: &mut [u32]) {
    let class = |c: u32| if c < 0x300 { 0 } else { database.combining(c) };
    let mut start = 0;
    while start < text.len() {
        if class(text[start]) == 0 {
            start += 1;
            continue;
        }
        let len = text[start..].iter().take_while(|&&c| class(c) != 0).count();
        text[start..start + len].sort_by_key(|&c| class(c));
        start += len;
    }
}

/// The primary composite of two characters.
pub fn compose_pair(a: u32, b: u32) -> Option<u32> {
    if let (Some(l), Some(v)) = (a.checked_sub(L_BASE), b.checked_sub(V_BASE))
        && l < L_COUNT
        && v < V_COUNT
    {
        return Some(S_BASE + (l * V_COUNT + v) * T_COUNT);
    }
    if let (Some(s), Some(t)) = (a.checked_sub(S_BASE), b.checked_sub(T_BASE))
        && s < S_COUNT
        && s % T_COUNT == 0
        && (1..T_COUNT).contains(&t)
    {
        return Some(a + t);
    }
    if data_record(b).flags & tables::NFC_MAYBE == 0 {
        return None;
    }
    let at = tables::COMPOSITION_KEYS.binary_search(&(u64::from(a) << 32 | u64::from(b))).ok()?;
    Some(tables::COMPOSITION_VALUES[at])
}

fn compose(database: Database, text: &[u32]) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(text.len());
    let mut starter: Option<usize> = None;
    // The class of the last character kept since the starter: 0 right after it.
    let mut last_class = 0;
    for &c in text {
        let class = if c < 0x300 { 0 } else { database.combining(c) };
        if let Some(at) = starter {
            let adjacent = out.len() == at + 1;
            let blocked = !adjacent && (last_class == 0 || last_class >= class);
            if !blocked && let Some(composite) = compose_pair(out[at], c) {
                out[at] = composite;
                continue;
            }
        }
        if class == 0 {
            starter = Some(out.len());
        }
        last_class = class;
        out.push(c);
    }
    out
}

/// What the quick check of UAX #15 section 9 says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuickCheck {
    Yes,
    No,
    Maybe,
}

fn quick_check(form: Form, text: Units<'_>) -> QuickCheck {
    if let Units::One(s) = text
        && s.is_ascii()
    {
        return QuickCheck::Yes;
    }
    let (no, maybe) = match form {
        Form::Nfc => (tables::NFC_NO, tables::NFC_MAYBE),
        Form::Nfkc => (tables::NFKC_NO, tables::NFC_MAYBE),
        Form::Nfd => (tables::NFD_NO, 0),
        Form::Nfkd => (tables::NFKD_NO, 0),
    };
    let mut result = QuickCheck::Yes;
    let mut previous = 0;
    for c in text.iter() {
        let record = data_record(c);
        if (record.combining != 0 && previous > record.combining) || record.flags & no != 0 {
            return QuickCheck::No;
        }
        if record.flags & maybe != 0 {
            result = QuickCheck::Maybe;
        }
        previous = record.combining;
    }
    result
}

/// `unicodedata.normalize`; `None` when the text is in the form already.
pub fn normalize(database: Database, form: Form, text: Units<'_>) -> Option<Vec<u32>> {
    if database == Database::Current && quick_check(form, text) == QuickCheck::Yes {
        return None;
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    text.iter().for_each(|c| decompose_into(database, c, form.compatible(), &mut out));
    reorder(database, &mut out);
    if form.composes() {
        out = compose(database, &out);
    }
    Some(out)
}

/// `unicodedata.is_normalized`
pub fn is_normalized(database: Database, form: Form, text: Units<'_>) -> bool {
    if database == Database::Current {
        match quick_check(form, text) {
            QuickCheck::Yes => return true,
            QuickCheck::No => return false,
            QuickCheck::Maybe => {}
        }
    }
    normalize(database, form, text).is_none_or(|n| text == Units::Four(&n))
}
