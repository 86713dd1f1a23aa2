//! What of a body is quoted: of a page its title or its first text, of all else the first line.

use crate::secret::Secrets;

/// As much of a body is read for that, in bytes: what is shown of it, and the longest secret, however escaped.
const MAX_READ: usize = 200_000;

/// Markup whose content is not text, and what ends it.
const WITHOUT_TEXT: [(&str, &str); 3] = [("<!--", "-->"), ("<script", "</script"), ("<style", "</style")];

/// Returns the part of a body that tells most in the least words. Returns `None` if the body is blank.
///
/// The body is redacted before it is cut: a piece of a secret that is broken into lines is no longer recognised.
pub(super) fn excerpt(body: &[u8], secrets: &Secrets) -> Option<String> {
    let body = body.trim_ascii_start();
    let body = secrets.scrub(&String::from_utf8_lossy(&body[..body.len().min(MAX_READ)]));
    let text = body.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let is_page = text.starts_with('<');
    let words = is_page.then(|| Page::new(text)).and_then(|page| page.title().or_else(|| page.first_text()));
    let first_line = || text.lines().map(str::trim).find(|line| !line.is_empty());
    // One line, so that an excerpt of an excerpt is the same.
    words.or_else(first_line).map(|words| words.replace('\r', "").replace('\n', " "))
}

/// A page, and the same in lower case, byte for byte: names of tags have any case.
struct Page<'body> {
    text: &'body str,
    lower: String,
}

impl<'body> Page<'body> {
    fn new(text: &'body str) -> Page<'body> {
        Page { text, lower: text.to_ascii_lowercase() }
    }

    fn title(&self) -> Option<&'body str> {
        let tag = self.lower.find("<title")?;
        let start = tag + self.text[tag..].find('>')? + 1;
        not_blank(self.text[start..].split('<').next()?)
    }

    fn first_text(&self) -> Option<&'body str> {
        let mut at = 0;
        loop {
            let end = self.text[at..].find('<').map_or(self.text.len(), |length| at + length);
            match not_blank(&self.text[at..end]) {
                None if end < self.text.len() => at = self.after_markup(end)?,
                text => return text,
            }
        }
    }

    /// Where the markup ends that starts here.
    fn after_markup(&self, start: usize) -> Option<usize> {
        let markup = &self.lower[start..];
        let content = WITHOUT_TEXT.iter().find(|(begins, _)| markup.starts_with(begins));
        let end = content.map_or(Some(0), |(_, ends)| markup.find(ends))?;
        Some(start + end + markup[end..].find('>')? + 1)
    }
}

fn not_blank(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_quoted_by_its_title_or_its_first_text_and_all_else_by_its_first_line() {
        for (body, quoted) in [
            ("<title>Web\r\nfilter</title>", Some("Web filter")),
            ("<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>No</h1>", Some("502 Bad Gateway")),
            ("\u{feff}  <!DOCTYPE html><HTML><HEAD><TITLE lang=\"en\">\n Web filter\n</TITLE>", Some("Web filter")),
            ("<html><title> </title><body><h1>Blocked</h1> by policy", Some("Blocked")),
            ("<html><h1 class=\"a\"> Blocked </h1>", Some("Blocked")),
            ("<!-- a > b --><script>if (a < b) {}</script ><STYLE>p { }</STYLE><p>Blocked", Some("Blocked")),
            ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Some("AccessDenied")),
            ("<html>Sign in", Some("Sign in")),
            ("<html><body></body></html>", Some("<html><body></body></html>")),
            ("<html", Some("<html")),
            ("<script>never ended", Some("<script>never ended")),
            ("\n upstream is down\nmore", Some("upstream is down")),
            ("{\"a\": \"<title>b</title>\"}", Some("{\"a\": \"<title>b</title>\"}")),
            (" \n\t", None),
            ("", None),
        ] {
            assert_eq!(excerpt(body.as_bytes(), &Secrets::default()).as_deref(), quoted, "{body}");
        }
    }

    #[test]
    fn a_secret_that_is_broken_into_lines_is_redacted_as_a_whole() {
        let secrets = Secrets::default();
        secrets.learn("0123456789abcdefghij-KLMN");
        for (body, quoted) in [
            ("<p>Bearer 012345678\n9abcdefgh\r\nij-KLMN</p>", "Bearer REMOVED"),
            ("<title>Bearer 012345678\n9abcdefgh\n ij-KLMN refused</title>", "Bearer REMOVED refused"),
            ("Bearer 012345678\n9abcdefgh\nij-KLMN\nmore", "Bearer REMOVED"),
        ] {
            assert_eq!(excerpt(body.as_bytes(), &secrets).as_deref(), Some(quoted), "{body}");
        }
    }

    #[test]
    fn no_more_than_the_beginning_is_read() {
        let body = format!("<p>{}", "x".repeat(1_000_000));
        assert!(excerpt(body.as_bytes(), &Secrets::default()).is_some_and(|text| text.len() < MAX_READ));
    }
}
