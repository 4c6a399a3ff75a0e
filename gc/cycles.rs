//! What is done with cells that nothing can reach any more, and with all cells in a stop.
//!
//! Garbage has been confirmed by `snapshot.rs`. [`hold`] takes a reference to each cell for the collector and hides it; the runtime runs weak-reference
//! callbacks and finalisers, and lets the rest be confirmed again; [`free`] destroys it. A destroyed cell's references to other members of the set only lower
//! counts that the collector's own references keep above zero, so no member is freed twice, and the memory goes back after all payloads are gone.
//!
//! All of this happens while everybody runs: nobody else can get at the cells. A walker passes over hidden cells.

use crate::header::{Header, flag};
use crate::heap;
use crate::kind::kind_of;
use crate::local;
use crate::search::Turn;
use crate::snapshot::{self, Confirmed};
use crate::word::Word;
use sync::prim::Ordering;
use sync::safepoint::WorldStopped;

/// Calls `f` with every cell that `h` holds a counted reference to.
///
/// # Safety
/// `h` is a live cell, and the world is stopped.
pub unsafe fn references(h: *const Header, f: &mut dyn FnMut(*const Header)) {
    // SAFETY: by contract.
    unsafe {
        words(h, &mut |w| {
            if w.is_pointer() && w.is_counted() {
                f(w.header())
            }
        })
    }
}

/// Calls `f` with every word that `h` holds.
///
/// # Safety
/// As for [`references`].
pub unsafe fn words(h: *const Header, f: &mut dyn FnMut(Word)) {
    // SAFETY: by contract.
    unsafe {
        let kind = kind_of(&*h);
        if !kind.is_null() {
            ((*kind).traverse)(h, f);
        }
    }
}

/// Takes a reference to each cell of a set that has just been confirmed, and hides them all. They belong to no thread any more.
///
/// # Safety
/// The set has been confirmed, and the turn in which it was is still held: nobody has got at its cells since.
pub unsafe fn hold(_turn: &Turn, set: &[Confirmed]) {
    for c in set {
        // SAFETY: alive by contract, and nobody else counts it: its owner cannot reach it either.
        unsafe {
            (*c.cell).merge(1);
            snapshot::hide(&*c.cell);
        }
    }
}

/// Shows the cells of a held set again, so that finalisers find things as they were.
pub fn show(set: &[Confirmed]) {
    for c in set {
        // SAFETY: held.
        let h = unsafe { &*c.cell };
        if c.flags & flag::DEFERRED != 0 {
            h.set_flags(flag::DEFERRED);
        }
        h.clear_flags(flag::PENDING);
    }
}

/// Hides the cells of a set that has been confirmed again.
pub fn hide(set: &[Confirmed]) {
    for c in set {
        // SAFETY: held.
        snapshot::hide(unsafe { &*c.cell });
    }
}

/// Destroys the payloads of a set that nothing outside refers to, in this order, and gives the memory back. `each` runs after every step.
///
/// # Safety
/// The set has just been confirmed, is held and hidden; its weak references are cleared; a cell's type comes after the cell.
pub unsafe fn free(set: &[Confirmed], mut each: impl FnMut()) {
    for c in set {
        // SAFETY: by contract.
        unsafe {
            let kind = kind_of(&*c.cell);
            if !kind.is_null() {
                ((*kind).destroy)(c.cell as *mut Header);
            }
        }
        each();
    }
    let mut chains = heap::Chains::new();
    for c in set {
        // SAFETY: destroyed above, and known to nobody; the borrow ends here.
        unsafe {
            let h = &*c.cell;
            if h.flags() & flag::LARGE == 0 {
                // New cells will be born here.
                (*heap::page_of(h)).age.store(0, Ordering::Relaxed);
            }
            // Both counts zero before the marks go: a walker takes it for dead all the while.
            h.empty();
            h.clear_flags(!flag::LARGE);
            local::current().heap.free_chained(c.cell as *mut Header, &mut chains);
        }
        each();
    }
    chains.push();
}

/// Calls `f` with every live cell. The world is stopped. `_turn`: nothing that is confirmed garbage is still to be hidden.
pub fn for_each_cell(_world: &WorldStopped, _turn: &Turn, mut f: impl FnMut(&Header, u8)) {
    let lives = |h: &Header| {
        let flags = h.flags();
        let kept = flags & (flag::DEFERRED | flag::IMMORTAL) != 0;
        h.type_id() != 0 && (kept || h.count() != 0 && flags & flag::PENDING == 0)
    };
    for l in (1..=sync::threads::highest_id()).filter_map(local::of_slot) {
        // SAFETY: the world is stopped; pages are never unmapped.
        unsafe { &(*l).heap }.for_each_page(|page| {
            let age = page.age.load(Ordering::Relaxed);
            for i in 0..page.len() {
                // SAFETY: a cell of the page.
                let h = unsafe { &*page.cell(i) };
                if lives(h) {
                    f(h, age);
                }
            }
        });
    }
    let young = heap::large_cells_younger(heap::OLD);
    for at in heap::large_cells() {
        // SAFETY: registered large cells are alive in a stop.
        let h = unsafe { &*(at as *const Header) };
        if lives(h) {
            f(h, if young.binary_search(&at).is_ok() { 0 } else { heap::OLD });
        }
    }
}

/// Takes a reference to a cell that [`for_each_cell`] shows; `None` when it is dead or hidden. The world is stopped.
pub fn take(h: &Header, _world: &WorldStopped) -> Option<crate::handle::Value> {
    if h.count() <= 0 && h.flags() & (flag::DEFERRED | flag::IMMORTAL) == 0 || h.flags() & flag::PENDING != 0 {
        return None;
    }
    h.incref();
    // SAFETY: the reference was just taken.
    Some(unsafe { crate::handle::Value::from_raw(h) })
}
