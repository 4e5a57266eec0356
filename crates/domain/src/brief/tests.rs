//! Broken briefs, and what is said about each: where, in which line, and what to write instead.

mod table;

use table::{Broken, GOOD, TABLE};

use super::Brief;
use crate::problem::{Problem, Problems};

fn problems(text: &str) -> Vec<Problem> {
    Brief::read(text).map_or_else(|Problems(problems)| problems, |_| Vec::new())
}

#[test]
fn a_brief_without_a_flaw_is_read() {
    assert_eq!(problems(GOOD), []);
    let brief = Brief::read(GOOD).unwrap();
    assert_eq!(brief.campaign, "spring-tea");
    assert_eq!(brief.product.price.as_ref().unwrap().amount, "268.00");
    assert_eq!(brief.product.facts[0].stated(&brief.locales[1]).unwrap(), "100 g");
    assert_eq!(brief.files(), [("/product/photos/0/file".to_owned(), "photos/tea.png")]);
}

#[test]
fn every_broken_brief_is_told_where_and_what_to_write() {
    let mut wrong = Vec::new();
    for Broken(what, from, to, pointer, line, hint) in TABLE {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{what}: the edit changes nothing");
        let found = problems(&text);
        let hit = found.iter().any(|p| {
            p.pointer == *pointer
                && p.line == Some(*line)
                && p.hint.as_ref().is_some_and(|h| h.contains(hint))
                && p.zh.is_some()
        });
        if !hit {
            wrong
                .push(format!("{what}: wanted line {line}, {pointer}, `{hint}`; said:\n{}", Problems(found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Whatever key is misspelt, wherever it stands, the right one is named.
#[test]
fn every_key_at_every_depth_is_recognised_when_it_is_misspelt() {
    let everything = GOOD
        .replace(
            "brand:\n",
            "brand:\n  logo: logo.png\n  fonts: {heading: a.ttf, body: b.ttf}\n  legal_lines: [x]\n",
        )
        .replace("  text: {zh", "  code: TEA\n  text: {zh")
        .replace("      role: product", "      role: product\n      alt: {zh-CN: 茶, en-US: tea}")
        .replace(
            "      value: 100\n",
            "      value: 100\n      benefit: {zh-CN: 香, en-US: aroma}\n      source: label\n",
        )
        .replace("  videos: [15]", "  copy: true\n  images: true\n  article: true\n  videos: [15]");
    assert_eq!(problems(&everything), []);
    let (mut keys, mut wrong) = (0, Vec::new());
    for (at, _) in everything.match_indices(": ").chain(everything.match_indices(":\n")) {
        let start =
            everything[..at].rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |n| n + 1);
        let key = &everything[start..at];
        // Not a key of ours: a locale, an address, a ratio; and in two letters there is nothing to exchange.
        if key.len() < 3 || !key.starts_with(|c: char| c.is_ascii_lowercase()) {
            continue;
        }
        keys += 1;
        let mut letters: Vec<char> = key.chars().collect();
        letters.swap(1, 2);
        let exchanged: String = letters.into_iter().collect();
        let dropped = [&key[..key.len() - 2], &key[key.len() - 1..]].concat();
        let doubled = format!("{key}{}", &key[key.len() - 1..]);
        for slip in [exchanged, dropped, doubled].into_iter().filter(|slip| slip != key && slip.len() > 2) {
            let text = format!("{}{slip}{}", &everything[..start], &everything[at..]);
            let meant = format!("did you mean `{key}`?");
            let found = problems(&text);
            let told =
                |p: &Problem| p.pointer.ends_with(&format!("/{slip}")) && p.hint.as_deref() == Some(&meant);
            if !found.iter().any(told) {
                wrong.push(format!("{slip} for {key}: {}", Problems(found)));
            }
        }
    }
    assert!(keys > 50, "{keys} keys");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One flaw gives one problem; only a few flaws are two by nature (a misspelt key is also a missing one).
#[test]
fn one_flaw_is_not_told_in_many_ways() {
    for Broken(what, from, to, ..) in TABLE {
        let found = problems(&GOOD.replacen(from, to, 1));
        assert!((1..=2).contains(&found.len()), "{what}: {}", Problems(found));
    }
}

#[test]
fn all_problems_come_at_once_in_the_order_of_the_file() {
    let text = GOOD
        .replace("spring-tea", "Spring")
        .replace("#1F4D3A", "green")
        .replace("objective: launch", "objective: x")
        .replace("2026-04-30", "soon");
    let found = problems(&text);
    assert_eq!(
        found.iter().map(|p| p.pointer.as_str()).collect::<Vec<_>>(),
        ["/campaign", "/brand/colors/primary", "/objective", "/offer/until"]
    );
}

#[test]
fn an_alias_bomb_is_refused_without_growing() {
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (n, m) in ('a'..='y').zip('b'..='z') {
        bomb.push_str(&format!("{m}: &{m} [*{n}, *{n}, *{n}, *{n}, *{n}, *{n}, *{n}, *{n}, *{n}, *{n}]\n"));
    }
    assert!(problems(&bomb).iter().any(|p| p.pointer == "/b/0" && p.message.contains("alias")));
    let deep = "[".repeat(100_000);
    assert!(problems(&deep)[0].message.contains("limit"), "{:?}", problems(&deep));
}

#[test]
fn a_file_that_is_empty_or_too_long_is_refused() {
    for empty in ["", "\n\n", "# nothing\n", "---\n", "\u{feff}"] {
        assert_eq!(problems(empty)[0].message, "the file is empty", "{empty:?}");
    }
    assert!(problems(&"a".repeat(super::MAX_BYTES + 1))[0].hint.as_ref().unwrap().contains("1 MB"));
}

#[test]
fn json_is_read_with_tabs_escapes_and_line_numbers() {
    let brief = Brief::read(GOOD).unwrap();
    let json = serde_json::to_string_pretty(&brief)
        .unwrap()
        .replace("  ", "\t")
        .replace("Launch price", "Tea \\ud83c\\udf75 \\\"new\\\" \\/ \\u4e2d \\\\ud83c");
    let again = Brief::read(&json).unwrap();
    assert_eq!(again.offer.unwrap().text.get(&brief.locales[1]), Some("Tea 🍵 \"new\" / 中 \\ud83c"));

    let line = json.lines().position(|line| line.contains("\"objective\"")).unwrap() + 1;
    let found = problems(&json.replace("\"launch\"", "\"lunch\""));
    assert_eq!(
        (found[0].pointer.as_str(), found[0].line),
        ("/objective", Some(u32::try_from(line).unwrap()))
    );
}

#[test]
fn a_problem_is_told_in_the_reader_s_language() {
    let found = problems(&GOOD.replace("objective: launch", "objective: lunch"));
    assert!(
        found[0].shown("zh").starts_with("第 26 行，/objective：不认识 `lunch`（您是想写 `launch` 吗？"),
        "{}",
        found[0].shown("zh")
    );
    assert!(
        found[0].shown("en").starts_with("line 26, /objective: `lunch` is not known here"),
        "{}",
        found[0].shown("en")
    );
}

#[test]
fn amounts_and_article_numbers_keep_their_digits() {
    let text = GOOD
        .replace("amount: \"268.00\"", "amount: 268.00")
        .replace("  category: food", "  category: food\n  sku: 00123");
    let brief = Brief::read(&text).unwrap();
    assert_eq!(brief.product.price.unwrap().amount, "268.00");
    assert_eq!(brief.product.sku.unwrap(), "00123");
}

#[test]
fn the_line_of_a_place_is_known_after_reading() {
    let lines =
        ["/product/photos/0/file", "/brand", "/brand/logo"].map(|pointer| Brief::line_of(GOOD, pointer));
    assert_eq!(lines, [Some(17), Some(19), Some(19)]);
}

#[test]
fn the_example_briefs_are_read() {
    for brief in [
        include_str!("../../../../examples/spring-tea/brief.yaml"),
        include_str!("../../../../examples/steel-bottle/brief.yaml"),
    ] {
        assert_eq!(problems(brief), []);
    }
}

/// No cut and no single changed byte of a file may end in a panic.
#[test]
fn a_damaged_file_gives_problems_and_never_a_panic() {
    for (at, _) in GOOD.char_indices().step_by(3) {
        let _ = Brief::read(&GOOD[..at]);
        for junk in ["\0", "{", "]", "\"", "&", "\t", "- ", "\u{202e}"] {
            let _ = Brief::read(&format!("{}{junk}{}", &GOOD[..at], &GOOD[at..]));
        }
    }
}

#[test]
fn what_is_usual_elsewhere_needs_a_source() {
    let with = |more: &str| {
        let usual = "      value: 100\n      usual: {zh-CN: 50 克, en-US: 50 g}\n";
        problems(&GOOD.replace("      value: 100\n", &format!("{usual}{more}")))
    };
    assert_eq!(with("      source: label\n"), []);
    let found = with("");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "/product/facts/0/usual");
}
