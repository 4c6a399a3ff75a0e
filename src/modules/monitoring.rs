//! `sys.monitoring` (PEP 669): tools, their callbacks and the sets of events they want. The instrumented loop asks here what to deliver
//! (`vm/instrument/events.rs`) and remembers the answer for a code object until [`generation`] changes.

use gc::{Ref, Reg, SendValue, Value};
use objects::native::{Method, function};
use objects::protocol::call;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::{Cx, PyResult, Raised};
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use sync::prim::{AtomicU64, Ordering};
use sync::safepoint;

/// Ids below this are for tools.
pub const TOOLS: usize = 6;

/// Numbers of the events.
pub mod event {
    pub const PY_START: usize = 0;
    pub const PY_RESUME: usize = 1;
    pub const PY_RETURN: usize = 2;
    pub const PY_YIELD: usize = 3;
    pub const CALL: usize = 4;
    pub const LINE: usize = 5;
    pub const INSTRUCTION: usize = 6;
    pub const JUMP: usize = 7;
    pub const BRANCH_LEFT: usize = 8;
    pub const BRANCH_RIGHT: usize = 9;
    pub const STOP_ITERATION: usize = 10;
    pub const RAISE: usize = 11;
    pub const EXCEPTION_HANDLED: usize = 12;
    pub const PY_UNWIND: usize = 13;
    pub const PY_THROW: usize = 14;
    pub const RERAISE: usize = 15;
    pub const C_RETURN: usize = 16;
    pub const C_RAISE: usize = 17;
    pub const BRANCH: usize = 18;
}
/// The events in the order of their bits.
pub const EVENTS: [&str; 19] = [
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
    /// What callbacks have switched off: code, instruction and event.
    disabled: HashSet<(u64, u32, usize)>,
}

static STATE: LazyLock<sync::mutex::Mutex<[Tool; TOOLS]>> = LazyLock::new(|| sync::mutex::Mutex::new(Default::default()));

/// Changes whenever what is wanted may have.
static GENERATION: AtomicU64 = AtomicU64::new(1);
/// Events that some tool wants somewhere.
static ANYWHERE: AtomicU64 = AtomicU64::new(0);
/// `sys.monitoring.DISABLE` and `MISSING`, immortal.
static DISABLE: AtomicU64 = AtomicU64::new(0);
static MISSING: AtomicU64 = AtomicU64::new(0);

/// Changes whenever [`wanted`] may answer something else.
pub fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Whether any tool wants any event.
pub fn any() -> bool {
    ANYWHERE.load(Ordering::Acquire) != 0
}

/// `sys.monitoring.MISSING`.
pub fn missing() -> Value {
    // SAFETY: an immortal cell, or 0 before the module is there, which is no pointer.
    unsafe { Ref::from_word(gc::Word(MISSING.load(Ordering::Acquire))) }.to_value()
}

/// Whether a callback's result is `sys.monitoring.DISABLE`.
pub fn is_disable(v: Ref<'_>) -> bool {
    v.word().unmarked().0 == DISABLE.load(Ordering::Acquire)
}

/// The events that tools want in a code object, by the object's address.
pub fn wanted(code: u64) -> u32 {
    let s = STATE.lock();
    s.iter().fold(0, |all, t| all | t.events as u32 | t.local.get(&code).map_or(0, |l| l.1 as u32))
}

/// The callbacks to call for an event at an instruction, with their tools, the highest tool first.
pub fn callbacks(code: u64, index: u32, event: usize) -> Vec<(usize, Value)> {
    // C_RETURN and C_RAISE come with CALL.
    let asked = if matches!(event, event::C_RETURN | event::C_RAISE) { event::CALL } else { event };
    let s = STATE.lock();
    let mut found = Vec::new();
    for (n, t) in s.iter().enumerate().rev() {
        let events = t.events | t.local.get(&code).map_or(0, |l| l.1);
        if events & 1 << asked == 0 || t.disabled.contains(&(code, index, asked)) {
            continue;
        }
        if let Some(f) = t.callbacks.get(&event) {
            found.push((n, clone_of(f)));
        }
    }
    found
}

/// A callback has asked for no more events of this kind at this instruction.
pub fn disable(tool: usize, code: u64, index: u32, event: usize) {
    STATE.lock()[tool].disabled.insert((code, index, event));
}

/// Takes a callback away.
pub fn remove_callback(tool: usize, event: usize) {
    let old = STATE.lock()[tool].callbacks.remove(&event);
    drop(old.map(SendValue::into_value));
}

/// What is wanted has changed: all threads look at it soon, this one now.
fn changed(cx: &mut Cx) {
    let any = STATE.lock().iter().fold(0, |all, t| all | t.events | t.local.values().fold(0, |a, l| a | l.1));
    ANYWHERE.store(any as u64, Ordering::Release);
    GENERATION.fetch_add(1, Ordering::AcqRel);
    crate::vm::instrument::refresh(cx);
    safepoint::request_all(safepoint::TRACE);
}

fn restart_events(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    STATE.lock().iter_mut().for_each(|t| t.disabled.clear());
    changed(cx);
    Ok(Value::NONE.into())
}

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
    changed(cx);
    Ok(Value::NONE.into())
}

fn get_tool(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    Ok(STATE.lock()[t].name.as_ref().map_or(Value::NONE, clone_of).into())
}

fn register_callback(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
    let set = int::c_int(cx, a[1])?;
    if set.count_ones() != 1 || set < 0 {
        return Err(cx.value_error("The callback can only be set for one event at a time"));
    }
    let bit = set.trailing_zeros() as usize;
    if bit >= EVENTS.len() {
        return Err(cx.value_error(format!("invalid event {set}")));
    }
    if !a[2].is_none() && !call::is_callable(a[2]) {
        return Err(cx.type_error("callback must be callable or None"));
    }
    let old = {
        let mut s = STATE.lock();
        // A callback for BRANCH is one for both directions.
        let bits: &[usize] = if bit == event::BRANCH { &[event::BRANCH_LEFT, event::BRANCH_RIGHT] } else { &[bit] };
        let mut old = None;
        for bit in bits {
            old = s[t].callbacks.remove(bit).or(old);
            if !a[2].is_none() {
                s[t].callbacks.insert(*bit, SendValue::new(a[2].to_value()));
            }
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
    let t = tool(cx, a[0])?;
    Ok(int::reg(STATE.lock()[t].events))
}
fn set_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = used_tool(cx, a[0])?;
    let n = events(cx, a[1], 0xffff, "")?;
    STATE.lock()[t].events = n;
    changed(cx);
    Ok(Value::NONE.into())
}

fn code_key(cx: &mut Cx, v: Ref<'_>) -> PyResult<u64> {
    match v.exact::<Code>() {
        Some(_) => Ok(v.word().unmarked().0),
        None => Err(cx.type_error("code must be a code object")),
    }
}
fn get_local_events(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let t = tool(cx, a[0])?;
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
    changed(cx);
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
    function("restart_events", "($module, /)", restart_events, "Takes back what callbacks have disabled."),
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
        for (name, at) in [("DISABLE", &DISABLE), ("MISSING", &MISSING)] {
            let object = objects::types::type_::type_value(objects::ids::OBJECT);
            let v = call::positional(cx, object.as_ref(), &[])?;
            if let Some(h) = v.as_ref().header() {
                h.make_immortal();
            }
            at.store(v.word().unmarked().0, Ordering::Release);
            m.add(name, v);
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
