//! What the columns of a table mean, and the order to train that follows from it.

use slicewise_core::InputError;
use slicewise_core::card::{Architecture, Better, ModelCard, OutputField, Scale};
use slicewise_core::formats::table::numbers::{NumberColumn, NumberTable};
use slicewise_core::slice::derived_column;
use slicewise_core::slice::training::{InputColumn, TrainingOrder};

use crate::slice::models;

/// The most resources of a network that is trained here.
pub const MOST_RESOURCES: usize = 3;
/// Decay of the weights.
const WEIGHT_DECAY: f64 = 0.3;
/// A QoS that spans more than this factor is described by its logarithm.
const WIDE_SPAN: f64 = 50.0;

/// A resource and the column that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct ResourceForm {
    /// Index of the column.
    pub column: usize,
    /// Name, as problems and plans have it.
    pub name: String,
    /// Unit.
    pub unit: String,
    /// Capacity offered in the planner.
    pub capacity: f64,
}

/// Shape of a network that is trained from nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One Gaussian: that of `testbed-gaussian`.
    Gaussian,
    /// A mixture of three: that of `testbed-mixture`.
    Mixture,
}

impl Shape {
    fn architecture(self) -> Architecture {
        match self {
            Self::Gaussian => Architecture::free(vec![16, 16, 16], 16, 1),
            Self::Mixture => Architecture::free(vec![32, 32, 32], 0, 3),
        }
    }
}

/// The dialogue's fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    /// Name of the new network.
    pub name: String,
    /// Index of the traffic's column.
    pub traffic: usize,
    /// One to [`MOST_RESOURCES`] resources.
    pub resources: Vec<ResourceForm>,
    /// Index of the QoS' column.
    pub qos: usize,
    /// Name of the QoS.
    pub qos_name: String,
    /// Unit of the QoS.
    pub qos_unit: String,
    /// Which direction is better.
    pub better: Better,
    /// In which scale it is described.
    pub scale: Scale,
    /// Smallest threshold offered, the one shown first, and the largest.
    pub thresholds: [f64; 3],
    /// A network to start from; none for random weights of `shape`.
    pub start_from: Option<String>,
    /// Shape without a network to start from.
    pub shape: Shape,
    /// Passes over the rows.
    pub epochs: usize,
    /// Rows per step.
    pub batch: usize,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Seed of everything random.
    pub seed: u64,
    /// Name of the visitor's file.
    pub source: String,
    /// Columns that follow from others and of which the visitor says that they can be set.
    pub confirmed: Vec<usize>,
}

impl Form {
    /// What the names of the columns suggest.
    ///
    /// # Errors
    /// Says so where there are too few columns of numbers.
    pub fn guess(table: &NumberTable, file: &str) -> Result<Self, InputError> {
        // What is mostly empty would leave most rows out.
        let is_full = |column: &NumberColumn| column.numeric && 2 * column.missing <= table.len();
        let numeric: Vec<usize> =
            (0..table.columns().len()).filter(|i| is_full(&table.columns()[*i])).collect();
        if numeric.len() < 3 {
            let found = format!("{} columns of numbers", numeric.len());
            let allowed = "at least 3: traffic, one resource and the QoS";
            return Err(InputError::new("table", found, allowed));
        }
        let called = |words: &[&str], among: &[usize]| {
            let fits = |index: &&usize| {
                let name = table.columns()[**index].name.to_ascii_lowercase();
                words.iter().any(|word| name.contains(word))
            };
            among.iter().find(fits).copied()
        };
        let quality = ["throughput", "delay", "latency", "qos", "rate_per", "loss"];
        let qos = called(&quality, &numeric).unwrap_or(numeric[numeric.len() - 1]);
        let rest: Vec<usize> = numeric.iter().copied().filter(|index| *index != qos).collect();
        let load = ["user", "traffic", "load", "demand"];
        let traffic = called(&load, &rest).unwrap_or(rest[0]);
        let rest: Vec<usize> = rest.into_iter().filter(|index| *index != traffic).collect();
        let mut known: Vec<usize> = ["cpu", "bandwidth", "bw", "prb", "memory"]
            .into_iter()
            .filter_map(|word| called(&[word], &rest))
            .collect();
        known.dedup();
        let mut chosen = if known.is_empty() { rest } else { known };
        chosen.truncate(MOST_RESOURCES);
        leave_out_derived(table, traffic, &mut chosen, qos);
        let mut form = Self {
            name: free_name(),
            traffic,
            resources: chosen.iter().filter_map(|index| resource(table, *index)).collect(),
            qos,
            qos_name: String::new(),
            qos_unit: String::new(),
            better: Better::Higher,
            scale: Scale::Linear,
            thresholds: [0.0; 3],
            start_from: None,
            shape: Shape::Gaussian,
            epochs: 100,
            batch: if table.len() >= 10_000 { 512 } else { 64 },
            learning_rate: 3e-3,
            seed: 0,
            source: file.to_owned(),
            confirmed: Vec::new(),
        };
        form.take_qos(table, qos);
        Ok(form)
    }

