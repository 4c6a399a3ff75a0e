//! The compiler's tree to objects and back. Fields are written and read in the order of the grammar's rows.

use super::schema::{self, CLASSES, index_of};
use super::{Class, classes};
use compiler::tree::{Constant, Ident, Mod, Pos, PyStr, Tree};
use gc::{Ref, Value};
use num_bigint::BigInt;
use objects::protocol::{attr, text};
use objects::types::bytes::Bytes;
use objects::types::complex::arith::as_complex;
use objects::types::instance;
use objects::types::int::{self, as_int};
use objects::types::list::List;
use objects::types::set;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, as_type, type_of};
use objects::{Cx, PyResult, ids};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Writes a tree as objects.
pub struct Writer<'a> {
    /// The thread.
    pub cx: &'a mut Cx,
    classes: &'static [Class],
    /// The value that `__debug__` is replaced by, if it is.
    pub debug: Option<bool>,
}

/// Reads a tree from objects.
pub struct Reader<'a> {
    /// The thread.
    pub cx: &'a mut Cx,
    classes: &'static [Class],
    depth: u32,
    deepest: u32,
}

/// A part of the tree that is a field's value.
pub trait Node: Sized {
    /// As an object.
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value>;
    /// From an object.
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self>;
    /// What a missing field means; `None`: an error.
    fn missing() -> Option<Self> {
        None
    }
    /// What None means, where the field may be None; otherwise it is read like any other value.
    fn from_none() -> Option<Self> {
        None
    }
}

/// Which field is being read.
#[derive(Clone, Copy)]
pub struct Place {
    class: usize,
    field: usize,
}

impl Place {
    fn class_name(self) -> &'static str {
        CLASSES[self.class].name
    }
    fn field_name(self) -> &'static str {
        schema::fields(&CLASSES[self.class]).nth(self.field).map_or("", |f| f.1)
    }
}

/// A node that is being made.
pub struct Making {
    /// The object.
    pub value: Value,
    class: usize,
    next: usize,
}

impl Writer<'_> {
    /// A new node of a class.
    pub fn node(&mut self, class: usize) -> PyResult<Making> {
        self.cx.check_native_stack()?;
        let value = match as_type(self.classes[class].class()) {
            Some(t) => instance::alloc_plain(t),
            None => return Err(self.cx.system_error("a class of the syntax tree is missing")),
        };
        Ok(Making { value, class, next: 0 })
    }
    /// Sets the next field.
    pub fn put(&mut self, n: &mut Making, v: Value) {
        let name = self.classes[n.class].field(n.next);
        n.next += 1;
        instance::set_own(n.value.as_ref(), type_of(n.value.as_ref()), name, v);
    }
    /// Sets the next field to a part of the tree.
    pub fn field(&mut self, n: &mut Making, part: &impl Node) -> PyResult<()> {
        let v = part.write(self)?;
        self.put(n, v);
        Ok(())
    }
    /// Sets the positions.
    pub fn position(&mut self, n: Making, p: Pos) -> Value {
        let t = type_of(n.value.as_ref());
        for (name, x) in [
            (objects::names::lineno(), p.line),
            (objects::names::col_offset(), p.col),
            (objects::names::end_lineno(), p.end_line),
            (objects::names::end_col_offset(), p.end_col),
        ] {
            instance::set_own(n.value.as_ref(), t, name, Value::small_int(i64::from(x)));
        }
        n.value
    }
    /// The one object of a class without fields.
    pub fn single(&mut self, class: usize) -> PyResult<Value> {
        match self.classes[class].single() {
            Some(v) => Ok(v),
            None => Ok(self.node(class)?.value),
        }
    }
}

static BY_CLASS: OnceLock<HashMap<u64, usize>> = OnceLock::new();

/// A node that is being read.
pub struct Fields<'v> {
    /// The object.
    pub value: Ref<'v>,
    /// Which class of the grammar.
    pub class: usize,
    next: usize,
}

