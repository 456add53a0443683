//! What only the browser can read: RFC 8291 over RFC 8188, in one record.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use aws_lc_rs::rand;
use storage::crypto::hmac_sha256;

/// A point of P-256, uncompressed.
pub(crate) const PUBLIC_BYTES: usize = 65;
/// The secret that a browser shares with those it wants to hear from.
pub(crate) const AUTH_BYTES: usize = 16;
/// The size of a record: a push service takes at least so many bytes (RFC 8030, section 7.2).
const RECORD_BYTES: u32 = 4_096;
/// Salt, size of the record, length of the key, the key.
const HEAD_BYTES: usize = 16 + 4 + 1 + PUBLIC_BYTES;
/// The mark behind the content of the last record, and the tag.
const TAIL_BYTES: usize = 1 + 16;

/// Who reads.
pub(crate) struct Browser {
    pub public: [u8; PUBLIC_BYTES],
    pub auth: [u8; AUTH_BYTES],
}

/// Seals a content for a browser, with a key and a salt of this message alone; nothing where it is
/// too long, or the browser's key is no point of the curve.
pub(crate) fn seal(browser: &Browser, content: &[u8]) -> Option<Vec<u8>> {
    let mut salt = [0; 16];
    rand::fill(&mut salt).ok()?;
    let own = PrivateKey::generate(&ECDH_P256).ok()?;
    seal_with(browser, (&own, salt), content)
}

fn seal_with(
    browser: &Browser,
    (own, salt): (&PrivateKey, [u8; 16]),
    content: &[u8],
) -> Option<Vec<u8>> {
    let length_max = usize::try_from(RECORD_BYTES).ok()? - HEAD_BYTES - TAIL_BYTES;
    if content.len() > length_max {
        return None;
    }
    let public = own.compute_public_key().ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, &browser.public);
    // RFC 8291, section 3.4. HKDF (RFC 5869) with one block of output is two HMACs.
    let key = agreement::agree(own, peer, (), |shared| {
        let pseudorandom = hmac_sha256(&browser.auth, &[shared]);
        let info = [b"WebPush: info\0", &browser.public[..], public.as_ref(), &[1]];
        Ok(hmac_sha256(&pseudorandom, &info))
    });
    let pseudorandom = hmac_sha256(&salt, &[&key.ok()?]);
    let content_key = hmac_sha256(&pseudorandom, &[b"Content-Encoding: aes128gcm\0\x01"]);
    let nonce = hmac_sha256(&pseudorandom, &[b"Content-Encoding: nonce\0\x01"]);

    let mut sealed = content.to_vec();
    // The last record ends with a 2 (RFC 8188, section 2).
    sealed.push(2);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &content_key[..16]).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(&nonce[..12]).ok()?;
    cipher.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).ok()?;
    let length = u8::try_from(PUBLIC_BYTES).ok()?;
    let head = [&salt[..], &RECORD_BYTES.to_be_bytes(), &[length], public.as_ref()].concat();
    Some([head, sealed].concat())
}

#[cfg(test)]
mod tests {
    use super::super::decoded;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        decoded(text).unwrap().try_into().unwrap()
    }

    /// RFC 8291, section 5 and appendix A.
    #[test]
    fn what_is_sealed_is_what_the_rfc_has() {
        let browser = Browser {
            public: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkN\
                 toIAiw4",
            ),
            auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let own = bytes::<32>("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw");
        let own = PrivateKey::from_private_key(&ECDH_P256, &own).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw");
        let content = b"When I grow up, I want to be a watermelon";
        let sealed = seal_with(&browser, (&own, salt), content).unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZII\
            gDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuw\
            XPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(&sealed), expected);
        // Another message has another key and another salt.
        assert_ne!(seal(&browser, content).unwrap(), seal(&browser, content).unwrap());
    }

    #[test]
    fn what_is_too_long_or_no_key_is_not_sealed() {
        let own = PrivateKey::generate(&ECDH_P256).unwrap();
        let public = own.compute_public_key().unwrap().as_ref().try_into().unwrap();
        let browser = Browser { public, auth: [1; 16] };
        assert_eq!(seal(&browser, &[b'a'; 3_993]).unwrap().len(), 4_096);
        assert!(seal(&browser, &[b'a'; 3_994]).is_none());
        assert!(seal(&Browser { public: [4; 65], auth: [1; 16] }, b"a").is_none());
    }
}
