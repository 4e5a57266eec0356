//! Rules about single values: names, ids, amounts, addresses, days, colours, paths.

use super::{super::node::Node, Rules, find};
use crate::money;

impl<'n> Rules<'n, '_> {
    pub(super) fn campaign(&mut self) {
        self.each("/campaign", |rules, node, at| {
            let Some(text) = node.text().filter(|text| !is_slug(text)) else { return };
            let meant = slug(text);
            let example = if meant.is_empty() { "spring-tea" } else { &meant };
            rules.note(
                node,
                at,
                (
                    format!("`{text}` cannot name a folder everywhere"),
                    format!("use a-z, 0-9 and single hyphens, such as `{example}`"),
                ),
                (
                    format!("`{text}` 不能在所有系统上用作文件夹名"),
                    format!("只用 a-z、0-9 和单个连字符，例如 `{example}`"),
                ),
            );
        });
    }

    pub(super) fn facts(&mut self) {
        self.each_text("/product/facts/*/id", |rules, node, at, id| {
            if id.starts_with(|c: char| c.is_ascii_lowercase())
                && id.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
            {
                return;
            }
            let meant = slug(id).replace('-', "_");
            let example =
                if meant.starts_with(|c: char| c.is_ascii_lowercase()) { &meant } else { "net_weight" };
            rules.note(
                node,
                at,
                (
                    format!("`{id}` cannot be an id"),
                    format!("start with a-z and use a-z, 0-9 and _ only, such as `{example}`"),
                ),
                (format!("`{id}` 不能作为 id"), format!("以 a-z 开头，只用 a-z、0-9 和 _，例如 `{example}`")),
            );
        });
    }

    /// Who says what is usual compares with others, and must be able to show where it is from.
    pub(super) fn comparisons(&mut self) {
        for (fact, at) in find(self.root, "/product/facts/*") {
            if let (Some(usual), None) = (fact.get("usual"), fact.get("source")) {
                self.note(
                    usual,
                    &format!("{at}/usual"),
                    (
                        "a comparison needs a source".into(),
                        "add `source`: where the fact and what is usual are known from".into(),
                    ),
                    ("对比需要来源".into(), "请补上 `source`：这一事实和“常见同类”的数据出自哪里".into()),
                );
            }
        }
    }

    pub(super) fn prices(&mut self) {
        let prices = ["/product/price", "/product/list_price", "/ceiling"];
        for pattern in prices {
            self.each_text(&format!("{pattern}/amount"), |rules, node, at, text| match money::micros(text) {
                None => rules.note(
                    node,
                    at,
                    (format!("`{text}` is not an amount"), "write digits with at most six decimals after a point, no sign, no symbol: \"268.00\"".into()),
                    (format!("`{text}` 不是金额"), "请写数字，小数点后最多六位，不带正负号和货币符号：\"268.00\"".into()),
                ),
                Some(0) => rules.note(
                    node,
                    at,
                    ("the amount is zero".into(), "write more than zero, or remove the key".into()),
                    ("金额为零".into(), "请写大于零的金额，或删除这个键".into()),
                ),
                Some(_) => {}
            });
        }
        let (Some(price), Some(list)) = (self.price("price"), self.price("list_price")) else { return };
        let Some(node) = self.root.get("product").and_then(|product| product.get("list_price")) else {
            return;
        };
        if price.1 != list.1 {
            self.note(
                node.get("currency").unwrap_or(node),
                "/product/list_price/currency",
                (
                    format!("the list price is in {}, the price in {}", list.1, price.1),
                    format!("write both in {}", price.1),
                ),
                (format!("原价的货币是 {}，现价是 {}", list.1, price.1), format!("请都用 {}", price.1)),
            );
        } else if list.0 <= price.0 && list.0 > 0 {
            self.note(
                node.get("amount").unwrap_or(node),
                "/product/list_price/amount",
                (
                    "the list price is not higher than the price".into(),
                    "write the price before the offer, or remove `list_price`".into(),
                ),
                ("原价不高于现价".into(), "请写优惠前的价格，或删除 `list_price`".into()),
            );
        }
    }

    fn price(&self, key: &str) -> Option<(i64, &'n str)> {
        let price = self.root.get("product")?.get(key)?;
        Some((money::micros(price.get("amount")?.text()?)?, price.get("currency")?.text()?))
    }

    pub(super) fn url(&mut self) {
        self.each_text("/url", |rules, node, at, text| {
            let host = text
                .strip_prefix("https://")
                .or_else(|| text.strip_prefix("http://"))
                .map(|rest| rest.split(['/', '?', '#']).next());
            let good =
                matches!(host, Some(Some(host)) if !host.is_empty()) && !text.contains(char::is_whitespace);
            if !good {
                let bare = text.rsplit("://").next().unwrap_or(text).trim();
                let meant = if bare.contains('.') && !bare.contains(char::is_whitespace) {
                    format!("https://{bare}")
                } else {
                    "https://example.com/tea".into()
                };
                rules.note(
                    node,
                    at,
                    (format!("`{text}` is not a web address"), format!("write it in full, such as {meant}")),
                    (format!("`{text}` 不是网址"), format!("请写完整网址，例如 {meant}")),
                );
            }
        });
    }

    pub(super) fn until(&mut self) {
        self.each_text("/offer/until", |rules, node, at, text| {
            if !is_date(text) {
                rules.note(
                    node,
                    at,
                    (
                        format!("`{text}` is not a day of the calendar"),
                        "write year-month-day, such as 2026-04-05".into(),
                    ),
                    (format!("`{text}` 不是有效日期"), "请写 年-月-日，例如 2026-04-05".into()),
                );
            }
        });
    }

    pub(super) fn color(&mut self, node: &'n Node, at: &str) {
        let Some(text) = node.text() else {
            // An unquoted `#2E7D32` is a comment to YAML, so nothing is left of it.
            self.note(
                node,
                at,
                (
                    "the colour is empty; without quotes `#` begins a comment".into(),
                    "write it in quotes: \"#2E7D32\"".into(),
                ),
                ("颜色是空的；不加引号时 `#` 会被当作注释".into(), "请加引号：\"#2E7D32\"".into()),
            );
            return;
        };
        let hex = text.strip_prefix('#').unwrap_or(text);
        let is_hex = hex.bytes().all(|b| b.is_ascii_hexdigit());
        let meant = match hex.len() {
            6 if is_hex && text.starts_with('#') => return,
            6 if is_hex => format!("#{hex}"),
            3 if is_hex => format!("#{}", hex.chars().flat_map(|c| [c, c]).collect::<String>()),
            _ => "#2E7D32".to_owned(),
        };
        self.note(
            node,
            at,
            (
                format!("`{text}` is not a colour"),
                format!("write # and six hex digits in quotes: \"{meant}\""),
            ),
            (format!("`{text}` 不是颜色值"), format!("请写 # 加六位十六进制数字，并加引号：\"{meant}\"")),
        );
    }

    pub(super) fn path(&mut self, node: &'n Node, at: &str) {
        let Some(text) = node.text() else { return };
        let drive =
            text.as_bytes().get(1) == Some(&b':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
        let outside = text.starts_with(['/', '~', '\\'])
            || drive
            || text.contains("://")
            || text.split(['/', '\\']).any(|part| part == "..");
        if outside {
            self.note(
                node,
                at,
                (
                    format!("`{text}` leads out of the brief's folder"),
                    "put the file beside the brief and write its path from there, such as photos/tea.jpg"
                        .into(),
                ),
                (
                    format!("`{text}` 超出了简报所在的文件夹"),
                    "请把文件放在简报旁边，并写相对路径，例如 photos/tea.jpg".into(),
                ),
            );
        } else if text.contains('\\') {
            let meant = text.replace('\\', "/");
            self.note(
                node,
                at,
                (format!("`{text}` has backslashes"), format!("write `{meant}`")),
                (format!("`{text}` 含有反斜杠"), format!("请写 `{meant}`")),
            );
        }
    }
}

fn is_slug(text: &str) -> bool {
    text == slug(text)
}

/// The text in a-z, 0-9 and single hyphens, as far as it has such letters.
fn slug(text: &str) -> String {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn is_date(text: &str) -> bool {
    let parts = text.split('-').collect::<Vec<_>>();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return false;
    }
    let (Ok(year), Ok(month), Ok(day)) = (year.parse::<u32>(), month.parse::<u32>(), day.parse::<u32>())
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
