//! Optimisations that keep meaning: constant folding (with CPython's size limits), `%`-formats as f-strings, jump threading.

use crate::flow::{NO_LABEL, Unit};
use crate::tree::*;
use bytecode::Op;
use num_bigint::BigInt;

const MAX_INT_BITS: u64 = 128;
const MAX_COLLECTION: usize = 256;
const MAX_STR: usize = 4096;

/// The value of a constant expression.
pub fn fold(e: &Expr, optimize: u8) -> Option<Constant> {
    match &e.kind {
        ExprKind::Constant { value, .. } => Some(value.clone()),
        ExprKind::Name { id, ctx: Ctx::Load } if &**id == "__debug__" => Some(Constant::Bool(optimize == 0)),
        ExprKind::UnaryOp { op, operand } => unary(*op, &fold(operand, optimize)?),
        ExprKind::BinOp { left, op, right } => {
            // Look at the right side first: it is shallow in long chains.
            if !may_fold(right) {
                return None;
            }
            let l = fold(left, optimize)?;
            let r = fold(right, optimize)?;
            binary(&l, *op, &r)
        }
        ExprKind::Tuple { elts, ctx: Ctx::Load } => {
            let items: Option<Vec<Constant>> = elts.iter().map(|e| fold(e, optimize)).collect();
            items.map(|i| Constant::Tuple(i.into()))
        }
        ExprKind::Subscript { value, slice, ctx: Ctx::Load } => {
            let Constant::Int(index) = fold(slice, optimize)? else { return None };
            subscript(&fold(value, optimize)?, index)
        }
        _ => None,
    }
}

fn may_fold(e: &Expr) -> bool {
    matches!(
        e.kind,
        ExprKind::Constant { .. }
            | ExprKind::Name { .. }
            | ExprKind::UnaryOp { .. }
            | ExprKind::BinOp { .. }
            | ExprKind::Tuple { .. }
            | ExprKind::Subscript { .. }
    )
}

fn subscript(value: &Constant, index: i64) -> Option<Constant> {
    let at = |len: usize| {
        let i = if index < 0 { index.checked_add(len as i64)? } else { index };
        usize::try_from(i).ok().filter(|i| *i < len)
    };
    match value {
        Constant::Tuple(items) => Some(items[at(items.len())?].clone()),
        Constant::Bytes(b) => Some(Constant::Int(i64::from(b[at(b.len())?]))),
        Constant::Str(s) => {
            let c = s.code_points().nth(at(s.char_len())?)?;
            let mut out = Vec::new();
            PyStr::push_code_point(&mut out, c);
            Some(Constant::Str(PyStr::from_wtf8(out)))
        }
        _ => None,
    }
}

fn unary(op: UnaryOp, c: &Constant) -> Option<Constant> {
    if op == UnaryOp::Not {
        return Some(Constant::Bool(!c.truth()));
    }
    match (op, c) {
        (UnaryOp::Invert, Constant::Bool(_)) => None,
        (_, Constant::Bool(b)) => unary(op, &Constant::Int(i64::from(*b))),
        (UnaryOp::UAdd, Constant::Int(_) | Constant::BigInt(_) | Constant::Float(_) | Constant::Complex(..)) => Some(c.clone()),
        (UnaryOp::USub, Constant::Float(x)) => Some(Constant::Float(-x)),
        (UnaryOp::USub, Constant::Complex(re, im)) => Some(Constant::Complex(-re, -im)),
        (UnaryOp::USub, _) => Some(Constant::from_bigint(-big(c)?)),
        (UnaryOp::Invert, _) => Some(Constant::from_bigint(-big(c)? - 1)),
        _ => None,
    }
}

fn big(c: &Constant) -> Option<BigInt> {
    match c {
        Constant::Bool(b) => Some(BigInt::from(u8::from(*b))),
        Constant::Int(n) => Some(BigInt::from(*n)),
        Constant::BigInt(n) => Some((**n).clone()),
        _ => None,
    }
}

fn float(c: &Constant) -> Option<f64> {
    match c {
        Constant::Bool(b) => Some(f64::from(u8::from(*b))),
        Constant::Int(n) => Some(*n as f64),
        Constant::Float(x) => Some(*x),
        _ => None,
    }
}

fn complex(c: &Constant) -> Option<(f64, f64)> {
    match c {
        Constant::Complex(re, im) => Some((*re, *im)),
        _ => float(c).map(|x| (x, 0.0)),
    }
}

