//! `sys.monitoring` (PEP 669): tools, their callbacks and the sets of events they want. The loop delivers no events yet.

use gc::{Ref, Reg, SendValue, Value};
use objects::native::{Method, function};
use objects::protocol::call;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::{Cx, PyResult, Raised};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Ids below this are for tools.
const TOOLS: usize = 6;
/// The events in the order of their bits.
const EVENTS: [&str; 19] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];
/// Events that can be wanted for one code object.
const LOCAL_EVENTS: i64 = 0x7ff;
/// C_RETURN and C_RAISE come with CALL.
const WITH_CALL: i64 = 0x3_0000;

#[derive(Default)]
struct Tool {
    name: Option<SendValue>,
    callbacks: HashMap<usize, SendValue>,
    events: i64,
    /// By the code object's address; the code is kept alive.
    local: HashMap<u64, (SendValue, i64)>,
}

static STATE: LazyLock<sync::mutex::Mutex<[Tool; TOOLS]>> = LazyLock::new(|| sync::mutex::Mutex::new(Default::default()));

fn tool(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let n = int::c_int(cx, v)?;
    match usize::try_from(n) {
        Ok(n) if n < TOOLS => Ok(n),
        _ => Err(cx.value_error(format!("invalid tool {n} (must be between 0 and 5)"))),
    }
}

fn used_tool(cx: &mut Cx, v: Ref<'_>) -> PyResult<usize> {
    let t = tool(cx, v)?;
    if STATE.lock()[t].name.is_none() {
        return Err(cx.value_error(format!("tool {t} is not in use")));
    }
    Ok(t)
}

fn clone_of(v: &SendValue) -> Value {
    v.as_ref().to_value()
}

fn use_tool_id(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    if objects::types::str::as_str(a[1]).is_none() {
        return Err(cx.value_error("tool name must be a str"));
    }
    let mut s = STATE.lock();
    if s[t].name.is_some() {
        drop(s);
        return Err(cx.value_error(format!("tool {t} is already in use")));
    }
    s[t].name = Some(SendValue::new(a[1].to_value()));
    Ok(Value::NONE.into())
}

fn clear(cx: &mut Cx, a: &[Ref<'_>], free: bool) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    let old = {
        let mut s = STATE.lock();
        let old = std::mem::take(&mut s[t]);
        let mut old = old;
        if !free {
            s[t].name = old.name.take();
        }
        old
    };
    drop(old.name.map(SendValue::into_value));
    old.callbacks.into_values().for_each(|v| drop(v.into_value()));
    old.local.into_values().for_each(|(v, _)| drop(v.into_value()));
    Ok(Value::NONE.into())
}

fn get_tool(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    Ok(STATE.lock()[t].name.as_ref().map_or(Value::NONE, clone_of).into())
}

fn register_callback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    let event = int::c_int(cx, a[1])?;
    if event.count_ones() != 1 || event < 0 {
        return Err(cx.value_error("The callback can only be set for one event at a time"));
    }
    let bit = event.trailing_zeros() as usize;
    if bit >= EVENTS.len() {
        return Err(cx.value_error(format!("invalid event {event}")));
    }
    if !a[2].is_none() && !call::is_callable(a[2]) {
        return Err(cx.type_error("callback must be callable or None"));
    }
    let old = {
        let mut s = STATE.lock();
        let old = s[t].callbacks.remove(&bit);
        if !a[2].is_none() {
            s[t].callbacks.insert(bit, SendValue::new(a[2].to_value()));
        }
        old
    };
    Ok(old.map_or(Value::NONE, SendValue::into_value).into())
}

fn events(cx: &mut Cx, v: Ref<'_>, allowed: i64, what: &str) -> PyResult<i64> {
    let mut n = i64::from(int::c_int(cx, v)?);
    if n < 0 || n >= 1 << EVENTS.len() {
        return Err(invalid(cx, n));
    }
    // C_RETURN and C_RAISE are wanted together with CALL or not at all.
    if n & WITH_CALL != 0 {
        if n & WITH_CALL != WITH_CALL && what != "local " || n & 0x10 == 0 {
            return Err(cx.value_error("cannot set C_RETURN or C_RAISE events independently"));
        }
        n &= !WITH_CALL;
    }
    // BRANCH stands for both of its directions.
    if n & 1 << 18 != 0 {
        n = n & !(1 << 18) | 3 << 8;
    }
    if n & !allowed != 0 {
        return Err(cx.value_error(format!("invalid {what}event set 0x{n:x}")));
    }
    Ok(n)
}

