//! From a database to the stream: every table, in one snapshot.

use std::ops::ControlFlow;

use db::{DbError, Table, Tx};

use super::record::{Record, TableHead, Totals, write_row};

/// Bytes of rows that are handed on together.
const BATCH_BYTES: usize = 256 * 1024;

/// Gives every table to `take` until it refuses; answers its refusal.
pub fn read<E>(tx: &mut Tx<'_>, mut take: impl FnMut(Record) -> Result<(), E>) -> Result<Result<(), E>, DbError> {
    for table in tx.tables()? {
        if let Err(refusal) = read_table(tx, &table, &mut take)? {
            return Ok(Err(refusal));
        }
    }
    Ok(Ok(()))
}

fn read_table<E>(
    tx: &mut Tx<'_>,
    table: &Table,
    take: &mut impl FnMut(Record) -> Result<(), E>,
) -> Result<Result<(), E>, DbError> {
    let columns = table.columns().into_iter().map(str::to_owned).collect();
    if let Err(refusal) = take(Record::Table(TableHead { table: table.name().to_owned(), columns })) {
        return Ok(Err(refusal));
    }
    let (mut totals, mut outcome) = (Totals::default(), Ok(()));
    let (mut batch, mut bytes, mut row_bytes) = (Vec::new(), 0, Vec::new());
    tx.each_row_of(table, &mut |row| {
        row_bytes.clear();
        write_row(&row, &mut row_bytes);
        totals.add(&row_bytes);
        bytes += row_bytes.len();
        batch.push(row);
        if bytes >= BATCH_BYTES {
            bytes = 0;
            outcome = take(Record::Rows(std::mem::take(&mut batch)));
        }
        if outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    if outcome.is_ok() && !batch.is_empty() {
        outcome = take(Record::Rows(batch));
    }
    Ok(outcome.and_then(|()| take(Record::End(totals))))
}

/// What a table of the database comes to.
pub fn totals_of(tx: &mut Tx<'_>, table: &Table) -> Result<Totals, DbError> {
    let (mut totals, mut row_bytes) = (Totals::default(), Vec::new());
    tx.each_row_of(table, &mut |row| {
        row_bytes.clear();
        write_row(&row, &mut row_bytes);
        totals.add(&row_bytes);
        ControlFlow::Continue(())
    })?;
    Ok(totals)
}
