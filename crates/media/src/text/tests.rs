use super::*;
use crate::Canvas;

fn fonts() -> Fonts {
    Fonts::load(&BrandFonts::default()).unwrap()
}

fn heading(locale: &str) -> TextStyle {
    TextStyle { weight: 700, locale: locale.parse().ok(), ..TextStyle::new(Family::Heading) }
}

fn a_room() -> Room {
    Room { width: 600.0, height: 300.0, min: 20.0, max: 120.0, lines: 3 }
}

#[test]
fn lines_keep_the_chinese_rules_for_punctuation() {
    let fonts = fonts();
    let text = "一芽一叶，清明前手采（杭州西湖）；当日炒制、次日寄出。每罐净含量 100 g，够泡三十杯！";
    for width in (120..900).step_by(20) {
        let block = layout(&fonts, text, &heading("zh-CN"), width as f32).unwrap();
        for line in block.texts() {
            assert!(!line.starts_with(['，', '。', '；', '、', '）', '！']), "{width}: {line}");
            assert!(!line.ends_with('（'), "{width}: {line}");
        }
        assert_eq!(
            block.texts().concat().replace(' ', ""),
            shape::clean(text).replace(' ', ""),
            "nothing is lost"
        );
    }
}

#[test]
fn a_number_keeps_its_unit() {
    let fonts = fonts();
    for width in (150..700).step_by(10) {
        let block =
            layout(&fonts, "Keeps ice for 24 h and weighs 380 g only", &heading("en-US"), width as f32)
                .unwrap();
        assert!(
            !block.texts().iter().any(|l| l.ends_with("24") || l.ends_with("380")),
            "{:?}",
            block.texts()
        );
    }
}

#[test]
fn a_fitted_text_never_leaves_its_room_and_uses_it() {
    let fonts = fonts();
    for (text, locale) in [
        ("Ice at breakfast. Still ice at midnight.", "en-US"),
        ("明前龙井，一口回到春天", "zh-CN"),
        ("قهوة باردة طوال اليوم", "ar"),
        ("早安☕️，GPT 也喝茶", "zh-CN"),
    ] {
        let block = fit(&fonts, text, &heading(locale), &a_room()).unwrap();
        assert!(block.width <= 600.5 && block.height <= 300.0, "{text}: {}×{}", block.width, block.height);
        assert!(block.size > 40.0, "{text}: {}", block.size);
        let tile = block.tile();
        assert!(
            tile.x >= -12 && tile.x + tile.canvas.width() as i32 <= 612,
            "{text}: {} {}",
            tile.x,
            tile.canvas.width()
        );
    }
}

#[test]
fn a_text_that_is_too_long_says_how_much_fits() {
    let room = Room { width: 200.0, height: 60.0, min: 24.0, max: 48.0, lines: 2 };
    let error =
        fit(&fonts(), "这一句话实在是太长了，无论如何也放不进这么小的一个框里", &heading("zh-CN"), &room)
            .unwrap_err();
    let Error::TooLong { fits, .. } = error else { panic!("{error}") };
    assert!((12..=16).contains(&fits), "{fits}");
}

#[test]
fn a_character_without_a_glyph_is_named() {
    let error = layout(&fonts(), "tea \u{E123}", &heading("en-US"), 500.0).unwrap_err();
    let Error::MissingGlyph { chars, .. } = error else { panic!("{error}") };
    assert_eq!(chars, ['\u{E123}']);
}

#[test]
fn the_last_line_is_never_a_single_character() {
    let fonts = fonts();
    for width in (150..800).step_by(10) {
        let block = layout(&fonts, "春天的第一杯绿茶到家了", &heading("zh-CN"), width as f32).unwrap();
        let lines = block.texts();
        assert!(lines.len() == 1 || lines.last().unwrap().chars().count() > 1, "{lines:?}");
    }
}

#[test]
fn emoji_are_drawn_in_colour() {
    let block = layout(&fonts(), "🍎", &TextStyle { size: 64.0, ..heading("zh-CN") }, 500.0).unwrap();
    let mut canvas = Canvas::new(96, 96, Color::WHITE);
    block.draw(&mut canvas, 10.0, 10.0);
    let colourful = canvas.data().as_chunks::<4>().0.iter().filter(|p| p[0].abs_diff(p[2]) > 40).count();
    assert!(colourful > 800, "{colourful}");
}

