//! `gc`: the collector as programs see it.

use crate::collect::{self, TOTALS};
use gc::{Header, Ref, Reg, SendValue, Value, flag};
use objects::native::{Method, function, raw_function};
use objects::protocol::call;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::{ModuleDef, as_module};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::Downcast;
use objects::{Args, Cx, PyResult, ids};
use sync::prim::{AtomicI64, Ordering};

const GENERATIONS: i64 = 3;
static DEBUG: AtomicI64 = AtomicI64::new(0);
static THRESHOLDS: [AtomicI64; 3] = [AtomicI64::new(2000), AtomicI64::new(10), AtomicI64::new(0)];
/// What `freeze()` has put aside: references that keep it out of collections.
static FROZEN: sync::mutex::Mutex<Vec<SendValue>> = sync::mutex::Mutex::new(Vec::new());

/// `gc.callbacks`, if the module is loaded.
fn callbacks() -> Option<Value> {
    let m = crate::runtime::loaded("gc")?;
    as_module(m.as_ref())?.dict.get_str("callbacks").map(Reg::into_value)
}

fn call_back(cx: &mut Cx, phase: &str, generation: i64, collected: usize) {
    let Some(list) = callbacks() else { return };
    let Some(list) = list.as_ref().downcast::<List>() else { return };
    for f in list.snapshot(cx) {
        let info = Dict::new();
        info.set_text("generation", int::from_i64(generation));
        info.set_text("collected", int::from_usize(collected));
        info.set_text("uncollectable", int::from_i64(0));
        let phase = Str::intern_text(phase);
        if let Err(e) = call::positional(cx, f.as_ref(), &[phase.as_ref(), info.value().as_ref()]) {
            cx.unraisable(e, "Exception ignored while calling GC callback", f.as_ref());
        }
    }
}

/// A collection with the calls to `gc.callbacks` around it. The exception on its way, if any, is kept.
pub fn collect_and_call_back(cx: &mut Cx, generation: i64) -> usize {
    let kept = cx.raised.take();
    call_back(cx, "start", generation, 0);
    let n = collect::collect(cx);
    call_back(cx, "stop", generation, n);
    cx.raised = kept;
    n
}

fn collect(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let generation = match a[0].given() {
        Some(g) => int::index_i64(cx, g)?,
        None => GENERATIONS - 1,
    };
    if !(0..GENERATIONS).contains(&generation) {
        return Err(cx.value_error("invalid generation"));
    }
    Ok(int::reg(collect_and_call_back(cx, generation) as i64))
}

/// Whether the collector looks at the object: what can be part of a cycle.
fn is_container(h: &Header) -> bool {
    let t = objects::types::by_id(h.type_id());
    match t.id {
        ids::STR | ids::BYTES | ids::BYTEARRAY | ids::INT | ids::FLOAT | ids::COMPLEX | ids::BOOL | ids::RANGE | ids::CODE => false,
        // Static types are not collected.
        ids::TYPE => h.flags() & flag::IMMORTAL == 0,
        ids::OBJECT => false,
        _ => t.spec.is_none() || t.basic != 0,
    }
}

fn is_tracked(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let tracked = match a[0].header() {
        Some(h) => is_container(h) && a[0].exact::<Tuple>().is_none_or(|t| !t.is_empty()),
        None => false,
    };
    Ok(Value::bool(tracked).into())
}

fn get_objects(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let generation = match a[0].given().filter(|g| !g.is_none()) {
        Some(g) => Some(int::index_i64(cx, g)?),
        None => None,
    };
    match generation {
        Some(g) if g >= GENERATIONS => {
            return Err(
                cx.value_error(format!("generation parameter must be less than the number of available generations ({GENERATIONS})"))
            );
        }
        Some(g) if g < 0 => return Err(cx.value_error("generation parameter cannot be negative")),
        // One generation: everything is in the oldest one.
        Some(g) if g < GENERATIONS - 1 => return Ok(List::new().into()),
        _ => {}
    }
    Ok(List::from_values(collect::live_objects(is_container)).into())
}

fn get_referrers(_cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    Ok(List::from_values(collect::referrers(args.positional())).into())
}
fn get_referents(_cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    Ok(List::from_values(collect::referents(args.positional())).into())
}

fn set_threshold(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if p.is_empty() || p.len() > 3 {
        return Err(cx.type_error("gc.set_threshold requires 1 to 3 arguments"));
    }
    for (t, v) in THRESHOLDS.iter().zip(p) {
        let n = int::c_int(cx, *v)?;
        t.store(i64::from(n), Ordering::Relaxed);
    }
    // A first threshold of 0 turns collections off, as it does in CPython.
    gc::cycles::set_limit((THRESHOLDS[0].load(Ordering::Relaxed) != 0 && collect::is_enabled()).then_some(gc::cycles::FIRST_LIMIT));
    Ok(Value::NONE.into())
}

