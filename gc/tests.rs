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

struct NoRegisters;
impl search::Roots for NoRegisters {
    fn delta_id(&self, _h: &Header) -> Option<u32> {
        None
    }
    fn registers(&self, _slot: &sync::threads::Slot, _f: &mut dyn FnMut(Word)) {}
}

/// One collection by the calling thread, beside the others; how many cells.
fn collect_beside(scope: pace::Scope) -> usize {
    let slot = sync::threads::current().unwrap();
    let turn = search::turn();
    let access = search::Access::Beside(slot);
    let found = search::find(&turn, access, &NoRegisters, scope).expect("nobody cancels");
    let mut s = snapshot::Snapshot::of(&found.cells, access, &NoRegisters, &found.sums, 0);
    search::end();
    let components = s.filter(Some(found.tables));
    let mut garbage = Vec::new();
    s.confirm(&components, &NoRegisters, |c| {
        // SAFETY: just confirmed.
        unsafe { cycles::hold(&turn, &c) };
        garbage.extend(c);
    });
    drop(turn);
    // SAFETY: confirmed, held and hidden; there are no weak references and no types.
    unsafe { cycles::free(&garbage, || {}) };
    garbage.len()
}

/// A ring of `n` pairs that nothing refers to.
fn drop_ring(n: usize) {
    let first = pair(Value::NONE, Value::NONE);
    let mut last = first.clone().into_value();
    for _ in 1..n {
        last = pair(last, Value::TRUE).into_value();
    }
    first.0.swap(last);
}

#[test]
fn rings_are_found_whole() {
    let _serial = SERIAL.lock();
    attached(|| {
        DEATHS.store(0, SeqCst);
        let kept = pair(pair(Value::NONE, Value::NONE).into_value(), Value::NONE);
        for n in [1, 2, 3, 1000, 30_000] {
            drop_ring(n);
        }
        assert_eq!(collect_beside(pace::Scope::Young), 31_006);
        assert_eq!(DEATHS.load(SeqCst), 31_006);
        assert_eq!(collect_beside(pace::Scope::Full), 0);
        assert!(kept.0.peek().is_pointer());
        drop(kept);
        assert_eq!(DEATHS.load(SeqCst), 31_008);
    });
}

#[test]
fn searches_beside_mutators() {
    let _serial = SERIAL.lock();
    attached(|| {
        DEATHS.store(0, SeqCst);
        let made = AtomicUsize::new(0);
        let running = AtomicUsize::new(2);
        let mut collected = 0;
        std::thread::scope(|s| {
            for seed in 0..2u64 {
                let (made, running) = (&made, &running);
                s.spawn(move || {
                    attached(|| {
                        let slot = sync::threads::current().unwrap();
                        // Live pairs, whose references move about without being counted.
                        let live: Vec<Gc<Pair>> = (0..64).map(|_| pair(Value::NONE, Value::NONE)).collect();
                        let treasure = pair(Value::small_int(7), Value::small_int(7));
                        live[0].0.swap(treasure.into_value());
                        let (mut at, mut n) = (0usize, seed);
                        for round in 0..60_000 {
                            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                            let to = (n >> 40) as usize % live.len();
                            let moved = live[at].0.take();
                            drop(live[to].0.swap(moved));
                            at = to;
                            if round % 8 == 0 {
                                drop_ring(1 + round % 5);
                                made.fetch_add(1 + round % 5, SeqCst);
                            }
                            if sync::safepoint::pending(slot) {
                                sync::safepoint::safepoint(slot);
                                merge::drain_current();
                            }
                        }
                        let v = live[at].0.load(live[at].header());
                        assert_eq!(v.as_ref().exact::<Pair>().expect("the treasure").1.peek(), Word::from_small_int(7));
                        made.fetch_add(live.len() + 1, SeqCst);
                        drop(v);
                        drop(live);
                        running.fetch_sub(1, SeqCst);
                    })
                });
            }
            while running.load(SeqCst) > 0 {
                collected += collect_beside(pace::Scope::Full);
                collected += collect_beside(pace::Scope::Young);
            }
        });
        collected += collect_beside(pace::Scope::Full);
        assert!(collected > 0);
        assert_eq!(DEATHS.load(SeqCst), made.load(SeqCst));
    });
}
