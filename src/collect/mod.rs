//! The collector: stops in which dead deferred cells are freed, and collections of cycles. `gc::search` and `gc::snapshot` find and confirm garbage; here is
//! when collections run and on which thread, and what happens to what they find.
//!
//! | file | what lives there |
//! |---|---|
//! | `roots.rs` | which cells registers hold, which counts are kept in deltas |
//! | `finish.rs` | callbacks, finalisers, the second confirmation, destruction |
//! | `background.rs` | the threads that search and finalise by themselves |
//! | `inspect.rs` | all objects, referrers, referents |
//!
//! A collection that is asked for (`gc.collect()`) runs on the caller. One that is due runs on the helper thread, beside the program; what it confirms is put
//! on a list, which the finalising thread works off, or, while the program has only ever had one thread, that thread at its next safepoint.

pub mod background;
mod finish;
pub mod inspect;
mod roots;

use finish::Set;
use gc::pace::{self, Scope};
use gc::search::{self, Access, Turn};
use gc::snapshot::{Confirmed, Snapshot};
use objects::Cx;
use roots::Registers;
use sync::prim::{AtomicU64, Ordering};

pub use finish::{is_busy, take_over, unfinished};

/// What the collections of one generation have done, for `gc.get_stats()`.
pub struct Totals {
    /// Collections.
    pub collections: AtomicU64,
    /// Cells freed by them.
    pub collected: AtomicU64,
    /// Cells that payloads held more often than they were counted: must stay 0.
    pub overcounted: AtomicU64,
    /// Cells that could be part of a cycle, which searches looked at.
    pub looked: AtomicU64,
    /// Candidates that were still there when they were confirmed.
    pub candidates: AtomicU64,
    /// Time in which searches ran beside the program, in ns.
    pub concurrent: AtomicU64,
    /// Processor time that searches used, stops included, in ns.
    pub work: AtomicU64,
}

impl Totals {
    const fn new() -> Totals {
        Totals {
            collections: AtomicU64::new(0),
            collected: AtomicU64::new(0),
            overcounted: AtomicU64::new(0),
            looked: AtomicU64::new(0),
            candidates: AtomicU64::new(0),
            concurrent: AtomicU64::new(0),
            work: AtomicU64::new(0),
        }
    }
}

/// The process's totals, by generation.
pub static TOTALS: [Totals; 3] = [const { Totals::new() }; 3];
/// Live containers after the last collection: `gc.get_count()` counts from there.
pub static LIVED: AtomicU64 = AtomicU64::new(0);

/// When pending deferred cells were last looked at on the way, in ns.
static LAST_SWEEP: AtomicU64 = AtomicU64::new(0);
/// How often that is done when there are few, in ns.
const SWEEP_EVERY: u64 = 50_000_000;

/// Finishes garbage that others have found and nobody has finished yet.
pub fn finish_waiting(cx: &mut Cx) {
    finish::ready(cx);
}

/// What a collection was asked to look at.
pub fn scope_of(generation: usize) -> Scope {
    if generation >= 1 { Scope::Full } else { Scope::Young }
}

/// Frees the pending deferred cells that no register holds.
pub fn reclaim_pending(cx: &mut Cx) {
    let mut left = gc::deferred::pending();
    while left > 0 {
        let dead = search::in_stop(|world| {
            if sync::threads::anyone_reading(world) {
                // Natives that wait for an object lock hold uncounted words that no scan sees: another time.
                return None;
            }
            Some(gc::deferred::reclaim(world, &roots::all_held(), roots::delta_id))
        });
        let Some(dead) = dead else { return sync::safepoint::request(cx.slot, sync::safepoint::GC) };
        let found = !dead.is_empty();
        for h in dead {
            // SAFETY: given back by `reclaim`, once.
            unsafe { gc::deferred::destroy(h) };
        }
        cx.drain();
        // Once around the list, or as long as there is something to be found.
        left = if found { gc::deferred::pending() } else { 0 };
    }
}

