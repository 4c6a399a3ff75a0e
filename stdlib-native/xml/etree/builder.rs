//! `TreeBuilder`: a tree of start, data and end calls.

use super::element::{self, as_element};
use super::{children, ids};
use crate::guarded::{Guarded, State};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use objects::native::{Method, method};
use objects::protocol::{call, truth};
use objects::types::dict::{Dict, as_dict};
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};

/// Which events are reported, and to whom.
#[derive(Default)]
pub struct Events {
    /// `append` of the queue.
    pub append: Option<Value>,
    /// Names of the events, as they were given: start, end, start-ns, end-ns, comment, pi.
    pub names: [Option<Value>; 6],
}
/// Which event is which.
#[allow(missing_docs)]
pub mod event {
    pub const START: usize = 0;
    pub const END: usize = 1;
    pub const START_NS: usize = 2;
    pub const END_NS: usize = 3;
    pub const COMMENT: usize = 4;
    pub const PI: usize = 5;
}

/// Collected text.
enum Data {
    None,
    Text(String),
    Parts(Vec<Value>),
}

/// State of a builder.
pub struct Building {
    root: Value,
    this: Value,
    /// What text belongs to, and whether it stands behind it.
    last: Value,
    behind: bool,
    data: Data,
    stack: Vec<Value>,
    element_factory: Value,
    comment_factory: Value,
    pi_factory: Value,
    insert_comments: bool,
    insert_pis: bool,
    pub events: Events,
}
impl State for Building {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.root, &self.this, &self.last, &self.element_factory, &self.comment_factory, &self.pi_factory] {
            visit(v.word());
        }
        if let Data::Parts(p) = &self.data {
            p.iter().for_each(|v| visit(v.word()));
        }
        self.stack.iter().for_each(|v| visit(v.word()));
        self.events.append.iter().chain(self.events.names.iter().flatten()).for_each(|v| visit(v.word()));
    }
}
/// `TreeBuilder` object.
pub type Builder = Guarded<Building, { ids::TREE_BUILDER }>;

/// The builder that a method was called on.
pub fn me(v: Ref<'_>) -> &Builder {
    // SAFETY: methods and slots check their receiver; the reader asks for the exact type.
    unsafe { v.cast::<Builder>() }
}

fn empty() -> Builder {
    Builder::new(Building {
        root: Value::NONE,
        this: Value::NONE,
        last: Value::NONE,
        behind: false,
        data: Data::None,
        stack: Vec::new(),
        element_factory: Value::NONE,
        comment_factory: Value::NONE,
        pi_factory: Value::NONE,
        insert_comments: false,
        insert_pis: false,
        events: Events::default(),
    })
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    let v = crate::guarded::make(class, empty()).into_value();
    let (comment, pi) = (super::factory(0), super::factory(1));
    me(v.as_ref()).with(_cx, |s| {
        s.comment_factory = comment;
        s.pi_factory = pi;
    });
    Ok(v.into())
}

/// A builder as `TreeBuilder()` makes it.
pub fn make(cx: &mut Cx) -> PyResult<Value> {
    let class = objects::types::type_::type_value(ids::TREE_BUILDER);
    new(cx, class.as_ref(), Args { items: &[], names: None }).map(Reg::into_value)
}

parameters!(
    INIT,
    "TreeBuilder",
    "(element_factory=None, *, comment_factory=None, pi_factory=None, insert_comments=False, insert_pis=False)"
);

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT.bind(cx, args, |cx, a| {
        let given = |i: usize| a[i].given().filter(|v| !v.is_none()).map(Ref::to_value);
        let flag = |cx: &mut Cx, i: usize| match a[i].given() {
            Some(v) => truth::of(cx, v),
            None => Ok(false),
        };
        let (comments, pis) = (flag(cx, 3)?, flag(cx, 4)?);
        let element = given(0).unwrap_or(Value::NONE);
        let comment = given(1).unwrap_or_else(|| super::factory(0));
        let pi = given(2).unwrap_or_else(|| super::factory(1));
        let old = me(v).with(cx, |s| {
            s.insert_comments = comments;
            s.insert_pis = pis;
            (
                std::mem::replace(&mut s.element_factory, element),
                std::mem::replace(&mut s.comment_factory, comment),
                std::mem::replace(&mut s.pi_factory, pi),
            )
        });
        drop(old);
        Ok(())
    })
}

