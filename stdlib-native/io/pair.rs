//! `BufferedRWPair`: a reader and a writer as one stream.

use super::{ask, base, buffered, ids, names, tell};
use crate::parameters;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getter, method};
use objects::protocol::{attr, truth};
use objects::types::int;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags};
use objects::{Args, Cx, PyResult};

/// A pair's payload.
#[repr(C)]
pub struct Pair {
    reader: Field,
    writer: Field,
}
// SAFETY: visits both words.
unsafe impl Payload for Pair {
    const TYPE_ID: u32 = ids::BUFFERED_RW_PAIR;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.reader.peek());
        visit(self.writer.peek());
    }
}

fn side(cx: &mut Cx, v: Ref<'_>, writer: bool) -> PyResult<Value> {
    // SAFETY: slots and methods check their receiver.
    let p = unsafe { v.cast::<Pair>() };
    let side = if writer { &p.writer } else { &p.reader }.load(p.header());
    if side.word() == Word::UNBOUND { Err(cx.value_error("I/O operation on uninitialized object")) } else { Ok(side) }
}

fn new(_cx: &mut Cx, class: Ref<'_>, _args: Args<'_>) -> PyResult<Reg> {
    Ok(crate::guarded::make(class, Pair { reader: Field::empty(), writer: Field::empty() }))
}

parameters!(PARAMETERS, "BufferedRWPair", "(reader, writer, buffer_size=131072, /)");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let size = match a[2].given() {
            Some(n) => int::index_size(cx, n)?,
            None => super::DEFAULT_BUFFER_SIZE as i64,
        };
        base::check_readable(cx, a[0])?;
        base::check_writable(cx, a[1])?;
        let reader = buffered::make(cx, ids::BUFFERED_READER, a[0], size)?;
        let writer = buffered::make(cx, ids::BUFFERED_WRITER, a[1], size)?;
        // SAFETY: this slot belongs to the type.
        let p = unsafe { v.cast::<Pair>() };
        let old = {
            let _l = cx.lock(p.header());
            (p.reader.swap(reader), p.writer.swap(writer))
        };
        drop(old);
        Ok(())
    })
}

fn forward(cx: &mut Cx, a: &[Ref<'_>], writer: bool, name: Ref<'_>) -> PyResult<Reg> {
    let s = side(cx, a[0], writer)?;
    let args = match a.get(1).and_then(|x| x.given()) {
        Some(x) => vec![x],
        None => Vec::new(),
    };
    tell(cx, s.as_ref(), name, &args).map(Reg::from)
}

fn close(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let writer = side(cx, a[0], true)?;
    let first = ask(cx, writer.as_ref(), names::close()).err().map(|e| cx.catch(e));
    let second = match side(cx, a[0], false) {
        Ok(r) => ask(cx, r.as_ref(), names::close()).map(drop),
        Err(e) => Err(e),
    };
    base::finish(cx, first, second)?;
    Ok(Value::NONE.into())
}

fn isatty(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let r = forward(cx, a, true, names::isatty())?.into_value();
    if truth::of(cx, r.as_ref())? { Ok(r.into()) } else { forward(cx, a, false, names::isatty()) }
}

fn closed(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    match side(cx, v, true) {
        Ok(w) => attr::get(cx, w.as_ref(), names::closed()),
        Err(e) => {
            drop(cx.catch(e));
            Err(cx.runtime_error("the BufferedRWPair object is being garbage-collected"))
        }
    }
}

static METHODS: &[Method] = &[
    method("read", "($self, size=-1, /)", |cx, a| forward(cx, a, false, names::read()), "Reads bytes."),
    method("peek", "($self, size=0, /)", |cx, a| forward(cx, a, false, names::peek()), "What is buffered."),
    method("read1", "($self, size=-1, /)", |cx, a| forward(cx, a, false, names::read1()), "Reads bytes once."),
    method("readinto", "($self, buffer, /)", |cx, a| forward(cx, a, false, names::readinto()), "Reads into a buffer."),
    method("readinto1", "($self, buffer, /)", |cx, a| forward(cx, a, false, names::readinto1()), "Reads into a buffer once."),
    method("write", "($self, b, /)", |cx, a| forward(cx, a, true, names::write()), "Writes bytes."),
    method("flush", "($self, /)", |cx, a| forward(cx, a, true, names::flush()), "Writes what is buffered."),
    method("readable", "($self, /)", |cx, a| forward(cx, a, false, names::readable()), ""),
    method("writable", "($self, /)", |cx, a| forward(cx, a, true, names::writable()), ""),
    method("close", "($self, /)", close, "Closes both."),
    method("isatty", "($self, /)", isatty, ""),
];
static GETSETS: &[GetSet] = &[getter("closed", closed, "")];

/// `_io.BufferedRWPair`.
pub static PAIR_TYPE: TypeSpec = TypeSpec::of::<Pair>("_io.BufferedRWPair")
    .base(ids::BUFFERED_IO_BASE)
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS)
    .slots(Slots { new: Some(new), init: Some(init), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("A reader and a writer as one stream.");
