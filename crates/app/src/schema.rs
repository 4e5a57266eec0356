//! `handbill schema`: what a brief, a manifest and a template look like, for editors and programs.

use anyhow::Context as _;
use handbill_domain::{asset::Manifest, brief::Brief};

use crate::{cli::SchemaOf, console::Console, ending::Ending};

/// Prints a JSON Schema (draft 2020-12).
pub fn show(of: SchemaOf, console: &Console) -> Result<(), Ending> {
    let schema = match of {
        SchemaOf::Brief => Brief::schema(),
        SchemaOf::Manifest => Manifest::schema(),
        SchemaOf::Template => handbill_media::template::schema(),
    };
    console.answer(&serde_json::to_string_pretty(&schema).context("schema")?);
    Ok(())
}
