//! Struct sequences: tuples whose items also have names (`sys.version_info`, `time.struct_time`, `os.stat_result`, ...). The class is made at run
//! time; items beyond the sequence's visible length are reachable by name only. An item may also have no name (`os.stat_result`'s whole seconds).

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::native::{GetSet, GetSetDescriptor, Getter, Method, MethodDescriptor, method, raw_method};
use crate::protocol::{call, text};
use crate::types::dict::Dict;
use crate::types::instance;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::types::type_::{Type, as_type, by_id, type_of, type_value};
use gc::{Payload, Ref, Reg, Value, Word};
use std::sync::OnceLock;

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
    Ok(instance::get_own(v, type_of(v), hidden_name(n).as_ref()).unwrap_or(Value::NONE.into()))
}

/// The key of a hidden field.
fn hidden_name(n: usize) -> Value {
    static NAMES: [OnceLock<u64>; MAX_FIELDS] = [const { OnceLock::new() }; MAX_FIELDS];
    let make = || Str::intern_text(&format!(".{n}"));
    let Some(cell) = NAMES.get(n) else { return make() };
    // Never given back: there are few of them.
    let w = *cell.get_or_init(|| {
        let v = make();
        if let Some(h) = v.as_ref().header() {
            h.make_immortal();
        }
        v.into_word().0
    });
    // SAFETY: an immortal str.
    unsafe { Ref::from_word(Word(w)) }.to_value()
}

macro_rules! getters {
    ($($n:literal)*) => { &[$(field::<$n>),*] };
}
static GETTERS: &[Getter] =
    getters!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39);

/// Where the class keeps the names of its fields, unnamed ones as empty strs.
const FIELDS: &str = " fields";

/// The fields' names as the class keeps them.
fn names_of(t: &Type) -> Value {
    t.dict.get_str(FIELDS).map_or(Value::NONE, Reg::into_value)
}
fn items_of(v: &Value) -> &[Ref<'_>] {
    v.as_ref().exact::<Tuple>().map_or(&[], Tuple::items)
}
fn count(t: &Type, name: &str) -> usize {
    t.dict.get_str(name).and_then(|v| crate::types::int::as_int(v.as_ref()).and_then(|i| i.to_i64())).unwrap_or(0) as usize
}
fn is_named(name: &Ref<'_>) -> bool {
    name.exact::<Str>().is_some_and(|s| !s.is_empty())
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = type_of(v);
    // SAFETY: instances are tuples.
    let items = unsafe { v.cast::<Tuple>() };
    let fields = names_of(t);
    // As the reference has it: the n-th item is shown with the n-th name, whether or not an unnamed one stands before it.
    let named: Vec<Ref<'_>> = items_of(&fields).iter().copied().filter(is_named).collect();
    let name = t.full_name();
    let shown = text::guarded(cx, v, |cx| {
        let mut out = format!("{name}(");
        for (i, x) in items.items().iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            if let Some(s) = named.get(i).and_then(|n| n.exact::<Str>()) {
                out.push_str(&s.to_string_lossy());
                out.push('=');
            }
            out.push_str(&text::repr(cx, *x)?.to_string_lossy());
        }
        out.push(')');
        Ok(out)
    })?;
    Ok(Str::from_text(&shown.unwrap_or_else(|| format!("{name}(...)"))).into())
}

/// Attributes cannot be set.
fn refuse(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    let t = type_of(v);
    if t.lookup(name).is_some_and(|d| type_of(d.as_ref()).slots.descr_set().is_some()) {
        return crate::protocol::attr::generic_set(cx, v, name, value);
    }
    let (n, shown) = (t.full_name(), crate::types::str::as_str(name).map_or_else(String::new, Str::to_string_lossy));
    Err(cx.attribute_error(format!("'{n}' object has no attribute '{shown}' and no __dict__ for setting new attributes"), name, v))
}

/// Names and values of the hidden fields.
fn hidden_items(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let t = type_of(v);
    let d = Dict::new();
    let names = names_of(t);
    for (i, n) in items_of(&names).iter().enumerate().skip(count(t, "n_sequence_fields")) {
        if is_named(n) {
            let x = hidden(cx, v, i)?.into_value();
            d.set(cx, *n, x.as_ref())?;
        }
    }
    Ok(d.into_value())
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // SAFETY: the descriptor checks its receiver, a tuple.
    let items = unsafe { a[0].cast::<Tuple>() };
    let rest = hidden_items(cx, a[0])?;
    let inner = Tuple::from_values(vec![Tuple::from_refs(items.items()).into_value(), rest]);
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner.into_value()]).into())
}

