//! From symbolic instructions to the final words: register numbers, jump distances, and the position, handler and
//! liveness tables.

use crate::flow::{Ins, NO_LABEL, R, Unit};
use crate::tree::{Constant, Pos};
use bytecode::encode::{DROP_A, Instr};
use bytecode::ops::Operand;
use bytecode::{Code, Const, Handler, LiveRun, Op, Position, PositionTable};

/// A constant of the tree as one of a code object.
pub fn to_const(c: &Constant) -> Const {
    match c {
        Constant::None => Const::None,
        Constant::Bool(b) => Const::Bool(*b),
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(n) => Const::Int(*n),
        Constant::BigInt(n) => {
            let (sign, magnitude) = n.to_bytes_le();
            Const::BigInt { negative: sign == num_bigint::Sign::Minus, magnitude: magnitude.into() }
        }
        Constant::Float(x) => Const::Float(x.to_bits()),
        Constant::Complex(re, im) => Const::Complex(re.to_bits(), im.to_bits()),
        Constant::Str(s) => Const::Str { text: s.as_bytes().into(), interned: is_identifier_like(s.as_bytes()) },
        Constant::Bytes(b) => Const::Bytes(b[..].into()),
        Constant::Tuple(items) => Const::Tuple(items.iter().map(to_const).collect()),
        Constant::Frozenset(items) => Const::FrozenSet(items.iter().map(to_const).collect()),
    }
}

