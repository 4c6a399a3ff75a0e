//! Moving words between registers.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{a, b, code, constant, drop_now, get, next, put, save};
use crate::vm::unwind;
use bytecode::Instr;
use gc::Word;
use objects::Cx;
use objects::types::exception::ids;
use objects::types::str::as_str;

#[inline(always)]
pub unsafe fn nop<const W: bool>(_cx: &mut Cx, pc: Pc, r: Regs, _i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { next(pc, r) }
}

#[inline(always)]
pub unsafe fn move_<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let w = *r.add(b::<W>(pc, i));
        put::<W>(cx, pc, r, i, w);
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn copy<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let w = count(*r.add(b::<W>(pc, i)));
        put::<W>(cx, pc, r, i, w);
        next(pc, r)
    }
}

/// A counted copy of a register word; deferred and immortal cells stay uncounted.
#[inline(always)]
pub unsafe fn count(w: Word) -> Word {
    if !w.is_pointer() {
        return w;
    }
    // SAFETY: the register keeps the cell alive.
    let h = unsafe { &*w.header() };
    if w.0 & 1 != 0 && h.flags() & (gc::flag::DEFERRED | gc::flag::IMMORTAL) != 0 {
        return w;
    }
    h.incref();
    w.unmarked()
}

#[inline(always)]
pub unsafe fn borrow<const W: bool>(_cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code; a is a temporary.
    unsafe {
        *r.add(a::<W>(pc, i)) = (*r.add(b::<W>(pc, i))).borrowed();
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn load_k<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code. Constants are deferred and kept alive by the frame's code.
    unsafe {
        let w = constant(cx, i.index()).word().borrowed();
        put::<W>(cx, pc, r, i, w);
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn load_i<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        put::<W>(cx, pc, r, i, Word::from_small_int(i64::from(i.signed())));
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn check_bound<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = b::<W>(pc, i);
        if *r.add(n) == Word::UNBOUND { unbound(cx, pc, n) } else { next(pc, r) }
    }
}

/// Raises UnboundLocalError for local `n`.
#[cold]
#[inline(never)]
pub unsafe fn unbound(cx: &mut Cx, pc: Pc, n: usize) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let name = code(cx).local_name(n).to_value();
        let text = as_str(name.as_ref()).map_or_else(String::new, |s| s.to_string_lossy());
        let exc = objects::types::exception::new_text(
            ids::UNBOUND_LOCAL_ERROR,
            &format!("cannot access local variable '{text}' where it is not associated with a value"),
        );
        objects::types::exception::set_extra(&exc, 0, name);
        let e = cx.raise_new(exc);
        unwind::raise(cx, e)
    }
}

#[inline(always)]
pub unsafe fn del_local<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = a::<W>(pc, i);
        let old = *r.add(n);
        if old == Word::UNBOUND {
            return unbound(cx, pc, n);
        }
        *r.add(n) = Word::UNBOUND;
        drop_now(cx, pc, old);
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn clear<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = a::<W>(pc, i);
        let old = *r.add(n);
        *r.add(n) = Word::UNBOUND;
        drop_now(cx, pc, old);
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn drop_temp<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code; b dies.
    unsafe {
        drop_now(cx, pc, get(r, b::<W>(pc, i)).word());
        next(pc, r)
    }
}

#[inline(always)]
pub unsafe fn slide<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code: a..b are live temporaries below the topmost one, b.
    unsafe {
        let (low, high) = (a::<W>(pc, i), b::<W>(pc, i));
        for n in low..high {
            drop_now(cx, pc, *r.add(n));
            // A finaliser run by a later drop may look at the frame.
            *r.add(n) = Word::NONE;
        }
        *r.add(low) = *r.add(high);
        next(pc, r)
    }
}
