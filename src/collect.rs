//! The collector: stops in which dead deferred cells are freed, and collections of cycles. What is a root is known here: which cells the registers
//! of all threads hold.

use crate::vm::frame::Frame;
use bytecode::exceptions::live_depth;
use gc::{Header, Word};
use objects::types::Type;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::function::{DeltaCounted, Function};
use objects::{Cx, ids};
use std::collections::HashSet;
use sync::prim::{AtomicBool, AtomicU64, Ordering};

/// Frees the pending deferred cells that no register holds.
pub fn reclaim_pending(cx: &mut Cx) {
    if gc::deferred::pending() == 0 {
        return;
    }
    let dead = {
        let world = sync::safepoint::stop_the_world();
        if sync::threads::anyone_reading(&world) {
            // Natives that wait for an object lock hold uncounted words that no scan sees: another time.
            sync::safepoint::request(cx.slot, sync::safepoint::GC);
            return;
        }
        let mut held = HashSet::new();
        crate::runtime::for_each_context(|other| registers(other, false, &mut held));
        gc::deferred::reclaim(&world, &held, delta_id)
    };
    for h in dead {
        // SAFETY: given back by `reclaim`, once.
        unsafe { gc::deferred::destroy(h) };
    }
    cx.drain();
}

/// Under which id references to a cell are counted in deltas, if they are.
fn delta_id(h: &Header) -> Option<u32> {
    let id = h.type_id();
    if matches!(id, ids::CODE | ids::DICT | ids::FUNCTION) {
        // SAFETY: a live cell of that kind.
        let r = unsafe { gc::Ref::from_word(Word::from_header(h)) };
        // SAFETY: as above.
        let at = unsafe {
            match id {
                ids::CODE => r.cast::<Code>().delta_id(),
                ids::FUNCTION => r.cast::<Function>().delta_id(),
                _ => r.cast::<Dict>().delta_id(),
            }
        };
        return Some(at.load(sync::prim::Ordering::Relaxed)).filter(|d| *d != 0);
    }
    // SAFETY: a live cell.
    let is_type = id == ids::TYPE || objects::types::by_id(id).is_subtype_of_id(ids::TYPE);
    // SAFETY: types have this payload.
    if is_type { Some(unsafe { gc::Ref::from_word(Word::from_header(h)).cast::<Type>() }.id) } else { None }
}

/// Adds every cell that a thread's registers may hold. `exactly`: only live registers; otherwise dead ones and those above the innermost frame too,
/// which only delays what they name.
fn registers(cx: &Cx, exactly: bool, held: &mut HashSet<usize>) {
    cx.held.iter().for_each(|w| add(*w, held));
    // SAFETY: the world is stopped; the chain and the register range are the thread's.
    unsafe {
        let mut f = cx.frame.cast::<Frame>();
        let mut top = cx.stack[0];
        while !f.is_null() {
            if let Some(code) = (*f).code.as_ref() {
                let n = if exactly && !(*f).loose {
                    code.locals.max(u32::from(live_depth(&code.data.live, (*f).pc_index())))
                } else {
                    code.registers
                };
                for k in 0..n as usize {
                    add(*(*f).regs.add(k), held);
                }
                held.insert((*f).code as usize - gc::HEADER_SIZE);
                for d in [(*f).globals, (*f).builtins] {
                    if !d.is_null() {
                        held.insert(d as usize - gc::HEADER_SIZE);
                    }
                }
                if !(*f).function.is_null() {
                    held.insert((*f).function as usize - gc::HEADER_SIZE);
                }
            }
            top = top.max((*f).top);
            f = (*f).prev;
        }
        if !exactly {
            // Windows being built above the innermost frame.
            for k in 0..256 {
                add(*top.add(k), held);
            }
        }
    }
}

fn add(w: Word, held: &mut HashSet<usize>) {
    if w.is_pointer() {
        held.insert(w.header() as usize);
    }
}

struct Stopped {
    held: HashSet<usize>,
}

impl gc::cycles::Roots for Stopped {
    fn delta_id(&self, h: &Header) -> Option<u32> {
        delta_id(h)
    }
    fn holds(&self, h: *const Header) -> bool {
        self.held.contains(&(h as usize))
    }
}

