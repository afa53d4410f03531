//! What sessions do with entities: each case gives text.

use migrate::orm::{
    Entity, Model, Operand, Refine, Session, Value, all_of, col, count_all, query, select, source, value,
};
use migrate::{Error, Kind, Result};

use super::cases::Work;
use super::models::{Article, Filled, Line, Listed, Order, Player, Profile, Spending, Tag, Team, User, shown};

/// Cases under a name.
macro_rules! works {
    ($list:ident: $($name:literal => |$session:ident| $body:block)+) => {
        pub(crate) fn $list() -> Vec<(&'static str, Work)> {
            vec![$(($name, (|$session| Box::pin(async move { $body })) as Work)),+]
        }
    };
}
pub(crate) use works;

async fn table(session: &mut Session<'static>, sql: &str) -> Result<String> {
    Ok(shown(&session.query(sql, []).await?))
}

async fn user(session: &mut Session<'static>, id: i64) -> Result<Entity<User>> {
    session.get::<User>(id).await?.ok_or_else(|| Error::new(Kind::Refused, "no user"))
}

fn new_user(name: &str) -> User {
    User { name: name.to_owned(), ..User::default() }
}

pub(crate) fn all() -> Vec<(&'static str, Work)> {
    [adding(), changing(), deleting(), asking(), statements(), bulk(), relating()].concat()
}

works! { adding:
        "add: the key is there after a flush" => |session| {
            let user = session.add(new_user("new"));
            let before = user.read().id;
            session.flush().await?;
            Ok(format!("{before} {}", user.read().id > 6))
        }
        "add: many keys in order" => |session| {
            let users = session.add_all((0..30).map(|n| new_user(&format!("u{n}"))));
            session.flush().await?;
            let ids: Vec<i64> = users.iter().map(|user| user.read().id).collect();
            let rows = session.query("SELECT id, name FROM users WHERE id > 6 ORDER BY id", []).await?;
            let same = users.iter().zip(&rows).all(|(user, row)| row.text("name").unwrap() == user.read().name);
            Ok(format!("{} {} {same}", ids.len(), ids.windows(2).all(|two| two[0] < two[1])))
        }
        "add: thirty rows are one statement" => |session| {
            session.query("SELECT 1", []).await?;
            let before = session.statements();
            session.add_all((0..30).map(|n| Profile { user_id: n, ..Profile::default() }).take(0));
            session.add_all((0..30).map(|n| Tag { word: format!("t{n}") }));
            session.flush().await?;
            Ok(format!("{}", session.statements() - before))
        }
        "add: a given key is kept" => |session| {
            session.add(User { id: 4711, ..new_user("given") });
            session.flush().await?;
            table(session, "SELECT id, name FROM users WHERE id > 100").await
        }
        "add: user with orders in one flush" => |session| {
            let user = session.add(new_user("with orders"));
            for total in ["1.00", "2.00"] {
                let order = session.add(Order { total: total.into(), ..Order::default() });
                session.relate(&user, &User::orders(), &order);
            }
            session.flush().await?;
            table(session, "SELECT u.name, o.note FROM users u JOIN orders o ON o.user_id = u.id WHERE u.id > 6 ORDER BY o.id").await
        }
        "add: children before their parent" => |session| {
            let order = session.add(Order { total: "3.00".into(), ..Order::default() });
            let user = session.add(new_user("later"));
            session.relate(&order, &Order::user(), &user);
            session.flush().await?;
            Ok(format!("{}", order.read().user_id == user.read().id && user.read().id > 6))
        }
        "add: a row of its own table above" => |session| {
            let staff = session.add(new_user("staff"));
            let boss = session.add(new_user("boss"));
            session.relate(&staff, &User::boss(), &boss);
            session.flush().await?;
            Ok(format!("{}", staff.read().boss_id == Some(boss.read().id) && staff.read().id > boss.read().id))
        }
        "add: a circle of two tables" => |session| {
            let team = session.add(Team { name: "reds".to_owned(), ..Team::default() });
            let player = session.add(Player { name: "kim".to_owned(), ..Player::default() });
            session.relate(&team, &Team::captain(), &player);
            session.relate(&player, &Player::team(), &team);
            session.flush().await?;
            table(session, "SELECT t.name, p.name FROM teams t JOIN players p ON p.id = t.captain_id AND p.team_id = t.id").await
        }
        "add: a circle of one row" => |session| {
            let own = session.add(new_user("own boss"));
            session.relate(&own, &User::boss(), &own);
            session.flush().await?;
            Ok(format!("{}", own.read().boss_id == Some(own.read().id)))
        }
        "add: what the server fills comes back" => |session| {
            let row = session.add(Filled::default());
            session.flush().await?;
            let (word, client) = (row.read().word.clone(), row.read().client.clone());
            Ok(format!("{word:?} {client} {}", row.read().made.is_some()))
        }
        "add: what is given is not filled" => |session| {
            let row = session.add(Filled { word: Some("mine".to_owned()), ..Filled::default() });
            session.flush().await?;
            Ok(format!("{:?}", row.read().word.clone()))
        }
        "add: some filled, some given" => |session| {
            let rows = session.add_all([Filled::default(), Filled { word: Some("mine".to_owned()), ..Filled::default() }, Filled::default()]);
            session.flush().await?;
            Ok(rows.iter().map(|row| format!("{:?}", row.read().word)).collect::<Vec<_>>().join(" "))
        }
        "add: null into not null" => |session| {
            let error = session.execute("INSERT INTO tags (word) VALUES (?)", [Value::Null]).await.unwrap_err();
            Ok(format!("{:?}", error.kind()))
        }
        "add: too long for its column" => |session| {
            session.add(new_user(&"x".repeat(51)));
            let error = session.flush().await.unwrap_err();
            Ok(error.to_string())
        }
        "add: too many digits" => |session| {
            session.add(Order { user_id: 1, total: "1.005".into(), ..Order::default() });
            Ok(session.flush().await.unwrap_err().to_string())
        }
        "add: a key that is there" => |session| {
            session.add(Tag { word: "wood".to_owned() });
            Ok(format!("{:?}", session.flush().await.unwrap_err().kind()))
        }
        "add: a reference to nothing" => |session| {
            session.add(Order { user_id: 999, ..Order::default() });
            Ok(format!("{:?}", session.flush().await.unwrap_err().kind()))
        }
        "add: into a view" => |session| {
            session.add(Spending { user_id: 1, orders: 1, spent: None });
            let error = session.flush().await.unwrap_err();
            Ok(format!("{:?} {error}", error.kind()))
        }
        "add: a key of two columns" => |session| {
            session.add(Line { order_id: 8, number: 1, article_id: 1, ..Line::default() });
            session.flush().await?;
            table(session, "SELECT order_id, number, pieces FROM order_lines WHERE order_id = 8").await
        }
        "add: rolled back it is gone" => |session| {
            let user = session.add(new_user("gone"));
            session.flush().await?;
            session.rollback().await?;
            Ok(format!("{} {}", user.is_kept(), table(session, "SELECT count(*) FROM users").await?))
        }
        "add: not flushed without a word" => |session| {
            session.add(new_user("waiting"));
            session.rollback().await?;
            table(session, "SELECT count(*) FROM users").await
        }
        "add: a query flushes first" => |session| {
            session.add(new_user("flushed"));
            let found = session.all(query::<User>().filter(User::name().eq("flushed"))).await?;
            Ok(format!("{}", found.len()))
        }
}

