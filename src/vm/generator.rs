//! Generators, coroutines and async generators: frames that live on the heap.
//!
//! States of `state`: SUSPENDED (not started, or at a yield), RUNNING (linked into some thread's chain), DONE. A resumer moves SUSPENDED to RUNNING
//! with a compare-and-exchange, so two threads never run one frame; the loser gets "generator already executing". Whoever runs
//! the frame puts SUSPENDED or DONE back with release. While suspended all registers hold counted words: what a yield finds uncounted is counted there.

use super::dispatch::Next;
use super::frame::{Frame, Regs, Then, current, drop_word};
use super::{frame_object, unwind};
use bytecode::exceptions::live_depth;
use bytecode::flags as code_flags;
use gc::{Field, Header, Payload, Ref, Reg, Value, Word};
use objects::types::code::{Code, DEPTH_UNKNOWN};
use objects::types::exception::{self, ids};
use objects::types::function::{Function, SharedRef};
use objects::types::type_::slots::Sent;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, Raised};
use sync::prim::{AtomicU8, Ordering};

/// A generator's payload.
#[repr(C)]
pub struct Generator {
    /// See the module's states.
    pub state: AtomicU8,
    /// It has been resumed at least once.
    pub started: AtomicU8,
    /// For async generators: hooks have been called (1), closed (2).
    pub hooks: AtomicU8,
    /// For async generators: an `asend`/`athrow`/`aclose` is running.
    pub running_async: AtomicU8,
    /// The frame; its registers follow this payload in the cell.
    pub frame: std::cell::UnsafeCell<Frame>,
    /// The function, which keeps code, globals and closure alive.
    pub function: SharedRef<Function>,
    /// `__name__`
    pub name: Field,
    /// `__qualname__`
    pub qualname: Field,
    /// The exception being handled inside it, while suspended; None otherwise.
    handled: std::cell::UnsafeCell<Value>,
    /// Async generators: finaliser hook. Coroutines: origin.
    pub hook: Field,
}

/// Not started, or at a yield.
pub const SUSPENDED: u8 = 0;
/// In some thread's chain.
pub const RUNNING: u8 = 1;
/// Ended.
pub const DONE: u8 = 2;

// SAFETY: visits every word it owns; a running frame's registers are its thread's.
unsafe impl Payload for Generator {
    const TYPE_ID: u32 = objects::ids::GENERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.as_ref().word());
        for f in [&self.name, &self.qualname, &self.hook] {
            visit(f.peek());
        }
        if self.state.load(Ordering::Acquire) == SUSPENDED {
            // SAFETY: suspended: nobody changes the registers (racy readers look again when they confirm).
            unsafe {
                visit((*self.handled.get()).word());
                let f = &*self.frame.get();
                if let Some(code) = f.code() {
                    let n = if self.started.load(Ordering::Relaxed) == 0 {
                        code.locals as usize
                    } else {
                        live_depth(&code.data.live, f.pc_index()) as usize
                    };
                    for k in 0..n.max(code.locals as usize) {
                        let w = *f.regs.add(k);
                        if w.is_counted() {
                            visit(w);
                        }
                    }
                }
            }
        }
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        if *self.state.get_mut() != SUSPENDED {
            return;
        }
        let f = self.frame.get_mut();
        if f.code.is_null() {
            return;
        }
        // SAFETY: nobody else can reach the frame any more.
        unsafe { clear_frame(f) };
    }
}

/// Drops what a suspended frame holds.
unsafe fn clear_frame(f: &mut Frame) {
    // SAFETY: by the caller.
    unsafe {
        // First: a frame object that outlives the generator keeps what the frame shows.
        if !f.object.is_null() {
            frame_object::detach_dead(f);
        }
        let Some(code) = f.code() else { return };
        let n = live_depth(&code.data.live, f.pc_index()).max(code.locals as u16) as usize;
        unwind::drop_registers(f, 0, n);
        drop_word(std::mem::replace(&mut f.locals, Word::UNBOUND));
    }
}

