//! Merge queues: a thread that drops a reference it cannot account for asks the owner to merge its count.
//!
//! Actors: the *dropper* moves the cell to state QUEUED, which transfers its reference to the queue, and puts it on the owner's queue;
//! the *owner* merges at its next safepoint; when the owner is detached or dead, the dropper claims its slot and merges on its behalf, so that
//! a thread that sleeps or has ended holds nothing up. Nobody else touches `local` of an owned cell, and a claim excludes the owner.

use crate::header::Header;
use crate::local;

/// Mark on a queued pointer: promote the cell instead of dropping a reference for somebody.
const PROMOTE: usize = 1;

/// Asks the owner to promote a cell; the caller's extra reference goes with the request.
#[cold]
pub(crate) fn enqueue_promotion(h: &Header, owner: u16) {
    let marked = (h as *const Header as usize | PROMOTE) as *const Header;
    match local::of_slot(owner).zip(sync::threads::slot(owner)) {
        Some((l, slot)) => {
            // SAFETY: the queue has a lock of its own.
            unsafe { (*l).queue.lock() }.push(marked);
            sync::safepoint::request(slot, sync::safepoint::MERGE);
        }
        // SAFETY: the reference is ours to give back.
        None => unsafe { h.decref() },
    }
}

/// Queues a cell whose state has just become QUEUED.
#[cold]
pub(crate) fn enqueue(h: &Header) {
    crate::stats::count(crate::stats::Event::Queued);
    let owner = h.owner_acquire();
    // The owner may have merged in between (its last reference went): then anyone may finish.
    let Some((l, slot)) = local::of_slot(owner).zip(sync::threads::slot(owner)) else { return finish(h) };
    // SAFETY: the queue has a lock of its own.
    unsafe { (*l).queue.lock() }.push(h);
    // Always ask: whoever is attached now, or attaches before it could be claimed, sees the bit.
    sync::safepoint::request(slot, sync::safepoint::MERGE);
    // A dead slot has nobody to see the bit, so look at the queue again after each claim.
    while !slot.is_attached() {
        let Some(claim) = sync::threads::claim(slot) else { return };
        let cells = take(owner);
        if cells.is_empty() {
            return;
        }
        let dead = cells.iter().filter_map(|h| merge_one(*h)).collect::<Vec<_>>();
        drop(claim);
        for h in dead {
            // SAFETY: merged to zero by `merge_one`.
            unsafe { local::dead(&*h) }
        }
    }
}

fn take(owner: u16) -> Vec<*const Header> {
    match local::of_slot(owner) {
        // SAFETY: the queue has a lock of its own.
        Some(l) => std::mem::take(&mut *unsafe { (*l).queue.lock() }),
        None => Vec::new(),
    }
}

/// Merges a queued cell and drops the queue's reference; gives it back when it is dead now.
fn merge_one(h: *const Header) -> Option<*const Header> {
    if h as usize & PROMOTE != 0 {
        let h = (h as usize & !PROMOTE) as *const Header;
        // SAFETY: the request's reference keeps the cell alive until it is given back here. (Not by `decref`: the caller of this may hold a claim.)
        let cell = unsafe { &*h };
        crate::promote::promote(cell);
        return if cell.merge(-1) == 0 { Some(h) } else { None };
    }
    // SAFETY: the queue's reference keeps the cell alive until here.
    if unsafe { (*h).merge(-1) } == 0 { Some(h) } else { None }
}

fn finish(h: &Header) {
    if h.drop_merged() {
        // SAFETY: the merged count is zero.
        unsafe { local::dead(h) }
    }
}

/// Merges what others have queued for the calling thread.
pub fn drain_current() {
    let id = sync::threads::current_id();
    if id == 0 {
        return;
    }
    for h in take(id) {
        if let Some(h) = merge_one(h) {
            // SAFETY: merged to zero.
            unsafe { local::dead(&*h) }
        }
    }
}

fn is_waiting(id: u16) -> bool {
    // SAFETY: the queue has a lock of its own.
    local::of_slot(id).is_some_and(|l| unsafe { !(*l).queue.lock().is_empty() })
}

/// Sees to it that what is queued now is merged before the caller's next handshake returns: by the caller for slots that are absent (a thread that ends may
/// leave something behind), by the others themselves. Before a collection that is to find all garbage.
pub fn settle() {
    drain_current();
    let mut asked = false;
    for slot in (1..=sync::threads::highest_id()).filter(|id| is_waiting(*id)).filter_map(sync::threads::slot) {
        sync::safepoint::request(slot, sync::safepoint::MERGE);
        let Some(claim) = sync::threads::claim(slot) else {
            asked = true;
            continue;
        };
        let dead = take(slot.id).iter().filter_map(|h| merge_one(*h)).collect::<Vec<_>>();
        drop(claim);
        for h in dead {
            // SAFETY: merged to zero by `merge_one`.
            unsafe { local::dead(&*h) }
        }
    }
    if asked {
        // They answer before they merge: the next handshake's answer comes after that.
        sync::safepoint::handshake(|_| {});
    }
}

/// Merges every queue, with the world stopped (so that counts are exact).
pub fn drain_all(_world: &sync::safepoint::WorldStopped) {
    for id in 1..=sync::threads::highest_id() {
        for h in take(id) {
            if let Some(h) = merge_one(h) {
                // SAFETY: merged to zero.
                unsafe { local::dead(&*h) }
            }
        }
    }
}
