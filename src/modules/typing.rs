//! `_typing`: type parameters, `Generic` and type aliases (PEP 484, 612, 646, 695, 696).

use objects::args::{Args, Signature};
use objects::native::{GetSet, Member, Method, function, getter, method, raw_method};
use objects::protocol::{attr, call, compare, item, iter, text as show};
use objects::types::alias::union;
use objects::types::instance;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, by_id, flags, type_id_of, type_of, type_value};
use objects::{Cx, Field, Gc, Payload, PyResult, Ref, Reg, Value, Word, ids, names};
use sync::prim::{AtomicU64, Ordering};

/// Something that may be evaluated later: its value, or unbound and the function that computes it.
struct Lazy {
    value: Field,
    evaluate: Field,
}
impl Lazy {
    fn known(v: Option<Value>) -> Lazy {
        Lazy { value: Field::new(v.unwrap_or(Value::UNBOUND)), evaluate: Field::empty() }
    }
    fn later(f: Value) -> Lazy {
        Lazy { value: Field::empty(), evaluate: Field::new(f) }
    }
    fn visit(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.value.peek());
        visit(self.evaluate.peek());
    }
    /// The value, computed now if need be; `None` when there is neither value nor function.
    fn get(&self, cx: &mut Cx, holder: &impl Payload) -> PyResult<Option<Value>> {
        let known = self.value.load(holder.header());
        if known.word() != Word::UNBOUND {
            return Ok(Some(known));
        }
        let f = self.evaluate.load(holder.header());
        if f.word() == Word::UNBOUND {
            return Ok(None);
        }
        let format = Value::small_int(1);
        let made = call::positional(cx, f.as_ref(), &[format.as_ref()])?;
        let old = {
            let _l = cx.lock(holder.header());
            self.value.swap(made.clone())
        };
        drop(old);
        Ok(Some(made))
    }
    /// What computes it, as `evaluate_...` attributes show.
    fn evaluator(&self, holder: &impl Payload) -> Value {
        let f = self.evaluate.load(holder.header());
        if f.word() != Word::UNBOUND {
            return f;
        }
        match self.value.load(holder.header()) {
            v if v.word() == Word::UNBOUND => Value::NONE,
            v => gc::alloc(ConstEvaluator { value: v }).into_value(),
        }
    }
}

/// A type parameter of any of the three kinds.
#[repr(C)]
pub struct TypeParam {
    name: Value,
    bound: Lazy,
    constraints: Lazy,
    default: Lazy,
    covariant: bool,
    contravariant: bool,
    infer: bool,
}
// SAFETY: visits every word.
unsafe impl Payload for TypeParam {
    const TYPE_ID: u32 = ids::TYPE_VAR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
        self.bound.visit(visit);
        self.constraints.visit(visit);
        self.default.visit(visit);
    }
}

fn me(v: Ref<'_>) -> &TypeParam {
    // SAFETY: slots, methods and getters check their receiver; the three types share the payload.
    unsafe { v.cast::<TypeParam>() }
}

fn make(id: u32, name: Value, bound: Lazy, constraints: Lazy, default: Option<Value>, variance: [bool; 3]) -> Value {
    let [covariant, contravariant, infer] = variance;
    instance::alloc_with(by_id(id), TypeParam { name, bound, constraints, default: Lazy::known(default), covariant, contravariant, infer })
}

/// A type parameter of the new syntax: only a name; the variance is inferred.
pub fn simple(id: u32, name: Ref<'_>) -> Value {
    make(id, name.to_value(), Lazy::known(None), Lazy::known(None), None, [false, false, true])
}
/// One with a bound or constraints that `f` computes.
pub fn with_evaluator(name: Ref<'_>, f: Ref<'_>, constraints: bool) -> Value {
    let (a, b) = if constraints { (Lazy::known(None), Lazy::later(f.to_value())) } else { (Lazy::later(f.to_value()), Lazy::known(None)) };
    make(ids::TYPE_VAR, name.to_value(), a, b, None, [false, false, true])
}
/// Sets the function that computes a parameter's default.
pub fn set_default(cx: &mut Cx, param: Ref<'_>, f: Ref<'_>) {
    if is_param(param) {
        let p = me(param);
        let old = {
            let _l = cx.lock(p.header());
            p.default.evaluate.swap(f.to_value())
        };
        drop(old);
    }
}

