//! THE loop. One row per opcode: the opcode and its handler; handlers are functions grouped by family in `ops`.
//!
//! A handler gets the context, the address of its instruction, the frame's registers and the instruction word; it gives back where to go on. It stores
//! the pc into the frame before anything that can raise, call or be looked at. `W` is true for instructions with a `Wide` prefix, which run through
//! a second, cold copy of the table.

use super::frame::{Pc, Regs};
use super::instrument;
use super::ops::{arith, attr, build, call, data, exc, flow, generator, jump, scope};
use crate::jit::{self, Pair};
use bytecode::{Instr, Op};
use objects::Cx;
use sync::prim::{AtomicU64, Ordering};

/// Where to go on.
pub type Next = (Pc, Regs);

/// The instruction that ends the loop; no compiler makes it.
pub static HALT: AtomicU64 = AtomicU64::new(Op::Halt as u64);

/// What a row becomes: in the plain loop, handlers that change the current frame or jump back are followed into machine code.
macro_rules! row {
    (plain $cx:ident $pc:ident $r:ident $i:ident $f:path) => {
        $f($cx, $pc, $r, $i)
    };
    (plain $cx:ident $pc:ident $r:ident $i:ident $f:path, $hook:ident) => {{
        let next = $f($cx, $pc, $r, $i);
        jit::$hook($cx, $pc, next)
    }};
    (cold $cx:ident $pc:ident $r:ident $i:ident $f:path $(, $hook:ident)?) => {
        $f($cx, $pc, $r, $i)
    };
}

/// The table in the form of a `match`.
macro_rules! matched {
    ([$form:ident $cx:ident $pc:ident $r:ident $i:ident] { $($op:ident => $f:path $(, $hook:ident)?;)* }) => {
        match opcode($i) {
            $(Op::$op => row!($form $cx $pc $r $i $f $(, $hook)?),)*
            Op::Halt => return Err($r),
            Op::Enter => jit::enter($cx),
        }
    };
}

/// The table in the form of functions with one C-callable signature, for machine code.
macro_rules! called {
    ([$module:ident] { $($op:ident => $f:path $(, $hook:ident)?;)* }) => {
        mod $module {
            use super::*;
            $(
                #[allow(non_snake_case)]
                pub unsafe extern "sysv64" fn $op(cx: &mut Cx, pc: Pc, r: Regs, i: Instr) -> Pair {
                    // SAFETY: the caller's instruction.
                    let (pc, r) = unsafe { $f(cx, pc, r, i) };
                    Pair { pc, r }
                }
            )*
        }
        /// The handler of an opcode, with a signature that machine code can call.
        pub fn handler(op: Op) -> Called {
            match op {
                $(Op::$op => $module::$op,)*
                Op::Halt | Op::Enter => unreachable!("no code has it"),
            }
        }
    };
}

