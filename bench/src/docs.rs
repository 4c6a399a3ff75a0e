//! `bench docs`: the page on performance and the README's figures, from the committed result files.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::DocsOptions;
use crate::compare::{self, table};
use crate::hpt;
use crate::memory::{self, Memory};
use crate::scaling::{self, Scaling};
use crate::scaling_report;
use crate::statistics::speed;
use crate::store::{self, Results};

const BEGIN: &str = "<!-- figures: written by `cargo run --release -p bench -- docs` -->";
const END: &str = "<!-- end of figures -->";

/// Everything that is committed, as far as the pages show it: the latest of each interpreter.
struct Committed {
    weft: Results,
    references: Vec<Results>,
    scaling: Vec<Scaling>,
    memory: Vec<Memory>,
}

fn committed(folder: &Path) -> Result<Committed, String> {
    let mut latest: BTreeMap<String, Results> = BTreeMap::new();
    let all = store::load_folder(folder)?;
    let newest = |a: &Results, b: &Results| a.text("date").cmp(b.text("date"));
    let weft = all.iter().filter(|r| r.text("python_implementation") == "weft").max_by(|a, b| newest(a, b));
    let weft = weft.ok_or(format!("{} holds no results of weft", folder.display()))?.clone();
    for result in all {
        let (here, other) = (result.text("machine") == weft.text("machine"), result.text("python_implementation") != "weft");
        let name = result.text("interpreter").to_string();
        if here && other && latest.get(&name).is_none_or(|l| l.text("date") <= result.text("date")) {
            latest.insert(name, result);
        }
    }
    let scaling_folder = folder.join("scaling");
    let memory_folder = folder.join("memory");
    Ok(Committed {
        weft,
        references: latest.into_values().collect(),
        scaling: if scaling_folder.is_dir() { scaling::load_folder(&scaling_folder)? } else { Vec::new() },
        memory: if memory_folder.is_dir() { memory::load_folder(&memory_folder)? } else { Vec::new() },
    })
}

fn machine(of: &Results) -> String {
    let number = |key: &str| of.metadata.get(key).map(|v| v.to_string()).unwrap_or_default();
    format!(
        "{} ({}, {} cores, {} GiB, {})",
        of.text("machine"),
        of.text("cpu_model_name"),
        number("cpu_count"),
        number("memory_gib"),
        of.text("system")
    )
}

/// One line per reference: geometric mean, HPT, memory.
fn overview(all: &Committed, link: Option<&str>) -> String {
    let header =
        ["weft vs.", "geometric mean", "HPT reliability", "90th, 95th, 99th percentile", "peak memory", "benchmarks"].map(str::to_string);
    let mut rows = Vec::new();
    for reference in &all.references {
        let report = hpt::compare(reference, &all.weft);
        let common = all.weft.names().into_iter().filter(|n| reference.get(n).is_some()).count();
        let name = match link {
            Some(folder) => {
                let path = compare::report_path(Path::new(folder), reference, &all.weft);
                format!("[{}]({}.md)", reference.title(), path.display())
            }
            None => reference.title(),
        };
        rows.push(vec![
            name,
            compare::overall(reference, &all.weft).map(speed).unwrap_or_else(|| "-".into()),
            report.as_ref().map(hpt::Report::statement).unwrap_or_else(|| "-".into()),
            report.map(|r| [90, 95, 99].map(|p| r.at(p)).join(", ")).unwrap_or_else(|| "-".into()),
            compare::memory_change(reference, &all.weft).map(|m| format!("{m:.2}x")).unwrap_or_else(|| "-".into()),
            common.to_string(),
        ]);
    }
    table(&header, &rows)
}

