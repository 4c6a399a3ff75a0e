//! `bench index`: a page over all result files of a folder, and the report of each pair it links.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::IndexOptions;
use crate::compare::{self, table};
use crate::hpt;
use crate::statistics::speed;
use crate::store::{self, Results};

/// Names of the interpreters that others are compared with: all that are not weft, unless given.
fn reference_names(all: &[Results], given: &[String]) -> Vec<String> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let mut out: Vec<String> =
        all.iter().filter(|r| r.text("python_implementation") != "weft").map(|r| r.text("interpreter").to_string()).collect();
    out.sort();
    out.dedup();
    out
}

/// The result of `name` on the head's machine: of the same date, or the latest before, or the earliest after.
fn reference_of<'a>(all: &'a [Results], head: &Results, name: &str) -> Option<&'a Results> {
    let here = all.iter().filter(|r| r.text("interpreter") == name && r.text("machine") == head.text("machine"));
    let (before, after): (Vec<&Results>, Vec<&Results>) = here.partition(|r| r.text("date") <= head.text("date"));
    before.into_iter().max_by_key(|r| r.text("date").to_string()).or_else(|| after.into_iter().min_by_key(|r| r.text("date").to_string()))
}

/// `1.21x ↑`, with the HPT figure below it.
fn summary(reference: &Results, head: &Results) -> String {
    let mean = compare::overall(reference, head).map(speed).unwrap_or_else(|| "nothing in common".into());
    let hpt = hpt::compare(reference, head).map(|r| format!("<br>HPT 99%: {}", r.at(99).replace(" faster", " ↑").replace(" slower", " ↓")));
    format!("{}{}", mean.replace(" faster", " ↑").replace(" slower", " ↓"), hpt.unwrap_or_default())
}

/// The heads of a machine, newest first.
fn heads<'a>(all: &'a [Results], references: &[String]) -> BTreeMap<String, Vec<&'a Results>> {
    let mut out: BTreeMap<String, Vec<&Results>> = BTreeMap::new();
    for result in all.iter().filter(|r| !references.contains(&r.text("interpreter").to_string())) {
        out.entry(result.text("machine").to_string()).or_default().push(result);
    }
    out.values_mut().for_each(|v| v.sort_by(|a, b| b.text("date").cmp(a.text("date")).then(a.path.cmp(&b.path))));
    out
}

fn links(base: &Path, folder: &Path) -> String {
    let name = base.strip_prefix(folder).unwrap_or(base).display().to_string();
    let link = |label: &str, suffix: &str| {
        let file = format!("{name}{suffix}");
        folder.join(&file).exists().then(|| format!("[{label}]({file})"))
    };
    [link("table", ".md"), link("plot", ".svg"), link("memory", "-mem.svg")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn page(all: &[Results], references: &[String], folder: &Path) -> String {
    let mut out =
        String::from("# Results\n\nMade by `cargo run --release -p bench -- index`. ↑ is faster, ↓ is slower than the reference.\n");
    for (machine, heads) in heads(all, references) {
        let first = heads[0];
        let cores = first.metadata.get("cpu_count").map(|c| c.to_string()).unwrap_or_default();
        let _ = write!(out, "\n## {machine}\n\n{}, {cores} cores, {}\n\n", first.text("cpu_model_name"), first.text("system"));
        let header: Vec<String> =
            ["date", "interpreter"].iter().map(|s| s.to_string()).chain(references.iter().map(|r| format!("vs. {r}"))).collect();
        let mut rows = Vec::new();
        let mut notes = String::new();
        for head in &heads {
            let file = head.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let mut row = vec![head.text("date").to_string(), format!("[{}]({file})", head.title())];
            for name in references {
                let Some(reference) = reference_of(all, head, name) else {
                    row.push(String::new());
                    continue;
                };
                let base = compare::report_path(&folder.join("reports"), reference, head);
                row.push(format!("{}<br>{}", summary(reference, head), links(&base, folder)));
                let (missing, new) = compare::differing(reference, head);
                for (word, names) in [("missing", missing), ("new", new)] {
                    if !names.is_empty() {
                        let _ = writeln!(
                            notes,
                            "- {} {} vs. {name}: {word} benchmarks ({}): {}",
                            head.text("date"),
                            head.title(),
                            names.len(),
                            names.join(", ")
                        );
                    }
                }
            }
            rows.push(row);
        }
        let _ = write!(out, "{}\n{notes}", table(&header, &rows));
        let others: Vec<String> = all
            .iter()
            .filter(|r| r.text("machine") == machine && references.contains(&r.text("interpreter").to_string()))
            .map(|r| format!("[{} {}]({})", r.text("date"), r.title(), r.path.file_name().unwrap_or_default().to_string_lossy()))
            .collect();
        let _ = write!(out, "\nReferences: {}\n", others.join(", "));
    }
    out
}

/// Writes the reports and the page.
pub fn run(options: &IndexOptions) -> Result<(), String> {
    let all = store::load_folder(&options.folder)?;
    if all.is_empty() {
        return Err(format!("{} holds no result files", options.folder.display()));
    }
    let references = reference_names(&all, &options.references);
    let reports = options.folder.join("reports");
    for head in heads(&all, &references).into_values().flatten() {
        for reference in references.iter().filter_map(|name| reference_of(&all, head, name)) {
            compare::write(&reports, reference, head)?;
        }
    }
    let path = options.folder.join("README.md");
    std::fs::write(&path, page(&all, &references, &options.folder)).map_err(|e| format!("{}: {e}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn result(name: &str, implementation: &str, date: &str, benchmarks: &[&str]) -> Results {
        let metadata = json!({"interpreter": name, "python_implementation": implementation, "date": date, "machine": "m"});
        let mut out = Results::new(metadata.as_object().unwrap().clone());
        for b in benchmarks {
            out.add(b, &[], &json!({"metadata": {"name": b}, "benchmarks": [{"runs": [{"values": [1.0]}]}]})).unwrap();
        }
        out.path = format!("{date}-{name}.json").into();
        out
    }

    #[test]
    fn the_page_names_what_is_missing_and_new() {
        let all = [
            result("py", "cpython", "2026-01-01", &["a", "b"]),
            result("py", "cpython", "2026-03-01", &["a"]),
            result("weft", "weft", "2026-02-01", &["a", "c"]),
        ];
        let references = reference_names(&all, &[]);
        assert_eq!(references, ["py"]);
        assert_eq!(reference_of(&all, &all[2], "py").unwrap().text("date"), "2026-01-01");
        let text = page(&all, &references, Path::new("/nowhere"));
        assert!(text.contains("missing benchmarks (1): b\n"), "{text}");
        assert!(text.contains("new benchmarks (1): c\n"), "{text}");
        assert!(text.contains("| 2026-02-01 | [weft](2026-02-01-weft.json)"), "{text}");
    }
}
