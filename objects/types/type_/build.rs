//! Making types: static ones from their declarations, classes from a name, bases and a namespace.

use super::{Downcast, KeyTable, Type, TypeSpec, as_type, by_id, dunder, flags, mro, type_of};
use crate::args::{Args, Signature};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{Entry, GetSetDescriptor, Method, MethodDescriptor, MethodKind, bind};
use crate::types::dict::{Dict, as_dict};
use crate::types::instance;
use crate::types::str::{Str, as_str, intern};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Slot, SlotTable};
use gc::{Field, Gc, HEADER_SIZE, Kind, Payload, Ref, TYPES, Value, Walk};
use std::sync::LazyLock;
use sync::prim::{AtomicU32, Ordering};

fn publish(t: &Type) {
    TYPES[t.id as usize].store(std::ptr::from_ref(t).cast_mut().cast::<Kind>(), Ordering::Release);
}

/// Makes a static type from its declaration; its base exists. Wrappers and methods are added by [`fill_static`], once `type` and the descriptor
/// types exist too.
pub fn make_static(spec: &'static TypeSpec) {
    // Ids are handed out by hand: two types with one would take each other's cells for their own.
    assert!(gc::kind::TYPES[spec.id as usize].load(Ordering::Relaxed).is_null(), "type id {} of {} is taken", spec.id, spec.name);
    let base = if spec.id == ids::OBJECT { None } else { Some(by_id(spec.base)) };
    let own_payload = base.is_none_or(|b| spec.size > b.basic as usize || spec.item as u32 != b.item) || spec.id == ids::OBJECT;
    let layout = match base {
        Some(b) if spec.size == 0 || !own_payload => b.layout,
        _ => spec.id,
    };
    let basic = base.map_or(0, |b| b.basic).max(spec.size as u32);
    let (destroy, traverse, walk) = match base {
        Some(b) if spec.size == 0 => (b.destroy_base, b.traverse_base, b.kind.walk),
        _ => (spec.kind.destroy, spec.kind.traverse, spec.kind.walk),
    };
    let has_dict = spec.has_dict || base.is_some_and(|b| b.has_dict);
    let kind = if has_dict {
        Kind { destroy: instance::destroy, traverse: instance::traverse, walk: walk.max(Walk::Racy) }
    } else {
        Kind { destroy, traverse, walk }
    };
    let short = spec.name.rsplit('.').next().unwrap_or(spec.name);
    let name = Str::intern_text(short);
    let inherited = base.map_or(0, |b| b.flags()) & (flags::SEQUENCE | flags::MAPPING | flags::MATCH_SELF | flags::WEAKREFS);
    let t = gc::alloc(Type {
        kind,
        id: spec.id,
        layout,
        basic,
        item: spec.item.max(base.map_or(0, |b| b.item as usize)) as u32,
        slot_count: 0,
        has_dict,
        flags: AtomicU32::new(spec.flags | inherited | flags::IMMUTABLE),
        inline_capacity: AtomicU32::new(0),
        keys: KeyTable::new(),
        slots: SlotTable::empty(),
        name: Field::new(name.clone()),
        qualname: Field::new(name),
        dict: Dict::new(),
        base: Field::new(base.map_or(Value::NONE, |b| b.to_value())),
        bases: Field::new(
            Tuple::from_values(base.into_iter().chain(spec.more_bases.iter().map(|i| by_id(*i))).map(|b| b.to_value()).collect())
                .into_value(),
        ),
        mro: Field::new(Value::NONE),
        subclasses: sync::mutex::Mutex::new(Vec::new()),
        destroy_base: destroy,
        traverse_base: traverse,
        spec: Some(spec),
    });
    t.header().make_immortal();
    spec.slots.store_into(&t.slots);
    publish(&t);
    for b in base.into_iter().chain(spec.more_bases.iter().map(|i| by_id(*i))) {
        b.subclasses.lock().push(spec.id);
    }
    let m = mro::of_static(&t, spec.more_bases);
    drop(t.mro.swap(m.into_value()));
}

