//! `array`: representation of arrays, their items as objects and back. The bytes stand under the array's lock; memory that is exported stays
//! where it is, since an array with exports refuses to change its length.

pub mod change;
pub mod methods;
pub mod pickling;

use crate::guarded::{Guarded, State, make};
use gc::{Payload, Ref, Value, Word};
use objects::protocol::buffer::BufferView;
use objects::types::exception;
use objects::types::float::convert::real;
use objects::types::int::{self, IntRef, as_int};
use objects::types::str::{Str, as_str};
use objects::types::type_::{Downcast, TypeSpec, type_of};
use objects::{Cx, PyResult, Raised, Reg};
use text::struct_format::{Code, Kind, Mode};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const ARRAY: u32 = 533;
    pub const ITERATOR: u32 = 534;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&methods::ARRAY_TYPE, &methods::ITERATOR_TYPE];

pub use pickling::MODULE;

/// Type codes, in CPython's order.
pub const TYPECODES: &str = "bBuwhHiIlLqQfd";

/// What the items of an array are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// The type code.
    pub letter: u8,
    /// Layout of numbers; for characters, that of an unsigned int.
    code: Code,
}

impl Format {
    /// The format of a type code.
    pub fn new(letter: u8) -> Option<Format> {
        let code = match letter {
            b'u' | b'w' => Code::new(b'I', Mode::Native),
            b if TYPECODES.as_bytes().contains(&b) => Code::new(b, Mode::Native),
            _ => None,
        };
        code.map(|code| Format { letter, code })
    }
    /// Bytes of an item.
    pub fn size(self) -> usize {
        self.code.size
    }
    /// Whether the items are characters.
    pub fn is_text(self) -> bool {
        matches!(self.letter, b'u' | b'w')
    }
    /// The item in these bytes.
    pub fn get(self, cx: &mut Cx, d: &[u8]) -> PyResult<Value> {
        if self.is_text() {
            let c = u32::from_ne_bytes([d[0], d[1], d[2], d[3]]);
            if c > 0x10_ffff {
                return Err(cx.value_error(format!("character U+{c:x} is not in range [U+0000; U+10ffff]")));
            }
            return Ok(Str::from_char(c).into_value());
        }
        Ok(match self.code.kind {
            Kind::Float => Value::float(self.code.unpack_float(d)),
            _ => {
                let i = self.code.unpack_int(d);
                match i64::try_from(i) {
                    Ok(i) => int::from_i64(i),
                    Err(_) => int::from_i128(i),
                }
            }
        })
    }
    /// The bytes of an item.
    pub fn put(self, cx: &mut Cx, v: Ref<'_>) -> PyResult<Item> {
        let mut out = Item { bytes: [0; 8], size: self.size() };
        if self.is_text() {
            let Some(s) = as_str(v) else {
                let n = if v.is_none() { "NoneType".to_string() } else { type_of(v).shown_name() };
                return Err(cx.type_error(format!("array item must be a unicode character, not {n}")));
            };
            if s.len() != 1 {
                return Err(cx.type_error(format!("array item must be a unicode character, not a string of length {}", s.len())));
            }
            out.bytes[..4].copy_from_slice(&s.units().at(0).to_ne_bytes());
            return Ok(out);
        }
        if self.code.kind == Kind::Float {
            let f = real(cx, v)?;
            if self.letter == b'f' {
                out.bytes[..4].copy_from_slice(&(f as f32).to_ne_bytes());
            } else {
                out.bytes = f.to_ne_bytes();
            }
            return Ok(out);
        }
        let i = int::index(cx, v)?;
        let n = as_int(i.as_ref()).and_then(IntRef::to_i128).unwrap_or(if as_int(i.as_ref()).is_some_and(IntRef::is_negative) {
            i128::MIN
        } else {
            i128::MAX
        });
        if self.code.pack_int(n, &mut out.bytes).is_none() {
            return Err(self.out_of_range(cx, n));
        }
        Ok(out)
    }
    /// CPython's words depend on which C conversion fails first.
    fn out_of_range(self, cx: &mut Cx, n: i128) -> Raised {
        let too_low = n < 0;
        let long = n < i128::from(i64::MIN) || n > i128::from(i64::MAX);
        let by = |signed: &str| {
            format!("{signed} is {} than {}", if too_low { "less" } else { "greater" }, if too_low { "minimum" } else { "maximum" })
        };
        let c_int = n < i128::from(i32::MIN) || n > i128::from(i32::MAX);
        let c_short = n < i128::from(i16::MIN) || n > i128::from(i16::MAX);
        const LONG: &str = "Python int too large to convert to C long";
        let text = match self.letter {
            b'b' | b'B' | b'h' | b'H' | b'i' | b'l' if long => LONG.to_string(),
            b'b' if c_short => by("signed short integer"),
            b'b' => by("signed char"),
            b'B' => by("unsigned byte integer"),
            b'h' => by("signed short integer"),
            b'H' if c_int => by("signed integer"),
            b'H' => by("unsigned short"),
            b'i' => by("signed integer"),
            b'I' | b'L' if too_low => "can't convert negative value to unsigned int".to_string(),
            b'I' if n <= i128::from(u64::MAX) => "unsigned int is greater than maximum".to_string(),
            b'I' | b'L' => "Python int too large to convert to C unsigned long".to_string(),
            b'Q' if too_low => "can't convert negative int to unsigned".to_string(),
            b'q' | b'Q' => "int too big to convert".to_string(),
            _ => LONG.to_string(),
        };
        cx.overflow_error(text)
    }
}

