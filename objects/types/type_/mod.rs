//! `type`: representation. What every type knows, how a type is found from a value, subtype tests and lookup along the MRO.
//!
//! A type is a cell whose payload starts with the heap's [`Kind`]; `TYPES[id]` points at that payload. Slots and flags are single words
//! that change under the type's lock; `VERSIONS[id]` is set to 0 *before* anything that could alter a lookup changes, so that a cache filled
//! from a lookup that began earlier is refused (DESIGN 5).

pub mod build;
pub mod dunder;
mod lookup_cache;
pub mod methods;
pub mod mro;
pub mod slots;

use crate::ids;
use crate::native::{GetSet, Member, Method};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use gc::{Field, Gc, Header, Kind, Payload, Ref, Reg, TYPES, VERSIONS, Value, Word};
use slots::{SlotTable, Slots};
use sync::prim::{AtomicU32, AtomicU64, Ordering};

/// Bits of [`Type::flags`].
pub mod flags {
    /// Made at run time by a class statement or `type()`.
    pub const HEAP: u32 = 1 << 0;
    /// May be subclassed.
    pub const BASE: u32 = 1 << 1;
    /// Attributes may not be set.
    pub const IMMUTABLE: u32 = 1 << 2;
    /// Instances cannot be made by calling it.
    pub const NO_NEW: u32 = 1 << 3;
    /// Has abstract methods.
    pub const ABSTRACT: u32 = 1 << 4;
    /// Matches sequence patterns.
    pub const SEQUENCE: u32 = 1 << 5;
    /// Matches mapping patterns.
    pub const MAPPING: u32 = 1 << 6;
    /// A class pattern with one positional sub-pattern matches the whole subject.
    pub const MATCH_SELF: u32 = 1 << 7;
    /// Instances have a finaliser (`__del__`).
    pub const FINALIZE: u32 = 1 << 8;
    /// Its descriptors behave as methods: `obj.name(...)` need not bind.
    pub const METHOD_LIKE: u32 = 1 << 9;
    /// Instances may have weak references.
    pub const WEAKREFS: u32 = 1 << 10;
    /// `__getattribute__` is `object`'s, and no `__getattr__`: caches may be used.
    pub const PLAIN_GETATTR: u32 = 1 << 11;
    /// `__setattr__` and `__delattr__` are `object`'s.
    pub const PLAIN_SETATTR: u32 = 1 << 12;
    /// Has been completely built.
    pub const READY: u32 = 1 << 13;
    /// A thread is about to give it a version tag.
    pub const GETTING_VERSION: u32 = 1 << 14;
}

/// Most attributes that live inline in instances of one type.
pub const MAX_INLINE: usize = 30;

/// Names of the attributes that instances hold inline, in order. Append-only.
pub struct KeyTable {
    names: [AtomicU64; MAX_INLINE],
    len: AtomicU32,
}

impl KeyTable {
    /// No keys.
    pub fn new() -> Self {
        KeyTable { names: [const { AtomicU64::new(0) }; MAX_INLINE], len: AtomicU32::new(0) }
    }
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len.load(Ordering::Acquire) as usize
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The key at an index; interned, kept alive by the table.
    pub fn get(&self, i: usize) -> Ref<'_> {
        // SAFETY: indices below `len` hold interned strs owned by the table.
        unsafe { Ref::from_word(Word(self.names[i].load(Ordering::Relaxed))) }
    }
    /// Index of an interned name.
    pub fn find(&self, name: Ref<'_>) -> Option<usize> {
        let w = name.word().unmarked().0;
        (0..self.len()).find(|i| self.names[*i].load(Ordering::Relaxed) == w)
    }
    /// Appends an interned name; by one thread at a time (the type's lock). `None` when full.
    pub(crate) fn push(&self, name: Ref<'_>) -> Option<usize> {
        let n = self.len();
        if n >= MAX_INLINE {
            return None;
        }
        self.names[n].store(name.to_value().into_word().0, Ordering::Relaxed);
        self.len.store(n as u32 + 1, Ordering::Release);
        Some(n)
    }
}

