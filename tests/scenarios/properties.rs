//! What holds for any input.

use cortex_falcon::Run;
use cortex_falcon::config::{Config, ITEMS};
use cortex_falcon::environment::Environment;
use cortex_falcon::falcon::{Call, CaseId, CompositeId, IncidentId, Status, alerts, cases, incidents, judge};
use cortex_falcon::http::Answer;
use cortex_falcon::secret::Secrets;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::common::answers::{self, named, put};
use crate::common::responder::assert_accepted_by_cortex;
use crate::common::{ALERT, CASE, CID, INCIDENT, OTHER_ALERT, job};

/// The report on these bytes, as the binary would give it.
fn report_on(bytes: Vec<u8>) -> Value {
    let report = Run::new(Environment::empty()).respond(move || Ok(bytes)).as_json().clone();
    assert_accepted_by_cortex(&report);
    report
}

pub fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(key(), inner, 0..6).prop_map(|map| Value::from(Map::from_iter(map))),
        ]
    })
}

/// Names that mean something to the responder, and others.
fn key() -> impl Strategy<Value = String> {
    let known = [
        "data",
        "dataType",
        "config",
        "tlp",
        "pap",
        "stage",
        "status",
        "customFields",
        "customFieldValues",
        "name",
        "value",
        "string",
        "order",
        "csfalcon-alert-id",
        "csfalcon-case-id",
        "sourceRef",
        "service",
        "verify_ssl",
        "check_tlp",
        "max_tlp",
        "proxy",
        "https",
        "jobTimeout",
        "scope",
        "timeout_seconds",
    ];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), ".{0,8}"]
}

