//! What is decided once all rows are there: whose requirements count, what the PRB are parts of, and
//! whether the units can be those of the columns.

use std::collections::BTreeMap;

use crate::cells::SNssai;
use crate::error::InputError;

use super::column::Column;
use super::gather::{Cell, KpiReport, KpiTable};
use super::history::Latest;
use super::options::{ChoiceNames, DelayUnit, PrbAvailable, ThroughputUnit};

/// Slices that are named in one message.
const MOST_NAMED: usize = 20;
/// Slices whose measurements are compared with what they require.
const MOST_COMPARED: usize = 100_000;
/// Throughput that is as many times what is required, or as small a part of it, is in another unit.
const THROUGHPUT_RATIO: f64 = 200.0;
/// The same of delays, which lie below what is required where all is well.
const DELAY_RATIOS: (f64, f64) = (1e-3, 20.0);

/// What the PRB of a slice are parts of.
#[derive(Clone, Copy, PartialEq)]
enum Carrier {
    /// A number that holds for all cells.
    Given(f64),
    /// `RRU.PrbTotDl`.
    Total,
    /// `RRU.PrbAvailDl`.
    Available,
    /// `RRU.PrbAvailDl` and what all slices of the cell use.
    FreeAndUsed,
}

impl KpiTable {
    /// Decides what the rows leave open.
    ///
    /// # Errors
    /// Names the slices of which it is nowhere said what they require.
    pub(super) fn settle(&mut self) -> Result<(), InputError> {
        self.settle_requirements()?;
        self.settle_prb();
        self.doubt_units();
        Ok(())
    }

    fn settle_requirements(&mut self) -> Result<(), InputError> {
        // Of each slice whether any cell knows what it requires, and whether the defaults said it.
        let mut known: BTreeMap<SNssai, (bool, bool)> = BTreeMap::new();
        let options = std::mem::take(&mut self.options);
        for cell in 0..self.cells.len() {
            for index in self.present_in(cell) {
                let slice = self.slice_mut(index);
                let snssai = slice.snssai;
                let latest = slice.latest_mut();
                if let Some(given) = options.requirements.of(snssai) {
                    set(&mut latest.required_throughput_mbps, given.throughput_mbps);
                    set(&mut latest.required_delay_ms, given.delay_ms);
                    set(&mut latest.weight, given.weight);
                    set(&mut latest.minimum_share, given.minimum_share);
                }
                let lacks = !latest.has_requirements();
                let default = options.defaults.of(snssai).filter(|_| lacks);
                if let Some(default) = default {
                    fill(&mut latest.required_throughput_mbps, default.throughput_mbps);
                    fill(&mut latest.required_delay_ms, default.delay_ms);
                }
                let entry = known.entry(snssai).or_default();
                entry.0 |= latest.has_requirements();
                entry.1 |= default.is_some();
            }
        }
        self.options = options;
        let absent = self.options.requirements.slices().filter(|slice| !known.contains_key(slice));
        if let Some(names) = named(absent) {
            let note = format!("requirements are given for {names}, of which the table has no row");
            self.report.notes.push(note);
        }
        let by_default = known.iter().filter(|(_, (_, default))| *default);
        if let Some(names) = named(by_default.map(|(slice, _)| *slice)) {
            let owner = self.options.defaults_of;
            let note = format!("the table lacks requirements of {names}: those of {owner} count");
            self.report.notes.push(note);
        }
        let unknown = known.iter().filter(|(_, (known, _))| !known);
        let Some(names) = named(unknown.map(|(slice, _)| *slice)) else { return Ok(()) };
        let elsewhere = match self.options.defaults_of {
            "" => "--requirement SNSSAI=2000kbps,100ms for each".to_owned(),
            owner => format!("slices of these names among {owner}"),
        };
        let allowed =
            format!("the columns dLThptPerUE (kbit/s) and dLLatency (ms), or {elsewhere}");
        Err(InputError::new(format!("requirement of {names}"), "missing", allowed))
    }

