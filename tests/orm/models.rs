//! Users, orders and articles: the tables that every case works on.

use migrate::orm::{Date, Decimal, Instant, Json, Load, Mapping, Model, Session, Time, Timestamp, Uuid, Value};

migrate::model! {
    /// Somebody who buys.
    pub struct User in table("users") {
        id: i64 [identity],
        name: String [length(50)],
        email: Option<String> [length(100), unique],
        age: Option<i32>,
        active: bool = true,
        score: f64,
        boss_id: Option<i64> [references("users", "id")],
        since: Date = Date("2020-01-01".to_owned()),
    }
    relations {
        orders: has_many Order("user_id") [back_populates("user"), cascade],
        profile: has_one Profile("user_id") [back_populates("user"), cascade],
        boss: belongs_to User("boss_id") [back_populates("staff")],
        staff: has_many User("boss_id") [back_populates("boss")],
    }
}

migrate::model! {
    /// What is known about a user beside.
    pub struct Profile in table("profiles") {
        id: i64 [identity],
        user_id: i64 [references("users", "id"), unique],
        bio: String,
    }
    relations {
        user: belongs_to User("user_id") [back_populates("profile")],
    }
}

migrate::model! {
    /// Something that a user bought.
    pub struct Order in table("orders") {
        id: i64 [identity],
        user_id: i64 [references("users", "id"), index],
        total: Decimal [digits(10, 2)] = Decimal("0.00".to_owned()),
        placed: Instant = Instant("2026-01-01 00:00:00".to_owned()),
        note: Option<String>,
    }
    relations {
        user: belongs_to User("user_id") [back_populates("orders")],
        lines: has_many Line("order_id") [back_populates("order"), cascade, load(Load::Raise)],
    }
}

migrate::model! {
    /// A line of an order; its key has two columns.
    pub struct Line in table("order_lines") {
        order_id: i64 [key, references("orders", "id")],
        number: i32 [key],
        article_id: i64 [references("articles", "id")],
        pieces: i32 = 1,
    }
    relations {
        order: belongs_to Order("order_id") [back_populates("lines")],
        article: belongs_to Article("article_id"),
    }
}

migrate::model! {
    /// A shelf in a room; others refer to it by two columns.
    pub struct Shelf in table("shelves") {
        room: i64 [key],
        number: i32 [key],
        label: String [length(30)],
    }
    relations {
        remarks: has_many Remark(["room", "number"]) [back_populates("shelf")],
        colours: many_to_many Colour("shelf_colours", ["room", "number"], "word") [back_populates("shelves")],
    }
}

migrate::model! {
    /// What is said about a shelf.
    pub struct Remark in table("remarks") {
        id: i64 [identity],
        room: Option<i64>,
        number: Option<i32>,
        text: String,
    }
    relations {
        shelf: belongs_to Shelf(["room", "number"]) [back_populates("remarks")],
        wrong: belongs_to Shelf("room"),
    }
}

migrate::model! {
    /// A colour of shelves.
    pub struct Colour in table("colours") {
        word: String [key, length(30)],
    }
    relations {
        shelves: many_to_many Shelf("shelf_colours", "word", ["room", "number"]) [back_populates("colours")],
    }
}

migrate::model! {
    /// Which shelf has which colour.
    pub struct ShelfColour in table("shelf_colours") {
        room: i64 [key],
        number: i32 [key],
        word: String [key, length(30), references("colours", "word")],
    }
    relations {
        shelf: belongs_to Shelf(["room", "number"]),
    }
}

migrate::model! {
    /// Something to buy, with a counter of its changes.
    pub struct Article in table("articles") {
        id: i64 [identity],
        title: String [length(80)],
        price: Decimal [digits(10, 2)] = Decimal("1.00".to_owned()),
        version: i64 [version],
    }
    relations {
        tags: many_to_many Tag("article_tags", "article_id", "tag_id") [back_populates("articles")],
    }
}

migrate::model! {
    /// A word on articles; its key is text.
    pub struct Tag in table("tags") {
        word: String [key, length(30)],
    }
    relations {
        articles: many_to_many Article("article_tags", "tag_id", "article_id") [back_populates("tags")],
    }
}

migrate::model! {
    /// Which article has which tag.
    pub struct ArticleTag in table("article_tags") {
        article_id: i64 [key, references("articles", "id")],
        tag_id: String [key, length(30), references("tags", "word")],
    }
}

