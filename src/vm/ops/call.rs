//! Calls and returns.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs, Then, current};
use super::{b, c, constant, drop_now, get, next_cached, put, save, slice};
use crate::vm::call::{Pushed, finish_frame, push, returns_to};
use crate::vm::{cache, poll, unwind};
use bytecode::Instr;
use bytecode::encode::KILL_B;
use gc::{Gc, Header, Ref, Reg, Word};
use objects::args::Args;
use objects::native::{BuiltinFunction, Entry, MethodDescriptor};
use objects::protocol::call as protocol;
use objects::types::dict::{Dict, as_dict};
use objects::types::function::Function;
use objects::types::method::BoundMethod;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slot;
use objects::types::type_::{Type, by_id, flags, type_of};
use objects::{Cx, PyResult, ids};
use sync::prim::Ordering;

/// Polls between a native and the delivery of its result, which is counted meanwhile.
#[cold]
unsafe fn poll_after(cx: &mut Cx, pc: Pc, result: PyResult<Reg>) -> PyResult<Reg> {
    // SAFETY: the current instruction.
    unsafe { save(cx, pc) };
    let v = result?.into_value();
    poll::in_native(cx)?;
    Ok(v.into())
}

/// Ends a call whose result is there: the words `base .. base + len` (callee and arguments) die.
#[inline(always)]
unsafe fn finish_call<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, base: usize, len: usize, result: PyResult<Reg>) -> Next {
    // SAFETY: verified code.
    unsafe {
        // What a native has asked for (`_thread.interrupt_main`) comes before the next instruction.
        if sync::safepoint::pending(cx.slot) {
            return finish_polled::<W>(cx, pc, r, i, base, len, result);
        }
        deliver::<W>(cx, pc, r, i, base, len, result)
    }
}

/// The same when there is something to poll for.
#[cold]
#[inline(never)]
unsafe fn finish_polled<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, base: usize, len: usize, result: PyResult<Reg>) -> Next {
    // SAFETY: verified code.
    unsafe {
        let result = poll_after(cx, pc, result);
        let next = deliver::<W>(cx, pc, r, i, base, len, result);
        crate::vm::instrument::switch(cx, next)
    }
}

