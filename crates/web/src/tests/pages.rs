//! What the pages say.

use app::view::Home;

use super::{homes, html};
use crate::language::{LANGUAGES, Language};
use crate::notice::Notice;
use crate::{home_page, shown};

/// Renders a home and reads it strictly.
#[track_caller]
fn page(home: &Home, language: Language) -> html::Page {
    html::read(&home_page(home, &homes::nothing_on(), language).unwrap())
}

/// The page says all of these, with plain spaces, and in this order.
#[track_caller]
fn says(home: &Home, language: Language, expected: &[&str]) -> String {
    let text = page(home, language)
        .text
        .replace(['\u{a0}', '\u{202f}'], " ");
    let mut rest = text.as_str();
    for wanted in expected {
        let found = rest.split_once(wanted);
        let (_, after) =
            found.unwrap_or_else(|| panic!("no {wanted:?} (in this place) in: {text}"));
        rest = after;
    }
    text
}

#[test]
fn every_page_is_well_formed_in_every_language() {
    for language in LANGUAGES {
        for (name, home) in homes::all() {
            let html = home_page(&home, &homes::nothing_on(), language).unwrap();
            let page = html::read(&html);
            let lang = page.tags[0].attribute("lang");
            assert_eq!(lang, Some(language.tag()), "{name}");
            for sign in ["{$", "{ $", "{{ ", "Some(", "None"] {
                let is_from_a_peer = name == "hostile" && sign == "{{ ";
                assert!(
                    is_from_a_peer || !page.text.contains(sign),
                    "{name}: {sign}"
                );
            }
        }
        for notice in [
            Notice::Missing,
            Notice::NoEvent,
            Notice::MethodNotAllowed,
            Notice::Unavailable,
        ] {
            html::read(&notice.page(language).html);
        }
    }
}

#[test]
fn a_visitor_learns_whether_to_come_and_what_it_costs() {
    let text = says(
        &homes::rich(),
        Language::French,
        &[
            "Chambéry",
            "Le Mug",
            "Ouvert jusqu’à 12 h 30",
            "Labellisé jusqu’au 2 janvier 2027",
            "Un café où l’on travaille",
            "Mon passeport",
            "Formules exemple",
            "l’heure 3,50 €",
            "la demi-journée 9 €",
            "l’année 1 800 €",
            "Horaires exemple",
            "lundi 8 h 30 – 12 h 30 13 h 30 – 19 h",
            "jeudi aujourd’hui",
            "dimanche fermé",
            "Les abonnés ont un badge et viennent à toute heure.",
            "deux demi-journées à 13 h",
            "Centre-ville, Chambéry",
            "150 m²",
            "Salle de réunion",
            "Les autres lieux du label 4 lieux, dont 3 ouverts en ce moment",
            "Coworking Grenoble Grenoble Ouvert jusqu’à 12 h 30",
            "Formules la journée 15 € le mois 200 €",
            "Chaque prix comprend : loyer, internet, copies et café",
            "Dernières nouvelles il y a 5 heures coworking-grenoble.example",
            "Le Mug Aix-les-Bains",
            "Formules exemple la demi-journée 8,50 €",
            "Fermé, ouvre demain à 13 h 30",
            "Vill@ge Factory",
            "Admis, pas encore labellisé",
            "Aucune formule publiée.",
            "Le label Escales des Alpes",
            "4 demi-journées par mois",
            "ils ne se paient pas",
            "label-alpes.example",
            "Dernières nouvelles il y a 3 minutes",
            "Ce qui est marqué « exemple » a été inventé",
            "le 19 novembre 2026 à 10 h 20. Nœud : chambery.le-mug.example",
        ],
    );
    assert!(!text.contains("Motif"));
    says(
        &homes::rich(),
        Language::English,
        &[
            "Open until 12:30 Labelled until 2 January 2027",
            "Formulas example an hour €3.50",
            "a year €1,800",
            "Monday 8:30 – 12:30 13:30 – 19:00",
            "Thursday today",
            "4 spaces, 3 open now",
            "Every price includes: rent, internet, copies and coffee",
            "Heard 5 hours ago",
            "Closed, opens tomorrow at 13:30",
            "Admitted, not yet labelled",
            "4 half-days a month",
            "It is reciprocal",
            "19 November 2026 at 10:20",
        ],
    );
}

