//! `tee`: iterators over a linked list of chunks, which the one that is ahead fills.

use super::ids;
use crate::guarded::{Guarded, State, make, visit_optional};
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::iter;
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// Items of a chunk.
const CHUNK: usize = 56;

/// State of a chunk.
pub struct Links {
    source: Value,
    items: Vec<Value>,
    next: Option<Value>,
    /// Whether somebody is reading from the source for this chunk.
    reading: bool,
}
impl State for Links {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.word());
        self.items.iter().for_each(|v| visit(v.word()));
        visit_optional(&self.next, visit);
    }
}
/// `_tee_dataobject` object.
pub type Chunk = Guarded<Links, { ids::TEE_CHUNK }>;

/// State of an iterator.
pub struct Place {
    chunk: Value,
    index: usize,
}
impl State for Place {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.chunk.word());
    }
}
/// `_tee` object.
pub type Tee = Guarded<Place, { ids::TEE }>;

fn new_chunk(source: Value) -> Value {
    gc::alloc(Chunk::new(Links { source, items: Vec::new(), next: None, reading: false })).into_value()
}

fn chunk_of(v: &Value) -> &Chunk {
    // SAFETY: only chunks are kept where this is used.
    unsafe { v.as_ref().cast::<Chunk>() }
}
fn tee_of(v: Ref<'_>) -> &Tee {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Tee>() }
}

enum Look {
    Have(Value),
    Read(Value),
    Reentered,
}

/// Item `i` of a chunk, read from the source if need be. One reads at a time; RuntimeError for who comes meanwhile, the same thread or another, since
/// the source may wait for that very thread.
fn item(cx: &mut Cx, c: &Chunk, i: usize) -> PyResult<Option<Value>> {
    let look = c.with(cx, |s| match (s.items.get(i), s.reading) {
        (Some(x), _) => Look::Have(x.clone()),
        (None, true) => Look::Reentered,
        (None, false) => {
            s.reading = true;
            Look::Read(s.source.clone())
        }
    });
    match look {
        Look::Have(x) => Ok(Some(x)),
        Look::Reentered => Err(cx.runtime_error("cannot re-enter the tee iterator")),
        Look::Read(source) => {
            let r = iter::next(cx, source.as_ref()).map(|r| r.map(Reg::into_value));
            let new = if let Ok(Some(x)) = &r { Some(x.clone()) } else { None };
            c.with(cx, |s| {
                s.reading = false;
                s.items.extend(new);
            });
            r
        }
    }
}

fn next_tee(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let me = tee_of(v);
    loop {
        let (chunk, i) = me.with(cx, |s| (s.chunk.clone(), s.index));
        if i >= CHUNK {
            let source = chunk_of(&chunk).with(cx, |s| s.source.clone());
            let mut fresh = Some(new_chunk(source));
            let next = chunk_of(&chunk).with(cx, |s| match &s.next {
                Some(n) => Some(n.clone()),
                None => {
                    s.next = fresh.take();
                    s.next.clone()
                }
            });
            drop(fresh);
            let mut next = next;
            let old = me.with(cx, |s| match (s.chunk.is(&chunk), next.take()) {
                (true, Some(n)) => {
                    s.index = 0;
                    Some(std::mem::replace(&mut s.chunk, n))
                }
                (_, n) => n,
            });
            drop(old);
            continue;
        }
        let Some(x) = item(cx, chunk_of(&chunk), i)? else { return Ok(None) };
        let ours = me.with(cx, |s| {
            let same = s.index == i && s.chunk.is(&chunk);
            s.index += usize::from(same);
            same
        });
        if ours {
            return Ok(Some(x.into()));
        }
    }
}

/// A new iterator of `class` at the place of another one, or at the start of an iterable.
fn fork(cx: &mut Cx, class: Ref<'_>, v: Ref<'_>) -> PyResult<Reg> {
    if let Some(t) = objects::types::type_::Downcast::downcast::<Tee>(v) {
        let (chunk, index) = t.with(cx, |s| (s.chunk.clone(), s.index));
        return Ok(make(class, Tee::new(Place { chunk, index })));
    }
    let source = iter::iter(cx, v)?.into_value();
    if let Some(t) = source.as_ref().exact::<Tee>() {
        let (chunk, index) = t.with(cx, |s| (s.chunk.clone(), s.index));
        return Ok(make(class, Tee::new(Place { chunk, index })));
    }
    Ok(make(class, Tee::new(Place { chunk: new_chunk(source), index: 0 })))
}

fn new_tee(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "_tee")?;
    args.check_count(cx, "_tee", 1, 1)?;
    fork(cx, class, args.positional()[0])
}

/// `tee(iterable, n)`.
pub fn tee(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = match a[1].given() {
        Some(n) => int::index_size(cx, n)?,
        None => 2,
    };
    if n < 0 {
        return Err(cx.value_error("n must be >= 0"));
    }
    if n == 0 {
        return Ok(Tuple::empty().into());
    }
    let class = objects::types::type_::type_value(ids::TEE);
    let first = fork(cx, class.as_ref(), a[0])?.into_value();
    let mut all = Vec::new();
    if all.try_reserve_exact(n as usize).is_err() {
        return Err(cx.memory_error());
    }
    for _ in 1..n {
        all.push(fork(cx, class.as_ref(), first.as_ref())?.into_value());
    }
    all.insert(0, first);
    Ok(Tuple::from_values(all).into())
}

static METHODS: &[Method] = &[method(
    "__copy__",
    "($self, /)",
    |cx, a| {
        let class = objects::types::type_::type_value(ids::TEE);
        fork(cx, class.as_ref(), a[0])
    },
    "An independent iterator at the same place.",
)];

/// `_tee`.
pub static TEE_TYPE: TypeSpec = TypeSpec::of::<Tee>("itertools._tee")
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(new_tee), iter: Some(myself), next: Some(next_tee), ..Slots::NONE })
    .methods(METHODS)
    .doc("An iterator that can be copied.");

/// `_tee_dataobject`.
pub static CHUNK_TYPE: TypeSpec = TypeSpec::of::<Chunk>("itertools._tee_dataobject").flags(flags::NO_NEW);
