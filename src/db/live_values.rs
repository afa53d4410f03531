//! Parameters and typed cells against the servers that `tests/run` starts.

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::db::{Connection, Settings, Url};
    use crate::error::Kind;
    use crate::statement::Product;
    use crate::statement::value::Value;

    fn block_on<T>(work: impl Future<Output = T> + Send) -> T {
        let work: std::pin::Pin<Box<dyn Future<Output = T> + Send>> = Box::pin(work);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    async fn open(variable: &str) -> Connection {
        #[expect(clippy::disallowed_methods, reason = "tests/run names its servers in the environment")]
        let text = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run tests/run"));
        Connection::open(&Url::parse(&text, Path::new("")).unwrap(), &Settings::default()).await.unwrap()
    }

    fn text(text: &str) -> String {
        text.to_owned()
    }

    /// Asks for each expression, without and with a parameter, and compares what comes.
    async fn answers(connection: &mut Connection, cases: &[(&str, Value)]) {
        for (expression, wanted) in cases {
            let answer = connection.query(&format!("SELECT {expression} AS it"), &[]).await.unwrap();
            assert_eq!(answer.rows, [[wanted.clone()]], "{expression}");
            assert_eq!(&*answer.columns, ["it"]);
        }
    }

    #[test]
    fn postgres_values_are_typed() {
        block_on(async {
            let mut connection = open("MIGRATE_TEST_POSTGRES").await;
            let cases = [
                ("1::int2", Value::Int(1)),
                ("-9223372036854775808", Value::Int(i64::MIN)),
                ("0.1::float4", Value::Float(0.1)),
                ("'1234567890123.4500'::numeric", Value::Decimal(text("1234567890123.4500"))),
                ("'-0.00012'::numeric(10,6)", Value::Decimal(text("-0.000120"))),
                ("'NaN'::numeric", Value::Decimal(text("NaN"))),
                ("NULL::date", Value::Null),
                ("'2026-02-28'::date", Value::Date(text("2026-02-28"))),
                ("'4714-11-24 BC'::date", Value::Date(text("4714-11-24 BC"))),
                ("'infinity'::date", Value::Date(text("infinity"))),
                ("'23:59:59.000001'::time", Value::Time(text("23:59:59.000001"))),
                ("'2026-11-21 20:48:00.5+02'::timestamptz", Value::Instant(text("2026-11-21 18:48:00.5"))),
                ("'1969-12-31 23:59:59'::timestamp", Value::Timestamp(text("1969-12-31 23:59:59"))),
                ("'\\xdeadbeef'::bytea", Value::Bytes(vec![0xde, 0xad, 0xbe, 0xef])),
                ("'{\"a\": 1}'::jsonb", Value::Json(text("{\"a\": 1}"))),
                ("'{\"a\":1 }'::json", Value::Json(text("{\"a\":1 }"))),
                (
                    "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid",
                    Value::Uuid(text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
                ),
                ("'ä'::varchar(3)", Value::Text(text("ä"))),
                ("''", Value::Text(String::new())),
                ("true", Value::Bool(true)),
            ];
            answers(&mut connection, &cases).await;
            connection.execute("CREATE TYPE pg_temp.mood AS ENUM ('glad', 'sad')").await.unwrap();
            answers(&mut connection, &[("'sad'::pg_temp.mood", Value::Text(text("sad")))]).await;
            let error = connection.query("SELECT '1 day'::interval AS wait", &[]).await.unwrap_err();
            assert_eq!(error.phrase(), "column wait of the answer cannot be read");
            let values = [Value::Int(7), Value::from("é"), Value::Null, Value::Float(0.5), Value::Bool(true)];
            let sql = "SELECT $1 + 1, $2 || 'x', $3::date, $4, $5, $6::numeric, $7::date, $8";
            let more = [Value::Decimal(text("1.10")), Value::Date(text("2026-01-01")), Value::Bytes(vec![0, 255])];
            let answer = connection.query(sql, &[&values[..], &more[..]].concat()).await.unwrap();
            let wanted = [
                vec![Value::Int(8), Value::from("éx"), Value::Null, Value::Float(0.5), Value::Bool(true)],
                more.to_vec(),
            ];
            assert_eq!(answer.rows, [wanted.concat()]);
            connection.execute("CREATE TEMP TABLE t (a int2, b date, c jsonb)").await.unwrap();
            let sql = "INSERT INTO t VALUES ($1, $2, $3), ($4, $5::date, $6::json)";
            let date = Value::Date(text("2026-01-01"));
            let row = [Value::Null, Value::Null, Value::Null, Value::Int(3), date, Value::Json(text("[1]"))];
            assert_eq!(connection.query(sql, &row).await.unwrap().affected, 2);
            let error = connection.query("INSERT INTO t (a) VALUES ($1)", &[Value::Int(40_000)]).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Statement, Some("22003")));
            assert_eq!(connection.query("SELECT a FROM t", &[]).await.unwrap().rows.len(), 2);
        });
    }

    #[test]
    fn mysql_values_are_typed() {
        block_on(async {
            let mut connection = open("MIGRATE_TEST_MYSQL").await;
            connection.execute("CREATE DATABASE IF NOT EXISTS live_values").await.unwrap();
            connection.execute("USE live_values").await.unwrap();
            connection.execute("SET sql_mode = 'STRICT_TRANS_TABLES'").await.unwrap();
            let table = "CREATE TEMPORARY TABLE t (a tinyint(1), b bigint unsigned, c float, d decimal(10,3), e date, \
                         f datetime(6), g time(3), h varchar(5), i blob, j json, k bit(9), l year, m timestamp(2) NULL, n double)";
            connection.execute(table).await.unwrap();
            let row = [
                Value::Bool(true),
                Value::Unsigned(u64::MAX),
                Value::Float(0.1),
                Value::Decimal(text("-1234567.125")),
                Value::Date(text("0000-00-00")),
                Value::Timestamp(text("9999-12-31 23:59:59.999999")),
                Value::Time(text("-838:59:58.5")),
                Value::from("𝄞ä"),
                Value::Bytes(vec![0, 255]),
                Value::Json(text("{\"a\": 1}")),
                Value::Int(257),
                Value::Int(1999),
                Value::Instant(text("2026-11-21 20:48:00.5")),
                Value::Float(0.1),
            ];
            let marks = vec!["?"; row.len()].join(", ");
            connection.query(&format!("INSERT INTO t VALUES ({marks})"), &row).await.unwrap();
            let empty = vec![Value::Null; row.len()];
            connection.query(&format!("INSERT INTO t VALUES ({marks})"), &empty).await.unwrap();
            let rows = connection.query("SELECT * FROM t", &[]).await.unwrap().rows;
            let mut wanted = row.to_vec();
            wanted[0] = Value::Int(1);
            // MariaDB has no JSON but text with a binary collation, and BIT is bytes.
            if connection.server().product == Product::MariaDb {
                wanted[9] = Value::from("{\"a\": 1}");
            }
            wanted[10] = Value::Bytes(vec![1, 1]);
            assert_eq!(rows, [wanted, empty]);
            let error = connection.query("INSERT INTO t (h) VALUES (?)", &[Value::from("123456")]).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Statement, Some("1406")));
            let error = connection.query("SELECT ?", &[Value::Float(f64::NAN)]).await.unwrap_err();
            assert_eq!(error.phrase(), "parameter 1 (a real number) cannot be sent");
            connection.query("SELECT 1", &[]).await.unwrap();
        });
    }

    #[test]
    fn sqlite_values_are_typed() {
        block_on(async {
            let url = Url::parse("sqlite::memory:", Path::new("")).unwrap();
            let mut connection = Connection::open(&url, &Settings::default()).await.unwrap();
            let cases = [
                ("9223372036854775807", Value::Int(i64::MAX)),
                ("1.0", Value::Float(1.0)),
                ("x'00ff'", Value::Bytes(vec![0, 255])),
                ("x''", Value::Bytes(Vec::new())),
                ("''", Value::from("")),
                ("NULL", Value::Null),
            ];
            answers(&mut connection, &cases).await;
            for (_, value) in &cases {
                let answer = connection.query("SELECT ?1, ?1", std::slice::from_ref(value)).await.unwrap();
                assert_eq!(answer.rows, [[value.clone(), value.clone()]]);
            }
            connection.execute("CREATE TABLE t (a INT NOT NULL)").await.unwrap();
            let mut seen = 0;
            let sql = "INSERT INTO t VALUES (?), (?), (?) RETURNING a";
            let three = [Value::Int(1), Value::Int(2), Value::Int(3)];
            let affected = connection.query_each(sql, &three, |_, row| {
                seen += row.len();
                Ok(())
            });
            assert_eq!((affected.await.unwrap(), seen), (3, 3));
            let error = connection.query("INSERT INTO t VALUES (?)", &[Value::Null]).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Statement, Some("1299")));
            let error = connection.query("SELECT ?", &[Value::Unsigned(u64::MAX)]).await.unwrap_err();
            assert_eq!(error.phrase(), "parameter 1 (a whole number) cannot be sent");
        });
    }
}
