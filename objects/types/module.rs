//! `module`: a namespace with a name.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, Method, getter, method, new_function};
use crate::protocol::{attr, call};
use crate::types::dict::Dict;
use crate::types::str::{Str, as_str};
use crate::types::type_::slots::Slots;
use crate::types::type_::{Downcast, TypeSpec, flags};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

/// A module's payload.
#[repr(C)]
pub struct Module {
    /// The namespace; a dict once `__new__` has run.
    pub dict: Gc<Dict>,
    /// State that a native module keeps for itself.
    pub state: Field,
}

// SAFETY: visits both words.
unsafe impl Payload for Module {
    const TYPE_ID: u32 = ids::MODULE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.dict.value().word());
        visit(self.state.peek());
    }
}

/// The definition of a native module: data.
pub struct ModuleDef {
    /// `__name__`
    pub name: &'static str,
    /// Docstring.
    pub doc: &'static str,
    /// Functions.
    pub functions: &'static [Method],
    /// Adds types, constants and whatever else.
    pub init: fn(&mut Cx, &Module) -> PyResult<()>,
}

impl Module {
    /// A new module with the usual entries.
    pub fn new(name: &str, doc: Value) -> Gc<Module> {
        let m = gc::alloc(Module { dict: new_namespace(), state: Field::new(Value::NONE) });
        m.header().make_deferred();
        m.dict.set_str(names::__name__(), Str::intern_text(name));
        m.dict.set_str(names::__doc__(), doc);
        m.dict.set_str(names::__package__(), Value::NONE);
        m.dict.set_str(names::__loader__(), Value::NONE);
        m.dict.set_str(names::__spec__(), Value::NONE);
        m
    }
    /// Makes a native module.
    pub fn from_def(cx: &mut Cx, def: &'static ModuleDef) -> PyResult<Gc<Module>> {
        let doc = if def.doc.is_empty() { Value::NONE } else { Str::from_text(def.doc).into_value() };
        let m = Module::new(def.name, doc);
        let name = Str::intern_text(def.name);
        for f in def.functions {
            let object = new_function(f, name.clone());
            object.header().make_deferred();
            m.dict.set_text(f.name, object);
        }
        (def.init)(cx, &m)?;
        Ok(m)
    }
    /// Adds an entry.
    pub fn add(&self, name: &str, v: impl Into<Value>) {
        self.dict.set_text(name, v);
    }
}

/// A dict for a module: deferred, since every function of the module points to it.
pub fn new_namespace() -> Gc<Dict> {
    let d = Dict::new();
    d.header().make_deferred();
    d
}

fn me(v: Ref<'_>) -> &Module {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Module>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<crate::types::Type>() };
    let v = crate::types::instance::alloc_with(t, Module { dict: new_namespace(), state: Field::new(Value::NONE) });
    if let Some(h) = v.as_ref().header() {
        h.make_deferred();
    }
    Ok(v.into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    args.check_count(cx, "module()", 0, 2)?;
    let m = me(v);
    let p = args.positional();
    let name = p.first().copied().or_else(|| args.keyword("name"));
    let doc = p.get(1).copied().or_else(|| args.keyword("doc"));
    let Some(name) = name else { return Err(cx.type_error("module() missing required argument 'name' (pos 1)")) };
    if as_str(name).is_none() {
        let n = crate::types::type_of(name).name_text();
        return Err(cx.type_error(format!("module() argument 'name' must be str, not {n}")));
    }
    m.dict.set_str(names::__name__(), name.to_value());
    m.dict.set_str(names::__doc__(), doc.map_or(Value::NONE, Ref::to_value));
    m.dict.set_str(names::__package__(), Value::NONE);
    m.dict.set_str(names::__loader__(), Value::NONE);
    m.dict.set_str(names::__spec__(), Value::NONE);
    Ok(())
}

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let m = me(v);
    // Only data descriptors of the class come before the namespace.
    if let Some(s) = name.exact::<Str>()
        && crate::types::type_of(v).lookup(name).is_none_or(|d| crate::types::type_of(d.as_ref()).slots.descr_set().is_none())
        && let Some(r) = m.dict.get_exact_str(s)
    {
        return Ok(r);
    }
    if let Some(r) = attr::generic_get_optional(cx, v, name)? {
        return Ok(r);
    }
    if let Some(s) = name.exact::<Str>()
        && let Some(r) = m.dict.get_exact_str(s)
    {
        return Ok(r);
    }
    if let Some(f) = m.dict.get_interned(names::__getattr__()) {
        let f = f.into_value();
        return call::positional(cx, f.as_ref(), &[name]).map(Reg::from);
    }
    let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    let module = m.dict.get_interned(names::__name__()).map(Reg::into_value);
    let text = match module.as_ref().and_then(|m| as_str(m.as_ref())) {
        Some(module) => {
            let module = module.to_string_lossy();
            if is_initialising(cx, m)? {
                format!("partially initialized module '{module}' has no attribute '{n}' (most likely due to a circular import)")
            } else {
                format!("module '{module}' has no attribute '{n}'")
            }
        }
        None => format!("module has no attribute '{n}'"),
    };
    Err(cx.attribute_error(text, name, v))
}

