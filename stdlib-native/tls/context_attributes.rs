//! Attributes of `_SSLContext`.

use super::context::{context_of as me, deprecated, protocol};
use super::settings::{LogFile, proto};
use gc::{Ref, Reg, Value};
use objects::native::{GetSet, getset, getter};
use objects::protocol::call::is_callable;
use objects::protocol::path;
use objects::protocol::truth;
use objects::types::exception::ids as exc;
use objects::types::int::{self, from_i64, from_u64};
use objects::types::type_::type_of;
use objects::{Cx, PyResult};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

fn given<'a>(cx: &mut Cx, v: Option<Ref<'a>>) -> PyResult<Ref<'a>> {
    match v {
        Some(v) => Ok(v),
        None => Err(cx.error(exc::ATTRIBUTE_ERROR, "cannot delete attribute")),
    }
}

fn number(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<i64> {
    let v = given(cx, v)?;
    if int::as_int(v).is_none() {
        let n = type_of(v).shown_name();
        return Err(cx.type_error(format!("'{n}' object cannot be interpreted as an integer")));
    }
    int::index_i64(cx, v)
}

fn unsigned(cx: &mut Cx, v: Option<Ref<'_>>) -> PyResult<u64> {
    let n = number(cx, v)?;
    match u64::try_from(n) {
        Ok(n) => Ok(n),
        Err(_) => Err(cx.overflow_error("can't convert negative value to unsigned int")),
    }
}

fn set_check_hostname(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let x = given(cx, x)?;
    let on = truth::of(cx, x)?;
    me(v).with(cx, |c| {
        c.settings.check_hostname = on;
        if on && c.settings.verify_mode == 0 {
            c.settings.verify_mode = 2;
        }
    });
    Ok(())
}

fn set_verify_mode(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let n = number(cx, x)?;
    if !(0..=2).contains(&n) {
        return Err(cx.value_error("invalid value for verify_mode"));
    }
    let refused = me(v).with(cx, |c| {
        let refused = n == 0 && c.settings.check_hostname;
        if !refused {
            c.settings.verify_mode = n;
        }
        refused
    });
    if refused {
        return Err(cx.value_error("Cannot set verify_mode to CERT_NONE when check_hostname is enabled."));
    }
    Ok(())
}

/// Options whose setting is deprecated, as they choose protocol versions.
const VERSIONS: u64 = 0x3e00_0000;

fn set_options(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let n = number(cx, x)?;
    let n = match u64::try_from(n) {
        Ok(n) => n,
        Err(_) => return Err(cx.value_error("options must be non-negative")),
    };
    let old = me(v).with(cx, |c| c.settings.options);
    if n & !old & VERSIONS != 0 {
        let host = cx.host;
        let category = objects::types::type_::type_value(exc::DEPRECATION_WARNING);
        host.warn(cx, category.as_ref(), "ssl.OP_NO_SSL*/ssl.OP_NO_TLS* options are deprecated", 2)?;
    }
    me(v).with(cx, |c| c.settings.options = n);
    Ok(())
}

fn set_version(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>, highest: bool) -> PyResult<()> {
    let n = number(cx, x)?;
    let p = me(v).with(cx, |c| c.settings.protocol);
    if p == protocol::TLS_1_2 {
        return Err(cx.value_error("The context's protocol doesn't support modification of highest and lowest version."));
    }
    match n {
        proto::MINIMUM | proto::MAXIMUM | proto::TLS_1_2 | proto::TLS_1_3 => {}
        0x300 => deprecated(cx, "ssl.TLSVersion.SSLv3")?,
        0x301 => deprecated(cx, "ssl.TLSVersion.TLSv1")?,
        0x302 => deprecated(cx, "ssl.TLSVersion.TLSv1_1")?,
        _ => return Err(cx.value_error(format!("Unsupported TLS/SSL version 0x{n:x}"))),
    }
    me(v).with(cx, |c| {
        if highest {
            // The lowest as the highest is TLS 1.2, the lowest that rustls has.
            c.settings.maximum = if n == proto::MINIMUM { proto::TLS_1_2 } else { n };
        } else {
            c.settings.minimum = if n == proto::MAXIMUM { proto::TLS_1_3 } else { n };
        }
    });
    Ok(())
}

fn set_tickets(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    let n = number(cx, x)?;
    if n < 0 {
        return Err(cx.value_error("value must be non-negative"));
    }
    if me(v).with(cx, |c| c.settings.protocol) != protocol::SERVER {
        return Err(cx.value_error("SSLContext is not a server context."));
    }
    me(v).with(cx, |c| c.settings.tickets = n.min(32));
    Ok(())
}

fn set_sni_callback(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    given(cx, x)?;
    if me(v).with(cx, |c| c.settings.protocol) == protocol::CLIENT {
        return Err(cx.value_error("sni_callback cannot be set on TLS_CLIENT context"));
    }
    let new = match x.filter(|x| !x.is_none()) {
        Some(f) if !is_callable(f) => return Err(cx.type_error("not a callable object")),
        f => f.map(Ref::to_value),
    };
    let old = me(v).with(cx, |c| std::mem::replace(&mut c.sni_callback, new));
    drop(old);
    Ok(())
}

fn set_log(cx: &mut Cx, v: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    given(cx, x)?;
    let (name, log) = match x.filter(|x| !x.is_none()) {
        None => (None, None),
        Some(x) => {
            let p = path::path(cx, x, "keylog_filename", "path")?;
            let name = std::ffi::OsStr::from_bytes(p.bytes.as_bytes()).to_owned();
            let file = cx.detached(|| std::fs::File::options().append(true).create(true).open(name));
            match file {
                Ok(f) => (Some(p.object), Some(Arc::new(LogFile::new(f)))),
                Err(e) => return Err(cx.os_error(e.raw_os_error().unwrap_or(libc::EIO), &[p.object.as_ref()])),
            }
        }
    };
    let old = me(v).with(cx, |c| {
        c.settings.log = log;
        std::mem::replace(&mut c.log_name, name)
    });
    drop(old);
    Ok(())
}

fn set_message_callback(cx: &mut Cx, _: Ref<'_>, x: Option<Ref<'_>>) -> PyResult<()> {
    match x.filter(|x| !x.is_none()) {
        None => Ok(()),
        Some(f) if !is_callable(f) => Err(cx.type_error(format!("{} is not callable.", type_of(f).shown_name()))),
        Some(_) => {
            Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, "the messages of the protocol cannot be watched: rustls does not tell of them"))
        }
    }
}

