//! What custom fields hold: given this field, expect these IDs to be updated, and all else to be named.

use cortex_falcon::falcon::{CaseId, CompositeId, IncidentId, InvalidId};
use cortex_falcon::secret::Secrets;
use cortex_falcon::service::id_field;
use cortex_falcon::thehive::{Entity, Kind};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::{ALERT, CASE, CID, Falcon, INCIDENT, OTHER_ALERT, Responder, job, together};

/// Reads a field with this value in a row of TheHive 5, as text of all that is found: IDs, and what is refused or unfilled.
fn read<Id: AsRef<str>>(value: &Value, parse: fn(&str) -> Result<Id, InvalidId>) -> (Vec<String>, Vec<String>) {
    let (data, secrets) = (json!({"customFields": [{"name": "field", "value": value}]}), Secrets::default());
    let entity = Entity::parse(Kind::Case, &data, &secrets).expect("an object");
    let found = id_field::read(entity.custom_fields.scalars("field"), parse);
    let left_out = found.refused.into_iter().map(|(text, why)| format!("{text} {why}"));
    (found.ids.iter().map(|id| id.as_ref().to_owned()).collect(), left_out.chain(found.unfilled).collect())
}

/// A case of TheHive with these custom fields.
fn case_with(fields: Value, falcon: &Falcon) -> Responder {
    Responder::on(job("thehive5-case").linked_to(fields), falcon)
}

/// A legacy detection, as older APIs, and as the ingester of TheHive's makers writes it.
fn legacy() -> [String; 2] {
    let aid = "3c1f5a7e9b2d4860a1c3e5f708192a3b";
    [format!("ldt:{aid}:8589934593"), format!("{CID}:ldt:{aid}:8589934593")]
}

/// The notations of a list, as people and scripts write it.
fn lists(ids: &[String]) -> Vec<Value> {
    let each = |open: &str, close: &str, between: &str| {
        ids.iter().map(|id| format!("{open}{id}{close}")).collect::<Vec<_>>().join(between)
    };
    let separators = [",", ", ", ";", " ; ", "\n", "\r\n", "\t", " ", "|", " | ", "\\n", "\\r\\n", ",\\n", "\u{a0}"];
    let pairs = [
        ("\"", "\""),
        ("'", "'"),
        ("`", "`"),
        ("```", "```"),
        ("“", "”"),
        ("„", "“"),
        ("«", "»"),
        ("»", "«"),
        ("‘", "’"),
        ("‚", "‘"),
        ("‹", "›"),
        ("<", ">"),
        ("(", ")"),
        ("[", "]"),
    ];
    let mut texts: Vec<String> = separators.iter().map(|separator| ids.join(separator)).collect();
    texts.extend(
        pairs.iter().flat_map(|(open, close)| [", ", " ", "|", "\\n"].map(|between| each(open, close, between))),
    );
    texts.extend(pairs.iter().map(|(open, close)| format!("[{}]", each(open, close, ", "))));
    texts.extend(pairs.iter().map(|(open, close)| format!("  {open}{}{close} ", ids.join(", "))));
    texts.extend([json!(ids).to_string(), json!(json!(ids).to_string()).to_string(), format!("{:#}", json!(ids))]);
    let texts = texts.into_iter().map(Value::from);
    texts.chain([json!(ids), json!([ids, ids, null, ""]), json!([{"string": ids.join("\t"), "order": 3}])]).collect()
}

/// The notations of an alert's ID that does not stand alone.
fn links(id: &str) -> Vec<String> {
    let encoded = id.replace(':', "%3A");
    let mut links = vec![encoded.clone(), id.replace(':', "%3a"), format!("[{id}]({encoded})")];
    for page in ["falcon.crowdstrike.com/activity-v2/detections", "falcon.us-2.crowdstrike.com:443/unified-detections"]
    {
        for id in [id, &encoded] {
            let path = format!("{page}/{id}");
            links.extend([path.clone(), format!("https://{path}"), format!("//{path}?_cid=g01000abc#top")]);
            links.extend([format!("[the alert]({path})"), format!("[{id}](https://{path} \"a title\")")]);
            links.extend([format!("<https://{path}>"), format!("https://{page}?id={id}&page=1")]);
        }
    }
    for label in [id.to_owned(), encoded, format!("`{id}`")] {
        links.push(format!("[{label}](https://falcon.crowdstrike.com/x)"));
    }
    links
}

