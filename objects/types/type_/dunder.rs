//! THE table that ties special method names to slots, in both directions: wrappers through which Python calls a static type's slot
//! (`int.__add__`), and functions that a class's slot gets when the class defines the method in Python.

use super::slots::{self, Compare, Sent, Slot};
use super::{Downcast, Type, by_id, type_of};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, check_receiver, getter};
use crate::protocol::buffer::BufferView;
use crate::protocol::{call, truth};
use crate::types::exception;
use crate::types::str::text;
use crate::types::type_::slots::Slots;
use crate::types::type_::{TypeSpec, flags};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use std::sync::OnceLock;

/// How a wrapper turns Python arguments into those of the slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrap {
    /// `f(self)`
    Unary,
    /// `f(self, other)`
    Binary,
    /// `f(other, self)`
    Reflected,
    /// `pow(self, other[, mod])`
    Power,
    /// `pow(other, self[, mod])`
    ReflectedPower,
    /// Truth.
    Bool,
    /// Length.
    Len,
    /// Hash.
    Hash,
    /// A comparison.
    Compare(Compare),
    /// Call.
    Call,
    /// `__init__`.
    Init,
    /// `__next__`.
    Next,
    /// Stores an item or attribute.
    Set,
    /// Deletes one.
    Del,
    /// `__contains__`.
    Contains,
    /// `__get__`.
    Get,
    /// `__set__`.
    DescrSet,
    /// `__delete__`.
    DescrDel,
    /// `__buffer__`.
    Buffer,
    /// `__del__`.
    Finalize,
    /// No wrapper (`__new__`, `__getattr__`, ...): handled elsewhere.
    None,
}

/// A row of the table.
pub struct Dunder {
    /// The interned name.
    pub name: fn() -> Ref<'static>,
    /// The name.
    pub text: &'static str,
    /// The slot.
    pub slot: Slot,
    /// The wrapper.
    pub wrap: Wrap,
    /// What the slot of a class that defines the method in Python gets.
    pub generic: usize,
}

/// An unbound special method of a static type: `wrapper_descriptor`.
#[repr(C)]
pub struct SlotWrapper {
    /// Row in [`table`].
    pub row: usize,
    /// Id of the type that declares it.
    pub owner: u32,
    /// The slot function, as it is in the owner.
    pub function: usize,
}
// SAFETY: holds no words.
unsafe impl Payload for SlotWrapper {
    const TYPE_ID: u32 = ids::SLOT_WRAPPER;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

/// A special method of a static type bound to its receiver: `method-wrapper`.
#[repr(C)]
pub struct MethodWrapper {
    /// The unbound one.
    pub wrapper: Gc<SlotWrapper>,
    /// Receiver.
    pub receiver: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for MethodWrapper {
    const TYPE_ID: u32 = ids::METHOD_WRAPPER;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.wrapper.value().word());
        visit(self.receiver.word());
    }
}

macro_rules! rows {
    ($($name:ident $slot:ident $wrap:expr, $generic:expr, $ty:ty;)*) => {
        vec![$(Dunder { name: names::$name, text: stringify!($name), slot: Slot::$slot, wrap: $wrap, generic: {
            let f: Option<$ty> = $generic;
            f.map_or(0, |f| f as usize)
        } },)*]
    };
}

macro_rules! unary {
    ($name:ident) => {
        Some(|cx, v| Ok(special(cx, v, names::$name(), &[])?.into()))
    };
}
macro_rules! binary {
    ($name:ident $reflected:ident $slot:ident) => {
        Some(|cx, a, b| binary_op(cx, a, b, names::$name(), names::$reflected(), Slot::$slot))
    };
}
macro_rules! inplace {
    ($name:ident) => {
        Some(|cx, a, b| Ok(special(cx, a, names::$name(), &[b])?.into()))
    };
}

/// The table. For a slot with several names the first one that a class defines decides.
pub fn table() -> &'static [Dunder] {
    static TABLE: OnceLock<Vec<Dunder>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut rows = make();
        // One function per slot (each row's closure has an address of its own): that is how a slot is known to be generic.
        for i in 0..rows.len() {
            let slot = rows[i].slot;
            if let Some(first) = rows[..i].iter().find(|d| d.slot == slot && d.generic != 0).map(|d| d.generic)
                && rows[i].generic != 0
            {
                rows[i].generic = first;
            }
        }
        rows
    })
}

