//! `_lsprof`: the profiler behind `cProfile`. It is a tool of `sys.monitoring` whose callbacks are methods of the profiler.
//!
//! What is timed is known by the address of its code object, or of its native definition. Each thread has a stack of what is running; the entries
//! are the process's. They hold their code objects, and nothing that could hold the profiler.

use crate::vm::instrument::tracing::shown_native;
use gc::{Payload, Ref, Reg, SendValue, Value, Word};
use objects::args::{Args, Signature};
use objects::native::{BuiltinFunction, Method, MethodDescriptor, method, raw_method};
use objects::protocol::{attr, call, text as show, truth};
use objects::types::code::Code;
use objects::types::instance;
use objects::types::int::{self, as_int};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::{Str, as_str};
use objects::types::structseq;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Type, TypeSpec, flags, type_of, type_value};
use objects::{Cx, PyResult, ids};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Instant;
use sync::mutex::Mutex;
use sync::prim::{AtomicBool, Ordering};

/// Id of the profiler type.
const ID: u32 = 382;

/// Times and counts of a function, in all or from one caller.
#[derive(Default, Clone)]
struct Times {
    calls: u64,
    recursive: u64,
    total: f64,
    inline: f64,
    level: u64,
}

impl Times {
    /// One call has ended.
    fn add(&mut self, total: f64, inline: f64) {
        self.level = self.level.saturating_sub(1);
        if self.level == 0 {
            self.total += total;
        } else {
            self.recursive += 1;
        }
        self.inline += inline;
        self.calls += 1;
    }
}

struct Entry {
    /// A code object, or the text that stands for a native function.
    what: SendValue,
    times: Times,
    /// By whom it calls, in the order of the first calls.
    callees: Vec<(u64, Times)>,
}

struct Running {
    key: u64,
    start: f64,
    /// Time spent in what it has called.
    below: f64,
}

#[derive(Default)]
struct State {
    entries: HashMap<u64, Entry>,
    order: Vec<u64>,
    stacks: HashMap<u64, Vec<Running>>,
    subcalls: bool,
    builtins: bool,
    enabled: bool,
    timer: Option<SendValue>,
    unit: f64,
}

/// A profiler's payload.
#[repr(C)]
pub struct Profiler {
    state: Mutex<State>,
    epoch: Instant,
    /// The program's own timer is running.
    in_timer: AtomicBool,
}
// SAFETY: the words in the state are not shown, so what they hold is kept alive.
unsafe impl Payload for Profiler {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn me(v: Ref<'_>) -> &Profiler {
    // SAFETY: methods check their receiver.
    unsafe { v.cast::<Profiler>() }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let t = unsafe { class.cast::<Type>() };
    Ok(instance::alloc_with(
        t,
        Profiler {
            state: Mutex::new(State { subcalls: true, builtins: true, ..State::default() }),
            epoch: Instant::now(),
            in_timer: AtomicBool::new(false),
        },
    )
    .into())
}

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazyLock<Signature> = LazyLock::new(|| Signature::parse("(timer=None, timeunit=0.0, subcalls=True, builtins=True)"));
    SIGNATURE
        .bind(cx, "Profiler", None, args, |cx, a| {
            let timer = a[0].given().filter(|t| !t.is_none()).map(|t| SendValue::new(t.to_value()));
            let unit = match a[1].given() {
                Some(u) => objects::types::float::convert::real(cx, u)?,
                None => 0.0,
            };
            let subcalls = flag(cx, a[2])?.unwrap_or(true);
            let builtins = flag(cx, a[3])?.unwrap_or(true);
            let old = {
                let mut s = me(v).state.lock();
                (s.unit, s.subcalls, s.builtins) = (unit, subcalls, builtins);
                std::mem::replace(&mut s.timer, timer)
            };
            drop(old.map(SendValue::into_value));
            Ok(())
        })
        .map(drop)
}

