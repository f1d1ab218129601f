//! What a user reads, in Chinese and in English.
//!
//! Invariants:
//! - Both languages hold the same keys; `fixtures/suite/tests/tidy.rs` fails on a missing or an
//!   unused one.
//! - A look-up never fails: an unknown key is shown as itself, in brackets.
//! - Values are inserted as they are, without isolation marks; escaping of hostile text is the
//!   business of whoever accepts the text (see [`printable`]).

use std::fmt;
use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

const ENGLISH: &str = include_str!("../en.ftl");
const CHINESE: &str = include_str!("../zh.ftl");

/// A language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Language {
    /// English, the default.
    #[default]
    English,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// All languages, in the order in which they are offered.
    pub const ALL: [Language; 2] = [Language::English, Language::Chinese];

    /// The language's code: `en` or `zh`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Chinese => "zh",
        }
    }

    /// The language of a code or POSIX locale name (`zh`, `zh_CN.UTF-8`, `en_GB`, `C`);
    /// `None` for any other language.
    pub fn from_code(code: &str) -> Option<Language> {
        let primary = code.split(['_', '-', '.', '@']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Language::Chinese),
            "en" | "c" | "posix" => Some(Language::English),
            _ => None,
        }
    }

    /// The language of the environment: `LC_ALL`, then `LANG`, else English.
    pub fn from_environment() -> Language {
        ["LC_ALL", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .and_then(|value| Language::from_code(&value))
            .unwrap_or_default()
    }
}

/// A text in both languages, as documents carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual<'a> {
    /// English.
    pub en: &'a str,
    /// Chinese.
    pub zh: &'a str,
}

impl<'a> Bilingual<'a> {
    /// The text in `language`.
    pub fn in_language(self, language: Language) -> &'a str {
        match language {
            Language::English => self.en,
            Language::Chinese => self.zh,
        }
    }
}

/// A sentence to show: a key of the word files and its arguments. Made by [`message!`].
///
/// `Display` is English, so that logs are English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Key in the word files.
    pub key: &'static str,
    /// Arguments by name.
    pub arguments: Vec<(&'static str, String)>,
}

impl Message {
    /// The sentence in `language`.
    pub fn in_language(&self, language: Language) -> String {
        let bundle = bundle(language);
        let Some(pattern) = bundle.get_message(self.key).and_then(|message| message.value()) else {
            return format!("[{}]", self.key);
        };
        let mut arguments = FluentArgs::with_capacity(self.arguments.len());
        for (name, value) in &self.arguments {
            arguments.set(*name, value.as_str());
        }
        let mut problems = Vec::new();
        bundle.format_pattern(pattern, Some(&arguments), &mut problems).into_owned()
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_language(Language::English))
    }
}

/// Makes a [`Message`]: `message!("plan-unknown-link", device = id, link = name)`.
#[macro_export]
macro_rules! message {
    ($key:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::Message {
            key: $key,
            arguments: vec![$((stringify!($name), ($value).to_string())),*],
        }
    };
}

/// The text of `key` in `language`, without arguments.
pub fn text(language: Language, key: &'static str) -> String {
    Message { key, arguments: Vec::new() }.in_language(language)
}

/// Whether a character does something to what is shown instead of being shown: control characters
/// and the controls of writing direction.
fn acts(character: char) -> bool {
    let bidirectional = matches!(character,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || bidirectional
}

/// Foreign text made safe to show: control characters and bidirectional controls are written
/// as `\u{…}`, everything else stays literal.
pub fn printable(foreign: &str) -> String {
    let mut shown = String::with_capacity(foreign.len());
    for character in foreign.chars() {
        if acts(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// JSON made safe to show without changing what it says: what [`printable`] escapes can stand
/// inside of its strings alone, where an escape of four digits means the same. Ends of lines stay.
pub fn printable_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        if acts(character) && character != '\n' {
            // Every one of these characters has a code of four digits.
            shown.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// The keys that a language's word file defines, in file order; for the completeness test.
pub fn keys(language: Language) -> Vec<&'static str> {
    source(language)
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim())
        .collect()
}

fn source(language: Language) -> &'static str {
    match language {
        Language::English => ENGLISH,
        Language::Chinese => CHINESE,
    }
}

fn bundle(language: Language) -> &'static FluentBundle<FluentResource> {
    static BUNDLES: OnceLock<[FluentBundle<FluentResource>; 2]> = OnceLock::new();
    let [english, chinese] = BUNDLES.get_or_init(|| Language::ALL.map(load));
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

fn load(language: Language) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = language.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    bundle.set_use_isolating(false);
    // A broken entry is left out by the parser; the test below sees to it that none is.
    let resource = match FluentResource::try_new(source(language).to_owned()) {
        Ok(resource) => resource,
        Err((resource, _)) => resource,
    };
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_acts_on_a_terminal_is_escaped_and_says_the_same() {
        let json = "{\n  \"a\": \"\u{9b}31m \u{202e}x 中 \\n\"\n}";
        assert_eq!(printable_json(json), "{\n  \"a\": \"\\u009b31m \\u202ex 中 \\n\"\n}");
    }

    #[test]
    fn word_files_parse_without_error() {
        for language in Language::ALL {
            if let Err((_, errors)) = FluentResource::try_new(source(language).to_owned()) {
                panic!("{language:?}: {errors:?}");
            }
        }
    }

    #[test]
    fn both_languages_hold_the_same_keys_once() {
        let sorted = |language| {
            let mut keys = keys(language);
            keys.sort_unstable();
            keys
        };
        let english = sorted(Language::English);
        let mut once = english.clone();
        once.dedup();
        assert_eq!(english, once, "a key stands twice");
        assert_eq!(english, sorted(Language::Chinese));
    }

    #[test]
    fn foreign_text_keeps_its_letters_and_loses_its_controls() {
        assert_eq!(printable("泵 A\u{202e}x\n"), "泵 A\\u{202e}x\\u{a}");
    }

    #[test]
    fn locale_names_choose_a_language() {
        assert_eq!(Language::from_code("zh_CN.UTF-8"), Some(Language::Chinese));
        assert_eq!(Language::from_code("C.UTF-8"), Some(Language::English));
        assert_eq!(Language::from_code("fr_FR"), None);
    }
}
