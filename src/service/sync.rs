//! Sync: Falcon follows the stage of an alert or case.

mod comment;
mod gathered;
mod reopened;
mod view;
mod wishes;

use anyhow::Result;

use super::links::Links;
use super::{Done, Flavor, Order, Plan, Service, Setback};
use crate::cortex::{Label, Operation};
use crate::falcon::{Call, CaseId, CompositeId, Outcome, Reason, Status, Target, alerts, cases, incidents};
use crate::session::Session;
use crate::thehive::{Kind, Stage};
use gathered::{Gathered, gather};
use reopened::closed_and_others;
use view::View;
use wishes::Wishes;

pub(super) const FLAVOR: Flavor = Flavor {
    name: "sync",
    definition: "responder.json",
    items: &wishes::ITEMS,
    kinds: &[Kind::Alert, Kind::Case],
    plan,
};

fn plan(order: &Order<'_>) -> Result<Plan> {
    let wishes = Wishes::of(order)?;
    let view = wishes.view(order.entity, order.secrets)?;
    let thehive = order.config.thehive(order.secrets)?;
    let may_find_more = thehive.is_some() && order.entity.kind == Kind::Case && order.entity.id().is_some();
    let links = if may_find_more { Links::if_any(order)? } else { Links::of(order)? };
    let legacy = Some(&links.legacy).filter(|ids| !ids.is_empty());
    let set_aside = legacy.map(|ids| Outcome::failed(alerts::update(ids, view.status), Reason::Unsendable));
    let about = order.about_stage(view.stage);
    let service = Sync {
        label: order.entity.label.clone(),
        kind: order.entity.kind,
        id: order.entity.id().map(str::to_owned),
        view,
        links,
        fields: order.config.fields()?,
        wishes,
        secrets: order.secrets.clone(),
        tag: order.sync_tag()?,
    };
    Ok(Plan { about, set_aside: set_aside.into_iter().collect(), service: Box::new(service), thehive })
}

/// Everything that the alert or case is linked to gets the status that goes with its stage, and what else is wished for.
struct Sync {
    label: String,
    kind: Kind,
    id: Option<String>,
    /// The alert or case, as the job shows it.
    view: View,
    links: Links,
    fields: crate::config::Fields,
    wishes: Wishes,
    secrets: crate::secret::Secrets,
    tag: Option<Operation>,
}

impl Service for Sync {
    fn calls(&self) -> Vec<Call> {
        updates(&self.links, &self.view, self.view.status, &self.wishes)
    }

    fn scopes(&self) -> Vec<&'static str> {
        let reads = self.wishes.looks_first() && !self.links.alerts.is_empty();
        self.calls().iter().map(|call| call.request.scope).chain(reads.then_some("Alerts: read")).collect()
    }

    fn work(&self, session: &Session<'_>) -> Result<Done, Setback> {
        let Gathered { links, mut details } = gather(self, session)?;
        let view = self.follow(session, &links, &mut details);
        self.comment(session, &links, &view);
        Ok(Done {
            message: format!("Falcon follows {}, which is {} in TheHive: {}.", self.label, view.stage, links.counted()),
            details,
            operations: self.tag.iter().cloned().collect(),
            label: Some(Label { predicate: "status", value: view.status.word().to_owned() }),
            ..Done::default()
        })
    }
}

impl Sync {
    /// Sends what goes with the stage; where TheHive can be asked, until it and Falcon agree.
    fn follow(&self, session: &Session<'_>, links: &Links, details: &mut Vec<String>) -> View {
        let mut view = match self.newest(session) {
            Some(Ok(newest)) => newest,
            Some(Err(why)) => {
                details.push(format!("Whether TheHive has moved on was not looked up: {why}."));
                self.send(session, links, &self.view);
                return self.view.clone();
            }
            None => {
                self.send(session, links, &self.view);
                return self.view.clone();
            }
        };
        loop {
            self.send_while(session, links, &view);
            match self.newest(session) {
                Some(Ok(newest)) if !newest.is_same(&view) => {
                    session.start_over();
                    view = newest;
                }
                Some(Err(why)) => {
                    details.push(format!("Whether TheHive has moved on since was not looked up: {why}."));
                    break;
                }
                Some(Ok(_)) | None => break,
            }
        }
        if view.stage != self.view.stage {
            session.follow(view.stage);
            details.push(format!("The job said {}; TheHive has moved on to {} since.", self.view.stage, view.stage));
        }
        view
    }

