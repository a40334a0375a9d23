//! Slips that are common enough to be named.

use super::Place;
use crate::{
    SyntaxError,
    error::{COLON_OR_EQUALS, KEYWORD_AS_NAME, LINE_END, MISPLACED, MISSING_COMMA, UNEXPECTED},
    scan::TokenKind,
};

type Slip = fn(&Place) -> Option<SyntaxError>;

/// Each knows one slip; the first that recognises its own speaks.
const SLIPS: &[Slip] = &[
    line_end,
    not_an_item,
    item_in_body,
    foreign_word,
    compound_assignment,
    colon_or_equals,
    typed_let,
    arrow,
    set_without_in,
    or_bars,
    missing_comma,
    keyword_as_name,
    two_statements,
];

/// The slip at a place, where one is recognised.
pub(super) fn slip(place: &Place) -> Option<SyntaxError> {
    SLIPS.iter().find_map(|slip| slip(place))
}

/// `let x =` and the value on the next line.
fn line_end(place: &Place) -> Option<SyntaxError> {
    let unfinished = place.line_end && place.expected.expression() && !place.expected.statement();
    unfinished.then(|| {
        let last = place.behind(0);
        let help = format!(
            "move `{last}` to the beginning of the next line, or what follows to the end of this"
        );
        let help = if matches!(last, "=" | ":" | "," | "|" | "in" | "not") {
            "begin on this line what stands on the next".to_owned()
        } else {
            help
        };
        SyntaxError::at(LINE_END, place.span, "the line ends in the middle of an expression")
            .label(format!("something has to follow `{last}`"))
            .help(help)
    })
}

/// A statement, or a word that is nothing, at the top of a file.
fn not_an_item(place: &Place) -> Option<SyntaxError> {
    let first = place.before.is_empty() && place.expected.has("space");
    first.then(|| {
        let found = place.ahead(0);
        let statement = matches!(
            found,
            "let"
                | "input"
                | "output"
                | "limit"
                | "forbid"
                | "require"
                | "defaults"
                | "for"
                | "if"
                | "match"
                | "choose"
        );
        let message = if statement {
            format!("`{found}` stands outside any block or space")
        } else {
            format!("`{found}` does not begin an item")
        };
        let help = match found {
            "def" | "fn" | "func" | "function" => "a function is a `block name(x) { … }`",
            "from" => "write `import \"path\" { name }`",
            _ => {
                "an item begins with `import`, `const`, `block`, `space`, `network`, `derive` or \
                  `remap`"
            }
        };
        let error = SyntaxError::at(MISPLACED, place.span, message).help(help);
        SyntaxError { expected: place.expected.list(), ..error }
    })
}

/// `block f(x) { … }` in a body.
fn item_in_body(place: &Place) -> Option<SyntaxError> {
    let found = place.ahead(0);
    let (word, span) = if matches!(found, "import" | "const" | "derive") {
        let in_body = place.refused && !place.before.is_empty();
        in_body.then_some((found, place.span))?
    } else {
        let word = place.behind(0);
        let named = place.found_kind() == Some(TokenKind::Word) && !place.line_end;
        let item = named && matches!(word, "block" | "space" | "network") && place.begins_line(0);
        (word, item.then(|| place.before.last())??.span)
    };
    let help = match word {
        "const" => "write `let`, or move it out",
        "block" => "move it out, or write `let name = |x| { … }`",
        _ => "move it out, to the first column",
    };
    let message = format!("`{word}` begins an item, and items do not stand in bodies");
    Some(SyntaxError::at(MISPLACED, span, message).help(help))
}

/// Words of other languages.
fn foreign_word(place: &Place) -> Option<SyntaxError> {
    let help = |word: &str| match word {
        "return" => Some("the last expression of a body is its value"),
        "elif" | "elsif" | "elseif" => Some("write `else if`"),
        "def" | "fn" | "func" => Some("a function is a `block`, outside any body"),
        "while" | "loop" => Some("every loop has an end here: `for i in 0..n { … }`"),
        "var" | "mut" | "val" => Some("write `let`; any `let` can be rebound with `name = …`"),
        "lambda" => Some("write `|x| …`"),
        "switch" | "case" => Some("write `match value { \"a\": …, _: … }`"),
        "is" => Some("write `==`"),
        _ => None,
    };
    let here = place.after.first().filter(|_| !place.line_end);
    let behind = place.before.last().filter(|_| place.begins_line(0));
    let word = [here, behind].into_iter().flatten().find(|t| help(t.text(place.text)).is_some())?;
    let written = word.text(place.text);
    let message = format!("`{written}` is not a word of this language");
    Some(SyntaxError::at(UNEXPECTED, word.span, message).help(help(written)?))
}

