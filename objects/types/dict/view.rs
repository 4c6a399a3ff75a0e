//! Views of a dict: `dict_keys`, `dict_values`, `dict_items`. Keys and items behave as sets.

use super::methods::dict;
use super::{as_dict, iterator, proxy};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{GetSet, Method, getter, method};
use crate::protocol::{compare, item, iter, text as show};
use crate::types::list::List;
use crate::types::set::{Set, algebra, as_set};
use crate::types::str::{Str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, flags, type_of};
use ::text::builder::StrBuilder;
use gc::{Gc, Payload, Ref, Reg, Value, Word};

/// A view's payload; `ID` is its type's.
#[repr(C)]
pub struct View<const ID: u32> {
    dict: Value,
}

// SAFETY: visits the dict.
unsafe impl<const ID: u32> Payload for View<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.dict.word());
    }
}

/// A view of a dict.
pub fn new<const ID: u32>(dict: Ref<'_>) -> Reg {
    gc::alloc(View::<ID> { dict: dict.to_value() }).into()
}

/// What a view shows, at one moment.
pub fn snapshot(v: Ref<'_>) -> Option<Vec<Value>> {
    let d = as_dict(viewed(v)?)?;
    Some(match type_of(v).id {
        ids::DICT_KEYS => d.keys_hashed().into_iter().map(|(k, _)| k).collect(),
        ids::DICT_VALUES => d.items().into_iter().map(|(_, x)| x).collect(),
        _ => d.items().into_iter().map(|(k, x)| Tuple::from_values(vec![k, x]).into_value()).collect(),
    })
}

/// The dict that a view of any kind shows.
fn viewed<'a>(v: Ref<'a>) -> Option<Ref<'a>> {
    if let Some(k) = v.exact::<View<{ ids::DICT_KEYS }>>() {
        return Some(k.dict.as_ref());
    }
    if let Some(k) = v.exact::<View<{ ids::DICT_ITEMS }>>() {
        return Some(k.dict.as_ref());
    }
    v.exact::<View<{ ids::DICT_VALUES }>>().map(|k| k.dict.as_ref())
}
fn target(v: Ref<'_>) -> Ref<'_> {
    viewed(v).unwrap_or(v)
}

/// Whether it is a set or a view that behaves as one.
fn is_set_like(v: Ref<'_>) -> bool {
    as_set(v).is_some() || matches!(type_of(v).id, ids::DICT_KEYS | ids::DICT_ITEMS)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let name = type_of(v).name_text();
    let shown = show::guarded(cx, v, |cx| {
        let all = List::from_values(iter::collect(cx, v)?);
        show::repr(cx, all.as_ref())
    })?;
    match shown {
        Some(s) => {
            let mut out = StrBuilder::new();
            out.push_str(&name);
            out.push_str("(");
            out.push_units(s.units());
            out.push_str(")");
            Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
        }
        None => Ok(text("...")),
    }
}

fn keys_contain(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    Ok(dict(target(v)).get(cx, x)?.is_some())
}

fn items_contain(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    use crate::types::type_::Downcast;
    let Some([k, wanted]) = x.downcast::<Tuple>().and_then(|t| <[Ref<'_>; 2]>::try_from(t.items()).ok()) else { return Ok(false) };
    match dict(target(v)).get(cx, k)? {
        Some(found) => {
            let found = found.into_value();
            compare::equal(cx, found.as_ref(), wanted)
        }
        None => Ok(false),
    }
}

/// A fresh set of what an operand gives.
fn to_set(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Set>> {
    let s = Set::new();
    s.add_all(cx, v)?;
    Ok(s)
}

fn sub(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let s = to_set(cx, a)?;
    algebra::remove_all(cx, &s, b)?;
    Ok(s.into())
}
fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let s = to_set(cx, a)?;
    s.add_all(cx, b)?;
    Ok(s.into())
}
fn xor(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let s = to_set(cx, a)?;
    algebra::toggle_all(cx, &s, b)?;
    Ok(s.into())
}
fn and(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    // Whichever is a view (of a larger dict) is asked; the other one is gone through.
    let (mut asked, mut given) = (a, b);
    let longer = |cx: &mut Cx| -> PyResult<bool> { Ok(item::len(cx, b)? > item::len(cx, a)?) };
    if !is_set_like(a) || (viewed(b).is_some() && is_set_like(b) && longer(cx)?) {
        (asked, given) = (b, a);
    }
    let s = Set::new();
    let it = iter::iter(cx, given)?.into_value();
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        if item::contains(cx, asked, x.as_ref())? {
            s.add(cx, x.as_ref())?;
        }
    }
    Ok(s.into())
}

/// Whether `b` has everything that `a` gives.
fn all_in(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<bool> {
    let it = iter::iter(cx, a)?.into_value();
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        if !item::contains(cx, b, x.as_ref())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !is_set_like(a) || !is_set_like(b) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (n, m) = (item::len(cx, a)?, item::len(cx, b)?);
    let r = match op {
        Compare::Eq => n == m && all_in(cx, a, b)?,
        Compare::Ne => !(n == m && all_in(cx, a, b)?),
        Compare::Lt => n < m && all_in(cx, a, b)?,
        Compare::Le => n <= m && all_in(cx, a, b)?,
        Compare::Gt => n > m && all_in(cx, b, a)?,
        Compare::Ge => n >= m && all_in(cx, b, a)?,
    };
    Ok(Value::bool(r).into())
}

fn is_disjoint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (mut asked, mut given) = (a[0], a[1]);
    if asked.is(given) {
        return Ok(Value::bool(item::len(cx, asked)? == 0).into());
    }
    if is_set_like(given) && item::len(cx, given)? > item::len(cx, asked)? {
        (asked, given) = (given, asked);
    }
    let it = iter::iter(cx, given)?.into_value();
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        if item::contains(cx, asked, x.as_ref())? {
            return Ok(Value::FALSE.into());
        }
    }
    Ok(Value::TRUE.into())
}

fn len(_cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    Ok(as_dict(target(v)).map_or(0, |d| d.len()))
}

const SET_SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(len),
    richcompare: Some(richcompare),
    sub: Some(sub),
    and: Some(and),
    or: Some(or),
    xor: Some(xor),
    ..Slots::NONE
};

