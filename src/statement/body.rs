//! Statements that hold statements: where a semicolon does not end the whole. Pure state machines, fed with the tokens
//! of one statement in order.
//!
//! Words that open and close blocks are names elsewhere (`UPDATE t SET end = 1`), so each machine knows the places where
//! they count.

use crate::statement::syntax::Bodies;
use crate::statement::token::TokenKind;

/// A token as the machines see it.
pub(crate) struct Item<'t> {
    /// A keyword in capitals, or punctuation; empty for everything else.
    word: &'t str,
    line: usize,
}

/// Follows one statement.
pub(crate) enum Body {
    Trigger(Trigger),
    Atomic(Atomic),
    Compound(Compound),
}

impl Body {
    pub(crate) fn new(bodies: Bodies) -> Self {
        match bodies {
            Bodies::Triggers => Self::Trigger(Trigger::default()),
            Bodies::Atomic => Self::Atomic(Atomic::default()),
            Bodies::Compound => Self::Compound(Compound::default()),
        }
    }

    /// Takes the next token that is neither white space nor a comment.
    pub(crate) fn feed(&mut self, kind: TokenKind, text: &str, line: usize) {
        if self.is_plain() || kind == TokenKind::Executable {
            return;
        }
        let upper = if kind == TokenKind::Word { text.to_ascii_uppercase() } else { String::new() };
        let sign = matches!(kind, TokenKind::Punct | TokenKind::Operator);
        let item = Item { word: if sign { text } else { &upper }, line };
        match self {
            Self::Trigger(trigger) => trigger.feed(&item),
            Self::Atomic(atomic) => atomic.feed(&item),
            Self::Compound(compound) => compound.feed(&item),
        }
    }

    /// The line where the body begins that is not closed yet.
    pub(crate) fn open(&self) -> Option<usize> {
        match self {
            Self::Trigger(trigger) => trigger.open(),
            Self::Atomic(atomic) => (atomic.depth > 0).then_some(atomic.line),
            Self::Compound(compound) => (compound.phase == Phase::Inside).then_some(compound.line),
        }
    }

    /// The statement is of a sort that may hold statements, so that only the word `DELIMITER` says for sure where it
    /// ends.
    pub(crate) fn is_compound(&self) -> bool {
        match self {
            Self::Compound(compound) => {
                matches!(compound.phase, Phase::Header(_) | Phase::Inside | Phase::Done | Phase::Package)
            }
            Self::Trigger(_) | Self::Atomic(_) => false,
        }
    }

    /// The statement is a package: its end cannot be told from that of its parts.
    pub(crate) fn is_package(&self) -> bool {
        matches!(self, Self::Compound(compound) if compound.phase == Phase::Package)
    }

    fn is_plain(&self) -> bool {
        match self {
            Self::Trigger(trigger) => trigger.header == Header::Plain,
            Self::Atomic(atomic) => atomic.header == Header::Plain,
            Self::Compound(compound) => matches!(compound.phase, Phase::Plain | Phase::Done),
        }
    }
}

/// How far the first words of a statement have been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Header {
    #[default]
    Start,
    Create,
    /// The words say that a body may follow.
    Found,
    /// No body can follow.
    Plain,
}

impl Header {
    /// Reads `CREATE`, then any of `between`, then one of `kinds`.
    fn next(self, word: &str, between: &[&str], kinds: &[&str]) -> Self {
        match self {
            Self::Start if word == "CREATE" => Self::Create,
            Self::Create if between.contains(&word) => Self::Create,
            Self::Create if kinds.contains(&word) => Self::Found,
            Self::Found => Self::Found,
            Self::Start | Self::Create | Self::Plain => Self::Plain,
        }
    }
}

/// SQLite's own rule (`sqlite3_complete`): a trigger ends with `; END ;`.
#[derive(Default)]
pub(crate) struct Trigger {
    header: Header,
    line: usize,
    tail: Tail,
}

/// The last tokens of a trigger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tail {
    #[default]
    Other,
    Semicolon,
    /// `; END`.
    End,
}

impl Trigger {
    fn feed(&mut self, item: &Item) {
        if self.header == Header::Start {
            self.line = item.line;
        }
        self.header = self.header.next(item.word, &["TEMP", "TEMPORARY"], &["TRIGGER"]);
        self.tail = match (self.tail, item.word) {
            (_, ";") => Tail::Semicolon,
            (Tail::Semicolon, "END") => Tail::End,
            _ => Tail::Other,
        };
    }

    fn open(&self) -> Option<usize> {
        (self.header == Header::Found && self.tail != Tail::End).then_some(self.line)
    }
}