fn make() -> Vec<Dunder> {
    use Wrap as W;
    rows! {
        __repr__ repr W::Unary, unary!(__repr__), slots::Unary;
        __str__ str W::Unary, unary!(__str__), slots::Unary;
        __hash__ hash W::Hash, Some(hash), slots::Hash;
        __call__ call W::Call, Some(call_slot), slots::Call;
        __getattribute__ getattr W::Binary, Some(getattribute), slots::Binary;
        __getattr__ getattr W::None, Some(getattribute), slots::Binary;
        __setattr__ setattr W::Set, Some(set_attribute), slots::Store;
        __delattr__ setattr W::Del, Some(set_attribute), slots::Store;
        __lt__ richcompare W::Compare(Compare::Lt), Some(compare), slots::RichCompare;
        __le__ richcompare W::Compare(Compare::Le), Some(compare), slots::RichCompare;
        __eq__ richcompare W::Compare(Compare::Eq), Some(compare), slots::RichCompare;
        __ne__ richcompare W::Compare(Compare::Ne), Some(compare), slots::RichCompare;
        __gt__ richcompare W::Compare(Compare::Gt), Some(compare), slots::RichCompare;
        __ge__ richcompare W::Compare(Compare::Ge), Some(compare), slots::RichCompare;
        __iter__ iter W::Unary, Some(iter), slots::Unary;
        __next__ next W::Next, Some(next), slots::Next;
        __get__ descr_get W::Get, Some(descr_get), slots::DescrGet;
        __set__ descr_set W::DescrSet, Some(descr_set), slots::Store;
        __delete__ descr_set W::DescrDel, Some(descr_set), slots::Store;
        __init__ init W::Init, Some(init), slots::Init;
        __new__ new W::None, Some(new), slots::New;
        __del__ del W::Finalize, Some(finalize), slots::Finalize;
        __bool__ bool W::Bool, Some(bool), slots::Inquiry;
        __len__ len W::Len, Some(len), slots::Length;
        __getitem__ getitem W::Binary, Some(|cx, a, b| Ok(special(cx, a, names::__getitem__(), &[b])?.into())), slots::Binary;
        __setitem__ setitem W::Set, Some(set_item), slots::Store;
        __delitem__ setitem W::Del, Some(set_item), slots::Store;
        __contains__ contains W::Contains, Some(contains), slots::Contains;
        __add__ add W::Binary, binary!(__add__ __radd__ add), slots::Binary;
        __radd__ add W::Reflected, binary!(__add__ __radd__ add), slots::Binary;
        __sub__ sub W::Binary, binary!(__sub__ __rsub__ sub), slots::Binary;
        __rsub__ sub W::Reflected, binary!(__sub__ __rsub__ sub), slots::Binary;
        __mul__ mul W::Binary, binary!(__mul__ __rmul__ mul), slots::Binary;
        __rmul__ mul W::Reflected, binary!(__mul__ __rmul__ mul), slots::Binary;
        __matmul__ matmul W::Binary, binary!(__matmul__ __rmatmul__ matmul), slots::Binary;
        __rmatmul__ matmul W::Reflected, binary!(__matmul__ __rmatmul__ matmul), slots::Binary;
        __truediv__ truediv W::Binary, binary!(__truediv__ __rtruediv__ truediv), slots::Binary;
        __rtruediv__ truediv W::Reflected, binary!(__truediv__ __rtruediv__ truediv), slots::Binary;
        __floordiv__ floordiv W::Binary, binary!(__floordiv__ __rfloordiv__ floordiv), slots::Binary;
        __rfloordiv__ floordiv W::Reflected, binary!(__floordiv__ __rfloordiv__ floordiv), slots::Binary;
        __mod__ mod_ W::Binary, binary!(__mod__ __rmod__ mod_), slots::Binary;
        __rmod__ mod_ W::Reflected, binary!(__mod__ __rmod__ mod_), slots::Binary;
        __divmod__ divmod W::Binary, binary!(__divmod__ __rdivmod__ divmod), slots::Binary;
        __rdivmod__ divmod W::Reflected, binary!(__divmod__ __rdivmod__ divmod), slots::Binary;
        __pow__ pow W::Power, Some(power), slots::Ternary;
        __rpow__ pow W::ReflectedPower, Some(power), slots::Ternary;
        __lshift__ lshift W::Binary, binary!(__lshift__ __rlshift__ lshift), slots::Binary;
        __rlshift__ lshift W::Reflected, binary!(__lshift__ __rlshift__ lshift), slots::Binary;
        __rshift__ rshift W::Binary, binary!(__rshift__ __rrshift__ rshift), slots::Binary;
        __rrshift__ rshift W::Reflected, binary!(__rshift__ __rrshift__ rshift), slots::Binary;
        __and__ and W::Binary, binary!(__and__ __rand__ and), slots::Binary;
        __rand__ and W::Reflected, binary!(__and__ __rand__ and), slots::Binary;
        __or__ or W::Binary, binary!(__or__ __ror__ or), slots::Binary;
        __ror__ or W::Reflected, binary!(__or__ __ror__ or), slots::Binary;
        __xor__ xor W::Binary, binary!(__xor__ __rxor__ xor), slots::Binary;
        __rxor__ xor W::Reflected, binary!(__xor__ __rxor__ xor), slots::Binary;
        __iadd__ iadd W::Binary, inplace!(__iadd__), slots::Binary;
        __isub__ isub W::Binary, inplace!(__isub__), slots::Binary;
        __imul__ imul W::Binary, inplace!(__imul__), slots::Binary;
        __imatmul__ imatmul W::Binary, inplace!(__imatmul__), slots::Binary;
        __itruediv__ itruediv W::Binary, inplace!(__itruediv__), slots::Binary;
        __ifloordiv__ ifloordiv W::Binary, inplace!(__ifloordiv__), slots::Binary;
        __imod__ imod W::Binary, inplace!(__imod__), slots::Binary;
        __ipow__ ipow W::Power, Some(|cx, a, b, _| Ok(special(cx, a, names::__ipow__(), &[b])?.into())), slots::Ternary;
        __ilshift__ ilshift W::Binary, inplace!(__ilshift__), slots::Binary;
        __irshift__ irshift W::Binary, inplace!(__irshift__), slots::Binary;
        __iand__ iand W::Binary, inplace!(__iand__), slots::Binary;
        __ior__ ior W::Binary, inplace!(__ior__), slots::Binary;
        __ixor__ ixor W::Binary, inplace!(__ixor__), slots::Binary;
        __neg__ neg W::Unary, unary!(__neg__), slots::Unary;
        __pos__ pos W::Unary, unary!(__pos__), slots::Unary;
        __abs__ abs W::Unary, unary!(__abs__), slots::Unary;
        __invert__ invert W::Unary, unary!(__invert__), slots::Unary;
        __int__ int W::Unary, unary!(__int__), slots::Unary;
        __float__ float W::Unary, unary!(__float__), slots::Unary;
        __index__ index W::Unary, unary!(__index__), slots::Unary;
        __await__ await_ W::Unary, unary!(__await__), slots::Unary;
        __aiter__ aiter W::Unary, unary!(__aiter__), slots::Unary;
        __anext__ anext W::Unary, unary!(__anext__), slots::Unary;
        __buffer__ buffer W::Buffer, Some(buffer), slots::GetBuffer;
        // Sequence slots have no names of their own on classes; static types show them under these.
        __add__ concat W::Binary, None, slots::Binary;
        __mul__ repeat W::Binary, None, slots::Binary;
        __rmul__ repeat W::Binary, None, slots::Binary;
        __iadd__ iconcat W::Binary, None, slots::Binary;
        __imul__ irepeat W::Binary, None, slots::Binary;
    }
}

