//! `builtins`: the functions that need nothing of the interpreter but protocols, and `compile`, `eval`, `exec`.

use crate::runtime;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::args::Args;
use objects::native::{Method, function, raw_function};
use objects::protocol::{arith, attr, call, compare, iter, text, truth};
use objects::types::code::Code;
use objects::types::dict::{Dict, as_dict};
use objects::types::int::{IntRef, as_int};
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Compare;
use objects::types::type_::type_of;
use objects::{Cx, Gc, PyResult, ids, names};

fn hasattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    check_name(cx, a[1], "hasattr")?;
    Ok(Value::bool(attr::get_optional(cx, a[0], a[1])?.is_some()).into())
}
fn check_name(cx: &mut Cx, name: Ref<'_>, _f: &str) -> PyResult<()> {
    if as_str(name).is_some() {
        return Ok(());
    }
    let n = type_of(name).name_text();
    Err(cx.type_error(format!("attribute name must be string, not '{n}'")))
}
fn setattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    attr::set(cx, a[0], a[1], Some(a[2]))?;
    Ok(Value::NONE.into())
}
fn delattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    attr::set(cx, a[0], a[1], None)?;
    Ok(Value::NONE.into())
}
fn abs(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match type_of(a[0]).slots.abs() {
        Some(f) => f(cx, a[0]),
        None => {
            let n = type_of(a[0]).name_text();
            Err(cx.type_error(format!("bad operand type for abs(): '{n}'")))
        }
    }
}
fn all(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = iter::iter(cx, a[0])?.into_value();
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        if !truth::of(cx, v.as_ref())? {
            return Ok(Value::FALSE.into());
        }
    }
    Ok(Value::TRUE.into())
}
fn any(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let it = iter::iter(cx, a[0])?.into_value();
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        if truth::of(cx, v.as_ref())? {
            return Ok(Value::TRUE.into());
        }
    }
    Ok(Value::FALSE.into())
}
fn prefixed(cx: &mut Cx, v: Ref<'_>, base: u32) -> PyResult<Reg> {
    let i = objects::types::int::index(cx, v)?;
    let s = match as_int(i.as_ref()) {
        Some(IntRef::Small(n)) => ::text::int_text::i64_to_prefixed(n, base),
        Some(b) => ::text::int_text::big_to_prefixed(&b.to_big(), base),
        None => String::new(),
    };
    Ok(Str::from_text(&s).into())
}
fn chr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let i = objects::types::int::index(cx, a[0])?;
    match as_int(i.as_ref()).and_then(IntRef::to_i64) {
        Some(c @ 0..=0x10_ffff) => Ok(Str::from_char(c as u32).into()),
        _ => Err(cx.value_error("chr() arg not in range(0x110000)")),
    }
}
fn ord(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Some(s) = as_str(a[0]) {
        if s.len() == 1 {
            return Ok(objects::types::int::reg(i64::from(s.units().at(0))));
        }
        let n = s.len();
        return Err(cx.type_error(format!("ord() expected a character, but string of length {n} found")));
    }
    if objects::protocol::buffer::is_exporter(a[0]) && objects::types::type_id_of(a[0]) != ids::MEMORYVIEW {
        let b = objects::protocol::buffer::bytes_of(cx, a[0])?;
        if b.len() == 1 {
            return Ok(objects::types::int::reg(i64::from(b[0])));
        }
        let n = b.len();
        return Err(cx.type_error(format!("ord() expected a character, but string of length {n} found")));
    }
    let n = type_of(a[0]).name_text();
    Err(cx.type_error(format!("ord() expected string of length 1, but {n} found")))
}
fn dir(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let names = match a[0].given() {
        Some(v) => match call::special(cx, v, names::__dir__(), &[])? {
            Some(r) => iter::collect(cx, r.as_ref())?,
            None => Vec::new(),
        },
        None => {
            let l = cx.host.locals(cx)?;
            let keys = call::method(cx, l.as_ref(), names::keys(), &[])?.into_value();
            iter::collect(cx, keys.as_ref())?
        }
    };
    let list = List::from_values(names);
    sort_list(cx, &list)?;
    Ok(list.into())
}
fn sort_list(cx: &mut Cx, list: &Gc<List>) -> PyResult<()> {
    let name = names::sort();
    call::method(cx, list.as_ref(), name, &[])?;
    Ok(())
}
fn vars(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match a[0].given() {
        None => cx.host.locals(cx).map(Reg::from),
        Some(v) => match attr::get_optional(cx, v, names::__dict__())? {
            Some(d) => Ok(d.into()),
            None => Err(cx.type_error("vars() argument must have __dict__ attribute")),
        },
    }
}
fn round(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let args: &[Ref<'_>] = match a[1].given() {
        Some(n) if !n.is_none() => &[n],
        _ => &[],
    };
    match call::special(cx, a[0], names::__round__(), args)? {
        Some(v) => Ok(v.into()),
        None => {
            let n = type_of(a[0]).name_text();
            Err(cx.type_error(format!("type {n} doesn't define __round__ method")))
        }
    }
}
fn pow(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    arith::power(cx, a[0], a[1], a[2].given().unwrap_or(Ref::NONE), false)
}
fn divmod(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    arith::binary(cx, arith::Op::DivMod, a[0], a[1])
}
fn sum(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let start = a[1].given().map_or(Value::small_int(0), Ref::to_value);
    for (bad, what) in [
        (as_str(start.as_ref()).is_some(), "strings [use ''.join(seq) instead]"),
        (start.as_ref().exact::<objects::types::bytes::Bytes>().is_some(), "bytes [use b''.join(seq) instead]"),
    ] {
        if bad {
            return Err(cx.type_error(format!("sum() can't sum {what}")));
        }
    }
    let it = iter::iter(cx, a[0])?.into_value();
    let mut total = start;
    // Floats are added with compensation (Neumaier), as CPython does since 3.12.
    let mut carry = 0.0;
    let mut floats = false;
    while let Some(v) = iter::next(cx, it.as_ref())? {
        let v = v.into_value();
        let (x, y) = (total.word(), v.word());
        if x.is_float() && (y.is_float() || y.is_int()) {
            let (s, t) = (x.float(), if y.is_float() { y.float() } else { y.int() as f64 });
            let sum = s + t;
            if y.is_float() {
                carry += if s.abs() >= t.abs() { (s - sum) + t } else { (t - sum) + s };
                floats = true;
            }
            total = Value::float(sum);
            continue;
        }
        if x.both_int(y)
            && let Some(w) = Word::from_int(x.int() + y.int())
        {
            total = Value::small_int(w.int());
            continue;
        }
        if floats && x.is_float() {
            total = Value::float(x.float() + if carry.is_finite() { carry } else { 0.0 });
            carry = 0.0;
            floats = false;
        }
        total = arith::binary(cx, arith::Op::Add, total.as_ref(), v.as_ref())?.into_value();
    }
    if floats && total.word().is_float() && carry != 0.0 && carry.is_finite() {
        total = Value::float(total.word().float() + carry);
    }
    Ok(total.into())
}
fn extreme(cx: &mut Cx, args: Args<'_>, op: Compare, name: &str) -> PyResult<Reg> {
    let p = args.positional();
    let (mut key, mut default) = (None, None);
    for (k, v) in args.keywords() {
        match as_str(k) {
            Some(s) if s.eq_str("key") => key = Some(v).filter(|v| !v.is_none()),
            Some(s) if s.eq_str("default") => default = Some(v),
            _ => {
                let n = as_str(k).map_or_else(String::new, Str::to_string_lossy);
                return Err(cx.type_error(format!("{name}() got an unexpected keyword argument '{n}'")));
            }
        }
    }
    if p.is_empty() {
        return Err(cx.type_error(format!("{name} expected at least 1 argument, got 0")));
    }
    if p.len() > 1 && default.is_some() {
        return Err(cx.type_error(format!("Cannot specify a default for {name}() with multiple positional arguments")));
    }
    let mut best: Option<(Value, Value)> = None;
    let consider = |cx: &mut Cx, v: Value, best: &mut Option<(Value, Value)>| -> PyResult<()> {
        let k = match key {
            Some(f) => call::positional(cx, f, &[v.as_ref()])?,
            None => v.clone(),
        };
        let better = match best {
            Some((b, _)) => compare::holds(cx, k.as_ref(), b.as_ref(), op)?,
            None => true,
        };
        if better {
            *best = Some((k, v));
        }
        Ok(())
    };
    if p.len() > 1 {
        for v in p {
            consider(cx, v.to_value(), &mut best)?;
        }
    } else {
        let it = iter::iter(cx, p[0])?.into_value();
        while let Some(v) = iter::next(cx, it.as_ref())? {
            consider(cx, v.into_value(), &mut best)?;
        }
    }
    match (best, default) {
        (Some((_, v)), _) => Ok(v.into()),
        (None, Some(d)) => Ok(d.to_value().into()),
        (None, None) => Err(cx.value_error(format!("{name}() iterable argument is empty"))),
    }
}
fn sorted(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.check_count(cx, "sorted", 1, 1)?;
    let list = List::from_values(iter::collect(cx, args.items[0])?);
    let f = attr::get(cx, list.as_ref(), names::sort())?.into_value();
    call::call(cx, f.as_ref(), args.without_first())?;
    Ok(list.into())
}
fn format(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let empty = Str::empty();
    let spec = a[1].given().unwrap_or(empty.value().as_ref());
    if as_str(spec).is_none() {
        let n = type_of(spec).name_text();
        return Err(cx.type_error(format!("format() argument 2 must be str, not {n}")));
    }
    text::format(cx, a[0], spec).map(Reg::from)
}

