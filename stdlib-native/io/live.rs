//! The streams that may hold data which is not written yet, and the monitors that a fork must open.
//!
//! Lists of addresses without references, as weak references are: a stream puts itself on a list when it is set up and takes itself off before
//! its memory is given back, both under the list's lock. So whoever holds the lock may look at the cells on the list.

use super::buffered::Buffered;
use super::text::TextIo;
use gc::{Header, Ref, Value};
use objects::Cx;
use sync::mutex::Mutex;
use sync::prim::{AtomicUsize, Ordering};

/// A stream's place on its list: 0 = on none, else the index + 1. Guarded by the list's lock.
#[derive(Default)]
pub struct Place(AtomicUsize);

#[derive(Clone, Copy)]
struct Entry {
    header: usize,
    place: usize,
    text: bool,
}

const SHARDS: usize = 16;
static LISTS: [Mutex<Vec<Entry>>; SHARDS] = [const { Mutex::new(Vec::new()) }; SHARDS];

fn list(header: usize) -> &'static Mutex<Vec<Entry>> {
    &LISTS[(header >> 6).wrapping_mul(0x9e37_79b9) >> 8 & (SHARDS - 1)]
}

/// Puts a stream on its list.
pub fn add(h: &Header, place: &Place, text: bool) {
    h.show();
    let header = std::ptr::from_ref(h).addr();
    let mut l = list(header).lock();
    if place.0.load(Ordering::Relaxed) == 0 {
        l.push(Entry { header, place: std::ptr::from_ref(place).addr(), text });
        place.0.store(l.len(), Ordering::Relaxed);
    }
}

/// Takes a stream that is being destroyed off its list. `header` is its cell's address.
pub fn remove(header: usize, place: &Place) {
    // Relaxed: nobody else puts a dying stream on a list.
    if place.0.load(Ordering::Relaxed) == 0 {
        return;
    }
    let mut l = list(header).lock();
    let i = place.0.swap(0, Ordering::Relaxed);
    if i == 0 || i > l.len() {
        return;
    }
    l.swap_remove(i - 1);
    if let Some(moved) = l.get(i - 1) {
        // SAFETY: streams on the list have not been destroyed.
        unsafe { &*(moved.place as *const Place) }.0.store(i, Ordering::Relaxed);
    }
}

/// References to all streams of one kind.
fn all(text: bool) -> Vec<Value> {
    let mut out = Vec::new();
    for l in &LISTS {
        for e in l.lock().iter().filter(|e| e.text == text) {
            // SAFETY: streams on the list have not been destroyed.
            let h = unsafe { &*(e.header as *const Header) };
            let alive = if h.owner() == sync::threads::current_id() {
                h.count() > 0 && {
                    h.incref();
                    true
                }
            } else {
                h.try_incref()
            };
            if alive {
                // SAFETY: the reference was just taken.
                out.push(unsafe { Value::from_raw(h) });
            }
        }
    }
    out
}

/// At the end of the process: writes what streams that nobody has closed still hold. `reported` are streams whose errors have been told.
pub fn flush_all(cx: &mut Cx, reported: &[Value]) {
    let buffers: Vec<Value> =
        reported.iter().filter_map(|v| v.as_ref().exact::<TextIo>()).map(|t| t.buffer.load(gc::Payload::header(t))).collect();
    for text in [true, false] {
        for v in all(text) {
            let r = if text { super::text_write::flush_rest(cx, v.as_ref()) } else { super::buffered_write::flush_rest(cx, v.as_ref()) };
            if let Err(e) = r {
                let e = cx.catch(e);
                if super::file::is_a(&e, objects::types::exception::ids::OS_ERROR) && !reported.iter().chain(&buffers).any(|x| x.is(&v)) {
                    let e = cx.raise(e);
                    cx.unraisable(e, "Exception ignored while finalizing file", v.as_ref());
                }
            }
        }
    }
}

/// In a forked child: whoever held a monitor is gone.
pub fn after_fork() {
    for l in &LISTS {
        for e in l.lock().iter() {
            // SAFETY: streams on the list have not been destroyed; the payload is what the entry says.
            unsafe {
                let v = Ref::from_word(gc::Word::from_header(&*(e.header as *const Header)));
                if e.text { v.cast::<TextIo>().reset_after_fork() } else { v.cast::<Buffered>().reset_after_fork() }
            }
        }
    }
}
