//! Code objects as bytes, for `.pyc` files and the packed library. Little-endian, varint lengths. Reading checks everything
//! it needs so that no input panics; what it accepts is verified again by [`crate::Code`] consumers through [`verify`].
//!
//! An instruction is its opcode, a byte that says which of its other bytes are not 0, and those; inline caches are left out. A code object
//! inside another one that has the same file name does not repeat it. Position tables can be kept apart: [`write_apart`].

use crate::code::{Code, Const, LocalKind};
use crate::encode::Instr;
use crate::exceptions::{Handler, LiveRun};
use crate::ops::{Op, Operand};
use crate::positions::PositionTable;

/// Changes with this format, with the encoding of instructions and with what they mean.
const FORMAT: u8 = 3;

/// The version of serialised code, 16 bits: what is written with another one cannot be read. Follows [`FORMAT`] and the whole opcode table, so
/// that no change of the table can be forgotten.
pub fn version() -> u16 {
    let table = (0..=u8::MAX).map_while(Op::from_byte).flat_map(|op| {
        let info = op.info();
        info.name.bytes().chain(info.operands.map(|o| o as u8)).chain([info.caches])
    });
    // FNV-1a, folded.
    let hash = std::iter::once(FORMAT).chain(table).fold(0x811c_9dc5u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (hash >> 16 ^ hash) as u16
}

/// Why bytes are not a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Corrupt(pub &'static str);

const MAX_NESTING: u32 = 200;

fn varint(out: &mut Vec<u8>, mut v: u64) {
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
}

fn bytes(out: &mut Vec<u8>, b: &[u8]) {
    varint(out, b.len() as u64);
    out.extend_from_slice(b);
}

/// Appends the serialised form of `code`.
pub fn write_code(out: &mut Vec<u8>, code: &Code) {
    write_inside(out, code, None, &mut None);
}

/// Appends the serialised form of `code` to `out`, and its position tables to `tables`. To be read by [`read_apart`].
pub fn write_apart(out: &mut Vec<u8>, tables: &mut Vec<u8>, code: &Code) {
    write_inside(out, code, None, &mut Some(tables));
}

fn write_instr(out: &mut Vec<u8>, i: Instr) {
    let b = i.0.to_le_bytes();
    let at = out.len() + 1;
    out.extend_from_slice(&[b[0], 0]);
    for (k, byte) in b[1..].iter().enumerate().filter(|(_, b)| **b != 0) {
        out[at] |= 1 << k;
        out.push(*byte);
    }
}

fn write_inside(out: &mut Vec<u8>, code: &Code, outer_file: Option<&[u8]>, tables: &mut Option<&mut Vec<u8>>) {
    bytes(out, &code.name);
    bytes(out, &code.qualname);
    match outer_file {
        Some(f) if *f == *code.filename => varint(out, 0),
        _ => {
            varint(out, code.filename.len() as u64 + 1);
            out.extend_from_slice(&code.filename);
        }
    }
    for v in [code.first_line, code.arg_count, code.posonly_count, code.kwonly_count, code.flags, code.registers] {
        varint(out, u64::from(v));
    }
    varint(out, code.locals.len() as u64);
    for (name, kind) in &code.locals {
        bytes(out, name);
        out.push(*kind as u8);
    }
    varint(out, code.freevars.len() as u64);
    for name in &code.freevars {
        bytes(out, name);
    }
    varint(out, code.consts.len() as u64);
    for c in &code.consts {
        write_const(out, c, &code.filename, tables);
    }
    let mut shown = Vec::with_capacity(code.instrs.len() * 4);
    let (mut at, mut count) = (0, 0);
    while at < code.instrs.len() {
        let i = code.instrs[at];
        write_instr(&mut shown, i);
        count += 1;
        at += 1 + i.op().map_or(0, Op::caches);
    }
    varint(out, count);
    out.extend_from_slice(&shown);
    varint(out, code.handlers.len() as u64);
    for h in &code.handlers {
        for v in [h.start, h.end, h.target, u32::from(h.depth)] {
            varint(out, u64::from(v));
        }
    }
    varint(out, code.live.len() as u64);
    let mut before = 0;
    for r in &code.live {
        varint(out, u64::from(r.start.wrapping_sub(before)));
        varint(out, u64::from(r.depth));
        before = r.start;
    }
    let positions = code.positions.bytes();
    match tables {
        None => bytes(out, positions),
        Some(t) => {
            varint(out, t.len() as u64);
            varint(out, positions.len() as u64);
            t.extend_from_slice(positions);
        }
    }
}

fn write_const(out: &mut Vec<u8>, c: &Const, file: &[u8], tables: &mut Option<&mut Vec<u8>>) {
    let mut seq = |out: &mut Vec<u8>, tag, items: &[Const]| {
        out.push(tag);
        varint(out, items.len() as u64);
        items.iter().for_each(|c| write_const(out, c, file, tables));
    };
    match c {
        Const::None => out.push(b'N'),
        Const::Bool(false) => out.push(b'F'),
        Const::Bool(true) => out.push(b'T'),
        Const::Ellipsis => out.push(b'.'),
        Const::Int(i) => {
            out.push(b'i');
            out.extend_from_slice(&i.to_le_bytes());
        }
        Const::BigInt { negative, magnitude } => {
            out.push(if *negative { b'-' } else { b'+' });
            bytes(out, magnitude);
        }
        Const::Float(b) => {
            out.push(b'f');
            out.extend_from_slice(&b.to_le_bytes());
        }
        Const::Complex(r, i) => {
            out.push(b'c');
            out.extend_from_slice(&r.to_le_bytes());
            out.extend_from_slice(&i.to_le_bytes());
        }
        Const::Str { text, interned } => {
            out.push(if *interned { b'n' } else { b's' });
            bytes(out, text);
        }
        Const::Bytes(b) => {
            out.push(b'b');
            bytes(out, b);
        }
        Const::Tuple(t) => seq(out, b'(', t),
        Const::FrozenSet(t) => seq(out, b'{', t),
        Const::Slice(t) => seq(out, b':', &t[..]),
        Const::Code(c) => {
            out.push(b'C');
            write_inside(out, c, Some(file), tables);
        }
    }
}

/// Gives the block of position tables of that number.
pub type Block = fn(u32) -> &'static [u8];

struct Reader<'a> {
    bytes: &'a [u8],
    depth: u32,
    /// Where position tables are, when they are kept apart.
    apart: Option<(Block, u32)>,
    /// Replaces every file name.
    renamed: Option<&'a [u8]>,
    /// What is read was written by this build and is not checked again.
    trusted: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Corrupt> {
        if n > self.bytes.len() {
            return Err(Corrupt("truncated"));
        }
        let (head, tail) = self.bytes.split_at(n);
        self.bytes = tail;
        Ok(head)
    }
    fn byte(&mut self) -> Result<u8, Corrupt> {
        Ok(self.take(1)?[0])
    }
    fn word(&mut self) -> Result<u64, Corrupt> {
        let mut w = [0; 8];
        w.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(w))
    }
    fn varint(&mut self) -> Result<u64, Corrupt> {
        let mut v = 0u64;
        for shift in (0..64).step_by(7) {
            let b = self.byte()?;
            v |= u64::from(b & 0x7f) << shift;
            if b < 0x80 {
                return Ok(v);
            }
        }
        Err(Corrupt("number too long"))
    }
    fn u32(&mut self) -> Result<u32, Corrupt> {
        u32::try_from(self.varint()?).map_err(|_| Corrupt("number too large"))
    }
    fn u16(&mut self) -> Result<u16, Corrupt> {
        u16::try_from(self.varint()?).map_err(|_| Corrupt("number too large"))
    }
    /// A count of things that take at least one byte each: never more than what is left.
    fn count(&mut self) -> Result<usize, Corrupt> {
        let n = self.varint()? as usize;
        if n > self.bytes.len() { Err(Corrupt("count too large")) } else { Ok(n) }
    }
    fn blob(&mut self) -> Result<Box<[u8]>, Corrupt> {
        let n = self.count()?;
        Ok(self.take(n)?.into())
    }
    fn list<T>(&mut self, mut f: impl FnMut(&mut Self) -> Result<T, Corrupt>) -> Result<Box<[T]>, Corrupt> {
        let n = self.count()?;
        let mut v = Vec::with_capacity(n.min(1 << 16));
        for _ in 0..n {
            v.push(f(self)?);
        }
        Ok(v.into_boxed_slice())
    }
    fn constant(&mut self, file: &[u8]) -> Result<Const, Corrupt> {
        if self.depth >= MAX_NESTING {
            return Err(Corrupt("nested too deeply"));
        }
        self.depth += 1;
        let c = match self.byte()? {
            b'N' => Const::None,
            b'F' => Const::Bool(false),
            b'T' => Const::Bool(true),
            b'.' => Const::Ellipsis,
            b'i' => Const::Int(self.word()? as i64),
            tag @ (b'-' | b'+') => Const::BigInt { negative: tag == b'-', magnitude: self.blob()? },
            b'f' => Const::Float(self.word()?),
            b'c' => Const::Complex(self.word()?, self.word()?),
            tag @ (b'n' | b's') => {
                let text = self.blob()?;
                if !self.trusted && !is_wtf8(&text) {
                    return Err(Corrupt("text is not WTF-8"));
                }
                Const::Str { text, interned: tag == b'n' }
            }
            b'b' => Const::Bytes(self.blob()?),
            b'(' => Const::Tuple(self.list(|r| r.constant(file))?),
            b'{' => Const::FrozenSet(self.list(|r| r.constant(file))?),
            b':' => {
                let items = self.list(|r| r.constant(file))?;
                let three: Box<[Const; 3]> = items.try_into().map_err(|_| Corrupt("slice of other than three parts"))?;
                Const::Slice(three)
            }
            b'C' => Const::Code(Box::new(self.code(Some(file))?)),
            _ => return Err(Corrupt("unknown constant")),
        };
        self.depth -= 1;
        Ok(c)
    }
    fn file(&mut self, outer: Option<&[u8]>) -> Result<Box<[u8]>, Corrupt> {
        let n = self.varint()? as usize;
        let told = match n.checked_sub(1) {
            Some(n) => self.take(n)?,
            None => outer.ok_or(Corrupt("no file name"))?,
        };
        Ok(self.renamed.unwrap_or(told).into())
    }
    fn instrs(&mut self) -> Result<Box<[Instr]>, Corrupt> {
        let n = self.count()?;
        let mut v = Vec::with_capacity((n + n / 2).min(1 << 16));
        for _ in 0..n {
            let [op, mask] = *self.take(2)? else { return Err(Corrupt("truncated")) };
            let given = (mask & 0x7f).count_ones() as usize;
            if given > self.bytes.len() {
                return Err(Corrupt("truncated"));
            }
            let mut packed = match self.bytes.first_chunk::<8>() {
                Some(b) => u64::from_le_bytes(*b),
                None => self.bytes.iter().rev().fold(0, |w, b| w << 8 | u64::from(*b)),
            };
            self.bytes = &self.bytes[given..];
            // Without branches, as there is no pattern in the masks that could be foreseen.
            let mut word = u64::from(op);
            for k in 0..7 {
                let bit = u64::from(mask >> k & 1);
                word |= ((packed & 0xff) * bit) << (8 * (k + 1));
                packed >>= 8 * bit;
            }
            let i = Instr(word);
            v.push(i);
            v.resize(v.len() + i.op().map_or(0, Op::caches), Instr(0));
        }
        Ok(v.into_boxed_slice())
    }
    fn positions(&mut self) -> Result<PositionTable, Corrupt> {
        match self.apart {
            None => Ok(PositionTable::Own(self.blob()?)),
            Some((block, number)) => Ok(PositionTable::Part { block, number, start: self.u32()?, len: self.u32()? }),
        }
    }
    fn code(&mut self, outer: Option<&[u8]>) -> Result<Code, Corrupt> {
        let [name, qualname] = [self.blob()?, self.blob()?];
        let filename = self.file(outer)?;
        let [first_line, arg_count, posonly_count, kwonly_count, flags, registers] =
            [self.u32()?, self.u32()?, self.u32()?, self.u32()?, self.u32()?, self.u32()?];
        let locals = self.list(|r| {
            let name = r.blob()?;
            let kind = match r.byte()? {
                0 => LocalKind::Fast,
                1 => LocalKind::Cell,
                2 => LocalKind::Hidden,
                3 => LocalKind::HiddenCell,
                _ => return Err(Corrupt("unknown kind of local")),
            };
            Ok((name, kind))
        })?;
        let freevars = self.list(Self::blob)?;
        let consts = self.list(|r| r.constant(&filename))?;
        let instrs = self.instrs()?;
        let handlers = self.list(|r| Ok(Handler { start: r.u32()?, end: r.u32()?, target: r.u32()?, depth: r.u16()? }))?;
        let mut start = 0u32;
        let live = self.list(|r| {
            start = start.wrapping_add(r.u32()?);
            Ok(LiveRun { start, depth: r.u16()? })
        })?;
        let positions = self.positions()?;
        let code = Code {
            name,
            qualname,
            filename,
            first_line,
            arg_count,
            posonly_count,
            kwonly_count,
            flags,
            locals,
            freevars,
            registers,
            consts,
            instrs,
            handlers,
            live,
            positions,
        };
        if !self.trusted {
            verify(&code)?;
        }
        Ok(code)
    }
}

