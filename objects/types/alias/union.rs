//! `typing.Union`, which is `types.UnionType` too.

use super::{parameters, show_item, substitute};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Member, Method, class_method, getter, method};
use crate::protocol::{attr, call, compare, hash, text as show};
use crate::types::set::Set;
use crate::types::str::{Str, as_str, text};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{Downcast, TypeSpec, as_type, flags, type_of, type_value};
use ::text::builder::StrBuilder;
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

/// A union's payload.
#[repr(C)]
pub struct Union {
    /// `__args__`: a tuple of the different alternatives, at least two.
    pub args: Value,
    /// How many of them can be hashed.
    hashable: usize,
    parameters: Field,
}
// SAFETY: visits every word.
unsafe impl Payload for Union {
    const TYPE_ID: u32 = ids::UNION;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.args.word());
        visit(self.parameters.peek());
    }
}

fn me(v: Ref<'_>) -> &Union {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Union>() }
}
fn args_of(u: &Union) -> &[Ref<'_>] {
    u.args.as_ref().exact::<Tuple>().map_or(&[], Tuple::items)
}

struct Builder {
    args: Vec<Value>,
    seen: Gc<Set>,
    unhashable: Vec<Value>,
}

impl Builder {
    fn new() -> Builder {
        Builder { args: Vec::new(), seen: Set::new(), unhashable: Vec::new() }
    }
    fn add(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if let Some(u) = v.exact::<Union>() {
            for a in args_of(u) {
                self.add_one(cx, *a)?;
            }
            return Ok(());
        }
        if v.is_none() {
            let none = type_value(ids::NONE_TYPE);
            return self.add_one(cx, none.as_ref());
        }
        if as_str(v).is_some() {
            let m = cx.host.import(cx, "annotationlib")?;
            let f = attr::get_text(cx, m.as_ref(), "ForwardRef")?.into_value();
            let r = call::positional(cx, f.as_ref(), &[v])?;
            return self.add_one(cx, r.as_ref());
        }
        self.add_one(cx, v)
    }
    fn add_one(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        match hash::hash(cx, v) {
            Ok(_) => {
                if self.seen.add(cx, v)? {
                    self.args.push(v.to_value());
                }
            }
            Err(e) => {
                drop(cx.catch_if(e, crate::types::exception::ids::TYPE_ERROR)?);
                for u in &self.unhashable {
                    if compare::equal(cx, u.as_ref(), v)? {
                        return Ok(());
                    }
                }
                self.unhashable.push(v.to_value());
                self.args.push(v.to_value());
            }
        }
        Ok(())
    }
    fn finish(self, cx: &mut Cx) -> PyResult<Reg> {
        match self.args.len() {
            0 => Err(cx.type_error("Cannot take a Union of no types.")),
            1 => Ok(self.args.into_iter().next().unwrap_or(Value::NONE).into()),
            n => {
                let hashable = n - self.unhashable.len();
                Ok(gc::alloc(Union { args: Tuple::from_values(self.args).into_value(), hashable, parameters: Field::empty() }).into())
            }
        }
    }
}

/// The union of these types: flattened, each once; one type alone is itself.
pub fn make(cx: &mut Cx, args: &[Ref<'_>]) -> PyResult<Reg> {
    let mut b = Builder::new();
    for a in args {
        b.add(cx, *a)?;
    }
    b.finish(cx)
}

fn fits(v: Ref<'_>) -> bool {
    v.is_none()
        || as_type(v).is_some()
        || matches!(type_of(v).id, ids::UNION | ids::TYPE_ALIAS)
        || v.downcast::<super::generic::GenericAlias>().is_some()
}

/// `a | b` of types and what stands for them; NotImplemented when either is not.
pub fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    if fits(a) && fits(b) { make(cx, &[a, b]) } else { Ok(Value::NOT_IMPLEMENTED.into()) }
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    cx.check_native_stack()?;
    let none = type_value(ids::NONE_TYPE);
    let mut out = StrBuilder::new();
    for (i, a) in args_of(me(v)).iter().enumerate() {
        if i > 0 {
            out.push_str(" | ");
        }
        if a.is(none.as_ref()) {
            out.push_str("None");
        } else {
            show_item(cx, &mut out, *a)?;
        }
    }
    Str::try_from_built(out.finish()).map(Into::into).map_err(|_| cx.memory_error())
}