#[test]
fn a_card_says_what_a_day_there_counts() {
    let text = says(
        &homes::rich(),
        Language::French,
        &[
            "Coworking Grenoble",
            "Un passage d’une journée : 2 demi-journées Formules",
            "Le Troqu-Et",
            "Un passage d’une journée : 1 demi-journée Formules",
            "Vill@ge",
        ],
    );
    let (_, admitted) = text.split_once("Vill@ge").unwrap();
    assert!(!admitted.contains("passage d’une"), "no label, no visit");
    says(
        &homes::rich(),
        Language::English,
        &[
            "A visit of a day: 2 half-days",
            "A visit of a day: 1 half-day Formulas",
        ],
    );
}

#[test]
fn a_text_in_the_other_language_is_marked_as_such() {
    let tags = page(&homes::rich(), Language::English).tags;
    let is_french = |tag: &&html::Tag| tag.name == "bdi" && tag.attribute("lang") == Some("fr");
    assert_eq!(tags.iter().filter(is_french).count(), 1, "Espace expresso");
}

#[test]
fn each_partner_is_linked_by_its_own_name() {
    let tags = page(&homes::rich(), Language::French).tags;
    let link = "https://troqu-et.example/?lang=fr";
    let found = tags.iter().find(|tag| tag.attribute("href") == Some(link));
    let rel = found.and_then(|tag| tag.attribute("rel"));
    assert_eq!(rel, Some("noopener noreferrer"));
}

#[test]
fn the_labels_that_a_space_joined_later_stand_beside_the_first() {
    let home = homes::several_labels();
    says(
        &home,
        Language::French,
        &[
            "Escales des Alpes",
            "Aussi dans ces labels",
            "Haltes du Rhône",
            "Labellisé jusqu’au 18 janvier 2027",
            "rhone.example",
            "Demande à être admis",
            "tiers-lieux.example",
            "Vallée",
            "Non admis",
            "en demander une nouvelle",
        ],
    );
    says(
        &home,
        Language::English,
        &[
            "Also in these labels",
            "Asks to be admitted",
            "Not admitted",
        ],
    );
    // Who has one label reads of no other.
    let alone = page(&homes::rich(), Language::French).text;
    assert!(!alone.contains("Aussi dans ces labels"), "{alone}");
}

#[test]
fn a_node_that_was_just_installed_says_what_will_come() {
    says(
        &homes::empty(),
        Language::French,
        &[
            "127.0.0.1:7801",
            "Inconnu du label",
            "La coordination n’a pas encore été entendue",
            "Ce lieu n’a encore rien publié",
            "Pas encore d’autre lieu",
            "La charte n’est pas encore connue de ce nœud.",
            "Pas encore de nouvelles.",
        ],
    );
    says(
        &homes::empty(),
        Language::English,
        &[
            "Unknown to the label",
            "The coordinator has not been heard yet",
            "This space has published nothing yet",
            "No other space yet",
            "The charter is not yet known to this node.",
        ],
    );
}

#[test]
fn who_lost_the_label_is_shown_with_the_reason_and_without_prices() {
    let text = says(
        &homes::withdrawn(),
        Language::French,
        &[
            "Label suspendu depuis le 10 novembre 2026",
            "Motif : Les extincteurs",
            "1 lieu, dont 1 ouvert en ce moment",
            "Sans label en ce moment",
            "L’Atelier du Lavoir",
            "Label retiré le 3 mai 2026 Motif : Le lieu a fermé.",
            "La Grange connectée",
            "Label suspendu depuis le 16 novembre 2026 Motif : Travaux",
            "Le Relais de l’Écluse",
            "Label expiré depuis le 7 novembre 2026",
            "inconnu.example Rien n’est encore connu de ce lieu.",
            "Inconnu du label",
        ],
    );
    let (_, others) = text.split_once("Sans label").unwrap();
    assert!(!others.contains("passage d’une journée"), "{others}");
    assert!(
        !text.contains("43,21"),
        "the price of a space without the label"
    );
    assert!(
        !others.contains("Ouvert"),
        "the door of a space without the label"
    );
    says(
        &homes::withdrawn(),
        Language::English,
        &[
            "Label suspended since 10 November 2026 Reason:",
            "Label withdrawn on 3 May 2026 Reason:",
            "Label expired since 7 November 2026",
        ],
    );
}

