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

/// What is in a file of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An asset, among the kept files.
    Kept(Digest),
    /// A text that is made from the manifest and the words.
    Text(String),
}

/// The files of a pack in the order in which they are written: assets first, then what is derived from them, the manifest
/// last.
pub fn files(pack: &Pack) -> Result<Vec<(String, Content)>, Error> {
    let assets = pack.manifest.assets.iter();
    let mut files: Vec<(String, Content)> =
        assets.map(|asset| (asset.file.clone(), Content::Kept(asset.digest.clone()))).collect();
    files.extend(derived(pack)?.into_iter().map(|(file, text)| (file, Content::Text(text))));
    for (file, _) in &files {
        plain(file)?;
    }
    Ok(files)
}

/// Writes a pack into a folder. Each file is whole or absent; files that are there with the right bytes are kept.
/// Returns once everything is on disk.
pub async fn write(dir: &Path, pack: &Pack, blobs: &dyn Blobs) -> Result<Written, Error> {
    let mut written = Written { page: dir.join(PAGE), kept: 0, written: 0 };
    for (file, content) in files(pack)? {
        let path = dir.join(&file);
        let digest = match &content {
            Content::Kept(digest) => digest.clone(),
            Content::Text(text) => Digest::of(text.as_bytes()),
        };
        if whole::holds(&path, &digest).await {
            written.kept += 1;
            continue;
        }
        match content {
            Content::Kept(digest) => whole::write(&path, &blobs.blob(&digest).await?).await?,
            Content::Text(text) => whole::write(&path, text.as_bytes()).await?,
        }
        written.written += 1;
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

/// A file of a pack has a name of ours, and never leads out of its folder.
fn plain(file: &str) -> Result<(), Error> {
    let plain =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', ':', '\0']);
    if file.split('/').all(plain) {
        Ok(())
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
        assert!(plain("images/a.jpg").is_ok());
        for bad in ["../a", "/etc/passwd", "a//b", "a/./b", "C:\\x", ""] {
            assert!(plain(bad).is_err(), "{bad}");
        }
    }
}
