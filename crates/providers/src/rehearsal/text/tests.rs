use super::{
    en::{self, Shape, shape},
    zh,
};

#[test]
fn english_phrases_are_known_by_their_shape() {
    let table = [
        ("a double-lidded tin", Shape::Noun),
        ("no taste of yesterday's drink", Shape::Noun),
        ("a bottle you repair instead of replacing", Shape::Noun),
        ("a leak-proof cap that opens with one hand", Shape::Noun),
        ("keeps leaves dry and dark, and makes a fine present", Shape::Verb),
        ("ice from breakfast is still ice at dusk", Shape::Clause),
        ("cooler water keeps the cup bright", Shape::Clause),
        ("pan-fired by hand in small batches", Shape::Participle),
        ("double-walled 18/8 stainless steel", Shape::Noun),
    ];
    for (phrase, expected) in table {
        assert_eq!(shape(phrase), expected, "{phrase}");
    }
}

#[test]
fn phrases_are_parted_only_where_both_parts_stand() {
    assert_eq!(
        en::pieces("hand-picked before Qingming, one bud and one leaf"),
        ["hand-picked before Qingming", "one bud and one leaf"]
    );
    assert_eq!(en::pieces("a toasted, chestnut-like note"), ["a toasted, chestnut-like note"]);
    assert_eq!(
        en::pieces("a hillside garden in Hangzhou, Zhejiang"),
        ["a hillside garden in Hangzhou, Zhejiang"]
    );
    assert_eq!(zh::pieces("入口鲜爽，回甘清甜。"), ["入口鲜爽", "回甘清甜"]);
    assert_eq!(zh::pieces("轻，稳，安静"), ["轻，稳，安静"]);
}

#[test]
fn an_audience_is_spoken_to() {
    assert_eq!(en::want("Hikers who carry their own water.").as_deref(), Some("You carry your own water."));
    assert_eq!(en::want("People in offices"), None);
    let audience = zh::audience("忙碌的上班族，想给自己留一杯茶的时间");
    assert_eq!(
        (audience.who.as_str(), audience.want.as_deref()),
        ("忙碌的上班族", Some("想给自己留一杯茶的时间"))
    );
}

#[test]
fn days_are_written_as_people_write_them() {
    assert_eq!(zh::day("2026-04-05").as_deref(), Some("2026年4月5日"));
    assert_eq!(en::day("2026-04-05").as_deref(), Some("April 5, 2026"));
    assert_eq!(en::day("2026-13-05"), None);
}
