//! `types.GenericAlias` (PEP 585, PEP 646).

use super::{is_one_of, name, parameters, show_item, substitute, union};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Member, Method, getter, method};
use crate::protocol::{attr, call, compare, hash, iter};
use crate::types::exception;
use crate::types::instance;
use crate::types::list::List;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, by_id, flags, type_value};
use ::text::builder::StrBuilder;
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

/// An alias's payload.
#[repr(C)]
pub struct GenericAlias {
    /// `__origin__`
    pub origin: Value,
    /// `__args__`, a tuple.
    pub args: Value,
    /// `__parameters__`, once asked for.
    parameters: Field,
    /// `*alias`
    pub starred: bool,
}
// SAFETY: visits every word.
unsafe impl Payload for GenericAlias {
    const TYPE_ID: u32 = ids::GENERIC_ALIAS;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.origin.word());
        visit(self.args.word());
        visit(self.parameters.peek());
    }
}

fn me(v: Ref<'_>) -> &GenericAlias {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<GenericAlias>() }
}
fn args_of(g: &GenericAlias) -> &[Ref<'_>] {
    g.args.as_ref().exact::<Tuple>().map_or(&[], Tuple::items)
}

fn payload(origin: Ref<'_>, args: Ref<'_>, starred: bool) -> GenericAlias {
    let args = match args.exact::<Tuple>() {
        Some(_) => args.to_value(),
        None => match args.downcast::<Tuple>() {
            Some(t) => Tuple::from_refs(t.items()).into_value(),
            None => Tuple::from_refs(&[args]).into_value(),
        },
    };
    GenericAlias { origin: origin.to_value(), args, parameters: Field::empty(), starred }
}

/// `origin[args]`.
pub fn make(origin: Ref<'_>, args: Ref<'_>) -> Value {
    gc::alloc(payload(origin, args, false)).into_value()
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "GenericAlias")?;
    args.check_count(cx, "GenericAlias", 2, 2)?;
    // SAFETY: `new` gets types.
    Ok(instance::alloc_with(unsafe { class.cast::<Type>() }, payload(args.items[0], args.items[1], false)).into())
}

fn params(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Tuple>> {
    let g = me(v);
    let known = g.parameters.load(g.header());
    if known.word() != Word::UNBOUND {
        // SAFETY: only tuples are stored there.
        return Ok(unsafe { Gc::from_value(known) });
    }
    let made = parameters(cx, args_of(g))?;
    let old = {
        let _l = cx.lock(g.header());
        g.parameters.swap(made.value().clone())
    };
    drop(old);
    Ok(made)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    cx.check_native_stack()?;
    let g = me(v);
    let mut out = StrBuilder::new();
    if g.starred {
        out.push_str("*");
    }
    show_item(cx, &mut out, g.origin.as_ref())?;
    out.push_str("[");
    for (i, a) in args_of(g).iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if a.exact::<List>().is_some() {
            out.push_str("[");
            for (k, x) in iter::collect(cx, *a)?.iter().enumerate() {
                if k > 0 {
                    out.push_str(", ");
                }
                show_item(cx, &mut out, x.as_ref())?;
            }
            out.push_str("]");
        } else {
            show_item(cx, &mut out, *a)?;
        }
    }
    if args_of(g).is_empty() {
        out.push_str("()");
    }
    out.push_str("]");
    Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
}

/// Attributes that are the alias's own.
const OWN: &[&str] = &[
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__bases__",
    "__copy__",
    "__deepcopy__",
];

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if crate::types::str::as_str(name).is_some() && !is_one_of(name, OWN) {
        return attr::get(cx, me(v).origin.as_ref(), name);
    }
    attr::generic_get(cx, v, name)
}

fn call_alias(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let made = call::call(cx, me(v).origin.as_ref(), args)?.into_value();
    if let Err(e) = attr::set(cx, made.as_ref(), names::__orig_class__(), Some(v)) {
        let e = match cx.catch_if(e, exception::ids::ATTRIBUTE_ERROR) {
            Ok(_) => return Ok(made.into()),
            Err(e) => e,
        };
        drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
    }
    Ok(made.into())
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<GenericAlias>(), b.downcast::<GenericAlias>()) else {
        return Ok(Value::NOT_IMPLEMENTED.into());
    };
    if !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let same = x.starred == y.starred
        && compare::equal(cx, x.origin.as_ref(), y.origin.as_ref())?
        && compare::equal(cx, x.args.as_ref(), y.args.as_ref())?;
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn hash_alias(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let g = me(v);
    let h = hash::hash(cx, g.origin.as_ref())? ^ hash::hash(cx, g.args.as_ref())?;
    Ok(if h == -1 { -2 } else { h })
}

