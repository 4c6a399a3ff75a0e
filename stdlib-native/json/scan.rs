//! Reading JSON, over text of any width.

use super::Fault;
use super::scanner::Hooks;
use gc::{Gc, Payload, Value};
use objects::Cx;
use objects::protocol::call;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::list::List;
use objects::types::str::{Str, Units};
use objects::types::tuple::Tuple;
use objects::types::type_::type_value;
use std::collections::HashMap;
use text::units::Unit;
use text::{StrBuilder, float_text};

type Outcome<T> = Result<T, Fault>;

fn made(cx: &mut Cx, r: Result<Gc<Str>, objects::types::str::NoMemory>) -> Outcome<Value> {
    match r {
        Ok(s) => Ok(s.into_value()),
        Err(_) => Err(cx.memory_error().into()),
    }
}

/// The string whose first character is at `start`, and the index behind its closing quote.
pub fn string(cx: &mut Cx, text: Units<'_>, start: usize, strict: bool) -> Outcome<(Value, usize)> {
    match text {
        Units::One(t) => read_string(cx, t, start, strict, Str::try_from_latin1),
        Units::Two(t) => read_string(cx, t, start, strict, |s| Str::try_from_units(Units::Two(s))),
        Units::Four(t) => read_string(cx, t, start, strict, |s| Str::try_from_units(Units::Four(s))),
    }
}

fn hex4<U: Unit>(text: &[U], at: usize) -> Option<u32> {
    let mut c = 0;
    for u in text.get(at..at + 4)? {
        c = c << 4 | char::from_u32((*u).into()).filter(char::is_ascii)?.to_digit(16)?;
    }
    Some(c)
}

fn read_string<U: Unit>(
    cx: &mut Cx,
    text: &[U],
    start: usize,
    strict: bool,
    whole: impl Fn(&[U]) -> Result<Gc<Str>, objects::types::str::NoMemory>,
) -> Outcome<(Value, usize)> {
    let unterminated = || Fault::Message("Unterminated string starting at", start.wrapping_sub(1));
    let mut out: Option<StrBuilder> = None;
    let mut at = start;
    loop {
        let from = at;
        let stop = loop {
            let Some(c) = text.get(at) else { return Err(unterminated()) };
            let c: u32 = (*c).into();
            if c == 0x22 || c == 0x5c {
                break c;
            }
            if c < 0x20 && strict {
                return Err(Fault::Message("Invalid control character at", at));
            }
            at += 1;
        };
        let part = &text[from..at];
        at += 1;
        if stop == 0x22 {
            let r = match out {
                None => whole(part),
                Some(mut b) => {
                    b.push_slice(part);
                    Str::try_from_built(b.finish())
                }
            };
            return Ok((made(cx, r)?, at));
        }
        let b = out.get_or_insert_with(StrBuilder::new);
        b.push_slice(part);
        let Some(c) = text.get(at) else { return Err(unterminated()) };
        let c: u32 = (*c).into();
        at += 1;
        let simple = match char::from_u32(c) {
            Some(c @ ('"' | '\\' | '/')) => c as u32,
            Some('b') => 8,
            Some('f') => 12,
            Some('n') => 10,
            Some('r') => 13,
            Some('t') => 9,
            Some('u') => 0,
            _ => return Err(Fault::Message("Invalid \\escape", at - 2)),
        };
        if simple != 0 {
            b.push(simple);
            continue;
        }
        if at + 4 >= text.len() {
            return Err(Fault::Message("Invalid \\uXXXX escape", at - 1));
        }
        let Some(mut c) = hex4(text, at) else { return Err(Fault::Message("Invalid \\uXXXX escape", at - 1)) };
        at += 4;
        let is = |i: usize, wanted: u8| text.get(i).is_some_and(|u| (*u).into() == u32::from(wanted));
        if c & 0xfc00 == 0xd800 && at + 6 < text.len() && is(at, b'\\') && is(at + 1, b'u') {
            let Some(low) = hex4(text, at + 2) else { return Err(Fault::Message("Invalid \\uXXXX escape", at + 1)) };
            if low & 0xfc00 == 0xdc00 {
                c = 0x1_0000 + ((c & 0x3ff) << 10) + (low & 0x3ff);
                at += 6;
            }
        }
        b.push(c);
    }
}

