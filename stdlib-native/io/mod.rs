//! `_io`: streams. Raw files, buffers, text, and the same in memory.
//!
//! | file | what |
//! |---|---|
//! | `base.rs`, `abstracts.rs` | `_IOBase` and the abstract classes |
//! | `file.rs` | `FileIO` |
//! | `buffered.rs`, `buffered_read.rs`, `buffered_write.rs`, `pair.rs` | the buffered classes |
//! | `bytes_io.rs`, `string_io.rs` | streams in memory |
//! | `newlines.rs`, `newline_decoder.rs` | newline translation |
//! | `coder.rs`, `text.rs`, `text_*.rs` | `TextIOWrapper` |
//! | `open.rs` | `open` |
//! | `standard.rs` | the process's three streams |
//! | `monitor.rs` | the lock of a stream |
//! | `live.rs` | the streams that are there, for the end of the process and for forks |

pub mod abstracts;
pub mod base;
pub mod buffered;
pub mod buffered_read;
pub mod buffered_write;
pub mod bytes_io;
pub mod coder;
pub mod file;
pub mod live;
pub mod monitor;
pub mod names;
pub mod newline_decoder;
pub mod newlines;
pub mod open;
pub mod pair;
pub mod standard;
pub mod string_io;
pub mod text;
pub mod text_attributes;
pub mod text_read;
pub mod text_seek;
pub mod text_write;

use objects::native::{Method, function};
use objects::protocol::{buffer, call};
use objects::types::bytes::Bytes;
use objects::types::exception::{self, Exception};
use objects::types::module::{Module, ModuleDef};
use objects::types::type_::{TypeSpec, flags, type_value};
use objects::types::{Downcast, int};
use objects::{Cx, PyResult, Raised, Ref, Value};

/// Ids of the types.
#[allow(missing_docs)]
pub mod ids {
    pub const IO_BASE: u32 = 460;
    pub const RAW_IO_BASE: u32 = 461;
    pub const BUFFERED_IO_BASE: u32 = 462;
    pub const TEXT_IO_BASE: u32 = 463;
    pub const FILE_IO: u32 = 464;
    pub const BUFFERED_READER: u32 = 465;
    pub const BUFFERED_WRITER: u32 = 466;
    pub const BUFFERED_RANDOM: u32 = 467;
    pub const BUFFERED_RW_PAIR: u32 = 468;
    pub const BYTES_IO: u32 = 469;
    pub const BYTES_IO_BUFFER: u32 = 470;
    pub const NEWLINE_DECODER: u32 = 471;
    pub const TEXT_IO_WRAPPER: u32 = 472;
    pub const STRING_IO: u32 = 473;
    pub const UNSUPPORTED_OPERATION: u32 = 474;
}

/// Bytes that buffers hold unless told otherwise.
pub const DEFAULT_BUFFER_SIZE: usize = 128 * 1024;

/// `io.UnsupportedOperation`.
pub static UNSUPPORTED_TYPE: TypeSpec = TypeSpec::of::<Exception>("io.UnsupportedOperation")
    .id(ids::UNSUPPORTED_OPERATION)
    .base(exception::ids::OS_ERROR)
    .more_bases(&[exception::ids::VALUE_ERROR])
    .with_dict()
    .flags(flags::BASE | flags::WEAKREFS);

/// The types.
pub static SPECS: &[&TypeSpec] = &[
    &UNSUPPORTED_TYPE,
    &base::IO_BASE_TYPE,
    &abstracts::RAW_IO_BASE_TYPE,
    &abstracts::BUFFERED_IO_BASE_TYPE,
    &abstracts::TEXT_IO_BASE_TYPE,
    &file::FILE_IO_TYPE,
    &buffered::READER_TYPE,
    &buffered::WRITER_TYPE,
    &buffered::RANDOM_TYPE,
    &pair::PAIR_TYPE,
    &bytes_io::BYTES_IO_TYPE,
    &bytes_io::BUFFER_TYPE,
    &newline_decoder::DECODER_TYPE,
    &text_attributes::TEXT_IO_WRAPPER_TYPE,
    &string_io::STRING_IO_TYPE,
];

/// UnsupportedOperation.
#[cold]
pub fn unsupported(cx: &mut Cx, message: &str) -> Raised {
    cx.error(ids::UNSUPPORTED_OPERATION, message)
}

/// Calls a method without arguments.
pub fn ask(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>) -> PyResult<Value> {
    call::method(cx, v, name, &[]).map(objects::Reg::into_value)
}

