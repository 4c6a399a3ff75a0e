//! `termios`: terminals as POSIX knows them.

use crate::posix::arguments::long;
use gc::Word;
use objects::native::{Method, function};
use objects::protocol::call;
use objects::protocol::path::{file_descriptor, last_errno, strerror};
use objects::types::bytes::Bytes;
use objects::types::bytes::shared::new_bytes;
use objects::types::dict::Dict;
use objects::types::exception::ids as exc;
use objects::types::int::{self, as_int, from_i64};
use objects::types::list::List;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::types::tuple::Tuple;
use objects::types::type_::{Downcast, type_value};
use objects::{Cx, PyResult, Raised, Ref, Reg, Value};
use std::sync::OnceLock;

static ERROR: OnceLock<u64> = OnceLock::new();

fn error_class(cx: &mut Cx) -> PyResult<Value> {
    if ERROR.get().is_none() {
        let ns = Dict::new();
        ns.set_str(objects::names::__module__(), Str::intern_text("termios"));
        let name = Str::from_text("error");
        let bases = Tuple::from_values(vec![type_value(exc::EXCEPTION)]);
        let meta = type_value(objects::ids::TYPE);
        let class = call::positional(cx, meta.as_ref(), &[name.value().as_ref(), bases.value().as_ref(), ns.value().as_ref()])?;
        if let Some(h) = class.as_ref().header() {
            h.make_immortal();
        }
        let _ = ERROR.set(class.into_word().0);
    }
    match ERROR.get() {
        // SAFETY: an immortal class.
        Some(w) => Ok(unsafe { Ref::from_word(Word(*w)) }.to_value()),
        None => Ok(Value::NONE),
    }
}

fn raise(cx: &mut Cx, errno: i32) -> Raised {
    let class = match error_class(cx) {
        Ok(c) => c,
        Err(e) => return e,
    };
    let (n, t) = (Value::small_int(i64::from(errno)), Str::from_text(&strerror(errno)));
    match call::positional(cx, class.as_ref(), &[n.as_ref(), t.value().as_ref()]) {
        Ok(e) => cx.raise_new(e),
        Err(e) => e,
    }
}

/// Runs a system call; failures are `termios.error`.
fn run(cx: &mut Cx, f: impl FnMut() -> i32 + Send) -> PyResult<Reg> {
    match cx.system_call(f)? {
        Ok(_) => Ok(Value::NONE.into()),
        Err(e) => Err(raise(cx, e)),
    }
}

fn blank() -> libc::termios {
    // SAFETY: zeros are a valid record.
    unsafe { std::mem::zeroed() }
}

fn tcgetattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let mut t = blank();
    // SAFETY: room for the result.
    run(cx, || unsafe { libc::tcgetattr(fd, &mut t) })?;
    // SAFETY: a record that is there.
    let (input, output) = unsafe { (libc::cfgetispeed(&t), libc::cfgetospeed(&t)) };
    let mut characters = Vec::new();
    let raw = t.c_lflag & libc::ICANON == 0;
    for (i, c) in t.c_cc.iter().enumerate() {
        // Without line editing two of them are numbers.
        characters.push(if raw && (i == libc::VMIN || i == libc::VTIME) { from_i64(i64::from(*c)) } else { new_bytes(cx, &[*c])? });
    }
    let n = |n: u32| from_i64(i64::from(n));
    let items =
        vec![n(t.c_iflag), n(t.c_oflag), n(t.c_cflag), n(t.c_lflag), n(input), n(output), List::from_values(characters).into_value()];
    Ok(List::from_values(items).into())
}

