//! `list.sort`. The algorithm is `text::sort`; this decides how items are compared and what happens to the list meanwhile.
//!
//! While Python code may run (keys, comparisons) the list is empty, and anything found in it afterwards is "list modified during sort". Lists of
//! only ints, floats or strs without a key are sorted in one step under the list's lock.

use super::item::list;
use super::{List, NoMemory};
use crate::cx::{Cx, lock_header};
use crate::error::PyResult;
use crate::protocol::{call, compare, truth};
use crate::types::str::Str;
use gc::{Payload, Ref, Reg, Value, Word};

/// What all keys are, if that makes comparing them simple.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Str,
    Other,
}

fn kind_of(v: Ref<'_>) -> Kind {
    let w = v.word();
    if w.is_int() {
        Kind::Int
    } else if w.is_float() {
        Kind::Float
    } else if v.exact::<Str>().is_some() {
        Kind::Str
    } else {
        Kind::Other
    }
}

fn common_kind(keys: &[Value]) -> Kind {
    let Some(first) = keys.first() else { return Kind::Int };
    let kind = kind_of(first.as_ref());
    if keys[1..].iter().all(|k| kind_of(k.as_ref()) == kind) { kind } else { Kind::Other }
}

/// `a < b` of keys of one simple kind.
#[inline(always)]
fn less_simple(kind: Kind, a: Word, b: Word) -> bool {
    match kind {
        Kind::Int => a.int() < b.int(),
        Kind::Float => a.float() < b.float(),
        _ => {
            // SAFETY: the kind says that both are strs, which the caller keeps alive.
            let (x, y) = unsafe { (Ref::from_word(a).cast::<Str>(), Ref::from_word(b).cast::<Str>()) };
            x.cmp(y).is_lt()
        }
    }
}

/// Owned words as plain words, and back. Nothing is counted.
fn into_words(items: Vec<Value>) -> Vec<Word> {
    items.into_iter().map(Value::into_word).collect()
}
fn into_values(words: Vec<Word>) -> Vec<Value> {
    // SAFETY: the words are a permutation of those that `into_words` gave, each owned once.
    words.into_iter().map(|w| unsafe { Value::from_word(w) }).collect()
}

/// Sorts items of one simple kind. No Python code runs.
fn sort_simple(items: Vec<Value>, kind: Kind, reverse: bool) -> Vec<Value> {
    let mut words = into_words(items);
    if kind == Kind::Int {
        // Equal ints are the same word, so that stability cannot be seen.
        words.sort_unstable_by_key(|w| w.int());
        if reverse {
            words.reverse();
        }
    } else {
        if reverse {
            words.reverse();
        }
        let Ok(()) = ::text::sort::sort(&mut words, |a, b| Ok::<bool, std::convert::Infallible>(less_simple(kind, *a, *b)));
        if reverse {
            words.reverse();
        }
    }
    into_values(words)
}

/// Sorts by `<`, which may run Python code. Gives the items back in whatever order they are in, with the error if there was one.
fn sort_general(cx: &mut Cx, items: Vec<Value>, keys: Option<Vec<Value>>, reverse: bool) -> (Vec<Value>, PyResult<()>) {
    let kind = common_kind(keys.as_deref().unwrap_or(&items));
    let mut words = into_words(items);
    let mut key_words = keys.map(into_words);
    if reverse {
        words.reverse();
        if let Some(k) = &mut key_words {
            k.reverse();
        }
    }
    let mut less = |a: &Word, b: &Word| -> PyResult<bool> {
        if kind != Kind::Other {
            return Ok(less_simple(kind, *a, *b));
        }
        // SAFETY: the words are owned by this sort.
        unsafe { compare::less(cx, Ref::from_word(*a), Ref::from_word(*b)) }
    };
    let r = match &mut key_words {
        Some(keys) => ::text::sort::sort_with_values(keys, &mut words, &mut less),
        None => ::text::sort::sort(&mut words, &mut less),
    };
    if reverse {
        words.reverse();
    }
    drop(key_words.map(into_values));
    (into_values(words), r)
}

/// Sorts in one step if the items are simple; false when they are not.
fn sort_at_once(l: &List, reverse: bool) -> Result<bool, NoMemory> {
    let _l = lock_header(l.header());
    let items = l.items_locked();
    let kind = common_kind(&items);
    if kind == Kind::Other {
        return Ok(false);
    }
    let old = l.take_all_locked();
    let sorted = sort_simple(items, kind, reverse);
    l.put_all_locked(sorted)?;
    // Every item is still in the list, so none of these is a last reference.
    drop(old);
    Ok(true)
}

/// Sorts a list.
pub fn sort_list(cx: &mut Cx, l: &List, key: Option<Ref<'_>>, reverse: bool) -> PyResult<()> {
    if key.is_none() && sort_at_once(l, reverse).map_err(|NoMemory| cx.memory_error())? {
        return Ok(());
    }
    let items = l.take_all();
    let mut failed = Ok(());
    let keys = match key {
        None => None,
        Some(f) => {
            let mut keys = Vec::with_capacity(items.len());
            for i in &items {
                match call::positional(cx, f, &[i.as_ref()]) {
                    Ok(k) => keys.push(k),
                    Err(e) => {
                        failed = Err(e);
                        break;
                    }
                }
            }
            Some(keys)
        }
    };
    let (items, result) = match failed {
        Ok(()) => sort_general(cx, items, keys, reverse),
        Err(e) => (items, Err(e)),
    };
    let (meanwhile, touched) = l.replace_all(items).map_err(|NoMemory| cx.memory_error())?;
    drop(meanwhile);
    result?;
    if touched { Err(cx.value_error("list modified during sort")) } else { Ok(()) }
}

/// `list.sort(*, key=None, reverse=False)`.
pub fn sort(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let key = a[1].given().filter(|k| !k.is_none());
    let reverse = match a[2].given() {
        Some(r) => truth::of(cx, r)?,
        None => false,
    };
    sort_list(cx, list(a[0]), key, reverse)?;
    Ok(Value::NONE.into())
}
