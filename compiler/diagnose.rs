//! Wording of syntax errors, statements: a recursive-descent walk over the tokens of a text that ruff has refused. It
//! accepts what the grammar accepts and stops at the first thing that it does not, with the message and place CPython
//! gives there. Expressions are in `diagnose_expr.rs`.

use crate::error::ErrorKind;
use crate::tokens::{Kind, Token, is_keyword};
use std::cell::Cell;
use std::rc::Rc;

/// A worded error at byte offsets.
#[derive(Debug)]
pub struct Found {
    pub kind: ErrorKind,
    pub message: String,
    pub start: u32,
    pub end: u32,
    /// Index of the token where the walk stood.
    pub token: usize,
}

pub type Walk<T = ()> = Result<T, Box<Found>>;

/// The walker.
pub struct Walker<'s> {
    pub text: &'s str,
    pub tokens: &'s [Token],
    pub at: usize,
    /// Inside brackets or replacement fields.
    pub level: u32,
    /// `in` ends an expression (targets of `for`).
    pub no_in: bool,
    /// Letter of the innermost f- or t-string being read.
    pub interp: Option<char>,
    pub eval: bool,
    /// Operands read so far, by this walker and those that look ahead for it.
    pub steps: Rc<Cell<usize>>,
}

/// Looking ahead at nested replacement fields can take exponentially many steps: a walk that takes more than this per token ends.
const STEPS_PER_TOKEN: usize = 200;

/// What CPython says about the text, if this walk finds something wrong with it.
pub fn find(text: &str, tokens: &[Token], eval: bool) -> Option<Found> {
    let steps = Rc::new(Cell::new(0));
    let mut w = Walker { text, tokens, at: 0, level: 0, no_in: false, interp: None, eval, steps };
    let found = w.file().err().map(|e| *e);
    // What a walk says that was cut short is not what CPython says.
    found.filter(|_| !w.is_exhausted())
}

impl<'s> Walker<'s> {
    /// Whether the walk has taken all the steps that it may.
    pub fn is_exhausted(&self) -> bool {
        self.steps.get() > (self.tokens.len() + 100) * STEPS_PER_TOKEN
    }

    pub fn token(&self) -> Option<Token> {
        self.tokens.get(self.at).copied()
    }

    pub fn kind(&self) -> Kind {
        self.token().map_or(Kind::End, |t| t.kind)
    }

