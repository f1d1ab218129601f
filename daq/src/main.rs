//! The acquisition daemon's command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    trialfile::reader_process::run_if_asked();
    daq::cli::start_log();
    daq::cli::main()
}
