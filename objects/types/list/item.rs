//! Subscripts of lists: items, slices, and iteration over them.

use super::{AssignError, List, NoMemory};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::Method;
use crate::protocol::iter;
use crate::types::int;
use crate::types::iterators::index::{self, Indexed};
use crate::types::slice::{self, Slice};
use crate::types::type_::{Downcast, TypeSpec, type_of};
use gc::{Payload, Ref, Reg, Value};

/// The list behind a value known to be one.
pub fn list(v: Ref<'_>) -> &List {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<List>() }
}

/// The items `start..stop` with a step, as one snapshot.
pub fn slice_of(l: &List, ix: impl FnOnce(usize) -> slice::Indices) -> Result<gc::Gc<List>, NoMemory> {
    let _l = crate::cx::lock_header(l.header());
    let ix = ix(l.len());
    if ix.step == 1 {
        return l.copy_locked(ix.start as usize, ix.count);
    }
    let items = l.some_items_locked(ix.start, ix.step, ix.count);
    drop(_l);
    let mut items = items?.into_iter();
    List::try_build(ix.count, |_| items.next().unwrap_or(Value::NONE))
}

/// The TypeError of a subscript that is neither an index nor a slice.
fn bad_key(cx: &mut Cx, key: Ref<'_>) -> crate::error::Raised {
    let n = type_of(key).name_text();
    cx.type_error(format!("list indices must be integers or slices, not {n}"))
}

/// `l[key]`.
pub fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let l = list(v);
    if let Some(s) = key.exact::<Slice>() {
        let (start, stop, step) = s.unpack(cx)?;
        return match slice_of(l, |n| slice::adjust(start, stop, step, n)) {
            Ok(r) => Ok(r.into()),
            Err(NoMemory) => Err(cx.memory_error()),
        };
    }
    if type_of(key).slots.index().is_none() {
        return Err(bad_key(cx, key));
    }
    let mut i = int::subscript_index(cx, key)?;
    if i < 0 {
        i = i.saturating_add(l.len() as i64);
    }
    match usize::try_from(i).ok().and_then(|i| l.get(i)) {
        Some(r) => Ok(r),
        None => Err(cx.index_error("list index out of range")),
    }
}

/// `l[key] = value`, `del l[key]`.
pub fn set(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let l = list(v);
    if let Some(s) = key.exact::<Slice>() {
        return set_slice(cx, l, s, value);
    }
    if type_of(key).slots.index().is_none() {
        return Err(bad_key(cx, key));
    }
    let mut i = int::subscript_index(cx, key)?;
    match value {
        Some(x) => {
            if i < 0 {
                i = i.saturating_add(l.len() as i64);
            }
            let new = x.to_value();
            match usize::try_from(i) {
                Ok(i) => match l.set(i, new) {
                    Ok(old) => drop(old),
                    Err(_) => return Err(cx.index_error("list assignment index out of range")),
                },
                Err(_) => return Err(cx.index_error("list assignment index out of range")),
            }
        }
        None => match l.remove_at(i) {
            Ok(old) => drop(old),
            Err(_) => return Err(cx.index_error("list assignment index out of range")),
        },
    }
    Ok(())
}

fn set_slice(cx: &mut Cx, l: &List, s: &Slice, value: Option<Ref<'_>>) -> PyResult<()> {
    let unpacked = s.unpack(cx)?;
    if let Some(x) = value {
        let mut removed = Vec::new();
        if x.exact::<List>().is_some_and(|source| l.assign_equal(unpacked, source, &mut removed)) {
            return Ok(());
        }
    }
    let new = match value {
        None => None,
        Some(x) => {
            let iterable = x.exact::<List>().is_some() || type_of(x).slots.iter().is_some() || type_of(x).slots.getitem().is_some();
            if !iterable {
                return Err(cx.type_error("must assign iterable to extended slice"));
            }
            Some(iter::collect(cx, x)?)
        }
    };
    replace_slice(cx, l, unpacked, new)
}

/// Replaces the items of a slice; `None` deletes them.
pub fn replace_slice(cx: &mut Cx, l: &List, unpacked: super::Unpacked, new: Option<Vec<Value>>) -> PyResult<()> {
    match l.assign_slice(unpacked, new) {
        Ok(old) => {
            drop(old);
            Ok(())
        }
        Err(AssignError::NoMemory) => Err(cx.memory_error()),
        Err(AssignError::Size { given, wanted }) => {
            Err(cx.value_error(format!("attempt to assign sequence of size {given} to extended slice of size {wanted}")))
        }
    }
}

/// Forwards over a list.
pub struct Forward;
impl Indexed for Forward {
    const ITERATOR: u32 = ids::LIST_ITERATOR;
    const FLOOR: isize = -1;
    const REVERSED: bool = false;
    #[inline]
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        container.downcast::<List>().and_then(|l| l.get(i))
    }
    fn len(container: Ref<'_>) -> usize {
        container.downcast::<List>().map_or(0, List::len)
    }
    fn empty() -> Value {
        List::new().into_value()
    }
}

/// Backwards over a list.
pub struct Backward;
impl Indexed for Backward {
    const ITERATOR: u32 = ids::LIST_REVERSE_ITERATOR;
    const REVERSED: bool = true;
    fn item(container: Ref<'_>, i: usize) -> Option<Reg> {
        Forward::item(container, i)
    }
    fn len(container: Ref<'_>) -> usize {
        Forward::len(container)
    }
    fn empty() -> Value {
        List::new().into_value()
    }
}

static FORWARD_METHODS: &[Method] = &index::methods::<Forward>();
static BACKWARD_METHODS: &[Method] = &index::methods::<Backward>();
/// `list_iterator`.
pub static LIST_ITERATOR_TYPE: TypeSpec = index::spec::<Forward>("list_iterator", FORWARD_METHODS);
/// `list_reverseiterator`.
pub static LIST_REVERSE_ITERATOR_TYPE: TypeSpec = index::spec::<Backward>("list_reverseiterator", BACKWARD_METHODS);
