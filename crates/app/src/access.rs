//! Who may do what at this space: credentials of its desk, its stewards, its operators.
//!
//! A credential is a random token of which the node keeps the hash. A person gets
//! theirs by a one-time code, so that the token is made where it is used; a program is
//! given it once.
//!
//! **Invariant:** a [`Staff`], [`Steward`] or [`Operator`] is made only by a token that
//! this node gave and that was not revoked, or by the operating system's word.

use serde::{Deserialize, Serialize};
use store::{Batch, Expected, Key};
use wire::Timestamp;

use crate::fault::{Attempt, until_settled};
use crate::people::{AccessCode, Credential};
use crate::stored;
use crate::{App, Fault};

/// How long a one-time code may be used: a week.
pub(crate) const ACCESS_CODE_SECONDS: i64 = 7 * 24 * 60 * 60;

/// The most characters of the name of a credential.
const ACCESS_NAME_CHARS_MAX: usize = 60;

/// The bytes of a token's hash by which people name a credential.
const ACCESS_ID_BYTES: usize = 5;

/// What somebody may do at this space. Each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// A device at the desk: judges passports.
    Desk,
    /// Receives people: sees the members, gives codes and paper passports, takes a
    /// lost phone's passport back.
    Steward,
    /// Runs the space: adds, pauses and ends memberships.
    Operator,
}

/// Every role.
pub const ROLES: [Role; 3] = [Role::Desk, Role::Steward, Role::Operator];

/// Somebody, or something, that showed a credential of this space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    role: Role,
    name: String,
    /// The credential; none for whoever may open the node's folder.
    credential: Option<Key>,
}

/// A [`Staff`] that may do what a steward may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steward(Staff);

/// A [`Staff`] that may do what an operator may, and so what a steward may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(Steward);

impl Staff {
    /// What they may do.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The name of the credential.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// By which they are known; none for whoever may open the node's folder.
    pub(crate) const fn credential(&self) -> Option<&Key> {
        self.credential.as_ref()
    }

    /// As a steward, if they may.
    pub fn steward(self) -> Option<Steward> {
        (self.role >= Role::Steward).then_some(Steward(self))
    }

    /// As an operator, if they may.
    pub fn operator(self) -> Option<Operator> {
        (self.role >= Role::Operator).then_some(Operator(Steward(self)))
    }
}

impl Operator {
    /// Whoever may open the node's folder: the operating system says who that is, and
    /// they could read the keys as well.
    pub fn of_this_machine() -> Self {
        Self(Steward(Staff {
            role: Role::Operator,
            name: "this machine".to_owned(),
            credential: None,
        }))
    }
}

impl std::ops::Deref for Steward {
    type Target = Staff;

    fn deref(&self) -> &Staff {
        &self.0
    }
}

impl std::ops::Deref for Operator {
    type Target = Steward;

    fn deref(&self) -> &Steward {
        &self.0
    }
}

/// Why somebody gets no credential, or keeps it.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// A coordinator has no desk.
    #[error("this node is no space: it has no desk")]
    NotASpace,
    /// The name is empty.
    #[error("a name of 1 to {ACCESS_NAME_CHARS_MAX} characters is needed")]
    Name,
    /// The code is not one that was given, was used, or has run out.
    #[error("the code is not good, or not any more")]
    Code,
    /// No such credential.
    #[error("there is no credential {0}")]
    Unknown(String),
    /// It failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// A credential as the operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRow {
    /// By which it is named.
    pub id: String,
    /// What it lets do.
    pub role: Role,
    /// Whose it is.
    pub name: String,
    /// Since when.
    pub since: Timestamp,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

