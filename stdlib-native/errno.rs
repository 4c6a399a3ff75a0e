//! `errno`: the system's error numbers.

use objects::types::dict::Dict;
use objects::types::module::{Module, ModuleDef};
use objects::types::str::Str;
use objects::{Cx, PyResult, Value};

macro_rules! numbers {
    ($($name:ident,)*) => { &[$((stringify!($name), libc::$name),)*] };
}

/// All of them. Of names for one number the last one stands in `errorcode`.
static NUMBERS: &[(&str, i32)] = numbers![
    E2BIG,
    EACCES,
    EADDRINUSE,
    EADDRNOTAVAIL,
    EADV,
    EAFNOSUPPORT,
    EAGAIN,
    EALREADY,
    EBADE,
    EBADF,
    EBADFD,
    EBADMSG,
    EBADR,
    EBADRQC,
    EBADSLT,
    EBFONT,
    EBUSY,
    ECANCELED,
    ECHILD,
    ECHRNG,
    ECOMM,
    ECONNABORTED,
    ECONNREFUSED,
    ECONNRESET,
    EDEADLK,
    EDEADLOCK,
    EDESTADDRREQ,
    EDOM,
    EDOTDOT,
    EDQUOT,
    EEXIST,
    EFAULT,
    EFBIG,
    EHOSTDOWN,
    EHOSTUNREACH,
    EHWPOISON,
    EIDRM,
    EILSEQ,
    EINPROGRESS,
    EINTR,
    EINVAL,
    EIO,
    EISCONN,
    EISDIR,
    EISNAM,
    EKEYEXPIRED,
    EKEYREJECTED,
    EKEYREVOKED,
    EL2HLT,
    EL2NSYNC,
    EL3HLT,
    EL3RST,
    ELIBACC,
    ELIBBAD,
    ELIBEXEC,
    ELIBMAX,
    ELIBSCN,
    ELNRNG,
    ELOOP,
    EMEDIUMTYPE,
    EMFILE,
    EMLINK,
    EMSGSIZE,
    EMULTIHOP,
    ENAMETOOLONG,
    ENAVAIL,
    ENETDOWN,
    ENETRESET,
    ENETUNREACH,
    ENFILE,
    ENOANO,
    ENOBUFS,
    ENOCSI,
    ENODATA,
    ENODEV,
    ENOENT,
    ENOEXEC,
    ENOKEY,
    ENOLCK,
    ENOLINK,
    ENOMEDIUM,
    ENOMEM,
    ENOMSG,
    ENONET,
    ENOPKG,
    ENOPROTOOPT,
    ENOSPC,
    ENOSR,
    ENOSTR,
    ENOSYS,
    ENOTBLK,
    ENOTCONN,
    ENOTDIR,
    ENOTEMPTY,
    ENOTNAM,
    ENOTRECOVERABLE,
    ENOTSOCK,
    ENOTSUP,
    ENOTTY,
    ENOTUNIQ,
    ENXIO,
    EOPNOTSUPP,
    EOVERFLOW,
    EOWNERDEAD,
    EPERM,
    EPFNOSUPPORT,
    EPIPE,
    EPROTO,
    EPROTONOSUPPORT,
    EPROTOTYPE,
    ERANGE,
    EREMCHG,
    EREMOTE,
    EREMOTEIO,
    ERESTART,
    ERFKILL,
    EROFS,
    ESHUTDOWN,
    ESOCKTNOSUPPORT,
    ESPIPE,
    ESRCH,
    ESRMNT,
    ESTALE,
    ESTRPIPE,
    ETIME,
    ETIMEDOUT,
    ETOOMANYREFS,
    ETXTBSY,
    EUCLEAN,
    EUNATCH,
    EUSERS,
    EWOULDBLOCK,
    EXDEV,
    EXFULL,
];

/// Names of numbers that have a better one.
const SECOND_NAMES: &[&str] = &["EDEADLK", "EOPNOTSUPP", "EWOULDBLOCK"];

fn init(cx: &mut Cx, m: &Module) -> PyResult<()> {
    let codes = Dict::new();
    for (name, number) in NUMBERS {
        let n = Value::small_int(i64::from(*number));
        m.add(name, n.clone());
        if !SECOND_NAMES.contains(name) {
            codes.set(cx, n.as_ref(), Str::intern_text(name).as_ref())?;
        }
    }
    // Not among the C library's names: the reference has it behind the last one.
    let n = Value::small_int(134);
    m.add("EFTYPE", n.clone());
    codes.set(cx, n.as_ref(), Str::intern_text("EFTYPE").as_ref())?;
    m.add("errorcode", codes);
    Ok(())
}

/// `errno`.
pub static MODULE: ModuleDef = ModuleDef { name: "errno", doc: "The system's error numbers.", functions: &[], init };
