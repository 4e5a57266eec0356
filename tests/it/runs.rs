//! Runs and the processes that share them: what one begins, another one sees, stops, holds, repeats and ends.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::house::{House, a_small_brief};

const CREATE: [&str; 6] = ["create", "brief.yaml", "--out", "pack", "--yes", "--json"];
/// A video takes long enough for others to come in between.
const WITH_VIDEO: &str = "locales: [zh-CN, en-US]\ndeliverables: { videos: [15], video_ratios: [\"1:1\"] }";
const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn a_run_is_paused_and_resumed_from_another_process() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    let creating = Begun::at("step_finished", house.handbill(&CREATE));
    let id = the_run(&house);

    let ran = house.run(&["runs", "pause", &id[..8]]).ended(0);
    assert!(ran.out.contains("runs resume"), "{}", ran.out);
    until("nothing is in hand", || count(&show(&house, &id), "running") == 0);
    let before = count(&show(&house, &id), "succeeded");
    sleep(Duration::from_secs(1));
    let paused = show(&house, &id);
    assert_eq!((&paused["state"], count(&paused, "succeeded")), (&"paused".into(), before));

    house.run(&["runs", "resume", &id]).ended(0);
    assert_eq!(creating.ended(), 0);
    assert_eq!(house.manifest("pack")["state"], "succeeded");
    let ran = house.run(&["runs", "pause", &id]).ended(2);
    assert!(ran.err.contains("succeeded"), "{}", ran.err);
}

#[test]
fn a_run_is_canceled_from_another_process_and_says_what_is_lost() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    let creating = Begun::at("step_finished", house.handbill(&CREATE));
    let id = the_run(&house);

    let ran = house.run(&["runs", "cancel", &id]).ended(0);
    assert!(ran.out.contains("lost: "), "{}", ran.out);
    assert!(ran.out.contains("0.00 USD spent"), "{}", ran.out);

    assert_eq!(creating.ended(), 130);
    assert_eq!(house.manifest("pack")["state"], "canceled");
    let whole: Value =
        serde_json::from_str(&house.run(&["runs", "cancel", &id, "--json"]).ended(0).out).unwrap();
    assert!(whole["not_made"].as_array().unwrap().contains(&"video.en-US.15s.1x1".into()), "{whole}");
    assert_eq!((&whole["state"], &whole["steps"]["open"]), (&"canceled".into(), &0.into()));
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(130);
    assert!(ran.err.contains("--seed"), "{}", ran.err);
    house.run(&["runs", "retry", &id]).ended(2);
}

#[test]
fn one_step_is_made_anew_and_what_was_made_of_it_is_made_again_when_asked_for() {
    let house = House::with(&a_small_brief(""));
    house.run(&CREATE).ended(0);
    let id = the_run(&house);
    let words = || std::fs::read_to_string(house.path("pack/copy.csv")).unwrap();

    let ran = house.run(&["runs", "regenerate", &id[..8], "stratgy.en-US"]).ended(2);
    assert!(ran.err.contains("did you mean strategy.en-US?"), "{}", ran.err);
    let ran = house.run(&["runs", "regenerate", &id[..8], "strategy.en-US"]).ended(0);
    assert!(ran.out.contains(&format!("runs redo {id}")), "{}", ran.out);
    house.run(&CREATE).ended(0);
    let stale = house.run(&["runs", "redo", &id]).ended(0);
    assert!(stale.out.contains("made again"), "{}", stale.out);
    house.run(&CREATE).ended(0);
    let none = house.run(&["runs", "redo", &id]).ended(0);
    assert!(none.out.contains("nothing in run"), "{}", none.out);

    let before = words();
    house.run(&["runs", "regenerate", &id, "copy.meta.feed_image.en-US.v1"]).ended(0);
    house.run(&CREATE).ended(0);
    assert_ne!(words(), before, "another text, not the same again");
    assert_eq!(house.manifest("pack")["state"], "succeeded");
}

