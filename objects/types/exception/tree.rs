//! The tree of exception types: ids, bases and which extra attributes each has. The order is that of the ids from 100 on.

/// Ids of exception types.
#[allow(missing_docs)]
pub mod ids {
    pub const BASE_EXCEPTION: u32 = 100;
    pub const BASE_EXCEPTION_GROUP: u32 = 101;
    pub const GENERATOR_EXIT: u32 = 102;
    pub const KEYBOARD_INTERRUPT: u32 = 103;
    pub const SYSTEM_EXIT: u32 = 104;
    pub const EXCEPTION: u32 = 105;
    pub const STOP_ITERATION: u32 = 106;
    pub const STOP_ASYNC_ITERATION: u32 = 107;
    pub const ARITHMETIC_ERROR: u32 = 108;
    pub const FLOATING_POINT_ERROR: u32 = 109;
    pub const OVERFLOW_ERROR: u32 = 110;
    pub const ZERO_DIVISION_ERROR: u32 = 111;
    pub const ASSERTION_ERROR: u32 = 112;
    pub const ATTRIBUTE_ERROR: u32 = 113;
    pub const BUFFER_ERROR: u32 = 114;
    pub const EOF_ERROR: u32 = 115;
    pub const IMPORT_ERROR: u32 = 116;
    pub const MODULE_NOT_FOUND_ERROR: u32 = 117;
    pub const LOOKUP_ERROR: u32 = 118;
    pub const INDEX_ERROR: u32 = 119;
    pub const KEY_ERROR: u32 = 120;
    pub const MEMORY_ERROR: u32 = 121;
    pub const NAME_ERROR: u32 = 122;
    pub const UNBOUND_LOCAL_ERROR: u32 = 123;
    pub const OS_ERROR: u32 = 124;
    pub const BLOCKING_IO_ERROR: u32 = 125;
    pub const CHILD_PROCESS_ERROR: u32 = 126;
    pub const CONNECTION_ERROR: u32 = 127;
    pub const BROKEN_PIPE_ERROR: u32 = 128;
    pub const CONNECTION_ABORTED_ERROR: u32 = 129;
    pub const CONNECTION_REFUSED_ERROR: u32 = 130;
    pub const CONNECTION_RESET_ERROR: u32 = 131;
    pub const FILE_EXISTS_ERROR: u32 = 132;
    pub const FILE_NOT_FOUND_ERROR: u32 = 133;
    pub const INTERRUPTED_ERROR: u32 = 134;
    pub const IS_A_DIRECTORY_ERROR: u32 = 135;
    pub const NOT_A_DIRECTORY_ERROR: u32 = 136;
    pub const PERMISSION_ERROR: u32 = 137;
    pub const PROCESS_LOOKUP_ERROR: u32 = 138;
    pub const TIMEOUT_ERROR: u32 = 139;
    pub const REFERENCE_ERROR: u32 = 140;
    pub const RUNTIME_ERROR: u32 = 141;
    pub const NOT_IMPLEMENTED_ERROR: u32 = 142;
    pub const PYTHON_FINALIZATION_ERROR: u32 = 143;
    pub const RECURSION_ERROR: u32 = 144;
    pub const SYNTAX_ERROR: u32 = 145;
    pub const INDENTATION_ERROR: u32 = 146;
    pub const TAB_ERROR: u32 = 147;
    pub const SYSTEM_ERROR: u32 = 148;
    pub const TYPE_ERROR: u32 = 149;
    pub const VALUE_ERROR: u32 = 150;
    pub const UNICODE_ERROR: u32 = 151;
    pub const UNICODE_DECODE_ERROR: u32 = 152;
    pub const UNICODE_ENCODE_ERROR: u32 = 153;
    pub const UNICODE_TRANSLATE_ERROR: u32 = 154;
    pub const WARNING: u32 = 155;
    pub const BYTES_WARNING: u32 = 156;
    pub const DEPRECATION_WARNING: u32 = 157;
    pub const ENCODING_WARNING: u32 = 158;
    pub const FUTURE_WARNING: u32 = 159;
    pub const IMPORT_WARNING: u32 = 160;
    pub const PENDING_DEPRECATION_WARNING: u32 = 161;
    pub const RESOURCE_WARNING: u32 = 162;
    pub const RUNTIME_WARNING: u32 = 163;
    pub const SYNTAX_WARNING: u32 = 164;
    pub const UNICODE_WARNING: u32 = 165;
    pub const USER_WARNING: u32 = 166;
    /// `ExceptionGroup`, which also has Exception as a base; made after the others.
    pub const EXCEPTION_GROUP: u32 = 167;
    /// `_IncompleteInputError`, which interactive prompts look for.
    pub const INCOMPLETE_INPUT_ERROR: u32 = 168;
}