/// Fills a static type's namespace and inherits its slots. Bases come first.
pub fn fill_static(t: &Type) {
    let Some(spec) = t.spec else { return };
    dunder::add_wrappers(t);
    for m in spec.methods {
        let name = Str::intern_text(m.name);
        t.dict.set_str(name.as_ref(), method_object(t, m));
    }
    for g in spec.getsets {
        let d = gc::alloc(GetSetDescriptor { def: g, owner: t.id, member: false });
        d.header().make_deferred();
        t.dict.set_text(g.name, d);
    }
    for m in spec.members {
        let fixed = gc::alloc(GetSetDescriptor { def: &m.0, owner: t.id, member: true });
        fixed.header().set_type_id(ids::MEMBER_DESCRIPTOR);
        fixed.header().make_deferred();
        t.dict.set_text(m.0.name, fixed);
    }
    if t.dict.get_interned(names::__doc__()).is_none() {
        let doc = if spec.doc.is_empty() { Value::NONE } else { Str::from_text(spec.doc).into_value() };
        t.dict.set_str(names::__doc__(), doc);
    }
    if let Some((module, _)) = spec.name.rsplit_once('.') {
        t.dict.set_str(names::__module__(), Str::intern_text(module));
    }
    if spec.slots.new.is_some() && t.dict.get_interned(names::__new__()).is_none() {
        t.dict.set_str(names::__new__(), new_function(t));
    }
    // `__eq__` without `__hash__` makes a type unhashable.
    if t.slots.richcompare().is_some() && t.slots.hash().is_none() && t.id != ids::OBJECT {
        t.slots.set(&super::Slots { hash: Some(crate::protocol::hash::unhashable), ..super::Slots::NONE });
        t.dict.set_str(names::__hash__(), Value::NONE);
    }
    if let Some(b) = t.base_type() {
        for slot in super::slots::ALL {
            if t.slots.raw(*slot) == 0 && !(*slot == Slot::new && t.has(flags::NO_NEW)) {
                // SAFETY: a function of the same slot.
                unsafe { t.slots.set_raw(*slot, b.slots.raw(*slot)) };
            }
        }
    }
    let object = by_id(ids::OBJECT);
    if t.slots.raw(Slot::getattr) == object.slots.raw(Slot::getattr) {
        t.flags.fetch_or(flags::PLAIN_GETATTR, Ordering::Relaxed);
    }
    if t.slots.raw(Slot::setattr) == object.slots.raw(Slot::setattr) {
        t.flags.fetch_or(flags::PLAIN_SETATTR, Ordering::Relaxed);
    }
    if t.slots.raw(Slot::del) != 0 {
        t.flags.fetch_or(flags::FINALIZE, Ordering::Relaxed);
    }
    t.flags.fetch_or(flags::READY, Ordering::Release);
}

/// The object that stands for a method row in a type's namespace.
pub fn method_object(t: &Type, m: &'static Method) -> Value {
    match m.kind {
        MethodKind::Static => {
            let f = crate::native::new_function(m, Value::NONE).into_value();
            crate::types::object::static_method(f)
        }
        kind => {
            let d = gc::alloc(MethodDescriptor { def: m, signature: Signature::leaked(m.signature), owner: t.id });
            if kind == MethodKind::Class {
                d.header().set_type_id(ids::CLASSMETHOD_DESCRIPTOR);
            }
            d.header().make_deferred();
            d.into_value()
        }
    }
}

static NEW: Method = Method {
    name: "__new__",
    signature: "($type, *args, **kwargs)",
    entry: Entry::Raw(call_new),
    kind: MethodKind::Class,
    doc: "Create and return a new object.",
};

static NEW_SIGNATURE: LazyLock<Signature> = LazyLock::new(|| Signature::parse(NEW.signature));

/// `T.__new__` of a static type: a function bound to the type that checks the class it is given.
fn new_function(t: &Type) -> Value {
    let f = bind(&NEW, LazyLock::force(&NEW_SIGNATURE), t.to_value());
    f.header().make_deferred();
    f.into_value()
}

