//! Files by content: the name of a blob is its digest, so a blob is written once and never changes.

mod s3;

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use futures_util::StreamExt;
use handbill_domain::asset::Digest;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, path::Path as Key};

pub use self::s3::S3;
use crate::Error;

/// Where the files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A folder of this machine, or one that all machines share.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store.
    S3(S3),
}

/// The blobs.
#[derive(Clone, Debug)]
pub struct Files {
    blobs: Arc<dyn ObjectStore>,
    bucket: Option<S3>,
}

impl Files {
    /// In a folder a blob is written beside its place, synced and renamed; in a bucket it appears with its last byte. So
    /// it is whole or absent.
    pub(crate) async fn open(place: &Place) -> Result<Self, Error> {
        match place {
            Place::Folder(folder) => {
                let said = |e| Error::Files(format!("{}: {e}", folder.display()));
                tokio::fs::create_dir_all(folder).await.map_err(said)?;
                let local = LocalFileSystem::new_with_prefix(folder).map_err(failed)?;
                Ok(Self { blobs: Arc::new(local.with_fsync(true)), bucket: None })
            }
            Place::S3(bucket) => Ok(Self { blobs: bucket.open()?, bucket: Some(bucket.clone()) }),
        }
    }

    /// Looks into a bucket: a wrong name or key is told now, and not by the first paid picture.
    pub(crate) async fn look(&self) -> Result<(), Error> {
        let Some(bucket) = &self.bucket else { return Ok(()) };
        match self.blobs.list(None).next().await {
            Some(Err(error)) => Err(bucket.unreachable(&error)),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Keeps some bytes. Keeping them again costs a look.
    pub async fn put(&self, bytes: Bytes) -> Result<Digest, Error> {
        let digest = Digest::of(&bytes);
        let key = key(&digest);
        match self.blobs.head(&key).await {
            Ok(there) if there.size == bytes.len() as u64 => {}
            Ok(_) | Err(object_store::Error::NotFound { .. }) => {
                self.blobs.put(&key, PutPayload::from_bytes(bytes)).await.map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        Ok(digest)
    }

    /// Fetches a blob; what does not have its digest is not given out, and is gone, so that it can be made again.
    pub async fn get(&self, digest: &Digest) -> Result<Bytes, Error> {
        let found = match self.blobs.get(&key(digest)).await {
            Err(object_store::Error::NotFound { .. }) => {
                return Err(Error::NotFound(format!("file {digest}")));
            }
            other => other.map_err(failed)?,
        };
        let bytes = found.bytes().await.map_err(failed)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            tracing::warn!(%digest, "a file is damaged and is taken away");
            self.blobs.delete(&key(digest)).await.map_err(failed)?;
            Err(Error::NotFound(format!("file {digest}, which was damaged")))
        }
    }
}

/// `blobs/ab/abcd…`: folders stay small.
fn key(digest: &Digest) -> Key {
    Key::from(format!("blobs/{}/{digest}", &digest.as_str()[..2]))
}

fn failed(error: object_store::Error) -> Error {
    Error::Files(error.to_string())
}
