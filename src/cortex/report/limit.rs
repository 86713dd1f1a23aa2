//! The one limit on the length of a report. What is cut is counted, and no member takes the space of the others.

use serde_json::{Map, Value, json};

/// The longest report, in bytes. Cortex keeps each in its index, and TheHive shows it as a whole.
pub(in crate::cortex) const MAX_LENGTH: usize = 1_000_000;

/// The most lines of a message. The first and the last count for most: causes come first, ids last.
const MAX_LINES: usize = 2_000;

/// Items of a list are shortened if so many bytes are left of each, and else left out.
const MIN_ITEM: usize = 1_000;

/// Returns the length of a value as JSON.
pub(super) fn length(value: &Value) -> usize {
    /// Counts what is written.
    struct Counter(usize);

    impl std::io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut counter = Counter(0);
    // Counting never fails.
    let _ = serde_json::to_writer(&mut counter, value);
    counter.0
}

/// The longest operation. One that is cut would set another tag or value.
const MAX_OPERATION: usize = 10_000;

/// Shortens a success: leaves out operations that are too long, and cuts what is long in `full`.
pub(super) fn shorten_success(report: &mut Value) {
    let mut full = report.get_mut("full").map(Value::take).unwrap_or_default();
    if let Some(operations) = report.get_mut("operations").and_then(Value::as_array_mut) {
        let all = operations.len();
        operations.retain(|operation| length(operation) <= MAX_OPERATION);
        let missing = all - operations.len();
        if missing > 0 {
            report["more_operations"] = missing.into();
        }
    }
    let limit = MAX_LENGTH.saturating_sub(length(report));
    let message = full["message"].as_str().map(|message| cut(message, limit / 2)).unwrap_or_default();
    shorten(&mut full, limit);
    if length(&full) > limit {
        // Names of members are not cut.
        full = json!({"message": message, "details": ["All else is left out of this report, because it is too long."]});
    }
    report["full"] = full;
}

/// Shortens a message, line by line.
pub(super) fn shorten_message(message: &str, limit: usize) -> String {
    let lines: Vec<&str> = message.lines().collect();
    shorten_lines(&lines, limit).join("\n")
}

