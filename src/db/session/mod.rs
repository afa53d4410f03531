//! What the statements of revisions leave in the session, and how it is put back: each revision starts in the session that
//! the URL and the settings give, and what the tool keeps is written in that session too.
//!
//! [`Connection::brace`] stands before each statement of a revision and says what it may change. Until the end of the
//! revision, statements of ours between its own ones run between [`Connection::set_aside`] and [`Connection::take_up`],
//! which say the few settings that matter to them; [`Connection::put_back`] ends it. Where nothing can have changed, none
//! of them sends anything.

#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
mod sqlite;

use super::connection::Connection;
use super::row::Row;
#[cfg(feature = "cli")]
use super::settings::Settings;
use crate::error::Result;
use crate::statement::Product;
use crate::statement::session::{Reach, SessionChange};

/// Settings and their values, in the order in which they are said. None = nothing.
pub(super) type Values = Vec<(String, Option<String>)>;

/// Where a revision ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Outside of a transaction.
    Alone,
    /// In its transaction, which is committed next.
    InTransaction,
    /// In a transaction in which other revisions follow.
    Shared,
    /// It is tried again in the same session: what it made in the session stays.
    Retried,
}

/// What a script says behind a revision that may have changed the session: statements without their terminators.
#[cfg(feature = "cli")]
#[cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(unused_variables, reason = "SQLite has no session that a connection would set up")
)]
pub(crate) fn putting_back(product: Product, settings: &Settings, change: &SessionChange) -> Vec<String> {
    // On SQLite what is temporary is known by its name.
    if change.reach != Reach::Open && (product != Product::Sqlite || change.named.is_empty()) {
        return Vec::new();
    }
    match product {
        #[cfg(feature = "postgres")]
        Product::Postgres => postgres::for_script(settings),
        #[cfg(feature = "mysql")]
        Product::MySql | Product::MariaDb => mysql::for_script(settings, product, change),
        #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
        Product::Sqlite => sqlite::for_script(&change.named),
        #[allow(unreachable_patterns, reason = "each driver may be left out")]
        Product::Sqlite | Product::Postgres | Product::MySql | Product::MariaDb => Vec::new(),
    }
}

/// What the session has of revisions.
#[derive(Clone, Default)]
pub(super) struct Traces {
    reach: Reach,
    /// See [`SessionChange`].
    named: Vec<String>,
    /// What was before the first change, where it has to be asked.
    given: Option<Values>,
    /// What the revision has said otherwise.
    theirs: Values,
    /// SQLite: the databases that were attached before.
    #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
    attached: Option<Vec<String>>,
    /// It may have said more since.
    unread: bool,
    /// Ours are said in the place of theirs.
    is_aside: bool,
}

impl Traces {
    /// The value that was given.
    fn given(&self, name: &str) -> Option<&Option<String>> {
        self.given.iter().flatten().find(|(given, _)| given == name).map(|(_, value)| value)
    }
}

impl Connection {
    /// Before a statement of a revision, and before the transaction that it may share with statements of ours: asks for
    /// what is there as long as nothing was changed, where that cannot be had otherwise.
    pub(crate) async fn foresee(&mut self, change: &SessionChange) -> Result<()> {
        if change.reach == Reach::Nothing {
            return Ok(());
        }
        match self.server().product {
            // In one transaction for a revision nothing of ours stands between, and RESET is enough.
            #[cfg(feature = "postgres")]
            Product::Postgres if self.has_begun() => Ok(()),
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Product::Sqlite => self.note_sqlite(change).await,
            #[allow(unreachable_patterns, reason = "each driver may be left out")]
            Product::Sqlite | Product::Postgres | Product::MariaDb | Product::MySql => self.note_session().await,
        }
    }

    /// Right before a statement of a revision: notes what it may change.
    pub(crate) async fn brace(&mut self, change: SessionChange) -> Result<()> {
        self.foresee(&change).await?;
        let is_read = self.traces.given.is_some();
        let is_unread = match self.server().product {
            // What a trigger has said is asked for where it costs no more than a question.
            Product::Postgres => is_read && change.reach != Reach::Nothing,
            Product::Sqlite | Product::MariaDb | Product::MySql => change.reach == Reach::Open,
        };
        let traces = &mut self.traces;
        traces.reach = traces.reach.max(change.reach);
        traces.unread |= is_unread;
        for name in change.named {
            if !traces.named.contains(&name) {
                traces.named.push(name);
            }
        }
        Ok(())
    }

    /// Whether the session may be another one than it was when it was opened.
    pub(crate) fn is_changed(&self) -> bool {
        self.traces.reach != Reach::Nothing
    }

    /// Whether settings may be others than those that were given.
    pub(crate) fn says_otherwise(&self) -> bool {
        self.traces.unread || !self.traces.theirs.is_empty()
    }

