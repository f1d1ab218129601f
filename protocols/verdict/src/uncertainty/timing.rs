//! The uncertainty of instants and durations that samples bracket, as standard uncertainties in
//! the unit of what goes in.
//!
//! A time that is known to lie in an interval may be anywhere in it: a rectangular distribution
//! (JCGM 100:2008, 4.3.7). A known delay (response, latency) is a correction; what remains of it
//! is another bracket.

/// Standard uncertainty of the instant of an edge that lies between two samples `interval` apart:
/// T/√12. One sample a second gives 0.29 s.
pub fn edge_uncertainty(interval: f64) -> f64 {
    interval / 12f64.sqrt()
}

/// Standard uncertainty of the time between two such edges, which are independent: √2 times that
/// of one. One sample a second gives 0.41 s.
pub fn duration_uncertainty(interval: f64) -> f64 {
    edge_uncertainty(interval) * 2f64.sqrt()
}

/// Standard uncertainty of a time out of the half widths of its independent brackets: those of
/// its edges, of its clock, of the remainders of response and latency.
pub fn bracket_uncertainty(half_widths: &[f64]) -> f64 {
    half_widths.iter().map(|half| half * half / 3.0).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uncertainty::conformance::{Holds, Margin, Rule, Zone, decide};

    #[test]
    fn one_sample_a_second_leaves_three_tenths_of_a_second() {
        assert!((edge_uncertainty(1.0) - 0.288_675).abs() < 1e-6);
        assert!((duration_uncertainty(1.0) - 0.408_248).abs() < 1e-6);
        // Two edges of half a second each are that duration; a bracket of nothing adds nothing.
        assert!((bracket_uncertainty(&[0.5, 0.5, 0.0]) - duration_uncertainty(1.0)).abs() < 1e-15);
        assert!((bracket_uncertainty(&[0.5, 0.5, 0.3]) - 0.443_471).abs() < 1e-6);
        assert_eq!(bracket_uncertainty(&[]), 0.0);
    }

    #[test]
    fn a_limit_of_45_s_met_by_a_fifth_of_a_second_is_a_conditional_pass_at_1_hz() {
        let margin = Margin { low: 45.0 - 44.8, high: 45.0 - 44.8 };
        let holds = Holds { worst: true, best: true };
        for (interval, zone) in [(1.0, Zone::ConditionalPass), (0.1, Zone::Pass)] {
            let expanded = 2.0 * duration_uncertainty(interval);
            let rule = Rule::FourZones { ratio: 1.0 };
            assert_eq!(decide(rule, margin, holds, Some(expanded)), zone, "{interval}");
        }
    }
}