    /// Makes `column` the QoS and fills in what its name and values suggest.
    pub fn take_qos(&mut self, table: &NumberTable, column: usize) {
        let Some(of) = table.columns().get(column) else { return };
        self.qos = column;
        let (name, unit) = name_and_unit(table, column);
        let is_delay = ["delay", "latency", "loss", "time"].iter().any(|word| name.contains(word));
        self.better = if is_delay { Better::Lower } else { Better::Higher };
        let wide = match (of.minimum, of.maximum) {
            (Some(lowest), Some(highest)) => lowest > 0.0 && highest > WIDE_SPAN * lowest,
            _ => false,
        };
        self.scale = if wide { Scale::Logarithmic } else { Scale::Linear };
        (self.qos_name, self.qos_unit) = (name.replace('_', " "), unit);
        self.thresholds =
            [0.05, 0.5, 0.95].map(|share| three_digits(quantile(table, column, share)));
    }

    /// Makes `column` resource `index`.
    pub fn take_resource(&mut self, table: &NumberTable, index: usize, column: usize) {
        if let (Some(slot), Some(found)) = (self.resources.get_mut(index), resource(table, column))
        {
            *slot = found;
        }
    }

    /// Adds a resource from the first column of numbers that is not used yet.
    pub fn add_resource(&mut self, table: &NumberTable) {
        let used = self.columns();
        let free = (0..table.columns().len())
            .find(|index| table.columns()[*index].numeric && !used.contains(index));
        if let Some(column) = free.filter(|_| self.resources.len() < MOST_RESOURCES) {
            self.resources.extend(resource(table, column));
        }
    }

    /// The columns used: traffic, resources, QoS.
    pub fn columns(&self) -> Vec<usize> {
        let resources = self.resources.iter().map(|resource| resource.column);
        std::iter::once(self.traffic).chain(resources).chain([self.qos]).collect()
    }

    /// Takes the visitor's word, or takes it back, that the column of resource `index` can be set.
    pub fn confirm(&mut self, index: usize) {
        let Some(column) = self.resources.get(index).map(|resource| resource.column) else {
            return;
        };
        if self.is_confirmed(index) {
            self.confirmed.retain(|known| *known != column);
        } else {
            self.confirmed.push(column);
        }
    }

    /// Whether the visitor says that the column of resource `index` can be set.
    pub fn is_confirmed(&self, index: usize) -> bool {
        self.resources.get(index).is_some_and(|resource| self.confirmed.contains(&resource.column))
    }

    /// The order to train.
    ///
    /// # Errors
    /// Names the field of the dialogue or of the order that cannot be used.
    pub fn order(
        &self,
        table: &NumberTable,
        start: Option<&ModelCard>,
    ) -> Result<TrainingOrder, InputError> {
        let columns = self.columns();
        for (index, column) in columns.iter().enumerate() {
            if columns[..index].contains(column) {
                let name = table.columns().get(*column).map_or("", |column| &column.name);
                let allowed = "every column once";
                return Err(InputError::new("columns", format!("{name} twice"), allowed));
            }
        }
        for index in (0..self.resources.len()).filter(|index| !self.is_confirmed(*index)) {
            if let Some((name, found)) = derivation(table, &columns, index + 1) {
                let allowed = "resources that can be set; tick the box where this one can";
                return Err(InputError::new(["columns, ", &name].concat(), found, allowed));
            }
        }
        let complete = table.rows_complete(&columns);
        let numbers = columns
            .iter()
            .map(|column| table.numbers_of(&complete.rows, *column))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = (0..complete.rows.len())
            .flat_map(|row| numbers.iter().map(move |column| column[row]))
            .collect();
        let order = TrainingOrder {
            name: self.name.clone(),
            title: format!("{} from {}", self.qos_name, self.source),
            inputs: self.inputs(table),
            output: self.output(table),
            source: self.source.clone(),
            licence: "none stated".to_owned(),
            rows,
            architecture: start
                .map_or_else(|| self.shape.architecture(), |card| card.architecture.clone()),
            start_from: self.start_from.clone(),
            epochs: self.epochs,
            batch: self.batch,
            learning_rate: self.learning_rate,
            weight_decay: WEIGHT_DECAY,
            seed: self.seed,
        };
        if models::named(&order.name).is_some() {
            return Err(InputError::new("name", &order.name, "a name that no other network has"));
        }
        order.validate()?;
        Ok(order)
    }

