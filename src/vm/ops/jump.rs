//! Comparisons, truth and jumps.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{b, c, drop_now, finish, get, kill, next, put, save, target};
use crate::vm::{poll, unwind};
use bytecode::Instr;
use bytecode::encode::KILL_B;
use gc::{Value, Word};
use objects::protocol::{compare, item, truth};
use objects::types::type_::slots::Compare;
use objects::{Cx, PyResult, Reg};

/// The outcome for words that need no call.
#[inline(always)]
fn quick(op: Compare, x: Word, y: Word) -> Option<bool> {
    macro_rules! by {
        ($p:expr, $q:expr) => {
            Some(match op {
                Compare::Lt => $p < $q,
                Compare::Le => $p <= $q,
                Compare::Eq => $p == $q,
                Compare::Ne => $p != $q,
                Compare::Gt => $p > $q,
                Compare::Ge => $p >= $q,
            })
        };
    }
    if x.both_int(y) {
        // The tag is the same: shifted, the order of the words is the order of the ints.
        return by!((x.0 << 15) as i64, (y.0 << 15) as i64);
    }
    if x.is_float() {
        if y.is_float() {
            return by!(x.float(), y.float());
        }
        if y.is_int() {
            return by!(x.float(), y.int() as f64);
        }
    } else if x.is_int() && y.is_float() {
        return by!(x.int() as f64, y.float());
    }
    None
}

#[cold]
#[inline(never)]
unsafe fn compare_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: Compare) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result = compare::rich(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)), op);
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

macro_rules! compare_ops {
    ($($name:ident $jump:ident $jump_i:ident $op:expr;)*) => {$(
        #[inline(always)]
        pub unsafe fn $name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let (x, y) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
                if let Some(t) = quick($op, x, y) {
                    put::<W>(cx, pc, r, i, Word::from_bool(t));
                    return next(pc, r);
                }
                compare_slow::<W>(cx, pc, r, i, $op)
            }
        }
        #[inline(always)]
        pub unsafe fn $jump<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let (x, y) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
                match quick($op, x, y) {
                    Some(t) => if t == (i.a() != 0) { (target(pc, i), r) } else { next(pc, r) },
                    None => jump_slow::<W>(cx, pc, r, i, $op),
                }
            }
        }
        #[inline(always)]
        pub unsafe fn $jump_i<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let x = *r.add(b::<W>(pc, i));
                match quick($op, x, Word::from_small_int(i64::from(i.c() as i8))) {
                    Some(t) => if t == (i.a() != 0) { (target(pc, i), r) } else { next(pc, r) },
                    None => jump_slow_imm::<W>(cx, pc, r, i, $op),
                }
            }
        }
    )*};
}
compare_ops! {
    lt jump_lt jump_lt_i Compare::Lt;
    le jump_le jump_le_i Compare::Le;
    eq jump_eq jump_eq_i Compare::Eq;
    ne jump_ne jump_ne_i Compare::Ne;
    gt jump_gt jump_gt_i Compare::Gt;
    ge jump_ge jump_ge_i Compare::Ge;
}

/// Ends a conditional jump: kills its operands and jumps when the condition equals the sense.
#[inline(always)]
unsafe fn branch<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, t: PyResult<bool>) -> Next {
    // SAFETY: verified code.
    unsafe {
        match t {
            Ok(t) => {
                kill::<W>(cx, pc, r, i);
                if t == (i.a() != 0) { (target(pc, i), r) } else { next(pc, r) }
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn jump_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: Compare) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let t = compare::holds(cx, get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)), op);
        branch::<W>(cx, pc, r, i, t)
    }
}

#[cold]
#[inline(never)]
unsafe fn jump_slow_imm<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: Compare) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let k = Value::small_int(i64::from(i.c() as i8));
        let t = compare::holds(cx, get(r, b::<W>(pc, i)), k.as_ref(), op);
        branch::<W>(cx, pc, r, i, t)
    }
}

#[inline(always)]
pub unsafe fn is<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = (*r.add(b::<W>(pc, i))).is(*r.add(c::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, Ok(Value::bool(t).into()))
    }
}
#[inline(always)]
pub unsafe fn is_not<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = (*r.add(b::<W>(pc, i))).is(*r.add(c::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, Ok(Value::bool(!t).into()))
    }
}
#[inline(always)]
pub unsafe fn jump_is<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = (*r.add(b::<W>(pc, i))).is(*r.add(c::<W>(pc, i)));
        branch::<W>(cx, pc, r, i, Ok(t))
    }
}
#[inline(always)]
pub unsafe fn jump_none<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let t = *r.add(b::<W>(pc, i)) == Word::NONE;
        branch::<W>(cx, pc, r, i, Ok(t))
    }
}

#[cold]
#[inline(never)]
unsafe fn contains<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, negate: bool) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let t: PyResult<Reg> = item::contains(cx, get(r, c::<W>(pc, i)), get(r, b::<W>(pc, i))).map(|t| Value::bool(t != negate).into());
        finish::<W>(cx, pc, r, i, 0, t)
    }
}
#[inline(always)]
pub unsafe fn in_<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { contains::<W>(cx, pc, r, i, false) }
}
#[inline(always)]
pub unsafe fn not_in<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { contains::<W>(cx, pc, r, i, true) }
}
#[cold]
#[inline(never)]
pub unsafe fn jump_in<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let t = item::contains(cx, get(r, c::<W>(pc, i)), get(r, b::<W>(pc, i)));
        branch::<W>(cx, pc, r, i, t)
    }
}

#[inline(always)]
pub unsafe fn not<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let t: PyResult<Reg> = truth::of(cx, get(r, b::<W>(pc, i))).map(|t| Value::bool(!t).into());
        finish::<W>(cx, pc, r, i, 0, t)
    }
}
#[inline(always)]
pub unsafe fn to_bool<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let t: PyResult<Reg> = truth::of(cx, get(r, b::<W>(pc, i))).map(|t| Value::bool(t).into());
        finish::<W>(cx, pc, r, i, 0, t)
    }
}

#[inline(always)]
pub unsafe fn jump<const W: bool>(_cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { (target(pc, i), r) }
}

#[inline(always)]
pub unsafe fn jump_back<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        if sync::safepoint::pending(cx.slot) {
            return back_slow(cx, pc, r, i);
        }
        (target(pc, i), r)
    }
}
#[cold]
#[inline(never)]
unsafe fn back_slow(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        match poll::poll(cx) {
            Ok(()) => (target(pc, i), r),
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(always)]
pub unsafe fn jump_if<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let w = *r.add(b::<W>(pc, i));
        let t = match w {
            Word::TRUE => true,
            Word::FALSE | Word::NONE => false,
            _ if w.is_int() => w.int() != 0,
            _ => return if_slow::<W>(cx, pc, r, i),
        };
        if t == (i.a() != 0) { (target(pc, i), r) } else { next(pc, r) }
    }
}
#[cold]
#[inline(never)]
unsafe fn if_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let n = b::<W>(pc, i);
        match truth::of(cx, get(r, n)) {
            Ok(t) => {
                if i.flags() & KILL_B != 0 {
                    drop_now(cx, pc, *r.add(n));
                }
                if t == (i.a() != 0) { (target(pc, i), r) } else { next(pc, r) }
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}
