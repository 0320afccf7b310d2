//! What the `slicewise` command says of what it cannot use.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::Stdio;

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

#[test]
fn a_reader_that_has_seen_enough_ends_the_command_without_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let network = folder.path().join("chain.csv");
    let links: String = (0..400).map(|node| format!("n{node},n{},10G\n", node + 1)).collect();
    std::fs::write(&network, format!("source,target,capacity\n{links}")).unwrap();
    let mut command = slicewise().unwrap();
    command.args(["twin", "answer", "--json", "--scenario"]).arg(&network);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    // The pipe is closed with the reader, long before the 40,000 flows are printed.
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "{\n");
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(!told.contains("panicked") && !told.contains("Broken pipe"), "{told}");
}
