//! For unit tests: an attached thread with a context and a host that knows nothing of frames, and short ways to use the protocols.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::host::Host;
use crate::protocol::{arith, attr, call, compare, text};
use crate::types::dict::Dict;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Compare;
use crate::types::type_::{type_of, type_value};
use crate::types::{exception, int};
use gc::{Gc, Ref, Reg, Value, Word};
use std::sync::Once;
use sync::prim::Ordering;

struct NoHost;

impl Host for NoHost {
    fn poll(&self, cx: &mut Cx) -> PyResult<()> {
        sync::safepoint::safepoint(cx.slot);
        cx.drain();
        Ok(())
    }
    fn globals(&self, _: &mut Cx) -> Option<Value> {
        None
    }
    fn locals(&self, _: &mut Cx) -> PyResult<Value> {
        Ok(Dict::new().into_value())
    }
    fn frame(&self, _: &mut Cx, _: usize) -> Option<Value> {
        None
    }
    fn import(&self, cx: &mut Cx, name: &str) -> PyResult<Value> {
        Err(cx.error(exception::ids::IMPORT_ERROR, name))
    }
    fn warn(&self, _: &mut Cx, _: Ref<'_>, _: &str, _: i64) -> PyResult<()> {
        Ok(())
    }
    fn unraisable(&self, _: &mut Cx, _: Value, _: &str, _: Ref<'_>) {}
    fn super_arguments(&self, cx: &mut Cx) -> PyResult<(Value, Value)> {
        Err(cx.runtime_error("super(): no arguments"))
    }
    fn builtins(&self) -> Gc<Dict> {
        Dict::new()
    }
    fn audit(&self, _: &mut Cx, _: &str, _: &[Ref<'_>]) -> PyResult<()> {
        Ok(())
    }
}

static START: Once = Once::new();

/// Runs `f` on this thread, attached and with a context.
pub fn run(f: impl FnOnce(&mut Cx)) {
    crate::cx::MULTI.store(true, Ordering::Relaxed);
    let slot = sync::threads::attach_new_thread();
    gc::local::enter(slot.id);
    let mut cx = crate::init::context(slot, [std::ptr::null_mut::<Word>(); 2], 0, &NoHost);
    crate::init::set_current(&mut *cx);
    // Whoever waits here is detached, so that the one who is at work may stop the world.
    START.call_once(|| {
        crate::init::types(&[]);
        show_strs();
    });
    f(&mut cx);
    crate::init::set_current(std::ptr::null_mut());
    drop(cx);
    gc::local::leave();
    sync::threads::detach_and_release(slot);
}

/// Gives str a `repr`, and exceptions a `str`, as long as their own are missing.
fn show_strs() {
    use crate::types::by_id;
    use crate::types::type_::slots::Slots;
    let object = by_id(crate::ids::OBJECT);
    let t = by_id(crate::ids::STR);
    if t.slots.repr().map(|f| f as usize) == object.slots.repr().map(|f| f as usize) {
        t.slots.set(&Slots {
            repr: Some(|_, v| {
                let s = crate::types::str::as_str(v).map_or_else(String::new, Str::to_string_lossy);
                Ok(crate::types::str::text(&format!("'{s}'")))
            }),
            ..Slots::NONE
        });
    }
    let t = by_id(exception::ids::TYPE_ERROR);
    if t.slots.str().map(|f| f as usize) == object.slots.str().map(|f| f as usize) {
        t.slots.set(&Slots { str: Some(|_, v| Ok(exception::message(v))), ..Slots::NONE });
    }
}

/// A result that must be there; shows the exception otherwise.
#[track_caller]
pub fn ok<T>(cx: &mut Cx, r: PyResult<T>) -> T {
    match r {
        Ok(v) => v,
        Err(e) => panic!("{}", error_text(cx, Err::<(), _>(e))),
    }
}

/// "Type: message" of a failure.
#[track_caller]
pub fn error_text<T>(cx: &mut Cx, r: PyResult<T>) -> String {
    let Err(e) = r else { panic!("no exception") };
    let exc = cx.catch(e);
    let name = type_of(exc.as_ref()).name_text();
    if let Some(e) = exception::as_exception(exc.as_ref()) {
        let args = exception::args_of(e);
        if let [only] = args.items()
            && let Some(s) = crate::types::str::as_str(*only)
            && name != "KeyError"
        {
            return format!("{name}: {}", s.to_string_lossy());
        }
        if let [only] = args.items() {
            let shown = only.to_value();
            return format!("{name}: {}", repr(cx, shown));
        }
        if args.is_empty() {
            return format!("{name}: ");
        }
    }
    match text::str(cx, exc.as_ref()) {
        Ok(s) => format!("{name}: {}", s.to_string_lossy()),
        Err(e) => {
            drop(cx.catch(e));
            name
        }
    }
}

/// `repr(v)`.
#[track_caller]
pub fn repr(cx: &mut Cx, v: impl Into<Value>) -> String {
    let v = v.into();
    let r = text::repr(cx, v.as_ref());
    ok(cx, r).to_string_lossy()
}

/// A str.
pub fn s(text: &str) -> Value {
    Str::from_text(text).into_value()
}
/// An int.
pub fn i(n: i64) -> Value {
    int::from_i64(n)
}
/// A list.
pub fn list(items: Vec<Value>) -> Value {
    List::from_values(items).into_value()
}
/// A list of ints.
pub fn ints(items: &[i64]) -> Value {
    list(items.iter().map(|n| i(*n)).collect())
}
/// A tuple.
pub fn tuple(items: Vec<Value>) -> Value {
    Tuple::from_values(items).into_value()
}
/// A dict.
pub fn dict(cx: &mut Cx, items: Vec<(Value, Value)>) -> Value {
    let d = Dict::new();
    for (k, v) in items {
        let r = d.set(cx, k.as_ref(), v.as_ref());
        ok(cx, r);
    }
    d.into_value()
}

/// `class(*args)`, the class by its static id.
pub fn make(cx: &mut Cx, id: u32, args: &[&Value]) -> PyResult<Value> {
    let class = type_value(id);
    let refs: Vec<Ref<'_>> = args.iter().map(|v| v.as_ref()).collect();
    call::positional(cx, class.as_ref(), &refs)
}

/// `v.name(*args)`.
pub fn method(cx: &mut Cx, v: &Value, name: &str, args: &[&Value]) -> PyResult<Value> {
    let name = Str::intern_text(name);
    let refs: Vec<Ref<'_>> = args.iter().map(|v| v.as_ref()).collect();
    call::method(cx, v.as_ref(), name.as_ref(), &refs).map(Reg::into_value)
}

/// `v.name(*args, **keywords)`.
pub fn method_with(cx: &mut Cx, v: &Value, name: &str, args: &[&Value], keywords: &[(&str, &Value)]) -> PyResult<Value> {
    let f = attr::get_text(cx, v.as_ref(), name)?.into_value();
    let names = Tuple::from_values(keywords.iter().map(|(n, _)| Str::intern_text(n)).collect());
    let items: Vec<Ref<'_>> = args.iter().map(|v| v.as_ref()).chain(keywords.iter().map(|(_, v)| v.as_ref())).collect();
    call::call(cx, f.as_ref(), Args { items: &items, names: Some(&names) }).map(Reg::into_value)
}

/// `a op b`.
pub fn binary(cx: &mut Cx, op: arith::Op, a: &Value, b: &Value) -> PyResult<Value> {
    arith::binary(cx, op, a.as_ref(), b.as_ref()).map(Reg::into_value)
}

/// Whether `a op b`.
#[track_caller]
pub fn holds(cx: &mut Cx, a: &Value, op: Compare, b: &Value) -> bool {
    let r = compare::holds(cx, a.as_ref(), b.as_ref(), op);
    ok(cx, r)
}

/// Everything that an iterable gives, as a list's repr.
#[track_caller]
pub fn drain(cx: &mut Cx, v: &Value) -> String {
    let r = crate::types::list::methods::from_iterable(cx, v.as_ref());
    let l = ok(cx, r);
    repr(cx, l)
}
