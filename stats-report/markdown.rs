//! The report as Markdown: the sections and tables of CPython's `pystats` report, and some of our own.

use crate::{Report, section};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A number with its digits in groups of three.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (k, c) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

fn ratio(n: u64, of: u64) -> String {
    if of == 0 { String::new() } else { format!("{:.1}%", n as f64 * 100.0 / of as f64) }
}

fn cell(s: &str) -> String {
    s.replace('|', "\\|")
}

fn table(out: &mut String, heads: &[&str], rows: &[Vec<String>]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "| {} |", heads.join(" | "));
    let rule: Vec<&str> = heads.iter().enumerate().map(|(n, _)| if n == 0 { ":---" } else { "---:" }).collect();
    let _ = writeln!(out, "| {} |", rule.join(" | "));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

/// A section as a table of counters with their share of `of`.
fn counters(out: &mut String, r: &Report, name: &str, head: &str, of: u64) {
    let rows: Vec<Vec<String>> = r.sorted(name).into_iter().map(|(k, n)| vec![k.to_string(), grouped(n), ratio(n, of)]).collect();
    table(out, &[head, "Count:", "Ratio:"], &rows);
}

/// The same without shares, for counters that are not parts of one whole.
fn plain(out: &mut String, r: &Report, name: &str, head: &str) {
    let all = r.counters.get(name).into_iter().flatten();
    let rows: Vec<Vec<String>> = all.map(|(k, n)| vec![k.clone(), grouped(*n)]).collect();
    table(out, &[head, "Count:"], &rows);
}

fn execution(out: &mut String, r: &Report) {
    let total = r.total(section::EXECUTION);
    let mut sum = 0u64;
    let rows: Vec<Vec<String>> = r
        .sorted(section::EXECUTION)
        .into_iter()
        .map(|(name, n)| {
            sum = sum.saturating_add(n);
            let hits = r.get(section::SPECIALIZATION, &format!("{name} hit"));
            let misses = r.get(section::MISSES, name);
            let missed = if misses > 0 { ratio(misses, hits + misses) } else { String::new() };
            vec![name.to_string(), grouped(n), ratio(n, total), ratio(sum, total), missed]
        })
        .collect();
    let _ = writeln!(out, "## Execution counts\n\nExecution counts for all instructions: {} in all.\n", grouped(total));
    table(out, &["Name", "Count:", "Self:", "Cumulative:", "Miss ratio:"], &rows);
}

fn pairs(out: &mut String, r: &Report) {
    let total = r.total(section::PAIRS);
    let all = r.sorted(section::PAIRS);
    let mut sum = 0u64;
    let rows: Vec<Vec<String>> = all
        .iter()
        .take(100)
        .map(|(name, n)| {
            sum = sum.saturating_add(*n);
            vec![(*name).to_string(), grouped(*n), ratio(*n, total), ratio(sum, total)]
        })
        .collect();
    let _ =
        writeln!(out, "## Pair counts\n\nPair counts for the top 100 of {} pairs of instructions; {} in all.\n", all.len(), grouped(total));
    table(out, &["Pair", "Count:", "Self:", "Cumulative:"], &rows);

    let mut before: BTreeMap<&str, Vec<(&str, u64)>> = BTreeMap::new();
    let mut after: BTreeMap<&str, Vec<(&str, u64)>> = BTreeMap::new();
    for (name, n) in &all {
        if let Some((a, b)) = name.split_once(' ') {
            before.entry(b).or_default().push((a, *n));
            after.entry(a).or_default().push((b, *n));
        }
    }
    out.push_str("## Predecessor/Successor Pairs\n\nTop 5 predecessors and successors of each instruction.\n\n");
    for (name, _) in r.sorted(section::EXECUTION) {
        let _ = writeln!(out, "### {name}\n");
        for (head, side) in [("Predecessors", &before), ("Successors", &after)] {
            let list = side.get(name).map(Vec::as_slice).unwrap_or_default();
            let of = list.iter().map(|(_, n)| n).sum();
            let rows: Vec<Vec<String>> =
                list.iter().take(5).map(|(other, n)| vec![(*other).to_string(), grouped(*n), ratio(*n, of)]).collect();
            table(out, &[head, "Count:", "Percentage:"], &rows);
        }
    }
}

