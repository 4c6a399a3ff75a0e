//! Handles on words: who owns what.
//!
//! | handle | owns | may be uncounted | where |
//! |---|---|---|---|
//! | [`Value`] | one reference | no | natives, heap fields that never change |
//! | [`Ref`] | nothing | yes | arguments, operands: kept alive by somebody else |
//! | [`Reg`] | one reference or none | yes | what natives return; goes straight into a register |
//! | [`Field`] | one reference | no | heap slots that others may store to |
//! | [`Gc`] | one reference, typed | no | natives |

use crate::header::{HEADER_SIZE, Header, flag};
use crate::kind::Walk;
use crate::word::Word;
use std::marker::PhantomData;
use std::num::NonZeroU64;
use std::ops::Deref;
use sync::prim::{AtomicU64, Ordering};

/// What stands behind the header of a cell.
///
/// # Safety
/// The type is `repr(C)` or its layout does not matter to anyone; values of it live only in cells of `TYPE_ID` or a subtype; `traverse` visits every
/// counted word it holds, and keeps what `WALK` promises.
pub unsafe trait Payload: Sized + 'static {
    /// Type id of cells that are exactly of this type.
    const TYPE_ID: u32;
    /// Who may call `traverse`, and when.
    const WALK: Walk = Walk::Stopped;
    /// Visits every word that this holds.
    fn traverse(&self, visit: &mut dyn FnMut(Word));

    /// The cell's header.
    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: payloads live only behind headers.
        unsafe { &*(self as *const Self as *const u8).sub(HEADER_SIZE).cast() }
    }
    /// The cell as a borrowed word.
    #[inline(always)]
    fn as_ref(&self) -> Ref<'_> {
        // SAFETY: borrowed from `self`.
        unsafe { Ref::from_word(Word::from_header(self.header())) }
    }
    /// One more reference to the cell.
    #[inline(always)]
    fn to_value(&self) -> Value {
        self.as_ref().to_value()
    }
}

/// An owned, counted word.
#[repr(transparent)]
pub struct Value(NonZeroU64, PhantomData<*mut ()>);

/// A borrowed word, kept alive by something else for `'a`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Ref<'a>(NonZeroU64, PhantomData<&'a Header>);

/// A word on its way into a register: owned, or uncounted when it comes from a deferred cell. It must reach a register or become a [`Value`]
/// before the thread's next safepoint.
#[repr(transparent)]
pub struct Reg(NonZeroU64, PhantomData<*mut ()>);

#[inline(always)]
fn non_zero(w: Word) -> NonZeroU64 {
    debug_assert!(w.0 != 0);
    // SAFETY: 0 is not a word.
    unsafe { NonZeroU64::new_unchecked(w.0) }
}

const fn constant_word(w: Word) -> NonZeroU64 {
    match NonZeroU64::new(w.0) {
        Some(n) => n,
        None => panic!("0 is not a word"),
    }
}

impl Value {
    /// `None`
    pub const NONE: Value = Value::constant(Word::NONE);
    /// `True`
    pub const TRUE: Value = Value::constant(Word::TRUE);
    /// `False`
    pub const FALSE: Value = Value::constant(Word::FALSE);
    /// `NotImplemented`
    pub const NOT_IMPLEMENTED: Value = Value::constant(Word::NOT_IMPLEMENTED);
    /// `Ellipsis`
    pub const ELLIPSIS: Value = Value::constant(Word::ELLIPSIS);
    /// No value: an empty slot.
    pub const UNBOUND: Value = Value::constant(Word::UNBOUND);

    const fn constant(w: Word) -> Value {
        Value(constant_word(w), PhantomData)
    }
    /// Takes ownership of a word.
    ///
    /// # Safety
    /// The word is valid and, if a pointer, comes with a reference and without the mark.
    #[inline(always)]
    pub unsafe fn from_word(w: Word) -> Value {
        debug_assert!(!w.is_pointer() || w.0 & 1 == 0);
        Value(non_zero(w), PhantomData)
    }
    /// Takes ownership of a reference to a cell.
    ///
    /// # Safety
    /// The reference is the caller's.
    #[inline(always)]
    pub unsafe fn from_raw(h: *const Header) -> Value {
        Value(non_zero(Word::from_header(h)), PhantomData)
    }
    /// The word, still owned by `self`.
    #[inline(always)]
    pub fn word(&self) -> Word {
        Word(self.0.get())
    }
    /// Gives the ownership to the caller.
    #[inline(always)]
    pub fn into_word(self) -> Word {
        let w = self.word();
        std::mem::forget(self);
        w
    }
    /// Borrows.
    #[inline(always)]
    pub fn as_ref(&self) -> Ref<'_> {
        Ref(self.0, PhantomData)
    }
    /// An int that fits the word.
    #[inline(always)]
    pub fn small_int(i: i64) -> Value {
        Value(non_zero(Word::from_small_int(i)), PhantomData)
    }
    /// A float.
    #[inline(always)]
    pub fn float(f: f64) -> Value {
        Value(non_zero(Word::from_float(f)), PhantomData)
    }
    /// A bool.
    #[inline(always)]
    pub fn bool(b: bool) -> Value {
        Value(non_zero(Word::from_bool(b)), PhantomData)
    }
    /// Whether two are the same object.
    pub fn is(&self, other: &Value) -> bool {
        self.word().is(other.word())
    }
}

