//! The plot of a comparison: one violin per benchmark of the ratios of all pairs of values, sorted by their mean.
//!
//! As the Faster CPython project draws it: times of the reference divided by times of the head, so right of 1 is faster.

use crate::statistics::{deviation, mean, quantile, significant, sorted};
use crate::store::Results;
use crate::svg::{Anchor, Svg};

/// What is drawn for one benchmark.
pub struct Row {
    pub name: String,
    /// Sorted ratios; None when the difference is not significant.
    pub ratios: Option<Vec<f64>>,
    pub mean: f64,
}

/// Which figure of a benchmark is compared.
#[derive(Clone, Copy, PartialEq)]
pub enum Figure {
    Time,
    Memory,
}

/// Benchmarks that mostly exercise the interpreter itself: drawn in another colour.
const INTERPRETER: &[&str] = &[
    "chaos",
    "coroutines",
    "deepcopy",
    "deltablue",
    "generators",
    "go",
    "hexiom",
    "logging_format",
    "logging_silent",
    "logging_simple",
    "nbody",
    "pickle_pure_python",
    "pprint_pformat",
    "pprint_safe_repr",
    "raytrace",
    "richards",
    "richards_super",
    "sqlglot_v2_parse",
    "tomli_loads",
    "unpack_sequence",
    "unpickle_pure_python",
];

/// Values within two standard deviations of the mean (all of them when that leaves none).
fn without_outliers(values: &[f64]) -> Vec<f64> {
    let (m, d) = (mean(values), deviation(values));
    let kept: Vec<f64> = values.iter().copied().filter(|v| (v - m).abs() < 2.0 * d).collect();
    if kept.is_empty() { values.to_vec() } else { kept }
}

fn row(name: &str, above: &[f64], below: &[f64]) -> Row {
    let (mut a, mut b) = (above.to_vec(), below.to_vec());
    if a.len() > 3 && b.len() > 3 {
        if !significant(&a, &b) {
            return Row { name: name.into(), ratios: None, mean: 1.0 };
        }
        (a, b) = (without_outliers(&a), without_outliers(&b));
    }
    let ratios = sorted(&a.iter().flat_map(|x| b.iter().map(move |y| x / y)).collect::<Vec<_>>());
    let mean = mean(&ratios);
    Row { name: name.into(), ratios: Some(ratios), mean }
}

/// The rows of a comparison, smallest mean first: times are reference/head, memory is head/reference.
pub fn rows(reference: &Results, head: &Results, figure: Figure) -> Vec<Row> {
    let mut out = Vec::new();
    for name in head.names() {
        let (Some(h), Some(r)) = (head.get(name), reference.get(name)) else { continue };
        match figure {
            Figure::Time => out.push(row(name, &r.values, &h.values)),
            Figure::Memory if !h.memory.is_empty() && !r.memory.is_empty() => out.push(row(name, &h.memory, &r.memory)),
            Figure::Memory => {}
        }
    }
    out.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    out
}

/// Horizontal axis: linear, or logarithmic when the ratios span much.
struct Axis {
    low: f64,
    high: f64,
    logarithmic: bool,
    left: f64,
    right: f64,
}

impl Axis {
    fn new(low: f64, high: f64, left: f64, right: f64) -> Axis {
        let logarithmic = high / low > 4.0;
        let (mut low, mut high) = (low.min(0.95), high.max(1.05));
        if logarithmic {
            (low, high) = (low / 1.1, high * 1.1);
        } else {
            let pad = (high - low) * 0.05;
            (low, high) = (low - pad, high + pad);
            if low > 0.75 && high < 1.25 {
                (low, high) = (0.75, 1.25);
            }
        }
        Axis { low, high, logarithmic, left, right }
    }

    fn place(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.left + share * (self.right - self.left)
    }

    fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let mut tick = 2f64.powf(self.low.log2().ceil());
            let mut out = Vec::new();
            while tick <= self.high {
                out.push(tick);
                tick *= 2.0;
            }
            return out;
        }
        let rough = (self.high - self.low) / 8.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(power);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|i| i as f64 * step).collect()
    }
}

/// The outline of a violin: a kernel density estimate with Scott's bandwidth, on the axis' own scale.
fn outline(axis: &Axis, ratios: &[f64], middle: f64, half: f64) -> Vec<(f64, f64)> {
    let places: Vec<f64> = (0..100).map(|i| axis.place(ratios[(i * (ratios.len() - 1) + 49) / 99])).collect();
    let (low, high) = (places[0], places[99]);
    let bandwidth = deviation(&places) * 100f64.powf(-0.2);
    if bandwidth < 0.05 || high - low < 0.5 {
        return vec![(low, middle - half), (high + 0.5, middle - half), (high + 0.5, middle + half), (low, middle + half)];
    }
    let at = |i: usize| low + (high - low) * i as f64 / 60.0;
    let density: Vec<f64> = (0..=60).map(|i| places.iter().map(|p| (-((at(i) - p) / bandwidth).powi(2) / 2.0).exp()).sum()).collect();
    let most = density.iter().copied().fold(0.0, f64::max);
    let side = |sign: f64| (0..=60).map(|i| (at(i), middle + sign * half * density[i] / most)).collect::<Vec<_>>();
    side(-1.0).into_iter().chain(side(1.0).into_iter().rev()).collect()
}

