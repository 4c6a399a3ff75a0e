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

/// One line per instruction: `index  Name operands  ; flags`. Nested code objects follow.
pub fn disassemble(code: &Code) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "code {} (registers {}, locals {})", text(&code.qualname), code.registers, code.locals.len());
    let mut at = 0;
    let mut high = [0u32; 3];
    while at < code.instrs.len() {
        let i = code.instrs[at];
        let Some(op) = i.op() else {
            let _ = writeln!(out, "{at:5}  ?{:02x}", i.op_byte());
            at += 1;
            continue;
        };
        if op == Op::Wide {
            high = [i.a(), i.b(), i.c()].map(u32::from);
            at += 1;
            continue;
        }
        let _ = write!(out, "{at:5}  {:<12}", op.info().name);
        line(&mut out, code, op, i, at, high);
        out.push('\n');
        high = [0; 3];
        at += 1 + op.caches();
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
