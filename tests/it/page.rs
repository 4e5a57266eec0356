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
    assert!(page.contains(">English</button>"), "the script ran and offers the other language");
    for words in ["Google Ads", "谷歌广告", "/30</span>", "campaign.json"] {
        assert!(page.contains(words), "{words} is not on the page");
    }
    // Every picture that the page names is in the pack.
    let pictures: Vec<&str> =
        html.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(house.path("pack").join(picture).exists(), "{picture}");
    }
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
