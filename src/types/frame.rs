//! `frame` and `traceback`: attributes; `FrameLocalsProxy` (PEP 667).

use crate::vm::frame_object::{FrameObject, Traceback, back_of, code_of, generator_of, live, locals_of, pc_of, set_local, traceback_line};
use crate::vm::generator::{self, as_generator};
use bytecode::flags as code_flags;
use objects::args::{Args, Signature};
use objects::native::{GetSet, Member, Method, getset, getter, method, raw_method};
use objects::protocol::{arith, call, compare, item, iter, text as show};
use objects::types::code::Code;
use objects::types::dict::{Dict, as_dict, merge};
use objects::types::exception::ids as exc;
use objects::types::int;
use objects::types::str::{Str, as_str, text};
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{TypeSpec, flags, type_id_of, type_of};
use objects::{Cx, Field, Gc, Payload, PyResult, Ref, Reg, Value, Word, ids};
use sync::prim::{AtomicU32, Ordering};

fn me(v: Ref<'_>) -> &FrameObject {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<FrameObject>() }
}

fn line(v: Ref<'_>) -> u32 {
    let o = me(v);
    o.code.as_ref().exact::<Code>().map_or(0, |c| c.line(pc_of(o)))
}

/// The line of a frame that starts, while that is told: not that of its first instruction.
fn placed(cx: &Cx, o: &FrameObject) -> Option<u32> {
    let (frame, line) = cx.trace.placed;
    (frame != 0 && live(o).is_some_and(|f| f as usize == frame)).then_some(line)
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let o = me(v);
    let (file, name) = match o.code.as_ref().exact::<Code>() {
        Some(c) => (c.filename.load(c.header()), c.name.clone()),
        None => (Value::NONE, Value::NONE),
    };
    let of = |v: &Value| as_str(v.as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(text(&format!("<frame at {:#x}, file '{}', line {}, code {}>", v.word().unmarked().0, of(&file), line(v), of(&name))))
}

fn is_optimized(o: &FrameObject) -> bool {
    o.code.as_ref().exact::<Code>().is_some_and(|c| c.flags & code_flags::OPTIMIZED != 0)
}

/// `f_locals`: a proxy for functions, the mapping itself for bodies.
pub fn f_locals(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if is_optimized(me(v)) {
        return Ok(gc::alloc(LocalsProxy { frame: v.to_value() }).into());
    }
    Ok(locals_of(me(v)).into())
}

fn set_trace(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let o = me(v);
    let old = {
        let _l = cx.lock(o.header());
        o.trace.swap(x.map_or(Value::NONE, Ref::to_value))
    };
    drop(old);
    Ok(())
}
fn trace_flag(v: Ref<'_>, bit: u8) -> PyResult<Reg> {
    Ok(Value::bool(me(v).trace_flags.load(Ordering::Relaxed) & bit != 0).into())
}
fn set_trace_flag(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, bit: u8) -> PyResult<()> {
    match x.map(Ref::word) {
        Some(Word::TRUE) => drop(me(v).trace_flags.fetch_or(bit, Ordering::Relaxed)),
        Some(Word::FALSE) => drop(me(v).trace_flags.fetch_and(!bit, Ordering::Relaxed)),
        Some(_) => return Err(cx.type_error("attribute value type must be bool")),
        None => return Err(cx.type_error("cannot delete attribute")),
    }
    Ok(())
}

fn clear(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let o = me(a[0]);
    if live(o).is_some() {
        let owner = generator_of(o);
        let what = match as_generator(owner.as_ref()) {
            Some(g) if g.state.load(Ordering::Acquire) == generator::SUSPENDED => {
                if g.started.load(Ordering::Relaxed) == 0 {
                    generator::close(cx, g)?;
                    return Ok(Value::NONE.into());
                }
                "a suspended"
            }
            _ => "an executing",
        };
        return Err(cx.runtime_error(format!("cannot clear {what} frame")));
    }
    if is_optimized(o) {
        let olds = {
            let _l = cx.lock(o.header());
            (o.locals.take(), o.extra.take(), o.kept.take())
        };
        drop(olds);
    }
    Ok(Value::NONE.into())
}

static FRAME_METHODS: &[Method] = &[
    method("clear", "($self, /)", clear, "Drops the locals of a frame that has ended."),
    method("__sizeof__", "($self, /)", |_, _| Ok(int::reg(size_of::<FrameObject>() as i64)), "Size in memory, in bytes."),
];
static FRAME_MEMBERS: &[Member] = &[Member(getset("f_trace_lines", |_, v| trace_flag(v, 1), |cx, v, x| set_trace_flag(cx, v, x, 1), ""))];
static FRAME_GETSETS: &[GetSet] = &[
    getter("f_back", |_, v| Ok(back_of(me(v)).into()), ""),
    getter("f_locals", f_locals, ""),
    getset(
        "f_lineno",
        |cx, v| {
            let n = placed(cx, me(v)).unwrap_or_else(|| line(v));
            Ok(if n == 0 && placed(cx, me(v)).is_none() { Value::NONE.into() } else { int::reg(i64::from(n)) })
        },
        |cx, v, x| crate::vm::instrument::jump::set_line(cx, me(v), x),
        "",
    ),
    getset("f_trace", |_, v| Ok(me(v).trace.load_reg(me(v).header())), set_trace, ""),
    getter(
        "f_lasti",
        |cx, v| {
            let starts = placed(cx, me(v)).is_some();
            Ok(int::reg(if starts { 0 } else { i64::from(pc_of(me(v))) * 2 + 2 }))
        },
        "",
    ),
    getter("f_globals", |_, v| Ok(me(v).globals.clone().into()), ""),
    getter("f_builtins", |_, v| Ok(me(v).builtins.clone().into()), ""),
    getter("f_code", |_, v| Ok(me(v).code.clone().into()), ""),
    getset("f_trace_opcodes", |_, v| trace_flag(v, 2), |cx, v, x| set_trace_flag(cx, v, x, 2), ""),
    getter("f_generator", |_, v| Ok(generator_of(me(v)).into()), ""),
];

/// `frame`.
pub static FRAME_TYPE: TypeSpec = TypeSpec::of::<FrameObject>("frame")
    .flags(flags::NO_NEW)
    .slots(Slots { repr: Some(repr), ..Slots::NONE })
    .methods(FRAME_METHODS)
    .members(FRAME_MEMBERS)
    .getsets(FRAME_GETSETS);

// ---- FrameLocalsProxy ----

/// `frame.f_locals` of a function: reads show the locals as they are, writes go to them.
#[repr(C)]
pub struct LocalsProxy {
    frame: Value,
}
// SAFETY: visits the frame.
unsafe impl Payload for LocalsProxy {
    const TYPE_ID: u32 = ids::FRAME_LOCALS_PROXY;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.frame.word());
    }
}

