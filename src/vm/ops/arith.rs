//! Arithmetic: words of ints and floats in place, everything else through `protocol::arith`.

use super::super::dispatch::Next;
use super::super::frame::{Pc, Regs};
use super::{b, c, finish, get, next, put, save};
use bytecode::Instr;
use bytecode::encode::INPLACE;
use gc::{Ref, Value, Word};
use objects::protocol::arith::{self, Op, UnaryOp};
use objects::types::str::Str;
use objects::{Cx, PyResult, Reg};

#[cold]
#[inline(never)]
unsafe fn slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: Op) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (x, y) = (get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        let result = if i.flags() & INPLACE != 0 {
            if op == Op::Add
                && let Some(done) = append_text::<W>(cx, pc, r, i)
            {
                return done;
            }
            arith::inplace(cx, op, x, y)
        } else {
            arith::binary(cx, op, x, y)
        };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

/// `s += t` on exact strs where the local s holds the only reference: grows in place. `None` when it does not apply.
unsafe fn append_text<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Option<Next> {
    // SAFETY: verified code; the local is moved out, and written again below.
    unsafe {
        let (n, m) = (b::<W>(pc, i), c::<W>(pc, i));
        let left = *r.add(n);
        if super::a::<W>(pc, i) != n || n == m || !left.is_counted() || !(*left.header()).is_unique() {
            return None;
        }
        get(r, n).exact::<Str>()?;
        let right = get(r, m).exact::<Str>()?;
        *r.add(n) = Word::UNBOUND;
        let result = objects::types::str::concat_in_place(cx, Reg::from_word(left).into_value(), right);
        Some(finish::<W>(cx, pc, r, i, 0, result.map(Reg::from)))
    }
}

#[cold]
#[inline(never)]
unsafe fn slow_imm<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: Op) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let x = get(r, b::<W>(pc, i));
        let y = Value::small_int(i64::from(i.c() as i8));
        let result = if i.flags() & INPLACE != 0 { arith::inplace(cx, op, x, y.as_ref()) } else { arith::binary(cx, op, x, y.as_ref()) };
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
fn add_words(x: Word, y: Word) -> Option<Word> {
    let (s, o) = ((x.0 << 15) as i64).overflowing_add((y.0 << 15) as i64);
    if o { None } else { Some(Word::from_small_int(s >> 15)) }
}
#[inline(always)]
fn sub_words(x: Word, y: Word) -> Option<Word> {
    let (s, o) = ((x.0 << 15) as i64).overflowing_sub((y.0 << 15) as i64);
    if o { None } else { Some(Word::from_small_int(s >> 15)) }
}
#[inline(always)]
fn mul_words(x: Word, y: Word) -> Option<Word> {
    let (s, o) = x.int().overflowing_mul((y.0 << 15) as i64);
    if o { None } else { Some(Word::from_small_int(s >> 15)) }
}
/// Floor division; `None` for zero divisors.
#[inline(always)]
fn floor_words(x: i64, y: i64) -> Option<Word> {
    if y == 0 {
        return None;
    }
    let q = x / y;
    let q = if (x % y != 0) && ((x < 0) != (y < 0)) { q - 1 } else { q };
    Word::from_int(q)
}
/// Remainder with the divisor's sign; `None` for zero divisors.
#[inline(always)]
fn mod_words(x: i64, y: i64) -> Option<Word> {
    if y == 0 {
        return None;
    }
    // 32-bit division is several times faster where it suffices.
    let m = if (x | y) >> 32 == 0 { i64::from(x as u32 % y as u32) } else { x % y };
    Some(Word::from_small_int(if m != 0 && ((m < 0) != (y < 0)) { m + y } else { m }))
}

macro_rules! float_or_int {
    ($name:ident, $op:expr, $ints:ident, $float:tt) => {
        #[inline(always)]
        pub unsafe fn $name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let (x, y) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
                if x.both_int(y) {
                    if let Some(w) = $ints(x, y) {
                        put::<W>(cx, pc, r, i, w);
                        return next(pc, r);
                    }
                } else if x.is_float() {
                    if y.is_float() {
                        put::<W>(cx, pc, r, i, Word::from_arith_float(x.float() $float y.float()));
                        return next(pc, r);
                    }
                    if y.is_int() {
                        put::<W>(cx, pc, r, i, Word::from_arith_float(x.float() $float y.int() as f64));
                        return next(pc, r);
                    }
                } else if x.is_int() && y.is_float() {
                    put::<W>(cx, pc, r, i, Word::from_arith_float(x.int() as f64 $float y.float()));
                    return next(pc, r);
                }
                slow::<W>(cx, pc, r, i, $op)
            }
        }
    };
}
float_or_int!(add, Op::Add, add_words, +);
float_or_int!(sub, Op::Sub, sub_words, -);
float_or_int!(mul, Op::Mul, mul_words, *);

#[inline(always)]
pub unsafe fn true_div<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let (x, y) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
        // Ints of 49 bits are exact as doubles, so their quotient is correctly rounded.
        let num = |w: Word| {
            if w.is_float() {
                Some(w.float())
            } else if w.is_int() {
                Some(w.int() as f64)
            } else {
                None
            }
        };
        if let (Some(p), Some(q)) = (num(x), num(y))
            && q != 0.0
        {
            put::<W>(cx, pc, r, i, Word::from_arith_float(p / q));
            return next(pc, r);
        }
        slow::<W>(cx, pc, r, i, Op::TrueDiv)
    }
}

