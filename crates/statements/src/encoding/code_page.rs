//! Code pages 437 and 850 of DOS, which encoding_rs does not have. Source: the mappings CP437.TXT
//! and CP850.TXT of the Unicode Consortium (vendors, Microsoft, PC).

/// A code page of DOS: bytes below 128 are ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CodePage {
    /// The first one, with Greek letters and boxes.
    Ibm437,
    /// Western Europe.
    Ibm850,
}

const IBM437: &str = concat!(
    "ÇüéâäàåçêëèïîìÄÅ",
    "ÉæÆôöòûùÿÖÜ¢£¥₧ƒ",
    "áíóúñÑªº¿⌐¬½¼¡«»",
    "░▒▓│┤╡╢╖╕╣║╗╝╜╛┐",
    "└┴┬├─┼╞╟╚╔╩╦╠═╬╧",
    "╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀",
    "αßΓπΣσµτΦΘΩδ∞φε∩",
    "≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
);
const IBM850: &str = concat!(
    "ÇüéâäàåçêëèïîìÄÅ",
    "ÉæÆôöòûùÿÖÜø£Ø×ƒ",
    "áíóúñÑªº¿®¬½¼¡«»",
    "░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐",
    "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤",
    "ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀",
    "ÓßÔÒõÕµþÞÚÛÙýÝ¯´",
    "\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);

impl CodePage {
    /// The code page of a label: `ibm850`, `cp850`, `850`.
    pub fn of_label(label: &str) -> Option<Self> {
        let label = label.trim().to_ascii_lowercase();
        let number = label.trim_start_matches(|letter: char| !letter.is_ascii_digit());
        let prefix = label.strip_suffix(number).unwrap_or_default();
        if !["", "ibm", "ibm-", "cp", "cp-", "csibm", "cspc", "dos-"].contains(&prefix) {
            return None;
        }
        match number {
            "437" => Some(Self::Ibm437),
            "850" => Some(Self::Ibm850),
            _ => None,
        }
    }

    /// Its label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ibm437 => "ibm437",
            Self::Ibm850 => "ibm850",
        }
    }

    /// The characters of the bytes from 128 on.
    pub fn upper_half(self) -> Vec<char> {
        match self {
            Self::Ibm437 => IBM437.chars().collect(),
            Self::Ibm850 => IBM850.chars().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CodePage;

    #[test]
    fn every_byte_has_a_character() {
        for page in [CodePage::Ibm437, CodePage::Ibm850] {
            let mut upper = page.upper_half();
            upper.sort_unstable();
            upper.dedup();
            assert_eq!(upper.len(), 128, "{page:?}");
        }
        // Python's codecs say the same of these.
        let bytes = [0x80, 0x9b, 0x9d, 0xb5, 0xc6, 0xd5, 0xe1, 0xe4, 0xff];
        let read = |page: CodePage| -> String {
            let upper = page.upper_half();
            bytes.iter().map(|byte: &u8| upper[usize::from(byte - 128_u8)]).collect()
        };
        assert_eq!(read(CodePage::Ibm437), "Ç¢¥╡╞╒ßΣ\u{a0}");
        assert_eq!(read(CodePage::Ibm850), "ÇøØÁãıßõ\u{a0}");
    }

    #[test]
    fn labels_are_known_in_their_forms() {
        for label in ["ibm850", "CP850", "850", "cp-850", " IBM850 "] {
            assert_eq!(CodePage::of_label(label), Some(CodePage::Ibm850), "{label}");
        }
        assert_eq!(CodePage::of_label("437"), Some(CodePage::Ibm437));
        for label in ["", "cp", "1850", "ibm851", "windows-850", "x850"] {
            assert_eq!(CodePage::of_label(label), None, "{label}");
        }
    }
}
