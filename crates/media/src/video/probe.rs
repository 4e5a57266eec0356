//! Reads a finished video back: what is really in the file.

use std::path::Path;

use ff::{ChannelLayout, Dictionary, codec, format::sample::Type, frame, media};
use ffmpeg_next as ff;
use handbill_domain::channel::Size;
use serde::{Deserialize, Serialize};

use super::encode::{failed, quiet};
use crate::{
    Error,
    audio::{Measured, RATE, Sound, measure},
};

/// What is in a video file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Probe {
    /// Length in seconds, of the longer of picture and sound.
    pub seconds: f64,
    /// Width and height in px.
    pub size: Size,
    /// Frames per second.
    pub fps: f64,
    /// Number of frames.
    pub frames: u64,
    /// `h264`, …
    pub video_codec: String,
    /// `aac`, …; absent without sound.
    pub audio_codec: Option<String>,
    /// Integrated loudness in LUFS; absent without sound or in silence.
    pub lufs: Option<f64>,
    /// Highest true peak in dBTP.
    pub true_peak_db: Option<f64>,
    /// Bits per second of the whole file.
    pub bit_rate: u64,
    /// Size of the file.
    pub bytes: u64,
    /// Does the index stand before the content, so that playing starts at once?
    pub faststart: bool,
}

/// Reads an MP4. Only that format is opened, and nothing but this file.
pub fn probe(path: &Path) -> Result<Probe, Error> {
    quiet();
    let file = std::fs::read(path).map_err(|e| Error::Corrupt { what: "video", reason: e.to_string() })?;
    let mut options = Dictionary::new();
    options.set("format_whitelist", "mov,mp4,m4a,3gp,3g2,mj2");
    options.set("protocol_whitelist", "file");
    let mut input =
        ff::format::input_with_dictionary(path, options).map_err(|e| failed("opening the video", e))?;
    let seconds = input.duration() as f64 / f64::from(ff::ffi::AV_TIME_BASE);
    let video = input.streams().best(media::Type::Video).ok_or_else(|| missing("no picture"))?;
    let (index, fps) = (video.index(), f64::from(video.avg_frame_rate()));
    let decoder = codec::Context::from_parameters(video.parameters()).and_then(|c| c.decoder().video());
    let decoder = decoder.map_err(|e| failed("reading the picture's head", e))?;
    let (size, video_codec) = (Size { width: decoder.width(), height: decoder.height() }, name(decoder.id()));
    let sound = input.streams().best(media::Type::Audio).map(|s| (s.index(), s.parameters()));
    let mut listener = sound.map(|(index, parameters)| Listener::new(index, parameters)).transpose()?;
    let mut frames = 0;
    for (stream, packet) in input.packets() {
        if stream.index() == index {
            frames += 1;
        } else if let Some(listener) = listener.as_mut().filter(|l| l.index == stream.index()) {
            listener.hear(&packet)?;
        }
    }
    let audio_codec = listener.as_ref().map(|l| name(l.decoder.id()));
    let heard = listener.map(Listener::end).transpose()?;
    let loud = heard.filter(|m| m.lufs.is_finite());
    Ok(Probe {
        seconds,
        size,
        fps,
        frames,
        video_codec,
        audio_codec,
        lufs: loud.map(|m| m.lufs),
        true_peak_db: loud.map(|m| m.true_peak_db),
        bit_rate: (file.len() as f64 * 8.0 / seconds.max(0.001)) as u64,
        bytes: file.len() as u64,
        faststart: index_first(&file),
    })
}

fn missing(what: &str) -> Error {
    Error::Corrupt { what: "video", reason: what.to_owned() }
}

fn name(id: codec::Id) -> String {
    id.name().to_owned()
}

/// Decodes the sound and keeps it for measuring.
struct Listener {
    index: usize,
    decoder: codec::decoder::Audio,
    sound: Sound,
}

impl Listener {
    fn new(index: usize, parameters: codec::Parameters) -> Result<Self, Error> {
        let decoder = codec::Context::from_parameters(parameters).and_then(|c| c.decoder().audio());
        let decoder = decoder.map_err(|e| failed("reading the sound's head", e))?;
        let planar = ff::format::Sample::F32(Type::Planar);
        if decoder.format() != planar
            || decoder.rate() as usize != RATE
            || decoder.channel_layout() != ChannelLayout::STEREO
        {
            return Err(Error::Unsupported(format!(
                "sound of {} Hz in {} channels (48000 Hz stereo is)",
                decoder.rate(),
                decoder.channels()
            )));
        }
        Ok(Self { index, decoder, sound: Sound::default() })
    }

    fn hear(&mut self, packet: &codec::packet::Packet) -> Result<(), Error> {
        self.decoder.send_packet(packet).map_err(|e| failed("decoding the sound", e))?;
        self.take();
        Ok(())
    }

    fn take(&mut self) {
        let mut frame = frame::Audio::empty();
        while self.decoder.receive_frame(&mut frame).is_ok() {
            for (c, channel) in self.sound.channels.iter_mut().enumerate() {
                channel.extend_from_slice(&frame.plane::<f32>(c)[..frame.samples()]);
            }
        }
    }

    fn end(mut self) -> Result<Measured, Error> {
        self.decoder.send_eof().map_err(|e| failed("decoding the sound", e))?;
        self.take();
        measure(&self.sound)
    }
}

/// Does `moov` stand before `mdat` among the boxes of the file?
fn index_first(file: &[u8]) -> bool {
    let mut rest = file;
    while let Some((head, _)) = rest.split_first_chunk::<8>() {
        match &head[4..] {
            b"moov" => return true,
            b"mdat" => return false,
            _ => {}
        }
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        rest = rest.get(size.max(8)..).unwrap_or_default();
    }
    false
}
