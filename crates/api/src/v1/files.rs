//! Files that briefs name: photos, logos, fonts. A file's name is the digest of its bytes.

use std::time::Duration;

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    web::{self, Data, Path},
};
use bytes::Bytes;
use handbill_domain::{Fault, asset::Digest};
use handbill_store::uploads::{self, Upload};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{
    Problem, State,
    access::{Permission, Principal},
    docs::{Docs, Takes},
    give::{Created, Shown},
    moment::Moment,
    operation::Operation,
    take::{self, Local},
};

/// Largest file.
const MOST: usize = 50 << 20;
/// Longest that one may take to arrive.
const PATIENCE: Duration = Duration::from_secs(300);

pub(crate) fn operations() -> Vec<Operation> {
    let upload = ("upload_file", "Send a photo, a logo or a font: its bytes are the body, at most 50 MiB");
    vec![
        Operation::post("/files", upload, create).needs(Permission::FilesWrite).within(PATIENCE),
        Operation::get("/files/{digest}", ("get_file", "What is known of a file"), one)
            .needs(Permission::FilesWrite),
    ]
}

/// A file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "File")]
struct FileView {
    /// BLAKE3 of its bytes: what `files` of a plan names.
    digest: String,
    /// By its content.
    media_type: String,
    /// Its size.
    bytes: i64,
    /// Width in px, where it is a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i32>,
    /// Height in px, where it is a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i32>,
    created_at: Moment,
}

/// Files that are taken in at once: each is in memory while it is looked at.
const AT_ONCE: usize = 4;
static ROOM: Semaphore = Semaphore::const_new(AT_ONCE);

/// The bytes themselves, and their room.
struct Raw(Bytes, SemaphorePermit<'static>);

impl FromRequest for Raw {
    type Error = Problem;
    type Future = Local<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let kind = take::media_type(
            request.headers(),
            "a picture or a font (`image/png`, `font/ttf`, …)",
            |kind| {
                kind.starts_with("image/") || kind.starts_with("font/") || kind == "application/octet-stream"
            },
        );
        let payload = web::Payload::from_request(request, payload);
        Box::pin(async move {
            kind?;
            let payload = payload.await.map_err(|error| Problem::of_error(Fault::Broken, &error))?;
            // The room is never closed.
            let room = ROOM.acquire().await.map_err(|error| Problem::of_error(Fault::Broken, &error))?;
            Ok(Self(take::read(payload, MOST, PATIENCE).await?, room))
        })
    }
}

impl Takes for Raw {
    fn describe(docs: &mut Docs) {
        let kinds = [
            "image/png",
            "image/jpeg",
            "image/webp",
            "image/svg+xml",
            "font/ttf",
            "font/otf",
            "application/octet-stream",
        ];
        let content: serde_json::Map<_, _> =
            kinds.map(|kind| (kind.to_owned(), json!({}))).into_iter().collect();
        docs.body = Some(json!({ "required": true, "content": content }));
    }
}

async fn create(
    state: Data<State>,
    who: Principal,
    Raw(bytes, _room): Raw,
) -> Result<Created<FileView>, Problem> {
    let look = state.desk()?.look(bytes.clone()).await?;
    let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let digest = state.store.files().put(bytes).await?;
    let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let size = look.size.map(|(width, height)| (side(width), side(height)));
    let upload = Upload { digest: digest.clone(), media_type: look.media_type, bytes: length, size, at: 0 };
    let new = uploads::create(&state.store, &who.workspace, &upload).await?;
    let kept = uploads::find(&state.store, &who.workspace, &digest).await?;
    Ok(Created { at: format!("/api/v1/files/{digest}"), new, shown: show(kept) })
}

async fn one(state: Data<State>, who: Principal, digest: Path<String>) -> Result<Shown<FileView>, Problem> {
    let unknown =
        |_| Problem::new(Fault::NotFound, format!("there is no file {digest}"), format!("没有文件 {digest}"));
    let named: Digest = digest.parse().map_err(unknown)?;
    Ok(Shown(show(uploads::find(&state.store, &who.workspace, &named).await?)))
}

fn show(upload: Upload) -> FileView {
    FileView {
        digest: upload.digest.to_string(),
        media_type: upload.media_type,
        bytes: upload.bytes,
        width: upload.size.map(|size| size.0),
        height: upload.size.map(|size| size.1),
        created_at: Moment(upload.at),
    }
}