/// Looks a special method up on the type and calls it; AttributeError when it has gone.
pub fn special(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Value> {
    match call::special(cx, v, name, args)? {
        Some(r) => Ok(r),
        None => {
            let n = crate::types::str::as_str(name).map_or_else(String::new, |s| s.to_string_lossy());
            Err(cx.attribute_error(&n, name, v))
        }
    }
}

fn hash(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    match type_of(v).lookup(names::__hash__()) {
        Some(f) if !f.as_ref().is_none() => {}
        _ => return crate::protocol::hash::unhashable(cx, v),
    }
    let r = special(cx, v, names::__hash__(), &[])?;
    match crate::types::int::as_int(r.as_ref()) {
        Some(_) => crate::protocol::hash::of_int_result(cx, r.as_ref()),
        None => Err(cx.type_error("__hash__ method should return an integer")),
    }
}

fn call_slot(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // `A.__call__ = A()` calls itself without a Python frame in between.
    cx.check_native_stack()?;
    let Some(f) = type_of(v).lookup(names::__call__()) else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("'{n}' object is not callable")));
    };
    cx.with_held(f, |cx, f| call::bound(cx, f, v, args))
}

/// `__getattribute__`, then `__getattr__` when that raises AttributeError.
fn getattribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    let own = t.lookup(names::__getattribute__());
    let first = match &own {
        Some(f) if is_object_getattribute(f.as_ref()) => crate::protocol::attr::generic_get(cx, v, name),
        Some(_) => special(cx, v, names::__getattribute__(), &[name]).map(Reg::from),
        None => crate::protocol::attr::generic_get(cx, v, name),
    };
    let raised = match first {
        Ok(r) => return Ok(r),
        Err(e) => e,
    };
    if type_of(v).lookup(names::__getattr__()).is_none() {
        return Err(raised);
    }
    let exc = cx.catch_if(raised, exception::ids::ATTRIBUTE_ERROR)?;
    drop(exc);
    Ok(special(cx, v, names::__getattr__(), &[name])?.into())
}

fn is_object_getattribute(f: Ref<'_>) -> bool {
    f.exact::<SlotWrapper>().is_some_and(|w| w.owner == ids::OBJECT)
}

fn set_attribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match value {
        Some(x) => special(cx, v, names::__setattr__(), &[name, x])?,
        None => special(cx, v, names::__delattr__(), &[name])?,
    };
    Ok(())
}

