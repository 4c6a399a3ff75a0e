//! `object`, and the small descriptors that classes are made of: `staticmethod`, `classmethod`, members of `__slots__`, `__dict__`, `__weakref__`.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{self, GetSet, GetSetDescriptor, Method, getset, getter, method};
use crate::protocol::{attr, call};
use crate::types::dict::as_dict;
use crate::types::instance;
use crate::types::str::{Str, as_str, text};
use crate::types::type_::slots::{Compare, Slot, Slots};
use crate::types::type_::{Type, TypeSpec, as_type, by_id, flags, type_of};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

// ---- staticmethod, classmethod ----

/// Payload of `staticmethod` and `classmethod`.
#[repr(C)]
pub struct Wrapped {
    /// `__func__`
    pub function: Field,
}
// SAFETY: visits the function.
unsafe impl Payload for Wrapped {
    const TYPE_ID: u32 = ids::STATICMETHOD;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.peek());
    }
}

/// `staticmethod(f)`.
pub fn static_method(f: Value) -> Value {
    let v = instance::alloc_with(by_id(ids::STATICMETHOD), Wrapped { function: Field::new(f) });
    if let Some(h) = v.as_ref().header() {
        h.make_deferred();
    }
    v
}
/// `classmethod(f)`.
pub fn class_method(f: Value) -> Value {
    let v = instance::alloc_with(by_id(ids::CLASSMETHOD), Wrapped { function: Field::new(f) });
    if let Some(h) = v.as_ref().header() {
        h.make_deferred();
    }
    v
}
fn wrapped(v: Ref<'_>) -> &Wrapped {
    // SAFETY: slots and getters check their receiver; both types have this payload.
    unsafe { v.cast::<Wrapped>() }
}
fn wrapped_function(v: Ref<'_>) -> Value {
    let w = wrapped(v);
    w.function.load(w.header())
}
/// The function inside a staticmethod or classmethod.
pub fn function_of(v: Ref<'_>) -> Value {
    wrapped_function(v)
}
fn wrapped_new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(t, Wrapped { function: Field::new(Value::NONE) }).into())
}
fn wrapped_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let n = type_of(v).name_text();
    args.no_keywords(cx, &n)?;
    args.check_count(cx, &n, 1, 1)?;
    let w = wrapped(v);
    let f = args.items[0];
    let old = {
        let _l = cx.lock(w.header());
        w.function.swap(f.to_value())
    };
    drop(old);
    // As functools.wraps: these attributes are copied when the function has them.
    for name in [names::__module__(), names::__name__(), names::__qualname__(), names::__doc__()] {
        if let Some(x) = attr::get_optional(cx, f, name)? {
            instance::set_own(v, type_of(v), name, x);
        }
    }
    Ok(())
}
fn static_get(_cx: &mut Cx, d: Ref<'_>, _obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let w = wrapped(d);
    Ok(w.function.load_reg(w.header()))
}
fn static_call(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let f = wrapped_function(v);
    call::call(cx, f.as_ref(), args)
}
fn class_get(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, owner: Ref<'_>) -> PyResult<Reg> {
    let f = wrapped_function(d);
    let class = if owner.is_none() { obj.map_or(Value::NONE, |o| type_of(o).as_value()) } else { owner.to_value() };
    Ok(crate::types::method::BoundMethod::new(f, class).into())
}
fn static_repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = wrapped_function(v);
    let shown = crate::protocol::text::repr(cx, f.as_ref())?;
    let n = type_of(v).name_text();
    Ok(text(&format!("<{n}({})>", shown.to_string_lossy())))
}
fn is_abstract(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = wrapped_function(v);
    let r = match attr::get_optional(cx, f.as_ref(), names::__isabstractmethod__())? {
        Some(x) => crate::protocol::truth::of(cx, x.as_ref())?,
        None => false,
    };
    Ok(Value::bool(r).into())
}
/// `__dict__` of any object that has one.
pub fn get_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match instance::dict(cx, v)? {
        Some(d) => Ok(d.into()),
        None => Err(attr::missing(cx, v, names::__dict__())),
    }
}
/// Sets `__dict__`.
pub fn set_dict(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.type_error("cannot delete __dict__")) };
    if as_dict(new).is_none() {
        let n = type_of(new).name_text();
        return Err(cx.type_error(format!("__dict__ must be set to a dictionary, not a '{n}'")));
    }
    // SAFETY: it is a dict.
    instance::set_dict(v, unsafe { Gc::from_value(new.to_value()) });
    Ok(())
}
fn wrapped_annotations(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if let Some(r) = instance::get_own(v, type_of(v), name) {
        return Ok(r);
    }
    let f = wrapped_function(v);
    let r = attr::get(cx, f.as_ref(), name)?.into_value();
    instance::set_own(v, type_of(v), name, r.clone());
    Ok(r.into())
}
fn set_wrapped_own(v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) {
    match value {
        Some(x) => drop(instance::set_own(v, type_of(v), name, x.to_value())),
        None => drop(instance::delete_own(v, type_of(v), name)),
    }
}
fn set_wrapped_annotations(_cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    set_wrapped_own(v, names::__annotations__(), x);
    Ok(())
}
fn set_wrapped_annotate(_cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    set_wrapped_own(v, names::__annotate__(), x);
    Ok(())
}

