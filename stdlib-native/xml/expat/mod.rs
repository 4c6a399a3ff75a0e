//! `pyexpat`: [`object`] is the parser's type, [`dispatch`] calls handlers, [`messages`] has the error texts.

pub mod dispatch;
pub mod messages;
pub mod object;

use super::ids;
use crate::guarded::error_type;
use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::{attr, item};
use objects::types::dict::Dict;
use objects::types::exception;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Cx, PyResult};

pub use object::PARSER_TYPE;

/// `xml.parsers.expat.ExpatError`.
pub static EXPAT_ERROR_TYPE: TypeSpec = error_type(ids::EXPAT_ERROR, "xml.parsers.expat.ExpatError", exception::ids::EXCEPTION);

const VERSION: &str = "expat_2.9.0";

static FUNCTIONS: &[Method] = &[
    function(
        "ParserCreate",
        "($module, /, encoding=None, namespace_separator=None, intern=<unrepresentable>)",
        object::create,
        "Return a new XML parser object.",
    ),
    function(
        "ErrorString",
        "($module, code, /)",
        |cx, a| {
            let n = int::index_i64(cx, a[0])?;
            Ok(match messages::of(n as i32) {
                Some(m) => Str::from_text(m).into(),
                None => Value::NONE.into(),
            })
        },
        "Returns string error for given number.",
    ),
];

fn pairs(cx: &mut Cx) -> PyResult<(Value, Value, Value)> {
    let errors = Module::new("pyexpat.errors", Str::from_text("Constants used to describe error conditions.").into_value());
    let codes = Dict::new();
    let texts = Dict::new();
    for (i, (name, text)) in messages::ALL.iter().enumerate() {
        let n = Value::small_int(i as i64 + 1);
        let text = Str::from_text(text).into_value();
        errors.add(name, text.clone());
        codes.set(cx, text.as_ref(), n.as_ref())?;
        texts.set(cx, n.as_ref(), text.as_ref())?;
    }
    errors.add("codes", codes);
    errors.add("messages", texts);
    let model = Module::new("pyexpat.model", Str::from_text("Constants used to interpret content model information.").into_value());
    let constants = [
        ("XML_CTYPE_EMPTY", 1),
        ("XML_CTYPE_ANY", 2),
        ("XML_CTYPE_MIXED", 3),
        ("XML_CTYPE_NAME", 4),
        ("XML_CTYPE_CHOICE", 5),
        ("XML_CTYPE_SEQ", 6),
        ("XML_CQUANT_NONE", 0),
        ("XML_CQUANT_OPT", 1),
        ("XML_CQUANT_REP", 2),
        ("XML_CQUANT_PLUS", 3),
    ];
    for (name, n) in constants {
        model.add(name, Value::small_int(n));
    }
    Ok((errors.into_value(), model.into_value(), Value::NONE))
}

fn set_up(cx: &mut Cx, m: &Module) -> PyResult<()> {
    m.add("XMLParserType", type_value(ids::PARSER));
    m.add("ExpatError", type_value(ids::EXPAT_ERROR));
    m.add("error", type_value(ids::EXPAT_ERROR));
    m.add("EXPAT_VERSION", Str::from_text(VERSION));
    m.add("version_info", Tuple::from_values([2, 9, 0].into_iter().map(Value::small_int).collect()));
    m.add("native_encoding", Str::from_text("UTF-8"));
    let features = [
        ("sizeof(XML_Char)", 1),
        ("sizeof(XML_LChar)", 1),
        ("XML_DTD", 0),
        ("XML_CONTEXT_BYTES", 1024),
        ("XML_NS", 0),
        ("XML_BLAP_MAX_AMP", 100),
        ("XML_BLAP_ACT_THRES", 8_388_608),
        ("XML_GE", 0),
    ];
    let features =
        features.into_iter().map(|(n, v)| Tuple::from_values(vec![Str::from_text(n).into_value(), Value::small_int(v)]).into_value());
    m.add("features", List::from_values(features.collect()));
    for (n, v) in
        [("XML_PARAM_ENTITY_PARSING_NEVER", 0), ("XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE", 1), ("XML_PARAM_ENTITY_PARSING_ALWAYS", 2)]
    {
        m.add(n, Value::small_int(v));
    }
    let (errors, model, _) = pairs(cx)?;
    // They are modules of their own for those who look into `sys.modules`.
    let sys = cx.host.import(cx, "sys")?;
    let modules = attr::get_text(cx, sys.as_ref(), "modules")?.into_value();
    for (name, module) in [("errors", errors), ("model", model)] {
        let full = Str::from_text(&format!("pyexpat.{name}")).into_value();
        item::set(cx, modules.as_ref(), full.as_ref(), Some(module.as_ref()))?;
        m.add(name, module);
    }
    Ok(())
}

/// `pyexpat`.
pub static MODULE: ModuleDef = ModuleDef { name: "pyexpat", doc: "Python wrapper for Expat parser.", functions: FUNCTIONS, init: set_up };

/// A str, or None.
fn optional(s: Option<&str>) -> Value {
    s.map_or(Value::NONE, |s| Str::from_text(s).into_value())
}

/// The bytes of what is given to a parser, and whether it was text.
pub fn input(cx: &mut Cx, data: Ref<'_>) -> PyResult<(Vec<u8>, bool)> {
    if let Some(s) = objects::types::str::as_str(data) {
        let Some(t) = s.to_utf8() else {
            // Lone surrogates: the codec says what is wrong.
            let name = Str::from_text("encode").into_value();
            objects::protocol::call::method(cx, data, name.as_ref(), &[])?;
            return Err(cx.value_error("surrogates not allowed"));
        };
        return Ok((t.into_owned().into_bytes(), true));
    }
    Ok((objects::types::bytes::shared::operand(cx, data)?.to_vec(), false))
}

/// A number as a result.
pub fn number(n: i64) -> PyResult<Reg> {
    Ok(int::reg(n))
}
