//! The state of a map on the page: which part is seen, what is pointed at, and when it is painted.

use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::html::Canvas;
use leptos::prelude::*;
use slicewise_core::twin::Scenario;

use super::camera::{Camera, Stage};
use super::canvas::{Scene, paint};
use super::colour::{ColourScale, MapColour};
use super::geometry::Geometry;
use super::layout::Point;
use super::painting::paints;
use super::picked::Picked;
use super::picture::{PaintOrder, picture};
use super::pointing::{next_link, picked_at, towards};
use crate::twin::names;
use crate::twin::question::OpenScenario;

/// A pointer that moves less far, in pixels, clicks.
const CLICK: f64 = 6.0;
/// How near a mouse and a finger must come, in pixels.
const REACH: (f64, f64) = (5.0, 14.0);
/// What is shown on purpose lies at least so far from the picture's edge, in pixels.
const INSET: f64 = 30.0;
/// A map with at least so many links is painted in less detail while it moves.
const MANY: usize = 400;
/// A map rests when it has not moved for so long, in milliseconds.
const REST_MS: u32 = 150;
/// One step of zooming with a button or a key.
pub const STEP: f64 = 1.5;

/// What is shown, and from where.
struct Shown {
    scenario: OpenScenario,
    geometry: Rc<Geometry>,
    scale: ColourScale,
    order: PaintOrder,
    failed: Vec<Picked>,
    camera: Camera,
    /// Whether the visitor has chosen another part than the whole.
    is_chosen: bool,
}

/// Pointers that are down, and how far they went, in pixels.
#[derive(Default)]
struct Pointers {
    down: Vec<(i32, Point)>,
    travelled: f64,
}

/// A map on the page; a copyable handle.
#[derive(Clone, Copy)]
pub struct MapView {
    /// Where it is painted.
    pub canvas: NodeRef<Canvas>,
    /// What the pointer or the keyboard is at.
    pub at: RwSignal<Option<Picked>>,
    /// What is picked.
    pub selected: RwSignal<Option<Picked>>,
    highlighted: Signal<Vec<u32>>,
    shown: StoredValue<Option<Shown>, LocalStorage>,
    pointers: StoredValue<Pointers, LocalStorage>,
    size: StoredValue<(f64, f64)>,
    is_waiting: StoredValue<bool>,
    /// Ends when the map rests; none while it does.
    rest: StoredValue<Option<Timeout>, LocalStorage>,
}

impl MapView {
    /// A map of nothing yet.
    pub fn new(selected: RwSignal<Option<Picked>>, highlighted: Signal<Vec<u32>>) -> Self {
        Self {
            canvas: NodeRef::new(),
            at: RwSignal::new(None),
            selected,
            highlighted,
            shown: StoredValue::new_local(None),
            pointers: StoredValue::new_local(Pointers::default()),
            size: StoredValue::new((0.0, 0.0)),
            is_waiting: StoredValue::new(false),
            rest: StoredValue::new_local(None),
        }
    }

    /// Shows a network. The part that is seen stays while nodes and links are the same ones.
    pub fn show(self, scenario: OpenScenario, colour: &MapColour, failed: Vec<Picked>) {
        let kept = self.shown.try_update_value(Option::take).flatten();
        let kept = kept.filter(|kept| kept.scenario.topology == scenario.topology);
        let (geometry, seen) = match kept {
            Some(kept) => (kept.geometry, Some((kept.camera, kept.is_chosen))),
            None => {
                self.at.set(None);
                (Rc::new(Geometry::of(&scenario.topology)), None)
            }
        };
        let whole = || (Camera::whole(&geometry.stage(self.size.get_value())), false);
        let (camera, is_chosen) = seen.unwrap_or_else(whole);
        let scale = ColourScale::of(colour);
        let order = PaintOrder::new(&geometry, &paints(&geometry, &scale, &colour.values, &failed));
        let shown = Shown { scenario, geometry, scale, order, failed, camera, is_chosen };
        self.shown.set_value(Some(shown));
        self.repaint();
    }

    /// Takes the canvas's size as it is now.
    pub fn measure(self) {
        let Some(canvas) = self.canvas.get_untracked() else { return };
        let size = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
        let Some(before) = self.size.try_get_value() else { return };
        if size == before || size.0 < 1.0 {
            return;
        }
        self.size.set_value(size);
        self.look(|shown, stage| match shown.is_chosen {
            false => Camera::whole(stage),
            true => {
                let middle = shown.camera.place((before.0 / 2.0, before.1 / 2.0));
                shown.camera.centred(middle, stage)
            }
        });
    }

    /// Paints with the browser's next frame.
    pub fn repaint(self) {
        if self.is_waiting.try_get_value() == Some(false) {
            self.is_waiting.set_value(true);
            request_animation_frame(move || self.paint());
        }
    }

