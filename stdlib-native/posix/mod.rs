//! `posix`: the operating system. One file per theme; [`arguments`] has what they share.

pub mod arguments;
pub mod config;
pub mod constants;
pub mod descriptors;
pub mod directory;
pub mod environment;
pub mod execute;
pub mod files;
pub mod fork;
pub mod names;
pub mod process;
pub mod stat;
pub mod terminal;
pub mod users;

use gc::Payload;
use objects::native::{Method, function, new_function};
use objects::protocol::path::os_error_class;
use objects::types::dict::Dict;
use objects::types::int::from_i64;
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Cx, PyResult, Value};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const SCAN: u32 = 400;
    pub const ENTRY: u32 = 401;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&directory::SCAN_TYPE, &directory::ENTRY_TYPE];

static FUNCTIONS: &[Method] = &[
    function("_inputhook", "($module, /)", |_, _| Ok(Value::NONE.into()), "Calls the hook of interactive input, of which there is none."),
    function("_is_inputhook_installed", "($module, /)", |_, _| Ok(Value::FALSE.into()), "Whether there is a hook of interactive input."),
];

/// Functions by theme.
static TABLES: &[&[Method]] = &[
    stat::FUNCTIONS,
    directory::FUNCTIONS,
    files::FUNCTIONS,
    descriptors::FUNCTIONS,
    terminal::FUNCTIONS,
    config::FUNCTIONS,
    users::FUNCTIONS,
    environment::FUNCTIONS,
    process::FUNCTIONS,
    execute::FUNCTIONS,
    fork::FUNCTIONS,
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let name = Str::intern_text("posix");
    for f in TABLES.iter().copied().flatten() {
        let object = new_function(f, name.clone());
        object.header().make_deferred();
        m.add(f.name, object);
    }
    for (name, n) in constants::NUMBERS {
        m.add(name, from_i64(*n));
    }
    for (name, table) in
        [("sysconf_names", names::SYSCONF_NAMES), ("confstr_names", names::CONFSTR_NAMES), ("pathconf_names", names::PATHCONF_NAMES)]
    {
        let d = Dict::new();
        for (k, n) in table {
            d.set_text(k, from_i64(i64::from(*n)));
        }
        m.add(name, d);
    }
    m.add("_have_functions", List::from_values(names::HAVE_FUNCTIONS.iter().map(|n| Str::intern_text(n)).collect()));
    m.add("error", os_error_class());
    m.add("environ", environment::snapshot(cx)?);
    m.add("DirEntry", type_value(ids::ENTRY));
    stat::finish(cx)?;
    config::finish(cx)?;
    for (name, class) in [
        ("stat_result", &stat::STAT_RESULT),
        ("statvfs_result", &stat::STATVFS_RESULT),
        ("terminal_size", &terminal::TERMINAL_SIZE),
        ("sched_param", &config::SCHED_PARAM),
        ("times_result", &process::TIMES_RESULT),
        ("uname_result", &process::UNAME_RESULT),
        ("waitid_result", &process::WAITID_RESULT),
    ] {
        m.add(name, class.get(cx)?);
    }
    Ok(())
}

/// `posix`.
pub static MODULE: ModuleDef = ModuleDef { name: "posix", doc: "The operating system's functions.", functions: FUNCTIONS, init };
