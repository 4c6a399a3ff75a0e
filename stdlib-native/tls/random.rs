//! `RAND_*`: random bytes of the system.

use objects::native::{Method, function};
use objects::types::bytes::shared::{new_bytes, room_or_error};
use objects::types::int;
use objects::{Cx, PyResult, Ref, Reg, Value};

/// Fills a buffer; whether the system had enough.
pub fn fill(out: &mut [u8]) -> bool {
    let mut at = 0;
    while at < out.len() {
        // SAFETY: room for that many bytes.
        let n = unsafe { libc::getrandom(out[at..].as_mut_ptr().cast(), out.len() - at, 0) };
        match usize::try_from(n) {
            Ok(n) => at += n,
            Err(_) if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
    true
}

fn bytes(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let n = int::c_int(cx, a[0])?;
    let Ok(n) = usize::try_from(n) else { return Err(cx.value_error("num must be positive")) };
    let mut data = room_or_error(cx, Some(n))?;
    data.resize(n, 0);
    if !cx.detached(|| fill(&mut data)) {
        return Err(super::error::plain(cx, "the system has no random bytes"));
    }
    new_bytes(cx, &data).map(Reg::from)
}

fn add(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    // The system's generator needs no seed; the arguments are checked as if it did.
    if objects::types::str::as_str(a[0]).is_none() {
        drop(objects::protocol::buffer::get(cx, a[0], objects::protocol::buffer::wanted::SIMPLE)?);
    }
    objects::types::float::convert::real(cx, a[1])?;
    Ok(Value::NONE.into())
}

/// The functions.
pub static FUNCTIONS: &[Method] = &[
    function(
        "RAND_add",
        "($module, string, entropy, /)",
        add,
        "Mix string into the OpenSSL PRNG state.\n\nentropy (a float) is a lower bound on the entropy contained in\nstring.  See RFC 4086.",
    ),
    function("RAND_bytes", "($module, n, /)", bytes, "Generate n cryptographically strong pseudo-random bytes."),
    function(
        "RAND_status",
        "($module, /)",
        |_, _| Ok(Value::TRUE.into()),
        "Returns True if the PRNG has been seeded with enough data and False if not.",
    ),
];