impl Clone for Value {
    #[inline(always)]
    fn clone(&self) -> Value {
        if self.word().is_pointer() {
            // SAFETY: `self` keeps the cell alive.
            unsafe { (*self.word().header()).incref() }
        }
        Value(self.0, PhantomData)
    }
}

impl Drop for Value {
    #[inline(always)]
    fn drop(&mut self) {
        if self.word().is_counted() {
            // SAFETY: the reference is ours.
            unsafe { (*self.word().header()).decref() }
        }
    }
}

impl<'a> Ref<'a> {
    /// `None`
    pub const NONE: Ref<'static> = Ref(constant_word(Word::NONE), PhantomData);
    /// "Not given", for optional native arguments.
    pub const MISSING: Ref<'static> = Ref(constant_word(Word::NO_SELF), PhantomData);

    /// Borrows a word.
    ///
    /// # Safety
    /// The word is valid and something keeps its cell alive for `'a`.
    #[inline(always)]
    pub unsafe fn from_word(w: Word) -> Ref<'a> {
        Ref(non_zero(w), PhantomData)
    }
    /// The word, mark included.
    #[inline(always)]
    pub fn word(self) -> Word {
        Word(self.0.get())
    }
    /// One more reference.
    #[inline(always)]
    pub fn to_value(self) -> Value {
        let w = self.word();
        if w.is_pointer() {
            // SAFETY: something keeps the cell alive.
            unsafe { (*w.header()).incref() }
            Value(non_zero(Word(w.0 & !1)), PhantomData)
        } else {
            Value(self.0, PhantomData)
        }
    }
    /// The word for a register: one more reference, unless registers need not count the cell. The value stands in the heap, in a slot that keeps it
    /// alive meanwhile.
    #[inline(always)]
    pub fn to_reg(self) -> Reg {
        let w = self.word();
        if w.is_pointer() {
            // SAFETY: something keeps the cell alive.
            let h = unsafe { &*w.header() };
            if h.owner() == sync::threads::current_id() {
                h.incref_owned();
                return Reg(non_zero(Word(w.0 & !1)), PhantomData);
            }
            if h.flags_acquire() & (flag::IMMORTAL | flag::DEFERRED) != 0 {
                return Reg(non_zero(w.borrowed()), PhantomData);
            }
            h.incref();
        }
        Reg(non_zero(w.unmarked()), PhantomData)
    }
    /// The cell, if it is one.
    #[inline(always)]
    pub fn header(self) -> Option<&'a Header> {
        // SAFETY: something keeps the cell alive for 'a.
        if self.word().is_pointer() { Some(unsafe { &*self.word().header() }) } else { None }
    }
    /// The payload when the cell is exactly of type `T`.
    #[inline(always)]
    pub fn exact<T: Payload>(self) -> Option<&'a T> {
        match self.header() {
            // SAFETY: the type id says so.
            Some(h) if h.type_id() == T::TYPE_ID => Some(unsafe { &*h.payload().cast::<T>() }),
            _ => None,
        }
    }
    /// The payload of a cell known to have this layout.
    ///
    /// # Safety
    /// The cell is of type `T` or a subtype.
    #[inline(always)]
    pub unsafe fn cast<T: Payload>(self) -> &'a T {
        // SAFETY: by contract.
        unsafe { &*(*self.word().header()).payload().cast::<T>() }
    }
    /// Whether two are the same object.
    #[inline(always)]
    pub fn is(self, other: Ref<'_>) -> bool {
        self.word().is(other.word())
    }
    /// Whether the optional argument was not given.
    #[inline(always)]
    pub fn is_missing(self) -> bool {
        self.word() == Word::NO_SELF
    }
    /// `None` when the optional argument was not given.
    #[inline(always)]
    pub fn given(self) -> Option<Ref<'a>> {
        if self.is_missing() { None } else { Some(self) }
    }
    /// Whether it is Python's None.
    #[inline(always)]
    pub fn is_none(self) -> bool {
        self.word() == Word::NONE
    }
}

