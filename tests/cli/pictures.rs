//! `history` on a terminal and `graph`: what is drawn, where, and what is refused.

use std::process::{Command, Stdio};

use super::{fork, line, project, table_revision};
use crate::common::{Project, binary};

/// Runs the program on a terminal of so many columns; what it prints, without colours.
fn on_a_terminal(project: &Project, columns: usize, arguments: &str) -> String {
    let command = format!("stty cols {columns} rows 24; {} {arguments}", binary().display());
    let mut shell = Command::new("script");
    shell.args(["-qec", &command, "/dev/null"]).current_dir(project.path("")).stdin(Stdio::null());
    shell.env("MIGRATE_CACHE_DIR", project.cache()).env("TERM", "dumb").env("LC_ALL", "C.UTF-8").env_remove("COLUMNS");
    let output = shell.output().expect("script runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("output in UTF-8").replace('\r', "")
}

/// Two branches that are merged; a third that depends on one of them; a message that is long, and one that is wide.
fn shop() -> (Project, crate::common::Fresh) {
    let (project, database) = fork();
    let revision = |id: &str, lines: &str, message: &str| {
        format!(
            "revision: {id}\n{lines}\nmessage: {message}\ncreated: 2026-11-21T09:30:00Z\nupgrade: []\ndowngrade: []\n"
        )
    };
    project
        .write("versions/d.yaml", revision("dddd", "down_revision: [bbbb, cccc]", "both sides in one again, at last"));
    project.write("versions/e.yaml", revision("eeee", "down_revision: dddd", "注文テーブルを追加する、そして請求書も"));
    let audit = revision("f0f0", "branch_labels: [audit]\ndepends_on: [cccc]", "'<audit> & \"history\"'");
    project.write("versions/f.yaml", audit);
    (project, database)
}

#[test]
fn history_is_drawn_on_a_terminal_and_listed_elsewhere() {
    let (project, _database) = shop();
    let list = project.run(&["history"]).ok().stdout;
    assert!(list.starts_with("<base> (cccc) -> f0f0"), "{list}");
    let drawn = "\
●     eeee (left) (head) 注文テーブルを追加する、そして請求書も
●     dddd (mergepoint) both sides in one again, at last
├─╮
● │   bbbb (left) on the left
│ │ ● f0f0 (audit) (head) <audit> & \"history\"
│ ├┄╯
│ ●   cccc on the right
├─╯
●     aaaa (branchpoint) base
";
    for arguments in [vec!["history", "--graph"], vec!["graph"], vec!["graph", "--as", "text"]] {
        assert_eq!(project.run(&arguments).ok().stdout, drawn, "{arguments:?}");
    }
    assert_eq!(on_a_terminal(&project, 100, "history"), drawn);
    assert_eq!(on_a_terminal(&project, 100, "history --no-graph"), list);
    assert_eq!(on_a_terminal(&project, 100, "history --graph --no-graph"), list, "the last word counts");
    assert_eq!(on_a_terminal(&project, 100, "history --no-graph --graph"), drawn, "the last word counts");
    assert!(
        on_a_terminal(&project, 100, "history -v 2>/dev/null")
            .starts_with("Rev: f0f0 (audit) (head)\nParent: <base>\n")
    );
    let json = on_a_terminal(&project, 100, "history --format json");
    assert!(json.starts_with("{\"format\":1,\"revisions\":["), "{json}");
}

#[test]
fn a_narrow_terminal_is_never_left() {
    let (project, _database) = shop();
    let drawn = on_a_terminal(&project, 40, "history");
    assert_eq!(
        drawn,
        "\
●     eeee (left) (head) 注文テーブルを…
●     dddd both sides in one again, at…
├─╮
● │   bbbb (left) on the left
│ │ ● f0f0 (audit) (head) <audit> & \"hi…
│ ├┄╯
│ ●   cccc on the right
├─╯
●     aaaa (branchpoint) base
"
    );
    assert_eq!(
        project
            .run_with(&["graph"], |command| {
                command.env("COLUMNS", "40");
            })
            .ok()
            .stdout,
        drawn
    );
    for columns in [1, 2, 7, 15] {
        let drawn = project
            .run_with(&["graph"], |command| {
                command.env("COLUMNS", columns.to_string());
            })
            .ok()
            .stdout;
        // None of the letters that are left here is wide but the ones of one message, which count twice.
        let longest = drawn.lines().map(|line| line.chars().map(|c| if c > '\u{3000}' { 2 } else { 1 }).sum()).max();
        assert!(longest <= Some(columns) && longest > Some(0), "{columns} columns\n{drawn}");
        assert_eq!(drawn.lines().count(), 9);
    }
}

#[test]
fn a_locale_without_the_signs_gets_plain_ones() {
    let (project, _database) = shop();
    let plain = |name: &'static str| {
        project
            .run_with(&["graph"], |command| {
                command.env(name, "C");
            })
            .ok()
            .stdout
    };
    let drawn = plain("LANG");
    assert_eq!(plain("LC_ALL"), drawn);
    assert!(drawn.starts_with("*     eeee (left) (head)") && drawn.contains("\n| +.'\n| *   cccc"), "{drawn}");
    assert!(drawn.contains("\n+-.\n* |   bbbb (left) on the left\n| | * f0f0"), "{drawn}");
}

