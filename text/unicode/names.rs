//! Names of characters, both ways: `unicodedata.name` and `unicodedata.lookup`, aliases and named sequences.
//!
//! `names.bin` (written by `generate.py`) starts with the offsets of its sections and their end, little-endian u32:
//!
//! | section | content |
//! |---|---|
//! | `META` | how many words take one byte, how many names belong to one character each, the stride of the offset tables |
//! | `NAME_OFFSETS` | offset of every stride-th name in `NAMES` |
//! | `NAMES` | per name the number of its words, then their numbers (one byte, or two for rarer words) |
//! | `WORD_OFFSETS`, `WORD_LENGTHS`, `WORDS` | offset of every stride-th word, length of each, their letters |
//! | `RUNS` | consecutive code points with names: first code point, count, number of its first name |
//! | `BY_NAME` | the names' numbers in alphabetical order (u16) |
//! | `TARGETS`, `SEQUENCES` | for aliases and sequences, which follow the characters' names: where their code points stand, as a count and the code points |
//! | `RANGES`, `PREFIXES` | ranges of characters whose name is a prefix and the code point; the prefixes, separated by NUL |

const DATA: &[u8] = include_bytes!("names.bin");

const META: usize = 0;
const NAME_OFFSETS: usize = 1;
const NAMES: usize = 2;
const WORD_OFFSETS: usize = 3;
const WORD_LENGTHS: usize = 4;
const WORDS: usize = 5;
const RUNS: usize = 6;
const BY_NAME: usize = 7;
const TARGETS: usize = 8;
const SEQUENCES: usize = 9;
const RANGES: usize = 10;
const PREFIXES: usize = 11;

// Jamo short names (The Unicode Standard, section 3.12).
const L_NAMES: [&str; 19] = ["G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H"];
const V_NAMES: [&str; 21] =
    ["A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI", "YU", "EU", "YI", "I"];
const T_NAMES: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS", "S", "SS", "NG", "J", "C",
    "K", "T", "P", "H",
];
/// Ranges that CPython's `lookup` knows and its `name` does not.
const LOOKUP_ONLY: [(u32, u32, &str); 2] = [(0x17000, 0x187f7, "TANGUT IDEOGRAPH-"), (0x18d00, 0x18d08, "TANGUT IDEOGRAPH-")];
const HANGUL_PREFIX: &str = "HANGUL SYLLABLE ";

fn u32_at(at: usize) -> u32 {
    u32::from_le_bytes([DATA[at], DATA[at + 1], DATA[at + 2], DATA[at + 3]])
}

fn section(index: usize) -> &'static [u8] {
    &DATA[u32_at(4 * index) as usize..u32_at(4 * index + 4) as usize]
}

/// The `index`-th u32 of a section.
fn word(section_index: usize, index: usize) -> u32 {
    u32_at(u32_at(4 * section_index) as usize + 4 * index)
}

/// The letters of the `index`-th word.
fn spelling(index: usize) -> &'static [u8] {
    let stride = word(META, 2) as usize;
    let lengths = section(WORD_LENGTHS);
    let first = index / stride * stride;
    let skipped: usize = lengths[first..index].iter().map(|&l| usize::from(l)).sum();
    let start = word(WORD_OFFSETS, index / stride) as usize + skipped;
    &section(WORDS)[start..start + usize::from(lengths[index])]
}

/// The words' numbers of a stored name, and how many bytes it takes.
fn tokens(stored: &[u8]) -> (impl Iterator<Item = usize> + '_, usize) {
    let one = word(META, 0) as usize;
    let count = usize::from(stored[0]);
    let mut at = 1;
    let mut end = 1;
    for _ in 0..count {
        end += if usize::from(stored[end]) < one { 1 } else { 2 };
    }
    let each = std::iter::from_fn(move || {
        if at == end {
            return None;
        }
        let first = usize::from(stored[at]);
        if first < one {
            at += 1;
            return Some(first);
        }
        let index = one + (first - one) * 256 + usize::from(stored[at + 1]);
        at += 2;
        Some(index)
    });
    (each, end)
}

/// The stored name with this number.
fn spell(number: usize) -> String {
    let stride = word(META, 2) as usize;
    let mut stored = &section(NAMES)[word(NAME_OFFSETS, number / stride) as usize..];
    for _ in 0..number % stride {
        let (_, len) = tokens(stored);
        stored = &stored[len..];
    }
    let mut out = Vec::with_capacity(40);
    for token in tokens(stored).0 {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(spelling(token));
    }
    String::from_utf8(out).expect("names are ASCII")
}

