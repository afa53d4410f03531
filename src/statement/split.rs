//! Cuts a text into single statements, so that each can be sent, timed, journalled and checked alone. No I/O.
//!
//! Nothing but comments, white space and terminators is left out of the pieces. What belongs to a client and not to the
//! server is refused with its line, and so is what is never closed: before anything runs.

use crate::error::{Error, Kind, Result};
use crate::statement::body::Body;
use crate::statement::syntax::Syntax;
use crate::statement::token::{Lexer, Token, TokenKind, error_at};

/// One statement of a longer text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'t> {
    /// From the first to the last token: comments within it are there, those around it and the terminator are not.
    pub(crate) sql: &'t str,
    /// Line where `sql` begins, from 1.
    pub(crate) line: usize,
    /// The comments between the statement before and this one, each with its marks: `-- migrate: renamed_from=x`.
    pub(crate) leading_comments: Vec<&'t str>,
    /// The first words outside of parentheses, at most [`WORDS`], in capitals. Quoted names are not among them.
    pub(crate) words: Vec<String>,
}

/// How many words a [`Piece`] keeps.
pub(crate) const WORDS: usize = 12;

/// Cuts a text into its statements. A text of comments alone has none.
///
/// # Errors
/// [`crate::error::Kind::File`] with the line: a string, comment, quoted name, parenthesis or body that is never closed;
/// commands of `psql`, `mariadb` or `sqlite3`; `COPY` from or to the client; marks of a merge conflict; NUL.
pub(crate) fn split<'t>(text: &'t str, syntax: &'static Syntax) -> Result<Vec<Piece<'t>>> {
    split_from_line(text, 1, syntax)
}

/// As [`split`], for a part of a file: `first_line` is the number of its first line.
pub(crate) fn split_from_line<'t>(text: &'t str, first_line: usize, syntax: &'static Syntax) -> Result<Vec<Piece<'t>>> {
    refuse_damage(text, first_line)?;
    let lexer = Lexer::new(text, first_line, syntax);
    let mut splitter = Splitter { text, syntax, lexer, pieces: Vec::new(), draft: Draft::new(syntax) };
    while let Some(token) = splitter.lexer.next() {
        splitter.take(&token?)?;
    }
    splitter.finish()
}

/// NUL bytes and what git leaves in a file after a conflict.
fn refuse_damage(text: &str, first_line: usize) -> Result<()> {
    let line_of = |offset: usize| first_line + text.bytes().take(offset).filter(|&byte| byte == b'\n').count();
    if let Some(offset) = text.find('\0') {
        return Err(error_at(text, offset, line_of(offset), "a NUL byte in the text")
            .with_hint("save the file as UTF-8 text without NUL bytes"));
    }
    for mark in ["<<<<<<<", ">>>>>>>"] {
        let starts_line = |&(offset, _): &(usize, &str)| offset == 0 || text.as_bytes().get(offset - 1) == Some(&b'\n');
        let ends =
            |offset: usize| matches!(text.as_bytes().get(offset + mark.len()), None | Some(b' ' | b'\r' | b'\n'));
        let found = text.match_indices(mark).filter(starts_line).find(|(offset, _)| ends(*offset));
        if let Some((offset, _)) = found {
            return Err(error_at(text, offset, line_of(offset), format!("mark of a merge conflict: {mark}"))
                .with_hint("resolve the conflict and delete its marks"));
        }
    }
    Ok(())
}

struct Splitter<'t> {
    text: &'t str,
    syntax: &'static Syntax,
    lexer: Lexer<'t>,
    pieces: Vec<Piece<'t>>,
    draft: Draft<'t>,
}

/// The statement that is being read.
struct Draft<'t> {
    comments: Vec<&'t str>,
    first: Option<Token>,
    end: usize,
    words: Vec<String>,
    depth: usize,
    /// The outermost parenthesis that is open.
    parenthesis: Option<Token>,
    body: Body,
}

impl Draft<'_> {
    fn new(syntax: &Syntax) -> Self {
        let (comments, words, body) = (Vec::new(), Vec::new(), Body::new(syntax.bodies));
        Self { comments, first: None, end: 0, words, depth: 0, parenthesis: None, body }
    }
}

