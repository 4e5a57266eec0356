use super::*;
use crate::samples::{spring_tea, steel_bottle};

fn of(brief: &Brief) -> Graph {
    graph(&Recipe::campaign().unwrap(), brief).unwrap()
}

fn step<'g>(graph: &'g Graph, key: &str) -> &'g StepSpec {
    graph.steps.iter().find(|s| s.key == key).unwrap_or_else(|| panic!("no {key} in {:#?}", keys(graph)))
}

fn keys(graph: &Graph) -> Vec<&str> {
    graph.steps.iter().map(|s| s.key.as_str()).collect()
}

#[test]
fn keys_are_unique_and_needs_stand_above() {
    for brief in [spring_tea(), steel_bottle()] {
        let graph = of(&brief);
        let mut seen = BTreeSet::new();
        for step in &graph.steps {
            assert!(step.needs.iter().all(|need| seen.contains(need)), "{}: {:?}", step.key, step.needs);
            assert!(seen.insert(step.key.clone()), "{} twice", step.key);
        }
        let ids: Vec<_> = graph.steps.iter().flat_map(|s| &s.makes).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    }
}

#[test]
fn chinese_channels_take_chinese_only() {
    let graph = of(&spring_tea());
    step(&graph, "copy.xiaohongshu.note_image.zh-CN.v1");
    step(&graph, "copy.meta.feed_image.zh-CN.v3");
    step(&graph, "copy.meta.feed_image.en-US.v3");
    assert!(!keys(&graph).contains(&"copy.xiaohongshu.note_image.en-US.v1"));

    let mut brief = spring_tea();
    brief.locales.remove(0);
    let problems = graph_problems(&brief);
    assert_eq!(problems.0[0].pointer, "/placements/0");
    assert_eq!(problems.0.len(), 6, "{problems}");
}

fn graph_problems(brief: &Brief) -> Problems {
    graph(&Recipe::campaign().unwrap(), brief).unwrap_err()
}

#[test]
fn steps_know_what_they_read() {
    let graph = of(&spring_tea());
    let design = step(&graph, "design.meta.feed_image.single.en-US.v1");
    assert_eq!(design.params["outline"], "outline.en-US.v1");
    assert_eq!(design.params["background"], "background.v1.portrait");
    assert_eq!(design.params["size"], json!({ "w": 1440, "h": 1800 }));
    assert_eq!(design.makes, ["image.meta.feed_image.single.en-US.v1"]);
    let video = step(&graph, "video.zh-CN.15s.9x16");
    assert_eq!(video.params["art"], "art_direction");
    assert_eq!(video.params["ratio"], "9:16");
    assert_eq!(video.params["tier"], 15);
    assert_eq!(
        video.params["backgrounds"],
        json!(["background.v1.tall", "background.v2.tall", "background.v3.tall"])
    );
    assert_eq!(video.makes[1], "poster.zh-CN.15s.9x16");
    let background = step(&graph, "background.v2.tall");
    assert_eq!(background.needs, ["art_direction", "outline.zh-CN.v2", "outline.en-US.v2"]);
}

#[test]
fn one_size_more_is_one_key_more() {
    let graph = of(&steel_bottle());
    step(&graph, "design.google_ads.display_uploaded.banner.728x90.en-US.v1");
    assert_eq!(
        step(&graph, "design.google_ads.display_uploaded.banner.160x600.zh-CN.v1").params["background"],
        "background.v1.tall"
    );
}

#[test]
fn what_no_deliverable_needs_is_left_out() {
    let mut brief = spring_tea();
    brief.deliverables.copy = false;
    brief.deliverables.images = false;
    brief.deliverables.videos.clear();
    assert_eq!(keys(&of(&brief)), ["strategy.zh-CN", "strategy.en-US", "article.zh-CN", "article.en-US"]);
}

#[test]
fn without_a_ratio_in_the_brief_the_placements_decide() {
    let mut brief = spring_tea();
    brief.deliverables.video_ratios.clear();
    let graph = of(&brief);
    step(&graph, "video.zh-CN.15s.9x16");
    assert!(!keys(&graph).iter().any(|k| k.ends_with("16x9")));
    brief.placements = vec!["xiaohongshu.note_image".into()];
    step(&of(&brief), "video.en-US.15s.9x16");
}

#[test]
fn sizes_have_shapes() {
    let of = |width, height| shape(Size { width, height });
    assert_eq!(
        [of(1080, 1920), of(1080, 1350), of(800, 640), of(1200, 628), of(728, 90)],
        ["tall", "portrait", "landscape", "landscape", "banner"]
    );
}
