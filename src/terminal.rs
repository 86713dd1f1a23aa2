//! How things look to people: pretty and in colour at a terminal, plain and compact everywhere else.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use cortex_falcon::check::{Findings, Mark};
use cortex_falcon::cortex::Report;
use serde_json::Value;

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = Style::new().dimmed();

/// Writes JSON to standard output, for whoever reads it there.
pub(crate) fn print(json: &Value) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let text = if stdout.is_terminal() { format!("{json:#}") } else { json.to_string() };
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

/// To a person who has just seen a report: what came of it, and of a failure the next step.
pub(crate) fn summarize(report: &Report) {
    if io::stdout().is_terminal() {
        let (style, mark) = if report.is_success() { (GOOD, "✓") } else { (BAD, "✗") };
        let mut lines = report.message().lines();
        let mut stderr = anstream::stderr();
        let _ = writeln!(stderr, "{style}{mark}{style:#} {}", lines.next().unwrap_or_default());
        if let Some(next) = lines.find(|line| line.starts_with("Next: ")) {
            let _ = writeln!(stderr, "  {next}");
        }
    }
}

/// Writes findings line by line, and what they come to.
pub(crate) fn tell(findings: &Findings) -> io::Result<()> {
    let mut stdout = anstream::stdout().lock();
    for line in &findings.lines {
        let (style, mark) = match line.mark {
            Mark::Good => (GOOD, "✓"),
            Mark::Bad => (BAD, "✗"),
            Mark::Note => (NOTE, "·"),
        };
        writeln!(stdout, "{style}{mark}{style:#} {line}")?;
    }
    let (style, mark) = if findings.works() { (GOOD, "✓") } else { (BAD, "✗") };
    writeln!(stdout, "{style}{mark} {}{style:#}", findings.verdict())?;
    stdout.flush()
}