fn tcsetattr(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let when = int::c_int(cx, a[1])?;
    let wrong = "tcsetattr, arg 3: must be 7 element list";
    let Some(list) = a[2].downcast::<List>() else { return Err(cx.type_error(wrong)) };
    let items = list.snapshot(cx);
    let [iflag, oflag, cflag, lflag, input, output, characters] = &items[..] else { return Err(cx.type_error(wrong)) };
    let mut t = blank();
    // SAFETY: room for the result.
    run(cx, || unsafe { libc::tcgetattr(fd, &mut t) })?;
    t.c_iflag = long(cx, iflag.as_ref())? as u32;
    t.c_oflag = long(cx, oflag.as_ref())? as u32;
    t.c_cflag = long(cx, cflag.as_ref())? as u32;
    t.c_lflag = long(cx, lflag.as_ref())? as u32;
    let (input, output) = (long(cx, input.as_ref())? as u32, long(cx, output.as_ref())? as u32);
    let characters = match characters.as_ref().downcast::<List>() {
        Some(l) => l.snapshot(cx),
        None => Vec::new(),
    };
    if characters.len() != t.c_cc.len() {
        let n = t.c_cc.len();
        return Err(cx.type_error(format!("tcsetattr: attributes[6] must be {n} element list")));
    }
    for (to, c) in t.c_cc.iter_mut().zip(&characters) {
        let c = c.as_ref();
        *to = match c.downcast::<Bytes>().map(Bytes::data) {
            Some([b]) => *b,
            _ if as_int(c).is_some() => long(cx, c)? as u8,
            _ => return Err(cx.type_error("tcsetattr: elements of attributes must be characters or integers")),
        };
    }
    // SAFETY: a record that is there.
    let bad = unsafe { libc::cfsetispeed(&mut t, input) < 0 || libc::cfsetospeed(&mut t, output) < 0 };
    if bad {
        let e = last_errno();
        return Err(raise(cx, e));
    }
    // SAFETY: as above.
    run(cx, || unsafe { libc::tcsetattr(fd, when, &t) })
}

fn with_number(cx: &mut Cx, a: &[Ref<'_>], f: unsafe extern "C" fn(i32, i32) -> i32) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let n = int::c_int(cx, a[1])?;
    // SAFETY: plain numbers.
    run(cx, || unsafe { f(fd, n) })
}

fn tcdrain(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    // SAFETY: a plain number.
    run(cx, || unsafe { libc::tcdrain(fd) })
}

fn tcgetwinsize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let mut w = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: room for the result.
    run(cx, || unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut w) })?;
    Ok(Tuple::from_values(vec![from_i64(i64::from(w.ws_row)), from_i64(i64::from(w.ws_col))]).into())
}

fn tcsetwinsize(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let fd = file_descriptor(cx, a[0])?;
    let wrong = "tcsetwinsize, arg 2: must be a two-item sequence";
    if objects::types::type_::type_of(a[1]).slots.getitem().is_none() {
        return Err(cx.type_error(wrong));
    }
    let items = objects::protocol::iter::collect(cx, a[1])?;
    let [rows, columns] = &items[..] else { return Err(cx.type_error(wrong)) };
    let (rows, columns) = (long(cx, rows.as_ref())?, long(cx, columns.as_ref())?);
    let (Ok(rows), Ok(columns)) = (u16::try_from(rows), u16::try_from(columns)) else {
        return Err(cx.overflow_error("winsize value(s) out of range"));
    };
    let mut w = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: room for the result; then a record that is there.
    run(cx, || unsafe {
        if libc::ioctl(fd, libc::TIOCGWINSZ, &mut w) < 0 {
            return -1;
        }
        w.ws_row = rows;
        w.ws_col = columns;
        libc::ioctl(fd, libc::TIOCSWINSZ, &w)
    })
}