fn binary(l: &Constant, op: Operator, r: &Constant) -> Option<Constant> {
    if let (Constant::Bool(a), Constant::Bool(b)) = (l, r) {
        // Logic on bools gives bools.
        match op {
            Operator::BitAnd => return Some(Constant::Bool(a & b)),
            Operator::BitOr => return Some(Constant::Bool(a | b)),
            Operator::BitXor => return Some(Constant::Bool(a ^ b)),
            _ => {}
        }
    }
    if let (Some(a), Some(b)) = (big(l), big(r)) {
        return integers(&a, op, &b);
    }
    if let (Some(a), Some(b)) = (float(l), float(r)) {
        return floats(a, op, b).map(Constant::Float);
    }
    if matches!((l, r), (Constant::Complex(..), _) | (_, Constant::Complex(..))) {
        // Mixed arithmetic keeps the real operand real, so that signed zeros come out as in CPython 3.14.
        return match (op, l, r) {
            (Operator::Add, Constant::Complex(a, b), Constant::Complex(c, d)) => Some(Constant::Complex(a + c, b + d)),
            (Operator::Add, Constant::Complex(a, b), _) => Some(Constant::Complex(a + float(r)?, *b)),
            (Operator::Add, _, Constant::Complex(c, d)) => Some(Constant::Complex(float(l)? + c, *d)),
            (Operator::Sub, Constant::Complex(a, b), Constant::Complex(c, d)) => Some(Constant::Complex(a - c, b - d)),
            (Operator::Sub, Constant::Complex(a, b), _) => Some(Constant::Complex(a - float(r)?, *b)),
            (Operator::Sub, _, Constant::Complex(c, d)) => Some(Constant::Complex(float(l)? - c, -d)),
            (Operator::Mult, Constant::Complex(a, b), Constant::Complex(..)) => {
                let (c, d) = complex(r)?;
                Some(Constant::Complex(a * c - b * d, a * d + b * c))
            }
            (Operator::Mult, Constant::Complex(a, b), _) => {
                let x = float(r)?;
                Some(Constant::Complex(a * x, b * x))
            }
            (Operator::Mult, _, Constant::Complex(c, d)) => {
                let x = float(l)?;
                Some(Constant::Complex(x * c, x * d))
            }
            _ => None,
        };
    }
    sequences(l, op, r)
}

fn integers(a: &BigInt, op: Operator, b: &BigInt) -> Option<Constant> {
    let zero = BigInt::ZERO;
    let result = match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => {
            if a.bits() + b.bits() > MAX_INT_BITS && *a != zero && *b != zero {
                return None;
            }
            a * b
        }
        Operator::Div => {
            let exact = |n: &BigInt| i64::try_from(n).ok().filter(|n| n.unsigned_abs() <= 1 << 53);
            let (x, y) = (exact(a)?, exact(b)?);
            if y == 0 {
                return None;
            }
            return Some(Constant::Float(x as f64 / y as f64));
        }
        Operator::FloorDiv | Operator::Mod => {
            if *b == zero {
                return None;
            }
            let mut q = a / b;
            let mut m = a % b;
            if m != zero && (m < zero) != (*b < zero) {
                q -= 1;
                m += b;
            }
            if op == Operator::Mod { m } else { q }
        }
        Operator::Pow => {
            let exponent = u32::try_from(b).ok()?;
            if a.bits().saturating_mul(u64::from(exponent)) > MAX_INT_BITS && *a != zero {
                return None;
            }
            a.pow(exponent)
        }
        Operator::LShift => {
            let shift = u64::try_from(b).ok()?;
            if *a != zero && (shift > MAX_INT_BITS || a.bits() + shift > MAX_INT_BITS) {
                return None;
            }
            if *a == zero { zero } else { a << shift }
        }
        Operator::RShift => a >> u64::try_from(b).ok()?,
        Operator::BitOr => a | b,
        Operator::BitXor => a ^ b,
        Operator::BitAnd => a & b,
        Operator::MatMult => return None,
    };
    Some(Constant::from_bigint(result))
}

fn floats(a: f64, op: Operator, b: f64) -> Option<f64> {
    Some(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        _ => return None,
    })
}

fn sequences(l: &Constant, op: Operator, r: &Constant) -> Option<Constant> {
    match (l, op, r) {
        (Constant::Str(a), Operator::Add, Constant::Str(b)) => {
            let joined = [a.as_bytes(), b.as_bytes()].concat();
            (joined.len() <= MAX_STR).then(|| Constant::Str(PyStr::from_wtf8(joined)))
        }
        (Constant::Bytes(a), Operator::Add, Constant::Bytes(b)) => {
            let joined = [&a[..], &b[..]].concat();
            (joined.len() <= MAX_STR).then(|| Constant::Bytes(joined.into()))
        }
        (Constant::Tuple(a), Operator::Add, Constant::Tuple(b)) => {
            let joined = [&a[..], &b[..]].concat();
            (joined.len() <= MAX_COLLECTION).then(|| Constant::Tuple(joined.into()))
        }
        (_, Operator::Mult, Constant::Int(n)) => repeat(l, *n),
        (Constant::Int(n), Operator::Mult, _) => repeat(r, *n),
        _ => None,
    }
}

