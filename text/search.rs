//! Finding a string in another: first, last, all and how many occurrences, over units of one width or of two.
//!
//! Bytes go to the `memchr` crate. Wider units are searched by looking for the needle's first and last unit; when
//! that turns out to cost too much (periodic texts), the rest of the search is done by the two-way algorithm
//! (Crochemore and Perrin 1991), so that every search is linear in the worst case.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::units::{Unit, Units};

/// The slice as bytes when its units are bytes.
fn as_bytes<U: Unit>(units: &[U]) -> Option<&[u8]> {
    match U::view(units) {
        Units::One(bytes) => Some(bytes),
        _ => None,
    }
}

/// `needle` in the units of another width; `None` when one of its characters does not fit (then it cannot occur).
pub fn convert<'a, U: Unit>(needle: Units<'a>) -> Option<Cow<'a, [U]>> {
    let same_width = U::from_view(needle);
    match same_width {
        Some(units) => Some(Cow::Borrowed(units)),
        None => needle.iter().map(U::from_code_point).collect::<Option<Vec<U>>>().map(Cow::Owned),
    }
}

/// Index of the first `needle` in `haystack`.
pub fn find<U: Unit>(haystack: &[U], needle: &[U]) -> Option<usize> {
    if needle.len() > haystack.len() {
        return None;
    }
    if let [one] = needle {
        return find_unit(haystack, *one);
    }
    if let (Some(haystack), Some(needle)) = (as_bytes(haystack), as_bytes(needle)) {
        return memchr::memmem::find(haystack, needle);
    }
    match needle {
        [] => Some(0),
        _ => find_wide(haystack, needle),
    }
}

/// Index of the first `unit` in `haystack`.
pub fn find_unit<U: Unit>(haystack: &[U], unit: U) -> Option<usize> {
    match (as_bytes(haystack), as_bytes(&[unit])) {
        (Some(haystack), Some(&[byte])) => memchr::memchr(byte, haystack),
        _ => haystack.iter().position(|&u| u == unit),
    }
}

/// Index of the last `unit` in `haystack`.
pub fn rfind_unit<U: Unit>(haystack: &[U], unit: U) -> Option<usize> {
    match (as_bytes(haystack), as_bytes(&[unit])) {
        (Some(haystack), Some(&[byte])) => memchr::memrchr(byte, haystack),
        _ => haystack.iter().rposition(|&u| u == unit),
    }
}

/// Index of the last `needle` in `haystack`.
pub fn rfind<U: Unit>(haystack: &[U], needle: &[U]) -> Option<usize> {
    if needle.len() > haystack.len() {
        return None;
    }
    if let [one] = needle {
        return rfind_unit(haystack, *one);
    }
    if let (Some(haystack), Some(needle)) = (as_bytes(haystack), as_bytes(needle)) {
        return memchr::memmem::rfind(haystack, needle);
    }
    match needle {
        [] => Some(haystack.len()),
        [first, .., last] => {
            let mut budget = work_budget(haystack.len());
            let mut end = haystack.len();
            while end >= needle.len() {
                let start = end - needle.len();
                if haystack[start] == *first && haystack[end - 1] == *last {
                    let same = haystack[start..end].iter().zip(needle).take_while(|(a, b)| a == b).count();
                    if same == needle.len() {
                        return Some(start);
                    }
                    if same > budget {
                        let reversed: Vec<U> = haystack[..end].iter().rev().copied().collect();
                        let needle: Vec<U> = needle.iter().rev().copied().collect();
                        return TwoWay::new(&needle).find(&reversed, 0).map(|at| end - at - needle.len());
                    }
                    budget -= same;
                }
                end -= 1;
            }
            None
        }
        [_] => unreachable!("handled above"),
    }
}

/// How many units the simple search may compare in vain before the two-way search takes over.
fn work_budget(len: usize) -> usize {
    len.saturating_mul(2).saturating_add(500)
}

