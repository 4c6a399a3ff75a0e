//! Names of attributes and methods that streams ask of each other.

crate::interned! {
    read read1 readall readinto readinto1 readline readlines write writelines peek seek tell truncate flush close closed detach
    readable writable seekable fileno isatty _isatty_open_only name mode raw buffer _finalizing __IOBase_closed _dealloc_warn
    decode encode getstate setstate reset encoding newlines errors incrementaldecoder incrementalencoder _is_text_encoding
    warnoptions _blksize replace
}