fn replace(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let v = args.items[0];
    let t = type_of(v);
    let args = args.without_first();
    if !args.positional().is_empty() {
        return Err(cx.type_error("__replace__() takes no positional arguments"));
    }
    if count(t, "n_unnamed_fields") > 0 {
        let n = t.full_name();
        return Err(cx.type_error(format!("__replace__() is not supported for {n} because it has unnamed field(s)")));
    }
    let visible = count(t, "n_sequence_fields");
    let names = names_of(t);
    let mut items = Vec::new();
    for (i, n) in items_of(&names).iter().enumerate() {
        let given = n.exact::<Str>().and_then(|s| s.as_ascii()).and_then(|s| args.keyword(s));
        items.push(match given {
            Some(x) => x.to_value(),
            None if i < visible => {
                // SAFETY: instances are tuples.
                let own = unsafe { v.cast::<Tuple>() };
                own.items().get(i).map_or(Value::NONE, |x| x.to_value())
            }
            None => hidden(cx, v, i)?.into_value(),
        });
    }
    let mut unknown = Vec::new();
    for (n, _) in args.keywords() {
        if !items_of(&names).iter().any(|f| f.exact::<Str>().zip(n.exact::<Str>()).is_some_and(|(a, b)| a.eq(b))) {
            unknown.push(n);
        }
    }
    if !unknown.is_empty() {
        let shown = crate::types::list::List::from_refs(&unknown);
        let shown = text::repr(cx, shown.value().as_ref())?.to_string_lossy();
        return Err(cx.type_error(format!("Got unexpected field name(s): {shown}")));
    }
    Ok(build(t, items, visible).into())
}

static METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    raw_method("__replace__", "($self, /, **changes)", replace, "A copy with other values in some fields."),
];

/// Makes the class. `name` includes the module; the first `visible` fields are the sequence's items. An empty name: an item without one.
pub fn new_type(cx: &mut Cx, name: &'static str, fields: &'static [Field], visible: usize) -> PyResult<Value> {
    let (module, short) = name.rsplit_once('.').unwrap_or(("builtins", name));
    let ns = Dict::new();
    let unnamed = fields.iter().filter(|f| f.is_empty()).count();
    ns.set_str(names::__module__(), Str::intern_text(module));
    ns.set_text("n_fields", Value::small_int(fields.len() as i64));
    ns.set_text("n_sequence_fields", Value::small_int(visible as i64));
    ns.set_text("n_unnamed_fields", Value::small_int(unnamed as i64));
    ns.set_text(FIELDS, Tuple::from_values(fields.iter().map(|f| Str::intern_text(f)).collect()));
    let positional = fields.iter().take(visible).filter(|f| !f.is_empty()).map(|f| Str::intern_text(f)).collect();
    ns.set_str(names::__match_args__(), Tuple::from_values(positional).into_value());
    let class_name = Str::from_text(short);
    let bases = Tuple::from_values(vec![type_value(ids::TUPLE)]);
    let meta = type_value(ids::TYPE);
    let class = call::positional(cx, meta.as_ref(), &[class_name.value().as_ref(), bases.value().as_ref(), ns.as_ref()])?;
    if let Some(t) = as_type(class.as_ref()) {
        for (i, f) in fields.iter().enumerate().take(MAX_FIELDS).filter(|(_, f)| !f.is_empty()) {
            // Lives as long as the process, as its class does.
            let row: &'static GetSet = Box::leak(Box::new(GetSet { name: f, get: GETTERS[i], set: None, doc: "" }));
            let d = gc::alloc(GetSetDescriptor { def: row, owner: t.id, member: true });
            d.header().make_deferred();
            t.dict.set_text(f, d);
        }
        for def in METHODS {
            let d = gc::alloc(MethodDescriptor { def, signature: crate::args::Signature::leaked(def.signature), owner: t.id });
            d.header().make_deferred();
            t.dict.set_text(def.name, d);
        }
        t.slots.set(&crate::types::type_::slots::Slots {
            repr: Some(repr),
            new: Some(construct),
            setattr: Some(refuse),
            ..crate::types::type_::slots::Slots::NONE
        });
        t.flags.fetch_or(crate::types::type_::flags::IMMUTABLE, sync::prim::Ordering::Relaxed);
        t.flags.fetch_and(!(crate::types::type_::flags::BASE | crate::types::type_::flags::PLAIN_SETATTR), sync::prim::Ordering::Relaxed);
    }
    Ok(class)
}

