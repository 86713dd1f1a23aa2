//! The message of a job that did not do all it was asked for, whole, from the lines that it is made of.

/// What to do about ids that Falcon may not know.
pub const CHECK_THE_IDS: &str = "Check in Falcon that each of these ids exists in this tenant and correct the custom field, then run the responder again.";

/// What to do about objects that kept their status.
pub const SET_IT_BY_HAND: &str = "Run the responder again; if it stays so, set the status in Falcon by hand and ask CrowdStrike's support with the trace id.";

/// What to do where the API client may not read what it has written.
pub fn give_the_scope(scope: &str) -> String {
    format!(
        "Look at it in Falcon. Give the API client the scope \"{scope}\" there, so that the responder can look itself the next time."
    )
}

/// What a message tells.
#[derive(Clone)]
pub enum Line {
    Updated(Ids),
    NotUpdated(Ids, Cause),
    NotConfirmed(Ids, Cause),
    Note(&'static str),
}

/// Some ids with one change, and the trace id of the answer, where one came.
#[derive(Clone)]
pub struct Ids {
    /// `2 alerts`
    count: String,
    /// `closed`
    to: String,
    text: String,
    trace_id: String,
}

/// Why something was not done, and what is to be done about it.
#[derive(Clone, PartialEq)]
pub struct Cause {
    why: String,
    next: String,
}

/// The ids that were updated: `2 alerts to closed`.
pub fn updated(what: &str, ids: &str, trace_id: &str) -> Line {
    Line::Updated(Ids::new(what, ids, trace_id))
}

/// Ids that were not updated.
pub fn not_updated(what: &str, ids: &str, trace_id: &str, why: &str, next: &str) -> Line {
    Line::NotUpdated(Ids::new(what, ids, trace_id), Cause { why: why.to_owned(), next: next.to_owned() })
}

/// Ids of which nobody knows.
pub fn not_confirmed(what: &str, ids: &str, trace_id: &str, why: &str, next: &str) -> Line {
    Line::NotConfirmed(Ids::new(what, ids, trace_id), Cause { why: why.to_owned(), next: next.to_owned() })
}

/// The whole message on the case of the fixtures.
pub fn message(lines: &[Line]) -> String {
    message_on("case #42 (InProgress in TheHive)", lines)
}

/// The whole message: causes and next steps, what was done, notes, and the ids of all at the end.
pub fn message_on(subject: &str, lines: &[Line]) -> String {
    let causes: Vec<(String, &Cause)> = lines.iter().filter_map(Line::cause).collect();
    let heads: Vec<String> = lines.iter().filter_map(|line| Some(line.ids()?.0)).collect();
    let is_told_apart = heads.iter().enumerate().all(|(place, head)| !heads[..place].contains(head));
    let number = |place: usize| if is_told_apart { String::new() } else { format!("({}) ", place + 1) };
    let mut told = Vec::new();
    for (place, (sentence, cause)) in causes.iter().enumerate() {
        let linked = if place == 0 { format!(" linked to {subject}") } else { String::new() };
        told.push(number(place) + &sentence.replace(" LINKED", &linked));
        if causes.get(place + 1).is_none_or(|(_, next)| next.next != cause.next) {
            told.push(format!("Next: {}", cause.next));
        }
    }
    told.extend(details(lines));
    told.extend(lines.iter().filter_map(Line::done_ids));
    told.extend(
        lines.iter().filter_map(Line::ids).enumerate().map(|(place, (head, ids))| number(place) + &head + &ids),
    );
    told.join("\n")
}

/// What a message on the case of the fixtures begins with.
pub fn beginning(line: &Line) -> String {
    let (sentence, _) = line.cause().expect("a cause");
    sentence.replace(" LINKED", " linked to case #42 (InProgress in TheHive)").trim_end_matches('.').to_owned()
}

/// The `details` of a success, which a failure has in its midst.
pub fn details(lines: &[Line]) -> Vec<String> {
    let done = lines.iter().filter_map(|line| match line {
        Line::Updated(ids) => Some(format!("{} {} updated to {}.", ids.count, ids.were(), ids.to)),
        _ => None,
    });
    let notes =
        lines.iter().filter_map(|line| if let Line::Note(note) = line { Some((*note).to_owned()) } else { None });
    done.chain(notes).collect()
}

impl Line {
    fn cause(&self) -> Option<(String, &Cause)> {
        let (ids, how, cause) = match self {
            Line::NotUpdated(ids, cause) => (ids, format!("{} not", ids.were()), cause),
            Line::NotConfirmed(ids, cause) => (ids, "may or may not have been".to_owned(), cause),
            Line::Updated(_) | Line::Note(_) => return None,
        };
        Some((format!("{} LINKED {how} updated to {}: {}.", ids.count, ids.to, cause.why), cause))
    }

    /// `Not updated alert` and the ids behind it.
    fn ids(&self) -> Option<(String, String)> {
        match self {
            Line::NotUpdated(ids, _) => Some((format!("Not updated {}", ids.kind()), format!(": {}", ids.traced()))),
            Line::NotConfirmed(ids, _) => {
                Some((format!("Not confirmed {}", ids.kind()), format!(": {}", ids.traced())))
            }
            Line::Updated(_) | Line::Note(_) => None,
        }
    }

    fn done_ids(&self) -> Option<String> {
        match self {
            Line::Updated(ids) => Some(format!("Updated {}: {}", ids.kind(), ids.traced())),
            Line::NotUpdated(..) | Line::NotConfirmed(..) | Line::Note(_) => None,
        }
    }
}

impl Ids {
    fn new(what: &str, ids: &str, trace_id: &str) -> Ids {
        let (count, to) = what.split_once(" to ").expect("a change");
        let [count, to, text, trace_id] = [count, to, ids, trace_id].map(str::to_owned);
        Ids { count, to, text, trace_id }
    }

    fn were(&self) -> &'static str {
        if self.count.starts_with("1 ") { "was" } else { "were" }
    }

    fn kind(&self) -> &str {
        self.count.split_once(' ').expect("a count").1
    }

    fn traced(&self) -> String {
        let Ids { text, trace_id, .. } = self;
        if trace_id.is_empty() { text.clone() } else { format!("{text}; trace id {trace_id}") }
    }
}

/// Why something is not known, once it was to be read back without the scope for that.
pub fn unreadable(first: &str) -> String {
    format!(
        "{first}; to read it back did not work, either: Falcon answered HTTP 403: access denied, scope not permitted (code 403)"
    )
}

/// Why something was not updated, once it was read back and has another status.
pub fn still(first: &str, status: &str) -> String {
    format!("{first}; read back a moment later, it still shows the status {status}")
}
