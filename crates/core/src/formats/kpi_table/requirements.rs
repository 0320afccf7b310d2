//! What slices require, beside the table that says what was measured of them.

use std::collections::BTreeMap;

use crate::cells::SNssai;
use crate::cells::profile::{DELAY_RANGE_MS, THROUGHPUT_RANGE_MBPS};
use crate::error::{InputError, check_range};
use crate::formats::table::Table;

use super::column::{Column, Meaning};

/// How a requirement is written.
const FORM: &str = "SNSSAI=THROUGHPUT,DELAY such as 1-000001=2000kbps,100ms";

/// What one slice requires; none where it is not said.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Requirement {
    /// Throughput per user, in Mbit/s.
    pub throughput_mbps: Option<f64>,
    /// Delay, in ms.
    pub delay_ms: Option<f64>,
    /// Weight in a weighted sum.
    pub weight: Option<f64>,
    /// What a plan must leave to it, 0 to 1.
    pub minimum_share: Option<f64>,
}

/// What slices require, in every cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Requirements {
    of_slices: BTreeMap<SNssai, Requirement>,
}

impl Requirements {
    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.of_slices.is_empty()
    }

    /// What `snssai` requires.
    pub fn of(&self, snssai: SNssai) -> Option<&Requirement> {
        self.of_slices.get(&snssai)
    }

    /// The slices of which something is required.
    pub fn slices(&self) -> impl Iterator<Item = SNssai> {
        self.of_slices.keys().copied()
    }

    /// Adds what `snssai` requires; of two the later counts, number by number.
    pub fn add(&mut self, snssai: SNssai, requirement: Requirement) {
        let known = self.of_slices.entry(snssai).or_default();
        known.throughput_mbps = requirement.throughput_mbps.or(known.throughput_mbps);
        known.delay_ms = requirement.delay_ms.or(known.delay_ms);
        known.weight = requirement.weight.or(known.weight);
        known.minimum_share = requirement.minimum_share.or(known.minimum_share);
    }

    /// Adds a requirement as an option writes it: `1-000001=2000kbps,100ms`, with `kbps`, `Mbps` or
    /// `bps` (also `kbit/s` and so on) and `ms`, `s` or `us`.
    ///
    /// # Errors
    /// Says what part cannot be read, and how it is written.
    pub fn add_option(&mut self, text: &str) -> Result<(), InputError> {
        let wrong = |found: &str| InputError::new("requirement", found, FORM);
        let (slice, parts) = text.split_once('=').ok_or_else(|| wrong(text))?;
        let snssai = SNssai::parse("requirement", slice)?;
        let mut requirement = Requirement::default();
        for part in parts.split(',').map(str::trim) {
            let unit = part.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
            let (number, unit) = part.split_at(unit.unwrap_or(part.len()));
            let number: f64 = number.parse().map_err(|_| wrong(part))?;
            match unit.trim().to_lowercase().as_str() {
                "bps" | "bit/s" => requirement.throughput_mbps = Some(number / 1e6),
                "kbps" | "kbit/s" => requirement.throughput_mbps = Some(number / 1e3),
                "mbps" | "mbit/s" => requirement.throughput_mbps = Some(number),
                "us" | "µs" => requirement.delay_ms = Some(number / 1e3),
                "ms" => requirement.delay_ms = Some(number),
                "s" => requirement.delay_ms = Some(number * 1e3),
                _ => return Err(wrong(part)),
            }
        }
        self.add(snssai, requirement);
        self.validate()
    }

    /// Adds those of a table with the columns SNSSAI, dLThptPerUE (kbit/s), dLLatency (ms), weight
    /// and leastRatio (%), of which only the first is needed.
    ///
    /// # Errors
    /// Names the column that is missing, or the line and the column of what cannot be read.
    pub fn add_table(&mut self, text: &str) -> Result<(), InputError> {
        let table = Table::read(text)?;
        let place = |wanted: Column| {
            let is_it = |name: &str| matches!(Meaning::of(name), Some(Meaning::Column(c, _)) if c == wanted);
            table.columns().iter().position(|column| is_it(&column.name))
        };
        let slice = place(Column::Snssai).ok_or_else(|| {
            let allowed = "a table with the columns SNSSAI, dLThptPerUE and dLLatency";
            InputError::new("column SNSSAI", "missing", allowed)
        })?;
        let numbers =
            [Column::RequiredThroughput, Column::RequiredDelay, Column::Weight, Column::LeastRatio]
                .map(place);
        for row in 0..table.len() {
            let line = table.line(row);
            let at = |column: Column| format!("line {line}, column {}", column.name());
            let snssai = SNssai::parse(&at(Column::Snssai), table.text(row, slice))?;
            let mut found = [None; 4];
            for (found, position) in found.iter_mut().zip(numbers) {
                *found = position.map_or(Ok(None), |position| table.number(row, position))?;
            }
            let [throughput_kbps, delay_ms, weight, percent] = found;
            self.add(
                snssai,
                Requirement {
                    throughput_mbps: throughput_kbps.map(|kbps| kbps / 1000.0),
                    delay_ms,
                    weight,
                    minimum_share: percent.map(|percent| percent / 100.0),
                },
            );
            self.validate().map_err(|error| InputError {
                field: format!("line {line}, {}", error.field),
                ..error
            })?;
        }
        Ok(())
    }

    /// Checks that all numbers are in range.
    ///
    /// # Errors
    /// Names the slice and the number that is not.
    pub fn validate(&self) -> Result<(), InputError> {
        for (snssai, requirement) in &self.of_slices {
            let ranges = [
                ("throughput", requirement.throughput_mbps, THROUGHPUT_RANGE_MBPS, "Mbit/s"),
                ("delay", requirement.delay_ms, DELAY_RANGE_MS, "ms"),
                ("weight", requirement.weight, (0.0, 1e6), ""),
                ("least share", requirement.minimum_share, (0.0, 1.0), ""),
            ];
            for (name, value, (least, most), unit) in ranges {
                if let Some(value) = value {
                    let field = format!("required {name} of slice {snssai}");
                    check_range(&field, value, least, most, unit)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(text: &str) -> Result<Requirements, InputError> {
        let mut requirements = Requirements::default();
        requirements.add_option(text)?;
        Ok(requirements)
    }

    #[test]
    fn requirements_are_read_from_options() {
        let slice = SNssai { sst: 1, sd: Some(1) };
        for text in
            ["1-000001=2000kbps,100ms", "01-000001=2Mbit/s, 0.1 s", "01000001=100000us,2000000bps"]
        {
            let found = *option(text).unwrap().of(slice).unwrap();
            assert_eq!((found.throughput_mbps, found.delay_ms), (Some(2.0), Some(100.0)), "{text}");
        }
        let mut requirements = option("1=2Mbps").unwrap();
        requirements.add_option("1=50ms").unwrap();
        let found = requirements.of(SNssai { sst: 1, sd: None }).unwrap();
        assert_eq!((found.throughput_mbps, found.delay_ms), (Some(2.0), Some(50.0)));
    }

    #[test]
    fn wrong_options_say_how_they_are_written() {
        for text in ["1-000001", "x=2Mbps", "1=fast", "1=2", "1=2Mbps,", "1=2Mbps,5km"] {
            let error = option(text).unwrap_err();
            assert_eq!(error.field, "requirement", "{text}");
        }
        let error = option("1=2Gbps").unwrap_err().to_string();
        assert!(error.ends_with("such as 1-000001=2000kbps,100ms"), "{error}");
        let error = option("1=900Mbps").unwrap_err().to_string();
        assert_eq!(error, "required throughput of slice 1 is 900; allowed: 0.01 to 100 Mbit/s");
    }

    #[test]
    fn requirements_are_read_from_a_table() {
        let mut requirements = Requirements::default();
        requirements
            .add_table("snssai;dLThptPerUE;dLLatency;weight;leastRatio\n1-FFFFFF;1500,5;60;2;25\n")
            .unwrap();
        let found = requirements.of(SNssai { sst: 1, sd: None }).unwrap();
        let expected = Requirement {
            throughput_mbps: Some(1.5005),
            delay_ms: Some(60.0),
            weight: Some(2.0),
            minimum_share: Some(0.25),
        };
        assert_eq!(*found, expected);
        let error = |text: &str| Requirements::default().add_table(text).unwrap_err().to_string();
        assert!(error("slices,x\n1,2\n").starts_with("column SNSSAI is missing"));
        assert_eq!(
            error("slice,dLLatency\n1,soon\n"),
            "line 2, column dLLatency is soon; allowed: a number, or empty where missing"
        );
        assert_eq!(
            error("slice,dLLatency\n1,0\n"),
            "line 2, required delay of slice 1 is 0; allowed: 1 to 10000 ms"
        );
    }
}