fn frame(v: Ref<'_>) -> &FrameObject {
    // SAFETY: slots and methods check their receiver, which holds a frame.
    unsafe { me(v.cast::<LocalsProxy>().frame.as_ref()) }
}

/// All names and values now, in a fresh dict.
fn now(cx: &mut Cx, v: Ref<'_>) -> PyResult<Gc<Dict>> {
    let o = frame(v);
    let locals = locals_of(o);
    let d = locals.as_ref().exact::<Dict>().map_or_else(Dict::new, Dict::copy);
    let extra = o.extra.load(o.header());
    if let Some(e) = extra.as_ref().exact::<Dict>() {
        // Through `f_locals` keys can be anything.
        objects::types::dict::merge::dict(cx, &d, e)?;
    }
    Ok(d)
}

fn extra_of(cx: &mut Cx, o: &FrameObject) -> Value {
    let _l = cx.lock(o.header());
    if o.extra.peek() == Word::UNBOUND {
        std::mem::forget(o.extra.swap(Dict::new().into_value()));
    }
    o.extra.load_locked()
}

fn missing(cx: &mut Cx, k: Ref<'_>) -> objects::Raised {
    let shown = match show::repr(cx, k) {
        Ok(s) => s.to_string_lossy(),
        Err(e) => return e,
    };
    cx.error(exc::KEY_ERROR, format!("local variable '{shown}' is not defined"))
}

fn getitem(cx: &mut Cx, v: Ref<'_>, k: Ref<'_>) -> PyResult<Reg> {
    match now(cx, v)?.get(cx, k)? {
        Some(r) => Ok(r),
        None => Err(missing(cx, k)),
    }
}

fn setitem(cx: &mut Cx, v: Ref<'_>, k: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let o = frame(v);
    let known = as_str(k).is_some_and(|_| is_variable(o, k));
    match x {
        Some(x) if known => set_local(cx, o, k, Some(x.to_value())).map(drop),
        Some(x) => {
            let d = extra_of(cx, o);
            match d.as_ref().exact::<Dict>() {
                Some(d) => d.set(cx, k, x),
                None => Ok(()),
            }
        }
        None if known => Err(cx.value_error("cannot remove local variables from FrameLocalsProxy")),
        None => {
            let d = extra_of(cx, o);
            match d.as_ref().exact::<Dict>().map(|d| d.remove(cx, k)).transpose()?.flatten() {
                Some(_) => Ok(()),
                None => Err(cx.key_error(k)),
            }
        }
    }
}

