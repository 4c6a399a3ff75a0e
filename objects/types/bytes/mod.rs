//! `bytes`: representation. Data inline; the hash is cached.

pub mod flavour;
pub mod methods;
pub mod shared;

use crate::ids;
use gc::{Gc, Payload, Word};
use sync::prim::{AtomicU64, Ordering};

/// A bytes payload; the data follows.
#[repr(C)]
pub struct Bytes {
    len: usize,
    hash: AtomicU64,
    data: [u64; 0],
}

// SAFETY: holds no words.
unsafe impl Payload for Bytes {
    const TYPE_ID: u32 = ids::BYTES;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

impl Bytes {
    /// Payload bytes before the data.
    pub const FIXED: usize = size_of::<Bytes>();

    /// A bytes of type `type_id` (bytes or a subtype with `extra` zeroed bytes after the data), whose data `fill` writes. `None` when out of memory.
    ///
    /// # Safety
    /// `fill` writes all `len` bytes.
    pub unsafe fn try_build(type_id: u32, len: usize, extra: usize, fill: impl FnOnce(*mut u8)) -> Option<Gc<Bytes>> {
        let room = if extra > 0 { len.next_multiple_of(8).checked_add(extra)? } else { len };
        let size = Self::FIXED.checked_add(room).filter(|s| *s < isize::MAX as usize / 2)?;
        // SAFETY: everything is written.
        unsafe {
            let v = gc::alloc_sized(type_id, size, |p| {
                p.cast::<Bytes>().write(Bytes { len, hash: AtomicU64::new(0), data: [] });
                fill(p.add(Self::FIXED));
                std::ptr::write_bytes(p.add(Self::FIXED + len), 0, room - len);
            })?;
            Some(Gc::from_value(v))
        }
    }
    /// From data. `None` when out of memory.
    pub fn try_new(data: &[u8]) -> Option<Gc<Bytes>> {
        // SAFETY: all bytes are written.
        unsafe { Self::try_build(ids::BYTES, data.len(), 0, |p| std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len())) }
    }
    /// From data; aborts when out of memory, so for short data.
    pub fn new(data: &[u8]) -> Gc<Bytes> {
        Self::try_new(data).unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<Bytes>()))
    }
    /// The data.
    #[inline]
    pub fn data(&self) -> &[u8] {
        // SAFETY: `len` bytes follow.
        unsafe { std::slice::from_raw_parts((self as *const Bytes as *const u8).add(Self::FIXED), self.len) }
    }
    /// The hash, computed once.
    pub fn hash(&self) -> u64 {
        match self.hash.load(Ordering::Relaxed) {
            0 => {
                let h = crate::protocol::hash::bytes(self.data());
                self.hash.store(h, Ordering::Relaxed);
                h
            }
            h => h,
        }
    }
    /// Address of what follows the data (a subtype's tail).
    pub fn after_data(&self) -> *mut u8 {
        self.header().payload().wrapping_add((Self::FIXED + self.len).next_multiple_of(8))
    }
}