static NUMBERS: &[(&str, i64)] = &[
    ("B0", libc::B0 as i64),
    ("B1000000", libc::B1000000 as i64),
    ("B110", libc::B110 as i64),
    ("B115200", libc::B115200 as i64),
    ("B1152000", libc::B1152000 as i64),
    ("B1200", libc::B1200 as i64),
    ("B134", libc::B134 as i64),
    ("B14400", 14400),
    ("B150", libc::B150 as i64),
    ("B1500000", libc::B1500000 as i64),
    ("B1800", libc::B1800 as i64),
    ("B19200", libc::B19200 as i64),
    ("B200", libc::B200 as i64),
    ("B2000000", libc::B2000000 as i64),
    ("B230400", libc::B230400 as i64),
    ("B2400", libc::B2400 as i64),
    ("B2500000", libc::B2500000 as i64),
    ("B28800", 28800),
    ("B300", libc::B300 as i64),
    ("B3000000", libc::B3000000 as i64),
    ("B3500000", libc::B3500000 as i64),
    ("B38400", libc::B38400 as i64),
    ("B4000000", libc::B4000000 as i64),
    ("B460800", libc::B460800 as i64),
    ("B4800", libc::B4800 as i64),
    ("B50", libc::B50 as i64),
    ("B500000", libc::B500000 as i64),
    ("B57600", libc::B57600 as i64),
    ("B576000", libc::B576000 as i64),
    ("B600", libc::B600 as i64),
    ("B7200", 7200),
    ("B75", libc::B75 as i64),
    ("B76800", 76800),
    ("B921600", libc::B921600 as i64),
    ("B9600", libc::B9600 as i64),
    ("BRKINT", libc::BRKINT as i64),
    ("BS0", libc::BS0 as i64),
    ("BS1", libc::BS1 as i64),
    ("BSDLY", libc::BSDLY as i64),
    ("CBAUD", libc::CBAUD as i64),
    ("CBAUDEX", libc::CBAUDEX as i64),
    ("CDSUSP", 25),
    ("CEOF", 4),
    ("CEOL", 0),
    ("CEOT", 4),
    ("CERASE", 127),
    ("CFLUSH", 15),
    ("CIBAUD", libc::CIBAUD as i64),
    ("CINTR", 3),
    ("CKILL", 21),
    ("CLNEXT", 22),
    ("CLOCAL", libc::CLOCAL as i64),
    ("CQUIT", 28),
    ("CR0", libc::CR0 as i64),
    ("CR1", libc::CR1 as i64),
    ("CR2", libc::CR2 as i64),
    ("CR3", libc::CR3 as i64),
    ("CRDLY", libc::CRDLY as i64),
    ("CREAD", libc::CREAD as i64),
    ("CRPRNT", 18),
    ("CRTSCTS", libc::CRTSCTS as i64),
    ("CS5", libc::CS5 as i64),
    ("CS6", libc::CS6 as i64),
    ("CS7", libc::CS7 as i64),
    ("CS8", libc::CS8 as i64),
    ("CSIZE", libc::CSIZE as i64),
    ("CSTART", 17),
    ("CSTOP", 19),
    ("CSTOPB", libc::CSTOPB as i64),
    ("CSUSP", 26),
    ("CWERASE", 23),
    ("ECHO", libc::ECHO as i64),
    ("ECHOCTL", libc::ECHOCTL as i64),
    ("ECHOE", libc::ECHOE as i64),
    ("ECHOK", libc::ECHOK as i64),
    ("ECHOKE", libc::ECHOKE as i64),
    ("ECHONL", libc::ECHONL as i64),
    ("ECHOPRT", libc::ECHOPRT as i64),
    ("EXTA", libc::EXTA as i64),
    ("EXTB", libc::EXTB as i64),
    ("EXTPROC", libc::EXTPROC as i64),
    ("FF0", libc::FF0 as i64),
    ("FF1", libc::FF1 as i64),
    ("FFDLY", libc::FFDLY as i64),
    ("FIOASYNC", libc::FIOASYNC as i64),
    ("FIOCLEX", libc::FIOCLEX as i64),
    ("FIONBIO", libc::FIONBIO as i64),
    ("FIONCLEX", libc::FIONCLEX as i64),
    ("FIONREAD", libc::FIONREAD as i64),
    ("FLUSHO", libc::FLUSHO as i64),
    ("HUPCL", libc::HUPCL as i64),
    ("IBSHIFT", libc::IBSHIFT as i64),
    ("ICANON", libc::ICANON as i64),
    ("ICRNL", libc::ICRNL as i64),
    ("IEXTEN", libc::IEXTEN as i64),
    ("IGNBRK", libc::IGNBRK as i64),
    ("IGNCR", libc::IGNCR as i64),
    ("IGNPAR", libc::IGNPAR as i64),
    ("IMAXBEL", libc::IMAXBEL as i64),
    ("INLCR", libc::INLCR as i64),
    ("INPCK", libc::INPCK as i64),
    ("IOCSIZE_MASK", 1073676288),
    ("IOCSIZE_SHIFT", 16),
    ("ISIG", libc::ISIG as i64),
    ("ISTRIP", libc::ISTRIP as i64),
    ("IUCLC", libc::IUCLC as i64),
    ("IUTF8", libc::IUTF8 as i64),
    ("IXANY", libc::IXANY as i64),
    ("IXOFF", libc::IXOFF as i64),
    ("IXON", libc::IXON as i64),
    ("NCCS", libc::NCCS as i64),
    ("NL0", libc::NL0 as i64),
    ("NL1", libc::NL1 as i64),
    ("NLDLY", libc::NLDLY as i64),
    ("NOFLSH", libc::NOFLSH as i64),
    ("N_MOUSE", 2),
    ("N_PPP", 3),
    ("N_SLIP", 1),
    ("N_STRIP", 4),
    ("N_TTY", 0),
    ("OCRNL", libc::OCRNL as i64),
    ("OFDEL", libc::OFDEL as i64),
    ("OFILL", libc::OFILL as i64),
    ("OLCUC", libc::OLCUC as i64),
    ("ONLCR", libc::ONLCR as i64),
    ("ONLRET", libc::ONLRET as i64),
    ("ONOCR", libc::ONOCR as i64),
    ("OPOST", libc::OPOST as i64),
    ("PARENB", libc::PARENB as i64),
    ("PARMRK", libc::PARMRK as i64),
    ("PARODD", libc::PARODD as i64),
    ("PENDIN", libc::PENDIN as i64),
    ("TAB0", libc::TAB0 as i64),
    ("TAB1", libc::TAB1 as i64),
    ("TAB2", libc::TAB2 as i64),
    ("TAB3", libc::TAB3 as i64),
    ("TABDLY", libc::TABDLY as i64),
    ("TCFLSH", libc::TCFLSH as i64),
    ("TCGETS", libc::TCGETS as i64),
    ("TCIFLUSH", libc::TCIFLUSH as i64),
    ("TCIOFF", libc::TCIOFF as i64),
    ("TCIOFLUSH", libc::TCIOFLUSH as i64),
    ("TCION", libc::TCION as i64),
    ("TCOFLUSH", libc::TCOFLUSH as i64),
    ("TCOOFF", libc::TCOOFF as i64),
    ("TCOON", libc::TCOON as i64),
    ("TCSADRAIN", libc::TCSADRAIN as i64),
    ("TCSAFLUSH", libc::TCSAFLUSH as i64),
    ("TCSANOW", libc::TCSANOW as i64),
    ("TCSBRK", libc::TCSBRK as i64),
    ("TCSBRKP", libc::TCSBRKP as i64),
    ("TCSETS", libc::TCSETS as i64),
    ("TCSETSF", libc::TCSETSF as i64),
    ("TCSETSW", libc::TCSETSW as i64),
    ("TCXONC", libc::TCXONC as i64),
    ("TIOCCONS", libc::TIOCCONS as i64),
    ("TIOCEXCL", libc::TIOCEXCL as i64),
    ("TIOCGETD", libc::TIOCGETD as i64),
    ("TIOCGICOUNT", libc::TIOCGICOUNT as i64),
    ("TIOCGLCKTRMIOS", libc::TIOCGLCKTRMIOS as i64),
    ("TIOCGPGRP", libc::TIOCGPGRP as i64),
    ("TIOCGSERIAL", libc::TIOCGSERIAL as i64),
    ("TIOCGSOFTCAR", libc::TIOCGSOFTCAR as i64),
    ("TIOCGWINSZ", libc::TIOCGWINSZ as i64),
    ("TIOCINQ", libc::TIOCINQ as i64),
    ("TIOCLINUX", libc::TIOCLINUX as i64),
    ("TIOCMBIC", libc::TIOCMBIC as i64),
    ("TIOCMBIS", libc::TIOCMBIS as i64),
    ("TIOCMGET", libc::TIOCMGET as i64),
    ("TIOCMIWAIT", libc::TIOCMIWAIT as i64),
    ("TIOCMSET", libc::TIOCMSET as i64),
    ("TIOCM_CAR", libc::TIOCM_CAR as i64),
    ("TIOCM_CD", libc::TIOCM_CD as i64),
    ("TIOCM_CTS", libc::TIOCM_CTS as i64),
    ("TIOCM_DSR", libc::TIOCM_DSR as i64),
    ("TIOCM_DTR", libc::TIOCM_DTR as i64),
    ("TIOCM_LE", libc::TIOCM_LE as i64),
    ("TIOCM_RI", libc::TIOCM_RI as i64),
    ("TIOCM_RNG", libc::TIOCM_RNG as i64),
    ("TIOCM_RTS", libc::TIOCM_RTS as i64),
    ("TIOCM_SR", libc::TIOCM_SR as i64),
    ("TIOCM_ST", libc::TIOCM_ST as i64),
    ("TIOCNOTTY", libc::TIOCNOTTY as i64),
    ("TIOCNXCL", libc::TIOCNXCL as i64),
    ("TIOCOUTQ", libc::TIOCOUTQ as i64),
    ("TIOCPKT", libc::TIOCPKT as i64),
    ("TIOCPKT_DATA", 0),
    ("TIOCPKT_DOSTOP", 32),
    ("TIOCPKT_FLUSHREAD", 1),
    ("TIOCPKT_FLUSHWRITE", 2),
    ("TIOCPKT_NOSTOP", 16),
    ("TIOCPKT_START", 8),
    ("TIOCPKT_STOP", 4),
    ("TIOCSCTTY", libc::TIOCSCTTY as i64),
    ("TIOCSERCONFIG", libc::TIOCSERCONFIG as i64),
    ("TIOCSERGETLSR", libc::TIOCSERGETLSR as i64),
    ("TIOCSERGETMULTI", libc::TIOCSERGETMULTI as i64),
    ("TIOCSERGSTRUCT", libc::TIOCSERGSTRUCT as i64),
    ("TIOCSERGWILD", libc::TIOCSERGWILD as i64),
    ("TIOCSERSETMULTI", libc::TIOCSERSETMULTI as i64),
    ("TIOCSERSWILD", libc::TIOCSERSWILD as i64),
    ("TIOCSER_TEMT", 1),
    ("TIOCSETD", libc::TIOCSETD as i64),
    ("TIOCSLCKTRMIOS", libc::TIOCSLCKTRMIOS as i64),
    ("TIOCSPGRP", libc::TIOCSPGRP as i64),
    ("TIOCSSERIAL", libc::TIOCSSERIAL as i64),
    ("TIOCSSOFTCAR", libc::TIOCSSOFTCAR as i64),
    ("TIOCSTI", libc::TIOCSTI as i64),
    ("TIOCSWINSZ", libc::TIOCSWINSZ as i64),
    ("TOSTOP", libc::TOSTOP as i64),
    ("VDISCARD", libc::VDISCARD as i64),
    ("VEOF", libc::VEOF as i64),
    ("VEOL", libc::VEOL as i64),
    ("VEOL2", libc::VEOL2 as i64),
    ("VERASE", libc::VERASE as i64),
    ("VINTR", libc::VINTR as i64),
    ("VKILL", libc::VKILL as i64),
    ("VLNEXT", libc::VLNEXT as i64),
    ("VMIN", libc::VMIN as i64),
    ("VQUIT", libc::VQUIT as i64),
    ("VREPRINT", libc::VREPRINT as i64),
    ("VSTART", libc::VSTART as i64),
    ("VSTOP", libc::VSTOP as i64),
    ("VSUSP", libc::VSUSP as i64),
    ("VSWTC", libc::VSWTC as i64),
    ("VSWTCH", 7),
    ("VT0", libc::VT0 as i64),
    ("VT1", libc::VT1 as i64),
    ("VTDLY", libc::VTDLY as i64),
    ("VTIME", libc::VTIME as i64),
    ("VWERASE", libc::VWERASE as i64),
    ("XCASE", libc::XCASE as i64),
    ("XTABS", libc::XTABS as i64),
    ("_POSIX_VDISABLE", libc::_POSIX_VDISABLE as i64),
];

