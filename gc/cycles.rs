//! Finding garbage in cycles: exact, with the world stopped. Trial deletion over side tables of the pages: what a cell's count says beyond the
//! references that cells hold to it comes from outside (registers that count, natives' handles), and whatever is reached from there lives.
//!
//! Steps, each a function here: [`find`] (stopped) gives the unreachable set, each cell with a reference of the collector's; the runtime runs
//! weak-reference callbacks and finalisers; [`resurrected`] (stopped again) takes out what has become reachable; [`free`] destroys the rest. A
//! destroyed cell's references to other members of the set only lower counts that the collector's own references keep above zero, so no member
//! is freed twice, and the memory goes back after all payloads are gone.

use crate::header::{HEADER_SIZE, Header, flag};
use crate::heap::{self, PageHead};
use crate::kind::kind_of;
use crate::local;
use crate::word::Word;
use std::collections::{HashMap, HashSet};
use sync::prim::{AtomicUsize, Ordering};
use sync::safepoint::WorldStopped;

/// What the runtime knows of references that are not in headers.
pub trait Roots {
    /// Under which id references to a deferred cell are counted in deltas, if they are.
    fn delta_id(&self, h: &Header) -> Option<u32>;
    /// Whether a register may hold the cell without counting it.
    fn holds(&self, h: *const Header) -> bool;
}

/// A cell of the unreachable set.
pub type Cell = *const Header;

/// What a search saw.
#[derive(Default, Debug, Clone, Copy)]
pub struct Seen {
    /// Live cells.
    pub cells: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Cells that hold each other more often than they are counted: a payload visits a word that it does not count. They are kept.
    pub overcounted: usize,
}

const REACHED: i32 = i32::MAX;
const FREE: i32 = i32::MIN;

struct Tables {
    /// One number per cell of each page; the page's head points to it.
    pages: Vec<(*const PageHead, Vec<i32>)>,
    large: HashMap<usize, i32>,
}

fn visit_cells(page: &PageHead, mut f: impl FnMut(usize, *const Header)) {
    let base = page as *const PageHead as usize;
    let size = page.cell_size as usize;
    let n = (page.bump.load(Ordering::Acquire) as usize - heap::PAGE_HEADER) / size;
    for i in 0..n {
        f(i, (base + heap::PAGE_HEADER + i * size) as *const Header);
    }
}

impl Tables {
    fn build(world: &WorldStopped, roots: &impl Roots, seen: &mut Seen) -> Tables {
        let mut t = Tables { pages: Vec::new(), large: HashMap::new() };
        for l in (1..=sync::threads::highest_id()).filter_map(local::of_slot) {
            // SAFETY: the world is stopped; pages are never unmapped.
            let heap = unsafe { &(*l).heap };
            heap.for_each_page(|page| {
                let mut side = Vec::new();
                visit_cells(page, |_, h| {
                    // SAFETY: a cell of the page: a header at least.
                    let n = initial(world, unsafe { &*h }, roots);
                    if n != FREE {
                        seen.cells += 1;
                        seen.bytes += page.cell_size as usize;
                    }
                    side.push(n);
                });
                t.pages.push((page, side));
            });
        }
        // Only now do the vectors' buffers stay where they are.
        for (page, side) in &mut t.pages {
            // SAFETY: the world is stopped: nobody else looks at the field.
            unsafe { (**page).side.set(side.as_mut_ptr()) };
        }
        for h in heap::large_cells() {
            // SAFETY: registered large cells are alive or being freed, which nobody does in a stop.
            let cell = unsafe { &*(h as *const Header) };
            let n = initial(world, cell, roots);
            if n != FREE {
                seen.cells += 1;
                // SAFETY: as above.
                seen.bytes += unsafe { heap::room(cell) } + HEADER_SIZE;
                t.large.insert(h, n);
            }
        }
        t
    }

    #[inline]
    fn at(&mut self, h: *const Header) -> Option<&mut i32> {
        // SAFETY: callers pass words that cells hold: live cells.
        unsafe {
            if (*h).flags() & flag::LARGE != 0 {
                return self.large.get_mut(&(h as usize));
            }
            let page = &*heap::page_of(h);
            let side = page.side.get();
            if side.is_null() {
                return None;
            }
            let i = (h as usize - (page as *const PageHead as usize) - heap::PAGE_HEADER) / page.cell_size as usize;
            Some(&mut *side.add(i))
        }
    }

