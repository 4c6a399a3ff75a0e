//! Namespaces: which prefix is bound to what, and names made of it.

use super::code;
use std::collections::HashMap;

pub const XML: &str = "http://www.w3.org/XML/1998/namespace";
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// Bindings of prefixes, innermost last. The default namespace has the empty prefix.
pub struct Namespaces {
    bound: HashMap<String, Vec<Option<String>>>,
}

impl Namespaces {
    /// `xml` alone is bound.
    pub fn new() -> Namespaces {
        let mut n = Namespaces { bound: HashMap::new() };
        n.bind("xml", XML);
        n
    }
    /// Binds a prefix.
    pub fn bind(&mut self, prefix: &str, uri: &str) {
        let uri = (!uri.is_empty()).then(|| uri.to_string());
        self.bound.entry(prefix.to_string()).or_default().push(uri);
    }
    /// Takes the innermost binding of a prefix away.
    pub fn unbind(&mut self, prefix: &str) {
        if let Some(v) = self.bound.get_mut(prefix) {
            v.pop();
        }
    }
    /// What a prefix is bound to.
    pub fn get(&self, prefix: &str) -> Option<&str> {
        self.bound.get(prefix)?.last()?.as_deref()
    }
    /// All bindings, as a context says them.
    pub fn context(&self) -> Vec<String> {
        let mut all: Vec<String> =
            self.bound.iter().filter_map(|(p, v)| v.last().and_then(Option::as_ref).map(|u| format!("{p}={u}"))).collect();
        all.sort();
        all
    }
    /// Checks a declaration of a prefix.
    pub fn check(prefix: &str, uri: &str) -> Result<(), i32> {
        match (prefix, uri) {
            ("xml", XML) => Ok(()),
            ("xml", _) => Err(code::RESERVED_XML),
            ("xmlns", _) => Err(code::RESERVED_XMLNS),
            (_, XML | XMLNS) => Err(code::RESERVED_URI),
            (p, "") if !p.is_empty() => Err(code::UNDECLARING_PREFIX),
            _ => Ok(()),
        }
    }
    /// A name with its namespace. The default namespace is not for attributes.
    pub fn expand(&self, name: &str, separator: &str, triplets: bool, attribute: bool) -> Result<String, i32> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        if prefix.is_empty() && attribute {
            return Ok(name.to_string());
        }
        match self.get(prefix) {
            Some(uri) if triplets && !prefix.is_empty() && !separator.is_empty() => {
                Ok(format!("{uri}{separator}{local}{separator}{prefix}"))
            }
            Some(uri) => Ok(format!("{uri}{separator}{local}")),
            None if prefix.is_empty() => Ok(name.to_string()),
            None => Err(code::UNBOUND_PREFIX),
        }
    }
}

impl Default for Namespaces {
    fn default() -> Self {
        Namespaces::new()
    }
}
