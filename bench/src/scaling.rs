//! `bench scaling`: runs the thread-scaling suite on interpreters, and writes the report and its plot.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cli::ScalingOptions;
use crate::process;
use crate::reason;
use crate::runner;
use crate::statistics::geometric_mean;
use crate::store::Results;
use crate::{scaling_plot, scaling_report};

/// One case: its score N*t1/tN for each number of threads.
pub struct Case {
    pub name: String,
    /// One of [`KINDS`].
    pub kind: String,
    /// Seconds of one thread for one pass.
    pub one: f64,
    pub scores: BTreeMap<u32, f64>,
}

/// What one interpreter scored.
pub struct Scaling {
    pub about: Results,
    pub threads: Vec<u32>,
    pub cases: Vec<Case>,
    /// Cases and parts that failed, with the error.
    pub failed: Vec<(String, String)>,
    /// Rates per second by number of threads: event loops, and each kind of pool task.
    pub rates: Vec<(String, BTreeMap<u32, f64>)>,
    /// Percentiles of a step beside the collector, in seconds, by number of threads.
    pub pauses: BTreeMap<u32, Map<String, Value>>,
}

/// Kinds of cases, in the order of tables.
pub const KINDS: [&str; 4] = ["ftscalingbench", "private", "shared", "contended"];

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

/// The best of each number of threads: shortest for times, largest for rates.
fn by_threads(value: &Value, best: fn(f64, f64) -> f64) -> BTreeMap<u32, f64> {
    let of = |(n, v): (&String, &Value)| Some((n.parse().ok()?, numbers(v).into_iter().reduce(best)?));
    value.as_object().into_iter().flatten().filter_map(of).collect()
}

fn case(value: &Value) -> Option<Case> {
    let times = by_threads(&value["times"], f64::min);
    let one = *times.get(&1)?;
    let scores = times.iter().map(|(n, t)| (*n, f64::from(*n) * one / t)).collect();
    let name = value["name"].as_str()?.to_string();
    Some(Case { kind: value["kind"].as_str()?.to_string(), one: one / value["loops"].as_f64()?, scores, name })
}

impl Scaling {
    fn from_json(value: &Value) -> Option<Scaling> {
        let result = &value["result"];
        let mut failed = Vec::new();
        let mut fault = |name: &str, of: &Value| {
            if let Some(e) = of["error"].as_str() {
                failed.push((name.to_string(), e.to_string()));
            }
        };
        for item in result["cases"].as_array()? {
            fault(item["name"].as_str().unwrap_or("?"), item);
        }
        for part in ["asyncio", "pool", "pauses"] {
            fault(part, &result[part]);
        }
        let mut rates = vec![("asyncio, one loop per thread: switches of tasks".to_string(), by_threads(&result["asyncio"], f64::max))];
        for (name, label) in [("tiny", "ThreadPoolExecutor: tiny tasks"), ("compute", "ThreadPoolExecutor: computing tasks")] {
            rates.push((label.to_string(), by_threads(&result["pool"][name], f64::max)));
        }
        rates.retain(|(_, r)| !r.is_empty());
        let pauses = result["pauses"]["seconds"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(n, v)| Some((n.parse().ok()?, v.as_object()?.clone())))
            .collect();
        Some(Scaling {
            about: Results::new(value["metadata"].as_object()?.clone()),
            threads: numbers(&result["threads"]).into_iter().map(|n| n as u32).collect(),
            cases: result["cases"].as_array()?.iter().filter_map(case).collect(),
            failed,
            rates,
            pauses,
        })
    }

    pub fn most(&self) -> u32 {
        self.threads.iter().copied().max().unwrap_or(1)
    }

    /// The geometric mean of scores of a kind (of all cases without one) with `threads` threads.
    pub fn mean(&self, kind: Option<&str>, threads: u32) -> Option<f64> {
        let of = self.cases.iter().filter(|c| kind.is_none_or(|k| c.kind == k)).filter_map(|c| c.scores.get(&threads).copied());
        geometric_mean(&of.collect::<Vec<_>>())
    }

    /// The score of a rate: how many times the rate of one thread.
    pub fn gain(rates: &BTreeMap<u32, f64>, threads: u32) -> Option<f64> {
        Some(rates.get(&threads)? / rates.get(&1)?)
    }
}

/// The latest file of each interpreter in a folder.
pub fn load_folder(folder: &Path) -> Result<Vec<Scaling>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    let mut latest: BTreeMap<String, Scaling> = BTreeMap::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let value: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let one = Scaling::from_json(&value).ok_or(format!("{}: not a scaling result", path.display()))?;
        latest.insert(one.about.text("interpreter").to_string(), one);
    }
    let mut out: Vec<Scaling> = latest.into_values().collect();
    // weft first, the others by name.
    out.sort_by_key(|s| (s.about.text("python_implementation") != "weft", s.about.text("interpreter").to_string()));
    Ok(out)
}

