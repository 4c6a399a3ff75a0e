//! Wording of syntax errors, expressions: see `diagnose.rs`.

use crate::diagnose::{Walk, Walker};
use crate::strings::{self, Braces};
use crate::tokens::{Kind, is_keyword};

/// What an expression is, as far as messages care.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Name,
    True,
    False,
    None,
    Ellipsis,
    Literal,
    FString,
    TString,
    Attribute,
    Subscript,
    Call,
    Starred,
    List,
    Tuple,
    Lambda,
    Operator,
    Compare,
    Conditional,
    Generator,
    ListComp,
    SetComp,
    DictComp,
    Dict,
    Set,
    Yield,
    Await,
    Named,
    Bool,
}

/// An expression's kind and place.
#[derive(Clone, Debug)]
pub struct E {
    pub what: What,
    pub start: u32,
    pub end: u32,
    pub kids: Vec<E>,
    pub paren: bool,
}

impl E {
    fn new(what: What, start: u32, end: u32) -> E {
        E { what, start, end, kids: Vec::new(), paren: false }
    }

    /// CPython's name for it.
    pub fn name(&self) -> &'static str {
        match self.what {
            What::Name => "name",
            What::True => "True",
            What::False => "False",
            What::None => "None",
            What::Ellipsis => "ellipsis",
            What::Literal => "literal",
            What::FString => "f-string expression",
            What::TString => "t-string expression",
            What::Attribute => "attribute",
            What::Subscript => "subscript",
            What::Call => "function call",
            What::Starred => "starred",
            What::List => "list",
            What::Tuple => "tuple",
            What::Lambda => "lambda",
            What::Operator | What::Bool => "expression",
            What::Compare => "comparison",
            What::Conditional => "conditional expression",
            What::Generator => "generator expression",
            What::ListComp => "list comprehension",
            What::SetComp => "set comprehension",
            What::DictComp => "dict comprehension",
            What::Dict => "dict literal",
            What::Set => "set display",
            What::Yield => "yield expression",
            What::Await => "await expression",
            What::Named => "named expression",
        }
    }

    pub fn is_tuple(&self) -> bool {
        self.what == What::Tuple
    }

    pub fn is_list(&self) -> bool {
        self.what == What::List
    }

    /// A `bitwise_or` of the grammar.
    pub fn is_bitwise(&self) -> bool {
        if self.paren {
            return true;
        }
        !matches!(self.what, What::Compare | What::Conditional | What::Lambda | What::Bool | What::Named | What::Yield | What::Starred)
            && !(self.what == What::Tuple)
    }

    /// Can carry an annotation.
    pub fn annotatable(&self) -> bool {
        matches!(self.what, What::Name | What::Attribute | What::Subscript)
    }

    pub fn single_target(&self) -> bool {
        self.annotatable()
    }

    /// The part that cannot be assigned to (or deleted).
    pub fn invalid_target(&self, del: bool) -> Option<&E> {
        match self.what {
            What::Name | What::Attribute | What::Subscript => None,
            What::List | What::Tuple => self.kids.iter().find_map(|k| k.invalid_target(del)),
            What::Starred if !del => self.kids[0].invalid_target(del),
            _ => Some(self),
        }
    }
}

impl<'s> Walker<'s> {
    pub fn starts_expression(&self) -> bool {
        match self.kind() {
            Kind::Number | Kind::Str | Kind::FStart => true,
            Kind::Name => {
                let w = self.word();
                !is_keyword(w) || matches!(w, "None" | "True" | "False" | "not" | "lambda" | "await")
            }
            Kind::Op => matches!(self.word(), "(" | "[" | "{" | "-" | "+" | "~" | "..."),
            _ => false,
        }
    }

    /// `star_expressions`: a tuple without parentheses, or one expression.
    pub fn star_expressions(&mut self) -> Walk<E> {
        let first = self.star_expression()?;
        if self.word() != "," {
            return Ok(first);
        }
        let mut e = E::new(What::Tuple, first.start, first.end);
        e.kids.push(first);
        while self.eat(",") {
            e.end = self.last_end();
            if !self.starts_expression() && self.word() != "*" {
                break;
            }
            let k = self.star_expression()?;
            e.end = k.end;
            e.kids.push(k);
        }
        Ok(e)
    }

    pub fn expressions(&mut self) -> Walk<E> {
        self.star_expressions()
    }

    /// What stands on either side of `=` in a statement.
    pub fn statement_expressions(&mut self) -> Walk<E> {
        if self.word() == "yield" {
            return self.yield_expression();
        }
        self.star_expressions()
    }

    pub fn annotated_value(&mut self) -> Walk<E> {
        self.statement_expressions()
    }

    fn yield_expression(&mut self) -> Walk<E> {
        let start = self.start();
        self.at += 1;
        if self.eat("from") {
            self.expression()?;
        } else if self.starts_expression() || self.word() == "*" {
            self.star_expressions()?;
        }
        Ok(E::new(What::Yield, start, self.last_end()))
    }

