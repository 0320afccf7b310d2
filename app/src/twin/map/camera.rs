//! Which part of a map is seen, and how large.

use super::layout::Point;

/// How many times the whole map's size it can be enlarged.
const CLOSEST: f64 = 400.0;
/// How small it can be made, in parts of the size that fits.
const FARTHEST: f64 = 0.7;
/// Room around the whole map, in pixels.
const MARGIN: f64 = 24.0;

/// From places on the map to pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Pixels per unit of the map.
    pub scale: f64,
    /// Where the map's origin lies, in pixels.
    pub origin: Point,
}

/// What a camera looks at: the map's corners, and the picture's width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stage {
    /// The corner with the least coordinates.
    pub least: Point,
    /// The opposite corner.
    pub most: Point,
    /// Width and height of the picture, in pixels.
    pub size: (f64, f64),
}

impl Stage {
    fn fitting_scale(&self) -> f64 {
        let room = |size: f64| (size - 2.0 * MARGIN).max(size / 2.0).max(1.0);
        let extent = |least: f64, most: f64| (most - least).max(1e-9);
        let across = room(self.size.0) / extent(self.least.0, self.most.0);
        across.min(room(self.size.1) / extent(self.least.1, self.most.1))
    }
}

impl Camera {
    /// The whole map in the middle.
    pub fn whole(stage: &Stage) -> Self {
        let middle = |a: f64, b: f64| (a + b) / 2.0;
        let centre = (middle(stage.least.0, stage.most.0), middle(stage.least.1, stage.most.1));
        Self { scale: stage.fitting_scale(), origin: (0.0, 0.0) }.centred(centre, stage)
    }

    /// The same scale with `place` in the middle of the picture.
    pub fn centred(self, place: Point, stage: &Stage) -> Self {
        let middle = (stage.size.0 / 2.0, stage.size.1 / 2.0);
        let origin = (middle.0 - place.0 * self.scale, middle.1 - place.1 * self.scale);
        Self { origin, ..self }
    }

    /// Where `place` of the map is in the picture.
    pub fn pixel(&self, place: Point) -> Point {
        (place.0 * self.scale + self.origin.0, place.1 * self.scale + self.origin.1)
    }

    /// Which place of the map is seen at `pixel`.
    pub fn place(&self, pixel: Point) -> Point {
        ((pixel.0 - self.origin.0) / self.scale, (pixel.1 - self.origin.1) / self.scale)
    }

    /// Moved by so many pixels; the map never leaves the picture.
    pub fn moved(self, by: Point, stage: &Stage) -> Self {
        Self { origin: (self.origin.0 + by.0, self.origin.1 + by.1), ..self }.held(stage)
    }

    /// Enlarged by `factor`, so that the place at `pixel` stays there.
    pub fn zoomed(self, factor: f64, pixel: Point, stage: &Stage) -> Self {
        let fitting = stage.fitting_scale();
        let scale = (self.scale * factor).clamp(FARTHEST * fitting, CLOSEST * fitting);
        let place = self.place(pixel);
        let origin = (pixel.0 - place.0 * scale, pixel.1 - place.1 * scale);
        Self { scale, origin }.held(stage)
    }

    /// Whether it can still be made smaller.
    pub fn can_shrink(&self, stage: &Stage) -> bool {
        self.scale > 1.001 * FARTHEST * stage.fitting_scale()
    }

    /// The nearest view in which the middle of the picture lies on the map.
    fn held(self, stage: &Stage) -> Self {
        let hold = |origin: f64, least: f64, most: f64, size: f64| {
            let middle = size / 2.0;
            origin.clamp(middle - most * self.scale, middle - least * self.scale)
        };
        let across = hold(self.origin.0, stage.least.0, stage.most.0, stage.size.0);
        let down = hold(self.origin.1, stage.least.1, stage.most.1, stage.size.1);
        Self { origin: (across, down), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGE: Stage = Stage { least: (-10.0, 5.0), most: (90.0, 45.0), size: (360.0, 290.0) };

    fn near(a: Point, b: Point) {
        assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9, "{a:?} {b:?}");
    }

    #[test]
    fn the_whole_map_fits_with_a_margin() {
        let camera = Camera::whole(&STAGE);
        let (least, most) = (camera.pixel(STAGE.least), camera.pixel(STAGE.most));
        near((least.0, most.0), (MARGIN, 360.0 - MARGIN));
        assert!(least.1 > MARGIN && most.1 < 290.0 - MARGIN);
        near((least.1 + most.1, 0.0), (290.0, 0.0));
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let pixel = (200.0, 130.0);
        let mut camera = Camera::whole(&STAGE);
        let place = camera.place(pixel);
        for factor in [1.3, 2.0, 0.9, 7.0, 0.2] {
            camera = camera.zoomed(factor, pixel, &STAGE);
            near(camera.pixel(place), pixel);
        }
    }

    #[test]
    fn zooming_ends_and_the_map_cannot_be_lost() {
        let whole = Camera::whole(&STAGE);
        let far = whole.zoomed(1e-9, (0.0, 0.0), &STAGE);
        assert!((far.scale / whole.scale - FARTHEST).abs() < 1e-12 && !far.can_shrink(&STAGE));
        let close = whole.zoomed(1e9, (100.0, 100.0), &STAGE);
        assert!((close.scale / whole.scale - CLOSEST).abs() < 1e-9 && close.can_shrink(&STAGE));
        let gone = whole.moved((1e6, -1e6), &STAGE);
        near(gone.place((180.0, 145.0)), (STAGE.least.0, STAGE.most.1));
    }

    #[test]
    fn one_place_alone_and_a_picture_of_no_size_are_shown_all_the_same() {
        let stage = Stage { least: (3.0, 3.0), most: (3.0, 3.0), size: (300.0, 200.0) };
        near(Camera::whole(&stage).pixel((3.0, 3.0)), (150.0, 100.0));
        let stage = Stage { size: (0.0, 0.0), ..STAGE };
        assert!(Camera::whole(&stage).scale > 0.0);
    }
}
