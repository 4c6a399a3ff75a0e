//! The answers to [`Host`].

use crate::runtime;
use crate::vm::frame::{Frame, current};
use crate::vm::{frame_object, poll};
use gc::{Gc, Payload, Ref, Value, Word};
use objects::host::Host;
use objects::protocol::{attr, call};
use objects::types::dict::Dict;
use objects::types::exception::{self, ids};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};

/// The interpreter.
pub struct Weft;

/// The innermost Python frame.
pub fn innermost(cx: &Cx) -> Option<*mut Frame> {
    // SAFETY: the chain of the calling thread.
    unsafe { frame_object::python_frame(current(cx)) }
}

impl Host for Weft {
    fn poll(&self, cx: &mut Cx) -> PyResult<()> {
        poll::in_native(cx)
    }
    fn globals(&self, cx: &mut Cx) -> Option<Value> {
        // SAFETY: a live frame.
        innermost(cx).map(|f| unsafe { (*(*f).globals).to_value() })
    }
    fn locals(&self, cx: &mut Cx) -> PyResult<Value> {
        match innermost(cx) {
            // SAFETY: a live frame of this thread.
            Some(f) => Ok(unsafe { frame_object::snapshot(&*f) }),
            None => Err(cx.system_error("frame does not exist")),
        }
    }
    fn frame(&self, cx: &mut Cx, depth: usize) -> Option<Value> {
        let mut f = innermost(cx)?;
        for _ in 0..depth {
            // SAFETY: a chain of live frames.
            f = unsafe { frame_object::python_frame((*f).prev)? };
        }
        // SAFETY: a live frame of this thread.
        unsafe { frame_object::object_of(&mut *f) }
    }
    fn import(&self, cx: &mut Cx, name: &str) -> PyResult<Value> {
        runtime::import(cx, name)
    }
    fn warn(&self, cx: &mut Cx, category: Ref<'_>, message: &str, stack_level: i64) -> PyResult<()> {
        let Some(m) = runtime::loaded("_warnings") else { return Ok(()) };
        let f = attr::get_text(cx, m.as_ref(), "warn")?.into_value();
        let text = Str::from_text(message);
        let level = objects::types::int::from_i64(stack_level);
        call::positional(cx, f.as_ref(), &[text.value().as_ref(), category, level.as_ref()])?;
        Ok(())
    }
    fn unraisable(&self, cx: &mut Cx, exc: Value, message: &str, obj: Ref<'_>) {
        runtime::unraisable(cx, exc, message, obj);
    }
    fn super_arguments(&self, cx: &mut Cx) -> PyResult<(Value, Value)> {
        let Some(f) = innermost(cx) else { return Err(cx.runtime_error("super(): no current frame")) };
        // SAFETY: a live frame of this thread.
        unsafe {
            let Some(code) = (*f).code() else { return Err(cx.runtime_error("super(): no code object")) };
            if code.arg_count == 0 {
                return Err(cx.runtime_error("super(): no arguments"));
            }
            let w = *(*f).regs;
            if w == Word::UNBOUND {
                return Err(cx.runtime_error("super(): arg[0] deleted"));
            }
            let mut obj = Ref::from_word(w).to_value();
            if let Some(c) = obj.as_ref().exact::<objects::types::cell::Cell>() {
                obj = match c.get() {
                    Some(v) => v.into_value(),
                    None => return Err(cx.runtime_error("super(): arg[0] deleted")),
                };
            }
            for (n, name) in code.free_names.iter().enumerate() {
                if name.as_ref().is(objects::names::__class__())
                    && let Some(c) = Ref::from_word(*(*f).closure.add(n)).exact::<objects::types::cell::Cell>()
                {
                    return match c.get() {
                        Some(v) => Ok((v.into_value(), obj)),
                        None => Err(cx.runtime_error("super(): empty __class__ cell")),
                    };
                }
            }
        }
        Err(cx.runtime_error("super(): __class__ cell not found"))
    }
    fn builtins(&self) -> Gc<Dict> {
        runtime::builtins()
    }
    fn audit(&self, cx: &mut Cx, event: &str, args: &[Ref<'_>]) -> PyResult<()> {
        super::audit::raise(cx, event, args)
    }
}

/// Text of an exception for the last line of a traceback.
pub fn summary(cx: &mut Cx, exc: Ref<'_>) -> String {
    let n = type_of(exc).full_name();
    let shown = match objects::protocol::text::str(cx, exc) {
        Ok(s) => s.to_string_lossy(),
        Err(e) => {
            drop(cx.catch(e));
            "<exception str() failed>".into()
        }
    };
    if shown.is_empty() { n } else { format!("{n}: {shown}") }
}

/// Prints a traceback by the interpreter's own means: for when the library's `traceback` cannot be used.
pub fn print_plain(cx: &mut Cx, exc: Ref<'_>) -> String {
    let mut out = String::new();
    if let Some(e) = exception::as_exception(exc) {
        let mut tb = e.traceback.load(e.header());
        if !tb.as_ref().is_none() {
            out.push_str("Traceback (most recent call last):\n");
        }
        while let Some(t) = tb.as_ref().exact::<frame_object::Traceback>() {
            if let Some(c) = frame_object::code_of(&t.frame) {
                let file = c.filename.load(c.header());
                let file = as_str(file.as_ref()).map_or_else(String::new, Str::to_string_lossy);
                let name = as_str(c.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
                out.push_str(&format!("  File \"{file}\", line {}, in {name}\n", frame_object::traceback_line(t)));
            }
            let next = t.next.load(t.header());
            tb = next;
        }
    }
    out.push_str(&summary(cx, exc));
    out.push('\n');
    out
}

/// Whether an exception is SystemExit.
pub fn is_system_exit(exc: Ref<'_>) -> bool {
    type_of(exc).is_subtype_of_id(ids::SYSTEM_EXIT)
}
