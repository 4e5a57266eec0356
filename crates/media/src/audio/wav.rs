//! WAV in and out. Other formats are not read here: speech models are asked for WAV.

use ff::{ChannelLayout, format::Sample, format::sample::Type, frame};
use ffmpeg_next as ff;

use super::{RATE, Sound};
use crate::Error;

/// The longest recording that we read.
const LONGEST_SECONDS: usize = 600;

impl Sound {
    /// Reads 16-bit PCM in a RIFF WAV, mono or stereo, at any rate.
    pub fn from_wav(bytes: &[u8]) -> Result<Self, Error> {
        let wav = Wav::read(bytes)?;
        let channels = wav.channels();
        if wav.rate as usize == RATE {
            return Ok(Self { channels });
        }
        resampled(&channels, wav.rate)
    }

    /// Writes 16-bit PCM stereo.
    pub fn to_wav(&self) -> Vec<u8> {
        let [left, right] = &self.channels;
        let samples = left.iter().zip(right).flat_map(|(l, r)| [*l, *r]).map(to_sixteen);
        riff(2, RATE as u32, samples, self.len() * 2)
    }
}

/// A WAV of 16-bit PCM around samples that exist already.
pub fn riff(channels: u16, rate: u32, samples: impl Iterator<Item = i16>, count: usize) -> Vec<u8> {
    let size = count as u32 * 2;
    let mut out = Vec::with_capacity(44 + size as usize);
    out.extend(b"RIFF");
    out.extend((36 + size).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend(1u16.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(channels) * 2).to_le_bytes());
    out.extend((channels * 2).to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend(size.to_le_bytes());
    samples.for_each(|s| out.extend(s.to_le_bytes()));
    out
}

fn to_sixteen(sample: f32) -> i16 {
    (sample * 32767.0).round().clamp(-32768.0, 32767.0) as i16
}

struct Wav<'a> {
    rate: u32,
    channels: u16,
    data: &'a [u8],
}

impl<'a> Wav<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let broken = |reason: &str| Error::Corrupt { what: "WAV", reason: reason.to_owned() };
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return Err(broken("it does not start as a WAV does"));
        }
        let (mut format, mut rest) = (None, &bytes[12..]);
        while let Some((head, body)) = rest.split_first_chunk::<8>() {
            let size = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
            // Programs that write to a pipe do not know the length and leave 0 or the largest number there.
            let chunk = &body[..size.min(body.len())];
            match &head[..4] {
                b"fmt " => {
                    format = Some(parse_format(chunk).ok_or_else(|| broken("its format chunk is cut off"))?)
                }
                b"data" => {
                    let (rate, channels) =
                        format.ok_or_else(|| broken("samples come before the format"))??;
                    let data = if size == 0 { body } else { chunk };
                    let seconds = data.len() / (2 * usize::from(channels) * rate as usize);
                    if seconds > LONGEST_SECONDS {
                        return Err(Error::TooLarge {
                            what: "recording",
                            actual: format!("{seconds} s"),
                            limit: format!("{LONGEST_SECONDS} s"),
                        });
                    }
                    return Ok(Self { rate, channels, data });
                }
                _ => {}
            }
            rest = body.get(size.next_multiple_of(2)..).unwrap_or_default();
        }
        Err(broken("it has no samples"))
    }

    fn channels(&self) -> [Vec<f32>; 2] {
        let samples: Vec<f32> = self
            .data
            .as_chunks::<2>()
            .0
            .iter()
            .map(|b| f32::from(i16::from_le_bytes(*b)) / 32768.0)
            .collect();
        match self.channels {
            1 => [samples.clone(), samples],
            _ => [0, 1].map(|c| samples.as_chunks::<2>().0.iter().map(|pair| pair[c]).collect()),
        }
    }
}

