//! The text of a script: statements and comments, in the words of the shell that will run it.

use crate::dialect::frame::Frame;

/// A script as far as it is written.
pub(super) struct Text {
    frame: &'static dyn Frame,
    written: String,
    /// How many commits it makes so far.
    commits: usize,
}

impl Text {
    pub(super) fn new(frame: &'static dyn Frame) -> Self {
        Self { frame, written: String::new(), commits: 0 }
    }

    pub(super) fn end(self) -> String {
        self.written
    }

    /// Comment lines, a blank line before and after them.
    pub(super) fn comment(&mut self, lines: &[String]) {
        if !self.written.is_empty() {
            self.written.push('\n');
        }
        for line in lines {
            // A line break would end the comment.
            let plain: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.written.push_str("-- ");
            self.written.push_str(plain.trim_end());
            self.written.push('\n');
        }
        self.written.push('\n');
    }

    pub(super) fn statement(&mut self, sql: &str) {
        self.written.push_str(&self.frame.terminated(sql.trim_end()));
        self.written.push('\n');
    }

    pub(super) fn statements(&mut self, all: &[String]) {
        all.iter().for_each(|sql| self.statement(sql));
    }

    /// Opens a transaction that goes on only where the condition holds.
    pub(super) fn begin(&mut self, version_table: &str, condition: &str) {
        self.statements(&self.frame.begin());
        self.statements(&self.frame.lock(version_table));
        self.guard(condition);
    }

    pub(super) fn guard(&mut self, condition: &str) {
        self.statements(&self.frame.guard(self.commits, condition));
    }

    /// Commits; `condition` holds if the transaction did what it was to do.
    pub(super) fn commit(&mut self, condition: &str) {
        self.statements(&self.frame.commit(self.commits, condition));
        self.commits += 1;
    }

    /// From here to the next transaction statements stand alone.
    pub(super) fn outside(&mut self) {
        self.statements(&self.frame.outside(self.commits));
    }
}
