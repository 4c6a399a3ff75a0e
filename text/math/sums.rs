//! Sums without rounding errors on the way: `fsum`, `sumprod`, and the norms `hypot` and `dist`.

/// Why `fsum` has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsumError {
    /// OverflowError "intermediate overflow in fsum".
    Overflow,
    /// ValueError "-inf + inf in fsum".
    OppositeInfinities,
}

/// The exact sum of floats (Shewchuk 1997), rounded once at the end.
#[derive(Clone, Debug, Default)]
pub struct Fsum {
    /// Non-overlapping, increasing in magnitude.
    partials: Vec<f64>,
    /// Sum of the infinities and NaNs.
    special: f64,
    /// Sum of the infinities.
    infinities: f64,
    seen_special: bool,
}

impl Fsum {
    /// Adds a summand.
    pub fn add(&mut self, summand: f64) -> Result<(), FsumError> {
        let mut x = summand;
        let mut kept = 0;
        for i in 0..self.partials.len() {
            let mut y = self.partials[i];
            if x.abs() < y.abs() {
                (x, y) = (y, x);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                self.partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        self.partials.truncate(kept);
        if x == 0.0 {
            return Ok(());
        }
        if x.is_finite() {
            self.partials.push(x);
            return Ok(());
        }
        if summand.is_finite() {
            return Err(FsumError::Overflow);
        }
        if summand.is_infinite() {
            self.infinities += summand;
        }
        self.special += summand;
        self.seen_special = true;
        self.partials.clear();
        Ok(())
    }

    /// The sum.
    pub fn finish(self) -> Result<f64, FsumError> {
        if self.seen_special {
            return if self.infinities.is_nan() { Err(FsumError::OppositeInfinities) } else { Ok(self.special) };
        }
        let partials = &self.partials;
        let mut n = partials.len();
        let Some(&top) = partials.last() else { return Ok(0.0) };
        n -= 1;
        let (mut high, mut low) = (top, 0.0);
        while n > 0 {
            n -= 1;
            let (x, y) = (high, partials[n]);
            high = x + y;
            low = y - (high - x);
            if low != 0.0 {
                break;
            }
        }
        // Half-even across more than two partials: what follows decides a tie.
        if n > 0 && ((low < 0.0 && partials[n - 1] < 0.0) || (low > 0.0 && partials[n - 1] > 0.0)) {
            let y = low * 2.0;
            let x = high + y;
            if y == x - high {
                high = x;
            }
        }
        Ok(high)
    }
}

/// A value and what rounding took from it.
#[derive(Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

/// An exact sum (Knuth).
fn two_sum(a: f64, b: f64) -> Double {
    let x = a + b;
    let z = x - a;
    Double { high: x, low: (a - (x - z)) + (b - z) }
}

/// An exact sum, when `a` is at least as large as `b`.
fn fast_two_sum(a: f64, b: f64) -> Double {
    let x = a + b;
    Double { high: x, low: (a - x) + b }
}

/// An exact product.
fn two_product(a: f64, b: f64) -> Double {
    let x = a * b;
    Double { high: x, low: a.mul_add(b, -x) }
}

/// The running sum of products of `sumprod`, in triple length (Ogita, Rump and Oishi 2005, algorithm 5.10 for K = 3).
#[derive(Clone, Copy, Debug, Default)]
pub struct FloatSumProduct {
    high: f64,
    low: f64,
    tiny: f64,
}

impl FloatSumProduct {
    /// Adds `x * y`.
    pub fn add(&mut self, x: f64, y: f64) {
        let product = two_product(x, y);
        let sum = two_sum(self.high, product.high);
        let first = two_sum(self.low, product.low);
        let second = two_sum(first.high, sum.low);
        *self = FloatSumProduct { high: sum.high, low: second.high, tiny: self.tiny + first.low + second.low };
    }

    /// The sum; not finite when any product was not: then add up again plainly.
    pub fn finish(self) -> f64 {
        let last = two_sum(self.low, self.tiny);
        let total = two_sum(self.high, last.high);
        total.high + (total.low + last.low)
    }
}

/// The Euclidean norm: `hypot` of any number of coordinates, `dist` of differences. Accurate to within one unit in the
/// last place: squares are summed in double length, and the root is corrected by one Newton step.
pub fn norm(coordinates: &mut [f64]) -> f64 {
    coordinates.iter_mut().for_each(|x| *x = x.abs());
    let mut largest = 0.0f64;
    let mut nan = false;
    for &x in coordinates.iter() {
        nan |= x.is_nan();
        largest = if x > largest { x } else { largest };
    }
    if largest.is_infinite() {
        return largest;
    }
    if nan {
        return f64::NAN;
    }
    scaled_norm(coordinates, largest)
}

fn scaled_norm(coordinates: &mut [f64], largest: f64) -> f64 {
    if largest == 0.0 || coordinates.len() <= 1 {
        return largest;
    }
    let (_, exponent) = libm::frexp(largest);
    if exponent < -1023 {
        // A subnormal: the scale below would overflow.
        coordinates.iter_mut().for_each(|x| *x /= f64::MIN_POSITIVE);
        return f64::MIN_POSITIVE * scaled_norm(coordinates, largest / f64::MIN_POSITIVE);
    }
    let scale = libm::ldexp(1.0, -exponent);
    // Starting at one keeps the sum at least as large as each summand.
    let (mut sum, mut first, mut second) = (1.0, 0.0, 0.0);
    for &x in coordinates.iter() {
        let x = x * scale;
        let product = two_product(x, x);
        let total = fast_two_sum(sum, product.high);
        sum = total.high;
        first += product.low;
        second += total.low;
    }
    let mut root = (sum - 1.0 + (first + second)).sqrt();
    let product = two_product(-root, root);
    let total = fast_two_sum(sum, product.high);
    sum = total.high;
    first += product.low;
    second += total.low;
    root += (sum - 1.0 + (first + second)) / (2.0 * root);
    root / scale
}