static WRAPPED_GETSETS: &[GetSet] = &[
    getter("__func__", |_, v| Ok(wrapped_function(v).into()), ""),
    getter("__wrapped__", |_, v| Ok(wrapped_function(v).into()), ""),
    getter("__isabstractmethod__", is_abstract, ""),
    getset("__dict__", get_dict, set_dict, ""),
    getset("__annotations__", |cx, v| wrapped_annotations(cx, v, names::__annotations__()), set_wrapped_annotations, ""),
    getset("__annotate__", |cx, v| wrapped_annotations(cx, v, names::__annotate__()), set_wrapped_annotate, ""),
];

static GENERIC_METHODS: &[Method] =
    &[native::class_method("__class_getitem__", "($cls, item, /)", |cx, a| generic_alias(cx, a[0], a[1]), "See PEP 585.")];

/// `staticmethod`.
pub static STATICMETHOD_TYPE: TypeSpec = TypeSpec::of::<Wrapped>("staticmethod")
    .with_dict()
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(wrapped_new),
        init: Some(wrapped_init),
        descr_get: Some(static_get),
        call: Some(static_call),
        repr: Some(static_repr),
        ..Slots::NONE
    })
    .methods(GENERIC_METHODS)
    .getsets(WRAPPED_GETSETS)
    .doc("Turns a function into one that gets no receiver when it is looked up.");

/// `classmethod`.
pub static CLASSMETHOD_TYPE: TypeSpec = TypeSpec::of::<Wrapped>("classmethod")
    .id(ids::CLASSMETHOD)
    .with_dict()
    .flags(flags::BASE)
    .slots(Slots { new: Some(wrapped_new), init: Some(wrapped_init), descr_get: Some(class_get), repr: Some(static_repr), ..Slots::NONE })
    .methods(GENERIC_METHODS)
    .getsets(WRAPPED_GETSETS)
    .doc("Turns a function into one that gets the class as its receiver.");

// ---- members of __slots__ ----

/// Payload of the `member_descriptor` of a `__slots__` entry.
#[repr(C)]
pub struct SlotMember {
    name: Value,
    owner: Value,
    index: usize,
}
// SAFETY: visits both words.
unsafe impl Payload for SlotMember {
    const TYPE_ID: u32 = ids::SLOT_MEMBER;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
        visit(self.owner.word());
    }
}

/// The descriptor of slot `index` of class `t`.
pub fn slot_member(t: &Type, name: Value, index: usize) -> Value {
    let m = gc::alloc(SlotMember { name, owner: t.to_value(), index });
    m.header().make_deferred();
    m.into_value()
}

impl SlotMember {
    /// Index of the slot among the instance's slots.
    pub fn index(&self) -> usize {
        self.index
    }
    /// The class that declares it.
    pub fn owner(&self) -> &Type {
        // SAFETY: made from a type.
        unsafe { self.owner.as_ref().cast::<Type>() }
    }
}

fn member(v: Ref<'_>) -> &SlotMember {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<SlotMember>() }
}
fn check_member(cx: &mut Cx, m: &SlotMember, obj: Ref<'_>) -> PyResult<()> {
    if type_of(obj).is_subtype_of(m.owner()) {
        return Ok(());
    }
    let (n, o, t) =
        (as_str(m.name.as_ref()).map_or_else(String::new, Str::to_string_lossy), m.owner().name_text(), type_of(obj).name_text());
    Err(cx.type_error(format!("descriptor '{n}' for '{o}' objects doesn't apply to a '{t}' object")))
}
fn member_get(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    let m = member(d);
    check_member(cx, m, obj)?;
    let Some(h) = obj.header() else { return Err(attr::missing(cx, obj, m.name.as_ref())) };
    let r = instance::slot_field(h, type_of(obj), m.index).load_reg(h);
    if r.as_ref().word() == Word::UNBOUND {
        return Err(attr::missing(cx, obj, m.name.as_ref()));
    }
    Ok(r)
}
fn member_set(cx: &mut Cx, d: Ref<'_>, obj: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let m = member(d);
    check_member(cx, m, obj)?;
    let Some(h) = obj.header() else { return Ok(()) };
    let new = value.map_or(Value::UNBOUND, Ref::to_value);
    let old = {
        let _l = cx.lock(h);
        instance::slot_field(h, type_of(obj), m.index).swap(new)
    };
    if value.is_none() && old.word() == Word::UNBOUND {
        return Err(attr::missing(cx, obj, m.name.as_ref()));
    }
    drop(old);
    Ok(())
}
fn member_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = member(v);
    let n = as_str(m.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<member '{n}' of '{}' objects>", m.owner().name_text())))
}

