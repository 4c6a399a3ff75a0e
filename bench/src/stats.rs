//! `bench stats`: merges files of VM statistics, one per process, into one report.

use std::path::{Path, PathBuf};

use stats_report::Report;

use crate::cli::StatsOptions;

/// The files that the paths name; a folder stands for all `.json` files in it.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut out = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
            let mut inside: Vec<PathBuf> =
                entries.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
            inside.sort();
            out.extend(inside);
        } else {
            out.push(path.clone());
        }
    }
    Ok(out)
}

fn load(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Report::from_json(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Sums the reports of all files; no counters at all is an error.
fn merged(paths: &[PathBuf]) -> Result<(Report, usize), String> {
    let files = files(paths)?;
    let mut sum = Report::new();
    for file in &files {
        sum.merge(&load(file)?);
    }
    if sum.counters.values().all(|section| section.is_empty()) {
        let named = paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(format!("no statistics in {named} ({} files read); run `weft -X stats=FOLDER PROGRAM` first", files.len()));
    }
    Ok((sum, files.len()))
}

/// Prints the report.
pub fn run(options: &StatsOptions) -> Result<(), String> {
    let (sum, count) = merged(&options.paths)?;
    if let Some(path) = &options.merged {
        std::fs::write(path, sum.to_json()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    print!("{}", sum.to_markdown());
    println!("\nMerged from {count} {}.", if count == 1 { "run" } else { "runs" });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let out = std::env::temp_dir().join(format!("bench-stats-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&out).unwrap();
        out
    }

    #[test]
    fn counters_of_a_folder_are_summed() {
        let folder = folder("sum");
        for (name, n) in [("a", 3), ("b", 4)] {
            let text = format!("{{\"meta\": {{}}, \"counters\": {{\"Execution counts\": {{\"CALL\": {n}, \"{name}\": 1}}}}}}");
            std::fs::write(folder.join(format!("{name}.json")), text).unwrap();
        }
        let (sum, count) = merged(std::slice::from_ref(&folder)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(count, 2);
        assert_eq!(sum.get("Execution counts", "CALL"), 7);
        assert_eq!(sum.get("Execution counts", "a"), 1);
    }

    #[test]
    fn no_data_is_an_error() {
        let folder = folder("none");
        assert!(merged(std::slice::from_ref(&folder)).unwrap_err().contains("no statistics"));
        std::fs::write(folder.join("x.json"), "{\"meta\": {}, \"counters\": {\"Call stats\": {}}}").unwrap();
        assert!(merged(std::slice::from_ref(&folder)).unwrap_err().contains("1 files read"));
        std::fs::write(folder.join("x.json"), "[1]").unwrap();
        assert!(merged(std::slice::from_ref(&folder)).is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
