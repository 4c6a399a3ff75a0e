//! `_csv.Dialect`: the settings of readers and writers, and the registry of named ones.

use super::{error, ids};
use crate::guarded::make;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getter, method};
use objects::protocol::{attr, call, truth};
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};
use std::sync::OnceLock;

/// When fields are quoted.
#[allow(missing_docs)]
pub mod quoting {
    pub const MINIMAL: i64 = 0;
    pub const ALL: i64 = 1;
    pub const NONNUMERIC: i64 = 2;
    pub const NONE: i64 = 3;
    pub const STRINGS: i64 = 4;
    pub const NOTNULL: i64 = 5;
}

/// Settings; never change.
#[repr(C)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: u32,
    /// Before special characters.
    pub escape: Option<u32>,
    /// Around fields.
    pub quote: Option<u32>,
    /// See [`quoting`].
    pub quoting: i64,
    /// Quotes in quoted fields are doubled.
    pub double_quote: bool,
    /// Spaces after a delimiter do not count.
    pub skip_space: bool,
    /// Bad input is an error.
    pub strict: bool,
    /// At the end of a row, when writing: a str.
    pub terminator: Value,
}
// SAFETY: visits the terminator.
unsafe impl Payload for Dialect {
    const TYPE_ID: u32 = ids::DIALECT;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.terminator.word());
    }
}

static REGISTRY: OnceLock<u64> = OnceLock::new();

/// Dialects by name.
pub fn registry() -> Gc<Dict> {
    let w = *REGISTRY.get_or_init(|| {
        let d = Dict::new();
        d.header().make_immortal();
        d.into_value().into_word().0
    });
    // SAFETY: an immortal dict.
    unsafe { Gc::from_value(Ref::from_word(Word(w)).to_value()) }
}

/// A registered dialect; Error "unknown dialect".
pub fn registered(cx: &mut Cx, name: Ref<'_>) -> PyResult<Value> {
    match registry().get(cx, name)? {
        Some(d) => Ok(d.into_value()),
        None => Err(error(cx, "unknown dialect")),
    }
}

/// The dialect for a call: its positional argument, changed by keyword arguments.
pub fn made(cx: &mut Cx, dialect: Option<Ref<'_>>, args: &Args<'_>) -> PyResult<Gc<Dialect>> {
    let keywords = Dict::new();
    for (name, v) in args.keywords() {
        if !as_str(name).is_some_and(|s| s.eq_str("dialect")) {
            keywords.set(cx, name, v)?;
        }
    }
    let (names, values): (Vec<_>, Vec<_>) = keywords.items().into_iter().unzip();
    let names = objects::types::tuple::Tuple::from_values(names);
    let mut items: Vec<Ref<'_>> = dialect.into_iter().collect();
    items.extend(values.iter().map(Value::as_ref));
    let class = type_value(ids::DIALECT);
    let v = call::call(cx, class.as_ref(), Args { items: &items, names: Some(&names) })?.into_value();
    // SAFETY: the type's `new` gives a dialect.
    Ok(unsafe { Gc::from_value(v) })
}

crate::parameters!(
    NEW,
    "this function",
    "($self, dialect=None, delimiter=',', doublequote=True, escapechar=None, lineterminator='', quotechar='', quoting=0, skipinitialspace=False, strict=False)"
);

const NAMES: [&str; 8] = ["delimiter", "doublequote", "escapechar", "lineterminator", "quotechar", "quoting", "skipinitialspace", "strict"];

