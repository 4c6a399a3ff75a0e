//! Ints, floats and complex numbers as Python shows them.

use crate::ids;
use crate::protocol::arith::Op::*;
use crate::test_support::*;
use crate::types::type_::slots::Compare;
use gc::Value;

fn big(cx: &mut crate::Cx, text: &str) -> Value {
    let r = make(cx, ids::INT, &[&s(text)]);
    ok(cx, r)
}

#[test]
fn arithmetic_passes_from_words_to_wide_to_big_and_back() {
    run(|cx| {
        let cases: &[(&str, crate::protocol::arith::Op, &str, &str)] = &[
            ("2", Add, "3", "5"),
            ("281474976710655", Add, "1", "281474976710656"),
            ("9223372036854775807", Add, "1", "9223372036854775808"),
            ("170141183460469231731687303715884105727", Add, "1", "170141183460469231731687303715884105728"),
            ("170141183460469231731687303715884105728", Sub, "1", "170141183460469231731687303715884105727"),
            ("-281474976710656", Sub, "1", "-281474976710657"),
            ("4294967296", Mul, "4294967296", "18446744073709551616"),
            ("99999999999999999999", Mul, "99999999999999999999", "9999999999999999999800000000000000000001"),
            ("-7", FloorDiv, "2", "-4"),
            ("-7", Mod, "2", "1"),
            ("7", Mod, "-2", "-1"),
            ("-9223372036854775808", FloorDiv, "-1", "9223372036854775808"),
            ("-99999999999999999999999999999999999999999", FloorDiv, "10", "-10000000000000000000000000000000000000000"),
            ("-99999999999999999999999999999999999999999", Mod, "10", "1"),
            ("7", TrueDiv, "2", "3.5"),
            ("100000000000000000000000000000000000000000", TrueDiv, "10", "1e+40"),
            ("1", Shl, "100", "1267650600228229401496703205376"),
            ("-1", Shl, "200", "-1606938044258990275541962092341162602522202993782792835301376"),
            ("1267650600228229401496703205376", Shr, "99", "2"),
            ("-5", Shr, "1", "-3"),
            ("-5", Shr, "1000", "-1"),
            ("12", And, "-5", "8"),
            (
                "-1606938044258990275541962092341162602522202993782792835301376",
                Or,
                "1",
                "-1606938044258990275541962092341162602522202993782792835301375",
            ),
            ("5", Xor, "-3", "-8"),
            ("17", DivMod, "-5", "(-4, -3)"),
        ];
        for (a, op, b, want) in cases {
            let (x, y) = (big(cx, a), big(cx, b));
            let r = binary(cx, *op, &x, &y);
            let r = ok(cx, r);
            assert_eq!(repr(cx, r), *want, "{a} {op:?} {b}");
        }
    });
}

#[test]
fn powers() {
    run(|cx| {
        let mut p = |a: &str, b: &str, m: Option<&str>| {
            let (x, y) = (big(cx, a), big(cx, b));
            let m = m.map_or(Value::NONE, |m| big(cx, m));
            let r = crate::protocol::arith::power(cx, x.as_ref(), y.as_ref(), m.as_ref(), false).map(gc::Reg::into_value);
            match r {
                Ok(v) => repr(cx, v),
                Err(e) => error_text(cx, Err::<(), _>(e)),
            }
        };
        assert_eq!(p("3", "4", None), "81");
        assert_eq!(p("-2", "63", None), "-9223372036854775808");
        assert_eq!(p("2", "130", None), "1361129467683753853853498429727072845824");
        assert_eq!(p("7", "60", None), "508021860739623365322188197652216501772434524836001");
        assert_eq!(p("2", "-1", None), "0.5");
        assert_eq!(p("0", "-1", None), "ZeroDivisionError: zero to a negative power");
        assert_eq!(p("3", "100", Some("-7")), "-3");
        assert_eq!(p("2", "-1", Some("5")), "3");
        assert_eq!(p("2", "-1", Some("4")), "ValueError: base is not invertible for the given modulus");
        assert_eq!(p("2", "3", Some("0")), "ValueError: pow() 3rd argument cannot be 0");
        assert_eq!(p("123456789", "1000000007", Some("99999999999999999999")), "739286536524081219");
    });
}

