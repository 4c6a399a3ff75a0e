//! `make_encoder`: an encoder's settings as a callable that writes one object.

use super::escape::Output;
use super::ids;
use crate::guarded::make;
use crate::name::Name;
use gc::{Gc, Payload, Ref, Reg, Value, Word};
use objects::native::{BuiltinFunction, Member, getter};
use objects::protocol::{call, iter, text as show, truth};
use objects::types::dict::{Dict, as_dict};
use objects::types::float;
use objects::types::int::{self, IntRef, as_int};
use objects::types::list::List;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult, Raised};
use text::{float_text, int_text};

/// How strings are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Ascii,
    Plain,
    /// By a call.
    Custom,
}

/// An encoder's settings; never change.
#[repr(C)]
pub struct Encoder {
    markers: Value,
    default: Value,
    encoder: Value,
    indent: Value,
    key_separator: Value,
    item_separator: Value,
    sort_keys: bool,
    skip_keys: bool,
    allow_nan: bool,
    strings: Strings,
}
// SAFETY: visits all words.
unsafe impl Payload for Encoder {
    const TYPE_ID: u32 = ids::ENCODER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.markers, &self.default, &self.encoder, &self.indent, &self.key_separator, &self.item_separator] {
            visit(v.word());
        }
    }
}

fn me(v: Ref<'_>) -> &Encoder {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Encoder>() }
}

crate::parameters!(
    NEW,
    "make_encoder",
    "($self, markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)"
);
crate::parameters!(CALL, "_iterencode", "($self, obj, _current_indent_level)");

static ADD_NOTE: Name = Name::new("add_note");
static SORT: Name = Name::new("sort");
static ITEMS: Name = Name::new("items");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    NEW.bind(cx, args, |cx, a| {
        if !a[0].is_none() && as_dict(a[0]).is_none() {
            let n = type_of(a[0]).shown_name();
            return Err(cx.type_error(format!("make_encoder() argument 1 must be dict or None, not {n}")));
        }
        for i in [4, 5] {
            if as_str(a[i]).is_none() {
                let n = if a[i].is_none() { "None".into() } else { type_of(a[i]).shown_name() };
                return Err(cx.type_error(format!("make_encoder() argument {} must be str, not {n}", i + 1)));
            }
        }
        let mut strings = Strings::Custom;
        if let Some(f) = a[2].exact::<BuiltinFunction>()
            && f.def.name.starts_with("encode_basestring")
            && !f.bound
        {
            strings = if f.def.name == "encode_basestring" { Strings::Plain } else { Strings::Ascii };
        }
        let encoder = Encoder {
            markers: a[0].to_value(),
            default: a[1].to_value(),
            encoder: a[2].to_value(),
            indent: a[3].to_value(),
            key_separator: a[4].to_value(),
            item_separator: a[5].to_value(),
            sort_keys: truth::of(cx, a[6])?,
            skip_keys: truth::of(cx, a[7])?,
            allow_nan: truth::of(cx, a[8])?,
            strings,
        };
        Ok(make(class, encoder))
    })
}

fn iterencode(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    CALL.bind(cx, args, |cx, a| {
        let level = int::index_i64(cx, a[1])?;
        let mut w = Writer { e: me(v), out: Output::default(), level: level.max(0) as usize };
        w.object(cx, a[0])?;
        let s = w.out.finish(cx)?;
        Ok(Tuple::from_values(vec![s]).into())
    })
}

struct Writer<'a> {
    e: &'a Encoder,
    out: Output,
    level: usize,
}

/// Adds a note to the exception that is on its way.
fn noted(cx: &mut Cx, e: Raised, note: impl FnOnce(&mut Cx) -> PyResult<String>) -> Raised {
    let exc = cx.catch(e);
    let added = (|| {
        let s = Str::from_text(&note(cx)?);
        call::method(cx, exc.as_ref(), ADD_NOTE.get(), &[s.as_ref()]).map(drop)
    })();
    if let Err(e) = added {
        drop(cx.catch(e));
    }
    cx.raise(exc)
}

