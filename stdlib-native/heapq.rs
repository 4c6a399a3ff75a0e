//! `_heapq`. Items only ever trade places, under the list's lock, and only when both still stand where they were compared: whatever other
//! threads do to the list, no item is lost or doubled. Comparisons that run no Python code are made under the lock, so that heaps of numbers
//! and texts behave as if each function were one step.

use gc::{Payload, Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::compare;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Compare;
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult};

/// How deep tuples are compared without running anything.
const DEPTH: u32 = 8;

/// Numbers of a word, which compare without running anything.
fn quick_order(a: Ref<'_>, b: Ref<'_>) -> Option<Option<std::cmp::Ordering>> {
    let (x, y) = (a.word(), b.word());
    if x.both_int(y) {
        return Some(Some(x.int().cmp(&y.int())));
    }
    if x.is_float() && y.is_float() {
        return Some(x.float().partial_cmp(&y.float()));
    }
    // Ints of a word are exact as floats.
    if x.is_int() && y.is_float() {
        return Some((x.int() as f64).partial_cmp(&y.float()));
    }
    if x.is_float() && y.is_int() {
        return Some(x.float().partial_cmp(&(y.int() as f64)));
    }
    let (x, y) = (a.exact::<Str>()?, b.exact::<Str>()?);
    Some(Some(x.cmp(y)))
}

fn quick_equal(a: Ref<'_>, b: Ref<'_>, depth: u32) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    if let Some(o) = quick_order(a, b) {
        return Some(o == Some(std::cmp::Ordering::Equal));
    }
    let (x, y) = (a.exact::<Tuple>()?, b.exact::<Tuple>()?);
    if x.len() != y.len() {
        return Some(false);
    }
    if depth == 0 {
        return None;
    }
    for (p, q) in x.items().iter().zip(y.items()) {
        if !quick_equal(*p, *q, depth - 1)? {
            return Some(false);
        }
    }
    Some(true)
}

/// `a < b` where that runs nothing: for numbers, texts and tuples of these.
fn quick_less(a: Ref<'_>, b: Ref<'_>, depth: u32) -> Option<bool> {
    if let Some(o) = quick_order(a, b) {
        return Some(o == Some(std::cmp::Ordering::Less));
    }
    let (x, y) = (a.exact::<Tuple>()?, b.exact::<Tuple>()?);
    if depth == 0 {
        return None;
    }
    for (p, q) in x.items().iter().zip(y.items()) {
        if !quick_equal(*p, *q, depth - 1)? {
            return quick_less(*p, *q, depth - 1);
        }
    }
    Some(x.len() < y.len())
}

/// What a sift does at one moment.
#[derive(Clone, Copy)]
enum Phase {
    /// An item at `pos` sinks to a leaf along its smaller children.
    Sink { start: usize, pos: usize },
    /// It then rises as long as it is smaller than its parent, at most to `start`.
    Rise { start: usize, pos: usize },
}

/// A comparison that has to be made without the lock: is `left` less than `right`? They stand at these indices.
struct Question {
    left: (usize, Value),
    right: (usize, Value),
}

struct Sift<const MAX: bool> {
    /// Length of the heap when it started.
    len: usize,
    phase: Phase,
}

enum Step {
    Done,
    Ask(Question),
    Resized,
}

impl<const MAX: bool> Sift<MAX> {
    /// The comparison that decides the next step: `Ok` indices (left, right), `Err` when there is none any more.
    fn wanted(&self) -> Option<(usize, usize)> {
        match self.phase {
            Phase::Sink { pos, .. } => {
                let child = 2 * pos + 1;
                Some(if MAX { (child + 1, child) } else { (child, child + 1) })
            }
            Phase::Rise { start, pos } => {
                let parent = (pos.checked_sub(1)?) >> 1;
                (pos > start).then_some(if MAX { (parent, pos) } else { (pos, parent) })
            }
        }
    }

