//! `dict`: construction, operators, methods and its table.

use super::{Dict, Key, as_dict, iterator, merge, view};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Method, class_method, method, raw_method};
use crate::protocol::{call, compare, item, iter, text as show};
use crate::types::set::as_set;
use crate::types::str::{Str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use crate::types::{instance, int, object};
use ::text::builder::StrBuilder;
use gc::{Payload, Ref, Reg, Value};

/// The dict behind a value known to be one.
pub fn dict(v: Ref<'_>) -> &Dict {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Dict>() }
}

fn none() -> PyResult<Reg> {
    Ok(Value::NONE.into())
}

/// `dict.__new__`.
pub fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    if t.id == ids::DICT {
        return Ok(Dict::new().into());
    }
    Ok(instance::alloc_with(t, Dict::empty_payload()).into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    merge::arguments(cx, dict(v), args, "dict")
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = dict(v);
    if d.is_empty() {
        return Ok(text("{}"));
    }
    let shown = show::guarded(cx, v, |cx| {
        let mut out = StrBuilder::new();
        out.push(u32::from(b'{'));
        let mut at = 0;
        let mut first = true;
        while let Some((following, k, x)) = d.next_item(at) {
            at = following;
            if !first {
                out.push_str(", ");
            }
            first = false;
            let s = show::repr(cx, k.as_ref())?;
            out.push_units(s.units());
            out.push_str(": ");
            let s = show::repr(cx, x.as_ref())?;
            out.push_units(s.units());
        }
        out.push(u32::from(b'}'));
        Ok(out)
    })?;
    match shown {
        Some(out) => Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error()),
        None => Ok(text("{...}")),
    }
}

/// Whether two dicts are equal.
pub fn equal(cx: &mut Cx, x: &Dict, y: &Dict) -> PyResult<bool> {
    if x.len() != y.len() {
        return Ok(false);
    }
    for (k, v, hash) in x.items_hashed() {
        match y.get_key(cx, Key::known(k.as_ref(), hash))? {
            None => return Ok(false),
            Some(w) => {
                let w = w.into_value();
                if !compare::equal(cx, v.as_ref(), w.as_ref())? {
                    return Ok(false);
                }
            }
        }
    }
    Ok(true)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    match (as_dict(a), as_dict(b)) {
        (Some(x), Some(y)) if matches!(op, Compare::Eq | Compare::Ne) => Ok(Value::bool(equal(cx, x, y)? == (op == Compare::Eq)).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

/// `d[key]`.
pub fn get_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    match dict(v).get(cx, key)? {
        Some(r) => Ok(r),
        None => missing(cx, v, key),
    }
}

/// `__missing__` of subclasses, else KeyError.
#[cold]
fn missing(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    if v.exact::<Dict>().is_none()
        && let Some(r) = call::special(cx, v, names::__missing__(), &[key])?
    {
        return Ok(r.into());
    }
    Err(cx.key_error(key))
}

/// `d[key] = value`, `del d[key]`.
pub fn set_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match value {
        Some(x) => dict(v).set(cx, key, x),
        None => match dict(v).remove(cx, key)? {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(cx.key_error(key)),
        },
    }
}

fn contains(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<bool> {
    Ok(dict(v).get(cx, key)?.is_some())
}

fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(_)) = (as_dict(a), as_dict(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let new = x.copy();
    merge::mapping(cx, &new, b)?;
    Ok(new.into())
}

fn ior(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    merge::any(cx, dict(a), b)?;
    Ok(a.to_value().into())
}

fn get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match dict(a[0]).get(cx, a[1])? {
        Some(r) => Ok(r),
        None => Ok(a[2].given().unwrap_or(Ref::NONE).to_value().into()),
    }
}

fn set_default(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let key = Key::new(cx, a[1])?;
    let default = a[2].given().unwrap_or(Ref::NONE);
    let old = dict(a[0]).update_key(cx, key, |now| if now.is_some() { None } else { Some(default.to_value()) })?;
    Ok(old.unwrap_or_else(|| default.to_value()).into())
}

fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = dict(a[0]);
    // An empty dict does not even hash the key.
    let found = if d.is_empty() { None } else { d.remove(cx, a[1])? };
    match (found, a[2].given()) {
        (Some(v), _) => Ok(v.into()),
        (None, Some(default)) => Ok(default.to_value().into()),
        (None, None) => Err(cx.key_error(a[1])),
    }
}

