//! `partial` and `Placeholder`.

use super::ids;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, class_method, getset, getter, method};
use objects::protocol::{call, text};
use objects::types::dict::{Dict, as_dict, merge};
use objects::types::method::BoundMethod;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::types::{instance, object};
use objects::{Args, Cx, PyResult};
use std::sync::OnceLock;

/// The type of `Placeholder`.
#[repr(C)]
pub struct Placeholder {
    _unused: u64,
}
// SAFETY: holds no words.
unsafe impl Payload for Placeholder {
    const TYPE_ID: u32 = ids::PLACEHOLDER;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

static PLACEHOLDER: OnceLock<u64> = OnceLock::new();

/// The one `Placeholder`.
pub fn placeholder() -> Value {
    let w = *PLACEHOLDER.get_or_init(|| {
        let p = gc::alloc(Placeholder { _unused: 0 });
        p.header().make_immortal();
        p.into_value().into_word().0
    });
    // SAFETY: an immortal cell.
    unsafe { Ref::from_word(Word(w)) }.to_value()
}

fn is_placeholder(v: Ref<'_>) -> bool {
    v.exact::<Placeholder>().is_some()
}

/// `functools._PlaceholderType`.
pub static PLACEHOLDER_TYPE: TypeSpec = TypeSpec::of::<Placeholder>("functools._PlaceholderType")
    .slots(Slots {
        new: Some(|cx, _, args| {
            if !args.items.is_empty() {
                return Err(cx.type_error("PlaceholderType takes no arguments"));
            }
            Ok(placeholder().into())
        }),
        repr: Some(|_, _| Ok(objects::types::str::text("Placeholder"))),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", |_, _| Ok(objects::types::str::text("Placeholder")), "What pickle needs.")])
    .doc("The type of Placeholder, which keeps a place for a positional argument.");

/// `partial` object.
#[repr(C)]
pub struct Partial {
    function: Field,
    /// A tuple.
    args: Field,
    /// A dict.
    keywords: Field,
}
// SAFETY: visits all words.
unsafe impl Payload for Partial {
    const TYPE_ID: u32 = ids::PARTIAL;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.function.peek());
        visit(self.args.peek());
        visit(self.keywords.peek());
    }
}

fn me(v: Ref<'_>) -> &Partial {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Partial>() }
}

fn items_of(v: &Value) -> &[Ref<'_>] {
    v.as_ref().downcast::<Tuple>().map_or(&[], Tuple::items)
}

/// Puts `given` into the places of `stored`, then behind them; gives the number of missing ones.
fn fill<'a>(stored: &[Ref<'a>], given: &[Ref<'a>]) -> (Vec<Ref<'a>>, usize) {
    let mut out = Vec::with_capacity(stored.len() + given.len());
    let mut rest = given.iter();
    let mut missing = 0;
    for s in stored {
        if is_placeholder(*s) {
            match rest.next() {
                Some(g) => out.push(*g),
                None => {
                    missing += 1;
                    out.push(*s);
                }
            }
        } else {
            out.push(*s);
        }
    }
    out.extend(rest.copied());
    (out, missing)
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let Some((first, rest)) = args.positional().split_first() else {
        return Err(cx.type_error("type 'partial' takes at least one argument"));
    };
    if !call::is_callable(*first) {
        return Err(cx.type_error("the first argument must be callable"));
    }
    if rest.last().is_some_and(|v| is_placeholder(*v)) {
        return Err(cx.type_error("trailing Placeholders are not allowed"));
    }
    let keywords = Dict::new();
    let (mut function, mut stored) = (first.to_value(), Tuple::from_refs(rest).into_value());
    // A partial of a partial without attributes of its own becomes one.
    if let Some(inner) = first.exact::<Partial>()
        && instance::own_items(*first).is_empty()
    {
        let h = inner.header();
        let inner_args = inner.args.load(h);
        let (all, _) = fill(items_of(&inner_args), rest);
        stored = Tuple::from_refs(&all).into_value();
        function = inner.function.load(h);
        let k = inner.keywords.load(h);
        if let Some(k) = as_dict(k.as_ref()) {
            merge::dict(cx, &keywords, k)?;
        }
    }
    for (name, value) in args.keywords() {
        if is_placeholder(value) {
            return Err(cx.type_error("Placeholder cannot be passed as a keyword argument"));
        }
        keywords.set(cx, name, value)?;
    }
    let p = Partial { function: Field::new(function), args: Field::new(stored), keywords: Field::new(keywords.into_value()) };
    Ok(crate::guarded::make(class, p))
}