fn flag(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<bool>> {
    v.given().map(|v| truth::of(cx, v)).transpose()
}

/// The time now, in seconds. A timer of the program's own that raises counts as 0.
fn now(cx: &mut Cx, p: &Profiler) -> f64 {
    let timer = { p.state.lock().timer.as_ref().map(|t| (t.as_ref().to_value(), 0.0)) };
    let Some((timer, _)) = timer else { return p.epoch.elapsed().as_secs_f64() };
    let unit = p.state.lock().unit;
    p.in_timer.store(true, Ordering::Relaxed);
    let told = call::positional(cx, timer.as_ref(), &[]);
    p.in_timer.store(false, Ordering::Relaxed);
    match told {
        Ok(v) => match as_int(v.as_ref()).and_then(|i| i.to_i64()) {
            Some(n) => n as f64 * if unit > 0.0 { unit } else { 1.0 },
            None => objects::types::float::convert::real(cx, v.as_ref()).unwrap_or_else(|e| {
                cx.unraisable(e, "Exception ignored in timer of profiler", timer.as_ref());
                0.0
            }),
        },
        Err(e) => {
            cx.unraisable(e, "Exception ignored in timer of profiler", timer.as_ref());
            0.0
        }
    }
}

fn begin(cx: &mut Cx, p: &Profiler, key: u64, what: impl FnOnce() -> Value) {
    let start = now(cx, p);
    let thread = super::thread::ident();
    let made = if p.state.lock().entries.contains_key(&key) { None } else { Some(SendValue::new(what())) };
    let mut s = p.state.lock();
    let s = &mut *s;
    if let Some(what) = made {
        s.entries.insert(key, Entry { what, times: Times::default(), callees: Vec::new() });
        s.order.push(key);
    }
    let stack = s.stacks.entry(thread).or_default();
    let caller = stack.last().map(|r| r.key);
    stack.push(Running { key, start, below: 0.0 });
    if let Some(e) = s.entries.get_mut(&key) {
        e.times.level += 1;
    }
    if s.subcalls
        && let Some(e) = caller.and_then(|c| s.entries.get_mut(&c))
    {
        match e.callees.iter_mut().find(|(k, _)| *k == key) {
            Some((_, t)) => t.level += 1,
            None => e.callees.push((key, Times { level: 1, ..Times::default() })),
        }
    }
}

fn end(cx: &mut Cx, p: &Profiler, key: u64) {
    let now = now(cx, p);
    let mut s = p.state.lock();
    let s = &mut *s;
    let Some(stack) = s.stacks.get_mut(&super::thread::ident()) else { return };
    // What began before the profiler was switched on ends unseen.
    if stack.last().is_none_or(|r| r.key != key) {
        return;
    }
    let Some(r) = stack.pop() else { return };
    let total = now - r.start;
    let inline = total - r.below;
    let caller = stack.last_mut().map(|c| {
        c.below += total;
        c.key
    });
    if let Some(e) = s.entries.get_mut(&key) {
        e.times.add(total, inline);
    }
    if s.subcalls
        && let Some(e) = caller.and_then(|c| s.entries.get_mut(&c))
        && let Some((_, t)) = e.callees.iter_mut().find(|(k, _)| *k == key)
    {
        t.add(total, inline);
    }
}

fn check_count(cx: &mut Cx, args: &Args<'_>, name: &str, min: usize, max: usize) -> PyResult<()> {
    let n = args.items.len().saturating_sub(1);
    if (min..=max).contains(&n) {
        return Ok(());
    }
    Err(cx.type_error(format!("{name} expected {min} arguments, got {n}")))
}

fn code_key(v: Ref<'_>) -> Option<u64> {
    v.exact::<Code>().map(|_| v.word().unmarked().0)
}

fn start_callback(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    check_count(cx, &args, "_pystart_callback", 2, 3)?;
    if let Some(key) = args.items.get(1).and_then(|c| code_key(*c)) {
        let code = args.items[1].to_value();
        begin(cx, me(args.items[0]), key, || code);
    }
    Ok(Value::NONE.into())
}
fn return_callback(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    check_count(cx, &args, "_pyreturn_callback", 3, 3)?;
    if let Some(key) = args.items.get(1).and_then(|c| code_key(*c)) {
        end(cx, me(args.items[0]), key);
    }
    Ok(Value::NONE.into())
}

/// The key of a native function or method, by its definition.
fn native_key(v: Ref<'_>) -> Option<u64> {
    let h = v.header()?;
    // SAFETY: checked.
    unsafe {
        match h.type_id() {
            ids::BUILTIN_FUNCTION => Some(std::ptr::from_ref(v.cast::<BuiltinFunction>().def) as u64),
            ids::METHOD_DESCRIPTOR => Some(std::ptr::from_ref(v.cast::<MethodDescriptor>().def) as u64),
            _ => None,
        }
    }
}

/// The text that stands for a native function.
fn native_text(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if v.header().is_some_and(|h| h.type_id() == ids::METHOD_DESCRIPTOR) {
        return Ok(show::repr(cx, v)?.into_value());
    }
    let name = attr::get_text(cx, v, "__name__")?.into_value();
    let receiver = attr::get_text(cx, v, "__self__")?.into_value();
    if receiver.as_ref().exact::<Module>().is_none()
        && let Some(found) = type_of(receiver.as_ref()).lookup(name.as_ref())
    {
        let found = found.into_value();
        return Ok(show::repr(cx, found.as_ref())?.into_value());
    }
    let module = attr::get_text(cx, v, "__module__")?.into_value();
    let text = |v: &Value| as_str(v.as_ref()).map(Str::to_string_lossy);
    let name = text(&name).unwrap_or_default();
    let shown = match text(&module) {
        Some(m) => format!("<built-in method {m}.{name}>"),
        None => format!("<built-in method {name}>"),
    };
    Ok(Str::from_text(&shown).into_value())
}

/// The native function that a CALL is about, if it is one that is profiled.
fn native<'a>(cx: &mut Cx, args: &Args<'a>) -> PyResult<Option<(Ref<'a>, u64)>> {
    let (Some(callee), arg0) = (args.items.get(3).copied(), args.items.get(4).copied()) else { return Ok(None) };
    if shown_native(cx, callee, arg0)?.is_none() {
        return Ok(None);
    }
    Ok(native_key(callee).map(|k| (callee, k)))
}

