//! The command line.
//!
//! A command wires library calls and prints; it decides nothing itself. Exit codes: 0 fine, 1 the
//! input is wrong, 2 usage, 3 the world (files, memory, device), 4 no network meets the limits, 130
//! interrupted and resumable.

mod cli;
mod command;
mod exit;
mod load;
mod measures;
mod print;
#[cfg(feature = "runtime")]
mod progress;
mod seed;
mod table;
#[cfg(feature = "runtime")]
mod teacher;
mod wait;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    #[cfg(feature = "runtime")]
    nasc_runtime::torch::tune_allocator();
    std::panic::set_hook(Box::new(|panic| {
        let command: Vec<String> = std::env::args().collect();
        print::error_line(&format!(
            "this is a bug of nasc {}, not of your input: {panic}\nthe command was: {}",
            env!("CARGO_PKG_VERSION"),
            command.join(" ")
        ));
    }));
    let cli = cli::Cli::parse();
    match std::panic::catch_unwind(|| command::run(cli)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            if let Some(message) = &failure.message {
                print::error_line(&format!("error: {message}"));
            }
            ExitCode::from(failure.code)
        }
        Err(_) => ExitCode::from(101),
    }
}
