//! `bench run`: measures every benchmark on every interpreter, taking turns, and writes one result file per interpreter.
//!
//! For each round and benchmark all interpreters run one after the other, so that drift of the machine hits all alike. Each
//! finished measurement lies in the work folder; a run that was interrupted goes on where it stopped.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::cli::RunOptions;
use crate::environment::{self, Environments};
use crate::interpreter::{Identity, Interpreter};
use crate::machine;
use crate::manifest::{self, Benchmark};
use crate::process;
use crate::reason::{self, Reason};
use crate::store::Results;

/// One interpreter with what it said of itself.
pub struct Contestant {
    pub interpreter: Interpreter,
    pub identity: Identity,
}

/// Identifies the interpreters; weft's commit is that of the repository unless one is given.
pub fn contestants(interpreters: &[Interpreter], commits: &[(String, String)]) -> Result<Vec<Contestant>, String> {
    let mut out = Vec::new();
    for interpreter in interpreters {
        let mut identity = interpreter.identify()?;
        if let Some((_, c)) = commits.iter().find(|(n, _)| *n == interpreter.name) {
            identity.commit = c.clone();
        } else if identity.implementation == "weft" && identity.commit.is_empty() {
            identity.commit = repository_commit();
        }
        out.push(Contestant { interpreter: interpreter.clone(), identity });
    }
    Ok(out)
}

fn repository_commit() -> String {
    let git = std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    git.ok().filter(|o| o.status.success()).map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string()).unwrap_or_default()
}

/// The benchmarks that `only` and `exclude` (names, groups or tags) leave.
pub fn selected(all: Vec<Benchmark>, only: &[String], exclude: &[String]) -> Result<Vec<Benchmark>, String> {
    let named = |b: &Benchmark, w: &String| b.name == *w || b.group == *w || b.tags.contains(w);
    for word in only.iter().chain(exclude) {
        if !all.iter().any(|b| named(b, word)) {
            return Err(format!("no benchmark, group or tag is named '{word}'"));
        }
    }
    let wanted = |b: &Benchmark| (only.is_empty() || only.iter().any(|w| named(b, w))) && !exclude.iter().any(|w| named(b, w));
    Ok(all.into_iter().filter(wanted).collect())
}

/// The state folder of one run: raw results by interpreter.
struct State {
    folder: PathBuf,
}

impl State {
    fn raw(&self, interpreter: &str, benchmark: &str, round: u32) -> PathBuf {
        self.folder.join(interpreter).join(format!("{benchmark}.{round}.json"))
    }

    fn failed(&self, interpreter: &str, benchmark: &str) -> PathBuf {
        self.folder.join(interpreter).join(format!("{benchmark}.failed"))
    }

    fn failure(&self, interpreter: &str, benchmark: &str) -> Option<Reason> {
        let text = std::fs::read_to_string(self.failed(interpreter, benchmark)).ok()?;
        Reason::from_json(&serde_json::from_str(&text).ok()?)
    }

    fn record(&self, interpreter: &str, benchmark: &str, reason: &Reason) {
        let _ = std::fs::write(self.failed(interpreter, benchmark), reason.to_json().to_string());
    }
}

/// Opens the state folder; settings that differ from those of an interrupted run need `--fresh`.
fn open_state(options: &RunOptions, settings: &Value) -> Result<State, String> {
    let folder = options.work.join("runs").join(&options.name);
    let told = folder.join("settings.json");
    if options.fresh && folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|e| e.to_string())?;
    }
    let wanted = settings.to_string();
    match std::fs::read_to_string(&told) {
        Ok(text) if text != wanted => {
            return Err(format!(
                "the run '{}' was begun with other settings ({text}); give another --name, or --fresh to begin again",
                options.name
            ));
        }
        Ok(_) => eprintln!("going on with the run '{}'", options.name),
        Err(_) => {
            std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            std::fs::write(&told, wanted).map_err(|e| e.to_string())?;
        }
    }
    Ok(State { folder })
}

