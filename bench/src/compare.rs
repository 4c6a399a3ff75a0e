//! The report of one result file against another: heading, a table per tag, all benchmarks, what is hidden and ignored.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::CompareOptions;
use crate::hpt;
use crate::plot::{self, Figure};
use crate::statistics::{geometric_mean, mean, significant, speed, time};
use crate::store::{Measured, Results};
use crate::svg;

/// One benchmark that both sides have.
struct Pair<'a> {
    reference: &'a Measured,
    head: &'a Measured,
}

impl Pair<'_> {
    /// The reference's mean time by the head's: above 1 the head is faster.
    fn ratio(&self) -> f64 {
        self.reference.mean() / self.head.mean()
    }

    fn significant(&self) -> bool {
        significant(&self.reference.values, &self.head.values)
    }
}

fn pairs<'a>(reference: &'a Results, head: &'a Results) -> Vec<Pair<'a>> {
    let both = |h: &'a Measured| Some(Pair { reference: reference.get(&h.name)?, head: h });
    let mut out: Vec<Pair> = head.benchmarks.iter().filter_map(both).collect();
    out.sort_by(|a, b| b.ratio().total_cmp(&a.ratio()).then_with(|| a.head.name.cmp(&b.head.name)));
    out
}

/// The geometric mean of all ratios, insignificant ones included.
pub fn overall(reference: &Results, head: &Results) -> Option<f64> {
    geometric_mean(&pairs(reference, head).iter().map(Pair::ratio).collect::<Vec<_>>())
}

/// The geometric mean of the ratios of peak memory, head by reference.
pub fn memory_change(reference: &Results, head: &Results) -> Option<f64> {
    let ratio =
        |p: &Pair| (!p.head.memory.is_empty() && !p.reference.memory.is_empty()).then(|| mean(&p.head.memory) / mean(&p.reference.memory));
    geometric_mean(&pairs(reference, head).iter().filter_map(ratio).collect::<Vec<_>>())
}

/// Names that one side measured and the other did not: (missing in the head, new in the head).
pub fn differing(reference: &Results, head: &Results) -> (Vec<String>, Vec<String>) {
    let only = |a: &Results, b: &Results| a.names().into_iter().filter(|n| b.get(n).is_none()).map(str::to_string).collect();
    (only(reference, head), only(head, reference))
}

/// Columns are aligned up to so many characters.
const WIDEST: usize = 60;

/// A Markdown table with aligned columns; all but the first are centred.
pub fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().chain([&header.to_vec()]).map(|r| r[c].chars().count()).max().unwrap_or(0).min(WIDEST);
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).map(|(cell, w)| format!(" {cell}{} ", " ".repeat(w.saturating_sub(cell.chars().count()))));
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let rule = |(i, w): (usize, &usize)| if i == 0 { "-".repeat(w + 2) } else { format!(":{}:", "-".repeat(*w)) };
    let mut out = line(header);
    let _ = writeln!(out, "|{}|", widths.iter().enumerate().map(rule).collect::<Vec<_>>().join("|"));
    rows.iter().for_each(|r| out.push_str(&line(r)));
    out
}

/// A table of pairs with its geometric mean, and the names hidden from it.
fn section(pairs: &[&Pair], titles: (&str, &str)) -> String {
    let (mut rows, mut hidden) = (Vec::new(), Vec::new());
    for pair in pairs {
        if pair.significant() {
            let changed = format!("{}: {}", time(pair.head.mean()), speed(pair.ratio()));
            rows.push(vec![pair.head.name.clone(), time(pair.reference.mean()), changed]);
        } else {
            hidden.push(pair.head.name.as_str());
        }
    }
    let ratios: Vec<f64> = pairs.iter().map(|p| p.ratio()).collect();
    let mut out = String::new();
    if !rows.is_empty() {
        if let Some(m) = geometric_mean(&ratios).filter(|_| pairs.len() > 1) {
            rows.push(vec!["Geometric mean".into(), "(ref)".into(), speed(m)]);
        }
        out.push_str(&table(&["Benchmark".into(), titles.0.into(), titles.1.into()], &rows));
    }
    if !hidden.is_empty() {
        let _ = writeln!(
            out,
            "{}Benchmark hidden because not significant ({}): {}",
            if out.is_empty() { "" } else { "\n" },
            hidden.len(),
            hidden.join(", ")
        );
    }
    out
}

