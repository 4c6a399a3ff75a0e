//! Native stack for recursive walks: shallow trees are walked where we are, deep ones on a thread of their own with a
//! large reserved stack (only touched pages cost memory).

/// Trees that nest deeper than this are refused.
pub const MAX_DEPTH: u32 = 20_000;

/// Up to here a walk fits in what any caller has left.
const SHALLOW: u32 = 100;

/// Room per level in the deepest walk (code generation in an unoptimised build).
const BYTES_PER_LEVEL: usize = 16 << 10;

/// Runs `f`, which recurses at most about `depth` levels.
pub fn with_room<T: Send, F: FnOnce() -> T + Send>(depth: u32, f: F) -> T {
    if depth <= SHALLOW {
        return f();
    }
    let size = (depth.min(MAX_DEPTH) as usize + 500) * BYTES_PER_LEVEL;
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .name("compile".into())
            .stack_size(size)
            .spawn_scoped(scope, f)
            .expect("a thread for compiling a deep tree");
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