#[test]
fn a_list_of_any_notation_is_read() {
    let ids = [ALERT.to_owned(), OTHER_ALERT.to_owned()];
    for list in lists(&ids) {
        assert_eq!(read(&list, CompositeId::read), (ids.to_vec(), vec![]), "{list}");
    }
    for link in links(ALERT) {
        let list = json!(format!("{link}, {OTHER_ALERT}"));
        assert_eq!(read(&list, CompositeId::read), (ids.to_vec(), vec![]), "{link}");
    }
}

#[test]
fn an_opaque_id_in_brackets_is_never_taken_for_a_placeholder() {
    for id in ["MDAwMDAwMDAwMDAw", "case-1", "b3BlbmNhc2UtMDAwMg-8Rl4oWgZq_yA3S"] {
        for text in
            [format!("<{id}>"), format!("{{{id}}}"), format!("\"<{id}>\""), format!("[<{id}>]"), format!("%{id}%")]
        {
            let (ids, left_out) = read(&json!(text), CaseId::read);
            assert_eq!((ids, left_out.len()), (vec![], 1), "{text}");
            assert!(left_out[0].contains("it may be an ID or a placeholder"), "{text}: {left_out:?}");
        }
    }
    for text in ["<case_id>", "{caseId}", "'<case_id>'", "[<CASE_ID>]"] {
        assert_eq!(read(&json!(text), CaseId::read), (vec![], vec![text.to_owned()]), "{text}");
    }
    // A label that could be any word is no ID, and the link's target has none.
    let (ids, left_out) = read(&json!("[case-1](https://falcon.crowdstrike.com/x)"), CaseId::read);
    assert_eq!((ids, left_out.len()), (vec![], 1));
}

#[test]
fn an_apostrophe_or_a_lone_quotation_mark_spoils_no_id_that_is_quoted_by_itself() {
    let other = |mark: &str| [format!("Ann{mark}s"), format!("hosts{mark}"), format!("{mark}tis")];
    for word in ["'", "’", "‘", "\"", "”", "`"].iter().flat_map(|mark| other(mark)) {
        for (open, close) in [("\"", "\""), ("'", "'"), ("“", "”"), ("[", "]"), ("(\"", "\")")] {
            let list = format!("{word} {open}{ALERT}{close}, {open}{OTHER_ALERT}{close} {word}");
            let (ids, left_out) = read(&json!(list), CompositeId::read);
            assert_eq!((ids, left_out.len()), (vec![ALERT.to_owned(), OTHER_ALERT.to_owned()], 1), "{list}");
        }
    }
    let list = format!("Ann’s alerts: “{ALERT}, {OTHER_ALERT}”");
    assert_eq!(read(&json!(list), CompositeId::read).0, [ALERT, OTHER_ALERT], "an apostrophe is no quotation mark");
}

#[test]
fn the_binary_reads_what_people_and_scripts_write() {
    let both = format!("{ALERT}|{OTHER_ALERT}");
    let rows = [
        json!(["", null, both]),
        json!(format!("[\"{ALERT}\",\"{OTHER_ALERT}\"]")),
        json!(format!("['{ALERT}', '{OTHER_ALERT}']")),
        json!(format!("[{ALERT}, {OTHER_ALERT}]")),
        json!(format!("“{ALERT}” `{OTHER_ALERT}`")),
        json!(format!("{ALERT}\\n{}", OTHER_ALERT.replace(':', "%3A"))),
        json!(format!("[alert](https://falcon.crowdstrike.com/activity-v2/detections/{ALERT}?_cid=x) {OTHER_ALERT}")),
        json!(format!("falcon.crowdstrike.com/unified-detections/{ALERT}, \"{OTHER_ALERT}\"")),
    ];
    together(&rows, |value| {
        let falcon = Falcon::start().updates_alerts(&[ALERT, OTHER_ALERT], "in_progress");
        case_with(json!({"csfalcon-alert-id": value}), &falcon).run().success();
    });
    let falcon = Falcon::start().updates_incidents(&[INCIDENT], "30").updates_case(CASE, "in_progress");
    let incident = format!("https://falcon.crowdstrike.com/crowdscore/incidents/details/{INCIDENT}/graph");
    let fields = json!({"csfalcon-incident-id": incident, "csfalcon-case-id": format!("[\"{CASE}\"]")});
    case_with(fields, &falcon).run().success();
}