fn is_param(v: Ref<'_>) -> bool {
    matches!(type_id_of(v), ids::TYPE_VAR | ids::PARAM_SPEC | ids::TYPE_VAR_TUPLE)
}

/// A function of the library's `typing`.
fn typing(cx: &mut Cx, name: &str, args: &[Ref<'_>]) -> PyResult<Value> {
    let m = cx.host.import(cx, "typing")?;
    let f = attr::get_text(cx, m.as_ref(), name)?.into_value();
    call::positional(cx, f.as_ref(), args)
}

/// Notes the module that makes a parameter or alias.
fn caller(cx: &mut Cx) -> Value {
    let g = cx.host.globals(cx);
    g.and_then(|g| g.as_ref().exact::<objects::types::dict::Dict>().and_then(|d| d.get_interned(names::__name__())).map(Reg::into_value))
        .unwrap_or(Value::NONE)
}
fn note_module(cx: &mut Cx, v: &Value) {
    let m = caller(cx);
    instance::set_own(v.as_ref(), type_of(v.as_ref()), names::__module__(), m);
}

fn name_argument(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<Value> {
    if as_str(v).is_some() {
        return Ok(v.to_value());
    }
    let n = type_of(v).name_text();
    Err(cx.type_error(format!("{function}() argument 'name' must be str, not {n}")))
}

fn checked_bound(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Value>> {
    match v.given().filter(|v| !v.is_none()) {
        Some(b) => {
            let message = Str::from_text("Bound must be a type.");
            typing(cx, "_type_check", &[b, message.as_ref()]).map(Some)
        }
        None => Ok(None),
    }
}

fn variance(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<[bool; 3]> {
    let mut out = [false; 3];
    for (o, v) in out.iter_mut().zip(a) {
        *o = match v.given() {
            Some(v) => objects::protocol::truth::of(cx, v)?,
            None => false,
        };
    }
    match out {
        [true, true, _] => Err(cx.value_error("Bivariant types are not supported.")),
        [co, contra, true] if co || contra => Err(cx.value_error("Variance cannot be specified with infer_variance.")),
        _ => Ok(out),
    }
}

fn given_default(v: Ref<'_>) -> Option<Value> {
    v.given().filter(|v| type_id_of(*v) != ids::NO_DEFAULT).map(Ref::to_value)
}

fn new_type_var(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> = std::sync::LazyLock::new(|| {
        Signature::parse("(name, *constraints, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False)")
    });
    SIGNATURE.bind(cx, "typevar", None, args, |cx, a| {
        let name = name_argument(cx, a[0], "typevar")?;
        let variance = variance(cx, &a[4..7])?;
        let bound = checked_bound(cx, a[2])?;
        let n = a[1].exact::<Tuple>().map_or(0, Tuple::len);
        if n == 1 {
            return Err(cx.type_error("A single constraint is not allowed"));
        }
        if n > 0 && bound.is_some() {
            return Err(cx.type_error("Constraints cannot be combined with bound=..."));
        }
        let constraints = (n > 0).then(|| a[1].to_value());
        let v = make(ids::TYPE_VAR, name, Lazy::known(bound), Lazy::known(constraints), given_default(a[3]), variance);
        note_module(cx, &v);
        Ok(v.into())
    })
}

fn new_param_spec(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> = std::sync::LazyLock::new(|| {
        Signature::parse("(name, *, bound=None, default=NoDefault, covariant=False, contravariant=False, infer_variance=False)")
    });
    SIGNATURE.bind(cx, "paramspec", None, args, |cx, a| {
        let name = name_argument(cx, a[0], "paramspec")?;
        let variance = variance(cx, &a[3..6])?;
        let bound = checked_bound(cx, a[1])?;
        let v = make(ids::PARAM_SPEC, name, Lazy::known(bound), Lazy::known(None), given_default(a[2]), variance);
        note_module(cx, &v);
        Ok(v.into())
    })
}

fn new_type_var_tuple(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> = std::sync::LazyLock::new(|| Signature::parse("(name, *, default=NoDefault)"));
    SIGNATURE.bind(cx, "typevartuple", None, args, |cx, a| {
        let name = name_argument(cx, a[0], "typevartuple")?;
        let v = make(ids::TYPE_VAR_TUPLE, name, Lazy::known(None), Lazy::known(None), given_default(a[1]), [false; 3]);
        note_module(cx, &v);
        Ok(v.into())
    })
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let p = me(v);
    let n = as_str(p.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let sign = match (type_id_of(v), p.infer, p.covariant, p.contravariant) {
        (ids::TYPE_VAR_TUPLE, ..) | (_, true, ..) => "",
        (_, _, true, _) => "+",
        (_, _, _, true) => "-",
        _ => "~",
    };
    Ok(text(&format!("{sign}{n}")))
}

fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    union::make(cx, &[a, b])
}

fn default_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    Ok(me(v).default.get(cx, me(v))?.unwrap_or_else(no_default))
}

fn has_default(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = &me(a[0]).default;
    Ok(Value::bool(d.value.peek() != Word::UNBOUND || d.evaluate.peek() != Word::UNBOUND).into())
}

fn reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(me(a[0]).name.clone().into())
}

fn refuse_subclass(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = type_of(a[0]).name_text();
    Err(cx.type_error(format!("Cannot subclass an instance of {n}")))
}

fn type_var_subst(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    typing(cx, "_typevar_subst", &[a[0], a[1]]).map(Into::into)
}

/// Adds the default when no argument was given for this parameter.
fn type_var_prepare(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let params = attr::get(cx, a[1], names::__parameters__())?.into_value();
    let at = iter::collect(cx, params.as_ref())?.iter().position(|p| p.as_ref().is(a[0])).unwrap_or(0);
    let given = iter::collect(cx, a[2])?;
    if at < given.len() {
        return Ok(a[2].to_value().into());
    }
    let default = default_of(cx, a[0])?;
    if at == given.len() && type_id_of(default.as_ref()) != ids::NO_DEFAULT {
        let mut all = given;
        all.push(default);
        return Ok(Tuple::from_values(all).into());
    }
    let shown = show::str(cx, a[1])?.to_string_lossy();
    Err(cx.type_error(format!("Too few arguments for {shown}")))
}

static TYPE_VAR_METHODS: &[Method] = &[
    method("__typing_subst__", "($self, arg, /)", type_var_subst, ""),
    method("__typing_prepare_subst__", "($self, alias, args, /)", type_var_prepare, ""),
    method("__reduce__", "($self, /)", reduce, ""),
    method("has_default", "($self, /)", has_default, ""),
    method("__mro_entries__", "($self, object, /)", refuse_subclass, ""),
];
static PARAM_SPEC_METHODS: &[Method] = &[
    method("__typing_subst__", "($self, arg, /)", |cx, a| typing(cx, "_paramspec_subst", &[a[0], a[1]]).map(Into::into), ""),
    method(
        "__typing_prepare_subst__",
        "($self, alias, args, /)",
        |cx, a| typing(cx, "_paramspec_prepare_subst", &[a[0], a[1], a[2]]).map(Into::into),
        "",
    ),
    method("__reduce__", "($self, /)", reduce, ""),
    method("has_default", "($self, /)", has_default, ""),
    method("__mro_entries__", "($self, object, /)", refuse_subclass, ""),
];
static TYPE_VAR_TUPLE_METHODS: &[Method] = &[
    method("__typing_subst__", "($self, arg, /)", |cx, _| Err(cx.type_error("Substitution of bare TypeVarTuple is not supported")), ""),
    method(
        "__typing_prepare_subst__",
        "($self, alias, args, /)",
        |cx, a| typing(cx, "_typevartuple_prepare_subst", &[a[0], a[1], a[2]]).map(Into::into),
        "",
    ),
    method("__reduce__", "($self, /)", reduce, ""),
    method("has_default", "($self, /)", has_default, ""),
    method("__mro_entries__", "($self, object, /)", refuse_subclass, ""),
];

macro_rules! flag {
    ($name:literal, $field:ident) => {
        Member(getter($name, |_, v| Ok(Value::bool(me(v).$field).into()), ""))
    };
}
static TYPE_VAR_MEMBERS: &[Member] = &[
    Member(getter("__name__", |_, v| Ok(me(v).name.clone().into()), "")),
    flag!("__covariant__", covariant),
    flag!("__contravariant__", contravariant),
    flag!("__infer_variance__", infer),
];
static TYPE_VAR_TUPLE_MEMBERS: [Member; 1] = [Member(getter("__name__", |_, v| Ok(me(v).name.clone().into()), ""))];

const DEFAULT: GetSet = getter("__default__", |cx, v| default_of(cx, v).map(Into::into), "");
const EVALUATE_DEFAULT: GetSet = getter(
    "evaluate_default",
    |_, v| {
        let d = &me(v).default;
        let none = d.value.peek() == Word::UNBOUND && d.evaluate.peek() == Word::UNBOUND;
        Ok(if none { gc::alloc(ConstEvaluator { value: no_default() }).into() } else { d.evaluator(me(v)).into() })
    },
    "",
);
const BOUND: GetSet = getter("__bound__", |cx, v| Ok(me(v).bound.get(cx, me(v))?.unwrap_or(Value::NONE).into()), "");
static TYPE_VAR_GETSETS: &[GetSet] = &[
    BOUND,
    getter("__constraints__", |cx, v| Ok(me(v).constraints.get(cx, me(v))?.unwrap_or_else(|| Tuple::empty().into_value()).into()), ""),
    DEFAULT,
    getter("evaluate_bound", |_, v| Ok(me(v).bound.evaluator(me(v)).into()), ""),
    getter("evaluate_constraints", |_, v| Ok(me(v).constraints.evaluator(me(v)).into()), ""),
    EVALUATE_DEFAULT,
];
static PARAM_SPEC_GETSETS: &[GetSet] = &[
    BOUND,
    getter("args", |_, v| Ok(gc::alloc(ParamSpecPart::<{ ids::PARAM_SPEC_ARGS }> { origin: v.to_value() }).into()), ""),
    getter("kwargs", |_, v| Ok(gc::alloc(ParamSpecPart::<{ ids::PARAM_SPEC_KWARGS }> { origin: v.to_value() }).into()), ""),
    DEFAULT,
    EVALUATE_DEFAULT,
];
static TYPE_VAR_TUPLE_GETSETS: &[GetSet] = &[DEFAULT, EVALUATE_DEFAULT];

/// `typing.TypeVar`.
pub static TYPE_VAR_TYPE: TypeSpec = TypeSpec::of::<TypeParam>("typing.TypeVar")
    .with_dict()
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(new_type_var), repr: Some(repr), or: Some(or), ..Slots::NONE })
    .methods(TYPE_VAR_METHODS)
    .members(TYPE_VAR_MEMBERS)
    .getsets(TYPE_VAR_GETSETS)
    .doc("Type variable.");
