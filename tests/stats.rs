//! `-X stats`: the report of a program whose counts are known, and its sums.

use stats_report::{Report, section};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Runs a program with statistics; the report.
fn stats_of(name: &str, program: &str) -> Report {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("{e}"));
    let status = Command::new(env!("CARGO_BIN_EXE_weft"))
        .args(["-I", "-S", "-X"])
        .arg(format!("stats={}", folder.join("report.json").display()))
        .args(["-c", program])
        .stdout(Stdio::null())
        .status();
    assert!(status.is_ok_and(|s| s.success()));
    let text = std::fs::read_to_string(folder.join("report.json")).unwrap_or_default();
    Report::from_json(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn check_sums(r: &Report) {
    let instructions = r.total(section::EXECUTION);
    assert!(instructions > 0);
    assert_eq!(r.total(section::EFFECTIVENESS), instructions);
    // Each thread's first instruction has none before it.
    assert_eq!(r.total(section::PAIRS) + r.get(section::META, "Threads"), instructions);
    assert_eq!(r.total(section::MISSES), r.get(section::EFFECTIVENESS, "Specialized misses"));
    assert_eq!(r.total(section::DEFERRED), r.get(section::EFFECTIVENESS, "Not specialized"));
    assert_eq!(r.total(section::ALLOCATED_SIZES), r.get(section::OBJECTS, "Allocations"));
    assert_eq!(r.total(section::FREED_SIZES), r.get(section::OBJECTS, "Frees"));
    // A cell that is just being made has no kind yet.
    assert!(r.get(section::OBJECTS, "Allocations") - r.total(section::ALLOCATIONS) < 10);
    assert_eq!(r.total(section::FREES), r.get(section::OBJECTS, "Frees"));
}

/// The difference that a piece of program makes to a counter.
fn difference(name: &str, section: &str, counter: &str, with: &str, without: &str) -> i64 {
    let (a, b) = (stats_of(&format!("{name}-with"), with), stats_of(&format!("{name}-without"), without));
    check_sums(&a);
    check_sums(&b);
    a.get(section, counter) as i64 - b.get(section, counter) as i64
}

const CALLS: &str = "
def f(x): return x
class C:
    def __init__(self): self.a = 1
for i in range(N): f(i)
for i in range(N): C()
for i in range(N): len('')
def g():
    yield 1
    yield 2
for i in range(N):
    for j in g(): pass
";

#[test]
fn calls_are_counted() {
    let program = |n: u32| CALLS.replace('N', &n.to_string());
    let (with, without) = (program(100), program(0));
    let d = |counter| difference(counter, section::CALLS, counter, &with, &without);
    assert_eq!(d("Calls to Python functions in the loop"), 100);
    assert_eq!(d("Calls to __init__ in the loop"), 100);
    assert_eq!(d("Generators resumed in the loop"), 300);
    let (a, b) = (stats_of("kinds-with", &with), stats_of("kinds-without", &without));
    let kind = |r: &Report, s, k: &str| r.get(s, k) as i64;
    assert_eq!(kind(&a, section::ALLOCATIONS, "C") - kind(&b, section::ALLOCATIONS, "__main__.C"), 100);
    assert_eq!(kind(&a, section::FREES, "C") - kind(&b, section::FREES, "__main__.C"), 100);
    assert_eq!(kind(&a, section::ALLOCATIONS, "generator") - kind(&b, section::ALLOCATIONS, "generator"), 100);
}

#[test]
fn hits_and_misses_are_told_apart() {
    let program = |second: &str| {
        format!(
            "
class A:
    def __init__(self): self.v = 1
class B:
    def __init__(self): self.w = 0; self.v = 1
def load(x): return x.v
a, b = A(), {second}()
for i in range(500): load(a); load(b)
"
        )
    };
    let one = stats_of("monomorphic", &program("A"));
    let two = stats_of("polymorphic", &program("B"));
    check_sums(&one);
    check_sums(&two);
    assert!(one.get(section::MISSES, "LoadAttr") < 50);
    assert!(two.get(section::MISSES, "LoadAttr") > 400);
}

#[test]
fn threads_are_put_together() {
    let r = stats_of(
        "threads",
        "
import _thread, time
done = []
def work():
    for i in range(1000): f(i)
    done.append(1)
def f(x): return x
for i in range(3): _thread.start_joinable_thread(work)
while len(done) < 3: time.sleep(0.01)
",
    );
    check_sums(&r);
    assert_eq!(r.get(section::META, "Threads"), 4);
    assert!(r.get(section::CALLS, "Calls to Python functions in the loop") >= 3000);
}

#[test]
fn the_report_is_printed() {
    let out = Command::new(env!("CARGO_BIN_EXE_weft")).args(["-I", "-S", "-X", "stats", "-c", "print(1)"]).output();
    let Ok(out) = out else { panic!("weft does not run") };
    assert_eq!(out.stdout, b"1\n");
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("## Execution counts") && text.contains("## Meta stats"), "{text}");
}
