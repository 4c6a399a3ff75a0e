//! Attributes, globals, cells and items: what the inline caches say when the code is compiled, and the common containers.

use super::compile::{After, Compiler, WORD, plain};
use crate::vm::cache::{self, kind};
use crate::vm::frame::Frame;
use crate::vm::lookaside::{self, Use};
use bytecode::Op;
use bytecode::encode::{KILL_A, KILL_B, KILL_C};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use gc::{HEADER_SIZE, Word};
use objects::types::{dict, iterators, list, range, tuple};
use objects::{Cx, ids};
use std::mem::offset_of;
use sync::prim::{AtomicU8, Ordering};

/// Offset of a header's type id.
const TYPE_ID: i32 = 12;
/// Offset of a header's flags.
const FLAGS: i32 = 6;
/// Offset of a header's lock.
const LOCK: i32 = 7;
const H: usize = HEADER_SIZE;

/// A path that a loaded field was reached by: this slot held this word.
pub struct Path {
    slot: Value,
    offset: i32,
    word: Value,
}

/// Wakes who waits for the object lock that is being given back (its address is in the instruction's place).
unsafe extern "sysv64" fn unlock(_cx: &mut Cx, pc: crate::vm::frame::Pc, r: crate::vm::frame::Regs, byte: &AtomicU8) -> super::Pair {
    sync::lock::unlock(byte);
    super::Pair { pc, r }
}