fn numbers(all: impl Iterator<Item = i64>) -> Reg {
    Tuple::from_values(all.map(int::from_i64).collect()).into()
}

fn get_stats(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut out = Vec::new();
    for g in 0..GENERATIONS {
        let of = |n: u64| int::from_u64(if g == GENERATIONS - 1 { n } else { 0 });
        let d = Dict::new();
        d.set_text("collections", of(TOTALS.collections.load(Ordering::Relaxed)));
        d.set_text("collected", of(TOTALS.collected.load(Ordering::Relaxed)));
        d.set_text("uncollectable", int::from_i64(0));
        d.set_text("stops", of(TOTALS.stops.load(Ordering::Relaxed)));
        d.set_text("stop_time_ns", of(TOTALS.stopped.load(Ordering::Relaxed)));
        d.set_text("longest_stop_ns", of(TOTALS.longest.load(Ordering::Relaxed)));
        d.set_text("overcounted", of(TOTALS.overcounted.load(Ordering::Relaxed)));
        out.push(d.into_value());
    }
    Ok(List::from_values(out).into())
}

fn freeze(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let all = collect::live_objects(is_container);
    FROZEN.lock().extend(all.into_iter().map(SendValue::new));
    Ok(Value::NONE.into())
}
fn unfreeze(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let all = std::mem::take(&mut *FROZEN.lock());
    all.into_iter().for_each(|v| drop(v.into_value()));
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function(
        "enable",
        "($module, /)",
        |_, _| {
            collect::enable(true);
            Ok(Value::NONE.into())
        },
        "Enable automatic garbage collection.",
    ),
    function(
        "disable",
        "($module, /)",
        |_, _| {
            collect::enable(false);
            Ok(Value::NONE.into())
        },
        "Disable automatic garbage collection.",
    ),
    function("isenabled", "($module, /)", |_, _| Ok(Value::bool(collect::is_enabled()).into()), "Whether collections start by themselves."),
    function("collect", "($module, /, generation=2)", collect, "Run the garbage collector; the number of objects that were freed."),
    function(
        "set_debug",
        "($module, flags, /)",
        |cx, a| {
            let n = int::index_i64(cx, a[0])?;
            DEBUG.store(n, Ordering::Relaxed);
            Ok(Value::NONE.into())
        },
        "Set the debugging flags.",
    ),
    function("get_debug", "($module, /)", |_, _| Ok(int::reg(DEBUG.load(Ordering::Relaxed))), "The debugging flags."),
    function(
        "get_count",
        "($module, /)",
        |_, _| Ok(numbers([0, 0, 0].into_iter())),
        "Allocations since the last collections: not counted here.",
    ),
    raw_function(
        "set_threshold",
        "($module, threshold0, threshold1=None, threshold2=None, /)",
        set_threshold,
        "Set the thresholds; 0 turns collections off.",
    ),
    function("get_threshold", "($module, /)", |_, _| Ok(numbers(THRESHOLDS.iter().map(|t| t.load(Ordering::Relaxed)))), "The thresholds."),
    function("get_objects", "($module, /, generation=None)", get_objects, "The containers that the collector knows."),
    function("get_stats", "($module, /)", get_stats, "What collections have done, with the times of their stops."),
    raw_function("get_referrers", "($module, /, *objs)", get_referrers, "The containers that refer to any of the objects."),
    raw_function("get_referents", "($module, /, *objs)", get_referents, "The objects that the objects refer to."),
    function("is_tracked", "($module, obj, /)", is_tracked, "Whether the collector looks at the object."),
    function(
        "is_finalized",
        "($module, obj, /)",
        |_, a| Ok(Value::bool(a[0].header().is_some_and(|h| h.flags() & flag::FINALIZED != 0)).into()),
        "Whether the object's finaliser has run.",
    ),
    function("freeze", "($module, /)", freeze, "Put everything that is tracked aside: collections leave it alone."),
    function("unfreeze", "($module, /)", unfreeze, "Undo freeze()."),
    function("get_freeze_count", "($module, /)", |_, _| Ok(int::reg(FROZEN.lock().len() as i64)), "How many objects are put aside."),
];

/// `gc`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "gc",
    doc: "This module provides access to the garbage collector for reference cycles.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("callbacks", List::new());
        m.add("garbage", List::new());
        for (name, bits) in [("STATS", 1), ("COLLECTABLE", 2), ("UNCOLLECTABLE", 4), ("SAVEALL", 32), ("LEAK", 38)] {
            m.add(&format!("DEBUG_{name}"), Value::small_int(bits));
        }
        Ok(())
    },
};
