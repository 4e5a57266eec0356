//! Proof of a finished file: does it keep what its slot accepts?

use handbill_domain::{
    asset::CheckResult,
    channel::{ImageSlot, Ratio, Size, VideoSlot},
    locale::Locale,
};

use crate::finding::{Findings, said};

mod breaks;
mod geometry;
mod picture;
mod rules;

pub use picture::{Part, Picture, Pixels, Words, objections, prove};

/// A finished file, as it was measured.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Media type: `image/jpeg`, `video/mp4`.
    pub media_type: &'a str,
    /// Width and height in px.
    pub size: Size,
    /// Size of the file.
    pub bytes: u64,
    /// Length in seconds, of a video.
    pub seconds: Option<f64>,
    /// Frames per second, of a video, where it was measured.
    pub fps: Option<f64>,
    /// Codec of the picture, of a video, where it was measured: `h264`.
    pub codec: Option<&'a str>,
}

/// What stands against a picture in a slot.
pub fn image(file: &File<'_>, slot: &ImageSlot, locale: &Locale) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    let Size { width, height } = file.size;
    if slot.ratio_list().contains(&Ratio::Fixed) {
        if !slot.fixed_sizes.contains(&file.size) {
            let sizes: Vec<_> =
                slot.fixed_sizes.iter().map(|s| format!("{}×{}", s.width, s.height)).collect();
            let sizes = sizes.join(", ");
            findings.block(
                "size",
                &slot.role,
                said!(
                    "尺寸 {width}×{height} 不在可用尺寸之列",
                    "{width}×{height} is none of the accepted sizes"
                ),
                said!("可用：{sizes}", "make one of {sizes}"),
            );
        }
    } else {
        ratio_objection(
            file.size,
            &slot.ratio_list(),
            &slot.ratios,
            slot.tolerance(),
            &slot.role,
            &mut findings,
        );
    }
    if let Some(min) = slot.min.filter(|min| !file.size.holds(*min)) {
        smallest_objection(file.size, min, &slot.role, &mut findings);
    }
    if let Some(Size { width: w, height: h }) = slot.max.filter(|max| !max.holds(file.size)) {
        findings.block(
            "size",
            &slot.role,
            said!("尺寸 {width}×{height} 超过上限 {w}×{h}", "{width}×{height} is larger than {w}×{h}"),
            said!("缩小图片", "make it smaller"),
        );
    }
    bytes_objection(file.bytes, slot.max_bytes, &slot.role, &mut findings);
    format_objection(file.media_type, &slot.formats, &slot.role, &mut findings);
    findings.finish()
}

/// What stands against a video in a slot.
pub fn video(file: &File<'_>, slot: &VideoSlot, locale: &Locale) -> Vec<CheckResult> {
    let mut findings = Findings::in_language_of(locale);
    ratio_objection(file.size, &slot.ratio_list(), &slot.ratios, 0.01, "video", &mut findings);
    // Of several smallest sizes, the one of the nearest shape counts.
    let distance = |s: &Size| (s.ratio() - file.size.ratio()).abs();
    let smallest = slot.min.iter().min_by(|a, b| distance(a).total_cmp(&distance(b)));
    if let Some(min) = smallest.filter(|min| !file.size.holds(**min)) {
        smallest_objection(file.size, *min, "video", &mut findings);
    }
    bytes_objection(file.bytes, slot.max_bytes, "video", &mut findings);
    format_objection(file.media_type, &slot.formats, "video", &mut findings);
    match file.seconds {
        Some(seconds) => seconds_objection(seconds, slot, &mut findings),
        None => findings.block(
            "duration",
            "video",
            said!("无法得知时长", "its length is not known"),
            said!("重新生成", "make it again"),
        ),
    }
    fps_objection(file.fps, slot, &mut findings);
    codec_objection(file.codec, &slot.video_codecs, &mut findings);
    findings.finish()
}

fn ratio_objection(
    size: Size,
    ratios: &[Ratio],
    written: &[String],
    tolerance: f64,
    place: &str,
    findings: &mut Findings<'_>,
) {
    if ratios.iter().any(|ratio| ratio.fits(size, tolerance)) {
        return;
    }
    let (Size { width, height }, wanted) = (size, written.join(", "));
    findings.block(
        "ratio",
        place,
        said!(
            "{width}×{height} 的比例不符，应为 {wanted}",
            "{width}×{height} has none of the accepted ratios {wanted}"
        ),
        said!("按 {wanted} 重新裁切", "crop it to {wanted}"),
    );
}

