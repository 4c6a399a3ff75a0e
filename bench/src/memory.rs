//! `bench memory`: peak and steady resident memory of each benchmark.
//!
//! Each benchmark runs in one pyperf worker while the driver reads the worker's `/proc` entry: the peak is `VmHWM`, the
//! steady figure the median of `VmRSS` over the second half of the samples. Of a benchmark with several processes the largest
//! at each moment counts; where pyperf measures a command, only that command does.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cli::{MemoryOptions, RunOptions};
use crate::compare::table;
use crate::environment::Environments;
use crate::manifest::{self, Benchmark};
use crate::process;
use crate::reason::{self, Reason};
use crate::runner::{self, Contestant};
use crate::statistics::{geometric_mean, median};
use crate::store;

/// Bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Usage {
    peak: f64,
    steady: f64,
}

fn field(status: &str, name: &str) -> Option<f64> {
    let kib: f64 = status.lines().find_map(|l| l.strip_prefix(name))?.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024.0)
}

/// (VmHWM, VmRSS) of a process.
fn usage_of(pid: i32) -> Option<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some((field(&status, "VmHWM:")?, field(&status, "VmRSS:")?))
}

/// Whether one of the words of the process's command line ends so.
fn has_word(pid: i32, end: &str) -> bool {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|b| *b == 0).any(|word| word.ends_with(end.as_bytes()))
}

/// The processes that do the benchmark's work: pyperf's worker and what it started, or the command that it measures.
/// (Whether it is a command, the processes.)
fn working(root: i32) -> (bool, Vec<i32>) {
    let Some(worker) = process::descendants(root).into_iter().find(|&p| p != root && has_word(p, "--worker")) else {
        return (false, Vec::new());
    };
    let all = process::descendants(worker);
    match all.iter().find(|&&p| has_word(p, "_process_time.py")) {
        Some(&starter) => (true, process::descendants(starter).into_iter().filter(|&p| !has_word(p, "_process_time.py")).collect()),
        None => (false, all),
    }
}

/// Samples of one benchmark's run.
#[derive(Default)]
struct Samples {
    peak: f64,
    resident: Vec<f64>,
    /// A command is measured: pyperf's own processes do not count.
    command: bool,
}

impl Samples {
    /// Looks at the processes that work; the largest counts.
    fn take(&mut self, root: i32) {
        let (command, working) = working(root);
        if command && !self.command {
            *self = Samples { command: true, ..Samples::default() };
        } else if self.command && !command {
            return;
        }
        let seen = working.into_iter().filter_map(usage_of);
        let (mut peak, mut resident) = (0.0, 0.0);
        for (high, now) in seen {
            peak = f64::max(peak, high);
            resident = f64::max(resident, now);
        }
        if peak > 0.0 {
            self.peak = self.peak.max(peak);
            self.resident.push(resident);
        }
    }

    fn usage(&self) -> Option<Usage> {
        (!self.resident.is_empty()).then(|| Usage { peak: self.peak, steady: median(&self.resident[self.resident.len() / 2..]) })
    }
}

fn measure(benchmark: &Benchmark, contestant: &Contestant, options: &RunOptions, path: &str, folder: &Path) -> Result<Usage, Reason> {
    if benchmark.python.is_some_and(|lowest| contestant.identity.python < lowest) {
        return Err(Reason::new("python version", "needs a later Python"));
    }
    let out = folder.join("memory.part");
    let _ = std::fs::remove_file(&out);
    let log = folder.join("memory.log");
    let mut command = contestant.interpreter.start(runner::arguments(benchmark, contestant, options, &out));
    command.env("PYTHONPATH", path);
    let mut samples = Samples::default();
    let ended = process::run(&mut command, &log, Duration::from_secs(options.timeout), |pid| samples.take(pid));
    if ended != process::Ended::Exit(0) {
        let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
        return Err(reason::of(&ended, &text, options.timeout));
    }
    samples.usage().ok_or(Reason::new("error", "ended before a sample was taken"))
}

