//! Tables that can be read as they are and pasted into a document.

/// Prints a table with a heading above it.
pub fn print(heading: &str, columns: &[&str], rows: &[Vec<String>]) {
    let widths: Vec<usize> = (0..columns.len()).map(|column| width(column, columns, rows)).collect();
    println!("## {heading}\n\n{}", line(columns.iter().copied(), &widths));
    println!("|{}|", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
    for row in rows {
        println!("{}", line(row.iter().map(String::as_str), &widths));
    }
    println!();
}

fn width(column: usize, columns: &[&str], rows: &[Vec<String>]) -> usize {
    let cells = rows.iter().map(|row| row[column].chars().count());
    cells.chain([columns[column].chars().count()]).max().unwrap_or_default()
}

fn line<'a>(cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
    let padded = cells.zip(widths).map(|(cell, width)| format!(" {cell:width$} "));
    format!("|{}|", padded.collect::<Vec<_>>().join("|"))
}