/// Globals and locals for `eval` and `exec`.
fn namespaces(cx: &mut Cx, what: &str, g: Option<Ref<'_>>, l: Option<Ref<'_>>) -> PyResult<(Gc<Dict>, Value)> {
    let given = |v: Option<Ref<'_>>| v.filter(|v| !v.is_none()).map(Ref::to_value);
    let (globals, locals) = match (given(g), given(l)) {
        (None, None) => {
            let Some(g) = cx.host.globals(cx) else {
                return Err(cx.type_error(format!("{what}() must be given globals and locals when called without a frame")));
            };
            let l = cx.host.locals(cx)?;
            (g, l)
        }
        (None, Some(l)) => match cx.host.globals(cx) {
            Some(g) => (g, l),
            None => return Err(cx.system_error("globals and locals cannot be NULL")),
        },
        (Some(g), None) => (g.clone(), g),
        (Some(g), Some(l)) => (g, l),
    };
    if as_dict(globals.as_ref()).is_none() {
        let n = type_of(globals.as_ref()).name_text();
        return Err(cx.type_error(if what == "exec" {
            format!("exec() globals must be a dict, not {n}")
        } else {
            "globals must be a real dict; try eval(code, {}, mapping)".to_string()
        }));
    }
    if as_dict(locals.as_ref()).is_none() && type_of(locals.as_ref()).slots.getitem().is_none() {
        let n = type_of(locals.as_ref()).name_text();
        return Err(cx.type_error(if what == "exec" {
            format!("locals must be a mapping or None, not {n}")
        } else {
            "locals must be a mapping".to_string()
        }));
    }
    // SAFETY: it is a dict.
    let globals: Gc<Dict> = unsafe { Gc::from_value(globals) };
    if globals.get_interned(names::__builtins__()).is_none() {
        globals.set_str(names::__builtins__(), runtime::loaded("builtins").unwrap_or(Value::NONE));
    }
    Ok((globals, locals))
}

