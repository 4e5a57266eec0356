//! Rehearsal speaks: by espeak-ng where it is installed, otherwise as silence that takes as long as the words would.
//!
//! espeak-ng is a program of its own that gets the text through its standard input; nothing of it is linked here.

use std::{process::Stdio, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use handbill_domain::model::{Entry, PriceUnit};
use handbill_media::audio::{Sound, riff, spoken};
use tokio::{io::AsyncWriteExt, process::Command};

use crate::{
    Error,
    ask::{Model, Reply, Speech, SpeechAnswer, SpeechAsk, Submission, Usage},
};

const PROGRAM: &str = "espeak-ng";
/// A minute of speech takes it a fraction of a second.
const TIME_OUT: Duration = Duration::from_secs(30);
/// The longest text that a scene could have, many times over.
const LONGEST: usize = 5_000;
/// Rate of the silence.
const RATE: u32 = 48_000;
/// Kept before and after the words, in seconds.
const MARGIN: f64 = 0.04;

/// A voice on this machine.
pub struct Voice {
    entry: Entry,
    program: &'static str,
}

impl Voice {
    /// The voice of a catalogue entry.
    pub fn new(entry: Entry) -> Self {
        Self { entry, program: PROGRAM }
    }
}

#[async_trait]
impl Model<Speech> for Voice {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    async fn submit(&self, ask: &SpeechAsk, _key: &str) -> Result<Submission, Error> {
        if ask.text.len() > LONGEST {
            let reason = format!("{} bytes of text, {LONGEST} are spoken at once", ask.text.len());
            return Err(Error::Rejected { provider: self.entry.provider.clone(), reason });
        }
        let body = match self.speak(ask).await? {
            Some(wav) => self.trimmed(&wav)?,
            None => silence(ask),
        };
        Ok(Submission::Replied(Reply {
            status: 200,
            media_type: "audio/wav".into(),
            body: Bytes::from(body),
        }))
    }

    fn read(&self, ask: &SpeechAsk, reply: &Reply) -> Result<SpeechAnswer, Error> {
        let told = reply.body.get(4..8).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize + 8);
        if told != Some(reply.body.len()) {
            let detail = "the kept reply is not a whole WAV".to_owned();
            return Err(Error::Unreadable { provider: self.entry.provider.clone(), detail });
        }
        let seconds = self.sound(&reply.body)?.seconds();
        let counts = vec![
            (PriceUnit::Character, ask.text.chars().count() as u64),
            (PriceUnit::InputToken, crate::usage::tokens(&ask.text)),
            (PriceUnit::AudioSecond, seconds.ceil() as u64),
        ];
        let variant = Some(ask.voice.clone()).filter(|voice| !voice.is_empty());
        let usage = Usage { counts, variant, estimated: false }.as_billed_by(&self.entry);
        Ok(SpeechAnswer { bytes: reply.body.clone(), words: Vec::new(), usage })
    }
}

impl Voice {
    /// What espeak-ng says; `None` where it is not installed.
    async fn speak(&self, ask: &SpeechAsk) -> Result<Option<Vec<u8>>, Error> {
        let (voice, words_a_minute) = voice_of(&ask.locale);
        let speed = (f64::from(words_a_minute) * f64::from(ask.speed)).round().clamp(80.0, 450.0);
        let started = Command::new(self.program)
            .args(["--stdin", "--stdout", "-b", "1", "-v", &voice, "-s", &speed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.unavailable(format!("{PROGRAM} does not start: {e}"))),
        };
        let input = child.stdin.take();
        let text = plain(&ask.text);
        let talk = async {
            if let Some(mut input) = input {
                input.write_all(text.as_bytes()).await?;
            }
            child.wait_with_output().await
        };
        let output = tokio::time::timeout(TIME_OUT, talk)
            .await
            .map_err(|_| self.unavailable(format!("{PROGRAM} took longer than {} s", TIME_OUT.as_secs())))?
            .map_err(|e| self.unavailable(format!("{PROGRAM}: {e}")))?;
        if !output.status.success() {
            let said: String = String::from_utf8_lossy(&output.stderr).chars().take(200).collect();
            return Err(Error::Rejected {
                provider: self.entry.provider.clone(),
                reason: format!("{PROGRAM} for {}: {}", ask.locale, said.trim()),
            });
        }
        Ok(Some(output.stdout))
    }

    /// Without the silence before and after.
    fn trimmed(&self, wav: &[u8]) -> Result<Vec<u8>, Error> {
        let sound = self.sound(wav)?;
        let spans = spoken(&sound);
        let margin = (MARGIN * f64::from(RATE)) as usize;
        let from = spans.first().map_or(0, |s| s.start.saturating_sub(margin));
        let to = spans.last().map_or(sound.len(), |s| (s.end + margin).min(sound.len()));
        let samples =
            sound.channels[0][from..to].iter().map(|x| (x * 32767.0).round().clamp(-32768.0, 32767.0) as i16);
        Ok(riff(1, RATE, samples, to - from))
    }

