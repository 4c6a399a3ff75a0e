//! `Element`: tag, text, tail, attributes and children under the element's lock.

use super::{children, ids, search, walk};
use crate::guarded::{Guarded, State, visit_optional};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getset, method};
use objects::protocol::{call, text};
use objects::types::dict::{Dict, as_dict};
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, by_id, flags, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised};

/// What an element holds.
pub struct Node {
    pub tag: Value,
    pub text: Value,
    pub tail: Value,
    /// A dict, once there is an attribute or somebody has asked for it.
    pub attributes: Option<Value>,
    pub children: Vec<Value>,
}
impl State for Node {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.tag.word());
        visit(self.text.word());
        visit(self.tail.word());
        visit_optional(&self.attributes, visit);
        self.children.iter().for_each(|v| visit(v.word()));
    }
}
/// `Element` object.
pub type Element = Guarded<Node, { ids::ELEMENT }>;

/// The element that a method was called on.
pub fn me(v: Ref<'_>) -> &Element {
    // SAFETY: methods, slots and getters check their receiver.
    unsafe { v.cast::<Element>() }
}
/// A value as an element.
pub fn as_element(v: Ref<'_>) -> Option<&Element> {
    // SAFETY: subtypes have its layout.
    type_of(v).is_subtype_of_id(ids::ELEMENT).then(|| unsafe { v.cast::<Element>() })
}

fn node(tag: Value, attributes: Option<Value>) -> Element {
    Element::new(Node { tag, text: Value::NONE, tail: Value::NONE, attributes, children: Vec::new() })
}

/// A new element.
pub fn make(tag: Value, attributes: Option<Value>) -> Value {
    instance::alloc_with(by_id(ids::ELEMENT), node(tag, attributes))
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, node(Value::NONE, None)))
}

/// The attributes of a call: a dict that is given, copied, with the keywords in it.
fn attributes(cx: &mut Cx, args: &Args<'_>, given: Option<Ref<'_>>, what: &str) -> PyResult<Option<Value>> {
    if let Some(g) = given
        && as_dict(g).is_none()
    {
        let n = type_of(g).shown_name();
        return Err(cx.type_error(format!("{what} must be dict, not {n}")));
    }
    let mut d: Option<Gc<Dict>> = None;
    if let Some(g) = given.and_then(as_dict) {
        d = Some(g.copy());
    }
    for (k, v) in args.keywords() {
        if as_str(k).is_some_and(|s| s.eq_str("attrib")) && given.is_none() {
            let Some(inner) = as_dict(v) else {
                let n = type_of(v).shown_name();
                return Err(cx.type_error(format!("attrib must be dict, not {n}")));
            };
            let all = inner.copy();
            if let Some(before) = &d {
                for (k, v) in before.items() {
                    all.set(cx, k.as_ref(), v.as_ref())?;
                }
            }
            d = Some(all);
            continue;
        }
        d.get_or_insert_with(Dict::new).set(cx, k, v)?;
    }
    Ok(d.filter(|d| !d.is_empty()).map(Gc::into_value))
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    let p = args.positional();
    if p.is_empty() {
        return Err(cx.type_error("Element() takes at least 1 argument (0 given)"));
    }
    if p.len() > 2 {
        return Err(cx.type_error(format!("Element() takes at most 2 arguments ({} given)", p.len())));
    }
    let attributes = attributes(cx, &args, p.get(1).copied(), "Element() argument 2")?;
    let tag = p[0].to_value();
    let old = me(v).with(cx, |s| {
        (std::mem::replace(&mut s.tag, tag), std::mem::replace(&mut s.attributes, attributes), std::mem::replace(&mut s.text, Value::NONE))
    });
    drop(old);
    Ok(())
}

/// `SubElement(parent, tag, attrib, **extra)`
pub fn sub_element(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let p = args.positional();
    if p.len() < 2 {
        return Err(cx.type_error(format!("SubElement() takes at least 2 arguments ({} given)", p.len())));
    }
    if p.len() > 3 {
        return Err(cx.type_error(format!("SubElement() takes at most 3 arguments ({} given)", p.len())));
    }
    let Some(parent) = as_element(p[0]) else {
        let n = type_of(p[0]).shown_name();
        return Err(cx.type_error(format!("SubElement() argument 1 must be xml.etree.ElementTree.Element, not {n}")));
    };
    let attributes = attributes(cx, &args, p.get(2).copied(), "SubElement() argument 3")?;
    let e = make(p[1].to_value(), attributes);
    let child = e.clone();
    parent.with(cx, |s| s.children.push(child));
    Ok(e.into())
}

