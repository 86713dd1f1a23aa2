//! In which function's argument a string of a query stands.

/// Functions that read arguments as regular expressions.
const PATTERN_FUNCTIONS: [&str; 4] = ["regex", "array:regex", "replace", "splitstring"];

/// Functions whose first argument, or the one named `format`, is a format, in which a `%` or a letter stands for something else.
const FORMAT_FUNCTIONS: [&str; 3] = ["format", "formattime", "parsetimestamp"];

/// Arguments of pattern functions that name fields.
const NAMES: [&str; 3] = ["field", "as", "array"];

/// What of a query has been opened and not closed so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Calls {
    /// The query itself is the first.
    open: Vec<Open>,
    /// The last word, in lower case: the function before a bracket, the argument before an equals sign.
    word: String,
    is_word_open: bool,
}

/// A bracket that has been opened, and what is known of the part behind it.
#[derive(Debug, Default, Clone, PartialEq)]
struct Open {
    /// Empty for a bracket that calls no function.
    function: String,
    /// Empty where it has no name.
    argument: String,
    /// Whether a value is assigned.
    is_assignment: bool,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls { open: vec![Open::default()], word: String::new(), is_word_open: false }
    }
}

impl Calls {
    /// Takes notice of a character of code.
    pub(super) fn note(&mut self, c: char, before: Option<char>) {
        if c.is_alphanumeric() || "_:.#@".contains(c) {
            if !std::mem::replace(&mut self.is_word_open, true) {
                self.word.clear();
            }
            return self.word.extend(c.to_lowercase());
        }
        self.is_word_open = false;
        if c.is_whitespace() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        match c {
            '(' => self.open.push(Open { function: word, ..Open::default() }),
            '[' | '{' => self.open.push(Open::default()),
            ')' | ']' | '}' if self.open.len() > 1 => drop(self.open.pop()),
            ',' | ';' | '|' => self.with_innermost(|open| (open.argument, open.is_assignment) = (String::new(), false)),
            '=' if before == Some(':') => self.with_innermost(|open| open.is_assignment = true),
            '=' => self.with_innermost(|open| open.argument = word),
            _ => {}
        }
    }

    /// Forgets the last word, because something else came behind it.
    pub(super) fn forget_word(&mut self) {
        self.word.clear();
    }

    /// Returns whether a string here is read as a regular expression or a format, or is part of one.
    pub(super) fn take_pattern(&self) -> bool {
        self.open.iter().any(|Open { function, argument, .. }| {
            argument == "regex"
                || (PATTERN_FUNCTIONS.contains(&function.as_str()) && !NAMES.contains(&argument.as_str()))
                || (FORMAT_FUNCTIONS.contains(&function.as_str()) && ["", "format"].contains(&argument.as_str()))
        })
    }

    /// Whether what stands here is calculated, so that nothing is filtered by a regular expression.
    pub(super) fn are_of_an_expression(&self) -> bool {
        self.open.last().is_some_and(|open| open.is_assignment || !open.function.is_empty())
    }

    fn with_innermost(&mut self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.open.last_mut() {
            change(open);
        }
    }
}
