//! `ZstdDict` and what makes dictionaries.

use super::ids;
use super::zstd::check;
use crate::parameters;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, Member, Method, getter, method};
use objects::types::bytes::shared::{new_bytes, operand};
use objects::types::int;
use objects::types::str;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{Downcast, TypeSpec, flags, type_of};
use objects::{Args, Cx, PyResult};
use std::sync::Arc;
use zstd_safe::zstd_sys as zs;

/// A dictionary's payload.
#[repr(C)]
pub struct ZstdDict {
    content: Arc<Vec<u8>>,
    id: u32,
}
// SAFETY: holds no words.
unsafe impl Payload for ZstdDict {
    const TYPE_ID: u32 = ids::ZSTD_DICT;
    fn traverse(&self, _: &mut dyn FnMut(Word)) {}
}

fn me(v: Ref<'_>) -> &ZstdDict {
    // SAFETY: slots and methods check their receiver.
    unsafe { v.cast::<ZstdDict>() }
}

/// How a dictionary is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Prepared once.
    Digested,
    /// Prepared for each frame, with the compressor's own parameters.
    Undigested,
    /// As if it stood in front of the data.
    Prefix,
}

/// A `zstd_dict` argument: a dictionary, or a pair of one and how it is used.
pub fn argument(cx: &mut Cx, v: Ref<'_>, default: Use) -> PyResult<(Arc<Vec<u8>>, Use)> {
    if let Some(d) = v.downcast::<ZstdDict>() {
        return Ok((d.content.clone(), default));
    }
    if let Some(t) = v.downcast::<Tuple>().filter(|t| t.len() == 2)
        && let Some(d) = t.get(0).downcast::<ZstdDict>()
        && int::as_int(t.get(1)).is_some()
    {
        let how = match int::c_int(cx, t.get(1))? {
            0 => Use::Digested,
            1 => Use::Undigested,
            2 => Use::Prefix,
            _ => return Err(cx.type_error("zstd_dict argument should be a ZstdDict object.")),
        };
        return Ok((d.content.clone(), how));
    }
    Err(cx.type_error("zstd_dict argument should be a ZstdDict object."))
}

parameters!(PARAMETERS, "ZstdDict", "(dict_content, /, *, is_raw=False)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS.bind(cx, args, |cx, a| {
        let content = operand(cx, a[0])?.to_vec();
        let raw = match a[1].given() {
            Some(r) => objects::protocol::truth::of(cx, r)?,
            None => false,
        };
        if content.len() < 8 {
            return Err(cx.value_error("Zstandard dictionary content too short (must have at least eight bytes)"));
        }
        // SAFETY: the content is there.
        let id = if raw { 0 } else { unsafe { zs::ZSTD_getDictID_fromDict(content.as_ptr().cast(), content.len()) } };
        if !raw && id == 0 {
            return Err(cx.value_error("invalid Zstandard dictionary"));
        }
        Ok(crate::guarded::make(class, ZstdDict { content: Arc::new(content), id }))
    })
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let d = me(v);
    Ok(str::text(&format!("<ZstdDict dict_id={} dict_size={}>", d.id, d.content.len())))
}

fn used(v: Ref<'_>, how: i64) -> PyResult<Reg> {
    Ok(Tuple::from_values(vec![v.to_value(), Value::small_int(how)]).into())
}

static METHODS: &[Method] = &[method("__reduce__", "($self, /)", super::no_state, "")];
static GETSETS: &[GetSet] = &[
    getter("as_digested_dict", |_, v| used(v, 0), "To be prepared once."),
    getter("as_undigested_dict", |_, v| used(v, 1), "To be prepared for each frame."),
    getter("as_prefix", |_, v| used(v, 2), "To be used as if it stood in front of the data."),
];
static MEMBERS: &[Member] = &[
    Member(getter("dict_id", |_, v| Ok(int::from_u64(me(v).id.into()).into()), "The dictionary's id; 0 for raw content.")),
    Member(getter("dict_content", |cx, v| new_bytes(cx, &me(v).content).map(Reg::from), "The content.")),
];

