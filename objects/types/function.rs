//! `function`: representation. Calling one is the interpreter's business (`src` fills the `call` slot); attributes are in `src` too where they
//! need it.

use crate::ids;
use crate::types::code::Code;
use crate::types::dict::Dict;
use gc::header::flag;
use gc::{Field, Gc, Payload, Ref, Value, Word};
use std::marker::PhantomData;
use sync::prim::{AtomicU32, AtomicU64, Ordering};

/// What every closure points to: references to it can be counted in per-thread deltas, so that threads that make closures share no count.
pub trait DeltaCounted: Payload {
    /// Where the delta id stands; 0 until one is given.
    fn delta_id(&self) -> &AtomicU32;
}

impl DeltaCounted for Code {
    fn delta_id(&self) -> &AtomicU32 {
        &self.delta_id
    }
}
impl DeltaCounted for Function {
    fn delta_id(&self) -> &AtomicU32 {
        &self.delta_id
    }
}
impl DeltaCounted for Dict {
    fn delta_id(&self) -> &AtomicU32 {
        &self.delta_id
    }
}

/// The delta id of a deferred cell, given to it now if it has none. 0: references are counted in the cell.
fn delta_id_of<T: DeltaCounted>(r: Ref<'_>) -> u32 {
    // SAFETY: callers pass cells of that kind.
    let (p, h) = unsafe { (r.cast::<T>(), &*r.word().header()) };
    let at = p.delta_id();
    match at.load(Ordering::Relaxed) {
        0 if h.flags() & (flag::DEFERRED | flag::IMMORTAL) == flag::DEFERRED => match gc::deferred::new_id() {
            None => 0,
            Some(id) => match at.compare_exchange(0, id, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => id,
                Err(other) => {
                    gc::deferred::retire_id(id);
                    other
                }
            },
        },
        id => id,
    }
}

/// A reference to a code object or namespace. The word's mark (bit 0) says that it is counted in deltas.
pub struct SharedRef<T: DeltaCounted>(AtomicU64, PhantomData<T>);

impl<T: DeltaCounted> SharedRef<T> {
    /// A reference that is counted in the cell: for functions that are made once.
    pub fn counted(v: Value) -> Self {
        SharedRef(AtomicU64::new(v.into_word().0), PhantomData)
    }
    /// A reference that is counted in this thread's deltas, where that is possible.
    #[inline]
    pub fn shared(r: Ref<'_>) -> Self {
        let id = delta_id_of::<T>(r);
        if id == 0 {
            return Self::counted(r.to_value());
        }
        // SAFETY: attached; the borrow ends here.
        unsafe { gc::local::current() }.delta(id, 1);
        SharedRef(AtomicU64::new(r.word().borrowed().0), PhantomData)
    }
    /// A reference to any callable, as generators and bound methods hold it: one to a `T` as [`shared`](Self::shared), one to anything else counted.
    #[inline]
    pub fn to_callable(r: Ref<'_>) -> Self {
        if r.header().is_some_and(|h| h.type_id() == T::TYPE_ID) { Self::shared(r) } else { Self::counted(r.to_value()) }
    }
    /// The cell.
    #[inline(always)]
    pub fn as_ref(&self) -> Ref<'_> {
        // SAFETY: the field always holds a cell of that kind, and code objects and namespaces are freed only in stops.
        unsafe { Ref::from_word(Word(self.0.load(Ordering::Acquire)).unmarked()) }
    }
    /// Puts another reference in its place; the old one is given back, to be dropped without a lock.
    pub fn swap(&self, new: Self) -> Self {
        let w = self.0.swap(new.0.load(Ordering::Relaxed), Ordering::AcqRel);
        std::mem::forget(new);
        SharedRef(AtomicU64::new(w), PhantomData)
    }
    /// A handle.
    pub fn handle(&self) -> Gc<T> {
        // SAFETY: it is of that kind.
        unsafe { Gc::from_value(self.as_ref().to_value()) }
    }
}

impl<T: DeltaCounted> std::ops::Deref for SharedRef<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: it is of that kind.
        unsafe { self.as_ref().cast::<T>() }
    }
}

impl<T: DeltaCounted> Drop for SharedRef<T> {
    fn drop(&mut self) {
        let w = Word(self.0.load(Ordering::Relaxed));
        if w.unmarked() == w {
            // SAFETY: this reference owns a count.
            drop(unsafe { Value::from_word(w) });
        } else {
            let id = self.delta_id().load(Ordering::Relaxed);
            // SAFETY: attached; the borrow ends here.
            unsafe { gc::local::current() }.delta(id, -1);
        }
    }
}

/// A function's payload.
#[repr(C)]
pub struct Function {
    /// Its code (`__code__`).
    pub code: SharedRef<Code>,
    /// Its globals.
    pub globals: SharedRef<Dict>,
    /// Builtins, as found when it was made.
    pub builtins: SharedRef<Dict>,
    /// Tuple of cells, or None.
    pub closure: Value,
    /// `__name__`
    pub name: Field,
    /// `__qualname__`
    pub qualname: Field,
    /// `__defaults__`: tuple or None.
    pub defaults: Field,
    /// `__kwdefaults__`: dict or None.
    pub kwdefaults: Field,
    /// `__doc__`; unbound until asked for or set: the code has it.
    pub doc: Field,
    /// `__module__`; unbound until asked for or set: the globals have it.
    pub module: Field,
    /// `__annotate__`: function or None; `__annotations__` dict or unbound; `__type_params__` tuple or unbound.
    pub annotate: Field,
    /// Cached `__annotations__`.
    pub annotations: Field,
    /// `__type_params__`
    pub type_params: Field,
    /// Changes when `__code__`, defaults or keyword defaults are replaced; 0 = not cacheable.
    pub version: AtomicU32,
    /// Under which references from generators and bound methods are counted; 0 until there is one.
    pub delta_id: AtomicU32,
}

impl Drop for Function {
    fn drop(&mut self) {
        gc::deferred::retire_id(self.delta_id.load(Ordering::Relaxed));
    }
}

// SAFETY: visits every word.
unsafe impl Payload for Function {
    const TYPE_ID: u32 = ids::FUNCTION;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [
            &self.name,
            &self.qualname,
            &self.defaults,
            &self.kwdefaults,
            &self.doc,
            &self.module,
            &self.annotate,
            &self.annotations,
            &self.type_params,
        ] {
            visit(f.peek());
        }
        visit(self.code.as_ref().word());
        visit(self.globals.as_ref().word());
        visit(self.builtins.as_ref().word());
        visit(self.closure.word());
    }
}

impl Function {
    /// The code as it is now. Code objects are deferred: the reference is good until this thread's next safepoint, longer
    /// when something else holds the function.
    #[inline(always)]
    pub fn code(&self) -> &Code {
        &self.code
    }
}
