//! Credentials of a space: made by a command or by a one-time code, and revoked.

use app::keys::{ACCESS_CODES, CREDENTIALS};
use app::{AccessError, ROLES, Role};
use testkit::{DAY_SECONDS, Label, operator};

use crate::look::{assert_sound, stored, stored_text};

#[tokio::test]
async fn a_token_is_good_until_it_is_revoked_and_no_byte_of_it_is_kept() {
    let label = Label::labelled(1).await;
    let space = label.space(0);
    for role in ROLES {
        let app = space.app();
        let token = app.access_token(&operator(), role, " Anne\u{202e} ").await;
        let token = token.unwrap();
        space.clock().advance(400 * DAY_SECONDS);
        space.restart().await;
        let staff = space.app().staff(&token).await.unwrap().unwrap();
        assert_eq!((staff.role(), staff.name()), (role, "Anne"));
        assert_eq!(staff.clone().steward().is_some(), role >= Role::Steward);
        assert_eq!(staff.operator().is_some(), role >= Role::Operator);
        let kept = stored_text(space, CREDENTIALS).await;
        assert!(!kept.contains(&token));
        let rows = space.app().accesses(&operator()).await.unwrap();
        let row = rows.iter().find(|it| it.role == role).unwrap();
        assert!(!row.is_revoked);
        let typed = row.id.to_uppercase().replace('-', " ");
        let revoked = space.app().revoke_access(&operator(), &typed).await;
        revoked.unwrap();
        assert_eq!(space.app().staff(&token).await.unwrap(), None);
    }
    let gone = space.app().revoke_access(&operator(), "0000-0000").await;
    assert!(matches!(gone, Err(AccessError::Unknown(_))), "{gone:?}");
    assert_sound(&[space]).await;
}

#[tokio::test]
async fn a_code_makes_one_credential_within_a_week() {
    let label = Label::labelled(1).await;
    let (space, app) = (label.space(0), label.space(0).app());
    let code = async || app.access_code(&operator(), Role::Steward, "Anne").await;
    let (used, late) = (code().await.unwrap(), code().await.unwrap());
    space.clock().advance(7 * DAY_SECONDS - 1);
    let (token, staff) = app.sign_in(&used.to_uppercase()).await.unwrap();
    assert_eq!((staff.role(), staff.name()), (Role::Steward, "Anne"));
    assert_eq!(app.staff(&token).await.unwrap(), Some(staff));
    let refused = app.sign_in(&used).await;
    assert!(matches!(refused, Err(AccessError::Code)), "{refused:?}");
    space.clock().advance(1);
    let refused = app.sign_in(&late).await;
    assert!(matches!(refused, Err(AccessError::Code)), "{refused:?}");
    assert_eq!(stored(space, ACCESS_CODES).await.len(), 1);
    app.renew().await.unwrap();
    assert_eq!(stored(space, ACCESS_CODES).await.len(), 0);
    app.sign_out(&token).await.unwrap();
    assert_eq!(app.staff(&token).await.unwrap(), None);
}

#[tokio::test]
async fn a_code_of_somebody_who_was_revoked_since_makes_nothing() {
    let label = Label::labelled(1).await;
    let app = label.space(0).app();
    let token = app.access_token(&operator(), Role::Operator, "Eve").await;
    let token = token.unwrap();
    let eve = app
        .staff(&token)
        .await
        .unwrap()
        .unwrap()
        .operator()
        .unwrap();
    let code = async || app.access_code(&eve, Role::Operator, "Eve again").await;
    let (used, kept) = (code().await.unwrap(), code().await.unwrap());
    app.sign_in(&used).await.unwrap();
    app.sign_out(&token).await.unwrap();
    let refused = app.sign_in(&kept).await;
    assert!(matches!(refused, Err(AccessError::Code)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn of_two_who_type_one_code_at_once_one_gets_in() {
    let label = Label::labelled(1).await;
    let (space, app) = (label.space(0), label.space(0).app());
    let code = app.access_code(&operator(), Role::Desk, "tablet").await;
    let code = code.unwrap();
    let second = std::time::Duration::from_secs(1);
    space.store().fail_next_commit(store::Fault::Slow(second));
    let (one, two) = tokio::join!(app.sign_in(&code), app.sign_in(&code));
    assert!(one.is_ok(), "{one:?}");
    assert!(matches!(two, Err(AccessError::Code)), "{two:?}");
    assert_eq!(stored(space, CREDENTIALS).await.len(), 1);
}

#[tokio::test]
async fn a_coordinator_has_no_desk_and_nobody_is_without_a_name() {
    let label = Label::labelled(1).await;
    let app = label.coordinator.app();
    let refused = app.access_token(&operator(), Role::Desk, "tablet").await;
    assert!(
        matches!(refused, Err(AccessError::NotASpace)),
        "{refused:?}"
    );
    let app = label.space(0).app();
    for name in ["", " ", "\u{200b}"] {
        let refused = app.access_code(&operator(), Role::Desk, name).await;
        assert!(matches!(refused, Err(AccessError::Name)), "{refused:?}");
    }
}
