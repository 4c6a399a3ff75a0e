//! Tests over real threads. They run side by side in one process and share one registry, so that a stop of the world
//! in one test falls into all the others: whoever is attached here comes to safepoints and waits detached.

use crate::critical::{Guard, Guard2};
use crate::event::{Event, RawLock, Waited};
use crate::mutex::Mutex;
use crate::park::{self, ParkResult};
use crate::prim::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use crate::safepoint::{self, handshake, stop_the_world};
use crate::threads::{self, Slot, while_detached};
use crate::{lock, qsbr, version};
use std::cell::UnsafeCell;
use std::collections::HashSet;
use std::ptr;
use std::thread;
use std::time::{Duration, Instant};

/// A plain value that only correct locking keeps free of races.
struct Plain(UnsafeCell<u64>);
// SAFETY: what the tests are about.
unsafe impl Sync for Plain {}
impl Plain {
    const fn new() -> Self {
        Plain(UnsafeCell::new(0))
    }
    fn bump(&self) {
        // SAFETY: the caller holds the lock under test.
        unsafe { *self.0.get() += 1 };
    }
    fn get(&self) -> u64 {
        // SAFETY: the caller holds the lock under test, or all threads are done.
        unsafe { *self.0.get() }
    }
}

/// Runs `f` with a slot, attached.
fn registered<R>(f: impl FnOnce(&'static Slot) -> R) -> R {
    struct End(&'static Slot);
    impl Drop for End {
        fn drop(&mut self) {
            threads::detach_and_release(self.0);
        }
    }
    let s = threads::attach_new_thread();
    let _end = End(s);
    f(s)
}

fn poll(s: &Slot) {
    if safepoint::pending(s) {
        safepoint::safepoint(s);
    }
}

/// Small numbers that differ from thread to thread.
struct Dice(u64);
impl Dice {
    fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }
    fn roll(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn mutex_excludes() {
    static M: Mutex<u64> = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    *M.lock() += 1;
                }
            });
        }
    });
    assert_eq!(*M.lock(), 80_000);
}

#[test]
fn object_lock_excludes_and_keeps_foreign_bits() {
    static LOCK: AtomicU8 = AtomicU8::new(0b1010_0000);
    static DATA: Plain = Plain::new();
    thread::scope(|scope| {
        for t in 0..4 {
            scope.spawn(move || {
                registered(|s| {
                    for i in 0..20_000 {
                        let _guard = Guard::new(&LOCK);
                        DATA.bump();
                        if i % 1024 == t {
                            thread::yield_now();
                        }
                        drop(_guard);
                        poll(s);
                    }
                });
            });
        }
        // Threads without a slot may lock too.
        scope.spawn(|| {
            for _ in 0..20_000 {
                lock::lock(&LOCK);
                DATA.bump();
                lock::unlock(&LOCK);
            }
        });
    });
    assert_eq!(DATA.get(), 100_000);
    assert_eq!(LOCK.load(Ordering::Relaxed), 0b1010_0000);
}

#[test]
fn object_lock_is_handed_over_in_the_end() {
    // One thread never lets the byte be free for longer than an instant; the other must get it all the same.
    static LOCK: AtomicU8 = AtomicU8::new(0);
    static DONE: AtomicBool = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !DONE.load(Ordering::Relaxed) {
                let _guard = Guard::new(&LOCK);
                let until = Instant::now() + Duration::from_micros(50);
                while Instant::now() < until {}
            }
        });
        let begun = Instant::now();
        for _ in 0..50 {
            let _guard = Guard::new(&LOCK);
        }
        DONE.store(true, Ordering::Relaxed);
        assert!(begun.elapsed() < Duration::from_secs(10), "starved: {:?}", begun.elapsed());
    });
}

#[test]
fn two_locks_do_not_deadlock() {
    static LOCKS: [AtomicU8; 3] = [const { AtomicU8::new(0) }; 3];
    static SUM: [Plain; 3] = [const { Plain::new() }; 3];
    thread::scope(|scope| {
        for t in 0..3 {
            scope.spawn(move || {
                registered(|s| {
                    let mut dice = Dice::new(t + 1);
                    for _ in 0..10_000 {
                        let (a, b) = (dice.roll(3) as usize, dice.roll(3) as usize);
                        let guard = Guard2::new(&LOCKS[a], &LOCKS[b]);
                        SUM[a].bump();
                        SUM[b].bump();
                        drop(guard);
                        poll(s);
                    }
                });
            });
        }
    });
    assert_eq!(SUM.iter().map(Plain::get).sum::<u64>(), 60_000);
    assert!(LOCKS.iter().all(|l| l.load(Ordering::Relaxed) == 0));
}