/// The dict of attributes, made where there is none.
pub fn dict_of(cx: &mut Cx, e: &Element) -> Value {
    if let Some(d) = e.with(cx, |s| s.attributes.clone()) {
        return d;
    }
    let d = Dict::new().into_value();
    e.with(cx, |s| s.attributes.get_or_insert(d).clone())
}

/// TypeError unless `v` is an element.
pub fn expect<'a>(cx: &mut Cx, v: Ref<'a>, what: &str) -> PyResult<&'a Element> {
    match as_element(v) {
        Some(e) => Ok(e),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("{what} must be xml.etree.ElementTree.Element, not {n}")))
        }
    }
}

fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = me(a[0]).with(cx, |s| {
        let text = std::mem::replace(&mut s.text, Value::NONE);
        let tail = std::mem::replace(&mut s.tail, Value::NONE);
        (text, tail, s.attributes.take(), std::mem::take(&mut s.children))
    });
    drop(old);
    Ok(Value::NONE.into())
}

fn get(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = me(a[0]).with(cx, |s| s.attributes.clone());
    let default = a[2].given().map_or(Value::NONE, Ref::to_value);
    let Some(d) = d else { return Ok(default.into()) };
    match as_dict(d.as_ref()) {
        Some(d) => Ok(d.get(cx, a[1])?.unwrap_or(default.into())),
        None => Ok(default.into()),
    }
}

fn set(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = dict_of(cx, me(a[0]));
    if let Some(d) = as_dict(d.as_ref()) {
        d.set(cx, a[1], a[2])?;
    }
    Ok(Value::NONE.into())
}

fn keys(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = me(a[0]).with(cx, |s| s.attributes.clone());
    let keys = d.as_ref().and_then(|d| as_dict(d.as_ref())).map(Dict::items).unwrap_or_default();
    Ok(List::from_values(keys.into_iter().map(|(k, _)| k).collect()).into())
}

fn items(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = me(a[0]).with(cx, |s| s.attributes.clone());
    let items = d.as_ref().and_then(|d| as_dict(d.as_ref())).map(Dict::items).unwrap_or_default();
    let pairs = items.into_iter().map(|(k, v)| objects::types::tuple::Tuple::from_values(vec![k, v]).into_value());
    Ok(List::from_values(pairs.collect()).into())
}

fn make_element(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(d) = as_dict(a[2]) else {
        let n = type_of(a[2]).shown_name();
        return Err(cx.type_error(format!("makeelement() argument 2 must be dict, not {n}")));
    };
    let d = d.copy();
    Ok(make(a[1].to_value(), (!d.is_empty()).then(|| d.into_value())).into())
}

fn copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (tag, text, tail, attributes, all) =
        me(a[0]).with(cx, |s| (s.tag.clone(), s.text.clone(), s.tail.clone(), s.attributes.clone(), s.children.clone()));
    let attributes = attributes.and_then(|d| as_dict(d.as_ref()).map(|d| d.copy().into_value()));
    let e = make(tag, attributes);
    me(e.as_ref()).with(cx, |s| {
        s.text = text;
        s.tail = tail;
        s.children = all;
    });
    Ok(e.into())
}

fn deep(cx: &mut Cx, v: &Value, memo: Ref<'_>) -> PyResult<Value> {
    if v.as_ref().is_none() || as_str(v.as_ref()).is_some_and(|_| type_of(v.as_ref()).id == objects::ids::STR) {
        return Ok(v.clone());
    }
    if let Some(d) = as_dict(v.as_ref())
        && d.items().iter().all(|(k, v)| [k, v].iter().all(|x| type_of(x.as_ref()).id == objects::ids::STR))
    {
        return Ok(d.copy().into_value());
    }
    if type_of(v.as_ref()).id == ids::ELEMENT {
        return deep_copy(cx, &[v.as_ref(), memo]).map(Reg::into_value);
    }
    let module = cx.host.import(cx, "copy")?;
    let f = objects::protocol::attr::get_text(cx, module.as_ref(), "deepcopy")?.into_value();
    call::positional(cx, f.as_ref(), &[v.as_ref(), memo])
}

