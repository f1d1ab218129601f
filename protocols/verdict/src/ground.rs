//! Distances over ground between positions that lie near one another.
//!
//! A position is latitude and longitude in radians on the ellipsoid of WGS 84. Over some kilometres
//! the ellipsoid is taken as flat, with its radii of curvature at the mean latitude; the error of a
//! distance of 10 km is below 1 m.

/// Semi-major axis of WGS 84, in metres (NGA.STND.0036, 2014, table 3.1).
const SEMI_MAJOR_AXIS_M: f64 = 6_378_137.0;
/// First eccentricity of WGS 84, squared (table 3.5).
const ECCENTRICITY_SQUARED: f64 = 6.694_379_990_141e-3;

/// A position.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    /// In radians, north is positive.
    pub latitude: f64,
    /// In radians, east is positive.
    pub longitude: f64,
}

/// Eastward and northward distance from one position to another, in metres.
pub(crate) fn offset(from: Position, to: Position) -> (f64, f64) {
    let middle = (from.latitude + to.latitude) / 2.0;
    let sine = libm::sin(middle);
    let flattened = 1.0 - ECCENTRICITY_SQUARED * sine * sine;
    let across = SEMI_MAJOR_AXIS_M / flattened.sqrt();
    let along = across * (1.0 - ECCENTRICITY_SQUARED) / flattened;
    let turn = 2.0 * std::f64::consts::PI;
    let mut east = to.longitude - from.longitude;
    if east > std::f64::consts::PI {
        east -= turn;
    } else if east < -std::f64::consts::PI {
        east += turn;
    }
    (across * libm::cos(middle) * east, along * (to.latitude - from.latitude))
}

/// Distance over ground, in metres.
pub(crate) fn distance(from: Position, to: Position) -> f64 {
    let (east, north) = offset(from, to);
    (east * east + north * north).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(latitude: f64, longitude: f64) -> Position {
        Position { latitude: latitude.to_radians(), longitude: longitude.to_radians() }
    }

    #[test]
    fn a_minute_of_latitude_is_a_nautical_mile_or_nearly() {
        // Length of a degree of latitude and of longitude at 30° north on WGS 84: 110 852 m and
        // 96 486 m (NGA, tables of degree lengths).
        let from = degrees(30.0, 122.0);
        assert!((distance(from, degrees(30.01, 122.0)) - 1108.52).abs() < 0.02);
        assert!((distance(from, degrees(30.0, 122.01)) - 964.86).abs() < 0.02);
        let (east, _) = offset(degrees(0.0, 179.999), degrees(0.0, -179.999));
        assert!(east > 0.0 && east < 223.0, "{east}");
    }
}
