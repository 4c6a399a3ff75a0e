//! Arguments: slices of borrowed registers, and binding them to a native's parameters.

use crate::cx::Cx;
use crate::error::{PyResult, Raised};
use crate::types::dict::Dict;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use gc::{Gc, Payload, Ref, Value};

/// Arguments of a call as they come: positional ones, then the values of the keyword ones.
#[derive(Clone, Copy)]
pub struct Args<'a> {
    /// All values.
    pub items: &'a [Ref<'a>],
    /// Names of the last ones, a tuple of strs; `None` without keywords.
    pub names: Option<&'a Tuple>,
}

impl<'a> Args<'a> {
    /// Positional arguments only.
    pub fn positional_only(items: &'a [Ref<'a>]) -> Self {
        Args { items, names: None }
    }
    /// How many keyword arguments there are.
    pub fn keyword_count(&self) -> usize {
        self.names.map_or(0, Tuple::len)
    }
    /// The positional arguments.
    pub fn positional(&self) -> &'a [Ref<'a>] {
        &self.items[..self.items.len() - self.keyword_count()]
    }
    /// The keyword arguments.
    pub fn keywords(&self) -> impl Iterator<Item = (Ref<'a>, Ref<'a>)> + 'a {
        let values = &self.items[self.items.len() - self.keyword_count()..];
        let names = self.names;
        values.iter().enumerate().filter_map(move |(i, v)| names.map(|n| (n.get(i), *v)))
    }
    /// The value of one keyword argument.
    pub fn keyword(&self, name: &str) -> Option<Ref<'a>> {
        self.keywords().find(|(n, _)| n.exact::<Str>().is_some_and(|s| s.eq_str(name))).map(|(_, v)| v)
    }
    /// The same without the first argument.
    pub fn without_first(self) -> Args<'a> {
        Args { items: &self.items[1..], names: self.names }
    }
    /// TypeError unless there are no keyword arguments: "f() takes no keyword arguments".
    pub fn no_keywords(&self, cx: &mut Cx, function: &str) -> PyResult<()> {
        if self.keyword_count() == 0 { Ok(()) } else { Err(cx.type_error(format!("{function}() takes no keyword arguments"))) }
    }
    /// TypeError unless the number of positional arguments lies between `min` and `max`; CPython's texts.
    pub fn check_count(&self, cx: &mut Cx, function: &str, min: usize, max: usize) -> PyResult<()> {
        let n = self.positional().len();
        if n >= min && n <= max {
            return Ok(());
        }
        let text = if min == max {
            let s = if min == 1 { "" } else { "s" };
            format!("{function} expected {min} argument{s}, got {n}")
        } else if n < min {
            let s = if min == 1 { "" } else { "s" };
            format!("{function} expected at least {min} argument{s}, got {n}")
        } else {
            let s = if max == 1 { "" } else { "s" };
            format!("{function} expected at most {max} argument{s}, got {n}")
        };
        Err(cx.type_error(text))
    }
}

/// How a parameter may be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParamKind {
    /// Positional only.
    Positional,
    /// Positional or keyword.
    Either,
    /// Keyword only.
    Keyword,
    /// `*args`
    Rest,
    /// `**kwargs`
    Keywords,
}

/// One parameter.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// How it may be given.
    pub kind: ParamKind,
    /// Whether it may be left out.
    pub optional: bool,
}

/// A native's parsed signature.
#[derive(Clone, Debug, Default)]
pub struct Signature {
    /// Parameters; `$self` is not among them.
    pub params: Vec<Param>,
    /// How many positional ones there may be at most (without `*args`).
    pub positional: usize,
    /// How many must be given positionally or by name.
    pub required: usize,
    /// Only positional parameters: a fitting slice is passed on as it is.
    pub simple: bool,
    /// No parameter has a name that callers may use.
    pub no_keywords: bool,
    /// From how many positional arguments on every parameter has a value or may be left out; `usize::MAX` when some must be given by name or
    /// are collected.
    pub enough: usize,
}

/// Most parameters that are laid out without allocating.
pub const FEW: usize = 12;

