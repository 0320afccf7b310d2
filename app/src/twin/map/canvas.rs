//! Paints what is seen of a map on a canvas.

use std::f64::consts::TAU;

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use super::colour::{ColourScale, OVERLOADED, Paint};
use super::layout::Point;
use super::picked::Picked;
use super::picture::{Picture, Stroke, arrow};

/// Dashes of what has failed, in pixels.
const DASHES: [f64; 2] = [5.0, 4.0];
/// Below this radius, in pixels, nodes are squares, which look alike and are painted faster.
const ROUND: f64 = 2.4;
/// How far the edge of a link shows beside its colour, in pixels.
const EDGE: f64 = 0.7;

/// What is painted beside the picture itself.
pub struct Scene<'a> {
    /// What is seen.
    pub picture: &'a Picture,
    /// The links' colours.
    pub scale: &'a ColourScale,
    /// The links that are pointed out.
    pub highlighted: &'a [u32],
    /// What is picked.
    pub picked: Option<Picked>,
    /// What the pointer or the keyboard is at.
    pub focused: Option<Picked>,
    /// What has failed.
    pub failed: &'a [Picked],
    /// Width and height of the picture, in CSS pixels.
    pub size: (f64, f64),
    /// Whether it moves and holds much: fewer pixels and no edges, so that every frame is in time.
    pub is_draft: bool,
}

/// The theme's colours, as the style sheet has them where the canvas stands.
struct Theme {
    paper: String,
    ink: String,
    soft: String,
    accent: String,
}

impl Theme {
    fn of(canvas: &HtmlCanvasElement) -> Option<Self> {
        let style = web_sys::window()?.get_computed_style(canvas).ok()??;
        let colour = |name: &str| style.get_property_value(name).ok();
        Some(Self {
            paper: colour("--paper")?,
            ink: colour("--ink")?,
            soft: colour("--soft")?,
            accent: colour("--accent")?,
        })
    }
}

/// Paints `scene`. A browser that refuses leaves the canvas blank; the table stays.
pub fn paint(canvas: &HtmlCanvasElement, scene: &Scene) {
    let context = canvas.get_context("2d").ok().flatten();
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    if let (Some(context), Some(theme)) = (context, Theme::of(canvas)) {
        let _ = Painter { context, theme }.scene(canvas, scene);
    }
}

struct Painter {
    context: CanvasRenderingContext2d,
    theme: Theme,
}

impl Painter {
    fn scene(&self, canvas: &HtmlCanvasElement, scene: &Scene) -> Result<(), JsValue> {
        let finest = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
        let density = if scene.is_draft { finest.min(1.0) } else { finest };
        let pixels = |length: f64| (length * density).round().max(1.0) as u32;
        let (width, height) = (pixels(scene.size.0), pixels(scene.size.1));
        if (canvas.width(), canvas.height()) != (width, height) {
            canvas.set_width(width);
            canvas.set_height(height);
        }
        let context = &self.context;
        context.set_transform(density, 0.0, 0.0, density, 0.0, 0.0)?;
        context.set_fill_style_str(&self.theme.paper);
        context.fill_rect(0.0, 0.0, scene.size.0, scene.size.1);
        self.bands(scene);
        self.links(scene)?;
        self.arrows(&scene.picture.strokes);
        self.nodes(scene)?;
        self.names(scene.picture)
    }

    /// Broad bands under the links that are pointed out, picked or focused.
    fn bands(&self, scene: &Scene) {
        let context = &self.context;
        for stroke in &scene.picture.strokes {
            for (ends, link) in &stroke.segments {
                let at = Some(Picked::Link(*link));
                let broad = match () {
                    () if scene.focused == at || scene.picked == at => 7.0,
                    () if scene.highlighted.contains(link) => 5.0,
                    () => continue,
                };
                context.set_stroke_style_str(&self.theme.accent);
                context.set_line_width(stroke.width + broad);
                self.lines([ends].into_iter());
            }
        }
    }