/// A value at `at`, and the index behind it.
pub fn value(cx: &mut Cx, hooks: &Hooks, text: Units<'_>, at: usize) -> Outcome<(Value, usize)> {
    match text {
        Units::One(t) => Reader { text: t, hooks, keys: HashMap::new(), units: Units::One }.value(cx, at),
        Units::Two(t) => Reader { text: t, hooks, keys: HashMap::new(), units: Units::Two }.value(cx, at),
        Units::Four(t) => Reader { text: t, hooks, keys: HashMap::new(), units: Units::Four }.value(cx, at),
    }
}

struct Reader<'a, U> {
    text: &'a [U],
    hooks: &'a Hooks,
    /// Keys that have been read, by their source: equal ones are one object.
    keys: HashMap<&'a [U], Value>,
    units: fn(&'a [U]) -> Units<'a>,
}

impl<'a, U: Unit> Reader<'a, U> {
    #[inline]
    fn at(&self, i: usize) -> u32 {
        self.text.get(i).map_or(0, |c| (*c).into())
    }
    #[inline]
    fn skip(&self, mut i: usize) -> usize {
        while matches!(self.at(i), 0x20 | 9 | 10 | 13) {
            i += 1;
        }
        i
    }
    fn digits(&self, mut i: usize) -> usize {
        while matches!(self.at(i), 0x30..=0x39) {
            i += 1;
        }
        i
    }
    fn has(&self, i: usize, word: &[u8]) -> bool {
        self.text.get(i..i + word.len()).is_some_and(|t| t.iter().zip(word).all(|(a, b)| (*a).into() == u32::from(*b)))
    }
    fn string(&self, cx: &mut Cx, i: usize) -> Outcome<(Value, usize)> {
        let units = self.units;
        let first = units(self.text);
        string(cx, first, i, self.hooks.strict)
    }

    fn value(&mut self, cx: &mut Cx, i: usize) -> Outcome<(Value, usize)> {
        let Some(c) = self.text.get(i) else { return Err(Fault::NoValue(i)) };
        match char::from_u32((*c).into()).unwrap_or(' ') {
            '"' => self.string(cx, i + 1),
            '{' => {
                cx.check_native_stack()?;
                self.object(cx, i + 1)
            }
            '[' => {
                cx.check_native_stack()?;
                self.array(cx, i + 1)
            }
            'n' if self.has(i, b"null") => Ok((Value::NONE, i + 4)),
            't' if self.has(i, b"true") => Ok((Value::TRUE, i + 4)),
            'f' if self.has(i, b"false") => Ok((Value::FALSE, i + 5)),
            'N' if self.has(i, b"NaN") => self.constant(cx, i, "NaN"),
            'I' if self.has(i, b"Infinity") => self.constant(cx, i, "Infinity"),
            '-' if self.has(i, b"-Infinity") => self.constant(cx, i, "-Infinity"),
            _ => self.number(cx, i),
        }
    }

    fn constant(&self, cx: &mut Cx, i: usize, name: &'static str) -> Outcome<(Value, usize)> {
        let s = Str::from_text(name);
        let v = call::positional(cx, self.hooks.parse_constant.as_ref(), &[s.as_ref()])?;
        Ok((v, i + name.len()))
    }

    fn number(&self, cx: &mut Cx, start: usize) -> Outcome<(Value, usize)> {
        let mut i = start + usize::from(self.at(start) == u32::from(b'-'));
        match self.at(i) {
            0x31..=0x39 => i = self.digits(i),
            0x30 => i += 1,
            _ => return Err(Fault::NoValue(start)),
        }
        let mut is_float = false;
        if self.at(i) == u32::from(b'.') && matches!(self.at(i + 1), 0x30..=0x39) {
            is_float = true;
            i = self.digits(i + 2);
        }
        if matches!(self.at(i), 0x65 | 0x45) {
            let sign = usize::from(matches!(self.at(i + 1), 0x2b | 0x2d));
            let end = self.digits(i + 1 + sign);
            if end > i + 1 + sign {
                is_float = true;
                i = end;
            }
        }
        let source = &self.text[start..i];
        if !is_float && self.hooks.plain_int && source.len() <= 18 {
            let mut n = 0i64;
            for c in source {
                let c: u32 = (*c).into();
                if c != u32::from(b'-') {
                    n = n * 10 + i64::from(c - 0x30);
                }
            }
            let n = if self.at(start) == u32::from(b'-') { -n } else { n };
            return Ok((int::from_i64(n), i));
        }
        let bytes: Vec<u8> = source.iter().map(|c| (*c).into() as u8).collect();
        if is_float && self.hooks.plain_float {
            return Ok((Value::float(float_text::parse(&bytes).unwrap_or(f64::NAN)), i));
        }
        let s = Str::from_latin1(&bytes);
        let f = if is_float {
            self.hooks.parse_float.clone()
        } else if self.hooks.plain_int {
            type_value(objects::ids::INT)
        } else {
            self.hooks.parse_int.clone()
        };
        Ok((call::positional(cx, f.as_ref(), &[s.as_ref()])?, i))
    }

