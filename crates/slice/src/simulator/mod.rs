//! A packet-level simulator of a slice's data path, the source of the `delay` model's data.
//!
//! Poisson packets of some users pass a gNB limited by a CPU quota with a finite queue, then a
//! transport link limited by bandwidth with a finite buffer, and wait for the radio and the core
//! (MicroOpt, section VI-F). Radio and link drift from second to second. Every packet is followed
//! through both queues; only what is recorded per second is a mean. The constants, their units and
//! where they come from stand with the part they belong to.

mod campaign;
mod gnb;
mod packets;
mod queue;
mod radio;
mod transport;
mod variation;

pub use campaign::{Campaign, CampaignRow, write_csv};
use slicewise_core::error::{InputError, check_range};
use slicewise_core::seed;

/// The radio and core latency that no packet can beat, ms.
pub const FIXED_LATENCY_MS: f64 = radio::FIXED_LATENCY * 1e3;

/// The traffic and the allocation that a slice is measured under.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditions {
    /// Slice traffic, users/s: 0.1 to 20. Each user sends 3.5 Mbit/s on average.
    pub users_per_second: f64,
    /// CPU of the gNB, millicores: 300 to 8000. The gNB itself takes the first 200.
    pub cpu_millicores: f64,
    /// Bandwidth of the transport link, Mbit/s: 0.5 to 1000.
    pub bandwidth_mbps: f64,
}

impl Conditions {
    /// Checks the ranges that the fields state.
    ///
    /// # Errors
    /// Names the first field out of range, its value and the range.
    pub fn validate(&self) -> Result<(), InputError> {
        check_range("users_per_second", self.users_per_second, 0.1, 20.0, "users/s")?;
        check_range("cpu_millicores", self.cpu_millicores, 300.0, 8000.0, "millicores")?;
        check_range("bandwidth_mbps", self.bandwidth_mbps, 0.5, 1000.0, "Mbit/s")
    }

    /// The delay that full queues cause in median conditions, ms.
    fn longest_delay_ms(&self) -> f64 {
        let queues =
            gnb::longest_wait(self.cpu_millicores) + transport::longest_wait(self.bandwidth_mbps);
        FIXED_LATENCY_MS + 1e3 * queues
    }
}

/// What is measured in one slot of 1 s.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotMeasurement {
    /// Mean delay of the packets delivered in the slot, ms. If none was, the delay that full queues
    /// cause in median conditions, so that a dead slice counts as the slowest and not as absent.
    pub delay_ms: f64,
    /// Packets delivered in the slot.
    pub delivered_packets: u64,
    /// Packets dropped in the slot, at either queue.
    pub dropped_packets: u64,
    /// Traffic delivered in the slot, Mbit/s, without the tunnel's headers.
    pub throughput_mbps: f64,
}

impl SlotMeasurement {
    /// Packets dropped as a share of those delivered or dropped; 0 if there were none.
    pub fn dropped_share(&self) -> f64 {
        let left = self.delivered_packets + self.dropped_packets;
        if left == 0 { 0.0 } else { self.dropped_packets as f64 / left as f64 }
    }
}

/// Simulates `warm_up_slots` seconds (0 to 100,000), then records `slots` seconds (1 to 100,000).
///
/// The result depends on the arguments alone: `stream` numbers independent runs of one `seed`.
///
/// # Errors
/// Names a condition or a count of slots that is out of range.
pub fn simulate(
    conditions: &Conditions,
    slots: usize,
    warm_up_slots: usize,
    seed: u64,
    stream: u64,
) -> Result<Vec<SlotMeasurement>, InputError> {
    conditions.validate()?;
    check_range("slots", slots as f64, 1.0, 1e5, "slots")?;
    check_range("warm_up_slots", warm_up_slots as f64, 0.0, 1e5, "slots")?;
    let record = follow_packets(conditions, warm_up_slots + slots, seed, stream);
    let recorded = record.slots.iter().skip(warm_up_slots);
    Ok(recorded.map(|totals| totals.measurement(conditions)).collect())
}

/// What happened to the packets of a run.
#[derive(Clone, Debug)]
struct Record {
    slots: Vec<SlotTotals>,
    /// Packets that entered before the end.
    arrived: u64,
    /// Packets that had neither been delivered nor dropped at the end.
    still_inside: u64,
}

/// Sums over the packets that left in one slot.
#[derive(Clone, Debug, Default)]
struct SlotTotals {
    delay: f64,
    bytes: u64,
    delivered: u64,
    dropped: u64,
}

/// How and when a packet left.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Delivered(f64),
    Dropped(f64),
}

impl SlotTotals {
    fn measurement(&self, conditions: &Conditions) -> SlotMeasurement {
        let delay_ms = if self.delivered == 0 {
            conditions.longest_delay_ms()
        } else {
            1e3 * self.delay / self.delivered as f64
        };
        SlotMeasurement {
            delay_ms,
            delivered_packets: self.delivered,
            dropped_packets: self.dropped,
            throughput_mbps: 8e-6 * self.bytes as f64,
        }
    }
}