#[test]
fn one_wrong_value_keeps_no_other_alert_back() {
    let [old, of_ingester] = legacy();
    let long = format!("{ALERT}{}", "7".repeat(2_000));
    let not_composite = "is not a composite ID (<CID>:<kind>:…, with a CID of 32 hex digits)";
    let two_ids = format!("https://falcon.crowdstrike.com/x/{ALERT}/{OTHER_ALERT}");
    let rows = [
        ("ind:3c1f5a7e9b2d4860a1c3e5f708192a3b:1-2-3", not_composite),
        ("aggind:3c1f5a7e9b2d4860a1c3e5f708192a3b:1", not_composite),
        ("17219", not_composite),
        ("inc:3c1f5a7e9b2d4860a1c3e5f708192a3b:6b1d8f0e2c4a49d7", not_composite),
        (&format!("{CID}:ind"), not_composite),
        (&format!("{CID}:ind:"), not_composite),
        (&format!("{}:ind:x:1", &CID[1..]), not_composite),
        (&format!("{CID}-E8:ind:x:1"), not_composite),
        (&format!("{}g:ind:x:1", &CID[1..]), not_composite),
        (&old, "is the ID of a legacy detection, whose API CrowdStrike switched off on 2025-09-30"),
        (&of_ingester, "is the ID of a legacy detection"),
        ("aa\u{0}bb", "holds the character U+0000, which no Falcon ID has"),
        (&format!("{ALERT}\u{200b}x"), "U+200B"),
        (&format!("{ALERT}(1)"), "U+0028"),
        (&long, "is longer than 1024 bytes, as no Falcon ID is"),
        ("https://falcon.crowdstrike.com/xdr", "is a URL; expected the ID alone."),
        (&two_ids, "is a link with more than one ID; expected one"),
        (&format!("[{OTHER_ALERT}]({ALERT})"), "is a link with more than one ID; expected one"),
        (&format!("{{\"id\":\"{ALERT}\"}}"), "is a JSON object; expected the ID alone"),
        (&format!("[\"{OTHER_ALERT}"), "has a quotation mark or bracket without its counterpart"),
    ];
    together(&rows, |(wrong, why)| {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress").updates_incidents(&[INCIDENT], "30");
        let fields = json!({"csfalcon-alert-id": [wrong, ALERT], "csfalcon-incident-id": INCIDENT});
        let message = case_with(fields, &falcon).run().fails_with(&[
            "1 alert linked to case #42 (InProgress in TheHive) was not updated to in_progress: a value of the custom field csfalcon-alert-id ",
            why,
            "composite ID",
            "\n1 alert was updated to in_progress.",
            "\n1 incident was updated to 30 (in progress).",
        ]);
        let shown: String = wrong.chars().filter(|c| !"\u{0}\u{200b}".contains(*c)).take(300).collect();
        assert!(message.contains(&format!("\nNot updated alert: {shown}")), "{message}");
    });
}

