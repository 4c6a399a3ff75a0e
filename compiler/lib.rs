//! Source text to register bytecode. Knows nothing of the runtime.
