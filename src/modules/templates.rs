//! Template strings (PEP 750): `string.templatelib`'s `Template`, `Interpolation` and the iterator over a template's parts.

use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};
use objects::args::{Args, Signature};
use objects::native::{GetSet, Member, Method, class_method, getter, method};
use objects::protocol::text as show;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, PyResult, ids};
use sync::prim::{AtomicUsize, Ordering};

/// A template's payload: `strings` has one item more than `interpolations`.
#[repr(C)]
pub struct Template {
    strings: Gc<Tuple>,
    interpolations: Gc<Tuple>,
}
// SAFETY: visits both words.
unsafe impl Payload for Template {
    const TYPE_ID: u32 = ids::TEMPLATE;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.strings.value().word());
        visit(self.interpolations.value().word());
    }
}

/// An interpolation's payload.
#[repr(C)]
pub struct Interpolation {
    value: Value,
    expression: Value,
    conversion: Value,
    format_spec: Value,
}
// SAFETY: visits every word.
unsafe impl Payload for Interpolation {
    const TYPE_ID: u32 = ids::INTERPOLATION;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.value, &self.expression, &self.conversion, &self.format_spec] {
            visit(v.word());
        }
    }
}

/// What `iter(template)` gives.
#[repr(C)]
pub struct TemplateIterator {
    template: Field,
    /// Twice the index, plus one for interpolations.
    at: AtomicUsize,
}
// SAFETY: visits the template.
unsafe impl Payload for TemplateIterator {
    const TYPE_ID: u32 = ids::TEMPLATE_ITERATOR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.template.peek());
    }
}

fn me(v: Ref<'_>) -> &Template {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Template>() }
}
fn part(v: Ref<'_>) -> &Interpolation {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Interpolation>() }
}

fn make(strings: Gc<Tuple>, interpolations: Gc<Tuple>) -> Value {
    gc::alloc(Template { strings, interpolations }).into_value()
}

fn tuple_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Tuple>> {
    Ok(Tuple::from_values(objects::protocol::iter::collect(cx, v)?))
}

/// `Template(strings, interpolations)`: the two tuples interleaved.
pub fn template(cx: &mut Cx, strings: Ref<'_>, interpolations: Ref<'_>) -> PyResult<Reg> {
    let (s, i) = (tuple_of(cx, strings)?, tuple_of(cx, interpolations)?);
    Ok(make(s, i).into())
}

/// `Interpolation(value, expression, conversion, format_spec)`.
pub fn interpolation(_cx: &mut Cx, value: Ref<'_>, expression: Ref<'_>, conversion: Value, spec: Value) -> PyResult<Reg> {
    let format_spec = if spec.as_ref().is_none() { Str::empty().into_value() } else { spec };
    Ok(gc::alloc(Interpolation { value: value.to_value(), expression: expression.to_value(), conversion, format_spec }).into())
}

/// Lays parts out so that strings and interpolations alternate, beginning and ending with a string.
fn alternate(cx: &mut Cx, parts: &[Value]) -> PyResult<Value> {
    let (mut strings, mut inner): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    let mut open = false;
    for p in parts {
        if let Some(s) = as_str(p.as_ref()) {
            match strings.last_mut().filter(|_| open) {
                Some(last) => {
                    let joined = match as_str(last.as_ref()) {
                        Some(l) => l.concat(s).map_err(|_| cx.memory_error())?,
                        None => continue,
                    };
                    *last = joined.into_value();
                }
                None => strings.push(p.clone()),
            }
            open = true;
        } else {
            if !open {
                strings.push(Str::empty().into_value());
            }
            inner.push(p.clone());
            open = false;
        }
    }
    if !open {
        strings.push(Str::empty().into_value());
    }
    Ok(make(Tuple::from_values(strings), Tuple::from_values(inner)))
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    if args.keyword_count() > 0 {
        return Err(cx.type_error("Template.__new__ only accepts *args arguments"));
    }
    for a in args.items {
        if as_str(*a).is_none() && type_of(*a).id != ids::INTERPOLATION {
            let n = type_of(*a).full_name();
            return Err(cx.type_error(format!("Template.__new__ *args need to be of type 'str' or 'Interpolation', got {n}")));
        }
    }
    let parts: Vec<Value> = args.items.iter().map(|a| a.to_value()).collect();
    alternate(cx, &parts).map(Into::into)
}

