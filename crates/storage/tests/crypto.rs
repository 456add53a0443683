//! What is composed here, against the vectors of the standards.

#![allow(clippy::unwrap_used, reason = "a test fails where it breaks")]

use storage::crypto::{Cipher, TAG_BYTES, hex, hmac_sha256};

fn bytes(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect()
}

/// Key, nonce, bound, message, and what comes of them.
struct Case {
    key: &'static str,
    nonce: &'static str,
    bound: &'static str,
    message: &'static str,
    sealed: &'static str,
}

/// McGrew and Viega, "The Galois/Counter Mode of Operation", as submitted to NIST: test cases 13,
/// 14 and 16, which SP 800-38D refers to.
const GCM: [Case; 3] = [
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        bound: "",
        message: "",
        sealed: "530f8afbc74536b9a963b4f1c4cb738b",
    },
    Case {
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        bound: "",
        message: "00000000000000000000000000000000",
        sealed: "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
    },
    Case {
        key: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        nonce: "cafebabefacedbaddecaf888",
        bound: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        message: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
                  1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        sealed: "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa\
                 8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662\
                 76fc6ece0f4e1768cddf8853bb2d551b",
    },
];

#[test]
fn messages_are_sealed_as_gcm_says() {
    for Case { key, nonce, bound, message, sealed } in GCM {
        let cipher = Cipher::new(&bytes(key).try_into().unwrap());
        let nonce = bytes(nonce).try_into().unwrap();
        let found = cipher.seal(nonce, &bytes(bound), &bytes(message));
        assert_eq!(hex(&found), sealed);
        assert_eq!(cipher.open(nonce, &bytes(bound), &found), Some(bytes(message)));
    }
}

#[test]
fn what_was_changed_does_not_open() {
    let cipher = Cipher::new(&[7; 32]);
    let sealed = cipher.seal([1; 12], b"row 1", b"Saraa");
    assert_eq!(cipher.open([1; 12], b"row 1", &sealed).as_deref(), Some(&b"Saraa"[..]));
    assert_eq!(cipher.open([2; 12], b"row 1", &sealed), None);
    assert_eq!(cipher.open([1; 12], b"row 2", &sealed), None);
    assert_eq!(Cipher::new(&[8; 32]).open([1; 12], b"row 1", &sealed), None);
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(cipher.open([1; 12], b"row 1", &changed), None, "byte {at}");
        assert_eq!(cipher.open([1; 12], b"row 1", &sealed[..at]), None, "{at} bytes");
    }
    assert_eq!(sealed.len(), 5 + TAG_BYTES);
}

/// RFC 4231, test cases 1, 2 and 6: a short key, a shorter one, one longer than a block.
#[test]
fn keyed_hashes_are_those_of_rfc_4231() {
    let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
    let cases: [(&[u8], &[u8], &str); 3] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (&[0xaa; 131], long, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
    ];
    for (key, message, expected) in cases {
        let (first, rest) = message.split_at(3);
        assert_eq!(hex(&hmac_sha256(key, &[message])), expected);
        assert_eq!(hex(&hmac_sha256(key, &[first, rest])), expected);
    }
}
