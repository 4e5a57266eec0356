//! Finished frames and sound into one MP4: H.264 by libx264, AAC, index in front.
//!
//! Everything that could differ between two runs is pinned: threads of the encoder, flags, metadata.

use std::path::Path;

use ff::{Dictionary, Rational, codec, format, frame};
use ffmpeg_next as ff;

use super::timeline::Timeline;
use crate::{
    Error,
    audio::{Sound, limit, measure},
};

/// How carefully the video is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quality {
    /// x264's preset: `veryfast`, `faster`, `medium`, …
    pub preset: &'static str,
    /// Constant rate factor: lower is better and larger.
    pub crf: u8,
}

impl Default for Quality {
    fn default() -> Self {
        Self { preset: "veryfast", crf: 21 }
    }
}

/// Fixed, because the encoder's output depends on it: the same file on every machine.
const ENCODER_THREADS: usize = 4;
const AUDIO_RATE: i32 = crate::audio::RATE as i32;

/// A file that is being written.
pub(crate) struct Writer {
    out: format::context::Output,
    video: ff::encoder::Video,
    video_base: Rational,
    frame_base: Rational,
    sound: Vec<codec::packet::Packet>,
    sound_base: Rational,
    next_sound: usize,
}

impl Writer {
    /// Opens the file and both encoders. The sound is encoded at once; it is small.
    pub(crate) fn new(
        path: &Path,
        timeline: &Timeline,
        quality: Quality,
        sound: Option<&Sound>,
    ) -> Result<Self, Error> {
        quiet();
        let mut out = format::output_as(path, "mp4").map_err(|e| failed("opening the file", e))?;
        let x264 = ff::encoder::find_by_name("libx264").ok_or_else(no_encoder)?;
        let frame_base = Rational(timeline.fps.den as i32, timeline.fps.num as i32);
        let video =
            open_video(x264, timeline, frame_base, quality).map_err(|e| failed("opening libx264", e))?;
        {
            let mut stream = out.add_stream(x264).map_err(|e| failed("adding the video", e))?;
            stream.set_parameters(&video);
            stream.set_time_base(frame_base);
            stream.set_avg_frame_rate(frame_base.invert());
        }
        let mut packets = Vec::new();
        if let Some(sound) = sound {
            let aac = ff::encoder::find(codec::Id::AAC).ok_or_else(|| Error::Ffmpeg {
                doing: "looking for an AAC encoder",
                reason: "this FFmpeg has none".into(),
            })?;
            let (encoder, encoded) = within_peak(aac, sound, timeline.tracks.loudness.true_peak_db)?;
            let mut stream = out.add_stream(aac).map_err(|e| failed("adding the sound", e))?;
            stream.set_parameters(&encoder);
            stream.set_time_base(Rational(1, AUDIO_RATE));
            packets = encoded;
        }
        let mut options = Dictionary::new();
        options.set("movflags", "+faststart");
        options.set("fflags", "+bitexact");
        out.write_header_with(options).map_err(|e| failed("writing the header", e))?;
        let base = |index| out.stream(index).map_or(frame_base, |s| s.time_base());
        let (video_base, sound_base) = (base(0), base(1));
        Ok(Self { video, video_base, frame_base, sound: packets, sound_base, next_sound: 0, out })
    }

    /// Encodes one frame; its time stamp is its number.
    pub(crate) fn push(&mut self, frame: &frame::Video) -> Result<(), Error> {
        self.video.send_frame(frame).map_err(|e| failed("encoding a frame", e))?;
        self.drain()
    }

