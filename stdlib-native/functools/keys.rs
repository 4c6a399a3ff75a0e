//! `reduce` and `cmp_to_key`.

use super::ids;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, getset};
use objects::protocol::{call, compare, iter};
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// `reduce(function, iterable, /, initial)`.
pub fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut total = a[2].given().map(Ref::to_value);
    let it = match iter::iter(cx, a[1]) {
        Ok(it) => it.into_value(),
        Err(e) => {
            drop(cx.catch_if(e, objects::types::exception::ids::TYPE_ERROR)?);
            return Err(cx.type_error("reduce() arg 2 must support iteration"));
        }
    };
    while let Some(x) = iter::next(cx, it.as_ref())? {
        let x = x.into_value();
        total = Some(match total {
            None => x,
            Some(t) => call::positional(cx, a[0], &[t.as_ref(), x.as_ref()])?,
        });
        cx.poll()?;
    }
    total.map(Reg::from).ok_or_else(|| cx.type_error("reduce() of empty iterable with no initial value"))
}

/// `KeyWrapper` object: without an object it makes keys.
#[repr(C)]
pub struct KeyObject {
    compare: Value,
    object: Field,
}
// SAFETY: visits both words.
unsafe impl Payload for KeyObject {
    const TYPE_ID: u32 = ids::KEY;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.compare.word());
        visit(self.object.peek());
    }
}

fn me(v: Ref<'_>) -> &KeyObject {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<KeyObject>() }
}

/// `cmp_to_key(mycmp)`.
pub fn cmp_to_key(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(gc::alloc(KeyObject { compare: a[0].to_value(), object: Field::empty() }).into())
}

crate::parameters!(PARAMETERS, "K", "(obj)");

fn make(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS.bind(
        cx,
        args,
        |_, a| Ok(gc::alloc(KeyObject { compare: me(v).compare.clone(), object: Field::new(a[0].to_value()) }).into()),
    )
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<KeyObject>(), b.exact::<KeyObject>()) else {
        return Err(cx.type_error("other argument must be K instance"));
    };
    let (p, q) = (x.object.load(x.header()), y.object.load(y.header()));
    if p.word() == Word::UNBOUND || q.word() == Word::UNBOUND {
        return Err(cx.error(objects::types::exception::ids::ATTRIBUTE_ERROR, "object"));
    }
    let r = call::positional(cx, x.compare.as_ref(), &[p.as_ref(), q.as_ref()])?;
    let zero = Value::small_int(0);
    compare::rich(cx, r.as_ref(), zero.as_ref(), op)
}

static GETSETS: &[GetSet] = &[getset(
    "obj",
    |cx, v| {
        let x = me(v).object.load(me(v).header());
        if x.word() == Word::UNBOUND { Err(cx.error(objects::types::exception::ids::ATTRIBUTE_ERROR, "obj")) } else { Ok(x.into()) }
    },
    |cx, v, x| {
        let k = me(v);
        let new = x.map_or(Value::UNBOUND, Ref::to_value);
        let old = {
            let _l = cx.lock(k.header());
            k.object.swap(new)
        };
        drop(old);
        Ok(())
    },
    "The object that the key stands for.",
)];

/// `functools.KeyWrapper`.
pub static KEY_TYPE: TypeSpec = TypeSpec::of::<KeyObject>("functools.KeyWrapper")
    .flags(flags::NO_NEW)
    .slots(Slots { call: Some(make), richcompare: Some(richcompare), ..Slots::NONE })
    .getsets(GETSETS);
