//! What particular exceptions have more than `args`: their attributes and `__init__`.

use super::methods::{init as base_init, me, own_dict, reduced, set_args};
use super::{Exception, args_of, extra, ids, show, store};
use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::native::{GetSet, Member, Method, getset, method};
use crate::protocol::iter;
use crate::types::bytes::Bytes;
use crate::types::dict::Dict;
use crate::types::instance;
use crate::types::str::{Str, as_str};
use crate::types::tuple::Tuple;
use crate::types::type_::slots::{Slot, Slots};
use crate::types::type_::{Downcast, Type, TypeSpec, by_id, type_of, type_value};
use gc::{Gc, Ref, Reg, Value, Word};

fn get<const I: usize>(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    Ok(extra(v, I).into())
}
fn set<const I: usize>(_cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    put(v, I, x.map_or(Value::UNBOUND, Ref::to_value));
    Ok(())
}
fn set_index<const I: usize>(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    match x {
        Some(x) if crate::types::int::as_int(x).is_some() => {
            put(v, I, x.to_value());
            Ok(())
        }
        Some(_) => Err(cx.type_error("an integer is required")),
        None => Err(cx.type_error("can't delete numeric/char attribute")),
    }
}
/// Stores an extra attribute.
pub(super) fn put(v: Ref<'_>, i: usize, x: Value) {
    let e = me(v);
    store(e, &e.extra[i], x);
}
fn put_ref(v: Ref<'_>, i: usize, x: Ref<'_>) {
    put(v, i, x.to_value());
}

macro_rules! members {
    ($name:ident: $($i:literal $n:literal),*) => {
        static $name: &[Member] = &[$(Member(getset($n, get::<$i>, set::<$i>, "")),)*];
    };
}
members!(VALUE: 0 "value");
members!(CODE: 0 "code");
members!(ATTRIBUTE: 0 "name", 1 "obj");
members!(IMPORT: 0 "msg", 1 "name", 2 "path", 3 "name_from");
members!(NAME: 0 "name");
members!(OS: 0 "errno", 1 "strerror", 2 "filename", 3 "filename2");
members!(SYNTAX: 0 "msg", 1 "filename", 2 "lineno", 3 "offset", 4 "text", 5 "end_lineno", 6 "end_offset");
static UNICODE: &[Member] = &[
    Member(getset("encoding", get::<0>, set::<0>, "")),
    Member(getset("object", get::<1>, set::<1>, "")),
    Member(getset("start", get::<2>, set_index::<2>, "")),
    Member(getset("end", get::<3>, set_index::<3>, "")),
    Member(getset("reason", get::<4>, set::<4>, "")),
];
members!(GROUP: 0 "message", 1 "exceptions");

fn get_written(cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    if me(v).extra[4].peek() == Word::UNBOUND {
        return Err(cx.error(ids::ATTRIBUTE_ERROR, "characters_written"));
    }
    Ok(extra(v, 4).into())
}
fn set_written(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    match x {
        Some(x) => {
            let n = crate::types::int::index(cx, x)?;
            put(v, 4, n);
        }
        None if me(v).extra[4].peek() == Word::UNBOUND => return Err(cx.error(ids::ATTRIBUTE_ERROR, "characters_written")),
        None => put(v, 4, Value::UNBOUND),
    }
    Ok(())
}
static OS_GETSETS: &[GetSet] = &[getset("characters_written", get_written, set_written, "")];
static SYNTAX_GETSETS: &[GetSet] = &[
    getset("print_file_and_line", |_, _| Ok(Value::NONE.into()), |_, _, _| Ok(()), ""),
    getset("_metadata", |_, _| Ok(Value::NONE.into()), |_, _, _| Ok(()), ""),
];

