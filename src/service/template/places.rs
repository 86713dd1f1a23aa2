//! Where the placeholders of a template stand.
//!
//! A query is not parsed here: CrowdStrike advises against it, because a slash may divide, and may begin a comment, a regular
//! expression or part of a word. So a template is read in each way that it could be, and is refused unless the placeholders
//! stand in strings in all of them.

use anyhow::{Result, bail};

use super::calls::Calls;
use super::{Language, Piece};

/// A template that can be read in more ways is refused.
const MAX_READINGS: usize = 64;

/// Checks that each placeholder stands inside a string, whichever way the template is read.
///
/// # Errors
/// Says which placeholder does not, or of which that is unclear.
pub(super) fn check(pieces: &[Piece<'_>], language: Language) -> Result<()> {
    if !pieces.iter().any(|piece| matches!(piece, Piece::Placeholder(_))) {
        return Ok(());
    }
    let mut readings = vec![Reading::default()];
    for piece in pieces {
        match piece {
            Piece::Text(text) => read(text, language, &mut readings)?,
            Piece::Placeholder(name) => readings.iter_mut().for_each(|reading| reading.place_value(name)),
        }
    }
    judge(&readings)
}

fn read<'template>(text: &'template str, language: Language, readings: &mut Vec<Reading<'template>>) -> Result<()> {
    for (at, c) in text.char_indices() {
        let mut next: Vec<Reading<'_>> = Vec::new();
        for reading in readings.drain(..).flat_map(|reading| reading.after(c, &text[at..], language)) {
            if !next.contains(&reading) {
                next.push(reading);
            }
        }
        if next.len() > MAX_READINGS {
            bail!(
                "it is unclear where strings begin and end, because of so many slashes and quotation marks; put values with a / into double quotes"
            );
        }
        *readings = next;
    }
    Ok(())
}

