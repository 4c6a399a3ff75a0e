//! `cell`: what a variable shared between a function and the functions inside it lives in.

use crate::cx::Cx;
use crate::error::PyResult;
use crate::ids;
use crate::native::{GetSet, getset};
use crate::types::str::Str;
use crate::types::type_::slots::{Compare, Slots};
use crate::types::type_::{TypeSpec, type_of};
use gc::{Field, Gc, Payload, Ref, Reg, Value, Word};

/// A cell's payload.
#[repr(C)]
pub struct Cell {
    /// The contents; unbound when empty.
    pub contents: Field,
}

// SAFETY: visits the contents.
unsafe impl Payload for Cell {
    const TYPE_ID: u32 = ids::CELL;
    const WALK: gc::Walk = gc::Walk::Racy;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.contents.peek());
    }
}

impl Cell {
    /// A new cell.
    pub fn new(contents: Value) -> Gc<Cell> {
        gc::alloc(Cell { contents: Field::new(contents) })
    }
    /// The contents; `None` when empty.
    #[inline(always)]
    pub fn get(&self) -> Option<Reg> {
        let r = self.contents.load_reg(self.header());
        if r.as_ref().word() == Word::UNBOUND { None } else { Some(r) }
    }
    /// Replaces the contents; gives back what was there.
    #[inline(always)]
    pub fn set(&self, v: Value) -> Value {
        let _l = crate::cx::lock_header(self.header());
        self.contents.swap(v)
    }
}

fn cell(v: Ref<'_>) -> &Cell {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Cell>() }
}

fn get_contents(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match cell(v).get() {
        Some(r) => Ok(r),
        None => Err(cx.value_error("cell is empty")),
    }
}
fn set_contents(_cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    drop(cell(v).set(new.map_or(Value::UNBOUND, Ref::to_value)));
    Ok(())
}

static GETSETS: &[GetSet] = &[getset("cell_contents", get_contents, set_contents, "")];

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let at = v.word().header() as usize;
    let text = match cell(v).get() {
        None => format!("<cell at {at:#x}: empty>"),
        Some(r) => {
            let w = r.as_ref().word();
            let id = if w.is_pointer() { w.header() as u64 } else { w.0 };
            format!("<cell at {at:#x}: {} object at {id:#x}>", type_of(r.as_ref()).name_text())
        }
    };
    Ok(Str::from_text(&text).into())
}

fn compare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Cell>(), b.exact::<Cell>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    match (x.get(), y.get()) {
        (Some(x), Some(y)) => crate::protocol::compare::rich(cx, x.into_value().as_ref(), y.into_value().as_ref(), op),
        (x, y) => Ok(Value::bool(op.holds(x.is_some().cmp(&y.is_some()))).into()),
    }
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: crate::args::Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "cell")?;
    args.check_count(cx, "cell", 0, 1)?;
    Ok(Cell::new(args.items.first().map_or(Value::UNBOUND, |v| v.to_value())).into())
}

/// `cell`.
pub static CELL_TYPE: TypeSpec = TypeSpec::of::<Cell>("cell")
    .slots(Slots {
        repr: Some(repr),
        richcompare: Some(compare),
        hash: Some(crate::protocol::hash::unhashable),
        new: Some(new),
        ..Slots::NONE
    })
    .getsets(GETSETS)
    .doc("A variable of a function that inner functions share.");