fn smallest_objection(size: Size, min: Size, place: &str, findings: &mut Findings<'_>) {
    let (Size { width, height }, Size { width: w, height: h }) = (size, min);
    findings.block(
        "size",
        place,
        said!("尺寸 {width}×{height} 小于下限 {w}×{h}", "{width}×{height} is smaller than {w}×{h}"),
        said!("用更大的尺寸生成", "make it larger"),
    );
}

fn bytes_objection(bytes: u64, max: Option<u64>, place: &str, findings: &mut Findings<'_>) {
    if let Some(max) = max.filter(|max| bytes > *max) {
        let (has, most) = (size_in_words(bytes), size_in_words(max));
        findings.block(
            "file_size",
            place,
            said!("文件 {has}，上限 {most}", "the file has {has}; the limit is {most}"),
            said!("提高压缩率", "compress it more"),
        );
    }
    if bytes == 0 {
        findings.block(
            "file_size",
            place,
            said!("文件为空", "the file is empty"),
            said!("重新生成", "make it again"),
        );
    }
}

/// `4.8 MB`, in the binary sizes that platforms mean.
fn size_in_words(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.0} KB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

fn format_objection(media_type: &str, formats: &[String], place: &str, findings: &mut Findings<'_>) {
    // A video that is taken from YouTube is uploaded there first, in any of its formats.
    let accepted =
        |format: &String| format == "youtube_url" || names_of(media_type).contains(&format.as_str());
    if formats.is_empty() || formats.iter().any(accepted) {
        return;
    }
    let wanted = formats.join(", ");
    findings.block(
        "format",
        place,
        said!("不接受 {media_type} 格式", "{media_type} is not accepted"),
        said!("可用：{wanted}", "accepted: {wanted}"),
    );
}

/// What the channel files call a media type.
fn names_of(media_type: &str) -> &'static [&'static str] {
    match media_type {
        "image/jpeg" => &["jpg", "jpeg"],
        "image/png" => &["png", "png24"],
        "image/webp" => &["webp"],
        "image/avif" => &["avif"],
        "image/gif" => &["gif", "gif_static"],
        "image/tiff" => &["tiff"],
        "image/bmp" => &["bmp"],
        "image/heic" => &["heic"],
        "video/mp4" => &["mp4", "m4v"],
        "video/quicktime" => &["mov"],
        "video/webm" => &["webm"],
        "video/x-matroska" => &["mkv"],
        _ => &[],
    }
}

fn seconds_objection(seconds: f64, slot: &VideoSlot, findings: &mut Findings<'_>) {
    // Encoders end on whole frames and audio packets: a twentieth of a second is no fault.
    const SLACK: f64 = 0.05;
    let duration = &slot.duration_s;
    if let Some(max) = duration.max.filter(|max| seconds > f64::from(*max) + SLACK) {
        findings.block(
            "duration",
            "video",
            said!("长 {seconds:.1} 秒，上限 {max} 秒", "{seconds:.1} s long; the limit is {max} s"),
            said!("缩短视频", "shorten it"),
        );
    }
    if let Some(min) = duration.min.filter(|min| seconds < f64::from(*min) - SLACK) {
        findings.block(
            "duration",
            "video",
            said!("长 {seconds:.1} 秒，至少 {min} 秒", "{seconds:.1} s long; at least {min} s are needed"),
            said!("加长视频", "lengthen it"),
        );
    }
    if let Some([from, to]) = duration.recommended {
        let advised = f64::from(from) - SLACK..=f64::from(to) + SLACK;
        if !advised.contains(&seconds) {
            findings.note(
                "duration_advised",
                handbill_domain::asset::Severity::Info,
                "video",
                said!(
                    "长 {seconds:.1} 秒，平台建议 {from} 到 {to} 秒",
                    "{seconds:.1} s long; the platform advises {from} to {to} s"
                ),
                None,
            );
        }
    }
}

fn fps_objection(fps: Option<f64>, slot: &VideoSlot, findings: &mut Findings<'_>) {
    let (Some(fps), Some(accepted)) = (fps, slot.fps) else { return };
    let below = accepted.min.is_some_and(|min| fps < f64::from(min) - 0.01);
    let above = accepted.max.is_some_and(|max| fps > f64::from(max) + 0.01);
    if below || above {
        let range =
            [accepted.min, accepted.max].map(|n| n.map_or(String::new(), |n| n.to_string())).join("–");
        findings.block(
            "fps",
            "video",
            said!("帧率 {fps:.2}，应为 {range}", "{fps:.2} frames per second; {range} are accepted"),
            said!("换帧率重新编码", "encode it at another rate"),
        );
    }
}

