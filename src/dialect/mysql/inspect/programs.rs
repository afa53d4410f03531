//! Rows of the catalog → the texts of triggers, routines, events, sequences and views. Pure: no I/O.
//!
//! Each text is the whole CREATE statement in one form. DEFINER is left out unless it is asked for: who made a thing
//! differs from database to database. What is the server's usual is left out too.

use super::Place;
use super::mentions::has_words;
use super::truth;
use crate::db::Row;
use crate::dialect::mysql::quote;
use crate::error::Result;
use crate::schema::{Ident, Name};

/// The text under the settings that belong to it, where they are not those of this session (MariaDB).
fn under(text: String, mode: Option<&str>, zone: Option<&str>, place: &Place) -> String {
    let mode = mode.map(settable).filter(|mode| *mode != place.mode);
    let mode = mode.map(|mode| format!("sql_mode = {}", quote::literal(&mode)));
    let is_ours = |zone: &&str| *zone == ZONE || (*zone == "SYSTEM" && place.system_is_utc);
    let zone = zone.filter(|zone| !is_ours(zone)).map(|zone| format!("time_zone = {}", quote::literal(zone)));
    let settings: Vec<String> = mode.into_iter().chain(zone).collect();
    if settings.is_empty() || !place.mariadb() {
        return text;
    }
    format!("SET STATEMENT {} FOR\n{text}", settings.join(", "))
}

/// MariaDB's table of routines has another word for one of the modes, which SET does not know.
fn settable(mode: &str) -> String {
    let words = mode.split(',').map(|word| if word == "INVALID_DATES" { "ALLOW_INVALID_DATES" } else { word });
    words.collect::<Vec<_>>().join(",")
}

/// `` DEFINER=`app`@`%`  `` where accounts are compared; the catalog says `app@%`.
fn definer(said: Option<&str>, place: &Place) -> String {
    let Some((user, host)) = said.filter(|_| place.definers).and_then(|said| said.rsplit_once('@')) else {
        return String::new();
    };
    // A role has no host.
    let host = if host.is_empty() { String::new() } else { format!("@{}", quote::ident(&host.into())) };
    format!("DEFINER={}{host} ", quote::ident(&user.into()))
}

/// The time zone of every session of the tool. Other clients mostly have SYSTEM, the one of the machine of the server.
const ZONE: &str = "+00:00";

/// View, definition, check option, security, algorithm, definer; `query` is the definition as it is to be said.
/// `columns` are those that the query alone does not give their names.
pub(super) fn view(row: &Row, (name, columns): (&Name, &[String]), query: &str, place: &Place) -> String {
    let columns: Vec<String> = columns.iter().map(|column| quote::ident(&column.as_str().into())).collect();
    let list = if columns.is_empty() { String::new() } else { format!(" ({})", columns.join(", ")) };
    let algorithm = row.text(4).filter(|word| *word != "UNDEFINED").map(|word| format!("ALGORITHM={word} "));
    let security = row.text(3).filter(|word| *word == "INVOKER").map(|_| "SQL SECURITY INVOKER ");
    let check = row.text(2).filter(|word| *word != "NONE").map(|word| format!("\nWITH {word} CHECK OPTION"));
    format!(
        "CREATE {}{}{}VIEW {}{list} AS\n{query}{}",
        algorithm.unwrap_or_default(),
        definer(row.text(5), place),
        security.unwrap_or_default(),
        quote::name(name),
        check.unwrap_or_default()
    )
}

/// Sequence, start, least, most, step, cache, whether it begins again.
pub(super) fn sequence(row: &Row, name: &Name) -> Result<String> {
    let cycle = if row.bool(6)? { "CYCLE" } else { "NOCYCLE" };
    Ok(format!(
        "CREATE SEQUENCE {} START WITH {} MINVALUE {} MAXVALUE {} INCREMENT BY {} CACHE {} {cycle}",
        quote::name(name),
        row.required(1)?,
        row.required(2)?,
        row.required(3)?,
        row.required(4)?,
        row.required(5)?
    ))
}

/// A trigger and where it stands among those of one table and moment.
pub(super) struct Trigger {
    pub(super) name: Name,
    pub(super) table: Name,
    /// `BEFORE INSERT`.
    pub(super) moment: String,
    pub(super) order: i64,
    pub(super) body: String,
    mode: Option<String>,
    definer: String,
}

impl Trigger {
    /// Trigger, table, timing, event, order, statement, mode, definer.
    pub(super) fn read(row: &Row, place: &Place) -> Result<Self> {
        Ok(Self {
            name: place.name(row.required(0)?),
            table: place.name(row.required(1)?),
            moment: format!("{} {}", row.required(2)?, row.required(3)?),
            order: row.int(4)?.unwrap_or_default(),
            body: row.required(5)?.to_owned(),
            mode: row.text(6).map(str::to_owned),
            definer: definer(row.text(7), place),
        })
    }