fn call_new(cx: &mut Cx, args: Args<'_>) -> PyResult<gc::Reg> {
    // The receiver (the static type) comes first, then the class asked for.
    let Some(owner) = args.items[0].downcast::<Type>() else { return Err(cx.system_error("__new__ without a type")) };
    let n = owner.name_text();
    let Some(class) = args.positional().get(1).copied() else {
        return Err(cx.type_error(format!("{n}.__new__(): not enough arguments")));
    };
    let Some(c) = as_type(class) else {
        let got = type_of(class).name_text();
        return Err(cx.type_error(format!("{n}.__new__(X): X is not a type object ({got})")));
    };
    if !c.is_subtype_of(owner) {
        let cn = c.name_text();
        return Err(cx.type_error(format!("{n}.__new__({cn}): {cn} is not a subtype of {n}")));
    }
    // The most derived static type decides whether this constructor makes objects of the right kind.
    let mut fixed = c;
    while fixed.has(flags::HEAP) {
        match fixed.base_type() {
            Some(b) => fixed = b,
            None => break,
        }
    }
    if fixed.has(flags::NO_NEW) {
        let n = fixed.full_name();
        return Err(cx.type_error(format!("cannot create '{n}' instances")));
    }
    if fixed.slots.raw(Slot::new) != owner.slots.raw(Slot::new) {
        let (cn, f) = (c.name_text(), fixed.name_text());
        return Err(cx.type_error(format!("{n}.__new__({cn}) is not safe, use {f}.__new__()")));
    }
    match owner.slots.new() {
        Some(new) => new(cx, class, Args { items: &args.items[2..], names: args.names }),
        None => Err(cx.type_error(format!("cannot create '{n}' instances"))),
    }
}

/// The most derived metaclass of the given one and the bases'.
pub fn calculate_metaclass<'a>(cx: &mut Cx, meta: &'a Type, bases: &[Ref<'a>]) -> PyResult<&'a Type> {
    let mut winner = meta;
    for b in bases {
        let t = type_of(*b);
        if winner.is_subtype_of(t) {
            continue;
        }
        if t.is_subtype_of(winner) {
            winner = t;
            continue;
        }
        return Err(cx.type_error(
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
        ));
    }
    Ok(winner)
}

/// The type along the base chain that decides an instance's layout.
fn solid(t: &Type) -> &Type {
    let mut at = t;
    loop {
        let Some(b) = at.base_type() else { return at };
        let adds = at.slot_count != b.slot_count || at.layout != b.layout;
        if adds {
            return at;
        }
        at = b;
    }
}

/// The base whose layout the new class extends.
fn best_base<'a>(cx: &mut Cx, bases: &[Ref<'a>]) -> PyResult<&'a Type> {
    let mut best: Option<(&Type, &Type)> = None;
    for b in bases {
        let Some(t) = as_type(*b) else { return Err(cx.type_error("bases must be types")) };
        if !t.has(flags::BASE) {
            let n = t.name_text();
            return Err(cx.type_error(format!("type '{n}' is not an acceptable base type")));
        }
        let s = solid(t);
        best = match best {
            None => Some((t, s)),
            Some((w, ws)) if ws.is_subtype_of(s) => Some((w, ws)),
            Some((_, ws)) if s.is_subtype_of(ws) => Some((t, s)),
            Some(_) => return Err(cx.type_error("multiple bases have instance lay-out conflict")),
        };
    }
    match best {
        Some((t, _)) => Ok(t),
        None => Ok(by_id(ids::OBJECT)),
    }
}

/// Declared `__slots__` of a class body.
struct DeclaredSlots {
    names: Vec<Value>,
    wants_dict: bool,
    declared: bool,
}

