//! `_queue`: `SimpleQueue`, an unbounded queue between threads.
//!
//! Actors: putters and getters. Items stand in a ring under the object's lock; `len` counts them for those who wait. A putter adds under the
//! lock, raises `len`, and wakes one waiter; a getter that finds nothing parks at the address of `len` unless `len` has been raised since.
//! Parking looks at `len` under the bucket's lock and waking takes the same lock, so no wake-up falls in between.

use crate::guarded::{Guarded, State, make};
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, class_method, method};
use objects::protocol::truth;
use objects::types::exception::{self, Exception, ids as exc};
use objects::types::float::as_float;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::object;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use sync::park::{self, ParkResult};
use sync::prim::{AtomicUsize, Ordering};

const SIMPLE_QUEUE: u32 = 480;
const EMPTY: u32 = 481;

/// State of a queue.
#[derive(Default)]
pub struct Inner {
    items: VecDeque<Value>,
    len: AtomicUsize,
}
impl State for Inner {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.items.iter().for_each(|v| visit(v.word()));
    }
}
/// `SimpleQueue` object.
pub type SimpleQueue = Guarded<Inner, SIMPLE_QUEUE>;

fn me(v: Ref<'_>) -> &SimpleQueue {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<SimpleQueue>() }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if !args.items.is_empty() {
        return Err(cx.type_error("SimpleQueue() takes no positional arguments"));
    }
    Ok(make(class, SimpleQueue::new(Inner::default())))
}

fn put(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let q = me(a[0]);
    let item = a[1].to_value();
    let at = q.with(cx, |s| {
        if s.items.try_reserve(1).is_err() {
            return Err(item);
        }
        s.items.push_back(item);
        // Release: pairs with the acquire of a waiter that looks before it sleeps.
        s.len.fetch_add(1, Ordering::Release);
        Ok(std::ptr::from_ref(&s.len).addr())
    });
    match at {
        Ok(at) => {
            park::unpark_one(at, |_| 0);
            Ok(Value::NONE.into())
        }
        Err(item) => {
            drop(item);
            Err(cx.memory_error())
        }
    }
}

fn pop(cx: &mut Cx, q: &SimpleQueue) -> Option<Value> {
    q.with(cx, |s| {
        let v = s.items.pop_front();
        if v.is_some() {
            s.len.fetch_sub(1, Ordering::Relaxed);
        }
        v
    })
}

/// A `timeout` argument; `None`: for ever.
fn deadline(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Instant>> {
    let Some(t) = v.given().filter(|t| !t.is_none()) else { return Ok(None) };
    let seconds = match as_float(t) {
        Some(f) => f,
        None if int::as_int(t).is_some() || type_of(t).slots.index().is_some() => {
            let i = int::index(cx, t)?;
            match int::as_int(i.as_ref()).and_then(int::IntRef::to_f64) {
                Some(f) => f,
                None => return Err(cx.overflow_error("timestamp too large to convert to C PyTime_t")),
            }
        }
        None => {
            let n = type_of(t).name_text();
            return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer or float")));
        }
    };
    if seconds.is_nan() {
        return Err(cx.value_error("Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(cx.value_error("'timeout' must be a non-negative number"));
    }
    if seconds >= 9_223_372_036.0 {
        return Err(cx.overflow_error("timestamp out of range for C PyTime_t"));
    }
    Ok(Some(Instant::now() + Duration::from_secs_f64(seconds)))
}

fn take(cx: &mut Cx, v: Ref<'_>, block: bool, end: Option<Instant>) -> PyResult<Value> {
    let q = me(v);
    loop {
        if let Some(item) = pop(cx, q) {
            return Ok(item);
        }
        let left = end.map(|e| e.saturating_duration_since(Instant::now()));
        if !block || left == Some(Duration::ZERO) {
            let e = exception::new_args(EMPTY, Vec::new());
            return Err(cx.raise_new(e));
        }
        let len = q.with(cx, |s| std::ptr::from_ref(&s.len).addr());
        if sync::safepoint::pending(cx.slot) {
            gc::merge::drain_current();
        }
        let until = left.and_then(park::deadline);
        // SAFETY: the caller keeps the queue alive, and its state does not move.
        let empty = || unsafe { (*(len as *const AtomicUsize)).load(Ordering::Acquire) } == 0;
        let woken = sync::threads::while_detached(|| park::park_until(len, empty, until, true));
        if woken == ParkResult::Interrupted {
            cx.host.poll(cx)?;
        }
    }
}

fn get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let block = match a[1].given() {
        Some(b) => truth::of(cx, b)?,
        None => true,
    };
    let end = if block { deadline(cx, a[2])? } else { None };
    take(cx, a[0], block, end).map(Reg::from)
}

static METHODS: &[Method] = &[
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "SimpleQueue[int]."),
    method("empty", "($self, /)", |cx, a| Ok(Value::bool(me(a[0]).with(cx, |s| s.items.is_empty())).into()), "Whether there is nothing."),
    method("get", "($self, /, block=True, timeout=None)", get, "Takes an item, waiting for one if asked to."),
    method("get_nowait", "($self, /)", |cx, a| take(cx, a[0], false, None).map(Reg::from), "Takes an item that is there."),
    method("put", "($self, /, item, block=True, timeout=None)", put, "Adds an item."),
    method("put_nowait", "($self, /, item)", put, "Adds an item."),
    method("qsize", "($self, /)", |cx, a| Ok(int::from_usize(me(a[0]).with(cx, |s| s.items.len())).into()), "How many items there are."),
    method(
        "__sizeof__",
        "($self, /)",
        |cx, a| Ok(int::from_usize(size_of::<SimpleQueue>() + 16 + me(a[0]).with(cx, |s| s.items.capacity()) * 8).into()),
        "",
    ),
];

static SIMPLE_QUEUE_TYPE: TypeSpec = TypeSpec::of::<SimpleQueue>("_queue.SimpleQueue")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .doc("An unbounded first-in first-out queue.");

static EMPTY_TYPE: TypeSpec = TypeSpec::of::<Exception>("_queue.Empty")
    .id(EMPTY)
    .base(exc::EXCEPTION)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .doc("Exception raised by Queue.get(block=0)/get_nowait().");

/// The types.
pub static SPECS: &[&TypeSpec] = &[&SIMPLE_QUEUE_TYPE, &EMPTY_TYPE];

/// `_queue`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_queue",
    doc: "A queue between threads.",
    functions: &[],
    init: |_, m| {
        m.add("SimpleQueue", type_value(SIMPLE_QUEUE));
        m.add("Empty", type_value(EMPTY));
        Ok(())
    },
};
