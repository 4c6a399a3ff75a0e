//! Type slots: native functions that implement the special methods. THE table that ties slots to dunder names is in [`super::dunder`].

use crate::args::Args;
use crate::cx::Cx;
use crate::error::PyResult;
use crate::protocol::buffer::BufferView;
use gc::{Ref, Reg};
use sync::prim::{AtomicUsize, Ordering};

/// Comparison operators, in the order of CPython's `Py_LT` ...
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Compare {
    Lt,
    Le,
    Eq,
    Ne,
    Gt,
    Ge,
}

impl Compare {
    /// The operator with its operands exchanged.
    pub fn swapped(self) -> Compare {
        use Compare::*;
        match self {
            Lt => Gt,
            Le => Ge,
            Eq => Eq,
            Ne => Ne,
            Gt => Lt,
            Ge => Le,
        }
    }
    /// Its source text.
    pub fn symbol(self) -> &'static str {
        ["<", "<=", "==", "!=", ">", ">="][self as usize]
    }
    /// Its result for an ordering.
    pub fn holds(self, o: std::cmp::Ordering) -> bool {
        use Compare::*;
        match self {
            Lt => o.is_lt(),
            Le => o.is_le(),
            Eq => o.is_eq(),
            Ne => o.is_ne(),
            Gt => o.is_gt(),
            Ge => o.is_ge(),
        }
    }
}

/// What sending a value into a generator gives.
pub enum Sent {
    /// It yielded.
    Yield(Reg),
    /// It returned.
    Return(Reg),
}