fn find_wide<U: Unit>(haystack: &[U], needle: &[U]) -> Option<usize> {
    let (first, last) = (needle[0], needle[needle.len() - 1]);
    let positions = haystack.len() - needle.len() + 1;
    let mut budget = work_budget(haystack.len());
    let mut at = 0;
    while at < positions {
        at += haystack[at..positions].iter().position(|&u| u == first)?;
        if haystack[at + needle.len() - 1] == last {
            let same = haystack[at..].iter().zip(needle).take_while(|(a, b)| a == b).count();
            if same == needle.len() {
                return Some(at);
            }
            if same > budget {
                return TwoWay::new(needle).find(haystack, at);
            }
            budget -= same;
        }
        at += 1;
    }
    None
}

/// The two-way searcher: needle, its critical position and period.
struct TwoWay<'a, U> {
    needle: &'a [U],
    cut: usize,
    period: usize,
    /// Whether `period` is the needle's period (else it is a safe shift).
    periodic: bool,
}

impl<'a, U: Unit> TwoWay<'a, U> {
    fn new(needle: &'a [U]) -> Self {
        let (cut_a, period_a) = maximal_suffix(needle, |a, b| a < b);
        let (cut_b, period_b) = maximal_suffix(needle, |a, b| a > b);
        let (cut, period) = if cut_a > cut_b { (cut_a, period_a) } else { (cut_b, period_b) };
        let periodic = period + cut <= needle.len() && needle[..cut] == needle[period..period + cut];
        let period = if periodic { period } else { cut.max(needle.len() - cut) + 1 };
        TwoWay { needle, cut, period, periodic }
    }

    fn find(&self, haystack: &[U], start: usize) -> Option<usize> {
        let needle = self.needle;
        let mut at = start;
        // How much of the needle's front is known to match, in the periodic case.
        let mut memory = 0;
        while at + needle.len() <= haystack.len() {
            let window = &haystack[at..at + needle.len()];
            let mut i = self.cut.max(memory);
            while i < needle.len() && needle[i] == window[i] {
                i += 1;
            }
            if i < needle.len() {
                at += i - self.cut + 1;
                memory = 0;
                continue;
            }
            let mut j = self.cut;
            while j > memory && needle[j - 1] == window[j - 1] {
                j -= 1;
            }
            if j <= memory {
                return Some(at);
            }
            at += self.period;
            memory = if self.periodic { needle.len() - self.period } else { 0 };
        }
        None
    }
}

/// Start and period of the largest suffix by the order `less`.
fn maximal_suffix<U: Unit>(needle: &[U], less: impl Fn(U, U) -> bool) -> (usize, usize) {
    let (mut start, mut candidate, mut offset, mut period) = (0, 1, 0, 1);
    while candidate + offset < needle.len() {
        let (a, b) = (needle[candidate + offset], needle[start + offset]);
        if less(a, b) {
            candidate += offset + 1;
            offset = 0;
            period = candidate - start;
        } else if a == b {
            if offset + 1 == period {
                candidate += period;
                offset = 0;
            } else {
                offset += 1;
            }
        } else {
            start = candidate;
            candidate += 1;
            offset = 0;
            period = 1;
        }
    }
    (start, period)
}

/// The places of non-overlapping occurrences of a non-empty `needle`, from the left.
pub fn find_all<'a, U: Unit>(haystack: &'a [U], needle: &'a [U]) -> impl Iterator<Item = usize> + 'a {
    let finder = match (as_bytes(haystack), as_bytes(needle)) {
        (Some(_), Some(needle)) if needle.len() > 1 => Some(memchr::memmem::Finder::new(needle)),
        _ => None,
    };
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = haystack.get(at..)?;
        let found = match (&finder, as_bytes(rest)) {
            (Some(finder), Some(bytes)) => finder.find(bytes),
            _ => find(rest, needle),
        }?;
        let start = at + found;
        at = start + needle.len();
        Some(start)
    })
}

/// Number of non-overlapping occurrences; an empty needle occurs between all units and at both ends.
pub fn count<U: Unit>(haystack: &[U], needle: &[U]) -> usize {
    match needle {
        [] => haystack.len() + 1,
        [one] => match (as_bytes(haystack), as_bytes(needle)) {
            (Some(haystack), Some(&[byte])) => memchr::memchr_iter(byte, haystack).count(),
            _ => haystack.iter().filter(|&u| u == one).count(),
        },
        _ => find_all(haystack, needle).count(),
    }
}

