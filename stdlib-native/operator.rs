//! `_operator`: the operators as functions, and the callables that fetch items, attributes and call methods.

use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, function, method, raw_function};
use objects::protocol::arith::{self, Op, UnaryOp};
use objects::protocol::{attr, call, compare, item, iter, text as show, truth};

use objects::types::bytes::shared::operand;
use objects::types::dict::Dict;
use objects::types::exception;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str, intern};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, type_of, type_value};
use objects::{Args, Cx, PyResult};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const ITEM_GETTER: u32 = 528;
    pub const ATTR_GETTER: u32 = 529;
    pub const METHOD_CALLER: u32 = 530;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&ITEM_GETTER_TYPE, &ATTR_GETTER_TYPE, &METHOD_CALLER_TYPE];

fn truth(b: bool) -> PyResult<Reg> {
    Ok(Value::bool(b).into())
}

fn is_sequence(v: Ref<'_>) -> bool {
    type_of(v).slots.getitem().is_some() && v.downcast::<Dict>().is_none()
}

fn concat(cx: &mut Cx, a: &[Ref<'_>], inplace: bool) -> PyResult<Reg> {
    let t = type_of(a[0]);
    if inplace && let Some(f) = t.slots.iconcat() {
        return f(cx, a[0], a[1]);
    }
    if let Some(f) = t.slots.concat() {
        return f(cx, a[0], a[1]);
    }
    if is_sequence(a[0]) && is_sequence(a[1]) {
        return if inplace { arith::inplace(cx, Op::Add, a[0], a[1]) } else { arith::binary(cx, Op::Add, a[0], a[1]) };
    }
    let n = t.shown_name();
    Err(cx.type_error(format!("'{n}' object can't be concatenated")))
}

fn iterate(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    match iter::iter(cx, v) {
        Ok(it) => Ok(it.into_value()),
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("argument of type '{n}' is not iterable")))
        }
    }
}

fn count_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = iterate(cx, a[0])?;
    let mut n = 0;
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        n += i64::from(compare::equal(cx, v.as_ref(), a[1])?);
        cx.poll()?;
    }
    Ok(int::reg(n))
}

fn index_of(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = iterate(cx, a[0])?;
    let mut n = 0;
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        if compare::equal(cx, v.as_ref(), a[1])? {
            return Ok(int::reg(n));
        }
        n += 1;
        cx.poll()?;
    }
    Err(cx.value_error("sequence.index(x): x not in sequence"))
}

fn length_hint(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let default = a[1].given().map_or(Ok(0), |v| int::index_i64(cx, v))?;
    Ok(item::length_hint(cx, a[0])?.map_or_else(|| int::reg(default), |n| int::from_usize(n).into()))
}

/// Comparison whose time does not depend on where texts differ.
pub fn compare_digest(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let same = |x: &[u8], y: &[u8]| {
        let mut difference = u8::from(x.len() != y.len());
        for (i, b) in y.iter().enumerate() {
            difference |= x.get(i).map_or(0, |a| std::hint::black_box(a ^ b));
        }
        difference == 0
    };
    if let (Some(x), Some(y)) = (as_str(a[0]), as_str(a[1])) {
        return match (x.as_ascii(), y.as_ascii()) {
            (Some(x), Some(y)) => truth(same(x.as_bytes(), y.as_bytes())),
            _ => Err(cx.type_error("comparing strings with non-ASCII characters is not supported")),
        };
    }
    if !objects::protocol::buffer::is_exporter(a[0]) && !objects::protocol::buffer::is_exporter(a[1]) {
        let (x, y) = (type_of(a[0]).shown_name(), type_of(a[1]).shown_name());
        return Err(cx.type_error(format!("unsupported operand types(s) or combination of types: '{x}' and '{y}'")));
    }
    let (x, y) = (operand(cx, a[0])?, operand(cx, a[1])?);
    truth(same(&x, &y))
}

macro_rules! binary {
    ($name:literal, $op:ident) => {
        function($name, "($module, a, b, /)", |cx, a| arith::binary(cx, Op::$op, a[0], a[1]), concat!("Same as the operator, ", $name, "."))
    };
}
macro_rules! inplace {
    ($name:literal, $op:ident) => {
        function(
            $name,
            "($module, a, b, /)",
            |cx, a| arith::inplace(cx, Op::$op, a[0], a[1]),
            concat!("Same as the operator, ", $name, "."),
        )
    };
}
macro_rules! comparison {
    ($name:literal, $op:ident) => {
        function(
            $name,
            "($module, a, b, /)",
            |cx, a| compare::rich(cx, a[0], a[1], Compare::$op),
            concat!("Same as the operator, ", $name, "."),
        )
    };
}
macro_rules! one {
    ($name:literal, $f:expr) => {
        function($name, "($module, a, /)", $f, concat!("Same as the operation ", $name, "."))
    };
}
macro_rules! two {
    ($name:literal, $f:expr) => {
        function($name, "($module, a, b, /)", $f, concat!("Same as the operation ", $name, "."))
    };
}

