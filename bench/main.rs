//! The benchmark driver: `cargo run --release -p bench -- scaling [case ...]` runs the thread-scaling suite on this build of weft.

use std::path::Path;
use std::process::Command;

fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().as_deref() != Some("scaling") {
        eprintln!("usage: bench scaling [case ...]");
        std::process::exit(2);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let built = Command::new("cargo").args(["build", "--release", "--bin", "weft"]).current_dir(root).status();
    if !built.is_ok_and(|s| s.success()) {
        eprintln!("bench: weft does not build");
        std::process::exit(1);
    }
    let status = Command::new(root.join("target/release/weft")).arg(root.join("bench/suites/scaling.py")).args(args).status();
    std::process::exit(status.ok().and_then(|s| s.code()).unwrap_or(1));
}
