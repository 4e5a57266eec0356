//! One flaw in each line, and what must be said about it.

/// A brief without a flaw. The table below breaks one thing at a time, so its line numbers count here.
pub(super) const GOOD: &str = r##"handbill: 1
campaign: spring-tea
product:
  name: {zh-CN: 春茶, en-US: Spring tea}
  category: food
  facts:
    - id: weight
      label: {zh-CN: 净含量, en-US: Net weight}
      value: 100
      unit: {zh-CN: 克, en-US: g}
    - id: origin
      label: {zh-CN: 产地, en-US: Origin}
      value: {zh-CN: 杭州, en-US: Hangzhou}
  price: {amount: "268.00", currency: CNY}
  list_price: {amount: "328.00", currency: CNY}
  photos:
    - file: photos/tea.png
      role: product
brand:
  name: {zh-CN: 山前雾, en-US: Mistfore}
  colors:
    primary: "#1F4D3A"
  voice:
    do: [手采]
    dont: [miracle]
objective: launch
audience: {zh-CN: 上班族, en-US: Busy people}
key_message:
  zh-CN: 一罐春天
  en-US: Spring in a tin
offer:
  text: {zh-CN: 立减60元, en-US: Launch price}
  until: 2026-04-30
call_to_action: {zh-CN: 立即购买, en-US: Shop now}
url: https://tea.example.com/spring
locales: [zh-CN, en-US]
placements:
  - xiaohongshu.note_image
  - google_ads.rsa
deliverables:
  videos: [15]
  video_ratios: ["9:16"]
  variants: 2
ceiling: {amount: "20.00", currency: USD}
"##;

/// What is broken, how, and what must be said: pointer, line, a word of the hint.
pub(super) struct Broken(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) u32,
    pub(super) &'static str,
);

