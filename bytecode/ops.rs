//! THE opcode table. One row per opcode: name, what `a b c d` are, how many inline-cache words follow, and its meaning.
//! The enum, the operand printer, the verifier and the interpreter's dispatch are made from it.
//!
//! Notation: `ra` is the register a; `K[d]` constant d; `N[d]` constant d, which is an interned str; `T` the jump target
//! `pc_of_next + d` where `pc_of_next` is the index of the word after this instruction *and its cache words*, in words.
//! `base` operands name the first of several consecutive temporaries; these are always temporaries and are all
//! consumed by the instruction. Every instruction that says "raises" leaves its temporaries to the unwinder then.
//!
//! Registers: `0..nlocals` are locals (parameters first, in `co_varnames` order; variables captured by inner functions
//! hold cell objects), the rest are temporaries in stack discipline: at each instruction the live ones are exactly
//! `nlocals..live_depth`, with no holes, and the code's liveness table says the depth before each instruction.
//!
//! Call windows: the callee's registers overlay the arguments, so a call's `base` must be the topmost live temporaries:
//! nothing above the last argument is live across a call (or any other instruction: handlers may run Python code in
//! the space above the live depth).
//!
//! Arguments *borrow* (DESIGN 3.2): an argument that is a local is put into its place with `Borrow`, or with `Copy`
//! when a later operand of the same call can rebind that local. The same holds for operands read in place: `x + (x := 1)`
//! copies the first `x` with `Copy` into a temporary.

/// What an operand means; used by the printer and the verifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// Not used, must be 0.
    None,
    /// Register that is written.
    Dst,
    /// Register that is read (killed when its kill flag is set).
    Use,
    /// Register that is read and written (a local, or a temporary that stays live).
    Both,
    /// First of several consecutive temporaries, all consumed.
    Base,
    /// First of several consecutive temporaries, all written.
    DstBase,
    /// Unsigned immediate.
    Imm,
    /// Signed 8-bit (a b c) or 24-bit (d) immediate.
    Signed,
    /// Index of a constant.
    Const,
    /// Index of a constant that is an interned str.
    Name,
    /// Jump distance.
    Target,
    /// Index of a free variable.
    Free,
}

/// Table entry of one opcode.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// Its name.
    pub name: &'static str,
    /// Meaning of a, b, c and d.
    pub operands: [Operand; 4],
    /// Inline-cache words that follow.
    pub caches: u8,
}

