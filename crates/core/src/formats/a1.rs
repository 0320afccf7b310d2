//! What a plan promises, as policies of the O-RAN A1 interface (ETSI TS 103 988, O-RAN.WG2.A1TD,
//! clause "slice SLA target"): one policy of type [`POLICY_TYPE`] per slice.

use serde_json::{Map, Value, json};

use crate::cells::{SNssai, ServiceProfile};
use crate::error::InputError;

use super::e2sm_ccc::NrCellIdentity;
use super::rrm_policy::{Plmn, snssai_json};

/// Identifier of the policy type.
pub const POLICY_TYPE: &str = "ORAN_SliceSLATarget_3.0.0";

/// What a slice is to reach over some cells together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SliceTarget {
    /// The slice.
    pub snssai: SNssai,
    /// Throughput that it is guaranteed, in Mbit/s.
    pub guaranteed_mbps: f64,
    /// Throughput beyond which it is not served, in Mbit/s; none where there is no limit.
    pub maximum_mbps: Option<f64>,
    /// Largest delay of a user's packets in ms.
    pub delay_ms: Option<f64>,
}

impl SliceTarget {
    /// A target without a promise yet, for the service's delay.
    pub fn new(service: &ServiceProfile) -> Self {
        Self {
            snssai: service.snssai,
            guaranteed_mbps: 0.0,
            maximum_mbps: Some(0.0),
            delay_ms: Some(service.required_delay_ms),
        }
    }

    /// Adds a cell: its users may ask for what they require, and the plan promises that times the
    /// estimated `satisfaction`. A delay is promised only where every cell is fully satisfied: r does
    /// not say whether throughput or delay falls short.
    pub fn add_cell(&mut self, active_users: f64, required_mbps: f64, satisfaction: f64) {
        let required = active_users * required_mbps;
        self.guaranteed_mbps += required * satisfaction.clamp(0.0, 1.0);
        self.maximum_mbps = self.maximum_mbps.map(|maximum| maximum + required);
        if satisfaction < 0.99 && active_users > 0.0 {
            self.delay_ms = None;
        }
    }
}

/// The policy for one slice in `cells`; everywhere if there are none. Throughputs are written in
/// whole kbit/s, a guarantee rounded down and a limit up.
///
/// # Errors
/// Names the throughput or delay that is out of range, a guarantee above the limit, or the cell whose
/// name is no NR cell identity.
pub fn policy(target: &SliceTarget, plmn: &Plmn, cells: &[&str]) -> Result<Value, InputError> {
    let guaranteed = kbps("guaranteed_mbps", target.guaranteed_mbps)?.floor();
    let mut objectives = Map::new();
    objectives.insert("guaDlThptPerSlice".to_owned(), json!(guaranteed as u64));
    if let Some(maximum) = target.maximum_mbps {
        let maximum = kbps("maximum_mbps", maximum)?.ceil();
        if maximum < guaranteed {
            let allowed = format!("at least the guarantee ({} Mbit/s)", guaranteed / 1000.0);
            return Err(InputError::new("maximum_mbps", maximum / 1000.0, allowed));
        }
        objectives.insert("maxDlThptPerSlice".to_owned(), json!(maximum as u64));
    }
    if let Some(delay) = target.delay_ms {
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
        let cells = cells.iter().map(|cell| cell_id(plmn, cell)).collect::<Result<Vec<_>, _>>()?;
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

fn cell_id(plmn: &Plmn, cell: &str) -> Result<Value, InputError> {
    let identity = NrCellIdentity::parse(&format!("cell {cell}"), cell)?;
    Ok(json!({ "plmnId": plmn.json(), "cId": { "ncI": identity.number() } }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn video() -> ServiceProfile {
        ServiceProfile::of_the_paper()[0].clone()
    }

    #[test]
    fn a_target_promises_what_the_plan_expects_over_all_cells() {
        let mut target = SliceTarget::new(&video());
        target.add_cell(10.0, 2.0, 1.0);
        target.add_cell(0.0, 2.0, 0.0);
        assert_eq!(target.delay_ms, Some(100.0));
        target.add_cell(5.0, 2.0, 0.5);
        assert_eq!((target.maximum_mbps, target.delay_ms), (Some(30.0), None));
        let policy = policy(&target, &Plmn::of_tests(), &["000004001"]).unwrap();
        assert_eq!(policy["sliceSlaObjectives"]["guaDlThptPerSlice"], json!(25_000));
        assert_eq!(policy["sliceSlaObjectives"]["maxDlThptPerSlice"], json!(30_000));
        assert_eq!(policy["scope"]["sliceId"]["sd"], json!("000001"));
        let cell = &policy["sliceSlaResources"]["cellIdList"][0];
        assert_eq!(cell["cId"]["ncI"], json!(0x4001));
    }

    #[test]
    fn promises_that_cannot_be_are_named() {
        let error =
            |target: SliceTarget| policy(&target, &Plmn::of_tests(), &[]).unwrap_err().field;
        let target = SliceTarget::new(&video());
        assert_eq!(error(SliceTarget { guaranteed_mbps: f64::NAN, ..target }), "guaranteed_mbps");
        assert_eq!(error(SliceTarget { guaranteed_mbps: -1.0, ..target }), "guaranteed_mbps");
        assert_eq!(error(SliceTarget { guaranteed_mbps: 1.0, ..target }), "maximum_mbps");
        assert_eq!(error(SliceTarget { delay_ms: Some(0.0), ..target }), "delay_ms");
        let named = policy(&target, &Plmn::of_tests(), &["north"]).unwrap_err().field;
        assert_eq!(named, "cell north");
    }
}
