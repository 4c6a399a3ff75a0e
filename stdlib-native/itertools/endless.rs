//! `count`, `cycle` and `repeat`.

use super::{ids, refuse_keywords};
use crate::guarded::{Guarded, State, make, visit_optional};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::arith::{self, Op};
use objects::protocol::{iter, text};
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};
use sync::prim::{AtomicI64, Ordering};

/// State of `count`.
pub struct Counter {
    now: Value,
    step: Value,
}
impl State for Counter {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.now.word());
        visit(self.step.word());
    }
}
/// `count` object.
pub type Count = Guarded<Counter, { ids::COUNT }>;

parameters!(COUNT_PARAMETERS, "count", "(start=0, step=1)");

fn is_number(v: Ref<'_>) -> bool {
    let s = &type_of(v).slots;
    s.index().is_some() || s.int().is_some() || s.float().is_some() || v.downcast_complex()
}

trait MaybeComplex {
    fn downcast_complex(self) -> bool;
}
impl MaybeComplex for Ref<'_> {
    fn downcast_complex(self) -> bool {
        type_of(self).is_subtype_of_id(objects::ids::COMPLEX)
    }
}

fn new_count(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COUNT_PARAMETERS.bind(cx, args, |cx, a| {
        for v in a.iter().filter_map(|v| v.given()) {
            if !is_number(v) {
                return Err(cx.type_error("a number is required"));
            }
        }
        let now = a[0].given().map_or(Value::small_int(0), Ref::to_value);
        let step = a[1].given().map_or(Value::small_int(1), Ref::to_value);
        Ok(make(class, Count::new(Counter { now, step })))
    })
}

fn next_count(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Count>() };
    loop {
        let (now, step) = {
            let quick = me.with(cx, |s| {
                let (n, step) = (s.now.word(), s.step.word());
                if n.is_int() && step.is_int() {
                    // Both have less than 63 bits. The old value is a word without a cell.
                    let next = int::from_i64(n.int() + step.int());
                    return Ok(std::mem::replace(&mut s.now, next));
                }
                Err((s.now.clone(), s.step.clone()))
            });
            match quick {
                Ok(r) => return Ok(Some(r.into())),
                Err(pair) => pair,
            }
        };
        let mut next = Some(arith::binary(cx, Op::Add, now.as_ref(), step.as_ref())?.into_value());
        let taken = me.with(cx, |s| {
            if s.now.is(&now)
                && let Some(n) = next.take()
            {
                Some(std::mem::replace(&mut s.now, n))
            } else {
                None
            }
        });
        if let Some(r) = taken {
            return Ok(Some(r.into()));
        }
    }
}

fn repr_count(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Count>() };
    let (now, step) = me.with(cx, |s| (s.now.clone(), s.step.clone()));
    let name = type_of(v).name_text();
    let now = text::repr(cx, now.as_ref())?.to_string_lossy();
    if step.word().is_int() && step.word().int() == 1 {
        return Ok(objects::types::str::text(&format!("{name}({now})")));
    }
    let step = text::repr(cx, step.as_ref())?.to_string_lossy();
    Ok(objects::types::str::text(&format!("{name}({now}, {step})")))
}

/// `count`.
pub static COUNT_TYPE: TypeSpec = TypeSpec::of::<Count>("itertools.count")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_count), iter: Some(myself), next: Some(next_count), repr: Some(repr_count), ..Slots::NONE })
    .doc("Numbers without end: count(start=0, step=1).");

/// State of `cycle`.
pub struct Round {
    source: Option<Value>,
    saved: Vec<Value>,
    index: usize,
}
impl State for Round {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.source, visit);
        self.saved.iter().for_each(|v| visit(v.word()));
    }
}
/// `cycle` object.
pub type Cycle = Guarded<Round, { ids::CYCLE }>;

fn new_cycle(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    refuse_keywords(cx, class, args, "cycle")?;
    args.check_count(cx, "cycle", 1, 1)?;
    let source = Some(iter::iter(cx, args.positional()[0])?.into_value());
    Ok(make(class, Cycle::new(Round { source, saved: Vec::new(), index: 0 })))
}

fn next_cycle(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Cycle>() };
    if let Some(source) = me.with(cx, |s| s.source.clone()) {
        if let Some(x) = iter::next(cx, source.as_ref())? {
            let x = x.into_value();
            let copy = x.clone();
            let ok = me.with(cx, |s| {
                if s.saved.try_reserve(1).is_err() {
                    return false;
                }
                s.saved.push(copy);
                true
            });
            return if ok { Ok(Some(x.into())) } else { Err(cx.memory_error()) };
        }
        let old = me.with(cx, |s| s.source.take());
        drop(old);
    }
    Ok(me.with(cx, |s| {
        let x = s.saved.get(s.index)?.clone();
        s.index = (s.index + 1) % s.saved.len();
        Some(x.into())
    }))
}

/// `cycle`.
pub static CYCLE_TYPE: TypeSpec = TypeSpec::of::<Cycle>("itertools.cycle")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_cycle), iter: Some(myself), next: Some(next_cycle), ..Slots::NONE })
    .doc("The items of an iterable again and again: cycle(iterable).");

/// `repeat` object.
#[repr(C)]
pub struct Repeat {
    object: Value,
    /// How many are left; negative: without end.
    left: AtomicI64,
}
// SAFETY: visits the word.
unsafe impl Payload for Repeat {
    const TYPE_ID: u32 = ids::REPEAT;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.object.word());
    }
}

parameters!(REPEAT_PARAMETERS, "repeat", "(object, times=None)");

fn new_repeat(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    REPEAT_PARAMETERS.bind(cx, args, |cx, a| {
        let left = match a[1].given() {
            Some(n) => int::index_size(cx, n)?.max(0),
            None => -1,
        };
        Ok(make(class, Repeat { object: a[0].to_value(), left: AtomicI64::new(left) }))
    })
}

fn repeat_of(v: Ref<'_>) -> &Repeat {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Repeat>() }
}

fn next_repeat(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let me = repeat_of(v);
    if me.left.load(Ordering::Relaxed) >= 0
        && me.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n > 0).then(|| n - 1)).is_err()
    {
        return Ok(None);
    }
    Ok(Some(me.object.clone().into()))
}

fn repr_repeat(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let me = repeat_of(v);
    let name = type_of(v).name_text();
    let object = text::repr(cx, me.object.as_ref())?.to_string_lossy();
    let left = me.left.load(Ordering::Relaxed);
    let shown = if left < 0 { format!("{name}({object})") } else { format!("{name}({object}, {left})") };
    Ok(objects::types::str::text(&shown))
}

fn repeat_hint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match repeat_of(a[0]).left.load(Ordering::Relaxed) {
        n if n < 0 => Err(cx.type_error("len() of unsized object")),
        n => Ok(int::reg(n)),
    }
}

static REPEAT_METHODS: &[Method] = &[method("__length_hint__", "($self, /)", repeat_hint, "How many items are left.")];

/// `repeat`.
pub static REPEAT_TYPE: TypeSpec = TypeSpec::of::<Repeat>("itertools.repeat")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_repeat), iter: Some(myself), next: Some(next_repeat), repr: Some(repr_repeat), ..Slots::NONE })
    .methods(REPEAT_METHODS)
    .doc("One object a number of times, or without end: repeat(object [,times]).");
