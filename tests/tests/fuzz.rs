//! Valid files of every format with bytes changed, cut, doubled and mixed: nothing panics, nothing takes
//! a second. `cargo xtask fuzz --minutes N` runs it longer and prints how many inputs were tried.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use slicewise_core::cells::{CellJob, ServiceProfile};
use slicewise_core::forecast::{ForecastJob, ForecasterCard};
use slicewise_core::formats::network::{self, NetworkForm};
use slicewise_core::formats::{measurements, open_air_interface, plan_documents, rrm_policy};
use slicewise_core::reader::{DemandForm, GivenFile, KpiForm, RecordForm, TableForm};
use slicewise_core::slice::{SliceJob, SliceProblem};
use slicewise_core::twin::{Edit, Scenario, TwinJob};
use slicewise_twin::dataset::Run;
use slicewise_twin::formula::Formula;
use slicewise_twin::problem::Problem;
use slicewise_twin::routing::{RoutedNetwork, Routes};

/// What a round of all formats together may take where `SLICEWISE_FUZZ_SECONDS` does not say it.
const USUAL_SECONDS: f64 = 20.0;
/// The longest that one input may take.
const LONGEST: Duration = Duration::from_secs(1);
/// The longest input, in bytes: memory is bounded by what an input can hold.
const LONGEST_INPUT: usize = 64 * 1024;

/// A small generator of numbers: the inputs are the same in every round of one length.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // Steele, Lea and Flood: "Fast splittable pseudorandom number generators", 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// What stands where numbers, names and ends are expected.
const TOKENS: [&[u8]; 24] = [
    b"NaN",
    b"inf",
    b"-1",
    b"1e308",
    b"99999999999999999999",
    b"0",
    b"\"",
    b"\n",
    b"\r",
    b"\xff",
    b";",
    b",",
    b"\t",
    b"{",
    b"}",
    b"[",
    b"<",
    b">",
    b"&#x0;",
    b"\0",
    b"null",
    b"1970-01-01",
    b"9999-12-31 23:59",
    b"\xef\xbb\xbf",
];

/// Changes `input` in one to six places.
fn damaged(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] = random.next() as u8,
            1 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            2 => drop(bytes.drain(at..end)),
            3 => {
                let piece = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => {
                let token = TOKENS[random.below(TOKENS.len())];
                bytes.splice(at..at, token.iter().copied());
            }
            5 => {
                let token = TOKENS[random.below(TOKENS.len())];
                bytes.splice(at..end, token.iter().copied());
            }
            6 => {
                let from = random.below(other.len());
                let to = (from + random.below(200)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ if random.below(10) == 0 => bytes.truncate(at),
            _ => {}
        }
        bytes.truncate(LONGEST_INPUT);
    }
    bytes
}

/// A format: its name, valid inputs, and what reads them.
struct Format {
    name: &'static str,
    valid: Vec<Vec<u8>>,
    read: fn(&[u8]),
}

fn file(bytes: &[u8]) -> GivenFile {
    GivenFile { bytes: bytes.to_vec() }
}

fn table_of_demand(bytes: &[u8]) {
    let _ = file(bytes).demand(&DemandForm::default());
}

fn other_tables(bytes: &[u8]) {
    let file = file(bytes);
    let _ = (
        file.traffic(&TableForm::default()),
        file.numbers(None),
        file.records(&RecordForm::default()),
    );
    let _ = measurements::read(&String::from_utf8_lossy(bytes), &["n_users", "cpu", "bw"], "qos");
}

fn kpis(bytes: &[u8]) {
    let _ = file(bytes).kpis(&ServiceProfile::of_the_paper(), &KpiForm::default());
}

fn documents(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = rrm_policy::read(&text);
    let _ = plan_documents::read_current(&text);
    let _ = open_air_interface::read(&text, &rrm_policy::Plmn::of_tests());
}

fn messages(bytes: &[u8]) {
    let _ = serde_json::from_slice::<SliceJob>(bytes);
    let _ = serde_json::from_slice::<ForecastJob>(bytes);
    let _ = serde_json::from_slice::<CellJob>(bytes);
    let _ = serde_json::from_slice::<TwinJob>(bytes);
    let _ = serde_json::from_slice::<Vec<Edit>>(bytes);
    let _ = SliceProblem::from_json(&String::from_utf8_lossy(bytes));
}

/// Flows that are answered of a damaged network: what is read is also planned.
const MOST_FLOWS: usize = 200;

fn answered(scenario: &Scenario) {
    if scenario.flows.len() > MOST_FLOWS {
        return;
    }
    let Ok(problem) = Problem::new(scenario, &[]) else { return };
    let network = RoutedNetwork::new(&problem, &mut Routes::default());
    let answer = Formula::default().answer(&network);
    let is_wrong = |delay: &f64| *delay < 0.0 || delay.is_infinite();
    assert!(!answer.flows.mean_delay_s.iter().any(is_wrong), "{:?}", answer.flows.mean_delay_s);
}

