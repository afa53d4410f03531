//! Keys of several columns in relationships, and several levels of them in one query.

use std::pin::Pin;

use migrate::Result;
use migrate::orm::{Entity, Load, Operand, Query, Refine, Session, Value, count, query};

use super::cases::Work;
use super::models::{Article, Colour, Line, Order, Profile, Remark, Shelf, Tag, User};
use super::sessions::works;

const ALL: [Load; 4] = [Load::Select, Load::Joined, Load::Selectin, Load::Subquery];

pub(crate) fn all() -> Vec<(&'static str, Work)> {
    [several_columns(), changes(), levels()].concat()
}

fn shelves() -> Query<Shelf> {
    query::<Shelf>().order_by(Shelf::room()).order_by(Shelf::number())
}

fn at(shelf: &Entity<Shelf>) -> String {
    let shelf = shelf.read();
    format!("{}/{}", shelf.room, shelf.number)
}

/// What is found where a strategy loads it.
type Loaded = for<'a> fn(&'a mut Session<'static>, Load) -> Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>>;

/// What `work` gives by each strategy, with its statements; each in a session that holds nothing else.
async fn by_each(session: &mut Session<'static>, work: Loaded) -> Result<String> {
    let mut all = Vec::new();
    for load in ALL {
        session.rollback().await?;
        session.query("SELECT 1", []).await?;
        let before = session.statements();
        let text = work(session, load).await?;
        all.push(format!("{load:?}: {} statements: {text}", session.statements() - before));
    }
    Ok(all.join("\n"))
}

async fn texts(session: &mut Session<'static>, shelf: &Entity<Shelf>) -> Result<String> {
    let mut texts: Vec<String> =
        session.related(shelf, Shelf::remarks()).await?.iter().map(|remark| remark.read().text.clone()).collect();
    texts.sort();
    Ok(texts.join("+"))
}

works! { several_columns:
        "key of two: to many, by each strategy" => |session| {
            by_each(session, |session, load| Box::pin(async move {
                let found = session.all(shelves().load(Shelf::remarks(), load)).await?;
                let mut all = Vec::new();
                for shelf in &found {
                    all.push(format!("{} {}", at(shelf), texts(session, shelf).await?));
                }
                Ok(all.join(", "))
            })).await
        }
        "key of two: a limit, by each strategy" => |session| {
            by_each(session, |session, load| Box::pin(async move {
                let found = session.all(shelves().limit(2).offset(3).load(Shelf::remarks(), load)).await?;
                let mut all = Vec::new();
                for shelf in &found {
                    all.push(format!("{} {}", at(shelf), texts(session, shelf).await?));
                }
                Ok(all.join(", "))
            })).await
        }
        "key of two: to one, by each strategy" => |session| {
            by_each(session, |session, load| Box::pin(async move {
                let found = session.all(query::<Remark>().order_by(Remark::id()).load(Remark::shelf(), load)).await?;
                let mut all = Vec::new();
                for remark in &found {
                    let shelf = session.related_one(remark, Remark::shelf()).await?;
                    all.push(shelf.as_ref().map_or("none".to_owned(), at));
                }
                Ok(all.join(", "))
            })).await
        }
        "key of two: pairs, by each strategy" => |session| {
            by_each(session, |session, load| Box::pin(async move {
                let found = session.all(shelves().load(Shelf::colours(), load)).await?;
                let mut all = Vec::new();
                for shelf in &found {
                    let mut words: Vec<String> =
                        session.related(shelf, Shelf::colours()).await?.iter().map(|colour| colour.read().word.clone()).collect();
                    words.sort();
                    all.push(words.join("+"));
                }
                Ok(all.join(", "))
            })).await
        }
        "key of two: pairs from the other side, by each strategy" => |session| {
            by_each(session, |session, load| Box::pin(async move {
                let found = session.all(query::<Colour>().order_by(Colour::word()).load(Colour::shelves(), load)).await?;
                let mut all = Vec::new();
                for colour in &found {
                    let mut places: Vec<String> = session.related(colour, Colour::shelves()).await?.iter().map(at).collect();
                    places.sort();
                    all.push(format!("{} {}", colour.read().word, places.join("+")));
                }
                Ok(all.join(", "))
            })).await
        }
        "key of two: the other side as a query" => |session| {
            let shelf = session.get_by::<Shelf>(&[Value::Int(1), Value::Int(1)]).await?.unwrap();
            let remarks = session.count(shelf.query(Shelf::remarks())).await?;
            let oak = session.one(shelf.query(Shelf::remarks()).filter(Remark::text().like("%oak"))).await?;
            let above = session.one(oak.query(Remark::shelf())).await?;
            let colours = session.count(shelf.query(Shelf::colours())).await?;
            Ok(format!("{remarks} {} {} {colours}", oak.read().text, above == shelf))
        }
        "key of two: joined for a condition" => |session| {
            let found = session.all(shelves().join(Shelf::remarks()).filter(Remark::text().eq("damaged"))).await?;
            let paired = session.all(shelves().join(Shelf::colours()).filter(Colour::word().eq("blue"))).await?;
            Ok(format!("{:?} {:?}", found.iter().map(at).collect::<Vec<_>>(), paired.iter().map(at).collect::<Vec<_>>()))
        }
        "key of two: counted by an outer join" => |session| {
            let counted = shelves().outer_join(Shelf::remarks()).group_by(Shelf::room()).group_by(Shelf::number());
            let rows: Vec<(i64, i32, i64)> = session
                .tuples(counted.columns([Shelf::room().into(), Shelf::number().into(), count(Remark::id())]))
                .await?;
            Ok(format!("{rows:?}"))
        }
        "key of two: refused by one column, when loaded" => |session| {
            let remark = session.get::<Remark>(1).await?.unwrap();
            Ok(session.related(&remark, Remark::wrong()).await.unwrap_err().to_string())
        }
        "key of two: refused by one column, when joined" => |session| {
            Ok(session.all(query::<Remark>().join(Remark::wrong())).await.unwrap_err().to_string())
        }
        "key of two: refused by one column, when related" => |session| {
            let shelf = session.get_by::<Shelf>(&[Value::Int(1), Value::Int(1)]).await?.unwrap();
            let remark = session.add(Remark { text: "new".to_owned(), ..Remark::default() });
            session.relate(&remark, &Remark::wrong(), &shelf);
            Ok(session.flush().await.unwrap_err().to_string())
        }
}

