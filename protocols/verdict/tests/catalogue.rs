//! Every scenario of the catalogue, judged on its signal case: in the run of the case every criterion
//! passes, and in each of its variations one criterion fails while the others stay as they were; where
//! it is a precondition that fails, what it guards is left undecided.
//!
//! A case is `fixtures/golden/scenarios/<scenario id>.toml`; its form is described in
//! `catalogue/case.rs`.

// Helpers of tests may panic as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "catalogue/case.rs"]
mod case;
#[path = "common/memory.rs"]
mod memory;
#[path = "common/wiring.rs"]
mod wiring;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use case::{Case, Variation};
use memory::Memory;
use trial::document::{Source, Title, Wording};
use trial::finding::{Finding, Verdict};
use trial::recording::Recording as _;
use trial::scenario::{Operator, Scenario};
use trial::time::{Span, TrialTime};
use verdict::evaluate_amended;
use wiring::{Wiring, wire};

/// Most samples of one case.
const MAX_SAMPLES: usize = 200_000;

fn scenarios() -> Vec<(Scenario, &'static [u8])> {
    let read = |shipped: &trial::catalogue::Shipped| {
        let source = Source::new(shipped.id, shipped.bytes).unwrap();
        let scenario = Scenario::resolve(source).unwrap_or_else(|error| panic!("{error}"));
        (scenario, shipped.bytes)
    };
    trial::catalogue::scenarios().iter().map(read).collect()
}

/// Whether a text has English words beside designations, such as `LSA Code` and `MSC/Circ.809`.
fn has_words(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphabetic());
    let mut english =
        words.filter(|word| word.chars().filter(char::is_ascii_lowercase).count() > 2);
    english.any(|word| !["Code", "Circ"].contains(&word))
}

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/scenarios")
}

fn case_of(id: &str) -> Result<Case, String> {
    let path = cases().join(format!("{id}.toml"));
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{id}: case: {error}"))?;
    toml::from_str(&text).map_err(|error| format!("{id}: case: {error}"))
}

/// The findings on a run whose signals break off at `cut` nanoseconds.
fn findings(scenario: &Scenario, bytes: &[u8], case: &Case, cut: i64) -> Vec<Finding> {
    let mut more = "[parameters]\n".to_owned();
    for (name, value) in &case.parameters {
        more += &format!("{name} = {{ value = \"{value}\", from = \"customer\" }}\n");
    }
    let text = std::str::from_utf8(bytes).unwrap();
    let plan = wire(text, &Wiring { every: Some("10 ms"), more, ..Wiring::default() });
    let signals = scenario.roles.iter().filter(|role| !role.reading);
    let mut samples: Vec<_> = signals.map(|role| case.samples(&role.id)).collect();
    let count: usize = samples.iter().map(Vec::len).sum();
    assert!(count <= MAX_SAMPLES, "{}: {count} samples", scenario.id);
    samples.iter_mut().for_each(|samples| samples.retain(|(at, _)| *at < cut));
    let memory = Memory::new(plan, samples, &case.marks(), case.end_ns());
    let findings =
        evaluate_amended(&memory, memory.plan(), &case.amendments(), TrialTime::MAX).unwrap();
    // Findings are stored as JSON, and verification compares what it reads with what it judges.
    let stored: trial::finding::Findings =
        serde_json::from_str(&serde_json::to_string(&findings).unwrap()).unwrap();
    for (found, stored) in findings.findings.iter().zip(&stored.findings) {
        assert_eq!(found, stored);
    }
    assert_eq!(findings, stored);
    findings.findings
}

/// The verdict on every criterion and precondition of a run; of several occurrences those count that
/// the criterion counts, and they agree.
fn verdicts(scenario: &Scenario, bytes: &[u8], case: &Case) -> BTreeMap<String, (Verdict, String)> {
    let mut verdicts = BTreeMap::new();
    let findings = findings(scenario, bytes, case, i64::MAX);
    for finding in findings.into_iter().filter(|finding| finding.counted) {
        let id = finding.criterion.clone();
        let told = format!("{:?}: {} ({:?})", finding.verdict, finding.reason.en, finding.measured);
        let before = verdicts.insert(id, (finding.verdict, told.clone()));
        if let Some((verdict, _)) = before {
            assert_eq!(verdict, finding.verdict, "{}: {}: {told}", scenario.id, finding.criterion);
        }
    }
    verdicts
}