/// Measures all and writes one file per interpreter.
pub fn run(options: &MemoryOptions) -> Result<(), String> {
    let mut run = options.run.clone().settled();
    // One process, few values: memory does not need repetition as time does.
    (run.processes, run.values, run.warmups, run.pypy_warmups) = (1, 5, 1, 1);
    if !options.run.out.ends_with("memory") {
        run.out = options.run.out.join("memory");
    }
    std::fs::create_dir_all(&run.out).and_then(|_| std::fs::create_dir_all(&run.work)).map_err(|e| e.to_string())?;
    let contestants = runner::contestants(&run.interpreters, &run.commits)?;
    let mut environments = Environments::new(&run.work, run.pip.clone());
    let folder = environments.benchmarks(&run.pyperformance).map_err(|r| r.text)?;
    let benchmarks = runner::selected(manifest::load(&folder)?, &run.only, &run.exclude)?;
    let mut found: Vec<(Map<String, Value>, Vec<Value>)> = vec![Default::default(); contestants.len()];
    let bar = runner::progress((benchmarks.len() * contestants.len()) as u64);
    for benchmark in &benchmarks {
        let path = environments.python_path(benchmark);
        for (contestant, (measured, failed)) in contestants.iter().zip(&mut found) {
            bar.set_message(format!("{} {}", benchmark.name, contestant.interpreter.name));
            match path.clone().and_then(|p| measure(benchmark, contestant, &run, &p, &run.work)) {
                Ok(usage) => {
                    measured.insert(benchmark.name.clone(), json!([usage.peak, usage.steady]));
                }
                Err(why) => failed.push(json!({"benchmark": benchmark.name, "kind": why.kind, "reason": why.text})),
            }
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    for (contestant, (measured, failed)) in contestants.iter().zip(found) {
        let metadata = runner::metadata(contestant, &run.machine);
        let name = store::Results::new(metadata.clone()).file_name();
        let path = run.out.join(&name);
        let text = json!({"metadata": metadata, "memory": measured, "failures": failed}).to_string().replace("],\"", "],\n\"");
        std::fs::write(&path, text + "\n").map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{}", path.display());
    }
    let reference = options.reference.clone().unwrap_or_else(|| contestants[contestants.len() - 1].interpreter.name.clone());
    let path = run.out.join("README.md");
    std::fs::write(&path, report(&load_folder(&run.out)?, &reference)).map_err(|e| e.to_string())?;
    println!("{}", path.display());
    Ok(())
}

/// One interpreter's figures.
pub struct Memory {
    pub results: store::Results,
    usage: BTreeMap<String, Usage>,
}

/// All files of memory figures in a folder; the latest of each interpreter.
pub fn load_folder(folder: &Path) -> Result<Vec<Memory>, String> {
    let mut latest: BTreeMap<String, Memory> = BTreeMap::new();
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    for path in paths {
        let value: Value =
            std::fs::read_to_string(&path).map_err(|e| e.to_string()).and_then(|t| serde_json::from_str(&t).map_err(|e| e.to_string()))?;
        let mut results = store::Results::new(value["metadata"].as_object().cloned().unwrap_or_default());
        for failure in value["failures"].as_array().into_iter().flatten() {
            if let (Some(name), Some(reason)) = (failure["benchmark"].as_str(), Reason::from_json(failure)) {
                results.failures.insert(name.to_string(), reason);
            }
        }
        let pair = |v: &Value| Some(Usage { peak: v[0].as_f64()?, steady: v[1].as_f64()? });
        let usage = value["memory"].as_object().into_iter().flatten().filter_map(|(n, v)| Some((n.clone(), pair(v)?))).collect();
        results.path = path;
        latest.insert(results.text("interpreter").to_string(), Memory { results, usage });
    }
    Ok(latest.into_values().collect())
}

/// Geometric means of (peak, steady) ratios of `head` by `reference`.
pub fn ratios(head: &Memory, reference: &Memory) -> Option<(f64, f64)> {
    let both: Vec<(Usage, Usage)> = head.usage.iter().filter_map(|(n, u)| Some((*u, *reference.usage.get(n)?))).collect();
    let mean = |f: fn(&Usage) -> f64| geometric_mean(&both.iter().map(|(h, r)| f(h) / f(r)).collect::<Vec<_>>());
    Some((mean(|u| u.peak)?, mean(|u| u.steady)?))
}

/// Markdown: MiB of the reference, and each other interpreter's as a ratio of it.
pub fn report(all: &[Memory], reference: &str) -> String {
    let Some(base) = all.iter().find(|m| m.results.text("interpreter") == reference) else {
        return format!("# Memory\n\nNo figures of the reference {reference}.\n");
    };
    let others: Vec<&Memory> = all.iter().filter(|m| m.results.text("interpreter") != reference).collect();
    let mut out = format!("# Resident memory vs. {}\n\n", base.results.title());
    let _ = writeln!(
        out,
        "- machine: {} ({})\n- date: {}",
        base.results.text("machine"),
        base.results.text("cpu_model_name"),
        base.results.text("date")
    );
    for other in &others {
        if let Some((peak, steady)) = ratios(other, base) {
            let _ = writeln!(out, "- {}: peak {peak:.2}x, steady {steady:.2}x (geometric means)", other.results.title());
        }
    }
    let mut header = vec!["Benchmark".to_string(), format!("{reference} peak, steady (MiB)")];
    header.extend(others.iter().map(|o| format!("{} peak, steady", o.results.text("interpreter"))));
    let mut rows = Vec::new();
    for (name, usage) in &base.usage {
        let mut row = vec![name.clone(), format!("{:.1}, {:.1}", usage.peak / 1048576.0, usage.steady / 1048576.0)];
        for other in &others {
            let cell = other.usage.get(name).map(|u| format!("{:.2}x, {:.2}x", u.peak / usage.peak, u.steady / usage.steady));
            row.push(cell.unwrap_or_else(|| "-".into()));
        }
        rows.push(row);
    }
    let _ = write!(out, "\n{}", table(&header, &rows));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_half_of_the_samples_is_steady() {
        let samples = Samples { peak: 9.0, resident: vec![1.0, 2.0, 5.0, 5.0, 6.0, 5.0], command: false };
        assert_eq!(samples.usage(), Some(Usage { peak: 9.0, steady: 5.0 }));
        assert_eq!(Samples::default().usage(), None);
    }

    #[test]
    fn a_process_has_memory() {
        let (peak, now) = usage_of(std::process::id() as i32).unwrap();
        assert!(peak >= now && now > 100_000.0);
    }

    #[test]
    fn ratios_are_of_common_benchmarks() {
        let memory = |name: &str, of: &[(&str, f64)]| Memory {
            results: store::Results::new(json!({"interpreter": name}).as_object().unwrap().clone()),
            usage: of.iter().map(|(n, v)| (n.to_string(), Usage { peak: *v, steady: v / 2.0 })).collect(),
        };
        let (a, b) = (memory("a", &[("x", 2e6), ("y", 8e6), ("z", 1e6)]), memory("b", &[("x", 1e6), ("y", 2e6)]));
        let (peak, steady) = ratios(&a, &b).unwrap();
        assert!((peak - 8f64.sqrt()).abs() < 1e-9 && (steady - peak).abs() < 1e-9);
        assert!(report(&[a, b], "b").contains("| x         | 1.0, 0.5"));
    }
}