/// The namespace that `__builtins__` in globals names.
pub fn builtins_of(globals: &Dict) -> Gc<Dict> {
    let Some(b) = globals.get_interned(names::__builtins__()).map(Reg::into_value) else { return runtime::builtins() };
    if let Some(m) = objects::types::module::as_module(b.as_ref()) {
        return m.dict.clone();
    }
    match as_dict(b.as_ref()) {
        // SAFETY: it is a dict.
        Some(_) => unsafe { Gc::from_value(b) },
        None => runtime::builtins(),
    }
}

fn evaluate(cx: &mut Cx, what: &str, a: &[Ref<'_>]) -> PyResult<Value> {
    let (globals, locals) = namespaces(cx, what, a[1].given(), a[2].given())?;
    let closure = a.get(3).and_then(|c| c.given()).filter(|c| !c.is_none());
    let code = if a[0].exact::<Code>().is_some() { a[0].to_value() } else { super::compile::for_evaluation(cx, a[0], what)? };
    let c = code.as_ref().exact::<Code>();
    let free = c.map_or(0, |c| c.free_names.len());
    let closure = match (free, closure) {
        (0, None) => Value::NONE,
        (0, Some(_)) => return Err(cx.type_error("cannot use a closure with this code object")),
        (_, None) => return Err(cx.type_error(format!("code object passed to {what}() may not contain free variables"))),
        (n, Some(t)) => match t.exact::<Tuple>() {
            Some(x) if x.len() == n && x.items().iter().all(|v| v.exact::<objects::types::cell::Cell>().is_some()) => t.to_value(),
            _ => return Err(cx.type_error(format!("code object requires a closure of exactly length {n}"))),
        },
    };
    let builtins = builtins_of(&globals);
    crate::vm::call::run_code(cx, code.as_ref(), &globals, &builtins, locals, closure)
}

fn aiter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match type_of(a[0]).slots.aiter() {
        Some(f) => f(cx, a[0]),
        None => {
            let n = type_of(a[0]).name_text();
            Err(cx.type_error(format!("'{n}' object is not an async iterable")))
        }
    }
}
fn callable_iter(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    match a[1].given() {
        None => iter::iter(cx, a[0]),
        Some(s) => {
            if !call::is_callable(a[0]) {
                return Err(cx.type_error("iter(v, w): v must be callable"));
            }
            objects::types::iterators::callable::new(cx, a[0], s)
        }
    }
}

