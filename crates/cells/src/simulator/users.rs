//! The users of one slice: where they are, whether they are active and how they receive each cell.

use slicewise_core::cells::scenario::{CELLS, SITES};
use slicewise_core::cells::{SNssai, STEP_MINUTES};
use slicewise_core::seed::{Rng, normal, uniform};

use super::demand::{PARTS, appetite};
use super::geometry::{AZIMUTHS_DEG, from_site_m, home_cell, point_m};
use super::link::{NOISE_DBM, POWER_DBM};
use super::propagation::{
    LEAST_DISTANCE_M, SHADOWING_DB, SHADOWING_DISTANCE_M, SIGHT_DISTANCE_M, WALL_DEVIATION_DB,
    antenna_gain_dbi, path_loss_db, sight_probability, wall_loss_db,
};

/// Correlation of a user's wish to be active from one step to the next.
const ACTIVITY_CORRELATION: f64 = 0.995;

/// How the users of a kind of slice live; our choice, by slice/service type (TS 23.501, table
/// 5.15.2.2-1).
struct Habits {
    /// Part of them that is indoors, 0 to 1.
    indoors: f64,
    /// Speed in m/s while they walk or drive.
    speed_m_per_s: f64,
    /// Mean pause between two ways in s.
    pause_s: f64,
    /// They stay within this many metres of home.
    radius_m: f64,
}

impl Habits {
    fn of(name: SNssai) -> Self {
        let (indoors, speed_kmh, pause_s, radius_m) = match name.sst {
            3 => (0.9, 3.0, 1e6, 20.0),
            4 => (0.0, 30.0, 300.0, 200.0),
            _ => (0.7, 3.0, 21_600.0, 80.0),
        };
        Self { indoors, speed_m_per_s: speed_kmh / 3.6, pause_s, radius_m }
    }
}

/// What lies between a user and a site, as standard normal numbers that change as he moves.
#[derive(Clone, Copy, Debug)]
struct Obstacles {
    sight: f64,
    shadow: f64,
}

/// How strongly a user receives the cells, in relation to thermal noise, and which one serves him.
#[derive(Clone, Copy, Debug)]
pub struct Reception {
    /// Power of each cell at full load over the noise.
    pub gains: [f64; CELLS],
    /// The strongest cell.
    pub cell: usize,
}

/// One user.
#[derive(Clone, Debug)]
pub struct User {
    home: (f64, f64),
    position: (f64, f64),
    target: (f64, f64),
    walls_db: f64,
    activity: f64,
    obstacles: [Obstacles; SITES],
    /// What he asks for in relation to his service's mean.
    pub appetite: f64,
    /// How he receives the cells in each part of the coming step.
    pub receptions: [Reception; PARTS],
}

/// A point of `cell`'s area, not too near to its antenna.
fn draw_home(cell: usize, generator: &mut impl Rng) -> (f64, f64) {
    loop {
        let (x, y) = point_m(uniform(generator), uniform(generator));
        let (home, distance) = home_cell(x, y);
        if home == cell && distance >= LEAST_DISTANCE_M {
            return (x, y);
        }
    }
}

impl User {
    /// A user who lives in `cell`.
    pub fn new(name: SNssai, cell: usize, generator: &mut impl Rng) -> Self {
        let home = draw_home(cell, generator);
        let indoors = uniform(generator) < Habits::of(name).indoors;
        // TR 38.901, clause 7.4.3.1: the smaller of two uniform depths up to 25 m.
        let inside_m = 25.0 * uniform(generator).min(uniform(generator));
        let walls_db = wall_loss_db(inside_m) + WALL_DEVIATION_DB * normal(generator);
        let activity = normal(generator);
        let appetite = appetite(generator);
        let mut obstacles = [Obstacles { sight: 0.0, shadow: 0.0 }; SITES];
        for site in &mut obstacles {
            *site = Obstacles { sight: normal(generator), shadow: normal(generator) };
        }
        let mut user = Self {
            home,
            position: home,
            target: home,
            walls_db: if indoors { walls_db.max(0.0) } else { 0.0 },
            activity,
            obstacles,
            appetite,
            receptions: [Reception { gains: [0.0; CELLS], cell }; PARTS],
        };
        user.receptions = [user.receive(); PARTS];
        user
    }

