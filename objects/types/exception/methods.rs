//! Exceptions: what all of them have, and the declarations of their types.

use super::{Exception, args_of, as_exception, attributes, group, ids, show, store, tree};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::names;
use crate::native::{GetSet, Member, Method, getset, method};
use crate::protocol::{attr, call, iter, text as protocol_text};
use crate::types::dict::{Dict, as_dict};
use crate::types::instance;
use crate::types::list::List;
use crate::types::str::{Str, as_str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, Type, TypeSpec, flags, type_of};
use gc::{Payload, Ref, Reg, Value};
use std::sync::OnceLock;
use sync::prim::Ordering;

/// The exception that a slot, method or getter was called on.
pub(super) fn me(v: Ref<'_>) -> &Exception {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Exception>() }
}

/// Appends a note to `exc.__notes__`.
pub fn add_note(cx: &mut Cx, exc: Ref<'_>, note: &str) {
    let note = Str::from_text(note);
    if let Err(e) = append_note(cx, exc, note.as_ref()) {
        drop(cx.catch(e));
    }
}

fn append_note(cx: &mut Cx, exc: Ref<'_>, note: Ref<'_>) -> PyResult<()> {
    if let Some(found) = attr::get_optional(cx, exc, names::__notes__())? {
        let Some(list) = found.as_ref().downcast::<List>() else {
            return Err(cx.type_error("Cannot add note: __notes__ is not a list"));
        };
        return list.append(cx, note.to_value());
    }
    let list = List::from_values(vec![note.to_value()]);
    attr::set(cx, exc, names::__notes__(), Some(list.as_ref()))
}

fn new(_cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let given = Tuple::from_refs(args.positional()).into_value();
    Ok(instance::alloc_with(t, super::payload(given)).into())
}

/// `BaseException.__init__`.
pub(super) fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    if args.keyword_count() > 0 {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{n}() takes no keyword arguments")));
    }
    set_args(v, args.items);
    Ok(())
}

/// Stores the positional arguments.
pub(super) fn set_args(v: Ref<'_>, items: &[Ref<'_>]) {
    let e = me(v);
    let now = args_of(e);
    if now.len() == items.len() && now.items().iter().zip(items).all(|(a, b)| a.is(*b)) {
        return;
    }
    store(e, &e.args, Tuple::from_refs(items).into_value());
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let a = args_of(me(v));
    let name = type_of(v).name_text();
    if a.len() == 1 {
        let shown = protocol_text::repr(cx, a.get(0))?;
        return show::joined(cx, &[show::Part::Text(&format!("{name}(")), show::Part::Str(&shown), show::Part::Text(")")]);
    }
    let shown = protocol_text::repr(cx, a.as_ref())?;
    show::joined(cx, &[show::Part::Text(&name), show::Part::Str(&shown)])
}

/// `BaseException.__str__`.
pub(super) fn str(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let a = args_of(me(v));
    match a.len() {
        0 => Ok(text("")),
        1 => Ok(protocol_text::str(cx, a.get(0))?.into()),
        _ => Ok(protocol_text::repr(cx, a.as_ref())?.into()),
    }
}

/// A copy of the instance's attributes, or `None` when there are none.
pub(super) fn own_dict(v: Ref<'_>) -> Option<gc::Gc<Dict>> {
    let items = instance::own_items(v);
    if items.is_empty() {
        return None;
    }
    let d = Dict::new();
    for (k, x) in items {
        d.set_str(k.as_ref(), x);
    }
    Some(d)
}

/// `(type, args)` or `(type, args, state)`.
pub(super) fn reduced(v: Ref<'_>, args: Value, state: Option<Value>) -> Reg {
    let mut out = vec![type_of(v).as_value(), args];
    out.extend(state);
    Tuple::from_values(out).into()
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(reduced(a[0], args_of(me(a[0])).into_value(), own_dict(a[0]).map(gc::Gc::into_value)))
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if a[1].is_none() {
        return Ok(Value::NONE.into());
    }
    let Some(d) = as_dict(a[1]) else { return Err(cx.type_error("state is not a dictionary")) };
    for (k, x) in d.items() {
        attr::set(cx, a[0], k.as_ref(), Some(x.as_ref()))?;
    }
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", reduce, ""),
    method("__setstate__", "($self, object, /)", set_state, ""),
    method(
        "with_traceback",
        "($self, object, /)",
        |cx, a| {
            set_traceback(cx, a[0], Some(a[1]))?;
            Ok(a[0].to_value().into())
        },
        "Stores the traceback and gives back the exception itself.",
    ),
    method(
        "add_note",
        "($self, object, /)",
        |cx, a| {
            if as_str(a[1]).is_none() {
                let n = type_of(a[1]).name_text();
                return Err(cx.type_error(format!("add_note() argument must be str, not {n}")));
            }
            append_note(cx, a[0], a[1])?;
            Ok(Value::NONE.into())
        },
        "Adds a line that is shown below the exception.",
    ),
];

