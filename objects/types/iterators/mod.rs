//! Iterator types that belong to no container, and what all iterators share.

pub mod callable;
pub mod enumerate;
pub mod filter;
pub mod index;
pub mod parallel;
pub mod reversed;

use crate::cx::{Cx, MULTI, lock_header};
use crate::error::PyResult;
use crate::ids;
use crate::types::list::List;
use crate::types::range::Range;
use crate::types::range::iterator::RangeIterator;
use crate::types::tuple::{self, Tuple};
use crate::types::type_::type_id_of;
use crate::types::{dict, int, list, set};
use gc::{Payload, Ref, Reg, Value};
use index::IndexIterator;
use sync::prim::Ordering;

/// The `iter` slot of iterators.
pub fn myself(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(v.to_value().into())
}

/// Whether this is the only thread there has ever been.
#[inline(always)]
pub fn alone() -> bool {
    // Relaxed: set by this very thread before the second one starts.
    !MULTI.load(Ordering::Relaxed)
}

/// `next(it)` for an iterator that stands in a register (what a `for` loop does). If that register has the only reference, no other thread can
/// be using the iterator, and the common ones advance without atomic operations.
#[inline]
pub fn next_in_register(cx: &mut Cx, it: Ref<'_>) -> PyResult<Option<Reg>> {
    if let Some(h) = it.header()
        && h.is_unique()
    {
        // SAFETY (all casts): the type id says which payload it is.
        match h.type_id() {
            // SAFETY: see above.
            ids::RANGE_ITERATOR => return Ok(unsafe { it.cast::<RangeIterator>() }.next_owned().map(int::reg)),
            // SAFETY: see above.
            ids::LIST_ITERATOR => return Ok(unsafe { it.cast::<IndexIterator<list::item::Forward>>() }.next_owned()),
            // SAFETY: see above.
            ids::TUPLE_ITERATOR => return Ok(unsafe { it.cast::<IndexIterator<tuple::methods::Forward>>() }.next_owned()),
            ids::DICT_KEY_ITERATOR => return dict::iterator::next_owned::<{ ids::DICT_KEY_ITERATOR }>(cx, it),
            ids::DICT_ITEM_ITERATOR => return dict::iterator::next_owned::<{ ids::DICT_ITEM_ITERATOR }>(cx, it),
            ids::DICT_VALUE_ITERATOR => return dict::iterator::next_owned::<{ ids::DICT_VALUE_ITERATOR }>(cx, it),
            _ => {}
        }
    }
    crate::protocol::iter::next(cx, it)
}

/// All items of a builtin container at one moment: what makes `list(d.items())` and `l.extend(s)` single steps. `None` for anything else.
pub fn snapshot(v: Ref<'_>) -> Option<Vec<Value>> {
    match type_id_of(v) {
        ids::LIST => v.exact::<List>().map(|l| {
            let _l = lock_header(l.header());
            l.items_locked()
        }),
        ids::TUPLE => v.exact::<Tuple>().map(|t| t.items().iter().map(|r| r.to_value()).collect()),
        ids::DICT | ids::SET | ids::FROZENSET => set::hashed_elements(v).map(|keys| keys.into_iter().map(|(k, _)| k).collect()),
        ids::DICT_KEYS | ids::DICT_VALUES | ids::DICT_ITEMS => dict::view::snapshot(v),
        ids::RANGE => v
            .exact::<Range>()
            .and_then(Range::small)
            .filter(|(_, _, n)| *n < 1 << 24)
            .map(|(start, step, n)| (0..n).map(|i| int::from_i64(start.wrapping_add(step.wrapping_mul(i)))).collect()),
        _ => None,
    }
}

/// A function of `builtins`, as it is bound there now.
pub fn builtin(cx: &Cx, name: &str) -> Value {
    cx.host.builtins().get_str(name).map_or(Value::NONE, Reg::into_value)
}

/// What `__reduce__` of an iterator gives: `(function, (argument,))`, with a state if there is one.
pub fn reduced(cx: &Cx, function: &str, argument: Value, state: Option<Value>) -> Reg {
    let mut parts = vec![builtin(cx, function), Tuple::from_values(vec![argument]).into_value()];
    parts.extend(state);
    Tuple::from_values(parts).into()
}
