//! The levels of TLP and PAP, and their names.

use std::fmt;

use serde_json::Value;

/// TLP and PAP where a job or a configuration states none: amber, as in cortexutils.
const AMBER: f64 = 2.0;

/// One of the two protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Tlp,
    Pap,
}

/// What each level is called.
const TLP: [&str; 5] = ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"];
const PAP: [&str; 4] = ["CLEAR", "GREEN", "AMBER", "RED"];

/// TheHive 5.2 put a level of TLP between amber and red.
const SHIFTED: &str = "AMBER+STRICT";

/// How sensitive something is, by one of the protocols.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Level(f64);

impl Protocol {
    /// Its name in a job and in a configuration item.
    pub(super) fn member(self) -> &'static str {
        match self {
            Protocol::Tlp => "tlp",
            Protocol::Pap => "pap",
        }
    }

    /// Returns the name of a level, and what older versions of TheHive call it; `None` if it is between the levels or beyond.
    fn name(self, level: Level) -> Option<(&'static str, &'static str)> {
        let names = match self {
            Protocol::Tlp => TLP.as_slice(),
            Protocol::Pap => &PAP,
        };
        let (_, name) = (0_u8..).zip(names).find(|(number, _)| level == Level(f64::from(*number)))?;
        Some((name, if *name == SHIFTED { "; RED before TheHive 5.2" } else { "" }))
    }

    /// Returns a job's level in words: `TLP 3 (AMBER+STRICT; RED before TheHive 5.2)`.
    pub(super) fn with(self, level: Level) -> String {
        let name = self.name(level).map(|(name, older)| format!(" ({name}{older})"));
        format!("{self} {level}{}", name.unwrap_or_default())
    }

    /// Returns a responder's limit in words: `TLP:AMBER (2)`.
    pub(super) fn limited_to(self, level: Level) -> String {
        match self.name(level) {
            Some((name, older)) => format!("{self}:{name} ({level}{older})"),
            None => format!("{self} {level}"),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Protocol::Tlp => "TLP",
            Protocol::Pap => "PAP",
        })
    }
}

impl Level {
    /// Reads a level; amber if there is none. Returns `None` if the value is not a number.
    pub(super) fn parse(value: &Value) -> Option<Level> {
        let level = match value {
            Value::Null => Some(AMBER),
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok().filter(|level: &f64| level.is_finite()),
            _ => None,
        };
        // Without the sign of a zero.
        level.map(|level| Level(level + 0.0))
    }
}

impl fmt::Display for Level {
    /// Shows a number of a few digits as it is, and any other with an exponent.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Level(level) = self;
        let has_few_digits = *level == 0.0 || (1e-6..1e9).contains(&level.abs());
        if has_few_digits { write!(formatter, "{level}") } else { write!(formatter, "{level:e}") }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Level, Protocol};

    #[test]
    fn each_level_has_its_name() {
        let level = |value| Level::parse(&value).unwrap_or(Level(f64::NAN));
        for (protocol, value, of_job, limit) in [
            (Protocol::Tlp, json!(0), "TLP 0 (CLEAR)", "TLP:CLEAR (0)"),
            (Protocol::Tlp, json!(2.0), "TLP 2 (AMBER)", "TLP:AMBER (2)"),
            (
                Protocol::Tlp,
                json!("3"),
                "TLP 3 (AMBER+STRICT; RED before TheHive 5.2)",
                "TLP:AMBER+STRICT (3; RED before TheHive 5.2)",
            ),
            (Protocol::Tlp, json!(4), "TLP 4 (RED)", "TLP:RED (4)"),
            (Protocol::Pap, json!(3), "PAP 3 (RED)", "PAP:RED (3)"),
            (Protocol::Pap, json!(null), "PAP 2 (AMBER)", "PAP:AMBER (2)"),
            (Protocol::Pap, json!(4), "PAP 4", "PAP 4"),
            (Protocol::Tlp, json!(2.5), "TLP 2.5", "TLP 2.5"),
            (Protocol::Tlp, json!(-1), "TLP -1", "TLP -1"),
            (Protocol::Tlp, json!(-0.0), "TLP 0 (CLEAR)", "TLP:CLEAR (0)"),
            (Protocol::Tlp, json!(1e300), "TLP 1e300", "TLP 1e300"),
            (Protocol::Pap, json!("-1e300"), "PAP -1e300", "PAP -1e300"),
            (Protocol::Pap, json!(1e-300), "PAP 1e-300", "PAP 1e-300"),
        ] {
            assert_eq!(
                (protocol.with(level(value.clone())), protocol.limited_to(level(value))),
                (of_job.into(), limit.into())
            );
        }
    }
}