static GETSETS: &[GetSet] =
    &[getter("mapping", |_, v| Ok(proxy::new(target(v).to_value()).into()), "the dict that the view shows, read-only")];

const DISJOINT: Method = method("isdisjoint", "($self, other, /)", is_disjoint, "Whether both have no element in common.");
static KEY_METHODS: &[Method] = &[
    DISJOINT,
    method(
        "__reversed__",
        "($self, /)",
        |_, a| Ok(iterator::new::<{ ids::DICT_REVERSE_KEY_ITERATOR }>(target(a[0]))),
        "An iterator from the last key to the first.",
    ),
];
static ITEM_METHODS: &[Method] = &[
    DISJOINT,
    method(
        "__reversed__",
        "($self, /)",
        |_, a| Ok(iterator::new::<{ ids::DICT_REVERSE_ITEM_ITERATOR }>(target(a[0]))),
        "An iterator from the last item to the first.",
    ),
];
static VALUE_METHODS: &[Method] = &[method(
    "__reversed__",
    "($self, /)",
    |_, a| Ok(iterator::new::<{ ids::DICT_REVERSE_VALUE_ITERATOR }>(target(a[0]))),
    "An iterator from the last value to the first.",
)];

/// `dict_keys`.
pub static KEYS_TYPE: TypeSpec = TypeSpec::of::<View<{ ids::DICT_KEYS }>>("dict_keys")
    .flags(flags::NO_NEW)
    .slots(Slots {
        iter: Some(|_, v| Ok(iterator::new::<{ ids::DICT_KEY_ITERATOR }>(target(v)))),
        contains: Some(keys_contain),
        ..SET_SLOTS
    })
    .methods(KEY_METHODS)
    .getsets(GETSETS);
/// `dict_items`.
pub static ITEMS_TYPE: TypeSpec = TypeSpec::of::<View<{ ids::DICT_ITEMS }>>("dict_items")
    .flags(flags::NO_NEW)
    .slots(Slots {
        iter: Some(|_, v| Ok(iterator::new::<{ ids::DICT_ITEM_ITERATOR }>(target(v)))),
        contains: Some(items_contain),
        ..SET_SLOTS
    })
    .methods(ITEM_METHODS)
    .getsets(GETSETS);
/// `dict_values`.
pub static VALUES_TYPE: TypeSpec = TypeSpec::of::<View<{ ids::DICT_VALUES }>>("dict_values")
    .flags(flags::NO_NEW)
    .slots(Slots {
        repr: Some(repr),
        len: Some(len),
        iter: Some(|_, v| Ok(iterator::new::<{ ids::DICT_VALUE_ITERATOR }>(target(v)))),
        ..Slots::NONE
    })
    .methods(VALUE_METHODS)
    .getsets(GETSETS);
