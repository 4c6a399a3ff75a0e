//! Functions of ints, and of many numbers.

use super::{float, real};
use gc::{Ref, Reg, Value};
use num_bigint::{BigInt, BigUint};
use objects::protocol::arith::{self, Op};
use objects::protocol::iter;
use objects::types::float::as_float;
use objects::types::int::{self, as_int, from_big, from_parsed};
use objects::{Args, Cx, PyResult};
use text::int_math;
use text::math::sums::{FloatSumProduct, Fsum, FsumError, norm};

fn big(v: &Value) -> BigInt {
    as_int(v.as_ref()).map_or_else(BigInt::default, |i| i.to_big().into_owned())
}

/// Folds ints of any size.
fn fold(cx: &mut Cx, args: Args<'_>, name: &str, start: i64, f: fn(&BigInt, &BigInt) -> BigInt) -> PyResult<Reg> {
    args.no_keywords(cx, name)?;
    let mut total = BigInt::from(start);
    for v in args.items {
        let i = int::index(cx, *v)?;
        total = f(&total, &big(&i));
    }
    Ok(from_big(total).into())
}

/// `gcd(*integers)`
pub fn gcd(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    if let [a, b] = args.items
        && args.names.is_none()
        && a.word().is_int()
        && b.word().is_int()
    {
        let g = int_math::gcd_u64(a.word().int().unsigned_abs(), b.word().int().unsigned_abs());
        return Ok(int::from_u64(g).into());
    }
    fold(cx, args, "math.gcd", 0, int_math::gcd)
}

/// `lcm(*integers)`
pub fn lcm(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    fold(cx, args, "math.lcm", 1, int_math::lcm)
}

/// `hypot(*coordinates)`
pub fn hypot(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "math.hypot")?;
    let mut all = Vec::with_capacity(args.items.len());
    for v in args.items {
        all.push(real(cx, *v)?.abs());
    }
    float(norm(&mut all))
}

/// `dist(p, q)`
pub fn dist(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (p, q) = (iter::collect(cx, a[0])?, iter::collect(cx, a[1])?);
    if p.len() != q.len() {
        return Err(cx.value_error("both points must have the same number of dimensions"));
    }
    let mut all = Vec::with_capacity(p.len());
    for (x, y) in p.iter().zip(&q) {
        all.push((real(cx, x.as_ref())? - real(cx, y.as_ref())?).abs());
    }
    float(norm(&mut all))
}

/// A non-negative int, or `None` for a negative one.
fn natural(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<BigUint>> {
    let i = int::index(cx, v)?;
    Ok(big(&i).to_biguint())
}

/// `isqrt(n)`
pub fn isqrt(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match natural(cx, a[0])? {
        None => Err(cx.value_error("isqrt() argument must be nonnegative")),
        Some(n) => match u64::try_from(&n) {
            Ok(n) => Ok(int::from_u64(int_math::isqrt_u64(n)).into()),
            Err(_) => Ok(from_big(int_math::isqrt(&n).into()).into()),
        },
    }
}

/// `factorial(n)`
pub fn factorial(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match natural(cx, a[0])? {
        None => Err(cx.value_error("factorial() not defined for negative values")),
        Some(n) => match u64::try_from(&n).ok().filter(|n| *n <= i64::MAX as u64) {
            Some(n) if n > 1 << 32 => Err(cx.memory_error()),
            Some(n) => Ok(from_parsed(int_math::factorial(n)).into()),
            None => Err(cx.overflow_error("factorial() argument should not exceed 9223372036854775807")),
        },
    }
}

/// `comb(n, k)`
pub fn comb(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(n) = natural(cx, a[0])? else { return Err(cx.value_error("n must be a non-negative integer")) };
    let Some(k) = natural(cx, a[1])? else { return Err(cx.value_error("k must be a non-negative integer")) };
    if k > n {
        return Ok(Value::small_int(0).into());
    }
    let other = &n - &k;
    match u64::try_from(if other < k { other } else { k }) {
        Ok(k) => Ok(from_parsed(int_math::comb(&n, k)).into()),
        Err(_) => Err(cx.overflow_error("min(n - k, k) must not exceed 9223372036854775807")),
    }
}

/// `perm(n, k=None)`
pub fn perm(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(k) = a[1].given().filter(|k| !k.is_none()) else { return factorial(cx, a) };
    let Some(n) = natural(cx, a[0])? else { return Err(cx.value_error("n must be a non-negative integer")) };
    let Some(k) = natural(cx, k)? else { return Err(cx.value_error("k must be a non-negative integer")) };
    if k > n {
        return Ok(Value::small_int(0).into());
    }
    match u64::try_from(k) {
        Ok(k) => Ok(from_parsed(int_math::perm(&n, k)).into()),
        Err(_) => Err(cx.overflow_error("k must not exceed 9223372036854775807")),
    }
}

/// `prod(iterable, *, start=1)`
pub fn prod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut total = a[1].given().map_or(Value::small_int(1), Ref::to_value);
    iter::for_each(cx, a[0], |cx, x| {
        total = arith::binary(cx, Op::Mul, total.as_ref(), x.as_ref())?.into_value();
        cx.poll()
    })?;
    Ok(total.into())
}

fn sum_failed(cx: &mut Cx, e: FsumError) -> objects::Raised {
    match e {
        FsumError::Overflow => cx.overflow_error("intermediate overflow in fsum"),
        FsumError::OppositeInfinities => cx.value_error("-inf + inf in fsum"),
    }
}

/// `fsum(seq)`
pub fn fsum(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut sum = Fsum::default();
    iter::for_each(cx, a[0], |cx, x| {
        let x = real(cx, x.as_ref())?;
        sum.add(x).map_err(|e| sum_failed(cx, e))
    })?;
    match sum.finish() {
        Ok(f) => float(f),
        Err(e) => Err(sum_failed(cx, e)),
    }
}

/// `sumprod(p, q)`: products with floats are summed exactly, others by their own arithmetic.
pub fn sumprod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (p, q) = (iter::collect(cx, a[0])?, iter::collect(cx, a[1])?);
    if p.len() != q.len() {
        return Err(cx.value_error("Inputs are not the same length"));
    }
    let mut total = Value::small_int(0);
    let mut floats: Option<FloatSumProduct> = None;
    for (x, y) in p.iter().zip(&q) {
        let number = |v: &Value| as_float(v.as_ref()).or_else(|| as_int(v.as_ref()).and_then(|i| i.to_f64()));
        let one_float = x.word().is_float() || y.word().is_float();
        if let (true, Some(f), Some(g)) = (one_float, number(x), number(y)) {
            floats.get_or_insert_with(FloatSumProduct::default).add(f, g);
            continue;
        }
        let product = arith::binary(cx, Op::Mul, x.as_ref(), y.as_ref())?.into_value();
        total = arith::binary(cx, Op::Add, total.as_ref(), product.as_ref())?.into_value();
        cx.poll()?;
    }
    match floats {
        None => Ok(total.into()),
        Some(f) => {
            let sum = Value::float(f.finish());
            if total.word().is_int() && total.word().int() == 0 {
                return Ok(sum.into());
            }
            arith::binary(cx, Op::Add, total.as_ref(), sum.as_ref())
        }
    }
}
