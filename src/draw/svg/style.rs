//! The look of an SVG. Colours of lanes stand out on both papers; the rest is given twice, for light and for dark.
//!
//! No variables of CSS: not every program that draws SVG knows them.

/// The sheet of styles; `c0` to `c5` are lines and `d0` to `d5` dots in the colours of the lanes.
pub(crate) const STYLE: &str = "\
text { font: 13px ui-sans-serif, system-ui, -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; fill: #1f2328; }
.id, .day, .mark { font-family: ui-monospace, SFMono-Regular, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.id { font-size: 12.5px; font-weight: 600; }
.day { font-size: 11px; fill: #656d76; }
.mark { font-size: 11px; }
.faint { fill: #656d76; }
.paper { fill: #ffffff; }
.stripe { fill: #656d76; fill-opacity: 0.06; }
.edge { fill: none; stroke-width: 2; }
.needs { stroke-dasharray: 4 3; }
.open { fill: none; stroke-width: 2; stroke: #8c959f; stroke-dasharray: 2 3; }
.dot { stroke: #ffffff; stroke-width: 2; }
.pending { fill: #ffffff; stroke-width: 2; }
.ring { fill: none; stroke-width: 1.5; }
.key { fill: #656d76; }
.keyline { stroke: #656d76; }
.frame.label { fill: #ddf4ff; stroke: #54aeff; }
.mark.label { fill: #0550ae; }
.frame.head { fill: #dafbe1; stroke: #4ac26b; }
.mark.head { fill: #116329; }
.frame.current { fill: #fff8c5; stroke: #d4a72c; }
.mark.current { fill: #7d4e00; }
.c0 { stroke: #2f81f7; } .d0 { fill: #2f81f7; }
.c1 { stroke: #d6409f; } .d1 { fill: #d6409f; }
.c2 { stroke: #2da44e; } .d2 { fill: #2da44e; }
.c3 { stroke: #d9822b; } .d3 { fill: #d9822b; }
.c4 { stroke: #8e4ec6; } .d4 { fill: #8e4ec6; }
.c5 { stroke: #159aa8; } .d5 { fill: #159aa8; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.day, .faint { fill: #9198a1; }
.paper { fill: #0d1117; }
.stripe { fill: #9198a1; fill-opacity: 0.09; }
.dot { stroke: #0d1117; }
.pending { fill: #0d1117; }
.key { fill: #9198a1; }
.keyline { stroke: #9198a1; }
.frame.label { fill: #0c2d6b; stroke: #388bfd; }
.mark.label { fill: #a5d6ff; }
.frame.head { fill: #033a16; stroke: #2ea043; }
.mark.head { fill: #7ee787; }
.frame.current { fill: #4b2900; stroke: #bb8009; }
.mark.current { fill: #f2cc60; }
}
";
