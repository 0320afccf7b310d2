//! Measurement events as JSON (VES 7; 3GPP TS 28.532 within it).

use std::io::Read;

use serde_json::{Map, Value};

use crate::cells::SNssai;
use crate::error::InputError;
use crate::formats::kpi_table::{Column, Meaning, Period, ReadError};

use super::measurements::{Measurements, Object};

/// Names by which events name a cell among their numbers.
const CELL_NAMES: [&str; 14] = [
    "measObjLdn",
    "measObjInstId",
    "NRCellDU",
    "nRCellIdentity",
    "cellId",
    "cell_id",
    "cell",
    "cellName",
    "cellIdentity",
    "nrCellId",
    "nr_cell_id",
    "NCI",
    "NRCGI",
    "NCGI",
];
/// Names by which events name a slice among their numbers.
const SLICE_NAMES: [&str; 7] =
    ["networkSliceIdentifier", "SNSSAI", "S-NSSAI", "slice", "sliceId", "slice_id", "networkSlice"];
/// The measurement of the O-RAN Software Community's streaming that means `DRB.UEThpDl`.
const STREAMED_THROUGHPUT: &str = "user-equipment-average-throughput-downlink";

/// Reads events into `measurements`.
pub(super) fn read(input: impl Read, measurements: &mut Measurements) -> Result<(), ReadError> {
    let mut any = false;
    for document in serde_json::Deserializer::from_reader(input).into_iter::<Value>() {
        let document = document.map_err(|error| match error.classify() {
            serde_json::error::Category::Io => ReadError::Io(error.into()),
            _ => InputError::new("document", error, "measurement events as JSON").into(),
        })?;
        any |= read_document(&document, measurements);
    }
    if any {
        return Ok(());
    }
    let allowed = "perf3gppFields, stndDefinedFields, measurementFields or \
                   measurementsForVfScalingFields";
    Err(InputError::new("events", "without measurements", allowed).into())
}

/// Reads an event, however it is wrapped; says whether it holds measurements.
fn read_document(document: &Value, measurements: &mut Measurements) -> bool {
    if let Some(list) = document.as_array() {
        return list.iter().fold(false, |any, event| read_document(event, measurements) | any);
    }
    for wrapper in ["event", "eventList"] {
        if let Some(inside) = document.get(wrapper) {
            return read_document(inside, measurements);
        }
    }
    read_event(document, measurements)
}

fn read_event(event: &Value, measurements: &mut Measurements) -> bool {
    let header = &event["commonEventHeader"];
    let source = text_of(&header["sourceName"]).unwrap_or_default();
    let epoch = &header["startEpochMicrosec"];
    let epoch = epoch.as_f64().or_else(|| epoch.as_str()?.trim().parse().ok());
    let time = epoch.map(since_1970_ms);
    let standard = &event["stndDefinedFields"]["data"];
    let places = [
        &event["perf3gppFields"]["measDataCollection"],
        &standard["event"]["perf3gppFields"]["measDataCollection"],
        &standard["perf3gppFields"]["measDataCollection"],
        &standard["measDataCollection"],
        &standard["event"]["measDataCollection"],
    ];
    let Some(time) = time.or_else(|| time_of(&standard["start-time"])) else {
        let allowed = "microseconds since 1970";
        let found = header["startEpochMicrosec"].to_string();
        measurements.problems.push(InputError::new("startEpochMicrosec", found, allowed));
        return false;
    };
    let mut any = false;
    for collection in places.into_iter().filter(|place| place.is_object()) {
        any = true;
        read_collection(collection, time, &source, measurements);
    }
    if let Some(list) = standard["measurements"].as_array() {
        any = true;
        list.iter().for_each(|one| read_streamed(one, time, &source, measurements));
    }
    // The second name is that of VES 5.
    for fields in [&event["measurementFields"], &event["measurementsForVfScalingFields"]] {
        if fields.is_object() {
            any = true;
            read_fields(fields, time, &source, measurements);
        }
    }
    any
}

/// Epochs are microseconds; some sources write milliseconds, which then lie within three years of 1970.
fn since_1970_ms(epoch: f64) -> i64 {
    if epoch.abs() < 1e14 { epoch as i64 } else { (epoch / 1000.0) as i64 }
}