/// Interned name of a comparison's method.
pub fn compare_name(op: Compare) -> Ref<'static> {
    match op {
        Compare::Lt => names::__lt__(),
        Compare::Le => names::__le__(),
        Compare::Eq => names::__eq__(),
        Compare::Ne => names::__ne__(),
        Compare::Gt => names::__gt__(),
        Compare::Ge => names::__ge__(),
    }
}

fn compare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    match call::special(cx, a, compare_name(op), &[b])? {
        Some(r) => Ok(r.into()),
        None => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn iter(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match type_of(v).lookup(names::__iter__()) {
        Some(f) if f.as_ref().is_none() => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("'{n}' object is not iterable")))
        }
        Some(_) => Ok(special(cx, v, names::__iter__(), &[])?.into()),
        None => crate::protocol::iter::sequence_iter(cx, v),
    }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    match special(cx, v, names::__next__(), &[]) {
        Ok(r) => Ok(Some(r.into())),
        Err(e) => {
            cx.catch_if(e, exception::ids::STOP_ITERATION)?;
            Ok(None)
        }
    }
}

fn descr_get(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, owner: Ref<'_>) -> PyResult<Reg> {
    if type_of(d).lookup(names::__get__()).is_none() {
        return Ok(d.to_value().into());
    }
    Ok(special(cx, d, names::__get__(), &[obj.unwrap_or(Ref::NONE), owner])?.into())
}

fn descr_set(cx: &mut Cx, d: Ref<'_>, obj: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match value {
        Some(x) => special(cx, d, names::__set__(), &[obj, x])?,
        None => special(cx, d, names::__delete__(), &[obj])?,
    };
    Ok(())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let Some(f) = type_of(v).lookup(names::__init__()) else { return Ok(()) };
    let r = cx.with_held(f, |cx, f| call::bound(cx, f, v, args))?.into_value();
    if !r.as_ref().is_none() {
        let n = type_of(r.as_ref()).name_text();
        return Err(cx.type_error(format!("__init__() should return None, not '{n}'")));
    }
    Ok(())
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let f = crate::protocol::attr::get(cx, class, names::__new__())?.into_value();
    let mut all = Vec::with_capacity(args.items.len() + 1);
    all.push(class);
    all.extend_from_slice(args.items);
    call::call(cx, f.as_ref(), Args { items: &all, names: args.names })
}

fn finalize(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    call::special(cx, v, names::__del__(), &[])?;
    Ok(())
}

fn bool(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    if let Some(r) = call::special(cx, v, names::__bool__(), &[])? {
        return match r.word() {
            Word::TRUE => Ok(true),
            Word::FALSE => Ok(false),
            _ => {
                let n = type_of(r.as_ref()).name_text();
                Err(cx.type_error(format!("__bool__ should return bool, returned {n}")))
            }
        };
    }
    if type_of(v).lookup(names::__len__()).is_some() { Ok(len(cx, v)? != 0) } else { Ok(true) }
}

fn len(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let r = special(cx, v, names::__len__(), &[])?;
    let n = crate::types::int::index(cx, r.as_ref())?;
    let n = crate::types::int::as_int(n.as_ref());
    if n.is_some_and(|n| n.is_negative()) {
        return Err(cx.value_error("__len__() should return >= 0"));
    }
    match n.and_then(|n| n.to_i64()) {
        Some(n) => Ok(n as usize),
        None => Err(cx.overflow_error("cannot fit 'int' into an index-sized integer")),
    }
}

fn set_item(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    match value {
        Some(x) => special(cx, v, names::__setitem__(), &[key, x])?,
        None => special(cx, v, names::__delitem__(), &[key])?,
    };
    Ok(())
}

fn contains(cx: &mut Cx, v: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    match type_of(v).lookup(names::__contains__()) {
        Some(f) if f.as_ref().is_none() => {
            let n = type_of(v).name_text();
            Err(cx.type_error(format!("'{n}' object is not a container")))
        }
        Some(_) => {
            let r = special(cx, v, names::__contains__(), &[x])?;
            truth::of(cx, r.as_ref())
        }
        None => crate::protocol::iter::contains(cx, v, x),
    }
}

/// A binary operator of a class: `a.__op__(b)`, or `b.__rop__(a)`; the right operand goes first when its type is a subtype that overrides.
fn binary_op(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, name: Ref<'_>, reflected: Ref<'_>, slot: Slot) -> PyResult<Reg> {
    let (ta, tb) = (type_of(a), type_of(b));
    let row = table().iter().find(|d| d.slot == slot).map_or(0, |d| d.generic);
    let right = !std::ptr::eq(ta, tb) && tb.slots.raw(slot) == row;
    let mut try_right = right;
    if ta.slots.raw(slot) == row {
        if try_right && tb.is_subtype_of(ta) && overrides(ta, tb, reflected) {
            if let Some(r) = call::special(cx, b, reflected, &[a])?
                && r.word() != Word::NOT_IMPLEMENTED
            {
                return Ok(r.into());
            }
            try_right = false;
        }
        if let Some(r) = call::special(cx, a, name, &[b])?
            && (r.word() != Word::NOT_IMPLEMENTED || std::ptr::eq(ta, tb))
        {
            return Ok(r.into());
        }
    }
    if try_right && let Some(r) = call::special(cx, b, reflected, &[a])? {
        return Ok(r.into());
    }
    Ok(Value::NOT_IMPLEMENTED.into())
}