    /// Asks for what the session has, to be put back by [`Connection::put_back`].
    pub(crate) async fn note_session(&mut self) -> Result<()> {
        if self.traces.given.is_none() {
            let given: Option<Values> = match self.server().product {
                #[cfg(feature = "postgres")]
                Product::Postgres => Some(self.ask_postgres().await?),
                #[cfg(feature = "mysql")]
                Product::MariaDb | Product::MySql => Some(self.ask_mysql(false).await?),
                #[allow(unreachable_patterns, reason = "each driver may be left out")]
                Product::Sqlite | Product::Postgres | Product::MariaDb | Product::MySql => None,
            };
            self.traces.given = given;
        }
        Ok(())
    }

    /// Forgets what was noted: somebody else has put the session back.
    pub(crate) fn forget_session(&mut self) {
        self.traces = Traces::default();
    }

    /// Before statements of ours in the middle of a revision.
    pub(crate) async fn set_aside(&mut self) -> Result<()> {
        if self.traces.is_aside || !self.says_otherwise() || self.traces.given.is_none() {
            return Ok(());
        }
        if self.traces.unread {
            let now = match self.server().product {
                #[cfg(feature = "postgres")]
                Product::Postgres => self.ask_postgres().await?,
                #[cfg(feature = "mysql")]
                Product::MariaDb | Product::MySql => self.ask_mysql_between().await?,
                #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
                Product::Sqlite => self.ask_pragmas(&sqlite::FOR_OURS).await?,
                #[allow(unreachable_patterns, reason = "each driver may be left out")]
                Product::Sqlite | Product::Postgres | Product::MariaDb | Product::MySql => Values::new(),
            };
            let is_other =
                |(name, value): &(String, Option<String>)| self.traces.given(name).is_some_and(|given| given != value);
            let theirs = now.into_iter().filter(is_other).collect();
            (self.traces.theirs, self.traces.unread) = (theirs, false);
        }
        let traces = &self.traces;
        let ours = traces.theirs.iter().filter_map(|(name, _)| Some((name.clone(), traces.given(name)?.clone())));
        let ours: Values = ours.collect();
        self.say(&ours).await?;
        self.traces.is_aside = !ours.is_empty();
        Ok(())
    }

    /// Before a statement of the revision, behind statements of ours.
    pub(crate) async fn take_up(&mut self) -> Result<()> {
        if self.traces.is_aside {
            let theirs = self.traces.theirs.clone();
            self.say(&theirs).await?;
            self.traces.is_aside = false;
        }
        Ok(())
    }

    /// Puts back what revisions may have changed, after a cancel too. What it gives is to be sent in front of the next
    /// statement of ours.
    pub(crate) async fn put_back(&mut self, ending: Ending) -> Result<Option<String>> {
        if !self.is_changed() {
            return Ok(None);
        }
        let token = self.ignore_cancel();
        let before = self.traces.clone();
        let done = self.put_all_back(ending).await;
        if done.is_err() {
            // Some of it may be as it was left: statements of ours look at that again.
            self.traces = before;
        }
        token.into_iter().for_each(|token| self.cancel_with(token));
        done
    }

    async fn put_all_back(&mut self, ending: Ending) -> Result<Option<String>> {
        match self.server().product {
            #[cfg(feature = "postgres")]
            Product::Postgres => self.put_back_postgres(ending).await,
            #[cfg(feature = "mysql")]
            Product::MariaDb | Product::MySql => self.put_back_mysql(ending).await.map(|()| None),
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Product::Sqlite => self.put_back_sqlite(ending).await.map(|()| None),
            #[allow(unreachable_patterns, reason = "each driver may be left out")]
            Product::Sqlite | Product::Postgres | Product::MariaDb | Product::MySql => Ok(None),
        }
    }

    /// Says these values.
    async fn say(&mut self, values: &Values) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let words: String = match self.server().product {
            #[cfg(feature = "postgres")]
            Product::Postgres => postgres::said(values),
            #[cfg(feature = "mysql")]
            Product::MariaDb | Product::MySql => mysql::said(values),
            #[cfg(any(feature = "sqlite", feature = "sqlite-system"))]
            Product::Sqlite => sqlite::said(values),
            #[allow(unreachable_patterns, reason = "each driver may be left out")]
            Product::Sqlite | Product::Postgres | Product::MariaDb | Product::MySql => return Ok(()),
        };
        // After a cancel too: what is written then must be ours.
        self.ask(&words).await.map(drop)
    }

    /// The revision is over. What the session was given stays known as long as it is the same session.
    fn is_put_back(&mut self) {
        let given = self.traces.given.take();
        self.traces = Traces { given, ..Traces::default() };
    }

    /// A question whose rows are names and values.
    #[cfg_attr(not(feature = "mysql"), allow(dead_code, reason = "one database alone lists them"))]
    async fn values(&mut self, sql: &str) -> Result<Values> {
        let rows = self.rows(sql).await?;
        Ok(rows.iter().map(pair).collect())
    }
}

fn pair(row: &Row) -> (String, Option<String>) {
    (row.text(0).unwrap_or_default().to_owned(), row.text(1).map(str::to_owned))
}

/// A literal where a backslash is a backslash.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), allow(dead_code, reason = "of servers alone"))]
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
