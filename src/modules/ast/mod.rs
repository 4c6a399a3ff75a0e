//! `_ast`: the classes of the syntax tree, and the way between them and the compiler's own tree.

pub mod base;
pub mod convert;
pub mod nodes;
pub mod schema;

use self::schema::CLASSES;
use gc::{Ref, Reg, Value, Word};
use objects::protocol::{arith, call, item};
use objects::types::dict::Dict;
use objects::types::instance;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, intern};
use objects::types::tuple::Tuple;
use objects::types::type_::type_value;
use objects::{Cx, PyResult, ids};
use std::sync::OnceLock;

/// `compile()` gives a tree instead of code.
pub const ONLY_AST: i64 = 0x400;
/// The tree is optimised first.
pub const OPTIMIZED_AST: i64 = 0x8000 | ONLY_AST;

/// What stands for a class of the grammar at run time. Words of immortal cells.
pub struct Class {
    class: u64,
    /// The one object of a class without fields, or 0.
    single: u64,
    fields: Vec<u64>,
}

static STATE: OnceLock<Vec<Class>> = OnceLock::new();

fn immortal<'a>(w: u64) -> Ref<'a> {
    // SAFETY: only immortal cells are kept.
    unsafe { Ref::from_word(Word(w)) }
}

impl Class {
    /// The class.
    pub fn class<'a>(&self) -> Ref<'a> {
        immortal(self.class)
    }
    /// The one object of a class without fields.
    pub fn single(&self) -> Option<Value> {
        (self.single != 0).then(|| immortal(self.single).to_value())
    }
    /// Names of the fields.
    pub fn field<'a>(&self, i: usize) -> Ref<'a> {
        immortal(self.fields[i])
    }
}

/// All classes in the order of the grammar's rows. Made on first use.
pub fn classes(cx: &mut Cx) -> PyResult<&'static [Class]> {
    if let Some(s) = STATE.get() {
        return Ok(s);
    }
    let made = make_classes(cx)?;
    // Whoever was first wins; what the other one made is garbage that stays.
    Ok(STATE.get_or_init(|| made))
}

fn keep(v: &Value) -> u64 {
    if let Some(h) = v.as_ref().header() {
        h.make_immortal();
    }
    v.word().0
}

fn name(s: &str) -> Value {
    intern::intern_immortal(Str::from_text(s))
}

fn make_classes(cx: &mut Cx) -> PyResult<Vec<Class>> {
    let mut made: Vec<(Value, Class)> = Vec::new();
    for row in CLASSES {
        let base = match CLASSES.iter().position(|c| c.name == row.base) {
            Some(i) => made[i].0.clone(),
            None => type_value(base::ID),
        };
        let names: Vec<Value> = schema::fields(row).map(|(_, f)| name(f)).collect();
        let d = Dict::new();
        let fields = Tuple::from_values(names.clone()).into_value();
        d.set_text("__module__", Str::intern_text("ast"));
        d.set_text("__match_args__", fields.clone());
        d.set_text("_fields", fields);
        d.set_text("__doc__", Str::from_text(&schema::rule(row)));
        let attributes = schema::attributes(row.name);
        if row.base == "AST" {
            d.set_text("_attributes", Tuple::from_values(attributes.iter().map(|a| name(a)).collect()));
            if !attributes.is_empty() && !schema::end_is_required(row.name) {
                d.set_text("end_lineno", Value::NONE);
                d.set_text("end_col_offset", Value::NONE);
            }
        }
        for (kind, field) in schema::fields(row) {
            if kind.ends_with('?') {
                d.set_text(field, Value::NONE);
            }
        }
        let text = Str::from_text(row.name);
        let bases = Tuple::from_values(vec![base]);
        let class =
            call::positional(cx, type_value(ids::TYPE).as_ref(), &[text.value().as_ref(), bases.value().as_ref(), d.value().as_ref()])?;
        let word = keep(&class);
        let single = if row.base != "AST" && row.fields.is_empty() && !matches!(row.base, "stmt") {
            let t = objects::types::type_::as_type(class.as_ref());
            t.map_or(0, |t| keep(&instance::alloc_plain(t)))
        } else {
            0
        };
        made.push((class, Class { class: word, single, fields: names.iter().map(|n| n.word().0).collect() }));
    }
    let type_of_name = |n: &str| -> Value {
        match n {
            "identifier" | "string" => type_value(ids::STR),
            "int" => type_value(ids::INT),
            "constant" => type_value(ids::OBJECT),
            n => CLASSES.iter().position(|c| c.name == n).map_or(Value::NONE, |i| made[i].0.clone()),
        }
    };
    for (i, row) in CLASSES.iter().enumerate() {
        if schema::is_sum(row.name) {
            continue;
        }
        let d = Dict::new();
        for (kind, field) in schema::fields(row) {
            let t = type_of_name(kind.trim_end_matches(['*', '?']));
            let t = if kind.ends_with('*') {
                item::get(cx, type_value(ids::LIST).as_ref(), t.as_ref())?.into_value()
            } else if kind.ends_with('?') {
                arith::binary(cx, arith::Op::Or, t.as_ref(), Value::NONE.as_ref())?.into_value()
            } else {
                t
            };
            d.set_text(field, t);
        }
        for n in ["_field_types", "__annotations__"] {
            let n = Str::intern_text(n);
            objects::protocol::attr::set(cx, made[i].0.as_ref(), n.as_ref(), Some(d.value().as_ref()))?;
        }
    }
    Ok(made.into_iter().map(|(_, c)| c).collect())
}

/// Parses text to a tree of objects; with `optimise`, `__debug__` is replaced by its value.
pub fn parse(
    cx: &mut Cx,
    source: &str,
    filename: &str,
    mode: compiler::Mode,
    options: &compiler::Options,
    optimise: bool,
) -> PyResult<Reg> {
    match compiler::parse(source, mode, options) {
        Ok(p) => convert::to_object(cx, &p.tree, optimise.then_some(options.optimize)).map(Reg::from),
        Err(e) => Err(crate::source::syntax_error(cx, &e, filename)),
    }
}

/// `_ast`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_ast",
    doc: "Classes of the syntax tree.",
    functions: &[],
    init: |cx, m| {
        m.add("AST", type_value(base::ID));
        for (row, class) in CLASSES.iter().zip(classes(cx)?) {
            m.add(row.name, class.class().to_value());
        }
        m.add("PyCF_ONLY_AST", Value::small_int(ONLY_AST));
        m.add("PyCF_OPTIMIZED_AST", Value::small_int(OPTIMIZED_AST));
        m.add("PyCF_TYPE_COMMENTS", Value::small_int(0x1000));
        m.add("PyCF_ALLOW_TOP_LEVEL_AWAIT", Value::small_int(0x2000));
        Ok(())
    },
};
