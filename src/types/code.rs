//! `code`: attributes and methods. Offsets are given in half instruction words, so that `offset // 2` counts the entries of
//! `co_positions()`, as the library's `traceback` expects.

use bytecode::ops::Operand;
use bytecode::{LocalKind, Op, flags as code_flags};
use objects::args::Args;
use objects::native::{GetSet, Member, Method, getter, method, raw_method};
use objects::protocol::{hash, iter};
use objects::types::bytes::Bytes;
use objects::types::code::{self, Code};
use objects::types::int;
use objects::types::list::List;
use objects::types::str::{Str, as_str, text};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, Payload, PyResult, Ref, Reg, Value};

fn me(v: Ref<'_>) -> &Code {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Code>() }
}

fn names_where(c: &Code, f: impl Fn(usize, LocalKind) -> bool) -> Reg {
    let all = c.data.locals.iter().enumerate().filter(|(n, (_, k))| f(*n, *k)).map(|(n, _)| c.local_names[n].clone()).collect();
    Tuple::from_values(all).into()
}
fn is_varname(c: &Code, n: usize, k: LocalKind) -> bool {
    k == LocalKind::Fast || (n < c.params as usize && k == LocalKind::Cell)
}

/// Which constants are names of attributes and globals.
fn used_as_names(c: &Code) -> Vec<bool> {
    let mut out = vec![false; c.consts.len()];
    let mut at = 0;
    while let Some(i) = c.data.instrs.get(at) {
        let Some(op) = i.op() else { break };
        if op.info().operands.contains(&Operand::Name)
            && let Some(o) = out.get_mut(i.index() as usize)
        {
            *o = true;
        }
        at += 1 + op.caches();
    }
    out
}
fn consts(c: &Code, names: bool) -> Reg {
    let which = used_as_names(c);
    Tuple::from_values(c.consts.iter().zip(which).filter(|(_, n)| *n == names).map(|(v, _)| v.clone()).collect()).into()
}

fn bytes_of(b: &[u8]) -> Reg {
    Bytes::new(b).into()
}
/// The opcode that stands for the start of a call in `co_code`; no instruction has it.
pub const RESUME: u8 = 254;

/// `co_code`: two bytes per word, so that `f_lasti` and `tb_lasti` are places in it: the opcode and operand b. The start of a call comes first;
/// where a generator goes on the second byte is not 0.
fn shown_code(c: &Code) -> Vec<u8> {
    let mut out = Vec::with_capacity(2 * c.data.instrs.len() + 2);
    out.extend_from_slice(&[RESUME, 0]);
    let mut caches = 0;
    for i in &c.data.instrs {
        let op = if caches > 0 { None } else { i.op() };
        let operand = if matches!(op, Some(Op::Yield | Op::YieldFrom)) { i.b().max(1) } else { i.b() };
        out.extend_from_slice(&[op.map_or(0, |o| o as u8), operand]);
        caches = if caches > 0 { caches - 1 } else { op.map_or(0, Op::caches) };
    }
    out
}
fn get_code(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(bytes_of(&shown_code(me(v))))
}

/// Lists of the library's iterators: made at once, the tables are short.
fn iterate(cx: &mut Cx, items: Vec<Value>) -> PyResult<Reg> {
    let l = List::from_values(items);
    iter::iter(cx, l.as_ref())
}

fn number(n: u32) -> Value {
    int::from_i64(i64::from(n))
}

/// The line at which a frame of the code starts: that of the definition, none of a module.
pub fn start_line(c: &Code) -> u32 {
    if &*c.data.name == b"<module>" { 0 } else { c.data.first_line }
}

fn lines(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let mut out: Vec<Value> = Vec::new();
    let mut last: Option<(u32, u32, u32)> = None;
    let push = |(start, end, line): (u32, u32, u32), out: &mut Vec<Value>| {
        let line = if line == 0 { Value::NONE } else { number(line) };
        out.push(Tuple::from_values(vec![number(start * 2 + 2), number(end * 2 + 2), line]).into_value());
    };
    // Offset 0 is the start of the call, before the first instruction.
    out.push(Tuple::from_values(vec![number(0), number(2), number(start_line(me(a[0])))]).into_value());
    for (start, words, p) in me(a[0]).data.positions.iter() {
        last = match last {
            Some((s, _, l)) if l == p.line => Some((s, start + words, l)),
            before => {
                if let Some(run) = before {
                    push(run, &mut out);
                }
                Some((start, start + words, p.line))
            }
        };
    }
    if let Some(run) = last {
        push(run, &mut out);
    }
    iterate(cx, out)
}