/// Shortens a value, and returns how many items are missing if it is a list.
fn shorten(value: &mut Value, limit: usize) -> usize {
    match value {
        Value::String(text) => {
            *text = cut(text, limit);
            0
        }
        Value::Array(items) => shorten_list(items, limit),
        Value::Object(members) => {
            shorten_members(members, limit);
            0
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Shortens each member that is too long. Of the list `ids`, `more_ids` counts what is missing.
fn shorten_members(members: &mut Map<String, Value>, limit: usize) {
    let lengths: Vec<usize> = members.values().map(length).collect();
    let names: usize = members.keys().map(|name| 2 * name.len() + FOR_COUNT).sum();
    let longest = level(&lengths, limit.saturating_sub(names));
    let mut missing = Vec::new();
    for ((name, value), _) in members.iter_mut().zip(lengths).filter(|(_, length)| *length > longest) {
        missing.push((format!("more_{name}"), shorten(value, longest)));
    }
    for (name, count) in missing.into_iter().filter(|(_, count)| *count > 0) {
        let before = members.get(&name).and_then(Value::as_u64).unwrap_or_default();
        members.insert(name, (before + count as u64).into());
    }
}

/// Shortens the items that are too long; if there are too many for that, keeps the first of those that fit.
fn shorten_list(items: &mut Vec<Value>, limit: usize) -> usize {
    let lengths: Vec<usize> = items.iter().map(|item| length(item) + 1).collect();
    let (all, longest) = (items.len(), level(&lengths, limit.saturating_sub(2)));
    if longest < MIN_ITEM {
        let (mut left, mut lengths) = (limit.saturating_sub(2), lengths.into_iter());
        let mut fits = |length: usize| left.checked_sub(length).map(|less| left = less).is_some();
        items.retain(|_| lengths.next().is_some_and(&mut fits));
    } else {
        for (item, _) in items.iter_mut().zip(lengths).filter(|(_, length)| *length > longest) {
            shorten(item, longest - 1);
        }
    }
    all - items.len()
}

/// Returns the lines with a count in the place of those in the middle, if there are too many, and of the ends of those that are
/// too long.
fn shorten_lines(lines: &[&str], limit: usize) -> Vec<String> {
    let ends = MAX_LINES / 2;
    let (first, rest) = lines.split_at(lines.len().min(ends));
    let (middle, last) = rest.split_at(rest.len().saturating_sub(ends));
    let kept = || first.iter().chain(last);
    let lengths: Vec<usize> = kept().map(|line| escaped_length(line)).collect();
    let longest = level(&lengths, limit.saturating_sub(FOR_COUNT));
    let mut shortened: Vec<String> = kept().map(|line| cut(line, longest)).collect();
    if !middle.is_empty() {
        shortened.insert(first.len(), format!("… {} lines are left out here.", middle.len()));
    }
    shortened
}

/// Returns the length above which members are cut, so that all of them together have this length: short ones leave their space to
/// the long ones.
fn level(lengths: &[usize], limit: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let mut left = limit;
    for (place, length) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - place);
        if *length > share {
            return share;
        }
        left -= length;
    }
    usize::MAX
}

/// The space for a count at the end of a text, or for a member that counts, with what stands around it.
const FOR_COUNT: usize = 60;

/// Returns as much of a text as fits, and how many characters are missing.
fn cut(text: &str, limit: usize) -> String {
    if escaped_length(text) <= limit {
        return text.to_owned();
    }
    let (mut end, mut left) = (0, limit.saturating_sub(FOR_COUNT));
    for c in text.chars() {
        let Some(less) = left.checked_sub(escaped_length(c.encode_utf8(&mut [0; 4])) - BESIDE) else { break };
        (left, end) = (less, end + c.len_utf8());
    }
    format!("{}… and {} more characters", &text[..end], text[end..].chars().count())
}

/// Beside a text in JSON stand its quotes, and a comma or a line break.
const BESIDE: usize = 4;

fn escaped_length(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    text.bytes().map(escaped).sum::<usize>() + BESIDE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lines_stay_and_long_ones_are_cut_and_counted() {
        let message = format!("why\nNext: do it.\n{}\n{}\nids", "a".repeat(700), "\u{1}ü".repeat(300));
        let shortened = shorten_message(&message, 600);
        let lines: Vec<&str> = shortened.lines().collect();
        assert_eq!((lines[0], lines[1], lines[4], lines.len()), ("why", "Next: do it.", "ids", 5));
        assert!(length(&shortened.as_str().into()) <= 600, "{shortened}");
        for (line, all) in [(lines[2], 700), (lines[3], 600)] {
            let (shown, more) = line.split_once("… and ").expect("a count");
            let more: usize = more.split(' ').next().and_then(|more| more.parse().ok()).expect("a number");
            assert_eq!(shown.chars().count() + more, all, "{line}");
        }
        assert_eq!(shorten_message("short", 600), "short");
    }

    #[test]
    fn of_many_lines_the_first_and_the_last_stay() {
        let lines: Vec<String> = (0..20_000).map(|n| format!("line {n}")).collect();
        let shortened = shorten_message(&lines.join("\n"), MAX_LENGTH);
        let lines: Vec<&str> = shortened.lines().collect();
        assert_eq!((lines.len(), lines[0], lines[MAX_LINES]), (MAX_LINES + 1, "line 0", "line 19999"));
        assert_eq!(lines[MAX_LINES / 2], "… 18000 lines are left out here.");
    }

    #[test]
    fn members_share_the_space_and_lists_count_what_is_missing() {
        let ids: Vec<String> = (0..1_000).map(|n| format!("id-{n:04}")).collect();
        let mut report = json!({
            "success": true,
            "full": {
                "message": "short",
                "details": vec!["d".repeat(90); 50],
                "long": ["x".repeat(30_000), "y"],
                "targets": [{"target": "alert", "ids": ids, "more_ids": 7}],
            },
            "operations": [{"type": "AddTagToCase", "tag": "t"}],
        });
        let before = report.clone();
        assert_eq!(shorten(&mut report, 20_000), 0);
        assert!(length(&report) <= 20_000, "{}", length(&report));
        assert_eq!(
            (&report["operations"], &report["full"]["message"]),
            (&before["operations"], &before["full"]["message"])
        );
        assert_eq!(report["full"]["details"], before["full"]["details"]);
        let target = &report["full"]["targets"][0];
        let shown = target["ids"].as_array().map_or(0, Vec::len) as u64;
        assert_eq!((shown + target["more_ids"].as_u64().unwrap_or_default(), shown > 300), (1_007, true));
        let long = report["full"]["long"][0].as_str().unwrap_or_default();
        assert!(long.contains("x… and ") && long.ends_with(" more characters") && long.len() > 4_000, "{long}");
        assert_eq!(report["full"]["long"][1], "y");
    }

    #[test]
    fn of_many_long_items_those_that_fit_are_kept() {
        let mut list = json!({"items": (0..100).map(|n| "i".repeat(n * 10)).collect::<Vec<_>>()});
        shorten(&mut list, 5_000);
        let shown = list["items"].as_array().map_or(0, Vec::len) as u64;
        assert!(length(&list) <= 5_000 && shown > 20, "{list}");
        assert_eq!(shown + list["more_items"].as_u64().unwrap_or_default(), 100);
    }

    #[test]
    fn an_operation_is_whole_or_missing_and_names_of_members_are_no_way_out() {
        let operation = |length: usize| json!({"type": "AddTagToCase", "tag": "t".repeat(length)});
        let mut report = json!({
            "success": true,
            "full": {"message": "short", "k".repeat(2_000_000): 1},
            "operations": [operation(2_000_000), operation(5)],
        });
        shorten_success(&mut report);
        assert_eq!(report["operations"], json!([operation(5)]));
        assert_eq!((&report["more_operations"], &report["full"]["message"]), (&json!(1), &json!("short")));
        assert!(length(&report) < 1_000, "{report}");
    }
}
