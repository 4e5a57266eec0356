//! Links that are a permission themselves: signed, for one file, for a quarter of an hour. Whoever has one can fetch the
//! file without a key, so that a browser or a platform can.

use std::time::{Duration, SystemTime};

use handbill_domain::asset::Digest;
use handbill_store::{Error, Store, secrets};

/// How long a link is good.
const GOOD_FOR: Duration = Duration::from_secs(15 * 60);

/// Signs links and knows them again.
#[derive(Clone)]
pub(crate) struct Links([u8; 32]);

/// What a link gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linked {
    /// The file's bytes.
    pub(crate) digest: Digest,
    /// Under which name it is saved.
    pub(crate) name: String,
    /// What it is.
    pub(crate) media_type: String,
}

/// A link.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    /// Path and query.
    pub(crate) url: String,
    /// Until when it is good, in milliseconds since 1970.
    pub(crate) expires_at: i64,
}

impl Links {
    /// With the secret that all processes share.
    pub(crate) async fn open(store: &Store) -> Result<Self, Error> {
        let secret = secrets::shared(store, "links").await?;
        Ok(Self(blake3::derive_key("handbill download links v1", secret.as_bytes())))
    }

    /// A link to a file.
    pub(crate) fn to(&self, linked: &Linked) -> Link {
        // Whole minutes: a list that is asked for twice in a minute is the same.
        let until = (now_s() + GOOD_FOR.as_secs()).div_ceil(60) * 60;
        let signature = self.sign(linked, until);
        let (name, kind) = (escaped(&linked.name), escaped(&linked.media_type));
        let url = format!(
            "/api/v1/downloads/{}/{name}?type={kind}&expires={until}&signature={signature}",
            linked.digest
        );
        Link { url, expires_at: i64::try_from(until * 1000).unwrap_or(i64::MAX) }
    }

    /// Is this a link of ours that is still good?
    pub(crate) fn knows(&self, linked: &Linked, until: u64, signature: &str) -> bool {
        let same = blake3::Hash::from_hex(signature).is_ok_and(|given| given == self.hash(linked, until));
        same && now_s() < until
    }

    fn sign(&self, linked: &Linked, until: u64) -> String {
        self.hash(linked, until).to_hex().to_string()
    }

    fn hash(&self, linked: &Linked, until: u64) -> blake3::Hash {
        let Linked { digest, name, media_type } = linked;
        // Lengths keep one part from passing for another.
        let said = format!("{digest} {until} {}:{name} {}:{media_type}", name.len(), media_type.len());
        blake3::keyed_hash(&self.0, said.as_bytes())
    }
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Percent-encoded as a part of a path or a query.
pub(crate) fn escaped(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_file() -> Linked {
        Linked { digest: Digest::of(b"x"), name: "春 茶.jpg".into(), media_type: "image/jpeg".into() }
    }

    #[test]
    fn a_link_is_good_for_its_file_and_its_time_only() {
        let (links, others) = (Links([7; 32]), Links([8; 32]));
        let soon = now_s() + 60;
        let signature = links.sign(&a_file(), soon);
        assert!(links.knows(&a_file(), soon, &signature));
        assert!(!others.knows(&a_file(), soon, &signature));
        assert!(!links.knows(&a_file(), soon + 1, &signature), "longer than it was given");
        assert!(!links.knows(&Linked { name: "b.html".into(), ..a_file() }, soon, &signature));
        assert!(!links.knows(&Linked { media_type: "text/html".into(), ..a_file() }, soon, &signature));
        let before = now_s() - 1;
        assert!(!links.knows(&a_file(), before, &links.sign(&a_file(), before)), "too late");
        let link = links.to(&a_file());
        assert!(link.url.contains("%E6%98%A5%20%E8%8C%B6.jpg?type=image%2Fjpeg&expires="), "{}", link.url);
        let left = link.expires_at / 1000 - i64::try_from(now_s()).unwrap();
        assert!((14 * 60..=16 * 60).contains(&left), "{left}");
    }
}
