//! The folder of a campaign: whose it is, before anything is written into it.

use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use handbill_domain::{asset::Manifest, ids::RunId};
use handbill_pipeline::pack;

use crate::ending::Ending;

/// Says whose folder it is while it has no manifest yet.
const MARK: &str = ".handbill-run";

/// A folder that this run may write into.
#[derive(Debug)]
pub struct Out {
    /// The folder.
    pub dir: PathBuf,
    /// The manifest of an earlier end of the same run.
    pub before: Option<Manifest>,
    run: RunId,
}

impl Out {
    /// Looks whether the folder is free or this run's own. Nothing of anybody else is ever overwritten.
    pub async fn of(dir: PathBuf, run: RunId) -> Result<Self, Ending> {
        if let Some(before) = pack::read_manifest(&dir)
            .await
            .map_err(|error| taken(&dir, &error.to_string(), &error.to_string()))?
        {
            if before.run != run.as_str() {
                let (campaign, seed) = (&before.brief.campaign, before.seed);
                return Err(taken(
                    &dir,
                    &format!(
                        "it holds another run (campaign {campaign}, seed {seed}): the brief, its files, the models, the seed, or your own prompts, templates or recipe differ"
                    ),
                    &format!(
                        "其中是另一次运行的结果（{campaign}，种子 {seed}）：简报、文件、模型、种子，或自有的提示词、版式、流程与本次不同"
                    ),
                ));
            }
            return Ok(Self { dir, before: Some(before), run });
        }
        let mark = tokio::fs::read_to_string(dir.join(MARK)).await.ok();
        let ours = mark.as_deref().map(str::trim) == Some(run.as_str());
        if !ours && !is_empty(&dir)? {
            let (en, zh) = match mark {
                Some(_) => (
                    "an interrupted run of another brief, seed or models began there",
                    "其中有另一次未完成的运行",
                ),
                None => ("it is not empty and holds no campaign", "该文件夹非空，且不是营销内容包"),
            };
            return Err(taken(&dir, en, zh));
        }
        Ok(Self { dir, before: None, run })
    }

    /// Marks the folder as this run's, before the first file.
    pub async fn begin(&self) -> Result<(), Ending> {
        let failed =
            |error: std::io::Error| anyhow::anyhow!("cannot write into {}: {error}", self.dir.display());
        tokio::fs::create_dir_all(&self.dir).await.map_err(failed)?;
        if self.before.is_some() {
            return Ok(());
        }
        let mark = self.dir.join(MARK);
        if self.put_mark(&mark).map_err(failed)? {
            // Another run may have come and gone since we looked.
            let found = Self::of(self.dir.clone(), self.run.clone()).await;
            if found.is_err() {
                drop(std::fs::remove_file(&mark));
            }
            return found.map(drop);
        }
        Self::of(self.dir.clone(), self.run.clone()).await.map(drop)
    }

    /// Puts the mark there whole, and only where there is none. `false`: there is one.
    fn put_mark(&self, mark: &Path) -> std::io::Result<bool> {
        let part = self.dir.join(format!("{MARK}.{}", std::process::id()));
        std::fs::write(&part, format!("{}\n", self.run))?;
        let linked = match std::fs::hard_link(&part, mark) {
            // Some file systems know no links.
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                std::fs::File::create_new(mark).and_then(|mut file| writeln!(file, "{}", self.run))
            }
            done => done,
        };
        std::fs::remove_file(&part)?;
        match linked {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Takes the mark away: the manifest says it now.
    pub async fn end(&self) {
        // A mark that stays behind says the same as the manifest.
        drop(tokio::fs::remove_file(self.dir.join(MARK)).await);
    }
}

fn taken(dir: &Path, en: &str, zh: &str) -> Ending {
    let name = dir.display();
    Ending::refused(
        format!("{name} is left alone: {en}. Name another folder: --out {name}-2"),
        format!("{name} 保持不变：{zh}。请指定其他文件夹：--out {name}-2"),
    )
}

/// Files that desktops leave in every folder, and marks that are not there yet.
fn is_dust(name: &str) -> bool {
    matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini")
        || name.strip_prefix(MARK).is_some_and(|rest| rest.starts_with('.'))
}

/// Is there nothing in it, or no such folder?
fn is_empty(dir: &Path) -> Result<bool, Ending> {
    match std::fs::read_dir(dir) {
        Ok(entries) => Ok(entries.flatten().all(|entry| is_dust(&entry.file_name().to_string_lossy()))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(taken(dir, &error.to_string(), &error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_belongs_to_one_run() {
        let dir = tempfile::tempdir().unwrap();
        let (mine, theirs) = (RunId::new("mine"), RunId::new("theirs"));
        let place = dir.path().join("pack");
        Out::of(place.clone(), mine.clone()).await.unwrap().begin().await.unwrap();
        assert!(Out::of(place.clone(), mine.clone()).await.is_ok());
        assert!(matches!(Out::of(place.clone(), theirs.clone()).await, Err(Ending::Refused { .. })));
        let late = Out { dir: place.clone(), before: None, run: theirs };
        assert!(
            matches!(late.begin().await, Err(Ending::Refused { .. })),
            "who looked before we began comes too late"
        );
        Out::of(place.clone(), mine).await.unwrap().end().await;
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_folder_with_other_files_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        assert!(matches!(Out::of(dir.path().to_owned(), RunId::new("x")).await, Err(Ending::Refused { .. })));
    }
}
