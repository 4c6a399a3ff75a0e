//! Statistics of the instrumented loop: counted per thread, put together when a thread ends, written when the process does.
//!
//! Where they go: `-X stats` and `WEFT_STATS=1` print the report to stderr; another value is a file, or a folder that gets one file per process.

use super::outcome::{self, FORMS, Outcome};
use crate::vm::cache;
use crate::vm::frame::{Frame, Pc, Regs, Then, current};
use bytecode::encode::{DROP_A, KILL_A, KILL_B, KILL_C};
use bytecode::ops::Operand;
use bytecode::{Instr, Op};
use gc::Word;
use gc::stats::{EVENTS, Event};
use objects::Cx;
use objects::cx::mode;
use objects::types::type_::live_by_id;
use stats_report::{Report, section};
use std::cell::Cell;
use std::sync::OnceLock;
use sync::prim::Ordering;

/// Where the report goes.
#[derive(Clone, Debug)]
pub enum Destination {
    /// Markdown on stderr.
    Stderr,
    /// JSON in a file, or in a file of its own in a folder.
    Path(std::path::PathBuf),
}

static DESTINATION: OnceLock<Destination> = OnceLock::new();

/// Switches statistics on, before the first thread attaches.
pub fn start(to: Destination) {
    if DESTINATION.set(to).is_ok() {
        gc::stats::start();
    }
}

/// What an `-X stats` value or `WEFT_STATS` asks for.
pub fn destination(value: Option<&str>) -> Option<Destination> {
    match value {
        None | Some("1") => Some(Destination::Stderr),
        Some("" | "0") => None,
        Some(path) => Some(Destination::Path(path.into())),
    }
}

const OPS: usize = 256;

/// Calls and frames, in the order of their names in reports.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Call {
    FromNative,
    FunctionsInLoop,
    InitInLoop,
    NativeFunctions,
    GeneratorsFromNative,
    GeneratorsInLoop,
    Pushed,
}
const CALLS: [&str; 7] = [
    "Calls to Python functions from native code",
    "Calls to Python functions in the loop",
    "Calls to __init__ in the loop",
    "Calls that pushed no frame",
    "Generators resumed by native code",
    "Generators resumed in the loop",
    "Frames pushed",
];

const DROPS: [&str; 5] = ["immediate", "uncounted", "counted by the owner", "shared or merged", "immortal"];

/// One thread's counters.
struct Counters {
    pairs: Vec<u64>,
    last: Option<u8>,
    ops: [u64; OPS],
    hits: Vec<[u64; FORMS.len()]>,
    deferred: [u64; OPS],
    misses: [u64; OPS],
    success: [u64; OPS],
    failure: [u64; OPS],
    basic: u64,
    calls: [u64; CALLS.len()],
    dropped: [u64; DROPS.len()],
    written: [u64; DROPS.len()],
    threads: u64,
}

impl Counters {
    fn new() -> Box<Counters> {
        Box::new(Counters {
            pairs: vec![0; OPS * OPS],
            last: None,
            ops: [0; OPS],
            hits: vec![[0; FORMS.len()]; OPS],
            deferred: [0; OPS],
            misses: [0; OPS],
            success: [0; OPS],
            failure: [0; OPS],
            basic: 0,
            calls: [0; CALLS.len()],
            dropped: [0; DROPS.len()],
            written: [0; DROPS.len()],
            threads: 1,
        })
    }

    fn merge(&mut self, o: &Counters) {
        fn add(a: &mut [u64], b: &[u64]) {
            a.iter_mut().zip(b).for_each(|(x, y)| *x += y);
        }
        add(&mut self.pairs, &o.pairs);
        add(&mut self.ops, &o.ops);
        self.hits.iter_mut().zip(&o.hits).for_each(|(a, b)| add(a, b));
        add(&mut self.deferred, &o.deferred);
        add(&mut self.misses, &o.misses);
        add(&mut self.success, &o.success);
        add(&mut self.failure, &o.failure);
        add(&mut self.calls, &o.calls);
        add(&mut self.dropped, &o.dropped);
        add(&mut self.written, &o.written);
        self.basic += o.basic;
        self.threads += o.threads;
    }
}

