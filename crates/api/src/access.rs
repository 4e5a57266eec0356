//! Who may do what. One table of permissions; a route without one cannot be written ([`crate::operation`]).

use std::{
    collections::BTreeSet,
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, dev::Payload, dev::ServiceRequest, http::header, web::Data,
};
use handbill_domain::{Fault, ids::WorkspaceId};
use handbill_store::keys::{self, Key};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Problem, State};

/// What a person is in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Owner,
    /// Everything but what only an owner may.
    Admin,
    /// Orders and changes content.
    Editor,
    /// Looks and judges.
    Reviewer,
    /// Looks.
    Client,
}

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $word:literal: $($role:ident)*;)*) => {
        /// Leave to do one kind of thing; a key's scopes are such words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Permission { $($(#[$doc])* #[serde(rename = $word)] $name,)* }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The roles that have it.
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*]),* }
            }
        }
    };
}

permissions! {
    /// Upload photos, logos and fonts.
    FilesWrite = "files:write": Owner Admin Editor;
    /// See what a campaign would make and cost.
    Plan = "plans:write": Owner Admin Editor Reviewer;
    /// See runs, steps and events.
    RunsRead = "runs:read": Owner Admin Editor Reviewer Client;
    /// Order, end, hold and repeat runs: it may cost money.
    RunsWrite = "runs:write": Owner Admin Editor;
    /// See and download what was made.
    AssetsRead = "assets:read": Owner Admin Editor Reviewer Client;
    /// See what was spent.
    UsageRead = "usage:read": Owner Admin;
}

impl std::str::FromStr for Permission {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|one| one.as_str() == word)
            .ok_or_else(|| format!("there is no scope `{word}`"))
    }
}

/// Who asks, in which workspace, with leave to do what.
#[derive(Clone, Debug)]
pub(crate) struct Principal {
    pub(crate) workspace: WorkspaceId,
    pub(crate) who: Who,
    may: BTreeSet<Permission>,
}

/// Who asks. Members with a session join here.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// A program with a key.
    Key {
        /// Its id.
        id: String,
        /// Can it never spend?
        rehearsal: bool,
    },
}

impl Principal {
    fn of(key: Key) -> Self {
        Self {
            workspace: key.workspace,
            may: key.scopes.iter().filter_map(|word| word.parse().ok()).collect(),
            who: Who::Key { id: key.id, rehearsal: key.rehearsal },
        }
    }

    /// The key that pays.
    pub(crate) fn key(&self) -> &str {
        let Who::Key { id, .. } = &self.who;
        id
    }

    /// Can it never spend?
    pub(crate) fn is_rehearsal(&self) -> bool {
        let Who::Key { rehearsal, .. } = &self.who;
        *rehearsal
    }

    /// Has it this permission?
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.may.contains(&permission)
    }
}

impl FromRequest for Principal {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // The gate put it there; an open operation has none.
        ready(request.extensions().get::<Self>().cloned().ok_or_else(unknown))
    }
}

/// Finds out who asks, and whether they may.
pub(crate) async fn admit(request: &ServiceRequest, permission: Permission) -> Result<Principal, Problem> {
    let state = request.app_data::<Data<State>>().ok_or_else(unknown)?;
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = given.and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let Some(token) = bearer else { return Err(unknown()) };
    let key = keys::authenticate(&state.store, token).await?.ok_or_else(|| {
        Problem::new(
            Fault::Unauthorized,
            "the key is not known here, was revoked or has expired",
            "密钥无效、已吊销或已过期",
        )
        .code("key_refused")
    })?;
    let principal = Principal::of(key);
    if principal.may(permission) {
        return Ok(principal);
    }
    let word = permission.as_str();
    let problem = Problem::new(
        Fault::Forbidden,
        format!("the key lacks the scope {word}"),
        format!("密钥缺少权限 {word}"),
    );
    Err(problem.code("scope_missing"))
}

fn unknown() -> Problem {
    Problem::new(
        Fault::Unauthorized,
        "send a key: `Authorization: Bearer hb_…`; `handbill keys create` makes one",
        "请提供密钥：`Authorization: Bearer hb_…`；用 `handbill keys create` 创建",
    )
    .code("key_missing")
}
