//! How much two things look like one under two names, and what follows from it.
//!
//! One clear candidate on both sides is a rename; a weak one, or two that are close, is a question. The weights are
//! ours; `tests/cases` holds the cases that they were chosen by.

use super::Context;
use crate::schema::{Column, Pair, Table, Type};

/// How alike a thing that goes (`old`, its place among those that go) and one that comes (`new`) are.
#[derive(Clone, Debug)]
pub(super) struct Likeness {
    old: usize,
    new: usize,
    /// 0 to 100.
    score: u32,
    evidence: String,
}

/// What to do about one thing that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Rename {
        old: usize,
        new: usize,
        evidence: String,
    },
    /// Candidates, likeliest first.
    Ask {
        old: usize,
        candidates: Vec<usize>,
    },
}

/// From here on it may be a rename; below it is drop and add.
const LIKELY: u32 = 50;
/// From here on it is one, if nothing else comes near.
const CLEAR: u32 = 65;
/// How far ahead of the next one the best must be.
const AHEAD: u32 = 20;

/// Judges all pairs; `likenesses` holds one for each of `olds` × `news`, the news of the first old first.
pub(super) fn judge(mut likenesses: Vec<Likeness>, olds: usize, news: usize) -> Vec<Verdict> {
    for (place, likeness) in likenesses.iter_mut().enumerate() {
        likeness.old = place / news.max(1);
        likeness.new = place % news.max(1);
    }
    likenesses.retain(|likeness| likeness.score >= LIKELY);
    let best_rival = |me: &Likeness| {
        let rivals = likenesses.iter().filter(|other| (other.old == me.old) != (other.new == me.new));
        rivals.map(|other| other.score).max()
    };
    let clear = |me: &&Likeness| me.score >= CLEAR && best_rival(me).is_none_or(|rival| rival + AHEAD <= me.score);
    let sure: Vec<&Likeness> = likenesses.iter().filter(clear).collect();
    let rename = |one: &&Likeness| Verdict::Rename { old: one.old, new: one.new, evidence: one.evidence.clone() };
    let mut verdicts: Vec<Verdict> = sure.iter().map(rename).collect();
    let settled = |one: &&Likeness| sure.iter().all(|sure| sure.old != one.old && sure.new != one.new);
    let mut open: Vec<&Likeness> = likenesses.iter().filter(settled).collect();
    open.sort_by_key(|likeness| std::cmp::Reverse(likeness.score));
    for old in 0..olds {
        let candidates: Vec<usize> = open.iter().filter(|one| one.old == old).map(|one| one.new).collect();
        if !candidates.is_empty() {
            verdicts.push(Verdict::Ask { old, candidates });
        }
    }
    verdicts
}

/// How alike two columns are: the same type counts most, then name, place and what else they say.
pub(super) fn columns(old: &Column, new: &Column, tables: Pair<&Table>, context: Context<'_>) -> Likeness {
    let name = name_likeness(old.name.as_str(), new.name.as_str());
    let same_type = same_type(old, new, context);
    let same_place = neighbour(tables.from, old) == neighbour(tables.to, new);
    let same_rest = same_rest(old, new, context);
    let mut score = name * 40 / 100;
    score += if same_type {
        45
    } else if name >= 40 && are_kin(&old.ty, &new.ty) {
        30
    } else {
        0
    };
    score += if same_place { 15 } else { 0 };
    score += if same_rest { 10 } else { 0 };
    let mut evidence = Vec::new();
    if same_type {
        evidence.push("type");
    }
    if same_place {
        evidence.push("place");
    }
    if name >= 50 {
        evidence.push("name");
    }
    Likeness { old: 0, new: 0, score: score.min(100), evidence: format!("alike in {}", evidence.join(", ")) }
}

/// Whether they hold the same values, as the database sees it.
fn same_type(old: &Column, new: &Column, context: Context<'_>) -> bool {
    let bare = |column: &Column| Column::new("", column.ty.clone());
    old.ty == new.ty || context.dialect.same_column(Pair::new(&bare(old), &bare(new)))
}

/// Whether they are alike but for name and type.
fn same_rest(old: &Column, new: &Column, context: Context<'_>) -> bool {
    let rest = |column: &Column| Column {
        nullable: column.nullable,
        default: column.default.clone(),
        identity: column.identity.clone(),
        ..Column::new("", new.ty.clone())
    };
    context.dialect.same_column(Pair::new(&rest(old), &rest(new)))
}