fn set_traceback(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let e = me(v);
    match x {
        None => Err(cx.type_error("__traceback__ may not be deleted")),
        Some(t) if t.is_none() || type_of(t).id == crate::ids::TRACEBACK => {
            store(e, &e.traceback, t.to_value());
            Ok(())
        }
        Some(_) => Err(cx.type_error("__traceback__ must be a traceback or None")),
    }
}

fn checked_link(cx: &mut Cx, x: Option<Ref<'_>>, name: &str, what: &str) -> PyResult<Value> {
    match x {
        None => Err(cx.type_error(format!("{name} may not be deleted"))),
        Some(c) if c.is_none() || as_exception(c).is_some() => Ok(c.to_value()),
        Some(_) => Err(cx.type_error(format!("exception {what} must be None or derive from BaseException"))),
    }
}

static GETSETS: &[GetSet] = &[
    getset("__dict__", crate::types::object::get_dict, crate::types::object::set_dict, ""),
    getset(
        "args",
        |_, v| Ok(args_of(me(v)).into()),
        |cx, v, x| {
            let Some(x) = x else { return Err(cx.type_error("args may not be deleted")) };
            let items = iter::collect(cx, x)?;
            let e = me(v);
            store(e, &e.args, Tuple::from_values(items).into_value());
            Ok(())
        },
        "",
    ),
    getset("__traceback__", |_, v| Ok(me(v).traceback.load_reg(me(v).header())), set_traceback, ""),
    getset(
        "__context__",
        |_, v| Ok(me(v).context.load_reg(me(v).header())),
        |cx, v, x| {
            let c = checked_link(cx, x, "__context__", "context")?;
            store(me(v), &me(v).context, c);
            Ok(())
        },
        "",
    ),
    getset(
        "__cause__",
        |_, v| Ok(me(v).cause.load_reg(me(v).header())),
        |cx, v, x| {
            let c = checked_link(cx, x, "__cause__", "cause")?;
            me(v).suppress.store(true, Ordering::Relaxed);
            store(me(v), &me(v).cause, c);
            Ok(())
        },
        "",
    ),
];

static MEMBERS: &[Member] = &[Member(getset(
    "__suppress_context__",
    |_, v| Ok(Value::bool(me(v).suppress.load(Ordering::Relaxed)).into()),
    |cx, v, x| match x.map(Ref::word) {
        Some(w) if w == gc::Word::TRUE || w == gc::Word::FALSE => {
            me(v).suppress.store(w == gc::Word::TRUE, Ordering::Relaxed);
            Ok(())
        }
        Some(_) => Err(cx.type_error("attribute value type must be bool")),
        None => Err(cx.type_error("can't delete numeric/char attribute")),
    },
    "",
))];

/// The slots, methods and attributes that one type adds.
fn describe(spec: TypeSpec) -> TypeSpec {
    let spec = match spec.id {
        ids::BASE_EXCEPTION => spec
            .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), str: Some(str), ..Slots::NONE })
            .methods(METHODS)
            .getsets(GETSETS)
            .doc("Common base class for all exceptions"),
        ids::KEY_ERROR => spec.slots(Slots { str: Some(show::key_error), ..Slots::NONE }),
        ids::BASE_EXCEPTION_GROUP => spec
            .slots(Slots { new: Some(group::new), init: Some(group::init), repr: Some(group::repr), str: Some(group::str), ..Slots::NONE })
            .methods(group::METHODS),
        _ => spec,
    };
    let spec = attributes::describe(spec);
    if spec.id == ids::BASE_EXCEPTION { spec.members(MEMBERS) } else { spec }
}

/// The declarations of all exception types.
pub fn specs() -> Vec<&'static TypeSpec> {
    static ALL: OnceLock<Vec<TypeSpec>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<TypeSpec> = tree::TREE
            .iter()
            .map(|r| describe(TypeSpec::of::<Exception>(r.name).id(r.id).base(r.base).with_dict().flags(flags::BASE | flags::WEAKREFS)))
            .collect();
        all.push(
            TypeSpec::of::<Exception>("ExceptionGroup")
                .id(ids::EXCEPTION_GROUP)
                .base(ids::BASE_EXCEPTION_GROUP)
                .more_bases(&[ids::EXCEPTION])
                .with_dict()
                .flags(flags::BASE | flags::WEAKREFS),
        );
        all
    })
    .iter()
    .collect()
}

/// Calls `class(*args)` and checks that an exception came out.
pub(super) fn call_class(cx: &mut Cx, f: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Value> {
    call::positional(cx, f, args)
}
