//! `ast.AST`: the base class of all nodes. Its constructor follows `_fields`, `_attributes` and `_field_types` of the class.

use super::schema;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, method, raw_method};
use objects::protocol::{attr, call, iter, text};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, as_type, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, ids};

/// The type id of `ast.AST`.
pub const ID: u32 = 380;

/// The payload of a node: everything is an attribute.
#[repr(C)]
pub struct Ast {}
// SAFETY: holds no words.
unsafe impl Payload for Ast {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn name(s: &str) -> Value {
    Str::intern_text(s)
}

fn class_of(v: Ref<'_>) -> Value {
    type_of(v).to_value()
}

fn shown(v: Ref<'_>) -> String {
    as_str(v).map_or_else(String::new, Str::to_string_lossy)
}

/// A tuple of names that is an attribute of the node's class; empty when there is none.
fn names_of(cx: &mut Cx, v: Ref<'_>, which: &str) -> PyResult<Vec<Value>> {
    match attr::get_optional(cx, class_of(v).as_ref(), name(which).as_ref())? {
        Some(t) => iter::collect(cx, t.as_ref()),
        None => Ok(Vec::new()),
    }
}

fn contains(names: &[Value], key: Ref<'_>) -> bool {
    let Some(k) = as_str(key) else { return false };
    names.iter().any(|n| as_str(n.as_ref()).is_some_and(|s| s.eq(k)))
}

fn deprecated(cx: &mut Cx, message: &str) -> PyResult<()> {
    cx.host.warn(cx, type_value(exc::DEPRECATION_WARNING).as_ref(), message, 1)
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let class = type_of(v).name_text();
    let fields = names_of(cx, v, "_fields")?;
    let given = args.positional();
    if given.len() > fields.len() {
        let s = if fields.len() == 1 { "" } else { "s" };
        return Err(cx.type_error(format!("{class} constructor takes at most {} positional argument{s}", fields.len())));
    }
    let mut missing: Vec<Value> = fields[given.len()..].to_vec();
    for (f, x) in fields.iter().zip(given) {
        attr::set(cx, v, f.as_ref(), Some(*x))?;
    }
    let keywords: Vec<(Value, Value)> = args.keywords().map(|(k, x)| (k.to_value(), x.to_value())).collect();
    let mut attributes: Option<Vec<Value>> = None;
    for (k, x) in keywords {
        let key = k.as_ref();
        if contains(&fields, key) {
            if !contains(&missing, key) {
                return Err(cx.type_error(format!("{class} got multiple values for argument '{}'", shown(key))));
            }
            missing.retain(|m| !contains(std::slice::from_ref(m), key));
        } else {
            if attributes.is_none() {
                attributes = Some(names_of(cx, v, "_attributes")?);
            }
            if !attributes.as_ref().is_some_and(|a| contains(a, key)) {
                let text = format!(
                    "{class}.__init__ got an unexpected keyword argument '{}'. Support for arbitrary keyword arguments is deprecated and will be \
                     removed in Python 3.15.",
                    shown(key)
                );
                deprecated(cx, &text)?;
            }
        }
        attr::set(cx, v, key, Some(x.as_ref()))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let types = attr::get_optional(cx, class_of(v).as_ref(), name("_field_types").as_ref())?;
    let Some(types) = types else { return Ok(()) };
    for f in missing {
        let kind = match as_dict(types.as_ref()) {
            Some(d) => d.get(cx, f.as_ref())?.map(Reg::into_value),
            None => None,
        };
        fill(cx, v, &class, f.as_ref(), kind)?;
    }
    Ok(())
}

/// What a field that was not given becomes.
fn fill(cx: &mut Cx, v: Ref<'_>, class: &str, field: Ref<'_>, kind: Option<Value>) -> PyResult<()> {
    let Some(kind) = kind else {
        let text = format!("Field '{}' is missing from {class}._field_types. This will become an error in Python 3.15.", shown(field));
        return deprecated(cx, &text);
    };
    let t = type_of(kind.as_ref());
    if t.id == ids::UNION {
        return Ok(());
    }
    if t.id == ids::GENERIC_ALIAS {
        return attr::set(cx, v, field, Some(List::new().value().as_ref()));
    }
    let classes = super::classes(cx)?;
    let context = const { schema::index_of("expr_context") };
    if kind.word() == classes[context].class().word() {
        let load = classes[const { schema::index_of("Load") }].single().unwrap_or(Value::NONE);
        return attr::set(cx, v, field, Some(load.as_ref()));
    }
    let text =
        format!("{class}.__init__ missing 1 required positional argument: '{}'. This will become an error in Python 3.15.", shown(field));
    deprecated(cx, &text)
}

fn own_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    Ok(instance::dict(cx, v)?.unwrap_or_else(|| Dict::new().into_value()))
}

/// `(class, Nones, dict)`: the constructor must not warn about what the state then sets.
fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = own_dict(cx, a[0])?;
    let mut nones = Vec::new();
    for f in names_of(cx, a[0], "_fields")? {
        let there = match as_dict(d.as_ref()) {
            Some(d) => d.get(cx, f.as_ref())?.is_some(),
            None => false,
        };
        if !there {
            break;
        }
        nones.push(Value::NONE);
    }
    let class = class_of(a[0]);
    Ok(Tuple::from_values(vec![class, Tuple::from_values(nones).into_value(), d]).into())
}

