//! `_tokenize`: the compiler's lexer for the library's `tokenize`.

use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::args::Signature;
use objects::protocol::call;
use objects::types::exception::ids as exc;
use objects::types::instance;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, as_type, type_of, type_value};
use objects::{Args, Cx, PyResult};
use std::sync::LazyLock;
use sync::prim::{AtomicUsize, Ordering};

/// The type id.
const ID: u32 = 381;

/// The iterator: all tokens are found when the first one is asked for.
#[repr(C)]
pub struct Tokens {
    /// Gives the lines; then a tuple of rows whose last item may be an exception.
    source: Field,
    rows: Field,
    next: AtomicUsize,
    extra: bool,
    encoding: Value,
}
// SAFETY: visits every word.
unsafe impl Payload for Tokens {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.source.peek());
        visit(self.rows.peek());
        visit(self.encoding.word());
    }
}

fn me(v: Ref<'_>) -> &Tokens {
    // SAFETY: slots check their receiver.
    unsafe { v.cast::<Tokens>() }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| Signature::parse("(readline, /, *, encoding=None, extra_tokens=False)"));
    SIGNATURE.bind(cx, "tokenizeriter", None, args, |cx, a| {
        let extra = match a[2].given() {
            Some(v) => objects::protocol::truth::of(cx, v)?,
            None => false,
        };
        let encoding = a[1].given().map_or(Value::NONE, Ref::to_value);
        let t = Tokens { source: Field::new(a[0].to_value()), rows: Field::empty(), next: AtomicUsize::new(0), extra, encoding };
        match as_type(class) {
            Some(class) => Ok(instance::alloc_with(class, t).into()),
            None => Err(cx.system_error("tokenizeriter expected")),
        }
    })
}

/// Reads all lines.
fn read(cx: &mut Cx, t: &Tokens) -> PyResult<String> {
    let source = t.source.load(t.header());
    let mut text = String::new();
    loop {
        let line = match call::positional(cx, source.as_ref(), &[]) {
            Ok(l) => l,
            Err(e) => {
                drop(cx.catch_if(e, exc::STOP_ITERATION)?);
                break;
            }
        };
        let line = if as_str(line.as_ref()).is_some() {
            line
        } else if objects::protocol::buffer::is_exporter(line.as_ref()) {
            let encoding = as_str(t.encoding.as_ref()).map_or_else(|| "utf-8".to_string(), Str::to_string_lossy);
            objects::codecs::decode_object(cx, line.as_ref(), Some(&Str::from_text(&encoding)), None)?
        } else {
            let n = type_of(line.as_ref()).name_text();
            return Err(cx.type_error(format!("readline() returned a non-string object: {n}")));
        };
        match as_str(line.as_ref()) {
            Some(s) if s.is_empty() => break,
            Some(s) => text.push_str(&s.to_string_lossy()),
            None => break,
        }
    }
    Ok(text)
}

fn pair((a, b): (u32, u32)) -> Value {
    Tuple::from_values(vec![int::from_i64(i64::from(a)), int::from_i64(i64::from(b))]).into_value()
}

fn find(cx: &mut Cx, t: &Tokens) -> PyResult<Value> {
    let text = read(cx, t)?;
    if text.contains('\0') {
        return Err(cx.error(exc::SYNTAX_ERROR, "source code cannot contain null bytes"));
    }
    let (rows, failure) = compiler::tokenize::rows(&text, t.extra);
    let mut lines: (String, Value) = (String::new(), Str::empty().into_value());
    let mut out: Vec<Value> = Vec::with_capacity(rows.len() + 1);
    for r in rows {
        if lines.0 != r.line {
            lines = (r.line.clone(), Str::from_text(&r.line).into_value());
        }
        let row =
            vec![int::from_i64(i64::from(r.kind)), Str::from_text(&r.string).into_value(), pair(r.start), pair(r.end), lines.1.clone()];
        out.push(Tuple::from_values(row).into_value());
    }
    if let Some(f) = failure {
        let id = match f.error.kind {
            compiler::ErrorKind::IndentationError => exc::INDENTATION_ERROR,
            compiler::ErrorKind::TabError => exc::TAB_ERROR,
            _ => exc::SYNTAX_ERROR,
        };
        let number = |n: u32| int::from_i64(i64::from(n));
        let place = vec![
            Str::from_text("<string>").into_value(),
            number(f.line),
            number(f.column),
            Str::from_text(&f.text).into_value(),
            Value::NONE,
            Value::NONE,
        ];
        let args = vec![Str::from_text(&f.error.message).into_value(), Tuple::from_values(place).into_value()];
        out.push(objects::types::exception::new_args(id, args));
    }
    Ok(Tuple::from_values(out).into_value())
}

fn next(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Reg>> {
    let t = me(v);
    let mut rows = t.rows.load(t.header());
    if rows.word() == Word::UNBOUND {
        let found = find(cx, t)?;
        let lost = {
            let _l = cx.lock(t.header());
            // Whoever was first wins.
            if t.rows.peek() == Word::UNBOUND { t.rows.swap(found) } else { found }
        };
        drop(lost);
        rows = t.rows.load(t.header());
    }
    let Some(all) = rows.as_ref().exact::<Tuple>() else { return Ok(None) };
    let n = t.next.fetch_add(1, Ordering::Relaxed);
    match all.items().get(n) {
        Some(r) if r.exact::<Tuple>().is_some() => Ok(Some(r.to_value().into())),
        Some(e) => Err(cx.raise_new(e.to_value())),
        None => {
            t.next.store(all.len(), Ordering::Relaxed);
            Ok(None)
        }
    }
}

/// `_tokenize.TokenizerIter`.
pub static ITERATOR_TYPE: TypeSpec = TypeSpec::of::<Tokens>("_tokenize.TokenizerIter").slots(Slots {
    new: Some(new),
    iter: Some(|_, v| Ok(v.to_value().into())),
    next: Some(next),
    ..Slots::NONE
});

/// `_tokenize`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_tokenize",
    doc: "The lexer.",
    functions: &[],
    init: |_, m| {
        m.add("TokenizerIter", type_value(ID));
        Ok(())
    },
};
