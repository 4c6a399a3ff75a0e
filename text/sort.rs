//! The stable sort of `list.sort`: adaptive merge sort (Tim Peters' timsort) with galloping and the powersort merge
//! policy (Munro and Wild 2018), over a comparison that may fail.
//!
//! The elements are plain words that are moved about, never created or dropped. Whatever happens, also when the
//! comparison fails or contradicts itself, the slice holds a permutation of what it held: a merge keeps one of its
//! two runs in the temporary buffer and puts the rest of it back before it reports an error.

#[cfg(test)]
mod tests;

/// After this many wins in a row, a merge switches to galloping.
const MIN_GALLOP: usize = 7;
/// Runs shorter than this are extended by binary insertion.
const MAX_MIN_RUN: usize = 64;

/// A run that waits on the stack.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    /// The powersort level of the boundary between this run and the next.
    power: u32,
}

/// Sorts `items` so that `less(b, a)` is false for every `a` before `b`; equal elements keep their order.
pub fn sort<T: Copy, E>(items: &mut [T], less: impl FnMut(&T, &T) -> Result<bool, E>) -> Result<(), E> {
    if items.len() < 2 {
        return Ok(());
    }
    let total = items.len();
    let mut sorter = Sorter { items, less, buffer: Vec::new(), runs: Vec::new(), min_gallop: MIN_GALLOP };
    let mut min_run = MinRun::new(total);
    let mut start = 0;
    while start < total {
        let mut len = sorter.count_run(start)?;
        let wanted = min_run.next().min(total - start);
        if len < wanted {
            sorter.binary_insertion(start, start + wanted, start + len)?;
            len = wanted;
        }
        sorter.push_run(start, len)?;
        start += len;
    }
    sorter.collapse_all()
}

/// Sorts `keys` and moves `values` along: `list.sort(key=...)`. Both slices have the same length.
pub fn sort_with_values<K: Copy, V: Copy, E>(
    keys: &mut [K],
    values: &mut [V],
    mut less: impl FnMut(&K, &K) -> Result<bool, E>,
) -> Result<(), E> {
    assert_eq!(keys.len(), values.len());
    let mut pairs: Vec<(K, V)> = keys.iter().copied().zip(values.iter().copied()).collect();
    let result = sort(&mut pairs, |a, b| less(&a.0, &b.0));
    for (i, (key, value)) in pairs.into_iter().enumerate() {
        keys[i] = key;
        values[i] = value;
    }
    result
}

/// Run lengths whose sum is the total and whose number is a power of two (or just below), for random data.
struct MinRun {
    total: usize,
    shift: u32,
    mask: usize,
    current: usize,
}

impl MinRun {
    fn new(total: usize) -> MinRun {
        let mut shift = 0;
        while total >> shift >= MAX_MIN_RUN {
            shift += 1;
        }
        MinRun { total, shift, mask: (1 << shift) - 1, current: 0 }
    }

    fn next(&mut self) -> usize {
        self.current += self.total;
        let run = self.current >> self.shift;
        self.current &= self.mask;
        run
    }
}

struct Sorter<'a, T, F> {
    items: &'a mut [T],
    less: F,
    /// Holds the smaller run of a merge.
    buffer: Vec<T>,
    runs: Vec<Run>,
    min_gallop: usize,
}

