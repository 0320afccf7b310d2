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

/// What a test command found.
#[derive(Debug, Default)]
pub struct Tested {
    /// How many tests passed.
    pub passed: usize,
    /// Names of those that failed.
    pub failed: Vec<String>,
}

/// Runs a test command with its output on the terminal and counts the tests that passed.
///
/// # Errors
/// Names the command if it cannot be started or fails.
pub fn run_tests(command: &mut Command) -> Result<usize> {
    let tested = try_tests(command)?;
    if !tested.failed.is_empty() {
        bail!("failed ({}): {}", tested.failed.join(", "), shown(command));
    }
    Ok(tested.passed)
}

/// Runs a test command with its output on the terminal and tells which tests failed.
///
/// # Errors
/// Names the command if it cannot be started, or fails for another reason than a failed test.
pub fn try_tests(command: &mut Command) -> Result<Tested> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start: {}", shown(command)))?;
    let mut tested = Tested::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            tested.passed += passed_tests(&line);
            tested.failed.extend(failed_test(&line));
        }
    }
    let status = child.wait()?;
    if !status.success() && tested.failed.is_empty() {
        bail!("failed ({status}): {}", shown(command));
    }
    Ok(tested)
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

/// The test that failed according to one line of a test harness: `test first_view::paints ... FAILED`.
fn failed_test(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?;
    Some(name.to_owned())
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
    fn failed_tests_are_named() {
        let failed = failed_test("test first_view::paints ... FAILED");
        assert_eq!(failed.as_deref(), Some("first_view::paints"));
        assert_eq!(failed_test("test first_view::paints ... ok"), None);
        assert_eq!(failed_test("test result: FAILED. 1 passed; 1 failed"), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(Command::new("slicewise-no-such-program").arg("--now")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start: slicewise-no-such-program --now");
    }
}