    fn sound(&self, wav: &[u8]) -> Result<Sound, Error> {
        Sound::from_wav(wav)
            .map_err(|e| Error::Unreadable { provider: self.entry.provider.clone(), detail: e.to_string() })
    }

    fn unavailable(&self, reason: String) -> Error {
        Error::Unavailable { provider: self.entry.provider.clone(), reason, retry_after: None }
    }
}

/// The voice for a locale, and its pace that sounds natural. espeak-ng's plain Mandarin voice spells pinyin out in
/// English; the one that reads pinyin is meant.
fn voice_of(locale: &str) -> (String, u16) {
    let locale = locale.to_ascii_lowercase();
    match locale.split('-').next().unwrap_or_default() {
        "zh" if matches!(locale.as_str(), "zh-hk" | "zh-hant-hk") => ("yue".into(), 190),
        "zh" => ("cmn-latn-pinyin".into(), 215),
        "en" if locale == "en-gb" => ("en-gb".into(), 158),
        "en" => ("en-us".into(), 158),
        "pt" if locale == "pt-br" => ("pt-br".into(), 165),
        other => (other.to_owned(), 165),
    }
}

/// The text as one line: a line break would be read as the end of a sentence.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Silence for as long as a voice would take: 4.2 Chinese characters or 2.5 words a second, a breath at each stop.
fn silence(ask: &SpeechAsk) -> Vec<u8> {
    let wide = ask.text.chars().filter(|c| !c.is_ascii() && c.is_alphanumeric()).count();
    let words = ask.text.split_whitespace().filter(|w| w.chars().any(|c| c.is_ascii_alphanumeric())).count();
    let stops = ask.text.chars().filter(|c| "，。！？；：,.!?;:".contains(*c)).count();
    let seconds = (wide as f64 / 4.2 + words as f64 / 2.5 + stops as f64 * 0.12).max(0.3)
        / f64::from(ask.speed.max(0.25));
    let count = (seconds * f64::from(RATE)) as usize;
    riff(1, RATE, std::iter::repeat_n(0, count), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_voice(program: &'static str) -> Voice {
        let entry = serde_json::from_value(
            serde_json::json!({ "id": "rehearsal/voice", "modality": "speech", "provider": "rehearsal", "model": "voice" }),
        );
        Voice { entry: entry.unwrap(), program }
    }

    fn an_ask(text: &str, locale: &str) -> SpeechAsk {
        SpeechAsk {
            text: text.into(),
            locale: locale.into(),
            voice: String::new(),
            instructions: String::new(),
            speed: 1.0,
        }
    }

    async fn said(voice: &Voice, ask: &SpeechAsk) -> SpeechAnswer {
        let Submission::Replied(reply) = voice.submit(ask, "").await.unwrap() else { panic!("no reply") };
        voice.read(ask, &reply).unwrap()
    }

    #[tokio::test]
    async fn without_a_synthesiser_silence_takes_as_long_as_the_words() {
        let voice = a_voice("no-such-program-here");
        let long =
            said(&voice, &an_ask("清明前三天，凌晨四点的茶山，一芽一叶都由老师傅亲手采下。", "zh-CN")).await;
        let sound = Sound::from_wav(&long.bytes).unwrap();
        assert!((6.0..7.0).contains(&sound.seconds()), "{}", sound.seconds());
        assert!(sound.channels[0].iter().all(|x| *x == 0.0));
    }

    #[tokio::test]
    #[allow(clippy::print_stdout, reason = "a test that skips says so")]
    async fn where_it_is_installed_it_speaks_both_languages_at_a_natural_pace_and_always_the_same() {
        if std::process::Command::new(PROGRAM).arg("--version").output().is_err() {
            println!("skipped: {PROGRAM} is not installed");
            return;
        }
        let voice = a_voice(PROGRAM);
        for (text, locale, from, to) in [
            ("清明前三天，凌晨四点的茶山，一芽一叶都由老师傅亲手采下。", "zh-CN", 5.0, 7.0),
            (
                "Fresh tea, picked by hand before the spring rain, keeps its bright green taste.",
                "en-US",
                4.3,
                6.0,
            ),
        ] {
            let ask = an_ask(text, locale);
            let one = said(&voice, &ask).await;
            let sound = Sound::from_wav(&one.bytes).unwrap();
            assert!((from..to).contains(&sound.seconds()), "{locale}: {}", sound.seconds());
            assert!(spoken(&sound).len() > 1, "pauses are heard");
            assert_eq!(one, said(&voice, &ask).await);
        }
    }

    #[tokio::test]
    async fn a_text_that_looks_like_an_option_is_spoken_not_obeyed() {
        let voice = a_voice(PROGRAM);
        let answer = said(&voice, &an_ask("--help; rm -rf / $(reboot)", "en-US")).await;
        assert!(Sound::from_wav(&answer.bytes).unwrap().seconds() > 0.5);
    }

    #[tokio::test]
    async fn what_is_far_too_long_is_rejected() {
        let error = a_voice(PROGRAM).submit(&an_ask(&"茶".repeat(2000), "zh-CN"), "").await.unwrap_err();
        assert!(matches!(error, Error::Rejected { .. }));
    }
}
