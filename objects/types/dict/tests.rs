//! Dicts, their views, and sets.

use crate::ids;
use crate::protocol::{arith::Op::*, item};
use crate::test_support::*;
use crate::types::dict::Dict;
use crate::types::type_::slots::Compare;
use gc::{Payload, Reg, Value};

#[test]
fn items() {
    run(|cx| {
        let d = dict(cx, vec![(s("a"), i(1)), (i(2), s("b")), (tuple(vec![i(1)]), Value::NONE)]);
        assert_eq!(repr(cx, d.clone()), "{'a': 1, 2: 'b', (1,): None}");
        let mut get = |k: &Value| match item::get(cx, d.as_ref(), k.as_ref()).map(Reg::into_value) {
            Ok(v) => repr(cx, v),
            Err(e) => error_text(cx, Err::<(), _>(e)),
        };
        assert_eq!(get(&s("a")), "1");
        assert_eq!(get(&Value::float(2.0)), "'b'");
        assert_eq!(get(&tuple(vec![i(1)])), "None");
        assert_eq!(get(&i(7)), "KeyError: 7");
        assert_eq!(get(&ints(&[])), "TypeError: cannot use 'list' as a dict key (unhashable type: 'list')");
        let mut m = |name: &str, args: &[&Value]| match method(cx, &d, name, args) {
            Ok(v) => repr(cx, v),
            Err(e) => error_text(cx, Err::<(), _>(e)),
        };
        assert_eq!(m("get", &[&i(9), &i(0)]), "0");
        assert_eq!(m("setdefault", &[&s("n"), &i(5)]), "5");
        assert_eq!(m("setdefault", &[&s("n"), &i(6)]), "5");
        assert_eq!(m("pop", &[&s("a")]), "1");
        assert_eq!(m("pop", &[&s("a")]), "KeyError: 'a'");
        assert_eq!(m("keys", &[]), "dict_keys([2, (1,), 'n'])");
        assert_eq!(m("items", &[]), "dict_items([(2, 'b'), ((1,), None), ('n', 5)])");
        assert_eq!(m("popitem", &[]), "('n', 5)");
        assert_eq!(m("__reversed__", &[]).split(' ').next(), Some("<dict_reversekeyiterator"));
        assert_eq!(m("update", &[&list(vec![tuple(vec![i(1), i(2)])])]), "None");
        assert_eq!(
            m("update", &[&list(vec![tuple(vec![i(1)])])]),
            "ValueError: dictionary update sequence element #0 has length 1; 2 is required"
        );
        assert_eq!(m("copy", &[]), "{2: 'b', (1,): None, 1: 2}");
        assert_eq!(m("clear", &[]), "None");
        assert_eq!(m("popitem", &[]), "KeyError: 'popitem(): dictionary is empty'");
    });
}

#[test]
fn many_keys_survive_growth_and_deletion() {
    run(|cx| {
        let d = Dict::new();
        for n in 0..2000 {
            let r = d.set(cx, i(n).as_ref(), i(n * n).as_ref());
            ok(cx, r);
            if n % 3 == 0 {
                let r = d.remove(cx, i(n).as_ref());
                assert!(ok(cx, r).is_some());
            }
        }
        for n in 0..2000 {
            let r = d.get(cx, Value::float(n as f64).as_ref()).map(|r| r.map(Reg::into_value));
            let found = ok(cx, r);
            assert_eq!(found.map(|v| v.word().int()), if n % 3 == 0 { None } else { Some(n * n) });
        }
        let mut left = d.len();
        while let Some((k, _)) = d.pop_last() {
            left -= 1;
            assert!(k.word().int() % 3 != 0);
        }
        assert_eq!(left, 0);
    });
}

#[test]
fn changes_end_iteration() {
    run(|cx| {
        let d = dict(cx, vec![(i(1), i(1)), (i(2), i(2))]);
        let it = crate::protocol::iter::iter(cx, d.as_ref()).map(Reg::into_value);
        let it = ok(cx, it);
        let first = crate::protocol::iter::next(cx, it.as_ref());
        assert!(ok(cx, first).is_some());
        let r = item::set(cx, d.as_ref(), i(3).as_ref(), Some(i(3).as_ref()));
        ok(cx, r);
        let r = crate::protocol::iter::next(cx, it.as_ref());
        assert_eq!(error_text(cx, r), "RuntimeError: dictionary changed size during iteration");
        let r = crate::protocol::iter::next(cx, it.as_ref());
        assert_eq!(error_text(cx, r), "RuntimeError: dictionary changed size during iteration");
    });
}

#[test]
fn views_are_sets() {
    run(|cx| {
        let d = dict(cx, vec![(i(1), i(1)), (i(2), i(2))]);
        let r = method(cx, &d, "keys", &[]);
        let keys = ok(cx, r);
        let r = binary(cx, And, &keys, &ints(&[2, 3]));
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "{2}");
        let r = binary(cx, Xor, &keys, &ints(&[2, 3]));
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "{1, 3}");
        let two = make(cx, ids::SET, &[&ints(&[1, 2])]);
        let two = ok(cx, two);
        assert!(holds(cx, &keys, Compare::Eq, &two) && holds(cx, &two, Compare::Eq, &keys) && !holds(cx, &keys, Compare::Lt, &two));
        let e = dict(cx, vec![(i(2), i(0)), (i(5), i(5))]);
        let r = binary(cx, Or, &d, &e);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "{1: 1, 2: 0, 5: 5}");
    });
}

