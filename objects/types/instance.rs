//! Instances of classes: inline values, the dict they may move to, `__slots__` members, making and destroying them.
//!
//! Behind the builtin payload an instance has its `__slots__` words, then, when its type has instance dicts, the *tail*: the dict word and
//! `capacity` value words (the capacity stands in the dict word's upper half at birth, see below).
//!
//! States of the dict word:
//!
//! | word | meaning |
//! |---|---|
//! | small int `n` | no dict; the `n` value words that follow are in use, named by the type's key table |
//! | pointer | values live in that dict; all value words are DETACHED |
//!
//! Values are set in key order, so that the order of `__dict__` is the order of the key table; anything else (a key out of order, no room, a
//! full key table, `__dict__` asked for) moves the values to a dict, under the object's lock. A reader or writer that passed its guard finds DETACHED
//! and takes the slow path.

use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::types::bytes::Bytes;
use crate::types::dict::Dict;
use crate::types::module::Module;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::{Type, by_id, flags};
use gc::{Field, Gc, HEADER_SIZE, Header, Payload, Ref, Reg, Value, Word};
use sync::prim::Ordering;

/// Values of a new type's instances, before it is known which attributes they get.
const FIRST_CAPACITY: u32 = 4;

/// Address of the tail of an instance.
#[inline]
pub fn tail_of(h: &Header, t: &Type) -> *mut Field {
    if t.item == 0 {
        return (h as *const Header as *mut u8).wrapping_add(t.tail_offset()).cast();
    }
    after_items(h, t).wrapping_add(t.slot_count as usize * 8).cast()
}

/// Address behind the items of a variable-sized payload.
fn after_items(h: &Header, t: &Type) -> *mut u8 {
    // SAFETY: the layout says what the payload is.
    unsafe {
        let r = Ref::from_word(Word::from_header(h));
        match t.layout {
            ids::TUPLE => r.cast::<Tuple>().after_items(),
            ids::STR => r.cast::<Str>().after_units(),
            _ => r.cast::<Bytes>().after_data(),
        }
    }
}

/// The word of a `__slots__` member.
pub fn slot_field<'a>(h: &'a Header, t: &Type, i: usize) -> &'a Field {
    let p = if t.item == 0 { (h as *const Header as *mut u8).wrapping_add(t.slots_offset()) } else { after_items(h, t) };
    // SAFETY: instances of `t` have at least `i + 1` slot words there.
    unsafe { &*p.cast::<Field>().add(i) }
}

/// Bytes behind the builtin payload that an instance of `t` needs.
pub fn extra_size(t: &Type) -> usize {
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 }
}

/// Writes empty slots and tail.
///
/// # Safety
/// `p` is followed by the bytes that `extra_size` counted, with this capacity.
unsafe fn init_extra(t: &Type, p: *mut u8, capacity: usize) {
    // SAFETY: by contract.
    unsafe {
        let mut at = p.cast::<Field>();
        for _ in 0..t.slot_count {
            at.write(Field::empty());
            at = at.add(1);
        }
        if t.has_dict {
            at.write(Field::new(Value::small_int(capacity as i64)));
            for i in 1..=capacity {
                at.add(i).write(Field::empty());
            }
        }
    }
}

/// Notes a birth: heap types count their instances in deltas, and a finaliser is marked.
#[inline(always)]
fn born(t: &Type, v: &Value) {
    let f = t.flags();
    if f & (flags::HEAP | flags::FINALIZE) == 0 {
        return;
    }
    if f & flags::HEAP != 0 {
        // SAFETY: attached; the borrow ends here.
        unsafe { gc::local::current() }.delta(t.id, 1);
    }
    if f & flags::FINALIZE != 0
        && let Some(h) = v.as_ref().header()
    {
        h.set_flags(gc::flag::HAS_FINALIZER);
    }
}

/// A new instance of `t` whose builtin payload is `payload`. `t` is `P`'s type or a subtype.
#[inline(always)]
pub fn alloc_with<P: Payload>(t: &Type, payload: P) -> Value {
    // As in `gc::alloc`.
    let payload = std::mem::ManuallyDrop::new(payload);
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    let fixed = t.slots_offset() - HEADER_SIZE;
    let extra = t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 };
    debug_assert!(fixed >= size_of::<P>());
    // SAFETY: the whole payload is written before the cell is published.
    unsafe {
        let h = gc::reserve(fixed + extra);
        if h.is_null() {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<P>());
        }
        let p = (*h).payload();
        p.cast::<P>().write(std::mem::ManuallyDrop::into_inner(payload));
        if extra != 0 {
            init_extra(t, p.add(fixed), capacity);
        }
        let v = gc::publish(h, t.id);
        born(t, &v);
        v
    }
}