/// A safepoint has been asked for on behalf of the collector: frees dead deferred cells, finishes what was found, and has what is due collected.
pub fn at_safepoint(cx: &mut Cx) {
    let now = sync::futex::now();
    // Cells that registers hold stay on the list: a stop now and then is enough for them.
    if gc::deferred::pending() >= gc::deferred::WORTH_A_STOP || now > LAST_SWEEP.load(Ordering::Relaxed) + SWEEP_EVERY {
        LAST_SWEEP.store(now, Ordering::Relaxed);
        reclaim_pending(cx);
    }
    finish::help(cx);
    if let Some(scope) = pace::due() {
        if crate::modules::gc::has_callbacks() || pace::is_eager() || !background::collect(scope) {
            // Python code wants to know, or there can be no helper.
            let generation = if scope == Scope::Young { 0 } else { 2 };
            crate::modules::gc::collect_and_call_back(cx, generation);
        } else if pace::must_wait() {
            // Ahead of the collector: give it time, but not for ever.
            cx.detached(|| background::wait(std::time::Duration::from_millis(20)));
        }
    }
}

/// Finds and frees garbage in cycles, on the calling thread; how many cells. 0 for a collection inside of a collection.
pub fn collect(cx: &mut Cx, generation: usize) -> usize {
    if finish::is_busy() {
        return 0;
    }
    gc::merge::settle();
    cx.drain();
    reclaim_pending(cx);
    let mut n = 0;
    let mut found = Vec::new();
    {
        let turn = search::turn();
        // Nobody else is there to be held up: the search needs no second look.
        if sync::threads::live_threads() <= 1 {
            search_alone(&turn, generation, &mut found);
        } else {
            let slot = cx.slot;
            search_beside(&turn, slot, generation, |c| found.extend(c));
        }
    }
    n += finish::finish(cx, found, generation);
    // What the helper has found is finished here too: callers expect it.
    n += finish::ready(cx);
    reclaim_pending(cx);
    n
}

/// A collection's search has ended: notes what it saw.
fn searched(scope: Scope, generation: usize, seen: search::Seen, found: usize) {
    let t = &TOTALS[generation];
    t.collections.fetch_add(1, Ordering::Relaxed);
    t.overcounted.fetch_add(seen.overcounted as u64, Ordering::Relaxed);
    t.looked.fetch_add(seen.containers as u64, Ordering::Relaxed);
    pace::end(scope, seen.bytes, seen.containers, found);
    match scope {
        Scope::Full => LIVED.store((seen.containers - found.min(seen.containers)) as u64, Ordering::Relaxed),
        Scope::Young => drop(LIVED.fetch_add(seen.containers as u64 / 2, Ordering::Relaxed)),
    }
    if gc::stats::is_on() && sync::threads::current().is_some() {
        gc::stats::count_many(gc::stats::Event::Visit, seen.containers as u64);
    }
}

/// The search of the only thread there is: exact at once.
fn search_alone(turn: &Turn, generation: usize, found: &mut Vec<Confirmed>) {
    let scope = scope_of(generation);
    let before = search::thread_time();
    pace::begin(scope);
    let seen = {
        let world = sync::safepoint::stop_the_world();
        let access = Access::Alone(&world);
        let Some(f) = search::find(turn, access, &Registers, scope) else { return };
        *found = f.confirmed(&world);
        f.seen
    };
    // SAFETY: found with nobody running, and the turn is held.
    unsafe { gc::cycles::hold(turn, found) };
    searched(scope, generation, seen, found.len());
    TOTALS[generation].work.fetch_add(search::thread_time() - before, Ordering::Relaxed);
}

/// The search beside others, for an attached thread. What one stop has confirmed is given to `f`, held and hidden.
fn search_beside(turn: &Turn, slot: &'static sync::threads::Slot, generation: usize, mut f: impl FnMut(Vec<Confirmed>)) {
    let scope = scope_of(generation);
    let (before, started) = (search::thread_time(), sync::futex::now());
    pace::begin(scope);
    let access = Access::Beside(slot);
    let Some(found) = search::find(turn, access, &Registers, scope) else { return };
    let mut snapshot = Snapshot::of(&found.cells, access, &Registers, &found.sums, 0);
    search::end();
    let t = &TOTALS[generation];
    t.candidates.fetch_add(found.cells.len() as u64, Ordering::Relaxed);
    t.concurrent.fetch_add(sync::futex::now() - started, Ordering::Relaxed);
    let components = snapshot.filter(Some(found.tables));
    let mut n = 0;
    snapshot.confirm(&components, &Registers, |confirmed| {
        // SAFETY: just confirmed; the turn is held.
        unsafe { gc::cycles::hold(turn, &confirmed) };
        n += confirmed.len();
        f(confirmed);
    });
    searched(scope, generation, found.seen, n);
    t.work.fetch_add(search::thread_time() - before, Ordering::Relaxed);
}