/// Falcon refuses a query that ends inside of something, so such readings do not count, unless a value could end it.
fn judge(readings: &[Reading<'_>]) -> Result<()> {
    let whole: Vec<&Verdict<'_>> =
        readings.iter().filter(|reading| reading.may_end()).map(|reading| &reading.verdict).collect();
    let is_in_strings = whole.contains(&&Verdict::InStrings);
    let outside = || whole.iter().find(|verdict| matches!(verdict, Verdict::Outside(_) | Verdict::InComment(_)));
    let exposed = whole.iter().find(|verdict| verdict.exposes());
    match exposed.filter(|_| !is_in_strings).and_then(|_| outside()).or(exposed) {
        None if whole.is_empty() => bail!("a string, comment or regular expression in it does not end"),
        None if is_in_strings => Ok(()),
        Some(verdict) if is_in_strings => bail!(
            "it is unclear whether the placeholder {{{{{}}}}} stands inside a string, because a / or ' may mean several things; put values with such characters into double quotes, or the placeholder into a line of its own",
            verdict.name()
        ),
        Some(Verdict::InPattern(name)) => {
            bail!(
                "the placeholder {{{{{name}}}}} stands in a regular expression or a format, which its value would change"
            )
        }
        Some(Verdict::Escaped(name)) => {
            bail!("the placeholder {{{{{name}}}}} stands behind a backslash, which would change its value")
        }
        verdict => {
            let name = verdict.or(whole.first()).map_or("", |verdict| verdict.name());
            bail!("the placeholder {{{{{name}}}}} stands outside a string; put quotes around it")
        }
    }
}

/// Where a value would stand.
#[derive(Debug, Default, Clone, PartialEq)]
enum Verdict<'template> {
    /// All values stand inside of strings, which they cannot leave.
    #[default]
    InStrings,
    /// A value stands inside of a comment, which it cannot leave.
    InComment(&'template str),
    Outside(&'template str),
    InPattern(&'template str),
    /// Behind a backslash in a string.
    Escaped(&'template str),
}

impl<'template> Verdict<'template> {
    /// Whether the value could become code.
    fn exposes(&self) -> bool {
        match self {
            Verdict::InStrings | Verdict::InComment(_) => false,
            Verdict::Outside(_) | Verdict::InPattern(_) | Verdict::Escaped(_) => true,
        }
    }

    fn name(&self) -> &'template str {
        match self {
            Verdict::InStrings => "",
            Verdict::InComment(name) | Verdict::Outside(name) | Verdict::InPattern(name) | Verdict::Escaped(name) => {
                name
            }
        }
    }
}

/// Where in a query a character stands.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Place {
    #[default]
    Code,
    /// A word with slashes in it, such as a URL.
    Word,
    String {
        quote: char,
        /// Whether it is read as a regular expression.
        is_pattern: bool,
        is_escaped: bool,
    },
    /// Between quotation marks that may be none.
    Doubtful {
        quote: char,
        has_value: bool,
    },
    LineComment,
    CommentOpening,
    BlockComment {
        is_after_star: bool,
    },
    Regex {
        is_escaped: bool,
        /// Whether it could go on in the next line: not if its slash is more likely a division.
        spans_lines: bool,
        has_value: bool,
    },
    /// Anywhere, because a value could have ended what it stands in.
    Anywhere,
}

impl Place {
    fn is_code(self) -> bool {
        matches!(self, Place::Code | Place::Word)
    }
}

/// One of the ways to read a template.
#[derive(Debug, Default, Clone, PartialEq)]
struct Reading<'template> {
    place: Place,
    /// The last character of code, and the last that is not blank.
    last: Option<char>,
    last_visible: Option<char>,
    calls: Calls,
    verdict: Verdict<'template>,
}

impl<'template> Reading<'template> {
    fn may_end(&self) -> bool {
        match self.place {
            Place::Code | Place::Word | Place::LineComment | Place::Anywhere => true,
            Place::Doubtful { has_value, .. } | Place::Regex { has_value, .. } => has_value,
            Place::String { .. } | Place::CommentOpening | Place::BlockComment { .. } => false,
        }
    }

    /// Notes that a value stands here.
    fn place_value(&mut self, name: &'template str) {
        if let Place::Doubtful { has_value, .. } | Place::Regex { has_value, .. } = &mut self.place {
            *has_value = true;
        }
        let here = match self.place {
            Place::String { quote, is_pattern, is_escaped: true } => {
                self.place = Place::String { quote, is_pattern, is_escaped: false };
                Verdict::Escaped(name)
            }
            Place::String { is_pattern: false, .. } => return,
            Place::LineComment | Place::BlockComment { is_after_star: false } => Verdict::InComment(name),
            Place::String { is_pattern: true, .. } | Place::Regex { .. } => Verdict::InPattern(name),
            Place::Code
            | Place::Word
            | Place::Doubtful { .. }
            | Place::Anywhere
            | Place::CommentOpening
            | Place::BlockComment { is_after_star: true } => Verdict::Outside(name),
        };
        // The first that could become code is reported.
        if here.exposes() && !self.verdict.exposes() || self.verdict == Verdict::InStrings {
            self.verdict = here;
        }
    }

    /// Returns the ways to read on behind this character, with which the rest of the text begins.
    fn after(self, c: char, rest: &str, language: Language) -> Vec<Reading<'template>> {
        let place = match self.place {
            Place::Code | Place::Word => return self.in_code(c, rest, language),
            Place::String { quote, is_pattern, is_escaped } => match c {
                _ if is_escaped => Place::String { quote, is_pattern, is_escaped: false },
                '\\' => Place::String { quote, is_pattern, is_escaped: true },
                c if c == quote => Place::Code,
                _ => self.place,
            },
            Place::Doubtful { quote, .. } if c == quote => Place::Code,
            Place::LineComment if c == '\n' => Place::Code,
            Place::CommentOpening => Place::BlockComment { is_after_star: false },
            Place::BlockComment { is_after_star: true } if c == '/' => Place::Code,
            Place::BlockComment { .. } => Place::BlockComment { is_after_star: c == '*' },
            Place::Regex { spans_lines: false, has_value: false, .. } if c == '\n' => return Vec::new(),
            Place::Regex { spans_lines: false, .. } if c == '\n' => Place::Anywhere,
            Place::Regex { is_escaped: false, .. } if c == '/' => Place::Code,
            Place::Regex { is_escaped, spans_lines, has_value } => {
                Place::Regex { is_escaped: !is_escaped && c == '\\', spans_lines, has_value }
            }
            Place::Doubtful { .. } | Place::LineComment | Place::Anywhere => self.place,
        };
        vec![self.going_on(place, c)]
    }

    /// Returns this way at its next place. What ends here was one operand.
    fn going_on(mut self, place: Place, c: char) -> Reading<'template> {
        if place.is_code() && !self.place.is_code() {
            let is_comment = matches!(self.place, Place::LineComment | Place::BlockComment { .. });
            self.last = Some(if is_comment { ' ' } else { c });
            if !is_comment {
                self.last_visible = Some(c);
                self.calls.forget_word();
            }
        }
        Reading { place, ..self }
    }

    fn in_code(mut self, c: char, rest: &str, language: Language) -> Vec<Reading<'template>> {
        let is_cql = language == Language::Cql;
        let next = rest.chars().nth(1);
        let may_be_comment = c == '/' && matches!(next, Some('/' | '*'));
        if self.place == Place::Word && !ends_word(c) && !may_be_comment {
            self.note(c);
            return vec![self];
        }
        self.place = Place::Code;
        match c {
            '"' => vec![self.into_string(c, is_cql)],
            '\'' if !is_cql => vec![self.into_string(c, is_cql)],
            '\'' | '`' if is_cql => {
                let quoted = Reading { place: Place::Doubtful { quote: c, has_value: false }, ..self.clone() };
                self.note(c);
                vec![self, quoted]
            }
            '/' if is_cql => self.at_slash(next),
            c => {
                self.note(c);
                vec![self]
            }
        }
    }

    fn into_string(self, quote: char, is_cql: bool) -> Reading<'template> {
        let is_pattern = is_cql && (self.calls.take_pattern() || self.last_visible == Some('~'));
        Reading { place: Place::String { quote, is_pattern, is_escaped: false }, ..self }
    }

    /// Returns what a slash may begin.
    fn at_slash(mut self, next: Option<char>) -> Vec<Reading<'template>> {
        let to = |place| Reading { place, ..self.clone() };
        // Behind the character of a word, a number or a bracket that closes, it is part of the word, or divides.
        let is_in_word = self.last.is_some_and(|c| !c.is_whitespace() && !"|,;([{=!~<>&+-\"".contains(c));
        let mut readings = match next {
            Some('/') => vec![to(Place::LineComment)],
            Some('*') => vec![to(Place::CommentOpening)],
            _ if is_in_word || self.divides() => Vec::new(),
            _ => {
                let spans_lines = !self.is_behind_operand();
                vec![to(Place::Regex { is_escaped: false, spans_lines, has_value: false })]
            }
        };
        let is_comment = matches!(next, Some('/' | '*')) && !is_in_word && self.last != Some('=');
        if !is_comment {
            self.place = if is_in_word { Place::Word } else { Place::Code };
            self.note('/');
            readings.push(self);
        }
        readings
    }

    /// Whether a slash behind a blank surely divides: in what is assigned, and in an argument.
    fn divides(&self) -> bool {
        self.is_behind_operand() && self.calls.are_of_an_expression()
    }

    fn is_behind_operand(&self) -> bool {
        self.last_visible.is_some_and(|c| c.is_alphanumeric() || "_)]}\"".contains(c))
    }

    fn note(&mut self, c: char) {
        self.calls.note(c, self.last_visible);
        self.last = Some(c);
        if !c.is_whitespace() {
            self.last_visible = Some(c);
        }
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || "|,;()[]{}\"'`".contains(c)
}
