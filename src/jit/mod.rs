//! The compiler to machine code: which code objects have it, how threads get into it and out of it.
//!
//! Map: [`compile`] one code object to one native function · [`emit`] registers, counting and calls of handlers as machine code · [`arith`]
//! [`attr`] [`flow`] [`call`] the opcodes with machine code of their own · [`memory`] executable pages.
//!
//! The unit is a code object. Its native function does what the interpreter's loop does with the same frame: all registers stay in the frame's
//! window, so that it can be entered and left at any instruction and nothing has to be rebuilt. An opcode is either written out, with its handler
//! behind the guards, or a call of its handler. What the loop would do next comes back as a pair of instruction and registers; when that is not what
//! follows in the function, it goes to whoever called the function.
//!
//! *Getting in.* The plain loop looks at calls and returns ([`follow`]) and at back edges whether the code has a native function; if so it goes on at
//! [`ENTER`], which runs native functions until one gives an instruction that none knows. A native function that calls a Python function runs that
//! one's native function itself ([`descend`]), so that the processor predicts the return. The native stack is only a shortcut: the frames say
//! everything, and a native function that gets something back that is not for it passes it on to its own caller.
//!
//! Hot code is compiled by a thread of its own ([`worker`]); until it is ready the interpreter goes on.
//!
//! *Heat.* Calls and back edges are counted in the code object until it is compiled or found too large. The counts are racy and need not be exact.

pub mod arith;
pub mod attr;
pub mod call;
pub mod compile;
pub mod dump;
pub mod emit;
pub mod flow;
pub mod memory;
pub mod worker;

use crate::vm::dispatch::{HALT, Next};
use crate::vm::frame::{Pc, Regs, current};
use bytecode::Op;
use gc::Payload;
use objects::Cx;
use objects::types::code::Code;
use sync::prim::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// The instruction at which the plain loop goes on in native functions; no compiler makes it.
pub static ENTER: AtomicU64 = AtomicU64::new(Op::Enter as u64);

/// Calls and back edges before a code object is compiled.
const USUAL_HEAT: u32 = 1000;
static HOT: AtomicU32 = AtomicU32::new(USUAL_HEAT);
/// Heat of a code object that is not compiled any more: it is, or it cannot be.
const NEVER: u32 = u32::MAX;

static ENABLED: AtomicBool = AtomicBool::new(true);

/// Reads what the environment says: `PYTHON_JIT=0` switches the compiler off, `WEFT_JIT_HEAT=N` compiles after N calls and back edges (for tests).
pub fn configure(variable: impl Fn(&str) -> Option<String>) {
    if variable("PYTHON_JIT").as_deref() == Some("0") {
        ENABLED.store(false, Ordering::Relaxed);
    }
    if let Some(folder) = variable("WEFT_JIT_DUMP") {
        dump::to_folder(folder.into());
    }
    if let Some(n) = variable("WEFT_JIT_HEAT").and_then(|v| v.parse::<u32>().ok()) {
        HOT.store(n.min(NEVER - 1), Ordering::Relaxed);
    }
}

/// What a native function or a handler gives back: where to go on.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Pair {
    /// The instruction.
    pub pc: Pc,
    /// The registers of its frame.
    pub r: Regs,
}

/// A native function. Arguments: the context, the registers of the current frame, the number of the entry.
pub type Entry = unsafe extern "sysv64" fn(&mut Cx, Regs, u64) -> Pair;

/// A code object's native function, and what callers must know to push its frame.
#[repr(C)]
pub struct Machine {
    run: Entry,
    /// First instruction.
    start: Pc,
    /// The number of positional arguments with which a call needs no binding; `u32::MAX` when every call needs it.
    arguments: u32,
    /// Bytes of its registers.
    registers: u32,
    /// The entry for frames whose other locals are not set.
    fresh: u64,
    /// By instruction: the number of its entry, or 0.
    entries: Box<[u16]>,
    _memory: memory::Memory,
}

impl Machine {
    /// The entry at an instruction of the code; 0 when there is none.
    #[inline(always)]
    unsafe fn entry(&self, code: &Code, pc: Pc) -> u64 {
        let n = (pc as usize).wrapping_sub(code.instrs.as_ptr() as usize) / 8;
        u64::from(self.entries.get(n).copied().unwrap_or(0))
    }
}

/// The native function of a code object.
#[inline(always)]
fn machine(code: &Code) -> Option<&Machine> {
    // SAFETY: set once, to a leaked box that is freed with the code object.
    unsafe { code.machine.load(Ordering::Acquire).cast::<Machine>().as_ref() }
}