#[inline(always)]
unsafe fn deliver<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, base: usize, len: usize, result: PyResult<Reg>) -> Next {
    // SAFETY: verified code.
    unsafe {
        match result {
            Ok(v) => {
                // The result waits in the first dying word's place, if a is not there; drops may run Python code.
                let w = v.into_word();
                for n in base..base + len {
                    let old = *r.add(n);
                    if old.is_counted() {
                        *r.add(n) = Word::NONE;
                        (*old.header()).decref();
                    }
                }
                put::<W>(cx, pc, r, i, w);
                if gc::local::has_work() {
                    save(cx, pc);
                    super::drain(cx);
                }
                next_cached(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(always)]
pub unsafe fn call<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let base = c::<W>(pc, i);
        let callee = *r.add(base);
        save(cx, pc);
        if callee.is_pointer() && (*callee.header()).type_id() == ids::FUNCTION {
            if sync::safepoint::pending(cx.slot)
                && let Err(e) = poll::poll(cx)
            {
                return unwind::raise(cx, e);
            }
            let f = Ref::from_word(callee).cast::<Function>();
            return enter::<W>(cx, pc, r, i, f, base + 1, i.b() as usize, None, 1);
        }
        call_other::<W>(cx, pc, r, i, base, base + 1, i.b() as usize, None)
    }
}

/// Enters a Python function whose arguments start at register `first`; the callee word lies `below` registers under it (0: none).
#[inline(always)]
unsafe fn enter<const W: bool>(
    cx: &mut Cx,
    pc: Pc,
    r: Regs,
    i: Instr,
    f: &Function,
    first: usize,
    argc: usize,
    names: Option<&Tuple>,
    below: u8,
) -> Next {
    // SAFETY: verified code.
    unsafe {
        // A generator's registers are heap: what it calls gets its arguments on the thread's stack.
        if !(*current(cx)).generator.is_null() {
            return enter_from_generator::<W>(cx, pc, r, i, f, first, argc, names, below);
        }
        match push(cx, f, r.add(first), argc, names) {
            Ok(Pushed::Frame(start)) => {
                returns_to::<W>(cx, pc, i, below, 2);
                start
            }
            Ok(Pushed::Value(v)) => {
                let callee = if below > 0 { *r.add(first - below as usize) } else { Word::NONE };
                put::<W>(cx, pc, r, i, v.into_word());
                drop_now(cx, pc, callee);
                next_cached(pc, r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

#[inline(never)]
unsafe fn enter_from_generator<const W: bool>(
    cx: &mut Cx,
    pc: Pc,
    r: Regs,
    i: Instr,
    f: &Function,
    first: usize,
    argc: usize,
    names: Option<&Tuple>,
    below: u8,
) -> Next {
    // SAFETY: verified code.
    unsafe {
        let top = (*current(cx)).top;
        if top.wrapping_add(argc + 2) >= cx.stack[1] {
            let e = cx.recursion_error();
            return unwind::raise(cx, e);
        }
        // The callee word moves along, so that it dies with the call.
        let window = top.add(1);
        let callee = if below > 0 { *r.add(first - below as usize) } else { Word::NONE };
        for n in 0..argc {
            *window.add(n) = *r.add(first + n);
        }
        match push(cx, f, window, argc, names) {
            Ok(pushed) => {
                *top = callee;
                for n in 0..argc {
                    *r.add(first + n) = Word::NONE;
                }
                if below > 0 {
                    *r.add(first - below as usize) = Word::NONE;
                }
                match pushed {
                    Pushed::Frame(start) => {
                        returns_to::<W>(cx, pc, i, 1, 2);
                        start
                    }
                    Pushed::Value(v) => {
                        put::<W>(cx, pc, r, i, v.into_word());
                        drop_now(cx, pc, callee);
                        next_cached(pc, r)
                    }
                }
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Calls anything but a Python function. `base` is the first dying word, the arguments start at `first`.
#[inline(never)]
unsafe fn call_other<const W: bool>(
    cx: &mut Cx,
    pc: Pc,
    r: Regs,
    i: Instr,
    base: usize,
    first: usize,
    argc: usize,
    names: Option<&Tuple>,
) -> Next {
    // SAFETY: verified code.
    unsafe {
        let callee = get(r, base);
        let len = first - base + argc;
        let items = slice(r, first, argc);
        let args = Args { items, names };
        let Some(h) = callee.header() else {
            let result = protocol::call(cx, callee, args);
            return finish_call::<W>(cx, pc, r, i, base, len, result);
        };
        match h.type_id() {
            ids::BUILTIN_FUNCTION => {
                let f = callee.cast::<BuiltinFunction>();
                if !f.bound
                    && names.is_none()
                    && let Entry::Bound(native) = f.def.entry
                    && f.signature.simple
                    && f.signature.params.len() == argc
                {
                    let result = native(cx, items);
                    return finish_call::<W>(cx, pc, r, i, base, len, result);
                }
                if !f.bound
                    && names.is_none()
                    && let Entry::Bound(native) = f.def.entry
                    && f.signature.fits(argc)
                {
                    let result = objects::native::padded(cx, items, f.signature.params.len(), native);
                    return finish_call::<W>(cx, pc, r, i, base, len, result);
                }
            }
            ids::METHOD_DESCRIPTOR => {
                let m = callee.cast::<MethodDescriptor>();
                if names.is_none()
                    && let Entry::Bound(native) = m.def.entry
                    && m.signature.simple
                    && m.signature.params.len() + 1 == argc
                    && objects::types::type_id_of(items[0]) == m.owner
                {
                    let result = native(cx, items);
                    return finish_call::<W>(cx, pc, r, i, base, len, result);
                }
                if names.is_none()
                    && argc > 0
                    && let Entry::Bound(native) = m.def.entry
                    && m.signature.fits(argc - 1)
                    && objects::types::type_id_of(items[0]) == m.owner
                {
                    let result = objects::native::padded(cx, items, m.signature.params.len() + 1, native);
                    return finish_call::<W>(cx, pc, r, i, base, len, result);
                }
            }
            ids::METHOD if first == base + 1 => {
                // Unpacked in place: the method's word becomes the receiver, borrowed from the method, which therefore stays alive.
                let m = callee.cast::<BoundMethod>();
                let function = m.function.as_ref();
                if function.header().is_some_and(|h| h.type_id() == ids::FUNCTION) {
                    return bound::<W>(cx, pc, r, i, base, argc, names, h, function, m.receiver.as_ref());
                }
            }
            _ if type_of(callee).id == ids::TYPE && callee.cast::<Type>().has(flags::HEAP) && first == base + 1 => {
                if let Some(next) = instantiate::<W>(cx, pc, r, i, base, argc, names, callee.cast::<Type>()) {
                    return next;
                }
            }
            _ if h.type_id() == ids::TYPE && callee.cast::<Type>().id != ids::TYPE => {
                let result = protocol::construct(cx, callee, callee.cast::<Type>(), items, names);
                return finish_call::<W>(cx, pc, r, i, base, len, result);
            }
            _ => {}
        }
        let result = protocol::call(cx, callee, args);
        finish_call::<W>(cx, pc, r, i, base, len, result)
    }
}

/// Calls a bound Python method: the receiver takes the place of the method's word.
unsafe fn bound<const W: bool>(
    cx: &mut Cx,
    pc: Pc,
    r: Regs,
    i: Instr,
    base: usize,
    argc: usize,
    names: Option<&Tuple>,
    _method: &Header,
    function: Ref<'_>,
    receiver: Ref<'_>,
) -> Next {
    // SAFETY: verified code. The function and the receiver are counted for the call, so that the method itself may die.
    unsafe {
        let old = *r.add(base);
        let function = function.to_value();
        let receiver = receiver.to_value();
        let top = (*current(cx)).top;
        if top.wrapping_add(argc + 4) >= cx.stack[1] {
            let e = cx.recursion_error();
            return unwind::raise(cx, e);
        }
        // Above the frame: function, receiver, arguments.
        *top.add(1) = receiver.word();
        for n in 0..argc {
            *top.add(2 + n) = *r.add(base + 1 + n);
        }
        match push(cx, function.as_ref().cast::<Function>(), top.add(1), argc + 1, names) {
            Ok(pushed) => {
                std::mem::forget(receiver);
                *top = function.into_word();
                for n in 0..=argc {
                    *r.add(base + n) = Word::NONE;
                }
                match pushed {
                    Pushed::Frame(start) => {
                        returns_to::<W>(cx, pc, i, 1, 2);
                        super::super::frame::drop_word(old);
                        start
                    }
                    Pushed::Value(v) => {
                        put::<W>(cx, pc, r, i, v.into_word());
                        drop_now(cx, pc, *top);
                        drop_now(cx, pc, old);
                        next_cached(pc, r)
                    }
                }
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// Makes an instance of a class with `object.__new__` and a Python `__init__` (or none), in the same loop. `None`: by the ordinary path.
unsafe fn instantiate<const W: bool>(
    cx: &mut Cx,
    pc: Pc,
    r: Regs,
    i: Instr,
    base: usize,
    argc: usize,
    names: Option<&Tuple>,
    t: &Type,
) -> Option<Next> {
    // SAFETY: verified code.
    unsafe {
        let object = by_id(ids::OBJECT);
        let version = t.version();
        if t.slots.raw(Slot::new) != object.slots.raw(Slot::new) || t.has(flags::ABSTRACT) || t.layout != ids::OBJECT {
            return None;
        }
        if t.slots.raw(Slot::init) == object.slots.raw(Slot::init) {
            if argc != 0 {
                return None;
            }
            let v = objects::types::instance::alloc_plain(t);
            return Some(finish_call::<W>(cx, pc, r, i, base, 1, Ok(v.into())));
        }
        let init = t.lookup(objects::names::__init__())?;
        if init.as_ref().header().is_none_or(|h| h.type_id() != ids::FUNCTION || h.flags() & gc::flag::DEFERRED == 0) {
            return None;
        }
        // For machine code, which has the answer without looking.
        let word = cache::at(pc).load(Ordering::Relaxed);
        if version != 0 && cache::version(word) != version && (cache::version(word) == 0 || crate::vm::lookaside::should_refill()) {
            cache::fill_pool(pc, version, cache::kind::INIT, init.as_ref().word().unmarked().0, || t.version() == version);
        }
        // Deferred: not freed before this thread's next safepoint, and its frame keeps it after that.
        let obj = objects::types::instance::alloc_plain(t);
        let f = init.as_ref().cast::<Function>();
        let class = *r.add(base);
        let generator = !(*current(cx)).generator.is_null();
        let window = if generator { (*current(cx)).top } else { r.add(base) };
        if generator {
            if window.wrapping_add(argc + 4) >= cx.stack[1] {
                let e = cx.recursion_error();
                return Some(unwind::raise(cx, e));
            }
            for n in 0..argc {
                *window.add(1 + n) = *r.add(base + 1 + n);
            }
        }
        // The object is owned by the frame's header, and borrowed as its receiver.
        *window = obj.word().borrowed();
        match push(cx, f, window, argc + 1, names) {
            Ok(Pushed::Frame(start)) => {
                returns_to::<W>(cx, pc, i, 0, 2);
                let frame = &mut *current(cx);
                frame.then = Then::Init;
                frame.extra = obj.into_word();
                if generator {
                    for n in 0..=argc {
                        *r.add(base + n) = Word::NONE;
                    }
                }
                super::super::frame::drop_word(class);
                Some(start)
            }
            Ok(Pushed::Value(v)) => {
                // `__init__` is a generator function: what it returns is not None.
                let n = type_of(v.as_ref()).name_text();
                *r.add(base) = class;
                for k in 1..=argc {
                    *r.add(base + k) = Word::NONE;
                }
                let e = cx.type_error(format!("__init__() should return None, not '{n}'"));
                Some(unwind::raise(cx, e))
            }
            Err(e) => {
                *r.add(base) = class;
                Some(unwind::raise(cx, e))
            }
        }
    }
}

#[inline(always)]
pub unsafe fn call_method<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let base = c::<W>(pc, i);
        let callee = *r.add(base);
        let argc = i.b() as usize;
        save(cx, pc);
        let own = *r.add(base + 1) != Word::NO_SELF;
        if callee.is_pointer() && (*callee.header()).type_id() == ids::FUNCTION {
            if sync::safepoint::pending(cx.slot)
                && let Err(e) = poll::poll(cx)
            {
                return unwind::raise(cx, e);
            }
            let f = Ref::from_word(callee).cast::<Function>();
            return if own {
                enter::<W>(cx, pc, r, i, f, base + 1, argc + 1, None, 1)
            } else {
                enter::<W>(cx, pc, r, i, f, base + 2, argc, None, 2)
            };
        }
        if own { call_other::<W>(cx, pc, r, i, base, base + 1, argc + 1, None) } else { call_plain::<W>(cx, pc, r, i, base, argc, None) }
    }
}

/// A method call whose attribute was not a method: callee, no self, arguments.
#[inline(never)]
unsafe fn call_plain<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, base: usize, argc: usize, names: Option<&Tuple>) -> Next {
    // SAFETY: verified code.
    unsafe {
        // The callee moves next to its arguments, so that it is an ordinary call.
        *r.add(base + 1) = *r.add(base);
        *r.add(base) = Word::NONE;
        call_other::<W>(cx, pc, r, i, base + 1, base + 2, argc, names)
    }
}

#[inline(never)]
pub unsafe fn call_kw<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let base = c::<W>(pc, i);
        let callee = *r.add(base);
        save(cx, pc);
        let names = constant(cx, i.index()).cast::<Tuple>();
        if callee.is_pointer() && (*callee.header()).type_id() == ids::FUNCTION {
            if sync::safepoint::pending(cx.slot)
                && let Err(e) = poll::poll(cx)
            {
                return unwind::raise(cx, e);
            }
            let f = Ref::from_word(callee).cast::<Function>();
            return enter::<W>(cx, pc, r, i, f, base + 1, i.b() as usize, Some(names), 1);
        }
        call_other::<W>(cx, pc, r, i, base, base + 1, i.b() as usize, Some(names))
    }
}

#[inline(never)]
pub unsafe fn call_method_kw<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let base = c::<W>(pc, i);
        let callee = *r.add(base);
        let argc = i.b() as usize;
        save(cx, pc);
        let names = constant(cx, i.index()).cast::<Tuple>();
        let own = *r.add(base + 1) != Word::NO_SELF;
        if callee.is_pointer() && (*callee.header()).type_id() == ids::FUNCTION {
            let f = Ref::from_word(callee).cast::<Function>();
            return if own {
                enter::<W>(cx, pc, r, i, f, base + 1, argc + 1, Some(names), 1)
            } else {
                enter::<W>(cx, pc, r, i, f, base + 2, argc, Some(names), 2)
            };
        }
        if own {
            call_other::<W>(cx, pc, r, i, base, base + 1, argc + 1, Some(names))
        } else {
            call_plain::<W>(cx, pc, r, i, base, argc, Some(names))
        }
    }
}

/// Name of a callable in messages: "f()".
pub fn callable_text(cx: &mut Cx, f: Ref<'_>) -> String {
    let name = match objects::protocol::attr::get_optional(cx, f, objects::names::__qualname__()) {
        Ok(Some(q)) => as_str(q.as_ref()).map(Str::to_string_lossy),
        Ok(None) => None,
        Err(e) => {
            drop(cx.catch(e));
            None
        }
    };
    match name {
        Some(q) => {
            let module = match objects::protocol::attr::get_optional(cx, f, objects::names::__module__()) {
                Ok(Some(m)) => as_str(m.as_ref()).map(Str::to_string_lossy).filter(|m| m != "builtins"),
                _ => None,
            };
            match module {
                Some(m) => format!("{m}.{q}()"),
                None => format!("{q}()"),
            }
        }
        None => match objects::protocol::text::str(cx, f) {
            Ok(s) => s.to_string_lossy(),
            Err(e) => {
                drop(cx.catch(e));
                "object".into()
            }
        },
    }
}

#[inline(never)]
pub unsafe fn call_ex<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let base = c::<W>(pc, i);
        let has_kw = i.b() == 1;
        let len = 2 + usize::from(has_kw);
        let callee = get(r, base);
        let result = (|| -> PyResult<Reg> {
            let given = get(r, base + 1);
            let tuple: Gc<Tuple> = match given.exact::<Tuple>() {
                // SAFETY: it is a tuple.
                Some(_) => Gc::from_value(given.to_value()),
                None => {
                    if type_of(given).slots.iter().is_none() && type_of(given).slots.getitem().is_none() {
                        let f = callable_text(cx, callee);
                        let n = type_of(given).name_text();
                        return Err(cx.type_error(format!("{f} argument after * must be an iterable, not {n}")));
                    }
                    Tuple::from_values(objects::protocol::iter::collect(cx, given)?)
                }
            };
            let kw: Option<Gc<Dict>> = if has_kw {
                match as_dict(get(r, base + 2)) {
                    // SAFETY: it is a dict.
                    Some(d) if !d.is_empty() => Some(Gc::from_value(get(r, base + 2).to_value())),
                    Some(_) => None,
                    None => {
                        let d = Dict::new();
                        crate::vm::ops::build::merge_mapping(cx, &d, get(r, base + 2), Some(callee))?;
                        Some(d)
                    }
                }
            } else {
                None
            };
            let mut items: Vec<Ref<'_>> = tuple.items().to_vec();
            let pairs = kw.as_ref().map(|d| d.items()).unwrap_or_default();
            let mut names = Vec::with_capacity(pairs.len());
            for (k, v) in &pairs {
                if as_str(k.as_ref()).is_none() {
                    return Err(cx.type_error("keywords must be strings"));
                }
                names.push(k.as_ref());
                items.push(v.as_ref());
            }
            let names = if names.is_empty() { None } else { Some(Tuple::from_refs(&names)) };
            protocol::call(cx, callee, Args { items: &items, names: names.as_deref() })
        })();
        match result {
            Ok(v) => {
                let w = v.into_word();
                let old: Vec<Word> = (0..len).map(|n| *r.add(base + n)).collect();
                put::<W>(cx, pc, r, i, w);
                old.into_iter().for_each(|o| drop_now(cx, pc, o));
                (pc.add(1), r)
            }
            Err(e) => unwind::raise(cx, e),
        }
    }
}

/// The word to return for a register word: counted, or one that any register may hold.
#[inline(always)]
unsafe fn returned(w: Word) -> Word {
    if w.is_pointer() && w.0 & 1 != 0 {
        // SAFETY: the register keeps the cell alive.
        let h = unsafe { &*w.header() };
        if h.flags() & (gc::flag::DEFERRED | gc::flag::IMMORTAL) == 0 {
            h.incref();
            return w.unmarked();
        }
    }
    w
}

/// Drops the current frame's locals.
#[inline(always)]
unsafe fn drop_locals(cx: &mut Cx, r: Regs) {
    // SAFETY: the frame ends.
    unsafe {
        let f = &mut *current(cx);
        if !f.object.is_null() {
            crate::vm::frame_object::detach(cx, f);
        }
        let n = (*f.code).locals as usize;
        for k in 0..n {
            let w = *r.add(k);
            if w.is_counted() {
                *r.add(k) = Word::UNBOUND;
                (*w.header()).decref();
            }
        }
        if gc::local::has_work() {
            super::drain(cx);
        }
    }
}

#[inline(always)]
pub unsafe fn return_<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let n = b::<W>(pc, i);
        let mut w = *r.add(n);
        if i.flags() & KILL_B == 0 {
            // A local: moved out when it is counted.
            if w.is_counted() {
                *r.add(n) = Word::UNBOUND;
            } else {
                w = returned(w);
            }
        } else {
            w = returned(w);
        }
        save(cx, pc);
        leave_with(cx, r, w)
    }
}

#[inline(always)]
unsafe fn leave_with(cx: &mut Cx, r: Regs, w: Word) -> Next {
    // SAFETY: the frame ends.
    unsafe {
        drop_locals(cx, r);
        if !(*current(cx)).generator.is_null() {
            let f = &mut *current(cx);
            crate::vm::generator::ended(cx, f);
        }
        finish_frame(cx, w)
    }
}

#[inline(always)]
pub unsafe fn return_k<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let k = constant(cx, i.index()).word();
        save(cx, pc);
        // The code may die with its function: a constant that leaves its frame is counted unless it is immortal.
        let w = if k.is_pointer() && (*k.header()).flags() & gc::flag::IMMORTAL == 0 {
            Ref::from_word(k).to_value().into_word()
        } else {
            k.borrowed()
        };
        leave_with(cx, r, w)
    }
}
