//! `_blake2`: BLAKE2 with all its parameters (RFC 7693).

use super::object::{chosen, feed, new_object};
use super::{Algorithm, State, ids};
use gc::{Payload, Ref, Reg, Value};
use objects::protocol::truth;
use objects::types::bytes::shared::operand;
use objects::types::int::{self, IntRef, as_int};
use objects::types::module::ModuleDef;
use objects::types::type_::{by_id, type_value};
use objects::{Args, Cx, PyResult};

crate::parameters!(
    PARAMETERS_B,
    "blake2b",
    "($self, data=b'', *, digest_size=64, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
);
crate::parameters!(
    PARAMETERS_S,
    "blake2s",
    "($self, data=b'', *, digest_size=32, key=b'', salt=b'', person=b'', fanout=1, depth=1, leaf_size=0, node_offset=0, node_depth=0, inner_size=0, last_node=False, usedforsecurity=True, string=None)"
);

/// The parameters that were given, in range.
struct Chosen {
    digest_size: usize,
    key: Vec<u8>,
    salt: Vec<u8>,
    person: Vec<u8>,
    fanout: u8,
    depth: u8,
    leaf_size: u32,
    node_offset: u64,
    node_depth: u8,
    inner_size: usize,
    last_node: bool,
}

fn unsigned(cx: &mut Cx, v: Ref<'_>, c_type: &str) -> PyResult<u64> {
    let Some(v) = v.given() else { return Ok(0) };
    let i = int::index(cx, v)?;
    let n = as_int(i.as_ref());
    if n.is_some_and(IntRef::is_negative) {
        return Err(cx.value_error("Cannot convert negative int"));
    }
    match n.and_then(IntRef::to_i128).and_then(|n| u64::try_from(n).ok()) {
        Some(n) => Ok(n),
        None => Err(cx.overflow_error(format!("Python int too large for C {c_type}"))),
    }
}

fn choose(cx: &mut Cx, a: &[Ref<'_>], max: usize, kind: char) -> PyResult<Chosen> {
    let small = |cx: &mut Cx, v: Ref<'_>, default: i32| v.given().map_or(Ok(default), |v| int::c_int(cx, v));
    let digest_size = small(cx, a[1], max as i32)?;
    if digest_size < 1 || digest_size > max as i32 {
        return Err(cx.value_error(format!("digest_size for Blake2{kind} must be between 1 and {max} bytes, here it is {digest_size}")));
    }
    let bytes = |cx: &mut Cx, v: Ref<'_>, what: &str, most: usize| -> PyResult<Vec<u8>> {
        let Some(v) = v.given() else { return Ok(Vec::new()) };
        let d = operand(cx, v)?;
        if d.len() > most {
            return Err(cx.value_error(format!("maximum {what} length is {most} bytes")));
        }
        Ok(d.to_vec())
    };
    let salt = bytes(cx, a[3], "salt", max / 4)?;
    let person = bytes(cx, a[4], "person", max / 4)?;
    let fanout = small(cx, a[5], 1)?;
    let Ok(fanout) = u8::try_from(fanout) else { return Err(cx.value_error("fanout must be between 0 and 255")) };
    let depth = small(cx, a[6], 1)?;
    let Some(depth) = u8::try_from(depth).ok().filter(|d| *d > 0) else { return Err(cx.value_error("depth must be between 1 and 255")) };
    let leaf_size = unsigned(cx, a[7], "unsigned long")?;
    let Ok(leaf_size) = u32::try_from(leaf_size) else { return Err(cx.overflow_error("leaf_size is too large")) };
    let node_offset = unsigned(cx, a[8], "unsigned long long")?;
    if kind == 's' && node_offset >= 1 << 48 {
        return Err(cx.overflow_error("node_offset is too large"));
    }
    let node_depth = small(cx, a[9], 0)?;
    let Ok(node_depth) = u8::try_from(node_depth) else { return Err(cx.value_error("node_depth must be between 0 and 255")) };
    let inner_size = small(cx, a[10], 0)?;
    if inner_size < 0 || inner_size > max as i32 {
        return Err(cx.value_error(format!("inner_size must be between 0 and is {max}")));
    }
    let last_node = a[11].given().map_or(Ok(false), |v| truth::of(cx, v))?;
    let key = bytes(cx, a[2], "key", max)?;
    let (digest_size, inner_size) = (digest_size as usize, inner_size as usize);
    Ok(Chosen { digest_size, key, salt, person, fanout, depth, leaf_size, node_offset, node_depth, inner_size, last_node })
}

macro_rules! configure {
    ($params:expr, $c:expr) => {
        $params
            .hash_length($c.digest_size)
            .key(&$c.key)
            .salt(&$c.salt)
            .personal(&$c.person)
            .fanout($c.fanout)
            .max_depth($c.depth)
            .max_leaf_length($c.leaf_size)
            .node_offset($c.node_offset)
            .node_depth($c.node_depth)
            .inner_hash_length($c.inner_size)
            .last_node($c.last_node)
            .to_state()
    };
}

/// `blake2b(...)`
pub fn new_b(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS_B.bind(cx, args, |cx, a| {
        let data = chosen(cx, a[0], a[13])?;
        let c = choose(cx, a, 64, 'b')?;
        let mut state = State::Blake2b(Box::new(configure!(blake2b_simd::Params::new(), c)));
        if let Some(d) = data {
            feed(cx, &mut state, &d);
        }
        Ok(new_object::<{ ids::BLAKE2B }>(Algorithm::Blake2b, state))
    })
}

/// `blake2s(...)`
pub fn new_s(cx: &mut Cx, args: Args<'_>) -> PyResult<Reg> {
    PARAMETERS_S.bind(cx, args, |cx, a| {
        let data = chosen(cx, a[0], a[13])?;
        let c = choose(cx, a, 32, 's')?;
        let mut state = State::Blake2s(Box::new(configure!(blake2s_simd::Params::new(), c)));
        if let Some(d) = data {
            feed(cx, &mut state, &d);
        }
        Ok(new_object::<{ ids::BLAKE2S }>(Algorithm::Blake2s, state))
    })
}

/// `_blake2`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_blake2",
    doc: "BLAKE2b and BLAKE2s.",
    functions: &[],
    init: |_, m| {
        for (id, name, max) in [(ids::BLAKE2B, "blake2b", 64), (ids::BLAKE2S, "blake2s", 32)] {
            m.add(name, type_value(id));
            let upper = name.to_uppercase();
            let sizes = [("SALT_SIZE", max / 4), ("PERSON_SIZE", max / 4), ("MAX_KEY_SIZE", max), ("MAX_DIGEST_SIZE", max)];
            for (what, n) in sizes {
                m.add(&format!("{upper}_{what}"), Value::small_int(n));
                let t = by_id(id);
                if t.header().type_id() == objects::ids::TYPE {
                    t.dict.set_text(what, Value::small_int(n));
                }
            }
        }
        m.add("_GIL_MINSIZE", Value::small_int(2048));
        Ok(())
    },
};
