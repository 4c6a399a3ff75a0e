//! The value word, cells, counting and the page heap. Names no Python type: how to traverse and destroy a cell comes in through [`kind`].
//!
//! Map: [`word`] the NaN box · [`header`] a cell's first 16 bytes · [`refcount`] the counting protocol and its states · [`merge`] queues to
//! owners · [`promote`] hot shared cells · [`deferred`] cells that registers do not count · [`handle`] owned and borrowed words · [`heap`] pages · [`local`] what a
//! thread slot has · [`search`], [`snapshot`], [`cycles`] garbage in cycles: found, confirmed, destroyed · [`pace`] when · [`tables`], [`aside`] what searches need · [`kind`] the way out · [`stress`] rare events
//! made frequent. Making cells is here: [`alloc`], [`alloc_sized`].

pub mod aside;
pub mod cycles;
pub mod deferred;
pub mod handle;
pub mod header;
pub mod heap;
pub mod kind;
pub mod local;
pub mod merge;
pub mod pace;
pub mod promote;
pub mod refcount;
pub mod search;
pub mod snapshot;
pub mod stats;
pub mod stress;
pub mod tables;
pub mod word;

pub use handle::{Field, Gc, Payload, Ref, Reg, SendValue, Value};
pub use header::{HEADER_SIZE, Header, flag};
pub use kind::{Kind, TYPES, VERSIONS, Walk};
pub use word::Word;

use sync::prim::Ordering;

/// Memory for a cell with `size` payload bytes, whose header is filled in but for the type. Null when out of memory. [`publish`] makes it a cell.
///
/// # Safety
/// The calling thread is attached; nothing else is allocated or dropped before the cell is published.
#[inline(always)]
pub unsafe fn reserve(size: usize) -> *mut Header {
    // SAFETY: the thread is attached; the borrow ends here.
    let l = unsafe { local::current() };
    let h = l.heap.alloc(HEADER_SIZE + size);
    if !h.is_null() {
        let owner = l.id;
        // SAFETY: the memory is ours and large enough.
        let header = unsafe { &*h };
        // Release, here and for the other count: a walker that finds the cell counted does not take it for what was there before.
        header.local.store(1, Ordering::Release);
        header.owner.store(owner, Ordering::Relaxed);
        let large = header.flags() & flag::LARGE;
        header.flags.store(large, Ordering::Relaxed);
        header.shared.store(refcount::PRIVATE, Ordering::Release);
    }
    h
}

/// Gives reserved memory its type: from here on it is a cell, of which the result is the one reference.
///
/// # Safety
/// `h` is from [`reserve`], and its payload is valid for the type.
#[inline(always)]
pub unsafe fn publish(h: *mut Header, type_id: u32) -> Value {
    // SAFETY: by contract.
    unsafe {
        // Release: whoever sees the type sees the payload.
        (*h).type_id.store(type_id, Ordering::Release);
        Value::from_raw(h)
    }
}

/// Makes a cell of type `type_id` with `size` payload bytes; `init` must write the whole payload. `None` when out of memory.
///
/// # Safety
/// `init` leaves a valid payload for the type; it neither panics nor makes a reference to the cell known to others.
#[inline(always)]
pub unsafe fn alloc_sized(type_id: u32, size: usize, init: impl FnOnce(*mut u8)) -> Option<Value> {
    // SAFETY: by contract.
    unsafe {
        let h = reserve(size);
        if h.is_null() {
            return None;
        }
        init((*h).payload());
        Some(publish(h, type_id))
    }
}

/// Makes a cell that is exactly a `T`.
#[inline(always)]
pub fn alloc<T: Payload>(payload: T) -> Gc<T> {
    // Not dropped on the way: so it stays in machine registers until there is a cell to write it to. (A copy of what has just been written by
    // narrower stores waits for them.)
    let payload = std::mem::ManuallyDrop::new(payload);
    // SAFETY: the payload is moved into the cell.
    unsafe {
        let h = reserve(size_of::<T>());
        if h.is_null() {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<T>());
        }
        (*h).payload().cast::<T>().write(std::mem::ManuallyDrop::into_inner(payload));
        Gc::from_value(publish(h, T::TYPE_ID))
    }
}

/// The destroy function of a payload type.
///
/// # Safety
/// For [`Kind`] tables only: the cell is dead and has this payload.
pub unsafe fn destroy_payload<T: Payload>(h: *mut Header) {
    // SAFETY: by contract.
    unsafe { std::ptr::drop_in_place((*h).payload().cast::<T>()) }
}

/// The traverse function of a payload type.
///
/// # Safety
/// For [`Kind`] tables only: the cell has this payload.
pub unsafe fn traverse_payload<T: Payload>(h: *const Header, visit: &mut dyn FnMut(Word)) {
    // SAFETY: by contract.
    unsafe { (*(*h).payload().cast::<T>()).traverse(visit) }
}

#[cfg(test)]
mod tests;
