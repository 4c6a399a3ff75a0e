//! Entering and leaving functions: binding arguments into a window, pushing a frame, returning its result.

use super::dispatch::{HALT, Next, run};
use super::frame::{Frame, Pc, Regs, Then, current, drop_word, has_room};
use super::ops::{a, b, drop_now, next_cached, put};
use super::{frame_object, generator, unwind};
use bytecode::Instr;
use bytecode::encode::DROP_A;
use bytecode::flags as code_flags;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::args::Args;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::function::{Function, SharedRef};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Raised};

/// Whether calls with exactly the positional parameters need no binding.
#[inline(always)]
pub fn is_simple(code: &Code, argc: usize) -> bool {
    code.arg_count as usize == argc && code.params as usize == argc && !code.is_generator_like() && code.flags & code_flags::OPTIMIZED != 0
}

/// Result of pushing a frame.
pub enum Pushed {
    /// The frame is current; go on there.
    Frame(Next),
    /// The call is done (it made a generator).
    Value(Value),
}

/// Pushes a frame for `function` whose arguments stand in `regs[..argc]`, the last ones being keywords named by `names`. On success the arguments
/// belong to the frame; on failure they stay where they were.
#[inline(always)]
pub unsafe fn push(cx: &mut Cx, function: &Function, regs: Regs, argc: usize, names: Option<&Tuple>) -> PyResult<Pushed> {
    // SAFETY: the caller's window.
    unsafe {
        let code = function.code();
        if !has_room(cx, regs, code.registers) {
            return Err(cx.recursion_error());
        }
        if names.is_none() && is_simple(code, argc) {
            let prev = current(cx);
            let f = (*prev).above;
            Frame::set_up(f, prev, function, code, regs);
            for n in argc..code.locals as usize {
                *regs.add(n) = Word::UNBOUND;
            }
            cx.frame = f.cast();
            cx.depth += 1;
            return Ok(Pushed::Frame((code.instrs.as_ptr(), regs)));
        }
        push_bound(cx, function, regs, argc, names)
    }
}

#[inline(never)]
unsafe fn push_bound(cx: &mut Cx, function: &Function, regs: Regs, argc: usize, names: Option<&Tuple>) -> PyResult<Pushed> {
    // SAFETY: the caller's window.
    unsafe {
        let code = function.code();
        if !fill_defaults(function, code, regs, argc, names) {
            bind(cx, function, code, regs, argc, names)?;
        }
        if code.is_generator_like() {
            return Ok(Pushed::Value(generator::new(cx, function, code, regs)));
        }
        let prev = current(cx);
        let f = (*prev).above;
        Frame::set_up(f, prev, function, code, regs);
        if code.flags & code_flags::OPTIMIZED == 0 {
            (*f).locals = if code.flags & code_flags::NEWLOCALS != 0 { Dict::new().into_value() } else { (*f).globals_value() }.into_word();
        }
        cx.frame = f.cast();
        cx.depth += 1;
        Ok(Pushed::Frame((code.instrs.as_ptr(), regs)))
    }
}

impl Frame {
    /// The globals as a value.
    pub unsafe fn globals_value(&self) -> Value {
        // SAFETY: a frame's globals live as long as it.
        unsafe { (*self.globals).to_value() }
    }
}

/// The common case of binding: positional arguments only, the rest from defaults. False when it is not that; nothing has changed then.
unsafe fn fill_defaults(function: &Function, code: &Code, regs: Regs, argc: usize, names: Option<&Tuple>) -> bool {
    let positional = code.arg_count as usize;
    if names.is_some() || code.params as usize != positional || argc > positional {
        return false;
    }
    // SAFETY: `regs` has room for all registers of the code.
    unsafe {
        if argc < positional {
            let defaults = function.defaults.load(function.header());
            let Some(t) = defaults.as_ref().exact::<Tuple>() else { return false };
            let Some(first) = positional.checked_sub(t.len()) else { return false };
            if argc < first {
                return false;
            }
            for n in argc..positional {
                *regs.add(n) = t.get(n - first).to_value().into_word();
            }
        }
        for n in positional..code.locals as usize {
            *regs.add(n) = Word::UNBOUND;
        }
    }
    true
}