    /// The text. One that is put anew before the one that came after it has its old place, wherever that was.
    pub(super) fn text(&self, next: Option<&Ident>, place: &Place) -> String {
        let precedes = next.map(|next| format!(" PRECEDES {}", quote::ident(next))).unwrap_or_default();
        let text = format!(
            "CREATE {}TRIGGER {} {} ON {} FOR EACH ROW{precedes}\n{}",
            self.definer,
            quote::name(&self.name),
            self.moment,
            quote::name(&self.table),
            self.body
        );
        under(text, self.mode.as_deref(), None, place)
    }
}

/// A routine whose parameters are still coming in.
pub(super) struct Routine {
    pub(super) name: Name,
    pub(super) is_function: bool,
    /// What stands between the parameters and the body, a line each.
    traits: Vec<String>,
    body: String,
    mode: Option<String>,
    definer: String,
    parameters: Vec<(i64, String)>,
    returns: Option<String>,
}

impl Routine {
    /// Routine, kind, language, body, is deterministic, data access, security, comment, mode, definer. None: nothing here knows
    /// such a thing, or its text is not shown.
    pub(super) fn read(row: &Row, place: &Place) -> Result<Option<Self>> {
        let kind = row.required(1)?;
        let body = row.text(3).filter(|body| !body.is_empty());
        let known = (kind == "FUNCTION" || kind == "PROCEDURE") && row.text(2) == Some("SQL");
        let Some(body) = body.filter(|_| known) else { return Ok(None) };
        let mut traits = Vec::new();
        traits.extend(row.text(4).filter(|word| *word == "YES").map(|_| "DETERMINISTIC".to_owned()));
        traits.extend(row.text(5).filter(|word| *word != "CONTAINS SQL").map(str::to_owned));
        traits.extend(row.text(6).filter(|word| *word == "INVOKER").map(|_| "SQL SECURITY INVOKER".to_owned()));
        let comment = row.text(7).filter(|comment| !comment.is_empty());
        traits.extend(comment.map(|comment| format!("COMMENT {}", quote::literal(comment))));
        Ok(Some(Self {
            name: place.name(row.required(0)?),
            is_function: kind == "FUNCTION",
            traits,
            body: body.to_owned(),
            mode: row.text(8).map(str::to_owned),
            definer: definer(row.text(9), place),
            parameters: Vec::new(),
            returns: None,
        }))
    }

    /// Routine, kind, place, mode, name, type, character set, collation. What has the place 0 is given back.
    pub(super) fn parameter(&mut self, row: &Row, place: &Place) -> Result<()> {
        let mut ty = row.required(5)?.to_owned();
        if let (Some(charset), Some(collation)) = (row.text(6), row.text(7))
            && collation != place.collation
        {
            ty = format!("{ty} CHARSET {charset} COLLATE {collation}");
        }
        let ordinal = row.int(2)?.unwrap_or_default();
        if ordinal == 0 {
            self.returns = Some(ty);
            return Ok(());
        }
        let mode = row.text(3).filter(|mode| !self.is_function || *mode != "IN");
        let mode = mode.map(|mode| format!("{mode} ")).unwrap_or_default();
        let name = quote::ident(&row.text(4).unwrap_or_default().into());
        self.parameters.push((ordinal, format!("{mode}{name} {ty}")));
        Ok(())
    }

    /// Whether the catalog may give it in another form.
    pub(super) fn is_doubtful(&self) -> bool {
        let types = self.parameters.iter().map(|(_, text)| text).chain(&self.returns);
        truth::is_doubtful_body(&self.body) || types.into_iter().any(|text| truth::is_doubtful(text))
    }

    /// Takes its body from the text of SHOW CREATE, and what strings there are in its types. None if they are not found
    /// there.
    pub(super) fn tell(&mut self, shown: &str) -> Option<()> {
        let (head, body) = truth::parts_of_routine(shown)?;
        self.parameters.sort();
        let types = self.parameters.iter_mut().map(|(_, text)| text).chain(&mut self.returns);
        let mut types: Vec<&mut String> = types.collect();
        if types.iter().any(|text| truth::is_doubtful(text)) {
            let all: Vec<&str> = types.iter().map(|text| text.as_str()).collect();
            let told = truth::with_strings_of(&all.join("\n"), head)?;
            types.iter_mut().zip(told.split('\n')).for_each(|(text, told)| told.clone_into(text));
        }
        body.clone_into(&mut self.body);
        Some(())
    }

