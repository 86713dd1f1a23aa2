//! Any answer to any call: each id ends up done or not done, once, and nothing but 200 and 201 does anything.
#![no_main]

use cortex_falcon::falcon::{Call, CaseId, CompositeId, IncidentId, Status, alerts, cases, incidents, judge};
use cortex_falcon::http::Answer;
use cortex_falcon::secret::Secrets;
use libfuzzer_sys::fuzz_target;

fn call(kind: u8) -> Option<Call> {
    let status = Status::Closed;
    Some(match kind % 3 {
        0 => {
            let ids = ["8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:1", "8f2e6d0c4b9a47e1b3d5f70912c4a6e8:ind:2"];
            let ids: Result<Vec<CompositeId>, _> = ids.into_iter().map(CompositeId::new).collect();
            alerts::update(&ids.ok()?, status)
        }
        1 => incidents::update(&[IncidentId::new("inc:1").ok()?], status),
        _ => cases::update(&CaseId::new("Y2FzZQ").ok()?, status),
    })
}

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (kind, status, body) = input;
    let Some(call) = call(kind) else { return };
    let answer = Answer { status: status % 600, body: body.to_vec(), ..Answer::default() };
    let outcome = judge(&call, &answer, &Secrets::default());
    let failed = outcome.failures.iter().flat_map(|failure| &failure.ids);
    let mut told: Vec<&str> = outcome.done.iter().chain(failed).map(String::as_str).collect();
    told.sort_unstable();
    let mut asked: Vec<&str> = call.change.ids.iter().map(String::as_str).collect();
    asked.sort_unstable();
    assert_eq!(told, asked);
    assert!(answer.is_success() || outcome.done.is_empty());
});
