//! Cortex's side: where a job comes from, what it says, and the report that answers it.

mod job;
mod level;
mod limits;
mod output;
mod redaction;
mod report;
mod source;

pub use job::{Job, LONGEST_JOB};
pub(crate) use limits::Limits;
pub use output::ReportFile;
pub use report::{Label, Operation, Report};
pub use source::Source;