#[test]
fn parking_results() {
    let place = 0u8;
    let addr = ptr::from_ref(&place).addr();
    assert_eq!(park::park(addr, || false, None), ParkResult::Invalid);
    let begun = Instant::now();
    assert_eq!(park::park(addr, || true, Some(Duration::from_millis(20))), ParkResult::TimedOut);
    assert!(begun.elapsed() >= Duration::from_millis(20));
    assert_eq!(park::park(addr, || true, Some(Duration::ZERO)), ParkResult::TimedOut);
    let result = park::unpark_one(addr, |r| {
        assert!(!r.unparked && !r.more_waiters);
        7
    });
    assert!(!result.unparked);
    assert_eq!(park::unpark_all(addr), 0);
    assert!(park::deadline(Duration::MAX).is_none());
}

#[test]
fn parking_is_first_come_first_served() {
    let place = 0u8;
    let addr = ptr::from_ref(&place).addr();
    let queued = AtomicUsize::new(0);
    let order = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for i in 0..4 {
            let (queued, order) = (&queued, &order);
            scope.spawn(move || {
                let validate = || {
                    queued.fetch_add(1, Ordering::Relaxed);
                    true
                };
                let ParkResult::Unparked(token) = park::park(addr, validate, None) else { panic!() };
                order.lock().push((i, token));
            });
            while queued.load(Ordering::Relaxed) <= i {
                thread::yield_now();
            }
        }
        for n in 0..4 {
            let r = park::unpark_one(addr, |r| {
                assert_eq!(r.more_waiters, n < 3);
                100 + n
            });
            assert!(r.unparked);
            while order.lock().len() <= n {
                thread::yield_now();
            }
        }
    });
    assert_eq!(*order.lock(), [(0, 100), (1, 101), (2, 102), (3, 103)]);
}

#[test]
fn parking_loses_no_wakeup() {
    // A token passed round by parking; timeouts and nudges rain on it.
    static TURN: AtomicU32 = AtomicU32::new(0);
    static DONE: AtomicBool = AtomicBool::new(false);
    let addr = ptr::from_ref(&TURN).addr();
    let slots = Mutex::new(Vec::new());
    let ready = AtomicUsize::new(0);
    thread::scope(|scope| {
        let ring: Vec<_> = (0..3u32)
            .map(|me| {
                let (slots, ready) = (&slots, &ready);
                scope.spawn(move || {
                    registered(|s| {
                        slots.lock().push(s);
                        ready.fetch_add(1, Ordering::Release);
                        for round in 0..3_000u32 {
                            while TURN.load(Ordering::Acquire) != round * 3 + me {
                                let before = TURN.load(Ordering::Acquire);
                                if before == round * 3 + me {
                                    break;
                                }
                                let timeout = (round % 7 == 0).then_some(Duration::from_micros(30));
                                let unchanged = || TURN.load(Ordering::Relaxed) == before;
                                while_detached(|| park::park(addr, unchanged, timeout));
                                safepoint::take(s, safepoint::SIGNAL);
                                poll(s);
                            }
                            TURN.fetch_add(1, Ordering::Release);
                            park::unpark_all(addr);
                        }
                    });
                })
            })
            .collect();
        while ready.load(Ordering::Acquire) < 3 {
            thread::yield_now();
        }
        let victims = slots.lock().clone();
        scope.spawn(move || {
            while !DONE.load(Ordering::Relaxed) {
                for s in &victims {
                    safepoint::wake_slot(s);
                }
                thread::sleep(Duration::from_micros(20));
            }
        });
        for t in ring {
            t.join().unwrap();
        }
        DONE.store(true, Ordering::Relaxed);
    });
    assert_eq!(TURN.load(Ordering::Relaxed), 9_000);
}

