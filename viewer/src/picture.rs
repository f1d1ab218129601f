//! One picture of the window: waits until it is settled, then takes it and closes the window.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use egui::{ColorImage, Context, Vec2, ViewportCommand};

/// Frames that must be drawn at the right size before the picture is taken: fonts are loaded in
/// the first, lanes are laid out in the second, scrolled in the third.
const SETTLING_FRAMES: u32 = 5;
/// Frames after which the picture is taken at whatever size the window has.
const MOST_FRAMES: u32 = 120;
/// Smallest and largest width and height of a picture, in pixels.
pub const SIZE_RANGE: (u32, u32) = (320, 8192);

/// Takes one picture.
pub struct Camera {
    wanted: Vec2,
    sender: Option<Sender<Arc<ColorImage>>>,
    frames: u32,
    settled: u32,
}

impl Camera {
    /// Will send one picture of `width` × `height` pixels.
    pub fn new(width: u32, height: u32, sender: Sender<Arc<ColorImage>>) -> Camera {
        let wanted = Vec2::new(width as f32, height as f32);
        Camera { wanted, sender: Some(sender), frames: 0, settled: 0 }
    }

    /// To be called at the end of every frame.
    pub fn frame(&mut self, context: &Context) {
        context.request_repaint();
        self.frames += 1;
        let scale = context.pixels_per_point();
        let size = context.viewport_rect().size() * scale;
        let right = (size - self.wanted).abs().max_elem() < 0.5;
        self.settled = if right { self.settled + 1 } else { 0 };
        if !right && self.frames % 10 == 1 {
            context.send_viewport_cmd(ViewportCommand::InnerSize(self.wanted / scale));
        }
        if self.settled < SETTLING_FRAMES && self.frames < MOST_FRAMES {
            return;
        }
        let Some(sender) = self.sender.take() else { return };
        let closing = context.clone();
        context.request_screenshot(move |image| {
            // Whoever waits may have given up; then there is nobody to tell.
            let _ = sender.send(image);
            closing.send_viewport_cmd(ViewportCommand::Close);
        });
    }
}

/// Writes a picture as PNG, 8 bits RGB.
///
/// # Errors
/// The file can't be written.
pub fn write_png(path: &Path, image: &ColorImage) -> Result<(), png::EncodingError> {
    let file = std::io::BufWriter::new(std::fs::File::create(path)?);
    let [width, height] = image.size.map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    let bytes: Vec<u8> =
        image.pixels.iter().flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()]).collect();
    writer.write_image_data(&bytes)?;
    writer.finish()
}