impl<'a> From<&'a Value> for Ref<'a> {
    #[inline(always)]
    fn from(v: &'a Value) -> Ref<'a> {
        v.as_ref()
    }
}

impl Reg {
    /// Takes a register word.
    ///
    /// # Safety
    /// The word is owned if counted; otherwise it may stand in a register as it is (deferred, immortal, or kept alive by the caller's
    /// registers).
    #[inline(always)]
    pub unsafe fn from_word(w: Word) -> Reg {
        Reg(non_zero(w), PhantomData)
    }
    /// The word, for a register.
    #[inline(always)]
    pub fn into_word(self) -> Word {
        let w = Word(self.0.get());
        std::mem::forget(self);
        w
    }
    /// Borrows.
    #[inline(always)]
    pub fn as_ref(&self) -> Ref<'_> {
        Ref(self.0, PhantomData)
    }
    /// Counts it if it is not counted yet.
    #[inline(always)]
    pub fn into_value(self) -> Value {
        let w = self.into_word();
        if w.is_pointer() && w.0 & 1 != 0 {
            // SAFETY: the cell is alive by the contract of `from_word`.
            unsafe { (*w.header()).incref() }
        }
        Value(non_zero(w.unmarked()), PhantomData)
    }
}

impl From<Value> for Reg {
    #[inline(always)]
    fn from(v: Value) -> Reg {
        Reg(non_zero(v.into_word()), PhantomData)
    }
}

impl Drop for Reg {
    #[inline(always)]
    fn drop(&mut self) {
        let w = Word(self.0.get());
        if w.is_counted() {
            // SAFETY: a counted word is owned.
            unsafe { (*w.header()).decref() }
        }
    }
}

/// A typed owned handle.
#[repr(transparent)]
pub struct Gc<T: Payload>(Value, PhantomData<T>);

impl<T: Payload> Gc<T> {
    /// Wraps a value known to have this layout.
    ///
    /// # Safety
    /// The cell is of type `T` or a subtype.
    #[inline(always)]
    pub unsafe fn from_value(v: Value) -> Gc<T> {
        Gc(v, PhantomData)
    }
    /// The untyped handle.
    #[inline(always)]
    pub fn into_value(self) -> Value {
        self.0
    }
    /// The untyped handle, borrowed.
    #[inline(always)]
    pub fn value(&self) -> &Value {
        &self.0
    }
}

impl<T: Payload> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        Gc(self.0.clone(), PhantomData)
    }
}

impl<T: Payload> Deref for Gc<T> {
    type Target = T;
    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: by construction.
        unsafe { self.0.as_ref().cast() }
    }
}

impl<T: Payload> From<Gc<T>> for Value {
    #[inline(always)]
    fn from(g: Gc<T>) -> Value {
        g.0
    }
}

impl<T: Payload> From<Gc<T>> for Reg {
    #[inline(always)]
    fn from(g: Gc<T>) -> Reg {
        g.0.into()
    }
}

/// A heap slot that others may store to. Stores take the lock of the cell that holds it; loads take none.
#[repr(transparent)]
pub struct Field(AtomicU64);

impl Field {
    /// A slot that owns `v`.
    #[inline(always)]
    pub fn new(v: Value) -> Field {
        Field(AtomicU64::new(v.into_word().0))
    }
    /// An empty slot.
    pub const fn empty() -> Field {
        Field(AtomicU64::new(Word::UNBOUND.0))
    }
    /// The word as it is now, without a reference: to compare, or where the holder is locked.
    #[inline(always)]
    pub fn peek(&self) -> Word {
        Word(self.0.load(Ordering::Relaxed))
    }
    /// The same, acquiring what the storer wrote before.
    #[inline(always)]
    pub fn peek_acquire(&self) -> Word {
        Word(self.0.load(Ordering::Acquire))
    }
    /// Loads as a register word what needs neither a lock nor an atomic operation: numbers, the calling thread's own cells, deferred ones. `None` also
    /// for an empty slot.
    #[inline(always)]
    pub fn load_quick(&self, valid: impl Fn() -> bool) -> Option<Reg> {
        let w = Word(self.0.load(Ordering::Acquire));
        if !w.is_pointer() {
            return if w == Word::UNBOUND || w == Word::DETACHED { None } else { Some(Reg(non_zero(w), PhantomData)) };
        }
        // SAFETY: as in `load_if`.
        let h = unsafe { &*w.header() };
        if h.owner() == sync::threads::current_id() {
            h.incref_owned();
            return Some(Reg(non_zero(w), PhantomData));
        }
        if h.flags_acquire() & (flag::IMMORTAL | flag::DEFERRED) != 0 && Word(self.0.load(Ordering::Acquire)) == w && valid() {
            return Some(Reg(non_zero(w.borrowed()), PhantomData));
        }
        None
    }
    /// Loads as a register word, without a lock where possible. `holder` is the cell whose lock guards the slot; `valid` says whether
    /// the path to this slot (buffer or table pointer) is still the same: if not, the result is `None` and the caller starts again.
    #[inline(always)]
    pub fn load_if(&self, holder: &Header, valid: impl Fn() -> bool) -> Option<Reg> {
        // Acquire: pairs with the release in `swap`, so that the cell's birth is visible.
        let w = Word(self.0.load(Ordering::Acquire));
        if !w.is_pointer() {
            return Some(Reg(non_zero(w), PhantomData));
        }
        // SAFETY: cell memory is type-stable, so the header can be looked at even if the cell has died.
        let h = unsafe { &*w.header() };
        if h.owner() == sync::threads::current_id() {
            // Only this thread could free it, so the slot's reference was still there a moment ago.
            h.incref_owned();
            return Some(Reg(non_zero(w), PhantomData));
        }
        // Acquire: the slot is read again after the flag was seen; a deferred cell is then not freed before this thread's next stop.
        if h.flags_acquire() & (flag::IMMORTAL | flag::DEFERRED) != 0 && Word(self.0.load(Ordering::Acquire)) == w && valid() {
            return Some(Reg(non_zero(w.borrowed()), PhantomData));
        }
        self.load_slow(w, holder, &valid)
    }

