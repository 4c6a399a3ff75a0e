//! When collections are due, and how far the program may run ahead of them.
//!
//! What is counted is cell memory taken from the system. Memory that dead cells have left is used again without counting, so a program whose heap does not
//! grow is left alone. A young collection is due after [`young_limit`] of growth, which follows what young collections find; a full one when the heap has grown
//! by half of what lived after the last full one. While a collection runs, growth beyond a further allowance holds allocating threads back at their
//! safepoints ([`must_wait`]), for a bounded time each.

use sync::prim::{AtomicBool, AtomicUsize, Ordering};

/// Bytes taken from the system since the last collection of any kind began.
static GROWN: AtomicUsize = AtomicUsize::new(0);
/// Bytes taken since the last full collection began, but for `GROWN`.
static GROWN_BEFORE: AtomicUsize = AtomicUsize::new(0);
/// After how much growth a young collection is due.
static YOUNG: AtomicUsize = AtomicUsize::new(FIRST_LIMIT);
/// After how much growth a full one is due.
static FULL: AtomicUsize = AtomicUsize::new(FIRST_LIMIT);
/// Whether collections start by themselves.
static ENABLED: AtomicBool = AtomicBool::new(true);

/// The least growth that is worth a collection.
pub const FIRST_LIMIT: usize = 8 << 20;

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
    let n = GROWN.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if n >= YOUNG.load(Ordering::Relaxed)
        && let Some(slot) = sync::threads::current()
    {
        sync::safepoint::request(slot, sync::safepoint::GC);
    }
}

/// Which collection is due.
pub fn due() -> Option<Scope> {
    let n = GROWN.load(Ordering::Relaxed);
    if !ENABLED.load(Ordering::Relaxed) {
        return None;
    }
    let all = n + GROWN_BEFORE.load(Ordering::Relaxed);
    if all >= FULL.load(Ordering::Relaxed) {
        Some(Scope::Full)
    } else if n >= YOUNG.load(Ordering::Relaxed) {
        Some(Scope::Young)
    } else {
        None
    }
}

/// A collection begins: growth counts from here on.
pub fn begin(scope: Scope) {
    let n = GROWN.swap(0, Ordering::Relaxed);
    match scope {
        Scope::Young => GROWN_BEFORE.fetch_add(n, Ordering::Relaxed),
        Scope::Full => GROWN_BEFORE.swap(0, Ordering::Relaxed),
    };
}

/// Its search has ended: it looked at `looked` cells, of `bytes` bytes, and found `found` of them to be garbage.
pub fn end(scope: Scope, bytes: usize, looked: usize, found: usize) {
    match scope {
        Scope::Full => {
            FULL.store((bytes / 2).max(FIRST_LIMIT), Ordering::Relaxed);
            YOUNG.fetch_min((bytes / 4).max(FIRST_LIMIT), Ordering::Relaxed);
        }
        Scope::Young => {
            let limit = YOUNG.load(Ordering::Relaxed);
            // Little to be found: look less often, but not less often than full collections do.
            let most = (FULL.load(Ordering::Relaxed) / 2).max(FIRST_LIMIT);
            let next = if found * 8 < looked { (limit * 2).min(most) } else { FIRST_LIMIT };
            YOUNG.store(next, Ordering::Relaxed);
        }
    }
}

/// Whether the program has run so far ahead of the collector that threads which allocate should wait for it.
pub fn must_wait() -> bool {
    GROWN.load(Ordering::Relaxed) > 2 * YOUNG.load(Ordering::Relaxed)
}

/// Lets collections start by themselves, or not.
pub fn enable(on: bool) {
    ENABLED.store(on, Ordering::Relaxed);
}

/// Bytes by which the heap has grown since the last collection began.
pub fn growth() -> usize {
    GROWN.load(Ordering::Relaxed)
}
