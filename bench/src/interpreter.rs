//! An interpreter to measure: how it is started, and what it says of itself.

use std::ffi::OsStr;
use std::process::Command;

use serde_json::Value;

/// `NAME=[env] [VAR=VALUE ...] COMMAND [ARGUMENT ...]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Interpreter {
    pub name: String,
    pub environment: Vec<(String, String)>,
    pub command: Vec<String>,
}

/// What an interpreter says of itself.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    pub implementation: String,
    pub version: String,
    pub python: (u32, u32),
    pub commit: String,
    pub details: String,
}

fn home_expanded(word: &str) -> String {
    match (word.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => word.to_string(),
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(n, _)| !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// Reads an option's text; file names take part in paths, so a name has no slash.
pub fn parse(text: &str) -> Result<Interpreter, String> {
    let (name, rest) = text.split_once('=').ok_or("expected NAME=COMMAND")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
        return Err(format!("the name '{name}' may hold letters, digits, '.', '_' and '-' only"));
    }
    let mut words: Vec<&str> = rest.split_whitespace().collect();
    if words.first() == Some(&"env") {
        words.remove(0);
    }
    let split = words.iter().position(|w| !is_assignment(w)).ok_or("no command")?;
    let environment = words[..split].iter().filter_map(|w| w.split_once('=')).map(|(n, v)| (n.to_string(), v.to_string())).collect();
    Ok(Interpreter { name: name.to_string(), environment, command: words[split..].iter().map(|w| home_expanded(w)).collect() })
}

const QUESTION: &str = "import platform, sys
v = sys.implementation.version
version = '.'.join(map(str, v[:3])) if sys.implementation.name != 'cpython' else platform.python_version()
python = '%d.%d' % sys.version_info[:2]
flags = []
if getattr(sys, '_is_gil_enabled', lambda: True)() is False: flags.append('free-threaded')
if getattr(getattr(sys, '_jit', None), 'is_enabled', lambda: False)(): flags.append('JIT')
print(sys.implementation.name, version, python, platform.python_revision() or '-', sep='\\n')
print(' '.join(sys.version.split()) + (' [' + ', '.join(flags) + ']' if flags else ''))
";

impl Interpreter {
    /// The interpreter's command with its environment.
    pub fn start<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).args(arguments);
        command.envs(self.environment.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Asks the interpreter who it is; an error says what it answered instead.
    pub fn identify(&self) -> Result<Identity, String> {
        let out = self.start(["-c", QUESTION]).output().map_err(|e| format!("{}: {}: {e}", self.name, self.command[0]))?;
        let text = String::from_utf8_lossy(&out.stdout);
        let lines: Vec<&str> = text.lines().collect();
        if !out.status.success() || lines.len() < 5 {
            return Err(format!("{} does not start: {}", self.name, String::from_utf8_lossy(&out.stderr).trim()));
        }
        let (major, minor) = lines[2].split_once('.').unwrap_or(("0", "0"));
        let python = (major.parse().unwrap_or(0), minor.parse().unwrap_or(0));
        let version = if lines[0] == "weft" { weft_version(lines[4]).unwrap_or(lines[1].to_string()) } else { lines[1].to_string() };
        let commit = if lines[3] == "-" { String::new() } else { lines[3].chars().take(10).collect() };
        Ok(Identity { implementation: lines[0].to_string(), version, python, commit, details: lines[4].to_string() })
    }
}

/// `3.14.0 free-threading build (weft 0.1.0) [rustc]` names weft's own version in brackets.
fn weft_version(details: &str) -> Option<String> {
    Some(details.split_once("(weft ")?.1.split_once(')')?.0.to_string())
}

impl Identity {
    /// As metadata of a result file.
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "python_implementation": self.implementation, "interpreter_version": self.version,
            "python_version": format!("{}.{}", self.python.0, self.python.1), "commit": self.commit, "interpreter_details": self.details,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_may_have_an_environment() {
        let got = parse("jit=env PYTHON_JIT=1 A=b /usr/bin/python3.15 -X dev").unwrap();
        assert_eq!(got.name, "jit");
        assert_eq!(got.environment, [("PYTHON_JIT".to_string(), "1".to_string()), ("A".to_string(), "b".to_string())]);
        assert_eq!(got.command, ["/usr/bin/python3.15", "-X", "dev"]);
    }

    #[test]
    fn names_cannot_be_paths() {
        assert!(parse("a/b=python3").is_err());
        assert!(parse("python3").is_err());
        assert!(parse("a=X=1").is_err());
    }

    #[test]
    fn the_version_of_weft_is_its_own() {
        assert_eq!(weft_version("3.14.0 free-threading build (weft 0.1.0) [rustc]").unwrap(), "0.1.0");
    }
}