    fn links(&self, scene: &Scene) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_stroke_style_str(&self.theme.soft);
        let edged = |stroke: &&Stroke| stroke.paint > Paint::Failed && !scene.is_draft;
        for stroke in scene.picture.strokes.iter().filter(edged) {
            context.set_line_width(stroke.width + 2.0 * EDGE);
            self.lines(stroke.segments.iter().map(|(ends, _)| ends));
        }
        for stroke in &scene.picture.strokes {
            match stroke.paint {
                Paint::Unknown => context.set_stroke_style_str(&self.theme.soft),
                Paint::Failed => context.set_stroke_style_str(&self.theme.ink),
                Paint::Step(step) => context.set_stroke_style_str(&scene.scale.colour(step)),
                Paint::Overloaded => context.set_stroke_style_str(OVERLOADED),
            }
            context.set_line_width(stroke.width);
            let dashed = stroke.paint == Paint::Failed;
            if dashed {
                context.set_line_dash(&js_sys::Array::of2(&DASHES[0].into(), &DASHES[1].into()))?;
            }
            self.lines(stroke.segments.iter().map(|(ends, _)| ends));
            if dashed {
                context.set_line_dash(&js_sys::Array::new())?;
            }
        }
        Ok(())
    }

    /// One path per line: browsers paint those in half the time that one path of many lines takes.
    fn lines<'a>(&self, segments: impl Iterator<Item = &'a [Point; 2]>) {
        let context = &self.context;
        for [from, to] in segments {
            context.begin_path();
            context.move_to(from.0, from.1);
            context.line_to(to.0, to.1);
            context.stroke();
        }
    }

    fn arrows(&self, strokes: &[Stroke]) {
        let context = &self.context;
        context.begin_path();
        for stroke in strokes.iter().filter(|stroke| stroke.paint != Paint::Failed) {
            for (ends, _) in &stroke.segments {
                let Some([tip, left, right]) = arrow(*ends, stroke.width) else { continue };
                context.move_to(tip.0, tip.1);
                context.line_to(left.0, left.1);
                context.line_to(right.0, right.1);
            }
        }
        context.set_fill_style_str(&self.theme.ink);
        context.fill();
    }

    fn nodes(&self, scene: &Scene) -> Result<(), JsValue> {
        let context = &self.context;
        let radius = scene.picture.radius;
        let failed = |node: u32| scene.failed.contains(&Picked::Node(node));
        let any_failed = scene.failed.iter().any(|part| matches!(part, Picked::Node(_)));
        context.set_line_width(1.2);
        context.set_stroke_style_str(&self.theme.ink);
        context.set_fill_style_str(&self.theme.paper);
        context.begin_path();
        for (_, at) in &scene.picture.nodes {
            self.add_node(*at, radius)?;
        }
        context.fill();
        context.stroke();
        if any_failed {
            context.begin_path();
            for (_, at) in scene.picture.nodes.iter().filter(|(node, _)| failed(*node)) {
                self.add_node(*at, radius)?;
            }
            context.set_fill_style_str(&self.theme.ink);
            context.fill();
        }
        for (node, at) in &scene.picture.nodes {
            let this = Some(Picked::Node(*node));
            if scene.picked != this && scene.focused != this {
                continue;
            }
            context.set_stroke_style_str(&self.theme.accent);
            context.set_line_width(3.0);
            context.begin_path();
            let ring = if scene.focused == this { 5.0 } else { 2.0 };
            context.arc(at.0, at.1, radius + ring, 0.0, TAU)?;
            context.stroke();
        }
        Ok(())
    }

    fn add_node(&self, at: Point, radius: f64) -> Result<(), JsValue> {
        if radius < ROUND {
            self.context.rect(at.0 - radius, at.1 - radius, 2.0 * radius, 2.0 * radius);
            return Ok(());
        }
        self.context.move_to(at.0 + radius, at.1);
        self.context.arc(at.0, at.1, radius, 0.0, TAU)
    }

    fn names(&self, picture: &Picture) -> Result<(), JsValue> {
        let context = &self.context;
        context.set_font("11px system-ui, sans-serif");
        context.set_text_baseline("middle");
        context.set_line_join("round");
        context.set_line_width(3.0);
        context.set_stroke_style_str(&self.theme.paper);
        context.set_fill_style_str(&self.theme.ink);
        for label in &picture.labels {
            context.stroke_text(&label.text, label.at.0, label.at.1)?;
            context.fill_text(&label.text, label.at.0, label.at.1)?;
        }
        Ok(())
    }
}