async fn remarks(session: &mut Session<'static>) -> Result<String> {
    let rows: Vec<(Option<i64>, Option<i32>, String)> = session
        .tuples(query::<Remark>().order_by(Remark::id()).columns([
            Remark::room().into(),
            Remark::number().into(),
            migrate::orm::Expr::from(Remark::text()),
        ]))
        .await?;
    Ok(rows.iter().map(|(room, number, text)| format!("{room:?} {number:?} {text}")).collect::<Vec<_>>().join("\n"))
}

works! { changes:
        "key of two: both are new" => |session| {
            let shelf = session.add(Shelf { room: 4, number: 9, label: "new".to_owned() });
            let remark = session.add(Remark { text: "new".to_owned(), ..Remark::default() });
            session.relate(&shelf, &Shelf::remarks(), &remark);
            session.flush().await?;
            Ok(format!("{} {}", at(&shelf), remarks(session).await?))
        }
        "key of two: to another one" => |session| {
            let remark = session.get::<Remark>(1).await?.unwrap();
            let shelf = session.get_by::<Shelf>(&[Value::Int(2), Value::Int(2)]).await?.unwrap();
            let former = session.get_by::<Shelf>(&[Value::Int(1), Value::Int(1)]).await?.unwrap();
            session.load(std::slice::from_ref(&former), Shelf::remarks()).await?;
            session.relate(&remark, &Remark::shelf(), &shelf);
            let left = former.loaded(&Shelf::remarks())?.len();
            session.flush().await?;
            Ok(format!("{left} left\n{}", remarks(session).await?))
        }
        "key of two: to none" => |session| {
            let remark = session.get::<Remark>(1).await?.unwrap();
            let shelf = session.related_one(&remark, Remark::shelf()).await?.unwrap();
            session.unrelate(&remark, &Remark::shelf(), &shelf)?;
            session.flush().await?;
            remarks(session).await
        }
        "key of two: the row above goes" => |session| {
            let shelf = session.get_by::<Shelf>(&[Value::Int(3), Value::Int(2)]).await?.unwrap();
            session.delete(&shelf).await?;
            session.flush().await?;
            remarks(session).await
        }
        "key of two: pairs come and go" => |session| {
            let shelf = session.get_by::<Shelf>(&[Value::Int(1), Value::Int(2)]).await?.unwrap();
            let (red, green) = (session.get::<Colour>("red").await?.unwrap(), session.get::<Colour>("green").await?.unwrap());
            session.unrelate(&shelf, &Shelf::colours(), &red)?;
            session.relate(&shelf, &Shelf::colours(), &green);
            session.flush().await?;
            let rows = session.query("SELECT room, number, word FROM shelf_colours ORDER BY 1, 2, 3", []).await?;
            Ok(super::models::shown(&rows))
        }
}