/// A new plain object of class `t` (layout `object`).
#[inline]
pub fn alloc_plain(t: &Type) -> Value {
    let capacity = t.inline_capacity.load(Ordering::Relaxed) as usize;
    let extra = t.slot_count as usize * 8 + if t.has_dict { 8 + capacity * 8 } else { 0 };
    // SAFETY: the whole payload is written.
    let v = unsafe { gc::alloc_sized(t.id, extra, |p| init_extra(t, p, capacity)) };
    let v = v.unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<Tuple>()));
    born(t, &v);
    v
}

/// Finishes an instance of a subtype of tuple, str or bytes, whose constructor has left `extra_size` zeroed bytes behind the items.
pub fn finish_sized(t: &Type, v: &Value, capacity: usize) {
    if let Some(h) = v.as_ref().header() {
        // SAFETY: the bytes are there.
        unsafe { init_extra(t, after_items(h, t), capacity) };
    }
    born(t, v);
}

/// Destroys an instance of a heap type.
///
/// # Safety
/// For the `Kind` of heap types: the cell is dead.
pub unsafe fn destroy(h: *mut Header) {
    // SAFETY: the cell is dead, its type lives until its deltas are gone.
    unsafe {
        let header = &*h;
        let t = by_id(header.type_id());
        for i in 0..t.slot_count as usize {
            drop(slot_field(header, t, i).take());
        }
        if t.has_dict {
            let tail = tail_of(header, t);
            let head = (*tail).take();
            if head.word().is_int() {
                for i in 1..=head.word().int() as usize {
                    drop((*tail.add(i)).take());
                }
            }
        }
        (t.destroy_base)(h);
        if t.has(flags::HEAP) {
            gc::local::current().delta(t.id, -1);
        }
    }
}

/// Traverses an instance of a heap type.
///
/// # Safety
/// For the `Kind` of heap types.
pub unsafe fn traverse(h: *const Header, visit: &mut dyn FnMut(Word)) {
    // SAFETY: by contract.
    unsafe {
        let header = &*h;
        let t = by_id(header.type_id());
        for i in 0..t.slot_count as usize {
            visit(slot_field(header, t, i).peek());
        }
        if t.has_dict {
            let tail = tail_of(header, t);
            let head = (*tail).peek();
            visit(head);
            if head.is_int() {
                for i in 1..=head.int() as usize {
                    visit((*tail.add(i)).peek());
                }
            }
        }
        (t.traverse_base)(h, visit);
        visit(t.as_ref().word());
    }
}

/// Inline value `index` of an instance known to be of the version that the index was taken for; `None`: take the slow path.
///
/// # Safety
/// The object's type has instance dicts and a fixed size, and its key table has `index`.
#[inline(always)]
pub unsafe fn inline_value(h: &Header, t_tail: usize, index: usize) -> Option<Reg> {
    // SAFETY: by contract the tail is there; its capacity is checked.
    unsafe {
        let tail = (h as *const Header as *const u8).add(t_tail).cast::<Field>();
        // The head is the number of values, as an int's word, or a dict: ints are the largest words, so one comparison says both.
        if (*tail).peek().0 <= Word::from_small_int(index as i64).0 {
            return None;
        }
        let r = (*tail.add(1 + index)).load_if(h, || true)?;
        let w = r.as_ref().word();
        if w == Word::UNBOUND || w == Word::DETACHED { None } else { Some(r) }
    }
}

/// The same attribute of an instance whose values have moved to a dict.
///
/// # Safety
/// As for [`inline_value`].
#[inline]
pub unsafe fn dict_value(h: &Header, t_tail: usize, name: Ref<'_>) -> Option<Reg> {
    // SAFETY: passed on.
    unsafe { own_dict(h, t_tail) }?.as_ref().exact::<Dict>()?.get_interned(name)
}