fn overrides(base: &Type, sub: &Type, name: Ref<'_>) -> bool {
    match (base.lookup(name), sub.lookup(name)) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(x), Some(y)) => !x.as_ref().is(y.as_ref()),
    }
}

fn power(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, m: Ref<'_>) -> PyResult<Reg> {
    if m.is_none() {
        return binary_op(cx, a, b, names::__pow__(), names::__rpow__(), Slot::pow);
    }
    let generic = table().iter().find(|d| d.slot == Slot::pow).map_or(0, |d| d.generic);
    if type_of(a).slots.raw(Slot::pow) == generic
        && let Some(r) = call::special(cx, a, names::__pow__(), &[b, m])?
    {
        return Ok(r.into());
    }
    if type_of(b).slots.raw(Slot::pow) == generic
        && let Some(r) = call::special(cx, b, names::__rpow__(), &[a, m])?
    {
        return Ok(r.into());
    }
    Ok(Value::NOT_IMPLEMENTED.into())
}

fn buffer(cx: &mut Cx, v: Ref<'_>, wanted: u32) -> PyResult<BufferView> {
    crate::types::memoryview::wrapper::export(cx, v, wanted)
}

/// Calls a slot function through its wrapper.
fn invoke(cx: &mut Cx, w: &SlotWrapper, receiver: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let d = &table()[w.row];
    let f = w.function;
    let name = d.text;
    if !matches!(d.wrap, Wrap::Call | Wrap::Init) && args.keyword_count() > 0 {
        return Err(cx.type_error(format!("wrapper {name}() takes no keyword arguments")));
    }
    let a = args.items;
    let check = |cx: &mut Cx, min: usize, max: usize| -> PyResult<()> {
        if a.len() >= min && a.len() <= max {
            return Ok(());
        }
        let (bound, n) = if a.len() < min { ("at least ", min) } else { ("at most ", max) };
        let bound = if min == max { "" } else { bound };
        let s = if n == 1 { "" } else { "s" };
        Err(cx.type_error(format!("expected {bound}{n} argument{s}, got {}", a.len())))
    };
    // SAFETY (all transmutes below): the row says which type the function has; it came from a slot of that kind.
    macro_rules! as_fn {
        ($t:ty) => {
            // SAFETY: see above.
            unsafe { std::mem::transmute::<usize, $t>(f) }
        };
    }
    let none = || Ok(Value::NONE.into());
    match d.wrap {
        Wrap::Unary => {
            check(cx, 0, 0)?;
            as_fn!(slots::Unary)(cx, receiver)
        }
        Wrap::Binary => {
            check(cx, 1, 1)?;
            as_fn!(slots::Binary)(cx, receiver, a[0])
        }
        Wrap::Reflected => {
            check(cx, 1, 1)?;
            as_fn!(slots::Binary)(cx, a[0], receiver)
        }
        Wrap::Power => {
            check(cx, 1, 2)?;
            as_fn!(slots::Ternary)(cx, receiver, a[0], a.get(1).copied().unwrap_or(Ref::NONE))
        }
        Wrap::ReflectedPower => {
            check(cx, 1, 2)?;
            as_fn!(slots::Ternary)(cx, a[0], receiver, a.get(1).copied().unwrap_or(Ref::NONE))
        }
        Wrap::Bool => {
            check(cx, 0, 0)?;
            as_fn!(slots::Inquiry)(cx, receiver).map(|b| Value::bool(b).into())
        }
        Wrap::Len => {
            check(cx, 0, 0)?;
            as_fn!(slots::Length)(cx, receiver).map(|n| crate::types::int::from_usize(n).into())
        }
        Wrap::Hash => {
            check(cx, 0, 0)?;
            as_fn!(slots::Hash)(cx, receiver).map(|h| crate::types::int::from_i64(h).into())
        }
        Wrap::Compare(op) => {
            check(cx, 1, 1)?;
            as_fn!(slots::RichCompare)(cx, receiver, a[0], op)
        }
        Wrap::Call => as_fn!(slots::Call)(cx, receiver, args),
        Wrap::Init => {
            as_fn!(slots::Init)(cx, receiver, args)?;
            none()
        }
        Wrap::Next => {
            check(cx, 0, 0)?;
            if type_of(receiver).slots.send().is_some() {
                return crate::protocol::iter::next_or_stop(cx, receiver);
            }
            match as_fn!(slots::Next)(cx, receiver)? {
                Some(r) => Ok(r),
                None => {
                    let e = exception::new_args(exception::ids::STOP_ITERATION, Vec::new());
                    Err(cx.raise_new(e))
                }
            }
        }
        Wrap::Set => {
            check(cx, 2, 2)?;
            if d.slot == Slot::setattr {
                check_setattr(cx, w, receiver, name)?;
            }
            as_fn!(slots::Store)(cx, receiver, a[0], Some(a[1]))?;
            none()
        }
        Wrap::Del => {
            check(cx, 1, 1)?;
            if d.slot == Slot::setattr {
                check_setattr(cx, w, receiver, name)?;
            }
            as_fn!(slots::Store)(cx, receiver, a[0], None)?;
            none()
        }
        Wrap::Contains => {
            check(cx, 1, 1)?;
            as_fn!(slots::Contains)(cx, receiver, a[0]).map(|b| Value::bool(b).into())
        }
        Wrap::Get => {
            check(cx, 1, 2)?;
            let obj = if a[0].is_none() { None } else { Some(a[0]) };
            let owner = a.get(1).copied().unwrap_or(Ref::NONE);
            if obj.is_none() && owner.is_none() {
                return Err(cx.type_error("__get__(None, None) is invalid"));
            }
            as_fn!(slots::DescrGet)(cx, receiver, obj, owner)
        }
        Wrap::DescrSet => {
            check(cx, 2, 2)?;
            as_fn!(slots::Store)(cx, receiver, a[0], Some(a[1]))?;
            none()
        }
        Wrap::DescrDel => {
            check(cx, 1, 1)?;
            as_fn!(slots::Store)(cx, receiver, a[0], None)?;
            none()
        }
        Wrap::Finalize => {
            check(cx, 0, 0)?;
            as_fn!(slots::Finalize)(cx, receiver)?;
            none()
        }
        Wrap::Buffer => {
            check(cx, 1, 1)?;
            let flags = crate::types::int::index_i64(cx, a[0])?;
            if i32::try_from(flags).is_err() {
                return Err(cx.overflow_error("buffer flags out of range"));
            }
            let view = as_fn!(slots::GetBuffer)(cx, receiver, flags as u32)?;
            Ok(crate::types::memoryview::of_view(view).into())
        }
        Wrap::None => Err(cx.system_error("slot without a wrapper")),
    }
}

