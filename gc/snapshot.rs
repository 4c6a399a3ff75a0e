//! Candidates for garbage as they were seen at one moment each, and their exact confirmation.
//!
//! A record holds a cell's header (counts, owner, flags, type) and the words of its references in the order in which they are visited. From the records alone,
//! while everybody runs, [`Snapshot::filter`] throws out what is counted more often than it is referred to by other candidates, with all that it reaches, and
//! divides the rest into components that share no reference. A stop then has little to do ([`Snapshot::confirm`]): compare headers and references with the
//! records. Where all are the same, the sums that were made of the records are the exact sums of that moment: every count of the component comes from inside
//! of it, so no register that counts, no handle of a native and no cell outside holds any. Registers that do not count are looked through when there are deferred
//! cells in it. Nothing else needs to be true for that: not that a record was consistent, nor that nothing changed in between.
//!
//! A stop takes as many components as its budget allows; one that is larger than the budget is confirmed whole, in one longer stop.

use crate::deferred;
use crate::header::{Header, flag};
use crate::heap;
use crate::kind::{Walk, walk_of};
use crate::search::{Access, BUDGET, Roots, in_stop, is_alive, is_reference, stop_for, traverse};
use crate::tables::{REACHED, Tables};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use sync::safepoint::WorldStopped;
use sync::threads::Slot;

/// Hashes addresses of cells, which are multiples of 16.
#[derive(Default)]
pub struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_usize(*b as usize));
    }
    fn write_usize(&mut self, n: usize) {
        let x = (self.0 ^ (n as u64 >> 4)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = x ^ x >> 32;
    }
}

/// A set of cells by their addresses.
pub type AddressSet = HashSet<usize, BuildHasherDefault<AddressHasher>>;
type AddressMap = HashMap<usize, u32, BuildHasherDefault<AddressHasher>>;

/// A cell as it was seen.
struct Record {
    at: usize,
    image: [u64; 2],
    /// Where its references begin in `words`, and how many there are.
    first: u32,
    len: u32,
    /// What is counted beyond the references that have been found.
    outside: i32,
    /// Its place in `deltas` and 1 more; 0 for none.
    delta: u32,
}

impl Record {
    fn range(&self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.len) as usize
    }
    fn flags(&self) -> u8 {
        (self.image[0] >> 48) as u8
    }
}

/// Cells that may be garbage.
pub struct Snapshot {
    records: Vec<Record>,
    words: Vec<usize>,
    /// Ids under which cells are counted in deltas, and the sums of these.
    deltas: Vec<(u32, i64)>,
}

/// What a filtered snapshot is made of: parts that share no reference. Large ones come last.
pub struct Components {
    /// Indices of records, one component after the other.
    order: Vec<u32>,
    /// Where each ends in `order`.
    ends: Vec<u32>,
}

impl Components {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
    fn members(&self, n: usize) -> &[u32] {
        let first = if n == 0 { 0 } else { self.ends[n - 1] as usize };
        &self.order[first..self.ends[n] as usize]
    }
}

/// Components of more cells than this come last.
const LARGE: u32 = 4096;

/// Finds records by their cells' addresses.
enum Index {
    /// A search's tables hold the index and 1 more.
    Tables(Tables),
    Map(AddressMap),
}

impl Index {
    #[inline]
    fn get(&mut self, at: usize) -> Option<u32> {
        match self {
            Index::Tables(t) => match t.at(at) {
                Some(n) if *n > 0 && *n != REACHED => Some(*n as u32 - 1),
                _ => None,
            },
            Index::Map(m) => m.get(&at).copied(),
        }
    }
}

/// A cell that a component was confirmed to hold.
#[derive(Clone, Copy)]
pub struct Confirmed {
    /// The cell.
    pub cell: *const Header,
    /// Its flags when it was confirmed.
    pub flags: u8,
}

// SAFETY: pointers to cells that nothing but the collector can reach.
unsafe impl Send for Confirmed {}

/// What every record is made with.
struct Maker<'a, R: Roots> {
    roots: &'a R,
    /// Sums of deltas, by id.
    sums: &'a [i64],
    /// References that the caller has to each cell.
    held: i64,
}

/// Records a live cell that may be traversed now; with a slot, beside others.
fn record(h: &Header, slot: Option<&'static Slot>, maker: &Maker<'_, impl Roots>, s: &mut Snapshot) {
    let image = h.image();
    let mut count = h.count() - maker.held;
    let mut delta = 0;
    if h.flags() & flag::DEFERRED != 0
        && let Some(id) = maker.roots.delta_id(h)
    {
        let sum = maker.sums.get(id as usize).copied().unwrap_or(0);
        s.deltas.push((id, sum));
        delta = s.deltas.len() as u32;
        count += sum;
    }
    let first = s.words.len();
    // SAFETY: the caller says that the cell is alive and may be traversed.
    unsafe {
        traverse(h, slot, &mut |w| {
            if is_reference(w) {
                s.words.push(w.0 as usize);
            }
        });
    }
    let Ok(end) = u32::try_from(s.words.len()) else {
        // More references than a snapshot has room for: another time.
        return s.words.truncate(first);
    };
    let outside = count.clamp(i64::from(i32::MIN) / 2, i64::from(i32::MAX) / 2) as i32;
    s.records.push(Record { at: h as *const Header as usize, image, first: first as u32, len: end - first as u32, outside, delta });
}

