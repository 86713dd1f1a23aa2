//! The calls for cases. Only an update can be repeated without harm: each `PUT` makes another case.

use std::time::Duration;

use serde_json::{Map, Value};

use super::answers::{self, Answer, named};
use super::case::Case;
use super::case_fields::{AT_CREATION, IN_AN_UPDATE, MOST_EVIDENCE, add, ids_in, with_members, with_tags};
use super::request::{Request, invalid, texts};
use super::strict::Tenant;
use super::updates::find;

/// So many cases can be read at a time.
const MOST_READ: usize = 500;

impl Tenant {
    pub(super) fn create_case(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["name"], &AT_CREATION)?;
        let mut case = with_members(Case::new(self.objects.cases.created + 1), &body)?;
        // Nobody has published what else a new case can be.
        if !["new", "in_progress"].contains(&case.status.as_str()) {
            return Err(named("case-field-invalid"));
        }
        let mut errors = self.take_missing("alert", &mut case.alerts);
        errors.extend(self.take_missing("event", &mut case.events));
        case.created = Some(self.objects.clock.time_of_change(Duration::ZERO));
        self.objects.cases.create(case.clone());
        Ok(named("case-created").with("/resources/0", case.whole(false)).with("/errors", errors))
    }

    pub(super) fn read_cases(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["ids"], &[])?;
        let (there, missing) = find(&body, "ids", MOST_READ, |id| self.objects.has_case(id))?;
        Ok(answers::cases_read(there.iter().rev().map(|id| self.objects.read_case(id)).collect(), &missing))
    }

    pub(super) fn update_case(&mut self, request: &Request) -> Result<Answer, Answer> {
        // The trap of the real one: a flat body is taken, and changes nothing.
        if let Some(flat) = request.object(&["id"], &IN_AN_UPDATE).ok().filter(|flat| flat.len() > 1) {
            let case = self.case_of(&flat)?;
            return Ok(answers::case_not_changed(self.objects.whole_case(&case.id)));
        }
        let body = request.object(&["id", "fields"], &["expected_version", "expected_consistency_version"])?;
        let fields = body["fields"].as_object().filter(|fields| !fields.is_empty()).ok_or_else(invalid)?;
        if fields.keys().any(|field| !IN_AN_UPDATE.contains(&field.as_str())) {
            return Err(invalid());
        }
        let case = self.changed_meanwhile(self.case_of(&body)?);
        let is_stale = |expected: &str| body.get(expected).is_some_and(|version| *version != case.version);
        if is_stale("expected_version") || is_stale("expected_consistency_version") {
            return Err(named("case-version-conflict"));
        }
        Ok(self.change("case-updated", with_members(case, fields)?, Vec::new()))
    }

    pub(super) fn add_tags(&mut self, request: &Request) -> Result<Answer, Answer> {
        let body = request.object(&["id", "tags"], &[])?;
        let tags = texts(&body["tags"])?;
        let case = self.case_of(&body)?;
        if tags.is_empty() {
            Err(invalid())
        } else {
            Ok(self.change("case-tags-added", with_tags(case, &tags)?, Vec::new()))
        }
    }

    pub(super) fn remove_tags(&mut self, request: &Request) -> Result<Answer, Answer> {
        let (ids, tags): (Vec<_>, Vec<_>) =
            request.parameters(&["id", "tag"])?.into_iter().partition(|(name, _)| name == "id");
        let ([(_, id)], [_, ..]) = (&ids[..], &tags[..]) else { return Err(invalid()) };
        let mut case = self.case_named(id)?;
        case.tags.retain(|tag| !tags.iter().any(|(_, removed)| removed == tag));
        Ok(self.change("case-tags-removed", case, Vec::new()))
    }

    pub(super) fn add_alerts(&mut self, request: &Request) -> Result<Answer, Answer> {
        self.add_evidence(request, "alert", |case| &mut case.alerts)
    }

    pub(super) fn add_events(&mut self, request: &Request) -> Result<Answer, Answer> {
        self.add_evidence(request, "event", |case| &mut case.events)
    }

    /// Adds what exists; an error stands for each that doesn't.
    fn add_evidence(
        &mut self,
        request: &Request,
        kind: &str,
        list: impl Fn(&mut Case) -> &mut Vec<String>,
    ) -> Result<Answer, Answer> {
        let field = format!("{kind}s");
        let body = request.object(&["id", &field], &[])?;
        let mut ids: Vec<String> = ids_in(&body[&field])?.into_iter().map(str::to_owned).collect();
        let mut case = self.case_of(&body)?;
        if ids.is_empty() {
            return Err(invalid());
        }
        let errors = self.take_missing(kind, &mut ids);
        add(list(&mut case), &ids.iter().map(String::as_str).collect::<Vec<_>>());
        if case.evidence() > MOST_EVIDENCE {
            return Err(named("case-evidence-full"));
        }
        if ids.is_empty() {
            let unchanged = named("case-evidence-added").with("/resources/0", self.objects.whole_case(&case.id));
            return Ok(unchanged.with("/meta/writes/resources_affected", 0).with("/errors", errors));
        }
        Ok(self.change("case-evidence-added", case, errors))
    }

    /// The case, changed by somebody else where the scenario says so: it is the next version.
    fn changed_meanwhile(&mut self, mut case: Case) -> Case {
        if let Some((_, alert)) = self.objects.cases.added_meanwhile.take_if(|(id, _)| *id == case.id) {
            case.alerts.push(alert);
            return self.objects.next_version(case);
        }
        let Some(left) = self.objects.cases.changed_meanwhile.checked_sub(1) else { return case };
        self.objects.cases.changed_meanwhile = left;
        self.objects.next_version(case)
    }

    /// Takes the ids that do not exist out of the list; an error for each.
    fn take_missing(&self, kind: &str, ids: &mut Vec<String>) -> Vec<Value> {
        let missing = ids.extract_if(.., |id| !self.objects.exists(id)).collect::<Vec<_>>();
        answers::not_found(kind, &missing.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The case whose id is in this body.
    fn case_of(&self, body: &Map<String, Value>) -> Result<Case, Answer> {
        self.case_named(body["id"].as_str().filter(|id| !id.is_empty()).ok_or_else(invalid)?)
    }

    fn case_named(&self, id: &str) -> Result<Case, Answer> {
        if self.objects.has_case(id) { Ok(self.objects.case(id)) } else { Err(named("case-unknown")) }
    }

    /// Keeps the changed case, and answers it whole.
    fn change(&mut self, file: &str, case: Case, errors: Vec<Value>) -> Answer {
        let id = case.id.clone();
        let affected = usize::from(self.objects.set_case(case));
        let answer = named(file).with("/resources/0", self.objects.whole_case(&id)).with("/errors", errors);
        answer.with("/meta/writes/resources_affected", affected)
    }
}