/// What is wrong with the run of the case itself.
fn trouble_of_base(
    scenario: &Scenario,
    case: &Case,
    found: &BTreeMap<String, (Verdict, String)>,
) -> Vec<String> {
    let mut trouble = Vec::new();
    for criterion in scenario.judged() {
        let id = &criterion.id;
        let wanted =
            if case.not_applicable.contains(id) { Verdict::NotApplicable } else { Verdict::Pass };
        match found.get(id) {
            Some((verdict, _)) if *verdict == wanted => {}
            Some((_, told)) => trouble.push(format!("{}: {id} is {told}", scenario.id)),
            None => trouble.push(format!("{}: {id} has no finding that counts", scenario.id)),
        }
    }
    let known = |id: &String| scenario.criterion(id).is_some();
    trouble.extend(
        case.not_applicable.iter().filter(|id| !known(id)).map(|id| format!("no criterion {id}")),
    );
    trouble
}

/// The criteria that can't be judged without the preconditions among `failing`.
fn guarded<'a>(scenario: &'a Scenario, failing: &[&str]) -> BTreeSet<&'a str> {
    let unmet = |id: &str| failing.contains(&id);
    let unmet = scenario.preconditions.iter().filter(|known| unmet(&known.criterion.id));
    let guards = unmet.flat_map(|known| &known.guards);
    guards.map(|at| scenario.criteria[*at].id.as_str()).collect()
}

/// What is wrong with a variation.
fn trouble_of_variation(
    scenario: &Scenario,
    variation: &Variation,
    base: &BTreeMap<String, (Verdict, String)>,
    varied: &BTreeMap<String, (Verdict, String)>,
) -> Vec<String> {
    let failing: Vec<&str> = variation.failing().collect();
    let name = format!("{}: variation for {}", scenario.id, failing.join(", "));
    let mut trouble = Vec::new();
    if failing.is_empty() {
        trouble.push(format!("{name} names no criterion"));
    }
    for id in failing.iter().copied().chain(variation.also.iter().map(String::as_str)) {
        if !base.contains_key(id) {
            trouble.push(format!("{name}: no criterion {id}"));
        }
    }
    let undecided = guarded(scenario, &failing);
    for (id, (verdict, told)) in varied {
        let before = base.get(id).map(|(verdict, _)| *verdict);
        let fails = failing.contains(&id.as_str());
        let guarded = undecided.contains(id.as_str()) && before == Some(Verdict::Pass);
        if fails && *verdict != Verdict::Fail {
            trouble.push(format!("{name}: {id} does not fail, it is {told}"));
        }
        if guarded && *verdict != Verdict::Inconclusive {
            trouble.push(format!("{name}: {id} is decided without its precondition: {told}"));
        }
        let free = fails || guarded || variation.also.contains(id);
        if !free && before != Some(*verdict) {
            trouble.push(format!("{name}: {id} changes, too: {told}"));
        }
    }
    trouble
}

