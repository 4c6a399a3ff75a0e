//! THE attribute lookup.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::types::str::{Str, as_str, intern};
use crate::types::type_::{Type, as_type, type_of};
use crate::types::{exception, instance};
use gc::{Ref, Reg, Value};

/// `obj.name`. `name` is a str.
#[inline]
pub fn get(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    match type_of(obj).slots.getattr() {
        Some(f) => f(cx, obj, name),
        None => generic_get(cx, obj, name),
    }
}

/// `getattr(obj, name, None)` that tells whether it is there: AttributeError becomes `None`.
pub fn get_optional(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Option<Value>> {
    let found = if type_of(obj).has(crate::types::type_::flags::PLAIN_GETATTR) {
        generic_get_optional(cx, obj, name)
    } else {
        get(cx, obj, name).map(Some)
    };
    match found {
        Ok(r) => Ok(r.map(Reg::into_value)),
        // Descriptors may raise it too.
        Err(e) => {
            cx.catch_if(e, exception::ids::ATTRIBUTE_ERROR)?;
            Ok(None)
        }
    }
}

/// As `get`, with a Rust text for a name.
pub fn get_text(cx: &mut Cx, obj: Ref<'_>, name: &str) -> PyResult<Reg> {
    let n = Str::intern_text(name);
    get(cx, obj, n.as_ref())
}

/// Names must be interned to be found in key tables and namespaces. (Namespaces are also found by text.)
fn interned(name: Ref<'_>) -> Value {
    intern::intern(name.to_value())
}

/// `object.__getattribute__`.
pub fn generic_get(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    match generic_get_optional(cx, obj, name)? {
        Some(r) => Ok(r),
        None => Err(missing(cx, obj, name)),
    }
}

/// As `generic_get`; `None` when there is no such attribute.
pub fn generic_get_optional(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Option<Reg>> {
    if as_str(name).is_none() {
        let n = type_of(name).shown_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    }
    let name = interned(name);
    let name = name.as_ref();
    let t = type_of(obj);
    let found = t.lookup(name);
    if let Some(d) = &found {
        let dt = type_of(d.as_ref());
        if dt.slots.descr_set().is_some()
            && let Some(get) = dt.slots.descr_get()
        {
            // These run no Python code, so that asking twice does no harm.
            let native = matches!(dt.id, ids::GETSET_DESCRIPTOR | ids::MEMBER_DESCRIPTOR | ids::SLOT_MEMBER);
            let Some(d) = found else { return Ok(None) };
            let r = cx.with_held(d, |cx, d| cx.with_type(t, |cx, t| get(cx, d, Some(obj), t)));
            // Another thread may have given the object another class, which the descriptor refuses.
            return match r {
                Err(e) if native && type_of(obj).id != t.id => {
                    drop(cx.catch(e));
                    generic_get_optional(cx, obj, name)
                }
                r => r.map(Some),
            };
        }
    }
    if let Some(r) = instance::get_own(obj, t, name) {
        return Ok(Some(r));
    }
    match found {
        Some(d) => match type_of(d.as_ref()).slots.descr_get() {
            Some(get) => cx.with_held(d, |cx, d| cx.with_type(t, |cx, t| get(cx, d, Some(obj), t))).map(Some),
            None => Ok(Some(d)),
        },
        None => Ok(None),
    }
}

/// The AttributeError of a failed lookup.
#[cold]
pub fn missing(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> crate::error::Raised {
    let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    let text = match as_type(obj) {
        Some(t) => format!("type object '{}' has no attribute '{n}'", t.shown_name()),
        None => format!("'{}' object has no attribute '{n}'", type_of(obj).shown_name()),
    };
    cx.attribute_error(text, name, obj)
}

/// `obj.name = value`, or `del obj.name` with `None`.
#[inline]
pub fn set(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match type_of(obj).slots.setattr() {
        Some(f) => f(cx, obj, name, value),
        None => generic_set(cx, obj, name, value),
    }
}

/// `object.__setattr__` and `object.__delattr__`.
pub fn generic_set(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    if as_str(name).is_none() {
        let n = type_of(name).shown_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    }
    let name = interned(name);
    let name = name.as_ref();
    let t = type_of(obj);
    let found = t.lookup(name);
    if let Some(d) = &found
        && let Some(set) = type_of(d.as_ref()).slots.descr_set()
    {
        let d = found.map_or(Value::NONE, Reg::into_value);
        return set(cx, d.as_ref(), obj, value);
    }
    let done = match value {
        Some(v) => instance::set_own(obj, t, name, v.to_value()),
        None => instance::delete_own(obj, t, name),
    };
    if done {
        return Ok(());
    }
    let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
    let text = match (found.is_some(), value) {
        _ if t.has_dict => format!("'{}' object has no attribute '{n}'", t.shown_name()),
        (true, _) => format!("'{}' object attribute '{n}' is read-only", t.shown_name()),
        (false, Some(_)) => format!("'{}' object has no attribute '{n}' and no __dict__ for setting new attributes", t.shown_name()),
        (false, None) => format!("'{}' object has no attribute '{n}'", t.shown_name()),
    };
    Err(cx.attribute_error(text, name, obj))
}

/// A method ready to be called.
pub enum Method {
    /// An unbound function that takes the receiver first.
    Unbound(Reg),
    /// Any other attribute.
    Bound(Reg),
}

/// Looks a method up without binding it where that makes no difference.
pub fn method(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Method> {
    let t = type_of(obj);
    if !t.has(crate::types::type_::flags::PLAIN_GETATTR) {
        return get(cx, obj, name).map(Method::Bound);
    }
    let interned_name = interned(name);
    let name = interned_name.as_ref();
    if let Some(f) = t.lookup(name) {
        let ft = type_of(f.as_ref());
        if ft.has(crate::types::type_::flags::METHOD_LIKE) {
            return match instance::get_own(obj, t, name) {
                Some(own) => Ok(Method::Bound(own)),
                None => Ok(Method::Unbound(f)),
            };
        }
    }
    generic_get(cx, obj, name).map(Method::Bound)
}

/// `type.__getattribute__`: the metaclass's data descriptors, the type's own MRO, then the metaclass.
pub fn type_get(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let Some(t) = as_type(obj) else { return generic_get(cx, obj, name) };
    if as_str(name).is_none() {
        let n = type_of(name).shown_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    }
    let name_value = interned(name);
    let name = name_value.as_ref();
    let meta = type_of(obj);
    let on_meta = meta.lookup(name);
    if let Some(d) = &on_meta {
        let dt = type_of(d.as_ref());
        if dt.slots.descr_set().is_some()
            && let Some(get) = dt.slots.descr_get()
        {
            let d = on_meta.map_or(Value::NONE, Reg::into_value);
            return get(cx, d.as_ref(), Some(obj), meta.as_value().as_ref());
        }
    }
    if let Some(v) = t.lookup(name) {
        return match type_of(v.as_ref()).slots.descr_get() {
            Some(get) => {
                let v = v.into_value();
                get(cx, v.as_ref(), None, obj)
            }
            None => Ok(v),
        };
    }
    match on_meta {
        Some(d) => match type_of(d.as_ref()).slots.descr_get() {
            Some(get) => {
                let d = d.into_value();
                get(cx, d.as_ref(), Some(obj), meta.as_value().as_ref())
            }
            None => Ok(d),
        },
        None => Err(missing(cx, obj, name)),
    }
}

/// `type.__setattr__`.
pub fn type_set(cx: &mut Cx, obj: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let Some(t) = as_type(obj) else { return generic_set(cx, obj, name, value) };
    let Some(text) = as_str(name) else {
        let n = type_of(name).shown_name();
        return Err(cx.type_error(format!("attribute name must be string, not '{n}'")));
    };
    if t.has(crate::types::type_::flags::IMMUTABLE) {
        let (n, a) = (t.shown_name(), text.to_string_lossy());
        return Err(cx.type_error(format!("cannot set '{a}' attribute of immutable type '{n}'")));
    }
    let name_value = interned(name);
    if let Some(d) = type_of(obj).lookup(name_value.as_ref())
        && let Some(set) = type_of(d.as_ref()).slots.descr_set()
    {
        let d = d.into_value();
        return set(cx, d.as_ref(), obj, value);
    }
    crate::types::type_::build::set_class_attribute(cx, t, name_value.as_ref(), value)
}

impl Type {
    /// One more reference to this type.
    pub fn as_value(&self) -> Value {
        use gc::Payload;
        self.to_value()
    }
}

/// `isinstance(obj, cls)` for a plain class, by `__class__` too.
pub fn is_instance_of_type(cx: &mut Cx, obj: Ref<'_>, class: &Type) -> PyResult<bool> {
    let t = type_of(obj);
    if t.is_subtype_of(class) {
        return Ok(true);
    }
    match get_optional(cx, obj, crate::names::__class__())? {
        Some(c) => Ok(as_type(c.as_ref()).is_some_and(|c| !std::ptr::eq(c, t) && c.is_subtype_of(class))),
        None => Ok(false),
    }
}

/// `isinstance(obj, classinfo)`, with `__instancecheck__`, tuples and unions.
pub fn is_instance(cx: &mut Cx, obj: Ref<'_>, class: Ref<'_>) -> PyResult<bool> {
    if as_type(class).is_some_and(|t| std::ptr::eq(type_of(obj), t)) {
        return Ok(true);
    }
    if let Some(t) = as_type(class)
        && type_of(class).id == ids::TYPE
    {
        return is_instance_of_type(cx, obj, t);
    }
    cx.check_native_stack()?;
    if let Some(t) = class.exact::<crate::types::tuple::Tuple>() {
        for c in t.items() {
            if is_instance(cx, obj, *c)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(r) = super::call::special(cx, class, crate::names::__instancecheck__(), &[obj])? {
        return super::truth::of(cx, r.as_ref());
    }
    recursive_is_instance(cx, obj, class)
}

/// `type.__instancecheck__`, and the same for anything with `__bases__`.
pub fn recursive_is_instance(cx: &mut Cx, obj: Ref<'_>, class: Ref<'_>) -> PyResult<bool> {
    if let Some(t) = as_type(class) {
        return is_instance_of_type(cx, obj, t);
    }
    check_class(cx, class, "isinstance() arg 2 must be a type, a tuple of types, or a union")?;
    match get_optional(cx, obj, crate::names::__class__())? {
        Some(c) => abstract_is_subclass(cx, c.as_ref(), class),
        None => Ok(false),
    }
}

fn bases_of(cx: &mut Cx, class: Ref<'_>) -> PyResult<Option<Value>> {
    Ok(get_optional(cx, class, crate::names::__bases__())?.filter(|b| {
        use crate::types::Downcast;
        b.as_ref().downcast::<crate::types::tuple::Tuple>().is_some()
    }))
}

fn check_class(cx: &mut Cx, class: Ref<'_>, message: &str) -> PyResult<()> {
    if bases_of(cx, class)?.is_some() { Ok(()) } else { Err(cx.type_error(message)) }
}

fn abstract_is_subclass(cx: &mut Cx, derived: Ref<'_>, class: Ref<'_>) -> PyResult<bool> {
    if derived.is(class) {
        return Ok(true);
    }
    cx.check_native_stack()?;
    let Some(bases) = bases_of(cx, derived)? else { return Ok(false) };
    let items: Vec<Value> = crate::protocol::iter::collect(cx, bases.as_ref())?;
    for b in items {
        if abstract_is_subclass(cx, b.as_ref(), class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `issubclass(derived, classinfo)`.
pub fn is_subclass(cx: &mut Cx, derived: Ref<'_>, class: Ref<'_>) -> PyResult<bool> {
    if type_of(class).id == ids::TYPE {
        if derived.is(class) {
            return Ok(true);
        }
        return recursive_is_subclass(cx, derived, class);
    }
    cx.check_native_stack()?;
    if let Some(t) = class.exact::<crate::types::tuple::Tuple>() {
        for c in t.items() {
            if is_subclass(cx, derived, *c)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(r) = super::call::special(cx, class, crate::names::__subclasscheck__(), &[derived])? {
        return super::truth::of(cx, r.as_ref());
    }
    recursive_is_subclass(cx, derived, class)
}

/// `type.__subclasscheck__`, and the same for anything with `__bases__`.
pub fn recursive_is_subclass(cx: &mut Cx, derived: Ref<'_>, class: Ref<'_>) -> PyResult<bool> {
    if let (Some(d), Some(c)) = (as_type(derived), as_type(class)) {
        return Ok(d.is_subtype_of(c));
    }
    check_class(cx, derived, "issubclass() arg 1 must be a class")?;
    check_class(cx, class, "issubclass() arg 2 must be a class, a tuple of classes, or a union")?;
    abstract_is_subclass(cx, derived, class)
}
