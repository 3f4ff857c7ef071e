//! Which addresses belong to the open internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one that everybody may reach. `false` for private and shared networks, this machine, links, groups, documentation,
/// metadata of clouds, and for the wrappings of such addresses (IANA's special-purpose registries, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, d] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // Shared by the customers of a carrier (RFC 6598), protocols, the relays of 6to4, benchmarks.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
        // The host of a virtual machine at Azure.
        || [a, b, c, d] == [168, 63, 129, 16])
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = address.to_ipv4_mapped() {
        return is_public_v4(inner);
    }
    let [a, b, c, d, e, f, g, h] = address.segments();
    match (a, b, c, d, e, f) {
        // NAT64 and 6to4 lead to the address of the fourth version in them.
        (0x64, 0xff9b, 0, 0, 0, 0) => is_public_v4(v4(g, h)),
        (0x2002, ..) => is_public_v4(v4(b, c)),
        // Teredo, benchmarks, ORCHID, documentation.
        (0x2001, 0..=0x01ff, ..) | (0x2001, 0x0db8, ..) | (0x3fff, 0..=0x0fff, ..) => false,
        // ISATAP (RFC 5214): on any prefix.
        (_, _, _, _, 0 | 0x0200, 0x5efe) => (0x2000..0x4000).contains(&a) && is_public_v4(v4(g, h)),
        // Only this eighth is given out for the internet.
        _ => (0x2000..0x4000).contains(&a),
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The registries once more, as networks: an independent reading.
    const NOT_PUBLIC_V4: &[&str] = &[
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
    ];

    fn listed(address: Ipv4Addr) -> bool {
        NOT_PUBLIC_V4
            .iter()
            .any(|network| network.parse::<crate::Network>().is_ok_and(|network| network.contains(address.into())))
    }

    /// Half of them within a listed network, since chance alone would hardly meet a small one.
    fn any_v4() -> impl Strategy<Value = Ipv4Addr> {
        let inside = (0..NOT_PUBLIC_V4.len(), any::<u32>()).prop_map(|(index, noise)| {
            let (first, bits) = NOT_PUBLIC_V4[index].split_once('/').unwrap();
            let host = u32::MAX.checked_shr(bits.parse().unwrap()).unwrap_or(0);
            let first = first.parse::<Ipv4Addr>().unwrap().to_bits();
            // One step beyond either end, too.
            Ipv4Addr::from_bits(match noise % 8 {
                0 => first.wrapping_sub(1),
                1 => (first | host).wrapping_add(1),
                _ => first | (noise & host),
            })
        });
        prop_oneof![inside, any::<u32>().prop_map(Ipv4Addr::from_bits)]
    }

    proptest! {
        #[test]
        fn the_fourth_version_is_as_the_registry_says(address in any_v4()) {
            prop_assert_eq!(is_public(address.into()), !listed(address), "{}", address);
        }

        #[test]
        fn a_wrapping_is_no_way_around(address in any_v4(), noise in any::<u64>()) {
            let (high, low) = ((address.to_bits() >> 16) as u16, address.to_bits() as u16);
            let public = !listed(address);
            let [n0, n1, n2, n3] = [noise as u16, (noise >> 16) as u16, (noise >> 32) as u16, (noise >> 48) as u16];
            prop_assert_eq!(is_public(address.to_ipv6_mapped().into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2002, high, low, n0, n1, n2, n3, 7).into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2600, n0, n1, n2, 0, 0x5efe, high, low).into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x2600, n0, n1, n2, 0x200, 0x5efe, high, low).into()), public);
            // Deprecated forms, translation within a network, Teredo: never.
            prop_assert!(!is_public(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low).into()));
            prop_assert!(!is_public(Ipv6Addr::new(0x64, 0xff9b, 1, n0, n1, n2, high, low).into()));
            prop_assert!(!is_public(Ipv6Addr::new(0x2001, 0, n0, n1, n2, n3, !high, !low).into()));
        }

        #[test]
        fn of_the_sixth_version_one_eighth_at_most(bits in any::<u128>()) {
            let address = Ipv6Addr::from_bits(bits);
            let global = address.segments()[0] >> 13 == 1;
            let mapped = address.to_ipv4_mapped().is_some() || address.segments()[..2] == [0x64, 0xff9b];
            prop_assert!(global || mapped || !is_public(address.into()), "{}", address);
        }
    }

    #[test]
    fn known_ones() {
        for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2a00::1"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in
            ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "192.0.0.192", "::", "::1", "fe80::1", "ff02::1", "fec0::1"]
        {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn only_the_open_internet_is_public() {
        for text in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
        for text in [
            "0.0.0.0",
            "10.0.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "192.0.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "203.0.113.5",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
    }
}
