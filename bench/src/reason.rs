//! Why a benchmark could not be measured, from how its process ended and what it wrote.

use serde_json::{Value, json};

use crate::process::Ended;

/// A recorded reason.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// `missing module`, `error`, `timeout`, `killed`, `installation`, `python version` or `excluded`.
    pub kind: String,
    pub text: String,
}

impl Reason {
    pub fn new(kind: &str, text: impl Into<String>) -> Reason {
        Reason { kind: kind.to_string(), text: text.into() }
    }

    pub fn to_json(&self) -> Value {
        json!({"kind": self.kind, "reason": self.text})
    }

    pub fn from_json(value: &Value) -> Option<Reason> {
        Some(Reason::new(value["kind"].as_str()?, value["reason"].as_str()?))
    }
}

/// A line such as `package.SomeError: text` or a bare `KeyError` that ends a traceback.
fn exception(line: &str) -> Option<&str> {
    let name = line.split(':').next().unwrap_or("");
    let last = name.rsplit('.').next().unwrap_or("");
    let named = last.ends_with("Error")
        || last.ends_with("Exception")
        || last.ends_with("Interrupt")
        || last.ends_with("Exit")
        || last.ends_with("Warning");
    (named && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')).then_some(line)
}

/// What pyperf's manager adds about a worker that failed for a reason told above.
fn remark(line: &str) -> bool {
    line.starts_with("RuntimeError: Benchmark died") || (line.starts_with("RuntimeError: ") && line.contains(" failed with exit code "))
}

/// The exception that tells most: the first one that ended a traceback in a worker, not pyperf's remark that a worker failed.
fn telling_line(log: &str) -> Option<String> {
    let told: Vec<&str> = log.lines().map(str::trim_end).filter_map(exception).filter(|l| !remark(l)).collect();
    let fault = told.iter().find(|l| l.starts_with("ModuleNotFoundError") || l.starts_with("ImportError"));
    let panic =
        log.lines().find(|l| l.contains("panicked at") || l.starts_with("fatal runtime error") || l.starts_with("Fatal Python error"));
    panic.or(fault.copied()).or(told.last().copied()).map(|l| l.trim().chars().take(300).collect())
}

/// The reason of a failure.
pub fn of(ended: &Ended, log: &str, limit_seconds: u64) -> Reason {
    let line = telling_line(log);
    match ended {
        Ended::Timeout => Reason::new("timeout", format!("not done after {limit_seconds} s")),
        Ended::NotStarted(why) => Reason::new("error", format!("not started: {why}")),
        Ended::Signal(s) => Reason::new("killed", format!("killed by signal {s}{}", line.map(|l| format!(": {l}")).unwrap_or_default())),
        Ended::Exit(code) => match line {
            Some(l) if l.starts_with("ModuleNotFoundError") => Reason::new("missing module", l),
            Some(l) => Reason::new("error", l),
            None => {
                let last = log.lines().rev().map(str::trim).find(|l| !l.is_empty()).unwrap_or("no output");
                Reason::new("error", format!("exit status {code}: {}", last.chars().take(300).collect::<String>()))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_module_is_named() {
        let log = "Traceback (most recent call last):\n  File \"x\", line 1\nModuleNotFoundError: No module named '_ssl'\nTraceback\nRuntimeError: Benchmark died\n";
        assert_eq!(of(&Ended::Exit(1), log, 1), Reason::new("missing module", "ModuleNotFoundError: No module named '_ssl'"));
    }

    #[test]
    fn the_remark_of_the_manager_is_not_the_reason() {
        let log = "TypeError: x\nTraceback\nRuntimeError: /usr/bin/python3 failed with exit code 1\n";
        assert_eq!(of(&Ended::Exit(1), log, 1).text, "TypeError: x");
    }

    #[test]
    fn the_last_exception_counts_otherwise() {
        let log = "ValueError: a\n\nDuring handling\n\nmypkg.CustomError: b\nError when running timeit benchmark\n";
        assert_eq!(of(&Ended::Exit(1), log, 1).text, "mypkg.CustomError: b");
        assert_eq!(of(&Ended::Exit(2), "usage: x\n", 1).text, "exit status 2: usage: x");
        assert_eq!(of(&Ended::Timeout, log, 7).text, "not done after 7 s");
        assert_eq!(of(&Ended::Signal(11), "", 7).kind, "killed");
    }
}
