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

/// What the commands below a command are for: command, command below it, text.
fn below(language: Language) -> [(&'static str, &'static str, String); 13] {
    [
        ("amend", "sign-off", text(language, "help-amend-sign-off")),
        ("amend", "note", text(language, "help-amend-note")),
        ("amend", "deviation", text(language, "help-amend-deviation")),
        ("amend", "reading", text(language, "help-amend-reading")),
        ("amend", "witness", text(language, "help-amend-witness")),
        ("amend", "post-check", text(language, "help-amend-post-check")),
        ("amend", "rebound", text(language, "help-amend-rebound")),
        ("amend", "mark", text(language, "help-amend-mark")),
        ("amend", "re-evaluation", text(language, "help-amend-re-evaluation")),
        ("amend", "list", text(language, "help-amend-list")),
        ("key", "new", text(language, "help-key-new")),
        ("key", "list", text(language, "help-key-list")),
        ("key", "rotate", text(language, "help-key-rotate")),
    ]
}

/// What the arguments of amendments and keys are for.
fn of_amendments_and_keys(language: Language) -> [(&'static str, String); 34] {
    [
        ("amend-why", text(language, "help-arg-amend-why")),
        ("keys", text(language, "help-arg-keys")),
        ("key", text(language, "help-arg-key")),
        ("key-name", text(language, "help-arg-key-name")),
        ("old-name", text(language, "help-arg-old-name")),
        ("keep", text(language, "help-arg-keep")),
        ("role", text(language, "help-arg-role")),
        ("statement", text(language, "help-arg-statement")),
        ("amendments", text(language, "help-arg-amendments")),
        ("calibrations", text(language, "help-arg-calibrations")),
        ("judge-reason", text(language, "help-arg-judge-reason")),
        ("schema", text(language, "help-arg-schema")),
        ("criterion", text(language, "help-arg-criterion")),
        ("holds", text(language, "help-arg-holds")),
        ("attach", text(language, "help-arg-attach")),
        ("channel", text(language, "help-arg-channel")),
        ("passed", text(language, "help-arg-passed")),
        ("check-statement", text(language, "help-arg-check-statement")),
        ("at", text(language, "help-arg-at")),
        ("sensor", text(language, "help-arg-sensor")),
        ("note", text(language, "help-arg-note")),
        ("from", text(language, "help-arg-from")),
        ("instead", text(language, "help-arg-instead")),
        ("consent", text(language, "help-arg-consent")),
        ("reading-of", text(language, "help-arg-reading-of")),
        ("value", text(language, "help-arg-value")),
        ("unit", text(language, "help-arg-unit")),
        ("resolution", text(language, "help-arg-resolution")),
        ("instrument", text(language, "help-arg-instrument")),
        ("observed_at", text(language, "help-arg-observed-at")),
        ("number", text(language, "help-arg-number")),
        ("mark-text", text(language, "help-arg-mark-text")),
        ("trust", text(language, "help-arg-trust")),
        ("witness-folder", text(language, "help-arg-witness")),
    ]
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
        ("seal", text(language, "help-seal")),
        ("recover", text(language, "help-recover")),
        ("import", text(language, "help-import")),
        ("audit", text(language, "help-audit")),
        ("amend", text(language, "help-amend")),
        ("key", text(language, "help-key")),
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
        ("data", text(language, "help-arg-data")),
        ("mapping", text(language, "help-arg-mapping")),
        ("length", text(language, "help-arg-for")),
        ("spare", text(language, "help-arg-spare")),
        ("resume", text(language, "help-arg-resume")),
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
        ("judge-at", text(language, "help-arg-judge-at")),
        ("timeline", text(language, "help-arg-timeline")),
    ];
    let further = of_amendments_and_keys(language);
    let with_arguments = |mut command: Command| {
        for (name, help) in arguments.iter().chain(&further) {
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
    for (above, name, about) in below(language) {
        command = command.mut_subcommand(above, |sub| {
            sub.mut_subcommand(name, |sub| with_arguments(sub.about(about)))
        });
    }
    command
}