migrate::model! {
    /// The same articles; their pairs are in another schema. Only its SQL is looked at.
    pub struct Listed in table("articles") {
        id: i64 [identity],
    }
    relations {
        tags: many_to_many Tag("shop.article_tags", "article_id", "tag_id"),
    }
}

migrate::model! {
    /// A column of each type.
    pub struct Thing in table("things") {
        id: i64 [key],
        b: Option<bool>,
        s: Option<i16>,
        i: Option<i32>,
        l: Option<i64>,
        d: Option<f64>,
        n: Option<Decimal> [digits(12, 3)],
        t: Option<String>,
        v: Option<String> [length(20)],
        raw: Option<Vec<u8>>,
        day: Option<Date>,
        at: Option<Time>,
        local: Option<Timestamp>,
        instant: Option<Instant>,
        u: Option<Uuid>,
        j: Option<Json>,
    }
}

migrate::model! {
    /// A row that the database fills.
    pub struct Filled in table("filled") {
        id: i64 [identity],
        word: Option<String> [length(20), server("'from server'")],
        made: Option<Instant> [server("CURRENT_TIMESTAMP")],
        client: String [length(20)] = "from client".to_owned(),
    }
}

migrate::model! {
    /// Two tables that refer to each other.
    pub struct Team in table("teams") {
        id: i64 [identity],
        name: String [length(30)],
        captain_id: Option<i64> [references("players", "id")],
    }
    relations {
        captain: belongs_to Player("captain_id"),
        players: has_many Player("team_id") [back_populates("team")],
    }
}

migrate::model! {
    /// The other one.
    pub struct Player in table("players") {
        id: i64 [identity],
        name: String [length(30)],
        team_id: Option<i64> [references("teams", "id")],
    }
    relations {
        team: belongs_to Team("team_id") [back_populates("players")],
    }
}

migrate::model! {
    /// A view, which is only read.
    pub struct Spending in view("spending") {
        user_id: i64 [key],
        orders: i64,
        spent: Option<Decimal> [digits(12, 2)],
    }
}

/// All of them.
pub(crate) fn mappings() -> Vec<&'static Mapping> {
    vec![
        User::mapping(),
        Profile::mapping(),
        Order::mapping(),
        Line::mapping(),
        Article::mapping(),
        Tag::mapping(),
        ArticleTag::mapping(),
        Shelf::mapping(),
        Remark::mapping(),
        Colour::mapping(),
        ShelfColour::mapping(),
        Thing::mapping(),
        Filled::mapping(),
        Team::mapping(),
        Player::mapping(),
        Spending::mapping(),
    ]
}

/// Makes the tables and puts the rows in that every case begins with.
pub(crate) async fn fill(session: &mut Session<'static>) {
    session.create_all(&mappings()).await.unwrap();
    let view =
        "CREATE VIEW spending AS SELECT user_id, count(*) AS orders, sum(total) AS spent FROM orders GROUP BY user_id";
    session.execute_alone(view).await.unwrap();
    let user = |name: &str, email: Option<&str>, age: Option<i32>, active: bool, score: f64, since: &str| User {
        name: name.to_owned(),
        email: email.map(str::to_owned),
        age,
        active,
        score,
        since: since.into(),
        ..User::default()
    };
    let users = session.add_all([
        user("Ann", Some("ann@example.com"), Some(34), true, 1.5, "2020-02-29"),
        user("bob", Some("bob@example.com"), None, false, -2.25, "2021-12-31"),
        user("Çelik", None, Some(34), true, 0.0, "2019-06-15"),
        user("Dörte", Some("d_o%rte@example.com"), Some(61), true, 1e10, "2024-01-01"),
        user("eve", Some(""), Some(18), false, 0.1, "2026-11-01"),
        user("Ann", Some("ann2@example.com"), Some(25), true, 3.0, "2022-07-07"),
    ]);
    session.flush().await.unwrap();
    for staff in &users[1..4] {
        session.relate(staff, &User::boss(), &users[0]);
    }
    let placed = ["2026-10-01 10:00:00", "2026-10-15 12:30:00", "2026-11-01 00:00:00", "2026-11-20 23:59:59.5"];
    let totals = ["10.00", "20.50", "5.25", "100.00", "0.00", "7.77", "33.33", "20.50"];
    for (index, total) in totals.iter().enumerate() {
        let order = session.add(Order {
            total: (*total).into(),
            placed: placed[index % 4].into(),
            note: (index % 3 == 0).then(|| format!("note {index}")),
            ..Order::default()
        });
        session.relate(&users[[0, 0, 0, 1, 2, 2, 3, 5][index]], &User::orders(), &order);
    }
    session.add_all([
        Profile { user_id: users[0].read().id, bio: "buys".to_owned(), ..Profile::default() },
        Profile { user_id: users[3].read().id, bio: "sells".to_owned(), ..Profile::default() },
    ]);
    fill_articles(session).await;
    fill_things(session);
    fill_shelves(session);
    session.commit().await.unwrap();
}

