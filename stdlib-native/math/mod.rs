//! `math`: functions of floats; those of ints and of several values are in [`numbers`].

pub mod numbers;

use gc::{Ref, Reg, Value};
use objects::native::{Method, function, raw_function};
use objects::protocol::call;
use objects::types::float::as_float;
use objects::types::int::{self, as_int};
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Args, Cx, PyResult, Raised};
use text::math::{self, MathError, Unary};

/// An argument as a float.
pub(crate) fn real(cx: &mut Cx, v: Ref<'_>) -> PyResult<f64> {
    if let Some(f) = as_float(v) {
        return Ok(f);
    }
    if let Some(i) = as_int(v) {
        return i.to_f64().ok_or_else(|| cx.overflow_error("int too large to convert to float"));
    }
    if let Some(f) = type_of(v).slots.float() {
        let r = f(cx, v)?.into_value();
        if let Some(f) = as_float(r.as_ref()) {
            return Ok(f);
        }
    }
    if type_of(v).slots.index().is_some() {
        let i = int::index(cx, v)?;
        let f = as_int(i.as_ref()).and_then(|i| i.to_f64());
        return f.ok_or_else(|| cx.overflow_error("int too large to convert to float"));
    }
    let n = type_of(v).name_text();
    Err(cx.type_error(format!("must be real number, not {n}")))
}

pub(crate) fn float(f: f64) -> PyResult<Reg> {
    Ok(Value::float(f).into())
}

fn failed(cx: &mut Cx, e: MathError) -> Raised {
    match e {
        MathError::Domain(m) => cx.value_error(m),
        MathError::Range => cx.overflow_error(math::RANGE_ERROR),
    }
}

pub(crate) fn outcome(cx: &mut Cx, r: Result<f64, MathError>) -> PyResult<Reg> {
    match r {
        Ok(f) => float(f),
        Err(e) => Err(failed(cx, e)),
    }
}

fn unary(cx: &mut Cx, f: Unary, v: Ref<'_>) -> PyResult<Reg> {
    let x = real(cx, v)?;
    outcome(cx, f.call(x))
}

/// A logarithm, of ints of any size.
fn logarithm(cx: &mut Cx, f: Unary, v: Ref<'_>) -> PyResult<f64> {
    if let Some(i) = as_int(v) {
        if i.is_negative() || i.is_zero() {
            return Err(cx.value_error("expected a positive input"));
        }
        if let Some(x) = i.to_f64() {
            return f.call(x).map_err(|e| failed(cx, e));
        }
        return Ok(math::log_big(f, &i.to_big()));
    }
    let x = real(cx, v)?;
    f.call(x).map_err(|e| failed(cx, e))
}

fn log(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "math.log")?;
    args.check_count(cx, "log", 1, 2)?;
    let x = logarithm(cx, Unary::Log, args.items[0])?;
    let Some(base) = args.items.get(1) else { return float(x) };
    let b = logarithm(cx, Unary::Log, *base)?;
    if b == 0.0 {
        return Err(cx.zero_division("division by zero"));
    }
    float(x / b)
}

/// `__floor__` and its like: floats at once, others by their method.
fn rounded(cx: &mut Cx, v: Ref<'_>, name: &str, f: fn(f64) -> f64) -> PyResult<Reg> {
    if let Some(x) = as_float(v).filter(|_| v.word().is_float()) {
        return int::convert::from_float(cx, f(x)).map(Reg::from);
    }
    if let Some(r) = call::special(cx, v, Str::intern_text(name).as_ref(), &[])? {
        return Ok(r.into());
    }
    if name == "__trunc__" {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("type {n} doesn't define __trunc__ method")));
    }
    let x = real(cx, v)?;
    int::convert::from_float(cx, f(x)).map(Reg::from)
}

fn ldexp(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let x = real(cx, a[0])?;
    let Some(e) = as_int(a[1]) else { return Err(cx.type_error("Expected an int as second argument to ldexp.")) };
    let e = e.to_i64().unwrap_or(if e.is_negative() { i64::MIN } else { i64::MAX });
    outcome(cx, math::ldexp(x, e))
}