/// A configuration item, ours or Cortex's.
fn item() -> impl Strategy<Value = String> {
    let ours = ITEMS.iter().map(|item| item.name);
    let names: Vec<&str> =
        ours.chain(["proxy", "proxy_https", "cacerts", "jobTimeout", "service", "check_tlp"]).collect();
    proptest::sample::select(names).prop_map(str::to_owned)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_a_report(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert_eq!(&report_on(bytes)["success"], &json!(false));
    }

    #[test]
    fn any_json_gets_a_report(json in any_json()) {
        prop_assert_eq!(&report_on(json.to_string().into_bytes())["success"], &json!(false));
    }

    #[test]
    fn a_job_with_anything_in_it_gets_a_report(part in proptest::sample::select(vec!["data", "tlp", "pap", "dataType"]), json in any_json()) {
        let mut job = job("thehive5-case").without("/config/client_secret").0;
        job[part] = json;
        let _ = report_on(job.to_string().into_bytes());
    }

    #[test]
    fn a_configuration_with_anything_in_it_gets_a_report(name in item(), json in any_json()) {
        let mut job = job("thehive5-case").0;
        job["config"][name.as_str()] = json;
        let environment = Environment::empty();
        let config = Config::new(job["config"].as_object().unwrap(), &environment);
        let secrets = Secrets::default();
        let way = config.login(&secrets).and_then(|login| config.network(&login, &secrets));
        prop_assert!(way.is_ok() || !way.unwrap_err().to_string().is_empty());
        job["config"]["client_secret"] = Value::Null;
        let _ = report_on(job.to_string().into_bytes());
    }

    #[test]
    fn no_secret_survives_in_a_report(secret in "[ -~]{4,40}", name in proptest::sample::select(vec!["client_secret", "my_API_key", "Password2", "accessToken"])) {
        let mut job = job("alert-not-from-falcon").0;
        job["config"][name] = secret.clone().into();
        job["data"]["title"] = format!("before {secret} after").into();
        let title = report_on(job.to_string().into_bytes())["input"]["data"]["title"].clone();
        prop_assert_eq!(title, json!("before REMOVED after"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_id_is_updated_or_not_whatever_falcon_answers(status in 100_u16..600, body in answer()) {
        let ids = ["1", "2", "3"].map(|rest| format!("{CID}:ind:{rest}"));
        let call = alerts::update(&ids.each_ref().map(|id| CompositeId::new(id).unwrap()), Status::Closed);
        let answer = Answer { status, body: body.to_string().into_bytes(), ..Answer::default() };
        let judgement = judge(&call, &answer, &Secrets::default());
        let failed = judgement.failures.iter().flat_map(|failure| failure.ids.clone());
        let mut told: Vec<String> = judgement.done.iter().cloned().chain(failed).collect();
        told.sort();
        prop_assert_eq!(&told, &ids);
        prop_assert!(answer.is_success() || judgement.done.is_empty());
        let sound = body["errors"].as_array().is_none_or(Vec::is_empty) && body.is_object();
        prop_assert!(sound || judgement.done.len() < ids.len(), "errors inside are never all of a success: {}", body);
    }
}

/// Answers near Falcon's own.
fn answer() -> impl Strategy<Value = Value> {
    let of = |rest: &str| format!("{CID}:ind:{rest}");
    let id = proptest::sample::select(vec![json!(of("1")), json!(of("9")), json!(7), Value::Null]);
    let message = proptest::sample::select(vec![json!("gone"), json!(format!("no \"{}\".", of("2"))), Value::Null]);
    let error = (id, message).prop_map(|(id, message)| json!({"code": 404, "id": id, "message": message}));
    let errors = prop_oneof![
        proptest::collection::vec(prop_oneof![error, any_json()], 0..4).prop_map(Value::from),
        Just(Value::Null),
        any_json(),
    ];
    let affected = prop_oneof![(0_u64..5).prop_map(Value::from), Just(Value::Null), any_json()];
    let envelope = (errors, affected)
        .prop_map(|(errors, affected)| json!({"meta": {"writes": {"resources_affected": affected}}, "errors": errors}));
    prop_oneof![4 => envelope, 1 => any_json()]
}

/// An update of each kind, as the answers of the fixtures are about them.
fn updates() -> [Call; 3] {
    let alert = |id| CompositeId::new(id).unwrap();
    [
        alerts::update(&[alert(ALERT), alert(OTHER_ALERT)], Status::InProgress),
        incidents::update(&[IncidentId::new(INCIDENT).unwrap()], Status::InProgress),
        cases::update(&CaseId::new(CASE).unwrap(), Status::InProgress),
    ]
}

/// What a member of an envelope is to the judge.
#[derive(PartialEq)]
enum Member {
    /// It proves something.
    Proof,
    /// It proves nothing itself, but something in it does.
    Around,
    Nothing,
}

fn member(path: &[&str]) -> Member {
    match path {
        ["errors" | "error" | "error_description", ..]
        | ["meta", "writes", "resources_affected", ..]
        | ["resources", _, "id" | "composite_id" | "incident_id" | "status" | "version", ..]
        | ["resources", _, "consistency", "version", ..] => Member::Proof,
        [] | ["meta" | "resources"] | ["meta", "writes"] | ["resources", _] | ["resources", _, "consistency"] => {
            Member::Around
        }
        _ => Member::Nothing,
    }
}

/// A step of a JSON pointer.
fn escaped(name: &&str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Where in an answer the members are that prove nothing, at any depth.
fn without_proof(value: &Value, path: &[&str]) -> Vec<String> {
    let kind = member(path);
    let here = (kind == Member::Nothing).then(|| path.iter().map(escaped).collect());
    let inside = |(name, value): (&str, &Value)| without_proof(value, &[path, &[name]].concat());
    let inside: Vec<String> = match value {
        _ if kind == Member::Proof => Vec::new(),
        Value::Object(members) => members.iter().flat_map(|(name, value)| inside((name, value))).collect(),
        Value::Array(items) => items.iter().enumerate().flat_map(|(n, item)| inside((&n.to_string(), item))).collect(),
        _ => Vec::new(),
    };
    here.into_iter().chain(inside).collect()
}

/// A member that no answer has, in an object that proves something.
fn with_surprise(mut answer: Value, surprise: &Value) -> Value {
    for place in ["", "/meta", "/meta/writes", "/resources/0", "/resources/0/consistency"] {
        if let Some(object) = answer.pointer_mut(place).and_then(Value::as_object_mut) {
            object.insert("surprise".to_owned(), surprise.clone());
        }
    }
    answer
}

/// The answer of a file, and the same with other JSON in the place of some members that prove nothing.
fn sample_and_odd_sample() -> impl Strategy<Value = (String, u16, Value, Value)> {
    let in_envelope = |name: &&str| named(name).body["meta"].is_object();
    let files: Vec<&str> = answers::names().filter(in_envelope).collect();
    let replaced = proptest::collection::vec((any::<proptest::sample::Index>(), any_json()), 1..4);
    (proptest::sample::select(files), replaced, any_json()).prop_map(|(file, replaced, surprise)| {
        let answer = named(file);
        let odd = replaced.into_iter().fold(answer.body.clone(), |odd, (place, json)| {
            let places = without_proof(&odd, &[]);
            put(odd, &places[place.index(places.len())], json)
        });
        (file.to_owned(), answer.status, answer.body, with_surprise(odd, &surprise))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn members_that_prove_nothing_may_be_anything((file, status, sample, odd) in sample_and_odd_sample()) {
        let secrets = Secrets::default();
        for call in updates() {
            let judged = |body: &Value| {
                let body = body.to_string().into_bytes();
                let outcome = judge(&call, &Answer { status, body, ..Answer::default() }, &secrets);
                (outcome.done, outcome.failures)
            };
            prop_assert_eq!(judged(&sample), judged(&odd), "{} to {}: {}", &file, &call.request, &odd);
        }
    }
}
