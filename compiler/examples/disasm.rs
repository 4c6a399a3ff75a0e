//! Compiles Python files. `disasm FILE` prints the code; `disasm --check PATH...` only reports errors, walking folders.

use compiler::{Mode, Options};
use std::path::Path;

fn check(path: &Path, counts: &mut (usize, usize)) {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        entries.iter().for_each(|e| check(e, counts));
        return;
    }
    if path.extension().is_none_or(|e| e != "py") {
        return;
    }
    let Ok(source) = std::fs::read_to_string(path) else { return };
    let name = path.to_string_lossy().into_owned();
    counts.0 += 1;
    let result = std::panic::catch_unwind(|| compiler::compile(&source, &name, Mode::Exec, &Options::default()));
    match result {
        Ok(Ok(compiled)) => {
            if let Err(e) = compiler::verify::verify(&compiled.code) {
                counts.1 += 1;
                println!("{name}: VERIFY {e}");
            }
        }
        Ok(Err(e)) => {
            counts.1 += 1;
            println!("{name}: {e}");
        }
        Err(_) => {
            counts.1 += 1;
            println!("{name}: PANIC");
        }
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "--check") {
        let mut counts = (0, 0);
        let start = std::time::Instant::now();
        args[1..].iter().for_each(|p| check(Path::new(p), &mut counts));
        println!("{} files, {} failed, {:?}", counts.0, counts.1, start.elapsed());
        return;
    }
    for path in &args {
        let source = std::fs::read_to_string(path).expect("a readable file");
        match compiler::compile(&source, path, Mode::Exec, &Options::default()) {
            Ok(compiled) => {
                if let Err(e) = compiler::verify::verify(&compiled.code) {
                    println!("VERIFY {e}");
                }
                print!("{}", bytecode::disasm::disassemble(&compiled.code));
                for w in compiled.warnings {
                    println!("warning: {} at {:?}", w.message, w.pos);
                }
            }
            Err(e) => println!("{e}"),
        }
    }
}