/// Reads one code object; trailing bytes are an error.
pub fn read_code(bytes: &[u8]) -> Result<Code, Corrupt> {
    whole(Reader { bytes, depth: 0, apart: None, renamed: None, trusted: false })
}

/// Reads what [`write_apart`] wrote; the tables are in the block of that number. `filename` replaces the name that was written. The code is not
/// verified: this is for what the same build has written.
pub fn read_apart(bytes: &[u8], block: Block, number: u32, filename: Option<&[u8]>) -> Result<Code, Corrupt> {
    whole(Reader { bytes, depth: 0, apart: Some((block, number)), renamed: filename, trusted: true })
}

fn whole(mut r: Reader<'_>) -> Result<Code, Corrupt> {
    let code = r.code(None)?;
    if r.bytes.is_empty() { Ok(code) } else { Err(Corrupt("trailing bytes")) }
}

/// Whether `b` is generalised UTF-8: UTF-8 in which surrogate code points may stand alone.
pub fn is_wtf8(b: &[u8]) -> bool {
    let mut rest = b;
    loop {
        match std::str::from_utf8(rest) {
            Ok(_) => return true,
            Err(e) => {
                rest = &rest[e.valid_up_to()..];
                match rest {
                    [0xed, 0xa0..=0xbf, 0x80..=0xbf, tail @ ..] => rest = tail,
                    _ => return false,
                }
            }
        }
    }
}

