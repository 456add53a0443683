//! What streams are packed with (ISO 32000-1, 7.4): deflate, and two ways to write bytes as text.
//!
//! What must stay true: no more is unpacked than is left of the file's allowance.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::object::{Dictionary, Object, is_blank};
use crate::value::Refusal;

/// The bytes of a stream. `left` is how many may still be unpacked of the whole file.
pub(super) fn unpack(
    packed: &[u8],
    about: &Dictionary,
    left: &mut usize,
) -> Result<Vec<u8>, Refusal> {
    let mut bytes = packed.to_vec();
    for filter in filters(about)? {
        bytes = match filter.as_str() {
            "FlateDecode" | "Fl" => inflate(&bytes, *left)?,
            "ASCII85Decode" | "A85" => ascii_85(&bytes).ok_or_else(|| unsound(&filter))?,
            "ASCIIHexDecode" | "AHx" => hexadecimal(&bytes).ok_or_else(|| unsound(&filter))?,
            _ => return Err(Refusal::new(&filter, "text that is packed by FlateDecode, or not")),
        };
    }
    *left = left.checked_sub(bytes.len()).ok_or_else(too_much)?;
    Ok(bytes)
}

fn filters(about: &Dictionary) -> Result<Vec<String>, Refusal> {
    let names = match about.get("Filter").or_else(|| about.get("F")) {
        None => return Ok(Vec::new()),
        Some(Object::Array(names)) => names.clone(),
        Some(name) => vec![name.clone()],
    };
    let parameters = about.get("DecodeParms").or_else(|| about.get("DP"));
    if predicts(parameters) {
        return Err(Refusal::new("Predictor", "text that is packed without a predictor"));
    }
    let name = |object: Object| match object {
        Object::Name(name) => Ok(name),
        _ => Err(Refusal::new("Filter", "names of filters")),
    };
    names.into_iter().map(name).collect()
}

fn predicts(parameters: Option<&Object>) -> bool {
    match parameters {
        Some(Object::Array(each)) => each.iter().any(|one| predicts(Some(one))),
        Some(Object::Dictionary(one)) => {
            one.get("Predictor").and_then(Object::count).is_some_and(|predictor| predictor > 1)
        }
        _ => false,
    }
}

fn inflate(packed: &[u8], left: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(left).unwrap_or(u64::MAX).saturating_add(1);
    let read = ZlibDecoder::new(packed).take(limit).read_to_end(&mut bytes);
    match read {
        Ok(length) if length > left => Err(too_much()),
        Ok(_) => Ok(bytes),
        Err(_) => Err(unsound("FlateDecode")),
    }
}

fn too_much() -> Refusal {
    let limit = crate::limits::UNPACKED_BYTES_MAX;
    Refusal::new("more", format!("at most {limit} bytes when unpacked"))
}

fn unsound(filter: &str) -> Refusal {
    Refusal::new(filter, "a stream that can be unpacked")
}

fn ascii_85(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut group: Vec<u8> = Vec::with_capacity(5);
    for byte in text.iter().copied().filter(|byte| !is_blank(*byte)) {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => bytes.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => return None,
        }
        if group.len() == 5 {
            bytes.extend(group_of_85(&group)?);
            group.clear();
        }
    }
    if !group.is_empty() {
        let kept = group.len() - 1;
        group.resize(5, 84);
        bytes.extend(group_of_85(&group)?.iter().take(kept));
    }
    Some(bytes)
}

fn group_of_85(digits: &[u8]) -> Option<[u8; 4]> {
    let add = |value: u32, digit: &u8| value.checked_mul(85)?.checked_add(u32::from(*digit));
    digits.iter().try_fold(0, add).map(u32::to_be_bytes)
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let end = memchr::memchr(b'>', text).unwrap_or(text.len());
    let digits = text.get(..end)?.iter().filter(|byte| !is_blank(**byte));
    let mut digits: Vec<u32> =
        digits.map(|byte| char::from(*byte).to_digit(16)).collect::<Option<_>>()?;
    if digits.len() % 2 == 1 {
        digits.push(0);
    }
    let pair = |pair: &[u32]| u8::try_from(pair.first()? * 16 + pair.get(1)?).ok();
    digits.chunks(2).map(pair).collect()
}
