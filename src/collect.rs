//! Stops in which dead deferred cells are found and freed: which cells the registers of all threads hold, and what is pending.

use crate::vm::frame::Frame;
use gc::{Header, Word};
use objects::types::Type;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::function::DeltaCounted;
use objects::{Cx, ids};
use std::collections::HashSet;

/// Frees the pending deferred cells that no register holds.
pub fn reclaim_pending(cx: &mut Cx) {
    if gc::deferred::pending() == 0 {
        return;
    }
    let dead = {
        let world = sync::safepoint::stop_the_world();
        if sync::threads::anyone_reading(&world) {
            // Natives that wait for an object lock hold uncounted words that no scan sees: another time.
            sync::safepoint::request(cx.slot, sync::safepoint::GC);
            return;
        }
        let mut held = HashSet::new();
        crate::runtime::for_each_context(|other| registers(other, &mut held));
        let dead = gc::deferred::reclaim(&world, &held, delta_id);
        sync::qsbr::reclaim_stopped(&world);
        dead
    };
    for h in dead {
        // SAFETY: given back by `reclaim`, once.
        unsafe { gc::deferred::destroy(h) };
    }
    cx.drain();
}

/// Under which id references to a cell are counted in deltas, if they are.
fn delta_id(h: &Header) -> Option<u32> {
    let id = h.type_id();
    if id == ids::CODE || id == ids::DICT {
        // SAFETY: a live cell of that kind.
        let r = unsafe { gc::Ref::from_word(Word::from_header(h)) };
        // SAFETY: as above.
        let at = unsafe { if id == ids::CODE { r.cast::<Code>().delta_id() } else { r.cast::<Dict>().delta_id() } };
        return Some(at.load(sync::prim::Ordering::Relaxed)).filter(|d| *d != 0);
    }
    // SAFETY: a live cell.
    let is_type = id == ids::TYPE || objects::types::by_id(id).is_subtype_of_id(ids::TYPE);
    // SAFETY: types have this payload.
    if is_type { Some(unsafe { gc::Ref::from_word(Word::from_header(h)).cast::<Type>() }.id) } else { None }
}

/// Adds every cell that a thread's registers may hold. Dead registers above the live ones may still name cells: that only delays them.
fn registers(cx: &Cx, held: &mut HashSet<usize>) {
    // SAFETY: the world is stopped; the chain and the register range are the thread's.
    unsafe {
        let mut f = cx.frame.cast::<Frame>();
        let mut top = cx.stack[0];
        while !f.is_null() {
            if !(*f).code.is_null() {
                let n = (*(*f).code).registers as usize;
                for k in 0..n {
                    add(*(*f).regs.add(k), held);
                }
                held.insert((*f).code as usize - gc::HEADER_SIZE);
                if !(*f).function.is_null() {
                    held.insert((*f).function as usize - gc::HEADER_SIZE);
                }
            }
            top = top.max((*f).top);
            f = (*f).prev;
        }
        // Windows being built above the innermost frame.
        for k in 0..256 {
            add(*top.add(k), held);
        }
    }
}

fn add(w: Word, held: &mut HashSet<usize>) {
    if w.is_pointer() {
        held.insert(w.header() as usize);
    }
}
