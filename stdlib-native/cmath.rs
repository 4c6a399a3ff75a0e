//! `cmath`: functions of complex numbers; the algorithms are those of [`text::cmath`].

use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::types::complex;
use objects::types::float::convert::real;
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult, Raised};
use text::cmath::{self, CmathError};
use text::complex::Complex;

fn number(cx: &mut Cx, v: Ref<'_>) -> PyResult<Complex> {
    let (real, imag) = crate::structs::complex_of(cx, v)?;
    Ok(Complex { real, imag })
}

fn failed(cx: &mut Cx, e: CmathError) -> Raised {
    match e {
        CmathError::Domain => cx.value_error("math domain error"),
        CmathError::Range => cx.overflow_error("math range error"),
    }
}

fn result(cx: &mut Cx, r: Result<Complex, CmathError>) -> PyResult<Reg> {
    match r {
        Ok(z) => Ok(complex::new(z.real, z.imag).into()),
        Err(e) => Err(failed(cx, e)),
    }
}

fn test(cx: &mut Cx, v: Ref<'_>, f: fn(&Complex) -> bool) -> PyResult<Reg> {
    let z = number(cx, v)?;
    Ok(Value::bool(f(&z)).into())
}

fn log(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let z = number(cx, a[0])?;
    let Some(base) = a[1].given() else { return result(cx, cmath::log(z)) };
    let base = number(cx, base)?;
    // As in CPython, a pole of the first logarithm is no error here.
    let pole = |z: Complex| z.real == 0.0 && z.imag == 0.0;
    let value = |z: Complex| if pole(z) { Ok(Complex { real: f64::NEG_INFINITY, imag: z.imag.atan2(z.real) }) } else { cmath::log(z) };
    match (value(z), cmath::log(base)) {
        (Ok(x), Ok(y)) => match x.div(y) {
            Ok(q) => Ok(complex::new(q.real, q.imag).into()),
            Err(_) => Err(cx.value_error("math domain error")),
        },
        (Err(e), _) | (_, Err(e)) => Err(failed(cx, e)),
    }
}

fn polar(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let z = number(cx, a[0])?;
    match cmath::polar(z) {
        Ok((r, phi)) => Ok(Tuple::from_values(vec![Value::float(r), Value::float(phi)]).into()),
        Err(e) => Err(failed(cx, e)),
    }
}

fn is_close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (x, y) = (number(cx, a[0])?, number(cx, a[1])?);
    let rel = a[2].given().map_or(Ok(1e-9), |v| real(cx, v))?;
    let abs = a[3].given().map_or(Ok(0.0), |v| real(cx, v))?;
    if rel < 0.0 || abs < 0.0 {
        return Err(cx.value_error("tolerances must be non-negative"));
    }
    let infinite = |z: &Complex| z.real.is_infinite() || z.imag.is_infinite();
    let close = if x.real == y.real && x.imag == y.imag {
        true
    } else if infinite(&x) || infinite(&y) {
        false
    } else {
        let size = |z: &Complex| z.real.hypot(z.imag);
        let diff = (x.real - y.real).hypot(x.imag - y.imag);
        diff <= rel * size(&y) || diff <= rel * size(&x) || diff <= abs
    };
    Ok(Value::bool(close).into())
}

macro_rules! functions {
    ($($name:ident,)*) => {
        &[
            $(function(stringify!($name), "($module, z, /)", |cx, a| {
                let z = number(cx, a[0])?;
                result(cx, cmath::$name(z))
            }, concat!("The ", stringify!($name), " of z.")),)*
            function("log", "($module, z, base=<unrepresentable>, /)", log, "The logarithm of z."),
            function("phase", "($module, z, /)", |cx, a| Ok(Value::float(cmath::phase(number(cx, a[0])?)).into()), "The argument of z."),
            function("polar", "($module, z, /)", polar, "Modulus and argument of z."),
            function("rect", "($module, r, phi, /)", |cx, a| {
                let (r, phi) = (real(cx, a[0])?, real(cx, a[1])?);
                result(cx, cmath::rect(r, phi))
            }, "A complex from polar coordinates."),
            function("isfinite", "($module, z, /)", |cx, a| test(cx, a[0], |z| z.real.is_finite() && z.imag.is_finite()), "Whether both parts are finite."),
            function("isnan", "($module, z, /)", |cx, a| test(cx, a[0], |z| z.real.is_nan() || z.imag.is_nan()), "Whether a part is NaN."),
            function("isinf", "($module, z, /)", |cx, a| test(cx, a[0], |z| z.real.is_infinite() || z.imag.is_infinite()), "Whether a part is infinite."),
            function("isclose", "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)", is_close, "Whether two numbers are close to each other."),
        ]
    };
}

static FUNCTIONS: &[Method] = functions! { acos, acosh, asin, asinh, atan, atanh, cos, cosh, exp, log10, sin, sinh, sqrt, tan, tanh, };

/// `cmath`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "cmath",
    doc: "Functions of complex numbers.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("pi", Value::float(std::f64::consts::PI));
        m.add("e", Value::float(std::f64::consts::E));
        m.add("tau", Value::float(std::f64::consts::TAU));
        m.add("inf", Value::float(f64::INFINITY));
        m.add("nan", Value::float(f64::NAN));
        m.add("infj", complex::new(0.0, f64::INFINITY));
        m.add("nanj", complex::new(0.0, f64::NAN));
        Ok(())
    },
};