fn deep_copy(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    cx.check_native_stack()?;
    if as_dict(a[1]).is_none() {
        let n = type_of(a[1]).shown_name();
        return Err(cx.type_error(format!("__deepcopy__() argument must be dict, not {n}")));
    }
    let (tag, text, tail, attributes) = me(a[0]).with(cx, |s| (s.tag.clone(), s.text.clone(), s.tail.clone(), s.attributes.clone()));
    let tag = deep(cx, &tag, a[1])?;
    let attributes = match attributes {
        Some(d) => Some(deep(cx, &d, a[1])?),
        None => None,
    };
    let e = make(tag, attributes);
    let text = deep(cx, &text, a[1])?;
    let tail = deep(cx, &tail, a[1])?;
    me(e.as_ref()).with(cx, |s| {
        s.text = text;
        s.tail = tail;
    });
    // The original may change meanwhile.
    let mut i = 0;
    while let Some(c) = me(a[0]).with(cx, |s| s.children.get(i).cloned()) {
        i += 1;
        let c = deep(cx, &c, a[1])?;
        if as_element(c.as_ref()).is_none() {
            return Err(not_element(cx, c.as_ref()));
        }
        me(e.as_ref()).with(cx, |s| s.children.push(c));
    }
    // The memo knows the copy by the id of the original.
    let builtins = cx.host.builtins();
    if let (Some(id), Some(memo)) = (builtins.get_str("id"), as_dict(a[1])) {
        let id = id.into_value();
        let key = call::positional(cx, id.as_ref(), &[a[0]])?;
        memo.set(cx, key.as_ref(), e.as_ref())?;
    }
    Ok(e.into())
}

/// TypeError for a child that is no element.
pub fn not_element(cx: &mut Cx, v: Ref<'_>) -> Raised {
    let n = type_of(v).shown_name();
    cx.type_error(format!("expected an Element, not \"{n}\""))
}

fn get_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let e = me(a[0]);
    let attributes = e.with(cx, |s| s.attributes.clone()).unwrap_or_else(|| Dict::new().into_value());
    let (tag, text, tail, all) = e.with(cx, |s| (s.tag.clone(), s.text.clone(), s.tail.clone(), s.children.clone()));
    let d = Dict::new();
    d.set_text("tag", tag);
    d.set_text("_children", List::from_values(all));
    d.set_text("attrib", attributes);
    d.set_text("text", text);
    d.set_text("tail", tail);
    Ok(d.into())
}

fn set_state(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(d) = as_dict(a[1]) else {
        let shown = text::repr(cx, a[1])?.to_string_lossy();
        let shown = if as_str(a[1]).is_some() { text::str(cx, a[1])?.to_string_lossy() } else { shown };
        return Err(cx.type_error(format!("Don't know how to unpickle \"{shown}\" as an Element")));
    };
    for (k, _) in d.items() {
        let known = as_str(k.as_ref()).is_some_and(|k| ["tag", "_children", "attrib", "text", "tail"].iter().any(|n| k.eq_str(n)));
        if !known {
            let k = text::str(cx, k.as_ref())?.to_string_lossy();
            return Err(cx.type_error(format!("this function got an unexpected keyword argument '{k}'")));
        }
    }
    let part = |n: &str| d.get_str(n).map(Reg::into_value);
    let Some(tag) = part("tag") else {
        return Err(cx.type_error("function missing required argument 'tag' (pos 1)"));
    };
    let mut children = Vec::new();
    if let Some(all) = part("_children") {
        let Some(all) = objects::types::type_::Downcast::downcast::<List>(all.as_ref()).map(|l| l.snapshot(cx)) else {
            return Err(cx.type_error("'_children' is not a list"));
        };
        for c in all {
            if as_element(c.as_ref()).is_none() {
                return Err(not_element(cx, c.as_ref()));
            }
            children.push(c);
        }
    }
    let attributes = match part("attrib") {
        Some(v) => match as_dict(v.as_ref()) {
            Some(d) => Some(d.copy().into_value()),
            None => {
                let n = type_of(v.as_ref()).shown_name();
                return Err(cx.type_error(format!("attrib must be dict, not {n}")));
            }
        },
        None => None,
    };
    let (text, tail) = (part("text").unwrap_or(Value::NONE), part("tail").unwrap_or(Value::NONE));
    let old = me(a[0]).with(cx, |s| std::mem::replace(s, Node { tag, text, tail, attributes, children }));
    drop(old);
    Ok(Value::NONE.into())
}

