//! Synthetic cities: cells as they are met in a network in the course of a day.
//!
//! Cell i of a city is drawn from stream i of the city's seed alone, so that any part of a city can
//! be made anywhere. How many users a service has follows from how busy the cell is, from the hour
//! and the service's own daily pattern, and from chance; how good their channels are, from where the
//! cell stands. Both drift a little over the past steps. Full cells have as much traffic as the
//! simulated network's (10 Mbit/s per service), and every number stays in the range in which that
//! network moves.

use std::ops::RangeInclusive;

use slicewise_core::InputError;
use slicewise_core::cells::job::{City, MOST_CELLS};
use slicewise_core::cells::scenario::MOST_LOAD;
use slicewise_core::cells::{
    CellBatch, FEATURES, HISTORY, MOST_SLICES, Observation, ServiceProfile,
};
use slicewise_core::error::{check_count, check_range};
use slicewise_core::seed::{self, Rng};

/// Traffic of a service in a full, average cell, in Mbit/s.
const CELL_TRAFFIC_MBPS: f64 = 10.0;
/// Active users of a service in one cell: the simulated network has no more.
const MOST_USERS: f64 = 48.0;
/// Part of the users that is active at a service's quietest hour.
const QUIET: f64 = 0.3;
/// Mean CQI at the edge of the network and in its centre.
const CQI: (f64, f64) = (7.5, 11.0);
/// The lowest and the highest mean CQI.
const CQI_RANGE: (f64, f64) = (4.0, 14.0);
/// Standard deviations of the CQI: of a service's users from the cell's, and from step to step.
const CQI_DEVIATION: (f64, f64) = (0.8, 0.25);
/// Standard deviation of the logarithm of the number of users: of a cell, of a service in it, and
/// from step to step.
const USERS_DEVIATION: (f64, f64, f64) = (0.35, 0.25, 0.08);
/// Stream of the first random cell, away from the cities'.
const RANDOM_CELLS: u64 = 1 << 40;

/// The most cells of one job: their plans cross to the page in one message.
pub const MOST_CELLS_AT_ONCE: usize = 100_000;

/// Checks the part of a city that is to be planned.
///
/// # Errors
/// Names what is wrong with the city or with the part.
pub fn check(city: &City, first: usize, count: usize) -> Result<(), InputError> {
    let within = |error: InputError| error.within("city");
    check_count("cells", city.cells, 1, MOST_CELLS).map_err(within)?;
    check_count("services", city.services.len(), 1, MOST_SLICES).map_err(within)?;
    for (index, service) in city.services.iter().enumerate() {
        service.validate().map_err(|error| within(error.within(&format!("services[{index}]"))))?;
    }
    if !city.loads.is_empty() {
        let services = city.services.len();
        check_count("loads", city.loads.len(), services, services).map_err(within)?;
    }
    for (index, load) in city.loads.iter().enumerate() {
        check_range(&format!("loads[{index}]"), *load, 0.0, MOST_LOAD, "").map_err(within)?;
    }
    check_count("first", first, 0, city.cells - 1)?;
    check_count("count", count, 1, MOST_CELLS_AT_ONCE.min(city.cells - first))
}

/// Cells `first` to `first + count` of `city`, each with all its services.
pub fn cells(city: &City, first: usize, count: usize) -> CellBatch {
    let mut batch = CellBatch::new(FEATURES);
    let slices = count * city.services.len();
    batch.features.reserve_exact(slices * FEATURES);
    for column in [&mut batch.traffic_mbps, &mut batch.weights, &mut batch.minimum_shares] {
        column.reserve_exact(slices);
    }
    batch.offsets.reserve_exact(count);
    for cell in first..first + count {
        let mut generator = seed::stream(city.seed, cell as u64);
        let place = Place::draw(&mut generator);
        for (index, service) in city.services.iter().enumerate() {
            let load = city.loads.get(index).copied().unwrap_or(1.0);
            place.push_slice((index, load), service, &mut generator, &mut batch);
        }
        batch.end_cell();
    }
    batch
}

