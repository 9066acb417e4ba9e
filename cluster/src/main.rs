//! `coterminous` with a cluster: the whole command of the library, and what hands its overlays out.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    coterminous::cli::main_with(std::env::args_os(), Some(&coterminous_cluster::Ballista))
}