/// A row of the tree.
pub struct Row {
    /// Type id.
    pub id: u32,
    /// Name.
    pub name: &'static str,
    /// Base's id.
    pub base: u32,
    /// Names of `Exception::extra` slots; `_` for an unused one. Subtypes inherit them.
    pub extra: &'static [&'static str],
}

/// All exception types, bases first.
pub static TREE: &[Row] = &[
    Row { id: ids::BASE_EXCEPTION, name: "BaseException", base: crate::ids::OBJECT, extra: &[] },
    Row { id: ids::BASE_EXCEPTION_GROUP, name: "BaseExceptionGroup", base: ids::BASE_EXCEPTION, extra: &["message", "exceptions"] },
    Row { id: ids::GENERATOR_EXIT, name: "GeneratorExit", base: ids::BASE_EXCEPTION, extra: &[] },
    Row { id: ids::KEYBOARD_INTERRUPT, name: "KeyboardInterrupt", base: ids::BASE_EXCEPTION, extra: &[] },
    Row { id: ids::SYSTEM_EXIT, name: "SystemExit", base: ids::BASE_EXCEPTION, extra: &["code"] },
    Row { id: ids::EXCEPTION, name: "Exception", base: ids::BASE_EXCEPTION, extra: &[] },
    Row { id: ids::STOP_ITERATION, name: "StopIteration", base: ids::EXCEPTION, extra: &["value"] },
    Row { id: ids::STOP_ASYNC_ITERATION, name: "StopAsyncIteration", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::ARITHMETIC_ERROR, name: "ArithmeticError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::FLOATING_POINT_ERROR, name: "FloatingPointError", base: ids::ARITHMETIC_ERROR, extra: &[] },
    Row { id: ids::OVERFLOW_ERROR, name: "OverflowError", base: ids::ARITHMETIC_ERROR, extra: &[] },
    Row { id: ids::ZERO_DIVISION_ERROR, name: "ZeroDivisionError", base: ids::ARITHMETIC_ERROR, extra: &[] },
    Row { id: ids::ASSERTION_ERROR, name: "AssertionError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::ATTRIBUTE_ERROR, name: "AttributeError", base: ids::EXCEPTION, extra: &["name", "obj"] },
    Row { id: ids::BUFFER_ERROR, name: "BufferError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::EOF_ERROR, name: "EOFError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::IMPORT_ERROR, name: "ImportError", base: ids::EXCEPTION, extra: &["msg", "name", "path", "name_from"] },
    Row { id: ids::MODULE_NOT_FOUND_ERROR, name: "ModuleNotFoundError", base: ids::IMPORT_ERROR, extra: &[] },
    Row { id: ids::LOOKUP_ERROR, name: "LookupError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::INDEX_ERROR, name: "IndexError", base: ids::LOOKUP_ERROR, extra: &[] },
    Row { id: ids::KEY_ERROR, name: "KeyError", base: ids::LOOKUP_ERROR, extra: &[] },
    Row { id: ids::MEMORY_ERROR, name: "MemoryError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::NAME_ERROR, name: "NameError", base: ids::EXCEPTION, extra: &["name"] },
    Row { id: ids::UNBOUND_LOCAL_ERROR, name: "UnboundLocalError", base: ids::NAME_ERROR, extra: &[] },
    Row {
        id: ids::OS_ERROR,
        name: "OSError",
        base: ids::EXCEPTION,
        extra: &["errno", "strerror", "filename", "filename2", "characters_written"],
    },
    Row { id: ids::BLOCKING_IO_ERROR, name: "BlockingIOError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::CHILD_PROCESS_ERROR, name: "ChildProcessError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::CONNECTION_ERROR, name: "ConnectionError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::BROKEN_PIPE_ERROR, name: "BrokenPipeError", base: ids::CONNECTION_ERROR, extra: &[] },
    Row { id: ids::CONNECTION_ABORTED_ERROR, name: "ConnectionAbortedError", base: ids::CONNECTION_ERROR, extra: &[] },
    Row { id: ids::CONNECTION_REFUSED_ERROR, name: "ConnectionRefusedError", base: ids::CONNECTION_ERROR, extra: &[] },
    Row { id: ids::CONNECTION_RESET_ERROR, name: "ConnectionResetError", base: ids::CONNECTION_ERROR, extra: &[] },
    Row { id: ids::FILE_EXISTS_ERROR, name: "FileExistsError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::FILE_NOT_FOUND_ERROR, name: "FileNotFoundError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::INTERRUPTED_ERROR, name: "InterruptedError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::IS_A_DIRECTORY_ERROR, name: "IsADirectoryError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::NOT_A_DIRECTORY_ERROR, name: "NotADirectoryError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::PERMISSION_ERROR, name: "PermissionError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::PROCESS_LOOKUP_ERROR, name: "ProcessLookupError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::TIMEOUT_ERROR, name: "TimeoutError", base: ids::OS_ERROR, extra: &[] },
    Row { id: ids::REFERENCE_ERROR, name: "ReferenceError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::RUNTIME_ERROR, name: "RuntimeError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::NOT_IMPLEMENTED_ERROR, name: "NotImplementedError", base: ids::RUNTIME_ERROR, extra: &[] },
    Row { id: ids::PYTHON_FINALIZATION_ERROR, name: "PythonFinalizationError", base: ids::RUNTIME_ERROR, extra: &[] },
    Row { id: ids::RECURSION_ERROR, name: "RecursionError", base: ids::RUNTIME_ERROR, extra: &[] },
    Row {
        id: ids::SYNTAX_ERROR,
        name: "SyntaxError",
        base: ids::EXCEPTION,
        extra: &["msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset"],
    },
    Row { id: ids::INDENTATION_ERROR, name: "IndentationError", base: ids::SYNTAX_ERROR, extra: &[] },
    Row { id: ids::INCOMPLETE_INPUT_ERROR, name: "_IncompleteInputError", base: ids::SYNTAX_ERROR, extra: &[] },
    Row { id: ids::TAB_ERROR, name: "TabError", base: ids::INDENTATION_ERROR, extra: &[] },
    Row { id: ids::SYSTEM_ERROR, name: "SystemError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::TYPE_ERROR, name: "TypeError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::VALUE_ERROR, name: "ValueError", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::UNICODE_ERROR, name: "UnicodeError", base: ids::VALUE_ERROR, extra: &[] },
    Row {
        id: ids::UNICODE_DECODE_ERROR,
        name: "UnicodeDecodeError",
        base: ids::UNICODE_ERROR,
        extra: &["encoding", "object", "start", "end", "reason"],
    },
    Row {
        id: ids::UNICODE_ENCODE_ERROR,
        name: "UnicodeEncodeError",
        base: ids::UNICODE_ERROR,
        extra: &["encoding", "object", "start", "end", "reason"],
    },
    Row {
        id: ids::UNICODE_TRANSLATE_ERROR,
        name: "UnicodeTranslateError",
        base: ids::UNICODE_ERROR,
        extra: &["_", "object", "start", "end", "reason"],
    },
    Row { id: ids::WARNING, name: "Warning", base: ids::EXCEPTION, extra: &[] },
    Row { id: ids::BYTES_WARNING, name: "BytesWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::DEPRECATION_WARNING, name: "DeprecationWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::ENCODING_WARNING, name: "EncodingWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::FUTURE_WARNING, name: "FutureWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::IMPORT_WARNING, name: "ImportWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::PENDING_DEPRECATION_WARNING, name: "PendingDeprecationWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::RESOURCE_WARNING, name: "ResourceWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::RUNTIME_WARNING, name: "RuntimeWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::SYNTAX_WARNING, name: "SyntaxWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::UNICODE_WARNING, name: "UnicodeWarning", base: ids::WARNING, extra: &[] },
    Row { id: ids::USER_WARNING, name: "UserWarning", base: ids::WARNING, extra: &[] },
];
