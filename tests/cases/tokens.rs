//! The text of SQLite's schema by tokens: an ear of its own, so that the reader of the program is not judged by itself.

/// A token: words and quoted names in capitals, as SQLite compares names; strings, numbers and marks as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    text: String,
    /// A word without quotes, which may be a keyword.
    bare: bool,
}

/// Splits SQL; comments and space are left out.
fn tokens(sql: &str) -> Vec<Token> {
    let characters: Vec<char> = sql.chars().collect();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < characters.len() {
        let start = at;
        let first = characters[at];
        let next = characters.get(at + 1).copied();
        let mut push = |text: String, bare| found.push(Token { text, bare });
        match first {
            _ if first.is_whitespace() => at += 1,
            '-' if next == Some('-') => at = end_of(&characters, at, &['\n']),
            '/' if next == Some('*') => at = end_of(&characters, at + 2, &['*', '/']),
            '\'' => {
                at = end_of_quoted(&characters, at, '\'');
                push(characters[start..at].iter().collect(), false);
            }
            '"' | '`' | '[' => {
                let close = if first == '[' { ']' } else { first };
                at = end_of_quoted(&characters, at, close);
                let inside: String = characters[start + 1..at - 1].iter().collect();
                let name = inside.replace(&format!("{close}{close}"), &close.to_string());
                // SQLite takes an unknown name in double quotes for a string; `$.path` is no name of anybody.
                let is_string = first == '"' && name.starts_with('$');
                push(if is_string { format!("'{name}'") } else { name.to_uppercase() }, false);
            }
            _ if is_word(first) => {
                while at < characters.len()
                    && (is_word(characters[at]) || characters[at] == '.' && first.is_ascii_digit())
                {
                    at += 1;
                }
                push(characters[start..at].iter().collect::<String>().to_uppercase(), true);
            }
            _ => {
                at += 1;
                push(first.to_string(), false);
            }
        }
    }
    // Ascending is what an index is when nothing is said.
    if found.first().is_some_and(|token| token.text == "CREATE")
        && found.iter().take(4).any(|token| token.text == "INDEX")
    {
        found.retain(|token| !(token.bare && token.text == "ASC"));
    }
    found
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

/// Behind the next such characters, or the end.
fn end_of(characters: &[char], from: usize, end: &[char]) -> usize {
    let found = characters[from..].windows(end.len()).position(|window| window == end);
    found.map_or(characters.len(), |place| from + place + end.len())
}

/// Behind a quoted text that begins here; a doubled quote is part of it.
fn end_of_quoted(characters: &[char], start: usize, close: char) -> usize {
    let mut at = start + 1;
    while at < characters.len() {
        if characters[at] == close {
            if characters.get(at + 1) != Some(&close) || close == ']' {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    characters.len()
}

fn joined(tokens: &[Token]) -> String {
    tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// A statement without regard to space, comments, quotes around names and the case of words.
pub(crate) fn canonical(sql: &str) -> String {
    joined(&tokens(sql))
}

/// What a CREATE TABLE says and no pragma tells, sorted: checks, names of constraints, collations, generated expressions,
/// AUTOINCREMENT, ON CONFLICT, DEFERRABLE.
pub(crate) fn table_facts(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let Some(open) = tokens.iter().position(|token| token.text == "(") else { return Vec::new() };
    let end = after_group(&tokens, open);
    let mut facts: Vec<String> = items(&tokens[open + 1..end - 1]).into_iter().flat_map(item_facts).collect();
    facts.sort();
    facts
}

/// Behind the bracket that closes the one here.
fn after_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

/// Split at commas outside of brackets.
fn items(tokens: &[Token]) -> Vec<&[Token]> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => {
                found.push(&tokens[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    found.push(&tokens[start..]);
    found
}

fn item_facts(item: &[Token]) -> Vec<String> {
    let words = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
    let of_table = item.first().is_some_and(|token| token.bare && words.contains(&token.text.as_str()));
    let column = if of_table { "" } else { item.first().map_or("", |token| token.text.as_str()) };
    let (mut facts, mut name, mut last, mut at) = (Vec::new(), None::<&str>, "", usize::from(!of_table));
    while at < item.len() {
        let text = item[at].text.as_str();
        let group =
            || if item.get(at + 1).is_some_and(|token| token.text == "(") { after_group(item, at + 1) } else { at + 1 };
        let next = |offset: usize| item.get(at + offset).map_or("", |token| token.text.as_str());
        let behind = match text {
            "CONSTRAINT" if item[at].bare => {
                name = Some(next(1));
                at + 2
            }
            "CHECK" if item[at].bare => {
                facts.push(format!("check {} {}", name.take().unwrap_or_default(), joined(&item[at + 1..group()])));
                group()
            }
            "COLLATE" => {
                facts.push(format!("{column} collate {}", next(1)));
                at + 2
            }
            "AS" if item[at].bare => {
                let stored = item.get(group()).is_some_and(|token| token.text == "STORED");
                let kind = if stored { "stored" } else { "virtual" };
                facts.push(format!("{column} {kind} {}", joined(&item[at + 1..group()])));
                group()
            }
            "AUTOINCREMENT" => {
                facts.push(format!("{column} autoincrement"));
                at + 1
            }
            "CONFLICT" => {
                facts.push(format!("{column} {last} on conflict {}", next(1)));
                at + 2
            }
            "DEFERRABLE" => {
                facts.push(format!("{column} {}", joined(&item[at..])));
                item.len()
            }
            "PRIMARY" | "UNIQUE" | "FOREIGN" | "REFERENCES" | "NOT" if item[at].bare => {
                last = text;
                facts.extend(
                    name.take().map(|name| format!("constraint {name} {text} {}", joined(&item[at + 1..group()]))),
                );
                at + 1
            }
            "(" => after_group(item, at),
            _ => at + 1,
        };
        at = behind;
    }
    facts
}