/// `typing.ParamSpec`.
pub static PARAM_SPEC_TYPE: TypeSpec = TypeSpec::of::<TypeParam>("typing.ParamSpec")
    .id(ids::PARAM_SPEC)
    .with_dict()
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(new_param_spec), repr: Some(repr), or: Some(or), ..Slots::NONE })
    .methods(PARAM_SPEC_METHODS)
    .members(TYPE_VAR_MEMBERS)
    .getsets(PARAM_SPEC_GETSETS)
    .doc("Parameter specification.");
/// `typing.TypeVarTuple`.
pub static TYPE_VAR_TUPLE_TYPE: TypeSpec = TypeSpec::of::<TypeParam>("typing.TypeVarTuple")
    .id(ids::TYPE_VAR_TUPLE)
    .with_dict()
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(new_type_var_tuple), repr: Some(repr), iter: Some(iterate_unpacked), ..Slots::NONE })
    .methods(TYPE_VAR_TUPLE_METHODS)
    .members(&TYPE_VAR_TUPLE_MEMBERS)
    .getsets(TYPE_VAR_TUPLE_GETSETS)
    .doc("Type variable tuple.");

/// `typing.Unpack[v]`.
fn unpacked(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let m = cx.host.import(cx, "typing")?;
    let u = attr::get_text(cx, m.as_ref(), "Unpack")?.into_value();
    item::get(cx, u.as_ref(), v).map(Reg::into_value)
}
fn iterate_unpacked(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let u = unpacked(cx, v)?;
    let one = Tuple::from_values(vec![u]);
    iter::iter(cx, one.as_ref())
}
/// Type parameters with each TypeVarTuple as `Unpack[...]`.
fn unpack_all(cx: &mut Cx, params: Ref<'_>) -> PyResult<Value> {
    let mut out = Vec::new();
    for p in iter::collect(cx, params)? {
        out.push(if type_id_of(p.as_ref()) == ids::TYPE_VAR_TUPLE { unpacked(cx, p.as_ref())? } else { p });
    }
    Ok(Tuple::from_values(out).into_value())
}