/// Lays arguments out as the code's parameters, in place. All locals are initialised afterwards. On failure the arguments are as they were.
unsafe fn bind(cx: &mut Cx, function: &Function, code: &Code, regs: Regs, argc: usize, names: Option<&Tuple>) -> PyResult<()> {
    // SAFETY: `regs` has room for all registers of the code.
    unsafe {
        let keywords = names.map_or(0, Tuple::len);
        let given = argc - keywords;
        let (positional, kwonly) = (code.arg_count as usize, code.kwonly_count as usize);
        let named = positional + kwonly;
        let varargs = code.flags & code_flags::VARARGS != 0;
        let varkw = code.flags & code_flags::VARKEYWORDS != 0;
        let locals = code.locals as usize;
        let mut out: Vec<Word> = vec![Word::UNBOUND; locals];
        // Words that had to be made: dropped when binding fails.
        let mut made: Vec<Value> = Vec::new();
        let word = |n: usize| *regs.add(n);
        let taken = given.min(positional);
        let mut moved = vec![false; argc];
        for (n, o) in out.iter_mut().enumerate().take(taken) {
            *o = word(n);
            moved[n] = true;
        }
        let mut extra = None;
        if varkw {
            extra = Some(Dict::new());
        }
        if let Some(names) = names {
            for k in 0..keywords {
                let name = names.get(k);
                let value = word(given + k);
                let posonly = code.data.posonly_count as usize;
                let at = (posonly..named).find(|n| code.local_name(*n).is(name)).or_else(|| {
                    let s = as_str(name)?;
                    (posonly..named).find(|n| as_str(code.local_name(*n)).is_some_and(|l| l.eq(s)))
                });
                match at {
                    Some(n) if out[n] != Word::UNBOUND => {
                        return Err(multiple_values(cx, function, name));
                    }
                    Some(n) => {
                        out[n] = value;
                        moved[given + k] = true;
                    }
                    None => match &extra {
                        Some(d) => d.set(cx, name, Ref::from_word(value))?,
                        None => return Err(unexpected_keyword(cx, function, code, names, given, name)),
                    },
                }
            }
        }
        if given > positional {
            if !varargs {
                return Err(too_many(cx, function, code, given, &out));
            }
            let rest: Vec<Value> = (positional..given).map(|n| Ref::from_word(word(n)).to_value()).collect();
            made.push(Tuple::from_values(rest).into_value());
            out[named] = made[made.len() - 1].word();
        } else if varargs {
            made.push(Tuple::empty().into_value());
            out[named] = made[made.len() - 1].word();
        }
        if let Some(d) = extra {
            let at = named + usize::from(varargs);
            made.push(d.into_value());
            out[at] = made[made.len() - 1].word();
        }
        if given < positional {
            let defaults = function.defaults.load(function.header());
            let items = defaults.as_ref().exact::<Tuple>();
            let count = items.map_or(0, Tuple::len);
            let first = positional.saturating_sub(count);
            if (given..first).any(|n| out[n] == Word::UNBOUND) {
                return Err(missing(cx, function, code, &out, 0, first.min(positional), "positional"));
            }
            for (n, o) in out.iter_mut().enumerate().take(positional).skip(first.max(given)) {
                if *o == Word::UNBOUND
                    && let Some(t) = items
                {
                    let v = t.get(n - first).to_value();
                    *o = v.word();
                    made.push(v);
                }
            }
        }
        if kwonly > 0 {
            let defaults = function.kwdefaults.load(function.header());
            let d = objects::types::dict::as_dict(defaults.as_ref());
            for (n, o) in out.iter_mut().enumerate().take(named).skip(positional) {
                if *o == Word::UNBOUND
                    && let Some(v) = d.and_then(|d| d.get_interned(code.local_name(n)))
                {
                    let v = v.into_value();
                    *o = v.word();
                    made.push(v);
                }
            }
            if (positional..named).any(|n| out[n] == Word::UNBOUND) {
                return Err(missing(cx, function, code, &out, positional, named, "keyword-only"));
            }
        }
        // Nothing can fail any more. What went into *args or **kwargs was counted again: its argument words die.
        for (n, moved) in moved.iter().enumerate() {
            if !moved {
                drop_word(word(n));
            }
        }
        for (n, o) in out.iter().enumerate() {
            *regs.add(n) = *o;
        }
        made.into_iter().for_each(std::mem::forget);
        Ok(())
    }
}

fn function_name(f: &Function) -> String {
    let q = f.qualname.load(f.header());
    as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy)
}

#[cold]
fn multiple_values(cx: &mut Cx, f: &Function, name: Ref<'_>) -> Raised {
    let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    cx.type_error(format!("{}() got multiple values for argument '{n}'", function_name(f)))
}