impl<'t> Splitter<'t> {
    fn take(&mut self, token: &Token) -> Result<()> {
        match token.kind {
            TokenKind::Space => Ok(()),
            TokenKind::Comment => {
                if self.draft.first.is_none() {
                    self.draft.comments.push(token.text(self.text));
                }
                Ok(())
            }
            TokenKind::Delimiter if !self.lexer.is_executable() => self.close(),
            TokenKind::Punct if self.ends(token) => self.close(),
            TokenKind::Other if token.text(self.text) == "\\" => self.backslash(token),
            _ if self.draft.first.is_none() => self.begin(token),
            TokenKind::Executable
            | TokenKind::Word
            | TokenKind::QuotedIdent
            | TokenKind::String
            | TokenKind::Number
            | TokenKind::Operator
            | TokenKind::Punct
            | TokenKind::Delimiter
            | TokenKind::Other => {
                self.add(token);
                Ok(())
            }
        }
    }

    /// Whether a token is the semicolon that ends the statement.
    fn ends(&self, token: &Token) -> bool {
        let draft = &self.draft;
        let compound = self.lexer.has_delimiter() && draft.body.is_compound();
        let within = draft.depth > 0 || self.lexer.is_executable();
        token.text(self.text) == ";" && !within && !compound && draft.body.open().is_none()
    }

    fn begin(&mut self, token: &Token) -> Result<()> {
        if self.syntax.delimiter_word && token.is_word(self.text, "DELIMITER") {
            return self.delimiter(token);
        }
        if token.kind == TokenKind::Punct && token.text(self.text) == "." {
            return Err(self.refuse(token, "a command of the sqlite3 client"));
        }
        self.draft.first = Some(*token);
        self.add(token);
        Ok(())
    }

    fn delimiter(&mut self, token: &Token) -> Result<()> {
        let rest = self.lexer.rest_of_line().trim();
        let quoted = ['\'', '"', '`'].iter().find_map(|&mark| rest.strip_prefix(mark)?.split(mark).next());
        let delimiter = quoted.or_else(|| rest.split_whitespace().next()).unwrap_or_default();
        if delimiter.is_empty() {
            return Err(self
                .error(token, "DELIMITER without a terminator")
                .with_hint("write it behind the word: DELIMITER $$"));
        }
        self.lexer.set_delimiter(Some(delimiter).filter(|&delimiter| delimiter != ";"));
        Ok(())
    }

    fn backslash(&mut self, token: &Token) -> Result<()> {
        let null = self.text.get(token.end..).is_some_and(|rest| rest.starts_with('N'));
        if self.syntax.backslash_null && null && self.draft.first.is_some() {
            self.add(token);
            return Ok(());
        }
        Err(self.refuse(token, "a backslash command of a client"))
    }

    fn add(&mut self, token: &Token) {
        let text = token.text(self.text);
        let draft = &mut self.draft;
        draft.end = token.end;
        match (token.kind, text) {
            (TokenKind::Punct, "(") => {
                draft.depth += 1;
                draft.parenthesis.get_or_insert(*token);
            }
            (TokenKind::Punct, ")") => {
                draft.depth = draft.depth.saturating_sub(1);
                draft.parenthesis = draft.parenthesis.filter(|_| draft.depth > 0);
            }
            (TokenKind::Word, _) if draft.depth == 0 && draft.words.len() < WORDS => {
                draft.words.push(text.to_ascii_uppercase());
            }
            _ => {}
        }
        draft.body.feed(token.kind, text, token.line);
    }

    /// Makes a piece of what was read. Without a token, the comments stay for the next one.
    fn close(&mut self) -> Result<()> {
        let Some(first) = self.draft.first else { return Ok(()) };
        if let Some(parenthesis) = self.draft.parenthesis {
            return Err(self
                .error(&parenthesis, "parenthesis is never closed")
                .with_hint("close the parenthesis with )"));
        }
        self.refuse_copy(&first)?;
        if self.draft.body.is_package() && !self.lexer.has_delimiter() {
            return Err(self.error(&first, "the end of a package cannot be seen").with_hint(DELIMITER_HINT));
        }
        let draft = std::mem::replace(&mut self.draft, Draft::new(self.syntax));
        let sql = self.text.get(first.start..draft.end).unwrap_or_default();
        // Behind a statement in a DELIMITER section people write a semicolon too, as clients do not mind it.
        let sql = if self.lexer.has_delimiter() { sql.trim_end_matches([';', ' ', '\n', '\t', '\r']) } else { sql };
        self.pieces.push(Piece { sql, line: first.line, leading_comments: draft.comments, words: draft.words });
        Ok(())
    }