works! { changing:
        "change: one column" => |session| {
            user(session, 2).await?.write().name = "Bob".to_owned();
            session.flush().await?;
            table(session, "SELECT id, name, email FROM users WHERE id = 2").await
        }
        "change: only what differs is sent" => |session| {
            let user = user(session, 2).await?;
            user.write().age = Some(7);
            session.execute("UPDATE users SET name = ? WHERE id = 2", [Value::from("other")]).await?;
            user.write().score = 9.0;
            session.refresh(&user).await?;
            Ok(format!("{} {:?} {}", user.read().name, user.read().age, user.read().score))
        }
        "change: nothing sends nothing" => |session| {
            let user = user(session, 1).await?;
            let before = session.statements();
            let name = user.read().name.clone();
            user.write().name = name;
            session.flush().await?;
            Ok(format!("{}", session.statements() - before))
        }
        "change: many rows are one statement" => |session| {
            let users = session.all(query::<User>()).await?;
            for user in &users {
                let score = user.read().score + 1.0;
                user.write().score = score;
            }
            let before = session.statements();
            session.flush().await?;
            let count = session.statements() - before;
            Ok(format!("{count}\n{}", table(session, "SELECT id FROM users WHERE score = 1 ORDER BY id").await?))
        }
        "change: to null and to empty" => |session| {
            user(session, 1).await?.write().email = None;
            user(session, 3).await?.write().email = Some(" ".to_owned());
            session.flush().await?;
            table(session, "SELECT id, email FROM users WHERE id IN (1, 3) ORDER BY id").await
        }
        "change: too long names the row" => |session| {
            user(session, 2).await?.write().name = "y".repeat(60);
            Ok(session.flush().await.unwrap_err().to_string())
        }
        "change: the key" => |session| {
            user(session, 2).await?.write().id = 99;
            Ok(session.flush().await.unwrap_err().to_string())
        }
        "change: the version counts" => |session| {
            let article = session.get::<Article>(1).await?.unwrap();
            let before = article.read().version;
            article.write().title = "Lantern".to_owned();
            session.flush().await?;
            let now = article.read().version;
            Ok(format!("{before} {now} {}", table(session, "SELECT title, version FROM articles WHERE id = 1").await?))
        }
        "change: a row that somebody else changed" => |session| {
            let article = session.get::<Article>(1).await?.unwrap();
            session.execute("UPDATE articles SET version = version + 1 WHERE id = 1", []).await?;
            article.write().title = "Mine".to_owned();
            let error = session.flush().await.unwrap_err();
            Ok(format!("{:?} {error}", error.kind()))
        }
        "change: rolled back it is as before" => |session| {
            let user = user(session, 1).await?;
            user.write().name = "changed".to_owned();
            session.flush().await?;
            session.rollback().await?;
            let expired = user.is_expired();
            session.refresh(&user).await?;
            Ok(format!("{expired} {}", user.read().name))
        }
        "change: to a row without its parent" => |session| {
            let order = session.get::<Order>(1).await?.unwrap();
            order.write().user_id = 999;
            Ok(format!("{:?}", session.flush().await.unwrap_err().kind()))
        }
        "merge: into a row that is there" => |session| {
            let merged = session.merge(User { id: 2, ..new_user("merged") }).await?;
            session.flush().await?;
            let id = merged.read().id;
            Ok(format!("{id} {}", table(session, "SELECT name, email, age FROM users WHERE id = 2").await?))
        }
        "merge: a new row" => |session| {
            session.merge(User { id: 77, ..new_user("merged") }).await?;
            session.flush().await?;
            table(session, "SELECT id, name FROM users WHERE id = 77").await
        }
        "refresh: reads what others wrote" => |session| {
            let user = user(session, 1).await?;
            session.execute("UPDATE users SET name = 'x' WHERE id = 1", []).await?;
            let before = user.read().name.clone();
            session.refresh(&user).await?;
            Ok(format!("{before} {}", user.read().name))
        }
        "refresh: a row that is gone" => |session| {
            let tag = session.get::<Tag>("light").await?.unwrap();
            session.execute("DELETE FROM article_tags", []).await?;
            session.execute("DELETE FROM tags", []).await?;
            let error = session.refresh(&tag).await.unwrap_err();
            Ok(error.to_string())
        }
        "expire: the next query reads anew" => |session| {
            let user = user(session, 1).await?;
            session.execute("UPDATE users SET name = 'x' WHERE id = 1", []).await?;
            session.expire(&user);
            let again = session.get::<User>(1).await?.unwrap();
            Ok(format!("{} {}", user.read().name, again == user))
        }
        "expire: what is written afterwards is sent" => |session| {
            let user = user(session, 1).await?;
            session.update("users").set("age", 50).filter(User::id().eq(1)).run().await?;
            user.write().name = "mine".to_owned();
            let again = session.get::<User>(1).await?.unwrap();
            let read = format!("{} {:?}", again.read().name, again.read().age);
            session.flush().await?;
            Ok(format!("{read} {}", table(session, "SELECT name, age FROM users WHERE id = 1").await?))
        }
        "expire: what is written and flushed without a query is sent" => |session| {
            let user = user(session, 1).await?;
            session.update("users").set("age", 50).filter(User::id().eq(1)).run().await?;
            user.write().name = "mine".to_owned();
            session.flush().await?;
            table(session, "SELECT name, age FROM users WHERE id = 1").await
        }
        "rollback: what was not sent is forgotten" => |session| {
            let user = user(session, 1).await?;
            user.write().name = "lost".to_owned();
            session.rollback().await?;
            session.flush().await?;
            let rows = table(session, "SELECT name FROM users WHERE id = 1").await?;
            Ok(format!("{} {rows}", user.read().name))
        }
        "savepoint: what was added before it stays" => |session| {
            let first = session.add(new_user("before"));
            let savepoint = session.savepoint().await?;
            let second = session.add(new_user("behind"));
            session.flush().await?;
            session.rollback_to(&savepoint).await?;
            first.write().age = Some(9);
            session.flush().await?;
            Ok(format!("{} {} {}", first.is_kept(), second.is_kept(), table(session, "SELECT name, age FROM users WHERE id > 6").await?))
        }
        "savepoint: what was added and deleted behind it is not there" => |session| {
            let savepoint = session.savepoint().await?;
            let user = session.add(new_user("short"));
            session.flush().await?;
            session.delete(&user).await?;
            session.flush().await?;
            session.rollback_to(&savepoint).await?;
            Ok(format!("{}", user.is_kept()))
        }
        "flush: what a failed one did not send goes with the next" => |session| {
            let (first, second) = (session.add(new_user("good")), session.add(new_user(&"long ".repeat(11))));
            let error = session.flush().await.unwrap_err().to_string();
            second.write().name = "shorter".to_owned();
            session.flush().await?;
            let rows = table(session, "SELECT name FROM users WHERE id > 6 ORDER BY name").await?;
            Ok(format!("{error}: {} {} {rows}", first.is_kept(), second.is_kept()))
        }
        "get: a key that is not whole" => |session| {
            let error = session.get::<Line>(1).await.unwrap_err();
            Ok(error.to_string())
        }
        "bulk: delete by a key that is not whole" => |session| {
            let error = session.bulk_delete("order_lines", [[Value::Int(1)]]).await.unwrap_err();
            Ok(format!("{error} {}", table(session, "SELECT count(*) FROM order_lines").await?))
        }
        "bulk: structs with and without a key" => |session| {
            let with = |id: i64, name: &str| User { id, ..new_user(name) };
            session.bulk_save([with(0, "given one"), with(71, "own key"), with(72, "own key too")]).await?;
            table(session, "SELECT CASE WHEN name = 'given one' THEN 0 ELSE id END, name FROM users WHERE name LIKE 'own key%' OR name = 'given one' ORDER BY name").await
        }
        "each: at most" => |session| {
            let mut names = Vec::new();
            let read = session.rows("users").columns(["name"]).batch(2).at_most(1).each(|row| {
                names.push(row.text("name")?.to_owned());
                Ok(())
            }).await?;
            Ok(format!("{read} {names:?}"))
        }
        "savepoint: back to it" => |session| {
            user(session, 1).await?.write().name = "kept".to_owned();
            let savepoint = session.savepoint().await?;
            user(session, 2).await?.write().name = "lost".to_owned();
            session.flush().await?;
            session.rollback_to(&savepoint).await?;
            session.release(&savepoint).await?;
            table(session, "SELECT name FROM users WHERE id < 3 ORDER BY id").await
        }
        "transaction: one within fails alone" => |session| {
            session.execute("UPDATE users SET name = 'kept' WHERE id = 1", []).await?;
            let failed: Result<()> = session.transaction(|session| Box::pin(async move {
                session.execute("UPDATE users SET name = 'lost' WHERE id = 2", []).await?;
                Err(Error::new(Kind::Refused, "no"))
            })).await;
            Ok(format!("{} {}", failed.unwrap_err(), table(session, "SELECT name FROM users WHERE id < 3 ORDER BY id").await?))
        }
}

