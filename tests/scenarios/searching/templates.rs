//! Query templates: what comes from TheHive stands inside a string, and changes nothing around it.

use serde_json::{Value, json};

use super::{at, observable, searching};
use crate::common::strict::CASE_LIST;
use crate::common::{Job, StandIn, job};

/// The query that is sent for this job.
fn sent(job: Job) -> String {
    let falcon = StandIn::in_the_clear();
    at(&falcon, job).run().success();
    falcon.searches()[0].query.clone()
}

/// The job is refused before anything is sent; the beginning of its message, and what is in it.
#[track_caller]
fn refused(job: Job, parts: &[&str]) -> String {
    let falcon = StandIn::in_the_clear();
    let said = at(&falcon, job).run().fails_with(parts);
    assert_eq!(falcon.requests().len(), 0, "nothing is sent");
    said
}

/// A query for the observable with this value.
fn with_data(value: &str) -> Job {
    observable().with("/data/data", value)
}

#[test]
fn each_placeholder_is_what_the_job_has() {
    let all = "a=\"{{title}}\" b=\"{{ id }}\" c=\"{{number}}\" d=\"{{customField.host}}\"";
    let fields = json!({"host": "FIN-LT-0042"});
    let case = job("thehive5-case").linked_to(fields).with("/data/title", "Odd \"login\"");
    let id = case.0["data"]["_id"].as_str().unwrap().to_owned();
    let expected = format!("a=\"Odd \\\"login\\\"\" b=\"{id}\" c=\"42\" d=\"FIN-LT-0042\"");
    assert_eq!(sent(searching(case, all)), expected);
    let of_case = searching(job("observable"), "a=\"{{title}}\" b=\"{{id}}\" c=\"{{number}}\" d=\"{{data}}\"");
    let of_case = of_case.with("/data/case/title", "Its case");
    assert_eq!(sent(of_case), "a=\"Its case\" b=\"~5\" c=\"42\" d=\"192.0.2.1\"");
}

#[test]
fn a_query_without_placeholders_goes_as_it_is() {
    let query = "#event_simpleName=NetworkConnectIP4 | x=/a\"{b}/i // \"\n| groupBy([ComputerName], function=count())";
    assert_eq!(sent(searching(job("thehive5-alert"), query)), query);
}

#[test]
fn a_custom_field_may_hold_one_value_of_any_kind() {
    let with = |value: Value| searching(job("thehive5-case"), "a=\"{{customField.x}}\"").linked_to(json!({"x": value}));
    for (value, text) in [
        (json!("one"), "one"),
        (json!(["one", "one"]), "one"),
        (json!({"string": "one", "order": 2}), "one"),
        (json!(7), "7"),
        (json!(true), "true"),
    ] {
        assert_eq!(sent(with(value)), format!("a=\"{text}\""));
    }
    refused(with(json!(["one", "two"])), &["search_query: the custom field x holds 2 values; a placeholder takes one"]);
    for nothing in [json!(null), json!(""), json!([]), json!([" ", null])] {
        refused(with(nothing), &["{{customField.x}} has no value in this job"]);
    }
}

#[test]
fn what_has_no_value_in_this_job_is_told() {
    let file = observable().without("/data/data").with("/data/attachment", json!({"name": "a.exe"}));
    let said = refused(file, &["search_query: {{data}} has no value in this job"]);
    assert!(said.starts_with("The observable: ") || said.starts_with("Observable ~5: "), "{said}");
    for (name, query) in [
        ("thehive5-case", "a=\"{{data}}\""),
        ("thehive5-alert", "a=\"{{number}}\""),
        ("observable", "a=\"{{title}}\""),
        ("observable", "a=\"{{customField.host}}\""),
    ] {
        refused(searching(job(name), query), &["has no value in this job"]);
    }
    refused(with_data(" "), &["{{data}} has no value in this job"]);
}

#[test]
fn an_unknown_name_is_told() {
    for name in ["Data", "value", "", "customField", "customfield.x", "case.title"] {
        let said =
            refused(searching(job("observable"), &format!("a=\"{{{{{name}}}}}\"")), &["is no placeholder; expected"]);
        assert!(
            said.contains("{{data}}, {{title}}, {{id}}, {{dedup_tag}}, {{number}} or {{customField.<name>}}"),
            "{said}"
        );
    }
    refused(searching(job("observable"), "a=\"{{data"), &["a placeholder begins with {{ and does not end"]);
}

#[test]
fn a_placeholder_outside_a_string_is_refused() {
    for query in [
        "RemoteAddressIP4={{data}}",
        "a=\"x\" {{data}}",
        "a=\"x\\\"\" {{data}}",
        "a=\"x\\\\\"{{data}}",
        "// \"{{data}}\"",
        "/* \"{{data}}\" */",
        "a=/{{data}}/",
        "ratio := out/in | path=\"/tmp\" | user={{data}}",
        "a=https://x/{{data}}",
        "a=\"x\" // \"{{data}}\"",
        "a='{{data}}'",
        "a=\"\" // \"\n| b={{data}}",
    ] {
        refused(searching(job("observable"), query), &["{{data}} stands outside a string; put quotes around it"]);
    }
}

