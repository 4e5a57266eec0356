//! Art direction: mood, a background for each variant, the music.

use handbill_domain::words::{ArtDirection, Background};

use super::{super::inputs::ArtInputs, dice::Dice};

/// Category → styles that suit it, the best first, with what an image model is told.
const SUITS: &[(&str, &[&str])] = &[
    ("food", &["botanical", "paper", "bokeh"]),
    ("health_food", &["paper", "botanical", "gradient"]),
    ("cosmetics", &["gradient", "bokeh", "paper"]),
    ("household", &["sweep", "geometric", "gradient"]),
    ("electronics", &["geometric", "gradient", "sweep"]),
    ("apparel", &["paper", "sweep", "geometric"]),
];

pub(super) fn write(inputs: &ArtInputs, dice: &Dice) -> ArtDirection {
    let told = &inputs.brief;
    let usual: &[&str] = &["gradient", "sweep", "paper"];
    let suits =
        SUITS.iter().find(|(category, _)| *category == told.category).map_or(usual, |(_, styles)| styles);
    let known = |style: &&&str| inputs.styles.is_empty() || inputs.styles.iter().any(|s| s == *style);
    let mut styles: Vec<&str> = suits.iter().filter(known).copied().collect();
    styles.extend(inputs.styles.iter().map(String::as_str).filter(|s| !suits.contains(s)));
    if styles.is_empty() {
        styles.push("gradient");
    }
    let mood = told.tone.clone().unwrap_or_else(|| {
        if told.locale.is_chinese() { "干净、明亮".into() } else { "clean, light".into() }
    });
    let backgrounds =
        (0..inputs.variants as usize).map(|n| background(styles[n % styles.len()], inputs)).collect();
    ArtDirection { mood, backgrounds, music: music(inputs, dice) }
}

fn background(style: &str, inputs: &ArtInputs) -> Background {
    let scene = match style {
        "botanical" => "soft shadows of leaves falling across a quiet wall, morning light from the left",
        "paper" => "a sheet of textured handmade paper with a faint deckled edge, even daylight",
        "bokeh" => "soft out-of-focus lights and foliage far behind, shallow depth of field",
        "geometric" => "overlapping large flat shapes with crisp edges and calm proportions",
        "sweep" => "a seamless studio sweep with a gentle horizon and one soft shadow",
        _ => "a smooth gradient with a slight grain, lighter towards the centre",
    };
    let colours = if inputs.palette.is_empty() {
        String::new()
    } else {
        format!(", in the colours {}", inputs.palette.join(", "))
    };
    let prompt = format!(
        "Background for an advertisement: {scene}{colours}. Empty space in the middle. No text, no logo, no product, no people."
    );
    Background { style: style.into(), prompt }
}

/// The music that the brand's tone asks for.
fn music(inputs: &ArtInputs, dice: &Dice) -> String {
    let tone = format!("{} {}", inputs.brief.tone.as_deref().unwrap_or_default(), inputs.strategy.tone)
        .to_lowercase();
    let asks: &[(&str, &[&str])] = &[
        ("calm", &["calm", "quiet", "gentle", "安静", "克制", "宁静", "平静"]),
        ("playful", &["playful", "funny", "witty", "俏皮", "幽默", "活泼"]),
        ("warm", &["warm", "friendly", "温暖", "温度", "亲切"]),
        ("elegant", &["elegant", "refined", "luxur", "优雅", "精致", "高级"]),
        ("driving", &["bold", "energetic", "sport", "dynamic", "有力", "热血", "动感"]),
        ("bright", &["fresh", "bright", "outdoor", "清新", "明亮", "阳光"]),
    ];
    let known = |mood: &str| inputs.music.is_empty() || inputs.music.iter().any(|m| m == mood);
    let asked = asks.iter().find(|(mood, words)| known(mood) && words.iter().any(|w| tone.contains(w)));
    let any = || dice.one("music", &inputs.music).cloned().unwrap_or_else(|| "warm".into());
    asked.map_or_else(any, |(mood, _)| (*mood).to_owned())
}
