//! `code`: representation. A code object as the interpreter runs it: the compiler's plain data with its constants turned into values.
//! Attributes and methods that need the interpreter are in `src`.

use crate::ids;
use crate::types::str::{Str, intern};
use crate::types::tuple::Tuple;
use gc::{Field, Gc, Payload, Ref, Value, Word};
use num_bigint::{BigInt, Sign};
use sync::prim::{AtomicPtr, AtomicU32, AtomicU64};

/// A code object's payload. Everything but the instructions, the cache pool and counters is constant after birth.
#[repr(C)]
pub struct Code {
    /// The instructions and inline caches; atomic because they are rewritten in place.
    pub instrs: Box<[AtomicU64]>,
    /// Constants and names.
    pub consts: Box<[Value]>,
    /// The compiler's data, with its tables. `instrs` there are the original ones.
    pub data: Box<bytecode::Code>,
    /// `co_name`
    pub name: Value,
    /// `co_qualname`
    pub qualname: Value,
    /// `co_filename` (replaced when a cached file is found elsewhere).
    pub filename: Field,
    /// Names of the local registers.
    pub local_names: Box<[Value]>,
    /// Names of the free variables.
    pub free_names: Box<[Value]>,
    /// Registers needed.
    pub registers: u32,
    /// Local registers.
    pub locals: u32,
    /// Registers filled by the arguments, `*args` and `**kwargs` included.
    pub params: u32,
    /// Positional parameters.
    pub arg_count: u32,
    /// Keyword-only parameters.
    pub kwonly_count: u32,
    /// `co_flags`
    pub flags: u32,
    /// Closing a generator of this code has something to do: there is a handler that does more than to turn StopIteration into RuntimeError.
    pub has_handlers: bool,
    /// Under which references from closures are counted; 0 until there is one.
    pub delta_id: AtomicU32,
    /// Back edges and calls seen, until the code is compiled to machine code or cannot be.
    pub heat: AtomicU32,
    /// The interpreter's native function for this code, or null.
    pub machine: AtomicPtr<()>,
}

/// Frees the native function of a dying code object. Set by the interpreter before there is any.
pub static FORGET_MACHINE: std::sync::OnceLock<fn(*mut ())> = std::sync::OnceLock::new();

impl Drop for Code {
    fn drop(&mut self) {
        let machine = *self.machine.get_mut();
        if !machine.is_null()
            && let Some(forget) = FORGET_MACHINE.get()
        {
            forget(machine);
        }
        gc::deferred::retire_id(self.delta_id.load(sync::prim::Ordering::Relaxed));
    }
}

// SAFETY: visits every word.
unsafe impl Payload for Code {
    const TYPE_ID: u32 = ids::CODE;
    const WALK: gc::Walk = gc::Walk::Leaf;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.consts.iter().chain(&*self.local_names).chain(&*self.free_names).for_each(|v| visit(v.word()));
        visit(self.name.word());
        visit(self.qualname.word());
        visit(self.filename.peek());
    }
}

fn interned(b: &[u8]) -> Value {
    intern::intern_immortal(Str::from_wtf8(b))
}

/// Turns a constant into a value.
pub fn constant(c: &bytecode::Const) -> Value {
    use bytecode::Const as C;
    match c {
        C::None => Value::NONE,
        C::Bool(b) => Value::bool(*b),
        C::Ellipsis => Value::ELLIPSIS,
        C::Int(i) => crate::types::int::from_i64(*i),
        C::BigInt { negative, magnitude } => {
            crate::types::int::from_big(BigInt::from_bytes_le(if *negative { Sign::Minus } else { Sign::Plus }, magnitude))
        }
        C::Float(b) => Value::float(f64::from_bits(*b)),
        C::Complex(r, i) => crate::types::complex::new(f64::from_bits(*r), f64::from_bits(*i)),
        C::Str { text, interned: true } => interned(text),
        C::Str { text, .. } => Str::from_wtf8(text).into_value(),
        C::Bytes(b) => crate::types::bytes::Bytes::new(b).into_value(),
        C::Tuple(t) => Tuple::from_values(t.iter().map(constant).collect()).into_value(),
        C::FrozenSet(t) => crate::types::set::frozen_constant(t.iter().map(constant).collect()),
        C::Slice(s) => {
            let [a, b, c] = &**s;
            crate::types::slice::new(constant(a), constant(b), constant(c))
        }
        C::Code(c) => new((**c).clone()).into_value(),
    }
}