    /// The text. An aggregate function is told by its body, which cannot be without these words.
    pub(super) fn text(mut self, place: &Place) -> String {
        self.parameters.sort();
        let parameters: Vec<String> = self.parameters.into_iter().map(|(_, text)| text).collect();
        let aggregate = if has_words(&self.body, &["FETCH", "GROUP", "NEXT", "ROW"]) { "AGGREGATE " } else { "" };
        let kind = if self.is_function { format!("{aggregate}FUNCTION") } else { "PROCEDURE".to_owned() };
        let returns = self.returns.map(|ty| format!(" RETURNS {ty}")).unwrap_or_default();
        let traits: String = self.traits.iter().map(|one| format!("    {one}\n")).collect();
        let head =
            format!("CREATE {}{kind} {}({}){returns}", self.definer, quote::name(&self.name), parameters.join(", "));
        under(format!("{head}\n{traits}{}", self.body), self.mode.as_deref(), None, place)
    }
}

/// Event, body (which is taken from `body`), moment, interval and its unit, start, end, status, on completion, comment,
/// mode, when it was created and altered last, time zone, definer, whether it would run if it were not judged here.
pub(super) fn event(row: &Row, body: &str, place: &Place) -> Result<String> {
    let name = place.name(row.required(0)?);
    let mut lines = vec![
        format!("CREATE {}EVENT {}", definer(row.text(14), place), quote::name(&name)),
        format!("ON SCHEDULE {}", schedule(row)),
    ];
    lines.extend(row.text(8).filter(|word| *word == "PRESERVE").map(|_| "ON COMPLETION PRESERVE".to_owned()));
    let held_back = row.bool(15)?;
    lines.extend(row.text(7).filter(|_| !held_back).and_then(status).map(str::to_owned));
    let comment = row.text(9).filter(|comment| !comment.is_empty());
    lines.extend(comment.map(|comment| format!("COMMENT {}", quote::literal(comment))));
    let text = format!("{}\nDO {body}", lines.join("\n"));
    Ok(under(text, row.text(10), row.text(13), place))
}

/// The word for a status; the usual one has none.
fn status(status: &str) -> Option<&'static str> {
    match status {
        "DISABLED" => Some("DISABLE"),
        "SLAVESIDE_DISABLED" => Some("DISABLE ON SLAVE"),
        _ => None,
    }
}

/// A start that is the moment when the event was made, or was changed last, was not asked for: the server puts it there.
fn schedule(row: &Row) -> String {
    if let Some(moment) = row.text(2) {
        return format!("AT {}", quote::literal(moment));
    }
    let interval = row.text(3).unwrap_or_default();
    let is_plain = interval.starts_with('\'') || interval.chars().all(|character| character.is_ascii_digit());
    let interval = if is_plain { interval.to_owned() } else { quote::literal(interval) };
    let mut text = format!("EVERY {interval} {}", row.text(4).unwrap_or_default());
    let start = row.text(5).filter(|start| row.text(11) != Some(start) && row.text(12) != Some(start));
    for (word, moment) in [("STARTS", start), ("ENDS", row.text(6))] {
        text.extend(moment.map(|moment| format!(" {word} {}", quote::literal(moment))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{Product, ServerVersion};

    #[test]
    fn the_zone_of_the_machine_is_said_where_it_is_another_one() {
        let text = |zone: &str, system_is_utc: bool| {
            let place = Place {
                database: "app".into(),
                own: "app".into(),
                schema: None,
                engine: "InnoDB".into(),
                collation: "utf8mb4_general_ci".into(),
                mode: "ANSI".into(),
                now: String::new(),
                system_is_utc,
                server: ServerVersion::new(Product::MariaDb, 10, 11, 0),
                definers: false,
            };
            under("CREATE EVENT e".to_owned(), Some("ANSI"), Some(zone), &place)
        };
        assert_eq!(text("+00:00", false), "CREATE EVENT e");
        assert_eq!(text("SYSTEM", true), "CREATE EVENT e");
        assert_eq!(text("SYSTEM", false), "SET STATEMENT time_zone = 'SYSTEM' FOR\nCREATE EVENT e");
    }

    #[test]
    fn a_mode_is_said_as_the_server_takes_it() {
        assert_eq!(settable("NO_ZERO_DATE,INVALID_DATES"), "NO_ZERO_DATE,ALLOW_INVALID_DATES");
        assert_eq!(
            settable("IGNORE_BAD_TABLE_OPTIONS,ALLOW_INVALID_DATES"),
            "IGNORE_BAD_TABLE_OPTIONS,ALLOW_INVALID_DATES"
        );
        assert_eq!(settable(""), "");
    }
}
