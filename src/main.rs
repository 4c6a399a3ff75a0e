//! Command line.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut args = std::env::args().skip(1);
    let Some(path) = args.next() else {
        eprintln!("usage: weft script.py");
        std::process::exit(2);
    };
    let (source, name) = if path == "-c" {
        (args.next().unwrap_or_default(), "<string>".to_string())
    } else {
        match std::fs::read_to_string(&path) {
            Ok(s) => (s, path.clone()),
            Err(e) => {
                eprintln!("weft: can't open file '{path}': {e}");
                std::process::exit(2);
            }
        }
    };
    let Some(mut thread) = weft::runtime::Thread::attach() else {
        eprintln!("weft: cannot start");
        std::process::exit(1);
    };
    let code = match weft::runtime::start(&mut thread.cx) {
        Ok(()) => weft::runtime::run_source(&mut thread.cx, &source, &name),
        Err(e) => {
            let exc = thread.cx.catch(e);
            eprint!("Fatal error: cannot start\n{}", weft::modules::host::print_plain(&mut thread.cx, exc.as_ref()));
            1
        }
    };
    std::process::exit(code);
}