/// Tells the queue of an event, if it wants to know.
pub fn report(cx: &mut Cx, b: &Builder, which: usize, what: Ref<'_>) -> PyResult<()> {
    let Some((append, name)) = b.with(cx, |s| Some((s.events.append.clone()?, s.events.names[which].clone()?))) else { return Ok(()) };
    let pair = Tuple::from_values(vec![name, what.to_value()]).into_value();
    call::positional(cx, append.as_ref(), &[pair.as_ref()]).map(drop)
}

/// Gives collected text to the element that it belongs to.
pub fn flush(cx: &mut Cx, b: &Builder) -> PyResult<()> {
    let (data, last, behind) = b.with(cx, |s| (std::mem::replace(&mut s.data, Data::None), s.last.clone(), s.behind));
    let text = match data {
        Data::None => return Ok(()),
        Data::Text(t) => Str::from_text(&t).into_value(),
        Data::Parts(mut p) if p.len() == 1 => p.pop().unwrap_or(Value::NONE),
        Data::Parts(p) => {
            let refs: Vec<Ref<'_>> = p.iter().map(Value::as_ref).collect();
            objects::types::str::split::join_refs(cx, &Str::empty(), &refs)?.into_value()
        }
    };
    if let Some(e) = as_element(last.as_ref()) {
        let before = e.with(cx, |s| if behind { s.tail.clone() } else { s.text.clone() });
        let text = match (as_str(before.as_ref()), as_str(text.as_ref())) {
            (Some(x), Some(y)) => x.concat(y).map_err(|_| cx.memory_error())?.into_value(),
            _ => text,
        };
        let old = e.with(cx, |s| std::mem::replace(if behind { &mut s.tail } else { &mut s.text }, text));
        drop(old);
        return Ok(());
    }
    if last.as_ref().is_none() {
        return Ok(());
    }
    let name = Str::intern_text(if behind { "tail" } else { "text" });
    let before = objects::protocol::attr::get_optional(cx, last.as_ref(), name.as_ref())?.unwrap_or(Value::NONE);
    let text = if before.as_ref().is_none() {
        text
    } else {
        objects::protocol::arith::binary(cx, objects::protocol::arith::Op::Add, before.as_ref(), text.as_ref())?.into_value()
    };
    objects::protocol::attr::set(cx, last.as_ref(), name.as_ref(), Some(text.as_ref()))
}

fn adopt(cx: &mut Cx, parent: &Value, child: &Value) -> PyResult<()> {
    if let Some(p) = as_element(parent.as_ref()).filter(|_| type_of(parent.as_ref()).id == ids::ELEMENT) {
        if as_element(child.as_ref()).is_some() {
            children::add(cx, p, child.clone());
            return Ok(());
        }
        return Err(element::not_element(cx, child.as_ref()));
    }
    call::method(cx, parent.as_ref(), objects::names::append(), &[child.as_ref()]).map(drop)
}

/// A start tag.
pub fn start(cx: &mut Cx, b: &Builder, tag: Ref<'_>, attributes: Option<Value>) -> PyResult<Value> {
    flush(cx, b)?;
    let factory = b.with(cx, |s| s.element_factory.clone());
    let node = if factory.as_ref().is_none() {
        element::make(tag.to_value(), attributes)
    } else {
        let d = attributes.unwrap_or_else(|| Dict::new().into_value());
        call::positional(cx, factory.as_ref(), &[tag, d.as_ref()])?
    };
    let this = b.with(cx, |s| s.this.clone());
    if this.as_ref().is_none() {
        let n = node.clone();
        let second = b.with(cx, |s| {
            let second = !s.root.as_ref().is_none();
            if !second {
                s.root = n;
            }
            second
        });
        if second {
            return Err(cx.error(ids::PARSE_ERROR, "multiple elements on top level"));
        }
    } else {
        adopt(cx, &this, &node)?;
    }
    let (x, y) = (node.clone(), node.clone());
    let old = b.with(cx, |s| {
        let this = std::mem::replace(&mut s.this, x);
        s.stack.push(this);
        s.behind = false;
        std::mem::replace(&mut s.last, y)
    });
    drop(old);
    report(cx, b, event::START, node.as_ref())?;
    Ok(node)
}

/// An end tag.
pub fn end(cx: &mut Cx, b: &Builder) -> PyResult<Value> {
    flush(cx, b)?;
    let r = b.with(cx, |s| {
        let parent = s.stack.pop()?;
        let this = std::mem::replace(&mut s.this, parent);
        s.behind = true;
        let old = std::mem::replace(&mut s.last, this.clone());
        Some((this, old))
    });
    let Some((last, old)) = r else { return Err(cx.index_error("pop from empty stack")) };
    drop(old);
    report(cx, b, event::END, last.as_ref())?;
    Ok(last)
}

