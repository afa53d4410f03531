//! The few questions to SQLite that the driver does not pass on. The only file with `unsafe`.
#![expect(
    unsafe_code,
    reason = "sqlx has no safe call for the transaction's state, the error's place, interrupting and copying"
)]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use libsqlite3_sys::{
    SQLITE_DONE, SQLITE_OK, SQLITE_OPEN_READWRITE, sqlite3, sqlite3_backup, sqlite3_backup_finish, sqlite3_backup_init,
    sqlite3_backup_step, sqlite3_busy_handler, sqlite3_close, sqlite3_errcode, sqlite3_error_offset, sqlite3_errstr,
    sqlite3_get_autocommit, sqlite3_interrupt, sqlite3_open_v2, sqlite3_total_changes,
};
use sqlx::SqliteConnection;

/// A connection as SQLite knows it, to be asked without a round trip to the driver's thread. Its owner holds the
/// connection too and drops this first. Dropping it ends what is still running.
pub(super) struct Handle(NonNull<sqlite3>);

// SAFETY: the connection is opened in serialized mode, where SQLite allows every call from any thread while it is open;
// its owner drops this before the connection.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    /// Ends the running statement, if there is one, with error 9.
    pub(super) fn interrupt(&self) {
        // SAFETY: the connection is open, see the type.
        unsafe { sqlite3_interrupt(self.0.as_ptr()) }
    }

    /// Whether a transaction is open. Means something between two statements only.
    pub(super) fn in_transaction(&self) -> bool {
        // SAFETY: the connection is open, see the type.
        (unsafe { sqlite3_get_autocommit(self.0.as_ptr()) }) == 0
    }

    /// How many rows were written since the connection was opened, those of triggers and foreign keys included. Means
    /// something between two statements only.
    pub(super) fn total_changes(&self) -> i32 {
        // SAFETY: the connection is open, see the type.
        unsafe { sqlite3_total_changes(self.0.as_ptr()) }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.interrupt();
    }
}

/// A copy of a database that is being made, page by page (<https://sqlite.org/backup.html>). Borrows the connection that
/// it copies from. Dropping it closes the file, finished or not.
pub(super) struct Copying<'a> {
    target: NonNull<sqlite3>,
    /// None = it could not be begun.
    backup: Option<NonNull<sqlite3_backup>>,
    from: std::marker::PhantomData<&'a Handle>,
}

// SAFETY: all of it is used through `&mut`, by one thread at a time, and SQLite ties neither to a thread.
unsafe impl Send for Copying<'_> {}

impl Handle {
    /// Begins to copy the main database into this file, which is there and empty.
    pub(super) fn begin_copy(&self, path: &CStr) -> Result<Copying<'_>, String> {
        let mut target = std::ptr::null_mut();
        // SAFETY: the path ends with a zero byte, and `target` is there to be written to.
        let code = unsafe { sqlite3_open_v2(path.as_ptr(), &raw mut target, SQLITE_OPEN_READWRITE, null()) };
        let target = NonNull::new(target).ok_or_else(|| words(code))?;
        let mut copying = Copying { target, backup: None, from: std::marker::PhantomData };
        if code != SQLITE_OK {
            return Err(words(code));
        }
        // SAFETY: both connections are open, and are not the same.
        let backup = unsafe { sqlite3_backup_init(target.as_ptr(), MAIN.as_ptr(), self.0.as_ptr(), MAIN.as_ptr()) };
        copying.backup = NonNull::new(backup);
        match copying.backup {
            Some(_) => Ok(copying),
            // SAFETY: the target is open.
            None => Err(words(unsafe { sqlite3_errcode(target.as_ptr()) })),
        }
    }
}

impl Copying<'_> {
    /// Copies so many pages; true = that was all of them.
    pub(super) fn step(&mut self, pages: c_int) -> Result<bool, String> {
        let Some(backup) = self.backup else { return Err("it was not begun".to_owned()) };
        // SAFETY: it was begun and is not finished.
        match unsafe { sqlite3_backup_step(backup.as_ptr(), pages) } {
            SQLITE_OK => Ok(false),
            SQLITE_DONE => Ok(true),
            code => Err(words(code)),
        }
    }
}

impl Drop for Copying<'_> {
    fn drop(&mut self) {
        // SAFETY: each was opened by `begin_copy` and is given back once, the copy before its connection.
        unsafe {
            if let Some(backup) = self.backup {
                sqlite3_backup_finish(backup.as_ptr());
            }
            sqlite3_close(self.target.as_ptr());
        }
    }
}

const MAIN: &CStr = c"main";

/// SQLite's own words for an error.
fn words(code: c_int) -> String {
    // SAFETY: SQLite has a text for every number, which is never freed.
    unsafe { CStr::from_ptr(sqlite3_errstr(code)) }.to_string_lossy().into_owned()
}

/// The handle of a connection that was opened in serialized mode.
pub(super) async fn handle(connection: &mut SqliteConnection) -> Result<Handle, sqlx::Error> {
    Ok(Handle(connection.lock_handle().await?.as_raw_handle()))
}

/// How long a connection waits for the file's lock. SQLite's own waiting does not look at interrupts.
pub(super) struct Patience {
    limit: Duration,
    since: Mutex<Instant>,
    over: AtomicBool,
}

impl Patience {
    /// Ends the waiting (`true`), until it is allowed again.
    pub(super) fn set_over(&self, over: bool) {
        self.over.store(over, Ordering::SeqCst);
    }

    /// Whether to look at the lock once more, after a pause.
    fn goes_on(&self, tries: c_int) -> bool {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if tries == 0 {
            *since = Instant::now();
        }
        let left = self.limit.saturating_sub(since.elapsed());
        if left.is_zero() || self.over.load(Ordering::SeqCst) {
            return false;
        }
        let pause = Duration::from_millis(if tries < 5 { 1 } else { 20 });
        std::thread::sleep(pause.min(left));
        true
    }
}

/// Makes a connection wait for the file's lock with [`Patience`].
pub(super) async fn wait_at_most(
    connection: &mut SqliteConnection,
    limit: Duration,
) -> Result<&'static Patience, sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    // Never freed: the driver's thread may still wait for a lock when the connection is dropped.
    let patience =
        &*Box::leak(Box::new(Patience { limit, since: Mutex::new(Instant::now()), over: AtomicBool::new(false) }));
    // SAFETY: the handle is locked; the pointer stays valid for ever and is only read, as `busy` reads it.
    unsafe {
        sqlite3_busy_handler(
            handle.as_raw_handle().as_ptr(),
            Some(busy),
            std::ptr::from_ref(patience).cast_mut().cast::<c_void>(),
        );
    }
    Ok(patience)
}

/// SQLite asks it whenever the file is locked: 0 = give up.
unsafe extern "C" fn busy(patience: *mut c_void, tries: c_int) -> c_int {
    // SAFETY: it is the pointer of `wait_at_most`, to a value that is never freed and never borrowed mutably.
    let patience = unsafe { &*patience.cast_const().cast::<Patience>() };
    c_int::from(patience.goes_on(tries))
}

/// Where in its statement the last error lies, in bytes; None where SQLite does not say.
pub(super) async fn error_offset(connection: &mut SqliteConnection) -> Option<usize> {
    let mut handle = connection.lock_handle().await.ok()?;
    // SAFETY: the handle is locked, so the connection is open and no other thread works on it.
    usize::try_from(unsafe { sqlite3_error_offset(handle.as_raw_handle().as_ptr()) }).ok()
}