fn ignored(out: &mut String, of: &Results, names: &[String], other: &Results) {
    if names.is_empty() {
        return;
    }
    let _ =
        writeln!(out, "Ignored benchmarks ({}) of {}, not measured on {}: {}\n", names.len(), of.title(), other.title(), names.join(", "));
}

fn failures(out: &mut String, of: &Results) {
    if of.failures.is_empty() {
        return;
    }
    let _ = writeln!(out, "## Not run on {}\n", of.title());
    let rows: Vec<Vec<String>> = of.failures.iter().map(|(n, r)| vec![n.clone(), r.kind.clone(), r.text.replace('|', "\\|")]).collect();
    let _ = writeln!(out, "{}", table(&["Benchmark".into(), "Kind".into(), "Reason".into()], &rows));
}

fn heading(out: &mut String, reference: &Results, head: &Results) {
    let mut entry = |name: &str, value: String| {
        let _ = writeln!(out, "- {name}: {value}");
    };
    entry("interpreter", head.title());
    entry("reference", format!("{} ({})", reference.title(), reference.text("interpreter_details")));
    let cores = head.metadata.get("cpu_count").map(|c| c.to_string()).unwrap_or_default();
    entry("machine", format!("{} ({}, {cores} cores, {})", head.text("machine"), head.text("cpu_model_name"), head.text("system")));
    entry("commit", if head.text("commit").is_empty() { "unknown".into() } else { head.text("commit").into() });
    entry("date", head.text("date").into());
    entry("overall geometric mean", overall(reference, head).map(speed).unwrap_or_else(|| "unknown".into()));
    match hpt::compare(reference, head) {
        Some(report) => {
            entry("HPT reliability", report.statement());
            for percent in [90, 95, 99] {
                entry(&format!("HPT {percent}th percentile"), report.at(percent));
            }
            if !report.few.is_empty() {
                entry("benchmarks with fewer values than HPT wants", format!("{} (of {} values per side)", report.few.len(), hpt::WANTED));
            }
        }
        None => entry("HPT", "unknown: too few values".into()),
    }
    entry("memory change", memory_change(reference, head).map(|m| format!("{m:.2}x")).unwrap_or_else(|| "unknown".into()));
}

/// The report as Markdown; `plot` is the plot's file name.
pub fn report(reference: &Results, head: &Results, plot: Option<&str>) -> String {
    let mut out = format!("# Results vs. {}\n\n", reference.title());
    heading(&mut out, reference, head);
    if let Some(plot) = plot {
        let _ = write!(out, "\n![Times of {} vs. {}]({plot})\n", head.title(), reference.title());
    }
    let all = pairs(reference, head);
    let titles = (reference.title(), head.title());
    let titles = (titles.0.as_str(), titles.1.as_str());
    let tags: BTreeSet<&String> = all.iter().flat_map(|p| p.head.tags.iter().chain(&p.reference.tags)).collect();
    for tag in tags {
        let of: Vec<&Pair> = all.iter().filter(|p| p.head.tags.contains(tag) || p.reference.tags.contains(tag)).collect();
        let _ = write!(out, "\n## Benchmarks with tag '{tag}'\n\n{}", section(&of, titles));
    }
    let _ = write!(out, "\n## All benchmarks\n\n{}\n", section(&all.iter().collect::<Vec<_>>(), titles));
    let (missing, new) = differing(reference, head);
    ignored(&mut out, reference, &missing, head);
    ignored(&mut out, head, &new, reference);
    failures(&mut out, head);
    failures(&mut out, reference);
    let _ = writeln!(out, "Settings of {}: `{}`", head.title(), head.text("settings"));
    out
}

