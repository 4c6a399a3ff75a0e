//! What the interpreter knows of references that are not in cells' headers: which cells registers hold, and which counts are kept in deltas.

use crate::vm::frame::Frame;
use bytecode::exceptions::live_depth;
use gc::snapshot::AddressSet;
use gc::{Header, Word};
use objects::types::Type;
use objects::types::code::Code;
use objects::types::dict::Dict;
use objects::types::function::{DeltaCounted, Function};
use objects::{Cx, ids};
use sync::prim::{AtomicPtr, Ordering};
use sync::threads::Slot;

/// Under which id references to a cell are counted in deltas, if they are.
pub(super) fn delta_id(h: &Header) -> Option<u32> {
    let id = h.type_id();
    if matches!(id, ids::CODE | ids::DICT | ids::FUNCTION) {
        // SAFETY: a live cell of that kind.
        let r = unsafe { gc::Ref::from_word(Word::from_header(h)) };
        // SAFETY: as above.
        let at = unsafe {
            match id {
                ids::CODE => r.cast::<Code>().delta_id(),
                ids::FUNCTION => r.cast::<Function>().delta_id(),
                _ => r.cast::<Dict>().delta_id(),
            }
        };
        return Some(at.load(Ordering::Relaxed)).filter(|d| *d != 0);
    }
    as_type_cell(h).map(|t| t.id)
}

/// The type, if the cell is one.
pub(super) fn as_type_cell(h: &Header) -> Option<&Type> {
    let id = h.type_id();
    let is_type = id == ids::TYPE || objects::types::by_id(id).is_subtype_of_id(ids::TYPE);
    // SAFETY: types have this payload.
    if is_type { Some(unsafe { gc::Ref::from_word(Word::from_header(h)).cast::<Type>() }) } else { None }
}

/// Calls `f` with every word that a thread's registers may hold. `exactly`: only live registers; otherwise dead ones and those above the innermost frame
/// too, which only delays what they name. The thread stands still, or is the caller.
fn registers(cx: &Cx, exactly: bool, f: &mut dyn FnMut(Word)) {
    cx.held.iter().for_each(|w| f(*w));
    let cell = |payload: usize| Word::from_header((payload - gc::HEADER_SIZE) as *const Header).borrowed();
    // SAFETY: the chain and the register range are the thread's, which stands still.
    unsafe {
        let mut at = cx.frame.cast::<Frame>();
        let mut top = cx.stack[0];
        while !at.is_null() {
            if let Some(code) = (*at).code.as_ref() {
                let n = if exactly && !(*at).loose {
                    code.locals.max(u32::from(live_depth(&code.data.live, (*at).pc_index())))
                } else {
                    code.registers
                };
                for k in 0..n as usize {
                    f(*(*at).regs.add(k));
                }
                f(cell((*at).code as usize));
                for d in [(*at).globals, (*at).builtins] {
                    if !d.is_null() {
                        f(cell(d as usize));
                    }
                }
                if !(*at).function.is_null() {
                    f(cell((*at).function as usize));
                }
            }
            top = top.max((*at).top);
            at = (*at).prev;
        }
        if !exactly {
            // Windows being built above the innermost frame.
            for k in 0..256 {
                f(*top.add(k));
            }
        }
    }
}

/// The interpreter's roots.
pub(super) struct Registers;

impl gc::search::Roots for Registers {
    fn delta_id(&self, h: &Header) -> Option<u32> {
        delta_id(h)
    }
    fn registers(&self, slot: &Slot, f: &mut dyn FnMut(Word)) {
        let p: *mut Cx = AtomicPtr::load(&slot.ext, Ordering::Acquire).cast();
        // SAFETY: the context lives until its thread has taken it out of the slot, and the thread stands still or is the caller.
        if let Some(cx) = unsafe { p.as_ref() } {
            registers(cx, true, f);
        }
    }
}

/// All cells that registers may hold, dead registers included. The world is stopped.
pub(super) fn all_held() -> AddressSet {
    let mut held = AddressSet::default();
    crate::runtime::for_each_context(|other| {
        registers(other, false, &mut |w| {
            if w.is_pointer() {
                held.insert(w.header() as usize);
            }
        });
    });
    held
}