#[test]
fn a_placeholder_in_an_argument_that_is_read_as_a_regular_expression_is_refused() {
    for query in [
        "regex(\"{{data}}\")",
        "Regex( \"x{{data}}\", field=a)",
        "regex(field=a, \"{{data}}\")",
        "regex(field=a, regex=\"{{data}}\", flags=i)",
        "regex(/* the address */ \"{{data}}\")",
        "regex(// the address\n \"{{data}}\")",
        "regex /* of it */ (\"{{data}}\")",
        "regex(\"a\" + \"{{data}}\")",
        "a =~ regex(\"{{data}}\")",
        "a =~ \"{{data}}\"",
        "case { a=1 | regex(\"{{data}}\"); * }",
        "array:regex(\"a[]\", regex=\"{{data}}\")",
        "replace(regex = \"{{data}}\", with=\"\")",
        "replace(\"{{data}}\", with=\"\")",
        "replace(\"a\", with=\"{{data}}\")",
        "splitString(by=\"{{data}}\")",
        "b := splitString(field=a, by=\"{{data}}\", index=0)",
        "splitstring(a, by = /* of it */ \"{{data}}\")",
        "format(\"seen: {{data}} %s\", field=a, as=b)",
        "b := Format( /* of it */ \"{{data}}\", field=[a, b])",
        "format(field=a, format = \"%s {{data}}\")",
        "select([a, format(\"{{data}}\", field=a)])",
        "t := formatTime(\"{{data}}\", field=@timestamp)",
        "parseTimestamp(format=\"{{data}}\", field=a, timezone=UTC)",
    ] {
        refused(searching(job("observable"), query), &["{{data}} stands in a regular expression or a format"]);
    }
    for query in [
        "regex(\"x\", field=\"{{data}}\")",
        "regex(\"x\") | a=\"{{data}}\"",
        "regexes(\"{{data}}\")",
        "format=\"{{data}}\"",
        "format(\"%s\", field=\"{{data}}\")",
        "parseTimestamp(\"yyyy\", field=a, timezone=\"{{data}}\")",
        "a=\"{{data}}\" | format(\"%s\", field=a)",
    ] {
        assert_eq!(sent(searching(job("observable"), query)), query.replace("{{data}}", "192.0.2.1"));
    }
}

#[test]
fn a_template_that_may_be_read_in_several_ways_is_refused_with_the_reason() {
    for query in [
        "a=/\"{{data}}\"/",
        "a=/\\/\"{{data}}\"/i",
        "status=500 /x \"{{data}}\" y/",
        "a=/x\"y/ b=\"{{data}}\" c=/\"z/",
        "a='\"' b=\"{{data}}\" c='\"'",
        "a=x//y \"\n| b=\"{{data}}\" // \"",
        "a=/x\n| b=\"{{data}}\"\n| c=/y",
        // The value may hold what ends a regular expression.
        "path=/tmp x=\"{{data}}\"",
        "status=500 /x y=\"{{data}}\"\n",
        "a=it's b=\"{{data}}\"",
    ] {
        refused(
            searching(job("observable"), query),
            &["it is unclear whether the placeholder {{data}} stands inside a string"],
        );
    }
    for query in ["a=\"{{data}}", "a=\"{{data}}\" b=\"", "/* a=\"{{data}}\""] {
        refused(searching(job("observable"), query), &["does not end"]);
    }
    let many = format!("{} a=\"{{{{data}}}}\"", "'(x".repeat(80));
    refused(searching(job("observable"), &many), &["it is unclear where strings begin and end"]);
    refused(searching(job("observable"), "a=\"\\{{data}}\""), &["{{data}} stands behind a backslash"]);
}

#[test]
fn a_placeholder_in_a_string_is_found_behind_all_that_looks_like_one() {
    for query in [
        "a=\"x {{data}} y\"",
        "/* \" */ a=\"{{data}}\"",
        "// \"\na=\"{{data}}\"",
        "a=/\"/ | b=\"{{data}}\"",
        "a=/\\/\"/ b=\"{{data}}\"",
        "a=\"\\\"{{data}}\"",
        "a=\"\\\\\" b=\"{{data}}\"",
        "a=\"//\" b=\"{{data}}\"",
        "a=\"/*\" b=\"{{data}}{{data}}\"",
        "in(a, values=[\"{{data}}\", \"'{{data}}\"])",
        "a := b / c\n| d=\"{{data}}\"",
        "regex(\"x\") | a=\"{{data}}\"",
        "url=https://x/ y=\"{{data}}\"",
        "url=https://x/ y=\"{{data}}\" z=https://y/a/b",
        "a := b/c | x=\"{{data}}\" | d := e/f",
        "a := b / c | x=\"{{data}}\" | d := e / f",
        "test(a / b > 2) | x=\"{{data}}\" | test(c / d > 2)",
        "a=/x/ b=\"{{data}}\" c=/y/i",
        "CommandLine=/foo bar/i x=\"{{data}}\" | /baz\\/qux/",
        "status=500 /error/ x=\"{{data}}\"",
        "repo=docker/* x=\"{{data}}\" y=a/*",
        "a=\"it's\" b=\"{{data}}\" c=it's",
        "// find it's \"owner\"\na=\"{{data}}\"",
    ] {
        assert_eq!(sent(searching(job("observable"), query)), query.replace("{{data}}", "192.0.2.1"));
    }
}