/// Calls a method.
pub fn tell(cx: &mut Cx, v: Ref<'_>, name: Ref<'_>, args: &[Ref<'_>]) -> PyResult<Value> {
    call::method(cx, v, name, args).map(objects::Reg::into_value)
}

/// A size argument: None and absent mean -1.
pub fn size(cx: &mut Cx, v: Ref<'_>) -> PyResult<i64> {
    match v.given() {
        None => Ok(-1),
        Some(v) if v.is_none() => Ok(-1),
        Some(v) if v.word().is_int() => Ok(v.word().int()),
        Some(v) => {
            if objects::types::type_of(v).slots.index().is_none() && int::as_int(v).is_none() {
                let n = objects::types::type_of(v).name_text();
                return Err(cx.type_error(format!("argument should be integer or None, not '{n}'")));
            }
            int::index_size(cx, v)
        }
    }
}

/// A new bytes object of data that is given up.
pub fn bytes(cx: &mut Cx, data: &[u8]) -> PyResult<Value> {
    objects::types::bytes::shared::new_bytes(cx, data)
}

/// The data of what a raw or buffered object's read method gave, which must be bytes.
pub fn data_of(v: &Value) -> Option<&[u8]> {
    v.as_ref().downcast::<Bytes>().map(Bytes::data)
}

/// A writable view for `readinto`; TypeError for anything else.
pub fn writable_view(cx: &mut Cx, v: Ref<'_>, function: &str) -> PyResult<buffer::BufferView> {
    let fits = match objects::types::type_of(v).slots.buffer() {
        Some(f) => match f(cx, v, buffer::wanted::WRITABLE) {
            Ok(view) if !view.readonly && view.is_c_contiguous() => Some(view),
            Ok(_) => None,
            Err(e) => {
                drop(cx.catch_if(e, exception::ids::BUFFER_ERROR)?);
                None
            }
        },
        None => None,
    };
    match fits {
        Some(view) => Ok(view),
        None => {
            let n = objects::types::type_of(v).name_text();
            Err(cx.type_error(format!("{function}() argument 1 must be read-write bytes-like object, not {n}")))
        }
    }
}

/// Copies data into a view, from an offset on.
pub fn fill_view(view: &buffer::BufferView, at: usize, data: &[u8]) {
    let n = data.len().min(view.len.saturating_sub(at));
    // SAFETY: the exporter keeps `len` writable bytes there while the view lives.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), view.data.add(at), n) };
}

fn init(_cx: &mut Cx, m: &Module) -> PyResult<()> {
    m.add("DEFAULT_BUFFER_SIZE", Value::small_int(DEFAULT_BUFFER_SIZE as i64));
    m.add("UnsupportedOperation", type_value(ids::UNSUPPORTED_OPERATION));
    m.add("BlockingIOError", type_value(exception::ids::BLOCKING_IO_ERROR));
    for (name, id) in [
        ("_IOBase", ids::IO_BASE),
        ("_RawIOBase", ids::RAW_IO_BASE),
        ("_BufferedIOBase", ids::BUFFERED_IO_BASE),
        ("_TextIOBase", ids::TEXT_IO_BASE),
        ("FileIO", ids::FILE_IO),
        ("BufferedReader", ids::BUFFERED_READER),
        ("BufferedWriter", ids::BUFFERED_WRITER),
        ("BufferedRandom", ids::BUFFERED_RANDOM),
        ("BufferedRWPair", ids::BUFFERED_RW_PAIR),
        ("BytesIO", ids::BYTES_IO),
        ("_BytesIOBuffer", ids::BYTES_IO_BUFFER),
        ("IncrementalNewlineDecoder", ids::NEWLINE_DECODER),
        ("TextIOWrapper", ids::TEXT_IO_WRAPPER),
        ("StringIO", ids::STRING_IO),
    ] {
        m.add(name, type_value(id));
    }
    Ok(())
}

static FUNCTIONS: &[Method] = &[
    function(
        "open",
        "($module, /, file, mode='r', buffering=-1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
        open::open,
        "Opens a file and gives a stream.",
    ),
    function("open_code", "($module, /, path)", open::open_code, "Opens a file of code."),
    function("text_encoding", "($module, encoding, stacklevel=2, /)", open::text_encoding, "The encoding a function shall use."),
];

/// `_io`.
pub static MODULE: ModuleDef = ModuleDef { name: "_io", doc: "Streams.", functions: FUNCTIONS, init };
