//! The search for garbage: which cells are reached by nothing but each other. Beside the running program, or alone.
//!
//! Actors: one *walker* at a time ([`turn`]), which reads cells, buffers and headers that others write; *mutators*, which know of it only through
//! `aside.rs` and QSBR.
//!
//! Steps of [`find`]: 1. a handshake begins the search: every thread reports what its registers hold uncounted and adds up its deltas. 2. One pass over the
//! pages: each cell's number gets what the header counts, less one for every reference that a cell holds to it. 3. What has more (or less) than nothing
//! left, is marked with all that it reaches. 4. The rest are candidates: `snapshot.rs` records them, throws out what has changed, and confirms what is left
//! in short stops.
//!
//! Garbage is always among the candidates: nobody changes it, so its counts and references are the same whenever they are read, and no reference from
//! elsewhere is read. What lives may be among them too, since its references can be read at different times; that costs work, not correctness.
//!
//! Cells of kinds that cannot be read beside a mutator ([`Walk::Stopped`]) are gathered and read in short stops of their own, each bounded by time.

use crate::aside;
use crate::header::{Header, flag};
use crate::heap;
use crate::kind::{Walk, kind_of, walk_of};
use crate::local;
use crate::pace::Scope;
use crate::snapshot::Confirmed;
use crate::tables::{LEAF, REACHED, Tables, is_leaf};
use crate::word::Word;
use std::collections::HashMap;
use sync::prim::{AtomicBool, AtomicU64, Ordering};
use sync::safepoint::{WorldStopped, stop_the_world};
use sync::threads::Slot;

/// What the runtime knows of references that are not in headers.
pub trait Roots: Sync {
    /// Under which id references to a deferred cell are counted in deltas, if they are.
    fn delta_id(&self, h: &Header) -> Option<u32>;
    /// Calls `f` with every word that the registers of a slot's thread may hold. The thread calls this itself, or cannot run meanwhile.
    fn registers(&self, slot: &Slot, f: &mut dyn FnMut(Word));
}