    fn present_in(&self, cell: usize) -> Vec<u32> {
        self.present(&self.cells[cell]).collect()
    }

    fn settle_prb(&mut self) {
        let (carrier, names) = (self.carrier(), self.options.choice_names);
        for cell in 0..self.cells.len() {
            let present = self.present_in(cell);
            let used = present.iter().map(|index| self.slice_at(*index).latest().prb_used).sum();
            for index in present {
                let latest = self.slice_mut(index).latest_mut();
                match share_of(latest, carrier, used, names) {
                    Ok(share) => latest.prb_share = share,
                    Err(mut problem) => {
                        let row = latest.row;
                        let snssai = self.slice_at(index).snssai;
                        problem.field = match row {
                            0 => format!(
                                "cell {}, slice {snssai}, {}",
                                self.cells[cell].name, problem.field
                            ),
                            row => format!("row {row}, {}", problem.field),
                        };
                        self.report.add(problem);
                    }
                }
            }
        }
    }

    /// What the PRB of the table are parts of.
    fn carrier(&mut self) -> Carrier {
        if let Some(prb) = self.options.carrier_prb {
            return Carrier::Given(prb);
        }
        let is_total = self.total_is_the_carrier();
        if is_total == Some(true) {
            return Carrier::Total;
        }
        if is_total == Some(false) {
            let otherwise = self
                .options
                .choice_names
                .either("--carrier-prb says what the carrier has", "choose what the carrier has");
            self.report.notes.push(format!(
                "RRU.PrbTotDl is taken for the part used in percent, as 3GPP TS 28.552 has it, and passed \
                 over; {otherwise}"
            ));
        }
        match self.options.prb_available {
            PrbAvailable::Free => return Carrier::FreeAndUsed,
            PrbAvailable::Total => return Carrier::Available,
            PrbAvailable::Recognised => {}
        }
        let (mut free, mut total) = (0_u64, 0_u64);
        for cell in &self.cells {
            match self.counts_free(cell) {
                Some(true) => free += 1,
                Some(false) => total += 1,
                None => {}
            }
        }
        if free <= total {
            return Carrier::Available;
        }
        let otherwise = self
            .options
            .choice_names
            .either("--prb-available total says otherwise", "choose all PRB where it counts those");
        self.report.notes.push(format!(
            "RRU.PrbAvailDl is taken for the free PRB: with those used it comes to the same in all \
             periods, in {free} of {} cells that tell; {otherwise}",
            free + total
        ));
        Carrier::FreeAndUsed
    }

    /// Whether `RRU.PrbTotDl` is what the carrier has; none where there is no such number. It is where
    /// it goes with the other numbers of every cell, and is not that of a percentage by chance.
    fn total_is_the_carrier(&self) -> Option<bool> {
        let (mut any, mut proven) = (false, false);
        for cell in &self.cells {
            let latest: Vec<&Latest> =
                self.present(cell).map(|index| self.slice_at(index).latest()).collect();
            let Some(first) = latest.iter().find(|latest| !latest.prb_total.is_nan()) else {
                continue;
            };
            any = true;
            let (total, available) = (first.prb_total, first.prb_available);
            let used: f64 =
                latest.iter().map(|latest| latest.prb_used).filter(|used| !used.is_nan()).sum();
            if total < used - 0.5 {
                return Some(false);
            }
            if available.is_nan() {
                proven |= total > 100.0;
            } else if (total - available).abs() <= 0.5 || (total - available - used).abs() <= 1.0 {
                proven = true;
            } else {
                return Some(false);
            }
        }
        any.then_some(proven)
    }

