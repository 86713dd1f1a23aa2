//! Filters in Falcon's query language, as far as this tenant speaks it: `tags:'a'+status:'new'`, with `*` for anything.

use super::case::Case;
use super::strict::CID;

/// The conditions that a case has to meet, each of them.
#[derive(Debug, Default)]
pub struct Filter(Vec<Condition>);

#[derive(Debug)]
struct Condition {
    field: Field,
    pattern: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
enum Field {
    Cid,
    Id,
    Name,
    ReferenceId,
    Status,
    Tags,
}

#[derive(Debug, Clone, Copy)]
enum Piece {
    Exactly(char),
    Anything,
}

impl Filter {
    /// Reads a filter; none where it is not understood. Empty, it lets everything through.
    pub fn parse(text: &str) -> Option<Filter> {
        if text.is_empty() {
            return Some(Filter::default());
        }
        let mut conditions = Vec::new();
        let mut rest = text;
        loop {
            let (condition, behind) = condition(rest)?;
            conditions.push(condition);
            match behind {
                "" => return Some(Filter(conditions)),
                _ => rest = behind.strip_prefix('+')?,
            }
        }
    }

    pub fn matches(&self, case: &Case) -> bool {
        self.0.iter().all(|Condition { field, pattern }| field.values(case).iter().any(|value| fits(pattern, value)))
    }
}

impl Field {
    fn values(self, case: &Case) -> Vec<&str> {
        match self {
            Field::Cid => vec![CID],
            Field::Id => vec![&case.id],
            Field::Name => vec![&case.name],
            Field::ReferenceId => vec![&case.reference_id],
            Field::Status => vec![&case.status],
            Field::Tags => case.tags.iter().map(String::as_str).collect(),
        }
    }
}

/// The first condition, and what stands behind it.
fn condition(text: &str) -> Option<(Condition, &str)> {
    let (field, value) = text.split_once(":'")?;
    let field = match field {
        "cid" => Field::Cid,
        "id" => Field::Id,
        "name" => Field::Name,
        "reference_id" => Field::ReferenceId,
        "status" => Field::Status,
        "tags" => Field::Tags,
        _ => return None,
    };
    let mut pattern = Vec::new();
    let mut characters = value.char_indices();
    loop {
        pattern.push(match characters.next()? {
            (end, '\'') => return Some((Condition { field, pattern }, &value[end + 1..])),
            (_, '*') => Piece::Anything,
            (_, '\\') => Piece::Exactly(characters.next().map(|(_, c)| c).filter(|c| ['\'', '\\'].contains(c))?),
            (_, character) => Piece::Exactly(character),
        });
    }
}

/// Whether the pattern fits the whole text.
fn fits(pattern: &[Piece], text: &str) -> bool {
    // After each piece: whether the pattern so far fits so many of the first characters.
    let mut reached = vec![false; text.chars().count() + 1];
    reached[0] = true;
    for piece in pattern {
        reached = match piece {
            Piece::Anything => (0..reached.len()).map(|length| reached[..=length].contains(&true)).collect(),
            Piece::Exactly(character) => {
                let next = text.chars().zip(&reached).map(|(c, before)| *before && c == *character);
                std::iter::once(false).chain(next).collect()
            }
        };
    }
    reached.last().copied().unwrap_or_default()
}