    fn paint(self) {
        if self.is_waiting.try_update_value(|waiting| *waiting = false).is_none() {
            return;
        }
        let Some(canvas) = self.canvas.get_untracked() else { return };
        let moves = self.rest.with_value(Option::is_some);
        let (size, highlighted) = (self.size.get_value(), self.highlighted.get_untracked());
        self.shown.with_value(|shown| {
            let Some(shown) = shown else { return };
            let scenario: &Scenario = &shown.scenario;
            let name = |node: u32| names::node(scenario, node);
            let seen = picture(&shown.geometry, &shown.order, &shown.camera, size, name);
            paint(
                &canvas,
                &Scene {
                    picture: &seen,
                    scale: &shown.scale,
                    highlighted: &highlighted,
                    picked: self.selected.get_untracked(),
                    focused: self.at.get_untracked(),
                    failed: &shown.failed,
                    size,
                    is_draft: moves && shown.geometry.lines.len() >= MANY,
                },
            );
        });
    }

    /// Reads from what is shown.
    fn read<T>(self, read: impl FnOnce(&Shown) -> T) -> Option<T> {
        self.shown.try_with_value(|shown| shown.as_ref().map(read)).flatten()
    }

    /// Looks from another camera.
    fn look(self, camera: impl FnOnce(&Shown, &Stage) -> Camera) {
        let size = self.size.get_value();
        let _ = self.shown.try_update_value(|shown| {
            if let Some(shown) = shown {
                shown.camera = camera(shown, &shown.geometry.stage(size));
            }
        });
        self.repaint();
    }

    /// The same, since the visitor wants it.
    fn choose(self, camera: impl FnOnce(&Shown, &Stage) -> Camera) {
        let rests = move || {
            if self.rest.try_update_value(|rest| *rest = None).is_some() {
                self.repaint();
            }
        };
        self.rest.set_value(Some(Timeout::new(REST_MS, rests)));
        self.look(camera);
        let _ = self.shown.try_update_value(|shown| {
            if let Some(shown) = shown {
                shown.is_chosen = true;
            }
        });
    }

    /// Shows the whole network.
    pub fn show_whole(self) {
        self.look(|_, stage| Camera::whole(stage));
        let _ = self.shown.try_update_value(|shown| {
            if let Some(shown) = shown {
                shown.is_chosen = false;
            }
        });
    }

    /// Zooms about the middle.
    pub fn zoom(self, factor: f64) {
        let size = self.size.get_value();
        self.zoom_at(factor, (size.0 / 2.0, size.1 / 2.0));
    }

    /// Zooms about a pixel; false where it cannot be made smaller.
    pub fn zoom_at(self, factor: f64, pixel: Point) -> bool {
        let size = self.size.get_value();
        let can = self.read(|shown| shown.camera.can_shrink(&shown.geometry.stage(size)));
        if factor < 1.0 && can != Some(true) {
            return false;
        }
        self.choose(|shown, stage| shown.camera.zoomed(factor, pixel, stage));
        true
    }

    /// A pointer goes down.
    pub fn press(self, id: i32, pixel: Point) {
        self.pointers.update_value(|pointers| {
            if pointers.down.is_empty() {
                pointers.travelled = 0.0;
            }
            pointers.down.push((id, pixel));
        });
    }

    /// A pointer moves: one that is down moves the map, two turn its size too, any other points.
    pub fn drag(self, id: i32, pixel: Point, is_finger: bool) {
        let moved = self.pointers.try_update_value(|pointers| {
            let place = pointers.down.iter().position(|(own, _)| *own == id)?;
            let before = std::mem::replace(&mut pointers.down[place].1, pixel);
            let by = (pixel.0 - before.0, pixel.1 - before.1);
            pointers.travelled += by.0.hypot(by.1);
            let other = pointers.down.iter().find(|(own, _)| *own != id).map(|(_, at)| *at);
            Some((before, by, other, pointers.travelled))
        });
        match moved.flatten() {
            Some((_, by, None, travelled)) if travelled > CLICK => {
                self.choose(|shown, stage| shown.camera.moved(by, stage));
            }
            Some((before, by, Some(other), _)) => {
                let apart = |at: Point| (at.0 - other.0).hypot(at.1 - other.1).max(1.0);
                let factor = apart(pixel) / apart(before);
                let middle = ((pixel.0 + other.0) / 2.0, (pixel.1 + other.1) / 2.0);
                self.choose(|shown, stage| {
                    let moved = shown.camera.moved((by.0 / 2.0, by.1 / 2.0), stage);
                    moved.zoomed(factor, middle, stage)
                });
            }
            Some(_) => {}
            None if !is_finger => self.point(self.under(pixel, REACH.0)),
            None => {}
        }
    }

    /// A pointer goes up, and picks what is under it where it has hardly moved.
    pub fn release(self, id: i32, pixel: Point, is_finger: bool) {
        let clicks = self.pointers.try_update_value(|pointers| {
            let alone = pointers.down.len() == 1;
            let was_down = pointers.down.iter().any(|(own, _)| *own == id);
            pointers.down.retain(|(own, _)| *own != id);
            alone && was_down && pointers.travelled <= CLICK
        });
        if clicks == Some(true) {
            let found = self.under(pixel, if is_finger { REACH.1 } else { REACH.0 });
            self.point(found);
            self.selected.set(found);
        }
    }