#[cold]
fn unexpected_keyword(cx: &mut Cx, f: &Function, code: &Code, names: &Tuple, _given: usize, name: Ref<'_>) -> Raised {
    let Some(text) = as_str(name) else {
        return cx.type_error(format!("{}() keywords must be strings", function_name(f)));
    };
    let posonly = code.data.posonly_count as usize;
    let as_keyword: Vec<String> = (0..posonly)
        .map(|n| code.local_name(n))
        .filter(|l| names.items().iter().any(|k| as_str(*k).zip(as_str(*l)).is_some_and(|(a, b)| a.eq(b))))
        .filter_map(|l| as_str(l).map(Str::to_string_lossy))
        .collect();
    if !as_keyword.is_empty() {
        return cx.type_error(format!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            function_name(f),
            as_keyword.join(", ")
        ));
    }
    let wanted = text.to_string_lossy();
    let candidates: Vec<String> = (posonly..(code.arg_count + code.kwonly_count) as usize)
        .filter_map(|n| as_str(code.local_name(n)).map(Str::to_string_lossy))
        .collect();
    let hint = closest(&wanted, &candidates).map_or_else(String::new, |c| format!(". Did you mean '{c}'?"));
    cx.type_error(format!("{}() got an unexpected keyword argument '{wanted}'{hint}", function_name(f)))
}

/// The candidate with the smallest edit distance, if it is close enough to be a likely slip.
fn closest(name: &str, candidates: &[String]) -> Option<String> {
    let distance = |b: &str| -> usize {
        let b: Vec<char> = b.chars().collect();
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in name.chars().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let cost = if x == *y { diagonal } else { diagonal + 1 };
                diagonal = row[j + 1];
                row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
            }
        }
        row[b.len()]
    };
    let limit = |c: &str| (name.chars().count() + c.chars().count() + 3) / 6;
    candidates.iter().map(|c| (distance(c), c)).filter(|(d, c)| *d <= limit(c)).min_by_key(|(d, _)| *d).map(|(_, c)| c.clone())
}

#[cold]
fn too_many(cx: &mut Cx, f: &Function, code: &Code, given: usize, out: &[Word]) -> Raised {
    let positional = code.arg_count as usize;
    let defaults = f.defaults.load(f.header());
    let d = defaults.as_ref().exact::<Tuple>().map_or(0, Tuple::len);
    let kwonly_given = out[positional..positional + code.kwonly_count as usize].iter().filter(|w| **w != Word::UNBOUND).count();
    let takes = if d > 0 { format!("from {} to {positional}", positional - d) } else { positional.to_string() };
    let plural = if d > 0 || positional != 1 { "s" } else { "" };
    let kw = if kwonly_given > 0 {
        format!(
            " positional argument{} (and {kwonly_given} keyword-only argument{})",
            if given == 1 { "" } else { "s" },
            if kwonly_given == 1 { "" } else { "s" }
        )
    } else {
        String::new()
    };
    let was = if given == 1 && kwonly_given == 0 { "was" } else { "were" };
    cx.type_error(format!("{}() takes {takes} positional argument{plural} but {given}{kw} {was} given", function_name(f)))
}

#[cold]
fn missing(cx: &mut Cx, f: &Function, code: &Code, out: &[Word], from: usize, to: usize, kind: &str) -> Raised {
    let names: Vec<String> = (from..to)
        .filter(|n| out[*n] == Word::UNBOUND)
        .filter_map(|n| as_str(code.local_name(n)).map(|s| format!("'{}'", s.to_string_lossy())))
        .collect();
    let list = match names.as_slice() {
        [one] => one.clone(),
        [a, b] => format!("{a} and {b}"),
        [first @ .., last] => format!("{}, and {last}", first.join(", ")),
        [] => String::new(),
    };
    let s = if names.len() == 1 { "" } else { "s" };
    cx.type_error(format!("{}() missing {} required {kind} argument{s}: {list}", function_name(f), names.len()))
}

/// Takes the current frame, whose registers are dead, off the stack.
#[inline(always)]
pub unsafe fn leave(cx: &mut Cx, f: &mut Frame) {
    // SAFETY: it is the current frame.
    unsafe {
        if !f.object.is_null() {
            frame_object::detach(cx, f);
        }
        let locals = std::mem::replace(&mut f.locals, Word::UNBOUND);
        cx.frame = f.prev.cast();
        cx.depth -= 1;
        drop_word(locals);
    }
}

