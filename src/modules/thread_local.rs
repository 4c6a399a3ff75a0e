//! `_thread._local`: an object with other attributes in each thread.
//!
//! The object owns the dicts of all threads, by the threads' keys, so that a dict that refers back to its object is garbage with it; a thread
//! keeps weak references to the objects that have a dict for it, and takes those out when it ends.

use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use objects::args::Args;
use objects::protocol::attr;
use objects::types::dict::{Dict, as_dict};
use objects::types::instance;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Slot, Slots};
use objects::types::type_::{Type, TypeSpec, by_id, flags, type_of};
use objects::types::{int, weak};
use objects::{Cx, PyResult, ids};
use sync::prim::{AtomicU64, Ordering};

use super::thread::type_ids;

/// Payload of `_local`.
#[repr(C)]
pub struct Local {
    args: Field,
    kwargs: Field,
    /// The threads' dicts.
    dicts: Value,
    serial: u64,
}
// SAFETY: visits every word.
unsafe impl Payload for Local {
    const TYPE_ID: u32 = type_ids::LOCAL;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.args.peek());
        visit(self.kwargs.peek());
        visit(self.dicts.word());
    }
}
static SERIAL: AtomicU64 = AtomicU64::new(1);

fn local_of(v: Ref<'_>) -> &Local {
    // SAFETY: slots check their receiver.
    unsafe { v.cast::<Local>() }
}

fn dicts_of(l: &Local) -> &Dict {
    // SAFETY: a dict from birth on.
    unsafe { l.dicts.as_ref().cast::<Dict>() }
}

/// A number that no other thread has or has had.
fn thread_key(cx: &Cx) -> Value {
    int::from_u64(u64::from(cx.slot.generation.load(Ordering::Relaxed)) << 16 | u64::from(cx.slot.id))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let object_init = by_id(ids::OBJECT).slots.raw(Slot::init);
    if !args.items.is_empty() && t.slots.raw(Slot::init) == object_init {
        return Err(cx.type_error("Initialization arguments are not supported"));
    }
    let kw = Dict::new();
    for (k, v) in args.keywords() {
        kw.set(cx, k, v)?;
    }
    let payload = Local {
        args: Field::new(Tuple::from_refs(args.positional()).into_value()),
        kwargs: Field::new(kw.into_value()),
        dicts: Dict::new().into_value(),
        serial: SERIAL.fetch_add(1, Ordering::Relaxed),
    };
    let v = instance::alloc_with(t, payload);
    // The creating thread's `__init__` runs by the ordinary call.
    add_dict(cx, v.as_ref())?;
    Ok(v.into())
}

/// This thread's table of weak references to the objects that have a dict for it, by serial number.
fn table(cx: &mut Cx) -> Gc<Dict> {
    let v = cx.module_state(type_ids::LOCAL);
    if !v.as_ref().is_none() {
        // SAFETY: only dicts are stored there.
        return unsafe { Gc::from_value(v) };
    }
    let d = Dict::new();
    cx.set_module_state(type_ids::LOCAL, d.value().clone());
    d
}

/// Gives the calling thread a dict in the object.
fn add_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let l = local_of(v);
    let known = table(cx);
    if known.len().is_power_of_two() && known.len() >= 64 {
        // Of objects that have died, before the table doubles.
        for (k, r) in known.items() {
            if objects::finalise::as_weakref(r.as_ref()).is_some_and(|r| r.is_dead()) {
                known.remove(cx, k.as_ref())?;
            }
        }
    }
    let r = weak::make(cx, by_id(ids::WEAKREF), v, None)?;
    known.set(cx, int::from_u64(l.serial).as_ref(), r.as_ref())?;
    let d = Dict::new().into_value();
    let key = thread_key(cx);
    dicts_of(l).set(cx, key.as_ref(), d.as_ref())?;
    Ok(d)
}

/// The calling thread ends: its dicts go. Finalisers may give it new ones.
pub fn thread_ends(cx: &mut Cx) {
    let known = cx.set_module_state(type_ids::LOCAL, Value::NONE);
    let Some(known) = as_dict(known.as_ref()) else { return };
    let key = thread_key(cx);
    for (_, r) in known.items() {
        let Some(v) = objects::finalise::as_weakref(r.as_ref()).and_then(|r| r.upgrade()) else { continue };
        // An int as key: no Python code runs.
        let d = dicts_of(local_of(v.as_ref())).remove(cx, key.as_ref());
        drop(d);
    }
}

/// The calling thread's dict of a local object; `__init__` runs when the thread sees it first.
fn dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let l = local_of(v);
    let key = thread_key(cx);
    if let Some(d) = dicts_of(l).get(cx, key.as_ref())? {
        return Ok(d.into_value());
    }
    let d = add_dict(cx, v)?;
    if let Some(init) = type_of(v).slots.init() {
        let args = l.args.load(l.header());
        let kwargs = l.kwargs.load(l.header());
        let mut items: Vec<Ref<'_>> = args.as_ref().exact::<Tuple>().map(|t| t.items().to_vec()).unwrap_or_default();
        let pairs = as_dict(kwargs.as_ref()).map(Dict::items).unwrap_or_default();
        let mut names = Vec::new();
        for (k, x) in &pairs {
            names.push(k.as_ref());
            items.push(x.as_ref());
        }
        let names = if names.is_empty() { None } else { Some(Tuple::from_refs(&names)) };
        if let Err(e) = init(cx, v, Args { items: &items, names: names.as_deref() }) {
            dicts_of(l).remove(cx, key.as_ref())?;
            return Err(e);
        }
    }
    Ok(d)
}

fn getattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let d = dict(cx, v)?;
    if as_str(name).is_some_and(|s: &Str| s.eq_str("__dict__")) {
        return Ok(d.into());
    }
    let on_type = type_of(v).lookup(name);
    let data = on_type.as_ref().is_some_and(|t| type_of(t.as_ref()).slots.descr_set().is_some());
    if !data && let Some(x) = as_dict(d.as_ref()).map(|d| d.get(cx, name)).transpose()?.flatten() {
        return Ok(x);
    }
    attr::generic_get(cx, v, name)
}

fn setattr(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let d = dict(cx, v)?;
    if as_str(name).is_some_and(|s: &Str| s.eq_str("__dict__")) {
        let n = type_of(v).name_text();
        return Err(cx.attribute_error(format!("'{n}' object attribute '__dict__' is read-only"), name, v));
    }
    if let Some(f) = type_of(v).lookup(name)
        && type_of(f.as_ref()).slots.descr_set().is_some()
    {
        return attr::generic_set(cx, v, name, value);
    }
    let Some(dict) = as_dict(d.as_ref()) else { return Ok(()) };
    match value {
        Some(x) => dict.set(cx, name, x),
        None => match dict.remove(cx, name)? {
            Some(_) => Ok(()),
            None => Err(attr::missing(cx, v, name)),
        },
    }
}

/// `_thread._local`.
pub static LOCAL_TYPE: TypeSpec = TypeSpec::of::<Local>("_thread._local")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), getattr: Some(getattr), setattr: Some(setattr), ..Slots::NONE })
    .doc("Data that each thread has its own of.");