    /// Goes on under the lock until a comparison would run Python code. `answer` is that of the last question.
    fn run(&mut self, list: &List, mut answer: Option<&(Question, bool)>) -> Step {
        let slots = list.slots_locked();
        if slots.len() != self.len {
            return Step::Resized;
        }
        let swap = |i: usize, j: usize| {
            let a = slots[i].take();
            let b = slots[j].swap(a);
            std::mem::forget(slots[i].swap(b));
        };
        loop {
            if let Phase::Sink { start, pos } = self.phase {
                let child = 2 * pos + 1;
                if pos >= self.len >> 1 {
                    self.phase = Phase::Rise { start, pos };
                    continue;
                }
                if child + 1 >= self.len {
                    swap(pos, child);
                    self.phase = Phase::Sink { start, pos: child };
                    continue;
                }
            }
            let Some((l, r)) = self.wanted() else { return Step::Done };
            // SAFETY: the slots' references keep the items alive while the list is locked.
            let (a, b) = unsafe { (Ref::from_word(slots[l].peek()), Ref::from_word(slots[r].peek())) };
            let known = match answer.take() {
                Some((q, less)) if q.left.0 == l && q.right.0 == r && q.left.1.as_ref().is(a) && q.right.1.as_ref().is(b) => Some(*less),
                _ => quick_less(a, b, DEPTH),
            };
            let Some(less) = known else {
                return Step::Ask(Question { left: (l, slots[l].load_locked()), right: (r, slots[r].load_locked()) });
            };
            match self.phase {
                Phase::Sink { start, pos } => {
                    let child = 2 * pos + 1 + usize::from(!less);
                    swap(pos, child);
                    self.phase = Phase::Sink { start, pos: child };
                }
                Phase::Rise { start, pos } => {
                    if !less {
                        return Step::Done;
                    }
                    let parent = (pos - 1) >> 1;
                    swap(pos, parent);
                    self.phase = Phase::Rise { start, pos: parent };
                }
            }
        }
    }
}

/// Changes the list by `first` and sifts, under one lock as far as comparisons allow.
fn sift<const MAX: bool, R>(cx: &mut Cx, list: &List, first: impl FnOnce(&List) -> (R, Option<Phase>)) -> PyResult<R> {
    let (r, mut s, mut step) = {
        let _l = cx.lock(list.header());
        let (r, phase) = first(list);
        let Some(phase) = phase else { return Ok(r) };
        let mut s = Sift::<MAX> { len: list.len(), phase };
        let step = s.run(list, None);
        (r, s, step)
    };
    loop {
        match step {
            Step::Done => return Ok(r),
            Step::Resized => return Err(cx.runtime_error("list changed size during iteration")),
            Step::Ask(q) => {
                let less = compare::holds(cx, q.left.1.as_ref(), q.right.1.as_ref(), Compare::Lt)?;
                let answer = (q, less);
                step = {
                    let _l = cx.lock(list.header());
                    s.run(list, Some(&answer))
                };
            }
        }
    }
}

/// Puts `v` in the place of the first item, which comes back. Under the lock.
fn replace_first(l: &List, v: Value) -> Result<Value, Value> {
    match l.slots_locked().first() {
        Some(s) => Ok(s.swap(v)),
        None => Err(v),
    }
}

const FROM_TOP: Option<Phase> = Some(Phase::Sink { start: 0, pos: 0 });

fn heap<'a>(cx: &mut Cx, v: Ref<'a>, name: &str, only: bool) -> PyResult<&'a List> {
    match v.downcast::<List>() {
        Some(l) => Ok(l),
        None => {
            let n = type_of(v).shown_name();
            let n = if v.is_none() { "None".into() } else { n };
            let which = if only { "argument" } else { "argument 1" };
            Err(cx.type_error(format!("{name}() {which} must be list, not {n}")))
        }
    }
}

fn push<const MAX: bool>(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let l = heap(cx, a[0], name, false)?;
    let v = a[1].to_value();
    let pushed = sift::<MAX, _>(cx, l, |l| match l.append_locked(v) {
        Ok(()) => (true, Some(Phase::Rise { start: 0, pos: l.len() - 1 })),
        Err(_) => (false, None),
    })?;
    if pushed { Ok(Value::NONE.into()) } else { Err(cx.memory_error()) }
}