fn all_parts(t: &Template) -> Vec<Value> {
    let mut out = Vec::new();
    for (n, s) in t.strings.items().iter().enumerate() {
        out.push(s.to_value());
        out.extend(t.interpolations.items().get(n).map(|i| i.to_value()));
    }
    out
}

fn concat(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Template>(), b.exact::<Template>()) else {
        if a.exact::<Template>().is_some() {
            let n = type_of(b).full_name();
            return Err(
                cx.type_error(format!("can only concatenate string.templatelib.Template (not \"{n}\") to string.templatelib.Template"))
            );
        }
        return Ok(Value::NOT_IMPLEMENTED.into());
    };
    let mut parts = all_parts(x);
    parts.extend(all_parts(y));
    alternate(cx, &parts).map(Into::into)
}

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let t = me(v);
    let (s, i) = (show::repr(cx, t.strings.as_ref())?, show::repr(cx, t.interpolations.as_ref())?);
    Ok(text(&format!("Template(strings={}, interpolations={})", s.to_string_lossy(), i.to_string_lossy())))
}

fn values(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(Tuple::from_values(me(v).interpolations.items().iter().map(|i| part(*i).value.clone()).collect()).into())
}

static TEMPLATE_MEMBERS: &[Member] = &[
    Member(getter("strings", |_, v| Ok(Gc::clone(&me(v).strings).into()), "Strings")),
    Member(getter("interpolations", |_, v| Ok(Gc::clone(&me(v).interpolations).into()), "Interpolations")),
];
static TEMPLATE_GETSETS: &[GetSet] = &[getter("values", values, "Values of interpolations")];
static TEMPLATE_METHODS: &[Method] = &[method(
    "__reduce__",
    "($self, /)",
    |cx, a| {
        let m = cx.host.import(cx, "string.templatelib")?;
        let f = objects::protocol::attr::get_text(cx, m.as_ref(), "_template_unpickle")?.into_value();
        let t = me(a[0]);
        let pair = Tuple::from_values(vec![t.strings.value().clone(), t.interpolations.value().clone()]);
        Ok(Tuple::from_values(vec![f, pair.into_value()]).into())
    },
    "",
)];

/// `string.templatelib.Template`.
pub static TEMPLATE_TYPE: TypeSpec = TypeSpec::of::<Template>("string.templatelib.Template")
    .slots(Slots {
        new: Some(new),
        repr: Some(repr),
        concat: Some(concat),
        iter: Some(|_, v| Ok(gc::alloc(TemplateIterator { template: Field::new(v.to_value()), at: AtomicUsize::new(0) }).into())),
        ..Slots::NONE
    })
    .members(TEMPLATE_MEMBERS)
    .getsets(TEMPLATE_GETSETS)
    .methods(TEMPLATE_METHODS)
    .doc("Template object");

fn new_interpolation(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> =
        std::sync::LazyLock::new(|| Signature::parse("(value, expression='', conversion=None, format_spec='')"));
    SIGNATURE.bind(cx, "Interpolation", None, args, |cx, a| {
        let mut str_or = |i: usize, name: &str| -> PyResult<Value> {
            match a[i].given() {
                None => Ok(Str::empty().into_value()),
                Some(s) if as_str(s).is_some() => Ok(s.to_value()),
                Some(s) => {
                    let n = type_of(s).name_text();
                    Err(cx.type_error(format!("Interpolation() argument '{name}' must be str, not {n}")))
                }
            }
        };
        let (expression, format_spec) = (str_or(1, "expression")?, str_or(3, "format_spec")?);
        let conversion = match a[2].given() {
            None => Value::NONE,
            Some(c) if c.is_none() => Value::NONE,
            Some(c) => match as_str(c) {
                Some(s) if ["s", "r", "a"].iter().any(|k| s.eq_str(k)) => c.to_value(),
                Some(_) => return Err(cx.value_error("Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'")),
                None => {
                    let n = type_of(c).name_text();
                    return Err(cx.type_error(format!("Interpolation() argument 'conversion' must be str, not {n}")));
                }
            },
        };
        Ok(gc::alloc(Interpolation { value: a[0].to_value(), expression, conversion, format_spec }).into())
    })
}

