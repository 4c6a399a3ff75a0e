//! Natives as data: functions with their Python signature, computed and plain attributes, and the objects that stand for them at run time
//! (`builtin_function_or_method`, method descriptors, getset and member descriptors, slot wrappers).

use crate::args::{Args, Signature};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::types::str::Str;
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, Type, TypeSpec, by_id, type_of};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

/// A native with a declared signature: one word per parameter, missing optional ones are [`Ref::MISSING`]; methods get the receiver first.
pub type Native = fn(&mut Cx, &[Ref<'_>]) -> PyResult<Reg>;
/// A native that takes its arguments as they come (methods: the receiver is the first).
pub type RawNative = fn(&mut Cx, Args<'_>) -> PyResult<Reg>;

/// How a native is entered.
#[derive(Clone, Copy)]
pub enum Entry {
    /// With bound parameters.
    Bound(Native),
    /// With the arguments as they come.
    Raw(RawNative),
}

/// What a method gets as its first word.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    /// The instance.
    Instance,
    /// The class.
    Class,
    /// Nothing.
    Static,
}

/// A row of a method table.
pub struct Method {
    /// Name.
    pub name: &'static str,
    /// `($self, a, b=None, /)`: what `inspect.signature` shows and arguments are bound by. Empty for a raw native without a known signature.
    pub signature: &'static str,
    /// The function.
    pub entry: Entry,
    /// Receiver.
    pub kind: MethodKind,
    /// Docstring.
    pub doc: &'static str,
}

/// A method with a signature.
pub const fn method(name: &'static str, signature: &'static str, f: Native, doc: &'static str) -> Method {
    Method { name, signature, entry: Entry::Bound(f), kind: MethodKind::Instance, doc }
}
/// A method that takes its arguments as they come.
pub const fn raw_method(name: &'static str, signature: &'static str, f: RawNative, doc: &'static str) -> Method {
    Method { name, signature, entry: Entry::Raw(f), kind: MethodKind::Instance, doc }
}
/// A class method (the class is the first word).
pub const fn class_method(name: &'static str, signature: &'static str, f: Native, doc: &'static str) -> Method {
    Method { name, signature, entry: Entry::Bound(f), kind: MethodKind::Class, doc }
}
/// A static method or a function of a module.
pub const fn function(name: &'static str, signature: &'static str, f: Native, doc: &'static str) -> Method {
    Method { name, signature, entry: Entry::Bound(f), kind: MethodKind::Static, doc }
}
/// A function that takes its arguments as they come.
pub const fn raw_function(name: &'static str, signature: &'static str, f: RawNative, doc: &'static str) -> Method {
    Method { name, signature, entry: Entry::Raw(f), kind: MethodKind::Static, doc }
}

/// Reads an attribute.
pub type Getter = fn(&mut Cx, Ref<'_>) -> PyResult<Reg>;
/// Writes (or, with `None`, deletes) an attribute.
pub type Setter = fn(&mut Cx, Ref<'_>, Option<Ref<'_>>) -> PyResult<()>;

/// A row of a table of computed attributes.
pub struct GetSet {
    /// Name.
    pub name: &'static str,
    /// Reads it.
    pub get: Getter,
    /// Writes it, if it may be written.
    pub set: Option<Setter>,
    /// Docstring.
    pub doc: &'static str,
}

/// A computed attribute that can only be read.
pub const fn getter(name: &'static str, get: Getter, doc: &'static str) -> GetSet {
    GetSet { name, get, set: None, doc }
}
/// A computed attribute.
pub const fn getset(name: &'static str, get: Getter, set: Setter, doc: &'static str) -> GetSet {
    GetSet { name, get, set: Some(set), doc }
}

/// A row of a table of plain attributes: shown as `member_descriptor`, otherwise as a [`GetSet`].
pub struct Member(pub GetSet);

/// A function of a module, or a method bound to its receiver: `builtin_function_or_method`.
#[repr(C)]
pub struct BuiltinFunction {
    /// The table row.
    pub def: &'static Method,
    /// Its parsed signature.
    pub signature: &'static Signature,
    /// Receiver, or the module, or None.
    pub receiver: Value,
    /// Whether the receiver is passed to the function.
    pub bound: bool,
    /// `__module__`.
    pub module: Field,
}
// SAFETY: visits both words.
unsafe impl Payload for BuiltinFunction {
    const TYPE_ID: u32 = ids::BUILTIN_FUNCTION;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.receiver.word());
        visit(self.module.peek());
    }
}

/// An unbound method of a static type: `method_descriptor` or `classmethod_descriptor`.
#[repr(C)]
pub struct MethodDescriptor {
    /// The table row.
    pub def: &'static Method,
    /// Its parsed signature.
    pub signature: &'static Signature,
    /// Id of the type that declares it.
    pub owner: u32,
}
// SAFETY: holds no words.
unsafe impl Payload for MethodDescriptor {
    const TYPE_ID: u32 = ids::METHOD_DESCRIPTOR;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// A computed attribute of a static type.
#[repr(C)]
pub struct GetSetDescriptor {
    /// The table row.
    pub def: &'static GetSet,
    /// Id of the type that declares it.
    pub owner: u32,
    /// Shown as a member descriptor.
    pub member: bool,
}
// SAFETY: holds no words.
unsafe impl Payload for GetSetDescriptor {
    const TYPE_ID: u32 = ids::GETSET_DESCRIPTOR;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// Makes the object of a module's function.
pub fn new_function(def: &'static Method, module: Value) -> Gc<BuiltinFunction> {
    gc::alloc(BuiltinFunction {
        def,
        signature: Signature::leaked(def.signature),
        receiver: Value::NONE,
        bound: false,
        module: Field::new(module),
    })
}

/// Binds a native method to its receiver.
pub fn bind(def: &'static Method, signature: &'static Signature, receiver: Value) -> Gc<BuiltinFunction> {
    gc::alloc(BuiltinFunction { def, signature, receiver, bound: true, module: Field::new(Value::NONE) })
}

/// Calls a native: binds the arguments by its signature. `args` starts with the receiver for methods; `display` is the name in messages.
#[inline]
pub fn invoke(cx: &mut Cx, def: &'static Method, signature: &Signature, args: Args<'_>) -> PyResult<Reg> {
    match def.entry {
        Entry::Raw(f) => f(cx, args),
        Entry::Bound(f) => {
            let receivers = usize::from(def.kind != MethodKind::Static);
            if args.names.is_none() && signature.simple && args.items.len() == signature.params.len() + receivers {
                return f(cx, args.items);
            }
            if args.names.is_none() && signature.fits(args.items.len().wrapping_sub(receivers)) {
                return padded(cx, args.items, signature.params.len() + receivers, f);
            }
            bind_and_call(cx, def, signature, args, f)
        }
    }
}

/// Calls a native with the optional arguments at the end left out.
#[inline]
pub fn padded(cx: &mut Cx, items: &[Ref<'_>], total: usize, f: Native) -> PyResult<Reg> {
    // One by one: a copy of unknown length would be a call.
    let at = |n: usize| items.get(n).copied().unwrap_or(Ref::MISSING);
    match total {
        2 => return f(cx, &[at(0), at(1)]),
        3 => return f(cx, &[at(0), at(1), at(2)]),
        4 => return f(cx, &[at(0), at(1), at(2), at(3)]),
        _ => {}
    }
    let mut all = items.to_vec();
    all.resize(total, Ref::MISSING);
    f(cx, &all)
}

#[cold]
fn bind_and_call(cx: &mut Cx, def: &'static Method, signature: &Signature, args: Args<'_>, f: Native) -> PyResult<Reg> {
    if def.kind == MethodKind::Static {
        signature.bind(cx, def.name, None, args, f)
    } else {
        let receiver = args.items[0];
        let shown = match def.kind {
            MethodKind::Instance => format!("{}.{}", type_of(receiver).name_text(), def.name),
            _ => def.name.to_string(),
        };
        signature.bind(cx, &shown, Some(receiver), args.without_first(), f)
    }
}

/// Calls a function of a module; messages name the module too, except `builtins`.
#[inline]
fn call_function(cx: &mut Cx, f: &BuiltinFunction, args: Args<'_>) -> PyResult<Reg> {
    match f.def.entry {
        Entry::Raw(g) => g(cx, args),
        Entry::Bound(g) if args.names.is_none() && f.signature.simple && args.items.len() == f.signature.params.len() => g(cx, args.items),
        Entry::Bound(g) if args.names.is_none() && f.signature.fits(args.items.len()) => {
            padded(cx, args.items, f.signature.params.len(), g)
        }
        Entry::Bound(g) => {
            let module = f.module.load(f.header());
            let shown = match module.as_ref().downcast::<Str>() {
                Some(m) if !m.eq_str("builtins") => format!("{}.{}", m.to_string_lossy(), f.def.name),
                _ => f.def.name.to_string(),
            };
            f.signature.bind(cx, &shown, None, args, g)
        }
    }
}

fn call_builtin(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let f = unsafe { callee.cast::<BuiltinFunction>() };
    if !f.bound {
        return call_function(cx, f, args);
    }
    let mut small = [Ref::MISSING; 10];
    let n = args.items.len() + 1;
    if n <= small.len() {
        small[0] = f.receiver.as_ref();
        small[1..n].copy_from_slice(args.items);
        invoke(cx, f.def, f.signature, Args { items: &small[..n], names: args.names })
    } else {
        let mut all = Vec::with_capacity(n);
        all.push(f.receiver.as_ref());
        all.extend_from_slice(args.items);
        invoke(cx, f.def, f.signature, Args { items: &all, names: args.names })
    }
}

/// TypeError unless `receiver` is an instance of the type that declares the descriptor.
pub fn check_receiver(cx: &mut Cx, name: &str, owner: u32, receiver: Ref<'_>) -> PyResult<()> {
    if type_of(receiver).is_subtype_of_id(owner) {
        return Ok(());
    }
    let (o, r) = (by_id(owner).full_name(), type_of(receiver).full_name());
    Err(cx.type_error(format!("descriptor '{name}' for '{o}' objects doesn't apply to a '{r}' object")))
}

fn call_method_descriptor(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let m = unsafe { callee.cast::<MethodDescriptor>() };
    let Some(receiver) = args.positional().first().copied() else {
        let o = by_id(m.owner).name_text();
        return Err(cx.type_error(format!("unbound method {o}.{}() needs an argument", m.def.name)));
    };
    check_receiver(cx, m.def.name, m.owner, receiver)?;
    invoke(cx, m.def, m.signature, args)
}

fn get_method(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let m = unsafe { d.cast::<MethodDescriptor>() };
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    check_receiver(_cx, m.def.name, m.owner, obj)?;
    Ok(bind(m.def, m.signature, obj.to_value()).into())
}

fn get_class_method(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, owner: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let m = unsafe { d.cast::<MethodDescriptor>() };
    let class = if owner.is_none() {
        match obj {
            Some(o) => type_of(o).to_value(),
            None => return Err(cx.type_error("__get__(None, None) is invalid")),
        }
    } else {
        owner.to_value()
    };
    Ok(bind(m.def, m.signature, class).into())
}

fn call_class_method(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    call_method_descriptor(cx, callee, args)
}

fn get_attribute(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let g = unsafe { d.cast::<GetSetDescriptor>() };
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    check_receiver(cx, g.def.name, g.owner, obj)?;
    (g.def.get)(cx, obj)
}

fn set_attribute(cx: &mut Cx, d: Ref<'_>, obj: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    // SAFETY: this slot belongs to the type.
    let g = unsafe { d.cast::<GetSetDescriptor>() };
    check_receiver(cx, g.def.name, g.owner, obj)?;
    match g.def.set {
        Some(set) => set(cx, obj, value),
        None => {
            let o = by_id(g.owner).shown_name();
            let text = if g.member {
                "readonly attribute".to_string()
            } else {
                format!("attribute '{}' of '{o}' objects is not writable", g.def.name)
            };
            Err(cx.error(crate::types::exception::ids::ATTRIBUTE_ERROR, text))
        }
    }
}

fn text(s: &str) -> PyResult<Reg> {
    Ok(Str::from_text(s).into())
}

/// The docstring as a value.
fn doc(s: &str) -> PyResult<Reg> {
    if s.is_empty() { Ok(Value::NONE.into()) } else { text(s) }
}

fn text_signature(m: &'static Method) -> PyResult<Reg> {
    if m.signature.is_empty() { Ok(Value::NONE.into()) } else { text(m.signature) }
}

macro_rules! me {
    ($v:expr, $t:ty) => {
        // SAFETY: descriptors check their receiver.
        unsafe { $v.cast::<$t>() }
    };
}

fn builtin_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me!(v, BuiltinFunction);
    if f.bound {
        let at = v.word().header() as usize;
        let r = f.receiver.as_ref();
        return text(&format!("<built-in method {} of {} object at {at:#x}>", f.def.name, type_of(r).full_name()));
    }
    text(&format!("<built-in function {}>", f.def.name))
}

fn builtin_qualname(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me!(v, BuiltinFunction);
    if !f.bound {
        return text(f.def.name);
    }
    let r = f.receiver.as_ref();
    let owner = match r.downcast::<Type>() {
        Some(t) => t.name_text(),
        None => type_of(r).name_text(),
    };
    text(&format!("{owner}.{}", f.def.name))
}

fn builtin_module(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me!(v, BuiltinFunction);
    Ok(f.module.load_reg(f.header()))
}
fn set_builtin_module(cx: &mut Cx, v: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let f = me!(v, BuiltinFunction);
    let new = value.map_or(Value::NONE, Ref::to_value);
    let old = {
        let _l = cx.lock(f.header());
        f.module.swap(new)
    };
    drop(old);
    Ok(())
}
fn builtin_self(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = me!(v, BuiltinFunction);
    if f.bound {
        return Ok(f.receiver.clone().into());
    }
    let name = f.module.load(f.header());
    if name.as_ref().downcast::<Str>().is_some_and(|s| s.eq_str("builtins")) {
        return Ok(cx.host.import(cx, "builtins")?.into());
    }
    Ok(Value::NONE.into())
}

static BUILTIN_GETSETS: &[GetSet] = &[
    getter("__name__", |_, v| text(me!(v, BuiltinFunction).def.name), ""),
    getter("__qualname__", builtin_qualname, ""),
    getter("__doc__", |_, v| doc(me!(v, BuiltinFunction).def.doc), ""),
    getter("__text_signature__", |_, v| text_signature(me!(v, BuiltinFunction).def), ""),
    getter("__self__", builtin_self, ""),
    getset("__module__", builtin_module, set_builtin_module, ""),
];

fn builtin_reduce(cx: &mut Cx, args: &[Ref<'_>]) -> PyResult<Reg> {
    let f = me!(args[0], BuiltinFunction);
    if !f.bound {
        return text(f.def.name);
    }
    let getattr = cx.host.builtins().get_str("getattr").map(Reg::into_value).unwrap_or(Value::NONE);
    let name = Str::from_text(f.def.name).into_value();
    let inner = crate::types::tuple::Tuple::from_values(vec![f.receiver.clone(), name]).into_value();
    Ok(crate::types::tuple::Tuple::from_values(vec![getattr, inner]).into())
}

fn builtin_compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: crate::types::type_::slots::Compare) -> PyResult<Reg> {
    use crate::types::type_::slots::Compare::{Eq, Ne};
    let (Some(x), Some(y)) = (a.exact::<BuiltinFunction>(), b.exact::<BuiltinFunction>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let same = std::ptr::eq(x.def, y.def) && x.bound == y.bound && x.receiver.is(&y.receiver);
    match op {
        Eq => Ok(Value::bool(same).into()),
        Ne => Ok(Value::bool(!same).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn builtin_hash(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let f = me!(v, BuiltinFunction);
    Ok((std::ptr::from_ref(f.def) as i64) ^ (f.receiver.word().0 as i64 >> 4))
}

/// `builtin_function_or_method`.
pub static BUILTIN_FUNCTION_TYPE: TypeSpec = TypeSpec::of::<BuiltinFunction>("builtin_function_or_method")
    .flags(crate::types::type_::flags::NO_NEW | crate::types::type_::flags::WEAKREFS)
    .slots(Slots {
        call: Some(call_builtin),
        repr: Some(builtin_repr),
        richcompare: Some(builtin_compare),
        hash: Some(builtin_hash),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", builtin_reduce, "Helper for pickle.")])
    .getsets(BUILTIN_GETSETS);

fn method_descriptor_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = me!(v, MethodDescriptor);
    text(&format!("<method '{}' of '{}' objects>", m.def.name, by_id(m.owner).shown_name()))
}

fn descriptor_reduce(cx: &mut Cx, v: Ref<'_>, owner: u32, name: &str) -> PyResult<Reg> {
    let _ = v;
    let getattr = cx.host.builtins().get_str("getattr").map(Reg::into_value).unwrap_or(Value::NONE);
    let inner = crate::types::tuple::Tuple::from_values(vec![crate::types::type_::type_value(owner), Str::from_text(name).into_value()])
        .into_value();
    Ok(crate::types::tuple::Tuple::from_values(vec![getattr, inner]).into())
}

static METHOD_DESCRIPTOR_GETSETS: &[GetSet] = &[
    getter("__name__", |_, v| text(me!(v, MethodDescriptor).def.name), ""),
    getter(
        "__qualname__",
        |_, v| text(&format!("{}.{}", by_id(me!(v, MethodDescriptor).owner).name_text(), me!(v, MethodDescriptor).def.name)),
        "",
    ),
    getter("__doc__", |_, v| doc(me!(v, MethodDescriptor).def.doc), ""),
    getter("__text_signature__", |_, v| text_signature(me!(v, MethodDescriptor).def), ""),
    getter("__objclass__", |_, v| Ok(crate::types::type_::type_value(me!(v, MethodDescriptor).owner).into()), ""),
];

static METHOD_DESCRIPTOR_METHODS: &[Method] = &[method(
    "__reduce__",
    "($self, /)",
    |cx, a| descriptor_reduce(cx, a[0], me!(a[0], MethodDescriptor).owner, me!(a[0], MethodDescriptor).def.name),
    "Helper for pickle.",
)];

/// `method_descriptor`.
pub static METHOD_DESCRIPTOR_TYPE: TypeSpec = TypeSpec::of::<MethodDescriptor>("method_descriptor")
    .flags(crate::types::type_::flags::NO_NEW | crate::types::type_::flags::METHOD_LIKE)
    .slots(Slots { call: Some(call_method_descriptor), repr: Some(method_descriptor_repr), descr_get: Some(get_method), ..Slots::NONE })
    .methods(METHOD_DESCRIPTOR_METHODS)
    .getsets(METHOD_DESCRIPTOR_GETSETS);

/// `classmethod_descriptor`.
pub static CLASSMETHOD_DESCRIPTOR_TYPE: TypeSpec = TypeSpec::of::<MethodDescriptor>("classmethod_descriptor")
    .id(ids::CLASSMETHOD_DESCRIPTOR)
    .flags(crate::types::type_::flags::NO_NEW)
    .slots(Slots { call: Some(call_class_method), repr: Some(method_descriptor_repr), descr_get: Some(get_class_method), ..Slots::NONE })
    .getsets(METHOD_DESCRIPTOR_GETSETS);

fn getset_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let g = me!(v, GetSetDescriptor);
    let what = if g.member { "member" } else { "attribute" };
    text(&format!("<{what} '{}' of '{}' objects>", g.def.name, by_id(g.owner).shown_name()))
}

static GETSET_GETSETS: &[GetSet] = &[
    getter("__name__", |_, v| text(me!(v, GetSetDescriptor).def.name), ""),
    getter(
        "__qualname__",
        |_, v| text(&format!("{}.{}", by_id(me!(v, GetSetDescriptor).owner).name_text(), me!(v, GetSetDescriptor).def.name)),
        "",
    ),
    getter("__doc__", |_, v| doc(me!(v, GetSetDescriptor).def.doc), ""),
    getter("__objclass__", |_, v| Ok(crate::types::type_::type_value(me!(v, GetSetDescriptor).owner).into()), ""),
];

/// `getset_descriptor`.
pub static GETSET_TYPE: TypeSpec = TypeSpec::of::<GetSetDescriptor>("getset_descriptor")
    .flags(crate::types::type_::flags::NO_NEW)
    .slots(Slots { repr: Some(getset_repr), descr_get: Some(get_attribute), descr_set: Some(set_attribute), ..Slots::NONE })
    .getsets(GETSET_GETSETS);

/// `member_descriptor` of static types. (Those of `__slots__` are in `types::instance`.)
pub static MEMBER_TYPE: TypeSpec = TypeSpec::of::<GetSetDescriptor>("member_descriptor")
    .id(ids::MEMBER_DESCRIPTOR)
    .flags(crate::types::type_::flags::NO_NEW)
    .slots(Slots { repr: Some(getset_repr), descr_get: Some(get_attribute), descr_set: Some(set_attribute), ..Slots::NONE })
    .getsets(GETSET_GETSETS);
