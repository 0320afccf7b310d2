//! One step of all cells under given shares: interference, queues and what is measured.
//!
//! A step of 15 minutes is represented by a sample: 5 parts of 64 scheduling intervals of 10 ms. The
//! users are where they are after each quarter of the step; their queues go on from part to part.
//! Every sample begins with empty queues, and its first part is not measured: what waited 15 minutes
//! ago is long gone. A cell disturbs its neighbours in proportion to the PRB that it used in the
//! part before.

use slicewise_core::cells::ServiceProfile;
use slicewise_core::cells::scenario::{CELLS, SliceKpis};

use super::demand::{INTERVAL_S, MEASURED_S, PART_INTERVALS, PARTS, buffer_mbit};
use super::link::{CARRIER_MBPS, CqiTable, EFFICIENCY, Fading};
use super::scheduler::{Competitor, Tally, serve};
use super::world::{ActiveUser, WorldStep};

/// Part of its PRB that each cell uses, 0 to 1.
pub type Loads = [f64; CELLS];

/// The largest delay that is reported, in ms.
pub const LONGEST_DELAY_MS: f64 = 10_000.0;

/// Load that a cell disturbs its neighbours with.
#[derive(Clone, Copy, Debug)]
pub enum Interference<'a> {
    /// What it used in the part before; in the first part, what it used at the end of the last step.
    Lived(&'a Loads),
    /// The same loads in every candidate, part by part.
    Given(&'a [Loads; PARTS]),
}

/// What came of one step.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What was counted: cells x slices present.
    pub tallies: Vec<Tally>,
    /// What the active users reported in the measured parts: cells x slices present.
    pub reports: Vec<Reports>,
    /// Load that each cell disturbed its neighbours with in each part.
    pub interfering: [Loads; PARTS],
    /// Load of each cell in the last part.
    pub loads: Loads,
}

/// CQI reports of the active users of one slice in one cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reports {
    users: f64,
    weights: f64,
    weighted_cqi: f64,
}

impl Reports {
    /// Each user counts with the time on air that a bit of his takes: he reports while he is served.
    /// So the mean stands for what the slice's data costs, which the weakest users decide.
    fn add(&mut self, cqi: usize) {
        let weight = 1.0 / EFFICIENCY[cqi.max(1)];
        self.users += 1.0;
        self.weights += weight;
        self.weighted_cqi += weight * cqi as f64;
    }

    /// Mean CQI; none where nobody is active.
    pub fn mean_cqi(&self) -> Option<f64> {
        (self.users > 0.0).then(|| self.weighted_cqi / self.weights)
    }
}

/// A user's queue.
#[derive(Clone, Copy, Debug, Default)]
struct Queue {
    waiting_mbit: f64,
    /// Exponential mean of the rate at which he was served, for proportional fairness.
    served_mbps: f64,
    next_burst: usize,
    sinr_db: f64,
}

/// What all cells share in one step.
struct Step<'a> {
    world: &'a WorldStep,
    cqi: &'a CqiTable,
    fading: &'a Fading,
}

/// Scheduling intervals over which proportional fairness remembers what a user got.
const MEMORY: f64 = 50.0;

/// Simulates one step; `shares` are cells x slices present, each within 0 to 1.
pub fn simulate(
    world: &WorldStep,
    shares: &[f64],
    interference: Interference<'_>,
    cqi: &CqiTable,
    fading: &Fading,
) -> Measured {
    let slices = world.present.len();
    let step = Step { world, cqi, fading };
    let start = |user: &ActiveUser| Queue {
        served_mbps: 0.5 * world.services[user.slice].required_throughput_mbps,
        next_burst: user.bursts.start,
        ..Queue::default()
    };
    let mut queues: Vec<Queue> = world.users.iter().map(start).collect();
    let mut tallies = vec![Tally::default(); CELLS * slices];
    let mut reports = vec![Reports::default(); CELLS * slices];
    let mut interfering = [[0.0; CELLS]; PARTS];
    let mut loads = match interference {
        Interference::Lived(loads) => *loads,
        Interference::Given(parts) => parts[0],
    };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); CELLS * slices];
    for part in 0..PARTS {
        if let Interference::Given(parts) = interference {
            loads = parts[part];
        }
        interfering[part] = loads;
        members.iter_mut().for_each(Vec::clear);
        for (index, user) in world.users.iter().enumerate() {
            let reception = &user.receptions[part];
            let group = reception.cell * slices + user.slice;
            members[group].push(index);
            let sinr_db = sinr_db(reception.cell, &reception.gains, &loads);
            queues[index].sinr_db = sinr_db;
            if part > 0 {
                reports[group].add(cqi.cqi(sinr_db));
            }
        }
        if part == 1 {
            begin_measuring(&mut tallies, &members, &queues);
        }
        loads = [0.0; CELLS];
        for (group, users) in members.iter().enumerate() {
            let tally = &mut tallies[group];
            let before = tally.used_s;
            step.serve_part(part, group % slices, users, shares[group], &mut queues, tally);
            loads[group / slices] += (tally.used_s - before) * shares[group];
        }
        for load in &mut loads {
            *load = (*load / (PART_INTERVALS as f64 * INTERVAL_S)).min(1.0);
        }
    }
    for (user, queue) in world.users.iter().zip(&queues) {
        let cell = user.receptions[PARTS - 1].cell;
        tallies[cell * slices + user.slice].left_mbit += queue.waiting_mbit;
    }
    Measured { tallies, reports, interfering, loads }
}

