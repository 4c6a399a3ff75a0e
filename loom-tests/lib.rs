//! Loom models of the protocols in sync/ and gc/.
