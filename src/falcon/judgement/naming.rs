//! Which ids an answer's errors are about.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};

use crate::falcon::envelope::{Envelope, Error};
use crate::http::json::Text;
use crate::secret::Secrets;

/// What the errors say of which id, and those that may stand for others.
pub(super) struct Naming<'answer> {
    said: HashMap<&'answer str, String>,
    /// Errors that name no id, or that may stand for more than they name.
    pub(super) nameless: Vec<&'answer Error>,
}

/// No id is longer.
const LONGEST_WORD: usize = 1_100;

/// Stands for the errors that were counted and not kept.
static TOO_MANY: Error = Error { code: Text::NONE, message: Text::NONE, id: Text::NONE };

impl<'answer> Naming<'answer> {
    /// Reads the errors of an answer to a call about these ids.
    pub(super) fn of(ids: &'answer [String], envelope: &'answer Envelope, secrets: &Secrets) -> Naming<'answer> {
        let asked: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let mut naming = Naming { said: HashMap::new(), nameless: Vec::new() };
        for error in envelope.errors() {
            let named = named(error, &asked);
            if named.is_empty() || may_stand_for_more(error, named.len()) {
                naming.nameless.push(error);
            }
            // Once for all ids: a message can be long, and name thousands.
            let text = LazyCell::new(|| error.text(secrets));
            for id in named {
                naming.said.entry(id).or_insert_with(|| text.clone());
            }
        }
        if envelope.has_more_errors() {
            naming.nameless.push(&TOO_MANY);
        }
        naming
    }

    /// What is said of this id.
    pub(super) fn of_id(&self, id: &str) -> Option<&str> {
        self.said.get(id).map(String::as_str)
    }
}

/// The ids that an error names, in its own field or as whole words of its message.
fn named<'ids>(error: &Error, asked: &HashSet<&'ids str>) -> HashSet<&'ids str> {
    let mut ids: HashSet<&str> = error.id.as_str().and_then(|id| asked.get(id.trim())).copied().into_iter().collect();
    for word in words(error) {
        let candidates: HashSet<&str> = readings(word).filter_map(|reading| asked.get(reading)).copied().collect();
        // A word that could be either of two ids names neither.
        if candidates.len() == 1 {
            ids.extend(candidates);
        }
    }
    ids
}

fn words(error: &Error) -> impl Iterator<Item = &str> {
    let message = error.message.as_str().unwrap_or_default();
    let words = message.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
    words.filter(|word| (1..=LONGEST_WORD).contains(&word.len()))
}

/// A word as the ids that it may be: with and without the punctuation around it. Words that prose is made of, numbers
/// among them, are no ids.
fn readings(word: &str) -> impl Iterator<Item = &str> {
    const AROUND: [char; 11] = ['"', '\'', '`', '(', ')', '[', ']', '.', '!', ':', '?'];
    const SHORTEST_OPAQUE: usize = 16;
    const MOST_PUNCTUATION: usize = 3;
    let start = word.trim_start_matches(AROUND);
    let bare = start.trim_end_matches(AROUND);
    // All of the punctuation is one byte long.
    let ends = bare.len() + 1..=start.len().min(bare.len() + MOST_PUNCTUATION);
    let readings = [word, start, bare].into_iter().chain(ends.map(|end| &start[..end]));
    readings.filter(|id| id.contains(':') || id.len() >= SHORTEST_OPAQUE)
}

/// Whether an error that names so many ids may be about others, too: "X and 1 more could not be updated".
fn may_stand_for_more(error: &Error, names: usize) -> bool {
    const HINTS: [&str; 18] = [
        "more",
        "other",
        "others",
        "rest",
        "remaining",
        "all",
        "some",
        "several",
        "any",
        "every",
        "each",
        "many",
        "both",
        "following",
        "further",
        "additional",
        "etc",
        "multiple",
    ];
    let is_cut = |word: &str| word.ends_with("...") || word.ends_with('…');
    let is_more = |word: &str| word.parse().is_ok_and(|number: usize| number > names);
    words(error).any(|word| {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        is_cut(word) || is_more(&plain) || HINTS.contains(&plain.as_str())
    })
}
