//! The same by hand over sqlx: 1,000 rows for each INSERT, one UPDATE for 5,000 rows.

use sqlx::{Connection, MySqlConnection, PgConnection, QueryBuilder, Row, SqliteConnection};

use crate::Count;
use crate::rows::{names, slug};

const AT_ONCE: u64 = 1_000;

macro_rules! inserted {
    ($connection:ty, $url:expr, $number:expr) => {{
        let mut connection = <$connection>::connect($url).await?;
        let mut transaction = connection.begin().await?;
        let mut next = 1;
        while next <= $number {
            let last = $number.min(next + AT_ONCE - 1);
            let mut insert = QueryBuilder::new("INSERT INTO people (id, first_name, last_name, cents) ");
            insert.push_values(next..=last, |mut row, id| {
                let (first, last) = names(id);
                let id = i64::try_from(id).unwrap_or(0);
                row.push_bind(id).push_bind(first).push_bind(last).push_bind(id * 7);
            });
            insert.build().execute(&mut *transaction).await?;
            next = last + 1;
        }
        transaction.commit().await?;
        Ok($number)
    }};
}

pub(crate) async fn insert(url: &str, number: u64) -> Count {
    match url.split(':').next() {
        Some("sqlite") => inserted!(SqliteConnection, url, number),
        Some("postgres") => inserted!(PgConnection, url, number),
        Some("mysql") => inserted!(MySqlConnection, url, number),
        other => Err(format!("no database {other:?}").into()),
    }
}

macro_rules! updated {
    ($connection:ty, $url:expr, $mark:literal, $update:expr) => {{
        let mut connection = <$connection>::connect($url).await?;
        let mut transaction = connection.begin().await?;
        let select = concat!("SELECT id, first_name, last_name FROM people WHERE id > ", $mark, " ORDER BY id LIMIT 5000");
        let (mut last, mut count) = (0i64, 0);
        loop {
            let rows = sqlx::query(select).bind(last).fetch_all(&mut *transaction).await?;
            let done: Vec<(i64, String)> =
                rows.iter().map(|row| (row.get(0), slug(row.get::<&str, _>(1), row.get::<&str, _>(2)))).collect();
            let Some((id, _)) = done.last() else { break };
            last = *id;
            count += done.len() as u64;
            $update(done).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(count)
    }};
}

/// Slugs have letters, digits and hyphens: they need no escapes.
fn json(done: Vec<(i64, String)>) -> String {
    let rows: Vec<String> = done.iter().map(|(id, name)| format!("[{id},\"{name}\"]")).collect();
    format!("[{}]", rows.join(","))
}

pub(crate) async fn update(url: &str) -> Count {
    let of_sqlite = "UPDATE people SET full_name = v.name FROM (SELECT value->>0 AS id, value->>1 AS name FROM json_each(?)) v WHERE people.id = v.id";
    let of_postgres = "UPDATE people SET full_name = v.name FROM unnest($1::bigint[], $2::text[]) AS v(id, name) WHERE people.id = v.id";
    let of_mysql = "UPDATE people JOIN JSON_TABLE(?, '$[*]' COLUMNS (id bigint PATH '$[0]', name varchar(201) PATH '$[1]')) AS v ON people.id = v.id SET full_name = v.name";
    match url.split(':').next() {
        Some("sqlite") => updated!(SqliteConnection, url, "?", |done| sqlx::query(of_sqlite).bind(json(done))),
        Some("mysql") => updated!(MySqlConnection, url, "?", |done| sqlx::query(of_mysql).bind(json(done))),
        Some("postgres") => updated!(PgConnection, url, "$1", |done: Vec<(i64, String)>| {
            let (ids, names): (Vec<i64>, Vec<String>) = done.into_iter().unzip();
            sqlx::query(of_postgres).bind(ids).bind(names)
        }),
        other => Err(format!("no database {other:?}").into()),
    }
}
