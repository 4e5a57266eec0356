//! `handbill channels` and `handbill models`: what there is to choose from.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use handbill_domain::{
    channel::{Channel, Placement, channels as all_channels},
    model::{Entry, Modality, PriceRow, Role},
};
use handbill_providers::Catalog;
use serde_json::{Value, json};

use crate::{
    console::Console,
    ending::Ending,
    language::{Language, said},
    settings::Settings,
    table::columns,
    wiring,
};

/// Lists channels with their placements.
pub fn channels(console: &Console) -> Result<(), Ending> {
    if console.json {
        let all: Vec<Value> = all_channels().iter().map(channel_json).collect();
        console.answer(&Value::from(all).to_string());
        return Ok(());
    }
    let language = console.language;
    for channel in all_channels() {
        let region =
            if channel.region == "cn" { language.pick(" (China)", "（中国大陆）") } else { "" };
        let rows: Vec<_> = channel.placements.iter().map(|place| placement_row(place, language)).collect();
        console.answer(&format!(
            "{}{region}\n{}\n",
            channel.name.for_language(language.tag()),
            columns(&rows, &[])
        ));
    }
    Ok(())
}

fn placement_row(placement: &Placement, language: Language) -> Vec<String> {
    let count = |count: usize, en: &str, zh: &str| {
        if count == 0 { String::new() } else { format!("{count} {}", language.pick(en, zh)) }
    };
    vec![
        format!("  {}", placement.id),
        placement.name.for_language(language.tag()).to_owned(),
        count(placement.fields.len(), "texts", "项文字"),
        count(placement.images.len(), "pictures", "种图片"),
        count(placement.videos.len(), "videos", "种视频"),
    ]
}

fn channel_json(channel: &Channel) -> Value {
    let placements: Vec<Value> = channel
        .placements
        .iter()
        .map(|place| json!({ "id": place.id, "name": place.name, "texts": place.fields.len(), "pictures": place.images.len(), "videos": place.videos.len() }))
        .collect();
    json!({ "id": channel.id, "name": channel.name, "region": channel.region, "placements": placements })
}

/// Lists models with their prices, and whom each serves.
pub fn models(file: Option<&Path>, settings: &Settings, console: &Console) -> Result<(), Ending> {
    let models = wiring::models(file, settings)?;
    let catalog = models.catalog();
    if console.json {
        let entries: Vec<&Entry> = catalog.entries().collect();
        let limits: BTreeMap<&str, BTreeMap<&str, u32>> =
            limited(catalog).map(|(name, limits)| (name, limits.into_iter().collect())).collect();
        let answer = json!({ "roles": catalog.roles(), "entries": entries, "limits": limits });
        console.answer(&answer.to_string());
        return Ok(());
    }
    let language = console.language;
    console.answer(language.pick("roles", "分工"));
    let rows: Vec<_> = Role::ALL
        .iter()
        .map(|role| vec![format!("  {}", role.as_str()), catalog.serving(*role).id.clone()])
        .collect();
    console.answer(&columns(&rows, &[]));
    for (modality, en, zh) in [
        (Modality::Text, "text", "文字"),
        (Modality::Image, "pictures", "图片"),
        (Modality::Video, "video", "视频"),
        (Modality::Speech, "speech", "语音"),
    ] {
        let entries = catalog.entries().filter(|entry| entry.modality == modality);
        let rows: Vec<_> = entries.map(|entry| entry_row(entry, catalog, language)).collect();
        console.answer(&format!("\n{}\n{}", language.pick(en, zh), columns(&rows, &[])));
    }
    let row = |(name, limits): (&str, Vec<(&str, u32)>)| {
        let limits =
            limits.iter().map(|(key, limit)| format!("{key} {limit}")).collect::<Vec<_>>().join(", ");
        vec![format!("  {name}"), limits]
    };
    let rows: Vec<_> = limited(catalog).map(row).collect();
    if !rows.is_empty() {
        console.answer(&format!("\n{}\n{}", language.pick("limits", "限额"), columns(&rows, &[])));
    }
    Ok(())
}

/// Providers whose accounts have limits, with these.
fn limited(catalog: &Catalog) -> impl Iterator<Item = (&str, Vec<(&'static str, u32)>)> {
    let names: BTreeSet<&str> = catalog.entries().map(|entry| entry.provider.as_str()).collect();
    names.into_iter().filter_map(|name| {
        let limits = catalog.provider(name)?.limits().into_iter();
        let limits: Vec<_> = limits.filter_map(|(key, limit)| Some((key, limit?))).collect();
        (!limits.is_empty()).then_some((name, limits))
    })
}

fn entry_row(entry: &Entry, catalog: &Catalog, language: Language) -> Vec<String> {
    let price = if catalog.is_rehearsal(entry) {
        match &entry.stands_in_for {
            Some(id) => said!(language, "free; shown at the price of {id}", "免费；按 {id} 的价格展示"),
            None => language.pick("free", "免费").to_owned(),
        }
    } else {
        let usual = entry.price.iter().filter(|row| row.above == 0);
        usual.map(price_of).collect::<Vec<_>>().join(", ")
    };
    let key =
        catalog.provider(&entry.provider).and_then(|provider| provider.key_env.clone()).unwrap_or_default();
    vec![format!("  {}", entry.id), price, key]
}

/// `input_token 1.00 USD/1M`, `image high 0.17 USD`.
fn price_of(row: &PriceRow) -> String {
    let money = handbill_domain::money::Money { amount_micros: row.micros, currency: row.currency };
    let per = match row.per {
        1 => String::new(),
        1_000 => "/1k".to_owned(),
        1_000_000 => "/1M".to_owned(),
        other => format!("/{other}"),
    };
    let variant = row.variant.as_ref().map(|variant| format!(" {variant}")).unwrap_or_default();
    format!("{}{variant} {money}{per}", row.unit.as_str())
}
