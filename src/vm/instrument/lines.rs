//! What events need to know of a code object, per thread: the line of each instruction and which events are wanted, looked up once.

use crate::modules::monitoring;
use gc::{Payload, Value};
use objects::types::code::Code;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Facts about one code object.
pub struct CodeInfo {
    /// Keeps the code, whose address is the key, alive.
    _code: Value,
    /// Line of each word, 0 for none.
    pub lines: Box<[u32]>,
    /// Events that tools want there, and when that was looked up.
    wanted: Cell<(u64, u32)>,
}

thread_local! {
    static KNOWN: RefCell<HashMap<usize, Rc<CodeInfo>>> = RefCell::new(HashMap::new());
    static LAST: RefCell<Option<(usize, Rc<CodeInfo>)>> = const { RefCell::new(None) };
}

/// The address by which tools know a code object.
pub fn key(code: &Code) -> u64 {
    code.as_ref().word().unmarked().0
}

/// The facts about a code object.
pub fn of(code: &Code) -> Rc<CodeInfo> {
    let at = std::ptr::from_ref(code) as usize;
    if let Some(i) = LAST.with_borrow(|l| l.as_ref().filter(|(a, _)| *a == at).map(|(_, i)| i.clone())) {
        return i;
    }
    let info = KNOWN.with_borrow_mut(|k| {
        k.entry(at)
            .or_insert_with(|| {
                let mut lines = vec![0; code.instrs.len()].into_boxed_slice();
                for (start, words, p) in code.data.positions.iter() {
                    let end = (start as usize + words as usize).min(lines.len());
                    lines[(start as usize).min(end)..end].fill(p.line);
                }
                Rc::new(CodeInfo { _code: code.to_value(), lines, wanted: Cell::new((0, 0)) })
            })
            .clone()
    });
    LAST.set(Some((at, info.clone())));
    info
}

impl CodeInfo {
    /// The events that tools want in the code.
    pub fn wanted(&self, code: &Code) -> u32 {
        let now = monitoring::generation();
        let (when, events) = self.wanted.get();
        if when == now {
            return events;
        }
        let events = monitoring::wanted(key(code));
        self.wanted.set((now, events));
        events
    }
    /// The line of the instruction at `index`, 0 for none.
    pub fn line(&self, index: u32) -> u32 {
        self.lines.get(index as usize).copied().unwrap_or(0)
    }
}

/// Forgets everything: no events are wanted any more, or the thread ends.
pub fn forget() {
    let last = LAST.take();
    let known = KNOWN.take();
    drop(last);
    drop(known);
}