#[cold]
fn invalid(cx: &mut Cx, n: i64) -> Raised {
    cx.value_error(format!("invalid event set 0x{n:x}"))
}

fn get_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = used_tool(cx, a[0])?;
    Ok(int::reg(STATE.lock()[t].events))
}
fn set_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = used_tool(cx, a[0])?;
    let n = events(cx, a[1], 0xffff, "")?;
    STATE.lock()[t].events = n;
    Ok(Value::NONE.into())
}

fn code_key(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    match v.exact::<Code>() {
        Some(_) => Ok(v.word().unmarked().0),
        None => Err(cx.type_error("code must be a code object")),
    }
}
fn get_local_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = used_tool(cx, a[0])?;
    let key = code_key(cx, a[1])?;
    Ok(int::reg(STATE.lock()[t].local.get(&key).map_or(0, |l| l.1)))
}
fn set_local_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = used_tool(cx, a[0])?;
    let key = code_key(cx, a[1])?;
    let n = events(cx, a[2], LOCAL_EVENTS, "local ")?;
    let old = {
        let mut s = STATE.lock();
        if n == 0 { s[t].local.remove(&key) } else { s[t].local.insert(key, (SendValue::new(a[1].to_value()), n)) }
    };
    if let Some((v, _)) = old {
        drop(v.into_value());
    }
    Ok(Value::NONE.into())
}

fn all_events(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let d = Dict::new();
    let s = STATE.lock();
    for (bit, name) in EVENTS.iter().enumerate() {
        let tools: i64 = s.iter().enumerate().filter(|(_, t)| t.events & 1 << bit != 0).map(|(n, _)| 1 << n).sum();
        if tools != 0 {
            d.set_text(name, int::from_i64(tools));
        }
    }
    Ok(d.into())
}

static FUNCTIONS: &[Method] = &[
    function("use_tool_id", "($module, tool_id, name, /)", use_tool_id, "Takes a tool id."),
    function("clear_tool_id", "($module, tool_id, /)", |cx, a| clear(cx, a, false), "Forgets a tool's events and callbacks."),
    function("free_tool_id", "($module, tool_id, /)", |cx, a| clear(cx, a, true), "Gives a tool id back."),
    function("get_tool", "($module, tool_id, /)", get_tool, "The name of the tool that has the id, or None."),
    function(
        "register_callback",
        "($module, tool_id, event, func, /)",
        register_callback,
        "Sets the callback of an event; gives the old one back.",
    ),
    function("get_events", "($module, tool_id, /)", get_events, "The events that a tool wants everywhere."),
    function("set_events", "($module, tool_id, event_set, /)", set_events, "Sets the events that a tool wants everywhere."),
    function("get_local_events", "($module, tool_id, code, /)", get_local_events, "The events that a tool wants in a code object."),
    function(
        "set_local_events",
        "($module, tool_id, code, event_set, /)",
        set_local_events,
        "Sets the events that a tool wants in a code object.",
    ),
    function("restart_events", "($module, /)", |_, _| Ok(Value::NONE.into()), "Takes back what callbacks have disabled."),
    function("_all_events", "($module, /)", all_events, "Which tools want which events."),
];

/// `sys.monitoring`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "sys.monitoring",
    doc: "",
    functions: FUNCTIONS,
    init: |cx, m| {
        let d = Dict::new();
        for (bit, name) in EVENTS.iter().enumerate() {
            d.set_text(name, int::from_i64(1 << bit));
        }
        d.set_text("NO_EVENTS", int::from_i64(0));
        m.add("events", crate::runtime::namespace_object(cx, &d)?);
        for (name, id) in [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)] {
            m.add(name, int::from_i64(id));
        }
        for name in ["DISABLE", "MISSING"] {
            let object = objects::types::type_::type_value(objects::ids::OBJECT);
            m.add(name, call::positional(cx, object.as_ref(), &[])?);
        }
        Ok(())
    },
};

/// Adds `sys.monitoring` to `sys`, and to the loaded modules.
pub fn install(cx: &mut Cx, sys: &Module) -> PyResult<()> {
    let m = Module::from_def(cx, &MODULE)?;
    crate::runtime::modules().set_str(Str::intern_text("sys.monitoring").as_ref(), m.value().clone());
    sys.add("monitoring", m);
    Ok(())
}
