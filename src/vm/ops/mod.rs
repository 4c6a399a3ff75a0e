//! Handlers by family, and what they share: operands, writing results, killing temporaries.

pub mod arith;
pub mod attr;
pub mod build;
pub mod call;
pub mod data;
pub mod exc;
pub mod flow;
pub mod generator;
pub mod jump;
pub mod scope;

use super::dispatch::{Next, prefix};
use super::frame::{Frame, Pc, Regs, current};
use super::unwind;
use bytecode::Instr;
use bytecode::encode::{DROP_A, KILL_A, KILL_B, KILL_C};
use gc::{Ref, Reg, Value, Word};
use objects::types::code::Code;
use objects::{Cx, PyResult};

/// Register number a.
#[inline(always)]
pub unsafe fn a<const W: bool>(pc: Pc, i: Instr) -> usize {
    // SAFETY: with W a prefix stands before the instruction.
    if W { i.a() as usize | (unsafe { prefix(pc) }.a() as usize) << 8 } else { i.a() as usize }
}
/// Register number b.
#[inline(always)]
pub unsafe fn b<const W: bool>(pc: Pc, i: Instr) -> usize {
    // SAFETY: with W a prefix stands before the instruction.
    if W { i.b() as usize | (unsafe { prefix(pc) }.b() as usize) << 8 } else { i.b() as usize }
}
/// Register number c.
#[inline(always)]
pub unsafe fn c<const W: bool>(pc: Pc, i: Instr) -> usize {
    // SAFETY: with W a prefix stands before the instruction.
    if W { i.c() as usize | (unsafe { prefix(pc) }.c() as usize) << 8 } else { i.c() as usize }
}
/// Stores the pc, so that errors, tracebacks and other threads see where this frame is.
#[inline(always)]
pub unsafe fn save(cx: &Cx, pc: Pc) {
    // SAFETY: there is a current frame.
    unsafe { (*current(cx)).pc = pc }
}