/// `object.__setattr__(SomeClass, ...)` must not get round a metaclass's or static type's own checks.
fn check_setattr(cx: &mut Cx, w: &SlotWrapper, receiver: Ref<'_>, name: &str) -> PyResult<()> {
    let mut t = type_of(receiver);
    while t.has(flags::HEAP) {
        match t.base_type() {
            Some(b) => t = b,
            None => break,
        }
    }
    if t.slots.raw(Slot::setattr) != w.function && receiver.downcast::<Type>().is_some() {
        let n = t.name_text();
        return Err(cx.type_error(format!("can't apply this {name} to {n} object")));
    }
    Ok(())
}

fn wrapper(v: Ref<'_>) -> &SlotWrapper {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<SlotWrapper>() }
}
fn bound_wrapper(v: Ref<'_>) -> &MethodWrapper {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<MethodWrapper>() }
}

fn call_wrapper(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let w = wrapper(callee);
    let name = table()[w.row].text;
    let Some(receiver) = args.positional().first().copied() else {
        let o = by_id(w.owner).name_text();
        return Err(cx.type_error(format!("descriptor '{name}' of '{o}' object needs an argument")));
    };
    if !type_of(receiver).is_subtype_of_id(w.owner) {
        let (o, r) = (by_id(w.owner).full_name(), type_of(receiver).full_name());
        return Err(cx.type_error(format!("descriptor '{name}' requires a '{o}' object but received a '{r}'")));
    }
    invoke(cx, w, receiver, args.without_first())
}

fn get_wrapper(cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    let w = wrapper(d);
    let Some(obj) = obj else { return Ok(d.to_value().into()) };
    check_receiver(cx, table()[w.row].text, w.owner, obj)?;
    // SAFETY: `d` is a slot wrapper.
    let wrapper = unsafe { Gc::from_value(d.to_value()) };
    Ok(gc::alloc(MethodWrapper { wrapper, receiver: obj.to_value() }).into())
}

fn call_bound_wrapper(cx: &mut Cx, callee: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let m = bound_wrapper(callee);
    invoke(cx, &m.wrapper, m.receiver.as_ref(), args)
}

