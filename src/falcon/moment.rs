//! Moments by Falcon's clock.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The end of the year 9999. What lies beyond is not written in this way.
const END: Duration = Duration::from_secs(253_402_300_799);

/// A moment by Falcon's clock, to the second: its answers tell the time no finer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(String);

impl Moment {
    /// This moment of Falcon's clock.
    #[must_use]
    pub(super) fn of(time: SystemTime) -> Moment {
        const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let text = httpdate::fmt_http_date(time.clamp(UNIX_EPOCH, UNIX_EPOCH + END));
        let mut words = text.split(' ').skip(1);
        let mut word = || words.next().unwrap_or_default();
        let (day, month, year, time) = (word(), word(), word(), word());
        let month = MONTHS.iter().position(|name| *name == month).map_or(0, |place| place + 1);
        Moment(format!("{year}-{month:02}-{day}T{time}"))
    }

    /// The moment that Falcon writes like this: `2026-05-20T08:41:17.602Z`, with a fraction of any length or without.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<Moment> {
        const SHAPE: &str = "0000-00-00T00:00:00";
        let (moment, rest) = text.split_at_checked(SHAPE.len())?;
        let is_digit = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fraction = rest.strip_suffix('Z')?;
        let is_moment = moment.bytes().zip(SHAPE.bytes()).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            sign => byte == sign,
        });
        let is_fraction = fraction.is_empty() || fraction.strip_prefix('.').is_some_and(is_digit);
        (is_moment && is_fraction).then(|| Moment(moment.to_owned()))
    }
}

/// A moment as finely as Falcon writes it, to be compared with others of Falcon's alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExactMoment {
    second: Moment,
    /// The digits after the point, without the zeros at their end.
    fraction: String,
}

impl ExactMoment {
    /// Reads a moment as [`Moment::parse`] does.
    #[must_use]
    pub(super) fn parse(text: &str) -> Option<ExactMoment> {
        let fraction =
            text.trim_end_matches('Z').split_once('.').map_or("", |(_, digits)| digits.trim_end_matches('0'));
        Some(ExactMoment { second: Moment::parse(text)?, fraction: fraction.to_owned() })
    }
}

/// As Falcon writes it.
impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}Z", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_falcon_writes_it() {
        let after = |seconds| Moment::of(UNIX_EPOCH + Duration::from_secs(seconds)).to_string();
        assert_eq!(after(0), "1970-01-01T00:00:00Z");
        assert_eq!(after(1_709_164_800), "2024-02-29T00:00:00Z");
        assert_eq!(after(1_779_266_477), "2026-05-20T08:41:17Z");
        assert_eq!(after(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn what_lies_beyond_the_years_that_are_written_is_the_nearest_that_is() {
        let beyond = [UNIX_EPOCH - Duration::from_secs(2), UNIX_EPOCH + END + Duration::from_secs(2)];
        assert_eq!(beyond.map(|time| Moment::of(time).to_string()), ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]);
    }

    #[test]
    fn exact_moments_are_in_the_order_of_time() {
        let exact = |text: &str| ExactMoment::parse(text).expect("a moment");
        let written = ["41:16.9Z", "41:17Z", "41:17.06Z", "41:17.6Z", "41:17.602Z", "41:17.61Z", "41:18.000Z"];
        let moments = written.map(|rest| exact(&format!("2026-05-20T08:{rest}")));
        assert!(moments.is_sorted_by(|one, other| one < other), "{moments:?}");
        assert_eq!(exact("2026-05-20T08:41:17.60Z"), exact("2026-05-20T08:41:17.6Z"));
        assert_eq!(exact("2026-05-20T08:41:17.000Z"), exact("2026-05-20T08:41:17Z"));
        assert_eq!(ExactMoment::parse("yesterday"), None);
    }

    #[test]
    fn a_moment_is_read_to_the_second_and_nothing_else_is_one() {
        let read = |text| Moment::parse(text).map(|moment| moment.to_string());
        for text in ["2026-05-20T08:41:17Z", "2026-05-20T08:41:17.6Z", "2026-05-20T08:41:17.602318775Z"] {
            assert_eq!(read(text).as_deref(), Some("2026-05-20T08:41:17Z"), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "1779266477602",
            "Wed, 20 May 2026 08:41:17 GMT",
            "2026-05-20 08:41:17Z",
            "2026-05-20T08:41:17",
            "2026-05-20T08:41:17+02:00",
            "2026-05-20T08:41:17.6a2Z",
            "2026-05-20T08:41:1é.602Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
