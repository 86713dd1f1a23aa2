//! The manual page: one page for all commands.

use anyhow::Result;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Arguments, EXAMPLES, EXIT_STATUS};

/// The variables that are read, and what each is for; `docs/configuration.md` has the same.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("FALCON_CLIENT_ID", "The API client's id, where the job has no credentials."),
    ("FALCON_CLIENT_SECRET", "Its secret, where the job has no credentials."),
    (
        "FALCON_CLOUD",
        "The cloud by name, autodiscover (us-1 is asked which it is) or a URL, where the job has neither credentials nor a base_url. Without it: us-1.",
    ),
    ("FALCON_BASE_URL", "The same, where FALCON_CLOUD is not set."),
    (
        "FALCON_MEMBER_CID",
        "For an MSSP's API client: the child tenant, where the job has neither credentials nor a member_cid.",
    ),
    ("REQUESTS_CA_BUNDLE", "A file of CA certificates in PEM, which are trusted beside the bundled roots."),
    ("SSL_CERT_FILE", "Another one."),
    ("HTTPS_PROXY", "The proxy to Falcon, where the job names none; also in small letters."),
    ("ALL_PROXY", "The same, where HTTPS_PROXY is not set."),
    (
        "NO_PROXY",
        "Hosts that are reached without a proxy: domains, IP addresses, networks, or * for all; also in small letters.",
    ),
    ("NO_COLOR", "If set: no colours at a terminal."),
];

/// The page, in roff.
pub(crate) fn page() -> Result<String> {
    let command = Arguments::command();
    let man = Man::new(command.clone()).source(concat!("cortex-falcon ", env!("CARGO_PKG_VERSION")));
    let mut beginning = Vec::new();
    man.render_title(&mut beginning)?;
    man.render_name_section(&mut beginning)?;
    man.render_synopsis_section(&mut beginning)?;
    man.render_description_section(&mut beginning)?;
    man.render_options_section(&mut beginning)?;
    let page = [String::from_utf8(beginning)?, commands(command)?, end()];
    Ok(page.concat())
}

/// Each command with all its options. A page of its own, as `clap_mangen` would name one, has none of them.
fn commands(mut command: Command) -> Result<String> {
    command.build();
    let mut section = Roff::new().control("SH", ["COMMANDS"]).render();
    for command in command.get_subcommands_mut() {
        let usage = command.render_usage().to_string();
        let about =
            command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
        let mut heading = Roff::new();
        heading.control("SS", [usage.trim_start_matches("Usage: ")]);
        about.split("\n\n").for_each(|paragraph| _ = heading.text([roman(paragraph)]).control("PP", []));
        let mut options = Vec::new();
        Man::new(command.clone()).render_options_section(&mut options)?;
        let options = String::from_utf8(options)?;
        let without_title = options.split_once(".SH OPTIONS\n").map_or("", |(_, options)| options);
        section = section + &heading.render() + without_title;
    }
    Ok(section)
}

fn end() -> String {
    let mut end = Roff::new();
    let mut list = |title: &str, rows: &[(&str, &str)]| {
        end.control("SH", [title]);
        for (name, meaning) in rows {
            end.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
        }
    };
    list("ENVIRONMENT", &ENVIRONMENT);
    list("EXIT STATUS", &EXIT_STATUS);
    list("EXAMPLES", &EXAMPLES);
    end.render()
}
