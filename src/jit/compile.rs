//! One code object to one native function.
//!
//! Blocks begin at jump targets, exception handlers and entries. The context, the frame's registers, the address of the instructions and the
//! thread's slot id are values of the first block, which branches to the entry that the caller names.

use super::{Entry, Machine, memory::Memory};
use crate::vm::dispatch;
use bytecode::{Instr, Op};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, Block, InstBuilder, MemFlagsData, Signature, Type, Value, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_codegen::{Context, ir, settings, settings::Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Switch};
use objects::Cx;
use objects::types::code::Code;
use std::mem::offset_of;
use std::sync::OnceLock;
use sync::prim::Ordering;

/// Larger code is not compiled: it would take too long.
const LARGEST: usize = 6000;

/// Machine words.
pub const WORD: Type = types::I64;

/// The processor that this is.
fn target() -> Option<&'static OwnedTargetIsa> {
    static ISA: OnceLock<Option<OwnedTargetIsa>> = OnceLock::new();
    ISA.get_or_init(|| {
        let mut flags = settings::builder();
        for (name, value) in [
            ("opt_level", "none"),
            ("enable_verifier", "false"),
            ("is_pic", "false"),
            ("regalloc_algorithm", "backtracking"),
            ("unwind_info", "false"),
        ] {
            flags.set(name, value).ok()?;
        }
        let triple = if cfg!(target_arch = "x86_64") { "x86_64-unknown-linux-gnu" } else { return None };
        cranelift_codegen::isa::lookup_by_name(triple).ok()?.finish(settings::Flags::new(flags)).ok()
    })
    .as_ref()
}

/// Compiles a code object; `None` when it is too large or the processor has no compiler.
pub fn compile(code: &Code) -> Option<Machine> {
    let isa = target()?;
    let instrs: Vec<Instr> = code.instrs.iter().map(|w| Instr(w.load(Ordering::Relaxed))).collect();
    if instrs.len() > LARGEST {
        return None;
    }
    let mut context = Context::new();
    let word = AbiParam::new(WORD);
    let mut signature = Signature::new(CallConv::SystemV);
    signature.params = vec![word, word, word];
    signature.returns = vec![word, word];
    context.func.signature = signature;
    let mut builder_context = FunctionBuilderContext::new();
    let builder = FunctionBuilder::new(&mut context.func, &mut builder_context);
    let (entries, fresh) = Compiler::new(builder, code, instrs).run(isa.frontend_config());
    let compiled = context.compile(&**isa, &mut ControlPlane::default()).ok()?;
    if !compiled.buffer.relocs().is_empty() {
        return None;
    }
    let memory = Memory::new(compiled.code_buffer())?;
    super::dump::write(code, &memory, compiled.code_buffer());
    // SAFETY: the function was made with this signature.
    let run = unsafe { std::mem::transmute::<*const u8, Entry>(memory.start()) };
    let simple = crate::vm::call::is_simple(code, code.params as usize);
    Some(Machine {
        run,
        start: code.instrs.as_ptr(),
        arguments: if simple { code.params } else { u32::MAX },
        registers: code.registers * 8,
        fresh: u64::from(fresh),
        entries,
        _memory: memory,
    })
}

/// What is known about an instruction before code is made.
#[derive(Clone, Copy, Default)]
struct Place {
    /// An instruction starts here (not a cache word).
    start: bool,
    /// A block starts here.
    block: Option<Block>,
    /// Frames can go on here.
    entry: bool,
}

/// The function being made.
pub struct Compiler<'a, 'b> {
    /// Where instructions are appended.
    pub b: FunctionBuilder<'b>,
    /// The code object.
    pub code: &'a Code,
    instrs: Vec<Instr>,
    places: Vec<Place>,
    /// Gives its two parameters back to the caller.
    pub exit: Block,
    /// Handlers: context, instruction, registers, instruction word.
    pub signature: ir::SigRef,
    /// Native functions and [`super::descend`]: three words.
    pub descend: ir::SigRef,
    /// The context.
    pub cx: Value,
    /// The frame's registers.
    pub r: Value,
    /// Address of the first instruction.
    pub base: Value,
    /// The thread's slot id, 32 bits.
    pub id: Value,
}

/// Plain memory accesses: aligned, never trapping.
pub fn plain() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// Where a handler's result goes on.
#[derive(Clone, Copy)]
pub enum After {
    /// At the next instruction only.
    Next,
    /// There or at the jump target.
    Jump(usize),
    /// The frame may change.
    Frame,
    /// The frame may change; there or at the jump target.
    FrameOrJump(usize),
    /// Never in this function.
    Leave,
}

