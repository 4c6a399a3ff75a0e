//! Interning: one cell per text for names. Interned strs of the runtime and of code are immortal, as in CPython's free-threaded build.

use super::Str;
use dashmap::DashMap;
use gc::{Gc, Payload, Value, Word};
use std::sync::LazyLock;
use sync::prim::{AtomicU64, Ordering};

/// Key: width and raw units.
static TABLE: LazyLock<DashMap<(u8, Box<[u8]>), u64>> = LazyLock::new(DashMap::new);
static CONSTANTS: [AtomicU64; 257] = [const { AtomicU64::new(0) }; 257];

/// The immortal str of a Latin-1 character, or the empty one at 256.
pub(super) fn constant(i: usize) -> Gc<Str> {
    let w = CONSTANTS[i].load(Ordering::Acquire);
    if w == 0 {
        return make_constant(i);
    }
    // SAFETY: an immortal str.
    unsafe { Gc::from_value(Value::from_word(Word(w))) }
}

#[cold]
fn make_constant(i: usize) -> Gc<Str> {
    let bytes = [i as u8];
    let data: &[u8] = if i == 256 { &[] } else { &bytes };
    // SAFETY: the units are written.
    let made = unsafe {
        Str::try_build(crate::ids::STR, data.len(), 1, data.is_ascii(), 0, |p| std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len()))
    };
    let s = match made {
        Ok(s) => intern_immortal(s),
        Err(super::NoMemory) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<Str>()),
    };
    CONSTANTS[i].store(s.word().0, Ordering::Release);
    // SAFETY: interned strs are strs.
    unsafe { Gc::from_value(s) }
}

/// The interned str equal to `s`. It lives for ever.
pub fn intern_immortal(s: Gc<Str>) -> Value {
    if s.is_interned() {
        return s.into_value();
    }
    let key = (s.width() as u8, Box::from(s.raw()));
    let w = *TABLE.entry(key).or_insert_with(|| {
        s.hash();
        s.header().make_immortal();
        s.interned.store(1, Ordering::Release);
        s.value().word().0
    });
    // SAFETY: immortal strs.
    unsafe { Value::from_word(Word(w)) }
}

/// The interned str equal to `s`, if there is one.
pub fn find_interned(s: &Str) -> Option<Value> {
    if s.is_interned() {
        return Some(s.to_value());
    }
    let w = *TABLE.get(&(s.width() as u8, Box::from(s.raw())))?;
    // SAFETY: immortal strs.
    Some(unsafe { Value::from_word(Word(w)) })
}

/// `sys.intern` and attribute names: the interned str of an exact str.
pub fn intern(v: Value) -> Value {
    match v.as_ref().exact::<Str>() {
        Some(s) if s.is_interned() => v,
        // SAFETY: it is a str.
        Some(_) => intern_immortal(unsafe { Gc::from_value(v) }),
        None => v,
    }
}
