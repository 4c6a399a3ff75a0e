//! `_abc`: registries and caches of abstract base classes.
//!
//! Each class has a [`Data`] with three tables of classes. A table is a hash set of weak references by type id that only grows; readers take no
//! lock: they load the table, find the id and look whether the weak reference is still alive (a type id is given to another type only after the
//! first one has died, which kills its weak references). Adding takes the lock of the data cell, and puts a larger table in place when the old
//! one is full. Tables and data are deferred cells, so that reading counts nothing.
//!
//! The cache of negative answers belongs to a version: that of the global counter of registrations when it was last emptied.

use crate::name::Name;
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{Method, function};
use objects::protocol::{attr, call, truth};
use objects::types::dict::{Dict, as_dict};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::set::Set;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, Type, TypeSpec, as_type, by_id, flags, type_of};
use objects::types::{exception, weak};
use objects::{Cx, PyResult, finalise, names};
use sync::prim::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const DATA: u32 = 531;
    pub const TABLE: u32 = 532;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&DATA_TYPE, &TABLE_TYPE];

/// Registrations so far.
static COUNTER: AtomicU64 = AtomicU64::new(0);

static IMPL: Name = Name::new("_abc_impl");
static TPFLAGS: Name = Name::new("__abc_tpflags__");
static SUBCLASSES: Name = Name::new("__subclasses__");

/// A set of classes: open addressing by type id.
#[repr(C)]
pub struct Table {
    /// Type ids; 0 where there is nothing.
    ids: Box<[AtomicU32]>,
    /// Weak references to the types; never change once the id is there.
    refs: Box<[Field]>,
    used: AtomicUsize,
}
// SAFETY: visits all words.
unsafe impl Payload for Table {
    const TYPE_ID: u32 = ids::TABLE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.refs.iter().for_each(|f| visit(f.peek()));
    }
}
/// Never seen by programs.
pub static TABLE_TYPE: TypeSpec = TypeSpec::of::<Table>("_abc._table").flags(flags::NO_NEW);

fn new_table(capacity: usize) -> Gc<Table> {
    let t: Gc<Table> = gc::alloc(Table {
        ids: (0..capacity).map(|_| AtomicU32::new(0)).collect(),
        refs: (0..capacity).map(|_| Field::empty()).collect(),
        used: AtomicUsize::new(0),
    });
    t.header().make_deferred();
    t
}

impl Table {
    fn slots(&self, id: u32) -> impl Iterator<Item = usize> + '_ {
        let n = self.ids.len();
        let start = id.wrapping_mul(0x9e37_79b1) as usize;
        (0..n).map(move |i| (start.wrapping_add(i)) & (n - 1))
    }
    /// The living reference to a type among those with its id.
    fn has(&self, t: &Type) -> bool {
        for i in self.slots(t.id) {
            // Acquire: pairs with the release in `put`, so that the reference is there.
            match self.ids[i].load(Ordering::Acquire) {
                0 => return false,
                id if id == t.id && self.alive(i) => return true,
                _ => {}
            }
        }
        false
    }
    fn alive(&self, i: usize) -> bool {
        // SAFETY: the slot keeps its reference as long as the table lives, which is while the caller can see it.
        let r = unsafe { Ref::from_word(self.refs[i].peek()) };
        finalise::as_weakref(r).is_some_and(|w| !w.is_dead())
    }
    /// Adds a reference, under the lock of the data cell. There is room.
    fn put(&self, id: u32, reference: Value) {
        if let Some(i) = self.slots(id).find(|i| self.ids[*i].load(Ordering::Relaxed) == 0) {
            std::mem::forget(self.refs[i].swap(reference));
            // Release: pairs with the acquire in `has`.
            self.ids[i].store(id, Ordering::Release);
            self.used.store(self.used.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }
    /// References that are alive.
    fn living(&self) -> Vec<(u32, Value)> {
        let mut out = Vec::new();
        for (i, id) in self.ids.iter().enumerate() {
            let id = id.load(Ordering::Acquire);
            if id != 0 && self.alive(i) {
                // SAFETY: as in `alive`.
                out.push((id, unsafe { Ref::from_word(self.refs[i].peek()) }.to_value()));
            }
        }
        out
    }
}

/// `_abc._abc_data`.
#[repr(C)]
pub struct Data {
    registry: Field,
    cache: Field,
    negative: Field,
    /// The counter when the negative cache was last emptied.
    version: AtomicU64,
}
// SAFETY: visits all words.
unsafe impl Payload for Data {
    const TYPE_ID: u32 = ids::DATA;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for f in [&self.registry, &self.cache, &self.negative] {
            visit(f.peek());
        }
    }
}