impl Record {
    fn new(slots: usize) -> Self {
        Self { slots: vec![SlotTotals::default(); slots], arrived: 0, still_inside: 0 }
    }

    /// Counts a packet in the slot in which it leaves.
    fn count(&mut self, packet: packets::Packet, fate: Fate) {
        let (Fate::Delivered(time) | Fate::Dropped(time)) = fate;
        let Some(slot) = self.slots.get_mut(time as usize) else {
            self.still_inside += 1;
            return;
        };
        match fate {
            Fate::Delivered(_) => {
                slot.delay += time - packet.arrival;
                slot.bytes += packet.bytes;
                slot.delivered += 1;
            }
            Fate::Dropped(_) => slot.dropped += 1,
        }
    }
}

/// The way of a packet: gNB, transport link, and the radio's latency.
#[derive(Clone, Debug)]
struct DataPath {
    gnb: gnb::Gnb,
    link: transport::Link,
    radio: radio::Radio,
}

impl DataPath {
    fn carry(&mut self, packet: packets::Packet, mut uniform: impl FnMut() -> f64) -> Fate {
        let work = gnb::work(packet, &mut uniform) * self.radio.work_factor(packet.arrival);
        let latency = self.radio.latency(packet.arrival, &mut uniform);
        let Some(processed) = self.gnb.offer(packet.arrival, work) else {
            return Fate::Dropped(packet.arrival);
        };
        match self.link.offer(processed, packet.bytes) {
            Some(sent) => Fate::Delivered(sent + latency),
            None => Fate::Dropped(processed),
        }
    }
}