#[rustfmt::skip]
pub(super) const TABLE: &[Broken] = &[
    Broken("an unknown key at the top", "objective: launch", "objectiv: launch", "/objectiv", 26, "`objective`"),
    Broken("an unknown key deep inside", "      role: product", "      rol: product", "/product/photos/0/rol", 18, "`role`"),
    Broken("a key under another name", "call_to_action:", "cta:", "/cta", 34, "`call_to_action`"),
    Broken("a key that resembles nothing", "  category: food", "  category: food\n  qqqq: 1", "/product/qqqq", 6, "`facts`"),
    Broken("a short key with two letters exchanged", "url: https", "ulr: https", "/ulr", 35, "`url`"),
    Broken("a key of a list's item with two letters exchanged", "    - file: photos", "    - flie: photos", "/product/photos/0/flie", 17, "`file`"),
    Broken("a misspelt key in a fact", "      label: {zh-CN: 产地", "      lable: {zh-CN: 产地", "/product/facts/1/lable", 12, "`label`"),
    Broken("a misspelt key in a price", "currency: CNY}\n  list_price", "curency: CNY}\n  list_price", "/product/price/curency", 14, "`currency`"),
    Broken("a misspelt key in the voice", "    dont: [miracle]", "    donts: [miracle]", "/brand/voice/donts", 25, "`dont`"),
    Broken("a misspelt key of the deliverables", "  variants: 2", "  varients: 2", "/deliverables/varients", 43, "`variants`"),
    Broken("a second spelling of a key that is there", "objective: launch", "objective: launch\nobjectives: launch", "/objectives", 27, "`objective` is there already"),
    Broken("a photo as a bare path", "    - file: photos/tea.png\n      role: product", "    - photos/tea.png", "/product/photos/0", 17, "{file: "),
    Broken("a price as a number", "  price: {amount: \"268.00\", currency: CNY}", "  price: 268", "/product/price", 14, "{amount: "),
    Broken("a ceiling as a number", "ceiling: {amount: \"20.00\", currency: USD}", "ceiling: 20", "/ceiling", 44, "currency: USD"),
    Broken("a colour where colours belong", "  colors:\n    primary: \"#1F4D3A\"", "  colors: \"#1F4D3A\"", "/brand/colors", 21, "{primary: "),
    Broken("deliverables as a list", "deliverables:\n  videos: [15]\n  video_ratios: [\"9:16\"]\n  variants: 2", "deliverables: [copy, images]", "/deliverables", 40, "copy: true"),
    Broken("a video with its unit", "videos: [15]", "videos: [15s]", "/deliverables/videos/0", 41, "15"),
    Broken("videos as one number", "videos: [15]", "videos: 15", "/deliverables/videos", 41, "[15, 30]"),
    Broken("a missing key", "  category: food\n", "", "/product/category", 3, "kind of product"),
    Broken("a missing key at the top", "campaign: spring-tea\n", "", "/campaign", 1, "add `campaign:`"),
    Broken("a version from the future", "handbill: 1", "handbill: 2", "/handbill", 1, "handbill: 1"),
    Broken("a version that is a text", "handbill: 1", "handbill: \"1\"", "/handbill", 1, "`handbill: 1`"),
    Broken("a campaign with capitals and spaces", "campaign: spring-tea", "campaign: Spring Tea", "/campaign", 2, "`spring-tea`"),
    Broken("a campaign in Chinese", "campaign: spring-tea", "campaign: 春茶", "/campaign", 2, "`spring-tea`"),
    Broken("a list where a text belongs", "  category: food", "  category: [food]", "/product/category", 5, "some words"),
    Broken("a truth where a text belongs", "  category: food", "  category: true", "/product/category", 5, "quotes"),
    Broken("a text where a list belongs", "locales: [zh-CN, en-US]", "locales: zh-CN", "/locales", 36, "[zh-CN, en-US]"),
    Broken("a text where keys belong", "    primary: \"#1F4D3A\"", "    \"#1F4D3A\"", "/brand/colors", 22, "{primary: "),
    Broken("a list where texts per locale belong", "{zh-CN: 上班族, en-US: Busy people}", "[上班族]", "/audience", 27, "zh-CN"),
    Broken("a list as an amount", "price: {amount: \"268.00\"", "price: {amount: [268]", "/product/price/amount", 14, "268.00"),
    Broken("an empty text", "{zh-CN: 春茶, en-US", "{zh-CN: \"  \", en-US", "/product/name/zh-CN", 4, "remove the key"),
    Broken("a key without a value", "  category: food", "  category:", "/product/category", 5, "quotes"),
    Broken("a name with a control character", "category: food", "category: \"fo\\u0007od\"", "/product/category", 5, "copied"),
    Broken("a name that is too long", "en-US: Mistfore", "en-US: Mistfore and Daughters and Granddaughters Tea Company", "/brand/name/en-US", 20, "at most 40"),
    Broken("a locale that is a word", "locales: [zh-CN, en-US]", "locales: [zh-CN, english]", "/locales/1", 36, "en-US"),
    Broken("a text for no locale", "{zh-CN: 上班族, en-US: Busy people}", "{chinese: 上班族, en-US: Busy}", "/audience/chinese", 27, "zh-CN"),
    Broken("a text that lacks a locale", "  zh-CN: 一罐春天\n", "", "/key_message/zh-CN", 28, "`zh-CN:`"),
    Broken("a fact that lacks a locale", "value: {zh-CN: 杭州, en-US: Hangzhou}", "value: {zh-CN: 杭州}", "/product/facts/1/value/en-US", 13, "en-US"),
    Broken("a locale twice", "locales: [zh-CN, en-US]", "locales: [zh-CN, en-US, zh_cn]", "/locales/2", 36, "line 36"),
    Broken("no locale", "locales: [zh-CN, en-US]", "locales: []", "/locales", 36, "at least one locale"),
    Broken("a misspelt placement", "  - google_ads.rsa", "  - google_ads.rsaa", "/placements/1", 39, "google_ads.rsa"),
    Broken("a placement of a misspelt channel", "  - google_ads.rsa", "  - gogle_ads.rsa", "/placements/1", 39, "`google_ads.rsa`"),
    Broken("a placement twice", "  - google_ads.rsa", "  - xiaohongshu.note_image", "/placements/1", 39, "line 38"),
    Broken("no placement", "placements:\n  - xiaohongshu.note_image\n  - google_ads.rsa", "placements: []", "/placements", 37, "handbill channels"),
    Broken("a Chinese channel without Chinese", "locales: [zh-CN, en-US]", "locales: [en-US]", "/placements/0", 38, "add zh-CN"),
    Broken("an objective that nobody knows", "objective: launch", "objective: lunch", "/objective", 26, "`launch`"),
    Broken("a role that nobody knows", "role: product", "role: backside", "/product/photos/0/role", 18, "lifestyle"),
    Broken("a currency in small letters", "{amount: \"268.00\", currency: CNY}", "{amount: \"268.00\", currency: cny}", "/product/price/currency", 14, "`CNY`"),
    Broken("a colour without #", "\"#1F4D3A\"", "1F4D3A", "/brand/colors/primary", 22, "#1F4D3A"),
    Broken("a short colour", "\"#1F4D3A\"", "\"#1f4\"", "/brand/colors/primary", 22, "#11ff44"),
    Broken("a colour that YAML takes for a comment", "\"#1F4D3A\"", "#1F4D3A", "/brand/colors/primary", 22, "in quotes"),
    Broken("an amount with a symbol", "amount: \"268.00\"", "amount: ¥268", "/product/price/amount", 14, "no symbol"),
    Broken("an amount with too many decimals", "amount: \"20.00\"", "amount: 0.1234567", "/ceiling/amount", 44, "six decimals"),
    Broken("a ceiling below zero", "amount: \"20.00\"", "amount: -1", "/ceiling/amount", 44, "no sign"),
    Broken("a ceiling of zero", "amount: \"20.00\"", "amount: 0", "/ceiling/amount", 44, "more than zero"),
    Broken("a list price in another currency", "\"328.00\", currency: CNY", "\"328.00\", currency: USD", "/product/list_price/currency", 15, "both in CNY"),
    Broken("a list price below the price", "\"328.00\"", "\"28.00\"", "/product/list_price/amount", 15, "before the offer"),
    Broken("a fact's id twice", "id: origin", "id: weight", "/product/facts/1/id", 11, "line 7"),
    Broken("a fact's id with a space", "id: origin", "id: Place of origin", "/product/facts/1/id", 11, "`place_of_origin`"),
    Broken("no variant", "variants: 2", "variants: 0", "/deliverables/variants", 43, "1 to 5"),
    Broken("too many variants", "variants: 2", "variants: 6", "/deliverables/variants", 43, "1 to 5"),
    Broken("half a variant", "variants: 2", "variants: 1.5", "/deliverables/variants", 43, "3"),
    Broken("a video of 20 seconds", "videos: [15]", "videos: [15, 20]", "/deliverables/videos/1", 41, "15, 30 or 60"),
    Broken("a ratio that nobody films", "[\"9:16\"]", "[\"9:17\"]", "/deliverables/video_ratios/0", 42, "9:16"),
    Broken("nothing to make", "  videos: [15]\n", "  videos: []\n  copy: false\n  images: false\n  article: false\n", "/deliverables", 40, "turn copy"),
    Broken("a truth that is a word", "  videos: [15]", "  videos: [15]\n  copy: yes", "/deliverables/copy", 42, "true"),
    Broken("no photo", "  photos:\n    - file: photos/tea.png\n      role: product", "  photos: []", "/product/photos", 16, "photo.jpg"),
    Broken("a photo outside the folder", "photos/tea.png", "../../etc/passwd", "/product/photos/0/file", 17, "beside the brief"),
    Broken("a photo with an absolute path", "photos/tea.png", "/home/tea.png", "/product/photos/0/file", 17, "beside the brief"),
    Broken("a photo on a drive", "photos/tea.png", "'C:\\tea.png'", "/product/photos/0/file", 17, "beside the brief"),
    Broken("a photo on the web", "photos/tea.png", "https://example.com/tea.png", "/product/photos/0/file", 17, "beside the brief"),
    Broken("a photo with backslashes", "photos/tea.png", "'photos\\tea.png'", "/product/photos/0/file", 17, "`photos/tea.png`"),
    Broken("an address without https", "https://tea.example.com/spring", "tea.example.com/spring", "/url", 35, "https://tea.example.com/spring"),
    Broken("a script as address", "https://tea.example.com/spring", "javascript:alert(1)", "/url", 35, "in full"),
    Broken("a day that is not", "2026-04-30", "2026-04-31", "/offer/until", 33, "2026-04-05"),
    Broken("a day in words", "2026-04-30", "next Friday", "/offer/until", 33, "year-month-day"),
    Broken("a word wanted and unwanted", "dont: [miracle]", "dont: [miracle, 手采]", "/brand/voice/dont/1", 25, "one of them"),
    Broken("a key twice", "objective: launch", "objective: launch\nobjective: loyalty", "/objective", 27, "line 26"),
    Broken("an alias", "{zh-CN: 上班族, en-US: Busy people}", "*people", "/audience", 27, "value"),
    Broken("a bracket that stays open", "locales: [zh-CN, en-US]", "locales: [zh-CN, en-US", "", 37, "brackets"),
    Broken("a tab as indentation", "  category: food", "\tcategory: food", "", 5, "indentation"),
    Broken("a second document", "url: https", "---\nurl: https", "", 35, "one brief"),
];
