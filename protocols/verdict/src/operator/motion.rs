//! KINE: a way over ground, from positions: speed and distance from start to finish, length of the
//! way, distance from the straight line between start and finish.
//!
//! A position counts where latitude and longitude have a sample of the same instant. Between start
//! and finish a gap leaves the way unknown; speed and distance need its ends alone. The samples of
//! the way are kept, since the line is only known at the finish.

use trial::finding::Verdict;
use trial::record::Mark;
use trial::scenario::Motion as Measure;
use trial::time::{Span, TrialTime};
use words::message;

use super::Judge;
use super::event::{FirstEvent, Found, Moment};
use crate::compile::MotionSpec;
use crate::compile::limits::motion_unit;
use crate::coverage::Coverage;
use crate::ground::{Position, distance, offset};
use crate::outcome::{Closing, Outcome, bilingual, with_unit};
use crate::scalar::{Scalar, Scale};
use crate::signal::Store;
use crate::uncertainty::{Budget, Contribution};

/// Most positions of a way; beyond them the criterion ends as an error.
const MAX_POSITIONS: usize = 1 << 20;
/// Semi-major axis of WGS 84: an uncertainty of an angle becomes one of a place by it.
const EARTH_RADIUS_M: f64 = 6_378_137.0;

/// The fold.
#[derive(Debug, Clone)]
pub(crate) struct Motion {
    spec: MotionSpec,
    gap_ns: i64,
    start: TrialTime,
    now: TrialTime,
    from: Option<Box<FirstEvent>>,
    to: Option<Box<FirstEvent>>,
    coverage: Coverage,
    positions: Vec<(TrialTime, Position)>,
    overflow: bool,
}

impl Motion {
    pub fn begin(spec: &MotionSpec, gap_ns: i64, store: &Store, start: TrialTime) -> Motion {
        let event = |trigger| Box::new(FirstEvent::begin(trigger, store, start));
        Motion {
            gap_ns,
            start,
            now: start,
            from: spec.from.as_ref().map(event),
            to: spec.to.as_ref().map(event),
            spec: spec.clone(),
            coverage: Coverage::default(),
            positions: Vec::new(),
            overflow: false,
        }
    }

    /// The positions between two instants, and the one that holds at the first.
    fn way(&self, from: TrialTime, to: TrialTime) -> &[(TrialTime, Position)] {
        let first = self.positions.partition_point(|(at, _)| *at <= from).saturating_sub(1);
        let end = self.positions.partition_point(|(at, _)| *at <= to);
        &self.positions[first.min(end)..end]
    }

    /// The number that is asked for, in the coherent SI unit.
    fn measure(&self, way: &[(TrialTime, Position)]) -> Option<f64> {
        let ((began, first), (ended, last)) = (*way.first()?, *way.last()?);
        let straight = distance(first, last);
        let seconds = ended.since(began) as f64 / 1e9;
        match self.spec.measure {
            Measure::Speed => (seconds > 0.0).then(|| straight / seconds),
            Measure::Distance => Some(straight),
            Measure::Track => Some(way.windows(2).map(|pair| distance(pair[0].1, pair[1].1)).sum()),
            Measure::Lateral | Measure::LateralShare => {
                let (east, north) = offset(first, last);
                let across = |place: Position| {
                    let (x, y) = offset(first, place);
                    ((x * north - y * east) / straight).abs()
                };
                let furthest = way.iter().map(|(_, place)| across(*place)).fold(0.0, f64::max);
                let share = self.spec.measure == Measure::LateralShare;
                (straight > 0.0).then(|| if share { furthest / straight } else { furthest })
            }
        }
    }

    /// Two places, each as uncertain as the receiver's positions.
    fn budget(&self, closing: &Closing<'_>, way: &[(TrialTime, Position)]) -> Option<Budget> {
        let ((began, first), (ended, last)) = (*way.first()?, *way.last()?);
        let latitude = closing.budget(self.spec.latitude, last.latitude)?;
        let longitude = closing.budget(self.spec.longitude, last.longitude)?;
        let north = latitude.standard() * EARTH_RADIUS_M;
        let east = longitude.standard() * EARTH_RADIUS_M * libm::cos(last.latitude);
        let place = north.max(east);
        let seconds = ended.since(began) as f64 / 1e9;
        let straight = distance(first, last);
        let scale = match self.spec.measure {
            Measure::Speed => 1.0 / seconds,
            Measure::LateralShare => 1.0 / straight,
            // A way is as long as its steps; nothing is told of it.
            Measure::Track => return None,
            Measure::Distance | Measure::Lateral => 1.0,
        };
        let both = place * 2.0f64.sqrt() * scale;
        both.is_finite().then(|| Budget::default().with(Contribution::standard("positions", both)))
    }
}