impl Signature {
    /// Parses `"($self, a, b=1, /, *args, c=None, **kw)"`. A first parameter with `$` is the receiver or module and not counted.
    pub fn parse(text: &'static str) -> Signature {
        let inner = text.trim().trim_start_matches('(').trim_end_matches(')');
        let mut s = Signature::default();
        let mut keyword_only = false;
        for part in split_top(inner) {
            let part = part.trim();
            if part.is_empty() || part.starts_with('$') {
                continue;
            }
            if part == "/" {
                s.params.iter_mut().for_each(|p| p.kind = ParamKind::Positional);
                continue;
            }
            if part == "*" {
                keyword_only = true;
                continue;
            }
            let (name, default) = match part.split_once('=') {
                Some((n, _)) => (n.trim(), true),
                None => (part, false),
            };
            let (name, kind) = if let Some(n) = name.strip_prefix("**") {
                (n, ParamKind::Keywords)
            } else if let Some(n) = name.strip_prefix('*') {
                keyword_only = true;
                (n, ParamKind::Rest)
            } else if keyword_only {
                (name, ParamKind::Keyword)
            } else {
                (name, ParamKind::Either)
            };
            let optional = default || matches!(kind, ParamKind::Rest | ParamKind::Keywords);
            s.params.push(Param { name, kind, optional });
        }
        s.positional = s.params.iter().filter(|p| matches!(p.kind, ParamKind::Positional | ParamKind::Either)).count();
        s.required = s.params.iter().filter(|p| !p.optional).count();
        s.simple = s.positional == s.params.len();
        s.no_keywords = s.params.iter().all(|p| matches!(p.kind, ParamKind::Positional | ParamKind::Rest));
        let collects = s.params.iter().any(|p| matches!(p.kind, ParamKind::Rest | ParamKind::Keywords));
        let named = s.params.iter().any(|p| p.kind == ParamKind::Keyword && !p.optional);
        s.enough = if collects || named { usize::MAX } else { s.params.iter().rposition(|p| !p.optional).map_or(0, |n| n + 1) };
        s
    }

