//! Models that fail: one asset that fails does not lose the others, and the failure says what to do.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::Value;

use crate::house::{House, a_small_brief};

const DECLINED: &str = r#"{"error":{"message":"Your request was rejected by the safety system.","type":"invalid_request_error","code":"moderation_blocked"}}"#;

#[test]
fn a_declined_picture_does_not_lose_the_words() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();

    let ran =
        house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(3);

    let manifest = house.manifest("pack");
    assert_eq!(manifest["state"], "partial", "{}", ran.err);
    let kinds =
        |kind: &str| manifest["assets"].as_array().unwrap().iter().filter(|a| a["kind"] == kind).count();
    assert_eq!((kinds("copy"), kinds("image")), (2, 0));
    let failure = failure(&manifest, "background");
    assert_eq!(
        (&failure["code"], &failure["billed"], &failure["next_action"]),
        (&"model_declined".into(), &"no".into(), &"edit_brief".into())
    );
    assert!(house.path("pack/index.html").exists());
}

#[test]
fn running_again_after_a_failure_makes_only_what_is_missing() {
    let provider = Provider::answering(400, DECLINED);
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();
    let command = ["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"];
    house.run(&command).ended(3);
    let (words, asked) = (house.files("pack/copy"), provider.asked());

    house.run(&command).ended(3);

    assert!(words == house.files("pack/copy"), "the words were kept");
    assert!(provider.asked() > asked, "the declined picture was asked for again");
}

#[test]
fn a_connection_that_breaks_after_the_request_is_reported_as_perhaps_billed_and_not_repeated() {
    let provider = Provider::hanging_up();
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();

    house.run(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]).ended(3);

    let manifest = house.manifest("pack");
    let failure = failure(&manifest, "background");
    assert_eq!((&failure["code"], &failure["billed"]), (&"call_ambiguous".into(), &"maybe".into()));
    let backgrounds =
        manifest["failures"].as_array().unwrap().iter().filter(|f| f["code"] == "call_ambiguous").count();
    assert_eq!(provider.asked(), backgrounds, "each was sent once");
    assert_eq!(manifest["cost"]["ambiguous_calls"], backgrounds);
}

#[test]
fn a_model_without_its_key_is_told_before_anything_starts() {
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), "[roles]\nwriter = \"openai/gpt-6-luna\"\n").unwrap();
    let mut command =
        house.handbill(&["create", "brief.yaml", "--out", "pack", "--models", "models.toml", "--yes"]);
    let output = command.env_remove("OPENAI_API_KEY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("OPENAI_API_KEY"), "{said}");
    assert!(!house.path("pack").exists());
}

fn failure<'a>(manifest: &'a Value, step: &str) -> &'a Value {
    let failures = manifest["failures"].as_array().unwrap();
    let of_step = |failure: &&Value| failure["step"].as_str().unwrap().starts_with(step);
    failures.iter().find(of_step).unwrap_or_else(|| panic!("no failure of {step} in {failures:?}"))
}

/// A provider of our own that fails always in the same way and counts how often it was asked.
struct Provider {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn answering(status: u16, body: &'static str) -> Self {
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        Self::start(move |stream| stream.write_all(answer.as_bytes()).unwrap())
    }

    fn hanging_up() -> Self {
        Self::start(|_| {})
    }

    fn start(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                read_request(&mut stream);
                count.fetch_add(1, Ordering::SeqCst);
                answer(&mut stream);
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// A models file that gives one role to it.
    fn models(&self, role: &str, modality: &str, price: &str) -> String {
        let (unit, micros) = price.split_once(" = ").unwrap();
        format!(
            "[roles]\n{role} = \"ours/model\"\n\n[provider.ours]\nprotocol = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nlocal = true\n\n\
             [[entry]]\nid = \"ours/model\"\nmodality = \"{modality}\"\nprovider = \"ours\"\nmodel = \"model\"\n\
             price = [{{ unit = \"{unit}\", micros = {micros} }}]\n",
            self.port
        )
    }
}

/// Reads headers and as much body as they announce, so that the other side has sent all of its request.
fn read_request(stream: &mut TcpStream) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let read = stream.read(&mut chunk).unwrap_or(0);
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        if let Some(end) = text.find("\r\n\r\n") {
            let announced =
                text[..end].lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + announced.unwrap_or(0) {
                return;
            }
        }
        if read == 0 {
            return;
        }
    }
}