impl Judge for Motion {
    fn advance(&mut self, store: &Store, to: TrialTime) {
        for event in [&mut self.from, &mut self.to].into_iter().flatten() {
            event.advance(store, to);
        }
        while self.now < to {
            let both = [self.spec.latitude, self.spec.longitude];
            let observed = both.map(|signal| store.observed(signal, self.now, self.gap_ns));
            let ends = observed.into_iter().flatten().map(|(_, until)| until);
            let until = ends.min().unwrap_or(to).min(to);
            let missing =
                observed.iter().position(Option::is_none).map(|at| store.missing(both[at]));
            self.coverage.add(self.now, until, missing);
            self.now = until;
        }
    }

    fn sample(&mut self, store: &Store, at: TrialTime) {
        for event in [&mut self.from, &mut self.to].into_iter().flatten() {
            event.sample(store, at, None);
        }
        let held = |signal| store.held(signal).filter(|held| held.is_observed()).copied();
        let (Some(latitude), Some(longitude)) =
            (held(self.spec.latitude), held(self.spec.longitude))
        else {
            self.coverage.note_missing(at, self.spec.latitude, store);
            return;
        };
        let known = self.positions.last().map(|(at, _)| *at);
        if latitude.time != longitude.time || known == Some(latitude.time) {
            return;
        }
        if self.positions.len() >= MAX_POSITIONS {
            self.overflow = true;
            return;
        }
        let place = Position { latitude: latitude.value, longitude: longitude.value };
        self.positions.push((latitude.time, place));
    }

    fn mark_after(&mut self, _store: &Store, mark: &Mark) {
        for event in [&mut self.from, &mut self.to].into_iter().flatten() {
            event.mark_after(mark, None);
        }
    }

    fn outcome(&self, closing: &Closing<'_>) -> Outcome {
        if self.overflow {
            return Outcome::too_many(MAX_POSITIONS);
        }
        let end = |event: &Option<Box<FirstEvent>>, default| match event {
            None => Found::Came(Moment::certain(default), None),
            Some(event) => event.found(closing.complete),
        };
        let (from, to) = match (end(&self.from, self.start), end(&self.to, closing.span.end)) {
            (Found::Came(from, _), Found::Came(to, _)) => (from.at, to.at),
            (Found::Never, _) | (_, Found::Never) => {
                let reason = bilingual(|_| message!("verdict-event-never-came"));
                return Outcome::bare(Verdict::NotExercised, reason);
            }
            _ => {
                let reason = bilingual(|_| message!("verdict-step-uncertain"));
                let mut outcome = Outcome::bare(Verdict::Inconclusive, reason);
                closing.gate(&self.coverage, &mut outcome);
                return outcome;
            }
        };
        let way = self.way(from, to);
        let seen = self.measure(way);
        let ends_alone = matches!(self.spec.measure, Measure::Speed | Measure::Distance);
        let cut = self.to.is_none() && !closing.complete;
        let broken = (self.coverage.is_broken() && !ends_alone) || cut;
        let known = seen.filter(|_| !broken && self.reaches(way, from, to));
        // A way only gets longer by what was not seen of it; everything else may be less, too.
        let least = seen.filter(|_| self.spec.measure == Measure::Track).unwrap_or(0.0);
        let unit = motion_unit(self.spec.measure);
        let value = seen.map_or_else(|| "–".to_owned(), |seen| with_unit(unit.from_si(seen), unit));
        let limit = self.spec.ends.shown(unit);
        let reason = bilingual(|_| message!("verdict-motion", value = value, limit = limit));
        let span = Span::new(from, to.max(from));
        let scalar = Scalar {
            low: known.unwrap_or(least),
            high: known.unwrap_or(f64::INFINITY),
            seen,
            scale: Scale::of(unit),
            budget: self.budget(closing, way),
            single: ends_alone,
            evidence: vec![
                closing.evidence(self.spec.latitude, span, None),
                closing.evidence(self.spec.longitude, span, None),
            ],
            reason,
        };
        let mut outcome = closing.judge(scalar, &self.spec.ends);
        closing.gate(&self.coverage, &mut outcome);
        outcome
    }
}

impl Motion {
    /// Whether there are positions at both ends of the way, no older than the gap that is allowed.
    fn reaches(&self, way: &[(TrialTime, Position)], from: TrialTime, to: TrialTime) -> bool {
        let near = |at: TrialTime, wanted: TrialTime| wanted.since(at).abs() <= self.gap_ns;
        match (way.first(), way.last()) {
            (Some((first, _)), Some((last, _))) => near(*first, from) && near(*last, to),
            _ => false,
        }
    }
}
