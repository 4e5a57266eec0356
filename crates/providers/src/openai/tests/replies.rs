//! What we make of answers, odd answers and errors.

use base64::{Engine, engine::general_purpose::STANDARD};
use handbill_domain::{Fault, fault::Billed, model::PriceUnit};
use serde_json::{Value, json};

use super::*;
use crate::{
    ask::{Polled, Speech},
    contract,
};

const ANSWER: &str = r#"{"headline":"春茶上市"}"#;

fn streamed(pieces: &[Value], end: &str) -> String {
    pieces.iter().map(|piece| format!("data: {piece}\n\n")).collect::<String>() + end
}

fn delta(content: &str) -> Value {
    json!({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]})
}

fn the_stream() -> String {
    let end = json!({"id": "c1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let usage = json!({"id": "c1", "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "prompt_tokens_details": {"cached_tokens": 5}}});
    let pieces = [delta("{\"head"), delta("line\":\"春"), delta("茶上市\"}"), end, usage];
    format!(": KEEP-ALIVE\r\n\r\n{}", streamed(&pieces, "data: [DONE]\n\n"))
}

fn counts(answer: &TextAnswer) -> [u64; 3] {
    [PriceUnit::InputToken, PriceUnit::CachedToken, PriceUnit::OutputToken]
        .map(|unit| answer.usage.count(unit))
}

#[tokio::test]
async fn the_contract_holds_for_words_pictures_and_speech() {
    let server = Scripted::saying(vec![Line::json(200, completion(ANSWER).to_string())]).await;
    let answer = contract::holds::<Text>(
        &speak_to(&server, a_writer("openai", "json_schema = true")),
        &an_ask(),
        |a| &a.usage,
    )
    .await;
    assert_eq!(answer.value, json!({"headline": "春茶上市"}));

    let server = Scripted::saying(vec![Line::of(200, "text/event-stream", the_stream())]).await;
    contract::holds::<Text>(
        &speak_to(&server, a_writer("openai", "json_schema = true, streaming = true")),
        &an_ask(),
        |a| &a.usage,
    )
    .await;

    let server = Scripted::saying(vec![Line::json(
        200,
        json!({"data": [{"b64_json": STANDARD.encode(PNG)}]}).to_string(),
    )])
    .await;
    let answer =
        contract::holds::<Image>(&speak_to(&server, a_painter("openai", "")), &a_picture(), |a| &a.usage)
            .await;
    assert_eq!(answer.bytes, PNG);

    let server = Scripted::saying(vec![Line::of(200, "audio/wav", a_wav(2))]).await;
    let speaker = an_entry(
        "openai",
        "modality = 'speech'\nmodel = 'm'\nprice = [{ unit = 'audio_second', micros = 250 }]",
    );
    let answer = contract::holds::<Speech>(&speak_to(&server, speaker), &a_speech(), |a| &a.usage).await;
    assert_eq!(answer.usage.count(PriceUnit::AudioSecond), 2);
}

#[tokio::test]
async fn a_stream_says_the_same_wherever_it_is_split() {
    let stream = the_stream().into_bytes();
    let whole = {
        let model = mute(a_writer("openai", "streaming = true")).await;
        let reply = Reply {
            media_type: "text/event-stream".to_owned(),
            ..reply(String::from_utf8(stream.clone()).unwrap())
        };
        Model::<Text>::read(&model, &an_ask(), &reply).unwrap()
    };
    assert_eq!((whole.value.clone(), counts(&whole)), (json!({"headline": "春茶上市"}), [4, 5, 4]));
    // Every place in the middle of the stream where a packet can end, UTF-8 characters cut in halves included.
    let lines: Vec<_> = (1..stream.len())
        .map(|at| Line::Pieces {
            media_type: "text/event-stream",
            pieces: vec![stream[..at].to_vec(), stream[at..].to_vec()],
        })
        .collect();
    let splits = lines.len();
    let server = Scripted::saying(lines).await;
    let model = speak_to(&server, a_writer("openai", "streaming = true"));
    for at in 0..splits {
        let Submission::Replied(reply) = Model::<Text>::submit(&model, &an_ask(), "k").await.unwrap() else {
            panic!("no job was expected")
        };
        assert_eq!(Model::<Text>::read(&model, &an_ask(), &reply).unwrap(), whole, "split at {at}");
    }
    let bytes = Line::Pieces {
        media_type: "text/event-stream",
        pieces: stream.chunks(1).map(<[u8]>::to_vec).collect(),
    };
    assert_eq!(write(a_writer("openai", "streaming = true"), bytes).await.unwrap(), whole);
}

