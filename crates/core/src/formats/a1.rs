//! What a plan promises, as policies of the O-RAN A1 interface (O-RAN.WG2.A1TD, clause "slice SLA
//! target"; version 2 of it is ETSI TS 103 988): one `PolicyObject` per slice.

use serde_json::{Map, Value, json};

use crate::cells::SNssai;
use crate::error::InputError;

use super::nr_cell::NrCellIdentity;
use super::rrm_policy::{Plmn, snssai_json};

/// The policy type that a policy is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PolicyType {
    /// `ORAN_SliceSLATarget_4.0.1`, of A1TD R004 version 11 (2025).
    #[default]
    Current,
    /// `ORAN_SliceSLATarget_1.0.0`, of A1TD version 1, which knows no delay.
    First,
}

impl PolicyType {
    /// Identifier of the type, under which its policies are put.
    pub fn id(self) -> &'static str {
        match self {
            Self::Current => "ORAN_SliceSLATarget_4.0.1",
            Self::First => "ORAN_SliceSLATarget_1.0.0",
        }
    }
}

/// What a slice is to reach over some cells together. What its users asked for in the last period is no
/// limit: a slice without users then would be cut off later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliceTarget {
    /// The slice.
    pub snssai: SNssai,
    /// Throughput that it is guaranteed, in Mbit/s.
    pub guaranteed_mbps: f64,
    /// Largest delay of a user's packets in ms.
    pub delay_ms: Option<f64>,
}

impl SliceTarget {
    /// A target without a promise yet, for a required delay.
    pub fn new(snssai: SNssai, required_delay_ms: f64) -> Self {
        Self { snssai, guaranteed_mbps: 0.0, delay_ms: Some(required_delay_ms) }
    }

    /// Adds a cell: its users may ask for what they require, and the plan promises that times the
    /// estimated `satisfaction`. A delay is promised only where every cell is fully satisfied: r does
    /// not say whether throughput or delay falls short.
    pub fn add_cell(&mut self, active_users: f64, required_mbps: f64, satisfaction: f64) {
        self.guaranteed_mbps += active_users * required_mbps * satisfaction.clamp(0.0, 1.0);
        if satisfaction < 0.99 && active_users > 0.0 {
            self.delay_ms = None;
        }
    }
}

/// The policy for one slice in `cells`; everywhere if there are none. The guarantee is written in whole
/// kbit/s, rounded down.
///
/// # Errors
/// Names the throughput or delay that is out of range.
pub fn policy(
    target: &SliceTarget,
    plmn: &Plmn,
    cells: &[NrCellIdentity],
    policy_type: PolicyType,
) -> Result<Value, InputError> {
    let guaranteed = kbps("guaranteed_mbps", target.guaranteed_mbps)?.floor();
    let mut objectives = Map::new();
    objectives.insert("guaDlThptPerSlice".to_owned(), json!(guaranteed as u64));
    if let Some(delay) = target.delay_ms.filter(|_| policy_type == PolicyType::Current) {
        if !(delay > 0.0 && delay <= LONGEST_DELAY_MS) {
            let allowed = format!("more than 0 and at most {LONGEST_DELAY_MS} ms");
            return Err(InputError::new("delay_ms", delay, allowed));
        }
        objectives.insert("maxDlPacketDelayPerUe".to_owned(), json!(delay));
    }
    let mut slice = snssai_json(target.snssai);
    slice["plmnId"] = plmn.json();
    let mut policy = json!({
        "scope": { "sliceId": slice },
        "sliceSlaObjectives": objectives,
    });
    if !cells.is_empty() {
        let cells: Vec<Value> = cells
            .iter()
            .map(|cell| json!({ "plmnId": plmn.json(), "cId": { "ncI": cell.number() } }))
            .collect();
        policy["sliceSlaResources"] = json!({ "cellIdList": cells });
    }
    Ok(policy)
}

const LONGEST_DELAY_MS: f64 = 1e6;
const LARGEST_KBPS: f64 = 1e12;

fn kbps(field: &str, mbps: f64) -> Result<f64, InputError> {
    let kbps = 1000.0 * mbps;
    if (0.0..=LARGEST_KBPS).contains(&kbps) {
        return Ok(kbps);
    }
    Err(InputError::new(field, mbps, format!("0 to {} Mbit/s", LARGEST_KBPS / 1000.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video() -> SliceTarget {
        SliceTarget::new(SNssai { sst: 1, sd: Some(1) }, 100.0)
    }

    #[test]
    fn a_target_promises_what_the_plan_expects_over_all_cells() {
        let mut target = video();
        target.add_cell(10.0, 2.0, 1.0);
        target.add_cell(0.0, 2.0, 0.0);
        assert_eq!(target.delay_ms, Some(100.0));
        target.add_cell(5.0, 2.0, 0.5);
        assert_eq!(target.delay_ms, None);
        let cell = NrCellIdentity::parse("cell", "000004001").unwrap();
        let policy = policy(&target, &Plmn::of_tests(), &[cell], PolicyType::Current).unwrap();
        assert_eq!(policy["sliceSlaObjectives"], json!({ "guaDlThptPerSlice": 25_000 }));
        assert_eq!(policy["scope"]["sliceId"]["sd"], json!("000001"));
        let cell = &policy["sliceSlaResources"]["cellIdList"][0];
        assert_eq!(cell["cId"]["ncI"], json!(0x4001));
    }

    #[test]
    fn a_slice_that_nobody_used_is_not_limited_to_nothing() {
        for policy_type in [PolicyType::Current, PolicyType::First] {
            let mut target = video();
            target.add_cell(0.0, 2.0, 1.0);
            let policy = policy(&target, &Plmn::of_tests(), &[], policy_type).unwrap();
            assert!(policy["sliceSlaObjectives"].get("maxDlThptPerSlice").is_none(), "{policy}");
        }
    }

    #[test]
    fn the_first_type_is_given_no_delay_which_it_does_not_know() {
        let of = |policy_type| policy(&video(), &Plmn::of_tests(), &[], policy_type).unwrap();
        let delay =
            |policy: Value| policy["sliceSlaObjectives"].get("maxDlPacketDelayPerUe").cloned();
        assert_eq!(delay(of(PolicyType::Current)), Some(json!(100.0)));
        assert_eq!(delay(of(PolicyType::First)), None);
    }

    #[test]
    fn promises_that_cannot_be_are_named() {
        let error = |target| {
            policy(&target, &Plmn::of_tests(), &[], PolicyType::Current).unwrap_err().field
        };
        let target = video();
        assert_eq!(error(SliceTarget { guaranteed_mbps: f64::NAN, ..target }), "guaranteed_mbps");
        assert_eq!(error(SliceTarget { guaranteed_mbps: -1.0, ..target }), "guaranteed_mbps");
        assert_eq!(error(SliceTarget { delay_ms: Some(0.0), ..target }), "delay_ms");
    }
}