// ---- ParamSpecArgs, ParamSpecKwargs ----

/// `P.args` or `P.kwargs`.
#[repr(C)]
pub struct ParamSpecPart<const ID: u32> {
    origin: Value,
}
// SAFETY: visits the origin.
unsafe impl<const ID: u32> Payload for ParamSpecPart<ID> {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.origin.word());
    }
}

fn part_origin<const ID: u32>(v: Ref<'_>) -> Value {
    v.exact::<ParamSpecPart<ID>>().map_or(Value::NONE, |p| p.origin.clone())
}
fn part_new<const ID: u32>(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> = std::sync::LazyLock::new(|| Signature::parse("(origin)"));
    SIGNATURE.bind(cx, "paramspecargs", None, args, |_, a| Ok(gc::alloc(ParamSpecPart::<ID> { origin: a[0].to_value() }).into()))
}
fn part_repr<const ID: u32>(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let o = part_origin::<ID>(v);
    let what = if ID == ids::PARAM_SPEC_ARGS { "args" } else { "kwargs" };
    let shown = match (type_id_of(o.as_ref()) == ids::PARAM_SPEC).then(|| me(o.as_ref()).name.clone()) {
        Some(n) => show::str(cx, n.as_ref())?,
        None => show::repr(cx, o.as_ref())?,
    };
    Ok(text(&format!("{}.{what}", shown.to_string_lossy())))
}
fn part_compare<const ID: u32>(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if type_id_of(a) != type_id_of(b) || !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    compare::rich(cx, part_origin::<ID>(a).as_ref(), part_origin::<ID>(b).as_ref(), op)
}

