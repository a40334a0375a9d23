//! Printing. A reader that went away (`nasc … | head`) is no error.

use std::io::Write;

use serde::Serialize;

/// A line on standard output.
pub fn line(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Text on standard output, as it is.
pub fn text(text: &str) {
    let _ = write!(std::io::stdout(), "{text}");
}

/// A line on standard error.
pub fn error_line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// A value as JSON on standard output.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(&text),
        Err(error) => error_line(&format!("error: the result cannot be written as JSON: {error}")),
    }
}

/// A number with a comma after every three digits.
pub fn grouped(number: impl ToString) -> String {
    nasc_compiler::emit::grouped(&number.to_string())
}

/// A table without frames, numbers to the right.
pub fn table(header: &[&str], rows: &[Vec<String>], numeric_from: usize) {
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        if index >= numeric_from {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
    }
    for row in table.lines() {
        line(row.trim_end());
    }
}
