//! The command line: what a user types, and the exit codes.
//!
//! Exit codes: 0 in order; 1 trouble; 2 bad input; of a judgement 3 on a fail, else 4 on
//! anything undecided; of a verification 3 altered, 4 whole but unsealed or by an
//! unknown key.

mod amend;
mod audit;
mod catalogue;
mod check;
mod control;
mod demo;
mod evaluate;
mod files;
mod findings;
mod help;
mod import;
mod key;
mod out;
mod recover;
mod render;
mod run;
mod seal;
mod site_time;
mod table;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use trial::time::parse_duration;
use words::{Language, message};

use crate::cli::out::{errln, out, outln};
use crate::session::Settings;

/// What a user may ask of the program. The help texts stand in the word files.
#[derive(Debug, Parser)]
#[command(name = "daq", disable_version_flag = true)]
struct Arguments {
    #[arg(long, global = true, value_parser = language)]
    lang: Option<Language>,
    #[arg(long, short = 'V')]
    version: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo {
        #[arg(long, value_enum, default_value_t = demo::Equipment::Pump)]
        rig: demo::Equipment,
        #[arg(long)]
        out: Option<PathBuf>,
        #[arg(long)]
        keys: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Check {
        plan: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Run {
        plan: PathBuf,
        #[arg(long)]
        out: Option<PathBuf>,
        #[arg(long = "for", value_parser = duration)]
        length: Option<Duration>,
        #[arg(long)]
        spare: Option<PathBuf>,
        #[arg(long)]
        resume: bool,
        #[arg(long)]
        by: Option<String>,
        #[command(flatten)]
        signing: key::Signing,
        #[arg(long = "witness", id = "witness-folder", value_name = "DIR")]
        witness: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Mark {
        text: Option<String>,
        #[command(flatten)]
        running: Running,
        #[arg(long, value_parser = duration)]
        uncertainty: Option<Duration>,
        #[command(flatten)]
        correction: control::Correction,
    },
    End {
        #[command(flatten)]
        running: Running,
    },
    Abort {
        #[command(flatten)]
        running: Running,
        #[arg(long)]
        reason: String,
    },
    Info {
        file: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Evaluate(evaluate::Judging),
    Verify {
        file: PathBuf,
        #[arg(long)]
        trust: Vec<String>,
        #[arg(long = "witness", id = "witness-folder", value_name = "DIR")]
        witness: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Seal {
        file: PathBuf,
        #[arg(long)]
        keys: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Recover {
        folder: PathBuf,
        #[command(flatten)]
        signing: key::Signing,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Import {
        data: PathBuf,
        #[arg(long)]
        mapping: PathBuf,
        #[arg(long)]
        out: Option<PathBuf>,
        #[arg(long)]
        by: Option<String>,
        #[command(flatten)]
        signing: key::Signing,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Audit {
        recording: PathBuf,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Amend {
        file: PathBuf,
        #[command(subcommand)]
        what: amend::What,
    },
    Key {
        #[command(subcommand)]
        what: key::What,
    },
    Scenarios {
        id: Option<String>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Devices {
        id: Option<String>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Completions {
        shell: clap_complete::Shell,
    },
}

/// Which running trial is meant.
#[derive(Debug, clap::Args)]
struct Running {
    #[arg(long)]
    trial: String,
    #[arg(long)]
    out: Option<PathBuf>,
    #[arg(long)]
    by: Option<String>,
}

/// For whom a command prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A person.
    Text,
    /// A program: one JSON object.
    Json,
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_code(text).ok_or_else(|| "zh | en".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "100ms | 0.5s | 20min | 2h".to_owned())
}

/// Why a command did not do what it was asked, with the code to exit with.
#[derive(Debug)]
struct Failure {
    code: u8,
    text: String,
}

impl Failure {
    fn bad_input(text: impl Into<String>) -> Failure {
        Failure { code: 2, text: text.into() }
    }

    fn trouble(text: impl ToString) -> Failure {
        Failure { code: 1, text: text.to_string() }
    }
}

type Outcome = Result<u8, Failure>;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let given = std::env::args_os().map(|given| given.to_string_lossy().into_owned());
    let language = help::wanted_language(given);
    let command = help::localise(Arguments::command(), language);
    let arguments = command.try_get_matches().and_then(|m| Arguments::from_arg_matches(&m));
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let language = arguments.lang.unwrap_or(language);
    if arguments.version {
        outln!("{}", version());
        return ExitCode::SUCCESS;
    }
    let Some(command) = arguments.command else {
        // Without a command the help is what the user needs; printing to a closed pipe is none.
        let _ = help::localise(Arguments::command(), language).print_help();
        return ExitCode::from(2);
    };
    let code = dispatch(command, language).unwrap_or_else(|failure| {
        errln!("daq: {}", failure.text);
        failure.code
    });
    match out::lost() {
        None => ExitCode::from(code),
        Some(error) => {
            let lost = message!("output-lost", why = error.to_string());
            errln!("daq: {}", lost.in_language(language));
            // What a failure or a verdict says stays; a success that nobody can read is none.
            ExitCode::from(code.max(1))
        }
    }
}

fn dispatch(command: Command, language: Language) -> Outcome {
    match command {
        Command::Demo { rig, out, keys, format } => demo::demo(rig, out, keys, format, language),
        Command::Check { plan, format } => check::check(&plan, format, language),
        Command::Run { plan, out, length, spare, resume, by, signing, witness, format } => {
            let by = control::name_given(by, language)?;
            let key = signing.key(language)?.map(Arc::new);
            let out = output_folder(out);
            let settings = Settings { out, length, spare, resume, by, key, witness };
            run::run(&plan, settings, &signing, format, language)
        }
        Command::Mark { text, running, uncertainty, correction } => {
            let text = text.unwrap_or_default();
            control::mark(&running, text, uncertainty, correction, language)
        }
        Command::End { running } => control::end(&running, language),
        Command::Abort { running, reason } => control::abort(&running, reason, language),
        Command::Info { file, format } => files::info(&file, format, language),
        Command::Evaluate(judging) => evaluate::evaluate(judging, language),
        Command::Verify { file, trust, witness, format } => {
            verify::verify(&file, &trust, witness, format, language)
        }
        Command::Seal { file, keys, format } => seal::seal(&file, keys, format, language),
        Command::Recover { folder, signing, format } => {
            recover::recover(&folder, &signing, format, language)
        }
        Command::Import { data, mapping, out, by, signing, format } => {
            let by = control::name_given(by, language)?;
            let (by, out) = (by.as_deref(), output_folder(out));
            let request = import::Request { data: &data, mapping: &mapping, out: &out, by };
            import::import(&request, &signing, format, language)
        }
        Command::Audit { recording, format } => audit::audit(&recording, format, language),
        Command::Amend { file, what } => amend::amend(&file, what, language),
        Command::Key { what } => key::key(what, language),
        Command::Scenarios { id, format } => catalogue::scenarios(id.as_deref(), format, language),
        Command::Devices { id, format } => catalogue::devices(id.as_deref(), format, language),
        Command::Completions { shell } => {
            let mut command = help::localise(Arguments::command(), language);
            // Into memory first: it panics where it can't write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command, "daq", &mut script);
            out!("{}", String::from_utf8_lossy(&script));
            Ok(0)
        }
    }
}

fn version() -> String {
    format!(
        "{}\nHDF5 {}\ntrial file layout {}\njournal format {}\nfindings format {}",
        evidence::SOFTWARE,
        trialfile::library_version(),
        trialfile::layout::VERSION,
        journal::format::FORMAT_VERSION,
        trial::finding::Findings::FORMAT_VERSION,
    )
}

/// The product's folder in the user's data folder (XDG).
fn data_folder() -> PathBuf {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let data = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .unwrap_or_default();
    data.join("proving-ground")
}

/// The output folder: as given, else `trials` in the user's data folder (XDG).
fn output_folder(given: Option<PathBuf>) -> PathBuf {
    given.unwrap_or_else(|| data_folder().join("trials"))
}

/// Prints one JSON object for a program.
fn print_json(value: &impl serde::Serialize) -> Outcome {
    let text = serde_json::to_string_pretty(value).map_err(Failure::trouble)?;
    outln!("{}", words::printable_json(&text));
    Ok(0)
}

/// Sends the log to stderr; `RUST_LOG` chooses, warnings otherwise.
pub fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| out::Log)
        .log_internal_errors(false)
        .with_ansi(false)
        .init();
}