#[test]
fn lanes_have_colours_where_they_are_wanted() {
    let (project, _database) = shop();
    let coloured = project.run(&["graph", "--color", "always"]).ok().stdout;
    assert!(coloured.contains("\u{1b}[94m●\u{1b}[0m") && coloured.contains("\u{1b}[35m"), "{coloured:?}");
    assert!(!project.run(&["graph"]).ok().stdout.contains('\u{1b}'));
}

#[test]
fn marks_of_the_database_are_drawn_when_they_are_asked_for() {
    let (project, _database) = line();
    project.run(&["upgrade", "bbbb"]).ok();
    let drawn = project.run(&["graph", "-i"]).ok().stdout;
    assert_eq!(drawn, "○ cccc (head) third table\n● bbbb (current) second table\n● aaaa first table\n");
    assert_eq!(project.run(&["history", "-i", "--graph"]).ok().stdout, drawn);
    let range = project.run(&["graph", "-r", "current:", "-i"]).ok().stdout;
    assert_eq!(range, "○ cccc (head) third table\n● bbbb (current) second table\n~\n");
    let mermaid = project.run(&["graph", "-i", "--as", "mermaid"]).ok();
    mermaid.prints(":::pending\n").prints(":::current\n").prints(":::applied\n").prints("classDef current ");
    project.run(&["graph", "-i", "--as", "dot"]).ok().prints("style=\"rounded,dashed\"").prints("rounded,filled,bold");
    let svg = project.run(&["graph", "-i", "--as", "svg"]).ok();
    svg.prints(">the database is here<").prints(">not applied<").prints("class=\"ring c0\"");
}

#[test]
fn without_marks_no_database_is_needed() {
    let (project, _database) = shop();
    project.write("migrate.yaml", "database: { url: \"${NO_SUCH_VARIABLE}\" }\n");
    for language in ["text", "mermaid", "dot", "svg"] {
        project.run(&["graph", "--as", language]).ok().prints("cccc");
    }
    project.run(&["graph", "-i"]).exits(2).says("NO_SUCH_VARIABLE");
    std::fs::remove_file(project.path("migrate.yaml")).expect("it was there");
    project.run(&["graph"]).ok().prints("cccc");
}

