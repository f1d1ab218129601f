//! `daq evaluate`: a trial judged anew, with what was said of it since, by other calibrations or by
//! another edition; and what changes by that.

mod asked;
mod compare;
mod timeline;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use trial::amendment::Amendment;
use trial::finding::Findings;
use trial::plan::Plan;
use trial::record::OriginKind;
use trial::recording::Recording;
use trial::time::{Span, TrialTime};
use trialfile::TrialFile;
use verdict::Timeline;
use words::{Language, message, text};

use super::amend::{self, Author};
use super::site_time::{SiteTime, trial_span};
use super::{Failure, Format, Outcome, files, findings, print_json, render};
use crate::cli::out::{out, outln};
use asked::{ReplacedCalibration, ScenarioDocument, UsedAmendments};
use compare::Compared;
use timeline::Stood;

/// What to judge, by what, and whether to keep the result.
#[derive(Debug, Args)]
pub(super) struct Judging {
    #[arg(required_unless_present = "schema")]
    file: Option<PathBuf>,
    #[arg(long, value_name = "ID|FILE")]
    scenario: Option<String>,
    #[arg(long, id = "amendments", value_name = "N")]
    amendments: Option<usize>,
    #[arg(long, value_name = "FILE")]
    calibrations: Option<PathBuf>,
    #[arg(long)]
    trust: Vec<String>,
    #[arg(long = "reason", id = "judge-reason", value_name = "TEXT")]
    #[arg(requires_all = ["scenario", "by"], conflicts_with = "calibrations")]
    reason: Option<String>,
    #[arg(long, requires = "judge-reason")]
    by: Option<String>,
    #[arg(long, requires = "judge-reason")]
    keys: Option<PathBuf>,
    #[arg(long, requires = "judge-reason")]
    key: Option<String>,
    #[arg(long, id = "judge-at", value_name = "TIME", value_parser = amend::trial_time)]
    #[arg(conflicts_with = "judge-reason")]
    at: Option<TrialTime>,
    #[arg(long, conflicts_with_all = ["judge-reason", "judge-at"])]
    timeline: bool,
    #[arg(long)]
    schema: bool,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// An evaluation as a program reads it: the findings, and of what they are. Its schema is
/// [`verdict::FINDINGS_SCHEMA`].
#[derive(Serialize)]
struct Evaluated<'a> {
    origin: OriginKind,
    not_live: &'a [String],
    software: &'static str,
    /// Seconds of the trial as of which it was judged; the whole where there is none.
    as_of: Option<f64>,
    #[serde(flatten)]
    findings: &'a Findings,
    amendments: &'a UsedAmendments,
    recalibrated: &'a [ReplacedCalibration],
    compared: Option<Compared<'a>>,
    timeline: Option<Vec<Stood>>,
    recorded: Option<Recorded>,
}

/// The amendment that keeps an evaluation.
#[derive(Serialize)]
struct Recorded {
    number: u64,
    file: String,
    fingerprint: String,
    signed_by: Option<String>,
}

/// By what a trial is judged.
#[derive(Default)]
pub(super) struct By<'a> {
    /// Id of the catalogue or path of another scenario.
    pub scenario: Option<&'a str>,
    /// How many amendments count; all where none is given.
    pub amendments: Option<usize>,
    pub calibrations: Option<&'a Path>,
    pub trust: &'a [String],
    /// As of which instant; the end where none is given.
    pub at: Option<TrialTime>,
    /// Whether to tell what stood when.
    pub timeline: bool,
}

/// A trial judged, and judged as it was before where something is changed.
pub(super) struct Judged {
    pub findings: Findings,
    timeline: Option<Timeline>,
    /// The instant as of which it was judged, where it is not the end.
    at: Option<TrialTime>,
    before: Option<Findings>,
    scenario: ScenarioDocument,
    amendments: UsedAmendments,
    recalibrated: Vec<ReplacedCalibration>,
}

impl Judged {
    /// What keeps it beside the trial.
    pub fn amendment(&self) -> Result<Amendment, Failure> {
        let findings = serde_json::to_string(&self.findings).map_err(Failure::trouble)?;
        Ok(Amendment::ReEvaluation {
            scenario: self.findings.scenario.clone(),
            digest: journal::digest_hex(&self.scenario.bytes),
            findings: RawValue::from_string(findings).map_err(Failure::trouble)?,
        })
    }
}