/// Strings that CPython interns as constants.
fn is_identifier_like(text: &[u8]) -> bool {
    text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// A key under which equal constants of the same type meet.
pub fn const_key(c: &Const, out: &mut Vec<u8>) {
    let len = |out: &mut Vec<u8>, n: usize| out.extend((n as u32).to_le_bytes());
    match c {
        Const::None => out.push(0),
        Const::Bool(b) => out.extend([1, u8::from(*b)]),
        Const::Ellipsis => out.push(2),
        Const::Int(n) => {
            out.push(3);
            out.extend(n.to_le_bytes());
        }
        Const::BigInt { negative, magnitude } => {
            out.extend([4, u8::from(*negative)]);
            len(out, magnitude.len());
            out.extend(&**magnitude);
        }
        Const::Float(x) => {
            out.push(5);
            out.extend(x.to_le_bytes());
        }
        Const::Complex(re, im) => {
            out.push(6);
            out.extend(re.to_le_bytes());
            out.extend(im.to_le_bytes());
        }
        Const::Str { text, interned } => {
            out.extend([7, u8::from(*interned)]);
            len(out, text.len());
            out.extend(&**text);
        }
        Const::Bytes(b) => {
            out.push(8);
            len(out, b.len());
            out.extend(&**b);
        }
        Const::Tuple(items) => {
            out.push(9);
            len(out, items.len());
            items.iter().for_each(|i| const_key(i, out));
        }
        Const::FrozenSet(items) => {
            out.push(10);
            len(out, items.len());
            items.iter().for_each(|i| const_key(i, out));
        }
        Const::Slice(items) => {
            out.push(11);
            items.iter().for_each(|i| const_key(i, out));
        }
        // Code objects are never merged: each has its own number.
        Const::Code(code) => {
            out.push(12);
            out.extend((std::ptr::from_ref(&**code) as usize).to_le_bytes());
        }
    }
}

/// Number of words an instruction takes.
fn words(ins: &Ins, wide: bool) -> u32 {
    1 + u32::from(wide) + ins.op.caches() as u32
}

fn register(r: R, nlocals: u16) -> u16 {
    match r {
        R::L(i) => i,
        R::T(i) => nlocals + i,
        R::I(i) => i as u16,
        R::No => 0,
    }
}

/// Assembles the unit.
pub fn assemble(unit: &mut Unit<'_>, filename: &str) -> Result<Code, String> {
    let locals = unit.locals.len();
    if locals + usize::from(unit.max_height) > usize::from(u16::MAX) - 16 {
        return Err("too many registers".into());
    }
    let nlocals = locals as u16;
    let code = std::mem::take(&mut unit.code);
    let wide = |ins: &Ins| [ins.a, ins.b, ins.c].iter().any(|r| !matches!(r, R::I(_)) && register(*r, nlocals) > 0xff);
    // Word index of each instruction, and of its own word after a `Wide`.
    let mut starts = Vec::with_capacity(code.len() + 1);
    let mut at = 0u32;
    for ins in &code {
        starts.push(at);
        at += words(ins, wide(ins));
    }
    starts.push(at);
    let total = at;
    if total >= 1 << 23 {
        return Err("code is too long".into());
    }
    let mut instrs = Vec::with_capacity(total as usize);
    let mut positions: Vec<(u32, Position)> = Vec::new();
    let mut live: Vec<LiveRun> = Vec::new();
    let mut ranges: Vec<(u32, u32, u32)> = Vec::new();
    let mut line = 0;
    for (i, ins) in code.iter().enumerate() {
        let start = starts[i];
        let end = starts[i + 1];
        let is_wide = wide(ins);
        let own = start + u32::from(is_wide);
        let depth = nlocals + ins.depth;
        if live.last().is_none_or(|r| r.depth != depth) {
            live.push(LiveRun { start, depth });
        }
        if let Some(h) = ins.handler {
            match ranges.last_mut() {
                Some((_, e, last)) if *last == h && *e == start => *e = end,
                _ => ranges.push((start, end, h)),
            }
        }
        positions.push((end - start, position(&ins.pos, ins.starts || ins.pos.line != line)));
        line = ins.pos.line;
        let d = if ins.target == NO_LABEL {
            ins.d
        } else {
            let target = unit.labels[ins.target as usize].at.ok_or("a label without a place")?;
            starts[target as usize] as i32 - end as i32
        };
        if !(-(1 << 23)..1 << 24).contains(&d) {
            return Err("operand out of range".into());
        }
        let operands = [ins.a, ins.b, ins.c].map(|r| register(r, nlocals));
        let high = |k: usize| match [ins.a, ins.b, ins.c][k] {
            R::I(_) => 0,
            _ => (operands[k] >> 8) as u8,
        };
        if is_wide {
            instrs.push(Instr::new(Op::Wide, high(0), high(1), high(2), 0, 0));
        }
        debug_assert!(check_kinds(ins), "{:?}: operands do not fit the table", ins);
        let [a, b, c] = operands.map(|r| r as u8);
        instrs.push(Instr::new(ins.op, a, b, c, d, ins.flags));
        debug_assert_eq!(own as usize, instrs.len() - 1);
        for _ in 0..ins.op.caches() {
            instrs.push(Instr(0));
        }
    }
    let mut handlers: Vec<Handler> = Vec::with_capacity(ranges.len());
    for (start, end, h) in ranges {
        let info = unit.handlers[h as usize];
        let target = unit.labels[info.label as usize].at.ok_or("a handler without a place")?;
        let depth = nlocals + info.depth;
        handlers.push(Handler { start, end, target: starts[target as usize], depth });
    }
    Ok(Code {
        name: unit.name.as_bytes().into(),
        qualname: unit.qualname.as_bytes().into(),
        filename: filename.as_bytes().into(),
        first_line: unit.first_line,
        arg_count: unit.arg_count,
        posonly_count: unit.posonly_count,
        kwonly_count: unit.kwonly_count,
        flags: unit.flags,
        locals: unit.locals.iter().map(|(n, k)| (n.as_bytes().into(), *k)).collect(),
        freevars: unit.freevars.iter().map(|n| n.as_bytes().into()).collect(),
        registers: u32::from(nlocals) + u32::from(unit.max_height),
        consts: std::mem::take(&mut unit.consts).into(),
        instrs: instrs.into(),
        handlers: handlers.into(),
        live: live.into(),
        positions: PositionTable::encode(positions),
    })
}

fn position(pos: &Pos, starts_line: bool) -> Position {
    if pos.line == 0 {
        return Position::default();
    }
    Position { line: pos.line, end_line: pos.end_line, column: Some(pos.col), end_column: Some(pos.end_col), starts_line }
}

/// Whether registers stand where the table wants registers.
fn check_kinds(ins: &Ins) -> bool {
    let kinds = ins.op.info().operands;
    [ins.a, ins.b, ins.c].iter().zip(&kinds[..3]).all(|(r, kind)| match kind {
        Operand::None => matches!(r, R::No | R::I(0)),
        Operand::Imm | Operand::Signed => matches!(r, R::I(_)),
        Operand::DstBase if ins.flags & DROP_A != 0 => matches!(r, R::L(_)),
        Operand::Base | Operand::DstBase => matches!(r, R::T(_) | R::No),
        _ => matches!(r, R::L(_) | R::T(_) | R::No),
    })
}
