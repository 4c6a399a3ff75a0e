//! `_bisect`: where an item belongs in a sorted sequence.

use crate::name::Name;
use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::{call, compare, item};
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::type_::slots::Compare;
use objects::{Cx, PyResult};

static INSERT: Name = Name::new("insert");

fn less(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<bool> {
    let (x, y) = (a.word(), b.word());
    if x.both_int(y) {
        return Ok(x.int() < y.int());
    }
    compare::holds(cx, a, b, Compare::Lt)
}

/// The place of `x` among the items of `seq`.
fn place(cx: &mut Cx, seq: Ref<'_>, x: Ref<'_>, lo: Ref<'_>, hi: Ref<'_>, key: Option<Ref<'_>>, right: bool) -> PyResult<i64> {
    let mut lo = lo.given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    let hi = hi.given().filter(|v| !v.is_none()).map_or(Ok(-1), |v| int::index_i64(cx, v))?;
    if lo < 0 {
        return Err(cx.value_error("lo must be non-negative"));
    }
    let mut hi = if hi == -1 { item::len(cx, seq)? as i64 } else { hi };
    let list = seq.exact::<List>();
    while lo < hi {
        let mid = ((lo as u64 + hi as u64) / 2) as i64;
        let fast = list.and_then(|l| l.get(mid as usize));
        let mut v = match fast {
            Some(v) => v.into_value(),
            None => item::get(cx, seq, int::from_i64(mid).as_ref())?.into_value(),
        };
        if let Some(k) = key {
            v = call::positional(cx, k, &[v.as_ref()])?;
        }
        if right {
            if less(cx, x, v.as_ref())? { hi = mid } else { lo = mid + 1 }
        } else if less(cx, v.as_ref(), x)? {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    Ok(lo)
}

fn find(cx: &mut Cx, a: &[Ref<'_>], right: bool) -> PyResult<Reg> {
    let key = a[4].given().filter(|k| !k.is_none());
    place(cx, a[0], a[1], a[2], a[3], key, right).map(int::reg)
}

fn insert(cx: &mut Cx, a: &[Ref<'_>], right: bool) -> PyResult<Reg> {
    let key = a[4].given().filter(|k| !k.is_none());
    let at = match key {
        Some(k) => {
            let x = call::positional(cx, k, &[a[1]])?;
            place(cx, a[0], x.as_ref(), a[2], a[3], key, right)?
        }
        None => place(cx, a[0], a[1], a[2], a[3], None, right)?,
    };
    match a[0].exact::<List>() {
        Some(l) => {
            if l.insert(at, a[1].to_value()).is_err() {
                return Err(cx.memory_error());
            }
        }
        None => drop(call::method(cx, a[0], INSERT.get(), &[int::from_i64(at).as_ref(), a[1]])?),
    }
    Ok(Value::NONE.into())
}

const SIGNATURE: &str = "($module, /, a, x, lo=0, hi=None, *, key=None)";

static FUNCTIONS: &[Method] = &[
    function("bisect_right", SIGNATURE, |cx, a| find(cx, a, true), "Where to insert x, after equal items."),
    function("bisect_left", SIGNATURE, |cx, a| find(cx, a, false), "Where to insert x, before equal items."),
    function("insort_right", SIGNATURE, |cx, a| insert(cx, a, true), "Inserts x after equal items."),
    function("insort_left", SIGNATURE, |cx, a| insert(cx, a, false), "Inserts x before equal items."),
];

/// `_bisect`.
pub static MODULE: ModuleDef = ModuleDef { name: "_bisect", doc: "Bisection.", functions: FUNCTIONS, init: |_, _| Ok(()) };
