//! `_symtable`: the compiler's tables of names, for the library's `symtable`.

use crate::source;
use compiler::scope::{ScopeId, ScopeKind, Symtable, Where};
use compiler::{Mode, Options};
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{Member, Method, function, getter};
use objects::protocol::path;
use objects::types::dict::Dict;
use objects::types::int;
use objects::types::list::List;
use objects::types::module::ModuleDef;
use objects::types::str::{Str, as_str};
use objects::types::type_::slots::Slots;
use objects::types::type_::{TypeSpec, flags, type_of};
use objects::{Cx, PyResult};

/// The type id.
const ID: u32 = 640;
/// Where the kind of a name begins in a symbol's number.
const OFFSET: u32 = 12;

/// `symtable entry` object.
#[repr(C)]
pub struct Entry {
    /// Name, symbols, parameters and blocks within.
    parts: [Value; 4],
    nested: bool,
    kind: i64,
    line: i64,
}
// SAFETY: visits every word.
unsafe impl Payload for Entry {
    const TYPE_ID: u32 = ID;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        self.parts.iter().for_each(|v| visit(v.word()));
    }
}

fn me(v: Ref<'_>) -> &Entry {
    // SAFETY: slots and getters check their receiver.
    unsafe { v.cast::<Entry>() }
}

fn address(v: Ref<'_>) -> i64 {
    v.word().header() as i64
}

fn repr(_cx: &mut Cx, v: Ref<'_>) -> PyResult<Reg> {
    let e = me(v);
    let name = as_str(e.parts[0].as_ref()).map_or_else(String::new, Str::to_string_lossy);
    Ok(objects::types::str::text(&format!("<symtable entry {name}({}), line {}>", address(v), e.line)))
}

static MEMBERS: &[Member] = &[
    Member(getter("id", |_, v| Ok(int::reg(address(v))), "")),
    Member(getter("name", |_, v| Ok(me(v).parts[0].clone().into()), "")),
    Member(getter("symbols", |_, v| Ok(me(v).parts[1].clone().into()), "")),
    Member(getter("varnames", |_, v| Ok(me(v).parts[2].clone().into()), "")),
    Member(getter("children", |_, v| Ok(me(v).parts[3].clone().into()), "")),
    Member(getter("nested", |_, v| Ok(int::reg(i64::from(me(v).nested))), "")),
    Member(getter("type", |_, v| Ok(int::reg(me(v).kind)), "")),
    Member(getter("lineno", |_, v| Ok(int::reg(me(v).line)), "")),
];

/// `symtable entry`.
pub static ENTRY_TYPE: TypeSpec =
    TypeSpec::of::<Entry>("symtable entry").flags(flags::NO_NEW).slots(Slots { repr: Some(repr), ..Slots::NONE }).members(MEMBERS);

fn kind_of(kind: ScopeKind) -> i64 {
    match kind {
        ScopeKind::Function => 0,
        ScopeKind::Class => 1,
        ScopeKind::Module => 2,
        ScopeKind::Annotation => 3,
        ScopeKind::TypeAlias => 4,
        ScopeKind::TypeParameters => 5,
        ScopeKind::TypeVariable => 6,
    }
}

/// The blocks within a block; comprehensions that are part of their parents give theirs away.
fn children(table: &Symtable, id: ScopeId, out: &mut Vec<ScopeId>) {
    for &child in &table.scopes[id].children {
        if table.scopes[child].inlined {
            children(table, child, out);
        } else {
            out.push(child);
        }
    }
}

