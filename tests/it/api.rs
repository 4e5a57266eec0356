//! The API of the finished binary, as an agency uses it.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::{
    house::{House, a_small_brief},
    runs::{Begun, a_free_port, until},
};

/// A server in a house, and a key for it.
struct Agency {
    house: House,
    port: u16,
    key: String,
    serving: Option<Begun>,
}

struct Answer {
    status: u16,
    head: String,
    bytes: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn with(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, String::from_utf8_lossy(&self.bytes));
        self
    }

    fn body(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Agency {
    fn with_key(arguments: &[&str]) -> Self {
        let house = House::with(&a_small_brief(""));
        let mut create = vec!["keys", "create", "--name", "agency"];
        create.extend(arguments);
        let key = house.run(&create).ended(0).out.trim().to_owned();
        let mut agency = Self { house, port: a_free_port(), key, serving: None };
        agency.serve();
        agency
    }

    fn serve(&mut self) {
        let listen = format!("127.0.0.1:{}", self.port);
        let begun = Begun::now(self.house.handbill(&["serve"]).env("HANDBILL_API__LISTEN", &listen));
        self.serving = Some(begun);
        until("it listens", || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
    }

    fn ask(&self, method: &str, path: &str, more: &str, body: &[u8]) -> Answer {
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let (key, length) = (&self.key, body.len());
        write!(
            socket,
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
             {more}content-length: {length}\r\n\r\n"
        )
        .unwrap();
        socket.write_all(body).unwrap();
        let mut bytes = Vec::new();
        socket.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase().replace("\r\n", "\n");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let bytes = bytes.split_off(end + 4);
        Answer {
            status,
            bytes: if head.contains("transfer-encoding: chunked") { joined(&bytes) } else { bytes },
            head,
        }
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", b"")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, "content-type: application/json\r\n", body.to_string().as_bytes())
    }

    /// A plan of the bottle's brief, with its photo uploaded.
    fn plan(&self, more: &Value) -> Value {
        let photo = std::fs::read(self.house.path("photos/bottle.png")).unwrap();
        let file = self.ask("POST", "/api/v1/files", "content-type: image/png\r\n", &photo);
        let mut body = json!({ "brief": a_brief(), "files": { "photos/bottle.png": file.body()["digest"] } });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post("/api/v1/plans", &body).with(201).body()
    }

    fn run(&self, id: &str) -> Value {
        self.get(&format!("/api/v1/runs/{id}")).with(200).body()
    }
}

/// The chunks of a body, joined.
fn joined(mut bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        all.extend(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 4 + length..];
    }
    all
}

fn a_brief() -> Value {
    json!({
        "handbill": 1, "campaign": "bottle",
        "product": {
            "name": "Fernway Trail Bottle", "category": "household",
            "facts": [
                { "id": "volume", "label": "Volume", "value": 750, "unit": "ml", "benefit": "enough water for a morning on the trail" },
                { "id": "cold", "label": "Keeps cold", "value": 24, "unit": "hours", "benefit": "ice from breakfast is still ice at dusk" },
                { "id": "cap", "label": "Cap", "value": "a leak-proof cap", "benefit": "a dry backpack all day" },
            ],
            "price": { "amount": "34.00", "currency": "USD" },
            "photos": [{ "file": "photos/bottle.png", "role": "product" }],
        },
        "brand": { "name": "Fernway", "colors": { "primary": "#3E5C50", "accent": "#E0693A", "background": "#F4F2EC" } },
        "objective": "conversion", "audience": "Weekend hikers",
        "key_message": "Ice in the morning and ice at the summit", "call_to_action": "Shop now",
        "url": "https://fernway.example.com/", "locales": ["en-US"],
        "placements": ["meta.feed_image", "google_ads.rsa"], "deliverables": { "article": false },
    })
}

#[test]
fn an_agency_plans_orders_and_follows_a_run_through_a_crash() {
    let mut agency = Agency::with_key(&["--rehearsal"]);
    let cheap = json!({ "amount_micros": 1, "currency": "USD" });
    let blocked = agency.plan(&json!({ "max_cost": cheap }));
    assert_eq!(
        (&blocked["admission"], &blocked["obstacles"][0]["code"]),
        (&json!("blocked"), &json!("over_ceiling"))
    );

    let plan = agency.plan(&json!({}));
    assert_eq!((&plan["admission"], &plan["spends"]), (&json!("admitted"), &json!([])), "{plan}");
    let places: Vec<&str> =
        plan["deliveries"].as_array().unwrap().iter().filter_map(|d| d["placement"].as_str()).collect();
    assert!(places.contains(&"meta.feed_image") && places.contains(&"google_ads.rsa"), "{places:?}");
    assert_eq!(plan["assets"]["total"], plan["assets"]["missing"]);
    let mut order = json!({ "plan_id": plan["id"], "max_cost": cheap, "metadata": { "client": "fernway" } });
    let refused = agency.post("/api/v1/runs", &order).with(402).body();
    assert_eq!(refused["code"], "over_ceiling");
    assert_eq!(agency.get("/api/v1/runs").with(200).body()["data"], json!([]), "nothing was started");

    order["max_cost"] = json!({ "amount_micros": 50_000_000, "currency": "USD" });
    let named = "content-type: application/json\r\nidempotency-key: day-1\r\n";
    let made = agency.ask("POST", "/api/v1/runs", named, order.to_string().as_bytes()).with(201);
    let id = made.body()["id"].as_str().unwrap().to_owned();
    assert_eq!(made.header("location"), Some(format!("/api/v1/runs/{id}").as_str()));
    until("something was made", || agency.run(&id)["progress"]["ended"].as_i64() > Some(0));
    agency.serving.take().unwrap().kill();
    agency.serve();
    let again = agency.ask("POST", "/api/v1/runs", named, order.to_string().as_bytes()).with(201);
    assert_eq!((again.body(), again.header("idempotency-replayed")), (made.body(), Some("true")));
    until("the run has ended", || agency.run(&id)["ended_at"].is_string());
    let run = agency.run(&id);
    assert_eq!(
        (&run["state"], &run["metadata"]["client"]),
        (&json!("succeeded"), &json!("fernway")),
        "{run}"
    );
    assert!(run["cost"]["list"]["amount_micros"].as_i64() > Some(0));
    assert_eq!(run["cost"]["spent"]["amount_micros"], 0, "a rehearsal key never spends");
    assert_eq!(agency.plan(&json!({}))["assets"]["missing"], 0);

    let asset = plan["deliveries"][0]["assets"][0]["id"].as_str().unwrap();
    agency.post(&format!("/api/v1/runs/{id}/regenerate"), &json!({ "asset": asset })).with(202);
    until("it was made anew", || agency.run(&id)["state"] == "succeeded");
    let steps = agency.get(&format!("/api/v1/runs/{id}/steps?limit=200")).with(200).body();
    let anew = steps["data"].as_array().unwrap().iter().filter(|step| step["revision"] == 1).count();
    assert_eq!(anew, 1, "{steps}");

    let assets = agency.get(&format!("/api/v1/runs/{id}/assets?limit=200")).with(200).body();
    let assets = assets["data"].as_array().unwrap();
    assert_eq!(assets.len() as u64, plan["assets"]["total"].as_u64().unwrap());
    for asset in assets {
        let file = agency.get(asset["download"]["url"].as_str().unwrap()).with(200);
        assert_eq!(file.bytes.len() as u64, asset["bytes"].as_u64().unwrap(), "{asset}");
        assert_eq!(file.header("content-type"), asset["media_type"].as_str());
    }
    let zip = agency.get(&format!("/api/v1/runs/{id}/export")).with(200);
    let has = |name: &str| zip.bytes.windows(name.len()).any(|part| part == name.as_bytes());
    assert!(
        zip.bytes.starts_with(b"PK")
            && has("campaign.json")
            && has("index.html")
            && has(assets[0]["file"].as_str().unwrap())
    );
    let usage = agency.get("/api/v1/usage").with(200).body();
    assert!(usage["sums"][0]["calls"].as_i64() > Some(0), "{usage}");
    assert_eq!(usage["sums"][0]["spent"]["amount_micros"], 0);

    // A stream that would go on for ever ends with the process, and does not hold it up.
    let port = agency.port;
    let (told, heard) = std::sync::mpsc::channel();
    let key = agency.key.clone();
    let listening = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(
            socket,
            "GET /api/v1/events?run={id} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\r\n"
        )
        .unwrap();
        let (mut text, mut bytes) = (String::new(), [0; 4096]);
        loop {
            let length = socket.read(&mut bytes).unwrap();
            text.push_str(&String::from_utf8_lossy(&bytes[..length]));
            if text.contains("snapshot_end") {
                let _ = told.send(());
            }
            if length == 0 {
                return text;
            }
        }
    });
    heard.recv().unwrap();
    assert_eq!(agency.serving.take().unwrap().stopped(), 0);
    let text = listening.join().unwrap();
    assert!(text.contains("event: run") && text.contains("\"state\":\"succeeded\""), "{text}");
}