fn declared_slots(cx: &mut Cx, name: &str, base: &Type, namespace: &Dict) -> PyResult<DeclaredSlots> {
    let Some(slots) = namespace.get_interned(names::__slots__()) else {
        return Ok(DeclaredSlots { names: Vec::new(), wants_dict: !base.has_dict, declared: false });
    };
    let slots = slots.into_value();
    let items = if as_str(slots.as_ref()).is_some() { vec![slots] } else { crate::protocol::iter::collect(cx, slots.as_ref())? };
    if !items.is_empty() && base.item != 0 && !matches!(base.layout, ids::TYPE | ids::STR) || !items.is_empty() && base.layout == ids::INT {
        let b = base.name_text();
        return Err(cx.type_error(format!("nonempty __slots__ not supported for subtype of '{b}'")));
    }
    let mut out = Vec::new();
    let mut wants_dict = false;
    for s in items {
        let Some(text) = as_str(s.as_ref()) else {
            let n = type_of(s.as_ref()).name_text();
            return Err(cx.type_error(format!("__slots__ items must be strings, not '{n}'")));
        };
        let text = text.to_string_lossy();
        if !is_identifier(&text) {
            return Err(cx.type_error("__slots__ must be identifiers"));
        }
        if text == "__dict__" {
            if wants_dict || base.has_dict {
                return Err(cx.type_error("__dict__ slot disallowed: we already got one"));
            }
            wants_dict = true;
            continue;
        }
        if text == "__weakref__" {
            continue;
        }
        let mangled = mangle(name, &text);
        let key = Str::intern_text(&mangled);
        if namespace.get_interned(key.as_ref()).is_some()
            && mangled != "__qualname__"
            && mangled != "__classcell__"
            && mangled != "__classdictcell__"
        {
            return Err(cx.value_error(format!("'{mangled}' in __slots__ conflicts with class variable")));
        }
        out.push(key);
    }
    Ok(DeclaredSlots { names: out, wants_dict, declared: true })
}

fn is_identifier(s: &str) -> bool {
    let mut chars = s.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// Private-name mangling.
pub fn mangle(class: &str, name: &str) -> String {
    let class = class.trim_start_matches('_');
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') || class.is_empty() {
        return name.to_string();
    }
    format!("_{class}{name}")
}

