//! Result files: pyperf's JSON with what repeats stripped, the machine, and the benchmarks that could not run.
//!
//! `{"version": "1.0", "metadata": {...}, "benchmarks": [{"metadata": {"name", "tags", "benchmark"}, "runs": [{"metadata":
//! {"mem_max_rss"}, "values": [...]}]}], "failures": [{"benchmark", "kind", "reason"}]}`. pyperf reads these files too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::reason::Reason;

/// One measured benchmark: a benchmark of the manifest may measure several (`scimark_fft`, `scimark_lu`, ...).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub name: String,
    /// Its entry in the manifest.
    pub benchmark: String,
    pub tags: Vec<String>,
    pub unit: String,
    /// Values of all processes, in order.
    pub values: Vec<f64>,
    /// Peak resident memory in bytes, one per process.
    pub memory: Vec<f64>,
    runs: Vec<Value>,
}

/// The results of one interpreter.
#[derive(Clone, Debug)]
pub struct Results {
    pub metadata: Map<String, Value>,
    pub benchmarks: Vec<Measured>,
    pub failures: BTreeMap<String, Reason>,
    pub path: PathBuf,
}

/// Nine digits are more than a clock gives.
fn rounded(value: f64) -> f64 {
    format!("{value:.8e}").parse().unwrap_or(value)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect()
}

impl Measured {
    fn from_json(common: &Map<String, Value>, value: &Value) -> Option<Measured> {
        let own = &value["metadata"];
        let get = |key: &str| own.get(key).or_else(|| common.get(key));
        let text = |key: &str| get(key).and_then(Value::as_str).map(str::to_string);
        let name = text("name")?;
        let runs = value["runs"].as_array()?;
        let mut out = Measured {
            benchmark: text("benchmark").unwrap_or_else(|| name.clone()),
            unit: text("unit").unwrap_or_else(|| "second".into()),
            tags: get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(|t| t.as_str().map(str::to_string)).collect(),
            name,
            ..Measured::default()
        };
        for run in runs {
            let values = numbers(&run["values"]);
            if values.is_empty() {
                continue;
            }
            let memory = run["metadata"].get("mem_max_rss").or_else(|| get("mem_max_rss")).and_then(Value::as_f64);
            out.add_run(&values, memory);
        }
        (!out.values.is_empty()).then_some(out)
    }

    /// Adds the values of one process.
    fn add_run(&mut self, values: &[f64], memory: Option<f64>) {
        let kept: Vec<f64> = values.iter().map(|&v| rounded(v)).collect();
        self.runs.push(match memory {
            Some(m) => json!({"metadata": {"mem_max_rss": m as u64}, "values": kept}),
            None => json!({"values": kept}),
        });
        self.values.extend(kept);
        self.memory.extend(memory);
    }

    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    fn to_json(&self) -> Value {
        json!({"metadata": {"name": self.name, "benchmark": self.benchmark, "tags": self.tags, "unit": self.unit}, "runs": self.runs})
    }
}

impl Results {
    pub fn new(metadata: Map<String, Value>) -> Results {
        Results { metadata, benchmarks: Vec::new(), failures: BTreeMap::new(), path: PathBuf::new() }
    }

    /// Takes over what pyperf wrote for `benchmark`; runs of a name that is there already are added to it.
    pub fn add(&mut self, benchmark: &str, tags: &[String], pyperf: &Value) -> Result<(), String> {
        let empty = Map::new();
        let common = pyperf["metadata"].as_object().unwrap_or(&empty);
        for item in pyperf["benchmarks"].as_array().ok_or("pyperf wrote no benchmarks")? {
            let mut new = Measured::from_json(common, item).ok_or(format!("{benchmark}: no values"))?;
            new.benchmark = benchmark.to_string();
            new.tags = tags.to_vec();
            match self.benchmarks.iter_mut().find(|m| m.name == new.name) {
                Some(old) => {
                    old.values.extend(&new.values);
                    old.memory.extend(&new.memory);
                    old.runs.extend(new.runs);
                }
                None => self.benchmarks.push(new),
            }
        }
        Ok(())
    }

