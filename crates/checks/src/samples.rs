//! A brief and copy that is fit to print, for tests to spoil.

use handbill_domain::{brief::Brief, words::PlacementCopy};
use serde_json::json;

pub(crate) fn a_brief() -> Brief {
    serde_json::from_value(json!({
        "handbill": 1,
        "campaign": "spring-tea",
        "product": {
            "name": {"zh-CN": "明前龙井", "en-US": "Before-the-rains green tea"},
            "sku": "HB-LJ100",
            "category": "tea",
            "facts": [
                {"id": "weight", "label": {"zh-CN": "净含量", "en-US": "Net weight"}, "value": 100, "unit": {"zh-CN": "克", "en-US": "g"}},
                {"id": "water", "label": {"zh-CN": "水温", "en-US": "Water"}, "value": 80, "unit": "°C"},
                {"id": "bags", "label": {"zh-CN": "每盒", "en-US": "Per box"}, "value": 12, "unit": {"zh-CN": "袋", "en-US": "bags"}},
                {"id": "fresh", "label": {"zh-CN": "保质期", "en-US": "Keeps"}, "value": {"zh-CN": "18个月", "en-US": "18 months"}},
                {"id": "picking", "label": {"zh-CN": "采摘", "en-US": "Picking"}, "value": {"zh-CN": "清明前手采", "en-US": "by hand before Qingming"}}
            ],
            "price": {"amount": "268.00", "currency": "CNY"},
            "list_price": {"amount": "328", "currency": "CNY"},
            "photos": [{"file": "tea.png"}]
        },
        "brand": {
            "name": {"zh-CN": "一叶山房", "en-US": "One Leaf House"},
            "colors": {"primary": "#2E5E3E"},
            "voice": {"dont": ["cheap", "秒杀"]}
        },
        "objective": "conversion",
        "audience": {"zh-CN": "爱喝茶的人", "en-US": "people who like tea"},
        "key_message": {"zh-CN": "一口春天", "en-US": "Spring in a cup"},
        "offer": {
            "text": {"zh-CN": "新茶尝鲜八折", "en-US": "20 % off the first order"},
            "code": "SPRING20",
            "until": "2026-04-05"
        },
        "call_to_action": {"zh-CN": "立即选购", "en-US": "Shop now"},
        "url": "https://tea.example/spring-2026",
        "locales": ["zh-CN", "en-US"],
        "placements": ["google_ads.rsa"]
    }))
    .unwrap()
}

pub(crate) fn a_search_ad() -> PlacementCopy {
    serde_json::from_value(json!({
        "placement": "google_ads.rsa",
        "locale": "en-US",
        "variant": 1,
        "angle": "craft",
        "fields": {
            "headline": ["Spring tea, picked by hand", "Tea from one garden", "Fresh from this spring"],
            "description": ["Picked before Qingming and dried the same day.", "Loose leaf green tea for slow mornings."],
            "final_url": ["https://tea.example/spring-2026"]
        }
    }))
    .unwrap()
}