static FUNCTIONS: &[Method] = &[
    binary!("add", Add),
    binary!("sub", Sub),
    binary!("mul", Mul),
    binary!("matmul", MatMul),
    binary!("truediv", TrueDiv),
    binary!("floordiv", FloorDiv),
    binary!("mod", Mod),
    binary!("and_", And),
    binary!("or_", Or),
    binary!("xor", Xor),
    binary!("lshift", Shl),
    binary!("rshift", Shr),
    inplace!("iadd", Add),
    inplace!("isub", Sub),
    inplace!("imul", Mul),
    inplace!("imatmul", MatMul),
    inplace!("itruediv", TrueDiv),
    inplace!("ifloordiv", FloorDiv),
    inplace!("imod", Mod),
    inplace!("iand", And),
    inplace!("ior", Or),
    inplace!("ixor", Xor),
    inplace!("ilshift", Shl),
    inplace!("irshift", Shr),
    two!("pow", |cx, a| arith::power(cx, a[0], a[1], Ref::NONE, false)),
    two!("ipow", |cx, a| arith::power(cx, a[0], a[1], Ref::NONE, true)),
    comparison!("lt", Lt),
    comparison!("le", Le),
    comparison!("eq", Eq),
    comparison!("ne", Ne),
    comparison!("gt", Gt),
    comparison!("ge", Ge),
    two!("is_", |_, a| truth(a[0].is(a[1]))),
    two!("is_not", |_, a| truth(!a[0].is(a[1]))),
    one!("is_none", |_, a| truth(a[0].is_none())),
    one!("is_not_none", |_, a| truth(!a[0].is_none())),
    one!("not_", |cx, a| truth(!truth::of(cx, a[0])?)),
    one!("truth", |cx, a| truth(truth::of(cx, a[0])?)),
    one!("neg", |cx, a| arith::unary(cx, UnaryOp::Neg, a[0])),
    one!("pos", |cx, a| arith::unary(cx, UnaryOp::Pos, a[0])),
    one!("inv", |cx, a| arith::unary(cx, UnaryOp::Invert, a[0])),
    one!("invert", |cx, a| arith::unary(cx, UnaryOp::Invert, a[0])),
    one!("abs", |cx, a| match type_of(a[0]).slots.abs() {
        Some(f) => f(cx, a[0]),
        None => {
            let n = type_of(a[0]).shown_name();
            Err(cx.type_error(format!("bad operand type for abs(): '{n}'")))
        }
    }),
    one!("index", |cx, a| Ok(int::exact(int::index(cx, a[0])?.as_ref()).into())),
    two!("concat", |cx, a| concat(cx, a, false)),
    two!("iconcat", |cx, a| concat(cx, a, true)),
    two!("contains", |cx, a| truth(item::contains(cx, a[0], a[1])?)),
    two!("countOf", count_of),
    two!("indexOf", index_of),
    two!("getitem", |cx, a| item::get(cx, a[0], a[1])),
    two!("delitem", |cx, a| item::set(cx, a[0], a[1], None).map(|()| Value::NONE.into())),
    function(
        "setitem",
        "($module, a, b, c, /)",
        |cx, a| item::set(cx, a[0], a[1], Some(a[2])).map(|()| Value::NONE.into()),
        "Same as a[b] = c.",
    ),
    function("length_hint", "($module, obj, default=0, /)", length_hint, "An estimate of the number of items."),
    function("_compare_digest", "($module, a, b, /)", compare_digest, "Comparison in constant time."),
    raw_function(
        "call",
        "($module, obj, /, *args, **kwargs)",
        |cx, args| match args.positional().first() {
            Some(f) => call::call(cx, *f, args.without_first()),
            None => Err(cx.type_error("call expected at least 1 argument, got 0")),
        },
        "Calls obj.",
    ),
];

/// A getter's keys, or a method's name and its arguments: never change.
#[repr(C)]
pub struct Getter<const ID: u32> {
    /// What is fetched; for attributes, tuples of the names of dotted ones.
    keys: Vec<Value>,
    /// Names of the keyword arguments at the end of `keys`.
    names: Option<Value>,
}
// SAFETY: visits all words.
unsafe impl<const ID: u32> Payload for Getter<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.keys.iter().chain(&self.names).for_each(|v| visit(v.word()));
    }
}
type ItemGetter = Getter<{ ids::ITEM_GETTER }>;
type AttrGetter = Getter<{ ids::ATTR_GETTER }>;
type MethodCaller = Getter<{ ids::METHOD_CALLER }>;