impl Drop for KeyTable {
    fn drop(&mut self) {
        for i in 0..self.len() {
            // SAFETY: owned by the table.
            drop(unsafe { Value::from_word(Word(self.names[i].load(Ordering::Relaxed))) });
        }
    }
}

/// A type's payload.
#[repr(C)]
pub struct Type {
    /// For the heap.
    pub kind: Kind,
    /// Type id of its instances.
    pub id: u32,
    /// Static id of the builtin type whose payload its instances have.
    pub layout: u32,
    /// Payload bytes of an instance before `__slots__` and the tail (without items).
    pub basic: u32,
    /// Bytes per item of variable-sized payloads, else 0.
    pub item: u32,
    /// Number of `__slots__` members of this class and its bases; they follow the payload.
    pub slot_count: u32,
    /// Whether instances have a `__dict__`.
    pub has_dict: bool,
    /// See [`flags`].
    pub flags: AtomicU32,
    /// How many inline values new instances get room for.
    pub inline_capacity: AtomicU32,
    /// Names of inline values.
    pub keys: KeyTable,
    /// Special methods.
    pub slots: SlotTable,
    /// `__name__`
    pub name: Field,
    /// `__qualname__`
    pub qualname: Field,
    /// The namespace.
    pub dict: Gc<Dict>,
    /// `__base__`, or None for object.
    pub base: Field,
    /// `__bases__`
    pub bases: Field,
    /// `__mro__`
    pub mro: Field,
    /// Ids of direct subclasses; a stale id is recognised by its type's bases.
    pub subclasses: sync::mutex::Mutex<Vec<u32>>,
    /// Drops the builtin payload part of instances of heap types.
    pub destroy_base: unsafe fn(*mut Header),
    /// Traverses it.
    pub traverse_base: unsafe fn(*const Header, &mut dyn FnMut(Word)),
    /// The declaration, of static types.
    pub spec: Option<&'static TypeSpec>,
}

// SAFETY: visits every field that holds a word.
unsafe impl Payload for Type {
    const TYPE_ID: u32 = ids::TYPE;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [&self.name, &self.qualname, &self.base, &self.bases, &self.mro] {
            visit(f.peek());
        }
        visit(self.dict.value().word());
        for i in 0..self.keys.len() {
            visit(self.keys.get(i).word());
        }
    }
}

/// The declaration of a static type: data.
pub struct TypeSpec {
    /// Its id, one of [`ids`] or a native module's.
    pub id: u32,
    /// `__name__`, with the module's name and a dot in front when that is not `builtins`.
    pub name: &'static str,
    /// Id of its base.
    pub base: u32,
    /// Ids of further bases, without payload of their own.
    pub more_bases: &'static [u32],
    /// Payload bytes.
    pub size: usize,
    /// Bytes per item.
    pub item: usize,
    /// How to destroy and traverse.
    pub kind: Kind,
    /// See [`flags`].
    pub flags: u32,
    /// Whether instances have a `__dict__` (as exceptions and functions do).
    pub has_dict: bool,
    /// Special methods.
    pub slots: Slots,
    /// Methods.
    pub methods: &'static [Method],
    /// Computed attributes.
    pub getsets: &'static [GetSet],
    /// Plain attributes.
    pub members: &'static [Member],
    /// Docstring; empty for none.
    pub doc: &'static str,
}

unsafe fn destroy_nothing(_: *mut Header) {}
unsafe fn traverse_nothing(_: *const Header, _: &mut dyn FnMut(Word)) {}

