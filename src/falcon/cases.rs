//! Cases of Next-Gen SIEM.

use reqwest::Method;
use serde_json::json;

use super::call::{Call, Change, Query, Request, Status, Statuses, Target};
use super::id::CaseId;

/// Where whole cases are read and written.
const CASES: &str = "/cases/entities/cases/v2";

/// Sets the status of a case; Falcon takes one a call.
///
/// The field must nest: to a flat body Falcon answers 200 and changes nothing.
#[must_use]
pub fn update(id: &CaseId, status: Status) -> Call {
    let id = id.as_str().to_owned();
    Call {
        request: Request {
            method: Method::PATCH,
            path: CASES,
            query: None,
            body: Some(json!({"fields": {"status": status.word()}, "id": id})),
            scope: "Cases: write",
        },
        change: Change { target: Target::Case, ids: vec![id], status: status.word(), to: status.word() },
        read_back: statuses,
    }
}

/// Reads the status of these cases.
#[must_use]
pub(crate) fn statuses(ids: &[String]) -> Query<Statuses> {
    let request = Request {
        method: Method::POST,
        path: CASES,
        query: None,
        body: Some(json!({"ids": ids})),
        scope: "Cases: read",
    };
    Query { request, assumed: Statuses::default() }
}

/// Lists the id of one case, whichever.
#[must_use]
pub(crate) fn list_one() -> Request {
    let path = "/cases/queries/cases/v1";
    Request { method: Method::GET, path, query: Some("limit=1"), body: None, scope: "Cases: read" }
}