fn optional(v: Option<Value>) -> PyResult<Reg> {
    Ok(v.unwrap_or(Value::NONE).into())
}

macro_rules! plain {
    ($field:ident) => {
        |cx, v| Ok(from_i64(me(v).with(cx, |c| c.settings.$field as i64)).into())
    };
}

/// The attributes.
pub static GETSETS: &[GetSet] = &[
    getset("check_hostname", |cx, v| Ok(Value::bool(me(v).with(cx, |c| c.settings.check_hostname)).into()), set_check_hostname, ""),
    getset("verify_mode", plain!(verify_mode), set_verify_mode, ""),
    getset("options", |cx, v| Ok(from_u64(me(v).with(cx, |c| c.settings.options)).into()), set_options, ""),
    getset(
        "verify_flags",
        plain!(verify_flags),
        |cx, v, x| {
            let n = unsigned(cx, x)?;
            me(v).with(cx, |c| c.settings.verify_flags = n);
            Ok(())
        },
        "",
    ),
    getset(
        "_host_flags",
        plain!(host_flags),
        |cx, v, x| {
            let n = unsigned(cx, x)?;
            me(v).with(cx, |c| c.settings.host_flags = n);
            Ok(())
        },
        "",
    ),
    getset("minimum_version", plain!(minimum), |cx, v, x| set_version(cx, v, x, false), ""),
    getset("maximum_version", plain!(maximum), |cx, v, x| set_version(cx, v, x, true), ""),
    getset("num_tickets", plain!(tickets), set_tickets, "Control the number of TLSv1.3 session tickets."),
    getset(
        "post_handshake_auth",
        |cx, v| Ok(Value::bool(me(v).with(cx, |c| c.post_handshake_auth)).into()),
        |cx, v, x| {
            let x = given(cx, x)?;
            let on = truth::of(cx, x)?;
            if on {
                return Err(cx.error(exc::NOT_IMPLEMENTED_ERROR, "authentication after the handshake is not supported: rustls has none"));
            }
            me(v).with(cx, |c| c.post_handshake_auth = on);
            Ok(())
        },
        "",
    ),
    getter("protocol", plain!(protocol), ""),
    getter("security_level", |_, _| Ok(int::reg(2)), "The current security level."),
    getset(
        "sni_callback",
        |cx, v| optional(me(v).with(cx, |c| c.sni_callback.clone())),
        set_sni_callback,
        "Set a callback that will be called when a server name is provided by the SSL/TLS client in the SNI extension.\n\nIf the argument is None then the callback is disabled. The method is called\nwith the SSLSocket, the server name as a string, and the SSLContext object.\n\nSee RFC 6066 for details of the SNI extension.",
    ),
    getset("keylog_filename", |cx, v| optional(me(v).with(cx, |c| c.log_name.clone())), set_log, ""),
    getset("_msg_callback", |_, _| Ok(Value::NONE.into()), set_message_callback, ""),
];
