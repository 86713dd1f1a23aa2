//! Any answer to any call: each id ends up updated or not updated, once, and nothing but 2xx updates anything.
#![no_main]

use cortex_falcon::falcon::answer::Answer;
use cortex_falcon::falcon::envelope::judge;
use cortex_falcon::falcon::{Call, CaseId, CompositeId, IncidentId, Status};
use libfuzzer_sys::fuzz_target;

fn call(kind: u8) -> Option<Call> {
    let status = Status::Closed;
    Some(match kind % 3 {
        0 => Call::UpdateAlerts {
            ids: ["a:ind:1", "a:ind:2"].map(CompositeId::new).into_iter().collect::<Result<_, _>>().ok()?,
            status,
        },
        1 => Call::UpdateIncidents { ids: vec![IncidentId::new("inc:1").ok()?], status },
        _ => Call::UpdateCase { id: CaseId::new("Y2FzZQ").ok()?, status },
    })
}

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (kind, status, body) = input;
    let Some(call) = call(kind) else { return };
    let answer = Answer { status: status % 600, body: body.to_vec(), ..Answer::default() };
    let judgement = judge(&call, &answer);
    let failed = judgement.failures.iter().flat_map(|failure| &failure.ids);
    let mut told: Vec<&str> = judgement.updated.iter().chain(failed).map(String::as_str).collect();
    told.sort_unstable();
    let mut asked = call.ids();
    asked.sort_unstable();
    assert_eq!(told, asked);
    assert!(answer.is_success() || judgement.updated.is_empty());
});
