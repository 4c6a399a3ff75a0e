//! When collections are due, and how far the program may run ahead of them.
//!
//! What is counted is cell memory taken from the system, and cell memory that the collector has freed and that is filled again. What cells leave that die of
//! their own is used again without counting: a program without cyclic garbage whose heap does not grow is left alone. A young collection is due after
//! so much of both, which follows what young collections find; a full one when the heap has grown by half of what lived after the last full
//! one. When the program is far ahead of the collector, allocating threads are held back at their safepoints ([`must_wait`]), for a bounded time each.

use sync::prim::{AtomicBool, AtomicUsize, Ordering};

/// Bytes taken from the system or filled again since the last collection of any kind began.
static USED: AtomicUsize = AtomicUsize::new(0);
/// Bytes taken from the system since the last full collection began.
static GROWN: AtomicUsize = AtomicUsize::new(0);
/// After how many used bytes a young collection is due.
static YOUNG: AtomicUsize = AtomicUsize::new(FIRST_YOUNG);
/// After how much growth a full one is due.
static FULL: AtomicUsize = AtomicUsize::new(FIRST_LIMIT);
/// Whether collections start by themselves.
static ENABLED: AtomicBool = AtomicBool::new(true);

/// The least growth that is worth a full collection.
pub const FIRST_LIMIT: usize = 8 << 20;
/// The least use of memory that is worth a young one.
pub const FIRST_YOUNG: usize = 2 << 20;

/// Which generations a collection looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Cells that have survived fewer than two young collections.
    Young,
    /// All cells.
    Full,
}

/// Bytes of pages, ever; they are never given back.
static PAGES: AtomicUsize = AtomicUsize::new(0);

/// Bytes of pages taken from the system so far.
pub fn page_bytes() -> usize {
    PAGES.load(Ordering::Relaxed)
}

/// A page was taken.
pub(crate) fn grown_by_page(bytes: usize) {
    PAGES.fetch_add(bytes, Ordering::Relaxed);
    grown(bytes);
}

/// Notes growth of the heap, and asks for a collection when one is due.
pub(crate) fn grown(bytes: usize) {
    let full = GROWN.fetch_add(bytes, Ordering::Relaxed) + bytes >= FULL.load(Ordering::Relaxed);
    used(bytes, full);
}

/// Notes that memory which the collector has freed is in use again.
pub(crate) fn refilled(bytes: usize) {
    used(bytes, false);
}

fn used(bytes: usize, due: bool) {
    let n = USED.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if (due || n >= YOUNG.load(Ordering::Relaxed))
        && let Some(slot) = sync::threads::current()
    {
        sync::safepoint::request(slot, sync::safepoint::GC);
    }
}

/// Which collection is due.
pub fn due() -> Option<Scope> {
    if !ENABLED.load(Ordering::Relaxed) {
        return None;
    }
    if crate::stress::collection_due() || GROWN.load(Ordering::Relaxed) >= FULL.load(Ordering::Relaxed) {
        Some(Scope::Full)
    } else if USED.load(Ordering::Relaxed) >= YOUNG.load(Ordering::Relaxed) {
        Some(Scope::Young)
    } else {
        None
    }
}

/// A collection begins: what is used counts from here on.
pub fn begin(scope: Scope) {
    USED.store(0, Ordering::Relaxed);
    if scope == Scope::Full {
        GROWN.store(0, Ordering::Relaxed);
    }
}

/// Its search has ended: it looked at `looked` cells, of `bytes` bytes, and found `found` of them to be garbage.
pub fn end(scope: Scope, bytes: usize, looked: usize, found: usize) {
    if scope == Scope::Full {
        FULL.store((bytes / 2).max(FIRST_LIMIT), Ordering::Relaxed);
    }
    let limit = YOUNG.load(Ordering::Relaxed);
    // Little to be found: look less often, but so that what cannot be found meanwhile stays small beside the heap.
    let most = (FULL.load(Ordering::Relaxed) / 8).max(LAST_YOUNG);
    let next = if found * 4 < looked { limit * 2 } else { limit / 2 };
    let least = LEAST.load(Ordering::Relaxed);
    YOUNG.store(if is_eager() { least } else { next.min(most).max(least) }, Ordering::Relaxed);
}

/// Whether the program has run so far ahead of the collector that threads which allocate should wait for it.
pub fn must_wait() -> bool {
    let young = YOUNG.load(Ordering::Relaxed);
    USED.load(Ordering::Relaxed) > young + AHEAD
}

/// How far the program may be ahead.
const AHEAD: usize = 16 << 20;
/// How much use is worth a young collection in any case.
const LAST_YOUNG: usize = 16 << 20;

/// The least use of memory that is worth a young collection, as the program wants it.
static LEAST: AtomicUsize = AtomicUsize::new(FIRST_YOUNG);
/// The program wants collections more often than they come by themselves, at once, where it stands.
static EAGER: AtomicBool = AtomicBool::new(false);

/// CPython's first threshold, and what it is taken to stand for: so many containers of so many bytes.
pub const DEFAULT_THRESHOLD: usize = 2000;
const BYTES_EACH: usize = 64;

/// The program has set the first threshold.
pub fn set_threshold(n: usize) {
    EAGER.store(n < DEFAULT_THRESHOLD, Ordering::Relaxed);
    let least = if n == DEFAULT_THRESHOLD { FIRST_YOUNG } else { n.saturating_mul(BYTES_EACH) };
    LEAST.store(least, Ordering::Relaxed);
    YOUNG.store(least, Ordering::Relaxed);
}

/// Whether collections that are due run on the thread that finds them due.
pub fn is_eager() -> bool {
    EAGER.load(Ordering::Relaxed)
}

/// Lets collections start by themselves, or not.
pub fn enable(on: bool) {
    ENABLED.store(on, Ordering::Relaxed);
}