fn call_partial(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    cx.check_native_stack()?;
    let p = me(v);
    let h = p.header();
    let (function, stored, keywords) = (p.function.load(h), p.args.load(h), p.keywords.load(h));
    let stored = items_of(&stored);
    let (mut items, missing) = fill(stored, args.positional());
    if missing > 0 {
        let wanted = stored.iter().filter(|s| is_placeholder(**s)).count();
        let got = wanted - missing;
        return Err(cx.type_error(format!("missing positional arguments in 'partial' call; expected at least {wanted}, got {got}")));
    }
    let own = as_dict(keywords.as_ref()).filter(|d| !d.is_empty());
    let Some(own) = own else {
        items.extend_from_slice(&args.items[args.positional().len()..]);
        return call::call(cx, function.as_ref(), Args { items: &items, names: args.names });
    };
    let all = own.copy();
    for (name, value) in args.keywords() {
        all.set(cx, name, value)?;
    }
    let (names, values): (Vec<_>, Vec<_>) = all.items().into_iter().unzip();
    let names = Tuple::from_values(names);
    items.extend(values.iter().map(Value::as_ref));
    call::call(cx, function.as_ref(), Args { items: &items, names: Some(&names) })
}

fn get(_cx: &mut Cx, d: Ref<'_>, obj: Option<Ref<'_>>, _owner: Ref<'_>) -> PyResult<Reg> {
    match obj.filter(|o| !o.is_none()) {
        None => Ok(d.to_value().into()),
        Some(o) => Ok(BoundMethod::new(d.to_value(), o.to_value()).into()),
    }
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let p = me(v);
    let name = type_of(v).full_name();
    let shown = text::guarded(cx, v, |cx| {
        let h = p.header();
        let (function, stored, keywords) = (p.function.load(h), p.args.load(h), p.keywords.load(h));
        let mut out = format!("{name}({}", text::repr(cx, function.as_ref())?.to_string_lossy());
        for x in items_of(&stored) {
            out += ", ";
            out += &text::repr(cx, *x)?.to_string_lossy();
        }
        for (k, x) in as_dict(keywords.as_ref()).map(Dict::items).unwrap_or_default() {
            let k = text::str(cx, k.as_ref())?.to_string_lossy();
            out += &format!(", {k}={}", text::repr(cx, x.as_ref())?.to_string_lossy());
        }
        Ok(out + ")")
    })?;
    Ok(objects::types::str::text(&shown.unwrap_or_else(|| "...".into())))
}

fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    let h = p.header();
    let own = instance::own_items(a[0]);
    let dict = if own.is_empty() { Value::NONE } else { object::get_dict(cx, a[0])?.into_value() };
    let function = p.function.load(h);
    let state = Tuple::from_values(vec![function.clone(), p.args.load(h), p.keywords.load(h), dict]).into_value();
    let inner = Tuple::from_values(vec![function]).into_value();
    Ok(Tuple::from_values(vec![type_of(a[0]).to_value(), inner, state]).into())
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let parts = a[1].downcast::<Tuple>().filter(|t| t.len() == 4).map(|t| t.items());
    let Some([function, stored, keywords, dict]) = parts else { return Err(cx.type_error("invalid partial state")) };
    let (Some(t), true) = (stored.downcast::<Tuple>(), call::is_callable(*function)) else {
        return Err(cx.type_error("invalid partial state"));
    };
    if !keywords.is_none() && as_dict(*keywords).is_none() {
        return Err(cx.type_error("invalid partial state"));
    }
    if t.items().last().is_some_and(|v| is_placeholder(*v)) {
        return Err(cx.type_error("trailing Placeholders are not allowed"));
    }
    let new_args = Tuple::from_refs(t.items()).into_value();
    let new_keywords = as_dict(*keywords).map_or_else(Dict::new, Dict::copy).into_value();
    let new_function = function.to_value();
    let p = me(a[0]);
    let old = {
        let _l = cx.lock(p.header());
        (p.function.swap(new_function), p.args.swap(new_args), p.keywords.swap(new_keywords))
    };
    drop(old);
    if !dict.is_none() {
        object::set_dict(cx, a[0], Some(*dict))?;
    }
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", reduce, "What pickle needs."),
    method("__setstate__", "($self, state, /)", set_state, "Takes a pickled state."),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| object::generic_alias(cx, a[0], a[1]), "partial[int] and the like."),
];
static GETSETS: &[GetSet] = &[
    getter("func", |_, v| Ok(me(v).function.load_reg(me(v).header())), "The function."),
    getter("args", |_, v| Ok(me(v).args.load_reg(me(v).header())), "The first positional arguments."),
    getter("keywords", |_, v| Ok(me(v).keywords.load_reg(me(v).header())), "The keyword arguments."),
    getset("__dict__", object::get_dict, object::set_dict, ""),
];

/// `functools.partial`.
pub static PARTIAL_TYPE: TypeSpec = TypeSpec::of::<Partial>("functools.partial")
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), call: Some(call_partial), descr_get: Some(get), repr: Some(repr), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A function with some arguments given already: partial(func, /, *args, **keywords).");
