//! `_uuid`: UUIDs of the time and the machine's address, one after the other also when threads ask at once.

use gc::{Ref, Reg, Value};
use objects::native::function;
use objects::types::bytes::shared::new_bytes;
use objects::types::module::ModuleDef;
use objects::types::tuple::Tuple;
use objects::{Cx, PyResult};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

/// 100-ns intervals from the Gregorian reform to 1970.
const EPOCH: u64 = 0x01b2_1dd2_1381_4000;

/// What the last UUID was made of.
struct Last {
    time: u64,
    sequence: u16,
    node: [u8; 6],
}
static LAST: Mutex<Option<Last>> = Mutex::new(None);

fn random(out: &mut [u8]) {
    // SAFETY: there is that much room. Without entropy the zeros stay, which is allowed for a clock sequence.
    unsafe { libc::getrandom(out.as_mut_ptr().cast(), out.len(), 0) };
}

/// The address of a network card, or a random one that is marked as such.
fn node() -> [u8; 6] {
    let cards = std::fs::read_dir("/sys/class/net").into_iter().flatten().flatten();
    for card in cards {
        let Ok(text) = std::fs::read_to_string(card.path().join("address")) else { continue };
        let parts: Vec<u8> = text.trim().split(':').filter_map(|p| u8::from_str_radix(p, 16).ok()).collect();
        if let Ok(a) = <[u8; 6]>::try_from(parts)
            && a != [0; 6]
        {
            return a;
        }
    }
    let mut a = [0; 6];
    random(&mut a);
    a[0] |= 1;
    a
}

fn generate(cx: &mut Cx, _: &[Ref<'_>]) -> PyResult<Reg> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64 / 100) + EPOCH;
    let (time, sequence, node) = {
        let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let l = last.get_or_insert_with(|| {
            let mut s = [0; 2];
            random(&mut s);
            Last { time: 0, sequence: u16::from_be_bytes(s) & 0x3fff, node: node() }
        });
        if now + 10_000_000 < l.time {
            // The clock was set back.
            l.sequence = (l.sequence + 1) & 0x3fff;
            l.time = now;
        } else {
            l.time = now.max(l.time + 1);
        }
        (l.time, l.sequence, l.node)
    };
    let mut b = [0; 16];
    b[..4].copy_from_slice(&(time as u32).to_be_bytes());
    b[4..6].copy_from_slice(&((time >> 32) as u16).to_be_bytes());
    b[6..8].copy_from_slice(&((time >> 48) as u16 & 0xfff | 0x1000).to_be_bytes());
    b[8..10].copy_from_slice(&(sequence | 0x8000).to_be_bytes());
    b[10..].copy_from_slice(&node);
    let bytes = new_bytes(cx, &b)?;
    // Other processes are not asked: -1, as libuuid says without its daemon.
    Ok(Tuple::from_values(vec![bytes, Value::small_int(-1)]).into())
}

/// `_uuid`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_uuid",
    doc: "",
    functions: &[function("generate_time_safe", "($module, /)", generate, "")],
    init: |_, m| {
        m.add("has_uuid_generate_time_safe", Value::small_int(1));
        m.add("has_stable_extractable_node", Value::small_int(0));
        Ok(())
    },
};