fn size(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = me(a[0]).with(cx, |s| s.children.capacity());
    Ok(objects::types::int::reg((16 + size_of::<Node>() + 8 * n) as i64))
}

static METHODS: &[Method] = &[
    method("clear", "($self, /)", clear, ""),
    method("get", "($self, /, key, default=None)", get, ""),
    method("set", "($self, key, value, /)", set, ""),
    method("find", "($self, /, path, namespaces=None)", search::find, ""),
    method("findtext", "($self, /, path, default=None, namespaces=None)", search::find_text, ""),
    method("findall", "($self, /, path, namespaces=None)", search::find_all, ""),
    method("append", "($self, subelement, /)", children::append, ""),
    method("extend", "($self, elements, /)", children::extend, ""),
    method("insert", "($self, index, subelement, /)", children::insert, ""),
    method("remove", "($self, subelement, /)", children::remove, ""),
    method("iter", "($self, /, tag=None)", walk::iter, ""),
    method("itertext", "($self, /)", walk::iter_text, ""),
    method("iterfind", "($self, /, path, namespaces=None)", search::iter_find, ""),
    method("items", "($self, /)", items, ""),
    method("keys", "($self, /)", keys, ""),
    method("makeelement", "($self, tag, attrib, /)", make_element, ""),
    method("__copy__", "($self, /)", copy, ""),
    method("__deepcopy__", "($self, memo, /)", deep_copy, ""),
    method("__sizeof__", "($self, /)", size, ""),
    method("__getstate__", "($self, /)", get_state, ""),
    method("__setstate__", "($self, state, /)", set_state, ""),
];

macro_rules! part {
    ($name:literal, $field:ident) => {
        getset(
            $name,
            |cx, v| Ok(me(v).with(cx, |s| s.$field.clone()).into()),
            |cx, v, new| {
                let Some(new) = new else { return Err(cannot_delete(cx)) };
                let new = new.to_value();
                let old = me(v).with(cx, |s| std::mem::replace(&mut s.$field, new));
                drop(old);
                Ok(())
            },
            "",
        )
    };
}

fn cannot_delete(cx: &mut Cx) -> Raised {
    cx.error(exc::ATTRIBUTE_ERROR, "can't delete element attribute")
}

fn set_attributes(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cannot_delete(cx)) };
    if as_dict(new).is_none() {
        let n = type_of(new).shown_name();
        return Err(cx.type_error(format!("attrib must be dict, not {n}")));
    }
    let new = new.to_value();
    let old = me(v).with(cx, |s| s.attributes.replace(new));
    drop(old);
    Ok(())
}

static GETSETS: &[GetSet] = &[
    part!("tag", tag),
    part!("text", text),
    part!("tail", tail),
    getset("attrib", |cx, v| Ok(dict_of(cx, me(v)).into()), set_attributes, "A dictionary containing the element's attributes"),
];

fn repr(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let tag = me(v).with(cx, |s| s.tag.clone());
    let at = v.word().header() as usize;
    let r = text::guarded(cx, v, |cx| text::repr(cx, tag.as_ref()))?;
    let Some(tag) = r else {
        return Err(cx.runtime_error("reentrant call inside xml.etree.ElementTree.Element.__repr__"));
    };
    let mut out = "<Element ".chars().map(u32::from).collect::<Vec<u32>>();
    let units = tag.units();
    out.extend((0..units.len()).map(|i| units.at(i)));
    out.extend(format!(" at {at:#x}>").chars().map(u32::from));
    Ok(Str::from_code_points(&out).into())
}

fn truth(cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
    let text = "Testing an element's truth value will always return True in future versions.  Use specific 'len(elem)' or 'elem is not None' test instead.";
    let category = type_value(exc::DEPRECATION_WARNING);
    cx.host.warn(cx, category.as_ref(), text, 1)?;
    Ok(me(v).with(cx, |s| !s.children.is_empty()))
}

/// `xml.etree.ElementTree.Element`.
pub static ELEMENT_TYPE: TypeSpec = TypeSpec::of::<Element>("xml.etree.ElementTree.Element")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots {
        new: Some(new),
        init: Some(init),
        repr: Some(repr),
        bool: Some(truth),
        len: Some(|cx, v| Ok(me(v).with(cx, |s| s.children.len()))),
        getitem: Some(children::get_item),
        setitem: Some(children::set_item),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS);