    #[cold]
    fn load_slow(&self, w: Word, holder: &Header, valid: &dyn Fn() -> bool) -> Option<Reg> {
        // SAFETY: type-stable memory, as above.
        let h = unsafe { &*w.header() };
        let same = || Word(self.0.load(Ordering::Acquire)) == w && valid();
        let flags = h.flags_acquire();
        if flags & (flag::IMMORTAL | flag::DEFERRED) != 0 {
            // Not freed before this thread's next stop, if it was in the slot after we saw the flag.
            return if same() { Some(Reg(non_zero(w.borrowed()), PhantomData)) } else { None };
        }
        if h.try_incref() {
            if same() {
                crate::promote::sample(h);
                return Some(Reg(non_zero(w), PhantomData));
            }
            // SAFETY: the reference is ours to give back.
            unsafe { h.decref() };
            return None;
        }
        let _guard = sync::critical::Guard::new(holder.lock_byte());
        if !valid() {
            return None;
        }
        let w = self.peek();
        if w.is_pointer() {
            // SAFETY: the slot's reference keeps the cell alive while its holder is locked.
            unsafe { (*w.header()).incref_and_show() };
        }
        Some(Reg(non_zero(w), PhantomData))
    }

    /// Loads from a slot that never moves.
    #[inline(always)]
    pub fn load_reg(&self, holder: &Header) -> Reg {
        loop {
            if let Some(r) = self.load_if(holder, || true) {
                return r;
            }
        }
    }
    /// Loads a counted value from a slot that never moves.
    #[inline(always)]
    pub fn load(&self, holder: &Header) -> Value {
        self.load_reg(holder).into_value()
    }
    /// The value of a slot, by someone who holds the holder's lock.
    pub fn load_locked(&self) -> Value {
        let w = self.peek();
        if w.is_pointer() {
            // SAFETY: the slot's reference keeps the cell alive while its holder is locked.
            unsafe { (*w.header()).incref_and_show() };
        }
        Value(non_zero(w), PhantomData)
    }
    /// Stores and gives back what was there, which the caller drops after it has unlocked. The holder is locked, or nobody else can see it.
    #[inline(always)]
    pub fn swap(&self, v: Value) -> Value {
        let old = self.0.load(Ordering::Relaxed);
        // Release: pairs with the acquiring loads.
        self.0.store(v.into_word().0, Ordering::Release);
        Value(non_zero(Word(old)), PhantomData)
    }
    /// Takes the value out, leaving the slot empty. As `swap`.
    pub fn take(&self) -> Value {
        self.swap(Value::UNBOUND)
    }
}

impl Drop for Field {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the slot owns its word and dies.
        drop(unsafe { Value::from_word(self.peek()) })
    }
}

/// A value on its way to another thread.
pub struct SendValue(Value);
// SAFETY: counting is thread-safe in itself; a Value is not Send only because it must be dropped by an attached thread, which whoever
// receives this promises by unwrapping it.
unsafe impl Send for SendValue {}

impl SendValue {
    /// Borrows: any thread may take a reference of its own.
    pub fn as_ref(&self) -> Ref<'_> {
        self.0.as_ref()
    }
    /// Wraps.
    pub fn new(v: Value) -> Self {
        SendValue(v)
    }
    /// Unwraps, on an attached thread.
    pub fn into_value(self) -> Value {
        self.0
    }
}