/// Users with their orders, the lines of these and the articles of those, from what is loaded alone.
fn tree(users: &[Entity<User>]) -> Result<String> {
    let mut all = Vec::new();
    for user in users {
        let mut orders = Vec::new();
        let mut below = user.loaded(&User::orders())?;
        below.sort_by_key(|order| order.read().id);
        for order in &below {
            let mut lines = Vec::new();
            let mut parts = order.loaded(&Order::lines())?;
            parts.sort_by_key(|line| line.read().number);
            for line in &parts {
                let article = line.loaded_one(&Line::article())?.map(|article| article.read().title.clone());
                lines.push(format!("{} {}", line.read().number, article.unwrap_or_default()));
            }
            orders.push(format!("{} [{}]", order.read().id, lines.join(", ")));
        }
        all.push(format!("{}: {}", user.read().id, orders.join(" ")));
    }
    Ok(all.join("; "))
}

async fn three(session: &mut Session<'static>, query: Query<User>, loads: [Load; 3]) -> Result<String> {
    let [orders, lines, article] = loads;
    session.query("SELECT 1", []).await?;
    let before = session.statements();
    let users = session
        .all(query.load_with(User::orders(), orders, |of_order| {
            of_order.load_with(Order::lines(), lines, |of_line| of_line.load(Line::article(), article))
        }))
        .await?;
    Ok(format!("{loads:?}: {} statements: {}", session.statements() - before, tree(&users)?))
}

fn users() -> Query<User> {
    query::<User>().order_by(User::id())
}

