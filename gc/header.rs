//! The 16 bytes every cell starts with.
//!
//! ```text
//!  0  local   u32   owner's count; relaxed loads and stores by the owner (or whoever has claimed its slot) only
//!  4  owner   u16   slot of the owning thread, 0 = nobody (merged, immortal, free)
//!  6  flags   u8    atomic read-modify-write
//!  7  lock    u8    the object lock (see sync::lock)
//!  8  shared  u32   count << 2 | state (see refcount)
//! 12  type    u32   type id, published last at birth; 0 = free cell
//! ```

use sync::prim::{AtomicU8, AtomicU16, AtomicU32, Ordering};

/// A cell's header.
#[repr(C, align(16))]
pub struct Header {
    pub(crate) local: AtomicU32,
    pub(crate) owner: AtomicU16,
    pub(crate) flags: AtomicU8,
    pub(crate) lock: AtomicU8,
    pub(crate) shared: AtomicU32,
    pub(crate) type_id: AtomicU32,
}

/// Bytes of the header.
pub const HEADER_SIZE: usize = 16;
const _: () = assert!(size_of::<Header>() == HEADER_SIZE);

/// Bits of `flags`.
pub mod flag {
    /// Never counted, never freed.
    pub const IMMORTAL: u8 = 1;
    /// Registers need not count it; freed only in a stop.
    pub const DEFERRED: u8 = 2;
    /// At least one weak reference was made.
    pub const HAS_WEAKREF: u8 = 4;
    /// Its death must run a finaliser first.
    pub const HAS_FINALIZER: u8 = 8;
    /// The finaliser has run.
    pub const FINALIZED: u8 = 16;
    /// Allocated outside the size classes.
    pub const LARGE: u8 = 32;
    /// On the pending list of dead deferred cells.
    pub const PENDING: u8 = 64;
    /// Its promotion to a deferred cell has been asked for.
    pub const PROMOTING: u8 = 128;
}

impl Header {
    /// Type id.
    #[inline(always)]
    pub fn type_id(&self) -> u32 {
        self.type_id.load(Ordering::Relaxed)
    }
    /// Type id, acquiring what was written before the cell was published.
    #[inline(always)]
    pub fn type_id_acquire(&self) -> u32 {
        self.type_id.load(Ordering::Acquire)
    }
    /// Whether the counts are not both zero, acquiring what was done before they were written at birth.
    #[inline]
    pub(crate) fn is_counted_acquire(&self) -> bool {
        let local = self.local.load(Ordering::Acquire);
        (self.shared.load(Ordering::Acquire) as i32 >> 2).wrapping_add(local as i32) != 0
    }
    /// Counts, owner, flags and type as they are now, without the lock: equal for a cell that nobody has counted or changed.
    #[inline(always)]
    pub(crate) fn image(&self) -> [u64; 2] {
        let (local, owner) = (self.local.load(Ordering::Relaxed), self.owner.load(Ordering::Relaxed));
        let (flags, shared) = (self.flags.load(Ordering::Relaxed), self.shared.load(Ordering::Relaxed));
        let type_id = self.type_id.load(Ordering::Relaxed);
        [u64::from(local) | u64::from(owner) << 32 | u64::from(flags) << 48, u64::from(shared) | u64::from(type_id) << 32]
    }
    /// Makes both counts zero: the cell is destroyed.
    pub(crate) fn empty(&self) {
        self.local.store(0, Ordering::Relaxed);
        self.shared.store(crate::refcount::MERGED, Ordering::Relaxed);
    }
    /// Changes the type (`__class__` assignment), at a point where its caller has made that safe.
    pub fn set_type_id(&self, id: u32) {
        self.type_id.store(id, Ordering::Release);
    }
    /// Flag bits.
    #[inline(always)]
    pub fn flags(&self) -> u8 {
        self.flags.load(Ordering::Relaxed)
    }
    /// Sets flag bits, returning the old ones.
    pub fn set_flags(&self, bits: u8) -> u8 {
        self.flags.fetch_or(bits, Ordering::AcqRel)
    }
    /// Clears flag bits, returning the old ones.
    pub fn clear_flags(&self, bits: u8) -> u8 {
        self.flags.fetch_and(!bits, Ordering::AcqRel)
    }
    /// The owning slot, 0 for nobody.
    #[inline(always)]
    pub fn owner(&self) -> u16 {
        self.owner.load(Ordering::Relaxed)
    }
    /// The owning slot, acquiring what a merge wrote before it cleared it.
    #[inline]
    pub(crate) fn owner_acquire(&self) -> u16 {
        self.owner.load(Ordering::Acquire)
    }
    /// Flag bits, acquiring: for readers that act on DEFERRED and then look at the slot again.
    #[inline]
    pub fn flags_acquire(&self) -> u8 {
        self.flags.load(Ordering::Acquire)
    }
    /// The object lock's byte.
    #[inline(always)]
    pub fn lock_byte(&self) -> &AtomicU8 {
        &self.lock
    }
    /// The payload's address.
    #[inline(always)]
    pub fn payload(&self) -> *mut u8 {
        (self as *const Header as *mut u8).wrapping_add(HEADER_SIZE)
    }
}