/// The payload if the value is a generator, coroutine or async generator.
pub fn as_generator<'a>(v: Ref<'a>) -> Option<&'a Generator> {
    use objects::ids::{ASYNC_GENERATOR, COROUTINE, GENERATOR};
    let h = v.header()?;
    // SAFETY: the three types share the payload.
    if matches!(h.type_id(), GENERATOR | COROUTINE | ASYNC_GENERATOR) { Some(unsafe { v.cast::<Generator>() }) } else { None }
}

/// Makes the generator of a call whose arguments stand bound in `regs[..locals]`; they move.
pub unsafe fn new(cx: &mut Cx, function: &Function, code: &Code, regs: Regs) -> Value {
    let id = if code.flags & code_flags::COROUTINE != 0 {
        objects::ids::COROUTINE
    } else if code.flags & code_flags::ASYNC_GENERATOR != 0 {
        objects::ids::ASYNC_GENERATOR
    } else {
        objects::ids::GENERATOR
    };
    // SAFETY: the registers are bound; their words move into the generator, counted.
    unsafe {
        let count = code.registers as usize + 1;
        let v = gc::alloc_sized(id, size_of::<Generator>() + count * 8, |p| {
            let p = p.cast::<Generator>();
            let at = p.add(1).cast::<Word>();
            for n in 0..code.locals as usize {
                *at.add(n) = Reg::from_word(*regs.add(n)).into_value().into_word();
            }
            for n in code.locals as usize..count {
                *at.add(n) = Word::UNBOUND;
            }
            // Field by field: a whole payload would be put together on the stack first. `set_up` below writes the rest of the frame.
            (&raw mut (*p).state).write(AtomicU8::new(SUSPENDED));
            (&raw mut (*p).started).write(AtomicU8::new(0));
            (&raw mut (*p).hooks).write(AtomicU8::new(0));
            (&raw mut (*p).running_async).write(AtomicU8::new(0));
            (&raw mut (*p).function).write(SharedRef::shared(function.as_ref()));
            (&raw mut (*p).name).write(Field::new(function.name.load(function.header())));
            (&raw mut (*p).qualname).write(Field::new(function.qualname.load(function.header())));
            (&raw mut (*p).handled).write(std::cell::UnsafeCell::new(Value::NONE));
            (&raw mut (*p).hook).write(Field::new(Value::NONE));
            let f = (*p).frame.get();
            Frame::set_up(f, std::ptr::null_mut(), function, code, at);
            ((*f).then, (*f).skip, (*f).callee, (*f).drop_dst, (*f).dst) = (Then::Native, 0, 0, false, 0);
        });
        let v = v.unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<Generator>()));
        let g = v.as_ref().cast::<Generator>();
        let f = &mut *g.frame.get();
        f.generator = g.header() as *const Header as *mut Header;
        // Only code with handlers has anything to do when it is closed; coroutines tell that they were never awaited.
        // When events are told, so is the end of a generator that nobody finishes.
        if id != objects::ids::GENERATOR || cx.trace.mode != 0 || code.has_handlers {
            g.header().set_flags(gc::flag::HAS_FINALIZER);
        }
        v
    }
}

unsafe fn generator_of<'a>(f: &Frame) -> &'a Generator {
    // SAFETY: the frame is a generator's.
    unsafe { Ref::from_word(Word::from_header(f.generator)).cast::<Generator>() }
}

