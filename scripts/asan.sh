#!/usr/bin/env bash
# Builds weft with AddressSanitizer and runs the hazard corpus with it. Works with the toolchain as it is: RUSTC_BOOTSTRAP lets a stable compiler take
# the unstable option; std itself is not instrumented. Arguments go to scripts/hazards. TARGET_DIR says where to build (target/asan otherwise).
#
# Cells live in weft's own pages, which AddressSanitizer does not know: WEFT_STRESS=poison finds uses of freed cells there. What it watches are dict
# tables, list buffers, big cells and all that natives allocate: the raw allocator is the system's in this build.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${TARGET_DIR:-$PWD/target/asan}
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=address -Cforce-frame-pointers=yes --cfg weft_system_allocator"
# Build scripts and procedural macros are not instrumented, because the target is named.
cargo build --profile quick --bin weft --target "$host" --target-dir "$target"
export ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=0:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
exec "$target/$host/quick/weft" scripts/hazards --interpreter "$target/$host/quick/weft" --limit 60 --jobs 1 "$@"
