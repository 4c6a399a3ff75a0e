//! The benchmark driver: `cargo run --release -p bench -- run|compare|index|scaling|memory|stats|docs` (`--help` tells more).

mod cli;
mod compare;
mod environment;
mod hpt;
mod interpreter;
mod machine;
mod manifest;
mod plot;
mod process;
mod reason;
mod runner;
mod statistics;
mod store;
mod svg;

use clap::Parser;

fn main() {
    let done = match cli::Cli::parse().command {
        cli::Command::Run(o) => runner::run(&o.settled()),
        cli::Command::Compare(o) => compare::run(&o),
        _ => Err("not yet".into()),
    };
    if let Err(message) = done {
        eprintln!("bench: {message}");
        std::process::exit(1);
    }
}
