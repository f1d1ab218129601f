//! Units and quantities, and the conversions between units of one dimension.
//!
//! Invariants:
//! - A quantity has one dimension; a unit is accepted for a quantity only with that dimension.
//! - Pressure is gauge, absolute, differential or vacuum; these never mix silently.
//! - A temperature (`degC`) and a temperature difference (`K`) are distinct quantities.
//!
//! Conversion factors are exact by definition (SI brochure, 9th edition, tables 2, 4 and 8), or
//! carry their source beside them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Exponents of the SI base units m, kg, s, A, K.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dimension(pub [i8; 5]);

impl Dimension {
    /// The dimension of a pure number.
    pub const NONE: Dimension = Dimension([0; 5]);
    /// Time.
    pub const TIME: Dimension = Dimension([0, 0, 1, 0, 0]);

    /// The dimension of a product. Exponents are held at the ends of `i8`.
    #[must_use]
    pub fn times(self, other: Dimension) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_add(other.0[i])))
    }

    /// The dimension of a power.
    #[must_use]
    pub fn power(self, exponent: i8) -> Dimension {
        Dimension(std::array::from_fn(|i| self.0[i].saturating_mul(exponent)))
    }

    /// The dimension of the square root; `None` if an exponent is odd.
    pub fn square_root(self) -> Option<Dimension> {
        self.0.iter().all(|exponent| exponent % 2 == 0).then(|| Dimension(self.0.map(|e| e / 2)))
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Dimension::NONE {
            return f.write_str("1");
        }
        let mut separator = "";
        for (symbol, exponent) in ["m", "kg", "s", "A", "K"].iter().zip(self.0) {
            match exponent {
                0 => continue,
                1 => write!(f, "{separator}{symbol}")?,
                _ => write!(f, "{separator}{symbol}^{exponent}")?,
            }
            separator = "·";
        }
        Ok(())
    }
}

/// A unit of measurement: `value_in_SI = value × factor + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Unit {
    symbol: &'static str,
    /// Dimension.
    pub dimension: Dimension,
    /// Factor to the coherent SI unit.
    pub factor: f64,
    /// Offset to the coherent SI unit; not zero for `degC` alone.
    pub offset: f64,
}

const fn unit(symbol: &'static str, dimension: [i8; 5], factor: f64) -> Unit {
    Unit { symbol, dimension: Dimension(dimension), factor, offset: 0.0 }
}

const PRESSURE: [i8; 5] = [-1, 1, -2, 0, 0];
const FLOW: [i8; 5] = [3, 0, -1, 0, 0];
const PLAIN: [i8; 5] = [0, 0, 0, 0, 0];
const LENGTH: [i8; 5] = [1, 0, 0, 0, 0];
const VELOCITY: [i8; 5] = [1, 0, -1, 0, 0];
const ACCELERATION: [i8; 5] = [1, 0, -2, 0, 0];
const MASS: [i8; 5] = [0, 1, 0, 0, 0];
const DENSITY: [i8; 5] = [-3, 1, 0, 0, 0];
const FORCE: [i8; 5] = [1, 1, -2, 0, 0];
const VOLUME: [i8; 5] = [3, 0, 0, 0, 0];
const POWER: [i8; 5] = [2, 1, -3, 0, 0];
const ENERGY: [i8; 5] = [2, 1, -2, 0, 0];
const VOLTAGE: [i8; 5] = [2, 1, -3, -1, 0];
const CURRENT: [i8; 5] = [0, 0, 0, 1, 0];
const TEMPERATURE: [i8; 5] = [0, 0, 0, 0, 1];
const TIME: [i8; 5] = [0, 0, 1, 0, 0];
const RATE: [i8; 5] = [0, 0, -1, 0, 0];

