//! Exceptions: representation and making them. All exception types share one payload; the tree of types is in [`tree`].
//!
//! What particular exceptions have more than `args` lives in `extra`; which slot is what stands in the tree's table.

pub mod attributes;
pub mod group;
pub mod methods;
pub mod show;
pub mod tree;

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, type_of};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use sync::prim::AtomicBool;

pub use tree::ids;

/// How many extra attributes an exception may have.
pub const EXTRA: usize = 7;

/// An exception's payload.
#[repr(C)]
pub struct Exception {
    /// `args`, a tuple.
    pub args: Field,
    /// `__traceback__` or None.
    pub traceback: Field,
    /// `__cause__` or None.
    pub cause: Field,
    /// `__context__` or None.
    pub context: Field,
    /// `__suppress_context__`
    pub suppress: AtomicBool,
    /// Attributes of particular types: `value`, `code`, `name`, `errno`, ...
    pub extra: [Field; EXTRA],
}

// SAFETY: visits every field.
unsafe impl Payload for Exception {
    const TYPE_ID: u32 = ids::BASE_EXCEPTION;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [&self.args, &self.traceback, &self.cause, &self.context] {
            visit(f.peek());
        }
        self.extra.iter().for_each(|f| visit(f.peek()));
    }
}

/// The payload of a fresh exception.
pub fn payload(args: Value) -> Exception {
    Exception {
        args: Field::new(args),
        traceback: Field::new(Value::NONE),
        cause: Field::new(Value::NONE),
        context: Field::new(Value::NONE),
        suppress: AtomicBool::new(false),
        extra: [const { Field::empty() }; EXTRA],
    }
}

/// Makes an exception of a builtin type with these arguments, and sets what its `__init__` would set from them.
pub fn new_args(id: u32, args: Vec<Value>) -> Value {
    // An OSError with an error number is of the type for that number.
    let id = match args.first() {
        Some(n) if id == ids::OS_ERROR && args.len() >= 2 => attributes::os_error_type(n.as_ref()),
        _ => id,
    };
    let t = crate::types::by_id(id);
    let v = crate::types::instance::alloc_with(t, payload(Tuple::from_values(args).into_value()));
    attributes::init_from_args(&v);
    v
}

/// Makes an exception with a message.
pub fn new_text(id: u32, message: &str) -> Value {
    new_args(id, vec![Str::from_text(message).into_value()])
}

/// The payload if the value is an exception.
pub fn as_exception<'a>(v: Ref<'a>) -> Option<&'a Exception> {
    v.downcast::<Exception>()
}

/// Sets an extra attribute of a fresh exception.
pub fn set_extra(exc: &Value, i: usize, v: Value) {
    if let Some(e) = as_exception(exc.as_ref()) {
        let old = {
            let _l = crate::cx::lock_header(e.header());
            e.extra[i].swap(v)
        };
        drop(old);
    }
}

/// An extra attribute; None when it is not set.
pub fn extra(exc: Ref<'_>, i: usize) -> Value {
    match as_exception(exc) {
        Some(e) => match e.extra[i].load(e.header()) {
            v if v.word() == Word::UNBOUND => Value::NONE,
            v => v,
        },
        None => Value::NONE,
    }
}

/// Stores a field under the lock.
pub fn store(e: &Exception, f: &Field, v: Value) {
    let old = {
        let _l = crate::cx::lock_header(e.header());
        f.swap(v)
    };
    drop(old);
}

/// Makes the exception being handled the context of a new one, without making a cycle.
pub fn chain_context(cx: &mut Cx, exc: &Value) {
    if cx.handled.as_ref().is_none() || cx.handled.is(exc) {
        return;
    }
    let Some(e) = as_exception(exc.as_ref()) else { return };
    // Cut the chain where it would come back to `exc` (Brent's algorithm keeps this finite on chains that are cyclic already).
    let mut at = cx.handled.clone();
    let mut slow = at.clone();
    let mut steps = 0u32;
    while let Some(p) = as_exception(at.as_ref()) {
        let next = p.context.load(p.header());
        if next.as_ref().is_none() {
            break;
        }
        if next.is(exc) {
            store(p, &p.context, Value::NONE);
            break;
        }
        steps += 1;
        if steps.is_multiple_of(2)
            && let Some(s) = as_exception(slow.as_ref())
        {
            slow = s.context.load(s.header());
            if slow.is(&next) {
                break;
            }
        }
        at = next;
    }
    store(e, &e.context, cx.handled.clone());
}

/// Turns what `raise` got (a class or an instance) into an exception object; TypeError otherwise.
pub fn normalise(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if as_exception(v).is_some() {
        return Ok(v.to_value());
    }
    if let Some(t) = crate::types::as_type(v)
        && t.is_subtype_of_id(ids::BASE_EXCEPTION)
    {
        let made = crate::protocol::call::call(cx, v, Args::positional_only(&[]))?.into_value();
        if as_exception(made.as_ref()).is_none() {
            let (c, m) = (t.full_name(), type_of(made.as_ref()).full_name());
            return Err(
                cx.type_error(format!("calling <class '{c}'> should have returned an instance of BaseException, not <class '{m}'>"))
            );
        }
        return Ok(made);
    }
    Err(cx.type_error("exceptions must derive from BaseException"))
}

/// The `args` tuple.
pub fn args_of(e: &Exception) -> Gc<Tuple> {
    let v = e.args.load(e.header());
    // SAFETY: only tuples are stored there.
    unsafe { Gc::from_value(v) }
}

/// Raises StopIteration with a value, as a generator's return does.
pub fn stop_iteration(value: Value) -> Value {
    if value.as_ref().is_none() {
        return new_args(ids::STOP_ITERATION, Vec::new());
    }
    let e = new_args(ids::STOP_ITERATION, vec![Value::NONE]);
    if let Some(p) = as_exception(e.as_ref()) {
        store(p, &p.args, Tuple::from_values(vec![value.clone()]).into_value());
    }
    set_extra(&e, 0, value);
    e
}

/// A message as a result that is an exception's text.
pub fn message(exc: Ref<'_>) -> Reg {
    match as_exception(exc) {
        Some(e) => {
            let a = args_of(e);
            if a.is_empty() { Str::empty().into() } else { a.get(0).to_value().into() }
        }
        None => Str::empty().into(),
    }
}