works! { deleting:
        "delete: a row" => |session| {
            let user = user(session, 5).await?;
            session.delete(&user).await?;
            session.flush().await?;
            Ok(format!("{} {}", user.is_kept(), table(session, "SELECT id FROM users ORDER BY id").await?))
        }
        "delete: cascades to children" => |session| {
            let user = user(session, 4).await?;
            session.delete(&user).await?;
            session.flush().await?;
            table(session, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM profiles)").await
        }
        "delete: cascades two levels" => |session| {
            session.execute("UPDATE users SET boss_id = NULL", []).await?;
            let user = user(session, 1).await?;
            session.delete(&user).await?;
            session.flush().await?;
            table(session, "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines)").await
        }
        "delete: children without cascade refer to nothing" => |session| {
            session.execute("DELETE FROM order_lines", []).await?;
            session.execute("DELETE FROM orders WHERE user_id = 1", []).await?;
            session.execute("DELETE FROM profiles WHERE user_id = 1", []).await?;
            let user = user(session, 1).await?;
            session.delete(&user).await?;
            session.flush().await?;
            table(session, "SELECT id, boss_id FROM users ORDER BY id").await
        }
        "delete: pairs go" => |session| {
            let tag = session.get::<Tag>("wood").await?.unwrap();
            session.delete(&tag).await?;
            session.flush().await?;
            table(session, "SELECT article_id, tag_id FROM article_tags ORDER BY article_id, tag_id").await
        }
        "delete: what was never sent" => |session| {
            let user = session.add(new_user("never"));
            session.delete(&user).await?;
            session.flush().await?;
            table(session, "SELECT count(*) FROM users").await
        }
        "delete: rolled back it is there" => |session| {
            let user = user(session, 5).await?;
            session.delete(&user).await?;
            session.flush().await?;
            session.rollback().await?;
            Ok(format!("{} {}", user.is_kept(), table(session, "SELECT count(*) FROM users").await?))
        }
        "delete: a row that somebody else deleted" => |session| {
            let user = user(session, 5).await?;
            session.execute("DELETE FROM users WHERE id = 5", []).await?;
            session.delete(&user).await?;
            let error = session.flush().await.unwrap_err();
            Ok(format!("{:?} {error}", error.kind()))
        }
        "delete: a key of two columns" => |session| {
            let line = session.get_by::<Line>(&[Value::Int(1), Value::Int(2)]).await?.unwrap();
            session.delete(&line).await?;
            session.flush().await?;
            table(session, "SELECT order_id, number FROM order_lines ORDER BY order_id, number").await
        }
        "delete: several are one statement" => |session| {
            let lines = session.all(query::<Profile>()).await?;
            for line in &lines {
                session.delete(line).await?;
            }
            let before = session.statements();
            session.flush().await?;
            Ok(format!("{}", session.statements() - before))
        }
}

