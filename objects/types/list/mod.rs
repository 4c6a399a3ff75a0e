//! `list`: representation. Reads take no lock; every store takes the list's lock.
//!
//! The buffer holds its capacity and is replaced, never resized in place; old buffers are freed through QSBR. A reader loads the buffer, then the
//! length, then the slot, and checks the buffer again after it has taken a reference from a cell it does not own. Slots at and above
//! the length hold no value: a popped slot is set to unbound *after* the length went down, so a reader that saw the old length either gets the
//! item (still alive: it re-reads) or finds unbound, which it takes for "index out of range". Inserting and removing single items moves the words
//! behind them one by one: a reader may see an item at its old or its new index, never half a word, and re-reads the slot after taking its reference.

pub mod item;
pub mod methods;
pub mod sort;

#[cfg(test)]
mod tests;

use crate::cx::{Cx, lock_header};
use crate::ids;
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use std::alloc::Layout;
use sync::prim::{AtomicPtr, AtomicUsize, Ordering};

#[repr(C)]
struct Buffer {
    capacity: usize,
}

/// A list's payload.
#[repr(C)]
pub struct List {
    len: AtomicUsize,
    buffer: AtomicPtr<Buffer>,
}

/// Where machine code finds the parts of a list's payload and buffer.
pub mod layout {
    use super::{Buffer, List};
    use std::mem::offset_of;
    /// The length.
    pub const LEN: usize = offset_of!(List, len);
    /// The buffer's address.
    pub const BUFFER: usize = offset_of!(List, buffer);
    /// Slots of the buffer, in the buffer.
    pub const CAPACITY: usize = offset_of!(Buffer, capacity);
    /// The first slot, in the buffer.
    pub const SLOTS: usize = size_of::<Buffer>();
}

// SAFETY: visits all items. (Racy with writers: the collector looks again when it confirms.)
unsafe impl Payload for List {
    const TYPE_ID: u32 = ids::LIST;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        let b = self.buffer.load(Ordering::Acquire);
        if b.is_null() {
            return;
        }
        // SAFETY: a published buffer is valid until the next quiescent state.
        let n = self.len().min(unsafe { (*b).capacity });
        for i in 0..n {
            // SAFETY: below the capacity.
            visit(unsafe { (*slot(b, i)).peek() });
        }
    }
}

unsafe fn slot(b: *mut Buffer, i: usize) -> *mut Field {
    // SAFETY: by the caller, `i` is below the capacity.
    unsafe { b.cast::<u8>().add(size_of::<Buffer>()).cast::<Field>().add(i) }
}

fn layout(capacity: usize) -> Option<Layout> {
    Layout::from_size_align(capacity.checked_mul(8)?.checked_add(size_of::<Buffer>())?, 16).ok()
}

/// A buffer of unbound slots.
fn new_buffer(capacity: usize) -> Option<*mut Buffer> {
    let l = layout(capacity)?;
    // SAFETY: the layout is not empty.
    let b = unsafe { std::alloc::alloc(l) }.cast::<Buffer>();
    if b.is_null() {
        return None;
    }
    // SAFETY: fresh memory of that size.
    unsafe {
        (*b).capacity = capacity;
        for i in 0..capacity {
            slot(b, i).write(Field::empty());
        }
    }
    Some(b)
}

unsafe fn free_buffer(p: *mut u8, size: usize) {
    // SAFETY: allocated with this size.
    unsafe { std::alloc::dealloc(p, Layout::from_size_align_unchecked(size, 16)) }
}

unsafe fn retire(b: *mut Buffer) {
    if b.is_null() {
        return;
    }
    // SAFETY: the buffer has been replaced; readers are done at the next quiescent state. Its items have moved.
    unsafe {
        let size = size_of::<Buffer>() + (*b).capacity * 8;
        if crate::cx::MULTI.load(Ordering::Relaxed) || gc::aside::is_searching() {
            sync::qsbr::retire(b.cast(), size, free_buffer);
        } else {
            free_buffer(b.cast(), size);
        }
    }
}

impl Drop for List {
    fn drop(&mut self) {
        let b = *self.buffer.get_mut();
        if b.is_null() {
            return;
        }
        let n = *self.len.get_mut();
        // SAFETY: nobody else can reach the list any more. (Racing readers of the buffer's memory are waited for by `retire`.)
        unsafe {
            for i in 0..n {
                drop((*slot(b, i)).take());
            }
            retire(b);
        }
    }
}

