//! The `althing` binary. See [`althing_node::cli`].

use std::process::ExitCode;

/// Executing blocks allocates many small values on several threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    althing_node::cli::main()
}
