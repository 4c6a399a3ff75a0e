//! Which loop and which task each thread runs, and the tasks that are not done.
//!
//! Every thread has a *lane*: a list of the tasks it has registered, and what it runs. Lists hold no references: a task takes itself off its list
//! before its memory is given back, under the list's lock, so whoever holds that lock may look at the cells on it and try to take
//! references. `all_tasks` goes through the lanes without stopping anybody.
//!
//! What a thread runs stands in its context (the loop under the id of futures, the task under that of tasks), which also keeps it alive; the
//! lane has the addresses, for others who ask. They are cleared before the references are given up.

use super::task::Task;
use super::{future, ids, library, names};
use gc::{Header, Payload, Ref, Reg, Value};
use objects::protocol::{attr, call, iter};
use objects::types::set::Set;
use objects::{Cx, PyResult, Raised};
use std::sync::{Arc, OnceLock, Weak};
use sync::mutex::Mutex;
use sync::prim::Ordering;

/// A thread's tasks.
pub struct Lane {
    tasks: Mutex<Vec<usize>>,
    /// Addresses of the running loop and the current task, 0 = none.
    current: Mutex<(usize, usize)>,
}

static LANES: Mutex<Vec<Weak<Lane>>> = Mutex::new(Vec::new());

thread_local! {
    static MINE: Arc<Lane> = {
        let lane = Arc::new(Lane { tasks: Mutex::new(Vec::new()), current: Mutex::new((0, 0)) });
        let mut all = LANES.lock();
        all.retain(|w| w.strong_count() > 0);
        all.push(Arc::downgrade(&lane));
        lane
    };
}

fn lanes() -> Vec<Arc<Lane>> {
    LANES.lock().iter().filter_map(Weak::upgrade).collect()
}

fn address(v: Ref<'_>) -> usize {
    v.header().map_or(0, |h| std::ptr::from_ref(h).addr())
}

/// A reference to a cell that may be dying.
///
/// # Safety
/// Its memory is not given back meanwhile.
unsafe fn try_reference(at: usize) -> Option<Value> {
    // SAFETY: by contract.
    let h = unsafe { &*(at as *const Header) };
    let alive = if h.owner() == sync::threads::current_id() {
        h.count() > 0 && {
            h.incref();
            true
        }
    } else {
        h.try_incref()
    };
    // SAFETY: the reference was just taken.
    if alive { Some(unsafe { Value::from_raw(h) }) } else { None }
}

/// Puts a task on the calling thread's list, unless it is on one.
pub fn register(cx: &mut Cx, t: &Task) {
    let at = std::ptr::from_ref(t.header()).addr();
    t.header().show();
    let lane = MINE.with(Arc::clone);
    t.with(cx, |s| {
        if s.lane.is_some() {
            return;
        }
        let mut list = lane.tasks.lock();
        t.place.store(list.len(), Ordering::Relaxed);
        list.push(at);
        drop(list);
        s.lane = Some(lane);
    });
}

/// Takes a task off its list.
pub fn unregister(cx: &mut Cx, t: &Task) {
    if let Some(lane) = t.with(cx, |s| s.lane.take()) {
        unlink(&lane, t);
    }
}

/// The same for a task that is being destroyed.
pub fn unlink(lane: &Lane, t: &Task) {
    let mut list = lane.tasks.lock();
    let i = t.place.load(Ordering::Relaxed);
    if i < list.len() {
        list.swap_remove(i);
        if let Some(moved) = list.get(i) {
            // SAFETY: tasks on the list have not been destroyed.
            let m = unsafe { &*(*((*moved) as *const Header)).payload().cast::<Task>() };
            m.place.store(i, Ordering::Relaxed);
        }
    }
}

// ---- the running loop ----

/// The running loop of the calling thread, or None.
pub fn running_loop(cx: &Cx) -> Value {
    cx.module_state(ids::FUTURE)
}

/// `_get_running_loop()`
pub fn running_loop_or_none(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    Ok(running_loop(cx).into())
}

/// `get_running_loop()`
pub fn get_running_loop(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let l = running_loop(cx);
    if l.as_ref().is_none() { Err(cx.runtime_error("no running event loop")) } else { Ok(l.into()) }
}