/// `member_descriptor` of `__slots__` entries.
pub static SLOT_MEMBER_TYPE: TypeSpec = TypeSpec::of::<SlotMember>("member_descriptor")
    .flags(flags::NO_NEW)
    .slots(Slots { descr_get: Some(member_get), descr_set: Some(member_set), repr: Some(member_repr), ..Slots::NONE })
    .getsets(&[
        getter("__name__", |_, v| Ok(member(v).name.clone().into()), ""),
        getter("__objclass__", |_, v| Ok(member(v).owner.clone().into()), ""),
        getter("__doc__", |_, _| Ok(Value::NONE.into()), ""),
        getter(
            "__qualname__",
            |_, v| {
                let m = member(v);
                let n = as_str(m.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
                Ok(text(&format!("{}.{n}", m.owner().name_text())))
            },
            "",
        ),
    ]);

static DICT_GETSET: GetSet = getset("__dict__", get_dict, set_dict, "dictionary for instance variables");
static WEAKREF_GETSET: GetSet = getter("__weakref__", crate::finalise::first_weakref, "list of weak references to the object");

/// The `__dict__` descriptor of a class.
pub fn dict_getset(owner: u32) -> Value {
    let d = gc::alloc(GetSetDescriptor { def: &DICT_GETSET, owner, member: false });
    d.header().make_deferred();
    d.into_value()
}
/// The `__weakref__` descriptor of a class.
pub fn weakref_getset(owner: u32) -> Value {
    let d = gc::alloc(GetSetDescriptor { def: &WEAKREF_GETSET, owner, member: false });
    d.header().make_deferred();
    d.into_value()
}

/// `types.GenericAlias(origin, args)`.
pub fn generic_alias(_cx: &mut Cx, origin: Ref<'_>, args: Ref<'_>) -> PyResult<Reg> {
    Ok(crate::types::alias::generic::make(origin, args).into())
}

/// `a | b` of types and what stands for them; NotImplemented when either is not.
pub fn union_of(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    crate::types::alias::union::or(cx, a, b)
}

// ---- object ----

fn excess(cx: &mut Cx, t: &Type, args: Args<'_>, in_new: bool) -> PyResult<()> {
    if args.items.is_empty() {
        return Ok(());
    }
    let object = by_id(ids::OBJECT);
    let new_is_object = t.slots.raw(Slot::new) == object.slots.raw(Slot::new);
    let init_is_object = t.slots.raw(Slot::init) == object.slots.raw(Slot::init);
    let n = t.name_text();
    if in_new {
        if !new_is_object {
            return Err(cx.type_error("object.__new__() takes exactly one argument (the type to instantiate)"));
        }
        if init_is_object {
            return Err(cx.type_error(format!("{n}() takes no arguments")));
        }
    } else {
        if !init_is_object {
            return Err(cx.type_error("object.__init__() takes exactly one argument (the instance to initialize)"));
        }
        if new_is_object {
            return Err(cx.type_error(format!("{n}.__init__() takes exactly one argument (the instance to initialize)")));
        }
    }
    Ok(())
}

/// `object.__new__`.
pub fn object_new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    excess(cx, t, args, true)?;
    if t.has(flags::ABSTRACT) {
        return Err(abstract_error(cx, t));
    }
    Ok(instance::alloc_plain(t).into())
}

#[cold]
fn abstract_error(cx: &mut Cx, t: &Type) -> crate::error::Raised {
    let set = t.dict.get_interned(names::__abstractmethods__()).map_or(Value::NONE, Reg::into_value);
    let items = match crate::protocol::iter::collect(cx, set.as_ref()) {
        Ok(i) => i,
        Err(e) => return e,
    };
    let mut all: Vec<String> = items.iter().filter_map(|v| as_str(v.as_ref()).map(Str::to_string_lossy)).collect();
    all.sort();
    let n = t.name_text();
    let s = if all.len() == 1 { "" } else { "s" };
    let list = all.iter().map(|a| format!("'{a}'")).collect::<Vec<_>>().join(", ");
    cx.type_error(format!("Can't instantiate abstract class {n} without an implementation for abstract method{s} {list}"))
}