/// Claims a suspended generator and links its frame above the current one. `value` is what the yield gets. The caller goes on at the result.
pub unsafe fn resume(cx: &mut Cx, g: &Generator, value: Value, then: Then) -> PyResult<Next> {
    let (mut g, mut then) = (g, then);
    // SAFETY: only the claimer touches the frame.
    unsafe {
        loop {
            claim(cx, g)?;
            let f = &mut *g.frame.get();
            if cx.depth >= objects::cx::RECURSION_LIMIT.load(Ordering::Relaxed) {
                g.state.store(SUSPENDED, Ordering::Release);
                return Err(cx.recursion_error());
            }
            let prev = current(cx);
            f.prev = prev;
            f.above = (*prev).above;
            f.top = (*prev).top;
            f.then = then;
            f.callee = 0;
            cx.frame = (f as *mut Frame).cast();
            cx.depth += 1;
            if !cx.handled.as_ref().is_none() || !(*g.handled.get()).as_ref().is_none() {
                swap_handled(cx, g, true);
            }
            if g.started.load(Ordering::Relaxed) == 0 {
                g.started.store(1, Ordering::Relaxed);
                drop(value);
                return Ok((f.pc, f.regs));
            }
            match delegate(f, &value) {
                Some(inner) if cx.trace.mode == 0 => {
                    f.passing = true;
                    (g, then) = (inner, Then::Delegate);
                }
                _ => return Ok(deliver(f, value)),
            }
        }
    }
}

/// The suspended generator to which a frame at a YieldFrom passes None on, when that is all there is to do.
#[inline(always)]
unsafe fn delegate<'a>(f: &Frame, value: &Value) -> Option<&'a Generator> {
    // SAFETY: the frame's pc is at the instruction that suspended it; the delegate's register keeps it alive while the frame is suspended or passing.
    unsafe {
        let i = bytecode::Instr((*f.pc).load(Ordering::Relaxed));
        // An instruction that knows its depth has no prefix.
        if i.op_byte() != bytecode::Op::YieldFrom as u8 || !value.as_ref().is_none() || i.c() == DEPTH_UNKNOWN {
            return None;
        }
        let at = f.regs.add(i.b() as usize);
        if *at.add(1) != Word::NONE || !(*at).is_pointer() {
            return None;
        }
        let h = &*(*at).header();
        if !matches!(h.type_id(), objects::ids::GENERATOR | objects::ids::COROUTINE) {
            return None;
        }
        let g = &*h.payload().cast::<Generator>();
        (g.state.load(Ordering::Relaxed) == SUSPENDED && g.started.load(Ordering::Relaxed) != 0).then_some(g)
    }
}

/// Continues a frame that is at a Yield or YieldFrom with the value sent.
unsafe fn deliver(f: &mut Frame, value: Value) -> Next {
    use bytecode::{Instr, Op};
    // SAFETY: the frame's pc is at the instruction that suspended it.
    unsafe {
        let i = Instr((*f.pc).load(Ordering::Relaxed));
        let wide = i.c() == DEPTH_UNKNOWN && is_wide(f);
        let reg = |byte: u8, high: u8| byte as usize | if wide { (high as usize) << 8 } else { 0 };
        let prefix = if wide { Instr((*f.pc.sub(1)).load(Ordering::Relaxed)) } else { Instr(0) };
        if i.op_byte() == Op::YieldFrom as u8 {
            // c = b + 1: the sent value goes there and the instruction runs again.
            let at = f.regs.add(reg(i.b(), prefix.b()) + 1);
            let old = *at;
            *at = value.into_word();
            drop_word(old);
            f.passing = true;
            return (if wide { f.pc.sub(1) } else { f.pc }, f.regs);
        }
        let at = f.regs.add(reg(i.a(), prefix.a()));
        let old = if i.flags() & bytecode::encode::DROP_A != 0 { *at } else { Word::NONE };
        *at = value.into_word();
        drop_word(old);
        (f.pc.add(1), f.regs)
    }
}

/// How many registers are live at the suspending instruction of a frame.
#[inline(always)]
unsafe fn live_registers(f: &Frame) -> usize {
    // SAFETY: the frame's pc is at the instruction.
    unsafe {
        let c = bytecode::Instr((*f.pc).load(Ordering::Relaxed)).c();
        if c != DEPTH_UNKNOWN {
            return c as usize;
        }
        let code = &*f.code;
        live_depth(&code.data.live, f.pc_index()).max(code.locals as u16) as usize
    }
}

unsafe fn is_wide(f: &Frame) -> bool {
    // SAFETY: a word before the first instruction is not looked at.
    f.pc_index() > 0 && f.code().is_some_and(|c| c.data.instrs[f.pc_index() as usize - 1].op() == Some(bytecode::Op::Wide))
}

