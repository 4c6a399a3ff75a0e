//! `sys.audit` and `sys.addaudithook`: events that hooks watch or refuse. Hooks are never removed.

use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::call;
use objects::types::exception::ids as exc;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult};
use std::sync::OnceLock;
use sync::prim::{AtomicBool, Ordering};

/// The hooks: a list that lives as long as the process.
static HOOKS: OnceLock<u64> = OnceLock::new();
/// Whether there are any, so that events cost nothing without.
static ANY: AtomicBool = AtomicBool::new(false);

fn hooks() -> Value {
    let word = HOOKS.get_or_init(|| {
        let list = List::new().into_value();
        if let Some(h) = list.as_ref().header() {
            h.make_immortal();
        }
        list.into_word().0
    });
    // SAFETY: an immortal list.
    unsafe { Ref::from_word(gc::Word(*word)) }.to_value()
}

/// Whether anybody watches.
pub fn is_watched() -> bool {
    ANY.load(Ordering::Relaxed)
}

/// Raises an event; what a hook raises goes on.
pub fn raise(cx: &mut Cx, event: &str, args: &[Ref<'_>]) -> PyResult<()> {
    if !is_watched() {
        return Ok(());
    }
    tell(cx, Str::intern_text(event).as_ref(), args)
}

fn tell(cx: &mut Cx, event: Ref<'_>, args: &[Ref<'_>]) -> PyResult<()> {
    let list = hooks();
    // SAFETY: the hooks are a list.
    let all = unsafe { list.as_ref().cast::<List>() }.snapshot(cx);
    let args = Tuple::from_refs(args).into_value();
    for f in &all {
        call::positional(cx, f.as_ref(), &[event, args.as_ref()])?;
    }
    Ok(())
}

fn audit(cx: &mut Cx, a: objects::Args<'_>) -> PyResult<Reg> {
    a.no_keywords(cx, "audit")?;
    let p = a.positional();
    let Some(event) = p.first() else { return Err(cx.type_error("audit expected at least 1 argument, got 0")) };
    if as_str(*event).is_none() {
        let n = type_of(*event).shown_name();
        return Err(cx.type_error(format!("audit() argument 1 must be str, not {n}")));
    }
    if is_watched() {
        tell(cx, *event, &p[1..])?;
    }
    Ok(Value::NONE.into())
}

fn add(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Err(e) = raise(cx, "sys.addaudithook", &[]) {
        // A hook that refuses others does so silently.
        drop(cx.catch_if(e, exc::RUNTIME_ERROR)?);
        return Ok(Value::NONE.into());
    }
    let list = hooks();
    // SAFETY: the hooks are a list.
    unsafe { list.as_ref().cast::<List>() }.append(cx, a[0].to_value())?;
    ANY.store(true, Ordering::Relaxed);
    Ok(Value::NONE.into())
}

/// The functions of `sys`.
pub static FUNCTIONS: &[Method] = &[
    objects::native::raw_function("audit", "($module, event, /, *args)", audit, "Passes the event to any hooks that are attached."),
    function("addaudithook", "($module, /, hook)", add, "Adds a new audit hook callback."),
];
