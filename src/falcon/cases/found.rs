//! What the answers to queries about cases hold.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::falcon::call::Status;
use crate::falcon::envelope::{Envelope, Resource};
use crate::falcon::moment::ExactMoment;
use crate::falcon::objects::known_and_unknown;
use crate::falcon::read::Read;
use crate::falcon::reason::Reason;
use crate::falcon::refusal::{no_envelope, refused};
use crate::http::Answer;
use crate::http::json::{Items, Maybe, Object, Text};
use crate::secret::Secrets;

/// As many ids are kept of a list, and as many cases of an answer.
const MOST: usize = super::MOST_LISTED;

/// Cases, and what Falcon says of those that it does not know.
#[derive(Debug, Default)]
pub(crate) struct Cases {
    pub(crate) found: Vec<Case>,
    pub(crate) unknown: HashMap<String, String>,
}

/// What there is to know of a case before it is changed.
#[derive(Debug, Default)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) version: Option<u64>,
    pub(crate) status: Option<String>,
    /// When it was created, if it shows that.
    created: Option<ExactMoment>,
    /// Its tags, if it shows all of them.
    pub(crate) tags: Option<Vec<String>>,
    /// The ids of the alerts that it holds, where it shows all of them.
    pub(crate) alerts: Option<Vec<String>>,
    /// Both ids of each alert, event and lead that it holds.
    pub(crate) evidence: Vec<Vec<String>>,
}

impl Case {
    /// Returns what tells which of several cases with one dedup tag counts: the smallest. That is the one that was created first,
    /// whatever has become of it, or else the one with the smallest id.
    pub(crate) fn precedence(&self) -> (bool, Option<&ExactMoment>, &str) {
        (self.created.is_none(), self.created.as_ref(), &self.id)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.status.as_deref() == Some(Status::Closed.word())
    }
}

impl Cases {
    /// Cases of which nothing is known, for a rehearsal.
    pub(super) fn assumed(ids: &[String]) -> Cases {
        let case = |id: &String| Case { id: id.clone(), ..Case::default() };
        Cases { found: ids.iter().map(case).collect(), unknown: HashMap::new() }
    }
}

/// Whether the answer says that there is none of these cases, and not that there is no such page.
fn knows_none(answer: &Answer) -> bool {
    let says_so = |envelope: Envelope| envelope.has_code("404") && !envelope.knows_no_such_page();
    answer.status == 404 && Envelope::read(&answer.body).is_ok_and(says_so)
}

impl Read for Cases {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Cases, Reason> {
        if knows_none(answer) {
            return Ok(Cases::default());
        }
        let (mut envelope, unknown) = known_and_unknown(answer, secrets)?;
        let case = |resource: Resource| {
            Some(Case {
                id: resource.id()?.to_owned(),
                version: resource.version(),
                status: resource.status().map(str::to_owned),
                created: resource.created_at().and_then(ExactMoment::parse),
                tags: resource.tags().map(|tags| tags.into_iter().map(str::to_owned).collect()),
                alerts: resource.alerts(),
                evidence: resource.evidence().map(|record| record.ids().map(str::to_owned).collect()).collect(),
            })
        };
        let found = envelope.take_resources().filter_map(case).collect();
        Ok(Cases { found, unknown })
    }
}

/// Whole cases, as Falcon shows them.
#[derive(Debug, Default)]
pub(crate) struct Details {
    pub(crate) cases: Vec<Value>,
    pub(crate) unknown: HashMap<String, String>,
}

impl Read for Details {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Details, Reason> {
        #[derive(Deserialize)]
        struct Whole {
            #[serde(default)]
            resources: Items<Value, MOST>,
        }
        if knows_none(answer) {
            return Ok(Details::default());
        }
        let (_, unknown) = known_and_unknown(answer, secrets)?;
        let whole: Result<Object<Whole>, _> = serde_json::from_slice(&answer.body);
        let cases = whole.map(|Object(whole)| whole.resources.kept).unwrap_or_default();
        Ok(Details { cases: cases.into_iter().filter(Value::is_object).collect(), unknown })
    }
}

/// The ids of a list, and how many there are in all.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) ids: Vec<String>,
    /// As Falcon counts them; nothing where it does not.
    pub(crate) total: Option<u64>,
}

impl Read for Listed {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Listed, Reason> {
        #[derive(Deserialize)]
        struct List {
            #[serde(default)]
            meta: Maybe<Meta>,
            resources: Option<Items<Text, MOST>>,
        }
        #[derive(Deserialize)]
        struct Meta {
            #[serde(default)]
            pagination: Maybe<Pagination>,
        }
        #[derive(Deserialize)]
        struct Pagination {
            #[serde(default)]
            total: Text,
        }
        match (answer.is_success(), Envelope::read(&answer.body)) {
            (true, Ok(envelope)) if envelope.errors().next().is_some() => {
                return Err(Reason::Named { message: envelope.message(secrets) });
            }
            (true, Ok(_)) => {}
            (true, Err(problem)) => return Err(no_envelope(answer, problem, secrets)),
            (false, envelope) => return Err(refused(answer, envelope.ok().as_ref(), secrets)),
        }
        let Object(list): Object<List> = serde_json::from_slice(&answer.body).map_err(|_| Reason::NotShown)?;
        let total = list.meta.0.and_then(|meta| meta.pagination.0).and_then(|page| page.total.as_number());
        let ids = match list.resources {
            Some(ids) if ids.is_list => ids.kept,
            None if total == Some(0) => Vec::new(),
            // A missing list that Falcon does not count as empty proves nothing: neither that there is a case nor that there is none.
            Some(_) | None => return Err(Reason::NotShown),
        };
        Ok(Listed { ids: ids.iter().filter_map(Text::as_str).map(str::to_owned).collect(), total })
    }
}
