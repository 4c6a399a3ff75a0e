//! What happens around an object's death that may run Python code: finalisers and weakref callbacks wait in queues until someone who holds
//! `&mut Cx` drains them. Weak references themselves live in a side table keyed by the referent.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::type_::type_of;
use dashmap::DashMap;
use gc::{Header, Payload, Ref, Reg, SendValue, Value, Word, flag};
use std::cell::RefCell;
use std::sync::LazyLock;
use sync::prim::{AtomicU64, Ordering};

/// Payload of `weakref.ReferenceType` and the proxies.
///
/// States of `target`: the referent's address, or 0 once it is dead. It is cleared by the dying referent's thread under the side table's shard
/// lock, and read under the same lock by upgrades: an upgrade that finds an address may look at that header, because the memory is given
/// back only after the table has been cleared.
#[repr(C)]
pub struct WeakRef {
    target: AtomicU64,
    /// Called with the reference when the referent dies; unbound when there is none (any more).
    pub callback: gc::Field,
    /// Cached hash, 0 = none; -1 is stored as -2 by `hash`, so 0 is told apart by `hashed`.
    pub hash: AtomicU64,
}
// SAFETY: visits the callback; the target is not counted.
unsafe impl Payload for WeakRef {
    const TYPE_ID: u32 = crate::ids::WEAKREF;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.callback.peek());
    }
}

/// Takes a reference to a cell whose memory is there but which may be dead or dying, or garbage that the collector has hidden.
fn take(h: &Header) -> bool {
    let flags = h.flags_acquire();
    if flags & flag::DEFERRED != 0 {
        // Its count may be zero while registers and functions refer to it. Its end is decided in a stop, which takes the flag away.
        h.incref();
        return true;
    }
    if flags & flag::PENDING != 0 {
        return false;
    }
    if h.owner() == sync::threads::current_id() && h.owner() != 0 {
        h.count() > 0 && {
            h.incref();
            true
        }
    } else {
        h.try_incref()
    }
}

/// Weak references by the referent's address: addresses of the WeakRef payloads, not counted.
static TABLE: LazyLock<DashMap<usize, Vec<usize>>> = LazyLock::new(DashMap::new);

thread_local! {
    static CALLBACKS: RefCell<Vec<(SendValue, SendValue)>> = const { RefCell::new(Vec::new()) };
}

impl WeakRef {
    /// The payload of a reference to `target`, to be registered with [`register`] once it is in its cell.
    pub fn payload(target: &Header, callback: Value) -> WeakRef {
        WeakRef { target: AtomicU64::new(target as *const Header as u64), callback: gc::Field::new(callback), hash: AtomicU64::new(0) }
    }
    /// The referent, if it is alive.
    pub fn upgrade(&self) -> Option<Value> {
        loop {
            let at = self.target.load(Ordering::Acquire) as usize;
            if at == 0 {
                return None;
            }
            // The shard's lock keeps the referent's memory from being given back.
            let _shard = TABLE.get(&at);
            if self.target.load(Ordering::Acquire) as usize != at {
                continue;
            }
            // SAFETY: see above.
            let h = unsafe { &*(at as *const Header) };
            let alive = take(h);
            // SAFETY: the reference was just taken.
            return if alive { Some(unsafe { Value::from_raw(h) }) } else { None };
        }
    }
    /// Whether the referent has died (or is dying).
    pub fn is_dead(&self) -> bool {
        self.target.load(Ordering::Acquire) == 0
    }
    /// Address of the referent, 0 when dead: for `repr`.
    pub fn address(&self) -> u64 {
        self.target.load(Ordering::Acquire)
    }
}

impl Drop for WeakRef {
    fn drop(&mut self) {
        let at = *self.target.get_mut() as usize;
        let me = self as *const WeakRef as usize;
        if at != 0 {
            if let Some(mut list) = TABLE.get_mut(&at) {
                list.retain(|w| *w != me);
            }
            TABLE.remove_if(&at, |_, l| l.is_empty());
        }
    }
}

/// Registers a weak reference whose cell exists now.
pub fn register(w: &WeakRef) {
    let _ = register_or_find(w, |_| false);
}