/// The dict of an instance whose values have moved to one: exactly a dict.
///
/// # Safety
/// As for [`inline_value`].
#[inline]
pub unsafe fn own_dict(h: &Header, t_tail: usize) -> Option<Reg> {
    // SAFETY: by contract the tail is there.
    let head = unsafe { &*(h as *const Header as *const u8).add(t_tail).cast::<Field>() };
    if head.peek_acquire().is_int() {
        return None;
    }
    let d = head.load_reg(h);
    d.as_ref().exact::<Dict>()?;
    Some(d)
}

/// The dict that an instance's values have moved to. The cell lives, and nobody changes it.
pub fn moved_to(h: &Header) -> Option<&Header> {
    let t = by_id(h.type_id());
    if !t.has_dict {
        return None;
    }
    // SAFETY: the type has a tail.
    let head = unsafe { (*tail_of(h, t)).peek() };
    // SAFETY: the slot's reference keeps the cell alive.
    if head.is_pointer() { Some(unsafe { &*head.header() }) } else { None }
}

/// The namespace of a module: the instance dict of the module type and its subclasses.
fn namespace<'a>(obj: Ref<'a>, t: &Type) -> Option<&'a Gc<Dict>> {
    // SAFETY: the layout says what the payload is.
    if t.layout == ids::MODULE { Some(unsafe { &obj.cast::<Module>().dict }) } else { None }
}

/// An attribute from the instance's own dict, inline or not.
pub fn get_own(obj: Ref<'_>, t: &Type, name: Ref<'_>) -> Option<Reg> {
    if !t.has_dict {
        return namespace(obj, t)?.get_interned(name);
    }
    let h = obj.header()?;
    let tail = tail_of(h, t);
    loop {
        // SAFETY: the type has a tail.
        let head = unsafe { &*tail };
        let w = head.peek_acquire();
        if w.is_int() {
            let i = t.keys.find(name)?;
            if i as i64 >= w.int() {
                return None;
            }
            // SAFETY: below the capacity.
            let r = unsafe { (*tail.add(1 + i)).load_if(h, || true) };
            match r {
                Some(r) if r.as_ref().word() == Word::UNBOUND => return None,
                Some(r) if r.as_ref().word() == Word::DETACHED => {}
                Some(r) => return Some(r),
                None => {}
            }
        } else {
            let d = head.load(h);
            return dict_of(&d)?.get_interned(name);
        }
    }
}

fn dict_of(v: &Value) -> Option<&Dict> {
    crate::types::dict::as_dict(v.as_ref())
}

/// Sets an attribute in the instance's own dict, inline where possible. Gives back false when the type has no instance dict.
pub fn set_own(obj: Ref<'_>, t: &Type, name: Ref<'_>, value: Value) -> bool {
    let Some(h) = obj.header() else { return false };
    if !t.has_dict {
        return namespace(obj, t).map(|d| d.set_str(name, value)).is_some();
    }
    let mut value = value;
    let index = t.keys.find(name).or_else(|| add_key(t, name));
    let tail = tail_of(h, t);
    {
        let l = lock_header(h);
        // SAFETY: the type has a tail; the object is locked.
        let head = unsafe { (*tail).peek() };
        if head.is_int() {
            let capacity = head.int() as usize;
            if let Some(i) = index
                && i < capacity
            {
                // SAFETY: below the capacity; locked.
                let field = unsafe { &*tail.add(1 + i) };
                // SAFETY: below the capacity; locked.
                let later = (i + 1..capacity).all(|j| unsafe { (*tail.add(1 + j)).peek() } == Word::UNBOUND);
                let in_order = field.peek() != Word::UNBOUND || later;
                if in_order {
                    let old = field.swap(value);
                    drop(l);
                    drop(old);
                    return true;
                }
            }
            if let Some(i) = index {
                t.inline_capacity.fetch_max(((i + 1) as u32).next_multiple_of(2), Ordering::Relaxed);
            }
        }
        drop(l);
    }
    let d = materialise(h, t);
    if let Some(d) = dict_of(&d) {
        let v = std::mem::replace(&mut value, Value::NONE);
        d.set_str(name, v);
    }
    true
}

#[cold]
fn add_key(t: &Type, name: Ref<'_>) -> Option<usize> {
    // A key that shadows a class attribute must void cached lookups of that attribute.
    let shadows = t.lookup(name).is_some();
    if shadows {
        t.invalidate();
    }
    let index = {
        let _l = lock_header(t.header());
        match t.keys.find(name) {
            Some(i) => Some(i),
            None => t.keys.push(name),
        }
    };
    if shadows {
        // Whoever has got a new tag meanwhile may have looked before the key was there.
        t.invalidate();
    }
    index
}

