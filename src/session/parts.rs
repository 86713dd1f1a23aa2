//! Reads of many objects: one object that Falcon refuses to show, or whose record is too long, keeps no other from being read.

use std::collections::VecDeque;

use super::{Session, Unread};
use crate::falcon::{Query, Read, Reason};

/// What was read of some objects, and what was not.
#[derive(Debug)]
pub(crate) struct ReadParts<T> {
    /// Each response, with the IDs that were asked for.
    pub parts: Vec<(Vec<String>, T)>,
    /// The IDs that were not read, with the reason.
    pub unread: Vec<(Vec<String>, Unread)>,
}

impl Session<'_> {
    /// Reads these objects, at most so many in one request, and fewer if a response is too long or refused as a whole. After any
    /// other error, nothing more is read.
    pub(crate) fn read_parts<T: Read>(
        &self,
        ids: &[String],
        most: usize,
        query: impl Fn(&[String]) -> Query<T>,
    ) -> ReadParts<T> {
        let mut parts = Vec::new();
        let unread = self.read_each_part(ids, most, query, |ids, part| parts.push((ids.to_vec(), part)));
        ReadParts { parts, unread }
    }

    /// The same, with each response given away as it comes, so that not all of them are in memory. Returns the IDs that were not
    /// read.
    pub(crate) fn read_each_part<T: Read>(
        &self,
        ids: &[String],
        most: usize,
        query: impl Fn(&[String]) -> Query<T>,
        each: impl FnMut(&[String], T),
    ) -> Vec<(Vec<String>, Unread)> {
        self.each_part(ids, most, |ids| self.read(query(ids)), each)
    }

    /// Reads these objects in parts with a request of this kind.
    pub(super) fn each_part<T>(
        &self,
        ids: &[String],
        mut most: usize,
        read: impl Fn(&[String]) -> Result<T, Unread>,
        mut each: impl FnMut(&[String], T),
    ) -> Vec<(Vec<String>, Unread)> {
        let mut all_unread = Vec::new();
        let mut waiting: VecDeque<&[String]> = VecDeque::from([ids]);
        while let Some(next) = waiting.pop_front().filter(|ids| !ids.is_empty()) {
            let (ids, rest) = next.split_at(next.len().min(most));
            if !rest.is_empty() {
                waiting.push_front(rest);
            }
            match read(ids) {
                Ok(part) => each(ids, part),
                Err(unread) if self.is_worth_halving(&unread.reason, ids.len()) => {
                    if unread.reason.is_too_long() {
                        most = ids.len().div_ceil(2);
                    }
                    let (first, second) = ids.split_at(ids.len().div_ceil(2));
                    waiting.push_front(second);
                    waiting.push_front(first);
                }
                Err(unread) => {
                    let is_about_these = unread.reason.is_too_long() || unread.reason.is_refusal_of_content();
                    let unread = unread.of(ids.len());
                    if !is_about_these {
                        let left = waiting.drain(..).flatten().cloned();
                        all_unread.push((ids.iter().cloned().chain(left).collect(), unread));
                        break;
                    }
                    all_unread.push((ids.to_vec(), unread));
                }
            }
        }
        all_unread
    }

    /// Whether fewer objects may be read where so many were not. What is too long fits sooner or later; a refusal is narrowed down
    /// by the extra requests of the job.
    fn is_worth_halving(&self, reason: &Reason, count: usize) -> bool {
        count > 1 && (reason.is_too_long() || (reason.is_refusal_of_content() && self.extra_requests.take_reads(2)))
    }
}

impl Unread {
    /// The same for so many objects: one whose response is too long is itself too long.
    fn of(self, count: usize) -> Unread {
        let reason = match self.reason {
            reason if count == 1 && reason.is_too_long() => Reason::ObjectTooLong,
            reason if count > 1 && reason.is_refusal_of_content() => Reason::NotNarrowedDown(Box::new(reason)),
            reason => reason,
        };
        Unread { reason, ..self }
    }
}
