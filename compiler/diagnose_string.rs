//! Wording of syntax errors, string literals and replacement fields: see `diagnose.rs`.

use crate::diagnose::{Walk, Walker};
use crate::diagnose_expr::{E, What};
use crate::strings::{self, Braces};
use crate::tokens::Kind;

impl<'s> Walker<'s> {
    pub fn strings(&mut self) -> Walk<E> {
        let start = self.start();
        let first = self.at;
        let mut what = What::Literal;
        let (mut bytes, mut text, mut template) = (false, false, false);
        while matches!(self.kind(), Kind::Str | Kind::FStart) {
            let t = self.tokens[self.at];
            let source = &self.text[t.start as usize..t.end as usize];
            let prefix = source.split(['"', '\'']).next().unwrap_or("").to_ascii_lowercase();
            if self.kind() == Kind::Str {
                if prefix.contains('b') {
                    bytes = true;
                    if !source.is_ascii() {
                        return self.error("bytes can only contain ASCII literal characters", t.start, t.end);
                    }
                } else {
                    text = true;
                }
                self.check_escapes(source, &prefix, t.start, t.end)?;
                self.at += 1;
            } else {
                if prefix.contains('t') {
                    template = true;
                    what = What::TString;
                } else {
                    text = true;
                    what = What::FString;
                }
                self.interpolated(if prefix.contains('t') { 't' } else { 'f' }, prefix.contains('r'))?;
            }
        }
        let end = self.last_end();
        if template && (text || bytes) {
            return self.error("cannot mix t-string literals with string or bytes literals", start, end);
        }
        if bytes && text {
            return self.here("cannot mix bytes and nonbytes literals");
        }
        // A string, something else, a string: quotes are probably wrong.
        let single = self.at == first + 1 && self.tokens[first].kind == Kind::Str;
        if single && self.starts_expression() && !matches!(self.kind(), Kind::Str | Kind::FStart) {
            let s = self.start();
            let mut ahead = self.copy();
            ahead.level = 0;
            while ahead.starts_expression() && !matches!(ahead.kind(), Kind::Str | Kind::FStart) {
                if ahead.expression_plain().is_err() {
                    break;
                }
            }
            if ahead.at > self.at && ahead.kind() == Kind::Str {
                let e = ahead.last_end();
                return self.error("invalid syntax. Is this intended to be part of the string?", s, e);
            }
        }
        Ok(E::new(what, start, end))
    }

    /// Escapes that do not decode.
    fn check_escapes(&self, source: &str, prefix: &str, start: u32, end: u32) -> Walk {
        if prefix.contains('r') || !source.contains('\\') {
            return Ok(());
        }
        let body = &source[prefix.len()..];
        let quotes = if body.starts_with("\"\"\"") || body.starts_with("'''") { 3 } else { 1 };
        let content = &body[quotes..body.len() - quotes];
        let result =
            if prefix.contains('b') { strings::decode_bytes(content, false) } else { strings::decode_str(content, false, Braces::Plain) };
        match result {
            Ok(_) => Ok(()),
            Err(e) => self.error(e.message(), start, end),
        }
    }

    fn interpolated(&mut self, letter: char, raw: bool) -> Walk {
        self.at += 1;
        loop {
            match self.kind() {
                Kind::FMiddle => {
                    let t = self.tokens[self.at];
                    let source = &self.text[t.start as usize..t.end as usize];
                    if !raw && let Err(e) = strings::decode_str(source, false, Braces::Doubled) {
                        return self.error(e.message(), t.start, t.end);
                    }
                    self.at += 1;
                }
                Kind::FEnd => {
                    self.at += 1;
                    return Ok(());
                }
                Kind::Op if self.word() == "{" => self.field(letter)?,
                _ => return self.invalid(),
            }
        }
    }

    fn field(&mut self, letter: char) -> Walk {
        self.at += 1;
        let (level, interp, no_in) = (self.level, self.interp.replace(letter), std::mem::take(&mut self.no_in));
        self.level = 1;
        let result = self.field_inner(letter);
        self.level = level;
        self.interp = interp;
        self.no_in = no_in;
        result
    }

    fn field_inner(&mut self, letter: char) -> Walk {
        let word = self.word();
        if self.kind() == Kind::Op && matches!(word, "=" | "!" | ":" | "}") {
            return self.here(format!("{letter}-string: valid expression required before '{word}'"));
        }
        let first = self.at;
        let expression = self.statement_expressions();
        if let Err(found) = expression {
            if found.token == first && found.message == "invalid syntax" {
                self.at = first;
                return self.here(format!("{letter}-string: expecting a valid expression after '{{'"));
            }
            return Err(found);
        }
        let e = expression?;
        if e.what == What::Starred {
            return self.error("can't use starred expression here", e.start, e.end);
        }
        let mut expecting = "'=', or '!', or ':', or '}'";
        if self.word() == "=" {
            self.at += 1;
            expecting = "'!', or ':', or '}'";
        }
        if self.word() == "!" {
            self.at += 1;
            if matches!(self.word(), ":" | "}") || self.kind() == Kind::FEnd {
                return self.here(format!("{letter}-string: missing conversion character"));
            }
            let name = self.word().to_owned();
            if self.kind() != Kind::Name {
                return self.here(format!("{letter}-string: invalid conversion character"));
            }
            if self.start() != self.last_end() {
                return self.here(format!("{letter}-string: conversion type must come right after the exclamation mark"));
            }
            if !matches!(&*name, "s" | "r" | "a") {
                return self.here(format!("{letter}-string: invalid conversion character '{name}': expected 's', 'r', or 'a'"));
            }
            self.at += 1;
            expecting = "':' or '}'";
        }
        if self.word() == ":" {
            self.at += 1;
            loop {
                match self.kind() {
                    Kind::FMiddle => self.at += 1,
                    Kind::Op if self.word() == "{" => self.field(letter)?,
                    Kind::Op if self.word() == "}" => break,
                    _ => return self.here(format!("{letter}-string: expecting '}}', or format specs")),
                }
            }
        }
        if self.word() == "}" {
            self.at += 1;
            return Ok(());
        }
        self.here(format!("{letter}-string: expecting {expecting}"))
    }
}
