//! `match`: the subject stays in a temporary; each pattern either falls through with its captures stored in temporaries,
//! or jumps to its failure label. Names are bound only when the whole pattern has matched.

use crate::codegen::{Compiler, Res};
use crate::flow::{Dst, Label, R};
use crate::tree::*;
use bytecode::Op;
use bytecode::encode::{KILL_B, KILL_C};

/// State of one case's pattern.
struct Matching<'t> {
    /// Captured names, with their temporaries in order from `base` up.
    names: Vec<&'t Ident>,
    /// Failure exits by the number of temporaries to drop.
    fails: Vec<(u16, Label)>,
    /// Captures are inserted below these working temporaries.
    allow_irrefutable: bool,
}

impl<'t> Compiler<'t> {
    pub fn match_stmt(&mut self, subject: &'t Expr, cases: &'t [MatchCase]) -> Res {
        let base = self.height();
        let end = self.unit.new_label();
        self.push(subject)?;
        let subject_reg = R::T(base);
        self.unit.conditional += 1;
        let last_index = cases.len().saturating_sub(1);
        for (i, case) in cases.iter().enumerate() {
            let next = self.unit.new_label();
            let mut m = Matching { names: Vec::new(), fails: Vec::new(), allow_irrefutable: i == last_index || case.guard.is_some() };
            self.at(case.pattern.pos);
            self.unit.starts = true;
            let captures = self.height();
            self.pattern(&case.pattern, subject_reg, &mut m)?;
            debug_assert!(!self.unit.reachable || usize::from(self.height() - captures) == m.names.len());
            // All matched: bind the names, last first.
            self.at(case.pattern.pos);
            let names = m.names.clone();
            for name in names.iter().rev() {
                let top = self.top();
                let mangled = self.mangled(name);
                self.store_var(&mangled, top);
            }
            if let Some(guard) = &case.guard {
                let label = self.fail_label(&mut m);
                self.jump_if(guard, false, label)?;
            }
            self.drop_to(base);
            let height = self.height();
            self.body(&case.body)?;
            if let Some(last) = self.unit.code.last() {
                self.unit.pos = last.pos;
            }
            self.unit.starts = false;
            self.jump(end);
            self.unit.height = height;
            self.place_fails(&mut m, base + 1, next);
            self.unit.height = base + 1;
            self.unit.place(next);
        }
        self.drop_to(base);
        self.unit.place(end);
        self.unit.conditional -= 1;
        Ok(())
    }

    /// A label to jump to when the pattern fails with the current number of temporaries.
    fn fail_label(&mut self, m: &mut Matching<'t>) -> Label {
        let height = self.height();
        if let Some((_, label)) = m.fails.iter().find(|(h, _)| *h == height) {
            return *label;
        }
        let label = self.unit.new_label();
        m.fails.push((height, label));
        label
    }

    /// Places the failure exits: each drops what its pattern had in progress and goes to `next`.
    fn place_fails(&mut self, m: &mut Matching<'t>, keep: u16, next: Label) {
        m.fails.sort_by_key(|(height, _)| std::cmp::Reverse(*height));
        for (height, label) in std::mem::take(&mut m.fails) {
            self.unit.height = height;
            self.unit.place(label);
            self.drop_to(keep);
            self.jump(next);
        }
    }