/// Calls `$m!` with every row of the table.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
        // ---- data ----
        /// Does nothing.
        Nop: None None None None, 0;
        /// High bytes of the registers of the next instruction.
        Wide: Imm Imm Imm None, 0;
        /// `ra = rb`, moving: b is a temporary and dies (KILL_B is implied).
        Move: Dst Use None None, 0;
        /// `ra = rb`, a counted copy.
        Copy: Dst Use None None, 0;
        /// `ra = rb`, uncounted: for an argument or operand temporary that does not outlive rb. a is a temporary.
        Borrow: Dst Use None None, 0;
        /// `ra = K[d]`.
        LoadK: Dst None None Const, 0;
        /// `ra = int d`.
        LoadI: Dst None None Signed, 0;
        /// Raises UnboundLocalError when the local rb is unbound (its name is `varnames[b]`).
        CheckBound: None Use None None, 0;
        /// Raises UnboundLocalError when the local ra is unbound, else drops it and makes it unbound.
        DelLocal: Both None None None, 0;
        /// Makes the local ra unbound, dropping what it held, if anything.
        Clear: Both None None None, 0;
        /// Drops the temporary rb.
        Drop: None Use None None, 0;
        /// Drops the temporaries `ra .. r(b-1)`, then `ra = rb`, moving (KILL_B is set). All are live temporaries, a < b, and b is the
        /// topmost; afterwards ra is. For leaving loops and blocks with a value.
        Slide: Both Use None None, 0;
        // ---- variables ----
        /// Wraps the local ra in a new cell (an empty one when it is unbound).
        MakeCell: Both None None None, 0;
        /// `ra = contents of the cell in local rb`; raises UnboundLocalError when it is empty.
        LoadCell: Dst Use None None, 0;
        /// Puts rb into the cell in local ra.
        StoreCell: Use Use None None, 0;
        /// Empties the cell in local ra; raises UnboundLocalError when it is empty.
        DelCell: Use None None None, 0;
        /// `ra = contents of free variable d`; raises NameError when empty.
        LoadFree: Dst None None Free, 0;
        /// Puts rb into free variable d.
        StoreFree: None Use None Free, 0;
        /// Empties free variable d; raises NameError when empty.
        DelFree: None None None Free, 0;
        /// `ra = the cell itself` of free variable d, to build a closure. (Of an own cell variable: `Borrow`.)
        LoadClosure: Dst None None Free, 0;
        /// `ra = globals or builtins [N[d]]`; raises NameError.
        LoadGlobal: Dst None None Name, 1;
        /// `globals[N[d]] = rb`.
        StoreGlobal: None Use None Name, 1;
        /// `del globals[N[d]]`; raises NameError.
        DelGlobal: None None None Name, 0;
        /// `ra = locals mapping, globals or builtins [N[d]]`; in module and class bodies and `exec`ed code.
        LoadName: Dst None None Name, 1;
        /// `locals mapping[N[d]] = rb`.
        StoreName: None Use None Name, 1;
        /// `del locals mapping[N[d]]`; raises NameError.
        DelName: None None None Name, 0;
        /// `ra = the frame's locals mapping` (class and module bodies).
        LoadLocals: Dst None None None, 0;
        /// `ra = rb[names of free d]` if the mapping rb has it, else the contents of free variable d. The name is `freevars[d]`.
        LoadMapOrFree: Dst Use None Free, 0;
        /// `ra = rb[N[d]]` if the mapping rb has it, else globals or builtins.
        LoadMapOrGlobal: Dst Use None Name, 0;
        /// `ra = ` a well-known object: d is a [`crate::ops::Common`].
        LoadCommon: Dst None None Imm, 0;
        // ---- attributes and items ----
        /// `ra = rb.N[d]`.
        LoadAttr: Dst Use None Name, 1;
        /// `ra.N[d] = rb`.
        StoreAttr: Use Use None Name, 1;
        /// `del rb.N[d]`.
        DelAttr: None Use None Name, 0;
        /// Method lookup for a following CallMethod: `ra = callable, r(a+1) = self`, or `ra = attribute, r(a+1) = no self`.
        /// b may be the temporary a itself (killed) or any other register.
        LoadMethod: DstBase Use None Name, 1;
        /// `ra = super attribute N[d]`: c is the base of `[super, class, self]`. b is 1 for a two-argument call in the
        /// source, 0 for zero arguments.
        LoadSuperAttr: Dst Imm Base Name, 1;
        /// As LoadSuperAttr, but method lookup: `ra, r(a+1)` as LoadMethod. a may equal c.
        LoadSuperMethod: DstBase Imm Base Name, 1;
        /// `ra = rb[rc]`.
        GetItem: Dst Use Use None, 1;
        /// `ra = rb[c]`, c an immediate signed int.
        GetItemI: Dst Use Signed None, 1;
        /// `ra[rb] = rc`.
        SetItem: Use Use Use None, 1;
        /// `del rb[rc]`.
        DelItem: None Use Use None, 0;
        /// `ra = rb[rc : r(c+1)]`.
        GetSlice: Dst Use Base None, 0;
        /// `ra[rc : r(c+1)] = rb`.
        SetSlice: Use Use Base None, 0;
        // ---- operators: `ra = rb op rc`; flag INPLACE for `rb op= rc` ----
        /// `+`
        Add: Dst Use Use None, 0;
        /// `-`
        Sub: Dst Use Use None, 0;
        /// `*`
        Mul: Dst Use Use None, 0;
        /// `/`
        TrueDiv: Dst Use Use None, 0;
        /// `//`
        FloorDiv: Dst Use Use None, 0;
        /// `%`
        Mod: Dst Use Use None, 0;
        /// `**`
        Pow: Dst Use Use None, 0;
        /// `@`
        MatMul: Dst Use Use None, 0;
        /// `&`
        And: Dst Use Use None, 0;
        /// `|`
        Or: Dst Use Use None, 0;
        /// `^`
        Xor: Dst Use Use None, 0;
        /// `<<`
        Shl: Dst Use Use None, 0;
        /// `>>`
        Shr: Dst Use Use None, 0;
        /// `ra = rb + c`, c a signed immediate; likewise below. Flag INPLACE as above.
        AddI: Dst Use Signed None, 0;
        /// `-`
        SubI: Dst Use Signed None, 0;
        /// `*`
        MulI: Dst Use Signed None, 0;
        /// `//`
        FloorDivI: Dst Use Signed None, 0;
        /// `%`
        ModI: Dst Use Signed None, 0;
        /// `&`
        AndI: Dst Use Signed None, 0;
        /// `<<`
        ShlI: Dst Use Signed None, 0;
        /// `>>`
        ShrI: Dst Use Signed None, 0;
        /// `ra = -rb`
        Neg: Dst Use None None, 0;
        /// `ra = +rb`
        Pos: Dst Use None None, 0;
        /// `ra = ~rb`
        Invert: Dst Use None None, 0;
        /// `ra = not rb`
        Not: Dst Use None None, 0;
        /// `ra = bool(rb)` (no user-visible call of `bool`; truth value)
        ToBool: Dst Use None None, 0;
        /// `ra = rb < rc` (any object)
        Lt: Dst Use Use None, 0;
        /// `<=`
        Le: Dst Use Use None, 0;
        /// `==`
        Eq: Dst Use Use None, 0;
        /// `!=`
        Ne: Dst Use Use None, 0;
        /// `>`
        Gt: Dst Use Use None, 0;
        /// `>=`
        Ge: Dst Use Use None, 0;
        /// `ra = rb is rc`
        Is: Dst Use Use None, 0;
        /// `ra = rb is not rc`
        IsNot: Dst Use Use None, 0;
        /// `ra = rb in rc`
        In: Dst Use Use None, 0;
        /// `ra = rb not in rc`
        NotIn: Dst Use Use None, 0;
        // ---- control: `a` is the sense: jump when the truth of the condition equals a ----
        /// Jumps forward.
        Jump: None None None Target, 0;
        /// Jumps backward; polls.
        JumpBack: None None None Target, 0;
        /// Jumps when truth(rb) == a.
        JumpIf: Imm Use None Target, 0;
        /// Jumps when (rb is None) == a.
        JumpNone: Imm Use None Target, 0;
        /// Jumps when (rb < rc) == a; and so on.
        JumpLt: Imm Use Use Target, 0;
        /// `<=`
        JumpLe: Imm Use Use Target, 0;
        /// `==`
        JumpEq: Imm Use Use Target, 0;
        /// `!=`
        JumpNe: Imm Use Use Target, 0;
        /// `>`
        JumpGt: Imm Use Use Target, 0;
        /// `>=`
        JumpGe: Imm Use Use Target, 0;
        /// `is`
        JumpIs: Imm Use Use Target, 0;
        /// `in`
        JumpIn: Imm Use Use Target, 0;
        /// Jumps when (rb < c) == a, c a signed immediate; and so on.
        JumpLtI: Imm Use Signed Target, 0;
        /// `<=`
        JumpLeI: Imm Use Signed Target, 0;
        /// `==`
        JumpEqI: Imm Use Signed Target, 0;
        /// `!=`
        JumpNeI: Imm Use Signed Target, 0;
        /// `>`
        JumpGtI: Imm Use Signed Target, 0;
        /// `>=`
        JumpGeI: Imm Use Signed Target, 0;
        /// `ra = iter(rb)`.
        GetIter: Dst Use None None, 0;
        /// `ra = next(rb)`; when exhausted drops the temporary rb and jumps (ra is not written then). b is the topmost live
        /// temporary, except that a may be b+1.
        ForIter: Dst Use None Target, 1;
        // ---- calls ----
        /// `ra = rc(r(c+1) .. r(c+b))`: c the base, b the number of positional arguments.
        Call: Dst Imm Base None, 1;
        /// `ra = rc(...)` with `rc, r(c+1)` from LoadMethod and b arguments from `r(c+2)` on.
        CallMethod: Dst Imm Base None, 1;
        /// As Call: b counts all arguments; the last ones are keywords whose names are the tuple K[d].
        CallKw: Dst Imm Base Const, 1;
        /// As CallMethod, with keywords.
        CallMethodKw: Dst Imm Base Const, 1;
        /// `ra = rc(*r(c+1), **r(c+2))`: a tuple (any iterable when d is 1) and a dict or "no self" word when b is 0 (then r(c+2) is not
        /// there: base has two words; with b = 1, three).
        CallEx: Dst Imm Base Imm, 0;
        /// Returns rb. Locals are dropped; rb is moved out when it is a counted word.
        Return: None Use None None, 0;
        /// Returns K[d].
        ReturnK: None None None Const, 0;
        // ---- generators and coroutines (a code with a generator, coroutine or async generator flag makes its object when called) ----
        /// Yields rb; when resumed `ra = the sent value`. d is 1 in an async generator's own `yield` (the value is wrapped by the VM).
        Yield: Dst Use None Imm, 0;
        /// Delegates to the iterator in the temporary rb (from GetYieldFromIter or GetAwaitable): sends rc (a temporary, None at first) to it;
        /// what it yields is yielded, and the resumed value goes to rc and this instruction runs again. When it returns, ra = its
        /// value and b and c are dead (b and c are temporaries, c = b+1, topmost; a may be b). d is 1 for await. Polls.
        YieldFrom: Dst Base None Imm, 0;
        /// `ra = iterator of rb for yield from`: coroutines only inside coroutines, generators as they are, else iter().
        GetYieldFromIter: Dst Use None None, 0;
        /// `ra = awaitable iterator of rb`. d: 0 plain await, 1 for `__aenter__`, 2 for `__aexit__`, (error texts).
        GetAwaitable: Dst Use None Imm, 0;
        /// `ra = rb.__aiter__()`, checked.
        GetAIter: Dst Use None None, 0;
        /// `ra = awaitable iterator of rb.__anext__()`, checked. rb stays.
        GetANext: Dst Use None None, 0;
        /// In the handler of an `async for`: when the exception rc is StopAsyncIteration, drops rc and the iterator rb and goes on; else
        /// re-raises rc. c = b+1.
        EndAsyncFor: None Base None None, 0;
        /// At the handler that wraps a generator's or coroutine's whole body: turns StopIteration (StopAsyncIteration in async generators)
        /// in rb into RuntimeError and raises; other exceptions are re-raised. b is a temporary.
        StopIterationError: None Use None None, 0;
        // ---- building ----
        /// `ra = (rc, ..., r(c+d-1))`.
        BuildTuple: Dst None Base Imm, 0;
        /// `ra = [rc, ..., r(c+d-1)]`.
        BuildList: Dst None Base Imm, 0;
        /// `ra = {rc, ...}`, d elements.
        BuildSet: Dst None Base Imm, 0;
        /// `ra = {rc: r(c+1), ...}`, d pairs.
        BuildMap: Dst None Base Imm, 0;
        /// `ra = "".join(rc, ...)`, d strs.
        BuildString: Dst None Base Imm, 0;
        /// `ra = slice(rc, r(c+1)[, r(c+2)])`, d is 2 or 3.
        BuildSlice: Dst None Base Imm, 0;
        /// Appends rb to the list ra.
        ListAppend: Use Use None None, 0;
        /// Adds rb to the set ra.
        SetAdd: Use Use None None, 0;
        /// `ra[rb] = rc` for the dict ra.
        MapAdd: Use Use Use None, 0;
        /// Extends the list ra by the iterable rb ("Value after * must be an iterable, not X").
        ListExtend: Use Use None None, 0;
        /// Updates the set ra by the iterable rb.
        SetUpdate: Use Use None None, 0;
        /// Updates the dict ra by the mapping rb (dict display: later keys win).
        DictUpdate: Use Use None None, 0;
        /// Updates the dict ra by the mapping rb for a call: duplicate or non-str keys raise TypeError naming the callable rc (not consumed).
        DictMerge: Use Use Use None, 0;
        /// `ra = tuple(the list rb)`.
        ListToTuple: Dst Use None None, 0;
        /// `rc .. r(c+d-1) = the d elements of rb`; raises ValueError as CPython. c is a fresh block of temporaries; when rb is killed, c may be b.
        /// With DROP_A c is a block of locals, whose old values die.
        UnpackSeq: None Use DstBase Imm, 1;
        /// Star unpacking: d = before | after << 12; `rc ..` gets before elements, a list, after elements.
        UnpackEx: None Use DstBase Imm, 0;
        /// `ra = format(rb, "")`, or rb itself when it is exactly a str.
        FormatSimple: Dst Use None None, 0;
        /// `ra = format(rb, rc)`.
        FormatSpec: Dst Use Use None, 0;
        /// `ra = str(rb)`, `repr(rb)`, `ascii(rb)` for d = 1, 2, 3.
        Convert: Dst Use None Imm, 0;
        /// `ra = Template(strings tuple rb, interpolations tuple rc)` (PEP 750).
        BuildTemplate: Dst Use Use None, 0;
        /// `ra = Interpolation(rc, r(c+1)[, r(c+2)])`: value, expression text, format spec when d & 1; conversion is d >> 1 (0 none, 1 s, 2 r, 3 a).
        BuildInterpolation: Dst None Base Imm, 0;
        // ---- functions, classes, imports ----
        /// `ra = function of the code K[d]`. b has bits for what lies from rc on, in this order: 1 tuple of positional defaults,
        /// 2 dict of keyword defaults, 4 annotate function, 8 tuple of cells. c is 0 when b & 15 is 0. b & 16: the definition stands at
        /// module or class level outside loops, so the function is deferred-counted.
        MakeFunction: Dst Imm Base Const, 0;
        /// `ra = __import__(N[d], globals, locals, rb, c)`: rb the fromlist, c the level.
        ImportName: Dst Use Imm Name, 0;
        /// `ra = rb.N[d]` for `from m import x`: falls back to sys.modules; ImportError texts as CPython. rb stays.
        ImportFrom: Dst Use None Name, 0;
        /// `from rb import *` into the locals mapping.
        ImportStar: None Use None None, 0;
        /// Makes `__annotations__` in the locals mapping when missing (only `from __future__ import annotations` modules and classes).
        SetupAnnotations: None None None None, 0;
        /// `ra = intrinsic d of rb`; d is a [`crate::ops::Intrinsic1`].
        Intrinsic1: Dst Use None Imm, 0;
        /// `ra = intrinsic d of rb, rc`; d is a [`crate::ops::Intrinsic2`].
        Intrinsic2: Dst Use Use Imm, 0;
        // ---- exceptions ----
        /// d = 0: `raise` (the exception being handled); 1: `raise rb`; 2: `raise rb from rc`.
        Raise: None Use Use Imm, 0;
        /// Raises the exception rb again, without a new traceback entry for this frame.
        Reraise: None Use None None, 0;
        /// First instruction of a handler, where the unwinder has put the exception into rb: makes it the handled exception; `ra` keeps the one before.
        /// a = b+1.
        PushExc: Dst Use None None, 0;
        /// Ends a handler: the handled exception is again the one kept in the temporary rb, which dies.
        PopExc: None Use None None, 0;
        /// Leaves a handler with a value: `rb` is the exception, `r(b+1)` the one kept by PushExc, `r(b+2)` the value, all topmost temporaries.
        /// The handled exception is again r(b+1), rb is dropped, and the value moves to rb (which stays live; the other two are dead).
        LeaveExc: None Base None None, 0;
        /// Leaves a handler because of another exception: `rb` is the exception that was being handled, `r(b+1)` the one kept by PushExc,
        /// `r(b+2)` the new exception, all topmost temporaries. The handled exception is again r(b+1), rb is dropped, and r(b+2) is
        /// raised again, without a new traceback entry for this frame.
        ReraisePop: None Base None None, 0;
        /// `ra = does the exception rb match rc` (a class or tuple of classes; TypeError otherwise). rb stays.
        ExcMatch: Dst Use Use None, 0;
        /// `except*`: splits rb by the type rc: `ra = rest or None, r(a+1) = matching group or None`, made the handled exception when not None.
        /// rb is a temporary and dies (a may be b).
        ExcGroupMatch: DstBase Use Use None, 0;
        /// `with`: `ra, r(a+1) = rb.__exit__` as LoadMethod gives it, `r(a+2) = rb.__enter__()`. a may be b.
        BeforeWith: DstBase Use None None, 0;
        /// `async with`: the same with `__aexit__` and `__aenter__` (the result is not awaited yet).
        BeforeAsyncWith: DstBase Use None None, 0;
        /// `ra = exit(type(exc), exc, traceback)` with the pair `rb, r(b+1)` and the exception rc. Nothing is consumed.
        WithExcept: Dst Use Use None, 0;
        // ---- patterns ----
        /// `ra = is rb a sequence for matching`. rb stays.
        MatchSequence: Dst Use None None, 0;
        /// `ra = is rb a mapping for matching`. rb stays.
        MatchMapping: Dst Use None None, 0;
        /// `ra = len(rb)`. rb stays.
        GetLen: Dst Use None None, 0;
        /// `ra = tuple of rb's values for the keys in tuple rc, or None`. rb stays.
        MatchKeys: Dst Use Use None, 0;
        /// `ra = tuple of attributes, or None`: subject rb (stays), class rc, keyword names the tuple in r(c+1), d positional patterns.
        MatchClass: Dst Use Base Imm, 0;
        /// Resume point marker of a `trace`d line with no other instruction (for example `pass`).
        Line: None None None None, 0;
        /// Ends the loop. No compiler makes it, and code that contains it is corrupt.
        Halt: None None None None, 0;
        /// Goes on in machine code. No compiler makes it, and code that contains it is corrupt.
        Enter: None None None None, 0;
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $name:ident: $a:ident $b:ident $c:ident $d:ident, $caches:literal;)*) => {
        /// The opcodes; see the table in this file for what each does.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u8)]
        pub enum Op {
            $($(#[$doc])* $name,)*
        }
        /// All opcodes, in the order of their bytes.
        pub const ALL: &[Op] = &[$(Op::$name),*];
        static INFO: &[OpInfo] = &[$(OpInfo {
            name: stringify!($name),
            operands: [Operand::$a, Operand::$b, Operand::$c, Operand::$d],
            caches: $caches,
        }),*];
    };
}
for_each_op!(define);

/// Number of opcodes that the compiler may emit. The interpreter numbers its specialised forms from here on.
pub const COUNT: usize = ALL.len();

impl Op {
    /// The opcode of a byte; `None` for bytes outside the table.
    pub fn from_byte(byte: u8) -> Option<Op> {
        ALL.get(byte as usize).copied()
    }
    /// Its row in the table.
    pub fn info(self) -> &'static OpInfo {
        &INFO[self as usize]
    }
    /// Inline-cache words that follow it.
    pub fn caches(self) -> usize {
        self.info().caches as usize
    }
}