/// Text that the reader has found.
pub fn text(cx: &mut Cx, b: &Builder, t: &str) {
    b.with(cx, |s| {
        if s.last.as_ref().is_none() {
            return;
        }
        match &mut s.data {
            Data::None => s.data = Data::Text(t.to_string()),
            Data::Text(all) => all.push_str(t),
            Data::Parts(p) => p.push(Str::from_text(t).into_value()),
        }
    });
}

/// Text that a program gives.
pub fn data(cx: &mut Cx, b: &Builder, v: Ref<'_>) {
    let v = v.to_value();
    b.with(cx, |s| {
        // Text before the root element belongs to nothing.
        if s.last.as_ref().is_none() {
            return;
        }
        match &mut s.data {
            Data::None => s.data = Data::Parts(vec![v]),
            Data::Text(t) => s.data = Data::Parts(vec![Str::from_text(t).into_value(), v]),
            Data::Parts(p) => p.push(v),
        }
    });
}

fn aside(cx: &mut Cx, b: &Builder, node: &Value, insert: bool) -> PyResult<()> {
    flush(cx, b)?;
    if !insert {
        return Ok(());
    }
    let this = b.with(cx, |s| s.this.clone());
    if !this.as_ref().is_none() {
        adopt(cx, &this, node)?;
    }
    let n = node.clone();
    let old = b.with(cx, |s| {
        s.behind = true;
        std::mem::replace(&mut s.last, n)
    });
    drop(old);
    Ok(())
}

/// A comment.
pub fn comment(cx: &mut Cx, b: &Builder, text: Ref<'_>) -> PyResult<Value> {
    let (factory, insert) = b.with(cx, |s| (s.comment_factory.clone(), s.insert_comments));
    let node = if factory.as_ref().is_none() { text.to_value() } else { call::positional(cx, factory.as_ref(), &[text])? };
    aside(cx, b, &node, insert && !factory.as_ref().is_none())?;
    report(cx, b, event::COMMENT, node.as_ref())?;
    Ok(node)
}

/// A processing instruction.
pub fn instruction(cx: &mut Cx, b: &Builder, target: Ref<'_>, text: Ref<'_>) -> PyResult<Value> {
    let (factory, insert) = b.with(cx, |s| (s.pi_factory.clone(), s.insert_pis));
    let node = if factory.as_ref().is_none() {
        Tuple::from_refs(&[target, text]).into_value()
    } else {
        call::positional(cx, factory.as_ref(), &[target, text])?
    };
    aside(cx, b, &node, insert && !factory.as_ref().is_none())?;
    report(cx, b, event::PI, node.as_ref())?;
    Ok(node)
}

/// What was built.
pub fn root(cx: &mut Cx, b: &Builder) -> Value {
    b.with(cx, |s| s.root.clone())
}

fn start_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(d) = as_dict(a[2]) else {
        let n = type_of(a[2]).shown_name();
        return Err(cx.type_error(format!("start() argument 2 must be dict, not {n}")));
    };
    let attributes = (!d.is_empty()).then(|| a[2].to_value());
    start(cx, me(a[0]), a[1], attributes).map(Reg::from)
}

static METHODS: &[Method] = &[
    method(
        "data",
        "($self, data, /)",
        |cx, a| {
            data(cx, me(a[0]), a[1]);
            Ok(Value::NONE.into())
        },
        "",
    ),
    method("start", "($self, tag, attrs, /)", start_method, ""),
    method("end", "($self, tag, /)", |cx, a| end(cx, me(a[0])).map(Reg::from), ""),
    method("comment", "($self, text, /)", |cx, a| comment(cx, me(a[0]), a[1]).map(Reg::from), ""),
    method(
        "pi",
        "($self, target, text=None, /)",
        |cx, a| instruction(cx, me(a[0]), a[1], a[2].given().unwrap_or(Ref::NONE)).map(Reg::from),
        "",
    ),
    method("close", "($self, /)", |cx, a| Ok(root(cx, me(a[0])).into()), ""),
];

/// `xml.etree.ElementTree.TreeBuilder`.
pub static TREE_BUILDER_TYPE: TypeSpec = TypeSpec::of::<Builder>("xml.etree.ElementTree.TreeBuilder")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), init: Some(init), ..Slots::NONE })
    .methods(METHODS);