    /// Matches `subject` (which stays). Captures are pushed as temporaries in the order of `m.names`.
    fn pattern(&mut self, p: &'t Pattern, subject: R, m: &mut Matching<'t>) -> Res {
        self.at(p.pos);
        match &p.kind {
            PatternKind::MatchValue { value } => {
                if !is_value_pattern(value) {
                    return self.error("patterns may only match literals and attribute lookups", p.pos);
                }
                let v = self.value(value)?;
                self.at(p.pos);
                let flags = if v.is_temp() { KILL_C } else { 0 };
                let base = self.height() - u16::from(v.is_temp());
                let result = self.result(Op::Eq, Dst::Temp, subject, v, 0, flags, base);
                self.unit.height = base;
                let label = self.fail_label(m);
                self.unit.height = base + 1;
                self.branch(Op::JumpIf, false, result, R::No, label);
                Ok(())
            }
            PatternKind::MatchSingleton { value } => {
                let label = self.fail_label(m);
                if *value == Constant::None {
                    self.branch_keep(Op::JumpNone, false, subject, R::No, label);
                } else {
                    let v = self.load_constant(value, Dst::Temp);
                    let base = self.height() - 1;
                    self.unit.emit_jump(Op::JumpIs, R::I(0), subject, v, 0, KILL_C, label);
                    self.unit.height = base;
                    self.unit.jump_state(label);
                }
                Ok(())
            }
            PatternKind::MatchAs { pattern: None, name: None } => {
                if !m.allow_irrefutable {
                    return self.error("wildcard makes remaining patterns unreachable", p.pos);
                }
                self.unit.emit(Op::Line, R::No, R::No, R::No, 0, 0);
                Ok(())
            }
            PatternKind::MatchAs { pattern, name } => {
                let Some(name) = name else { return self.error("invalid pattern", p.pos) };
                match pattern {
                    Some(inner) => {
                        let before = std::mem::replace(&mut m.allow_irrefutable, false);
                        let irrefutable = matches!(inner.kind, PatternKind::MatchAs { pattern: None, .. });
                        if irrefutable {
                            m.allow_irrefutable = before;
                        } else {
                            m.allow_irrefutable = true;
                        }
                        self.pattern(inner, subject, m)?;
                        m.allow_irrefutable = before;
                    }
                    None if !m.allow_irrefutable => {
                        return self.error(format!("name capture '{name}' makes remaining patterns unreachable"), p.pos);
                    }
                    None => {}
                }
                self.at(p.pos);
                self.capture(name, subject, m, p.pos)
            }
            PatternKind::MatchStar { .. } => self.error("invalid star pattern", p.pos),
            PatternKind::MatchSequence { patterns } => self.sequence(p, patterns, subject, m),
            PatternKind::MatchMapping { keys, patterns, rest } => self.mapping(p, keys, patterns, rest.as_ref(), subject, m),
            PatternKind::MatchClass { cls, patterns, kwd_attrs, kwd_patterns } => {
                self.class_pattern(p, cls, patterns, kwd_attrs, kwd_patterns, subject, m)
            }
            PatternKind::MatchOr { patterns } => self.or_pattern(p, patterns, subject, m),
        }
    }

    fn check_capture(&mut self, name: &Ident, m: &Matching<'t>, pos: Pos) -> Res {
        if m.names.contains(&name) {
            return self.error(format!("multiple assignments to name '{name}' in pattern"), pos);
        }
        self.check_store_name(name, pos)
    }

    /// Pushes a capture of `subject`.
    fn capture(&mut self, name: &'t Ident, subject: R, m: &mut Matching<'t>, pos: Pos) -> Res {
        self.check_capture(name, m, pos)?;
        m.names.push(name);
        self.compute_keep(Op::Copy, Dst::Temp, subject, R::No, 0);
        Ok(())
    }

    /// Matches a sub-pattern against a part of the subject that `make` pushes. The part is dropped again, from below the
    /// captures it gave.
    fn part(&mut self, p: &'t Pattern, m: &mut Matching<'t>, make: impl FnOnce(&mut Self) -> Res) -> Res {
        if let PatternKind::MatchAs { pattern: None, name: Some(name) } = &p.kind {
            // The part itself is the capture.
            self.check_capture(name, m, p.pos)?;
            make(self)?;
            m.names.push(name);
            return Ok(());
        }
        let part = self.height();
        make(self)?;
        let first = m.names.len();
        let before = std::mem::replace(&mut m.allow_irrefutable, true);
        self.pattern(p, R::T(part), m)?;
        m.allow_irrefutable = before;
        self.drop_below_captures(part, (m.names.len() - first) as u16);
        Ok(())
    }