/// Geometric means per tag.
fn tags(all: &Committed) -> String {
    let tags: BTreeSet<&String> = all.weft.benchmarks.iter().flat_map(|m| &m.tags).collect();
    let mut header = vec!["tag".to_string()];
    header.extend(all.references.iter().map(|r| format!("vs. {}", r.text("interpreter"))));
    let only = |results: &Results, tag: Option<&String>| {
        let mut out = results.clone();
        out.benchmarks.retain(|m| tag.map_or(m.tags.is_empty(), |t| m.tags.contains(t)));
        out
    };
    let row = |tag: Option<&String>| {
        let head = only(&all.weft, tag);
        let of = all.references.iter().map(|r| compare::overall(r, &head).map(speed).unwrap_or_else(|| "-".into()));
        std::iter::once(tag.cloned().unwrap_or_else(|| "without a tag".into())).chain(of).collect::<Vec<_>>()
    };
    table(&header, &tags.into_iter().map(Some).chain([None]).map(row).collect::<Vec<_>>())
}

fn failures(of: &Results) -> String {
    let rows: Vec<Vec<String>> = of.failures.iter().map(|(n, r)| vec![n.clone(), r.kind.clone(), r.text.replace('|', "\\|")]).collect();
    table(&["Benchmark".into(), "Kind".into(), "Reason".into()], &rows)
}

const REPEAT: &str = "    cargo run --release -p bench -- run -i weft=target/release/weft -i cpython3.14=python3.14 -i \"cpython3.15-jit=env PYTHON_JIT=1 python3.15\" -i pypy=pypy3
    cargo run --release -p bench -- index
    cargo run --release -p bench -- scaling -i weft=target/release/weft -i cpython3.14=python3.14
    cargo run --release -p bench -- memory -i weft=target/release/weft -i cpython3.14=python3.14
    cargo run --release -p bench -- docs
";

/// The page; `results` is the folder of results as seen from it.
fn page(all: &Committed, results: &str) -> String {
    let mut out = String::from(
        "# Performance\n\nWritten by `cargo run --release -p bench -- docs` from the files in `bench/results`; edit those, not this.\n\n## One thread\n\n",
    );
    let _ = writeln!(out, "pyperformance on {}, {}. weft is {}.", machine(&all.weft), all.weft.text("date"), all.weft.title());
    let _ = writeln!(
        out,
        "All interpreters ran the same files, with requirements built without extension modules; they took turns on each benchmark."
    );
    let _ = writeln!(out, "Settings: `{}`.\n", all.weft.text("settings"));
    out.push_str(&overview(all, Some(&format!("{results}/reports"))));
    let _ = write!(out, "\nGeometric means by tag:\n\n{}", tags(all));
    for reference in &all.references {
        let path = compare::report_path(Path::new(results), reference, &all.weft);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = write!(out, "\n![Times of {} vs. {}]({results}/reports/{name}.svg)\n", all.weft.title(), reference.title());
    }
    let _ = write!(out, "\n### What weft cannot run yet\n\n{}", failures(&all.weft));
    let others: Vec<String> = all
        .references
        .iter()
        .filter(|r| !r.failures.is_empty())
        .map(|r| format!("{} does not run {}", r.title(), r.failures.keys().cloned().collect::<Vec<_>>().join(", ")))
        .collect();
    let _ = write!(out, "\nOf the others, {}.\n", others.join("; "));
    if let Some(first) = all.scaling.first() {
        let _ = write!(
            out,
            "\n## Threads\n\nOn {}, {}: N threads each do the work of one, the score is `N*t1/tN`; N is perfect.\n\n",
            machine(&first.about),
            first.about.text("date")
        );
        let _ = write!(out, "{}\n![Scores]({results}/scaling/scaling.svg)\n", scaling_report::means(&all.scaling));
        let _ = write!(out, "\nAll cases: [scaling]({results}/scaling/README.md).\n\n{}", scaling_report::rates(&all.scaling));
        let _ = write!(
            out,
            "\nSteps of a thread that makes cycles beside a live heap of 200,000 objects; the long ones were stopped by the collector:\n\n{}",
            scaling_report::pauses(&all.scaling)
        );
    }
    if !all.memory.is_empty() {
        let _ = write!(out, "\n## Memory\n\n{}\nEach benchmark: [memory]({results}/memory/README.md).\n", memory_means(all));
    }
    let _ = write!(out, "\n## Repeat it\n\n{REPEAT}");
    out
}

