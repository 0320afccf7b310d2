//! An allocation of the visitor's own on the landscape.

use anyhow::{Result, ensure};

use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_place_of_the_landscape_is_judged_pinned_and_forgotten() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    ensure!(!page.has("own-allocation").await?);
    // The cursor starts at the plan; there is more of both to the right and above.
    page.press("plot-landscape", key::ARROW_RIGHT, 3).await?;
    page.press("plot-landscape", key::ARROW_UP, 3).await?;
    page.type_key(key::ENTER, 1).await?;
    page.wait_for("own-allocation").await?;
    let words = page.text("own-allocation").await?;
    ensure!(words.starts_with("Yours: ") && words.contains("the promise: "), "{words}");
    ensure!(words.contains("more than the plan"), "{words}");
    ensure!(words.contains("Measured nearby: "), "{words}");
    // It stays where it is and is judged anew when the question changes.
    page.fill("number-degradation", "0.3").await?;
    page.wait_until("another judgement", async || Ok(page.text("own-allocation").await? != words))
        .await?;
    page.click("own-forget").await?;
    page.wait_until("nothing of it", async || Ok(!page.has("own-allocation").await?)).await
}
