//! `index.html` in a real browser.

use std::process::Command;

use crate::house::{House, a_small_brief};

#[test]
fn the_page_opens_without_network_in_both_languages_and_on_a_phone() {
    let house =
        House::with(&a_small_brief("locales: [zh-CN, en-US]\nplacements: [meta.feed_image, google_ads.rsa]"));
    house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]).ended(0);
    let html = std::fs::read_to_string(house.path("pack/index.html")).unwrap().replace("&#x2f;", "/");
    assert!(
        !html.contains("http-equiv=\"refresh\"")
            && !html.contains("src=\"http")
            && !html.contains("url(http"),
        "the page asks the network"
    );

    let page = open(&house, "pack/index.html");

    assert!(page.contains("data-ui=\"zh\""), "the brief's first language");
    assert!(page.contains("lang=\"en\">English</button>"), "the script ran and offers the other language");
    assert!(page.contains("aria-label=\"本页导航\""), "landmarks are named in the reader's language");
    for words in ["Google Ads", "谷歌广告", "/30</span>", "campaign.json"] {
        assert!(page.contains(words), "{words} is not on the page");
    }
    // Each placement in a frame of its own kind.
    for frame in ["class=\"f f-feed\" lang=\"zh-CN\"", "class=\"f f-search\" lang=\"en-US\""] {
        assert!(page.contains(frame), "{frame} is not on the page");
    }
    // Every picture that the page names is in the pack, keeps its place before it is loaded, and says what is seen.
    let pictures: Vec<&str> =
        html.split("<img src=\"").skip(1).filter_map(|rest| rest.split('>').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        let file = picture.split('"').next().unwrap();
        assert!(house.path("pack").join(file).exists(), "{file}");
        assert!(picture.contains(" width=\"") && picture.contains(" height=\""), "{picture}");
    }
    let said = html.split(" alt=\"").skip(1).filter_map(|rest| rest.split('"').next());
    assert!(said.filter(|alt| alt.contains("，单图：")).count() >= 1, "no picture says what is on it");
}

#[test]
fn words_of_a_brief_are_text_on_the_page_never_markup() {
    let brief = a_small_brief("")
        .replace("Weekend hikers", "<script>document.title='broken in'</script>")
        .replace("en-US: Fernway,", "en-US: \"<img src=x onerror=alert(1)>\",");
    let house = House::with(&brief);
    let ran = house.run(&["create", "brief.yaml", "--out", "pack", "--yes"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{}", ran.err);
    let html = std::fs::read_to_string(house.path("pack/index.html")).unwrap();
    assert!(!html.contains("<script>document.title") && !html.contains("<img src=x"));
}

/// The page as the browser has it after its script ran.
fn open(house: &House, file: &str) -> String {
    let profile = tempfile::tempdir().unwrap();
    let mut browser = Command::new("chromium");
    browser.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ]);
    browser.args(["--disable-component-update", "--disable-sync", "--window-size=390,844", "--dump-dom"]);
    browser.arg(format!("--user-data-dir={}", profile.path().display()));
    browser.arg(format!("file://{}", house.path(file).display()));
    let output = browser.output().expect("chromium is installed by `make setup`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
