//! `_csv.writer`: a row is put together in memory of its own and written in one call.

use super::dialect::{self, Dialect, quoting};
use super::{error, first, ids};
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{Member, Method, getter, method};
use objects::protocol::{attr, call, iter, text as show};
use objects::types::exception;
use objects::types::str::{Str, Units, as_str};
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult, names};
use text::StrBuilder;

/// A writer; never changes.
#[repr(C)]
pub struct Writer {
    dialect: Gc<Dialect>,
    write: Value,
}
// SAFETY: visits both words.
unsafe impl Payload for Writer {
    const TYPE_ID: u32 = ids::WRITER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.dialect.value().word());
        visit(self.write.word());
    }
}

fn me(v: Ref<'_>) -> &Writer {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Writer>() }
}

/// `writer(fileobj, dialect, ...)`
pub fn new(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let (file, d) = first(cx, &args, "writer")?;
    let dialect = dialect::made(cx, d, &args)?;
    match attr::get_optional(cx, file, names::write())? {
        Some(write) if call::is_callable(write.as_ref()) => Ok(gc::alloc(Writer { dialect, write }).into()),
        _ => Err(cx.type_error("argument 1 must have a \"write\" method")),
    }
}

struct Row<'a> {
    d: &'a Dialect,
    ends: Vec<u32>,
    out: StrBuilder,
    fields: usize,
}

impl Row<'_> {
    fn append(&mut self, cx: &mut Cx, field: Option<Units<'_>>, mut quoted: bool) -> PyResult<()> {
        let d = self.d;
        let text = field.unwrap_or(Units::One(&[]));
        if text.is_empty() && d.delimiter == 32 && d.skip_space {
            if d.quoting == quoting::NONE || (field.is_none() && matches!(d.quoting, quoting::STRINGS | quoting::NOTNULL)) {
                return Err(error(cx, "empty field must be quoted if delimiter is a space and skipinitialspace is true"));
            }
            quoted = true;
        }
        let special =
            |c: u32| c == d.delimiter || Some(c) == d.escape || Some(c) == d.quote || c == 10 || c == 13 || self.ends.contains(&c);
        let mut plain = true;
        for c in text.iter() {
            if !special(c) {
                continue;
            }
            plain = false;
            let escaped =
                d.quoting == quoting::NONE || (Some(c) == d.quote && !d.double_quote) || (Some(c) == d.escape && Some(c) != d.quote);
            if !escaped {
                quoted = true;
            } else if d.escape.is_none() {
                return Err(error(cx, "need to escape, but no escapechar set"));
            }
        }
        if self.fields > 0 {
            self.out.push(d.delimiter);
        }
        let quote = d.quote.filter(|_| quoted);
        if let Some(q) = quote {
            self.out.push(q);
        }
        if plain {
            self.out.push_units(text);
        } else {
            for c in text.iter() {
                if special(c) {
                    let none = d.quoting == quoting::NONE;
                    if !none && Some(c) == d.quote && d.double_quote {
                        self.out.push(c);
                    } else if (none || Some(c) == d.quote || Some(c) == d.escape)
                        && let Some(e) = d.escape
                    {
                        self.out.push(e);
                    }
                }
                self.out.push(c);
            }
        }
        if let Some(q) = quote {
            self.out.push(q);
        }
        self.fields += 1;
        Ok(())
    }
}

fn is_number(v: Ref<'_>) -> bool {
    let t = type_of(v);
    v.word().is_int()
        || v.word().is_float()
        || t.slots.int().is_some()
        || t.slots.float().is_some()
        || t.slots.index().is_some()
        || t.is_subtype_of_id(objects::ids::COMPLEX)
}

fn write_row(cx: &mut Cx, v: Ref<'_>, row: Ref<'_>) -> PyResult<Reg> {
    let w = me(v);
    let d = &w.dialect;
    let it = match iter::iter(cx, row) {
        Ok(it) => it.into_value(),
        Err(e) => {
            drop(cx.catch_if(e, exception::ids::TYPE_ERROR)?);
            let n = type_of(row).shown_name();
            return Err(error(cx, format!("iterable expected, not {n}")));
        }
    };
    let ends = as_str(d.terminator.as_ref()).map(|s| s.units().to_vec()).unwrap_or_default();
    let mut r = Row { d, ends, out: StrBuilder::new(), fields: 0 };
    let mut null = false;
    while let Some(field) = iter::next(cx, it.as_ref())? {
        let field = field.into_value();
        let f = field.as_ref();
        let quoted = match d.quoting {
            quoting::NONNUMERIC => !is_number(f),
            quoting::ALL => true,
            quoting::STRINGS => as_str(f).is_some(),
            quoting::NOTNULL => !f.is_none(),
            _ => false,
        };
        null = f.is_none();
        match as_str(f) {
            Some(s) => r.append(cx, Some(s.units()), quoted)?,
            None if null => r.append(cx, None, quoted)?,
            None => {
                let s = show::str(cx, f)?;
                r.append(cx, Some(s.units()), quoted)?;
            }
        }
    }
    if r.fields > 0 && r.out.is_empty() {
        if d.quoting == quoting::NONE || (null && matches!(d.quoting, quoting::STRINGS | quoting::NOTNULL)) {
            return Err(error(cx, "single empty field record must be quoted"));
        }
        r.fields -= 1;
        r.append(cx, None, true)?;
    }
    if let Some(s) = as_str(d.terminator.as_ref()) {
        r.out.push_units(s.units());
    }
    let line = match Str::try_from_built(r.out.finish()) {
        Ok(s) => s.into_value(),
        Err(_) => return Err(cx.memory_error()),
    };
    call::positional(cx, w.write.as_ref(), &[line.as_ref()]).map(Reg::from)
}

fn write_rows(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = iter::iter(cx, a[1])?.into_value();
    while let Some(row) = iter::next(cx, it.as_ref())? {
        let row = row.into_value();
        drop(write_row(cx, a[0], row.as_ref())?);
    }
    Ok(Value::NONE.into())
}

static METHODS: &[Method] = &[
    method("writerow", "($self, row, /)", |cx, a| write_row(cx, a[0], a[1]), "Writes a row."),
    method("writerows", "($self, rows, /)", write_rows, "Writes several rows."),
];

/// `_csv.writer`.
pub static WRITER_TYPE: TypeSpec = TypeSpec::of::<Writer>("_csv.writer")
    .flags(flags::NO_NEW)
    .methods(METHODS)
    .members(&[Member(getter("dialect", |_, v| Ok(me(v).dialect.to_value().into()), ""))])
    .doc("CSV writer");
