//! The desk on which models, history and the live database are laid side by side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::cache::{self, Cache};
#[cfg(feature = "orm")]
use crate::check::rows;
use crate::check::settled::{Settled, settle};
use crate::check::{Comparison, Filter, compare, rejudge, sight};
use crate::config::{Config, Language, Models as Source, Scratch as Said};
use crate::db::{Connection, Settings, Url};
use crate::dialect::{Capability, Scope, Server};
use crate::diff::{Context, RenameRules};
use crate::error::{Error, Kind, Result};
use crate::execute::run::Runner;
use crate::execute::scratch::{Place, Workshop, lay_hints_over};
use crate::graph::{Range, Rows, Target};
use crate::model::{ModelFile, Models, OwnedRows, Program, SqlModel, validate};
use crate::ops::Operation;
use crate::plan::{Ground, Planned, plan};
use crate::schema::{Ident, Name, ObjectKind, Pair, Schema, Unmodelled};
use crate::text_file::{decode, read_text, tidy_text};

/// Everything that a comparison needs beside the connection.
pub(crate) struct Desk<'a> {
    pub(crate) config: &'a Config,
    pub(crate) dialect: &'static dyn Server,
    pub(crate) scope: Scope,
    place: Place,
    setup: Option<SqlModel>,
    settings: Settings,
    /// Process and run, for names of scratch places.
    tag: String,
    cache: Cache,
}

/// The version table that the configuration names; a schema that is the connection's own is left out.
pub(crate) fn version_table(config: &Config, own: &Ident, dialect: &dyn Server) -> Name {
    let table = &config.version_table;
    let schema = table.schema.as_deref().map(Ident::from);
    Name::new(schema.filter(|schema| dialect.fold(schema) != dialect.fold(own)), table.name.as_str())
}

/// What is inspected: the schemas that the configuration names, with the connection's own one said as "own". Where it names
/// none, what is attached is looked at too.
pub(crate) fn scope(config: &Config, connection: &Connection, dialect: &dyn Server) -> Scope {
    let own = connection.own_schema();
    let is_own = |schema: &str| dialect.fold(&Ident::from(schema)) == dialect.fold(own);
    let others = config.schemas.iter().filter(|schema| !is_own(schema)).map(|schema| Ident::from(schema.as_str()));
    Scope {
        schemas: if config.schemas.is_empty() { connection.attached() } else { others.collect() },
        without_own: !config.schemas.is_empty() && !config.schemas.iter().any(|schema| is_own(schema)),
        version_table: Some(version_table(config, own, dialect)),
        definers: config.compares.definers,
        grants: config.compares.grants,
        owners: config.compares.owners,
        extensions: None,
    }
}

/// The schemas that YAML models fill, and that are not compared.
fn uncompared(declared: &Schema, scope: &Scope, own: &Ident, dialect: &dyn Server) -> Vec<Ident> {
    let is_compared = |name: &&Ident| scope.schemas.iter().any(|one| dialect.fold(one) == dialect.fold(name));
    let in_schemas = declared.objects.keys().filter(|id| id.table.is_none() && !id.kind.is_of_database());
    let mut names = declared.tables.keys().chain(declared.enums.keys()).chain(in_schemas.map(|id| &id.name));
    let fills_own = scope.without_own && names.any(|name| name.schema.is_none());
    declared.schemas.iter().filter(|name| !is_compared(name)).chain(fills_own.then_some(own)).cloned().collect()
}

/// Refuses to compare what this database does not have, or what is no part of it there.
fn refuse_unknown(scope: &Scope, dialect: &dyn Server) -> Result<()> {
    let asked = [(scope.grants, ObjectKind::Grants), (scope.owners, ObjectKind::Owner)];
    let Some((_, kind)) = asked.into_iter().find(|(is_asked, kind)| *is_asked && !dialect.objects().knows(*kind))
    else {
        return Ok(());
    };
    let (word, database) = (kind.plural(), dialect.word());
    let phrase = format!("`compare: [{word}]` cannot be on {database}: there {word} are no part of a database");
    Err(Error::new(Kind::Config, phrase)
        .with_hint(format!("take `{word}` out of `compare:`, or set `compare:` under the database that it is for")))
}

