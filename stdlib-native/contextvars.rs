//! `_contextvars`. A context holds a dict that is never changed once it is in there: setting a variable stores a changed copy, so that copying a
//! context and reading a variable cost nothing.

use crate::guarded::{Guarded, State};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, class_method, function, getter, method, raw_method};
use objects::protocol::{call, item, iter, text};
use objects::types::dict::Dict;
use objects::types::module::ModuleDef;
use objects::types::object;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};
use sync::prim::{AtomicBool, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const CONTEXT: u32 = 350;
    pub const VARIABLE: u32 = 351;
    pub const TOKEN: u32 = 352;
    pub const MISSING: u32 = 353;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&CONTEXT_TYPE, &VARIABLE_TYPE, &TOKEN_TYPE, &MISSING_TYPE];

/// State of a context.
pub struct Bindings {
    map: Gc<Dict>,
    entered: bool,
}
impl State for Bindings {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.map.value().word());
    }
}
/// `Context` object.
pub type Context = Guarded<Bindings, { ids::CONTEXT }>;

/// `ContextVar` object.
#[repr(C)]
pub struct Variable {
    name: Value,
    /// UNBOUND when there is none.
    default: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for Variable {
    const TYPE_ID: u32 = ids::VARIABLE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
        visit(self.default.word());
    }
}

/// `Token` object.
#[repr(C)]
pub struct Token {
    context: Value,
    variable: Value,
    /// UNBOUND when the variable had no value.
    old: Value,
    used: AtomicBool,
}
// SAFETY: visits all words.
unsafe impl Payload for Token {
    const TYPE_ID: u32 = ids::TOKEN;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.context.word());
        visit(self.variable.word());
        visit(self.old.word());
    }
}

/// `Token.MISSING`.
#[repr(C)]
pub struct Missing {
    _unused: u64,
}
// SAFETY: holds no words.
unsafe impl Payload for Missing {
    const TYPE_ID: u32 = ids::MISSING;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn new_context(map: Gc<Dict>) -> Value {
    gc::alloc(Context::new(Bindings { map, entered: false })).into_value()
}
/// The thread's current context, made now if there is none.
fn current(cx: &mut Cx) -> Value {
    if cx.context.as_ref().exact::<Context>().is_none() {
        let c = new_context(Dict::new());
        context(c.as_ref()).with(cx, |s| s.entered = true);
        cx.context = c;
    }
    cx.context.clone()
}
fn context(v: Ref<'_>) -> &Context {
    // SAFETY: slots, methods and callers check.
    unsafe { v.cast::<Context>() }
}
fn variable(v: Ref<'_>) -> &Variable {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Variable>() }
}
fn token(v: Ref<'_>) -> &Token {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Token>() }
}
fn map(cx: &mut Cx, v: Ref<'_>) -> Gc<Dict> {
    context(v).with(cx, |s| s.map.clone())
}

/// Binds or (`None`) unbinds a variable; gives the old value.
fn bind(cx: &mut Cx, c: Ref<'_>, var: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<Option<Value>> {
    let new = map(cx, c).copy();
    let old = match value {
        Some(v) => {
            let old = new.get(cx, var)?.map(Reg::into_value);
            new.set(cx, var, v)?;
            old
        }
        None => new.remove(cx, var)?,
    };
    let before = context(c).with(cx, |s| std::mem::replace(&mut s.map, new));
    drop(before);
    Ok(old)
}

/// A copy of the current context.
pub fn copy(cx: &mut Cx) -> PyResult<Value> {
    let c = current(cx);
    let m = map(cx, c.as_ref());
    Ok(new_context(m))
}

/// Runs `f` in a context; RuntimeError when that is entered already.
pub fn within<R>(cx: &mut Cx, v: Ref<'_>, f: impl FnOnce(&mut Cx) -> PyResult<R>) -> PyResult<R> {
    if v.exact::<Context>().is_none() {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("a Context was expected, got {n}")));
    }
    if context(v).with(cx, |s| std::mem::replace(&mut s.entered, true)) {
        let shown = text::repr(cx, v)?.to_string_lossy();
        return Err(cx.runtime_error(format!("cannot enter context: {shown} is already entered")));
    }
    let before = std::mem::replace(&mut cx.context, v.to_value());
    let r = f(cx);
    let ours = std::mem::replace(&mut cx.context, before);
    context(v).with(cx, |s| s.entered = false);
    drop(ours);
    r
}

fn copy_context(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = current(cx);
    let m = map(cx, c.as_ref());
    Ok(new_context(m).into())
}

