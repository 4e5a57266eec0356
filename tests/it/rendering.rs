//! Pictures and videos are computed in processes of their own: when one of them dies, one step is made again, and no paid
//! call is lost with it.

use std::{
    io::{BufRead, BufReader, Lines, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    house::{House, a_small_brief},
    provider::Provider,
};

const PATIENCE: Duration = Duration::from_secs(240);
/// The video stands on a square background, the story on a tall one.
const VIDEO: &str =
    "placements: [instagram.story]\ndeliverables: { article: false, videos: [15], video_ratios: [\"1:1\"] }";
const CREATE: [&str; 6] = ["create", "brief.yaml", "--out", "pack", "--yes", "--json"];

/// A `create` that is watched.
struct Watched {
    process: Child,
    events: Lines<BufReader<ChildStdout>>,
}

impl Watched {
    fn begin(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::null()).spawn().unwrap();
        let events = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, events }
    }

    /// Reads on until an event of this name about a step that begins so.
    fn at(&mut self, event: &str, step: &str) -> Value {
        loop {
            let line = self.events.next().unwrap_or_else(|| panic!("it ended before {event} of {step}"));
            let told: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if told["event"] == event && told["step"].as_str().is_some_and(|key| key.starts_with(step)) {
                return told;
            }
        }
    }

    /// Reads on until frames of the video are made.
    fn at_frames(&mut self) {
        while self.at("step_progress", "video.")["what"] != "frames" {}
    }

    /// The processes that it began and that live.
    fn children(&self) -> Vec<u32> {
        let folders = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        folders
            .filter(|pid| {
                stat(*pid).is_some_and(|(state, parent)| parent == self.process.id() && state != 'Z')
            })
            .collect()
    }

    fn ended(&mut self) -> Option<i32> {
        for _ in self.events.by_ref() {}
        self.process.wait().unwrap().code()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(char, u32)> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit(')').next()?.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

fn until(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "in vain: {what}");
        sleep(Duration::from_millis(50));
    }
}

/// A picture as the protocol answers with it.
fn answered_with(photo: &Path) -> String {
    let packed = Command::new("base64").arg("-w0").arg(photo).output().unwrap();
    format!(r#"{{"created":1,"data":[{{"b64_json":"{}"}}]}}"#, String::from_utf8(packed.stdout).unwrap())
}

#[test]
fn a_render_that_is_killed_is_made_again_while_a_paid_call_goes_on() {
    let house = House::with(&a_small_brief(VIDEO));
    let body = answered_with(&house.path("photos/rotated.jpg"));
    let go_on = Arc::new(AtomicBool::new(false));
    let told = go_on.clone();
    let provider = Provider::hearing(move |request, stream| {
        // The tall picture takes as long as we want.
        while request.contains("1024x1792") && !told.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(20));
        }
        let head = "HTTP/1.1 200 X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
        let _ = write!(stream, "{head} {}\r\n\r\n{body}", body.len());
    });
    std::fs::write(house.path("models.toml"), provider.models("illustrator", "image", "image = 40000"))
        .unwrap();
    let mut create = CREATE.to_vec();
    create.extend(["--models", "models.toml"]);
    let mut watched = Watched::begin(house.handbill(&create));
    watched.at_frames();
    until("both pictures are asked for", || provider.asked() == 2);
    let children = watched.children();
    assert!(!children.is_empty(), "it computes in a process of its own");
    children.into_iter().for_each(kill);

    let waiting = watched.at("step_waiting", "video.");
    assert_eq!(
        (&waiting["reason"]["code"], &waiting["reason"]["next_action"], &waiting["reason"]["billed"]),
        (&"render_died".into(), &"retry".into(), &"no".into())
    );
    assert!(waiting["reason"]["message"].as_str().unwrap().contains("signal 9"), "{waiting}");
    watched.at_frames();
    go_on.store(true, Ordering::SeqCst);
    assert_eq!(watched.ended(), Some(0));

    let manifest = house.manifest("pack");
    let kinds =
        |kind: &str| manifest["assets"].as_array().unwrap().iter().filter(|a| a["kind"] == kind).count();
    assert_eq!((manifest["state"].as_str(), kinds("video"), kinds("image")), (Some("succeeded"), 1, 1));
    assert_eq!(provider.asked(), 2, "nothing is paid twice");
    assert_eq!(manifest["cost"]["spent"]["amount_micros"], 80_000);
    assert_eq!(manifest["cost"]["ambiguous_calls"], 0);
}

#[test]
fn a_render_does_not_outlive_the_one_who_wanted_it() {
    let house = House::with(&a_small_brief(VIDEO));
    let mut watched = Watched::begin(house.handbill(&CREATE));
    watched.at_frames();
    let children = watched.children();
    assert!(!children.is_empty());
    watched.process.kill().unwrap();
    watched.process.wait().unwrap();
    let lives = |pid: &u32| stat(*pid).is_some_and(|(state, _)| state != 'Z');
    until("nobody computes any more", || !children.iter().any(lives));
}

#[test]
fn a_render_that_needs_too_much_memory_fails_alone_and_says_by_what_it_was_bound() {
    let house = House::with(&a_small_brief(&VIDEO.replace("story]", "story, google_ads.rsa]")));
    let ran = house.handbill(&CREATE).env("HANDBILL_WORKER__RENDER_MEMORY_MB", "96").output().unwrap();
    assert_eq!(ran.status.code(), Some(3), "{}", String::from_utf8_lossy(&ran.stderr));
    let manifest = house.manifest("pack");
    assert!(manifest["assets"].as_array().unwrap().iter().any(|asset| asset["kind"] == "copy"));
    let failures = manifest["failures"].as_array().unwrap();
    let of_video = failures.iter().find(|f| f["step"].as_str().unwrap().starts_with("video.")).unwrap();
    assert_eq!((&of_video["code"], &of_video["next_action"]), (&"render_died".into(), &"retry".into()));
    assert!(of_video["message"].as_str().unwrap().contains("96 MB (worker.render_memory_mb)"), "{of_video}");
    // With room for it, only that is made.
    house.run(&CREATE).ended(0);
}
