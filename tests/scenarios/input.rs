//! What jobs look like: every shape of every TheHive version, and what is none of them.

use serde_json::{Value, json};

use crate::common::{ALERT, CASE, CID, Falcon, INCIDENT, Job, OTHER_ALERT, Responder, fixture, job};

#[test]
fn thehive_5_writes_custom_fields_as_rows_too() {
    let falcon = Falcon::start().updates_alerts(&[ALERT, OTHER_ALERT], "closed").updates_case(CASE, "closed");
    let report = Responder::on(job("thehive5-case-api-v1"), &falcon).run().success();
    assert_eq!(report["full"]["verdict"], "TruePositive");
    let falcon = Falcon::start().updates_alerts(&[ALERT, OTHER_ALERT], "closed").updates_case(CASE, "closed");
    let rows_only = job("thehive5-case-api-v1").without("/data/customFieldValues");
    Responder::on(rows_only, &falcon).run().success();
}

#[test]
fn thehive_3_and_4_have_statuses_for_stages() {
    for (fixture, statuses) in [
        (
            "thehive4-alert",
            [("New", "new"), ("Updated", "new"), ("Imported", "in_progress"), ("Ignored", "closed")].as_slice(),
        ),
        ("thehive3-alert", &[("New", "new"), ("Updated", "new"), ("Imported", "in_progress"), ("Ignored", "closed")]),
        ("thehive4-case", &[("Open", "in_progress"), ("Resolved", "closed"), ("Duplicated", "closed")]),
    ] {
        for (thehive, alert) in statuses {
            let incident = if *alert == "closed" { "40" } else { "30" };
            let falcon = Falcon::start().updates_alerts(&[ALERT], alert);
            let falcon =
                if fixture == "thehive4-case" { falcon.updates_incidents(&[INCIDENT], incident) } else { falcon };
            Responder::on(job(fixture).with("/data/status", *thehive), &falcon).run().success();
        }
    }
    let falcon = Falcon::start().updates_incidents(&[INCIDENT], "30");
    let report = Responder::on(job("thehive3-case"), &falcon).run().success();
    assert_eq!(report["full"]["subject"], "case #1405");
}

#[test]
fn a_verdict_is_no_state() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "closed").updates_incidents(&[INCIDENT], "40");
    let report = Responder::on(job("thehive4-case"), &falcon).run().success();
    assert_eq!(
        report["full"]["verdict"], "TruePositive",
        "status Resolved stands beside resolutionStatus TruePositive"
    );
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let report = Responder::on(job("thehive5-alert"), &falcon).run().success();
    assert_eq!(report["full"]["verdict"], Value::Null);
}

#[test]
fn ids_come_in_every_shape_and_keep_their_order() {
    let id = |rest: &str| format!("{CID}:ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:{rest}");
    let falcon = Falcon::start()
        .updates_alerts(&[ALERT, OTHER_ALERT, &id("3"), &id("4")], "in_progress")
        .updates_incidents(&[INCIDENT], "30")
        .updates_case("20260042", "in_progress");
    Responder::on(job("ids-of-every-shape"), &falcon).run().success();
}

#[test]
fn an_alert_without_an_id_is_known_by_its_source() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
    Responder::on(job("thehive5-alert-source-ref"), &falcon).run().success();
}

#[test]
fn a_source_counts_only_where_no_field_holds_an_id() {
    let falcon = Falcon::start().updates_case(CASE, "in_progress");
    let linked = job("thehive5-alert-source-ref").linked_to(json!({"csfalcon-case-id": CASE}));
    Responder::on(linked, &falcon).run().success();
}

#[test]
fn a_source_that_is_no_composite_id_is_left_alone() {
    for source in
        ["2026-11-20T10:00:00", "urn:uuid:1", "https://siem.example:8443/a:b", "", &format!("{ALERT},{OTHER_ALERT}")]
    {
        let falcon = Falcon::silent();
        let job = job("alert-not-from-falcon").with("/data/sourceRef", source);
        Responder::on(job, &falcon).run().fails_with(&[
            "nothing to update",
            "csfalcon-alert-id, csfalcon-incident-id and csfalcon-case-id",
            "sourceRef",
        ]);
    }
}