impl<'a> Desk<'a> {
    /// A desk for the database behind `connection`. `run` tells this run from others of the same process.
    pub(crate) fn new(
        config: &'a Config,
        connection: &Connection,
        dialect: &'static dyn Server,
        run: &str,
    ) -> Result<Self> {
        let setup = config.scratch_setup.as_ref().map(|file| {
            let text = read_text(file).map_err(|error| error.while_doing("`scratch_setup` cannot be read"))?;
            Ok(SqlModel { file: file.clone(), text: tidy_text(&text) })
        });
        let setup = setup.transpose()?;
        let place = match config.scratch()? {
            Said::Usual => Place::SameServer { said: false },
            Said::SameServer => Place::SameServer { said: true },
            Said::Url(url) => Place::Url(Url::parse(url.reveal(), &config.root)?),
        };
        let scope = scope(config, connection, dialect);
        refuse_unknown(&scope, dialect)?;
        let tag = format!("{}_{run}", std::process::id());
        let cache = Cache::at(config.cache.clone());
        Ok(Self { config, dialect, scope, place, setup, settings: connection.settings().clone(), tag, cache })
    }

    fn workshop(&self) -> Workshop<'_> {
        Workshop {
            dialect: self.dialect,
            place: &self.place,
            settings: &self.settings,
            tag: &self.tag,
            scope: &self.scope,
            setup: self.setup.as_ref(),
        }
    }

    /// The texts of the models.
    pub(crate) fn model_files(&self) -> Result<Vec<ModelFile>> {
        match self.config.models()? {
            Source::Paths(paths) => crate::model::read(paths),
            Source::Command { .. } if !self.config.commands => {
                Err(Error::new(Kind::Usage, "the models come from a command, and --no-commands forbids to run it")
                    .with_hint(
                        "leave --no-commands out, or let the command write a file and name that under `models:`",
                    ))
            }
            Source::Command { command, language } => {
                let program =
                    Program { words: &command.words, folder: &self.config.root, limit: command.limit, hides: false };
                let path = PathBuf::from(format!("output of {program}"));
                let text = program.run().and_then(decode).map_err(|error| match &self.config.file {
                    Some(file) if error.place().line.is_none() => error.in_file(file),
                    _ => error.in_file(&path),
                })?;
                Ok(vec![ModelFile { path, text: tidy_text(&text), is_yaml: *language == Language::Yaml }])
            }
        }
    }

    /// The models in the server's words. What was judged once is kept in the user's cache.
    pub(crate) async fn judge(&self, connection: &mut Connection, files: &[ModelFile]) -> Result<Schema> {
        self.judge_beside(connection, files, &Schema::default()).await
    }

    /// The same, where the live side is at hand: what it says word for word needs no scratch place.
    pub(crate) async fn judge_beside(
        &self,
        connection: &mut Connection,
        files: &[ModelFile],
        live: &Schema,
    ) -> Result<Schema> {
        let parts = files.iter().map(|file| (if file.is_yaml { "yaml" } else { "sql" }, file.text.as_str()));
        let key = self.cache_key(connection, "models", parts).await?;
        if let Some(judged) = self.cache.get(&key) {
            return Ok(judged);
        }
        let models = Models::parse(files)?;
        let judged = self.judge_anew(connection, &models, live).await?;
        // What could not be judged today may be tomorrow.
        if !judged.unmodelled.iter().any(|one| one.unjudged_kind().is_some()) {
            self.cache.put(&key, &judged);
        }
        Ok(judged)
    }

    async fn judge_anew(&self, connection: &mut Connection, models: &Models, live: &Schema) -> Result<Schema> {
        let mut judged = self.judge_words(connection, models, live).await?;
        let declared = uncompared(&models.declared, &self.scope, connection.own_schema(), self.dialect);
        for one in declared.iter().map(Unmodelled::uncompared) {
            if !judged.unmodelled.contains(&one) {
                judged.unmodelled.push(one);
            }
        }
        Ok(judged)
    }

    async fn judge_words(&self, connection: &mut Connection, models: &Models, live: &Schema) -> Result<Schema> {
        validate(models, self.dialect)?;
        let settled = if self.setup.is_some() || live.tables.is_empty() {
            None
        } else {
            settle(models, live, self.dialect, connection.server())
        };
        let Some(Settled { mut known, open, props }) = settled else {
            return self.workshop().judge(connection, models).await;
        };
        if !open.declared.tables.is_empty() {
            let judged = self.workshop().judge(connection, &open).await?;
            known.tables.extend(judged.tables.into_iter().filter(|(name, _)| !props.contains(name)));
            known.unmodelled.extend(judged.unmodelled.into_iter().filter(|one| one.unjudged_kind().is_some()));
        }
        lay_hints_over(&models.declared, &mut known, self.dialect);
        Ok(known)
    }

    /// What `scratch_setup` makes by itself: it is neither of the models nor of the database that is compared.
    async fn prepared(&self, live: &mut Connection) -> Result<Schema> {
        if self.setup.is_none() {
            return Ok(Schema::default());
        }
        let key = self.cache_key(live, "scratch_setup", std::iter::empty()).await?;
        if let Some(prepared) = self.cache.get(&key) {
            return Ok(prepared);
        }
        let prepared = self.workshop().prepared(live).await?;
        self.cache.put(&key, &prepared);
        Ok(prepared)
    }

    /// Everything that a judgement of these texts depends on; nothing of it leads back to the database.
    async fn cache_key<'t>(
        &self,
        live: &mut Connection,
        what: &str,
        texts: impl Iterator<Item = (&'t str, &'t str)>,
    ) -> Result<String> {
        let server = format!("{} {}", env!("CARGO_PKG_VERSION"), live.server());
        let facts = self.dialect.scratch_facts(live).await?;
        let Scope { schemas, without_own, definers, grants, owners, version_table: _, extensions: _ } = &self.scope;
        // What the login has by being who it is, is not said: so the answer is one for it alone.
        let login = (*grants || *owners).then(|| (live.url().safe(), self.settings.role.as_deref()));
        let scope = format!("{schemas:?} {without_own} {definers} {grants} {owners} {login:?}");
        let setup = self.setup.as_ref().map_or("", |setup| setup.text.as_str());
        let mut parts = vec![server.as_bytes(), facts.as_bytes(), scope.as_bytes(), what.as_bytes(), setup.as_bytes()];
        parts.extend(texts.flat_map(|(language, text)| [language.as_bytes(), text.as_bytes()]));
        Ok(cache::key(&parts))
    }

    /// The live database; a login that is not shown all of it is refused.
    pub(crate) async fn live(&self, connection: &mut Connection) -> Result<Schema> {
        sight::look(self.dialect, connection, &self.scope).await
    }

    /// What the revisions make of an empty database.
    pub(crate) async fn head(&self, live: &mut Connection, runner: &Runner<'_>, range: &Range) -> Result<Schema> {
        let planned = self.chain(live, runner, range)?;
        self.shape_at(live, &planned.iter().collect::<Vec<_>>()).await
    }

    /// The schema behind a chain of revisions that begins with nothing, in the server's words: they run in a scratch
    /// place, as they are. What was replayed once is kept in the user's cache.
    pub(crate) async fn shape_at(&self, live: &mut Connection, chain: &[&Planned]) -> Result<Schema> {
        let texts: Vec<String> = chain.iter().map(|one| format!("{} {:?}", one.step.revision, one.chunks)).collect();
        let parts = texts.iter().map(|text| ("revision", text.as_str()));
        let key = self.cache_key(live, "revisions", parts).await?;
        if let Some(shape) = self.cache.get(&key) {
            return Ok(shape);
        }
        let shape = self.workshop().replay(live, chain).await?;
        self.cache.put(&key, &shape);
        Ok(shape)
    }

    fn chain(&self, live: &Connection, runner: &Runner<'_>, range: &Range) -> Result<Vec<Planned>> {
        let (_, steps) = runner.revisions.graph.upgrade_script(range)?;
        let ground = Ground {
            dialect: self.dialect,
            server: live.server(),
            variables: runner.variables,
            back: crate::plan::BackRules::default(),
        };
        steps
            .into_iter()
            .map(|step| {
                let file = runner.revisions.file(&step.revision)?;
                plan(step, file, ground)
            })
            .collect()
    }

    /// The facts that a diff asks for.
    pub(crate) fn context(&self, connection: &Connection) -> Context<'static> {
        Context { dialect: self.dialect, server: connection.server() }
    }

    /// Models against live, filtered as the configuration says. What differs by its words only is judged by the server
    /// once more.
    pub(crate) async fn compare(
        &self,
        connection: &mut Connection,
        live: Schema,
        desired: Schema,
        rules: &RenameRules,
    ) -> Result<Comparison> {
        let comparison = self.compare_words(connection, live, desired, rules).await?;
        let own = Some(connection.own_schema()).filter(|_| !self.scope.without_own);
        let schemas = own.into_iter().chain(&self.scope.schemas).map(|name| name.as_str().to_owned()).collect();
        Ok(Comparison { schemas, ..comparison })
    }

    async fn compare_words(
        &self,
        connection: &mut Connection,
        live: Schema,
        desired: Schema,
        rules: &RenameRules,
    ) -> Result<Comparison> {
        let own = connection.own_schema().as_str().to_owned();
        let prepared = self.prepared(connection).await?;
        let filter = Filter::new(&self.config.ignore, self.config.unmanaged, &own).without(&prepared);
        let context = self.context(connection);
        let comparison = compare(live, desired, &filter, rules, context);
        // What seems to be missing may be hidden.
        if comparison.difference.operations.iter().any(|operation| matches!(operation, Operation::Object(_))) {
            sight::refuse_hidden(self.dialect, connection, &self.scope).await?;
        }
        let doubtful = rejudge::doubtful(&comparison.difference.operations);
        if doubtful.is_empty() || !self.dialect.has(Capability::RewordsExpressions, connection.server()) {
            return Ok(comparison);
        }
        let Comparison { mut live, desired, .. } = comparison;
        let again = self.workshop().judge_native(connection, &rejudge::extract(&live, &doubtful)).await?;
        rejudge::reword(&mut live, &again, &desired, context);
        let comparison = compare(live, desired, &filter, rules, context);
        let doubtful = rejudge::doubtful(&comparison.difference.operations);
        if doubtful.is_empty() {
            return Ok(comparison);
        }
        let Comparison { live, mut desired, .. } = comparison;
        let again = self.workshop().judge_native(connection, &rejudge::extract(&desired, &doubtful)).await?;
        rejudge::reword(&mut desired, &again, &live, context);
        Ok(compare(live, desired, &filter, rules, context))
    }

    /// Adds to a comparison what differs in the rows that the models own. Only tables with such rows are asked about.
    #[cfg(feature = "orm")]
    pub(crate) async fn compare_rows(
        &self,
        connection: &mut Connection,
        rows: &BTreeMap<Name, OwnedRows>,
        comparison: &mut Comparison,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let own = connection.own_schema().as_str().to_owned();
        let filter = Filter::new(&self.config.ignore, self.config.unmanaged, &own);
        let ignores = |name: &Name| filter.ignores(name);
        let ground = rows::Ground { dialect: self.dialect, comparison, ignores: &ignores };
        let (operations, drift) = ground.compare(connection, rows).await?;
        comparison.difference.operations = operations;
        comparison.drift = drift;
        Ok(())
    }

    /// Refuses rows in models: they become data steps, which this program was built without.
    #[cfg(not(feature = "orm"))]
    pub(crate) async fn compare_rows(
        &self,
        _connection: &mut Connection,
        rows: &BTreeMap<Name, OwnedRows>,
        _comparison: &mut Comparison,
    ) -> Result<()> {
        rows.values().next().map_or(Ok(()), |first| Err(without_steps(first)))
    }

    /// Creates everything that the models declare in the database itself, which has no tables, and stamps it.
    ///
    /// # Errors
    /// Refused if there are tables.
    pub(crate) async fn create_all(&self, connection: &mut Connection, runner: &Runner<'_>) -> Result<Rows> {
        let files = self.model_files()?;
        let models = Models::parse(&files)?;
        let found = self.live(connection).await?;
        if let Some(table) = found.tables.keys().next() {
            return Err(Error::new(
                Kind::Refused,
                format!("the database is not empty: it has the table {}", table.for_people()),
            )
            .with_hint("use an empty database, or `migrate revision --autogenerate` and `migrate upgrade`"));
        }
        runner.ensure_tables(connection).await?;
        let heads = runner.revisions.graph.stamp_from_nothing(&[Target::parse("heads")?])?;
        let whole = self.dialect.has(Capability::TransactionalDdl, connection.server());
        let made = if whole {
            let rows = runner.history.begin(connection).await?;
            self.make_and_stamp(connection, &models, runner, Pair::new(&rows, &heads)).await
        } else {
            self.make(connection, &models).await?;
            let rows = runner.history.begin(connection).await?;
            runner.stamp_empty(connection, Pair::new(&rows, &heads)).await
        };
        match made {
            Ok(()) => connection.commit().await?,
            Err(error) => {
                if connection.is_usable() {
                    connection.rollback().await?;
                }
                return Err(error);
            }
        }
        Ok(heads)
    }

    /// The rows that the models own into tables that were made just now.
    #[cfg(feature = "orm")]
    async fn insert_rows(&self, connection: &mut Connection, models: &Models) -> Result<()> {
        if models.rows.is_empty() {
            return Ok(());
        }
        let made = self.live(connection).await?;
        for sql in rows::inserts(self.dialect, connection.server(), &made, &models.rows)? {
            connection
                .execute(&sql)
                .await
                .map_err(|error| error.while_doing("cannot insert the rows of the models"))?;
        }
        Ok(())
    }

    #[cfg(not(feature = "orm"))]
    async fn insert_rows(&self, _connection: &mut Connection, models: &Models) -> Result<()> {
        models.rows.values().next().map_or(Ok(()), |first| Err(without_steps(first)))
    }

    async fn make_and_stamp(
        &self,
        connection: &mut Connection,
        models: &Models,
        runner: &Runner<'_>,
        rows: Pair<&Rows>,
    ) -> Result<()> {
        self.make(connection, models).await?;
        runner.stamp_empty(connection, rows).await
    }

    async fn make(&self, connection: &mut Connection, models: &Models) -> Result<()> {
        validate(models, self.dialect)?;
        self.workshop().create(connection, models).await?;
        self.insert_rows(connection, models).await
    }
}

#[cfg(not(feature = "orm"))]
fn without_steps(rows: &OwnedRows) -> Error {
    Error::new(Kind::Unsupported, "this program was built without data steps, and models own rows")
        .in_file(&rows.spot.file)
        .at_line(rows.spot.line, 0)
        .with_hint("build it with the Cargo feature `orm`")
}

/// A model file that is named on the command line.
pub(crate) fn one_file(path: &Path) -> Result<Vec<ModelFile>> {
    crate::model::read(&[PathBuf::from(path)])
}
