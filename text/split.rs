//! Taking strings apart and padding them: split, splitlines, strip, expandtabs, zfill, centring.
//!
//! Results are ranges of the input wherever possible. What counts as a space or a line break is a parameter: str asks
//! [`crate::unicode`], bytes use [`is_ascii_space`] and [`is_ascii_break`].

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::search::{find_all, rfind};
use crate::units::Unit;

/// What bytes methods take for whitespace.
pub fn is_ascii_space(c: u32) -> bool {
    matches!(c, 9..=13 | 32)
}

/// What bytes methods take for line breaks.
pub fn is_ascii_break(c: u32) -> bool {
    matches!(c, 10 | 13)
}

/// `split(None, limit)`: runs between whitespace; `limit` is the largest number of splits.
pub fn split_whitespace<U: Unit>(text: &[U], limit: usize, space: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].iter().take_while(|&&c| space(c.into())).count();
        if at == text.len() {
            return out;
        }
        if out.len() == limit {
            out.push(at..text.len());
            return out;
        }
        let len = text[at..].iter().take_while(|&&c| !space(c.into())).count();
        out.push(at..at + len);
        at += len;
    }
}

/// `rsplit(None, limit)`; in order from the left.
pub fn rsplit_whitespace<U: Unit>(text: &[U], limit: usize, space: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut end = text.len();
    loop {
        end -= text[..end].iter().rev().take_while(|&&c| space(c.into())).count();
        if end == 0 {
            break;
        }
        if out.len() == limit {
            out.push(0..end);
            break;
        }
        let len = text[..end].iter().rev().take_while(|&&c| !space(c.into())).count();
        out.push(end - len..end);
        end -= len;
    }
    out.reverse();
    out
}

/// `split(separator, limit)` with a non-empty separator (ValueError "empty separator" otherwise).
pub fn split<U: Unit>(text: &[U], separator: &[U], limit: usize) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for at in find_all(text, separator).take(limit) {
        out.push(start..at);
        start = at + separator.len();
    }
    out.push(start..text.len());
    out
}

/// `rsplit(separator, limit)`; in order from the left.
pub fn rsplit<U: Unit>(text: &[U], separator: &[U], limit: usize) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut end = text.len();
    while out.len() < limit
        && let Some(at) = rfind(&text[..end], separator)
    {
        out.push(at + separator.len()..end);
        end = at;
    }
    out.push(0..end);
    out.reverse();
    out
}

/// `splitlines(keep)`; a carriage return and line feed are one break.
pub fn split_lines<U: Unit>(text: &[U], keep: bool, line_break: impl Fn(u32) -> bool) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let len = text[start..].iter().take_while(|&&c| !line_break(c.into())).count();
        let end = start + len;
        let unit = |at: usize| text.get(at).map(|&c| c.into());
        let after = match (unit(end), unit(end + 1)) {
            (None, _) => end,
            (Some(13), Some(10)) => end + 2,
            _ => end + 1,
        };
        out.push(start..if keep { after } else { end });
        start = after;
    }
    out
}

/// What `strip` (both), `lstrip`, `rstrip` leave of a text.
pub fn strip<U: Unit>(text: &[U], left: bool, right: bool, unwanted: impl Fn(u32) -> bool) -> Range<usize> {
    let start = if left { text.iter().take_while(|&&c| unwanted(c.into())).count() } else { 0 };
    let tail = if right { text[start..].iter().rev().take_while(|&&c| unwanted(c.into())).count() } else { 0 };
    start..text.len() - tail
}

/// `expandtabs`. `None` when there is no tab.
pub fn expand_tabs<U: Unit>(text: &[U], size: isize) -> Option<Vec<U>> {
    let ascii = |c: u8| U::from_code_point(c.into()).expect("ASCII fits every width");
    if !text.contains(&ascii(b'\t')) {
        return None;
    }
    let size = size.max(0) as usize;
    let mut out = Vec::with_capacity(text.len() + size);
    let mut column = 0usize;
    for &unit in text {
        match unit.into() {
            9 => {
                if size > 0 {
                    let blanks = size - column % size;
                    column += blanks;
                    out.resize(out.len() + blanks, ascii(b' '));
                }
            }
            c => {
                column = if matches!(c, 10 | 13) { 0 } else { column + 1 };
                out.push(unit);
            }
        }
    }
    Some(out)
}

/// The padding before and after a text of `len` centred in `width`: the odd blank goes left when the width is odd.
pub fn centre_padding(len: usize, width: usize) -> (usize, usize) {
    let padding = width.saturating_sub(len);
    let left = padding / 2 + (padding & width & 1);
    (left, padding - left)
}

/// `zfill`. `None` when the text is wide enough.
pub fn zero_fill<U: Unit>(text: &[U], width: usize) -> Option<Vec<U>> {
    if text.len() >= width {
        return None;
    }
    let zero = U::from_code_point(0x30).expect("ASCII fits every width");
    let sign = usize::from(text.first().is_some_and(|&c| matches!(c.into(), 0x2b | 0x2d)));
    let mut out = Vec::with_capacity(width);
    out.extend_from_slice(&text[..sign]);
    out.resize(width - text.len() + sign, zero);
    out.extend_from_slice(&text[sign..]);
    Some(out)
}

/// `bytes.translate`: maps through a table of 256 bytes after dropping those marked in `delete`.
pub fn translate_bytes(text: &[u8], table: Option<&[u8; 256]>, delete: &[u8]) -> Vec<u8> {
    let mut drop = [false; 256];
    delete.iter().for_each(|&b| drop[usize::from(b)] = true);
    let kept = text.iter().filter(|&&b| !drop[usize::from(b)]);
    match table {
        Some(table) => kept.map(|&b| table[usize::from(b)]).collect(),
        None => kept.copied().collect(),
    }
}