    fn inputs(&self, table: &NumberTable) -> Vec<InputColumn> {
        let highest = table.columns().get(self.traffic).and_then(|column| column.maximum);
        let traffic = InputColumn {
            name: "traffic".to_owned(),
            unit: "users/s".to_owned(),
            default_capacity: highest.filter(|highest| *highest > 0.0).unwrap_or(1.0),
        };
        let resources = self.resources.iter().map(|resource| InputColumn {
            name: resource.name.clone(),
            unit: resource.unit.clone(),
            default_capacity: resource.capacity,
        });
        std::iter::once(traffic).chain(resources).collect()
    }

    fn output(&self, table: &NumberTable) -> OutputField {
        let column = table.columns().get(self.qos);
        let [threshold_minimum, threshold_default, threshold_maximum] = self.thresholds;
        OutputField {
            name: self.qos_name.clone(),
            unit: self.qos_unit.clone(),
            better: self.better,
            scale: self.scale,
            measured_minimum: column.and_then(|column| column.minimum).unwrap_or_default(),
            measured_maximum: column.and_then(|column| column.maximum).unwrap_or_default(),
            threshold_minimum,
            threshold_maximum,
            threshold_default,
        }
    }
}

/// Leaves out of the `resources` what follows from other columns, as long as one stays.
fn leave_out_derived(table: &NumberTable, traffic: usize, resources: &mut Vec<usize>, qos: usize) {
    for place in (0..resources.len()).rev() {
        let columns: Vec<usize> =
            std::iter::once(traffic).chain(resources.iter().copied()).chain([qos]).collect();
        if resources.len() > 1 && derivation(table, &columns, place + 1).is_some() {
            resources.remove(place);
        }
    }
}

/// The name of the column at `place` of `columns`, and how it follows from the others, where it does:
/// `n_users × qos`.
pub fn derivation(
    table: &NumberTable,
    columns: &[usize],
    place: usize,
) -> Option<(String, String)> {
    let rows = table.rows_complete(columns).rows;
    let numbers = |column: &usize| table.numbers_of(&rows, *column).ok();
    let name = |column: &usize| table.columns().get(*column).map_or("", |column| &column.name);
    let column = columns.get(place)?;
    let others: Vec<&usize> = columns.iter().filter(|other| *other != column).collect();
    let values: Vec<Vec<f64>> = others.iter().filter_map(|other| numbers(other)).collect();
    let values: Vec<&[f64]> = values.iter().map(Vec::as_slice).collect();
    let found = derived_column::derivation(&numbers(column)?, &values)?;
    let names: Vec<&str> = others.iter().map(|other| name(other)).collect();
    Some((name(column).to_owned(), found.words(&names)))
}

/// A name that no network has yet.
fn free_name() -> String {
    let names = std::iter::once("my-network".to_owned())
        .chain((2..).map(|number| format!("my-network-{number}")));
    names.into_iter().find(|name| models::named(name).is_none()).unwrap_or_default()
}

/// Whether a network of `card` can be the start of a training with these fields.
pub fn can_start_from(card: &ModelCard, form: &Form) -> bool {
    card.resources().len() == form.resources.len() && card.output.scale == form.scale
}

/// Mean squared and mean absolute error of predicting the mean of the QoS for every complete row.
pub fn constant_errors(order: &TrainingOrder) -> Option<(f64, f64)> {
    let width = order.inputs.len() + 1;
    let qos: Vec<f64> = order.rows.chunks_exact(width).map(|row| row[width - 1]).collect();
    if qos.is_empty() {
        return None;
    }
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / qos.len() as f64;
    let centre = mean(&mut qos.iter().copied());
    let squared = mean(&mut qos.iter().map(|value| (value - centre).powi(2)));
    let absolute = mean(&mut qos.iter().map(|value| (value - centre).abs()));
    Some((squared, absolute))
}

