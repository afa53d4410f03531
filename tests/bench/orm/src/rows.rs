//! Many rows by the ORM: inserted, streamed, and changed by a closure.

use migrate::orm::{Engine, Model, Session, Value, query};

use crate::Count;
use crate::loading::{Order, User};

migrate::model! {
    /// Whose full name is made of the others.
    pub struct Person in table("people") {
        id: i64 [key],
        first_name: String [length(100)],
        last_name: String [length(100)],
        full_name: Option<String> [length(201)],
        cents: i64,
    }
}

/// The per-row code that no one expression in SQL replaces easily.
pub(crate) fn slug(first: &str, last: &str) -> String {
    let mut slug = String::new();
    for letter in last.chars().chain([' ']).chain(first.chars()).flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

pub(crate) fn names(id: u64) -> (String, String) {
    (format!("First{}", id % 977), format!("Last Name {id}"))
}

/// All tables, and parents with three children each where a number is given.
pub(crate) async fn tables(url: &str, parents: u64) -> Count {
    let engine = Engine::new(url)?;
    let mut session = engine.session().await?;
    session.create_all(&[User::mapping(), Order::mapping(), Person::mapping()]).await?;
    let users = (1..=parents).map(|id| User {
        id: i64::try_from(id).unwrap_or(0),
        name: format!("user {id}"),
        email: Some(format!("user{id}@example.org")),
        active: id % 3 > 0,
    });
    session.bulk_save(users).await?;
    let orders = (0..3 * parents).map(|number| Order {
        id: i64::try_from(number + 1).unwrap_or(0),
        user_id: i64::try_from(number / 3 + 1).unwrap_or(0),
        total: format!("{}.50", number % 1000).as_str().into(),
        note: (number % 2 == 0).then(|| format!("note {number}")),
    });
    let count = session.bulk_save(orders).await?;
    session.commit().await?;
    session.close().await?;
    Ok(count)
}

async fn opened(url: &str) -> migrate::Result<Session<'static>> {
    let mut session = Engine::new(url)?.session().await?;
    session.reflect().await?;
    Ok(session)
}

pub(crate) async fn bulk(url: &str, number: u64) -> Count {
    let mut session = opened(url).await?;
    let rows = (1..=number).map(|id| {
        let (first, last) = names(id);
        let id = i64::try_from(id).unwrap_or(0);
        [Value::Int(id), Value::from(first), Value::from(last), Value::Int(id * 7)]
    });
    let count = session.bulk_insert("people", &["id", "first_name", "last_name", "cents"], rows).await?;
    session.commit().await?;
    session.close().await?;
    Ok(count)
}

pub(crate) async fn stream(url: &str) -> Count {
    let mut session = opened(url).await?;
    let mut letters = 0;
    let count = session
        .stream(query::<Person>(), 5_000, |person| {
            letters += person.last_name.len();
            Ok(())
        })
        .await?;
    session.close().await?;
    if letters == 0 { Err("nothing was read".into()) } else { Ok(count) }
}

/// What a closure of a data step does.
pub(crate) async fn closure(url: &str) -> Count {
    let mut session = opened(url).await?;
    let rows = session.rows("people").columns(["first_name", "last_name"]);
    let done = rows
        .update(|row| {
            let made = slug(row.text("first_name")?, row.text("last_name")?);
            row.set("full_name", made)
        })
        .await?;
    session.commit().await?;
    session.close().await?;
    Ok(done.changed)
}