fn fma(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (x, y, z) = (real(cx, a[0])?, real(cx, a[1])?, real(cx, a[2])?);
    match math::fma(x, y, z) {
        Ok(f) => float(f),
        Err(MathError::Range) => Err(cx.overflow_error("overflow in fma")),
        Err(MathError::Domain(m)) => Err(cx.value_error(if m == "math domain error" { "invalid operation in fma".into() } else { m })),
    }
}

fn two(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<(f64, f64)> {
    Ok((real(cx, a[0])?, real(cx, a[1])?))
}

fn pair(a: Value, b: Value) -> PyResult<Reg> {
    Ok(Tuple::from_values(vec![a, b]).into())
}

fn next_after(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (x, y) = two(cx, a)?;
    let steps = match a[2].given().filter(|s| !s.is_none()) {
        None => 1,
        Some(s) => {
            let i = int::index(cx, s)?;
            match as_int(i.as_ref()) {
                Some(i) if i.is_negative() => return Err(cx.value_error("steps must be a non-negative integer")),
                Some(i) => i.to_i64().map_or(u64::MAX, |i| i as u64),
                None => 0,
            }
        }
    };
    float(math::next_after(x, y, steps))
}

fn is_close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (x, y) = two(cx, a)?;
    let tolerance = |cx: &mut Cx, v: Ref<'_>, default: f64| v.given().map_or(Ok(default), |v| real(cx, v));
    let (relative, absolute) = (tolerance(cx, a[2], 1e-9)?, tolerance(cx, a[3], 0.0)?);
    if relative < 0.0 || absolute < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    Ok(Value::bool(math::is_close(x, y, relative, absolute)).into())
}

macro_rules! elementary {
    ($name:literal, $f:ident, $doc:literal) => {
        function($name, "($module, x, /)", |cx, a| unary(cx, Unary::$f, a[0]), $doc)
    };
}
macro_rules! plain {
    ($name:literal, $f:expr, $doc:literal) => {
        function(
            $name,
            "($module, x, /)",
            |cx, a| {
                let x = real(cx, a[0])?;
                let f: fn(f64) -> Value = $f;
                Ok(f(x).into())
            },
            $doc,
        )
    };
}
macro_rules! binary {
    ($name:literal, $f:expr, $doc:literal) => {
        function(
            $name,
            "($module, x, y, /)",
            |cx, a| {
                let (x, y) = two(cx, a)?;
                let f: fn(f64, f64) -> Result<f64, MathError> = $f;
                outcome(cx, f(x, y))
            },
            $doc,
        )
    };
}