#[test]
fn serve_ends_what_a_killed_create_left_and_says_so_in_its_metrics() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    Begun::at("step_finished", house.handbill(&CREATE)).kill();
    let id = the_run(&house);
    assert_eq!(show(&house, &id)["state"], "running");

    let port = a_free_port();
    let mut serving = house.handbill(&["serve"]);
    let serving = Begun::now(serving.env("HANDBILL_API__LISTEN", format!("127.0.0.1:{port}")));
    until("the run has ended", || show(&house, &id)["state"] == "succeeded");
    let metrics = get(port, "/metrics");
    for wanted in [
        "handbill_step_duration_seconds_count{kind=\"video\",outcome=\"succeeded\"} 2",
        "handbill_step_wait_seconds_count{class=\"interactive\"}",
        "handbill_queue_depth{lane=\"media\"} 0",
        "handbill_running_runs{class=\"interactive\"} 0",
        "handbill_spent_micros_total{provider=\"rehearsal\",currency=\"USD\"} 0",
    ] {
        assert!(metrics.contains(wanted), "{wanted} is not in {metrics}");
    }
    let began = Instant::now();
    assert_eq!(serving.stopped(), 0);
    assert!(began.elapsed() < Duration::from_secs(20), "a lease is the longest that it may take");

    // All was made, so this only writes the folder.
    house.run(&CREATE).ended(0);
    assert_eq!(house.manifest("pack")["state"], "succeeded");
}

#[test]
fn two_workers_share_a_run() {
    let house = House::with(&a_small_brief(WITH_VIDEO));
    Begun::at("run_started", house.handbill(&CREATE)).kill();
    let id = the_run(&house);
    // Neither could do it alone: each takes only its own lanes.
    let models = Begun::now(&mut house.handbill(&["worker", "--lanes", "model,deliver"]));
    let media = Begun::now(&mut house.handbill(&["worker", "--lanes", "media"]));
    until("the run has ended", || show(&house, &id)["state"] == "succeeded");
    assert_eq!((models.stopped(), media.stopped()), (0, 0));
}

#[test]
fn a_run_is_never_made_with_other_models_than_it_was_ordered_with() {
    let provider = Provider::declining();
    let house = House::with(&a_small_brief(""));
    std::fs::write(house.path("models.toml"), provider.models()).unwrap();
    let mut create = CREATE.to_vec();
    create.extend(["--models", "models.toml"]);
    Begun::at("run_started", house.handbill(&create)).kill();
    let (id, asked) = (the_run(&house), provider.asked());
    let before = count(&show(&house, &id), "succeeded");

    let listen = format!("127.0.0.1:{}", a_free_port());
    let rehearsing = Begun::now(house.handbill(&["serve"]).env("HANDBILL_API__LISTEN", &listen));
    sleep(Duration::from_secs(3));
    assert_eq!(rehearsing.stopped(), 0);
    let still = show(&house, &id);
    assert_eq!((&still["state"], count(&still, "succeeded")), (&"running".into(), before), "{still}");

    let serve = ["serve", "--models", "models.toml"];
    let serving = Begun::now(house.handbill(&serve).env("HANDBILL_API__LISTEN", &listen));
    until("the run has ended", || show(&house, &id)["state"] == "partial");
    assert!(provider.asked() > asked);

    // What failed is tried again on demand: one step, or all.
    let (asked, whole) = (provider.asked(), show(&house, &id));
    let mut failed = whole["steps_of_it"].as_array().unwrap().iter().filter(|s| s["kind"] == "background");
    let step = failed.next().unwrap()["step"].as_str().unwrap();
    let ran = house.run(&["runs", "retry", &id, "--step", &step.replacen('c', "", 1)]).ended(2);
    assert!(ran.err.contains(&format!("did you mean {step}?")), "{}", ran.err);
    let ran = house.run(&["runs", "retry", &id, "--step", step]).ended(0);
    assert!(ran.out.contains(step) && ran.err.is_empty(), "{}{}", ran.out, ran.err);
    until("it was asked again", || provider.asked() == asked + 1);
    until("the run has ended", || show(&house, &id)["state"] == "partial");
    assert_eq!(serving.stopped(), 0);
    let ran = house.run(&["runs", "retry", &id]).ended(0);
    assert!(ran.err.contains("handbill serve"), "it says that nobody works: {}", ran.err);
}