/// Sends the packets of `seconds` slots through the data path, one after the other: both queues
/// are served in order, so each packet's way is settled before the next one arrives.
fn follow_packets(conditions: &Conditions, seconds: usize, seed: u64, stream: u64) -> Record {
    let mut generator = seed::stream(seed, stream);
    let steps = (seconds as f64 / variation::STEP) as usize;
    let radio_drift = variation::drift(steps, || seed::normal(&mut generator));
    let link_drift = variation::drift(steps, || seed::normal(&mut generator));
    let mut uniform = || seed::uniform(&mut generator);
    let mut path = DataPath {
        gnb: gnb::Gnb::new(conditions.cpu_millicores),
        link: transport::Link::new(conditions.bandwidth_mbps, &link_drift),
        radio: radio::Radio::new(&radio_drift),
    };
    let rate = packets::packet_rate(conditions.users_per_second);
    let mut record = Record::new(seconds);
    let mut packet = packets::next_packet(0.0, rate, &mut uniform);
    while packet.arrival < seconds as f64 {
        let fate = path.carry(packet, &mut uniform);
        record.arrived += 1;
        record.count(packet, fate);
        packet = packets::next_packet(packet.arrival, rate, &mut uniform);
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(users_per_second: f64, cpu_millicores: f64, bandwidth_mbps: f64) -> Conditions {
        Conditions { users_per_second, cpu_millicores, bandwidth_mbps }
    }

    fn measure(conditions: &Conditions) -> Vec<SlotMeasurement> {
        simulate(conditions, 30, 10, 21, 0).unwrap()
    }

    fn mean(conditions: &Conditions, quantity: impl Fn(&SlotMeasurement) -> f64) -> f64 {
        let slots = measure(conditions);
        slots.iter().map(quantity).sum::<f64>() / slots.len() as f64
    }

    fn delay(conditions: &Conditions) -> f64 {
        mean(conditions, |slot| slot.delay_ms)
    }

    #[test]
    fn every_packet_is_delivered_dropped_or_still_inside() {
        for conditions in [at(5.0, 500.0, 5.0), at(5.0, 4500.0, 10.0), at(1.0, 2000.0, 40.0)] {
            let record = follow_packets(&conditions, 20, 3, 0);
            let delivered: u64 = record.slots.iter().map(|slot| slot.delivered).sum();
            let dropped: u64 = record.slots.iter().map(|slot| slot.dropped).sum();
            assert_eq!(record.arrived, delivered + dropped + record.still_inside);
            let expected = 20.0 * packets::packet_rate(conditions.users_per_second);
            let deviation = (record.arrived as f64 - expected) / libm::sqrt(expected);
            assert!(deviation.abs() < 4.0, "{} of {expected}", record.arrived);
            let room = gnb::QUEUE_PACKETS + transport::BUFFER_BYTES / 64;
            assert!(record.still_inside <= room + 200, "{}", record.still_inside);
        }
    }

    #[test]
    fn delay_is_near_ten_milliseconds_with_ample_resources_and_never_below_the_fixed_latency() {
        for conditions in [at(1.0, 2000.0, 40.0), at(5.0, 8000.0, 1000.0)] {
            let slots = measure(&conditions);
            assert!(slots.iter().all(|slot| slot.delay_ms >= FIXED_LATENCY_MS));
            let delay = delay(&conditions);
            assert!((9.0..11.5).contains(&delay), "{delay}");
        }
    }

    #[test]
    fn more_cpu_and_more_bandwidth_shorten_the_delay() {
        let by_cpu = [500.0, 1500.0, 2500.0, 4500.0].map(|cpu| delay(&at(4.0, cpu, 50.0)));
        let by_bandwidth = [5.0, 15.0, 25.0, 50.0].map(|bw| delay(&at(4.0, 4500.0, bw)));
        assert!(by_cpu.is_sorted_by(|a, b| a > b), "{by_cpu:?}");
        assert!(by_bandwidth.is_sorted_by(|a, b| a > b), "{by_bandwidth:?}");
    }

    #[test]
    fn more_users_lengthen_the_delay() {
        let by_users = [1.0, 3.0, 4.0, 5.0].map(|users| delay(&at(users, 2500.0, 30.0)));
        assert!(by_users.is_sorted_by(|a, b| a < b), "{by_users:?}");
    }

    #[test]
    fn overload_of_either_part_delays_by_hundreds_of_milliseconds_and_drops() {
        for conditions in [at(5.0, 500.0, 50.0), at(5.0, 4500.0, 5.0)] {
            let (delay, dropped) =
                (delay(&conditions), mean(&conditions, SlotMeasurement::dropped_share));
            assert!((300.0..10_000.0).contains(&delay), "{delay}");
            assert!(dropped > 0.5, "{dropped}");
        }
    }

    /// Mean throughput over so many slots that their drift averages out.
    fn saturated_throughput(cpu_millicores: f64, bandwidth_mbps: f64) -> f64 {
        const SLOTS: usize = 400;
        let conditions = at(12.0, cpu_millicores, bandwidth_mbps);
        let slots = simulate(&conditions, SLOTS, 10, 21, 0).unwrap();
        slots.iter().map(|slot| slot.throughput_mbps).sum::<f64>() / SLOTS as f64
    }

    #[test]
    fn what_passes_a_saturated_gnb_is_near_the_testbeds_measurement() {
        for (cpu, measured) in [(1000.0, 8.4), (2000.0, 17.3), (3000.0, 25.2)] {
            let passed = saturated_throughput(cpu, 500.0);
            assert!((passed / measured - 1.0).abs() < 0.12, "{cpu}: {passed}");
        }
    }

    #[test]
    fn what_passes_a_saturated_link_is_near_the_testbeds_measurement() {
        for (bandwidth, measured) in [(15.0, 11.5), (25.0, 19.5), (40.0, 31.3)] {
            let passed = saturated_throughput(8000.0, bandwidth);
            assert!((passed / measured - 1.0).abs() < 0.05, "{bandwidth}: {passed}");
        }
    }

    #[test]
    fn a_slot_without_deliveries_counts_as_the_longest_delay() {
        let conditions = at(1.0, 500.0, 5.0);
        let slot = SlotTotals { dropped: 4, ..SlotTotals::default() }.measurement(&conditions);
        assert!((3000.0..6000.0).contains(&slot.delay_ms), "{}", slot.delay_ms);
        assert_eq!((slot.delivered_packets, slot.dropped_packets), (0, 4));
        assert_eq!(slot.throughput_mbps, 0.0);
        assert_eq!(slot.dropped_share(), 1.0);
    }

    #[test]
    fn the_ends_of_the_ranges_give_finite_delays() {
        for (users, cpu, bandwidth) in [(0.1, 300.0, 0.5), (20.0, 300.0, 0.5), (20.0, 8000.0, 1e3)]
        {
            let slots = simulate(&at(users, cpu, bandwidth), 3, 0, 1, 0).unwrap();
            assert!(slots.iter().all(|s| s.delay_ms.is_finite() && s.delivered_packets > 0));
        }
    }

    #[test]
    fn the_same_seed_and_stream_give_the_same_slots() {
        let run = |seed, stream| simulate(&at(2.0, 1500.0, 15.0), 5, 1, seed, stream).unwrap();
        assert_eq!(run(1, 2), run(1, 2));
        assert_ne!(run(1, 2), run(2, 2));
        assert_ne!(run(1, 2), run(1, 3));
    }

    #[test]
    fn a_longer_warm_up_only_shifts_what_is_recorded() {
        let conditions = at(2.0, 1500.0, 15.0);
        let whole = simulate(&conditions, 6, 0, 1, 0).unwrap();
        assert_eq!(simulate(&conditions, 4, 2, 1, 0).unwrap(), whole[2..]);
    }

    #[test]
    fn bad_conditions_are_named() {
        let field = |conditions: Conditions| conditions.validate().unwrap_err().field;
        assert_eq!(field(at(0.0, 1000.0, 10.0)), "users_per_second");
        assert_eq!(field(at(1.0, f64::NAN, 10.0)), "cpu_millicores");
        assert_eq!(field(at(1.0, 200.0, 10.0)), "cpu_millicores");
        assert_eq!(field(at(1.0, 1000.0, f64::INFINITY)), "bandwidth_mbps");
        let slots = simulate(&at(1.0, 1000.0, 10.0), 0, 0, 1, 0).unwrap_err();
        assert_eq!(slots.to_string(), "slots is 0; allowed: 1 to 100000 slots");
        let warm_up = simulate(&at(1.0, 1000.0, 10.0), 1, 100_001, 1, 0).unwrap_err();
        assert_eq!(warm_up.field, "warm_up_slots");
    }
}
