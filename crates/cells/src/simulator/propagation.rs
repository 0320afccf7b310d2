//! Path loss, line of sight, walls and antennas: the urban macro cell (UMa) of 3GPP TR 38.901.

/// Carrier frequency in GHz (IDLA, section V-A).
pub const CARRIER_GHZ: f64 = 2.6;
/// Height of the antennas in metres (TR 38.901, table 7.2-1, UMa).
pub const ANTENNA_HEIGHT_M: f64 = 25.0;
/// Height of the users in metres (TR 38.901, table 7.2-1: 1.5 m on the ground).
pub const USER_HEIGHT_M: f64 = 1.5;
/// Least distance between a user and a site in metres, along the ground (TR 38.901, table 7.2-1).
pub const LEAST_DISTANCE_M: f64 = 35.0;
/// Downtilt of the antennas in degrees; our choice: they look at the cell's edge.
pub const DOWNTILT_DEG: f64 = 6.0;
/// Standard deviation of the shadowing in dB with and without line of sight (TR 38.901, table
/// 7.4.1-1).
pub const SHADOWING_DB: (f64, f64) = (4.0, 6.0);
/// Distance over which shadowing decorrelates, in metres, with and without line of sight (TR
/// 38.901, table 7.5-6).
pub const SHADOWING_DISTANCE_M: (f64, f64) = (37.0, 50.0);
/// Distance over which the line of sight decorrelates, in metres (TR 38.901, table 7.6.3.1-2).
pub const SIGHT_DISTANCE_M: f64 = 50.0;

/// Height of the environment in metres for users below 13 m (TR 38.901, table 7.4.1-1, note 1).
const ENVIRONMENT_HEIGHT_M: f64 = 1.0;
/// Speed of light in m/s as the table's note 1 has it.
const LIGHT_M_PER_S: f64 = 3.0e8;

/// Path loss in dB over `ground_m` metres along the ground (TR 38.901, table 7.4.1-1, UMa).
///
/// The table holds from 10 m to 5 km; nearer than 10 m counts as 10 m.
pub fn path_loss_db(ground_m: f64, sight: bool) -> f64 {
    let ground_m = ground_m.max(10.0);
    let height = ANTENNA_HEIGHT_M - USER_HEIGHT_M;
    let distance = libm::log10(libm::sqrt(ground_m * ground_m + height * height));
    let frequency = 20.0 * libm::log10(CARRIER_GHZ);
    let breakpoint = 4.0
        * (ANTENNA_HEIGHT_M - ENVIRONMENT_HEIGHT_M)
        * (USER_HEIGHT_M - ENVIRONMENT_HEIGHT_M)
        * CARRIER_GHZ
        * 1e9
        / LIGHT_M_PER_S;
    let with_sight = if ground_m <= breakpoint {
        28.0 + 22.0 * distance + frequency
    } else {
        let bend = 9.0 * libm::log10(breakpoint * breakpoint + height * height);
        28.0 + 40.0 * distance + frequency - bend
    };
    if sight {
        return with_sight;
    }
    let without = 13.54 + 39.08 * distance + frequency - 0.6 * (USER_HEIGHT_M - 1.5);
    without.max(with_sight)
}

/// Probability of a line of sight over `ground_m` metres (TR 38.901, table 7.4.2-1, UMa, users below
/// 13 m).
pub fn sight_probability(ground_m: f64) -> f64 {
    if ground_m <= 18.0 {
        return 1.0;
    }
    let near = 18.0 / ground_m;
    near + libm::exp(-ground_m / 63.0) * (1.0 - near)
}

/// Mean loss in dB through the walls of a building with plain glass, and `inside_m` metres behind
/// them (TR 38.901, table 7.4.3-2, low-loss model; materials of table 7.4.3-1).
pub fn wall_loss_db(inside_m: f64) -> f64 {
    let glass = 2.0 + 0.2 * CARRIER_GHZ;
    let concrete = 5.0 + 4.0 * CARRIER_GHZ;
    let passed = 0.3 * libm::pow(10.0, -glass / 10.0) + 0.7 * libm::pow(10.0, -concrete / 10.0);
    5.0 - 10.0 * libm::log10(passed) + 0.5 * inside_m
}

