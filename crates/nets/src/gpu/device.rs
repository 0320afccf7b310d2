//! Obtaining a graphics processor, and naming what stands in the way.

use burn::tensor::wgpu::{WgpuInitError, wgpu};
use burn::tensor::{Device, Tensor, TensorData};
use slicewise_core::compute::GpuFault;

/// What the kernels bind at once, at most.
const BUFFERS: u32 = 8;

/// A graphics processor that burn computes on.
#[derive(Clone, Debug)]
pub struct GpuDevice {
    device: Device,
    /// The adapter's name, as its driver gives it.
    pub adapter: String,
    /// The interface used: `webgpu`, `vulkan`, `metal`, `dx12`, `gl`.
    pub backend: String,
    /// Whether it is a program on the processor that plays a graphics processor.
    pub software: bool,
}

impl GpuDevice {
    /// Obtains the adapter that the system prefers. Only the first call of a process succeeds:
    /// burn registers one device; clone it to share it.
    ///
    /// # Errors
    /// Says which part is missing or refused.
    pub async fn start() -> Result<Self, GpuFault> {
        let (device, setup) =
            Device::wgpu_options().init_with_setup_async().await.map_err(fault)?;
        let info = setup.adapter.get_info();
        let software = info.device_type == wgpu::DeviceType::Cpu
            || ["swiftshader", "llvmpipe", "lavapipe"].iter().any(|name| {
                format!("{} {}", info.name, info.driver).to_ascii_lowercase().contains(name)
            });
        let adapter = if info.name.is_empty() { "unnamed adapter".to_owned() } else { info.name };
        let limit = setup.device.limits().max_storage_buffers_per_shader_stage;
        if limit < BUFFERS {
            let missing = format!("{BUFFERS} storage buffers per shader (it has {limit})");
            return Err(GpuFault::AdapterLacks { adapter, missing });
        }
        Ok(Self { device, adapter, backend: info.backend.to_string(), software })
    }

    /// The device for burn's own operations, for example training.
    pub fn burn(&self) -> &Device {
        &self.device
    }

    /// Uploads `numbers` as a tensor of `shape`.
    pub fn upload<const D: usize>(&self, numbers: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(numbers, shape), &self.device)
    }

    /// Waits for `tensor` and reads it back.
    ///
    /// # Errors
    /// When the device or its memory was lost on the way.
    pub async fn read<const D: usize>(&self, tensor: Tensor<D>) -> Result<Vec<f32>, GpuFault> {
        let lost = |error: &dyn std::fmt::Display| GpuFault::of_message(&error.to_string());
        let data = tensor.into_data_async().await.map_err(|error| lost(&error))?;
        data.try_into_vec().map_err(|error| lost(&error))
    }
}

fn fault(error: WgpuInitError) -> GpuFault {
    match error {
        WgpuInitError::AdapterUnavailable { .. } | WgpuInitError::UnsupportedGraphicsApi { .. } => {
            GpuFault::NoAdapter
        }
        other => GpuFault::of_message(&other.to_string()),
    }
}