thread_local! {
    static COUNTERS: Cell<*mut Counters> = const { Cell::new(std::ptr::null_mut()) };
}
/// Those of threads that have ended.
static ENDED: sync::mutex::Mutex<Option<Box<Counters>>> = sync::mutex::Mutex::new(None);

/// A thread has attached: its counters, if statistics are on.
pub fn thread_starts(cx: &mut Cx) {
    if DESTINATION.get().is_some() {
        COUNTERS.set(Box::into_raw(Counters::new()));
        cx.trace.mode |= mode::STATS;
    }
}

/// A thread ends: its counters go to the process's.
pub fn thread_ends() {
    let p = COUNTERS.replace(std::ptr::null_mut());
    if p.is_null() {
        return;
    }
    // SAFETY: made by `thread_starts`, and taken out of the cell once.
    let mine = unsafe { Box::from_raw(p) };
    let mut all = ENDED.lock();
    match &mut *all {
        Some(a) => a.merge(&mine),
        None => *all = Some(mine),
    }
}

/// In the child of a fork: what the parent has counted is the parent's.
pub fn after_fork() {
    if DESTINATION.get().is_none() {
        return;
    }
    *ENDED.lock() = None;
    let p = COUNTERS.replace(Box::into_raw(Counters::new()));
    if !p.is_null() {
        // SAFETY: as in `thread_ends`.
        drop(unsafe { Box::from_raw(p) });
    }
    gc::stats::forget();
}

fn counters<'a>() -> Option<&'a mut Counters> {
    // SAFETY: this thread's, and no borrow is kept while Python code runs.
    unsafe { COUNTERS.get().as_mut() }
}

/// What was known of an instruction before it ran.
pub struct Noted {
    outcome: Outcome,
    word: u64,
}

fn sort_of(w: Word) -> usize {
    if !w.is_pointer() {
        return 0;
    }
    if !w.is_counted() {
        return 1;
    }
    // SAFETY: a live register's word.
    let h = unsafe { &*w.header() };
    if h.flags() & gc::flag::IMMORTAL != 0 {
        4
    } else if h.owner() != 0 && h.owner() == sync::threads::current_id() {
        2
    } else {
        3
    }
}

/// Native code has entered the interpreter.
pub fn entered(f: &Frame, pc: Pc) {
    let Some(c) = counters() else { return };
    if f.generator.is_null() {
        c.calls[Call::FromNative as usize] += 1;
    } else {
        c.calls[Call::GeneratorsFromNative as usize] += 1;
    }
    if f.code().is_some_and(|code| std::ptr::eq(pc, code.instrs.as_ptr())) {
        c.calls[Call::Pushed as usize] += 1;
    }
}

/// Counts an instruction that is about to run.
///
/// # Safety
/// It is the current frame's next one.
pub unsafe fn before(cx: &Cx, at: Pc, i: Instr, r: Regs) -> Noted {
    let n = i.op_byte() as usize;
    let Some((c, op)) = counters().zip(i.op()) else { return Noted { outcome: Outcome::Basic, word: 0 } };
    // SAFETY: the code's first word has no word before it to look at.
    let wide = unsafe { super::is_wide(&*current(cx), at) };
    // SAFETY: passed on.
    let (outcome, word) = unsafe { outcome::of(cx, at, i, op, r, wide) };
    c.ops[n] += 1;
    if let Some(last) = c.last.replace(n as u8) {
        c.pairs[last as usize * OPS + n] += 1;
    }
    match outcome {
        Outcome::Basic => c.basic += 1,
        Outcome::Deferred => c.deferred[n] += 1,
        Outcome::Miss => c.misses[n] += 1,
        Outcome::Hit(f) => c.hits[n][f as usize] += 1,
    }
    let operands = outcome::operands(at, i, wide);
    for (k, flag) in [KILL_A, KILL_B, KILL_C].into_iter().enumerate() {
        if i.flags() & flag != 0 {
            // SAFETY: a live temporary.
            c.dropped[sort_of(unsafe { *r.add(operands[k]) })] += 1;
        }
    }
    if i.flags() & DROP_A != 0 && op.info().operands[0] == Operand::Dst {
        // SAFETY: a local.
        c.dropped[sort_of(unsafe { *r.add(operands[0]) })] += 1;
    }
    Noted { outcome, word }
}