fn memory_means(all: &Committed) -> String {
    let Some(weft) = all.memory.iter().find(|m| m.results.text("python_implementation") == "weft") else { return String::new() };
    let mut rows = Vec::new();
    for other in all.memory.iter().filter(|m| m.results.text("python_implementation") != "weft") {
        if let Some((peak, steady)) = memory::ratios(weft, other) {
            rows.push(vec![other.results.title(), format!("{peak:.2}x"), format!("{steady:.2}x")]);
        }
    }
    let intro = format!(
        "Resident memory of {} by the other's, geometric means, on {}, {}:\n\n",
        weft.results.title(),
        machine(&weft.results),
        weft.results.text("date")
    );
    intro + &table(&["weft vs.".into(), "peak".into(), "steady".into()], &rows)
}

/// The README's part, between the markers.
fn figures(all: &Committed) -> String {
    let mut out = String::from("## One thread\n\n");
    let _ = writeln!(
        out,
        "pyperformance, {} on {}, {}; {} benchmarks do not run yet.",
        all.weft.title(),
        machine(&all.weft),
        all.weft.text("date"),
        all.weft.failures.len()
    );
    let _ = write!(out, "\n{}\n{}", overview(all, None), tags(all));
    if let Some(first) = all.scaling.first() {
        let _ = write!(
            out,
            "\n## Scaling\n\nN threads each do the work of one; `N*t1/tN`, N is perfect. Geometric means over {} cases on {}, {}:\n\n",
            first.cases.len(),
            machine(&first.about),
            first.about.text("date")
        );
        out.push_str(&scaling_report::means(&all.scaling));
    }
    out.push_str(
        "\nEvery benchmark, the reasons of those that do not run, plots and memory: [docs/performance.md](docs/performance.md). Repeat it with \
         `cargo run --release -p bench -- run` (then `index`, `scaling`, `docs`); [bench/README.md](bench/README.md) says how.\n",
    );
    out
}

/// Replaces what lies between the markers.
fn between_markers(text: &str, new: &str) -> Result<String, String> {
    let start = text.find(BEGIN).ok_or(format!("the README has no line `{BEGIN}`"))? + BEGIN.len();
    let end = text[start..].find(END).ok_or(format!("the README has no line `{END}` after the first marker"))? + start;
    Ok(format!("{}\n\n{new}\n{}", &text[..start], &text[end..]))
}

fn write(path: &Path, text: &str, check: bool) -> Result<(), String> {
    let old = std::fs::read_to_string(path).unwrap_or_default();
    if check && old != text {
        return Err(format!("{} is not what the results give; run `cargo run --release -p bench -- docs`", path.display()));
    }
    if !check {
        std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Writes both.
pub fn run(options: &DocsOptions) -> Result<(), String> {
    let all = committed(&options.folder)?;
    let up = "../".repeat(options.page.components().count().saturating_sub(1));
    write(&options.page, &page(&all, &format!("{up}{}", options.folder.display())), options.check)?;
    let readme = std::fs::read_to_string(&options.readme).map_err(|e| format!("{}: {e}", options.readme.display()))?;
    write(&options.readme, &between_markers(&readme, &figures(&all))?, options.check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_part_changes() {
        let text = format!("a\n{BEGIN}\nold\n{END}\nb\n");
        let once = between_markers(&text, "new\n").unwrap();
        assert_eq!(once, format!("a\n{BEGIN}\n\nnew\n\n{END}\nb\n"));
        assert_eq!(between_markers(&once, "new\n").unwrap(), once);
        assert!(between_markers("nothing", "new").is_err());
    }
}
