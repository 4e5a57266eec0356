//! Bodies that cannot be taken.

use super::{desk::a_plan_request, *};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_body_is_told_at_once_with_its_place() {
    let server = serving().await;
    let key = server.any_key().await;
    let body = json!({
        "max_cost": { "amount_micros": "a lot", "currency": "GBP" }, "metadata": { "note": "x".repeat(501) },
        "callback_url": "http://127.0.0.1/hook", "surprise": 1,
    });
    let answer = Call::new(&server, "POST", "/api/v1/runs").key(&key).json(&body).done().await.with(422);
    let errors = answer.body["errors"].as_array().unwrap();
    let mut places: Vec<&str> = errors.iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(
        places,
        [
            "/callback_url",
            "/max_cost/amount_micros",
            "/max_cost/currency",
            "/metadata/note",
            "/plan_id",
            "/surprise"
        ]
    );
    let call = Call::new(&server, "POST", "/api/v1/runs").key(&key).with("accept-language", "zh").json(&body);
    let chinese = call.done().await.with(422);
    let missing =
        chinese.body["errors"].as_array().unwrap().iter().find(|e| e["pointer"] == "/plan_id").unwrap();
    assert_eq!(missing["detail"], "缺少 `plan_id`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brief_is_judged_by_its_own_reader_below_its_place_in_the_request() {
    let server = serving().await;
    let key = server.any_key().await;
    let mut body = a_plan_request();
    body["brief"]["campaing"] = body["brief"]["campaign"].take();
    body["brief"].as_object_mut().unwrap().remove("campaign");
    body["brief"]["placements"] = json!(["meta.feed_imag"]);
    let call =
        Call::new(&server, "POST", "/api/v1/plans").key(&key).with("accept-language", "zh").json(&body);
    let answer = call.done().await.with(422);
    let errors = answer.body["errors"].as_array().unwrap();
    let at = |place: &str| {
        errors.iter().find(|e| e["pointer"] == place).unwrap_or_else(|| panic!("{place}: {}", answer.text))
    };
    assert!(at("/brief/placements/0")["hint"].as_str().unwrap().contains("meta.feed_image"));
    assert!(errors.iter().any(|e| e["pointer"].as_str().unwrap().starts_with("/brief/campai")));
    assert!(
        errors.iter().all(|e| e["detail"].as_str().unwrap().chars().any(|c| c > '\u{4e00}')),
        "{}",
        answer.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_get_problems_and_nothing_else() {
    let server = serving().await;
    let key = server.any_key().await;
    let post = || Call::new(&server, "POST", "/api/v1/plans").key(&key);
    let deep = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)).into_bytes();
    let wide = format!("[{}1]", "1,".repeat(300_000)).into_bytes();
    for (what, call, status, code) in [
        ("no body", post(), 415, "unsupported_media_type"),
        (
            "a form",
            post().bytes("application/x-www-form-urlencoded", b"a=1".to_vec()),
            415,
            "unsupported_media_type",
        ),
        (
            "a packed body",
            post().with("content-encoding", "gzip").bytes("application/json", vec![0x1f, 0x8b, 8]),
            415,
            "unsupported_media_type",
        ),
        ("nothing of a type", post().bytes("application/json", vec![]), 400, "malformed_json"),
        ("half an object", post().bytes("application/json", b"{\"brief\":".to_vec()), 400, "malformed_json"),
        ("no text", post().bytes("application/json", vec![0xff, 0xfe, 0]), 400, "malformed_json"),
        ("a deep one", post().bytes("application/json", deep), 400, "malformed_json"),
        ("a wide one", post().bytes("application/json", wide), 422, "invalid"),
        ("a long one", post().bytes("application/json", vec![b' '; (1 << 20) + 1]), 413, "payload_too_large"),
        ("a list", post().json(&json!([])), 422, "invalid"),
        ("another type", post().json(&json!({ "brief": "x" })), 422, "invalid"),
    ] {
        let answer = call.done().await;
        assert_eq!((answer.status, answer.code()), (status, code), "{what}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_at_the_limit_is_read() {
    let server = serving().await;
    let key = server.any_key().await;
    let mut body = a_plan_request().to_string().into_bytes();
    body.resize(1 << 20, b' ');
    let call = Call::new(&server, "POST", "/api/v1/plans").key(&key).bytes("application/json", body);
    // Its files are missing, and that is all that is wrong with it.
    let answer = call.done().await.with(422);
    assert!(
        answer.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .all(|e| e["detail"].as_str().unwrap().contains("files"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_nobody_knows_is_a_mistake() {
    let server = serving().await;
    let key = server.any_key().await;
    for query in ["limt=5", "limit=0", "limit=201", "limit=x", "cursor=zz", "cursor=7a7a", "state=gone"] {
        let path = format!("/api/v1/runs?{query}");
        let answer = Call::new(&server, "GET", &path).key(&key).done().await.with(422);
        assert_eq!(answer.code(), "invalid_query", "{query}");
        assert!(answer.body["errors"][0]["pointer"].as_str().unwrap().starts_with("/query"), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_can_open_is_refused() {
    let server = serving().await;
    let key = server.any_key().await;
    let post = |kind: &str, bytes: &[u8]| {
        Call::new(&server, "POST", "/api/v1/files").key(&key).bytes(kind, bytes.to_vec()).done()
    };
    assert_eq!(post("image/png", b"<html>").await.with(422).code(), "file_unusable");
    assert_eq!(post("text/html", b"PNG").await.with(415).code(), "unsupported_media_type");
    let made = post("image/png", b"PNG").await.with(201);
    assert_eq!(made.body["media_type"], "image/png");
    post("image/png", b"PNG").await.with(200);
    let there = Call::new(&server, "GET", made.header("location").unwrap()).key(&key).done().await.with(200);
    assert_eq!(there.body, made.body);
}