    fn for_each(&mut self, mut f: impl FnMut(*const Header, &mut i32)) {
        for (page, side) in &mut self.pages {
            // SAFETY: pages are never unmapped.
            visit_cells(unsafe { &**page }, |i, h| {
                if side[i] != FREE {
                    f(h, &mut side[i]);
                }
            });
        }
        for (h, n) in &mut self.large {
            f(*h as *const Header, n);
        }
    }

    /// All live cells.
    fn cells(&self) -> Vec<*const Header> {
        let mut all = Vec::new();
        for (page, side) in &self.pages {
            // SAFETY: pages are never unmapped.
            visit_cells(unsafe { &**page }, |i, h| {
                if side[i] != FREE {
                    all.push(h);
                }
            });
        }
        all.extend(self.large.keys().map(|h| *h as *const Header));
        all
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        for (page, _) in &self.pages {
            // SAFETY: pages are never unmapped; the world is still stopped.
            unsafe { (**page).side.set(std::ptr::null_mut()) };
        }
    }
}

/// A cell's count with its deltas; [`REACHED`] for what is not up for collection.
fn initial(world: &WorldStopped, h: &Header, roots: &impl Roots) -> i32 {
    if h.type_id() == 0 {
        return FREE;
    }
    let flags = h.flags();
    if flags & (flag::IMMORTAL | flag::PENDING) != 0 {
        return i32::MAX - 1;
    }
    let mut n = h.count();
    if flags & flag::DEFERRED != 0
        && let Some(id) = roots.delta_id(h)
    {
        n += crate::deferred::delta_sum(world, id);
    }
    n.clamp(i64::from(i32::MIN) + 2, i64::from(i32::MAX) - 2) as i32
}

/// Calls `f` with every cell that `h` holds a counted reference to.
///
/// # Safety
/// `h` is a live cell, and the world is stopped.
pub unsafe fn references(h: *const Header, f: &mut dyn FnMut(*const Header)) {
    // SAFETY: by contract.
    unsafe {
        let kind = kind_of(&*h);
        if kind.is_null() {
            return;
        }
        ((*kind).traverse)(h, &mut |w: Word| {
            if w.is_pointer() && w.unmarked() == w {
                f(w.header());
            }
        });
    }
}

/// The unreachable cells. Each has got one more reference, and belongs to no thread any more.
pub fn find(world: &WorldStopped, roots: &impl Roots) -> (Vec<Cell>, Seen) {
    crate::merge::drain_all(world);
    let mut seen = Seen::default();
    let mut tables = Tables::build(world, roots, &mut seen);
    let all = tables.cells();
    for h in &all {
        // SAFETY: live, and the world is stopped.
        unsafe {
            references(*h, &mut |to| {
                if let Some(n) = tables.at(to)
                    && *n < i32::MAX - 1
                    && *n != FREE
                {
                    *n -= 1;
                }
            });
        }
    }
    let mut reached = Vec::new();
    tables.for_each(|h, n| {
        if *n < 0 {
            seen.overcounted += 1;
        }
        if *n != 0 || roots.holds(h) {
            *n = REACHED;
            reached.push(h);
        }
    });
    while let Some(h) = reached.pop() {
        // SAFETY: as above.
        unsafe {
            references(h, &mut |to| {
                if let Some(n) = tables.at(to)
                    && *n != REACHED
                    && *n != FREE
                {
                    *n = REACHED;
                    reached.push(to);
                }
            });
        }
    }
    let mut garbage = Vec::new();
    tables.for_each(|h, n| {
        if *n != REACHED {
            // SAFETY: live; with the world stopped anyone may merge.
            unsafe { (*h).merge(1) };
            garbage.push(h);
        }
    });
    (garbage, seen)
}