impl Snapshot {
    /// Records cells; `held`: how many references the caller has to each. They may have died since they were found, unless it has any. Beside others: during a
    /// search, or all cells are held. `sums` are the deltas of all threads.
    pub fn of(cells: &[usize], access: Access<'_>, roots: &impl Roots, sums: &[i64], held: i64) -> Snapshot {
        let maker = Maker { roots, sums, held };
        let beside = match access {
            Access::Beside(s) => Some(s),
            Access::Alone(_) => None,
        };
        let mut s = Snapshot { records: Vec::with_capacity(cells.len()), words: Vec::new(), deltas: Vec::new() };
        let mut later = Vec::new();
        for (k, at) in cells.iter().enumerate() {
            if let Access::Beside(slot) = access
                && k % 256 == 0
            {
                sync::safepoint::safepoint(slot);
            }
            if held == 0 && heap::page_at(*at).is_none() && !heap::is_large(*at) {
                continue;
            }
            // SAFETY: cell memory that is there until the next quiescent state, or held.
            let h = unsafe { &*(*at as *const Header) };
            if !is_alive(h) || h.flags() & (flag::IMMORTAL | flag::PENDING) != 0 {
                continue;
            }
            match (walk_of(h), access) {
                (Walk::Leaf, _) => {}
                (Walk::Stopped, Access::Beside(_)) => later.push(*at),
                _ => record(h, beside, &maker, &mut s),
            }
        }
        stop_for(&later, |_, h| {
            if is_alive(h) && h.flags() & (flag::IMMORTAL | flag::PENDING) == 0 {
                record(h, None, &maker, &mut s);
            }
        });
        s
    }

    /// The components of what seems to be held by nothing else. `tables`: those of the search that has found the cells.
    pub fn filter(&mut self, tables: Option<Tables>) -> Components {
        let mut index = match tables {
            Some(mut t) => {
                for (k, r) in self.records.iter().enumerate() {
                    if let Some(n) = t.at(r.at) {
                        *n = k as i32 + 1;
                    }
                }
                Index::Tables(t)
            }
            None => Index::Map(self.records.iter().enumerate().map(|(k, r)| (r.at, k as u32)).collect()),
        };
        // References to other records, by index; what leads elsewhere is of no interest.
        let links: Vec<u32> = self.words.iter().map(|w| index.get(*w).unwrap_or(u32::MAX)).collect();
        drop(index);
        for to in links.iter().filter(|k| **k != u32::MAX) {
            self.records[*to as usize].outside -= 1;
        }
        let mut lives: Vec<bool> = self.records.iter().map(|r| r.outside != 0).collect();
        let mut reached: Vec<u32> = (0..self.records.len() as u32).filter(|k| lives[*k as usize]).collect();
        while let Some(k) = reached.pop() {
            for to in &links[self.records[k as usize].range()] {
                if *to != u32::MAX && !std::mem::replace(&mut lives[*to as usize], true) {
                    reached.push(*to);
                }
            }
        }
        self.components(&links, &lives)
    }

    /// Union-find over the records that do not live. Records keep their order within a component, which is that of the addresses: the stop likes that.
    fn components(&self, links: &[u32], lives: &[bool]) -> Components {
        fn find(parent: &mut [u32], mut k: u32) -> u32 {
            while parent[k as usize] != k {
                parent[k as usize] = parent[parent[k as usize] as usize];
                k = parent[k as usize];
            }
            k
        }
        let n = self.records.len();
        let mut parent: Vec<u32> = (0..n as u32).collect();
        for (k, r) in self.records.iter().enumerate().filter(|(k, _)| !lives[*k]) {
            for to in &links[r.range()] {
                if *to != u32::MAX && !lives[*to as usize] {
                    let (a, b) = (find(&mut parent, k as u32), find(&mut parent, *to));
                    parent[a.max(b) as usize] = a.min(b);
                }
            }
        }
        // Sizes, by root; then where each root's members go, small components first.
        let mut at = vec![0u32; n];
        for k in (0..n as u32).filter(|k| !lives[*k as usize]) {
            at[find(&mut parent, k) as usize] += 1;
        }
        let (mut ends, mut sum) = (Vec::new(), 0);
        for large in [false, true] {
            for k in 0..n {
                // A root is the first of its members: every place is given once, because a place is marked by its highest bit.
                let size = at[k];
                if size != 0 && size >> 31 == 0 && parent[k] == k as u32 && !lives[k] && (size > LARGE) == large {
                    at[k] = sum | 1 << 31;
                    sum += size;
                    ends.push(sum);
                }
            }
        }
        let mut order = vec![0u32; sum as usize];
        for k in (0..n as u32).filter(|k| !lives[*k as usize]) {
            let place = &mut at[find(&mut parent, k) as usize];
            order[(*place & !(1 << 31)) as usize] = k;
            *place += 1;
        }
        Components { order, ends }
    }

