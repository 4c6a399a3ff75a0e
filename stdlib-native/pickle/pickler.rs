//! `Pickler`, its memo's proxy, and `dump` and `dumps`.

use super::save::{Memo, Saver};
use super::{cannot, ids, op, optional};
use crate::guarded::{Guarded, State, make, visit_optional};
use crate::name::Name;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{BuiltinFunction, GetSet, Member, Method, getset, method};
use objects::protocol::{attr, truth};
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::{Dict, as_dict};
use objects::types::exception;
use objects::types::int;
use objects::types::str::as_str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};

static PERSISTENT_ID: Name = Name::new("persistent_id");
static REDUCER_OVERRIDE: Name = Name::new("reducer_override");

/// State of a pickler.
#[derive(Default)]
pub struct Settings {
    write: Option<Value>,
    proto: i64,
    bin: bool,
    fast: bool,
    fix_imports: bool,
    buffer_callback: Option<Value>,
    dispatch_table: Option<Value>,
    /// Set on the instance.
    persistent_id: Option<Value>,
    memo: Memo,
}
impl State for Settings {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.write, &self.buffer_callback, &self.dispatch_table, &self.persistent_id] {
            visit_optional(v, visit);
        }
        self.memo.objects.iter().for_each(|(_, v)| visit(v.word()));
    }
}
/// `Pickler` object.
pub type Pickler = Guarded<Settings, { ids::PICKLER }>;

fn me(v: Ref<'_>) -> &Pickler {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Pickler>() }
}

fn protocol(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let Some(v) = optional(v) else { return Ok(op::DEFAULT) };
    let n = i64::from(int::c_int(cx, v)?);
    if n > op::HIGHEST {
        return Err(cx.value_error(format!("pickle protocol must be <= {}", op::HIGHEST)));
    }
    Ok(if n < 0 { op::HIGHEST } else { n })
}

fn callback(cx: &mut Cx, v: Ref<'_>, proto: i64) -> PyResult<Option<Value>> {
    let f = optional(v).map(Ref::to_value);
    if f.is_some() && proto < 5 {
        return Err(cx.value_error("buffer_callback needs protocol >= 5"));
    }
    Ok(f)
}

fn write_of(cx: &mut Cx, file: Ref<'_>) -> PyResult<Value> {
    match attr::get_optional(cx, file, objects::names::write())? {
        Some(w) => Ok(w),
        None => Err(cx.type_error("file must have a 'write' attribute")),
    }
}

fn flag(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    v.given().map_or(Ok(true), |v| truth::of(cx, v))
}

/// `dump(obj, file, protocol, *, fix_imports, buffer_callback)`
pub fn dump(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let proto = protocol(cx, a[2])?;
    let mut s = Saver::new(proto, flag(cx, a[3])?);
    s.write = Some(write_of(cx, a[1])?);
    s.buffer_callback = callback(cx, a[4], proto)?;
    s.dump(cx, a[0])?;
    Ok(Value::NONE.into())
}

/// `dumps(obj, protocol, *, fix_imports, buffer_callback)`
pub fn dumps(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let proto = protocol(cx, a[1])?;
    let mut s = Saver::new(proto, flag(cx, a[2])?);
    s.buffer_callback = callback(cx, a[3], proto)?;
    s.dump(cx, a[0])?;
    new_bytes(cx, &s.out).map(Reg::from)
}

crate::parameters!(INIT, "Pickler", "($self, file, protocol=None, fix_imports=True, buffer_callback=None)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT.bind(cx, args, |cx, a| {
        let proto = protocol(cx, a[1])?;
        let fix_imports = flag(cx, a[2])?;
        let write = write_of(cx, a[0])?;
        let buffer_callback = callback(cx, a[3], proto)?;
        let old = me(v).with(cx, |s| {
            let new = Settings {
                write: Some(write),
                proto,
                bin: proto > 0,
                fast: false,
                fix_imports,
                buffer_callback,
                dispatch_table: s.dispatch_table.take(),
                persistent_id: s.persistent_id.take(),
                memo: Memo::default(),
            };
            std::mem::replace(s, new)
        });
        drop(old);
        Ok(())
    })
}