/// Takes out of the set what has become reachable since, with all that it reaches, and gives it back: the collector's reference to each is still
/// to be dropped.
pub fn resurrected(world: &WorldStopped, set: &mut Vec<Cell>, roots: &impl Roots) -> Vec<Cell> {
    crate::merge::drain_all(world);
    let mut counts: HashMap<usize, i64> = HashMap::with_capacity(set.len());
    for h in set.iter() {
        // SAFETY: the collector holds a reference to each.
        let cell = unsafe { &**h };
        let deltas = if cell.flags() & flag::DEFERRED != 0 { roots.delta_id(cell) } else { None };
        let extra = deltas.map_or(0, |id| crate::deferred::delta_sum(world, id));
        counts.insert(*h as usize, cell.count() - 1 + extra);
    }
    for h in set.iter() {
        // SAFETY: alive, and the world is stopped.
        unsafe {
            references(*h, &mut |to| {
                if let Some(n) = counts.get_mut(&(to as usize)) {
                    *n -= 1;
                }
            });
        }
    }
    let mut alive: HashSet<usize> = HashSet::new();
    let mut reached: Vec<Cell> = set.iter().copied().filter(|h| counts[&(*h as usize)] != 0 || roots.holds(*h)).collect();
    alive.extend(reached.iter().map(|h| *h as usize));
    while let Some(h) = reached.pop() {
        // SAFETY: as above.
        unsafe {
            references(h, &mut |to| {
                if counts.contains_key(&(to as usize)) && alive.insert(to as usize) {
                    reached.push(to);
                }
            });
        }
    }
    if alive.is_empty() {
        return Vec::new();
    }
    let (kept, dead) = set.drain(..).partition(|h| alive.contains(&(*h as usize)));
    *set = dead;
    kept
}

/// Destroys the payloads of a set that nothing outside refers to, in this order, and gives the memory back.
///
/// # Safety
/// [`resurrected`] has just confirmed the set and nobody could get at its members since; its weak references are cleared; a cell's type comes
/// after the cell.
pub unsafe fn free(set: &[Cell]) {
    for h in set {
        // SAFETY: by contract.
        unsafe {
            let kind = kind_of(&**h);
            if !kind.is_null() {
                ((*kind).destroy)(*h as *mut Header);
            }
        }
    }
    for h in set {
        // SAFETY: destroyed above; the borrow ends here.
        unsafe {
            (**h).clear_flags(!flag::LARGE);
            local::current().heap.free(*h as *mut Header);
        }
    }
}

/// Calls `f` with every live cell. The world is stopped.
pub fn for_each_cell(_world: &WorldStopped, mut f: impl FnMut(&Header)) {
    for l in (1..=sync::threads::highest_id()).filter_map(local::of_slot) {
        // SAFETY: the world is stopped; pages are never unmapped.
        unsafe { &(*l).heap }.for_each_page(|page| {
            visit_cells(page, |_, h| {
                // SAFETY: a cell of the page.
                let h = unsafe { &*h };
                if h.type_id() != 0 {
                    f(h);
                }
            });
        });
    }
    for h in heap::large_cells() {
        // SAFETY: registered large cells are alive in a stop.
        let h = unsafe { &*(h as *const Header) };
        if h.type_id() != 0 {
            f(h);
        }
    }
}

/// Takes a reference to a cell that [`for_each_cell`] shows; `None` when it is dead. The world is stopped.
pub fn hold(h: &Header, _world: &WorldStopped) -> Option<crate::handle::Value> {
    if h.count() <= 0 && h.flags() & flag::DEFERRED == 0 || h.flags() & flag::PENDING != 0 {
        return None;
    }
    h.merge(1);
    // SAFETY: the reference was just taken.
    Some(unsafe { crate::handle::Value::from_raw(h) })
}

/// Bytes of cell memory taken from the system since the last collection began.
static GROWN: AtomicUsize = AtomicUsize::new(0);
/// From how many on a collection is worth it; `usize::MAX` while collections are disabled.
static LIMIT: AtomicUsize = AtomicUsize::new(FIRST_LIMIT);
/// The least growth that is worth a collection.
pub const FIRST_LIMIT: usize = 24 << 20;

/// Notes growth of the heap, and asks for a collection when it is due.
pub(crate) fn grown(bytes: usize) {
    let n = GROWN.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if n >= LIMIT.load(Ordering::Relaxed)
        && let Some(slot) = sync::threads::current()
    {
        sync::safepoint::request(slot, sync::safepoint::GC);
    }
}

/// Whether a collection is due.
pub fn is_due() -> bool {
    GROWN.load(Ordering::Relaxed) >= LIMIT.load(Ordering::Relaxed) || crate::stress::collection_due()
}

/// A collection begins: growth counts from here on.
pub fn begin() {
    GROWN.store(0, Ordering::Relaxed);
}

/// Sets after how much growth the next collection is due; `None`: never.
pub fn set_limit(bytes: Option<usize>) {
    LIMIT.store(bytes.map_or(usize::MAX, |b| b.max(FIRST_LIMIT)), Ordering::Relaxed);
}
