//! Arrays in pickles: machine formats, `_array_reconstructor`, and the module.

use super::methods::{letter, typecodes};
use super::{Format, array, bytes_of, ids, new_array};
use gc::{Payload, Ref, Reg, Value};
use objects::native::{Method, function};
use objects::protocol::{attr, call};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, as_type, type_of, type_value};
use objects::types::{instance, object};
use objects::{Cx, PyResult, names};
use text::struct_format::{Code, Mode};

/// What an item is, independent of the machine: letter of `struct`, mode; the position is the format's code in pickles.
const MACHINE: [(u8, Mode); 18] = [
    (b'B', Mode::Little),
    (b'b', Mode::Little),
    (b'H', Mode::Little),
    (b'H', Mode::Big),
    (b'h', Mode::Little),
    (b'h', Mode::Big),
    (b'I', Mode::Little),
    (b'I', Mode::Big),
    (b'i', Mode::Little),
    (b'i', Mode::Big),
    (b'Q', Mode::Little),
    (b'Q', Mode::Big),
    (b'q', Mode::Little),
    (b'q', Mode::Big),
    (b'f', Mode::Little),
    (b'f', Mode::Big),
    (b'd', Mode::Little),
    (b'd', Mode::Big),
];
const UTF16_LE: i64 = 18;
const UTF32_BE: i64 = 21;

fn machine_code(f: Format) -> i64 {
    let big = i64::from(cfg!(target_endian = "big"));
    big + match (f.letter, f.size()) {
        (b'b', _) => 1 - big,
        (b'B', _) => -big,
        (b'u' | b'w', _) => 20,
        (b'f', _) => 14,
        (b'd', _) => 16,
        (b'h', _) => 4,
        (b'H', _) => 2,
        (c, 4) => {
            if c.is_ascii_uppercase() {
                6
            } else {
                8
            }
        }
        (c, _) => {
            if c.is_ascii_uppercase() {
                10
            } else {
                12
            }
        }
    }
}

/// `__reduce_ex__`
pub fn reduce(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let protocol = int::index_i64(cx, a[1])?;
    let (f, data) = bytes_of(cx, array(a[0]));
    let class = type_of(a[0]).as_value();
    let code = Str::from_char(f.letter.into()).into_value();
    let dict = match attr::get_optional(cx, a[0], names::__dict__())? {
        Some(_) if instance::own_items(a[0]).is_empty() && type_of(a[0]).id == ids::ARRAY => Value::NONE,
        Some(_) => object::get_dict(cx, a[0])?.into_value(),
        None => Value::NONE,
    };
    if protocol < 3 {
        let mut items = Vec::with_capacity(data.len() / f.size());
        for d in data.chunks(f.size()) {
            items.push(f.get(cx, d)?);
        }
        let args = Tuple::from_values(vec![code, List::from_values(items).into_value()]).into_value();
        return Ok(Tuple::from_values(vec![class, args, dict]).into());
    }
    let module = cx.host.import(cx, "array")?;
    let f_value = attr::get_text(cx, module.as_ref(), "_array_reconstructor")?.into_value();
    let args = vec![class, code, int::from_i64(machine_code(f)), new_bytes(cx, &data)?];
    Ok(Tuple::from_values(vec![f_value, Tuple::from_values(args).into_value(), dict]).into())
}

fn reconstruct(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let Some(t) = as_type(a[0]) else {
        let n = type_of(a[0]).shown_name();
        return Err(cx.type_error(format!("first argument must be a type object, not {n}")));
    };
    if !t.is_subtype_of_id(ids::ARRAY) {
        let n = t.shown_name();
        return Err(cx.type_error(format!("{n} is not a subtype of array.array")));
    }
    let c = letter(cx, a[1], "_array_reconstructor", "2")?;
    let Some(f) = u8::try_from(c).ok().and_then(Format::new) else {
        return Err(cx.value_error("second argument must be a valid type code"));
    };
    let code = i64::from(int::c_int(cx, a[2])?);
    if !(0..=UTF32_BE).contains(&code) {
        return Err(cx.value_error("third argument must be a valid machine format code."));
    }
    let Some(items) = a[3].downcast::<Bytes>() else {
        let n = type_of(a[3]).shown_name();
        return Err(cx.type_error(format!("fourth argument should be bytes, not {n}")));
    };
    let data = items.data();
    if machine_code(f) == code {
        if data.len() % f.size() != 0 {
            return Err(cx.value_error("string length not a multiple of item size"));
        }
        return Ok(new_array(a[0], f, data.to_vec()));
    }
    let mut new_letter = f.letter;
    let values = if code >= UTF16_LE {
        let encoding = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"][(code - UTF16_LE) as usize];
        let encoding = Str::from_text(encoding).into_value();
        let decode = Str::intern_text("decode");
        call::method(cx, a[3], decode.as_ref(), &[encoding.as_ref()])?.into_value()
    } else {
        let (letter, mode) = MACHINE[code as usize];
        let Some(code) = Code::new(letter, mode) else { return Ok(Value::NONE.into()) };
        if data.len() % code.size != 0 {
            return Err(cx.value_error("string length not a multiple of item size"));
        }
        let item = |d: &[u8]| {
            if matches!(letter, b'f' | b'd') { Value::float(code.unpack_float(d)) } else { int::from_i128(code.unpack_int(d)) }
        };
        // The type code of this machine for such items.
        new_letter = match (letter, code.size) {
            (b'f' | b'd', _) => f.letter,
            (c, 8) => {
                if c == b'Q' {
                    b'Q'
                } else {
                    b'q'
                }
            }
            (c, _) => c,
        };
        List::from_values(data.chunks(code.size).map(item).collect()).into_value()
    };
    let c = Str::from_char(new_letter.into());
    call::positional(cx, a[0], &[c.as_ref(), values.as_ref()]).map(Reg::from)
}

static FUNCTIONS: &[Method] = &[function(
    "_array_reconstructor",
    "($module, arraytype, typecode, mformat_code, items, /)",
    reconstruct,
    "An array from its pickled form.",
)];

/// `array`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "array",
    doc: "Arrays of numbers and characters.",
    functions: FUNCTIONS,
    init: |cx, m| {
        m.add("array", type_value(ids::ARRAY));
        m.add("ArrayType", type_value(ids::ARRAY));
        m.add("typecodes", typecodes());
        // It is a mutable sequence, as soon as collections.abc is there.
        let name = "collections.abc";
        if let Ok(abc) = cx.host.import(cx, name) {
            let class = attr::get_text(cx, abc.as_ref(), "MutableSequence")?.into_value();
            let register = Str::intern_text("register");
            drop(call::method(cx, class.as_ref(), register.as_ref(), &[type_value(ids::ARRAY).as_ref()])?);
        }
        Ok(())
    },
};