/// Checks what the interpreter relies on without looking: opcodes, registers, constant and name indices, jump targets, tables. It does not
/// prove the stack discipline; a file that lies about that can still only come from someone who could as well run code.
pub fn verify(code: &Code) -> Result<(), Corrupt> {
    let names = [&code.name, &code.qualname, &code.filename].into_iter();
    if !names.chain(code.locals.iter().map(|l| &l.0)).chain(code.freevars.iter()).all(|t| is_wtf8(t)) {
        return Err(Corrupt("name is not WTF-8"));
    }
    let registers = code.registers as usize;
    if code.param_count() > code.locals.len() || code.locals.len() > registers || registers > 0xffff || code.posonly_count > code.arg_count
    {
        return Err(Corrupt("register counts"));
    }
    let n = code.instrs.len();
    let mut starts = vec![false; n + 1];
    let mut at = 0;
    let mut last = None;
    let mut high = [0usize; 3];
    while at < n {
        let i = code.instrs[at];
        let op = i.op().ok_or(Corrupt("unknown opcode"))?;
        if matches!(op, Op::Halt | Op::Enter) {
            return Err(Corrupt("unknown opcode"));
        }
        if op == Op::Wide {
            if high != [0; 3] || at + 1 >= n {
                return Err(Corrupt("stray wide prefix"));
            }
            starts[at] = true;
            high = [i.a(), i.b(), i.c()].map(|b| (b as usize) << 8);
            at += 1;
            continue;
        }
        if high == [0; 3] {
            starts[at] = true;
        }
        for (k, byte) in [i.a(), i.b(), i.c()].into_iter().enumerate() {
            let is_register =
                matches!(op.info().operands[k], Operand::Dst | Operand::Use | Operand::Both | Operand::Base | Operand::DstBase);
            if is_register && (byte as usize | high[k]) > registers {
                return Err(Corrupt("register out of range"));
            }
        }
        let d = i.index() as usize;
        let ok = match op.info().operands[3] {
            Operand::Const => d < code.consts.len(),
            Operand::Name => matches!(code.consts.get(d), Some(Const::Str { interned: true, .. })),
            Operand::Free => d < code.freevars.len(),
            _ => true,
        };
        if !ok {
            return Err(Corrupt("constant index out of range"));
        }
        high = [0; 3];
        last = Some(op);
        at += 1 + op.caches();
    }
    if at != n {
        return Err(Corrupt("cut-off cache"));
    }
    if !matches!(
        last,
        Some(Op::Return | Op::ReturnK | Op::Jump | Op::JumpBack | Op::Raise | Op::Reraise | Op::StopIterationError | Op::ReraisePop)
    ) {
        return Err(Corrupt("code runs past its end"));
    }
    at = 0;
    while at < n {
        let i = code.instrs[at];
        let Some(op) = i.op() else {
            return Err(Corrupt("unknown opcode"));
        };
        let next = at + 1 + op.caches();
        if op.info().operands[3] == Operand::Target {
            let t = next as i64 + i64::from(i.signed());
            if t < 0 || t >= n as i64 || !starts[t as usize] {
                return Err(Corrupt("jump target"));
            }
        }
        at = next;
    }
    for h in &code.handlers {
        let target = h.target as usize;
        if target >= n || !starts[target] || h.depth as usize >= registers || (h.depth as usize) < code.locals.len() {
            return Err(Corrupt("exception table"));
        }
    }
    if code.handlers.windows(2).any(|w| w[0].start > w[1].start) || code.live.windows(2).any(|w| w[0].start > w[1].start) {
        return Err(Corrupt("tables out of order"));
    }
    if code.live.iter().any(|r| r.depth as usize > registers || (r.depth as usize) < code.locals.len()) {
        return Err(Corrupt("liveness table"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Code {
        Code {
            name: b"f"[..].into(),
            qualname: b"f"[..].into(),
            filename: b"x.py"[..].into(),
            first_line: 1,
            arg_count: 1,
            posonly_count: 0,
            kwonly_count: 0,
            flags: 3,
            locals: vec![(b"x"[..].into(), LocalKind::Fast)].into(),
            freevars: Box::new([]),
            registers: 2,
            consts: vec![
                Const::None,
                Const::Str { text: b"\xed\xa0\x80"[..].into(), interned: true },
                Const::Tuple(vec![Const::Int(-3)].into()),
            ]
            .into(),
            instrs: vec![Instr::new(Op::LoadAttr, 1, 0, 0, 1, 0), Instr(0), Instr::new(Op::Return, 0, 1, 0, 0, crate::encode::KILL_B)]
                .into(),
            handlers: Box::new([]),
            live: vec![LiveRun { start: 0, depth: 1 }, LiveRun { start: 2, depth: 2 }].into(),
            positions: PositionTable::default(),
        }
    }

    #[test]
    fn round_trip_and_every_truncation_is_an_error() {
        let code = sample();
        let mut out = Vec::new();
        write_code(&mut out, &code);
        assert_eq!(read_code(&out).as_ref(), Ok(&code));
        for n in 0..out.len() {
            assert!(read_code(&out[..n]).is_err());
        }
    }

    #[test]
    fn no_mutation_panics() {
        let mut out = Vec::new();
        write_code(&mut out, &sample());
        for at in 0..out.len() {
            for v in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bad = out.clone();
                bad[at] = v;
                let _ = read_code(&bad);
            }
        }
    }
}
