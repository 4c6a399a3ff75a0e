//! Source text: bytes to text by PEP 263's rules, text to code, compiler errors and warnings as Python's.

use crate::modules;
use crate::runtime;
use gc::{Ref, Value};
use objects::codecs;
use objects::protocol::{attr, call};
use objects::types::exception::{self, ids as exc};
use objects::types::str::{Str, as_str};
use objects::types::type_::type_value;
use objects::{Cx, PyResult};

/// The name in a coding cookie: a comment line with `coding:` or `coding=`.
fn cookie_in(line: &[u8]) -> Option<String> {
    let start = line.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\x0c'))?;
    let comment = line[start..].strip_prefix(b"#")?;
    let at = comment.windows(7).position(|w| w.starts_with(b"coding") && matches!(w[6], b':' | b'='))?;
    let rest = comment[at + 7..].iter().skip_while(|b| matches!(b, b' ' | b'\t'));
    let name: String = rest.map(|b| *b as char).take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    (!name.is_empty()).then_some(name)
}

fn is_blank(line: &[u8]) -> bool {
    match line.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\x0c' | b'\r')) {
        None | Some(b'#') => true,
        Some(_) => false,
    }
}

/// The declared encoding of a source, as it is spelled there.
fn cookie(body: &[u8]) -> Option<String> {
    let mut lines = body.split(|b| *b == b'\n');
    let first = lines.next()?;
    if let Some(c) = cookie_in(first) {
        return Some(c);
    }
    if !is_blank(first) {
        return None;
    }
    lines.next().and_then(cookie_in)
}

/// Source bytes as text.
///
/// # Errors
/// SyntaxError for unknown encodings and undecodable bytes.
pub fn decode(cx: &mut Cx, bytes: &[u8], filename: &str) -> PyResult<String> {
    let marked = bytes.strip_prefix(b"\xef\xbb\xbf");
    let body = marked.unwrap_or(bytes);
    let declared = cookie(body);
    let spelled = declared.as_deref().unwrap_or("utf-8").to_ascii_lowercase().replace('_', "-");
    let is_utf8 = spelled == "utf-8" || spelled.starts_with("utf-8-") || spelled == "utf8";
    if marked.is_some() && !is_utf8 {
        return Err(cx.error(exc::SYNTAX_ERROR, format!("encoding problem: {} with BOM", declared.unwrap_or_default())));
    }
    if is_utf8 {
        return match std::str::from_utf8(body) {
            Ok(s) => Ok(s.to_string()),
            Err(e) => Err(undecodable(cx, body, e.valid_up_to(), declared.is_some(), filename)),
        };
    }
    let (data, name) = (objects::types::bytes::Bytes::new(body), Str::from_text(&declared.unwrap_or_default()));
    let text = match codecs::decode_object(cx, data.value().as_ref(), Some(&name), None) {
        Ok(v) => v,
        Err(e) => {
            let raised = cx.catch(e);
            let t = objects::types::type_::type_of(raised.as_ref());
            let message = if t.is_subtype_of_id(exc::LOOKUP_ERROR) {
                format!("unknown encoding: {}", name.to_string_lossy())
            } else {
                let shown = objects::protocol::text::str(cx, raised.as_ref())?.to_string_lossy();
                format!("(unicode error) {shown}")
            };
            return Err(at_line(cx, &message, filename, 0));
        }
    };
    match as_str(text.as_ref()).and_then(Str::to_utf8) {
        Some(s) => Ok(s.into_owned()),
        None => Err(at_line(cx, "the source has lone surrogates", filename, 0)),
    }
}

fn at_line(cx: &mut Cx, message: &str, filename: &str, line: u32) -> objects::Raised {
    let mut e = compiler::CompileError::bare(compiler::ErrorKind::SyntaxError, message);
    e.line = line;
    syntax_error(cx, &e, filename)
}

fn undecodable(cx: &mut Cx, body: &[u8], at: usize, declared: bool, filename: &str) -> objects::Raised {
    if declared {
        let shown = match codecs::decode_fast(cx, body, codecs::Fast::Utf8, "strict", true) {
            Ok(_) => String::new(),
            Err(e) => {
                let raised = cx.catch(e);
                match objects::protocol::text::str(cx, raised.as_ref()) {
                    Ok(s) => s.to_string_lossy(),
                    Err(e) => return e,
                }
            }
        };
        return at_line(cx, &format!("(unicode error) {shown}"), filename, 0);
    }
    let line = body[..at].iter().filter(|b| **b == b'\n').count() as u32 + 1;
    let file = if filename.starts_with('<') || filename.is_empty() { String::new() } else { format!(" in file {filename}") };
    let message = format!(
        "Non-UTF-8 code starting with '\\x{:02x}'{file} on line {line}, but no encoding declared; see https://peps.python.org/pep-0263/ for details",
        body[at]
    );
    at_line(cx, &message, filename, line)
}

