//! `daq scenarios` and `daq devices`: the shipped catalogue.

mod devices;
mod frame;
mod map;
mod scenarios;

use serde::Serialize;
use trial::catalogue::Shipped;
use trial::document::{Source, Title};
use trial::scenario::Scenario;
use words::{Language, message};

use super::{Failure, Format, Outcome, table};

pub(super) fn scenarios(id: Option<&str>, format: Format, language: Language) -> Outcome {
    match id {
        None => scenarios::list(format, language),
        Some(id) => scenarios::show(id, format, language),
    }
}

pub(super) fn devices(id: Option<&str>, format: Format, language: Language) -> Outcome {
    match id {
        None => devices::list(format, language),
        Some(id) => devices::show(id, format, language),
    }
}

/// A shipped document as it is, for a program.
#[derive(Serialize)]
struct Document<'a> {
    id: &'a str,
    toml: &'a str,
}

/// Both titles, the user's language first.
fn both(title: &Title, language: Language) -> String {
    match language {
        Language::English => format!("{} · {}", title.en, title.zh),
        Language::Chinese => format!("{} · {}", title.zh, title.en),
    }
}

/// The document of an id; where there is none, `command` lists what there is.
fn find<'a>(
    shipped: &'a [Shipped],
    id: &str,
    command: &str,
    language: Language,
) -> Result<&'a Shipped, Failure> {
    shipped.iter().find(|shipped| shipped.id == id).ok_or_else(|| {
        let known = shipped.iter().map(|shipped| shipped.id);
        let like: Vec<&str> = known.filter(|known| is_like(id, known)).collect();
        let id = words::printable(id);
        let message = if like.is_empty() {
            message!("catalogue-unknown", id = id, command = command)
        } else {
            message!("catalogue-like", id = id, like = like.join(" "))
        };
        Failure::bad_input(message.in_language(language))
    })
}

/// Whether what was typed is a part of a known id, or has a word of it.
fn is_like(typed: &str, known: &str) -> bool {
    let typed = typed.to_lowercase();
    let words = |text: &str| -> Vec<String> {
        text.split(['.', '-', '_']).filter(|word| word.len() > 2).map(str::to_owned).collect()
    };
    !typed.is_empty()
        && (known.contains(&typed) || words(known).iter().any(|word| words(&typed).contains(word)))
}

fn resolve_scenario(shipped: &Shipped) -> Result<Scenario, Failure> {
    let source = Source::new(shipped.id, shipped.bytes).map_err(Failure::trouble)?;
    Scenario::resolve(source).map_err(Failure::trouble)
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn what_was_typed_finds_what_is_like_it() {
        for (typed, known, like) in [
            ("sdm63", "eastron-sdm630", true),
            ("Eastron-SDM120", "eastron-sdm630", true),
            ("fire", "fire.vehicle-pump", true),
            ("eastron", "imu-0x55", false),
            ("", "imu-0x55", false),
        ] {
            assert_eq!(is_like(typed, known), like, "{typed} {known}");
        }
    }
}