impl Writer<'_> {
    fn text(&mut self, v: &Value) {
        if let Some(s) = as_str(v.as_ref()) {
            self.out.push_units(s.units());
        }
    }
    fn string(&mut self, cx: &mut Cx, v: Ref<'_>, s: &Str) -> PyResult<()> {
        match self.e.strings {
            Strings::Ascii => self.out.quote(s.units(), true),
            Strings::Plain => self.out.quote(s.units(), false),
            Strings::Custom => {
                let r = call::positional(cx, self.e.encoder.as_ref(), &[v])?;
                match as_str(r.as_ref()) {
                    Some(t) => self.out.push_units(t.units()),
                    None => {
                        let n = type_of(r.as_ref()).shown_name();
                        return Err(cx.type_error(format!("encoder() must return a string, not {n}")));
                    }
                }
            }
        }
        Ok(())
    }
    fn float(&mut self, cx: &mut Cx, v: Ref<'_>, f: f64) -> PyResult<()> {
        if f.is_finite() {
            float_text::write_repr(f, &mut self.out.ascii);
            return Ok(());
        }
        if !self.e.allow_nan {
            let shown = show::repr(cx, v)?.to_string_lossy();
            return Err(cx.value_error(format!("Out of range float values are not JSON compliant: {shown}")));
        }
        let s: &[u8] = if f.is_nan() {
            b"NaN"
        } else if f > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        };
        self.out.ascii.extend_from_slice(s);
        Ok(())
    }
    fn int(&mut self, cx: &mut Cx, i: IntRef<'_>) -> PyResult<()> {
        match i.to_i64() {
            Some(n) => int_text::write_i64(n, &mut self.out.ascii),
            None => self.out.ascii.extend_from_slice(int::convert::decimal(cx, i)?.as_bytes()),
        }
        Ok(())
    }
    /// Constants, strings and numbers; whether it was one.
    fn simple(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<bool> {
        let w = v.word();
        let constant: &[u8] = match w {
            Word::NONE => b"null",
            Word::TRUE => b"true",
            Word::FALSE => b"false",
            _ => b"",
        };
        if !constant.is_empty() {
            self.out.ascii.extend_from_slice(constant);
        } else if let Some(s) = as_str(v) {
            self.string(cx, v, s)?;
        } else if let Some(i) = as_int(v) {
            self.int(cx, i)?;
        } else if let Some(f) = float::as_float(v) {
            self.float(cx, v, f)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }
    fn object(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        if self.simple(cx, v)? {
            return Ok(());
        }
        cx.check_native_stack()?;
        if v.downcast::<List>().is_some() || v.downcast::<Tuple>().is_some() {
            return self.list(cx, v);
        }
        if as_dict(v).is_some() {
            return self.dict(cx, v);
        }
        let mark = self.enter(cx, v)?;
        let new = call::positional(cx, self.e.default.as_ref(), &[v])?;
        if let Err(e) = self.object(cx, new.as_ref()) {
            let n = crate::guarded::type_name(v);
            return Err(noted(cx, e, |_| Ok(format!("when serializing {n} object"))));
        }
        self.leave(cx, mark)
    }
    /// Notes that a container is being written: ValueError if it is already.
    fn enter(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<Option<Value>> {
        let Some(markers) = as_dict(self.e.markers.as_ref()) else { return Ok(None) };
        let id = int::from_u64(v.word().unmarked().0);
        if markers.get(cx, id.as_ref())?.is_some() {
            return Err(cx.value_error("Circular reference detected"));
        }
        markers.set(cx, id.as_ref(), v)?;
        Ok(Some(id))
    }
    fn leave(&mut self, cx: &mut Cx, mark: Option<Value>) -> PyResult<()> {
        if let (Some(id), Some(markers)) = (mark, as_dict(self.e.markers.as_ref())) {
            drop(markers.remove(cx, id.as_ref())?);
        }
        Ok(())
    }
    fn new_line(&mut self) {
        if !self.e.indent.as_ref().is_none() {
            self.out.ascii.push(b'\n');
            for _ in 0..self.level {
                let indent = self.e.indent.clone();
                self.text(&indent);
            }
        }
    }
    fn separator(&mut self) {
        let s = self.e.item_separator.clone();
        self.text(&s);
        self.new_line();
    }
    fn list(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let tuple = v.downcast::<Tuple>();
        let list = v.downcast::<List>();
        let item = |i: usize| match (tuple, list) {
            (Some(t), _) => t.items().get(i).map(|v| v.to_value()),
            (_, Some(l)) => l.get(i).map(Reg::into_value),
            _ => None,
        };
        let mut next = item(0);
        if next.is_none() {
            self.out.ascii.extend_from_slice(b"[]");
            return Ok(());
        }
        let mark = self.enter(cx, v)?;
        self.out.ascii.push(b'[');
        self.level += 1;
        self.new_line();
        let mut i = 0;
        while let Some(x) = next {
            if i > 0 {
                self.separator();
            }
            if let Err(e) = self.object(cx, x.as_ref()) {
                let n = crate::guarded::type_name(v);
                return Err(noted(cx, e, |_| Ok(format!("when serializing {n} item {i}"))));
            }
            i += 1;
            next = item(i);
            if i % 4096 == 0 {
                cx.poll()?;
            }
        }
        self.level -= 1;
        self.new_line();
        self.out.ascii.push(b']');
        self.leave(cx, mark)
    }
    fn dict(&mut self, cx: &mut Cx, v: Ref<'_>) -> PyResult<()> {
        let Some(d) = as_dict(v) else { return Ok(()) };
        if d.is_empty() {
            self.out.ascii.extend_from_slice(b"{}");
            return Ok(());
        }
        let mark = self.enter(cx, v)?;
        self.out.ascii.push(b'{');
        self.level += 1;
        let mut first = true;
        if self.e.sort_keys || v.exact::<Dict>().is_none() {
            let items: Gc<List> = if v.exact::<Dict>().is_some() {
                List::from_values(d.items().into_iter().map(|(k, v)| Tuple::from_values(vec![k, v]).into_value()).collect())
            } else {
                let r = call::method(cx, v, ITEMS.get(), &[])?.into_value();
                List::from_values(iter::collect(cx, r.as_ref())?)
            };
            if self.e.sort_keys {
                drop(call::method(cx, items.as_ref(), SORT.get(), &[])?);
            }
            for pair in items.snapshot(cx) {
                let Some([k, x]) = pair.as_ref().downcast::<Tuple>().map(Tuple::items) else {
                    return Err(cx.value_error("items must return 2-tuples"));
                };
                self.pair(cx, v, *k, *x, &mut first)?;
            }
        } else {
            let mut at = 0;
            while let Some((i, k, x)) = d.next_item(at) {
                at = i;
                self.pair(cx, v, k.as_ref(), x.as_ref(), &mut first)?;
            }
        }
        self.level -= 1;
        if !first {
            self.new_line();
        }
        self.out.ascii.push(b'}');
        self.leave(cx, mark)
    }
    fn pair(&mut self, cx: &mut Cx, d: Ref<'_>, k: Ref<'_>, x: Ref<'_>, first: &mut bool) -> PyResult<()> {
        let simple = as_str(k).is_some() || k.is_none() || as_int(k).is_some() || float::as_float(k).is_some();
        if !simple {
            if self.e.skip_keys {
                return Ok(());
            }
            let n = type_of(k).shown_name();
            return Err(cx.type_error(format!("keys must be str, int, float, bool or None, not {n}")));
        }
        if std::mem::replace(first, false) {
            self.new_line()
        } else {
            self.separator()
        }
        match as_str(k) {
            Some(s) => self.string(cx, k, s)?,
            None => {
                // Keys that are not strings are written as strings of what they would be otherwise.
                let mut inner = Writer { e: self.e, out: Output::default(), level: 0 };
                inner.simple(cx, k)?;
                let s = inner.out.finish(cx)?;
                if let Some(t) = as_str(s.as_ref()) {
                    self.string(cx, s.as_ref(), t)?;
                }
            }
        }
        let s = self.e.key_separator.clone();
        self.text(&s);
        if let Err(e) = self.object(cx, x) {
            let n = crate::guarded::type_name(d);
            return Err(noted(cx, e, |cx| Ok(format!("when serializing {n} item {}", show::repr(cx, k)?.to_string_lossy()))));
        }
        Ok(())
    }
}

static MEMBERS: &[Member] = &[
    Member(getter("markers", |_, v| Ok(me(v).markers.clone().into()), "markers")),
    Member(getter("default", |_, v| Ok(me(v).default.clone().into()), "default")),
    Member(getter("encoder", |_, v| Ok(me(v).encoder.clone().into()), "encoder")),
    Member(getter("indent", |_, v| Ok(me(v).indent.clone().into()), "indent")),
    Member(getter("key_separator", |_, v| Ok(me(v).key_separator.clone().into()), "key_separator")),
    Member(getter("item_separator", |_, v| Ok(me(v).item_separator.clone().into()), "item_separator")),
    Member(getter("sort_keys", |_, v| Ok(Value::bool(me(v).sort_keys).into()), "sort_keys")),
    Member(getter("skipkeys", |_, v| Ok(Value::bool(me(v).skip_keys).into()), "skipkeys")),
];

/// `_json.Encoder`.
pub static ENCODER_TYPE: TypeSpec = TypeSpec::of::<Encoder>("_json.Encoder")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), call: Some(iterencode), ..Slots::NONE })
    .members(MEMBERS)
    .doc("Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)");
