//! Intrinsic operations of the compiler.

use super::typing;
use bytecode::ops::{Intrinsic1, Intrinsic2};
use gc::{Ref, Reg, Value};
use objects::protocol::call;
use objects::types::exception::{self, as_exception, ids};
use objects::types::function::Function;
use objects::types::list::List;
use objects::types::str::Str;
use objects::{Cx, PyResult};

/// One operand.
pub fn one(cx: &mut Cx, which: u32, v: Ref<'_>) -> PyResult<Reg> {
    match which {
        x if x == Intrinsic1::Print as u32 => {
            let sys = cx.host.import(cx, "sys")?;
            let hook = objects::protocol::attr::get(cx, sys.as_ref(), objects::names::displayhook())?.into_value();
            call::positional(cx, hook.as_ref(), &[v])?;
            Ok(Value::NONE.into())
        }
        x if x == Intrinsic1::TypeVar as u32 => Ok(typing::simple(objects::ids::TYPE_VAR, v).into()),
        x if x == Intrinsic1::ParamSpec as u32 => Ok(typing::simple(objects::ids::PARAM_SPEC, v).into()),
        x if x == Intrinsic1::TypeVarTuple as u32 => Ok(typing::simple(objects::ids::TYPE_VAR_TUPLE, v).into()),
        x if x == Intrinsic1::SubscriptGeneric as u32 => typing::subscript_generic(cx, v).map(Reg::from),
        _ => typing::make_alias(cx, v).map(Reg::from),
    }
}

/// Two operands.
pub fn two(cx: &mut Cx, which: u32, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    match which {
        x if x == Intrinsic2::PrepReraiseStar as u32 => prepare_reraise(cx, a, b),
        x if x == Intrinsic2::SetFunctionTypeParams as u32 => {
            if let Some(f) = a.exact::<Function>() {
                let old = {
                    let _l = cx.lock(gc::Payload::header(f));
                    f.type_params.swap(b.to_value())
                };
                drop(old);
            }
            Ok(a.to_value().into())
        }
        x if x == Intrinsic2::TypeVarWithBound as u32 => Ok(typing::with_evaluator(a, b, false).into()),
        x if x == Intrinsic2::TypeVarWithConstraints as u32 => Ok(typing::with_evaluator(a, b, true).into()),
        _ => {
            typing::set_default(cx, a, b);
            Ok(a.to_value().into())
        }
    }
}

/// What is left to raise after all `except*` clauses (PEP 654).
fn prepare_reraise(cx: &mut Cx, original: Ref<'_>, results: Ref<'_>) -> PyResult<Reg> {
    let Some(list) = results.exact::<List>() else { return Ok(Value::NONE.into()) };
    let items: Vec<Value> = list.snapshot(cx).into_iter().filter(|v| !v.as_ref().is_none()).collect();
    if items.is_empty() {
        return Ok(Value::NONE.into());
    }
    let group = objects::types::type_of(original).is_subtype_of_id(ids::BASE_EXCEPTION_GROUP);
    if !group {
        // A naked exception was wrapped for the clauses: it or what was raised instead comes back alone.
        return Ok(items[0].clone().into());
    }
    // Those that come from the original (same traceback, context and cause as it) are put together again; raised ones stand beside them.
    let same = |v: &Value| {
        let (Some(x), Some(o)) = (as_exception(v.as_ref()), as_exception(original)) else { return false };
        use gc::Payload;
        x.traceback.load(x.header()).is(&o.traceback.load(o.header()))
            && x.cause.load(x.header()).is(&o.cause.load(o.header()))
            && x.context.load(x.header()).is(&o.context.load(o.header()))
    };
    let (kept, mut raised): (Vec<Value>, Vec<Value>) = items.into_iter().partition(same);
    if !kept.is_empty() {
        let rest = if kept.len() == 1 { kept[0].clone() } else { exception::group::project(cx, original, &kept)? };
        if raised.is_empty() {
            return Ok(rest.into());
        }
        raised.push(rest);
    }
    if raised.len() == 1 {
        return Ok(raised.remove(0).into());
    }
    let t = objects::types::type_::type_value(ids::BASE_EXCEPTION_GROUP);
    let empty = Str::empty();
    let all = List::from_values(raised);
    let g = call::positional(cx, t.as_ref(), &[empty.value().as_ref(), all.value().as_ref()])?;
    Ok(g.into())
}
