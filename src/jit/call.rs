//! Calls of Python functions that need no binding, and returns to such calls.

use super::compile::{After, Compiler, WORD, plain};
use super::{Machine, Pair};
use crate::vm::cache::kind;
use crate::vm::frame::{Frame, Pc, Regs, Then};
use bytecode::Op;
use bytecode::encode::{DROP_A, KILL_B};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use gc::{HEADER_SIZE, Header, Word};
use objects::types::code::Code;
use objects::types::function::Function;
use objects::types::type_::Type;
use objects::{Cx, ids};
use std::mem::offset_of;

const H: usize = HEADER_SIZE;

/// The last word of a frame's header: what happens with its result.
const fn result_word(then: Then, below: u8, dst: u8, drop_dst: bool) -> u64 {
    // then, skip, callee, drop_dst, dst, passing, loose
    u64::from_le_bytes([then as u8, 2, below, drop_dst as u8, dst, 0, 0, 0])
}

/// A function to be called.
struct Callee {
    function: Value,
    code: Value,
    machine: Value,
    regs: Value,
    top: Value,
    result: Value,
    extra: Option<Value>,
}

/// A new instance of the class whose header is given in the instruction's place.
unsafe extern "sysv64" fn allocate(_cx: &mut Cx, _pc: Pc, r: Regs, class: &Header) -> Pair {
    // SAFETY: a class whose instances are plain.
    let class = unsafe { &*class.payload().cast::<Type>() };
    let obj = objects::types::instance::alloc_plain(class);
    Pair { pc: obj.into_word().0 as Pc, r }
}
const _: () = assert!(
    offset_of!(Frame, then) % 8 == 0
        && offset_of!(Frame, skip) == offset_of!(Frame, then) + 1
        && offset_of!(Frame, callee) == offset_of!(Frame, then) + 2
        && offset_of!(Frame, drop_dst) == offset_of!(Frame, then) + 3
        && offset_of!(Frame, dst) == offset_of!(Frame, then) + 4
        && offset_of!(Frame, passing) == offset_of!(Frame, then) + 6
        && offset_of!(Frame, loose) == offset_of!(Frame, then) + 7
);

impl Compiler<'_, '_> {
    /// A field of a struct at `at`, one word.
    fn field(&mut self, at: Value, offset: usize) -> Value {
        self.b.ins().load(WORD, plain(), at, offset as i32)
    }
    fn set_field(&mut self, at: Value, offset: usize, w: Value) {
        self.b.ins().store(plain(), w, at, offset as i32);
    }
    /// The payload that a shared reference of a function names.
    fn shared(&mut self, at: Value, offset: usize) -> Value {
        let w = self.field(at, offset);
        let h = self.b.ins().band_imm_s(w, -2);
        self.b.ins().iadd_imm_s(h, H as i64)
    }

