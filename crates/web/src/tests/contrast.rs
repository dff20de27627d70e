//! WCAG 2.2 AA over the colours of the style sheet, by day and by night.

use std::collections::BTreeMap;

use crate::assets::Asset;

/// Text on its background: 4.5 to 1 (WCAG 2.2, 1.4.3).
const TEXT: &[(&str, &[&str])] = &[
    ("ink", &["paper", "surface", "fir-soft", "warn-soft"]),
    ("quiet", &["paper", "surface"]),
    ("fir", &["paper", "surface", "fir-soft"]),
    ("lamp-ink", &["lamp-soft", "surface"]),
    ("warn-ink", &["warn-soft", "surface", "paper", "fir-soft"]),
    ("stop-ink", &["stop-soft"]),
    ("slate-ink", &["slate-soft"]),
    ("paper", &["fir", "ink"]),
];

/// Shapes and edges that mean something: 3 to 1 (1.4.11).
const SHAPES: &[(&str, &[&str])] = &[
    ("edge", &["paper", "surface"]),
    ("fir", &["paper", "surface"]),
    ("warn-ink", &["warn-soft", "paper"]),
    ("stop-ink", &["surface"]),
];

/// Colours that carry nothing: hairlines, dots, the cut in a shape.
const ORNAMENT: &[&str] = &["line", "lamp"];

type Palette = BTreeMap<String, [f64; 3]>;

/// The palettes by day and by night: the first block of `:root`, then the second
/// over it.
fn palettes(style: &str) -> [Palette; 2] {
    let mut blocks = style.split(":root {").skip(1);
    let mut next = |mut palette: Palette| {
        let block = blocks.next().expect("a :root block");
        let (block, _) = block.split_once('}').expect("its end");
        for line in block.lines() {
            let Some((name, value)) = line.trim().split_once(':') else {
                continue;
            };
            let value = value.trim().trim_end_matches(';');
            if let (Some(name), Some(hex)) = (name.strip_prefix("--"), value.strip_prefix('#')) {
                palette.insert(name.to_owned(), channels(hex));
            }
        }
        palette
    };
    let day = next(Palette::new());
    [day.clone(), next(day)]
}

fn channels(hex: &str) -> [f64; 3] {
    assert_eq!(hex.len(), 6, "#{hex}");
    let all = u32::from_str_radix(hex, 16).expect("six hexadecimal digits");
    let [_, red, green, blue] = all.to_be_bytes();
    [red, green, blue].map(|channel| f64::from(channel) / 255.0)
}

/// Relative luminance (WCAG 2.2, definitions).
fn luminance(colour: [f64; 3]) -> f64 {
    let [red, green, blue] = colour.map(|channel| {
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// What is too faint in a style sheet.
fn too_faint(style: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for (scheme, palette) in ["day", "night"].into_iter().zip(palettes(style)) {
        for (pairs, least) in [(TEXT, 4.5), (SHAPES, 3.0)] {
            for (front, backs) in pairs {
                for back in *backs {
                    let found = contrast(palette[*front], palette[*back]);
                    if found < least {
                        findings.push(format!("{scheme}: {front} on {back}: {found:.2} < {least}"));
                    }
                }
            }
        }
    }
    findings
}

#[test]
fn everything_can_be_read_by_day_and_by_night() {
    assert_eq!(too_faint(Asset::Style.content()), Vec::<String>::new());
}

#[test]
fn a_colour_that_is_too_faint_is_found() {
    let faint = Asset::Style
        .content()
        .replacen("--quiet: #", "--quiet: #b0b0b0; /*", 1);
    let faint = faint.replacen("#b0b0b0; /*", "#b0b0b0;\n  /*", 1);
    assert_eq!(
        too_faint(&faint).len(),
        2,
        "on paper and on surface, by day"
    );
}

#[test]
fn every_colour_has_a_name_that_is_checked_and_one_for_the_night() {
    let style = Asset::Style.content();
    let [day, night] = palettes(style);
    for (name, colour) in &day {
        let is_checked = TEXT
            .iter()
            .chain(SHAPES)
            .any(|(front, backs)| front == name || backs.contains(&name.as_str()));
        assert!(is_checked || ORNAMENT.contains(&name.as_str()), "--{name}");
        let is_same = contrast(night[name], *colour) < 1.01;
        assert!(!is_same, "--{name} by night");
    }
    assert_eq!(day.len(), night.len());
    let in_palettes = style
        .lines()
        .filter(|line| line.trim().starts_with("--"))
        .count();
    let literal = |line: &&str| line.contains('#') || line.contains("rgb(");
    let outside = style.lines().filter(literal).count();
    assert!(outside <= in_palettes, "a colour outside the palettes");
    for named in style.split("var(--").skip(1) {
        let (name, _) = named.split_once(')').unwrap();
        assert!(
            day.contains_key(name) || ["serif", "sans"].contains(&name),
            "--{name}"
        );
    }
}

/// The page's own ground closes the view: they have to be one colour.
#[test]
fn the_view_stands_on_the_page() {
    let blocks: Vec<&str> = Asset::Style.content().split("--paper: ").skip(1).collect();
    for (asset, block) in [Asset::Day, Asset::Night].into_iter().zip(blocks) {
        let (paper, _) = block.split_once(';').unwrap();
        assert!(
            asset.content().contains(&format!("fill=\"{paper}\"")),
            "{paper}"
        );
    }
}
