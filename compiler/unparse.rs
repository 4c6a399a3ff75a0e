//! Expressions back to text, for annotations under `from __future__ import annotations` and for messages. Spacing and
//! parentheses are those of CPython's `ast_unparse.c`.

use crate::tree::*;

/// Binding strength, weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Tuple,
    Test,
    Or,
    And,
    Not,
    Cmp,
    Bor,
    Bxor,
    Band,
    Shift,
    Arith,
    Term,
    Factor,
    Power,
    Await,
    Atom,
}

const LEVELS: [Level; 16] = [
    Level::Tuple,
    Level::Test,
    Level::Or,
    Level::And,
    Level::Not,
    Level::Cmp,
    Level::Bor,
    Level::Bxor,
    Level::Band,
    Level::Shift,
    Level::Arith,
    Level::Term,
    Level::Factor,
    Level::Power,
    Level::Await,
    Level::Atom,
];

fn above(level: Level) -> Level {
    LEVELS[(level as usize + 1).min(15)]
}

/// The text of an expression.
pub fn expression(e: &Expr) -> PyStr {
    let mut w = Writer { out: Vec::new() };
    w.expr(e, Level::Test);
    PyStr::from_wtf8(w.out)
}

struct Writer {
    out: Vec<u8>,
}

impl Writer {
    fn text(&mut self, s: &str) {
        self.out.extend(s.as_bytes());
    }

    fn list(&mut self, items: &[Expr], level: Level) {
        for (i, e) in items.iter().enumerate() {
            if i > 0 {
                self.text(", ");
            }
            self.expr(e, level);
        }
    }

    fn wrapped(&mut self, paren: bool, f: impl FnOnce(&mut Self)) {
        if paren {
            self.text("(");
        }
        f(self);
        if paren {
            self.text(")");
        }
    }