/// Whether a value of one type is mostly one of the other: numbers, texts, times, bytes. Told by the first word, which
/// types share everywhere.
fn are_kin(old: &Type, new: &Type) -> bool {
    const FAMILIES: [&[&str]; 4] = [
        &[
            "tinyint",
            "smallint",
            "mediumint",
            "int",
            "integer",
            "bigint",
            "numeric",
            "decimal",
            "real",
            "double",
            "float",
        ],
        &["char", "character", "varchar", "nvarchar", "tinytext", "text", "mediumtext", "longtext", "citext", "enum"],
        &["time", "timestamp", "timestamptz", "date", "datetime"],
        &["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "bytea"],
    ];
    let family = |ty: &Type| {
        let Type::Native(text) = ty else { return None };
        let word = text.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        FAMILIES.iter().position(|words| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
    };
    family(old).is_some() && family(old) == family(new)
}

/// What stands before and after a column: two columns in the same gap are likelier to be one.
fn neighbour(table: &Table, column: &Column) -> (Option<String>, Option<String>) {
    let names: Vec<&str> = table.columns.iter().map(|one| one.name.as_str()).collect();
    let place = names.iter().position(|name| *name == column.name.as_str()).unwrap_or(0);
    let at = |place: Option<usize>| place.and_then(|place| names.get(place)).map(|name| (*name).to_owned());
    (at(place.checked_sub(1)), at(place.checked_add(1)))
}

/// How alike two tables are: the share of columns with the same name and type, and a little their names.
pub(super) fn tables(old: &Table, new: &Table, context: Context<'_>) -> Likeness {
    if old.is_heir() || new.is_heir() {
        return heirs(old, new);
    }
    let (score, evidence) = shape(old, new, context);
    let elsewhere = old.name.schema != new.name.schema;
    Likeness { old: 0, new: 0, score: if elsewhere { 0 } else { score }, evidence }
}

/// Whether a table that goes is clearly one that comes in another schema.
pub(super) fn is_elsewhere(old: &Table, new: &Table, context: Context<'_>) -> bool {
    let is_heir = old.is_heir() || new.is_heir();
    !is_heir && old.name.schema != new.name.schema && shape(old, new, context).0 >= CLEAR
}

/// How alike two tables are by their columns and names, and why.
fn shape(old: &Table, new: &Table, context: Context<'_>) -> (u32, String) {
    let same = old.columns.iter().filter(|column| {
        new.columns
            .iter()
            .any(|other| context.same_ident(&column.name, &other.name) && same_type(column, other, context))
    });
    let shared = u32::try_from(same.count()).unwrap_or(u32::MAX);
    let all = u32::try_from(old.columns.len().max(new.columns.len()).max(1)).unwrap_or(u32::MAX);
    let share = shared.saturating_mul(100) / all;
    let name = name_likeness(old.name.name.as_str(), new.name.name.as_str());
    (share * 80 / 100 + name * 20 / 100, format!("{shared} of {all} columns are the same"))
}

/// Partitions are alike by nature: only what is the same part of the same table may be a renamed one.
fn heirs(old: &Table, new: &Table) -> Likeness {
    let same = old.descent() == new.descent() && old.is_partition() && old.name.schema == new.name.schema;
    let evidence = "both are the same part of the same table".to_owned();
    Likeness { old: 0, new: 0, score: if same { 100 } else { 0 }, evidence }
}

/// 0 to 100: the longest common subsequence over the longer name.
fn name_likeness(a: &str, b: &str) -> u32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut row = vec![0_u32; b.len() + 1];
    for x in &a {
        let mut diagonal = 0;
        for (place, y) in b.iter().enumerate() {
            let left = row.get(place).copied().unwrap_or(0);
            let Some(cell) = row.get_mut(place + 1) else { continue };
            let up = *cell;
            *cell = if x == y { diagonal + 1 } else { up.max(left) };
            diagonal = up;
        }
    }
    let longest = u32::try_from(a.len().max(b.len()).max(1)).unwrap_or(u32::MAX);
    row.last().copied().unwrap_or(0).saturating_mul(100) / longest
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use super::*;
    use crate::dialect::for_script;
    use crate::schema::Name;

    fn like(score: u32) -> Likeness {
        Likeness { old: 0, new: 0, score, evidence: String::new() }
    }

    #[test]
    fn one_clear_candidate_is_a_rename() {
        let verdicts = judge(vec![like(80)], 1, 1);
        assert_eq!(verdicts, [Verdict::Rename { old: 0, new: 0, evidence: String::new() }]);
    }

    #[test]
    fn two_alike_are_a_question() {
        assert_eq!(judge(vec![like(80), like(78)], 1, 2), [Verdict::Ask { old: 0, candidates: vec![0, 1] }]);
    }

    #[test]
    fn two_olds_for_one_new_are_two_questions() {
        let verdicts = judge(vec![like(80), like(78)], 2, 1);
        assert_eq!(verdicts.len(), 2);
    }

    #[test]
    fn a_weak_one_is_a_question_and_an_unlike_one_is_none() {
        assert_eq!(judge(vec![like(55)], 1, 1), [Verdict::Ask { old: 0, candidates: vec![0] }]);
        assert_eq!(judge(vec![like(30)], 1, 1), []);
    }

    #[test]
    fn another_type_of_the_same_sort_is_still_near() {
        let native = |text: &str| Type::Native(text.to_owned());
        assert!(are_kin(&native("int"), &native("BIGINT UNSIGNED")));
        assert!(are_kin(&native("character varying(20)"), &native("text")));
        assert!(!are_kin(&native("int"), &native("text")) && !are_kin(&native("int"), &native("interval")));
        assert!(!are_kin(&native("uuid"), &native("uuid")));
        let (mut old, mut new) = (Table::new(Name::own("products")), Table::new(Name::own("products")));
        let column = |name: &str, ty: &str| Column::new(name, native(ty));
        old.columns = vec![column("id", "int"), column("UnitsInStock", "smallint"), column("price", "real")];
        new.columns = vec![column("id", "int"), column("InStock", "bigint"), column("price", "real")];
        let both = Pair::new(&old, &new);
        let (dialect, server) = for_script("sqlite", None).unwrap();
        let context = Context { dialect, server };
        let likeness =
            |old: usize, new: usize| columns(&both.from.columns[old], &both.to.columns[new], both, context).score;
        assert!(likeness(1, 1) >= CLEAR && likeness(1, 2) < LIKELY);
    }

    #[test]
    fn names() {
        assert_eq!(name_likeness("note", "note"), 100);
        assert!(name_likeness("mail", "email") >= 80);
        assert!(name_likeness("note", "quantity") < 40);
    }
}