#[test]
fn what_is_wrong_in_any_field_is_named_by_its_field_and_kind() {
    let case_url = format!("https://falcon.crowdstrike.com/xdr/cases/{CASE}");
    let falcon = Falcon::start()
        .updates_alerts(&[ALERT], "in_progress")
        .updates_incidents(&[INCIDENT], "30")
        .updates_case(CASE, "in_progress");
    let fields = json!({
        "csfalcon-alert-id": [1.5, ALERT, true, "x:y"],
        "csfalcon-incident-id": ["4711", INCIDENT],
        "csfalcon-case-id": [OTHER_ALERT, CASE, INCIDENT, case_url],
    });
    let of = |field: &str, why: &str| format!("a value of the custom field csfalcon-{field}-id {why}");
    case_with(fields, &falcon).run().fails_with(&[
        &of("alert", "is neither text nor a whole number"),
        &of("alert", "is not a composite ID"),
        "\nNext: Put the alert's composite ID, which is in the URL of the alert in the Falcon console, and which the API calls composite_id, alone into the custom field",
        &of("incident", "is not the ID of an incident (inc:…)"),
        &of("case", "is the ID of an alert, not of a case"),
        &of("case", "is the ID of an incident, not of a case"),
        &of("case", &format!("is a URL; expected the ID alone, which seems to be \"{CASE}\"")),
        "\nNext: Put the case's ID, which is in the URL of the case in the Falcon console, alone into the custom field",
        "Not updated alerts: 1.5, true",
        "Not updated incident: 4711",
        "\n1 case was updated to in_progress.",
    ]);
}

#[test]
fn a_field_of_wrong_values_alone_sends_nothing() {
    let message = case_with(json!({"csfalcon-alert-id": "17219 true"}), &Falcon::silent()).run().failure();
    let why = "2 alerts linked to case #42 (InProgress in TheHive) were not updated to in_progress: a value of the custom field csfalcon-alert-id is not a composite ID";
    assert!(message.starts_with(why) && message.ends_with("\nNot updated alerts: 17219, true"), "{message}");
}

#[test]
fn empty_notations_and_placeholders_hold_no_id() {
    for empty in
        ["[]", "{}", "\"\"", "''", "[\"\"]", "[ ]", "``", "[null]", "“”", "()", "<>", "\"N/A\"", "['-', 'None']"]
    {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
        let beside = json!({"csfalcon-alert-id": [empty, ALERT], "csfalcon-case-id": empty});
        let report = case_with(beside, &falcon).run().success();
        assert_eq!(report["full"]["details"], json!(["1 alert was updated to in_progress."]), "{empty}");
        case_with(json!({"csfalcon-alert-id": empty}), &Falcon::silent())
            .run()
            .fails_with(&["there is nothing to update"]);
    }
}

#[test]
fn a_placeholder_that_was_not_filled_in_is_a_detail_or_the_cause() {
    let rows = [
        "${id}",
        "{{ id }}",
        "{{alert['id']}}",
        "$x.id",
        "$.composite_id",
        "{id}",
        "<%= id %>",
        "{% id %}",
        "#{id}",
        "%{id}",
        "@{triggerBody()?['id']}",
        "%id%",
        "<composite_id>",
        "\"${id}\"",
        "['{{ id }}']",
    ];
    together(&rows, |placeholder| {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
        let beside = json!({"csfalcon-alert-id": [placeholder, ALERT]});
        let report = case_with(beside, &falcon).run().success();
        let detail = report["full"]["details"][0].as_str().unwrap_or_default();
        assert!(detail.starts_with("The custom field csfalcon-alert-id holds "), "{report:#}");
        assert!(detail.ends_with(", a placeholder that was not filled in."), "{report:#}");
        for field in ["csfalcon-alert-id", "csfalcon-case-id"] {
            let message = case_with(json!({field: placeholder}), &Falcon::silent()).run().failure();
            let cause = format!("hold no id. The custom field {field} holds ");
            assert!(message.contains(&cause) && message.contains("a placeholder that was not filled in."), "{message}");
        }
    });
    let half_filled = format!("{CID}:ind:${{aid}}:1");
    let message = case_with(json!({"csfalcon-alert-id": half_filled}), &Falcon::silent()).run().failure();
    assert!(message.contains(&format!("holds {half_filled}, a placeholder")), "{message}");
}

#[test]
fn a_source_that_is_a_legacy_detection_is_the_true_reason() {
    for source in legacy() {
        let job = job("alert-not-from-falcon").with("/data/sourceRef", source.clone());
        let message = Responder::on(job, &Falcon::silent()).run().fails_with(&[
            "the sourceRef is the ID of a legacy detection, whose API CrowdStrike switched off on 2025-09-30",
            "composite ID",
        ]);
        assert!(message.ends_with(&format!("\nNot updated alert: {source}")), "{message}");
    }
}