/// Clips the optional `start` and `end` of `find`, `count`, `startswith` and the like to a string of `len` units, as
/// slices do. `None` when nothing can match, not even the empty string (start beyond the end).
pub fn clip_range(start: Option<isize>, end: Option<isize>, len: usize) -> Option<(usize, usize)> {
    let clip = |index: isize| if index < 0 { len.saturating_sub(index.unsigned_abs()) } else { index as usize };
    let start = start.map_or(0, clip);
    let end = end.map_or(len, clip).min(len);
    (start <= end).then_some((start, end))
}

/// [`find`] for strings of any width.
pub fn find_units(haystack: Units<'_>, needle: Units<'_>) -> Option<usize> {
    match haystack {
        Units::One(h) => find(h, &convert::<u8>(needle)?),
        Units::Two(h) => find(h, &convert::<u16>(needle)?),
        Units::Four(h) => find(h, &convert::<u32>(needle)?),
    }
}

/// [`rfind`] for strings of any width.
pub fn rfind_units(haystack: Units<'_>, needle: Units<'_>) -> Option<usize> {
    match haystack {
        Units::One(h) => rfind(h, &convert::<u8>(needle)?),
        Units::Two(h) => rfind(h, &convert::<u16>(needle)?),
        Units::Four(h) => rfind(h, &convert::<u32>(needle)?),
    }
}

/// [`count`] for strings of any width.
pub fn count_units(haystack: Units<'_>, needle: Units<'_>) -> usize {
    match haystack {
        Units::One(h) => convert::<u8>(needle).map_or(0, |n| count(h, &n)),
        Units::Two(h) => convert::<u16>(needle).map_or(0, |n| count(h, &n)),
        Units::Four(h) => convert::<u32>(needle).map_or(0, |n| count(h, &n)),
    }
}

/// Whether `text` starts with `prefix`, of any widths.
pub fn starts_with(text: Units<'_>, prefix: Units<'_>) -> bool {
    prefix.len() <= text.len() && text.slice(0, prefix.len()) == prefix
}

/// Whether `text` ends with `suffix`, of any widths.
pub fn ends_with(text: Units<'_>, suffix: Units<'_>) -> bool {
    suffix.len() <= text.len() && text.slice(text.len() - suffix.len(), text.len()) == suffix
}

/// Replaces the first `limit` occurrences of `old`. `None` when nothing changes.
pub fn replace<U: Unit>(text: &[U], old: &[U], new: &[U], limit: usize) -> Option<Vec<U>> {
    if limit == 0 || old == new {
        return None;
    }
    if old.is_empty() {
        let places = limit.min(text.len() + 1);
        let mut out = Vec::with_capacity(text.len() + places * new.len());
        for (i, &unit) in text.iter().enumerate() {
            if i < places {
                out.extend_from_slice(new);
            }
            out.push(unit);
        }
        if places > text.len() {
            out.extend_from_slice(new);
        }
        return Some(out);
    }
    let mut places = find_all(text, old).take(limit).peekable();
    places.peek()?;
    let mut out = Vec::with_capacity(text.len());
    let mut copied = 0;
    for at in places {
        out.extend_from_slice(&text[copied..at]);
        out.extend_from_slice(new);
        copied = at + old.len();
    }
    out.extend_from_slice(&text[copied..]);
    Some(out)
}

/// `str.replace` for strings of any width. `None` when nothing changes.
pub fn replace_units(text: Units<'_>, old: Units<'_>, new: Units<'_>, limit: usize) -> Option<crate::builder::Text> {
    let mut out = crate::builder::StrBuilder::new();
    // With a replacement of the same width the whole is built in place; otherwise the builder widens or narrows.
    match (text, new) {
        (Units::One(t), Units::One(n)) => out.push_slice(&replace(t, &convert::<u8>(old)?, n, limit)?),
        (Units::One(_) | Units::Two(_), Units::One(_) | Units::Two(_)) => {
            let (text, new) = (convert::<u16>(text)?, convert::<u16>(new)?);
            out.push_slice(&replace(&text, &convert::<u16>(old)?, &new, limit)?);
        }
        _ => {
            let (text, new) = (convert::<u32>(text)?, convert::<u32>(new)?);
            out.push_slice(&replace(&text, &convert::<u32>(old)?, &new, limit)?);
        }
    }
    Some(out.finish())
}
