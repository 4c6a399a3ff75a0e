//! `_stat`: modes of files as numbers and as text.

use objects::native::{Method, function};
use objects::types::int::{self, as_int, from_i64};
use objects::types::module::ModuleDef;
use objects::types::str::text;
use objects::{Cx, PyResult, Ref, Reg, Value};

static NUMBERS: &[(&str, i64)] = &[
    ("SF_APPEND", 262144),
    ("SF_ARCHIVED", 65536),
    ("SF_DATALESS", 0x4000_0000),
    ("SF_FIRMLINK", 8388608),
    ("SF_IMMUTABLE", 131072),
    ("SF_NOUNLINK", 1048576),
    ("SF_SETTABLE", 0xffff_0000),
    ("SF_SNAPSHOT", 2097152),
    ("ST_ATIME", 7),
    ("ST_CTIME", 9),
    ("ST_DEV", 2),
    ("ST_GID", 5),
    ("ST_INO", 1),
    ("ST_MODE", 0),
    ("ST_MTIME", 8),
    ("ST_NLINK", 3),
    ("ST_SIZE", 6),
    ("ST_UID", 4),
    ("S_ENFMT", 1024),
    ("S_IEXEC", libc::S_IEXEC as i64),
    ("S_IFBLK", libc::S_IFBLK as i64),
    ("S_IFCHR", libc::S_IFCHR as i64),
    ("S_IFDIR", libc::S_IFDIR as i64),
    ("S_IFDOOR", 0),
    ("S_IFIFO", libc::S_IFIFO as i64),
    ("S_IFLNK", libc::S_IFLNK as i64),
    ("S_IFPORT", 0),
    ("S_IFREG", libc::S_IFREG as i64),
    ("S_IFSOCK", libc::S_IFSOCK as i64),
    ("S_IFWHT", 0),
    ("S_IREAD", libc::S_IREAD as i64),
    ("S_IRGRP", libc::S_IRGRP as i64),
    ("S_IROTH", libc::S_IROTH as i64),
    ("S_IRUSR", libc::S_IRUSR as i64),
    ("S_IRWXG", libc::S_IRWXG as i64),
    ("S_IRWXO", libc::S_IRWXO as i64),
    ("S_IRWXU", libc::S_IRWXU as i64),
    ("S_ISGID", libc::S_ISGID as i64),
    ("S_ISUID", libc::S_ISUID as i64),
    ("S_ISVTX", libc::S_ISVTX as i64),
    ("S_IWGRP", libc::S_IWGRP as i64),
    ("S_IWOTH", libc::S_IWOTH as i64),
    ("S_IWRITE", libc::S_IWRITE as i64),
    ("S_IWUSR", libc::S_IWUSR as i64),
    ("S_IXGRP", libc::S_IXGRP as i64),
    ("S_IXOTH", libc::S_IXOTH as i64),
    ("S_IXUSR", libc::S_IXUSR as i64),
    ("UF_APPEND", 4),
    ("UF_COMPRESSED", 32),
    ("UF_DATAVAULT", 128),
    ("UF_HIDDEN", 32768),
    ("UF_IMMUTABLE", 2),
    ("UF_NODUMP", 1),
    ("UF_NOUNLINK", 16),
    ("UF_OPAQUE", 8),
    ("UF_SETTABLE", 65535),
    ("UF_TRACKED", 64),
];

fn mode(cx: &mut Cx, v: Ref<'_>) -> PyResult<u32> {
    let i = int::index(cx, v)?;
    match as_int(i.as_ref()) {
        Some(n) if n.is_negative() => Err(cx.overflow_error("can't convert negative value to unsigned int")),
        Some(n) => match n.to_i64().and_then(|n| u32::try_from(n).ok()) {
            Some(m) => Ok(m),
            None if n.to_i64().is_none() => Err(cx.overflow_error("Python int too large to convert to C unsigned long")),
            None => Err(cx.overflow_error("mode out of range")),
        },
        None => Ok(0),
    }
}

fn is(cx: &mut Cx, a: &[Ref<'_>], kind: u32) -> PyResult<Reg> {
    Ok(Value::bool(mode(cx, a[0])? & libc::S_IFMT == kind).into())
}

fn never(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    mode(cx, a[0])?;
    Ok(Value::FALSE.into())
}

fn filemode(cx: &mut Cx, a: &[Ref<'_>]) -> PyResult<Reg> {
    let m = mode(cx, a[0])?;
    let mut out = String::with_capacity(10);
    out.push(match m & libc::S_IFMT {
        libc::S_IFREG => '-',
        libc::S_IFDIR => 'd',
        libc::S_IFLNK => 'l',
        libc::S_IFBLK => 'b',
        libc::S_IFCHR => 'c',
        libc::S_IFIFO => 'p',
        libc::S_IFSOCK => 's',
        _ => '?',
    });
    for (shift, special, lower) in [(6, libc::S_ISUID, 's'), (3, libc::S_ISGID, 's'), (0, libc::S_ISVTX, 't')] {
        out.push(if m >> shift & 4 != 0 { 'r' } else { '-' });
        out.push(if m >> shift & 2 != 0 { 'w' } else { '-' });
        let may_run = m >> shift & 1 != 0;
        out.push(match (m & special != 0, may_run) {
            (true, true) => lower,
            (true, false) => lower.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    Ok(text(&out))
}

static FUNCTIONS: &[Method] = &[
    function("S_ISDIR", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFDIR), "Whether the mode is a directory's."),
    function("S_ISCHR", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFCHR), "Whether the mode is a character device's."),
    function("S_ISBLK", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFBLK), "Whether the mode is a block device's."),
    function("S_ISREG", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFREG), "Whether the mode is a regular file's."),
    function("S_ISFIFO", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFIFO), "Whether the mode is a named pipe's."),
    function("S_ISLNK", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFLNK), "Whether the mode is a symbolic link's."),
    function("S_ISSOCK", "($module, mode, /)", |cx, a| is(cx, a, libc::S_IFSOCK), "Whether the mode is a socket's."),
    function("S_ISDOOR", "($module, mode, /)", never, "Whether the mode is a door's."),
    function("S_ISPORT", "($module, mode, /)", never, "Whether the mode is an event port's."),
    function("S_ISWHT", "($module, mode, /)", never, "Whether the mode is a whiteout's."),
    function(
        "S_IMODE",
        "($module, mode, /)",
        |cx, a| Ok(from_i64(i64::from(mode(cx, a[0])? & 0o7777)).into()),
        "The part of a mode that chmod sets.",
    ),
    function(
        "S_IFMT",
        "($module, mode, /)",
        |cx, a| Ok(from_i64(i64::from(mode(cx, a[0])? & libc::S_IFMT)).into()),
        "The part of a mode that says what kind of file it is.",
    ),
    function("filemode", "($module, mode, /)", filemode, "A mode as text, like '-rwxrwxrwx'."),
];

/// `_stat`.
pub static MODULE: ModuleDef = ModuleDef {
    name: "_stat",
    doc: "Modes of files.",
    functions: FUNCTIONS,
    init: |_, m| {
        for (name, n) in NUMBERS {
            m.add(name, from_i64(*n));
        }
        Ok(())
    },
};
