//! Text encodings of files that are not sure to be UTF-8.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// How the bytes of a file become text.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TextEncoding {
    /// One of the Encoding Standard's, windows-1252 and UTF-8 above all.
    Standard(&'static Encoding),
    /// A DOS code page, which the Encoding Standard leaves out: its name and its upper half, as 128 characters.
    Dos(&'static str, &'static str),
}

/// UTF-8.
pub(super) const UTF8: TextEncoding = TextEncoding::Standard(UTF_8);

/// Windows' western code page. Latin-1 is read as it, as browsers do: it only adds characters where Latin-1 has controls.
pub(super) const WESTERN: TextEncoding = TextEncoding::Standard(WINDOWS_1252);

/// US code page of DOS. Source: Unicode Consortium, VENDORS/MICSFT/PC/CP437.TXT.
const DOS_437: TextEncoding = TextEncoding::Dos(
    "cp437",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
);

/// Western European code page of DOS. Source: Unicode Consortium, VENDORS/MICSFT/PC/CP850.TXT.
const DOS_850: TextEncoding = TextEncoding::Dos(
    "cp850",
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
);

/// Bytes that windows-1252 leaves undefined; the Encoding Standard turns them into control characters, which are never meant.
const UNDEFINED_IN_WESTERN: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

impl TextEncoding {
    /// Name as the Encoding Standard spells it, or `cp437`, `cp850`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Standard(encoding) => encoding.name(),
            Self::Dos(name, _) => name,
        }
    }

    /// The text, or `None` where a byte has no meaning in this encoding. Nothing is replaced.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        if bytes.is_ascii() && !self.is_wide() {
            return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        match self {
            Self::Standard(encoding) => {
                if encoding == WINDOWS_1252 && bytes.iter().any(|byte| UNDEFINED_IN_WESTERN.contains(byte)) {
                    return None;
                }
                encoding.decode_without_bom_handling_and_without_replacement(bytes)
            }
            Self::Dos(_, upper) => {
                let upper: Vec<char> = upper.chars().collect();
                bytes
                    .iter()
                    .map(|byte| match byte.checked_sub(0x80) {
                        None => Some(char::from(*byte)),
                        Some(index) => upper.get(usize::from(index)).copied(),
                    })
                    .collect::<Option<String>>()
                    .map(Cow::Owned)
            }
        }
    }

    fn is_wide(self) -> bool {
        matches!(self, Self::Standard(encoding) if !encoding.is_ascii_compatible())
    }

    /// Whether every byte is a character, so that decoding proves nothing.
    pub(super) fn is_single_byte(self) -> bool {
        match self {
            Self::Standard(encoding) => encoding.is_single_byte(),
            Self::Dos(..) => true,
        }
    }

    /// The encoding a .cpg names, in any of the spellings met: `UTF-8`, `utf8`, `65001`, `LATIN1`, `ISO-8859-1`, `88591`, `ANSI 1252`,
    /// `1252`, `windows-1252`, `OEM 850`, `cp437` and so on. `None` for a name not known.
    pub(super) fn of_label(label: &str) -> Option<Self> {
        let label: String = label.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
        let digits = ["windows", "ansi", "oem", "ibm", "cp", "dos", "microsoft"]
            .iter()
            .find_map(|prefix| label.strip_prefix(prefix))
            .unwrap_or(&label);
        match digits {
            "65001" | "utf8" | "utf8bom" => return Some(UTF8),
            "437" => return Some(DOS_437),
            "850" => return Some(DOS_850),
            "latin1" | "iso88591" | "88591" | "8859" | "28591" | "usascii" | "ascii" | "1252" => return Some(WESTERN),
            _ => {}
        }
        let standard = if digits.len() == 4 && digits.starts_with("125") {
            format!("windows-{digits}")
        } else if let Some(part) = digits.strip_prefix("iso8859").or_else(|| digits.strip_prefix("8859")) {
            format!("iso-8859-{part}")
        } else if digits == "866" {
            "ibm866".to_owned()
        } else {
            label
        };
        let encoding = Encoding::for_label_no_replacement(standard.as_bytes())?;
        // UTF-16 in a .dbf is met nowhere, and its zero bytes would be cut off as padding.
        encoding.is_ascii_compatible().then_some(Self::Standard(encoding))
    }

    /// The encoding a .dbf's language driver byte names; `None` for 0 and for those not known.
    /// Source: ESRI Knowledge Base 000013192 and Visual FoxPro, "Code Pages Supported by Visual FoxPro".
    pub(super) fn of_language_driver(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(DOS_437),
            0x02 => Some(DOS_850),
            // 0x57 is "ANSI", the machine's own page: on every British machine windows-1252.
            0x03 | 0x57 | 0x58 | 0x59 => Some(WESTERN),
            0x65 => Self::of_label("866"),
            0xc8 => Self::of_label("1250"),
            0xc9 => Self::of_label("1251"),
            0xca => Self::of_label("1254"),
            0xcb => Self::of_label("1253"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_as_they_are_met() {
        for (label, name) in [
            ("UTF-8", "UTF-8"),
            ("utf8", "UTF-8"),
            ("65001", "UTF-8"),
            ("LATIN1", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            ("ISO 88591", "windows-1252"),
            ("88591", "windows-1252"),
            ("1252", "windows-1252"),
            ("ANSI 1252", "windows-1252"),
            ("windows-1252", "windows-1252"),
            ("CP1250", "windows-1250"),
            ("ISO 8859-15", "ISO-8859-15"),
            ("885915", "ISO-8859-15"),
            ("OEM 850", "cp850"),
            ("437", "cp437"),
        ] {
            assert_eq!(TextEncoding::of_label(label).map(TextEncoding::name), Some(name), "{label}");
        }
        assert!(TextEncoding::of_label("klingon").is_none());
        assert!(TextEncoding::of_label("UTF-16").is_none());
    }

    #[test]
    fn undefined_bytes_do_not_decode() {
        assert_eq!(WESTERN.decode(b"Ynys M\xf4n \x80").as_deref(), Some("Ynys Môn €"));
        assert_eq!(WESTERN.decode(b"\x81"), None);
        assert_eq!(UTF8.decode(b"M\xf4n"), None);
        assert_eq!(DOS_850.decode(b"M\x93n \xff").as_deref(), Some("Môn \u{a0}"));
        assert_eq!(DOS_437.decode(b"\x9c5").as_deref(), Some("£5"));
        for page in [DOS_437, DOS_850] {
            assert!(matches!(page, TextEncoding::Dos(_, upper) if upper.chars().count() == 128));
        }
    }
}
