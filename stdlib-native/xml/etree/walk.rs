//! `_element_iterator`: elements (of a tag) or pieces of text, in document order.

use super::element::{as_element, me};
use super::ids;
use crate::guarded::{Guarded, State, visit_optional};
use gc::{Gc, Ref, Reg, Value, Word};
use objects::protocol::{compare, truth};
use objects::types::iterators::myself;
use objects::types::str::as_str;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Cx, PyResult};

/// State of an iterator.
pub struct Walk {
    /// Open elements and which child is next.
    stack: Vec<(Value, usize)>,
    root: Option<Value>,
    /// The tag that is looked for.
    tag: Option<Value>,
    texts: bool,
}
impl State for Walk {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.stack.iter().for_each(|(v, _)| visit(v.word()));
        visit_optional(&self.root, visit);
        visit_optional(&self.tag, visit);
    }
}
/// `_element_iterator` object.
pub type Walker = Guarded<Walk, { ids::ELEMENT_ITERATOR }>;

fn new(root: Ref<'_>, tag: Option<Value>, texts: bool) -> Reg {
    let w: Gc<Walker> = gc::alloc(Walker::new(Walk { stack: Vec::new(), root: Some(root.to_value()), tag, texts }));
    w.into()
}

pub fn iter(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let tag = a[1].given().filter(|t| !t.is_none() && !as_str(*t).is_some_and(|s| s.eq_str("*")));
    Ok(new(a[0], tag.map(Ref::to_value), false))
}

pub fn iter_text(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(new(a[0], None, true))
}

/// What the next step came to.
enum At {
    Open(Value),
    Closed(Value),
    End,
}

fn step(cx: &mut Cx, w: &Walker) -> At {
    if let Some(root) = w.with(cx, |s| s.root.take()) {
        let again = root.clone();
        w.with(cx, |s| s.stack.push((again, 0)));
        return At::Open(root);
    }
    let top = w.with(cx, |s| {
        let (e, i) = s.stack.last_mut()?;
        *i += 1;
        Some((e.clone(), *i - 1))
    });
    let Some((e, i)) = top else { return At::End };
    match me(e.as_ref()).with(cx, |s| s.children.get(i).cloned()) {
        Some(child) if as_element(child.as_ref()).is_some() => {
            let again = child.clone();
            w.with(cx, |s| s.stack.push((again, 0)));
            At::Open(child)
        }
        _ => {
            // Another thread may have taken it already.
            let gone = w.with(cx, |s| if s.stack.last().is_some_and(|(x, _)| x.is(&e)) { s.stack.pop() } else { None });
            drop(gone);
            At::Closed(e)
        }
    }
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: slots check their receiver.
    let w = unsafe { v.cast::<Walker>() };
    let (tag, texts) = w.with(cx, |s| (s.tag.clone(), s.texts));
    loop {
        let text = match step(cx, w) {
            At::End => return Ok(None),
            At::Open(e) if !texts => {
                let Some(tag) = &tag else { return Ok(Some(e.into())) };
                let t = me(e.as_ref()).with(cx, |s| s.tag.clone());
                if compare::equal(cx, t.as_ref(), tag.as_ref())? {
                    return Ok(Some(e.into()));
                }
                continue;
            }
            At::Closed(_) if !texts => continue,
            At::Open(e) => {
                let (tag, text) = me(e.as_ref()).with(cx, |s| (s.tag.clone(), s.text.clone()));
                if as_str(tag.as_ref()).is_none() && !tag.as_ref().is_none() {
                    // Comments and the like have no text of the document, and neither has what is in them.
                    let gone = w.with(cx, |s| s.stack.pop());
                    drop(gone);
                    if w.with(cx, |s| s.stack.is_empty()) {
                        return Ok(None);
                    }
                    me(e.as_ref()).with(cx, |s| s.tail.clone())
                } else {
                    text
                }
            }
            At::Closed(e) => {
                if w.with(cx, |s| s.stack.is_empty()) {
                    return Ok(None);
                }
                me(e.as_ref()).with(cx, |s| s.tail.clone())
            }
        };
        if !text.as_ref().is_none() && truth::of(cx, text.as_ref())? {
            return Ok(Some(text.into()));
        }
    }
}

/// `_elementtree._element_iterator`.
pub static ELEMENT_ITERATOR_TYPE: TypeSpec = TypeSpec::of::<Walker>("_elementtree._element_iterator").flags(flags::NO_NEW).slots(Slots {
    iter: Some(myself),
    next: Some(next),
    ..Slots::NONE
});
