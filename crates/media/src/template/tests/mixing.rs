//! Layers that are blended, and photos that go on beyond their edges.

use super::*;

/// A template with these layers on a square.
fn of(layers: &str) -> Result<Template, Problems> {
    read(&format!(
        "name: mine\ntitle: {{ en: Mine, zh: 我的 }}\nsuits: {{}}\nlayouts:\n  square:\n    layers:\n{layers}"
    ))
}

fn painted(layers: &str, photo: Option<&Canvas>) -> Canvas {
    let fonts = Fonts::load(&BrandFonts::default()).unwrap();
    let sample = bottle("en-US");
    let locale = sample.locale.parse().unwrap();
    let art = background(&sample, draw::Style::Paper, size((200, 200)));
    let shown =
        Scene { photo, legal: &[], ai_label: None, ..scene(&sample, &art, &locale, size((200, 200))) };
    compose(&of(layers).unwrap(), &shown, &fonts).unwrap().canvas
}

const PRIMARY: Color = Color::rgb(0x3E, 0x5C, 0x50);
const ACCENT: Color = Color::rgb(0xE0, 0x69, 0x3A);
const GROUND: &str = "      - panel: { area: [0, 0, 1, 1], color: primary }\n";

#[test]
fn layers_are_blended_together_with_what_is_under_them() {
    let top = |mode: &str, opacity: &str| {
        let blend = format!(
            "      - blend: {{ mode: {mode}, opacity: {opacity}, layers: [{{ panel: {{ area: [0, 0, 0.5, 1], color: accent }} }}] }}\n"
        );
        painted(&format!("{GROUND}{blend}"), None)
    };
    let near = |is: [u8; 4], wanted: [f32; 3]| {
        assert!(is.iter().zip(wanted).all(|(a, b)| (f32::from(*a) - b).abs() <= 1.5), "{is:?} {wanted:?}")
    };
    let parts = [(PRIMARY.r, ACCENT.r), (PRIMARY.g, ACCENT.g), (PRIMARY.b, ACCENT.b)]
        .map(|(a, b)| (f32::from(a), f32::from(b)));
    near(top("multiply", "1").pixel(50, 100), parts.map(|(a, b)| a * b / 255.0));
    near(top("screen", "1").pixel(50, 100), parts.map(|(a, b)| a + b - a * b / 255.0));
    near(top("normal", "0.5").pixel(50, 100), parts.map(|(a, b)| (a + b) / 2.0));
    near(top("soft_light", "1").pixel(150, 100), parts.map(|(a, _)| a));
}

#[test]
fn what_is_measured_is_not_blended_and_the_check_says_where() {
    let wrong = of("      - blend: { opacity: 1.4, layers: [{ logo: { area: [0, 0, 1, 1] } }] }\n\
         \x20     - blend: { mode: overlay, layers: [] }\n")
    .unwrap_err();
    let at: Vec<&str> = wrong.0.iter().map(|p| p.pointer.as_str()).collect();
    let layer = "/layouts/square/layers";
    assert_eq!(
        at,
        [format!("{layer}/0/opacity"), format!("{layer}/0/layers/0"), format!("{layer}/1/layers")]
    );
    assert!(of("      - blend: { mode: glow, layers: [] }\n").unwrap_err().0[0].message.contains("glow"));
    let schema = schema().to_string();
    for word in ["soft_light", "multiply", "\"extend\"", "\"blur\""] {
        assert!(schema.contains(word), "{word}");
    }
}

#[test]
fn a_photo_in_a_design_keeps_its_subject_whole_unless_the_template_wants_the_crop() {
    let mut photo = Canvas::new(900, 300, Color::rgb(226, 221, 212));
    crate::shape::rect(&mut photo, 100.0, 80.0, 700.0, 140.0, 0.0, Color::rgb(30, 90, 60));
    let width = |canvas: &Canvas| (0..200).filter(|x| canvas.pixel(*x, 100)[0] < 60).count();
    for area in ["", "area: [0, 0, 1, 1], radius: 1, "] {
        let layer = |extend: &str| format!("{GROUND}      - photo: {{ {area}extend: {extend} }}\n");
        let whole = painted(&layer("auto"), Some(&photo));
        assert!((160..196).contains(&width(&whole)), "{}", width(&whole));
        assert!(whole.pixel(100, 10)[0].abs_diff(226) <= 2, "the sweep goes on");
        assert_eq!(width(&painted(&layer("none"), Some(&photo))), 200, "cut on both sides");
    }
}