fn specialization(out: &mut String, r: &Report) {
    out.push_str("## Specialization stats\n\nSpecialization stats by family.\n\n");
    let empty = BTreeMap::new();
    let all = r.counters.get(section::SPECIALIZATION).unwrap_or(&empty);
    let families: BTreeSet<&str> = all.keys().filter_map(|k| k.split_once(' ').map(|(f, _)| f)).collect();
    for family in families {
        let of = r.get(section::EXECUTION, family);
        let _ = writeln!(out, "### {family}\n");
        let get = |kind: &str| all.get(&format!("{family} {kind}")).copied().unwrap_or(0);
        let rows: Vec<Vec<String>> = ["deferred", "hit", "miss"]
            .iter()
            .filter(|k| get(k) > 0)
            .map(|k| vec![(*k).to_string(), grouped(get(k)), ratio(get(k), of)])
            .collect();
        table(out, &["Kind", "Count:", "Ratio:"], &rows);
        let attempts = get("success") + get("failure");
        if attempts > 0 {
            let rows: Vec<Vec<String>> = [("Success", get("success")), ("Failure", get("failure"))]
                .iter()
                .map(|(k, n)| vec![(*k).to_string(), grouped(*n), ratio(*n, attempts)])
                .collect();
            table(out, &["Specialization attempts", "Count:", "Ratio:"], &rows);
        }
        let prefix = format!("{family} kind ");
        let mut kinds: Vec<(&str, u64)> = all.iter().filter_map(|(k, n)| Some((k.strip_prefix(&prefix)?, *n))).collect();
        kinds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        let hits = get("hit");
        let rows: Vec<Vec<String>> = kinds.iter().map(|(k, n)| vec![(*k).to_string(), grouped(*n), ratio(*n, hits)]).collect();
        table(out, &["Hits by form", "Count:", "Ratio:"], &rows);
    }
}

fn effectiveness(out: &mut String, r: &Report) {
    let total = r.total(section::EXECUTION);
    out.push_str("## Specialization effectiveness\n\nThe four kinds add up to the instructions executed.\n\n");
    let rows: Vec<Vec<String>> = ["Basic", "Not specialized", "Specialized hits", "Specialized misses"]
        .iter()
        .map(|k| {
            let n = r.get(section::EFFECTIVENESS, k);
            vec![(*k).to_string(), grouped(n), ratio(n, total)]
        })
        .collect();
    table(out, &["Instructions", "Count:", "Ratio:"], &rows);
    out.push_str("### Deferred by instruction\n\n");
    counters(out, r, section::DEFERRED, "Name", r.total(section::DEFERRED));
    out.push_str("### Misses by instruction\n\n");
    counters(out, r, section::MISSES, "Name", r.total(section::MISSES));
}

fn objects(out: &mut String, r: &Report) {
    out.push_str("## Object stats\n\nAllocations and frees of cells.\n\n");
    plain(out, r, section::OBJECTS, "");
    for (name, head) in [(section::ALLOCATIONS, "Kind"), (section::FREES, "Kind")] {
        let _ = writeln!(out, "### {name}\n");
        counters(out, r, name, head, r.total(name));
    }
    for name in [section::ALLOCATED_SIZES, section::FREED_SIZES] {
        let _ = writeln!(out, "### {name}\n");
        let mut all: Vec<(u64, &str, u64)> =
            r.sorted(name).into_iter().map(|(k, n)| (k.trim_start_matches('>').trim().parse().unwrap_or(u64::MAX), k, n)).collect();
        all.sort();
        let of = r.total(name);
        let rows: Vec<Vec<String>> = all.into_iter().map(|(_, k, n)| vec![k.to_string(), grouped(n), ratio(n, of)]).collect();
        table(out, &["Bytes", "Count:", "Ratio:"], &rows);
    }
}

/// The whole report.
pub fn render(r: &Report) -> String {
    let mut out = String::from("# VM statistics\n\n");
    for (k, v) in &r.meta {
        let _ = writeln!(out, "* {k}: {v}");
    }
    if !r.meta.is_empty() {
        out.push('\n');
    }
    execution(&mut out, r);
    pairs(&mut out, r);
    specialization(&mut out, r);
    effectiveness(&mut out, r);
    out.push_str("## Call stats\n\nCalls and frames.\n\n");
    plain(&mut out, r, section::CALLS, "");
    objects(&mut out, r);
    for (name, text) in [
        (section::COUNTING, "What registers do with counts, and the slow paths of counting."),
        (section::GC, "GC collections and effectiveness."),
        (section::CACHES, "Inline caches, their second level, and what makes them invalid."),
        (section::RARE, "Counts of rare/unlikely events."),
        (section::META, "Meta statistics."),
    ] {
        let _ = writeln!(out, "## {name}\n\n{text}\n");
        plain(&mut out, r, name, "");
    }
    let known = [
        section::EXECUTION,
        section::PAIRS,
        section::SPECIALIZATION,
        section::EFFECTIVENESS,
        section::DEFERRED,
        section::MISSES,
        section::CALLS,
        section::OBJECTS,
        section::ALLOCATIONS,
        section::FREES,
        section::ALLOCATED_SIZES,
        section::FREED_SIZES,
        section::COUNTING,
        section::GC,
        section::CACHES,
        section::RARE,
        section::META,
    ];
    for name in r.counters.keys().filter(|k| !known.contains(&k.as_str())) {
        let _ = writeln!(out, "## {name}\n");
        plain(&mut out, r, name, "");
    }
    out
}