/// Counts what the instruction has done. `f0` was the current frame before it; `next` is where the thread goes on.
///
/// # Safety
/// The instruction has just run in this thread.
pub unsafe fn after(cx: &Cx, noted: &Noted, at: Pc, i: Instr, f0: *mut Frame, next: Pc) {
    let Some((c, op)) = counters().zip(i.op()) else { return };
    let f1 = current(cx);
    // SAFETY: f1 is alive; f0 is looked at only where it is f1 or below it.
    unsafe {
        let entered = super::pushed(f0, f1);
        if entered {
            let f = &*f1;
            let which = if !f.generator.is_null() {
                Call::GeneratorsInLoop
            } else if f.then == Then::Init {
                Call::InitInLoop
            } else {
                Call::FunctionsInLoop
            };
            c.calls[which as usize] += 1;
            if f.generator.is_null() || f.code().is_some_and(|code| std::ptr::eq(f.pc, code.instrs.as_ptr())) {
                c.calls[Call::Pushed as usize] += 1;
            }
        } else if f1 == f0 && matches!(op, Op::Call | Op::CallKw | Op::CallMethod | Op::CallMethodKw | Op::CallEx) {
            c.calls[Call::NativeFunctions as usize] += 1;
        }
        if !entered && f1 != f0 {
            return;
        }
        if outcome::has_word(op) && !matches!(noted.outcome, Outcome::Hit(_)) {
            let now = cache::at(at).load(Ordering::Relaxed);
            if now != noted.word && cache::version(now) != 0 {
                c.success[op as usize] += 1;
            } else {
                c.failure[op as usize] += 1;
            }
        }
        // One that has raised has written nothing: its register may hold anything.
        let finished = std::ptr::eq(next, at.wrapping_add(1 + op.caches()));
        if f1 == f0 && finished && op.info().operands[0] == Operand::Dst {
            let wide = super::is_wide(&*f1, at);
            c.written[sort_of(*(*f1).regs.add(outcome::operands(at, i, wide)[0]))] += 1;
        }
    }
}

fn loop_report(c: &Counters, r: &mut Report) {
    let name = |n: usize| Op::from_byte(n as u8).map_or("?", |o| o.info().name);
    let mut hits = 0;
    for n in 0..OPS {
        if c.ops[n] == 0 {
            continue;
        }
        let op = name(n);
        r.add(section::EXECUTION, op, c.ops[n]);
        let hit: u64 = c.hits[n].iter().sum();
        hits += hit;
        r.add(section::SPECIALIZATION, &format!("{op} hit"), hit);
        r.add(section::SPECIALIZATION, &format!("{op} miss"), c.misses[n]);
        r.add(section::SPECIALIZATION, &format!("{op} deferred"), c.deferred[n]);
        r.add(section::SPECIALIZATION, &format!("{op} success"), c.success[n]);
        r.add(section::SPECIALIZATION, &format!("{op} failure"), c.failure[n]);
        for (k, form) in FORMS.iter().enumerate() {
            r.add(section::SPECIALIZATION, &format!("{op} kind {form}"), c.hits[n][k]);
        }
        r.add(section::DEFERRED, op, c.deferred[n]);
        r.add(section::MISSES, op, c.misses[n]);
        for m in 0..OPS {
            let n2 = c.pairs[n * OPS + m];
            if n2 > 0 {
                r.add(section::PAIRS, &format!("{op} {}", name(m)), n2);
            }
        }
    }
    r.add(section::EFFECTIVENESS, "Basic", c.basic);
    r.add(section::EFFECTIVENESS, "Not specialized", c.deferred.iter().sum());
    r.add(section::EFFECTIVENESS, "Specialized hits", hits);
    r.add(section::EFFECTIVENESS, "Specialized misses", c.misses.iter().sum());
    for (n, text) in CALLS.iter().enumerate() {
        r.add(section::CALLS, text, c.calls[n]);
    }
    for (n, text) in DROPS.iter().enumerate() {
        r.add(section::COUNTING, &format!("Register words dropped: {text}"), c.dropped[n]);
        r.add(section::COUNTING, &format!("Register words written: {text}"), c.written[n]);
    }
    r.add(section::CACHES, "Fills", c.success.iter().sum());
    r.add(section::CACHES, "Executions that filled nothing", c.failure.iter().sum());
    r.add(section::META, "Threads", c.threads);
    r.add(section::META, "Instructions", c.ops.iter().sum());
    r.add(section::META, "Processes", 1);
}

