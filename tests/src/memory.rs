//! What a browser holds: the objects of a page once what is unreachable is gone, and all of its processes.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::json;

use crate::page::Page;

/// What a tab holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    /// Bytes of its scripts' objects and of the memories of its wasm.
    pub bytes: f64,
    /// Documents, open or not collected yet.
    pub documents: f64,
}

/// What the tab of `page` holds now, after a collection.
///
/// # Errors
/// Says so if the browser is gone.
pub async fn held(page: &Page) -> Result<Held> {
    page.devtools("Performance.enable", json!({})).await?;
    page.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    let told = page.devtools("Performance.getMetrics", json!({})).await?;
    let metrics = told["metrics"].as_array().context("the browser tells no metrics")?;
    let value = |name: &str| {
        let found = metrics.iter().find(|metric| metric["name"] == name);
        found.and_then(|metric| metric["value"].as_f64()).unwrap_or(0.0)
    };
    let usage = page.devtools("Runtime.getHeapUsage", json!({})).await?;
    let backing = usage["backingStorageSize"].as_f64().unwrap_or(0.0);
    Ok(Held { bytes: value("JSHeapUsedSize") + backing, documents: value("Documents") })
}

/// Bytes of memory that the processes below `parent` hold, what they share counted once (Linux: the
/// proportional set size of `smaps_rollup`); nothing where the system does not tell.
pub fn resident_below(parent: u32) -> Option<f64> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").ok()? {
        let Some(id) = entry.ok()?.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // A process may end meanwhile. The name in brackets may hold anything, blanks too.
        let Ok(told) = fs::read_to_string(format!("/proc/{id}/stat")) else { continue };
        let behind = told.rsplit(')').next().unwrap_or_default();
        let above = behind.split_whitespace().nth(1).and_then(|above| above.parse().ok());
        children.entry(above.unwrap_or(0)).or_default().push(id);
    }
    let (mut kilobytes, mut open) = (0.0, vec![parent]);
    while let Some(id) = open.pop() {
        open.extend(children.get(&id).into_iter().flatten());
        let told = fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        let line = told.lines().find_map(|line| line.strip_prefix("Pss:"));
        let size = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kilobytes += size.unwrap_or(0.0);
    }
    (kilobytes > 0.0).then_some(1024.0 * kilobytes)
}

/// How much the second half of `samples` is above the first, as a share: the medians of both count. Nothing
/// where there are too few.
pub fn growth(samples: &[f64]) -> Option<f64> {
    let (first, second) = samples.split_at(samples.len() / 2);
    Some(median(second)? / median(first)? - 1.0)
}

fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_holds_something_and_one_that_is_not_there_nothing() {
        if fs::exists("/proc/self/smaps_rollup").unwrap_or(false) {
            assert!(resident_below(std::process::id()).unwrap() > 1e5);
        }
        assert_eq!(resident_below(u32::MAX), None);
    }

    #[test]
    fn growth_is_that_of_the_halves_medians() {
        let flat = [100.0, 90.0, 110.0, 100.0, 95.0, 101.0];
        assert!(growth(&flat).unwrap().abs() < 1e-12, "{:?}", growth(&flat));
        let leak: Vec<f64> = (0..10).map(|step| 100.0 + 10.0 * f64::from(step)).collect();
        assert!((growth(&leak).unwrap() - (170.0 / 120.0 - 1.0)).abs() < 1e-12);
        assert_eq!(growth(&[]), None);
    }
}