impl TypeSpec {
    /// A type with payload `T`.
    pub const fn of<T: Payload>(name: &'static str) -> TypeSpec {
        TypeSpec {
            id: T::TYPE_ID,
            name,
            base: ids::OBJECT,
            more_bases: &[],
            size: size_of::<T>(),
            item: 0,
            kind: Kind { destroy: gc::destroy_payload::<T>, traverse: gc::traverse_payload::<T>, walk: T::WALK },
            flags: 0,
            has_dict: false,
            slots: Slots::NONE,
            methods: &[],
            getsets: &[],
            members: &[],
            doc: "",
        }
    }
    /// A type without payload of its own (constants, `object`, subtypes that add only behaviour start from their base's spec instead).
    pub const fn empty(id: u32, name: &'static str) -> TypeSpec {
        TypeSpec {
            id,
            name,
            base: ids::OBJECT,
            more_bases: &[],
            size: 0,
            item: 0,
            kind: Kind { destroy: destroy_nothing, traverse: traverse_nothing, walk: gc::Walk::Leaf },
            flags: 0,
            has_dict: false,
            slots: Slots::NONE,
            methods: &[],
            getsets: &[],
            members: &[],
            doc: "",
        }
    }
    /// Sets the base.
    pub const fn base(mut self, id: u32) -> Self {
        self.base = id;
        self
    }
    /// Adds bases behind the first one.
    pub const fn more_bases(mut self, ids: &'static [u32]) -> Self {
        self.more_bases = ids;
        self
    }
    /// Sets another id (several types with one payload).
    pub const fn id(mut self, id: u32) -> Self {
        self.id = id;
        self
    }
    /// Adds flags.
    pub const fn flags(mut self, bits: u32) -> Self {
        self.flags |= bits;
        self
    }
    /// Instances have a `__dict__`.
    pub const fn with_dict(mut self) -> Self {
        self.has_dict = true;
        self
    }
    /// Instances are followed by items of this many bytes.
    pub const fn item(mut self, bytes: usize) -> Self {
        self.item = bytes;
        self
    }
    /// Sets the slots.
    pub const fn slots(mut self, slots: Slots) -> Self {
        self.slots = slots;
        self
    }
    /// Sets the methods.
    pub const fn methods(mut self, methods: &'static [Method]) -> Self {
        self.methods = methods;
        self
    }
    /// Sets the computed attributes.
    pub const fn getsets(mut self, getsets: &'static [GetSet]) -> Self {
        self.getsets = getsets;
        self
    }
    /// Sets the plain attributes.
    pub const fn members(mut self, members: &'static [Member]) -> Self {
        self.members = members;
        self
    }
    /// Sets the docstring.
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }
}

/// The type with an id. The id belongs to a live type (a cell's, or a static one).
#[inline(always)]
pub fn by_id(id: u32) -> &'static Type {
    // SAFETY: a live cell's type lives; the 'static is trimmed by callers to the value's life.
    unsafe { &*TYPES[id as usize & (gc::kind::MAX_TYPES - 1)].load(Ordering::Relaxed).cast::<Type>() }
}

/// Type id of any word.
#[inline(always)]
pub fn id_of_word(w: Word) -> u32 {
    if w.is_pointer() {
        // SAFETY: a valid pointer word.
        unsafe { (*w.header()).type_id() }
    } else {
        immediate_id(w)
    }
}

#[inline]
fn immediate_id(w: Word) -> u32 {
    if w.is_int() {
        ids::INT
    } else if w.is_float() {
        ids::FLOAT
    } else {
        match w {
            Word::TRUE | Word::FALSE => ids::BOOL,
            Word::ELLIPSIS => ids::ELLIPSIS_TYPE,
            Word::NOT_IMPLEMENTED => ids::NOT_IMPLEMENTED_TYPE,
            _ => ids::NONE_TYPE,
        }
    }
}

/// Type id of a value.
#[inline(always)]
pub fn type_id_of(v: Ref<'_>) -> u32 {
    id_of_word(v.word())
}

/// The type of a value.
#[inline(always)]
pub fn type_of<'a>(v: Ref<'a>) -> &'a Type {
    by_id(type_id_of(v))
}

/// The payload if the value is a type (instance of `type` or a metaclass).
#[inline]
pub fn as_type<'a>(v: Ref<'a>) -> Option<&'a Type> {
    v.downcast::<Type>()
}

/// Checked casts that know subtypes.
pub trait Downcast<'a> {
    /// The payload if the value is of type `T` or a subtype.
    fn downcast<T: Payload>(self) -> Option<&'a T>;
}

impl<'a> Downcast<'a> for Ref<'a> {
    #[inline(always)]
    fn downcast<T: Payload>(self) -> Option<&'a T> {
        match self.exact::<T>() {
            Some(t) => Some(t),
            None => downcast_slow(self),
        }
    }
}

