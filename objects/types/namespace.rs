//! `types.SimpleNamespace`: an object that is its attributes.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{GetSet, Method, getset, method, raw_method};
use crate::protocol::{attr, call, compare, text as show};
use crate::types::dict::{Dict, merge};
use crate::types::instance;
use crate::types::str::{Str, as_str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Type, TypeSpec, flags, type_of};
use ::text::builder::StrBuilder;
use gc::{Payload, Ref, Reg, Value, Word};

/// A namespace has no payload of its own.
#[repr(C)]
pub struct Namespace {}
// SAFETY: holds no words.
unsafe impl Payload for Namespace {
    const TYPE_ID: u32 = ids::SIMPLE_NAMESPACE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// A namespace with these attributes.
pub fn make(items: &[(&str, Value)]) -> Value {
    let v = instance::alloc_with(crate::types::by_id(ids::SIMPLE_NAMESPACE), Namespace {});
    for (k, x) in items {
        let name = Str::intern_text(k);
        instance::set_own(v.as_ref(), type_of(v.as_ref()), name.as_ref(), x.clone());
    }
    v
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    Ok(instance::alloc_with(unsafe { class.cast::<Type>() }, Namespace {}).into())
}

fn put(cx: &mut Cx, v: Ref<'_>, k: Ref<'_>, x: Ref<'_>) -> PyResult<()> {
    if as_str(k).is_none() {
        return Err(cx.type_error("keywords must be strings"));
    }
    let name = crate::types::str::intern::intern(k.to_value());
    instance::set_own(v, type_of(v), name.as_ref(), x.to_value());
    Ok(())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let p = args.positional();
    if p.len() > 1 {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{n} expected at most 1 argument, got {}", p.len())));
    }
    if let Some(from) = p.first() {
        let d = Dict::new();
        merge::any(cx, &d, *from)?;
        for (k, x) in d.items() {
            put(cx, v, k.as_ref(), x.as_ref())?;
        }
    }
    for (k, x) in args.keywords() {
        put(cx, v, k, x)?;
    }
    Ok(())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let name = if type_of(v).id == ids::SIMPLE_NAMESPACE { "namespace".to_string() } else { type_of(v).name_text() };
    let shown = show::guarded(cx, v, |cx| {
        let mut out = StrBuilder::new();
        out.push_str(&name);
        out.push_str("(");
        let mut first = true;
        for (k, x) in instance::own_items(v) {
            let Some(k) = as_str(k.as_ref()).filter(|k| !k.is_empty()) else { continue };
            if !std::mem::take(&mut first) {
                out.push_str(", ");
            }
            out.push_units(k.units());
            out.push_str("=");
            let s = show::repr(cx, x.as_ref())?;
            out.push_units(s.units());
        }
        out.push_str(")");
        Str::try_from_built(out.finish()).map_err(|_| cx.memory_error())
    })?;
    Ok(shown.map_or_else(|| text(&format!("{name}(...)")), Into::into))
}

fn dict_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    Ok(instance::dict(cx, v)?.unwrap_or(Value::NONE))
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let ours = |v: Ref<'_>| type_of(v).is_subtype_of_id(ids::SIMPLE_NAMESPACE);
    if !ours(a) || !ours(b) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (dict_of(cx, a)?, dict_of(cx, b)?);
    match type_of(x.as_ref()).slots.richcompare() {
        Some(f) => f(cx, x.as_ref(), y.as_ref(), op),
        None => compare::rich(cx, x.as_ref(), y.as_ref(), op),
    }
}

fn replace(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let v = args.items[0];
    if args.positional().len() > 1 {
        let n = args.positional().len() - 1;
        return Err(cx.type_error(format!("__replace__() takes no positional arguments ({n} given)")));
    }
    let class = type_of(v).as_value();
    let made = call::positional(cx, class.as_ref(), &[])?;
    for (k, x) in instance::own_items(v) {
        attr::set(cx, made.as_ref(), k.as_ref(), Some(x.as_ref()))?;
    }
    for (k, x) in args.keywords() {
        attr::set(cx, made.as_ref(), k, Some(x))?;
    }
    Ok(made.into())
}

static METHODS: &[Method] = &[
    method(
        "__reduce__",
        "($self, /)",
        |cx, a| {
            let d = dict_of(cx, a[0])?;
            Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), Tuple::empty().into_value(), d]).into())
        },
        "Return state information for pickling",
    ),
    raw_method("__replace__", "($self, /, **changes)", replace, "A copy with other values for some attributes."),
];
static GETSETS: &[GetSet] = &[getset("__dict__", crate::types::object::get_dict, crate::types::object::set_dict, "")];

/// `types.SimpleNamespace`.
pub static SIMPLE_NAMESPACE_TYPE: TypeSpec = TypeSpec::of::<Namespace>("types.SimpleNamespace")
    .with_dict()
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), richcompare: Some(richcompare), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("An object whose attributes are what it was made with.");
