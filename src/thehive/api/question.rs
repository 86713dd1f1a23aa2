//! What TheHive is asked for, in the words of either generation of its API.
//!
//! Those of TheHive 5 are in the published description of its API (5.7), those of TheHive 3 and 4 in the documentation of TheHive 3.

use std::ops::Range;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::super::Kind;

/// The most alerts in one page.
pub(super) const PAGE: usize = 100;

/// Members of an alert that can be long, and of which nothing is used.
const LONG_FIELDS: [&str; 2] = ["description", "summary"];

/// Versions of TheHive that share an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// TheHive 5.
    Five,
    /// TheHive 3 and 4.
    Older,
}

impl Generation {
    /// The newest first: it tells by itself that it has not what it was asked for.
    pub(super) const ALL: [Generation; 2] = [Generation::Five, Generation::Older];
}

/// What TheHive is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question<'job> {
    /// Alerts of a case.
    AlertsOf {
        /// The case's id.
        case: &'job str,
        /// Which of them, and how much of each.
        page: AlertPage,
    },
    /// An alert, by its id as it stands in a path.
    Alert(String),
    /// A case, by its id as it stands in a path.
    Case(String),
}

/// Which alerts of a case are asked for, and how much of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AlertPage {
    pub(super) range: Range<usize>,
    pub(super) older: OlderRange,
    pub(super) long_fields: LongFields,
}

/// What the older API is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OlderRange {
    /// All alerts at once.
    All,
    /// The same range as TheHive 5.
    Page,
}

/// What TheHive 5 does with the members that can be long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LongFields {
    /// Leaves them out; documented for 5.7.3.
    Excluded,
    /// Shows them.
    Included,
}

/// A question as it is sent.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    pub(super) method: Method,
    path: String,
    query: Option<String>,
    pub(super) body: Option<Value>,
}

impl<'job> Question<'job> {
    /// The question how an alert or case is; nothing for what cannot be asked for by a path.
    pub(super) fn entity(kind: Kind, id: &str) -> Option<Question<'job>> {
        match kind {
            Kind::Alert => segment(id).map(Question::Alert),
            Kind::Case => segment(id).map(Question::Case),
            Kind::Observable => None,
        }
    }

    /// What an answer to it brings.
    pub(super) fn asked_for(&self) -> &'static str {
        match self {
            Question::AlertsOf { .. } => "the case's alerts",
            Question::Alert(_) => "the alert",
            Question::Case(_) => "the case",
        }
    }

    /// The question to a TheHive of this generation.
    pub(super) fn to(&self, generation: Generation) -> Request {
        match (self, generation) {
            (Question::AlertsOf { case, page }, Generation::Five) => post("/api/v1/query", None, page.query(case)),
            (Question::AlertsOf { case, page }, Generation::Older) => {
                let search = json!({"query": {"_field": "case", "_value": case}});
                post("/api/alert/_search", Some(page.older_range()), search)
            }
            (Question::Alert(id), Generation::Five) => get(format!("/api/v1/alert/{id}")),
            (Question::Alert(id), Generation::Older) => get(format!("/api/alert/{id}")),
            (Question::Case(id), Generation::Five) => get(format!("/api/v1/case/{id}")),
            (Question::Case(id), Generation::Older) => get(format!("/api/case/{id}")),
        }
    }
}

impl AlertPage {
    fn query(&self, case: &str) -> Value {
        let page = json!({"_name": "page", "from": self.range.start, "to": self.range.end});
        let query = json!([{"_name": "getCase", "idOrName": case}, {"_name": "alerts"}, page]);
        match self.long_fields {
            LongFields::Excluded => json!({"query": query, "excludeFields": LONG_FIELDS}),
            LongFields::Included => json!({"query": query}),
        }
    }

    /// Without a range the older API gives ten.
    fn older_range(&self) -> String {
        match self.older {
            OlderRange::All => "range=all".to_owned(),
            OlderRange::Page => format!("range={}-{}", self.range.start, self.range.end),
        }
    }
}

fn post(path: &str, query: Option<String>, body: Value) -> Request {
    Request { method: Method::POST, path: path.to_owned(), query, body: Some(body) }
}

fn get(path: String) -> Request {
    Request { method: Method::GET, path, query: None, body: None }
}

impl Request {
    /// Where it goes, where TheHive is at this URL.
    pub(super) fn url_below(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}{}", base.path().trim_end_matches('/'), self.path));
        url.set_query(self.query.as_deref());
        url
    }
}

/// An id as a segment of a path. Dots alone lead elsewhere, percent-encoded or not, and nothing leads to a list.
fn segment(id: &str) -> Option<String> {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    (!matches!(id.trim(), "" | "." | "..")).then(|| utf8_percent_encode(id, KEPT).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(question: &Question<'_>, generation: Generation) -> (String, Option<Value>) {
        let request = question.to(generation);
        let url = request.url_below(&Url::parse("https://soc.example:8443/thehive/").unwrap());
        let path = url.as_str().strip_prefix("https://soc.example:8443").unwrap().to_owned();
        (format!("{} {path}", request.method), request.body)
    }

    #[test]
    fn the_alerts_of_a_case_are_asked_for_in_pages_or_all_at_once() {
        let page = |older, long_fields| AlertPage { range: 200..300, older, long_fields };
        let first = Question::AlertsOf { case: "~4200", page: page(OlderRange::All, LongFields::Excluded) };
        let steps = json!([
            {"_name": "getCase", "idOrName": "~4200"},
            {"_name": "alerts"},
            {"_name": "page", "from": 200, "to": 300}
        ]);
        let post = |path: &str, body| (format!("POST /thehive{path}"), Some(body));
        let body = json!({"query": steps, "excludeFields": ["description", "summary"]});
        assert_eq!(sent(&first, Generation::Five), post("/api/v1/query", body));
        let search = json!({"query": {"_field": "case", "_value": "~4200"}});
        let expected = post("/api/alert/_search?range=all", search.clone());
        assert_eq!(sent(&first, Generation::Older), expected);
        let later = Question::AlertsOf { case: "~4200", page: page(OlderRange::Page, LongFields::Included) };
        assert_eq!(sent(&later, Generation::Five), post("/api/v1/query", json!({"query": steps})));
        assert_eq!(sent(&later, Generation::Older), post("/api/alert/_search?range=200-300", search));
    }

    #[test]
    fn an_id_is_one_segment_of_a_path() {
        let asked = |kind, id, generation| sent(&Question::entity(kind, id).unwrap(), generation).0;
        assert_eq!(asked(Kind::Case, "~4200", Generation::Five), "GET /thehive/api/v1/case/~4200");
        assert_eq!(asked(Kind::Case, "~4200", Generation::Older), "GET /thehive/api/case/~4200");
        assert_eq!(
            asked(Kind::Alert, "../a?b=c#d e%2f\u{e4}", Generation::Five),
            concat!("GET /thehive/api/v1/alert/..%2Fa%3Fb%3Dc%23d%20e%252f", "%C3%A4")
        );
        assert_eq!(asked(Kind::Alert, "...", Generation::Older), "GET /thehive/api/alert/...");
        for id in ["", " ", ".", "..", " .."] {
            assert_eq!(Question::entity(Kind::Case, id), None, "{id:?}");
        }
        assert_eq!(Question::entity(Kind::Observable, "~1"), None);
    }
}