impl Compiler<'_, '_> {
    /// The type id of the cell at `h`.
    fn type_id(&mut self, h: Value) -> Value {
        self.b.ins().load(types::I32, plain(), h, TYPE_ID)
    }
    /// The header of register word `w`, if it is a cell of exactly this type.
    pub fn exact(&mut self, w: Value, id: u32, slow: Block) -> Value {
        let pointer = self.is_pointer(w);
        self.require(pointer, slow);
        let h = self.header(w);
        let found = self.type_id(h);
        let same = self.b.ins().icmp_imm_s(IntCC::Equal, found, i64::from(id));
        self.require(same, slow);
        h
    }
    /// The header of register word `w`, if it is a cell whose type has this version.
    fn of_version(&mut self, w: Value, version: u32, slow: Block) -> Value {
        let pointer = self.is_pointer(w);
        self.require(pointer, slow);
        let h = self.header(w);
        self.check_version(h, version, slow);
        h
    }
    fn check_version(&mut self, h: Value, version: u32, slow: Block) {
        let id = self.type_id(h);
        self.id_version(id, version, slow);
    }
    /// Goes to `slow` unless the type whose header is `h` has this version.
    pub fn type_version(&mut self, h: Value, version: u32, slow: Block) {
        let id = self.b.ins().load(types::I32, plain(), h, (H + offset_of!(objects::types::type_::Type, id)) as i32);
        self.id_version(id, version, slow);
    }
    /// The version of a type id.
    fn version_of(&mut self, id: Value) -> Value {
        let id = self.b.ins().uextend(WORD, id);
        let offset = self.b.ins().ishl_imm_u(id, 2);
        let versions = self.b.ins().iconst(WORD, gc::kind::VERSIONS.as_ptr() as i64);
        let at = self.b.ins().iadd(versions, offset);
        self.b.ins().load(types::I32, plain(), at, 0)
    }
    fn id_version(&mut self, id: Value, version: u32, slow: Block) {
        let now = self.version_of(id);
        let same = self.b.ins().icmp_imm_u(IntCC::Equal, now, i64::from(version));
        self.require(same, slow);
    }
    /// Loads the field at `at + offset` as a register word: numbers, constants, this thread's cells, deferred ones if `paths` are as they were; else
    /// goes to `slow`, for empty fields too.
    pub fn load_field(&mut self, at: Value, offset: i32, paths: &[Path], slow: Block) -> Value {
        let (pointer, other, foreign, own, done) =
            (self.b.create_block(), self.b.create_block(), self.cold(), self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(done, WORD);
        let w = self.b.ins().load(WORD, plain(), at, offset);
        let is_pointer = self.is_pointer(w);
        self.b.ins().brif(is_pointer, pointer, &[], other, &[]);
        self.b.switch_to_block(other);
        // UNBOUND and DETACHED differ in one bit.
        let bits = self.b.ins().band_imm_s(w, !16);
        let empty = self.b.ins().icmp_imm_s(IntCC::Equal, bits, Word::DETACHED.0 as i64);
        self.b.ins().brif(empty, slow, &[], done, &[w.into()]);
        self.b.switch_to_block(pointer);
        let id = self.id;
        let owner = self.b.ins().uload16(types::I32, plain(), w, 4);
        let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
        self.b.ins().brif(mine, own, &[], foreign, &[]);
        self.b.switch_to_block(own);
        let local = self.b.ins().load(types::I32, plain(), w, 0);
        let more = self.b.ins().iadd_imm_s(local, 1);
        self.b.ins().store(plain(), more, w, 0);
        self.b.ins().jump(done, &[w.into()]);
        self.b.switch_to_block(foreign);
        let flags = self.b.ins().uload8(types::I32, plain(), w, FLAGS);
        let uncounted = self.b.ins().band_imm_s(flags, i64::from(gc::flag::DEFERRED | gc::flag::IMMORTAL));
        self.require(uncounted, slow);
        // The slot and the way to it again, after the flag was seen.
        let again = self.b.ins().load(WORD, plain(), at, offset);
        let same = self.b.ins().icmp(IntCC::Equal, again, w);
        self.require(same, slow);
        for p in paths {
            let again = self.b.ins().load(WORD, plain(), p.slot, p.offset);
            let same = self.b.ins().icmp(IntCC::Equal, again, p.word);
            self.require(same, slow);
        }
        let marked = self.b.ins().bor_imm_s(w, 1);
        self.b.ins().jump(done, &[marked.into()]);
        self.b.switch_to_block(done);
        result
    }

    /// What the cache of instruction `n` says now: version, kind, payload.
    pub fn cached(&self, n: usize) -> (u32, u64, u32) {
        let w = self.code.instrs[n + 1].load(Ordering::Acquire);
        (cache::version(w), if cache::version(w) == 0 { 0 } else { cache::kind_of(w) }, cache::payload(w))
    }
    /// The value in the pool that the cache of instruction `n` names; guarded by its version, it is what a cell holds.
    pub fn pooled(&self, n: usize) -> Option<Word> {
        let pc = &raw const self.code.instrs[n];
        let w = self.code.instrs[n + 1].load(Ordering::Acquire);
        // SAFETY: the site has a cache word.
        let v = unsafe { cache::pool_read(pc, w) }?;
        if self.code.instrs[n + 1].load(Ordering::Acquire) == w { Some(Word(v)) } else { None }
    }
    /// The head of an instance's inline values, and the slot of the attribute of instruction `n`: by the site's own cache word (`version`, `payload`), or
    /// by what the thread has looked up for other types. The attribute is among the values.
    fn inline_slot(&mut self, n: usize, obj: Value, version: u32, payload: u32, use_: Use, slow: Block) -> (Value, Value) {
        let (known, other, found) = (self.b.create_block(), self.cold(), self.b.create_block());
        let tail = self.b.append_block_param(found, WORD);
        let slot = self.b.append_block_param(found, WORD);
        let least = self.b.append_block_param(found, WORD);
        let pointer = self.is_pointer(obj);
        self.require(pointer, slow);
        let h = self.header(obj);
        let id = self.type_id(h);
        let now = self.version_of(id);
        let same = self.b.ins().icmp_imm_u(IntCC::Equal, now, i64::from(version));
        self.b.ins().brif(same, known, &[], other, &[]);
        self.b.switch_to_block(known);
        let (offset, index) = (i64::from(payload >> 8) * 8, payload & 0xff);
        let t = self.b.ins().iadd_imm_s(h, offset);
        let s = self.b.ins().iadd_imm_s(h, offset + 8 + 8 * i64::from(index));
        let l = self.b.ins().iconst(WORD, Word::from_small_int(i64::from(index)).0 as i64);
        self.b.ins().jump(found, &[t.into(), s.into(), l.into()]);
        self.b.switch_to_block(other);
        let (_, word) = self.looked_up(n, now, use_, kind::INLINE, slow);
        let offset = self.b.ins().ushr_imm_u(word, 8);
        let offset = self.b.ins().band_imm_s(offset, 0xf_ffff);
        let offset = self.b.ins().ishl_imm_u(offset, 3);
        let index = self.b.ins().band_imm_s(word, 0xff);
        let t = self.b.ins().iadd(h, offset);
        let i = self.b.ins().ishl_imm_u(index, 3);
        let s = self.b.ins().iadd(t, i);
        let s = self.b.ins().iadd_imm_s(s, 8);
        let l = self.from_int(index);
        self.b.ins().jump(found, &[t.into(), s.into(), l.into()]);
        self.b.switch_to_block(found);
        // The number of values, as an int's word, or a dict: ints are the largest words.
        let head = self.b.ins().load(WORD, plain(), tail, 0);
        let enough = self.b.ins().icmp(IntCC::UnsignedGreaterThan, head, least);
        self.require(enough, slow);
        (tail, slot)
    }

    /// What the thread has looked up for the name of instruction `n` and a type's version, if it is of this kind: the entry's address and word.
    fn looked_up(&mut self, n: usize, version: Value, use_: Use, kind: u64, slow: Block) -> (Value, Value) {
        let name = self.code.consts[self.instr(n).index() as usize].as_ref();
        let key = lookaside::key_of(name, use_);
        let cx = self.cx;
        let at = self.b.ins().imul_imm_s(version, i64::from(lookaside::FACTOR));
        let at = self.b.ins().uextend(WORD, at);
        let at = self.b.ins().bxor_imm_s(at, lookaside::mixed(key) as i64);
        let at = self.b.ins().band_imm_s(at, lookaside::MASK as i64);
        let at = self.b.ins().ishl_imm_u(at, i64::from(size_of::<lookaside::Entry>().trailing_zeros()));
        let table = self.b.ins().load(WORD, plain(), cx, offset_of!(Cx, lookaside) as i32);
        let entry = self.b.ins().iadd(table, at);
        let found = self.b.ins().load(WORD, plain(), entry, offset_of!(lookaside::Entry, key) as i32);
        let key = self.b.ins().iconst(WORD, key as i64);
        let same = self.b.ins().icmp(IntCC::Equal, found, key);
        self.require(same, slow);
        let word = self.b.ins().load(WORD, plain(), entry, offset_of!(lookaside::Entry, word) as i32);
        // Version and kind.
        let head = self.b.ins().ushr_imm_u(word, 28);
        let version = self.b.ins().uextend(WORD, version);
        let expected = self.b.ins().ishl_imm_u(version, 4);
        let expected = self.b.ins().bor_imm_s(expected, kind as i64);
        let same = self.b.ins().icmp(IntCC::Equal, head, expected);
        self.require(same, slow);
        (entry, word)
    }

    /// `ra = rb.N[d]`
    pub fn load_attr(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (version, found, payload) = self.cached(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let obj = self.get(i.b() as usize);
        let value = match found {
            kind::INLINE => {
                let (_, slot) = self.inline_slot(n, obj, version, payload, Use::Load, slow);
                self.load_field(slot, 0, &[], slow)
            }
            kind::SLOT => {
                let h = self.of_version(obj, version, slow);
                self.load_field(h, payload as i32 * 8, &[], slow)
            }
            kind::OF_CLASS => {
                let Some(w) = self.pooled(n) else { return self.by_rule(n, Op::LoadAttr) };
                let h = self.exact(obj, ids::TYPE, slow);
                self.type_version(h, version, slow);
                self.b.ins().iconst(WORD, w.borrowed().0 as i64)
            }
            kind::MODULE => {
                let h = self.exact(obj, ids::MODULE, slow);
                let d = self.b.ins().load(WORD, plain(), h, (H + offset_of!(objects::types::module::Module, dict)) as i32);
                let d = self.b.ins().band_imm_s(d, -2);
                let d = self.b.ins().iadd_imm_s(d, H as i64);
                self.dict_value(d, version, payload, slow)
            }
            _ => return self.by_rule(n, Op::LoadAttr),
        };
        let kill = i.flags() & KILL_B != 0;
        self.put(n, value);
        if kill {
            self.drop_word(n, obj);
        }
        self.b.ins().jump(done, &[]);
        // A property's getter may run.
        self.otherwise(slow, n, Op::LoadAttr, After::Frame, done);
        true
    }

    /// The value of entry `index` of the dict at `d` (its payload), if its keys have this version.
    fn dict_value(&mut self, d: Value, version: u32, index: u32, slow: Block) -> Value {
        let now = self.b.ins().load(types::I32, plain(), d, dict::layout::KEYS_VERSION as i32);
        let same = self.b.ins().icmp_imm_u(IntCC::Equal, now, i64::from(version));
        self.require(same, slow);
        let table = self.b.ins().load(WORD, plain(), d, dict::layout::TABLE as i32);
        self.require(table, slow);
        let filled = self.b.ins().load(types::I32, plain(), table, dict::layout::FILLED as i32);
        let inside = self.b.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, filled, i64::from(index));
        self.require(inside, slow);
        let strs = self.b.ins().uload8(types::I32, plain(), table, dict::layout::STR_ONLY as i32);
        self.require(strs, slow);
        let offset = dict::layout::ENTRIES + index as usize * dict::layout::STR_ENTRY + dict::layout::VALUE;
        let path = Path { slot: d, offset: dict::layout::TABLE as i32, word: table };
        self.load_field(table, offset as i32, &[path], slow)
    }

    /// `ra = ` the global or builtin N[d]
    pub fn load_global(&mut self, n: usize) -> bool {
        let (version, found, payload) = self.cached(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let cx = self.cx;
        let value = match found {
            kind::GLOBAL => {
                let f = self.b.ins().load(WORD, plain(), cx, offset_of!(Cx, frame) as i32);
                let d = self.b.ins().load(WORD, plain(), f, offset_of!(Frame, globals) as i32);
                self.dict_value(d, version, payload, slow)
            }
            kind::BUILTIN => {
                let Some(place) = self.pooled(n) else { return self.by_rule(n, Op::LoadGlobal) };
                let f = self.b.ins().load(WORD, plain(), cx, offset_of!(Cx, frame) as i32);
                let globals = self.b.ins().load(WORD, plain(), f, offset_of!(Frame, globals) as i32);
                let now = self.b.ins().load(types::I32, plain(), globals, dict::layout::KEYS_VERSION as i32);
                let same = self.b.ins().icmp_imm_u(IntCC::Equal, now, i64::from(version));
                self.require(same, slow);
                let builtins = self.b.ins().load(WORD, plain(), f, offset_of!(Frame, builtins) as i32);
                self.dict_value(builtins, (place.0 >> 32) as u32, place.0 as u32, slow)
            }
            _ => return self.by_rule(n, Op::LoadGlobal),
        };
        self.put(n, value);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::LoadGlobal, After::Next, done);
        true
    }

    /// Method lookup: the function and its receiver.
    pub fn load_method(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (version, found, _) = self.cached(n);
        if !matches!(found, kind::METHOD | kind::FUNCTION_OF_CLASS | kind::METHOD_OF_CLASS) {
            return self.by_rule(n, Op::LoadMethod);
        }
        // While the type has the version, it holds the function, which is deferred: it lives until this thread's next stop, and then it is in a register.
        let Some(f) = self.pooled(n) else { return self.by_rule(n, Op::LoadMethod) };
        let (slow, done) = (self.cold(), self.b.create_block());
        let killed = i.flags() & KILL_B != 0;
        let obj = self.get(i.b() as usize);
        let a = i.a() as usize;
        if found == kind::METHOD {
            let (other, store) = (self.cold(), self.b.create_block());
            let function = self.b.append_block_param(store, WORD);
            let pointer = self.is_pointer(obj);
            self.require(pointer, slow);
            let h = self.header(obj);
            let id = self.type_id(h);
            let now = self.version_of(id);
            let same = self.b.ins().icmp_imm_u(IntCC::Equal, now, i64::from(version));
            self.require(same, other);
            let f = self.b.ins().iconst(WORD, f.borrowed().0 as i64);
            self.b.ins().jump(store, &[f.into()]);
            self.b.switch_to_block(other);
            let (entry, _) = self.looked_up(n, now, Use::Method, kind::METHOD, slow);
            let f = self.b.ins().load(WORD, plain(), entry, offset_of!(lookaside::Entry, value) as i32);
            let f = self.b.ins().bor_imm_s(f, 1);
            self.b.ins().jump(store, &[f.into()]);
            self.b.switch_to_block(store);
            let receiver = if killed { obj } else { self.b.ins().bor_imm_s(obj, 1) };
            self.set(a, function);
            self.set(a + 1, receiver);
        } else {
            let h = self.exact(obj, ids::TYPE, slow);
            self.type_version(h, version, slow);
            let f = self.b.ins().iconst(WORD, f.borrowed().0 as i64);
            self.set(a, f);
            if found == kind::METHOD_OF_CLASS {
                let receiver = if killed { obj } else { self.b.ins().bor_imm_s(obj, 1) };
                self.set(a + 1, receiver);
            } else {
                let none = self.b.ins().iconst(WORD, Word::NO_SELF.0 as i64);
                self.set(a + 1, none);
                if killed {
                    self.drop_word(n, obj);
                }
            }
        }
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::LoadMethod, After::Next, done);
        true
    }

