//! Codes that people read aloud and type: no letters that look alike.

/// Crockford's base 32: without i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Characters between two dashes.
const GROUP: usize = 4;

/// Writes bytes as a code, in groups of four characters. Five bytes are eight
/// characters; what is left over is padded with zero bits.
pub(crate) fn write(bytes: &[u8]) -> String {
    let mut code = String::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut characters = 0;
    let mut push = |index: u32| {
        if characters > 0 && characters % GROUP == 0 {
            code.push('-');
        }
        let at = usize::try_from(index & 31).unwrap_or_default();
        code.push(char::from(ALPHABET.get(at).copied().unwrap_or_default()));
        characters += 1;
    };
    for byte in bytes {
        bits = (bits << 8) | u32::from(*byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            push(bits >> count);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        push(bits << (5 - count));
    }
    code
}

/// A code as somebody typed it, in the one form in which codes are compared.
pub(crate) fn normal(typed: &str) -> String {
    let plain = |character: char| match character.to_ascii_lowercase() {
        'o' => Some('0'),
        'i' | 'l' => Some('1'),
        '-' | ' ' => None,
        other => Some(other),
    };
    typed.trim().chars().filter_map(plain).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = write(&[0xff, 0x00, 0x10, 0x55, 0xaa, 0x01, 0x02, 0x03, 0x04, 0x05]);
        assert_eq!(code.len(), 19);
        let typed = format!(
            "  {} ",
            code.to_uppercase().replace('0', "O").replace('-', " ")
        );
        assert_eq!(normal(&typed), normal(&code));
        assert_ne!(normal(&write(&[1; 10])), normal(&write(&[2; 10])));
        // RFC 4648 §10 in this alphabet: "foobar" is MZXW6YTBOI.
        assert_eq!(write(b"foobar"), "csqp-yrk1-e8");
    }
}
