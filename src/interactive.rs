//! The interactive prompt: when it starts, what runs before it, and which one it is (`Modules/main.c`).
//!
//! On a terminal it is the library's `_pyrepl`, which falls back to [`library/_basic_repl.py`](../library/_basic_repl.py) where the terminal cannot
//! do what it needs; without a terminal it is always the latter.

use crate::modules::sys::{VERSION, settings};
use crate::runtime::{import, sys_attribute, write_stderr};
use gc::Value;
use objects::protocol::{attr, call};
use objects::types::str::Str;
use objects::{Cx, PyResult};

fn on_terminal() -> bool {
    // SAFETY: a plain number.
    unsafe { libc::isatty(0) == 1 }
}

/// A variable of the environment, unless it is to be ignored.
fn variable(name: &str) -> Option<std::ffi::OsString> {
    if settings().ignore_environment != 0 { None } else { std::env::var_os(name).filter(|v| !v.is_empty()) }
}

/// Whether a program from standard input is typed in.
pub fn is_wanted() -> bool {
    settings().interactive || on_terminal()
}

/// Whether the prompt comes after the program, which may have set the variable of the environment itself.
pub fn is_wanted_after(cx: &mut Cx) -> bool {
    inspects(cx) && is_wanted()
}

/// Whether a program's end is to be inspected.
pub fn inspects(cx: &mut Cx) -> bool {
    settings().inspect != 0 || asked_by_program(cx)
}

/// `PYTHONINSPECT` as `os.environ` or the process has it.
fn asked_by_program(_cx: &mut Cx) -> bool {
    variable("PYTHONINSPECT").is_some()
}

/// What the version line and the line below say.
fn header() -> String {
    let (a, b, c) = VERSION;
    let first = format!("Python {a}.{b}.{c} free-threading build (weft {}) [rustc] on linux\n", env!("CARGO_PKG_VERSION"));
    let rest =
        if settings().no_site == 0 { "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.\n" } else { "" };
    first + rest
}

/// Shows the version, runs `PYTHONSTARTUP` and the hook.
pub fn prepare(cx: &mut Cx) -> PyResult<()> {
    if settings().quiet == 0 {
        write_stderr(cx, &header());
    }
    if let Some(file) = variable("PYTHONSTARTUP")
        && let Err(e) = crate::program::run_startup(cx, &file)
    {
        let exc = cx.catch(e);
        if crate::modules::host::is_system_exit(exc.as_ref()) {
            return Err(cx.raise(exc));
        }
        crate::command_line::show(cx, &exc);
    }
    hook(cx);
    Ok(())
}

/// Runs `sys.__interactivehook__`.
pub fn hook(cx: &mut Cx) {
    let Some(f) = sys_attribute(Str::intern_text("__interactivehook__").as_ref()) else { return };
    if let Err(e) = call::positional(cx, f.as_ref(), &[]) {
        let exc = cx.catch(e);
        write_stderr(cx, "Failed calling sys.__interactivehook__\n");
        crate::command_line::show(cx, &exc);
    }
}

/// Runs the prompt until the end of input.
pub fn run(cx: &mut Cx) -> PyResult<()> {
    crate::modules::audit::raise(cx, "cpython.run_stdin", &[])?;
    if !on_terminal() || variable("PYTHON_BASIC_REPL").is_some() {
        return basic(cx);
    }
    let main = import(cx, "_pyrepl.main")?;
    let f = attr::get_text(cx, main.as_ref(), "interactive_console")?.into_value();
    let namespace = crate::runtime::loaded("__main__").unwrap_or(Value::NONE);
    call::positional(cx, f.as_ref(), &[namespace.as_ref()])?;
    Ok(())
}

/// The prompt without line editing.
pub fn basic(cx: &mut Cx) -> PyResult<()> {
    let m = import(cx, "_basic_repl")?;
    call::method(cx, m.as_ref(), Str::intern_text("run").as_ref(), &[])?;
    Ok(())
}
