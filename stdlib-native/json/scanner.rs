//! `make_scanner`: a decoder's settings as a callable that reads one value.

use super::{ids, raise, scan, text_argument};
use crate::guarded::make;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Member, getter};
use objects::protocol::{attr, truth};
use objects::types::int;
use objects::types::tuple::Tuple;
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::{Args, Cx, PyResult};

/// What a decoder wants; never changes.
#[repr(C)]
pub struct Hooks {
    /// Control characters are not allowed in strings.
    pub strict: bool,
    /// `parse_float` is `float`.
    pub plain_float: bool,
    /// `parse_int` is `int`.
    pub plain_int: bool,
    /// Called with each object, or None.
    pub object_hook: Value,
    /// Called with the pairs of each object, or None.
    pub object_pairs_hook: Value,
    /// Makes floats.
    pub parse_float: Value,
    /// Makes ints.
    pub parse_int: Value,
    /// Makes NaN and infinities.
    pub parse_constant: Value,
}
// SAFETY: visits all words.
unsafe impl Payload for Hooks {
    const TYPE_ID: u32 = ids::SCANNER;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        for v in [&self.object_hook, &self.object_pairs_hook, &self.parse_float, &self.parse_int, &self.parse_constant] {
            visit(v.word());
        }
    }
}

fn me(v: Ref<'_>) -> &Hooks {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Hooks>() }
}

crate::parameters!(NEW, "make_scanner", "($self, context)");
crate::parameters!(CALL, "scan_once", "($self, string, idx)");

fn new(cx: &mut Cx, class: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    NEW.bind(cx, args, |cx, a| {
        let strict = attr::get_text(cx, a[0], "strict")?.into_value();
        let strict = truth::of(cx, strict.as_ref())?;
        let mut get = |name: &str| attr::get_text(cx, a[0], name).map(Reg::into_value);
        let object_hook = get("object_hook")?;
        let object_pairs_hook = get("object_pairs_hook")?;
        let parse_float = get("parse_float")?;
        let parse_int = get("parse_int")?;
        let parse_constant = get("parse_constant")?;
        let plain_float = parse_float.is(&type_value(objects::ids::FLOAT));
        let plain_int = parse_int.is(&type_value(objects::ids::INT));
        Ok(make(class, Hooks { strict, plain_float, plain_int, object_hook, object_pairs_hook, parse_float, parse_int, parse_constant }))
    })
}

fn scan_once(cx: &mut Cx, v: Ref<'_>, args: Args<'_>) -> PyResult<Reg> {
    CALL.bind(cx, args, |cx, a| {
        let at = int::index_i64(cx, a[1])?;
        let s = text_argument(cx, a[0])?;
        let Ok(at) = usize::try_from(at) else { return Err(cx.value_error("idx cannot be negative")) };
        match scan::value(cx, me(v), s.units(), at) {
            Ok((v, end)) => Ok(Tuple::from_values(vec![v, int::from_usize(end)]).into()),
            Err(f) => Err(raise(cx, f, s)),
        }
    })
}

static MEMBERS: &[Member] = &[
    Member(getter("strict", |_, v| Ok(Value::bool(me(v).strict).into()), "strict")),
    Member(getter("object_hook", |_, v| Ok(me(v).object_hook.clone().into()), "object_hook")),
    Member(getter("object_pairs_hook", |_, v| Ok(me(v).object_pairs_hook.clone().into()), "object_pairs_hook")),
    Member(getter("parse_float", |_, v| Ok(me(v).parse_float.clone().into()), "parse_float")),
    Member(getter("parse_int", |_, v| Ok(me(v).parse_int.clone().into()), "parse_int")),
    Member(getter("parse_constant", |_, v| Ok(me(v).parse_constant.clone().into()), "parse_constant")),
];

/// `_json.Scanner`.
pub static SCANNER_TYPE: TypeSpec = TypeSpec::of::<Hooks>("_json.Scanner")
    .flags(flags::BASE)
    .slots(Slots { new: Some(new), call: Some(scan_once), ..Slots::NONE })
    .members(MEMBERS)
    .doc("JSON scanner object");
