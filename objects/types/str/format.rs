//! `str.format` and `str.format_map`.

use super::methods::built;
use super::{Str, as_str};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::{attr, item, text as show};
use crate::types::int;
use crate::types::type_::type_of;
use gc::{Gc, Ref, Reg, Value};
use std::ops::Range;
use text::Units;
use text::builder::StrBuilder;
use text::replacement::{
    AutoNumber, First, MAX_DEPTH, NO_POSITIONAL, Step, TOO_DEEP, Template, index_out_of_range, split_field_name, unknown_conversion,
};

/// Where fields get their values.
enum Source<'a> {
    /// `format(*args, **kwargs)`
    Args(Args<'a>),
    /// `format_map(mapping)`
    Map(Ref<'a>),
}

/// A part of a template as a str.
fn slice(cx: &mut Cx, u: Units<'_>, r: Range<usize>) -> PyResult<Gc<Str>> {
    Str::try_from_units(u.slice(r.start, r.end)).map_err(|_| cx.memory_error())
}

fn first_value(cx: &mut Cx, u: Units<'_>, first: &First, source: &Source<'_>, numbers: &mut AutoNumber) -> PyResult<Value> {
    let index = numbers.resolve(first).map_err(|m| cx.value_error(m))?;
    match (index, source) {
        (Some(_), Source::Map(_)) => Err(cx.value_error(NO_POSITIONAL)),
        (Some(i), Source::Args(args)) => match args.positional().get(i) {
            Some(v) => Ok(v.to_value()),
            None => Err(cx.index_error(index_out_of_range(i))),
        },
        (None, _) => {
            let First::Name(r) = first else { return Err(cx.system_error("a field without a name")) };
            let name = slice(cx, u, r.clone())?;
            match source {
                Source::Map(m) => item::get(cx, *m, name.value().as_ref()).map(Reg::into_value),
                Source::Args(args) => {
                    let found = args.keywords().find(|(n, _)| as_str(*n).is_some_and(|n| n.eq(&name)));
                    match found {
                        Some((_, v)) => Ok(v.to_value()),
                        None => Err(cx.key_error(name.value().as_ref())),
                    }
                }
            }
        }
    }
}

fn field_value(cx: &mut Cx, u: Units<'_>, name: Range<usize>, source: &Source<'_>, numbers: &mut AutoNumber) -> PyResult<Value> {
    let (first, path) = split_field_name(u, name).map_err(|m| cx.value_error(m))?;
    let mut v = first_value(cx, u, &first, source, numbers)?;
    for step in path {
        let step = step.map_err(|m| cx.value_error(m))?;
        v = match step {
            Step::Attribute(r) => {
                let name = slice(cx, u, r)?;
                let name = super::intern::intern(name.into_value());
                attr::get(cx, v.as_ref(), name.as_ref())?.into_value()
            }
            Step::Index(i) => {
                let key = int::from_usize(i);
                item::get(cx, v.as_ref(), key.as_ref())?.into_value()
            }
            Step::Key(r) => {
                let key = slice(cx, u, r)?;
                item::get(cx, v.as_ref(), key.value().as_ref())?.into_value()
            }
        };
    }
    Ok(v)
}

/// `!s`, `!r` or `!a`.
fn converted(cx: &mut Cx, v: Value, conversion: u32) -> PyResult<Value> {
    match char::from_u32(conversion) {
        Some('s') => show::str(cx, v.as_ref()).map(Gc::into_value),
        Some('r') => show::repr(cx, v.as_ref()).map(Gc::into_value),
        Some('a') => show::ascii(cx, v.as_ref()).map(Gc::into_value),
        _ => Err(cx.value_error(unknown_conversion(conversion))),
    }
}

/// Appends `format(v, spec)`.
pub fn push_formatted(cx: &mut Cx, out: &mut StrBuilder, v: Ref<'_>, spec: Ref<'_>) -> PyResult<()> {
    let r = show::format(cx, v, spec)?;
    out.push_units(r.units());
    Ok(())
}

fn expand(
    cx: &mut Cx,
    u: Units<'_>,
    range: Range<usize>,
    source: &Source<'_>,
    numbers: &mut AutoNumber,
    depth: usize,
    out: &mut StrBuilder,
) -> PyResult<()> {
    if depth == 0 {
        return Err(cx.value_error(TOO_DEEP));
    }
    for piece in Template::new(u, range) {
        let piece = piece.map_err(|m| cx.value_error(m))?;
        out.push_units(u.slice(piece.literal.start, piece.literal.end));
        let Some(field) = piece.field else { continue };
        let mut v = field_value(cx, u, field.name, source, numbers)?;
        if let Some(c) = field.conversion {
            v = converted(cx, v, c)?;
        }
        let spec = if field.nested {
            let mut inner = StrBuilder::new();
            expand(cx, u, field.spec, source, numbers, depth - 1, &mut inner)?;
            Str::try_from_built(inner.finish()).map_err(|_| cx.memory_error())?
        } else {
            slice(cx, u, field.spec)?
        };
        push_formatted(cx, out, v.as_ref(), spec.value().as_ref())?;
    }
    Ok(())
}

fn run(cx: &mut Cx, template: &Str, source: &Source<'_>) -> PyResult<Reg> {
    let mut out = StrBuilder::with_capacity(template.len());
    expand(cx, template.units(), 0..template.len(), source, &mut AutoNumber::default(), MAX_DEPTH, &mut out)?;
    built(cx, out)
}

/// `str.format`
pub(super) fn format(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let Some(template) = args.positional().first().and_then(|v| as_str(*v)) else {
        return Err(match args.positional().first() {
            Some(v) => {
                let n = type_of(*v).name_text();
                cx.type_error(format!("descriptor 'format' for 'str' objects doesn't apply to a '{n}' object"))
            }
            None => cx.type_error("unbound method str.format() needs an argument"),
        });
    };
    run(cx, template, &Source::Args(args.without_first()))
}

/// `str.format_map`
pub(super) fn format_map(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    run(cx, super::methods::me(a[0]), &Source::Map(a[1]))
}
