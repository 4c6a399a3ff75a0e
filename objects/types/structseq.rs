//! Struct sequences: tuples whose items also have names (`sys.version_info`, `time.struct_time`, `os.stat_result`, ...). The class is made at run
//! time; items beyond the sequence's visible length are reachable by name only.

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, GetSetDescriptor, Getter};
use crate::protocol::{call, text};
use crate::types::dict::Dict;
use crate::types::instance;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::{Type, as_type, by_id, type_of, type_value};
use gc::{Payload, Ref, Reg, Value};

/// A field's name.
pub type Field = &'static str;

/// Most fields that a struct sequence may have.
pub const MAX_FIELDS: usize = 40;

fn field<const N: usize>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: the descriptor checks its receiver, a tuple.
    let t = unsafe { v.cast::<Tuple>() };
    match t.items().get(N) {
        Some(x) => Ok(x.to_value().into()),
        None => hidden(cx, v, N),
    }
}

/// Fields beyond the visible ones live in the instance's dict.
fn hidden(_cx: &mut Cx, v: Ref<'_>, n: usize) -> PyResult<Reg> {
    let key = Str::intern_text(&format!(".{n}"));
    Ok(instance::get_own(v, type_of(v), key.as_ref()).unwrap_or(Value::NONE.into()))
}

macro_rules! getters {
    ($($n:literal)*) => { &[$(field::<$n>),*] };
}
static GETTERS: &[Getter] =
    getters!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    // SAFETY: instances are tuples.
    let items = unsafe { v.cast::<Tuple>() };
    let fields = t.dict.get_str("_fields").map(Reg::into_value);
    let mut out = format!("{}(", t.full_name());
    for (i, x) in items.items().iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        if let Some(f) = fields.as_ref().and_then(|f| f.as_ref().exact::<Tuple>())
            && i < f.len()
            && let Some(s) = f.get(i).exact::<Str>()
        {
            out.push_str(&s.to_string_lossy());
            out.push('=');
        }
        out.push_str(&text::repr(cx, *x)?.to_string_lossy());
    }
    out.push(')');
    Ok(Str::from_text(&out).into())
}

/// Makes the class. `name` includes the module; the first `visible` fields are the sequence's items.
pub fn new_type(cx: &mut Cx, name: &'static str, fields: &'static [Field], visible: usize) -> PyResult<Value> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let ns = Dict::new();
    ns.set_str(names::__module__(), Str::intern_text(module));
    ns.set_text("n_fields", Value::small_int(fields.len() as i64));
    ns.set_text("n_sequence_fields", Value::small_int(visible as i64));
    ns.set_text("n_unnamed_fields", Value::small_int(0));
    let names_tuple = Tuple::from_values(fields.iter().map(|f| Str::intern_text(f)).collect());
    ns.set_str(names::__match_args__(), Tuple::from_refs(&names_tuple.items()[..visible.min(fields.len())]).into_value());
    ns.set_text("_fields", names_tuple);
    let class_name = Str::from_text(short);
    let bases = Tuple::from_values(vec![type_value(ids::TUPLE)]);
    let meta = type_value(ids::TYPE);
    let class = call::positional(cx, meta.as_ref(), &[class_name.value().as_ref(), bases.value().as_ref(), ns.as_ref()])?;
    if let Some(t) = as_type(class.as_ref()) {
        for (i, f) in fields.iter().enumerate().take(MAX_FIELDS) {
            // Lives as long as the process, as its class does.
            let row: &'static GetSet = Box::leak(Box::new(GetSet { name: f, get: GETTERS[i], set: None, doc: "" }));
            let d = gc::alloc(GetSetDescriptor { def: row, owner: t.id, member: true });
            d.header().make_deferred();
            t.dict.set_text(f, d);
        }
        t.slots.set(&crate::types::type_::slots::Slots {
            repr: Some(repr),
            new: Some(construct),
            ..crate::types::type_::slots::Slots::NONE
        });
        t.flags.fetch_or(crate::types::type_::flags::IMMUTABLE, sync::prim::Ordering::Relaxed);
    }
    Ok(class)
}

/// `T(sequence)`.
fn construct(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let Some(given) = args.positional().first() else {
        let n = t.full_name();
        return Err(cx.type_error(format!("{n}() missing required argument 'sequence' (pos 1)")));
    };
    let items = crate::protocol::iter::collect(cx, *given)?;
    let count =
        |n: &str| t.dict.get_str(n).and_then(|v| crate::types::int::as_int(v.as_ref()).and_then(|i| i.to_i64())).unwrap_or(0) as usize;
    let (all, visible) = (count("n_fields"), count("n_sequence_fields"));
    if items.len() < visible || items.len() > all {
        let n = t.full_name();
        let (least, got) = (if all == visible { "a" } else { "an at least" }, items.len());
        return Err(cx.type_error(format!("{n}() takes {least} {visible}-sequence ({got}-sequence given)")));
    }
    Ok(build(t, items, visible).into())
}

fn build(t: &Type, mut items: Vec<Value>, visible: usize) -> Value {
    let rest = if items.len() > visible { items.split_off(visible) } else { Vec::new() };
    let extra = instance::extra_size(t);
    let capacity = t.inline_capacity.load(sync::prim::Ordering::Relaxed) as usize;
    let mut it = items.into_iter();
    let n = it.len();
    // SAFETY: a tuple subtype with that many bytes behind the items, finished below.
    let made = unsafe { Tuple::try_new_sized(t.id, n, extra, |_| it.next().unwrap_or(Value::NONE)) };
    let Some(v) = made else { return Tuple::empty().into_value() };
    let v = v.into_value();
    instance::finish_sized(t, &v, capacity);
    for (i, x) in rest.into_iter().enumerate() {
        let key = Str::intern_text(&format!(".{}", visible + i));
        instance::set_own(v.as_ref(), t, key.as_ref(), x);
    }
    v
}

/// Makes an instance; values beyond the visible fields are hidden ones.
pub fn make(class: &Value, items: Vec<Value>) -> Value {
    let t = as_type(class.as_ref()).unwrap_or(by_id(ids::TUPLE));
    let visible = t
        .dict
        .get_str("n_sequence_fields")
        .and_then(|v| crate::types::int::as_int(v.as_ref()).and_then(|i| i.to_i64()))
        .map_or(items.len(), |n| n as usize);
    build(t, items, visible)
}
