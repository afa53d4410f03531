//! What is said beside the work, from places that do not hold the printer: while a server is waited for, for instance.

use crate::report::printer::Printer;
use crate::report::stream::Stream;
use crate::report::text::Text;

/// Lines on standard error, in the manner of the printer that it was taken from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notices {
    pub(super) quiet: bool,
    pub(super) is_json: bool,
    pub(super) colour: bool,
}

impl Notices {
    /// As [`Printer::status`].
    pub(crate) fn status(self, verb: &str, object: &str) {
        self.printer().status(verb, Text::of(object));
    }

    /// As [`Printer::warning`].
    pub(crate) fn warning(self, text: &str) {
        self.printer().warning(text);
    }

    /// As [`Printer::hint`].
    pub(crate) fn hint(self, imperative: &str) {
        self.printer().hint(imperative);
    }

    fn printer(self) -> Printer {
        let mut err = Stream::errors();
        err.colour = self.colour;
        Printer::beside(err, self)
    }
}
