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

/// Appends the help of `command` and of all below it.
fn push_help(command: &mut clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_default();
    *text += &format!("# {name}\n\n");
    *text += &format!("{}\n", command.render_long_help());
    for part in shown_parts(command) {
        push_help(part, text);
    }
}

/// The commands below `command` that its help lists, but for `help` itself.
fn shown_parts(command: &mut clap::Command) -> impl Iterator<Item = &mut clap::Command> {
    let is_shown = |part: &&mut clap::Command| !part.is_hide_set() && part.get_name() != "help";
    command.get_subcommands_mut().filter(is_shown)
}

#[test]
fn the_help_of_every_command_is_as_it_was_read_last() {
    let mut all = Arguments::command();
    all.build();
    insta::assert_snapshot!("slicewise", all.render_long_help().to_string());
    for command in shown_parts(&mut all) {
        let mut text = String::new();
        push_help(command, &mut text);
        insta::assert_snapshot!(command.get_name(), text);
    }
}