/// A hook that a subclass or instance has put in place of the type's own method.
pub fn hook(cx: &mut Cx, v: Ref<'_>, name: &'static Name) -> PyResult<Option<Value>> {
    let Some(f) = attr::get_optional(cx, v, name.get())? else { return Ok(None) };
    let own = f.as_ref().exact::<BuiltinFunction>().is_some_and(|b| b.bound && b.receiver.as_ref().is(v));
    Ok((!own).then_some(f))
}

fn dump_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    let persistent_id = hook(cx, a[0], &PERSISTENT_ID)?;
    let reducer_override = attr::get_optional(cx, a[0], REDUCER_OVERRIDE.get())?;
    let (mut s, write) = p.with(cx, |st| {
        let mut s = Saver::new(st.proto, st.fix_imports);
        s.bin = st.bin;
        s.fast = st.fast;
        s.buffer_callback = st.buffer_callback.clone();
        s.dispatch_table = st.dispatch_table.clone();
        s.memo = std::mem::take(&mut st.memo);
        (s, st.write.clone())
    });
    let r = if write.is_none() {
        let n = type_of(a[0]).shown_name();
        Err(cannot(cx, format!("Pickler.__init__() was not called by {n}.__init__()")))
    } else {
        s.write = write;
        s.persistent_id = persistent_id;
        s.reducer_override = reducer_override;
        s.dump(cx, a[1])
    };
    let memo = std::mem::take(&mut s.memo);
    let old = p.with(cx, |st| std::mem::replace(&mut st.memo, memo));
    drop(old);
    r.map(|()| Value::NONE.into())
}

fn clear_memo(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let old = me(v).with(cx, |s| std::mem::take(&mut s.memo));
    drop(old);
    Ok(Value::NONE.into())
}

fn memo_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let objects = me(v).with(cx, |s| s.memo.objects.clone());
    let d = Dict::new();
    for (n, o) in objects {
        let id = int::from_u64(o.word().unmarked().0);
        let pair = Tuple::from_values(vec![int::from_usize(n), o]).into_value();
        d.set(cx, id.as_ref(), pair.as_ref())?;
    }
    Ok(d.into_value())
}

fn set_memo(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.type_error("attribute deletion is not supported")) };
    let mut memo = Memo::default();
    if let Some(p) = new.exact::<MemoProxy>() {
        let other = p.pickler.load(p.header());
        for (n, o) in me(other.as_ref()).with(cx, |s| s.memo.objects.clone()) {
            memo.put(o.as_ref(), n);
        }
    } else if let Some(d) = as_dict(new) {
        for (_, pair) in d.items() {
            let Some([n, o]) = pair.as_ref().downcast::<Tuple>().map(Tuple::items) else {
                return Err(cx.type_error("'memo' values must be 2-item tuples"));
            };
            let n = int::index_i64(cx, *n)?;
            memo.put(*o, n.max(0) as usize);
        }
    } else {
        let n = type_of(new).shown_name();
        return Err(cx.type_error(format!("'memo' attribute must be a PicklerMemoProxy object or dict, not {n}")));
    }
    let old = me(v).with(cx, |s| std::mem::replace(&mut s.memo, memo));
    drop(old);
    Ok(())
}

fn get_attribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if as_str(name).is_some_and(|s| s.eq_str("persistent_id"))
        && let Some(f) = me(v).with(cx, |s| s.persistent_id.clone())
    {
        return Ok(f.into());
    }
    attr::generic_get(cx, v, name)
}

fn set_attribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    if as_str(name).is_some_and(|s| s.eq_str("persistent_id")) {
        let new = value.map(Ref::to_value);
        let old = me(v).with(cx, |s| std::mem::replace(&mut s.persistent_id, new));
        return match (value, &old) {
            (None, None) => Err(attr::missing(cx, v, name)),
            _ => Ok(()),
        };
    }
    attr::generic_set(cx, v, name, value)
}

