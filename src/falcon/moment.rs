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
