//! Making the tables of models in an empty database: for tests and examples. A program that lives on changes its tables by
//! revisions.

use std::sync::Arc;

use super::model::{Mapping, foreign_key};
use super::relation::RelationKind;
use super::session::Session;
use super::shape::Shapes;
use crate::dialect::{Capability, create_statements};
use crate::error::Result;
use crate::schema::{ForeignKey, Ident, Schema, Table};

impl Session<'_> {
    /// Makes the tables of these models, in the order that their references ask for. A relationship `belongs_to` of
    /// several columns is a foreign key. Views are left out. Texts are compared by their bytes on every database.
    ///
    /// # Errors
    /// What the database says.
    pub async fn create_all(&mut self, mappings: &[&Mapping]) -> Result<()> {
        let mut schema = Schema::default();
        let plain = self.dialect.phrases().plain_text_options(self.server);
        for mapping in mappings.iter().filter(|mapping| !mapping.is_view) {
            let mut table: Table = mapping.table.clone();
            table.foreign_keys.extend(keys_of_several_columns(mapping));
            for (database, key, value) in plain {
                table.options.set(database, key, *value);
            }
            schema.schemas.extend(table.name.schema.clone());
            schema.insert(table);
        }
        let in_transaction = self.dialect.has(Capability::TransactionalDdl, self.server);
        for statement in create_statements(schema, self.dialect, self.server)? {
            if in_transaction {
                self.send(&statement, &[]).await?;
            } else {
                self.execute_alone(&statement).await?;
            }
        }
        self.know(mappings);
        Ok(())
    }

    /// Makes the tables of models known by their names, for statements that name tables.
    pub fn know(&mut self, mappings: &[&Mapping]) {
        let mut shapes = Shapes::clone(&self.shapes);
        for mapping in mappings {
            shapes.insert(Arc::clone(&mapping.shape));
        }
        self.shapes = Arc::new(shapes);
    }
}

/// What `references` of a single column cannot say.
fn keys_of_several_columns(mapping: &Mapping) -> impl Iterator<Item = ForeignKey> {
    let table = mapping.table.name.name.as_str().to_owned();
    (mapping.relations)().into_iter().filter_map(move |relation| match &relation.kind {
        RelationKind::BelongsTo(columns) if columns.names().len() > 1 => {
            let target = (relation.target)();
            let key = target.shape.key_columns().map(|column| Ident::new(column.name.clone())).collect();
            let own = columns.names().iter().map(|name| Ident::from(*name)).collect();
            let name = format!("fk_{table}_{}", relation.name);
            Some(foreign_key(&name, own, target.shape.name.clone(), key))
        }
        RelationKind::BelongsTo(_) | RelationKind::Has(..) | RelationKind::Pairs(_) => None,
    })
}
