//! `defaultdict`: a dict that makes missing values.

use super::ids;
use crate::guarded::make;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getset, method};
use objects::protocol::{call, item, iter, text};
use objects::types::dict::{Dict, merge};
use objects::types::str::{Str, text as text_reg};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

/// A dict and what makes its values.
#[repr(C)]
pub struct DefaultDict {
    dict: Dict,
    factory: Field,
}
// SAFETY: visits the dict's words and the factory.
unsafe impl Payload for DefaultDict {
    const TYPE_ID: u32 = ids::DEFAULT_DICT;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.dict.traverse(visit);
        visit(self.factory.peek());
    }
}

fn me(v: Ref<'_>) -> &DefaultDict {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<DefaultDict>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(make(class, DefaultDict { dict: Dict::empty_payload(), factory: Field::new(Value::NONE) }))
}

fn set_factory(cx: &mut Cx, v: Ref<'_>, f: Value) {
    let d = me(v);
    let old = {
        let _l = cx.lock(d.header());
        d.factory.swap(f)
    };
    drop(old);
}

fn factory(v: Ref<'_>) -> Value {
    let d = me(v);
    d.factory.load(d.header())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let mut rest = args;
    if let Some(f) = args.positional().first() {
        if !f.is_none() && !call::is_callable(*f) {
            return Err(cx.type_error("first argument must be callable or None"));
        }
        set_factory(cx, v, f.to_value());
        rest = args.without_first();
    }
    merge::arguments(cx, &me(v).dict, rest, "defaultdict")
}

fn missing(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = factory(a[0]);
    if f.as_ref().is_none() {
        return Err(cx.key_error(a[1]));
    }
    let made = call::positional(cx, f.as_ref(), &[])?;
    item::set(cx, a[0], a[1], Some(made.as_ref()))?;
    Ok(made.into())
}

fn copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (class, f) = (type_of(a[0]).to_value(), factory(a[0]));
    call::positional(cx, class.as_ref(), &[f.as_ref(), a[0]]).map(Reg::from)
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let f = factory(a[0]);
    let arguments = if f.as_ref().is_none() { Tuple::empty() } else { Tuple::from_values(vec![f]) };
    let name = Str::intern_text("items");
    let items = call::method(cx, a[0], name.as_ref(), &[])?.into_value();
    let it = iter::iter(cx, items.as_ref())?.into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), arguments.into_value(), Value::NONE, Value::NONE, it]).into())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = factory(v);
    let shown = match text::guarded(cx, f.as_ref(), |cx| text::repr(cx, f.as_ref()))? {
        Some(s) => s.to_string_lossy(),
        None => "...".into(),
    };
    let base = objects::types::by_id(objects::ids::DICT).slots.repr();
    let dict = match base {
        Some(f) => f(cx, v)?.into_value(),
        None => Value::NONE,
    };
    let dict = dict.as_ref().exact::<Str>().map_or_else(String::new, Str::to_string_lossy);
    let name = type_of(v).name_text();
    Ok(text_reg(&format!("{name}({shown}, {dict})")))
}

fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if a.downcast::<Dict>().is_none() || b.downcast::<Dict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let ours = if a.downcast::<DefaultDict>().is_some() { a } else { b };
    let (class, f) = (type_of(ours).to_value(), factory(ours));
    let new = call::positional(cx, class.as_ref(), &[f.as_ref(), a])?;
    match new.as_ref().downcast::<Dict>() {
        Some(d) => merge::any(cx, d, b)?,
        None => return Err(cx.type_error("the copy is not a dict")),
    }
    Ok(new.into())
}

static METHODS: &[Method] = &[
    method("__missing__", "($self, key, /)", missing, "Makes and stores the value of a missing key."),
    method("copy", "($self, /)", copy, "A new one with the same items and the same factory."),
    method("__copy__", "($self, /)", copy, "A new one with the same items and the same factory."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
];

static GETSETS: &[GetSet] = &[getset(
    "default_factory",
    |_, v| Ok(factory(v).into()),
    |cx, v, x| {
        set_factory(cx, v, x.map_or(Value::NONE, Ref::to_value));
        Ok(())
    },
    "What is called for the value of a missing key, or None.",
)];

/// `defaultdict`.
pub static DEFAULT_DICT_TYPE: TypeSpec = TypeSpec::of::<DefaultDict>("collections.defaultdict")
    .base(objects::ids::DICT)
    .flags(flags::BASE | flags::MAPPING)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), or: Some(or), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A dict whose missing values a factory makes: defaultdict(default_factory=None, /, [...]).");