#[inline]
unsafe fn claim(cx: &mut Cx, g: &Generator) -> PyResult<()> {
    if !objects::cx::MULTI.load(Ordering::Relaxed) && g.state.load(Ordering::Relaxed) == SUSPENDED {
        // There is only one thread.
        g.state.store(RUNNING, Ordering::Relaxed);
        return Ok(());
    }
    // SAFETY: passed on.
    unsafe { claim_shared(cx, g) }
}

unsafe fn claim_shared(cx: &mut Cx, g: &Generator) -> PyResult<()> {
    match g.state.compare_exchange(SUSPENDED, RUNNING, Ordering::Acquire, Ordering::Relaxed) {
        Ok(_) => Ok(()),
        Err(RUNNING) => {
            let what = kind_name(g);
            Err(cx.value_error(format!("{what} already executing")))
        }
        Err(_) => {
            if g.header().type_id() == objects::ids::COROUTINE {
                return Err(cx.runtime_error("cannot reuse already awaited coroutine"));
            }
            Err(cx.raise(Value::NONE))
        }
    }
}

fn kind_name(g: &Generator) -> &'static str {
    match g.header().type_id() {
        objects::ids::COROUTINE => "coroutine",
        objects::ids::ASYNC_GENERATOR => "async generator",
        _ => "generator",
    }
}

/// The exception handled inside a generator is its own: exchanged when it is entered and left.
unsafe fn swap_handled(cx: &mut Cx, g: &Generator, entering: bool) {
    // SAFETY: the claimer's.
    unsafe {
        let slot = &mut *g.handled.get();
        if entering {
            // Inside, the resumer's handled exception shows through unless the generator handles one itself.
            if slot.as_ref().is_none() {
                *slot = cx.handled.clone();
            } else {
                std::mem::swap(slot, &mut cx.handled);
            }
        } else {
            std::mem::swap(slot, &mut cx.handled);
        }
    }
}

/// The current frame is a generator's and ends: it is done. Its registers are dead.
pub unsafe fn ended(cx: &mut Cx, f: &mut Frame) {
    // SAFETY: the frame's generator is being run by this thread.
    unsafe {
        let g = generator_of(f);
        swap_handled(cx, g, false);
        *g.handled.get() = Value::NONE;
        g.state.store(DONE, Ordering::Release);
        if g.header().flags() & gc::flag::HAS_FINALIZER != 0 {
            g.header().clear_flags(gc::flag::HAS_FINALIZER);
        }
    }
}

/// The current frame yields `value` at its current instruction: unlinks it, and those that delegate to it, and delivers the value to the resumer.
pub unsafe fn yielded(cx: &mut Cx, value: Value) -> Next {
    // SAFETY: the current frame is a generator's.
    unsafe {
        loop {
            let f = &mut *current(cx);
            let g = generator_of(f);
            // Suspended registers hold counted words only; those of a frame that only passes values on have been counted before.
            if !std::mem::replace(&mut f.passing, false) {
                for k in 0..live_registers(f) {
                    let at = f.regs.add(k);
                    let w = *at;
                    if w.is_pointer() && w.0 & 1 != 0 {
                        *at = Ref::from_word(w).to_value().into_word();
                    }
                }
            }
            if !cx.handled.as_ref().is_none() || !(*g.handled.get()).as_ref().is_none() {
                leave_handled(cx, g);
            }
            cx.frame = f.prev.cast();
            cx.depth -= 1;
            let then = f.then;
            // The last use of the frame: from here on another thread may resume it.
            g.state.store(SUSPENDED, Ordering::Release);
            match then {
                // What the delegate yields, the delegating generator yields.
                Then::Delegate => {
                    if let Err(e) = super::instrument::events::passes_on(cx, &value) {
                        return unwind::raise(cx, e);
                    }
                }
                Then::Native => {
                    YIELDED.set(true);
                    super::call::set_result(value.into_word());
                    return (&raw const super::dispatch::HALT, (*current(cx)).regs);
                }
                _ => return yielded_into_loop(cx, value),
            }
        }
    }
}

