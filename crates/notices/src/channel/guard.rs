//! Which hosts a person may make this program call: those of the public internet, and none that
//! only this program can reach.
//!
//! What must stay true: a name is looked up once for each request, what it stands for is judged,
//! and the connection goes to what was judged. So a name that stands for something else a moment
//! later (DNS rebinding), one that stands for several things, a number written in an odd way and a
//! redirect (none is followed) lead nowhere else.
//!
//! Sources: the IANA's registers of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and what
//! came after it); RFC 6052 for NAT64; the address at which Azure's machines ask their host.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::str::FromStr;
use std::sync::Arc;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// What is not public among IPv4's addresses: the network and the length of its prefix.
const SPECIAL_V4: [(Ipv4Addr, u8); 17] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// What is not public within 2000::/3, outside of which nothing of IPv6 is.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    // Protocols' own, Teredo among them.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    // 6to4, in which an address of IPv4 stands.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Addresses that begin alike: `192.168.7.0/24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// What a name stands for.
type LookUp = dyn Fn(&str, u16) -> std::io::Result<Vec<SocketAddr>> + Send + Sync;

/// Judges addresses before they are called.
#[derive(Clone)]
pub struct Guard {
    allowed: Arc<[Network]>,
    look_up: Arc<LookUp>,
}

impl Guard {
    /// One that lets nothing through but the public internet, and these networks, which an operator
    /// names because receivers of webhooks stand there.
    #[must_use]
    pub fn new(allowed: &[Network]) -> Self {
        let look_up = |host: &str, port: u16| Ok((host, port).to_socket_addrs()?.collect());
        Self { allowed: allowed.into(), look_up: Arc::new(look_up) }
    }

    /// The same, with another way to look names up.
    #[must_use]
    pub fn looking_up(
        self,
        look_up: impl Fn(&str, u16) -> std::io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        Self { look_up: Arc::new(look_up), ..self }
    }

    /// Whether an address may be called; without TLS only where the operator says so.
    fn lets(&self, address: IpAddr, is_secure: bool) -> bool {
        let allowed = self.allowed.iter().any(|network| network.holds(address));
        allowed || (is_secure && is_public(address))
    }

    /// Whether anything may be called without TLS.
    pub(crate) fn knows_networks(&self) -> bool {
        !self.allowed.is_empty()
    }

    /// Looks up what a URL stands for; an error where anything of it may not be called.
    fn judged(&self, uri: &Uri) -> std::io::Result<Vec<SocketAddr>> {
        let refused = || Error::new(ErrorKind::PermissionDenied, "this address is not called");
        let is_secure = uri.scheme_str() == Some("https");
        let host = uri.host().ok_or_else(refused)?;
        let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = match bare.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => (self.look_up)(bare, port)?,
        };
        match found.iter().all(|one| self.lets(one.ip(), is_secure)) {
            true => Ok(found),
            false => Err(refused()),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Guard").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let judged = self.judged(uri)?;
        if judged.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        let mut addresses = self.empty();
        // As many as the client tries; more would be one name's for a great many machines.
        judged.into_iter().take(8).for_each(|address| addresses.push(address));
        Ok(addresses)
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !SPECIAL_V4.iter().any(|(network, prefix)| holds_v4(*network, *prefix, address))
        }
        IpAddr::V6(address) => match embedded(address) {
            Some(within) => is_public(IpAddr::V4(within)),
            None => {
                let special =
                    |(network, prefix): &(Ipv6Addr, u8)| holds_v6(*network, *prefix, address);
                let global = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0);
                holds_v6(global, 3, address) && !SPECIAL_V6.iter().any(special)
            }
        },
    }
}

/// The address of IPv4 that one of IPv6 stands for: mapped (`::ffff:0:0/96`), or by NAT64's
/// well-known prefix (`64:ff9b::/96`).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let mapped = Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0);
    let nat64 = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);
    let [.., a, b, c, d] = address.octets();
    let stands = holds_v6(mapped, 96, address) || holds_v6(nat64, 96, address);
    stands.then(|| Ipv4Addr::new(a, b, c, d))
}

fn holds_v4(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let differs = network.to_bits() ^ address.to_bits();
    differs.checked_shr(32 - u32::from(prefix)).unwrap_or(0) == 0
}

fn holds_v6(network: Ipv6Addr, prefix: u8, address: Ipv6Addr) -> bool {
    let differs = network.to_bits() ^ address.to_bits();
    differs.checked_shr(128 - u32::from(prefix)).unwrap_or(0) == 0
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        // An address of IPv4 may come in the clothes of IPv6.
        let plain = match address {
            IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
            IpAddr::V4(_) => address,
        };
        match (self.address, plain) {
            (IpAddr::V4(network), IpAddr::V4(address)) => holds_v4(network, self.prefix, address),
            (IpAddr::V6(network), IpAddr::V6(address)) => holds_v6(network, self.prefix, address),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a network is an address, a slash and the length of its prefix";
        let (address, prefix) = text.split_once('/').ok_or(WRONG)?;
        let address: IpAddr = address.parse().map_err(|_| WRONG)?;
        let prefix: u8 = prefix.parse().map_err(|_| WRONG)?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        if prefix == 0 || prefix > bits { Err(WRONG) } else { Ok(Self { address, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of each entry of the IANA's registers, their last ones among them, and neighbours
    /// that are public.
    #[test]
    fn nothing_but_the_public_internet_is_called() {
        let private = "0.0.0.0 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 \
            100.127.255.255 127.0.0.1 127.255.255.255 168.63.129.16 169.254.169.254 172.16.0.1 \
            172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 \
            198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 \
            :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 \
            64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 \
            2002:7f00:1:: 2002::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1 ff02::1";
        let public = "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 \
            128.0.0.0 168.63.129.15 169.253.255.255 172.15.255.255 172.32.0.0 192.167.255.255 \
            192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700:4700::1111 \
            2a00:1450:4001::200e ::ffff:1.1.1.1 64:ff9b::101:101 2003::1";
        for (list, expected) in [(private, false), (public, true)] {
            for text in list.split_whitespace() {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn a_network_of_the_operators_is_called_and_its_neighbours_are_not() {
        let guard = Guard::new(&["192.168.7.0/24".parse().unwrap(), "fd12::/16".parse().unwrap()]);
        for (address, lets) in [
            ("192.168.7.9", true),
            ("::ffff:192.168.7.9", true),
            ("192.168.8.1", false),
            ("fd12::1", true),
            ("fd13::1", false),
        ] {
            assert_eq!(guard.lets(address.parse().unwrap(), false), lets, "{address}");
        }
        assert!(!guard.lets("1.1.1.1".parse().unwrap(), false), "the internet only with TLS");
        for text in ["", "10.0.0.0", "10.0.0.0/33", "0.0.0.0/0", "::/0", "a/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
