//! Hierarchical performance testing: how sure it is that one suite of results is faster than another, and by how much.
//!
//! T. Chen et al., "Statistical performance comparisons of computers", HPCA 2012. Two steps: each benchmark gives the
//! difference of its medians, then a signed-rank test over the benchmarks gives the reliability of "the head is faster".
//! A speed-up with reliability r is the largest factor by which the head's times may be multiplied with the statement still
//! holding at r.
//!
//! The figures follow those that the Faster CPython project publishes (its tool bench_runner), for comparability, in two
//! points where the paper goes further: the bounds of its rank-sum test per benchmark are such that every difference counts,
//! and the samples of a benchmark are split in the middle of both sides' values. bench_runner refuses fewer than 12 values
//! per side; here they are used and named.

use crate::statistics::median;
use crate::store::Results;

/// Values per side that the paper's rank-sum test needs; reports name benchmarks that have fewer.
pub const WANTED: usize = 12;

/// With fewer values per side a benchmark is left out.
const FEWEST: usize = 3;

/// The figures of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub reliability: f64,
    pub faster: bool,
    /// Reliability in per cent, and the factor that holds with it; None when it is beyond 10.
    pub levels: Vec<(u32, Option<f64>)>,
    /// Benchmarks with fewer values than the paper wants.
    pub few: Vec<String>,
}

/// The cumulative distribution function of the standard normal distribution, after Abramowitz and Stegun 26.2.17.
fn normal(x: f64) -> f64 {
    const B: [f64; 5] = [1.330274429, -1.821255978, 1.781477937, -0.356563728, 0.31938153];
    let k = 1.0 / (1.0 + 0.2316419 * x.abs());
    let tail = B.iter().fold(0.0, |sum, b| (sum + b) * k) * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// Number of smaller values and number of equal ones (itself among them).
fn rank(values: &[f64], of: f64) -> (f64, f64) {
    let less = values.iter().filter(|&&v| v < of).count();
    let same = values.iter().filter(|&&v| v == of).count();
    (less as f64, same as f64)
}

/// The signed-rank test: the chance that positive differences prevail, and the rank sums of positive and negative ones.
fn signed_rank(differences: &[f64]) -> (f64, f64, f64) {
    let sizes: Vec<f64> = differences.iter().map(|d| d.abs()).collect();
    let (mut positive, mut negative) = (0.0, 0.0);
    for (difference, size) in differences.iter().zip(&sizes) {
        let (less, same) = rank(&sizes, *size);
        let own = less + 1.0 + same / 2.0 - 0.5;
        if *difference == 0.0 {
            positive += own / 2.0;
            negative += own / 2.0;
        } else if *difference > 0.0 {
            positive += own;
        } else {
            negative += own;
        }
    }
    let n = differences.len() as f64;
    let spread = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    (normal((positive - n * (n + 1.0) / 4.0) / spread), positive, negative)
}

/// Differences of medians with the head's times multiplied by `factor`.
fn differences(pairs: &[(Vec<f64>, Vec<f64>)], factor: f64) -> Vec<f64> {
    let difference = |(head, reference): &(Vec<f64>, Vec<f64>)| {
        let all: Vec<f64> = head.iter().map(|v| v * factor).chain(reference.iter().copied()).collect();
        let middle = all.len() / 2;
        median(&all[..middle]) - median(&all[middle..])
    };
    pairs.iter().map(difference).collect()
}

/// The largest factor, to two places, for which `holds`; None beyond 10.
fn largest(holds: impl Fn(f64) -> bool) -> Option<f64> {
    if holds(10.0) {
        return None;
    }
    let (mut base, mut scale) = (0.0, 1.0);
    for place in 0..3 {
        let (mut low, mut high) = (if place == 0 { 1 } else { 0 }, 10);
        while low + 1 < high {
            let middle = (high - low) / 2 + low;
            if holds(base + scale * f64::from(middle)) {
                low = middle;
            } else {
                high = middle;
            }
        }
        base += f64::from(low) * scale;
        scale /= 10.0;
    }
    Some(base)
}

/// Compares pairs of (head's values, reference's values), one per benchmark.
fn test(pairs: &[(Vec<f64>, Vec<f64>)], few: Vec<String>) -> Report {
    let chance = |factor: f64| signed_rank(&differences(pairs, factor)).0;
    let (slower, positive, negative) = signed_rank(&differences(pairs, 1.0));
    let faster = positive < negative;
    let level = |percent: u32| {
        let reliability = f64::from(percent) / 100.0;
        let factor = if faster { largest(|f| chance(f) < 1.0 - reliability) } else { largest(|f| chance(1.0 / f) > reliability) };
        (percent, factor)
    };
    Report { reliability: if faster { 1.0 - slower } else { slower }, faster, levels: [90, 95, 99].map(level).to_vec(), few }
}

/// Compares the benchmarks that both have; None when none has values enough.
pub fn compare(reference: &Results, head: &Results) -> Option<Report> {
    let (mut pairs, mut few) = (Vec::new(), Vec::new());
    for name in head.names() {
        let (Some(h), Some(r)) = (head.get(name), reference.get(name)) else { continue };
        let count = h.values.len().min(r.values.len());
        if count < WANTED {
            few.push(name.to_string());
        }
        if count >= FEWEST {
            pairs.push((h.values.clone(), r.values.clone()));
        }
    }
    (!pairs.is_empty()).then(|| test(&pairs, few))
}

impl Report {
    /// `99.98 % likely to be faster`.
    pub fn statement(&self) -> String {
        format!("{:.2}% likely to be {}", self.reliability * 100.0, if self.faster { "faster" } else { "slow" })
    }

    /// `1.15x faster`.
    pub fn at(&self, percent: u32) -> String {
        let word = if self.faster { "faster" } else { "slower" };
        match self.levels.iter().find(|(p, _)| *p == percent) {
            Some((_, Some(f))) => format!("{f:.2}x {word}"),
            Some((_, None)) => format!("over 10x {word}"),
            None => "unknown".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_normal_distribution_has_its_tabled_values() {
        for (x, p) in [(0.0, 0.5), (1.0, 0.8413447), (-1.96, 0.0249979), (3.0, 0.9986501)] {
            assert!((normal(x) - p).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn figures_equal_those_of_bench_runner() {
        // What bench_runner's `hpt.make_report` prints for these files (see the README beside them).
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hpt");
        let expected = std::fs::read_to_string(folder.join("expected.txt")).unwrap();
        let mut checked = 0;
        for block in expected.split("\n\n").filter(|b| !b.trim().is_empty()) {
            let lines: Vec<&str> = block.lines().collect();
            let (reference, head) = lines[0].split_once(' ').unwrap();
            let load = |name: &str| Results::load(&folder.join(name)).unwrap();
            let report = compare(&load(reference), &load(head)).unwrap();
            let mut got = vec![format!("Reliability score: {}", report.statement())];
            let effect = if report.faster { "speedup" } else { "slowdown" };
            for (percent, factor) in &report.levels {
                if let Some(f) = factor {
                    got.push(format!("{percent}% likely to have a {effect} of {f:.2}x"));
                }
            }
            assert_eq!(got, lines[1..], "{}", lines[0]);
            checked += 1;
        }
        assert!(checked >= 6);
    }
}
