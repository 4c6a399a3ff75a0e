//! Short forms of what proves the promises about threads: the hazard corpus once (`scripts/hazards` runs it as often as one likes: no crash, no hang, no
//! impossible outcome), linearizability, and lifecycles. `scripts/prove` has the long forms.

use std::process::Command;

#[test]
fn corpus() {
    let root = env!("CARGO_MANIFEST_DIR");
    let weft = env!("CARGO_BIN_EXE_weft");
    let out = Command::new(weft)
        .arg(format!("{root}/scripts/hazards"))
        .args(["--interpreter", weft, "--limit", "30"])
        .env("HAZARD_SECONDS", "0.15")
        .output()
        .expect("weft starts");
    let text = String::from_utf8_lossy(&out.stdout);
    println!("{text}");
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
}

/// Outcomes of small random programs against all orders of their operations.
#[test]
fn linearizability() {
    let root = env!("CARGO_MANIFEST_DIR");
    let out = Command::new(env!("CARGO_BIN_EXE_weft"))
        .arg(format!("{root}/tests/linearizability/check.py"))
        .args(["--seed", "1"])
        .output()
        .expect("weft starts");
    let text = String::from_utf8_lossy(&out.stdout);
    println!("{text}");
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
}

/// Births and deaths of threads, processes, modules: a short form of what `scripts/lifecycle` does a thousand times.
#[test]
fn lifecycle() {
    let root = env!("CARGO_MANIFEST_DIR");
    let out = Command::new(env!("CARGO_BIN_EXE_weft"))
        .arg(format!("{root}/scripts/lifecycle"))
        .args(["--rounds", "30"])
        .output()
        .expect("weft starts");
    let text = String::from_utf8_lossy(&out.stdout);
    println!("{text}");
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
}