#[test]
fn text_both_ways() {
    run(|cx| {
        let mut e = |v: Value, base: Option<i64>| {
            let b = base.map(i);
            let args: Vec<&Value> = std::iter::once(&v).chain(b.as_ref()).collect();
            match make(cx, ids::INT, &args) {
                Ok(v) => repr(cx, v),
                Err(e) => error_text(cx, Err::<(), _>(e)),
            }
        };
        assert_eq!(e(s(" 1_000 "), None), "1000");
        assert_eq!(e(s("\u{663}"), None), "3");
        assert_eq!(e(s("0x1F"), Some(0)), "31");
        assert_eq!(e(s("zz"), Some(36)), "1295");
        assert_eq!(e(s("x"), None), "ValueError: invalid literal for int() with base 10: 'x'");
        assert_eq!(e(s("1"), Some(37)), "ValueError: int() base must be >= 2 and <= 36, or 0");
        assert_eq!(e(i(1), Some(10)), "TypeError: int() can't convert non-string with explicit base");
        assert_eq!(
            e(Value::NONE, None),
            "TypeError: int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"
        );
        assert_eq!(e(Value::float(f64::NAN), None), "ValueError: cannot convert float NaN to integer");
        assert_eq!(e(Value::float(-1e20), None), "-100000000000000000000");
    });
}

#[test]
fn hashes_agree_between_numeric_types() {
    run(|cx| {
        let mut h = |v: &Value| {
            let r = crate::protocol::hash::hash(cx, v.as_ref());
            ok(cx, r)
        };
        assert_eq!(h(&i(-1)), -2);
        assert_eq!(h(&Value::float(2.5)), 1152921504606846978);
        assert_eq!(h(&Value::float(f64::INFINITY)), 314159);
        assert_eq!(h(&Value::float(1e20)), 848750603811160107);
        assert_eq!(h(&crate::types::complex::new(0.0, 1.0)), 1000003);
        assert_eq!(h(&tuple(vec![])), 5740354900026072187);
        assert_eq!(h(&tuple(vec![i(1), i(2), i(3)])), 529344067295497451);
        let ten_to_50 = big(cx, "100000000000000000000000000000000000000000000000000");
        let mut h = |v: &Value| {
            let r = crate::protocol::hash::hash(cx, v.as_ref());
            ok(cx, r)
        };
        assert_eq!(h(&ten_to_50), 619332571178673746);
        assert!(holds(cx, &i(1), Compare::Eq, &Value::float(1.0)));
        assert!(holds(cx, &Value::TRUE, Compare::Eq, &Value::float(1.0)));
        assert!(holds(cx, &ten_to_50, Compare::Gt, &Value::float(1e49)));
        assert!(!holds(cx, &Value::float(f64::NAN), Compare::Le, &i(1)));
    });
}

#[test]
fn methods() {
    run(|cx| {
        let r = method(cx, &i(-300), "to_bytes", &[&i(3), &s("little")]);
        assert_eq!(error_text(cx, r), "OverflowError: can't convert negative int to unsigned");
        let r = method_with(cx, &i(-300), "to_bytes", &[&i(3)], &[("signed", &Value::TRUE)]);
        let b = ok(cx, r);
        let class = crate::types::type_::type_value(ids::INT);
        let r = method_with(cx, &class, "from_bytes", &[&b], &[("signed", &Value::TRUE)]);
        let back = ok(cx, r);
        assert_eq!(repr(cx, back), "-300");
        let r = method(cx, &i(25), "__round__", &[&i(-1)]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "20");
        let r = method(cx, &i(1234567), "__format__", &[&s(">12,d")]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "'   1,234,567'");
        let r = method(cx, &i(37), "bit_length", &[]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "6");
        let r = method(cx, &Value::float(0.75), "as_integer_ratio", &[]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "(3, 4)");
        let r = make(cx, ids::COMPLEX, &[&s(" ( 1-2j ) ")]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "(1-2j)");
        let r = binary(cx, TrueDiv, &crate::types::complex::new(1.0, 2.0), &crate::types::complex::new(3.0, -1.0));
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "(0.1+0.7000000000000001j)");
    });
}
