//! Runs one command with a time limit; when the limit passes, or the driver is interrupted, every process it started is killed.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// How a command ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Exit(i32),
    Signal(i32),
    Timeout,
    NotStarted(String),
}

/// The group of the command that runs now, for the signal handler; 0 when none does.
static RUNNING: AtomicI32 = AtomicI32::new(0);
static HANDLERS: Once = Once::new();

extern "C" fn interrupted(signal: libc::c_int) {
    let group = RUNNING.load(Ordering::Relaxed);
    // SAFETY: kill and _exit are async-signal-safe; the group is that of a child that has not been waited for.
    unsafe {
        if group > 0 {
            libc::kill(-group, libc::SIGKILL);
        }
        libc::_exit(128 + signal);
    }
}

/// The command's group does not get the terminal's signals: the driver passes its end on.
fn pass_interrupts_on() {
    HANDLERS.call_once(|| {
        let handler = interrupted as extern "C" fn(libc::c_int) as libc::sighandler_t;
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: the handler calls async-signal-safe functions only.
            unsafe { libc::signal(signal, handler) };
        }
    });
}

/// Parents of all processes, from `/proc`.
fn parents() -> HashMap<i32, i32> {
    let mut out = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok) {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<i32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The second field, the name in brackets, may hold blanks.
        let rest = stat.rsplit_once(')').map(|(_, r)| r).unwrap_or("");
        if let Some(parent) = rest.split_whitespace().nth(1).and_then(|p| p.parse().ok()) {
            out.insert(pid, parent);
        }
    }
    out
}

/// `root` and all processes below it.
pub fn descendants(root: i32) -> Vec<i32> {
    let parents = parents();
    let mut out = vec![root];
    let mut next = 0;
    while next < out.len() {
        let of = out[next];
        out.extend(parents.iter().filter(|&(_, &p)| p == of).map(|(&c, _)| c));
        next += 1;
    }
    out
}

fn kill_all(root: i32) {
    let all = descendants(root);
    // SAFETY: kill takes numbers only; the group and the processes were started by this driver (a process that ended meanwhile is an error return).
    unsafe {
        libc::kill(-root, libc::SIGKILL);
        for pid in all {
            libc::kill(pid, libc::SIGKILL);
        }
    }
}

/// Runs `command` with its output in the file `log`. `watch` is called about every 20 ms with the process id.
pub fn run(command: &mut Command, log: &Path, limit: Duration, mut watch: impl FnMut(i32)) -> Ended {
    pass_interrupts_on();
    let files = File::create(log).and_then(|f| Ok((f.try_clone()?, f)));
    let (out, err) = match files {
        Ok(f) => f,
        Err(e) => return Ended::NotStarted(format!("{}: {e}", log.display())),
    };
    let mut child = match command.stdin(Stdio::null()).stdout(out).stderr(err).process_group(0).spawn() {
        Ok(c) => c,
        Err(e) => return Ended::NotStarted(e.to_string()),
    };
    let pid = child.id() as i32;
    RUNNING.store(pid, Ordering::Relaxed);
    let ended = wait(&mut child, limit, &mut watch);
    RUNNING.store(0, Ordering::Relaxed);
    ended
}

fn wait(child: &mut Child, limit: Duration, watch: &mut impl FnMut(i32)) -> Ended {
    let pid = child.id() as i32;
    let began = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                // What the command left running in its group would disturb the next measurement.
                // SAFETY: as in kill_all; the group id is the ended child's, whose number cannot be taken while members of its group live.
                unsafe { libc::kill(-pid, libc::SIGKILL) };
                return match status.signal() {
                    Some(s) => Ended::Signal(s),
                    None => Ended::Exit(status.code().unwrap_or(-1)),
                };
            }
            Ok(None) => {}
            Err(e) => return Ended::NotStarted(e.to_string()),
        }
        if began.elapsed() > limit {
            kill_all(pid);
            let _ = child.wait();
            return Ended::Timeout;
        }
        watch(pid);
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> std::path::PathBuf {
        std::env::temp_dir().join(format!("bench-process-{}-{:?}", std::process::id(), std::thread::current().id()))
    }

    #[test]
    fn ends_are_told_apart() {
        let sh = |script: &str, limit| run(Command::new("sh").args(["-c", script]), &log(), Duration::from_millis(limit), |_| ());
        assert_eq!(sh("exit 3", 5000), Ended::Exit(3));
        assert_eq!(sh("kill -9 $$", 5000), Ended::Signal(9));
        let began = Instant::now();
        assert_eq!(sh("sleep 30 & sleep 30", 100), Ended::Timeout);
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(matches!(run(&mut Command::new("/nonexistent/x"), &log(), Duration::from_secs(1), |_| ()), Ended::NotStarted(_)));
        let _ = std::fs::remove_file(log());
    }
}