fn me<const ID: u32>(v: Ref<'_>) -> &Getter<ID> {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Getter<ID>>() }
}

fn single<'a>(cx: &mut Cx, args: Args<'a>, name: &str) -> PyResult<Ref<'a>> {
    args.no_keywords(cx, name)?;
    args.check_count(cx, name, 1, 1)?;
    Ok(args.items[0])
}

fn new_items(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "itemgetter")?;
    if args.items.is_empty() {
        return Err(cx.type_error("itemgetter expected 1 argument, got 0"));
    }
    Ok(crate::guarded::make(class, ItemGetter { keys: args.items.iter().map(|v| v.to_value()).collect(), names: None }))
}

fn call_items(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let obj = single(cx, args, "itemgetter")?;
    match &me::<{ ids::ITEM_GETTER }>(v).keys[..] {
        [key] => item::get(cx, obj, key.as_ref()),
        keys => {
            let mut out = Vec::with_capacity(keys.len());
            for k in keys {
                out.push(item::get(cx, obj, k.as_ref())?.into_value());
            }
            Ok(Tuple::from_values(out).into())
        }
    }
}

fn new_attributes(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "attrgetter")?;
    if args.items.is_empty() {
        return Err(cx.type_error("attrgetter expected 1 argument, got 0"));
    }
    let mut keys = Vec::with_capacity(args.items.len());
    for v in args.items {
        let Some(s) = as_str(*v) else { return Err(cx.type_error("attribute name must be a string")) };
        let units = s.units();
        let dots: Vec<usize> = units.iter().enumerate().filter(|(_, c)| *c == u32::from(b'.')).map(|(i, _)| i).collect();
        if dots.is_empty() {
            keys.push(intern::intern(v.to_value()));
            continue;
        }
        let mut parts = Vec::new();
        let mut start = 0;
        for end in dots.into_iter().chain([units.len()]) {
            parts.push(intern::intern(Str::from_units(units.slice(start, end)).into_value()));
            start = end + 1;
        }
        keys.push(Tuple::from_values(parts).into_value());
    }
    Ok(crate::guarded::make(class, AttrGetter { keys, names: None }))
}

fn dotted(cx: &mut Cx, obj: Ref<'_>, key: &Value) -> PyResult<Reg> {
    let Some(parts) = key.as_ref().exact::<Tuple>() else { return attr::get(cx, obj, key.as_ref()) };
    let mut v = obj.to_value();
    for name in parts.items() {
        v = attr::get(cx, v.as_ref(), *name)?.into_value();
    }
    Ok(v.into())
}

fn call_attributes(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let obj = single(cx, args, "attrgetter")?;
    match &me::<{ ids::ATTR_GETTER }>(v).keys[..] {
        [key] => dotted(cx, obj, key),
        keys => {
            let mut out = Vec::with_capacity(keys.len());
            for k in keys {
                out.push(dotted(cx, obj, k)?.into_value());
            }
            Ok(Tuple::from_values(out).into())
        }
    }
}

/// The name of an attribute as it was given.
fn whole_name(key: &Value) -> Value {
    let Some(parts) = key.as_ref().exact::<Tuple>() else { return key.clone() };
    let mut b = text::StrBuilder::new();
    for (i, p) in parts.items().iter().enumerate() {
        if i > 0 {
            b.push(u32::from(b'.'));
        }
        if let Some(s) = as_str(*p) {
            b.push_units(s.units());
        }
    }
    Str::try_from_built(b.finish()).map_or(Value::NONE, |s| s.into_value())
}

fn new_method(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let Some(name) = args.positional().first() else {
        return Err(cx.type_error("methodcaller needs at least one argument, the method name"));
    };
    if as_str(*name).is_none() {
        return Err(cx.type_error("method name must be a string"));
    }
    let mut keys: Vec<Value> = args.items.iter().map(|v| v.to_value()).collect();
    keys[0] = intern::intern(keys[0].clone());
    Ok(crate::guarded::make(class, MethodCaller { keys, names: args.names.map(|n| n.to_value()) }))
}

fn call_method(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let obj = single(cx, args, "methodcaller")?;
    let m = me::<{ ids::METHOD_CALLER }>(v);
    let mut items: Vec<Ref<'_>> = m.keys.iter().map(Value::as_ref).collect();
    let names = m.names.as_ref().and_then(|n| n.as_ref().exact::<Tuple>());
    match attr::method(cx, obj, m.keys[0].as_ref())? {
        attr::Method::Unbound(f) => {
            items[0] = obj;
            let f = f.into_value();
            call::call(cx, f.as_ref(), Args { items: &items, names })
        }
        attr::Method::Bound(f) => {
            let f = f.into_value();
            call::call(cx, f.as_ref(), Args { items: &items[1..], names })
        }
    }
}

