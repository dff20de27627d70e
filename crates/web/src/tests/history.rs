//! The charter and the history of the label, as anybody reads them.

use testkit::{DAY_SECONDS, Label, START, TestNode, charter_text, space_text};
use wire::LocalText;
use wire::label::Criterion;

use super::html;
use super::staff::Browser;
use crate::language::{LANGUAGES, Language};

async fn read(node: &TestNode, rest: &str, language: Language) -> String {
    let uri = format!("/label?lang={}{rest}", language.tag());
    let answered = Browser::stranger(node).get(&uri).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    html::read(&answered.body).text
}

/// A label with a criterion, a space that was warned and one that belongs no more, and names
/// that would be marks.
async fn story() -> Label {
    let label = Label::labelled(2).await;
    let (app, it) = (label.coordinator.app(), label.space(0).entity());
    let mut charter = charter_text(4);
    charter.criteria = vec![Criterion {
        id: "exit".to_owned(),
        text: LocalText {
            fr: Some("Une sortie <b>dégagée</b>".to_owned()),
            en: Some("A <b>clear</b> way out".to_owned()),
        },
    }];
    app.publish_charter(&charter).await.unwrap();
    let named = space_text("Le <i>Mug</i>");
    label.space(0).app().publish_space(&named).await.unwrap();
    let until = START.plus_seconds(30 * DAY_SECONDS);
    app.warn(it, "no <script>extinguisher</script>", until)
        .await
        .unwrap();
    let gone = label.space(1).entity();
    app.withdraw(gone, "closed").await.unwrap();
    app.end_membership(gone, "moved away").await.unwrap();
    label.pull_all().await;
    label
}

#[tokio::test]
async fn everybody_reads_what_was_decided_and_why() {
    let label = story().await;
    for node in [&label.coordinator, label.space(0)] {
        for language in LANGUAGES {
            let text = read(node, "", language).await;
            let expected: &[&str] = match language {
                Language::French => &[
                    "Une sortie <b>dégagée</b>",
                    "Le <i>Mug</i>",
                    "Averti, avec un délai jusqu’au 6 mai 2026",
                    "Avertissement",
                    "no <script>extinguisher</script>",
                    "Label accordé",
                    "Admis au réseau",
                ],
                Language::English => &[
                    "A <b>clear</b> way out",
                    "Le <i>Mug</i>",
                    "Warned, with time until 6 May 2026",
                    "Warning",
                    "Label granted",
                    "Admitted to the network",
                ],
            };
            for wanted in expected {
                assert!(text.contains(wanted), "no {wanted:?} in: {text}");
            }
            assert!(text.contains("moved away") && text.contains("aix.example"));
        }
    }
}

#[tokio::test]
async fn one_space_is_read_alone_and_what_is_none_is_nothing() {
    let label = story().await;
    let one = "&space=https%3A%2F%2Faix.example";
    let text = read(label.space(0), one, Language::French).await;
    assert!(
        text.contains("moved away") && !text.contains("Mug"),
        "{text}"
    );
    for none in ["&space=https://other.example", "&space=x", "&space="] {
        let text = read(label.space(0), none, Language::French).await;
        assert!(text.contains("Rien n’a été décidé"), "{none}: {text}");
    }
}
