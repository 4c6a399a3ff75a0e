//! What pyperformance's manifest lists: each benchmark's name, tags, options, script and requirements.
//!
//! A benchmark's metadata lie in `bm_NAME/pyproject.toml`, a variant's in `bm_BASE/bm_NAME.toml`, which takes from the base
//! what it does not say itself.

use std::path::{Path, PathBuf};

/// One entry of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Benchmark {
    pub name: String,
    pub tags: Vec<String>,
    pub options: Vec<String>,
    pub script: PathBuf,
    /// The folder `bm_*` without its prefix: variants share it and its environment.
    pub group: String,
    /// Requirements, one per line of `requirements.txt`.
    pub requirements: Vec<String>,
    /// Bundled packages to install (folders that hold a `pyproject.toml`).
    pub vendored: Vec<PathBuf>,
    /// The lowest Python version, as (major, minor), from `requires-python = ">=X.Y"`.
    pub python: Option<(u32, u32)>,
}

/// Names and metafile words of the lines of the section `[benchmarks]`.
fn entries(manifest: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut inside = false;
    for line in manifest.lines().map(|l| l.split('#').next().unwrap_or("").trim()) {
        if line.starts_with('[') {
            inside = line == "[benchmarks]";
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if inside && words.len() == 2 && words != ["name", "metafile"] {
            out.push((words[0].to_string(), words[1].to_string()));
        }
    }
    out
}

/// Metadata of one `toml` file; absent fields are None.
#[derive(Default)]
struct Fields {
    tags: Option<Vec<String>>,
    options: Option<Vec<String>>,
    python: Option<String>,
}

fn words(value: &toml::Value) -> Vec<String> {
    match value {
        toml::Value::String(s) => s.replace(',', " ").split_whitespace().map(str::to_string).collect(),
        toml::Value::Array(a) => a.iter().filter_map(|v| v.as_str().map(str::to_string)).collect(),
        _ => Vec::new(),
    }
}

fn fields(text: &str) -> Result<Fields, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.message().to_string())?;
    let tool = table.get("tool").and_then(|t| t.get("pyperformance"));
    let get = |key: &str| tool.and_then(|t| t.get(key)).map(words);
    let python = table.get("project").and_then(|p| p.get("requires-python")).and_then(|v| v.as_str()).map(str::to_string);
    Ok(Fields { tags: get("tags"), options: get("extra_opts"), python })
}

fn lowest_version(requirement: &str) -> Option<(u32, u32)> {
    let (major, minor) = requirement.trim().strip_prefix(">=")?.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads the manifest in `folder` (pyperformance's `data-files/benchmarks`).
pub fn load(folder: &Path) -> Result<Vec<Benchmark>, String> {
    let mut out = Vec::new();
    for (name, metafile) in entries(&read(&folder.join("MANIFEST"))?) {
        let base = match metafile.trim_start_matches('<').trim_end_matches('>') {
            "local" => name.clone(),
            other => other.strip_prefix("local:").ok_or(format!("{name}: unknown metafile {metafile}"))?.to_string(),
        };
        let root = folder.join(format!("bm_{base}"));
        let common = fields(&read(&root.join("pyproject.toml"))?).map_err(|e| format!("bm_{base}: {e}"))?;
        let own_file = root.join(format!("bm_{name}.toml"));
        let own = if base != name && own_file.is_file() {
            fields(&read(&own_file)?).map_err(|e| format!("{name}: {e}"))?
        } else {
            Fields::default()
        };
        let requirements = std::fs::read_to_string(root.join("requirements.txt")).unwrap_or_default();
        let vendored = if root.join("vendor/pyproject.toml").is_file() { vec![root.join("vendor")] } else { Vec::new() };
        out.push(Benchmark {
            name,
            tags: own.tags.or(common.tags).unwrap_or_default(),
            options: own.options.or(common.options).unwrap_or_default(),
            script: root.join("run_benchmark.py"),
            group: base,
            requirements: requirements.lines().map(|l| l.trim().to_string()).filter(|l| !l.is_empty() && !l.starts_with('#')).collect(),
            vendored,
            python: own.python.or(common.python).and_then(|v| lowest_version(&v)),
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_from_their_section_only() {
        let text =
            "[benchmarks]\n\nname\tmetafile\n2to3\t<local>\n#hg\t<local>\nargparse_subparsers\t<local:argparse>\n\n[group default]\nx y\n";
        let got = entries(text);
        assert_eq!(got, vec![("2to3".into(), "<local>".into()), ("argparse_subparsers".into(), "<local:argparse>".into())]);
    }

    #[test]
    fn tags_may_be_a_string_or_a_list() {
        assert_eq!(fields("[tool.pyperformance]\ntags = \"apps, math\"").unwrap().tags.unwrap(), ["apps", "math"]);
        assert_eq!(fields("[tool.pyperformance]\ntags = [\"apps\"]\nextra_opts = [\"a\", \"b\"]").unwrap().options.unwrap(), ["a", "b"]);
    }

    #[test]
    fn a_variant_takes_from_its_base_what_it_does_not_say() {
        let folder = std::env::temp_dir().join(format!("bench-manifest-{}", std::process::id()));
        let root = folder.join("bm_tree");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(folder.join("MANIFEST"), "[benchmarks]\nname\tmetafile\ntree\t<local>\ntree_io\t<local:tree>\n").unwrap();
        let base =
            "[project]\nrequires-python = \">=3.8\"\n[tool.pyperformance]\nname = \"tree\"\ntags = \"asyncio\"\nextra_opts = [\"none\"]\n";
        std::fs::write(root.join("pyproject.toml"), base).unwrap();
        std::fs::write(root.join("bm_tree_io.toml"), "[tool.pyperformance]\nname = \"tree_io\"\nextra_opts = [\"io\"]\n").unwrap();
        std::fs::write(root.join("requirements.txt"), "six==1.16.0\n\n# a remark\n").unwrap();
        let got = load(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(got[0].options, ["none"]);
        assert_eq!(got[1].options, ["io"]);
        assert_eq!(got[1].tags, ["asyncio"]);
        assert_eq!(got[1].requirements, ["six==1.16.0"]);
        assert_eq!(got[1].python, Some((3, 8)));
        assert_eq!(got[1].group, "tree");
    }
}
