//! How reasons are put together: one cause for all objects that share it, and the advice that fits all of them.

use serde_json::{Value, json};

use crate::common::falcon::ALERTS;
use crate::common::stand_in::Disturbance;
use crate::common::{ALERT, CID, Fault, Job, Responder, StandIn, answers, job};
use crate::confirmation::instead;

const OTHER_CID: &str = "00112233445566778899aabbccddeeff";

fn failure(falcon: &StandIn, job: Job) -> String {
    Responder::new().stdin(job.with("/config/base_url", falcon.url()).0.to_string()).run().failure()
}

fn linked_to(field: &str, ids: &[String]) -> Job {
    job("thehive5-case").linked_to(json!({ field: ids }))
}

/// IDs of alerts of one tenant.
fn alerts(cid: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{cid}:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:17219-10357-{number}")).collect()
}

/// A Falcon that updates none of these alerts, and says this of each.
fn refusing_each(ids: &[String], says: impl Fn(&str) -> String) -> StandIn {
    let error = |id: &String| json!({"code": 400, "message": says(id), "id": id});
    let errors: Vec<Value> = ids.iter().map(error).collect();
    StandIn::in_the_clear().fails(ALERTS, instead(&answers::alerts_updated(0, errors)), usize::MAX)
}

#[test]
fn a_thousand_reasons_that_differ_in_their_own_id_are_one() {
    let ids = alerts(CID, 1_000);
    let without_cid = |id: &str| id.split_once(':').expect("a CID").1.to_owned();
    let falcons = [
        refusing_each(&ids, |id| format!("{id} is locked, {id}!")),
        refusing_each(&ids, |id| format!("{} is locked, {id}!", without_cid(id))),
    ];
    for falcon in falcons {
        let message = failure(&falcon, linked_to("csfalcon-alert-id", &ids));
        let cause = "1000 alerts linked to case #42 (InProgress in TheHive) were not updated to in_progress: Falcon said: (its ID) is locked, (its ID)! (code 400).\nNext: ";
        assert!(message.starts_with(cause), "{}", &message[..1_000]);
        assert_eq!((message.lines().count(), message.matches("code 400").count()), (3, 1));
        assert!(ids.iter().all(|id| message.contains(id.as_str())), "every ID is named");
    }
}

#[test]
fn cases_that_are_refused_one_by_one_are_one_cause_too() {
    let ids: Vec<String> = (0..30).map(|number| format!("b3BlbmNhc2UtMDAwMQ-{number}")).collect();
    let falcon = StandIn::in_the_clear().disturbed(|request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let refusal = |id: &str| answers::refusal(404, &format!("no case {id} in this tenant")).text();
        let fault = |id: &str| Fault::Answer { status: 404, headers: Vec::new(), body: refusal(id).into() };
        Disturbance { fault: body["id"].as_str().map(fault), ..Disturbance::default() }
    });
    let message = failure(&falcon, linked_to("csfalcon-case-id", &ids));
    let cause = "30 cases linked to case #42 (InProgress in TheHive) were not updated to in_progress: Falcon answered HTTP 404: no case (its ID) in this tenant (code 404).\nNext: ";
    assert!(message.starts_with(cause), "{message}");
    assert_eq!(message.matches("code 404").count(), 1, "{message}");
}

#[test]
fn a_reason_of_one_keeps_its_id_and_other_words_are_another_reason() {
    let ids = alerts(CID, 3);
    let falcon =
        refusing_each(&ids, |id| if id == ids[0] { format!("{id} is gone") } else { format!("{id} is locked") });
    let message = failure(&falcon, linked_to("csfalcon-alert-id", &ids));
    let gone = format!(
        "1 alert linked to case #42 (InProgress in TheHive) was not updated to in_progress: Falcon said: {} is gone (code 400).",
        ids[0]
    );
    let locked = "\n2 alerts were not updated to in_progress: Falcon said: (its ID) is locked (code 400).";
    assert!(message.contains(&gone) && message.contains(locked), "{message}");
}

/// What is advised about alerts of two tenants.
fn of_two_cids() -> String {
    format!(
        "The alert IDs of this job begin with 2 CIDs ({OTHER_CID} and {CID}), and a responder reaches the alerts of one tenant: for those of a child tenant, run one whose member_cid is the child's CID."
    )
}

#[test]
fn alerts_of_two_tenants_lead_to_member_cid() {
    let [ours, others] = [CID, OTHER_CID].map(|cid| alerts(cid, 2));
    let both = [ours.as_slice(), &others].concat();
    let unknown = StandIn::in_the_clear().without(&others[0]).without(&others[1]);
    let refused = [400, 403, 404].map(|status| {
        let fault =
            Fault::Answer { status, headers: Vec::new(), body: answers::refusal(status, "quokka").text().into() };
        StandIn::in_the_clear().fails(ALERTS, fault, usize::MAX)
    });
    for falcon in refused.iter().chain([&unknown]) {
        let message = failure(falcon, linked_to("csfalcon-alert-id", &both));
        let next = message.lines().find(|line| line.starts_with("Next: ")).expect("advice");
        assert!(next.ends_with(&of_two_cids()), "{message}");
    }
    assert_eq!(unknown.status_of(&ours[1]).as_deref(), Some("in_progress"));
}

#[test]
fn other_failures_and_other_alerts_do_not_lead_to_member_cid() {
    let [ours, others] = [CID, OTHER_CID].map(|cid| alerts(cid, 2));
    let both = [ours.as_slice(), &others].concat();
    let limited =
        Fault::Answer { status: 413, headers: Vec::new(), body: answers::named("too-many-ids").text().into() };
    for (falcon, ids) in [
        (StandIn::in_the_clear().fails(ALERTS, limited, usize::MAX), &both),
        // One alert of each tenant was updated.
        (StandIn::in_the_clear().without(&ours[0]).without(&others[0]), &both),
        (StandIn::in_the_clear().without(&ours[0]), &ours),
        (StandIn::in_the_clear().without("cid:ind:1"), &vec!["cid:ind:1".to_owned(), ALERT.to_owned()]),
    ] {
        let message = failure(&falcon, linked_to("csfalcon-alert-id", ids));
        assert!(!message.contains("member_cid"), "{message}");
    }
}