    /// Drops the temporary at `at`, above which only `captures` captures lie.
    fn drop_below_captures(&mut self, at: u16, captures: u16) {
        match captures {
            0 => self.drop_top(),
            1 => self.slide_to(at),
            _ => {
                // The last capture moves to the hole, and the order of captures is put right by rotating.
                for i in 0..captures {
                    self.compute_keep(Op::Copy, Dst::Temp, R::T(at + 1 + i), R::No, 0);
                }
                let tuple = self.height() - captures;
                let packed = self.gather(Op::BuildTuple, Dst::Temp, R::No, tuple, i32::from(captures));
                let _ = packed;
                self.slide_to(at);
                self.unit.emit(Op::UnpackSeq, R::No, R::T(at), R::T(at), i32::from(captures), KILL_B);
                self.unit.height = at;
                self.unit.grow(captures);
            }
        }
    }

    fn sequence(&mut self, p: &'t Pattern, patterns: &'t [Pattern], subject: R, m: &mut Matching<'t>) -> Res {
        let star = patterns.iter().position(|p| matches!(p.kind, PatternKind::MatchStar { .. }));
        if patterns.iter().filter(|p| matches!(p.kind, PatternKind::MatchStar { .. })).count() > 1 {
            return self.error("multiple starred names in sequence pattern", p.pos);
        }
        let label = self.fail_label(m);
        let is_sequence = self.compute_keep(Op::MatchSequence, Dst::Temp, subject, R::No, 0);
        self.branch(Op::JumpIf, false, is_sequence, R::No, label);
        let least = patterns.len() - usize::from(star.is_some());
        if star.is_none() || least > 0 {
            let len = self.compute_keep(Op::GetLen, Dst::Temp, subject, R::No, 0);
            let label = self.fail_label_below(m);
            let (op, op_i) = if star.is_some() { (Op::JumpGe, Op::JumpGeI) } else { (Op::JumpEq, Op::JumpEqI) };
            if least < 128 {
                self.branch(op_i, false, len, R::I(least as i16), label);
            } else {
                let n = self.load_constant(&Constant::Int(least as i64), Dst::Temp);
                self.branch(op, false, len, n, label);
            }
        }
        let wildcard =
            |p: &Pattern| matches!(p.kind, PatternKind::MatchAs { pattern: None, name: None } | PatternKind::MatchStar { name: None });
        if patterns.iter().all(wildcard) {
            return Ok(());
        }
        // Elements are taken one by one: a failing element leaves little to drop.
        for (i, part) in patterns.iter().enumerate() {
            if wildcard(part) {
                continue;
            }
            self.at(part.pos);
            if let PatternKind::MatchStar { name: Some(name) } = &part.kind {
                self.check_capture(name, m, part.pos)?;
                let block = self.height();
                let after = patterns.len() - i - 1;
                let d = (i | after << 12) as i32;
                self.unit.emit(Op::UnpackEx, R::No, subject, R::T(block), d, 0);
                self.unit.grow(patterns.len() as u16);
                self.drop_to(block + i as u16 + 1);
                self.slide_to(block);
                m.names.push(name);
                continue;
            }
            let from_end = star.is_some_and(|s| i > s);
            let count = patterns.len();
            self.part(part, m, |c| {
                let index = if from_end { i as i64 - count as i64 } else { i as i64 };
                if let Ok(small) = i8::try_from(index) {
                    c.compute_keep(Op::GetItemI, Dst::Temp, subject, R::I(i16::from(small)), 0);
                } else {
                    let n = c.load_constant(&Constant::Int(index), Dst::Temp);
                    let base = c.height() - 1;
                    c.result(Op::GetItem, Dst::Temp, subject, n, 0, KILL_C, base);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// A failure label for a jump that kills the topmost temporary.
    fn fail_label_below(&mut self, m: &mut Matching<'t>) -> Label {
        self.unit.height -= 1;
        let label = self.fail_label(m);
        self.unit.height += 1;
        label
    }

    fn mapping(
        &mut self,
        p: &'t Pattern,
        keys: &'t [Expr],
        patterns: &'t [Pattern],
        rest: Option<&'t Ident>,
        subject: R,
        m: &mut Matching<'t>,
    ) -> Res {
        let label = self.fail_label(m);
        let is_mapping = self.compute_keep(Op::MatchMapping, Dst::Temp, subject, R::No, 0);
        self.branch(Op::JumpIf, false, is_mapping, R::No, label);
        if keys.is_empty() && rest.is_none() {
            return Ok(());
        }
        if !keys.is_empty() {
            let len = self.compute_keep(Op::GetLen, Dst::Temp, subject, R::No, 0);
            let label = self.fail_label_below(m);
            let n = self.load_constant(&Constant::Int(keys.len() as i64), Dst::Temp);
            self.branch(Op::JumpGe, false, len, n, label);
        }
        let mut seen: Vec<Constant> = Vec::new();
        let keys_base = self.height();
        for key in keys {
            match crate::optimise::fold(key, self.options.optimize) {
                Some(c) => {
                    if seen.iter().any(|s| constants_equal(s, &c)) {
                        let shown = crate::unparse::expression(key);
                        let text = shown.as_str().unwrap_or("?").to_owned();
                        return self.error(format!("mapping pattern checks duplicate key ({text})"), p.pos);
                    }
                    seen.push(c);
                }
                None if matches!(key.kind, ExprKind::Attribute { .. }) => {}
                None => {
                    return self.error("mapping pattern keys may only match literals and attribute lookups", p.pos);
                }
            }
            self.push_arg(key)?;
        }
        self.at(p.pos);
        let key_tuple = self.gather(Op::BuildTuple, Dst::Temp, R::No, keys_base, keys.len() as i32);
        let values = self.compute_keep(Op::MatchKeys, Dst::Temp, subject, key_tuple, 0);
        // On failure both the keys and the None have to go.
        let label = self.fail_label(m);
        self.branch_keep(Op::JumpNone, true, values, R::No, label);
        let mut captures = 0;
        let first = m.names.len();
        for (i, part) in patterns.iter().enumerate() {
            if matches!(part.kind, PatternKind::MatchAs { pattern: None, name: None }) {
                continue;
            }
            self.part(part, m, |c| {
                let n = c.load_constant(&Constant::Int(i as i64), Dst::Temp);
                let base = c.height() - 1;
                c.result(Op::GetItem, Dst::Temp, values, n, 0, KILL_C, base);
                Ok(())
            })?;
        }
        if let Some(rest) = rest {
            if m.names.contains(&rest) {
                return self.error(format!("multiple assignments to name '{rest}' in pattern"), p.pos);
            }
            let base = self.height();
            let map = self.gather(Op::BuildMap, Dst::Temp, R::No, base, 0);
            self.unit.emit(Op::DictUpdate, map, subject, R::No, 0, 0);
            for i in 0..keys.len() {
                let n = self.load_constant(&Constant::Int(i as i64), Dst::Temp);
                let at = self.height() - 1;
                let key = self.result(Op::GetItem, Dst::Temp, key_tuple, n, 0, KILL_C, at);
                self.unit.emit(Op::DelItem, R::No, map, key, 0, KILL_C);
                self.unit.height -= 1;
            }
            m.names.push(rest);
        }
        captures += (m.names.len() - first) as u16;
        self.drop_below_captures(keys_base + 1, captures);
        self.drop_below_captures(keys_base, captures);
        Ok(())
    }

    fn class_pattern(
        &mut self,
        p: &'t Pattern,
        cls: &'t Expr,
        patterns: &'t [Pattern],
        kwd_attrs: &'t [Ident],
        kwd_patterns: &'t [Pattern],
        subject: R,
        m: &mut Matching<'t>,
    ) -> Res {
        for (i, attr) in kwd_attrs.iter().enumerate() {
            if kwd_attrs[..i].contains(attr) {
                return self.error(format!("attribute name repeated in class pattern: {attr}"), kwd_patterns[i].pos);
            }
        }
        let base = self.height();
        self.push_arg(cls)?;
        let names = kwd_attrs.iter().map(|n| Constant::Str(PyStr::from(&**n))).collect::<Vec<_>>();
        self.load_constant(&Constant::Tuple(names.into()), Dst::Temp);
        self.at(p.pos);
        let values = self.result(Op::MatchClass, Dst::Temp, subject, R::T(base), patterns.len() as i32, 0, base);
        let label = self.fail_label(m);
        self.branch_keep(Op::JumpNone, true, values, R::No, label);
        let first = m.names.len();
        for (i, part) in patterns.iter().chain(kwd_patterns).enumerate() {
            if matches!(part.kind, PatternKind::MatchAs { pattern: None, name: None }) {
                continue;
            }
            self.part(part, m, |c| {
                if let Ok(small) = i8::try_from(i) {
                    c.compute_keep(Op::GetItemI, Dst::Temp, values, R::I(i16::from(small)), 0);
                } else {
                    let n = c.load_constant(&Constant::Int(i as i64), Dst::Temp);
                    let at = c.height() - 1;
                    c.result(Op::GetItem, Dst::Temp, values, n, 0, KILL_C, at);
                }
                Ok(())
            })?;
        }
        self.drop_below_captures(base, (m.names.len() - first) as u16);
        Ok(())
    }

    fn or_pattern(&mut self, p: &'t Pattern, patterns: &'t [Pattern], subject: R, m: &mut Matching<'t>) -> Res {
        let end = self.unit.new_label();
        let base = self.height();
        let before = m.names.len();
        let mut names: Option<Vec<&'t Ident>> = None;
        for (i, alternative) in patterns.iter().enumerate() {
            let last = i + 1 == patterns.len();
            let mut own = Matching { names: Vec::new(), fails: Vec::new(), allow_irrefutable: last && m.allow_irrefutable };
            self.unit.height = base;
            self.pattern(alternative, subject, &mut own)?;
            match &names {
                None => names = Some(own.names.clone()),
                Some(expected) => {
                    let mut sorted = (expected.clone(), own.names.clone());
                    sorted.0.sort();
                    sorted.1.sort();
                    if sorted.0 != sorted.1 {
                        return self.error("alternative patterns bind different names", p.pos);
                    }
                    if *expected != own.names {
                        self.reorder_captures(expected, &own.names, base);
                    }
                }
            }
            self.jump(end);
            let next = self.unit.new_label();
            if last {
                // The last alternative's failure is the whole pattern's.
                self.unit.height = base;
                let fail = self.fail_label(m);
                self.place_fails(&mut own, base, fail);
                let _ = next;
            } else {
                self.place_fails(&mut own, base, next);
                self.unit.height = base;
                self.unit.place(next);
            }
        }
        let names = names.unwrap_or_default();
        for name in &names {
            if m.names.contains(name) {
                return self.error(format!("multiple assignments to name '{name}' in pattern"), p.pos);
            }
        }
        m.names.extend(names.iter());
        self.unit.height = base + (m.names.len() - before) as u16;
        self.unit.place(end);
        Ok(())
    }

    /// Brings captures into the order of the first alternative.
    fn reorder_captures(&mut self, expected: &[&'t Ident], have: &[&'t Ident], base: u16) {
        let count = expected.len() as u16;
        for name in expected {
            let at = have.iter().position(|n| n == name).unwrap_or(0) as u16;
            self.compute_keep(Op::Copy, Dst::Temp, R::T(base + at), R::No, 0);
        }
        let first = base + count;
        self.gather(Op::BuildTuple, Dst::Temp, R::No, first, i32::from(count));
        self.slide_to(base);
        self.unit.emit(Op::UnpackSeq, R::No, R::T(base), R::T(base), i32::from(count), KILL_B);
        self.unit.height = base;
        self.unit.grow(count);
    }
}

fn is_value_pattern(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Constant { .. } | ExprKind::Attribute { .. } => true,
        ExprKind::UnaryOp { op: UnaryOp::USub, operand } => matches!(operand.kind, ExprKind::Constant { .. }),
        ExprKind::BinOp { left, op: Operator::Add | Operator::Sub, right } => is_value_pattern(left) && is_value_pattern(right),
        _ => false,
    }
}

/// Equality as dict keys, across the numeric types.
fn constants_equal(a: &Constant, b: &Constant) -> bool {
    let number = |c: &Constant| match c {
        Constant::Bool(b) => Some(f64::from(u8::from(*b))),
        Constant::Int(n) => Some(*n as f64),
        Constant::Float(x) => Some(*x),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x == y,
        _ => a == b,
    }
}