    pub fn text(&self, key: &str) -> &str {
        self.metadata.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// `weft 0.1.0 (1c6ac8c)`.
    pub fn title(&self) -> String {
        let (name, version, commit) = (self.text("interpreter"), self.text("interpreter_version"), self.text("commit"));
        let mut out = if name.ends_with(version) || version.is_empty() { name.to_string() } else { format!("{name} {version}") };
        if !commit.is_empty() {
            out.push_str(&format!(" ({commit})"));
        }
        if out.is_empty() { self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned() } else { out }
    }

    pub fn get(&self, name: &str) -> Option<&Measured> {
        self.benchmarks.iter().find(|m| m.name == name)
    }

    /// Names of benchmarks, sorted.
    pub fn names(&self) -> Vec<&str> {
        let mut out: Vec<&str> = self.benchmarks.iter().map(|m| m.name.as_str()).collect();
        out.sort_unstable();
        out
    }

    /// `DATE-MACHINE-INTERPRETER-VERSION-COMMIT.json`.
    pub fn file_name(&self) -> String {
        let parts = ["date", "machine", "interpreter", "interpreter_version", "commit"].map(|k| self.text(k).replace(['/', ' ', '+'], "_"));
        format!("{}.json", parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("-"))
    }

    pub fn to_json(&self) -> Value {
        let mut sorted: Vec<&Measured> = self.benchmarks.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        let benchmarks: Vec<Value> = sorted.into_iter().map(Measured::to_json).collect();
        let failures: Vec<Value> = self.failures.iter().map(|(n, r)| json!({"benchmark": n, "kind": r.kind, "reason": r.text})).collect();
        json!({"version": "1.0", "metadata": self.metadata, "benchmarks": benchmarks, "failures": failures})
    }

    /// Writes the file, one benchmark and one failure per line.
    pub fn save(&self, path: &Path) -> std::io::Result<()> {
        let whole = self.to_json();
        let line = |v: &Value| v.to_string();
        let lines = |key: &str| whole[key].as_array().into_iter().flatten().map(line).collect::<Vec<_>>().join(",\n");
        let text = format!(
            "{{\"version\": \"1.0\",\n\"metadata\": {},\n\"benchmarks\": [\n{}\n],\n\"failures\": [\n{}\n]}}\n",
            whole["metadata"],
            lines("benchmarks"),
            lines("failures")
        );
        std::fs::write(path, text)
    }

    pub fn load(path: &Path) -> Result<Results, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let value: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        Results::from_json(&value, path).ok_or(format!("{}: not a file of benchmark results", path.display()))
    }

    fn from_json(value: &Value, path: &Path) -> Option<Results> {
        let metadata = value["metadata"].as_object().cloned().unwrap_or_default();
        let mut benchmarks: Vec<Measured> =
            value["benchmarks"].as_array()?.iter().filter_map(|b| Measured::from_json(&metadata, b)).collect();
        benchmarks.sort_by(|a, b| a.name.cmp(&b.name));
        let failures = value["failures"].as_array().into_iter().flatten();
        let failures = failures.filter_map(|f| Some((f["benchmark"].as_str()?.to_string(), Reason::from_json(f)?))).collect();
        Some(Results { metadata, benchmarks, failures, path: path.to_path_buf() })
    }
}

/// All result files of a folder, sorted by name.
pub fn load_folder(folder: &Path) -> Result<Vec<Results>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> =
        entries.filter_map(Result::ok).map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    paths.iter().map(|p| Results::load(p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pyperf(value: f64) -> Value {
        json!({"version": "1.0", "metadata": {"name": "nbody", "tags": ["x"], "unit": "second"}, "benchmarks": [{"runs": [
            {"warmups": [[1, 0.5]], "metadata": {"date": "2026"}},
            {"values": [value, 0.25], "metadata": {"mem_max_rss": 1000, "date": "2026"}}]}]})
    }

    #[test]
    fn runs_of_several_rounds_are_merged_and_survive_a_file() {
        let mut results = Results::new(json!({"interpreter": "a", "date": "2026-01-01", "machine": "m"}).as_object().unwrap().clone());
        results.add("nbody", &["math".into()], &pyperf(0.123456789123)).unwrap();
        results.add("nbody", &["math".into()], &pyperf(0.5)).unwrap();
        results.failures.insert("dask".into(), Reason::new("timeout", "not done after 3 s"));
        let path = std::env::temp_dir().join(format!("bench-store-{}.json", std::process::id()));
        results.save(&path).unwrap();
        let read = Results::load(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let nbody = read.get("nbody").unwrap();
        assert_eq!(nbody.values, [0.123456789, 0.25, 0.5, 0.25]);
        assert_eq!(nbody.memory, [1000.0, 1000.0]);
        assert_eq!(nbody.tags, ["math"]);
        assert_eq!(read.failures["dask"].kind, "timeout");
        assert_eq!(read.file_name(), "2026-01-01-m-a.json");
    }
}
