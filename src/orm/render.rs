//! Trees into SQL of one database, with their values beside it. Pure.
//!
//! Every value is a parameter; names are quoted by the dialect. What a value is compared with decides the type that its
//! parameter is declared with.

use std::borrow::Cow;

use super::expr::{Aggregate, Expr, Operator, Order, Window};
use super::select::{Join, Origin, Select, Source};
use super::shape::{Shape, Shapes};
use crate::dialect::Dialect;
use crate::dialect::query::Phrases;
use crate::error::{Error, Kind, Result};
use crate::schema::{Ident, Name};
use crate::statement::token::{TokenKind, tokens};
use crate::statement::value::{Value, ValueType};

/// A text that grows, and the values of its parameters.
pub(crate) struct Text<'a> {
    pub(crate) dialect: &'a dyn Dialect,
    pub(crate) phrases: &'static dyn Phrases,
    pub(crate) shapes: &'a Shapes,
    pub(crate) sql: String,
    pub(crate) values: Vec<Value>,
    /// What the names of columns may refer to, the innermost query last.
    scopes: Vec<Vec<Source>>,
}

impl<'a> Text<'a> {
    pub(crate) fn new(dialect: &'a dyn Dialect, shapes: &'a Shapes) -> Self {
        let phrases = dialect.phrases();
        Self { dialect, phrases, shapes, sql: String::new(), values: Vec::new(), scopes: Vec::new() }
    }

    pub(crate) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    pub(crate) fn quoted(&self, name: &str) -> String {
        self.dialect.quote(&Ident::from(name))
    }

    /// A table's name, with its schema.
    pub(crate) fn table(&self, name: &Name) -> String {
        let own = self.dialect.quote(&name.name);
        name.schema.as_ref().map_or(own.clone(), |schema| format!("{}.{own}", self.dialect.quote(schema)))
    }

