//! Filters in Falcon's query language, as far as this tenant speaks it: `tags:'a'+status:'new'`, with `*` for anything.

/// The conditions that an object has to meet, each of them.
#[derive(Debug, Default)]
pub struct Filter(Vec<Condition>);

#[derive(Debug)]
struct Condition {
    field: String,
    pattern: Vec<Piece>,
}

#[derive(Debug, Clone, Copy)]
enum Piece {
    Exactly(char),
    Anything,
}

impl Filter {
    /// Reads a filter of these fields; `None` if it is not understood. Empty, it lets everything through.
    pub fn parse(text: &str, fields: &[&str]) -> Option<Filter> {
        if text.is_empty() {
            return Some(Filter::default());
        }
        let mut conditions = Vec::new();
        let mut rest = text;
        loop {
            let (condition, behind) = condition(rest, fields)?;
            conditions.push(condition);
            match behind {
                "" => return Some(Filter(conditions)),
                _ => rest = behind.strip_prefix('+')?,
            }
        }
    }

    /// Returns whether an object meets the conditions that has these values for a field.
    pub fn matches(&self, values: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|Condition { field, pattern }| values(field).iter().any(|value| fits(pattern, value)))
    }
}

/// The first condition, and what stands behind it.
fn condition<'a>(text: &'a str, fields: &[&str]) -> Option<(Condition, &'a str)> {
    let (field, value) = text.split_once(":'")?;
    let field = fields.iter().find(|known| **known == field)?;
    let mut pattern = Vec::new();
    let mut characters = value.char_indices();
    loop {
        pattern.push(match characters.next()? {
            (end, '\'') => return Some((Condition { field: (*field).to_owned(), pattern }, &value[end + 1..])),
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
