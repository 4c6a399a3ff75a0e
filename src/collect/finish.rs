//! What becomes of confirmed garbage: weak-reference callbacks and finalisers run, the set is confirmed again if any Python code has run, and the rest is
//! destroyed. All of it beside the program but for the second confirmation.
//!
//! A set without finalisers and callbacks needs no second look: it was confirmed in a stop, weak references refuse it since, and no list of objects shows it.

use super::roots::{self, Registers};
use super::{TOTALS, background};
use gc::search::{self, Access};
use gc::snapshot::{AddressSet, Confirmed, Snapshot};
use gc::{Value, Word, flag};
use objects::Cx;
use std::cell::Cell;
use std::collections::HashSet;
use sync::prim::{AtomicUsize, Ordering};

/// Confirmed garbage of one collection that waits for a thread with Python code.
pub(super) struct Set {
    cells: Vec<Confirmed>,
    generation: usize,
    /// No finaliser and no weak reference: destroying it runs no Python code that the program could tell from an object's ordinary end.
    quiet: bool,
}

impl Set {
    pub(super) fn new(cells: Vec<Confirmed>, generation: usize) -> Set {
        let quiet = cells.iter().all(|c| c.flags & (flag::HAS_FINALIZER | flag::HAS_WEAKREF) == 0);
        Set { cells, generation, quiet }
    }
}

static READY: sync::mutex::Mutex<Vec<Set>> = sync::mutex::Mutex::new(Vec::new());
/// Cells on the list.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// From so many waiting cells on, threads that allocate wait or help.
const BEHIND: usize = 1 << 16;

/// Whether so much garbage waits for its end that the program should wait too.
pub(super) fn is_behind() -> bool {
    WAITING.load(Ordering::Relaxed) > BEHIND
}

/// Confirmed garbage that is still to be finished, in cells.
pub fn unfinished() -> usize {
    WAITING.load(Ordering::Relaxed)
}

fn next(any: bool) -> Option<Set> {
    let mut list = READY.lock();
    let at = list.iter().rposition(|s| any || s.quiet)?;
    let set = list.swap_remove(at);
    WAITING.fetch_sub(set.cells.len(), Ordering::Relaxed);
    Some(set)
}

/// Cells whose finalisers are running: lists of objects leave them out, but weak references find them.
static FINALISING: sync::mutex::Mutex<Option<AddressSet>> = sync::mutex::Mutex::new(None);

/// Whether the finalisers of the cell's set are running.
pub(super) fn are_finalising() -> impl Fn(&gc::Header) -> bool {
    let cells = FINALISING.lock().clone();
    move |h| cells.as_ref().is_some_and(|c| c.contains(&(h as *const gc::Header as usize)))
}

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is in the middle of a collection.
pub fn is_busy() -> bool {
    BUSY.get()
}

/// Puts a set on the list, and asks for somebody to work it off.
pub(super) fn put(set: Set) {
    WAITING.fetch_add(set.cells.len(), Ordering::Relaxed);
    READY.lock().push(set);
    if objects::cx::MULTI.load(Ordering::Relaxed) && background::wake_finaliser() {
        return;
    }
    ask_a_thread();
}

/// Asks the program's threads to finish what is on the list.
pub(super) fn ask_a_thread() {
    sync::threads::for_each_slot(|s| {
        if s.is_alive() && !sync::threads::is_helper(s) {
            sync::safepoint::request(s, sync::safepoint::GC);
        }
    });
}

/// Whether something is on the list.
pub(super) fn is_ready() -> bool {
    !READY.lock().is_empty()
}

/// Finishes what is on the list; how many cells were freed.
pub(super) fn ready(cx: &mut Cx) -> usize {
    let mut n = 0;
    if BUSY.get() {
        return n;
    }
    while let Some(set) = next(true) {
        n += finish(cx, set.cells, set.generation);
    }
    n
}

/// At a safepoint: finishes everything, or, where there is a thread for that, what that thread cannot keep up with and need not do.
pub(super) fn help(cx: &mut Cx) {
    if !objects::cx::MULTI.load(Ordering::Relaxed) || background::is_closed() {
        ready(cx);
    } else if !BUSY.get() {
        // Whoever makes garbage faster than it is destroyed destroys some of it.
        while is_behind() {
            let Some(set) = next(false) else { break };
            finish(cx, set.cells, set.generation);
        }
    }
}

/// In the child of a fork: the list belongs to its only thread now.
pub fn take_over() {
    if is_ready() {
        ask_a_thread();
    }
}

fn drop_references(cells: impl IntoIterator<Item = Confirmed>) {
    for c in cells {
        // SAFETY: the collector's own reference.
        drop(unsafe { Value::from_raw(c.cell) });
    }
}

/// Runs callbacks and finalisers of a held set, and destroys what is garbage still; how many cells.
pub(super) fn finish(cx: &mut Cx, set: Vec<Confirmed>, generation: usize) -> usize {
    if set.is_empty() {
        return 0;
    }
    let was = BUSY.replace(true);
    let kept = cx.raised.take();
    let n = finish_set(cx, set);
    cx.raised = kept;
    BUSY.set(was);
    TOTALS[generation].collected.fetch_add(n as u64, Ordering::Relaxed);
    n
}