    /// `Call` and `CallMethod`
    pub fn call_op(&mut self, n: usize, op: Op) -> bool {
        if self.code.is_generator_like() {
            // Arguments move from the heap to the stack.
            return self.by_rule(n, op);
        }
        if let Some(init) = self.cached_init(n) {
            return self.instantiate(n, op, init);
        }
        let i = self.instr(n);
        let base = i.c() as usize;
        let (slow, done) = (self.cold(), self.b.create_block());
        let callee = self.get(base);
        let dst = (i.a(), i.flags() & DROP_A != 0);
        // Where the arguments begin, how many there are, and what happens with the result.
        let (first, argc, result) = if op == Op::Call {
            let first = self.b.ins().iconst(WORD, 8 * (base as i64 + 1));
            let argc = self.b.ins().iconst(types::I32, i64::from(i.b()));
            let result = self.b.ins().iconst(WORD, result_word(Then::Store, 1, dst.0, dst.1) as i64);
            (first, argc, result)
        } else {
            // Without a receiver, the word in its place is no argument.
            let receiver = self.get(base + 1);
            let none = self.b.ins().icmp_imm_s(IntCC::Equal, receiver, Word::NO_SELF.0 as i64);
            let missing = self.b.ins().uextend(types::I32, none);
            let all = self.b.ins().iconst(types::I32, i64::from(i.b()) + 1);
            let argc = self.b.ins().isub(all, missing);
            let missing = self.b.ins().uextend(WORD, missing);
            let bytes = self.b.ins().ishl_imm_u(missing, 3);
            let first = self.b.ins().iadd_imm_s(bytes, 8 * (base as i64 + 1));
            // The callee's distance is the third byte.
            let more = self.b.ins().ishl_imm_u(missing, 16);
            let result = self.b.ins().iconst(WORD, result_word(Then::Store, 1, dst.0, dst.1) as i64);
            let result = self.b.ins().iadd(result, more);
            (first, argc, result)
        };
        let pointer = self.is_pointer(callee);
        self.require(pointer, slow);
        let h = self.header(callee);
        let id = self.b.ins().load(types::I32, plain(), h, 12);
        let is_function = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::FUNCTION));
        self.require(is_function, slow);
        self.no_poll(slow);
        let function = self.b.ins().iadd_imm_s(h, H as i64);
        let code = self.shared(function, offset_of!(Function, code));
        let (machine, regs, top) = self.callable(code, first, argc, slow);
        self.push(n, Callee { function, code, machine, regs, top, result, extra: None });
        self.run_callee(n, machine, regs, done);
        self.otherwise(slow, n, op, After::Frame, done);
        true
    }

    /// Goes to `slow` when something is to be polled for.
    fn no_poll(&mut self, slow: Block) {
        let cx = self.cx;
        let slot = self.field(cx, offset_of!(Cx, slot));
        let bits = self.b.ins().load(types::I32, plain(), slot, offset_of!(sync::threads::Slot, poll) as i32);
        self.forbid(bits, slow);
    }

    /// The native function of a code object that takes `argc` positional arguments, which begin `first` bytes into the registers; its registers, and their end. Goes
    /// to `slow` when there is none, or no room: for the recursion limit, in the registers, on the native stack.
    fn callable(&mut self, code: Value, first: Value, argc: Value, slow: Block) -> (Value, Value, Value) {
        let cx = self.cx;
        let machine = self.field(code, offset_of!(Code, machine));
        self.require(machine, slow);
        let arguments = self.b.ins().load(types::I32, plain(), machine, offset_of!(Machine, arguments) as i32);
        let fits = self.b.ins().icmp(IntCC::Equal, arguments, argc);
        self.require(fits, slow);
        let depth = self.b.ins().load(types::I32, plain(), cx, offset_of!(Cx, depth) as i32);
        let limit = self.b.ins().iconst(WORD, &raw const objects::cx::RECURSION_LIMIT as i64);
        let limit = self.b.ins().load(types::I32, plain(), limit, 0);
        let deepest = self.b.ins().iconst(types::I32, i64::from(crate::vm::frame::DEEPEST));
        let limit = self.b.ins().umin(limit, deepest);
        let shallow = self.b.ins().icmp(IntCC::UnsignedLessThan, depth, limit);
        self.require(shallow, slow);
        let r = self.r;
        let regs = self.b.ins().iadd(r, first);
        let size = self.b.ins().uload32(plain(), machine, offset_of!(Machine, registers) as i32);
        let top = self.b.ins().iadd(regs, size);
        let end = self.field(cx, offset_of!(Cx, stack) + 8);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, top, end);
        self.require(inside, slow);
        let sp = self.b.ins().get_stack_pointer(WORD);
        let lowest = self.field(cx, offset_of!(Cx, machine_limit));
        let inside = self.b.ins().icmp(IntCC::UnsignedGreaterThan, sp, lowest);
        self.require(inside, slow);
        (machine, regs, top)
    }

    /// Pushes the frame of a call at instruction `n`.
    fn push(&mut self, n: usize, callee: Callee) {
        let cx = self.cx;
        let f = self.field(cx, offset_of!(Cx, frame));
        let pc = self.address(n);
        self.set_field(f, offset_of!(Frame, pc), pc);
        let new = self.field(f, offset_of!(Frame, above));
        let start = self.field(callee.machine, offset_of!(Machine, start));
        self.set_field(new, offset_of!(Frame, pc), start);
        self.set_field(new, offset_of!(Frame, regs), callee.regs);
        self.set_field(new, offset_of!(Frame, code), callee.code);
        self.set_field(new, offset_of!(Frame, function), callee.function);
        let globals = self.shared(callee.function, offset_of!(Function, globals));
        self.set_field(new, offset_of!(Frame, globals), globals);
        let builtins = self.shared(callee.function, offset_of!(Function, builtins));
        self.set_field(new, offset_of!(Frame, builtins), builtins);
        // A tuple's items, or nothing that is used.
        let closure = self.field(callee.function, offset_of!(Function, closure));
        let items = self.b.ins().iadd_imm_s(closure, H as i64 + 8);
        self.set_field(new, offset_of!(Frame, closure), items);
        self.set_field(new, offset_of!(Frame, prev), f);
        let above = self.b.ins().iadd_imm_s(new, size_of::<Frame>() as i64);
        self.set_field(new, offset_of!(Frame, above), above);
        self.set_field(new, offset_of!(Frame, top), callee.top);
        let unbound = self.b.ins().iconst(WORD, Word::UNBOUND.0 as i64);
        self.set_field(new, offset_of!(Frame, locals), unbound);
        self.set_field(new, offset_of!(Frame, extra), callee.extra.unwrap_or(unbound));
        let null = self.b.ins().iconst(WORD, 0);
        self.set_field(new, offset_of!(Frame, object), null);
        self.set_field(new, offset_of!(Frame, generator), null);
        self.set_field(new, offset_of!(Frame, then), callee.result);
        self.set_field(cx, offset_of!(Cx, frame), new);
        let depth = self.b.ins().load(types::I32, plain(), cx, offset_of!(Cx, depth) as i32);
        let deeper = self.b.ins().iadd_imm_s(depth, 1);
        self.b.ins().store(plain(), deeper, cx, offset_of!(Cx, depth) as i32);
    }

    /// Runs the native function of the frame that has just been pushed, and goes on at `done` when it returns to instruction `n`.
    fn run_callee(&mut self, n: usize, machine: Value, regs: Value, done: Block) {
        let run = self.field(machine, offset_of!(Machine, run));
        let fresh = self.field(machine, offset_of!(Machine, fresh));
        let (cx, signature) = (self.cx, self.descend);
        let call = self.b.ins().call_indirect(signature, run, &[cx, regs, fresh]);
        let (p, q) = self.pair(call);
        let next = self.after(n);
        self.returned(p, q, next, done);
    }

    /// What the cache of a call says: the version of the class that is called, and its `__init__`.
    fn cached_init(&self, n: usize) -> Option<(u32, Word)> {
        let (version, found, _) = self.cached(n);
        if found == kind::INIT { Some((version, self.pooled(n)?)) } else { None }
    }

    /// A call of a class whose instances are plain and whose `__init__` is a Python function.
    fn instantiate(&mut self, n: usize, op: Op, (version, init): (u32, Word)) -> bool {
        let i = self.instr(n);
        let base = i.c() as usize;
        if op != Op::Call || !init.is_pointer() {
            return self.by_rule(n, op);
        }
        let (slow, done) = (self.cold(), self.b.create_block());
        let class = self.get(base);
        let h = self.exact(class, ids::TYPE, slow);
        self.type_version(h, version, slow);
        self.no_poll(slow);
        // While the class has the version, it holds the function, which is deferred.
        let function = self.b.ins().iconst(WORD, init.header() as i64 + H as i64);
        let code = self.shared(function, offset_of!(Function, code));
        let first = self.b.ins().iconst(WORD, 8 * base as i64);
        let argc = self.b.ins().iconst(types::I32, i64::from(i.b()) + 1);
        let (machine, regs, top) = self.callable(code, first, argc, slow);
        let (obj, _) = self.call(n, allocate as *const () as usize, h);
        // The object is owned by the frame's header, and borrowed as its receiver.
        let receiver = self.b.ins().bor_imm_s(obj, 1);
        self.set(base, receiver);
        let result = self.b.ins().iconst(WORD, result_word(Then::Init, 0, i.a(), i.flags() & DROP_A != 0) as i64);
        self.push(n, Callee { function, code, machine, regs, top, result, extra: Some(obj) });
        // The class lives on: its instance counts it.
        let pc = self.address(n);
        self.drop_at(pc, regs, class);
        self.run_callee(n, machine, regs, done);
        self.otherwise(slow, n, op, After::Frame, done);
        true
    }

    /// A native function of another frame has given `p` and `q`: goes on at `done`, or passes them on.
    pub fn returned(&mut self, p: Value, q: Value, next: usize, done: cranelift_codegen::ir::Block) {
        let at = self.address(next);
        let (exit, r) = (self.exit, self.r);
        let a = self.b.ins().bxor(p, at);
        let b = self.b.ins().bxor(q, r);
        let both = self.b.ins().bor(a, b);
        self.b.ins().brif(both, exit, &[p.into(), q.into()], done, &[]);
    }

    /// `Return` and `ReturnK` to a call that only stores the result.
    pub fn return_op(&mut self, n: usize, op: Op) -> bool {
        if self.code.is_generator_like() {
            return self.by_rule(n, op);
        }
        let i = self.instr(n);
        let slow = self.cold();
        let cx = self.cx;
        let f = self.field(cx, offset_of!(Cx, frame));
        let constant = (op == Op::ReturnK).then(|| self.code.consts[i.index() as usize].word());
        if let Some(k) = constant {
            // SAFETY: the code holds its constants.
            if k.is_pointer() && unsafe { (*k.header()).flags() } & gc::flag::IMMORTAL == 0 {
                return self.by_rule(n, op);
            }
        }
        let then = self.b.ins().uload8(types::I32, plain(), f, offset_of!(Frame, then) as i32);
        let gives_none = constant == Some(Word::NONE);
        if gives_none {
            // To a call that only stores the result, or from `__init__`.
            let known = self.b.ins().icmp_imm_u(IntCC::UnsignedLessThanOrEqual, then, Then::Init as i64);
            self.require(known, slow);
            self.require(then, slow);
        } else {
            let stores = self.b.ins().icmp_imm_s(IntCC::Equal, then, Then::Store as i64);
            self.require(stores, slow);
        }
        let object = self.field(f, offset_of!(Frame, object));
        self.forbid(object, slow);
        let locals = self.field(f, offset_of!(Frame, locals));
        let none = self.b.ins().icmp_imm_s(IntCC::Equal, locals, Word::UNBOUND.0 as i64);
        self.require(none, slow);
        let w = match constant {
            Some(_) if gives_none => {
                let w = self.b.ins().iconst(WORD, Word::NONE.0 as i64);
                let (init, done) = (self.b.create_block(), self.b.create_block());
                let result = self.b.append_block_param(done, WORD);
                let is_init = self.b.ins().icmp_imm_s(IntCC::Equal, then, Then::Init as i64);
                self.b.ins().brif(is_init, init, &[], done, &[w.into()]);
                self.b.switch_to_block(init);
                let obj = self.field(f, offset_of!(Frame, extra));
                self.b.ins().jump(done, &[obj.into()]);
                self.b.switch_to_block(done);
                result
            }
            Some(k) => self.b.ins().iconst(WORD, k.borrowed().0 as i64),
            None => {
                let w = self.get(i.b() as usize);
                // A counted word is moved out; what is borrowed is counted. Deferred cells by the handler.
                let (pointer, borrowed, moved, done) =
                    (self.b.create_block(), self.b.create_block(), self.b.create_block(), self.b.create_block());
                let result = self.b.append_block_param(done, WORD);
                let is_pointer = self.is_pointer(w);
                self.b.ins().brif(is_pointer, pointer, &[], done, &[w.into()]);
                self.b.switch_to_block(pointer);
                let marked = self.b.ins().band_imm_s(w, 1);
                self.b.ins().brif(marked, borrowed, &[], moved, &[]);
                self.b.switch_to_block(borrowed);
                let h = self.header(w);
                let flags = self.b.ins().uload8(types::I32, plain(), h, 6);
                let uncounted = self.b.ins().band_imm_s(flags, i64::from(gc::flag::DEFERRED | gc::flag::IMMORTAL));
                self.forbid(uncounted, slow);
                self.own(h, slow);
                self.b.ins().jump(done, &[h.into()]);
                self.b.switch_to_block(moved);
                if i.flags() & KILL_B == 0 {
                    let unbound = self.b.ins().iconst(WORD, Word::UNBOUND.0 as i64);
                    self.set(i.b() as usize, unbound);
                }
                self.b.ins().jump(done, &[w.into()]);
                self.b.switch_to_block(done);
                result
            }
        };
        let unbound = self.b.ins().iconst(WORD, Word::UNBOUND.0 as i64);
        for k in 0..self.code.locals as usize {
            if constant.is_none() && i.flags() & KILL_B == 0 && i.b() as usize == k {
                continue;
            }
            let (counted, done) = (self.cold(), self.b.create_block());
            let old = self.get(k);
            let is_counted = self.is_counted(old);
            self.b.ins().brif(is_counted, counted, &[], done, &[]);
            self.b.switch_to_block(counted);
            self.set(k, unbound);
            self.drop_counted(n, old, done);
            self.b.switch_to_block(done);
        }
        let below = self.field(f, offset_of!(Frame, prev));
        self.set_field(cx, offset_of!(Cx, frame), below);
        let depth = self.b.ins().load(types::I32, plain(), cx, offset_of!(Cx, depth) as i32);
        let less = self.b.ins().iadd_imm_s(depth, -1);
        self.b.ins().store(plain(), less, cx, offset_of!(Cx, depth) as i32);
        let regs = self.field(below, offset_of!(Frame, regs));
        let pc = self.field(below, offset_of!(Frame, pc));
        let dst = self.b.ins().uload16(WORD, plain(), f, offset_of!(Frame, dst) as i32);
        let offset = self.b.ins().ishl_imm_u(dst, 3);
        let at = self.b.ins().iadd(regs, offset);
        let skip = self.b.ins().uload8(WORD, plain(), f, offset_of!(Frame, skip) as i32);
        let skip = self.b.ins().ishl_imm_u(skip, 3);
        let next = self.b.ins().iadd(pc, skip);
        // The callee's word dies, and what the destination held if it is a local.
        let callee = self.b.ins().uload8(WORD, plain(), f, offset_of!(Frame, callee) as i32);
        let drops = self.b.ins().uload8(types::I32, plain(), f, offset_of!(Frame, drop_dst) as i32);
        let (old_block, no_old, stored) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let nothing = self.b.ins().iconst(WORD, Word::NONE.0 as i64);
        let callee_word = {
            let (some, found) = (self.b.create_block(), self.b.create_block());
            let result = self.b.append_block_param(found, WORD);
            self.b.ins().brif(callee, some, &[], found, &[nothing.into()]);
            self.b.switch_to_block(some);
            let r = self.r;
            let offset = self.b.ins().ishl_imm_u(callee, 3);
            let at = self.b.ins().isub(r, offset);
            let w = self.b.ins().load(WORD, plain(), at, 0);
            self.b.ins().jump(found, &[w.into()]);
            self.b.switch_to_block(found);
            result
        };
        self.b.ins().brif(drops, old_block, &[], no_old, &[]);
        self.b.switch_to_block(old_block);
        let old = self.b.ins().load(WORD, plain(), at, 0);
        self.b.ins().store(plain(), w, at, 0);
        self.drop_at(pc, regs, old);
        self.b.ins().jump(stored, &[]);
        self.b.switch_to_block(no_old);
        self.b.ins().store(plain(), w, at, 0);
        self.b.ins().jump(stored, &[]);
        self.b.switch_to_block(stored);
        self.drop_at(pc, regs, callee_word);
        self.b.ins().return_(&[next, regs]);
        self.b.switch_to_block(slow);
        self.by_rule(n, op)
    }
}