/// `type.__new__(meta, name, bases, namespace)`; `meta` is the winner already. `__set_name__` and `__init_subclass__` are called.
pub fn new_class(cx: &mut Cx, meta: &Type, name: Ref<'_>, bases: &Tuple, namespace: Ref<'_>, keywords: Args<'_>) -> PyResult<Value> {
    let object = by_id(ids::OBJECT).to_value();
    let bases: Gc<Tuple> =
        // SAFETY: it is a tuple.
        if bases.is_empty() { Tuple::from_values(vec![object]) } else { unsafe { Gc::from_value(bases.to_value()) } };
    let base = best_base(cx, bases.items())?;
    let Some(ns) = as_dict(namespace) else { return Err(cx.type_error("type.__new__() argument 3 must be dict")) };
    let dict = ns.copy();
    let Some(name_text) = as_str(name) else { return Err(cx.type_error("type.__new__() argument 1 must be str")) };
    let name_string = name_text.to_string_lossy();
    if name_text.units().iter().any(|c| c == 0) {
        return Err(cx.value_error("type name must not contain null characters"));
    }
    let declared = declared_slots(cx, &name_string, base, &dict)?;
    let mut slot_names = declared.names;
    slot_names.sort_by(|a, b| match (as_str(a.as_ref()), as_str(b.as_ref())) {
        (Some(x), Some(y)) => x.cmp(y),
        _ => std::cmp::Ordering::Equal,
    });
    slot_names.dedup_by(|a, b| a.is(b));
    let other_dict = bases.items().iter().filter_map(|b| as_type(*b)).any(|b| b.has_dict);
    // The `__dict__` of a class is its namespace, whatever its metaclass.
    // Modules and types have namespaces of their own.
    let has_dict = !matches!(base.layout, ids::TYPE | ids::MODULE) && (base.has_dict || other_dict || declared.wants_dict);
    let has_weakref = !declared.declared || bases.items().iter().filter_map(|b| as_type(*b)).any(|b| b.has(flags::WEAKREFS)) || {
        let w = Str::intern_text("__weakref__");
        let _ = &w;
        declared_weakref(cx, &dict)?
    };
    let Some(id) = gc::deferred::new_id() else { return Err(cx.memory_error()) };
    let qualname = match dict.remove_str(names::__qualname__()) {
        Some(q) if as_str(q.as_ref()).is_some() => q,
        Some(q) => {
            let n = type_of(q.as_ref()).name_text();
            return Err(cx.type_error(format!("type __qualname__ must be a str, not {n}")));
        }
        None => name.to_value(),
    };
    let class_cell = dict.remove_str(names::__classcell__());
    let class_dict_cell = dict.remove_str(names::__classdictcell__());
    if dict.get_interned(names::__module__()).is_none()
        && let Some(globals) = cx.host.globals(cx)
        && let Some(m) = as_dict(globals.as_ref()).and_then(|g| g.get_interned(names::__name__()))
    {
        dict.set_str(names::__module__(), m.into_value());
    }
    if dict.get_interned(names::__doc__()).is_none() {
        dict.set_str(names::__doc__(), Value::NONE);
    }
    for special in [names::__init_subclass__(), names::__class_getitem__()] {
        if let Some(f) = dict.get_interned(special)
            && f.as_ref().header().is_some_and(|h| h.type_id() == ids::FUNCTION)
        {
            dict.set_str(special, crate::types::object::class_method(f.into_value()));
        }
    }
    if let Some(f) = dict.get_interned(names::__new__())
        && f.as_ref().header().is_some_and(|h| h.type_id() == ids::FUNCTION)
    {
        dict.set_str(names::__new__(), crate::types::object::static_method(f.into_value()));
    }
    let unhashable = dict.get_interned(names::__eq__()).is_some() && dict.get_interned(names::__hash__()).is_none();
    if unhashable {
        dict.set_str(names::__hash__(), Value::NONE);
    }
    let mut f = flags::HEAP | flags::BASE | (base.flags() & (flags::SEQUENCE | flags::MAPPING | flags::MATCH_SELF));
    for b in bases.items().iter().filter_map(|b| as_type(*b)) {
        f |= b.flags() & (flags::SEQUENCE | flags::MAPPING);
    }
    if has_weakref {
        f |= flags::WEAKREFS;
    }
    let assigned = dict.get_interned(names::__static_attributes__()).and_then(|t| t.as_ref().exact::<Tuple>().map(Tuple::len));
    let payload = Type {
        kind: Kind { destroy: instance::destroy, traverse: instance::traverse, walk: base.kind.walk.max(Walk::Racy) },
        id,
        layout: base.layout,
        basic: base.basic,
        item: base.item,
        slot_count: base.slot_count + slot_names.len() as u32,
        has_dict,
        flags: AtomicU32::new(f),
        inline_capacity: AtomicU32::new(if has_dict { instance::first_capacity(base, assigned) } else { 0 }),
        keys: KeyTable::new(),
        slots: SlotTable::empty(),
        name: Field::new(name.to_value()),
        qualname: Field::new(qualname),
        dict,
        base: Field::new(base.to_value()),
        bases: Field::new(bases.clone().into_value()),
        mro: Field::new(Value::NONE),
        subclasses: sync::mutex::Mutex::new(Vec::new()),
        destroy_base: base.destroy_base,
        traverse_base: base.traverse_base,
        spec: None,
    };
    let class = if meta.id == ids::TYPE { gc::alloc(payload).into_value() } else { instance::alloc_with(meta, payload) };
    // SAFETY: made as a type.
    let t = unsafe { class.as_ref().cast::<Type>() };
    t.header().make_deferred();
    publish(t);
    // Instances inherit their base's inline keys, so that attributes set by its methods keep their places.
    for i in 0..base.keys.len() {
        t.keys.push(base.keys.get(i));
    }
    for (i, n) in slot_names.iter().enumerate() {
        let index = base.slot_count as usize + i;
        t.dict.set_str(n.as_ref(), crate::types::object::slot_member(t, n.clone(), index));
    }
    if has_dict && !base.has_dict && t.dict.get_interned(names::__dict__()).is_none() {
        t.dict.set_str(names::__dict__(), crate::types::object::dict_getset(t.id));
    }
    if has_weakref && !base.has(flags::WEAKREFS) && t.dict.get_interned(names::__weakref__()).is_none() {
        t.dict.set_str(names::__weakref__(), crate::types::object::weakref_getset(t.id));
    }
    for v in t.dict.items() {
        if let Some(h) = v.1.as_ref().header() {
            note_class_value(h);
        }
    }
    let m = compute_mro(cx, t)?;
    drop(t.mro.swap(m.into_value()));
    for b in bases.items().iter().filter_map(|b| as_type(*b)) {
        b.subclasses.lock().push(id);
    }
    dunder::update_slots(t, None);
    t.flags.fetch_or(flags::READY, Ordering::Release);
    if let Some(c) = class_cell {
        match c.as_ref().exact::<crate::types::cell::Cell>() {
            Some(cell) => drop(cell.set(class.clone())),
            None => {
                let n = type_of(c.as_ref()).name_text();
                return Err(cx.type_error(format!("__classcell__ must be a nonlocal cell, not <class '{n}'>")));
            }
        }
    }
    if let Some(c) = class_dict_cell
        && let Some(cell) = c.as_ref().exact::<crate::types::cell::Cell>()
    {
        drop(cell.set(t.dict.clone().into_value()));
    }
    for (key, value) in t.dict.items() {
        if type_of(value.as_ref()).lookup(names::__set_name__()).is_none() {
            continue;
        }
        if let Err(e) = dunder::special(cx, value.as_ref(), names::__set_name__(), &[class.as_ref(), key.as_ref()]) {
            let kind = type_of(value.as_ref()).name_text();
            let shown = crate::protocol::text::repr(cx, key.as_ref()).map(|s| s.to_string_lossy()).unwrap_or_default();
            let note = format!("Error calling __set_name__ on '{kind}' instance {shown} in '{name_string}'");
            let exc = cx.catch(e);
            crate::types::exception::methods::add_note(cx, exc.as_ref(), &note);
            return Err(cx.raise(exc));
        }
    }
    init_subclass(cx, &class, keywords)?;
    Ok(class)
}

