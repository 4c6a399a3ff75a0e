//! `Row`: a tuple whose items have names.

use super::{cursor, ids};
use crate::guarded::{Guarded, State};
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::{compare, hash, item, iter};
use objects::types::int;
use objects::types::list::List;
use objects::types::slice::Slice;
use objects::types::str::as_str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

/// What a row holds.
pub struct Named {
    data: Value,
    description: Value,
}
impl State for Named {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.data.word());
        visit(self.description.word());
    }
}
/// `Row` object.
pub type Row = Guarded<Named, { ids::ROW }>;

fn parts(cx: &mut Cx, v: Ref<'_>) -> (Value, Value) {
    // SAFETY: methods and slots check their receiver.
    unsafe { v.cast::<Row>() }.with(cx, |s| (s.data.clone(), s.description.clone()))
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "Row")?;
    args.check_count(cx, "Row", 2, 2)?;
    let p = args.positional();
    if !type_of(p[0]).is_subtype_of_id(ids::CURSOR) {
        let n = type_of(p[0]).shown_name();
        return Err(cx.type_error(format!("Row() argument 1 must be sqlite3.Cursor, not {n}")));
    }
    if p[1].downcast::<Tuple>().is_none() {
        let n = type_of(p[1]).shown_name();
        return Err(cx.type_error(format!("Row() argument 2 must be tuple, not {n}")));
    }
    let description = cursor::description(cx, p[0]);
    Ok(crate::guarded::make(class, Row::new(Named { data: p[1].to_value(), description })))
}

fn names(description: &Value) -> Vec<Value> {
    let Some(t) = description.as_ref().downcast::<Tuple>() else { return Vec::new() };
    t.items().iter().filter_map(|c| c.downcast::<Tuple>().map(|c| c.get(0).to_value())).collect()
}

fn get(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    let (data, description) = parts(cx, v);
    if int::as_int(key).is_some() || key.downcast::<Slice>().is_some() {
        return item::get(cx, data.as_ref(), key);
    }
    if let Some(k) = as_str(key) {
        let k = k.to_string_lossy();
        for (i, name) in names(&description).iter().enumerate() {
            if as_str(name.as_ref()).is_some_and(|n| n.to_string_lossy().eq_ignore_ascii_case(&k)) {
                return item::get(cx, data.as_ref(), Value::small_int(i as i64).as_ref());
            }
        }
        if description.as_ref().is_none() {
            return Err(cx.error_arg(objects::types::exception::ids::INDEX_ERROR, key));
        }
        return Err(cx.index_error("No item with that key"));
    }
    Err(cx.index_error("Index must be int or string"))
}

fn keys(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (_, description) = parts(cx, a[0]);
    Ok(List::from_values(names(&description)).into())
}

fn rich(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !matches!(op, Compare::Eq | Compare::Ne) || !type_of(b).is_subtype_of_id(ids::ROW) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let ((x, dx), (y, dy)) = (parts(cx, a), parts(cx, b));
    let same = compare::equal(cx, dx.as_ref(), dy.as_ref())? && compare::equal(cx, x.as_ref(), y.as_ref())?;
    Ok(Value::bool(same == (op == Compare::Eq)).into())
}

fn hashed(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let (data, description) = parts(cx, v);
    let h = hash::hash(cx, description.as_ref())? ^ hash::hash(cx, data.as_ref())?;
    Ok(if h == -1 { -2 } else { h })
}

static METHODS: &[Method] = &[method("keys", "($self, /)", keys, "Returns the keys of the row.")];

/// `sqlite3.Row`.
pub static ROW_TYPE: TypeSpec = TypeSpec::of::<Row>("sqlite3.Row")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(new),
        hash: Some(hashed),
        richcompare: Some(rich),
        iter: Some(|cx, v| {
            let (data, _) = parts(cx, v);
            iter::iter(cx, data.as_ref())
        }),
        len: Some(|cx, v| {
            let (data, _) = parts(cx, v);
            item::len(cx, data.as_ref())
        }),
        getitem: Some(get),
        ..Slots::NONE
    })
    .methods(METHODS);