fn save(path: &Path, metadata: &Map<String, Value>, mut result: Value) -> Result<(), String> {
    let cases = result["cases"].take();
    let lines: Vec<String> = cases.as_array().into_iter().flatten().map(rounded).map(|v| v.to_string()).collect();
    result["cases"] = json!([]);
    let rest = rounded(&result).to_string().replace("\"cases\":[]", &format!("\"cases\":[\n{}\n]", lines.join(",\n")));
    let text = format!("{{\"metadata\": {},\n\"result\": {rest}}}\n", Value::Object(metadata.clone()));
    std::fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Five digits are enough for times.
fn rounded(value: &Value) -> Value {
    match value {
        Value::Number(n) if n.is_f64() => json!(format!("{:.4e}", n.as_f64().unwrap_or(0.0)).parse::<f64>().unwrap_or(0.0)),
        Value::Array(a) => a.iter().map(rounded).collect(),
        Value::Object(o) => Value::Object(o.iter().map(|(k, v)| (k.clone(), rounded(v))).collect()),
        other => other.clone(),
    }
}

/// Runs the suite on each interpreter, then writes the report over all files of the folder.
pub fn run(options: &ScalingOptions) -> Result<(), String> {
    let work = std::path::absolute(&options.work).map_err(|e| e.to_string())?;
    for folder in [&work, &options.out] {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let suite = Path::new(env!("CARGO_MANIFEST_DIR")).join("suites/scaling");
    for contestant in runner::contestants(&options.interpreters, &options.commits)? {
        let name = &contestant.interpreter.name;
        let (out, log) = (work.join(format!("scaling-{name}.json")), work.join(format!("scaling-{name}.log")));
        let _ = std::fs::remove_file(&out);
        eprintln!("{name}: output in {}", log.display());
        let mut arguments: Vec<String> = vec![suite.display().to_string()];
        for (flag, value) in
            [("--threads", options.threads.to_string()), ("--repeats", options.repeats.to_string()), ("--scale", options.scale.to_string())]
        {
            arguments.extend([flag.to_string(), value]);
        }
        arguments.extend(["--output".to_string(), out.display().to_string()]);
        arguments.extend(options.only.iter().cloned());
        let ended = process::run(&mut contestant.interpreter.start(&arguments), &log, Duration::from_secs(options.timeout), |_| ());
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        if ended != process::Ended::Exit(0) {
            return Err(format!("{name}: {}", reason::of(&ended, &text, options.timeout).text));
        }
        let result =
            std::fs::read_to_string(&out).map_err(|e| e.to_string()).and_then(|t| serde_json::from_str(&t).map_err(|e| e.to_string()))?;
        let metadata = runner::metadata(&contestant, &options.machine);
        let path = options.out.join(Results::new(metadata.clone()).file_name());
        save(&path, &metadata, result)?;
        println!("{}", path.display());
    }
    write_report(&options.out)
}

/// The report and the plot of a folder.
pub fn write_report(folder: &Path) -> Result<(), String> {
    let all = load_folder(folder)?;
    let path = folder.join("README.md");
    std::fs::write(&path, scaling_report::report(&all)).map_err(|e| format!("{}: {e}", path.display()))?;
    crate::svg::save(scaling_plot::draw(&all), &folder.join("scaling"))?;
    println!("{}", path.display());
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A made-up result of an interpreter.
    pub fn made(name: &str, two: f64) -> Scaling {
        let value = json!({"metadata": {"interpreter": name, "date": "2026-01-01", "machine": "m"}, "result": {"threads": [1, 2], "cases": [
            {"name": "pymethod", "kind": "ftscalingbench", "loops": 10, "times": {"1": [1.1, 1.0], "2": [two, two * 1.5]}},
            {"name": "shared_method", "kind": "shared", "loops": 10, "times": {"1": [1.0], "2": [2.0]}},
            {"name": "broken", "kind": "shared", "error": "ValueError: x"}],
            "asyncio": {"1": [10.0, 20.0], "2": [30.0]}, "pool": {"error": "no pool"},
            "pauses": {"live_objects": 5, "seconds": {"1": {"p50": 1e-6, "max": 0.5}}}}});
        Scaling::from_json(&value).unwrap()
    }

    #[test]
    fn the_score_is_from_the_best_times() {
        let scaling = made("a", 1.0);
        assert_eq!(scaling.cases[0].scores[&2], 2.0);
        assert_eq!(scaling.cases[0].one, 0.1);
        assert_eq!(scaling.mean(Some("ftscalingbench"), 2), Some(2.0));
        assert_eq!(scaling.mean(Some("shared"), 2), Some(1.0));
        assert_eq!(scaling.failed, [("broken".into(), "ValueError: x".into()), ("pool".into(), "no pool".into())]);
        assert_eq!(Scaling::gain(&scaling.rates[0].1, 2), Some(1.5));
    }
}
