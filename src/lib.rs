//! Embedding interface.
