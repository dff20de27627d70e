//! What a holder shows beside a passport, the desk's strict mode, and a member's phones and
//! cards, as people see them.

use app::Role;
use http::StatusCode;
use testkit::{Wallet, operator};

use super::html;
use super::staff::{Browser, encoded};
use super::village::{at, does_not_say, says, village};
use crate::language::{LANGUAGES, Language};

/// The number that a desk shows, as its form sends it back.
#[track_caller]
fn number(page: &html::Page) -> String {
    let field = page.tags.iter().find(|it| {
        let is_hidden = it.attribute("type") == Some("hidden");
        is_hidden && it.attribute("name") == Some("challenge")
    });
    let number = field.unwrap().attribute("value").unwrap().to_owned();
    says(page, &[&number]);
    number
}

#[tokio::test]
async fn the_desk_reads_what_is_disclosed_and_nothing_else() {
    for (language, label) in [
        (Language::French, "Nom complet"),
        (Language::English, "Full name"),
    ] {
        let village = village("Camille").await;
        let (home, host) = (village.home(), village.host());
        let steward = Browser::of(home, Role::Steward).await;
        let member = &village.wallet.member;
        let form = "full_name=Camille+Durand&organisation=Oxalis&portrait=";
        let path = at(&format!("/members/{member}/particulars"), language);
        let answered = steward.post(&path, form).await;
        answered.sees(&at(&format!("/members/{member}"), language));
        let wallet = Wallet::enrol_again(home, member, "another phone").await;
        let desk = village.browser(Role::Desk).await;
        let shown = async |which: &[usize], nonce: &str| {
            let code = wallet.disclose(host.entity(), village.now(), nonce, which);
            let form = format!("code={}", encoded(&code));
            desk.post(&at("/desk", language), &form)
                .await
                .page(language)
        };
        does_not_say(&shown(&[], "nothing of it").await, &["Durand", "Oxalis"]);
        let page = shown(&[0], "the name alone").await;
        says(&page, &["Camille", label, "Camille Durand"]);
        does_not_say(&page, &["Oxalis"]);
        // At the next look nothing of it is there.
        let page = desk.get(&at("/desk", language)).await.page(language);
        says(&page, &["Camille"]);
        does_not_say(&page, &["Durand"]);
    }
}

#[tokio::test]
async fn a_desk_that_asks_for_a_number_lets_in_who_has_seen_it() {
    for (language, ask, welcome, refused, without) in [
        (
            Language::French,
            "Demander un nombre",
            "Bienvenue",
            "n’a pas été fait pour le nombre",
            "Se passer de nombre",
        ),
        (
            Language::English,
            "Ask for a number",
            "Welcome",
            "was not made for the number",
            "Do without a number",
        ),
    ] {
        let village = village("Camille").await;
        let desk = village.browser(Role::Desk).await;
        let page = desk.get(&at("/desk", language)).await.page(language);
        says(&page, &[ask]);
        let asked = desk.post(&at("/desk/challenge", language), "").await;
        let page = asked.page(language);
        says(&page, &[without]);
        let first = number(&page);
        let scanned = async |code: &str, number: &str| {
            let form = format!("code={}&challenge={number}", encoded(code));
            desk.post(&at("/desk", language), &form)
                .await
                .page(language)
        };
        let page = scanned(&village.code(), &first).await;
        says(&page, &[refused]);
        let second = number(&page);
        let nonce = format!("{second}.chance");
        let host = village.host().entity();
        let code = village.wallet.show(host, village.now(), &nonce);
        let page = scanned(&code, &second).await;
        says(&page, &[welcome, "Camille"]);
        assert_ne!(number(&page), second, "the next visitor has another");
    }
}

#[tokio::test]
async fn a_steward_sees_phones_and_cards_and_takes_one_back() {
    for (language, phone, card, good, back) in [
        (Language::French, "Téléphone", "Carte", "Valable", "Repris"),
        (Language::English, "Phone", "Card", "Good", "Taken back"),
    ] {
        let village = village("Camille").await;
        let member = &village.wallet.member;
        let app = village.home().app();
        village.label.advance(60);
        village.paper().await;
        let rows = app.carriers(&operator(), member).await.unwrap();
        let steward = Browser::of(village.home(), Role::Steward).await;
        let path = at(&format!("/members/{member}"), language);
        let page = steward.get(&path).await.page(language);
        says(&page, &[card, good, phone, good]);
        does_not_say(&page, &[back]);
        let revoke = |member: &str, id: &str| {
            at(
                &format!("/members/{member}/passports/{id}/revoke"),
                language,
            )
        };
        let card_id = rows[0].id.to_string();
        for (member, id) in [(member.as_str(), "x"), ("0000-0000", card_id.as_str())] {
            let answered = steward.post(&revoke(member, id), "").await;
            assert_eq!(answered.status, StatusCode::NOT_FOUND, "{member} {id}");
        }
        steward
            .post(&revoke(member, &card_id), "")
            .await
            .sees(&path);
        let page = steward.get(&path).await.page(language);
        says(&page, &[card, back, phone, good]);
    }
}

#[tokio::test]
async fn what_cannot_be_disclosed_is_refused_on_the_page() {
    for language in LANGUAGES {
        let village = village("Camille").await;
        let member = &village.wallet.member;
        let steward = Browser::of(village.home(), Role::Steward).await;
        let path = at(&format!("/members/{member}/particulars"), language);
        let long = format!("full_name={}", "a".repeat(101));
        for form in [long.as_str(), "portrait=none"] {
            let page = steward.post(&path, form).await.page(language);
            let refusal = page
                .tags
                .iter()
                .find(|it| it.attribute("role") == Some("alert"));
            assert!(refusal.is_some());
            says(&page, &["43"]);
        }
        let row = village.home().app().member_row(&operator(), member).await;
        assert_eq!(
            row.unwrap().may_disclose,
            wire::disclosure::Disclosed::default()
        );
    }
}