    fn refuse_copy(&self, first: &Token) -> Result<()> {
        let words = &self.draft.words;
        let has =
            |side: &str, stream: &str| words.iter().zip(words.iter().skip(1)).any(|(a, b)| a == side && b == stream);
        let copies = self.syntax.copy_data && words.first().is_some_and(|word| word == "COPY");
        if copies && (has("FROM", "STDIN") || has("TO", "STDOUT")) {
            return Err(self
                .error(first, "COPY of lines that only psql can send or take")
                .with_hint("write INSERT statements, or COPY from a file of the server"));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<Piece<'t>>> {
        let (open, delimiter) = (self.draft.body.open(), self.lexer.has_delimiter());
        if let Some(line) = open.filter(|_| !delimiter && self.draft.parenthesis.is_none()) {
            let hint = if self.syntax.delimiter_word { DELIMITER_HINT } else { "close it with END;" };
            let phrase = "the body that begins here is never closed by END";
            return Err(Error::new(Kind::File, phrase).at_line(line, 0).with_hint(hint));
        }
        self.close()?;
        Ok(self.pieces)
    }

    fn error(&self, token: &Token, phrase: impl Into<String>) -> Error {
        error_at(self.text, token.start, token.line, phrase)
    }

    /// A line for a client program.
    fn refuse(&self, token: &Token, what: &str) -> Error {
        let line = self.text.get(token.start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let shown: String = line.chars().take(40).collect();
        self.error(token, format!("{what}: {shown}")).with_hint("delete the line: only SQL is sent to the database")
    }
}

const DELIMITER_HINT: &str = "close every block with its END, or put DELIMITER lines around the statement";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::syntax::{MYSQL, POSTGRES, SQLITE};
    use crate::statement::token::tokens;

    fn sqls<'t>(text: &'t str, syntax: &'static Syntax) -> Vec<&'t str> {
        split(text, syntax).unwrap().iter().map(|piece| piece.sql).collect()
    }

    /// `text` is one statement; so is what follows it.
    fn holds_together(text: &str, syntax: &'static Syntax) {
        let both = format!("{text};\nSELECT 2;");
        assert_eq!(sqls(&both, syntax), [text, "SELECT 2"]);
        assert_eq!(sqls(text, syntax), [text]);
    }

    fn refused(text: &str, syntax: &'static Syntax) -> (usize, String) {
        let error = split(text, syntax).unwrap_err();
        assert_eq!(error.kind(), Kind::File);
        assert!(error.hint().is_some(), "{error}");
        (error.place().line.unwrap(), error.phrase().to_owned())
    }

    #[test]
    fn keeps_comments_lines_and_words() {
        let text = "-- one\n/* two */ select /* in */ (a, b)\n from t -- after\n;; -- three\n\nDrop Table \"x\" -- end";
        let pieces = split(text, &POSTGRES).unwrap();
        let [first, second] = pieces.as_slice() else { panic!("{pieces:?}") };
        assert_eq!(first.sql, "select /* in */ (a, b)\n from t");
        assert_eq!((first.line, &*first.leading_comments), (2, &["-- one", "/* two */"][..]));
        assert_eq!(first.words, ["SELECT", "FROM", "T"]);
        assert_eq!(second.sql, "Drop Table \"x\"");
        assert_eq!((second.line, &*second.leading_comments), (6, &["-- three"][..]));
        assert_eq!(second.words, ["DROP", "TABLE"]);
    }

    #[test]
    fn counts_from_the_first_line_of_a_part() {
        assert_eq!(split_from_line("\nselect 1", 10, &SQLITE).unwrap()[0].line, 11);
        assert_eq!(split_from_line("\n'x", 10, &SQLITE).unwrap_err().place().line, Some(11));
        assert_eq!(split_from_line("\n\0", 10, &SQLITE).unwrap_err().place().line, Some(11));
    }

    #[test]
    fn finds_nothing_in_comments_and_semicolons() {
        for text in ["", " \n", ";", ";;\n;", "-- a;b", "/* a;b */;", "\t-- x\r\n;"] {
            assert_eq!(sqls(text, &POSTGRES), [""; 0], "{text}");
        }
        assert_eq!(sqls("# a;b\n-- c;\nDELIMITER $$\n", &MYSQL), [""; 0]);
    }

    #[test]
    fn knows_what_postgres_writes() {
        holds_together("select $x$ ; $$ ; $x$", &POSTGRES);
        holds_together("select 'a;''b', E'\\';', \"c;\" /* ; /* ; */ ; */ -- ;\n , 1", &POSTGRES);
        holds_together("create rule r as on insert to t do also (select 1; select 2)", &POSTGRES);
        holds_together(
            "create or replace function f(a int) returns int begin atomic\n select case when a > 0 then 1 else 2 end;\n \
             select case 1 when 1 then case when true then 1 end end as end; select t.end from t; end",
            &POSTGRES,
        );
        holds_together("create procedure p() language sql BEGIN ATOMIC END", &POSTGRES);
        holds_together("create function f() returns int as $$ begin return 1; end $$ language plpgsql", &POSTGRES);
        assert_eq!(sqls("begin; select 1; end; select 2", &POSTGRES), ["begin", "select 1", "end", "select 2"]);
        assert_eq!(sqls("create table atomic (x int); begin; end", &POSTGRES).len(), 3);
        assert_eq!(sqls("delimiter $$;", &SQLITE), ["delimiter $$"]);
    }

    #[test]
    fn knows_triggers_of_sqlite() {
        holds_together(
            "CREATE TEMP TRIGGER IF NOT EXISTS [tr;] AFTER UPDATE OF end ON t WHEN case when 1 then 1 end BEGIN\n \
             UPDATE t SET begin = case when end then 1 else 2 end; SELECT 'END;'; /* ; END; */ END",
            &SQLITE,
        );
        holds_together("create trigger x before delete on t begin select raise(abort, 'x'); end", &SQLITE);
        holds_together("CREATE TABLE trigger_log (a, begin, end)", &SQLITE);
        assert_eq!(sqls("BEGIN; SELECT 1; END; SELECT 2", &SQLITE).len(), 4);
        assert_eq!(sqls("select '\\'; select \"a;\", `b;`, [c;]", &SQLITE).len(), 2);
    }

    #[test]
    fn knows_programs_of_mariadb_without_delimiter() {
        for program in [
            "CREATE PROCEDURE p() SELECT 1",
            "CREATE PROCEDURE p(a INT, end INT) BEGIN SELECT 1; END",
            "CREATE OR REPLACE DEFINER=`a`@`%` PROCEDURE IF NOT EXISTS p()\nBEGIN\n END",
            "create definer=root@localhost procedure p() sql security invoker begin set @a = 1; end",
            "CREATE FUNCTION f(a INT) RETURNS CHAR(5) CHARACTER SET utf8 DETERMINISTIC BEGIN RETURN IF(a, 1, 2); END",
            "CREATE FUNCTION f() RETURNS INT RETURN CASE WHEN 1 THEN IF(1, 2, 3) ELSE REPEAT('a', 3) END",
            "CREATE AGGREGATE FUNCTION f RETURNS INTEGER SONAME 'x.so'",
            "CREATE TRIGGER begin BEFORE INSERT ON `t` FOR EACH ROW FOLLOWS x BEGIN SET NEW.end = 1; END",
            "CREATE TRIGGER t AFTER DELETE ON t FOR EACH ROW INSERT INTO log SELECT CASE WHEN 1 THEN 2 END FROM b FOR UPDATE",
            "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO BEGIN DELETE FROM t; SELECT 1; END",
            "SET STATEMENT sql_mode = '' FOR CREATE PROCEDURE p() BEGIN SELECT 1; SELECT 2; END",
            "ALTER EVENT e DO lbl: LOOP LEAVE lbl; END LOOP lbl",
            "BEGIN NOT ATOMIC IF 1 THEN SELECT 1; ELSEIF 2 THEN SELECT 2; ELSE IF 3 THEN SELECT 3; END IF; END IF; END",
            "IF 1 THEN SELECT 1; END IF",
            "FOR i IN 1..10 DO SELECT i; END FOR",
            "WHILE @a < CASE WHEN 1 THEN 2 END DO SET @a = @a + 1; END WHILE",
            "CREATE PROCEDURE p() a: BEGIN b: REPEAT SET @x = 1; UNTIL @x = 1 END REPEAT b; c: BEGIN END c; END a",
            "CREATE PROCEDURE p() CASE x WHEN 1 THEN SELECT IF(1, CASE 1 WHEN 1 THEN 2 END, 3); ELSE BEGIN END; END CASE",
            "CREATE PROCEDURE p() BEGIN UPDATE t SET end = 1, begin = 2; IF a THEN UPDATE t SET end = 2; END IF; END",
            "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND BEGIN ROLLBACK; END; SELECT 1; END",
            "CREATE PROCEDURE p() BEGIN DECLARE CONTINUE HANDLER FOR 1062 SET d = IF(a, 1, 2); SELECT 1; END",
            "CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR SELECT 1; DECLARE begin INT; OPEN c; DO IF(1, 2, 3); END",
            "/*!50003 CREATE*/ /*!50017 DEFINER=`a`@`b`*/ /*!50003 TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN SET @a = 1; END */",
        ] {
            holds_together(program, &MYSQL);
        }
    }

    #[test]
    fn splits_plain_statements_of_mariadb() {
        let text = "CREATE TABLE event (procedure_ int, `trigger` int); ALTER TABLE t ADD begin int; BEGIN; UPDATE t SET a = \
                    'it\\'s;'; # x;\nSELECT 5--1; -- y;\nCOMMIT; CREATE DEFINER=a@b VIEW v AS SELECT CASE 1 WHEN 1 THEN 2 END; \
                    /*!40101 SET a = 1; */; SELECT \\N; SELECT 1";
        assert_eq!(sqls(text, &MYSQL).len(), 10);
    }

    #[test]
    fn obeys_delimiter() {
        let text = "select 1;\nDELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT '$$'; END$$\n\ndelimiter //\nDROP TABLE a; DROP \
                    TABLE b;\nCREATE FUNCTION f() RETURNS INT BEGIN RETURN 1; END; //\nDELIMITER ;\nselect 2;";
        let program = "CREATE PROCEDURE p() BEGIN SELECT '$$'; END";
        let function = "CREATE FUNCTION f() RETURNS INT BEGIN RETURN 1; END";
        assert_eq!(sqls(text, &MYSQL), ["select 1", program, "DROP TABLE a", "DROP TABLE b", function, "select 2"]);
        assert_eq!(split(text, &MYSQL).unwrap()[2].line, 6);
        let package = "CREATE PACKAGE p PROCEDURE a(); PROCEDURE b(); END";
        assert_eq!(sqls(&format!("DELIMITER '|'\n{package}|select 1;"), &MYSQL), [package, "select 1"]);
        assert_eq!(refused(package, &MYSQL).0, 1);
        assert_eq!(refused("\nDELIMITER \nx", &MYSQL), (2, "DELIMITER without a terminator".to_owned()));
    }

    #[test]
    fn refuses_what_belongs_to_a_client() {
        let copy = "COPY of lines that only psql can send or take";
        assert_eq!(refused("\ncopy \"a\".t (a, b) from stdin;\n1\t'\n\\.\n", &POSTGRES), (2, copy.to_owned()));
        assert_eq!(refused("COPY t TO STDOUT WITH (FORMAT csv)", &POSTGRES), (1, copy.to_owned()));
        assert_eq!(sqls("copy t from '/tmp/stdin'; copy t to program 'x'", &POSTGRES).len(), 2);
        let (line, phrase) = refused("select 1;\n \\set a 1\n", &POSTGRES);
        assert_eq!((line, phrase.as_str()), (2, "a backslash command of a client: \\set a 1"));
        assert_eq!(refused("select 1 \\gset", &POSTGRES).0, 1);
        assert_eq!(refused("\n\\. x.sql", &MYSQL).0, 2);
        assert_eq!(refused("\n.mode list\n", &SQLITE), (2, "a command of the sqlite3 client: .mode list".to_owned()));
    }

    #[test]
    fn refuses_damage() {
        assert_eq!(refused("select 1;\n<<<<<<< HEAD\nselect 2;", &POSTGRES).0, 2);
        assert_eq!(refused("select $$\n\n>>>>>>>\r\n$$", &POSTGRES).0, 3);
        assert_eq!(sqls("select '<<<<<<<';\n-- x <<<<<<< HEAD\n--\n<<<<<<<<< 1", &POSTGRES).len(), 2);
        assert_eq!(refused("select 1;\nselect '\0'", &SQLITE), (2, "a NUL byte in the text".to_owned()));
    }

    #[test]
    fn names_the_line_of_what_is_never_closed() {
        let parenthesis = "parenthesis is never closed";
        let body = "the body that begins here is never closed by END";
        for (text, syntax, line, phrase) in [
            ("select 1;\nselect 'a;\n", &SQLITE, 2, "string is never closed"),
            ("\n/* x", &MYSQL, 2, "comment is never closed"),
            ("\n\nselect $b$ ;", &POSTGRES, 3, "dollar quote is never closed"),
            ("create table t (\n a int;\nselect (1);", &POSTGRES, 1, parenthesis),
            ("select (1);\nselect ((2);", &MYSQL, 2, parenthesis),
            ("delimiter $$\nselect (1$$", &MYSQL, 2, parenthesis),
            ("select 1;\ncreate trigger t after insert on x begin select 1;", &SQLITE, 2, body),
            ("create function f() returns int\nbegin atomic select 1;", &POSTGRES, 2, body),
            ("create procedure p()\nbegin if 1 then select 1; end;", &MYSQL, 2, body),
        ] {
            assert_eq!(refused(text, syntax), (line, phrase.to_owned()), "{text}");
        }
        assert_eq!(sqls("select 1);select 2", &POSTGRES).len(), 2);
    }

    /// A generator of numbers that is the same on every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % limit as u64).unwrap()
        }
    }

    const FRAGMENTS: &str = "select|;|;|'a;b'|'it''s'|\"x;\"|`y`|[z]|(|)|(a, 1)|,|begin|end|case|when|then|else|if|atomic|not|\
        create|function f()|procedure p()|trigger|for each row|temp|or replace|event|do|loop|while|repeat|end if|end loop|\
        -- c;\n|# h\n|/* k; */|/* /* n */|*/|/*!40101|$$|$t$|$1|E'\\''|'\\'|\\N|é|1e3|0x1f|.5|::|->>|:=|@@a|a.b|x'00'|\
        _utf8'q'|N'n'|U&'u'|declare|handler for|set a = 1|:|\n|\r\n|\t|?|\u{a0}|\u{1}|日本|copy t|from stdin|<<<<<<<|--1|+-|.|\
        end;|; end;|begin not atomic|create trigger t after insert on x begin|$$ ; $$|DELIMITER //\n|//|DELIMITER ;\n|{|}|\\";

    /// The text of every token that counts, without semicolons.
    fn counted(text: &str, syntax: &'static Syntax) -> Vec<String> {
        let all = tokens(text, syntax).unwrap();
        let kept = all.iter().filter(|token| !token.is_skippable() && token.text(text) != ";");
        kept.map(|token| token.text(text).to_owned()).collect()
    }

    #[test]
    fn loses_no_token_and_never_panics() {
        let fragments: Vec<&str> = FRAGMENTS.split('|').collect();
        let mut random = Random(0x2545_F491_4F6C_DD1D);
        let mut compared = 0;
        for round in 0..60_000 {
            let syntax = [&SQLITE, &POSTGRES, &MYSQL][round % 3];
            let count = 1 + random.below(14);
            let mut text = String::new();
            for _ in 0..count {
                text.push_str(fragments[random.below(fragments.len())]);
                text.push_str([" ", " ", "", "\n"][random.below(4)]);
            }
            let Ok(pieces) = split(&text, syntax) else { continue };
            for piece in &pieces {
                let before = text.find(piece.sql).unwrap();
                assert!(piece.line > text.get(..before).unwrap().matches('\n').count(), "{text:?}");
                assert!(!piece.sql.trim_ascii().is_empty() && piece.words.len() <= WORDS);
            }
            // Words of the client are no tokens of a statement, and MySQL's `--` is a comment where the text ends.
            let foreign = ["DELIMITER", "--"].iter().any(|word| syntax.delimiter_word && text.contains(word));
            if !foreign {
                let found: Vec<String> = pieces.iter().flat_map(|piece| counted(piece.sql, syntax)).collect();
                assert_eq!(found, counted(&text, syntax), "{text:?}");
                compared += usize::from(!found.is_empty());
            }
        }
        assert!(compared > 10_000, "only {compared} texts were compared");
    }

    #[test]
    fn survives_any_cut_of_a_text() {
        let text = "create function f() begin atomic select 'é', E'\\'', $ü$;$ü$, /* /*日*/ */ x'00'; end; -- ж\n/*!1 a*/ DELIMITER //";
        for (offset, _) in text.char_indices() {
            let (head, tail) = text.split_at(offset);
            for part in [head, tail] {
                for syntax in [&SQLITE, &POSTGRES, &MYSQL] {
                    if let Err(error) = split(part, syntax) {
                        assert_eq!(error.kind(), Kind::File);
                    }
                }
            }
        }
    }
}