    pub fn star_expression(&mut self) -> Walk<E> {
        if self.word() == "*" {
            let start = self.start();
            self.at += 1;
            let operand = self.at;
            let inner = self.bitwise_or().map_err(|mut found| {
                if self.level > 0 && found.token == operand && found.message == "invalid syntax" {
                    found.message = "Invalid star expression".into();
                }
                found
            })?;
            let mut e = E::new(What::Starred, start, inner.end);
            e.kids.push(inner);
            return Ok(e);
        }
        self.expression()
    }

    /// `star_named_expression`, as in displays.
    fn star_named(&mut self) -> Walk<E> {
        if self.word() == "*" { self.star_expression() } else { self.named() }
    }

    /// `named_expression`, with its messages about `=`.
    pub fn named(&mut self) -> Walk<E> {
        let e = self.expression()?;
        if self.word() == ":=" {
            if e.what != What::Name || e.paren {
                return self.error(format!("cannot use assignment expressions with {}", e.name()), e.start, e.end);
            }
            self.at += 1;
            let v = self.expression()?;
            return Ok(E::new(What::Named, e.start, v.end));
        }
        if self.word() == "=" {
            let mut ahead = self.copy();
            ahead.at += 1;
            if let Ok(r) = ahead.bitwise_or()
                && !matches!(ahead.word(), "=" | ":=")
            {
                if e.what == What::Name && !e.paren {
                    return self.error("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", e.start, r.end);
                }
                let plain = matches!(e.what, What::List | What::Tuple | What::Generator | What::True | What::False | What::None);
                if e.is_bitwise() && !plain {
                    return self.error(format!("cannot assign to {} here. Maybe you meant '==' instead of '='?", e.name()), e.start, e.end);
                }
            }
        }
        Ok(e)
    }