impl<'a, 'b> Compiler<'a, 'b> {
    fn new(mut b: FunctionBuilder<'b>, code: &'a Code, instrs: Vec<Instr>) -> Self {
        let word = AbiParam::new(WORD);
        let pair = |params: usize| {
            let mut s = Signature::new(CallConv::SystemV);
            s.params = vec![word; params];
            s.returns = vec![word, word];
            s
        };
        let signature = b.import_signature(pair(4));
        let descend = b.import_signature(pair(3));
        let exit = b.create_block();
        let none = Value::from_u32(0);
        let places = vec![Place::default(); instrs.len() + 1];
        Compiler { b, code, instrs, places, exit, signature, descend, cx: none, r: none, base: none, id: none }
    }

    fn run(mut self, config: cranelift_codegen::isa::TargetFrontendConfig) -> (Box<[u16]>, u16) {
        self.find_places();
        let first = self.b.create_block();
        self.b.append_block_params_for_function_params(first);
        self.b.switch_to_block(first);
        let params = self.b.block_params(first).to_vec();
        (self.cx, self.r) = (params[0], params[1]);
        self.base = self.b.ins().iconst(WORD, self.code.instrs.as_ptr() as i64);
        let slot = self.b.ins().load(WORD, plain(), self.cx, offset_of!(Cx, slot) as i32);
        self.id = self.b.ins().uload16(types::I32, plain(), slot, offset_of!(sync::threads::Slot, id) as i32);
        let mut entries = vec![0u16; self.instrs.len()].into_boxed_slice();
        let mut switch = Switch::new();
        let mut count = 0u16;
        for (n, p) in self.places.iter().enumerate() {
            if p.entry
                && let Some(block) = p.block
            {
                count += 1;
                entries[n] = count;
                switch.set_entry(u128::from(count), block);
            }
        }
        let fresh = self.b.create_block();
        count += 1;
        switch.set_entry(u128::from(count), fresh);
        let lost = self.b.create_block();
        switch.emit(&mut self.b, params[2], lost);
        self.b.switch_to_block(lost);
        self.b.ins().trap(ir::TrapCode::unwrap_user(1));
        self.b.switch_to_block(fresh);
        let unbound = self.b.ins().iconst(WORD, gc::Word::UNBOUND.0 as i64);
        for n in self.code.params..self.code.locals {
            self.set(n as usize, unbound);
        }
        let start = self.block(0);
        self.b.ins().jump(start, &[]);
        let exit = self.exit;
        self.b.switch_to_block(exit);
        let p = self.b.append_block_param(exit, WORD);
        let q = self.b.append_block_param(exit, WORD);
        self.b.ins().return_(&[p, q]);
        self.b.set_cold_block(exit);
        let mut open = false;
        for n in 0..self.instrs.len() {
            if !self.places[n].start {
                continue;
            }
            if let Some(block) = self.places[n].block {
                if open {
                    self.b.ins().jump(block, &[]);
                }
                self.b.switch_to_block(block);
                open = true;
            }
            if open {
                open = self.instruction(n);
            }
        }
        if open {
            // Verified code does not run past its end.
            self.b.ins().trap(ir::TrapCode::unwrap_user(1));
        }
        self.b.seal_all_blocks();
        self.b.finalize(config);
        (entries, count)
    }

    /// The instruction at word `n`.
    pub fn instr(&self, n: usize) -> Instr {
        self.instrs[n]
    }
    /// Index of the word after instruction `n` and its cache words.
    pub fn after(&self, n: usize) -> usize {
        n + 1 + self.instrs[n].op().map_or(0, |op| op.info().caches as usize)
    }
    /// The jump target of instruction `n`.
    pub fn target(&self, n: usize) -> usize {
        (self.after(n) as isize + self.instrs[n].signed() as isize) as usize
    }