fn stopped_roots() -> Stopped {
    let mut held = HashSet::new();
    crate::runtime::for_each_context(|other| registers(other, true, &mut held));
    Stopped { held }
}

/// What collections have done, for `gc.get_stats()`.
#[derive(Default)]
pub struct Totals {
    /// Collections.
    pub collections: AtomicU64,
    /// Cells freed by them.
    pub collected: AtomicU64,
    /// Stops.
    pub stops: AtomicU64,
    /// Their time together, in ns.
    pub stopped: AtomicU64,
    /// The longest one, in ns.
    pub longest: AtomicU64,
    /// Cells that payloads held more often than they were counted: must stay 0.
    pub overcounted: AtomicU64,
}

/// The process's totals.
pub static TOTALS: Totals = Totals {
    collections: AtomicU64::new(0),
    collected: AtomicU64::new(0),
    stops: AtomicU64::new(0),
    stopped: AtomicU64::new(0),
    longest: AtomicU64::new(0),
    overcounted: AtomicU64::new(0),
};

/// One collection at a time: whether one is going on.
static RUNNING: AtomicBool = AtomicBool::new(false);
/// Whether collections start by themselves.
static ENABLED: AtomicBool = AtomicBool::new(true);

/// Whether collections start by themselves.
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Lets collections start by themselves, or not.
pub fn enable(on: bool) {
    ENABLED.store(on, Ordering::Relaxed);
    gc::cycles::set_limit(on.then_some(gc::cycles::FIRST_LIMIT));
}

/// Runs `f` with the world stopped, as soon as no thread waits in the middle of a read; `None` when that does not happen soon.
fn in_stop<R>(mut f: impl FnMut(&sync::safepoint::WorldStopped) -> R) -> Option<R> {
    for _ in 0..1000 {
        {
            let start = std::time::Instant::now();
            let world = sync::safepoint::stop_the_world();
            if !sync::threads::anyone_reading(&world) {
                let r = f(&world);
                // Retired buffers wait for their grace period as always: a thread that waits for a lock may be using one.
                drop(world);
                let ns = start.elapsed().as_nanos() as u64;
                TOTALS.stops.fetch_add(1, Ordering::Relaxed);
                TOTALS.stopped.fetch_add(ns, Ordering::Relaxed);
                TOTALS.longest.fetch_max(ns, Ordering::Relaxed);
                return Some(r);
            }
        }
        std::thread::yield_now();
    }
    None
}

/// A safepoint has been asked for on behalf of the collector: frees dead deferred cells, and collects when that is due.
pub fn at_safepoint(cx: &mut Cx) {
    reclaim_pending(cx);
    if gc::cycles::is_due() && is_enabled() {
        crate::modules::gc::collect_and_call_back(cx, 2);
    }
}

/// Finds and frees garbage in cycles; how many cells. 0 when a collection is going on already.
pub fn collect(cx: &mut Cx) -> usize {
    if RUNNING.swap(true, Ordering::Acquire) {
        return 0;
    }
    reclaim_pending(cx);
    gc::cycles::begin();
    let n = collect_once(cx);
    TOTALS.collections.fetch_add(1, Ordering::Relaxed);
    TOTALS.collected.fetch_add(n as u64, Ordering::Relaxed);
    RUNNING.store(false, Ordering::Release);
    reclaim_pending(cx);
    n
}

