//! The opcode table, code encoding, position and exception tables: what compiler and runtime share.