    /// Whether `RRU.PrbAvailDl` of a cell counts what is free; none where its periods do not tell.
    fn counts_free(&self, cell: &Cell) -> Option<bool> {
        let present: Vec<u32> = self.present(cell).collect();
        let (first, others) = present.split_first()?;
        let (mut available, mut sum) = (Range::NONE, Range::NONE);
        let mut periods = 0;
        for (period, mut used, of_cell) in self.slice_at(*first).prb() {
            for other in others {
                let found = self.slice_at(*other).prb().find(|(other, ..)| *other == period);
                used += found.map_or(f32::NAN, |(_, used, _)| used);
            }
            if used.is_nan() || of_cell.is_nan() {
                continue;
            }
            periods += 1;
            available.add(of_cell);
            sum.add(of_cell + used);
        }
        if periods < 2 {
            return None;
        }
        match (available.width(), sum.width()) {
            (available, sum) if available >= 1.0 && sum < 0.25 * available => Some(true),
            (available, sum) if sum >= 1.0 && available < 0.25 * sum => Some(false),
            _ => None,
        }
    }

    /// Reports measurements that can hardly be in the units of the columns.
    fn doubt_units(&mut self) {
        let (mut throughput, mut delay) = (Vec::new(), Vec::new());
        for cell in &self.cells {
            for index in self.present(cell) {
                let slice = self.slice_at(index);
                let latest = slice.latest();
                let compare = |pairs: &mut Vec<(f64, f64)>, measured: f64, required: f64| {
                    if measured > 0.0 && required > 0.0 && slice.active_users() > 0.0 {
                        pairs.push((measured, required));
                    }
                };
                compare(&mut throughput, latest.throughput_mbps, latest.required_throughput_mbps);
                compare(&mut delay, latest.delay_ms, latest.required_delay_ms);
            }
            if throughput.len().max(delay.len()) >= MOST_COMPARED {
                break;
            }
        }
        let options = &self.options;
        let throughput_unit = options.throughput_unit.unwrap_or_default();
        let delay_unit = options.delay_unit.unwrap_or_default();
        let names = options.choice_names;
        let throughput = Medians::of(&throughput)
            .and_then(|found| throughput_doubt(found, throughput_unit, names));
        let delay = Medians::of(&delay).and_then(|found| delay_doubt(found, delay_unit, names));
        // Before what is wrong with single rows, of which there may be any number.
        for doubt in [delay, throughput].into_iter().flatten() {
            self.report.problems.insert(0, doubt);
        }
    }
}

impl KpiReport {
    /// A doubt that measurements are in the unit that they were read in; none where they may well be.
    pub fn unit_doubt(&self) -> Option<&InputError> {
        let fields = [Column::Throughput, Column::Delay].map(doubted);
        self.problems.iter().find(|problem| fields.contains(&problem.field))
    }
}

fn set(number: &mut f64, given: Option<f64>) {
    if let Some(given) = given {
        *number = given;
    }
}

fn fill(number: &mut f64, given: Option<f64>) {
    if number.is_nan() {
        set(number, given);
    }
}

/// `slice 1` or `slices 1, 2`; none where there is none.
fn named(slices: impl Iterator<Item = SNssai>) -> Option<String> {
    let names: Vec<String> = slices.map(|slice| slice.to_string()).collect();
    match names.len() {
        0 => None,
        1 => Some(format!("slice {}", names[0])),
        count if count <= MOST_NAMED => Some(format!("slices {}", names.join(", "))),
        count => Some(format!(
            "slices {} and {} more",
            names[..MOST_NAMED].join(", "),
            count - MOST_NAMED
        )),
    }
}

