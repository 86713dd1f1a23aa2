//! One case on its way: TheHive's case gets one in Falcon, which follows it, is given its evidence, and is closed with it.

use serde_json::{Value, json};

use crate::common::stand_in::case::Case;
use crate::common::{ALERT, OTHER_ALERT, Responder, StandIn, job};

/// TheHive's side: a case, and what becomes of it by the operations of reports.
struct TheHive {
    case: Value,
}

impl TheHive {
    /// Runs a responder on the case as it is by now, and does what the report asks TheHive to do.
    fn runs(&mut self, service: &str, falcon: &StandIn) -> Value {
        let job = job("create-case").with("/data", self.case.clone()).with("/config/service", service);
        let job = job.with("/config/base_url", falcon.url());
        let report = Responder::new().stdin(job.0.to_string()).run().success();
        report["operations"].as_array().unwrap().iter().for_each(|operation| self.does(operation));
        report
    }

    fn does(&mut self, operation: &Value) {
        match operation["type"].as_str().unwrap() {
            "AddCustomFields" => {
                assert_eq!(operation["tpe"], "string");
                let name = operation["name"].as_str().unwrap();
                self.case["customFieldValues"][name] = operation["value"].clone();
            }
            "AddTagToCase" => {
                let tags = self.case["tags"].as_array_mut().unwrap();
                tags.push(operation["tag"].clone());
                tags.dedup();
            }
            other => panic!("TheHive does no {other} on a case"),
        }
    }
}

/// The one case that there is.
fn the_case(falcon: &StandIn) -> Case {
    let cases: Vec<Case> = falcon.cases().into_values().collect();
    let [case] = &cases[..] else { panic!("{} cases: {cases:?}", cases.len()) };
    case.clone()
}

#[test]
fn one_case_is_created_followed_given_its_evidence_and_closed() {
    let falcon = StandIn::in_the_clear();
    let mut thehive = TheHive { case: job("create-case").with("/data/stage", "New").0["data"].take() };

    // An analyst runs create_case. TheHive takes the new id from the report.
    let report = thehive.runs("create_case", &falcon);
    let created = the_case(&falcon);
    assert_eq!(report["full"]["case"], json!({"id": created.id, "mark": "thehive:~45056"}));
    assert_eq!(thehive.case["customFieldValues"]["csfalcon-case-id"], json!(created.id));
    assert_eq!(
        (created.name.as_str(), created.severity, created.status.as_str()),
        ("Beacon to 192.0.2.1 from FIN-LT-0042", 70, "new")
    );
    assert_eq!(created.tags, ["thehive:~45056", "soc:tier-2", "source:falcon"]);
    assert_eq!((created.alerts, created.events), (vec![ALERT.to_owned()], vec!["event_0042_1".to_owned()]));
    assert_eq!(falcon.status_of(ALERT), None, "to be evidence changes nothing of an alert");

    // The analyst begins to work on it. A notification runs sync, which finds the case and its alert in their fields.
    thehive.case["stage"] = "InProgress".into();
    let report = thehive.runs("sync", &falcon);
    let message = "Falcon follows case #43, which is InProgress in TheHive: 1 alert and 1 case.";
    assert_eq!(report["full"]["message"], message);
    let synced = the_case(&falcon);
    assert_eq!((&synced.id, synced.status.as_str()), (&created.id, "in_progress"));
    assert_eq!(falcon.status_of(ALERT).as_deref(), Some("in_progress"));

    // Another alert is merged into TheHive's case.
    thehive.case["customFieldValues"]["csfalcon-alert-id"] = json!([ALERT, OTHER_ALERT]);
    thehive.runs("add_evidence", &falcon);
    let filled = the_case(&falcon);
    assert_eq!(filled.alerts, [ALERT, OTHER_ALERT], "the first was there already, and is there once");
    assert_eq!(filled.events, ["event_0042_1"]);

    // The analyst closes TheHive's case; the notification runs sync again.
    thehive.case["stage"] = "Closed".into();
    thehive.case["extendedStatus"] = "TruePositive".into();
    let report = thehive.runs("sync", &falcon);
    assert_eq!(report["full"]["verdict"], "TruePositive");
    let closed = the_case(&falcon);
    let mut expected = filled;
    (expected.status, expected.version, expected.updated) = ("closed".into(), closed.version, closed.updated.clone());
    assert_eq!(closed, expected, "nothing else of it has changed");
    for alert in [ALERT, OTHER_ALERT] {
        assert_eq!(falcon.status_of(alert).as_deref(), Some("closed"), "{alert}");
    }

    // And whoever runs create_case once more is told that there is one.
    let report = thehive.runs("create_case", &falcon);
    let message = format!("Case #43 has the case {} in Falcon already.", closed.id);
    assert_eq!(report["full"]["message"], message);
    assert_eq!((falcon.cases_created(), the_case(&falcon)), (1, closed));
    assert_eq!(thehive.case["tags"], json!(["soc:tier-2", "source:falcon", "csfalcon:synced"]));
}