#[test]
fn the_ledger_and_the_manifest_tell_the_same_cost() {
    let house = House::with(&a_small_brief(""));
    house.run(&CREATE).ended(0);
    let (id, cost) = (the_run(&house), house.manifest("pack")["cost"].clone());

    let ledger: Value =
        serde_json::from_str(&house.run(&["ledger", "--run", &id[..6], "--json"]).ended(0).out).unwrap();
    let sum = &ledger["sums"][0];
    assert!(sum["calls"].as_i64().unwrap() > 3, "{ledger}");
    assert_eq!(sum["list_micros"], cost["list"]["amount_micros"]);
    assert_eq!(sum["spent_micros"], cost["spent"]["amount_micros"]);
    assert_eq!(sum["rehearsed"], sum["calls"]);
    let csv = house.run(&["ledger", "--csv"]).ended(0).out;
    assert!(
        csv.starts_with("run,campaign,provider,") && csv.contains(&format!("{id},small,rehearsal,")),
        "{csv}"
    );
    let shown = house.run(&["ledger", "--lang", "zh"]).ended(0).out;
    assert!(shown.contains("合计") && shown.contains("彩排"), "{shown}");
    let listed = house.run(&["runs", "list"]).ended(0).out;
    assert!(listed.contains(&id[..12]) && listed.contains("succeeded"), "{listed}");

    let mistyped = format!("{}0", &id[..9]);
    let ran = house.run(&["ledger", "--run", &mistyped]).ended(2);
    assert!(ran.err.contains(&format!("did you mean {id}?")), "{}", ran.err);
}

/// A process that was begun; it is killed when it is forgotten.
pub struct Begun(Child);

impl Begun {
    pub fn now(command: &mut Command) -> Self {
        // A pipe that nobody reads would fill up.
        Self(command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap())
    }

    /// Waits until it tells an event of this name; the rest is read by a thread of its own.
    fn at(event: &str, mut command: Command) -> Self {
        let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = format!("\"event\":\"{event}\"");
        assert!(lines.any(|line| line.unwrap().contains(&told)), "it ended before {event}");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    fn ended(mut self) -> i32 {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < until, "it does not end");
            sleep(Duration::from_millis(50));
        }
    }

    /// Asks it to stop in good order.
    pub fn stopped(self) -> i32 {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.ended()
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn until(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "in vain: {what}");
        sleep(Duration::from_millis(200));
    }
}

fn the_run(house: &House) -> String {
    let runs: Value = serde_json::from_str(&house.run(&["runs", "list", "--json"]).ended(0).out).unwrap();
    runs[0]["run"].as_str().unwrap().to_owned()
}

fn show(house: &House, id: &str) -> Value {
    serde_json::from_str(&house.run(&["runs", "show", id, "--json"]).ended(0).out).unwrap()
}

fn count(run: &Value, state: &str) -> usize {
    run["steps_of_it"].as_array().unwrap().iter().filter(|step| step["state"] == state).count()
}

pub fn a_free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn get(port: u16, path: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

/// A provider of pictures of our own that declines all, and counts how often it was asked.
struct Provider {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Provider {
    fn declining() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                decline(stream.unwrap());
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn models(&self) -> String {
        format!(
            "[roles]\nillustrator = \"ours/model\"\n\n[provider.ours]\nprotocol = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nlocal = true\n\n\
             [[entry]]\nid = \"ours/model\"\nmodality = \"image\"\nprovider = \"ours\"\nmodel = \"model\"\n\
             price = [{{ unit = \"image\", micros = 40000 }}]\n",
            self.port
        )
    }
}

/// Reads a request to the end of its body, and declines it.
fn decline(mut stream: TcpStream) {
    let mut request = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    loop {
        let mut line = String::new();
        if request.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    request.read_exact(&mut body).unwrap();
    let said = r#"{"error":{"message":"rejected by the safety system","type":"invalid_request_error","code":"moderation_blocked"}}"#;
    let head = "HTTP/1.1 400 X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
    let _ = write!(stream, "{head} {}\r\n\r\n{said}", said.len());
}