static PART_METHODS: &[Method] = &[method("__mro_entries__", "($self, object, /)", refuse_subclass, "")];
static ARGS_MEMBERS: &[Member] = &[Member(getter("__origin__", |_, v| Ok(part_origin::<{ ids::PARAM_SPEC_ARGS }>(v).into()), ""))];
static KWARGS_MEMBERS: &[Member] = &[Member(getter("__origin__", |_, v| Ok(part_origin::<{ ids::PARAM_SPEC_KWARGS }>(v).into()), ""))];

macro_rules! part_type {
    ($name:literal, $id:path, $members:ident) => {
        TypeSpec::of::<ParamSpecPart<{ $id }>>($name)
            .flags(flags::WEAKREFS)
            .slots(Slots {
                new: Some(part_new::<{ $id }>),
                repr: Some(part_repr::<{ $id }>),
                richcompare: Some(part_compare::<{ $id }>),
                ..Slots::NONE
            })
            .methods(PART_METHODS)
            .members($members)
    };
}
/// `typing.ParamSpecArgs`.
pub static PARAM_SPEC_ARGS_TYPE: TypeSpec = part_type!("typing.ParamSpecArgs", ids::PARAM_SPEC_ARGS, ARGS_MEMBERS);
/// `typing.ParamSpecKwargs`.
pub static PARAM_SPEC_KWARGS_TYPE: TypeSpec = part_type!("typing.ParamSpecKwargs", ids::PARAM_SPEC_KWARGS, KWARGS_MEMBERS);

// ---- NoDefault and evaluators of known values ----

