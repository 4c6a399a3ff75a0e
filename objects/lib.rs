//! The object model: types, attribute lookup, call protocol and all builtin types.
