//! Messages and places of syntax errors, as CPython 3.14 gives them.

use compiler::{ErrorKind, Mode, Options};

fn error(source: &str) -> (ErrorKind, String, u32, u32) {
    match compiler::compile(source, "<test>", Mode::Exec, &Options::default()) {
        Ok(_) => panic!("{source:?} compiles"),
        Err(e) => (e.kind, e.message, e.line, e.col),
    }
}

#[test]
fn messages_and_places() {
    use ErrorKind::{IndentationError, SyntaxError, TabError};
    let table = [
        ("x = (", SyntaxError, "'(' was never closed", 1, 5),
        ("x = (1]", SyntaxError, "closing parenthesis ']' does not match opening parenthesis '('", 1, 7),
        ("if x\n  y\n", SyntaxError, "expected ':'", 1, 5),
        ("if x:\ny\n", IndentationError, "expected an indented block after 'if' statement on line 1", 2, 1),
        ("x\n y\n", IndentationError, "unexpected indent", 2, 1),
        ("if x:\n    y\n  z\n", IndentationError, "unindent does not match any outer indentation level", 3, 4),
        ("if x:\n\ty\n        z\n", TabError, "inconsistent use of tabs and spaces in indentation", 3, 1),
        ("x = 'abc", SyntaxError, "unterminated string literal (detected at line 1)", 1, 5),
        ("f() = 1", SyntaxError, "cannot assign to function call here. Maybe you meant '==' instead of '='?", 1, 1),
        ("(a, 1) = x", SyntaxError, "cannot assign to literal", 1, 5),
        ("None = 1", SyntaxError, "cannot assign to None", 1, 1),
        ("[1, 2 3]", SyntaxError, "invalid syntax. Perhaps you forgot a comma?", 1, 5),
        ("print 'x'", SyntaxError, "Missing parentheses in call to 'print'. Did you mean print(...)?", 1, 1),
        ("def f(a, a): pass", SyntaxError, "duplicate argument 'a' in function definition", 1, 10),
        ("return", SyntaxError, "'return' outside function", 1, 1),
        ("break", SyntaxError, "'break' outside loop", 1, 1),
        ("def f():\n  await x", SyntaxError, "'await' outside async function", 2, 3),
        ("def f():\n  x = 1\n  global x", SyntaxError, "name 'x' is assigned to before global declaration", 3, 3),
        ("def f():\n  nonlocal x", SyntaxError, "no binding for nonlocal 'x' found", 2, 3),
        ("f'{a b}'", SyntaxError, "invalid syntax. Perhaps you forgot a comma?", 1, 4),
        ("f'{}'", SyntaxError, "f-string: valid expression required before '}'", 1, 4),
        ("x = 0777", SyntaxError, "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers", 1, 5),
        ("match x:\n case _: pass\n case 1: pass", SyntaxError, "wildcard makes remaining patterns unreachable", 2, 7),
        ("try:\n  x\ny", SyntaxError, "expected 'except' or 'finally' block", 3, 1),
    ];
    for (source, kind, message, line, col) in table {
        assert_eq!(error(source), (kind, message.to_owned(), line, col), "{source:?}");
    }
}

#[test]
fn deep_texts_are_refused_and_long_chains_are_not() {
    let refused = [
        "(".repeat(100_000),
        format!("{}1", "-".repeat(100_000)),
        format!("a{}", ".b".repeat(100_000)),
        format!("1{}", "+1".repeat(100_000)),
        format!("{}1", "lambda:".repeat(100_000)),
        format!("f{}", "()".repeat(100_000)),
        "[".repeat(100_000),
    ];
    for source in &refused {
        assert!(compiler::compile(source, "<test>", Mode::Exec, &Options::default()).is_err());
    }
    let fine = [format!("x{}", "+x".repeat(5000)), format!("a{}", ".b".repeat(3000)), format!("{}x{}", "(".repeat(150), ")".repeat(150))];
    for source in &fine {
        assert!(compiler::compile(source, "<test>", Mode::Exec, &Options::default()).is_ok());
    }
}

#[test]
fn null_bytes() {
    assert_eq!(error("a\0b").1, "source code cannot contain null bytes");
}

#[test]
fn warnings() {
    let of = |source: &str| -> Vec<String> {
        let compiled = compiler::compile(source, "<test>", Mode::Exec, &Options::default()).expect("compiles");
        compiled.warnings.into_iter().map(|w| w.message).collect()
    };
    assert_eq!(of("x is 1"), ["\"is\" with 'int' literal. Did you mean \"==\"?"]);
    assert_eq!(of("1(2)"), ["'int' object is not callable; perhaps you missed a comma?"]);
    assert_eq!(of("assert (x, 'y')"), ["assertion is always true, perhaps remove parentheses?"]);
    assert_eq!(of("def f():\n try: pass\n finally: return 1"), ["'return' in a 'finally' block"]);
    let escape = "\"\\d\" is an invalid escape sequence. Such sequences will not work in the future. Did you mean \"\\\\d\"? A raw string is also an option.";
    assert_eq!(of("'\\d'"), [escape]);
}
