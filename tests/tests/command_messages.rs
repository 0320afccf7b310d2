//! What the `slicewise` command says of what it cannot use.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use slicewise_tests::command_line::slicewise;

/// Commands that each cannot use a file.
const REFUSED: [&str; 5] = [
    "plan slice --problem no-such-file.json",
    "plan cells --input no-such-file.csv --output plan.csv",
    "plan forecast --input no-such-file.csv --output plan.csv",
    "evaluate slice --data no-such-file.csv",
    "day --trace no-such-file.csv",
];

#[test]
fn a_refused_file_is_told_without_a_stack_trace_whatever_the_environment_asks_for() {
    for line in REFUSED {
        let mut command = slicewise().unwrap();
        command.args(line.split(' ')).envs([("RUST_BACKTRACE", "1"), ("RUST_LIB_BACKTRACE", "1")]);
        let output = command.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {told}");
        let last = told.lines().last().unwrap_or_default();
        assert!(last.starts_with("Error: ") && last.contains("no-such-file"), "{line}: {told}");
        for trace in ["backtrace", "anyhow::", ".rs:", "RUST_"] {
            assert!(!told.contains(trace), "{line}: {told}");
        }
    }
}
