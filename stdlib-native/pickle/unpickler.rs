//! `Unpickler`, its memo's proxy, and `load` and `loads`.

use super::load::{Loader, find_class};
use super::pickler::hook;
use super::source::{self, File, Source};
use super::{broken, ids, optional};
use crate::guarded::{Guarded, State, make, visit_optional};
use crate::name::Name;
use gc::{Field, Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Method, getset, method};
use objects::protocol::{attr, buffer, iter, truth};
use objects::types::bytes::shared::operand;
use objects::types::dict::{Dict, as_dict};
use objects::types::int;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of, type_value};
use objects::{Args, Cx, PyResult};

static PERSISTENT_LOAD: Name = Name::new("persistent_load");

/// State of an unpickler.
#[derive(Default)]
pub struct Settings {
    file: Option<File>,
    fix_imports: bool,
    encoding: Option<Value>,
    errors: Option<Value>,
    buffers: Option<Value>,
    /// Set on the instance.
    persistent_load: Option<Value>,
    memo: Vec<Option<Value>>,
    proto: i64,
}
impl State for Settings {
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        if let Some(f) = &self.file {
            visit(f.read.word());
            visit(f.readline.word());
        }
        for v in [&self.encoding, &self.errors, &self.buffers, &self.persistent_load] {
            visit_optional(v, visit);
        }
        self.memo.iter().for_each(|v| visit_optional(v, visit));
    }
}
/// `Unpickler` object.
pub type Unpickler = Guarded<Settings, { ids::UNPICKLER }>;

fn me(v: Ref<'_>) -> &Unpickler {
    // SAFETY: slots, methods and getters check their receiver.
    unsafe { v.cast::<Unpickler>() }
}

/// Tells an unpickler which protocol it is reading, for `find_class`.
pub fn note_protocol(cx: &mut Cx, v: Ref<'_>, proto: i64) {
    me(v).with(cx, |s| s.proto = proto);
}

fn text(cx: &mut Cx, v: Ref<'_>, default: &str, function: &str, name: &str) -> PyResult<Value> {
    match v.given() {
        None => Ok(Str::from_text(default).into_value()),
        Some(v) if as_str(v).is_some() => Ok(v.to_value()),
        Some(v) => {
            let n = if v.is_none() { "None".into() } else { type_of(v).shown_name() };
            Err(cx.type_error(format!("{function}() argument '{name}' must be str, not {n}")))
        }
    }
}