/// pyperf's command line for one benchmark.
pub fn arguments(benchmark: &Benchmark, contestant: &Contestant, options: &RunOptions, out: &Path) -> Vec<String> {
    let mut args = vec!["-u".to_string(), benchmark.script.display().to_string()];
    args.extend(benchmark.options.iter().cloned());
    if options.single {
        args.push("--debug-single-value".into());
    } else {
        let warmups = if contestant.identity.implementation == "pypy" { options.pypy_warmups } else { options.warmups };
        for (flag, value) in [("--processes", options.processes), ("--values", options.values), ("--warmups", warmups)] {
            args.extend([flag.to_string(), value.to_string()]);
        }
        args.extend(["--min-time".into(), options.min_time.to_string()]);
    }
    let names = ["PYTHONPATH"].into_iter().chain(contestant.interpreter.environment.iter().map(|(n, _)| n.as_str()));
    args.extend(["--inherit-environ".into(), names.collect::<Vec<_>>().join(","), "--output".into(), out.display().to_string()]);
    args
}

/// Measures one benchmark once.
fn measure(benchmark: &Benchmark, contestant: &Contestant, options: &RunOptions, path: &str, out: &Path) -> Result<(), Reason> {
    if benchmark.python.is_some_and(|lowest| contestant.identity.python < lowest) {
        let (major, minor) = benchmark.python.unwrap_or_default();
        return Err(Reason::new("python version", format!("needs Python {major}.{minor}")));
    }
    let log = out.with_extension("log");
    let fresh = out.with_extension("part");
    let _ = std::fs::remove_file(&fresh);
    let mut command = contestant.interpreter.start(arguments(benchmark, contestant, options, &fresh));
    command.env("PYTHONPATH", path);
    let ended = process::run(&mut command, &log, Duration::from_secs(options.timeout), |_| ());
    let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap_or_default()).into_owned();
    if ended != process::Ended::Exit(0) {
        return Err(reason::of(&ended, &text, options.timeout));
    }
    let readable = std::fs::read_to_string(&fresh).ok().and_then(|t| serde_json::from_str::<Value>(&t).ok());
    if readable.is_none() {
        return Err(Reason::new("error", "ended without writing results"));
    }
    std::fs::rename(&fresh, out).map_err(|e| Reason::new("error", e.to_string()))
}

/// The progress bar.
pub fn progress(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if let Ok(style) = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} {msg} (left: {eta})") {
        bar.set_style(style);
    }
    bar
}

/// What result files say of the machine and the interpreter.
pub fn metadata(contestant: &Contestant, machine: &str) -> Map<String, Value> {
    let mut metadata: Map<String, Value> = machine::describe(machine).as_object().cloned().unwrap_or_default();
    metadata.insert("date".into(), json!(machine::today()));
    metadata.insert("interpreter".into(), json!(contestant.interpreter.name));
    metadata.extend(contestant.identity.to_json().as_object().cloned().unwrap_or_default());
    // pyperf refuses empty texts.
    metadata.retain(|_, v| v != "");
    metadata
}

/// Gathers what the state folder holds for one interpreter.
fn gather(contestant: &Contestant, benchmarks: &[Benchmark], options: &RunOptions, settings: &Value, state: &State) -> Results {
    let mut metadata = metadata(contestant, &options.machine);
    metadata.insert("settings".into(), json!(settings.to_string()));
    let mut results = Results::new(metadata);
    for benchmark in benchmarks {
        let name = &contestant.interpreter.name;
        if let Some(reason) = state.failure(name, &benchmark.name) {
            results.failures.insert(benchmark.name.clone(), reason);
            continue;
        }
        for round in 1..=options.rounds {
            let text = std::fs::read_to_string(state.raw(name, &benchmark.name, round)).unwrap_or_default();
            let added =
                serde_json::from_str(&text).map_err(|e| e.to_string()).and_then(|v| results.add(&benchmark.name, &benchmark.tags, &v));
            if let Err(e) = added {
                results.failures.insert(benchmark.name.clone(), Reason::new("error", e));
            }
        }
    }
    results
}

