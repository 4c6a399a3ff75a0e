//! What a search for garbage asks of those who free memory while it runs.
//!
//! Actors: one *walker*, an attached thread that traverses cells which others use (`search.rs`); every other thread, which frees cells.
//!
//! While [`is_searching`], a dead cell that could be traversed keeps its type and is put aside: a walker that began to traverse it in its life finds what was
//! there, and one that comes later finds both counts zero (or PENDING) and passes on. What has been put aside is closed into batches with a goal of the
//! QSBR sequence, and is given back when the walker has been quiescent since.
//!
//! Why it is safe: a cell's counts are zero before its payload is destroyed, and that comes before its batch's goal is made. The walker is quiescent by loading
//! (Acquire) the sequence at or after the goal (Release), so in its next section it sees the zero counts, and what it read in the one before is done. Buffers
//! that cells hold go through QSBR themselves. The beginning of a search is a handshake: nobody frees in the old way when the walker begins.

use crate::header::Header;
use std::collections::VecDeque;
use sync::prim::{AtomicBool, AtomicU16, Ordering};

static SEARCHING: AtomicBool = AtomicBool::new(false);
/// The walker's slot.
static WALKER: AtomicU16 = AtomicU16::new(0);

/// Cells per batch.
const BATCH: usize = 256;

/// Whether a walker may be looking at cells: buffers are freed through QSBR then even by the only thread there is.
#[inline]
pub fn is_searching() -> bool {
    SEARCHING.load(Ordering::Relaxed)
}

/// Tells all threads, and returns when all know. The walker is the calling thread.
pub(crate) fn begin(each: impl Fn(&sync::threads::Slot) + Sync) {
    WALKER.store(sync::threads::current_id(), Ordering::Relaxed);
    SEARCHING.store(true, Ordering::Release);
    sync::safepoint::handshake(|s| {
        follow(s.id);
        each(s);
    });
}

/// The walker has finished.
pub(crate) fn end() {
    SEARCHING.store(false, Ordering::Release);
    sync::safepoint::handshake(|s| follow(s.id));
    WALKER.store(0, Ordering::Relaxed);
}

/// In the child of a fork, whose only thread calls this: there is no walker.
pub fn forget() {
    if SEARCHING.swap(false, Ordering::Relaxed) {
        WALKER.store(0, Ordering::Relaxed);
        (1..=sync::threads::highest_id()).for_each(follow);
    }
}

fn follow(id: u16) {
    if let Some(l) = crate::local::of_slot(id) {
        // SAFETY: in a handshake: by the slot's owner or on its behalf, in the middle of nothing.
        unsafe { (*l).heap.follow_search() }
    }
}

/// Whether the walker has been quiescent since the goal was made, or there is none.
fn has_passed(goal: u64) -> bool {
    if !SEARCHING.load(Ordering::Acquire) {
        return true;
    }
    sync::threads::slot(WALKER.load(Ordering::Relaxed)).is_none_or(|s| sync::qsbr::has_seen(s, goal))
}

/// A slot's cells that were put aside.
pub(crate) struct Aside {
    open: Vec<*mut Header>,
    closed: VecDeque<(u64, Vec<*mut Header>)>,
}

impl Aside {
    pub(crate) const fn new() -> Aside {
        Aside { open: Vec::new(), closed: VecDeque::new() }
    }

    /// Adds a dead cell; true when a batch is full.
    pub(crate) fn push(&mut self, h: *mut Header) -> bool {
        self.open.push(h);
        let full = self.open.len() >= BATCH;
        if full {
            self.closed.push_back((sync::qsbr::new_goal(), std::mem::replace(&mut self.open, Vec::with_capacity(BATCH))));
        }
        full
    }

    /// A batch that nobody looks at any more.
    #[inline]
    pub(crate) fn ready(&mut self) -> Option<Vec<*mut Header>> {
        match self.closed.front() {
            Some((goal, _)) => {
                if has_passed(*goal) {
                    self.closed.pop_front().map(|b| b.1)
                } else {
                    None
                }
            }
            None if self.open.is_empty() || is_searching() => None,
            None => Some(std::mem::take(&mut self.open)),
        }
    }
}
