//! Cell memory: pages of one size class each, owned by a thread slot, with type-stable headers.
//!
//! A segment is 4 MiB of address space cut into 64 KiB pages. A page belongs to one slot and one size class for ever, and is never unmapped,
//! so that a stale pointer always points at a header. The free list's link lies behind the header. Each slot has one list per class;
//! cells freed by other threads come back through the slot's remote stack, taken over whole when a list is empty.
//! Cells above [`MAX_SMALL`] come from the raw allocator and are freed through QSBR. While a search for garbage runs, dead cells that could be
//! traversed are put aside until no walker can be looking at them (`aside.rs`).

use crate::aside::{self, Aside};
use crate::header::{HEADER_SIZE, Header, flag};
use crate::refcount::MERGED;
use std::collections::BTreeMap;
use sync::prim::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Bytes of a page.
pub const PAGE: usize = 64 << 10;
const SEGMENT: usize = 4 << 20;
/// Largest cell in a size class, header included.
pub const MAX_SMALL: usize = 4096;
/// Bytes before the first cell of a page.
pub const PAGE_HEADER: usize = 64;

/// Number of size classes.
pub const CLASSES: usize = 15 + 16;

/// The class of a cell of `size` bytes (header included, at most [`MAX_SMALL`]).
#[inline(always)]
pub const fn class_of(size: usize) -> usize {
    if size <= 256 {
        if size <= 32 { 0 } else { size.div_ceil(16) - 2 }
    } else {
        // Four classes per doubling: 320 384 448 512, 640 ...
        let top = usize::BITS as usize - 1 - (size - 1).leading_zeros() as usize;
        let quarter = ((size - 1) >> (top - 2)) & 3;
        15 + (top - 8) * 4 + quarter
    }
}

/// Bytes of the cells of a class.
pub const fn class_size(class: usize) -> usize {
    if class < 15 {
        (class + 2) * 16
    } else {
        let (top, quarter) = ((class - 15) / 4 + 8, (class - 15) % 4);
        (1 << top) + ((quarter + 1) << (top - 2))
    }
}

/// What stands at the start of each page.
#[repr(C)]
pub struct PageHead {
    /// Slot it belongs to.
    pub owner: u16,
    /// Size class.
    pub class: u16,
    /// Bytes of its cells.
    pub cell_size: u32,
    /// Offset of the first byte never handed out; cells start at [`PAGE_HEADER`].
    pub bump: AtomicU32,
    /// 2^32 / `cell_size`, rounded up.
    reciprocal: u32,
    next: *mut PageHead,
    /// A search's numbers, one per cell; null when there is no search, or the page is not part of it.
    pub side: AtomicPtr<i32>,
    /// How many cells have a number there.
    pub side_len: AtomicU32,
    /// How many young collections its cells have survived; [`OLD`] and above: none looks at them any more.
    pub age: AtomicU8,
    /// Which cells `gc.freeze()` has put aside: one bit each, or null.
    frozen: AtomicPtr<u64>,
}

// SAFETY: `next` is written before the page can be found; everything else that changes is atomic.
unsafe impl Sync for PageHead {}

/// The head of a page without cells.
pub(crate) static NO_PAGE: PageHead = PageHead {
    owner: 0,
    class: 0,
    cell_size: 16,
    bump: AtomicU32::new(PAGE_HEADER as u32),
    reciprocal: 0,
    next: std::ptr::null_mut(),
    side: AtomicPtr::new(std::ptr::null_mut()),
    side_len: AtomicU32::new(0),
    age: AtomicU8::new(OLD),
    frozen: AtomicPtr::new(std::ptr::null_mut()),
};

/// Words of a page's bits of frozen cells.
const FROZEN_WORDS: usize = PAGE / 32 / 64;
const _: () = assert!(size_of::<PageHead>() <= PAGE_HEADER);
/// How many cells are frozen.
static FROZEN: AtomicUsize = AtomicUsize::new(0);
/// Age of large cells that are frozen.
const FROZEN_AGE: u8 = 8;

