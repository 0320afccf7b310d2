//! `slicewise generate twin`: runs of networks, packet by packet.

/// Options of `generate twin`.
#[derive(clap::Args, Debug)]
pub struct GenerateTwin {}

/// Runs `slicewise generate twin`.
pub fn run(_options: &GenerateTwin) -> anyhow::Result<()> {
    anyhow::bail!("not there yet")
}
