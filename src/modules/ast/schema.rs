//! The classes of `_ast` as data: the abstract grammar of Python 3.14 (`Parser/Python.asdl`) row by row.

/// A class: its name, the sum it belongs to (or "AST"), and its fields as the grammar writes them.
pub struct Class {
    /// `If`
    pub name: &'static str,
    /// `stmt`
    pub base: &'static str,
    /// `expr test, stmt* body, stmt* orelse`
    pub fields: &'static str,
}

const fn c(name: &'static str, base: &'static str, fields: &'static str) -> Class {
    Class { name, base, fields }
}

/// Sums and products stand before what belongs to them.
pub const CLASSES: &[Class] = &[
    c("mod", "AST", ""),
    c("Module", "mod", "stmt* body, type_ignore* type_ignores"),
    c("Interactive", "mod", "stmt* body"),
    c("Expression", "mod", "expr body"),
    c("FunctionType", "mod", "expr* argtypes, expr returns"),
    c("stmt", "AST", ""),
    c(
        "FunctionDef",
        "stmt",
        "identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params",
    ),
    c(
        "AsyncFunctionDef",
        "stmt",
        "identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment, type_param* type_params",
    ),
    c("ClassDef", "stmt", "identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list, type_param* type_params"),
    c("Return", "stmt", "expr? value"),
    c("Delete", "stmt", "expr* targets"),
    c("Assign", "stmt", "expr* targets, expr value, string? type_comment"),
    c("TypeAlias", "stmt", "expr name, type_param* type_params, expr value"),
    c("AugAssign", "stmt", "expr target, operator op, expr value"),
    c("AnnAssign", "stmt", "expr target, expr annotation, expr? value, int simple"),
    c("For", "stmt", "expr target, expr iter, stmt* body, stmt* orelse, string? type_comment"),
    c("AsyncFor", "stmt", "expr target, expr iter, stmt* body, stmt* orelse, string? type_comment"),
    c("While", "stmt", "expr test, stmt* body, stmt* orelse"),
    c("If", "stmt", "expr test, stmt* body, stmt* orelse"),
    c("With", "stmt", "withitem* items, stmt* body, string? type_comment"),
    c("AsyncWith", "stmt", "withitem* items, stmt* body, string? type_comment"),
    c("Match", "stmt", "expr subject, match_case* cases"),
    c("Raise", "stmt", "expr? exc, expr? cause"),
    c("Try", "stmt", "stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody"),
    c("TryStar", "stmt", "stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody"),
    c("Assert", "stmt", "expr test, expr? msg"),
    c("Import", "stmt", "alias* names"),
    c("ImportFrom", "stmt", "identifier? module, alias* names, int? level"),
    c("Global", "stmt", "identifier* names"),
    c("Nonlocal", "stmt", "identifier* names"),
    c("Expr", "stmt", "expr value"),
    c("Pass", "stmt", ""),
    c("Break", "stmt", ""),
    c("Continue", "stmt", ""),
    c("expr", "AST", ""),
    c("BoolOp", "expr", "boolop op, expr* values"),
    c("NamedExpr", "expr", "expr target, expr value"),
    c("BinOp", "expr", "expr left, operator op, expr right"),
    c("UnaryOp", "expr", "unaryop op, expr operand"),
    c("Lambda", "expr", "arguments args, expr body"),
    c("IfExp", "expr", "expr test, expr body, expr orelse"),
    c("Dict", "expr", "expr?* keys, expr* values"),
    c("Set", "expr", "expr* elts"),
    c("ListComp", "expr", "expr elt, comprehension* generators"),
    c("SetComp", "expr", "expr elt, comprehension* generators"),
    c("DictComp", "expr", "expr key, expr value, comprehension* generators"),
    c("GeneratorExp", "expr", "expr elt, comprehension* generators"),
    c("Await", "expr", "expr value"),
    c("Yield", "expr", "expr? value"),
    c("YieldFrom", "expr", "expr value"),
    c("Compare", "expr", "expr left, cmpop* ops, expr* comparators"),
    c("Call", "expr", "expr func, expr* args, keyword* keywords"),
    c("FormattedValue", "expr", "expr value, int conversion, expr? format_spec"),
    c("Interpolation", "expr", "expr value, constant str, int conversion, expr? format_spec"),
    c("JoinedStr", "expr", "expr* values"),
    c("TemplateStr", "expr", "expr* values"),
    c("Constant", "expr", "constant value, string? kind"),
    c("Attribute", "expr", "expr value, identifier attr, expr_context ctx"),
    c("Subscript", "expr", "expr value, expr slice, expr_context ctx"),
    c("Starred", "expr", "expr value, expr_context ctx"),
    c("Name", "expr", "identifier id, expr_context ctx"),
    c("List", "expr", "expr* elts, expr_context ctx"),
    c("Tuple", "expr", "expr* elts, expr_context ctx"),
    c("Slice", "expr", "expr? lower, expr? upper, expr? step"),
    c("expr_context", "AST", ""),
    c("Load", "expr_context", ""),
    c("Store", "expr_context", ""),
    c("Del", "expr_context", ""),
    c("boolop", "AST", ""),
    c("And", "boolop", ""),
    c("Or", "boolop", ""),
    c("operator", "AST", ""),
    c("Add", "operator", ""),
    c("Sub", "operator", ""),
    c("Mult", "operator", ""),
    c("MatMult", "operator", ""),
    c("Div", "operator", ""),
    c("Mod", "operator", ""),
    c("Pow", "operator", ""),
    c("LShift", "operator", ""),
    c("RShift", "operator", ""),
    c("BitOr", "operator", ""),
    c("BitXor", "operator", ""),
    c("BitAnd", "operator", ""),
    c("FloorDiv", "operator", ""),
    c("unaryop", "AST", ""),
    c("Invert", "unaryop", ""),
    c("Not", "unaryop", ""),
    c("UAdd", "unaryop", ""),
    c("USub", "unaryop", ""),
    c("cmpop", "AST", ""),
    c("Eq", "cmpop", ""),
    c("NotEq", "cmpop", ""),
    c("Lt", "cmpop", ""),
    c("LtE", "cmpop", ""),
    c("Gt", "cmpop", ""),
    c("GtE", "cmpop", ""),
    c("Is", "cmpop", ""),
    c("IsNot", "cmpop", ""),
    c("In", "cmpop", ""),
    c("NotIn", "cmpop", ""),
    c("comprehension", "AST", "expr target, expr iter, expr* ifs, int is_async"),
    c("excepthandler", "AST", ""),
    c("ExceptHandler", "excepthandler", "expr? type, identifier? name, stmt* body"),
    c("arguments", "AST", "arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr?* kw_defaults, arg? kwarg, expr* defaults"),
    c("arg", "AST", "identifier arg, expr? annotation, string? type_comment"),
    c("keyword", "AST", "identifier? arg, expr value"),
    c("alias", "AST", "identifier name, identifier? asname"),
    c("withitem", "AST", "expr context_expr, expr? optional_vars"),
    c("match_case", "AST", "pattern pattern, expr? guard, stmt* body"),
    c("pattern", "AST", ""),
    c("MatchValue", "pattern", "expr value"),
    c("MatchSingleton", "pattern", "constant value"),
    c("MatchSequence", "pattern", "pattern* patterns"),
    c("MatchMapping", "pattern", "expr* keys, pattern* patterns, identifier? rest"),
    c("MatchClass", "pattern", "expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns"),
    c("MatchStar", "pattern", "identifier? name"),
    c("MatchAs", "pattern", "pattern? pattern, identifier? name"),
    c("MatchOr", "pattern", "pattern* patterns"),
    c("type_ignore", "AST", ""),
    c("TypeIgnore", "type_ignore", "int lineno, string tag"),
    c("type_param", "AST", ""),
    c("TypeVar", "type_param", "identifier name, expr? bound, expr? default_value"),
    c("ParamSpec", "type_param", "identifier name, expr? default_value"),
    c("TypeVarTuple", "type_param", "identifier name, expr? default_value"),
];

