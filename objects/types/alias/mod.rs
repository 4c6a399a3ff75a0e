//! Parameterised generics and unions of types: `types.GenericAlias`, `typing.Union`, and what both do with type parameters.

pub mod generic;
pub mod union;

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::names;
use crate::protocol::{attr, call, item, iter, text as show, truth};
use crate::types::list::List;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::{Downcast, as_type, type_of};
use ::text::builder::StrBuilder;
use gc::{Gc, Payload, Ref, Value};

/// Appends how an argument of an alias is shown: types by their qualified name.
pub fn show_item(cx: &mut Cx, out: &mut StrBuilder, v: Ref<'_>) -> PyResult<()> {
    if v.word() == gc::Word::ELLIPSIS {
        out.push_str("...");
        return Ok(());
    }
    if as_type(v).is_none() || type_of(v).id == ids::GENERIC_ALIAS {
        let aliased = attr::get_optional(cx, v, names::__origin__())?.is_some() && attr::get_optional(cx, v, names::__args__())?.is_some();
        if aliased {
            return show_plain(cx, out, v);
        }
    }
    let qualname = attr::get_optional(cx, v, names::__qualname__())?;
    let module = match &qualname {
        Some(_) => attr::get_optional(cx, v, names::__module__())?.filter(|m| !m.as_ref().is_none()),
        None => None,
    };
    let (Some(q), Some(m)) = (qualname, module) else { return show_plain(cx, out, v) };
    let (q, m) = (show::str(cx, q.as_ref())?, show::str(cx, m.as_ref())?);
    if !m.eq_str("builtins") {
        out.push_units(m.units());
        out.push_str(".");
    }
    out.push_units(q.units());
    Ok(())
}

fn show_plain(cx: &mut Cx, out: &mut StrBuilder, v: Ref<'_>) -> PyResult<()> {
    let s = show::repr(cx, v)?;
    out.push_units(s.units());
    Ok(())
}

/// A name of the typing protocol, interned.
fn name(text: &str) -> Value {
    Str::intern_text(text)
}

fn push_unique(out: &mut Vec<Value>, v: Ref<'_>) {
    if !out.iter().any(|x| x.as_ref().is(v)) {
        out.push(v.to_value());
    }
}