/// `x += 1`.
fn compound_assignment(place: &Place) -> Option<SyntaxError> {
    let op = place.behind(0);
    let compound = place.ahead(0) == "=" && matches!(op, "+" | "-" | "*" | "/" | "**");
    compound.then(|| {
        let name = place.behind(1);
        SyntaxError::at(UNEXPECTED, place.span, format!("there is no `{op}=`"))
            .help(format!("write `{name} = {name} {op} …`"))
    })
}

/// `f(k = 3)`, `choose op { a = e }`, `x: 3`.
fn colon_or_equals(place: &Place) -> Option<SyntaxError> {
    let name = place.behind(0);
    match place.ahead(0) {
        "=" if place.expected.has(":") => Some(
            SyntaxError::at(COLON_OR_EQUALS, place.span, "a colon belongs here")
                .help(format!("write `{name}: …`")),
        ),
        ":" if place.expected.has("=") && place.behind(1) != "let" => Some(
            SyntaxError::at(COLON_OR_EQUALS, place.span, "an equals sign belongs here")
                .help(format!("write `{name} = …`")),
        ),
        _ => None,
    }
}

/// `let x: int = 3`.
fn typed_let(place: &Place) -> Option<SyntaxError> {
    let typed = place.ahead(0) == ":" && place.expected.has("=") && place.behind(1) == "let";
    typed.then(|| {
        SyntaxError::at(UNEXPECTED, place.span, "a `let` has no type")
            .help(format!("write `let {} = …`; only parameters have types", place.behind(0)))
    })
}

/// `a => b`, `block f(x) -> tensor`.
fn arrow(place: &Place) -> Option<SyntaxError> {
    let fat = place.behind(0) == "=" && place.ahead(0) == ">";
    if fat {
        let help = "`:` separates a label from its value, `->` is a pipe";
        return Some(SyntaxError::at(UNEXPECTED, place.span, "there is no `=>`").help(help));
    }
    let result = place.ahead(0) == "->" && place.behind(0) == ")" && place.expected.has("{");
    (result && !place.expected.after_operand()).then(|| {
        SyntaxError::at(UNEXPECTED, place.span, "a block does not say what it returns")
            .help("remove the arrow and the type")
    })
}

/// `a || b`.
fn or_bars(place: &Place) -> Option<SyntaxError> {
    let bars = place.ahead(0) == "|" && place.expected.after_operand() && !place.line_end;
    bars.then(|| {
        SyntaxError::at(UNEXPECTED, place.span, "`|` is not an operator").help("write `or`")
    })
}

/// `choose k {3, 5}`.
fn set_without_in(place: &Place) -> Option<SyntaxError> {
    let set = place.behind(1) == "{" && place.behind(3) == "choose" && place.expected.has(":");
    set.then(|| {
        let name = place.behind(2);
        SyntaxError::at(UNEXPECTED, place.span, "these are values, and alternatives have labels")
            .help(format!("write `choose {name} in {{…}}`"))
    })
}

/// `f(a b)`, `[1 2]`.
fn missing_comma(place: &Place) -> Option<SyntaxError> {
    let begins = matches!(
        place.found_kind()?,
        TokenKind::Word | TokenKind::Number | TokenKind::StringStart | TokenKind::Open
    );
    let listed = place.expected.has(",") && (place.expected.has(")") || place.expected.has("]"));
    (begins && listed && !place.line_end).then(|| {
        let error =
            SyntaxError::at(MISSING_COMMA, place.span, "a comma is missing").label("before this");
        SyntaxError { expected: vec!["`,`".to_owned()], ..error }
    })
}

/// `let in = 3`.
fn keyword_as_name(place: &Place) -> Option<SyntaxError> {
    place.refused.then(|| {
        let message = format!("`{}` is a keyword, and cannot be a name here", place.ahead(0));
        SyntaxError::at(KEYWORD_AS_NAME, place.span, message)
    })
}

/// `let a = 1 let b = 2`.
fn two_statements(place: &Place) -> Option<SyntaxError> {
    let word = matches!(place.found_kind()?, TokenKind::Word | TokenKind::Number);
    let separable = place.expected.has("\n") && place.expected.after_operand();
    (word && separable && !place.line_end).then(|| {
        let found = place.ahead(0);
        SyntaxError::at(UNEXPECTED, place.span, format!("`{found}` begins something new here"))
            .label("expected an operator, or a line of its own")
            .help("a line end or `;` separates")
    })
}
