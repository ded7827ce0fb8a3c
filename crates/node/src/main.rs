//! The `althing` binary. See [`althing_node::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    althing_node::cli::main()
}
