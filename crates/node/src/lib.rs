//! The `althing` binary as a library: the command line and what it runs.

pub mod cli;
pub mod run;