fn is_variable(o: &FrameObject, k: Ref<'_>) -> bool {
    o.code.as_ref().exact::<Code>().is_some_and(|c| {
        c.local_names.iter().chain(&*c.free_names).any(|n| as_str(n.as_ref()).zip(as_str(k)).is_some_and(|(a, b)| a.eq(b)))
    })
}

fn is_proxy(v: Ref<'_>) -> bool {
    type_id_of(v) == ids::FRAME_LOCALS_PROXY
}
/// A proxy's contents as a dict, or the value itself.
fn plain(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    if is_proxy(v) { Ok(now(cx, v)?.into_value()) } else { Ok(v.to_value()) }
}

fn forward(cx: &mut Cx, args: &[Ref<'_>], name: &str) -> PyResult<Reg> {
    let d = now(cx, args[0])?;
    let name = Str::intern_text(name);
    let n = args.iter().take_while(|a| a.given().is_some()).count();
    call::method(cx, d.as_ref(), name.as_ref(), &args[1..n])
}

fn pop(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let o = frame(a[0]);
    if is_variable(o, a[1]) {
        return Err(cx.value_error("cannot remove local variables from FrameLocalsProxy"));
    }
    let d = extra_of(cx, o);
    if let Some(found) = d.as_ref().exact::<Dict>().map(|d| d.remove(cx, a[1])).transpose()?.flatten() {
        return Ok(found.into());
    }
    match a[2].given() {
        Some(x) => Ok(x.to_value().into()),
        None => Err(cx.key_error(a[1])),
    }
}

fn update(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let d = Dict::new();
    for from in args.positional().iter().skip(1) {
        let p = plain(cx, *from)?;
        merge::any(cx, &d, p.as_ref())?;
    }
    for (k, x) in args.keywords() {
        d.set(cx, k, x)?;
    }
    for (k, x) in d.items() {
        setitem(cx, args.items[0], k.as_ref(), Some(x.as_ref()))?;
    }
    Ok(Value::NONE.into())
}

fn set_default(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    if let Some(r) = now(cx, a[0])?.get(cx, a[1])? {
        return Ok(r);
    }
    let v = a[2].given().map_or(Value::NONE, Ref::to_value);
    setitem(cx, a[0], a[1], Some(v.as_ref()))?;
    Ok(v.into())
}

fn richcompare(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    if !is_proxy(b) && as_dict(b).is_none() || !matches!(op, Compare::Eq | Compare::Ne) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (plain(cx, a)?, plain(cx, b)?);
    compare::rich(cx, x.as_ref(), y.as_ref(), op)
}

fn or(cx: &mut Cx, a: Ref<'_>, b: Ref<'_>) -> PyResult<Reg> {
    let fits = |v: Ref<'_>| is_proxy(v) || as_dict(v).is_some();
    if !fits(a) || !fits(b) {
        return Ok(Value::NOT_IMPLEMENTED.into());
    }
    let (x, y) = (plain(cx, a)?, plain(cx, b)?);
    arith::binary(cx, arith::Op::Or, x.as_ref(), y.as_ref())
}

static PROXY_METHODS: &[Method] = &[
    method("__reversed__", "($self, /)", |cx, a| forward(cx, a, "__reversed__"), ""),
    method("copy", "($self, /)", |cx, a| Ok(now(cx, a[0])?.into()), ""),
    method("keys", "($self, /)", |cx, a| forward(cx, a, "keys").and_then(|r| list_of(cx, r)), ""),
    method("values", "($self, /)", |cx, a| forward(cx, a, "values").and_then(|r| list_of(cx, r)), ""),
    method("items", "($self, /)", |cx, a| forward(cx, a, "items").and_then(|r| list_of(cx, r)), ""),
    method("get", "($self, key, default=None, /)", |cx, a| forward(cx, a, "get"), ""),
    method("pop", "($self, key, default=None, /)", pop, ""),
    method("setdefault", "($self, key, default=None, /)", set_default, ""),
    raw_method("update", "", update, ""),
];

fn list_of(cx: &mut Cx, r: Reg) -> PyResult<Reg> {
    let v = r.into_value();
    Ok(objects::types::list::List::from_values(iter::collect(cx, v.as_ref())?).into())
}

fn new_proxy(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "FrameLocalsProxy")?;
    args.check_count(cx, "FrameLocalsProxy", 1, 1)?;
    if args.items[0].exact::<FrameObject>().is_none() {
        let n = type_of(args.items[0]).name_text();
        return Err(cx.type_error(format!("expect frame, not {n}")));
    }
    Ok(gc::alloc(LocalsProxy { frame: args.items[0].to_value() }).into())
}

