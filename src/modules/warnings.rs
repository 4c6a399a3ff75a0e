//! `_warnings`: only what the interpreter itself needs. The rest of it is the library's own `_py_warnings`, to which `warn` hands over.

use objects::args::Args;
use objects::native::{Method, raw_function};
use objects::protocol::{attr, call};
use objects::types::module::ModuleDef;
use objects::{Cx, PyResult, Reg};

fn forward(cx: &mut Cx, args: Args<'_>, name: &str) -> PyResult<Reg> {
    let m = cx.host.import(cx, "warnings")?;
    let f = attr::get_text(cx, m.as_ref(), name)?.into_value();
    call::call(cx, f.as_ref(), args)
}

static FUNCTIONS: &[Method] = &[
    raw_function(
        "warn",
        "(message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())",
        |cx, a| forward(cx, a, "warn"),
        "Issues a warning.",
    ),
    raw_function(
        "warn_explicit",
        "(message, category, filename, lineno, module=None, registry=None, module_globals=None, source=None)",
        |cx, a| forward(cx, a, "warn_explicit"),
        "Issues a warning with its place.",
    ),
];

/// `_warnings`.
pub static MODULE: ModuleDef =
    ModuleDef { name: "_warnings", doc: "Warnings, for the interpreter itself.", functions: FUNCTIONS, init: |_, _| Ok(()) };
