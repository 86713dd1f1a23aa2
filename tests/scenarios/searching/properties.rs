//! What holds for any value in a query.

use cortex_falcon::Run;
use cortex_falcon::environment::Environment;
use proptest::prelude::*;
use serde_json::Value;

use super::searching;
use crate::common::{Job, job};

/// A query as its reader takes it apart: the code, with each string's place in it, and the strings.
#[derive(Debug, Default, PartialEq)]
struct Taken {
    code: String,
    strings: Vec<String>,
}

/// Takes a query of strings and plain code apart. A string ends at the next quote that no backslash stands before.
fn taken_apart(query: &str) -> Taken {
    let (mut taken, mut characters) = (Taken::default(), query.chars());
    while let Some(c) = characters.next() {
        taken.code.push(c);
        if c != '"' {
            continue;
        }
        let mut string = String::new();
        loop {
            match characters.next().expect("a string ends") {
                '"' => break,
                '\\' => string.push(characters.next().expect("something is escaped")),
                plain => string.push(plain),
            }
        }
        taken.strings.push(string);
    }
    taken
}

/// The query that would be sent, if there is one.
fn query_for(job: &Job) -> Option<String> {
    let bytes = job.0.to_string().into_bytes();
    let rehearsal = Run::new(Environment::empty()).rehearse(move || Ok(bytes)).ok()?;
    let body = &rehearsal.calls[0]["body"];
    assert_eq!(body.as_object().unwrap().len(), 4, "{body}");
    Some(body["queryString"].as_str().unwrap().to_owned())
}

/// Values of characters that mean something in a query or a template, and of any others.
fn value() -> impl Strategy<Value = String> {
    let parts =
        ["\"", "\\", "'", "/", "*", "{{", "}}", "{{id}}", "//", "/*", "\n", "|", "(", " ", "\u{202e}", "x", "regex("];
    let part = prop_oneof![
        6 => proptest::sample::select(parts.to_vec()).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(part, 1..12).prop_map(|parts| parts.concat())
}

/// Templates of what tells strings, comments, words and regular expressions apart.
fn template() -> impl Strategy<Value = String> {
    let parts = [
        "a=",
        "\"{{data}}\"",
        "{{data}}",
        "\"",
        "\"x\"",
        "/",
        "//",
        "/*",
        "*/",
        " ",
        "\n",
        "|",
        "'",
        "\\",
        "x",
        ":=",
        "(",
        ")",
        "https:",
        "regex(",
        "/re/",
        ",",
    ];
    proptest::collection::vec(proptest::sample::select(parts.to_vec()), 1..14).prop_map(|parts| parts.concat())
}

/// What a reader of queries may take a slash for.
#[derive(Debug, Clone, Copy)]
struct Reader {
    /// Whether two slashes in the midst of a word begin a comment.
    comments_in_words: bool,
    /// Whether a slash behind a blank may begin a regular expression.
    has_patterns: bool,
    has_single_quotes: bool,
}

fn readers() -> impl Iterator<Item = Reader> {
    (0..8).map(|n| Reader { comments_in_words: n & 1 > 0, has_patterns: n & 2 > 0, has_single_quotes: n & 4 > 0 })
}

/// The code of a query, without what is in its strings and comments; none where something does not end.
fn code_of(query: &str, reader: Reader) -> Option<String> {
    let (mut code, mut rest) = (String::new(), query);
    while let Some(c) = rest.chars().next() {
        let last = code.chars().next_back();
        let is_in_word = last.is_some_and(|c| !c.is_whitespace() && !"|,;([{=!~<>&+-\"".contains(c));
        let is_behind_operand = code.trim_end().ends_with(|c: char| c.is_alphanumeric() || "_)]}\"".contains(c));
        let may_be_comment = !is_in_word || reader.comments_in_words;
        let behind = &rest[c.len_utf8()..];
        rest = match c {
            '"' => {
                code.push('"');
                &behind[end_of(behind, '"')?..]
            }
            '\'' if reader.has_single_quotes => {
                let (inside, behind) = behind.split_once('\'')?;
                code.push_str(inside);
                code.push('\'');
                behind
            }
            '/' if may_be_comment && behind.starts_with('/') => {
                code.push(' ');
                behind.find('\n').map_or("", |end| &behind[end..])
            }
            '/' if may_be_comment && behind.starts_with('*') => {
                code.push(' ');
                behind[1..].split_once("*/")?.1
            }
            '/' if reader.has_patterns && !is_in_word && !is_behind_operand => {
                let line = behind.split('\n').next().unwrap_or_default();
                let end = end_of(line, '/').unwrap_or_default();
                code.push('/');
                code.push_str(&behind[..end]);
                &behind[end..]
            }
            c => {
                code.push(c);
                behind
            }
        };
    }
    Some(code)
}

/// Where a string or regular expression ends, behind this character.
fn end_of(text: &str, end: char) -> Option<usize> {
    let mut is_escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let is_end = c == end && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end.then_some(at + c.len_utf8())
    })
}

