//! The file form of a report: the JSON that is needed for it, and no more.

use crate::{Malformed, Report};
use std::collections::BTreeMap;
use std::fmt::Write;

fn quote(out: &mut String, s: &str) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn object<'a, V>(out: &mut String, indent: usize, items: impl Iterator<Item = (&'a String, V)>, mut value: impl FnMut(&mut String, V)) {
    out.push('{');
    let mut first = true;
    for (k, v) in items {
        out.push_str(if first { "\n" } else { ",\n" });
        first = false;
        out.push_str(&" ".repeat(indent + 1));
        quote(out, k);
        out.push_str(": ");
        value(out, v);
    }
    if !first {
        out.push('\n');
        out.push_str(&" ".repeat(indent));
    }
    out.push('}');
}

/// Writes a report.
pub fn write(r: &Report) -> String {
    let mut out = String::from("{\n \"meta\": ");
    object(&mut out, 1, r.meta.iter(), |out, v| quote(out, v));
    out.push_str(",\n \"counters\": ");
    object(&mut out, 1, r.counters.iter(), |out, section| {
        object(out, 2, section.iter(), |out, n| {
            let _ = write!(out, "{n}");
        });
    });
    out.push_str("\n}\n");
    out
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn bad<T>(&self, what: &str) -> Result<T, Malformed> {
        Err(Malformed { what: what.to_string(), at: self.at })
    }
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }
    fn space(&mut self) {
        let trimmed = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
        self.at = self.text.len() - trimmed.len();
    }
    fn eat(&mut self, c: char) -> bool {
        self.space();
        let found = self.rest().starts_with(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }
    fn hex(&mut self) -> Result<u32, Malformed> {
        let Some(n) = self.rest().get(..4).and_then(|h| u32::from_str_radix(h, 16).ok()) else {
            return self.bad("four hexadecimal digits expected");
        };
        self.at += 4;
        Ok(n)
    }
    fn string(&mut self) -> Result<String, Malformed> {
        if !self.eat('"') {
            return self.bad("string expected");
        }
        let mut out = String::new();
        loop {
            let Some(c) = self.rest().chars().next() else { return self.bad("string without end") };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => {
                    let Some(e) = self.rest().chars().next() else { return self.bad("string without end") };
                    self.at += e.len_utf8();
                    out.push(match e {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        'b' => '\u{8}',
                        'f' => '\u{c}',
                        'u' => {
                            let mut n = self.hex()?;
                            if (0xd800..0xdc00).contains(&n) && self.rest().starts_with("\\u") {
                                self.at += 2;
                                n = 0x10000 + ((n - 0xd800) << 10) + self.hex()?.wrapping_sub(0xdc00) % 0x400;
                            }
                            char::from_u32(n).unwrap_or(char::REPLACEMENT_CHARACTER)
                        }
                        '"' | '\\' | '/' => e,
                        _ => return self.bad("unknown escape"),
                    });
                }
                c => out.push(c),
            }
        }
    }
    /// Calls `item` at each value of an object.
    fn object(&mut self, mut item: impl FnMut(&mut Self, String) -> Result<(), Malformed>) -> Result<(), Malformed> {
        if !self.eat('{') {
            return self.bad("object expected");
        }
        if self.eat('}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            if !self.eat(':') {
                return self.bad("':' expected");
            }
            self.space();
            item(self, key)?;
            if self.eat(',') {
                self.space();
                continue;
            }
            return if self.eat('}') { Ok(()) } else { self.bad("',' or '}' expected") };
        }
    }
    /// Skips any value; its text.
    fn any(&mut self, depth: u32) -> Result<&'a str, Malformed> {
        self.space();
        let start = self.at;
        if depth == 0 {
            return self.bad("nested too deeply");
        }
        match self.rest().chars().next() {
            Some('"') => drop(self.string()?),
            Some('{') => self.object(|r, _| r.any(depth - 1).map(drop))?,
            Some('[') => {
                self.at += 1;
                if !self.eat(']') {
                    loop {
                        self.any(depth - 1)?;
                        if !self.eat(',') {
                            break;
                        }
                    }
                    if !self.eat(']') {
                        return self.bad("']' expected");
                    }
                }
            }
            _ => {
                let tail = self.rest().trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
                self.at = self.text.len() - tail.len();
                if self.at == start {
                    return self.bad("value expected");
                }
            }
        }
        Ok(&self.text[start..self.at])
    }
    fn number(&mut self) -> Result<u64, Malformed> {
        let start = self.at;
        let text = self.any(1)?;
        match text.parse() {
            Ok(n) => Ok(n),
            Err(_) => {
                self.at = start;
                self.bad("a count expected")
            }
        }
    }
}

/// Reads a report.
pub fn read(text: &str) -> Result<Report, Malformed> {
    let mut reader = Reader { text, at: 0 };
    let mut report = Report::new();
    reader.object(|r, key| match key.as_str() {
        "meta" => r.object(|r, name| {
            let value = if r.rest().starts_with('"') { r.string()? } else { r.any(32)?.to_string() };
            report.meta.insert(name, value);
            Ok(())
        }),
        "counters" => r.object(|r, section| {
            let mut counters = BTreeMap::new();
            r.object(|r, name| {
                let n = r.number()?;
                counters.insert(name, n);
                Ok(())
            })?;
            report.counters.insert(section, counters);
            Ok(())
        }),
        _ => r.any(32).map(drop),
    })?;
    reader.space();
    if reader.rest().is_empty() { Ok(report) } else { reader.bad("text after the report") }
}