/// Adds what the type has to its declaration.
pub(super) fn describe(spec: TypeSpec) -> TypeSpec {
    let with = |spec: TypeSpec, init, members| spec.slots(Slots { init: Some(init), ..Slots::NONE }).members(members);
    match spec.id {
        ids::STOP_ITERATION => with(spec, stop_init, VALUE),
        ids::SYSTEM_EXIT => with(spec, exit_init, CODE),
        ids::ATTRIBUTE_ERROR => with(spec, attribute_init, ATTRIBUTE).methods(ATTRIBUTE_METHODS),
        ids::NAME_ERROR => with(spec, name_init, NAME),
        ids::IMPORT_ERROR => spec
            .slots(Slots { init: Some(import_init), str: Some(show::import_error), ..Slots::NONE })
            .members(IMPORT)
            .methods(IMPORT_METHODS),
        ids::OS_ERROR => spec
            .slots(Slots { new: Some(os_new), init: Some(os_init), str: Some(show::os_error), ..Slots::NONE })
            .members(OS)
            .getsets(OS_GETSETS)
            .methods(OS_METHODS),
        ids::SYNTAX_ERROR => spec
            .slots(Slots { init: Some(syntax_init), str: Some(show::syntax_error), ..Slots::NONE })
            .members(SYNTAX)
            .getsets(SYNTAX_GETSETS),
        ids::UNICODE_DECODE_ERROR => {
            spec.slots(Slots { init: Some(decode_init), str: Some(show::unicode_error), ..Slots::NONE }).members(UNICODE)
        }
        ids::UNICODE_ENCODE_ERROR => {
            spec.slots(Slots { init: Some(encode_init), str: Some(show::unicode_error), ..Slots::NONE }).members(UNICODE)
        }
        ids::UNICODE_TRANSLATE_ERROR => {
            spec.slots(Slots { init: Some(translate_init), str: Some(show::unicode_error), ..Slots::NONE }).members(&UNICODE_TAIL)
        }
        ids::BASE_EXCEPTION_GROUP => spec.members(GROUP),
        _ => spec,
    }
}
static UNICODE_TAIL: [Member; 4] = [
    Member(getset("object", get::<1>, set::<1>, "")),
    Member(getset("start", get::<2>, set_index::<2>, "")),
    Member(getset("end", get::<3>, set_index::<3>, "")),
    Member(getset("reason", get::<4>, set::<4>, "")),
];

// ---- what `__init__` sets from positional arguments only ----

/// Sets what `__init__` of the builtin exception types sets from the arguments.
pub fn init_from_args(exc: &Value) {
    let v = exc.as_ref();
    let Some(e) = super::as_exception(v) else { return };
    let a = args_of(e);
    let items = a.items();
    let t = type_of(v);
    let is = |id: u32| t.is_subtype_of_id(id);
    if items.is_empty() {
        return;
    }
    if is(ids::STOP_ITERATION) {
        put_ref(v, 0, items[0]);
    } else if is(ids::SYSTEM_EXIT) {
        set_code(v, items);
    } else if is(ids::IMPORT_ERROR) && items.len() == 1 {
        put_ref(v, 0, items[0]);
    } else if is(ids::OS_ERROR) {
        set_os(v, items, e);
    } else if is(ids::SYNTAX_ERROR) {
        put_ref(v, 0, items[0]);
        if items.len() == 2
            && let Some(info) = items[1].downcast::<Tuple>()
        {
            info.items().iter().take(6).enumerate().for_each(|(i, x)| put_ref(v, i + 1, *x));
        }
    } else if is(ids::UNICODE_DECODE_ERROR) || is(ids::UNICODE_ENCODE_ERROR) {
        items.iter().take(5).enumerate().for_each(|(i, x)| put_ref(v, i, *x));
    } else if is(ids::UNICODE_TRANSLATE_ERROR) {
        items.iter().take(4).enumerate().for_each(|(i, x)| put_ref(v, i + 1, *x));
    }
}

fn set_code(v: Ref<'_>, items: &[Ref<'_>]) {
    match items {
        [] => {}
        [one] => put_ref(v, 0, *one),
        many => put(v, 0, Tuple::from_refs(many).into_value()),
    }
}

/// The type that `OSError(errno, ...)` makes.
pub fn os_error_type(errno: Ref<'_>) -> u32 {
    let Some(n) = crate::types::int::as_int(errno).and_then(|i| i.to_i64()) else { return ids::OS_ERROR };
    match n as i32 {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => ids::BLOCKING_IO_ERROR,
        libc::EPIPE | libc::ESHUTDOWN => ids::BROKEN_PIPE_ERROR,
        libc::ECHILD => ids::CHILD_PROCESS_ERROR,
        libc::ECONNABORTED => ids::CONNECTION_ABORTED_ERROR,
        libc::ECONNREFUSED => ids::CONNECTION_REFUSED_ERROR,
        libc::ECONNRESET => ids::CONNECTION_RESET_ERROR,
        libc::EEXIST => ids::FILE_EXISTS_ERROR,
        libc::ENOENT => ids::FILE_NOT_FOUND_ERROR,
        libc::EISDIR => ids::IS_A_DIRECTORY_ERROR,
        libc::ENOTDIR => ids::NOT_A_DIRECTORY_ERROR,
        libc::EINTR => ids::INTERRUPTED_ERROR,
        libc::EACCES | libc::EPERM => ids::PERMISSION_ERROR,
        libc::ESRCH => ids::PROCESS_LOOKUP_ERROR,
        libc::ETIMEDOUT => ids::TIMEOUT_ERROR,
        _ => ids::OS_ERROR,
    }
}