static FUNCTIONS: &[Method] = &[
    elementary!("acos", Acos, "Arc cosine, in radians."),
    elementary!("acosh", Acosh, "Inverse hyperbolic cosine."),
    elementary!("asin", Asin, "Arc sine, in radians."),
    elementary!("asinh", Asinh, "Inverse hyperbolic sine."),
    elementary!("atan", Atan, "Arc tangent, in radians."),
    elementary!("atanh", Atanh, "Inverse hyperbolic tangent."),
    elementary!("cbrt", Cbrt, "Cube root."),
    elementary!("cos", Cos, "Cosine of an angle in radians."),
    elementary!("cosh", Cosh, "Hyperbolic cosine."),
    elementary!("erf", Erf, "Error function."),
    elementary!("erfc", Erfc, "One minus the error function."),
    elementary!("exp", Exp, "e to the power x."),
    elementary!("exp2", Exp2, "2 to the power x."),
    elementary!("expm1", Expm1, "exp(x) - 1, exact for small x too."),
    elementary!("gamma", Gamma, "Gamma function."),
    elementary!("lgamma", Lgamma, "Logarithm of the absolute value of the gamma function."),
    elementary!("log1p", Log1p, "log(1 + x), exact for small x too."),
    elementary!("sin", Sin, "Sine of an angle in radians."),
    elementary!("sinh", Sinh, "Hyperbolic sine."),
    elementary!("sqrt", Sqrt, "Square root."),
    elementary!("tan", Tan, "Tangent of an angle in radians."),
    elementary!("tanh", Tanh, "Hyperbolic tangent."),
    raw_function("log", "", log, "Logarithm to a base, e if none is given: log(x, [base])."),
    function("log2", "($module, x, /)", |cx, a| logarithm(cx, Unary::Log2, a[0]).and_then(float), "Logarithm to the base 2."),
    function("log10", "($module, x, /)", |cx, a| logarithm(cx, Unary::Log10, a[0]).and_then(float), "Logarithm to the base 10."),
    plain!("fabs", |x| Value::float(x.abs()), "Absolute value, as a float."),
    plain!("degrees", |x| Value::float(x * (180.0 / std::f64::consts::PI)), "Radians in degrees."),
    plain!("radians", |x| Value::float(x * (std::f64::consts::PI / 180.0)), "Degrees in radians."),
    plain!("isfinite", |x| Value::bool(x.is_finite()), "Whether x is neither infinite nor NaN."),
    plain!("isinf", |x| Value::bool(x.is_infinite()), "Whether x is infinite."),
    plain!("isnan", |x| Value::bool(x.is_nan()), "Whether x is NaN."),
    plain!("ulp", |x| Value::float(math::ulp(x)), "Value of the last bit of x."),
    binary!("atan2", |y, x| Ok(y.atan2(x)), "Arc tangent of y/x in the right quadrant."),
    binary!("copysign", |x, y| Ok(x.copysign(y)), "x with the sign of y."),
    binary!("fmod", math::fmod, "Remainder with the sign of x, as C has it."),
    binary!("pow", math::pow, "x to the power y, as floats."),
    binary!("remainder", math::remainder, "x minus the multiple of y that is nearest to it."),
    function("ceil", "($module, x, /)", |cx, a| rounded(cx, a[0], "__ceil__", f64::ceil), "Least integer not below x."),
    function("floor", "($module, x, /)", |cx, a| rounded(cx, a[0], "__floor__", f64::floor), "Greatest integer not above x."),
    function("trunc", "($module, x, /)", |cx, a| rounded(cx, a[0], "__trunc__", f64::trunc), "x without its fraction."),
    function("fma", "($module, x, y, z, /)", fma, "x * y + z, rounded once."),
    function("ldexp", "($module, x, i, /)", ldexp, "x * 2**i."),
    function(
        "frexp",
        "($module, x, /)",
        |cx, a| {
            let (m, e) = math::frexp(real(cx, a[0])?);
            pair(Value::float(m), Value::small_int(i64::from(e)))
        },
        "Mantissa and exponent of x.",
    ),
    function(
        "modf",
        "($module, x, /)",
        |cx, a| {
            let (f, i) = math::modf(real(cx, a[0])?);
            pair(Value::float(f), Value::float(i))
        },
        "Fraction and integer part of x, both floats.",
    ),
    function("nextafter", "($module, x, y, /, *, steps=None)", next_after, "The float that is some steps from x towards y."),
    function("isclose", "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)", is_close, "Whether two numbers are close to each other."),
    raw_function("gcd", "($module, *integers)", numbers::gcd, "Greatest common divisor."),
    raw_function("lcm", "($module, *integers)", numbers::lcm, "Least common multiple."),
    raw_function("hypot", "", numbers::hypot, "Length of the vector with these coordinates."),
    function("dist", "($module, p, q, /)", numbers::dist, "Distance of two points."),
    function("isqrt", "($module, n, /)", numbers::isqrt, "Integer part of the square root."),
    function("factorial", "($module, n, /)", numbers::factorial, "Product of the integers from 1 to n."),
    function("comb", "($module, n, k, /)", numbers::comb, "How many ways there are to choose k of n things."),
    function("perm", "($module, n, k=None, /)", numbers::perm, "How many ways there are to arrange k of n things."),
    function("prod", "($module, iterable, /, *, start=1)", numbers::prod, "Product of all items."),
    function("fsum", "($module, seq, /)", numbers::fsum, "Sum of floats without rounding errors on the way."),
    function("sumprod", "($module, p, q, /)", numbers::sumprod, "Sum of the products of two sequences' items."),
];

/// `math`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "math",
    doc: "Mathematical functions.",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, x) in [
            ("pi", std::f64::consts::PI),
            ("e", std::f64::consts::E),
            ("tau", std::f64::consts::TAU),
            ("inf", f64::INFINITY),
            ("nan", f64::NAN),
        ] {
            m.add(name, Value::float(x));
        }
        Ok(())
    },
};