/// Out of memory.
#[derive(Debug)]
pub struct NoMemory;

impl List {
    /// An empty list payload.
    pub const fn empty_payload() -> List {
        List { len: AtomicUsize::new(0), buffer: AtomicPtr::new(std::ptr::null_mut()) }
    }
    /// An empty list.
    pub fn new() -> Gc<List> {
        gc::alloc(List::empty_payload())
    }
    /// From owned values; aborts when out of memory, so for what has been in memory already.
    pub fn from_values(items: Vec<Value>) -> Gc<List> {
        let n = items.len();
        let mut items = items.into_iter();
        match List::try_build(n, |_| items.next().unwrap_or(Value::NONE)) {
            Ok(l) => l,
            Err(NoMemory) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<usize>()),
        }
    }
    /// From `n` values that `item` gives in order.
    pub fn try_build(n: usize, mut item: impl FnMut(usize) -> Value) -> Result<Gc<List>, NoMemory> {
        let list = List::new();
        if n > 0 {
            let b = new_buffer(n).ok_or(NoMemory)?;
            for i in 0..n {
                // SAFETY: the buffer is new and has room; the slot holds unbound, which needs no drop.
                unsafe { std::mem::forget((*slot(b, i)).swap(item(i))) };
            }
            list.len.store(n, Ordering::Relaxed);
            list.buffer.store(b, Ordering::Release);
        }
        Ok(list)
    }
    /// From borrowed values.
    pub fn from_refs(items: &[Ref<'_>]) -> Gc<List> {
        List::from_values(items.iter().map(|r| r.to_value()).collect())
    }
    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire)
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Gives the first `n` items to `f`, if there are exactly so many all the while; otherwise `false`, and what `f` got is not to be used.
    #[inline]
    pub fn exactly(&self, n: usize, mut f: impl FnMut(usize, Reg)) -> bool {
        let b = self.buffer.load(Ordering::Acquire);
        if n == 0 || b.is_null() || self.len.load(Ordering::Acquire) != n {
            return false;
        }
        let same = || self.buffer.load(Ordering::Acquire) == b;
        for i in 0..n {
            // SAFETY: a published buffer lives until this thread's next quiescent state, and has room for its length.
            let found = unsafe { if i < (*b).capacity { (*slot(b, i)).load_if(self.header(), same) } else { None } };
            match found {
                Some(r) if r.as_ref().word() != Word::UNBOUND => f(i, r),
                _ => return false,
            }
        }
        self.len.load(Ordering::Acquire) == n && same()
    }
    /// The item at `i` if it can be had at once: it is no cell, or the calling thread's own, or deferred. `None` says nothing.
    #[inline(always)]
    pub fn quick(&self, i: usize) -> Option<Reg> {
        // Length before buffer, as in `get`.
        if i >= self.len.load(Ordering::Acquire) {
            return None;
        }
        let b = self.buffer.load(Ordering::Acquire);
        // SAFETY: a published buffer lives until this thread's next quiescent state, and one with an item is not null.
        unsafe {
            if b.is_null() || i >= (*b).capacity {
                return None;
            }
            (*slot(b, i)).load_quick(|| self.buffer.load(Ordering::Acquire) == b)
        }
    }
    /// The item at `i`, without a lock; `None` when out of range.
    #[inline(always)]
    pub fn get(&self, i: usize) -> Option<Reg> {
        loop {
            // Length before buffer: a buffer always has room for every length published before it.
            let n = self.len.load(Ordering::Acquire);
            let b = self.buffer.load(Ordering::Acquire);
            if i >= n || b.is_null() {
                return None;
            }
            // SAFETY: a published buffer lives until this thread's next quiescent state.
            unsafe {
                if i >= (*b).capacity {
                    continue;
                }
                match (*slot(b, i)).load_if(self.header(), || self.buffer.load(Ordering::Acquire) == b) {
                    Some(r) if r.as_ref().word() == Word::UNBOUND => {
                        if self.len.load(Ordering::Acquire) > i
                            && self.buffer.load(Ordering::Acquire) == b
                            && !crate::cx::MULTI.load(Ordering::Relaxed)
                        {
                            return None;
                        }
                        if self.len.load(Ordering::Acquire) <= i {
                            return None;
                        }
                        std::hint::spin_loop();
                    }
                    Some(r) => return Some(r),
                    None => {}
                }
            }
        }
    }
    /// A copy of all items at one moment.
    pub fn snapshot(&self, cx: &mut Cx) -> Vec<Value> {
        let _l = cx.lock(self.header());
        self.items_locked()
    }
    /// A copy of all items, by someone who holds the lock.
    pub fn items_locked(&self) -> Vec<Value> {
        let mut out = Vec::new();
        self.copy_to(&mut out);
        out
    }
    /// Appends all items to `out`, by someone who holds the lock.
    pub fn copy_to(&self, out: &mut Vec<Value>) {
        let b = self.buffer.load(Ordering::Acquire);
        let n = self.len();
        out.reserve_exact(n);
        for i in 0..n {
            // SAFETY: locked: the buffer and the length belong together.
            out.push(unsafe { (*slot(b, i)).load_locked() });
        }
    }

    /// The slots of all items, for someone who holds the lock.
    pub fn slots_locked(&self) -> &[Field] {
        let n = self.len.load(Ordering::Relaxed);
        if n == 0 {
            return &[];
        }
        // SAFETY: locked: the buffer has at least `n` slots and stays.
        unsafe { std::slice::from_raw_parts(slot(self.buffer.load(Ordering::Relaxed), 0), n) }
    }

    /// Copies of `count` items from `start` on in steps of `step`, by someone who holds the lock. The indices are in range.
    pub fn some_items_locked(&self, start: i64, step: i64, count: usize) -> Result<Vec<Value>, NoMemory> {
        let b = self.buffer.load(Ordering::Acquire);
        let mut out = Vec::new();
        out.try_reserve_exact(count).map_err(|_| NoMemory)?;
        for k in 0..count {
            let i = (start + k as i64 * step) as usize;
            debug_assert!(i < self.len());
            // SAFETY: locked; the index is below the length.
            out.push(unsafe { (*slot(b, i)).load_locked() });
        }
        Ok(out)
    }

    /// A new list of the `count` items from `start` on, by someone who holds the lock. The range is within the length.
    pub fn copy_locked(&self, start: usize, count: usize) -> Result<Gc<List>, NoMemory> {
        let b = self.buffer.load(Ordering::Acquire);
        // SAFETY: locked; below the length.
        List::try_build(count, |i| unsafe { (*slot(b, start + i)).load_locked() })
    }

    /// Room for `more` further items, by someone who holds the lock.
    fn reserve_locked(&self, more: usize) -> Result<*mut Buffer, NoMemory> {
        let b = self.buffer.load(Ordering::Relaxed);
        let n = self.len.load(Ordering::Relaxed);
        // SAFETY: locked.
        let capacity = if b.is_null() { 0 } else { unsafe { (*b).capacity } };
        let need = n.checked_add(more).ok_or(NoMemory)?;
        if need <= capacity {
            return Ok(b);
        }
        // CPython's growth: an eighth more, in fours.
        let grown = if more == 1 { (need + (need >> 3) + 6) & !3 } else { need };
        let new = new_buffer(grown).ok_or(NoMemory)?;
        // SAFETY: both buffers have room for `n` slots; the words move, they are not counted again. Readers of the old buffer still find them
        // there, and check the buffer pointer after taking a reference.
        unsafe {
            for i in 0..n {
                std::ptr::copy_nonoverlapping(slot(b, i), slot(new, i), 1);
            }
            self.buffer.store(new, Ordering::Release);
            retire(b);
        }
        Ok(new)
    }

    /// Appends.
    #[inline]
    pub fn try_append(&self, v: Value) -> Result<(), NoMemory> {
        let _l = lock_header(self.header());
        self.append_locked(v)
    }
    /// Appends, by someone who holds the lock.
    pub fn append_locked(&self, v: Value) -> Result<(), NoMemory> {
        let b = self.reserve_locked(1)?;
        let n = self.len.load(Ordering::Relaxed);
        // SAFETY: there is room; the slot holds unbound, which needs no drop.
        unsafe { std::mem::forget((*slot(b, n)).swap(v)) };
        self.len.store(n + 1, Ordering::Release);
        Ok(())
    }
    /// Appends; MemoryError when there is no room.
    #[inline]
    pub fn append(&self, cx: &mut Cx, v: Value) -> crate::error::PyResult<()> {
        self.try_append(v).map_err(|NoMemory| cx.memory_error())
    }
    /// Stores into a slot; gives the old value back, or `v` when out of range.
    #[inline]
    pub fn set(&self, i: usize, v: Value) -> Result<Value, Value> {
        let _l = lock_header(self.header());
        if i >= self.len.load(Ordering::Relaxed) {
            return Err(v);
        }
        // SAFETY: locked and below the length.
        Ok(unsafe { (*slot(self.buffer.load(Ordering::Relaxed), i)).swap(v) })
    }
    /// Removes and returns the last item.
    pub fn pop_last(&self) -> Option<Value> {
        let _l = lock_header(self.header());
        self.pop_last_locked()
    }
    /// Removes and returns the last item, by someone who holds the lock.
    pub fn pop_last_locked(&self) -> Option<Value> {
        let n = self.len.load(Ordering::Relaxed);
        if n == 0 {
            return None;
        }
        self.len.store(n - 1, Ordering::Release);
        // SAFETY: locked and below the old length.
        Some(unsafe { (*slot(self.buffer.load(Ordering::Relaxed), n - 1)).take() })
    }
    /// Replaces the items `from..to` (clamped by the caller) by `new`, as one step; gives the removed ones back. The lock is taken.
    pub fn splice(&self, from: usize, to: usize, new: Vec<Value>) -> Result<Vec<Value>, NoMemory> {
        let _l = lock_header(self.header());
        self.splice_locked(from, to, new)
    }
    /// As `splice`, by someone who holds the lock. Bounds are clamped to the length as it is now.
    pub fn splice_locked(&self, from: usize, to: usize, new: Vec<Value>) -> Result<Vec<Value>, NoMemory> {
        let n = self.len.load(Ordering::Relaxed);
        let from = from.min(n);
        let to = to.clamp(from, n);
        let b = self.buffer.load(Ordering::Relaxed);
        let total = n - (to - from) + new.len();
        // SAFETY: locked; indices are below the length or the new buffer's capacity.
        unsafe {
            if new.len() == to - from {
                return Ok(new.into_iter().enumerate().map(|(i, v)| (*slot(b, from + i)).swap(v)).collect());
            }
            if to == n && total <= n {
                // Only the end changes: in place, length first.
                let mut removed = Vec::with_capacity(to - from);
                self.len.store(total, Ordering::Release);
                for i in from..to {
                    removed.push((*slot(b, i)).take());
                }
                for (i, v) in new.into_iter().enumerate() {
                    drop((*slot(b, from + i)).swap(v));
                }
                return Ok(removed);
            }
            if from == n {
                let b = self.reserve_locked(new.len())?;
                for (i, v) in new.into_iter().enumerate() {
                    std::mem::forget((*slot(b, n + i)).swap(v));
                }
                self.len.store(total, Ordering::Release);
                return Ok(Vec::new());
            }
            // Anything else builds a new buffer, so that readers never see items move inside one.
            let fresh = new_buffer((total + (total >> 3) + 6) & !3).ok_or(NoMemory)?;
            let added = new.len();
            for i in 0..from {
                std::ptr::copy_nonoverlapping(slot(b, i), slot(fresh, i), 1);
            }
            for (i, v) in new.into_iter().enumerate() {
                std::mem::forget((*slot(fresh, from + i)).swap(v));
            }
            for i in to..n {
                std::ptr::copy_nonoverlapping(slot(b, i), slot(fresh, from + added + i - to), 1);
            }
            let removed = (from..to).map(|i| Value::from_word((*slot(b, i)).peek())).collect();
            if total < n {
                self.len.store(total, Ordering::Release);
            }
            self.buffer.store(fresh, Ordering::Release);
            if total > n {
                self.len.store(total, Ordering::Release);
            }
            retire(b);
            Ok(removed)
        }
    }
    /// Takes all items out.
    pub fn take_all(&self) -> Vec<Value> {
        let _l = lock_header(self.header());
        self.take_all_locked()
    }
    /// As `take_all`, by someone who holds the lock.
    pub fn take_all_locked(&self) -> Vec<Value> {
        let n = self.len.swap(0, Ordering::AcqRel);
        let b = self.buffer.swap(std::ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: locked; the words leave the buffer, whose memory goes through QSBR.
        let items = (0..n).map(|i| unsafe { Value::from_word((*slot(b, i)).peek()) }).collect();
        // SAFETY: replaced by null.
        unsafe { retire(b) };
        items
    }

    /// Inserts before index `i` (an `i` beyond the end means the end).
    pub fn insert(&self, i: i64, v: Value) -> Result<(), NoMemory> {
        let _l = lock_header(self.header());
        let n = self.len.load(Ordering::Relaxed);
        let i = if i < 0 { (n as i64).saturating_add(i).max(0) as usize } else { (i as usize).min(n) };
        let b = self.reserve_locked(1)?;
        // SAFETY: locked; there is room for one more, whose slot holds unbound. From the end on each word moves up by one, so that it stands in
        // one slot or the other (for a moment in both), and is counted once.
        unsafe {
            for at in (i..n).rev() {
                std::mem::forget((*slot(b, at + 1)).swap(Value::from_word((*slot(b, at)).peek())));
            }
            std::mem::forget((*slot(b, i)).swap(v));
        }
        self.len.store(n + 1, Ordering::Release);
        Ok(())
    }
    /// Removes and returns the item at `i`, counted from the end when negative; the length when out of range.
    pub fn remove_at(&self, i: i64) -> Result<Value, usize> {
        let _l = lock_header(self.header());
        let n = self.len.load(Ordering::Relaxed);
        let at = if i < 0 { i + n as i64 } else { i };
        let Some(at) = usize::try_from(at).ok().filter(|at| *at < n) else { return Err(n) };
        let b = self.buffer.load(Ordering::Relaxed);
        // SAFETY: locked; the words behind the item move down by one, as in `insert`. The last slot becomes unbound after the length went down.
        unsafe {
            let v = Value::from_word((*slot(b, at)).peek());
            for i in at..n - 1 {
                std::mem::forget((*slot(b, i)).swap(Value::from_word((*slot(b, i + 1)).peek())));
            }
            self.len.store(n - 1, Ordering::Release);
            std::mem::forget((*slot(b, n - 1)).take());
            Ok(v)
        }
    }
    /// Removes the first item that is `v`, if it still stands at index `i`; false when something else does.
    pub fn remove_if(&self, i: usize, v: &Value) -> Result<bool, NoMemory> {
        let removed = {
            let _l = lock_header(self.header());
            if i >= self.len.load(Ordering::Relaxed) {
                return Ok(false);
            }
            // SAFETY: locked and below the length.
            if unsafe { (*slot(self.buffer.load(Ordering::Relaxed), i)).peek() } != v.word() {
                return Ok(false);
            }
            self.splice_locked(i, i + 1, Vec::new())?
        };
        drop(removed);
        Ok(true)
    }
    /// Reverses in place.
    pub fn reverse(&self) {
        let _l = lock_header(self.header());
        let n = self.len.load(Ordering::Relaxed);
        let b = self.buffer.load(Ordering::Relaxed);
        for i in 0..n / 2 {
            // SAFETY: locked and below the length. Each word is in one slot or the other (for a moment in both) and owned once.
            unsafe {
                let (x, y) = (&*slot(b, i), &*slot(b, n - 1 - i));
                let right = y.swap(Value::from_word(x.peek()));
                std::mem::forget(x.swap(right));
            }
        }
    }
    /// Replaces the items of a slice, as one step: bounds are fitted to the length under the lock. `new` is `None` for a deletion. Gives back what
    /// was replaced.
    pub fn assign_slice(&self, slice: Unpacked, new: Option<Vec<Value>>) -> Result<Vec<Value>, AssignError> {
        let _l = lock_header(self.header());
        let n = self.len.load(Ordering::Relaxed);
        let ix = crate::types::slice::adjust(slice.0, slice.1, slice.2, n);
        if ix.step == 1 {
            let start = ix.start as usize;
            return Ok(self.splice_locked(start, (ix.stop.max(ix.start)) as usize, new.unwrap_or_default())?);
        }
        let at = |k: usize| (ix.start + k as i64 * ix.step) as usize;
        match new {
            Some(new) => {
                if new.len() != ix.count {
                    return Err(AssignError::Size { given: new.len(), wanted: ix.count });
                }
                let b = self.buffer.load(Ordering::Relaxed);
                // SAFETY: locked; the indices of a fitted slice are below the length.
                Ok(new.into_iter().enumerate().map(|(k, v)| unsafe { (*slot(b, at(k))).swap(v) }).collect())
            }
            None if ix.count == 0 => Ok(Vec::new()),
            None => {
                let mut gone = vec![false; n];
                for k in 0..ix.count {
                    gone[at(k)] = true;
                }
                let (removed, kept): (Vec<_>, Vec<_>) = self.take_all_locked().into_iter().enumerate().partition(|(i, _)| gone[*i]);
                self.put_all_locked(kept.into_iter().map(|(_, v)| v).collect())?;
                Ok(removed.into_iter().map(|(_, v)| v).collect())
            }
        }
    }
    /// The slice assignment `self[start:stop] = source` (bounds as Python gives them) where it changes no length, as one step: the old cells go to
    /// `removed`. False, and nothing done, when it is not that.
    pub fn assign_equal(&self, slice: Unpacked, source: &List, removed: &mut Vec<Value>) -> bool {
        if slice.2 != 1 || std::ptr::eq(self, source) {
            return false;
        }
        let _l = crate::cx::lock_two(self.header(), source.header());
        let ix = crate::types::slice::adjust(slice.0, slice.1, slice.2, self.len.load(Ordering::Relaxed));
        let n = source.len.load(Ordering::Relaxed);
        if n == 0 || ix.stop.max(ix.start) - ix.start != n as i64 {
            return false;
        }
        let (to, from) = (self.buffer.load(Ordering::Relaxed), source.buffer.load(Ordering::Relaxed));
        for i in 0..n {
            // SAFETY: both locked; below the lengths.
            let old = unsafe { (*slot(to, ix.start as usize + i)).swap((*slot(from, i)).load_locked()) };
            if old.word().is_pointer() {
                removed.push(old);
            }
        }
        true
    }
    /// Fills a list that is empty, by someone who holds the lock.
    pub fn put_all_locked(&self, items: Vec<Value>) -> Result<(), NoMemory> {
        self.splice_locked(0, 0, items).map(drop)
    }
    /// Replaces everything by `items`, as one step; gives the old items back and whether there was a buffer (also an empty one).
    pub fn replace_all(&self, items: Vec<Value>) -> Result<(Vec<Value>, bool), NoMemory> {
        let _l = lock_header(self.header());
        let had = !self.buffer.load(Ordering::Relaxed).is_null();
        let old = self.take_all_locked();
        self.put_all_locked(items)?;
        Ok((old, had))
    }
    /// Repeats the items in place `n` times.
    pub fn repeat_in_place(&self, n: usize) -> Result<Vec<Value>, NoMemory> {
        let _l = lock_header(self.header());
        if n == 0 {
            return Ok(self.take_all_locked());
        }
        let items = self.items_locked();
        let more = items.len().checked_mul(n - 1).ok_or(NoMemory)?;
        let mut new = Vec::new();
        new.try_reserve_exact(more).map_err(|_| NoMemory)?;
        for _ in 1..n {
            new.extend(items.iter().cloned());
        }
        self.splice_locked(items.len(), items.len(), new)
    }
    /// Bytes of the cell and its buffer.
    pub fn memory(&self) -> usize {
        let b = self.buffer.load(Ordering::Acquire);
        // SAFETY: a published buffer lives until this thread's next quiescent state.
        let buffer = if b.is_null() { 0 } else { unsafe { size_of::<Buffer>() + (*b).capacity * 8 } };
        gc::HEADER_SIZE + size_of::<List>() + buffer
    }
}

/// Bounds of a slice as given, not yet fitted to a length: start, stop, step.
pub type Unpacked = (Option<i64>, Option<i64>, i64);

/// Why a slice could not be replaced.
#[derive(Debug)]
pub enum AssignError {
    /// An extended slice needs exactly as many items as it has.
    Size {
        /// Items given.
        given: usize,
        /// Items needed.
        wanted: usize,
    },
    /// Out of memory.
    NoMemory,
}

impl From<NoMemory> for AssignError {
    fn from(_: NoMemory) -> Self {
        AssignError::NoMemory
    }
}
