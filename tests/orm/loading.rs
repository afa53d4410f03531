//! The strategies of loading: what they give, and how many statements they take.

use migrate::Result;
use migrate::orm::{Entity, Load, Model, Operand, Query, Refine, Session, query};

use super::cases::Work;
use super::models::{Article, Line, Order, Profile, Tag, User};
use super::sessions::works;

/// Users with their orders by a strategy: names and orders, and the statements that it took.
async fn with_orders(session: &mut Session<'static>, query: Query<User>, load: Load) -> Result<String> {
    session.query("SELECT 1", []).await?;
    let before = session.statements();
    let users = session.all(query.load(User::orders(), load)).await?;
    let mut lines = Vec::new();
    for user in &users {
        let orders = session.related(user, User::orders()).await?;
        let mut ids: Vec<i64> = orders.iter().map(|order| order.read().id).collect();
        ids.sort_unstable();
        lines.push(format!("{} {ids:?}", user.read().id));
    }
    Ok(format!("{} statements\n{}", session.statements() - before, lines.join("\n")))
}

async fn referred(session: &mut Session<'static>, load: Load) -> Result<String> {
    session.query("SELECT 1", []).await?;
    let before = session.statements();
    let orders = session.all(query::<Order>().order_by(Order::id()).load(Order::user(), load)).await?;
    let mut names = Vec::new();
    for order in &orders {
        names.push(session.related_one(order, Order::user()).await?.unwrap().read().name.clone());
    }
    Ok(format!("{} statements {}", session.statements() - before, names.join(",")))
}

async fn tagged(session: &mut Session<'static>, load: Load) -> Result<String> {
    session.query("SELECT 1", []).await?;
    let before = session.statements();
    let articles = session.all(query::<Article>().order_by(Article::id()).load(Article::tags(), load)).await?;
    let mut lines = Vec::new();
    for article in &articles {
        let mut words: Vec<String> = session
            .related(article, Article::tags())
            .await?
            .iter()
            .map(|tag: &Entity<Tag>| tag.read().word.clone())
            .collect();
        words.sort();
        lines.push(words.join("+"));
    }
    Ok(format!("{} statements {}", session.statements() - before, lines.join(",")))
}

async fn profiles(session: &mut Session<'static>, load: Load) -> Result<String> {
    session.query("SELECT 1", []).await?;
    let before = session.statements();
    let users = session.all(query::<User>().order_by(User::id()).load(User::profile(), load)).await?;
    let mut bios = Vec::new();
    for user in &users {
        let profile: Option<Entity<Profile>> = session.related_one(user, User::profile()).await?;
        bios.push(profile.map_or("-".to_owned(), |profile| profile.read().bio.clone()));
    }
    Ok(format!("{} statements {}", session.statements() - before, bios.join(",")))
}

fn sorted() -> Query<User> {
    query::<User>().order_by(User::id())
}

fn narrow() -> Query<User> {
    sorted().filter(User::active().eq(true)).limit(2).offset(1)
}

