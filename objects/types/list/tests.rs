//! Lists, tuples and ranges.

use crate::ids;
use crate::protocol::{arith::Op::*, item};
use crate::test_support::*;
use crate::types::slice;
use crate::types::type_::slots::Compare;
use gc::{Reg, Value};

fn sl(a: Option<i64>, b: Option<i64>, c: Option<i64>) -> Value {
    let v = |x: Option<i64>| x.map_or(Value::NONE, i);
    slice::new(v(a), v(b), v(c))
}

#[test]
fn items_and_slices() {
    run(|cx| {
        let l = ints(&[0, 1, 2, 3, 4, 5]);
        let mut get = |k: &Value| match item::get(cx, l.as_ref(), k.as_ref()).map(Reg::into_value) {
            Ok(v) => repr(cx, v),
            Err(e) => error_text(cx, Err::<(), _>(e)),
        };
        assert_eq!(get(&i(-1)), "5");
        assert_eq!(get(&i(6)), "IndexError: list index out of range");
        assert_eq!(get(&s("a")), "TypeError: list indices must be integers or slices, not str");
        assert_eq!(get(&sl(Some(1), Some(-1), None)), "[1, 2, 3, 4]");
        assert_eq!(get(&sl(None, None, Some(-2))), "[5, 3, 1]");
        assert_eq!(get(&sl(Some(4), Some(1), None)), "[]");
        let mut set = |k: &Value, v: Option<&Value>| match item::set(cx, l.as_ref(), k.as_ref(), v.map(Value::as_ref)) {
            Ok(()) => repr(cx, l.clone()),
            Err(e) => error_text(cx, Err::<(), _>(e)),
        };
        assert_eq!(set(&sl(Some(1), Some(3), None), Some(&ints(&[9]))), "[0, 9, 3, 4, 5]");
        assert_eq!(set(&sl(Some(1), Some(1), None), Some(&ints(&[7, 8]))), "[0, 7, 8, 9, 3, 4, 5]");
        assert_eq!(set(&sl(None, None, Some(2)), None), "[7, 9, 4]");
        assert_eq!(set(&sl(None, None, Some(2)), Some(&ints(&[1, 2]))), "[1, 9, 2]");
        assert_eq!(
            set(&sl(None, None, Some(2)), Some(&ints(&[1]))),
            "ValueError: attempt to assign sequence of size 1 to extended slice of size 2"
        );
        assert_eq!(set(&i(0), None), "[9, 2]");
        assert_eq!(set(&i(5), None), "IndexError: list assignment index out of range");
    });
}

#[test]
fn methods() {
    run(|cx| {
        let l = ints(&[]);
        let mut m = |name: &str, args: &[&Value]| match method(cx, &l, name, args) {
            Ok(v) if v.as_ref().is_none() => repr(cx, l.clone()),
            Ok(v) => repr(cx, v),
            Err(e) => error_text(cx, Err::<(), _>(e)),
        };
        assert_eq!(m("pop", &[]), "IndexError: pop from empty list");
        assert_eq!(m("append", &[&i(3)]), "[3]");
        assert_eq!(m("insert", &[&i(0), &i(1)]), "[1, 3]");
        assert_eq!(m("insert", &[&i(-1), &i(2)]), "[1, 2, 3]");
        assert_eq!(m("insert", &[&i(99), &i(4)]), "[1, 2, 3, 4]");
        assert_eq!(m("extend", &[&tuple(vec![i(1), i(1)])]), "[1, 2, 3, 4, 1, 1]");
        assert_eq!(m("count", &[&i(1)]), "3");
        assert_eq!(m("index", &[&i(1), &i(1)]), "4");
        assert_eq!(m("index", &[&i(8)]), "ValueError: list.index(x): x not in list");
        assert_eq!(m("pop", &[&i(0)]), "1");
        assert_eq!(m("pop", &[&i(-2)]), "1");
        assert_eq!(m("pop", &[&i(9)]), "IndexError: pop index out of range");
        assert_eq!(m("remove", &[&i(4)]), "[2, 3, 1]");
        assert_eq!(m("reverse", &[]), "[1, 3, 2]");
        assert_eq!(m("sort", &[]), "[1, 2, 3]");
        assert_eq!(m("append", &[]), "TypeError: list.append() takes exactly one argument (0 given)");
        let all = l.clone();
        assert_eq!(m("append", &[&all]), "[1, 2, 3, [...]]");
        assert_eq!(m("clear", &[]), "[]");
    });
}