/// Standard deviation of the loss through walls in dB (TR 38.901, table 7.4.3-2, low-loss model).
pub const WALL_DEVIATION_DB: f64 = 4.4;

/// Gain of an antenna in dBi towards a user at `bearing_deg` from its azimuth and `ground_m` metres
/// away (TR 38.901, table 7.3-1: 8 dBi, 65° wide both ways, 30 dB down at most).
pub fn antenna_gain_dbi(bearing_deg: f64, ground_m: f64) -> f64 {
    let height = ANTENNA_HEIGHT_M - USER_HEIGHT_M;
    let below_horizon = libm::atan2(height, ground_m).to_degrees();
    let off = (below_horizon - DOWNTILT_DEG) / 65.0;
    let vertical = (12.0 * off * off).min(30.0);
    let turned = bearing_deg - 360.0 * libm::round(bearing_deg / 360.0);
    let off = turned / 65.0;
    let horizontal = (12.0 * off * off).min(30.0);
    8.0 - (vertical + horizontal).min(30.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 0.005, "{found} instead of {expected}");
    }

    // Worked by hand: d3D at 100 m is sqrt(100² + 23.5²) = 102.7241 m, whose logarithm is 2.011673;
    // 20·log10(2.6) = 8.29947; d'BP = 4·24·0.5·2.6e9/3e8 = 416 m.
    #[test]
    fn path_loss_within_the_breakpoint_follows_the_published_formulas() {
        close(path_loss_db(100.0, true), 28.0 + 22.0 * 2.011_673 + 8.299_47);
        close(path_loss_db(100.0, false), 13.54 + 39.08 * 2.011_673 + 8.299_47);
    }

    // d3D at 1000 m: 1000.2761 m, logarithm 3.000120; log10(416² + 23.5²) = 5.239570.
    #[test]
    fn path_loss_beyond_the_breakpoint_follows_the_published_formulas() {
        close(path_loss_db(1000.0, true), 28.0 + 40.0 * 3.000_120 + 8.299_47 - 9.0 * 5.239_570);
        close(path_loss_db(1000.0, false), 13.54 + 39.08 * 3.000_120 + 8.299_47);
    }

    #[test]
    fn path_loss_is_continuous_at_the_breakpoint() {
        let jump = path_loss_db(416.001, true) - path_loss_db(415.999, true);
        assert!(jump.abs() < 0.001, "{jump}");
    }

    // 18/100 + exp(-100/63)·(1 - 0.18) = 0.18 + 0.204477·0.82.
    #[test]
    fn line_of_sight_is_certain_nearby_and_follows_the_published_formula_farther_off() {
        assert_eq!(sight_probability(18.0), 1.0);
        assert!((sight_probability(100.0) - 0.347_671).abs() < 1e-5);
    }

    // Glass 2.52 dB, concrete 15.4 dB: 0.3·0.559758 + 0.7·0.028840 = 0.188115, which is -7.25576 dB.
    #[test]
    fn walls_cost_what_the_low_loss_model_says() {
        close(wall_loss_db(0.0), 12.256);
        close(wall_loss_db(10.0), 17.256);
    }

    // At 65° off the azimuth 12 dB are lost; the tilt adds nothing at the distance it points to.
    #[test]
    fn an_antenna_loses_12_db_one_width_off_and_never_more_than_30() {
        let aimed = 23.5 / libm::tan(DOWNTILT_DEG.to_radians());
        close(antenna_gain_dbi(0.0, aimed), 8.0);
        close(antenna_gain_dbi(65.0, aimed), -4.0);
        close(antenna_gain_dbi(-65.0, aimed), -4.0);
        close(antenna_gain_dbi(295.0, aimed), -4.0);
        close(antenna_gain_dbi(180.0, aimed), -22.0);
        close(antenna_gain_dbi(180.0, 1.0), -22.0);
    }
}