#[test]
fn every_scenario_passes_its_run_and_fails_its_variations() {
    let mut trouble = Vec::new();
    for (scenario, bytes) in scenarios() {
        let case = match case_of(&scenario.id) {
            Ok(case) => case,
            Err(error) => {
                trouble.push(error);
                continue;
            }
        };
        assert!(!case.notes.trim().is_empty(), "{}: notes", scenario.id);
        let base = verdicts(&scenario, bytes, &case);
        trouble.extend(trouble_of_base(&scenario, &case, &base));
        for variation in &case.fails {
            let varied = verdicts(&scenario, bytes, &case.varied(variation));
            trouble.extend(trouble_of_variation(&scenario, variation, &base, &varied));
        }
        let failed: BTreeSet<&str> = case.fails.iter().flat_map(Variation::failing).collect();
        let missing = scenario.judged().filter(|known| !failed.contains(known.id.as_str()));
        trouble.extend(
            missing
                .map(|known| format!("{}: no variation in which {} fails", scenario.id, known.id)),
        );
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

/// Whether people alone say whether a criterion is met.
fn is_said(scenario: &Scenario, operator: &Operator) -> bool {
    match operator {
        Operator::Witness { .. } => true,
        Operator::Bound { signal, .. } => {
            scenario.roles.iter().any(|role| role.reading && role.id == *signal)
        }
        _ => false,
    }
}

#[test]
fn what_no_signal_shows_is_never_a_pass() {
    let mut trouble = Vec::new();
    for (scenario, bytes) in scenarios() {
        let Ok(case) = case_of(&scenario.id) else { continue };
        for cut in [0, case.end_ns() / 2] {
            for finding in findings(&scenario, bytes, &case, cut) {
                let criterion = scenario.criterion(&finding.criterion).unwrap();
                // A sample holds for a while, but not into a phase that begins later.
                let seen_until = cut + criterion.quality.max_gap_ns;
                let later = |span: Span| cut == 0 || span.start.0 > seen_until;
                let dark = finding.span.map_or(cut == 0, later);
                let passes = matches!(finding.verdict, Verdict::Pass | Verdict::ConditionalPass);
                if dark && passes && !is_said(&scenario, &criterion.operator) {
                    let (id, why) = (&finding.criterion, &finding.reason.en);
                    trouble.push(format!("{}: {id} passes without data: {why}", scenario.id));
                }
            }
        }
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
}

#[test]
fn every_case_belongs_to_a_scenario_and_to_its_roles() {
    let scenarios = scenarios();
    for entry in std::fs::read_dir(cases()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.strip_suffix(".toml").unwrap_or_else(|| panic!("{name} is no case"));
        let found = scenarios.iter().find(|(scenario, _)| scenario.id == id);
        let (scenario, _) = found.unwrap_or_else(|| panic!("{name} has no scenario"));
        let case = case_of(id).unwrap_or_else(|error| panic!("{error}"));
        let is_role = |name: &str, reading| {
            scenario.roles.iter().any(|role| role.id == name && role.reading == reading)
        };
        for role in case.roles.keys() {
            assert!(is_role(role, false), "{id}: {role} is no signal");
        }
        let varied = case.fails.iter().flat_map(|variation| &variation.reading);
        for reading in case.reading.iter().chain(varied) {
            assert!(is_role(&reading.role, true), "{id}: {} is not read", reading.role);
        }
        let varied = case.fails.iter().flat_map(|variation| &variation.witness);
        for witness in case.witness.iter().chain(varied) {
            let criterion = scenario.criterion(&witness.criterion);
            let wanted = criterion.and_then(|criterion| match &criterion.operator {
                Operator::Witness { by, .. } => Some(format!("{by:?}").to_lowercase()),
                _ => None,
            });
            let by = Some(witness.by.clone());
            assert_eq!(wanted, by, "{id}: {} is not stated so", witness.criterion);
        }
    }
}

#[test]
fn no_two_scenarios_ask_for_the_same_roles_or_criteria() {
    let scenarios = scenarios();
    let names = |list: fn(&Scenario) -> Vec<&str>| {
        let mut seen: BTreeMap<Vec<&str>, &str> = BTreeMap::new();
        for (scenario, _) in &scenarios {
            let mut names = list(scenario);
            names.sort_unstable();
            if let Some(other) = seen.insert(names, &scenario.id) {
                panic!("{} asks for the same as {other}", scenario.id);
            }
        }
    };
    names(|scenario| scenario.roles.iter().map(|role| role.id.as_str()).collect());
    names(|scenario| scenario.criteria.iter().map(|known| known.id.as_str()).collect());
}

/// Whether a text has a Chinese character (CJK unified ideographs).
fn is_chinese(text: &str) -> bool {
    text.chars().any(|symbol| ('\u{4E00}'..='\u{9FFF}').contains(&symbol))
}

#[test]
fn every_entry_is_complete_in_both_languages_and_names_its_sources() {
    let mut families = BTreeSet::new();
    for (scenario, _) in scenarios() {
        let id = &scenario.id;
        families.insert(format!("{:?}", scenario.family));
        let check = |what: &str, title: &Title| {
            assert!(!title.en.trim().is_empty() && !is_chinese(&title.en), "{id}: {what}");
            assert!(is_chinese(&title.zh), "{id}: {what}");
        };
        check("scenario", &scenario.title);
        scenario.roles.iter().for_each(|role| check(&role.id, &role.title));
        scenario.parameters.iter().for_each(|known| check(&known.id, &known.title));
        scenario.derived.iter().for_each(|derived| check(&derived.id, &derived.title));
        scenario.events.iter().for_each(|event| check(&event.id, &event.title));
        scenario.phases.iter().for_each(|phase| check(&phase.id, &phase.title));
        for criterion in scenario.judged() {
            check(&criterion.id, &criterion.title);
            if let Operator::Witness { statement, .. } = &criterion.operator {
                check(&criterion.id, statement);
            }
            let source = &criterion.source;
            for text in [&source.standard, &source.clause, &source.edition] {
                assert!(!text.is_empty(), "{id}: source of {}", criterion.id);
                match text {
                    Wording::Each(text) => check(&criterion.id, text),
                    Wording::Same(text) => {
                        assert!(!has_words(text), "{id}: {text} of {} has words", criterion.id);
                    }
                }
            }
        }
    }
    assert_eq!(families.len(), 10, "families with an entry: {families:?}");
}
