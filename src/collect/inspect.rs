//! Objects as the collector knows them: all of them, who refers to whom. Each is a stop over the whole heap, when a program asks for it.

use super::finish::are_finalising;
use gc::search::{in_stop, turn};
use gc::{Header, Ref, Reg, Value, Word};
use std::collections::HashSet;

/// Live objects, with the ages of their pages; `wanted` says which.
pub fn live_objects(mut wanted: impl FnMut(&Header, u8) -> bool) -> Vec<Value> {
    let (turn, finalising) = (turn(), are_finalising());
    in_stop(|world| {
        let mut out = Vec::new();
        gc::cycles::for_each_cell(world, &turn, |h, age| {
            if !finalising(h)
                && wanted(h, age)
                && let Some(v) = gc::cycles::take(h, world)
            {
                out.push(v);
            }
        });
        out
    })
}

/// How many live cells `wanted` says yes to.
pub fn count_objects(mut wanted: impl FnMut(&Header, u8) -> bool) -> usize {
    let turn = turn();
    in_stop(|world| {
        let mut n = 0;
        gc::cycles::for_each_cell(world, &turn, |h, age| n += usize::from(wanted(h, age)));
        n
    })
}

/// What the objects hold references to, numbers and constants included.
pub fn referents(of: &[Ref<'_>]) -> Vec<Value> {
    let _turn = turn();
    in_stop(|world| {
        let mut out = Vec::new();
        for h in of.iter().filter_map(|v| v.header()) {
            // SAFETY: the caller holds them, and the world is stopped.
            unsafe {
                gc::cycles::words(h, &mut |w| {
                    if w.is_pointer() {
                        out.extend(gc::cycles::take(&*w.header(), world));
                    } else if !matches!(w, Word::UNBOUND | Word::DETACHED | Word::NO_SELF) && w.0 != 0 {
                        out.push(Reg::from_word(w).into_value());
                    }
                });
            }
        }
        out
    })
}

/// The live objects that `wanted` says yes to and that hold references to one of the objects.
pub fn referrers(of: &[Ref<'_>], wanted: impl Fn(&Header) -> bool) -> Vec<Value> {
    let targets: HashSet<u64> = of.iter().map(|v| v.word().unmarked().0).collect();
    live_objects(|h, _| {
        if !wanted(h) {
            return false;
        }
        let mut found = false;
        // SAFETY: alive, and the world is stopped.
        unsafe { gc::cycles::words(h, &mut |w| found |= targets.contains(&w.unmarked().0)) };
        found
    })
}
