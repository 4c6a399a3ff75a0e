//! The executable: see [`weft::command_line`].

// Sanitizers watch the system's allocator.
#[cfg(not(weft_system_allocator))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    // The process ends here: daemon threads that still run must not find their statics gone, so nothing is torn down after this.
    std::process::exit(weft::command_line::main());
}