/// How many fields follow in the row's text.
pub fn fields(c: &Class) -> impl Iterator<Item = (&'static str, &'static str)> {
    c.fields.split(", ").filter_map(|f| f.split_once(' '))
}

/// The attributes of a class: where it stands in the source.
pub fn attributes(name: &str) -> &'static [&'static str] {
    match name {
        "stmt" | "expr" | "excepthandler" | "arg" | "keyword" | "alias" | "pattern" | "type_param" => {
            &["lineno", "col_offset", "end_lineno", "end_col_offset"]
        }
        _ => &[],
    }
}

/// Whether the end positions must be given (patterns and type parameters).
pub fn end_is_required(name: &str) -> bool {
    matches!(name, "pattern" | "type_param")
}

/// Whether the class is a sum: it has alternatives and is not made itself.
pub fn is_sum(name: &str) -> bool {
    CLASSES.iter().any(|c| c.base == name)
}

const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The row of a class.
pub const fn index_of(name: &str) -> usize {
    let mut i = 0;
    while i < CLASSES.len() {
        if same(CLASSES[i].name, name) {
            return i;
        }
        i += 1;
    }
    panic!("not a class of the grammar")
}

/// The docstring: the rule as the grammar writes it.
pub fn rule(c: &Class) -> String {
    if !is_sum(c.name) {
        return if c.fields.is_empty() { c.name.to_string() } else { format!("{}({})", c.name, c.fields) };
    }
    let lead = format!("\n{}| ", " ".repeat(c.name.len() + 1));
    let all: Vec<String> = CLASSES.iter().filter(|k| k.base == c.name).map(rule).collect();
    // Alternatives without fields stand in one line.
    let joint = if all.iter().all(|a| !a.contains('(')) { " | " } else { lead.as_str() };
    format!("{} = {}", c.name, all.join(joint))
}
