//! From rows of SQLite to objects.

use super::connection::me as connection_of;
use super::{adapt, ids, text_of};
use gc::{Ref, Value};
use libsqlite3_sys as sq;
use objects::protocol::call;
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::{int, type_::type_value};
use objects::{Cx, PyResult};

/// Bytes of UTF-8 as a str, by the codec (which knows what to say of errors).
pub fn decode(cx: &mut Cx, b: &[u8]) -> PyResult<Value> {
    if let Ok(s) = std::str::from_utf8(b) {
        return Ok(Str::from_text(s).into_value());
    }
    let v = objects::types::bytes::shared::new_bytes(cx, b)?;
    let name = Str::intern_text("decode");
    call::method(cx, v.as_ref(), name.as_ref(), &[]).map(gc::Reg::into_value)
}

/// Name of a column as descriptions have it.
///
/// # Safety
/// A statement of an open handle; the gate is held.
pub unsafe fn column_name(cx: &mut Cx, c: Ref<'_>, s: *mut sq::sqlite3_stmt, i: i32) -> String {
    // SAFETY: by contract.
    let name = unsafe { text_of(sq::sqlite3_column_name(s, i)) };
    if connection_of(c).with(cx, |s| s.detect) & 2 != 0
        && let Some(at) = name.find('[')
    {
        return name[..at].strip_suffix(' ').unwrap_or(&name[..at]).to_string();
    }
    name
}

/// The converter of each column, where there is one.
///
/// # Safety
/// As for [`column_name`].
pub unsafe fn converters(cx: &mut Cx, c: Ref<'_>, s: *mut sq::sqlite3_stmt) -> PyResult<Vec<Option<Value>>> {
    let detect = connection_of(c).with(cx, |s| s.detect);
    if detect == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: by contract.
    let n = unsafe { sq::sqlite3_column_count(s) };
    let mut all = Vec::with_capacity(n as usize);
    let find = |cx: &mut Cx, name: &str| -> PyResult<Option<Value>> {
        let key = Str::from_text(&name.to_uppercase()).into_value();
        Ok(adapt::converters().get(cx, key.as_ref())?.map(gc::Reg::into_value))
    };
    for i in 0..n {
        let mut found = None;
        if detect & 2 != 0 {
            // SAFETY: by contract.
            let name = unsafe { text_of(sq::sqlite3_column_name(s, i)) };
            if let Some(from) = name.find('[')
                && let Some(len) = name[from..].find(']')
            {
                found = find(cx, &name[from + 1..from + len])?;
            }
        }
        if found.is_none() && detect & 1 != 0 {
            // SAFETY: by contract.
            let declared = unsafe { text_of(sq::sqlite3_column_decltype(s, i)) };
            let word = declared.split([' ', '(']).next().unwrap_or("");
            if !word.is_empty() {
                found = find(cx, word)?;
            }
        }
        all.push(found);
    }
    Ok(all)
}

/// The current row.
///
/// # Safety
/// As for [`column_name`], in the middle of its rows.
pub unsafe fn row(cx: &mut Cx, c: Ref<'_>, s: *mut sq::sqlite3_stmt, converters: &[Option<Value>]) -> PyResult<Value> {
    // SAFETY: by contract; so for all below. Text and blobs are copied before anything else is asked of SQLite.
    let n = unsafe { sq::sqlite3_data_count(s) };
    let mut all = Vec::with_capacity(n as usize);
    // SAFETY: see above.
    let bytes = |i: i32, text: bool| unsafe {
        let p = if text { sq::sqlite3_column_text(s, i) } else { sq::sqlite3_column_blob(s, i).cast::<u8>() };
        let n = sq::sqlite3_column_bytes(s, i) as usize;
        if p.is_null() || n == 0 { Vec::new() } else { std::slice::from_raw_parts(p, n).to_vec() }
    };
    for i in 0..n {
        // SAFETY: see above.
        let kind = unsafe { sq::sqlite3_column_type(s, i) };
        let converter = converters.get(i as usize).and_then(Option::as_ref);
        let v = match (converter, kind) {
            (_, sq::SQLITE_NULL) => Value::NONE,
            (Some(f), _) => {
                let b = bytes(i, false);
                if b.is_empty() {
                    // As for NULL: SQLite has no address for it.
                    all.push(Value::NONE);
                    continue;
                }
                let b = objects::types::bytes::shared::new_bytes(cx, &b)?;
                call::positional(cx, f.as_ref(), &[b.as_ref()])?
            }
            // SAFETY: see above.
            (None, sq::SQLITE_INTEGER) => int::from_i64(unsafe { sq::sqlite3_column_int64(s, i) }),
            // SAFETY: see above.
            (None, sq::SQLITE_FLOAT) => Value::float(unsafe { sq::sqlite3_column_double(s, i) }),
            (None, sq::SQLITE_TEXT) => {
                let b = bytes(i, true);
                text(cx, c, s, i, b)?
            }
            _ => objects::types::bytes::shared::new_bytes(cx, &bytes(i, false))?,
        };
        all.push(v);
    }
    Ok(Tuple::from_values(all).into_value())
}

fn text(cx: &mut Cx, c: Ref<'_>, s: *mut sq::sqlite3_stmt, i: i32, b: Vec<u8>) -> PyResult<Value> {
    let factory = connection_of(c).with(cx, |s| s.text_factory.clone());
    if factory.is(&type_value(objects::ids::STR)) {
        if let Ok(t) = std::str::from_utf8(&b) {
            return Ok(Str::from_text(t).into_value());
        }
        // SAFETY: `row` was called with it.
        let name = unsafe { text_of(sq::sqlite3_column_name(s, i)) };
        let shown = String::from_utf8_lossy(&b).into_owned();
        return Err(cx.error(ids::OPERATIONAL, format!("Could not decode to UTF-8 column '{name}' with text '{shown}'")));
    }
    let v = objects::types::bytes::shared::new_bytes(cx, &b)?;
    if factory.is(&type_value(objects::ids::BYTES)) {
        return Ok(v);
    }
    call::positional(cx, factory.as_ref(), &[v.as_ref()])
}
