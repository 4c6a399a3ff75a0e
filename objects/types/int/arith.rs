//! Arithmetic on ints: words first, big ints behind.

use super::{IntRef, as_int, from_big, from_i64};
use crate::cx::Cx;
use crate::error::PyResult;
use gc::{Ref, Reg, Value};

/// `a + b` for any ints.
pub fn add(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (as_int(a), as_int(b)) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    Ok(match (x, y) {
        (IntRef::Small(x), IntRef::Small(y)) => from_i64(x + y),
        _ => from_big(&*x.to_big() + &*y.to_big()),
    }
    .into())
}
