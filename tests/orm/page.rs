// The models of docs/orm.md, for its examples.

migrate::model! {
    /// Somebody who buys.
    pub struct User in table("users") {
        id: i64 [identity],
        name: String [length(50)],
        email: Option<String> [length(100), unique],
        active: bool = true,
        joined: Option<migrate::orm::Instant> [server("CURRENT_TIMESTAMP")],
    }
    relations {
        orders: has_many Order("user_id") [back_populates("user"), cascade],
    }
}

migrate::model! {
    /// Something that a user bought.
    pub struct Order in table("orders") {
        id: i64 [identity],
        user_id: i64 [references("users", "id"), index],
        total: migrate::orm::Decimal [digits(10, 2)],
        placed: migrate::orm::Instant,
    }
    relations {
        user: belongs_to User("user_id") [back_populates("orders")],
    }
}

migrate::model! {
    /// A view, which is only read.
    pub struct Spending in view("spending") {
        user_id: i64 [key],
        orders: i64,
    }
}
