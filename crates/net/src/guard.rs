//! Which addresses may be asked. One rule, used for literal addresses and for every answer of the resolver.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::Error;

/// Most characters of an address.
const LONGEST: usize = 2048;

/// Which addresses may be asked. The default is the public internet and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    allowed: Vec<Net>,
    any_port: bool,
}

/// A range of addresses: `10.1.0.0/16`, `127.0.0.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Net {
    address: IpAddr,
    bits: u8,
}

impl Guard {
    /// The public internet, and these ranges of a private network that the operator trusts.
    pub fn allowing<'a>(ranges: impl IntoIterator<Item = &'a str>) -> Result<Self, Error> {
        let allowed = ranges.into_iter().map(Net::read).collect::<Result<_, _>>()?;
        Ok(Self { allowed, any_port: false })
    }

    /// The public internet, this machine and private networks, on any port; not link-local (cloud metadata), not
    /// multicast. For servers that the operator runs.
    pub fn local() -> Self {
        let net = |address: IpAddr, bits| Net { address, bits };
        let v4 = |a, b, c, d| IpAddr::V4(Ipv4Addr::new(a, b, c, d));
        Self {
            any_port: true,
            allowed: vec![
                net(v4(127, 0, 0, 0), 8),
                net(v4(10, 0, 0, 0), 8),
                net(v4(172, 16, 0, 0), 12),
                net(v4(192, 168, 0, 0), 16),
                net(v4(100, 64, 0, 0), 10),
                net(IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
                net(IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
            ],
        }
    }

    /// Why this address may not be asked; `None` when it may.
    pub fn objection(&self, address: IpAddr) -> Option<String> {
        let kind = blocked(address)?;
        if self.allows(address) { None } else { Some(format!("{address} is {kind}")) }
    }

    fn allows(&self, address: IpAddr) -> bool {
        self.allowed.iter().any(|net| net.holds(address))
    }

    /// Checks a parsed address for a fetch: http or https, port 80 or 443 (any port in an allowed range), no user name
    /// or password, at most 2048 characters, no blocked literal. Names are checked when they are resolved.
    pub fn check(&self, url: &Url) -> Result<(), Error> {
        let refuse = |reason: &str| Err(Error::Address { place: place(url), reason: reason.to_owned() });
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("only http and https are fetched");
        }
        if url.as_str().len() > LONGEST {
            return refuse("it is longer than 2048 characters");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("it carries a user name or a password");
        }
        let literal = self.check_host(url)?;
        let trusted = self.any_port || literal.is_some_and(|address| self.allows(address));
        if trusted || matches!(url.port_or_known_default(), Some(80 | 443)) {
            Ok(())
        } else {
            refuse("only the ports 80 and 443 are asked")
        }
    }

    /// Checks the host alone: the literal address, if it is one and it may be asked.
    pub(crate) fn check_host(&self, url: &Url) -> Result<Option<IpAddr>, Error> {
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
            Some(Host::Domain(_)) => return Ok(None),
            None => return Err(Error::Address { place: place(url), reason: "it has no host".to_owned() }),
        };
        match self.objection(literal) {
            Some(reason) => Err(Error::Blocked { host: literal.to_string(), reason }),
            None => Ok(Some(literal)),
        }
    }
}

/// What an address is called in messages: without user, query and fragment, which may hold secrets.
pub(crate) fn place(url: &Url) -> String {
    match url.host_str() {
        Some(host) => match url.port() {
            Some(port) => format!("{}://{host}:{port}{}", url.scheme(), short(url.path())),
            None => format!("{}://{host}{}", url.scheme(), short(url.path())),
        },
        None => format!("{}: address", url.scheme()),
    }
}

fn short(path: &str) -> &str {
    path.get(..120).unwrap_or(path)
}

impl Net {
    fn read(text: &str) -> Result<Self, Error> {
        let bad = || Error::Address {
            place: text.to_owned(),
            reason: "write a range as 10.1.0.0/16 or one address".to_owned(),
        };
        let (address, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |b| b.parse().map_err(|_| bad()))?;
        if bits > most { Err(bad()) } else { Ok(Self { address, bits }) }
    }

    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                (a.to_bits() ^ b.to_bits()).leading_zeros() >= u32::from(self.bits)
            }
            _ => false,
        }
    }
}

/// What kind of address it is, where it is of a kind that we do not ask: everything that is not the public internet,
/// and everything that hides another address (IPv4-mapped, NAT64, 6to4, Teredo).
pub fn blocked(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => blocked_v4(v4),
        IpAddr::V6(v6) => blocked_v6(v6),
    }
}

