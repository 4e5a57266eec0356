//! The pack: the folder that a marketer gets. Assets first, then what is derived from them, `campaign.json` last.

mod assemble;
mod cards;
mod csv;
mod markdown;
mod names;
mod page;
mod reading;
mod view;
mod whole;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::{
    asset::{Digest, Manifest},
    locale::Locale,
    words::{Article, PlacementCopy, Storyboard},
};

pub use assemble::Ended;
pub use markdown::article as article_markdown;

use crate::Error;

/// Name of the manifest in the folder.
pub const MANIFEST: &str = "campaign.json";
/// Name of the page in the folder.
pub const PAGE: &str = "index.html";

/// Where the bytes of assets are.
#[async_trait]
pub trait Blobs: Send + Sync {
    /// Fetches one.
    async fn blob(&self, digest: &Digest) -> Result<Bytes, Error>;
}

/// Everything that a pack shows.
#[derive(Debug)]
pub struct Pack {
    /// What was made, and what failed.
    pub manifest: Manifest,
    /// The copy, read back from its assets.
    pub copies: Vec<PlacementCopy>,
    /// The articles.
    pub articles: BTreeMap<Locale, Article>,
    /// The storyboards, by locale and length in seconds.
    pub storyboards: Vec<(Locale, u32, Storyboard)>,
    /// What each variant leads with.
    pub leads: Leads,
}

/// What each variant leads with, by locale and variant.
pub type Leads = BTreeMap<(Locale, u32), Lead>;

/// What a variant leads with, in one locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Name of its angle, for people.
    pub angle: String,
    /// The headline that its pictures carry.
    pub headline: String,
}

/// What writing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The page to open.
    pub page: PathBuf,
    /// Files that were there already with the same bytes.
    pub kept: usize,
    /// Files that were written now.
    pub written: usize,
}

/// Writes a pack into a folder. Each file is whole or absent; files that are there with the right bytes are kept.
/// Returns once everything is on disk.
pub async fn write(dir: &Path, pack: &Pack, blobs: &dyn Blobs) -> Result<Written, Error> {
    let mut written = Written { page: dir.join(PAGE), kept: 0, written: 0 };
    for asset in &pack.manifest.assets {
        let path = place(dir, &asset.file)?;
        if whole::holds(&path, &asset.digest).await {
            written.kept += 1;
            continue;
        }
        let bytes = blobs.blob(&asset.digest).await?;
        whole::write(&path, &bytes).await?;
        written.written += 1;
    }
    for (file, text) in derived(pack)? {
        let path = place(dir, &file)?;
        if whole::holds(&path, &Digest::of(text.as_bytes())).await {
            written.kept += 1;
        } else {
            whole::write(&path, text.as_bytes()).await?;
            written.written += 1;
        }
    }
    Ok(written)
}

/// Texts that are made from the manifest and the words, in the order in which they are written.
fn derived(pack: &Pack) -> Result<Vec<(String, String)>, Error> {
    let words = names::Words::read()?;
    let mut files = vec![("copy.csv".to_owned(), csv::copy(&pack.copies))];
    files.extend(markdown::copy(&pack.copies, &pack.leads, &words));
    files.push((PAGE.to_owned(), page::render(&view::View::of(pack, &words))?));
    let manifest =
        serde_json::to_string_pretty(&pack.manifest).map_err(|e| Error::Broken(format!("manifest: {e}")))?;
    files.push((MANIFEST.to_owned(), manifest + "\n"));
    Ok(files)
}

/// The path of a file of the pack: our own names only, never outside the folder.
fn place(dir: &Path, file: &str) -> Result<PathBuf, Error> {
    let plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    if file.split('/').all(plain) {
        Ok(dir.join(file))
    } else {
        Err(Error::Broken(format!("`{file}` is no name for a file of a pack")))
    }
}

/// The manifest of the pack in a folder; `None` where there is none.
pub async fn read_manifest(dir: &Path) -> Result<Option<Manifest>, Error> {
    match tokio::fs::read(dir.join(MANIFEST)).await {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| {
            Error::Files(format!("{} is not a manifest of ours: {e}", dir.join(MANIFEST).display()))
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::Files(format!("{}: {error}", dir.join(MANIFEST).display()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_pack_stays_in_its_folder() {
        let dir = Path::new("out");
        assert_eq!(place(dir, "images/a.jpg").unwrap(), Path::new("out/images/a.jpg"));
        for bad in ["../a", "/etc/passwd", "a//b", "a/./b", "C:\\x", ""] {
            assert!(place(dir, bad).is_err(), "{bad}");
        }
    }
}
