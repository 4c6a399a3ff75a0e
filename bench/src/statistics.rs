//! Means, Student's t-test and how times and ratios are written.

pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample's standard deviation around its mean, with the population's divisor.
pub fn deviation(values: &[f64]) -> f64 {
    let m = mean(values);
    (values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}

pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|v| v.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

pub fn sorted(values: &[f64]) -> Vec<f64> {
    let mut out = values.to_vec();
    out.sort_by(f64::total_cmp);
    out
}

/// The `q`-quantile with linear interpolation.
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let values = sorted(values);
    let place = q * (values.len() as f64 - 1.0);
    let low = place.floor() as usize;
    let high = (low + 1).min(values.len() - 1);
    values[low] + (values[high] - values[low]) * (place - low as f64)
}

pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// ln Γ(x) for x > 0, after Lanczos.
fn ln_gamma(x: f64) -> f64 {
    const C: [f64; 6] =
        [76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5];
    let t = x + 5.5 - (x + 0.5) * (x + 5.5).ln();
    let sum = C.iter().enumerate().fold(1.000000000190015, |s, (i, c)| s + c / (x + 1.0 + i as f64));
    -t + (2.5066282746310005 * sum / x).ln()
}

/// The regularised incomplete beta function, by its continued fraction (Lentz's method).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let tiny = 1e-300;
    let guard = |v: f64| if v.abs() < tiny { tiny } else { v };
    let (mut c, mut d) = (1.0, 1.0 / guard(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for term in [even, odd] {
            d = 1.0 / guard(1.0 + term * d);
            c = guard(1.0 + term / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-14 {
            break;
        }
    }
    front * fraction
}

/// The chance that |t| with so many degrees of freedom is at least this large.
fn two_tailed(t: f64, freedom: f64) -> f64 {
    incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t))
}

/// Whether the means of two samples differ, by Student's two-tailed t-test at 95 %, as pyperf decides it: two single values always do.
pub fn significant(a: &[f64], b: &[f64]) -> bool {
    let freedom = (a.len() + b.len()) as f64 - 2.0;
    if freedom < 1.0 {
        return true;
    }
    let squares = |v: &[f64]| v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f64>();
    let error = (squares(a) + squares(b)) / freedom * (1.0 / a.len() as f64 + 1.0 / b.len() as f64);
    let difference = mean(a) - mean(b);
    if error == 0.0 {
        return difference != 0.0;
    }
    two_tailed(difference / error.sqrt(), freedom) <= 0.05
}

fn three_digits(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

/// A time with three digits: `350 ms`, `2.26 sec`.
pub fn time(seconds: f64) -> String {
    for (unit, factor) in [("sec", 1.0), ("ms", 1e3), ("us", 1e6)] {
        if seconds * factor >= 0.9995 {
            return format!("{} {unit}", three_digits(seconds * factor));
        }
    }
    format!("{} ns", three_digits(seconds * 1e9))
}

/// How often faster or slower: `ratio` is the reference's time by the other's.
pub fn speed(ratio: f64) -> String {
    if ratio == 1.0 {
        "no change".into()
    } else if ratio > 1.0 {
        format!("{ratio:.2}x faster")
    } else {
        format!("{:.2}x slower", 1.0 / ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_t_distribution_has_its_tabled_values() {
        // Two-tailed 5 % points from the usual tables.
        for (freedom, t) in [(1.0, 12.706), (2.0, 4.303), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (118.0, 1.980)] {
            assert!((two_tailed(t, freedom) - 0.05).abs() < 2e-4, "{freedom}");
        }
    }

    #[test]
    fn equal_samples_do_not_differ() {
        assert!(!significant(&[1.0, 1.1, 0.9, 1.05], &[1.0, 1.1, 0.9, 1.04]));
        assert!(significant(&[1.0, 1.1, 0.9, 1.05], &[2.0, 2.1, 1.9, 2.04]));
        assert!(significant(&[1.0], &[1.0]));
    }

    #[test]
    fn times_have_three_digits() {
        let shown = [0.3501, 2.264, 4.493e-6, 1.664e-7, 0.0999, 12.34].map(time);
        assert_eq!(shown, ["350 ms", "2.26 sec", "4.49 us", "166 ns", "99.9 ms", "12.3 sec"]);
        assert_eq!([1.5, 0.5, 1.0].map(speed), ["1.50x faster", "2.00x slower", "no change"]);
    }

    #[test]
    fn quantiles_interpolate() {
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(quantile(&[0.0, 10.0], 0.9), 9.0);
    }
}