fn resource(table: &NumberTable, index: usize) -> Option<ResourceForm> {
    let column = table.columns().get(index)?;
    let (name, unit) = name_and_unit(table, index);
    let known = match name.as_str() {
        name if name.contains("cpu") => "millicores",
        name if name.contains("bandwidth") || name.contains("bw") => "Mbit/s",
        name if name.contains("prb") => "PRB",
        _ => "",
    };
    Some(ResourceForm {
        column: index,
        unit: if unit.is_empty() { known.to_owned() } else { unit },
        name,
        capacity: column.maximum.filter(|highest| *highest > 0.0).unwrap_or(1.0),
    })
}

/// Name and unit of a column; the whole heading where another one differs from it in brackets only.
fn name_and_unit(table: &NumberTable, index: usize) -> (String, String) {
    let heading = table.columns().get(index).map_or("", |column| &column.name);
    let (name, unit) = split_heading(heading);
    let mut others = table.columns().iter().enumerate().filter(|(other, _)| *other != index);
    if !others.any(|(_, other)| split_heading(&other.name).0 == name) {
        return (name, unit);
    }
    let apart: String = heading.chars().map(|l| if "()[]".contains(l) { ' ' } else { l }).collect();
    let words = apart.split(' ').filter(|word| !word.is_empty());
    let whole = words.collect::<Vec<_>>().join(" ").to_ascii_lowercase();
    // What tells them apart need not be a unit: PRB (DL) beside PRB (UL).
    let is_unit =
        ["bps", "bit", "byte", "%", "ms", "sec", "PRB", "core"].iter().any(|u| unit.contains(u));
    (whole, if is_unit { unit } else { String::new() })
}

/// `CPU (millicores)` and `cpu [millicores]` are `cpu` in `millicores`.
fn split_heading(heading: &str) -> (String, String) {
    let heading = heading.trim();
    let parts = heading
        .strip_suffix([')', ']'])
        .and_then(|inside| inside.rsplit_once(['(', '[']))
        .map(|(name, unit)| (name.trim(), unit.trim()));
    let (name, unit) = parts.filter(|(name, _)| !name.is_empty()).unwrap_or((heading, ""));
    (name.to_ascii_lowercase(), unit.to_owned())
}

/// The value below which `share` of a column's numbers lie; 0 where it has none.
fn quantile(table: &NumberTable, column: usize, share: f64) -> f64 {
    let rows = table.rows_complete(&[column]).rows;
    let Ok(mut numbers) = table.numbers_of(&rows, column) else { return 0.0 };
    numbers.sort_by(f64::total_cmp);
    let at = share * numbers.len().saturating_sub(1) as f64;
    numbers.get(at.round() as usize).copied().unwrap_or_default()
}

