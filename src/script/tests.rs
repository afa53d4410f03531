use super::*;

fn columns() -> Vec<String> {
    ["id", "email", "total", "note"].map(str::to_owned).to_vec()
}

fn values() -> Vec<Value> {
    vec![Value::Int(7), Value::Text(" Ada@Example.ORG ".to_owned()), Value::Decimal("12.50".to_owned()), Value::Null]
}

fn run(text: &str) -> Result<Vec<(usize, Value)>> {
    Script::new(text, 10)?.run(&columns(), &values())
}

fn refused(text: &str) -> (usize, String) {
    let error = run(text).expect_err(text);
    (error.place().line.expect("a line"), error.phrase().to_owned())
}

#[test]
fn what_is_set_comes_back_and_nothing_else() {
    assert_eq!(run("").unwrap(), []);
    assert_eq!(
        run("row.email.trim(); row.id = 7; row.note = ();").unwrap(),
        [(1, Value::Text("Ada@Example.ORG".into()))]
    );
    let text =
        "let mail = row.email;\nmail.trim();\nrow.email = mail.to_lower();\nrow.note = `${row.total} of ${row.id}`;";
    let expected = [(1, Value::Text("ada@example.org".into())), (3, Value::Text("12.50 of 7".into()))];
    assert_eq!(run(text).unwrap(), expected);
    assert_eq!(run("row.note = row.note == ();").unwrap(), [(3, Value::Bool(true))]);
    assert_eq!(run("row.note = 1.5; row.email = ();").unwrap(), [(1, Value::Null), (3, Value::Float(1.5))]);
    assert_eq!(run("fn half(n) { n / 2 } row.note = half(row.id);").unwrap(), [(3, Value::Int(3))]);
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    assert_eq!(run("row.note = sha256(\"hello\");").unwrap(), [(3, Value::Text(hash.into()))]);
    assert_eq!(run("row.note = #{ a: [1, ()] }.to_json();").unwrap(), [(3, Value::Text("{\"a\":[1,null]}".into()))]);
    assert_eq!(run("row.note = 1; exit(); row.note = 2;").unwrap(), [(3, Value::Int(1))]);
    assert_eq!(run("row.note = 'x';").unwrap(), [(3, Value::Text("x".into()))]);
}

#[test]
fn errors_have_the_line_of_the_file() {
    assert_eq!(refused("let a = 1;\n\nthrow \"no \" + row.id;"), (12, "the script throws: no 7".to_owned()));
    assert_eq!(refused("row.note = 1 / 0;").0, 10);
    assert_eq!(refused("fn f() {\n  1 / 0\n}\nrow.note = f();").0, 11);
    assert!(refused("\nrow.note = row.nosuch;").1.contains("nosuch"));
    assert_eq!(refused("row.nosuch = 1;").1, "the script sets `nosuch`, which is not among its columns");
    assert_eq!(refused("row = 1;").1, "`row` is no row any more");
    assert_eq!(refused("row.note = [1];").1, "column note cannot hold an array");
    assert!(refused("row.note = 9223372036854775807 + 1;").1.contains("overflow"));
    for (text, line) in [("let a = ;", 10), ("\n\nif {", 12), ("row.email = nosuch;", 10), ("import \"x\" as y;", 10)] {
        let error = Script::new(text, 10).err().unwrap_or_else(|| panic!("{text}"));
        assert_eq!((error.kind(), error.place().line), (Kind::File, Some(line)), "{text}: {error}");
    }
}

#[test]
fn a_script_has_no_way_out() {
    for text in ["eval(\"1\")", "print(1)", "debug(1)", "import \"std\" as s"] {
        assert!(Script::new(text, 1).is_err(), "{text}");
    }
    for text in ["sleep(10);", "sleep(0.5);", "timestamp();", "open(\"/etc/passwd\");", "rand();"] {
        assert!(run(text).is_err(), "{text}");
    }
    let started = Instant::now();
    drop(run("sleep(60)"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_loops_for_ever_is_stopped() {
    for text in ["loop { }", "while true { let x = 1; }", "let a = 0; loop { a += 1; if a > 1000 { a = 0; } }"] {
        let started = Instant::now();
        let (_, said) = refused(text);
        assert!(said.contains("it was stopped"), "{said}");
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
}

#[test]
fn what_eats_memory_is_stopped() {
    for (text, words) in [
        ("let s = \"xxxxxxxx\"; loop { s += s; }", "too much of"),
        ("let a = []; loop { a.push(1); }", "too much of"),
        ("let a = [1]; loop { a += a; }", "too much of"),
        ("let m = #{}; let i = 0; loop { i += 1; m[`k${i}`] = i; }", ""),
        (
            "let a = []; loop { a.push(\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"); }",
            "too much of",
        ),
        ("let b = blob(); loop { b += blob(1000, 1); }", ""),
        ("let s = \"x\"; s.pad(100000000, 'x');", ""),
        ("blob(1000000000, 0);", ""),
        ("fn f(n) { f(n + 1) } f(0);", "too deep"),
    ] {
        let (_, said) = refused(text);
        assert!(said.contains(words), "{text}: {said}");
    }
}

#[test]
fn many_rows_go_through_one_script() {
    let script = Script::new("row.email.trim(); row.note = row.email.len();", 1).unwrap();
    let started = Instant::now();
    for at in 0..2_000 {
        let row = vec![Value::Int(at), Value::Text(" a ".into()), Value::Null, Value::Null];
        let expected = vec![(1, Value::Text("a".into())), (3, Value::Int(1))];
        assert_eq!(script.run(&columns(), &row).unwrap(), expected);
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}
