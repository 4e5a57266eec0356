//! What was made by a model, said inside the file: XMP with the IPTC digital source type, and the AIGC label of GB 45438-2025.
//!
//! Pixels, frames and sound are not touched: only the container gains a chunk. A file that no model had a part in is
//! returned as it came. C2PA signatures are not written here.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod aigc;
mod jpeg;
mod mp4;
mod png;
#[cfg(test)]
mod samples;
mod visible;
mod webp;
mod xmp;

use handbill_domain::{Fault, asset::AiOrigin};

pub use visible::{Demand, Mark, When, demanded, demands, visible_label};

/// What a file says about its making.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// How much of it a model made.
    pub origin: AiOrigin,
    /// Name or code of the service that made it (`ContentProducer`): ASCII without spaces.
    pub producer: String,
    /// Id of this content at the producer (`ProduceID`): ASCII without spaces.
    pub produce_id: String,
    /// Name or code of the service that spreads it (`ContentPropagator`), where there is one.
    pub propagator: String,
    /// Its id there (`PropagateID`).
    pub propagate_id: String,
    /// The program that wrote the file: `Handbill 0.1.0`.
    pub tool: String,
    /// The models that had a part in it.
    pub systems: Vec<String>,
}

/// Why a file could not be labelled.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// We know no way to label this kind of file.
    #[error("files of type {0} cannot be labelled")]
    Unsupported(String),
    /// It is not what its media type says, or it is cut short.
    #[error("{kind} is malformed: {what}")]
    Malformed {
        /// Kind of file.
        kind: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// The standard takes only visible ASCII without spaces here.
    #[error("{field} of the label is `{value}`, which is not visible ASCII without spaces")]
    Charset {
        /// The label's field.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// Somebody else's XMP is in it; ours would contradict or lose it.
    #[error("{0} already carries XMP of another program")]
    Occupied(&'static str),
}

impl Error {
    /// Its kind of trouble.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Unsupported(_) | Self::Charset { .. } => Fault::Invalid,
            Self::Malformed { .. } => Fault::Broken,
            Self::Occupied(_) => Fault::Conflict,
        }
    }
}

/// Can files of this type be labelled?
pub fn can_label(media_type: &str) -> bool {
    matches!(media_type, "image/jpeg" | "image/png" | "image/webp" | "video/mp4")
}

/// Writes the label into a file; labelling again replaces it. For [`AiOrigin::None`] the bytes come back untouched,
/// whatever their type.
pub fn label(bytes: Vec<u8>, media_type: &str, label: &Label) -> Result<Vec<u8>, Error> {
    if label.origin == AiOrigin::None {
        return Ok(bytes);
    }
    let aigc = aigc::json(label)?;
    let packet = xmp::packet(label, aigc.as_deref());
    match media_type {
        "image/jpeg" => jpeg::with_xmp(&bytes, &packet),
        "image/png" => png::with_xmp(&bytes, &packet),
        "image/webp" => webp::with_xmp(&bytes, &packet),
        "video/mp4" => mp4::with_label(&bytes, &packet, aigc.as_deref()),
        other => Err(Error::Unsupported(other.to_owned())),
    }
}

/// How many bytes a label adds to a picture at most: what is encoded for a limit must leave them free.
pub fn room(label: &Label) -> Result<u64, Error> {
    if label.origin == AiOrigin::None {
        return Ok(0);
    }
    let packet = xmp::packet(label, aigc::json(label)?.as_deref());
    Ok(packet.len() as u64 + AROUND)
}

/// What a packet is wrapped in: 33 bytes in JPEG, 34 in PNG, 27 in WebP.
const AROUND: u64 = 34;

