//! The reference of all commands as Markdown, from the same tree that parses the arguments.

use super::args::Cli;
use clap::{Arg, Command, CommandFactory as _};
use std::fmt::Write as _;

const HEAD: &str = "\
# The command line

`althing` is one program: a node, a wallet and a verifier. This page is generated from the program
(`althing reference`); a test fails if the two differ.

Every command takes the global options below. Tables are for people; `--json` prints one JSON
document on standard output, and failures as `{\"code\",\"message\",\"detail\"}` on standard error.
Colours appear on a terminal only. Amounts are whole tokens (`12.5`) on the command line and in
tables, and strings of base units (10^-18) in JSON.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed for a reason without a code of its own |
| 2 | wrong usage |
| 3 | the node did not answer |
| 4 | the chain refused or failed the transaction |
| 5 | what was asked for does not exist |
| 6 | a proof or a check is false |
| 7 | the key is missing, damaged or locked |
| 8 | it did not happen in time |
| 75 | a node stopped before a block whose rules it does not know: install other software |
";

/// The whole page.
pub(super) fn markdown() -> String {
    let mut root = Cli::command();
    root.build();
    let mut page = HEAD.to_owned();
    page.push_str("\n## Global options\n\n");
    for arg in root.get_arguments().filter(|arg| arg.is_global_set()) {
        option(arg, &mut page);
    }
    for command in root.get_subcommands() {
        section(command, "althing", 2, &mut page);
    }
    page
}

fn section(command: &Command, path: &str, level: usize, page: &mut String) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let path = format!("{path} {}", command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "\n{} {path}\n\n{about}.\n", "#".repeat(level));
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|arg| !arg.is_global_set() && !arg.is_hide_set())
        .filter(|arg| !matches!(arg.get_id().as_str(), "help" | "version"))
        .collect();
    if !command.has_subcommands() || !own.is_empty() {
        let positionals: String =
            own.iter().filter(|arg| arg.is_positional()).map(|arg| format!(" {arg}")).collect();
        let options = if own.iter().any(|arg| !arg.is_positional()) { " [OPTIONS]" } else { "" };
        let _ = write!(page, "\n    {path}{options}{positionals}\n");
    }
    if !own.is_empty() {
        page.push('\n');
    }
    for arg in own {
        option(arg, page);
    }
    if let Some(examples) = command.get_after_help() {
        page.push('\n');
        for line in examples.to_string().lines() {
            let _ = match line.strip_prefix("  ") {
                Some(example) => writeln!(page, "    {example}"),
                None => writeln!(page, "{line}\n"),
            };
        }
    }
    for sub in command.get_subcommands() {
        section(sub, &path, level + 1, page);
    }
}

fn option(arg: &Arg, page: &mut String) {
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let mut names = Vec::new();
    if let Some(short) = arg.get_short() {
        names.push(format!("-{short}"));
    }
    if let Some(long) = arg.get_long() {
        names.push(format!("--{long}"));
    }
    for alias in arg.get_all_aliases().unwrap_or_default() {
        names.push(format!("--{alias}"));
    }
    let takes_value = arg.get_action().takes_values();
    let values: Vec<String> =
        arg.get_value_names().unwrap_or_default().iter().map(ToString::to_string).collect();
    let value = if takes_value && !arg.is_positional() {
        format!(" {}", values.join(" "))
    } else {
        String::new()
    };
    let name = if arg.is_positional() { values.join(" ") } else { names.join(", ") + &value };
    let _ = write!(page, "- `{name}`: {help}");
    let possible: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| takes_value)
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    if !possible.is_empty() && possible.len() < 12 {
        let _ = write!(page, "; one of {}", possible.join(", "));
    }
    let default = arg.get_default_values();
    if takes_value && !default.is_empty() && !arg.is_hide_default_value_set() {
        let default: Vec<_> = default.iter().map(|value| value.to_string_lossy()).collect();
        let _ = write!(page, " (default `{}`)", default.join(" "));
    }
    page.push_str(".\n");
}