    /// A signature that lives as long as the process, for tables of natives.
    pub fn leaked(text: &'static str) -> &'static Signature {
        Box::leak(Box::new(Signature::parse(text)))
    }

    /// Whether so many positional arguments fit without names, leaving out only optional ones.
    #[inline(always)]
    pub fn fits(&self, positional: usize) -> bool {
        positional >= self.enough && positional <= self.positional
    }

    /// Binds `args` to the parameters and calls `f` with one word per parameter (missing ones are [`Ref::MISSING`]; `*args` is a tuple,
    /// `**kwargs` a dict), after `receiver` if there is one.
    pub fn bind<R>(
        &self,
        cx: &mut Cx,
        function: &str,
        receiver: Option<Ref<'_>>,
        args: Args<'_>,
        f: impl FnOnce(&mut Cx, &[Ref<'_>]) -> PyResult<R>,
    ) -> PyResult<R> {
        let positional = args.positional();
        let keywords = args.keyword_count();
        if self.simple && keywords == 0 && positional.len() == self.params.len() && receiver.is_none() {
            return f(cx, positional);
        }
        let shift = usize::from(receiver.is_some());
        let total = self.params.len() + shift;
        let mut small = [Ref::MISSING; 12];
        let mut large;
        let out: &mut [Ref<'_>] = if total <= small.len() {
            &mut small[..total]
        } else {
            large = vec![Ref::MISSING; total];
            &mut large
        };
        if let Some(r) = receiver {
            out[0] = r;
        }
        let mut rest: Option<Value> = None;
        let mut extra: Option<Gc<Dict>> = None;
        let taken = positional.len().min(self.positional);
        out[shift..shift + taken].copy_from_slice(&positional[..taken]);
        let has_rest = self.params.iter().any(|p| p.kind == ParamKind::Rest);
        if positional.len() > self.positional && !has_rest {
            return Err(self.too_many(cx, function, positional.len(), keywords));
        }
        if keywords > 0 {
            if self.no_keywords && !self.params.iter().any(|p| p.kind == ParamKind::Keywords) {
                return Err(cx.type_error(format!("{function}() takes no keyword arguments")));
            }
            for (name, value) in args.keywords() {
                let text = name.exact::<Str>();
                let at = self
                    .params
                    .iter()
                    .position(|p| matches!(p.kind, ParamKind::Either | ParamKind::Keyword) && text.is_some_and(|t| t.eq_str(p.name)));
                match at {
                    Some(at) if out[shift + at].is_missing() => out[shift + at] = value,
                    Some(at) => {
                        let n = self.params[at].name;
                        return Err(cx.type_error(format!(
                            "argument for {}() given by name ('{n}') and position ({})",
                            unqualified(function),
                            at + 1
                        )));
                    }
                    None if self.params.iter().any(|p| p.kind == ParamKind::Keywords) => {
                        let d = extra.get_or_insert_with(Dict::new);
                        d.set(cx, name, value)?;
                    }
                    None => {
                        let shown = text.map_or_else(String::new, |t| t.to_string_lossy());
                        return Err(cx.type_error(format!("{}() got an unexpected keyword argument '{shown}'", unqualified(function))));
                    }
                }
            }
        }
        for (i, p) in self.params.iter().enumerate() {
            match p.kind {
                ParamKind::Rest => rest = Some(Tuple::from_refs(positional.get(self.positional..).unwrap_or(&[])).into_value()),
                ParamKind::Keywords if extra.is_none() => extra = Some(Dict::new()),
                _ if !p.optional && out[shift + i].is_missing() => return Err(self.missing(cx, function, i, positional.len())),
                _ => {}
            }
        }
        // The tuple and the dict live until after the call.
        let rest = rest.unwrap_or(Value::NONE);
        for (i, p) in self.params.iter().enumerate() {
            match (p.kind, &extra) {
                (ParamKind::Rest, _) => out[shift + i] = rest.as_ref(),
                (ParamKind::Keywords, Some(d)) => out[shift + i] = d.as_ref(),
                _ => {}
            }
        }
        f(cx, out)
    }

    #[cold]
    fn too_many(&self, cx: &mut Cx, function: &str, given: usize, keywords: usize) -> Raised {
        let bare = unqualified(function);
        let max = self.positional;
        let min = self.params.iter().filter(|p| !p.optional && matches!(p.kind, ParamKind::Positional | ParamKind::Either)).count();
        if self.no_keywords {
            if max == 0 && self.params.is_empty() {
                return cx.type_error(format!("{function}() takes no arguments ({given} given)"));
            }
            if max == 1 && min == 1 {
                return cx.type_error(format!("{function}() takes exactly one argument ({given} given)"));
            }
            let s = if max == 1 { "" } else { "s" };
            let at_most = if min == max { "" } else { "at most " };
            return cx.type_error(format!("{bare} expected {at_most}{max} argument{s}, got {given}"));
        }
        let s = if max == 1 { "" } else { "s" };
        let at_most = if min == max { "exactly" } else { "at most" };
        let kind = if self.params.iter().any(|p| p.kind == ParamKind::Keyword) { "positional argument" } else { "argument" };
        let total = if kind == "argument" { given + keywords } else { given };
        if max == 0 {
            return cx.type_error(format!("{bare}() takes no positional arguments"));
        }
        cx.type_error(format!("{bare}() takes {at_most} {max} {kind}{s} ({total} given)"))
    }

    #[cold]
    fn missing(&self, cx: &mut Cx, function: &str, index: usize, given: usize) -> Raised {
        let bare = unqualified(function);
        let p = &self.params[index];
        if self.no_keywords {
            let max = self.positional;
            let min = self.required;
            if max == 1 {
                return cx.type_error(format!("{function}() takes exactly one argument ({given} given)"));
            }
            let at_least = if min == max { "" } else { "at least " };
            let s = if min == 1 { "" } else { "s" };
            return cx.type_error(format!("{bare} expected {at_least}{min} argument{s}, got {given}"));
        }
        if p.kind == ParamKind::Positional {
            let at_least = if self.required == self.positional { "exactly" } else { "at least" };
            let s = if self.required == 1 { "" } else { "s" };
            let n = self.required;
            return cx.type_error(format!("{bare}() takes {at_least} {n} positional argument{s} ({} given)", given));
        }
        let kind = if p.kind == ParamKind::Keyword { "keyword-only argument" } else { "argument" };
        if p.kind == ParamKind::Keyword {
            return cx.type_error(format!("{bare}() missing 1 required {kind}: '{}'", p.name));
        }
        cx.type_error(format!("{bare}() missing required {kind} '{}' (pos {})", p.name, index + 1))
    }
}

/// A method's name without its type: messages of functions whose arguments are counted use that, others the full one.
fn unqualified(function: &str) -> &str {
    function.rsplit('.').next().unwrap_or(function)
}

fn split_top(text: &'static str) -> Vec<&'static str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut quote) = (0, 0, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