/// The type parameters that occur in `args`, each once.
pub fn parameters(cx: &mut Cx, args: &[Ref<'_>]) -> PyResult<Gc<Tuple>> {
    let mut out = Vec::new();
    collect_parameters(cx, args, &mut out)?;
    Ok(Tuple::from_values(out))
}

fn collect_parameters(cx: &mut Cx, args: &[Ref<'_>], out: &mut Vec<Value>) -> PyResult<()> {
    cx.check_native_stack()?;
    for a in args {
        if as_type(*a).is_some() {
            continue;
        }
        if a.exact::<Tuple>().is_some() || a.exact::<List>().is_some() {
            let inner = iter::collect(cx, *a)?;
            let refs: Vec<Ref<'_>> = inner.iter().map(Value::as_ref).collect();
            collect_parameters(cx, &refs, out)?;
            continue;
        }
        if attr::get_optional(cx, *a, names::__typing_subst__())?.is_some() {
            push_unique(out, *a);
            continue;
        }
        if let Some(sub) = attr::get_optional(cx, *a, names::__parameters__())?
            && let Some(t) = sub.as_ref().downcast::<Tuple>()
        {
            t.items().iter().for_each(|p| push_unique(out, *p));
        }
    }
    Ok(())
}

/// `*tuple[...]` among the subscripts stands for its arguments.
fn unpack(cx: &mut Cx, given: Ref<'_>) -> PyResult<Vec<Value>> {
    let all: Vec<Value> = match given.downcast::<Tuple>() {
        Some(t) => t.items().iter().map(|r| r.to_value()).collect(),
        None => vec![given.to_value()],
    };
    let mut out = Vec::new();
    for a in all {
        if as_type(a.as_ref()).is_none()
            && let Some(sub) = attr::get_optional(cx, a.as_ref(), names::__typing_unpacked_tuple_args__())?
            && let Some(t) = sub.as_ref().downcast::<Tuple>()
            && t.items().last().is_none_or(|l| l.word() != gc::Word::ELLIPSIS)
        {
            out.extend(t.items().iter().map(|r| r.to_value()));
            continue;
        }
        out.push(a);
    }
    Ok(out)
}

/// `alias[given]`: the arguments with the parameters replaced.
pub fn substitute(cx: &mut Cx, alias: Ref<'_>, args: &[Ref<'_>], params: &Tuple, given: Ref<'_>) -> PyResult<Vec<Value>> {
    if params.is_empty() {
        let shown = show::repr(cx, alias)?.to_string_lossy();
        return Err(cx.type_error(format!("{shown} is not a generic class")));
    }
    let mut items = unpack(cx, given)?;
    for p in params.items() {
        if let Some(f) = attr::get_optional(cx, *p, names::__typing_prepare_subst__())?.filter(|f| !f.as_ref().is_none()) {
            let tuple = Tuple::from_values(items);
            let r = call::positional(cx, f.as_ref(), &[alias, tuple.as_ref()])?;
            items = match r.as_ref().downcast::<Tuple>() {
                Some(t) => t.items().iter().map(|r| r.to_value()).collect(),
                None => vec![r],
            };
        }
    }
    if items.len() != params.len() {
        let shown = show::repr(cx, alias)?.to_string_lossy();
        let what = if items.len() > params.len() { "many" } else { "few" };
        let (n, m) = (items.len(), params.len());
        return Err(cx.type_error(format!("Too {what} arguments for {shown}; actual {n}, expected {m}")));
    }
    replace_all(cx, args, params, &items)
}

fn replace_all(cx: &mut Cx, args: &[Ref<'_>], params: &Tuple, items: &[Value]) -> PyResult<Vec<Value>> {
    cx.check_native_stack()?;
    let mut out = Vec::new();
    for a in args {
        if as_type(*a).is_some() {
            out.push(a.to_value());
            continue;
        }
        if a.exact::<Tuple>().is_some() || a.exact::<List>().is_some() {
            let inner = iter::collect(cx, *a)?;
            let refs: Vec<Ref<'_>> = inner.iter().map(Value::as_ref).collect();
            let made = replace_all(cx, &refs, params, items)?;
            out.push(if a.exact::<List>().is_some() {
                List::from_values(made).into_value()
            } else {
                Tuple::from_values(made).into_value()
            });
            continue;
        }
        let spread = match attr::get_optional(cx, *a, names::__typing_is_unpacked_typevartuple__())? {
            Some(f) => truth::of(cx, f.as_ref())?,
            None => false,
        };
        let new = match attr::get_optional(cx, *a, names::__typing_subst__())? {
            Some(f) => {
                let at = params.items().iter().position(|p| p.is(*a));
                match at {
                    Some(i) => call::positional(cx, f.as_ref(), &[items[i].as_ref()])?,
                    None => a.to_value(),
                }
            }
            None => replace_inner(cx, *a, params, items)?,
        };
        if spread {
            match new.as_ref().downcast::<Tuple>() {
                Some(t) => out.extend(t.items().iter().map(|r| r.to_value())),
                None => {
                    let n = type_of(new.as_ref()).name_text();
                    return Err(cx.type_error(format!("expected __typing_subst__ of TypeVarTuple to return a tuple, not {n}")));
                }
            }
        } else {
            out.push(new);
        }
    }
    Ok(out)
}

/// Replaces parameters inside an argument that is generic itself.
fn replace_inner(cx: &mut Cx, v: Ref<'_>, params: &Tuple, items: &[Value]) -> PyResult<Value> {
    let Some(sub) = attr::get_optional(cx, v, names::__parameters__())? else { return Ok(v.to_value()) };
    let Some(t) = sub.as_ref().downcast::<Tuple>().filter(|t| !t.is_empty()) else { return Ok(v.to_value()) };
    let mut chosen = Vec::new();
    for p in t.items() {
        match params.items().iter().position(|q| q.is(*p)) {
            Some(i) => {
                let spreads = type_of(*p).slots.iter().is_some();
                match items[i].as_ref().downcast::<Tuple>().filter(|_| spreads) {
                    Some(many) => chosen.extend(many.items().iter().map(|r| r.to_value())),
                    None => chosen.push(items[i].clone()),
                }
            }
            None => chosen.push(p.to_value()),
        }
    }
    let key = Tuple::from_values(chosen);
    item::get(cx, v, key.as_ref()).map(gc::Reg::into_value)
}

/// Whether a name is one of the texts.
fn is_one_of(name: Ref<'_>, texts: &[&str]) -> bool {
    as_str(name).is_some_and(|s| texts.iter().any(|t| s.eq_str(t)))
}
