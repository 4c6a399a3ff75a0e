//! The benchmark driver: `cargo run --release -p bench -- run|compare|index|scaling|memory|stats|docs` (`--help` tells more).

mod cli;
mod environment;
mod interpreter;
mod machine;
mod manifest;
mod process;
mod reason;
mod runner;
mod store;

use clap::Parser;

fn main() {
    let done = match cli::Cli::parse().command {
        cli::Command::Run(o) => runner::run(&o.settled()),
        _ => Err("not yet".into()),
    };
    if let Err(message) = done {
        eprintln!("bench: {message}");
        std::process::exit(1);
    }
}