    fn find_places(&mut self) {
        let mut leaders = vec![false; self.instrs.len() + 1];
        let mut entries = vec![false; self.instrs.len() + 1];
        (leaders[0], entries[0]) = (true, true);
        let mut n = 0;
        while n < self.instrs.len() {
            self.places[n].start = true;
            let Some(op) = self.instrs[n].op() else { break };
            if op == Op::Wide {
                // The pair is one instruction here, which leaves by its handler.
                let inner = n + 1;
                let next = self.after(inner);
                if let Some(inner_op) = self.instrs[inner].op()
                    && has_target(inner_op)
                {
                    leaders[self.target(inner)] = true;
                    entries[self.target(inner)] = true;
                }
                (leaders[next], entries[next]) = (true, true);
                n = next;
                continue;
            }
            let next = self.after(n);
            if has_target(op) {
                let t = self.target(n);
                leaders[t] = true;
                leaders[next] = true;
                // Back edges of the interpreter come in here.
                entries[t] |= t <= n;
            }
            if op == Op::YieldFrom {
                // Executed again when its frame goes on.
                (leaders[n], entries[n]) = (true, true);
            }
            match after(op, 0) {
                After::Frame | After::FrameOrJump(_) => {
                    (leaders[next], entries[next]) = (true, true);
                    if has_target(op) {
                        entries[self.target(n)] = true;
                    }
                }
                After::Leave => (leaders[next], entries[next]) = (true, true),
                _ => {}
            }
            n = next;
        }
        for h in &self.code.data.handlers {
            let t = h.target as usize;
            (leaders[t], entries[t]) = (true, true);
        }
        for n in 0..self.instrs.len() {
            if leaders[n] {
                self.places[n].block = Some(self.b.create_block());
                self.places[n].entry = entries[n];
            }
        }
    }

    /// The block that starts at word `n`.
    pub fn block(&mut self, n: usize) -> Block {
        self.places[n].block.unwrap_or_else(|| unreachable!("a leader"))
    }

    /// Address of word `n`.
    pub fn address(&mut self, n: usize) -> Value {
        self.b.ins().iadd_imm_s(self.base, 8 * n as i64)
    }

    /// Makes code for the instruction at `n`; whether the next one is reached from here by falling through.
    fn instruction(&mut self, n: usize) -> bool {
        let i = self.instrs[n];
        let Some(op) = i.op() else { return false };
        if op == Op::Wide {
            self.by_handler(n, op, After::Leave);
            return false;
        }
        use Op as O;
        match op {
            O::Nop | O::Line => true,
            O::LoadK => self.load_k(n),
            O::LoadI => self.load_i(n),
            O::Move => self.move_(n),
            O::Borrow => self.borrow(n),
            O::Copy => self.copy(n),
            O::CheckBound => self.check_bound(n),
            O::Clear => self.clear(n),
            O::Drop => self.drop_temporary(n),
            O::Is | O::IsNot => self.is_op(n, op),
            O::JumpIs | O::JumpNone => self.jump_is(n, op),
            O::JumpIf => self.jump_if(n),
            O::Not | O::ToBool => self.truth(n, op),
            O::Jump => self.jump(n),
            O::JumpBack => self.jump_back(n),
            O::Add | O::Sub | O::Mul | O::AddI | O::SubI | O::MulI => self.add_like(n, op),
            O::TrueDiv => self.divide(n),
            O::And | O::Or | O::Xor | O::Shl | O::Shr | O::FloorDiv | O::Mod => self.int_only(n, op),
            O::AndI | O::ShlI | O::ShrI | O::FloorDivI | O::ModI => self.int_only(n, op),
            O::Neg => self.negate(n),
            O::LoadAttr => self.load_attr(n),
            O::StoreAttr => self.store_attr(n),
            O::LoadMethod => self.load_method(n),
            O::LoadGlobal => self.load_global(n),
            O::GetItem | O::GetItemI => self.get_item(n, op),
            O::SetItem => self.set_item(n),
            O::ForIter => self.for_iter(n),
            O::LoadCell | O::LoadFree => self.load_cell(n, op),
            O::UnpackSeq => self.unpack(n),
            O::Call | O::CallMethod => self.call_op(n, op),
            O::Return | O::ReturnK => self.return_op(n, op),
            O::Lt | O::Le | O::Eq | O::Ne | O::Gt | O::Ge => self.compare(n, op),
            O::JumpLt | O::JumpLe | O::JumpEq | O::JumpNe | O::JumpGt | O::JumpGe => self.compare_jump(n, op),
            O::JumpLtI | O::JumpLeI | O::JumpEqI | O::JumpNeI | O::JumpGtI | O::JumpGeI => self.compare_jump(n, op),
            _ => self.by_rule(n, op),
        }
    }

    /// The instruction by its handler alone.
    pub fn by_rule(&mut self, n: usize, op: Op) -> bool {
        let target = if has_target(op) { self.target(n) } else { 0 };
        self.by_handler(n, op, after(op, target))
    }

