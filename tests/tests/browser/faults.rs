//! The engine may fail; the visitor's work may not.

use anyhow::{Result, ensure};

use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_crashed_engine_is_replaced_and_nothing_is_lost() -> Result<()> {
    let (_server, page) = crate::visit("?debug=1").await?;
    page.press("slider-qos", key::ARROW_RIGHT, 2).await?;
    page.wait_for_rest().await?;
    let (controls, before) = (page.control_values().await?, page.plan().await?);
    for _ in 0..2 {
        page.click("crash").await?;
        page.wait_until("a message about the engine", async || {
            Ok(page.has("engine-message").await? && !page.text("engine-message").await?.is_empty())
        })
        .await?;
        page.wait_for_rest().await?;
        ensure!(page.control_values().await? == controls);
        ensure!(page.plan().await?.is_near(&before, 1e-6));
    }
    page.press("slider-qos", key::ARROW_RIGHT, 1).await?;
    page.wait_for_rest().await?;
    let after = page.plan().await?;
    ensure!(after.cost > before.cost, "{before:?} then {after:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn nothing_for_debugging_shows_without_the_flag() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    ensure!(!page.shows("crash").await? && !page.shows("run-benchmark").await?);
    Ok(())
}
