//! `gc`: the collector as programs see it.

use crate::collect::{self, LIVED, TOTALS, inspect};
use gc::search::STOPS;
use gc::{Header, Ref, Reg, Value, flag};
use objects::native::{Method, function, raw_function};
use objects::protocol::call;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::{ModuleDef, as_module};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_of};
use objects::{Args, Cx, PyResult, ids};
use sync::prim::{AtomicBool, AtomicI64, AtomicU64, Ordering};

const GENERATIONS: i64 = 3;
const DEBUG_STATS: i64 = 1;
const DEBUG_COLLECTABLE: i64 = 2;
const DEBUG_SAVEALL: i64 = 32;
static DEBUG: AtomicI64 = AtomicI64::new(0);
static THRESHOLDS: [AtomicI64; 3] = [AtomicI64::new(2000), AtomicI64::new(10), AtomicI64::new(10)];
/// Young collections since the last full one.
static YOUNG: AtomicI64 = AtomicI64::new(0);
/// `gc.enable()` was the last of the two to be called.
static ENABLED: AtomicBool = AtomicBool::new(true);

/// `gc.callbacks`, if the module is loaded.
fn callbacks() -> Option<Value> {
    let m = crate::runtime::loaded("gc")?;
    as_module(m.as_ref())?.dict.get_str("callbacks").map(Reg::into_value)
}

/// Whether Python code wants to be told of collections.
pub fn has_callbacks() -> bool {
    DEBUG.load(Ordering::Relaxed) & DEBUG_STATS != 0
        || callbacks().is_some_and(|l| l.as_ref().downcast::<List>().is_some_and(|l| !l.is_empty()))
}

fn call_back(cx: &mut Cx, phase: &str, generation: usize, collected: usize) {
    let Some(list) = callbacks() else { return };
    let Some(list) = list.as_ref().downcast::<List>() else { return };
    for f in list.snapshot(cx) {
        let info = Dict::new();
        info.set_text("generation", int::from_usize(generation));
        info.set_text("collected", int::from_usize(collected));
        info.set_text("uncollectable", int::from_i64(0));
        let phase = Str::intern_text(phase);
        if let Err(e) = call::positional(cx, f.as_ref(), &[phase.as_ref(), info.value().as_ref()]) {
            cx.unraisable(e, "Exception ignored while calling GC callback", f.as_ref());
        }
    }
}

/// A collection with the calls to `gc.callbacks` around it. The exception on its way, if any, is kept. 0 inside of a collection.
pub fn collect_and_call_back(cx: &mut Cx, generation: usize) -> usize {
    if collect::is_busy() {
        return 0;
    }
    let kept = cx.raised.take();
    call_back(cx, "start", generation, 0);
    let stats = DEBUG.load(Ordering::Relaxed) & DEBUG_STATS != 0;
    let started = std::time::Instant::now();
    if stats {
        let mut ages = [0; 3];
        inspect::count_objects(|h, age| {
            if is_container(h) {
                ages[usize::from(age.min(2))] += 1;
            }
            false
        });
        let [a, b, c] = ages;
        let text = format!(
            "gc: collecting generation {generation}...\ngc: objects in each generation: {a} {b} {c}\ngc: objects in permanent generation: {}\n",
            gc::heap::count_frozen()
        );
        crate::runtime::write_stderr(cx, &text);
    }
    let n = collect::collect(cx, generation);
    YOUNG.store(if generation == 0 { YOUNG.load(Ordering::Relaxed) + 1 } else { 0 }, Ordering::Relaxed);
    if stats {
        let text = format!("gc: done, {n} unreachable, 0 uncollectable, {:.4}s elapsed\n", started.elapsed().as_secs_f64());
        crate::runtime::write_stderr(cx, &text);
    }
    call_back(cx, "stop", generation, n);
    cx.raised = kept;
    n
}

/// Whether garbage is kept in `gc.garbage`.
pub fn saves_all() -> bool {
    DEBUG.load(Ordering::Relaxed) & DEBUG_SAVEALL != 0
}

/// Whether garbage is shown before it is destroyed.
pub fn shows_collectable() -> bool {
    DEBUG.load(Ordering::Relaxed) & DEBUG_COLLECTABLE != 0
}

/// Shows a garbage object (`DEBUG_COLLECTABLE`).
pub fn show_collectable(cx: &mut Cx, v: Ref<'_>) {
    let text = format!("gc: collectable <{} {:#x}>\n", type_of(v).name_text(), v.word().unmarked().0);
    crate::runtime::write_stderr(cx, &text);
}

/// Appends to `gc.garbage`.
pub fn save(cx: &mut Cx, objects: Vec<Value>) {
    let list = crate::runtime::loaded("gc").and_then(|m| as_module(m.as_ref())?.dict.get_str("garbage").map(Reg::into_value));
    let Some(list) = list else { return };
    let Some(list) = list.as_ref().downcast::<List>() else { return };
    for v in objects.into_iter().filter(|v| v.as_ref().header().is_some_and(is_container)) {
        // Out of memory: the object lives on unseen.
        let _ = list.append(cx, v);
    }
}

