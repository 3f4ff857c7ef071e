//! Walking through parsed messages, and where in a file something stands.

use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement, VariantKey};

/// What a pattern mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mention<'s> {
    Variable(&'s str),
    Message(&'s str, Option<&'s str>),
    Term(&'s str, Option<&'s str>),
    Function(&'s str),
    /// A number written in the catalogue.
    Number(&'s str),
}

/// The name of a message or term (`-name`), and its patterns: the value and each attribute with its name.
pub(super) struct Named<'r, 's> {
    pub(super) kind: Kind,
    pub(super) name: &'s str,
    pub(super) value: Option<&'r Pattern<&'s str>>,
    pub(super) attributes: Vec<(&'s str, &'r Pattern<&'s str>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Kind {
    Message,
    Term,
}

impl Kind {
    /// The name as it is written in a catalogue.
    pub(super) fn spell(self, name: &str) -> String {
        match self {
            Self::Message => name.to_owned(),
            Self::Term => format!("-{name}"),
        }
    }
}

impl<'r, 's> Named<'r, 's> {
    /// None for comments and what could not be parsed.
    pub(super) fn of(entry: &'r Entry<&'s str>) -> Option<Self> {
        let (kind, name, value, attributes) = match entry {
            Entry::Message(message) => (Kind::Message, message.id.name, message.value.as_ref(), &message.attributes),
            Entry::Term(term) => (Kind::Term, term.id.name, Some(&term.value), &term.attributes),
            _ => return None,
        };
        let attributes = attributes.iter().map(|attribute| (attribute.id.name, &attribute.value)).collect();
        Some(Self { kind, name, value, attributes })
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &'r Pattern<&'s str>> {
        self.value.into_iter().chain(self.attributes.iter().map(|(_, pattern)| *pattern))
    }
}

/// Tells `found` all that a pattern mentions, in the order of the text.
pub(super) fn visit<'s>(pattern: &Pattern<&'s str>, found: &mut impl FnMut(Mention<'s>)) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            visit_expression(expression, found);
        }
    }
}

fn visit_expression<'s>(expression: &Expression<&'s str>, found: &mut impl FnMut(Mention<'s>)) {
    match expression {
        Expression::Inline(inline) => visit_inline(inline, found),
        Expression::Select { selector, variants } => {
            visit_inline(selector, found);
            for variant in variants {
                if let VariantKey::NumberLiteral { value } = variant.key {
                    found(Mention::Number(value));
                }
                visit(&variant.value, found);
            }
        }
    }
}

fn visit_inline<'s>(inline: &InlineExpression<&'s str>, found: &mut impl FnMut(Mention<'s>)) {
    match inline {
        InlineExpression::StringLiteral { .. } => {}
        InlineExpression::NumberLiteral { value } => found(Mention::Number(value)),
        InlineExpression::FunctionReference { id, arguments } => {
            found(Mention::Function(id.name));
            visit_arguments(arguments, found);
        }
        InlineExpression::MessageReference { id, attribute } => {
            found(Mention::Message(id.name, attribute.as_ref().map(|attribute| attribute.name)));
        }
        InlineExpression::TermReference { id, attribute, arguments } => {
            found(Mention::Term(id.name, attribute.as_ref().map(|attribute| attribute.name)));
            if let Some(arguments) = arguments {
                visit_arguments(arguments, found);
            }
        }
        InlineExpression::VariableReference { id } => found(Mention::Variable(id.name)),
        InlineExpression::Placeable { expression } => visit_expression(expression, found),
    }
}

fn visit_arguments<'s>(arguments: &CallArguments<&'s str>, found: &mut impl FnMut(Mention<'s>)) {
    for argument in &arguments.positional {
        visit_inline(argument, found);
    }
    for argument in &arguments.named {
        visit_inline(&argument.value, found);
    }
}

/// The line of a byte offset, from 1.
pub(super) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The line of a part of the text that was borrowed from it.
pub(super) fn line_of(text: &str, part: &str) -> usize {
    line_at(text, (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize))
}

/// The most `{` and `(` in one entry: a bound for how deep the parser calls itself, whatever the braces mean.
pub(super) fn most_openings(text: &str) -> usize {
    let mut openings = 0;
    let mut most = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if begins_entry(line) {
            openings = 0;
        }
        openings += line.bytes().filter(|byte| matches!(byte, b'{' | b'(')).count();
        most = most.max(openings);
    }
    most
}

/// Whether a line is `name =` or `-name =`. Inside a placeable that is an error, at which the parser turns back.
fn begins_entry(line: &str) -> bool {
    let line = line.strip_prefix('-').unwrap_or(line);
    let rest = line.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    line.starts_with(|letter: char| letter.is_ascii_alphabetic()) && rest.trim_start_matches(' ').starts_with('=')
}