/// The label that a file carries; `None` where it carries none, or is no file that we can read.
pub fn read(bytes: &[u8], media_type: &str) -> Option<Label> {
    let packet = match media_type {
        "image/jpeg" => jpeg::xmp(bytes),
        "image/png" => png::xmp(bytes),
        "image/webp" => webp::xmp(bytes),
        "video/mp4" => mp4::xmp(bytes),
        _ => return None,
    };
    let mut label = packet.ok().flatten().and_then(|packet| xmp::read(&String::from_utf8_lossy(packet)));
    // The key in a video's own metadata stands by itself where the XMP was dropped on the way.
    if media_type == "video/mp4"
        && label.is_none()
        && let Some(json) = mp4::aigc(bytes).ok().flatten()
    {
        label = aigc::read(&json).map(|label| Label { origin: AiOrigin::Generated, ..label });
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{a_jpeg, a_png, a_video, a_webp};

    pub(crate) fn a_label(origin: AiOrigin) -> Label {
        Label {
            origin,
            producer: "handbill".into(),
            produce_id: "01JD-spring-tea/image.v1".into(),
            tool: "Handbill 0.1.0".into(),
            systems: vec!["wan2.5-t2i <preview> & co".into(), "qwen-max".into()],
            ..Label::default()
        }
    }

    fn files() -> [(&'static str, Vec<u8>); 6] {
        [
            ("image/jpeg", a_jpeg()),
            ("image/png", a_png()),
            ("image/webp", a_webp(false)),
            ("image/webp", a_webp(true)),
            ("video/mp4", a_video(true)),
            ("video/mp4", a_video(false)),
        ]
    }

    #[test]
    fn a_label_is_read_back_from_every_kind_of_file() {
        for (media_type, bytes) in files() {
            assert_eq!(read(&bytes, media_type), None);
            for origin in [AiOrigin::Assisted, AiOrigin::Composite, AiOrigin::Generated] {
                let said = a_label(origin);
                let labelled = label(bytes.clone(), media_type, &said).unwrap();
                assert_eq!(read(&labelled, media_type), Some(said), "{media_type} {origin:?}");
            }
        }
    }

    #[test]
    fn labelling_again_replaces_the_label() {
        for (media_type, bytes) in files() {
            let once = label(bytes.clone(), media_type, &a_label(AiOrigin::Composite)).unwrap();
            let twice = label(once.clone(), media_type, &a_label(AiOrigin::Composite)).unwrap();
            assert!(once == twice, "{media_type}");
            let changed = label(once, media_type, &a_label(AiOrigin::Generated)).unwrap();
            assert!(
                changed == label(bytes, media_type, &a_label(AiOrigin::Generated)).unwrap(),
                "{media_type}"
            );
        }
    }

    #[test]
    fn a_picture_grows_by_no_more_than_the_room_that_was_left() {
        for (media_type, bytes) in files().into_iter().filter(|(media_type, _)| *media_type != "video/mp4") {
            let said = a_label(AiOrigin::Composite);
            let labelled = label(bytes.clone(), media_type, &said).unwrap();
            let grown = (labelled.len() - bytes.len()) as u64;
            let left = room(&said).unwrap();
            assert!(grown <= left && grown + 10 > left, "{media_type}: {grown} of {left}");
        }
        assert_eq!(room(&a_label(AiOrigin::None)).unwrap(), 0);
    }

    #[test]
    fn what_no_model_made_is_left_as_it_came() {
        for (media_type, bytes) in files() {
            assert!(label(bytes.clone(), media_type, &a_label(AiOrigin::None)).unwrap() == bytes);
        }
        assert_eq!(label(vec![1, 2, 3], "text/plain", &Label::default()).unwrap(), [1, 2, 3]);
    }

    #[test]
    fn broken_files_are_refused_and_never_panic() {
        for (media_type, bytes) in files() {
            for end in 0..bytes.len() {
                let cut = bytes[..end].to_vec();
                let _ = read(&cut, media_type);
                let _ = label(cut, media_type, &a_label(AiOrigin::Generated));
            }
            let error = label(
                b"not a picture at all, only words".to_vec(),
                media_type,
                &a_label(AiOrigin::Generated),
            )
            .unwrap_err();
            assert_eq!(error.fault(), Fault::Broken, "{media_type}");
            for at in 0..bytes.len() {
                let mut spoilt = bytes.clone();
                spoilt[at] ^= 0xFF;
                let _ = read(&spoilt, media_type);
                let _ = label(spoilt, media_type, &a_label(AiOrigin::Generated));
            }
        }
    }

    #[test]
    fn a_name_that_the_standard_does_not_take_is_refused() {
        for producer in ["春茶", "two words", "", "tab\t"] {
            let said = Label { producer: producer.into(), ..a_label(AiOrigin::Generated) };
            let error = label(a_png(), "image/png", &said).unwrap_err();
            assert!(matches!(error, Error::Charset { field: "ContentProducer", .. }), "{producer}");
        }
        let unknown = label(vec![0], "image/avif", &a_label(AiOrigin::Generated)).unwrap_err();
        assert_eq!(unknown.to_string(), "files of type image/avif cannot be labelled");
    }
}
