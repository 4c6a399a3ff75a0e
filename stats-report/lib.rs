//! The report of the VM's statistics: named counters in sections, merged over processes, as JSON and as Markdown.
//!
//! Shared by the interpreter, which fills and writes reports, and by the benchmark driver, which merges files. It knows section and counter
//! names only as text; what they mean is in `markdown`. No runtime, no dependency.

#![forbid(unsafe_code)]

mod json;
mod markdown;

use std::collections::BTreeMap;

/// Names of the sections, in the order of the report. Those that CPython's report has too have its names.
pub mod section {
    /// Executed instructions by opcode.
    pub const EXECUTION: &str = "Execution counts";
    /// Pairs of instructions executed one after the other, named "A B".
    pub const PAIRS: &str = "Pair counts";
    /// "OPCODE hit", "... miss", "... deferred", "... success", "... failure", "... kind NAME".
    pub const SPECIALIZATION: &str = "Specialization stats";
    /// "Basic", "Not specialized", "Specialized hits", "Specialized misses".
    pub const EFFECTIVENESS: &str = "Specialization effectiveness";
    /// Executions by opcode that had no specialised form yet.
    pub const DEFERRED: &str = "Deferred by instruction";
    /// Executions by opcode that missed their specialised form.
    pub const MISSES: &str = "Misses by instruction";
    /// Calls and frames.
    pub const CALLS: &str = "Call stats";
    /// Allocations and frees in all.
    pub const OBJECTS: &str = "Object stats";
    /// Allocations by kind.
    pub const ALLOCATIONS: &str = "Allocations by kind";
    /// Frees by kind.
    pub const FREES: &str = "Frees by kind";
    /// Allocations by size in bytes.
    pub const ALLOCATED_SIZES: &str = "Allocations by size";
    /// Frees by size in bytes.
    pub const FREED_SIZES: &str = "Frees by size";
    /// Reference counting.
    pub const COUNTING: &str = "Reference counting";
    /// The cycle collector.
    pub const GC: &str = "GC stats";
    /// Inline caches and what makes them invalid.
    pub const CACHES: &str = "Inline caches";
    /// Rare events.
    pub const RARE: &str = "Rare events";
    /// Facts about the statistics themselves.
    pub const META: &str = "Meta stats";
}

/// Counters by section, and facts about the processes they come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Facts about the process (version, platform, program): text by name. Merging keeps what all files agree on.
    pub meta: BTreeMap<String, String>,
    /// Section name to counter name to count.
    pub counters: BTreeMap<String, BTreeMap<String, u64>>,
}

/// Why a text is no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub what: String,
    /// Byte offset in the text.
    pub at: usize,
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at offset {}", self.what, self.at)
    }
}

impl Report {
    /// An empty report.
    pub fn new() -> Report {
        Report::default()
    }

    /// Adds `n` to a counter; a counter that is zero is left out.
    pub fn add(&mut self, section: &str, name: &str, n: u64) {
        if n == 0 {
            return;
        }
        let counters = self.counters.entry(section.to_string()).or_default();
        let c = counters.entry(name.to_string()).or_default();
        *c = c.saturating_add(n);
    }

    /// A counter, 0 when it is not there.
    pub fn get(&self, section: &str, name: &str) -> u64 {
        self.counters.get(section).and_then(|s| s.get(name)).copied().unwrap_or(0)
    }

    /// Sum of a section's counters.
    pub fn total(&self, section: &str) -> u64 {
        self.counters.get(section).map_or(0, |s| s.values().fold(0, |a, b| a.saturating_add(*b)))
    }

    /// A section's counters, largest first; equal ones by name.
    pub fn sorted(&self, section: &str) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counters.get(section).into_iter().flatten().map(|(k, n)| (k.as_str(), *n)).collect();
        all.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        all
    }

    /// Adds another report's counters to this one's.
    pub fn merge(&mut self, other: &Report) {
        if self.counters.is_empty() && self.meta.is_empty() {
            self.meta = other.meta.clone();
        } else {
            self.meta.retain(|k, v| other.meta.get(k) == Some(v));
        }
        for (section, counters) in &other.counters {
            for (name, n) in counters {
                self.add(section, name, *n);
            }
        }
    }

    /// The file form: `{"meta": {...}, "counters": {section: {name: integer}}}`.
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// Reads the file form. Values in `meta` that are no strings are kept as their JSON text.
    pub fn from_json(text: &str) -> Result<Report, Malformed> {
        json::read(text)
    }

    /// The report for reading, in Markdown.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }
}

#[cfg(test)]
mod tests;
