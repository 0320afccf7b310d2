//! The engine's graphics processor: examined before it is used, and given whole batches.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use slicewise_cells::solver::device::{DeviceError, DeviceSolver};
use slicewise_core::cells::card::EstimatorForm;
use slicewise_core::cells::job::Method;
use slicewise_core::cells::{CellBatch, CellPlans};
use slicewise_core::compute::{GpuFault, GpuReport};
use slicewise_core::slice::batch::BatchPlans;
use slicewise_core::slice::{SliceNews, Sweep};
use slicewise_nets::Network;
use slicewise_nets::estimator::Estimator;
use slicewise_nets::gpu::{GpuDevice, GpuNetwork};
use slicewise_optim::{Monitor, Progress};
use slicewise_slice::batch::{check_batch, questions, span, table};
use slicewise_slice::gpu::{GpuError, examination, solve};
use slicewise_slice::model::examined_network;

use crate::JobError;
#[cfg(target_arch = "wasm32")]
use crate::worker::{Host, Served, Tab};

/// Problems `first` to `first + count` of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The family of problems.
    pub sweep: &'a Sweep,
    /// Index of the first problem.
    pub first: usize,
    /// Number of problems.
    pub count: usize,
}

/// A device that passed its examination, and the networks that it holds, by the fingerprint of
/// their weights.
pub struct Gpu {
    device: GpuDevice,
    uploaded: RefCell<HashMap<String, GpuNetwork>>,
    /// Estimators on it, examined.
    cells: RefCell<HashMap<String, Rc<DeviceSolver>>>,
}

impl Gpu {
    /// Obtains a device and examines it. `now` gives milliseconds.
    ///
    /// # Errors
    /// Says what is missing, or that the device computes wrongly.
    pub async fn start(now: &impl Fn() -> f64) -> Result<(Self, GpuReport), GpuFault> {
        let begin = now();
        let device = GpuDevice::start().await?;
        let start_ms = now() - begin;
        let broken = |error: &dyn std::fmt::Display| GpuFault::Lost { message: error.to_string() };
        let network = examined_network().map_err(|error| broken(&error))?;
        let report = examination::examine(&network, &device, start_ms, now).await?;
        #[cfg(target_arch = "wasm32")]
        let report = match adapter_name().await {
            Some(adapter) => GpuReport { adapter, ..report },
            None => report,
        };
        Ok((Self { device, uploaded: RefCell::default(), cells: RefCell::default() }, report))
    }

    /// The device for burn's own operations.
    pub fn device(&self) -> &GpuDevice {
        &self.device
    }

    /// The plans of `range`. `now` gives milliseconds.
    ///
    /// # Errors
    /// Names what is wrong with the range, says that `monitor` stopped the search, or what happened
    /// to the device.
    pub async fn plan_batch(
        &self,
        network: &Network,
        range: Range<'_>,
        now: &impl Fn() -> f64,
        monitor: &impl Monitor,
        progress: &mut impl Progress<SliceNews>,
    ) -> Result<BatchPlans, JobError> {
        let Range { sweep, first, count } = range;
        check_batch(network, sweep, first, count)?;
        if !network.card.limits.is_empty() {
            let missing = "kernels for networks with limits".to_owned();
            let adapter = self.device.adapter.clone();
            return Err(GpuFault::AdapterLacks { adapter, missing }.into());
        }
        let Some(table) = table(network, || span(network, sweep)) else {
            let missing = format!("kernels for {} resources", network.inputs() - 1);
            let adapter = self.device.adapter.clone();
            return Err(GpuFault::AdapterLacks { adapter, missing }.into());
        };
        let questions = questions(network, sweep, first, count);
        let uploaded = self.uploaded(network);
        let found = solve(network, &uploaded, &table, &questions, now, monitor, progress).await;
        found.map_err(|error| match error {
            GpuError::Fault(fault) => fault.into(),
            GpuError::Stopped => JobError::Stopped,
        })
    }

    /// Whether a device has curves of `estimator` that `method` can use.
    pub fn gives_curves(estimator: &Estimator, method: &Method) -> bool {
        let form = &estimator.card.architecture.form;
        DeviceSolver::plans(method.scheme) && matches!(form, EstimatorForm::Monotone { .. })
    }

    /// The exact plans of `cells`.
    ///
    /// # Errors
    /// Names what is wrong with the cells, says that `monitor` stopped the search, or what happened
    /// to the device.
    pub async fn plan_cells(
        &self,
        estimator: &Estimator,
        method: &Method,
        cells: &CellBatch,
        monitor: &impl Monitor,
    ) -> Result<CellPlans, JobError> {
        let key = &estimator.card.weights_fingerprint;
        let known = self.cells.borrow().get(key).cloned();
        let solver = match known {
            Some(solver) => solver,
            None => {
                let solver = Rc::new(DeviceSolver::start(estimator, &self.device).await?);
                self.cells.borrow_mut().insert(key.clone(), solver.clone());
                solver
            }
        };
        solver.plan(method, cells, monitor).await.map_err(|error| match error {
            DeviceError::Solve(error) => error.into(),
            DeviceError::Fault(fault) => fault.into(),
        })
    }

    fn uploaded(&self, network: &Network) -> GpuNetwork {
        self.uploaded
            .borrow_mut()
            .entry(network.card.weights_fingerprint.clone())
            .or_insert_with(|| GpuNetwork::new(network, &self.device))
            .clone()
    }
}

/// Takes over the worker's messages once its graphics processor is obtained and examined, for one of
/// the planners that `serve` gives; or says why there is none.
#[cfg(target_arch = "wasm32")]
pub fn start(serve: impl FnOnce(&Rc<Gpu>) -> Vec<Served> + 'static) {
    use slicewise_protocol::{Nobody, Reply};

    let Some(tab) = Tab::take_over() else { return };
    if !has_webgpu(&tab) {
        return tab.post::<Nobody>(&Reply::NoGpu(GpuFault::NoWebGpu));
    }
    wasm_bindgen_futures::spawn_local(async move {
        match Gpu::start(&|| tab.now()).await {
            Ok((gpu, report)) => {
                tab.post::<Nobody>(&Reply::Gpu(report));
                tab.open(serve(&Rc::new(gpu)));
            }
            Err(fault) => tab.post::<Nobody>(&Reply::NoGpu(fault)),
        }
    });
}

/// Whether the browser offers WebGPU to workers.
#[cfg(target_arch = "wasm32")]
fn has_webgpu(tab: &Tab) -> bool {
    let navigator = js_sys::Reflect::get(tab.scope(), &"navigator".into()).unwrap_or_default();
    js_sys::Reflect::get(&navigator, &"gpu".into()).is_ok_and(|gpu| gpu.is_truthy())
}

/// What the browser tells of its adapter: wgpu reads no more than a description, which browsers leave
/// empty.
#[cfg(target_arch = "wasm32")]
async fn adapter_name() -> Option<String> {
    use js_sys::{Function, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    let get = |from: &JsValue, name: &str| Reflect::get(from, &name.into()).ok();
    let gpu = get(&get(&js_sys::global(), "navigator")?, "gpu")?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call0(&gpu).ok()?.dyn_into().ok()?;
    let adapter = wasm_bindgen_futures::JsFuture::from(promise).await.ok()?;
    let info = get(&adapter, "info")?;
    let words = ["description", "vendor", "architecture", "device"];
    let mut words = words.iter().filter_map(|word| get(&info, word)?.as_string());
    let name = words.by_ref().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    (!name.is_empty()).then_some(name)
}