fn replace(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let v = args.items[0];
    let class = type_of(v).name_text();
    if args.positional().len() > 1 {
        return Err(cx.type_error("__replace__() takes no positional arguments"));
    }
    let (fields, attributes) = (names_of(cx, v, "_fields")?, names_of(cx, v, "_attributes")?);
    let all = Dict::new();
    for (k, x) in instance::own_items(v) {
        all.set(cx, k.as_ref(), x.as_ref())?;
    }
    for (k, x) in args.keywords() {
        if !contains(&fields, k) && !contains(&attributes, k) {
            return Err(cx.type_error(format!("{class}.__replace__ got an unexpected keyword argument '{}'.", shown(k))));
        }
        all.set(cx, k, x)?;
    }
    let mut missing = Vec::new();
    for f in fields.iter().chain(&attributes) {
        let there = all.get(cx, f.as_ref())?.is_some() || attr::get_optional(cx, v, f.as_ref())?.is_some();
        if !there {
            missing.push(format!("'{}'", shown(f.as_ref())));
        }
    }
    if !missing.is_empty() {
        missing.sort();
        let s = if missing.len() == 1 { "" } else { "s" };
        let text = format!("{class}.__replace__ missing {} keyword argument{s}: {}.", missing.len(), missing.join(", "));
        return Err(cx.type_error(text));
    }
    let (keys, mut values): (Vec<Value>, Vec<Value>) = all.items().into_iter().unzip();
    let names = Tuple::from_values(keys);
    let items: Vec<Ref<'_>> = values.iter_mut().map(|v| v.as_ref()).collect();
    call::call(cx, class_of(v).as_ref(), Args { items: &items, names: Some(&names) })
}

const SHOWN_LEVELS: u32 = 3;

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let mut out = String::new();
    show(cx, v, SHOWN_LEVELS, &mut out)?;
    Ok(objects::types::str::text(&out))
}

/// Three levels of nodes, and of lists the first and the last element.
fn show(cx: &mut Cx, v: Ref<'_>, levels: u32, out: &mut String) -> PyResult<()> {
    cx.check_native_stack()?;
    if !super::convert::is_node(v) {
        let items: Option<Vec<Value>> = match (v.downcast::<List>(), v.downcast::<Tuple>()) {
            (Some(l), _) => Some(l.snapshot(cx)),
            (_, Some(t)) => Some(t.items().iter().map(|i| i.to_value()).collect()),
            _ => None,
        };
        let Some(items) = items else {
            out.push_str(&text::repr(cx, v)?.to_string_lossy());
            return Ok(());
        };
        let list = v.downcast::<List>().is_some();
        out.push(if list { '[' } else { '(' });
        for (i, x) in items.iter().enumerate() {
            if i > 0 && i + 1 < items.len() {
                if i == 1 {
                    out.push_str(", ...");
                }
                continue;
            }
            if i > 0 {
                out.push_str(", ");
            }
            show(cx, x.as_ref(), levels, out)?;
        }
        out.push(if list { ']' } else { ')' });
        return Ok(());
    }
    out.push_str(&type_of(v).name_text());
    let fields = names_of(cx, v, "_fields")?;
    if levels == 0 {
        out.push_str("(...)");
        return Ok(());
    }
    out.push('(');
    let mut first = true;
    for f in fields {
        let Some(x) = attr::get_optional(cx, v, f.as_ref())? else { continue };
        if !std::mem::take(&mut first) {
            out.push_str(", ");
        }
        out.push_str(&shown(f.as_ref()));
        out.push('=');
        show(cx, x.as_ref(), levels - 1, out)?;
    }
    out.push(')');
    Ok(())
}

fn new(cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    match as_type(class) {
        Some(t) => Ok(instance::alloc_with(t, Ast {}).into()),
        None => Err(cx.type_error("AST.__new__(X): X is not a type object")),
    }
}

static METHODS: &[Method] = &[
    method("__reduce__", "($self, /)", reduce, "What pickle and copy need."),
    raw_method("__replace__", "($self, /, **fields)", replace, "Return a copy of the AST node with new values for the specified fields."),
];

static GETSETS: &[objects::native::GetSet] =
    &[objects::native::getset("__dict__", objects::types::object::get_dict, objects::types::object::set_dict, "")];

/// `ast.AST`.
pub static AST_TYPE: TypeSpec = TypeSpec::of::<Ast>("ast.AST")
    .with_dict()
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), repr: Some(repr), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS);

/// Completes the type: what rows of a table cannot say.
pub fn finish() {
    let t = objects::types::by_id(ID);
    for n in ["_fields", "_attributes", "__match_args__"] {
        t.dict.set_text(n, Tuple::empty());
    }
    t.dict.set_text("_field_types", Dict::new());
}
