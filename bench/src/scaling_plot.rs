//! The plot of thread scaling: mean scores by number of threads, and the score of each case.

use crate::scaling::Scaling;
use crate::svg::{Anchor, Svg};

const COLOURS: [&str; 5] = ["#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e"];
const ROW: f64 = 17.0;

/// Lines of the geometric means of all cases over the number of threads, with the perfect one.
fn means(svg: &mut Svg, all: &[Scaling], at: (f64, f64), size: (f64, f64)) {
    let most = f64::from(all.iter().map(Scaling::most).max().unwrap_or(1).max(2));
    let x = |n: f64| at.0 + (n - 1.0) / (most - 1.0) * size.0;
    let y = |score: f64| at.1 + size.1 * (1.0 - score / most);
    for n in 0..=most as u32 {
        let n = f64::from(n);
        svg.line((at.0, y(n)), (at.0 + size.0, y(n)), "#dddddd", 1.0);
        svg.text((at.0 - 6.0, y(n) + 4.0), 11.0, Anchor::End, "black", &format!("{n:.0}"));
        if n >= 1.0 {
            svg.text((x(n), at.1 + size.1 + 16.0), 11.0, Anchor::Middle, "black", &format!("{n:.0}"));
        }
    }
    svg.text((at.0 + size.0 / 2.0, at.1 + size.1 + 32.0), 11.0, Anchor::Middle, "black", "threads");
    svg.path(&[(x(1.0), y(1.0)), (x(most), y(most))], "#aaaaaa", 1.0);
    for (one, colour) in all.iter().zip(COLOURS) {
        let points: Vec<(f64, f64)> = one.threads.iter().filter_map(|n| Some((x(f64::from(*n)), y(one.mean(None, *n)?)))).collect();
        svg.path(&points, colour, 2.0);
        points.iter().for_each(|p| svg.circle(*p, 3.5, colour));
    }
}

/// One plot over all interpreters.
pub fn draw(all: &[Scaling]) -> Svg {
    let mut names: Vec<&str> = Vec::new();
    for case in all.iter().flat_map(|s| &s.cases) {
        if !names.contains(&case.name.as_str()) {
            names.push(&case.name);
        }
    }
    let score = |one: &Scaling, name: &str| one.cases.iter().find(|c| c.name == name).and_then(|c| c.scores.get(&one.most()).copied());
    let first = |name: &str| all.first().and_then(|s| score(s, name)).unwrap_or(0.0);
    names.sort_by(|a, b| first(b).total_cmp(&first(a)));
    let (width, left, right, top) = (900.0, 240.0, 860.0, 320.0);
    let height = top + ROW * names.len() as f64 + 50.0;
    let mut svg = Svg::new(width, height);
    let most = all.iter().map(Scaling::most).max().unwrap_or(1);
    svg.text((width / 2.0, 24.0), 15.0, Anchor::Middle, "black", "Thread scaling: N*t1/tN, geometric mean over all cases");
    for (i, (one, colour)) in all.iter().zip(COLOURS).enumerate() {
        let y = 46.0 + 18.0 * i as f64;
        svg.circle((left + 6.0, y - 4.0), 4.0, colour);
        svg.text((left + 16.0, y), 12.0, Anchor::Start, "black", &one.about.title());
    }
    let below = 60.0 + 18.0 * all.len() as f64;
    means(&mut svg, all, (left, below), (right - left, top - 90.0 - below));
    svg.text((width / 2.0, top - 34.0), 13.0, Anchor::Middle, "black", &format!("Each case with {most} threads"));
    let highest = all.iter().flat_map(|s| names.iter().filter_map(|n| score(s, n))).fold(f64::from(most), f64::max) * 1.05;
    let x = |v: f64| left + v / highest * (right - left);
    let bottom = top + ROW * names.len() as f64;
    for n in 0..=most {
        let at = x(f64::from(n));
        let strong = n == 1 || n == most;
        svg.line((at, top - 6.0), (at, bottom), if strong { "#888888" } else { "#dddddd" }, 1.0);
        for y in [top - 12.0, bottom + 16.0] {
            svg.text((at, y), 11.0, Anchor::Middle, "black", &n.to_string());
        }
    }
    for (i, name) in names.iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        svg.line((left, y), (right, y), "#eeeeee", 1.0);
        svg.text((left - 8.0, y + 4.0), 11.0, Anchor::End, "black", name);
        // The first interpreter is drawn last, on top.
        for (one, colour) in all.iter().zip(COLOURS).rev() {
            if let Some(value) = score(one, name) {
                svg.circle((x(value), y), 4.0, colour);
            }
        }
    }
    svg
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::tests::made;

    #[test]
    fn every_case_of_every_interpreter_has_its_dot() {
        let text = draw(&[made("a", 1.0), made("b", 2.0)]).finish();
        // Two legend entries, two means of two points, two cases of each.
        assert_eq!(text.matches("<circle").count(), 2 + 4 + 4);
        assert!(text.contains(">pymethod</text>"));
    }
}
