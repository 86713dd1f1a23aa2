//! Completions, asked for as a shell does.

use std::process::Command;

use crate::common::Responder;

/// What bash offers at the end of this command line, whose words are parted by one blank each; for an empty word it ends with a blank.
fn offered(line: &str) -> Vec<String> {
    // As bash does when Tab is pressed: it finds the function of the command, and gives it the command and the last two words.
    const TAB: &str = r#"
        eval "$SCRIPT"
        IFS=' ' read -ra COMP_WORDS <<< "$LINE"
        if [[ $LINE == *' ' ]]; then COMP_WORDS+=(''); fi
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
        command=${COMP_WORDS[0]}
        specification=$(complete -p "${command##*/}")
        [[ $specification =~ -F\ ([^ ]+) ]]
        "${BASH_REMATCH[1]}" "$command" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let script = Responder::new().argument("completions").argument("bash").run().stdout;
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-uc", TAB]).env_clear().env("SCRIPT", script).env("LINE", line);
    let output = bash.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    for (line, expected) in [
        ("cortex-falcon c", &["check", "completions"][..]),
        ("cortex-falcon --", &["--dry-run", "--verbose", "--help", "--version"]),
        ("cortex-falcon --dr", &["--dry-run"]),
        ("cortex-falcon check --", &["--json", "--verbose", "--help"]),
        ("cortex-falcon check job.json --j", &["--json"]),
        ("cortex-falcon -v check --j", &["--json"]),
        ("/opt/falcon/cortex-falcon check --j", &["--json"]),
        ("cortex-falcon init --", &["--thehive", "--verbose", "--help"]),
        ("cortex-falcon init a", &["alert"]),
        ("cortex-falcon init o", &["observable"]),
        ("cortex-falcon init --thehive ", &["3", "4", "5"]),
        ("cortex-falcon init alert --thehive ", &["3", "4", "5"]),
        ("cortex-falcon init --thehive 4 c", &["case"]),
        (
            "cortex-falcon completions ",
            &["-v", "-h", "--verbose", "--help", "bash", "elvish", "fish", "powershell", "zsh"],
        ),
        ("cortex-falcon man -", &["-v", "-h", "--verbose", "--help"]),
        ("cortex-falcon help i", &["init"]),
    ] {
        assert_eq!(offered(line), expected, "{line}");
    }
}

#[test]
fn where_a_job_stands_bash_is_left_to_complete_files() {
    let script = Responder::new().argument("completions").argument("bash").run().stdout;
    let registered: Vec<_> = script.lines().filter(|line| line.trim_start().starts_with("complete ")).collect();
    assert!(
        !registered.is_empty() && registered.iter().all(|line| line.contains("-o default cortex-falcon")),
        "{registered:?}"
    );
    for line in ["cortex-falcon jo", "cortex-falcon check jo", "cortex-falcon check --json jo"] {
        assert_eq!(offered(line), [""; 0], "{line}");
    }
}

#[test]
fn each_shell_gets_its_own_from_the_command_line_itself() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = Responder::new().argument("completions").argument(shell).run().stdout;
        for word in ["dry-run", "completions", "thehive"] {
            assert!(script.contains(word), "{word} for {shell}");
        }
    }
    let zsh = Responder::new().argument("completions").argument("zsh").run().stdout;
    assert!(
        zsh.contains("\":: :{_cortex-falcon_commands; _files}\"") && zsh.contains("case $line[1] in"),
        "a job or a command: {zsh}"
    );
}