fn run(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let me = args.items[0];
    let rest = args.without_first();
    let Some(f) = rest.positional().first() else { return Err(cx.type_error("run() missing 1 required positional argument")) };
    if context(me).with(cx, |s| std::mem::replace(&mut s.entered, true)) {
        let shown = text::repr(cx, me)?.to_string_lossy();
        return Err(cx.runtime_error(format!("cannot enter context: {shown} is already entered")));
    }
    let before = std::mem::replace(&mut cx.context, me.to_value());
    let r = call::call(cx, *f, rest.without_first());
    let ours = std::mem::replace(&mut cx.context, before);
    context(me).with(cx, |s| s.entered = false);
    drop(ours);
    r
}

fn check_key(cx: &mut Cx, k: Ref<'_>) -> PyResult<()> {
    if k.exact::<Variable>().is_some() {
        return Ok(());
    }
    let shown = text::repr(cx, k)?.to_string_lossy();
    Err(cx.type_error(format!("a ContextVar key was expected, got {shown}")))
}
fn getitem(cx: &mut Cx, v: Ref<'_>, k: Ref<'_>) -> PyResult<Reg> {
    check_key(cx, k)?;
    match map(cx, v).get(cx, k)? {
        Some(r) => Ok(r.into_value().into()),
        None => Err(cx.key_error(k)),
    }
}
fn contains(cx: &mut Cx, v: Ref<'_>, k: Ref<'_>) -> PyResult<bool> {
    check_key(cx, k)?;
    Ok(map(cx, v).get(cx, k)?.is_some())
}
fn context_get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_key(cx, a[1])?;
    match map(cx, a[0]).get(cx, a[1])? {
        Some(r) => Ok(r.into_value().into()),
        None => Ok(a[2].given().unwrap_or(Ref::NONE).to_value().into()),
    }
}
fn view(cx: &mut Cx, v: Ref<'_>, name: &str) -> PyResult<Reg> {
    let m = map(cx, v);
    call::method(cx, m.value().as_ref(), Str::intern_text(name).as_ref(), &[])
}

static CONTEXT_METHODS: &[Method] = &[
    raw_method("run", "", run, "Calls a function in the context."),
    method("copy", "($self, /)", |cx, a| Ok(new_context(map(cx, a[0])).into()), "A copy of the context."),
    method("get", "($self, key, default=None, /)", context_get, "A variable's value in the context."),
    method("keys", "($self, /)", |cx, a| view(cx, a[0], "keys"), "The variables."),
    method("values", "($self, /)", |cx, a| view(cx, a[0], "values"), "Their values."),
    method("items", "($self, /)", |cx, a| view(cx, a[0], "items"), "Both, as pairs."),
];

/// `Context`.
pub static CONTEXT_TYPE: TypeSpec = TypeSpec::of::<Context>("_contextvars.Context")
    .flags(flags::WEAKREFS)
    .slots(Slots {
        new: Some(|cx, _, args| {
            if !args.items.is_empty() {
                return Err(cx.type_error("Context() does not accept any arguments"));
            }
            Ok(new_context(Dict::new()).into())
        }),
        len: Some(|cx, v| {
            let m = map(cx, v);
            item::len(cx, m.value().as_ref())
        }),
        iter: Some(|cx, v| {
            let m = map(cx, v);
            iter::iter(cx, m.value().as_ref())
        }),
        getitem: Some(getitem),
        contains: Some(contains),
        ..Slots::NONE
    })
    .methods(CONTEXT_METHODS)
    .doc("Values of context variables.");

crate::parameters!(VARIABLE_PARAMETERS, "ContextVar", "(name, /, *, default=None)");