/// One row per opcode: its handler, and the hook of the plain loop.
macro_rules! handlers {
    ($form:ident $args:tt $w:tt) => {
        $form! { $args {
            Nop => data::nop::<$w>;
            Wide => wide::<$w>;
            Move => data::move_::<$w>;
            Copy => data::copy::<$w>;
            Borrow => data::borrow::<$w>;
            LoadK => data::load_k::<$w>;
            LoadI => data::load_i::<$w>;
            CheckBound => data::check_bound::<$w>;
            DelLocal => data::del_local::<$w>;
            Clear => data::clear::<$w>;
            Drop => data::drop_temp::<$w>;
            Slide => data::slide::<$w>;
            MakeCell => scope::make_cell::<$w>;
            LoadCell => scope::load_cell::<$w>;
            StoreCell => scope::store_cell::<$w>;
            DelCell => scope::del_cell::<$w>;
            LoadFree => scope::load_free::<$w>;
            StoreFree => scope::store_free::<$w>;
            DelFree => scope::del_free::<$w>;
            LoadClosure => scope::load_closure::<$w>;
            LoadGlobal => scope::load_global::<$w>;
            StoreGlobal => scope::store_global::<$w>;
            DelGlobal => scope::del_global::<$w>;
            LoadName => scope::load_name::<$w>;
            StoreName => scope::store_name::<$w>;
            DelName => scope::del_name::<$w>;
            LoadLocals => scope::load_locals::<$w>;
            LoadMapOrFree => scope::load_map_or_free::<$w>;
            LoadMapOrGlobal => scope::load_map_or_global::<$w>;
            LoadCommon => scope::load_common::<$w>;
            LoadAttr => attr::load_attr::<$w>, follow;
            StoreAttr => attr::store_attr::<$w>;
            DelAttr => attr::del_attr::<$w>;
            LoadMethod => attr::load_method::<$w>;
            LoadSuperAttr => attr::load_super_attr::<$w>;
            LoadSuperMethod => attr::load_super_method::<$w>;
            GetItem => attr::get_item::<$w>;
            GetItemI => attr::get_item_i::<$w>;
            SetItem => attr::set_item::<$w>;
            DelItem => attr::del_item::<$w>;
            GetSlice => attr::get_slice::<$w>;
            SetSlice => attr::set_slice::<$w>;
            Add => arith::add::<$w>;
            Sub => arith::sub::<$w>;
            Mul => arith::mul::<$w>;
            TrueDiv => arith::true_div::<$w>;
            FloorDiv => arith::floor_div::<$w>;
            Mod => arith::mod_::<$w>;
            Pow => arith::pow::<$w>;
            MatMul => arith::mat_mul::<$w>;
            And => arith::and::<$w>;
            Or => arith::or::<$w>;
            Xor => arith::xor::<$w>;
            Shl => arith::shl::<$w>;
            Shr => arith::shr::<$w>;
            AddI => arith::add_i::<$w>;
            SubI => arith::sub_i::<$w>;
            MulI => arith::mul_i::<$w>;
            FloorDivI => arith::floor_div_i::<$w>;
            ModI => arith::mod_i::<$w>;
            AndI => arith::and_i::<$w>;
            ShlI => arith::shl_i::<$w>;
            ShrI => arith::shr_i::<$w>;
            Neg => arith::neg::<$w>;
            Pos => arith::pos::<$w>;
            Invert => arith::invert::<$w>;
            Not => jump::not::<$w>;
            ToBool => jump::to_bool::<$w>;
            Lt => jump::lt::<$w>;
            Le => jump::le::<$w>;
            Eq => jump::eq::<$w>;
            Ne => jump::ne::<$w>;
            Gt => jump::gt::<$w>;
            Ge => jump::ge::<$w>;
            Is => jump::is::<$w>;
            IsNot => jump::is_not::<$w>;
            In => jump::in_::<$w>;
            NotIn => jump::not_in::<$w>;
            Jump => jump::jump::<$w>;
            JumpBack => jump::jump_back::<$w>, back;
            JumpIf => jump::jump_if::<$w>;
            JumpNone => jump::jump_none::<$w>;
            JumpLt => jump::jump_lt::<$w>;
            JumpLe => jump::jump_le::<$w>;
            JumpEq => jump::jump_eq::<$w>;
            JumpNe => jump::jump_ne::<$w>;
            JumpGt => jump::jump_gt::<$w>;
            JumpGe => jump::jump_ge::<$w>;
            JumpIs => jump::jump_is::<$w>;
            JumpIn => jump::jump_in::<$w>;
            JumpLtI => jump::jump_lt_i::<$w>;
            JumpLeI => jump::jump_le_i::<$w>;
            JumpEqI => jump::jump_eq_i::<$w>;
            JumpNeI => jump::jump_ne_i::<$w>;
            JumpGtI => jump::jump_gt_i::<$w>;
            JumpGeI => jump::jump_ge_i::<$w>;
            GetIter => flow::get_iter::<$w>;
            ForIter => flow::for_iter::<$w>, follow;
            Call => call::call::<$w>, follow;
            CallMethod => call::call_method::<$w>, follow;
            CallKw => call::call_kw::<$w>, follow;
            CallMethodKw => call::call_method_kw::<$w>, follow;
            CallEx => call::call_ex::<$w>, follow;
            Return => call::return_::<$w>, follow;
            ReturnK => call::return_k::<$w>, follow;
            Yield => generator::yield_::<$w>, follow;
            YieldFrom => generator::yield_from::<$w>, follow;
            GetYieldFromIter => generator::get_yield_from_iter::<$w>;
            GetAwaitable => generator::get_awaitable::<$w>;
            GetAIter => generator::get_aiter::<$w>;
            GetANext => generator::get_anext::<$w>;
            EndAsyncFor => generator::end_async_for::<$w>;
            StopIterationError => generator::stop_iteration_error::<$w>;
            BuildTuple => build::build_tuple::<$w>;
            BuildList => build::build_list::<$w>;
            BuildSet => build::build_set::<$w>;
            BuildMap => build::build_map::<$w>;
            BuildString => build::build_string::<$w>;
            BuildSlice => build::build_slice::<$w>;
            ListAppend => build::list_append::<$w>;
            SetAdd => build::set_add::<$w>;
            MapAdd => build::map_add::<$w>;
            ListExtend => build::list_extend::<$w>;
            SetUpdate => build::set_update::<$w>;
            DictUpdate => build::dict_update::<$w>;
            DictMerge => build::dict_merge::<$w>;
            ListToTuple => build::list_to_tuple::<$w>;
            UnpackSeq => build::unpack_seq::<$w>;
            UnpackEx => build::unpack_ex::<$w>;
            FormatSimple => build::format_simple::<$w>;
            FormatSpec => build::format_spec::<$w>;
            Convert => build::convert::<$w>;
            BuildTemplate => build::build_template::<$w>;
            BuildInterpolation => build::build_interpolation::<$w>;
            MakeFunction => flow::make_function::<$w>;
            ImportName => flow::import_name::<$w>;
            ImportFrom => flow::import_from::<$w>;
            ImportStar => flow::import_star::<$w>;
            SetupAnnotations => flow::setup_annotations::<$w>;
            Intrinsic1 => flow::intrinsic1::<$w>;
            Intrinsic2 => flow::intrinsic2::<$w>;
            Raise => exc::raise::<$w>;
            Reraise => exc::reraise::<$w>;
            PushExc => exc::push_exc::<$w>;
            PopExc => exc::pop_exc::<$w>;
            LeaveExc => exc::leave_exc::<$w>;
            ReraisePop => exc::reraise_pop::<$w>;
            ExcMatch => exc::exc_match::<$w>;
            ExcGroupMatch => exc::exc_group_match::<$w>;
            BeforeWith => exc::before_with::<$w>;
            BeforeAsyncWith => exc::before_async_with::<$w>;
            WithExcept => exc::with_except::<$w>;
            MatchSequence => flow::match_sequence::<$w>;
            MatchMapping => flow::match_mapping::<$w>;
            GetLen => flow::get_len::<$w>;
            MatchKeys => flow::match_keys::<$w>;
            MatchClass => flow::match_class::<$w>;
            Line => data::nop::<$w>;
        } }
    };
}

