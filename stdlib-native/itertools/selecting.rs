//! Iterators that leave items out or change them one by one.

use super::{ids, refuse_keywords};
use crate::guarded::{Guarded, State, make, visit_optional};
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::protocol::{call, iter, truth};
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, as_type, flags};
use objects::{Args, Cx, PyResult};
use sync::prim::{AtomicBool, Ordering};

/// Two values that never change and a switch: what most of these iterators are.
#[repr(C)]
pub struct Pair<const ID: u32> {
    function: Value,
    source: Value,
    switch: AtomicBool,
}
// SAFETY: visits both words.
unsafe impl<const ID: u32> Payload for Pair<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.word());
        visit(self.source.word());
    }
}

fn me<const ID: u32>(v: Ref<'_>) -> &Pair<ID> {
    // SAFETY: slots check their receiver.
    unsafe { v.cast::<Pair<ID>>() }
}

const fn name_of(id: u32) -> &'static str {
    match id {
        ids::DROPWHILE => "dropwhile",
        ids::TAKEWHILE => "takewhile",
        ids::FILTERFALSE => "filterfalse",
        _ => "starmap",
    }
}

/// `f(function, iterable)`.
fn new_pair<const ID: u32>(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    refuse_keywords(cx, class, args, name_of(ID))?;
    args.check_count(cx, name_of(ID), 2, 2)?;
    let [function, iterable] = args.positional() else { return Ok(Value::NONE.into()) };
    let source = iter::iter(cx, *iterable)?.into_value();
    Ok(make(class, Pair::<ID> { function: function.to_value(), source, switch: AtomicBool::new(false) }))
}

parameters!(COMPRESS_PARAMETERS, "compress", "(data, selectors)");

fn new_compress(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COMPRESS_PARAMETERS.bind(cx, args, |cx, a| {
        let data = iter::iter(cx, a[0])?.into_value();
        let selectors = iter::iter(cx, a[1])?.into_value();
        Ok(make(class, Pair::<{ ids::COMPRESS }> { function: selectors, source: data, switch: AtomicBool::new(false) }))
    })
}

fn next_compress(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::COMPRESS }>(v);
    loop {
        let Some(x) = iter::next(cx, p.source.as_ref())? else { return Ok(None) };
        let x = x.into_value();
        let Some(s) = iter::next(cx, p.function.as_ref())? else { return Ok(None) };
        let s = s.into_value();
        if truth::of(cx, s.as_ref())? {
            return Ok(Some(x.into()));
        }
        cx.poll()?;
    }
}

fn test(cx: &mut Cx, function: Ref<'_>, x: Ref<'_>) -> PyResult<bool> {
    let r = call::positional(cx, function, &[x])?;
    truth::of(cx, r.as_ref())
}

fn next_dropwhile(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::DROPWHILE }>(v);
    loop {
        let Some(x) = iter::next(cx, p.source.as_ref())? else { return Ok(None) };
        if p.switch.load(Ordering::Relaxed) {
            return Ok(Some(x));
        }
        let x = x.into_value();
        if !test(cx, p.function.as_ref(), x.as_ref())? {
            p.switch.store(true, Ordering::Relaxed);
            return Ok(Some(x.into()));
        }
        cx.poll()?;
    }
}

fn next_takewhile(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::TAKEWHILE }>(v);
    if p.switch.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let Some(x) = iter::next(cx, p.source.as_ref())? else { return Ok(None) };
    let x = x.into_value();
    if test(cx, p.function.as_ref(), x.as_ref())? {
        return Ok(Some(x.into()));
    }
    p.switch.store(true, Ordering::Relaxed);
    Ok(None)
}

fn next_filterfalse(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::FILTERFALSE }>(v);
    let function = p.function.as_ref();
    let by_truth = function.is_none() || as_type(function).is_some_and(|t| t.id == objects::ids::BOOL);
    loop {
        let Some(x) = iter::next(cx, p.source.as_ref())? else { return Ok(None) };
        let x = x.into_value();
        let skip = if by_truth { truth::of(cx, x.as_ref())? } else { test(cx, function, x.as_ref())? };
        if !skip {
            return Ok(Some(x.into()));
        }
        cx.poll()?;
    }
}

fn next_starmap(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let p = me::<{ ids::STARMAP }>(v);
    let Some(x) = iter::next(cx, p.source.as_ref())? else { return Ok(None) };
    let x = x.into_value();
    if let Some(t) = x.as_ref().exact::<Tuple>() {
        return call::call(cx, p.function.as_ref(), Args::positional_only(t.items())).map(Some);
    }
    let items = iter::collect(cx, x.as_ref())?;
    let refs: Vec<Ref<'_>> = items.iter().map(Value::as_ref).collect();
    call::call(cx, p.function.as_ref(), Args::positional_only(&refs)).map(Some)
}

/// `compress`.
pub static COMPRESS_TYPE: TypeSpec = TypeSpec::of::<Pair<{ ids::COMPRESS }>>("itertools.compress")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_compress), iter: Some(myself), next: Some(next_compress), ..Slots::NONE })
    .doc("The items of the data whose selector is true: compress(data, selectors).");
