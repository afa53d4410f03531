//! Changes of a text at several places.

use super::reader::Span;

/// A text with the changes that are to be made to it; all places are those of the text as it was.
pub(super) struct Splices<'t> {
    text: &'t str,
    /// By their starts.
    list: Vec<(Span, String)>,
}

impl<'t> Splices<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, list: Vec::new() }
    }

    pub(super) fn replace(&mut self, span: Span, by: impl Into<String>) {
        let place = self.list.partition_point(|(other, _)| other.start <= span.start);
        self.list.insert(place, (span, by.into()));
    }

    pub(super) fn remove(&mut self, span: Span) {
        self.replace(span, "");
    }

    /// Several insertions at one place stay in the order in which they were asked for.
    pub(super) fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(Span::new(at, at), text);
    }

    /// The changed text. A place within one that is already changed stays as the first change left it.
    pub(super) fn finish(self) -> String {
        let (mut made, mut done) = (String::with_capacity(self.text.len()), 0);
        for (span, by) in &self.list {
            if span.start < done {
                continue;
            }
            made.push_str(Span::new(done, span.start).of(self.text));
            made.push_str(by);
            done = span.end;
        }
        made.push_str(Span::new(done, self.text.len()).of(self.text));
        made
    }
}