#[cold]
fn downcast_slow<'a, T: Payload>(v: Ref<'a>) -> Option<&'a T> {
    let h = v.header()?;
    // SAFETY: the layout of a subtype begins with its base's.
    if by_id(h.type_id()).has_layout(T::TYPE_ID) { Some(unsafe { v.cast::<T>() }) } else { None }
}

impl Type {
    /// Whether instances have the payload of the static type `id` (it is this type or along the base chain).
    #[inline]
    pub fn has_layout(&self, id: u32) -> bool {
        let mut t = self;
        loop {
            if t.id == id {
                return true;
            }
            match t.base_type() {
                Some(b) => t = b,
                None => return false,
            }
        }
    }
    /// `__base__`.
    pub fn base_type(&self) -> Option<&Type> {
        let w = self.base.peek_acquire();
        // SAFETY: the base of a live type lives; static and deferred types are not freed while a thread runs.
        if w.is_pointer() { Some(unsafe { Ref::from_word(w).cast::<Type>() }) } else { None }
    }
    /// Whether this is `id` or a subtype of it, by the MRO.
    pub fn is_subtype_of_id(&self, id: u32) -> bool {
        self.id == id || self.is_subtype_of(by_id(id))
    }
    /// Whether this is `other` or a subtype of it, by the MRO.
    #[inline]
    pub fn is_subtype_of(&self, other: &Type) -> bool {
        if std::ptr::eq(self, other) {
            return true;
        }
        let w = self.mro.peek_acquire();
        if !w.is_pointer() {
            // Not built yet: along the bases.
            return self.base_type().is_some_and(|b| b.is_subtype_of(other));
        }
        self.with_mro(|mro| mro.iter().any(|t| std::ptr::eq(t.word().header(), other.header())))
    }
    /// Calls `f` with the types of the MRO. The tuple is kept alive meanwhile.
    pub fn with_mro<R>(&self, f: impl FnOnce(&[Ref<'_>]) -> R) -> R {
        // Deferred, so that looking something up counts nothing.
        let mro = self.mro.load_reg(self.header());
        match mro.as_ref().exact::<Tuple>() {
            Some(t) => f(t.items()),
            None => f(&[]),
        }
    }
    /// Flag bits.
    #[inline(always)]
    pub fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }
    /// Whether a flag is set.
    #[inline(always)]
    pub fn has(&self, flag: u32) -> bool {
        self.flags() & flag != 0
    }
    /// `__name__` as text.
    pub fn name_text(&self) -> String {
        let n = self.name.load(self.header());
        n.as_ref().downcast::<Str>().map_or_else(String::new, Str::to_string_lossy)
    }
    /// The name that error texts show: static types of modules with the module's name in front.
    pub fn shown_name(&self) -> String {
        match self.spec {
            Some(s) if s.name.contains('.') => s.name.to_string(),
            _ => self.name_text(),
        }
    }
    /// `module.qualname`, as `repr` and error texts show it (without `builtins.`).
    pub fn full_name(&self) -> String {
        let q = self.qualname.load(self.header());
        let q = q.as_ref().downcast::<Str>().map_or_else(String::new, Str::to_string_lossy);
        match self.dict.get_interned(crate::names::__module__()) {
            Some(m) => match m.as_ref().downcast::<Str>() {
                Some(m) if !m.eq_str("builtins") && !m.eq_str("__main__") => format!("{}.{q}", m.to_string_lossy()),
                _ => q,
            },
            None => q,
        }
    }
    /// Looks an interned name up along the MRO. No descriptors are applied.
    pub fn lookup(&self, name: Ref<'_>) -> Option<Reg> {
        self.lookup_with_owner(name).map(|(v, _)| v)
    }
    /// As `lookup`, also giving the id of the type that has it.
    #[inline]
    pub fn lookup_with_owner(&self, name: Ref<'_>) -> Option<(Reg, u32)> {
        match lookup_cache::find(gc::kind::version_of(self.id), name) {
            Some(known) => known,
            None => self.lookup_slowly(name),
        }
    }
    #[inline(never)]
    fn lookup_slowly(&self, name: Ref<'_>) -> Option<(Reg, u32)> {
        let version = self.version();
        let found = self.lookup_uncached(name);
        if version != 0 && gc::kind::version_of(self.id) == version {
            lookup_cache::put(version, name, found.as_ref().map(|(v, owner)| (v.as_ref(), *owner)));
        }
        found
    }
    fn lookup_uncached(&self, name: Ref<'_>) -> Option<(Reg, u32)> {
        self.with_mro(|mro| {
            for t in mro {
                // SAFETY: the MRO holds types.
                let t = unsafe { t.cast::<Type>() };
                if let Some(v) = t.dict.get_interned(name) {
                    return Some((v, t.id));
                }
            }
            None
        })
    }
    /// The version tag, given now if there is none; 0 = not cacheable.
    pub fn version(&self) -> u32 {
        let at = &VERSIONS[self.id as usize];
        let v = at.load(Ordering::Acquire);
        if v != 0 {
            return v;
        }
        // A metaclass's `mro()` can name types in a circle; another thread that is here too only finds nothing to cache.
        if !self.has(flags::READY) || self.flags.fetch_or(flags::GETTING_VERSION, Ordering::AcqRel) & flags::GETTING_VERSION != 0 {
            return 0;
        }
        // All bases must have tags, so that a change of theirs reaches this type.
        let ok = self.with_mro(|mro| {
            mro.iter().all(|t| {
                // SAFETY: the MRO holds types.
                let t = unsafe { t.cast::<Type>() };
                std::ptr::eq(t, self) || t.version() != 0
            })
        });
        self.flags.fetch_and(!flags::GETTING_VERSION, Ordering::AcqRel);
        if !ok {
            return 0;
        }
        let new = sync::version::next_version();
        match at.compare_exchange(0, new, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => new,
            Err(now) => now,
        }
    }
    /// Makes every cached lookup through this type and its subclasses void. Called *before* the change.
    pub fn invalidate(&self) {
        if VERSIONS[self.id as usize].swap(0, Ordering::AcqRel) != 0 {
            gc::stats::count(gc::stats::Event::TypeVersion);
        }
        let subs = self.subclasses.lock().clone();
        for id in subs {
            if let Some(t) = live_by_id(id) {
                t.invalidate();
            }
        }
    }
    /// Offset from the header of the first `__slots__` member, for fixed-size payloads.
    pub fn slots_offset(&self) -> usize {
        gc::HEADER_SIZE + (self.basic as usize).next_multiple_of(8)
    }
    /// Offset from the header of the instance tail (dict word, then inline values), when there is one.
    #[inline(always)]
    pub fn tail_offset(&self) -> usize {
        self.slots_offset() + self.slot_count as usize * 8
    }
}

/// The type with an id if one lives there.
pub fn live_by_id(id: u32) -> Option<&'static Type> {
    let p = TYPES[id as usize & (gc::kind::MAX_TYPES - 1)].load(Ordering::Acquire);
    // SAFETY: a type's entry is cleared when it dies, which happens only in a stop.
    if p.is_null() { None } else { Some(unsafe { &*p.cast::<Type>() }) }
}

/// Takes dying types off the lists of their bases. The world is stopped.
pub fn forget_subclasses(dying: &[&Type]) {
    let ids: std::collections::HashSet<u32> = dying.iter().map(|t| t.id).collect();
    // Each list is gone through once, however many die.
    let mut done = std::collections::HashSet::new();
    for t in dying {
        let bases = t.bases.load(t.header());
        for b in bases.as_ref().exact::<Tuple>().map_or(&[][..], Tuple::items) {
            if let Some(b) = as_type(*b)
                && done.insert(b.id)
            {
                b.subclasses.lock().retain(|id| !ids.contains(id));
            }
        }
    }
}

impl Drop for Type {
    fn drop(&mut self) {
        if self.spec.is_none() {
            let at = self.id as usize & (gc::kind::MAX_TYPES - 1);
            VERSIONS[at].store(0, Ordering::Release);
            TYPES[at].store(std::ptr::null_mut(), Ordering::Release);
            gc::deferred::retire_id(self.id);
        }
    }
}

/// One more reference to the type with a static id.
pub fn type_value(id: u32) -> Value {
    by_id(id).to_value()
}