#[test]
fn signals_interrupt_waits() {
    let raw = RawLock::new();
    assert_eq!(raw.acquire(None, false), Waited::Done);
    let event = Event::new();
    let waiter = AtomicPtr::new(ptr::null_mut());
    thread::scope(|scope| {
        let t = scope.spawn(|| {
            registered(|s| {
                waiter.store(ptr::from_ref(s).cast_mut(), Ordering::Release);
                for interrupted in 0..200 {
                    let w = if interrupted % 2 == 0 { raw.acquire(None, true) } else { event.wait(None, true) };
                    assert_eq!(w, Waited::Interrupted);
                    // As long as the bit is up, waiting is refused.
                    assert_eq!(raw.acquire(None, true), Waited::Interrupted);
                    // But not for those who may not be interrupted.
                    assert_eq!(raw.acquire(Some(Duration::from_micros(50)), false), Waited::TimedOut);
                    assert_eq!(safepoint::take(s, safepoint::SIGNAL), safepoint::SIGNAL);
                }
            });
        });
        while !t.is_finished() {
            // SAFETY: null, or a slot, which is never freed.
            if let Some(s) = unsafe { waiter.load(Ordering::Acquire).as_ref() } {
                safepoint::wake_slot(s);
            }
            thread::sleep(Duration::from_micros(100));
        }
        t.join().unwrap();
    });
    assert!(raw.release());
    assert!(!raw.release());
}

#[test]
fn python_lock() {
    static RAW: RawLock = RawLock::new();
    static DATA: Plain = Plain::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                registered(|s| {
                    let mut dice = Dice::new(s.id as u64);
                    let mut n = 0;
                    while n < 5_000 {
                        let timeout = (dice.roll(3) == 0).then(|| Duration::from_micros(dice.roll(40)));
                        if RAW.acquire(timeout, false) == Waited::Done {
                            DATA.bump();
                            n += 1;
                            assert!(RAW.release());
                        } else {
                            assert!(timeout.is_some());
                        }
                        poll(s);
                    }
                });
            });
        }
    });
    assert_eq!(DATA.get(), 20_000);
    assert!(!RAW.is_locked());
    assert_eq!(RAW.0.load(Ordering::Relaxed) & lock::WAITERS, 0);
}

#[test]
fn events() {
    let event = Event::new();
    assert_eq!(event.wait(Some(Duration::from_millis(5)), false), Waited::TimedOut);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| registered(|_| assert_eq!(event.wait(None, false), Waited::Done)));
        }
        thread::sleep(Duration::from_millis(10));
        event.set();
    });
    assert!(event.is_set());
    assert_eq!(event.wait(Some(Duration::ZERO), false), Waited::Done);
    event.clear();
    assert!(!event.is_set());
    // Set and clear race with waiting; each set must be noticed by whoever waited before it.
    let pings = AtomicUsize::new(0);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..2_000 {
                assert_eq!(event.wait(None, false), Waited::Done);
                event.clear();
                pings.fetch_add(1, Ordering::Relaxed);
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            event.set();
            thread::yield_now();
        }
    });
    assert_eq!(pings.load(Ordering::Relaxed), 2_000);
}

/// What the workers of the stop tests do: be inside, where nobody may be while the world is stopped.
fn worker(inside: &AtomicUsize, data: &Plain, done: &AtomicBool, seed: u64) {
    let mut dice = Dice::new(seed);
    while !done.load(Ordering::Relaxed) {
        // Short lives, so that births and deaths fall into stops.
        registered(|s| {
            for _ in 0..dice.roll(2_000) {
                inside.fetch_add(1, Ordering::Relaxed);
                std::hint::black_box(data.get());
                inside.fetch_sub(1, Ordering::Relaxed);
                match dice.roll(20) {
                    0 => while_detached(|| {
                        if dice.roll(10) == 0 {
                            thread::sleep(Duration::from_micros(30));
                        }
                    }),
                    1 => {
                        safepoint::safepoint(s);
                    }
                    _ => poll(s),
                }
            }
        });
    }
}

