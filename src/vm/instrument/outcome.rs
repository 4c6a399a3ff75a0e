//! How specialised an instruction's execution is: what its handler's guards will say, asked before it runs.
//!
//! Sites of attributes and globals have a cache word, whose guard is the version in it. Operators, items, calls and loops have no word: their
//! handlers look at the operands first, and what is done in place there counts as a hit.

use crate::vm::cache::{self, kind};
use crate::vm::frame::{Pc, Regs, current};
use bytecode::{Instr, Op};
use gc::{Payload, Ref, Word};
use objects::Cx;
use objects::types::dict::Dict;
use objects::types::list::List;
use objects::types::module::Module;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{Type, flags, id_of_word, type_of};
use sync::prim::Ordering;

/// What the guards say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The instruction has one form only.
    Basic,
    /// It has specialised forms, none of which is in place.
    Deferred,
    /// The specialised form, by its name in reports, applies.
    Hit(Form),
    /// There is one, for something else.
    Miss,
}

macro_rules! forms {
    ($($name:ident = $text:literal,)*) => {
        /// Specialised forms.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Form { $($name,)* }
        /// Their names in reports.
        pub const FORMS: &[&str] = &[$($text),*];
    };
}
forms! {
    Inline = "inline value", Method = "method", Global = "global", Builtin = "builtin", Slot = "slot", ClassValue = "class value",
    OfClass = "attribute of class", Module = "module", Property = "property", ClassMethod = "classmethod", StaticMethod = "staticmethod",
    Int = "int", Float = "float", Word = "word", List = "list", Tuple = "tuple", Dict = "dict", Str = "str", Function = "function",
    Native = "native", Bound = "bound method", Class = "class", Generator = "generator",
}

/// Whether an opcode's site has a cache word that its handler uses.
pub fn has_word(op: Op) -> bool {
    matches!(op, Op::LoadAttr | Op::StoreAttr | Op::LoadMethod | Op::LoadGlobal | Op::StoreGlobal | Op::LoadName | Op::StoreName)
}

fn register(at: Pc, byte: u8, high: impl Fn(Instr) -> u8, wide: bool) -> usize {
    if !wide {
        return byte as usize;
    }
    // SAFETY: the word before a wide instruction is its prefix.
    let prefix = Instr(unsafe { (*at.sub(1)).load(Ordering::Relaxed) });
    byte as usize | (high(prefix) as usize) << 8
}

/// The registers a, b and c.
pub fn operands(at: Pc, i: Instr, wide: bool) -> [usize; 3] {
    [register(at, i.a(), Instr::a, wide), register(at, i.b(), Instr::b, wide), register(at, i.c(), Instr::c, wide)]
}

fn form_of(kind: u64) -> Form {
    match kind {
        kind::INLINE => Form::Inline,
        kind::METHOD => Form::Method,
        kind::GLOBAL => Form::Global,
        kind::BUILTIN => Form::Builtin,
        kind::SLOT => Form::Slot,
        kind::CLASS_VALUE => Form::ClassValue,
        kind::OF_CLASS => Form::OfClass,
        kind::MODULE => Form::Module,
        kind::PROPERTY => Form::Property,
        kind::CLASS_METHOD => Form::ClassMethod,
        _ => Form::StaticMethod,
    }
}

unsafe fn attribute(obj: Word, w: u64) -> bool {
    // SAFETY: a live register.
    let v = unsafe { Ref::from_word(obj) };
    match cache::kind_of(w) {
        kind::OF_CLASS if v.header().is_some_and(|h| h.type_id() == objects::ids::TYPE) => {
            // SAFETY: an instance of exactly `type`.
            let t = unsafe { v.cast::<Type>() };
            gc::kind::version_of(t.id) == cache::version(w)
        }
        kind::OF_CLASS => false,
        kind::MODULE => v.exact::<Module>().is_some_and(|m| m.dict.keys_version_now() == cache::version(w)),
        _ => gc::kind::version_of(id_of_word(obj)) == cache::version(w),
    }
}

unsafe fn global(cx: &Cx, at: Pc, w: u64) -> bool {
    // SAFETY: a frame's namespaces live as long as it.
    unsafe {
        let f = &*current(cx);
        if (*f.globals).keys_version_now() != cache::version(w) {
            return false;
        }
        match cache::kind_of(w) {
            kind::BUILTIN => cache::pool_read(at, w).is_some_and(|p| (*f.builtins).keys_version_now() == (p >> 32) as u32),
            k => k == kind::GLOBAL,
        }
    }
}

/// Whether the frame's names are those of its globals.
unsafe fn plain_names(cx: &Cx) -> bool {
    // SAFETY: the current frame.
    unsafe {
        let f = &*current(cx);
        f.locals == Word::UNBOUND || std::ptr::eq(f.locals.header(), (*f.globals).header())
    }
}

fn numbers(x: Word, y: Word, floats: bool) -> Outcome {
    if x.is_int() && y.is_int() {
        Outcome::Hit(Form::Int)
    } else if floats && (x.is_float() || x.is_int()) && (y.is_float() || y.is_int()) {
        Outcome::Hit(Form::Float)
    } else {
        Outcome::Deferred
    }
}

