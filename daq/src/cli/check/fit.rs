//! Whether the instruments of a plan can decide its criteria, as a table.

use std::fmt::Write as _;

use serde::Serialize;
use trial::document::Title;
use verdict::fit::{Fitness, Misfit};
use wire::plan::sample_periods;
use words::{Language, text};

use crate::preflight::Prepared;

/// A criterion as a program reads it.
#[derive(Serialize)]
pub(super) struct FitRow {
    criterion: String,
    title: Title,
    fitness: Fitness,
    reasons: Vec<Reason>,
}

/// What is lacking, in numbers and in words.
#[derive(Serialize)]
struct Reason {
    #[serde(flatten)]
    misfit: Misfit,
    says: Title,
}

/// The criteria and preconditions of the plan, in the scenario's order.
pub(super) fn rows(prepared: &Prepared, today: &str) -> Vec<FitRow> {
    let plan = &prepared.plan;
    let periods = sample_periods(plan, &prepared.requests, &prepared.budgets);
    let found = verdict::fit::fit(plan, &periods, today).into_iter();
    let row = found.map(|found| FitRow {
        criterion: found.criterion,
        title: found.title,
        fitness: found.fitness,
        reasons: found.misfits.into_iter().map(reason).collect(),
    });
    row.collect()
}

fn reason(misfit: Misfit) -> Reason {
    let says = |language| misfit.in_language(language);
    let says = Title { en: says(Language::English), zh: says(Language::Chinese) };
    Reason { misfit, says }
}

/// Writes a line for each criterion, and beneath it what is lacking and what to change.
pub(super) fn render(rows: &[FitRow], language: Language, out: &mut String) {
    if rows.is_empty() {
        return;
    }
    // Writing into a text does not fail.
    let _ = writeln!(out, "\n{}", text(language, "check-fit"));
    for row in rows {
        let fitness = word(row.fitness, language);
        let title = row.title.in_language(language);
        let _ = writeln!(out, "  {:<24} {fitness} · {title}", row.criterion);
        for reason in &row.reasons {
            let _ = writeln!(out, "      {}", reason.says.in_language(language));
        }
    }
}

fn word(fitness: Fitness, language: Language) -> String {
    match fitness {
        Fitness::Fit => text(language, "check-fit-yes"),
        Fitness::Reserve => text(language, "check-fit-reserve"),
        Fitness::Unfit => text(language, "check-fit-no"),
        Fitness::ByPeople => text(language, "check-fit-people"),
        Fitness::NotApplicable => text(language, "check-fit-not-applicable"),
    }
}
