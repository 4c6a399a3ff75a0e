//! THE operator dispatch: which operand's slot is asked first, and the errors when none knows.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::type_::slots::{Binary, Slot};
use crate::types::type_::{Type, type_of};
use gc::{Ref, Reg, Word};

/// A binary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Op {
    Add,
    Sub,
    Mul,
    TrueDiv,
    FloorDiv,
    Mod,
    MatMul,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    DivMod,
}

impl Op {
    fn slot(self) -> Slot {
        match self {
            Op::Add => Slot::add,
            Op::Sub => Slot::sub,
            Op::Mul => Slot::mul,
            Op::TrueDiv => Slot::truediv,
            Op::FloorDiv => Slot::floordiv,
            Op::Mod => Slot::mod_,
            Op::MatMul => Slot::matmul,
            Op::And => Slot::and,
            Op::Or => Slot::or,
            Op::Xor => Slot::xor,
            Op::Shl => Slot::lshift,
            Op::Shr => Slot::rshift,
            Op::DivMod => Slot::divmod,
        }
    }
    fn inplace_slot(self) -> Option<Slot> {
        Some(match self {
            Op::Add => Slot::iadd,
            Op::Sub => Slot::isub,
            Op::Mul => Slot::imul,
            Op::TrueDiv => Slot::itruediv,
            Op::FloorDiv => Slot::ifloordiv,
            Op::Mod => Slot::imod,
            Op::MatMul => Slot::imatmul,
            Op::And => Slot::iand,
            Op::Or => Slot::ior,
            Op::Xor => Slot::ixor,
            Op::Shl => Slot::ilshift,
            Op::Shr => Slot::irshift,
            Op::DivMod => return None,
        })
    }
    fn symbol(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::TrueDiv => "/",
            Op::FloorDiv => "//",
            Op::Mod => "%",
            Op::MatMul => "@",
            Op::And => "&",
            Op::Or => "|",
            Op::Xor => "^",
            Op::Shl => "<<",
            Op::Shr => ">>",
            Op::DivMod => "divmod()",
        }
    }
}

fn slot_of(t: &Type, slot: Slot) -> Option<Binary> {
    let f = t.slots.raw(slot);
    // SAFETY: the slots asked for here all hold binary functions.
    unsafe { std::mem::transmute::<usize, Option<Binary>>(f) }
}

fn known(r: Reg) -> Option<Reg> {
    if r.as_ref().word() == Word::NOT_IMPLEMENTED { None } else { Some(r) }
}

/// Asks the slots of both operands; `None` when neither knows.
fn try_slots(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, slot: Slot) -> PyResult<Option<Reg>> {
    let (ta, tb) = (type_of(a), type_of(b));
    let left = slot_of(ta, slot);
    let mut right = if std::ptr::eq(ta, tb) { None } else { slot_of(tb, slot) };
    if left.map(|f| f as usize) == right.map(|f| f as usize) {
        right = None;
    }
    if let Some(l) = left {
        if let Some(r) = right
            && tb.is_subtype_of(ta)
        {
            if let Some(v) = known(r(cx, a, b)?) {
                return Ok(Some(v));
            }
            right = None;
        }
        if let Some(v) = known(l(cx, a, b)?) {
            return Ok(Some(v));
        }
    }
    match right {
        Some(r) => Ok(known(r(cx, a, b)?)),
        None => Ok(None),
    }
}

/// `a op b`.
pub fn binary(cx: &mut Cx, op: Op, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if let Some(r) = try_slots(cx, a, b, op.slot())? {
        return Ok(r);
    }
    sequence(cx, op, a, b, false)
}

/// `a op= b`.
pub fn inplace(cx: &mut Cx, op: Op, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if let Some(slot) = op.inplace_slot()
        && let Some(f) = slot_of(type_of(a), slot)
        && let Some(r) = known(f(cx, a, b)?)
    {
        return Ok(r);
    }
    if let Some(r) = try_slots(cx, a, b, op.slot())? {
        return Ok(r);
    }
    sequence(cx, op, a, b, true)
}