static FUNCTIONS: &[Method] = &[
    function("tcgetattr", "($module, fd, /)", tcgetattr, "A terminal's attributes."),
    function("tcsetattr", "($module, fd, when, attributes, /)", tcsetattr, "Sets a terminal's attributes."),
    function("tcsendbreak", "($module, fd, duration, /)", |cx, a| with_number(cx, a, libc::tcsendbreak), "Sends a break."),
    function("tcdrain", "($module, fd, /)", tcdrain, "Waits until all has been written."),
    function("tcflush", "($module, fd, queue, /)", |cx, a| with_number(cx, a, libc::tcflush), "Drops what waits."),
    function("tcflow", "($module, fd, action, /)", |cx, a| with_number(cx, a, libc::tcflow), "Suspends or resumes."),
    function("tcgetwinsize", "($module, fd, /)", tcgetwinsize, "Rows and columns of a terminal."),
    function("tcsetwinsize", "($module, fd, winsize, /)", tcsetwinsize, "Sets rows and columns of a terminal."),
];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    for (name, n) in NUMBERS {
        m.add(name, from_i64(*n));
    }
    m.add("error", error_class(cx)?);
    Ok(())
}

/// `termios`.
pub static MODULE: ModuleDef = ModuleDef { name: "termios", doc: "Terminals.", functions: FUNCTIONS, init };
