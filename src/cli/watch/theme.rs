//! Colours. All that they say stands there in words or signs too.

use ratatui::style::{Color, Modifier, Style};

/// Colours, or none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Theme {
    pub has_colors: bool,
}

/// The colours of training and validation in charts, of the 256 that terminals have those next to them
/// that can be read on black and on white.
const TRAIN: Color = Color::Indexed(166);
const VALID: Color = Color::Indexed(32);

impl Theme {
    /// Colours, unless the environment asks for none.
    pub fn of_environment() -> Self {
        Self { has_colors: console::colors_enabled() }
    }

    pub fn train(self) -> Style {
        self.color(TRAIN)
    }

    pub fn valid(self) -> Style {
        self.color(VALID)
    }

    /// What stands behind: not a grey, which is hard to read on one screen or the other.
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    pub fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The style of a status.
    pub fn status(self, status: &str) -> Style {
        match status {
            "running" => self.valid().add_modifier(Modifier::BOLD),
            "failed" | "damaged" => self.train().add_modifier(Modifier::BOLD),
            "planned" | "unread" => self.faint(),
            _ => Style::new(),
        }
    }

    fn color(self, color: Color) -> Style {
        if self.has_colors { Style::new().fg(color) } else { Style::new() }
    }
}
