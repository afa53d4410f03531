//! What few databases have: one question says which of it is there at all, so that the others pay for nothing more.

use super::{casts, foreign, foreign_tables, languages, operators, privileges, text_search};
use crate::db::Connection;
use crate::dialect::postgres::inspect::building::Building;
use crate::dialect::postgres::inspect::text::truth;
use crate::error::Result;

#[derive(Clone, Copy)]
enum Rare {
    Operators,
    TextSearch,
    Conversions,
    ForeignTables,
    ForeignServers,
    Casts,
    Languages,
    DefaultPrivileges,
}

impl Rare {
    const ALL: [Self; 8] = [
        Self::Operators,
        Self::TextSearch,
        Self::Conversions,
        Self::ForeignTables,
        Self::ForeignServers,
        Self::Casts,
        Self::Languages,
        Self::DefaultPrivileges,
    ];

    /// The catalogs in which it stands; numbers below 16384 are the server's own.
    fn catalogs(self) -> &'static [&'static str] {
        match self {
            Self::Operators => &["pg_operator", "pg_opfamily", "pg_opclass"],
            Self::TextSearch => &["pg_ts_dict", "pg_ts_config"],
            Self::Conversions => &["pg_conversion"],
            Self::ForeignTables => &["pg_foreign_server"],
            Self::ForeignServers => &["pg_foreign_data_wrapper", "pg_foreign_server"],
            Self::Casts => &["pg_cast"],
            Self::Languages => &["pg_language"],
            Self::DefaultPrivileges => &["pg_default_acl"],
        }
    }

    fn is_of_database(self) -> bool {
        matches!(self, Self::ForeignServers | Self::Casts | Self::Languages | Self::DefaultPrivileges)
    }

    fn question(self) -> String {
        let has = |catalog: &&str| format!("EXISTS (SELECT FROM pg_catalog.{catalog} WHERE oid >= 16384)");
        self.catalogs().iter().map(has).collect::<Vec<_>>().join(" OR ")
    }
}

/// Reads what is there. A scratch schema lies in the database of the user: what is of the database is the user's there.
pub(super) async fn read(connection: &mut Connection, building: &mut Building<'_>) -> Result<()> {
    let asked: Vec<Rare> =
        Rare::ALL.into_iter().filter(|rare| !(rare.is_of_database() && building.in_scratch())).collect();
    let questions: Vec<String> = asked.iter().map(|rare| rare.question()).collect();
    let row = connection.first_row(&format!("SELECT {}", questions.join(", "))).await?.unwrap_or_default();
    let there = asked.into_iter().enumerate().filter(|(at, _)| truth(row.text(*at)));
    for (_, rare) in there {
        match rare {
            Rare::Operators => operators::read(connection, building).await?,
            Rare::TextSearch => text_search::read(connection, building).await?,
            Rare::Conversions => languages::conversions(connection, building).await?,
            Rare::ForeignTables => foreign_tables::read(connection, building).await?,
            Rare::ForeignServers => foreign::read(connection, building).await?,
            Rare::Casts => casts::read(connection, building).await?,
            Rare::Languages => languages::read(connection, building).await?,
            Rare::DefaultPrivileges => privileges::read(connection, building).await?,
        }
    }
    Ok(())
}
