//! Prints what every code object says about its variables and lines, in the form of `dump_codes.py`.

use bytecode::{Code, Const, LocalKind};
use compiler::{Mode, Options};
use std::collections::BTreeSet;

fn text(b: &[u8]) -> String {
    String::from_utf8_lossy(b).into_owned()
}

fn dump(code: &Code, out: &mut Vec<String>) {
    let names = |f: &dyn Fn(&LocalKind, usize) -> bool| -> Vec<String> {
        code.locals.iter().enumerate().filter(|(i, (_, k))| f(k, *i)).map(|(_, (n, _))| text(n)).collect()
    };
    let params = code.param_count();
    let mut vars = names(&|k, i| *k == LocalKind::Fast || i < params);
    let params = params.min(vars.len());
    vars[params..].sort();
    let mut cells = names(&|k, _| *k == LocalKind::Cell || *k == LocalKind::HiddenCell);
    cells.sort();
    cells.dedup();
    let lines: BTreeSet<u32> = code.positions.iter().map(|(_, _, p)| p.line).filter(|l| *l > 0).collect();
    out.push(format!(
        "{}|{}|{:x}|{} {} {}|{}|{}|{}|{:?}",
        text(&code.qualname),
        code.first_line,
        code.flags,
        code.arg_count,
        code.posonly_count,
        code.kwonly_count,
        vars.join(","),
        cells.join(","),
        code.freevars.iter().map(|n| text(n)).collect::<Vec<_>>().join(","),
        lines,
    ));
    for c in &code.consts {
        if let Const::Code(c) = c {
            dump(c, out);
        }
    }
}

fn main() {
    for path in std::env::args().skip(1) {
        let source = std::fs::read_to_string(&path).unwrap_or_default();
        println!("#{path}");
        match compiler::compile(&source, &path, Mode::Exec, &Options::default()) {
            Ok(compiled) => {
                let mut out = Vec::new();
                dump(&compiled.code, &mut out);
                out.sort();
                println!("{}", out.join("\n"));
            }
            Err(e) => println!("{}", e.message),
        }
    }
}