#[test]
fn a_stopped_world_stands_still() {
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    static DATA: Plain = Plain::new();
    static DONE: AtomicBool = AtomicBool::new(false);
    static STOPPERS: AtomicUsize = AtomicUsize::new(3);
    thread::scope(|scope| {
        for t in 0..3 {
            scope.spawn(move || worker(&INSIDE, &DATA, &DONE, t + 1));
        }
        for t in 0..3 {
            scope.spawn(move || {
                let stop = |n| {
                    for i in 0..n {
                        let world = stop_the_world();
                        assert!(safepoint::is_world_stopped());
                        assert_eq!(INSIDE.load(Ordering::Relaxed), 0);
                        let me = threads::current_id();
                        threads::for_each_slot(|s| assert!(s.id == me || !s.is_attached()));
                        // A plain write: nobody reads it now.
                        DATA.bump();
                        if i % 16 == 0 {
                            thread::sleep(Duration::from_micros(50));
                        }
                        assert_eq!(INSIDE.load(Ordering::Relaxed), 0);
                        drop(world);
                        if let Some(s) = threads::current() {
                            poll(s);
                        }
                    }
                };
                // One of the stoppers has no slot.
                if t == 0 {
                    stop(300);
                } else {
                    registered(|_| stop(300));
                }
                if STOPPERS.fetch_sub(1, Ordering::Relaxed) == 1 {
                    DONE.store(true, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(DATA.get(), 900);
    let stats = safepoint::stop_stats();
    assert!(stats.stops >= 900 && stats.stopped_ns >= stats.stopped_max_ns && stats.stopping_max_ns > 0);
}

#[test]
fn claiming_excludes_the_owner() {
    static DONE: AtomicBool = AtomicBool::new(false);
    static CLAIMS: AtomicUsize = AtomicUsize::new(0);
    struct Shared {
        slot: AtomicPtr<Slot>,
        data: Plain,
    }
    static OWNERS: [Shared; 2] = [const { Shared { slot: AtomicPtr::new(ptr::null_mut()), data: Plain::new() } }; 2];
    let mut total = 0;
    thread::scope(|scope| {
        let owners: Vec<_> = OWNERS
            .iter()
            .map(|shared| {
                scope.spawn(move || {
                    registered(|s| {
                        shared.slot.store(ptr::from_ref(s).cast_mut(), Ordering::Release);
                        for i in 0..30_000u64 {
                            shared.data.bump();
                            poll(s);
                            while_detached(|| {
                                if i % 64 == 0 {
                                    thread::yield_now();
                                }
                            });
                        }
                        // Nobody else may own this slot while the others still use it.
                        while_detached(|| {
                            while !DONE.load(Ordering::Acquire) {
                                thread::yield_now();
                            }
                        });
                    });
                    30_000
                })
            })
            .collect();
        let claimers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut mine = 0;
                    while mine < 2_000 {
                        for shared in &OWNERS {
                            // SAFETY: null, or a slot.
                            let Some(s) = (unsafe { shared.slot.load(Ordering::Acquire).as_ref() }) else { continue };
                            if let Some(claim) = threads::claim(s) {
                                assert!(threads::claim(s).is_none());
                                assert!(ptr::eq(claim.slot(), s));
                                shared.data.bump();
                                mine += 1;
                            }
                        }
                    }
                    CLAIMS.fetch_add(mine as usize, Ordering::Relaxed);
                    mine
                })
            })
            .collect();
        for t in claimers {
            total += t.join().unwrap();
        }
        DONE.store(true, Ordering::Release);
        for t in owners {
            total += t.join().unwrap();
        }
    });
    assert_eq!(OWNERS.iter().map(|o| o.data.get()).sum::<u64>(), total);
}

#[test]
fn handshakes_visit_everybody_once() {
    static INSIDE: AtomicUsize = AtomicUsize::new(0);
    static DATA: Plain = Plain::new();
    static DONE: AtomicBool = AtomicBool::new(false);
    static REQUESTERS: AtomicUsize = AtomicUsize::new(2);
    thread::scope(|scope| {
        for t in 0..3 {
            scope.spawn(move || worker(&INSIDE, &DATA, &DONE, t + 11));
        }
        for _ in 0..2 {
            scope.spawn(|| {
                registered(|me| {
                    for i in 0..300 {
                        let visited = Mutex::new(HashSet::new());
                        let known = threads::highest_id();
                        handshake(|s| {
                            assert!(visited.lock().insert(s.id), "visited twice");
                            let owner = threads::current_id() == s.id && s.is_attached();
                            let claimed = s.state.load(Ordering::Relaxed) & threads::CLAIMED != 0;
                            assert!(owner || claimed);
                        });
                        let visited = visited.lock();
                        assert!(visited.contains(&me.id));
                        assert!((1..=known).all(|id| visited.contains(&id)));
                        if i % 8 == 0 {
                            drop(stop_the_world());
                        }
                        poll(me);
                    }
                });
                if REQUESTERS.fetch_sub(1, Ordering::Relaxed) == 1 {
                    DONE.store(true, Ordering::Relaxed);
                }
            });
        }
    });
}

#[test]
fn a_panic_in_a_handshake_is_the_requesters() {
    registered(|_| {
        let me = threads::current_id();
        let r = std::panic::catch_unwind(|| {
            handshake(|s| {
                if s.id == me {
                    panic!("expected");
                }
            });
        });
        assert!(r.is_err());
        // The coordinator is free again.
        drop(stop_the_world());
    });
}

const LIVE: u64 = 0x5afe_5afe_5afe_5afe;
static FREED: AtomicUsize = AtomicUsize::new(0);

/// # Safety
/// As `retire` wants it; `p` is a `Box<[u64; 4]>`.
unsafe fn free_canary(p: *mut u8, size: usize) {
    assert_eq!(size, 32);
    // SAFETY: the box is unlinked and its grace period over.
    unsafe {
        let p = p.cast::<[u64; 4]>();
        assert_eq!(*p, [LIVE; 4], "freed twice");
        p.write([0xdead; 4]);
        drop(Box::from_raw(p));
    }
    FREED.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn retired_memory_outlives_its_readers() {
    static CELL: AtomicPtr<[u64; 4]> = AtomicPtr::new(ptr::null_mut());
    static DONE: AtomicBool = AtomicBool::new(false);
    let new = || Box::into_raw(Box::new([LIVE; 4]));
    CELL.store(new(), Ordering::Release);
    let mut retired = 0;
    let before = FREED.load(Ordering::Relaxed);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|t| {
                scope.spawn(move || {
                    let mut dice = Dice::new(t + 5);
                    while !DONE.load(Ordering::Relaxed) {
                        registered(|s| {
                            for _ in 0..3_000 {
                                let p = CELL.load(Ordering::Acquire);
                                for i in 0..1 + dice.roll(4) as usize {
                                    // SAFETY: read since the last quiescent state.
                                    assert_eq!(unsafe { (*p)[i] }, LIVE);
                                }
                                match dice.roll(30) {
                                    0 => while_detached(thread::yield_now),
                                    1 => {
                                        safepoint::safepoint(s);
                                    }
                                    _ => poll(s),
                                }
                            }
                        });
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..2)
            .map(|t| {
                scope.spawn(move || {
                    let mut n = 0;
                    // One writer ends now and then and leaves orphans.
                    for _ in 0..if t == 0 { 1 } else { 20 } {
                        registered(|s| {
                            for _ in 0..if t == 0 { 40_000 } else { 2_000 } {
                                let old = CELL.swap(new(), Ordering::AcqRel);
                                // SAFETY: swapped out by us alone.
                                unsafe { qsbr::retire(old.cast(), 32, free_canary) };
                                n += 1;
                                poll(s);
                            }
                        });
                    }
                    n
                })
            })
            .collect();
        for t in writers {
            retired += t.join().unwrap();
        }
        DONE.store(true, Ordering::Relaxed);
        for t in readers {
            t.join().unwrap();
        }
    });
    assert_eq!(retired, 80_000);
    // The other tests retire nothing, but they stop and go; in the end all is free.
    registered(|_| {
        qsbr::flush();
        let world = stop_the_world();
        qsbr::reclaim_stopped(&world);
    });
    // A retire by a thread without a slot is an orphan at once.
    // SAFETY: nobody else has seen it.
    unsafe { qsbr::retire(new().cast(), 32, free_canary) };
    registered(|_| {
        let world = stop_the_world();
        qsbr::reclaim_stopped(&world);
    });
    assert_eq!(FREED.load(Ordering::Relaxed) - before, retired + 1);
}

#[test]
fn version_tags_are_unique() {
    let all = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        for t in 0..4 {
            let all = &all;
            scope.spawn(move || {
                let draw = || (0..3_000).map(|_| version::next_version()).collect::<Vec<_>>();
                let mine = if t == 0 { draw() } else { registered(|_| draw()) };
                let mut all = all.lock();
                for v in mine {
                    assert!(v != 0 && all.insert(v));
                }
            });
        }
    });
}
