//! Filling and using an inline cache while the type changes.
//!
//! A type has a version tag and one attribute, which changes from 1 to 2. The cache is one word (tag, value), or
//! (tag, index into a pool of pointers). Nobody may see the old value after having seen the new one, nor after
//! whoever made the change says so.
//!
//! That a filler compares the tag once more after its lookup is thrift only, since tags are never used again: an
//! entry under a dead tag does not match.

use loom::sync::Mutex;
use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use loom::thread;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug)]
enum Mistake {
    /// The type changes first, then its tag is cleared.
    ChangedFirst,
    /// The tag is not cleared but replaced at once, before the change.
    RetaggedFirst,
    /// After the change the type gets its old tag back.
    TagReused,
    /// The filler reads the tag after it has looked up.
    TagReadLate,
    TagReadRelaxed,
    /// Tag and value are two words.
    TwoWords,
    /// The tag is not read again after the pool's pointer.
    PoolNotReread,
    /// The pool's pointer is replaced without release.
    PoolRelaxed,
}
use Mistake::*;

struct Model {
    tag: AtomicU32,
    attribute: AtomicUsize,
    next_tag: AtomicU32,
    lock: Mutex<()>,
    cache: AtomicU64,
    cache_value: AtomicUsize,
    pool: AtomicUsize,
    mistake: Option<Mistake>,
}

impl Model {
    fn is(&self, m: Mistake) -> bool {
        self.mistake == Some(m)
    }

    fn tag(&self) -> u32 {
        self.tag.load(if self.is(TagReadRelaxed) { Ordering::Relaxed } else { Ordering::Acquire })
    }

    /// Gives the type a tag if it has none.
    fn tagged(&self) -> u32 {
        match self.tag() {
            0 => {
                let _guard = self.lock.lock().unwrap();
                match self.tag.load(Ordering::Relaxed) {
                    0 => {
                        let new = if self.is(TagReused) { 1 } else { self.next_tag.fetch_add(1, Ordering::Relaxed) };
                        self.tag.store(new, Ordering::Release);
                        new
                    }
                    tag => tag,
                }
            }
            tag => tag,
        }
    }

    fn lookup(&self) -> usize {
        let word = self.cache.load(Ordering::Acquire);
        let tag = self.tag();
        if tag != 0 && (word >> 32) as u32 == tag {
            return if self.is(TwoWords) { self.cache_value.load(Ordering::Acquire) } else { word as u32 as usize };
        }
        let early = if self.is(TagReadLate) { 0 } else { self.tagged() };
        let value = self.attribute.load(Ordering::Acquire);
        let tag = if self.is(TagReadLate) { self.tagged() } else { early };
        let word = u64::from(tag) << 32 | value as u64;
        self.cache.store(word, Ordering::Release);
        if self.is(TwoWords) {
            self.cache_value.store(value, Ordering::Release);
        }
        value
    }

    fn change(&self) {
        let _guard = self.lock.lock().unwrap();
        if self.is(ChangedFirst) {
            self.attribute.store(2, Ordering::Release);
            self.tag.store(0, Ordering::Release);
            return;
        }
        let tag = if self.is(RetaggedFirst) { self.next_tag.fetch_add(1, Ordering::Relaxed) } else { 0 };
        self.tag.store(tag, Ordering::Release);
        self.attribute.store(2, Ordering::Release);
        // Nobody can match the old entry any more: its place in the pool goes to another call site.
        self.pool.store(9, if self.is(PoolRelaxed) { Ordering::Relaxed } else { Ordering::Release });
    }

    /// The pool form: the cached tag is 1, the pointer is 1 as long as that is the type's tag.
    fn pooled(&self) -> Option<usize> {
        if self.tag() != 1 {
            return None;
        }
        let pointer = self.pool.load(Ordering::Acquire);
        (self.is(PoolNotReread) || self.tag() == 1).then_some(pointer)
    }
}

fn new(mistake: Option<Mistake>) -> Arc<Model> {
    Arc::new(Model {
        tag: AtomicU32::new(1),
        attribute: AtomicUsize::new(1),
        next_tag: AtomicU32::new(2),
        lock: Mutex::new(()),
        cache: AtomicU64::new(0),
        cache_value: AtomicUsize::new(0),
        pool: AtomicUsize::new(1),
        mistake,
    })
}

fn filling(m: Option<Mistake>) {
    let x = new(m);
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let x = x.clone();
            thread::spawn(move || {
                let (first, second) = (x.lookup(), x.lookup());
                assert!(first <= second, "the old value after the new one");
            })
        })
        .collect();
    x.change();
    assert_eq!(x.lookup(), 2);
    for t in readers {
        t.join().unwrap();
    }
    assert_eq!(x.lookup(), 2);
}

fn pooling(m: Option<Mistake>) {
    let x = new(m);
    let x2 = x.clone();
    let t = thread::spawn(move || assert!(matches!(x2.pooled(), None | Some(1))));
    x.change();
    t.join().unwrap();
}

fn explore(m: Option<Mistake>) {
    crate::explore(None, move || pooling(m));
    crate::explore(Some(2), move || filling(m));
}

crate::prove!(explore, [ChangedFirst, RetaggedFirst, TagReused, TagReadLate, TagReadRelaxed, TwoWords, PoolNotReread, PoolRelaxed]);