    pub fn word_at(&self, i: usize) -> &'s str {
        self.tokens.get(i).map_or("", |t| match t.kind {
            Kind::Name | Kind::Op => &self.text[t.start as usize..t.end as usize],
            _ => "",
        })
    }

    /// The current name or operator; empty for other tokens.
    pub fn word(&self) -> &'s str {
        self.word_at(self.at)
    }

    pub fn start(&self) -> u32 {
        self.token().map_or(self.text.len() as u32, |t| t.start)
    }

    /// End of the token before.
    pub fn last_end(&self) -> u32 {
        self.tokens.get(self.at.wrapping_sub(1)).map_or(0, |t| t.end)
    }

    pub fn eat(&mut self, word: &str) -> bool {
        let hit = self.word() == word;
        if hit {
            self.at += 1;
        }
        hit
    }

    pub fn is_name(&self) -> bool {
        self.kind() == Kind::Name && !is_keyword(self.word())
    }

    pub fn line(&self, offset: u32) -> usize {
        self.text[..offset as usize].matches('\n').count() + 1
    }

    pub fn error<T>(&self, message: impl Into<String>, start: u32, end: u32) -> Walk<T> {
        Err(Box::new(Found { kind: ErrorKind::SyntaxError, message: message.into(), start, end, token: self.at }))
    }

    /// An error at the current token.
    pub fn here<T>(&self, message: impl Into<String>) -> Walk<T> {
        let (start, end) = match self.token() {
            Some(t) if matches!(t.kind, Kind::Newline) => (t.start, t.start + 1),
            Some(t) if matches!(t.kind, Kind::End | Kind::Dedent) && t.start as usize >= self.text.len() => {
                // Nothing is there: the place is the end of the last line.
                let before = self.tokens[..self.at].iter().rev().find(|t| t.kind == Kind::Newline);
                before.map_or((t.start, t.start), |n| (n.start, n.start))
            }
            Some(t) => (t.start, t.end),
            None => (self.text.len() as u32, self.text.len() as u32),
        };
        self.error(message, start, end)
    }

    fn indentation<T>(&self, message: impl Into<String>) -> Walk<T> {
        let mut found = match self.here::<()>(message) {
            Err(found) => found,
            Ok(()) => unreachable!("here always fails"),
        };
        found.kind = ErrorKind::IndentationError;
        Err(found)
    }

    /// The parser's own "invalid syntax".
    pub fn invalid<T>(&self) -> Walk<T> {
        match self.kind() {
            Kind::Indent => {
                let mut found = match self.error::<()>("unexpected indent", self.start(), self.start()) {
                    Err(found) => found,
                    Ok(()) => unreachable!("error always fails"),
                };
                found.kind = ErrorKind::IndentationError;
                // The column is that of the line's first token.
                let end = self.token().map_or(0, |t| t.end);
                found.start = end.saturating_sub(1);
                found.end = found.start;
                Err(found)
            }
            Kind::Dedent => self.indentation("unexpected unindent"),
            _ => {
                if self.word() == "<>" {
                    return self.here("invalid syntax.  Maybe you meant '!=' instead of '<>'?");
                }
                self.here("invalid syntax")
            }
        }
    }

    pub fn expect(&mut self, word: &str) -> Walk {
        if self.eat(word) { Ok(()) } else { self.invalid() }
    }

    /// A word that CPython names in its message when it is missing.
    pub fn force(&mut self, word: &str) -> Walk {
        if self.eat(word) { Ok(()) } else { self.here(format!("expected '{word}'")) }
    }

    fn file(&mut self) -> Walk {
        if self.eval {
            self.expressions()?;
            while self.kind() == Kind::Newline {
                self.at += 1;
            }
            return if self.kind() == Kind::End { Ok(()) } else { self.invalid() };
        }
        while self.kind() != Kind::End {
            self.statement()?;
        }
        if self.token().is_none() {
            return self.invalid();
        }
        Ok(())
    }

    fn statement(&mut self) -> Walk {
        let word = self.word();
        match word {
            "if" => self.if_statement(),
            "while" => {
                let line = self.line(self.start());
                self.at += 1;
                self.named()?;
                self.colon_block("'while' statement", line)?;
                self.else_block()
            }
            "for" => self.for_statement(),
            "try" => self.try_statement(),
            "with" => self.with_statement(),
            "def" => self.function(),
            "class" => self.class(),
            "@" => {
                self.at += 1;
                self.named()?;
                if self.kind() != Kind::Newline {
                    return self.invalid();
                }
                self.at += 1;
                match self.word() {
                    "@" | "def" | "class" => self.statement(),
                    "async" if self.word_at(self.at + 1) == "def" => self.statement(),
                    _ => self.invalid(),
                }
            }
            "async" => {
                self.at += 1;
                match self.word() {
                    "def" => self.function(),
                    "for" => self.for_statement(),
                    "with" => self.with_statement(),
                    _ => self.invalid(),
                }
            }
            "match" if self.looks_like_match() => self.match_statement(),
            _ => self.simple_line(),
        }
    }

    fn simple_line(&mut self) -> Walk {
        loop {
            self.simple()?;
            if self.eat(";") {
                if self.kind() == Kind::Newline {
                    break;
                }
                continue;
            }
            break;
        }
        if self.kind() == Kind::Newline {
            self.at += 1;
            return Ok(());
        }
        self.invalid()
    }

    /// `: block`.
    fn colon_block(&mut self, what: &str, line: usize) -> Walk {
        if self.word() != ":" {
            return if self.kind() == Kind::Newline { self.here("expected ':'") } else { self.invalid() };
        }
        self.at += 1;
        self.block(what, line)
    }

    pub fn block_for(&mut self, what: &str, line: usize) -> Walk {
        self.block(what, line)
    }

    fn block(&mut self, what: &str, line: usize) -> Walk {
        if self.kind() != Kind::Newline {
            return self.simple_line();
        }
        self.at += 1;
        if self.kind() != Kind::Indent {
            return self.indentation(format!("expected an indented block after {what} on line {line}"));
        }
        self.at += 1;
        while !matches!(self.kind(), Kind::Dedent | Kind::End) {
            self.statement()?;
        }
        if self.kind() == Kind::Dedent {
            self.at += 1;
        }
        Ok(())
    }

    fn else_block(&mut self) -> Walk {
        if self.word() != "else" {
            return Ok(());
        }
        let line = self.line(self.start());
        self.at += 1;
        self.force(":")?;
        self.block("'else' statement", line)
    }

    fn if_statement(&mut self) -> Walk {
        let mut word = "if";
        loop {
            let line = self.line(self.start());
            self.at += 1;
            self.named()?;
            self.colon_block(&format!("'{word}' statement"), line)?;
            if self.word() == "elif" {
                word = "elif";
                continue;
            }
            let had_else = self.word() == "else";
            self.else_block()?;
            if had_else && self.word() == "elif" {
                return self.here("'elif' block follows an 'else' block");
            }
            return Ok(());
        }
    }

    fn for_statement(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        self.for_target()?;
        if self.word() != "in" {
            return self.invalid();
        }
        self.at += 1;
        self.star_expressions()?;
        self.colon_block("'for' statement", line)?;
        self.else_block()
    }

    fn try_statement(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        self.force(":")?;
        self.block("'try' statement", line)?;
        if !matches!(self.word(), "except" | "finally") {
            return self.here("expected 'except' or 'finally' block");
        }
        let mut star: Option<bool> = None;
        while self.word() == "except" {
            let line = self.line(self.start());
            let except = self.start();
            self.at += 1;
            let is_star = self.eat("*");
            if star.is_some_and(|s| s != is_star) {
                return self.error("cannot have both 'except' and 'except*' on the same 'try'", except, self.last_end());
            }
            star = Some(is_star);
            let what = if is_star { "'except*' statement" } else { "'except' statement" };
            if self.word() == ":" {
                if is_star {
                    return self.here("expected one or more exception types");
                }
                self.colon_block(what, line)?;
                continue;
            }
            if self.kind() == Kind::Newline {
                return self.here(if is_star { "expected one or more exception types" } else { "expected ':'" });
            }
            let first = self.expression()?;
            if self.word() == "," {
                while self.eat(",") {
                    if matches!(self.word(), ":" | "as") {
                        break;
                    }
                    self.expression()?;
                }
                if self.word() == "as" {
                    let end = self.last_end();
                    let (start, _) = (first.start, end);
                    return self.error("multiple exception types must be parenthesized when using 'as'", start, {
                        let mut i = self.at;
                        while !matches!(self.word_at(i), ":") && i < self.tokens.len() {
                            i += 1;
                        }
                        self.tokens[i.saturating_sub(1)].end
                    });
                }
            }
            if self.eat("as") {
                let target = self.expression()?;
                if !matches!(target.name(), "name") && self.word() == ":" {
                    return self.error(
                        format!("cannot use except{} statement with {}", if is_star { "*" } else { "" }, target.name()),
                        target.start,
                        target.end,
                    );
                }
            }
            self.colon_block(what, line)?;
        }
        if star.is_some() {
            self.else_block()?;
        }
        if self.word() == "finally" {
            let line = self.line(self.start());
            self.at += 1;
            self.force(":")?;
            self.block("'finally' statement", line)?;
        }
        Ok(())
    }

    fn with_statement(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        let begin = self.at;
        // Parenthesised items are tried first; an expression that starts with a bracket is not one.
        if self.word() == "(" {
            let close = self.matching_close(self.at);
            if close.is_some_and(|c| self.word_at(c + 1) == ":") {
                self.at += 1;
                self.level += 1;
                let mut items = true;
                while self.word() != ")" {
                    if self.kind() == Kind::End {
                        return self.invalid();
                    }
                    match self.with_item() {
                        Ok(()) => {}
                        Err(e) if e.message.starts_with("cannot assign") => return Err(e),
                        Err(_) => {
                            items = false;
                            break;
                        }
                    }
                    if !self.eat(",") && self.word() != ")" {
                        items = false;
                        break;
                    }
                }
                self.level -= 1;
                if items {
                    self.at += 1;
                    return self.colon_block("'with' statement", line);
                }
                self.at = begin;
            }
        }
        loop {
            self.with_item()?;
            if !self.eat(",") {
                break;
            }
        }
        self.colon_block("'with' statement", line)
    }

    fn with_item(&mut self) -> Walk {
        self.expression()?;
        if self.eat("as") {
            let target = self.star_target()?;
            if let Some(bad) = target.invalid_target(false)
                && matches!(self.word(), "," | ")" | ":")
            {
                return self.error(format!("cannot assign to {}", bad.name()), bad.start, bad.end);
            }
        }
        Ok(())
    }

    /// Index of the bracket that closes the one at `open`.
    pub fn matching_close(&self, open: usize) -> Option<usize> {
        let mut depth = 0;
        for i in open..self.tokens.len() {
            match self.word_at(i) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(i);
                    }
                }
                _ => {}
            }
        }
        None
    }

    pub fn type_params(&mut self) -> Walk {
        if self.word() != "[" {
            return Ok(());
        }
        self.at += 1;
        self.level += 1;
        if self.word() == "]" {
            return self.error("Type parameter list cannot be empty", self.start(), self.start());
        }
        loop {
            let stars = if self.eat("*") { 1 } else { usize::from(self.eat("**")) * 2 };
            if !self.is_name() {
                return self.invalid();
            }
            self.at += 1;
            if self.word() == ":" && stars > 0 {
                let colon = self.start();
                self.at += 1;
                let e = self.expression()?;
                let what = if stars == 1 { "TypeVarTuple" } else { "ParamSpec" };
                let which = if e.is_tuple() { "constraints" } else { "bound" };
                return self.error(format!("cannot use {which} with {what}"), colon, colon + 1);
            }
            if self.eat(":") {
                self.expression()?;
            }
            if self.eat("=") {
                if stars == 1 {
                    self.star_expression()?
                } else {
                    self.expression()?
                };
            }
            if !self.eat(",") || self.word() == "]" {
                break;
            }
        }
        self.level -= 1;
        self.expect("]")
    }

    fn function(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        if !self.is_name() {
            return self.invalid();
        }
        self.at += 1;
        self.type_params()?;
        if self.word() != "(" {
            return self.here("expected '('");
        }
        self.at += 1;
        self.level += 1;
        self.parameters(false)?;
        self.level -= 1;
        self.expect(")")?;
        if self.word() == "->" {
            let arrow = self.at;
            self.at += 1;
            if !self.starts_expression() {
                self.at = arrow;
                return self.here("expected ':'");
            }
            self.expression()?;
        }
        if self.word() != ":" {
            return self.here("expected ':'");
        }
        self.at += 1;
        self.block("function definition", line)
    }

    fn class(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        if !self.is_name() {
            return self.invalid();
        }
        self.at += 1;
        self.type_params()?;
        if self.word() == "(" {
            self.at += 1;
            self.level += 1;
            self.arguments(true)?;
            self.level -= 1;
            self.expect(")")?;
        }
        if self.word() != ":" {
            return if self.kind() == Kind::Newline { self.here("expected ':'") } else { self.invalid() };
        }
        self.at += 1;
        self.block("class definition", line)
    }

    // ---- simple statements ----

    fn simple(&mut self) -> Walk {
        match self.word() {
            "pass" | "break" | "continue" => {
                let (start, end) = (self.start(), self.token().map_or(0, |t| t.end));
                self.at += 1;
                if self.word() == "if" {
                    // `pass if x else y`.
                    let save = self.at;
                    self.at += 1;
                    if self.disjunction().is_ok() && self.word() == "else" {
                        self.at = save;
                        return self.error("expected expression before 'if', but statement is given", start, end);
                    }
                    self.at = save;
                }
                Ok(())
            }
            "return" => {
                self.at += 1;
                if !self.ends_simple() {
                    self.star_expressions()?;
                }
                Ok(())
            }
            "raise" => {
                self.at += 1;
                if self.ends_simple() {
                    return Ok(());
                }
                self.expression()?;
                if self.eat("from") {
                    self.expression()?;
                }
                Ok(())
            }
            "global" | "nonlocal" => {
                self.at += 1;
                loop {
                    if !self.is_name() {
                        return self.invalid();
                    }
                    self.at += 1;
                    if !self.eat(",") {
                        return Ok(());
                    }
                }
            }
            "del" => self.delete(),
            "assert" => {
                self.at += 1;
                self.assert_part()?;
                if self.eat(",") {
                    self.assert_part()?;
                }
                Ok(())
            }
            "import" => self.import(),
            "from" => self.import_from(),
            "type" if self.is_type_alias() => {
                self.at += 2;
                self.type_params()?;
                self.expect("=")?;
                self.expression()?;
                Ok(())
            }
            _ => self.expression_statement(),
        }
    }

    fn assert_part(&mut self) -> Walk {
        self.expression().map(drop)
    }

    pub fn copy(&self) -> Walker<'s> {
        Walker {
            text: self.text,
            tokens: self.tokens,
            at: self.at,
            level: self.level,
            no_in: self.no_in,
            interp: self.interp,
            eval: self.eval,
            steps: self.steps.clone(),
        }
    }

    pub fn ends_simple(&self) -> bool {
        matches!(self.kind(), Kind::Newline | Kind::End) || self.word() == ";"
    }

    fn is_type_alias(&self) -> bool {
        let next = self.tokens.get(self.at + 1);
        next.is_some_and(|t| t.kind == Kind::Name && !is_keyword(self.word_at(self.at + 1)))
            && matches!(self.word_at(self.at + 2), "=" | "[")
    }

    fn delete(&mut self) -> Walk {
        self.at += 1;
        let list = self.star_expressions()?;
        if !self.ends_simple() {
            return self.invalid();
        }
        if let Some(bad) = list.invalid_target(true) {
            return self.error(format!("cannot delete {}", bad.name()), bad.start, bad.end);
        }
        Ok(())
    }

    fn import(&mut self) -> Walk {
        let import = self.start();
        self.at += 1;
        if self.kind() == Kind::Newline {
            return self.error("Expected one or more names after 'import'", self.start(), self.start());
        }
        loop {
            self.dotted_name()?;
            if self.eat("as") {
                self.import_target()?;
            }
            if !self.eat(",") {
                break;
            }
        }
        if self.word() == "from" {
            let mut ahead = self.copy();
            ahead.at += 1;
            if ahead.dotted_name().is_ok() {
                return self.error("Did you mean to use 'from ... import ...' instead?", import, ahead.last_end());
            }
        }
        Ok(())
    }

    fn dotted_name(&mut self) -> Walk {
        loop {
            if !self.is_name() {
                return self.invalid();
            }
            self.at += 1;
            if !self.eat(".") {
                return Ok(());
            }
        }
    }

    /// The name after `as` of an import.
    fn import_target(&mut self) -> Walk {
        let next = self.word_at(self.at + 1);
        if self.is_name() && (matches!(next, "," | ")" | ";" | "from") || self.at_line_end(self.at + 1)) {
            self.at += 1;
            return Ok(());
        }
        let e = self.expression()?;
        if e.name() == "name" {
            return self.invalid();
        }
        self.error(format!("cannot use {} as import target", e.name()), e.start, e.end)
    }

    fn at_line_end(&self, i: usize) -> bool {
        self.tokens.get(i).is_none_or(|t| matches!(t.kind, Kind::Newline | Kind::End))
    }

    fn import_from(&mut self) -> Walk {
        self.at += 1;
        let mut dots = false;
        while matches!(self.word(), "." | "...") {
            self.at += 1;
            dots = true;
        }
        if !(dots && self.word() == "import") {
            self.dotted_name()?;
        }
        self.expect("import")?;
        if self.kind() == Kind::Newline {
            return self.error("Expected one or more names after 'import'", self.start(), self.start());
        }
        if self.eat("*") {
            return Ok(());
        }
        let paren = self.eat("(");
        if paren {
            self.level += 1;
            if self.word() == ")" {
                return self.error("Expected one or more names after 'import'", self.start(), self.start());
            }
        }
        loop {
            if !self.is_name() {
                return self.invalid();
            }
            self.at += 1;
            if self.eat("as") {
                self.import_target()?;
            }
            if !self.eat(",") {
                break;
            }
            if paren && self.word() == ")" {
                break;
            }
            if !paren && self.kind() == Kind::Newline {
                return self.here("trailing comma not allowed without surrounding parentheses");
            }
        }
        if paren {
            self.level -= 1;
            self.expect(")")?;
        }
        Ok(())
    }

    fn expression_statement(&mut self) -> Walk {
        let start = self.at;
        let first = self.statement_expressions()?;
        // print "x"
        if first.name() == "name" && matches!(self.tokens[start].kind, Kind::Name) && self.at == start + 1 {
            let word = self.word_at(start);
            if matches!(word, "print" | "exec") && !self.ends_simple() && self.word() != "(" {
                let mut ahead = self.copy();
                if let Ok(e) = ahead.star_expressions() {
                    return self.error(format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?"), first.start, e.end);
                }
            }
        }
        match self.word() {
            ":" if first.annotatable() => {
                self.at += 1;
                self.expression()?;
                if self.eat("=") {
                    self.annotated_value()?;
                }
                return Ok(());
            }
            ":" if first.is_list() => return self.error("only single target (not list) can be annotated", first.start, first.end),
            ":" if first.is_tuple() => return self.error("only single target (not tuple) can be annotated", first.start, first.end),
            ":" => {
                let mut ahead = self.copy();
                ahead.at += 1;
                if ahead.expression().is_ok() {
                    return self.error("illegal target for annotation", first.start, first.end);
                }
            }
            _ => {}
        }
        let op = self.word();
        if op.len() >= 2 && op.ends_with('=') && !matches!(op, "==" | "!=" | "<=" | ">=" | ":=") {
            self.at += 1;
            if !first.single_target() {
                let mut ahead = self.copy();
                if ahead.annotated_value().is_ok() {
                    return self.error(
                        format!("'{}' is an illegal expression for augmented assignment", first.name()),
                        first.start,
                        first.end,
                    );
                }
            }
            self.annotated_value()?;
            return Ok(());
        }
        if op != "=" {
            return Ok(());
        }
        // A chain of targets.
        let mut target = first;
        let mut chain = 0;
        while self.eat("=") {
            let is_yield = target.name() == "yield expression" && !target.paren;
            if is_yield {
                return self.error("assignment to yield expression not possible", target.start, target.end);
            }
            if let Some(bad) = target.invalid_target(false) {
                let name = bad.name();
                let whole = bad.start == target.start && bad.end == target.end;
                let hint =
                    chain == 0 && whole && target.is_bitwise() && !matches!(name, "generator expression" | "True" | "False" | "None") && {
                        let mut ahead = self.copy();
                        ahead.bitwise_or().is_ok() && !matches!(ahead.word(), "=" | ":=")
                    };
                if hint {
                    return self.error(format!("cannot assign to {name} here. Maybe you meant '==' instead of '='?"), bad.start, bad.end);
                }
                return self.error(format!("cannot assign to {name}"), bad.start, bad.end);
            }
            chain += 1;
            target = self.statement_expressions()?;
        }
        Ok(())
    }
}