fn three_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let scale = 10_f64.powi(2 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use slicewise_core::formats::table::Table;

    use super::*;

    fn numbers(text: &str) -> NumberTable {
        NumberTable::of(&Table::read(text).unwrap()).unwrap()
    }

    fn table() -> NumberTable {
        let mut text = "time,n_users,CPU (millicores),bandwidth,throughput [Mbit/s]\n".to_owned();
        for row in 0..60 {
            let (users, cpu, bandwidth) = (1 + row % 5, 500 + 60 * (row * 7 % 60), 5 + row % 40);
            text.push_str(&format!(
                "12:{row},{users},{cpu},{bandwidth},{}\n",
                1.0 + 0.1 * f64::from(row * 23 % 60)
            ));
        }
        numbers(&text)
    }

    /// A testbed's table with the bandwidth that was used beside the one that was set.
    fn testbed() -> NumberTable {
        let mut text = "time,total_bandwidth_usage,cpu,bw,n_users,qos\n".to_owned();
        for row in 0..400 {
            let (users, cpu, bandwidth) =
                (1 + row % 5, 500 * (1 + row / 5 % 7), 5 * (1 + row / 35));
            let noise = 1.0 + 0.1 * (f64::from(row) * 12.9).sin();
            let qos = noise * (f64::from(bandwidth) / f64::from(users)).min(f64::from(cpu) / 400.0);
            let used = f64::from(users) * qos;
            text.push_str(&format!("2024-05-18,{used},{cpu},{bandwidth},{users},{qos}\n"));
        }
        numbers(&text)
    }

    #[test]
    fn the_total_bandwidth_used_is_no_resource_unless_the_visitor_says_so() {
        let table = testbed();
        let mut form = Form::guess(&table, "testbed.csv").unwrap();
        assert_eq!(form.columns(), [4, 2, 3, 5]);
        assert!(form.order(&table, None).is_ok());
        form.take_resource(&table, 1, 1);
        let error = form.order(&table, None).unwrap_err().to_string();
        assert!(error.starts_with("columns, total_bandwidth_usage is n_users × qos;"), "{error}");
        form.confirm(1);
        assert!(form.order(&table, None).is_ok());
        form.confirm(1);
        assert!(form.order(&table, None).is_err());
    }

    #[test]
    fn columns_are_recognised_by_their_names() {
        let form = Form::guess(&table(), "day.csv").unwrap();
        assert_eq!(form.columns(), [1, 2, 3, 4]);
        assert_eq!(
            (form.resources[0].name.as_str(), form.resources[0].unit.as_str()),
            ("cpu", "millicores")
        );
        assert_eq!(form.resources[0].capacity, 500.0 + 60.0 * 59.0);
        assert_eq!((form.qos_name.as_str(), form.qos_unit.as_str()), ("throughput", "Mbit/s"));
        assert_eq!((form.better, form.scale), (Better::Higher, Scale::Linear));
        assert_eq!(form.thresholds, [1.3, 4.0, 6.6]);
    }

    #[test]
    fn the_order_has_the_rows_in_the_order_of_the_inputs() {
        let order = Form::guess(&table(), "day.csv").unwrap().order(&table(), None).unwrap();
        assert_eq!(order.len(), 60);
        assert_eq!(&order.rows[4..8], [2.0, 920.0, 6.0, 1.0 + 0.1 * 23.0]);
        let names: Vec<&str> = order.inputs.iter().map(|input| input.name.as_str()).collect();
        assert_eq!(names, ["traffic", "cpu", "bandwidth"]);
    }

    #[test]
    fn what_cannot_be_trained_is_named() {
        let mut form = Form::guess(&table(), "day.csv").unwrap();
        form.resources[1].column = form.traffic;
        assert_eq!(form.order(&table(), None).unwrap_err().field, "columns");
        let mut form = Form::guess(&table(), "day.csv").unwrap();
        form.name = "Testbed!".to_owned();
        assert_eq!(form.order(&table(), None).unwrap_err().field, "name");
        form.name = "delay".to_owned();
        assert_eq!(form.order(&table(), None).unwrap_err().field, "name");
        let short = numbers("a,b\n1,2\n");
        assert_eq!(Form::guess(&short, "short.csv").unwrap_err().field, "table");
    }

    #[test]
    fn columns_that_differ_in_brackets_only_are_named_apart() {
        let mut text = "users,PRB (DL),PRB (UL),Throughput (Mbps),Throughput (%)\n".to_owned();
        for row in 0..60 {
            text += &format!(
                "{},{},{},{},{}\n",
                1 + row % 4,
                5 + row % 7,
                3 + row % 5,
                row % 9,
                row % 11
            );
        }
        let table = numbers(&text);
        let mut form = Form::guess(&table, "t.csv").unwrap();
        form.add_resource(&table);
        let names: Vec<&str> = form.resources.iter().map(|resource| &resource.name[..]).collect();
        assert_eq!(names[..2], ["prb dl", "prb ul"]);
        assert_eq!((&form.qos_name[..], &form.qos_unit[..]), ("throughput mbps", "Mbps"));
        assert!(form.order(&table, None).is_ok(), "{:?}", form.order(&table, None).unwrap_err());
    }

    #[test]
    fn a_column_that_is_mostly_empty_is_not_guessed_to_be_the_qos() {
        let mut text = "users,PRB,DL_bitrate,PINGLOSS\n".to_owned();
        for row in 0..40 {
            let lost = if row == 7 { "1" } else { "-" };
            text += &format!("{},{},{},{lost}\n", 1 + row % 4, 5 + row % 7, 3 + row % 5);
        }
        let form = Form::guess(&numbers(&text), "t.csv").unwrap();
        assert_eq!(form.qos_name, "dl bitrate");
    }

    #[test]
    fn the_constant_prediction_errs_by_the_spread_of_the_rows() {
        let mut order = Form::guess(&table(), "day.csv").unwrap().order(&table(), None).unwrap();
        order.rows = vec![1.0, 1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 6.0];
        assert_eq!(constant_errors(&order), Some((4.0, 2.0)));
    }
}
