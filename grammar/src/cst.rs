//! From text to tree: the grammar of `nas.pest` and what is built from its matches.
//!
//! The only module that names pest. A chunk either matches the grammar, and then gives items and
//! perhaps errors about what they hold (a number too large), or it does not, and then gives errors
//! only. The grammar does not know precedence, escapes, numbers or types; the modules below do.

mod decision;
mod explain;
mod expr;
mod fold;
mod item;
mod number;
mod recover;
mod stmt;
mod string;

use std::{
    collections::BTreeMap,
    iter::Peekable,
    sync::{Arc, Mutex, PoisonError},
};

use pest::{
    Parser,
    error::Error,
    iterators::{Pair, Pairs},
};

use crate::{
    Span, SyntaxError,
    ast::{Item, Name},
    error::LINE_END,
    scan::{Chunk, Scan},
};

#[derive(pest_derive::Parser)]
#[grammar = "nas.pest"]
struct Grammar;

/// What a file gives, chunk after chunk.
pub(crate) struct Builder<'a> {
    /// The text as written; places are the same in the plain text of the scan.
    text: &'a str,
    /// The offset of the chunk at hand.
    base: u32,
    docs: BTreeMap<u32, String>,
    pub(crate) items: Vec<Item>,
    pub(crate) errors: Vec<SyntaxError>,
    /// The expressions that stand in parentheses: their spans with and without these.
    pub(crate) parens: BTreeMap<Span, Span>,
}

type Node<'i> = Pair<'i, Rule>;

impl<'a> Builder<'a> {
    pub(crate) fn new(text: &'a str, scan: &Scan) -> Self {
        Self {
            text,
            base: 0,
            docs: scan.docs(),
            items: Vec::new(),
            errors: Vec::new(),
            parens: BTreeMap::new(),
        }
    }

    /// Parses one chunk. One that does not match is parsed on for its other errors, and gives no
    /// item.
    pub(crate) fn chunk(&mut self, scan: &Scan, chunk: &Chunk) {
        self.base = chunk.span.start;
        let plain = scan.plain.get(chunk.span.range()).unwrap_or_default();
        match Grammar::parse(Rule::chunk, plain) {
            Ok(pairs) => {
                let items = self.build(pairs);
                self.items.extend(items);
            }
            Err(_) => self.broken_chunk(scan, chunk, plain.to_owned()),
        }
    }

    fn build(&mut self, pairs: Pairs<Rule>) -> Vec<Item> {
        let parts = pairs.flat_map(Pair::into_inner);
        parts.filter(|p| p.as_rule() != Rule::EOI).map(|p| item::item(self, p)).collect()
    }

    /// Reports an error, takes out the statement it stands in, and goes on with the rest.
    fn broken_chunk(&mut self, scan: &Scan, chunk: &Chunk, mut plain: String) {
        let mut tokens = scan.tokens.get(chunk.tokens.clone()).unwrap_or_default().to_vec();
        // Where the statement after the last broken one begins.
        let mut after = None;
        for _ in 0..MAX_ERRORS {
            let Err(found) = detailed(&plain) else { break };
            let error = explain::explain(self.text, &plain, chunk, &tokens, &found);
            let statement = recover::around(&plain, chunk.span.start, &tokens, &error);
            if !self.repeats(&error, statement, after) {
                self.errors.push(error);
            }
            let Some(statement) = statement else { return };
            after = tokens.iter().find(|t| t.span.start >= statement.end).map(|t| t.span.start);
            let range = Span::new(statement.start - self.base, statement.end - self.base).range();
            tokens.retain(|t| t.span.end <= statement.start || t.span.start >= statement.end);
            plain.replace_range(range.clone(), &" ".repeat(range.len()));
        }
        if let Ok(pairs) = Grammar::parse(Rule::chunk, &plain) {
            self.build(pairs);
        }
    }

    /// Whether an error only continues the one before: a line that ended too early leaves its rest
    /// behind, and a list that should not be one has many entries.
    fn repeats(&self, error: &SyntaxError, statement: Option<Span>, after: Option<u32>) -> bool {
        let Some(last) = self.errors.last() else { return false };
        let next = after.is_some() && statement.map(|statement| statement.start) == after;
        let between = self.text.get(last.span.end as usize..error.span.start as usize);
        let same_line = between.is_some_and(|between| !between.contains('\n'));
        (next && last.code == LINE_END) || (same_line && last.message == error.message)
    }

    fn span(&self, pair: &Node) -> Span {
        let span = pair.as_span();
        Span::new(self.base + span.start() as u32, self.base + span.end() as u32)
    }

    fn name(&self, pair: &Node) -> Name {
        Name { text: Arc::from(pair.as_str()), span: self.span(pair) }
    }

    fn doc(&self, span: Span) -> Option<String> {
        self.docs.get(&span.start).cloned()
    }
}

/// Errors of one item, beyond which more would not help.
const MAX_ERRORS: usize = 20;

/// Parses a text noting everything that was tried, which takes several times as long.
fn detailed(plain: &str) -> Result<(), Box<Error<Rule>>> {
    /// The setting is one for the whole process; who turns it on is alone to turn it off.
    static DETAIL: Mutex<()> = Mutex::new(());
    let guard = DETAIL.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    let result = Grammar::parse(Rule::chunk, plain);
    pest::set_error_detail(false);
    drop(guard);
    result.map(drop).map_err(Box::new)
}

/// The parts of a match, keywords left out.
struct Parts<'i>(Peekable<Pairs<'i, Rule>>);

impl<'i> Parts<'i> {
    fn of(pair: Node<'i>) -> Self {
        Self(pair.into_inner().peekable())
    }

    /// The next part where the grammar promises one.
    fn part(&mut self) -> Node<'i> {
        self.next().unwrap_or_else(|| unreachable!("the grammar promises another part"))
    }

    /// The next part, if it is of this rule.
    fn part_if(&mut self, rule: Rule) -> Option<Node<'i>> {
        self.skip_keywords();
        self.0.next_if(|pair| pair.as_rule() == rule)
    }

    fn skip_keywords(&mut self) {
        while self.0.next_if(|pair| is_keyword(pair.as_rule())).is_some() {}
    }
}

impl<'i> Iterator for Parts<'i> {
    type Item = Node<'i>;

    fn next(&mut self) -> Option<Node<'i>> {
        self.skip_keywords();
        self.0.next()
    }
}

const fn is_keyword(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::kw_as
            | Rule::kw_block
            | Rule::kw_choose
            | Rule::kw_const
            | Rule::kw_default
            | Rule::kw_defaults
            | Rule::kw_derive
            | Rule::kw_else
            | Rule::kw_for
            | Rule::kw_forbid
            | Rule::kw_from
            | Rule::kw_if
            | Rule::kw_import
            | Rule::kw_in
            | Rule::kw_input
            | Rule::kw_keep
            | Rule::kw_let
            | Rule::kw_limit
            | Rule::kw_match
            | Rule::kw_network
            | Rule::kw_of
            | Rule::kw_output
            | Rule::kw_prior
            | Rule::kw_remap
            | Rule::kw_require
            | Rule::kw_shared
            | Rule::kw_space
            | Rule::equals
    )
}
