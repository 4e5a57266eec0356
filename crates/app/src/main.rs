//! The handbill command: settings, wiring, subcommands.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod cli;
mod confirm;
mod console;
mod create;
mod desk;
mod doctor;
mod ending;
mod intake;
mod keys;
mod language;
mod ledger;
mod lists;
mod migrate;
mod money;
mod ordered;
mod out;
mod planned;
mod prices;
mod progress;
mod render;
mod run;
mod runs;
mod schema;
mod serve;
mod settings;
mod summary;
mod table;
mod template;
mod trace;
mod wiring;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
};

use cli::{Cli, Command};
use console::Console;
use ending::Ending;
use language::Language;
use settings::Settings;

fn main() -> ExitCode {
    let language = Language::of_environment();
    let cli = cli::parse(language);
    let console = Console::new(cli.lang.unwrap_or(language), cli.command.is_json(), cli.command.is_quiet());
    trace::start(&console, cli.command.serves());
    if let Command::Render { memory } = cli.command {
        return render::render(memory);
    }
    // A panic of ours is told by its hook and ends as any other mistake of ours, not with a code of its own.
    let settings = match Settings::read(cli.settings.as_deref()) {
        Ok(settings) => settings,
        Err(ending) => return ending.tell(&console),
    };
    let console = match cli.lang {
        None => console.in_language(settings.language),
        Some(_) => console,
    };
    match catch_unwind(AssertUnwindSafe(|| work(cli, &settings, &console))) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(ending)) => ending.tell(&console),
        Err(_) => Ending::Failed(anyhow::anyhow!("a part of handbill broke; please tell us")).tell(&console),
    }
}

fn work(cli: Cli, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let done = match cli.command {
        Command::Create(order) => runtime.block_on(create::create(&order, settings, console)),
        Command::Plan(order) => create::plan(&order, settings, console),
        Command::Schema { of } => schema::show(of, console),
        Command::Template { what } => template::run(&what, console),
        Command::Doctor { .. } => runtime.block_on(doctor::doctor(settings, console)),
        Command::Serve { models } => runtime.block_on(serve::serve(models.as_deref(), settings, console)),
        Command::Worker(duty) => runtime.block_on(serve::worker(&duty, settings, console)),
        Command::Runs { what } => runtime.block_on(runs::run(&what, settings, console)),
        Command::Keys { what } => runtime.block_on(keys::run(&what, settings, console)),
        Command::Workspaces { what } => runtime.block_on(keys::workspaces(&what, settings, console)),
        Command::Openapi => {
            console.answer(&openapi());
            Ok(())
        }
        Command::Ledger(wanted) => runtime.block_on(ledger::ledger(&wanted, settings, console)),
        // It needs no settings, and was done before they were read.
        Command::Render { .. } => Ok(()),
        Command::Migrate => runtime.block_on(migrate::migrate(settings, console)),
        Command::Channels { .. } => lists::channels(console),
        Command::Models { models, .. } => lists::models(models.as_deref(), settings, console),
    };
    // Work that blocks (a picture that is being encoded) must not hold up the end.
    runtime.shutdown_background();
    done
}

/// The OpenAPI document, as it is committed.
fn openapi() -> String {
    serde_json::to_string_pretty(&handbill_api::document()).unwrap_or_default()
}
