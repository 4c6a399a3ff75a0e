//! Counting over real threads: deaths happen exactly once, at the right time, whoever drops last.

use crate::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

const PAIR: u32 = 77;
static DEATHS: AtomicUsize = AtomicUsize::new(0);
static SERIAL: std::sync::Mutex<()> = std::sync::Mutex::new(());

struct Pair(Field, Field);
// SAFETY: visits both fields.
unsafe impl Payload for Pair {
    const TYPE_ID: u32 = PAIR;
    const WALK: Walk = Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.0.peek());
        visit(self.1.peek());
    }
}
impl Drop for Pair {
    fn drop(&mut self) {
        DEATHS.fetch_add(1, SeqCst);
    }
}
static KIND: Kind = Kind { destroy: destroy_payload::<Pair>, traverse: traverse_payload::<Pair>, walk: Walk::Racy };

fn attached<R>(f: impl FnOnce() -> R) -> R {
    TYPES[PAIR as usize].store(&KIND as *const Kind as *mut Kind, std::sync::atomic::Ordering::SeqCst);
    let s = sync::threads::attach_new_thread();
    local::enter(s.id);
    let r = f();
    local::leave();
    sync::threads::detach_and_release(s);
    r
}

fn pair(a: Value, b: Value) -> Gc<Pair> {
    alloc(Pair(Field::new(a), Field::new(b)))
}

#[test]
fn prompt_death_and_deep_chains() {
    let _serial = SERIAL.lock();
    attached(|| {
        DEATHS.store(0, SeqCst);
        let p = pair(Value::NONE, Value::small_int(3));
        let q = p.clone();
        assert!(!q.value().as_ref().header().unwrap().is_unique());
        drop(p);
        assert_eq!(DEATHS.load(SeqCst), 0);
        assert!(q.value().as_ref().header().unwrap().is_unique());
        drop(q);
        assert_eq!(DEATHS.load(SeqCst), 1);
        let mut chain = Value::NONE;
        for _ in 0..200_000 {
            chain = pair(chain, Value::TRUE).into_value();
        }
        drop(chain);
        assert_eq!(DEATHS.load(SeqCst), 200_001);
    });
}

#[test]
fn memory_is_reused() {
    let _serial = SERIAL.lock();
    attached(|| {
        let a = pair(Value::NONE, Value::NONE).into_value();
        let at = a.word();
        drop(a);
        assert_eq!(pair(Value::NONE, Value::NONE).into_value().word(), at);
    });
}

#[test]
fn a_detached_owner_holds_up_nobody() {
    let _serial = SERIAL.lock();
    attached(|| {
        DEATHS.store(0, SeqCst);
        let values: Vec<SendValue> = (0..1000).map(|_| SendValue::new(pair(Value::NONE, Value::NONE).into_value())).collect();
        sync::threads::while_detached(|| {
            std::thread::scope(|s| {
                s.spawn(|| attached(|| values.into_iter().for_each(|v| drop(v.into_value()))));
            });
        });
        assert_eq!(DEATHS.load(SeqCst), 1000);
    });
}

#[test]
fn racing_readers_and_a_writer() {
    let _serial = SERIAL.lock();
    attached(|| {
        DEATHS.store(0, SeqCst);
        let shared = pair(pair(Value::small_int(0), Value::small_int(0)).into_value(), Value::NONE);
        let made = AtomicUsize::new(2);
        let handles: Vec<SendValue> = (0..3).map(|_| SendValue::new(shared.clone().into_value())).collect();
        sync::threads::while_detached(|| {
            std::thread::scope(|s| {
                for (n, v) in handles.into_iter().enumerate() {
                    let made = &made;
                    let v = std::sync::Mutex::new(Some(v));
                    s.spawn(move || {
                        attached(|| {
                            let slot = sync::threads::current().unwrap();
                            let v = v.lock().unwrap().take().unwrap().into_value();
                            // SAFETY: made as a Pair.
                            let p: Gc<Pair> = unsafe { Gc::from_value(v) };
                            for i in 0..20_000i64 {
                                if n == 0 {
                                    let new = pair(Value::small_int(i), Value::small_int(i)).into_value();
                                    made.fetch_add(1, SeqCst);
                                    let old = {
                                        let _g = sync::critical::Guard::new(p.header().lock_byte());
                                        p.0.swap(new)
                                    };
                                    drop(old);
                                } else {
                                    let v = p.0.load(p.header());
                                    let q = v.as_ref().exact::<Pair>().expect("a pair");
                                    assert_eq!(q.0.peek(), q.1.peek());
                                }
                                if sync::safepoint::pending(slot) {
                                    sync::safepoint::safepoint(slot);
                                    merge::drain_current();
                                }
                            }
                        })
                    });
                }
            });
        });
        drop(shared);
        merge::drain_current();
        // Some were promoted: they wait for a stop.
        let pending = {
            let world = sync::safepoint::stop_the_world();
            merge::drain_all(&world);
            deferred::reclaim(&world, &Default::default(), |_| None)
        };
        for h in pending {
            // SAFETY: given back by `reclaim`, once.
            unsafe { deferred::destroy(h) };
        }
        assert_eq!(DEATHS.load(SeqCst), made.load(SeqCst));
    });
}
