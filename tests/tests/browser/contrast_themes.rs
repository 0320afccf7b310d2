//! The page in the visitor's own colours, as of a contrast theme, and on paper.

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::json;
use slicewise_tests::page::Page;
use slicewise_tests::site;
use slicewise_xtask::planners::PLANNERS;

/// How things look that differ in state or in series, and the colours behind and of plain text.
#[derive(Debug, Deserialize)]
struct Look {
    chosen_tab: String,
    other_tab: String,
    pressed: String,
    loose: String,
    focused: String,
    lines: Vec<String>,
    patches: Vec<String>,
    paper: String,
}

/// Reads a [`Look`]. Of buttons of one group, one is pressed.
const LOOK: &str = "
    const styled = (element, names) => {
        const style = getComputedStyle(element);
        return names.map(name => style[name]).join(' ');
    };
    const all = selector => [...document.querySelectorAll(selector)];
    const tab = element => styled(element, ['borderBottomStyle', 'borderBottomColor', 'fontWeight']);
    const button = element => element ? styled(element, ['color', 'backgroundColor']) : '';
    const focus = document.querySelector('[data-test=copy-link]');
    focus.focus({ focusVisible: true });
    return {
        chosen_tab: tab(document.querySelector('[role=tab][aria-selected=true]')),
        other_tab: tab(document.querySelector('[role=tab][aria-selected=false]')),
        pressed: button(document.querySelector('[aria-pressed=true]')),
        loose: button(document.querySelector('[data-test=copy-link]')),
        focused: styled(focus, ['outlineStyle']),
        lines: all('.chart svg [class^=i-series-], .chart svg [class^=i-slice-]:not([class*=dot])')
            .map(line => `${line.getAttribute('class')} ${styled(line, ['stroke', 'strokeDasharray'])}`),
        patches: all('.swatch').filter(swatch => /k-(patch|low|high|violation|idle|broken)/.test(swatch.className))
            .map(swatch => styled(swatch, ['backgroundColor'])),
        paper: styled(document.documentElement, ['backgroundColor']),
    }";

/// Has `page` take the visitor's own colours, dark or light ones, whatever theme the page has.
async fn force_colours(page: &Page, scheme: &str) -> Result<()> {
    let features = [("forced-colors", "active"), ("prefers-color-scheme", scheme)];
    let features = features.map(|(name, value)| json!({ "name": name, "value": value }));
    page.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await?;
    // A window that lies behind another one shows no focus.
    page.devtools("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_contrast_theme_tells_apart_what_colours_told() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    for (scheme, theme) in [("dark", "light"), ("light", "dark")] {
        force_colours(&page, scheme).await?;
        for planner in &PLANNERS {
            let name = planner.name;
            page.go(&format!("{}?planner={name}&theme={theme}", server.url())).await?;
            page.wait_until("a chart", async || {
                let drawn = "return document.querySelector('.chart svg path') !== null";
                page.evaluate(drawn, Vec::new()).await
            })
            .await?;
            let look: Look = page.evaluate(LOOK, Vec::new()).await?;
            ensure!(look.chosen_tab != look.other_tab, "{name}: {look:?}");
            ensure!(look.chosen_tab.starts_with("solid"), "{name}: {look:?}");
            ensure!(look.pressed != look.loose, "{name}: {look:?}");
            ensure!(look.focused == "solid", "{name}: {look:?}");
            // Lines stand out from the paper, and those of different series have different dashes.
            for line in &look.lines {
                ensure!(!line.contains(&look.paper), "{name}: {line} on {}", look.paper);
                let (class, drawn) = line.split_once(' ').unwrap_or_default();
                let same = look.lines.iter().find(|other| {
                    other.split_once(' ').is_some_and(|(o, d)| o != class && d == drawn)
                });
                ensure!(same.is_none(), "{name}: {line} looks as {same:?}");
            }
            ensure!(look.patches.iter().all(|patch| *patch != look.paper), "{name}: {look:?}");
        }
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_dark_page_is_printed_in_dark_ink() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open(&format!("{}?planner=cells&theme=dark", server.url())).await?;
    page.wait_for("tab-cell").await?;
    page.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await?;
    let texts = page.drawn_texts(&["[data-test=answer]", "[role=tab][aria-selected=true]"]).await?;
    ensure!(texts.len() == 2, "{texts:?}");
    for text in &texts {
        ensure!(text.ink.luminance() < text.paper.luminance(), "{text:?}");
    }
    page.wait_until("a swatch", async || {
        let there = "return document.querySelector('.swatch') !== null";
        page.evaluate(there, Vec::new()).await
    })
    .await?;
    let script = "return getComputedStyle(document.querySelector('.swatch')).printColorAdjust";
    ensure!(page.evaluate::<String>(script, Vec::new()).await? == "exact");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn an_enlarged_page_fits_and_leaves_room_below_the_answer() -> Result<()> {
    let server = site::serve()?;
    let page = Page::open("about:blank").await?;
    // A window of 1280 by 1024 pixels, enlarged twofold and fourfold.
    for (width, height, factor) in [(640, 512, 2), (320, 256, 4)] {
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": factor, "mobile": false,
        });
        page.devtools("Emulation.setDeviceMetricsOverride", metrics).await?;
        for planner in &PLANNERS {
            page.go(&format!("{}?planner={}", server.url(), planner.name)).await?;
            page.wait_for("answer").await?;
            let script = "const answer = document.querySelector('#answer');
                const stays = getComputedStyle(answer).position === 'sticky';
                return [document.documentElement.scrollWidth <= innerWidth,
                    !stays || answer.getBoundingClientRect().height < innerHeight / 2]";
            let (fits, leaves_room): (bool, bool) = page.evaluate(script, Vec::new()).await?;
            ensure!(fits && leaves_room, "{} at {width} pixels", planner.name);
        }
    }
    Ok(())
}