    fn expr(&mut self, e: &Expr, level: Level) {
        match &e.kind {
            ExprKind::BoolOp { op, values } => {
                let (word, own) = match op {
                    BoolOp::And => (" and ", Level::And),
                    BoolOp::Or => (" or ", Level::Or),
                };
                self.wrapped(level > own, |w| {
                    for (i, v) in values.iter().enumerate() {
                        if i > 0 {
                            w.text(word);
                        }
                        w.expr(v, above(own));
                    }
                });
            }
            ExprKind::NamedExpr { target, value } => {
                self.wrapped(level > Level::Tuple, |w| {
                    w.expr(target, Level::Atom);
                    w.text(" := ");
                    w.expr(value, Level::Atom);
                });
            }
            ExprKind::BinOp { left, op, right } => {
                let (symbol, own, right_assoc) = operator(*op);
                self.wrapped(level > own, |w| {
                    w.expr(left, if right_assoc { above(own) } else { own });
                    w.text(symbol);
                    w.expr(right, if right_assoc { own } else { above(own) });
                });
            }
            ExprKind::UnaryOp { op, operand } => {
                let (symbol, own) = match op {
                    UnaryOp::Invert => ("~", Level::Factor),
                    UnaryOp::Not => ("not ", Level::Not),
                    UnaryOp::UAdd => ("+", Level::Factor),
                    UnaryOp::USub => ("-", Level::Factor),
                };
                self.wrapped(level > own, |w| {
                    w.text(symbol);
                    w.expr(operand, own);
                });
            }
            ExprKind::Lambda { args, body } => {
                self.wrapped(level > Level::Test, |w| {
                    w.text(if args.all().next().is_some() { "lambda " } else { "lambda" });
                    w.arguments(args);
                    w.text(": ");
                    w.expr(body, Level::Test);
                });
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.wrapped(level > Level::Test, |w| {
                    w.expr(body, above(Level::Test));
                    w.text(" if ");
                    w.expr(test, above(Level::Test));
                    w.text(" else ");
                    w.expr(orelse, Level::Test);
                });
            }
            ExprKind::Dict { keys, values } => {
                self.text("{");
                for (i, (k, v)) in keys.iter().zip(values).enumerate() {
                    if i > 0 {
                        self.text(", ");
                    }
                    match k {
                        Some(k) => {
                            self.expr(k, Level::Test);
                            self.text(": ");
                            self.expr(v, Level::Test);
                        }
                        None => {
                            self.text("**");
                            self.expr(v, Level::Bor);
                        }
                    }
                }
                self.text("}");
            }
            ExprKind::Set { elts } => {
                self.text("{");
                self.list(elts, Level::Test);
                self.text("}");
            }
            ExprKind::ListComp { elt, generators } => self.comp("[", "]", elt, None, generators),
            ExprKind::SetComp { elt, generators } => self.comp("{", "}", elt, None, generators),
            ExprKind::GeneratorExp { elt, generators } => self.comp("(", ")", elt, None, generators),
            ExprKind::DictComp { key, value, generators } => self.comp("{", "}", key, Some(value), generators),
            ExprKind::Await { value } => {
                self.wrapped(level > Level::Await, |w| {
                    w.text("await ");
                    w.expr(value, Level::Atom);
                });
            }
            ExprKind::Yield { value } => {
                self.text("(yield");
                if let Some(v) = value {
                    self.text(" ");
                    self.expr(v, Level::Test);
                }
                self.text(")");
            }
            ExprKind::YieldFrom { value } => {
                self.text("(yield from ");
                self.expr(value, Level::Test);
                self.text(")");
            }
            ExprKind::Compare { left, ops, comparators } => {
                self.wrapped(level > Level::Cmp, |w| {
                    w.expr(left, above(Level::Cmp));
                    for (op, c) in ops.iter().zip(comparators) {
                        w.text(match op {
                            CmpOp::Eq => " == ",
                            CmpOp::NotEq => " != ",
                            CmpOp::Lt => " < ",
                            CmpOp::LtE => " <= ",
                            CmpOp::Gt => " > ",
                            CmpOp::GtE => " >= ",
                            CmpOp::Is => " is ",
                            CmpOp::IsNot => " is not ",
                            CmpOp::In => " in ",
                            CmpOp::NotIn => " not in ",
                        });
                        w.expr(c, above(Level::Cmp));
                    }
                });
            }
            ExprKind::Call { func, args, keywords } => {
                self.expr(func, Level::Atom);
                if let ([Expr { kind: ExprKind::GeneratorExp { .. }, .. }], []) = (&args[..], &keywords[..]) {
                    self.expr(&args[0], Level::Atom);
                    return;
                }
                self.text("(");
                self.list(args, Level::Test);
                for (i, k) in keywords.iter().enumerate() {
                    if i > 0 || !args.is_empty() {
                        self.text(", ");
                    }
                    match &k.arg {
                        Some(name) => {
                            self.text(name);
                            self.text("=");
                        }
                        None => self.text("**"),
                    }
                    self.expr(&k.value, Level::Test);
                }
                self.text(")");
            }
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => self.interpolated(e, 'f'),
            ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => self.interpolated(e, 't'),
            ExprKind::Constant { value, kind } => {
                if kind.as_deref() == Some("u") {
                    self.text("u");
                }
                self.constant(value);
            }
            ExprKind::Attribute { value, attr, .. } => {
                self.expr(value, Level::Atom);
                // `1.real` would be a float.
                if matches!(&value.kind, ExprKind::Constant { value: Constant::Int(_) | Constant::BigInt(_), .. }) {
                    self.text(" ");
                }
                self.text(".");
                self.text(attr);
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value, Level::Atom);
                self.text("[");
                self.expr(slice, Level::Tuple);
                self.text("]");
            }
            ExprKind::Starred { value, .. } => {
                self.text("*");
                self.expr(value, Level::Bor);
            }
            ExprKind::Name { id, .. } => self.text(id),
            ExprKind::List { elts, .. } => {
                self.text("[");
                self.list(elts, Level::Test);
                self.text("]");
            }
            ExprKind::Tuple { elts, .. } => {
                if elts.is_empty() {
                    return self.text("()");
                }
                self.wrapped(level > Level::Tuple, |w| {
                    w.list(elts, Level::Test);
                    if elts.len() == 1 {
                        w.text(",");
                    }
                });
            }
            ExprKind::Slice { lower, upper, step } => {
                if let Some(e) = lower {
                    self.expr(e, Level::Test);
                }
                self.text(":");
                if let Some(e) = upper {
                    self.expr(e, Level::Test);
                }
                if let Some(e) = step {
                    self.text(":");
                    self.expr(e, Level::Test);
                }
            }
        }
    }

    fn comp(&mut self, open: &str, close: &str, elt: &Expr, value: Option<&Expr>, generators: &[Comprehension]) {
        self.text(open);
        self.expr(elt, Level::Test);
        if let Some(v) = value {
            self.text(": ");
            self.expr(v, Level::Test);
        }
        for g in generators {
            self.text(if g.is_async { " async for " } else { " for " });
            self.expr(&g.target, Level::Tuple);
            self.text(" in ");
            self.expr(&g.iter, above(Level::Test));
            for test in &g.ifs {
                self.text(" if ");
                self.expr(test, above(Level::Test));
            }
        }
        self.text(close);
    }

    fn arguments(&mut self, args: &Arguments) {
        let mut first = true;
        let mut sep = |w: &mut Self| {
            if !std::mem::take(&mut first) {
                w.text(", ");
            }
        };
        let positional: Vec<&Arg> = args.posonlyargs.iter().chain(&args.args).collect();
        let plain = positional.len() - args.defaults.len().min(positional.len());
        for (i, a) in positional.iter().enumerate() {
            sep(self);
            self.text(&a.arg);
            if i >= plain {
                self.text("=");
                self.expr(&args.defaults[i - plain], Level::Test);
            }
            if i + 1 == args.posonlyargs.len() {
                self.text(", /");
            }
        }
        if args.vararg.is_some() || !args.kwonlyargs.is_empty() {
            sep(self);
            self.text("*");
            if let Some(a) = &args.vararg {
                self.text(&a.arg);
            }
        }
        for (a, d) in args.kwonlyargs.iter().zip(&args.kw_defaults) {
            sep(self);
            self.text(&a.arg);
            if let Some(d) = d {
                self.text("=");
                self.expr(d, Level::Test);
            }
        }
        if let Some(a) = &args.kwarg {
            sep(self);
            self.text("**");
            self.text(&a.arg);
        }
    }

    fn interpolated(&mut self, e: &Expr, letter: char) {
        let mut body = Writer { out: Vec::new() };
        body.interpolated_body(e, false);
        let mut text = vec![letter as u8];
        repr_into(&body.out, false, &mut text);
        self.out.extend(text);
    }

    fn interpolated_body(&mut self, e: &Expr, in_spec: bool) {
        match &e.kind {
            ExprKind::JoinedStr { values } | ExprKind::TemplateStr { values } => {
                values.iter().for_each(|v| self.interpolated_body(v, in_spec));
            }
            ExprKind::Constant { value: Constant::Str(s), .. } => {
                for &b in s.as_bytes() {
                    self.out.push(b);
                    if !in_spec && matches!(b, b'{' | b'}') {
                        self.out.push(b);
                    }
                }
            }
            ExprKind::FormattedValue { value, conversion, format_spec }
            | ExprKind::Interpolation { value, conversion, format_spec, .. } => {
                let mut inner = Writer { out: Vec::new() };
                inner.expr(value, above(Level::Test));
                self.text("{");
                if inner.out.first() == Some(&b'{') {
                    self.text(" ");
                }
                self.out.extend(inner.out);
                if let Ok(c) = u8::try_from(*conversion) {
                    self.out.extend([b'!', c]);
                }
                if let Some(spec) = format_spec {
                    self.text(":");
                    self.interpolated_body(spec, true);
                }
                self.text("}");
            }
            _ => self.expr(e, Level::Test),
        }
    }

    fn constant(&mut self, c: &Constant) {
        match c {
            Constant::None => self.text("None"),
            Constant::Bool(true) => self.text("True"),
            Constant::Bool(false) => self.text("False"),
            Constant::Ellipsis => self.text("..."),
            Constant::Int(n) => self.text(&n.to_string()),
            Constant::BigInt(n) => self.text(&n.to_string()),
            Constant::Float(x) => self.text(&float(*x)),
            Constant::Complex(re, im) => {
                let im_text = format!("{}j", float(*im).trim_end_matches(".0"));
                if *re == 0.0 && re.is_sign_positive() {
                    self.text(&im_text);
                } else {
                    let sign = if im.is_sign_negative() { "" } else { "+" };
                    let re = float(*re);
                    self.text(&format!("({}{sign}{im_text})", re.trim_end_matches(".0")));
                }
            }
            Constant::Str(s) => {
                let mut out = Vec::new();
                repr_into(s.as_bytes(), false, &mut out);
                self.out.extend(out);
            }
            Constant::Bytes(b) => {
                let mut out = vec![b'b'];
                repr_into(b, true, &mut out);
                self.out.extend(out);
            }
            Constant::Tuple(items) => {
                self.text("(");
                for (i, c) in items.iter().enumerate() {
                    if i > 0 {
                        self.text(", ");
                    }
                    self.constant(c);
                }
                self.text(if items.len() == 1 { ",)" } else { ")" });
            }
            Constant::Frozenset(items) => {
                self.text("frozenset({");
                for (i, c) in items.iter().enumerate() {
                    if i > 0 {
                        self.text(", ");
                    }
                    self.constant(c);
                }
                self.text("})");
            }
        }
    }
}

