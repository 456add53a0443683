//! What a file is, by its first bytes: never by its name or by what the caller says.

use infer::MatcherType;

use crate::error::ObjectsError;

/// The media type of what begins with these bytes.
///
/// # Errors
/// [`ObjectsError::TypeRefused`] where it is a program. HTML is none: banks call it a workbook, and
/// it is only ever handed out as a file to be saved.
pub(crate) fn media_type(first: &[u8]) -> Result<&'static str, ObjectsError> {
    let Some(found) = infer::get(first) else {
        return Ok(if is_text(first) { "text/plain" } else { "application/octet-stream" });
    };
    let media_type = found.mime_type();
    // Certificates and keys stand among the programs, and are none.
    let is_program = found.matcher_type() == MatcherType::App && !media_type.contains("x509");
    if is_program || media_type == "text/x-shellscript" {
        return Err(ObjectsError::TypeRefused { media_type });
    }
    Ok(media_type)
}

/// Whether bytes are text of any code page: none of them is a control character that texts have
/// not.
fn is_text(bytes: &[u8]) -> bool {
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let is_control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c);
    is_wide || !bytes.iter().take(8_192).any(is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        // Magic numbers: PDF (ISO 32000-1, 7.5.2), PNG (W3C, 5.2), ZIP (APPNOTE 4.3.7), the
        // headers of ELF, DOS programs and WebAssembly (core specification, 5.5.16).
        let cases: [(&[u8], &str); 9] = [
            (b"%PDF-1.7\n", "application/pdf"),
            (b"\x89PNG\r\n\x1a\n", "image/png"),
            (b"PK\x03\x04abcdefghijklmnopqrstuvwxyz0123456789", "application/zip"),
            (b"Date,Description,Amount\n", "text/plain"),
            (b":20:STARTUMS\r\n:25:10020030/1234567\r\n", "text/plain"),
            (b"<?xml version=\"1.0\"?><Document/>", "text/xml"),
            (b"Caf\xe9,12.50\n", "text/plain"),
            (b"\x00\x01\x02", "application/octet-stream"),
            (b"-----BEGIN CERTIFICATE-----", "application/x-x509-ca-cert"),
        ];
        for (bytes, expected) in cases {
            assert_eq!(media_type(bytes).unwrap(), expected, "{bytes:?}");
        }
        let elf = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 60]].concat();
        let programs: [&[u8]; 4] =
            [&elf, b"MZ\x90\x00", b"\x00asm\x01\x00\x00\x00", b"#!/bin/sh\n"];
        for bytes in programs {
            let refused = media_type(bytes).unwrap_err();
            assert!(matches!(refused, ObjectsError::TypeRefused { .. }), "{bytes:?}");
        }
    }
}