fn wrapper_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let w = wrapper(v);
    Ok(text(&format!("<slot wrapper '{}' of '{}' objects>", table()[w.row].text, by_id(w.owner).name_text())))
}
fn bound_wrapper_repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let m = bound_wrapper(v);
    let at = m.receiver.word().0;
    Ok(text(&format!(
        "<method-wrapper '{}' of {} object at {at:#x}>",
        table()[m.wrapper.row].text,
        type_of(m.receiver.as_ref()).name_text()
    )))
}
fn bound_wrapper_compare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<MethodWrapper>(), b.exact::<MethodWrapper>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    let same = x.wrapper.function == y.wrapper.function && x.wrapper.row == y.wrapper.row && x.receiver.is(&y.receiver);
    match op {
        Compare::Eq => Ok(Value::bool(same).into()),
        Compare::Ne => Ok(Value::bool(!same).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}
fn bound_wrapper_hash(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let m = bound_wrapper(v);
    Ok(crate::protocol::hash::identity(m.receiver.as_ref()) ^ m.wrapper.function as i64)
}

static WRAPPER_GETSETS: &[GetSet] = &[
    getter("__name__", |_, v| Ok(text(table()[wrapper(v).row].text)), ""),
    getter("__qualname__", |_, v| Ok(text(&format!("{}.{}", by_id(wrapper(v).owner).name_text(), table()[wrapper(v).row].text))), ""),
    getter("__objclass__", |_, v| Ok(super::type_value(wrapper(v).owner).into()), ""),
    getter("__doc__", |_, _| Ok(text("Special method of a builtin type.")), ""),
    getter("__text_signature__", |_, v| Ok(text(signature(table()[wrapper(v).row].wrap))), ""),
];
static BOUND_GETSETS: &[GetSet] = &[
    getter("__name__", |_, v| Ok(text(table()[bound_wrapper(v).wrapper.row].text)), ""),
    getter(
        "__qualname__",
        |_, v| Ok(text(&format!("{}.{}", by_id(bound_wrapper(v).wrapper.owner).name_text(), table()[bound_wrapper(v).wrapper.row].text))),
        "",
    ),
    getter("__objclass__", |_, v| Ok(super::type_value(bound_wrapper(v).wrapper.owner).into()), ""),
    getter("__self__", |_, v| Ok(bound_wrapper(v).receiver.clone().into()), ""),
    getter("__doc__", |_, _| Ok(text("Special method of a builtin type.")), ""),
    getter("__text_signature__", |_, v| Ok(text(signature(table()[bound_wrapper(v).wrapper.row].wrap))), ""),
];

fn signature(w: Wrap) -> &'static str {
    match w {
        Wrap::Unary | Wrap::Bool | Wrap::Len | Wrap::Hash | Wrap::Next | Wrap::Finalize => "($self, /)",
        Wrap::Binary | Wrap::Reflected | Wrap::Compare(_) => "($self, value, /)",
        Wrap::Power | Wrap::ReflectedPower => "($self, value, mod=None, /)",
        Wrap::Call | Wrap::Init => "($self, /, *args, **kwargs)",
        Wrap::Set => "($self, key, value, /)",
        Wrap::Del | Wrap::Contains => "($self, key, /)",
        Wrap::Get => "($self, instance, owner=None, /)",
        Wrap::DescrSet => "($self, instance, value, /)",
        Wrap::DescrDel => "($self, instance, /)",
        Wrap::Buffer => "($self, flags, /)",
        Wrap::None => "",
    }
}

/// `wrapper_descriptor`.
pub static SLOT_WRAPPER_TYPE: TypeSpec = TypeSpec::of::<SlotWrapper>("wrapper_descriptor")
    .flags(flags::NO_NEW | flags::METHOD_LIKE)
    .slots(Slots { call: Some(call_wrapper), repr: Some(wrapper_repr), descr_get: Some(get_wrapper), ..Slots::NONE })
    .getsets(WRAPPER_GETSETS);

/// `method-wrapper`.
pub static METHOD_WRAPPER_TYPE: TypeSpec = TypeSpec::of::<MethodWrapper>("method-wrapper")
    .flags(flags::NO_NEW)
    .slots(Slots {
        call: Some(call_bound_wrapper),
        repr: Some(bound_wrapper_repr),
        richcompare: Some(bound_wrapper_compare),
        hash: Some(bound_wrapper_hash),
        ..Slots::NONE
    })
    .getsets(BOUND_GETSETS);

/// Adds wrappers for the slots that a static type declares to its namespace.
pub fn add_wrappers(t: &Type) {
    for (row, d) in table().iter().enumerate() {
        let f = t.slots.raw(d.slot);
        if f == 0 || d.wrap == Wrap::None || t.dict.get_interned((d.name)()).is_some() {
            continue;
        }
        if d.slot == Slot::hash && f == crate::protocol::hash::unhashable as *const () as usize {
            t.dict.set_str((d.name)(), Value::NONE);
            continue;
        }
        let w = gc::alloc(SlotWrapper { row, owner: t.id, function: f });
        w.header().make_deferred();
        t.dict.set_str((d.name)(), w.into_value());
    }
}

