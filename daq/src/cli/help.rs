//! Help in the user's language.

use clap::Command;
use words::{Language, text};

/// The language of the command line, before it is parsed: `--lang`, else the environment.
pub fn wanted_language(arguments: impl Iterator<Item = String>) -> Language {
    let arguments: Vec<String> = arguments.collect();
    let given = arguments.iter().enumerate().find_map(|(index, argument)| {
        match argument.strip_prefix("--lang=") {
            Some(code) => Language::from_code(code),
            None if argument == "--lang" => {
                arguments.get(index + 1).and_then(|code| Language::from_code(code))
            }
            None => None,
        }
    });
    given.unwrap_or_else(Language::from_environment)
}

/// Puts the help texts of `language` into the command line's definition.
pub fn localise(command: Command, language: Language) -> Command {
    let about = [
        ("demo", text(language, "help-demo")),
        ("check", text(language, "help-check")),
        ("run", text(language, "help-run")),
        ("mark", text(language, "help-mark")),
        ("end", text(language, "help-end")),
        ("abort", text(language, "help-abort")),
        ("info", text(language, "help-info")),
        ("evaluate", text(language, "help-evaluate")),
        ("verify", text(language, "help-verify")),
        ("recover", text(language, "help-recover")),
        ("audit", text(language, "help-audit")),
        ("scenarios", text(language, "help-scenarios")),
        ("devices", text(language, "help-devices")),
        ("completions", text(language, "help-completions")),
    ];
    let arguments = [
        ("lang", text(language, "help-arg-lang")),
        ("version", text(language, "help-arg-version")),
        ("rig", text(language, "help-arg-rig")),
        ("out", text(language, "help-arg-out")),
        ("format", text(language, "help-arg-format")),
        ("plan", text(language, "help-arg-plan")),
        ("length", text(language, "help-arg-for")),
        ("text", text(language, "help-arg-text")),
        ("trial", text(language, "help-arg-trial")),
        ("uncertainty", text(language, "help-arg-uncertainty")),
        ("corrects", text(language, "help-arg-corrects")),
        ("retract", text(language, "help-arg-retract")),
        ("why", text(language, "help-arg-why")),
        ("by", text(language, "help-arg-by")),
        ("reason", text(language, "help-arg-reason")),
        ("file", text(language, "help-arg-file")),
        ("recording", text(language, "help-arg-recording")),
        ("scenario", text(language, "help-arg-scenario")),
        ("folder", text(language, "help-arg-folder")),
        ("id", text(language, "help-arg-id")),
        ("shell", text(language, "help-arg-shell")),
    ];
    let with_arguments = |mut command: Command| {
        for (name, help) in &arguments {
            if command.get_arguments().any(|argument| argument.get_id() == name) {
                command = command.mut_arg(name, |argument| argument.help(help));
            }
        }
        command
    };
    let mut command = with_arguments(command.about(text(language, "help-about")));
    for (name, about) in about {
        command = command.mut_subcommand(name, |sub| with_arguments(sub.about(about)));
    }
    command
}
