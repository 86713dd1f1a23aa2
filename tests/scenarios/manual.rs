//! The manual page, held against the commands' own help and against the configuration reference.

use std::fs;
use std::path::Path;

use crate::common::Responder;

/// The page without what roff adds to text.
fn page() -> String {
    let page = Responder::new().argument("man").run().stdout;
    page.replace("\\-", "-").replace("\\fB", "").replace("\\fI", "").replace("\\fR", "").replace("\\*(Aq", "'")
}

/// The text of a section, or of a part of one.
fn section(page: &str, heading: &str) -> String {
    let begins = page.split(&format!("{heading}\n")).nth(1);
    let text = begins.unwrap_or_else(|| panic!("{heading} is not in the page:\n{page}"));
    text.split("\n.S").next().unwrap_or_default().to_owned()
}

fn help(arguments: &[&str]) -> String {
    arguments.iter().fold(Responder::new(), Responder::argument).argument("--help").run().stdout
}

/// The options in a help text.
fn options(help: &str) -> Vec<String> {
    let words = help.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn the_page_has_every_option_of_every_command() {
    let page = page();
    let own = help(&[]).split("Examples:").next().unwrap().to_owned();
    assert!(options(&own).contains(&"--dry-run".to_owned()));
    for option in options(&own) {
        assert!(section(&page, ".SH OPTIONS").contains(&option), "{option}");
    }
    for command in ["check", "init", "completions", "man"] {
        let help = help(&[command]);
        let usage = help.lines().find_map(|line| line.strip_prefix("Usage: ")).unwrap();
        let part = section(&page, &format!(".SS \"{usage}\""));
        for option in options(&help) {
            assert!(part.contains(&option), "{option} of {command}: {part}");
        }
        assert!(part.contains(help.lines().next().unwrap()), "what {command} does: {part}");
    }
}

#[test]
fn the_page_has_the_variables_of_the_configuration_reference() {
    let reference = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md")).unwrap();
    let table = reference.split("## The environment").nth(1).unwrap().split("\n## ").next().unwrap();
    let names =
        table.split('`').filter(|word| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 8, "{names:?}");
    let environment = section(&page(), ".SH ENVIRONMENT");
    let told: Vec<&str> = environment.split(".TP\n").skip(1).filter_map(|row| row.lines().next()).collect();
    assert_eq!(told, names);
}

#[test]
fn the_page_tells_exit_statuses_and_examples_and_names_no_other_page() {
    let page = page();
    let statuses = section(&page, ".SH \"EXIT STATUS\"");
    assert!(
        ["0\nsuccess", "1\nfailure", "2\na wrong command line"].iter().all(|status| statuses.contains(status)),
        "{statuses}"
    );
    let examples = section(&page, ".SH EXAMPLES");
    for example in help(&[]).split("Examples:\n").nth(1).unwrap().lines().take_while(|line| !line.is_empty()) {
        let (command, meaning) = example.trim().split_once("  ").unwrap();
        assert!(examples.contains(&format!("{command}\n{}", meaning.trim())), "{command}: {examples}");
    }
    assert!(!page.contains("(1)"), "a page of its own for a command would have to be made: {page}");
}