works! { asking:
        "get: the same row is the same entity" => |session| {
            let (one, other) = (user(session, 1).await?, user(session, 1).await?);
            let queried = session.one(query::<User>().filter(User::id().eq(1))).await?;
            Ok(format!("{} {}", one == other, one == queried))
        }
        "get: the second time asks nobody" => |session| {
            user(session, 1).await?;
            let before = session.statements();
            user(session, 1).await?;
            Ok(format!("{}", session.statements() - before))
        }
        "get: nobody" => |session| { Ok(format!("{}", session.get::<User>(99).await?.is_none())) }
        "get: a key of text" => |session| { Ok(session.get::<Tag>("wood").await?.unwrap().read().word.clone()) }
        "first: the least" => |session| {
            Ok(session.first(query::<User>().order_by(User::id())).await?.unwrap().read().name.clone())
        }
        "first: nobody" => |session| { Ok(format!("{}", session.first(query::<User>().filter(User::id().lt(0))).await?.is_none())) }
        "sql: pairs in another schema" => |session| {
            let (text, _) = session.sql(query::<Listed>().join(Listed::tags()))?;
            Ok(text.replace('`', "\""))
        }
        "one: nobody is an error" => |session| { Ok(session.one(query::<User>().filter(User::id().lt(0))).await.unwrap_err().to_string()) }
        "one: two are an error" => |session| { Ok(session.one(query::<User>().filter(User::name().eq("Ann"))).await.unwrap_err().to_string()) }
        "one or none: nobody" => |session| { Ok(format!("{}", session.one_or_none(query::<User>().filter(User::id().lt(0))).await?.is_none())) }
        "count: a query" => |session| { Ok(format!("{}", session.count(query::<User>().filter(User::active().eq(true))).await?)) }
        "count: with a limit" => |session| { Ok(format!("{}", session.count(query::<User>().order_by(User::id()).limit(3)).await?)) }
        "exists: yes and no" => |session| {
            let yes = session.exists(query::<User>()).await?;
            Ok(format!("{yes} {}", session.exists(query::<User>().filter(User::id().lt(0))).await?))
        }
        "stream: in batches" => |session| {
            let mut names = Vec::new();
            let before = session.statements();
            let count = session.stream(query::<User>().filter(User::id().gt(1)), 2, |user| {
                names.push(user.name);
                Ok(())
            }).await?;
            Ok(format!("{count} {} {}", names.join(","), session.statements() - before - 1))
        }
        "stream: a key of two columns" => |session| {
            let mut seen = Vec::new();
            session.stream(query::<Line>(), 4, |line| {
                seen.push(format!("{}/{}", line.order_id, line.number));
                Ok(())
            }).await?;
            Ok(seen.join(" "))
        }
        "stream: each once, however often a join finds it" => |session| {
            let mut ids = Vec::new();
            let count = session.stream(query::<User>().join(User::orders()), 2, |user| {
                ids.push(user.id);
                Ok(())
            }).await?;
            Ok(format!("{count} {ids:?}"))
        }
        "stream: an order is refused" => |session| {
            Ok(session.stream(query::<User>().order_by(User::name()), 2, |_| Ok(())).await.unwrap_err().to_string())
        }
        "stream: an error ends it" => |session| {
            let error = session.stream(query::<User>(), 2, |user| if user.id == 2 { Err(Error::new(Kind::Refused, "enough")) } else { Ok(()) }).await;
            Ok(error.unwrap_err().to_string())
        }
        "tuples: rows without entities" => |session| {
            let rows: Vec<(i64, String, Option<i32>)> = session.tuples(select([User::id().into(), User::name().into(), User::age().into()] as [migrate::orm::Expr; 3]).from(source::<User>()).filter(User::id().le(2)).order_by(User::id())).await?;
            Ok(format!("{rows:?}"))
        }
        "tuples: another type is an error" => |session| {
            let rows = session.tuples::<(i64,)>(select([User::name()]).from(source::<User>())).await;
            Ok(rows.unwrap_err().to_string())
        }
        "scalar: one value" => |session| { Ok(format!("{:?}", session.scalar::<i64>(select([count_all()]).from(source::<User>())).await?)) }
        "a view is read" => |session| {
            let rows = session.all(query::<Spending>().order_by(Spending::user_id())).await?;
            Ok(rows.iter().map(|row| format!("{} {} {}", row.read().user_id, row.read().orders, row.read().spent.clone().unwrap())).collect::<Vec<_>>().join("\n"))
        }
        "entities of a union by id" => |session| {
            let one = select([User::id().label("id")]).from(source::<User>()).filter(User::id().eq(1));
            let ids = one.union(select([User::id()]).from(source::<User>()).filter(User::id().eq(6)));
            let users = session.all(query::<User>().filter(User::id().in_select(ids)).order_by(User::id())).await?;
            Ok(users.iter().map(|user| user.read().id.to_string()).collect::<Vec<_>>().join(" "))
        }
        "what was changed is not overwritten by a query" => |session| {
            let user = user(session, 1).await?;
            user.write().name = "changed".to_owned();
            session.all(query::<User>()).await?;
            Ok(user.read().name.clone())
        }
        "an unknown table" => |session| { Ok(session.update("usres").set("name", "x").run().await.unwrap_err().hint().unwrap_or_default().to_owned()) }
        "an unknown column" => |session| { Ok(session.update("users").set("nmae", "x").run().await.unwrap_err().to_string()) }
        "an error of the database names its statement" => |session| {
            let error = session.rows_of(select([col("nosuch")]).from(source::<Tag>())).await.unwrap_err();
            Ok(format!("{:?} {}", error.kind(), error.statement().is_some_and(|sql| sql.contains("nosuch"))))
        }
}