/// The type of `typing.NoDefault`.
#[repr(C)]
pub struct NoDefault {}
// SAFETY: holds no words.
unsafe impl Payload for NoDefault {
    const TYPE_ID: u32 = ids::NO_DEFAULT;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
static NO_DEFAULT: AtomicU64 = AtomicU64::new(0);

/// `typing.NoDefault`.
pub fn no_default() -> Value {
    let w = NO_DEFAULT.load(Ordering::Acquire);
    if w != 0 {
        // SAFETY: an immortal cell.
        return unsafe { Ref::from_word(Word(w)) }.to_value();
    }
    let v = gc::alloc(NoDefault {});
    v.header().make_immortal();
    match NO_DEFAULT.compare_exchange(0, v.value().word().0, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => v.into_value(),
        // SAFETY: an immortal cell.
        Err(first) => unsafe { Ref::from_word(Word(first)) }.to_value(),
    }
}

/// `NoDefaultType`.
pub static NO_DEFAULT_TYPE: TypeSpec = TypeSpec::of::<NoDefault>("NoDefaultType")
    .slots(Slots {
        new: Some(|cx, _, args| {
            if !args.items.is_empty() {
                return Err(cx.type_error("NoDefaultType takes no arguments"));
            }
            Ok(no_default().into())
        }),
        repr: Some(|_, _| Ok(text("typing.NoDefault"))),
        ..Slots::NONE
    })
    .methods(&[method("__reduce__", "($self, /)", |_, _| Ok(text("NoDefault")), "")]);

/// A function that gives a value which is known already.
#[repr(C)]
pub struct ConstEvaluator {
    value: Value,
}
// SAFETY: visits the value.
unsafe impl Payload for ConstEvaluator {
    const TYPE_ID: u32 = ids::CONST_EVALUATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.value.word());
    }
}
fn evaluator(v: Ref<'_>) -> &ConstEvaluator {
    // SAFETY: slots belong to the type.
    unsafe { v.cast::<ConstEvaluator>() }
}
fn call_evaluator(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.check_count(cx, "constevaluator.__call__", 1, 1)?;
    let format = objects::types::int::index_i64(cx, args.items[0])?;
    let value = evaluator(v).value.clone();
    if format != 4 {
        return Ok(value.into());
    }
    let m = cx.host.import(cx, "annotationlib")?;
    let f = attr::get_text(cx, m.as_ref(), "type_repr")?.into_value();
    call::positional(cx, f.as_ref(), &[value.as_ref()]).map(Into::into)
}
/// `constevaluator`.
pub static CONST_EVALUATOR_TYPE: TypeSpec = TypeSpec::of::<ConstEvaluator>("_typing._constevaluator").flags(flags::NO_NEW).slots(Slots {
    call: Some(call_evaluator),
    repr: Some(|cx, v| {
        let s = show::repr(cx, evaluator(v).value.as_ref())?;
        Ok(text(&format!("<constevaluator {}>", s.to_string_lossy())))
    }),
    ..Slots::NONE
});

// ---- Generic ----

fn forward_to_typing(cx: &mut Cx, name: &str, args: Args<'_>) -> PyResult<Reg> {
    let m = cx.host.import(cx, "typing")?;
    let f = attr::get_text(cx, m.as_ref(), name)?.into_value();
    call::call(cx, f.as_ref(), args)
}

static GENERIC_METHODS: &[Method] = &[
    Method {
        kind: objects::native::MethodKind::Class,
        ..raw_method(
            "__class_getitem__",
            "",
            |cx, args| forward_to_typing(cx, "_generic_class_getitem", args),
            "Parameterizes a generic class.",
        )
    },
    Method {
        kind: objects::native::MethodKind::Class,
        ..raw_method("__init_subclass__", "", |cx, args| forward_to_typing(cx, "_generic_init_subclass", args), "Prepares a generic class.")
    },
];

/// `typing.Generic`.
pub static GENERIC_TYPE: TypeSpec = TypeSpec::empty(ids::GENERIC, "typing.Generic")
    .flags(flags::BASE)
    .methods(GENERIC_METHODS)
    .doc("Abstract base class for generic types.");

/// `Generic[params]` for a class of the new syntax.
pub fn subscript_generic(cx: &mut Cx, params: Ref<'_>) -> PyResult<Value> {
    let all = unpack_all(cx, params)?;
    let generic = type_value(ids::GENERIC);
    typing(cx, "_GenericAlias", &[generic.as_ref(), all.as_ref()])
}

// ---- TypeAliasType ----

/// `typing.TypeAliasType`.
#[repr(C)]
pub struct TypeAlias {
    name: Value,
    /// A tuple.
    params: Value,
    value: Lazy,
    module: Value,
}
// SAFETY: visits every word.
unsafe impl Payload for TypeAlias {
    const TYPE_ID: u32 = ids::TYPE_ALIAS;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.name.word());
        visit(self.params.word());
        self.value.visit(visit);
        visit(self.module.word());
    }
}
fn alias(v: Ref<'_>) -> &TypeAlias {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<TypeAlias>() }
}
fn has_params(a: &TypeAlias) -> bool {
    a.params.as_ref().exact::<Tuple>().is_some_and(|t| !t.is_empty())
}

