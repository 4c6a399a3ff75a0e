//! `_suggestions`: the name that somebody may have meant.

use gc::{Ref, Reg, Value};
use objects::native::function;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::{Downcast, type_of};
use objects::{Cx, PyResult};

/// More candidates than this are not looked at.
const MOST_CANDIDATES: usize = 750;
/// Longer names are not compared.
const MOST_BYTES: usize = 40;
/// What inserting, deleting or replacing a character costs.
const MOVE: usize = 2;

/// What replacing one character by another costs: less if only the case is different.
fn replacing(a: u8, b: u8) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        1
    } else {
        MOVE
    }
}

/// The edit distance of two names, or something more than `limit`.
fn distance(a: &[u8], b: &[u8], limit: usize) -> usize {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > MOST_BYTES || b.len() > MOST_BYTES {
        return limit + 1;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE).collect();
    let mut last = 0;
    for (i, &y) in b.iter().enumerate() {
        let mut diagonal = i * MOVE;
        last = diagonal;
        let mut least = usize::MAX;
        for (j, &x) in a.iter().enumerate() {
            let substituted = diagonal + replacing(y, x);
            diagonal = row[j];
            last = substituted.min(last.min(diagonal) + MOVE);
            row[j] = last;
            least = least.min(last);
        }
        if least > limit {
            return limit + 1;
        }
    }
    last
}

/// The closest candidate, if one is close.
fn closest(names: &[Vec<u8>], wrong: &[u8]) -> Option<usize> {
    let mut best: Option<(usize, usize)> = None;
    for (i, name) in names.iter().enumerate() {
        if name == wrong {
            continue;
        }
        // Not more than a third of the characters may be involved.
        let mut limit = (name.len() + wrong.len() + 3) * MOVE / 6;
        if let Some((_, d)) = best {
            limit = limit.min(d.saturating_sub(1));
        }
        let d = distance(wrong, name, limit);
        if d <= limit && best.is_none_or(|(_, b)| d < b) {
            best = Some((i, d));
        }
    }
    best.map(|(i, _)| i)
}

fn generate(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(wrong) = as_str(a[1]) else {
        let n = type_of(a[1]).shown_name();
        return Err(cx.type_error(format!("_generate_suggestions() argument 2 must be str, not {n}")));
    };
    let Some(list) = a[0].downcast::<List>() else { return Err(cx.type_error("candidates must be a list")) };
    let candidates = list.snapshot(cx);
    let mut names = Vec::with_capacity(candidates.len());
    for c in &candidates {
        match as_str(c.as_ref()) {
            Some(s) => names.push(s.to_wtf8()),
            None => return Err(cx.type_error("all elements in 'candidates' must be strings")),
        }
    }
    if names.len() >= MOST_CANDIDATES {
        return Ok(Value::NONE.into());
    }
    Ok(closest(&names, &Str::to_wtf8(wrong)).map_or(Value::NONE, |i| candidates[i].clone()).into())
}

/// `_suggestions`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_suggestions",
    doc: "",
    functions: &[function(
        "_generate_suggestions",
        "($module, candidates, item, /)",
        generate,
        "Returns the candidate in candidates that's most similar to item",
    )],
    init: |_, _| Ok(()),
};