fn object_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    excess(cx, type_of(v), args, false)
}

fn object_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    let module = t.dict.get_interned(names::__module__()).map(Reg::into_value);
    let q = t.qualname.load(t.header());
    let q = as_str(q.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let full = match module.as_ref().and_then(|m| as_str(m.as_ref())) {
        Some(m) if !m.eq_str("builtins") => format!("{}.{q}", m.to_string_lossy()),
        _ => q,
    };
    Ok(text(&format!("<{full} object at {:#x}>", v.word().unmarked().0)))
}

fn object_str(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(crate::protocol::text::repr(cx, v)?.into())
}

fn object_compare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    match op {
        Compare::Eq => Ok(if a.is(b) { Value::TRUE } else { Value::NOT_IMPLEMENTED }.into()),
        Compare::Ne => {
            let Some(f) = type_of(a).slots.richcompare() else { return Ok(Value::NOT_IMPLEMENTED.into()) };
            let r = f(cx, a, b, Compare::Eq)?.into_value();
            if r.word() == Word::NOT_IMPLEMENTED {
                return Ok(r.into());
            }
            let t = crate::protocol::truth::of(cx, r.as_ref())?;
            Ok(Value::bool(!t).into())
        }
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn get_class(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(type_of(v).as_value().into())
}

/// `obj.__class__ = other`: both classes made at run time (or modules), with the same layout.
fn set_class(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.type_error("can't delete __class__ attribute")) };
    let Some(to) = as_type(new) else {
        let n = type_of(new).name_text();
        return Err(cx.type_error(format!("__class__ must be set to a class, not '{n}' object")));
    };
    let from = type_of(v);
    let Some(h) = v.header() else {
        return Err(cx.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
    };
    let module = from.is_subtype_of_id(ids::MODULE) && to.is_subtype_of_id(ids::MODULE);
    if !module && (from.has(flags::IMMUTABLE) || to.has(flags::IMMUTABLE)) {
        return Err(cx.type_error("__class__ assignment only supported for mutable types or ModuleType subclasses"));
    }
    let same = from.layout == to.layout && from.basic == to.basic && from.slot_count == to.slot_count && from.has_dict == to.has_dict;
    let same_slots = from.slot_count == 0 || slot_names(from) == slot_names(to);
    if !same || !same_slots {
        return Err(cx.type_error(format!("__class__ assignment: '{}' object layout differs from '{}'", to.name_text(), from.name_text())));
    }
    if std::ptr::eq(from, to) {
        return Ok(());
    }
    gc::stats::count(gc::stats::Event::SetClass);
    // Key tables differ between classes: the values move to a dict first, which leaves DETACHED behind for readers that passed their guard.
    if from.has_dict {
        drop(instance::materialise(h, from));
    }
    let heap = |t: &Type| t.has(flags::HEAP);
    {
        let _l = cx.lock(h);
        h.set_type_id(to.id);
    }
    // SAFETY: attached; the borrow ends here.
    let local = unsafe { gc::local::current() };
    if heap(to) {
        local.delta(to.id, 1);
    }
    if heap(from) {
        local.delta(from.id, -1);
    }
    if to.has(flags::FINALIZE) {
        h.set_flags(gc::flag::HAS_FINALIZER);
    }
    Ok(())
}

fn slot_names(t: &Type) -> Vec<String> {
    t.with_mro(|m| {
        m.iter()
            // SAFETY: the MRO holds types.
            .flat_map(|t| unsafe { t.cast::<Type>() }.dict.items())
            .filter_map(|(_, v)| {
                v.as_ref()
                    .exact::<SlotMember>()
                    .map(|s| format!("{}:{}", s.index, as_str(s.name.as_ref()).map_or_else(String::new, Str::to_string_lossy)))
            })
            .collect()
    })
}

fn object_format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(spec) = as_str(a[1]) else {
        let n = type_of(a[1]).name_text();
        return Err(cx.type_error(format!("__format__() argument must be str, not {n}")));
    };
    if !spec.is_empty() {
        let n = type_of(a[0]).name_text();
        return Err(cx.type_error(format!("unsupported format string passed to {n}.__format__")));
    }
    Ok(crate::protocol::text::str(cx, a[0])?.into())
}