fn getitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let p = params(cx, v)?;
    let g = me(v);
    let args = substitute(cx, v, args_of(g), &p, key)?;
    let args = Tuple::from_values(args);
    Ok(gc::alloc(payload(g.origin.as_ref(), args.as_ref(), g.starred)).into())
}

fn refuse_instance(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Err(cx.type_error("isinstance() argument 2 cannot be a parameterized generic"))
}
fn refuse_subclass(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    Err(cx.type_error("issubclass() argument 2 cannot be a parameterized generic"))
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let g = me(a[0]);
    let class = type_value(ids::GENERIC_ALIAS);
    if g.starred {
        let next = cx.host.builtins().get_interned(names::next()).map_or(Value::NONE, Reg::into_value);
        let plain = make(g.origin.as_ref(), g.args.as_ref());
        let it = iter::iter(cx, plain.as_ref())?.into_value();
        return Ok(Tuple::from_values(vec![next, Tuple::from_values(vec![it]).into_value()]).into());
    }
    Ok(Tuple::from_values(vec![class, Tuple::from_values(vec![g.origin.clone(), g.args.clone()]).into_value()]).into())
}

fn dir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = cx.host.builtins().get_str("dir").map_or(Value::NONE, Reg::into_value);
    let l = call::positional(cx, f.as_ref(), &[me(a[0]).origin.as_ref()])?;
    if let Some(list) = l.as_ref().exact::<List>() {
        for n in OWN.iter().filter(|n| !matches!(**n, "__bases__" | "__copy__" | "__deepcopy__")) {
            let n = name(n);
            if !iter::contains(cx, l.as_ref(), n.as_ref())? {
                list.append(cx, n)?;
            }
        }
    }
    Ok(l.into())
}

static METHODS: &[Method] = &[
    method("__mro_entries__", "($self, bases, /)", |_, a| Ok(Tuple::from_values(vec![me(a[0]).origin.clone()]).into()), ""),
    method("__instancecheck__", "($self, instance, /)", refuse_instance, ""),
    method("__subclasscheck__", "($self, cls, /)", refuse_subclass, ""),
    method("__reduce__", "($self, /)", reduce, ""),
    method("__dir__", "($self, /)", dir, ""),
];
static MEMBERS: &[Member] = &[
    Member(getter("__origin__", |_, v| Ok(me(v).origin.clone().into()), "")),
    Member(getter("__args__", |_, v| Ok(me(v).args.clone().into()), "")),
    Member(getter("__unpacked__", |_, v| Ok(Value::bool(me(v).starred).into()), "")),
];
static GETSETS: &[GetSet] = &[
    getter("__parameters__", |cx, v| params(cx, v).map(Into::into), "Type variables in the GenericAlias."),
    getter(
        "__typing_unpacked_tuple_args__",
        |_, v| {
            let g = me(v);
            let is_tuple = g.origin.as_ref().header().is_some_and(|h| std::ptr::eq(h, by_id(ids::TUPLE).header()));
            Ok(if g.starred && is_tuple { g.args.clone().into() } else { Value::NONE.into() })
        },
        "",
    ),
];

/// `types.GenericAlias`.
pub static GENERIC_ALIAS_TYPE: TypeSpec = TypeSpec::of::<GenericAlias>("types.GenericAlias")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        getattr: Some(getattr),
        call: Some(call_alias),
        richcompare: Some(richcompare),
        hash: Some(hash_alias),
        getitem: Some(getitem),
        or: Some(union::or),
        iter: Some(|_, v| Ok(gc::alloc(AliasIterator { alias: Field::new(v.to_value()) }).into())),
        ..Slots::NONE
    })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("A generic class with its arguments, as `list[int]`.");

/// What unpacking an alias goes through: gives the starred alias once.
#[repr(C)]
pub struct AliasIterator {
    alias: Field,
}
// SAFETY: visits the alias.
unsafe impl Payload for AliasIterator {
    const TYPE_ID: u32 = ids::GENERIC_ALIAS_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.alias.peek());
    }
}

fn iterator_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let it = unsafe { v.cast::<AliasIterator>() };
    let alias = {
        let _l = cx.lock(it.header());
        it.alias.take()
    };
    let Some(g) = alias.as_ref().downcast::<GenericAlias>() else { return Ok(None) };
    Ok(Some(gc::alloc(payload(g.origin.as_ref(), g.args.as_ref(), true)).into()))
}

/// Its iterator.
pub static ALIAS_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<AliasIterator>("generic_alias_iterator").flags(flags::NO_NEW).slots(Slots {
    iter: Some(|_, v| Ok(v.to_value().into())),
    next: Some(iterator_next),
    ..Slots::NONE
});