/// The room that instances of a new class start with: for its bases' attributes and for those that its own methods assign
/// (`__static_attributes__`), where it says so.
pub fn first_capacity(base: &Type, own: Option<usize>) -> u32 {
    let inherited = if base.has_dict { base.inline_capacity.load(Ordering::Relaxed) } else { 0 };
    match own {
        Some(n) if n > 0 || inherited > 0 => (inherited + n as u32).min(crate::types::type_::MAX_INLINE as u32),
        _ => inherited.max(FIRST_CAPACITY),
    }
}

/// Deletes an attribute from the instance's own dict; false when it is not there.
pub fn delete_own(obj: Ref<'_>, t: &Type, name: Ref<'_>) -> bool {
    let Some(h) = obj.header() else { return false };
    if !t.has_dict {
        return namespace(obj, t).is_some_and(|d| d.remove_str(name).is_some());
    }
    let tail = tail_of(h, t);
    {
        let l = lock_header(h);
        // SAFETY: the type has a tail; the object is locked.
        let head = unsafe { (*tail).peek() };
        if head.is_int() {
            let Some(i) = t.keys.find(name) else { return false };
            if i as i64 >= head.int() {
                return false;
            }
            // SAFETY: below the capacity; locked.
            let old = unsafe { (*tail.add(1 + i)).take() };
            drop(l);
            return old.word() != Word::UNBOUND;
        }
    }
    // SAFETY: the type has a tail.
    let d = unsafe { (*tail).load(h) };
    dict_of(&d).is_some_and(|d| d.remove_str(name).is_some())
}

/// Moves the inline values to a dict, unless there is one already; gives the dict.
#[cold]
pub fn materialise(h: &Header, t: &Type) -> Value {
    gc::stats::count(gc::stats::Event::Materialised);
    let tail = tail_of(h, t);
    let fresh = Dict::new();
    let _l = lock_header(h);
    // SAFETY: the type has a tail; the object is locked.
    unsafe {
        let head = (*tail).peek();
        if !head.is_int() {
            return (*tail).load_locked();
        }
        for i in 0..head.int() as usize {
            let v = (*tail.add(1 + i)).swap(Value::from_word(Word::DETACHED));
            if v.word() != Word::UNBOUND && i < t.keys.len() {
                fresh.set_str(t.keys.get(i), v);
            }
        }
        let d = fresh.into_value();
        std::mem::forget((*tail).swap(d.clone()));
        d
    }
}

/// `obj.__dict__`.
pub fn dict(_cx: &mut Cx, obj: Ref<'_>) -> PyResult<Option<Value>> {
    let Some(h) = obj.header() else { return Ok(None) };
    let t = by_id(h.type_id());
    if !t.has_dict { Ok(namespace(obj, t).map(|d| d.value().clone())) } else { Ok(Some(materialise(h, t))) }
}

/// Replaces `obj.__dict__`.
pub fn set_dict(obj: Ref<'_>, new: Gc<Dict>) -> bool {
    let Some(h) = obj.header() else { return false };
    let t = by_id(h.type_id());
    if !t.has_dict {
        return false;
    }
    drop(materialise(h, t));
    let tail = tail_of(h, t);
    let old = {
        let _l = lock_header(h);
        // SAFETY: the type has a tail; the object is locked.
        unsafe { (*tail).swap(new.into_value()) }
    };
    drop(old);
    true
}

/// Own attributes in order, without making a dict.
pub fn own_items(obj: Ref<'_>) -> Vec<(Value, Value)> {
    let Some(h) = obj.header() else { return Vec::new() };
    let t = by_id(h.type_id());
    if !t.has_dict {
        return namespace(obj, t).map_or_else(Vec::new, |d| d.items());
    }
    let tail = tail_of(h, t);
    let l = lock_header(h);
    // SAFETY: the type has a tail; the object is locked.
    unsafe {
        let head = (*tail).peek();
        if head.is_int() {
            return (0..(head.int() as usize).min(t.keys.len()))
                .map(|i| (t.keys.get(i).to_value(), (*tail.add(1 + i)).load_locked()))
                .filter(|(_, v)| v.word() != Word::UNBOUND)
                .collect();
        }
        let d = (*tail).load_locked();
        drop(l);
        dict_of(&d).map_or_else(Vec::new, Dict::items)
    }
}
