//! Paints a heat map on the canvas below a chart's marks.

use wasm_bindgen::{Clamped, JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::drawing::{HATCH, HeatCell, HeatMap};

/// Pixels of the canvas per cell and direction, enough to draw hatching.
const PIXELS: usize = 6;

/// Paints `heat` and puts the canvas where it belongs in a chart of `size`.
pub fn paint(canvas: &HtmlCanvasElement, heat: &HeatMap, size: (f64, f64)) {
    // A browser that refuses leaves the field blank; the readings and the table stay.
    let _ = place(canvas, heat, size).and_then(|()| fill(canvas, heat));
}

fn place(canvas: &HtmlCanvasElement, heat: &HeatMap, size: (f64, f64)) -> Result<(), JsValue> {
    let style = canvas.style();
    let share = |part: f64, whole: f64| format!("{:.4}%", 100.0 * part / whole);
    style.set_property("left", &share(heat.over.left, size.0))?;
    style.set_property("top", &share(heat.over.top, size.1))?;
    style.set_property("width", &share(heat.over.width(), size.0))?;
    style.set_property("height", &share(heat.over.height(), size.1))
}

fn fill(canvas: &HtmlCanvasElement, heat: &HeatMap) -> Result<(), JsValue> {
    let (columns, rows) = (heat.columns, heat.rows());
    let (width, height) = (columns * PIXELS, rows * PIXELS);
    let mut pixels = vec![0; 4 * width * height];
    for (index, pixel) in pixels.chunks_exact_mut(4).enumerate() {
        let (x, y) = (index % width, index / width);
        let cell = heat.cells[(rows - 1 - y / PIXELS) * columns + x / PIXELS];
        let colour = match cell {
            HeatCell::Colour(colour) => colour,
            HeatCell::Hatched => HATCH[usize::from((x + y) % 6 > 1)],
            HeatCell::Blank => continue,
        };
        pixel[..3].copy_from_slice(&colour);
        pixel[3] = 255;
    }
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let image =
        ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width as u32, height as u32)?;
    let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
    context.dyn_into::<CanvasRenderingContext2d>()?.put_image_data(&image, 0.0, 0.0)
}