works! { statements:
        "update by query" => |session| {
            let count = session.update("users").set("age", 1).filter(User::active().eq(false)).run().await?;
            Ok(format!("{count} {}", table(session, "SELECT id, age FROM users ORDER BY id").await?))
        }
        "update by query with an expression" => |session| {
            session.update("users").set("age", User::age().plus(1)).set("name", User::name().upper()).filter(User::id().le(2)).run().await?;
            table(session, "SELECT name, age FROM users WHERE id <= 2 ORDER BY id").await
        }
        "update by query with a subquery" => |session| {
            let spenders = select([Order::user_id()]).from(source::<Order>()).filter(Order::total().gt("30.00"));
            let count = session.update("users").set("active", true).filter(User::id().in_select(spenders)).run().await?;
            Ok(format!("{count}"))
        }
        "update returning" => |session| {
            let rows = session.update("users").set("age", 50).filter(User::name().eq("Ann")).returning(&["id", "age"]).await?;
            let mut ids: Vec<String> = rows.iter().map(|row| format!("{:?}", row.values())).collect();
            ids.sort();
            Ok(ids.join(" "))
        }
        "update returning nothing" => |session| {
            Ok(format!("{}", session.update("users").set("age", 50).filter(User::id().lt(0)).returning(&["id"]).await?.len()))
        }
        "update returning a row that does not match any more" => |session| {
            let rows = session.update("users").set("name", "Zoe").filter(User::name().eq("bob")).returning(&["id", "name"]).await?;
            Ok(shown(&rows))
        }
        "update with a value that does not fit" => |session| {
            Ok(session.update("users").set("name", "x".repeat(51)).run().await.unwrap_err().to_string())
        }
        "update with null" => |session| { Ok(session.update("users").set("name", Value::Null).run().await.unwrap_err().to_string()) }
        "update marks entities as out of date" => |session| {
            let user = user(session, 1).await?;
            session.update("users").set("name", "x").run().await?;
            let expired = user.is_expired();
            session.all(query::<User>()).await?;
            Ok(format!("{expired} {}", user.read().name))
        }
        "delete by query" => |session| {
            session.delete_from("order_lines").run().await?;
            let count = session.delete_from("orders").filter(Order::total().lt("10.00")).run().await?;
            Ok(format!("{count} {}", table(session, "SELECT count(*) FROM orders").await?))
        }
        "delete returning" => |session| {
            let rows = session.delete_from("article_tags").filter(col("tag_id").eq("paper")).returning(&["article_id"]).await?;
            let mut ids: Vec<i64> = rows.iter().map(|row| row.at(0).unwrap()).collect();
            ids.sort_unstable();
            Ok(format!("{ids:?}"))
        }
        "insert from a query" => |session| {
            let query = select([User::name().lower()]).from(source::<User>()).filter(User::id().is_in([2i64, 5]));
            let count = session.insert_from("tags", &["word"], query).await?;
            Ok(format!("{count} {}", table(session, "SELECT count(*) FROM tags").await?))
        }
        "insert from a query with a value" => |session| {
            let query = select([User::id().into(), value("from a query")] as [migrate::orm::Expr; 2]).from(source::<User>()).filter(User::id().eq(2));
            session.insert_from("profiles", &["user_id", "bio"], query).await?;
            table(session, "SELECT user_id, bio FROM profiles WHERE user_id = 2").await
        }
        "raw statement" => |session| {
            let count = session.execute("UPDATE users SET name = ? WHERE id = ?", [Value::from("?"), Value::Int(1)]).await?;
            Ok(format!("{count} {}", table(session, "SELECT name FROM users WHERE id = 1").await?))
        }
        "sql of a query without running it" => |session| {
            let before = session.statements();
            let (sql, values) = session.sql(query::<User>().filter(User::name().eq("x")))?;
            Ok(format!("{} {values:?} {}", sql.contains("WHERE"), session.statements() - before))
        }
}