works! { all:
        "load: to many, select" => |session| { with_orders(session, sorted(), Load::Select).await }
        "load: to many, joined" => |session| { with_orders(session, sorted(), Load::Joined).await }
        "load: to many, selectin" => |session| { with_orders(session, sorted(), Load::Selectin).await }
        "load: to many, subquery" => |session| { with_orders(session, sorted(), Load::Subquery).await }
        "load: a limit, select" => |session| { with_orders(session, narrow(), Load::Select).await }
        "load: a limit, joined" => |session| { with_orders(session, narrow(), Load::Joined).await }
        "load: a limit, selectin" => |session| { with_orders(session, narrow(), Load::Selectin).await }
        "load: a limit, subquery" => |session| { with_orders(session, narrow(), Load::Subquery).await }
        "load: to one, select" => |session| { referred(session, Load::Select).await }
        "load: to one, joined" => |session| { referred(session, Load::Joined).await }
        "load: to one, selectin" => |session| { referred(session, Load::Selectin).await }
        "load: to one, subquery" => |session| { referred(session, Load::Subquery).await }
        "load: pairs, select" => |session| { tagged(session, Load::Select).await }
        "load: pairs, joined" => |session| { tagged(session, Load::Joined).await }
        "load: pairs, selectin" => |session| { tagged(session, Load::Selectin).await }
        "load: pairs, subquery" => |session| { tagged(session, Load::Subquery).await }
        "load: one to one, select" => |session| { profiles(session, Load::Select).await }
        "load: one to one, joined" => |session| { profiles(session, Load::Joined).await }
        "load: one to one, selectin" => |session| { profiles(session, Load::Selectin).await }
        "load: one to one, subquery" => |session| { profiles(session, Load::Subquery).await }
        "load: nobody is loaded for" => |session| { with_orders(session, sorted().filter(User::id().lt(0)), Load::Selectin).await }
        "load: raise forbids row by row" => |session| {
            let order = session.get::<Order>(1).await?.unwrap();
            Ok(session.related(&order, Order::lines()).await.unwrap_err().to_string())
        }
        "load: raise allows it with the query" => |session| {
            let order = session.one(query::<Order>().filter(Order::id().eq(1)).load(Order::lines(), Load::Selectin)).await?;
            Ok(format!("{}", session.related(&order, Order::lines()).await?.len()))
        }
        "load: what is loaded asks nobody" => |session| {
            let user = session.get::<User>(1).await?.unwrap();
            session.related(&user, User::orders()).await?;
            let before = session.statements();
            session.related(&user, User::orders()).await?;
            Ok(format!("{}", session.statements() - before))
        }
        "load: children know their parent" => |session| {
            let user = session.get::<User>(1).await?.unwrap();
            let orders = session.related(&user, User::orders()).await?;
            let before = session.statements();
            let parent = session.related_one(&orders[0], Order::user()).await?;
            Ok(format!("{} {}", parent.is_some_and(|parent| parent == user), session.statements() - before))
        }
        "load: a parent that is held asks nobody" => |session| {
            session.get::<User>(1).await?;
            let order = session.get::<Order>(1).await?.unwrap();
            let before = session.statements();
            session.related_one(&order, Order::user()).await?;
            Ok(format!("{}", session.statements() - before))
        }
        "load: two relationships at once, selectin" => |session| {
            session.query("SELECT 1", []).await?;
            let before = session.statements();
            let users = session.all(sorted().load(User::orders(), Load::Selectin).load(User::profile(), Load::Selectin)).await?;
            let loaded = users.iter().all(|user| user.is_loaded(&User::orders()) && user.is_loaded(&User::profile()));
            Ok(format!("{} {loaded}", session.statements() - before))
        }
        "load: two relationships at once, joined" => |session| {
            session.query("SELECT 1", []).await?;
            let before = session.statements();
            let users = session.all(sorted().load(User::orders(), Load::Joined).load(User::staff(), Load::Joined)).await?;
            let counts: Vec<String> = users.iter().map(|user| format!("{}/{}", user.loaded(&User::orders()).unwrap().len(), user.loaded(&User::staff()).unwrap().len())).collect();
            Ok(format!("{} {}", session.statements() - before, counts.join(" ")))
        }
        "load: its own table" => |session| {
            let boss = session.get::<User>(1).await?.unwrap();
            let mut staff: Vec<i64> = session.related(&boss, User::staff()).await?.iter().map(|user| user.read().id).collect();
            staff.sort_unstable();
            Ok(format!("{staff:?}"))
        }
        "load: a reference to nothing" => |session| {
            let boss = session.get::<User>(1).await?.unwrap();
            Ok(format!("{}", session.related_one(&boss, User::boss()).await?.is_none()))
        }
        "load: dynamic, narrowed down" => |session| {
            let user = session.get::<User>(1).await?.unwrap();
            let orders = session.all(user.query(User::orders()).filter(Order::total().gt("8.00")).order_by(Order::total().desc())).await?;
            Ok(orders.iter().map(|order| order.read().total.0.clone()).collect::<Vec<_>>().join(" "))
        }
        "load: dynamic, counted" => |session| {
            let user = session.get::<User>(1).await?.unwrap();
            Ok(format!("{}", session.count(user.query(User::orders())).await?))
        }
        "load: dynamic, pairs" => |session| {
            let desk = session.get::<Article>(4).await?.unwrap();
            Ok(format!("{}", session.count(desk.query(Article::tags())).await?))
        }
        "load: dynamic, upwards" => |session| {
            let line = session.first(query::<Line>().order_by(Line::order_id()).order_by(Line::number())).await?.unwrap();
            let order = session.one(line.query(Line::order())).await?;
            Ok(format!("{} {}", order.read().id, Line::mapping().shape().columns().len()))
        }
}