#[test]
fn mermaid_is_a_flowchart() {
    let (project, _database) = shop();
    let output = project.run(&["graph", "--as", "mermaid"]).ok();
    assert_eq!(
        output.stdout,
        "flowchart TD
  r0[\"eeee<br/>注文テーブルを追加する、そして請求書も<br/>(left) (head)\"]
  r1[\"dddd<br/>both sides in one again, at last\"]
  r2[\"bbbb<br/>on the left<br/>(left)\"]
  r3[\"f0f0<br/>#60;audit#62; #38; #34;history#34;<br/>(audit) (head)\"]
  r4[\"cccc<br/>on the right\"]
  r5[\"aaaa<br/>base\"]
  r0 --> r1
  r1 --> r2
  r1 --> r4
  r2 --> r5
  r3 -.-> r4
  r4 --> r5
"
    );
    assert_eq!(output.stderr, "");
}

#[test]
fn what_mermaid_will_not_draw_is_said() {
    let (project, _database) = project();
    for number in 0..502 {
        let down = if number == 0 { "null".to_owned() } else { format!("r{:03}", number - 1) };
        let text = format!("revision: r{number:03}\ndown_revision: {down}\nmessage: m\nupgrade: []\n");
        project.write(&format!("versions/{number:03}.yaml"), text);
    }
    project.run(&["graph", "--as", "mermaid"]).ok().says("warning: Mermaid draws at most 500 lines").says("-r FROM:TO");
    assert_eq!(project.run(&["graph", "--as", "mermaid", "-r", "r001:"]).ok().stderr, "");
}

#[test]
fn dot_is_quoted() {
    let (project, _database) = shop();
    let output = project.run(&["graph", "--as", "dot"]).ok();
    assert!(output.stdout.starts_with("digraph history {\n") && output.stdout.ends_with("}\n"), "{output}");
    let output = output.prints("  \"f0f0\" [label=\"f0f0\\n<audit> &amp; \\\"history\\\"\\n(audit) (head)\"];\n");
    output.prints("  \"f0f0\" -> \"cccc\" [style=dashed];\n").prints("  \"dddd\" -> \"bbbb\";\n");
}

/// What the XML parser of Python reads: elements by name and class, and all texts.
fn parsed(project: &Project, file: &str) -> String {
    let script = "import sys, xml.etree.ElementTree as tree\n\
                  for e in tree.parse(sys.argv[1]).iter():\n  \
                  print(e.tag.split('}')[1], e.get('class', ''), (e.text or '').strip().split('\\n')[0], sep='|')";
    let output = Command::new("python3").args(["-c", script, file]).current_dir(project.path("")).output();
    let output = output.expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("output in UTF-8")
}

#[test]
fn an_svg_is_well_formed_and_has_everything_once() {
    let (project, _database) = shop();
    let output = project.run(&["graph", "--svg", "history.svg"]).ok().says("Writing history.svg");
    assert_eq!(output.stdout, "");
    assert_eq!(project.read("history.svg"), project.run(&["graph", "--as", "svg"]).ok().stdout);
    let elements = parsed(&project, "history.svg");
    let count = |element: &str| elements.lines().filter(|line| line.starts_with(element)).count();
    assert_eq!((count("circle|dot"), count("text|id|"), count("text|message")), (6, 6, 6), "{elements}");
    assert_eq!((count("path|edge c"), count("path|edge needs c"), count("text|mark label")), (5, 1, 3), "{elements}");
    assert_eq!(
        (count("text|mark head|head"), count("script"), count("image"), count("text|day|2026-11-21")),
        (2, 0, 0, 3)
    );
    for text in [
        "text|message|<audit> & \"history\"",
        "text|message|注文テーブルを追加する、そして請求書も",
        "text|day|depends on",
    ] {
        assert_eq!(count(text), 1, "{text} in\n{elements}");
    }
    let document = project.read("history.svg");
    assert!(document.contains("prefers-color-scheme: dark"));
    assert!(!document.replace("http://www.w3.org/2000/svg", "").contains("http"), "nothing is fetched");
}

#[test]
fn no_text_of_a_revision_breaks_a_picture() {
    let (project, _database) = project();
    let messages = [
        "]]> <!-- \u{7} \u{202e}x",
        "</svg><script>alert(1)</script>",
        "a\u{fffe}b 👨\u{200d}👩 'q' \"q\"",
        "\\\" ]; x [label=1",
    ];
    for (number, message) in messages.into_iter().enumerate() {
        let text = format!("revision: r{number}\nmessage: {}\nupgrade: []\n", serde_json_string(message));
        project.write(&format!("versions/{number}.yaml"), text);
    }
    project.run(&["graph", "--svg", "x.svg"]).ok();
    let elements = parsed(&project, "x.svg");
    assert!(
        !elements.contains("\nscript") && elements.contains("text|message|</svg><script>alert(1)</script>"),
        "{elements}"
    );
    assert!(elements.contains("text|message|]]> <!-- \u{fffd} \u{fffd}x"), "{elements}");
    let drawn = project.run(&["graph"]).ok().stdout;
    assert!(drawn.contains("\\x07 \\u{202e}x") && !drawn.contains('\u{7}'), "{drawn}");
    let mermaid = project.run(&["graph", "--as", "mermaid"]).ok().stdout;
    assert!(!mermaid.contains("<script>") && !mermaid.contains('\u{202e}'), "{mermaid}");
    let dot = project.run(&["graph", "--as", "dot"]).ok();
    dot.prints("label=\"r3\\n\\\\\\\" ]; x [label=1\\n(head)\"];");
}

/// A text between double quotes, as JSON and YAML have it.
fn serde_json_string(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        plain if plain.is_ascii_graphic() || plain == ' ' => plain.to_string(),
        other => format!("\\U{:08x}", u32::from(other)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

#[test]
fn a_picture_takes_the_place_of_pictures_only() {
    let (project, _database) = line();
    project.run(&["graph", "--svg", "a.svg", "-r", ":bbbb"]).ok();
    let first = project.read("a.svg");
    project.run(&["graph", "--svg", "a.svg"]).ok();
    assert_ne!(project.read("a.svg"), first);
    let revision = project.read("versions/a.yaml");
    let refused = project.run(&["graph", "--svg", "versions/a.yaml"]).exits(2);
    refused.says("error: the file is there and is no SVG").says("versions/a.yaml").says("hint: choose another name");
    assert_eq!(project.read("versions/a.yaml"), revision);
    project.run(&["graph", "--svg", "no/folder/a.svg"]).exits(2).says("cannot write the file").says("no/folder/a.svg");
    project.run(&["graph", "--svg", "versions"]).exits(2).says("something that is no file has this name");
    assert_eq!(project.list(""), ["a.svg", "migrate.yaml", "models", "versions"]);
    assert_eq!(project.list("versions").len(), 3);
}

#[test]
fn programs_read_nodes_and_edges() {
    let (project, _database) = shop();
    let output = project.run(&["graph", "--format", "json", "-r", "bbbb:"]).ok();
    let start = "{\"format\":1,\"nodes\":[{\"revision\":\"eeee\",\"down_revision\":[\"dddd\"],\"depends_on\":[],";
    let end = "],\"edges\":[{\"from\":\"eeee\",\"to\":\"dddd\",\"kind\":\"parent\"},\
               {\"from\":\"dddd\",\"to\":\"bbbb\",\"kind\":\"parent\"}],\"path\":null}\n";
    assert!(output.stdout.starts_with(start) && output.stdout.ends_with(end), "{output}");
    let all = project.run(&["graph", "--format", "json", "--svg", "a.svg"]).ok();
    let all = all.prints("{\"from\":\"f0f0\",\"to\":\"cccc\",\"kind\":\"dependency\"}").prints("\"path\":\"a.svg\"}");
    assert_eq!(all.stderr, "");
    assert!(project.path("a.svg").exists());
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let (project, _database) = shop();
    project.run(&["graph", "--as", "png"]).exits(2).says("'png'").says("[possible values: text, mermaid, dot, svg]");
    project.run(&["graph", "--as", "dot", "--svg", "a.svg"]).exits(2).says("cannot be used with");
    project.run(&["graph", "-r", "zzzz:"]).exits(2).says("`zzzz`");
    project.run(&["graph", "-r", "aaaa"]).exits(2).says("is not a range");
    project.run(&["graph", "--format", "github"]).exits(2).says("no annotations");
    project.write("versions/g.yaml", table_revision("gggg", "hhhh", "lost", "lost"));
    project.run(&["graph", "--svg", "a.svg"]).exits(7).says("gggg").says("hhhh");
    assert!(!project.path("a.svg").exists());
}

#[test]
fn nothing_is_a_picture_too() {
    let (project, _database) = project();
    assert_eq!(project.run(&["graph"]).ok().stdout, "");
    assert_eq!(project.run(&["history", "--graph"]).ok().stdout, "");
    assert_eq!(project.run(&["graph", "--as", "mermaid"]).ok().stdout, "flowchart TD\n");
    project.run(&["graph", "--svg", "a.svg"]).ok();
    assert!(parsed(&project, "a.svg").contains("text|message|No revisions"));
    let json = project.run(&["graph", "--format", "json"]).ok().stdout;
    assert_eq!(json, "{\"format\":1,\"nodes\":[],\"edges\":[],\"path\":null}\n");
}