fn finish_set(cx: &mut Cx, mut set: Vec<Confirmed>) -> usize {
    // SAFETY: held.
    let header = |c: &Confirmed| unsafe { &*c.cell };
    cx.drain();
    let referred: Vec<usize> = (0..set.len()).filter(|k| set[*k].flags & flag::HAS_WEAKREF != 0).collect();
    if !referred.is_empty() {
        let members: AddressSet = set.iter().map(|c| c.cell as usize).collect();
        referred.iter().for_each(|k| objects::finalise::queue_callbacks(header(&set[*k]), &members));
    }
    let finalisers = |c: &&Confirmed| c.flags & (flag::HAS_FINALIZER | flag::FINALIZED) == flag::HAS_FINALIZER;
    let first = set.iter().find(finalisers);
    if first.is_some() || gc::local::has_work() {
        gc::cycles::show(&set);
        let mut cells: Vec<usize> = set.iter().map(|c| c.cell as usize).collect();
        cells.sort_unstable();
        FINALISING.lock().get_or_insert_default().extend(cells.iter().copied());
        cx.drain();
        for c in set.iter().filter(finalisers) {
            // SAFETY: held.
            let v = unsafe { gc::Ref::from_word(Word::from_header(c.cell)) }.to_value();
            objects::finalise::finalise(cx, &v);
        }
        set = confirm_again(cx, set);
        let mut all = FINALISING.lock();
        if let Some(f) = &mut *all {
            f.retain(|c| cells.binary_search(c).is_err());
            if f.is_empty() {
                *all = None;
            }
        }
        drop(all);
        if set.is_empty() {
            return 0;
        }
    }
    for c in &set {
        objects::finalise::forget_weakrefs(header(c));
    }
    if crate::modules::gc::saves_all() {
        let n = set.len();
        gc::cycles::show(&set);
        // SAFETY: the collector's own references.
        crate::modules::gc::save(cx, set.iter().map(|c| unsafe { Value::from_raw(c.cell) }).collect());
        return n;
    }
    if crate::modules::gc::shows_collectable() {
        for c in &set {
            // SAFETY: held.
            crate::modules::gc::show_collectable(cx, unsafe { gc::Ref::from_word(Word::from_header(c.cell)) });
        }
    }
    let types: Vec<_> = set.iter().filter_map(type_of_cell).collect();
    if !types.is_empty() {
        // Whoever is going through a list of subclasses has done so when this is over.
        search::in_stop(|_| objects::types::type_::forget_subclasses(&types));
    }
    // A dict that is only where an instance's values are is no object that the program would count.
    let parts = set.iter().filter_map(|c| objects::types::instance::moved_to(header(c))).filter(|d| d.flags() & flag::PENDING != 0).count();
    let n = set.len() - parts;
    let ordered = instances_first(set);
    let (slot, mut freed) = (cx.slot, 0u32);
    // SAFETY: confirmed, held and hidden; types come after their instances.
    unsafe {
        gc::cycles::free(&ordered, || {
            freed += 1;
            // Others are not to wait for the whole set. Nobody can see the cells.
            if freed.is_multiple_of(256) && sync::safepoint::pending(slot) {
                sync::safepoint::safepoint(slot);
            }
        });
    }
    cx.drain();
    n
}

/// The second look: lets go of what finalisers have made reachable, gives back the rest, hidden.
fn confirm_again(cx: &mut Cx, set: Vec<Confirmed>) -> Vec<Confirmed> {
    let _turn = search::turn();
    let access = Access::Beside(cx.slot);
    let sums = search::sum_deltas(access, &Registers);
    let cells: Vec<usize> = set.iter().map(|c| c.cell as usize).collect();
    let mut snapshot = Snapshot::of(&cells, access, &Registers, &sums, 1);
    let components = snapshot.filter(None);
    let mut garbage = AddressSet::default();
    let mut again = Vec::with_capacity(set.len());
    snapshot.confirm(&components, &Registers, |confirmed| {
        gc::cycles::hide(&confirmed);
        garbage.extend(confirmed.iter().map(|c| c.cell as usize));
        again.extend(confirmed);
    });
    drop_references(set.into_iter().filter(|c| !garbage.contains(&(c.cell as usize))));
    again
}

/// The type, if the cell is one: all that are not immortal were deferred.
fn type_of_cell(c: &Confirmed) -> Option<&objects::types::Type> {
    // SAFETY: held.
    if c.flags & flag::DEFERRED != 0 { roots::as_type_cell(unsafe { &*c.cell }) } else { None }
}

/// Cells before their types, types before their metatypes.
fn instances_first(cells: Vec<Confirmed>) -> Vec<Confirmed> {
    // SAFETY: held.
    let header = |c: &Confirmed| unsafe { &*c.cell };
    let (mut types, mut ordered): (Vec<_>, Vec<_>) = cells.into_iter().partition(|c| type_of_cell(c).is_some());
    while !types.is_empty() {
        let used: HashSet<u32> = types.iter().map(|c| header(c).type_id()).collect();
        let (later, now): (Vec<_>, Vec<_>) = types.iter().partition(|c| type_of_cell(c).is_some_and(|t| used.contains(&t.id)));
        if now.is_empty() {
            ordered.extend(later);
            break;
        }
        ordered.extend(now);
        types = later;
    }
    ordered
}
