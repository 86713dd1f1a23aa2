//! What the answers to queries about cases hold.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::falcon::call::Status;
use crate::falcon::envelope::{Envelope, Resource};
use crate::falcon::id::CaseId;
use crate::falcon::moment::ExactMoment;
use crate::falcon::objects::{known_and_unknown, taken, unknown};
use crate::falcon::read::Read;
use crate::falcon::reason::Reason;
use crate::http::Answer;
use crate::http::json::{Items, Maybe, Object, Text, weight};
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
    answer.status == 404 && Envelope::read_without_resources(&answer.body).is_ok_and(says_so)
}

impl Read for Cases {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Cases, Reason> {
        if knows_none(answer) {
            return Ok(Cases::default());
        }
        let (mut envelope, unknown) = known_and_unknown(answer, secrets)?;
        let case = |resource: Resource| {
            Some(Case {
                id: resource.id().filter(|id| CaseId::new(id).is_ok())?.to_owned(),
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
    pub(crate) cases: Vec<Whole>,
    pub(crate) unknown: HashMap<String, String>,
}

/// A whole case, as text: taken apart, it would take many times the memory.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) head: Head,
    json: Box<RawValue>,
}

/// What tells a case from others.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Head {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) reference_id: Text,
    pub(crate) status: Text,
    pub(crate) severity: Text,
}

impl Whole {
    fn read(json: &RawValue) -> Option<Whole> {
        let Object(head) = serde_json::from_str(json.get()).ok()?;
        Some(Whole { head, json: json.to_owned() })
    }

    /// Returns how many bytes it takes in a report, at most.
    pub(crate) fn length(&self) -> usize {
        self.json.get().len()
    }

    /// Returns the memory that it takes once it is taken apart, in bytes, at most.
    pub(crate) fn weight(&self) -> usize {
        weight(self.json.get().as_bytes())
    }

    /// Takes it apart, unless it is nested too deeply.
    pub(crate) fn value(&self) -> Option<Value> {
        serde_json::from_str(self.json.get()).ok()
    }
}

impl Read for Details {
    fn read(answer: &Answer, secrets: &Secrets) -> Result<Details, Reason> {
        #[derive(Deserialize)]
        struct Cases<'body> {
            #[serde(borrow, default)]
            resources: Items<&'body RawValue, MOST>,
        }
        if knows_none(answer) {
            return Ok(Details::default());
        }
        let unknown = unknown(answer, secrets)?;
        let found: Result<Object<Cases<'_>>, _> = serde_json::from_slice(&answer.body);
        let found = found.map(|Object(found)| found.resources.kept).unwrap_or_default();
        Ok(Details { cases: found.into_iter().filter_map(Whole::read).collect(), unknown })
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
        let envelope = taken(answer, Envelope::read_without_resources(&answer.body), secrets)?;
        if envelope.errors().next().is_some() {
            return Err(Reason::Named { message: envelope.message(secrets) });
        }
        let Object(list): Object<List> = serde_json::from_slice(&answer.body).map_err(|_| Reason::NotShown)?;
        let total = list.meta.0.and_then(|meta| meta.pagination.0).and_then(|page| page.total.as_number());
        let ids = match list.resources {
            Some(ids) if ids.is_list => ids.kept,
            None if total == Some(0) => Vec::new(),
            // A missing list that Falcon does not count as empty proves nothing: neither that there is a case nor that there is none.
            Some(_) | None => return Err(Reason::NotShown),
        };
        let ids = ids.iter().filter_map(Text::as_str).filter(|id| CaseId::new(id).is_ok());
        Ok(Listed { ids: ids.map(str::to_owned).collect(), total })
    }
}
