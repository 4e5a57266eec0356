//! How loud a sound is (EBU R 128), and making it exactly as loud as asked without clipping.

use std::collections::VecDeque;

use ebur128::{EbuR128, Mode};

use super::{RATE, Sound};
use crate::Error;

/// How loud a sound is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Integrated loudness in LUFS; minus infinity for silence.
    pub lufs: f64,
    /// Highest true peak in dBTP.
    pub true_peak_db: f64,
}

/// Measures the whole.
pub fn measure(sound: &Sound) -> Result<Measured, Error> {
    let failed = |e: ebur128::Error| Error::Encode { format: "loudness", reason: e.to_string() };
    let mut meter = EbuR128::new(2, RATE as u32, Mode::I | Mode::TRUE_PEAK).map_err(failed)?;
    meter.add_frames_planar_f32(&[&sound.channels[0], &sound.channels[1]]).map_err(failed)?;
    let peak = meter.true_peak(0).map_err(failed)?.max(meter.true_peak(1).map_err(failed)?);
    Ok(Measured {
        lufs: meter.loudness_global().map_err(failed)?,
        true_peak_db: 20.0 * peak.max(1e-9).log10(),
    })
}

/// Brings a sound to `lufs` with one gain and, where its peaks demand it, a limiter that looks ahead; then measures
/// again and corrects what the limiter took. Silence stays silence.
pub(crate) fn normalize(sound: &mut Sound, lufs: f64, true_peak_db: f64) -> Result<(), Error> {
    for _ in 0..3 {
        let now = measure(sound)?;
        if !now.lufs.is_finite() || now.lufs < -70.0 {
            return Ok(());
        }
        // AAC adds up to about half a decibel to peaks.
        if (now.lufs - lufs).abs() < 0.1 && now.true_peak_db <= true_peak_db - 0.5 {
            return Ok(());
        }
        let gain = 10f64.powf((lufs - now.lufs) / 20.0) as f32;
        sound.channels.iter_mut().flatten().for_each(|x| *x *= gain);
        if now.true_peak_db + lufs - now.lufs > true_peak_db - 0.5 {
            // What AAC adds to noisy peaks stays below the ceiling with this margin.
            limit(sound, 10f64.powf((true_peak_db - 1.3) / 20.0) as f32);
        }
    }
    Ok(())
}

/// Keeps every sample below `ceiling`; the gain falls ahead of a peak and recovers slowly, equally in both channels.
pub(crate) fn limit(sound: &mut Sound, ceiling: f32) {
    let ahead = RATE / 200;
    let needed: Vec<f32> =
        true_peaks(sound).into_iter().map(|peak| if peak > ceiling { ceiling / peak } else { 1.0 }).collect();
    let lowest = lowest_ahead(&needed, ahead);
    let recover = (-1.0 / (0.08 * RATE as f32)).exp();
    let (mut gain, mut recent, mut sum) = (1.0f32, VecDeque::from(vec![1.0f32; ahead]), ahead as f32);
    for (i, low) in lowest.into_iter().enumerate() {
        gain = if low < gain { low } else { low + (gain - low) * recover };
        // The mean over the time ahead turns each step down into a ramp that ends on the peak.
        sum += gain - recent.pop_front().unwrap_or(1.0);
        recent.push_back(gain);
        let now = (sum / ahead as f32).min(1.0);
        for channel in &mut sound.channels {
            channel[i] = (channel[i] * now).clamp(-ceiling, ceiling);
        }
    }
}

/// The louder channel at each sample, with what the wave reaches between it and the next: three points of a
/// windowed sinc over eight samples.
fn true_peaks(sound: &Sound) -> Vec<f32> {
    let taps: Vec<[f32; 8]> = [0.25f32, 0.5, 0.75]
        .iter()
        .map(|part| {
            std::array::from_fn(|k| {
                let x = (k as f32 - 3.0 - part) * std::f32::consts::PI;
                let window = 0.5 + 0.5 * ((k as f32 - 3.0 - part) / 4.5 * std::f32::consts::PI).cos();
                x.sin() / x * window
            })
        })
        .collect();
    let mut peaks: Vec<f32> = sound.level().collect();
    for channel in &sound.channels {
        for (i, around) in channel.windows(8).enumerate() {
            // Quiet places cannot reach the ceiling between samples either.
            if around[3].abs().max(around[4].abs()) < 0.25 {
                continue;
            }
            for taps in &taps {
                let between = around.iter().zip(taps).map(|(x, t)| x * t).sum::<f32>().abs();
                peaks[i + 3] = peaks[i + 3].max(between);
            }
        }
    }
    peaks
}

/// For each place the lowest value from there to `ahead` places on.
fn lowest_ahead(values: &[f32], ahead: usize) -> Vec<f32> {
    let mut out = vec![1.0; values.len()];
    let mut falling: VecDeque<usize> = VecDeque::new();
    for i in 0..values.len() + ahead {
        if let Some(value) = values.get(i) {
            while falling.back().is_some_and(|&last| values[last] >= *value) {
                falling.pop_back();
            }
            falling.push_back(i);
        }
        if let Some(at) = i.checked_sub(ahead) {
            while falling.front().is_some_and(|&first| first < at) {
                falling.pop_front();
            }
            out[at] = falling.front().map_or(1.0, |&first| values[first]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_tone_with_clicks_comes_out_at_the_target_below_the_peak() {
        let mut sound = Sound::silence(RATE * 4);
        for channel in &mut sound.channels {
            for (i, x) in channel.iter_mut().enumerate() {
                *x = (i as f32 * 0.05).sin() * 0.04 + if i % 9000 == 0 { 0.7 } else { 0.0 };
            }
        }
        normalize(&mut sound, -14.0, -1.0).unwrap();
        let after = measure(&sound).unwrap();
        assert!((after.lufs + 14.0).abs() < 0.5, "{after:?}");
        assert!(after.true_peak_db <= -1.0, "{after:?}");
    }

    #[test]
    fn silence_stays_silence() {
        let mut sound = Sound::silence(RATE);
        normalize(&mut sound, -14.0, -1.0).unwrap();
        assert!(sound.level().all(|x| x == 0.0));
    }
}
