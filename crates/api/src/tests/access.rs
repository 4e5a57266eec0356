//! The walk: every operation, with no key, a stranger's, one of each scope, and another workspace's.

use super::{
    assets::make,
    desk::{a_plan, a_plan_request, an_order},
    *,
};
use crate::{operation::Access, operations as all};

/// What another workspace's key gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Elsewhere {
    /// There is no such thing there.
    Nothing,
    /// Its own things, of which there are none.
    Own,
}
use Elsewhere::{Nothing, Own};

/// Operation → its path with names filled in, its body, and what another workspace's key gets. An operation without a
/// line here fails the walk.
const CASES: &[(&str, &str, Option<&str>, Elsewhere)] = &[
    ("is_alive", "/healthz", None, Own),
    ("is_ready", "/readyz", None, Own),
    ("metrics", "/metrics", None, Own),
    ("read_docs", "/docs", None, Own),
    ("get_openapi", "/openapi.json", None, Own),
    ("list_channels", "/api/v1/channels", None, Own),
    ("get_channel", "/api/v1/channels/douyin", None, Own),
    ("list_models", "/api/v1/models", None, Own),
    ("get_key", "/api/v1/key", None, Own),
    ("upload_file", "/api/v1/files", Some("PNG of another"), Own),
    ("get_file", "/api/v1/files/{file}", None, Nothing),
    ("create_plan", "/api/v1/plans", Some("{brief}"), Own),
    ("get_plan", "/api/v1/plans/{plan}", None, Nothing),
    ("create_run", "/api/v1/runs", Some("{order}"), Nothing),
    ("list_runs", "/api/v1/runs", None, Own),
    ("get_run", "/api/v1/runs/{run}", None, Nothing),
    ("list_steps", "/api/v1/runs/{run}/steps", None, Nothing),
    ("get_step", "/api/v1/runs/{run}/steps/copy", None, Nothing),
    ("list_run_assets", "/api/v1/runs/{run}/assets", None, Nothing),
    ("list_campaign_assets", "/api/v1/campaigns/small/assets", None, Nothing),
    ("list_asset_versions", "/api/v1/campaigns/small/assets/copy.meta/versions", None, Nothing),
    ("download", "{link}", None, Own),
    ("export_run", "/api/v1/runs/{run}/export", None, Nothing),
    ("watch_events", "/api/v1/events?run={run}", None, Nothing),
    ("get_usage", "/api/v1/usage", None, Own),
    ("list_ledger", "/api/v1/ledger", None, Own),
    ("pause_run", "/api/v1/runs/{run}/pause", Some("{}"), Nothing),
    ("resume_run", "/api/v1/runs/{run}/resume", Some("{}"), Nothing),
    ("retry_run", "/api/v1/runs/{run}/retry", Some("{}"), Nothing),
    ("regenerate", "/api/v1/runs/{run}/regenerate", Some("{\"step\":\"copy\"}"), Nothing),
    ("redo_stale", "/api/v1/runs/{run}/redo", Some("{}"), Nothing),
    ("cancel_run", "/api/v1/runs/{run}/cancel", Some("{}"), Nothing),
];

struct Walk {
    server: Server,
    filled: Vec<(&'static str, String)>,
}

impl Walk {
    /// A workspace with a file, a plan and a run.
    async fn new() -> Self {
        let server = serving().await;
        let key = server.any_key().await;
        let plan = a_plan(&server, &key, |_| {}).await;
        let run = Call::new(&server, "POST", "/api/v1/runs").key(&key).json(&an_order(&plan, 5));
        let run = run.done().await.with(201).body;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        make(&server, &text(&run["id"]), "something").await;
        let file = Call::new(&server, "POST", "/api/v1/files").key(&key).bytes("image/png", b"PNG".to_vec());
        let digest = text(&file.done().await.body["digest"]);
        let linked = links::Linked {
            digest: digest.parse().unwrap(),
            name: "a.png".into(),
            media_type: "image/png".into(),
        };
        let filled = vec![
            ("{file}", digest),
            ("{order}", an_order(&plan, 5).to_string()),
            ("{brief}", a_plan_request().to_string()),
            ("{plan}", text(&plan["id"])),
            ("{link}", links::Links::open(&server.store).await.unwrap().to(&linked).url),
            ("{run}", text(&run["id"])),
        ];
        Self { server, filled }
    }