fn positions(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let start = start_line(me(a[0]));
    let mut out = vec![Tuple::from_values(vec![number(start), number(start), number(0), number(0)]).value().clone()];
    for (_, words, p) in me(a[0]).data.positions.iter() {
        let optional = |n: Option<u32>| n.map_or(Value::NONE, number);
        let item = if p.line == 0 {
            Tuple::from_values(vec![Value::NONE; 4])
        } else {
            Tuple::from_values(vec![number(p.line), number(p.end_line), optional(p.column), optional(p.end_column)])
        };
        out.extend((0..words).map(|_| item.value().clone()));
    }
    iterate(cx, out)
}

/// What `replace` and `_replace` change.
fn replace(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let c = me(args.items[0]);
    if args.positional().len() > 1 {
        return Err(cx.type_error("replace() takes no positional arguments"));
    }
    let mut data = (*c.data).clone();
    data.filename = as_str(c.filename.load(c.header()).as_ref()).map(Str::to_wtf8).unwrap_or_default().into_boxed_slice();
    let mut new_consts: Option<Vec<Value>> = None;
    for (k, v) in args.keywords() {
        let key = as_str(k).map_or_else(String::new, Str::to_string_lossy);
        match key.as_str() {
            "co_name" | "co_qualname" | "co_filename" => {
                let Some(s) = as_str(v) else {
                    let n = type_of(v).name_text();
                    return Err(cx.type_error(format!("replace() argument '{key}' must be str, not {n}")));
                };
                let b = s.to_wtf8().into_boxed_slice();
                match key.as_str() {
                    "co_name" => data.name = b,
                    "co_qualname" => data.qualname = b,
                    _ => data.filename = b,
                }
            }
            "co_firstlineno" | "co_flags" | "co_argcount" | "co_posonlyargcount" | "co_kwonlyargcount" | "co_nlocals" | "co_stacksize" => {
                let n = int::index_i64(cx, v)?;
                let Ok(n) = u32::try_from(n) else { return Err(cx.value_error("code: an argument is negative or too large")) };
                match key.as_str() {
                    "co_firstlineno" => data.first_line = n,
                    "co_flags" => data.flags = n,
                    "co_argcount" if n == data.arg_count => {}
                    "co_posonlyargcount" if n <= data.arg_count => data.posonly_count = n,
                    "co_kwonlyargcount" if n == data.kwonly_count => {}
                    "co_nlocals" | "co_stacksize" => {}
                    _ => return Err(cx.value_error(format!("code: {key} cannot be changed"))),
                }
            }
            "co_consts" => {
                let items = iter::collect(cx, v)?;
                let names = used_as_names(c);
                let mut items = items.into_iter();
                let all: Vec<Value> = c
                    .consts
                    .iter()
                    .zip(names)
                    .map(|(old, is_name)| if is_name { old.clone() } else { items.next().unwrap_or(Value::NONE) })
                    .collect();
                new_consts = Some(all);
            }
            "co_varnames" | "co_names" | "co_cellvars" | "co_freevars" | "co_code" | "co_linetable" | "co_exceptiontable" => {
                let now = objects::protocol::attr::get(cx, args.items[0], k)?.into_value();
                if !objects::protocol::compare::equal(cx, now.as_ref(), v)? {
                    return Err(cx.value_error(format!("code: {key} cannot be changed")));
                }
            }
            _ => return Err(cx.type_error(format!("replace() got an unexpected keyword argument '{key}'"))),
        }
    }
    let optimized = code_flags::OPTIMIZED | code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
    let fixed = optimized & !code_flags::ITERABLE_COROUTINE | code_flags::VARARGS | code_flags::VARKEYWORDS;
    if (data.flags ^ c.data.flags) & fixed != 0 {
        return Err(cx.value_error("code: co_flags cannot be changed in this way"));
    }
    Ok(code::with_consts(data, new_consts).into())
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let c = me(v);
    let file = c.filename.load(c.header());
    let file = as_str(file.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    let name = as_str(c.name.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<code object {name} at {:#x}, file \"{file}\", line {}>", v.word().unmarked().0, c.data.first_line)))
}

fn same(cx: &mut Cx, x: &Code, y: &Code) -> PyResult<bool> {
    if std::ptr::eq(x, y) {
        return Ok(true);
    }
    let (a, b) = (&x.data, &y.data);
    let fixed = a.name == b.name
        && a.first_line == b.first_line
        && a.flags == b.flags
        && (a.arg_count, a.posonly_count, a.kwonly_count) == (b.arg_count, b.posonly_count, b.kwonly_count)
        && a.locals == b.locals
        && a.freevars == b.freevars
        && a.instrs == b.instrs
        && a.positions == b.positions
        && a.consts == b.consts
        && x.consts.len() == y.consts.len();
    if !fixed {
        return Ok(false);
    }
    for (p, q) in x.consts.iter().zip(&y.consts) {
        if type_of(p.as_ref()).id != type_of(q.as_ref()).id || !objects::protocol::compare::equal(cx, p.as_ref(), q.as_ref())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.exact::<Code>(), b.exact::<Code>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    match op {
        Compare::Eq => Ok(Value::bool(same(cx, x, y)?).into()),
        Compare::Ne => Ok(Value::bool(!same(cx, x, y)?).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

fn hash_code(_cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    let c = me(v);
    let d = &c.data;
    let mut all: Vec<u8> = d.name.to_vec();
    all.extend(d.instrs.iter().flat_map(|i| i.0.to_le_bytes()));
    all.extend([d.first_line, d.flags, d.arg_count, d.kwonly_count].iter().flat_map(|n| n.to_le_bytes()));
    Ok(hash::bytes(&all) as i64)
}

fn new(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    let n = args.positional().len();
    if n < 16 {
        return Err(cx.type_error(format!("code expected at least 16 arguments, got {n}")));
    }
    Err(cx.value_error("code: bytecode of another implementation cannot be used; use replace()"))
}

fn varname(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::index_i64(cx, a[1])?;
    let c = me(a[0]);
    match usize::try_from(n).ok().and_then(|n| c.local_names.iter().chain(&*c.free_names).nth(n)) {
        Some(v) => Ok(v.clone().into()),
        None => Err(cx.index_error("tuple index out of range")),
    }
}

static METHODS: &[Method] = &[
    method("co_lines", "($self, /)", lines, "Ranges of offsets with their lines."),
    method("co_positions", "($self, /)", positions, "Line and column ranges of all instructions."),
    method("co_branches", "($self, /)", |cx, _| iterate(cx, Vec::new()), "Branches, for coverage tools."),
    raw_method("replace", "($self, /, **changes)", replace, "Return a copy of the code object with new values for the specified fields."),
    raw_method("__replace__", "($self, /, **changes)", replace, "The same as replace()."),
    method("_varname_from_oparg", "($self, /, oparg)", varname, "Name of a local variable by number."),
    method(
        "__sizeof__",
        "($self, /)",
        |_, a| Ok(int::reg((size_of::<Code>() + me(a[0]).instrs.len() * 16) as i64)),
        "Size in memory, in bytes.",
    ),
];

macro_rules! count {
    ($name:literal, $f:expr) => {
        Member(getter(
            $name,
            |_, v| {
                let f: fn(&Code) -> u32 = $f;
                Ok(number(f(me(v))).into())
            },
            "",
        ))
    };
}
static MEMBERS: &[Member] = &[
    count!("co_argcount", |c| c.arg_count),
    count!("co_posonlyargcount", |c| c.data.posonly_count),
    count!("co_kwonlyargcount", |c| c.kwonly_count),
    count!("co_stacksize", |c| c.registers - c.locals.min(c.registers)),
    count!("co_flags", |c| c.flags),
    count!("co_nlocals", |c| c.data.locals.iter().enumerate().filter(|(n, (_, k))| is_varname(c, *n, *k)).count() as u32),
    count!("co_firstlineno", |c| c.data.first_line),
    Member(getter("co_consts", |_, v| Ok(consts(me(v), false)), "")),
    Member(getter("co_names", |_, v| Ok(consts(me(v), true)), "")),
    Member(getter("co_filename", |_, v| Ok(me(v).filename.load_reg(me(v).header())), "")),
    Member(getter("co_name", |_, v| Ok(me(v).name.clone().into()), "")),
    Member(getter("co_qualname", |_, v| Ok(me(v).qualname.clone().into()), "")),
    Member(getter("co_linetable", |_, v| Ok(bytes_of(me(v).data.positions.bytes())), "")),
    Member(getter("co_exceptiontable", |_, _| Ok(bytes_of(&[])), "")),
];
static GETSETS: &[GetSet] = &[
    getter("co_lnotab", |_, v| Ok(bytes_of(me(v).data.positions.bytes())), ""),
    getter("_co_code_adaptive", get_code, ""),
    getter("co_code", get_code, ""),
    getter("co_varnames", |_, v| Ok(names_where(me(v), |n, k| is_varname(me(v), n, k))), ""),
    getter("co_cellvars", |_, v| Ok(names_where(me(v), |_, k| k == LocalKind::Cell)), ""),
    getter("co_freevars", |_, v| Ok(Tuple::from_values(me(v).free_names.to_vec()).into()), ""),
];

/// `code`.
pub static CODE_TYPE: TypeSpec = TypeSpec::of::<Code>("code")
    .flags(flags::WEAKREFS)
    .slots(Slots { new: Some(new), repr: Some(repr), richcompare: Some(richcompare), hash: Some(hash_code), ..Slots::NONE })
    .methods(METHODS)
    .members(MEMBERS)
    .getsets(GETSETS)
    .doc("Compiled code.");
