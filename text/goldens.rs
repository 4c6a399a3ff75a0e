//! Reads the golden files: expectations printed by the reference interpreter, one case per line.
//!
//! Fields are separated by tabs. Backslash, tab, newline and every non-ASCII character are escaped
//! (`\\`, `\t`, `\n`, `\r`, `\u{hex}`). `python3.14 text/goldens/generate.py` (from the repository root)
//! writes the files again.

/// The cases of a golden file, each a list of fields as code points.
pub fn cases(file: &str) -> Vec<Vec<Vec<u32>>> {
    file.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('\t').map(unescape).collect()).collect()
}

/// The cases of a golden file whose fields are all valid Rust strings.
pub fn string_cases(file: &str) -> Vec<Vec<String>> {
    let text = |f: &Vec<u32>| f.iter().map(|&c| char::from_u32(c).expect("no surrogates here")).collect();
    cases(file).iter().map(|case| case.iter().map(text).collect()).collect()
}

fn unescape(field: &str) -> Vec<u32> {
    let mut out = Vec::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c as u32);
            continue;
        }
        match chars.next() {
            Some('t') => out.push(9),
            Some('n') => out.push(10),
            Some('r') => out.push(13),
            Some('\\') => out.push(92),
            Some('u') => {
                let hex: String = chars.by_ref().skip(1).take_while(|&c| c != '}').collect();
                out.push(u32::from_str_radix(&hex, 16).expect("hex"));
            }
            other => panic!("bad escape {other:?}"),
        }
    }
    out
}

/// Hexadecimal text as bytes.
pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).expect("hex")).collect()
}
