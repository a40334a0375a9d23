//! A form of the tree that a person can review and a test can compare.
//!
//! Two texts have the same form exactly when their trees are equal but for their spans. It is not
//! meant to be parsed again.

mod expr;
mod item;
mod stmt;

use std::fmt::Write;

use crate::ast::File;

/// The width that lines keep to, where they can.
const WIDTH: usize = 100;

/// A word, or a list of forms that begins with its kind.
enum Form {
    Word(String),
    List(Vec<Form>),
}

/// The form of a file, an item per paragraph.
pub fn sexpr(file: &File) -> String {
    let mut text = String::new();
    if let Some(doc) = &file.doc {
        write_form(&list("doc", [quoted(doc)]), 0, &mut text);
        text.push('\n');
    }
    for item in &file.items {
        write_form(&item::item(item), 0, &mut text);
        text.push('\n');
    }
    text
}

fn word(text: impl Into<String>) -> Form {
    Form::Word(text.into())
}

fn quoted(text: &str) -> Form {
    Form::Word(format!("{text:?}"))
}

fn list(kind: &str, parts: impl IntoIterator<Item = Form>) -> Form {
    Form::List(std::iter::once(word(kind)).chain(parts).collect())
}

/// The form, or none at all for an empty sequence.
fn some(kind: &str, parts: Vec<Form>) -> Option<Form> {
    (!parts.is_empty()).then(|| list(kind, parts))
}

fn flat(form: &Form, text: &mut String) {
    match form {
        Form::Word(word) => text.push_str(word),
        Form::List(parts) => {
            text.push('(');
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    text.push(' ');
                }
                flat(part, text);
            }
            text.push(')');
        }
    }
}

/// On one line where it fits, else a part per line, the words at the front staying with the kind.
fn write_form(form: &Form, indent: usize, text: &mut String) {
    let mut line = String::new();
    flat(form, &mut line);
    let Form::List(parts) = form else { return text.push_str(&line) };
    if indent + line.len() <= WIDTH {
        return text.push_str(&line);
    }
    text.push('(');
    let mut words_only = true;
    for (index, part) in parts.iter().enumerate() {
        words_only &= matches!(part, Form::Word(_));
        if index > 0 && words_only {
            text.push(' ');
        } else if index > 0 {
            let _ = write!(text, "\n{:1$}", "", indent + 2);
        }
        write_form(part, indent + 2, text);
    }
    text.push(')');
}