impl Reader<'_> {
    /// The class of the grammar that an object is an instance of, among those of one sum (or that product).
    pub fn open<'v>(&mut self, v: Ref<'v>, sum: &'static str) -> PyResult<Fields<'v>> {
        self.cx.check_native_stack()?;
        let map = BY_CLASS.get_or_init(|| self.classes.iter().enumerate().map(|(i, c)| (c.class().word().unmarked().0, i)).collect());
        let t = type_of(v);
        let known = |base: &Ref<'_>| {
            let class = *map.get(&base.word().unmarked().0)?;
            let of_the_sum = CLASSES[class].base == sum || CLASSES[class].name == sum;
            (of_the_sum && !schema::is_sum(CLASSES[class].name)).then_some(class)
        };
        if let Some(class) = t.with_mro(|mro| mro.iter().find_map(known)) {
            return Ok(Fields { value: v, class, next: 0 });
        }
        let shown = text::repr(self.cx, v)?.to_string_lossy();
        Err(self.cx.type_error(format!("expected some sort of {sum}, but got {shown}")))
    }
    /// Goes one level down.
    pub fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> PyResult<T>) -> PyResult<T> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        let r = f(self);
        self.depth -= 1;
        r
    }
    /// The next field.
    pub fn take<T: Node>(&mut self, n: &mut Fields<'_>) -> PyResult<T> {
        let place = Place { class: n.class, field: n.next };
        let name = self.classes[n.class].field(n.next);
        n.next += 1;
        let found = attr::get_optional(self.cx, n.value, name)?;
        match found {
            Some(v) if v.as_ref().is_none() && T::from_none().is_some() => Ok(T::from_none().expect("asked before")),
            Some(v) => T::read(self, v.as_ref(), place),
            None => match T::missing() {
                Some(d) => Ok(d),
                None => {
                    let text = format!("required field \"{}\" missing from {}", place.field_name(), place.class_name());
                    Err(self.cx.type_error(text))
                }
            },
        }
    }
    /// Skips a field that the tree does not have.
    pub fn skip(&mut self, n: &mut Fields<'_>) {
        n.next += 1;
    }
    /// The positions of a node of `sum`.
    pub fn position(&mut self, v: Ref<'_>, sum: &'static str) -> PyResult<Pos> {
        let mut all = [0u32; 4];
        let names =
            [objects::names::lineno(), objects::names::col_offset(), objects::names::end_lineno(), objects::names::end_col_offset()];
        for (i, name) in names.into_iter().enumerate() {
            let optional = i >= 2 && !schema::end_is_required(sum);
            all[i] = match attr::get_optional(self.cx, v, name)? {
                Some(x) if x.as_ref().is_none() && optional => all[i - 2],
                Some(x) => {
                    let Some(n) = as_int(x.as_ref()) else {
                        let shown = text::repr(self.cx, x.as_ref())?.to_string_lossy();
                        return Err(self.cx.value_error(format!("invalid integer value: {shown}")));
                    };
                    let n = n.to_i64().unwrap_or(i64::MAX);
                    match u32::try_from(n) {
                        Ok(n) => n,
                        // Negative positions are what generated trees may have; nothing can point at them.
                        Err(_) if n < 0 => 0,
                        Err(_) => return Err(self.cx.overflow_error("Python int too large to convert to C int")),
                    }
                }
                None if optional => all[i - 2],
                None => {
                    let text = format!("required field \"{}\" missing from {sum}", schema::attributes(sum)[i]);
                    return Err(self.cx.type_error(text));
                }
            };
        }
        let [line, col, end_line, end_col] = all;
        if line > end_line {
            return Err(self.cx.value_error(format!("AST node line range ({line}, {end_line}) is not valid")));
        }
        if line == end_line && col > end_col {
            return Err(self
                .cx
                .value_error(format!("AST node column range ({col}, {end_col}) for line range ({line}, {end_line}) is not valid")));
        }
        Ok(Pos { line, col, end_line, end_col })
    }
}

/// A whole tree as objects, for an optimisation level when it is to be optimised.
pub fn to_object(cx: &mut Cx, tree: &Tree, optimise: Option<u8>) -> PyResult<Value> {
    let classes = classes(cx)?;
    let mut w = Writer { cx, classes, debug: optimise.map(|level| level == 0) };
    tree.root().write(&mut w)
}