fn declared_weakref(cx: &mut Cx, namespace: &Dict) -> PyResult<bool> {
    let Some(slots) = namespace.get_interned(names::__slots__()) else { return Ok(true) };
    let slots = slots.into_value();
    if let Some(s) = as_str(slots.as_ref()) {
        return Ok(s.eq_str("__weakref__"));
    }
    let items = crate::protocol::iter::collect(cx, slots.as_ref())?;
    Ok(items.iter().any(|v| as_str(v.as_ref()).is_some_and(|s| s.eq_str("__weakref__"))))
}

/// Functions and descriptors that are stored into a type are deferred there and then, so that caches may use them without counting.
pub fn note_class_value(h: &gc::Header) {
    if matches!(
        h.type_id(),
        ids::FUNCTION
            | ids::PROPERTY
            | ids::CLASSMETHOD
            | ids::STATICMETHOD
            | ids::MEMBER_DESCRIPTOR
            | ids::GETSET_DESCRIPTOR
            | ids::BUILTIN_FUNCTION
    ) {
        h.make_deferred();
    }
}

/// Whether methods of `other` can be given instances of `t`: the part of its instances that is more than an object's is in those too.
fn suits(t: &Type, other: &Type) -> bool {
    let chain = |wanted: &Type| {
        let mut at = Some(t);
        while let Some(c) = at {
            if std::ptr::eq(c, wanted) {
                return true;
            }
            at = c.base_type();
        }
        false
    };
    let plain = other.slot_count == 0 || chain(other);
    plain && (std::ptr::eq(t, other) || other.layout == ids::OBJECT || chain(by_id(other.layout)))
}