/// `_abc._abc_data`.
pub static DATA_TYPE: TypeSpec = TypeSpec::of::<Data>("_abc._abc_data").flags(flags::NO_NEW);

const FIRST: usize = 8;

impl Data {
    fn new() -> Value {
        let table = || Field::new(new_table(FIRST).into_value());
        let version = AtomicU64::new(COUNTER.load(Ordering::Acquire));
        let d: Gc<Data> = gc::alloc(Data { registry: table(), cache: table(), negative: table(), version });
        d.header().make_deferred();
        d.into_value()
    }
    /// Whether a table has a class.
    fn has(&self, f: &Field, t: &Type) -> bool {
        let r = f.load_reg(self.header());
        r.as_ref().exact::<Table>().is_some_and(|table| table.has(t))
    }
    fn is_cached(&self, t: &Type) -> bool {
        self.has(&self.cache, t)
    }
    /// Whether the negative cache knows a class, if it is still valid.
    fn is_refused(&self, t: &Type) -> bool {
        self.version.load(Ordering::Acquire) == COUNTER.load(Ordering::Acquire) && self.has(&self.negative, t)
    }
    /// Adds a class to a table; to the negative one only while the counter is `expected`.
    fn add(&self, cx: &mut Cx, f: fn(&Data) -> &Field, t: &Type, expected: Option<u64>) -> PyResult<()> {
        if self.has(f(self), t) {
            return Ok(());
        }
        let reference = weak::make(cx, by_id(objects::ids::WEAKREF), t.as_ref(), None)?;
        let mut left_over = (Value::NONE, None);
        {
            let _l = cx.lock(self.header());
            let field = f(self);
            let current = field.load_locked();
            if let Some(table) = current.as_ref().exact::<Table>() {
                let stale = expected.is_some_and(|e| self.version.load(Ordering::Relaxed) != e || COUNTER.load(Ordering::Acquire) != e);
                if stale || table.has(t) {
                    left_over.1 = Some(reference);
                } else if (table.used.load(Ordering::Relaxed) + 1) * 4 > table.ids.len() * 3 {
                    let living = table.living();
                    let larger = new_table((((living.len() + 1) * 2).next_power_of_two()).max(FIRST));
                    living.into_iter().for_each(|(id, r)| larger.put(id, r));
                    larger.put(t.id, reference);
                    left_over.0 = field.swap(larger.into_value());
                } else {
                    table.put(t.id, reference);
                }
            }
            drop(current);
        }
        drop(left_over);
        Ok(())
    }
    fn empty(&self, cx: &mut Cx, fields: &[fn(&Data) -> &Field]) {
        let tables: Vec<Value> = fields.iter().map(|_| new_table(FIRST).into_value()).collect();
        let old: Vec<Value> = {
            let _l = cx.lock(self.header());
            fields.iter().zip(tables).map(|(f, t)| f(self).swap(t)).collect()
        };
        drop(old);
    }
    /// Empties the negative cache when registrations have made it invalid.
    fn renew(&self, cx: &mut Cx) -> u64 {
        let now = COUNTER.load(Ordering::Acquire);
        if self.version.load(Ordering::Acquire) != now {
            let table = new_table(FIRST).into_value();
            let old = {
                let _l = cx.lock(self.header());
                let old = self.negative.swap(table);
                // Release: whoever sees the version sees the empty table.
                self.version.store(now, Ordering::Release);
                old
            };
            drop(old);
        }
        now
    }
}

/// The data of a class.
fn data(cx: &mut Cx, class: Ref<'_>) -> PyResult<Gc<Data>> {
    let found = match as_type(class) {
        Some(t) => t.lookup(IMPL.get()).map(Reg::into_value),
        None => attr::get_optional(cx, class, IMPL.get())?,
    };
    match found {
        // SAFETY: checked.
        Some(v) if v.as_ref().exact::<Data>().is_some() => Ok(unsafe { Gc::from_value(v) }),
        Some(_) => Err(cx.type_error("_abc_impl is set to a wrong type")),
        None => Err(attr::missing(cx, class, IMPL.get())),
    }
}

fn is_abstract(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    match attr::get_optional(cx, v, names::__isabstractmethod__())? {
        Some(x) => truth::of(cx, x.as_ref()),
        None => Ok(false),
    }
}