/// Ends the current frame with a result word (owned or fit for any register) and goes on below.
#[inline(always)]
pub unsafe fn finish_frame(cx: &mut Cx, w: Word) -> Next {
    // SAFETY: the current frame's registers are dead.
    unsafe {
        let f = &mut *current(cx);
        let (then, dst, drop_dst, callee, skip) = (f.then, f.dst, f.drop_dst, f.callee, f.skip);
        let regs = f.regs;
        if then == Then::Store && f.object.is_null() && f.locals == Word::UNBOUND {
            cx.frame = f.prev.cast();
            cx.depth -= 1;
            let below = &mut *f.prev;
            let r = below.regs;
            let callee = if callee != 0 { *regs.sub(callee as usize) } else { Word::NONE };
            let at = r.add(dst as usize);
            let old = if drop_dst { *at } else { Word::NONE };
            *at = w;
            let pc = below.pc;
            if callee.is_counted() || old.is_counted() {
                drop_now(cx, pc, callee);
                drop_now(cx, pc, old);
            }
            return (pc.add(skip as usize), r);
        }
        finish_other(cx, w)
    }
}

#[inline(never)]
unsafe fn finish_other(cx: &mut Cx, w: Word) -> Next {
    // SAFETY: as above.
    unsafe {
        let f = &mut *current(cx);
        let (then, dst, drop_dst, callee, skip) = (f.then, f.dst as usize, f.drop_dst, f.callee, f.skip);
        let regs = f.regs;
        let extra = std::mem::replace(&mut f.extra, Word::UNBOUND);
        leave(cx, f);
        let below = &mut *current(cx);
        let r = below.regs;
        match then {
            Then::Native => {
                drop_word(extra);
                cx.native_result(w);
                (&raw const HALT, r)
            }
            Then::Store | Then::Init => {
                let callee = if callee != 0 { *regs.sub(callee as usize) } else { Word::NONE };
                let mut w = w;
                if then == Then::Init {
                    if w != Word::NONE {
                        let v = Reg::from_word(w).into_value();
                        let n = objects::types::type_of(v.as_ref()).name_text();
                        drop_word(extra);
                        // The callee word has been replaced by the receiver, which died with the frame.
                        *regs = Word::NONE;
                        let e = cx.type_error(format!("__init__() should return None, not '{n}'"));
                        return unwind::raise(cx, e);
                    }
                    w = extra;
                }
                let at = r.add(dst);
                let old = if drop_dst { *at } else { Word::NONE };
                *at = w;
                let pc = below.pc;
                drop_now(cx, pc, callee);
                drop_now(cx, pc, old);
                (pc.add(skip as usize), r)
            }
            Then::ForIter | Then::Delegate => generator::returned_into(cx, then, Reg::from_word(w).into_value()),
        }
    }
}

/// Where native callers find their result: see [`call_function`].
trait NativeResult {
    fn native_result(&mut self, w: Word);
}
thread_local! {
    static RESULT: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}
impl NativeResult for Cx {
    fn native_result(&mut self, w: Word) {
        RESULT.set(w.0);
    }
}

/// Runs the loop for a frame with `Then::Native`; the word that it gave, 0 when it has raised.
pub unsafe fn run_to_result(cx: &mut Cx, start: Next) -> Word {
    RESULT.set(0);
    // SAFETY: the frame is current.
    unsafe { run(cx, start.0, start.1) };
    Word(RESULT.replace(0))
}

/// Gives a value to [`run_to_result`], when the loop is left next.
pub fn set_result(w: Word) {
    RESULT.set(w.0);
}

/// Runs the loop for the frame that has just been pushed with `Then::Native`, and takes its result.
pub unsafe fn run_native(cx: &mut Cx, start: Next) -> PyResult<Reg> {
    // SAFETY: the frame is current.
    unsafe {
        match run_to_result(cx, start).0 {
            0 => match cx.raised.take() {
                Some(e) => Err(cx.raise(e)),
                None => Err(cx.system_error("frame ended without a result")),
            },
            w => Ok(Reg::from_word(Word(w))),
        }
    }
}

/// The call slot of functions, for native callers.
pub fn call_function(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    cx.check_native_stack()?;
    if sync::safepoint::pending(cx.slot) {
        super::poll::in_native(cx)?;
    }
    // SAFETY: the slot belongs to functions; the callee is kept alive by the caller, its words are borrowed.
    unsafe {
        let function = callee.cast::<Function>();
        let base = current(cx);
        let regs = (*base).top;
        if regs.wrapping_add(args.items.len() + 16) >= cx.stack[1] {
            return Err(cx.recursion_error());
        }
        for (n, v) in args.items.iter().enumerate() {
            *regs.add(n) = v.word().borrowed();
        }
        match push(cx, function, regs, args.items.len(), args.names)? {
            Pushed::Value(v) => Ok(v.into()),
            Pushed::Frame(start) => {
                let f = &mut *current(cx);
                f.then = Then::Native;
                f.callee = 0;
                run_native(cx, start)
            }
        }
    }
}

