//! What the FFmpeg of this machine can do, for `handbill doctor`.

use ffmpeg_next as ff;

/// The FFmpeg that this process is linked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ffmpeg {
    /// Version of libavcodec: `59.37.100`.
    pub version: String,
    /// Encoders that we use and that it has not: `libx264`, `aac`.
    pub missing: Vec<&'static str>,
}

/// Looks at the FFmpeg that this process is linked with.
pub fn ffmpeg() -> Ffmpeg {
    let version = ff::codec::version();
    let missing =
        ["libx264", "aac"].into_iter().filter(|name| ff::encoder::find_by_name(name).is_none()).collect();
    Ffmpeg { version: format!("{}.{}.{}", version >> 16, version >> 8 & 0xff, version & 0xff), missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ffmpeg_of_this_machine_has_what_we_use() {
        let ffmpeg = ffmpeg();
        assert_eq!(ffmpeg.missing, Vec::<&str>::new());
        assert!(
            ffmpeg
                .version
                .split('.')
                .next()
                .is_some_and(|major| major.parse::<u32>().is_ok_and(|major| major >= 59)),
            "{ffmpeg:?}"
        );
    }
}
