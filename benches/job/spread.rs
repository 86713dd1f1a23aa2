//! Many figures in short.

use std::time::Duration;

/// The middle figure, and the two between which the middle half lies.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    low: f64,
    pub median: f64,
    high: f64,
}

impl Spread {
    /// Of figures in whatever order; there must be one.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Spread {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let at = |quarters: usize| figures[(figures.len() - 1) * quarters / 4];
        Spread { low: at(1), median: at(2), high: at(3) }
    }

    /// As a table shows it.
    pub fn text(self, unit: &str) -> String {
        format!("{:.2} {unit} ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}

/// In milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// In millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "nothing here has so much memory")]
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
