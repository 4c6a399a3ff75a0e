//! Inline caches: one atomic word beside the instruction.
//!
//! ```text
//!  bits  0..28  payload: what `kind` says
//!  bits 28..32  kind
//!  bits 32..64  version: of the type, or the keys version of a dict
//! ```
//!
//! The word describes itself and is stored whole, so racing fillers of one site cannot mix. A filler reads the version, looks up, and
//! fills only if the version is still the same; a writer sets the version to 0 before it changes anything. The pool form names a cell in
//! [`POOL`]: functions and descriptors stored into types are deferred, so one that was still in place when the version was read again cannot be
//! freed before this thread's next stop.

use gc::Word;
use sync::prim::{AtomicU32, AtomicU64, Ordering};

/// What the payload of a cache word means.
pub mod kind {
    /// Inline value: tail offset in words << 8 | value index.
    pub const INLINE: u64 = 1;
    /// Pool index of an unbound method.
    pub const METHOD: u64 = 2;
    /// Entry index in the globals.
    pub const GLOBAL: u64 = 3;
    /// Pool index of a pair: builtins' keys version and entry index.
    pub const BUILTIN: u64 = 4;
    /// `__slots__` member: offset in words from the header.
    pub const SLOT: u64 = 5;
    /// Attribute found on the type that is no descriptor: pool index.
    pub const CLASS_VALUE: u64 = 6;
    /// Attribute of a class (receiver is the class, whose own version is compared): pool index.
    pub const OF_CLASS: u64 = 7;
    /// Entry index in a module's namespace (version is its keys version).
    pub const MODULE: u64 = 8;
    /// Property whose getter is a function: pool index of the getter.
    pub const PROPERTY: u64 = 9;
    /// Method lookup that finds a classmethod: pool index of its function; the class is the receiver.
    pub const CLASS_METHOD: u64 = 10;
    /// Method lookup that finds a staticmethod: pool index of its function.
    pub const STATIC_METHOD: u64 = 11;
    /// Call of a class (whose own version is compared) that makes a plain instance: pool index of its `__init__`.
    pub const INIT: u64 = 12;
    /// Method lookup on a class (whose own version is compared) that finds a function or staticmethod: pool index of the function.
    pub const FUNCTION_OF_CLASS: u64 = 13;
    /// Method lookup on a class that finds a classmethod: pool index of its function; the class is the receiver.
    pub const METHOD_OF_CLASS: u64 = 14;
}

/// Builds a word.
#[inline(always)]
pub fn word(version: u32, kind: u64, payload: u32) -> u64 {
    u64::from(version) << 32 | kind << 28 | u64::from(payload & 0x0fff_ffff)
}
/// The version of a word.
#[inline(always)]
pub fn version(w: u64) -> u32 {
    (w >> 32) as u32
}
/// The kind of a word.
#[inline(always)]
pub fn kind_of(w: u64) -> u64 {
    w >> 28 & 15
}
/// The payload of a word.
#[inline(always)]
pub fn payload(w: u64) -> u32 {
    w as u32 & 0x0fff_ffff
}

/// The payload of a word if it has this version and kind. (Words that are filled have a version, so that an empty one has none of any kind.)
#[inline(always)]
pub fn payload_if(w: u64, version: u32, kind: u64) -> Option<u32> {
    let rest = w.wrapping_sub(word(version, kind, 0));
    if rest < 1 << 28 { Some(rest as u32) } else { None }
}

/// The cache word behind an instruction.
#[inline(always)]
pub unsafe fn at<'a>(pc: super::frame::Pc) -> &'a AtomicU64 {
    // SAFETY: verified code: the instruction has a cache word.
    unsafe { &*pc.add(1) }
}

const POOL_SIZE: usize = 1 << 22;
static POOL: [AtomicU64; POOL_SIZE] = [const { AtomicU64::new(0) }; POOL_SIZE];
static POOL_NEXT: AtomicU32 = AtomicU32::new(1);

/// A pool place for a site: the one its cache word names already, or a new one; `None` when the pool is full.
fn pool_place(old: u64) -> Option<u32> {
    let has_place = !matches!(kind_of(old), kind::INLINE | kind::GLOBAL | kind::SLOT | kind::MODULE);
    if has_place && version(old) != 0 {
        return Some(payload(old));
    }
    let n = POOL_NEXT.fetch_add(1, Ordering::Relaxed);
    if (n as usize) < POOL_SIZE {
        Some(n)
    } else {
        POOL_NEXT.store(POOL_SIZE as u32, Ordering::Relaxed);
        None
    }
}

/// How many places of the pool are in use.
pub fn pool_used() -> u64 {
    u64::from(POOL_NEXT.load(Ordering::Relaxed).saturating_sub(1))
}

/// Fills a site's cache with a pool value for a version that `still` confirms.
///
/// The word is cleared before the pool place changes, so that a reader who gets the new pool value under the old word finds another word when
/// it looks again ([`pool_read`]).
pub unsafe fn fill_pool(pc: super::frame::Pc, v: u32, kind: u64, value: u64, still: impl Fn() -> bool) {
    // SAFETY: verified code.
    let at = unsafe { at(pc) };
    // Acquire and release: two fillers of one site each take the word that the other left.
    let old = at.swap(0, Ordering::AcqRel);
    let Some(place) = pool_place(old) else { return };
    POOL[place as usize].store(value, Ordering::Release);
    if still() {
        at.store(word(v, kind, place), Ordering::Release);
    }
}

/// The pool value that the cache word `w` of a site names, if the site still has that word.
#[inline(always)]
pub unsafe fn pool_read(pc: super::frame::Pc, w: u64) -> Option<u64> {
    let v = POOL[payload(w) as usize & (POOL_SIZE - 1)].load(Ordering::Acquire);
    // SAFETY: verified code.
    if unsafe { at(pc) }.load(Ordering::Relaxed) == w { Some(v) } else { None }
}

/// Whether a cell may stand in the pool: deferred or immortal.
pub fn poolable(w: Word) -> bool {
    // SAFETY: the caller holds a reference.
    !w.is_pointer() || unsafe { (*w.header()).flags() } & (gc::flag::DEFERRED | gc::flag::IMMORTAL) != 0
}

/// A version that no type and no dict ever has: words with it keep their place in the pool.
const NO_VERSION: u32 = u32::MAX;

/// Drops some of the caches of the code that runs, for stress tests.
#[cold]
pub fn drop_some(cx: &objects::Cx) {
    if !gc::stress::drops_caches() || !gc::stress::random().is_multiple_of(16) {
        return;
    }
    // SAFETY: the current frame and its code are alive.
    let Some(code) = (unsafe { super::frame::current(cx).as_ref() }).and_then(|f| f.code()) else { return };
    let mut at = 0;
    while let Some(w) = code.instrs.get(at) {
        let caches = bytecode::Instr(w.load(Ordering::Relaxed)).op().map_or(0, |op| op.caches());
        for n in 1..=caches {
            if let Some(c) = code.instrs.get(at + n)
                && gc::stress::random() & 1 == 0
            {
                let old = c.load(Ordering::Relaxed);
                if version(old) != 0 {
                    // A racing filler's word wins.
                    let _ = c.compare_exchange(old, word(NO_VERSION, kind_of(old), payload(old)), Ordering::AcqRel, Ordering::Relaxed);
                }
            }
        }
        at += 1 + caches;
    }
}
