//! Text from outside, as it may stand in a message: on one line, and no longer than is read.

/// The text without control characters, cut after so many characters.
pub(crate) fn printable(text: &str, longest: usize) -> String {
    let mut characters = text.chars().filter(|c| !c.is_control());
    let mut shown: String = characters.by_ref().take(longest).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