/// The MRO by the metaclass's `mro()` if it overrides it, else C3.
pub fn compute_mro(cx: &mut Cx, t: &Type) -> PyResult<Gc<Tuple>> {
    let bases = t.bases.load(t.header());
    let Some(b) = bases.as_ref().exact::<Tuple>() else { return Ok(mro::of_static(t, &[])) };
    let meta = type_of(t.as_ref());
    if meta.id != ids::TYPE {
        let name = Str::intern_text("mro");
        if meta.lookup_with_owner(name.as_ref()).is_some_and(|(_, owner)| owner != ids::TYPE) {
            let r = dunder::special(cx, t.as_ref(), name.as_ref(), &[])?;
            let items = crate::protocol::iter::collect(cx, r.as_ref())?;
            for i in &items {
                if as_type(i.as_ref()).is_none() {
                    let n = type_of(i.as_ref()).name_text();
                    return Err(cx.type_error(format!("mro() returned a non-class ('{n}')")));
                }
                if let Some(other) = as_type(i.as_ref())
                    && !suits(t, other)
                {
                    let n = other.name_text();
                    return Err(cx.type_error(format!("mro() returned base with unsuitable layout ('{n}')")));
                }
            }
            return Ok(Tuple::from_values(items));
        }
    }
    mro::linearise(cx, t.as_ref(), b.items())
}

/// `super(cls, cls).__init_subclass__(**kwargs)`.
fn init_subclass(cx: &mut Cx, class: &Value, keywords: Args<'_>) -> PyResult<()> {
    // SAFETY: made as a type.
    let t = unsafe { class.as_ref().cast::<Type>() };
    let found = t.with_mro(|m| {
        m.iter().skip(1).find_map(|b| {
            // SAFETY: the MRO holds types.
            unsafe { b.cast::<Type>() }.dict.get_interned(names::__init_subclass__())
        })
    });
    let Some(f) = found.map(gc::Reg::into_value) else { return Ok(()) };
    let bound = match type_of(f.as_ref()).slots.descr_get() {
        Some(get) => get(cx, f.as_ref(), Some(class.as_ref()), class.as_ref())?.into_value(),
        None => f,
    };
    let only_keywords = Args { items: &keywords.items[keywords.positional().len()..], names: keywords.names };
    crate::protocol::call::call(cx, bound.as_ref(), only_keywords)?;
    Ok(())
}

/// A value under a name in a class's namespace has been set or deleted: void caches (before) and update slots (after).
pub fn set_class_attribute(cx: &mut Cx, t: &Type, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let name = intern::intern(name.to_value());
    let old = {
        t.invalidate();
        match value {
            Some(v) => {
                if let Some(h) = v.header() {
                    note_class_value(h);
                }
                let old = t.dict.get_interned(name.as_ref());
                t.dict.set_str(name.as_ref(), v.to_value());
                Some(old)
            }
            None => t.dict.remove_str(name.as_ref()).map(|v| Some(v.into())),
        }
    };
    if old.is_none() {
        let (n, a) = (t.name_text(), as_str(name.as_ref()).map_or_else(String::new, Str::to_string_lossy));
        return Err(cx.attribute_error(format!("type object '{n}' has no attribute '{a}'"), name.as_ref(), t.as_ref()));
    }
    // A lookup between the two must not leave a cached old value.
    t.invalidate();
    if as_str(name.as_ref()).is_some_and(|s| s.len() > 4 && s.eq_prefix("__")) {
        update_slots_deep(t, name.as_ref());
    }
    Ok(())
}

/// Updates a slot in a class and all its subclasses.
pub fn update_slots_deep(t: &Type, name: Ref<'_>) {
    if t.has(flags::HEAP) {
        dunder::update_slots(t, Some(name));
    }
    let subs = t.subclasses.lock().clone();
    for id in subs {
        if let Some(s) = super::live_by_id(id) {
            update_slots_deep(s, name);
        }
    }
}

const _: () = assert!(HEADER_SIZE == 16);
