//! Numbers and lengths in packed forms: seven bits in a byte, the lowest first, and the
//! eighth where more follow.

/// The most bytes of a number of 64 bits.
const NUMBER_BYTES_MAX: u32 = 10;

pub(super) fn put_number(packed: &mut Vec<u8>, mut number: u64) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            packed.push(low & 0x7f);
            return;
        }
        packed.push(low | 0x80);
    }
}

pub(super) fn put_counted(packed: &mut Vec<u8>, bytes: &[u8]) {
    put_number(packed, bytes.len() as u64);
    packed.extend_from_slice(bytes);
}

pub(super) fn take<'a, const COUNT: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8; COUNT]> {
    let (taken, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(taken)
}

pub(super) fn take_number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for place in 0..NUMBER_BYTES_MAX {
        let [byte] = *take(rest)?;
        let bits = u64::from(byte & 0x7f);
        let placed = bits << (7 * place);
        if placed >> (7 * place) != bits {
            return None;
        }
        number |= placed;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

pub(super) fn take_counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let count = usize::try_from(take_number(rest)?).ok()?;
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

pub(super) fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_counted(rest)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_read_back_and_what_is_cut_is_not() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX] {
            let mut packed = Vec::new();
            put_number(&mut packed, number);
            put_counted(&mut packed, "été".as_bytes());
            let mut rest = packed.as_slice();
            assert_eq!(take_number(&mut rest), Some(number));
            assert_eq!(take_text(&mut rest), Some("été"));
            assert!(rest.is_empty());
            for length in 0..packed.len() {
                let mut rest = &packed[..length];
                let read = take_number(&mut rest).and_then(|_| take_text(&mut rest));
                assert_eq!(read, None, "{length} of {packed:?}");
            }
        }
    }

    #[test]
    fn a_number_has_no_more_than_64_bits() {
        let with_last = |last: u8| [[0x80; 9].as_slice(), &[last]].concat();
        assert_eq!(take_number(&mut with_last(1).as_slice()), Some(1 << 63));
        assert_eq!(take_number(&mut with_last(2).as_slice()), None);
        assert_eq!(take_number(&mut with_last(0x80).as_slice()), None);
    }
}