fn set_os(v: Ref<'_>, items: &[Ref<'_>], e: &Exception) {
    if !(2..=5).contains(&items.len()) {
        return;
    }
    put_ref(v, 0, items[0]);
    put_ref(v, 1, items[1]);
    if let Some(name) = items.get(2)
        && !name.is_none()
    {
        let number = crate::types::int::as_int(*name).is_some();
        if number && type_of(v).is_subtype_of_id(ids::BLOCKING_IO_ERROR) {
            put_ref(v, 4, *name);
        } else {
            put_ref(v, 2, *name);
            if let Some(second) = items.get(4)
                && !second.is_none()
            {
                put_ref(v, 3, *second);
            }
            store(e, &e.args, Tuple::from_refs(&items[..2]).into_value());
        }
    }
}

fn stop_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    put(v, 0, args.items.first().map_or(Value::NONE, |x| x.to_value()));
    Ok(())
}

fn exit_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    set_code(v, args.items);
    Ok(())
}

/// Stores positional arguments as `args` and the keyword ones as extra attributes.
fn keyword_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>, function: &str, names: &[(&str, usize)]) -> PyResult<()> {
    for (k, _) in args.keywords() {
        let text = as_str(k).map_or_else(String::new, Str::to_string_lossy);
        if !names.iter().any(|(n, _)| *n == text) {
            return Err(cx.type_error(format!("{function}() got an unexpected keyword argument '{text}'")));
        }
    }
    set_args(v, args.positional());
    for (n, i) in names {
        put(v, *i, args.keyword(n).map_or(Value::UNBOUND, Ref::to_value));
    }
    Ok(())
}

fn attribute_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    keyword_init(cx, v, args, "AttributeError", &[("name", 0), ("obj", 1)])
}
fn name_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    keyword_init(cx, v, args, "NameError", &[("name", 0)])
}
fn import_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    keyword_init(cx, v, args, "ImportError", &[("name", 1), ("path", 2), ("name_from", 3)])?;
    put(v, 0, if let [one] = args.positional() { one.to_value() } else { Value::UNBOUND });
    Ok(())
}

fn with_state(v: Ref<'_>, names: &[(&str, usize)], args: bool) -> Option<Value> {
    let d = own_dict(v).unwrap_or_else(Dict::new);
    for (n, i) in names {
        if me(v).extra[*i].peek() != Word::UNBOUND {
            d.set_text(n, extra(v, *i));
        }
    }
    if args {
        d.set_text("args", args_of(me(v)).into_value());
    }
    if d.is_empty() { None } else { Some(d.into_value()) }
}

static ATTRIBUTE_METHODS: &[Method] = &[
    method("__getstate__", "($self, /)", |_, a| Ok(with_state(a[0], &[("name", 0)], true).unwrap_or(Value::NONE).into()), ""),
    method(
        "__reduce__",
        "($self, /)",
        |_, a| Ok(reduced(a[0], args_of(me(a[0])).into_value(), with_state(a[0], &[("name", 0)], true))),
        "",
    ),
];
static IMPORT_METHODS: &[Method] = &[method(
    "__reduce__",
    "($self, /)",
    |_, a| {
        let state = with_state(a[0], &[("name", 1), ("path", 2), ("name_from", 3)], false);
        Ok(reduced(a[0], args_of(me(a[0])).into_value(), state))
    },
    "",
)];

// ---- OSError ----

/// Whether `new` reads the arguments (and not `init`): when the class has its own `__new__`, or no own `__init__`.
fn parses_in_new(t: &Type) -> bool {
    let os = by_id(ids::OS_ERROR);
    !(t.slots.raw(Slot::init) != os.slots.raw(Slot::init) && t.slots.raw(Slot::new) == os.slots.raw(Slot::new))
}