/// Rate and channels; the inner error is a format that we do not read.
fn parse_format(chunk: &[u8]) -> Option<Result<(u32, u16), Error>> {
    let word = |at: usize| chunk.get(at..at + 2).map(|b| u16::from_le_bytes([b[0], b[1]]));
    let (mut kind, channels, bits) = (word(0)?, word(2)?, word(14)?);
    let rate = chunk.get(4..8).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))?;
    if kind == 0xFFFE {
        kind = word(24)?;
    }
    let fits = kind == 1 && bits == 16 && (1..=2).contains(&channels) && (4_000..=192_000).contains(&rate);
    Some(if fits {
        Ok((rate, channels))
    } else {
        Err(Error::Unsupported(format!(
            "a WAV of kind {kind}, {bits} bits, {channels} channels, {rate} Hz (16-bit PCM is)"
        )))
    })
}

fn resampled(channels: &[Vec<f32>; 2], rate: u32) -> Result<Sound, Error> {
    let planar = Sample::F32(Type::Planar);
    let stereo = ChannelLayout::STEREO;
    let failed = |e: ff::Error| crate::video::ffmpeg_failed("resampling", e);
    let mut context =
        ff::software::resampling::Context::get(planar, stereo, rate, planar, stereo, RATE as u32)
            .map_err(failed)?;
    let mut out = Sound::default();
    let mut keep = |frame: &frame::Audio| {
        for (c, channel) in out.channels.iter_mut().enumerate() {
            if frame.samples() > 0 {
                channel.extend_from_slice(&frame.plane::<f32>(c)[..frame.samples()]);
            }
        }
    };
    let total = channels[0].len();
    for from in (0..total).step_by(rate as usize) {
        let samples = (rate as usize).min(total - from);
        let mut input = frame::Audio::new(planar, samples, stereo);
        input.set_rate(rate);
        for (c, channel) in channels.iter().enumerate() {
            input.plane_mut::<f32>(c)[..samples].copy_from_slice(&channel[from..from + samples]);
        }
        let mut output = frame::Audio::new(planar, samples * RATE / rate as usize + 256, stereo);
        output.set_rate(RATE as u32);
        context.run(&input, &mut output).map_err(failed)?;
        keep(&output);
    }
    loop {
        let mut output = frame::Audio::new(planar, 4096, stereo);
        output.set_rate(RATE as u32);
        context.flush(&mut output).map_err(failed)?;
        if output.samples() == 0 {
            break;
        }
        keep(&output);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(rate: u32, seconds: f64) -> Vec<u8> {
        let count = (f64::from(rate) * seconds) as usize;
        let sample =
            |i: usize| ((i as f64 * 440.0 * std::f64::consts::TAU / f64::from(rate)).sin() * 16000.0) as i16;
        riff(1, rate, (0..count).map(sample), count)
    }

    #[test]
    fn a_mono_recording_at_another_rate_keeps_its_length_and_pitch() {
        let sound = Sound::from_wav(&tone(22_050, 1.0)).unwrap();
        assert!((sound.seconds() - 1.0).abs() < 0.002, "{}", sound.seconds());
        let crossings = sound.channels[0].windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
        assert!((438..=441).contains(&crossings), "{crossings}");
        assert_eq!(sound.channels[0], sound.channels[1]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let sound = Sound::from_wav(&tone(48_000, 0.1)).unwrap();
        let again = Sound::from_wav(&sound.to_wav()).unwrap();
        assert!(sound.channels[0].iter().zip(&again.channels[0]).all(|(a, b)| (a - b).abs() < 1e-4));
    }

    #[test]
    fn a_recording_from_a_pipe_without_its_length_is_read() {
        let mut bytes = tone(48_000, 0.1);
        bytes[40..44].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Sound::from_wav(&bytes).unwrap().len(), 4800);
    }

    #[test]
    fn broken_and_foreign_files_are_typed_errors() {
        assert!(matches!(Sound::from_wav(b""), Err(Error::Corrupt { .. })));
        assert!(matches!(Sound::from_wav(b"ID3\x04 and more than twelve bytes"), Err(Error::Corrupt { .. })));
        let mut eight_bits = tone(48_000, 0.1);
        eight_bits[34] = 8;
        assert!(matches!(Sound::from_wav(&eight_bits), Err(Error::Unsupported(_))));
        assert!(matches!(Sound::from_wav(&tone(48_000, 0.1)[..30]), Err(Error::Corrupt { .. })));
    }
}
