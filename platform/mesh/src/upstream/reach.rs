//! Which addresses an upstream may have. Whoever names an upstream without being trusted with the machine's file must not reach what only
//! the machine itself should: services that give credentials to whoever can ask them (server-side request forgery).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use banyan_kernel::Network;

/// Which addresses an upstream may have. What a name stands for is looked at with each connection, so that a name server cannot change it
/// after the check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    Anywhere,
    /// No address of the link (RFC 3927, RFC 4291 §2.5.6), where clouds answer with a machine's credentials, nor another known address of
    /// such a service, nor one that is no host's; except what is listed.
    Guarded { except: Arc<[Network]> },
}

/// Addresses beyond the link at which clouds answer with a machine's credentials.
const METADATA: [IpAddr; 4] = [
    // Alibaba Cloud.
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    // Oracle Cloud, of before.
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Azure's wire server.
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
    // Amazon, by IPv6.
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

impl Reach {
    pub fn allows(&self, address: IpAddr) -> bool {
        let Self::Guarded { except } = self else { return true };
        let plain = plain(address);
        !is_guarded(plain) || except.iter().any(|network| network.contains(plain))
    }

    /// Whether a host that stands in an address may be named at all: an address by [`Reach::allows`], a name unless it is one by which an
    /// address is hidden, such as `2852039166` or `0xa9.254.169.254`, which resolvers take for 169.254.169.254.
    pub fn allows_host(&self, host: &str) -> bool {
        if *self == Self::Anywhere {
            return true;
        }
        let host = host.trim_matches(['[', ']']);
        if let Ok(address) = host.parse() {
            return self.allows(address);
        }
        let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        let number = last.bytes().all(|byte| byte.is_ascii_digit())
            || last
                .strip_prefix("0x")
                .or_else(|| last.strip_prefix("0X"))
                .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        !host.is_empty() && !number
    }
}

/// An IPv4 address in the forms of IPv6 that lead to it: mapped and compatible (RFC 4291 §2.5.5), NAT64 (RFC 6052), 6to4 (RFC 3056).
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let segments = six.segments();
    let four = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    match segments {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => four(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => four(high, low),
        [0x2002, high, low, ..] => four(high, low),
        _ => address,
    }
}

fn is_guarded(address: IpAddr) -> bool {
    let of_nobody = match address {
        IpAddr::V4(four) => four.is_link_local() || four.octets()[0] == 0 || four.is_multicast() || four.is_broadcast(),
        IpAddr::V6(six) => six.is_unicast_link_local() || six.is_unspecified() || six.is_multicast(),
    };
    of_nobody || METADATA.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(except: &[&str]) -> Reach {
        Reach::Guarded { except: except.iter().map(|text| text.parse().unwrap()).collect() }
    }

    #[test]
    fn credentials_of_the_machine_are_out_of_reach() {
        for bad in [
            "169.254.169.254",
            "169.254.1.1",
            "0.0.0.0",
            "0.1.2.3",
            "224.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "fe80::1",
            "[fe80::1]",
            "::",
            "ff02::1",
            "fd00:ec2::254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::169.254.169.254",
            "2002:a9fe:a9fe::1",
            "2852039166",
            "0xa9fea9fe",
            "0XA9FEA9FE",
            "169.254.43518",
            "169.254.169.0xfe",
            "0251.0376.0251.0376",
            "169.254.169.254.",
            "",
        ] {
            assert!(!guarded(&[]).allows_host(bad), "{bad}");
            assert!(Reach::Anywhere.allows_host(bad));
        }
        for good in
            ["127.0.0.1", "10.0.0.1", "192.168.1.1", "::1", "[fd00::1]", "example.org", "legacy", "0xcafe.example", "8.8.8.8"]
        {
            assert!(guarded(&[]).allows_host(good), "{good}");
        }
    }

    #[test]
    fn the_operator_of_the_machine_may_allow_some() {
        let reach = guarded(&["169.254.10.0/24", "fe80::/16"]);
        assert!(reach.allows_host("169.254.10.7") && reach.allows_host("::ffff:169.254.10.7") && reach.allows_host("fe80::7"));
        assert!(!reach.allows_host("169.254.169.254"));
    }
}
