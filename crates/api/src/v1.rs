//! Version 1 of the API. One file per resource.

use crate::operation::Operation;

mod assets;
mod channels;
mod downloads;
mod events;
mod export;
mod files;
mod key;
mod models;
mod plans;
mod runs;
mod usage;

pub(crate) use runs::run_view;

/// One line per resource.
pub(crate) fn operations() -> Vec<Operation> {
    let all = [
        channels::operations(),
        models::operations(),
        key::operations(),
        files::operations(),
        plans::operations(),
        runs::operations(),
        assets::operations(),
        downloads::operations(),
        export::operations(),
        events::operations(),
        usage::operations(),
    ];
    all.into_iter().flatten().collect()
}
