//! From the stream into an empty database: all of it, compared with what was read, or nothing.

use db::{DbError, Table, Tx};
use indicatif::ProgressBar;
use thiserror::Error;

use super::file::FileError;
use super::record::{Record, TableHead, TableTotals, Totals};
use super::source::totals_of;
use crate::failure::Failure;

#[derive(Debug, Error)]
pub enum FillError {
    #[error("it holds data already (table {0}); only an empty installation is filled")]
    NotEmpty(String),
    #[error("the table {0} is not what this program knows; use the program that made it")]
    OtherSchema(String),
    #[error("the table {table} holds {found} rows where {wanted} were read, or other rows; nothing was kept")]
    Differs { table: String, found: u64, wanted: u64 },
    #[error(transparent)]
    File(#[from] FileError),
    #[error("reading failed: {0}; nothing was kept")]
    Source(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl FillError {
    /// What it means for the command that fills `target`.
    pub fn about(&self, target: &str) -> Failure {
        let told = format!("{target}: {self}");
        if matches!(self, Self::NotEmpty(_)) { Failure::usage(told) } else { Failure::failed(told) }
    }
}

/// Fills every table and reads it back. The caller's transaction is committed only when all is equal.
///
/// This is the place for what must hold before anything reads or sends from a restored database: whatever else has to
/// be true of it is put right in the same transaction.
pub fn fill(
    tx: &mut Tx<'_>,
    records: &mut dyn Iterator<Item = Result<Record, FillError>>,
    bar: &ProgressBar,
) -> Result<Vec<TableTotals>, FillError> {
    let tables = tx.tables()?;
    for table in &tables {
        if !tx.is_empty(table)? {
            return Err(FillError::NotEmpty(table.name().to_owned()));
        }
    }
    let mut filled: Vec<TableTotals> = Vec::with_capacity(tables.len());
    while let Some(record) = records.next() {
        let Record::Table(head) = record? else {
            return Err(FillError::Source("rows came before their table".to_owned()));
        };
        let table = table_of(&tables, &head)?;
        let wanted = fill_table(tx, table, records, bar)?;
        let found = totals_of(tx, table)?;
        if found != wanted {
            return Err(FillError::Differs { table: head.table, found: found.rows, wanted: wanted.rows });
        }
        filled.push(found.of_table(&head.table));
    }
    match tables.iter().find(|table| !filled.iter().any(|one| one.table == table.name())) {
        None => Ok(filled),
        Some(missing) => Err(FillError::OtherSchema(missing.name().to_owned())),
    }
}

fn table_of<'t>(tables: &'t [Table], head: &TableHead) -> Result<&'t Table, FillError> {
    let found = tables.iter().find(|table| table.name() == head.table && table.columns() == head.columns);
    found.ok_or_else(|| FillError::OtherSchema(head.table.clone()))
}

fn fill_table(
    tx: &mut Tx<'_>,
    table: &Table,
    records: &mut dyn Iterator<Item = Result<Record, FillError>>,
    bar: &ProgressBar,
) -> Result<Totals, FillError> {
    loop {
        match records.next().transpose()? {
            Some(Record::Rows(rows)) => {
                bar.inc(rows.len() as u64);
                tx.fill(table, rows)?;
            }
            Some(Record::End(totals)) => return Ok(totals),
            Some(Record::Table(_)) | None => return Err(FillError::Source(format!("{} has no end", table.name()))),
        }
    }
}