/// Judges a trial. The same engine gives the verdict that the trial's file holds, bit for bit, where
/// no amendment counts and nothing else takes the place of its own.
pub(super) fn judge(
    trial: &TrialFile,
    file: &Path,
    by: &By<'_>,
    language: Language,
) -> Result<Judged, Failure> {
    let amendments = asked::amendments(trial, file, by, language)?;
    let said = &amendments.said;
    let own_plan = trial.shared_plan();
    let evaluate = |recording: &dyn Recording, plan: &Plan| {
        let at = by.at.unwrap_or(TrialTime::MAX);
        verdict::evaluate_amended(recording, plan, said, at).map_err(Failure::trouble)
    };
    let calibrations = asked::calibrations(by.calibrations, language)?;
    let recalibrated = match &calibrations {
        None => None,
        Some((name, calibrations)) => {
            Some(asked::recalibrated(trial, name, calibrations, language)?)
        }
    };
    let replaced = recalibrated.as_ref().map(|anew| asked::replaced(trial, anew));
    let recording: &dyn Recording = match &recalibrated {
        Some(anew) => anew,
        None => trial,
    };
    let other = by.scenario.map(|given| asked::scenario(given, language)).transpose()?;
    let (scenario, rebound) = match other {
        None => (asked::own_scenario(trial)?, None),
        Some((document, scenario)) => (document, Some(verdict::rebind(recording.plan(), scenario))),
    };
    let plan = rebound.as_ref().unwrap_or(recording.plan());
    let findings = evaluate(recording, plan)?;
    let timeline = match by.timeline {
        true => Some(verdict::timeline(recording, plan, said).map_err(Failure::trouble)?),
        false => None,
    };
    let before = match by.scenario.is_some() || recalibrated.is_some() {
        true => Some(evaluate(trial, &own_plan)?),
        false => None,
    };
    let recalibrated = replaced.unwrap_or_default();
    Ok(Judged { findings, timeline, at: by.at, before, scenario, amendments, recalibrated })
}

pub(super) fn evaluate(judging: Judging, language: Language) -> Outcome {
    let Some(file) = judging.file.as_deref().filter(|_| !judging.schema) else {
        out!("{}", verdict::FINDINGS_SCHEMA);
        return Ok(0);
    };
    if judging.reason.is_some() {
        // What is altered is not judged again: this looks at the seal before it reads.
        amend::checked_seal(file, language)?;
    }
    let trial = files::open(file, language)?;
    let by = By {
        scenario: judging.scenario.as_deref(),
        amendments: judging.amendments,
        calibrations: judging.calibrations.as_deref(),
        trust: &judging.trust,
        at: judging.at,
        timeline: judging.timeline,
    };
    let judged = judge(&trial, file, &by, language)?;
    let recorded = record(file, &judging, &judged, language)?;
    match judging.format {
        Format::Json => {
            let origin = &trial.head().origin;
            print_json(&Evaluated {
                origin: origin.origin,
                not_live: &origin.station.not_live,
                software: evidence::SOFTWARE,
                as_of: judged.at.map(TrialTime::seconds),
                findings: &judged.findings,
                amendments: &judged.amendments,
                recalibrated: &judged.recalibrated,
                compared: judged.before.as_ref().map(|old| Compared::of(old, &judged.findings)),
                timeline: judged.timeline.as_ref().map(timeline::stood),
                recorded,
            })?;
        }
        Format::Text => show(&trial, &judged, recorded.as_ref(), language),
    }
    Ok(verdict::exit_code(&judged.findings))
}

/// Keeps the evaluation as an amendment where a reason is given.
fn record(
    file: &Path,
    judging: &Judging,
    judged: &Judged,
    language: Language,
) -> Result<Option<Recorded>, Failure> {
    let Some(reason) = &judging.reason else { return Ok(None) };
    let author = Author {
        by: judging.by.clone().unwrap_or_default(),
        why: reason.clone(),
        keys: judging.keys.clone(),
        key: judging.key.clone(),
        format: judging.format,
    };
    let (added, _) = amend::append(file, judged.amendment()?, &author, language)?;
    Ok(Some(Recorded {
        number: added.number,
        file: added.file,
        fingerprint: added.fingerprint,
        signed_by: added.signed_by,
    }))
}

fn show(trial: &TrialFile, judged: &Judged, recorded: Option<&Recorded>, language: Language) {
    out!("{}", render::origin(&trial.head().origin, language));
    let site = SiteTime::new(trial);
    if let Some(at) = judged.at {
        let time = trial_span(Span::new(at, at));
        outln!("{}", message!("evaluate-as-of", time = time).in_language(language));
    }
    match &judged.timeline {
        Some(timeline) => out!("{}", timeline::shown(timeline, &site, language)),
        None => out!("{}", findings::shown(&judged.findings, Some(&site), language)),
    }
    outln!("{}", judged.amendments.message().in_language(language));
    for replaced in &judged.recalibrated {
        outln!("{}", replaced.message().in_language(language));
    }
    if let Some(before) = &judged.before {
        outln!();
        for line in Compared::of(before, &judged.findings).lines(language) {
            outln!("{line}");
        }
    }
    if let Some(recorded) = recorded {
        let message = message!("amend-added", number = recorded.number, file = recorded.file);
        outln!("{}", message.in_language(language));
        let digits = &recorded.fingerprint;
        outln!("  {}", message!("amend-fingerprint", digits = digits).in_language(language));
        if recorded.signed_by.is_none() {
            outln!("{}", text(language, "amend-unsigned"));
        }
    }
}
