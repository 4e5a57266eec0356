//! Speech over music: the bed goes down before someone speaks and comes back after.

use super::{RATE, Sound, bed, faster, limit, loudness::normalize, measure, spoken};
use crate::{
    Error,
    video::{Assets, Timeline},
};

/// Loudness of speech before the whole is set to its target, so that all voices start equal.
const SPEECH_LUFS: f64 = -18.0;
/// How far its peaks may be above that, in dB.
const SPEECH_PEAKS: f64 = 9.5;

/// The sound of a timeline, exactly as long as it; `None` where it has neither speech nor music.
pub fn mix(timeline: &Timeline, assets: &Assets) -> Result<Option<Sound>, Error> {
    let tracks = &timeline.tracks;
    if tracks.narration.is_empty() && tracks.music.is_none() {
        return Ok(None);
    }
    let samples = (timeline.duration_ms as usize * RATE) / 1000;
    let mut whole = Sound::silence(samples);
    let mut talking = vec![false; samples];
    for clip in &tracks.narration {
        let sound = faster(assets.sound(&clip.sound)?, clip.speed);
        let from = clip.start_ms as usize * RATE / 1000;
        for span in spoken(&sound) {
            let (start, end) = (from + span.start, from + span.end);
            talking[start.min(samples)..end.min(samples)].fill(true);
        }
        add(&mut whole, &sound, from, 1.0);
    }
    level(&mut whole)?;
    if let Some(music) = &tracks.music {
        let mut under = bed(music.mood, music.seed, samples);
        normalize(&mut under, SPEECH_LUFS + music.gain_db, -1.0)?;
        duck(&mut under, &talking, music.duck_db);
        add(&mut whole, &under, 0, 1.0);
    }
    normalize(&mut whole, tracks.loudness.lufs, tracks.loudness.true_peak_db)?;
    Ok(Some(whole))
}

/// Brings speech to its loudness and its peaks near to it, so that the whole can be loud without a limiter at work all
/// the time. Silence stays silence.
fn level(speech: &mut Sound) -> Result<(), Error> {
    for _ in 0..2 {
        let lufs = measure(speech)?.lufs;
        if !lufs.is_finite() || lufs < -70.0 {
            return Ok(());
        }
        let gain = 10f64.powf((SPEECH_LUFS - lufs) / 20.0) as f32;
        speech.channels.iter_mut().flatten().for_each(|x| *x *= gain);
        limit(speech, 10f64.powf((SPEECH_LUFS + SPEECH_PEAKS) / 20.0) as f32);
    }
    Ok(())
}

fn add(to: &mut Sound, from: &Sound, at: usize, gain: f32) {
    for (to, from) in to.channels.iter_mut().zip(&from.channels) {
        for (x, y) in to.iter_mut().skip(at).zip(from) {
            *x += y * gain;
        }
    }
}

/// Lowers a bed by `db` where someone speaks: 180 ms ahead of the first word, back within 0.7 s after the last; short
/// pauses between words do not count.
fn duck(bed: &mut Sound, talking: &[bool], db: f64) {
    let (ahead, pause) = (RATE * 18 / 100, RATE * 45 / 100);
    let mut low = vec![false; talking.len()];
    let mut last = None;
    for (i, _) in talking.iter().enumerate().filter(|(_, t)| **t) {
        let from = match last {
            Some(last) if i - last <= pause + ahead => last,
            _ => i.saturating_sub(ahead),
        };
        low[from..=i].fill(true);
        last = Some(i);
    }
    let (fall, rise) = ((-1.0 / (0.07 * RATE as f64)).exp(), (-1.0 / (0.28 * RATE as f64)).exp());
    let mut now = 0.0;
    for i in 0..bed.len() {
        let want = if low[i] { db } else { 0.0 };
        let hold = if want < now { fall } else { rise };
        now = want + (now - want) * hold;
        let gain = 10f64.powf(now / 20.0) as f32;
        for channel in &mut bed.channels {
            channel[i] *= gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn music_is_lower_under_speech_and_full_again_after() {
        let mut bed = Sound { channels: [vec![0.5; RATE * 4], vec![0.5; RATE * 4]] };
        let mut talking = vec![false; RATE * 4];
        talking[RATE..RATE * 2].fill(true);
        duck(&mut bed, &talking, -12.0);
        let at = |seconds: f64| bed.channels[0][(seconds * RATE as f64) as usize];
        assert!((at(0.5) - 0.5).abs() < 0.001);
        assert!(at(1.2) < 0.14, "{}", at(1.2));
        assert!(at(3.9) > 0.48, "{}", at(3.9));
    }
}
