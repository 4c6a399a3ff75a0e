//! `unicodedata`: the Unicode database of [`text::unicode`].

use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Member, Method, function, getter, method};
use objects::protocol::text::expect_str;
use objects::types::exception;
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str, text};
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Cx, PyResult};
use text::unicode::normalize::{self, Form};
use text::unicode::{Database, names};

/// Id of the type.
pub const UCD: u32 = 535;
/// The types.
pub static SPECS: &[&TypeSpec] = &[&UCD_TYPE];

/// `UCD` object: a version of the database.
#[repr(C)]
pub struct Ucd {
    database: Database,
}
// SAFETY: holds no words.
unsafe impl Payload for Ucd {
    const TYPE_ID: u32 = UCD;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn character(cx: &mut Cx, v: Ref<'_>, function: &str, numbered: bool) -> PyResult<u32> {
    let which = if numbered { " 1" } else { "" };
    let Some(s) = as_str(v) else {
        let n = if v.is_none() { "None".into() } else { type_of(v).shown_name() };
        return Err(cx.type_error(format!("{function}() argument{which} must be a unicode character, not {n}")));
    };
    if s.len() != 1 {
        let n = s.len();
        return Err(cx.type_error(format!("{function}(): argument{which} must be a unicode character, not a string of length {n}")));
    }
    Ok(s.units().at(0))
}

fn or_default(cx: &mut Cx, r: Option<Value>, default: Ref<'_>, message: &str) -> PyResult<Reg> {
    match (r, default.given()) {
        (Some(v), _) => Ok(v.into()),
        (None, Some(d)) => Ok(d.to_value().into()),
        (None, None) => Err(cx.value_error(message)),
    }
}

fn decimal(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = character(cx, a[0], "decimal", true)?;
    or_default(cx, d.decimal(c).map(|n| Value::small_int(n.into())), a[1], "not a decimal")
}
fn digit(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = character(cx, a[0], "digit", true)?;
    or_default(cx, d.digit(c).map(|n| Value::small_int(n.into())), a[1], "not a digit")
}
fn numeric(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = character(cx, a[0], "numeric", true)?;
    or_default(cx, d.numeric(c).map(Value::float), a[1], "not a numeric character")
}
fn name(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let c = character(cx, a[0], "name", true)?;
    let found = if d.is_assigned(c) { names::name(c) } else { None };
    or_default(cx, found.map(|n| Str::from_text(&n).into_value()), a[1], "no such name")
}
fn lookup(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(s) = as_str(a[0]) else {
        let n = type_of(a[0]).shown_name();
        return Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")));
    };
    let s = s.to_string_lossy();
    if s.len() > 256 {
        let m = Str::from_text("name too long").into_value();
        return Err(cx.error_arg(exception::ids::KEY_ERROR, m.as_ref()));
    }
    match names::lookup(&s) {
        // Aliases belong to the current version only.
        Some(names::Named::Character(c)) if d == Database::Current || names::name(c).is_some_and(|n| n.eq_ignore_ascii_case(&s)) => {
            Ok(Str::from_char(c).into())
        }
        Some(names::Named::Sequence(cs)) if d == Database::Current => Ok(Str::from_code_points(&cs).into()),
        _ => {
            let m = Str::from_text(&format!("undefined character name '{s}'")).into_value();
            Err(cx.error_arg(exception::ids::KEY_ERROR, m.as_ref()))
        }
    }
}
fn category(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(text(d.category(character(cx, a[0], "category", false)?)))
}
fn bidirectional(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(text(d.bidirectional(character(cx, a[0], "bidirectional", false)?)))
}
fn combining(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(d.combining(character(cx, a[0], "combining", false)?).into()))
}
fn mirrored(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(int::reg(d.mirrored(character(cx, a[0], "mirrored", false)?).into()))
}
fn east_asian_width(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(text(d.east_asian_width(character(cx, a[0], "east_asian_width", false)?)))
}
fn decomposition(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(text(&normalize::decomposition(d, character(cx, a[0], "decomposition", false)?)))
}
fn form(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<(Option<Form>, ())> {
    let s = expect_str(cx, v, &format!("{function}() argument 1"))?;
    Ok((Form::named(&s.to_string_lossy()), ()))
}
fn is_normalized(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (f, ()) = form(cx, a[0], "is_normalized")?;
    let s = expect_str(cx, a[1], "is_normalized() argument 2")?;
    if s.is_empty() {
        return Ok(Value::TRUE.into());
    }
    match f {
        Some(f) => Ok(Value::bool(s.is_ascii() || normalize::is_normalized(d, f, s.units())).into()),
        None => Err(cx.value_error("invalid normalization form")),
    }
}
fn normalized(cx: &mut Cx, d: Database, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (f, ()) = form(cx, a[0], "normalize")?;
    let s = expect_str(cx, a[1], "normalize() argument 2")?;
    // The same text, as an exact str.
    let same = || -> Reg { if a[1].exact::<Str>().is_some() { a[1].to_value().into() } else { Str::from_units(s.units()).into() } };
    if s.is_empty() {
        return Ok(same());
    }
    let Some(f) = f else { return Err(cx.value_error("invalid normalization form")) };
    match normalize::normalize(d, f, s.units()) {
        None => Ok(same()),
        Some(chars) => {
            let max = chars.iter().copied().max().unwrap_or(0);
            let n = chars.len();
            let r = Str::try_from_chars(chars.into_iter(), n, max);
            objects::types::str::methods::made(cx, r)
        }
    }
}

macro_rules! tables {
    ($($name:ident = $text:literal, $args:literal, $doc:literal;)*) => {
        static FUNCTIONS: &[Method] = &[
            $(function($text, concat!("($module, ", $args, ", /)"), |cx, a| $name(cx, Database::Current, a), $doc),)*
        ];
        static METHODS: &[Method] = &[
            $(method($text, concat!("($self, ", $args, ", /)"), |cx, a| $name(cx, me(a[0]).database, &a[1..]), $doc),)*
        ];
    };
}

tables! {
    decimal = "decimal", "chr, default=<unrepresentable>", "Decimal value of a character.";
    digit = "digit", "chr, default=<unrepresentable>", "Digit value of a character.";
    numeric = "numeric", "chr, default=<unrepresentable>", "Numeric value of a character.";
    category = "category", "chr", "General category of a character.";
    bidirectional = "bidirectional", "chr", "Bidirectional class of a character.";
    combining = "combining", "chr", "Canonical combining class of a character.";
    mirrored = "mirrored", "chr", "Whether a character is mirrored.";
    east_asian_width = "east_asian_width", "chr", "East Asian width of a character.";
    decomposition = "decomposition", "chr", "Decomposition of a character.";
    name = "name", "chr, default=<unrepresentable>", "Name of a character.";
    lookup = "lookup", "name", "The character with a name.";
    is_normalized = "is_normalized", "form, unistr", "Whether a str is in a normalization form.";
    normalized = "normalize", "form, unistr", "A str in a normalization form.";
}

fn me(v: Ref<'_>) -> &Ucd {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Ucd>() }
}

/// `unicodedata.UCD`.
pub static UCD_TYPE: TypeSpec = TypeSpec::of::<Ucd>("unicodedata.UCD").flags(flags::NO_NEW).methods(METHODS).members(&[Member(getter(
    "unidata_version",
    |_, v| Ok(text(me(v).database.version())),
    "",
))]);

/// `unicodedata`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "unicodedata",
    doc: "The Unicode character database.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("unidata_version", Str::from_text(Database::Current.version()));
        m.add("ucd_3_2_0", gc::alloc(Ucd { database: Database::Old }).into_value());
        m.add("UCD", type_value(UCD));
        Ok(())
    },
};
