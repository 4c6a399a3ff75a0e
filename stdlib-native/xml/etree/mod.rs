//! `_elementtree`: [`element`] is the tree, [`walk`] goes through it, [`builder`] makes it of events, [`reader`] makes events of text.

pub mod builder;
pub mod children;
pub mod element;
pub mod reader;
pub mod search;
pub mod walk;

use super::ids;
use crate::guarded::error_type;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{Method, function, raw_function};
use objects::protocol::call;
use objects::types::dict::Dict;
use objects::types::exception;
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_of, type_value};
use objects::{Cx, PyResult};
use std::sync::OnceLock;

/// `xml.etree.ElementTree.ParseError`.
pub static PARSE_ERROR_TYPE: TypeSpec = error_type(ids::PARSE_ERROR, "xml.etree.ElementTree.ParseError", exception::ids::SYNTAX_ERROR);

/// Factories of comments and processing instructions: a dict, so that it has its own lock.
static FACTORIES: OnceLock<u64> = OnceLock::new();

fn set_factories(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    for (v, what) in [(a[0], "Comment"), (a[1], "PI")] {
        if !v.is_none() && !call::is_callable(v) {
            let n = type_of(v).shown_name();
            return Err(cx.type_error(format!("{what} factory must be callable, not {n}")));
        }
    }
    let old = Tuple::from_values(vec![factory(0), factory(1)]);
    let d = factories();
    d.set_text("comment", a[0].to_value());
    d.set_text("pi", a[1].to_value());
    Ok(old.into())
}

fn factories() -> Gc<Dict> {
    let w = *FACTORIES.get_or_init(|| {
        let d = Dict::new();
        d.header().make_immortal();
        d.into_value().into_word().0
    });
    // SAFETY: an immortal dict.
    unsafe { Gc::from_value(Ref::from_word(Word(w)).to_value()) }
}

/// The factory of comments (0) or of processing instructions (1).
fn factory(i: usize) -> Value {
    factories().get_str(["comment", "pi"][i]).map_or(Value::NONE, Reg::into_value)
}

static FUNCTIONS: &[Method] = &[
    raw_function("SubElement", "", element::sub_element, ""),
    function(
        "_set_factories",
        "($module, comment_factory, pi_factory, /)",
        set_factories,
        "Change the factories used to create comments and processing instructions.\n\nFor internal use only.",
    ),
];

/// `_elementtree`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_elementtree",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Element", type_value(ids::ELEMENT));
        m.add("TreeBuilder", type_value(ids::TREE_BUILDER));
        m.add("XMLParser", type_value(ids::XML_PARSER));
        m.add("ParseError", type_value(ids::PARSE_ERROR));
        Ok(())
    },
};
