#!/usr/bin/env bash
# Builds weft and std with ThreadSanitizer and runs the hazard corpus with it. Needs std's source: `rustup component add rust-src`. Arguments go to
# scripts/hazards. TARGET_DIR says where to build (target/tsan otherwise).
#
# What it may report and is no mistake: memory that programs share through memoryviews, shared maps and arrays (docs/thread-safety.md), which is read and
# written without atomics, as the program asked. Fences it cannot see: weft uses orderings on operations instead.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
    echo "std's source is missing: rustup component add rust-src" >&2
    exit 2
fi
target=${TARGET_DIR:-$PWD/target/tsan}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=thread --cfg weft_system_allocator"
cargo build --profile quick --bin weft --target "$host" --target-dir "$target" -Zbuild-std
export TSAN_OPTIONS="halt_on_error=1:exitcode=66:${TSAN_OPTIONS:-}"
exec "$target/$host/quick/weft" scripts/hazards --interpreter "$target/$host/quick/weft" --limit 120 --jobs 1 "$@"
