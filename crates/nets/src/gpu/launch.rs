//! How kernels of one unit per item are launched.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Cube, Shape};
use burn::cubecl::prelude::*;
use burn::tensor::DType;

/// Units per cube: within WebGPU's guaranteed 256, and two full warps.
const UNITS: u32 = 64;
/// WebGPU's guaranteed number of cubes along one dimension.
const MOST_CUBES: u32 = 65_535;

/// The most items of one launch.
pub const MOST_ITEMS: usize = (UNITS * MOST_CUBES) as usize;

/// Units of a cube.
pub fn units() -> CubeDim {
    CubeDim::new_1d(UNITS)
}

/// Cubes for `count` items, at most [`MOST_ITEMS`].
pub fn cubes(count: usize) -> CubeCount {
    CubeCount::Static(count.div_ceil(UNITS as usize) as u32, 1, 1)
}

/// A new f32 tensor on the device of `like`.
pub fn output<const D: usize>(
    like: &FloatTensor<Cube>,
    dimensions: [usize; D],
) -> FloatTensor<Cube> {
    let shape = Shape::from(dimensions.to_vec());
    let bytes = shape.num_elements() * size_of::<f32>();
    let handle = like.client.empty(bytes);
    FloatTensor::<Cube>::new_contiguous(
        like.client.clone(),
        like.device.clone(),
        shape,
        handle,
        DType::F32,
    )
}