fn heap_report(r: &mut Report) {
    let kind_name = |id: usize| live_by_id(id as u32).map_or_else(|| "(type gone)".to_string(), |t| t.full_name());
    let world = sync::safepoint::stop_the_world();
    gc::stats::for_each_large(&world, |id| r.add(section::ALLOCATIONS, &kind_name(id as usize), 1));
    gc::stats::for_each_slot(&world, |s| {
        for (id, [allocated, freed]) in s.heap.kinds.iter().enumerate() {
            if allocated + freed > 0 {
                let name = kind_name(id);
                r.add(section::ALLOCATIONS, &name, *allocated);
                r.add(section::FREES, &name, *freed);
            }
        }
        for (class, [allocated, freed]) in s.heap.sizes.iter().enumerate() {
            let size = match class {
                n if n < gc::heap::CLASSES => gc::heap::class_size(n).to_string(),
                _ => format!("> {}", gc::heap::MAX_SMALL),
            };
            r.add(section::ALLOCATED_SIZES, &size, *allocated);
            r.add(section::FREED_SIZES, &size, *freed);
            r.add(section::OBJECTS, "Allocations", *allocated);
            r.add(section::OBJECTS, "Frees", *freed);
            if class == gc::heap::CLASSES {
                r.add(section::OBJECTS, "Allocations over 4 KiB", *allocated);
                r.add(section::OBJECTS, "Frees over 4 KiB", *freed);
            }
        }
        r.add(section::OBJECTS, "Allocations from free lists", s.heap.reused);
        r.add(section::OBJECTS, "Frees of cells of other threads", s.heap.remote);
        for (e, text) in EVENTS {
            let to = match e {
                Event::TypeVersion | Event::KeysVersion => section::CACHES,
                Event::SetClass | Event::SetBases | Event::FunctionModified => section::RARE,
                Event::Materialised => section::OBJECTS,
                Event::FrameObject => section::CALLS,
                Event::Visit => section::GC,
                _ => section::COUNTING,
            };
            r.add(to, text, s.events[*e as usize]);
        }
    });
}

/// The report of the process so far.
pub fn report() -> Report {
    let mut r = Report::new();
    if let Some(c) = &*ENDED.lock() {
        loop_report(c, &mut r);
    }
    heap_report(&mut r);
    let total = |f: fn(&crate::collect::Totals) -> &sync::prim::AtomicU64| {
        crate::collect::TOTALS.iter().map(|t| f(t).load(Ordering::Relaxed)).sum::<u64>()
    };
    r.add(section::GC, "Collections", total(|t| &t.collections));
    r.add(section::GC, "Objects collected", total(|t| &t.collected));
    r.add(section::GC, "Stops of the collector", gc::search::STOPS.count.load(Ordering::Relaxed));
    let stops = sync::safepoint::stop_stats();
    r.add(section::GC, "Stops of the world", stops.stops);
    r.add(section::GC, "Time stopped (ns)", stops.stopped_ns);
    r.add(section::CACHES, "Places of the pool in use", cache::pool_used());
    r.meta.insert("implementation".into(), format!("weft {}", env!("CARGO_PKG_VERSION")));
    r.meta.insert("platform".into(), format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH));
    r.meta.insert("arguments".into(), crate::modules::sys::settings().argv.join(" "));
    r
}

/// The process ends: writes the report if there is to be one.
pub fn finish() {
    let Some(to) = DESTINATION.get() else { return };
    // Threads that go on keep theirs; this one's are complete.
    thread_ends();
    let r = report();
    let done = match to {
        Destination::Stderr => std::io::Write::write_all(&mut std::io::stderr(), r.to_markdown().as_bytes()),
        Destination::Path(p) => {
            let folder = p.is_dir() || p.as_os_str().to_string_lossy().ends_with('/');
            let file = if folder { p.join(format!("weft-stats-{}.json", std::process::id())) } else { p.clone() };
            let made = if folder { std::fs::create_dir_all(p) } else { Ok(()) };
            made.and_then(|()| std::fs::write(file, r.to_json()))
        }
    };
    if let Err(e) = done {
        eprintln!("weft: the statistics cannot be written: {e}");
    }
}