macro_rules! int_only {
    ($name:ident, $op:expr, |$x:ident, $y:ident| $body:expr) => {
        #[inline(always)]
        pub unsafe fn $name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let (p, q) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
                if p.both_int(q) {
                    let ($x, $y) = (p.int(), q.int());
                    let w: Option<Word> = $body;
                    if let Some(w) = w {
                        put::<W>(cx, pc, r, i, w);
                        return next(pc, r);
                    }
                }
                slow::<W>(cx, pc, r, i, $op)
            }
        }
    };
}
int_only!(floor_div, Op::FloorDiv, |x, y| floor_words(x, y));
int_only!(mod_, Op::Mod, |x, y| mod_words(x, y));
int_only!(and, Op::And, |x, y| Some(Word::from_small_int(x & y)));
int_only!(or, Op::Or, |x, y| Some(Word::from_small_int(x | y)));
int_only!(xor, Op::Xor, |x, y| Some(Word::from_small_int(x ^ y)));
int_only!(shl, Op::Shl, |x, y| shl_words(x, y));
int_only!(shr, Op::Shr, |x, y| if y >= 0 { Some(Word::from_small_int(x >> y.min(63))) } else { None });

#[inline(always)]
fn shl_words(x: i64, y: i64) -> Option<Word> {
    if !(0..48).contains(&y) {
        return None;
    }
    let s = x << y;
    if s >> y == x { Word::from_int(s) } else { None }
}

#[inline(always)]
pub unsafe fn mat_mul<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe { slow::<W>(cx, pc, r, i, Op::MatMul) }
}

#[cold]
#[inline(never)]
unsafe fn pow_slow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let (x, y) = (get(r, b::<W>(pc, i)), get(r, c::<W>(pc, i)));
        let result = arith::power(cx, x, y, Ref::NONE, i.flags() & INPLACE != 0);
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
pub unsafe fn pow<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let (x, y) = (*r.add(b::<W>(pc, i)), *r.add(c::<W>(pc, i)));
        if y.is_int() && y.int() == 2 {
            if x.is_int()
                && let Some(w) = mul_words(x, x)
            {
                put::<W>(cx, pc, r, i, w);
                return next(pc, r);
            }
            // Only where the square cannot overflow: pow() raises then.
            if x.is_float() && x.float().abs() < 1e150 {
                put::<W>(cx, pc, r, i, Word::from_arith_float(x.float() * x.float()));
                return next(pc, r);
            }
        }
        pow_slow::<W>(cx, pc, r, i)
    }
}

macro_rules! immediate {
    ($name:ident, $op:expr, |$x:ident, $k:ident| $int:expr, |$f:ident, $g:ident| $float:expr) => {
        #[inline(always)]
        pub unsafe fn $name<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
            // SAFETY: verified code.
            unsafe {
                let x = *r.add(b::<W>(pc, i));
                let k = i64::from(i.c() as i8);
                if x.is_int() {
                    let ($x, $k) = (x.int(), k);
                    let w: Option<Word> = $int;
                    if let Some(w) = w {
                        put::<W>(cx, pc, r, i, w);
                        return next(pc, r);
                    }
                } else if x.is_float() {
                    let ($f, $g) = (x.float(), k as f64);
                    let v: Option<f64> = $float;
                    if let Some(v) = v {
                        put::<W>(cx, pc, r, i, Word::from_arith_float(v));
                        return next(pc, r);
                    }
                }
                slow_imm::<W>(cx, pc, r, i, $op)
            }
        }
    };
}
immediate!(add_i, Op::Add, |x, k| Word::from_int(x + k), |f, g| Some(f + g));
immediate!(sub_i, Op::Sub, |x, k| Word::from_int(x - k), |f, g| Some(f - g));
immediate!(mul_i, Op::Mul, |x, k| Word::from_int(x * k), |f, g| Some(f * g));
immediate!(floor_div_i, Op::FloorDiv, |x, k| floor_words(x, k), |_f, _g| None);
immediate!(mod_i, Op::Mod, |x, k| mod_words(x, k), |_f, _g| None);
immediate!(and_i, Op::And, |x, k| Some(Word::from_small_int(x & k)), |_f, _g| None);
immediate!(shl_i, Op::Shl, |x, k| shl_words(x, k), |_f, _g| None);
immediate!(shr_i, Op::Shr, |x, k| if k >= 0 { Some(Word::from_small_int(x >> k.min(63))) } else { None }, |_f, _g| None);

#[cold]
#[inline(never)]
unsafe fn unary<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr, op: UnaryOp) -> Next {
    // SAFETY: verified code.
    unsafe {
        save(cx, pc);
        let result: PyResult<Reg> = arith::unary(cx, op, get(r, b::<W>(pc, i)));
        finish::<W>(cx, pc, r, i, 0, result)
    }
}

#[inline(always)]
pub unsafe fn neg<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let x = *r.add(b::<W>(pc, i));
        if x.is_int() {
            if let Some(w) = Word::from_int(-x.int()) {
                put::<W>(cx, pc, r, i, w);
                return next(pc, r);
            }
        } else if x.is_float() {
            // Negation flips a NaN's sign bit: through the checked constructor.
            put::<W>(cx, pc, r, i, Word::from_float(-x.float()));
            return next(pc, r);
        }
        unary::<W>(cx, pc, r, i, UnaryOp::Neg)
    }
}

#[inline(always)]
pub unsafe fn pos<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let x = *r.add(b::<W>(pc, i));
        if x.is_int() || x.is_float() {
            put::<W>(cx, pc, r, i, x);
            return next(pc, r);
        }
        unary::<W>(cx, pc, r, i, UnaryOp::Pos)
    }
}

#[inline(always)]
pub unsafe fn invert<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Next {
    // SAFETY: verified code.
    unsafe {
        let x = *r.add(b::<W>(pc, i));
        if x.is_int() {
            put::<W>(cx, pc, r, i, Word::from_small_int(!x.int()));
            return next(pc, r);
        }
        unary::<W>(cx, pc, r, i, UnaryOp::Invert)
    }
}
