//! The way out of this crate: how to traverse and destroy a cell, told by its type id. Nothing here knows what a type is.

use crate::header::Header;
use crate::word::Word;
use sync::prim::{AtomicPtr, AtomicU32, Ordering};

/// Who may traverse a cell of a kind, and when.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Walk {
    /// Cells of the kind cannot be part of a cycle: the collector does not look into them.
    Leaf,
    /// `traverse` may run on another thread while the cell is used, changed and destroyed: it reads constant words, atomic words and memory that is
    /// given back through QSBR while a search runs.
    Racy,
    /// `traverse` runs in stops only.
    Stopped,
}

/// What the heap must know of a type. The runtime's type object starts with it.
#[repr(C)]
pub struct Kind {
    /// Drops what the cell holds (its payload); the memory is freed by the caller.
    pub destroy: unsafe fn(*mut Header),
    /// Calls the visitor with every word that the cell holds.
    pub traverse: unsafe fn(*const Header, &mut dyn FnMut(Word)),
    /// When it may be called.
    pub walk: Walk,
}

/// Type ids below this are valid.
pub const MAX_TYPES: usize = 1 << 20;

/// The kind of each type id.
pub static TYPES: [AtomicPtr<Kind>; MAX_TYPES] = [const { AtomicPtr::new(std::ptr::null_mut()) }; MAX_TYPES];
/// The current version tag of each type id; 0 = not cacheable now.
pub static VERSIONS: [AtomicU32; MAX_TYPES] = [const { AtomicU32::new(0) }; MAX_TYPES];

/// The kind of a live cell.
#[inline(always)]
pub fn kind_of(h: &Header) -> *mut Kind {
    TYPES[h.type_id() as usize & (MAX_TYPES - 1)].load(Ordering::Relaxed)
}

/// How the kind of a cell may be traversed; that of a leaf, when the cell has no type (yet).
#[inline]
pub fn walk_of(h: &Header) -> Walk {
    let kind = kind_of(h);
    // SAFETY: a kind is never freed while a cell of it may be looked at.
    if h.type_id() == 0 || kind.is_null() { Walk::Leaf } else { unsafe { (*kind).walk } }
}

/// Current version of a type id.
#[inline(always)]
pub fn version_of(id: u32) -> u32 {
    VERSIONS[id as usize & (MAX_TYPES - 1)].load(Ordering::Acquire)
}

/// What the runtime does for dying cells.
pub struct Hooks {
    /// Clears the weak references to a dying cell and remembers their callbacks. Runs no Python code.
    pub clear_weakrefs: fn(&Header),
}

static HOOKS: std::sync::OnceLock<Hooks> = std::sync::OnceLock::new();

/// Installs the runtime's hooks, once.
pub fn set_hooks(hooks: Hooks) {
    let _ = HOOKS.set(hooks);
}

pub(crate) fn hooks() -> Option<&'static Hooks> {
    HOOKS.get()
}