    /// Writes what is left and the index.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        self.video.send_eof().map_err(|e| failed("ending the video", e))?;
        self.drain()?;
        self.sound_until(f64::MAX)?;
        self.out.write_trailer().map_err(|e| failed("writing the index", e))
    }

    fn drain(&mut self) -> Result<(), Error> {
        let mut packet = codec::packet::Packet::empty();
        while self.video.receive_packet(&mut packet).is_ok() {
            self.sound_until(packet.dts().unwrap_or(0) as f64 * f64::from(self.frame_base))?;
            packet.set_stream(0);
            packet.set_duration(1);
            packet.rescale_ts(self.frame_base, self.video_base);
            packet.write_interleaved(&mut self.out).map_err(|e| failed("writing video", e))?;
        }
        Ok(())
    }

    fn sound_until(&mut self, seconds: f64) -> Result<(), Error> {
        while let Some(packet) = self.sound.get(self.next_sound) {
            if packet.pts().unwrap_or(0) as f64 / f64::from(AUDIO_RATE) > seconds {
                break;
            }
            let mut packet = packet.clone();
            packet.set_stream(1);
            packet.rescale_ts(Rational(1, AUDIO_RATE), self.sound_base);
            packet.write_interleaved(&mut self.out).map_err(|e| failed("writing sound", e))?;
            self.next_sound += 1;
        }
        Ok(())
    }
}

/// An empty frame of the timeline's size.
pub(crate) fn blank(timeline: &Timeline) -> frame::Video {
    let mut frame = frame::Video::new(format::Pixel::YUV420P, timeline.size.width, timeline.size.height);
    // The encoder looks at whole blocks, also where the last one stands over the edge: what lies there must not be chance.
    for plane in 0..frame.planes() {
        frame.data_mut(plane).fill(if plane == 0 { 16 } else { 128 });
    }
    frame
}

/// Can the frame be drawn into, or does the encoder still hold it?
#[allow(unsafe_code, reason = "ffmpeg-next has no safe call for it")]
pub(crate) fn is_free(frame: &mut frame::Video) -> bool {
    // SAFETY: the pointer is that of a live frame, borrowed mutably here.
    unsafe { ff::ffi::av_frame_is_writable(frame.as_mut_ptr()) > 0 }
}

/// FFmpeg writes to the terminal by itself unless told otherwise.
pub(crate) fn quiet() {
    ff::log::set_level(ff::log::Level::Fatal);
}

pub(crate) fn failed(doing: &'static str, error: ff::Error) -> Error {
    Error::Ffmpeg { doing, reason: error.to_string() }
}

fn no_encoder() -> Error {
    let instead = ["libopenh264", "h264_vaapi", "h264_nvenc", "h264_videotoolbox"]
        .into_iter()
        .find(|name| ff::encoder::find_by_name(name).is_some());
    Error::NoEncoder { wanted: "libx264", instead }
}

fn open_video(
    x264: ff::Codec,
    timeline: &Timeline,
    base: Rational,
    quality: Quality,
) -> Result<ff::encoder::Video, ff::Error> {
    let mut video = codec::Context::new_with_codec(x264).encoder().video()?;
    video.set_width(timeline.size.width);
    video.set_height(timeline.size.height);
    video.set_format(format::Pixel::YUV420P);
    video.set_time_base(base);
    video.set_frame_rate(Some(base.invert()));
    video.set_aspect_ratio(Rational(1, 1));
    video.set_gop(2 * timeline.fps.num / timeline.fps.den.max(1));
    video.set_colorspace(ff::color::Space::BT709);
    video.set_color_range(ff::color::Range::MPEG);
    video.set_color_primaries(ff::color::Primaries::BT709);
    video.set_color_transfer_characteristic(ff::color::TransferCharacteristic::BT709);
    video.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
    video.set_threading(codec::threading::Config {
        kind: codec::threading::Type::Frame,
        count: ENCODER_THREADS,
        ..Default::default()
    });
    let mut options = Dictionary::new();
    options.set("preset", quality.preset);
    options.set("crf", &quality.crf.to_string());
    options.set("profile", "high");
    if let Some(instructions) = repeatable() {
        options.set("x264-params", &format!("asm={instructions}"));
    }
    video.open_with(options)
}

/// Which instructions x264 may use, where its own choice does not give the same file twice: with AVX-512 its macroblock tree
/// differed in 8 of 12 runs (release 164), with AVX2 in none. A processor with AVX-512 has AVX2.
fn repeatable() -> Option<&'static str> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        return Some("avx2");
    }
    None
}