fn pop<const MAX: bool>(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let l = heap(cx, a[0], name, true)?;
    let popped = sift::<MAX, _>(cx, l, |l| match l.pop_last_locked() {
        None => (None, None),
        Some(last) => match replace_first(l, last) {
            Ok(first) => (Some(first), FROM_TOP),
            Err(last) => (Some(last), None),
        },
    })?;
    popped.map(Reg::from).ok_or_else(|| cx.index_error("index out of range"))
}

fn replace<const MAX: bool>(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let l = heap(cx, a[0], name, false)?;
    let v = a[1].to_value();
    let first = sift::<MAX, _>(cx, l, |l| match replace_first(l, v) {
        Ok(first) => (Ok(first), FROM_TOP),
        Err(v) => (Err(v), None),
    })?;
    first.map(Reg::from).map_err(|_| cx.index_error("index out of range"))
}

fn push_pop<const MAX: bool>(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let l = heap(cx, a[0], name, false)?;
    loop {
        let Some(top) = l.get(0).map(Reg::into_value) else { return Ok(a[1].to_value().into()) };
        let (x, y) = if MAX { (a[1], top.as_ref()) } else { (top.as_ref(), a[1]) };
        let less = match quick_less(x, y, DEPTH) {
            Some(b) => b,
            None => compare::holds(cx, x, y, Compare::Lt)?,
        };
        if !less {
            return Ok(a[1].to_value().into());
        }
        if l.is_empty() {
            return Err(cx.index_error("index out of range"));
        }
        let new = a[1].to_value();
        let first = sift::<MAX, _>(cx, l, |l| match l.slots_locked().first() {
            Some(s) if s.peek().is(top.word()) => (Some(s.swap(new)), FROM_TOP),
            _ => (None, None),
        })?;
        // Nothing comes back when somebody else has changed the top: look again.
        if let Some(first) = first {
            return Ok(first.into());
        }
    }
}

fn heapify<const MAX: bool>(cx: &mut Cx, a: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let l = heap(cx, a[0], name, true)?;
    let n = l.len();
    for i in (0..n / 2).rev() {
        let same = sift::<MAX, _>(cx, l, |l| if l.len() == n { (true, Some(Phase::Sink { start: i, pos: i })) } else { (false, None) })?;
        if !same {
            return Err(cx.runtime_error("list changed size during iteration"));
        }
        if i % 4096 == 0 {
            cx.poll()?;
        }
    }
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    function("heappush", "($module, heap, item, /)", |cx, a| push::<false>(cx, a, "heappush"), "Adds an item."),
    function("heappop", "($module, heap, /)", |cx, a| pop::<false>(cx, a, "heappop"), "Removes the smallest item."),
    function("heapreplace", "($module, heap, item, /)", |cx, a| replace::<false>(cx, a, "heapreplace"), "Pops, then pushes."),
    function("heappushpop", "($module, heap, item, /)", |cx, a| push_pop::<false>(cx, a, "heappushpop"), "Pushes, then pops."),
    function("heapify", "($module, heap, /)", |cx, a| heapify::<false>(cx, a, "heapify"), "Makes a list a heap."),
    function("heappush_max", "($module, heap, item, /)", |cx, a| push::<true>(cx, a, "heappush_max"), "Adds an item to a max heap."),
    function("heappop_max", "($module, heap, /)", |cx, a| pop::<true>(cx, a, "heappop_max"), "Removes the largest item."),
    function("heapreplace_max", "($module, heap, item, /)", |cx, a| replace::<true>(cx, a, "heapreplace_max"), "Pops, then pushes."),
    function("heappushpop_max", "($module, heap, item, /)", |cx, a| push_pop::<true>(cx, a, "heappushpop_max"), "Pushes, then pops."),
    function("heapify_max", "($module, heap, /)", |cx, a| heapify::<true>(cx, a, "heapify_max"), "Makes a list a max heap."),
];

/// `_heapq`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_heapq",
    doc: "Heap queues.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("__about__", Str::from_text("Heaps are lists in which each item is at most as large as its children at 2*k+1 and 2*k+2."));
        Ok(())
    },
};