#[test]
fn sets() {
    run(|cx| {
        let a = make(cx, ids::SET, &[&ints(&[1, 2, 3])]);
        let a = ok(cx, a);
        let b = make(cx, ids::FROZENSET, &[&ints(&[2, 3, 4])]);
        let b = ok(cx, b);
        for (op, want) in [(And, "{2, 3}"), (Or, "{1, 2, 3, 4}"), (Sub, "{1}"), (Xor, "{1, 4}")] {
            let r = binary(cx, op, &a, &b);
            let r = ok(cx, r);
            assert_eq!(repr(cx, r), want);
        }
        let r = binary(cx, And, &b, &a);
        let r = ok(cx, r);
        assert_eq!(repr(cx, r), "frozenset({2, 3})");
        let r = binary(cx, Or, &a, &ints(&[1]));
        assert_eq!(error_text(cx, r), "TypeError: unsupported operand type(s) for |: 'set' and 'list'");
        let h = make(cx, ids::FROZENSET, &[&ints(&[3, 2, 1])]);
        let h = ok(cx, h);
        let r = crate::protocol::hash::hash(cx, h.as_ref());
        assert_eq!(ok(cx, r), -272375401224217160);
        let empty = make(cx, ids::FROZENSET, &[]);
        let empty = ok(cx, empty);
        let r = crate::protocol::hash::hash(cx, empty.as_ref());
        assert_eq!(ok(cx, r), 133146708735736);
        // A set that cannot be hashed stands for a frozenset in lookups.
        let outer = make(cx, ids::SET, &[&list(vec![h])]);
        let outer = ok(cx, outer);
        let r = item::contains(cx, outer.as_ref(), a.as_ref());
        assert!(ok(cx, r));
        let r = method(cx, &a, "remove", &[&i(9)]);
        assert_eq!(error_text(cx, r), "KeyError: 9");
        let r = method(cx, &a, "add", &[&ints(&[])]);
        assert_eq!(error_text(cx, r), "TypeError: cannot use 'list' as a set element (unhashable type: 'list')");
    });
}

#[test]
fn a_shared_iterator_gives_every_key_once() {
    run(|cx| {
        const KEYS: i64 = 20_000;
        let d = Dict::new();
        for n in 0..KEYS {
            let r = d.set(cx, i(n).as_ref(), gc::Ref::NONE);
            ok(cx, r);
        }
        let it = crate::protocol::iter::iter(cx, d.as_ref()).map(Reg::into_value);
        let it = ok(cx, it);
        let shares: Vec<_> = (0..2).map(|_| gc::handle::SendValue::new(it.clone())).collect();
        drop(it);
        let threads: Vec<_> = shares
            .into_iter()
            .map(|share| {
                std::thread::spawn(move || {
                    let mut seen = Vec::new();
                    run(|cx| {
                        let it = share.into_value();
                        loop {
                            let r = crate::protocol::iter::next(cx, it.as_ref());
                            match ok(cx, r) {
                                Some(k) => seen.push(k.as_ref().word().int()),
                                None => break,
                            }
                        }
                    });
                    seen
                })
            })
            .collect();
        let mut all: Vec<i64> = cx.detached(move || threads.into_iter().flat_map(|t| t.join().unwrap_or_default()).collect());
        all.sort_unstable();
        assert_eq!(all, (0..KEYS).collect::<Vec<_>>());
    });
}

#[test]
fn threads_fill_and_empty_one_dict() {
    run(|cx| {
        const KEYS: i64 = 4000;
        let d = Dict::new();
        let counter = dict(cx, vec![]);
        let shares: Vec<_> =
            (0..3).map(|_| (gc::handle::SendValue::new(d.to_value()), gc::handle::SendValue::new(counter.clone()))).collect();
        let threads: Vec<_> = shares
            .into_iter()
            .enumerate()
            .map(|(t, (d, counter))| {
                std::thread::spawn(move || {
                    let mut won = 0;
                    run(|cx| {
                        let (d, counter) = (d.into_value(), counter.into_value());
                        for n in 0..KEYS {
                            // A key that must be compared (a tuple), set once by whoever comes first.
                            let key = tuple(vec![i(n), s("k")]);
                            let mine = i(t as i64);
                            let r = method(cx, &counter, "setdefault", &[&key, &mine]);
                            let first = ok(cx, r);
                            won += i64::from(first.word() == mine.word());
                            let own = tuple(vec![i(t as i64), i(n)]);
                            let r = item::set(cx, d.as_ref(), own.as_ref(), Some(own.as_ref()));
                            ok(cx, r);
                            if n % 2 == 0 {
                                let r = method(cx, &d, "pop", &[&own]);
                                ok(cx, r);
                            }
                            if n % 64 == 0 {
                                let r = method(cx, &d, "copy", &[]);
                                ok(cx, r);
                            }
                        }
                    });
                    won
                })
            })
            .collect();
        let won: i64 = cx.detached(move || threads.into_iter().map(|t| t.join().unwrap()).sum());
        assert_eq!(won, KEYS);
        assert_eq!(d.len() as i64, 3 * KEYS / 2);
        for (k, v, _) in d.items_hashed() {
            assert!(k.is(&v));
        }
    });
}