/// Random cells for comparisons: between two numbers of slices each, with requirements anywhere in
/// the range of the paper's services; every second cell has random weights, every third one
/// minimum shares. Cell i is a pure function of the seed and i.
pub fn random_cells(
    seed: u64,
    first: usize,
    count: usize,
    slices: RangeInclusive<usize>,
) -> CellBatch {
    let paper = ServiceProfile::of_the_paper();
    let mut batch = CellBatch::new(FEATURES);
    for cell in first..first + count {
        let mut generator = seed::stream(seed, RANDOM_CELLS + cell as u64);
        let place = Place::draw(&mut generator);
        let spread = (slices.end() - slices.start() + 1) as f64;
        let number = slices.start() + (spread * seed::uniform(&mut generator)) as usize;
        for index in 0..number {
            let mut service = paper[index % paper.len()].clone();
            service.required_throughput_mbps = 0.5 + 1.5 * seed::uniform(&mut generator);
            service.required_delay_ms = 60.0 + 240.0 * seed::uniform(&mut generator);
            place.push_slice((index, 1.0), &service, &mut generator, &mut batch);
            let slice = batch.weights.len() - 1;
            if cell % 2 == 1 {
                batch.weights[slice] = seed::uniform(&mut generator) + 1e-3;
            }
            if cell % 3 == 2 {
                batch.minimum_shares[slice] = 0.5 / number as f64 * seed::uniform(&mut generator);
            }
        }
        batch.end_cell();
    }
    batch
}

/// What the slices of one cell have in common.
struct Place {
    /// Users in relation to an average cell.
    busy: f64,
    /// Mean CQI.
    cqi: f64,
    /// Hour of the day, 0 to 24.
    hour: f64,
}

impl Place {
    fn draw(generator: &mut impl Rng) -> Self {
        let central = seed::uniform(generator);
        let hour = 24.0 * seed::uniform(generator);
        let busy = libm::exp(USERS_DEVIATION.0 * seed::normal(generator)) * (0.7 + 0.6 * central);
        let cqi = CQI.0 + (CQI.1 - CQI.0) * central + seed::normal(generator);
        Self { busy, cqi, hour }
    }

    /// Appends service number `index` of this cell with `load` times its traffic.
    fn push_slice(
        &self,
        (index, load): (usize, f64),
        service: &ServiceProfile,
        generator: &mut impl Rng,
        batch: &mut CellBatch,
    ) {
        let full = load * CELL_TRAFFIC_MBPS / service.required_throughput_mbps;
        let chance = libm::exp(USERS_DEVIATION.1 * seed::normal(generator));
        let users = full * self.busy * chance * activity(index, self.hour);
        let cqi = self.cqi + CQI_DEVIATION.0 * seed::normal(generator);
        let mut observation = Observation::default();
        let mut last = 0.0;
        for _ in 0..HISTORY {
            last = (users * drift(generator, USERS_DEVIATION.2)).min(MOST_USERS);
            let cqi = cqi + CQI_DEVIATION.1 * even(generator);
            observation.push(last, cqi.clamp(CQI_RANGE.0, CQI_RANGE.1));
        }
        let traffic_mbps = last * service.required_throughput_mbps;
        let features =
            observation.features(service.required_throughput_mbps, service.required_delay_ms);
        batch.push_slice_with(&features, traffic_mbps, service.weight, service.minimum_share);
    }
}

/// A uniform number of mean 0 and variance 1.
fn even(generator: &mut impl Rng) -> f64 {
    3f64.sqrt() * (2.0 * seed::uniform(generator) - 1.0)
}

fn drift(generator: &mut impl Rng, deviation: f64) -> f64 {
    1.0 + deviation * even(generator)
}

/// Part of a service's users that is active at an hour: one peak a day. Multiples of the golden
/// ratio spread the services' peaks over the day.
fn activity(index: usize, hour: f64) -> f64 {
    let peak = 24.0 * (0.618_034 * index as f64 + 0.8).fract();
    let away = libm::fabs(hour - peak);
    let distance = away.min(24.0 - away) / 4.0;
    QUIET + (1.0 - QUIET) * libm::exp(-0.5 * distance * distance)
}