    /// The mark for a value.
    pub(crate) fn parameter(&mut self, value: Value, ty: Option<&ValueType>) -> Cow<'static, str> {
        let own = ValueType::of(&value);
        self.values.push(value);
        self.phrases.parameter(self.values.len(), ty.or(own.as_ref()))
    }

    /// What a part says, taken out of the text again.
    fn part(&mut self, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<String> {
        let before = std::mem::take(&mut self.sql);
        let done = write(self);
        let part = std::mem::replace(&mut self.sql, before);
        done.map(|()| part)
    }

    /// Makes columns of these tables known while `write` runs.
    pub(crate) fn within(&mut self, sources: Vec<Source>, write: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.scopes.push(sources);
        let done = write(self);
        self.scopes.pop();
        done
    }

    fn shape_of<'s>(&'s self, source: &'s Source) -> Option<&'s Shape> {
        match &source.origin {
            Origin::Shape(shape) => Some(shape),
            Origin::Name(name) => self.shapes.get(name).map(AsRef::as_ref),
            Origin::Query(_) => None,
        }
    }

    /// What a column holds, where that is known.
    fn column_type(&self, table: Option<&str>, name: &str) -> Option<ValueType> {
        let sources =
            self.scopes.iter().rev().flatten().filter(|source| table.is_none_or(|table| source.name() == table));
        sources.into_iter().find_map(|source| Some(self.shape_of(source)?.column(name)?.ty.clone()))
    }

    /// What an expression gives, where that is known.
    pub(crate) fn type_of(&self, expr: &Expr) -> Option<ValueType> {
        match expr {
            Expr::Column(table, name, ty) => ty.clone().or_else(|| self.column_type(table.as_deref(), name)),
            Expr::Value(value) => ValueType::of(value),
            Expr::Binary(left, operator, right) => match operator {
                Operator::Div => Some(ValueType::Float(false)),
                operator if operator.compares() => Some(ValueType::Bool),
                _ => self.type_of(left).or_else(|| self.type_of(right)),
            },
            Expr::Logic(..)
            | Expr::Not(_)
            | Expr::IsNull(..)
            | Expr::In(..)
            | Expr::InSelect(..)
            | Expr::Between(..)
            | Expr::Like(..)
            | Expr::Exists(_) => Some(ValueType::Bool),
            Expr::Call(_, arguments) => arguments.iter().find_map(|argument| self.type_of(argument)),
            Expr::Characters(_) | Expr::Part(..) => Some(ValueType::Int(8)),
            Expr::Concat(_) => Some(ValueType::Text(None)),
            Expr::Aggregate(aggregate) => self.type_of_aggregate(aggregate),
            Expr::Case(cases, otherwise) => {
                cases.iter().map(|(_, then)| then).chain(otherwise.as_deref()).find_map(|then| self.type_of(then))
            }
            Expr::Cast(_, ty) => Some(ty.clone()),
            Expr::Scalar(query) => query.columns.first().and_then(|column| self.type_of_column_of(query, column)),
            Expr::Now | Expr::Shifted(..) => Some(ValueType::Instant),
            Expr::ByBytes(inner) | Expr::Label(inner, _) => self.type_of(inner),
            Expr::Raw(..) | Expr::Wrong(_) => None,
        }
    }

    fn type_of_column_of(&self, query: &Select, column: &Expr) -> Option<ValueType> {
        match column {
            Expr::Column(table, name, None) => {
                let mut sources = query.from.iter().chain(query.joins.iter().map(|join| &join.source));
                sources.find_map(|source| {
                    let fits = table.as_ref().is_none_or(|table| source.name() == *table);
                    Some(self.shape_of(source).filter(|_| fits)?.column(name)?.ty.clone())
                })
            }
            other => self.type_of(other),
        }
    }

    fn type_of_aggregate(&self, aggregate: &Aggregate) -> Option<ValueType> {
        let argument = || aggregate.arguments.first().and_then(|argument| self.type_of(argument));
        match (aggregate.function, argument) {
            ("COUNT" | "ROW_NUMBER" | "RANK" | "DENSE_RANK", _) => Some(ValueType::Int(8)),
            ("AVG", _) => Some(ValueType::Float(false)),
            ("SUM", argument) => match argument() {
                Some(ValueType::Int(_)) => Some(ValueType::Int(8)),
                Some(ValueType::Float(_)) => Some(ValueType::Float(false)),
                other => other,
            },
            (_, argument) => argument(),
        }
    }

    /// An expression; a value in it takes the type `beside` it.
    pub(crate) fn expr(&mut self, expr: &Expr, beside: Option<&ValueType>) -> Result<()> {
        match expr {
            Expr::Column(table, name, _) => self.column(table.as_deref(), name),
            Expr::Value(value) => {
                let fitting = beside.filter(|ty| takes(ty, value));
                let ty = fitting.cloned().or_else(|| ValueType::of(value));
                let mark = self.parameter(value.clone(), fitting).into_owned();
                let mark = ty.map_or(mark.clone(), |ty| self.phrases.computed(mark, &ty));
                self.push(&mark);
            }
            Expr::Binary(left, operator, right) => self.binary(left, *operator, right)?,
            Expr::Logic(all, parts) => self.logic(*all, parts)?,
            Expr::Not(inner) => self.wrapped("NOT (", inner, ")")?,
            Expr::IsNull(inner, true) => self.wrapped("(", inner, ") IS NULL")?,
            Expr::IsNull(inner, false) => self.wrapped("(", inner, ") IS NOT NULL")?,
            Expr::In(inner, list) => self.is_in(inner, list)?,
            Expr::InSelect(inner, query) => {
                self.expr(inner, None)?;
                self.push(" IN (");
                self.select(query)?;
                self.push(")");
            }
            Expr::Between(inner, low, high) => {
                let ty = self.type_of(inner);
                self.expr(inner, None)?;
                self.push(" BETWEEN ");
                self.expr(low, ty.as_ref())?;
                self.push(" AND ");
                self.expr(high, ty.as_ref())?;
            }
            Expr::Like(inner, pattern, any_case) => self.like(inner, pattern, *any_case)?,
            Expr::Raw(sql, values) => self.raw(sql, values)?,
            Expr::Label(inner, _) => self.expr(inner, beside)?,
            other => self.computed(other, beside)?,
        }
        Ok(())
    }

    /// What computes one value of others.
    fn computed(&mut self, expr: &Expr, beside: Option<&ValueType>) -> Result<()> {
        match expr {
            Expr::Call(name, arguments) => self.call(name, arguments, beside)?,
            Expr::Characters(inner) => {
                let inner = self.part(|text| text.expr(inner, None))?;
                let sql = self.phrases.characters(&inner);
                self.push(&sql);
            }
            Expr::Concat(parts) => {
                let text = ValueType::Text(None);
                let parts: Result<Vec<String>> =
                    parts.iter().map(|part| self.part(|it| it.expr(part, Some(&text)))).collect();
                let sql = self.phrases.concat(&parts?);
                self.push(&sql);
            }
            Expr::Aggregate(aggregate) => self.aggregate(aggregate)?,
            Expr::Case(cases, otherwise) => self.case(cases, otherwise.as_deref(), beside)?,
            Expr::Cast(inner, ty) => {
                let inner = self.part(|text| text.expr(inner, None))?;
                let sql = self.phrases.cast(&inner, ty);
                self.push(&sql);
            }
            Expr::Exists(query) => {
                self.push("EXISTS (");
                self.select(query)?;
                self.push(")");
            }
            Expr::Scalar(query) => {
                self.push("(");
                self.select(query)?;
                self.push(")");
            }
            Expr::Now => self.push(self.phrases.now()),
            Expr::Shifted(inner, microseconds) => {
                let inner = self.part(|text| text.expr(inner, Some(&ValueType::Instant)))?;
                let sql = self.phrases.shifted(&inner, *microseconds);
                self.push(&sql);
            }
            Expr::Part(part, inner) => {
                let inner = self.part(|text| text.expr(inner, Some(&ValueType::Instant)))?;
                let sql = self.phrases.date_part(*part, &inner);
                self.push(&sql);
            }
            Expr::ByBytes(inner) => {
                let inner = self.part(|text| text.expr(inner, None))?;
                let sql = self.phrases.by_bytes(&inner);
                self.push(&sql);
            }
            Expr::Wrong(what) => return Err(Error::new(Kind::Usage, what.clone())),
            other => return self.expr(other, beside),
        }
        Ok(())
    }

    fn wrapped(&mut self, before: &str, inner: &Expr, after: &str) -> Result<()> {
        self.push(before);
        self.expr(inner, None)?;
        self.push(after);
        Ok(())
    }

    fn column(&mut self, table: Option<&str>, name: &str) {
        if let Some(table) = table {
            let table = self.quoted(table);
            self.push(&table);
            self.push(".");
        }
        let name = match (name, table) {
            ("*", _) => "*".to_owned(),
            (name, Some(_)) => self.quoted(name),
            (name, None) => self.phrases.column(name, self.quoted(name)),
        };
        self.push(&name);
    }

    fn binary(&mut self, left: &Expr, operator: Operator, right: &Expr) -> Result<()> {
        let (of_left, of_right) = (self.type_of(left), self.type_of(right));
        let is_value = |expr: &Expr| matches!(expr, Expr::Value(_));
        self.push("(");
        let sides = [(left, &of_right, is_value(left)), (right, &of_left, is_value(right))];
        for (index, (side, other, is_value)) in sides.into_iter().enumerate() {
            if index == 1 {
                self.push(" ");
                self.push(operator.sql());
                self.push(" ");
            }
            let beside = other.as_ref().filter(|_| is_value);
            if operator == Operator::Div {
                let inner = self.part(|text| text.expr(side, beside))?;
                let sql = self.phrases.cast(&inner, &ValueType::Float(false));
                self.push(&sql);
            } else {
                self.expr(side, beside)?;
            }
        }
        self.push(")");
        Ok(())
    }

    fn logic(&mut self, all: bool, parts: &[Expr]) -> Result<()> {
        // Nothing to ask for holds for all, and for none.
        if parts.is_empty() {
            self.push(if all { "(1 = 1)" } else { "(1 = 0)" });
            return Ok(());
        }
        self.push("(");
        self.list(parts, if all { " AND " } else { " OR " }, None)?;
        self.push(")");
        Ok(())
    }

    pub(crate) fn list(&mut self, parts: &[Expr], between: &str, beside: Option<&ValueType>) -> Result<()> {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            self.expr(part, beside)?;
        }
        Ok(())
    }

    fn is_in(&mut self, inner: &Expr, list: &[Expr]) -> Result<()> {
        if list.is_empty() {
            self.push("(1 = 0)");
            return Ok(());
        }
        let ty = self.type_of(inner);
        self.expr(inner, None)?;
        self.push(" IN (");
        self.list(list, ", ", ty.as_ref())?;
        self.push(")");
        Ok(())
    }

    fn like(&mut self, inner: &Expr, pattern: &str, any_case: bool) -> Result<()> {
        let inner = self.part(|text| text.expr(inner, None))?;
        let pattern = if any_case { pattern.to_owned() } else { self.phrases.pattern(pattern) };
        let mark = self.parameter(Value::Text(pattern), None);
        let sql = if any_case { self.phrases.like_any_case(&inner, &mark) } else { self.phrases.like(&inner, &mark) };
        self.push(&sql);
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[Expr], beside: Option<&ValueType>) -> Result<()> {
        let ty = arguments.iter().filter(|it| !matches!(it, Expr::Value(_))).find_map(|it| self.type_of(it));
        self.push(name);
        self.push("(");
        self.list(arguments, ", ", ty.as_ref().or(beside))?;
        self.push(")");
        Ok(())
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<()> {
        let Aggregate { function, arguments, distinct, over } = aggregate;
        self.push(function);
        self.push(if *distinct { "(DISTINCT " } else { "(" });
        match arguments.as_slice() {
            [] if *function == "COUNT" => self.push("*"),
            [] => {}
            [argument] if *function == "AVG" => {
                let inner = self.part(|text| text.expr(argument, None))?;
                let sql = self.phrases.cast(&inner, &ValueType::Float(false));
                self.push(&sql);
            }
            arguments => self.list(arguments, ", ", None)?,
        }
        self.push(")");
        over.as_ref().map_or(Ok(()), |window| self.window(window))
    }

    fn window(&mut self, window: &Window) -> Result<()> {
        self.push(" OVER (");
        if !window.partition.is_empty() {
            self.push("PARTITION BY ");
            self.list(&window.partition, ", ", None)?;
        }
        self.order(&window.order, None)?;
        self.push(")");
        Ok(())
    }

    fn case(&mut self, cases: &[(Expr, Expr)], otherwise: Option<&Expr>, beside: Option<&ValueType>) -> Result<()> {
        self.push("CASE");
        for (condition, then) in cases {
            self.push(" WHEN ");
            self.expr(condition, None)?;
            self.push(" THEN ");
            self.expr(then, beside)?;
        }
        if let Some(otherwise) = otherwise {
            self.push(" ELSE ");
            self.expr(otherwise, beside)?;
        }
        self.push(" END");
        Ok(())
    }

    /// A person's SQL: each `?` outside of texts and comments is a parameter.
    pub(crate) fn raw(&mut self, sql: &str, values: &[Value]) -> Result<()> {
        let mut values = values.iter();
        let mut questions = 0;
        for token in tokens(sql, self.dialect.syntax())? {
            let text = token.text(sql);
            if !matches!(token.kind, TokenKind::Operator | TokenKind::Other) || !text.contains('?') {
                self.push(text);
                continue;
            }
            let mut letters = text.chars().peekable();
            while let Some(letter) = letters.next() {
                if letter != '?' {
                    self.sql.push(letter);
                } else if letters.next_if_eq(&'?').is_some() {
                    self.sql.push('?');
                } else {
                    questions += 1;
                    let value = values.next().ok_or_else(|| {
                        Error::new(Kind::Usage, format!("there is no value for the {questions}. question mark"))
                            .in_statement(sql, None)
                    })?;
                    let mark = self.parameter(value.clone(), None);
                    self.push(&mark);
                }
            }
        }
        match values.len() {
            0 => Ok(()),
            more => {
                Err(Error::new(Kind::Usage, format!("{more} values have no question mark")).in_statement(sql, None))
            }
        }
    }

    /// `of`: the query whose rows are put into order.
    fn order(&mut self, order: &[Order], of: Option<&Select>) -> Result<()> {
        for (index, term) in order.iter().enumerate() {
            self.push(if index == 0 { " ORDER BY " } else { ", " });
            let inner = self.part(|text| match &term.expr {
                Expr::Label(_, name) => {
                    text.column(None, name);
                    Ok(())
                }
                other => text.expr(other, None),
            })?;
            let sql = match of {
                Some(query) if self.is_never_null(query, &term.expr) && !term.descending => inner,
                Some(query) if self.is_never_null(query, &term.expr) => format!("{inner} DESC"),
                Some(_) | None => {
                    self.phrases.ordered(&inner, term.descending, term.nulls_first.unwrap_or(!term.descending))
                }
            };
            self.push(&sql);
        }
        Ok(())
    }

    /// Whether a column holds no NULL in the answer of a query. Then it is not said where they stand, for no index
    /// serves that has them at the other end (PostgreSQL).
    fn is_never_null(&self, query: &Select, expr: &Expr) -> bool {
        let Expr::Column(table, name, _) = expr else { return false };
        let joined = query.joins.iter().filter(|join| !join.outer).map(|join| &join.source);
        let mut sources =
            query.from.iter().chain(joined).filter(|source| table.as_ref().is_none_or(|table| source.name() == *table));
        let found = sources.find_map(|source| self.shape_of(source)?.column(name));
        query.compound.is_empty() && found.is_some_and(|column| !column.nullable)
    }

    /// `WHERE` with all of these, where there are any.
    pub(crate) fn conditions(&mut self, word: &str, conditions: &[Expr]) -> Result<()> {
        if !conditions.is_empty() {
            self.push(word);
            self.list(conditions, " AND ", None)?;
        }
        Ok(())
    }

    /// A query.
    pub(crate) fn select(&mut self, query: &Select) -> Result<()> {
        self.with(query)?;
        let sources: Vec<Source> =
            query.from.iter().chain(query.joins.iter().map(|join| &join.source)).cloned().collect();
        self.within(sources, |text| text.body(query))?;
        for (operation, other) in &query.compound {
            self.push(" ");
            self.push(operation.sql());
            self.push(" ");
            self.member(other)?;
        }
        // Behind a compound only the names of the columns are known.
        self.order(&query.order, Some(query))?;
        let limit = self.phrases.limit(query.limit, query.offset);
        self.push(&limit);
        if let Some(lock) = query.lock {
            self.push(self.phrases.row_lock(lock));
        }
        Ok(())
    }

    fn with(&mut self, query: &Select) -> Result<()> {
        for (index, (name, named, _)) in query.with.iter().enumerate() {
            let recursive = query.with.iter().any(|(_, _, recursive)| *recursive);
            self.push(if index > 0 {
                ", "
            } else if recursive {
                "WITH RECURSIVE "
            } else {
                "WITH "
            });
            let name = self.quoted(name);
            self.push(&name);
            self.push(" AS (");
            self.select(named)?;
            self.push(")");
        }
        if !query.with.is_empty() {
            self.push(" ");
        }
        Ok(())
    }

    /// A part of a compound; one with an order or a limit of its own is a table first.
    fn member(&mut self, query: &Select) -> Result<()> {
        if query.order.is_empty() && query.limit.is_none() && query.offset.is_none() && query.compound.is_empty() {
            return self.select(query);
        }
        self.push("SELECT * FROM (");
        self.select(query)?;
        self.push(") AS ");
        let name = self.quoted("member");
        self.push(&name);
        Ok(())
    }

    fn body(&mut self, query: &Select) -> Result<()> {
        self.push(if query.distinct { "SELECT DISTINCT " } else { "SELECT " });
        self.results(query)?;
        if let Some(source) = &query.from {
            self.push(" FROM ");
            self.source(source)?;
        }
        for Join { outer, source, on } in &query.joins {
            self.push(if *outer { " LEFT JOIN " } else { " JOIN " });
            self.source(source)?;
            self.push(" ON ");
            self.expr(on, None)?;
        }
        self.conditions(" WHERE ", &query.filter)?;
        if !query.group.is_empty() {
            self.push(" GROUP BY ");
            for (index, expr) in query.group.iter().enumerate() {
                self.push(if index == 0 { "" } else { ", " });
                self.group_term(expr, query)?;
            }
        }
        self.conditions(" HAVING ", &query.having)
    }

    /// What stands among the results too is named by its place there: two parameters are never the same to a server.
    fn group_term(&mut self, expr: &Expr, query: &Select) -> Result<()> {
        let is_same = |column: &Expr| match column {
            Expr::Label(inner, _) => **inner == *expr,
            other => other == expr,
        };
        match query.columns.iter().position(is_same) {
            Some(place) if !matches!(expr, Expr::Column(..)) => {
                self.push(&(place + 1).to_string());
                Ok(())
            }
            _ => self.expr(expr, None),
        }
    }

    fn results(&mut self, query: &Select) -> Result<()> {
        let all = self.all_columns(query);
        let columns = if query.columns.is_empty() { &all } else { &query.columns };
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            let ty = self.type_of(column);
            let inner = self.part(|text| text.expr(column, None))?;
            let sql = match &ty {
                Some(ty) => self.phrases.readable(inner.clone(), ty),
                None => inner.clone(),
            };
            self.push(&sql);
            let label = match column {
                Expr::Label(_, name) => Some(name),
                Expr::Column(_, name, _) if sql != inner => Some(name),
                _ => None,
            };
            if let Some(label) = label {
                let label = self.quoted(label);
                self.push(" AS ");
                self.push(&label);
            }
        }
        Ok(())
    }

    /// Every column of the first table, where its shape is known.
    pub(crate) fn all_columns(&self, query: &Select) -> Vec<Expr> {
        let everything = || vec![Expr::Column(None, "*".to_owned(), None)];
        let Some(source) = &query.from else { return everything() };
        let Some(shape) = self.shape_of(source) else { return everything() };
        shape
            .columns
            .iter()
            .map(|column| Expr::Column(Some(source.name()), column.name.clone(), Some(column.ty.clone())))
            .collect()
    }

    /// What the columns of a query's answer hold, where that is known.
    pub(crate) fn types(&mut self, query: &Select) -> Vec<Option<ValueType>> {
        let sources = query.from.iter().chain(query.joins.iter().map(|join| &join.source)).cloned().collect();
        self.scopes.push(sources);
        let all = self.all_columns(query);
        let columns = if query.columns.is_empty() { &all } else { &query.columns };
        let types = columns.iter().map(|column| self.type_of(column)).collect();
        self.scopes.pop();
        types
    }

    pub(crate) fn source(&mut self, source: &Source) -> Result<()> {
        match &source.origin {
            Origin::Shape(shape) => {
                let name = self.table(&shape.name);
                self.push(&name);
            }
            Origin::Name(name) => {
                let name = self.table(&super::model::name_of(name));
                self.push(&name);
            }
            Origin::Query(query) => {
                self.push("(");
                self.select(query)?;
                self.push(")");
            }
        }
        if source.alias.is_some() || matches!(source.origin, Origin::Query(_)) {
            let alias = self.quoted(&source.name());
            self.push(" AS ");
            self.push(&alias);
        }
        Ok(())
    }
}

/// Whether a value may be declared with the type of what it is compared with.
fn takes(ty: &ValueType, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Text(_) => !matches!(ty, ValueType::Bool | ValueType::Int(_) | ValueType::Float(_) | ValueType::Bytes),
        Value::Int(_) | Value::Unsigned(_) => matches!(ty, ValueType::Int(_)),
        Value::Bool(_)
        | Value::Float(_)
        | Value::Decimal(_)
        | Value::Bytes(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Timestamp(_)
        | Value::Instant(_)
        | Value::Uuid(_)
        | Value::Json(_) => matches!(ty, ValueType::Native(_)),
    }
}