/// Ranges of characters named by their code point, with the prefix of the name.
fn ranges() -> impl Iterator<Item = (u32, u32, &'static str)> {
    let prefixes = std::str::from_utf8(section(PREFIXES)).expect("names are ASCII").split('\0');
    prefixes.enumerate().map(|(i, prefix)| (word(RANGES, 2 * i), word(RANGES, 2 * i + 1), prefix))
}

/// `unicodedata.name`
pub fn name(c: u32) -> Option<String> {
    if let Some(s) = c.checked_sub(0xac00).filter(|&s| s < 11172) {
        let (l, v, t) = (L_NAMES[s as usize / 588], V_NAMES[s as usize % 588 / 28], T_NAMES[s as usize % 28]);
        return Some(format!("{HANGUL_PREFIX}{l}{v}{t}"));
    }
    if let Some((.., prefix)) = ranges().find(|&(first, last, _)| (first..=last).contains(&c)) {
        return Some(format!("{prefix}{c:04X}"));
    }
    let count = section(RUNS).len() / 12;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low.midpoint(high);
        if word(RUNS, 3 * middle) <= c {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let run = low.checked_sub(1)?;
    let within = c - word(RUNS, 3 * run);
    (within < word(RUNS, 3 * run + 1)).then(|| spell((word(RUNS, 3 * run + 2) + within) as usize))
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// A character.
    Character(u32),
    /// A named sequence: `unicodedata.lookup` finds it, `\N{...}` does not.
    Sequence(Vec<u32>),
}

/// `unicodedata.lookup`: letters in any case; aliases and named sequences included.
pub fn lookup(name: &str) -> Option<Named> {
    let name = name.to_ascii_uppercase();
    if let Some(rest) = name.strip_prefix(HANGUL_PREFIX) {
        return hangul(rest).map(Named::Character);
    }
    for (first, last, prefix) in ranges().chain(LOOKUP_ONLY) {
        if let Some(digits) = name.strip_prefix(prefix)
            && matches!(digits.len(), 4 | 5)
            && digits.bytes().all(|b| b.is_ascii_hexdigit())
            && let Ok(c) = u32::from_str_radix(digits, 16)
            && (first..=last).contains(&c)
            && format!("{c:04X}") == digits
        {
            return Some(Named::Character(c));
        }
    }
    let order = section(BY_NAME);
    let number = |i: usize| usize::from(u16::from_le_bytes([order[2 * i], order[2 * i + 1]]));
    let (mut low, mut high) = (0, order.len() / 2);
    while low < high {
        let middle = low.midpoint(high);
        if spell(number(middle)) < name {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if low == order.len() / 2 || spell(number(low)) != name {
        return None;
    }
    Some(target(number(low)))
}

fn target(number: usize) -> Named {
    let characters = word(META, 1) as usize;
    if number >= characters {
        let at = word(TARGETS, number - characters) as usize;
        let count = word(SEQUENCES, at) as usize;
        let points: Vec<u32> = (0..count).map(|i| word(SEQUENCES, at + 1 + i)).collect();
        return if count == 1 { Named::Character(points[0]) } else { Named::Sequence(points) };
    }
    let mut run = 0;
    let runs = section(RUNS).len() / 12;
    while run + 1 < runs && word(RUNS, 3 * run + 5) as usize <= number {
        run += 1;
    }
    Named::Character(word(RUNS, 3 * run) + (number as u32 - word(RUNS, 3 * run + 2)))
}

/// The syllable whose romanization is `rest`. Each part is the longest that matches.
fn hangul(rest: &str) -> Option<u32> {
    let longest = |rest: &str, names: &[&str]| {
        let matching = names.iter().enumerate().filter(|(_, n)| rest.starts_with(**n));
        matching.max_by_key(|(_, n)| n.len()).map(|(i, n)| (i as u32, n.len()))
    };
    let (l, used) = longest(rest, &L_NAMES)?;
    let rest = &rest[used..];
    let (v, used) = longest(rest, &V_NAMES)?;
    let rest = &rest[used..];
    let (t, used) = longest(rest, &T_NAMES)?;
    (used == rest.len()).then_some(0xac00 + (l * 21 + v) * 28 + t)
}
