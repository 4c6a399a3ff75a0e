//! Tests that need the process to themselves, in one function, one after the other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;
use sync::{event::RawLock, fork, park, qsbr, safepoint, threads, version};

#[test]
fn alone() {
    slots_are_reused_lowest_first();
    a_slow_stop_holds_back_births();
    the_child_of_a_fork_works();
    tags_run_out();
}

fn slots_are_reused_lowest_first() {
    assert_eq!(threads::current_id(), 0);
    assert_eq!(threads::live_threads(), 0);
    let me = threads::attach_new_thread();
    assert_eq!((me.id, threads::current_id()), (1, 1));
    // SAFETY: a plain query.
    assert_eq!(me.os_tid.load(Ordering::Relaxed), unsafe { libc::gettid() } as u32);
    let go = AtomicUsize::new(0);
    threads::while_detached(|| {
        thread::scope(|scope| {
            for i in 0..3 {
                let (go, before) = (&go, threads::live_threads());
                scope.spawn(move || {
                    let s = threads::attach_new_thread();
                    assert_eq!(usize::from(s.id), i + 2);
                    threads::detach(s);
                    while go.load(Ordering::Acquire) & (1 << i) == 0 {
                        thread::yield_now();
                    }
                    threads::detach_and_release(s);
                });
                while threads::live_threads() == before || threads::slot(i as u16 + 2).is_none_or(|s| !s.is_alive()) {
                    thread::yield_now();
                }
                thread::sleep(Duration::from_millis(2));
            }
            assert_eq!(threads::live_threads(), 4);
            assert_eq!(threads::highest_id(), 4);
            // 4 ends before 2 does; the next thread gets 2 all the same.
            go.store(0b100, Ordering::Release);
            while threads::live_threads() > 3 {
                thread::yield_now();
            }
            go.store(0b101, Ordering::Release);
            while threads::live_threads() > 2 {
                thread::yield_now();
            }
            let id = scope.spawn(|| {
                let s = threads::attach_new_thread();
                let id = s.id;
                assert_eq!(s.generation.load(Ordering::Relaxed), 2);
                threads::detach_and_release(s);
                id
            });
            assert_eq!(id.join().unwrap(), 2);
            go.store(0b111, Ordering::Release);
        });
    });
    assert_eq!((threads::live_threads(), threads::count_attached()), (1, 1));
    threads::detach_and_release(me);
    assert_eq!((threads::current_id(), threads::live_threads()), (0, 0));
}

fn a_slow_stop_holds_back_births() {
    let me = threads::attach_new_thread();
    let born = AtomicBool::new(false);
    thread::scope(|scope| {
        let world = safepoint::stop_the_world();
        // Ten of them: more than there are slots yet.
        for _ in 0..10 {
            scope.spawn(|| {
                let s = threads::attach_new_thread();
                born.store(true, Ordering::Relaxed);
                threads::detach_and_release(s);
            });
        }
        thread::sleep(Duration::from_millis(20));
        assert!(!born.load(Ordering::Relaxed));
        drop(world);
        threads::detach(me);
    });
    threads::attach(me);
    assert!(born.load(Ordering::Relaxed));
    threads::detach_and_release(me);
}

static HELD: RawLock = RawLock::new();
static FREED: AtomicUsize = AtomicUsize::new(0);

/// # Safety
/// Touches nothing.
unsafe fn count(_: *mut u8, _: usize) {
    FREED.fetch_add(1, Ordering::Relaxed);
}

/// What the child has to be able to do; a number that says what failed.
fn child(me: &threads::Slot) -> i32 {
    if threads::live_threads() != 1 || threads::count_attached() != 1 || threads::current_id() != me.id {
        return 1;
    }
    if me.os_tid.load(Ordering::Relaxed) != std::process::id() {
        return 2;
    }
    // Waiters of the parent's are forgotten.
    if park::unpark_all(std::ptr::from_ref(&HELD).addr()) != 0 {
        return 3;
    }
    HELD.reset_after_fork();
    if !HELD.try_acquire() || !HELD.release() {
        return 4;
    }
    // The others' deferred frees are not lost.
    drop({
        let world = safepoint::stop_the_world();
        qsbr::reclaim_stopped(&world);
        world
    });
    if FREED.load(Ordering::Relaxed) != 4 {
        return 5;
    }
    // New threads, on the lowest ids.
    let ok = threads::while_detached(|| {
        thread::spawn(|| {
            let s = threads::attach_new_thread();
            let ok = s.id <= 2;
            drop(safepoint::stop_the_world());
            threads::detach_and_release(s);
            ok
        })
        .join()
        .unwrap()
    });
    if !ok {
        return 6;
    }
    // Waiting works.
    if park::park(1, || true, Some(Duration::from_millis(1))) != park::ParkResult::TimedOut {
        return 7;
    }
    0
}

fn the_child_of_a_fork_works() {
    let me = threads::attach_new_thread();
    let done = AtomicBool::new(false);
    assert!(HELD.try_acquire());
    thread::scope(|scope| {
        // Some run, some wait, one has no slot.
        for i in 0..4 {
            let done = &done;
            scope.spawn(move || {
                let s = threads::attach_new_thread();
                // SAFETY: `count` frees nothing.
                unsafe { qsbr::retire(std::ptr::null_mut(), 0, count) };
                if i < 2 {
                    HELD.acquire(None, false);
                    HELD.release();
                } else {
                    while !done.load(Ordering::Relaxed) {
                        safepoint::safepoint(s);
                        threads::while_detached(|| {});
                    }
                }
                threads::detach_and_release(s);
            });
        }
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                park::park(2, || true, Some(Duration::from_micros(10)));
            }
        });
        threads::while_detached(|| thread::sleep(Duration::from_millis(20)));
        for _ in 0..20 {
            let forking = fork::before_fork();
            // SAFETY: the child calls `_exit` at the end of what it does.
            match unsafe { libc::fork() } {
                0 => {
                    fork::after_fork_child(forking);
                    let code = child(me);
                    // SAFETY: leaves without running anybody's destructors.
                    unsafe { libc::_exit(code) };
                }
                pid => {
                    fork::after_fork_parent(forking);
                    let mut status = 0;
                    // SAFETY: our own child.
                    unsafe { libc::waitpid(pid, &mut status, 0) };
                    assert_eq!(status, 0, "child: exit code {}, signal {}", status >> 8, status & 127);
                    safepoint::safepoint(me);
                }
            }
        }
        assert!(HELD.release());
        done.store(true, Ordering::Relaxed);
        threads::detach(me);
    });
    threads::attach(me);
    threads::detach_and_release(me);
}

fn tags_run_out() {
    version::exhaust_for_test(100);
    let mut seen = 0;
    let me = threads::attach_new_thread();
    while version::next_version() != 0 {
        seen += 1;
        assert!(seen <= 200);
    }
    assert!((0..1000).all(|_| version::next_version() == 0));
    threads::detach_and_release(me);
    assert_eq!(version::next_version(), 0);
    assert_eq!(version::versions_taken(), (1 << 32) - 1);
}
