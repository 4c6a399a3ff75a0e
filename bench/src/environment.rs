//! The environments of the benchmarks: one folder per group with its requirements, put on PYTHONPATH.
//!
//! All interpreters get the same folder, built without extension modules, so that each runs the same Python code. What has a
//! pure fallback is built from its source with a compiler that refuses.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::interpreter::Interpreter;
use crate::manifest::Benchmark;
use crate::process;
use crate::reason::{self, Reason};

/// The version of pyperf.
pub const PYPERF: &str = "2.10.0";

/// Packages whose wheels hold extension modules though their sources work without.
const BUILT_FROM_SOURCE: &str = "charset-normalizer,coverage,dulwich,markupsafe,msgpack,pyyaml,sqlalchemy,tornado,websockets";

/// Groups that need a C extension for which there is no pure fallback.
const NEEDS_C_API: &[(&str, &str)] = &[("fastapi", "pydantic_core has no pure fallback")];

/// What pip is told beyond a group's requirements.
fn additions(group: &str) -> &'static [&'static str] {
    match group {
        // They import distutils, which setuptools provides since Python 3.12.
        "django_template" | "sympy" => &["setuptools<81"],
        "dulwich_log" => &["--config-settings=--global-option=--pure"],
        _ => &[],
    }
}

/// greenlet is a C extension, pinned by SQLAlchemy's files and not imported by them.
fn left_out(requirement: &str) -> bool {
    requirement.starts_with("greenlet")
}

/// Lets `.pth` files work in a folder of PYTHONPATH.
const SITECUSTOMIZE: &str = "import os, site\nsite.addsitedir(os.path.dirname(os.path.abspath(__file__)))\n";

/// Where benchmarks and environments lie, and the pip that fills them.
pub struct Environments {
    work: PathBuf,
    pip: Interpreter,
    ready: HashMap<String, Result<PathBuf, Reason>>,
}

fn extension_modules(folder: &Path, out: &mut Vec<String>) {
    for path in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|e| e.path()) {
        if path.is_dir() {
            extension_modules(&path, out);
        } else if path.extension().is_some_and(|e| e == "so") {
            out.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
}

fn holds_pth(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).any(|e| e.path().extension().is_some_and(|x| x == "pth"))
}

impl Environments {
    pub fn new(work: &Path, pip: Interpreter) -> Environments {
        Environments { work: work.to_path_buf(), pip, ready: HashMap::new() }
    }

    fn pip_install(&self, target: &Path, arguments: &[String]) -> Result<(), Reason> {
        let log = target.with_extension("log");
        let mut command = self.pip.start(["install", "--disable-pip-version-check", "--no-input", "--quiet", "--upgrade", "--target"]);
        command.arg(target).args(arguments);
        for (name, value) in [("CC", "/bin/false"), ("CXX", "/bin/false"), ("MSGPACK_PUREPYTHON", "1"), ("PIP_ROOT_USER_ACTION", "ignore")]
        {
            command.env(name, value);
        }
        let limit = 600;
        match process::run(&mut command, &log, Duration::from_secs(limit), |_| ()) {
            process::Ended::Exit(0) => Ok(()),
            ended => {
                let text = std::fs::read_to_string(&log).unwrap_or_default();
                let told = text.lines().rev().find(|l| l.trim_start().starts_with("ERROR:")).map(|l| l.trim().to_string());
                Err(Reason::new("installation", told.unwrap_or_else(|| reason::of(&ended, &text, limit).text)))
            }
        }
    }

    /// Installs into the folder `name` unless that was done before (then its recorded reason holds too).
    fn folder(&mut self, name: &str, arguments: &[String], pure: bool) -> Result<PathBuf, Reason> {
        let top = self.work.join("environments");
        let target = top.join(name);
        let done = top.join(format!("{name}.done"));
        let wanted = arguments.join("\n");
        if std::fs::read_to_string(&done).is_ok_and(|t| t == wanted) {
            return Ok(target);
        }
        let fault = |e: std::io::Error| Reason::new("installation", e.to_string());
        std::fs::create_dir_all(&top).map_err(fault)?;
        if target.exists() {
            std::fs::remove_dir_all(&target).map_err(fault)?;
        }
        std::fs::create_dir_all(&target).map_err(fault)?;
        self.pip_install(&target, arguments)?;
        let mut found = Vec::new();
        extension_modules(&target, &mut found);
        if pure && !found.is_empty() {
            return Err(Reason::new("installation", format!("extension modules were installed: {}", found.join(", "))));
        }
        if holds_pth(&target) {
            std::fs::write(target.join("sitecustomize.py"), SITECUSTOMIZE).map_err(fault)?;
        }
        std::fs::write(&done, wanted).map_err(fault)?;
        Ok(target)
    }

    /// pyperf, without the psutil that it can do without.
    pub fn pyperf(&mut self) -> Result<PathBuf, Reason> {
        self.folder("pyperf", &["--no-deps".into(), format!("pyperf=={PYPERF}")], true)
    }

    /// pyperformance's benchmarks: the folder that holds the manifest.
    pub fn benchmarks(&mut self, version: &str) -> Result<PathBuf, Reason> {
        let folder = self.folder("pyperformance", &["--no-deps".into(), format!("pyperformance=={version}")], false)?;
        Ok(folder.join("pyperformance/data-files/benchmarks"))
    }

    fn prepare(&mut self, benchmark: &Benchmark) -> Result<Option<PathBuf>, Reason> {
        if let Some((_, why)) = NEEDS_C_API.iter().find(|(g, _)| *g == benchmark.group) {
            return Err(Reason::new("needs the C API", *why));
        }
        if benchmark.requirements.is_empty() && benchmark.vendored.is_empty() {
            return Ok(None);
        }
        let mut arguments: Vec<String> = vec!["--no-binary".into(), BUILT_FROM_SOURCE.into()];
        arguments.extend(additions(&benchmark.group).iter().map(|s| s.to_string()));
        if benchmark.requirements.iter().any(|r| left_out(r)) {
            arguments.push("--no-deps".into());
        }
        if benchmark.group == "dask" {
            let stub = self.work.join("stubs/psutil");
            copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stubs/psutil"), &stub)
                .map_err(|e| Reason::new("installation", e.to_string()))?;
            arguments.push(stub.display().to_string());
        }
        arguments.extend(benchmark.requirements.iter().filter(|r| !left_out(r)).cloned());
        arguments.extend(benchmark.vendored.iter().map(|p| p.display().to_string()));
        self.folder(&benchmark.group, &arguments, true).map(Some)
    }

    /// The value of PYTHONPATH for a benchmark, or why its requirements cannot be had.
    pub fn python_path(&mut self, benchmark: &Benchmark) -> Result<String, Reason> {
        let base = self.pyperf()?;
        if let Some(known) = self.ready.get(&benchmark.group) {
            return known.clone().map(|p| p.display().to_string());
        }
        let joined = self.prepare(benchmark).map(|own| match own {
            Some(own) => PathBuf::from(format!("{}:{}", own.display(), base.display())),
            None => base,
        });
        self.ready.insert(benchmark.group.clone(), joined.clone());
        joined.map(|p| p.display().to_string())
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