const ROW: f64 = 24.0;
const BLUE: &str = "#1f77b4";
const RED: &str = "#d62728";

/// Draws the rows. `words` are for the left and the right of 1.
pub fn draw(rows: &[Row], title: &str, words: (&str, &str)) -> Svg {
    let (width, left, right, top) = (900.0, 260.0, 840.0, 78.0);
    let height = top + ROW * (rows.len() as f64 + 1.0) + 50.0;
    let mut svg = Svg::new(width, height);
    let all = sorted(&rows.iter().filter_map(|r| r.ratios.as_ref()).flatten().copied().collect::<Vec<_>>());
    let (low, high) = (all.first().copied().unwrap_or(1.0), all.last().copied().unwrap_or(1.0));
    let axis = Axis::new(low, high, left, right);
    let bottom = height - 38.0;
    svg.text((width / 2.0, 22.0), 15.0, Anchor::Middle, "black", title);
    for tick in axis.ticks() {
        let x = axis.place(tick);
        svg.line((x, top), (x, bottom), "#dddddd", 1.0);
        for y in [top - 8.0, bottom + 18.0] {
            svg.text((x, y), 11.0, Anchor::Middle, "black", &format!("{tick:.2}×"));
        }
    }
    let one = axis.place(1.0);
    svg.line((one, top), (one, bottom), BLUE, 1.5);
    let level = top - 30.0;
    for (sign, anchor, word) in [(1.0, Anchor::Start, words.1), (-1.0, Anchor::End, words.0)] {
        let x = |by: f64| one + sign * by;
        svg.line((x(4.0), level), (x(20.0), level), "black", 1.0);
        svg.polygon(&[(x(26.0), level), (x(19.0), level - 4.0), (x(19.0), level + 4.0)], "black", 1.0);
        svg.text((x(32.0), level + 4.0), 13.0, anchor, "black", word);
    }
    let drawn = rows.iter().map(|r| (r.name.as_str(), r.ratios.as_deref(), r.mean));
    let whole = (!all.is_empty()).then(|| ("ALL", Some(&all[..]), mean(&all)));
    // The smallest mean lies at the bottom, the sum of all on top.
    for (place, (name, ratios, mean)) in drawn.chain(whole).enumerate() {
        let y = bottom - ROW * (place as f64 + 0.7);
        svg.line((left, y), (right, y), "#eeeeee", 1.0);
        svg.text((left - 8.0, y + 4.0), 12.0, Anchor::End, "black", name);
        let Some(ratios) = ratios else {
            svg.text((one + 6.0, y + 4.0), 11.0, Anchor::Start, "#555555", "insignificant");
            continue;
        };
        let colour = if INTERPRETER.contains(&name) { RED } else { BLUE };
        svg.polygon(&outline(&axis, ratios, y, ROW * 0.42), colour, 0.4);
        let place_of = |v: f64| axis.place(v);
        svg.line((place_of(ratios[0]), y), (place_of(ratios[ratios.len() - 1]), y), colour, 1.0);
        for q in [0.1, 0.9] {
            let x = place_of(quantile(ratios, q));
            svg.line((x, y - 3.0), (x, y + 3.0), colour, 0.7);
        }
        let x = place_of(mean);
        svg.line((x, y - ROW * 0.4), (x, y + ROW * 0.4), colour, 1.5);
        let end = place_of(ratios[ratios.len() - 1]).max(x) + 4.0;
        if end + 40.0 < width {
            svg.text((end, y + 4.0), 10.0, Anchor::Start, "#333333", &format!("{mean:.2}"));
        } else {
            svg.text((place_of(ratios[0]) - 4.0, y + 4.0), 10.0, Anchor::End, "#333333", &format!("{mean:.2}"));
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let linear = Axis::new(0.8, 1.4, 0.0, 100.0).ticks();
        assert!(linear.contains(&1.0) && linear.len() > 4, "{linear:?}");
        assert_eq!(Axis::new(0.3, 5.0, 0.0, 100.0).ticks(), [0.5, 1.0, 2.0, 4.0]);
    }

    #[test]
    fn a_ratio_above_one_lies_right_of_one() {
        let axis = Axis::new(0.3, 5.0, 0.0, 100.0);
        assert!(axis.place(2.0) > axis.place(1.0) && axis.place(0.5) < axis.place(1.0));
        let r = row("x", &[2.0, 2.02, 1.98, 2.01], &[1.0, 1.01, 0.99, 1.0]);
        assert!((r.mean - 2.0).abs() < 0.05);
        assert!(row("x", &[1.0, 1.1, 0.9, 1.0], &[1.0, 1.1, 0.9, 1.02]).ratios.is_none());
    }
}
