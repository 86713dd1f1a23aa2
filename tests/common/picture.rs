//! What a terminal shows → an SVG of that terminal, for the documents. It needs no font but the reader's own.

use std::fmt::Write;

/// The terminal's width.
const COLUMNS: usize = 100;
const FONTS: &str = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

/// A little more than six tenths of the font's size, which most of these fonts take.
const COLUMN_WIDTH: usize = 8;
const ROW_HEIGHT: usize = 19;
const MARGIN: usize = 16;
const TITLE_BAR: usize = 34;

/// How a character looks: what SGR, the escape sequence for colours, can say of it, as far as the program says it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Look {
    colour: Option<&'static str>,
    is_bold: bool,
    is_dim: bool,
}

impl Look {
    /// The look after one number of an SGR sequence.
    fn after(self, number: &str) -> Look {
        match number {
            "" | "0" => Look::default(),
            "1" => Look { is_bold: true, ..self },
            "2" => Look { is_dim: true, ..self },
            "31" => Look { colour: Some("#ff7b72"), ..self },
            "32" => Look { colour: Some("#56d364"), ..self },
            "33" => Look { colour: Some("#e3b341"), ..self },
            other => panic!("no picture shows the look {other} yet"),
        }
    }

    fn attributes(self) -> String {
        let colour = self.colour.map(|colour| format!(" fill=\"{colour}\"")).unwrap_or_default();
        let bold = if self.is_bold { " font-weight=\"bold\"" } else { "" };
        let dim = if self.is_dim { " fill-opacity=\"0.6\"" } else { "" };
        colour + bold + dim
    }
}

type Row = Vec<(char, Look)>;

/// The rows that a terminal shows of this output.
fn rows(output: &str) -> Vec<Row> {
    let mut look = Look::default();
    let mut rows = Vec::new();
    for line in output.lines() {
        let mut row = Row::new();
        let mut parts = line.trim_end_matches('\r').split('\u{1b}');
        row.extend(parts.next().unwrap_or_default().chars().map(|c| (c, look)));
        for part in parts {
            let sequence = part.strip_prefix('[').and_then(|part| part.split_once('m'));
            let (numbers, text) = sequence.unwrap_or_else(|| panic!("no picture shows the escape sequence {part:?}"));
            look = numbers.split(';').fold(look, Look::after);
            row.extend(text.chars().map(|c| (c, look)));
        }
        rows.extend(broken(row));
    }
    rows
}

/// A line in as many rows as it takes. Broken at blanks where there are some, which reads better than what a terminal does.
fn broken(mut row: Row) -> Vec<Row> {
    let mut rows = Vec::new();
    while row.len() > COLUMNS {
        let blank = row[..=COLUMNS].iter().rposition(|(c, _)| *c == ' ').filter(|place| *place > COLUMNS / 2);
        let rest = row.split_off(blank.map_or(COLUMNS, |place| place + 1));
        rows.push(std::mem::replace(&mut row, rest));
    }
    rows.push(row);
    rows
}

/// The picture of a terminal that shows this.
pub fn svg(title: &str, output: &str) -> String {
    let rows = rows(output);
    let width = COLUMNS * COLUMN_WIDTH + 2 * MARGIN;
    let height = TITLE_BAR + rows.len() * ROW_HEIGHT + 2 * MARGIN - 6;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>{title}</title>\n\
         <rect x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#161b22\" stroke=\"#3d444d\"/>\n\
         <path d=\"M1 {TITLE_BAR}V9a8 8 0 0 1 8-8h{}a8 8 0 0 1 8 8v{}z\" fill=\"#262c36\"/>\n\
         <circle cx=\"20\" cy=\"17\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"17\" r=\"6\" fill=\"#febc2e\"/><circle cx=\"60\" cy=\"17\" r=\"6\" fill=\"#28c840\"/>\n\
         <g font-family=\"{FONTS}\" font-size=\"13\" fill=\"#e6edf3\">\n\
         <text x=\"{}\" y=\"21\" text-anchor=\"middle\" fill-opacity=\"0.7\">{title}</text>\n",
        width - 1,
        height - 1,
        width - 18,
        TITLE_BAR - 9,
        width / 2,
        title = escaped(title),
    );
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        let y = TITLE_BAR + MARGIN + 10 + place * ROW_HEIGHT;
        writeln!(svg, "<text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">{}</text>", spans(row)).expect("memory");
    }
    svg + "</g>\n</svg>\n"
}

/// A row's text, by its looks.
fn spans(row: &Row) -> String {
    let same_look = row.chunk_by(|(_, one), (_, other)| one == other);
    let span = |run: &[(char, Look)]| {
        let text = escaped(&run.iter().map(|(c, _)| *c).collect::<String>());
        match run.first().map(|(_, look)| look.attributes()).filter(|attributes| !attributes.is_empty()) {
            Some(attributes) => format!("<tspan{attributes}>{text}</tspan>"),
            None => text,
        }
    };
    same_look.map(span).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