fn collect_once(cx: &mut Cx) -> usize {
    let found = in_stop(|world| {
        let roots = stopped_roots();
        let (garbage, seen) = gc::cycles::find(world, &roots);
        // Weak references with callbacks are cleared before anything can run; the callbacks come after the stop.
        let members: HashSet<usize> = garbage.iter().map(|h| *h as usize).collect();
        for h in &garbage {
            // SAFETY: the collector holds a reference to each.
            objects::finalise::queue_callbacks(unsafe { &**h }, &members);
        }
        (garbage, seen)
    });
    let Some((mut garbage, seen)) = found else { return 0 };
    TOTALS.overcounted.fetch_add(seen.overcounted as u64, Ordering::Relaxed);
    if gc::stats::is_on() {
        gc::stats::count_many(gc::stats::Event::Visit, seen.cells as u64);
    }
    if is_enabled() {
        gc::cycles::set_limit(Some(seen.bytes / 2));
    }
    if garbage.is_empty() {
        return 0;
    }
    cx.drain();
    for h in &garbage {
        // SAFETY: alive: the collector holds a reference.
        let header = unsafe { &**h };
        if header.flags() & (gc::flag::HAS_FINALIZER | gc::flag::FINALIZED) == gc::flag::HAS_FINALIZER {
            // SAFETY: as above.
            let v = unsafe { gc::Ref::from_word(Word::from_header(header)) }.to_value();
            objects::finalise::finalise(cx, &v);
        }
    }
    let kept = in_stop(|world| {
        let kept = gc::cycles::resurrected(world, &mut garbage, &stopped_roots());
        let mut types = Vec::new();
        for h in &garbage {
            // SAFETY: as above.
            let header = unsafe { &**h };
            objects::finalise::forget_weakrefs(header);
            types.extend(as_type_cell(header));
        }
        objects::types::type_::forget_subclasses(&types);
        kept
    });
    let Some(kept) = kept else {
        // Not confirmed: everything lives on until the next collection.
        release(std::mem::take(&mut garbage));
        return 0;
    };
    release(kept);
    let n = garbage.len();
    let ordered = instances_first(garbage);
    // SAFETY: confirmed in the stop; unreachable since, and types come after their instances.
    unsafe { gc::cycles::free(&ordered) };
    cx.drain();
    n
}

/// Drops the collector's references.
fn release(cells: Vec<*const Header>) {
    for h in cells {
        // SAFETY: the collector's own reference.
        drop(unsafe { gc::Value::from_raw(h) });
    }
}

fn as_type_cell(h: &Header) -> Option<&Type> {
    let id = h.type_id();
    let is_type = id == ids::TYPE || objects::types::by_id(id).is_subtype_of_id(ids::TYPE);
    // SAFETY: types have this payload.
    if is_type { Some(unsafe { gc::Ref::from_word(Word::from_header(h)).cast::<Type>() }) } else { None }
}

/// Cells before their types, types before their metatypes.
fn instances_first(cells: Vec<*const Header>) -> Vec<*const Header> {
    // SAFETY: alive until freed by the caller.
    let (mut types, mut ordered): (Vec<_>, Vec<_>) = cells.into_iter().partition(|h| as_type_cell(unsafe { &**h }).is_some());
    while !types.is_empty() {
        // SAFETY: as above.
        let used: HashSet<u32> = types.iter().map(|h| unsafe { (**h).type_id() }).collect();
        // SAFETY: as above.
        let (later, now): (Vec<_>, Vec<_>) =
            types.iter().partition(|h| as_type_cell(unsafe { &***h }).is_some_and(|t| used.contains(&t.id)));
        if now.is_empty() {
            ordered.extend(later);
            break;
        }
        ordered.extend(now);
        types = later;
    }
    ordered
}

/// Python objects that containers hold, found in a stop. `f` is called with every live cell and says which ones are wanted.
pub fn live_objects(mut wanted: impl FnMut(&Header) -> bool) -> Vec<gc::Value> {
    in_stop(|world| {
        gc::merge::drain_all(world);
        let mut out = Vec::new();
        gc::cycles::for_each_cell(world, |h| {
            if wanted(h)
                && let Some(v) = gc::cycles::hold(h, world)
            {
                out.push(v);
            }
        });
        out
    })
    .unwrap_or_default()
}

/// What the objects hold references to.
pub fn referents(of: &[gc::Ref<'_>]) -> Vec<gc::Value> {
    in_stop(|world| {
        gc::merge::drain_all(world);
        let mut out = Vec::new();
        for h in of.iter().filter_map(|v| v.header()) {
            // SAFETY: the caller holds them, and the world is stopped.
            unsafe { gc::cycles::references(h, &mut |to| out.extend(gc::cycles::hold(&*to, world))) };
        }
        out
    })
    .unwrap_or_default()
}

/// The live containers that hold references to one of the objects.
pub fn referrers(of: &[gc::Ref<'_>]) -> Vec<gc::Value> {
    let targets: HashSet<usize> = of.iter().filter_map(|v| v.header()).map(|h| h as *const Header as usize).collect();
    live_objects(|h| {
        let mut found = false;
        // SAFETY: alive, and the world is stopped.
        unsafe { gc::cycles::references(h, &mut |to| found |= targets.contains(&(to as usize))) };
        found
    })
}
