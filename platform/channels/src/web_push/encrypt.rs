//! One record of `aes128gcm` (RFC 8188) that only the browser can open (RFC 8291).
//!
//! Own code, since the crate `web-push` brings an HTTP client and OpenSSL or a second set of elliptic curves; what is left of it is the hundred
//! lines below, over `ring`, with the vector of the RFC.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::SystemRandom;

/// The size of a record, and the most that every push service takes (RFC 8030, section 7.2).
const RECORD: usize = 4_096;
/// Before the record: salt, its size, our public key with its length.
const HEADER: usize = 16 + 4 + 1 + 65;
/// In the record: the tag of the cipher, and the delimiter of the padding.
const TRAILER: usize = 16 + 1;
/// The most that can be said.
pub(super) const LONGEST: usize = RECORD - HEADER - TRAILER;

/// With a key of ours for this one message.
pub(super) fn encrypt(plain: &[u8], theirs: &[u8], auth: &[u8], salt: [u8; 16]) -> Result<Vec<u8>, Unspecified> {
    let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new())?;
    let ours = private.compute_public_key()?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, theirs);
    agree_ephemeral(private, &theirs, |shared| seal(plain, shared, theirs.bytes(), ours.as_ref(), auth, salt))?
}

fn seal(plain: &[u8], shared: &[u8], theirs: &[u8], ours: &[u8], auth: &[u8], salt: [u8; 16]) -> Result<Vec<u8>, Unspecified> {
    let mut secret = [0; 32];
    expand(&Salt::new(HKDF_SHA256, auth).extract(shared), &[b"WebPush: info\0", theirs, ours], &mut secret)?;
    let key = Salt::new(HKDF_SHA256, &salt).extract(&secret);
    let (mut content_key, mut nonce) = ([0; 16], [0; 12]);
    expand(&key, &[b"Content-Encoding: aes128gcm\0"], &mut content_key)?;
    expand(&key, &[b"Content-Encoding: nonce\0"], &mut nonce)?;

    // The last record ends with 2; no padding behind it.
    let mut record = [plain, &[2]].concat();
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content_key)?);
    cipher.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)?;

    let size = u32::try_from(RECORD).map_err(|_| Unspecified)?.to_be_bytes();
    let length = u8::try_from(ours.len()).map_err(|_| Unspecified)?;
    Ok([&salt[..], &size, &[length], ours, &record].concat())
}

fn expand(key: &Prk, info: &[&[u8]], out: &mut [u8]) -> Result<(), Unspecified> {
    key.expand(info, Length(out.len()))?.fill(out)
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn the_vector_of_the_rfc() {
        let sealed = seal(
            &bytes("V2hlbiBJIGdyb3cgdXAsIEkgd2FudCB0byBiZSBhIHdhdGVybWVsb24"),
            &bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs"),
            &bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
            &bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"),
            &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
            bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap(),
        );
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl\
                        7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed.unwrap()), expected);
    }

    /// The receiver's half, read from the RFC once more.
    #[test]
    fn who_has_the_other_key_can_open_it() {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
        let public = private.compute_public_key().unwrap();
        let sealed = encrypt(&[b'x'; LONGEST], public.as_ref(), &[3; 16], [7; 16]).unwrap();
        assert_eq!(sealed.len(), 4_096);
        assert_eq!((&sealed[..16], &sealed[16..21]), (&[7; 16][..], &[0, 0, 16, 0, 65][..]));
        let (ours, record) = sealed[21..].split_at(65);
        let opened = agree_ephemeral(private, &UnparsedPublicKey::new(&ECDH_P256, ours), |shared| {
            let derive = |salt: &[u8], from: &[u8], info: &[u8], length: usize| {
                let mut out = vec![0; length];
                let prk = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, salt), from);
                let block =
                    ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, prk.as_ref()), &[info, &[1]].concat());
                out.copy_from_slice(&block.as_ref()[..length]);
                out
            };
            let secret = derive(&[3; 16], shared, &[b"WebPush: info\0", public.as_ref(), ours].concat(), 32);
            let key = derive(&[7; 16], &secret, b"Content-Encoding: aes128gcm\0", 16);
            let nonce: [u8; 12] = derive(&[7; 16], &secret, b"Content-Encoding: nonce\0", 12).try_into().unwrap();
            let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
            let mut record = record.to_vec();
            cipher.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record).unwrap().to_vec()
        });
        let opened = opened.unwrap();
        assert_eq!((opened.len(), opened[LONGEST]), (LONGEST + 1, 2));
    }

    #[test]
    fn a_point_that_is_on_no_curve_is_refused() {
        for bad in [vec![4; 65], vec![0; 65], vec![2; 33], Vec::new()] {
            assert!(encrypt(b"x", &bad, &[0; 16], [0; 16]).is_err());
        }
    }
}