/// The current code.
#[inline(always)]
pub unsafe fn code<'a>(cx: &Cx) -> &'a Code {
    // SAFETY: there is a current frame, whose code outlives what its handlers do.
    unsafe { &*(*current(cx)).code }
}
/// The current frame.
#[inline(always)]
pub unsafe fn frame<'a>(cx: &Cx) -> &'a mut Frame {
    // SAFETY: there is a current frame; only this thread uses it.
    unsafe { &mut *current(cx) }
}
/// Constant `k`.
#[inline(always)]
pub unsafe fn constant<'a>(cx: &Cx, k: u32) -> Ref<'a> {
    // SAFETY: verified code.
    unsafe { code(cx).consts.get_unchecked(k as usize).as_ref() }
}
/// A register as a borrowed value.
#[inline(always)]
pub unsafe fn get<'a>(r: Regs, n: usize) -> Ref<'a> {
    // SAFETY: a live register.
    unsafe { Ref::from_word(*r.add(n)) }
}
/// Several registers as a slice of borrowed values.
#[inline(always)]
pub unsafe fn slice<'a>(r: Regs, n: usize, len: usize) -> &'a [Ref<'a>] {
    // SAFETY: live registers; Ref is a word.
    unsafe { std::slice::from_raw_parts(r.add(n).cast::<Ref<'a>>(), len) }
}

/// Takes the word of a temporary out as an owned value.
#[inline(always)]
pub unsafe fn take(r: Regs, n: usize) -> Value {
    // SAFETY: the temporary dies here.
    unsafe { Reg::from_word(*r.add(n)).into_value() }
}

/// The value of operand b or c for storing into the heap: moved out of a dying temporary, counted otherwise.
#[inline(always)]
pub unsafe fn own(r: Regs, n: usize, killed: bool) -> Value {
    // SAFETY: a live register.
    unsafe { if killed { take(r, n) } else { get(r, n).to_value() } }
}

/// Drops a dying word; runs finalisers that became due.
#[inline(always)]
pub unsafe fn drop_now(cx: &mut Cx, pc: Pc, w: Word) {
    if w.is_counted() {
        // SAFETY: the word was owned and dies.
        unsafe { drop_counted(cx, pc, w) }
    }
}
#[inline(always)]
unsafe fn drop_counted(cx: &mut Cx, pc: Pc, w: Word) {
    // SAFETY: as above.
    unsafe { (*w.header()).decref() };
    if gc::local::has_work() {
        // SAFETY: there is a current frame.
        unsafe {
            save(cx, pc);
            drain(cx);
        }
    }
}

/// Runs finalisers in the middle of an instruction: the collector must take all registers of the frame for live meanwhile.
///
/// # Safety
/// There is a current frame.
#[cold]
pub unsafe fn drain(cx: &mut Cx) {
    let f = crate::vm::frame::current(cx);
    // SAFETY: by contract; the frame is the current one again afterwards.
    unsafe {
        (*f).loose = true;
        cx.drain();
        (*f).loose = false;
    }
}

/// Writes a result to register a.
#[inline(always)]
pub unsafe fn put<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, w: Word) {
    // SAFETY: verified code.
    unsafe {
        let at = r.add(a::<W>(pc, i));
        if i.flags() & DROP_A != 0 {
            let old = *at;
            *at = w;
            drop_now(cx, pc, old);
        } else {
            *at = w;
        }
    }
}

/// The next instruction after one without cache words.
#[inline(always)]
pub unsafe fn next(pc: Pc, r: Regs) -> Next {
    // SAFETY: verified code does not run past its end.
    (unsafe { pc.add(1) }, r)
}
/// The next instruction after one with a cache word.
#[inline(always)]
pub unsafe fn next_cached(pc: Pc, r: Regs) -> Next {
    // SAFETY: verified code does not run past its end.
    (unsafe { pc.add(2) }, r)
}
/// The jump target of an instruction without cache words.
#[inline(always)]
pub unsafe fn target(pc: Pc, i: Instr) -> Pc {
    // SAFETY: verified code.
    unsafe { pc.offset(1 + i.signed() as isize) }
}

/// Drops the operands whose kill flags are set.
#[inline(always)]
pub unsafe fn kill<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) {
    // SAFETY: flagged operands are temporaries that die here.
    unsafe {
        let f = i.flags();
        if f & KILL_A != 0 {
            drop_now(cx, pc, *r.add(a::<W>(pc, i)));
        }
        if f & KILL_B != 0 {
            drop_now(cx, pc, *r.add(b::<W>(pc, i)));
        }
        if f & KILL_C != 0 {
            drop_now(cx, pc, *r.add(c::<W>(pc, i)));
        }
    }
}

/// Ends an instruction that has a result (or an error) and `caches` cache words: kills operands, writes a.
#[inline(always)]
pub unsafe fn finish<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, caches: usize, result: PyResult<Reg>) -> Next {
    // SAFETY: verified code.
    unsafe {
        match result {
            Ok(v) => {
                let w = v.into_word();
                // Words first, drops after: a drop may run Python code, which must find the result in place.
                let f = i.flags();
                let kb = if f & KILL_B != 0 { *r.add(b::<W>(pc, i)) } else { Word::NONE };
                let kc = if f & KILL_C != 0 { *r.add(c::<W>(pc, i)) } else { Word::NONE };
                put::<W>(cx, pc, r, i, w);
                drop_now(cx, pc, kb);
                drop_now(cx, pc, kc);
                (pc.add(1 + caches), r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Ends an instruction without a result.
#[inline(always)]
pub unsafe fn done<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, caches: usize, result: PyResult<()>) -> Next {
    // SAFETY: verified code.
    unsafe {
        match result {
            Ok(()) => {
                kill::<W>(cx, pc, r, i);
                (pc.add(1 + caches), r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Drops `n` consecutive temporaries from `from` on.
pub unsafe fn drop_range(cx: &mut Cx, pc: Pc, r: Regs, from: usize, n: usize) {
    for k in from..from + n {
        // SAFETY: they die here.
        unsafe { drop_now(cx, pc, *r.add(k)) };
    }
}
