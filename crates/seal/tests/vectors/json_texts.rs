//! JSON texts: what every reader must accept, must refuse, and may do.

use seal::json::{self, JsonRefusal};

use super::{published, went_through};

/// Valid JSON (`y_`) that signed documents may not have, because two readers could take
/// it for two things: numbers that are not integers within ±(2^53 − 1) …
const NOT_A_SAFE_INTEGER: &[&str] = &[
    "y_number.json",
    "y_number_0e+1.json",
    "y_number_0e1.json",
    "y_number_double_close_to_zero.json",
    "y_number_int_with_exp.json",
    "y_number_minus_zero.json",
    "y_number_negative_zero.json",
    "y_number_real_capital_e.json",
    "y_number_real_capital_e_neg_exp.json",
    "y_number_real_capital_e_pos_exp.json",
    "y_number_real_exponent.json",
    "y_number_real_fraction_exponent.json",
    "y_number_real_neg_exp.json",
    "y_number_real_pos_exponent.json",
    "y_number_simple_real.json",
    "y_object_extreme_numbers.json",
    "y_structure_lonely_negative_real.json",
];

/// … and names that stand twice in one object.
const DUPLICATE_NAME: &[&str] = &[
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
];

/// What a reader may accept or refuse (`i_`). All of it is refused: numbers …
const FREE_NUMBERS: &[&str] = &[
    "i_number_double_huge_neg_exp.json",
    "i_number_huge_exp.json",
    "i_number_neg_int_huge_exp.json",
    "i_number_pos_double_huge_exp.json",
    "i_number_real_neg_overflow.json",
    "i_number_real_pos_overflow.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
];

/// … half a surrogate pair, what is not UTF-8, and a mark before it …
const FREE_TEXTS: &[&str] = &[
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_invalid_utf-8.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_second_surrogate.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    "i_structure_UTF-8_BOM_empty_object.json",
];

/// … and nesting.
const FREE_NESTING: &[&str] = &["i_structure_500_nested_arrays.json"];

/// The texts by name, if they are there.
fn texts() -> Option<Vec<(String, Vec<u8>)>> {
    let folder = published("json/test_parsing")?;
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        texts.push((
            name,
            std::fs::read(entry.path()).expect("the text can be read"),
        ));
    }
    texts.sort();
    Some(texts)
}

/// What the lists above say of the text `name`; `n_` is refused for whatever reason.
fn expected(name: &str) -> Result<(), Option<JsonRefusal>> {
    let lists = [
        (NOT_A_SAFE_INTEGER, JsonRefusal::NotASafeInteger),
        (DUPLICATE_NAME, JsonRefusal::DuplicateName),
        (FREE_NUMBERS, JsonRefusal::NotASafeInteger),
        (FREE_TEXTS, JsonRefusal::NotJson),
        (FREE_NESTING, JsonRefusal::TooDeep),
    ];
    if let Some((_, refusal)) = lists.iter().find(|(list, _)| list.contains(&name)) {
        return Err(Some(*refusal));
    }
    match name.split_once('_') {
        Some(("y", _)) => Ok(()),
        Some(("n", _)) => Err(None),
        _ => panic!("{name} is in no list"),
    }
}

#[test]
fn every_text_is_read_or_refused_as_stated() {
    let Some(texts) = texts() else { return };
    let (mut read, mut refused) = (0, 0);
    for (name, text) in &texts {
        match (json::parse(text), expected(name)) {
            (Ok(_), Ok(())) => read += 1,
            (Err(_), Err(None)) => refused += 1,
            (Err(refusal), Err(Some(reason))) => {
                refused += 1;
                assert_eq!(refusal, reason, "{name}");
            }
            (answer, expected) => panic!("{name}: {answer:?}, not {expected:?}"),
        }
    }
    // 95 texts must be accepted, 19 of which signed documents may not have.
    assert_eq!((read, refused), (95 - 19, 188 + 35 + 19));
    went_through("json_test_suite", texts.len());
}

/// The control: an ordinary reader accepts what must be accepted, all of it, and some of
/// what is free. So it is the rules above that refuse, and not some fault.
#[test]
fn an_ordinary_reader_accepts_what_the_rules_refuse() {
    let Some(texts) = texts() else { return };
    let is_read = |text: &[u8]| serde_json::from_slice::<serde_json::Value>(text).is_ok();
    let names = texts
        .iter()
        .filter(|(name, text)| is_read(text) && expected(name).is_err());
    let names: Vec<&str> = names.map(|(name, _)| name.as_str()).collect();
    let mut expected = [NOT_A_SAFE_INTEGER, DUPLICATE_NAME].concat();
    expected.extend([
        "i_number_double_huge_neg_exp.json",
        "i_number_real_underflow.json",
        "i_number_too_big_neg_int.json",
        "i_number_too_big_pos_int.json",
        "i_number_very_big_negative_int.json",
    ]);
    expected.sort_unstable();
    assert_eq!(names, expected);
}