/// Whether the object is a node.
pub fn is_node(v: Ref<'_>) -> bool {
    type_of(v).is_subtype_of_id(super::base::ID)
}

/// A whole tree from objects; `mode` says which root is wanted.
pub fn from_object(cx: &mut Cx, v: Ref<'_>, mode: compiler::Mode) -> PyResult<Tree> {
    use compiler::Mode as M;
    let wanted = match mode {
        M::Exec => "Module",
        M::Eval => "Expression",
        M::Single => "Interactive",
        M::FuncType => "FunctionType",
    };
    let classes = classes(cx)?;
    let right =
        as_type(classes[CLASSES.iter().position(|c| c.name == wanted).unwrap_or(0)].class()).is_some_and(|t| type_of(v).is_subtype_of(t));
    if !right {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("expected {wanted} node, got {n}")));
    }
    let mut r = Reader { cx, classes, depth: 0, deepest: 0 };
    let root = Mod::read(&mut r, v, Place { class: 0, field: 0 })?;
    // Positions, contexts and lists add a level each.
    let deepest = r.deepest + 8;
    let tree = Tree::new(root, deepest);
    match compiler::validate(&tree) {
        Ok(()) => Ok(tree),
        Err(e) => Err(cx.value_error(e)),
    }
}

impl<T: Node> Node for Box<T> {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        (**self).write(w)
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self> {
        T::read(r, v, at).map(Box::new)
    }
    fn missing() -> Option<Self> {
        T::missing().map(Box::new)
    }
}

impl<T: Node> Node for Option<T> {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        match self {
            Some(x) => x.write(w),
            None => Ok(Value::NONE),
        }
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self> {
        if v.is_none() { Ok(None) } else { T::read(r, v, at).map(Some) }
    }
    fn missing() -> Option<Self> {
        Some(None)
    }
    fn from_none() -> Option<Self> {
        Some(None)
    }
}

impl<T: Node> Node for Vec<T> {
    fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
        let mut out = Vec::with_capacity(self.len());
        for x in self {
            out.push(x.write(w)?);
        }
        Ok(List::from_values(out).into_value())
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self> {
        let Some(list) = v.downcast::<List>() else {
            let n = type_of(v).name_text();
            return Err(r.cx.type_error(format!("{} field \"{}\" must be a list, not a {n}", at.class_name(), at.field_name())));
        };
        let items = list.snapshot(r.cx);
        let mut out = Vec::with_capacity(items.len());
        for x in &items {
            out.push(T::read(r, x.as_ref(), at)?);
        }
        Ok(out)
    }
    fn missing() -> Option<Self> {
        Some(Vec::new())
    }
}

impl Node for Ident {
    fn write(&self, _w: &mut Writer<'_>) -> PyResult<Value> {
        Ok(Str::intern_text(self))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        let Some(s) = as_str(v) else { return Err(r.cx.type_error("AST identifier must be of type str")) };
        match s.to_utf8() {
            Some(t) => Ok(t.as_ref().into()),
            None => Err(r.cx.value_error("identifier with a lone surrogate")),
        }
    }
}