/// `_set_running_loop(loop)`
pub fn set_running_loop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let at = if a[0].is_none() { 0 } else { address(a[0]) };
    MINE.with(|l| *l.current.lock() = (at, 0));
    let old = cx.set_module_state(ids::FUTURE, a[0].to_value());
    drop(old);
    Ok(Value::NONE.into())
}

/// The running loop, or what the policy gives.
pub fn event_loop(cx: &mut Cx) -> PyResult<Value> {
    let l = running_loop(cx);
    if !l.as_ref().is_none() {
        return Ok(l);
    }
    let policy = library(cx, "asyncio.events", names::_get_event_loop_policy(), &[])?;
    call::method(cx, policy.as_ref(), names::get_event_loop(), &[]).map(Reg::into_value)
}

/// `get_event_loop()`
pub fn get_event_loop(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    event_loop(cx).map(Reg::from)
}

// ---- the current task ----

fn shown(cx: &mut Cx, v: Ref<'_>) -> PyResult<String> {
    objects::protocol::text::repr(cx, v).map(|s| s.to_string_lossy())
}

fn check_loop(cx: &mut Cx, event_loop: Ref<'_>) -> PyResult<()> {
    if running_loop(cx).as_ref().is(event_loop) {
        return Ok(());
    }
    let l = shown(cx, event_loop)?;
    Err(cx.runtime_error(format!("loop {l} is not the running loop")))
}

fn set_current(cx: &mut Cx, task: Option<Ref<'_>>) -> Value {
    let new = task.map_or(Value::NONE, Ref::to_value);
    if let Some(h) = task.and_then(Ref::header) {
        h.show();
        let old = cx.set_module_state(ids::TASK, new);
        MINE.with(|l| l.current.lock().1 = std::ptr::from_ref(h).addr());
        return old;
    }
    MINE.with(|l| l.current.lock().1 = 0);
    cx.set_module_state(ids::TASK, new)
}

/// Makes a task the current one.
pub fn enter_task(cx: &mut Cx, event_loop: Ref<'_>, task: Ref<'_>) -> PyResult<()> {
    check_loop(cx, event_loop)?;
    let now = cx.module_state(ids::TASK);
    if !now.as_ref().is_none() {
        return Err(cannot_enter(cx, task, &now));
    }
    drop(set_current(cx, Some(task)));
    Ok(())
}

#[cold]
fn cannot_enter(cx: &mut Cx, task: Ref<'_>, now: &Value) -> Raised {
    let (a, b) = match (shown(cx, task), shown(cx, now.as_ref())) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(e), _) | (_, Err(e)) => return e,
    };
    cx.runtime_error(format!("Cannot enter into task {a} while another task {b} is being executed."))
}

/// Ends being the current task.
pub fn leave_task(cx: &mut Cx, event_loop: Ref<'_>, task: Ref<'_>) -> PyResult<()> {
    check_loop(cx, event_loop)?;
    let now = cx.module_state(ids::TASK);
    if !now.as_ref().is(task) {
        let (a, b) = (shown(cx, task)?, shown(cx, now.as_ref())?);
        return Err(cx.runtime_error(format!("Invalid attempt to leave task {a} while task {b} is entered.")));
    }
    drop(set_current(cx, None));
    Ok(())
}

/// Replaces the current task; gives the one before.
pub fn swap_task(cx: &mut Cx, event_loop: Ref<'_>, task: Ref<'_>) -> PyResult<Value> {
    check_loop(cx, event_loop)?;
    Ok(set_current(cx, Some(task).filter(|t| !t.is_none())))
}

/// `_enter_task(loop, task)`
pub fn enter_task_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    enter_task(cx, a[0], a[1])?;
    Ok(Value::NONE.into())
}
/// `_leave_task(loop, task)`
pub fn leave_task_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    leave_task(cx, a[0], a[1])?;
    Ok(Value::NONE.into())
}
/// `_swap_current_task(loop, task)`
pub fn swap_task_function(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    swap_task(cx, a[0], a[1]).map(Reg::from)
}

