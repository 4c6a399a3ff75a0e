//! `_asyncio`: futures, tasks, and which loop and task each thread runs.
//!
//! | file | what |
//! |---|---|
//! | `future.rs` | `Future` and its iterator |
//! | `task.rs` | `Task` and its steps |
//! | `registry.rs` | running loops, current tasks, the tasks of each thread |

pub mod future;
pub mod registry;
pub mod task;
pub mod task_methods;

use objects::native::{Method, function};
use objects::protocol::{attr, call};
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_value};
use objects::{Args, Cx, Payload, PyResult, Raised, Ref, Value, Word};
use std::sync::OnceLock;

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const FUTURE: u32 = 500;
    pub const TASK: u32 = 501;
    pub const FUTURE_ITER: u32 = 502;
    pub const TASK_STEP: u32 = 503;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&future::FUTURE_TYPE, &task_methods::TASK_TYPE, &future::FUTURE_ITER_TYPE, &task::TASK_STEP_TYPE];

/// Names that are looked up.
pub mod names {
    crate::interned! {
        get_debug call_soon call_exception_handler is_running get_loop _loop _asyncio_future_blocking add_done_callback cancel cancelled
        result throw send context msg run extract_stack get_event_loop _get_event_loop_policy iscoroutine _future_repr _task_repr
        _task_get_stack _task_print_stack InvalidStateError CancelledError done add discard
    }
}

/// A value of a module of the library, kept for ever.
fn constant(cx: &mut Cx, at: &OnceLock<u64>, module: &str, name: Ref<'_>) -> PyResult<Value> {
    if let Some(w) = at.get() {
        // SAFETY: an immortal cell.
        return Ok(unsafe { Ref::from_word(Word(*w)) }.to_value());
    }
    let m = cx.host.import(cx, module)?;
    let v = attr::get(cx, m.as_ref(), name)?.into_value();
    if let Some(h) = v.as_ref().header() {
        h.make_immortal();
    }
    let w = *at.get_or_init(|| v.into_word().0);
    // SAFETY: an immortal cell.
    Ok(unsafe { Ref::from_word(Word(w)) }.to_value())
}

/// `asyncio.exceptions.CancelledError`.
pub fn cancelled_class(cx: &mut Cx) -> PyResult<Value> {
    static AT: OnceLock<u64> = OnceLock::new();
    constant(cx, &AT, "asyncio.exceptions", names::CancelledError())
}

/// Raises `asyncio.InvalidStateError`.
#[cold]
pub fn invalid_state(cx: &mut Cx, text: &str) -> Raised {
    static AT: OnceLock<u64> = OnceLock::new();
    let class = match constant(cx, &AT, "asyncio.exceptions", names::InvalidStateError()) {
        Ok(c) => c,
        Err(e) => return e,
    };
    let message = Str::from_text(text);
    match call::positional(cx, class.as_ref(), &[message.value().as_ref()]) {
        Ok(e) => cx.raise_new(e),
        Err(e) => e,
    }
}

/// A function of a module of the library, called.
pub fn library(cx: &mut Cx, module: &str, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Value> {
    let m = cx.host.import(cx, module)?;
    call::method(cx, m.as_ref(), name, args).map(objects::Reg::into_value)
}

/// The tuple of one keyword name.
fn keyword(at: &OnceLock<u64>, name: Ref<'_>) -> Ref<'static> {
    let w = *at.get_or_init(|| {
        let t = Tuple::from_refs(&[name]);
        t.header().make_immortal();
        t.into_value().into_word().0
    });
    // SAFETY: an immortal cell.
    unsafe { Ref::from_word(Word(w)) }
}

/// `receiver.name(*args, keyword=value)`.
pub fn call_with_keyword(
    cx: &mut Cx,
    receiver: Ref<'_>,
    name: Ref<'_>,
    args: &[Ref<'_>],
    keyword_name: Ref<'_>,
    value: Ref<'_>,
) -> PyResult<Value> {
    static CONTEXT: OnceLock<u64> = OnceLock::new();
    static MSG: OnceLock<u64> = OnceLock::new();
    let at = if keyword_name.is(names::context()) { &CONTEXT } else { &MSG };
    // SAFETY: made as a tuple.
    let keywords = unsafe { keyword(at, keyword_name).cast::<Tuple>() };
    let mut items = [Ref::NONE; 5];
    let mut n = 1;
    let f = match attr::method(cx, receiver, name)? {
        attr::Method::Unbound(f) => f.into_value(),
        attr::Method::Bound(f) => {
            n = 0;
            f.into_value()
        }
    };
    if n == 1 {
        items[0] = receiver;
    }
    for a in args {
        items[n] = *a;
        n += 1;
    }
    items[n] = value;
    call::call(cx, f.as_ref(), Args { items: &items[..=n], names: Some(keywords) }).map(objects::Reg::into_value)
}

/// `loop.call_soon(callback, *args, context=context)`.
pub fn call_soon(cx: &mut Cx, event_loop: Ref<'_>, args: &[Ref<'_>], context: Ref<'_>) -> PyResult<()> {
    call_with_keyword(cx, event_loop, names::call_soon(), args, names::context(), context).map(drop)
}

static FUNCTIONS: &[Method] = &[
    function("_get_running_loop", "($module, /)", registry::running_loop_or_none, "The running loop of this thread, or None."),
    function("_set_running_loop", "($module, loop, /)", registry::set_running_loop, "Sets the running loop of this thread."),
    function("get_running_loop", "($module, /)", registry::get_running_loop, "The running loop of this thread."),
    function("get_event_loop", "($module, /)", registry::get_event_loop, "The running loop, or what the policy gives."),
    function("_register_task", "($module, /, task)", registry::register_task, "Adds a task."),
    function("_register_eager_task", "($module, /, task)", registry::register_eager_task, "Adds a task that starts at once."),
    function("_unregister_task", "($module, /, task)", registry::unregister_task, "Removes a task."),
    function("_unregister_eager_task", "($module, /, task)", registry::unregister_eager_task, "Removes a task that started at once."),
    function("_enter_task", "($module, /, loop, task)", registry::enter_task_function, "Makes a task the current one."),
    function("_leave_task", "($module, /, loop, task)", registry::leave_task_function, "Ends being the current task."),
    function("_swap_current_task", "($module, /, loop, task)", registry::swap_task_function, "Replaces the current task."),
    function("current_task", "($module, /, loop=None)", registry::current_task, "The current task of a loop."),
    function("all_tasks", "($module, /, loop=None)", registry::all_tasks, "The tasks of a loop that are not done."),
    function("future_add_to_awaited_by", "($module, fut, waiter, /)", future::add_awaited_by, "Notes who waits for a future."),
    function("future_discard_from_awaited_by", "($module, fut, waiter, /)", future::discard_awaited_by, "Forgets who waits for a future."),
];

/// `_asyncio`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_asyncio",
    doc: "Futures and tasks.",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("Future", type_value(ids::FUTURE));
        m.add("Task", type_value(ids::TASK));
        Ok(())
    },
};