fn call_callback(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    check_count(cx, &args, "_ccall_callback", 4, 4)?;
    let p = me(args.items[0]);
    if p.state.lock().builtins
        && let Some((callee, key)) = native(cx, &args)?
    {
        let text = native_text(cx, callee)?;
        begin(cx, p, key, || text);
    }
    Ok(Value::NONE.into())
}
fn c_return_callback(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    check_count(cx, &args, "_creturn_callback", 4, 4)?;
    let p = me(args.items[0]);
    if p.state.lock().builtins
        && let Some((_, key)) = native(cx, &args)?
    {
        end(cx, p, key);
    }
    Ok(Value::NONE.into())
}

fn monitoring() -> Value {
    crate::runtime::loaded("sys.monitoring").unwrap_or(Value::NONE)
}

/// Events and the methods that are called for them.
const CALLBACKS: [(usize, &str); 9] = [
    (super::monitoring::event::PY_START, "_pystart_callback"),
    (super::monitoring::event::PY_RESUME, "_pystart_callback"),
    (super::monitoring::event::PY_THROW, "_pystart_callback"),
    (super::monitoring::event::PY_RETURN, "_pyreturn_callback"),
    (super::monitoring::event::PY_YIELD, "_pyreturn_callback"),
    (super::monitoring::event::PY_UNWIND, "_pyreturn_callback"),
    (super::monitoring::event::CALL, "_ccall_callback"),
    (super::monitoring::event::C_RETURN, "_creturn_callback"),
    (super::monitoring::event::C_RAISE, "_creturn_callback"),
];
/// `sys.monitoring.PROFILER_ID`
const TOOL: i64 = 2;

fn ask(cx: &mut Cx, name: &str, args: &[Ref<'_>]) -> PyResult<Value> {
    let m = monitoring();
    let f = attr::get_text(cx, m.as_ref(), name)?.into_value();
    call::positional(cx, f.as_ref(), args)
}

fn enable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    let tool = int::from_i64(TOOL);
    let (subcalls, builtins) = (flag(cx, a[1])?, flag(cx, a[2])?);
    if p.state.lock().enabled {
        return Ok(Value::NONE.into());
    }
    if !ask(cx, "get_tool", &[tool.as_ref()])?.as_ref().is_none() {
        return Err(cx.value_error(format!("tool {TOOL} is already in use")));
    }
    ask(cx, "use_tool_id", &[tool.as_ref(), Str::from_text("cProfile").value().as_ref()])?;
    {
        let mut s = p.state.lock();
        s.subcalls = subcalls.unwrap_or(s.subcalls);
        s.builtins = builtins.unwrap_or(s.builtins);
        s.enabled = true;
    }
    let mut events = 0;
    for (event, name) in CALLBACKS {
        let f = attr::get_text(cx, a[0], name)?.into_value();
        ask(cx, "register_callback", &[tool.as_ref(), int::from_i64(1 << event).as_ref(), f.as_ref()])?;
        events |= 1 << event;
    }
    ask(cx, "set_events", &[tool.as_ref(), int::from_i64(events).as_ref()])?;
    Ok(Value::NONE.into())
}