#[test]
fn hostile_values_stay_in_their_string() {
    for (value, literal) in [
        ("\" or #x=\"", "\\\" or #x=\\\""),
        ("a\\", "a\\\\"),
        ("a\\\\\"", "a\\\\\\\\\\\""),
        ("\\\" | x", "\\\\\\\" | x"),
        ("\"}}", "\\\"}}"),
        ("{{id}}", "{{id}}"),
        ("{{", "{{"),
        ("// x", "// x"),
        ("/.+/", "/.+/"),
        ("C:\\Users\\x", "C:\\\\Users\\\\x"),
        ("'x'", "'x'"),
        (" ä🦅 ", " ä🦅 "),
    ] {
        assert_eq!(sent(with_data(value)), format!("RemoteAddressIP4=\"{literal}\""), "{value}");
    }
}

#[test]
fn a_value_that_would_not_match_itself_alone_is_refused() {
    for value in ["*", "a*b", "\\*"] {
        refused(with_data(value), &["the value of {{data}} holds a *, which would match more than itself"]);
    }
    for value in ["a\nb", "a\r", "a\tb", "a\0b", "a\u{1b}[m", "a\u{7f}", "a\u{85}b", "a\u{2028}b", "a\u{2029}b"] {
        refused(with_data(value), &["the value of {{data}} holds a line break or another control character"]);
    }
}

#[test]
fn a_value_that_is_too_long_is_refused_before_anything_is_sent() {
    let told = ["the value of {{data}} has 131073 bytes, and no more than 131072 are sent; shorten it in TheHive"];
    refused(with_data(&"x".repeat(131_073)), &told);
    let command_line = "é".repeat(32_767);
    assert_eq!(sent(with_data(&command_line)), format!("RemoteAddressIP4=\"{command_line}\""));
    let titled = |length: usize| {
        let job = job("thehive5-case").with("/config/service", "list_cases");
        job.with("/config/case_filter", "name:'{{title}}'").with("/data/title", "'".repeat(length))
    };
    for length in [2_049, 6_000_000] {
        let told = format!("the value of {{{{title}}}} has {length} bytes, and no more than 2048 are sent");
        refused(titled(length), &["Case #42: the configuration item case_filter: ", &told]);
    }
    assert_eq!(filter(titled(2_048)), format!("name:'{}'", "\\'".repeat(2_048)));
}

#[test]
fn marks_that_join_vary_or_direct_characters_are_text() {
    for value in [
        "👩‍💻",
        "❤️",
        "🏴\u{e0067}\u{e0062}\u{e007f}",
        "葛\u{e0100}",
        "a\u{200b}b",
        "\u{feff}a",
        "\u{200f}שלום\u{200e}",
        "invoice\u{202e}fdp.exe",
        "\u{2067}سلام\u{2069}",
        "\u{61c}1",
        "soft\u{ad}hyphen",
        "می\u{200c}خواهم",
    ] {
        assert_eq!(sent(with_data(value)), format!("RemoteAddressIP4=\"{value}\""));
    }
}

/// The filter of the list that is asked for on this job.
fn filter(job: Job) -> String {
    let falcon = StandIn::in_the_clear();
    at(&falcon, job).run();
    let requests = falcon.requests();
    let list = requests.iter().find(|request| request.path == CASE_LIST).expect("a list");
    let mut pairs = url::form_urlencoded::parse(list.query.as_bytes()).into_owned();
    pairs.find(|(name, _)| name == "filter").expect("a filter").1
}

#[test]
fn a_filter_is_escaped_for_either_of_its_quotes() {
    let titled = |title: &str, filter: &str| {
        let job = job("thehive5-case").with("/config/service", "list_cases").with("/config/case_filter", filter);
        job.with("/data/title", title)
    };
    for (title, literal) in [
        ("it's \"odd\"", "it\\'s \\\"odd\\\""),
        ("a\\", "a\\\\"),
        ("'+status:'new", "\\'+status:\\'new"),
        ("{{id}}", "{{id}}"),
    ] {
        assert_eq!(filter(titled(title, "name:'{{title}}'")), format!("name:'{literal}'"));
        assert_eq!(filter(titled(title, "name:\"{{title}}\"")), format!("name:\"{literal}\""));
    }
    for (title, template) in [
        ("a", "name:{{title}}"),
        ("a", "name:'x'+tags:{{title}}"),
        ("a", "name:'\\''{{title}}"),
        ("a*", "name:'{{title}}'"),
        ("a\nb", "name:'{{title}}'"),
        ("a", "name:'{{data}}'"),
    ] {
        refused(titled(title, template), &["Case #42: the configuration item case_filter: "]);
    }
}
