//! The commands themselves: their help, and their former names.

use clap::CommandFactory;

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

/// The words of `command` and of all commands below it that its help lists, but for `help`.
fn commands_from(command: &clap::Command, before: &[String]) -> Vec<Vec<String>> {
    let words = [before, &[command.get_name().to_owned()]].concat();
    let mut all = vec![words.clone()];
    for part in command.get_subcommands().filter(|part| !part.is_hide_set()) {
        all.extend(commands_from(part, &words));
    }
    all
}

#[test]
fn the_help_of_every_command_is_as_it_was_last_read() {
    let help = |words: &[String]| {
        let line = words.iter().map(String::as_str).chain(["--help"]);
        Arguments::try_parse_from(line).err().unwrap().to_string()
    };
    let program = Arguments::command();
    insta::assert_snapshot!("slicewise", help(&["slicewise".to_owned()]));
    for verb in program.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let commands = commands_from(verb, &["slicewise".to_owned()]);
        let pages: Vec<String> = commands
            .iter()
            .map(|words| format!("# {}\n\n{}", words.join(" "), help(words)))
            .collect();
        insta::assert_snapshot!(verb.get_name(), pages.join("\n"));
    }
}
