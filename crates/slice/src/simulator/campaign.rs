//! A measurement campaign: the simulator run over a grid of conditions, as the testbed was.

use std::io::Write;

use slicewise_core::error::{InputError, check_range};

use super::{Conditions, SlotMeasurement, simulate};

/// A grid of conditions and how long to measure at each of its points.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Traffic values, users/s.
    pub users_per_second: Vec<f64>,
    /// CPU values, millicores.
    pub cpu_millicores: Vec<f64>,
    /// Bandwidth values, Mbit/s.
    pub bandwidth_mbps: Vec<f64>,
    /// Slots of 1 s recorded at each point.
    pub slots_per_point: usize,
    /// Slots of 1 s before them that are not recorded, so that queues reach their usual length.
    pub warm_up_slots: usize,
    /// Seed; each point takes the stream of its number in the grid.
    pub seed: u64,
}

impl Default for Campaign {
    /// The testbed's ranges up to the capacities of 4500 millicores and 50 Mbit/s (MicroOpt,
    /// section V-D), in half its steps: delay rises from tens to hundreds of milliseconds within
    /// little CPU and bandwidth.
    fn default() -> Self {
        Self {
            users_per_second: steps(1.0, 0.5, 9),
            cpu_millicores: steps(500.0, 250.0, 17),
            bandwidth_mbps: steps(5.0, 2.5, 19),
            slots_per_point: 10,
            warm_up_slots: 10,
            seed: 1,
        }
    }
}

/// One recorded slot with the conditions that it was measured under.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignRow {
    /// Traffic and allocation.
    pub conditions: Conditions,
    /// What was measured in the slot.
    pub measurement: SlotMeasurement,
}

