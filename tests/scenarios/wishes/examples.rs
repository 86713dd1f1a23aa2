//! The examples of docs/sync.md, as configuration items.

use serde_json::json;

use super::{closed, respond, with};
use crate::common::{ALERT, StandIn};

#[test]
fn the_examples_of_the_document_do_what_it_says() {
    let document = include_str!("../../../docs/sync.md");
    let blocks = document.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap().trim());
    let [verdicts, template, assignee, statuses] = blocks.collect::<Vec<_>>()[..] else { panic!("four examples") };
    let items = json!({
        "sync_verdict": true, "verdict_map": verdicts.lines().collect::<Vec<_>>(),
        "comment": template, "assignee_map": [assignee],
        "status_map": statuses.lines().collect::<Vec<_>>(),
    });
    let falcon = StandIn::in_the_clear();
    let job = closed("Indeterminate").with("/data/assignee", "ada@soc.example").with("/data/summary", "Restored.");
    respond(with(job, &items), &falcon).success();
    assert_eq!(falcon.tags_of(ALERT), ["source:thehive", "ignored"]);
    let words = "Closed in TheHive as Indeterminate (case #42, Credential dumping on FIN-LT-0042): Restored.";
    assert_eq!(falcon.comments_on(ALERT), [words]);
    assert_eq!(falcon.alert(ALERT)["assigned_to_uid"], "ada.lovelace@falcon.example");
    for (stage, status) in [("Imported", "new"), ("New", "in_progress")] {
        respond(with(closed(""), &items).with("/data/stage", stage), &falcon).success();
        assert_eq!(falcon.status_of(ALERT).as_deref(), Some(status));
    }
}
