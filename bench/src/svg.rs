//! A drawing surface that is an SVG file, and the PNG of it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// An SVG document in the making; coordinates are pixels from the top left.
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text's given point lies.
#[derive(Clone, Copy)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

impl Svg {
    pub fn new(width: f64, height: f64) -> Svg {
        Svg { width, height, body: String::new() }
    }

    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), colour: &str, width: f64) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    /// A line through all points.
    pub fn path(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let _ = writeln!(self.body, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>", joined(points));
    }

    /// A filled shape.
    pub fn polygon(&mut self, points: &[(f64, f64)], colour: &str, opacity: f64) {
        let _ = writeln!(self.body, "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"{opacity}\"/>", joined(points));
    }

    pub fn circle(&mut self, at: (f64, f64), radius: f64, colour: &str) {
        let _ = writeln!(self.body, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{colour}\"/>", at.0, at.1);
    }

    pub fn text(&mut self, at: (f64, f64), size: f64, anchor: Anchor, colour: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = at;
        let text = escaped(text);
        let _ = writeln!(
            self.body,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"{colour}\">{text}</text>"
        );
    }

    /// The whole document.
    pub fn finish(self) -> String {
        let (w, h) = (self.width, self.height);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"0 0 {w:.0} {h:.0}\" \
             font-family=\"Ubuntu, DejaVu Sans, Helvetica, sans-serif\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{}</svg>\n",
            self.body
        )
    }
}

fn joined(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")
}

/// The picture of an SVG document at `scale`, as PNG. Its font is part of this program: no machine's fonts are asked.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, String> {
    let mut fonts = resvg::usvg::fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let family = fonts.faces().next().and_then(|f| f.families.first().map(|n| n.0.clone())).ok_or("the font cannot be read")?;
    fonts.set_sans_serif_family(family);
    let options = resvg::usvg::Options { fontdb: Arc::new(fonts), ..Default::default() };
    let tree = resvg::usvg::Tree::from_str(svg, &options).map_err(|e| e.to_string())?;
    let size = tree.size().to_int_size().scale_by(scale).ok_or("the picture has no size")?;
    let mut pixels = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).ok_or("the picture has no size")?;
    resvg::render(&tree, resvg::tiny_skia::Transform::from_scale(scale, scale), &mut pixels.as_mut());
    encode(&pixels)
}

/// With a palette: the few colours of a plot and their blends, rounded until they are 256 at most.
fn encode(pixels: &resvg::tiny_skia::Pixmap) -> Result<Vec<u8>, String> {
    let colours = |bits: u8| -> (Vec<u8>, Vec<u8>) {
        let round =
            |v: u8| if bits == 0 { v } else { ((u16::from(v) + (1 << (bits - 1))).min(255) as u8 >> bits) << bits | (v >> (8 - bits)) };
        let (mut palette, mut indices, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for pixel in pixels.pixels() {
            let colour = [round(pixel.red()), round(pixel.green()), round(pixel.blue())];
            let index = *known.entry(colour).or_insert_with(|| {
                palette.extend(colour);
                palette.len() / 3 - 1
            });
            indices.push(index.min(255) as u8);
        }
        (palette, indices)
    };
    let (palette, indices) = (0..8).map(colours).find(|(p, _)| p.len() <= 256 * 3).ok_or("too many colours")?;
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixels.width(), pixels.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette);
    encoder.set_compression(png::Compression::Best);
    encoder.set_filter(png::FilterType::NoFilter);
    let written = encoder.write_header().and_then(|mut w| w.write_image_data(&indices));
    written.map_err(|e| e.to_string())?;
    Ok(out)
}

/// Writes `path`.svg and `path`.png.
pub fn save(svg: Svg, path: &std::path::Path) -> Result<(), String> {
    let text = svg.finish();
    let write = |extension: &str, bytes: &[u8]| {
        let file = path.with_file_name(format!("{}.{extension}", path.file_name().unwrap_or_default().to_string_lossy()));
        std::fs::write(&file, bytes).map_err(|e| format!("{}: {e}", file.display()))
    };
    write("svg", text.as_bytes())?;
    write("png", &png(&text, 1.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shows_in_the_picture() {
        let drawn = |text: &str| {
            let mut svg = Svg::new(80.0, 20.0);
            svg.text((2.0, 15.0), 12.0, Anchor::Start, "black", text);
            png(&svg.finish(), 1.0).unwrap()
        };
        // The palette's darkest entry is used by letters only.
        let dark = |picture: Vec<u8>| {
            let mut reader = png::Decoder::new(&picture[..]).read_info().unwrap();
            let palette = reader.info().palette.clone().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size()];
            reader.next_frame(&mut pixels).unwrap();
            pixels.iter().filter(|&&i| palette[usize::from(i) * 3] < 128).count()
        };
        assert_eq!(dark(drawn("")), 0);
        assert!(dark(drawn("a<b & c×")) > 20);
    }
}
