//! The acquisition daemon's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    daq::cli::start_log();
    daq::cli::main()
}
