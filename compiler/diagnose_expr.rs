//! Wording of syntax errors, expressions: see `diagnose.rs`.

use crate::diagnose::{Walk, Walker};
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
    pub fn new(what: What, start: u32, end: u32) -> E {
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
            if !(soft || first_is_name && next_is_string) {
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
                    return self.error("invalid syntax. Perhaps you forgot a comma?", e.start, b.end);
                }
            }
        }
        Ok(e)
    }

    /// An expression, as a look-ahead that words nothing.
    pub fn expression_plain(&mut self) -> Walk<E> {
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
        self.steps.set(self.steps.get() + 1);
        if self.is_exhausted() {
            return self.invalid();
        }
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
                    self.at += 1;
                    let (level, no_in) = (self.level, std::mem::take(&mut self.no_in));
                    self.level += 1;
                    self.arguments(false)?;
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
            if ahead.expression().is_ok() && ahead.word() == ")" {
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
                let mut ahead = self.copy();
                if e.kids.len() == 1 && ahead.comp_for().is_ok() {
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
                self.bitwise_or()?;
                if self.comp_follows() {
                    return self.error("dict unpacking cannot be used in dict comprehension", s, s + 2);
                }
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

    pub fn comp_follows(&self) -> bool {
        self.word() == "for" || self.word() == "async" && self.word_at(self.at + 1) == "for"
    }

    pub fn comp_for(&mut self) -> Walk {
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
}