/// Sets the slots of a class from its namespace and bases: for each special method found along the MRO either the static type's own function
/// (when what is found is its wrapper) or the function that calls the Python method.
pub fn update_slots(t: &Type, only: Option<Ref<'_>>) {
    let rows = table();
    for slot in slots::ALL {
        let named: Vec<&Dunder> = rows.iter().filter(|d| d.slot == *slot && d.generic != 0).collect();
        if let Some(name) = only
            && !named.iter().any(|d| (d.name)().is(name))
        {
            continue;
        }
        let mut function = 0;
        let mut generic = false;
        for d in &named {
            let Some((v, owner)) = t.lookup_with_owner((d.name)()) else { continue };
            let r = v.as_ref();
            // `list.__add__` is the sequence slot: the number slot of a subclass stays empty, so that the other operand is asked first.
            if let Some(w) = r.exact::<SlotWrapper>()
                && rows[w.row].slot != *slot
                && matches!(rows[w.row].slot, Slot::concat | Slot::repeat | Slot::iconcat | Slot::irepeat)
            {
                continue;
            }
            let native = match r.exact::<SlotWrapper>() {
                Some(w) if rows[w.row].slot == *slot && t.has_layout_or_is(w.owner) => w.function,
                _ if r.is_none() && *slot == Slot::hash => crate::protocol::hash::unhashable as *const () as usize,
                _ if *slot == Slot::new && is_builtin_new(r) => by_id(owner).slots.raw(Slot::new),
                _ => 0,
            };
            if native == 0 || (function != 0 && function != native) {
                generic = true;
                function = d.generic;
            } else {
                function = native;
            }
            if generic {
                break;
            }
        }
        if named.is_empty() || function == 0 {
            // Slots without names (concat, send, ...), and those no class in the MRO mentions, come from the base.
            if !named.is_empty() && named.iter().all(|d| t.lookup((d.name)()).is_none()) && *slot != Slot::getattr && *slot != Slot::setattr
            {
                function = t.base_type().map_or(0, |b| b.slots.raw(*slot));
                let inherited_generic = named.iter().any(|d| d.generic == function);
                if inherited_generic {
                    function = 0;
                }
            } else {
                function = t.base_type().map_or(0, |b| b.slots.raw(*slot));
            }
        }
        // SAFETY: the function is of the slot's type: it came from a table row or a slot of that index.
        unsafe { t.slots.set_raw(*slot, function) };
    }
    let generic_getattr = rows.iter().find(|d| d.slot == Slot::getattr).map_or(0, |d| d.generic);
    let generic_setattr = rows.iter().find(|d| d.slot == Slot::setattr).map_or(0, |d| d.generic);
    let object = by_id(ids::OBJECT);
    let set = |flag: u32, on: bool| {
        if on {
            t.flags.fetch_or(flag, sync::prim::Ordering::Relaxed);
        } else {
            t.flags.fetch_and(!flag, sync::prim::Ordering::Relaxed);
        }
    };
    let plain_get = t.slots.raw(Slot::getattr) == object.slots.raw(Slot::getattr);
    set(flags::PLAIN_GETATTR, plain_get && t.slots.raw(Slot::getattr) != generic_getattr);
    set(
        flags::PLAIN_SETATTR,
        t.slots.raw(Slot::setattr) == object.slots.raw(Slot::setattr) && t.slots.raw(Slot::setattr) != generic_setattr,
    );
    set(flags::FINALIZE, t.slots.raw(Slot::del) != 0);
}

fn is_builtin_new(v: Ref<'_>) -> bool {
    v.exact::<crate::native::BuiltinFunction>().is_some_and(|f| f.def.name == "__new__")
}

impl Type {
    fn has_layout_or_is(&self, id: u32) -> bool {
        self.id == id || self.is_subtype_of_id(id)
    }
}

/// Sends into anything with a `send` slot, or a `send` method.
pub fn send(cx: &mut Cx, v: Ref<'_>, value: Ref<'_>) -> PyResult<Sent> {
    let t = type_of(v);
    if let Some(f) = t.slots.send() {
        return f(cx, v, value);
    }
    let r = if value.is_none()
        && let Some(next) = t.slots.next()
    {
        match next(cx, v) {
            Ok(Some(r)) => return Ok(Sent::Yield(r)),
            Ok(None) => return Ok(Sent::Return(Value::NONE.into())),
            Err(e) => Err(e),
        }
    } else {
        call::method(cx, v, names::send(), &[value])
    };
    match r {
        Ok(v) => Ok(Sent::Yield(v)),
        Err(e) => {
            let exc = cx.catch_if(e, exception::ids::STOP_ITERATION)?;
            Ok(Sent::Return(exception::extra(exc.as_ref(), 0).into()))
        }
    }
}