    pub fn expression(&mut self) -> Walk<E> {
        if self.word() == "lambda" {
            return self.lambda();
        }
        let start_token = self.at;
        if matches!(self.word(), "pass" | "break" | "continue") && self.word_at(self.at + 1) == "if" {
            let (start, end) = (self.start(), self.token().map_or(0, |t| t.end));
            let mut ahead = self.copy();
            ahead.at += 2;
            if ahead.disjunction().is_ok() && ahead.word() == "else" {
                return self.error("expected expression before 'if', but statement is given", start, end);
            }
        }
        let e = self.disjunction()?;
        if self.word() == "if" {
            let save = self.at;
            self.at += 1;
            let test = self.disjunction()?;
            if self.eat("else") {
                if !self.starts_expression() {
                    let keyword = matches!(
                        self.word(),
                        "pass" | "break" | "continue" | "return" | "raise" | "global" | "nonlocal" | "del" | "assert" | "import" | "from"
                    );
                    if keyword || self.ends_simple() {
                        return self.here("expected expression after 'else', but statement is given");
                    }
                }
                let orelse = self.expression()?;
                return Ok(E::new(What::Conditional, e.start, orelse.end));
            }
            if self.word() == ":" {
                // Perhaps a comprehension's or a statement's own `if`.
                self.at = save;
                return Ok(e);
            }
            return self.error("expected 'else' after 'if' expression", e.start, test.end);
        }
        // Two expressions side by side inside brackets.
        if self.level > 0 && self.starts_expression() && self.word() != "not" {
            let first = self.tokens[start_token];
            let first_is_name = first.kind == Kind::Name;
            let next_is_string = matches!(self.tokens.get(start_token + 1).map(|t| t.kind), Some(Kind::Str | Kind::FStart));
            let soft = matches!(self.word_at(start_token), "match" | "case" | "_" | "type");
            let legacy = e.what == What::Name && matches!(self.word_at(start_token), "print" | "exec");
            if !(first_is_name && next_is_string) && !soft {
                let mut ahead = self.copy();
                ahead.level = 0;
                if let Ok(b) = ahead.expression_plain() {
                    if legacy {
                        let word = self.word_at(start_token);
                        let mut wide = self.copy();
                        wide.level = 0;
                        let end = wide.star_expressions().map_or(b.end, |e| e.end);
                        return self.error(format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?"), e.start, end);
                    }
                    let a_string = matches!(e.what, What::Literal) && matches!(first.kind, Kind::Str);
                    let b_string = matches!(self.kind(), Kind::Str);
                    if a_string && !b_string || b_string && !a_string {
                        let _ = (a_string, b_string);
                    }
                    return self.error("invalid syntax. Perhaps you forgot a comma?", e.start, b.end);
                }
            }
        }
        Ok(e)
    }

    /// An expression, as a look-ahead that words nothing.
    fn expression_plain(&mut self) -> Walk<E> {
        if self.word() == "lambda" {
            return self.lambda();
        }
        let e = self.disjunction()?;
        if self.word() == "if" {
            let save = self.at;
            self.at += 1;
            if self.disjunction().is_ok() && self.eat("else") {
                let o = self.expression_plain()?;
                return Ok(E::new(What::Conditional, e.start, o.end));
            }
            self.at = save;
        }
        Ok(e)
    }

    fn lambda(&mut self) -> Walk<E> {
        let start = self.start();
        self.at += 1;
        self.parameters(true)?;
        let body_in_field = self.interp.is_some() && self.level_is_field();
        if body_in_field {
            // The colon is the field's.
            if matches!(self.kind(), Kind::Op) && self.word() == ":" {
                let letter = self.interp.unwrap_or('f');
                return self.error(
                    format!("{letter}-string: lambda expressions are not allowed without parentheses"),
                    start,
                    self.token().map_or(0, |t| t.end),
                );
            }
        }
        if self.word() != ":" {
            return self.invalid();
        }
        self.at += 1;
        let body = self.expression()?;
        Ok(E::new(What::Lambda, start, body.end))
    }

    fn level_is_field(&self) -> bool {
        self.level == 1
    }

    pub fn disjunction(&mut self) -> Walk<E> {
        let first = self.conjunction()?;
        if self.word() != "or" {
            return Ok(first);
        }
        let mut end = first.end;
        while self.eat("or") {
            end = self.conjunction()?.end;
        }
        Ok(E::new(What::Bool, first.start, end))
    }

    fn conjunction(&mut self) -> Walk<E> {
        let first = self.inversion()?;
        if self.word() != "and" {
            return Ok(first);
        }
        let mut end = first.end;
        while self.eat("and") {
            end = self.inversion()?.end;
        }
        Ok(E::new(What::Bool, first.start, end))
    }

    fn inversion(&mut self) -> Walk<E> {
        if self.word() == "not" {
            let start = self.start();
            self.at += 1;
            let e = self.inversion()?;
            return Ok(E::new(What::Bool, start, e.end));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Walk<E> {
        let first = self.bitwise_or()?;
        let mut end = None;
        loop {
            match self.word() {
                "==" | "!=" | "<" | "<=" | ">" | ">=" => self.at += 1,
                "in" if !self.no_in => self.at += 1,
                "is" => {
                    self.at += 1;
                    self.eat("not");
                }
                "not" if self.word_at(self.at + 1) == "in" && !self.no_in => self.at += 2,
                _ => break,
            }
            end = Some(self.operand_after()?.end);
        }
        Ok(match end {
            Some(end) => E::new(What::Compare, first.start, end),
            None => first,
        })
    }

    /// The right side of an operator, where `not` needs parentheses.
    fn operand_after(&mut self) -> Walk<E> {
        self.bitwise_or()
    }

    pub fn bitwise_or(&mut self) -> Walk<E> {
        self.binary(0)
    }

    fn binary(&mut self, level: usize) -> Walk<E> {
        const OPS: [&[&str]; 6] = [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%", "@"]];
        if level == OPS.len() {
            return self.factor();
        }
        let mut e = self.binary(level + 1)?;
        while self.kind() == Kind::Op && OPS[level].contains(&self.word()) {
            self.at += 1;
            if self.word() == "not" {
                return self.not_operand();
            }
            let r = self.binary(level + 1)?;
            e = E::new(What::Operator, e.start, r.end);
        }
        Ok(e)
    }

    fn not_operand(&mut self) -> Walk<E> {
        let start = self.start();
        let mut ahead = self.copy();
        if let Ok(e) = ahead.inversion() {
            return self.error("'not' after an operator must be parenthesized", start, e.end);
        }
        self.invalid()
    }

    fn factor(&mut self) -> Walk<E> {
        if self.kind() == Kind::Op && matches!(self.word(), "+" | "-" | "~") {
            let start = self.start();
            self.at += 1;
            if self.word() == "not" {
                return self.not_operand();
            }
            let e = self.factor()?;
            return Ok(E::new(What::Operator, start, e.end));
        }
        let base = self.await_primary()?;
        if self.word() == "**" && self.kind() == Kind::Op {
            self.at += 1;
            if self.word() == "not" {
                return self.not_operand();
            }
            let r = self.factor()?;
            return Ok(E::new(What::Operator, base.start, r.end));
        }
        Ok(base)
    }

    fn await_primary(&mut self) -> Walk<E> {
        if self.word() == "await" {
            let start = self.start();
            self.at += 1;
            let e = self.primary()?;
            return Ok(E::new(What::Await, start, e.end));
        }
        self.primary()
    }

    fn primary(&mut self) -> Walk<E> {
        let mut e = self.atom()?;
        loop {
            if self.kind() != Kind::Op {
                return Ok(e);
            }
            match self.word() {
                "." => {
                    self.at += 1;
                    if !self.is_name() {
                        return self.invalid();
                    }
                    self.at += 1;
                    e = E::new(What::Attribute, e.start, self.last_end());
                }
                "(" => {
                    let open = self.at;
                    self.at += 1;
                    let (level, no_in) = (self.level, std::mem::take(&mut self.no_in));
                    self.level += 1;
                    self.arguments(open, false)?;
                    self.level = level;
                    self.no_in = no_in;
                    self.expect(")")?;
                    e = E::new(What::Call, e.start, self.last_end());
                }
                "[" => {
                    self.at += 1;
                    let (level, no_in) = (self.level, std::mem::take(&mut self.no_in));
                    self.level += 1;
                    self.slices()?;
                    self.level = level;
                    self.no_in = no_in;
                    self.expect("]")?;
                    e = E::new(What::Subscript, e.start, self.last_end());
                }
                _ => return Ok(e),
            }
        }
    }

    fn slices(&mut self) -> Walk {
        loop {
            if self.word() == "*" {
                if let Err(mut found) = self.star_expression() {
                    if found.message == "invalid syntax" {
                        found.message = "Invalid star expression".into();
                    }
                    return Err(found);
                }
            } else {
                if self.word() != ":" {
                    self.named()?;
                }
                for _ in 0..2 {
                    if self.eat(":") && !matches!(self.word(), ":" | "]" | ",") {
                        self.expression()?;
                    }
                }
            }
            if !self.eat(",") || self.word() == "]" {
                return Ok(());
            }
        }
    }

    fn atom(&mut self) -> Walk<E> {
        let (start, end) = (self.start(), self.token().map_or(0, |t| t.end));
        match self.kind() {
            Kind::Number => {
                self.at += 1;
                Ok(E::new(What::Literal, start, end))
            }
            Kind::Str | Kind::FStart => self.strings(),
            Kind::Name => {
                let word = self.word();
                let what = match word {
                    "True" => What::True,
                    "False" => What::False,
                    "None" => What::None,
                    _ if is_keyword(word) => return self.invalid(),
                    _ => What::Name,
                };
                self.at += 1;
                Ok(E::new(what, start, end))
            }
            Kind::Op => match self.word() {
                "..." => {
                    self.at += 1;
                    Ok(E::new(What::Ellipsis, start, end))
                }
                "(" | "[" | "{" => {
                    let (level, no_in) = (self.level, std::mem::take(&mut self.no_in));
                    self.level += 1;
                    let r = match self.word() {
                        "(" => self.group(),
                        "[" => self.list(),
                        _ => self.braces(),
                    };
                    self.level = level;
                    self.no_in = no_in;
                    r
                }
                _ => self.invalid(),
            },
            _ => self.invalid(),
        }
    }

    fn group(&mut self) -> Walk<E> {
        let start = self.start();
        self.at += 1;
        if self.eat(")") {
            return Ok(E { paren: true, ..E::new(What::Tuple, start, self.last_end()) });
        }
        if self.word() == "yield" {
            let mut y = self.yield_expression()?;
            self.expect(")")?;
            y.paren = true;
            return Ok(y);
        }
        if self.word() == "**" {
            let (s, mut ahead) = (self.start(), self.copy());
            ahead.at += 1;
            if let Ok(e) = ahead.expression()
                && ahead.word() == ")"
            {
                let _ = e;
                return self.error("cannot use double starred expression here", s, s + 2);
            }
            return self.invalid();
        }
        let first = self.star_named()?;
        if self.comp_follows() {
            if first.what == What::Starred {
                return self.error("iterable unpacking cannot be used in comprehension", first.start, first.end);
            }
            self.comp_for()?;
            self.expect(")")?;
            return Ok(E { paren: true, ..E::new(What::Generator, start, self.last_end()) });
        }
        if self.word() == ")" {
            self.at += 1;
            if first.what == What::Starred {
                return self.error("cannot use starred expression here", first.start, first.end);
            }
            return Ok(E { paren: true, ..first });
        }
        let mut e = E::new(What::Tuple, start, first.end);
        e.paren = true;
        e.kids.push(first);
        while self.eat(",") {
            if self.word() == ")" {
                break;
            }
            let k = self.star_named()?;
            if self.comp_follows() && k.what != What::Starred {
                let first = &e.kids[0];
                let mut ahead = self.copy();
                if e.kids.len() == 1 && ahead.comp_for().is_ok() {
                    let _ = first;
                    return self.invalid();
                }
            }
            e.kids.push(k);
        }
        self.expect(")")?;
        e.end = self.last_end();
        Ok(e)
    }

    fn list(&mut self) -> Walk<E> {
        let start = self.start();
        self.at += 1;
        let mut e = E::new(What::List, start, start);
        if self.word() != "]" {
            loop {
                let k = self.star_named()?;
                if self.comp_follows() {
                    if k.what == What::Starred {
                        return self.error("iterable unpacking cannot be used in comprehension", k.start, k.end);
                    }
                    if e.kids.is_empty() {
                        self.comp_for()?;
                        self.expect("]")?;
                        return Ok(E::new(What::ListComp, start, self.last_end()));
                    }
                    return self.comp_target_error(&e, &k);
                }
                e.kids.push(k);
                if !self.eat(",") || self.word() == "]" {
                    break;
                }
            }
        }
        self.expect("]")?;
        e.end = self.last_end();
        Ok(e)
    }

    /// `[a, b for c in d]`.
    fn comp_target_error(&mut self, e: &E, last: &E) -> Walk<E> {
        let mut ahead = self.copy();
        if ahead.comp_for().is_ok() {
            return self.error("did you forget parentheses around the comprehension target?", e.kids[0].start, last.end);
        }
        self.invalid()
    }

    fn braces(&mut self) -> Walk<E> {
        let start = self.start();
        self.at += 1;
        if self.eat("}") {
            return Ok(E::new(What::Dict, start, self.last_end()));
        }
        if self.word() == "**" {
            return self.dict(start, 0);
        }
        let first = self.star_named()?;
        if self.word() == ":" && first.what != What::Starred {
            return self.dict_after_key(start, &first);
        }
        if self.comp_follows() {
            if first.what == What::Starred {
                return self.error("iterable unpacking cannot be used in comprehension", first.start, first.end);
            }
            self.comp_for()?;
            self.expect("}")?;
            return Ok(E::new(What::SetComp, start, self.last_end()));
        }
        let mut e = E::new(What::Set, start, start);
        e.kids.push(first);
        while self.eat(",") {
            if self.word() == "}" {
                break;
            }
            let k = self.star_named()?;
            if self.comp_follows() {
                return self.comp_target_error(&e, &k);
            }
            e.kids.push(k);
        }
        self.expect("}")?;
        Ok(E::new(What::Set, start, self.last_end()))
    }

    fn dict_after_key(&mut self, start: u32, _key: &E) -> Walk<E> {
        self.dict_value()?;
        if self.comp_follows() {
            self.comp_for()?;
            self.expect("}")?;
            return Ok(E::new(What::DictComp, start, self.last_end()));
        }
        self.dict(start, 1)
    }

    /// `: value`.
    fn dict_value(&mut self) -> Walk {
        let colon = (self.start(), self.start() + 1);
        self.at += 1;
        if matches!(self.word(), "}" | ",") {
            return self.error("expression expected after dictionary key and ':'", colon.0, colon.1);
        }
        if self.word() == "*" {
            let (s, mut ahead) = (self.start(), self.copy());
            ahead.at += 1;
            if let Ok(v) = ahead.bitwise_or() {
                return self.error("cannot use a starred expression in a dictionary value", s, v.end);
            }
        }
        if self.word() == "**" {
            return self.here("cannot use dict unpacking in a dictionary value").or_else(|_| self.invalid());
        }
        self.expression()?;
        Ok(())
    }

    fn dict(&mut self, start: u32, items: usize) -> Walk<E> {
        let mut items = items;
        loop {
            if items > 0 {
                if !self.eat(",") {
                    break;
                }
                if self.word() == "}" {
                    break;
                }
            }
            items += 1;
            if self.word() == "**" {
                let (s, _) = (self.start(), 0);
                self.at += 1;
                let v = self.bitwise_or()?;
                if self.comp_follows() {
                    return self.error("dict unpacking cannot be used in dict comprehension", s, s + 2);
                }
                let _ = v;
                continue;
            }
            let level = std::mem::take(&mut self.level);
            let key = self.expression();
            self.level = level;
            let key = key?;
            if self.word() != ":" {
                let at = key.end.saturating_sub(1);
                return self.error("':' expected after dictionary key", at, at);
            }
            self.dict_value()?;
        }
        self.expect("}")?;
        Ok(E::new(What::Dict, start, self.last_end()))
    }

    fn comp_follows(&self) -> bool {
        self.word() == "for" || self.word() == "async" && self.word_at(self.at + 1) == "for"
    }

    fn comp_for(&mut self) -> Walk {
        while self.comp_follows() {
            self.eat("async");
            self.at += 1;
            self.for_target()?;
            if self.word() != "in" {
                return self.here("'in' expected after for-loop variables");
            }
            self.at += 1;
            let level = std::mem::take(&mut self.no_in);
            self.comp_part()?;
            while self.word() == "if" {
                self.at += 1;
                self.comp_part()?;
            }
            self.no_in = level;
        }
        Ok(())
    }

    /// A disjunction in a comprehension: `a if b` here is not a conditional.
    fn comp_part(&mut self) -> Walk {
        self.disjunction()?;
        Ok(())
    }

    /// The target of `for`, up to `in`.
    pub fn for_target(&mut self) -> Walk {
        let before = std::mem::replace(&mut self.no_in, true);
        let target = self.targets();
        self.no_in = before;
        let target = target?;
        if let Some(bad) = target.invalid_target(false)
            && self.word() == "in"
        {
            return self.error(format!("cannot assign to {}", bad.name()), bad.start, bad.end);
        }
        Ok(())
    }

    fn targets(&mut self) -> Walk<E> {
        let one = |w: &mut Self| if w.word() == "*" { w.star_expression() } else { w.bitwise_or() };
        let first = one(self)?;
        if self.word() != "," {
            return Ok(first);
        }
        let mut e = E::new(What::Tuple, first.start, first.end);
        e.kids.push(first);
        while self.eat(",") {
            if !self.starts_expression() && self.word() != "*" {
                break;
            }
            let k = one(self)?;
            e.end = k.end;
            e.kids.push(k);
        }
        Ok(e)
    }

    /// The target after `as` of a `with` item.
    pub fn star_target(&mut self) -> Walk<E> {
        if self.word() == "*" { self.star_expression() } else { self.expression() }
    }

    // ---- arguments and parameters ----

    pub fn arguments(&mut self, open: usize, class: bool) -> Walk {
        let mut keyword_seen = false;
        let mut unpack_seen = false;
        let mut count = 0;
        while self.word() != ")" {
            let start = self.start();
            if self.word() == "*" {
                if unpack_seen {
                    // The message points at the call's arguments so far.
                    let mut ahead = self.copy();
                    ahead.at += 1;
                    let _ = ahead.expression();
                    let _ = open;
                    return self.error(
                        "iterable argument unpacking follows keyword argument unpacking",
                        self.tokens[self.at - 1].start,
                        ahead.last_end(),
                    );
                }
                self.at += 1;
                let e = self.expression()?;
                if self.word() == "=" {
                    let mut ahead = self.copy();
                    ahead.at += 1;
                    if let Ok(v) = ahead.expression() {
                        return self.error("cannot assign to iterable argument unpacking", start, v.end);
                    }
                }
                let _ = e;
            } else if self.word() == "**" {
                self.at += 1;
                unpack_seen = true;
                self.expression()?;
                if self.word() == "=" {
                    let mut ahead = self.copy();
                    ahead.at += 1;
                    if let Ok(v) = ahead.expression() {
                        return self.error("cannot assign to keyword argument unpacking", start, v.end);
                    }
                }
            } else if self.kind() == Kind::Name && self.word_at(self.at + 1) == "=" {
                let word = self.word();
                let end = self.last_end_of(self.at + 1);
                if matches!(word, "True" | "False" | "None") {
                    return self.error(format!("cannot assign to {word}"), start, end);
                }
                if is_keyword(word) {
                    return self.invalid();
                }
                self.at += 2;
                if matches!(self.word(), "," | ")") {
                    return self.error("expected argument value expression", start, end);
                }
                let v = self.expression()?;
                if self.comp_follows() {
                    let mut ahead = self.copy();
                    if ahead.comp_for().is_ok() {
                        let _ = v;
                        return self.error("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", start, end);
                    }
                }
                keyword_seen = true;
            } else {
                let e = self.argument_expression()?;
                if self.word() == "=" {
                    return self.error(
                        "expression cannot contain assignment, perhaps you meant \"==\"?",
                        start,
                        self.token().map_or(0, |t| t.end),
                    );
                }
                if self.comp_follows() {
                    let mut ahead = self.copy();
                    ahead.comp_for()?;
                    let sole = count == 0 && ahead.word() == ")";
                    let trailing = count == 0 && ahead.word() == "," && ahead.word_at(ahead.at + 1) == ")";
                    if class && sole {
                        return self.invalid_class_generator();
                    }
                    if !sole {
                        let _ = trailing;
                        if !matches!(ahead.word(), ")" | ",") {
                            self.at = ahead.at;
                            return self.invalid();
                        }
                        return self.error("Generator expression must be parenthesized", start, ahead.last_end());
                    }
                    self.at = ahead.at;
                    return Ok(());
                }
                if keyword_seen || unpack_seen {
                    let text = if unpack_seen {
                        "positional argument follows keyword argument unpacking"
                    } else {
                        "positional argument follows keyword argument"
                    };
                    let _ = e;
                    // The place is where the arguments end.
                    let mut ahead = self.copy();
                    let mut depth = 0;
                    while ahead.at < ahead.tokens.len() {
                        match ahead.word() {
                            "(" | "[" | "{" => depth += 1,
                            ")" | "]" | "}" if depth == 0 => break,
                            ")" | "]" | "}" => depth -= 1,
                            _ => {}
                        }
                        ahead.at += 1;
                    }
                    return ahead.here(text);
                }
            }
            count += 1;
            if !self.eat(",") {
                break;
            }
        }
        Ok(())
    }

    fn invalid_class_generator(&mut self) -> Walk {
        self.invalid()
    }

    fn last_end_of(&self, i: usize) -> u32 {
        self.tokens.get(i).map_or(0, |t| t.end)
    }

    fn argument_expression(&mut self) -> Walk<E> {
        let e = self.expression()?;
        if self.word() == ":=" {
            if e.what != What::Name || e.paren {
                return self.error(format!("cannot use assignment expressions with {}", e.name()), e.start, e.end);
            }
            self.at += 1;
            let v = self.expression()?;
            return Ok(E::new(What::Named, e.start, v.end));
        }
        Ok(e)
    }

    pub fn parameters(&mut self, lambda: bool) -> Walk {
        let close = if lambda { ":" } else { ")" };
        let (mut slash, mut star, mut default, mut kwarg, mut any) = (false, false, false, false, false);
        while self.word() != close {
            let here = self.start();
            if kwarg {
                if self.is_name() || matches!(self.word(), "*" | "**" | "/") {
                    return self.here("arguments cannot follow var-keyword argument");
                }
                return self.invalid();
            }
            match self.word() {
                "/" if self.kind() == Kind::Op => {
                    if slash {
                        return self.here("/ may appear only once");
                    }
                    if star {
                        return self.here("/ must be ahead of *");
                    }
                    if !any {
                        return if self.word_at(self.at + 1) == "," {
                            self.here("at least one argument must precede /")
                        } else {
                            self.invalid()
                        };
                    }
                    slash = true;
                    self.at += 1;
                    if self.word() == "*" {
                        return self.here("expected comma between / and *");
                    }
                }
                "*" => {
                    if star {
                        return self.here("* argument may appear only once");
                    }
                    star = true;
                    self.at += 1;
                    if self.word() == close {
                        if lambda {
                            return self.here("named arguments must follow bare *");
                        }
                        return self.error("named arguments must follow bare *", here, here + 1);
                    }
                    if self.eat(",") {
                        if self.word() == close || self.word() == "**" {
                            if lambda {
                                return self.here("named arguments must follow bare *");
                            }
                            return self.error("named arguments must follow bare *", here, here + 1);
                        }
                        continue;
                    }
                    self.parameter(lambda, true)?;
                    if self.word() == "=" {
                        return self.here("var-positional argument cannot have default value");
                    }
                }
                "**" => {
                    self.at += 1;
                    self.parameter(lambda, false)?;
                    if self.word() == "=" {
                        return self.here("var-keyword argument cannot have default value");
                    }
                    kwarg = true;
                }
                "(" => {
                    let mut ahead = self.copy();
                    ahead.at += 1;
                    let mut names = true;
                    while ahead.word() != ")" {
                        if !ahead.is_name() {
                            names = false;
                            break;
                        }
                        ahead.at += 1;
                        if !ahead.eat(",") && ahead.word() != ")" {
                            names = false;
                            break;
                        }
                    }
                    if names {
                        let what = if lambda { "Lambda expression" } else { "Function" };
                        return self.error(format!("{what} parameters cannot be parenthesized"), here, ahead.token().map_or(0, |t| t.end));
                    }
                    return self.invalid();
                }
                _ => {
                    self.parameter(lambda, false)?;
                    if self.word() == "=" {
                        let (s, e) = (self.start(), self.token().map_or(0, |t| t.end));
                        self.at += 1;
                        if matches!(self.word(), "," | ")" | ":") {
                            return self.error("expected default value expression", s, e);
                        }
                        self.expression()?;
                        default = true;
                    } else if default && !star {
                        let end = self.last_end();
                        return self.error("parameter without a default follows parameter with a default", here, end);
                    }
                }
            }
            any = true;
            if !self.eat(",") {
                break;
            }
        }
        Ok(())
    }

    fn parameter(&mut self, lambda: bool, star: bool) -> Walk {
        if !self.is_name() {
            return self.invalid();
        }
        self.at += 1;
        if !lambda && self.eat(":") {
            if star {
                self.star_expression()?
            } else {
                self.expression()?
            };
        }
        Ok(())
    }

    // ---- strings ----

    fn strings(&mut self) -> Walk<E> {
        let start = self.start();
        let first = self.at;
        let mut what = What::Literal;
        let (mut bytes, mut text, mut template) = (false, false, false);
        while matches!(self.kind(), Kind::Str | Kind::FStart) {
            let t = self.tokens[self.at];
            let source = &self.text[t.start as usize..t.end as usize];
            let prefix = source.split(['"', '\'']).next().unwrap_or("").to_ascii_lowercase();
            if self.kind() == Kind::Str {
                if prefix.contains('b') {
                    bytes = true;
                    if !source.is_ascii() {
                        return self.error("bytes can only contain ASCII literal characters", t.start, t.end);
                    }
                } else {
                    text = true;
                }
                self.check_escapes(source, &prefix, t.start, t.end)?;
                self.at += 1;
            } else {
                if prefix.contains('t') {
                    template = true;
                    what = What::TString;
                } else {
                    text = true;
                    what = What::FString;
                }
                self.interpolated(if prefix.contains('t') { 't' } else { 'f' }, prefix.contains('r'))?;
            }
        }
        let end = self.last_end();
        if template && (text || bytes) {
            return self.error("cannot mix t-string literals with string or bytes literals", start, end);
        }
        if bytes && text {
            return self.here("cannot mix bytes and nonbytes literals");
        }
        // A string, something else, a string: quotes are probably wrong.
        let single = self.at == first + 1 && self.tokens[first].kind == Kind::Str;
        if single && self.starts_expression() && !matches!(self.kind(), Kind::Str | Kind::FStart) {
            let s = self.start();
            let mut ahead = self.copy();
            ahead.level = 0;
            while ahead.starts_expression() && !matches!(ahead.kind(), Kind::Str | Kind::FStart) {
                if ahead.expression_plain().is_err() {
                    break;
                }
            }
            if ahead.at > self.at && ahead.kind() == Kind::Str {
                let e = ahead.last_end();
                return self.error("invalid syntax. Is this intended to be part of the string?", s, e);
            }
        }
        Ok(E::new(what, start, end))
    }

    /// Escapes that do not decode.
    fn check_escapes(&self, source: &str, prefix: &str, start: u32, end: u32) -> Walk {
        if prefix.contains('r') || !source.contains('\\') {
            return Ok(());
        }
        let body = &source[prefix.len()..];
        let quotes = if body.starts_with("\"\"\"") || body.starts_with("'''") { 3 } else { 1 };
        let content = &body[quotes..body.len() - quotes];
        let result =
            if prefix.contains('b') { strings::decode_bytes(content, false) } else { strings::decode_str(content, false, Braces::Plain) };
        match result {
            Ok(_) => Ok(()),
            Err(e) => self.error(e.message(), start, end),
        }
    }

    fn interpolated(&mut self, letter: char, raw: bool) -> Walk {
        self.at += 1;
        loop {
            match self.kind() {
                Kind::FMiddle => {
                    let t = self.tokens[self.at];
                    let source = &self.text[t.start as usize..t.end as usize];
                    if !raw && let Err(e) = strings::decode_str(source, false, Braces::Doubled) {
                        return self.error(e.message(), t.start, t.end);
                    }
                    self.at += 1;
                }
                Kind::FEnd => {
                    self.at += 1;
                    return Ok(());
                }
                Kind::Op if self.word() == "{" => self.field(letter)?,
                _ => return self.invalid(),
            }
        }
    }

    fn field(&mut self, letter: char) -> Walk {
        self.at += 1;
        let (level, interp, no_in) = (self.level, self.interp.replace(letter), std::mem::take(&mut self.no_in));
        self.level = 1;
        let result = self.field_inner(letter);
        self.level = level;
        self.interp = interp;
        self.no_in = no_in;
        result
    }

    fn field_inner(&mut self, letter: char) -> Walk {
        let word = self.word();
        if self.kind() == Kind::Op && matches!(word, "=" | "!" | ":" | "}") {
            return self.here(format!("{letter}-string: valid expression required before '{word}'"));
        }
        let first = self.at;
        let expression = self.statement_expressions();
        if let Err(found) = expression {
            if found.token == first && found.message == "invalid syntax" {
                self.at = first;
                return self.here(format!("{letter}-string: expecting a valid expression after '{{'"));
            }
            return Err(found);
        }
        let e = expression?;
        if e.what == What::Starred {
            return self.error("can't use starred expression here", e.start, e.end);
        }
        let mut expecting = "'=', or '!', or ':', or '}'";
        if self.word() == "=" {
            self.at += 1;
            expecting = "'!', or ':', or '}'";
        }
        if self.word() == "!" {
            let bang_end = self.last_end() + 1;
            self.at += 1;
            if matches!(self.word(), ":" | "}") || self.kind() == Kind::FEnd {
                return self.here(format!("{letter}-string: missing conversion character"));
            }
            let name = self.word().to_owned();
            if self.kind() != Kind::Name {
                return self.here(format!("{letter}-string: invalid conversion character"));
            }
            let _ = bang_end;
            if self.start() != self.last_end() {
                return self.here(format!("{letter}-string: conversion type must come right after the exclamation mark"));
            }
            if !matches!(&*name, "s" | "r" | "a") {
                return self.here(format!("{letter}-string: invalid conversion character '{name}': expected 's', 'r', or 'a'"));
            }
            self.at += 1;
            expecting = "':' or '}'";
        }
        if self.word() == ":" {
            self.at += 1;
            loop {
                match self.kind() {
                    Kind::FMiddle => self.at += 1,
                    Kind::Op if self.word() == "{" => self.field(letter)?,
                    Kind::Op if self.word() == "}" => break,
                    _ => return self.here(format!("{letter}-string: expecting '}}', or format specs")),
                }
            }
        }
        if self.word() == "}" {
            self.at += 1;
            return Ok(());
        }
        self.here(format!("{letter}-string: expecting {expecting}"))
    }
}
