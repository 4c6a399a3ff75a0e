//! Frames and register windows.
//!
//! Each thread has two reserved address ranges that never move: registers (words) and frame headers. A call lays the callee's window over the
//! arguments the caller has just written; its header is the next one above the caller's. A generator's frame (header and registers) lives in the
//! generator; while it runs, `above` and `top` of its header point to its resumer's, so that what it calls goes onto the thread's stack.
//!
//! Register words are raw: owned when counted, and dropped exactly once by the instruction that kills them, by the frame's exit or by the unwinder.

use gc::{Header, Value, Word};
use objects::Cx;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::function::Function;
use sync::prim::AtomicU64;

/// Pointer to an instruction.
pub type Pc = *const AtomicU64;
/// Pointer to a frame's first register.
pub type Regs = *mut Word;

/// What happens with a frame's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Then {
    /// Back to native code: the loop ends.
    Native,
    /// Into register `dst` of the frame below.
    Store,
    /// Discarded after a check for None (`__init__`); `extra` is the new object and goes into `dst`.
    Init,
    /// A generator resumed by `ForIter`: a yielded value goes into `dst`, a return jumps to the loop's exit.
    ForIter,
    /// A generator resumed by `YieldFrom` in the frame below.
    Delegate,
}

/// A frame's header.
#[repr(C)]
pub struct Frame {
    /// The instruction being executed (current whenever anything else can look: before calls and slow paths).
    pub pc: Pc,
    /// First register.
    pub regs: Regs,
    /// The code.
    pub code: *const Code,
    /// The function's payload, null for `exec`ed code.
    pub function: *const Function,
    /// Globals.
    pub globals: *const Dict,
    /// Builtins.
    pub builtins: *const Dict,
    /// Closure cells: the first item word of the closure tuple.
    pub closure: *const Word,
    /// The frame below.
    pub prev: *mut Frame,
    /// Next free header.
    pub above: *mut Frame,
    /// Next free register.
    pub top: Regs,
    /// Locals mapping of class and module bodies, an owned word, or unbound.
    pub locals: Word,
    /// Depends on `then`: the object under construction; an owned word, or unbound.
    pub extra: Word,
    /// The frame object that Python has asked for, or null. Counted.
    pub object: *mut Header,
    /// The generator whose frame this is, or null.
    pub generator: *mut Header,
    /// What happens with the result.
    pub then: Then,
    /// Words from the call instruction to the next one, in the frame below.
    pub skip: u8,
    /// Where the callee word lies below `regs`, 0 for none: it dies with the call.
    pub callee: u8,
    /// The destination is a local.
    pub drop_dst: bool,
    /// Register of the frame below that gets the result.
    pub dst: u16,
    /// A suspended frame at a YieldFrom that has been resumed and has run nothing since: its registers are counted.
    pub passing: bool,
    /// Finalisers run in the middle of its instruction, whose results stand above what the liveness table says is live.
    pub loose: bool,
}

