//! Queries: one list, each with its name.

use migrate::orm::{
    DatePart, Operand, Refine, RowLock, Select, SetOperation, Value, ValueType, Window, all_of, any_of, avg, case,
    coalesce, col, concat, count, count_all, count_distinct, days, dense_rank, exists, lag, lead, max, min, now, query,
    rank, raw, row_number, scalar, select, select_from, source, subquery, sum, table, value,
};

use super::models::{Article, Line, Order, Spending, Tag, Thing, User};

/// The ids of the users where this holds.
fn users(condition: impl Into<migrate::orm::Expr>) -> Select {
    query::<User>().filter(condition).order_by(User::id()).columns([User::id()])
}

/// The ids of the things where this holds.
fn things(condition: impl Into<migrate::orm::Expr>) -> Select {
    query::<Thing>().filter(condition).order_by(Thing::id()).columns([Thing::id()])
}

/// One expression over every thing.
fn of_things(expr: impl Into<migrate::orm::Expr>) -> Select {
    select([expr.into().label("it")]).from(source::<Thing>()).order_by(Thing::id())
}

/// One expression over every user.
fn of_users(expr: impl Into<migrate::orm::Expr>) -> Select {
    select([expr.into().label("it")]).from(source::<User>()).order_by(User::id())
}

pub(crate) fn all() -> Vec<(String, Select)> {
    let mut cases: Vec<(String, Select)> = Vec::new();
    for (part, list) in [
        ("filter", filters()),
        ("text", texts()),
        ("value", values()),
        ("number", numbers()),
        ("time", times()),
        ("group", groups()),
        ("join", joins()),
        ("order", orders()),
        ("set", sets()),
        ("window", windows()),
        ("raw", raws()),
    ] {
        cases.extend(list.into_iter().map(|(name, select)| (format!("{part}: {name}"), select)));
    }
    for column in ["b", "s", "i", "l", "d", "n", "t", "v", "raw", "day", "at", "local", "instant", "u", "j"] {
        let source = source::<Thing>();
        cases.push((format!("type: {column} comes as it went"), of_things(source.col(column))));
        cases.push((format!("type: {column} is null"), things(source.col(column).is_null())));
        cases.push((format!("type: {column} is not null"), things(source.col(column).is_not_null())));
        cases.push((format!("type: {column} counted"), select([count(source.col(column))]).from(source.clone())));
        if column != "j" {
            let other = source.clone().alias("other");
            let inner = select([other.col(column)]).from(other.clone()).filter(other.col("id").eq(2));
            cases.push((format!("type: {column} equals another"), things(source.col(column).in_select(inner))));
        }
        if !matches!(column, "b" | "u" | "j" | "raw") {
            cases.push((format!("type: {column} least"), select([min(source.col(column))]).from(source.clone())));
            cases.push((format!("type: {column} greatest"), select([max(source.col(column))]).from(source.clone())));
            cases.push((
                format!("type: {column} sorted"),
                select([source.col("id")]).from(source.clone()).order_by(source.col(column).by_bytes_if_text(column)),
            ));
        }
    }
    cases
}

/// Text is sorted by bytes, so that every database's language gives the same.
trait ByBytesIfText {
    fn by_bytes_if_text(self, column: &str) -> migrate::orm::Expr;
}

impl ByBytesIfText for migrate::orm::Expr {
    fn by_bytes_if_text(self, column: &str) -> migrate::orm::Expr {
        if matches!(column, "t" | "v") { self.by_bytes() } else { self }
    }
}