/// Every unit that documents may use.
const UNITS: &[Unit] = &[
    unit("1", PLAIN, 1.0),
    unit("%", PLAIN, 0.01),
    unit("deg", PLAIN, std::f64::consts::PI / 180.0),
    unit("rad", PLAIN, 1.0),
    unit("dB(A)", PLAIN, 1.0),
    // The candela is no base unit here: an illuminance is a number of its own quantity.
    unit("lx", PLAIN, 1.0),
    unit("dB", PLAIN, 1.0),
    unit("ppm", PLAIN, 1e-6),
    // Share of the lower explosive limit of the gas.
    unit("%LEL", PLAIN, 0.01),
    unit("m", LENGTH, 1.0),
    unit("mm", LENGTH, 1e-3),
    unit("cm", LENGTH, 1e-2),
    unit("km", LENGTH, 1e3),
    unit("m2", [2, 0, 0, 0, 0], 1.0),
    unit("m3", VOLUME, 1.0),
    unit("L", VOLUME, 1e-3),
    unit("mL", VOLUME, 1e-6),
    unit("m/s", VELOCITY, 1.0),
    unit("mm/s", VELOCITY, 1e-3),
    unit("km/h", VELOCITY, 1.0 / 3.6),
    unit("kn", VELOCITY, 1852.0 / 3600.0),
    unit("m/s2", ACCELERATION, 1.0),
    // The standard acceleration of gravity, 3rd CGPM (1901).
    unit("gn", ACCELERATION, 9.80665),
    unit("kg", MASS, 1.0),
    unit("g", MASS, 1e-3),
    unit("t", MASS, 1e3),
    unit("kg/m3", DENSITY, 1.0),
    unit("mg/m3", DENSITY, 1e-6),
    unit("ug/m3", DENSITY, 1e-9),
    unit("kg/h", [0, 1, -1, 0, 0], 1.0 / 3600.0),
    unit("N", FORCE, 1.0),
    unit("kN", FORCE, 1e3),
    unit("Pa", PRESSURE, 1.0),
    unit("hPa", PRESSURE, 1e2),
    unit("kPa", PRESSURE, 1e3),
    unit("MPa", PRESSURE, 1e6),
    unit("bar", PRESSURE, 1e5),
    unit("mbar", PRESSURE, 1e2),
    // Pound-force per square inch, NIST SP 811 (2008) table B.8.
    unit("psi", PRESSURE, 6894.757),
    // Inch of mercury at 32 °F, NIST SP 811 (2008) table B.8.
    unit("inHg", PRESSURE, 3386.38),
    unit("m3/s", FLOW, 1.0),
    unit("m3/h", FLOW, 1.0 / 3600.0),
    unit("L/s", FLOW, 1e-3),
    unit("L/min", FLOW, 1e-3 / 60.0),
    // US gallon per minute, NIST SP 811 (2008) table B.8.
    unit("gal/min", FLOW, 6.309_02e-5),
    unit("s", TIME, 1.0),
    unit("ms", TIME, 1e-3),
    unit("min", TIME, 60.0),
    unit("h", TIME, 3600.0),
    unit("Hz", RATE, 1.0),
    unit("kHz", RATE, 1e3),
    // Revolutions are counted as pure numbers, so that r/min is 1/60 per second.
    unit("r/min", RATE, 1.0 / 60.0),
    unit("1/min", RATE, 1.0 / 60.0),
    unit("deg/s", RATE, std::f64::consts::PI / 180.0),
    unit("V", VOLTAGE, 1.0),
    unit("kV", VOLTAGE, 1e3),
    unit("A", CURRENT, 1.0),
    unit("mA", CURRENT, 1e-3),
    unit("ohm", [2, 1, -3, -2, 0], 1.0),
    unit("W", POWER, 1.0),
    unit("kW", POWER, 1e3),
    unit("VA", POWER, 1.0),
    unit("kVA", POWER, 1e3),
    unit("var", POWER, 1.0),
    unit("kvar", POWER, 1e3),
    unit("J", ENERGY, 1.0),
    unit("kWh", ENERGY, 3.6e6),
    unit("K", TEMPERATURE, 1.0),
    Unit { symbol: "degC", dimension: Dimension(TEMPERATURE), factor: 1.0, offset: 273.15 },
];

impl Unit {
    /// The pure number.
    pub const ONE: Unit = UNITS[0];

    /// The unit of a symbol as documents write it; `None` if it is not known.
    pub fn parse(symbol: &str) -> Option<Unit> {
        UNITS.iter().copied().find(|unit| unit.symbol == symbol)
    }

    /// The symbol as documents write it (ASCII).
    pub fn symbol(self) -> &'static str {
        self.symbol
    }

    /// The symbol as people read it (`°C`, `m³/h`).
    pub fn shown(self) -> String {
        match self.symbol {
            "degC" => "°C".to_owned(),
            "deg" => "°".to_owned(),
            "deg/s" => "°/s".to_owned(),
            "ug/m3" => "µg/m³".to_owned(),
            "1" => String::new(),
            "ohm" => "Ω".to_owned(),
            symbol => symbol.replace("m3", "m³").replace("m2", "m²").replace("s2", "s²"),
        }
    }

    /// A value in this unit as a value in the coherent SI unit.
    pub fn to_si(self, value: f64) -> f64 {
        value * self.factor + self.offset
    }

    /// A value in the coherent SI unit as a value in this unit.
    pub fn from_si(self, value: f64) -> f64 {
        (value - self.offset) / self.factor
    }

    /// All symbols, for error messages.
    pub fn known_symbols() -> impl Iterator<Item = &'static str> {
        UNITS.iter().map(|unit| unit.symbol)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.symbol)
    }
}

impl Serialize for Unit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.symbol)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let symbol = String::deserialize(deserializer)?;
        Unit::parse(&symbol)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown unit `{symbol}`")))
    }
}

macro_rules! quantities {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $dimension:expr;)*) => {
        /// What a channel measures. Closed: a pressure says which kind it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum Quantity {
            $($(#[$meta])* #[serde(rename = $name)] $variant,)*
        }

        impl Quantity {
            /// All quantities.
            pub const ALL: &'static [Quantity] = &[$(Quantity::$variant,)*];

            /// The name as documents write it.
            pub fn name(self) -> &'static str {
                match self { $(Quantity::$variant => $name,)* }
            }

            /// The dimension that a unit of this quantity must have.
            pub fn dimension(self) -> Dimension {
                Dimension(match self { $(Quantity::$variant => $dimension,)* })
            }
        }
    };
}

