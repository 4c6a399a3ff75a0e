//! The benchmark driver: `cargo run --release -p bench -- run|compare|index|scaling|memory|stats|docs` (`--help` tells more).

mod cli;
mod compare;
mod docs;
mod environment;
mod hpt;
mod index;
mod interpreter;
mod machine;
mod manifest;
mod memory;
mod plot;
mod process;
mod reason;
mod runner;
mod scaling;
mod scaling_plot;
mod scaling_report;
mod statistics;
mod stats;
mod store;
mod svg;

use clap::Parser;

fn main() {
    let done = match cli::Cli::parse().command {
        cli::Command::Run(o) => runner::run(&o.settled()),
        cli::Command::Compare(o) => compare::run(&o),
        cli::Command::Index(o) => index::run(&o),
        cli::Command::Memory(o) => memory::run(&o),
        cli::Command::Stats(o) => stats::run(&o),
        cli::Command::Scaling(o) => scaling::run(&o),
        cli::Command::Docs(o) => docs::run(&o),
    };
    if let Err(message) = done {
        eprintln!("bench: {message}");
        std::process::exit(1);
    }
}
