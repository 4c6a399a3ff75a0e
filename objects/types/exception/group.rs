//! `BaseExceptionGroup` and `ExceptionGroup` (PEP 654).

use super::attributes::put;
use super::methods::{call_class, init as base_init, me};
use super::{as_exception, extra, ids, show, store};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::names;
use crate::native::{Method, class_method, method};
use crate::protocol::{attr, call, iter, text as protocol_text, truth};
use crate::types::instance;
use crate::types::list::List;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, Type, as_type, by_id, type_of, type_value};
use gc::{Gc, Payload, Ref, Reg, Value};
use sync::prim::Ordering;

pub(super) fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let mut t = unsafe { class.cast::<Type>() };
    let p = args.positional();
    if p.len() != 2 {
        return Err(cx.type_error(format!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({} given)", p.len())));
    }
    if as_str(p[0]).is_none() {
        let n = type_of(p[0]).name_text();
        return Err(cx.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {n}")));
    }
    let sequence = type_of(p[1]).slots.getitem().is_some() && p[1].downcast::<crate::types::dict::Dict>().is_none();
    if !sequence {
        return Err(cx.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = iter::collect(cx, p[1])?;
    if items.is_empty() {
        return Err(cx.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut nested_base = false;
    for (i, x) in items.iter().enumerate() {
        if as_exception(x.as_ref()).is_none() {
            return Err(cx.value_error(format!("Item {i} of second argument (exceptions) is not an exception")));
        }
        nested_base |= !type_of(x.as_ref()).is_subtype_of_id(ids::EXCEPTION);
    }
    if t.id == ids::BASE_EXCEPTION_GROUP {
        if !nested_base {
            t = by_id(ids::EXCEPTION_GROUP);
        }
    } else if t.id == ids::EXCEPTION_GROUP {
        if nested_base {
            return Err(cx.type_error("Cannot nest BaseExceptions in an ExceptionGroup"));
        }
    } else if nested_base && t.is_subtype_of_id(ids::EXCEPTION) {
        let n = t.name_text();
        return Err(cx.type_error(format!("Cannot nest BaseExceptions in '{n}'")));
    }
    let v = instance::alloc_with(t, super::payload(Tuple::from_refs(p).into_value()));
    put(v.as_ref(), 0, p[0].to_value());
    put(v.as_ref(), 1, Tuple::from_values(items).into_value());
    Ok(v.into())
}

pub(super) fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)
}

pub(super) fn str(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let n = members(v).len();
    let msg = protocol_text::str(cx, extra(v, 0).as_ref())?;
    let tail = format!(" ({n} sub-exception{})", if n == 1 { "" } else { "s" });
    show::joined(cx, &[show::Part::Str(&msg), show::Part::Text(&tail)])
}

pub(super) fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let name = type_of(v).name_text();
    let msg = protocol_text::repr(cx, extra(v, 0).as_ref())?;
    let given = super::args_of(me(v));
    // What was given shows as the kind of sequence it was.
    let shown = match given.items().get(1) {
        Some(t) if t.exact::<Tuple>().is_some() => protocol_text::repr(cx, *t)?,
        _ => {
            let l = List::from_values(members(v));
            protocol_text::repr(cx, l.as_ref())?
        }
    };
    show::joined(
        cx,
        &[
            show::Part::Text(&format!("{name}(")),
            show::Part::Str(&msg),
            show::Part::Text(", "),
            show::Part::Str(&shown),
            show::Part::Text(")"),
        ],
    )
}

/// The exceptions directly in a group.
pub fn members(v: Ref<'_>) -> Vec<Value> {
    let t = extra(v, 1);
    t.as_ref().exact::<Tuple>().map_or_else(Vec::new, |t| t.items().iter().map(|r| r.to_value()).collect())
}

/// Whether the value is an exception group.
pub fn is_group(v: Ref<'_>) -> bool {
    type_of(v).is_subtype_of_id(ids::BASE_EXCEPTION_GROUP)
}

/// `derive` on the group, keeping traceback, context, cause and notes.
fn derive_like(cx: &mut Cx, group: Ref<'_>, items: Vec<Value>) -> PyResult<Value> {
    let name = Str::intern_text("derive");
    let list = List::from_values(items);
    let made = call::method(cx, group, name.as_ref(), &[list.as_ref()])?.into_value();
    if !is_group(made.as_ref()) {
        return Err(cx.type_error("derive must return an instance of BaseExceptionGroup"));
    }
    let (from, to) = (me(group), me(made.as_ref()));
    store(to, &to.traceback, from.traceback.load(from.header()));
    store(to, &to.context, from.context.load(from.header()));
    let cause = from.cause.load(from.header());
    store(to, &to.cause, cause);
    to.suppress.store(from.suppress.load(Ordering::Relaxed), Ordering::Relaxed);
    if let Some(notes) = attr::get_optional(cx, group, names::__notes__())?
        && notes.as_ref().downcast::<List>().is_some()
    {
        let copy = List::from_values(iter::collect(cx, notes.as_ref())?);
        attr::set(cx, made.as_ref(), names::__notes__(), Some(copy.as_ref()))?;
    }
    Ok(made)
}

/// What picks exceptions.
#[derive(Clone, Copy)]
enum Matcher<'a> {
    /// A type or tuple of types.
    Types(Ref<'a>),
    /// A predicate.
    Call(Ref<'a>),
    /// Those whose identity is in the list.
    Same(&'a [Value]),
}

fn matcher<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<Matcher<'a>> {
    let is_exception = |r: Ref<'_>| as_type(r).is_some_and(|t| t.is_subtype_of_id(ids::BASE_EXCEPTION));
    if is_exception(v) || v.downcast::<Tuple>().is_some_and(|t| t.items().iter().all(|x| is_exception(*x))) {
        return Ok(Matcher::Types(v));
    }
    if as_type(v).is_none() && call::is_callable(v) {
        return Ok(Matcher::Call(v));
    }
    Err(cx.type_error("expected an exception type, a tuple of exception types, or a callable (other than a class)"))
}

fn matches(cx: &mut Cx, exc: Ref<'_>, m: Matcher<'_>) -> PyResult<bool> {
    match m {
        Matcher::Types(t) => attr::is_instance(cx, exc, t),
        Matcher::Call(f) => {
            let r = call::positional(cx, f, &[exc])?;
            truth::of(cx, r.as_ref())
        }
        Matcher::Same(list) => Ok(!is_group(exc) && list.iter().any(|v| v.as_ref().is(exc))),
    }
}

/// The parts of an exception (or group) that match and that do not.
fn split_by(cx: &mut Cx, exc: Ref<'_>, m: Matcher<'_>, want_rest: bool) -> PyResult<(Option<Value>, Option<Value>)> {
    if matches(cx, exc, m)? {
        return Ok((Some(exc.to_value()), None));
    }
    if !is_group(exc) {
        return Ok((None, want_rest.then(|| exc.to_value())));
    }
    cx.check_native_stack()?;
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for x in members(exc) {
        let (a, b) = split_by(cx, x.as_ref(), m, want_rest)?;
        yes.extend(a);
        no.extend(b);
    }
    let yes = if yes.is_empty() { None } else { Some(derive_like(cx, exc, yes)?) };
    let no = if no.is_empty() { None } else { Some(derive_like(cx, exc, no)?) };
    Ok((yes, no))
}

/// The matching part and the rest of an exception, for `except*`: `types` is a type or a tuple of types.
pub fn split(cx: &mut Cx, exc: Ref<'_>, types: Ref<'_>) -> PyResult<(Option<Value>, Option<Value>)> {
    let m = matcher(cx, types)?;
    split_by(cx, exc, m, true)
}

fn leaves(v: Ref<'_>, out: &mut Vec<Value>) {
    if is_group(v) {
        members(v).iter().for_each(|x| leaves(x.as_ref(), out));
    } else {
        out.push(v.to_value());
    }
}

/// The part of `original` whose leaves are those of the `kept` groups.
pub fn project(cx: &mut Cx, original: Ref<'_>, kept: &[Value]) -> PyResult<Value> {
    let mut wanted = Vec::new();
    kept.iter().for_each(|k| leaves(k.as_ref(), &mut wanted));
    let (yes, _) = split_by(cx, original, Matcher::Same(&wanted), false)?;
    Ok(yes.unwrap_or(Value::NONE))
}

fn derive(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = type_value(ids::BASE_EXCEPTION_GROUP);
    let msg = extra(a[0], 0);
    call_class(cx, t.as_ref(), &[msg.as_ref(), a[1]]).map(Reg::from)
}

/// The methods.
pub(super) static METHODS: &[Method] = &[
    class_method("__class_getitem__", "($type, object, /)", |cx, a| crate::types::object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
    method("derive", "($self, excs, /)", derive, "A group with the same message and other exceptions."),
    method(
        "split",
        "($self, matcher_value, /)",
        |cx, a| {
            let m = matcher(cx, a[1])?;
            let (yes, no) = split_by(cx, a[0], m, true)?;
            let pair: Gc<Tuple> = Tuple::from_values(vec![yes.unwrap_or(Value::NONE), no.unwrap_or(Value::NONE)]);
            Ok(pair.into())
        },
        "The part that matches and the rest, each None when empty.",
    ),
    method(
        "subgroup",
        "($self, matcher_value, /)",
        |cx, a| {
            let m = matcher(cx, a[1])?;
            Ok(split_by(cx, a[0], m, false)?.0.unwrap_or(Value::NONE).into())
        },
        "The part that matches, or None.",
    ),
];
