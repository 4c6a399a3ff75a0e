//! `_lru_cache_wrapper`. Results stand in a dict that is read without a lock. A bounded cache also keeps its entries in a list from the one used
//! last to the one used longest ago, under the wrapper's lock; counters are spread over cache lines.

use super::ids;
use crate::guarded::{Guarded, State};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getset, method};
use objects::protocol::call;
use objects::types::dict::{Dict, Key};
use objects::types::int;
use objects::types::method::BoundMethod;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_of};
use objects::types::{instance, object};
use objects::{Args, Cx, PyResult};
use sync::prim::{AtomicU64, AtomicUsize, Ordering};

/// A cached result of a bounded cache.
#[repr(C)]
pub struct Entry {
    key: Value,
    hash: u64,
    result: Value,
    /// Where the entry is linked.
    at: AtomicUsize,
}
// SAFETY: visits both words.
unsafe impl Payload for Entry {
    const TYPE_ID: u32 = ids::CACHE_ENTRY;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.key.word());
        visit(self.result.word());
    }
}

/// An entry's place in the list.
pub struct Link {
    entry: Gc<Entry>,
    newer: usize,
    older: usize,
}

/// The entries of a bounded cache by the time of their last use.
pub struct Uses {
    links: Vec<Link>,
    newest: usize,
    oldest: usize,
}

const COUNTERS: usize = 16;
const NOWHERE: usize = usize::MAX;

#[repr(align(128))]
#[derive(Default)]
struct Counter(AtomicU64);

fn bump(cx: &Cx, c: &[Counter; COUNTERS]) {
    c[cx.slot.id as usize % COUNTERS].0.fetch_add(1, Ordering::Relaxed);
}
fn sum(c: &[Counter; COUNTERS]) -> Value {
    int::from_u64(c.iter().map(|c| c.0.load(Ordering::Relaxed)).sum())
}

impl State for Uses {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.links.iter().for_each(|l| visit(l.entry.value().word()));
    }
}
/// The list as a cell of its own.
pub type UseList = Guarded<Uses, { ids::CACHE_LIST }>;

impl Uses {
    fn unlink(&mut self, i: usize) {
        let (newer, older) = (self.links[i].newer, self.links[i].older);
        match self.links.get_mut(newer) {
            Some(l) => l.older = older,
            None => self.newest = older,
        }
        match self.links.get_mut(older) {
            Some(l) => l.newer = newer,
            None => self.oldest = newer,
        }
    }
    fn link_first(&mut self, i: usize) {
        let before = self.newest;
        self.links[i].newer = NOWHERE;
        self.links[i].older = before;
        match self.links.get_mut(before) {
            Some(l) => l.newer = i,
            None => self.oldest = i,
        }
        self.newest = i;
    }
    /// Notes that an entry has been used, if it is still here.
    fn used(&mut self, e: &Gc<Entry>) {
        let i = e.at.load(Ordering::Relaxed);
        if i != self.newest && self.links.get(i).is_some_and(|l| l.entry.value().is(e.value())) {
            self.unlink(i);
            self.link_first(i);
        }
    }
    /// Adds an entry; gives back the one that had to go.
    fn add(&mut self, e: Gc<Entry>, max: usize) -> Option<Gc<Entry>> {
        if self.links.len() < max {
            let i = self.links.len();
            e.at.store(i, Ordering::Relaxed);
            self.links.push(Link { entry: e, newer: NOWHERE, older: NOWHERE });
            self.link_first(i);
            return None;
        }
        let i = self.oldest;
        if i >= self.links.len() {
            return Some(e);
        }
        self.unlink(i);
        e.at.store(i, Ordering::Relaxed);
        let old = std::mem::replace(&mut self.links[i].entry, e);
        self.link_first(i);
        Some(old)
    }
}

/// `_lru_cache_wrapper` object. Nothing in it is replaced after its birth.
#[repr(C)]
pub struct Wrapper {
    function: Value,
    /// `None`: without limit.
    max: Option<usize>,
    typed: bool,
    info: Value,
    /// Marks where keyword arguments begin in a key.
    mark: Value,
    results: Gc<Dict>,
    uses: Gc<UseList>,
    hits: Box<[Counter; COUNTERS]>,
    misses: Box<[Counter; COUNTERS]>,
}
// SAFETY: visits all words.
unsafe impl Payload for Wrapper {
    const TYPE_ID: u32 = ids::CACHE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.word());
        visit(self.info.word());
        visit(self.mark.word());
        visit(self.results.value().word());
        visit(self.uses.value().word());
    }
}

fn me(v: Ref<'_>) -> &Wrapper {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Wrapper>() }
}

crate::parameters!(PARAMETERS, "_lru_cache_wrapper", "(user_function, maxsize, typed, cache_info_type)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS.bind(cx, args, |cx, a| {
        if !call::is_callable(a[0]) {
            return Err(cx.type_error("the first argument must be callable"));
        }
        let max = if a[1].is_none() {
            None
        } else if type_of(a[1]).slots.index().is_some() {
            Some(int::index_i64(cx, a[1])?.max(0) as usize)
        } else {
            return Err(cx.type_error("maxsize should be integer or None"));
        };
        let typed = objects::protocol::truth::of(cx, a[2])?;
        let uses = gc::alloc(UseList::new(Uses { links: Vec::new(), newest: NOWHERE, oldest: NOWHERE }));
        Ok(crate::guarded::make(
            class,
            Wrapper {
                function: a[0].to_value(),
                max,
                typed,
                info: a[3].to_value(),
                mark: instance::alloc_plain(by_id(objects::ids::OBJECT)),
                results: Dict::new(),
                uses,
                hits: Box::default(),
                misses: Box::default(),
            },
        ))
    })
}