fn open_audio(aac: ff::Codec) -> Result<ff::encoder::Audio, ff::Error> {
    let mut audio = codec::Context::new_with_codec(aac).encoder().audio()?;
    audio.set_rate(AUDIO_RATE);
    audio.set_format(format::Sample::F32(format::sample::Type::Planar));
    audio.set_channel_layout(ff::ChannelLayout::STEREO);
    audio.set_bit_rate(128_000);
    audio.set_time_base(Rational(1, AUDIO_RATE));
    audio.set_flags(codec::Flags::GLOBAL_HEADER | codec::Flags::BITEXACT);
    audio.open()
}

/// Encodes, listens to the result, and where AAC made peaks higher than allowed, limits them further and encodes again.
fn within_peak(
    aac: ff::Codec,
    sound: &Sound,
    true_peak_db: f64,
) -> Result<(ff::encoder::Audio, Vec<codec::packet::Packet>), Error> {
    let mut limited = None;
    let mut ceiling = true_peak_db - 1.3;
    for last in [false, false, false, true] {
        let mut encoder = open_audio(aac).map_err(|e| failed("opening AAC", e))?;
        let now = limited.as_ref().unwrap_or(sound);
        let packets = encode_sound(&mut encoder, now).map_err(|e| failed("encoding the sound", e))?;
        let heard = decode_sound(&encoder, &packets).map_err(|e| failed("listening to the sound", e))?;
        let over = measure(&heard)?.true_peak_db - true_peak_db;
        if over <= 0.0 || last {
            return Ok((encoder, packets));
        }
        ceiling -= over + 0.3;
        limit(limited.get_or_insert_with(|| sound.clone()), 10f64.powf(ceiling / 20.0) as f32);
    }
    Err(Error::Ffmpeg { doing: "encoding the sound", reason: "no try was left".into() })
}

fn decode_sound(encoder: &ff::encoder::Audio, packets: &[codec::packet::Packet]) -> Result<Sound, ff::Error> {
    let mut decoder = codec::Context::from_parameters(codec::Parameters::from(encoder))?.decoder().audio()?;
    let mut sound = Sound::default();
    let mut take = |decoder: &mut codec::decoder::Audio| {
        let mut frame = frame::Audio::empty();
        while decoder.receive_frame(&mut frame).is_ok() {
            for (c, channel) in sound.channels.iter_mut().enumerate() {
                channel.extend_from_slice(&frame.plane::<f32>(c)[..frame.samples()]);
            }
        }
    };
    for packet in packets {
        decoder.send_packet(packet)?;
        take(&mut decoder);
    }
    decoder.send_eof()?;
    take(&mut decoder);
    Ok(sound)
}

fn encode_sound(
    encoder: &mut ff::encoder::Audio,
    sound: &Sound,
) -> Result<Vec<codec::packet::Packet>, ff::Error> {
    let mut packets = Vec::new();
    let mut drain = |encoder: &mut ff::encoder::Audio| {
        let mut packet = codec::packet::Packet::empty();
        while encoder.receive_packet(&mut packet).is_ok() {
            packets.push(std::mem::replace(&mut packet, codec::packet::Packet::empty()));
        }
    };
    let step = encoder.frame_size() as usize;
    let [left, right] = &sound.channels;
    for from in (0..left.len()).step_by(step) {
        let samples = step.min(left.len() - from);
        let planar = format::Sample::F32(format::sample::Type::Planar);
        let mut frame = frame::Audio::new(planar, samples, ff::ChannelLayout::STEREO);
        frame.set_rate(AUDIO_RATE as u32);
        frame.set_pts(Some(from as i64));
        for (index, channel) in [left, right].into_iter().enumerate() {
            frame.plane_mut::<f32>(index)[..samples].copy_from_slice(&channel[from..from + samples]);
        }
        encoder.send_frame(&frame)?;
        drain(encoder);
    }
    encoder.send_eof()?;
    drain(encoder);
    Ok(packets)
}