works! { bulk:
        "bulk: insert" => |session| {
            let rows = (0..2_500).map(|n| vec![Value::from(format!("w{n:05}"))]);
            let count = session.bulk_insert("tags", &["word"], rows).await?;
            Ok(format!("{count} {}", table(session, "SELECT count(*), max(word) FROM tags").await?))
        }
        "bulk: insert of every type" => |session| {
            let rows = (10..12).map(|id| vec![Value::Int(id), Value::Bool(true), Value::Float(0.5), Value::Decimal("1.5".to_owned()), Value::from("a\tb\\n\n"), Value::Bytes(vec![9, 0]), Value::Null]);
            session.bulk_insert("things", &["id", "b", "d", "n", "t", "raw", "j"], rows).await?;
            let rows = session.rows_of(select([col("b"), col("d"), col("n"), col("t"), col("raw"), col("j")]).from(source::<super::models::Thing>()).filter(col("id").ge(10))).await?;
            Ok(shown(&rows))
        }
        "bulk: a value that does not fit names its row" => |session| {
            let rows = ["a".to_owned(), "b".repeat(31)].map(|word| vec![Value::from(word)]);
            Ok(session.bulk_insert("tags", &["word"], rows).await.unwrap_err().to_string())
        }
        "bulk: after a refused row the session lives" => |session| {
            let savepoint = session.savepoint().await?;
            let rows = ["a".to_owned(), "b".repeat(31)].map(|word| vec![Value::from(word)]);
            drop(session.bulk_insert("tags", &["word"], rows).await);
            session.rollback_to(&savepoint).await?;
            table(session, "SELECT count(*) FROM tags").await
        }
        "bulk: too few values" => |session| { Ok(session.bulk_insert("tags", &["word"], [Vec::<Value>::new()]).await.unwrap_err().to_string()) }
        "bulk: nothing" => |session| { Ok(format!("{}", session.bulk_insert("tags", &["word"], Vec::<Vec<Value>>::new()).await?)) }
        "bulk: save structs" => |session| {
            let count = session.bulk_save((0..1_200).map(|n| new_user(&format!("s{n}")))).await?;
            Ok(format!("{count} {}", table(session, "SELECT count(*) FROM users").await?))
        }
        "bulk: update by mappings" => |session| {
            let rows = (1..=6).map(|id| vec![Value::Int(id), Value::from(format!("u{id}")), if id % 2 == 0 { Value::Null } else { Value::Int(id) }]);
            let count = session.bulk_update("users", &["name", "age"], rows).await?;
            Ok(format!("{count} {}", table(session, "SELECT id, name, age FROM users ORDER BY id").await?))
        }
        "bulk: update by a key of two columns" => |session| {
            let rows = [[1, 1, 100], [2, 2, 200]].map(|row| row.map(Value::from));
            session.bulk_update("order_lines", &["pieces"], rows).await?;
            table(session, "SELECT order_id, number, pieces FROM order_lines WHERE pieces >= 100 ORDER BY order_id").await
        }
        "bulk: update of a row that is not there" => |session| {
            Ok(session.bulk_update("users", &["age"], [[Value::Int(999), Value::Int(1)]]).await.unwrap_err().to_string())
        }
        "bulk: upsert" => |session| {
            let rows = [[Value::Int(2), Value::from("upserted"), Value::Float(1.0), Value::Bool(true), Value::Date("2020-01-01".to_owned())],
                [Value::Int(50), Value::from("new"), Value::Float(2.0), Value::Bool(false), Value::Date("2020-01-02".to_owned())]];
            session.upsert("users", &["id"], &["id", "name", "score", "active", "since"], rows).await?;
            table(session, "SELECT id, name, email FROM users WHERE id IN (2, 50) ORDER BY id").await
        }
        "bulk: insert what is missing" => |session| {
            let rows = ["wood", "steel"].map(|word| vec![Value::from(word)]);
            session.insert_missing("tags", &["word"], &["word"], rows).await?;
            table(session, "SELECT count(*) FROM tags").await
        }
        "bulk: delete by keys" => |session| {
            session.delete_from("order_lines").run().await?;
            let count = session.bulk_delete("orders", [1, 2, 999].map(|id| vec![Value::Int(id)])).await?;
            Ok(format!("{count} {}", table(session, "SELECT count(*) FROM orders").await?))
        }
        "bulk: delete by a key of two columns" => |session| {
            let count = session.bulk_delete("order_lines", [[1, 1], [9, 9]].map(|key| key.map(Value::from))).await?;
            Ok(format!("{count}"))
        }
}