/// Objects for [`Op::LoadCommon`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Common {
    /// `builtins.__build_class__`
    BuildClass,
    /// `AssertionError`
    AssertionError,
    /// `NotImplementedError`
    NotImplementedError,
    /// `tuple`
    Tuple,
    /// `all`
    All,
    /// `any`
    Any,
    /// The "no self" word of a method call pair.
    NoSelf,
}

/// Operations of [`Op::Intrinsic1`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Intrinsic1 {
    /// Calls `sys.displayhook` (interactive expression statement); the result is None.
    Print,
    /// `typing.TypeVar(name)`; rb is the name.
    TypeVar,
    /// `typing.ParamSpec(name)`.
    ParamSpec,
    /// `typing.TypeVarTuple(name)`.
    TypeVarTuple,
    /// `Generic[params]` for a PEP 695 class; rb is the tuple of parameters.
    SubscriptGeneric,
    /// A type alias from the tuple `(name, type parameters or None, evaluator function)`.
    TypeAlias,
}

/// Operations of [`Op::Intrinsic2`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Intrinsic2 {
    /// What is left to raise after all `except*` clauses: rb the original exception, rc the list of results.
    PrepReraiseStar,
    /// `TypeVar(rb)` with the lazily evaluated bound rc.
    TypeVarWithBound,
    /// `TypeVar(rb)` with the lazily evaluated constraints rc.
    TypeVarWithConstraints,
    /// Sets `rb.__type_params__ = rc`; the result is rb.
    SetFunctionTypeParams,
    /// Sets the lazily evaluated default rc of the type parameter rb; the result is rb.
    SetTypeParamDefault,
}
