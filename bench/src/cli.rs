//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::interpreter::{self, Interpreter};
use crate::machine;

/// Measures Python interpreters and writes reports.
#[derive(Parser)]
#[command(name = "bench")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Runs pyperformance on several interpreters, taking turns.
    Run(RunOptions),
    /// Writes the report of one result file against another (Markdown, SVG, PNG).
    Compare(CompareOptions),
    /// Writes a page over all result files of a folder, with a report for each pair.
    Index(IndexOptions),
    /// Measures how threads scale.
    Scaling(ScalingOptions),
    /// Measures peak and steady resident memory of each benchmark.
    Memory(MemoryOptions),
    /// Merges files of VM statistics into one report.
    Stats(StatsOptions),
    /// Writes docs/performance.md and the README's figures from the committed results.
    Docs(DocsOptions),
}

fn commit(text: &str) -> Result<(String, String), String> {
    text.split_once('=').map(|(n, c)| (n.to_string(), c.to_string())).ok_or_else(|| "expected NAME=COMMIT".into())
}

fn default_machine() -> String {
    machine::name_of(&machine::cpu_model(), machine::cores())
}

#[derive(Args, Clone)]
pub struct RunOptions {
    /// NAME=[env VAR=VALUE ...] COMMAND [ARGUMENT ...]; give it once per interpreter.
    #[arg(short, long = "interpreter", value_parser = interpreter::parse, required = true)]
    pub interpreters: Vec<Interpreter>,
    /// The pip that fills the environments (NAME=COMMAND as above, or a command).
    #[arg(long, value_parser = pip, default_value = "python3 -m pip")]
    pub pip: Interpreter,
    /// NAME=COMMIT of an interpreter that does not tell its own.
    #[arg(long = "commit", value_parser = commit)]
    pub commits: Vec<(String, String)>,
    /// A name for this machine.
    #[arg(long, default_value_t = default_machine())]
    pub machine: String,
    /// Where environments and unfinished runs lie.
    #[arg(long, default_value = "target/bench")]
    pub work: PathBuf,
    /// Where result files go.
    #[arg(long, default_value = "bench/results")]
    pub out: PathBuf,
    /// The name of this run: one that was interrupted under the same name goes on.
    #[arg(long, default_value_t = machine::today())]
    pub name: String,
    /// Forgets what an interrupted run of this name measured.
    #[arg(long)]
    pub fresh: bool,
    /// Tries again what failed.
    #[arg(long)]
    pub retry_failed: bool,
    /// Benchmarks, groups or tags to run (all).
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Benchmarks, groups or tags to leave out.
    #[arg(long, value_delimiter = ',')]
    pub exclude: Vec<String>,
    /// Few processes and values: 2 processes of 3 values of at least 0.05 s, 1 warm-up (HPT wants 12 values per benchmark).
    #[arg(long)]
    pub quick: bool,
    /// One value per benchmark: shows what runs, measures nothing.
    #[arg(long)]
    pub single: bool,
    #[arg(long, default_value_t = 6)]
    pub processes: u32,
    #[arg(long, default_value_t = 3)]
    pub values: u32,
    #[arg(long, default_value_t = 1)]
    pub warmups: u32,
    /// Warm-ups of PyPy, whose compiler needs more of them.
    #[arg(long, default_value_t = 5)]
    pub pypy_warmups: u32,
    /// The least time of one value, in seconds.
    #[arg(long, default_value_t = 0.1)]
    pub min_time: f64,
    /// How often to go through all benchmarks.
    #[arg(long, default_value_t = 1)]
    pub rounds: u32,
    /// The most seconds a benchmark may take on one interpreter in one round.
    #[arg(long, default_value_t = 300)]
    pub timeout: u64,
    /// The version of pyperformance.
    #[arg(long, default_value = "1.14.0")]
    pub pyperformance: String,
}

impl RunOptions {
    /// Applies `--quick`.
    pub fn settled(mut self) -> RunOptions {
        if self.quick {
            (self.processes, self.values, self.warmups, self.min_time) = (2, 3, 1, 0.05);
        }
        // Interpreters may be started elsewhere than here: paths must be whole.
        self.work = std::path::absolute(&self.work).unwrap_or(self.work);
        self
    }
}

/// A pip, with or without a name.
fn pip(text: &str) -> Result<Interpreter, String> {
    interpreter::parse(text).or_else(|_| interpreter::parse(&format!("pip={text}")))
}

#[derive(Args)]
pub struct CompareOptions {
    /// The reference.
    pub reference: PathBuf,
    /// What is compared with it.
    pub head: PathBuf,
    /// Where the report goes: FOLDER/HEAD-vs-REFERENCE.md, .svg, .png.
    #[arg(short, long, default_value = ".")]
    pub out: PathBuf,
    /// Prints the report instead.
    #[arg(long)]
    pub print: bool,
}

#[derive(Args)]
pub struct IndexOptions {
    /// The folder of result files; the page is its README.md.
    #[arg(default_value = "bench/results")]
    pub folder: PathBuf,
    /// Names of interpreters that others are compared with (all that are not weft).
    #[arg(long, value_delimiter = ',')]
    pub references: Vec<String>,
}

#[derive(Args)]
pub struct ScalingOptions {
    /// NAME=[env VAR=VALUE ...] COMMAND [ARGUMENT ...]; give it once per interpreter.
    #[arg(short, long = "interpreter", value_parser = interpreter::parse, required = true)]
    pub interpreters: Vec<Interpreter>,
    #[arg(long = "commit", value_parser = commit)]
    pub commits: Vec<(String, String)>,
    /// The most threads (the number of cores).
    #[arg(long, default_value_t = machine::cores())]
    pub threads: usize,
    /// Cases to run (all).
    #[arg(long, value_delimiter = ',')]
    pub only: Vec<String>,
    /// Each time is the best of so many.
    #[arg(long, default_value_t = 5)]
    pub repeats: u32,
    /// Scales the work of each case.
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    #[arg(long, default_value_t = default_machine())]
    pub machine: String,
    #[arg(long, default_value = "target/bench")]
    pub work: PathBuf,
    #[arg(long, default_value = "bench/results/scaling")]
    pub out: PathBuf,
    /// The most seconds for one interpreter.
    #[arg(long, default_value_t = 1800)]
    pub timeout: u64,
}

#[derive(Args)]
pub struct MemoryOptions {
    #[command(flatten)]
    pub run: RunOptions,
    /// The interpreter that the others are divided by (the last one given).
    #[arg(long)]
    pub reference: Option<String>,
}

#[derive(Args)]
pub struct StatsOptions {
    /// Files of statistics, or folders of them.
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Also writes the sums, in the same format, to this file.
    #[arg(long)]
    pub merged: Option<PathBuf>,
}

#[derive(Args)]
pub struct DocsOptions {
    /// The folder of result files.
    #[arg(default_value = "bench/results")]
    pub folder: PathBuf,
    #[arg(long, default_value = "docs/performance.md")]
    pub page: PathBuf,
    #[arg(long, default_value = "README.md")]
    pub readme: PathBuf,
    /// Fails, without writing, when a page would change.
    #[arg(long)]
    pub check: bool,
}