    /// Moves the user through a step whose mask is `mask`; whether he is active in it.
    pub fn step(&mut self, name: SNssai, mask: f64, generator: &mut impl Rng) -> bool {
        let fresh = libm::sqrt(1.0 - ACTIVITY_CORRELATION * ACTIVITY_CORRELATION);
        self.activity = ACTIVITY_CORRELATION * self.activity + fresh * normal(generator);
        // The first part, in which the queues fill, is the place where the step before ended.
        self.receptions[0] = self.receptions[PARTS - 1];
        let seconds = (60 * STEP_MINUTES) as f64 / (PARTS - 1) as f64;
        for part in 1..PARTS {
            self.receptions[part] = if self.walk(name, seconds, generator) {
                self.receive()
            } else {
                self.receptions[part - 1]
            };
        }
        standard_normal_cdf(self.activity) < mask
    }

    /// Where the user is, in metres east and north of the copy of `site` that is nearest to him.
    pub fn way_from_m(&self, site: usize) -> (f64, f64) {
        from_site_m(site, self.position.0, self.position.1)
    }

    /// Walks for `seconds`, or pauses; whether he moved.
    ///
    /// Random waypoint: a new target within the radius around home, a straight way at constant
    /// speed, then a pause of random length.
    fn walk(&mut self, name: SNssai, seconds: f64, generator: &mut impl Rng) -> bool {
        let habits = Habits::of(name);
        if self.position == self.target {
            let leaves = uniform(generator) < 1.0 - libm::exp(-seconds / habits.pause_s);
            if !leaves {
                return false;
            }
            let angle = std::f64::consts::TAU * uniform(generator);
            let radius = habits.radius_m * libm::sqrt(uniform(generator));
            self.target =
                (self.home.0 + radius * libm::cos(angle), self.home.1 + radius * libm::sin(angle));
        }
        let way = (self.target.0 - self.position.0, self.target.1 - self.position.1);
        let distance = libm::sqrt(way.0 * way.0 + way.1 * way.1);
        let walked = distance.min(habits.speed_m_per_s * seconds);
        if walked >= distance {
            self.position = self.target;
        } else {
            self.position.0 += way.0 * walked / distance;
            self.position.1 += way.1 * walked / distance;
        }
        self.pass_obstacles(walked, generator);
        true
    }

    /// Changes what lies between him and the sites after `walked` metres (TR 38.901, clause 7.4.4:
    /// the correlation falls exponentially with the distance).
    fn pass_obstacles(&mut self, walked: f64, generator: &mut impl Rng) {
        for site in 0..SITES {
            let sight = self.sees(site);
            let (with, without) = SHADOWING_DISTANCE_M;
            let shadow_m = if sight { with } else { without };
            let obstacles = &mut self.obstacles[site];
            obstacles.sight = decorrelate(obstacles.sight, walked / SIGHT_DISTANCE_M, generator);
            obstacles.shadow = decorrelate(obstacles.shadow, walked / shadow_m, generator);
        }
    }

    fn ground_m(&self, site: usize) -> f64 {
        let (x, y) = self.way_from_m(site);
        libm::sqrt(x * x + y * y)
    }

    fn sees(&self, site: usize) -> bool {
        standard_normal_cdf(self.obstacles[site].sight) < sight_probability(self.ground_m(site))
    }

    /// How he receives the cells where he is.
    fn receive(&self) -> Reception {
        let mut gains = [0.0; CELLS];
        for site in 0..SITES {
            let (x, y) = self.way_from_m(site);
            let ground_m = libm::sqrt(x * x + y * y).max(LEAST_DISTANCE_M);
            let sight = self.sees(site);
            let (with, without) = SHADOWING_DB;
            let shadow_db = self.obstacles[site].shadow * if sight { with } else { without };
            let loss_db = path_loss_db(ground_m, sight) + shadow_db + self.walls_db;
            let bearing_deg = libm::atan2(y, x).to_degrees();
            for (sector, azimuth_deg) in AZIMUTHS_DEG.iter().enumerate() {
                let antenna_dbi = antenna_gain_dbi(bearing_deg - azimuth_deg, ground_m);
                let over_noise_db = POWER_DBM + antenna_dbi - loss_db - NOISE_DBM;
                gains[3 * site + sector] = libm::pow(10.0, over_noise_db / 10.0);
            }
        }
        let stronger =
            |best: usize, cell: usize| if gains[cell] > gains[best] { cell } else { best };
        Reception { gains, cell: (1..CELLS).fold(0, stronger) }
    }
}

/// A standard normal number that keeps exp(-`distances`) of `value`.
fn decorrelate(value: f64, distances: f64, generator: &mut impl Rng) -> f64 {
    let kept = libm::exp(-distances);
    kept * value + libm::sqrt(1.0 - kept * kept) * normal(generator)
}

/// Probability that a standard normal number is below `value`.
fn standard_normal_cdf(value: f64) -> f64 {
    0.5 * libm::erfc(-value * std::f64::consts::FRAC_1_SQRT_2)
}