fn entry(cx: &mut Cx, table: &Symtable, id: ScopeId) -> PyResult<Value> {
    cx.check_native_stack()?;
    let scope = &table.scopes[id];
    let symbols = Dict::new();
    for (name, symbol) in scope.symbols.iter() {
        let place = match symbol.place {
            Where::Unknown => 0,
            Where::Local => 1,
            Where::GlobalExplicit => 2,
            Where::GlobalImplicit => 3,
            Where::Free => 4,
            Where::Cell => 5,
        };
        let n = Value::small_int(i64::from(symbol.flags | place << OFFSET));
        symbols.set(cx, Str::from_text(name).into_value().as_ref(), n.as_ref())?;
    }
    let names = scope.params.iter().map(|p| Str::from_text(p).into_value()).collect();
    let mut within = Vec::new();
    children(table, id, &mut within);
    let mut entries = Vec::with_capacity(within.len());
    for child in within {
        entries.push(entry(cx, table, child)?);
    }
    let parts = [
        Str::from_text(&scope.name).into_value(),
        symbols.into_value(),
        List::from_values(names).into_value(),
        List::from_values(entries).into_value(),
    ];
    let line = if id == 0 { 0 } else { i64::from(scope.pos.line) };
    Ok(gc::alloc(Entry { parts, nested: scope.nested, kind: kind_of(scope.kind), line }).into_value())
}

fn symtable(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let name = path::fspath(cx, a[1])?;
    let filename = match as_str(name.as_ref()) {
        Some(s) => s.to_string_lossy(),
        None => String::from_utf8_lossy(&objects::protocol::buffer::bytes_of(cx, name.as_ref())?).into_owned(),
    };
    let Some(mode) = as_str(a[2]) else {
        let n = type_of(a[2]).shown_name();
        return Err(cx.type_error(format!("symtable() argument 3 must be str, not {n}")));
    };
    let text = source::text_of(cx, a[0], "symtable() arg 1", "a string or bytes object", &filename)?;
    let mode = match mode.to_string_lossy().as_str() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => return Err(cx.value_error("symtable() arg 3 must be 'exec' or 'eval' or 'single'")),
    };
    let options = Options { ..source::options() };
    let table = compiler::parse(&text, mode, &options).and_then(|p| compiler::symtable(&p.tree, &options).map_err(|e| e.with_text(&text)));
    match table {
        Ok(t) => entry(cx, &t, 0).map(Reg::from),
        Err(e) => Err(source::syntax_error(cx, &e, &filename)),
    }
}

static FUNCTIONS: &[Method] = &[function(
    "symtable",
    "($module, source, filename, startstr, /)",
    symtable,
    "Return symbol and scope dictionaries used internally by compiler.",
)];

/// `_symtable`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_symtable",
    doc: "",
    functions: FUNCTIONS,
    init: |_, m| {
        use compiler::scope::def;
        let constants = [
            ("USE", def::USE),
            ("DEF_GLOBAL", def::GLOBAL),
            ("DEF_NONLOCAL", def::NONLOCAL),
            ("DEF_LOCAL", def::LOCAL),
            ("DEF_PARAM", def::PARAM),
            ("DEF_TYPE_PARAM", def::TYPE_PARAM),
            ("DEF_FREE_CLASS", def::FREE_CLASS),
            ("DEF_IMPORT", def::IMPORT),
            ("DEF_BOUND", def::LOCAL | def::PARAM | def::IMPORT),
            ("DEF_ANNOT", def::ANNOT),
            ("DEF_COMP_ITER", def::COMP_ITER),
            ("DEF_COMP_CELL", def::COMP_CELL),
            ("TYPE_FUNCTION", 0),
            ("TYPE_CLASS", 1),
            ("TYPE_MODULE", 2),
            ("TYPE_ANNOTATION", 3),
            ("TYPE_TYPE_ALIAS", 4),
            ("TYPE_TYPE_PARAMETERS", 5),
            ("TYPE_TYPE_VARIABLE", 6),
            ("LOCAL", 1),
            ("GLOBAL_EXPLICIT", 2),
            ("GLOBAL_IMPLICIT", 3),
            ("FREE", 4),
            ("CELL", 5),
            ("SCOPE_OFF", OFFSET),
            ("SCOPE_MASK", 15),
        ];
        for (name, n) in constants {
            m.add(name, Value::small_int(i64::from(n)));
        }
        Ok(())
    },
};