/// How the caller gets at cells.
#[derive(Clone, Copy)]
pub enum Access<'a> {
    /// Nobody else runs.
    Alone(&'a WorldStopped),
    /// Beside the others; the caller is attached.
    Beside(&'static Slot),
}

/// What a search saw.
#[derive(Default, Debug, Clone, Copy)]
pub struct Seen {
    /// Live cells.
    pub cells: usize,
    /// Of these, those that can be part of a cycle.
    pub containers: usize,
    /// The bytes of all.
    pub bytes: usize,
    /// Cells that hold each other more often than they are counted: a payload visits a word that it does not count. They are kept. Known only when
    /// the search was alone.
    pub overcounted: usize,
}

/// Times of the collector's stops, in ns.
pub struct StopTotals {
    /// How many stops.
    pub count: AtomicU64,
    /// From everybody standing still until they could go on.
    pub stopped: AtomicU64,
    /// The longest.
    pub longest: AtomicU64,
    /// Processor time that the collector used meanwhile.
    pub work: AtomicU64,
    /// The most in one stop.
    pub most_work: AtomicU64,
    /// From asking until everybody stood still.
    pub reaching: AtomicU64,
    /// The longest.
    pub longest_reaching: AtomicU64,
    /// Stops that took longer than [`BUDGET`] because one component was so large.
    pub long: AtomicU64,
}

/// The process's stops.
pub static STOPS: StopTotals = StopTotals {
    count: AtomicU64::new(0),
    stopped: AtomicU64::new(0),
    longest: AtomicU64::new(0),
    work: AtomicU64::new(0),
    most_work: AtomicU64::new(0),
    reaching: AtomicU64::new(0),
    longest_reaching: AtomicU64::new(0),
    long: AtomicU64::new(0),
};

/// How long a stop should take at most, in ns.
pub const BUDGET: u64 = 600_000;

/// Processor time of the calling thread, in ns.
pub fn thread_time() -> u64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a plain query into a local.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Runs `f` with the world stopped, and notes the times.
pub fn in_stop<R>(f: impl FnOnce(&WorldStopped) -> R) -> R {
    let world = stop_the_world();
    let before = thread_time();
    let r = f(&world);
    let work = thread_time() - before;
    let (since, reaching) = (world.since(), world.time_to_stop());
    drop(world);
    let stopped = sync::futex::now().saturating_sub(since);
    STOPS.count.fetch_add(1, Ordering::Relaxed);
    STOPS.stopped.fetch_add(stopped, Ordering::Relaxed);
    STOPS.longest.fetch_max(stopped, Ordering::Relaxed);
    STOPS.work.fetch_add(work, Ordering::Relaxed);
    STOPS.most_work.fetch_max(work, Ordering::Relaxed);
    STOPS.reaching.fetch_add(reaching, Ordering::Relaxed);
    STOPS.longest_reaching.fetch_max(reaching, Ordering::Relaxed);
    if stopped > 2 * BUDGET && work > BUDGET {
        STOPS.long.fetch_add(1, Ordering::Relaxed);
    }
    r
}

/// One search at a time: held from its beginning until what it has confirmed is held and hidden.
static TURN: sync::mutex::Mutex<()> = sync::mutex::Mutex::new(());
/// Somebody wants the walker to give up: a fork, or the end of the process.
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// The right to search, and to look at all cells.
pub struct Turn(#[allow(dead_code, reason = "held for its drop")] sync::mutex::MutexGuard<'static, ()>);

/// Waits for the right to search, detached.
pub fn turn() -> Turn {
    if let Some(g) = TURN.try_lock() {
        return Turn(g);
    }
    Turn(sync::threads::while_detached(|| TURN.lock()))
}

/// The right to search, if nobody has it.
pub fn try_turn() -> Option<Turn> {
    TURN.try_lock().map(Turn)
}

/// Makes a search that is under way give up, and waits for that; searches wait until the result is dropped.
pub fn hold_off() -> Turn {
    CANCELLED.store(true, Ordering::Relaxed);
    let t = turn();
    CANCELLED.store(false, Ordering::Relaxed);
    t
}

/// In the child of a fork, whose only thread calls this: forgets the searches of threads that are gone.
pub fn forget() {
    aside::forget();
}

/// Whether a cell that a walker finds is alive, and not on its way out. What it holds may be looked at until the walker's next quiescent state.
/// Counts before type, acquiring: who sees the counts of a cell's next life sees that the last one's type is gone (`gc::reserve` releases them).
pub(crate) fn is_alive(h: &Header) -> bool {
    let flags = h.flags_acquire();
    let counted = if flags & (flag::IMMORTAL | flag::DEFERRED) != 0 { true } else { flags & flag::PENDING == 0 && h.is_counted_acquire() };
    counted && h.type_id_acquire() != 0
}

/// Whether a word that a cell holds is a counted reference: nothing above 48 bits, nothing below 4096, a multiple of 16.
#[inline(always)]
pub(crate) fn is_reference(w: Word) -> bool {
    w.0 & (0xffff << 48 | 0xf) == 0 && w.0 > 4095
}

/// Calls `visit` with every word of a cell that may be traversed now. With a slot, stops are answered in the middle.
///
/// # Safety
/// The cell has been alive since the walker's last quiescent state, and its kind may be traversed by the caller now.
#[inline]
pub(crate) unsafe fn traverse(h: &Header, slot: Option<&'static Slot>, visit: &mut dyn FnMut(Word)) {
    let kind = kind_of(h);
    if kind.is_null() {
        return;
    }
    // SAFETY: by contract.
    unsafe {
        let Some(s) = slot else { return ((*kind).traverse)(h, visit) };
        let mut n = 0u32;
        ((*kind).traverse)(h, &mut |w: Word| {
            visit(w);
            n = n.wrapping_add(1);
            if n.is_multiple_of(2048) {
                sync::safepoint::pause_reading(s);
            }
        });
    }
}

/// Reads cells of [`Walk::Stopped`] kinds in short stops: `f` gets each, while nobody runs.
pub(crate) fn stop_for(cells: &[usize], mut f: impl FnMut(&WorldStopped, &Header)) {
    let mut rest = cells;
    while !rest.is_empty() {
        rest = in_stop(|world| {
            let mut done = 0;
            for (k, at) in rest.iter().enumerate() {
                done = k + 1;
                if heap::page_at(*at).is_some() || heap::is_large(*at) {
                    // SAFETY: cell memory, and nobody frees any in a stop.
                    f(world, unsafe { &*(*at as *const Header) });
                }
                if k % 32 == 31 && sync::futex::now() - world.since() > BUDGET / 2 {
                    break;
                }
            }
            &rest[done..]
        });
    }
}

struct Search<'a, R: Roots> {
    access: Access<'a>,
    roots: &'a R,
    tables: Tables,
    /// Deltas of all threads, by id.
    sums: Vec<i64>,
    seen: Seen,
    /// What opaque cells hold: ranges of `words` by address.
    opaque: HashMap<usize, (u32, u32)>,
    words: Vec<usize>,
}

/// The search was told to give up.
struct Cancelled;

impl<R: Roots> Search<'_, R> {
    fn slot(&self) -> Option<&'static Slot> {
        match self.access {
            Access::Alone(_) => None,
            Access::Beside(s) => Some(s),
        }
    }

    /// A quiescent state: nothing that was read before is used after.
    fn rest(&self) -> Result<(), Cancelled> {
        if let Access::Beside(s) = self.access {
            sync::safepoint::safepoint(s);
            if CANCELLED.load(Ordering::Relaxed) {
                return Err(Cancelled);
            }
        }
        Ok(())
    }

    fn count_cell(&mut self, h: &Header, bytes: usize, later: &mut Vec<usize>) -> i32 {
        if !is_alive(h) {
            return LEAF;
        }
        self.seen.cells += 1;
        self.seen.bytes += bytes;
        let flags = h.flags();
        let walk = walk_of(h);
        // What immortal cells and those that wait for a stop hold is then counted from outside, and so lives.
        if walk == Walk::Leaf || flags & (flag::IMMORTAL | flag::PENDING) != 0 {
            return LEAF;
        }
        self.seen.containers += 1;
        let mut n = h.count();
        if flags & flag::DEFERRED != 0
            && let Some(id) = self.roots.delta_id(h)
        {
            n += self.sums.get(id as usize).copied().unwrap_or(0);
        }
        if walk == Walk::Stopped && self.slot().is_some() {
            later.push(h as *const Header as usize);
        } else {
            let tables = &mut self.tables;
            let slot = match self.access {
                Access::Alone(_) => None,
                Access::Beside(s) => Some(s),
            };
            // SAFETY: alive since the last rest; its kind may be traversed beside others, or there are none.
            unsafe {
                traverse(h, slot, &mut |w| {
                    if is_reference(w)
                        && let Some(n) = tables.at(w.0 as usize)
                    {
                        *n -= 1;
                    }
                });
            }
        }
        n.clamp(-(1 << 27), 1 << 27) as i32
    }

    /// Step 2.
    fn count(&mut self) -> Result<(), Cancelled> {
        let mut later = Vec::new();
        for k in 0..self.tables.pages() {
            self.rest()?;
            let (page, n) = self.tables.page(k);
            let bytes = page.cell_size as usize;
            for i in 0..n {
                // SAFETY: a cell of the page: a header at least.
                let h = unsafe { &*page.cell(i) };
                // What a frozen cell holds is then counted from outside.
                let add = if page.is_frozen(i, h.type_id() == 0) { LEAF } else { self.count_cell(h, bytes, &mut later) };
                *self.tables.number(k, i) += add;
            }
        }
        for at in self.tables.large() {
            self.rest()?;
            let add = if heap::is_large(at) {
                // SAFETY: registered since the last rest, so its memory is still there.
                let h = unsafe { &*(at as *const Header) };
                // SAFETY: as above.
                let bytes = unsafe { heap::room(h) };
                self.count_cell(h, bytes, &mut later)
            } else {
                LEAF
            };
            if let Some(n) = self.tables.at(at) {
                *n += add;
            }
        }
        // Read in stops of their own; what they held then is kept for the marking.
        let (opaque, words, tables) = (&mut self.opaque, &mut self.words, &mut self.tables);
        stop_for(&later, |_, h| {
            if !is_alive(h) || walk_of(h) == Walk::Leaf {
                return;
            }
            let first = words.len() as u32;
            // SAFETY: alive, and nobody else runs.
            unsafe {
                traverse(h, None, &mut |w| {
                    if is_reference(w) {
                        words.push(w.0 as usize);
                        if let Some(n) = tables.at(w.0 as usize) {
                            *n -= 1;
                        }
                    }
                });
            }
            opaque.insert(h as *const Header as usize, (first, words.len() as u32));
        });
        Ok(())
    }

    /// Marks what is reached from the cells in `stack`, which are marked.
    fn drain(&mut self, stack: &mut Vec<usize>) -> Result<(), Cancelled> {
        let mut n = 0u32;
        while let Some(at) = stack.pop() {
            n = n.wrapping_add(1);
            if n.is_multiple_of(512) {
                self.rest()?;
            }
            if let Some((a, b)) = self.opaque.get(&at).copied() {
                for k in a..b {
                    let to = self.words[k as usize];
                    mark(&mut self.tables, to, stack);
                }
                continue;
            }
            if heap::page_at(at).is_none() && !heap::is_large(at) {
                continue;
            }
            // SAFETY: cell memory that is there until the next rest.
            let h = unsafe { &*(at as *const Header) };
            if !is_alive(h) {
                continue;
            }
            let walk = walk_of(h);
            if walk == Walk::Racy || walk == Walk::Stopped && self.slot().is_none() {
                let (tables, slot) = (
                    &mut self.tables,
                    match self.access {
                        Access::Alone(_) => None,
                        Access::Beside(s) => Some(s),
                    },
                );
                // SAFETY: as in `count_cell`.
                unsafe {
                    traverse(h, slot, &mut |w| {
                        if is_reference(w) {
                            mark(tables, w.0 as usize, stack);
                        }
                    });
                }
            }
        }
        Ok(())
    }

    /// Step 3.
    fn mark(&mut self) -> Result<(), Cancelled> {
        let alone = self.slot().is_none();
        let mut stack = Vec::new();
        for k in 0..self.tables.pages() {
            self.rest()?;
            let (page, n) = self.tables.page(k);
            for i in 0..n {
                let number = self.tables.number(k, i);
                if *number != 0 && *number != REACHED && !is_leaf(*number) {
                    self.seen.overcounted += usize::from(alone && *number < 0);
                    *number = REACHED;
                    stack.push(page.cell(i) as usize);
                    self.drain(&mut stack)?;
                }
            }
        }
        for at in self.tables.large() {
            if let Some(number) = self.tables.at(at)
                && *number != 0
                && *number != REACHED
                && !is_leaf(*number)
            {
                *number = REACHED;
                stack.push(at);
                self.drain(&mut stack)?;
            }
        }
        Ok(())
    }

    fn unreached(&mut self) -> Vec<usize> {
        let mut out = Vec::new();
        for k in 0..self.tables.pages() {
            let (page, n) = self.tables.page(k);
            out.extend((0..n).filter(|i| *self.tables.number(k, *i) == 0).map(|i| page.cell(i) as usize));
        }
        for at in self.tables.large() {
            if self.tables.at(at).is_some_and(|n| *n == 0) {
                out.push(at);
            }
        }
        out
    }
}

