//! Cells planned with a graphics processor's curves, beside the processor's plans.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../nets/tests/promised_device/mod.rs"]
mod promised_device;

use futures::executor::block_on;
use slicewise_cells::city::{cells, random_cells};
use slicewise_cells::model::shipped;
use slicewise_cells::solver::device::{DeviceError, DeviceSolver, LARGEST_CURVE_ERROR};
use slicewise_cells::solver::plan_on_threads;
use slicewise_core::cells::job::{City, Method};
use slicewise_core::cells::{CellBatch, CellPlans, Objective, Scheme, ServiceProfile};
use slicewise_core::compute::GpuFault;
use slicewise_nets::gpu::GpuDevice;
use slicewise_optim::{Halted, Unmonitored};

fn method(objective: Objective, scheme: Scheme) -> Method {
    Method::new("simulated", objective, scheme, 1)
}

/// One test, because burn registers one device per process.
#[test]
fn the_device_plans_within_the_stated_error_what_the_processor_plans() {
    let Some(device) = promised_device::device() else { return };
    println!("{} ({}), software: {}", device.adapter, device.backend, device.software);
    plans_agree(&device);
    what_the_device_cannot_do_is_said(&device);
}

fn plans_agree(device: &GpuDevice) {
    let estimator = shipped("simulated").unwrap();
    let solver = block_on(DeviceSolver::start(&estimator, device)).unwrap();
    let services = ServiceProfile::of_the_paper().to_vec();
    // More cells than are held at a time, and cells of all sizes.
    let city = cells(&City::new(8, 16_500, services), 0, 16_500);
    let random = random_cells(4, 0, 500, 2..=8);
    for objective in [Objective::LogSum, Objective::WeightedSum, Objective::MaxMin] {
        let method = method(objective, Scheme::Exact);
        let best = plan_on_threads(&estimator, &method, &random, 2).unwrap();
        let found = block_on(solver.plan(&method, &random, &Unmonitored)).unwrap();
        ensure_close(&random, &found, &best);
        assert_eq!(solver.plan_on_threads(&method, &random, 2).unwrap(), found);
    }
    let method = method(Objective::LogSum, Scheme::Exact);
    let best = plan_on_threads(&estimator, &method, &city, 2).unwrap();
    ensure_close(&city, &solver.plan_on_threads(&method, &city, 2).unwrap(), &best);
}

fn ensure_close(cells: &CellBatch, found: &CellPlans, best: &CellPlans) {
    assert_eq!(found.offsets, cells.offsets);
    let mut largest = 0.0_f64;
    for cell in 0..cells.len() {
        let error = LARGEST_CURVE_ERROR * cells.range(cell).len() as f64;
        let (utility, bound) = (found.utilities[cell], found.bounds[cell]);
        assert!(bound >= best.utilities[cell], "cell {cell}: {bound}");
        assert!(bound <= best.bounds[cell] + 2.0 * error, "cell {cell}: {bound}");
        assert!(utility <= best.bounds[cell], "cell {cell}: {utility}");
        assert!(utility >= best.utilities[cell] - 2.0 * error, "cell {cell}: {utility}");
        let shares = &found.shares[found.range(cell)];
        assert!(shares.iter().sum::<f64>() <= 1.0);
        let minimum = &cells.minimum_shares[cells.range(cell)];
        assert!(shares.iter().zip(minimum).all(|(share, least)| share >= least));
        largest = largest.max(found.gap(cell));
    }
    println!("{} cells, largest gap {largest:.1e}", cells.len());
    assert!(largest <= 1e-3, "{largest}");
}

fn what_the_device_cannot_do_is_said(device: &GpuDevice) {
    let plain = shipped("simulated-plain").unwrap();
    let fault = block_on(DeviceSolver::start(&plain, device)).unwrap_err();
    assert!(matches!(fault, GpuFault::AdapterLacks { .. }), "{fault}");
    let estimator = shipped("simulated").unwrap();
    let solver = block_on(DeviceSolver::start(&estimator, device)).unwrap();
    let cells = random_cells(1, 0, 2, 2..=3);
    let method = method(Objective::LogSum, Scheme::Idla);
    let error = block_on(solver.plan(&method, &cells, &Unmonitored)).unwrap_err();
    let DeviceError::Solve(Halted::Input(error)) = error else { panic!("{error}") };
    assert_eq!(error.field, "scheme");
}
