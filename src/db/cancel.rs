//! A token by which another thread, task or signal handler ends the statement in work.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Cancels the connections it was given to. Clones are the same token; once cancelled it stays so.
#[derive(Clone, Default)]
pub struct Cancel(Arc<State>);

#[derive(Default)]
struct State {
    /// What was asked for, as [`Stop`] counts; 0 = nothing.
    asked: AtomicU8,
    /// What a signal asks for, as [`Stop`] counts; 0 = what suits the statement in work.
    on_signal: AtomicU8,
    /// The statement in work would be lost work if it were ended: it rebuilds a table, and stays when it is through.
    rebuilding: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

/// How the statement in work ends. The later one is the stronger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// By itself; nothing comes after it.
    Finish = 1,
    /// The server is asked to end it.
    Cancel = 2,
}

impl Stop {
    fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Finish),
            2 => Some(Self::Cancel),
            _ => None,
        }
    }
}

impl Cancel {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the server to end the running statement, and refuses every later one. Returns at once.
    pub fn cancel(&self) {
        self.ask(Stop::Cancel);
    }

    /// Lets the running statement end by itself, and refuses every later one. Returns at once.
    pub fn finish(&self) {
        self.ask(Stop::Finish);
    }

    /// What a signal shall ask for; None = to finish what rebuilds a table, to cancel everything else.
    pub(crate) fn set_on_signal(&self, stop: Option<Stop>) {
        self.0.on_signal.store(stop.map_or(0, |stop| stop as u8), Ordering::SeqCst);
    }

    /// A signal came.
    pub(crate) fn signal(&self) {
        let usual = if self.0.rebuilding.load(Ordering::SeqCst) { Stop::Finish } else { Stop::Cancel };
        self.ask(Stop::of(self.0.on_signal.load(Ordering::SeqCst)).unwrap_or(usual));
    }

    /// Says whether the statement in work from now on is one that a signal had better let end.
    pub(crate) fn set_rebuilding(&self, is_rebuilding: bool) {
        self.0.rebuilding.store(is_rebuilding, Ordering::SeqCst);
    }

    fn ask(&self, stop: Stop) {
        self.0.asked.fetch_max(stop as u8, Ordering::SeqCst);
        let waiting = std::mem::take(&mut *self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Whether [`Cancel::cancel`] or [`Cancel::finish`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.asked_for().is_some()
    }

    fn asked_for(&self) -> Option<Stop> {
        Stop::of(self.0.asked.load(Ordering::SeqCst))
    }

    /// Waits until the running statement shall be ended. Dropping the future is harmless.
    pub(crate) async fn cancelled(&self) {
        poll_fn(|context| self.poll(context, Stop::Cancel)).await;
    }

    /// Waits until anything is asked for. Dropping the future is harmless.
    pub(crate) async fn asked(&self) -> Stop {
        poll_fn(|context| self.poll(context, Stop::Finish)).await
    }

    fn poll(&self, context: &Context<'_>, least: Stop) -> Poll<Stop> {
        let mut waiting = self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked at under the lock: `ask` stores first and locks then, so no wake is lost.
        if let Some(stop) = self.asked_for().filter(|stop| *stop >= least) {
            return Poll::Ready(stop);
        }
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cancel").field(&self.is_cancelled()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Cancel, Stop};

    #[test]
    fn a_signal_lets_a_rebuild_end_unless_told_otherwise() {
        let after = |rebuilding, on_signal| {
            let cancel = Cancel::new();
            cancel.set_on_signal(on_signal);
            cancel.set_rebuilding(rebuilding);
            cancel.signal();
            assert!(cancel.is_cancelled());
            cancel.asked_for()
        };
        assert_eq!(after(false, None), Some(Stop::Cancel));
        assert_eq!(after(true, None), Some(Stop::Finish));
        assert_eq!(after(true, Some(Stop::Cancel)), Some(Stop::Cancel));
        assert_eq!(after(false, Some(Stop::Finish)), Some(Stop::Finish));
    }

    #[test]
    fn the_stronger_one_stays() {
        let cancel = Cancel::new();
        cancel.finish();
        assert_eq!(cancel.asked_for(), Some(Stop::Finish));
        cancel.cancel();
        cancel.finish();
        assert_eq!(cancel.asked_for(), Some(Stop::Cancel));
    }
}
