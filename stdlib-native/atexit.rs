//! `atexit`: functions to be called when the interpreter ends.

use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Method, function, raw_function};
use objects::protocol::{call, compare};
use objects::types::dict::{Dict, as_dict};
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::{Args, Cx, PyResult};
use std::sync::OnceLock;

static CALLBACKS: OnceLock<u64> = OnceLock::new();

/// The list of `(function, args, kwargs)`.
fn callbacks() -> gc::Gc<List> {
    let w = *CALLBACKS.get_or_init(|| {
        let l = List::new();
        l.header().make_immortal();
        l.into_value().into_word().0
    });
    // SAFETY: an immortal list.
    unsafe { gc::Gc::from_value(Ref::from_word(Word(w)).to_value()) }
}

fn register(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    let Some((f, rest)) = args.positional().split_first() else {
        return Err(cx.type_error("register() takes at least 1 argument (0 given)"));
    };
    if !call::is_callable(*f) {
        return Err(cx.type_error("the first argument must be callable"));
    }
    let keywords = Dict::new();
    for (name, value) in args.keywords() {
        keywords.set(cx, name, value)?;
    }
    let row = Tuple::from_values(vec![f.to_value(), Tuple::from_refs(rest).into_value(), keywords.into_value()]);
    callbacks().append(cx, row.into_value())?;
    Ok(f.to_value().into())
}

/// Calls everything that is registered, the last one first. Errors are reported.
pub fn run(cx: &mut Cx) {
    while let Some(row) = callbacks().pop_last() {
        let Some([f, args, keywords]) = row.as_ref().exact::<Tuple>().map(Tuple::items) else { continue };
        let mut items: Vec<Ref<'_>> = args.exact::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
        let (names, values): (Vec<Value>, Vec<Value>) = as_dict(*keywords).map(Dict::items).unwrap_or_default().into_iter().unzip();
        let names = (!names.is_empty()).then(|| Tuple::from_values(names));
        items.extend(values.iter().map(Value::as_ref));
        if let Err(e) = call::call(cx, *f, Args { items: &items, names: names.as_deref() }) {
            cx.unraisable(e, "Exception ignored in atexit callback", *f);
        }
    }
}

fn unregister(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let list = callbacks();
    for row in list.snapshot(cx) {
        let Some(f) = row.as_ref().exact::<Tuple>().and_then(|t| t.items().first().copied()) else { continue };
        if compare::equal(cx, f, a[0])? {
            let at = list.snapshot(cx).iter().position(|r| r.is(&row));
            if let Some(at) = at
                && list.remove_if(at, &row).is_err()
            {
                return Err(cx.memory_error());
            }
        }
    }
    Ok(Value::NONE.into())
}

static FUNCTIONS: &[Method] = &[
    raw_function("register", "", register, "Has a function called at the end: register(func, /, *args, **kwargs)."),
    function("unregister", "($module, func, /)", unregister, "Forgets a function."),
    function(
        "_run_exitfuncs",
        "($module, /)",
        |cx, _| {
            run(cx);
            Ok(Value::NONE.into())
        },
        "Calls all functions now.",
    ),
    function(
        "_clear",
        "($module, /)",
        |_, _| {
            drop(callbacks().take_all());
            Ok(Value::NONE.into())
        },
        "Forgets all functions.",
    ),
    function("_ncallbacks", "($module, /)", |_, _| Ok(int::from_usize(callbacks().len()).into()), "How many functions there are."),
];

/// `atexit`.
pub static MODULE: ModuleDef =
    ModuleDef { name: "atexit", doc: "Functions to be called at the end.", functions: FUNCTIONS, init: |_, _| Ok(()) };