fn stem(results: &Results) -> String {
    results.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Where the report of a pair lies: `FOLDER/HEAD-vs-REFERENCE` without its extension.
pub fn report_path(folder: &Path, reference: &Results, head: &Results) -> PathBuf {
    let name = if reference.text("interpreter").is_empty() { stem(reference) } else { reference.text("interpreter").to_string() };
    folder.join(format!("{}-vs-{name}", stem(head)))
}

/// Writes report and plots beside each other.
pub fn write(folder: &Path, reference: &Results, head: &Results) -> Result<PathBuf, String> {
    if pairs(reference, head).is_empty() {
        return Err(format!("{} and {} have no benchmark in common", reference.path.display(), head.path.display()));
    }
    let base = report_path(folder, reference, head);
    let name = base.file_name().unwrap_or_default().to_string_lossy().into_owned();
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let file = folder.join(format!("{name}.md"));
    std::fs::write(&file, report(reference, head, Some(&format!("{name}.svg")))).map_err(|e| format!("{}: {e}", file.display()))?;
    let title = format!("Times of {} vs. {}", head.title(), reference.title());
    svg::save(plot::draw(&plot::rows(reference, head, Figure::Time), &title, ("slower", "faster")), &base)?;
    let memory = plot::rows(reference, head, Figure::Memory);
    if !memory.is_empty() {
        let title = format!("Peak memory of {} vs. {}", head.title(), reference.title());
        svg::save(plot::draw(&memory, &title, ("less", "more")), &folder.join(format!("{name}-mem")))?;
    }
    Ok(file)
}

/// `bench compare`.
pub fn run(options: &CompareOptions) -> Result<(), String> {
    let (reference, head) = (Results::load(&options.reference)?, Results::load(&options.head)?);
    if options.print {
        print!("{}", report(&reference, &head, None));
        return Ok(());
    }
    println!("{}", write(&options.out, &reference, &head)?.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;
    use serde_json::json;

    fn results(name: &str, of: &[(&str, &str, f64)]) -> Results {
        let metadata = json!({"interpreter": name, "interpreter_version": "1", "machine": "m", "date": "2026-01-01"});
        let mut out = Results::new(metadata.as_object().unwrap().clone());
        for (bench, tag, value) in of {
            let values: Vec<f64> = (0..12).map(|i| value * (1.0 + 0.001 * f64::from(i % 3))).collect();
            let pyperf =
                json!({"metadata": {"name": bench}, "benchmarks": [{"runs": [{"values": values, "metadata": {"mem_max_rss": 1000}}]}]});
            out.add(bench, &[tag.to_string()], &pyperf).unwrap();
        }
        out
    }

    #[test]
    fn a_report_has_all_its_parts() {
        let reference = results("old", &[("nbody", "math", 2.0), ("float", "math", 1.0), ("same", "apps", 1.0), ("gone", "apps", 1.0)]);
        let mut head = results("new", &[("nbody", "math", 1.0), ("float", "math", 2.0), ("same", "apps", 1.0), ("fresh", "apps", 1.0)]);
        head.failures.insert("gone".into(), Reason::new("timeout", "not done after 1 s"));
        let text = report(&reference, &head, Some("x.svg"));
        for part in [
            "# Results vs. old 1\n",
            "- overall geometric mean: no change\n",
            "- HPT 99th percentile: ",
            "- memory change: 1.00x\n",
            "## Benchmarks with tag 'math'\n",
            "| nbody          |  2.00 sec |".replace("  2.00", " 2.00").as_str(),
            "1.00 sec: 2.00x faster",
            "2.00 sec: 2.00x slower",
            "| Geometric mean | (ref)    | no change",
            "Benchmark hidden because not significant (1): same\n",
            "Ignored benchmarks (1) of old 1, not measured on new 1: gone\n",
            "Ignored benchmarks (1) of new 1, not measured on old 1: fresh\n",
            "| gone      | timeout | not done after 1 s |",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
