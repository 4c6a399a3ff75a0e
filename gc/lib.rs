//! The value word, cells, reference counting and the page heap. Names no Python type.