/// Forgets the unmeasured part; what waits at its end waits at the beginning of the measured ones.
fn begin_measuring(tallies: &mut [Tally], members: &[Vec<usize>], queues: &[Queue]) {
    for (tally, users) in tallies.iter_mut().zip(members) {
        let found_mbit = users.iter().map(|user| queues[*user].waiting_mbit).sum();
        *tally = Tally { found_mbit, ..Tally::default() };
    }
}

/// Mean ratio of signal to interference and noise in dB.
fn sinr_db(serving: usize, gains: &[f64; CELLS], loads: &Loads) -> f64 {
    let mut disturbance = 1.0;
    for cell in 0..CELLS {
        if cell != serving {
            disturbance += gains[cell] * loads[cell];
        }
    }
    10.0 * libm::log10(gains[serving] / disturbance)
}

impl Step<'_> {
    /// Serves the `users` of one slice in one cell through one part.
    fn serve_part(
        &self,
        part: usize,
        slice: usize,
        users: &[usize],
        share: f64,
        queues: &mut [Queue],
        tally: &mut Tally,
    ) {
        let buffer_mbit = buffer_mbit(&self.world.services[slice]);
        let mut competitors = Vec::with_capacity(users.len());
        for interval in part * PART_INTERVALS..(part + 1) * PART_INTERVALS {
            competitors.clear();
            for index in users {
                let user = &self.world.users[*index];
                let queue = &mut queues[*index];
                self.arrive(user, interval, buffer_mbit, queue, tally);
                if queue.waiting_mbit <= 0.0 {
                    continue;
                }
                let fade_db = self.fading.gain_db(user.fading, interval);
                let efficiency = EFFICIENCY[self.cqi.cqi(queue.sinr_db + fade_db)];
                competitors.push(Competitor {
                    user: *index,
                    waiting_mbit: queue.waiting_mbit,
                    rate_mbps: efficiency * CARRIER_MBPS * share,
                    average_mbps: queue.served_mbps,
                    served_mbit: 0.0,
                });
            }
            serve(&mut competitors, INTERVAL_S, tally);
            for index in users {
                queues[*index].served_mbps *= 1.0 - 1.0 / MEMORY;
            }
            for competitor in &competitors {
                let queue = &mut queues[competitor.user];
                queue.waiting_mbit = competitor.waiting_mbit;
                queue.served_mbps += competitor.served_mbit / INTERVAL_S / MEMORY;
            }
        }
    }

    fn arrive(
        &self,
        user: &ActiveUser,
        interval: usize,
        buffer_mbit: f64,
        queue: &mut Queue,
        tally: &mut Tally,
    ) {
        while queue.next_burst < user.bursts.end {
            let burst = self.world.bursts[queue.next_burst];
            if burst.interval > interval {
                break;
            }
            queue.next_burst += 1;
            let taken = burst.mbit.min(buffer_mbit - queue.waiting_mbit).max(0.0);
            queue.waiting_mbit += taken;
            tally.offered_mbit += burst.mbit;
            tally.dropped_mbit += burst.mbit - taken;
        }
    }
}

impl Measured {
    /// KPIs, cells x slices present, of the step that `world` and `shares` led to.
    pub fn kpis(&self, world: &WorldStep, shares: &[f64]) -> Vec<SliceKpis> {
        let service = |group: usize| &world.services[group % world.services.len()];
        (0..self.tallies.len())
            .map(|group| self.kpis_of(group, service(group), shares[group]))
            .collect()
    }

    /// KPIs of one slice in one cell.
    ///
    /// The throughput is the data served over the time in which data waited for its user, summed
    /// over the users (TS 28.552, clause 5.1.1.3.1, measures bursts alike): a user who asks for
    /// little counts with the rate at which he got it. The delay is the mean time that a bit waited,
    /// by Little's law. Where no data waited, nothing is unsatisfied: r = 1.
    fn kpis_of(&self, group: usize, service: &ServiceProfile, share: f64) -> SliceKpis {
        let tally = &self.tallies[group];
        let idle = tally.waited_s <= 0.0;
        let throughput_mbps = if idle { 0.0 } else { tally.served_mbit / tally.waited_s };
        let delay_ms = if idle {
            0.0
        } else if tally.served_mbit > 0.0 {
            (1000.0 * tally.waited_mbit_s / tally.served_mbit).min(LONGEST_DELAY_MS)
        } else {
            LONGEST_DELAY_MS
        };
        SliceKpis {
            share,
            prb_used: (share * tally.used_s / MEASURED_S).min(share),
            active_users: self.reports[group].users / (PARTS - 1) as f64,
            cqi: self.reports[group].mean_cqi().unwrap_or_default(),
            throughput_mbps,
            offered_mbps: tally.offered_mbit / MEASURED_S,
            delay_ms,
            satisfaction: if idle { 1.0 } else { satisfaction(service, throughput_mbps, delay_ms) },
        }
    }
}

/// r = min(φ/φ*, d*/d, 1) (IDLA, equation (3)).
pub fn satisfaction(service: &ServiceProfile, throughput_mbps: f64, delay_ms: f64) -> f64 {
    let throughput = throughput_mbps / service.required_throughput_mbps;
    let delay = if delay_ms > 0.0 { service.required_delay_ms / delay_ms } else { 1.0 };
    throughput.min(delay).clamp(0.0, 1.0)
}
