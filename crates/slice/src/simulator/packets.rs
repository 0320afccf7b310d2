//! The traffic: Poisson packets of three sizes.

/// Mean traffic of one user, bit/s of packets. MicroOpt does not state its own; with this one five
/// users load 4500 millicores and 50 Mbit/s by about one half, and one user by a tenth.
pub(super) const USER_BITS_PER_SECOND: f64 = 3.5e6;

/// Sizes in bytes and their shares: the three-peaked mix of Internet traffic (acknowledgements,
/// legacy 576-byte packets, full packets that leave room for the tunnel's headers). The shares are
/// an assumption, for traffic that is mostly video.
const SIZES: [(u64, f64); 3] = [(64, 0.30), (576, 0.15), (1400, 0.55)];

/// A packet as it enters the gNB.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Packet {
    /// Time of arrival, seconds.
    pub(super) arrival: f64,
    /// Size, bytes.
    pub(super) bytes: u64,
}

/// Mean size of a packet, bytes.
pub(super) fn mean_bytes() -> f64 {
    SIZES.iter().map(|(bytes, share)| *bytes as f64 * share).sum()
}

/// Packets per second of `users` users.
pub(super) fn packet_rate(users: f64) -> f64 {
    users * USER_BITS_PER_SECOND / (8.0 * mean_bytes())
}

/// The packet after one that arrived at `previous`, at `rate` packets per second.
pub(super) fn next_packet(previous: f64, rate: f64, mut uniform: impl FnMut() -> f64) -> Packet {
    let gap = -libm::log(1.0 - uniform()) / rate;
    Packet { arrival: previous + gap, bytes: size(uniform()) }
}

/// The size at quantile `quantile` of the mix.
fn size(mut quantile: f64) -> u64 {
    for (bytes, share) in SIZES {
        if quantile < share {
            return bytes;
        }
        quantile -= share;
    }
    SIZES[SIZES.len() - 1].0
}

#[cfg(test)]
mod tests {
    use slicewise_core::seed;

    use super::*;

    #[test]
    fn a_user_sends_its_mean_rate_in_poisson_packets() {
        const SECONDS: usize = 400;
        let mut generator = seed::stream(3, 0);
        let rate = packet_rate(1.0);
        let (mut counts, mut bits) = ([0.0; SECONDS], 0.0);
        let mut packet = next_packet(0.0, rate, || seed::uniform(&mut generator));
        while packet.arrival < SECONDS as f64 {
            counts[packet.arrival as usize] += 1.0;
            bits += 8.0 * packet.bytes as f64;
            packet = next_packet(packet.arrival, rate, || seed::uniform(&mut generator));
        }
        let mean = counts.iter().sum::<f64>() / SECONDS as f64;
        let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / SECONDS as f64;
        let traffic = bits / SECONDS as f64;
        assert!((traffic / USER_BITS_PER_SECOND - 1.0).abs() < 0.01, "{traffic}");
        assert!((variance / mean - 1.0).abs() < 0.2, "{variance} {mean}");
    }

    #[test]
    fn shares_of_the_sizes_add_up() {
        assert!((SIZES.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