/// Takes all live cells that `wanted` names out of collections, until [`unfreeze`].
pub fn freeze(world: &sync::safepoint::WorldStopped, turn: &crate::search::Turn, wanted: impl Fn(&Header) -> bool) {
    crate::cycles::for_each_cell(world, turn, |h, _| {
        if !wanted(h) {
            return;
        }
        if h.flags() & flag::LARGE != 0 {
            if LARGE.lock().insert(h as *const Header as usize, FROZEN_AGE) != Some(FROZEN_AGE) {
                FROZEN.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        // SAFETY: the page of a small cell.
        let page = unsafe { &*page_of(h) };
        let mut bits = page.frozen.load(Ordering::Relaxed);
        if bits.is_null() {
            bits = Box::into_raw(Box::new([0u64; FROZEN_WORDS])).cast();
            page.frozen.store(bits, Ordering::Relaxed);
        }
        if let Some(i) = page.index_of(h as *const Header as usize) {
            // SAFETY: a page has fewer cells than bits; only the holder of the turn touches them.
            let word = unsafe { &mut *bits.add(i / 64) };
            if *word >> (i % 64) & 1 == 0 {
                *word |= 1 << (i % 64);
                FROZEN.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
}

/// Puts all frozen cells back: they are old.
pub fn unfreeze(_world: &sync::safepoint::WorldStopped, _turn: &crate::search::Turn) {
    for l in (1..=sync::threads::highest_id()).filter_map(crate::local::of_slot) {
        // SAFETY: the world is stopped.
        unsafe { &(*l).heap }.for_each_page(|page| {
            let bits = page.frozen.swap(std::ptr::null_mut(), Ordering::Relaxed);
            if !bits.is_null() {
                // SAFETY: made in `freeze`, and only the holder of the turn uses it.
                drop(unsafe { Box::from_raw(bits.cast::<[u64; FROZEN_WORDS]>()) });
            }
        });
    }
    LARGE.lock().values_mut().filter(|a| **a == FROZEN_AGE).for_each(|a| *a = OLD);
    FROZEN.store(0, Ordering::Relaxed);
}

/// How many cells are frozen.
pub fn count_frozen() -> usize {
    FROZEN.load(Ordering::Relaxed)
}

/// Age of pages that only full collections look at.
pub const OLD: u8 = 2;

impl PageHead {
    /// Which cell of the page begins at an address in it; `None` where none does, or none has been handed out.
    #[inline]
    pub fn index_of(&self, at: usize) -> Option<usize> {
        let offset = (at & (PAGE - 1)).wrapping_sub(PAGE_HEADER);
        let i = (offset.wrapping_mul(self.reciprocal as usize)) >> 32;
        if offset < PAGE && i * self.cell_size as usize == offset { Some(i) } else { None }
    }
    /// How many cells have been handed out.
    pub fn len(&self) -> usize {
        // Acquire: pairs with the release of the hand-out, whose header is then visible.
        (self.bump.load(Ordering::Acquire) as usize - PAGE_HEADER) / self.cell_size as usize
    }
    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The cell with an index below `len`.
    pub fn cell(&self, i: usize) -> *const Header {
        (self as *const PageHead as usize + PAGE_HEADER + i * self.cell_size as usize) as *const Header
    }
    /// Whether a cell is frozen. `free`: there is no cell any more, and the next one born there will not be. For the holder of the turn.
    pub(crate) fn is_frozen(&self, i: usize, free: bool) -> bool {
        let bits = self.frozen.load(Ordering::Relaxed);
        if bits.is_null() {
            return false;
        }
        // SAFETY: as in `freeze`.
        let word = unsafe { &mut *bits.add(i / 64) };
        let is = *word >> (i % 64) & 1 != 0;
        if is && free {
            *word &= !(1 << (i % 64));
            FROZEN.fetch_sub(1, Ordering::Relaxed);
        }
        is
    }
    /// Whether cells are still handed out for the first time.
    pub fn is_growing(&self) -> bool {
        self.bump.load(Ordering::Relaxed) as usize + self.cell_size as usize <= PAGE
    }
}

/// What stands before a large cell.
#[repr(C, align(16))]
struct LargeHead {
    size: usize,
    owner: usize,
}

/// Addresses of all large cells, with their ages.
static LARGE: sync::mutex::Mutex<BTreeMap<usize, u8>> = sync::mutex::Mutex::new(BTreeMap::new());

/// Addresses of all large cells.
pub fn large_cells() -> Vec<usize> {
    LARGE.lock().keys().copied().collect()
}

/// Addresses of the large cells that are younger than `age`.
pub fn large_cells_younger(age: u8) -> Vec<usize> {
    LARGE.lock().iter().filter(|(_, a)| **a < age).map(|(h, _)| *h).collect()
}

/// Whether a large cell begins there. If so, its memory stays until the caller's next quiescent state.
pub fn is_large(at: usize) -> bool {
    LARGE.lock().contains_key(&at)
}

/// Makes large cells older: they have survived a collection. `to`: at least so old.
pub fn age_large(cells: &[usize], to: Option<u8>) {
    let mut large = LARGE.lock();
    for h in cells {
        if let Some(a) = large.get_mut(h)
            && *a <= OLD
        {
            *a = to.unwrap_or(*a + 1).min(OLD);
        }
    }
}

/// Which segments of the address space hold pages: one bit each.
static SEGMENT_MAP: [AtomicU64; 1 << (48 - 22 - 6)] = [const { AtomicU64::new(0) }; 1 << (48 - 22 - 6)];
const _: () = assert!(SEGMENT == 1 << 22);

/// The page in which an address lies, if it lies in cell memory. Never looks at what stands at the address.
#[inline]
pub fn page_at(at: usize) -> Option<&'static PageHead> {
    let segment = at >> 22;
    let bits = SEGMENT_MAP.get(segment >> 6)?.load(Ordering::Relaxed);
    if bits >> (segment & 63) & 1 == 0 {
        return None;
    }
    // SAFETY: pages are never unmapped; one that nobody has used yet is zero, and so a valid head.
    Some(unsafe { &*((at & !(PAGE - 1)) as *const PageHead) })
}

fn link(h: *mut Header) -> *mut *mut Header {
    h.cast::<u8>().wrapping_add(HEADER_SIZE).cast()
}

/// The page of a small cell.
pub fn page_of(h: *const Header) -> *mut PageHead {
    (h as usize & !(PAGE - 1)) as *mut PageHead
}

/// Payload bytes that the memory of a live cell has room for.
///
/// # Safety
/// The cell is alive.
pub unsafe fn room(h: *const Header) -> usize {
    // SAFETY: by contract; what stands before a large cell or at the start of a small one's page was written at its birth.
    unsafe {
        if (*h).flags() & flag::LARGE != 0 {
            (*h.cast::<u8>().sub(size_of::<LargeHead>()).cast::<LargeHead>()).size - size_of::<LargeHead>() - HEADER_SIZE
        } else {
            (*page_of(h)).cell_size as usize - HEADER_SIZE
        }
    }
}

struct Segments {
    next: usize,
    end: usize,
}

static SEGMENTS: std::sync::Mutex<Segments> = std::sync::Mutex::new(Segments { next: 0, end: 0 });

/// A fresh, zeroed, aligned page; null when the system has no memory.
fn fresh_page() -> *mut PageHead {
    let mut s = SEGMENTS.lock().unwrap_or_else(|e| e.into_inner());
    if s.next == s.end {
        // SAFETY: an anonymous private mapping of no particular address, twice as large as needed for the sake of its alignment.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                2 * SEGMENT,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if p == libc::MAP_FAILED {
            return std::ptr::null_mut();
        }
        let (from, start) = (p as usize, (p as usize).next_multiple_of(SEGMENT));
        // SAFETY: the parts of the mapping before and behind the aligned segment, which nobody knows.
        unsafe {
            if start > from {
                libc::munmap(p, start - from);
            }
            if from + 2 * SEGMENT > start + SEGMENT {
                libc::munmap((start + SEGMENT) as *mut libc::c_void, from + SEGMENT - start);
            }
        }
        let Some(bits) = SEGMENT_MAP.get(start >> 28) else { return std::ptr::null_mut() };
        bits.fetch_or(1 << (start >> 22 & 63), Ordering::Relaxed);
        (s.next, s.end) = (start, start + SEGMENT);
    }
    let page = s.next;
    s.next += PAGE;
    crate::pace::grown_by_page(PAGE);
    page as *mut PageHead
}

/// One slot's pages and free lists.
pub struct Heap {
    free: [*mut Header; CLASSES],
    bump: [*mut PageHead; CLASSES],
    pages: AtomicPtr<PageHead>,
    /// The slot, as the heads of its pages say it; 0, which no page says, while statistics are counted or a search runs.
    owner: u16,
    /// Cells that died while a search ran.
    aside: Aside,
    /// Cells that the collector has freed, in chunks by class.
    pub(crate) returned: Returned,
    /// Cells of this slot freed by other threads.
    pub(crate) remote: AtomicPtr<Header>,
    /// Bytes handed out since the last time somebody asked (collector pacing).
    pub allocated: usize,
    /// The slot.
    slot: u16,
    /// Statistics, when they are on; see [`crate::stats`].
    pub(crate) counted: Option<Box<crate::stats::Counted>>,
}

impl Heap {
    /// An empty heap of slot `owner`.
    pub const fn new(owner: u16) -> Self {
        Heap {
            free: [std::ptr::null_mut(); CLASSES],
            bump: [std::ptr::null_mut(); CLASSES],
            pages: AtomicPtr::new(std::ptr::null_mut()),
            owner,
            aside: Aside::new(),
            returned: Returned(sync::mutex::Mutex::new([const { Vec::new() }; CLASSES])),
            remote: AtomicPtr::new(std::ptr::null_mut()),
            allocated: 0,
            slot: owner,
            counted: None,
        }
    }

    /// Memory for a cell of `size` bytes with header; its header is that of a free cell. Null when out of memory.
    #[inline(always)]
    pub fn alloc(&mut self, size: usize) -> *mut Header {
        if size > MAX_SMALL {
            return self.alloc_large(size);
        }
        let class = class_of(size);
        let h = self.free[class];
        if h.is_null() {
            return self.alloc_slow(class);
        }
        // SAFETY: cells on the free list are ours, and their link was written when they were put there.
        self.free[class] = unsafe { *link(h) };
        h
    }

    /// Counts from now on: the fast paths find nothing any more.
    pub(crate) fn start_counting(&mut self) {
        let mut c = crate::stats::Counted::new();
        std::mem::swap(&mut self.free, &mut c.lists);
        self.counted = Some(c);
        self.owner = 0;
    }

    #[cold]
    fn alloc_slow(&mut self, class: usize) -> *mut Header {
        let Some(mut c) = self.counted.take() else { return self.refill(class) };
        std::mem::swap(&mut self.free, &mut c.lists);
        let before = self.allocated;
        let h = self.refill(class);
        std::mem::swap(&mut self.free, &mut c.lists);
        if !h.is_null() {
            c.reused += u64::from(self.allocated == before);
            c.allocated(class, h);
        }
        self.counted = Some(c);
        // SAFETY: fresh.
        unsafe { crate::stress::allocated(h, class_size(class)) };
        h
    }

    /// A cell from what other threads have given back, the list, or a page.
    fn refill(&mut self, class: usize) -> *mut Header {
        self.return_aside();
        // Acquire: pairs with the release of whoever pushed, whose writes to the header come first.
        let mut h = self.remote.swap(std::ptr::null_mut(), Ordering::Acquire);
        while !h.is_null() {
            // SAFETY: the stack's cells are now ours alone; each lies in a page of this slot.
            unsafe {
                let next = *link(h);
                let c = (*page_of(h)).class as usize;
                *link(h) = self.free[c];
                self.free[c] = h;
                h = next;
            }
        }
        let h = self.free[class];
        if !h.is_null() {
            // SAFETY: as in `alloc`.
            self.free[class] = unsafe { *link(h) };
            return h;
        }
        let size = class_size(class);
        let chunk = self.returned.0.lock()[class].pop();
        if let Some((h, n)) = chunk {
            // What cyclic garbage has left is filled again: as good as growth, for those that look for more of it.
            crate::pace::refilled(n as usize * size);
            // SAFETY: as in `alloc`; the list is empty.
            self.free[class] = unsafe { *link(h) };
            return h;
        }
        let mut page = self.bump[class];
        // SAFETY: `page` is null or a page of ours.
        let full = page.is_null() || unsafe { (*page).bump.load(Ordering::Relaxed) as usize + size > PAGE };
        if full {
            page = fresh_page();
            if page.is_null() {
                return std::ptr::null_mut();
            }
            // SAFETY: the page is fresh, zeroed and ours.
            unsafe {
                (*page).owner = self.slot;
                (*page).class = class as u16;
                (*page).cell_size = size as u32;
                (*page).reciprocal = ((1u64 << 32) / size as u64 + 1) as u32;
                (*page).bump.store(PAGE_HEADER as u32, Ordering::Relaxed);
                (*page).next = self.pages.load(Ordering::Relaxed);
            }
            // Release: a walker that finds the page finds its head filled in.
            self.pages.store(page, Ordering::Release);
            self.bump[class] = page;
        }
        // SAFETY: there is room for one more cell, whose memory is zeroed.
        unsafe {
            let at = (*page).bump.load(Ordering::Relaxed) as usize;
            let h = page.cast::<u8>().add(at).cast::<Header>();
            (*h).shared.store(MERGED, Ordering::Relaxed);
            (*page).bump.store((at + size) as u32, Ordering::Release);
            self.allocated += size;
            h
        }
    }

    #[cold]
    fn alloc_large(&mut self, size: usize) -> *mut Header {
        let total = size_of::<LargeHead>().checked_add(size);
        let Some(Ok(layout)) = total.map(|t| std::alloc::Layout::from_size_align(t, 16)) else { return std::ptr::null_mut() };
        // SAFETY: the layout is not empty.
        let p = unsafe { std::alloc::alloc(layout) };
        if p.is_null() {
            return std::ptr::null_mut();
        }
        self.allocated += size;
        crate::pace::grown(size);
        // SAFETY: fresh memory of the right size and alignment.
        unsafe {
            p.cast::<LargeHead>().write(LargeHead { size: layout.size(), owner: self.slot as usize });
            let h = p.add(size_of::<LargeHead>()).cast::<Header>();
            h.cast::<u8>().write_bytes(0, HEADER_SIZE);
            (*h).shared.store(MERGED, Ordering::Relaxed);
            (*h).flags.store(flag::LARGE, Ordering::Relaxed);
            LARGE.lock().insert(h as usize, 0);
            if let Some(c) = &mut self.counted {
                c.allocated(CLASSES, h);
            }
            h
        }
    }

    /// Frees a cell of a page that is not the heap's, or of any page while it counts or a search runs.
    #[inline(never)]
    unsafe fn free_elsewhere(&mut self, page: &PageHead, h: *mut Header) {
        // SAFETY: the cell is dead, and the caller's to give back.
        unsafe {
            crate::stress::freed(h, page.cell_size as usize);
            if let Some(c) = &mut self.counted {
                c.freed(page.class as usize, &*h);
                c.remote += u64::from(page.owner != self.slot);
            }
            if aside::is_searching() && crate::kind::walk_of(&*h) != crate::kind::Walk::Leaf {
                if self.aside.push(h) {
                    self.return_aside();
                }
                return;
            }
            self.give_back(page, h);
        }
    }

    /// Puts a dead cell where it is found when one is wanted.
    unsafe fn give_back(&mut self, page: &PageHead, h: *mut Header) {
        // SAFETY: by the caller: the cell is dead, and nobody looks at it any more.
        unsafe {
            (*h).type_id.store(0, Ordering::Relaxed);
            if page.owner != self.slot {
                return crate::local::free_remote(page.owner, h);
            }
            let class = page.class as usize;
            let list = match &mut self.counted {
                Some(c) => &mut c.lists[class],
                None => &mut self.free[class],
            };
            *link(h) = *list;
            *list = h;
        }
    }

    /// Gives back the cells that were put aside, as far as no walker can be looking at them any more.
    fn return_aside(&mut self) {
        while let Some(cells) = self.aside.ready() {
            for h in cells {
                // SAFETY: dead since before the walker was quiescent, and small.
                unsafe { self.give_back(&*page_of(h), h) };
            }
        }
    }

    /// A search begins or has ended: how cells are freed changes. By the owner, or on its behalf.
    pub(crate) fn follow_search(&mut self) {
        self.owner = if aside::is_searching() || self.counted.is_some() { 0 } else { self.slot };
    }

    /// Takes back the memory of a destroyed cell.
    ///
    /// # Safety
    /// The cell is dead, its payload destroyed, and this is the current thread's heap.
    #[inline]
    pub unsafe fn free(&mut self, h: *mut Header) {
        // SAFETY: the cell is dead and ours to mark.
        unsafe {
            let large = (*h).flags.load(Ordering::Relaxed) & flag::LARGE != 0;
            (*h).local.store(0, Ordering::Relaxed);
            (*h).owner.store(0, Ordering::Relaxed);
            (*h).shared.store(MERGED, Ordering::Relaxed);
            if large {
                if let Some(c) = &mut self.counted {
                    c.freed(CLASSES, &*h);
                }
                (*h).type_id.store(0, Ordering::Relaxed);
                if LARGE.lock().remove(&(h as usize)) == Some(FROZEN_AGE) {
                    FROZEN.fetch_sub(1, Ordering::Relaxed);
                }
                let p = h.cast::<u8>().sub(size_of::<LargeHead>());
                return sync::qsbr::retire(p, (*p.cast::<LargeHead>()).size, free_large);
            }
            let page = page_of(h);
            if (*page).owner == self.owner {
                (*h).type_id.store(0, Ordering::Relaxed);
                let class = (*page).class as usize;
                *link(h) = self.free[class];
                self.free[class] = h;
            } else {
                self.free_elsewhere(&*page, h);
            }
        }
    }

    /// As `free`, for the collector: cells are given back in chunks.
    ///
    /// # Safety
    /// As for `free`; the cells are out of reach until the chains are pushed.
    pub(crate) unsafe fn free_chained(&mut self, h: *mut Header, chains: &mut Chains) {
        // SAFETY: passed on.
        unsafe {
            let large = (*h).flags.load(Ordering::Relaxed) & flag::LARGE != 0;
            if large || self.counted.is_some() || aside::is_searching() {
                return self.free(h);
            }
            (*h).type_id.store(0, Ordering::Relaxed);
            chains.add(&*page_of(h), h);
        }
    }

    /// Calls `f` with every page of this heap.
    pub fn for_each_page(&self, mut f: impl FnMut(&PageHead)) {
        // Acquire: pairs with the release of the page's owner, who may be adding pages now.
        let mut p = self.pages.load(Ordering::Acquire);
        while !p.is_null() {
            // SAFETY: pages are never unmapped and `next` is written before a page becomes reachable.
            let page = unsafe { &*p };
            f(page);
            p = page.next;
        }
    }
}

/// Cells of one class that are linked, and how many.
type Chunk = (*mut Header, u32);

/// What the collector has given back to a heap.
pub(crate) struct Returned(sync::mutex::Mutex<[Vec<Chunk>; CLASSES]>);

/// Most cells in a chunk.
const CHUNK: u32 = 256;

/// Cells that the collector frees, on their way back to the heaps that they are of.
pub(crate) struct Chains(Vec<(u16, u16, Chunk)>);

impl Chains {
    pub(crate) fn new() -> Chains {
        Chains(Vec::new())
    }

    /// Adds a dead cell of a page.
    unsafe fn add(&mut self, page: &PageHead, h: *mut Header) {
        let key = (page.owner, page.class);
        let at = match self.0.iter().position(|c| (c.0, c.1) == key) {
            Some(at) => at,
            None => {
                self.0.push((key.0, key.1, (std::ptr::null_mut(), 0)));
                self.0.len() - 1
            }
        };
        let chunk = &mut self.0[at].2;
        // SAFETY: by the caller: a dead cell's link is ours.
        unsafe { *link(h) = chunk.0 };
        *chunk = (h, chunk.1 + 1);
        if chunk.1 == CHUNK {
            Self::give(key, std::mem::replace(chunk, (std::ptr::null_mut(), 0)));
        }
    }

    fn give((owner, class): (u16, u16), chunk: Chunk) {
        if let Some(l) = crate::local::of_slot(owner) {
            // SAFETY: only what has a lock of its own is touched.
            unsafe { &(*l).heap.returned }.0.lock()[class as usize].push(chunk);
        }
    }

    /// Gives the rest.
    pub(crate) fn push(self) {
        for (owner, class, chunk) in self.0 {
            if chunk.1 > 0 {
                Self::give((owner, class), chunk);
            }
        }
    }
}

pub(crate) fn push_remote(stack: &AtomicPtr<Header>, h: *mut Header) {
    let mut head = stack.load(Ordering::Relaxed);
    loop {
        // SAFETY: a dead cell's link is ours until it is pushed.
        unsafe { *link(h) = head };
        // Release: pairs with the owner's acquiring swap in `alloc_slow`.
        match stack.compare_exchange_weak(head, h, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => head = now,
        }
    }
}

unsafe fn free_large(p: *mut u8, size: usize) {
    // SAFETY: allocated in `alloc_large` with this size and alignment.
    unsafe { std::alloc::dealloc(p, std::alloc::Layout::from_size_align_unchecked(size, 16)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_tight_and_monotonic() {
        for size in 17..=MAX_SMALL {
            let c = class_of(size);
            assert!(c < CLASSES && class_size(c) >= size, "{size}");
            assert!(c == 0 || class_size(c - 1) < size, "{size} in class {c}");
        }
    }
}