fn breakpoint(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let name = Str::intern_text("breakpointhook");
    match runtime::sys_attribute(name.as_ref()) {
        Some(hook) => call::call(cx, hook.as_ref(), args),
        None => Err(cx.runtime_error("lost sys.breakpointhook")),
    }
}

/// The functions.
pub static FUNCTIONS: &[Method] = &[
    raw_function("breakpoint", "($module, /, *args, **kws)", breakpoint, "Call sys.breakpointhook(*args, **kws)."),
    function("hasattr", "($module, obj, name, /)", hasattr, "Whether the object has an attribute of that name."),
    function("setattr", "($module, obj, name, value, /)", setattr, "Sets a named attribute."),
    function("delattr", "($module, obj, name, /)", delattr, "Deletes a named attribute."),
    function("abs", "($module, number, /)", abs, "The absolute value."),
    function("all", "($module, iterable, /)", all, "Whether all items are true."),
    function("any", "($module, iterable, /)", any, "Whether any item is true."),
    function("ascii", "($module, obj, /)", |cx, a| text::ascii(cx, a[0]).map(Reg::from), "An ASCII-only representation."),
    function("bin", "($module, integer, /)", |cx, a| prefixed(cx, a[0], 2), "The binary representation of an int."),
    function("oct", "($module, integer, /)", |cx, a| prefixed(cx, a[0], 8), "The octal representation of an int."),
    function("hex", "($module, integer, /)", |cx, a| prefixed(cx, a[0], 16), "The hexadecimal representation of an int."),
    function("callable", "($module, obj, /)", |_, a| Ok(Value::bool(call::is_callable(a[0])).into()), "Whether the object can be called."),
    function("chr", "($module, i, /)", chr, "The character of a code point."),
    function("ord", "($module, character, /)", ord, "The code point of a character."),
    function("dir", "($module, object=None, /)", dir, "The names in the current scope or of an object."),
    function("vars", "($module, object=None, /)", vars, "The namespace of the current scope or of an object."),
    function("round", "(number, ndigits=None)", round, "Rounds a number."),
    function("pow", "(base, exp, mod=None)", pow, "base ** exp, or base ** exp % mod."),
    function("divmod", "($module, x, y, /)", divmod, "The tuple (x//y, x%y)."),
    function("sum", "($module, iterable, /, start=0)", sum, "The sum of the items."),
    raw_function("max", "", |cx, a| extreme(cx, a, Compare::Gt, "max"), "The largest item."),
    raw_function("min", "", |cx, a| extreme(cx, a, Compare::Lt, "min"), "The smallest item."),
    raw_function("sorted", "($module, iterable, /, *, key=None, reverse=False)", sorted, "A sorted list of the items."),
    function("format", "($module, value, format_spec='', /)", format, "value.__format__(format_spec)."),
    function(
        "compile",
        "(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
        super::compile::compile,
        "Compiles source text to a code object.",
    ),
    function(
        "eval",
        "($module, source, /, globals=None, locals=None)",
        |cx, a| evaluate(cx, "eval", a).map(Reg::from),
        "Evaluates an expression.",
    ),
    function(
        "exec",
        "($module, source, /, globals=None, locals=None, *, closure=None)",
        |cx, a| {
            evaluate(cx, "exec", a)?;
            Ok(Value::NONE.into())
        },
        "Executes statements.",
    ),
    function("input", "($module, prompt='', /)", super::streams::input, "Reads a line from standard input."),
    function("aiter", "($module, async_iterable, /)", aiter, "The asynchronous iterator of an object."),
    function("iter", "($module, object, sentinel=None, /)", callable_iter, "An iterator over an object, or over the results of a call."),
];