fn os_new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    // SAFETY: `new` gets types.
    let mut t = unsafe { class.cast::<Type>() };
    let parse = parses_in_new(t);
    if parse && args.keyword_count() > 0 {
        let n = t.name_text();
        return Err(cx.type_error(format!("{n}() takes no keyword arguments")));
    }
    let items = args.positional();
    if parse && t.id == ids::OS_ERROR && (2..=5).contains(&items.len()) {
        t = by_id(os_error_type(items[0]));
    }
    let given = if parse { Tuple::from_refs(items) } else { Tuple::empty() };
    let v = instance::alloc_with(t, super::payload(given.into_value()));
    if parse {
        set_os(v.as_ref(), items, me(v.as_ref()));
    }
    Ok(v.into())
}

fn os_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    if parses_in_new(type_of(v)) {
        return Ok(());
    }
    base_init(cx, v, args)?;
    set_os(v, args.items, me(v));
    Ok(())
}

fn os_reduce(_cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let e = me(a[0]);
    let mut args = args_of(e);
    if args.len() == 2 && e.extra[2].peek() != Word::UNBOUND {
        let mut all = vec![args.get(0).to_value(), args.get(1).to_value(), extra(a[0], 2)];
        if e.extra[3].peek() != Word::UNBOUND {
            all.extend([Value::NONE, extra(a[0], 3)]);
        }
        args = Tuple::from_values(all);
    }
    Ok(reduced(a[0], args.into_value(), own_dict(a[0]).map(Gc::into_value)))
}
static OS_METHODS: &[Method] = &[method("__reduce__", "($self, /)", os_reduce, "")];

// ---- SyntaxError ----

fn syntax_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    let items = args.items;
    if let Some(m) = items.first() {
        put_ref(v, 0, *m);
    }
    if items.len() != 2 {
        return Ok(());
    }
    let info = iter::collect(cx, items[1])?;
    let n = info.len();
    if !(4..=7).contains(&n) {
        let (which, k) = if n < 4 { ("least", 4) } else { ("most", 7) };
        return Err(cx.type_error(format!("function takes at {which} {k} arguments ({n} given)")));
    }
    put(v, 5, Value::UNBOUND);
    put(v, 6, Value::UNBOUND);
    let given = n;
    for (i, x) in info.into_iter().take(6).enumerate() {
        put(v, i + 1, x);
    }
    if given == 5 {
        return Err(cx.type_error("end_offset must be provided when end_lineno is provided"));
    }
    Ok(())
}

// ---- UnicodeError ----

fn text_argument(cx: &mut Cx, items: &[Ref<'_>], i: usize) -> PyResult<Value> {
    match as_str(items[i]) {
        Some(_) => Ok(items[i].to_value()),
        None => {
            let n = type_of(items[i]).name_text();
            Err(cx.type_error(format!("argument {} must be str, not {n}", i + 1)))
        }
    }
}
fn count(cx: &mut Cx, items: &[Ref<'_>], n: usize) -> PyResult<()> {
    if items.len() == n {
        return Ok(());
    }
    Err(cx.type_error(format!("function takes exactly {n} arguments ({} given)", items.len())))
}

fn span(cx: &mut Cx, v: Ref<'_>, items: &[Ref<'_>], i: usize) -> PyResult<()> {
    for k in 0..2 {
        let n = crate::types::int::index_size(cx, items[i + k])?;
        put(v, 2 + k, crate::types::int::from_i64(n));
    }
    let reason = text_argument(cx, items, i + 2)?;
    put(v, 4, reason);
    Ok(())
}

fn decode_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    let items = args.items;
    count(cx, items, 5)?;
    let encoding = text_argument(cx, items, 0)?;
    let object = if items[1].downcast::<Bytes>().is_some() {
        items[1].to_value()
    } else {
        let bytes = type_value(crate::ids::BYTES);
        if type_of(items[1]).slots.buffer().is_none() {
            let n = type_of(items[1]).name_text();
            return Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")));
        }
        crate::protocol::call::positional(cx, bytes.as_ref(), &[items[1]])?
    };
    put(v, 0, encoding);
    put(v, 1, object);
    span(cx, v, items, 2)
}

fn encode_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    let items = args.items;
    count(cx, items, 5)?;
    let (encoding, object) = (text_argument(cx, items, 0)?, text_argument(cx, items, 1)?);
    put(v, 0, encoding);
    put(v, 1, object);
    span(cx, v, items, 2)
}

fn translate_init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    base_init(cx, v, args)?;
    let items = args.items;
    count(cx, items, 4)?;
    let object = text_argument(cx, items, 0)?;
    put(v, 1, object);
    span(cx, v, items, 1)
}