/// One operand.
pub type Unary = fn(&mut Cx, Ref<'_>) -> PyResult<Reg>;
/// Two operands, in source order; either may be the one whose type has the slot. NotImplemented when it does not know the other.
pub type Binary = fn(&mut Cx, Ref<'_>, Ref<'_>) -> PyResult<Reg>;
/// Three operands (`pow`).
pub type Ternary = fn(&mut Cx, Ref<'_>, Ref<'_>, Ref<'_>) -> PyResult<Reg>;
/// Truth.
pub type Inquiry = fn(&mut Cx, Ref<'_>) -> PyResult<bool>;
/// Length.
pub type Length = fn(&mut Cx, Ref<'_>) -> PyResult<usize>;
/// Hash.
pub type Hash = fn(&mut Cx, Ref<'_>) -> PyResult<i64>;
/// Rich comparison.
pub type RichCompare = fn(&mut Cx, Ref<'_>, Ref<'_>, Compare) -> PyResult<Reg>;
/// Call.
pub type Call = fn(&mut Cx, Ref<'_>, Args<'_>) -> PyResult<Reg>;
/// `__new__`: the class and the arguments.
pub type New = fn(&mut Cx, Ref<'_>, Args<'_>) -> PyResult<Reg>;
/// `__init__`.
pub type Init = fn(&mut Cx, Ref<'_>, Args<'_>) -> PyResult<()>;
/// `__next__`: `None` at the end.
pub type Next = fn(&mut Cx, Ref<'_>) -> PyResult<Option<Reg>>;
/// Stores an item or attribute; `None` deletes it.
pub type Store = fn(&mut Cx, Ref<'_>, Ref<'_>, Option<Ref<'_>>) -> PyResult<()>;
/// `__contains__`.
pub type Contains = fn(&mut Cx, Ref<'_>, Ref<'_>) -> PyResult<bool>;
/// `__get__(descriptor, instance, owner)`.
pub type DescrGet = fn(&mut Cx, Ref<'_>, Option<Ref<'_>>, Ref<'_>) -> PyResult<Reg>;
/// Sends a value into a generator-like object.
pub type Send = fn(&mut Cx, Ref<'_>, Ref<'_>) -> PyResult<Sent>;
/// Exports a buffer.
pub type GetBuffer = fn(&mut Cx, Ref<'_>, u32) -> PyResult<BufferView>;
/// `__del__`, before the object dies. Errors are reported by the caller.
pub type Finalize = fn(&mut Cx, Ref<'_>) -> PyResult<()>;

/// Calls `$m!` with every slot: name and function type.
#[macro_export]
macro_rules! for_each_slot {
    ($m:ident) => {
        $m! {
            repr: Unary, str: Unary, hash: Hash, call: Call, getattr: Binary, setattr: Store, richcompare: RichCompare,
            iter: Unary, next: Next, descr_get: DescrGet, descr_set: Store, init: Init, new: New, del: Finalize,
            bool: Inquiry, len: Length, getitem: Binary, setitem: Store, contains: Contains,
            concat: Binary, repeat: Binary, iconcat: Binary, irepeat: Binary,
            add: Binary, sub: Binary, mul: Binary, matmul: Binary, truediv: Binary, floordiv: Binary, mod_: Binary, divmod: Binary,
            pow: Ternary, lshift: Binary, rshift: Binary, and: Binary, or: Binary, xor: Binary,
            iadd: Binary, isub: Binary, imul: Binary, imatmul: Binary, itruediv: Binary, ifloordiv: Binary, imod: Binary,
            ipow: Ternary, ilshift: Binary, irshift: Binary, iand: Binary, ior: Binary, ixor: Binary,
            neg: Unary, pos: Unary, abs: Unary, invert: Unary, int: Unary, float: Unary, index: Unary,
            await_: Unary, aiter: Unary, anext: Unary, send: Send, buffer: GetBuffer,
        }
    };
}

macro_rules! define {
    ($($name:ident: $ty:ident,)*) => {
        /// The slots that a static type declares.
        #[derive(Clone, Copy)]
        #[allow(missing_docs)]
        pub struct Slots { $(pub $name: Option<$ty>,)* }
        impl Slots {
            /// No slots.
            pub const NONE: Slots = Slots { $($name: None,)* };
            pub(crate) fn store_into(&self, table: &SlotTable) {
                $(if let Some(f) = self.$name { table.0[Slot::$name as usize].store(f as usize, Ordering::Relaxed); })*
            }
        }
        /// Index of a slot.
        #[allow(non_camel_case_types, missing_docs)]
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Slot { $($name,)* }
        /// All slots.
        pub const ALL: &[Slot] = &[$(Slot::$name,)*];
        impl SlotTable {
            $(
                /// The slot's function.
                #[inline(always)]
                pub fn $name(&self) -> Option<$ty> {
                    let f = self.0[Slot::$name as usize].load(Ordering::Relaxed);
                    // SAFETY: only functions of this type (or 0) are stored at this index.
                    unsafe { std::mem::transmute::<usize, Option<$ty>>(f) }
                }
            )*
        }
    };
}
for_each_slot!(define);

/// Number of slots.
pub const COUNT: usize = ALL.len();

/// A type's current slots. They change when special methods of a class are set; each is one word.
pub struct SlotTable(pub(crate) [AtomicUsize; COUNT]);

impl SlotTable {
    /// No slots.
    pub fn empty() -> SlotTable {
        SlotTable([const { AtomicUsize::new(0) }; COUNT])
    }
    /// The function at an index, as a number: to compare or copy.
    pub fn raw(&self, slot: Slot) -> usize {
        self.0[slot as usize].load(Ordering::Relaxed)
    }
    /// Stores a function that was taken from another table, or one of the right type as a number.
    ///
    /// # Safety
    /// `f` is 0 or a function of the slot's type.
    pub unsafe fn set_raw(&self, slot: Slot, f: usize) {
        self.0[slot as usize].store(f, Ordering::Relaxed);
    }
    /// Sets the slots that `slots` has.
    pub fn set(&self, slots: &Slots) {
        slots.store_into(self);
    }
}

impl Default for SlotTable {
    fn default() -> Self {
        SlotTable::empty()
    }
}