#[tokio::test]
async fn a_stream_that_ends_too_early_is_no_answer() {
    let pieces = vec![streamed(&[delta("{\"headline\":\"a\"}")], "").into_bytes()];
    let cut = Line::Cut { media_type: "text/event-stream", pieces: pieces.clone() };
    let error = write(a_writer("openai", "streaming = true"), cut).await.unwrap_err();
    assert!(matches!(error, Error::Ambiguous { .. }), "{error}");
    let quiet = Line::Pieces { media_type: "text/event-stream", pieces };
    let error = write(a_writer("openai", "streaming = true"), quiet).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer of openai cannot be used: the stream ended in the middle");
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_is_found() {
    let body = streamed(
        &[
            delta("{\"he"),
            json!({"error": {"code": 429, "message": "slow down"}, "choices": [{"delta": {}, "finish_reason": "error"}]}),
        ],
        "data: [DONE]\n\n",
    );
    let error = write(a_writer("openrouter", "streaming = true"), Line::of(200, "text/event-stream", body))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::RateLimited { .. }), "{error}");
}

#[tokio::test]
async fn unknown_fields_and_odd_forms_do_no_harm() {
    let mut odd = completion("");
    odd["choices"][0]["message"]["content"] = json!([{"type": "text", "text": "```json\n"}, {"type": "text", "text": ANSWER}, {"type": "new", "x": 1}]);
    odd["choices"][0]["message"]["reasoning_content"] = json!("{\"headline\": \"a thought\"}");
    odd["choices"][0]["logprobs"] = json!({"content": []});
    odd["service_tier"] = json!("default");
    odd["usage"]["completion_tokens_details"] = json!({"reasoning_tokens": 3});
    assert_eq!(read(odd.to_string()).await.unwrap().value, json!({"headline": "春茶上市"}));
}

#[tokio::test]
async fn any_finish_that_is_not_a_stop_for_cause_is_judged_by_the_answer() {
    for finish in [json!("stop"), json!("eos"), json!("tool_calls"), json!(""), Value::Null, json!(7)] {
        let mut body = completion(ANSWER);
        body["choices"][0]["finish_reason"] = finish.clone();
        assert!(read(body.to_string()).await.is_ok(), "{finish}");
    }
    for (finish, code) in [
        ("length", "answer_unreadable"),
        ("content_filter", "model_declined"),
        ("sensitive", "model_declined"),
        ("insufficient_system_resource", "provider_unavailable"),
    ] {
        let mut body = completion(ANSWER);
        body["choices"][0]["finish_reason"] = json!(finish);
        let error = read(body.to_string()).await.unwrap_err();
        assert_eq!(error.code(), code, "{finish}");
        contract::speaks_well(&error);
    }
}