/// `compression.zstd.ZstdDict`
pub static DICT_TYPE: TypeSpec = TypeSpec::of::<ZstdDict>("compression.zstd.ZstdDict")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), repr: Some(repr), len: Some(|_, v| Ok(me(v).content.len())), ..Slots::NONE })
    .methods(METHODS)
    .getsets(GETSETS)
    .members(MEMBERS);

/// The sizes of samples, which make up the whole.
fn sizes(cx: &mut Cx, v: Ref<'_>, total: usize, function: &str, at: usize) -> PyResult<Vec<usize>> {
    let Some(t) = v.downcast::<Tuple>() else {
        let n = type_of(v).name_text();
        return Err(cx.type_error(format!("{function}() argument {at} must be tuple, not {n}")));
    };
    let mut out = Vec::with_capacity(t.len());
    let mut sum = 0usize;
    for x in t.items() {
        if int::as_int(*x).is_none() {
            return Err(cx.type_error("an integer is required"));
        }
        let n = int::index_size(cx, *x)?;
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        sum = sum.saturating_add(n);
        out.push(n);
    }
    if sum != total {
        return Err(cx.value_error("The samples size tuple doesn't match the concatenation's size."));
    }
    Ok(out)
}

fn dict_size(cx: &mut Cx, v: Ref<'_>) -> PyResult<Vec<u8>> {
    let n = int::index_size(cx, v)?;
    if n <= 0 {
        return Err(cx.value_error("dict_size argument should be positive number."));
    }
    let Some(mut room) = objects::types::bytes::shared::room(n as usize) else { return Err(cx.memory_error()) };
    room.resize(n as usize, 0);
    Ok(room)
}

/// `train_dict(samples_bytes, samples_sizes, dict_size)`
pub fn train(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let samples = operand(cx, a[0])?;
    let mut out = dict_size(cx, a[2])?;
    let sizes = sizes(cx, a[1], samples.len(), "train_dict", 2)?;
    let data: &[u8] = &samples;
    let n = cx.detached(|| {
        let count = sizes.len() as u32;
        // SAFETY: output, samples and sizes are there.
        unsafe { zs::ZDICT_trainFromBuffer(out.as_mut_ptr().cast(), out.len(), data.as_ptr().cast(), sizes.as_ptr(), count) }
    });
    // SAFETY: a plain query; its codes are those of the library.
    if unsafe { zs::ZDICT_isError(n) } != 0 {
        check(cx, n, "train the Zstandard dictionary")?;
    }
    new_bytes(cx, &out[..n.min(out.len())]).map(Reg::from)
}

/// `finalize_dict(custom_dict_bytes, samples_bytes, samples_sizes, dict_size, compression_level)`
pub fn finalize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let content = operand(cx, a[0])?;
    let samples = operand(cx, a[1])?;
    let mut out = dict_size(cx, a[3])?;
    let level = int::c_int(cx, a[4])?;
    let sizes = sizes(cx, a[2], samples.len(), "finalize_dict", 3)?;
    let (content, data): (&[u8], &[u8]) = (&content, &samples);
    let n = cx.detached(|| {
        let p = zs::ZDICT_params_t { compressionLevel: level, notificationLevel: 0, dictID: 0 };
        // SAFETY: output, content, samples and sizes are there.
        unsafe {
            zs::ZDICT_finalizeDictionary(
                out.as_mut_ptr().cast(),
                out.len(),
                content.as_ptr().cast(),
                content.len(),
                data.as_ptr().cast(),
                sizes.as_ptr(),
                sizes.len() as u32,
                p,
            )
        }
    });
    // SAFETY: a plain query.
    if unsafe { zs::ZDICT_isError(n) } != 0 {
        check(cx, n, "finalize the Zstandard dictionary")?;
    }
    new_bytes(cx, &out[..n.min(out.len())]).map(Reg::from)
}
