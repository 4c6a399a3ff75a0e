//! The side tables of a search: one number per cell, beside the pages that the search looks at. Nothing here looks at a cell.
//!
//! | number | meaning |
//! |---|---|
//! | below -2^29 | a leaf, or no cell: never garbage |
//! | [`REACHED`] | lives |
//! | other | while references are counted: what the header said, less the references that have been found |
//!
//! One search at a time owns the tables; numbers are read and written by its walker only.

use crate::heap::{self, PageHead};
use crate::local;
use crate::pace::Scope;
use std::collections::HashMap;
use sync::prim::Ordering;

/// Added for cells that cannot be garbage by themselves.
pub(crate) const LEAF: i32 = -(1 << 30);
/// The cell lives.
pub(crate) const REACHED: i32 = i32::MAX;

/// Whether a number means a leaf or no cell.
#[inline(always)]
pub(crate) fn is_leaf(n: i32) -> bool {
    n < -(1 << 29)
}

/// A page with its numbers.
struct Page {
    head: &'static PageHead,
    /// `len` numbers, owned.
    side: *mut i32,
    len: usize,
}

/// The tables of one search.
pub struct Tables {
    pages: Vec<Page>,
    large: HashMap<usize, i32>,
    /// The page that was looked at last: its address, its head, its numbers and how many.
    last: (usize, &'static PageHead, *mut i32, u32),
    /// The cell that was looked at last, and its number: containers often hold one thing many times.
    same: (usize, *mut i32),
}

impl Tables {
    /// Tables for what there is now. The caller is attached; threads may add pages and cells meanwhile, which are left out.
    pub(crate) fn build(scope: Scope) -> Tables {
        let mut t = Tables {
            pages: Vec::new(),
            large: HashMap::new(),
            last: (0, &heap::NO_PAGE, std::ptr::null_mut(), 0),
            same: (0, std::ptr::null_mut()),
        };
        for l in (1..=sync::threads::highest_id()).filter_map(local::of_slot) {
            // SAFETY: the list of pages may be read while its owner adds to it.
            let heap = unsafe { &(*l).heap };
            heap.for_each_page(|page| {
                if scope == Scope::Full || page.age.load(Ordering::Relaxed) < heap::OLD {
                    // SAFETY: pages are never unmapped.
                    let head = unsafe { &*(page as *const PageHead) };
                    let len = page.len();
                    let side = Box::into_raw(vec![0; len].into_boxed_slice()).cast::<i32>();
                    head.side_len.store(len as u32, Ordering::Relaxed);
                    head.side.store(side, Ordering::Relaxed);
                    t.pages.push(Page { head, side, len });
                }
            });
        }
        let large = heap::large_cells_younger(if scope == Scope::Full { heap::OLD + 1 } else { heap::OLD });
        t.large = large.into_iter().map(|h| (h, 0)).collect();
        t
    }

    /// The number of the cell at an address, if the search looks at it. The address may be anything.
    #[inline(always)]
    pub(crate) fn at(&mut self, at: usize) -> Option<&mut i32> {
        if at == self.same.0 {
            // SAFETY: the number of this cell, as below.
            return Some(unsafe { &mut *self.same.1 });
        }
        let of = at & !(heap::PAGE - 1);
        if self.last.0 != of {
            let Some(page) = heap::page_at(at) else {
                return if self.large.is_empty() { None } else { self.large.get_mut(&at) };
            };
            let side = page.side.load(Ordering::Relaxed);
            if side.is_null() {
                return None;
            }
            self.last = (of, page, side, page.side_len.load(Ordering::Relaxed));
        }
        let (_, page, side, len) = self.last;
        let i = page.index_of(at)?;
        if i >= len as usize {
            return None;
        }
        // SAFETY: `side` points to the numbers of this page, which this table owns, and `i` is one of them.
        self.same = (at, unsafe { side.add(i) });
        // SAFETY: as above.
        Some(unsafe { &mut *self.same.1 })
    }

    /// How many pages there are.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// A page and how many of its cells have a number.
    pub(crate) fn page(&self, k: usize) -> (&'static PageHead, usize) {
        let p = &self.pages[k];
        (p.head, p.len)
    }

    /// The number of cell `i` of page `k`.
    #[inline(always)]
    pub(crate) fn number(&mut self, k: usize, i: usize) -> &mut i32 {
        let p = &self.pages[k];
        assert!(i < p.len);
        // SAFETY: one of the page's numbers, which this table owns.
        unsafe { &mut *p.side.add(i) }
    }

    /// The addresses of the large cells.
    pub(crate) fn large(&self) -> Vec<usize> {
        self.large.keys().copied().collect()
    }

    /// The cells have survived a collection; those of full ones are old.
    pub(crate) fn grow_older(&self, scope: Scope) {
        for p in &self.pages {
            match scope {
                Scope::Full if p.head.is_growing() => {}
                Scope::Full => p.head.age.store(heap::OLD, Ordering::Relaxed),
                // Cells are still being born there.
                Scope::Young if p.head.is_growing() => {}
                Scope::Young => {
                    let age = p.head.age.load(Ordering::Relaxed);
                    p.head.age.store((age + 1).min(heap::OLD), Ordering::Relaxed);
                }
            }
        }
        heap::age_large(&self.large(), (scope == Scope::Full).then_some(heap::OLD));
    }
}

impl Drop for Tables {
    fn drop(&mut self) {
        for p in &self.pages {
            p.head.side.store(std::ptr::null_mut(), Ordering::Relaxed);
            // SAFETY: made from a box of so many numbers in `build`, and known to nobody any more.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(p.side, p.len)) });
        }
    }
}