/// `FrameLocalsProxy`.
pub static PROXY_TYPE: TypeSpec = TypeSpec::of::<LocalsProxy>("FrameLocalsProxy")
    .flags(flags::MAPPING)
    .slots(Slots {
        new: Some(new_proxy),
        repr: Some(|cx, v| {
            let shown = show::guarded(cx, frame(v).as_ref(), |cx| {
                let d = now(cx, v)?;
                show::repr(cx, d.as_ref())
            })?;
            Ok(shown.map_or_else(|| text("{...}"), Into::into))
        }),
        richcompare: Some(richcompare),
        iter: Some(|cx, v| {
            let d = now(cx, v)?;
            iter::iter(cx, d.as_ref())
        }),
        len: Some(|cx, v| Ok(now(cx, v)?.len())),
        getitem: Some(getitem),
        setitem: Some(setitem),
        contains: Some(|cx, v, k| {
            let d = now(cx, v)?;
            item::contains(cx, d.as_ref(), k)
        }),
        or: Some(or),
        ior: Some(|cx, a, b| {
            let p = plain(cx, b)?;
            let d = Dict::new();
            merge::any(cx, &d, p.as_ref())?;
            for (k, x) in d.items() {
                setitem(cx, a, k.as_ref(), Some(x.as_ref()))?;
            }
            Ok(a.to_value().into())
        }),
        ..Slots::NONE
    })
    .methods(PROXY_METHODS);

// ---- traceback ----

fn tb(v: Ref<'_>) -> &Traceback {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Traceback>() }
}

fn new_traceback(cx: &mut Cx, _class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    static SIGNATURE: std::sync::LazyLock<Signature> =
        std::sync::LazyLock::new(|| Signature::parse("(tb_next, tb_frame, tb_lasti, tb_lineno)"));
    SIGNATURE.bind(cx, "traceback", None, args, |cx, a| {
        if a[1].exact::<FrameObject>().is_none() {
            let n = type_of(a[1]).name_text();
            return Err(cx.type_error(format!("traceback() argument 'tb_frame' must be frame, not {n}")));
        }
        check_next(cx, a[0])?;
        let lasti = int::index_i64(cx, a[2])?;
        let line = int::index_i64(cx, a[3])?;
        let t = Traceback {
            next: Field::new(a[0].to_value()),
            frame: a[1].to_value(),
            pc: u32::try_from(lasti / 2 - 1).unwrap_or(0),
            line: AtomicU32::new(u32::try_from(line).unwrap_or(0)),
        };
        Ok(gc::alloc(t).into())
    })
}

fn check_next(cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
    if v.is_none() || v.exact::<Traceback>().is_some() {
        return Ok(());
    }
    let n = type_of(v).name_text();
    Err(cx.type_error(format!("expected traceback object or None, got '{n}'")))
}

fn set_next(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let Some(x) = x else { return Err(cx.type_error("can't delete tb_next attribute")) };
    if !x.is_none() && x.exact::<Traceback>().is_none() {
        let n = type_of(x).name_text();
        return Err(cx.type_error(format!("expected traceback object, got '{n}'")));
    }
    let mut at = x.to_value();
    while let Some(t) = at.as_ref().exact::<Traceback>() {
        if at.as_ref().is(v) {
            return Err(cx.value_error("traceback loop detected"));
        }
        let next = t.next.load(t.header());
        at = next;
    }
    let t = tb(v);
    let old = {
        let _l = cx.lock(t.header());
        t.next.swap(x.to_value())
    };
    drop(old);
    Ok(())
}

static TRACEBACK_MEMBERS: &[Member] = &[
    Member(getter("tb_frame", |_, v| Ok(tb(v).frame.clone().into()), "")),
    Member(getter("tb_lasti", |_, v| Ok(int::reg(i64::from(tb(v).pc) * 2 + 2)), "")),
];
static TRACEBACK_GETSETS: &[GetSet] = &[
    getset("tb_next", |_, v| Ok(tb(v).next.load_reg(tb(v).header())), set_next, ""),
    getter(
        "tb_lineno",
        |_, v| {
            let n = traceback_line(tb(v));
            Ok(if n == 0 && code_of(&tb(v).frame).is_some() { Value::NONE.into() } else { int::reg(i64::from(n)) })
        },
        "",
    ),
];
static TRACEBACK_METHODS: &[Method] = &[method(
    "__dir__",
    "($self, /)",
    |_, _| {
        let names = ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"];
        Ok(objects::types::list::List::from_values(names.iter().map(|n| Str::intern_text(n)).collect()).into())
    },
    "",
)];

/// `traceback`.
pub static TRACEBACK_TYPE: TypeSpec = TypeSpec::of::<Traceback>("traceback")
    .slots(Slots { new: Some(new_traceback), ..Slots::NONE })
    .methods(TRACEBACK_METHODS)
    .members(TRACEBACK_MEMBERS)
    .getsets(TRACEBACK_GETSETS)
    .doc("Create a new traceback object.");