#[inline(always)]
fn mark(tables: &mut Tables, to: usize, stack: &mut Vec<usize>) {
    if let Some(n) = tables.at(to)
        && *n != REACHED
        && !is_leaf(*n)
    {
        *n = REACHED;
        stack.push(to);
    }
}

/// What threads report at the beginning.
struct Report {
    sums: Vec<i64>,
    held: Vec<usize>,
}

impl Report {
    fn add(&mut self, slot: &Slot, roots: &impl Roots) {
        if let Some(l) = local::of_slot(slot.id) {
            // SAFETY: by the slot's owner at its safepoint, or on its behalf, or in a stop.
            let deltas = unsafe { (*l).deltas() };
            if self.sums.len() < deltas.len() {
                self.sums.resize(deltas.len(), 0);
            }
            self.sums.iter_mut().zip(deltas).for_each(|(s, d)| *s += i64::from(*d));
        }
        roots.registers(slot, &mut |w| {
            if w.is_pointer() && !w.is_counted() {
                self.held.push(w.header() as usize);
            }
        });
    }
}

/// What a search has found.
pub struct Found {
    /// Addresses of the candidates.
    pub cells: Vec<usize>,
    /// The search's tables: they tell candidates by their addresses.
    pub tables: Tables,
    /// The deltas of all threads, by id.
    pub sums: Vec<i64>,
    /// What it saw.
    pub seen: Seen,
}

