//! Adapters of Python objects to SQLite's values, and converters back.

use super::{ids, programming, string};
use crate::guarded::{Guarded, State};
use gc::{Gc, Payload, Ref, Reg, Value, Word};

use objects::protocol::{attr, call};
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Cx, PyResult};
use std::sync::OnceLock;
use sync::prim::{AtomicBool, Ordering};

/// `PrepareProtocol` has no state.
pub struct Nothing;
impl State for Nothing {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
type Prepare = Guarded<Nothing, { ids::PREPARE_PROTOCOL }>;

/// `sqlite3.PrepareProtocol`.
pub static PREPARE_PROTOCOL_TYPE: TypeSpec = TypeSpec::of::<Prepare>("sqlite3.PrepareProtocol")
    .flags(flags::BASE)
    .slots(Slots { new: Some(|_, class, _| Ok(crate::guarded::make(class, Prepare::new(Nothing)))), ..Slots::NONE })
    .doc("PEP 246 style object adaption protocol type.");

/// Whether types that SQLite knows have adapters too.
pub static BASE_ADAPTED: AtomicBool = AtomicBool::new(false);
static ADAPTERS: OnceLock<u64> = OnceLock::new();
static CONVERTERS: OnceLock<u64> = OnceLock::new();

fn table(cell: &OnceLock<u64>) -> Gc<Dict> {
    let w = *cell.get_or_init(|| {
        let d = Dict::new();
        d.header().make_immortal();
        d.into_value().into_word().0
    });
    // SAFETY: an immortal dict.
    unsafe { Gc::from_value(Ref::from_word(Word(w)).to_value()) }
}
/// Adapters by (type, protocol).
pub fn adapters() -> Gc<Dict> {
    table(&ADAPTERS)
}
/// Converters by name in capital letters.
pub fn converters() -> Gc<Dict> {
    table(&CONVERTERS)
}

pub fn register_adapter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if objects::types::type_::as_type(a[0]).is_none() {
        let n = type_of(a[0]).shown_name();
        return Err(cx.type_error(format!("register_adapter() argument 1 must be type, not {n}")));
    }
    let base = [objects::ids::INT, objects::ids::FLOAT, objects::ids::STR, objects::ids::BYTEARRAY];
    if objects::types::type_::as_type(a[0]).is_some_and(|t| base.contains(&t.id)) {
        BASE_ADAPTED.store(true, Ordering::Relaxed);
    }
    let key = Tuple::from_values(vec![a[0].to_value(), type_value(ids::PREPARE_PROTOCOL)]).into_value();
    adapters().set(cx, key.as_ref(), a[1])?;
    Ok(Value::NONE.into())
}

pub fn register_converter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = string(cx, a[0], "register_converter() argument 1")?.to_uppercase();
    let key = Str::from_text(&name).into_value();
    converters().set(cx, key.as_ref(), a[1])?;
    Ok(Value::NONE.into())
}

fn special(cx: &mut Cx, on: Ref<'_>, name: &str, arg: Ref<'_>) -> PyResult<Option<Value>> {
    let name = Str::intern_text(name);
    let Some(f) = attr::get_optional(cx, on, name.as_ref())? else { return Ok(None) };
    match call::positional(cx, f.as_ref(), &[arg]) {
        Ok(v) => Ok((!v.as_ref().is_none()).then_some(v)),
        Err(r) => cx.catch_if(r, exc::TYPE_ERROR).map(|_| None),
    }
}

/// `adapt(obj, protocol, alternative)`
pub fn adapt(cx: &mut Cx, v: Ref<'_>, protocol: Ref<'_>, alternative: Option<Ref<'_>>) -> PyResult<Value> {
    let key = Tuple::from_values(vec![type_of(v).as_value(), protocol.to_value()]).into_value();
    if let Some(f) = adapters().get(cx, key.as_ref())? {
        let f = f.into_value();
        return call::positional(cx, f.as_ref(), &[v]);
    }
    if let Some(r) = special(cx, protocol, "__adapt__", v)? {
        return Ok(r);
    }
    if let Some(r) = special(cx, v, "__conform__", protocol)? {
        return Ok(r);
    }
    match alternative {
        Some(a) => Ok(a.to_value()),
        None => Err(programming(cx, "can't adapt")),
    }
}

pub fn adapt_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let own = type_value(ids::PREPARE_PROTOCOL);
    let protocol = a[1].given().unwrap_or(own.as_ref());
    adapt(cx, a[0], protocol, a[2].given()).map(Reg::from)
}