/// Runs everything and writes the result files; their paths are printed.
pub fn run(options: &RunOptions) -> Result<(), String> {
    std::fs::create_dir_all(&options.work).map_err(|e| format!("{}: {e}", options.work.display()))?;
    let contestants = contestants(&options.interpreters, &options.commits)?;
    let mut environments = Environments::new(&options.work, options.pip.clone());
    let folder = environments.benchmarks(&options.pyperformance).map_err(|r| format!("pyperformance cannot be installed: {}", r.text))?;
    let benchmarks = selected(manifest::load(&folder)?, &options.only, &options.exclude)?;
    let settings = json!({"pyperformance": options.pyperformance, "pyperf": environment::PYPERF, "processes": options.processes, "values": options.values, "warmups": options.warmups,
        "pypy_warmups": options.pypy_warmups, "min_time": options.min_time, "rounds": options.rounds, "single": options.single});
    let state = open_state(options, &settings)?;
    for contestant in &contestants {
        std::fs::create_dir_all(state.folder.join(&contestant.interpreter.name)).map_err(|e| e.to_string())?;
    }
    let bar = progress(u64::from(options.rounds) * (benchmarks.len() * contestants.len()) as u64);
    for round in 1..=options.rounds {
        for benchmark in &benchmarks {
            bar.set_message(format!("{} (environment)", benchmark.name));
            if bar.is_hidden() {
                eprintln!("[{} s] {}/{} {}", bar.elapsed().as_secs(), bar.position(), bar.length().unwrap_or(0), benchmark.name);
            }
            let path = environments.python_path(benchmark);
            for contestant in &contestants {
                let name = &contestant.interpreter.name;
                let out = state.raw(name, &benchmark.name, round);
                if options.retry_failed && round == 1 {
                    let _ = std::fs::remove_file(state.failed(name, &benchmark.name));
                }
                if !out.exists() && state.failure(name, &benchmark.name).is_none() {
                    bar.set_message(format!("{} {name}", benchmark.name));
                    let done = path.clone().and_then(|p| measure(benchmark, contestant, options, &p, &out));
                    if let Err(reason) = done {
                        let told = format!("{}: {name}: {}: {}", benchmark.name, reason.kind, reason.text);
                        if bar.is_hidden() {
                            eprintln!("{told}")
                        } else {
                            bar.println(told)
                        }
                        state.record(name, &benchmark.name, &reason);
                    }
                }
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    write_results(options, &contestants, &benchmarks, &settings, &state)
}

fn write_results(
    options: &RunOptions,
    contestants: &[Contestant],
    benchmarks: &[Benchmark],
    settings: &Value,
    state: &State,
) -> Result<(), String> {
    std::fs::create_dir_all(&options.out).map_err(|e| format!("{}: {e}", options.out.display()))?;
    for contestant in contestants {
        let results = gather(contestant, benchmarks, options, settings, state);
        let path = options.out.join(results.file_name());
        results.save(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        println!("{}: {} measured, {} not run", path.display(), results.benchmarks.len(), results.failures.len());
        for (benchmark, reason) in &results.failures {
            println!("    {benchmark}: {}: {}", reason.kind, reason.text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn benchmark(name: &str, tag: &str) -> Benchmark {
        Benchmark {
            name: name.into(),
            tags: vec![tag.into()],
            options: vec!["x".into()],
            script: "bm/run_benchmark.py".into(),
            group: name.split('_').next().unwrap().into(),
            requirements: vec![],
            vendored: vec![],
            python: None,
        }
    }

    #[test]
    fn names_groups_and_tags_select() {
        let all = || vec![benchmark("tree", "asyncio"), benchmark("tree_io", "asyncio"), benchmark("nbody", "math")];
        let names = |only: &[&str], exclude: &[&str]| {
            let words = |w: &[&str]| w.iter().map(|s| s.to_string()).collect::<Vec<_>>();
            selected(all(), &words(only), &words(exclude)).map(|b| b.into_iter().map(|b| b.name).collect::<Vec<_>>())
        };
        assert_eq!(names(&["asyncio"], &["tree_io"]).unwrap(), ["tree"]);
        assert_eq!(names(&["tree"], &[]).unwrap(), ["tree", "tree_io"]);
        assert_eq!(names(&[], &["math"]).unwrap().len(), 2);
        assert!(names(&["nothing"], &[]).is_err());
    }
}