/// `current_task(loop=None)`
pub fn current_task(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let running = running_loop(cx);
    let wanted = match a[0].given().filter(|l| !l.is_none()) {
        Some(l) => l.to_value(),
        None if running.as_ref().is_none() => return Err(cx.runtime_error("no running event loop")),
        None => running.clone(),
    };
    if wanted.is(&running) {
        return Ok(cx.module_state(ids::TASK).into());
    }
    let at = address(wanted.as_ref());
    for lane in lanes() {
        let now = lane.current.lock();
        if now.0 == at && at != 0 && now.1 != 0 {
            // SAFETY: that thread clears the address, under this lock, before it gives the task up.
            if let Some(t) = unsafe { try_reference(now.1) } {
                drop(now);
                return Ok(t.into());
            }
        }
    }
    Ok(Value::NONE.into())
}

// ---- all tasks ----

/// Tasks that are not ours: a `weakref.WeakSet`, and a set of those that start at once.
static OTHERS: OnceLock<(u64, u64)> = OnceLock::new();

fn others(cx: &mut Cx) -> PyResult<(Ref<'static>, Ref<'static>)> {
    if OTHERS.get().is_none() {
        let m = cx.host.import(cx, "weakref")?;
        let class = attr::get_text(cx, m.as_ref(), "WeakSet")?.into_value();
        let weak = call::positional(cx, class.as_ref(), &[])?;
        let eager = Set::new().into_value();
        for v in [&weak, &eager] {
            if let Some(h) = v.as_ref().header() {
                h.make_immortal();
            }
        }
        let _ = OTHERS.set((weak.into_word().0, eager.into_word().0));
    }
    let (w, e) = OTHERS.get().copied().unwrap_or_default();
    // SAFETY: immortal cells.
    Ok(unsafe { (Ref::from_word(gc::Word(w)), Ref::from_word(gc::Word(e))) })
}

/// `_register_task(task)`
pub fn register_task(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if future::is_task(a[0]) {
        register(cx, super::task::me(a[0]));
    } else {
        let (weak, _) = others(cx)?;
        call::method(cx, weak, names::add(), &[a[0]])?;
    }
    Ok(Value::NONE.into())
}
/// `_unregister_task(task)`
pub fn unregister_task(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if future::is_task(a[0]) {
        unregister(cx, super::task::me(a[0]));
    } else {
        let (weak, _) = others(cx)?;
        call::method(cx, weak, names::discard(), &[a[0]])?;
    }
    Ok(Value::NONE.into())
}
/// `_register_eager_task(task)`
pub fn register_eager_task(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if future::is_task(a[0]) {
        register(cx, super::task::me(a[0]));
    } else {
        let (_, eager) = others(cx)?;
        call::method(cx, eager, names::add(), &[a[0]])?;
    }
    Ok(Value::NONE.into())
}
/// `_unregister_eager_task(task)`
pub fn unregister_eager_task(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if future::is_task(a[0]) {
        unregister(cx, super::task::me(a[0]));
    } else {
        let (_, eager) = others(cx)?;
        call::method(cx, eager, names::discard(), &[a[0]])?;
    }
    Ok(Value::NONE.into())
}

/// `all_tasks(loop=None)`
pub fn all_tasks(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let wanted = match a[0].given().filter(|l| !l.is_none()) {
        Some(l) => l.to_value(),
        None => get_running_loop(cx, &[])?.into_value(),
    };
    let mut found = Vec::new();
    for lane in lanes() {
        let list = lane.tasks.lock();
        // SAFETY: tasks take themselves off the list before their memory is given back.
        found.extend(list.iter().filter_map(|at| unsafe { try_reference(*at) }));
    }
    let set = Set::new();
    for t in &found {
        let (stage, event_loop) = future::me(t.as_ref()).with(cx, |s| (s.stage, s.event_loop.clone()));
        if stage == future::Stage::Pending && event_loop.is_some_and(|l| l.is(&wanted)) {
            set.add(cx, t.as_ref())?;
        }
    }
    if OTHERS.get().is_some() {
        let (weak, eager) = others(cx)?;
        for source in [eager, weak] {
            for t in iter::collect(cx, source)? {
                if super::task::loop_of_other(cx, t.as_ref())?.is(&wanted) {
                    let done = call::method(cx, t.as_ref(), names::done(), &[])?.into_value();
                    if !objects::protocol::truth::of(cx, done.as_ref())? {
                        set.add(cx, t.as_ref())?;
                    }
                }
            }
        }
    }
    Ok(set.into())
}