    /// Whether a component is still as it was recorded, and whether there are deferred cells in it.
    fn is_same(&self, world: &WorldStopped, members: &[u32]) -> (bool, bool) {
        let mut flags = 0;
        let same = members.iter().all(|k| {
            let r = &self.records[*k as usize];
            flags |= r.flags();
            if heap::page_at(r.at).is_none() && !heap::is_large(r.at) {
                return false;
            }
            // SAFETY: cell memory, and nobody frees any in a stop.
            let h = unsafe { &*(r.at as *const Header) };
            let counted = r.delta.checked_sub(1).map(|k| self.deltas[k as usize]);
            if h.image() != r.image || counted.is_some_and(|(id, sum)| deferred::delta_sum(world, id) != sum) {
                return false;
            }
            let words = &self.words[r.range()];
            let (mut seen, mut same) = (0, true);
            // SAFETY: its header says that it is the live cell that was recorded, or one like it; nobody runs.
            unsafe {
                traverse(h, None, &mut |w| {
                    if is_reference(w) {
                        same &= words.get(seen) == Some(&(w.0 as usize));
                        seen += 1;
                    }
                });
            }
            same && seen == words.len()
        });
        (same, flags & flag::DEFERRED != 0)
    }

    /// Confirms components exactly, in as many stops as it takes. Weak references to their cells refuse from then on. The cells that one stop has
    /// confirmed are given to `f`, which runs after it; the rest wait for another collection.
    pub fn confirm(&self, components: &Components, roots: &impl Roots, mut f: impl FnMut(Vec<Confirmed>)) {
        let (mut next, mut patience) = (0, 1000);
        while next < components.len() {
            let first = next;
            let passed = in_stop(|world| {
                let mut passed = Vec::new();
                if sync::threads::anyone_reading(world) {
                    // Natives that wait for an object lock hold uncounted words that no scan sees: another time.
                    return passed;
                }
                let mut held: Option<AddressSet> = None;
                let (mut cells, mut spent) = (0u64, 0);
                while next < components.len() {
                    let members = components.members(next);
                    if next > first && (cells % 256 + members.len() as u64 > 256 || spent == 0) {
                        spent = sync::futex::now() - world.since();
                        // What so many cells have taken so far says what these will take.
                        if spent + spent / cells.max(1) * members.len() as u64 > BUDGET {
                            break;
                        }
                    }
                    cells += members.len() as u64;
                    let (mut same, deferred) = self.is_same(world, members);
                    if same && deferred {
                        let held = held.get_or_insert_with(|| registers(roots));
                        same = !members.iter().any(|k| held.contains(&self.records[*k as usize].at));
                    }
                    if same {
                        self.hide(members);
                        passed.push(next);
                    }
                    next += 1;
                }
                passed
            });
            if next == first {
                patience -= 1;
                if patience == 0 {
                    return;
                }
                std::thread::yield_now();
                match sync::threads::current() {
                    Some(s) => drop(sync::safepoint::safepoint(s)),
                    None => break,
                }
            }
            if !passed.is_empty() {
                f(passed.iter().flat_map(|n| components.members(*n)).map(|k| self.confirmed(*k)).collect());
            }
        }
    }

    /// Makes weak references to a component's cells refuse. In the stop that confirmed it.
    fn hide(&self, members: &[u32]) {
        for k in members {
            let r = &self.records[*k as usize];
            if r.flags() & flag::HAS_WEAKREF != 0 {
                // SAFETY: a cell of the component.
                hide(unsafe { &*(r.at as *const Header) });
            }
        }
    }

    fn confirmed(&self, k: u32) -> Confirmed {
        let r = &self.records[k as usize];
        Confirmed { cell: r.at as *const Header, flags: r.flags() }
    }
}

/// Marks a garbage cell: weak references refuse it, and lists of objects leave it out.
pub(crate) fn hide(h: &Header) {
    if h.set_flags(flag::PENDING) & flag::DEFERRED != 0 {
        h.clear_flags(flag::DEFERRED);
    }
}

/// What registers hold uncounted.
fn registers(roots: &impl Roots) -> AddressSet {
    let mut held = AddressSet::default();
    sync::threads::for_each_slot(|s| {
        roots.registers(s, &mut |w| {
            if w.is_pointer() && !w.is_counted() {
                held.insert(w.header() as usize);
            }
        });
    });
    held
}
