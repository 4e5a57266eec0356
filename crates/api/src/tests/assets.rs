//! What was made, and how it is fetched.

use std::{io::Write, process::Command};

use bytes::Bytes;
use handbill_domain::{asset::Digest, ids::RunId};
use handbill_store::{
    sessions,
    steps::{self, End, Finish},
    versions::{Made, NewVersion},
};

use super::{
    desk::{a_plan, an_order},
    *,
};

const TEXT: &str = "Ice at the summit 春";

/// A run whose one step has made its asset.
async fn a_finished_run(server: &Server, key: &str) -> String {
    let plan = a_plan(server, key, |_| {}).await;
    let order = Call::new(server, "POST", "/api/v1/runs").key(key).json(&an_order(&plan, 5));
    let run = order.done().await.with(201).body["id"].as_str().unwrap().to_owned();
    make(server, &run, TEXT).await;
    run
}

pub(super) async fn make(server: &Server, run: &str, text: &str) {
    let (store, here, id) = (&server.store, WorkspaceId::default(), RunId::new(run));
    let digest = store.files().put(Bytes::from(text.to_owned())).await.unwrap();
    let asset = json!({
        "id": "copy.meta", "kind": "copy", "file": "copy/a & b.md", "media_type": "text/markdown",
        "bytes": text.len(), "digest": digest, "lineage": { "step": "copy", "seed": 1 }, "ai_origin": "none",
        "cost": { "amount_micros": 7, "currency": "USD" },
    });
    let session =
        sessions::open(store, &format!("s-{}", Digest::of(text.as_bytes())), Duration::from_secs(60))
            .await
            .unwrap();
    let step = steps::claimable(store, &here, &id).await.unwrap()[0].0;
    let step = steps::claim(store, &here, step, session.id()).await.unwrap().unwrap();
    let version = NewVersion {
        asset: "copy.meta".into(),
        digest: digest.clone(),
        inputs: digest,
        parents: vec![],
        shown: asset.clone(),
    };
    let made =
        Made { campaign: "small".into(), run: id, step: "copy".into(), revision: 0, assets: vec![version] };
    let end = End::Succeeded { output: json!({ "value": null, "assets": [asset] }), inputs: None };
    let finish = Finish { workspace: here, fence: step.fence(), end, settled: vec![], made: Some(made) };
    steps::finish(store, finish).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_made_is_listed_and_fetched_by_link_without_a_key_whole_or_in_parts() {
    let server = serving().await;
    let key = server.any_key().await;
    let run = a_finished_run(&server, &key).await;
    let list =
        Call::new(&server, "GET", &format!("/api/v1/runs/{run}/assets")).key(&key).done().await.with(200);
    let asset = &list.body["data"][0];
    assert_eq!(
        (&asset["id"], &asset["kind"], list.body["data"].as_array().unwrap().len()),
        (&json!("copy.meta"), &json!("copy"), 1)
    );
    let images = format!("/api/v1/runs/{run}/assets?kind=image");
    assert_eq!(Call::new(&server, "GET", &images).key(&key).done().await.with(200).body["data"], json!([]));

    let link = asset["download"]["url"].as_str().unwrap();
    let whole = get(&server, link).await.with(200);
    assert_eq!((whole.text.as_str(), whole.header("content-type")), (TEXT, Some("text/markdown")));
    assert_eq!(whole.header("content-disposition"), Some("attachment; filename*=utf-8''a%20%26%20b.md"));
    let tag = whole.header("etag").unwrap();
    assert!(tag.contains(asset["digest"].as_str().unwrap()), "the tag is the checksum");
    let part = |range: &'static str| Call::new(&server, "GET", link).with("range", range).done();
    let first = part("bytes=0-2").await.with(206);
    assert_eq!(
        (first.text.as_str(), first.header("content-range")),
        ("Ice", Some(format!("bytes 0-2/{}", TEXT.len()).as_str()))
    );
    assert_eq!(part("bytes=18-").await.with(206).text, "春");
    assert_eq!(part("bytes=-3").await.with(206).text, "春");
    assert_eq!(part("bytes=4-9999").await.with(206).text, &TEXT[4..]);
    assert_eq!(part("bytes=999-").await.with(416).code(), "range_not_satisfiable");
    assert_eq!(part("bytes=x-y").await.with(200).text, TEXT);
    assert_eq!(part("bytes=0-1,3-4").await.with(200).text, TEXT);
    let other = Call::new(&server, "GET", link).with("range", "bytes=0-2").with("if-range", "\"old\"");
    assert_eq!(other.done().await.with(200).text, TEXT, "the part of another version is of no use");
    Call::new(&server, "GET", link).with("if-none-match", tag).done().await.with(304);
    for broken in [
        link.replace("markdown", "html"),
        link.replace("expires=", "expires=9"),
        link.replace("a%20", "b%20"),
    ] {
        assert_eq!(get(&server, &broken).await.with(403).code(), "link_expired", "{broken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_tells_every_version_and_which_is_current() {
    let server = serving().await;
    let key = server.any_key().await;
    let run = a_finished_run(&server, &key).await;
    let anew = Call::new(&server, "POST", &format!("/api/v1/runs/{run}/regenerate")).key(&key);
    anew.json(&json!({ "asset": "copy.meta" })).done().await.with(202);
    make(&server, &run, "another one").await;
    let now =
        Call::new(&server, "GET", "/api/v1/campaigns/small/assets").key(&key).done().await.with(200).body;
    assert_eq!(
        (&now["data"][0]["version"], &now["data"][0]["currency"]),
        (&json!(2), &json!("current")),
        "{now}"
    );
    let path = "/api/v1/campaigns/small/assets/copy.meta/versions";
    let all = Call::new(&server, "GET", path).key(&key).done().await.with(200).body;
    let versions: Vec<i64> =
        all["data"].as_array().unwrap().iter().map(|v| v["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, [1, 2]);
    assert_eq!(
        get(&server, all["data"][0]["download"]["url"].as_str().unwrap()).await.text,
        TEXT,
        "the first stays"
    );
    let plan = a_plan(&server, &key, |_| {}).await;
    assert_eq!(plan["assets"], json!({ "total": 1, "current": 1, "stale": 0, "missing": 0 }));
    let other = a_plan(&server, &key, |body| body["seed"] = json!(2)).await;
    assert_eq!(other["assets"], json!({ "total": 1, "current": 0, "stale": 1, "missing": 0 }));
    Call::new(&server, "GET", "/api/v1/campaigns/nothing/assets").key(&key).done().await.with(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_a_zip_that_other_programs_read() {
    let server = serving().await;
    let key = server.any_key().await;
    let run = a_finished_run(&server, &key).await;
    let bytes = Call::new(&server, "GET", &format!("/api/v1/runs/{run}/export")).key(&key).bytes_of().await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let read = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), {n: z.read(n).decode() for n in z.namelist()})";
    let python = Command::new("python3").args(["-c", read]).arg(file.path()).output().unwrap();
    let told = String::from_utf8_lossy(&python.stdout).into_owned();
    assert_eq!(
        told.trim(),
        format!("None {{'copy/春.md': '{TEXT}', 'campaign.json': '{{}}'}}"),
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_and_ledger_are_empty_before_anything_was_asked() {
    let server = serving().await;
    let key = server.any_key().await;
    a_finished_run(&server, &key).await;
    let ask = |path: &'static str| Call::new(&server, "GET", path).key(&key).done();
    assert_eq!(ask("/api/v1/usage").await.with(200).body, json!({ "sums": [], "totals": [] }));
    assert_eq!(ask("/api/v1/ledger").await.with(200).body, json!({ "data": [] }));
}
