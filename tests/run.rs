//! Runs the Python programs under `tests/`: each `NAME.py` must print what stands in `NAME.out` (made by CPython 3.14) and exit with code 0, or with
//! the code that a first line `# exit: N` names.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Longest time that one program may take.
const LIMIT: Duration = Duration::from_secs(60);

fn programs(folder: &Path) -> Vec<PathBuf> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|d| d.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "py")).collect())
        .unwrap_or_default();
    out.sort();
    out
}

fn run(program: &Path) -> Result<(), String> {
    let source = std::fs::read_to_string(program).map_err(|e| e.to_string())?;
    let expected = std::fs::read_to_string(program.with_extension("out")).map_err(|e| format!("no expected output: {e}"))?;
    let code = source.lines().next().and_then(|l| l.strip_prefix("# exit: ")).and_then(|n| n.trim().parse().ok()).unwrap_or(0);
    let mut child = Command::new(env!("CARGO_BIN_EXE_weft"))
        .arg(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    // Readers of their own, so that a full pipe cannot hold the program up.
    let (Some(mut out), Some(mut err)) = (child.stdout.take(), child.stderr.take()) else { return Err("no pipes".into()) };
    let reader = |r: &mut dyn std::io::Read| {
        let mut s = Vec::new();
        let _ = r.read_to_end(&mut s);
        String::from_utf8_lossy(&s).into_owned()
    };
    let out = std::thread::spawn(move || reader(&mut out));
    let err = std::thread::spawn(move || reader(&mut err));
    let start = Instant::now();
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(s) => break s,
            None if start.elapsed() > LIMIT => {
                let _ = child.kill();
                let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
                let last = out.lines().last().unwrap_or("<nothing>").to_string();
                return Err(format!("took longer than {LIMIT:?}; last line: {last:?}\n{err}"));
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    if status.code() != Some(code) {
        return Err(format!("ended with {status}, not {code}\n{err}"));
    }
    if out != expected {
        let at = out
            .lines()
            .zip(expected.lines())
            .position(|(a, b)| a != b)
            .unwrap_or_else(|| out.lines().count().min(expected.lines().count()));
        return Err(format!(
            "line {}: got {:?}, expected {:?}\n{err}",
            at + 1,
            out.lines().nth(at).unwrap_or("<end>"),
            expected.lines().nth(at).unwrap_or("<end>")
        ));
    }
    Ok(())
}

fn run_folder(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    let all = programs(&folder);
    assert!(!all.is_empty(), "no programs in {}", folder.display());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while let Some(p) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(e) = run(p) {
                        failures.lock().expect("no panics under the lock").push(format!("{}: {e}", p.display()));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no panics under the lock");
    println!("{name}: {} programs, {} failed", all.len(), failures.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn language() {
    run_folder("language");
}

#[test]
fn threads() {
    run_folder("threads");
}

#[test]
fn stdlib() {
    run_folder("stdlib");
}