#[test]
fn a_source_counts_beside_values_that_are_not_ids() {
    for value in ["${id}", "4711"] {
        let falcon = Falcon::start().updates_alerts(&[ALERT], "in_progress");
        let job = job("thehive5-alert-source-ref").linked_to(json!({"csfalcon-alert-id": value}));
        let report = Responder::on(job, &falcon).run().report();
        assert_eq!(report["success"], value == "${id}", "{report:#}");
    }
}

/// A composite ID of any kind, whose rest holds any letters.
fn composite_id() -> impl Strategy<Value = String> {
    let kinds = proptest::sample::select(vec!["ind", "ngsiem", "thirdparty", "automated-lead", "IND_2"]);
    ("[0-9a-fA-F]{32}", kinds, "[a-zA-Zé字0-9.:/=_~+-]{1,20}")
        .prop_map(|(cid, kind, rest)| format!("{cid}:{kind}:{rest}"))
}

/// Alerts in a field, in any notation.
pub fn ids_and_shape() -> impl Strategy<Value = (Vec<String>, Value)> {
    proptest::collection::btree_set(composite_id(), 1..8)
        .prop_map(|ids| ids.into_iter().collect::<Vec<_>>())
        .prop_flat_map(|ids| (Just(ids.clone()), proptest::sample::select(lists(&ids))))
}

/// IDs of cases, which could be any word.
fn opaque_ids() -> impl Strategy<Value = (Vec<String>, Value)> {
    proptest::collection::btree_set("[a-zA-Z0-9_+=-]{6,40}", 1..8)
        .prop_map(|ids| ids.into_iter().filter(|id| id != "undefined").collect::<Vec<_>>())
        .prop_filter("some", |ids| !ids.is_empty())
        .prop_flat_map(|ids| {
            // <word> is what documents write for a placeholder.
            let is_clear = |list: &Value| !list.to_string().contains('<');
            let lists: Vec<Value> = lists(&ids).into_iter().filter(is_clear).collect();
            (Just(ids), proptest::sample::select(lists))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn alerts_are_found_in_any_notation_once_and_in_order((ids, shape) in ids_and_shape()) {
        prop_assert_eq!(read(&json!([shape, ids]), CompositeId::read), (ids, vec![]));
    }

    #[test]
    fn cases_are_found_in_any_notation_once_and_in_order((ids, shape) in opaque_ids()) {
        prop_assert_eq!(read(&json!([shape, ids]), CaseId::read), (ids, vec![]));
    }

    #[test]
    fn a_wrong_value_keeps_none_of_the_others_back(ids in proptest::collection::vec(composite_id(), 1..5), wrong in "[a-z0-9:%$(]{1,30}", place: proptest::sample::Index) {
        let mut texts = ids.clone();
        texts.insert(place.index(ids.len() + 1), wrong);
        let (read, left_out) = read(&json!(texts), CompositeId::read);
        let mut seen = std::collections::HashSet::new();
        let expected: Vec<String> = ids.into_iter().filter(|id| seen.insert(id.clone())).collect();
        prop_assert_eq!((read, left_out.len() <= 1), (expected, true), "{:?}", left_out);
    }

    #[test]
    fn any_text_is_read_or_refused_and_what_is_read_is_an_id(text in any::<String>()) {
        let value = Value::from(text);
        let [alerts, incidents, cases] =
            [read(&value, CompositeId::read), read(&value, IncidentId::read), read(&value, CaseId::read)].map(|(ids, _)| ids);
        prop_assert!(alerts.iter().all(|id| CompositeId::new(id).is_ok()), "{:?}", alerts);
        prop_assert!(incidents.iter().all(|id| IncidentId::new(id).is_ok()), "{:?}", incidents);
        prop_assert!(cases.iter().all(|id| CaseId::new(id).is_ok()), "{:?}", cases);
    }
}
