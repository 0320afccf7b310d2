//! Numbers as visitors of different countries type and paste them.

use anyhow::{Result, ensure};

use crate::key;

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_decimal_comma_is_understood() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    for (typed, shown) in [("4,5", "4.5"), ("4.25", "4.25"), (" 4,75 ", "4.75")] {
        page.fill("number-qos", typed).await?;
        page.wait_until(&format!("{typed} as {shown}"), async || {
            Ok(page.value("number-qos").await? == shown && !page.has("error").await?)
        })
        .await?;
        ensure!(page.value("slider-qos").await?.parse::<f64>()? - shown.parse::<f64>()? < 0.05);
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs dist/ and Chromium: cargo xtask test"]
async fn a_comma_that_may_be_either_sign_is_asked_about_and_changes_nothing() -> Result<()> {
    let (_server, page) = crate::visit("").await?;
    let seed = page.value("slider-seed").await?;
    for (typed, allowed) in [
        ("1,000", "1000 or 1.000"),
        ("2,141", "2141 or 2.141"),
        ("1.234,5", "one decimal sign and no other"),
    ] {
        // Key by key, with the number's beginning on the way.
        page.fill("number-seed", "").await?;
        for sign in typed.chars() {
            page.type_key(sign, 1).await?;
        }
        page.type_key(key::TAB, 1).await?;
        page.wait_until(&format!("a message about {typed}"), async || {
            Ok(page.has("error").await? && page.text("error").await?.contains(allowed))
        })
        .await?;
        ensure!(page.value("number-seed").await? == typed);
        ensure!(page.value("slider-seed").await? == seed, "{typed} became a seed");
    }
    page.fill("number-seed", "1,234,567").await?;
    page.wait_until("the number without its groups", async || {
        Ok(page.value("number-seed").await? == "1234567")
    })
    .await
}