/// `fix_imports, encoding, errors, buffers` of a call.
fn settings(cx: &mut Cx, a: &[Ref<'_>], function: &str) -> PyResult<Settings> {
    let fix_imports = a[0].given().map_or(Ok(true), |v| truth::of(cx, v))?;
    let encoding = Some(text(cx, a[1], "ASCII", function, "encoding")?);
    let errors = Some(text(cx, a[2], "strict", function, "errors")?);
    let buffers = match optional(a[3]) {
        Some(b) => Some(iter::iter(cx, b)?.into_value()),
        None => None,
    };
    Ok(Settings { fix_imports, encoding, errors, buffers, ..Settings::default() })
}

fn configure(l: &mut Loader<'_>, s: &Settings) {
    l.fix_imports = s.fix_imports;
    if let Some(e) = &s.encoding {
        l.encoding = e.clone();
    }
    if let Some(e) = &s.errors {
        l.errors = e.clone();
    }
    l.buffers = s.buffers.clone();
}

/// `load(file, *, ...)`
pub fn load(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let file = source::of_file(cx, a[0])?;
    let s = settings(cx, &a[1..], "load")?;
    let mut l = Loader::new(Source::File { file, frame: Vec::new(), at: 0 });
    configure(&mut l, &s);
    l.load(cx).map(Reg::from)
}

/// `loads(data, *, ...)`
pub fn loads(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let s = settings(cx, &a[1..], "loads")?;
    if !buffer::is_exporter(a[0]) {
        let n = type_of(a[0]).shown_name();
        return Err(cx.type_error(format!("a bytes-like object is required, not '{n}'")));
    }
    let data = operand(cx, a[0])?;
    let mut l = Loader::new(Source::Memory { data, at: 0 });
    configure(&mut l, &s);
    l.load(cx).map(Reg::from)
}

crate::parameters!(INIT, "Unpickler", "($self, file, *, fix_imports=True, encoding='ASCII', errors='strict', buffers=())");

fn init(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<()> {
    INIT.bind(cx, args, |cx, a| {
        let file = source::of_file(cx, a[0])?;
        let mut new = settings(cx, &a[1..], "Unpickler")?;
        new.file = Some(file);
        let old = me(v).with(cx, |s| {
            new.persistent_load = s.persistent_load.take();
            std::mem::replace(s, new)
        });
        drop(old);
        Ok(())
    })
}

fn load_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let u = me(a[0]);
    let persistent_load = hook(cx, a[0], &PERSISTENT_LOAD)?;
    let Some(file) = u.with(cx, |s| s.file.clone()) else {
        let n = type_of(a[0]).shown_name();
        return Err(broken(cx, format!("Unpickler.__init__() was not called by {n}.__init__()")));
    };
    let mut l = Loader::new(Source::File { file, frame: Vec::new(), at: 0 });
    u.with(cx, |s| {
        configure(&mut l, s);
        l.memo = std::mem::take(&mut s.memo);
    });
    l.persistent_load = persistent_load;
    if type_of(a[0]).id != ids::UNPICKLER {
        l.finder = Some(a[0].to_value());
    }
    let r = l.load(cx);
    let memo = std::mem::take(&mut l.memo);
    let proto = l.proto;
    let old = u.with(cx, |s| {
        s.proto = proto;
        std::mem::replace(&mut s.memo, memo)
    });
    drop(old);
    r.map(Reg::from)
}

fn find_method(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let (proto, fix) = me(a[0]).with(cx, |s| (s.proto, s.fix_imports));
    find_class(cx, a[1].to_value(), a[2].to_value(), proto, fix).map(Reg::from)
}

fn no_loader(cx: &mut Cx, _a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = "A load persistent id instruction was encountered, but no persistent_load function was specified.";
    Err(broken(cx, m))
}

fn get_attribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Reg> {
    if as_str(name).is_some_and(|s| s.eq_str("persistent_load"))
        && let Some(f) = me(v).with(cx, |s| s.persistent_load.clone())
    {
        return Ok(f.into());
    }
    attr::generic_get(cx, v, name)
}

fn set_attribute(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, value: Option<Ref<'_>>) -> PyResult<()> {
    if as_str(name).is_some_and(|s| s.eq_str("persistent_load")) {
        let new = value.map(Ref::to_value);
        let old = me(v).with(cx, |s| std::mem::replace(&mut s.persistent_load, new));
        return match (value, &old) {
            (None, None) => Err(attr::missing(cx, v, name)),
            _ => Ok(()),
        };
    }
    attr::generic_set(cx, v, name, value)
}

fn memo_dict(cx: &mut Cx, v: Ref<'_>) -> PyResult<Value> {
    let all = me(v).with(cx, |s| s.memo.clone());
    let d = Dict::new();
    for (n, o) in all.into_iter().enumerate() {
        if let Some(o) = o {
            d.set(cx, int::from_usize(n).as_ref(), o.as_ref())?;
        }
    }
    Ok(d.into_value())
}

fn set_memo(cx: &mut Cx, v: Ref<'_>, new: Option<Ref<'_>>) -> PyResult<()> {
    let Some(new) = new else { return Err(cx.type_error("attribute deletion is not supported")) };
    let mut memo: Vec<Option<Value>> = Vec::new();
    if let Some(p) = new.exact::<MemoProxy>() {
        let other = p.unpickler.load(p.header());
        memo = me(other.as_ref()).with(cx, |s| s.memo.clone());
    } else if let Some(d) = as_dict(new) {
        for (k, o) in d.items() {
            if int::as_int(k.as_ref()).is_none() {
                return Err(cx.type_error("memo key must be integers"));
            }
            let n = int::index_i64(cx, k.as_ref())?;
            let Ok(n) = usize::try_from(n) else { return Err(cx.value_error("memo key must be positive integers.")) };
            if n >= memo.len() {
                if n > memo.len() + (1 << 24) {
                    return Err(cx.memory_error());
                }
                memo.resize(n + 1, None);
            }
            memo[n] = Some(o);
        }
    } else {
        let n = type_of(new).shown_name();
        return Err(cx.type_error(format!("'memo' attribute must be an UnpicklerMemoProxy object or dict, not {n}")));
    }
    let old = me(v).with(cx, |s| std::mem::replace(&mut s.memo, memo));
    drop(old);
    Ok(())
}

static METHODS: &[Method] = &[
    method("persistent_load", "($self, pid, /)", no_loader, "The object of a persistent id."),
    method("load", "($self, /)", load_method, "Reads an object."),
    method("find_class", "($self, module_name, global_name, /)", find_method, "The object with a name."),
    method("__sizeof__", "($self, /)", |cx, a| Ok(int::from_usize(200 + 8 * me(a[0]).with(cx, |s| s.memo.len())).into()), ""),
];
static GETSETS: &[GetSet] = &[getset("memo", |_, v| Ok(gc::alloc(MemoProxy { unpickler: Field::new(v.to_value()) }).into()), set_memo, "")];

/// `_pickle.Unpickler`.
pub static UNPICKLER_TYPE: TypeSpec = TypeSpec::of::<Unpickler>("_pickle.Unpickler")
    .flags(flags::BASE)
    .slots(Slots {
        new: Some(|_, class, _| Ok(make(class, Unpickler::new(Settings { fix_imports: true, ..Settings::default() })))),
        init: Some(init),
        getattr: Some(get_attribute),
        setattr: Some(set_attribute),
        ..Slots::NONE
    })
    .methods(METHODS)
    .getsets(GETSETS)
    .doc("This takes a binary file for reading a pickle data stream.");

/// A view of an unpickler's memo.
#[repr(C)]
pub struct MemoProxy {
    unpickler: Field,
}
// SAFETY: visits the unpickler.
unsafe impl Payload for MemoProxy {
    const TYPE_ID: u32 = ids::UNPICKLER_MEMO;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.unpickler.peek());
    }
}

fn owner(v: Ref<'_>) -> Value {
    // SAFETY: methods check their receiver.
    let p = unsafe { v.cast::<MemoProxy>() };
    p.unpickler.load(p.header())
}

/// `_pickle.UnpicklerMemoProxy`.
pub static MEMO_TYPE: TypeSpec = TypeSpec::of::<MemoProxy>("_pickle.UnpicklerMemoProxy").flags(flags::NO_NEW).methods(&[
    method(
        "clear",
        "($self, /)",
        |cx, a| {
            let u = owner(a[0]);
            let old = me(u.as_ref()).with(cx, |s| std::mem::take(&mut s.memo));
            drop(old);
            Ok(Value::NONE.into())
        },
        "Forgets everything.",
    ),
    method("copy", "($self, /)", |cx, a| memo_dict(cx, owner(a[0]).as_ref()).map(Reg::from), "The memo as a dict."),
    method(
        "__reduce__",
        "($self, /)",
        |cx, a| {
            let d = memo_dict(cx, owner(a[0]).as_ref())?;
            let args = Tuple::from_values(vec![d]).into_value();
            Ok(Tuple::from_values(vec![type_value(objects::ids::DICT), args]).into())
        },
        "",
    ),
]);
