//! `daq key`: the keys of the station.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use evidence::{DEFAULT_KEY_NAME, KeyError, KeyFolder, ListedKey, PublicKey, StationKey};
use serde::Serialize;
use words::{Language, message, text};

use super::{Failure, Format, Outcome, data_folder, print_json};
use crate::cli::out::outln;
use crate::clock::Clock;

/// Names the folder of the keys where no option does.
const FOLDER_VARIABLE: &str = "PROVING_GROUND_KEYS";

#[derive(Debug, Subcommand)]
pub(super) enum What {
    New {
        #[arg(long = "name", id = "key-name", value_name = "NAME", default_value = DEFAULT_KEY_NAME)]
        name: String,
        #[arg(long)]
        keys: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    List {
        #[arg(long)]
        keys: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    Rotate {
        #[arg(long = "name", id = "old-name", value_name = "NAME")]
        name: Option<String>,
        #[arg(long)]
        keep: bool,
        #[arg(long)]
        keys: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
}

/// With which key of the station is signed.
#[derive(Debug, Args)]
pub(super) struct Signing {
    #[arg(long)]
    keys: Option<PathBuf>,
    #[arg(long)]
    key: Option<String>,
}

impl Signing {
    /// The key that signs a new run; `None` if there is none.
    pub fn key(&self, language: Language) -> Result<Option<StationKey>, Failure> {
        signing_key(&key_folder(self.keys.clone()), self.key.as_deref(), language)
    }

    /// The key with which a run was begun, if it is at hand; of several only the one named.
    pub fn key_for(&self, public: PublicKey) -> Result<Option<StationKey>, KeyError> {
        let folder = key_folder(self.keys.clone());
        match &self.key {
            Some(name) => {
                folder.load(name).map(|key| Some(key).filter(|key| key.public() == public))
            }
            None => folder.load_for(public),
        }
    }
}

/// A key as a program reads it.
#[derive(Serialize)]
struct Row {
    name: String,
    key: String,
    fingerprint: String,
    created: String,
    runs: Option<u64>,
    retired_by: Option<String>,
    private: bool,
    file: String,
}

/// The folder of the keys: as given, else as the environment names it, else `keys` in the user's
/// data folder (XDG).
pub(super) fn key_folder(given: Option<PathBuf>) -> KeyFolder {
    let named = || std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty());
    let path = given.or_else(|| named().map(PathBuf::from));
    KeyFolder::open(&path.unwrap_or_else(|| data_folder().join("keys")))
}

/// The key that signs: the one named, else the folder's own choice; `None` if it holds none. From
/// here on this process leaves no core dump.
pub(super) fn signing_key(
    folder: &KeyFolder,
    name: Option<&str>,
    language: Language,
) -> Result<Option<StationKey>, Failure> {
    evidence::forbid_core_dumps().map_err(Failure::trouble)?;
    let found = match name {
        Some(name) => folder.load(name).map(Some),
        None => folder.default_key(),
    };
    found.map_err(|error| failure(&error, language))
}

pub(super) fn failure(error: &KeyError, language: Language) -> Failure {
    let code = if matches!(error, KeyError::Io { .. }) { 1 } else { 2 };
    Failure { code, text: error.in_language(language) }
}

pub(super) fn key(what: What, language: Language) -> Outcome {
    let failed = |error: KeyError| failure(&error, language);
    match what {
        What::New { name, keys, format } => {
            let folder = key_folder(keys);
            evidence::forbid_core_dumps().map_err(Failure::trouble)?;
            let key = folder.create_key(&name, Clock::wall_now()).map_err(failed)?;
            let row = row_of(&folder, key.named().name.as_str(), language)?;
            if format == Format::Json {
                return print_json(&row);
            }
            let folder = words::printable(&folder.path().display().to_string());
            let made = message!("key-made", name = row.name, folder = folder);
            outln!("{}", made.in_language(language));
            print_new(&row, language);
            Ok(0)
        }
        What::List { keys, format } => list(&key_folder(keys), format, language),
        What::Rotate { name, keep, keys, format } => {
            let folder = key_folder(keys);
            rotate(&folder, name, keep, format, language)
        }
    }
}

fn rotate(
    folder: &KeyFolder,
    name: Option<String>,
    keep: bool,
    format: Format,
    language: Language,
) -> Outcome {
    let failed = |error: KeyError| failure(&error, language);
    let old = signing_key(folder, name.as_deref(), language)?.ok_or_else(|| {
        let (folder, name) = (folder.path().to_owned(), DEFAULT_KEY_NAME.to_owned());
        failed(KeyError::Unknown { folder, name })
    })?;
    let new = folder.rotate(old.name(), Clock::wall_now(), keep).map_err(failed)?;
    let row = row_of(folder, new.name(), language)?;
    if format == Format::Json {
        return print_json(&row);
    }
    let rotated = message!("key-rotated", old = old.name(), new = new.name());
    outln!("{}", rotated.in_language(language));
    print_new(&row, language);
    let private = if keep { text(language, "key-kept") } else { text(language, "key-destroyed") };
    outln!("{private}");
    Ok(0)
}

fn print_new(row: &Row, language: Language) {
    outln!("  {}", message!("key-fingerprint", digits = row.fingerprint).in_language(language));
    outln!("  {}", message!("key-public", file = row.file).in_language(language));
    outln!("{}", text(language, "key-what-it-says"));
}

fn row_of(folder: &KeyFolder, name: &str, language: Language) -> Result<Row, Failure> {
    let listed = folder.list().map_err(|error| failure(&error, language))?;
    let found = listed.into_iter().find(|key| key.named.name == name);
    found.map(|key| row(folder, key)).ok_or_else(|| Failure::trouble(name))
}

fn row(folder: &KeyFolder, key: ListedKey) -> Row {
    let file = folder.public_file(&key.named.name);
    Row {
        key: key.named.key.to_hex(),
        fingerprint: key.named.key.fingerprint(),
        created: key.named.created.to_rfc3339(),
        runs: key.runs,
        retired_by: key.rotation.map(|rotation| rotation.name),
        private: key.private,
        file: words::printable(&file.display().to_string()),
        name: key.named.name,
    }
}

fn list(folder: &KeyFolder, format: Format, language: Language) -> Outcome {
    let listed = match folder.path().is_dir() {
        true => folder.list().map_err(|error| failure(&error, language))?,
        false => Vec::new(),
    };
    let rows: Vec<Row> = listed.into_iter().map(|key| row(folder, key)).collect();
    if format == Format::Json {
        return print_json(&rows);
    }
    let shown = words::printable(&folder.path().display().to_string());
    if rows.is_empty() {
        outln!("{}", message!("key-none", folder = shown).in_language(language));
        return Ok(0);
    }
    outln!("{}", message!("key-folder", folder = shown).in_language(language));
    for row in &rows {
        let runs = match row.runs {
            Some(runs) => message!("key-runs", runs = runs).in_language(language),
            None => text(language, "key-runs-unknown"),
        };
        let created = row.created.get(..10).unwrap_or_default();
        outln!(
            "  {:<20} {}  {created}  {runs}  {}",
            row.name,
            row.fingerprint,
            state(row, language)
        );
    }
    Ok(0)
}

fn state(row: &Row, language: Language) -> String {
    match (&row.retired_by, row.private) {
        (None, true) => text(language, "key-state-in-use"),
        (None, false) => text(language, "key-state-missing"),
        (Some(by), false) => message!("key-state-retired", by = by).in_language(language),
        (Some(by), true) => message!("key-state-retired-kept", by = by).in_language(language),
    }
}