impl<T: Copy, E, F: FnMut(&T, &T) -> Result<bool, E>> Sorter<'_, T, F> {
    fn less(&mut self, a: usize, b: usize) -> Result<bool, E> {
        (self.less)(&self.items[a], &self.items[b])
    }

    /// Length of the run at `start`; a descending one is reversed. Runs of equal elements inside a descending run are
    /// reversed first, so that they come out in their original order.
    fn count_run(&mut self, start: usize) -> Result<usize, E> {
        let end = self.items.len();
        let mut at = start + 1;
        while at < end && !self.less(at, at - 1)? {
            at += 1;
        }
        // Up to here nothing descends; if anything ascends, this is the run. Else all are equal, and a descent follows.
        if at == end || (at - start > 1 && self.less(start, at - 1)?) {
            return Ok(at - start);
        }
        self.items[start..at].reverse();
        let mut equal = 0;
        at += 1;
        while at < end {
            if self.less(at, at - 1)? {
                self.items[at - 1 - equal..at].reverse();
                equal = 0;
            } else if self.less(at - 1, at)? {
                break;
            } else {
                equal += 1;
            }
            at += 1;
        }
        self.items[at - 1 - equal..at].reverse();
        self.items[start..at].reverse();
        Ok(at - start)
    }

    /// Sorts `start..end`, of which `start..sorted` is sorted already.
    fn binary_insertion(&mut self, start: usize, end: usize, sorted: usize) -> Result<(), E> {
        for at in sorted.max(start + 1)..end {
            let (mut low, mut high) = (start, at);
            while low < high {
                let middle = low.midpoint(high);
                if self.less(at, middle)? {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            self.items[low..=at].rotate_right(1);
        }
        Ok(())
    }

    fn push_run(&mut self, start: usize, len: usize) -> Result<(), E> {
        if let Some(&top) = self.runs.last() {
            let power = boundary_power(top.start, top.len, len, self.items.len());
            while self.runs.len() > 1 && self.runs[self.runs.len() - 2].power > power {
                self.merge_at(self.runs.len() - 2)?;
            }
            self.runs.last_mut().expect("it has runs").power = power;
        }
        self.runs.push(Run { start, len, power: 0 });
        Ok(())
    }

    fn collapse_all(&mut self) -> Result<(), E> {
        while self.runs.len() > 1 {
            let mut at = self.runs.len() - 2;
            if at > 0 && self.runs[at - 1].len < self.runs[at + 1].len {
                at -= 1;
            }
            self.merge_at(at)?;
        }
        Ok(())
    }

    /// Merges the runs `at` and `at + 1` of the stack.
    fn merge_at(&mut self, at: usize) -> Result<(), E> {
        let (a, b) = (self.runs[at], self.runs[at + 1]);
        self.runs[at].len = a.len + b.len;
        self.runs[at].power = b.power;
        self.runs.remove(at + 1);
        // What of `a` is not above `b`'s first, and what of `b` is not below `a`'s last, is in place.
        let key = self.items[b.start];
        let skip = gallop_right(&mut self.less, key, &self.items[a.start..a.start + a.len], 0)?;
        let (a_start, a_len) = (a.start + skip, a.len - skip);
        if a_len == 0 {
            return Ok(());
        }
        let key = self.items[a_start + a_len - 1];
        let b_len = gallop_left(&mut self.less, key, &self.items[b.start..b.start + b.len], b.len - 1)?;
        if b_len == 0 {
            return Ok(());
        }
        if a_len <= b_len { self.merge_low(a_start, a_len, b_len) } else { self.merge_high(a_start, a_len, b_len) }
    }

    /// Merges from the left, `a` in the buffer.
    fn merge_low(&mut self, start: usize, a_len: usize, b_len: usize) -> Result<(), E> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.items[start..start + a_len]);
        let mut merge =
            Merge { items: &mut *self.items, buffer: &self.buffer, a: 0, b: start + a_len, out: start, b_end: start + a_len + b_len };
        let result = merge.low(&mut self.less, &mut self.min_gallop);
        // What is left of `a` goes where the hole is; what is left of `b` is in place.
        let rest = &self.buffer[merge.a..];
        let out = merge.out;
        self.items[out..out + rest.len()].copy_from_slice(rest);
        result
    }

    /// Merges from the right, `b` in the buffer.
    fn merge_high(&mut self, start: usize, a_len: usize, b_len: usize) -> Result<(), E> {
        self.buffer.clear();
        self.buffer.extend_from_slice(&self.items[start + a_len..start + a_len + b_len]);
        let mut merge = MergeHigh {
            items: &mut *self.items,
            buffer: &self.buffer,
            a_start: start,
            a_end: start + a_len,
            b_end: b_len,
            out_end: start + a_len + b_len,
        };
        let result = merge.run(&mut self.less, &mut self.min_gallop);
        let rest = &self.buffer[..merge.b_end];
        let out = merge.out_end - rest.len();
        self.items[out..out + rest.len()].copy_from_slice(rest);
        result
    }
}