/// PostgreSQL's functions with a body in SQL. The words are reserved: they are names only behind a dot or `AS`.
#[derive(Default)]
pub(crate) struct Atomic {
    header: Header,
    line: usize,
    depth: usize,
    after_begin: bool,
    after_naming: bool,
}

impl Atomic {
    fn feed(&mut self, item: &Item) {
        self.header = self.header.next(item.word, &["OR", "REPLACE"], &["FUNCTION", "PROCEDURE"]);
        let named = std::mem::replace(&mut self.after_naming, matches!(item.word, "." | "AS"));
        let begun = std::mem::replace(&mut self.after_begin, item.word == "BEGIN");
        match item.word {
            _ if named => {}
            "ATOMIC" if begun && self.depth == 0 => (self.depth, self.line) = (1, item.line),
            "CASE" if self.depth > 0 => self.depth += 1,
            "END" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

/// The stored programs of MariaDB and MySQL, and MariaDB's blocks outside of them.
#[derive(Default)]
pub(crate) struct Compound {
    phase: Phase,
    line: usize,
    blocks: Vec<Block>,
    /// Parentheses of the header.
    depth: usize,
    /// The token before this one was `CHARACTER`, so that `SET` is no statement.
    after_character: bool,
    /// A statement may begin here.
    at_start: bool,
    /// The token before this one began a statement: with a colon it is a label.
    after_first: bool,
    /// `END` of a block that is closed by its word: `END IF`.
    ending: bool,
    handler: Handler,
}

/// Which part of the statement is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Start,
    /// `SET STATEMENT … FOR`: settings of the one statement that follows.
    Setting,
    /// `CREATE` or `ALTER`, before the kind of thing.
    Create,
    /// Behind `DEFINER`.
    Definer,
    /// `BEGIN` at the very start.
    Begin,
    /// Up to the body.
    Header(Armed),
    Inside,
    /// Behind the body; or the body is a single statement.
    Done,
    Package,
    Plain,
}

/// What must come before the words of a body count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Armed {
    /// The end of the parameters.
    AfterParameters,
    /// `FOR EACH ROW`.
    AfterRow,
    /// `DO`.
    AfterDo,
    Now,
}

/// A block that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Block {
    Begin,
    If,
    Case,
    /// `CASE` within an expression: no statements in it, and its `END` stands alone.
    CaseExpression,
    Loop,
    Repeat,
    While,
    For,
}

impl Block {
    /// The word behind its `END`.
    fn closing(self) -> &'static str {
        match self {
            Self::Begin | Self::CaseExpression => "",
            Self::If => "IF",
            Self::Case => "CASE",
            Self::Loop => "LOOP",
            Self::Repeat => "REPEAT",
            Self::While => "WHILE",
            Self::For => "FOR",
        }
    }
}

/// `DECLARE … HANDLER FOR <conditions> <statement>`: the statement begins without a mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Handler {
    #[default]
    No,
    Declare,
    Conditions,
}

const OPENERS: &[&str] = &["BEGIN", "IF", "CASE", "LOOP", "REPEAT", "WHILE", "FOR"];
/// Words that begin a statement without blocks.
const SIMPLE: &[&str] = &[
    "ALTER", "CALL", "CLOSE", "CREATE", "DELETE", "DROP", "EXECUTE", "GET", "INSERT", "ITERATE", "LEAVE", "LOAD",
    "REPLACE", "RESIGNAL", "RETURN", "ROLLBACK", "SELECT", "SET", "SIGNAL", "TRUNCATE", "UPDATE", "VALUES", "WITH",
];

impl Compound {
    fn feed(&mut self, item: &Item) {
        match self.phase {
            Phase::Start => self.start(item),
            Phase::Setting => self.setting(item),
            Phase::Create | Phase::Definer => self.phase = self.created(item.word),
            Phase::Begin if item.word == "NOT" => self.open(Block::Begin),
            Phase::Begin => self.phase = Phase::Plain,
            Phase::Header(armed) => self.header(armed, item),
            Phase::Inside => self.inside(item),
            Phase::Done | Phase::Package | Phase::Plain => {}
        }
    }

    fn start(&mut self, item: &Item) {
        self.line = item.line;
        match item.word {
            "CREATE" | "ALTER" => self.phase = Phase::Create,
            "BEGIN" => self.phase = Phase::Begin,
            "SET" => (self.phase, self.at_start) = (Phase::Setting, true),
            word if OPENERS.contains(&word) => self.enter(item),
            _ => self.phase = Phase::Plain,
        }
    }

