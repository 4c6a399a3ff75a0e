//! Wording of syntax errors, arguments and parameters: see `diagnose.rs`.

use crate::diagnose::{Walk, Walker};
use crate::diagnose_expr::{E, What};
use crate::tokens::{Kind, is_keyword};

impl<'s> Walker<'s> {
    pub fn arguments(&mut self, class: bool) -> Walk {
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
                    return self.error(
                        "iterable argument unpacking follows keyword argument unpacking",
                        self.tokens[self.at - 1].start,
                        ahead.last_end(),
                    );
                }
                self.at += 1;
                self.expression()?;
                if self.word() == "=" {
                    let mut ahead = self.copy();
                    ahead.at += 1;
                    if let Ok(v) = ahead.expression() {
                        return self.error("cannot assign to iterable argument unpacking", start, v.end);
                    }
                }
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
                self.expression()?;
                if self.comp_follows() {
                    let mut ahead = self.copy();
                    if ahead.comp_for().is_ok() {
                        return self.error("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", start, end);
                    }
                }
                keyword_seen = true;
            } else {
                self.argument_expression()?;
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
                    if class && sole {
                        return self.invalid_class_generator();
                    }
                    if !sole {
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
}
