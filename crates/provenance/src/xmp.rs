//! The XMP packet that every container carries: who made it, with what, and how much of it is a model's.

use handbill_domain::asset::AiOrigin;

use crate::{Label, aigc};

/// Stands in every packet of ours, so that a second labelling knows what it may replace.
const TOOLKIT: &str = "Handbill provenance";
const SOURCE_TYPE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/// IPTC: made by a model from its training data alone.
const GENERATED: &str = "trainedAlgorithmicMedia";
/// IPTC: a composite with elements made by a model.
const COMPOSITE: &str = "compositeWithTrainedAlgorithmicMedia";

/// A whole packet. The same label gives the same bytes: it holds no time.
pub(crate) fn packet(label: &Label, aigc: Option<&str>) -> Vec<u8> {
    let mut said = String::new();
    let mut element = |name: &str, value: &str| {
        if !value.is_empty() {
            said.push_str(&format!("   <{name}>{}</{name}>\n", escaped(value)));
        }
    };
    element("xmp:CreatorTool", &label.tool);
    element("photoshop:Credit", &label.producer);
    element("dc:identifier", &label.produce_id);
    match label.origin {
        AiOrigin::Generated => element("Iptc4xmpExt:DigitalSourceType", &format!("{SOURCE_TYPE}{GENERATED}")),
        AiOrigin::Composite => element("Iptc4xmpExt:DigitalSourceType", &format!("{SOURCE_TYPE}{COMPOSITE}")),
        // Words from a model over pixels that are not: IPTC has no source type for it, but names the systems.
        AiOrigin::Assisted | AiOrigin::None => {}
    }
    let systems = label.systems.join("; ");
    element("Iptc4xmpExt:AISystemUsed", if systems.is_empty() { "unnamed" } else { &systems });
    element("TC260:AIGC", aigc.unwrap_or_default());
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"{TOOLKIT}\">\n \
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n  \
         <rdf:Description rdf:about=\"\"\n    \
         xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\"\n    \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\"\n    \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\"\n    \
         xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\"\n    \
         xmlns:TC260=\"http://www.tc260.org.cn/ns/AIGC/1.0/\">\n\
         {said}  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>"
    )
    .into_bytes()
}

/// Did we write this packet?
pub(crate) fn is_ours(packet: &[u8]) -> bool {
    let mark = format!("x:xmptk=\"{TOOLKIT}\"");
    packet.windows(mark.len()).any(|window| window == mark.as_bytes())
}

/// What a packet says, of ours or of another program; `None` where it claims nothing about a model.
pub(crate) fn read(packet: &str) -> Option<Label> {
    let source = property(packet, "Iptc4xmpExt:DigitalSourceType").unwrap_or_default();
    let systems = property(packet, "Iptc4xmpExt:AISystemUsed");
    let aigc = property(packet, "TC260:AIGC").and_then(|json| aigc::read(&json));
    let origin = match source.rsplit('/').next().unwrap_or_default() {
        GENERATED => AiOrigin::Generated,
        COMPOSITE => AiOrigin::Composite,
        _ if aigc.is_some() => AiOrigin::Generated,
        _ if systems.is_some() => AiOrigin::Assisted,
        _ => return None,
    };
    let named = systems.filter(|systems| systems != "unnamed").unwrap_or_default();
    let base = aigc.unwrap_or_else(|| Label {
        producer: property(packet, "photoshop:Credit").unwrap_or_default(),
        produce_id: property(packet, "dc:identifier").unwrap_or_default(),
        ..Label::default()
    });
    Some(Label {
        origin,
        tool: property(packet, "xmp:CreatorTool").unwrap_or_default(),
        systems: named.split("; ").filter(|s| !s.is_empty()).map(str::to_owned).collect(),
        ..base
    })
}

/// The value of a simple property, written as an element or as an attribute.
fn property(packet: &str, name: &str) -> Option<String> {
    let between = |open: &str, close: &str| {
        let start = packet.find(open)? + open.len();
        let end = packet[start..].find(close)?;
        Some(plain(packet[start..start + end].trim()))
    };
    between(&format!("<{name}>"), &format!("</{name}>")).or_else(|| between(&format!(" {name}=\""), "\""))
}

fn escaped(text: &str) -> String {
    // Control characters may not stand in XML at all.
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn plain(text: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, letter)| text.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_of_another_program_is_understood() {
        let packet = r#"<rdf:Description xmp:CreatorTool="Studio 3"
            Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>"#;
        let label = read(packet).unwrap();
        assert_eq!((label.origin, label.tool.as_str()), (AiOrigin::Generated, "Studio 3"));
        assert!(!is_ours(packet.as_bytes()));
        assert_eq!(read("<rdf:Description xmp:CreatorTool=\"Camera\"/>"), None);
    }
}