#[test]
fn keys_and_workspaces_are_made_listed_and_revoked_on_the_command_line() {
    let agency = Agency::with_key(&[]);
    let house = &agency.house;
    assert!(agency.key.starts_with("hb_live_"));
    house.run(&["workspaces", "create", "Acme"]).ended(2);
    let ran = house.run(&["keys", "create", "--name", "a", "--workspace", "acme"]).ended(2);
    assert!(ran.err.contains("handbill workspaces create acme"), "{}", ran.err);
    house.run(&["workspaces", "create", "acme"]).ended(0);
    let ran = house.run(&["keys", "create", "--name", "a", "--scopes", "run:read"]).ended(2);
    assert!(ran.err.contains("did you mean runs:read?"), "{}", ran.err);
    house.run(&["keys", "create", "--name", "a", "--workspace", "acme", "--ceiling", "5 CNY"]).ended(0);
    let listed: Value =
        serde_json::from_str(&house.run(&["keys", "list", "--workspace", "acme", "--json"]).ended(0).out)
            .unwrap();
    assert_eq!(
        (listed.as_array().unwrap().len(), &listed[0]["ceiling"]["amount_micros"]),
        (1, &json!(5_000_000))
    );
    assert!(listed[0].get("key").is_none());

    agency.get("/api/v1/key").with(200);
    let id = agency.key.split('_').nth(2).unwrap();
    house.run(&["keys", "revoke", id, "--workspace", "acme"]).ended(2);
    agency.get("/api/v1/key").with(200);
    house.run(&["keys", "revoke", id]).ended(0);
    agency.get("/api/v1/key").with(401);
}