/// Makes a code object. It is deferred: functions and frames point to it without counting atomically.
pub fn new(data: bytecode::Code) -> Gc<Code> {
    with_consts(data, None)
}

/// The same, with other values for the constants and names.
pub fn with_consts(data: bytecode::Code, consts: Option<Vec<Value>>) -> Gc<Code> {
    let consts: Box<[Value]> = match consts {
        Some(c) => c.into_boxed_slice(),
        None => data.consts.iter().map(constant).collect(),
    };
    for v in &consts {
        // Registers take constants without counting: nobody owns them.
        if let Some(h) = v.as_ref().header() {
            h.make_deferred();
        }
    }
    let code = gc::alloc(Code {
        instrs: (0..data.instrs.len()).map(|n| AtomicU64::new(with_depth(&data, n).0)).collect(),
        name: interned(&data.name),
        qualname: interned(&data.qualname),
        filename: Field::new(interned(&data.filename)),
        local_names: data.locals.iter().map(|(n, _)| interned(n)).collect(),
        free_names: data.freevars.iter().map(|n| interned(n)).collect(),
        registers: data.registers,
        locals: data.locals.len() as u32,
        params: data.param_count() as u32,
        arg_count: data.arg_count,
        kwonly_count: data.kwonly_count,
        flags: data.flags,
        has_handlers: data
            .handlers
            .iter()
            .any(|h| data.instrs.get(h.target as usize).and_then(|i| i.op()) != Some(bytecode::Op::StopIterationError)),
        delta_id: AtomicU32::new(0),
        heat: AtomicU32::new(0),
        machine: AtomicPtr::new(std::ptr::null_mut()),
        consts,
        data: Box::new(data),
    });
    code.header().make_deferred();
    code
}

/// Operand c of a suspending instruction whose depth does not fit it, or that has a `Wide` prefix.
pub const DEPTH_UNKNOWN: u8 = u8::MAX;

/// Instruction `n` as it is executed: those that suspend a frame say in operand c how many registers are live there.
fn with_depth(data: &bytecode::Code, n: usize) -> bytecode::Instr {
    use bytecode::Op;
    let i = data.instrs[n];
    let depth = match i.op() {
        Some(Op::Yield | Op::YieldFrom) => usize::from(bytecode::exceptions::live_depth(&data.live, n as u32)).max(data.locals.len()),
        // Resumes a generator: here c says only whether there is a prefix.
        Some(Op::ForIter) => 0,
        _ => return i,
    };
    let wide = n > 0 && data.instrs[n - 1].op() == Some(Op::Wide);
    i.with_c(if wide { DEPTH_UNKNOWN } else { u8::try_from(depth).unwrap_or(DEPTH_UNKNOWN) })
}

impl Code {
    /// Whether calls make a generator, coroutine or async generator.
    pub fn is_generator_like(&self) -> bool {
        use bytecode::flags::{ASYNC_GENERATOR, COROUTINE, GENERATOR};
        self.flags & (GENERATOR | COROUTINE | ASYNC_GENERATOR) != 0
    }
    /// The line of the instruction at word `pc`.
    pub fn line(&self, pc: u32) -> u32 {
        self.data.positions.find(pc).map_or(self.data.first_line, |p| p.line)
    }
    /// The name of local register `i`.
    pub fn local_name(&self, i: usize) -> Ref<'_> {
        self.local_names[i].as_ref()
    }
}