works! { relating:
        "relate: both sides are in step" => |session| {
            let user = session.add(new_user("a"));
            let order = session.add(Order::default());
            session.relate(&order, &Order::user(), &user);
            let down = user.loaded(&User::orders())?.len();
            let up = order.loaded_one(&Order::user())?.is_some_and(|found| found == user);
            Ok(format!("{down} {up}"))
        }
        "relate: to another parent" => |session| {
            let (ann, bob) = (user(session, 1).await?, user(session, 2).await?);
            session.load(&[ann.clone(), bob.clone()], User::orders()).await?;
            let order = ann.loaded(&User::orders())?.remove(0);
            session.relate(&bob, &User::orders(), &order);
            let counts = (ann.loaded(&User::orders())?.len(), bob.loaded(&User::orders())?.len());
            session.flush().await?;
            Ok(format!("{counts:?} {}", table(session, "SELECT user_id FROM orders WHERE id = 1").await?))
        }
        "relate: the other way" => |session| {
            let (ann, bob) = (user(session, 1).await?, user(session, 2).await?);
            session.load(&[ann.clone(), bob.clone()], User::orders()).await?;
            let order = ann.loaded(&User::orders())?.remove(0);
            session.relate(&order, &Order::user(), &bob);
            Ok(format!("{} {}", ann.loaded(&User::orders())?.len(), bob.loaded(&User::orders())?.len()))
        }
        "relate: pairs" => |session| {
            let article = session.get::<Article>(1).await?.unwrap();
            let tag = session.add(Tag { word: "new".to_owned() });
            session.relate(&article, &Article::tags(), &tag);
            session.flush().await?;
            table(session, "SELECT tag_id FROM article_tags WHERE article_id = 1 ORDER BY tag_id").await
        }
        "unrelate: pairs" => |session| {
            let desk = session.get::<Article>(4).await?.unwrap();
            let tags = session.related(&desk, Article::tags()).await?;
            let wood = tags.iter().find(|tag| tag.read().word == "wood").unwrap().clone();
            session.unrelate(&desk, &Article::tags(), &wood)?;
            let left = desk.loaded(&Article::tags())?.len();
            session.flush().await?;
            Ok(format!("{left} {}", table(session, "SELECT tag_id FROM article_tags WHERE article_id = 4").await?))
        }
        "unrelate: a reference that may be null" => |session| {
            let (boss, staff) = (user(session, 1).await?, user(session, 2).await?);
            session.unrelate(&staff, &User::boss(), &boss)?;
            session.flush().await?;
            table(session, "SELECT boss_id FROM users WHERE id = 2").await
        }
        "unrelate: a reference that may not be null" => |session| {
            let user = user(session, 1).await?;
            let order = session.get::<Order>(1).await?.unwrap();
            Ok(format!("{}", session.unrelate(&user, &User::orders(), &order).is_err()))
        }
        "not loaded is an error" => |session| {
            Ok(user(session, 1).await?.loaded(&User::orders()).unwrap_err().to_string())
        }
        "the model knows its shape" => |_session| {
            let shape = User::mapping().shape();
            Ok(format!("{} {} {}", shape.table(), shape.columns().len(), all_of([]) == all_of([])))
        }
}