fn networks(bytes: &[u8]) {
    let demands = Some(file(b"source,target,rate\nA,B,3\nB,A,4\n"));
    for form in [NetworkForm::default(), NetworkForm { demands, ..NetworkForm::default() }] {
        if let Ok(scenario) = network::read(bytes, &form).scenario {
            answered(&scenario);
        }
    }
}

fn runs(bytes: &[u8]) {
    if let Ok(run) = Run::read(&String::from_utf8_lossy(bytes)) {
        answered(&run.scenario);
    }
}

/// Every small network of the tests of formats.
fn network_files() -> Vec<Vec<u8>> {
    let folder = std::fs::read_dir("../crates/core/tests/networks").unwrap();
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// Three nodes in a row with two flows, as one line of measured runs.
fn run_line() -> Vec<u8> {
    let node = r#"{"schedulingPolicy":"WFQ","schedulingWeights":"60,30,10","queueSizes":"32,32,32","levelsQoS":"3"}"#;
    let sized = "2,[300.0,1700.0],0.3,0.0,0.11,0.03,0.16,0.16,0.006";
    format!(
        "{{\"set\":\"own\",\"graph\":\"row\",\"routing\":\"plain\",\"n\":3,\"nodes\":[{node},{node},{node}],\
         \"links\":[[0,1,0,10000.0],[1,2,0,10000.0],[1,0,1,10000.0],[2,1,0,10000.0]],\"flows\":[\
         [0,2,[0,1,2],350.0,1000.0,2,0,[0.35,10.0],{sized}],[2,0,[2,1,0],100.0,1000.0,1,0,[0.1,10.0],{sized}]]}}"
    )
    .into_bytes()
}

const FORECASTER: &str = "../models/forecast/video-streaming-60min";
const SLICE_NETWORK: &str = "../models/slice/testbed-gaussian";

fn card(folder: &str) -> String {
    std::fs::read_to_string(format!("{folder}/card.json")).unwrap()
}

fn cards(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let _ = ForecasterCard::from_json(&text);
    let _ = slicewise_core::card::ModelCard::from_json(&text);
}

fn weights(bytes: &[u8]) {
    let card = ForecasterCard::from_json(&card(FORECASTER)).unwrap();
    let _ = slicewise_forecast::files::read(&card, bytes);
    let _ = slicewise_slice::model::read(&self::card(SLICE_NETWORK), bytes);
}

/// An hour of demand of two cells, and what else stands in exports.
fn demand_table() -> Vec<Vec<u8>> {
    let mut plain = String::from("time,cell,traffic_mbps,remark\n");
    let mut export = String::from("Report,Hourly\n\nDate;Time;Volume (GB)\n");
    for step in 0..40 {
        let (hour, minute) = (step / 12, step % 12 * 5);
        plain += &format!("2026-03-02T{hour:02}:{minute:02}:00Z,A,{},ok\n", 10 + step % 7);
        export += &format!("02.03.2026;{hour:02}:{minute:02};{},5\n", 3 + step % 5);
    }
    export += "Total 40 Records\n";
    let local = "time,mbps\n2013-10-27 01:45:00,1\n2013-10-27 02:00:00,2\n2013-10-27 02:15:00,3\n\
                 2013-10-27 02:30:00,3\n2013-10-27 02:45:00,3\n2013-10-27 02:00:00,3\n2013-10-27 02:15:00,4\n";
    let serial =
        "time\tdemand\n46083.0\t1,234.5\n46083.041667\t2\n46083.083333\tNIL\n46083.125\t3\n";
    let wide: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain("t;demand\n0;1,5\n300;2\n600;3\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    vec![plain.into_bytes(), export.into_bytes(), local.into(), serial.into(), wide]
}

fn kpi_table() -> Vec<Vec<u8>> {
    let long = "period_start,NRCellDU,SNSSAI,DRB.MeanActiveUeDl.SNSSAI,CARR.WBCQIMean.SNSSAI,dLThptPerUE,\
                dLLatency,RRU.PrbUsedDl.SNSSAI,RRU.PrbAvailDl\n2026-11-21T07:00:00Z,A,1-000001,3,9,2000,100,5,40\n\
                2026-11-21T07:15:00Z,A,1-FFFFFF,4,NIL,2000,100,6,39\n";
    let wide = "Date,Time,cell,cqi,DRB.MeanActiveUeDl.1-000001,DRB.MeanActiveUeDl.02-000002\n\
                21/11/2026,00:00,A,9,1.5,2\n22/11/2026,00:15,A,9,1.5,/0\n";
    let xml = "<?xml version=\"1.0\"?><measCollecFile><fileHeader/><measData><managedElement localDn=\"x\"/>\
               <measInfo><granPeriod duration=\"PT900S\" endTime=\"2026-11-21T07:15:00Z\"/>\
               <measType p=\"1\">DRB.MeanActiveUeDl.1-000001</measType><measType p=\"2\">CARR.WBCQIDist.Bin9</measType>\
               <measValue measObjLdn=\"NRCellDU=7\"><r p=\"1\">4</r><r p=\"2\">11</r></measValue></measInfo></measData>\
               <fileFooter/></measCollecFile>";
    let event = "{\"event\":{\"commonEventHeader\":{\"domain\":\"measurement\",\"startEpochMicrosec\":1772409600000000,\
                 \"lastEpochMicrosec\":1772410500000000,\"sourceName\":\"gnb\"},\"measurementFields\":{\
                 \"additionalMeasurements\":[{\"name\":\"NRCellDU=7\",\"hashMap\":{\"DRB.MeanActiveUeDl.1-000001\":\"4\"}}]}}}";
    vec![long.into(), wide.into(), xml.into(), event.into()]
}

fn policy_documents() -> Vec<Vec<u8>> {
    let policy = "{\"id\":\"0\",\"attributes\":{\"resourceType\":\"PRB_DL\",\"rRMPolicyMemberList\":[{\"plmnId\":\
                  {\"mcc\":\"001\",\"mnc\":\"01\"},\"snssai\":{\"sst\":1,\"sd\":\"000001\"}}],\"rRMPolicyMaxRatio\":60,\
                  \"rRMPolicyMinRatio\":40,\"rRMPolicyDedicatedRatio\":0}}";
    let tree = format!(
        "{{\"ManagedElement\":[{{\"id\":\"1\",\"GnbDuFunction\":[{{\"id\":\"1\",\"NrCellDu\":[{{\"id\":\"7\",\
         \"attributes\":{{\"cellLocalId\":7}},\"RRMPolicyRatio\":[{policy}]}}]}}]}}]}}"
    );
    let oai = "{\"rrmPolicyRatio\":[{\"sst\":1,\"sd\":1,\"dedicated_ratio\":5,\"min_ratio\":40,\"max_ratio\":60}]}";
    vec![tree.into_bytes(), oai.into()]
}

fn formats() -> Vec<Format> {
    let bytes = |path: String| std::fs::read(path).unwrap();
    let mut small = bytes(format!("{SLICE_NETWORK}/weights.safetensors"));
    small.truncate(LONGEST_INPUT);
    let problem = "{\"model\":\"testbed-ensemble\",\"slices\":[{\"traffic\":{\"Constant\":{\"users_per_second\":2.0}},\
                   \"qos_threshold\":0.5,\"degradation_threshold\":0.1}]}";
    let edits = "[{\"link-fails\":\"A-B\"},{\"traffic\":{\"of\":{\"class\":1},\"factor\":2}},\
                 {\"path\":{\"of\":{\"source\":\"A\",\"target\":\"B\"},\"links\":[\"A-B\"]}}]";
    vec![
        Format { name: "tables of demand", valid: demand_table(), read: table_of_demand },
        Format { name: "other tables", valid: demand_table(), read: other_tables },
        Format { name: "KPIs", valid: kpi_table(), read: kpis },
        Format { name: "policy documents", valid: policy_documents(), read: documents },
        Format { name: "networks", valid: network_files(), read: networks },
        Format { name: "runs of networks", valid: vec![run_line()], read: runs },
        Format { name: "messages", valid: vec![problem.into(), edits.into()], read: messages },
        Format {
            name: "model cards",
            valid: vec![card(FORECASTER).into(), card(SLICE_NETWORK).into()],
            read: cards,
        },
        Format { name: "weights", valid: vec![small], read: weights },
    ]
}

#[test]
fn damaged_files_of_every_format_neither_panic_nor_hang() {
    let given = std::env::var("SLICEWISE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds: f64 = given.unwrap_or(USUAL_SECONDS);
    let formats = formats();
    let turn = Duration::from_secs_f64(seconds / formats.len() as f64);
    for (place, format) in formats.iter().enumerate() {
        for valid in &format.valid {
            (format.read)(valid);
        }
        let (mut random, mut count) = (Random(place as u64), 0_u64);
        let begin = Instant::now();
        while begin.elapsed() < turn {
            let input = &format.valid[random.below(format.valid.len())];
            let other = &format.valid[random.below(format.valid.len())];
            let bytes = damaged(input, other, &mut random);
            let start = Instant::now();
            let done = catch_unwind(AssertUnwindSafe(|| (format.read)(&bytes)));
            let taken = start.elapsed();
            let shown = || String::from_utf8_lossy(&bytes).escape_debug().to_string();
            assert!(done.is_ok(), "{}: a panic with {}", format.name, shown());
            assert!(taken < LONGEST, "{}: {taken:?} with {}", format.name, shown());
            count += 1;
        }
        println!("{}: {count} damaged inputs, no panic, none over {LONGEST:?}", format.name);
        assert!(count > 100, "{}: only {count}", format.name);
    }
}
