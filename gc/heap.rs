//! Cell memory: pages of one size class each, owned by a thread slot, with type-stable headers.
//!
//! A segment is 4 MiB of address space cut into 64 KiB pages. A page belongs to one slot and one size class for ever, and is never unmapped,
//! so that a stale pointer always points at a header. The free list's link lies behind the header. Each slot has one list per class;
//! cells freed by other threads come back through the slot's remote stack, taken over whole when a list is empty.
//! Cells above [`MAX_SMALL`] come from the raw allocator and are freed through QSBR.

use crate::header::{HEADER_SIZE, Header, flag};
use crate::refcount::MERGED;
use sync::prim::{AtomicPtr, Ordering};

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
    pub bump: sync::prim::AtomicU32,
    next: *mut PageHead,
    /// A search's numbers, one per cell; null outside of stops.
    pub side: std::cell::Cell<*mut i32>,
}

/// What stands before a large cell.
#[repr(C, align(16))]
struct LargeHead {
    size: usize,
    owner: usize,
}

/// Addresses of all large cells.
static LARGE: sync::mutex::Mutex<std::collections::BTreeSet<usize>> = sync::mutex::Mutex::new(std::collections::BTreeSet::new());

/// Addresses of all large cells.
pub fn large_cells() -> Vec<usize> {
    LARGE.lock().iter().copied().collect()
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
        // SAFETY: an anonymous private mapping of no particular address.
        let p = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SEGMENT + PAGE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if p == libc::MAP_FAILED {
            return std::ptr::null_mut();
        }
        s.next = (p as usize + PAGE - 1) & !(PAGE - 1);
        s.end = s.next + SEGMENT;
    }
    let page = s.next;
    s.next += PAGE;
    crate::cycles::grown(PAGE);
    page as *mut PageHead
}

/// One slot's pages and free lists.
pub struct Heap {
    free: [*mut Header; CLASSES],
    bump: [*mut PageHead; CLASSES],
    pages: *mut PageHead,
    /// The slot, as the heads of its pages say it; 0, which no page says, while statistics are counted.
    owner: u16,
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
            pages: std::ptr::null_mut(),
            owner,
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
                (*page).bump.store(PAGE_HEADER as u32, Ordering::Relaxed);
                (*page).next = self.pages;
            }
            self.pages = page;
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
        crate::cycles::grown(size);
        // SAFETY: fresh memory of the right size and alignment.
        unsafe {
            p.cast::<LargeHead>().write(LargeHead { size: layout.size(), owner: self.slot as usize });
            let h = p.add(size_of::<LargeHead>()).cast::<Header>();
            h.cast::<u8>().write_bytes(0, HEADER_SIZE);
            (*h).shared.store(MERGED, Ordering::Relaxed);
            (*h).flags.store(flag::LARGE, Ordering::Relaxed);
            LARGE.lock().insert(h as usize);
            if let Some(c) = &mut self.counted {
                c.allocated(CLASSES, h);
            }
            h
        }
    }

    /// Frees a cell of a page that is not the heap's, or of any page while it counts.
    #[inline(never)]
    unsafe fn free_elsewhere(&mut self, page: &PageHead, h: *mut Header) {
        // SAFETY: the cell is dead, and the caller's to give back.
        unsafe {
            crate::stress::freed(h, page.cell_size as usize);
            if let Some(c) = &mut self.counted {
                c.freed(page.class as usize, &*h);
                if page.owner == self.slot {
                    (*h).type_id.store(0, Ordering::Relaxed);
                    *link(h) = c.lists[page.class as usize];
                    c.lists[page.class as usize] = h;
                    return;
                }
                c.remote += 1;
            }
            (*h).type_id.store(0, Ordering::Relaxed);
        }
        crate::local::free_remote(page.owner, h);
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
                LARGE.lock().remove(&(h as usize));
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

    /// Calls `f` with every page of this heap.
    pub fn for_each_page(&self, mut f: impl FnMut(&PageHead)) {
        let mut p = self.pages;
        while !p.is_null() {
            // SAFETY: pages are never unmapped and `next` is written before a page becomes reachable.
            let page = unsafe { &*p };
            f(page);
            p = page.next;
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
