//! Fetching a file from an address that someone else named: a provider's result, a product page, a photo.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use reqwest::header::LOCATION;
use url::Url;

use crate::{
    Error, Guard, Timeouts,
    client::{build, explain, read},
    guard::place,
    resolver::{Lookup, System},
};

/// Most redirects that are followed.
const HOPS: usize = 5;

/// Fetches files without any key. Every hop of a redirect is checked like the first address; https never goes down to
/// http.
#[derive(Clone, Debug)]
pub struct Fetcher {
    http: reqwest::Client,
    guard: Guard,
    timeouts: Timeouts,
}

/// A file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Media type as the other side says, lower case, without parameters.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Fetcher {
    /// A fetcher that asks what the guard allows, with the given waits.
    pub fn new(guard: Guard, timeouts: Timeouts) -> Result<Self, Error> {
        Self::with_lookup(guard, timeouts, Arc::new(System))
    }

    /// For addresses that a stranger wrote: connect 5 s, total 15 s.
    pub fn for_strangers(guard: Guard) -> Result<Self, Error> {
        let short = Duration::from_secs(5);
        Self::new(guard, Timeouts { connect: short, read: short, total: Duration::from_secs(15) })
    }

    pub(crate) fn with_lookup(
        guard: Guard,
        timeouts: Timeouts,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, Error> {
        Ok(Self { http: build(guard.clone(), lookup, timeouts)?, guard, timeouts })
    }

    /// Fetches a file of at most `limit` bytes (counted after decompression) whose media type starts with one of
    /// `types`; an empty list takes any.
    pub async fn fetch(&self, address: &str, types: &[&str], limit: usize) -> Result<Fetched, Error> {
        let bad =
            |e: url::ParseError| Error::Address { place: "the address".to_owned(), reason: e.to_string() };
        let mut url = Url::parse(address.trim()).map_err(bad)?;
        let host = url.host_str().unwrap_or_default().to_owned();
        tokio::time::timeout(self.timeouts.total, async {
            for _ in 0..=HOPS {
                match self.hop(&url, types, limit).await? {
                    Hop::Arrived(file) => return Ok(file),
                    Hop::Onward(next) => url = next,
                }
            }
            Err(Error::Unusable { host: host_of(&url), reason: format!("more than {HOPS} redirects") })
        })
        .await
        .unwrap_or_else(|_| Err(Error::Cut { host, reason: "no answer in time".to_owned() }))
    }

    async fn hop(&self, url: &Url, types: &[&str], limit: usize) -> Result<Hop, Error> {
        self.guard.check(url)?;
        let response = self.http.get(url.clone()).send().await.map_err(|e| explain(e, url))?;
        if response.status().is_redirection() {
            let location = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
            return onward(url, location).map(Hop::Onward);
        }
        let refuse = |reason: String| Err(Error::Unusable { host: host_of(url), reason });
        if !response.status().is_success() {
            return refuse(format!("status {}", response.status().as_u16()));
        }
        let answer = read(response, limit, url).await?;
        if !types.is_empty() && !types.iter().any(|t| answer.media_type.starts_with(t)) {
            return refuse(format!("it is `{}`", answer.media_type));
        }
        Ok(Hop::Arrived(Fetched { media_type: answer.media_type, bytes: answer.body }))
    }
}

enum Hop {
    Arrived(Fetched),
    Onward(Url),
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn onward(from: &Url, location: Option<&str>) -> Result<Url, Error> {
    let refuse = |reason: &str| Err(Error::Unusable { host: host_of(from), reason: reason.to_owned() });
    let Some(next) = location.and_then(|l| from.join(l).ok()) else {
        return refuse("a redirect without an address");
    };
    if from.scheme() == "https" && next.scheme() != "https" {
        return Err(Error::Address {
            place: place(&next),
            reason: "https does not go down to http".to_owned(),
        });
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_from_https_down_to_http() {
        let from = Url::parse("https://shop.example/a/b").unwrap();
        assert_eq!(onward(&from, Some("c?d=1")).unwrap().as_str(), "https://shop.example/a/c?d=1");
        assert_eq!(onward(&from, Some("//cdn.example/c")).unwrap().as_str(), "https://cdn.example/c");
        for down in ["http://shop.example/", "ftp://shop.example/", "javascript:alert(1)"] {
            assert!(matches!(onward(&from, Some(down)), Err(Error::Address { .. })), "{down}");
        }
        for nowhere in [None, Some("https://[")] {
            assert!(matches!(onward(&from, nowhere), Err(Error::Unusable { .. })), "{nowhere:?}");
        }
    }
}
