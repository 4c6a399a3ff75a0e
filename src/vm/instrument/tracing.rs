//! The functions of `sys.settrace` and `sys.setprofile`: calling them, and setting them for this thread or all.

use crate::vm::frame::{Frame, current};
use crate::vm::frame_object::{self, FrameObject};
use gc::{Payload, Ref, SendValue, Value};
use objects::native::MethodDescriptor;
use objects::protocol::call;
use objects::types::exception::as_exception;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::type_of;
use objects::{Cx, PyResult, ids};
use sync::prim::{AtomicU64, Ordering};

/// What a trace or profile function is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    Call,
    Line,
    Return,
    Exception,
    Opcode,
    CCall,
    CReturn,
    CException,
}

impl What {
    fn text(self) -> &'static str {
        match self {
            What::Call => "call",
            What::Line => "line",
            What::Return => "return",
            What::Exception => "exception",
            What::Opcode => "opcode",
            What::CCall => "c_call",
            What::CReturn => "c_return",
            What::CException => "c_exception",
        }
    }
}

/// Where a trace function is, for `frame.f_lineno`: see `jump`.
pub mod during {
    /// No trace function runs.
    pub const NOTHING: u8 = 0;
    /// A "line" event.
    pub const LINE: u8 = 1;
    /// The "call" event of a new frame.
    pub const NEW_FRAME: u8 = 2;
    /// Another event.
    pub const OTHER: u8 = 3;
}

/// Sets the trace function of this thread.
pub fn set_trace(cx: &mut Cx, f: Value) {
    cx.trace.seen_all = GENERATION.load(Ordering::Acquire);
    let old = std::mem::replace(&mut cx.trace.trace, f);
    super::refresh(cx);
    drop(old);
}

/// Sets the profile function of this thread.
pub fn set_profile(cx: &mut Cx, f: Value) {
    cx.trace.seen_all = GENERATION.load(Ordering::Acquire);
    let old = std::mem::replace(&mut cx.trace.profile, f);
    super::refresh(cx);
    drop(old);
}

/// What has been set for all threads, and not yet by each: trace and profile functions.
static FOR_ALL: sync::mutex::Mutex<[Option<(u64, SendValue)>; 2]> = sync::mutex::Mutex::new([None, None]);
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// Sets the trace function (`which` 0) or profile function (1) of all threads that run; others take it over at their next safepoint.
pub fn set_for_all(cx: &mut Cx, which: usize, f: Value) {
    let old = {
        let mut all = FOR_ALL.lock();
        let n = GENERATION.fetch_add(1, Ordering::AcqRel) + 1;
        all[which].replace((n, SendValue::new(f)))
    };
    drop(old.map(|(_, v)| v.into_value()));
    take_over(cx);
    super::refresh(cx);
    sync::safepoint::request_all(sync::safepoint::TRACE);
}

/// Takes over what has been set for all threads since this one looked last.
pub fn take_over(cx: &mut Cx) {
    let now = GENERATION.load(Ordering::Acquire);
    let seen = std::mem::replace(&mut cx.trace.seen_all, now);
    if seen == now {
        return;
    }
    let news: [Option<Value>; 2] = {
        let all = FOR_ALL.lock();
        std::array::from_fn(|k| all[k].as_ref().filter(|(n, _)| *n > seen).map(|(_, v)| v.as_ref().to_value()))
    };
    let [trace, profile] = news;
    let old = (trace.map(|f| std::mem::replace(&mut cx.trace.trace, f)), profile.map(|f| std::mem::replace(&mut cx.trace.profile, f)));
    drop(old);
}

/// A new thread has nothing to take over.
pub fn thread_starts(cx: &mut Cx) {
    cx.trace.seen_all = GENERATION.load(Ordering::Acquire);
}

fn frame_value(cx: &Cx) -> Option<Value> {
    // SAFETY: a live frame of this thread.
    unsafe { frame_object::object_of(&mut *current(cx)) }
}

/// Whether the frame has a trace function of its own, and its `f_trace_lines` and `f_trace_opcodes`.
pub fn own_function(f: &Frame) -> Option<(Value, u8)> {
    if f.object.is_null() {
        return None;
    }
    // SAFETY: the frame holds its object.
    let o = unsafe { Ref::from_word(gc::Word::from_header(f.object)).cast::<FrameObject>() };
    let v = o.trace.load(o.header());
    if v.as_ref().is_none() { None } else { Some((v, o.trace_flags.load(Ordering::Relaxed))) }
}

