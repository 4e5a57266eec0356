//! Which models there are, and which of them serves which role.

use std::collections::BTreeMap;

use actix_web::web::{Data, Json, ServiceConfig};
use handbill_domain::model::{Entry, Role};
use serde::Serialize;

use crate::{State, problem::readable};

pub(crate) fn routes(app: &mut ServiceConfig) {
    app.service(readable("/models", list));
}

#[derive(Serialize)]
struct List {
    roles: BTreeMap<Role, String>,
    models: Vec<Entry>,
}

async fn list(state: Data<State>) -> Json<List> {
    Json(List { roles: state.roles.clone(), models: state.models.clone() })
}
