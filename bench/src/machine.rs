//! The machine that measures, without its host name.

use serde_json::{Value, json};

/// Model of the processor, from `/proc/cpuinfo`.
pub fn cpu_model() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("model name")).and_then(|l| l.split_once(':'));
    line.map(|(_, m)| m.trim().to_string()).unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map(|n| n.get()).unwrap_or(1)
}

/// A name for files: `AMD EPYC` with two cores is `amd-epyc-2cores`.
pub fn name_of(model: &str, cores: usize) -> String {
    let model = model.replace("(R)", "").replace("(TM)", "");
    let words = model.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let kept: Vec<String> =
        words.map(str::to_ascii_lowercase).filter(|w| !["cpu", "processor", "core"].contains(&w.as_str())).take(4).collect();
    format!("{}-{cores}cores", kept.join("-"))
}

/// Metadata of a result file.
pub fn describe(name: &str) -> Value {
    let system =
        std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|s| format!("Linux {}", s.split('-').next().unwrap_or("").trim()));
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory.lines().next().and_then(|l| l.split_whitespace().nth(1)).and_then(|w| w.parse().ok()).unwrap_or(0);
    json!({"machine": name, "cpu_model_name": cpu_model(), "cpu_count": cores(), "memory_gib": (kib as f64 / 1048576.0).round() as u64,
        "system": system.unwrap_or_else(|_| std::env::consts::OS.to_string()), "architecture": std::env::consts::ARCH})
}

/// Seconds since 1970 as `YYYY-MM-DD` (UTC).
pub fn date(seconds: u64) -> String {
    // Days to civil date, after Howard Hinnant's `civil_from_days`.
    let z = (seconds / 86400) as i64 + 719468;
    let era = z.div_euclid(146097);
    let day_of_era = z.rem_euclid(146097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

pub fn today() -> String {
    date(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map(|d| d.as_secs()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        assert_eq!(date(0), "1970-01-01");
        assert_eq!(date(951782400), "2000-02-29");
        assert_eq!(date(1767225599), "2025-12-31");
    }

    #[test]
    fn names_fit_files() {
        assert_eq!(name_of("AMD EPYC", 2), "amd-epyc-2cores");
        assert_eq!(name_of("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 8), "intel-xeon-e5-2680-8cores");
    }
}
