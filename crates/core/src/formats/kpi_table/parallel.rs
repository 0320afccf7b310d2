//! Rows understood by several threads and gathered by one, in the order of the table.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::ops::Range;
use std::sync::mpsc;

use crate::error::InputError;

use super::field::{Parsed, RowReader, Stamp};
use super::gather::{KpiTable, Place};
use super::read::ReadError;
use super::records::{Blocks, Records};

/// Blocks under way per thread.
const BLOCKS_PER_THREAD: usize = 4;

/// The records of a block, and what they say.
struct Understood {
    records: Records,
    count: u64,
    /// Rows with the number of their record in the block, from 1.
    rows: Vec<(u64, Row)>,
}

enum Row {
    Understood(Parsed<Name>),
    /// It has not the header's number of fields.
    Bad(InputError),
}

/// The name of a cell.
enum Name {
    /// Where it stands among the records.
    At(Range<usize>),
    Own(String),
}

impl Name {
    fn of(name: Cow<'_, str>, records: &Records) -> Self {
        match records.place_of(&name) {
            Some(place) => Self::At(place),
            None => Self::Own(name.into_owned()),
        }
    }

    fn text(self, records: &Records) -> Cow<'_, str> {
        match self {
            Self::At(place) => records.at(place).into(),
            Self::Own(name) => name.into(),
        }
    }
}

/// Reads all blocks, `first` being the one before.
pub(super) fn read_blocks<R: Read>(
    threads: usize,
    first: Vec<u8>,
    separator: u8,
    blocks: &mut Blocks<R>,
    reader: &RowReader<'_>,
    kpis: &mut KpiTable,
    observe: &mut dyn FnMut(u64),
) -> Result<(), ReadError> {
    let ended = || ReadError::Io(io::Error::other("a thread that reads rows has ended"));
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (to_worker, jobs) = mpsc::channel::<Vec<u8>>();
                let (to_us, results) = mpsc::channel();
                scope.spawn(move || {
                    for block in jobs {
                        if to_us.send(understand(block, separator, reader)).is_err() {
                            return;
                        }
                    }
                });
                (to_worker, results)
            })
            .collect();
        let mut under_way = VecDeque::new();
        let mut turn = (0..threads).cycle();
        let mut next = Some(first);
        let mut number = 1;
        while next.is_some() || !under_way.is_empty() {
            if let (Some(block), Some(worker)) = (next.take(), turn.next()) {
                workers[worker].0.send(block).map_err(|_| ended())?;
                under_way.push_back(worker);
                next = blocks.next()?;
                observe(blocks.read());
                if next.is_some() && under_way.len() < threads * BLOCKS_PER_THREAD {
                    continue;
                }
            }
            if let Some(worker) = under_way.pop_front() {
                let found = workers[worker].1.recv().map_err(|_| ended())?;
                gather(found, &mut number, kpis);
            }
        }
        Ok(())
    })
}

fn understand(block: Vec<u8>, separator: u8, reader: &RowReader<'_>) -> Understood {
    let mut rows = Vec::with_capacity(block.len() / 64);
    let (mut count, mut stamp) = (0, Stamp::default());
    let records = Records::of(block, separator);
    for record in records.iter() {
        count += 1;
        match record.wrong_length(reader.columns.width) {
            Some(problem) => rows.push((count, Row::Bad(problem))),
            None => reader.rows(
                &mut stamp,
                |at| record.field(at),
                |row| {
                    let row = row.with_cell(|name| Name::of(name, &records));
                    rows.push((count, Row::Understood(row)));
                },
            ),
        }
    }
    Understood { records, count, rows }
}

fn gather(found: Understood, number: &mut u64, kpis: &mut KpiTable) {
    let Understood { records, count, rows } = found;
    for (record, row) in rows {
        let place = Place::Row(*number + record);
        match row {
            Row::Understood(row) => kpis.take(place, row.with_cell(|name| name.text(&records))),
            Row::Bad(problem) => kpis.push_bad(place.of(problem)),
        }
    }
    *number += count;
}
