//! `_sysconfig`: what the library's `sysconfig` asks of the build.

use objects::native::{Method, function};
use objects::types::dict::Dict;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::{Cx, PyResult, Ref, Reg, Value};

/// Suffix that extension modules of this implementation would have. None can be loaded; packaging tools derive tags from it.
pub const EXTENSION_SUFFIX: &str = ".weft314t-x86_64-linux-gnu.so";

fn config_vars(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = Dict::new();
    d.set_text("EXT_SUFFIX", Str::from_text(EXTENSION_SUFFIX));
    d.set_text("SOABI", Str::from_text(EXTENSION_SUFFIX.trim_start_matches('.').trim_end_matches(".so")));
    d.set_text("Py_DEBUG", Value::small_int(0));
    d.set_text("Py_GIL_DISABLED", Value::small_int(1));
    Ok(d.into())
}

static FUNCTIONS: &[Method] = &[function("config_vars", "($module, /)", config_vars, "The variables of this build.")];

/// `_sysconfig`.
pub static MODULE: ModuleDef =
    ModuleDef { name: "_sysconfig", doc: "A helper for the sysconfig module.", functions: FUNCTIONS, init: |_, _| Ok(()) };
