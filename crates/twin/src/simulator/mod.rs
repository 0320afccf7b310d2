//! The network packet by packet, by discrete events.
//!
//! Every packet is drawn, waits at each port of its way as the port's [`Policy`] has it, is sent, travels,
//! and arrives or is lost. It keeps its size on all hops. Where paths of equal weight part, each packet
//! draws its way by itself, with the probabilities that the formula takes for shares: a flow stands for
//! all connections between two nodes, not for one that must stay on a path.
//!
//! How long a signal travels is added to a packet's delay, while the packet itself is at the next port at
//! once: moving all that a line carries by the same time changes nothing of what queues do in the long
//! run, and a run need not last longer than its longest way.
//!
//! Numbers come from one seed: each flow has its own for its arrivals and sizes and each packet its own
//! for its way, so that no flow's traffic depends on what other flows do or what is edited of them.
//!
//! Queues are empty in the beginning; the first tenth of what is then measured is a warm-up, of which no
//! packet counts. Packets under way at the end count neither as arrived nor as lost.
//!
//! [`Policy`]: slicewise_core::twin::Policy

mod agenda;
mod draws;
mod measurement;
pub mod port;
mod quantiles;
mod run;

use slicewise_core::twin::TwinNews;
use slicewise_core::twin::simulation::{Simulated, SimulationOrder};
use slicewise_optim::monitor::{Halted, Monitor, Progress};

use crate::routing::RoutedNetwork;
use run::{Pause, Run};

/// Length of the warm-up over the time that is measured after it.
pub const WARM_UP_SHARE: f64 = 0.1;
/// Packets under way at once above which a run gives up: some 700 MB.
pub const MOST_UNDER_WAY: usize = 10_000_000;
/// Events between checkpoints: a millisecond natively, a few in a tab.
const EVENTS_PER_CHECKPOINT: usize = 4096;

/// Simulates `network` until its flows have sent `order.packets` after the warm-up.
///
/// Quantiles are off by less than 1/128 of themselves, 1/16 with more than 5,000 flows. After each of the
/// [`BATCHES`](slicewise_core::twin::simulation::BATCHES) but the last, `progress` hears what has been
/// measured so far. Links that have failed have a utilisation of NaN.
///
/// # Errors
/// An order out of range; more than [`MOST_UNDER_WAY`] packets in buffers at once; or the monitor's stop.
pub async fn simulate(
    network: &RoutedNetwork<'_>,
    order: &SimulationOrder,
    monitor: &impl Monitor,
    progress: &mut impl Progress<TwinNews>,
) -> Result<Simulated, Halted> {
    order.validate()?;
    let mut run = Run::new(network, order);
    loop {
        monitor.checkpoint().await?;
        match run.advance(EVENTS_PER_CHECKPOINT)? {
            Pause::Counted => progress.share(run.share()),
            Pause::BatchEnded => progress.news(TwinNews::Measured(Box::new(run.measured()))),
            Pause::Ended => return Ok(run.measured()),
        }
    }
}