/// `dropwhile`.
pub static DROPWHILE_TYPE: TypeSpec = TypeSpec::of::<Pair<{ ids::DROPWHILE }>>("itertools.dropwhile")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_pair::<{ ids::DROPWHILE }>), iter: Some(myself), next: Some(next_dropwhile), ..Slots::NONE })
    .doc("The items from the first one that fails the test: dropwhile(predicate, iterable).");
/// `takewhile`.
pub static TAKEWHILE_TYPE: TypeSpec = TypeSpec::of::<Pair<{ ids::TAKEWHILE }>>("itertools.takewhile")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_pair::<{ ids::TAKEWHILE }>), iter: Some(myself), next: Some(next_takewhile), ..Slots::NONE })
    .doc("The items up to the first one that fails the test: takewhile(predicate, iterable).");
/// `filterfalse`.
pub static FILTERFALSE_TYPE: TypeSpec = TypeSpec::of::<Pair<{ ids::FILTERFALSE }>>("itertools.filterfalse")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_pair::<{ ids::FILTERFALSE }>), iter: Some(myself), next: Some(next_filterfalse), ..Slots::NONE })
    .doc("The items that fail the test, or are false when it is None: filterfalse(function, iterable).");
/// `starmap`.
pub static STARMAP_TYPE: TypeSpec = TypeSpec::of::<Pair<{ ids::STARMAP }>>("itertools.starmap")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_pair::<{ ids::STARMAP }>), iter: Some(myself), next: Some(next_starmap), ..Slots::NONE })
    .doc("What a function gives for argument tuples: starmap(function, iterable).");

/// State of `islice`: how many items were taken from the source, which is wanted next.
pub struct Slice {
    source: Option<Value>,
    taken: u64,
    next: u64,
    stop: u64,
    step: u64,
}
impl State for Slice {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit_optional(&self.source, visit);
    }
}
/// `islice` object.
pub type Islice = Guarded<Slice, { ids::ISLICE }>;

/// Largest index.
const MAX: i64 = i64::MAX;

fn bound(cx: &mut Cx, v: Ref<'_>, what: &str) -> PyResult<i64> {
    let n = match int::index(cx, v) {
        Ok(i) => int::as_int(i.as_ref()).and_then(|i| i.to_i64()).unwrap_or(-1),
        Err(e) => {
            drop(cx.catch(e));
            -1
        }
    };
    if n < 0 {
        return Err(cx.value_error(format!("{what} must be None or an integer: 0 <= x <= sys.maxsize.")));
    }
    Ok(n)
}

fn new_islice(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    refuse_keywords(cx, class, args, "islice")?;
    args.check_count(cx, "islice", 2, 4)?;
    let p = args.positional();
    let given = |i: usize| p.get(i).copied().filter(|v: &Ref<'_>| !v.is_none());
    let (mut start, mut stop, mut step) = (0, MAX, 1);
    if p.len() == 2 {
        if let Some(v) = given(1) {
            stop = bound(cx, v, "Stop argument for islice()")?;
        }
    } else {
        if let Some(v) = given(2) {
            stop = bound(cx, v, "Stop argument for islice()")?;
        }
        if let Some(v) = given(1) {
            start = bound(cx, v, "Indices for islice()")?;
        }
        if let Some(v) = given(3) {
            step = match int::index(cx, v) {
                Ok(i) => int::as_int(i.as_ref()).and_then(|i| i.to_i64()).unwrap_or(-1),
                Err(e) => {
                    drop(cx.catch(e));
                    -1
                }
            };
            if step < 1 {
                return Err(cx.value_error("Step for islice() must be a positive integer or None."));
            }
        }
    }
    let source = Some(iter::iter(cx, p[0])?.into_value());
    Ok(make(class, Islice::new(Slice { source, taken: 0, next: start as u64, stop: stop as u64, step: step as u64 })))
}

fn next_islice(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Islice>() };
    // Claims the next wanted item and those to be skipped before it.
    let claim = me.with(cx, |s| {
        let source = s.source.clone()?;
        let wanted = s.next < s.stop;
        let skip = s.next.saturating_sub(s.taken);
        s.taken = s.next.max(s.taken) + u64::from(wanted);
        if wanted {
            s.next = s.next.saturating_add(s.step).min(s.stop);
        }
        Some((source, skip, wanted))
    });
    let Some((source, skip, wanted)) = claim else { return Ok(None) };
    for _ in 0..skip {
        if iter::next(cx, source.as_ref())?.is_none() {
            return end(cx, me);
        }
        cx.poll()?;
    }
    if wanted && let Some(x) = iter::next(cx, source.as_ref())? {
        return Ok(Some(x));
    }
    end(cx, me)
}

fn end(cx: &mut Cx, me: &Islice) -> PyResult<Option<Reg>> {
    let old = me.with(cx, |s| s.source.take());
    drop(old);
    Ok(None)
}

/// `islice`.
pub static ISLICE_TYPE: TypeSpec = TypeSpec::of::<Islice>("itertools.islice")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_islice), iter: Some(myself), next: Some(next_islice), ..Slots::NONE })
    .doc("Some items of an iterable: islice(iterable, stop) or islice(iterable, start, stop[, step]).");