fn compute_abstract_methods(cx: &mut Cx, class: Ref<'_>) -> PyResult<()> {
    let out = Set::of_id(objects::ids::FROZENSET);
    let own = match as_type(class) {
        Some(t) => t.dict.items(),
        None => {
            let d = attr::get(cx, class, names::__dict__())?.into_value();
            as_dict(d.as_ref()).map(Dict::items).unwrap_or_default()
        }
    };
    for (name, value) in own {
        if is_abstract(cx, value.as_ref())? {
            out.add(cx, name.as_ref())?;
        }
    }
    let bases = attr::get(cx, class, names::__bases__())?.into_value();
    let Some(bases) = bases.as_ref().downcast::<Tuple>() else { return Err(cx.type_error("__bases__ is not tuple")) };
    for base in bases.items() {
        let Some(inherited) = attr::get_optional(cx, *base, names::__abstractmethods__())? else { continue };
        for name in objects::protocol::iter::collect(cx, inherited.as_ref())? {
            if let Some(v) = attr::get_optional(cx, class, name.as_ref())?
                && is_abstract(cx, v.as_ref())?
            {
                out.add(cx, name.as_ref())?;
            }
        }
    }
    attr::set(cx, class, names::__abstractmethods__(), Some(out.as_ref()))
}

const COLLECTION_FLAGS: u32 = flags::SEQUENCE | flags::MAPPING;

fn abc_init(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    compute_abstract_methods(cx, a[0])?;
    let d = Data::new();
    attr::set(cx, a[0], IMPL.get(), Some(d.as_ref()))?;
    if let Some(t) = as_type(a[0])
        && let Some(wanted) = t.dict.get_exact_str(str_of(TPFLAGS.get()))
    {
        let wanted = wanted.into_value();
        let bits = int::index_i64(cx, wanted.as_ref())?;
        let bits = (if bits & 1 << 5 != 0 { flags::SEQUENCE } else { 0 }) | (if bits & 1 << 6 != 0 { flags::MAPPING } else { 0 });
        if bits == COLLECTION_FLAGS {
            return Err(cx.type_error("__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"));
        }
        t.flags.fetch_or(bits, Ordering::Relaxed);
        attr::set(cx, a[0], TPFLAGS.get(), None)?;
    }
    Ok(Value::NONE.into())
}