/// The level of the boundary between a run `start..start + len` and the next one of `next` elements in a perfectly
/// balanced binary division of `total` elements: the first bit in which the runs' midpoints differ as fractions.
fn boundary_power(start: usize, len: usize, next: usize, total: usize) -> u32 {
    // Twice the midpoints, so that they are whole numbers.
    let mut a = 2 * start as u128 + len as u128;
    let mut b = a + len as u128 + next as u128;
    let total = total as u128;
    let mut power = 0;
    loop {
        power += 1;
        if a >= total {
            a -= total;
            b -= total;
        } else if b >= total {
            return power;
        }
        a <<= 1;
        b <<= 1;
    }
}

/// Where `key` belongs in a sorted slice, before what equals it; `hint` is where to start looking.
fn gallop_left<T: Copy, E>(less: &mut impl FnMut(&T, &T) -> Result<bool, E>, key: T, items: &[T], hint: usize) -> Result<usize, E> {
    let (mut low, mut high);
    let mut step = 1;
    if less(&items[hint], &key)? {
        // Right of the hint.
        low = hint;
        high = items.len();
        while hint + step < items.len() {
            if !less(&items[hint + step], &key)? {
                high = hint + step;
                break;
            }
            low = hint + step;
            step = step * 2 + 1;
        }
        low += 1;
    } else {
        high = hint;
        low = 0;
        while step <= hint {
            if less(&items[hint - step], &key)? {
                low = hint - step + 1;
                break;
            }
            high = hint - step;
            step = step * 2 + 1;
        }
    }
    while low < high {
        let middle = low.midpoint(high);
        if less(&items[middle], &key)? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(high)
}

/// Where `key` belongs in a sorted slice, after what equals it.
fn gallop_right<T: Copy, E>(less: &mut impl FnMut(&T, &T) -> Result<bool, E>, key: T, items: &[T], hint: usize) -> Result<usize, E> {
    let (mut low, mut high);
    let mut step = 1;
    if less(&key, &items[hint])? {
        high = hint;
        low = 0;
        while step <= hint {
            if !less(&key, &items[hint - step])? {
                low = hint - step + 1;
                break;
            }
            high = hint - step;
            step = step * 2 + 1;
        }
    } else {
        low = hint;
        high = items.len();
        while hint + step < items.len() {
            if less(&key, &items[hint + step])? {
                high = hint + step;
                break;
            }
            low = hint + step;
            step = step * 2 + 1;
        }
        low += 1;
    }
    while low < high {
        let middle = low.midpoint(high);
        if less(&key, &items[middle])? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high)
}

/// A merge from the left: `buffer[a..]` and `items[b..b_end]` remain, `items[out..b]` is the hole between them, as
/// long as what remains of `a`.
struct Merge<'a, T> {
    items: &'a mut [T],
    buffer: &'a [T],
    a: usize,
    b: usize,
    b_end: usize,
    out: usize,
}