fn time_of(value: &Value) -> Option<i64> {
    match Period::parse(value.as_str()?)? {
        Period::Time(time) => Some(time),
        Period::Step(_) => None,
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A performance file in the form of an event.
fn read_collection(data: &Value, time: i64, source: &str, measurements: &mut Measurements) {
    let element = text_of(&data["measuredEntityDn"]).unwrap_or_default();
    let element = if element.contains('=') { element.as_str() } else { "" };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for info in list(&data["measInfoList"]) {
        let names: Vec<String> = names_of(&info["measTypes"]);
        for values in list(&info["measValuesList"]) {
            let results = list(&values["measResults"]);
            let name = text_of(&values["measObjInstId"]).unwrap_or_else(|| source.to_owned());
            let Some(object) = Object::of(element, &name) else {
                measurements.elsewhere += results.len() as u64;
                continue;
            };
            let flag = &values["suspectFlag"];
            let says_so = |text: &str| text.eq_ignore_ascii_case("true") || text == "1";
            if flag == &Value::Bool(true) || flag.as_str().is_some_and(says_so) {
                measurements.suspect += results.len() as u64;
                continue;
            }
            for (place, result) in results.iter().enumerate() {
                // Counted from 1.
                let p = result["p"].as_u64().or_else(|| result["p"].as_str()?.trim().parse().ok());
                let p = p.unwrap_or(place as u64 + 1);
                let name = usize::try_from(p).ok().and_then(|p| names.get(p.checked_sub(1)?));
                let value = ["sValue", "iValue", "rValue", "value"]
                    .iter()
                    .find_map(|name| text_of(&result[*name]));
                match name {
                    Some(name) => {
                        measurements.add(time, &object, name, &value.unwrap_or_default());
                    }
                    None => {
                        let field = format!("p of {}", object.cell);
                        let allowed = format!("1 to {}", names.len());
                        measurements.problems.push(InputError::new(field, p, allowed));
                    }
                }
            }
        }
    }
}

/// The names of what is measured, as a list or with their places in a map.
fn names_of(types: &Value) -> Vec<String> {
    if let Some(list) = types["sMeasTypesList"].as_array().or(types.as_array()) {
        return list.iter().filter_map(text_of).collect();
    }
    let map = types["map"].as_object().map(|map| {
        let mut named: Vec<(u64, String)> =
            map.iter().filter_map(|(name, p)| Some((p.as_u64()?, name.clone()))).collect();
        named.sort_unstable();
        named.into_iter().map(|(_, name)| name).collect()
    });
    map.unwrap_or_default()
}

/// Measurements by name, in groups that may name their cell.
fn read_fields(fields: &Value, time: i64, source: &str, measurements: &mut Measurements) {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for group in list(&fields["additionalMeasurements"]) {
        let name = text_of(&group["name"]).unwrap_or_default();
        let numbers = numbers(&group);
        let cell = named(&numbers, &CELL_NAMES).unwrap_or_else(|| match name.contains('=') {
            true => name.clone(),
            false => source.to_owned(),
        });
        add_group(&numbers, &cell, time, measurements);
    }
    for slice in list(&fields["networkSliceArray"]) {
        let numbers = numbers(&slice);
        let cell = named(&numbers, &CELL_NAMES).unwrap_or_else(|| source.to_owned());
        add_group(&numbers, &cell, time, measurements);
    }
}

/// The names and values of a group: of its map, of its list, or its own.
fn numbers(group: &Value) -> Vec<(String, String)> {
    let pairs = |map: &Map<String, Value>| -> Vec<(String, String)> {
        map.iter().filter_map(|(name, value)| Some((name.clone(), text_of(value)?))).collect()
    };
    if let Some(map) = group["hashMap"].as_object() {
        return pairs(map);
    }
    if let Some(list) = group["arrayOfFields"].as_array() {
        let pair = |field: &Value| Some((text_of(&field["name"])?, text_of(&field["value"])?));
        return list.iter().filter_map(pair).collect();
    }
    group.as_object().map(pairs).unwrap_or_default()
}

fn named(numbers: &[(String, String)], names: &[&str]) -> Option<String> {
    let is_one = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    numbers.iter().find(|(name, _)| is_one(name)).map(|(_, value)| value.clone())
}

fn add_group(numbers: &[(String, String)], cell: &str, time: i64, measurements: &mut Measurements) {
    let Some(mut object) = Object::of("", cell) else {
        measurements.elsewhere += numbers.len() as u64;
        return;
    };
    if let Some(name) = named(numbers, &SLICE_NAMES) {
        match SNssai::parse(&format!("slice of {cell}"), &name) {
            Ok(slice) => object.slice = Some(slice),
            Err(problem) => return measurements.problems.push(problem),
        }
    }
    let is_name = |name: &str| {
        CELL_NAMES.iter().chain(&SLICE_NAMES).any(|known| known.eq_ignore_ascii_case(name))
    };
    for (name, value) in numbers.iter().filter(|(name, _)| !is_name(name)) {
        measurements.add(time, &object, name, value);
    }
}

/// A measurement named by its place in the O-RAN Software Community's model.
fn read_streamed(one: &Value, time: i64, source: &str, measurements: &mut Measurements) {
    let path = text_of(&one["measurement-type-instance-reference"]).unwrap_or_default();
    let element = quoted(&path, "distributed-unit-functions").unwrap_or(source);
    let sst = quoted(&path, "slice-service-type");
    let sd = quoted(&path, "slice-differentiator");
    // The model counts differentiators in decimal.
    let sd = sd.and_then(|sd| sd.parse::<u32>().ok()).filter(|sd| *sd <= SNssai::LARGEST_SD);
    let slice = sst.and_then(|sst| sst.parse().ok()).map(|sst| SNssai { sst, sd });
    let Some(cell) = quoted(&path, "cell") else {
        measurements.elsewhere += 1;
        return;
    };
    let object = Object { cell: format!("{element}/{cell}"), slice };
    let is_throughput = path.contains(STREAMED_THROUGHPUT);
    let meaning = is_throughput.then_some(Meaning::Column(Column::Throughput, 0));
    let value = text_of(&one["value"]).unwrap_or_default();
    let name = quoted(&path, "performance-measurement-type").unwrap_or(&path);
    measurements.add_as(meaning, time, &object, name, &value);
}

/// The value that a path gives to `key`: `/cell[id='7']`, `[key='7']`, `/key[.='7']` or `/key[.=7]`.
fn quoted<'a>(path: &'a str, key: &str) -> Option<&'a str> {
    let after_key = path.match_indices(key).find_map(|(place, _)| {
        let before = path[..place].chars().next_back();
        let rest = &path[place + key.len()..];
        let is_key = before.is_none_or(|letter| matches!(letter, '/' | '['));
        (is_key && rest.starts_with(['[', '='])).then_some(rest)
    })?;
    let value = after_key.split_once('=')?.1.split(']').next()?;
    Some(value.trim_matches(['\'', '"']))
}