fn str_of(v: Ref<'static>) -> &'static objects::types::str::Str {
    // SAFETY: names are strs.
    unsafe { v.cast() }
}

fn set_collection_flags(cx: &mut Cx, t: &Type, bits: u32) -> PyResult<()> {
    cx.check_native_stack()?;
    if t.has(flags::IMMUTABLE) || !t.has(flags::HEAP) || t.flags() & COLLECTION_FLAGS == bits {
        return Ok(());
    }
    t.flags.fetch_or(bits, Ordering::Relaxed);
    t.flags.fetch_and(!(COLLECTION_FLAGS & !bits), Ordering::Relaxed);
    for s in subclasses(cx, t.as_ref())? {
        if let Some(s) = as_type(s.as_ref()) {
            set_collection_flags(cx, s, bits)?;
        }
    }
    Ok(())
}

fn subclasses(cx: &mut Cx, class: Ref<'_>) -> PyResult<Vec<Value>> {
    let r = call::method(cx, class, SUBCLASSES.get(), &[])?.into_value();
    match r.as_ref().downcast::<objects::types::list::List>() {
        Some(l) => Ok(l.snapshot(cx)),
        None => Err(cx.type_error("__subclasses__() must return a list")),
    }
}

fn register(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = as_type(a[1]) else { return Err(cx.type_error("Can only register classes")) };
    if attr::is_subclass(cx, a[1], a[0])? {
        return Ok(a[1].to_value().into());
    }
    if attr::is_subclass(cx, a[0], a[1])? {
        return Err(cx.runtime_error("Refusing to create an inheritance cycle"));
    }
    let d = data(cx, a[0])?;
    d.add(cx, |d| &d.registry, t, None)?;
    COUNTER.fetch_add(1, Ordering::AcqRel);
    if let Some(own) = as_type(a[0]) {
        let bits = own.flags() & COLLECTION_FLAGS;
        if bits != 0 {
            set_collection_flags(cx, t, bits)?;
        }
    }
    Ok(a[1].to_value().into())
}

fn ask(cx: &mut Cx, class: Ref<'_>, subclass: Ref<'_>) -> PyResult<Value> {
    call::method(cx, class, names::__subclasscheck__(), &[subclass]).map(Reg::into_value)
}

fn instance_check(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = data(cx, a[0])?;
    // Kept alive: the object may be given another class meanwhile.
    let own_value = type_of(a[1]).as_value();
    let own = own_value.as_ref();
    // The class that the object says it has.
    let class = attr::get_optional(cx, a[1], names::__class__())?.unwrap_or_else(|| own_value.clone());
    let Some(t) = as_type(class.as_ref()) else {
        let r = ask(cx, a[0], class.as_ref())?;
        return if truth::of(cx, r.as_ref())? { Ok(r.into()) } else { ask(cx, a[0], own).map(Reg::from) };
    };
    if d.is_cached(t) {
        return Ok(Value::TRUE.into());
    }
    if own.is(class.as_ref()) {
        if d.is_refused(t) {
            return Ok(Value::FALSE.into());
        }
        return ask(cx, a[0], class.as_ref()).map(Reg::from);
    }
    let r = ask(cx, a[0], class.as_ref())?;
    if truth::of(cx, r.as_ref())? {
        return Ok(r.into());
    }
    ask(cx, a[0], own).map(Reg::from)
}

fn subclass_check(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = as_type(a[1]) else { return Err(cx.type_error("issubclass() arg 1 must be a class")) };
    let d = data(cx, a[0])?;
    if d.is_cached(t) {
        return Ok(Value::TRUE.into());
    }
    if d.is_refused(t) {
        return Ok(Value::FALSE.into());
    }
    cx.check_native_stack()?;
    let version = d.renew(cx);
    let yes = decide(cx, a[0], &d, t)?;
    if yes {
        // A registered class is found without the cache.
        if d.has(&d.registry, t) {
            return Ok(Value::TRUE.into());
        }
        d.add(cx, |d| &d.cache, t, None)?;
    } else {
        d.add(cx, |d| &d.negative, t, Some(version))?;
    }
    Ok(Value::bool(yes).into())
}

fn decide(cx: &mut Cx, class: Ref<'_>, d: &Gc<Data>, t: &Type) -> PyResult<bool> {
    let subclass = t.as_ref();
    let r = call::method(cx, class, names::__subclasshook__(), &[subclass])?.into_value();
    match r.word() {
        Word::TRUE => return Ok(true),
        Word::FALSE => return Ok(false),
        Word::NOT_IMPLEMENTED => {}
        _ => {
            return Err(cx.error(exception::ids::ASSERTION_ERROR, "__subclasshook__ must return either False, True, or NotImplemented"));
        }
    }
    if t.with_mro(|mro| mro.iter().any(|c| c.is(class))) {
        return Ok(true);
    }
    if d.has(&d.registry, t) {
        return Ok(true);
    }
    let registered = d.registry.load(d.header());
    let registered = registered.as_ref().exact::<Table>().map(Table::living).unwrap_or_default();
    for (_, r) in registered {
        let Some(c) = finalise::as_weakref(r.as_ref()).and_then(finalise::WeakRef::upgrade) else { continue };
        if attr::is_subclass(cx, subclass, c.as_ref())? {
            return Ok(true);
        }
    }
    for c in subclasses(cx, class)? {
        if attr::is_subclass(cx, subclass, c.as_ref())? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn shown(cx: &mut Cx, d: &Gc<Data>, f: &Field) -> PyResult<Value> {
    let out = Set::new();
    let table = f.load(d.header());
    for (_, r) in table.as_ref().exact::<Table>().map(Table::living).unwrap_or_default() {
        out.add(cx, r.as_ref())?;
    }
    Ok(out.into_value())
}

fn dump(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = data(cx, a[0])?;
    let parts = vec![
        shown(cx, &d, &d.registry)?,
        shown(cx, &d, &d.cache)?,
        shown(cx, &d, &d.negative)?,
        int::from_u64(d.version.load(Ordering::Acquire)),
    ];
    Ok(Tuple::from_values(parts).into())
}

static FUNCTIONS: &[Method] = &[
    function(
        "get_cache_token",
        "($module, /)",
        |_, _| Ok(int::from_u64(COUNTER.load(Ordering::Acquire)).into()),
        "Changes with registrations.",
    ),
    function("_abc_init", "($module, self, /)", abc_init, "Sets up an abstract base class."),
    function("_abc_register", "($module, self, subclass, /)", register, "Registers a virtual subclass."),
    function("_abc_instancecheck", "($module, self, instance, /)", instance_check, "isinstance(instance, self)"),
    function("_abc_subclasscheck", "($module, self, subclass, /)", subclass_check, "issubclass(subclass, self)"),
    function("_get_dump", "($module, self, /)", dump, "Registry, caches and version, for debugging."),
    function(
        "_reset_registry",
        "($module, self, /)",
        |cx, a| {
            data(cx, a[0])?.empty(cx, &[|d| &d.registry]);
            Ok(Value::NONE.into())
        },
        "Forgets registrations.",
    ),
    function(
        "_reset_caches",
        "($module, self, /)",
        |cx, a| {
            data(cx, a[0])?.empty(cx, &[|d| &d.cache, |d| &d.negative]);
            Ok(Value::NONE.into())
        },
        "Empties both caches.",
    ),
];

/// `_abc`.
pub static MODULE: ModuleDef =
    ModuleDef { name: "_abc", doc: "Accelerators for the abc module.", functions: FUNCTIONS, init: |_, _| Ok(()) };