fn operator(op: Operator) -> (&'static str, Level, bool) {
    match op {
        Operator::Add => (" + ", Level::Arith, false),
        Operator::Sub => (" - ", Level::Arith, false),
        Operator::Mult => (" * ", Level::Term, false),
        Operator::MatMult => (" @ ", Level::Term, false),
        Operator::Div => (" / ", Level::Term, false),
        Operator::Mod => (" % ", Level::Term, false),
        Operator::Pow => (" ** ", Level::Power, true),
        Operator::LShift => (" << ", Level::Shift, false),
        Operator::RShift => (" >> ", Level::Shift, false),
        Operator::BitOr => (" | ", Level::Bor, false),
        Operator::BitXor => (" ^ ", Level::Bxor, false),
        Operator::BitAnd => (" & ", Level::Band, false),
        Operator::FloorDiv => (" // ", Level::Term, false),
    }
}

/// `repr` of a float, with infinity as a literal that evaluates to it.
fn float(x: f64) -> String {
    if x.is_infinite() {
        return if x > 0.0 { "1e309".into() } else { "-1e309".into() };
    }
    if x.is_nan() {
        return "nan".into();
    }
    let magnitude = x.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{x:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(d) => ('-', d),
            None => ('+', exponent),
        };
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    let text = format!("{x}");
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// `repr` of a str (WTF-8) or bytes, without the `b`.
fn repr_into(text: &[u8], bytes: bool, out: &mut Vec<u8>) {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { b'"' } else { b'\'' };
    out.push(quote);
    let push_hex = |out: &mut Vec<u8>, s: String| out.extend(s.into_bytes());
    if bytes {
        for &b in text {
            match b {
                b'\\' => out.extend(b"\\\\"),
                b'\n' => out.extend(b"\\n"),
                b'\r' => out.extend(b"\\r"),
                b'\t' => out.extend(b"\\t"),
                b if b == quote => out.extend([b'\\', b]),
                0x20..=0x7e => out.push(b),
                _ => push_hex(out, format!("\\x{b:02x}")),
            }
        }
    } else {
        for c in PyStr::from_wtf8(text.to_vec()).code_points() {
            match c {
                0x5c => out.extend(b"\\\\"),
                0x0a => out.extend(b"\\n"),
                0x0d => out.extend(b"\\r"),
                0x09 => out.extend(b"\\t"),
                c if c == u32::from(quote) => out.extend([b'\\', quote]),
                0..0x20 | 0x7f..=0xa0 | 0xad => push_hex(out, format!("\\x{c:02x}")),
                0xd800..=0xdfff => push_hex(out, format!("\\u{c:04x}")),
                _ => PyStr::push_code_point(out, c),
            }
        }
    }
    out.push(quote);
}