fn blocked_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        (0, ..) => Some("this network"),
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Some("private"),
        (100, 64..=127, _) => Some("shared address space"),
        (127, ..) => Some("this machine"),
        (169, 254, _) => Some("link-local"),
        (192, 0, 0) => Some("reserved for protocols"),
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Some("for documentation"),
        (192, 88, 99) => Some("a 6to4 relay"),
        (198, 18..=19, _) => Some("for benchmarks"),
        (224..=239, ..) => Some("multicast"),
        (240..=255, ..) => Some("reserved"),
        _ => None,
    }
}

fn blocked_v6(address: Ipv6Addr) -> Option<&'static str> {
    let s = address.segments();
    if address.is_unspecified() {
        return Some("unspecified");
    }
    if address.is_loopback() {
        return Some("this machine");
    }
    match s {
        [0, 0, 0, 0, 0, 0xffff, ..] => Some("an IPv4 address in disguise"),
        [0, 0, 0, 0, 0, 0, ..] => Some("an IPv4 address in disguise"),
        [0, 0, 0, 0, 0xffff, 0, ..] => Some("an IPv4 address in disguise"),
        [0x64, 0xff9b, ..] => Some("an IPv4 address behind NAT64"),
        [0x100, 0, 0, 0, ..] => Some("a discard address"),
        [0x2001, 0..=0x1ff, ..] => Some("reserved for protocols"),
        [0x2001, 0xdb8, ..] | [0x3fff, ..] => Some("for documentation"),
        [0x2002, ..] => Some("an IPv4 address behind 6to4"),
        [0xfc00..=0xfdff, ..] => Some("private"),
        [0xfe80..=0xfebf, ..] => Some("link-local"),
        [0xfec0..=0xfeff, ..] => Some("site-local"),
        [0xff00..=0xffff, ..] => Some("multicast"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn addresses_that_are_not_public_are_refused_in_every_spelling() {
        let refused = [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://0251.0376.0251.0376/",
            "http://127.1/",
            "http://0/",
            "http://10.0.0.1/",
            "http://172.31.255.255/",
            "http://192.168.1.1/",
            "http://100.64.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://192.0.0.1/",
            "http://198.18.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:8.8.8.8]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[64:ff9b:1::a00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:4136:e378::]/",
            "http://[fc00::1]/",
            "http://[fd12:3456::1]/",
            "http://[fe80::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "https://１２７.０.０.１/",
        ];
        for text in refused {
            let error = Guard::default().check(&url(text)).unwrap_err();
            assert!(matches!(error, Error::Blocked { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn addresses_of_a_wrong_form_are_refused() {
        let long = format!("https://example.com/{}", "a".repeat(LONGEST));
        for text in [
            "file:///etc/passwd",
            "gopher://example.com/",
            "data:text/html,x",
            "ftp://example.com/",
            "http://user@example.com/",
            "http://u:p@example.com/",
            "http://example.com:6379/",
            "https://8.8.8.8:8443/",
            &long,
        ] {
            let error = Guard::default().check(&url(text)).unwrap_err();
            assert!(matches!(error, Error::Address { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn public_addresses_and_names_pass() {
        for text in [
            "https://example.com/a?b=c",
            "http://example.com:443/",
            "https://8.8.8.8/",
            "http://[2606:4700::1111]/",
        ] {
            Guard::default().check(&url(text)).unwrap();
        }
    }

    #[test]
    fn an_operator_can_trust_a_range_and_only_that() {
        let guard = Guard::allowing(["10.1.0.0/16", "127.0.0.1"]).unwrap();
        guard.check(&url("http://10.1.2.3:8188/")).unwrap();
        guard.check(&url("http://127.0.0.1:80/")).unwrap();
        assert!(guard.check(&url("http://10.2.0.1/")).is_err());
        assert!(guard.check(&url("http://127.0.0.2/")).is_err());
        for bad in ["10.1.0.0/33", "10.1", "all", "::1/129", "1.2.3.4/x"] {
            assert!(Guard::allowing([bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn local_reaches_this_machine_and_its_network_but_not_cloud_metadata() {
        for allowed in ["127.0.0.1", "10.0.0.9", "192.168.1.7", "172.20.0.2", "::1", "fd00::1", "100.100.1.1"]
        {
            assert_eq!(Guard::local().objection(allowed.parse().unwrap()), None, "{allowed}");
        }
        for refused in ["169.254.169.254", "fe80::1", "224.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"] {
            assert!(Guard::local().objection(refused.parse().unwrap()).is_some(), "{refused}");
        }
    }
}