/// The key of a call.
fn key(w: &Wrapper, args: Args<'_>) -> Value {
    let positional = args.positional();
    if let ([x], 0, false) = (positional, args.keyword_count(), w.typed)
        && (x.exact::<Str>().is_some() || type_of(*x).id == objects::ids::INT)
    {
        return x.to_value();
    }
    let mut parts: Vec<Value> = positional.iter().map(|v| v.to_value()).collect();
    if args.keyword_count() > 0 {
        parts.push(w.mark.clone());
        for (k, v) in args.keywords() {
            parts.push(k.to_value());
            parts.push(v.to_value());
        }
    }
    if w.typed {
        parts.extend(args.items.iter().map(|v| type_of(*v).to_value()));
    }
    Tuple::from_values(parts).into_value()
}

fn call_wrapper(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    cx.check_native_stack()?;
    let w = me(v);
    if w.max == Some(0) {
        bump(cx, &w.misses);
        return call::call(cx, w.function.as_ref(), args);
    }
    let key_value = key(w, args);
    let hash = objects::protocol::hash::hash(cx, key_value.as_ref())?;
    let k = Key::known(key_value.as_ref(), hash as u64);
    if let Some(found) = w.results.get_key(cx, k)? {
        bump(cx, &w.hits);
        if w.max.is_none() {
            return Ok(found);
        }
        let found = found.into_value();
        if found.as_ref().exact::<Entry>().is_some() {
            // SAFETY: it was just seen to be one.
            let e = unsafe { Gc::<Entry>::from_value(found) };
            w.uses.with(cx, |s| s.used(&e));
            return Ok(e.result.clone().into());
        }
        return Ok(found.into());
    }
    bump(cx, &w.misses);
    let result = call::call(cx, w.function.as_ref(), args)?.into_value();
    let Some(max) = w.max else {
        w.results.set_key(cx, k, result.clone())?;
        return Ok(result.into());
    };
    let e = gc::alloc(Entry { key: key_value.clone(), hash: k.hash, result: result.clone(), at: AtomicUsize::new(NOWHERE) });
    let mut fresh = true;
    let other = w.results.update_key(cx, k, |now| {
        fresh = now.is_none();
        if fresh { Some(e.value().clone()) } else { None }
    })?;
    drop(other);
    if fresh && let Some(old) = w.uses.with(cx, |s| s.add(e, max)) {
        let gone = old.value().word();
        let removed = w.results.remove_key_if(cx, Key::known(old.key.as_ref(), old.hash), |x| x.is(gone))?;
        drop((removed, old));
    }
    Ok(result.into())
}

fn get(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    match obj.filter(|o| !o.is_none()) {
        None => Ok(d.to_value().into()),
        Some(o) => Ok(BoundMethod::new(d.to_value(), o.to_value()).into()),
    }
}

fn cache_info(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let w = me(a[0]);
    let (hits, misses) = (sum(&w.hits), sum(&w.misses));
    let max = w.max.map_or(Value::NONE, int::from_usize);
    let size = int::from_usize(w.results.len());
    call::positional(cx, w.info.as_ref(), &[hits.as_ref(), misses.as_ref(), max.as_ref(), size.as_ref()]).map(Reg::from)
}

fn cache_clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let w = me(a[0]);
    // The list first: an entry that is still in the dict afterwards gets into the list after this.
    let old = w.uses.with(cx, |s| {
        (s.newest, s.oldest) = (NOWHERE, NOWHERE);
        std::mem::take(&mut s.links)
    });
    w.results.clear();
    drop(old);
    for c in w.hits.iter().chain(w.misses.iter()) {
        c.0.store(0, Ordering::Relaxed);
    }
    Ok(Value::NONE.into())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    objects::protocol::attr::get_text(cx, a[0], "__qualname__")
}
fn itself(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(a[0].to_value().into())
}

static METHODS: &[Method] = &[
    method("cache_info", "($self, /)", cache_info, "Hits, misses, limit and size of the cache."),
    method("cache_clear", "($self, /)", cache_clear, "Empties the cache and its counters."),
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__copy__", "($self, /)", itself, "The same object."),
    method("__deepcopy__", "($self, memo, /)", itself, "The same object."),
];
static GETSETS: &[GetSet] = &[getset("__dict__", object::get_dict, object::set_dict, "")];

/// `functools._lru_cache_wrapper`.
pub static CACHE_TYPE: TypeSpec = TypeSpec::of::<Wrapper>("functools._lru_cache_wrapper")
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), call: Some(call_wrapper), descr_get: Some(get), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A function that remembers its results.");
/// An entry; never seen by Python code.
pub static ENTRY_TYPE: TypeSpec = TypeSpec::of::<Entry>("functools._lru_cache_entry").flags(flags::NO_NEW);
/// The list of entries; never seen by Python code.
pub static LIST_TYPE: TypeSpec = TypeSpec::of::<UseList>("functools._lru_cache_list").flags(flags::NO_NEW);