/// The bytes of one item.
#[derive(Clone, Copy)]
pub struct Item {
    bytes: [u8; 8],
    size: usize,
}
impl std::ops::Deref for Item {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

/// The state of an array.
pub struct Storage {
    /// What the items are; never changes.
    pub format: Format,
    /// Their bytes.
    pub data: Vec<u8>,
    exports: usize,
}
impl State for Storage {
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}
/// `array` object.
pub type Array = Guarded<Storage, { ids::ARRAY }>;

/// Why a change of length is refused.
pub enum Refused {
    /// The memory is exported.
    Exported,
    /// There is none.
    NoMemory,
}

impl Storage {
    /// Number of items.
    pub fn len(&self) -> usize {
        self.data.len() / self.format.size()
    }
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }
    /// The bytes of an item.
    pub fn item(&self, i: usize) -> Option<Item> {
        let n = self.format.size();
        let d = self.data.get(i.checked_mul(n)?..)?.get(..n)?;
        let mut bytes = [0; 8];
        bytes[..n].copy_from_slice(d);
        Some(Item { bytes, size: n })
    }
    /// Stores an item that is there.
    pub fn set(&mut self, i: usize, item: &Item) -> bool {
        let n = self.format.size();
        match self.data.get_mut(i * n..i * n + n) {
            Some(d) => {
                d.copy_from_slice(item);
                true
            }
            None => false,
        }
    }
    /// Replaces the items `from..to` by bytes.
    pub fn splice(&mut self, from: usize, to: usize, new: &[u8]) -> Result<(), Refused> {
        let n = self.format.size();
        let len = self.len();
        let from = from.min(len);
        let to = to.clamp(from, len);
        if new.len() == (to - from) * n {
            self.data[from * n..to * n].copy_from_slice(new);
            return Ok(());
        }
        if self.exports > 0 {
            return Err(Refused::Exported);
        }
        self.data.try_reserve(new.len()).map_err(|_| Refused::NoMemory)?;
        if from == len {
            self.data.extend_from_slice(new);
        } else {
            drop(self.data.splice(from * n..to * n, new.iter().copied()));
        }
        Ok(())
    }
    /// Whether its memory is exported.
    pub fn is_exported(&self) -> bool {
        self.exports > 0
    }
}

/// The array behind a value known to be one.
pub fn array(v: Ref<'_>) -> &Array {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<Array>() }
}

/// The array, if it is one.
pub fn as_array(v: Ref<'_>) -> Option<&Array> {
    v.downcast::<Array>()
}

/// The format of an array.
pub fn format_of(cx: &mut Cx, a: &Array) -> Format {
    a.with(cx, |s| s.format)
}

/// A copy of all bytes.
pub fn bytes_of(cx: &mut Cx, a: &Array) -> (Format, Vec<u8>) {
    a.with(cx, |s| (s.format, s.data.clone()))
}

/// A new array of class `class`.
pub fn new_array(class: Ref<'_>, format: Format, data: Vec<u8>) -> Reg {
    make(class, Array::new(Storage { format, data, exports: 0 }))
}

/// A new array of the type itself.
pub fn plain(format: Format, data: Vec<u8>) -> Reg {
    new_array(objects::types::type_::type_value(ids::ARRAY).as_ref(), format, data)
}

/// Raises what a refused change means.
pub fn refused(cx: &mut Cx, r: Refused) -> Raised {
    match r {
        Refused::Exported => cx.error(exception::ids::BUFFER_ERROR, "cannot resize an array that is exporting buffers"),
        Refused::NoMemory => cx.memory_error(),
    }
}

fn release(owner: &Value) {
    if let Some(a) = as_array(owner.as_ref()) {
        let _l = objects::cx::lock_header(a.header());
        // SAFETY: under the lock.
        unsafe { a.locked().exports -= 1 };
    }
}

/// The buffer slot.
pub fn export(cx: &mut Cx, v: Ref<'_>, wanted: u32) -> PyResult<BufferView> {
    use objects::protocol::buffer::wanted as w;
    let a = array(v);
    let (data, len, format) = a.with(cx, |s| {
        s.exports += 1;
        (s.data.as_mut_ptr(), s.data.len(), s.format)
    });
    let mut view = BufferView::bytes(v.to_value(), data, len, false, Some(release));
    view.item_size = format.size();
    view.shape = vec![(len / format.size()) as isize];
    view.strides = vec![format.size() as isize];
    if wanted & w::FORMAT != 0 {
        view.format = (format.letter as char).to_string();
    }
    Ok(view)
}

/// The characters of an array of characters as a str.
pub fn text_of(cx: &mut Cx, data: &[u8]) -> PyResult<Value> {
    let mut chars = Vec::with_capacity(data.len() / 4);
    for d in data.chunks_exact(4) {
        let c = u32::from_ne_bytes([d[0], d[1], d[2], d[3]]);
        if c > 0x10_ffff {
            return Err(cx.value_error(format!("character U+{c:x} is not in range [U+0000; U+10ffff]")));
        }
        chars.push(c);
    }
    Ok(Str::from_code_points(&chars).into_value())
}

/// The bytes of a str's characters.
pub fn bytes_of_text(s: &Str) -> Vec<u8> {
    s.units().iter().flat_map(u32::to_ne_bytes).collect()
}
