//! The text as the grammar sees it.

use super::tokens::Token;

/// The text with blanks for comments and for the line ends that mean nothing: an equal number of
/// bytes, equal bytes in tokens, and a line end exactly at each of `breaks`.
pub(super) fn plain(text: &str, tokens: &[Token], breaks: &[u32]) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut breaks = breaks.iter().map(|at| *at as usize).peekable();
    let mut blank = |plain: &mut String, end: usize| {
        while let Some(at) = breaks.next_if(|at| *at < end) {
            plain.extend(std::iter::repeat_n(' ', at - plain.len()));
            plain.push('\n');
        }
        plain.extend(std::iter::repeat_n(' ', end - plain.len()));
    };
    for token in tokens {
        blank(&mut plain, token.span.start as usize);
        plain.push_str(token.text(text));
    }
    blank(&mut plain, text.len());
    plain
}