/// The alias of a `type` statement from `(name, type parameters or None, evaluator)`.
pub fn make_alias(cx: &mut Cx, parts: Ref<'_>) -> PyResult<Value> {
    let Some([name, params, evaluate]) = parts.exact::<Tuple>().and_then(|t| <[Ref<'_>; 3]>::try_from(t.items()).ok()) else {
        return Err(cx.system_error("malformed type alias"));
    };
    let module = caller(cx);
    let params = if params.is_none() { Tuple::empty().into_value() } else { params.to_value() };
    Ok(gc::alloc(TypeAlias { name: name.to_value(), params, value: Lazy::later(evaluate.to_value()), module }).into_value())
}

fn new_alias(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> = std::sync::LazyLock::new(|| Signature::parse("(name, value, *, type_params=())"));
    SIGNATURE.bind(cx, "typealias", None, args, |cx, a| {
        let name = name_argument(cx, a[0], "typealias")?;
        let params: Gc<Tuple> = match a[2].given() {
            None => Tuple::empty(),
            Some(t) => match t.exact::<Tuple>() {
                Some(t) => Tuple::from_refs(t.items()),
                None => return Err(cx.type_error("type_params must be a tuple")),
            },
        };
        let mut default_seen = false;
        for p in params.items() {
            if !is_param(*p) {
                let shown = show::repr(cx, *p)?.to_string_lossy();
                return Err(cx.type_error(format!("Expected a type param, got {shown}")));
            }
            let d = &me(*p).default;
            let has = d.value.peek() != Word::UNBOUND || d.evaluate.peek() != Word::UNBOUND;
            if default_seen && !has {
                let shown = show::repr(cx, *p)?.to_string_lossy();
                return Err(cx.type_error(format!("non-default type parameter '{shown}' follows default type parameter")));
            }
            default_seen |= has;
        }
        let module = caller(cx);
        Ok(gc::alloc(TypeAlias { name, params: params.into_value(), value: Lazy::known(Some(a[1].to_value())), module }).into())
    })
}

fn alias_getitem(cx: &mut Cx, v: Ref<'_>, key: Ref<'_>) -> PyResult<Reg> {
    if !has_params(alias(v)) {
        return Err(cx.type_error("Only generic type aliases are subscriptable"));
    }
    objects::types::object::generic_alias(cx, v, key)
}

static ALIAS_METHODS: &[Method] = &[method("__reduce__", "($self, /)", |_, a| Ok(alias(a[0]).name.clone().into()), "")];
static ALIAS_MEMBERS: &[Member] = &[Member(getter("__name__", |_, v| Ok(alias(v).name.clone().into()), ""))];
static ALIAS_GETSETS: &[GetSet] = &[
    getter("__parameters__", |cx, v| unpack_all(cx, alias(v).params.as_ref()).map(Into::into), ""),
    getter("__type_params__", |_, v| Ok(alias(v).params.clone().into()), ""),
    getter("__value__", |cx, v| Ok(alias(v).value.get(cx, alias(v))?.unwrap_or(Value::NONE).into()), ""),
    getter("evaluate_value", |_, v| Ok(alias(v).value.evaluator(alias(v)).into()), ""),
];

/// `typing.TypeAliasType`.
pub static TYPE_ALIAS_TYPE: TypeSpec = TypeSpec::of::<TypeAlias>("typing.TypeAliasType")
    .flags(flags::WEAKREFS)
    .slots(Slots {
        new: Some(new_alias),
        repr: Some(|_, v| Ok(alias(v).name.clone().into())),
        getattr: Some(|cx, v, name| {
            // The class's own `__module__` stands in its namespace.
            if as_str(name).is_some_and(|s| s.eq_str("__module__")) {
                return Ok(alias(v).module.clone().into());
            }
            attr::generic_get(cx, v, name)
        }),
        or: Some(or),
        getitem: Some(alias_getitem),
        iter: Some(iterate_unpacked),
        ..Slots::NONE
    })
    .methods(ALIAS_METHODS)
    .members(ALIAS_MEMBERS)
    .getsets(ALIAS_GETSETS)
    .doc("Type alias.");

static FUNCTIONS: &[Method] = &[function("_idfunc", "($module, x, /)", |_, a| Ok(a[0].to_value().into()), "Gives back its argument.")];

/// `_typing`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_typing",
    doc: "Primitives and accelerators for the typing module.\n",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, id) in [
            ("TypeVar", ids::TYPE_VAR),
            ("ParamSpec", ids::PARAM_SPEC),
            ("TypeVarTuple", ids::TYPE_VAR_TUPLE),
            ("ParamSpecArgs", ids::PARAM_SPEC_ARGS),
            ("ParamSpecKwargs", ids::PARAM_SPEC_KWARGS),
            ("Generic", ids::GENERIC),
            ("TypeAliasType", ids::TYPE_ALIAS),
            ("Union", ids::UNION),
        ] {
            m.add(name, type_value(id));
        }
        m.add("NoDefault", no_default());
        Ok(())
    },
};
