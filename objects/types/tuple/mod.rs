//! `tuple`: representation. Items are inline and never change after birth.

pub mod methods;

use crate::ids;
use gc::{Gc, HEADER_SIZE, Payload, Ref, Value, Word};
use sync::prim::{AtomicU64, Ordering};

/// A tuple's payload; `len` words follow.
#[repr(C)]
pub struct Tuple {
    len: usize,
    items: [u64; 0],
}

/// Where machine code finds the parts of a tuple's payload.
pub mod layout {
    /// The length.
    pub const LEN: usize = std::mem::offset_of!(super::Tuple, len);
    /// The first item.
    pub const ITEMS: usize = size_of::<super::Tuple>();
}

// SAFETY: visits all items.
unsafe impl Payload for Tuple {
    const TYPE_ID: u32 = ids::TUPLE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.items().iter().for_each(|r| visit(r.word()));
    }
}

impl Drop for Tuple {
    fn drop(&mut self) {
        for r in self.items() {
            // SAFETY: the tuple owns its items and dies.
            drop(unsafe { Value::from_word(r.word()) });
        }
    }
}

static EMPTY: AtomicU64 = AtomicU64::new(0);

impl Tuple {
    /// Bytes of the payload of a tuple of `n` items.
    pub fn payload_size(n: usize) -> Option<usize> {
        n.checked_mul(8)?.checked_add(size_of::<Tuple>()).filter(|s| *s < isize::MAX as usize / 2)
    }

    /// A tuple of type `type_id` (tuple or a subtype with `extra` bytes after the items) from `n` values. `None` when out of memory.
    ///
    /// # Safety
    /// `type_id` is a tuple type whose instances have `extra` bytes after the items, which the caller initialises before anyone looks.
    pub unsafe fn try_new_sized(type_id: u32, n: usize, extra: usize, mut items: impl FnMut(usize) -> Value) -> Option<Gc<Tuple>> {
        let size = Self::payload_size(n)? + extra;
        // SAFETY: all items and the length are written.
        unsafe {
            let v = gc::alloc_sized(type_id, size, |p| {
                p.cast::<usize>().write(n);
                let at = p.add(size_of::<Tuple>()).cast::<u64>();
                for i in 0..n {
                    at.add(i).write(items(i).into_word().0);
                }
                std::ptr::write_bytes(p.add(size_of::<Tuple>() + n * 8), 0, extra);
            })?;
            Some(Gc::from_value(v))
        }
    }

    fn build(n: usize, items: impl FnMut(usize) -> Value) -> Gc<Tuple> {
        if n == 0 {
            return Self::empty();
        }
        // SAFETY: a plain tuple without extra bytes.
        match unsafe { Self::try_new_sized(ids::TUPLE, n, 0, items) } {
            Some(t) => t,
            None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<usize>()),
        }
    }

    /// From owned values.
    pub fn from_values(items: Vec<Value>) -> Gc<Tuple> {
        let n = items.len();
        let mut items = items.into_iter();
        Self::build(n, |_| items.next().unwrap_or(Value::NONE))
    }

    /// From borrowed values.
    pub fn from_refs(items: &[Ref<'_>]) -> Gc<Tuple> {
        Self::build(items.len(), |i| items[i].to_value())
    }

    /// The empty tuple, of which there is one.
    pub fn empty() -> Gc<Tuple> {
        let w = EMPTY.load(Ordering::Acquire);
        if w != 0 {
            // SAFETY: an immortal tuple.
            return unsafe { Gc::from_value(Value::from_word(Word(w))) };
        }
        // SAFETY: a tuple without items.
        let made = unsafe { Self::try_new_sized(ids::TUPLE, 0, 0, |_| Value::NONE) };
        match made {
            Some(t) => {
                t.header().make_immortal();
                EMPTY.store(t.value().word().0, Ordering::Release);
                t
            }
            None => std::alloc::handle_alloc_error(std::alloc::Layout::new::<usize>()),
        }
    }

    /// Number of items.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
    /// The items.
    #[inline(always)]
    pub fn items(&self) -> &[Ref<'_>] {
        // SAFETY: `len` words follow the payload's fixed part, and Ref is a word.
        unsafe { std::slice::from_raw_parts((self as *const Tuple as *const u8).add(size_of::<Tuple>()).cast(), self.len) }
    }
    /// One item.
    #[inline(always)]
    pub fn get(&self, i: usize) -> Ref<'_> {
        self.items()[i]
    }
    /// Address of what follows the items (a subtype's tail).
    pub fn after_items(&self) -> *mut u8 {
        self.header().payload().wrapping_add(size_of::<Tuple>() + self.len * 8)
    }
}

const _: () = assert!(size_of::<Tuple>() == 8 && HEADER_SIZE == 16);
