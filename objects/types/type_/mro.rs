//! C3 linearisation (Barrett et al. 1996; "The Python 2.3 Method Resolution Order").

use super::{Downcast, Type};
use crate::cx::Cx;
use crate::error::PyResult;
use crate::types::tuple::Tuple;
use gc::{Gc, Payload, Ref, Value};

/// The MRO of a class `t` with these bases, `t` first.
pub fn linearise(cx: &mut Cx, t: Ref<'_>, bases: &[Ref<'_>]) -> PyResult<Gc<Tuple>> {
    let mut lists: Vec<Vec<Value>> = Vec::new();
    for b in bases {
        let Some(base) = b.downcast::<Type>() else { return Err(cx.type_error("bases must be types")) };
        lists.push(base.with_mro(|m| m.iter().map(|r| r.to_value()).collect()));
    }
    lists.push(bases.iter().map(|b| b.to_value()).collect());
    let mut out = vec![t.to_value()];
    let mut heads = vec![0usize; lists.len()];
    loop {
        let mut left = false;
        let mut next = None;
        for (l, h) in lists.iter().zip(&heads) {
            let Some(candidate) = l.get(*h) else { continue };
            left = true;
            let blocked = lists.iter().zip(&heads).any(|(l, h)| l.get(h + 1..).is_some_and(|tail| tail.iter().any(|x| x.is(candidate))));
            if !blocked {
                next = Some(candidate.clone());
                break;
            }
        }
        let Some(next) = next else {
            if !left {
                return Ok(deferred(out));
            }
            let mut stuck: Vec<Value> = Vec::new();
            for (l, h) in lists.iter().zip(&heads) {
                if let Some(v) = l.get(*h)
                    && !stuck.iter().any(|s| s.is(v))
                {
                    stuck.push(v.clone());
                }
            }
            let names: Vec<String> = stuck.iter().filter_map(|v| v.as_ref().downcast::<Type>().map(Type::name_text)).collect();
            return Err(cx.type_error(format!("Cannot create a consistent method resolution order (MRO) for bases {}", names.join(", "))));
        };
        for (l, h) in lists.iter().zip(heads.iter_mut()) {
            if l.get(*h).is_some_and(|v| v.is(&next)) {
                *h += 1;
            }
        }
        out.push(next);
    }
}

/// The MRO of a static type: its base chain, with those types of further bases that the chain lacks in front of the first type that is
/// a base of them too.
pub fn of_static(t: &Type, more: &[u32]) -> Gc<Tuple> {
    let mut chain: Vec<&Type> = Vec::new();
    let mut at = t;
    while let Some(b) = at.base_type() {
        chain.push(b);
        at = b;
    }
    for id in more {
        let extra = super::by_id(*id);
        let place = chain.iter().position(|b| extra.is_subtype_of(b)).unwrap_or(chain.len());
        chain.insert(place, extra);
    }
    deferred(std::iter::once(t).chain(chain).map(|b| b.to_value()).collect())
}

/// A tuple that lookups need not count.
fn deferred(items: Vec<Value>) -> Gc<Tuple> {
    let t = Tuple::from_values(items);
    t.header().make_deferred();
    t
}
