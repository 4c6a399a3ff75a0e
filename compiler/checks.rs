//! SyntaxWarnings about code that compiles but cannot mean what it says.

use crate::codegen::Compiler;
use crate::tree::*;

impl<'t> Compiler<'t> {
    /// `x is 1`.
    pub fn check_compare(&mut self, left: &Expr, ops: &[CmpOp], comparators: &[Expr], pos: Pos) {
        let literal = |e: &Expr| match &e.kind {
            ExprKind::Constant { value, .. } => !matches!(value, Constant::None | Constant::Bool(_) | Constant::Ellipsis),
            ExprKind::Tuple { .. } => false,
            _ => false,
        };
        let mut left = left;
        for (op, right) in ops.iter().zip(comparators) {
            if matches!(op, CmpOp::Is | CmpOp::IsNot) && (literal(left) || literal(right)) {
                let e = if literal(left) { left } else { right };
                let ExprKind::Constant { value, .. } = &e.kind else { continue };
                let (word, other) = if *op == CmpOp::Is { ("is", "==") } else { ("is not", "!=") };
                let text = format!("\"{word}\" with '{}' literal. Did you mean \"{other}\"?", value.type_name());
                self.warn(text, pos);
            }
            left = right;
        }
    }

    /// `1(2)`.
    pub fn check_caller(&mut self, func: &Expr) {
        if let Some(name) = not_callable(func) {
            self.warn(format!("'{name}' object is not callable; perhaps you missed a comma?"), func.pos);
        }
    }

    /// `1[2]` and `"a"["b"]`.
    pub fn check_subscript(&mut self, value: &Expr, slice: &Expr) {
        let not_subscriptable = match &value.kind {
            ExprKind::Constant { value, .. } => match value {
                Constant::None
                | Constant::Ellipsis
                | Constant::Int(_)
                | Constant::BigInt(_)
                | Constant::Float(_)
                | Constant::Complex(..)
                | Constant::Bool(_) => Some(value.type_name()),
                Constant::Frozenset(_) => Some("frozenset"),
                _ => None,
            },
            ExprKind::Set { .. } | ExprKind::SetComp { .. } => Some("set"),
            ExprKind::GeneratorExp { .. } => Some("generator"),
            ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => Some("string.templatelib.Template"),
            ExprKind::Lambda { .. } => Some("function"),
            _ => None,
        };
        if let Some(name) = not_subscriptable {
            self.warn(format!("'{name}' object is not subscriptable; perhaps you missed a comma?"), value.pos);
            return;
        }
        let sequence = match &value.kind {
            ExprKind::Constant { value, .. } => match value {
                Constant::Str(_) | Constant::Bytes(_) | Constant::Tuple(_) => Some(value.type_name()),
                _ => None,
            },
            ExprKind::Tuple { .. } => Some("tuple"),
            ExprKind::List { .. } | ExprKind::ListComp { .. } => Some("list"),
            ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => Some("str"),
            _ => None,
        };
        let (Some(sequence), Some(index)) = (sequence, index_type(slice)) else { return };
        let text = format!("{sequence} indices must be integers or slices, not {index}; perhaps you missed a comma?");
        self.warn(text, value.pos);
    }
}

fn not_callable(func: &Expr) -> Option<&'static str> {
    match &func.kind {
        ExprKind::Constant { value, .. } => Some(value.type_name()),
        ExprKind::Tuple { .. } => Some("tuple"),
        ExprKind::List { .. } | ExprKind::ListComp { .. } => Some("list"),
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => Some("dict"),
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => Some("set"),
        ExprKind::GeneratorExp { .. } => Some("generator"),
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => Some("str"),
        ExprKind::TemplateStr { .. } | ExprKind::Interpolation { .. } => Some("string.templatelib.Template"),
        _ => None,
    }
}

/// The type of an index that cannot be right; `None` when nothing can be said or it is an int.
fn index_type(e: &Expr) -> Option<&'static str> {
    match &e.kind {
        ExprKind::Constant { value, .. } => match value {
            Constant::Int(_) | Constant::BigInt(_) | Constant::Bool(_) => None,
            _ => Some(value.type_name()),
        },
        ExprKind::Tuple { .. } => Some("tuple"),
        ExprKind::List { .. } | ExprKind::ListComp { .. } => Some("list"),
        ExprKind::Dict { .. } | ExprKind::DictComp { .. } => Some("dict"),
        ExprKind::Set { .. } | ExprKind::SetComp { .. } => Some("set"),
        ExprKind::GeneratorExp { .. } => Some("generator"),
        ExprKind::JoinedStr { .. } | ExprKind::FormattedValue { .. } => Some("str"),
        ExprKind::Lambda { .. } => Some("function"),
        _ => None,
    }
}