    /// Calls the handler of instruction `n`. Falls through to the next instruction when it goes on there; whether it does at all.
    pub fn by_handler(&mut self, n: usize, op: Op, after: After) -> bool {
        let pc = self.address(n);
        let i = self.b.ins().iconst(WORD, self.instrs[n].0 as i64);
        let f = self.b.ins().iconst(WORD, dispatch::handler(op) as *const () as i64);
        let (cx, r) = (self.cx, self.r);
        let call = self.b.ins().call_indirect(self.signature, f, &[cx, pc, r, i]);
        let (p, q) = self.pair(call);
        let next = self.after(n);
        match after {
            After::Leave => {
                let exit = self.exit;
                self.b.ins().jump(exit, &[p.into(), q.into()]);
                false
            }
            After::Next => {
                self.expect(p, q, next);
                true
            }
            After::Jump(t) => {
                self.expect_or(p, t);
                self.expect(p, q, next);
                true
            }
            After::Frame | After::FrameOrJump(_) => {
                let done = self.b.create_block();
                let other = self.b.create_block();
                let p_at = self.address(next);
                let here = self.b.ins().icmp(IntCC::Equal, p, p_at);
                self.b.ins().brif(here, done, &[], other, &[]);
                self.b.switch_to_block(other);
                if let After::FrameOrJump(t) = after {
                    self.expect_or(p, t);
                }
                let (p, q) = self.descend(p, q);
                if let After::FrameOrJump(t) = after {
                    // Both the instruction and the frame: another frame may have the same code.
                    let at = self.address(t);
                    let block = self.block(t);
                    self.here_or(p, q, at, block);
                }
                let at = self.address(next);
                let exit = self.exit;
                let a = self.b.ins().bxor(p, at);
                let b = self.b.ins().bxor(q, r);
                let both = self.b.ins().bor(a, b);
                self.b.ins().brif(both, exit, &[p.into(), q.into()], done, &[]);
                self.b.switch_to_block(done);
                true
            }
        }
    }

    /// The two results of a call.
    pub fn pair(&mut self, call: ir::Inst) -> (Value, Value) {
        let results = self.b.inst_results(call);
        (results[0], results[1])
    }

    /// Runs the native function of the frame that a handler has made current.
    pub fn descend(&mut self, p: Value, q: Value) -> (Value, Value) {
        let f = self.b.ins().iconst(WORD, super::descend as *const () as i64);
        let cx = self.cx;
        let call = self.b.ins().call_indirect(self.descend, f, &[cx, p, q]);
        self.pair(call)
    }

    /// Leaves unless `p` is the address of word `n`.
    pub fn expect(&mut self, p: Value, q: Value, n: usize) {
        let at = self.address(n);
        let same = self.b.ins().icmp(IntCC::Equal, p, at);
        let done = self.b.create_block();
        let exit = self.exit;
        self.b.ins().brif(same, done, &[], exit, &[p.into(), q.into()]);
        self.b.switch_to_block(done);
    }

    /// Jumps to word `n` if `p` is its address; otherwise falls through.
    fn expect_or(&mut self, p: Value, n: usize) {
        let at = self.address(n);
        let same = self.b.ins().icmp(IntCC::Equal, p, at);
        let (block, other) = (self.block(n), self.b.create_block());
        self.b.ins().brif(same, block, &[], other, &[]);
        self.b.switch_to_block(other);
    }

    /// Jumps to `block` if `p` is `at` and `q` this frame's registers; otherwise falls through.
    fn here_or(&mut self, p: Value, q: Value, at: Value, block: Block) {
        let r = self.r;
        let a = self.b.ins().bxor(p, at);
        let b = self.b.ins().bxor(q, r);
        let both = self.b.ins().bor(a, b);
        let other = self.b.create_block();
        self.b.ins().brif(both, other, &[], block, &[]);
        self.b.switch_to_block(other);
    }
}

/// Whether operand d is a jump distance.
fn has_target(op: Op) -> bool {
    op.info().operands[3] == bytecode::ops::Operand::Target
}

/// Where the handler of an opcode goes on.
fn after(op: Op, target: usize) -> After {
    use Op as O;
    match op {
        O::ForIter | O::YieldFrom | O::EndAsyncFor => {
            if has_target(op) {
                After::FrameOrJump(target)
            } else {
                After::Frame
            }
        }
        O::Call | O::CallMethod | O::CallKw | O::CallMethodKw | O::CallEx | O::LoadAttr => After::Frame,
        O::Return | O::ReturnK | O::Yield | O::Raise | O::Reraise | O::ReraisePop => After::Leave,
        _ if has_target(op) => After::Jump(target),
        _ => After::Next,
    }
}