#[test]
fn sorting() {
    run(|cx| {
        let l = list(vec![s("b"), s("a"), s("c")]);
        let r = method_with(cx, &l, "sort", &[], &[("reverse", &Value::TRUE)]);
        ok(cx, r);
        assert_eq!(repr(cx, l), "['c', 'b', 'a']");
        let l = list(vec![i(2), Value::float(1.5), Value::TRUE]);
        let r = method(cx, &l, "sort", &[]);
        ok(cx, r);
        assert_eq!(repr(cx, l), "[True, 1.5, 2]");
        let l = list(vec![i(3), s("a")]);
        let r = method(cx, &l, "sort", &[]);
        assert_eq!(error_text(cx, r), "TypeError: '<' not supported between instances of 'str' and 'int'");
        assert_eq!(repr(cx, l), "[3, 'a']");
        let l = list(vec![s("ccc"), s("a"), s("bb")]);
        let class = crate::types::type_::type_value(ids::STR);
        let len = crate::protocol::attr::get_text(cx, class.as_ref(), "__len__");
        if let Ok(len) = len {
            let len = len.into_value();
            let r = method_with(cx, &l, "sort", &[], &[("key", &len)]);
            ok(cx, r);
            assert_eq!(repr(cx, l), "['a', 'bb', 'ccc']");
        } else if let Err(e) = len {
            // The str type may not have its methods yet.
            drop(cx.catch(e));
        }
    });
}

#[test]
fn operators_and_comparison() {
    run(|cx| {
        let (a, b) = (ints(&[1, 2]), ints(&[1, 3]));
        let r = binary(cx, Add, &a, &b);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "[1, 2, 1, 3]");
        let r = binary(cx, Mul, &i(2), &a);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "[1, 2, 1, 2]");
        let r = binary(cx, Add, &a, &tuple(vec![]));
        assert_eq!(error_text(cx, r), "TypeError: can only concatenate list (not \"tuple\") to list");
        let r = binary(cx, Mul, &a, &i(1 << 62));
        assert_eq!(error_text(cx, r), "MemoryError: ");
        assert!(holds(cx, &a, Compare::Lt, &b) && holds(cx, &a, Compare::Ne, &b) && !holds(cx, &a, Compare::Ge, &b));
        let t = tuple(vec![i(1), s("x")]);
        let r = binary(cx, Mul, &t, &i(2));
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "(1, 'x', 1, 'x')");
        let r = make(cx, ids::TUPLE, &[&a]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "(1, 2)");
        assert_eq!(repr(cx, tuple(vec![i(1)])), "(1,)");
    });
}

#[test]
fn ranges() {
    run(|cx| {
        let r = make(cx, ids::RANGE, &[&i(10), &i(0), &i(-3)]);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r.clone()), "range(10, 0, -3)");
        assert_eq!(drain(cx, &r), "[10, 7, 4, 1]");
        let back = method(cx, &r, "__reversed__", &[]);
        let back = ok(cx, back);
        assert_eq!(drain(cx, &back), "[1, 4, 7, 10]");
        let part = item::get(cx, r.as_ref(), sl(Some(1), Some(3), None).as_ref()).map(Reg::into_value);
        let part = ok(cx, part);
        assert_eq!(repr(cx, part), "range(7, 1, -3)");
        let far = make(cx, ids::INT, &[&s("100000000000000000000")]);
        let far = ok(cx, far);
        let end = binary(cx, Add, &far, &i(3));
        let end = ok(cx, end);
        let long = make(cx, ids::RANGE, &[&far, &end]);
        let long = ok(cx, long);
        assert_eq!(drain(cx, &long), "[100000000000000000000, 100000000000000000001, 100000000000000000002]");
        let r = make(cx, ids::RANGE, &[&i(1), &i(2), &i(0)]);
        assert_eq!(error_text(cx, r), "ValueError: range() arg 3 must not be zero");
    });
}

