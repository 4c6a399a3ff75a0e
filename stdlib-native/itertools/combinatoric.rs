//! `product`, `permutations` and `combinations`. The next arrangement is computed under the lock, from indices only.

use super::ids;
use crate::guarded::{Guarded, State, make};
use crate::parameters;
use gc::{Ref, Reg, Value, Word};
use objects::protocol::iter;
use objects::types::int;
use objects::types::iterators::myself;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// State of `product`.
pub struct Pools {
    pools: Vec<Vec<Value>>,
    /// How often the pools are gone through side by side.
    repeat: usize,
    /// Empty before the first.
    indices: Vec<usize>,
    started: bool,
    done: bool,
}
impl State for Pools {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.pools.iter().flatten().for_each(|v| visit(v.word()));
    }
}
/// `product` object.
pub type Product = Guarded<Pools, { ids::PRODUCT }>;

fn new_product(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let mut repeat = 1;
    for (name, value) in args.keywords() {
        if !name.exact::<Str>().is_some_and(|s| s.eq_str("repeat")) {
            let n = name.exact::<Str>().map_or_else(String::new, Str::to_string_lossy);
            return Err(cx.type_error(format!("product() got an unexpected keyword argument '{n}'")));
        }
        repeat = int::index_size(cx, value)?;
        if repeat < 0 {
            return Err(cx.value_error("repeat argument cannot be negative"));
        }
    }
    let mut pools = Vec::with_capacity(args.positional().len());
    if repeat > 0 {
        for p in args.positional() {
            pools.push(iter::collect(cx, *p)?);
        }
    }
    let mut indices = Vec::new();
    let Some(n) = pools.len().checked_mul(repeat as usize) else {
        return Err(cx.overflow_error("repeat argument too large"));
    };
    if indices.try_reserve_exact(n).is_err() {
        return Err(cx.memory_error());
    }
    indices.resize(n, 0);
    let done = n > 0 && pools.iter().any(Vec::is_empty);
    Ok(make(class, Product::new(Pools { pools, repeat: repeat as usize, indices, started: false, done })))
}

fn tuple(v: Option<Vec<Value>>) -> PyResult<Option<Reg>> {
    Ok(v.map(|v| Tuple::from_values(v).into()))
}

fn next_product(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Product>() };
    tuple(me.with(cx, |s| {
        if s.done {
            return None;
        }
        let n = s.pools.len();
        debug_assert_eq!(n * s.repeat, s.indices.len());
        if std::mem::replace(&mut s.started, true) {
            let mut i = s.indices.len();
            loop {
                if i == 0 {
                    s.done = true;
                    return None;
                }
                i -= 1;
                s.indices[i] += 1;
                if s.indices[i] < s.pools[i % n].len() {
                    break;
                }
                s.indices[i] = 0;
            }
        }
        Some(s.indices.iter().enumerate().map(|(i, k)| s.pools[i % n][*k].clone()).collect())
    }))
}

/// `product`.
pub static PRODUCT_TYPE: TypeSpec = TypeSpec::of::<Product>("itertools.product")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_product), iter: Some(myself), next: Some(next_product), ..Slots::NONE })
    .doc("All tuples with one item of each iterable, as nested loops give them: product(*iterables, repeat=1).");

/// State of the others.
pub struct Selection {
    pool: Vec<Value>,
    indices: Vec<usize>,
    /// Of permutations: how many exchanges each place has left.
    cycles: Vec<usize>,
    size: usize,
    started: bool,
    done: bool,
}
impl State for Selection {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.pool.iter().for_each(|v| visit(v.word()));
    }
}
impl Selection {
    fn items(&self) -> Option<Vec<Value>> {
        Some(self.indices[..self.size].iter().map(|i| self.pool[*i].clone()).collect())
    }
    fn first(&mut self) -> bool {
        !std::mem::replace(&mut self.started, true)
    }

    fn permutation(&mut self) -> Option<Vec<Value>> {
        if self.done {
            return None;
        }
        if self.first() {
            return self.items();
        }
        let n = self.pool.len();
        for i in (0..self.size).rev() {
            self.cycles[i] -= 1;
            if self.cycles[i] == 0 {
                self.indices[i..].rotate_left(1);
                self.cycles[i] = n - i;
            } else {
                let j = n - self.cycles[i];
                self.indices.swap(i, j);
                return self.items();
            }
        }
        self.done = true;
        None
    }

