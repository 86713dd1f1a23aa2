//! `add_tags` and `remove_tags`: TheHive's tags on the linked cases.

use serde_json::{Value, json};

use super::{MARK, alert_of, asked, full, instead, job_of, reads, respond};
use crate::common::strict::CASE_TAGS;
use crate::common::{CASE, Job, StandIn, answers};

fn tags(service: &str, tags: &[&str]) -> Job {
    job_of(service, json!({"csfalcon-case-id": CASE})).with("/data/tags", tags)
}

/// A tenant whose case has these tags.
fn having(tags: &[&str]) -> StandIn {
    StandIn::in_the_clear().with_case(CASE, "new", tags)
}

#[test]
fn tags_that_are_missing_are_added() {
    let falcon = having(&[MARK, "b"]);
    let report = respond(tags("add_tags", &["a", "b", " c \u{e4} ", "a", ""]), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE]), format!(r#"POST {CASE_TAGS} {{"id":"{CASE}","tags":["a","c ä"]}}"#)]);
    assert_eq!(falcon.cases()[CASE].tags, [MARK, "b", "a", "c ä"]);
    let full = full(&report, &[]);
    assert_eq!(full["message"], format!("Falcon has the tags of case #42 on the case {CASE}."));
    assert_eq!(full["details"], json!(["1 case was tagged with a and c ä."]));
    assert_eq!(
        (&full["targets"][0]["change"], &full["targets"][0]["ids"]),
        (&json!("tagged with a and c ä"), &json!([CASE]))
    );
    assert_eq!(report["operations"], json!([]), "a tag of the alert or case tells nothing of tags");
}

#[test]
fn tags_are_taken_off() {
    let falcon = having(&[MARK, "a b", "c&d=e", "else's"]);
    let report = respond(tags("remove_tags", &["a b", "gone", "c&d=e"]), &falcon).success();
    assert_eq!(asked(&falcon), [reads(&[CASE]), format!("DELETE {CASE_TAGS}?id={CASE}&tag=a+b&tag=c%26d%3De")]);
    assert_eq!(falcon.cases()[CASE].tags, [MARK, "else's"]);
    let full = full(&report, &[]);
    assert_eq!(full["message"], format!("The tags of case #42 are off the case {CASE} in Falcon."));
    assert_eq!(full["details"], json!(["1 case was freed of a b and c&d=e."]));
    assert_eq!(report["operations"], json!([]));
}

#[test]
fn a_prefix_limits_the_tags_and_stays() {
    let falcon = having(&["falcon:old"]);
    respond(tags("add_tags", &["falcon:new", "else"]).with("/config/tag_prefix", "falcon:"), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, ["falcon:old", "falcon:new"]);
    respond(tags("remove_tags", &["falcon:old", "else"]).with("/config/tag_prefix", "falcon:"), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, ["falcon:new"]);
}

#[test]
fn the_mark_stays() {
    let falcon = having(&[MARK, "a"]);
    respond(tags("remove_tags", &[MARK, "a"]), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, [MARK]);
}

#[test]
fn nothing_left_to_do_is_success() {
    let none = |service: &str, prefix: &str| {
        let falcon = having(&["a"]);
        let report = respond(tags(service, &["a"]).with("/config/tag_prefix", prefix), &falcon).success();
        assert_eq!(falcon.hits(CASE_TAGS), 0);
        (full(&report, &[])["message"].as_str().unwrap().to_owned(), falcon.requests().len())
    };
    assert_eq!(none("add_tags", ""), (format!("Falcon had all tags of case #42 on the case {CASE}."), 2));
    assert_eq!(none("add_tags", "x:"), ("There was nothing to do: case #42 has no tag to add.".to_owned(), 0));
    assert_eq!(none("remove_tags", "x:"), ("There was nothing to do: case #42 has no tag to take off.".to_owned(), 0));
    let falcon = having(&["b"]);
    let report = respond(tags("remove_tags", &["a"]), &falcon).success();
    assert_eq!(report["full"]["message"], format!("The tags of case #42 are off the case {CASE} in Falcon."));
    assert_eq!(falcon.hits(CASE_TAGS), 0);
}

#[test]
fn tags_that_do_not_fit_are_named_and_the_others_go_in() {
    // 100 characters are there, and 200 bytes.
    let there = "ä".repeat(100);
    let (long, longest) = ("l".repeat(29), "m".repeat(500));
    let falcon = having(&[&there]);
    let report = respond(tags("add_tags", &["one", &long, &longest, &"é".repeat(25), "x"]), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, [there.as_str(), "one", &"é".repeat(25)]);
    let full = full(&report, &[]);
    assert_eq!(
        full["message"],
        format!("Falcon has the tags of case #42 on the case {CASE}, but for those that did not fit.")
    );
    let detail = full["details"][0].as_str().unwrap();
    let cut = format!("{}…", "m".repeat(300));
    assert_eq!(
        detail,
        format!(
            "The tags of the case {CASE} are 128 characters long at the most; these did not fit: {long}, {cut} and x."
        )
    );
}

#[test]
fn a_placeholder_beside_the_case_is_noted_and_not_taken_for_tags_that_did_not_fit() {
    let job = job_of("add_tags", json!({"csfalcon-case-id": ["${id}", CASE]})).with("/data/tags", json!(["a"]));
    let full = full(&respond(job, &having(&[])).success(), &[]);
    assert_eq!(full["message"], format!("Falcon has the tags of case #42 on the case {CASE}."));
    let note = "The custom field csfalcon-case-id holds ${id}, a placeholder that was not filled in.";
    assert_eq!(full["details"][0], note);
}

#[test]
fn what_cannot_be_seen_in_a_tag_is_not_shown() {
    let falcon = having(&[]);
    let report = respond(tags("add_tags", &["a\nb\u{202e}c"]), &falcon).success();
    assert_eq!(falcon.cases()[CASE].tags, ["a\nb\u{202e}c"]);
    assert_eq!(full(&report, &[])["details"], json!(["1 case was tagged with a bc."]));
}

#[test]
fn the_tags_of_an_alert_go_to_each_of_its_cases() {
    let falcon = having(&["a"]).with_case("b3RoZXI", "new", &[]);
    let job = alert_of("add_tags", json!({"csfalcon-case-id": [CASE, "b3RoZXI"]})).with("/data/tags", json!(["a"]));
    respond(job, &falcon).success();
    assert_eq!((falcon.hits(CASE_TAGS), &falcon.cases()["b3RoZXI"].tags), (1, &vec!["a".to_owned()]));
}

#[test]
fn tags_that_an_answer_does_not_show_are_read_back() {
    for (service, before) in [("add_tags", [].as_slice()), ("remove_tags", &["a"])] {
        let nothing = answers::named("case-tags-added").with("/resources", Value::Null).body;
        let falcon = having(before).fails(CASE_TAGS, instead(200, &nothing, true), 1);
        respond(tags(service, &["a"]), &falcon).success();
        assert_eq!(asked(&falcon).last(), Some(&reads(&[CASE])));
        let falcon = having(before).fails(CASE_TAGS, instead(200, &nothing, false), 1);
        respond(tags(service, &["a"]), &falcon).fails_with(&["read back a moment later, it still shows", CASE]);
    }
}
