//! Runs the hazard corpus once (`scripts/hazards` runs it as often as one likes): no crash, no hang, no impossible outcome.

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