/// What the resumer was handling stays with it, and what the generator handles with the generator.
#[cold]
unsafe fn leave_handled(cx: &mut Cx, g: &Generator) {
    // SAFETY: the claimer's.
    unsafe {
        let inside = std::mem::replace(&mut cx.handled, Value::NONE);
        let outer = std::mem::replace(&mut *g.handled.get(), Value::NONE);
        let same = inside.is(&outer);
        cx.handled = outer;
        if !same {
            *g.handled.get() = inside;
        }
    }
}

thread_local! {
    static YIELDED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Resumes from native code: the value yielded or returned. The caller's reference keeps the generator alive.
pub fn send(cx: &mut Cx, g: &Generator, value: Value) -> PyResult<Sent> {
    cx.check_native_stack()?;
    let fresh = g.started.load(Ordering::Relaxed) == 0 && g.state.load(Ordering::Relaxed) == SUSPENDED;
    if fresh && !value.as_ref().is_none() {
        let n = kind_name(g);
        return Err(cx.type_error(format!("can't send non-None value to a just-started {n}")));
    }
    // SAFETY: `resume` claims the frame.
    unsafe {
        let start = match resume(cx, g, value, Then::Native) {
            Ok(s) => s,
            Err(e) => return finished(cx, e),
        };
        run_resumed(cx, start)
    }
}

/// A claim that found the generator done raised None: it ends at once.
fn finished(cx: &mut Cx, e: Raised) -> PyResult<Sent> {
    let exc = cx.catch(e);
    if exc.as_ref().is_none() {
        return Ok(Sent::Return(Value::NONE.into()));
    }
    Err(cx.raise(exc))
}

unsafe fn run_resumed(cx: &mut Cx, start: Next) -> PyResult<Sent> {
    // SAFETY: the generator's frame is current.
    let w = unsafe { super::call::run_to_result(cx, start) };
    let yielded = YIELDED.replace(false);
    if w.0 == 0 {
        return match cx.raised.take() {
            Some(e) => Err(cx.raise(e)),
            None => Err(cx.system_error("frame ended without a result")),
        };
    }
    // SAFETY: given to us by whoever left the loop.
    let r = unsafe { Reg::from_word(w) };
    Ok(if yielded { Sent::Yield(r) } else { Sent::Return(r) })
}

/// Throws an exception into a generator; the value yielded or returned.
pub fn throw(cx: &mut Cx, g: &Generator, exc: Value) -> PyResult<Sent> {
    use bytecode::{Instr, Op};
    cx.check_native_stack()?;
    let _keep = g.to_value();
    // SAFETY: the claimer's.
    unsafe {
        if let Err(e) = claim(cx, g) {
            let raised = cx.catch(e);
            return if raised.as_ref().is_none() { Err(cx.raise(exc)) } else { Err(cx.raise(raised)) };
        }
        let f = &mut *g.frame.get();
        if g.started.load(Ordering::Relaxed) == 0 {
            // Never started: it ends without running.
            let n = (*f.code).locals as usize;
            unwind::drop_registers(f, 0, n);
            g.state.store(DONE, Ordering::Release);
            g.started.store(1, Ordering::Relaxed);
            g.header().clear_flags(gc::flag::HAS_FINALIZER);
            if let Some(e) = exception::as_exception(exc.as_ref()) {
                frame_object::add_traceback(cx, e, f);
            }
            return Err(cx.raise(exc));
        }
        // A delegate gets it first.
        let i = Instr((*f.pc).load(Ordering::Relaxed));
        if i.op_byte() == Op::YieldFrom as u8 {
            let high = if is_wide(f) { Instr((*f.pc.sub(1)).load(Ordering::Relaxed)).b() as usize } else { 0 };
            let n = i.b() as usize | high << 8;
            let delegate = Ref::from_word(*f.regs.add(n)).to_value();
            let is_exit = type_of(exc.as_ref()).is_subtype_of_id(ids::GENERATOR_EXIT);
            let outcome = if is_exit {
                match close_delegate(cx, delegate.as_ref()) {
                    Ok(()) => Err(exc),
                    Err(e) => Err(cx.catch(e)),
                }
            } else {
                match throw_delegate(cx, delegate.as_ref(), &exc) {
                    Ok(Some(Sent::Yield(v))) => {
                        g.state.store(SUSPENDED, Ordering::Release);
                        return Ok(Sent::Yield(v));
                    }
                    Ok(Some(Sent::Return(v))) => Ok(v.into_value()),
                    Ok(None) => Err(exc),
                    Err(e) => Err(cx.catch(e)),
                }
            };
            return match outcome {
                Ok(value) => {
                    link(cx, g, f);
                    // The delegate has returned: as YieldFrom ends.
                    let regs = f.regs;
                    let old = (*regs.add(n), *regs.add(n + 1));
                    let high = if is_wide(f) { Instr((*f.pc.sub(1)).load(Ordering::Relaxed)).a() as usize } else { 0 };
                    let a = i.a() as usize | high << 8;
                    let dst = regs.add(a);
                    let before = if i.flags() & bytecode::encode::DROP_A != 0 { *dst } else { Word::NONE };
                    *dst = value.into_word();
                    drop_word(old.0);
                    drop_word(old.1);
                    drop_word(before);
                    let start = (f.pc.add(1), regs);
                    run_resumed(cx, start)
                }
                Err(exc) => raise_inside(cx, g, f, exc),
            };
        }
        raise_inside(cx, g, f, exc)
    }
}

unsafe fn link(cx: &mut Cx, g: &Generator, f: &mut Frame) {
    // SAFETY: the claimer's.
    unsafe {
        let prev = current(cx);
        f.prev = prev;
        f.above = (*prev).above;
        f.top = (*prev).top;
        f.then = Then::Native;
        f.callee = 0;
        f.passing = false;
        cx.frame = (f as *mut Frame).cast();
        cx.depth += 1;
        swap_handled(cx, g, true);
    }
}

unsafe fn raise_inside(cx: &mut Cx, g: &Generator, f: &mut Frame, exc: Value) -> PyResult<Sent> {
    // SAFETY: the claimer's.
    unsafe {
        link(cx, g, f);
        // The native call that throws is the caller's business.
        let native = cx.trace.native.take();
        let exc = super::instrument::events::thrown(cx, exc);
        exception::chain_context(cx, &exc);
        let e = cx.raise(exc);
        let start = unwind::raise(cx, e);
        let result = run_resumed(cx, start);
        cx.trace.native = native;
        result
    }
}

fn close_delegate(cx: &mut Cx, d: Ref<'_>) -> PyResult<()> {
    if let Some(g) = as_generator(d) {
        return close(cx, g);
    }
    if let Some(f) = objects::protocol::attr::get_optional(cx, d, objects::names::close())? {
        objects::protocol::call::positional(cx, f.as_ref(), &[])?;
    }
    Ok(())
}

/// `None`: the delegate has no `throw`.
fn throw_delegate(cx: &mut Cx, d: Ref<'_>, exc: &Value) -> PyResult<Option<Sent>> {
    if let Some(g) = as_generator(d) {
        return throw(cx, g, exc.clone()).map(Some);
    }
    let Some(f) = objects::protocol::attr::get_optional(cx, d, objects::names::throw())? else { return Ok(None) };
    match objects::protocol::call::positional(cx, f.as_ref(), &[exc.as_ref()]) {
        Ok(v) => Ok(Some(Sent::Yield(v.into()))),
        Err(e) => {
            let raised = cx.catch_if(e, ids::STOP_ITERATION)?;
            if raised.is(exc) {
                return Err(cx.raise(raised));
            }
            Ok(Some(Sent::Return(exception::extra(raised.as_ref(), 0).into())))
        }
    }
}

/// `close()`: throws GeneratorExit in; the returned value is dropped. RuntimeError when it yields instead.
pub fn close(cx: &mut Cx, g: &Generator) -> PyResult<()> {
    close_value(cx, g).map(drop)
}

/// As `close`, with the value that the generator returned.
pub fn close_value(cx: &mut Cx, g: &Generator) -> PyResult<Value> {
    if g.state.load(Ordering::Acquire) == DONE {
        return Ok(Value::NONE);
    }
    let fresh = g.started.load(Ordering::Relaxed) == 0;
    let exit = exception::new_args(ids::GENERATOR_EXIT, Vec::new());
    match throw(cx, g, exit) {
        Ok(Sent::Yield(v)) => {
            drop(v);
            let n = kind_name(g);
            Err(cx.runtime_error(format!("{n} ignored GeneratorExit")))
        }
        Ok(Sent::Return(v)) => Ok(v.into_value()),
        Err(e) => {
            let exc = cx.catch(e);
            let id = type_of(exc.as_ref());
            if id.is_subtype_of_id(ids::GENERATOR_EXIT) || (!fresh && id.is_subtype_of_id(ids::STOP_ITERATION)) {
                return Ok(Value::NONE);
            }
            Err(cx.raise(exc))
        }
    }
}

/// A generator resumed by the ForIter of the frame below has yielded.
unsafe fn yielded_into_loop(cx: &mut Cx, value: Value) -> Next {
    use bytecode::Instr;
    // SAFETY: the frame below is at its ForIter.
    unsafe {
        let below = &mut *current(cx);
        let i = Instr((*below.pc).load(Ordering::Relaxed));
        let high =
            if i.c() == DEPTH_UNKNOWN && is_wide(below) { Instr((*below.pc.sub(1)).load(Ordering::Relaxed)).a() as usize } else { 0 };
        let at = below.regs.add(i.a() as usize | high << 8);
        let old = if i.flags() & bytecode::encode::DROP_A != 0 { *at } else { Word::NONE };
        *at = value.into_word();
        let pc = below.pc;
        super::ops::drop_now(cx, pc, old);
        (pc.add(2), (*current(cx)).regs)
    }
}

/// A generator resumed by an instruction of the frame below has returned.
pub unsafe fn returned_into(cx: &mut Cx, then: Then, value: Value) -> Next {
    use bytecode::Instr;
    // SAFETY: the frame below is at its ForIter or YieldFrom.
    unsafe {
        let below = &mut *current(cx);
        let i = Instr((*below.pc).load(Ordering::Relaxed));
        let wide = i.c() == DEPTH_UNKNOWN && is_wide(below);
        let prefix = if wide { Instr((*below.pc.sub(1)).load(Ordering::Relaxed)) } else { Instr(0) };
        let b = i.b() as usize | if wide { (prefix.b() as usize) << 8 } else { 0 };
        let regs = below.regs;
        let pc = below.pc;
        match then {
            Then::ForIter => {
                let it = *regs.add(b);
                *regs.add(b) = Word::NONE;
                super::ops::drop_now(cx, pc, it);
                (pc.add(2).offset(i.signed() as isize), regs)
            }
            _ => {
                below.passing = false;
                let a = i.a() as usize | if wide { (prefix.a() as usize) << 8 } else { 0 };
                let old = (*regs.add(b), *regs.add(b + 1));
                let at = regs.add(a);
                let before = if i.flags() & bytecode::encode::DROP_A != 0 { *at } else { Word::NONE };
                *at = value.into_word();
                super::ops::drop_now(cx, pc, old.0);
                super::ops::drop_now(cx, pc, old.1);
                super::ops::drop_now(cx, pc, before);
                (pc.add(1), regs)
            }
        }
    }
}

/// A generator resumed by an instruction of the frame below has raised: StopIteration cannot come out of a frame; everything else goes on.
pub unsafe fn raised_into(_cx: &mut Cx, _then: Then, exc: Value) -> Result<Next, Value> {
    Err(exc)
}
