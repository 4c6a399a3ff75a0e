//! `_csv`: [`dialect`] has the settings and their registry, [`reader`] and [`writer`] the rest.

pub mod dialect;
pub mod reader;
pub mod writer;

use crate::guarded::error_type;
use gc::{Payload, Ref, Reg, Value};
use objects::native::{Method, function, raw_function};
use objects::types::exception;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::{TypeSpec, type_value};
use objects::{Args, Cx, PyResult, Raised};
use sync::prim::{AtomicI64, Ordering};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const DIALECT: u32 = 556;
    pub const READER: u32 = 557;
    pub const WRITER: u32 = 558;
    pub const ERROR: u32 = 559;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&dialect::DIALECT_TYPE, &reader::READER_TYPE, &writer::WRITER_TYPE, &ERROR_TYPE];
/// `_csv.Error`.
pub static ERROR_TYPE: TypeSpec = error_type(ids::ERROR, "_csv.Error", exception::ids::EXCEPTION);

/// Most characters a field may have.
static FIELD_LIMIT: AtomicI64 = AtomicI64::new(128 * 1024);

fn error(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    cx.error(ids::ERROR, message)
}

fn field_size_limit(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let old = FIELD_LIMIT.load(Ordering::Relaxed);
    if let Some(v) = a[0].given() {
        if int::as_int(v).is_none() {
            return Err(cx.type_error("limit must be an integer"));
        }
        FIELD_LIMIT.store(int::index_i64(cx, v)?, Ordering::Relaxed);
    }
    Ok(int::reg(old))
}

/// The first argument of a function that has a dialect as its second.
fn first<'a>(cx: &mut Cx, args: &Args<'a>, name: &str) -> PyResult<(Ref<'a>, Option<Ref<'a>>)> {
    args.check_count(cx, name, 1, 2)?;
    let p = args.positional();
    Ok((p[0], p.get(1).copied().or_else(|| args.keyword("dialect"))))
}

fn register(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let (name, d) = first(cx, &args, "register_dialect")?;
    if as_str(name).is_none() {
        return Err(cx.type_error("dialect name must be a string"));
    }
    let d = dialect::made(cx, d, &args)?;
    dialect::registry().set(cx, name, d.as_ref())?;
    Ok(Value::NONE.into())
}

fn unregister(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match dialect::registry().remove(cx, a[0])? {
        Some(_) => Ok(Value::NONE.into()),
        None => Err(error(cx, "unknown dialect")),
    }
}

static FUNCTIONS: &[Method] = &[
    raw_function("reader", "($module, iterable, /, dialect='excel', **fmtparams)", reader::new, "A reader of rows."),
    raw_function("writer", "($module, fileobj, /, dialect='excel', **fmtparams)", writer::new, "A writer of rows."),
    function(
        "list_dialects",
        "($module, /)",
        |_, _| Ok(List::from_values(dialect::registry().items().into_iter().map(|(k, _)| k).collect()).into()),
        "Names of the registered dialects.",
    ),
    raw_function("register_dialect", "($module, name, /, dialect='excel', **fmtparams)", register, "Registers a dialect."),
    function("unregister_dialect", "($module, /, name)", unregister, "Forgets a dialect."),
    function("get_dialect", "($module, /, name)", |cx, a| dialect::registered(cx, a[0]).map(Reg::from), "A registered dialect."),
    function("field_size_limit", "($module, /, new_limit=<unrepresentable>)", field_size_limit, "The limit of a field's length."),
];

/// `_csv`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_csv",
    doc: "CSV parsing and writing.\n",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Dialect", type_value(ids::DIALECT));
        m.add("Reader", type_value(ids::READER));
        m.add("Writer", type_value(ids::WRITER));
        m.add("Error", type_value(ids::ERROR));
        m.add("_dialects", Value::from(dialect::registry()));
        let constants = [
            ("QUOTE_MINIMAL", 0),
            ("QUOTE_ALL", 1),
            ("QUOTE_NONNUMERIC", 2),
            ("QUOTE_NONE", 3),
            ("QUOTE_STRINGS", 4),
            ("QUOTE_NOTNULL", 5),
        ];
        for (name, n) in constants {
            m.add(name, Value::small_int(n));
        }
        Ok(())
    },
};

/// An empty str.
fn empty() -> Value {
    Str::empty().into_value()
}
