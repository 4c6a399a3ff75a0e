//! Reads texts separated by NUL bytes from standard input and prints the error of each, one line per text.

use compiler::{Mode, Options};
use std::io::Read;

fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("UTF-8 input");
    for source in input.split('\0') {
        let result = std::panic::catch_unwind(|| compiler::compile(source, "<x>", Mode::Exec, &Options::default()));
        match result {
            Ok(Ok(_)) => println!("none"),
            Ok(Err(e)) => {
                println!("{:?}\t{}\t{}\t{}\t{}\t{}", e.kind, e.message.replace(['\n', '\t'], " "), e.line, e.col, e.end_line, e.end_col)
            }
            Err(_) => println!("panic"),
        }
    }
}