fn interpolation_repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let p = part(v);
    let mut shown = Vec::new();
    for x in [&p.value, &p.expression, &p.conversion, &p.format_spec] {
        shown.push(show::repr(cx, x.as_ref())?.to_string_lossy());
    }
    Ok(text(&format!("Interpolation({})", shown.join(", "))))
}

static INTERPOLATION_MEMBERS: &[Member] = &[
    Member(getter("value", |_, v| Ok(part(v).value.clone().into()), "Value")),
    Member(getter("expression", |_, v| Ok(part(v).expression.clone().into()), "Expression")),
    Member(getter("conversion", |_, v| Ok(part(v).conversion.clone().into()), "Conversion")),
    Member(getter("format_spec", |_, v| Ok(part(v).format_spec.clone().into()), "Format specifier")),
];
static INTERPOLATION_METHODS: &[Method] = &[
    method(
        "__reduce__",
        "($self, /)",
        |_, a| {
            let p = part(a[0]);
            let all = Tuple::from_values(vec![p.value.clone(), p.expression.clone(), p.conversion.clone(), p.format_spec.clone()]);
            Ok(Tuple::from_values(vec![type_of(a[0]).as_value(), all.into_value()]).into())
        },
        "",
    ),
    class_method("__class_getitem__", "($type, object, /)", |cx, a| objects::types::object::generic_alias(cx, a[0], a[1]), "See PEP 585"),
];

static MATCH_ARGS: &[&str] = &["value", "expression", "conversion", "format_spec"];

/// Adds what a declaration cannot hold: `Interpolation.__match_args__`.
pub fn finish() {
    let names = MATCH_ARGS.iter().map(|n| Str::intern_text(n)).collect();
    objects::types::by_id(ids::INTERPOLATION).dict.set_str(objects::names::__match_args__(), Tuple::from_values(names).into_value());
}

/// `string.templatelib.Interpolation`.
pub static INTERPOLATION_TYPE: TypeSpec = TypeSpec::of::<Interpolation>("string.templatelib.Interpolation")
    .slots(Slots { new: Some(new_interpolation), repr: Some(interpolation_repr), ..Slots::NONE })
    .members(INTERPOLATION_MEMBERS)
    .methods(INTERPOLATION_METHODS)
    .doc("Interpolation object");

fn iterator_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let it = unsafe { v.cast::<TemplateIterator>() };
    loop {
        let t = it.template.load(it.header());
        let Some(t) = t.as_ref().exact::<Template>() else { return Ok(None) };
        let n = it.at.fetch_add(1, Ordering::Relaxed);
        let list = if n.is_multiple_of(2) { &t.strings } else { &t.interpolations };
        match list.items().get(n / 2) {
            // Empty strings are left out.
            Some(p) if as_str(*p).is_some_and(Str::is_empty) => continue,
            Some(p) => return Ok(Some(p.to_value().into())),
            None => {
                let old = {
                    let _l = cx.lock(it.header());
                    it.template.take()
                };
                drop(old);
                return Ok(None);
            }
        }
    }
}

/// `string.templatelib.TemplateIter`.
pub static TEMPLATE_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<TemplateIterator>("string.templatelib.TemplateIter")
    .flags(flags::NO_NEW)
    .slots(Slots { iter: Some(|_, v| Ok(v.to_value().into())), next: Some(iterator_next), ..Slots::NONE });
