//! The command line: what is typed, what is printed, and how the process ends.

pub mod args;
pub(crate) mod compute;
pub mod config;
pub mod context;
mod delegators;
mod economics;
pub(crate) mod energy;
mod error;
mod fields;
mod genesis;
pub(crate) mod gov;
mod init;
mod keys;
mod online;
mod outlook;
pub mod output;
pub(crate) mod peers;
mod query;
mod reference;
mod stake;
mod tx;
mod validators;
mod verify;
mod worker;

pub use error::{CliError, Exit};

use althing_engine::net::greeting::PROTOCOL;
use args::{Cli, Command, Global};
use clap::{CommandFactory as _, Parser as _};
use context::Context;
use serde_json::json;
use std::process::ExitCode;

/// Version of the software.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Source commit that the binary was built from, or `unknown`.
pub const COMMIT: &str = match option_env!("ALTHING_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};

/// Reads the arguments, runs the command, and returns how the process ends.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misread(&error),
    };
    match run(&cli) {
        Ok(()) => Exit::Done.into(),
        Err(error) => {
            error.print(cli.global.json);
            error.exit.into()
        }
    }
}

/// Prints help, or why the arguments make no sense.
fn misread(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Nothing is left to do if the reader has gone away.
        let _ = error.print();
        return Exit::Done.into();
    }
    let given = std::env::args_os().skip(1).take_while(|argument| argument != "--");
    if given.into_iter().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let sentence = text.split("\n\n").next().unwrap_or_default();
        CliError::usage(sentence.trim_start_matches("error: ")).print(true);
    } else {
        let _ = error.print();
    }
    Exit::Usage.into()
}

fn run(cli: &Cli) -> Result<(), CliError> {
    let context = Context { global: cli.global.clone() };
    match &cli.command {
        Command::Keys(command) => keys::run(&context, command),
        Command::Genesis(command) => genesis::run(&context, command),
        Command::Init(args) => init::run(&context, args),
        Command::Start(args) => crate::run::start(&context, args),
        Command::Dev(args) => crate::run::dev(&context, args),
        Command::Bench(args) => crate::run::bench(&context, args),
        Command::Db(command) => crate::run::db(&context, command),
        Command::Upgrade(command) => crate::run::upgrade(&context, command),
        Command::Tx(command) => tx::run(&context, command),
        Command::Validators(command) => validators::run(&context, command),
        Command::Gov(command) => gov::run(&context, command),
        Command::Compute(command) => compute::run(&context, command),
        Command::Worker(command) => worker::run(&context, command),
        Command::Energy(command) => energy::run(&context, command),
        Command::Oracle(command) => crate::run::oracle(&context, command),
        Command::Query(command) => query::run(&context, command),
        Command::State(command) => query::state(&context, command),
        Command::Peers(command) => peers::run(&context, command),
        Command::Faucet(args) => query::faucet(&context, args),
        Command::Verify(args) => verify::run(&context, args),
        Command::Completions(args) => {
            let (mut command, mut script) = (Cli::command(), Vec::new());
            clap_complete::generate(args.shell, &mut command, "althing", &mut script);
            output::line(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Version => version(&cli.global),
        Command::Reference => {
            output::line(reference::markdown().trim_end());
            Ok(())
        }
    }
}

fn version(global: &Global) -> Result<(), CliError> {
    if global.json {
        let value = json!({ "version": VERSION, "commit": COMMIT, "protocol": PROTOCOL });
        output::json(&value);
    } else {
        output::line(format!("althing {VERSION} ({COMMIT}), protocol {PROTOCOL}"));
    }
    Ok(())
}