fn collect(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let generation = match a[0].given() {
        Some(g) => int::index_i64(cx, g)?,
        None => GENERATIONS - 1,
    };
    if !(0..GENERATIONS).contains(&generation) {
        return Err(cx.value_error("invalid generation"));
    }
    Ok(int::reg(collect_and_call_back(cx, generation as usize) as i64))
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
        _ => {}
    }
    let wanted = |h: &Header, age: u8| generation.is_none_or(|g| g == i64::from(age.min(2))) && is_container(h);
    Ok(List::from_values(inspect::live_objects(wanted)).into())
}

fn get_referrers(_cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    Ok(List::from_values(inspect::referrers(args.positional(), is_container)).into())
}
fn get_referents(_cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    Ok(List::from_values(inspect::referents(args.positional())).into())
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
    gc::pace::set_threshold(THRESHOLDS[0].load(Ordering::Relaxed).max(0) as usize);
    pace();
    Ok(Value::NONE.into())
}

/// Tells the heap whether collections start by themselves: a first threshold of 0 turns them off, as it does in CPython.
fn pace() {
    gc::pace::enable(ENABLED.load(Ordering::Relaxed) && THRESHOLDS[0].load(Ordering::Relaxed) != 0);
}

fn enable(on: bool) -> PyResult<Reg> {
    ENABLED.store(on, Ordering::Relaxed);
    pace();
    Ok(Value::NONE.into())
}

/// Containers made since the last collection, as far as they live; young collections since the last full one.
fn get_count(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let now = inspect::count_objects(|h, _| is_container(h)) as i64;
    let new = now - LIVED.load(Ordering::Relaxed) as i64;
    Ok(numbers([new.max(0), YOUNG.load(Ordering::Relaxed), 0].into_iter()))
}

fn numbers(all: impl Iterator<Item = i64>) -> Reg {
    Tuple::from_values(all.map(int::from_i64).collect()).into()
}

fn get_stats(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut out = Vec::new();
    for g in 0..GENERATIONS {
        let t = &TOTALS[g as usize];
        let d = Dict::new();
        let of = |n: &AtomicU64| int::from_u64(n.load(Ordering::Relaxed));
        d.set_text("collections", of(&t.collections));
        d.set_text("collected", of(&t.collected));
        d.set_text("uncollectable", int::from_i64(0));
        d.set_text("objects_visited", of(&t.looked));
        d.set_text("candidates", of(&t.candidates));
        d.set_text("concurrent_ns", of(&t.concurrent));
        d.set_text("work_ns", of(&t.work));
        d.set_text("overcounted", of(&t.overcounted));
        d.set_text("page_bytes", int::from_usize(if g == GENERATIONS - 1 { gc::pace::page_bytes() } else { 0 }));
        d.set_text("retired_bytes", int::from_usize(if g == GENERATIONS - 1 { sync::qsbr::waiting_bytes() } else { 0 }));
        d.set_text("unfinished", int::from_usize(if g == GENERATIONS - 1 { collect::unfinished() } else { 0 }));
        // Stops serve all generations alike.
        for (name, n) in [
            ("stops", &STOPS.count),
            ("stop_time_ns", &STOPS.stopped),
            ("longest_stop_ns", &STOPS.longest),
            ("stop_work_ns", &STOPS.work),
            ("longest_stop_work_ns", &STOPS.most_work),
            ("time_to_stop_ns", &STOPS.reaching),
            ("longest_time_to_stop_ns", &STOPS.longest_reaching),
            ("long_stops", &STOPS.long),
        ] {
            d.set_text(name, if g == GENERATIONS - 1 { of(n) } else { int::from_i64(0) });
        }
        out.push(d.into_value());
    }
    Ok(List::from_values(out).into())
}

fn freeze(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let turn = gc::search::turn();
    gc::search::in_stop(|world| gc::heap::freeze(world, &turn, is_container));
    Ok(Value::NONE.into())
}
fn unfreeze(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let turn = gc::search::turn();
    gc::search::in_stop(|world| gc::heap::unfreeze(world, &turn));
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("enable", "($module, /)", |_, _| enable(true), "Enable automatic garbage collection."),
    function("disable", "($module, /)", |_, _| enable(false), "Disable automatic garbage collection."),
    function(
        "isenabled",
        "($module, /)",
        |_, _| Ok(Value::bool(ENABLED.load(Ordering::Relaxed)).into()),
        "Whether collections start by themselves.",
    ),
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
        get_count,
        "New containers since the last collection, young collections since the last full one, and 0.",
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
    function("get_freeze_count", "($module, /)", |_, _| Ok(int::reg(gc::heap::count_frozen() as i64)), "How many objects are put aside."),
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
