//! The sample briefs of the tests: those of `examples/`.

use handbill_domain::brief::Brief;

/// A Chinese tea, with three variants.
pub(crate) fn spring_tea() -> Brief {
    let mut brief = read(include_str!("../../../examples/spring-tea/brief.yaml"));
    brief.deliverables.variants = 3;
    brief
}

/// An English bottle.
pub(crate) fn steel_bottle() -> Brief {
    read(include_str!("../../../examples/steel-bottle/brief.yaml"))
}

fn read(text: &str) -> Brief {
    serde_saphyr::from_str(text).expect("the examples are valid")
}
