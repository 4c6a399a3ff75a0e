//! Frames as Python sees them: made when somebody asks, cut loose when the frame ends. Tracebacks name a frame object and an instruction.
//!
//! A frame object of a running frame points to the frame's header; who reads it goes through [`foreign::with_frame`], which stops the world when
//! the frame is another thread's. When the frame ends, `detach` copies what the locals hold.

use super::foreign;
use super::frame::Frame;
use bytecode::LocalKind;
use gc::{Field, Gc, Header, Payload, Ref, Value, Word};
use objects::types::cell::Cell;
use objects::types::dict::Dict;
use objects::types::exception::{self, Exception};
use objects::{Cx, ids};
use sync::prim::{AtomicPtr, AtomicU32, Ordering};

/// A frame object's payload.
#[repr(C)]
pub struct FrameObject {
    /// The running frame; null once it has ended.
    pub frame: AtomicPtr<Frame>,
    /// Code.
    pub code: Value,
    /// Globals.
    pub globals: Value,
    /// Builtins.
    pub builtins: Value,
    /// Last instruction seen when the frame ended.
    pub pc: AtomicU32,
    /// The frame below, once asked for or ended: frame object or None; unbound before.
    pub back: Field,
    /// Copied locals after the end (a list parallel to the code's locals), or the mapping of a class body; unbound before.
    pub locals: Field,
    /// `f_trace`
    pub trace: Field,
    /// Names set through `f_locals` that the code does not have: a dict; unbound before. Old values of locals that were replaced that way are
    /// kept in `kept` until the object dies, since the frame's callees may have borrowed them.
    pub extra: Field,
    /// See `extra`: a list, or unbound.
    pub kept: Field,
    /// `f_trace_lines` (bit 0) and `f_trace_opcodes` (bit 1).
    pub trace_flags: sync::prim::AtomicU8,
}

// SAFETY: visits every word.
unsafe impl Payload for FrameObject {
    const TYPE_ID: u32 = ids::FRAME;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.code, &self.globals, &self.builtins] {
            visit(v.word());
        }
        for f in [&self.back, &self.locals, &self.trace, &self.extra, &self.kept] {
            visit(f.peek());
        }
    }
}

/// A traceback entry's payload.
#[repr(C)]
pub struct Traceback {
    /// `tb_next`
    pub next: Field,
    /// `tb_frame`
    pub frame: Value,
    /// Index of the instruction.
    pub pc: u32,
    /// `tb_lineno`, 0 = from the code's table.
    pub line: AtomicU32,
}

// SAFETY: visits both words.
unsafe impl Payload for Traceback {
    const TYPE_ID: u32 = ids::TRACEBACK;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.next.peek());
        visit(self.frame.word());
    }
}

/// The frame object of a frame, made now if there is none.
pub unsafe fn object_of(f: &mut Frame) -> Option<Value> {
    // SAFETY: the frame is alive, and this thread's (or stopped).
    unsafe {
        if !f.object.is_null() {
            return Some(Ref::from_word(Word::from_header(f.object)).to_value());
        }
        let code = f.code()?.to_value();
        gc::stats::count(gc::stats::Event::FrameObject);
        let o = gc::alloc(FrameObject {
            frame: AtomicPtr::new(f),
            code,
            globals: (*f.globals).to_value(),
            builtins: (*f.builtins).to_value(),
            pc: AtomicU32::new(f.pc_index()),
            back: Field::empty(),
            locals: Field::empty(),
            trace: Field::new(Value::NONE),
            extra: Field::empty(),
            kept: Field::empty(),
            trace_flags: sync::prim::AtomicU8::new(1),
        });
        f.object = o.header() as *const Header as *mut Header;
        let v = o.into_value();
        std::mem::forget(v.clone());
        Some(v)
    }
}

/// The nearest Python frame from `f` down.
pub unsafe fn python_frame(mut f: *mut Frame) -> Option<*mut Frame> {
    // SAFETY: a chain of live frames.
    unsafe {
        while !f.is_null() && (*f).code.is_null() {
            f = (*f).prev;
        }
    }
    if f.is_null() { None } else { Some(f) }
}

/// The frame ends: its object keeps what it showed.
#[cold]
#[inline(never)]
pub unsafe fn detach(cx: &mut Cx, f: &mut Frame) {
    let _ = &cx;
    // SAFETY: the frame's registers are still as the code left them, or unbound.
    unsafe {
        let back = python_frame(f.prev).and_then(|p| object_of(&mut *p)).unwrap_or(Value::NONE);
        detach_with(f, back);
    }
}