#[test]
fn iterators() {
    run(|cx| {
        let e = make(cx, ids::ENUMERATE, &[&ints(&[7, 8]), &i(5)]);
        let e = ok(cx, e);
        assert_eq!(drain(cx, &e), "[(5, 7), (6, 8)]");
        let z = make(cx, ids::ZIP, &[&ints(&[1, 2, 3]), &ints(&[4, 5])]);
        let z = ok(cx, z);
        assert_eq!(drain(cx, &z), "[(1, 4), (2, 5)]");
        let f = make(cx, ids::FILTER, &[&Value::NONE, &ints(&[0, 1, 0, 2])]);
        let f = ok(cx, f);
        assert_eq!(drain(cx, &f), "[1, 2]");
        let r = make(cx, ids::REVERSED, &[&tuple(vec![i(1), i(2)])]);
        let r = ok(cx, r);
        assert_eq!(drain(cx, &r), "[2, 1]");
        let class = crate::types::type_::type_value(ids::BOOL);
        let m = make(cx, ids::MAP, &[&class, &ints(&[0, 1])]);
        let m = ok(cx, m);
        assert_eq!(drain(cx, &m), "[False, True]");
        let r = make(cx, ids::REVERSED, &[&i(1)]);
        assert_eq!(error_text(cx, r), "TypeError: 'int' object is not reversible");
    });
}

/// Runs `work` on several threads, each with the shared value.
fn share(cx: &mut crate::Cx, v: &Value, threads: usize, work: impl Fn(&mut crate::Cx, &Value, usize) + Send + Sync + Copy + 'static) {
    let shares: Vec<_> = (0..threads).map(|_| gc::handle::SendValue::new(v.clone())).collect();
    let running: Vec<_> = shares
        .into_iter()
        .enumerate()
        .map(|(n, share)| {
            std::thread::spawn(move || {
                run(|cx| {
                    let v = share.into_value();
                    work(cx, &v, n);
                });
            })
        })
        .collect();
    cx.detached(move || running.into_iter().for_each(|t| t.join().unwrap()));
}

#[test]
fn threads_append_pop_insert_and_read_one_list() {
    run(|cx| {
        const EACH: i64 = 2000;
        let l = ints(&[]);
        share(cx, &l, 3, |cx, l, n| {
            for k in 0..EACH {
                // Values beyond the word are cells, so that counting is exercised.
                let v = i((n as i64 * EACH + k) << 50);
                let r = method(cx, l, "append", &[&v]);
                ok(cx, r);
                if k % 5 == 0 {
                    let r = method(cx, l, "insert", &[&i(0), &i(-1)]);
                    ok(cx, r);
                    let r = method(cx, l, "remove", &[&i(-1)]);
                    ok(cx, r);
                }
                let r = item::get(cx, l.as_ref(), i(k / 2).as_ref()).map(Reg::into_value);
                if let Ok(v) = r {
                    repr(cx, v);
                } else if let Err(e) = r {
                    drop(cx.catch(e));
                }
            }
        });
        let r = method(cx, &l, "sort", &[]);
        ok(cx, r);
        let all = l.as_ref().exact::<crate::types::list::List>().map(|l| l.snapshot(cx)).unwrap_or_default();
        assert_eq!(all.len() as i64, 3 * EACH);
        for (k, v) in all.iter().enumerate() {
            assert_eq!(crate::types::int::as_int(v.as_ref()).and_then(|i| i.to_i64()), Some((k as i64) << 50));
        }
    });
}

#[test]
fn threads_slice_and_iterate_one_list() {
    run(|cx| {
        let l = list((0..200).map(|k| i(k << 50)).collect());
        share(cx, &l, 3, |cx, l, n| {
            for k in 0..400 {
                match (n + k) % 3 {
                    0 => {
                        let r = item::set(
                            cx,
                            l.as_ref(),
                            sl(Some(10), Some(60), None).as_ref(),
                            Some(list((0..70).map(|k| i(k << 50)).collect()).as_ref()),
                        );
                        ok(cx, r);
                    }
                    1 => {
                        let r = item::set(cx, l.as_ref(), sl(Some(5), Some(40), Some(3)).as_ref(), None);
                        ok(cx, r);
                    }
                    _ => {
                        drain(cx, l);
                    }
                }
            }
        });
    });
}