#[test]
fn what_is_old_or_was_refused_says_so() {
    let text = says(
        &homes::stale(),
        Language::French,
        &[
            "Label à confirmer",
            "La coordination n’a plus donné de nouvelles depuis plus de 30 jours",
            "n’ont pas pu être vérifiées ; ce qui est montré l’a été avant. (code feed_fork)",
            "Sans nouvelles depuis le 12 novembre 2026 : ce qui est dit ici",
            "Le label",
            "Sans nouvelles depuis le 10 octobre 2026",
            "n’ont pas pu être lues en entier ; ce qui est montré date d’avant. (code timed_out)",
        ],
    );
    assert!(
        !text.contains("Labellisé"),
        "a label that cannot be relied on"
    );
    says(
        &homes::stale(),
        Language::English,
        &[
            "Label to be confirmed",
            "Its last news could not be verified; shown is what was verified before.",
            "Not heard since 12 November 2026: what is said here may be out of date.",
        ],
    );
}

#[test]
fn a_clock_that_is_behind_opens_no_door() {
    let text = says(
        &homes::clock_behind(),
        Language::French,
        &[
            "Ouverture inconnue : l’horloge du nœud retarde",
            "Label à confirmer",
            "L’horloge de ce nœud retarde",
            "4 lieux",
        ],
    );
    for not_known in [
        "Ouvert jusqu",
        "aujourd’hui",
        "Labellisé",
        "Fermé",
        "passage d’une journée",
    ] {
        assert!(!text.contains(not_known), "{not_known}");
    }
}

#[test]
fn a_coordinator_shows_the_label_then_the_spaces_by_standing() {
    let text = says(
        &homes::coordinator(),
        Language::French,
        &[
            "Coordination Escales des Alpes",
            "il accorde le label aux lieux",
            "Le label",
            "1 demi-journée par mois",
            "Le lieu d’attache paie le passage",
            "Les lieux et leur situation 4 labellisés · 1 admis · 4 sans label en ce moment",
            "Le Mug Chambéry Labellisé jusqu’au 2 janvier 2027 Ouvert jusqu’à",
            "Sans label en ce moment",
            "Nœud : label-alpes.example",
        ],
    );
    assert!(!text.contains("Ce lieu"));
    assert!(
        !text.contains("Mon passeport"),
        "a coordinator is nobody's home"
    );
    says(
        &homes::bare_coordinator(),
        Language::English,
        &[
            "Coordinator of the label",
            "The charter has not been published yet.",
            "No other space yet The spaces will appear here",
        ],
    );
}

#[test]
fn what_a_peer_wrote_is_text_and_nothing_else() {
    for language in LANGUAGES {
        let html = home_page(&homes::hostile(), &homes::nothing_on(), language).unwrap();
        let page = html::read(&html);
        assert!(page.text.contains("<script>alert('x')</script>\"><img"));
        for raw in [
            "<script",
            "<img src=x",
            "</p></main>",
            "<b>",
            "href=\"javascript:",
        ] {
            assert!(!html.contains(raw), "{raw}");
        }
        let is_invisible = |it: char| {
            let is_line = it == '\n';
            (it.is_control() && !is_line) || "\u{202E}\u{2067}\u{200B}\u{FEFF}".contains(it)
        };
        assert!(!html.contains(is_invisible));
    }
    let home = homes::hostile();
    let link = shown::link(&home.partners[4].entity, Language::English);
    assert_eq!(link, "https://xn--80ak6aa92e.example:8443/?lang=en");
    says(
        &home,
        Language::French,
        &[
            "Ouverture inconnue : fuseau horaire inconnu",
            "Label suspendu depuis le (date inconnue)",
            "0,01 €",
            "1 000 000 €",
            "<b>Europe/Nowhere</b>, n’existe pas",
        ],
    );
}

#[test]
fn what_went_wrong_is_told_with_what_was_kept_and_what_to_do() {
    for (notice, language, expected) in [
        (
            Notice::Unavailable,
            Language::French,
            [
                "Ce nœud n’a pas pu lire ce qu’il sait.",
                "n’a rien changé",
                "Réessayez dans une minute.",
            ],
        ),
        (
            Notice::Unavailable,
            Language::English,
            [
                "This node could not read what it knows.",
                "changed nothing",
                "Try again in a minute.",
            ],
        ),
        (
            Notice::Missing,
            Language::French,
            [
                "Rien ne se trouve à cette adresse.",
                "Rien n’a été changé.",
                "Page d’accueil de ce nœud",
            ],
        ),
        (
            Notice::MethodNotAllowed,
            Language::English,
            [
                "This page can only be read",
                "Nothing was changed.",
                "Home page of this node",
            ],
        ),
    ] {
        let text = html::read(&notice.page(language).html).text;
        for wanted in expected {
            assert!(text.contains(wanted), "{wanted:?} in {text}");
        }
    }
}
