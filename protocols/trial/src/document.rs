//! Documents that a user writes: reading TOML, and errors that say where and what.
//!
//! A document has two forms: the raw one, which serde reads and which refuses unknown keys, and
//! the resolved one, made from it by named checks. Every refusal is a [`DocumentError`].

use std::fmt;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use words::{Language, Message, message};

/// Largest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 1 << 20;
/// Most documents that belong to one trial.
pub const MAX_DOCUMENTS: usize = 256;

/// A text in English and Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Title {
    /// The text in `language`, safe to show.
    pub fn in_language(&self, language: Language) -> String {
        let text = match language {
            Language::English => &self.en,
            Language::Chinese => &self.zh,
        };
        words::printable(text)
    }
}

/// A text that is the same in every language, such as the number of a clause, or one in each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Wording {
    /// The same in every language.
    Same(String),
    /// English and Chinese.
    Each(Title),
}

impl Wording {
    /// The text in `language`, safe to show.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Wording::Same(text) => words::printable(text),
            Wording::Each(title) => title.in_language(language),
        }
    }

    /// Whether it says nothing in some language.
    pub fn is_empty(&self) -> bool {
        let said = |text: &String| !text.trim().is_empty();
        match self {
            Wording::Same(text) => !said(text),
            Wording::Each(Title { en, zh }) => !(said(en) && said(zh)),
        }
    }
}

/// A refusal of a document: where it stands, what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// Name of the document, usually its path.
    pub document: String,
    /// Line, counted from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong and what would be right.
    pub message: Message,
}

impl DocumentError {
    /// The whole text in `language`: `plan.toml:12: …`.
    pub fn in_language(&self, language: Language) -> String {
        let name = words::printable(&self.document);
        let message = self.message.in_language(language);
        match self.line {
            Some(line) => format!("{name}:{line}: {message}"),
            None => format!("{name}: {message}"),
        }
    }
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

impl std::error::Error for DocumentError {}

/// A document being lowered: its name for errors and its text for line numbers.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Name of the document, usually its path.
    pub name: &'a str,
    /// The whole text.
    pub text: &'a str,
}

impl<'a> Source<'a> {
    /// Takes the exact bytes of a document.
    ///
    /// # Errors
    /// More than [`MAX_DOCUMENT_BYTES`], or not UTF-8.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Result<Source<'a>, DocumentError> {
        let refuse = |line, message| DocumentError { document: name.to_owned(), line, message };
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(refuse(None, message!("document-too-large", limit = MAX_DOCUMENT_BYTES)));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = bytes[..error.valid_up_to()].iter().filter(|&&b| b == b'\n').count() + 1;
            refuse(Some(line), message!("document-not-utf8"))
        })?;
        Ok(Source { name, text })
    }

    /// Reads the raw form.
    ///
    /// # Errors
    /// Not TOML, an unknown key, a missing key or a wrong type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        toml::from_str(self.text).map_err(|error| DocumentError {
            document: self.name.to_owned(),
            line: error.span().map(|span| self.line(&span)),
            message: message!("document-wrong-form", detail = words::printable(error.message())),
        })
    }

    /// A refusal at a place in the text.
    pub fn refuse(&self, at: Range<usize>, message: Message) -> DocumentError {
        DocumentError { document: self.name.to_owned(), line: Some(self.line(&at)), message }
    }

    /// A refusal of the whole document.
    pub fn refuse_whole(&self, message: Message) -> DocumentError {
        DocumentError { document: self.name.to_owned(), line: None, message }
    }

    fn line(&self, at: &Range<usize>) -> usize {
        let start = at.start.min(self.text.len());
        self.text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// What a document is to the trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentRole {
    /// The plan of the trial.
    Plan,
    /// The scenario that the plan names.
    Scenario,
    /// A device profile that the plan names.
    Device,
    /// The beginning of an imported file, before its first row; its name is the file's.
    Head,
}

impl DocumentRole {
    /// All roles, in the order of their numbers in a journal.
    pub const ALL: [DocumentRole; 4] =
        [DocumentRole::Plan, DocumentRole::Scenario, DocumentRole::Device, DocumentRole::Head];

    /// The stable English name, as the trial file carries it.
    pub fn name(self) -> &'static str {
        match self {
            DocumentRole::Plan => "plan",
            DocumentRole::Scenario => "scenario",
            DocumentRole::Device => "device",
            DocumentRole::Head => "head",
        }
    }
}

/// The exact bytes of one document of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub role: DocumentRole,
    /// The reference by which the plan names it (catalogue id or path); `plan.toml`'s own name
    /// for the plan.
    pub name: String,
    /// The bytes as they were read.
    pub bytes: Vec<u8>,
}

/// All documents of a trial: whatever a run needs beside its journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentSet {
    /// In the order in which they are recorded: the plan first.
    pub documents: Vec<Document>,
}

impl DocumentSet {
    /// The document of a role and name.
    pub fn find(&self, role: DocumentRole, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.role == role && document.name == name)
    }

    /// The plan.
    pub fn plan(&self) -> Option<&Document> {
        self.documents.iter().find(|document| document.role == DocumentRole::Plan)
    }
}