/// The text of a str or bytes-like object that is to be compiled.
pub fn text_of(cx: &mut Cx, v: Ref<'_>, what: &str, kinds: &str, filename: &str) -> PyResult<String> {
    let text = if let Some(s) = as_str(v) {
        match s.to_utf8() {
            Some(t) => t.into_owned(),
            None => {
                codecs::encode_fast(cx, v, codecs::Fast::Utf8, "strict")?;
                return Err(cx.system_error("a str could not be encoded"));
            }
        }
    } else if objects::protocol::buffer::is_exporter(v) {
        let b = objects::protocol::buffer::bytes_of(cx, v)?;
        if b.contains(&0) {
            return Err(cx.error(exc::SYNTAX_ERROR, "source code string cannot contain null bytes"));
        }
        decode(cx, &b, filename)?
    } else {
        return Err(cx.type_error(format!("{what} must be {kinds}")));
    };
    if text.contains('\0') {
        return Err(cx.error(exc::SYNTAX_ERROR, "source code string cannot contain null bytes"));
    }
    Ok(text)
}

/// Compiles source text to a code object.
///
/// # Errors
/// SyntaxError and its kind; what a warning filter makes of a SyntaxWarning.
pub fn compile(cx: &mut Cx, source: &str, filename: &str, mode: compiler::Mode, options: &compiler::Options) -> PyResult<Value> {
    let r = cx.detached(|| compiler::compile(source, filename, mode, options));
    compiled(cx, r, filename, Some(source))
}

/// Compiles a tree.
pub fn compile_tree(cx: &mut Cx, tree: &compiler::tree::Tree, filename: &str, options: &compiler::Options) -> PyResult<Value> {
    let r = compiler::compile_tree(tree, filename, options);
    compiled(cx, r, filename, None)
}

fn compiled(cx: &mut Cx, r: Result<compiler::Compiled, compiler::CompileError>, filename: &str, source: Option<&str>) -> PyResult<Value> {
    match r {
        Ok(c) => {
            for w in &c.warnings {
                warn(cx, w, filename, source)?;
            }
            Ok(objects::types::code::new(c.code).into_value())
        }
        Err(e) => Err(syntax_error(cx, &e, filename)),
    }
}

/// Issues a compiler warning; one that a filter makes an error becomes a SyntaxError at its place.
fn warn(cx: &mut Cx, w: &compiler::Warning, filename: &str, source: Option<&str>) -> PyResult<()> {
    let category = match w.kind {
        compiler::WarningKind::SyntaxWarning => exc::SYNTAX_WARNING,
        compiler::WarningKind::DeprecationWarning => exc::DEPRECATION_WARNING,
    };
    let Some(m) = runtime::loaded("_warnings") else { return Ok(()) };
    let f = attr::get_text(cx, m.as_ref(), "warn_explicit")?.into_value();
    let (text, file) = (Str::from_text(&w.message), Str::from_text(filename));
    let line = objects::types::int::from_i64(i64::from(w.pos.line));
    let r = call::positional(cx, f.as_ref(), &[text.value().as_ref(), type_value(category).as_ref(), file.value().as_ref(), line.as_ref()]);
    let Err(e) = r else { return Ok(()) };
    let raised = cx.catch(e);
    if !objects::types::type_::type_of(raised.as_ref()).is_subtype_of_id(category) {
        return Err(cx.raise(raised));
    }
    let mut error = compiler::CompileError::new(compiler::ErrorKind::SyntaxError, w.message.clone(), w.pos);
    if let Some(s) = source {
        error = error.with_source(s);
    }
    Err(syntax_error(cx, &error, filename))
}

/// The options of this process's command line.
pub fn options() -> compiler::Options {
    compiler::Options { optimize: modules::sys::settings().optimize as u8, ..compiler::Options::default() }
}

/// Raises what the compiler has found.
pub fn syntax_error(cx: &mut Cx, e: &compiler::CompileError, filename: &str) -> objects::Raised {
    use compiler::ErrorKind as K;
    let id = match e.kind {
        K::SyntaxError => exc::SYNTAX_ERROR,
        K::IndentationError => exc::INDENTATION_ERROR,
        K::TabError => exc::TAB_ERROR,
        K::IncompleteInput => exc::INCOMPLETE_INPUT_ERROR,
        K::TypeError => exc::TYPE_ERROR,
        K::OverflowError => exc::OVERFLOW_ERROR,
        K::RecursionError => exc::RECURSION_ERROR,
        K::MemoryError => exc::MEMORY_ERROR,
        K::ValueError => exc::VALUE_ERROR,
        _ => exc::SYSTEM_ERROR,
    };
    if !matches!(e.kind, K::SyntaxError | K::IndentationError | K::TabError | K::IncompleteInput) {
        return cx.error(id, &e.message);
    }
    let number = |n: u32| objects::types::int::from_i64(i64::from(n));
    let text = e.text.as_ref().map_or(Value::NONE, |t| Str::from_text(t).into_value());
    let place = objects::types::tuple::Tuple::from_values(vec![
        Str::from_text(filename).into_value(),
        number(e.line),
        number(e.col),
        text,
        number(e.end_line),
        number(e.end_col),
    ]);
    let exc = exception::new_args(id, vec![Str::from_text(&e.message).into_value(), place.into_value()]);
    cx.raise_new(exc)
}