/// A class that is made when it is first asked for.
pub struct Class {
    name: &'static str,
    fields: &'static [Field],
    visible: usize,
    cell: OnceLock<u64>,
}

impl Class {
    /// See [`new_type`].
    pub const fn new(name: &'static str, fields: &'static [Field], visible: usize) -> Class {
        Class { name, fields, visible, cell: OnceLock::new() }
    }
    /// The class itself.
    pub fn get(&self, cx: &mut Cx) -> PyResult<Value> {
        if self.cell.get().is_none() {
            let made = new_type(cx, self.name, self.fields, self.visible)?;
            if let Some(h) = made.as_ref().header() {
                h.make_immortal();
            }
            // Of two threads that come here at once one has made a class for nothing.
            let _ = self.cell.set(made.into_word().0);
        }
        match self.cell.get() {
            // SAFETY: an immortal class.
            Some(w) => Ok(unsafe { Ref::from_word(Word(*w)) }.to_value()),
            None => Ok(Value::NONE),
        }
    }
    /// An instance.
    pub fn make(&self, cx: &mut Cx, items: Vec<Value>) -> PyResult<Value> {
        let class = self.get(cx)?;
        let t = as_type(class.as_ref()).unwrap_or(by_id(ids::TUPLE));
        Ok(build(t, items, self.visible))
    }
}

/// `T(sequence, dict={})`.
pub fn construct(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    let full = t.full_name();
    let p = args.positional();
    if p.len() > 2 || p.len() + args.keyword_count() > 2 {
        return Err(cx.type_error(format!("structseq() takes at most 2 arguments ({} given)", args.items.len())));
    }
    let Some(given) = p.first().copied().or_else(|| args.keyword("sequence")) else {
        return Err(cx.type_error("structseq() missing required argument 'sequence' (pos 1)"));
    };
    let more = p.get(1).copied().or_else(|| args.keyword("dict"));
    let mut items = match crate::protocol::iter::collect(cx, given) {
        Ok(items) => items,
        Err(e) => {
            drop(cx.catch_if(e, crate::types::exception::ids::TYPE_ERROR)?);
            return Err(cx.type_error("constructor requires a sequence"));
        }
    };
    let more = match more {
        Some(d) => match crate::types::dict::as_dict(d) {
            Some(d) => Some(d),
            None => return Err(cx.type_error(format!("{full}() takes a dict as second arg, if any"))),
        },
        None => None,
    };
    let (all, visible) = (count(t, "n_fields"), count(t, "n_sequence_fields"));
    let got = items.len();
    if all != visible {
        if got < visible {
            return Err(cx.type_error(format!("{full}() takes an at least {visible}-sequence ({got}-sequence given)")));
        }
        if got > all {
            return Err(cx.type_error(format!("{full}() takes an at most {all}-sequence ({got}-sequence given)")));
        }
    } else if got != all {
        return Err(cx.type_error(format!("{full}() takes a {all}-sequence ({got}-sequence given)")));
    }
    if let Some(d) = more {
        let names = names_of(t);
        let mut used = 0;
        for n in items_of(&names).iter().skip(got) {
            let x = d.get(cx, *n)?.map(Reg::into_value);
            used += usize::from(x.is_some());
            items.push(x.unwrap_or(Value::NONE));
        }
        if used < d.len() {
            return Err(cx.type_error(format!("{full}() got duplicate or unexpected field name(s)")));
        }
    }
    Ok(build(t, items, visible).into())
}

/// Gives the hidden field `n` of a fresh instance a value unless it has one.
pub fn default_hidden(v: &Value, n: usize, x: Value) {
    let t = type_of(v.as_ref());
    let key = hidden_name(n);
    if instance::get_own(v.as_ref(), t, key.as_ref()).is_none_or(|x| x.as_ref().is_none()) {
        instance::set_own(v.as_ref(), t, key.as_ref(), x);
    }
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
        instance::set_own(v.as_ref(), t, hidden_name(visible + i).as_ref(), x);
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