/// Prepares the header of the frame just pushed for a call instruction of the frame below.
#[inline(always)]
pub unsafe fn returns_to<const W: bool>(cx: &mut Cx, pc: Pc, i: Instr, callee: u8, skip: u8) {
    // SAFETY: the new frame is current.
    unsafe {
        let f = &mut *current(cx);
        f.then = Then::Store;
        f.callee = callee;
        f.skip = skip;
        f.drop_dst = i.flags() & DROP_A != 0;
        f.dst = a::<W>(pc, i) as u16;
    }
}

/// Calls a property's getter for an attribute load, in the same loop. `None`: not possible here.
pub unsafe fn property<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, getter: Ref<'_>, obj: Ref<'_>) -> Option<Next> {
    // SAFETY: verified code; the receiver is borrowed from a register that stays until the frame returns.
    unsafe {
        let function = getter.cast::<Function>();
        let regs = (*current(cx)).top;
        // A dying object moves into the getter's frame, where it dies with the other locals.
        let moves = i.flags() & bytecode::encode::KILL_B != 0;
        *regs = if moves { obj.word() } else { obj.word().borrowed() };
        let pushed = push(cx, function, regs, 1, None);
        if moves && pushed.is_ok() {
            // The getter may raise: then this frame's live registers are dropped, and the object is not its any more.
            *r.add(b::<W>(pc, i)) = Word::NONE;
        }
        match pushed {
            Ok(Pushed::Frame(start)) => {
                returns_to::<W>(cx, pc, i, 0, 2);
                Some(start)
            }
            Ok(Pushed::Value(v)) => {
                put::<W>(cx, pc, r, i, v.into_word());
                Some(next_cached(pc, r))
            }
            Err(e) => Some(unwind::raise(cx, e)),
        }
    }
}

/// Runs a code object as `exec` does: with given globals and locals mapping.
pub fn run_code(cx: &mut Cx, code: Ref<'_>, globals: &Gc<Dict>, builtins: &Gc<Dict>, locals: Value, closure: Value) -> PyResult<Value> {
    cx.check_native_stack()?;
    // SAFETY: a code object.
    let c = unsafe { code.cast::<Code>() };
    let function = new_function(cx, code, globals.value().as_ref(), builtins.value().as_ref(), closure, false);
    // SAFETY: the function lives in this native frame.
    unsafe {
        let f = function.as_ref().cast::<Function>();
        let regs = (*current(cx)).top;
        if !has_room(cx, regs, c.registers) {
            return Err(cx.recursion_error());
        }
        for n in 0..c.locals as usize {
            *regs.add(n) = Word::UNBOUND;
        }
        if c.is_generator_like() {
            return Ok(generator::new(cx, f, c, regs));
        }
        let prev = current(cx);
        let at = (*prev).above;
        Frame::set_up(at, prev, f, c, regs);
        (*at).locals = locals.into_word();
        (*at).then = Then::Native;
        (*at).callee = 0;
        cx.frame = at.cast();
        cx.depth += 1;
        run_native(cx, (c.instrs.as_ptr(), regs)).map(Reg::into_value)
    }
}

/// Makes a function object.
pub fn new_function(cx: &mut Cx, code: Ref<'_>, globals: Ref<'_>, builtins: Ref<'_>, closure: Value, deferred: bool) -> Value {
    use gc::Field;
    let _ = &cx;
    // SAFETY: a code object.
    let c = unsafe { code.cast::<Code>() };
    let name = c.name.clone();
    let qualname = c.qualname.clone();
    let (code, globals, builtins) = if deferred {
        (SharedRef::counted(code.to_value()), SharedRef::counted(globals.to_value()), SharedRef::counted(builtins.to_value()))
    } else {
        (SharedRef::shared(code), SharedRef::shared(globals), SharedRef::shared(builtins))
    };
    let f = objects::types::instance::alloc_with(
        objects::types::by_id(objects::ids::FUNCTION),
        Function {
            code,
            globals,
            builtins,
            closure,
            name: Field::new(name),
            qualname: Field::new(qualname),
            defaults: Field::new(Value::NONE),
            kwdefaults: Field::new(Value::NONE),
            doc: Field::empty(),
            module: Field::empty(),
            annotate: Field::new(Value::NONE),
            annotations: Field::empty(),
            type_params: Field::empty(),
            version: sync::prim::AtomicU32::new(0),
            delta_id: sync::prim::AtomicU32::new(0),
        },
    );
    if deferred && let Some(h) = f.as_ref().header() {
        h.make_deferred();
    }
    f
}
