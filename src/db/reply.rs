//! What a driver's error says, in one shape for all drivers.

use super::failure::{Reply, Source};

/// Reads an error of sqlx. No text of it holds a password: sqlx does not print its options in errors.
pub(super) fn of(error: &sqlx::Error) -> Reply {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
    match error {
        sqlx::Error::Database(answer) => server(answer.as_ref()),
        sqlx::Error::Io(error) => Reply::new(Source::Network(error.kind()), error.to_string()),
        sqlx::Error::Tls(error) => Reply::new(Source::Tls, error.to_string()),
        other => Reply::new(Source::Driver, other.to_string()),
    }
}

fn server(answer: &dyn sqlx::error::DatabaseError) -> Reply {
    #[cfg(feature = "postgres")]
    if let Some(answer) = answer.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
        return postgres(answer);
    }
    #[cfg(feature = "mysql")]
    if let Some(answer) = answer.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        return Reply::new(Source::MySql, answer.message()).with_code(answer.number().to_string());
    }
    let code = answer.code().map(std::borrow::Cow::into_owned).unwrap_or_default();
    Reply::new(Source::Sqlite, answer.message()).with_code(code)
}

#[cfg(feature = "postgres")]
fn postgres(answer: &sqlx::postgres::PgDatabaseError) -> Reply {
    use sqlx::postgres::PgErrorPosition;
    let mut reply = Reply::new(Source::Postgres, answer.message()).with_code(answer.code());
    let mut add = |word: &str, text: Option<&str>| {
        reply.causes.extend(text.filter(|text| !text.is_empty()).map(|text| format!("{word}: {text}")));
    };
    add("detail", answer.detail());
    add("the server's hint", answer.hint());
    add("where", answer.r#where());
    match answer.position() {
        Some(PgErrorPosition::Original(position)) => reply.position = position.checked_sub(1),
        Some(PgErrorPosition::Internal { query, .. }) => add("in", Some(query)),
        None => {}
    }
    reply
}

/// Connects, and says what comes first, within a time limit (zero = none).
pub(super) async fn within<T>(
    limit: std::time::Duration,
    opening: impl Future<Output = Result<T, super::driver::Stopped>>,
) -> Result<T, super::driver::Stopped> {
    if limit.is_zero() {
        return opening.await;
    }
    match tokio::time::timeout(limit, opening).await {
        Ok(done) => done,
        Err(_) => Err(super::driver::Stopped::Server(Reply::new(
            Source::Network(std::io::ErrorKind::TimedOut),
            format!("no answer within {} s", limit.as_secs_f64()),
        ))),
    }
}

/// An error of sqlx as what stopped us.
pub(super) fn stopped(error: &sqlx::Error) -> super::driver::Stopped {
    super::driver::Stopped::Server(of(error))
}