fn callee(f: Word) -> Outcome {
    // SAFETY: a live register.
    let v = unsafe { Ref::from_word(f) };
    let Some(h) = v.header() else { return Outcome::Deferred };
    match h.type_id() {
        objects::ids::FUNCTION => Outcome::Hit(Form::Function),
        objects::ids::BUILTIN_FUNCTION | objects::ids::METHOD_DESCRIPTOR => Outcome::Hit(Form::Native),
        objects::ids::METHOD => Outcome::Hit(Form::Bound),
        // SAFETY: an instance of exactly `type`.
        objects::ids::TYPE if unsafe { v.cast::<Type>() }.has(flags::HEAP) => Outcome::Hit(Form::Class),
        _ => Outcome::Deferred,
    }
}

/// What the guards of the instruction at `at` are going to say, and the site's cache word.
///
/// # Safety
/// The instruction is the current frame's next one.
pub unsafe fn of(cx: &Cx, at: Pc, i: Instr, op: Op, r: Regs, wide: bool) -> (Outcome, u64) {
    let [a, b, c] = operands(at, i, wide);
    // SAFETY: operands that are read are live registers.
    unsafe {
        let word = |n: usize| *r.add(n);
        if has_word(op) {
            let w = cache::at(at).load(Ordering::Acquire);
            if matches!(op, Op::LoadName | Op::StoreName) && !plain_names(cx) {
                return (Outcome::Deferred, w);
            }
            if cache::version(w) == 0 {
                return (Outcome::Deferred, w);
            }
            let hit = match op {
                Op::LoadAttr | Op::LoadMethod => attribute(word(b), w),
                Op::StoreAttr => attribute(word(a), w),
                _ => global(cx, at, w),
            };
            return (if hit { Outcome::Hit(form_of(cache::kind_of(w))) } else { Outcome::Miss }, w);
        }
        let outcome = match op {
            Op::Add | Op::Sub | Op::Mul | Op::TrueDiv | Op::Lt | Op::Le | Op::Eq | Op::Ne | Op::Gt | Op::Ge => {
                numbers(word(b), word(c), true)
            }
            Op::JumpLt | Op::JumpLe | Op::JumpEq | Op::JumpNe | Op::JumpGt | Op::JumpGe => numbers(word(b), word(c), true),
            Op::FloorDiv | Op::Mod | Op::And | Op::Or | Op::Xor | Op::Shl | Op::Shr => numbers(word(b), word(c), false),
            Op::AddI | Op::SubI | Op::MulI => numbers(word(b), Word::from_small_int(0), true),
            Op::JumpLtI | Op::JumpLeI | Op::JumpEqI | Op::JumpNeI | Op::JumpGtI | Op::JumpGeI => {
                numbers(word(b), Word::from_small_int(0), true)
            }
            Op::FloorDivI | Op::ModI | Op::AndI | Op::ShlI | Op::ShrI => numbers(word(b), Word::from_small_int(0), false),
            Op::Neg => numbers(word(b), word(b), true),
            Op::JumpIf => match word(b) {
                Word::TRUE | Word::FALSE | Word::NONE => Outcome::Hit(Form::Word),
                w if w.is_int() => Outcome::Hit(Form::Word),
                _ => Outcome::Deferred,
            },
            Op::GetItem | Op::GetItemI => {
                let v = Ref::from_word(word(b));
                let by_int = op == Op::GetItemI || word(c).is_int();
                if by_int && v.exact::<List>().is_some() {
                    Outcome::Hit(Form::List)
                } else if by_int && v.exact::<Tuple>().is_some() {
                    Outcome::Hit(Form::Tuple)
                } else if op == Op::GetItem && v.exact::<Dict>().is_some() {
                    Outcome::Hit(Form::Dict)
                } else {
                    Outcome::Deferred
                }
            }
            Op::SetItem => {
                let v = Ref::from_word(word(a));
                if word(b).is_int() && v.exact::<List>().is_some() {
                    Outcome::Hit(Form::List)
                } else if v.exact::<Dict>().is_some() {
                    Outcome::Hit(Form::Dict)
                } else {
                    Outcome::Deferred
                }
            }
            Op::UnpackSeq => {
                let v = Ref::from_word(word(b));
                let n = i.index() as usize;
                if v.exact::<Tuple>().is_some_and(|t| t.len() == n) {
                    Outcome::Hit(Form::Tuple)
                } else if v.exact::<List>().is_some_and(|l| l.len() == n) {
                    Outcome::Hit(Form::List)
                } else {
                    Outcome::Deferred
                }
            }
            Op::FormatSimple => match Ref::from_word(word(b)).exact::<Str>() {
                Some(_) => Outcome::Hit(Form::Str),
                None => Outcome::Deferred,
            },
            Op::ForIter => {
                let v = Ref::from_word(word(b));
                match v.header().map(|h| h.type_id()) {
                    Some(objects::ids::GENERATOR) => Outcome::Hit(Form::Generator),
                    Some(_) if type_of(v).spec.is_some() => Outcome::Hit(Form::Native),
                    _ => Outcome::Deferred,
                }
            }
            Op::Call | Op::CallKw | Op::CallMethod | Op::CallMethodKw => callee(word(c)),
            _ => Outcome::Basic,
        };
        (outcome, 0)
    }
}
