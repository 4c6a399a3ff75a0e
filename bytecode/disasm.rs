//! Instructions as text: for golden tests, `dis`-like output and debugging.

use crate::code::{Code, Const};
use crate::encode::{DROP_A, INPLACE, Instr, KILL_A, KILL_B, KILL_C};
use crate::ops::{Op, Operand};
use std::fmt::Write;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn constant(c: &Const) -> String {
    match c {
        Const::None => "None".into(),
        Const::Bool(true) => "True".into(),
        Const::Bool(false) => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt { negative, magnitude } => format!("<{}int of {} bytes>", if *negative { "-" } else { "" }, magnitude.len()),
        Const::Float(b) => format!("{:?}", f64::from_bits(*b)),
        Const::Complex(r, i) => format!("({:?}+{:?}j)", f64::from_bits(*r), f64::from_bits(*i)),
        Const::Str { text: t, .. } => format!("{:?}", text(t)),
        Const::Bytes(b) => format!("b{:?}", text(b)),
        Const::Tuple(t) => format!("({})", t.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Const::FrozenSet(t) => format!("frozenset({})", t.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Const::Slice(t) => format!("slice({})", t.iter().map(constant).collect::<Vec<_>>().join(", ")),
        Const::Code(c) => format!("<code {}>", text(&c.qualname)),
    }
}

/// One instruction as a disassembler shows it.
pub struct Row {
    /// Index of its word.
    pub at: u32,
    /// Words it takes, cache words included.
    pub words: u32,
    /// Which opcode; `None` for a byte that is not one.
    pub op: Option<Op>,
    /// Operand d, when the opcode has one.
    pub arg: Option<i64>,
    /// All operands as text.
    pub operands: String,
    /// Where it jumps to.
    pub target: Option<u32>,
    /// The constant or name it uses.
    pub constant: Option<u32>,
}

/// The instructions of a code object; a `Wide` prefix belongs to the instruction after it.
pub fn rows(code: &Code) -> Vec<Row> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut start = 0;
    let mut high = [0u32; 3];
    while at < code.instrs.len() {
        let i = code.instrs[at];
        let op = i.op();
        if op == Some(Op::Wide) {
            high = [i.a(), i.b(), i.c()].map(u32::from);
            at += 1;
            continue;
        }
        let mut operands = String::new();
        let mut row = Row { at: start as u32, words: 0, op, arg: None, operands: String::new(), target: None, constant: None };
        let caches = op.map_or(0, Op::caches);
        if let Some(op) = op {
            line(&mut operands, code, op, i, at, high);
            match op.info().operands[3] {
                Operand::None => {}
                Operand::Target => {
                    let target = (at + 1 + caches) as i64 + i64::from(i.signed());
                    row.target = u32::try_from(target).ok();
                    row.arg = Some(i64::from(i.signed()));
                }
                Operand::Signed => row.arg = Some(i64::from(i.signed())),
                Operand::Const | Operand::Name => {
                    row.constant = Some(i.index());
                    row.arg = Some(i64::from(i.index()));
                }
                _ => row.arg = Some(i64::from(i.index())),
            }
        }
        row.operands = operands.trim_start().to_string();
        at += 1 + caches;
        row.words = (at - start) as u32;
        start = at;
        high = [0; 3];
        out.push(row);
    }
    out
}

/// One line per instruction: `index  Name operands  ; flags`. Nested code objects follow.
pub fn disassemble(code: &Code) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "code {} (registers {}, locals {})", text(&code.qualname), code.registers, code.locals.len());
    for r in rows(code) {
        let name = r.op.map_or("?", |op| op.info().name);
        let _ = writeln!(out, "{:5}  {name:<12} {}", r.at, r.operands);
    }
    for h in &code.handlers {
        let _ = writeln!(out, "  handler {}..{} -> {} depth {}", h.start, h.end, h.target, h.depth);
    }
    for c in &code.consts {
        if let Const::Code(c) = c {
            out.push_str(&disassemble(c));
        }
    }
    out
}

fn line(out: &mut String, code: &Code, op: Op, i: Instr, at: usize, high: [u32; 3]) {
    let info = op.info();
    let local = |r: u32| match code.locals.get(r as usize) {
        Some((n, _)) => text(n),
        None => format!("t{}", r as usize - code.locals.len()),
    };
    let kills = [KILL_A, KILL_B, KILL_C];
    for (n, byte) in [i.a(), i.b(), i.c()].into_iter().enumerate() {
        let register = u32::from(byte) | high[n] << 8;
        let kill = if i.flags() & kills[n] != 0 { "!" } else { "" };
        let _ = match info.operands[n] {
            Operand::None => Ok(()),
            Operand::Imm => write!(out, " #{byte}"),
            Operand::Signed => write!(out, " #{}", byte as i8),
            Operand::Base | Operand::DstBase => write!(out, " {}..", local(register)),
            _ => write!(out, " {}{kill}", local(register)),
        };
    }
    let d = i.index() as usize;
    let _ = match info.operands[3] {
        Operand::None => Ok(()),
        Operand::Const | Operand::Name => {
            write!(out, " {}", code.consts.get(d).map_or("?".into(), constant))
        }
        Operand::Target => write!(out, " ->{}", (at + 1 + op.caches()) as i64 + i64::from(i.signed())),
        Operand::Signed => write!(out, " #{}", i.signed()),
        Operand::Free => write!(out, " {}", code.freevars.get(d).map_or("?".into(), |n| text(n))),
        _ => write!(out, " #{d}"),
    };
    if i.flags() & DROP_A != 0 {
        out.push_str(" drop");
    }
    if i.flags() & INPLACE != 0 {
        out.push_str(" inplace");
    }
}