fn pop_item(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match dict(a[0]).pop_last() {
        Some((k, v)) => Ok(Tuple::from_values(vec![k, v]).into()),
        None => {
            let message = Str::from_text("popitem(): dictionary is empty");
            Err(cx.key_error(message.as_ref()))
        }
    }
}

fn update(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    merge::arguments(cx, dict(args.items[0]), args.without_first(), "update")?;
    none()
}

fn from_keys(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let value = a[2].given().unwrap_or(Ref::NONE);
    let made = call::positional(cx, a[0], &[])?;
    if let Some(d) = made.as_ref().exact::<Dict>() {
        let keys = match (a[1].exact::<Dict>(), as_set(a[1])) {
            (Some(from), _) => Some(from.keys_hashed()),
            (None, Some(from)) => Some(from.items.keys_hashed()),
            _ => None,
        };
        match keys {
            Some(keys) => {
                for (k, hash) in keys {
                    d.set_key(cx, Key::known(k.as_ref(), hash), value.to_value())?;
                }
            }
            None => iter::for_each(cx, a[1], |cx, k| d.set(cx, k.as_ref(), value))?,
        }
    } else {
        iter::for_each(cx, a[1], |cx, k| item::set(cx, made.as_ref(), k.as_ref(), Some(value)))?;
    }
    Ok(made.into())
}

fn size(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = gc::HEADER_SIZE + size_of::<Dict>() + dict(a[0]).table_memory() + instance::extra_size(type_of(a[0]));
    Ok(int::from_usize(n).into())
}

static METHODS: &[Method] = &[
    method("get", "($self, key, default=None, /)", get, "The value under a key, or the default."),
    method(
        "setdefault",
        "($self, key, default=None, /)",
        set_default,
        "The value under a key; the default is stored first when there is none.",
    ),
    method(
        "pop",
        "($self, key, default=<unrepresentable>, /)",
        pop,
        "Removes a key and returns its value, or the default if one is given.",
    ),
    method("popitem", "($self, /)", pop_item, "Removes and returns the item that was added last, as a pair."),
    method("keys", "($self, /)", |_, a| Ok(view::new::<{ ids::DICT_KEYS }>(a[0])), "A view of the keys."),
    method("items", "($self, /)", |_, a| Ok(view::new::<{ ids::DICT_ITEMS }>(a[0])), "A view of the items, as pairs."),
    method("values", "($self, /)", |_, a| Ok(view::new::<{ ids::DICT_VALUES }>(a[0])), "A view of the values."),
    raw_method("update", "", update, "Adds items from a mapping or from pairs, then from keyword arguments."),
    class_method("fromkeys", "($type, iterable, value=None, /)", from_keys, "A new dict with these keys, all with the same value."),
    method(
        "clear",
        "($self, /)",
        |_, a| {
            dict(a[0]).clear();
            none()
        },
        "Removes all items.",
    ),
    method("copy", "($self, /)", |_, a| Ok(dict(a[0]).copy().into()), "A new dict with the same items."),
    method(
        "__reversed__",
        "($self, /)",
        |_, a| Ok(iterator::new::<{ ids::DICT_REVERSE_KEY_ITERATOR }>(a[0])),
        "An iterator over the keys from the last to the first.",
    ),
    method("__sizeof__", "($self, /)", size, "Size in memory, in bytes."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "dict[str, int] and the like."),
];

/// `dict`.
pub static DICT_TYPE: TypeSpec = TypeSpec::of::<Dict>("dict")
    .flags(flags::BASE | flags::MATCH_SELF | flags::MAPPING)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        richcompare: Some(richcompare),
        iter: Some(|_, v| Ok(iterator::new::<{ ids::DICT_KEY_ITERATOR }>(v))),
        len: Some(|_, v| Ok(dict(v).len())),
        getitem: Some(get_item),
        setitem: Some(set_item),
        contains: Some(contains),
        or: Some(or),
        ior: Some(ior),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("Values under keys, in the order in which the keys were added. dict(mapping), dict(pairs) and dict(name=value, ...) fill one.");
