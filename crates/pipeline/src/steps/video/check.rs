//! Is the finished file what was ordered, and do the placements take it?

use super::*;

/// Reads the file back: what is wrong with it by our own promise is our mistake; what a placement does not take is
/// told with the asset.
pub(super) fn check(
    ctx: &Context<'_>,
    probe: &Probe,
    params: &Params,
    size: Size,
) -> Result<Vec<CheckResult>, Error> {
    let tier = f64::from(params.tier);
    let codecs = probe.video_codec == "h264" && probe.audio_codec.as_deref() == Some("aac");
    if (probe.seconds - tier).abs() > 0.5 || probe.size != size || !codecs || !probe.faststart {
        return Err(Error::Broken(format!("the finished video is not what was ordered: {probe:?}")));
    }
    let mut checks = Vec::new();
    let mut warn = |rule: &str, place: &str, zh: String, en: String| {
        let message = if params.locale.is_chinese() { zh } else { en };
        checks.push(CheckResult {
            rule: rule.into(),
            severity: Severity::Warn,
            message,
            suggestion: None,
            place: Some(place.to_owned()),
        });
    };
    if let Some(lufs) = probe.lufs.filter(|l| (l - LUFS).abs() > 1.0) {
        warn(
            "loudness",
            "audio",
            format!("响度为 {lufs:.1} LUFS，目标 {LUFS} LUFS"),
            format!("{lufs:.1} LUFS, the target is {LUFS} LUFS"),
        );
    }
    for (place, slot) in ctx
        .brief
        .placements
        .iter()
        .filter_map(|id| placement(id))
        .flat_map(|p| p.videos.iter().map(move |v| (p, v)))
    {
        if !slot.ratios.contains(&params.ratio) {
            continue;
        }
        let seconds = probe.seconds as f32;
        let short = slot.duration_s.min.is_some_and(|min| seconds < min - 0.1);
        let long = slot.duration_s.max.is_some_and(|max| seconds > max + 0.1);
        if short || long {
            warn(
                "duration",
                &place.id,
                format!("时长 {seconds:.0} 秒不在该版位允许的范围内"),
                format!("{seconds:.0} s is outside what this placement takes"),
            );
        }
        if slot.max_bytes.is_some_and(|max| probe.bytes > max) {
            let mb = probe.bytes as f64 / 1e6;
            warn(
                "file_size",
                &place.id,
                format!("文件 {mb:.1} MB 超过该版位上限"),
                format!("{mb:.1} MB is more than this placement takes"),
            );
        }
    }
    Ok(checks)
}
