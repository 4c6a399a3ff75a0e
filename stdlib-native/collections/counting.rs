//! What `Counter` and `namedtuple` use.

use super::ids;
use crate::guarded::make;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getset, method};
use objects::protocol::arith::{self, Op};
use objects::protocol::{call, item, iter, text};
use objects::types::dict::{Dict, Key};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Slot, Slots};
use objects::types::type_::{Downcast, TypeSpec, by_id, type_of};
use objects::{Args, Cx, PyResult};

/// `_count_elements(mapping, iterable)`.
pub fn count_elements(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mapping = a[0];
    let get = Str::intern_text("get");
    let plain = mapping.downcast::<Dict>().filter(|_| {
        let (t, base) = (type_of(mapping), by_id(objects::ids::DICT));
        let same_get = match (t.lookup(get.as_ref()), base.lookup(get.as_ref())) {
            (Some(x), Some(y)) => x.as_ref().is(y.as_ref()),
            _ => false,
        };
        same_get && t.slots.raw(Slot::setitem) == base.slots.raw(Slot::setitem)
    });
    let one = Value::small_int(1);
    iter::for_each(cx, a[1], |cx, x| {
        if let Some(d) = plain {
            let key = Key::new(cx, x.as_ref())?;
            // Counts that are small ints are added to under the dict's lock.
            let mut done = true;
            let old = d.update_key(cx, key, |now| match now {
                None => Some(Value::small_int(1)),
                Some(v) if v.word().is_int() => Some(int::from_i64(v.word().int() + 1)),
                Some(_) => {
                    done = false;
                    None
                }
            })?;
            if !done && let Some(old) = old {
                let new = arith::binary(cx, Op::Add, old.as_ref(), one.as_ref())?.into_value();
                d.set_key(cx, key, new)?;
            }
        } else {
            let zero = Value::small_int(0);
            let old = call::method(cx, mapping, get.as_ref(), &[x.as_ref(), zero.as_ref()])?.into_value();
            let new = arith::binary(cx, Op::Add, old.as_ref(), one.as_ref())?.into_value();
            item::set(cx, mapping, x.as_ref(), Some(new.as_ref()))?;
        }
        cx.poll()
    })?;
    Ok(Value::NONE.into())
}

/// `_tuplegetter` object: gives one item of a tuple as an attribute.
#[repr(C)]
pub struct TupleGetter {
    index: i64,
    doc: Field,
}
// SAFETY: visits the word.
unsafe impl Payload for TupleGetter {
    const TYPE_ID: u32 = ids::TUPLE_GETTER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.doc.peek());
    }
}

fn me(v: Ref<'_>) -> &TupleGetter {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<TupleGetter>() }
}
fn doc(v: Ref<'_>) -> Value {
    me(v).doc.load(me(v).header())
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "_tuplegetter")?;
    args.check_count(cx, "_tuplegetter", 2, 2)?;
    let index = int::index_i64(cx, args.items[0])?;
    Ok(make(class, TupleGetter { index, doc: Field::new(args.items[1].to_value()) }))
}

fn get(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let g = me(d);
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    let Some(t) = obj.downcast::<Tuple>() else {
        if obj.is_none() {
            return Ok(d.to_value().into());
        }
        let n = type_of(obj).full_name();
        return Err(cx.type_error(format!("descriptor for index '{}' for tuple subclasses doesn't apply to '{n}' object", g.index)));
    };
    match usize::try_from(g.index).ok().filter(|i| *i < t.len()) {
        Some(i) => Ok(t.get(i).to_value().into()),
        None => Err(cx.index_error("tuple index out of range")),
    }
}

fn set(cx: &mut Cx, _d: Ref<'_>, _obj: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    Err(cx.error(exc::ATTRIBUTE_ERROR, if value.is_some() { "can't set attribute" } else { "can't delete attribute" }))
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = doc(v);
    let shown = text::repr(cx, d.as_ref())?.to_string_lossy();
    let name = type_of(v).name_text();
    Ok(objects::types::str::text(&format!("{name}({}, {shown})", me(v).index)))
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let inner = Tuple::from_values(vec![int::from_i64(me(a[0]).index), doc(a[0])]).into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner]).into())
}

static METHODS: &[Method] = &[method("__reduce__", "($self, /)", reduce, "What pickle needs.")];
static GETSETS: &[GetSet] = &[getset(
    "__doc__",
    |_, v| Ok(doc(v).into()),
    |cx, v, x| {
        let g = me(v);
        let new = x.map_or(Value::NONE, Ref::to_value);
        let old = {
            let _l = cx.lock(g.header());
            g.doc.swap(new)
        };
        drop(old);
        Ok(())
    },
    "",
)];

/// `_tuplegetter`.
pub static TUPLE_GETTER_TYPE: TypeSpec = TypeSpec::of::<TupleGetter>("collections._tuplegetter")
    .slots(Slots { new: Some(new), repr: Some(repr), descr_get: Some(get), descr_set: Some(set), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS);
