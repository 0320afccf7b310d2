//! The page inside another page.

use anyhow::{Result, ensure};

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn flags_in_the_query_hide_controls_and_choose_the_theme() -> Result<()> {
    let (_server, page) = crate::visit("?embed=1&controls=0&theme=dark").await?;
    ensure!(page.shows("answer").await? && page.shows("chart-landscape").await?);
    ensure!(!page.shows("slider-qos").await? && !page.shows("copy-link").await?);
    let texts = page.drawn_texts(&["[data-test=answer]"]).await?;
    ensure!(texts[0].ink.luminance() > texts[0].paper.luminance(), "{texts:?}");
    Ok(())
}
