//! What happens whatever the shares are: who is where, who is active, and what he asks for.

use slicewise_core::cells::scenario::{CELLS, SimulatedSlice, UserPlace};
use slicewise_core::cells::{SNssai, ServiceProfile};
use slicewise_core::seed::{Rng, stream, uniform};

use super::demand::{Burst, MEASURED_S, Mask, PART_INTERVALS, PARTS, population, push_bursts};
use super::geometry::site_m;
use super::link::Fading;
use super::users::{Reception, User};

/// What a slice's random numbers are drawn for; none of them knows of the shares.
#[derive(Clone, Copy)]
enum Purpose {
    Homes = 1,
    Lives = 2,
    Traffic = 3,
}

/// Numbers of a slice for one purpose in one step: a function of the seed and the slice's name, so
/// that a slice lives the same life whatever slices it shares the network with.
fn draws(seed: u64, name: SNssai, purpose: Purpose, step: usize) -> impl Rng {
    let sd = u64::from(name.sd.unwrap_or(SNssai::LARGEST_SD + 1));
    let name = (u64::from(name.sst) << 24) | sd;
    stream(seed, (name << 32) | ((purpose as u64) << 24) | (step as u64 & 0xFF_FFFF))
}

/// One slice in all cells.
#[derive(Clone, Debug)]
pub struct SliceWorld {
    seed: u64,
    service: ServiceProfile,
    mask: Mask,
    users: Vec<User>,
}

/// An active user in one step.
#[derive(Clone, Debug)]
pub struct ActiveUser {
    /// Position of his slice among those present.
    pub slice: usize,
    /// How he receives the cells in each part.
    pub receptions: [Reception; PARTS],
    /// Where he begins to read the fading.
    pub fading: usize,
    /// His bursts, as a range of the step's.
    pub bursts: std::ops::Range<usize>,
    /// Where he is at the end.
    pub place: UserPlace,
}

/// All that happens in one step whatever the shares are.
#[derive(Clone, Debug, Default)]
pub struct WorldStep {
    /// The slices present, as indices into the scenario's.
    pub present: Vec<usize>,
    /// Their services.
    pub services: Vec<ServiceProfile>,
    /// The active users, slice after slice.
    pub users: Vec<ActiveUser>,
    /// The bursts, user after user, each user's in the order of time.
    pub bursts: Vec<Burst>,
}

impl SliceWorld {
    /// The users of `slice`, as many in each cell.
    pub fn new(seed: u64, slice: &SimulatedSlice) -> Self {
        let name = slice.service.snssai;
        let mut generator = draws(seed, name, Purpose::Homes, 0);
        let count = population(&slice.service, slice.load, CELLS);
        let users = (0..count).map(|user| User::new(name, user % CELLS, &mut generator)).collect();
        Self { seed, service: slice.service.clone(), mask: Mask::new(name), users }
    }

    /// Lives through `step` and appends what happens in it; `slice` is the index in the scenario.
    pub fn step(&mut self, step: usize, slice: usize, into: &mut WorldStep) {
        let name = self.service.snssai;
        let mut lives = draws(self.seed, name, Purpose::Lives, step);
        let mut traffic = draws(self.seed, name, Purpose::Traffic, step);
        let mask = self.mask.next(step, &mut lives);
        let position = into.present.len();
        into.present.push(slice);
        into.services.push(self.service.clone());
        for user in &mut self.users {
            let active = user.step(name, mask, &mut lives);
            if !active {
                continue;
            }
            let first = into.bursts.len();
            push_bursts(&self.service, user.appetite, &mut traffic, &mut into.bursts);
            into.users.push(ActiveUser {
                slice: position,
                receptions: user.receptions,
                fading: (uniform(&mut traffic) * Fading::BEGINNINGS as f64) as usize,
                bursts: first..into.bursts.len(),
                place: place(user, slice),
            });
        }
    }
}

fn place(user: &User, slice: usize) -> UserPlace {
    let cell = user.receptions[PARTS - 1].cell;
    let (site_x, site_y) = site_m(cell / 3);
    let (x, y) = user.way_from_m(cell / 3);
    UserPlace {
        x_m: (site_x + x) as f32,
        y_m: (site_y + y) as f32,
        cell: cell as u16,
        slice: slice as u16,
    }
}

impl WorldStep {
    /// Traffic that arrives in the measured parts in Mbit/s: cells x slices present.
    pub fn traffic_mbps(&self) -> Vec<f64> {
        let slices = self.present.len();
        let mut traffic = vec![0.0; CELLS * slices];
        for user in &self.users {
            for burst in &self.bursts[user.bursts.clone()] {
                let part = burst.interval / PART_INTERVALS;
                if part > 0 {
                    let cell = user.receptions[part].cell;
                    traffic[cell * slices + user.slice] += burst.mbit / MEASURED_S;
                }
            }
        }
        traffic
    }
}