/// A setting of one character.
fn character(cx: &mut Cx, name: &str, v: Option<&Value>, default: Option<u32>, optional: bool) -> PyResult<Option<u32>> {
    let Some(v) = v else { return Ok(default) };
    let v = v.as_ref();
    if optional && v.is_none() {
        return Ok(None);
    }
    let or_none = if optional { " or None" } else { "" };
    match as_str(v) {
        Some(s) if s.len() == 1 => Ok(Some(s.units().at(0))),
        Some(s) => {
            let n = s.len();
            Err(cx.type_error(format!("\"{name}\" must be a unicode character{or_none}, not a string of length {n}")))
        }
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("\"{name}\" must be a unicode character{or_none}, not {n}")))
        }
    }
}

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    for (name, _) in args.keywords() {
        let known = as_str(name).is_some_and(|s| s.eq_str("dialect") || NAMES.iter().any(|n| s.eq_str(n)));
        if !known {
            let n = as_str(name).map_or_else(String::new, Str::to_string_lossy);
            return Err(cx.type_error(format!("this function got an unexpected keyword argument '{n}'")));
        }
    }
    NEW.bind(cx, args, |cx, a| {
        let mut base = a[0].given().map(Ref::to_value);
        if let Some(v) = &base
            && as_str(v.as_ref()).is_some()
        {
            base = Some(registered(cx, v.as_ref())?);
        }
        if let Some(v) = &base
            && v.as_ref().exact::<Dialect>().is_some()
            && a[1..].iter().all(|x| x.is_missing())
        {
            return Ok(v.clone().into());
        }
        let mut given: Vec<Option<Value>> = Vec::with_capacity(NAMES.len());
        for (name, v) in NAMES.iter().zip(&a[1..]) {
            let mut v = v.given().map(Ref::to_value);
            if v.is_none()
                && let Some(b) = &base
            {
                let name = Str::intern_text(name);
                v = attr::get_optional(cx, b.as_ref(), name.as_ref())?;
            }
            given.push(v);
        }
        let delimiter = character(cx, "delimiter", given[0].as_ref(), Some(u32::from(b',')), false)?.unwrap_or(u32::from(b','));
        let flag = |cx: &mut Cx, v: &Option<Value>, default: bool| v.as_ref().map_or(Ok(default), |v| truth::of(cx, v.as_ref()));
        let double_quote = flag(cx, &given[1], true)?;
        let escape = character(cx, "escapechar", given[2].as_ref(), None, true)?;
        let terminator = match &given[3] {
            None => Str::from_text("\r\n").into_value(),
            Some(v) if as_str(v.as_ref()).is_some() => v.clone(),
            Some(v) => {
                let n = type_of(v.as_ref()).shown_name();
                return Err(cx.type_error(format!("\"lineterminator\" must be a string, not {n}")));
            }
        };
        let quote = character(cx, "quotechar", given[4].as_ref(), Some(u32::from(b'"')), true)?;
        let mut how = match &given[5] {
            None => quoting::MINIMAL,
            Some(v) if v.word().is_int() => v.word().int(),
            Some(v) if int::as_int(v.as_ref()).is_some() => int::index_i64(cx, v.as_ref())?,
            Some(v) => {
                let n = type_of(v.as_ref()).shown_name();
                return Err(cx.type_error(format!("\"quoting\" must be an integer, not {n}")));
            }
        };
        let skip_space = flag(cx, &given[6], false)?;
        let strict = flag(cx, &given[7], false)?;
        if !(quoting::MINIMAL..=quoting::NOTNULL).contains(&how) {
            return Err(cx.type_error("bad \"quoting\" value"));
        }
        if given[4].as_ref().is_some_and(|q| q.as_ref().is_none()) && given[5].is_none() {
            how = quoting::NONE;
        }
        if how != quoting::NONE && quote.is_none() {
            return Err(cx.type_error("quotechar must be set if quoting enabled"));
        }
        let ends = as_str(terminator.as_ref()).map(|s| s.units().to_vec()).unwrap_or_default();
        for (name, c, space) in
            [("delimiter", Some(delimiter), true), ("escapechar", escape, !skip_space), ("quotechar", quote, !skip_space)]
        {
            let Some(c) = c else { continue };
            if c == 13 || c == 10 || (c == 32 && !space) {
                return Err(cx.value_error(format!("bad {name} value")));
            }
            if ends.contains(&c) {
                return Err(cx.value_error(format!("bad {name} or lineterminator value")));
            }
        }
        let pairs = [
            ("delimiter", Some(delimiter), "escapechar", escape),
            ("delimiter", Some(delimiter), "quotechar", quote),
            ("escapechar", escape, "quotechar", quote),
        ];
        for (x, a, y, b) in pairs {
            if a.is_some() && a == b {
                return Err(cx.value_error(format!("bad {x} or {y} value")));
            }
        }
        Ok(make(class, Dialect { delimiter, escape, quote, quoting: how, double_quote, skip_space, strict, terminator }))
    })
}

fn me(v: Ref<'_>) -> &Dialect {
    // SAFETY: getters and methods check their receiver.
    unsafe { v.cast::<Dialect>() }
}

fn shown(c: Option<u32>) -> PyResult<Reg> {
    Ok(c.map_or(Value::NONE, |c| Str::from_char(c).into_value()).into())
}

fn refuse(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = type_of(a[0]).name_text();
    Err(cx.type_error(format!("cannot pickle '{n}' instances")))
}

static GETSETS: &[GetSet] = &[
    getter("delimiter", |_, v| shown(Some(me(v).delimiter)), ""),
    getter("escapechar", |_, v| shown(me(v).escape), ""),
    getter("lineterminator", |_, v| Ok(me(v).terminator.clone().into()), ""),
    getter("quotechar", |_, v| shown(me(v).quote), ""),
    getter("quoting", |_, v| Ok(int::reg(me(v).quoting)), ""),
];
static MEMBERS: &[Member] = &[
    Member(getter("skipinitialspace", |_, v| Ok(Value::bool(me(v).skip_space).into()), "")),
    Member(getter("doublequote", |_, v| Ok(Value::bool(me(v).double_quote).into()), "")),
    Member(getter("strict", |_, v| Ok(Value::bool(me(v).strict).into()), "")),
];
static METHODS: &[Method] = &[method("__reduce__", "($self, /)", refuse, ""), method("__reduce_ex__", "($self, protocol, /)", refuse, "")];

/// `_csv.Dialect`.
pub static DIALECT_TYPE: TypeSpec = TypeSpec::of::<Dialect>("_csv.Dialect")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS)
    .doc("CSV dialect");
