//! `_opcode`: the opcode table and the instructions of code objects, for the library's `opcode` and `dis`.

use bytecode::ops::Operand;
use bytecode::{Op, disasm};
use gc::{Ref, Reg, Value};
use objects::native::{Method, function};
use objects::types::code::Code;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult};

fn op_of(cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Op>> {
    let n = int::c_int(cx, v)?;
    Ok(u8::try_from(n).ok().and_then(Op::from_byte))
}

fn has(cx: &mut Cx, v: Ref<'_>, wanted: &[Operand]) -> PyResult<Reg> {
    let op = op_of(cx, v)?;
    Ok(Value::bool(op.is_some_and(|o| o.info().operands.iter().any(|k| wanted.contains(k)))).into())
}

/// Registers take the place of a stack: no instruction changes its depth.
fn stack_effect(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match op_of(cx, a[0])? {
        Some(_) => Ok(int::reg(0)),
        None => Err(cx.value_error("invalid opcode or oparg")),
    }
}

fn number(n: u32) -> Value {
    int::from_i64(i64::from(n))
}

/// `(offset, size, opcode, name, arg, operands, jump target, constant)` of each instruction. Offsets count half words.
fn instructions(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(code) = a[0].exact::<Code>() else { return Err(cx.type_error("argument 1 must be code")) };
    let row = |r: disasm::Row| {
        Tuple::from_values(vec![
            number(r.at * 2 + 2),
            number(r.words * 2),
            number(r.op.map_or(255, |o| o as u32)),
            Str::intern_text(r.op.map_or("<unknown>", |o| o.info().name)),
            r.arg.map_or(Value::NONE, int::from_i64),
            Str::from_text(&r.operands).into_value(),
            r.target.map_or(Value::NONE, |t| number(t * 2 + 2)),
            r.constant.and_then(|k| code.consts.get(k as usize).cloned()).map_or(Value::NONE, |v| Tuple::from_values(vec![v]).into_value()),
        ])
        .into_value()
    };
    Ok(List::from_values(disasm::rows(&code.data).into_iter().map(row).collect()).into())
}

/// `(start, end, target, depth, keeps the instruction's offset)` of each exception handler.
fn handlers(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(code) = a[0].exact::<Code>() else { return Err(cx.type_error("argument 1 must be code")) };
    let row = |h: &bytecode::Handler| {
        Tuple::from_values(vec![
            number(h.start * 2 + 2),
            number(h.end * 2 + 2),
            number(h.target * 2 + 2),
            number(u32::from(h.depth)),
            Value::FALSE,
        ])
        .into_value()
    };
    Ok(List::from_values(code.data.handlers.iter().map(row).collect()).into())
}

/// `(name, number, cache words)` of every opcode.
fn table(_cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let rows = (0..=u8::MAX).filter_map(Op::from_byte).map(|op| {
        let row = vec![Str::intern_text(op.info().name), number(op as u32), number(op.caches() as u32)];
        Tuple::from_values(row).into_value()
    });
    Ok(List::from_values(rows.collect()).into())
}

static FUNCTIONS: &[Method] = &[
    function("stack_effect", "($module, opcode, oparg=None, /, *, jump=None)", stack_effect, "Always 0: instructions work on registers."),
    function("is_valid", "($module, opcode)", |cx, a| Ok(Value::bool(op_of(cx, a[0])?.is_some()).into()), "Whether it is an opcode."),
    function(
        "has_arg",
        "($module, opcode)",
        |cx, a| {
            let op = op_of(cx, a[0])?;
            Ok(Value::bool(op.is_some_and(|o| o.info().operands[3] != Operand::None)).into())
        },
        "Whether it has an operand beside registers.",
    ),
    function("has_const", "($module, opcode)", |cx, a| has(cx, a[0], &[Operand::Const]), "Whether it uses a constant."),
    function("has_name", "($module, opcode)", |cx, a| has(cx, a[0], &[Operand::Name]), "Whether it uses a name."),
    function("has_jump", "($module, opcode)", |cx, a| has(cx, a[0], &[Operand::Target]), "Whether it jumps."),
    function("has_free", "($module, opcode)", |cx, a| has(cx, a[0], &[Operand::Free]), "Whether it uses a free variable."),
    function("has_local", "($module, opcode)", |cx, a| has(cx, a[0], &[Operand::Both]), "Whether it changes a local in place."),
    function("has_exc", "($module, opcode)", |_, _| Ok(Value::FALSE.into()), "Handlers are in a table."),
    function("get_executor", "($module, /, *, code, offset)", |_, _| Ok(Value::NONE.into()), "There is no trace compiler."),
    function("get_specialization_stats", "($module, /)", |_, _| Ok(Value::NONE.into()), "None: see -X stats."),
    function("_instructions", "($module, code, /)", instructions, "The instructions of a code object."),
    function("_handlers", "($module, code, /)", handlers, "The exception handlers of a code object."),
    function("_table", "($module, /)", table, "All opcodes."),
];

/// `_opcode`.
pub static MODULE: ModuleDef = ModuleDef { name: "_opcode", doc: "The opcode table, for dis and opcode.", functions: FUNCTIONS, init };

fn init(_cx: &mut Cx, m: &objects::types::module::Module) -> PyResult<()> {
    m.add("_resume", number(u32::from(crate::types::code::RESUME)));
    // Instructions are not rewritten to special forms.
    m.add("ENABLE_SPECIALIZATION", Value::FALSE);
    m.add("ENABLE_SPECIALIZATION_FT", Value::FALSE);
    Ok(())
}