/// As `register`, unless there is a live one that satisfies `f`: then gives that back and `w` stays unknown. Looking and registering are one step.
pub fn register_or_find(w: &WeakRef, f: impl Fn(Ref<'_>) -> bool) -> Option<Value> {
    let at = w.target.load(Ordering::Relaxed) as usize;
    // SAFETY: the caller holds the referent.
    let h = unsafe { &*(at as *const Header) };
    h.show();
    // The reference itself is found by others through the table, before it is known whether it lives: its owner's last drop must look again.
    w.header().show();
    let found = {
        let mut list = TABLE.entry(at).or_default();
        let found = find_in(&list, f);
        if found.is_none() {
            list.push(w as *const WeakRef as usize);
        }
        found
    };
    if found.is_none() {
        h.set_flags(flag::HAS_WEAKREF);
    }
    drop_later();
    found
}

/// A live weak reference to `target` that satisfies `f`: references without callback are shared.
pub fn find_weakref(target: &Header, f: impl Fn(Ref<'_>) -> bool) -> Option<Value> {
    find_in(&TABLE.get(&(target as *const Header as usize))?, f)
}

/// The search of `find_weakref`, by someone who holds the list's shard; `drop_later` is to be called when it is let go.
fn find_in(list: &[usize], f: impl Fn(Ref<'_>) -> bool) -> Option<Value> {
    for w in list.iter() {
        // SAFETY: a WeakRef takes itself off the list before its memory is given back, under this shard's lock.
        let p = unsafe { &*(*w as *const WeakRef) };
        let h = p.header();
        let alive = take(h);
        if alive {
            // SAFETY: the reference was just taken.
            let v = unsafe { Value::from_raw(h) };
            if f(v.as_ref()) {
                return Some(v);
            }
            // Dropped after the shard is let go, since its death would need the shard.
            LATER.with_borrow_mut(|l| l.push(SendValue::new(v)));
        }
    }
    None
}

thread_local! {
    static LATER: RefCell<Vec<SendValue>> = const { RefCell::new(Vec::new()) };
}

/// Drops references that were taken under a shard's lock; after it has been let go.
pub fn drop_later() {
    let v = LATER.with_borrow_mut(std::mem::take);
    v.into_iter().for_each(|s| drop(s.into_value()));
}

/// How many weak references there are to an object, and each of them.
pub fn weakrefs_of(target: &Header) -> Vec<Value> {
    let out = RefCell::new(Vec::new());
    let _ = find_weakref(target, |r| {
        out.borrow_mut().push(r.to_value());
        false
    });
    drop_later();
    out.into_inner()
}

/// `obj.__weakref__`.
pub fn first_weakref(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let found = v.header().and_then(|h| find_weakref(h, |_| true));
    drop_later();
    Ok(found.unwrap_or(Value::NONE).into())
}

/// The heap's hook: the referent is dead. Clears its weak references and queues their callbacks.
pub fn clear_weakrefs(h: &Header) {
    clear_some(h, |_| true);
}

/// Clears the weak references to a cell, and queues the callbacks of those that live and for which `call` says so.
fn clear_some(h: &Header, call: impl Fn(&WeakRef) -> bool) {
    let at = h as *const Header as usize;
    let mut taken = Vec::new();
    if let Some(mut list) = TABLE.get_mut(&at) {
        for w in list.drain(..) {
            // SAFETY: a WeakRef takes itself off the list before its memory is given back, under this shard's lock: it has found its target not cleared.
            let p = unsafe { &*(w as *const WeakRef) };
            if call(p) && take(p.header()) {
                // SAFETY: the reference was just taken.
                taken.push(SendValue::new(unsafe { Value::from_raw(p.header()) }));
            }
            p.target.store(0, Ordering::Release);
        }
    }
    TABLE.remove_if(&at, |_, l| l.is_empty());
    let mut queue = Vec::new();
    // The youngest first, as CPython does it.
    for me in taken.into_iter().rev() {
        let me = me.into_value();
        // SAFETY: the cell that the payload was found in.
        let p = unsafe { me.as_ref().cast::<WeakRef>() };
        let callback = p.callback.load(p.header());
        if callback.word() != Word::UNBOUND {
            queue.push((SendValue::new(callback), SendValue::new(me)));
        }
    }
    if !queue.is_empty() {
        CALLBACKS.with_borrow_mut(|c| c.extend(queue));
        gc::local::note_work();
    }
}

/// The collector's part: clears the weak references to a garbage cell, and queues the callbacks of those that are not garbage themselves. The collector
/// holds the cell.
pub fn queue_callbacks(h: &Header, garbage: &gc::snapshot::AddressSet) {
    if h.flags() & flag::HAS_WEAKREF != 0 {
        clear_some(h, |w| w.callback.peek() != Word::UNBOUND && !garbage.contains(&(w.header() as *const Header as usize)));
    }
}

/// Clears the weak references to a cell that is about to be destroyed.
pub fn forget_weakrefs(h: &Header) {
    if h.flags() & flag::HAS_WEAKREF != 0 {
        clear_some(h, |_| false);
    }
}

/// Runs the finalisers and callbacks that wait for this thread. The exception on its way, if any, is kept.
#[cold]
pub fn run_pending(cx: &mut Cx) {
    let kept = cx.raised.take();
    loop {
        let finalisers = gc::local::take_finalisers();
        let callbacks = CALLBACKS.with_borrow_mut(std::mem::take);
        if finalisers.is_empty() && callbacks.is_empty() {
            break;
        }
        for (callback, weak) in callbacks {
            let (callback, weak) = (callback.into_value(), weak.into_value());
            if let Err(e) = crate::protocol::call::positional(cx, callback.as_ref(), &[weak.as_ref()]) {
                cx.unraisable(e, "Exception ignored while calling weakref callback", callback.as_ref());
            }
        }
        for v in finalisers {
            finalise(cx, &v);
        }
    }
    cx.raised = kept;
}

/// Runs an object's finaliser, once.
pub fn finalise(cx: &mut Cx, v: &Value) {
    let Some(h) = v.as_ref().header() else { return };
    if h.set_flags(flag::FINALIZED) & flag::FINALIZED != 0 {
        return;
    }
    if let Some(f) = type_of(v.as_ref()).slots.del()
        && let Err(e) = f(cx, v.as_ref())
    {
        let shown = type_of(v.as_ref()).lookup(crate::names::__del__()).map_or(Value::NONE, Reg::into_value);
        cx.unraisable(e, "Exception ignored while calling deallocator", shown.as_ref());
    }
}

/// A typed weak reference cell as a value.
pub fn as_weakref<'a>(v: Ref<'a>) -> Option<&'a WeakRef> {
    use crate::types::Downcast;
    v.downcast::<WeakRef>()
}