quantities! {
    /// A plain number: a status word, a count, a fix quality.
    Number = "number", PLAIN;
    /// A ratio, for example a power factor.
    Ratio = "ratio", PLAIN;
    /// Relative humidity.
    RelativeHumidity = "relative-humidity", PLAIN;
    /// A-weighted sound level.
    SoundLevel = "sound-level", PLAIN;
    /// Illuminance.
    Illuminance = "illuminance", PLAIN;
    /// Electric resistance.
    Resistance = "resistance", [2, 1, -3, -2, 0];
    /// Level of a signal or of its loss.
    SignalLevel = "signal-level", PLAIN;
    /// Plane angle; also latitude, longitude and course.
    Angle = "angle", PLAIN;
    /// Pressure above the atmosphere's.
    PressureGauge = "pressure.gauge", PRESSURE;
    /// Pressure above vacuum.
    PressureAbsolute = "pressure.absolute", PRESSURE;
    /// Pressure between two points.
    PressureDifferential = "pressure.differential", PRESSURE;
    /// Pressure below the atmosphere's, counted downwards.
    PressureVacuum = "pressure.vacuum", PRESSURE;
    /// Temperature.
    Temperature = "temperature", TEMPERATURE;
    /// Difference of two temperatures.
    TemperatureDifference = "temperature-difference", TEMPERATURE;
    /// Volume flow rate.
    VolumeFlow = "volume-flow", FLOW;
    /// Mass flow rate.
    MassFlow = "mass-flow", [0, 1, -1, 0, 0];
    /// Volume.
    Volume = "volume", VOLUME;
    /// Mass.
    Mass = "mass", MASS;
    /// Mass per volume.
    Density = "density", DENSITY;
    /// Mass of a substance per volume of air.
    MassConcentration = "mass-concentration", DENSITY;
    /// Share of a gas in the volume of air.
    GasConcentration = "gas-concentration", PLAIN;
    /// Concentration of a combustible gas as a share of its lower explosive limit.
    ExplosiveLimitShare = "explosive-limit-share", PLAIN;
    /// Force.
    Force = "force", FORCE;
    /// Length, height or depth.
    Length = "length", LENGTH;
    /// Area.
    Area = "area", [2, 0, 0, 0, 0];
    /// Speed along a line.
    Velocity = "velocity", VELOCITY;
    /// Acceleration.
    Acceleration = "acceleration", ACCELERATION;
    /// Rotational speed.
    RotationalSpeed = "rotational-speed", RATE;
    /// Rate of turn.
    AngularVelocity = "angular-velocity", RATE;
    /// Frequency.
    Frequency = "frequency", RATE;
    /// Electric potential difference.
    Voltage = "voltage", VOLTAGE;
    /// Electric current.
    Current = "current", CURRENT;
    /// Power.
    Power = "power", POWER;
    /// Energy.
    Energy = "energy", ENERGY;
    /// A duration or a time of day.
    Time = "time", TIME;
}

impl Quantity {
    /// The quantity of a name as documents write it; `None` if it is not known.
    pub fn parse(name: &str) -> Option<Quantity> {
        Quantity::ALL.iter().copied().find(|quantity| quantity.name() == name)
    }

    /// Whether values of this quantity may be given in `unit`.
    pub fn accepts(self, unit: Unit) -> bool {
        let affine = unit.offset != 0.0;
        unit.dimension == self.dimension() && (!affine || self == Quantity::Temperature)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_convert_within_their_dimension() {
        let convert = |value, from: &str, to: &str| {
            let (from, to) = (Unit::parse(from).unwrap(), Unit::parse(to).unwrap());
            assert_eq!(from.dimension, to.dimension);
            to.from_si(from.to_si(value))
        };
        assert!((convert(150.0, "psi", "MPa") - 1.034_213_55).abs() < 1e-9);
        assert!((convert(60.0, "L/s", "m3/h") - 216.0).abs() < 1e-9);
        assert!((convert(23.0, "degC", "K") - 296.15).abs() < 1e-12);
        assert!((convert(3000.0, "r/min", "Hz") - 50.0).abs() < 1e-12);
    }

    #[test]
    fn a_difference_of_temperatures_is_not_given_in_degrees_celsius() {
        let celsius = Unit::parse("degC").unwrap();
        assert!(Quantity::Temperature.accepts(celsius));
        assert!(!Quantity::TemperatureDifference.accepts(celsius));
        assert!(!Quantity::PressureGauge.accepts(celsius));
    }

    #[test]
    fn symbols_and_names_are_unique() {
        let mut symbols: Vec<_> = Unit::known_symbols().collect();
        symbols.sort_unstable();
        let count = symbols.len();
        symbols.dedup();
        assert_eq!(symbols.len(), count);
    }
}