    fn combination(&mut self, replacement: bool) -> Option<Vec<Value>> {
        if self.done {
            return None;
        }
        if self.first() {
            return self.items();
        }
        let (n, r) = (self.pool.len(), self.size);
        let last = |i: usize| if replacement { n - 1 } else { i + n - r };
        let Some(i) = (0..r).rev().find(|i| self.indices[*i] != last(*i)) else {
            self.done = true;
            return None;
        };
        let k = self.indices[i] + 1;
        for (j, index) in self.indices[i..].iter_mut().enumerate() {
            *index = if replacement { k } else { k + j };
        }
        self.items()
    }
}

/// `permutations` object.
pub type Permutations = Guarded<Selection, { ids::PERMUTATIONS }>;
/// `combinations` object.
pub type Combinations = Guarded<Selection, { ids::COMBINATIONS }>;
/// `combinations_with_replacement` object.
pub type Replacement = Guarded<Selection, { ids::COMBINATIONS_WITH_REPLACEMENT }>;

parameters!(PERMUTATIONS_PARAMETERS, "permutations", "(iterable, r=None)");
parameters!(COMBINATIONS_PARAMETERS, "combinations", "(iterable, r)");
parameters!(REPLACEMENT_PARAMETERS, "combinations_with_replacement", "(iterable, r)");

fn size(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    match int::index_size(cx, v)? {
        n if n < 0 => Err(cx.value_error("r must be non-negative")),
        n => Ok(n as usize),
    }
}

fn new_permutations(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PERMUTATIONS_PARAMETERS.bind(cx, args, |cx, a| {
        let pool = iter::collect(cx, a[0])?;
        let n = pool.len();
        let size = match a[1].given().filter(|v| !v.is_none()) {
            None => n,
            Some(v) if int::as_int(v).is_none() => return Err(cx.type_error("Expected int as r")),
            Some(v) => size(cx, v)?,
        };
        let done = size > n;
        let cycles = if done { Vec::new() } else { (0..size).map(|i| n - i).collect() };
        let size = size.min(n);
        Ok(make(class, Permutations::new(Selection { pool, indices: (0..n).collect(), cycles, size, started: false, done })))
    })
}

fn new_combinations(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    COMBINATIONS_PARAMETERS.bind(cx, args, |cx, a| {
        let pool = iter::collect(cx, a[0])?;
        let size = size(cx, a[1])?;
        let done = size > pool.len();
        let size = size.min(pool.len());
        let indices = (0..size).collect();
        Ok(make(class, Combinations::new(Selection { pool, indices, cycles: Vec::new(), size, started: false, done })))
    })
}

fn new_replacement(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    REPLACEMENT_PARAMETERS.bind(cx, args, |cx, a| {
        let pool = iter::collect(cx, a[0])?;
        let size = size(cx, a[1])?;
        let done = pool.is_empty() && size > 0;
        let mut indices = Vec::new();
        if !done {
            if indices.try_reserve_exact(size).is_err() {
                return Err(cx.memory_error());
            }
            indices.resize(size, 0);
        }
        let size = indices.len();
        Ok(make(class, Replacement::new(Selection { pool, indices, cycles: Vec::new(), size, started: false, done })))
    })
}

fn next_permutation(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Permutations>() };
    tuple(me.with(cx, Selection::permutation))
}
fn next_combination(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Combinations>() };
    tuple(me.with(cx, |s| s.combination(false)))
}
fn next_replacement(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    // SAFETY: this slot belongs to the type.
    let me = unsafe { v.cast::<Replacement>() };
    tuple(me.with(cx, |s| s.combination(true)))
}

/// `permutations`.
pub static PERMUTATIONS_TYPE: TypeSpec = TypeSpec::of::<Permutations>("itertools.permutations")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_permutations), iter: Some(myself), next: Some(next_permutation), ..Slots::NONE })
    .doc("All arrangements of r items of an iterable: permutations(iterable, r=None).");
/// `combinations`.
pub static COMBINATIONS_TYPE: TypeSpec = TypeSpec::of::<Combinations>("itertools.combinations")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_combinations), iter: Some(myself), next: Some(next_combination), ..Slots::NONE })
    .doc("All choices of r items of an iterable, in its order: combinations(iterable, r).");
/// `combinations_with_replacement`.
pub static REPLACEMENT_TYPE: TypeSpec = TypeSpec::of::<Replacement>("itertools.combinations_with_replacement")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new_replacement), iter: Some(myself), next: Some(next_replacement), ..Slots::NONE })
    .doc("All choices of r items where one item may be chosen often: combinations_with_replacement(iterable, r).");
