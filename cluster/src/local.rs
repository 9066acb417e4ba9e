//! `coterminous cluster local`: a scheduler and executors as processes of this machine.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use coterminous::cli::LocalArguments;
use coterminous::{Error, Result};

/// Longest time in which a process begins to listen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Processes that end when this is dropped, or when this process ends in any way: their stdin ends then.
#[derive(Debug)]
pub struct Running {
    children: Vec<Child>,
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.children {
            drop(child.stdin.take());
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// Starts them and waits until they take work. The answer is the scheduler's address.
///
/// # Errors
/// [`Error::Publish`] where one does not start.
pub fn start(arguments: &LocalArguments) -> Result<(String, Running)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let executors = usize::try_from(arguments.executors).unwrap_or(1).max(1);
    let shared_out = cores.checked_div(executors).unwrap_or(1).max(1);
    let threads = arguments.executor_threads.and_then(|threads| usize::try_from(threads).ok()).unwrap_or(shared_out);
    let mut running = Running { children: Vec::new() };
    let url = running.start(&["cluster", "scheduler", "--listen", "127.0.0.1:0"])?;
    for _ in 0..executors {
        running.start(&["cluster", "executor", "--scheduler", &url, "--threads", &threads.to_string()])?;
    }
    Ok((url, running))
}

impl Running {
    /// Starts one and answers the line that it prints when it takes work.
    fn start(&mut self, words: &[&str]) -> Result<String> {
        let what = words.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let problem =
            |error: &dyn std::fmt::Display| Error::publish(&what, error, "see what it says on stderr, and the limits of the system");
        let program = std::env::current_exe().map_err(|error| problem(&error))?;
        let mut child = Command::new(program)
            .args(words)
            .args(["--with-stdin", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| problem(&error))?;
        let stdout = child.stdout.take();
        self.children.push(child);
        let (told, line) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            if let Some(stdout) = stdout {
                let _ = BufReader::new(stdout).read_line(&mut line);
            }
            let _ = told.send(line);
        });
        match line.recv_timeout(PATIENCE) {
            Ok(line) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
            Ok(_) => Err(problem(&"it ended before it took work")),
            Err(_) => Err(problem(&"it did not take work within a minute")),
        }
    }
}