works! { levels:
        "levels: three, by every mix of strategies" => |session| {
            let mut all: Vec<String> = Vec::new();
            let eager = [Load::Joined, Load::Selectin, Load::Subquery];
            for first in eager {
                for second in eager {
                    for third in eager {
                        session.rollback().await?;
                        all.push(three(session, users(), [first, second, third]).await?);
                    }
                }
            }
            let trees = all.iter().filter_map(|text| text.split_once("statements: ")).map(|(_, tree)| tree.to_owned());
            let different: std::collections::BTreeSet<String> = trees.collect();
            let counts = all.iter().filter_map(|text| text.split_once(" statements")).map(|(counts, _)| counts.to_owned());
            Ok(format!("{}\n{}", counts.collect::<Vec<_>>().join("\n"), different.into_iter().collect::<Vec<_>>().join("\n")))
        }
        "levels: three with a limit" => |session| {
            let mut all = Vec::new();
            for load in [Load::Joined, Load::Selectin, Load::Subquery] {
                session.rollback().await?;
                all.push(three(session, users().limit(2).offset(1), [load; 3]).await?);
            }
            Ok(all.join("\n"))
        }
        "levels: nobody to load for" => |session| {
            three(session, users().filter(User::id().lt(0)), [Load::Selectin; 3]).await
        }
        "levels: up and down again" => |session| {
            session.query("SELECT 1", []).await?;
            let before = session.statements();
            let found = session.all(query::<Profile>().order_by(Profile::id()).load_with(Profile::user(), Load::Joined, |user| {
                user.load(User::orders(), Load::Selectin).load(User::boss(), Load::Joined)
            })).await?;
            let taken = session.statements() - before;
            let mut all = Vec::new();
            for profile in &found {
                let user = profile.loaded_one(&Profile::user())?.unwrap();
                let boss = user.loaded_one(&User::boss())?.map(|boss| boss.read().name.clone());
                all.push(format!("{} {} {boss:?}", user.read().name, user.loaded(&User::orders())?.len()));
            }
            Ok(format!("{taken} statements: {}", all.join(", ")))
        }
        "levels: parents that are held are asked for what is joined to them" => |session| {
            session.all(users()).await?;
            let found = session.all(query::<Order>().order_by(Order::id()).load_with(Order::user(), Load::Selectin, |user| {
                user.load(User::profile(), Load::Joined)
            })).await?;
            let loaded = found.iter().map(|order| Ok(order.loaded_one(&Order::user())?.unwrap().is_loaded(&User::profile())));
            Ok(format!("{:?}", loaded.collect::<Result<Vec<bool>>>()?))
        }
        "levels: pairs of pairs, joined" => |session| {
            session.query("SELECT 1", []).await?;
            let before = session.statements();
            let found = session.all(query::<Article>().order_by(Article::id()).load_with(Article::tags(), Load::Joined, |tag| {
                tag.load(Tag::articles(), Load::Joined)
            })).await?;
            let taken = session.statements() - before;
            let mut all = Vec::new();
            for article in &found {
                for tag in article.loaded(&Article::tags())? {
                    all.push(format!("{} {} {}", article.read().title, tag.read().word, tag.loaded(&Tag::articles())?.len()));
                }
            }
            all.sort();
            Ok(format!("{taken} statements: {}", all.join(", ")))
        }
        "levels: a table that refers to itself, twice" => |session| {
            let found = session.all(users().load_with(User::staff(), Load::Joined, |staff| staff.load(User::staff(), Load::Joined))).await?;
            let mut all = Vec::new();
            for user in &found {
                let staff = user.loaded(&User::staff())?;
                let below = staff.iter().map(|one| Ok(one.loaded(&User::staff())?.len())).collect::<Result<Vec<_>>>()?;
                all.push(format!("{} {below:?}", user.read().id));
            }
            Ok(all.join(", "))
        }
        "levels: what the query forbids is not loaded row by row" => |session| {
            let user = session.one(users().filter(User::id().eq(1)).load(User::orders(), Load::Raise)).await?;
            let refused = session.related(&user, User::orders()).await.unwrap_err().to_string();
            let loaded = user.is_loaded(&User::orders());
            let again = session.one(users().filter(User::id().eq(1)).load(User::orders(), Load::Selectin)).await?;
            Ok(format!("{refused}; {loaded} {}", again.loaded(&User::orders())?.len()))
        }
        "levels: what is known already is not forbidden" => |session| {
            let users = session.all(users().load_with(User::orders(), Load::Selectin, |order| order.load(Order::user(), Load::Raise))).await?;
            let order = users[0].loaded(&User::orders())?.remove(0);
            Ok(format!("{}", session.related(&order, Order::user()).await.is_ok()))
        }
        "levels: one above many has each below once" => |session| {
            session.add_all((0..1_200).map(|_| Order { user_id: 4, ..Order::default() }));
            session.flush().await?;
            let found = session.all(query::<Order>().filter(Order::user_id().eq(4)).load_with(Order::user(), Load::Joined, |user| {
                user.load(User::orders(), Load::Selectin)
            })).await?;
            let user = found[0].loaded_one(&Order::user())?.unwrap();
            Ok(format!("{} {}", found.len(), user.loaded(&User::orders())?.len()))
        }
        "levels: each row once, with a limit, subquery" => |session| {
            let query = query::<Order>().distinct().order_by(Order::id()).limit(3);
            let found = session.all(query.load(Order::user(), Load::Subquery).load(Order::lines(), Load::Subquery)).await?;
            let counts = found.iter().map(|order| Ok(order.loaded(&Order::lines())?.len())).collect::<Result<Vec<_>>>()?;
            Ok(format!("{counts:?} {}", found.iter().all(|order| order.is_loaded(&Order::user()))))
        }
        "levels: a query allows row by row what the model forbids" => |session| {
            let order = session.one(query::<Order>().filter(Order::id().eq(1)).load(Order::lines(), Load::Select)).await?;
            Ok(format!("{} {}", order.is_loaded(&Order::lines()), session.related(&order, Order::lines()).await?.len()))
        }
}
