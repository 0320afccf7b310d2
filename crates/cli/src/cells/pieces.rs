//! The cells of a table, planned some hundred at a time on all threads and given in their order.

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use anyhow::bail;
use slicewise_core::cells::{CellBatch, CellPlans};
use slicewise_core::formats::kpi_table::{KpiCells, KpiTable};

/// Cells that a thread of the processor takes at a time.
pub const CELLS_AT_A_TIME: usize = 512;
/// Planned pieces of a thread that wait to be written.
const WAITING: usize = 2;

/// Cells with their plans.
type Planned = anyhow::Result<(KpiCells, CellPlans)>;

/// Plans all cells of `table`, `together` at a time, with `plan` on `workers` threads and hands them to
/// `take` in the table's order. Only some pieces per thread are held at a time.
///
/// # Errors
/// The first one of `plan` or `take`.
pub fn plan_pieces(
    table: &KpiTable,
    workers: usize,
    together: usize,
    plan: &(dyn Fn(&CellBatch) -> anyhow::Result<CellPlans> + Sync),
    take: &mut dyn FnMut(&KpiCells, &CellPlans) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let pieces = table.len().div_ceil(together);
    let workers = workers.clamp(1, pieces.max(1));
    std::thread::scope(|scope| {
        let planned: Vec<Receiver<Planned>> = (0..workers)
            .map(|worker| {
                let (sender, receiver) = sync_channel(WAITING);
                scope.spawn(move || {
                    for piece in (worker..pieces).step_by(workers) {
                        let first = piece * together;
                        if !send_piece(table, first..first + together, plan, &sender) {
                            return;
                        }
                    }
                });
                receiver
            })
            .collect();
        for piece in 0..pieces {
            // A thread that ends without sending has panicked: the scope passes that on.
            let Ok(planned) = planned[piece % workers].recv() else { bail!("a thread has failed") };
            let (cells, plans) = planned?;
            take(&cells, &plans)?;
        }
        Ok(())
    })
}

/// Says whether anybody still waits for more.
fn send_piece(
    table: &KpiTable,
    piece: Range<usize>,
    plan: &(dyn Fn(&CellBatch) -> anyhow::Result<CellPlans> + Sync),
    sender: &SyncSender<Planned>,
) -> bool {
    let cells = table.cells(piece);
    let planned = plan(&cells.batch).map(|plans| (cells, plans));
    sender.send(planned).is_ok()
}