#[test]
fn chinese_and_latin_stand_a_quarter_em_apart_with_or_without_a_typed_space() {
    let fonts = fonts();
    let width = |text: &str| {
        layout(&fonts, text, &TextStyle { size: 100.0, ..heading("zh-CN") }, 5000.0).unwrap().width
    };
    assert!((width("净重100克") - width("净重 100 克")).abs() < 0.5);
    assert!((width("净重100") - width("净重") - width("100") - 25.0).abs() < 2.0);
}

#[test]
fn words_of_capitals_have_more_space_between_their_letters() {
    let fonts = fonts();
    let style = TextStyle { size: 100.0, ..heading("en-US") };
    let width = |text: &str| layout(&fonts, text, &style, 5000.0).unwrap().width;
    // Straight letters, which are not kerned.
    let more = |word: &str| width(word) - word.chars().map(|c| width(&c.to_string())).sum::<f32>();
    assert!((more("HINH") - 3.0 * 4.5).abs() < 1.0, "{}", more("HINH"));
    assert!(more("HN").abs() < 1.0, "two are no word: {}", more("HN"));
    assert!(more("nin").abs() < 3.0, "{}", more("nin"));
}

#[test]
fn lines_begin_with_their_ink_whatever_their_first_letter_and_their_size() {
    let fonts = fonts();
    for text in ["Hillside", "春天的第一罐茶", "Vast", "Origin"] {
        for size in [24.0, 160.0] {
            let block = layout(&fonts, text, &TextStyle { size, ..heading("zh-CN") }, 5000.0).unwrap();
            let ink = block.tile().x;
            assert!((-1..=1 + size as i32 / 40).contains(&ink), "{text} at {size}: {ink}");
        }
    }
}

#[test]
fn the_same_text_gives_the_same_pixels() {
    let picture = || fit(&fonts(), "Mountain air, in a tin", &heading("en-US"), &a_room()).unwrap().tile();
    assert_eq!(picture(), picture());
}

#[test]
fn headlines_break_between_clauses_and_shrink_for_it() {
    let fonts = fonts();
    let broken = |text: &str, width: f32, locale: &str| {
        let room = Room { width, height: 400.0, min: 40.0, max: 100.0, lines: 5 };
        let block = fit(&fonts, text, &heading(locale), &room).unwrap();
        block.texts().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(broken("清明前手采，一芽一叶", 420.0, "zh-CN"), ["清明前手采，", "一芽一叶"]);
    assert_eq!(broken("云雾里慢慢长成，香气更细", 460.0, "zh-CN"), ["云雾里慢慢长成，", "香气更细"]);
    assert_eq!(
        broken("浙江杭州的高山茶园，云雾里慢慢长成，香气更细", 500.0, "zh-CN"),
        ["浙江杭州的高山茶园，", "云雾里慢慢长成，", "香气更细"]
    );
    assert_eq!(broken("A toasted, chestnut-like note", 430.0, "en-US"), ["A toasted,", "chestnut-like note"]);
}

#[test]
fn a_long_address_breaks_at_its_joints_and_nowhere_else() {
    let room = Room { width: 500.0, height: 400.0, min: 40.0, max: 60.0, lines: 4 };
    let text = "example.com/spring/longjing_before_the_rain";
    let block = fit(&fonts(), text, &heading("en-US"), &room).unwrap();
    let lines = block.texts();
    assert!(lines.len() > 1 && lines.concat().replace('\u{200B}', "") == text, "{lines:?}");
    assert!(lines[..lines.len() - 1].iter().all(|l| l.ends_with(['/', '_', '.'])), "{lines:?}");
}

#[test]
fn joiners_between_characters_that_do_not_join_are_no_missing_glyph() {
    let block = layout(&fonts(), "明\u{200D}前\u{2060}龙井", &heading("zh-CN"), 900.0).unwrap();
    assert_eq!(block.texts(), ["明前龙井"]);
    let family = layout(&fonts(), "👨\u{200D}👩\u{200D}👧", &heading("zh-CN"), 900.0).unwrap();
    let apart = layout(&fonts(), "👨👩👧", &heading("zh-CN"), 900.0).unwrap();
    assert!(family.width < apart.width * 0.6, "a family is one picture: {} {}", family.width, apart.width);
}

#[test]
fn a_tower_of_marks_is_cut_down() {
    let tower: String = std::iter::once('Z').chain(std::iter::repeat_n('\u{0351}', 30)).collect();
    let block = layout(&fonts(), &tower, &TextStyle { size: 100.0, ..heading("en-US") }, 900.0).unwrap();
    let tile = block.tile();
    assert!(tile.canvas.height() < 140, "{}", tile.canvas.height());
}