impl Campaign {
    /// Measures every point of the grid; rows are ordered by users, CPU, bandwidth and time.
    /// After each point `progress` is told the points done and the points in all.
    ///
    /// # Errors
    /// Names an empty list, a value out of range or a count of slots out of range, before anything
    /// is simulated.
    pub fn run(
        &self,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<Vec<CampaignRow>, InputError> {
        let points = self.points()?;
        let mut rows = Vec::with_capacity(points.len().saturating_mul(self.slots_per_point));
        for (index, conditions) in points.iter().enumerate() {
            let measurements = simulate(
                conditions,
                self.slots_per_point,
                self.warm_up_slots,
                self.seed,
                index as u64,
            )?;
            rows.extend(
                measurements
                    .into_iter()
                    .map(|measurement| CampaignRow { conditions: conditions.clone(), measurement }),
            );
            progress(index + 1, points.len());
        }
        Ok(rows)
    }

    /// The points of the grid, all checked.
    fn points(&self) -> Result<Vec<Conditions>, InputError> {
        check_some("users_per_second", &self.users_per_second)?;
        check_some("cpu_millicores", &self.cpu_millicores)?;
        check_some("bandwidth_mbps", &self.bandwidth_mbps)?;
        check_range("slots_per_point", self.slots_per_point as f64, 1.0, 1e5, "slots")?;
        check_range("warm_up_slots", self.warm_up_slots as f64, 0.0, 1e5, "slots")?;
        let mut points = Vec::new();
        for users_per_second in &self.users_per_second {
            for cpu_millicores in &self.cpu_millicores {
                for bandwidth_mbps in &self.bandwidth_mbps {
                    let point = Conditions {
                        users_per_second: *users_per_second,
                        cpu_millicores: *cpu_millicores,
                        bandwidth_mbps: *bandwidth_mbps,
                    };
                    point.validate()?;
                    points.push(point);
                }
            }
        }
        Ok(points)
    }
}

/// Writes rows as CSV with the header `n_users,cpu,bw,delay_ms,throughput_mbps,dropped_share`:
/// users/s, millicores, Mbit/s, ms to the microsecond, Mbit/s, share of the packets that left.
///
/// # Errors
/// Passes on what the writer fails with.
pub fn write_csv(rows: &[CampaignRow], mut writer: impl Write) -> std::io::Result<()> {
    writeln!(writer, "n_users,cpu,bw,delay_ms,throughput_mbps,dropped_share")?;
    for CampaignRow { conditions, measurement } in rows {
        writeln!(
            writer,
            "{},{},{},{:.3},{:.4},{:.5}",
            conditions.users_per_second,
            conditions.cpu_millicores,
            conditions.bandwidth_mbps,
            measurement.delay_ms,
            measurement.throughput_mbps,
            measurement.dropped_share(),
        )?;
    }
    writer.flush()
}

fn steps(first: f64, step: f64, count: u32) -> Vec<f64> {
    (0..count).map(|index| first + step * f64::from(index)).collect()
}

fn check_some(field: &str, values: &[f64]) -> Result<(), InputError> {
    if values.is_empty() {
        return Err(InputError::new(field, "", "at least one value"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use slicewise_core::formats::measurements;

    use super::*;

    fn small() -> Campaign {
        Campaign {
            users_per_second: vec![1.0, 2.0],
            cpu_millicores: vec![1000.0],
            bandwidth_mbps: vec![5.0, 10.0, 20.0],
            slots_per_point: 3,
            warm_up_slots: 1,
            seed: 9,
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_rows_and_another_seed_others() {
        let rows = |seed| Campaign { seed, ..small() }.run(&mut |_, _| ()).unwrap();
        assert_eq!(rows(9), rows(9));
        assert_ne!(rows(9), rows(10));
    }

    #[test]
    fn a_point_can_be_measured_alone() {
        let rows = small().run(&mut |_, _| ()).unwrap();
        let alone = simulate(&rows[12].conditions, 3, 1, 9, 4).unwrap();
        let in_campaign: Vec<_> = rows[12..15].iter().map(|r| r.measurement.clone()).collect();
        assert_eq!(alone, in_campaign);
    }

    #[test]
    fn progress_counts_every_point() {
        let mut seen = Vec::new();
        small().run(&mut |done, all| seen.push((done, all))).unwrap();
        assert_eq!(seen, (1..=6).map(|done| (done, 6)).collect::<Vec<_>>());
    }

    #[test]
    fn the_table_reads_back_as_measurements() {
        let rows = small().run(&mut |_, _| ()).unwrap();
        let mut bytes = Vec::new();
        write_csv(&rows, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("n_users,cpu,bw,delay_ms,throughput_mbps,dropped_share\n1,1000,"));
        let read = measurements::read(&text, &["n_users", "cpu", "bw"], "delay_ms").unwrap();
        assert_eq!(read.len(), rows.len());
        for (row, line) in rows.iter().zip(&read) {
            assert_eq!(line.inputs[2], row.conditions.bandwidth_mbps);
            assert!((line.qos - row.measurement.delay_ms).abs() < 1e-3);
        }
    }

    #[test]
    fn bad_campaigns_are_named_before_anything_runs() {
        let error = |campaign: Campaign| {
            campaign.run(&mut |_, _| panic!("simulated")).unwrap_err().to_string()
        };
        let empty = Campaign { cpu_millicores: Vec::new(), ..small() };
        assert_eq!(error(empty), "cpu_millicores is empty; allowed: at least one value");
        let idle = Campaign { slots_per_point: 0, ..small() };
        assert_eq!(error(idle), "slots_per_point is 0; allowed: 1 to 100000 slots");
        let late = Campaign { bandwidth_mbps: vec![5.0, -1.0], ..small() };
        assert!(error(late).starts_with("bandwidth_mbps is -1;"));
    }

    #[test]
    fn the_default_grid_spans_the_testbeds_capacities() {
        let campaign = Campaign::default();
        assert_eq!(campaign.users_per_second.last(), Some(&5.0));
        assert_eq!(campaign.cpu_millicores.last(), Some(&4500.0));
        assert_eq!(campaign.bandwidth_mbps.last(), Some(&50.0));
        let rows = campaign.points().unwrap().len() * campaign.slots_per_point;
        assert!((15_000..=40_000).contains(&rows), "{rows}");
    }
}
