//! 100,000 parents with three children each, by every strategy of loading.

use migrate::orm::{Engine, Load, Refine, query};

use crate::Count;

migrate::model! {
    /// Somebody who buys.
    pub struct User in table("users") {
        id: i64 [key],
        name: String [length(50)],
        email: Option<String> [length(100)],
        active: bool = true,
    }
    relations {
        orders: has_many Order("user_id"),
    }
}

migrate::model! {
    /// Something that a user bought.
    pub struct Order in table("orders") {
        id: i64 [key],
        user_id: i64 [references("users", "id"), index],
        total: migrate::orm::Decimal [digits(10, 2)],
        note: Option<String> [length(100)],
    }
}

pub(crate) async fn load(url: &str, strategy: &str) -> Count {
    let engine = Engine::new(url)?;
    let mut session = engine.session().await?;
    let load = match strategy {
        "select" | "dynamic" => Load::Select,
        "joined" => Load::Joined,
        "selectin" => Load::Selectin,
        "subquery" => Load::Subquery,
        other => return Err(format!("no strategy `{other}`").into()),
    };
    let users = session.all(query::<User>().order_by(User::id()).load(User::orders(), load)).await?;
    let mut count = 0;
    for user in &users {
        let orders = match strategy {
            "dynamic" => session.all(user.query(User::orders())).await?,
            _ => session.related(user, User::orders()).await?,
        };
        count += orders.len() as u64;
    }
    let statements = session.statements();
    session.close().await?;
    eprintln!("{statements} statements");
    Ok(count)
}