fn repeat(c: &Constant, n: i64) -> Option<Constant> {
    let n = usize::try_from(n.max(0)).ok()?;
    match c {
        Constant::Str(s) if s.as_bytes().len().checked_mul(n)? <= MAX_STR => Some(Constant::Str(PyStr::from_wtf8(s.as_bytes().repeat(n)))),
        Constant::Bytes(b) if b.len().checked_mul(n)? <= MAX_STR => Some(Constant::Bytes(b.repeat(n).into())),
        Constant::Tuple(t) if t.len().checked_mul(n)? <= MAX_COLLECTION => {
            Some(Constant::Tuple(std::iter::repeat_n(&t[..], n).flatten().cloned().collect()))
        }
        _ => None,
    }
}

/// A piece of a `%` format.
pub enum Percent<'t> {
    Text(PyStr),
    /// A value and its conversion, as in `Op::Convert`.
    Value(&'t Expr, i32),
}

/// `"%s ... %r" % (a, b)` as pieces, when only plain `%s`, `%r`, `%a` and `%%` occur.
pub fn percent_format<'t>(left: &'t Expr, right: &'t Expr) -> Option<Vec<Percent<'t>>> {
    let ExprKind::Constant { value: Constant::Str(format), .. } = &left.kind else { return None };
    let ExprKind::Tuple { elts, .. } = &right.kind else { return None };
    if elts.is_empty() || elts.iter().any(|e| matches!(e.kind, ExprKind::Starred { .. })) {
        return None;
    }
    let mut parts = Vec::new();
    let mut text = Vec::new();
    let mut values = elts.iter();
    let mut bytes = format.as_bytes().iter();
    while let Some(&b) = bytes.next() {
        if b != b'%' {
            text.push(b);
            continue;
        }
        let conversion = match bytes.next()? {
            b'%' => {
                text.push(b'%');
                continue;
            }
            b's' => 1,
            b'r' => 2,
            b'a' => 3,
            _ => return None,
        };
        if !text.is_empty() {
            parts.push(Percent::Text(PyStr::from_wtf8(std::mem::take(&mut text))));
        }
        parts.push(Percent::Value(values.next()?, conversion));
    }
    if values.next().is_some() || parts.len() > 24 {
        return None;
    }
    if !text.is_empty() {
        parts.push(Percent::Text(PyStr::from_wtf8(text)));
    }
    Some(parts)
}

/// Sends jumps to jumps straight to where those go, and removes jumps to the next instruction.
pub fn thread_jumps(unit: &mut Unit<'_>) {
    for i in 0..unit.code.len() {
        for _ in 0..8 {
            let ins = unit.code[i];
            if ins.target == NO_LABEL {
                break;
            }
            let Some(at) = unit.labels[ins.target as usize].at else { break };
            let Some(next) = unit.code.get(at as usize).copied() else { break };
            if at as usize == i || next.target == ins.target || next.starts || next.pos.line != ins.pos.line {
                break;
            }
            match (ins.op, next.op) {
                (Op::Jump, Op::JumpBack) => {
                    unit.code[i].op = Op::JumpBack;
                    unit.code[i].target = next.target;
                    break;
                }
                (op, Op::Jump) if op != Op::JumpBack => unit.code[i].target = next.target,
                _ => break,
            }
        }
    }
    let mut removed = 0u32;
    let mut index = Vec::with_capacity(unit.code.len() + 1);
    let mut keep = Vec::with_capacity(unit.code.len());
    let code = std::mem::take(&mut unit.code);
    for (i, ins) in code.iter().enumerate() {
        index.push(i as u32 - removed);
        let to_next =
            ins.op == Op::Jump && ins.target != NO_LABEL && unit.labels[ins.target as usize].at == Some(i as u32 + 1) && !ins.starts;
        if to_next {
            removed += 1;
        } else {
            keep.push(*ins);
        }
    }
    index.push(code.len() as u32 - removed);
    for label in &mut unit.labels {
        label.at = label.at.map(|at| index[at as usize]);
    }
    unit.code = keep;
}