fn new_variable(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    VARIABLE_PARAMETERS.bind(cx, args, |cx, a| {
        if as_str(a[0]).is_none() {
            return Err(cx.type_error("context variable name must be a str"));
        }
        let default = a[1].given().map_or(Value::UNBOUND, Ref::to_value);
        Ok(crate::guarded::make(class, Variable { name: a[0].to_value(), default }))
    })
}
fn variable_get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if cx.context.as_ref().exact::<Context>().is_some() {
        let c = cx.context.clone();
        if let Some(r) = map(cx, c.as_ref()).get(cx, a[0])? {
            return Ok(r.into_value().into());
        }
    }
    if let Some(d) = a[1].given() {
        return Ok(d.to_value().into());
    }
    let d = &variable(a[0]).default;
    if d.word() == Word::UNBOUND { Err(cx.error_arg(objects::types::exception::ids::LOOKUP_ERROR, a[0])) } else { Ok(d.clone().into()) }
}
fn variable_set(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = current(cx);
    let old = bind(cx, c.as_ref(), a[0], Some(a[1]))?.unwrap_or(Value::UNBOUND);
    Ok(gc::alloc(Token { context: c, variable: a[0].to_value(), old, used: AtomicBool::new(false) }).into())
}
fn reset(cx: &mut Cx, var: Ref<'_>, t: Ref<'_>) -> PyResult<Reg> {
    let Some(k) = t.exact::<Token>() else {
        let n = type_of(t).name_text();
        return Err(cx.type_error(format!("expected an instance of Token, got {n}")));
    };
    let shown = |cx: &mut Cx| text::repr(cx, t).map(|s| s.to_string_lossy());
    if k.used.load(Ordering::Relaxed) {
        let s = shown(cx)?;
        return Err(cx.runtime_error(format!("{s} has already been used once")));
    }
    if !k.variable.as_ref().is(var) {
        let s = shown(cx)?;
        return Err(cx.value_error(format!("{s} was created by a different ContextVar")));
    }
    let c = current(cx);
    if !k.context.is(&c) {
        let s = shown(cx)?;
        return Err(cx.value_error(format!("{s} was created in a different Context")));
    }
    k.used.store(true, Ordering::Relaxed);
    let old = if k.old.word() == Word::UNBOUND { None } else { Some(k.old.as_ref()) };
    bind(cx, c.as_ref(), var, old)?;
    Ok(Value::NONE.into())
}
fn variable_repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let me = variable(v);
    let name = text::repr(cx, me.name.as_ref())?.to_string_lossy();
    let default = if me.default.word() == Word::UNBOUND {
        String::new()
    } else {
        format!(" default={}", text::repr(cx, me.default.as_ref())?.to_string_lossy())
    };
    Ok(objects::types::str::text(&format!("<ContextVar name={name}{default} at {:#x}>", v.word().unmarked().0)))
}

/// `ContextVar`.
pub static VARIABLE_TYPE: TypeSpec = TypeSpec::of::<Variable>("_contextvars.ContextVar")
    .slots(Slots { new: Some(new_variable), repr: Some(variable_repr), ..Slots::NONE })
    .methods(&[
        method("get", "($self, default=<unrepresentable>, /)", variable_get, "The value in the current context."),
        method("set", "($self, value, /)", variable_set, "Sets the value in the current context; gives a token for reset."),
        method("reset", "($self, token, /)", |cx, a| reset(cx, a[0], a[1]), "Undoes a set."),
        class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "ContextVar[int]."),
    ])
    .getsets(&[getter("name", |_, v| Ok(variable(v).name.clone().into()), "Its name.")])
    .doc("A variable whose value depends on the context.");

fn missing() -> Value {
    let name = Str::intern_text("MISSING");
    by_id(ids::TOKEN).dict.get_interned(name.as_ref()).map_or(Value::NONE, Reg::into_value)
}
fn token_repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = token(v);
    let used = if t.used.load(Ordering::Relaxed) { " used" } else { "" };
    let var = text::repr(cx, t.variable.as_ref())?.to_string_lossy();
    Ok(objects::types::str::text(&format!("<Token{used} var={var} at {:#x}>", v.word().unmarked().0)))
}
static TOKEN_GETSETS: &[GetSet] = &[
    getter("var", |_, v| Ok(token(v).variable.clone().into()), "The variable."),
    getter(
        "old_value",
        |_, v| {
            let old = &token(v).old;
            Ok(if old.word() == Word::UNBOUND { missing() } else { old.clone() }.into())
        },
        "The value before, or Token.MISSING.",
    ),
];

/// `Token`.
pub static TOKEN_TYPE: TypeSpec = TypeSpec::of::<Token>("_contextvars.Token")
    .flags(flags::NO_NEW)
    .slots(Slots { repr: Some(token_repr), ..Slots::NONE })
    .methods(&[
        method("__enter__", "($self, /)", |_, a| Ok(a[0].to_value().into()), "The token."),
        method(
            "__exit__",
            "($self, type, val, tb, /)",
            |cx, a| {
                let var = token(a[0]).variable.clone();
                reset(cx, var.as_ref(), a[0])
            },
            "Undoes the set.",
        ),
        class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "Token[int]."),
    ])
    .getsets(TOKEN_GETSETS)
    .doc("What ContextVar.set gives.");
/// The type of `Token.MISSING`.
pub static MISSING_TYPE: TypeSpec = TypeSpec::of::<Missing>("Token.MISSING")
    .flags(flags::NO_NEW)
    .slots(Slots { repr: Some(|_, _| Ok(objects::types::str::text("<Token.MISSING>"))), ..Slots::NONE });

static FUNCTIONS: &[Method] = &[function("copy_context", "($module, /)", copy_context, "A copy of the current context.")];

/// `_contextvars`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_contextvars",
    doc: "Context variables.",
    functions: FUNCTIONS,
    init: |_, m| {
        by_id(ids::TOKEN).dict.set_text("MISSING", gc::alloc(Missing { _unused: 0 }));
        m.add("Context", type_value(ids::CONTEXT));
        m.add("ContextVar", type_value(ids::VARIABLE));
        m.add("Token", type_value(ids::TOKEN));
        Ok(())
    },
};