    fn fill(&self, text: &str) -> String {
        self.filled.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&str>, key: Option<&str>) -> Answer {
        let mut call = Call::new(&self.server, method, &self.fill(path));
        if let Some(key) = key {
            call = call.key(key);
        }
        if let Some(body) = body {
            let kind = if body.starts_with("PNG") { "image/png" } else { "application/json" };
            call = call.bytes(kind, self.fill(body).into_bytes());
        }
        call.done().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_lets_in_who_may_not_or_shows_another_workspace_anything() {
    let walk = Walk::new().await;
    let of_scope: Vec<(Permission, String)> = {
        let mut keys = Vec::new();
        for one in Permission::ALL {
            let scope = one.as_str().to_owned();
            keys.push((*one, walk.server.key("local", |new| new.scopes = vec![scope]).await));
        }
        keys
    };
    let elsewhere = walk.server.key("elsewhere", |_| {}).await;
    let (id, _) = elsewhere.rsplit_once('_').unwrap();
    let forged = format!("{id}_{}", "0".repeat(64));
    let before =
        walk.ask("GET", "/api/v1/runs/{run}", None, Some(&of(&of_scope, Permission::RunsRead))).await.body;
    for operation in all() {
        let name = operation.id;
        let case = CASES.iter().find(|(id, ..)| *id == name);
        let (_, path, body, there) = case.unwrap_or_else(|| panic!("{name} has no case: say who gets what"));
        let method = operation.method.as_str();
        let Access::Needs(permission) = operation.access else {
            assert!(walk.ask(method, path, *body, None).await.status < 400, "{name} is open");
            continue;
        };
        for key in [None, Some("hb_live_nobody_00"), Some("nonsense"), Some(forged.as_str())] {
            assert_eq!(walk.ask(method, path, *body, key).await.status, 401, "{name} with {key:?}");
        }
        for (scope, key) in of_scope.iter().filter(|(scope, _)| *scope != permission) {
            let answer = walk.ask(method, path, *body, Some(key)).await;
            assert_eq!((answer.status, answer.code()), (403, "scope_missing"), "{name} with {scope:?}");
        }
        let answer = walk.ask(method, path, *body, Some(&elsewhere)).await;
        match there {
            Nothing => assert_eq!(answer.status, 404, "{name} elsewhere: {}", answer.text),
            Own => {
                assert!(!matches!(answer.status, 401 | 403 | 500..), "{name} elsewhere: {}", answer.text);
                let (_, run) = walk.filled.last().unwrap();
                assert!(!answer.text.contains(run.as_str()), "{name} tells {run} to strangers");
            }
        }
    }
    let after =
        walk.ask("GET", "/api/v1/runs/{run}", None, Some(&of(&of_scope, Permission::RunsRead))).await.body;
    assert_eq!(before, after, "nobody who may not has changed anything");
    // Only now those who may: what they do, they do.
    for operation in all() {
        let (_, path, body, _) = CASES.iter().find(|(id, ..)| *id == operation.id).unwrap();
        if let Access::Needs(permission) = operation.access {
            let answer =
                walk.ask(operation.method.as_str(), path, *body, Some(&of(&of_scope, permission))).await;
            assert!(!matches!(answer.status, 401 | 403 | 404 | 500..), "{}: {}", operation.id, answer.text);
        }
    }
}

fn of(keys: &[(Permission, String)], permission: Permission) -> String {
    keys.iter().find(|(one, _)| *one == permission).unwrap().1.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_or_has_expired_is_refused_from_the_next_request_on() {
    let server = serving().await;
    let key = server.any_key().await;
    Call::new(&server, "GET", "/api/v1/key").key(&key).done().await.with(200);
    let id = key.split('_').nth(2).unwrap();
    assert!(keys::revoke(&server.store, &WorkspaceId::default(), id).await.unwrap());
    let refused = Call::new(&server, "GET", "/api/v1/key").key(&key).done().await.with(401);
    assert_eq!(refused.code(), "key_refused");
    let old = server.key("local", |new| new.lives_ms = Some(-1)).await;
    Call::new(&server, "GET", "/api/v1/key").key(&old).done().await.with(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_kept_only_as_a_hash_that_opens_nothing() {
    let server = serving().await;
    let key = server.any_key().await;
    let secret = key.rsplit('_').next().unwrap();
    assert_eq!(secret.len(), 64, "256 bits");
    let mut kept = Vec::new();
    for file in std::fs::read_dir(server._folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            kept.extend(std::fs::read(path).unwrap());
        }
    }
    let has = |needle: &str| kept.windows(needle.len()).any(|part| part == needle.as_bytes());
    let hash = handbill_domain::asset::Digest::of(key.as_bytes()).to_string();
    assert!(has(&hash) && !has(secret));
    let id = key.split('_').nth(2).unwrap();
    Call::new(&server, "GET", "/api/v1/key").key(&format!("hb_live_{id}_{hash}")).done().await.with(401);
}

#[test]
fn an_owner_may_everything_and_a_client_may_only_look() {
    for one in Permission::ALL {
        assert!(one.roles().contains(&MemberRole::Owner), "{one:?}");
        assert_eq!(one.as_str().parse(), Ok(*one));
        if one.roles().contains(&MemberRole::Client) {
            assert!(one.as_str().ends_with(":read"), "{one:?}");
        }
    }
}
