//! The whole pack of a run as a ZIP: the files, the page, and `campaign.json` last.

use std::collections::VecDeque;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::CONTENT_DISPOSITION,
    web::{Data, Path},
};
use bytes::Bytes;
use futures_util::stream::try_unfold;
use handbill_domain::ids::RunId;
use handbill_store::{Store, runs};

use crate::{
    Problem, State,
    access::{Permission, Principal},
    desk::{Content, PackFile},
    docs::{Docs, Gives},
    operation::Operation,
    zip::Zip,
};

pub(crate) fn operations() -> Vec<Operation> {
    let export =
        ("export_run", "The whole pack of a run as a ZIP: every file, the page, and `campaign.json`");
    vec![Operation::get("/runs/{run}/export", export, pack).needs(Permission::AssetsRead)]
}

/// A ZIP that is written while it is sent.
struct Archive {
    name: String,
    store: Store,
    files: Vec<PackFile>,
}

impl Gives for Archive {
    fn describe(docs: &mut Docs) {
        docs.bytes(200, "The pack.", "application/zip");
    }
}

async fn pack(state: Data<State>, who: Principal, run: Path<String>) -> Result<Archive, Problem> {
    let run = RunId::new(run.into_inner());
    let found = runs::find(&state.store, &who.workspace, &run).await?;
    let files = state.desk()?.pack(&who.workspace, &run).await?;
    let campaign = found.campaign.unwrap_or_else(|| "campaign".to_owned());
    let short = run.as_str().get(..8).unwrap_or(run.as_str());
    Ok(Archive { name: format!("{campaign}-{short}.zip"), store: state.store.clone(), files })
}

/// What is left to be written.
struct Left {
    files: VecDeque<PackFile>,
    /// Bytes whose head was sent.
    bytes: Option<Bytes>,
    zip: Option<Zip>,
    store: Store,
}

impl Left {
    /// The next piece; one file is held at a time.
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Problem> {
        if let Some(bytes) = self.bytes.take() {
            return Ok(Some((bytes, self)));
        }
        let Some(mut zip) = self.zip.take() else { return Ok(None) };
        let Some(file) = self.files.pop_front() else { return Ok(Some((zip.end().into(), self))) };
        let bytes = match file.content {
            Content::Kept(digest) => self.store.files().get(&digest).await?,
            Content::Text(text) => text.into(),
        };
        let head = zip.file(&file.path, &bytes);
        self.bytes = Some(bytes);
        self.zip = Some(zip);
        Ok(Some((head.into(), self)))
    }
}

impl Responder for Archive {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let left =
            Left { files: self.files.into(), bytes: None, zip: Some(Zip::default()), store: self.store };
        HttpResponse::Ok()
            .content_type("application/zip")
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.name)))
            .streaming(try_unfold(left, Left::next))
    }
}
