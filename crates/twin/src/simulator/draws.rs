//! When packets come, how large they are, and which way they take where ways part.

use slicewise_core::twin::{Arrivals, PacketSizes};

/// Random numbers of one flow: SplitMix64 (Steele, Lea and Flood, 2014), eight bytes each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws(u64);

impl Draws {
    /// Numbers that begin at `state`.
    pub(super) fn new(state: u64) -> Self {
        Self(state)
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `[0, 1)`.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Exponentially distributed, of mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.uniform())
    }

    /// Normally distributed, of mean 0 and variance 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        let radius = (2.0 * self.exponential()).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }
}

/// Times on between two packets that are gone through one by one.
const MOST_PERIODS: f64 = 1000.0;

/// The packets of one flow.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// Numbers of its arrivals and sizes. They depend on the seed and the flow's index alone.
    pub draws: Draws,
    clock: Clock,
}

#[derive(Clone, Copy, Debug)]
enum Clock {
    Poisson {
        mean_gap_s: f64,
    },
    Constant {
        gap_s: f64,
    },
    /// Packets are evenly spaced in the time on, put end to end, so that the rate is exact.
    OnOff {
        gap_s: f64,
        on_s: f64,
        off_s: f64,
        on_left_s: f64,
    },
}

impl Source {
    /// The source of a flow of `packets_per_s`, above 0, and when its first packet comes: it is in its
    /// steady state from time 0 on.
    pub(super) fn new(arrivals: Arrivals, packets_per_s: f64, mut draws: Draws) -> (Self, f64) {
        let gap_s = 1.0 / packets_per_s;
        match arrivals {
            Arrivals::Poisson => {
                let mut source = Self { draws, clock: Clock::Poisson { mean_gap_s: gap_s } };
                let first_s = source.next_after(0.0);
                (source, first_s)
            }
            Arrivals::Constant => {
                let first_s = gap_s * draws.uniform();
                (Self { draws, clock: Clock::Constant { gap_s } }, first_s)
            }
            Arrivals::OnOff { on_s, off_s } => {
                let share_on = on_s / (on_s + off_s);
                let gap_s = gap_s * share_on;
                let is_on = draws.uniform() < share_on;
                let off_first_s = if is_on { 0.0 } else { off_s * draws.exponential() };
                let phase_s = gap_s * draws.uniform();
                let on_left_s = on_s * draws.exponential();
                let clock = Clock::OnOff { gap_s, on_s, off_s, on_left_s };
                let mut source = Self { draws, clock };
                let first_s = source.on_for(off_first_s, phase_s);
                (source, first_s)
            }
        }
    }

    /// When the packet after the one at `now_s` comes.
    pub(super) fn next_after(&mut self, now_s: f64) -> f64 {
        match self.clock {
            Clock::Poisson { mean_gap_s } => now_s + mean_gap_s * self.draws.exponential(),
            Clock::Constant { gap_s } => now_s + gap_s,
            Clock::OnOff { gap_s, .. } => self.on_for(now_s, gap_s),
        }
    }

    /// The time at which an on-off source has been on for `needed_s` more since `now_s`.
    fn on_for(&mut self, now_s: f64, mut needed_s: f64) -> f64 {
        let Clock::OnOff { on_s, off_s, on_left_s, .. } = &mut self.clock else { return now_s };
        let mut at_s = now_s;
        let periods = needed_s / *on_s;
        if periods > MOST_PERIODS {
            // A Poisson number of exponential times off, by the central limit theorem.
            let off = periods + (2.0 * periods).sqrt() * self.draws.normal();
            return at_s + needed_s + *off_s * off;
        }
        while needed_s > *on_left_s {
            needed_s -= *on_left_s;
            at_s += *on_left_s + *off_s * self.draws.exponential();
            *on_left_s = *on_s * self.draws.exponential();
        }
        *on_left_s -= needed_s;
        at_s + needed_s
    }
}

/// Packet sizes, ready to be drawn.
#[derive(Clone, Debug)]
pub(super) enum Sizes {
    /// Sizes with the share of the packets that are this large or come before it.
    Listed(Vec<(f64, f64)>),
    Exponential(f64),
}

impl Sizes {
    pub(super) fn new(sizes: &PacketSizes) -> Self {
        match sizes {
            PacketSizes::Exponential(mean) => Self::Exponential(*mean),
            PacketSizes::Sizes(sizes) => {
                let mut below = 0.0;
                let listed = sizes.iter().map(|size| {
                    below += size.share;
                    (size.bits, below)
                });
                Self::Listed(listed.collect())
            }
        }
    }

    /// Bits of the next packet.
    pub(super) fn draw(&self, draws: &mut Draws) -> f64 {
        match self {
            // No packet is empty.
            Self::Exponential(mean) => (mean * draws.exponential()).max(1e-9),
            Self::Listed(sizes) => match &sizes[..] {
                [(bits, _)] => *bits,
                [before @ .., (last, _)] => {
                    let draw = draws.uniform();
                    before.iter().find(|(_, below)| draw < *below).map_or(*last, |(bits, _)| *bits)
                }
                [] => 1.0,
            },
        }
    }
}