const TEMPLATES: [(&str, &str); 4] = [
    ("a=\"{{data}}\" | b=\"{{title}}\"", "a=\"\" | b=\"\""),
    ("in(a, values=[\"{{data}}\", \"x{{title}}\\\\\"]) | b=\"c\"", "in(a, values=[\"\", \"\"]) | b=\"\""),
    ("a=\"\\\"{{data}}\" or b=\"{{title}}{{data}}\"", "a=\"\" or b=\"\""),
    ("a := b / c\n| d=\"/{{data}}/\" e=\"{{title}}\" f", "a := b / c\n| d=\"\" e=\"\" f"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_048, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_value_changes_the_code_of_a_query((template, code) in proptest::sample::select(TEMPLATES.to_vec()), data in value(), title in value()) {
        let job = searching(job("observable"), template).with("/data/data", data.as_str()).with("/data/case/title", title.as_str());
        let is_literal = |text: &str| !text.contains(['*', '\n']) && !text.contains(char::is_control);
        let is_plain = |text: &str| !text.trim().is_empty() && !text.contains('*') && text.chars().all(|c| matches!(c, ' '..='~'));
        match query_for(&job) {
            Some(query) => {
                let taken = taken_apart(&query);
                // A quote stands for its string, in the code of both.
                prop_assert_eq!(taken.code, taken_apart(code).code, "{}", query);
                let filled = |string: &String| string.replace("{{data}}", "\0").replace("{{title}}", "\u{1}");
                let expected: Vec<String> = taken_apart(template).strings.iter().map(filled).map(|string| string.replace('\0', &data).replace('\u{1}', &title)).collect();
                prop_assert_eq!(taken.strings, expected, "{}", query);
                prop_assert!(is_literal(&data) && is_literal(&title), "sent: {:?}", query);
            }
            None => prop_assert!(!(is_plain(&data) && is_plain(&title)), "{data:?} and {title:?} are refused"),
        }
    }

    #[test]
    fn no_value_changes_the_code_of_any_template_that_is_accepted(template in template(), data in value()) {
        let job = |data: &str| searching(job("observable"), &template).with("/data/data", data);
        if let (Some(plain), Some(hostile)) = (query_for(&job("v")), query_for(&job(&data))) {
            for reader in readers() {
                if let Some(code) = code_of(&plain, reader) {
                    prop_assert_eq!(Some(code), code_of(&hostile, reader), "{:?}: {}", reader, hostile);
                }
            }
        }
    }

    #[test]
    fn a_template_of_any_text_is_a_query_or_a_refusal(template in "[a=\"'/*\\\\ \n{}()dxi]{0,24}", data in value()) {
        let job = searching(job("observable"), &template).with("/data/data", data.as_str());
        let query = query_for(&job);
        if !template.contains("{{") && !template.trim().is_empty() {
            prop_assert_eq!(query.map(Value::from), Some(Value::from(template.trim())));
        }
    }
}