/// Part of the carrier that a slice used, where the slices of its cell used `used_in_cell` PRB.
fn share_of(
    latest: &Latest,
    carrier: Carrier,
    used_in_cell: f64,
    names: ChoiceNames,
) -> Result<f64, InputError> {
    let (total, source) = match carrier {
        Carrier::Given(prb) => (prb, "the carrier has"),
        Carrier::Total => (latest.prb_total, "RRU.PrbTotDl has it"),
        Carrier::Available => (
            latest.prb_available,
            names.either(
                "RRU.PrbAvailDl has it; --prb-available free where that counts the free ones",
                "RRU.PrbAvailDl has it; choose the free PRB where it counts those",
            ),
        ),
        Carrier::FreeAndUsed => (latest.prb_available + used_in_cell, "RRU.PrbAvailDl leaves"),
    };
    let used = latest.prb_used;
    if total > 0.0 && used > total {
        let field = format!("column {}", Column::PrbUsed.name());
        return Err(InputError::new(field, used, format!("0 to {total} PRB, as {source}")));
    }
    Ok(if total > 0.0 { used / total } else { f64::NAN })
}

/// What lies between the least and the largest of some numbers.
struct Range {
    least: f32,
    most: f32,
}

impl Range {
    const NONE: Self = Self { least: f32::INFINITY, most: f32::NEG_INFINITY };

    fn add(&mut self, number: f32) {
        self.least = self.least.min(number);
        self.most = self.most.max(number);
    }

    fn width(&self) -> f32 {
        self.most - self.least
    }
}

/// Medians of what was measured, of what is required, and of how many times the one is the other.
struct Medians {
    measured: f64,
    required: f64,
    ratio: f64,
}

impl Medians {
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let median = |of: fn(&(f64, f64)) -> f64| {
            let mut values: Vec<f64> = pairs.iter().map(of).collect();
            values.sort_unstable_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let (measured, required) = (median(|pair| pair.0)?, median(|pair| pair.1)?);
        Some(Self { measured, required, ratio: median(|pair| pair.0 / pair.1)? })
    }
}

fn throughput_doubt(
    found: Medians,
    unit: ThroughputUnit,
    names: ChoiceNames,
) -> Option<InputError> {
    let is_near = found.ratio < THROUGHPUT_RATIO && found.ratio > 1.0 / THROUGHPUT_RATIO;
    if is_near {
        return None;
    }
    let likely = match (unit, found.ratio > 1.0) {
        (ThroughputUnit::Kilobit, true) => ThroughputUnit::Bit,
        (ThroughputUnit::Kilobit, false) => ThroughputUnit::Megabit,
        _ => ThroughputUnit::Kilobit,
    };
    let times = 1000.0 / unit.kbps();
    let value = format!(
        "{} {unit} in the median, where {} is required",
        rounded(found.measured * times),
        rounded(found.required * times)
    );
    let choose = names.either("--throughput-unit", "choose");
    let allowed = format!("{unit}; {choose} {likely} where it is in that");
    Some(InputError::new(doubted(Column::Throughput), value, allowed))
}

fn delay_doubt(found: Medians, unit: DelayUnit, names: ChoiceNames) -> Option<InputError> {
    let (least, most) = DELAY_RATIOS;
    let likely = match unit {
        _ if found.ratio > least && found.ratio < most => return None,
        DelayUnit::TenthOfMillisecond if found.ratio > 1.0 => DelayUnit::Microsecond,
        DelayUnit::TenthOfMillisecond => DelayUnit::Second,
        _ => DelayUnit::TenthOfMillisecond,
    };
    let value = format!(
        "{} ms in the median, where {} ms is required",
        rounded(found.measured),
        rounded(found.required)
    );
    let choose = names.either("--delay-unit", "choose");
    let allowed = format!("{unit}; {choose} {likely} where it is in that");
    Some(InputError::new(doubted(Column::Delay), value, allowed))
}

/// The field of a doubt about a column's unit: single rows have their place before it.
fn doubted(column: Column) -> String {
    format!("column {}", column.name())
}

/// Four digits of a number.
fn rounded(number: f64) -> f64 {
    let scale = 10_f64.powi(3 - number.abs().log10().floor() as i32);
    if scale.is_finite() && scale > 0.0 { (number * scale).round() / scale } else { number }
}