/// A suspended generator's frame dies; its registers are still what the code left in them.
pub unsafe fn detach_dead(f: &mut Frame) {
    // SAFETY: the object belongs to this frame.
    unsafe { detach_with(f, Value::NONE) }
}

unsafe fn detach_with(f: &mut Frame, back: Value) {
    // SAFETY: the object belongs to this frame.
    unsafe {
        let held = Value::from_raw(std::mem::replace(&mut f.object, std::ptr::null_mut()).cast_const());
        let o = held.as_ref().cast::<FrameObject>();
        o.pc.store(f.pc_index(), Ordering::Relaxed);
        // Nobody else knows the object: nothing to keep.
        if held.as_ref().header().is_some_and(|h| h.count() == 1) {
            o.frame.store(std::ptr::null_mut(), Ordering::Release);
            return;
        }
        let locals = snapshot(f);
        let olds = {
            let _l = objects::cx::lock_header(o.header());
            let a = o.locals.swap(locals);
            let b = if o.back.peek() == Word::UNBOUND { o.back.swap(back) } else { back };
            (a, b)
        };
        o.frame.store(std::ptr::null_mut(), Ordering::Release);
        drop(olds);
    }
}

/// The frame's locals as a dict (functions) or its mapping (bodies).
pub unsafe fn snapshot(f: &Frame) -> Value {
    // SAFETY: the frame is alive.
    unsafe {
        if f.locals != Word::UNBOUND {
            return Ref::from_word(f.locals).to_value();
        }
        // A module's locals are its globals.
        if f.code().is_some_and(|c| c.flags & bytecode::flags::OPTIMIZED == 0) {
            return f.globals_value();
        }
        let d = Dict::new();
        let Some(code) = f.code() else { return d.into_value() };
        for (n, (_, kind)) in code.data.locals.iter().enumerate() {
            if matches!(kind, LocalKind::Hidden | LocalKind::HiddenCell) {
                continue;
            }
            let w = *f.regs.add(n);
            if w == Word::UNBOUND || w == Word::NO_SELF {
                continue;
            }
            let v = Ref::from_word(w).to_value();
            let v = match (kind, v.as_ref().exact::<Cell>()) {
                (LocalKind::Cell, Some(c)) => match c.get() {
                    Some(x) => x.into_value(),
                    None => continue,
                },
                _ => v,
            };
            d.set_str(code.local_name(n), v);
        }
        for (n, name) in code.free_names.iter().enumerate() {
            if f.closure.is_null() {
                break;
            }
            if let Some(c) = Ref::from_word(*f.closure.add(n)).exact::<Cell>()
                && let Some(v) = c.get()
            {
                d.set_str(name.as_ref(), v.into_value());
            }
        }
        d.into_value()
    }
}

/// Adds an entry for a frame's current instruction to an exception's traceback.
pub unsafe fn add_traceback(cx: &mut Cx, e: &Exception, f: &mut Frame) {
    let _ = &cx;
    // SAFETY: the frame is alive.
    unsafe {
        let pc = f.pc_index();
        let Some(frame) = object_of(f) else { return };
        let next = e.traceback.load(e.header());
        let tb: Gc<Traceback> = gc::alloc(Traceback { next: Field::new(next), frame, pc, line: AtomicU32::new(0) });
        exception::store(e, &e.traceback, tb.into_value());
    }
}

/// Line of a traceback entry.
pub fn traceback_line(t: &Traceback) -> u32 {
    match t.line.load(Ordering::Relaxed) {
        0 => code_of(&t.frame).map_or(0, |c| c.line(t.pc)),
        n => n,
    }
}

/// The code of a frame object.
pub fn code_of(frame: &Value) -> Option<&objects::types::code::Code> {
    frame.as_ref().exact::<FrameObject>().and_then(|f| f.code.as_ref().exact::<objects::types::code::Code>())
}

/// Instruction index of a frame object.
pub fn pc_of(o: &FrameObject) -> u32 {
    foreign::with_frame(o, |f| match f {
        // SAFETY: alive, and it keeps still.
        Some(f) => unsafe { (*f).pc_index() },
        None => o.pc.load(Ordering::Relaxed),
    })
}

/// The frame a frame object stands for, while it is alive. Only its own thread may look at it.
pub fn live(o: &FrameObject) -> Option<*mut Frame> {
    let f = o.frame.load(Ordering::Acquire);
    if f.is_null() { None } else { Some(f) }
}