#[test]
fn a_cases_source_is_no_id() {
    let falcon = Falcon::silent();
    let job = job("thehive5-case").linked_to(json!({})).with("/data/sourceRef", ALERT);
    Responder::on(job, &falcon).run().fails_with(&["Case #42: there is nothing to update"]);
}

#[test]
fn each_bad_input_is_told_with_what_was_expected() {
    let case = || job("thehive5-case");
    let jobs: Vec<(Job, &[&str])> = vec![
        (job("observable"), &["dataType is \"thehive:case_artifact\"", "thehive:alert", "thehive:case"]),
        (case().without("/dataType"), &["no dataType", "thehive:alert"]),
        (case().with("/dataType", 7), &["dataType is 7"]),
        (case().without("/data"), &["no data", "the case as a JSON object"]),
        (case().with("/data", "x"), &["data is \"x\"", "the case as a JSON object"]),
        (case().with("/data", json!([1])), &["data is a list of 1 items"]),
        (
            case().without("/data/stage").without("/data/status"),
            &["Case #42", "neither stage nor status", "InProgress"],
        ),
        (
            case().with("/data/stage", "Archived"),
            &["stage \"Archived\" is unknown", "New, InProgress, Imported or Closed"],
        ),
        (case().with("/data/stage", json!({"a": 1})), &["stage an object is unknown"]),
        (
            case().without("/data/stage").with("/data/status", "Deleted"),
            &["status \"Deleted\"", "Open, Resolved or Duplicated"],
        ),
        (case().without("/config"), &["no config"]),
        (case().with("/config", json!([])), &["config is not a JSON object"]),
    ];
    for (job, parts) in jobs {
        Responder::new().stdin(job.0.to_string()).run().fails_with(parts);
    }
}

#[test]
fn what_is_no_job_at_all_is_told_as_that() {
    for (input, parts) in [
        ("", &["the job is empty"][..]),
        (" \n", &["the job is empty"]),
        ("{", &["not JSON", "line 1 column 1"]),
        ("<html>", &["not JSON"]),
        ("[]", &["JSON list", "expected an object"]),
        ("\"job\"", &["single JSON value"]),
        ("{}", &["no config"]),
    ] {
        let parts: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
        let message = Responder::new().argument("-").stdin(input).run().failure().to_lowercase();
        assert!(parts.iter().all(|part| message.contains(part)), "{input:?}: {message}");
    }
    Responder::new().stdin(b"{\"data\": \"\xff\"}".to_vec()).run().fails_with(&["not JSON"]);
    Responder::new().stdin("[".repeat(100_000)).run().fails_with(&["not JSON"]);
}

/// What serde refuses: half of a surrogate pair, what Python writes for numbers that are none, a number that is too large,
/// 400 levels, a line break.
fn odd_values() -> Vec<String> {
    let odd = ["\"\\ud83d\"", "\"\\udc00\\ud83d\"", "NaN", "-Infinity", "1e400", "\"a\nb\""].map(str::to_owned);
    let deep =
        [("[", "]"), ("{\"a\":", "}")].map(|(open, close)| format!("{}0{}", open.repeat(400), close.repeat(400)));
    odd.into_iter().chain(deep).collect()
}

/// The text of a job with this value, which need not be JSON.
fn with_odd(job: Job, pointer: &str, odd: &str) -> String {
    job.with(pointer, "ODD").0.to_string().replace("\"ODD\"", odd)
}

#[test]
fn an_odd_member_that_is_not_needed_spoils_no_job() {
    for odd in odd_values() {
        for pointer in
            ["/data/title", "/data/odd", "/odd", "/config/odd", "/parameters/odd", "/data/customFieldValues/odd"]
        {
            let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
            let job = job("thehive5-alert").with("/config/base_url", falcon.url());
            let ran = Responder::new().stdin(with_odd(job, pointer, &odd)).run();
            assert_eq!(ran.report()["success"], true, "{pointer} is {odd}: {ran:?}");
        }
    }
}