fn dispatch_table(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match me(v).with(cx, |s| s.dispatch_table.clone()) {
        Some(d) => Ok(d.into()),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.error(exception::ids::ATTRIBUTE_ERROR, format!("'{n}' object has no attribute 'dispatch_table'")))
        }
    }
}

fn set_number(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, f: fn(&mut Settings, bool)) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.type_error("can't delete numeric/char attribute")) };
    let n = int::index_i64(cx, x)?;
    me(v).with(cx, |s| f(s, n != 0));
    Ok(())
}

static METHODS: &[Method] = &[
    method("persistent_id", "($self, obj, /)", |_, _| Ok(Value::NONE.into()), "An id for an object that is kept elsewhere, or None."),
    method("dump", "($self, obj, /)", dump_method, "Writes an object."),
    method("clear_memo", "($self, /)", |cx, a| clear_memo(cx, a[0]), "Forgets what has been written."),
    method("__sizeof__", "($self, /)", |cx, a| Ok(int::from_usize(200 + 24 * me(a[0]).with(cx, |s| s.memo.len())).into()), ""),
];
static MEMBERS: &[Member] = &[
    Member(getset("bin", |cx, v| Ok(int::reg(me(v).with(cx, |s| s.bin).into())), |cx, v, x| set_number(cx, v, x, |s, b| s.bin = b), "")),
    Member(getset("fast", |cx, v| Ok(int::reg(me(v).with(cx, |s| s.fast).into())), |cx, v, x| set_number(cx, v, x, |s, b| s.fast = b), "")),
    Member(getset(
        "dispatch_table",
        dispatch_table,
        |cx, v, x| {
            let new = x.map(Ref::to_value);
            let old = me(v).with(cx, |s| std::mem::replace(&mut s.dispatch_table, new));
            drop(old);
            Ok(())
        },
        "",
    )),
];
static GETSETS: &[GetSet] = &[getset("memo", |_, v| Ok(gc::alloc(MemoProxy { pickler: Field::new(v.to_value()) }).into()), set_memo, "")];

/// `_pickle.Pickler`.
pub static PICKLER_TYPE: TypeSpec = TypeSpec::of::<Pickler>("_pickle.Pickler")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(|_, class, _| Ok(make(class, Pickler::new(Settings::default())))),
        init: Some(init),
        getattr: Some(get_attribute),
        setattr: Some(set_attribute),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("This takes a binary file for writing a pickle data stream.");

/// A view of a pickler's memo.
#[repr(C)]
pub struct MemoProxy {
    pickler: Field,
}
// SAFETY: visits the pickler.
unsafe impl Payload for MemoProxy {
    const TYPE_ID: u32 = ids::PICKLER_MEMO;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.pickler.peek());
    }
}

fn owner(v: Ref<'_>) -> Value {
    // SAFETY: methods check their receiver.
    let p = unsafe { v.cast::<MemoProxy>() };
    p.pickler.load(p.header())
}

/// `_pickle.PicklerMemoProxy`.
pub static MEMO_TYPE: TypeSpec = TypeSpec::of::<MemoProxy>("_pickle.PicklerMemoProxy").flags(flags::NO_NEW).methods(&[
    method("clear", "($self, /)", |cx, a| clear_memo(cx, owner(a[0]).as_ref()), "Forgets everything."),
    method("copy", "($self, /)", |cx, a| memo_dict(cx, owner(a[0]).as_ref()).map(Reg::from), "The memo as a dict."),
    method(
        "__reduce__",
        "($self, /)",
        |cx, a| {
            let d = memo_dict(cx, owner(a[0]).as_ref())?;
            let args = Tuple::from_values(vec![d]).into_value();
            Ok(Tuple::from_values(vec![type_value(objects::ids::DICT), args]).into())
        },
        "",
    ),
]);