/// Whether the module's import has not finished (`__spec__._initializing`).
pub fn is_initialising(cx: &mut Cx, m: &Module) -> PyResult<bool> {
    let Some(spec) = m.dict.get_interned(names::__spec__()).map(Reg::into_value) else { return Ok(false) };
    if spec.as_ref().is_none() {
        return Ok(false);
    }
    match attr::get_optional(cx, spec.as_ref(), names::_initializing())? {
        Some(v) => crate::protocol::truth::of(cx, v.as_ref()),
        None => Ok(false),
    }
}

fn setattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let m = me(v);
    let Some(s) = as_str(name) else {
        let n = crate::types::type_of(name).name_text();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    };
    let interned = crate::types::str::intern::intern(name.to_value());
    if let Some(d) = crate::types::type_of(v).lookup(interned.as_ref())
        && crate::types::type_of(d.as_ref()).slots.descr_set().is_some()
    {
        return attr::generic_set(cx, v, name, value);
    }
    match value {
        Some(x) => m.dict.set_str(interned.as_ref(), x.to_value()),
        None => {
            if m.dict.remove_str(interned.as_ref()).is_none() {
                let module = m.dict.get_interned(names::__name__()).map(Reg::into_value);
                let module = module.as_ref().and_then(|v| as_str(v.as_ref())).map_or_else(String::new, Str::to_string_lossy);
                let n = s.to_string_lossy();
                return Err(cx.attribute_error(format!("module '{module}' has no attribute '{n}'"), name, v));
            }
        }
    }
    Ok(())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let f = cx.host.import(cx, "_frozen_importlib")?;
    let name = Str::intern_text("_module_repr");
    call::method(cx, f.as_ref(), name.as_ref(), &[v])
}

fn dir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me(a[0]);
    if let Some(f) = m.dict.get_str("__dir__") {
        let f = f.into_value();
        return call::positional(cx, f.as_ref(), &[]).map(Reg::from);
    }
    let keys = m.dict.items().into_iter().map(|(k, _)| k).collect();
    Ok(crate::types::list::List::from_values(keys).into())
}

static GETSETS: &[GetSet] = &[getter("__dict__", |_, v| Ok(me(v).dict.clone().into()), "")];
static METHODS: &[Method] = &[method("__dir__", "($self, /)", dir, "The names in the module.")];

/// `module`.
pub static MODULE_TYPE: TypeSpec = TypeSpec::of::<Module>("module")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), getattr: Some(getattr), setattr: Some(setattr), repr: Some(repr), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("Create a module object.");

/// The module if the value is one.
pub fn as_module<'a>(v: Ref<'a>) -> Option<&'a Module> {
    v.downcast::<Module>()
}
