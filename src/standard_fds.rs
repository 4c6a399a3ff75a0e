//! Which of the three standard descriptors were closed when the process began. Rust's start-up code opens them on `/dev/null` before `main`, so they
//! are looked at before that, by a function that the loader runs.

use sync::prim::{AtomicU8, Ordering};

static CLOSED: AtomicU8 = AtomicU8::new(0);

extern "C" fn look() {
    let mut closed = 0;
    for fd in 0..3 {
        // SAFETY: a plain query.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } < 0 {
            closed |= 1 << fd;
        }
    }
    CLOSED.store(closed, Ordering::Relaxed);
}

#[used]
// SAFETY: the loader calls what stands in this section without arguments, before `main`; the function needs nothing that is set up later.
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Closes them again.
pub fn restore() {
    let closed = CLOSED.load(Ordering::Relaxed);
    for fd in (0..3).filter(|fd| closed & 1 << fd != 0) {
        // SAFETY: opened by the start-up code for nobody else.
        unsafe { libc::close(fd) };
    }
}
