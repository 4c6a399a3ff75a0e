//! `_pickle`: [`save`] and [`reduce`] write pickles, [`load`] reads them; [`pickler`] and [`unpickler`] are the types around them, [`buffer`]
//! has `PickleBuffer`.

pub mod buffer;
pub mod load;
pub mod names;
pub mod op;
pub mod pickler;
pub mod reduce;
pub mod save;
pub mod source;
pub mod unpickler;

use crate::guarded::error_type;
use gc::{Ref, Value};
use objects::native::{Method, function};
use objects::protocol::attr;
use objects::types::exception;
use objects::types::exception::methods::add_note;
use objects::types::module::ModuleDef;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Cx, PyResult, Raised};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const PICKLER: u32 = 560;
    pub const UNPICKLER: u32 = 561;
    pub const PICKLE_BUFFER: u32 = 562;
    pub const PICKLE_ERROR: u32 = 563;
    pub const PICKLING_ERROR: u32 = 564;
    pub const UNPICKLING_ERROR: u32 = 565;
    pub const PICKLER_MEMO: u32 = 566;
    pub const UNPICKLER_MEMO: u32 = 567;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &PICKLE_ERROR_TYPE,
    &PICKLING_ERROR_TYPE,
    &UNPICKLING_ERROR_TYPE,
    &pickler::PICKLER_TYPE,
    &pickler::MEMO_TYPE,
    &unpickler::UNPICKLER_TYPE,
    &unpickler::MEMO_TYPE,
    &buffer::PICKLE_BUFFER_TYPE,
];

/// `_pickle.PickleError`.
pub static PICKLE_ERROR_TYPE: TypeSpec = error_type(ids::PICKLE_ERROR, "_pickle.PickleError", exception::ids::EXCEPTION);
/// `_pickle.PicklingError`.
pub static PICKLING_ERROR_TYPE: TypeSpec = error_type(ids::PICKLING_ERROR, "_pickle.PicklingError", ids::PICKLE_ERROR);
/// `_pickle.UnpicklingError`.
pub static UNPICKLING_ERROR_TYPE: TypeSpec = error_type(ids::UNPICKLING_ERROR, "_pickle.UnpicklingError", ids::PICKLE_ERROR);

/// PicklingError.
fn cannot(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    cx.error(ids::PICKLING_ERROR, message)
}

/// UnpicklingError.
fn broken(cx: &mut Cx, message: impl AsRef<str>) -> Raised {
    cx.error(ids::UNPICKLING_ERROR, message)
}

/// Adds a note to the exception that is on its way.
fn noted<T>(cx: &mut Cx, r: PyResult<T>, note: impl FnOnce() -> String) -> PyResult<T> {
    match r {
        Ok(v) => Ok(v),
        Err(e) => {
            let exc = cx.catch(e);
            add_note(cx, exc.as_ref(), &note());
            Err(cx.raise(exc))
        }
    }
}

/// A member of a module.
fn member(cx: &mut Cx, module: &str, name: &str) -> PyResult<Value> {
    let m = cx.host.import(cx, module)?;
    attr::get_text(cx, m.as_ref(), name).map(gc::Reg::into_value)
}

static FUNCTIONS: &[Method] = &[
    function(
        "dump",
        "($module, /, obj, file, protocol=None, *, fix_imports=True, buffer_callback=None)",
        pickler::dump,
        "Writes an object to a file.",
    ),
    function(
        "dumps",
        "($module, /, obj, protocol=None, *, fix_imports=True, buffer_callback=None)",
        pickler::dumps,
        "The pickle of an object as bytes.",
    ),
    function(
        "load",
        "($module, /, file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())",
        unpickler::load,
        "Reads an object from a file.",
    ),
    function(
        "loads",
        "($module, data, /, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())",
        unpickler::loads,
        "The object of a pickle.",
    ),
];

/// `_pickle`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_pickle",
    doc: "Optimized pickling.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Pickler", type_value(ids::PICKLER));
        m.add("Unpickler", type_value(ids::UNPICKLER));
        m.add("PickleBuffer", type_value(ids::PICKLE_BUFFER));
        m.add("PickleError", type_value(ids::PICKLE_ERROR));
        m.add("PicklingError", type_value(ids::PICKLING_ERROR));
        m.add("UnpicklingError", type_value(ids::UNPICKLING_ERROR));
        Ok(())
    },
};

/// `None` for None and for what was not given.
fn optional(v: Ref<'_>) -> Option<Ref<'_>> {
    v.given().filter(|v| !v.is_none())
}
