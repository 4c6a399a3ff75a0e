//! Loom models of the protocols in sync/ and gc/, one file each; nothing in this folder is shipped.
//!
//! A model is a small copy of a protocol over loom's atomics, with *seeded mistakes* as a run-time parameter: a
//! weaker ordering, a forgotten re-check, two steps the wrong way round. Each file has two tests: the protocol as
//! designed holds in every interleaving that loom explores, and every mistake is caught in one of them. A mistake
//! that no longer fails means that the model has gone blind.
//!
//! One file of the product, sync/lock.rs, is compiled here as it stands over loom's atomics and a stand-in for
//! parking (`shipped_lock.rs`).
//!
//! Loom takes SeqCst accesses for AcqRel, knows at most five threads, and explores every order of every access:
//! models stay tiny, and where even that is too much the number of preemptions is bounded (two or three find almost
//! everything).
#![cfg(test)]
// Loom's cells are not Sync, and its threads do not ask for it.
#![allow(clippy::arc_with_non_send_sync)]

// What sync/lock.rs finds when it says `crate::`.
use shipped_lock::{event, park, prim, threads};
#[path = "../sync/lock.rs"]
#[allow(dead_code, clippy::absurd_extreme_comparisons)]
mod lock;

mod cache;
mod confirm;
mod dict;
mod dict_slow;
mod futex;
mod list;
#[path = "lock.rs"]
mod lock_model;
mod promote;
mod qsbr;
mod refcount;
mod safepoint;
mod search;
mod shipped_lock;
mod weakref;

use std::process::Command;

/// Explores `f`; panics if any interleaving panics, races, leaks, or blocks for ever.
fn explore(preemptions: Option<usize>, f: impl Fn() + Sync + Send + 'static) {
    let mut b = loom::model::Builder::new();
    // `scripts/prove` goes one further.
    let further = std::env::var_os("WEFT_LOOM_LONG").is_some() as usize;
    b.preemption_bound = preemptions.map(|n| n + further);
    b.max_branches = 20_000;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counter = runs.clone();
    b.check(move || {
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        f();
    });
    println!("{} interleavings", runs.load(std::sync::atomic::Ordering::Relaxed));
}

const MISTAKE: &str = "WEFT_LOOM_MISTAKE";

/// The mistake this process is to make; for the test `seeded` of each file.
fn chosen() -> Option<usize> {
    std::env::var(MISTAKE).ok()?.parse().ok()
}

/// Does the test `seeded` of the file `module` fail with mistake number `n`? In a process of its own, because loom
/// aborts when values of its own are dropped after a deadlock.
fn is_caught(module: &str, n: usize) -> bool {
    let file = module.rsplit("::").next().unwrap();
    let out = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{file}::seeded"), "--ignored", "--nocapture"])
        .env(MISTAKE, n.to_string())
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(stdout.contains("running 1 test"), "no such test in {file}: {stdout}");
    // The first complaint says how it was found.
    let first: Vec<_> = stderr.lines().skip_while(|l| !l.contains("panicked at")).take(2).collect();
    println!("{file} {n}: {}", first.join(" "));
    !out.status.success() && stderr.contains("panicked at")
}

/// The tests of a file: `$explore(None)` holds, and `$explore(Some(m))` panics for every mistake in the list.
macro_rules! prove {
    ($explore:path, [$($mistake:expr),+ $(,)?]) => {
        const MISTAKES: &[Mistake] = &[$($mistake),+];

        #[test]
        fn holds() {
            $explore(None);
        }

        #[test]
        #[ignore = "run by mistakes_are_caught, one mistake to a process"]
        fn seeded() {
            if let Some(n) = crate::chosen() {
                $explore(Some(MISTAKES[n]));
            }
        }

        #[test]
        fn mistakes_are_caught() {
            for (n, mistake) in MISTAKES.iter().enumerate() {
                assert!(crate::is_caught(module_path!(), n), "{mistake:?} goes unnoticed");
            }
        }
    };
}
use prove;