impl App {
    /// A new credential; gives its token, which is shown this once.
    pub async fn access_token(
        &self,
        _: &Operator,
        role: Role,
        name: &str,
    ) -> Result<String, AccessError> {
        let name = self.access_name(role, name)?;
        let (token, key, credential) = self.new_credential(role, name)?;
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &credential)?);
        self.store().commit(batch).await.map_err(Fault::from)?;
        Ok(token)
    }

    /// A one-time code by which a person gets a credential; it may be used for a week.
    pub async fn access_code(
        &self,
        by: &Operator,
        role: Role,
        name: &str,
    ) -> Result<String, AccessError> {
        let name = self.access_name(role, name)?;
        let code = crate::codes::write(&self.random::<10>()?);
        let key = crate::keys::access_code(&crate::codes::normal(&code));
        let expires_at = self.now().plus_seconds(ACCESS_CODE_SECONDS);
        let given = AccessCode {
            role,
            name,
            expires_at,
            given_by: by.credential.as_ref().map(access_id),
        };
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &given)?);
        self.store().commit(batch).await.map_err(Fault::from)?;
        Ok(code)
    }

    /// Makes a credential of a one-time code, which is gone with that; gives the token.
    pub async fn sign_in(&self, code: &str) -> Result<(String, Staff), AccessError> {
        until_settled!(self.try_sign_in(code).await)
    }

    async fn try_sign_in(&self, code: &str) -> Result<(String, Staff), Attempt<AccessError>> {
        let code_key = crate::keys::access_code(&crate::codes::normal(code));
        let found = self.store().get(&code_key).await.map_err(Fault::from)?;
        let Some(found) = found else {
            return Err(Attempt::Failed(AccessError::Code));
        };
        let given: AccessCode = stored::decode(&code_key, &found)?;
        if given.expires_at <= self.now() || !self.may_still_give(&given).await? {
            return Err(Attempt::Failed(AccessError::Code));
        }
        let (token, key, credential) = self
            .new_credential(given.role, given.name.clone())
            .map_err(Attempt::Failed)?;
        let mut batch = Batch::new();
        batch.expect(code_key.clone(), Expected::At(found.version));
        batch.remove(code_key);
        batch.expect(key.clone(), Expected::Absent);
        batch.put(key.clone(), stored::encode(&key, &credential)?);
        self.store().commit(batch).await?;
        let AccessCode { role, name, .. } = given;
        let credential = Some(key);
        let staff = Staff {
            role,
            name,
            credential,
        };
        Ok((token, staff))
    }

    /// Whether whoever gave a code was not revoked since.
    async fn may_still_give(&self, given: &AccessCode) -> Result<bool, Fault> {
        let Some(by) = &given.given_by else {
            return Ok(true);
        };
        for (key, found) in self.all(crate::keys::CREDENTIALS).await? {
            if access_id(&key) == *by {
                let credential: Credential = stored::decode(&key, &found)?;
                return Ok(!credential.is_revoked);
            }
        }
        Ok(false)
    }

    /// Whose token that is, if it was not revoked. The store is asked by the token's
    /// hash, so that no time tells how much of it was right.
    pub async fn staff(&self, token: &str) -> Result<Option<Staff>, Fault> {
        let key = crate::keys::credential(token);
        let Some(found) = self.store().get(&key).await? else {
            return Ok(None);
        };
        let Credential {
            role,
            name,
            is_revoked,
            ..
        } = stored::decode(&key, &found)?;
        Ok((!is_revoked).then_some(Staff {
            role,
            name,
            credential: Some(key),
        }))
    }

    /// Every credential, revoked ones too, the oldest first.
    pub async fn accesses(&self, _: &Operator) -> Result<Vec<AccessRow>, Fault> {
        let mut rows = Vec::new();
        for (key, found) in self.all(crate::keys::CREDENTIALS).await? {
            let Credential {
                role,
                name,
                added_at,
                is_revoked,
            } = stored::decode(&key, &found)?;
            rows.push(AccessRow {
                id: access_id(&key),
                role,
                name,
                since: added_at,
                is_revoked,
            });
        }
        rows.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        Ok(rows)
    }

    /// Revokes the credential of that id, from the next request on.
    pub async fn revoke_access(&self, _: &Operator, id: &str) -> Result<(), AccessError> {
        let wanted = crate::codes::normal(id);
        let all = self.all(crate::keys::CREDENTIALS).await?;
        let is_it = |key: &Key| crate::codes::normal(&access_id(key)) == wanted;
        let Some((key, _)) = all.into_iter().find(|(key, _)| is_it(key)) else {
            return Err(AccessError::Unknown(wire::printable(id, 20)));
        };
        until_settled!(self.try_revoke_access(&key).await)
    }

    /// Ends the credential of that token: somebody signs out.
    pub async fn sign_out(&self, token: &str) -> Result<(), AccessError> {
        let key = crate::keys::credential(token);
        until_settled!(self.try_revoke_access(&key).await)
    }

    async fn try_revoke_access(&self, key: &Key) -> Result<(), Attempt<AccessError>> {
        let Some(found) = self.store().get(key).await.map_err(Fault::from)? else {
            return Ok(());
        };
        let mut credential: Credential = stored::decode(key, &found)?;
        credential.is_revoked = true;
        let mut batch = Batch::new();
        batch.expect(key.clone(), Expected::At(found.version));
        batch.put(key.clone(), stored::encode(key, &credential)?);
        self.store().commit(batch).await?;
        Ok(())
    }

    /// Forgets one-time codes that nobody can use any more.
    pub(crate) async fn forget_access_codes(&self) -> Result<(), Fault> {
        let now = self.now();
        let mut batch = Batch::new();
        for (key, found) in self.all(crate::keys::ACCESS_CODES).await? {
            if stored::decode::<AccessCode>(&key, &found)?.expires_at <= now {
                batch.remove(key);
            }
        }
        Ok(self.commit_unless_empty(batch).await?)
    }

    fn access_name(&self, role: Role, name: &str) -> Result<String, AccessError> {
        if role == Role::Desk && self.is_coordinator() {
            return Err(AccessError::NotASpace);
        }
        let name = wire::printable(name, ACCESS_NAME_CHARS_MAX);
        if name.is_empty() {
            return Err(AccessError::Name);
        }
        Ok(name)
    }

    fn new_credential(
        &self,
        role: Role,
        name: String,
    ) -> Result<(String, Key, Credential), AccessError> {
        let token = seal::base64url::encode(&self.random::<24>()?);
        let key = crate::keys::credential(&token);
        let credential = Credential {
            role,
            name,
            added_at: self.now(),
            is_revoked: false,
        };
        Ok((token, key, credential))
    }
}

fn access_id(key: &Key) -> String {
    let hash = key.rest();
    crate::codes::write(hash.get(..ACCESS_ID_BYTES).unwrap_or(hash))
}
