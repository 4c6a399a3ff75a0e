//! Wording of syntax errors, `match` statements: see `diagnose.rs`.

use crate::diagnose::{Walk, Walker};
use crate::tokens::{Kind, is_keyword};

impl<'s> Walker<'s> {
    /// Whether a line that begins with `match` is a `match` statement.
    pub fn looks_like_match(&self) -> bool {
        let mut i = self.at + 1;
        let mut depth = 0;
        if matches!(self.word_at(i), "=" | "." | "," | ":" | ")" | "")
            && self.tokens.get(i).is_some_and(|t| t.kind == Kind::Op || t.kind == Kind::Newline)
        {
            return false;
        }
        while let Some(t) = self.tokens.get(i) {
            match self.word_at(i) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "=" if depth == 0 => return false,
                ":" if depth == 0 => {
                    return self.tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Newline);
                }
                _ => {}
            }
            if matches!(t.kind, Kind::Newline | Kind::End) {
                // Without the colon: a subject that could not follow a name makes it a statement.
                let next = self.tokens.get(i + 1).is_some_and(|t| t.kind == Kind::Indent);
                return next && self.word_at(i + 2) == "case";
            }
            i += 1;
        }
        false
    }

    pub fn match_statement(&mut self) -> Walk {
        let line = self.line(self.start());
        self.at += 1;
        self.star_expressions()?;
        self.colon()?;
        if self.kind() != Kind::Newline {
            return self.invalid();
        }
        self.at += 1;
        if self.kind() != Kind::Indent {
            let mut found = match self.here::<()>(format!("expected an indented block after 'match' statement on line {line}")) {
                Err(found) => found,
                Ok(()) => unreachable!("here always fails"),
            };
            found.kind = crate::ErrorKind::IndentationError;
            return Err(found);
        }
        self.at += 1;
        while self.word() == "case" {
            let line = self.line(self.start());
            self.at += 1;
            self.open_pattern()?;
            if self.eat("if") {
                self.named()?;
            }
            self.colon()?;
            self.block_for("'case' statement", line)?;
        }
        if self.kind() == Kind::Dedent {
            self.at += 1;
            return Ok(());
        }
        self.invalid()
    }

    /// The colon of `match` and `case`: named only when the line ends without it.
    fn colon(&mut self) -> Walk {
        if self.eat(":") {
            return Ok(());
        }
        if self.kind() == Kind::Newline { self.here("expected ':'") } else { self.invalid() }
    }

    fn open_pattern(&mut self) -> Walk {
        self.star_pattern()?;
        while self.eat(",") {
            if matches!(self.word(), ":" | "if") {
                break;
            }
            self.star_pattern()?;
        }
        Ok(())
    }

    fn star_pattern(&mut self) -> Walk {
        if self.eat("*") {
            if !self.is_name() {
                return self.invalid();
            }
            self.at += 1;
            return Ok(());
        }
        self.as_pattern()
    }

    fn as_pattern(&mut self) -> Walk {
        self.or_pattern()?;
        if !self.eat("as") {
            return Ok(());
        }
        let next = self.word_at(self.at + 1);
        if self.word() == "_" && next != "." && next != "(" {
            return self.here("cannot use '_' as a target");
        }
        if self.is_name() && !matches!(next, "." | "(" | "=") {
            self.at += 1;
            return Ok(());
        }
        let e = self.expression()?;
        self.error(format!("cannot use {} as pattern target", e.name()), e.start, e.end)
    }

    fn or_pattern(&mut self) -> Walk {
        self.closed_pattern()?;
        while self.eat("|") {
            self.closed_pattern()?;
        }
        Ok(())
    }

    fn closed_pattern(&mut self) -> Walk {
        match self.kind() {
            Kind::Number => self.number_pattern(),
            Kind::Str | Kind::FStart => self.expression_atom(),
            Kind::Op => match self.word() {
                "-" => self.number_pattern(),
                "(" | "[" => {
                    let close = if self.word() == "(" { ")" } else { "]" };
                    self.at += 1;
                    self.level += 1;
                    while self.word() != close {
                        self.star_pattern()?;
                        if !self.eat(",") {
                            break;
                        }
                    }
                    self.level -= 1;
                    self.expect(close)
                }
                "{" => self.mapping_pattern(),
                _ => self.invalid(),
            },
            Kind::Name => {
                if matches!(self.word(), "None" | "True" | "False") {
                    self.at += 1;
                    return Ok(());
                }
                if is_keyword(self.word()) {
                    return self.invalid();
                }
                self.at += 1;
                while self.eat(".") {
                    if !self.is_name() {
                        return self.invalid();
                    }
                    self.at += 1;
                }
                if self.word() == "(" { self.class_pattern() } else { Ok(()) }
            }
            _ => self.invalid(),
        }
    }

    fn expression_atom(&mut self) -> Walk {
        let level = std::mem::take(&mut self.level);
        let r = self.bitwise_or();
        self.level = level;
        r.map(drop)
    }

    fn number_pattern(&mut self) -> Walk {
        self.eat("-");
        if self.kind() != Kind::Number {
            return self.invalid();
        }
        let first = self.tokens[self.at];
        let imaginary = |t: crate::tokens::Token| self.text[..t.end as usize].ends_with(['j', 'J']);
        let first_imaginary = imaginary(first);
        self.at += 1;
        if matches!(self.word(), "+" | "-") {
            self.at += 1;
            if self.kind() != Kind::Number {
                return self.invalid();
            }
            if first_imaginary {
                return self.error("real number required in complex literal", first.start, first.end);
            }
            let second = self.tokens[self.at];
            if !self.text[..second.end as usize].ends_with(['j', 'J']) {
                return self.error("imaginary number required in complex literal", second.start, second.end);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn mapping_pattern(&mut self) -> Walk {
        self.at += 1;
        self.level += 1;
        let mut rest: Option<(u32, u32)> = None;
        while self.word() != "}" {
            let start = self.start();
            if let Some((s, e)) = rest {
                let _ = (s, e);
                return self.invalid();
            }
            if self.eat("**") {
                if self.word() == "_" {
                    return self.invalid();
                }
                if !self.is_name() {
                    return self.invalid();
                }
                self.at += 1;
                rest = Some((start, self.last_end()));
            } else {
                self.closed_pattern()?;
                self.expect(":")?;
                self.as_pattern()?;
            }
            if !self.eat(",") {
                break;
            }
        }
        self.level -= 1;
        self.expect("}")
    }

    fn class_pattern(&mut self) -> Walk {
        self.at += 1;
        self.level += 1;
        let mut keyword = false;
        let mut late: Option<u32> = None;
        while self.word() != ")" {
            let start = self.start();
            if self.is_name() && self.word_at(self.at + 1) == "=" {
                self.at += 2;
                self.as_pattern()?;
                keyword = true;
                if let Some(start) = late {
                    return self.error("positional patterns follow keyword patterns", start, self.last_end());
                }
            } else {
                self.as_pattern()?;
                if keyword && late.is_none() {
                    late = Some(start);
                }
            }
            if !self.eat(",") {
                break;
            }
        }
        if let Some(start) = late
            && self.word() == ")"
        {
            return self.error("positional patterns follow keyword patterns", start, self.last_end());
        }
        self.level -= 1;
        self.expect(")")
    }
}