impl<T: Copy> Merge<'_, T> {
    fn take_a(&mut self, count: usize) {
        self.items[self.out..self.out + count].copy_from_slice(&self.buffer[self.a..self.a + count]);
        self.a += count;
        self.out += count;
    }

    fn take_b(&mut self, count: usize) {
        self.items.copy_within(self.b..self.b + count, self.out);
        self.b += count;
        self.out += count;
    }

    fn is_done(&self) -> bool {
        self.a == self.buffer.len() || self.b == self.b_end
    }

    fn low<E>(&mut self, less: &mut impl FnMut(&T, &T) -> Result<bool, E>, min_gallop: &mut usize) -> Result<(), E> {
        // The first of `b` is below the first of `a`, and the last of `a` above the last of `b`.
        self.take_b(1);
        while !self.is_done() {
            let (mut a_wins, mut b_wins) = (0, 0);
            while !self.is_done() && a_wins < *min_gallop && b_wins < *min_gallop {
                if less(&self.items[self.b], &self.buffer[self.a])? {
                    self.take_b(1);
                    b_wins += 1;
                    a_wins = 0;
                } else {
                    self.take_a(1);
                    a_wins += 1;
                    b_wins = 0;
                }
            }
            // One side wins all the time: look for where that ends instead of asking about each element.
            *min_gallop += 1;
            while !self.is_done() {
                *min_gallop -= usize::from(*min_gallop > 1);
                let key = self.items[self.b];
                let from_a = gallop_right(less, key, &self.buffer[self.a..], 0)?;
                self.take_a(from_a);
                if self.is_done() {
                    break;
                }
                self.take_b(1);
                if self.is_done() {
                    break;
                }
                let key = self.buffer[self.a];
                let from_b = gallop_left(less, key, &self.items[self.b..self.b_end], 0)?;
                self.take_b(from_b);
                if self.is_done() {
                    break;
                }
                self.take_a(1);
                if from_a < MIN_GALLOP && from_b < MIN_GALLOP {
                    *min_gallop += 1;
                    break;
                }
            }
        }
        Ok(())
    }
}

/// A merge from the right: `items[a_start..a_end]` and `buffer[..b_end]` remain, `items[a_end..out_end]` is the hole.
struct MergeHigh<'a, T> {
    items: &'a mut [T],
    buffer: &'a [T],
    a_start: usize,
    a_end: usize,
    b_end: usize,
    out_end: usize,
}

impl<T: Copy> MergeHigh<'_, T> {
    fn take_a(&mut self, count: usize) {
        self.items.copy_within(self.a_end - count..self.a_end, self.out_end - count);
        self.a_end -= count;
        self.out_end -= count;
    }

    fn take_b(&mut self, count: usize) {
        self.items[self.out_end - count..self.out_end].copy_from_slice(&self.buffer[self.b_end - count..self.b_end]);
        self.b_end -= count;
        self.out_end -= count;
    }

    fn is_done(&self) -> bool {
        self.a_end == self.a_start || self.b_end == 0
    }

    fn run<E>(&mut self, less: &mut impl FnMut(&T, &T) -> Result<bool, E>, min_gallop: &mut usize) -> Result<(), E> {
        self.take_a(1);
        while !self.is_done() {
            let (mut a_wins, mut b_wins) = (0, 0);
            while !self.is_done() && a_wins < *min_gallop && b_wins < *min_gallop {
                if less(&self.buffer[self.b_end - 1], &self.items[self.a_end - 1])? {
                    self.take_a(1);
                    a_wins += 1;
                    b_wins = 0;
                } else {
                    self.take_b(1);
                    b_wins += 1;
                    a_wins = 0;
                }
            }
            *min_gallop += 1;
            while !self.is_done() {
                *min_gallop -= usize::from(*min_gallop > 1);
                let key = self.buffer[self.b_end - 1];
                let a = &self.items[self.a_start..self.a_end];
                let from_a = a.len() - gallop_right(less, key, a, a.len() - 1)?;
                self.take_a(from_a);
                if self.is_done() {
                    break;
                }
                self.take_b(1);
                if self.is_done() {
                    break;
                }
                let key = self.items[self.a_end - 1];
                let b = &self.buffer[..self.b_end];
                let from_b = b.len() - gallop_left(less, key, b, b.len() - 1)?;
                self.take_b(from_b);
                if self.is_done() {
                    break;
                }
                self.take_a(1);
                if from_a < MIN_GALLOP && from_b < MIN_GALLOP {
                    *min_gallop += 1;
                    break;
                }
            }
        }
        Ok(())
    }
}
