//! Order, stability, economy and robustness of the sort.

use super::*;
use std::convert::Infallible;

fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
    *state >> 33
}

/// Inputs with much, little and no order.
fn inputs() -> Vec<Vec<(u32, usize)>> {
    let mut state = 7;
    let mut out = Vec::new();
    for len in [0, 1, 2, 3, 10, 63, 64, 65, 100, 257, 1000, 5000] {
        let mut add = |mut key: Box<dyn FnMut(usize) -> u32>| out.push((0..len).map(|i| (key(i), i)).collect::<Vec<_>>());
        add(Box::new(|i| i as u32));
        add(Box::new(move |i| (len - i) as u32));
        add(Box::new(move |i| ((len - i) / 3) as u32));
        add(Box::new(|_| 5));
        add(Box::new(|i| (i % 37) as u32));
        add(Box::new(|i| if i % 100 == 0 { 0 } else { i as u32 }));
        for range in [2, 10, 1000, u64::MAX] {
            let mut s = state;
            state += 1;
            add(Box::new(move |_| (random(&mut s) % range) as u32));
        }
        let mut s = state;
        add(Box::new(move |i| if random(&mut s).is_multiple_of(50) { 1 } else { (i / 7 * 7) as u32 }));
        add(Box::new(move |i| if i < len / 2 { 2 * i as u32 } else { 2 * (i - len / 2) as u32 + 1 }));
    }
    out
}

#[test]
fn sorts_stably() {
    for input in inputs() {
        let mut expected = input.clone();
        expected.sort_by_key(|p| p.0);
        let mut sorted = input.clone();
        let result: Result<(), Infallible> = sort(&mut sorted, |a, b| Ok(a.0 < b.0));
        assert!(result.is_ok());
        assert_eq!(sorted, expected);

        let mut keys: Vec<u32> = input.iter().map(|p| p.0).collect();
        let mut values: Vec<usize> = input.iter().map(|p| p.1).collect();
        let result: Result<(), Infallible> = sort_with_values(&mut keys, &mut values, |a, b| Ok(a < b));
        assert!(result.is_ok());
        assert!(expected.iter().copied().eq(keys.into_iter().zip(values)));
    }
}

#[test]
fn order_costs_little() {
    let comparisons = |input: Vec<u32>| {
        let mut input = input;
        let mut count = 0;
        let result: Result<(), Infallible> = sort(&mut input, |a, b| {
            count += 1;
            Ok(a < b)
        });
        assert!(result.is_ok());
        count
    };
    let n = 10_000;
    assert_eq!(comparisons((0..n).collect()), n - 1);
    assert!(comparisons((0..n).rev().collect()) <= n);
    let halves = comparisons((0..n / 2).chain(0..n / 2).collect());
    assert!(halves < 2 * n + 50);
    assert!(comparisons((n / 2..n).chain(0..n / 2).collect()) < n + 50);
}

#[test]
fn errors_leave_a_permutation() {
    let mut state = 3;
    for input in inputs() {
        for _ in 0..3 {
            let mut left = 1 + random(&mut state) % (8 * input.len() as u64 + 1);
            let mut sorted = input.clone();
            let _ = sort(&mut sorted, |a, b| {
                left = left.checked_sub(1).ok_or(())?;
                Ok::<bool, ()>(a.0 < b.0)
            });
            sorted.sort_by_key(|p| p.1);
            assert_eq!(sorted, input);
        }
    }
}

#[test]
fn nonsense_comparisons_do_no_harm() {
    let mut state = 9;
    for input in inputs() {
        let mut sorted = input.clone();
        let result: Result<(), Infallible> = sort(&mut sorted, |_, _| Ok(random(&mut state).is_multiple_of(2)));
        assert!(result.is_ok());
        sorted.sort_by_key(|p| p.1);
        assert_eq!(sorted, input);
    }
}