    /// What TheHive shows by now, where it can be asked.
    fn newest(&self, session: &Session<'_>) -> Option<Result<View, String>> {
        let id = self.id.as_deref()?;
        let entity = match session.thehive()? {
            Ok(thehive) => thehive.entity(self.kind, id).map_err(|unreached| unreached.to_string()),
            Err(unreached) => Err(unreached.to_string()),
        };
        Some(entity.and_then(|data| {
            self.wishes.view_of(self.kind, &data, &self.secrets).map_err(|error| format!("{error:#}"))
        }))
    }

    fn send(&self, session: &Session<'_>, links: &Links, view: &View) {
        session.send(self.wished(session, links, view));
        self.tag_cases(session, links, view);
    }

    fn send_while(&self, session: &Session<'_>, links: &Links, view: &View) {
        let is_still_wanted = || !matches!(self.newest(session), Some(Ok(newest)) if !newest.is_same(view));
        session.send_while(self.wished(session, links, view), is_still_wanted);
        self.tag_cases(session, links, view);
    }

    /// The updates of statuses, reopenings among them where these are wished for.
    fn wished(&self, session: &Session<'_>, links: &Links, view: &View) -> Vec<Call> {
        let open = |links: &Links, status| updates(links, view, status, &self.wishes);
        if !self.wishes.reopened || view.status == Status::Closed {
            return open(links, view.status);
        }
        let (closed, others) = closed_and_others(links, session);
        open(&closed, Status::Reopened).into_iter().chain(open(&others, view.status)).collect()
    }

    /// The linked cases get the tags of the resolution, too: as far as they lack them, or have the others.
    fn tag_cases(&self, session: &Session<'_>, links: &Links, view: &View) {
        let Some(resolution) = view.resolution.as_ref().filter(|_| !links.cases.is_empty()) else { return };
        let mut calls = Vec::new();
        for ids in links.cases.chunks(cases::MOST_READ) {
            let texts: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
            let there = session.read(cases::read(&texts)).map(|read| read.found).unwrap_or_default();
            for id in ids {
                let case = there.iter().find(|case| case.id == id.as_str());
                calls.extend(tags_of(id, resolution, case.map(|case| case.tags.as_slice())));
            }
        }
        session.send(calls);
    }

    fn comment(&self, session: &Session<'_>, links: &Links, view: &View) {
        let Some(words) = &view.comment else { return };
        let done = session.done(Target::Alert);
        let done: std::collections::HashSet<&str> = done.iter().map(String::as_str).collect();
        let ids: Vec<CompositeId> = links.alerts.iter().filter(|id| done.contains(id.as_str())).cloned().collect();
        session.send(ids.chunks(alerts::MOST).map(|ids| alerts::comment(ids, words)).collect());
    }
}

/// The updates that give all that is linked this status.
fn updates(links: &Links, view: &View, status: Status, wishes: &Wishes) -> Vec<Call> {
    let Links { alerts, incidents, cases, legacy: _ } = links;
    let wanted = view.of_alerts(status);
    let alerts = alerts.chunks(alerts::MOST).map(|ids| alerts::update(ids, wanted.clone()));
    let incidents = incidents.chunks(incidents::MOST).map(|ids| incidents::update(ids, status));
    let cases = cases.iter().map(|id| cases::update(id, status));
    let calls = alerts.chain(incidents).chain(cases);
    if wishes.verify { calls.map(Call::verified).collect() } else { calls.collect() }
}

/// The calls that give a case the tags of a resolution. Of a case that was not read, all are asked for.
fn tags_of(id: &CaseId, resolution: &crate::falcon::Resolution, there: Option<&[String]>) -> Vec<Call> {
    let has = |tag: &String| there.is_none_or(|there| there.contains(tag));
    let lacks = |tag: &String| there.is_none_or(|there| !there.contains(tag));
    let over: Vec<String> = resolution.cleared.iter().filter(|tag| has(tag)).cloned().collect();
    let missing: Vec<String> = resolution.tag.iter().filter(|tag| lacks(tag)).cloned().collect();
    let remove = (!over.is_empty()).then(|| cases::remove_tags(id, &over));
    remove.into_iter().chain((!missing.is_empty()).then(|| cases::add_tags(id, &missing))).collect()
}

impl Status {
    /// The status that goes with a stage.
    pub(super) fn of(stage: Stage) -> Status {
        match stage {
            Stage::New => Status::New,
            Stage::InProgress | Stage::Imported => Status::InProgress,
            Stage::Closed => Status::Closed,
        }
    }
}
