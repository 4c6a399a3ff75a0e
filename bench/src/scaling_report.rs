//! The report of thread scaling as Markdown.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::compare::table;
use crate::scaling::{KINDS, Scaling};
use crate::statistics::time;

fn cell(value: Option<f64>) -> String {
    value.map(|v| format!("{v:.2}")).unwrap_or_else(|| "-".into())
}

/// Geometric means of the scores by kind of case, one line per interpreter.
pub fn means(all: &[Scaling]) -> String {
    let mut header = vec!["Interpreter".to_string(), "threads".to_string()];
    header.extend(KINDS.iter().map(|k| k.to_string()).chain(["all".to_string()]));
    let mut rows = Vec::new();
    for one in all {
        for &threads in one.threads.iter().filter(|n| **n > 1) {
            let mut row = vec![one.about.title(), threads.to_string()];
            row.extend(KINDS.iter().map(|k| cell(one.mean(Some(k), threads))));
            row.push(cell(one.mean(None, threads)));
            rows.push(row);
        }
    }
    table(&header, &rows)
}

fn cases(all: &[Scaling], kind: &str) -> String {
    let mut header = vec!["Case".to_string()];
    header.extend(all.iter().map(|s| format!("{}: {}·t1/t{} (t1)", s.about.text("interpreter"), s.most(), s.most())));
    let mut names: Vec<&str> = Vec::new();
    for case in all.iter().flat_map(|s| &s.cases).filter(|c| c.kind == kind) {
        if !names.contains(&case.name.as_str()) {
            names.push(&case.name);
        }
    }
    let row = |name: &&str| {
        let of = all.iter().map(|s| {
            let case = s.cases.iter().find(|c| c.name == **name);
            case.map(|c| format!("{} ({})", cell(c.scores.get(&s.most()).copied()), time(c.one))).unwrap_or_else(|| "-".into())
        });
        std::iter::once(name.to_string()).chain(of).collect::<Vec<_>>()
    };
    table(&header, &names.iter().map(row).collect::<Vec<_>>())
}

/// Rates per second and how they grow with threads.
pub fn rates(all: &[Scaling]) -> String {
    let header = ["What", "Interpreter", "threads", "per second", "by one thread's"].map(str::to_string);
    let labels: BTreeSet<&String> = all.iter().flat_map(|s| s.rates.iter().map(|(l, _)| l)).collect();
    let mut rows = Vec::new();
    for label in labels {
        for one in all {
            let Some((_, of)) = one.rates.iter().find(|(l, _)| l == label) else { continue };
            for (threads, rate) in of {
                rows.push(vec![
                    label.clone(),
                    one.about.title(),
                    threads.to_string(),
                    format!("{rate:.0}"),
                    cell(Scaling::gain(of, *threads)),
                ]);
            }
        }
    }
    table(&header, &rows)
}

/// Percentiles of a step that makes 50 small cycles while the collector works.
pub fn pauses(all: &[Scaling]) -> String {
    let names = ["p50", "p90", "p99", "p99.9", "max"];
    let mut header = vec!["Interpreter".to_string(), "threads".to_string()];
    header.extend(names.map(str::to_string));
    header.push("collections".into());
    let mut rows = Vec::new();
    for one in all {
        for (threads, of) in &one.pauses {
            let mut row = vec![one.about.title(), threads.to_string()];
            row.extend(names.map(|n| of.get(n).and_then(|v| v.as_f64()).map(time).unwrap_or_else(|| "-".into())));
            row.push(of.get("collections").map(|v| v.to_string()).unwrap_or_else(|| "-".into()));
            rows.push(row);
        }
    }
    table(&header, &rows)
}

/// The whole report.
pub fn report(all: &[Scaling]) -> String {
    let mut out = String::from("# Thread scaling\n\n");
    for one in all {
        let about = &one.about;
        let _ = writeln!(
            out,
            "- {}: {} ({}, {} cores), {}, {} cases",
            about.title(),
            about.text("machine"),
            about.text("cpu_model_name"),
            about.metadata.get("cpu_count").map(|c| c.to_string()).unwrap_or_default(),
            about.text("date"),
            one.cases.len()
        );
    }
    let _ = write!(
        out,
        "\nN threads each do the work of one, while a further thread is alive. The score is `N*t1/tN` of the best times: N is perfect, 1 is what a \
         global lock allows. Geometric means:\n\n{}\n![Scores](scaling.svg)\n",
        means(all)
    );
    for (kind, title) in KINDS.iter().zip([
        "The cases of CPython's ftscalingbench",
        "Objects of the thread's own",
        "Objects shared and read",
        "Objects shared and written",
    ]) {
        let _ = write!(out, "\n## {title}\n\n{}", cases(all, kind));
    }
    let _ = write!(out, "\n## Rates\n\n{}", rates(all));
    let _ = write!(
        out,
        "\n## Pauses\n\nTime of a step that makes 50 small cycles, beside a live heap of 200,000 objects; the long ones were stopped by the collector.\n\n{}",
        pauses(all)
    );
    for one in all.iter().filter(|s| !s.failed.is_empty()) {
        let _ = writeln!(out, "\nFailed on {}:\n", one.about.title());
        for (name, why) in &one.failed {
            let _ = writeln!(out, "- {name}: {why}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaling::tests::made;

    #[test]
    fn the_report_has_all_parts() {
        let text = report(&[made("a", 1.0), made("b", 2.0)]);
        for part in [
            "| a           | 2       | 2.00           | -       | 1.00   | -         | 1.41 |",
            "| pymethod | 2.00 (100 ms)",
            "asyncio, one loop",
            "- broken: ValueError: x",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