fn codec_objection(codec: Option<&str>, accepted: &[String], findings: &mut Findings<'_>) {
    let same = |a: &str, b: &str| {
        let plain = |c: &str| c.trim_end_matches("_high").replace("hevc", "h265");
        plain(a) == plain(b)
    };
    let Some(codec) = codec.filter(|codec| !accepted.is_empty() && !accepted.iter().any(|a| same(a, codec)))
    else {
        return;
    };
    let wanted = accepted.join(", ");
    findings.block(
        "codec",
        "video",
        said!("不接受 {codec} 编码", "{codec} is not accepted"),
        said!("可用：{wanted}", "accepted: {wanted}"),
    );
}

#[cfg(test)]
mod tests {
    use handbill_domain::channel::placement;

    use super::*;

    fn a_file(media_type: &'static str, width: u32, height: u32, bytes: u64) -> File<'static> {
        File { media_type, size: Size { width, height }, bytes, seconds: None, fps: None, codec: None }
    }

    fn image_rules(file: &File<'_>, place: &str) -> Vec<String> {
        let slot = &placement(place).unwrap().images[0];
        image(file, slot, &"en-US".parse().unwrap()).into_iter().map(|r| r.rule).collect()
    }

    fn video_rules(file: &File<'_>, place: &str) -> Vec<String> {
        let slot = &placement(place).unwrap().videos[0];
        video(file, slot, &"en-US".parse().unwrap()).into_iter().map(|r| r.rule).collect()
    }

    #[test]
    fn a_picture_is_held_to_its_slot() {
        let none: [&str; 0] = [];
        assert_eq!(image_rules(&a_file("image/jpeg", 1440, 1800, 900_000), "meta.feed_image"), none);
        assert_eq!(image_rules(&a_file("image/jpeg", 1440, 1440, 900_000), "meta.feed_image"), none);
        assert_eq!(image_rules(&a_file("image/jpeg", 1440, 2000, 900_000), "meta.feed_image"), ["ratio"]);
        assert_eq!(image_rules(&a_file("image/jpeg", 500, 500, 900_000), "meta.feed_image"), ["size"]);
        assert_eq!(image_rules(&a_file("image/webp", 1440, 1440, 900_000), "meta.feed_image"), ["format"]);
        assert_eq!(
            image_rules(&a_file("image/jpeg", 1440, 1440, 90_000_000), "meta.feed_image"),
            ["file_size"]
        );
        assert_eq!(image_rules(&a_file("image/png", 728, 90, 90_000), "google_ads.display_uploaded"), none);
        assert_eq!(
            image_rules(&a_file("image/png", 720, 90, 90_000), "google_ads.display_uploaded"),
            ["size"]
        );
        assert_eq!(image_rules(&a_file("image/jpeg", 1441, 1801, 9), "instagram.feed"), ["size"]);
    }

    #[test]
    fn a_video_is_held_to_its_slot() {
        let good = File {
            seconds: Some(15.02),
            fps: Some(30.0),
            codec: Some("h264"),
            ..a_file("video/mp4", 1080, 1920, 9_000_000)
        };
        assert_eq!(video_rules(&good, "meta.reels"), Vec::<String>::new());
        let table: &[(File<'_>, &str)] = &[
            (File { seconds: Some(95.0), ..good }, "duration"),
            (File { seconds: None, ..good }, "duration"),
            (File { fps: Some(12.0), ..good }, "fps"),
            (File { codec: Some("mpeg4"), ..good }, "codec"),
            (File { size: Size { width: 1080, height: 1080 }, ..good }, "ratio"),
            (File { media_type: "video/webm", ..good }, "format"),
            (File { bytes: 9_000_000_000, ..good }, "file_size"),
        ];
        for (file, rule) in table {
            assert_eq!(video_rules(file, "meta.reels"), [*rule]);
        }
    }

    #[test]
    fn sizes_are_told_as_people_say_them() {
        let slot = &placement("meta.feed_image").unwrap().images[0];
        let found = image(&a_file("image/jpeg", 1440, 1440, 50_331_648), slot, &"zh-CN".parse().unwrap());
        assert_eq!(found[0].message, "文件 48.0 MB，上限 30.0 MB");
    }
}