fn disable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    if p.in_timer.load(Ordering::Relaxed) {
        return Err(cx.runtime_error("cannot disable profiler in external timer"));
    }
    if !std::mem::take(&mut p.state.lock().enabled) {
        return Ok(Value::NONE.into());
    }
    let tool = int::from_i64(TOOL);
    ask(cx, "set_events", &[tool.as_ref(), Value::small_int(0).as_ref()])?;
    for (event, _) in CALLBACKS {
        ask(cx, "register_callback", &[tool.as_ref(), int::from_i64(1 << event).as_ref(), Ref::NONE])?;
    }
    ask(cx, "free_tool_id", &[tool.as_ref()])?;
    // What is still running ends here.
    loop {
        let key = p.state.lock().stacks.get(&super::thread::ident()).and_then(|s| s.last().map(|r| r.key));
        match key {
            Some(k) => end(cx, p, k),
            None => break,
        }
    }
    p.state.lock().stacks.clear();
    Ok(Value::NONE.into())
}

fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if me(a[0]).in_timer.load(Ordering::Relaxed) {
        return Err(cx.runtime_error("cannot clear profiler in external timer"));
    }
    let old = {
        let mut s = me(a[0]).state.lock();
        s.order.clear();
        s.stacks.clear();
        std::mem::take(&mut s.entries)
    };
    old.into_values().for_each(|e| drop(e.what.into_value()));
    Ok(Value::NONE.into())
}

static ENTRY: structseq::Class =
    structseq::Class::new("_lsprof.profiler_entry", &["code", "callcount", "reccallcount", "totaltime", "inlinetime", "calls"], 6);
static SUBENTRY: structseq::Class =
    structseq::Class::new("_lsprof.profiler_subentry", &["code", "callcount", "reccallcount", "totaltime", "inlinetime"], 5);

fn fields(what: Value, t: &Times) -> Vec<Value> {
    vec![what, int::from_u64(t.calls), int::from_u64(t.recursive), Value::float(t.total), Value::float(t.inline)]
}

fn stats(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let p = me(a[0]);
    type Row = (Value, Times, Vec<(Value, Times)>);
    let rows: Vec<Row> = {
        let s = p.state.lock();
        let what = |k: &u64| s.entries.get(k).map_or(Value::NONE, |e| e.what.as_ref().to_value());
        s.order
            .iter()
            .filter_map(|k| s.entries.get(k))
            .filter(|e| e.times.calls > 0)
            .map(|e| {
                let callees = e.callees.iter().filter(|(_, t)| t.calls > 0).map(|(k, t)| (what(k), t.clone())).collect();
                (e.what.as_ref().to_value(), e.times.clone(), callees)
            })
            .collect()
    };
    let mut out = Vec::new();
    for (what, times, callees) in rows {
        let mut items = fields(what, &times);
        let mut calls = Vec::new();
        for (what, t) in callees {
            calls.push(SUBENTRY.make(cx, fields(what, &t))?);
        }
        items.push(if calls.is_empty() { Value::NONE } else { List::from_values(calls).into_value() });
        out.push(ENTRY.make(cx, items)?);
    }
    Ok(List::from_values(out).into())
}

static METHODS: &[Method] = &[
    method("enable", "($self, /, subcalls=True, builtins=True)", enable, "Begins to collect."),
    method("disable", "($self, /)", disable, "Stops collecting."),
    method("clear", "($self, /)", clear, "Forgets what has been collected."),
    method("getstats", "($self, /)", stats, "A list of profiler_entry objects."),
    raw_method("_pystart_callback", "($self, code, instruction_offset, /)", start_callback, ""),
    raw_method("_pyreturn_callback", "($self, code, instruction_offset, retval, /)", return_callback, ""),
    raw_method("_ccall_callback", "($self, code, instruction_offset, callable, self_arg, /)", call_callback, ""),
    raw_method("_creturn_callback", "($self, code, instruction_offset, callable, self_arg, /)", c_return_callback, ""),
];

/// `_lsprof.Profiler`.
pub static PROFILER_TYPE: TypeSpec = TypeSpec::of::<Profiler>("_lsprof.Profiler")
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), ..Slots::NONE })
    .methods(METHODS)
    .doc("Profiler(timer=None, timeunit=0.0, subcalls=True, builtins=True)\n\nCollects how often and how long functions run.");

/// `_lsprof`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_lsprof",
    doc: "Fast profiler",
    functions: &[],
    init: |cx, m| {
        m.add("Profiler", type_value(ID));
        m.add("profiler_entry", ENTRY.get(cx)?);
        m.add("profiler_subentry", SUBENTRY.get(cx)?);
        Ok(())
    },
};
