//! One of the two streams of the program, checked: a reader who has gone away is no failure, a full disk is one.

use std::io::{BufWriter, ErrorKind, IsTerminal, Write};

use crate::error::{Error, Kind, Result};

/// Standard output or standard error, or memory in tests.
pub(crate) struct Stream {
    to: Box<dyn Write + Send>,
    pub(crate) is_terminal: bool,
    pub(crate) colour: bool,
    /// The first failure; nothing is written after it.
    failure: Option<std::io::Error>,
}

impl Stream {
    /// Standard output, in blocks; line by line on a terminal.
    pub(crate) fn output() -> Self {
        let stdout = std::io::stdout();
        let is_terminal = stdout.is_terminal();
        // On a terminal the lines of the standard library are right; else each line would be a call of the system.
        let to: Box<dyn Write + Send> =
            if is_terminal { Box::new(stdout) } else { Box::new(BufWriter::with_capacity(1 << 16, stdout)) };
        Self { to, is_terminal, colour: false, failure: None }
    }

    /// Standard error, at once.
    pub(crate) fn errors() -> Self {
        let stderr = std::io::stderr();
        let is_terminal = stderr.is_terminal();
        Self { to: Box::new(stderr), is_terminal, colour: false, failure: None }
    }

    #[cfg(test)]
    pub(crate) fn over(to: impl Write + Send + 'static) -> Self {
        Self { to: Box::new(to), is_terminal: false, colour: false, failure: None }
    }

    /// Writes, unless something failed before. Failures wait for [`Stream::finish`].
    pub(crate) fn write(&mut self, text: &str) {
        if self.failure.is_none()
            && let Err(error) = self.to.write_all(text.as_bytes())
        {
            self.failure = Some(error);
        }
    }

    /// Brings out what is still held back.
    pub(crate) fn flush(&mut self) {
        if self.failure.is_none()
            && let Err(error) = self.to.flush()
        {
            self.failure = Some(error);
        }
    }

    /// Whether everything arrived. A broken pipe counts as success: who reads no further has seen enough.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.flush();
        match self.failure.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Error::new(Kind::File, "the output cannot be written")
                    .caused_by(error)
                    .with_hint("make room, or send the output elsewhere; what the command did stays done"))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Error, ErrorKind, Result, Write};

    use super::Stream;

    struct Failing(ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> Result<usize> {
            Err(Error::from(self.0))
        }

        fn flush(&mut self) -> Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_left_is_no_failure_and_a_full_disk_is_one() {
        let finished = |kind| {
            let mut stream = Stream::over(Failing(kind));
            stream.write("x");
            stream.finish()
        };
        assert!(finished(ErrorKind::BrokenPipe).is_ok());
        assert_eq!(finished(ErrorKind::StorageFull).unwrap_err().exit_code(), 2);
    }
}