    fn key(&mut self, cx: &mut Cx, i: usize) -> Outcome<(Value, usize)> {
        // The closing quote, when there is nothing special before it.
        let mut end = i;
        while !matches!(self.at(end), 0..0x20 | 0x22 | 0x5c) {
            end += 1;
        }
        if self.at(end) != 0x22 {
            return self.string(cx, i);
        }
        let text = self.text;
        let source = &text[i..end];
        if let Some(k) = self.keys.get(source) {
            return Ok((k.clone(), end + 1));
        }
        let (k, next) = self.string(cx, i)?;
        self.keys.insert(source, k.clone());
        Ok((k, next))
    }

    fn object(&mut self, cx: &mut Cx, start: usize) -> Outcome<(Value, usize)> {
        const QUOTE: u32 = 0x22;
        let with_pairs = !self.hooks.object_pairs_hook.as_ref().is_none();
        let dict = Dict::new();
        let mut pairs = Vec::new();
        let mut i = self.skip(start);
        if self.at(i) != u32::from(b'}') {
            loop {
                if self.at(i) != QUOTE {
                    return Err(Fault::Message("Expecting property name enclosed in double quotes", i));
                }
                let (key, next) = self.key(cx, i + 1)?;
                i = self.skip(next);
                if self.at(i) != u32::from(b':') {
                    return Err(Fault::Message("Expecting ':' delimiter", i));
                }
                i = self.skip(i + 1);
                let (v, next) = self.value(cx, i)?;
                if with_pairs {
                    pairs.push(Tuple::from_values(vec![key, v]).into_value());
                } else {
                    dict.set_str(key.as_ref(), v);
                }
                i = self.skip(next);
                match self.at(i) {
                    0x7d => break,
                    0x2c => {}
                    _ => return Err(Fault::Message("Expecting ',' delimiter", i)),
                }
                let comma = i;
                i = self.skip(i + 1);
                if self.at(i) == u32::from(b'}') {
                    return Err(Fault::Message("Illegal trailing comma before end of object", comma));
                }
            }
        }
        let end = i + 1;
        if with_pairs {
            let list = List::from_values(pairs);
            return Ok((call::positional(cx, self.hooks.object_pairs_hook.as_ref(), &[list.as_ref()])?, end));
        }
        if !self.hooks.object_hook.as_ref().is_none() {
            return Ok((call::positional(cx, self.hooks.object_hook.as_ref(), &[dict.as_ref()])?, end));
        }
        Ok((dict.into_value(), end))
    }

    fn array(&mut self, cx: &mut Cx, start: usize) -> Outcome<(Value, usize)> {
        let mut items = Vec::new();
        let mut i = self.skip(start);
        if self.at(i) != u32::from(b']') {
            loop {
                let (v, next) = self.value(cx, i)?;
                items.push(v);
                if items.len() % 4096 == 0 {
                    cx.poll()?;
                }
                i = self.skip(next);
                match self.at(i) {
                    0x5d => break,
                    0x2c => {}
                    _ => return Err(Fault::Message("Expecting ',' delimiter", i)),
                }
                let comma = i;
                i = self.skip(i + 1);
                if self.at(i) == u32::from(b']') {
                    return Err(Fault::Message("Illegal trailing comma before end of array", comma));
                }
            }
        }
        Ok((List::from_values(items).into_value(), i + 1))
    }
}
