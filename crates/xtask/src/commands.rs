//! Running other programs.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs `command` with its output on the terminal.
///
/// # Errors
/// Names the command if it cannot be started or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start: {}", shown(command)))?;
    if !status.success() {
        bail!("failed ({status}): {}", shown(command));
    }
    Ok(())
}

/// Runs a test command with its output on the terminal and counts the tests that passed.
///
/// # Errors
/// Names the command if it cannot be started or fails.
pub fn run_tests(command: &mut Command) -> Result<usize> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start: {}", shown(command)))?;
    let mut passed = 0;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            passed += passed_tests(&line);
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("failed ({status}): {}", shown(command));
    }
    Ok(passed)
}

/// What `command` prints, or nothing if it cannot be started or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Tests passed according to one line of a test harness: `test result: ok. 3 passed; ...`.
fn passed_tests(line: &str) -> usize {
    line.strip_prefix("test result: ")
        .and_then(|rest| rest.split(" passed").next())
        .and_then(|rest| rest.rsplit(' ').next())
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        assert_eq!(passed_tests("test result: ok. 12 passed; 0 failed; 1 ignored"), 12);
        assert_eq!(passed_tests("test first_view::paints ... ok"), 0);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(Command::new("slicewise-no-such-program").arg("--now")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start: slicewise-no-such-program --now");
    }
}
