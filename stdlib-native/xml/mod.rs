//! XML: [`parser`] reads it, [`expat`] is `pyexpat`, [`etree`] `_elementtree`.

pub mod etree;
pub mod expat;
pub mod parser;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const PARSER: u32 = 600;
    pub const EXPAT_ERROR: u32 = 601;
    pub const ELEMENT: u32 = 602;
    pub const ELEMENT_ITERATOR: u32 = 603;
    pub const TREE_BUILDER: u32 = 604;
    pub const XML_PARSER: u32 = 605;
    pub const PARSE_ERROR: u32 = 606;
}

use objects::types::type_::TypeSpec;

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &expat::PARSER_TYPE,
    &expat::EXPAT_ERROR_TYPE,
    &etree::element::ELEMENT_TYPE,
    &etree::walk::ELEMENT_ITERATOR_TYPE,
    &etree::builder::TREE_BUILDER_TYPE,
    &etree::reader::XML_PARSER_TYPE,
    &etree::PARSE_ERROR_TYPE,
];