    /// The word of register `at` as the heap may hold it: moved when `killed`, else counted; goes to `slow` when that takes more.
    fn heap_word(&mut self, w: Value, killed: bool, slow: Block) -> Value {
        let (pointer, count, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        let result = self.b.append_block_param(done, WORD);
        let is_pointer = self.is_pointer(w);
        self.b.ins().brif(is_pointer, pointer, &[], done, &[w.into()]);
        self.b.switch_to_block(pointer);
        if killed {
            let marked = self.b.ins().band_imm_s(w, 1);
            self.b.ins().brif(marked, count, &[], done, &[w.into()]);
        } else {
            self.b.ins().jump(count, &[]);
        }
        self.b.switch_to_block(count);
        let h = self.header(w);
        self.own(h, slow);
        self.b.ins().jump(done, &[h.into()]);
        self.b.switch_to_block(done);
        result
    }
    /// Locks the object at `h`, if there may be other threads (which the result says); goes to `slow` when another one has the lock.
    fn lock(&mut self, h: Value, slow: Block) -> Value {
        let multi = self.b.ins().iconst(WORD, objects::cx::MULTI.as_ptr() as i64);
        let multi = self.b.ins().uload8(types::I32, plain(), multi, 0);
        let (take, taken, done) = (self.b.create_block(), self.b.create_block(), self.b.create_block());
        self.b.ins().brif(multi, take, &[], done, &[]);
        self.b.switch_to_block(take);
        let byte = self.b.ins().iadd_imm_s(h, i64::from(LOCK));
        let free = self.b.ins().iconst(types::I8, 0);
        let held = self.b.ins().iconst(types::I8, i64::from(sync::lock::HELD));
        let was = self.b.ins().atomic_cas(plain(), byte, free, held);
        self.b.ins().brif(was, slow, &[], taken, &[]);
        self.b.switch_to_block(taken);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
        multi
    }
    /// Gives a lock back, if one was taken.
    fn unlock(&mut self, n: usize, h: Value, multi: Value) {
        let (give, wake, done) = (self.b.create_block(), self.cold(), self.b.create_block());
        self.b.ins().brif(multi, give, &[], done, &[]);
        self.b.switch_to_block(give);
        let byte = self.b.ins().iadd_imm_s(h, i64::from(LOCK));
        let free = self.b.ins().iconst(types::I8, 0);
        let held = self.b.ins().iconst(types::I8, i64::from(sync::lock::HELD));
        let was = self.b.ins().atomic_cas(plain(), byte, held, free);
        let waiters = self.b.ins().icmp_imm_s(IntCC::NotEqual, was, i64::from(sync::lock::HELD));
        self.b.ins().brif(waiters, wake, &[], done, &[]);
        self.b.switch_to_block(wake);
        self.call(n, unlock as *const () as usize, byte);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
    }

    /// `ra.N[d] = rb`
    pub fn store_attr(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (version, found, payload) = self.cached(n);
        if !matches!(found, kind::INLINE | kind::SLOT) {
            return self.by_rule(n, Op::StoreAttr);
        }
        let (slow, locked_slow, done) = (self.cold(), self.cold(), self.b.create_block());
        let obj = self.get(i.a() as usize);
        let value = self.get(i.b() as usize);
        let (h, slot, multi) = if found == kind::INLINE {
            let (tail, slot) = self.inline_slot(n, obj, version, payload, Use::Store, slow);
            let h = self.header(obj);
            let multi = self.lock(h, slow);
            // Again, locked: the values may have moved to a dict.
            let head = self.b.ins().load(WORD, plain(), tail, 0);
            let tag = self.tag(head);
            let inline = self.is_int_tag(tag);
            self.require(inline, locked_slow);
            let now = self.b.ins().load(WORD, plain(), slot, 0);
            let detached = self.b.ins().icmp_imm_s(IntCC::Equal, now, Word::DETACHED.0 as i64);
            self.forbid(detached, locked_slow);
            // A first value must come in key order: no later one is set.
            let (first, store) = (self.b.create_block(), self.b.create_block());
            let unbound = self.b.ins().icmp_imm_s(IntCC::Equal, now, Word::UNBOUND.0 as i64);
            self.b.ins().brif(unbound, first, &[], store, &[]);
            self.b.switch_to_block(first);
            let count = self.int(head);
            let size = self.b.ins().ishl_imm_u(count, 3);
            let end = self.b.ins().iadd(tail, size);
            let (check, body) = (self.b.create_block(), self.b.create_block());
            let at = self.b.append_block_param(check, WORD);
            self.b.ins().jump(check, &[slot.into()]);
            self.b.switch_to_block(check);
            let more = self.b.ins().icmp(IntCC::UnsignedLessThan, at, end);
            self.b.ins().brif(more, body, &[], store, &[]);
            self.b.switch_to_block(body);
            let later = self.b.ins().load(WORD, plain(), at, 8);
            let empty = self.b.ins().icmp_imm_s(IntCC::Equal, later, Word::UNBOUND.0 as i64);
            let following = self.b.ins().iadd_imm_s(at, 8);
            self.b.ins().brif(empty, check, &[following.into()], locked_slow, &[]);
            self.b.switch_to_block(store);
            (h, slot, multi)
        } else {
            let h = self.of_version(obj, version, slow);
            let multi = self.lock(h, slow);
            let slot = self.b.ins().iadd_imm_s(h, i64::from(payload) * 8);
            (h, slot, multi)
        };
        let new = self.heap_word(value, i.flags() & KILL_B != 0, locked_slow);
        let old = self.b.ins().load(WORD, plain(), slot, 0);
        self.b.ins().store(plain(), new, slot, 0);
        self.unlock(n, h, multi);
        self.drop_word(n, old);
        if i.flags() & KILL_A != 0 {
            self.drop_word(n, obj);
        }
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(locked_slow);
        self.unlock(n, h, multi);
        self.b.ins().jump(slow, &[]);
        self.otherwise(slow, n, Op::StoreAttr, After::Next, done);
        true
    }

    /// The contents of a cell.
    pub fn load_cell(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let (slow, done) = (self.cold(), self.b.create_block());
        let cell = if op == Op::LoadCell {
            self.get(i.b() as usize)
        } else {
            let cx = self.cx;
            let f = self.b.ins().load(WORD, plain(), cx, offset_of!(Cx, frame) as i32);
            let closure = self.b.ins().load(WORD, plain(), f, offset_of!(Frame, closure) as i32);
            self.b.ins().load(WORD, plain(), closure, 8 * i.index() as i32)
        };
        let h = self.header(cell);
        let value = self.load_field(h, (H + offset_of!(objects::types::cell::Cell, contents)) as i32, &[], slow);
        self.put(n, value);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }

    /// `ra = rb[rc]` for lists and tuples with an int.
    pub fn get_item(&mut self, n: usize, op: Op) -> bool {
        let i = self.instr(n);
        let (slow, other, done) = (self.cold(), self.b.create_block(), self.b.create_block());
        let (store, result) = self.result_block();
        let obj = self.get(i.b() as usize);
        let index = if op == Op::GetItem {
            let key = self.get(i.c() as usize);
            let tag = self.tag(key);
            let is_int = self.is_int_tag(tag);
            self.require(is_int, slow);
            self.int(key)
        } else {
            self.b.ins().iconst(WORD, i64::from(i.c() as i8))
        };
        let pointer = self.is_pointer(obj);
        self.require(pointer, slow);
        let h = self.header(obj);
        let id = self.type_id(h);
        let is_list = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::LIST));
        self.require(is_list, other);
        let len = self.b.ins().load(WORD, plain(), h, (H + list::layout::LEN) as i32);
        let at = self.index(index, len, slow);
        let buffer = self.b.ins().load(WORD, plain(), h, (H + list::layout::BUFFER) as i32);
        self.require(buffer, slow);
        let capacity = self.b.ins().load(WORD, plain(), buffer, list::layout::CAPACITY as i32);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, at, capacity);
        self.require(inside, slow);
        let offset = self.b.ins().ishl_imm_u(at, 3);
        let slot = self.b.ins().iadd(buffer, offset);
        let path = Path { slot: h, offset: (H + list::layout::BUFFER) as i32, word: buffer };
        let w = self.load_field(slot, list::layout::SLOTS as i32, &[path], slow);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(other);
        let is_tuple = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::TUPLE));
        self.require(is_tuple, slow);
        let len = self.b.ins().load(WORD, plain(), h, (H + tuple::layout::LEN) as i32);
        let at = self.index(index, len, slow);
        let offset = self.b.ins().ishl_imm_u(at, 3);
        let slot = self.b.ins().iadd(h, offset);
        let w = self.load_field(slot, (H + tuple::layout::ITEMS) as i32, &[], slow);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(store);
        let key = if op == Op::GetItem && i.flags() & KILL_C != 0 { Some(()) } else { None };
        self.put(n, result);
        // An int needs no drop.
        let _ = key;
        if i.flags() & KILL_B != 0 {
            self.drop_word(n, obj);
        }
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, op, After::Next, done);
        true
    }
    /// An index into `len` items, negative ones from the end.
    fn index(&mut self, index: Value, len: Value, slow: Block) -> Value {
        let negative = self.b.ins().sshr_imm_u(index, 63);
        let add = self.b.ins().band(len, negative);
        let at = self.b.ins().iadd(index, add);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, at, len);
        self.require(inside, slow);
        at
    }

    /// `ra[rb] = rc` for lists with an int.
    pub fn set_item(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let (slow, locked_slow, done) = (self.cold(), self.cold(), self.b.create_block());
        let obj = self.get(i.a() as usize);
        let key = self.get(i.b() as usize);
        let value = self.get(i.c() as usize);
        let tag = self.tag(key);
        let is_int = self.is_int_tag(tag);
        self.require(is_int, slow);
        let h = self.exact(obj, ids::LIST, slow);
        let index = self.int(key);
        let multi = self.lock(h, slow);
        let len = self.b.ins().load(WORD, plain(), h, (H + list::layout::LEN) as i32);
        let at = self.index(index, len, locked_slow);
        let new = self.heap_word(value, i.flags() & KILL_C != 0, locked_slow);
        let buffer = self.b.ins().load(WORD, plain(), h, (H + list::layout::BUFFER) as i32);
        let offset = self.b.ins().ishl_imm_u(at, 3);
        let slot = self.b.ins().iadd(buffer, offset);
        let old = self.b.ins().load(WORD, plain(), slot, list::layout::SLOTS as i32);
        self.b.ins().store(plain(), new, slot, list::layout::SLOTS as i32);
        self.unlock(n, h, multi);
        self.drop_word(n, old);
        if i.flags() & KILL_A != 0 {
            self.drop_word(n, obj);
        }
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(locked_slow);
        self.unlock(n, h, multi);
        self.b.ins().jump(slow, &[]);
        self.otherwise(slow, n, Op::SetItem, After::Next, done);
        true
    }

    /// Unpacks a list or tuple of exactly the wanted length, if it is short and all items are this thread's, deferred, or no cells.
    pub fn unpack(&mut self, n: usize) -> bool {
        const LONGEST: usize = 6;
        let i = self.instr(n);
        let (base, count) = (i.c() as usize, i.index() as usize);
        if count == 0 || count > LONGEST {
            return self.by_rule(n, Op::UnpackSeq);
        }
        let (slow, other, go, done) = (self.cold(), self.b.create_block(), self.b.create_block(), self.b.create_block());
        let at = self.b.append_block_param(go, WORD);
        let path_slot = self.b.append_block_param(go, WORD);
        let path_word = self.b.append_block_param(go, WORD);
        let source = self.get(i.b() as usize);
        let pointer = self.is_pointer(source);
        self.require(pointer, slow);
        let h = self.header(source);
        let id = self.type_id(h);
        let is_tuple = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::TUPLE));
        self.require(is_tuple, other);
        let len = self.b.ins().load(WORD, plain(), h, (H + tuple::layout::LEN) as i32);
        let fits = self.b.ins().icmp_imm_s(IntCC::Equal, len, count as i64);
        self.require(fits, slow);
        let items = self.b.ins().iadd_imm_s(h, (H + tuple::layout::ITEMS) as i64);
        // Nothing to be looked at again: the length serves.
        let same = self.b.ins().iadd_imm_s(h, (H + tuple::layout::LEN) as i64);
        self.b.ins().jump(go, &[items.into(), same.into(), len.into()]);
        self.b.switch_to_block(other);
        let is_list = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::LIST));
        self.require(is_list, slow);
        let len = self.b.ins().load(WORD, plain(), h, (H + list::layout::LEN) as i32);
        let fits = self.b.ins().icmp_imm_s(IntCC::Equal, len, count as i64);
        self.require(fits, slow);
        let same = self.b.ins().iadd_imm_s(h, (H + list::layout::BUFFER) as i64);
        let buffer = self.b.ins().load(WORD, plain(), same, 0);
        self.require(buffer, slow);
        let capacity = self.b.ins().load(WORD, plain(), buffer, list::layout::CAPACITY as i32);
        let inside = self.b.ins().icmp_imm_s(IntCC::UnsignedGreaterThanOrEqual, capacity, count as i64);
        self.require(inside, slow);
        let items = self.b.ins().iadd_imm_s(buffer, list::layout::SLOTS as i64);
        self.b.ins().jump(go, &[items.into(), same.into(), buffer.into()]);
        self.b.switch_to_block(go);
        // First all are looked at, then all are counted: nothing has to be taken back.
        let words: Vec<Value> = (0..count).map(|k| self.b.ins().load(WORD, plain(), at, 8 * k as i32)).collect();
        for (k, w) in words.iter().enumerate() {
            let (pointer, other, foreign, good) = (self.b.create_block(), self.b.create_block(), self.cold(), self.b.create_block());
            let is_pointer = self.is_pointer(*w);
            self.b.ins().brif(is_pointer, pointer, &[], other, &[]);
            self.b.switch_to_block(other);
            let empty = self.b.ins().icmp_imm_s(IntCC::Equal, *w, Word::UNBOUND.0 as i64);
            self.b.ins().brif(empty, slow, &[], good, &[]);
            self.b.switch_to_block(pointer);
            let id = self.id;
            let owner = self.b.ins().uload16(types::I32, plain(), *w, 4);
            let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
            self.b.ins().brif(mine, good, &[], foreign, &[]);
            self.b.switch_to_block(foreign);
            let flags = self.b.ins().uload8(types::I32, plain(), *w, FLAGS);
            let uncounted = self.b.ins().band_imm_s(flags, i64::from(gc::flag::DEFERRED | gc::flag::IMMORTAL));
            self.require(uncounted, slow);
            let again = self.b.ins().load(WORD, plain(), at, 8 * k as i32);
            let same = self.b.ins().icmp(IntCC::Equal, again, *w);
            self.require(same, slow);
            let again = self.b.ins().load(WORD, plain(), path_slot, 0);
            let same = self.b.ins().icmp(IntCC::Equal, again, path_word);
            self.b.ins().brif(same, good, &[], slow, &[]);
            self.b.switch_to_block(good);
        }
        let words: Vec<Value> = words
            .into_iter()
            .map(|w| {
                let (pointer, own, foreign, done) = (self.b.create_block(), self.b.create_block(), self.cold(), self.b.create_block());
                let result = self.b.append_block_param(done, WORD);
                let is_pointer = self.is_pointer(w);
                self.b.ins().brif(is_pointer, pointer, &[], done, &[w.into()]);
                self.b.switch_to_block(pointer);
                let id = self.id;
                let owner = self.b.ins().uload16(types::I32, plain(), w, 4);
                let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
                self.b.ins().brif(mine, own, &[], foreign, &[]);
                self.b.switch_to_block(own);
                let local = self.b.ins().load(types::I32, plain(), w, 0);
                let more = self.b.ins().iadd_imm_s(local, 1);
                self.b.ins().store(plain(), more, w, 0);
                self.b.ins().jump(done, &[w.into()]);
                self.b.switch_to_block(foreign);
                let marked = self.b.ins().bor_imm_s(w, 1);
                self.b.ins().jump(done, &[marked.into()]);
                self.b.switch_to_block(done);
                result
            })
            .collect();
        let locals = i.flags() & bytecode::encode::DROP_A != 0;
        // Drops come last: they may run Python code, which must find everything in place.
        let old: Vec<Value> = if locals { (0..count).map(|k| self.get(base + k)).collect() } else { Vec::new() };
        for (k, w) in words.into_iter().enumerate() {
            self.set(base + k, w);
        }
        for w in old {
            self.drop_word(n, w);
        }
        if i.flags() & KILL_B != 0 {
            self.drop_word(n, source);
        }
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::UnpackSeq, After::Next, done);
        true
    }

    /// Goes to `slow` unless only this register has a reference to the cell at `h`, which is the word of the register.
    fn unique(&mut self, w: Value, slow: Block) {
        let marked = self.b.ins().band_imm_s(w, 1);
        self.forbid(marked, slow);
        let id = self.id;
        let owner = self.b.ins().uload16(types::I32, plain(), w, 4);
        let mine = self.b.ins().icmp(IntCC::Equal, owner, id);
        self.require(mine, slow);
        let local = self.b.ins().load(types::I32, plain(), w, 0);
        let one = self.b.ins().icmp_imm_s(IntCC::Equal, local, 1);
        self.require(one, slow);
        let shared = self.b.ins().load(types::I32, plain(), w, 8);
        self.forbid(shared, slow);
        let flags = self.b.ins().uload8(types::I32, plain(), w, FLAGS);
        let never = self.b.ins().band_imm_s(flags, i64::from(gc::flag::DEFERRED | gc::flag::IMMORTAL));
        self.forbid(never, slow);
    }

    /// `ra = next(rb)` for ranges and lists that only this frame iterates over.
    pub fn for_iter(&mut self, n: usize) -> bool {
        let i = self.instr(n);
        let target = self.target(n);
        let (slow, other, done) = (self.cold(), self.b.create_block(), self.b.create_block());
        let (store, result) = self.result_block();
        let it = self.get(i.b() as usize);
        let pointer = self.is_pointer(it);
        self.require(pointer, slow);
        let id = {
            let h = self.header(it);
            self.type_id(h)
        };
        let is_range = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::RANGE_ITERATOR));
        self.require(is_range, other);
        self.unique(it, slow);
        let field = |name: usize| (H + name) as i32;
        let index = self.b.ins().load(WORD, plain(), it, field(offset_of!(range::iterator::RangeIterator, index)));
        let len = self.b.ins().load(WORD, plain(), it, field(offset_of!(range::iterator::RangeIterator, len)));
        let more = self.b.ins().icmp(IntCC::SignedLessThan, index, len);
        self.require(more, slow);
        let step = self.b.ins().load(WORD, plain(), it, field(offset_of!(range::iterator::RangeIterator, step)));
        let start = self.b.ins().load(WORD, plain(), it, field(offset_of!(range::iterator::RangeIterator, start)));
        let way = self.b.ins().imul(step, index);
        let value = self.b.ins().iadd(start, way);
        let high = self.b.ins().ishl_imm_u(value, 15);
        let back = self.b.ins().sshr_imm_u(high, 15);
        let fits = self.b.ins().icmp(IntCC::Equal, back, value);
        self.require(fits, slow);
        let following = self.b.ins().iadd_imm_s(index, 1);
        self.b.ins().store(plain(), following, it, field(offset_of!(range::iterator::RangeIterator, index)));
        let w = self.from_high(high);
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(other);
        let is_list = self.b.ins().icmp_imm_s(IntCC::Equal, id, i64::from(ids::LIST_ITERATOR));
        self.require(is_list, slow);
        self.unique(it, slow);
        let l = self.b.ins().load(WORD, plain(), it, field(iterators::index::layout::CONTAINER));
        let pointer = self.is_pointer(l);
        self.require(pointer, slow);
        let index = self.b.ins().load(WORD, plain(), it, field(iterators::index::layout::INDEX));
        // Length before buffer.
        let len = self.b.ins().load(WORD, plain(), l, (H + list::layout::LEN) as i32);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.require(inside, slow);
        let buffer = self.b.ins().load(WORD, plain(), l, (H + list::layout::BUFFER) as i32);
        self.require(buffer, slow);
        let capacity = self.b.ins().load(WORD, plain(), buffer, list::layout::CAPACITY as i32);
        let inside = self.b.ins().icmp(IntCC::UnsignedLessThan, index, capacity);
        self.require(inside, slow);
        let offset = self.b.ins().ishl_imm_u(index, 3);
        let slot = self.b.ins().iadd(buffer, offset);
        let path = Path { slot: l, offset: (H + list::layout::BUFFER) as i32, word: buffer };
        let w = self.load_field(slot, list::layout::SLOTS as i32, &[path], slow);
        let following = self.b.ins().iadd_imm_s(index, 1);
        self.b.ins().store(plain(), following, it, field(iterators::index::layout::INDEX));
        self.b.ins().jump(store, &[w.into()]);
        self.b.switch_to_block(store);
        self.put(n, result);
        self.b.ins().jump(done, &[]);
        self.otherwise(slow, n, Op::ForIter, After::FrameOrJump(target), done);
        true
    }
}
