//! Which models there are, and which of them serves which role.

use std::collections::BTreeMap;

use actix_web::web::Data;
use handbill_domain::model::{Entry, Role};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{State, give::Shown, operation::Operation};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/models", ("list_models", "List models, their prices and whom they serve"), list)
            .open(),
    ]
}

/// The catalogue of models.
#[derive(Serialize, JsonSchema)]
struct ModelList {
    /// Role → id of the model that serves it.
    roles: BTreeMap<Role, String>,
    /// All models.
    models: Vec<Entry>,
}

async fn list(state: Data<State>) -> Shown<ModelList> {
    Shown(ModelList { roles: state.roles.clone(), models: state.models.clone() })
}