/// The generator whose frame it stands for, while that is alive, or None. (The generator holds its frame's object, so that does not hold the generator.)
pub fn generator_of(o: &FrameObject) -> Value {
    foreign::with_frame(o, |f| match f {
        // SAFETY: a live frame's generator is alive.
        Some(f) => unsafe {
            if (*f).generator.is_null() { Value::NONE } else { Ref::from_word(Word::from_header((*f).generator)).to_value() }
        },
        None => Value::NONE,
    })
}

/// `f_back`.
pub fn back_of(o: &FrameObject) -> Value {
    foreign::with_frame(o, |f| {
        let Some(f) = f else {
            let v = o.back.load(o.header());
            return if v.word() == Word::UNBOUND { Value::NONE } else { v };
        };
        // SAFETY: a running frame's chain is alive, and so is a frame's generator.
        unsafe {
            let generator = (*f).generator;
            if !generator.is_null()
                && let Some(g) = super::generator::as_generator(Ref::from_word(Word::from_header(generator)))
                && g.state.load(Ordering::Acquire) != super::generator::RUNNING
            {
                return Value::NONE;
            }
            python_frame((*f).prev).and_then(|p| object_of(&mut *p)).unwrap_or(Value::NONE)
        }
    })
}

/// The locals of a frame object: the mapping of a body, or a dict of a function's locals as they are now.
pub fn locals_of(o: &FrameObject) -> Value {
    foreign::with_frame(o, |f| match f {
        // SAFETY: alive.
        Some(f) => unsafe { snapshot(&*f) },
        None => match o.locals.load(o.header()) {
            v if v.word() == Word::UNBOUND => Dict::new().into_value(),
            v => v,
        },
    })
}

/// Sets (or, with `None`, unbinds) a local of a function's frame. False when the code has no such variable.
pub fn set_local(cx: &mut Cx, o: &FrameObject, name: Ref<'_>, value: Option<Value>) -> objects::PyResult<bool> {
    let Some(code) = o.code.as_ref().exact::<objects::types::code::Code>() else { return Ok(false) };
    let same = |v: &Value| {
        use objects::types::str::as_str;
        as_str(v.as_ref()).zip(as_str(name)).is_some_and(|(a, b)| a.eq(b))
    };
    let local = code.local_names.iter().position(same);
    let free = code.free_names.iter().position(same);
    if local.is_none() && free.is_none() {
        return Ok(false);
    }
    let mut value = Some(value);
    // What was there before; `None` when the code has no such variable.
    let old: Option<Value> = foreign::with_frame(o, |f| {
        let value = value.take().flatten();
        let Some(f) = f else {
            let d = o.locals.load(o.header());
            if let Some(d) = d.as_ref().exact::<Dict>() {
                match value {
                    Some(v) => d.set_str(name, v),
                    None => drop(d.remove_str(name)),
                }
            }
            return Some(Value::UNBOUND);
        };
        let word = value.unwrap_or(Value::UNBOUND);
        // SAFETY: the frame is alive and keeps still.
        unsafe {
            match (local, free) {
                (Some(n), _) => {
                    let at = (*f).regs.add(n);
                    let kind = code.data.locals[n].1;
                    match (kind, Ref::from_word(*at).header().and_then(|_| Ref::from_word(*at).exact::<Cell>())) {
                        (LocalKind::Cell, Some(c)) => Some(c.set(word)),
                        // What an argument borrows is counted now: its lender may be gone before the frame object.
                        _ => Some(gc::Reg::from_word(std::mem::replace(&mut *at, word.into_word())).into_value()),
                    }
                }
                (None, Some(n)) if !(*f).closure.is_null() => Ref::from_word(*(*f).closure.add(n)).exact::<Cell>().map(|c| c.set(word)),
                _ => None,
            }
        }
    });
    let Some(old) = old else { return Ok(false) };
    if old.word().is_pointer() {
        let list = kept_list(cx, o);
        if let Some(l) = list.as_ref().exact::<objects::types::list::List>() {
            l.append(cx, old)?;
        }
    }
    Ok(true)
}

fn kept_list(cx: &mut Cx, o: &FrameObject) -> Value {
    let _l = cx.lock(o.header());
    if o.kept.peek() == Word::UNBOUND {
        std::mem::forget(o.kept.swap(objects::types::list::List::new().into_value()));
    }
    o.kept.load_locked()
}