#[test]
fn an_odd_member_that_is_needed_is_refused() {
    for odd in odd_values() {
        for (pointer, part) in [
            ("/data/stage", "stage"),
            ("/tlp", "tlp is no number"),
            ("/dataType", "dataType"),
            ("/config/service", "service"),
        ] {
            Responder::new().stdin(with_odd(job("thehive5-alert"), pointer, &odd)).run().fails_with(&[part]);
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_obstacle() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "new");
    let text = job("thehive5-alert").with("/config/base_url", falcon.url()).0.to_string();
    Responder::new().stdin(format!("\u{feff}{text}")).run().success();
}

#[test]
fn fifty_megabytes_are_no_job() {
    let mut input = fixture("jobs/thehive5-case.json").into_bytes();
    input.resize(50_000_000, b' ');
    let said = "Cannot read the job from standard input: it is longer than 8 MB; expected one alert or case as Cortex sends it.";
    assert_eq!(Responder::new().stdin(input).run().failure(), said);
}

#[test]
fn ids_may_hold_letters_of_any_script() {
    let alerts = [format!("{CID}:ind:3c1f5a7e:é-ж-字-1"), format!("{CID}:thirdparty:straße:42")];
    let falcon = Falcon::start()
        .updates_alerts(&alerts, "in_progress")
        .updates_incidents(&["inc:ñandú:1"], "30")
        .updates_case("zaś-42", "in_progress");
    let links =
        json!({"csfalcon-alert-id": alerts, "csfalcon-incident-id": "inc:ñandú:1", "csfalcon-case-id": "zaś-42"});
    let report = Responder::on(job("thehive5-case").linked_to(links), &falcon).run().success();
    assert_eq!(report["full"]["targets"][0]["ids"], json!(alerts));
}

#[test]
fn placeholders_hold_no_id() {
    for placeholder in
        ["N/A", "n/a", "-", "none", "None", "NONE", "null", "NULL", "0"].map(Value::from).into_iter().chain([json!(0)])
    {
        let falcon = Falcon::start().updates_incidents(&[INCIDENT], "30");
        let beside = json!({"csfalcon-alert-id": placeholder, "csfalcon-case-id": [placeholder], "csfalcon-incident-id": INCIDENT});
        Responder::on(job("thehive5-case").linked_to(beside), &falcon).run().success();
        let alone = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": placeholder}));
        Responder::on(alone, &Falcon::silent()).run().fails_with(&["Case #42: there is nothing to update"]);
        let text = placeholder.as_str().map_or_else(|| placeholder.to_string(), str::to_owned);
        let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
        let mixed = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": format!("{text}, {ALERT}; {text}")}));
        Responder::on(mixed, &falcon).run().success();
    }
}

#[test]
fn an_id_never_leaves_the_body() {
    let hostile = "../../oauth2/revoke?x=1&y=%zz#:a~1";
    let falcon = Falcon::start().updates_case(hostile, "in_progress");
    Responder::on(job("thehive5-case").linked_to(json!({"csfalcon-case-id": hostile})), &falcon).run().success();
}

#[test]
fn a_legacy_detection_is_told_and_sinks_no_other_alert() {
    let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
    let links = json!({"csfalcon-alert-id": ["ldt:3c1f5a7e:9", ALERT]});
    let message = Responder::on(job("thehive5-case").linked_to(links), &falcon).run().failure();
    assert!(message.contains("\n1 alert was updated to in_progress."), "{message}");
    assert!(message.contains("ldt:3c1f5a7e:9") && message.contains("2025-09-30"), "{message}");
    let only_legacy = job("thehive5-case").linked_to(json!({"csfalcon-alert-id": "ldt:3c1f5a7e:9"}));
    Responder::on(only_legacy, &Falcon::silent()).run().fails_with(&["1 alert linked to case #42", "composite ID"]);
}