/// Concatenation and repetition, then the error.
fn sequence(cx: &mut Cx, op: Op, a: Ref<'_>, b: Ref<'_>, inplace: bool) -> PyResult<Reg> {
    let (ta, tb) = (type_of(a), type_of(b));
    match op {
        Op::Add => {
            if inplace && let Some(f) = ta.slots.iconcat() {
                return f(cx, a, b);
            }
            if let Some(f) = ta.slots.concat() {
                return f(cx, a, b);
            }
        }
        Op::Mul => {
            if inplace && let Some(f) = ta.slots.irepeat() {
                return repeat(cx, f, a, b);
            }
            if let Some(f) = ta.slots.repeat() {
                return repeat(cx, f, a, b);
            }
            if let Some(f) = tb.slots.repeat() {
                return repeat(cx, f, b, a);
            }
        }
        _ => {}
    }
    let (x, y) = (ta.shown_name(), tb.shown_name());
    let s = op.symbol();
    if op == Op::Shr && !inplace && ta.shown_name() == "builtin_function_or_method" {
        return Err(cx.type_error(format!(
            "unsupported operand type(s) for >>: '{x}' and '{y}'. Did you mean \"print(<message>, file=<output_stream>)\"?"
        )));
    }
    let eq = if inplace { "=" } else { "" };
    Err(cx.type_error(format!("unsupported operand type(s) for {s}{eq}: '{x}' and '{y}'")))
}

fn repeat(cx: &mut Cx, f: Binary, seq: Ref<'_>, n: Ref<'_>) -> PyResult<Reg> {
    if type_of(n).slots.index().is_none() && !n.word().is_int() {
        let t = type_of(n).shown_name();
        return Err(cx.type_error(format!("can't multiply sequence by non-int of type '{t}'")));
    }
    f(cx, seq, n)
}

/// `pow(a, b)` and `pow(a, b, m)`; `m` is None for two.
pub fn power(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, m: Ref<'_>, inplace: bool) -> PyResult<Reg> {
    let (ta, tb) = (type_of(a), type_of(b));
    if inplace
        && let Some(f) = ta.slots.ipow()
        && let Some(r) = known(f(cx, a, b, m)?)
    {
        return Ok(r);
    }
    let left = ta.slots.pow();
    let mut right = if std::ptr::eq(ta, tb) { None } else { tb.slots.pow() };
    if left.map(|f| f as usize) == right.map(|f| f as usize) {
        right = None;
    }
    if let Some(r) = right
        && tb.is_subtype_of(ta)
    {
        if let Some(v) = known(r(cx, a, b, m)?) {
            return Ok(v);
        }
        right = None;
    }
    if let Some(l) = left
        && let Some(v) = known(l(cx, a, b, m)?)
    {
        return Ok(v);
    }
    if let Some(r) = right
        && let Some(v) = known(r(cx, a, b, m)?)
    {
        return Ok(v);
    }
    let tm = type_of(m);
    if !m.is_none()
        && let Some(f) = tm.slots.pow()
        && Some(f as usize) != left.map(|f| f as usize)
        && let Some(v) = known(f(cx, a, b, m)?)
    {
        return Ok(v);
    }
    let (x, y) = (ta.shown_name(), tb.shown_name());
    if m.is_none() {
        let s = if inplace { "**=" } else { "** or pow()" };
        return Err(cx.type_error(format!("unsupported operand type(s) for {s}: '{x}' and '{y}'")));
    }
    let z = tm.shown_name();
    Err(cx.type_error(format!("unsupported operand type(s) for ** or pow(): '{x}', '{y}', '{z}'")))
}

/// A unary operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
}

/// `op a`.
pub fn unary(cx: &mut Cx, op: UnaryOp, a: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(a);
    let (f, s) = match op {
        UnaryOp::Neg => (t.slots.neg(), "unary -"),
        UnaryOp::Pos => (t.slots.pos(), "unary +"),
        UnaryOp::Invert => (t.slots.invert(), "unary ~"),
    };
    match f {
        Some(f) => f(cx, a),
        None => {
            let n = t.shown_name();
            Err(cx.type_error(format!("bad operand type for {s}: '{n}'")))
        }
    }
}
