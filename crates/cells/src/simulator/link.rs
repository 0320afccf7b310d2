//! From signal strength to bits: carrier, CQI, spectral efficiency and fading.

use std::sync::Arc;

use slicewise_core::seed::{normal, stream};

/// PRB of a 20 MHz carrier with 15 kHz between subcarriers (TS 38.101-1, table 5.3.2-1).
pub const CELL_PRB: f64 = 106.0;
/// Width of a PRB in MHz: 12 subcarriers of 15 kHz.
pub const PRB_MHZ: f64 = 0.18;
/// Part of the carrier that control channels and reference signals take (TS 38.306, clause 4.1.2,
/// downlink, FR1).
pub const OVERHEAD: f64 = 0.14;
/// Block error rate at which a CQI is reported (TS 38.214, clause 5.2.2.1).
pub const BLOCK_ERRORS: f64 = 0.1;
/// Transmit power of a cell over its whole carrier in dBm.
pub const POWER_DBM: f64 = 46.0;
/// Thermal noise of a user's receiver over the whole carrier in dBm: -174 dBm/Hz, and 9 dB of its
/// own (TR 38.901, table 7.8-1).
pub const NOISE_DBM: f64 = -174.0 + 72.806 + 9.0;
/// Bits/s/Hz of each CQI from 0, out of range, to 15 (TS 38.214, table 5.2.2.1-2).
pub const EFFICIENCY: [f64; 16] = [
    0.0, 0.1523, 0.2344, 0.3770, 0.6016, 0.8770, 1.1758, 1.4766, 1.9141, 2.4063, 2.7305, 3.3223,
    3.9023, 4.5234, 5.1152, 5.5547,
];
/// Part of Shannon's bound that a real receiver reaches: the attenuated bound of TR 36.942, annex
/// A.2, with our factor.
const ATTENUATION: f64 = 0.75;

/// Mbit/s of the whole carrier per bit/s/Hz.
pub const CARRIER_MBPS: f64 = CELL_PRB * PRB_MHZ * (1.0 - OVERHEAD) * (1.0 - BLOCK_ERRORS);

/// From which ratio of signal to interference and noise on each CQI is reported.
#[derive(Clone, Copy, Debug)]
pub struct CqiTable {
    thresholds_db: [f64; 15],
}

impl Default for CqiTable {
    fn default() -> Self {
        let threshold =
            |cqi: usize| 10.0 * libm::log10(libm::exp2(EFFICIENCY[cqi + 1] / ATTENUATION) - 1.0);
        Self { thresholds_db: std::array::from_fn(threshold) }
    }
}

impl CqiTable {
    /// The highest CQI whose efficiency `sinr_db` carries; 0 where none does.
    pub fn cqi(&self, sinr_db: f64) -> usize {
        self.thresholds_db.iter().take_while(|threshold| **threshold <= sinr_db).count()
    }
}

/// Scheduling intervals after which the fading repeats.
const FADES: usize = 4096;
/// Independent paths whose mean power a user receives: two antennas, and a carrier four times as
/// wide as the channel's coherence would make eight; our choice between a flat and a wide channel.
const PATHS: usize = 4;
/// Correlation of the fading from one interval of 10 ms to the next: J0(2π·f·10 ms) with f = 7.2 Hz,
/// the Doppler shift of 3 km/h at 2.6 GHz (Clarke's model).
const FADE_CORRELATION: f64 = 0.949_5;

/// Fast fading in dB around the mean power, for users that differ in where they begin to read.
#[derive(Clone, Debug)]
pub struct Fading {
    gains_db: Arc<[f64]>,
}

impl Fading {
    /// Number of places where a user may begin.
    pub const BEGINNINGS: usize = FADES;

    /// The fading of `seed`.
    pub fn new(seed: u64, number: u64) -> Self {
        let mut generator = stream(seed, number);
        let fresh = libm::sqrt(1.0 - FADE_CORRELATION * FADE_CORRELATION);
        let mut parts = [0.0; 2 * PATHS];
        for part in &mut parts {
            *part = normal(&mut generator);
        }
        let mut gains_db = Vec::with_capacity(FADES);
        for _ in 0..FADES {
            let mut power = 0.0;
            for part in &mut parts {
                *part = FADE_CORRELATION * *part + fresh * normal(&mut generator);
                power += *part * *part;
            }
            gains_db.push(10.0 * libm::log10(power / (2 * PATHS) as f64));
        }
        Self { gains_db: gains_db.into() }
    }

    /// Fading in dB in `interval` of a user who began at `beginning`.
    pub fn gain_db(&self, beginning: usize, interval: usize) -> f64 {
        self.gains_db[(beginning + interval) % FADES]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cqi_is_the_highest_one_whose_efficiency_the_attenuated_bound_carries() {
        let table = CqiTable::default();
        for tenth in -300..400 {
            let sinr_db = f64::from(tenth) / 10.0;
            let bound = 0.75 * (1.0 + 10f64.powf(sinr_db / 10.0)).log2();
            let expected = EFFICIENCY.iter().filter(|e| **e > 0.0 && **e <= bound).count();
            assert_eq!(table.cqi(sinr_db), expected, "{sinr_db} dB");
        }
    }

    #[test]
    fn fading_has_the_mean_power_of_its_paths() {
        let fading = Fading::new(3, 9);
        let powers: Vec<f64> =
            (0..FADES).map(|i| 10f64.powf(fading.gain_db(0, i) / 10.0)).collect();
        let mean = powers.iter().sum::<f64>() / FADES as f64;
        assert!((mean - 1.0).abs() < 0.1, "{mean}");
        assert_eq!(fading.gain_db(7, FADES), fading.gain_db(0, 7));
    }
}