fn object_dir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let names = Gc::clone(&crate::types::dict::Dict::new());
    if let Some(d) = attr::get_optional(cx, a[0], names::__dict__())?
        && let Some(d) = as_dict(d.as_ref())
    {
        for (k, _) in d.items() {
            names.set(cx, k.as_ref(), Ref::NONE)?;
        }
    }
    if let Some(c) = attr::get_optional(cx, a[0], names::__class__())? {
        merge_class_names(cx, c.as_ref(), &names)?;
    }
    Ok(crate::types::list::List::from_values(names.items().into_iter().map(|(k, _)| k).collect()).into())
}

/// Adds the names of a class and its bases.
pub fn merge_class_names(cx: &mut Cx, class: Ref<'_>, names: &crate::types::dict::Dict) -> PyResult<()> {
    cx.check_native_stack()?;
    if let Some(t) = as_type(class) {
        let mro: Vec<Value> = t.with_mro(|m| m.iter().map(|r| r.to_value()).collect());
        for c in mro {
            if let Some(t) = as_type(c.as_ref()) {
                for (k, _) in t.dict.items() {
                    names.set(cx, k.as_ref(), Ref::NONE)?;
                }
            }
        }
        return Ok(());
    }
    if let Some(d) = attr::get_optional(cx, class, names::__dict__())?
        && let Some(d) = as_dict(d.as_ref())
    {
        for (k, _) in d.items() {
            names.set(cx, k.as_ref(), Ref::NONE)?;
        }
    }
    if let Some(b) = attr::get_optional(cx, class, names::__bases__())? {
        for c in crate::protocol::iter::collect(cx, b.as_ref())? {
            merge_class_names(cx, c.as_ref(), names)?;
        }
    }
    Ok(())
}

fn object_reduce_ex(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // A class's own __reduce__ goes first.
    let own = type_of(a[0]).lookup_with_owner(names::__reduce__());
    if let Some((_, owner)) = own
        && owner != ids::OBJECT
    {
        return call::method(cx, a[0], names::__reduce__(), &[]);
    }
    let copyreg = cx.host.import(cx, "copyreg")?;
    let protocol = crate::types::int::index_i64(cx, a[1])?;
    if protocol >= 2 {
        return crate::types::type_::methods::reduce_newobj(cx, a[0], copyreg.as_ref());
    }
    let f = Str::intern_text("_reduce_ex");
    call::method(cx, copyreg.as_ref(), f.as_ref(), &[a[0], a[1]])
}

fn object_reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let copyreg = cx.host.import(cx, "copyreg")?;
    let f = Str::intern_text("_reduce_ex");
    let zero = Value::small_int(0);
    call::method(cx, copyreg.as_ref(), f.as_ref(), &[a[0], zero.as_ref()])
}

fn object_sizeof(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = type_of(a[0]);
    let extra = if a[0].header().is_some() { 16 + instance::extra_size(t) } else { 0 };
    let items = if t.item > 0 { crate::protocol::item::len(_cx, a[0]).unwrap_or(0) * t.item as usize } else { 0 };
    Ok(crate::types::int::from_usize(t.basic as usize + extra + items).into())
}

static METHODS: &[Method] = &[
    method("__format__", "($self, format_spec, /)", object_format, "Default object formatter."),
    method("__dir__", "($self, /)", object_dir, "Default dir() implementation."),
    method("__reduce_ex__", "($self, protocol, /)", object_reduce_ex, "Helper for pickle."),
    method("__reduce__", "($self, /)", object_reduce, "Helper for pickle."),
    method("__getstate__", "($self, /)", |cx, a| crate::types::type_::methods::get_state(cx, a[0]), "Helper for pickle."),
    method("__sizeof__", "($self, /)", object_sizeof, "Size of the object in memory, in bytes."),
    native::class_method(
        "__init_subclass__",
        "($cls, /)",
        |_, _| Ok(Value::NONE.into()),
        "Called when a class is subclassed; does nothing.",
    ),
    native::class_method(
        "__subclasshook__",
        "($cls, object, /)",
        |_, _| Ok(Value::NOT_IMPLEMENTED.into()),
        "Abstract classes can override this.",
    ),
];
static GETSETS: &[GetSet] = &[getset("__class__", get_class, set_class, "the object's class")];

/// `object`.
pub static OBJECT_TYPE: TypeSpec = TypeSpec::empty(ids::OBJECT, "object")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(object_new),
        init: Some(object_init),
        repr: Some(object_repr),
        str: Some(object_str),
        hash: Some(|_, v| Ok(crate::protocol::hash::identity(v))),
        richcompare: Some(object_compare),
        getattr: Some(attr::generic_get),
        setattr: Some(attr::generic_set),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("The base of all classes.");
