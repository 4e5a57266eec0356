//! A file is either whole or absent: written beside its place, synced, renamed.

use std::{
    io::{self, Write as _},
    path::Path,
};

use handbill_domain::asset::Digest;

use crate::Error;

/// Does the file hold exactly these bytes?
pub(super) async fn holds(path: &Path, digest: &Digest) -> bool {
    // A file that cannot be read is written anew; the write then says why it cannot be.
    tokio::fs::read(path).await.is_ok_and(|bytes| Digest::of(&bytes) == *digest)
}

/// Writes a file whole.
pub(super) async fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let (to, bytes) = (path.to_owned(), bytes.to_owned());
    let done = tokio::task::spawn_blocking(move || replace(&to, &bytes)).await;
    done.map_err(|e| Error::Broken(e.to_string()))?
        .map_err(|e| Error::Files(format!("{}: {e}", path.display())))
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The process id keeps two runs into one folder from writing the same part.
    let part = folder.join(format!(".{name}.{}.part", std::process::id()));
    let written = std::fs::File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| std::fs::rename(&part, path));
    if done.is_err() {
        // The error that counts is the first one; a part that cannot be removed is only a hidden file.
        drop(std::fs::remove_file(&part));
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_replaced_as_a_whole_and_leaves_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("copy/a.md");
        write(&path, b"one").await.unwrap();
        write(&path, b"two").await.unwrap();
        assert!(holds(&path, &Digest::of(b"two")).await);
        assert_eq!(std::fs::read_dir(dir.path().join("copy")).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_folder_in_the_way_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("copy.csv")).unwrap();
        let error = write(&dir.path().join("copy.csv"), b"x").await.unwrap_err();
        assert!(error.to_string().contains("copy.csv"), "{error}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "no part is left");
    }
}