fn shown(cx: &mut Cx, v: Ref<'_>, keys: &[Value], names: Option<&Value>) -> PyResult<Reg> {
    let name = type_of(v).full_name();
    let names = names.and_then(|n| n.as_ref().exact::<Tuple>());
    let first_named = keys.len() - names.map_or(0, Tuple::len);
    let inner = show::guarded(cx, v, |cx| {
        let mut b = text::StrBuilder::new();
        for (i, k) in keys.iter().enumerate() {
            if i > 0 {
                b.push_str(", ");
            }
            if let (Some(names), true) = (names, i >= first_named)
                && let Some(n) = as_str(names.get(i - first_named))
            {
                b.push_units(n.units());
                b.push_str("=");
            }
            let r = show::repr(cx, k.as_ref())?;
            b.push_units(r.units());
        }
        Ok(b)
    })?;
    let mut b = text::StrBuilder::new();
    b.push_str(&name);
    b.push_str("(");
    match inner {
        Some(x) => {
            b.push_units(x.units());
        }
        None => b.push_str("..."),
    }
    b.push_str(")");
    objects::types::str::methods::built(cx, b)
}

fn reduce_items(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let keys = me::<{ ids::ITEM_GETTER }>(a[0]).keys.clone();
    Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), Tuple::from_values(keys).into_value()]).into())
}

fn reduce_attributes(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let keys = me::<{ ids::ATTR_GETTER }>(a[0]).keys.iter().map(whole_name).collect();
    Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), Tuple::from_values(keys).into_value()]).into())
}

fn reduce_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = me::<{ ids::METHOD_CALLER }>(a[0]);
    let class = type_of(a[0]).as_value();
    let Some(names) = m.names.as_ref().and_then(|n| n.as_ref().exact::<Tuple>()).filter(|n| !n.is_empty()) else {
        return Ok(Tuple::from_values(vec![class, Tuple::from_values(m.keys.clone()).into_value()]).into());
    };
    // The keywords go into a partial of the class.
    let functools = cx.host.import(cx, "functools")?;
    let partial = attr::get_text(cx, functools.as_ref(), "partial")?.into_value();
    let positional = m.keys.len() - names.len();
    let mut items = vec![class.as_ref(), m.keys[0].as_ref()];
    items.extend(m.keys[positional..].iter().map(Value::as_ref));
    let p = call::call(cx, partial.as_ref(), Args { items: &items, names: Some(names) })?.into_value();
    let rest = Tuple::from_values(m.keys[1..positional].to_vec()).into_value();
    Ok(Tuple::from_values(vec![p, rest]).into())
}

/// `operator.itemgetter`.
pub static ITEM_GETTER_TYPE: TypeSpec = TypeSpec::of::<ItemGetter>("operator.itemgetter")
    .slots(Slots {
        new: Some(new_items),
        call: Some(call_items),
        repr: Some(|cx, v| shown(cx, v, &me::<{ ids::ITEM_GETTER }>(v).keys, None)),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", reduce_items, "What pickle needs.")])
    .doc("A callable that fetches items.");

/// `operator.attrgetter`.
pub static ATTR_GETTER_TYPE: TypeSpec = TypeSpec::of::<AttrGetter>("operator.attrgetter")
    .slots(Slots {
        new: Some(new_attributes),
        call: Some(call_attributes),
        repr: Some(|cx, v| {
            let names: Vec<Value> = me::<{ ids::ATTR_GETTER }>(v).keys.iter().map(whole_name).collect();
            shown(cx, v, &names, None)
        }),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", reduce_attributes, "What pickle needs.")])
    .doc("A callable that fetches attributes.");

/// `operator.methodcaller`.
pub static METHOD_CALLER_TYPE: TypeSpec = TypeSpec::of::<MethodCaller>("operator.methodcaller")
    .slots(Slots {
        new: Some(new_method),
        call: Some(call_method),
        repr: Some(|cx, v| {
            let m = me::<{ ids::METHOD_CALLER }>(v);
            shown(cx, v, &m.keys, m.names.as_ref())
        }),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", reduce_method, "What pickle needs.")])
    .doc("A callable that calls a method.");

/// `_operator`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_operator",
    doc: "Operator interface.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("itemgetter", type_value(ids::ITEM_GETTER));
        m.add("attrgetter", type_value(ids::ATTR_GETTER));
        m.add("methodcaller", type_value(ids::METHOD_CALLER));
        Ok(())
    },
};
