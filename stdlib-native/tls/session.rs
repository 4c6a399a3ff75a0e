//! `SSLSession`: what a connection can be resumed from.

use super::ids;
use super::resume::Store;
use gc::{Payload, Ref, Reg, Value, Word};
use objects::native::{GetSet, getter};
use objects::types::bytes::shared::new_bytes;
use objects::types::int::{self, from_i64};
use objects::types::type_::slots::{Compare, Slots};
use objects::types::type_::{Downcast, TypeSpec, flags};
use objects::{Cx, PyResult};
use std::sync::Arc;

/// Seconds that a session can be resumed for, as the protocol's documents recommend.
const LIFETIME: i64 = 7200;

/// `SSLSession` payload.
#[repr(C)]
pub struct Session {
    /// What it is resumed from.
    pub store: Arc<Store>,
    /// The context that it belongs to.
    pub context: Value,
}
// SAFETY: visits its word.
unsafe impl Payload for Session {
    const TYPE_ID: u32 = ids::SESSION;
    fn traverse(&self, visit: &mut dyn FnMut(Word)) {
        visit(self.context.word());
    }
}

fn me(v: Ref<'_>) -> &Session {
    // SAFETY: getters and slots check their receiver.
    unsafe { v.cast::<Session>() }
}

/// A session object.
pub fn object(store: Arc<Store>, context: Value) -> Value {
    gc::alloc(Session { store, context }).into_value()
}

fn richcompare(_cx: &mut Cx, a: Ref<'_>, b: Ref<'_>, op: Compare) -> PyResult<Reg> {
    let (Some(x), Some(y)) = (a.downcast::<Session>(), b.downcast::<Session>()) else { return Ok(Value::NOT_IMPLEMENTED.into()) };
    match op {
        Compare::Eq => Ok(Value::bool(x.store.id == y.store.id).into()),
        Compare::Ne => Ok(Value::bool(x.store.id != y.store.id).into()),
        _ => Ok(Value::NOT_IMPLEMENTED.into()),
    }
}

static GETSETS: &[GetSet] = &[
    getter("has_ticket", |_, v| Ok(Value::bool(me(v).store.has_ticket()).into()), "Does the session contain a ticket?"),
    getter("id", |cx, v| new_bytes(cx, &me(v).store.id).map(Reg::from), "Session ID."),
    getter(
        "ticket_lifetime_hint",
        |_, v| Ok(from_i64(if me(v).store.has_ticket() { LIFETIME } else { 0 }).into()),
        "Ticket life time hint.",
    ),
    getter("time", |_, v| Ok(from_i64(me(v).store.time).into()), "Session creation time (seconds since epoch)."),
    getter("timeout", |_, _| Ok(int::reg(LIFETIME)), "Session timeout (delta in seconds)."),
];

/// `_ssl.SSLSession`
pub static SESSION_TYPE: TypeSpec = TypeSpec::of::<Session>("_ssl.SSLSession")
    .flags(flags::NO_NEW | flags::IMMUTABLE)
    .slots(Slots { richcompare: Some(richcompare), ..Slots::NONE })
    .getsets(GETSETS);