/// Whether hot code is compiled.
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Frees the native function of a dying code object.
pub fn forget(machine: *mut ()) {
    // SAFETY: made by `install`; code objects die in stops, when no frame has them.
    drop(unsafe { Box::from_raw(machine.cast::<Machine>()) });
}

/// Counts a call or back edge; compiles when the code has become hot.
#[inline(always)]
fn heat(code: &Code) {
    let n = code.heat.load(Ordering::Relaxed);
    if n < HOT.load(Ordering::Relaxed) {
        code.heat.store(n + 1, Ordering::Relaxed);
    } else if n != NEVER {
        ripe(code);
    }
}

#[cold]
#[inline(never)]
fn ripe(code: &Code) {
    // One thread compiles it.
    if code.heat.swap(NEVER, Ordering::Relaxed) == NEVER || !is_enabled() {
        return;
    }
    if HOT.load(Ordering::Relaxed) == USUAL_HEAT {
        worker::submit(code.to_value());
    } else {
        install(code);
    }
}

/// Compiles a code object.
fn install(code: &Code) {
    if let Some(m) = compile::compile(code) {
        objects::types::code::FORGET_MACHINE.get_or_init(|| forget);
        code.machine.store(Box::into_raw(Box::new(m)).cast(), Ordering::Release);
    }
}

/// After a handler that may change the current frame: goes on in machine code where there is some.
///
/// # Safety
/// `next` is what the handler of the instruction at `pc`, which has a cache word, gave back.
#[inline(always)]
pub unsafe fn follow(cx: &mut Cx, pc: Pc, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe { if std::ptr::eq(next.0, pc.add(2)) { next } else { enter_at(cx, next) } }
}

#[inline(always)]
unsafe fn enter_at(cx: &mut Cx, next: Next) -> Next {
    // SAFETY: there is a current frame; without code only below native code.
    unsafe {
        let f = current(cx);
        let code = (*f).code;
        if code.is_null() || std::ptr::eq(next.0, &raw const HALT) {
            return next;
        }
        if (*code).machine.load(Ordering::Relaxed).is_null() {
            heat(&*code);
            return next;
        }
        (*f).pc = next.0;
        (&raw const ENTER, next.1)
    }
}

/// The same for a frame that native code has just pushed.
///
/// # Safety
/// As [`follow`].
#[inline(always)]
pub unsafe fn start(cx: &mut Cx, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe { enter_at(cx, next) }
}

/// After a jump back.
///
/// # Safety
/// As [`follow`].
#[inline(always)]
pub unsafe fn back(cx: &mut Cx, _pc: Pc, next: Next) -> Next {
    // SAFETY: by contract.
    unsafe { enter_at(cx, next) }
}

/// Runs native functions until one gives an instruction that none knows.
///
/// # Safety
/// The current frame's `pc` is where to go on.
pub unsafe fn enter(cx: &mut Cx) -> Next {
    // SAFETY: the frames say what to run; a frame's code lives as long as the frame.
    unsafe {
        loop {
            let f = current(cx);
            let (pc, r) = ((*f).pc, (*f).regs);
            let Some(code) = (*f).code() else { return (pc, r) };
            let Some(m) = machine(code) else { return (pc, r) };
            let n = m.entry(code, pc);
            if n == 0 {
                return (pc, r);
            }
            let next = (m.run)(cx, r, n);
            if std::ptr::eq(next.pc, &raw const HALT) {
                return (next.pc, next.r);
            }
            let f = current(cx);
            if (*f).code.is_null() {
                return (next.pc, next.r);
            }
            (*f).pc = next.pc;
        }
    }
}

/// Whether native functions may nest deeper: they leave natives half of the stack.
#[inline(always)]
fn has_room(cx: &Cx) -> bool {
    let here = 0u8;
    (&raw const here as usize) > cx.machine_limit
}

/// Called by native functions: the handler of an instruction has changed the current frame, and this is where it goes on. Runs that frame's
/// native function, if it has one and the stack allows, and gives back what it gave.
///
/// # Safety
/// `pc` and `r` are what the handler gave back.
pub unsafe extern "sysv64" fn descend(cx: &mut Cx, pc: Pc, r: Regs) -> Pair {
    let back = Pair { pc, r };
    if std::ptr::eq(pc, &raw const HALT) || !has_room(cx) {
        return back;
    }
    // SAFETY: there is a current frame.
    unsafe {
        let Some(code) = (*current(cx)).code() else { return back };
        let Some(m) = machine(code) else {
            heat(code);
            return back;
        };
        match m.entry(code, pc) {
            0 => back,
            n => (m.run)(cx, r, n),
        }
    }
}