#[tokio::test]
async fn usage_is_read_in_every_dialect_and_estimated_where_it_is_missing() {
    let usages = [
        (
            json!({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 8}}),
            [2, 8, 5],
        ),
        (
            json!({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 6}),
            [6, 4, 5],
        ),
        (json!({"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 3}), [7, 3, 5]),
        (json!({"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": null}), [10, 0, 5]),
        (json!({"prompt_tokens": 2, "completion_tokens": 5, "cached_tokens": 9}), [0, 2, 5]),
    ];
    for (usage, expected) in usages {
        let body = json!({"usage": usage, "choices": completion(ANSWER)["choices"]});
        let answer = read(body.to_string()).await.unwrap();
        assert_eq!((counts(&answer), answer.usage.estimated), (expected, false), "{usage}");
    }
    for usage in [Value::Null, json!({}), json!({"prompt_tokens": "ten"})] {
        let body = json!({"usage": usage, "choices": completion(ANSWER)["choices"]});
        let answer = read(body.to_string()).await.unwrap();
        assert!(answer.usage.estimated && answer.usage.count(PriceUnit::OutputToken) > 0, "{usage}");
    }
    let body = json!({"choices": [{"message": {"content": ANSWER}, "finish_reason": "stop", "usage": {"prompt_tokens": 1, "completion_tokens": 2}}]});
    assert_eq!(counts(&read(body.to_string()).await.unwrap()), [1, 0, 2], "Moonshot tells it in the choice");
}

#[tokio::test]
async fn an_answer_that_ignores_the_schema_is_malformed_with_its_objections_and_its_use() {
    let body = completion("Here you are: {\"headline\": 7, \"more\": 1}").to_string();
    let error = read(body.clone()).await.unwrap_err();
    let Error::Malformed { said, objections, .. } = &error else { panic!("{error}") };
    assert!(said.starts_with("Here you are") && objections.len() == 2, "{error}");
    assert_eq!((error.billed(), error.code()), (Billed::Yes, "answer_malformed"));
    let model = mute(a_writer("openai", "")).await;
    assert_eq!(
        Model::<Text>::usage(&model, &an_ask(), &reply(body)).unwrap().count(PriceUnit::OutputToken),
        5
    );
}

#[tokio::test]
async fn a_refusal_is_declined_and_not_tried_again() {
    let mut body = completion("");
    body["choices"][0]["message"] =
        json!({"role": "assistant", "content": null, "refusal": "I cannot help with sk-abcdefghijkl."});
    let error = read(body.to_string()).await.unwrap_err();
    assert_eq!(
        (error.fault(), error.to_string().as_str()),
        (Fault::Refused, "openai/m declined: I cannot help with [key]")
    );
}

#[tokio::test]
async fn what_is_no_completion_is_unreadable() {
    for body in
        ["", "null", "[]", "{}", "hello", "{\"choices\": []}", "<html></html>", "data: {\n\n", "data: x\n\n"]
    {
        let error = read(body).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{body}: {error}");
    }
    let model = mute(a_writer("openai", "")).await;
    let bad = Reply { body: b"{\"choices\": \"\xff\"}"[..].into(), ..reply("") };
    assert!(matches!(Model::<Text>::read(&model, &an_ask(), &bad), Err(Error::Unreadable { .. })));
}

#[tokio::test]
async fn every_error_of_every_service_is_told_apart() {
    let said = |code: &str, message: &str| json!({"error": {"code": code, "type": "x", "message": message}});
    let cases = [
        (
            "openai",
            429,
            json!({"error": {"code": "insufficient_quota", "type": "insufficient_quota", "message": "You exceeded your current quota"}}),
            "quota_exhausted",
        ),
        (
            "openai",
            429,
            json!({"error": {"code": "rate_limit_exceeded", "type": "requests", "message": "Rate limit reached"}}),
            "rate_limited",
        ),
        ("openai", 429, json!("too many"), "rate_limited"),
        (
            "openai",
            401,
            said("invalid_api_key", "Incorrect API key provided: sk-abcdefgh12345678"),
            "provider_unauthorized",
        ),
        ("openai", 403, said("unsupported_country", "no"), "provider_unauthorized"),
        ("openai", 400, said("content_policy_violation", "no"), "model_declined"),
        ("openai", 400, said("moderation_blocked", "no"), "model_declined"),
        ("openai", 400, said("invalid_request", "max_tokens is not supported"), "provider_rejected"),
        ("openai", 404, said("model_not_found", "no such model"), "provider_rejected"),
        ("openai", 500, said("server_error", "oops"), "provider_unavailable"),
        ("openai", 503, json!("<html>busy</html>"), "provider_unavailable"),
        ("openai", 504, json!("gateway time-out"), "call_ambiguous"),
        ("openai", 307, json!(""), "provider_rejected"),
        ("deepseek", 402, said("invalid_request_error", "Insufficient Balance"), "quota_exhausted"),
        ("deepseek", 422, json!({"error": {"message": "bad"}}), "provider_rejected"),
        ("dashscope", 400, said("data_inspection_failed", "inappropriate content"), "model_declined"),
        (
            "dashscope",
            400,
            json!({"code": "DataInspectionFailed", "message": "no", "request_id": "1"}),
            "model_declined",
        ),
        ("dashscope", 400, said("Arrearage", "overdue"), "quota_exhausted"),
        ("dashscope", 429, said("Throttling.RateQuota", "slow"), "rate_limited"),
        ("dashscope", 401, said("invalid_api_key", "no"), "provider_unauthorized"),
        ("ark", 400, said("InputTextSensitiveContentDetected", "no"), "model_declined"),
        ("ark", 400, said("SensitiveContentDetected.Violence", "no"), "model_declined"),
        ("ark", 403, said("AccountOverdueError", "no"), "quota_exhausted"),
        ("ark", 429, said("RateLimitExceeded.EndpointRPMExceeded", "slow"), "rate_limited"),
        ("ark", 429, said("SetLimitExceeded", "no"), "quota_exhausted"),
        ("ark", 500, said("InternalServiceError", "no"), "provider_unavailable"),
        (
            "zhipu",
            400,
            json!({"error": {"code": "1301", "message": "系统检测到输入或生成内容可能包含不安全或敏感内容"}}),
            "model_declined",
        ),
        ("zhipu", 429, json!({"error": {"code": "1113", "message": "您的账户已欠费"}}), "quota_exhausted"),
        ("zhipu", 429, json!({"error": {"code": "1302", "message": "并发数过高"}}), "rate_limited"),
        ("zhipu", 200, json!({"error": {"code": 1302, "message": "并发数过高"}}), "rate_limited"),
        (
            "moonshot",
            429,
            json!({"error": {"type": "exceeded_current_quota_error", "message": "no"}}),
            "quota_exhausted",
        ),
        (
            "moonshot",
            429,
            json!({"error": {"type": "engine_overloaded_error", "message": "busy"}}),
            "rate_limited",
        ),
        (
            "moonshot",
            400,
            json!({"error": {"type": "content_filter", "message": "high risk"}}),
            "model_declined",
        ),
        (
            "openrouter",
            402,
            json!({"error": {"code": 402, "message": "Insufficient credits"}}),
            "quota_exhausted",
        ),
        (
            "openrouter",
            403,
            json!({"error": {"code": 403, "message": "Your input was flagged", "metadata": {"reasons": ["x"]}}}),
            "model_declined",
        ),
        (
            "openrouter",
            200,
            json!({"error": {"code": 502, "message": "Provider returned error"}}),
            "provider_unavailable",
        ),
        ("openrouter", 200, json!({"error": {"code": 429, "message": "slow"}}), "rate_limited"),
        (
            "openrouter",
            200,
            json!({"choices": [{"error": {"code": 403, "message": "flagged by moderation"}, "message": {"content": ""}}]}),
            "model_declined",
        ),
        ("ollama", 404, json!({"error": "model 'x' not found"}), "provider_rejected"),
        (
            "vllm",
            400,
            json!({"object": "error", "message": "context too long", "type": "BadRequestError", "code": 400}),
            "provider_rejected",
        ),
        ("llama_cpp", 422, json!({"detail": [{"msg": "field required"}]}), "provider_rejected"),
        (
            "llama_cpp",
            503,
            json!({"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}),
            "provider_unavailable",
        ),
    ];
    for (dialect, status, body, code) in cases {
        let error = write(a_writer(dialect, ""), Line::json(status, body.to_string())).await.unwrap_err();
        assert_eq!(error.code(), code, "{dialect} {status} {body}: {error}");
        assert!(!error.to_string().contains("sk-abcdefgh"), "{error}");
        contract::speaks_well(&error);
    }
}

#[tokio::test]
async fn a_wait_is_taken_from_any_form_of_retry_after() {
    let date = ("date", "Mon, 23 Nov 2026 14:00:00 GMT");
    let forms = [
        (vec![("retry-after", "20")], seconds(20)),
        (vec![("retry-after", "1.0")], seconds(1)),
        (vec![("retry-after-ms", "3000"), ("retry-after", "9")], seconds(3)),
        (vec![date, ("retry-after", "Mon, 23 Nov 2026 14:00:05 GMT")], seconds(5)),
        (vec![("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m0s")], seconds(60)),
        (vec![("retry-after", "soon")], None),
        (vec![], None),
    ];
    for (headers, wait) in forms {
        let line = headers.iter().fold(Line::json(429, "{}"), |line, (name, value)| line.with(name, value));
        let error = write(a_writer("openai", ""), line).await.unwrap_err();
        assert_eq!(error.fault(), Fault::Busy { retry_after: wait }, "{headers:?}");
    }
    let error =
        write(a_writer("openai", ""), Line::json(503, "{}").with("retry-after", "7")).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Busy { retry_after: seconds(7) });
}

#[tokio::test]
async fn what_breaks_after_sending_is_ambiguous_and_what_never_left_is_safe() {
    let half = Line::Raw(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{".to_vec(),
    );
    for line in [Line::Raw(Vec::new()), half] {
        let error = write(a_writer("openai", ""), line).await.unwrap_err();
        assert_eq!((error.code(), error.billed()), ("call_ambiguous", Billed::Maybe), "{error}");
    }
    let gone = Scripted::saying(vec![Line::Silence]).await;
    let model = speak_to(&gone, a_writer("openai", ""));
    drop(gone);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let error = Model::<Text>::submit(&model, &an_ask(), "k").await.unwrap_err();
    assert_eq!((error.code(), error.billed()), ("provider_unavailable", Billed::No), "{error}");
}

#[tokio::test]
async fn a_time_out_after_sending_is_ambiguous_and_an_endless_body_ends() {
    let cut = handbill_net::Error::Cut { host: "h".to_owned(), reason: "no answer in time".to_owned() };
    assert_eq!(super::super::trouble::unsent_or_cut("p", &cut).code(), "call_ambiguous");
    let error = write(a_writer("openai", ""), Line::Endless).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn a_picture_behind_a_link_is_a_job_that_is_fetched_without_the_key() {
    let files =
        Scripted::saying(vec![Line::of(503, "text/plain", ""), Line::of(200, "image/png", PNG)]).await;
    let body = json!({"created": 1, "data": [{"url": files.url("/a.png?sig=1"), "size": "2048x2048"}], "usage": {"input_tokens": 3, "output_tokens": 100}});
    let server = Scripted::saying(vec![Line::json(200, body.to_string())]).await;
    let model = speak_to(&server, a_painter("zhipu", ""));
    let Submission::Accepted(job) = Model::<Image>::submit(&model, &a_picture(), "k").await.unwrap() else {
        panic!("a job was expected")
    };
    let error = Model::<Image>::poll(&model, &job).await.unwrap_err();
    assert_eq!(error.code(), "provider_unavailable", "a fetch may be tried again: {error}");
    let Polled::Replied(reply) = Model::<Image>::poll(&model, &job).await.unwrap() else {
        panic!("a picture was expected")
    };
    let answer = Model::<Image>::read(&model, &a_picture(), &reply).unwrap();
    assert_eq!(
        (&answer.bytes[..], answer.usage.count(PriceUnit::ImageOutputToken), answer.usage.estimated),
        (PNG, 100, false)
    );
    assert!(files.asked().iter().all(|asked| asked.header("authorization").is_none()));
}

#[tokio::test]
async fn what_is_no_picture_is_unreadable_and_a_filtered_one_is_declined() {
    let painter = || a_painter("openai", "");
    for data in [
        json!([]),
        json!([{}]),
        json!([{"b64_json": "!!"}]),
        json!([{"b64_json": STANDARD.encode("<svg/>")}]),
    ] {
        let error = see(painter(), json!({"data": data})).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{data}: {error}");
    }
    let error = see(painter(), json!({"data": [], "content_filter": [{"role": "assistant", "level": 0}]}))
        .await
        .unwrap_err();
    assert_eq!(error.fault(), Fault::Refused);
    let error = see(
        painter(),
        json!({"data": [{"error": {"code": "OutputImageSensitiveContentDetected", "message": "no"}}]}),
    )
    .await
    .unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. } | Error::Declined { .. }), "{error}");
}

#[tokio::test]
async fn speech_that_was_made_as_it_was_spoken_still_has_its_length() {
    let server = Scripted::saying(vec![Line::Silence]).await;
    let model = speak_to(
        &server,
        an_entry(
            "openai",
            "modality = 'speech'\nmodel = 'm'\nprice = [{ unit = 'audio_second', micros = 1 }]",
        ),
    );
    for claimed in [0, u32::MAX] {
        let mut wav = a_wav(3);
        wav[40..44].copy_from_slice(&claimed.to_le_bytes());
        let reply = Reply { status: 200, media_type: "audio/wav".to_owned(), body: wav.into() };
        let answer = Model::<Speech>::read(&model, &a_speech(), &reply).unwrap();
        assert_eq!(answer.usage.count(PriceUnit::AudioSecond), 3);
    }
    let error = Model::<Speech>::read(
        &model,
        &a_speech(),
        &reply(r#"{"error": {"message": "no voice", "code": 400}}"#),
    )
    .unwrap_err();
    assert_eq!(error.code(), "provider_rejected");
}
