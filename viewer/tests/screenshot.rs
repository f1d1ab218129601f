//! The program itself, on a real trial file in a real window of a virtual display.

#![expect(clippy::expect_used, reason = "a test that can't go on says so")]

mod pump_trial;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// The trial file that all tests show. It is written before any of them starts a program: a
/// program that is started meanwhile would inherit the open file with its lock.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshot");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the old folder can be removed");
    }
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join("trial.h5");
    pump_trial::write(&file);
    file
});

/// Runs the viewer on a virtual display.
fn viewer(arguments: &[&str]) -> Output {
    Command::new("xvfb-run")
        .args(["-a", "-s", "-screen 0 1600x1200x24", env!("CARGO_BIN_EXE_viewer")])
        .args(arguments)
        .output()
        .expect("xvfb-run is needed; install the packages xvfb, xauth and libgl1-mesa-dri")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<[u8; 3]>,
}

fn read(path: &Path) -> Picture {
    let file = std::fs::File::open(path).expect("the picture is there");
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("pixels");
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
    let pixels = bytes.chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Picture { width: info.width, height: info.height, pixels }
}

fn shoot(name: &str, arguments: &[&str]) -> Picture {
    let out = FILE.with_file_name(name);
    let mut all = vec![text(&FILE), "--screenshot", text(&out)];
    all.extend_from_slice(arguments);
    let done = viewer(&all);
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{:?}: {told}", done.status);
    read(&out)
}

fn share_of(picture: &Picture, wanted: impl Fn([u8; 3]) -> bool) -> f64 {
    let count = picture.pixels.iter().filter(|pixel| wanted(**pixel)).count();
    count as f64 / picture.pixels.len() as f64
}

#[test]
fn a_trial_is_shown_in_both_languages() {
    let english = shoot("en.png", &["--size", "1280x800", "--lang", "en"]);
    let chinese = shoot("zh.png", &["--size", "1280x800", "--lang", "zh"]);
    for picture in [&english, &chinese] {
        assert_eq!((picture.width, picture.height), (1280, 800));
        let colours: BTreeSet<[u8; 3]> = picture.pixels.iter().copied().collect();
        assert!(colours.len() > 200, "only {} colours", colours.len());
        // The lines of measured signals, and the red of a verdict or a limit.
        let blue = share_of(picture, |[r, g, b]| r < 60 && (60..120).contains(&g) && b > 130);
        assert!((0.001..0.2).contains(&blue), "measured signals cover {blue}");
        let red = share_of(picture, |[r, g, b]| r > 150 && g < 70 && b < 60);
        assert!((0.0002..0.05).contains(&red), "red covers {red}");
    }
    assert!(english.pixels != chinese.pixels, "the language changes nothing");
    let again = shoot("again.png", &["--size", "1280x800", "--lang", "en"]);
    assert!(english.pixels == again.pixels, "the same file gives another picture");
}

#[test]
fn the_evidence_of_a_finding_is_shown_at_any_size() {
    let arguments = ["--size", "1024x640", "--lang", "en", "--finding", "rated-duty"];
    let picture = shoot("evidence.png", &arguments);
    assert_eq!((picture.width, picture.height), (1024, 640));
    let tinted = share_of(&picture, |[r, g, b]| r > 225 && g > 205 && r.saturating_sub(b) > 45);
    assert!((0.01..0.3).contains(&tinted), "the evidence covers {tinted}");
}

#[test]
fn what_cannot_be_shown_is_told_in_the_user_s_language() {
    let missing = FILE.with_file_name("missing.h5");
    let foreign = FILE.with_file_name("foreign.h5");
    std::fs::write(&foreign, [b'x'; 8192]).expect("a file can be written");
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let done = Command::new(env!("CARGO_BIN_EXE_viewer"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .args(arguments)
            .output()
            .expect("the viewer starts");
        let told = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(code), "{told}");
        assert!(told.contains(expected), "{told}");
    };
    check(&[text(&missing), "--lang", "en"], 2, "can't be read");
    check(&[text(&missing), "--lang", "zh"], 2, "无法读取");
    check(&[text(&foreign), "--lang", "zh"], 2, "不是试验文件");
    check(&[text(&foreign), "--lang", "fr"], 2, "not a language");
    check(&[text(&foreign), "--screenshot", "x.png", "--size", "9x9", "--lang", "en"], 2, "size");
    check(&[text(&FILE), "--lang", "en", "--finding", "nothing"], 2, "rated-duty");
    check(&[text(&FILE), "--lang", "en"], 1, "xvfb-run");
}