type List = Vec<(&'static str, Select)>;

/// A list of queries under a name, behind what they share.
macro_rules! list {
    ($name:ident, { $($shared:tt)* } [$($query:expr),+ $(,)?]) => {
        fn $name() -> List {
            $($shared)*
            vec![$($query),+]
        }
    };
}

list! { filters, {} [
    ("equals text", users(User::name().eq("Ann"))),
    ("case counts", users(User::name().eq("ann"))),
    ("spaces at the end count", users(User::name().eq("Ann "))),
    ("not equal", users(User::name().ne("Ann"))),
    ("not equal leaves null out", users(User::email().ne("ann@example.com"))),
    ("less", users(User::age().lt(34))),
    ("at most", users(User::age().le(34))),
    ("greater", users(User::age().gt(25))),
    ("at least", users(User::age().ge(34))),
    ("equals null is null", users(Operand::eq(source::<User>().col("email"), Value::Null))),
    ("not equals null is not null", users(Operand::ne(source::<User>().col("email"), Value::Null))),
    ("empty is not null", users(User::email().eq(""))),
    ("true", users(User::active().eq(true))),
    ("false", users(User::active().eq(false))),
    ("and", users(User::active().eq(true).and(User::age().gt(30)))),
    ("or", users(User::age().lt(20).or(User::age().gt(60)))),
    ("not", users(User::active().eq(true).not())),
    ("not of null is null", users(User::age().eq(34).not())),
    ("and within or", users(any_of([User::id().eq(1), all_of([User::id().gt(3), User::id().lt(5)])]))),
    ("nothing holds", users(any_of([]))),
    ("everything holds", users(all_of([]))),
    ("in", users(User::id().is_in([2i64, 4, 99]))),
    ("in text", users(User::name().is_in(["bob", "eve"]))),
    ("in nothing", users(User::id().is_in(Vec::<i64>::new()))),
    ("not in", users(User::id().is_in([1i64, 2, 3]).not())),
    ("not in nothing", users(User::id().is_in(Vec::<i64>::new()).not())),
    ("in one", users(User::age().is_in([61]))),
    ("between", users(User::age().between(18, 34))),
    ("between dates", users(User::since().between("2020-01-01", "2021-12-31"))),
    ("not between", users(User::age().between(18, 34).not())),
    ("is null", users(User::age().is_null())),
    ("is not null", users(User::age().is_not_null())),
    (
        "two filters",
        query::<User>()
            .filter(User::active().eq(true))
            .filter(User::age().eq(34))
            .order_by(User::id())
            .columns([User::id()]),
    ),
    ("filter by", query::<User>().filter_by("name", "Ann").order_by(User::id()).columns([User::id()])),
    ("filter by null", query::<User>().filter_by("age", Value::Null).columns([User::id()])),
    ("in a query", users(User::id().in_select(select([Order::user_id()]).from(source::<Order>())))),
    ("not in a query", users(User::id().in_select(select([Order::user_id()]).from(source::<Order>())).not())),
    (
        "in a query with a condition",
        users(
            User::id()
                .in_select(select([Order::user_id()]).from(source::<Order>()).filter(Order::total().gt("30.00"))),
        ),
    ),
    ("exists", users(exists(select([value(1)]).from(source::<Order>()).filter(Order::user_id().eq(User::id()))))),
    (
        "not exists",
        users(exists(select([value(1)]).from(source::<Order>()).filter(Order::user_id().eq(User::id()))).not()),
    ),
    (
        "equals a scalar",
        users(User::age().eq(scalar(select([max(User::age().of_alias("u2"))]).from(source::<User>().alias("u2"))))),
    ),
    ("column with column", users(User::id().gt(User::boss_id()))),
    ("a date is a date", users(User::since().eq("2020-02-29"))),
    ("a date is later", users(User::since().gt("2022-01-01"))),
    ("a real number", users(User::score().eq(0.1))),
    ("a negative number", users(User::score().lt(0.0))),
    (
        "a decimal number",
        select([Order::id()]).from(source::<Order>()).filter(Order::total().eq("20.5")).order_by(Order::id()),
    ),
    (
        "decimal numbers compare as numbers",
        select([Order::id()]).from(source::<Order>()).filter(Order::total().gt("9.00")).order_by(Order::id()),
    ),
    (
        "an instant",
        select([Order::id()])
            .from(source::<Order>())
            .filter(Order::placed().ge("2026-11-01 00:00:00"))
            .order_by(Order::id()),
    ),
    (
        "an instant with a fraction",
        select([Order::id()])
            .from(source::<Order>())
            .filter(Order::placed().eq("2026-11-20 23:59:59.5"))
            .order_by(Order::id()),
    ),
    ("a uuid", things(Thing::u().eq("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"))),
    ("bytes", things(Thing::raw().eq(vec![0u8, 1, 255]))),
    ("no bytes", things(Thing::raw().eq(Vec::new()))),
    ("a large whole number", things(Thing::l().eq(9_007_199_254_740_993i64))),
    ("the least whole number", things(Thing::l().eq(i64::MIN))),
    ("a time of day", things(Thing::at().gt("12:00:00"))),
    ("four-byte characters", things(Thing::v().eq("Straße 𝄞"))),
    ("a tuple of conditions", users(all_of([User::name().eq("Ann"), User::age().eq(25)]))),
] }

list! { texts, {} [
    ("like", users(User::name().like("A%"))),
    ("like counts case", users(User::name().like("a%"))),
    ("like one character", users(User::name().like("_ob"))),
    ("like an umlaut", users(User::name().like("D_rte"))),
    ("like with an escape", users(User::email().like("d\\_o\\%%"))),
    ("like all", users(User::email().like("%"))),
    ("not like", users(User::name().like("A%").not())),
    ("any case", users(User::name().ilike("ANN"))),
    ("any case with a pattern", users(User::name().ilike("%O%"))),
    ("starts with", users(User::email().starts_with("d_o%"))),
    ("contains", users(User::email().contains("o%r"))),
    ("contains a star", things(Thing::t().contains("]*?"))),
    ("contains a bracket", things(Thing::t().contains("[x]"))),
    ("contains a backslash", things(Thing::t().contains("\\"))),
    ("contains a quote", things(Thing::t().contains("it's \"quoted\""))),
    (
        "lower of ascii",
        select([User::name().lower()])
            .from(source::<User>())
            .filter(User::id().is_in([1i64, 2, 5]))
            .order_by(User::id()),
    ),
    (
        "upper of ascii",
        select([User::name().upper()])
            .from(source::<User>())
            .filter(User::id().is_in([1i64, 2, 5]))
            .order_by(User::id()),
    ),
    ("trim", of_things(Thing::v().trim())),
    ("characters", of_things(Thing::v().characters())),
    ("characters of users", of_users(User::name().characters())),
    ("concat", of_users(concat([User::name().into(), value("/"), User::email().into()]))),
    (
        "concat of null is null",
        select([concat([User::name().into(), User::email().into()]).is_null()])
            .from(source::<User>())
            .filter(User::id().eq(3)),
    ),
    (
        "by bytes",
        select([User::name()]).from(source::<User>()).order_by(User::name().by_bytes()).order_by(User::id()),
    ),
    (
        "by bytes downwards",
        select([User::name()]).from(source::<User>()).order_by(User::name().by_bytes().desc()).order_by(User::id()),
    ),
    ("empty text", things(Thing::t().eq(""))),
    ("text as text", of_things(Thing::t())),
] }

list! { values, { let one = |expr: migrate::orm::Expr| select([expr]); } [
    ("a number", one(value(7))),
    ("a text", one(value("it's"))),
    ("a text with a backslash", one(value("a\\b"))),
    ("a real number", one(value(2.5))),
    ("null", one(value(Value::Null))),
    ("coalesce", of_users(coalesce([User::age().into(), value(-1)]))),
    ("coalesce text", of_users(coalesce([User::email().into(), value("none")]))),
    ("case", of_users(case([(User::age().gt(60), value("old")), (User::age().gt(20), value("grown"))], "young"))),
    ("case of numbers", of_users(case([(User::active().eq(true), value(1))], 0))),
    ("cast to text", of_users(User::id().cast(ValueType::Text(None)))),
    ("cast to a whole number", of_things(Thing::s().cast(ValueType::Int(8)))),
    ("cast to a real number", of_users(User::age().cast(ValueType::Float(false)))),
    ("cast a text to a number", one(value("42").cast(ValueType::Int(8)))),
    ("a comparison", of_users(User::age().gt(30))),
    ("is null as a value", of_users(User::age().is_null())),
    ("a label", select([User::name().label("n")]).from(source::<User>()).order_by(User::id())),
    ("all columns", select_from(source::<Article>()).order_by(Article::id())),
    ("all columns of a view", select_from(source::<Spending>()).order_by(Spending::user_id())),
    ("all columns of a key of text", select_from(source::<Tag>()).order_by(Tag::word().by_bytes())),
    ("all columns of things", select_from(source::<Thing>()).order_by(Thing::id())),
] }

list! { numbers, {} [
    ("plus", of_users(User::age().plus(1))),
    ("minus", of_users(User::age().minus(40))),
    ("times", of_users(User::age().times(2))),
    ("a quotient has its fraction", of_users(User::age().over_number(4))),
    ("a quotient of numbers", select([value(5).over_number(2)])),
    ("a rest", of_users(User::id().rest(3))),
    ("abs", of_users(User::score().abs())),
    ("abs of a whole number", of_things(Thing::s().abs())),
    ("columns together", of_users(User::id().times(User::id()).plus(1))),
    ("in a condition", users(User::id().times(2).gt(7))),
    ("a real number times a whole", of_users(User::score().times(2.0))),
    ("of null is null", users(User::age().plus(1).is_null())),
    (
        "a decimal plus a decimal",
        select([Order::id()])
            .from(source::<Order>())
            .filter(Order::total().plus(Value::Decimal("0.50".to_owned())).eq(Value::Decimal("10.50".to_owned()))),
    ),
] }

list! { times, { let order = || select([Order::id()]).from(source::<Order>()).order_by(Order::id()); } [
    ("year", of_users(User::since().part(DatePart::Year))),
    ("month", of_users(User::since().part(DatePart::Month))),
    ("day", of_users(User::since().part(DatePart::Day))),
    ("hour", select([Order::placed().part(DatePart::Hour)]).from(source::<Order>()).order_by(Order::id())),
    ("minute", select([Order::placed().part(DatePart::Minute)]).from(source::<Order>()).order_by(Order::id())),
    (
        "by year",
        select([User::since().part(DatePart::Year).label("y"), count_all().label("n")])
            .from(source::<User>())
            .group_by(User::since().part(DatePart::Year))
            .order_by(col("y")),
    ),
    (
        "later",
        order().filter(Order::placed().later(days(30)).gt(value(Value::Instant("2026-12-01 00:00:00".to_owned())))),
    ),
    (
        "earlier",
        order()
            .filter(Order::placed().earlier(days(31)).lt(value(Value::Instant("2026-10-01 00:00:00".to_owned())))),
    ),
    ("the clock is after that", select([now().gt(value(Value::Instant("2020-01-01 00:00:00".to_owned())))])),
    (
        "the last thirty years",
        select([count_all()]).from(source::<Thing>()).filter(Thing::instant().gt(now().earlier(days(30 * 366)))),
    ),
    ("before the clock", select([count_all()]).from(source::<Thing>()).filter(Thing::instant().lt(now()))),
    ("a timestamp", things(Thing::local().lt("1980-01-01 00:00:00"))),
] }

list! { groups, { let orders = || source::<Order>();
let by_user = || {
    select([Order::user_id().into(), count_all().label("n"), sum(Order::total()).label("spent")])
        .from(orders())
        .group_by(Order::user_id())
        .order_by(Order::user_id())
}; } [
    ("count all", select([count_all()]).from(orders())),
    ("count not null", select([count(Order::note())]).from(orders())),
    ("count distinct", select([count_distinct(Order::user_id())]).from(orders())),
    ("sum", select([sum(Order::total())]).from(orders())),
    ("sum of whole numbers", select([sum(User::age())]).from(source::<User>())),
    ("sum of large numbers", select([sum(User::id())]).from(source::<User>())),
    (
        "sum of real numbers",
        select([sum(User::score())]).from(source::<User>()).filter(User::id().is_in([1i64, 2])),
    ),
    ("sum of nothing is null", select([sum(Order::total())]).from(orders()).filter(Order::id().lt(0))),
    ("count of nothing is 0", select([count_all()]).from(orders()).filter(Order::id().lt(0))),
    ("avg", select([avg(User::age())]).from(source::<User>())),
    ("avg of decimals", select([avg(Order::total())]).from(orders()).filter(Order::id().is_in([1i64, 2]))),
    ("min", select([min(Order::total())]).from(orders())),
    ("max", select([max(Order::total())]).from(orders())),
    ("max of a date", select([max(User::since())]).from(source::<User>())),
    (
        "min of a text",
        select([min(User::name())]).from(source::<User>()).filter(User::name().is_in(["bob", "eve"])),
    ),
    ("by one column", by_user()),
    ("having", by_user().having(count_all().gt(1))),
    ("having a sum", by_user().having(sum(Order::total()).ge(Value::Decimal("30.00".to_owned())))),
    (
        "order by a label",
        select([Order::user_id().into(), count_all().label("n")])
            .from(orders())
            .group_by(Order::user_id())
            .order_by(col("n").desc())
            .order_by(Order::user_id()),
    ),
    (
        "by two columns",
        select([User::name().into(), User::active().into(), count_all()])
            .from(source::<User>())
            .group_by(User::name())
            .group_by(User::active())
            .order_by(User::name().by_bytes())
            .order_by(User::active()),
    ),
    ("a condition in a sum", select([sum(case([(User::active().eq(true), value(1))], 0))]).from(source::<User>())),
    (
        "by an expression",
        select([User::age().gt(30).label("grown"), count_all()])
            .from(source::<User>())
            .filter(User::age().is_not_null())
            .group_by(User::age().gt(30))
            .order_by(col("grown")),
    ),
    ("distinct", select([User::name()]).from(source::<User>()).distinct().order_by(User::name())),
    (
        "distinct of two",
        select([User::name().label("a"), User::active().label("b")])
            .from(source::<User>())
            .filter(User::name().eq("Ann"))
            .distinct(),
    ),
] }

list! { joins, { let boss = || source::<User>().alias("boss"); } [
    (
        "inner",
        query::<User>().join(User::orders()).order_by(Order::id()).columns([
            User::name().into(),
            Order::total().into(),
        ]
            as [migrate::orm::Expr; 2]),
    ),
    (
        "outer",
        query::<User>().outer_join(User::orders()).order_by(User::id()).order_by(Order::id()).columns([
            User::id().into(),
            Order::id().into(),
        ]
            as [migrate::orm::Expr; 2]),
    ),
    (
        "aggregate with outer join and labels",
        query::<User>()
            .outer_join(User::orders())
            .group_by(User::id())
            .group_by(User::name())
            .order_by(User::id())
            .columns([
                User::name().label("name"),
                count(Order::id()).label("orders"),
                coalesce([sum(Order::total()), value(Value::Decimal("0.00".to_owned()))]).label("spent"),
            ]),
    ),
    (
        "those without",
        query::<User>()
            .outer_join(User::orders())
            .filter(Order::id().is_null())
            .order_by(User::id())
            .columns([User::id()]),
    ),
    (
        "upwards",
        query::<Order>()
            .join(Order::user())
            .filter(User::name().eq("Ann"))
            .order_by(Order::id())
            .columns([Order::id()]),
    ),
    ("one to one", query::<User>().join(User::profile()).order_by(User::id()).columns([User::id()])),
    (
        "many to many",
        query::<Article>()
            .join(Article::tags())
            .order_by(Article::id())
            .order_by(Tag::word().by_bytes())
            .columns([Article::title().into(), Tag::word().into()] as [migrate::orm::Expr; 2]),
    ),
    (
        "many to many the other way",
        query::<Tag>()
            .join(Tag::articles())
            .filter(Article::title().eq("Desk"))
            .order_by(Tag::word().by_bytes())
            .columns([Tag::word()]),
    ),
    (
        "with itself",
        query::<User>().join_on(boss(), boss().col("id").eq(User::boss_id())).order_by(User::id()).columns([
            User::name().into(),
            boss().col("name"),
        ]
            as [migrate::orm::Expr; 2]),
    ),
    (
        "with itself, outer",
        query::<User>().outer_join_on(boss(), boss().col("id").eq(User::boss_id())).order_by(User::id()).columns([
            User::id().into(),
            boss().col("name"),
        ]
            as [migrate::orm::Expr; 2]),
    ),
    (
        "by a condition",
        query::<User>()
            .join_on(source::<Order>(), Order::user_id().eq(User::id()).and(Order::total().gt("20.00")))
            .order_by(Order::id())
            .columns([Order::id()]),
    ),
    (
        "three tables",
        query::<Order>()
            .join(Order::user())
            .join(Order::lines())
            .order_by(Order::id())
            .order_by(Line::number())
            .columns([User::name().into(), Line::pieces().into()] as [migrate::orm::Expr; 2]),
    ),
    (
        "a query as a table",
        select([col("counted.n")])
            .from(subquery(
                select([Order::user_id().label("u"), count_all().label("n")])
                    .from(source::<Order>())
                    .group_by(Order::user_id()),
                "counted",
            ))
            .order_by(col("counted.u")),
    ),
    ("with a query as a table", {
        let spent = subquery(
            select([Order::user_id().label("u"), sum(Order::total()).label("s")])
                .from(source::<Order>())
                .group_by(Order::user_id()),
            "spent",
        );
        query::<User>()
            .join_on(spent.clone(), spent.col("u").eq(User::id()))
            .filter(spent.col("s").gt(value(Value::Decimal("30.00".to_owned()))))
            .order_by(User::id())
            .columns([User::id()])
    }),
    (
        "a view",
        query::<User>()
            .join_on(source::<Spending>(), Spending::user_id().eq(User::id()))
            .order_by(User::id())
            .columns([User::id().into(), Spending::orders().into()] as [migrate::orm::Expr; 2]),
    ),
    (
        "an alias of a column",
        query::<User>()
            .join_on(boss(), User::id().of_alias("boss").eq(User::boss_id()))
            .order_by(User::id())
            .columns([User::name().of_alias("boss")]),
    ),
    ("a table by its name", select([col("users.id")]).from(table("users")).filter(col("users.name").eq("bob"))),
    (
        "a condition on a date by name",
        select([col("id")]).from(table("users")).filter(col("since").gt("2024-01-01")),
    ),
    (
        "a scalar beside columns",
        query::<User>().order_by(User::id()).columns([
            User::id().into(),
            scalar(select([count_all()]).from(source::<Order>()).filter(Order::user_id().eq(User::id())))
                .label("n"),
        ] as [migrate::orm::Expr; 2]),
    ),
    (
        "cross by a condition that holds",
        select([count_all()]).from(source::<Tag>()).join_on(source::<Article>(), value(1).eq(1)),
    ),
] }

list! { orders, { let ids = || query::<User>();
let by = |order: migrate::orm::Order| ids().order_by(order).order_by(User::id()).columns([User::id()]); } [
    ("nulls come first", by(User::age().asc())),
    ("nulls go last downwards", by(User::age().desc())),
    ("nulls last", by(User::age().asc().nulls_last())),
    ("nulls first downwards", by(User::age().desc().nulls_first())),
    ("nulls first", by(User::age().asc().nulls_first())),
    ("nulls last downwards", by(User::age().desc().nulls_last())),
    ("two terms", ids().order_by(User::name().by_bytes()).order_by(User::age().desc()).columns([User::id()])),
    ("an expression", by(User::id().rest(2).asc())),
    ("a boolean", by(User::active().asc())),
    ("limit", ids().order_by(User::id()).limit(2).columns([User::id()])),
    ("offset", ids().order_by(User::id()).offset(4).columns([User::id()])),
    ("limit and offset", ids().order_by(User::id()).limit(2).offset(1).columns([User::id()])),
    ("limit 0", ids().limit(0).columns([User::id()])),
    ("offset behind the end", ids().order_by(User::id()).offset(99).columns([User::id()])),
    ("a decimal", select([Order::id()]).from(source::<Order>()).order_by(Order::total()).order_by(Order::id())),
    (
        "an instant",
        select([Order::id()]).from(source::<Order>()).order_by(Order::placed().desc()).order_by(Order::id()),
    ),
    ("for update", ids().filter(User::id().eq(1)).for_update(RowLock::Wait).columns([User::id()])),
    (
        "for update without waiting",
        ids().filter(User::id().eq(1)).for_update(RowLock::NoWait).columns([User::id()]),
    ),
    (
        "for update of what is free",
        ids().order_by(User::id()).for_update(RowLock::SkipLocked).columns([User::id()]),
    ),
] }

list! { sets, { let ids = |low: i64, high: i64| {
    select([User::id().label("id")]).from(source::<User>()).filter(User::id().between(low, high))
};
let numbers = || {
    select([value(1).label("n")])
        .union_all(select([col("numbers.n").plus(1)]).from(table("numbers")).filter(col("numbers.n").lt(5)))
};
let chain = || {
    let chain = table("chain");
    let first = select([User::id().label("id"), User::boss_id().label("boss_id")])
        .from(source::<User>())
        .filter(User::id().eq(3));
    let next = select([User::id(), User::boss_id()])
        .from(source::<User>())
        .join_on(chain.clone(), chain.col("boss_id").eq(User::id()));
    first.union_all(next)
}; } [
    ("union", ids(1, 3).union(ids(2, 4)).order_by(col("id"))),
    ("union all", ids(1, 3).union_all(ids(2, 4)).order_by(col("id"))),
    ("intersect", ids(1, 3).set(SetOperation::Intersect, ids(2, 4)).order_by(col("id"))),
    ("except", ids(1, 3).set(SetOperation::Except, ids(2, 4)).order_by(col("id"))),
    ("union of three", ids(1, 1).union(ids(3, 3)).union(ids(5, 5)).order_by(col("id"))),
    ("union with a limit", ids(1, 3).union(ids(4, 6)).order_by(col("id").desc()).limit(2)),
    (
        "a member with a limit",
        ids(1, 1).union_all(ids(2, 6).order_by(User::id().desc()).limit(1)).order_by(col("id")),
    ),
    ("a union as a table", select([count_all()]).from(subquery(ids(1, 3).union_all(ids(2, 4)), "both"))),
    ("in a union", users(User::id().in_select(ids(1, 1).union(ids(6, 6))))),
    ("a named query", select([col("few.id")]).from(table("few")).with("few", ids(2, 3)).order_by(col("few.id"))),
    (
        "two named queries",
        select([col("one.id")])
            .from(table("one"))
            .join_on(table("other"), col("one.id").eq(col("other.id")))
            .with("one", ids(1, 3))
            .with("other", ids(3, 5)),
    ),
    (
        "a query that refers to itself",
        select([col("numbers.n")])
            .from(table("numbers"))
            .with_recursive("numbers", numbers())
            .order_by(col("numbers.n")),
    ),
    (
        "up the chain",
        select([col("chain.id")]).from(table("chain")).with_recursive("chain", chain()).order_by(col("chain.id")),
    ),
    (
        "a named query joined",
        query::<User>()
            .with("few", ids(2, 3))
            .join_on(table("few"), col("few.id").eq(User::id()))
            .order_by(User::id())
            .columns([User::name()]),
    ),
    (
        "a union of different tables",
        select([User::name().label("w")])
            .from(source::<User>())
            .filter(User::id().eq(2))
            .union_all(select([Tag::word()]).from(source::<Tag>()).filter(Tag::word().eq("wood")))
            .order_by(col("w")),
    ),
] }

list! { windows, { let of = |expr: migrate::orm::Expr| {
    select([Order::id().into(), expr.label("it")]).from(source::<Order>()).order_by(Order::id())
};
let by_user = || Window::new().partition_by(Order::user_id());
let ordered = || by_user().order_by(Order::id()); } [
    ("row number", of(row_number().over(Window::new().order_by(Order::id().desc())))),
    ("row number within", of(row_number().over(ordered()))),
    ("rank", of(rank().over(Window::new().order_by(Order::total())))),
    ("dense rank", of(dense_rank().over(Window::new().order_by(Order::total())))),
    ("sum within", of(sum(Order::total()).over(by_user()))),
    ("running sum", of(sum(Order::total()).over(ordered()))),
    ("count within", of(count_all().over(by_user()))),
    ("lag", of(lag(Order::id()).over(ordered()))),
    ("lead", of(lead(Order::id()).over(ordered()))),
    ("max within", of(max(Order::total()).over(by_user()))),
    ("the last of each", {
        let ranked = subquery(
            select([
                Order::id().label("id"),
                row_number().over(by_user().order_by(Order::id().desc())).label("place"),
            ])
            .from(source::<Order>()),
            "ranked",
        );
        select([ranked.col("id")]).from(ranked.clone()).filter(ranked.col("place").eq(1)).order_by(ranked.col("id"))
    }),
] }

list! { raws, {} [
    ("a fragment", users(raw("users.age > ?", [Value::Int(30)]))),
    ("a fragment with two values", users(raw("users.id BETWEEN ? AND ?", [Value::Int(2), Value::Int(3)]))),
    ("a question mark in a text", users(raw("users.name <> '?' AND users.id = ?", [Value::Int(2)]))),
    ("a question mark in a comment", users(raw("users.id /* ? */ = ?", [Value::Int(2)]))),
    ("a value stays a value", users(raw("users.name = ?", [Value::from("' OR 1=1 --")]))),
    ("a fragment as a column", select([raw("1 + ?", [Value::Int(2)]).label("it")])),
    ("too few values", users(raw("users.id = ? OR users.id = ?", [Value::Int(1)]))),
    ("too many values", users(raw("users.id = ?", [Value::Int(1), Value::Int(2)]))),
    ("beside trees", users(raw("users.id > ?", [Value::Int(2)]).and(User::active().eq(true)))),
    (
        "in an order",
        select([User::id()])
            .from(source::<User>())
            .order_by(raw("users.id % ?", [Value::Int(2)]))
            .order_by(User::id()),
    ),
] }
