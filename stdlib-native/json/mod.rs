//! `_json`: the fast half of the json package. [`scan`] reads, [`encode`] writes, [`escape`] has the texts of strings.

pub mod encode;
pub mod escape;
pub mod scan;
pub mod scanner;

use gc::{Payload, Ref, Reg};
use objects::native::{Method, function, raw_function};
use objects::protocol::{attr, call};
use objects::types::int;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::tuple::Tuple;
use objects::types::type_::{TypeSpec, type_of, type_value};
use objects::{Args, Cx, PyResult, Raised};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const SCANNER: u32 = 554;
    pub const ENCODER: u32 = 555;
}

/// The types.
pub static SPECS: &[&TypeSpec] = &[&scanner::SCANNER_TYPE, &encode::ENCODER_TYPE];

/// Why a text is not JSON.
pub enum Fault {
    /// JSONDecodeError with this message at this index.
    Message(&'static str, usize),
    /// There is no value at this index: StopIteration.
    NoValue(usize),
    /// Something else has been raised.
    Raised(Raised),
}

impl From<Raised> for Fault {
    fn from(r: Raised) -> Fault {
        Fault::Raised(r)
    }
}

/// Raises what a fault means for this text.
fn raise(cx: &mut Cx, f: Fault, text: &Str) -> Raised {
    let (message, at) = match f {
        Fault::Raised(r) => return r,
        Fault::NoValue(i) => {
            let e = objects::types::exception::stop_iteration(int::from_usize(i));
            return cx.raise_new(e);
        }
        Fault::Message(m, at) => (m, at),
    };
    let made = (|| {
        let decoder = cx.host.import(cx, "json.decoder")?;
        let class = attr::get_text(cx, decoder.as_ref(), "JSONDecodeError")?.into_value();
        let (m, at) = (Str::from_text(message).into_value(), int::from_usize(at));
        call::positional(cx, class.as_ref(), &[m.as_ref(), text.as_ref(), at.as_ref()])
    })();
    match made {
        Ok(e) => cx.raise_new(e),
        Err(r) => r,
    }
}

fn text_argument<'a>(cx: &mut Cx, v: Ref<'a>) -> PyResult<&'a Str> {
    match as_str(v) {
        Some(s) => Ok(s),
        None => {
            let n = type_of(v).shown_name();
            Err(cx.type_error(format!("first argument must be a string, not {n}")))
        }
    }
}

fn scan_string(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    args.no_keywords(cx, "scanstring")?;
    let p = args.items;
    if p.len() < 2 || p.len() > 3 {
        let (most, n) = if p.len() < 2 { ("least", 2) } else { ("most", 3) };
        return Err(cx.type_error(format!("scanstring() takes at {most} {n} arguments ({} given)", p.len())));
    }
    let end = int::index_i64(cx, p[1])?;
    let strict = match p.get(2) {
        Some(v) => objects::protocol::truth::of(cx, *v)?,
        None => true,
    };
    let s = text_argument(cx, p[0])?;
    let start = match usize::try_from(end) {
        Ok(e) if e <= s.len() => e,
        _ => return Err(cx.value_error("end is out of bounds")),
    };
    match scan::string(cx, s.units(), start, strict) {
        Ok((v, next)) => Ok(Tuple::from_values(vec![v, int::from_usize(next)]).into()),
        Err(f) => Err(raise(cx, f, s)),
    }
}

fn quoted(cx: &mut Cx, a: &[Ref<'_>], ascii: bool) -> PyResult<Reg> {
    let s = text_argument(cx, a[0])?;
    let mut out = escape::Output::default();
    out.quote(s.units(), ascii);
    out.finish(cx).map(Reg::from)
}

static FUNCTIONS: &[Method] = &[
    function("encode_basestring_ascii", "($module, object, /)", |cx, a| quoted(cx, a, true), "A string as ASCII-only JSON."),
    function("encode_basestring", "($module, object, /)", |cx, a| quoted(cx, a, false), "A string as JSON."),
    raw_function("scanstring", "", scan_string, "Reads a JSON string that starts before an index; the string and where it ends."),
];

/// `_json`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_json",
    doc: "json speedups\n",
    functions: FUNCTIONS,
    init: |_, m| {
        m.add("make_scanner", type_value(ids::SCANNER));
        m.add("make_encoder", type_value(ids::ENCODER));
        Ok(())
    },
};
