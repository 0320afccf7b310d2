//! The commands themselves: their former names.

use super::*;

fn parse(line: &str) -> Command {
    Arguments::try_parse_from(line.split_whitespace())
        .unwrap_or_else(|e| panic!("{line}: {e}"))
        .command
}

/// The options that a command line gives, by whichever name of the command.
fn options(line: &str) -> String {
    match parse(line) {
        Command::Forecast(options) | Command::Plan(Plan::Forecast(options)) => {
            format!("{options:?}")
        }
        Command::Bench(bench) => format!("{:?}", bench.measurement()),
        command => format!("{command:?}"),
    }
}

#[test]
fn former_commands_mean_what_they_meant() {
    for (former, present) in [
        ("forecast --input a.csv --output b.csv", "plan forecast --input a.csv --output b.csv"),
        ("train cell --model simulated --output f", "train cells --model simulated --output f"),
        ("evaluate cell --model simulated --json", "evaluate cells --model simulated --json"),
        ("bench", "bench slice"),
        ("bench --repeats 3", "bench slice --repeats 3"),
    ] {
        let read = |line: &str| options(&format!("slicewise {line}"));
        assert_eq!(read(former), read(present), "{former}");
    }
}
