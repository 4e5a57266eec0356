//! Whatever goes wrong is a problem: with its code, its fault, the next action, and everything that is wrong at once.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_goes_wrong_is_a_problem_with_a_request_id() {
    let server = serving().await;
    for (method, path, status, code, next) in [
        ("GET", "/nowhere", 404, "not_found", "fix_request"),
        ("GET", "/api/v1/nowhere", 404, "not_found", "fix_request"),
        ("GET", "/api/v1/channels/nobody", 404, "not_found", "fix_request"),
        ("POST", "/api/v1/channels", 405, "method_not_allowed", "fix_request"),
        ("DELETE", "/healthz", 405, "method_not_allowed", "fix_request"),
        ("OPTIONS", "/api/v1/runs", 405, "method_not_allowed", "fix_request"),
        ("GET", "/api/v1/runs", 401, "key_missing", "check_key"),
    ] {
        let answer = Call::new(&server, method, path).done().await.with(status);
        assert_eq!(answer.code(), code, "{method} {path}");
        let body = &answer.body;
        assert_eq!((&body["status"], &body["type"]), (&json!(status), &json!(format!("/problems/{code}"))));
        assert_eq!(body["next_action"], next);
        assert!(
            body["title"].is_string() && body["errors"].is_array() && body["fault"].is_string(),
            "{body}"
        );
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(answer.header("x-request-id"), body["request_id"].as_str());
        assert_eq!(answer.header("allow").is_some(), status == 405);
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
    let wrong = Call::new(&server, "DELETE", "/api/v1/runs").done().await;
    assert_eq!(wrong.header("allow"), Some("get, head, post"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_told_in_the_language_that_the_caller_likes_best() {
    let server = serving().await;
    let say = |wish: &'static str| {
        let call = Call::new(&server, "GET", "/api/v1/runs").with("accept-language", wish);
        async move { call.done().await.with(401) }
    };
    let (chinese, english) = (say("zh-CN,en;q=0.5").await, say("de, en;q=0.5").await);
    assert!(chinese.body["detail"].as_str().unwrap().contains("请提供密钥"), "{}", chinese.text);
    assert!(chinese.body["title"].as_str().unwrap().contains("身份"));
    assert_eq!(chinese.header("content-language"), Some("zh"));
    assert!(english.body["detail"].as_str().unwrap().contains("send a key"), "{}", english.text);
    assert_eq!(chinese.code(), english.code(), "programs read the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_request_id_comes_back_and_a_strange_one_does_not() {
    let server = serving().await;
    let with = |id: &'static str| Call::new(&server, "GET", "/healthz").with("x-request-id", id);
    assert_eq!(with("order-17").done().await.header("x-request-id"), Some("order-17"));
    assert!(!with("a b;c").done().await.head.contains("a b;c"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_protect_it() {
    let server = serving().await;
    for path in ["/healthz", "/metrics", "/nowhere", "/api/v1/runs", "/api/v1/channels"] {
        let answer = get(&server, path).await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(
            answer.header("content-security-policy").is_some_and(|csp| csp.contains("default-src 'none'"))
        );
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert!(
            answer.header("cache-control").is_some() && answer.header("x-request-id").is_some(),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_caller_has_is_not_sent_again() {
    let server = serving().await;
    let first = get(&server, "/api/v1/channels").await.with(200);
    let tag = first.header("etag").unwrap().to_owned();
    let again =
        Call::new(&server, "GET", "/api/v1/channels").with("if-none-match", &tag).done().await.with(304);
    assert!(again.text.is_empty());
    Call::new(&server, "GET", "/api/v1/channels").with("if-none-match", "\"other\"").done().await.with(200);
}