impl Node for bool {
    fn write(&self, _w: &mut Writer<'_>) -> PyResult<Value> {
        Ok(Value::small_int(i64::from(*self)))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self> {
        Ok(i32::read(r, v, at)? != 0)
    }
}

impl Node for i32 {
    fn write(&self, _w: &mut Writer<'_>) -> PyResult<Value> {
        Ok(Value::small_int(i64::from(*self)))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
        if as_int(v).is_none() {
            let shown = text::repr(r.cx, v)?.to_string_lossy();
            return Err(r.cx.value_error(format!("invalid integer value: {shown}")));
        }
        int::c_int(r.cx, v)
    }
}

fn constant_value(c: &Constant) -> Value {
    match c {
        Constant::None => Value::NONE,
        Constant::Bool(b) => Value::bool(*b),
        Constant::Ellipsis => Value::ELLIPSIS,
        Constant::Int(n) => int::from_i64(*n),
        Constant::BigInt(n) => int::from_big(BigInt::clone(n)),
        Constant::Float(f) => Value::float(*f),
        Constant::Complex(a, b) => objects::types::complex::new(*a, *b),
        Constant::Str(s) => Str::from_wtf8(s.as_bytes()).into_value(),
        Constant::Bytes(b) => Bytes::new(b).into_value(),
        Constant::Tuple(t) => Tuple::from_values(t.iter().map(constant_value).collect()).into_value(),
        Constant::Frozenset(t) => set::frozen_constant(t.iter().map(constant_value).collect()),
    }
}

impl Node for Constant {
    fn write(&self, _w: &mut Writer<'_>) -> PyResult<Value> {
        Ok(constant_value(self))
    }
    fn read(r: &mut Reader<'_>, v: Ref<'_>, at: Place) -> PyResult<Self> {
        r.cx.check_native_stack()?;
        let w = v.word();
        for (one, c) in [
            (Value::NONE, Constant::None),
            (Value::TRUE, Constant::Bool(true)),
            (Value::FALSE, Constant::Bool(false)),
            (Value::ELLIPSIS, Constant::Ellipsis),
        ] {
            if w == one.word() {
                return Ok(c);
            }
        }
        let made = match type_of(v).id {
            ids::INT => as_int(v).map(|i| Constant::from_bigint(i.to_big().into_owned())),
            ids::FLOAT => Some(Constant::Float(w.float())),
            ids::COMPLEX => as_complex(v).map(|(a, b)| Constant::Complex(a, b)),
            ids::STR => as_str(v).map(|s| Constant::Str(PyStr::from_wtf8(s.to_wtf8()))),
            ids::BYTES => v.exact::<Bytes>().map(|b| Constant::Bytes(b.data().into())),
            ids::TUPLE => {
                let mut items = Vec::new();
                for x in v.exact::<Tuple>().map_or(&[][..], Tuple::items) {
                    items.push(Constant::read(r, *x, at)?);
                }
                Some(Constant::Tuple(items.into()))
            }
            ids::FROZENSET => {
                let mut items = Vec::new();
                for (x, _) in set::hashed_elements(v).unwrap_or_default() {
                    items.push(Constant::read(r, x.as_ref(), at)?);
                }
                Some(Constant::Frozenset(items.into()))
            }
            _ => None,
        };
        match made {
            Some(c) => Ok(c),
            None => {
                let n = type_of(v).name_text();
                Err(r.cx.type_error(format!("got an invalid type in {}: {n}", at.class_name())))
            }
        }
    }
}

/// Declares an enum without fields whose variants are classes of one sum.
macro_rules! plain {
    ($t:ty, $sum:literal, $($name:ident)*) => {
        impl Node for $t {
            fn write(&self, w: &mut Writer<'_>) -> PyResult<Value> {
                match self {
                    $(<$t>::$name => w.single(const { index_of(stringify!($name)) }),)*
                }
            }
            fn read(r: &mut Reader<'_>, v: Ref<'_>, _at: Place) -> PyResult<Self> {
                let class = r.open(v, $sum)?.class;
                $(if class == const { index_of(stringify!($name)) } {
                    return Ok(<$t>::$name);
                })*
                Err(r.cx.system_error("a class of the syntax tree is not known"))
            }
            fn missing() -> Option<Self> {
                <$t as Omitted>::VALUE
            }
        }
    };
}

/// What a missing field of a plain sum means.
trait Omitted: Sized {
    const VALUE: Option<Self> = None;
}
impl Omitted for compiler::tree::Ctx {
    const VALUE: Option<Self> = Some(compiler::tree::Ctx::Load);
}
impl Omitted for compiler::tree::BoolOp {}
impl Omitted for compiler::tree::Operator {}
impl Omitted for compiler::tree::UnaryOp {}
impl Omitted for compiler::tree::CmpOp {}

plain!(compiler::tree::Ctx, "expr_context", Load Store Del);
plain!(compiler::tree::BoolOp, "boolop", And Or);
plain!(compiler::tree::Operator, "operator", Add Sub Mult MatMult Div Mod Pow LShift RShift BitOr BitXor BitAnd FloorDiv);
plain!(compiler::tree::UnaryOp, "unaryop", Invert Not UAdd USub);
plain!(compiler::tree::CmpOp, "cmpop", Eq NotEq Lt LtE Gt GtE Is IsNot In NotIn);
