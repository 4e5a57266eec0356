//! Version 1 of the API. One file per resource.

use actix_web::web::ServiceConfig;

mod channels;
mod models;

/// One line per resource.
pub(crate) fn routes(app: &mut ServiceConfig) {
    app.configure(channels::routes).configure(models::routes);
}