impl Found {
    /// The cells of a search that was alone: they are garbage as they stand.
    pub fn confirmed(&self, _world: &WorldStopped) -> Vec<Confirmed> {
        let confirm = |at: &usize| {
            let cell = *at as *const Header;
            // SAFETY: a live cell, and nobody has run since it was found.
            Confirmed { cell, flags: unsafe { (*cell).flags() } }
        };
        self.cells.iter().map(confirm).collect()
    }
}

/// The deltas of all threads, by id, at a moment of each thread's own.
pub fn sum_deltas(access: Access<'_>, roots: &impl Roots) -> Vec<i64> {
    let report = sync::mutex::Mutex::new(Report { sums: Vec::new(), held: Vec::new() });
    match access {
        Access::Alone(_) => sync::threads::for_each_slot(|s| report.lock().add(s, roots)),
        Access::Beside(_) => sync::safepoint::handshake(|s| report.lock().add(s, roots)),
    }
    std::mem::take(&mut report.lock().sums)
}

/// The cells of a scope that nothing outside of them seems to refer to; with [`Access::Alone`], nothing does. `None`: it was told to give up.
/// For the holder of the turn.
pub fn find(_turn: &Turn, access: Access<'_>, roots: &impl Roots, scope: Scope) -> Option<Found> {
    let report = sync::mutex::Mutex::new(Report { sums: Vec::new(), held: Vec::new() });
    match access {
        Access::Alone(_) => sync::threads::for_each_slot(|s| report.lock().add(s, roots)),
        Access::Beside(_) => aside::begin(|s| report.lock().add(s, roots)),
    }
    let report = std::mem::replace(&mut *report.lock(), Report { sums: Vec::new(), held: Vec::new() });
    let found = {
        let mut s = Search {
            access,
            roots,
            tables: Tables::build(scope),
            sums: report.sums,
            seen: Seen::default(),
            opaque: HashMap::new(),
            words: Vec::new(),
        };
        let done = s.count().and_then(|()| {
            for at in report.held {
                if let Some(n) = s.tables.at(at)
                    && *n == 0
                {
                    *n = 1;
                }
            }
            s.mark()
        });
        done.ok().map(|()| {
            s.tables.grow_older(scope);
            Found { cells: s.unreached(), sums: s.sums, seen: s.seen, tables: s.tables }
        })
    };
    if let Access::Beside(_) = access
        && found.is_none()
    {
        aside::end();
    }
    found
}

/// Ends a search beside others that [`find`] has left open, so that candidates could be recorded.
pub fn end() {
    aside::end();
}