thread_local! {
    /// Where the calling thread's frame headers are.
    static OWN_FRAMES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Whether a frame's header lies in the calling thread's range.
pub fn in_own_range(f: *const Frame) -> bool {
    let start = OWN_FRAMES.get();
    (f as usize).wrapping_sub(start) < FRAMES * size_of::<Frame>() && start != 0
}

/// A thread's reserved ranges.
pub struct Stacks {
    registers: *mut libc::c_void,
    frames: *mut libc::c_void,
}

/// Registers per thread.
const REGISTERS: usize = 24 << 20;
/// Frame headers per thread.
const FRAMES: usize = 2 << 20;
/// More frames than this are never current, whatever the recursion limit.
pub const DEEPEST: u32 = FRAMES as u32 - 100;

fn reserve(bytes: usize) -> Option<*mut libc::c_void> {
    // SAFETY: an anonymous private mapping of no particular address.
    let p = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if p == libc::MAP_FAILED { None } else { Some(p) }
}

impl Stacks {
    /// Reserves the address ranges; `None` when there is no room.
    pub fn new() -> Option<Stacks> {
        let registers = reserve(REGISTERS * 8)?;
        let Some(frames) = reserve(FRAMES * size_of::<Frame>()) else {
            // SAFETY: just mapped.
            unsafe { libc::munmap(registers, REGISTERS * 8) };
            return None;
        };
        Some(Stacks { registers, frames })
    }
    /// First register and the end.
    pub fn registers(&self) -> [*mut Word; 2] {
        let p = self.registers.cast::<Word>();
        [p, p.wrapping_add(REGISTERS - 70_000)]
    }
    /// The bottom header: a frame without code below all others.
    pub fn bottom(&self) -> *mut Frame {
        let f = self.frames.cast::<Frame>();
        OWN_FRAMES.set(f as usize);
        // SAFETY: the range is mapped and zeroed; zeroes are null pointers and `Then::Native`.
        unsafe {
            (*f).top = self.registers.cast();
            (*f).above = f.add(1);
            (*f).locals = Word::UNBOUND;
            (*f).extra = Word::UNBOUND;
        }
        f
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with these sizes; the thread uses them no more.
        unsafe {
            libc::munmap(self.registers, REGISTERS * 8);
            libc::munmap(self.frames, FRAMES * size_of::<Frame>());
        }
    }
}

/// The innermost frame.
#[inline(always)]
pub fn current(cx: &Cx) -> *mut Frame {
    cx.frame.cast()
}

/// Whether one more frame with `registers` registers from `regs` on fits: the recursion limit and the reserved range.
#[inline(always)]
pub fn has_room(cx: &Cx, regs: Regs, registers: u32) -> bool {
    cx.depth < objects::cx::RECURSION_LIMIT.load(sync::prim::Ordering::Relaxed).min(DEEPEST)
        && regs.wrapping_add(registers as usize) < cx.stack[1]
}

impl Frame {
    /// Index of the current instruction in the code.
    pub fn pc_index(&self) -> u32 {
        if self.code.is_null() {
            return 0;
        }
        // SAFETY: a frame's code lives as long as the frame.
        let start = unsafe { (*self.code).instrs.as_ptr() };
        ((self.pc as usize).wrapping_sub(start as usize) / 8) as u32
    }
    /// The code.
    pub fn code(&self) -> Option<&Code> {
        // SAFETY: a frame's code lives as long as the frame.
        unsafe { self.code.as_ref() }
    }
    /// Sets up a header for a function's frame whose first register is `regs`.
    ///
    /// # Safety
    /// `f` is a free header above `prev`; the function and its code live until the frame exits.
    #[inline(always)]
    pub unsafe fn set_up(f: *mut Frame, prev: *mut Frame, function: &Function, code: &Code, regs: Regs) {
        // SAFETY: by contract.
        unsafe {
            (*f).pc = code.instrs.as_ptr();
            (*f).regs = regs;
            (*f).code = code;
            (*f).function = function;
            (*f).globals = &*function.globals;
            (*f).builtins = &*function.builtins;
            (*f).closure = closure_items(&function.closure);
            (*f).prev = prev;
            (*f).above = f.add(1);
            (*f).top = regs.add(code.registers as usize);
            (*f).locals = Word::UNBOUND;
            (*f).extra = Word::UNBOUND;
            (*f).object = std::ptr::null_mut();
            (*f).generator = std::ptr::null_mut();
            (*f).passing = false;
            (*f).loose = false;
        }
    }
}

/// First item word of a closure tuple; dangling but unused when there is none.
#[inline(always)]
pub fn closure_items(closure: &Value) -> *const Word {
    let w = closure.word();
    // A tuple's items follow its header and length.
    if w.is_pointer() { (w.0 as usize + gc::HEADER_SIZE + 8) as *const Word } else { std::ptr::null() }
}

/// Drops the word of a register that dies, outside of the hot loop.
///
/// # Safety
/// The word was owned by the register, which forgets it.
#[inline(always)]
pub unsafe fn drop_word(w: Word) {
    if w.is_counted() {
        // SAFETY: by contract.
        unsafe { (*w.header()).decref() }
    }
}