    /// A pointer is lost.
    pub fn lose(self, id: i32) {
        self.pointers.update_value(|pointers| pointers.down.retain(|(own, _)| *own != id));
    }

    fn under(self, pixel: Point, reach: f64) -> Option<Picked> {
        self.read(|shown| picked_at(&shown.geometry, &shown.camera, pixel, reach)).flatten()
    }

    /// Points at something, or at nothing.
    pub fn point(self, at: Option<Picked>) {
        if self.at.get_untracked() != at {
            self.at.set(at);
        }
    }

    /// What a key does; false where it means nothing here.
    pub fn key(self, key: &str, shift: bool) -> bool {
        let way = match key {
            "ArrowRight" => (1.0, 0.0),
            "ArrowLeft" => (-1.0, 0.0),
            "ArrowDown" => (0.0, 1.0),
            "ArrowUp" => (0.0, -1.0),
            "+" | "=" => return self.done(|| self.zoom(STEP)),
            "-" => return self.done(|| self.zoom(1.0 / STEP)),
            "0" => return self.done(|| self.show_whole()),
            "PageDown" => return self.done(|| self.step(1)),
            "PageUp" => return self.done(|| self.step(-1)),
            "l" | "L" => return self.done(|| self.walk_links()),
            "Enter" | " " => return self.done(|| self.selected.set(self.at.get_untracked())),
            "Escape" if self.at.get_untracked().is_some() => {
                return self.done(|| self.at.set(None));
            }
            _ => return false,
        };
        match shift {
            true => self
                .choose(|shown, stage| shown.camera.moved((-60.0 * way.0, -60.0 * way.1), stage)),
            false => self.walk(way),
        }
        true
    }

    fn done(self, act: impl FnOnce()) -> bool {
        act();
        true
    }

    /// The node that the keyboard stands at: that of a link is the one that sends.
    fn standing(self) -> Option<u32> {
        match self.at.get_untracked().or(self.selected.get_untracked())? {
            Picked::Node(node) => Some(node),
            Picked::Link(link) => self
                .read(|shown| shown.geometry.lines.get(link as usize).map(|l| l.source))
                .flatten(),
        }
    }

    /// Goes to the next node in the order of the network, or back: arrow keys may miss one.
    fn step(self, by: i64) {
        let count = self.read(|shown| shown.geometry.places.len()).unwrap_or(0) as i64;
        if count > 0 {
            let from = self.standing().map_or(if by > 0 { -1 } else { 0 }, i64::from);
            let node = Picked::Node((from + by).rem_euclid(count) as u32);
            self.point(Some(node));
            self.reveal(node, false);
        }
    }

    fn walk(self, way: Point) {
        let size = self.size.get_value();
        let next = match self.standing() {
            Some(node) => self.read(|shown| towards(&shown.geometry, node, way)).flatten(),
            None => {
                let middle = (size.0 / 2.0, size.1 / 2.0);
                let reach = 2.0 * (size.0 + size.1);
                let found = self.under(middle, reach);
                found.and_then(|found| match found {
                    Picked::Node(node) => Some(node),
                    Picked::Link(_) => None,
                })
            }
        };
        if let Some(node) = next {
            self.point(Some(Picked::Node(node)));
            self.reveal(Picked::Node(node), false);
        }
    }

    fn walk_links(self) {
        let Some(node) = self.standing() else { return };
        let link = match self.at.get_untracked() {
            Some(Picked::Link(link)) => Some(link),
            _ => None,
        };
        let next = self.read(|shown| next_link(&shown.geometry, node, link)).flatten();
        self.point(next.map(Picked::Link));
    }

    /// Moves the map where `picked` is not seen, and enlarges it where it was `sought`.
    pub fn reveal(self, picked: Picked, sought: bool) {
        let place = self.read(|shown| {
            let places = &shown.geometry.places;
            match picked {
                Picked::Node(node) => places.get(node as usize).copied(),
                Picked::Link(link) => shown.geometry.lines.get(link as usize).map(|line| {
                    let (a, b) = (places[line.source as usize], places[line.target as usize]);
                    ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0)
                }),
            }
        });
        let Some(place) = place.flatten() else { return };
        let size = self.size.get_value();
        let seen = self.read(|shown| {
            let pixel = shown.camera.pixel(place);
            let within = |value: f64, size: f64| (INSET..=size - INSET).contains(&value);
            let close = shown.camera.scale >= 0.5 * shown.geometry.roomy_scale();
            within(pixel.0, size.0) && within(pixel.1, size.1) && (close || !sought)
        });
        if seen == Some(false) {
            self.choose(|shown, stage| {
                let roomy = shown.geometry.roomy_scale() / shown.camera.scale;
                let factor = if sought { roomy.max(1.0) } else { 1.0 };
                let zoomed = shown.camera.zoomed(factor, (0.0, 0.0), stage);
                zoomed.centred(place, stage)
            });
        }
    }
}
