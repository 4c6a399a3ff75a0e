//! Statistics of memory and counting, per thread slot; off unless [`start`] was called before the first thread entered.
//!
//! Nothing here costs anything while it is off. Allocation takes its slow path each time while a heap counts, because the lists that the fast path
//! looks at stay empty: the real ones are in [`Counted`]. Frees take the path for cells of other threads, because the heap then has no number that
//! a page could have. [`Event`]s are counted on paths that are slow anyway, behind one flag.
//!
//! The kind of a cell is known only after it has been written: an allocation is noted, and looked at when the next thing happens. Large cells, whose
//! memory goes away when another thread frees them, are not noted: their allocation is counted under their kind when they die, or at the end.

use crate::header::Header;
use crate::heap::CLASSES;
use crate::local;
use sync::prim::{AtomicBool, Ordering};

static ON: AtomicBool = AtomicBool::new(false);

/// Switches the statistics on. Before the first thread enters.
pub fn start() {
    ON.store(true, Ordering::Relaxed);
}

/// Whether they are on.
#[inline(always)]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What is counted on slow paths.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Event { $($(#[$doc])* $name,)* }
        /// All events with their names in reports.
        pub const EVENTS: &[(Event, &str)] = &[$((Event::$name, $text)),*];
    };
}
events! {
    /// A reference dropped by a thread that is not the owner.
    SharedDecref = "References dropped by other threads than the owner",
    /// A reference to an immortal cell was to be dropped.
    ImmortalDecref = "References to immortal cells not given back",
    /// The owner's count reached zero while others held references.
    OwnerGone = "Owners that gave a shared cell up",
    /// A cell went on its owner's merge queue.
    Queued = "Cells queued for merging",
    /// Local and shared counts were put together.
    Merged = "Merges",
    /// An ordinary cell became deferred.
    Promoted = "Promotions to deferred counting",
    /// A deferred cell's count reached zero: the next stop looks at it.
    DeferredPending = "Deferred cells put aside for a stop",
    /// A type's version was taken back.
    TypeVersion = "Type versions invalidated",
    /// A namespace was given a keys version: the first one, or because its keys have changed.
    KeysVersion = "Keys versions given",
    /// `__class__` was assigned.
    SetClass = "set class",
    /// `__bases__` was assigned.
    SetBases = "set bases",
    /// A function's code or defaults were replaced.
    FunctionModified = "func modification",
    /// An instance's values moved to a dict.
    Materialised = "dict materialized",
    /// A frame object was made.
    FrameObject = "Frame objects created",
    /// A cell was looked at by the collector.
    Visit = "Object visits",
}

/// Number of events.
pub const EVENT_COUNT: usize = EVENTS.len();

/// Counts an event of the current thread. For slow paths.
#[inline]
pub fn count(e: Event) {
    if is_on() {
        count_many(e, 1);
    }
}

/// Counts `n` of them.
#[cold]
pub fn count_many(e: Event, n: u64) {
    local::with_current(|l| l.events[e as usize] += n);
}

/// What a counting heap has counted, and its real free lists.
pub struct Counted {
    pub(crate) lists: [*mut Header; CLASSES],
    /// Cells whose kind is not known yet.
    fresh: Vec<*const Header>,
    /// Allocations and frees by the type's number.
    pub kinds: Vec<[u64; 2]>,
    /// Allocations and frees by size class; large cells last.
    pub sizes: [[u64; 2]; CLASSES + 1],
    /// Allocations that used the memory of a dead cell.
    pub reused: u64,
    /// Frees of cells that belong to other threads' heaps.
    pub remote: u64,
}

impl Counted {
    pub(crate) fn new() -> Box<Counted> {
        Box::new(Counted {
            lists: [std::ptr::null_mut(); CLASSES],
            fresh: Vec::new(),
            kinds: Vec::new(),
            sizes: [[0; 2]; CLASSES + 1],
            reused: 0,
            remote: 0,
        })
    }

    fn kind(&mut self, id: u32, what: usize) {
        let id = id as usize;
        if id >= self.kinds.len() {
            self.kinds.resize(id + 64, [0; 2]);
        }
        self.kinds[id][what] += 1;
    }

    /// Counts the fresh cells that have been written since.
    fn settle(&mut self) {
        let mut waiting = std::mem::take(&mut self.fresh);
        waiting.retain(|h| {
            // SAFETY: cell memory is type-stable, and a cell leaves this list before it is freed.
            let id = unsafe { (**h).type_id() };
            if id != 0 {
                self.kind(id, 0);
            }
            id == 0
        });
        self.fresh = waiting;
    }

    pub(crate) fn allocated(&mut self, class: usize, h: *const Header) {
        self.settle();
        self.sizes[class][0] += 1;
        if class == CLASSES {
            return;
        }
        // Another thread has freed these before they were looked at.
        if self.fresh.len() > 256 {
            self.fresh.clear();
        }
        self.fresh.push(h);
    }

    /// The cell, which still has its type, is freed.
    pub(crate) fn freed(&mut self, class: usize, h: &Header) {
        self.settle();
        self.fresh.retain(|f| !std::ptr::eq(*f, h));
        self.sizes[class][1] += 1;
        if class == CLASSES {
            self.kind(h.type_id(), 0);
        }
        self.kind(h.type_id(), 1);
    }
}

/// In the child of a fork, whose only thread calls this: what has been counted so far is the parent's.
pub fn forget() {
    for id in 1..=sync::threads::highest_id() {
        if let Some(l) = local::of_slot(id) {
            // SAFETY: there is only one thread.
            let l = unsafe { &mut *l };
            l.events = [0; EVENT_COUNT];
            if let Some(c) = &mut l.heap.counted {
                c.settle();
                c.kinds.clear();
                c.sizes = [[0; 2]; CLASSES + 1];
                (c.reused, c.remote) = (0, 0);
            }
        }
    }
}

/// Calls `f` with the kind of each large cell that is alive, with the world stopped.
pub fn for_each_large(_world: &sync::safepoint::WorldStopped, mut f: impl FnMut(u32)) {
    for h in crate::heap::large_cells() {
        // SAFETY: a registered cell; nobody frees it in a stop.
        f(unsafe { (*(h as *const Header)).type_id() });
    }
}

/// What one slot has counted.
pub struct SlotStats<'a> {
    /// By [`Event`].
    pub events: &'a [u64; EVENT_COUNT],
    /// Its heap's.
    pub heap: &'a Counted,
}

/// Calls `f` for each slot that has counted, with the world stopped.
pub fn for_each_slot(_world: &sync::safepoint::WorldStopped, mut f: impl FnMut(SlotStats<'_>)) {
    for id in 1..=sync::threads::highest_id() {
        if let Some(l) = local::of_slot(id) {
            // SAFETY: the world is stopped, so nobody uses the slot's data.
            let l = unsafe { &mut *l };
            if let Some(heap) = &mut l.heap.counted {
                heap.settle();
                f(SlotStats { events: &l.events, heap });
            }
        }
    }
}