fn set_own(cx: &mut Cx, frame: &Value, f: Value) {
    // SAFETY: a frame object.
    let o = unsafe { frame.as_ref().cast::<FrameObject>() };
    let old = {
        let _l = cx.lock(o.header());
        o.trace.swap(f)
    };
    drop(old);
}

/// Calls the thread's trace function ("call") or the frame's own one.
pub fn trace(cx: &mut Cx, what: What, during: u8, arg: Ref<'_>) -> PyResult<()> {
    if cx.trace.trace.as_ref().is_none() {
        return Ok(());
    }
    let f = match what {
        What::Call => cx.trace.trace.clone(),
        // SAFETY: the current frame.
        _ => match own_function(unsafe { &*current(cx) }) {
            Some((f, _)) => f,
            None => return Ok(()),
        },
    };
    let Some(frame) = frame_value(cx) else { return Ok(()) };
    let name = Str::intern_text(what.text());
    cx.trace.inside += 1;
    let about = current(cx) as usize;
    let before = (std::mem::replace(&mut cx.trace.during, during), std::mem::replace(&mut cx.trace.traced, about));
    let result = call::positional(cx, f.as_ref(), &[frame.as_ref(), name.as_ref(), arg]);
    (cx.trace.during, cx.trace.traced) = before;
    cx.trace.inside -= 1;
    match result {
        Ok(v) => {
            if !v.as_ref().is_none() {
                set_own(cx, &frame, v);
            }
            Ok(())
        }
        Err(e) => {
            // A trace function that raises is switched off.
            let exc = cx.catch(e);
            set_trace(cx, Value::NONE);
            set_own(cx, &frame, Value::NONE);
            Err(cx.raise(exc))
        }
    }
}

/// Calls the thread's profile function.
pub fn profile(cx: &mut Cx, what: What, arg: Ref<'_>) -> PyResult<()> {
    if cx.trace.profile.as_ref().is_none() {
        return Ok(());
    }
    let f = cx.trace.profile.clone();
    let Some(frame) = frame_value(cx) else { return Ok(()) };
    let name = Str::intern_text(what.text());
    cx.trace.inside += 1;
    let before = std::mem::replace(&mut cx.trace.during, during::OTHER);
    let result = call::positional(cx, f.as_ref(), &[frame.as_ref(), name.as_ref(), arg]);
    cx.trace.during = before;
    cx.trace.inside -= 1;
    match result {
        Ok(_) => Ok(()),
        Err(e) => {
            let exc = cx.catch(e);
            set_profile(cx, Value::NONE);
            Err(cx.raise(exc))
        }
    }
}

/// What "c_call" and its like show of a callable: a native function, a native method bound to its receiver; `None`: they do not report it.
pub fn shown_native(cx: &mut Cx, callee: Ref<'_>, arg0: Option<Ref<'_>>) -> PyResult<Option<Value>> {
    match callee.header().map(|h| h.type_id()) {
        Some(ids::BUILTIN_FUNCTION) => Ok(Some(callee.to_value())),
        Some(ids::METHOD_DESCRIPTOR) => {
            // SAFETY: checked.
            let owner = unsafe { callee.cast::<MethodDescriptor>() }.owner;
            let Some(receiver) = arg0.filter(|v| type_of(*v).is_subtype_of_id(owner)) else { return Ok(None) };
            match type_of(callee).slots.descr_get() {
                Some(get) => {
                    let class = type_of(receiver).as_value();
                    Ok(Some(get(cx, callee, Some(receiver), class.as_ref())?.into_value()))
                }
                None => Ok(None),
            }
        }
        _ => Ok(None),
    }
}

/// The triple of an "exception" event.
pub fn exception_triple(exc: Ref<'_>) -> Value {
    let class = type_of(exc).as_value();
    let tb = as_exception(exc).map_or(Value::NONE, |e| e.traceback.load(e.header()));
    Tuple::from_values(vec![class, exc.to_value(), tb]).into_value()
}