/// A handler that machine code can call.
pub type Called = unsafe extern "sysv64" fn(&mut Cx, Pc, Regs, Instr) -> Pair;

handlers!(called [native] false);

/// Runs from `pc` until a frame returns to native code.
///
/// # Safety
/// `pc` and `r` belong to the current frame.
pub unsafe fn run(cx: &mut Cx, pc: Pc, r: Regs) {
    // SAFETY: passed on.
    unsafe {
        if cx.trace.mode != 0 {
            return instrument::run(cx, pc, r);
        }
        let (mut pc, mut r) = jit::start(cx, (pc, r));
        if std::ptr::eq(pc, &raw const jit::ENTER) {
            (pc, r) = jit::enter(cx);
        }
        if !std::ptr::eq(pc, &raw const HALT) {
            let _ = run_loop(cx, pc, r);
        }
        if cx.trace.resume != 0 {
            instrument::go_on(cx);
        }
    }
}

/// Runs the plain loop.
///
/// # Safety
/// As [`run`].
pub unsafe fn run_plain(cx: &mut Cx, pc: Pc, r: Regs) {
    // SAFETY: passed on.
    let _ = unsafe { run_loop(cx, pc, r) };
}

/// The loop proper. A function of its own whose address and registers are plain locals, so that they stay in machine registers.
#[inline(never)]
unsafe fn run_loop(cx: &mut Cx, mut pc: Pc, mut r: Regs) -> Result<(), Regs> {
    // SAFETY: verified code; handlers keep the frame discipline.
    unsafe {
        loop {
            let i = Instr((*pc).load(Ordering::Relaxed));
            (pc, r) = handlers!(matched [plain cx pc r i] false);
        }
    }
}

/// The opcode of an instruction of verified code.
#[inline(always)]
unsafe fn opcode(i: Instr) -> Op {
    // SAFETY: verified: the byte is an opcode's, and the enum is `repr(u8)`.
    unsafe { std::mem::transmute::<u8, Op>(i.op_byte()) }
}

thread_local! {
    /// Whether the cold table runs an instruction that has no prefix.
    static STEPPING: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// The prefix of the instruction at `pc`, in the cold table.
///
/// # Safety
/// The table runs the instruction at `pc`.
pub unsafe fn prefix(pc: Pc) -> Instr {
    // SAFETY: the word before is the prefix, if there is one.
    Instr(if STEPPING.get() { 0 } else { unsafe { (*pc.sub(1)).load(Ordering::Relaxed) } })
}

/// Executes the instruction behind a `Wide` prefix.
#[cold]
#[inline(never)]
unsafe fn wide<const W: bool>(cx: &mut Cx, pc: Pc, r: Regs, _i: Instr) -> Next {
    let before = STEPPING.replace(false);
    // SAFETY: verified code: an instruction follows.
    let next = unsafe { cold(cx, pc.add(1), r) };
    STEPPING.set(before);
    next
}

/// Executes one instruction, for the instrumented loop: by the cold table, so that the hot one has no other user.
///
/// # Safety
/// `pc` and `r` belong to the current frame.
#[cold]
#[inline(never)]
pub unsafe fn step(cx: &mut Cx, pc: Pc, r: Regs) -> Next {
    let before = STEPPING.replace(true);
    // SAFETY: by contract.
    let next = unsafe { cold(cx, pc, r) };
    STEPPING.set(before);
    next
}

/// The cold copy of the table. Flags of callers around it are put back when it returns, so that a handler finds its own after a call.
#[cold]
#[inline(never)]
unsafe fn cold(cx: &mut Cx, pc: Pc, r: Regs) -> Next {
    // SAFETY: verified code; handlers keep the frame discipline.
    unsafe {
        let i = Instr((*pc).load(Ordering::Relaxed));
        let next: Result<Next, Regs> = (|| Ok(handlers!(matched [cold cx pc r i] true)))();
        next.unwrap_or((&raw const HALT, r))
    }
}
