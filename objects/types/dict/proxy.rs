//! `mappingproxy`: a read-only view of any mapping.

use crate::args::{Args, Signature};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Method, class_method, method};
use crate::protocol::{arith, call, compare, hash, item, iter, text as show};
use crate::types::list::List;
use crate::types::object;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, TypeSpec, flags, type_of};
use gc::{Payload, Ref, Reg, Value, Word};

/// A proxy's payload.
#[repr(C)]
pub struct MappingProxy {
    mapping: Value,
}

// SAFETY: visits the mapping.
unsafe impl Payload for MappingProxy {
    const TYPE_ID: u32 = ids::MAPPING_PROXY;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.mapping.word());
    }
}

/// A proxy of a mapping.
pub fn new(mapping: Value) -> Value {
    gc::alloc(MappingProxy { mapping }).into_value()
}

/// The mapping behind a proxy, or the value itself.
fn inner(v: Ref<'_>) -> Ref<'_> {
    v.exact::<MappingProxy>().map_or(v, |p| p.mapping.as_ref())
}

fn construct(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    Signature::parse("(mapping)").bind(cx, "mappingproxy", None, args, |cx, a| {
        let t = type_of(a[0]);
        if t.slots.getitem().is_none() || a[0].downcast::<List>().is_some() || a[0].downcast::<Tuple>().is_some() {
            let n = t.name_text();
            return Err(cx.type_error(format!("mappingproxy() argument must be a mapping, not {n}")));
        }
        Ok(new(a[0].to_value()).into())
    })
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let s = show::repr(cx, inner(v))?;
    let mut out = ::text::builder::StrBuilder::new();
    out.push_str("mappingproxy(");
    out.push_units(s.units());
    out.push_str(")");
    Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
}

fn get_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    item::get(cx, inner(v), key)
}

fn get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    call::method(cx, inner(a[0]), names::get(), &[a[1], a[2].given().unwrap_or(Ref::NONE)])
}

/// Calls a method of the mapping.
fn forward(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    call::method(cx, inner(v), name, &[])
}

fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    arith::binary(cx, arith::Op::Or, inner(a), inner(b))
}

fn ior(cx: &mut Cx, _a: Ref<'_>, _b: Ref<'_>) -> PyResult<Reg> {
    Err(cx.type_error("'|=' is not supported by mappingproxy; use '|' instead"))
}

static METHODS: &[Method] = &[
    method("get", "($self, key, default=None, /)", get, "The value under a key, or the default."),
    method("keys", "($self, /)", |cx, a| forward(cx, a[0], names::keys()), "The mapping's keys."),
    method("values", "($self, /)", |cx, a| forward(cx, a[0], names::values()), "The mapping's values."),
    method("items", "($self, /)", |cx, a| forward(cx, a[0], names::items()), "The mapping's items, as pairs."),
    method("copy", "($self, /)", |cx, a| forward(cx, a[0], names::copy()), "A shallow copy of the mapping."),
    method("__reversed__", "($self, /)", |cx, a| forward(cx, a[0], names::__reversed__()), "An iterator from the last key to the first."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "For annotations."),
];

/// `mappingproxy`.
pub static MAPPING_PROXY_TYPE: TypeSpec = TypeSpec::of::<MappingProxy>("mappingproxy")
    .flags(flags::MAPPING)
    .slots(Slots {
        new: Some(construct),
        repr: Some(repr),
        str: Some(|cx, v| show::str(cx, inner(v)).map(Into::into)),
        hash: Some(|cx, v| hash::hash(cx, inner(v))),
        richcompare: Some(|cx, a, b, op| compare::rich(cx, inner(a), b, op)),
        iter: Some(|cx, v| iter::iter(cx, inner(v))),
        len: Some(|cx, v| item::len(cx, inner(v))),
        getitem: Some(get_item),
        contains: Some(|cx, v, x| item::contains(cx, inner(v), x)),
        or: Some(or),
        ior: Some(ior),
        ..Slots::NONE
    })
    .methods(METHODS)
    .doc("A read-only view of a mapping.");