async fn fill_articles(session: &mut Session<'static>) {
    let article =
        |title: &str, price: &str| Article { title: title.to_owned(), price: price.into(), ..Article::default() };
    let articles = session.add_all([
        article("Lamp", "12.00"),
        article("Chair", "80.50"),
        article("Pen", "0.99"),
        article("Desk", "250.00"),
    ]);
    let tags = session.add_all(["wood", "light", "paper"].map(|word| Tag { word: word.to_owned() }));
    for (article, tag) in [(0, 1), (1, 0), (3, 0), (2, 2), (3, 2)] {
        session.relate(&articles[article], &Article::tags(), &tags[tag]);
    }
    session.flush().await.unwrap();
    session.add_all((0..6).map(|index: i64| Line {
        order_id: 1 + index / 2,
        number: i32::try_from(index % 2).unwrap() + 1,
        article_id: 1 + index % 4,
        pieces: i32::try_from(index).unwrap() + 1,
    }));
}

/// Six shelves in three rooms, with remarks and colours.
fn fill_shelves(session: &mut Session<'static>) {
    let shelves = session.add_all((0..6).map(|index: i32| Shelf {
        room: i64::from(1 + index / 2),
        number: 1 + index % 2,
        label: format!("shelf {index}"),
    }));
    for (shelf, text) in [(0, "full"), (0, "of oak"), (3, "damaged"), (5, "free")] {
        let remark = session.add(Remark { text: text.to_owned(), ..Remark::default() });
        session.relate(&remark, &Remark::shelf(), &shelves[shelf]);
    }
    session.add(Remark { text: "of no shelf".to_owned(), ..Remark::default() });
    let colours = session.add_all(["blue", "green", "red"].map(|word| Colour { word: word.to_owned() }));
    for (shelf, colour) in [(0, 1), (1, 0), (1, 2), (4, 0)] {
        session.relate(&shelves[shelf], &Shelf::colours(), &colours[colour]);
    }
}

fn fill_things(session: &mut Session<'static>) {
    let thing = |id: i64| Thing { id, ..Thing::default() };
    session.add_all([
        thing(1),
        Thing {
            b: Some(true),
            s: Some(-7),
            i: Some(17),
            l: Some(9_007_199_254_740_993),
            d: Some(0.1),
            n: Some("12.500".into()),
            t: Some(String::new()),
            v: Some("Straße 𝄞".to_owned()),
            raw: Some(vec![0, 1, 255]),
            day: Some("2024-02-29".into()),
            at: Some("23:59:59.25".into()),
            local: Some("2024-02-29 12:00:00".into()),
            instant: Some("2024-02-29 12:00:00.125".into()),
            u: Some("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".into()),
            j: Some("{\"a\": [1, 2]}".into()),
            ..thing(2)
        },
        Thing {
            b: Some(false),
            s: Some(i16::MAX),
            i: Some(i32::MIN),
            l: Some(i64::MIN),
            d: Some(-1e300),
            n: Some("-999999999.999".into()),
            t: Some("it's \"quoted\" \\ 50% of_it\n[x]*?".to_owned()),
            v: Some("  padded  ".to_owned()),
            raw: Some(Vec::new()),
            day: Some("1969-12-31".into()),
            at: Some("00:00:00".into()),
            local: Some("1970-01-01 00:00:01".into()),
            instant: Some("1999-12-31 23:59:59".into()),
            u: Some("00000000-0000-0000-0000-000000000000".into()),
            j: Some("[]".into()),
            ..thing(3)
        },
    ]);
}

/// Rows as text: a line each.
pub(crate) fn shown(rows: &[migrate::orm::Row]) -> String {
    let cell = |value: &Value| if let Value::Text(text) = value { format!("{text:?}") } else { value.for_people() };
    rows.iter().map(|row| row.values().iter().map(cell).collect::<Vec<_>>().join(" | ")).collect::<Vec<_>>().join("\n")
}