fn hash_union(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let u = me(v);
    let n = args_of(u).len() - u.hashable;
    if n > 0 {
        let s = if n == 1 { "" } else { "s" };
        return Err(cx.type_error(format!("union contains {n} unhashable element{s}")));
    }
    let set = Set::of_id(ids::FROZENSET);
    for a in args_of(u) {
        set.add(cx, *a)?;
    }
    Ok(crate::types::set::frozen_hash(&set))
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Union>(), b.exact::<Union>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    if !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let mut same = args_of(x).len() == args_of(y).len() && x.hashable == y.hashable;
    if same {
        'all: for p in args_of(x) {
            for q in args_of(y) {
                if compare::equal(cx, *p, *q)? {
                    continue 'all;
                }
            }
            same = false;
            break;
        }
    }
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn params(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Tuple>> {
    let u = me(v);
    let known = u.parameters.load(u.header());
    if known.word() != Word::UNBOUND {
        // SAFETY: only tuples are stored there.
        return Ok(unsafe { Gc::from_value(known) });
    }
    let made = parameters(cx, args_of(u))?;
    let old = {
        let _l = cx.lock(u.header());
        u.parameters.swap(made.value().clone())
    };
    drop(old);
    Ok(made)
}

fn getitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let p = params(cx, v)?;
    let new = substitute(cx, v, args_of(me(v)), &p, key)?;
    let refs: Vec<Ref<'_>> = new.iter().map(Value::as_ref).collect();
    make(cx, &refs)
}

fn check_each(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>, instance: bool) -> PyResult<Reg> {
    for a in args_of(me(v)) {
        if instance && attr::is_instance(cx, x, *a)? || !instance && attr::is_subclass(cx, x, *a)? {
            return Ok(Value::TRUE.into());
        }
    }
    Ok(Value::FALSE.into())
}

fn mro_entries(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let shown = show::repr(cx, a[0])?.to_string_lossy();
    Err(cx.type_error(format!("Cannot subclass {shown}")))
}

static METHODS: &[Method] = &[
    method("__mro_entries__", "($self, object, /)", mro_entries, ""),
    method("__instancecheck__", "($self, object, /)", |cx, a| check_each(cx, a[0], a[1], true), ""),
    method("__subclasscheck__", "($self, object, /)", |cx, a| check_each(cx, a[0], a[1], false), ""),
    class_method(
        "__class_getitem__",
        "($type, object, /)",
        |cx, a| match a[1].downcast::<Tuple>() {
            Some(t) => make(cx, t.items()),
            None => make(cx, &[a[1]]),
        },
        "See PEP 585",
    ),
];
static MEMBERS: &[Member] = &[Member(getter("__args__", |_, v| Ok(me(v).args.clone().into()), ""))];
static GETSETS: &[GetSet] = &[
    getter("__name__", |_, _| Ok(text("Union")), "Name of the type"),
    getter("__qualname__", |_, _| Ok(text("Union")), "Qualified name of the type"),
    getter("__origin__", |_, _| Ok(type_value(ids::UNION).into()), "Always returns the type"),
    getter("__parameters__", |cx, v| params(cx, v).map(Into::into), "Type variables in the types.UnionType."),
];

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if name.is(names::__module__()) || as_str(name).is_some_and(|s| s.eq_str("__module__")) {
        return Ok(text("typing"));
    }
    attr::generic_get(cx, v, name)
}

/// `typing.Union`.
pub static UNION_TYPE: TypeSpec = TypeSpec::of::<Union>("typing.Union")
    .flags(flags::NO_NEW | flags::WEAKREFS)
    .slots(Slots {
        repr: Some(repr),
        hash: Some(hash_union),
        richcompare: Some(richcompare),
        getattr: Some(getattr),
        or: Some(or),
        getitem: Some(getitem),
        ..Slots::NONE
    })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("Represent a union type\n\nE.g. for int | str");