    /// Any other SET is a statement of its own.
    fn setting(&mut self, item: &Item) {
        if std::mem::take(&mut self.at_start) && item.word != "STATEMENT" {
            self.phase = Phase::Plain;
        } else if item.word == "FOR" {
            self.phase = Phase::Start;
        }
    }

    fn created(&self, word: &str) -> Phase {
        match word {
            "PROCEDURE" | "FUNCTION" => Phase::Header(Armed::AfterParameters),
            "TRIGGER" => Phase::Header(Armed::AfterRow),
            "EVENT" => Phase::Header(Armed::AfterDo),
            "PACKAGE" => Phase::Package,
            "DEFINER" => Phase::Definer,
            "VIEW" | "SQL" => Phase::Plain,
            "OR" | "REPLACE" | "AGGREGATE" => Phase::Create,
            _ if self.phase == Phase::Definer => Phase::Definer,
            _ => Phase::Plain,
        }
    }

    fn header(&mut self, armed: Armed, item: &Item) {
        let charset = std::mem::replace(&mut self.after_character, matches!(item.word, "CHARACTER" | "CHAR"));
        match (armed, item.word) {
            (_, "(") => self.depth += 1,
            (_, ")") => {
                self.depth = self.depth.saturating_sub(1);
                if armed == Armed::AfterParameters && self.depth == 0 {
                    self.phase = Phase::Header(Armed::Now);
                }
            }
            (Armed::AfterRow, "ROW") | (Armed::AfterDo, "DO") => self.phase = Phase::Header(Armed::Now),
            (Armed::Now, _) if self.depth > 0 || charset => {}
            (Armed::Now, word) if OPENERS.contains(&word) => self.enter(item),
            (Armed::Now, word) if SIMPLE.contains(&word) => self.phase = Phase::Done,
            _ => {}
        }
    }

    /// Reads the first word of the body.
    fn enter(&mut self, item: &Item) {
        (self.phase, self.at_start, self.line) = (Phase::Inside, true, item.line);
        self.inside(item);
    }

    fn inside(&mut self, item: &Item) {
        let at_start = std::mem::take(&mut self.at_start);
        let after_first = std::mem::replace(&mut self.after_first, at_start);
        if std::mem::take(&mut self.ending) && self.blocks.last().is_some_and(|block| block.closing() == item.word) {
            self.close();
            return;
        }
        match item.word {
            ";" => (self.at_start, self.handler) = (true, Handler::No),
            ":" => self.at_start = after_first,
            "NOT" | "ATOMIC" => self.at_start = at_start,
            "DECLARE" if at_start => self.handler = Handler::Declare,
            "HANDLER" if self.handler == Handler::Declare => self.handler = Handler::Conditions,
            "THEN" | "ELSE" => self.at_start = matches!(self.blocks.last(), Some(Block::If | Block::Case)),
            "DO" => self.at_start = !at_start && matches!(self.blocks.last(), Some(Block::While | Block::For)),
            "END" => self.end(at_start),
            word if SIMPLE.contains(&word) => self.handler = Handler::No,
            word => self.opener(word, at_start),
        }
    }

    fn opener(&mut self, word: &str, at_start: bool) {
        let begins = at_start || self.handler == Handler::Conditions;
        match word {
            "CASE" if !begins => self.open(Block::CaseExpression),
            "CASE" => self.open(Block::Case),
            "BEGIN" if begins => self.open(Block::Begin),
            "IF" if begins => self.open(Block::If),
            "LOOP" if begins => self.open(Block::Loop),
            "REPEAT" if begins => self.open(Block::Repeat),
            "WHILE" if begins => self.open(Block::While),
            "FOR" if at_start => self.open(Block::For),
            _ => {}
        }
    }

    fn open(&mut self, block: Block) {
        self.phase = Phase::Inside;
        self.at_start = matches!(block, Block::Begin | Block::Loop | Block::Repeat);
        self.handler = Handler::No;
        self.blocks.push(block);
    }

    fn end(&mut self, at_start: bool) {
        match self.blocks.last() {
            Some(Block::CaseExpression) => self.close(),
            Some(Block::Begin) if at_start => self.close(),
            Some(Block::Begin) => {}
            Some(Block::If | Block::Case | Block::Loop | Block::Repeat | Block::While | Block::For) => {
                self.ending = true;
            }
            None => {}
        }
    }

    fn close(&mut self) {
        self.blocks.pop();
        if self.blocks.is_empty() {
            self.phase = Phase::Done;
        }
    }
}
