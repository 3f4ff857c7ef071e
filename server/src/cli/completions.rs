use std::io::Write as _;

use anyhow::Result;
use clap::CommandFactory as _;

use super::Ended;

/// Print the completions of a shell.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  banyan completions bash > ~/.local/share/bash-completion/completions/banyan\n  \
                        banyan completions zsh > ~/.zfunc/_banyan\n  \
                        banyan completions fish > ~/.config/fish/completions/banyan.fish")]
pub(crate) struct Arguments {
    /// The shell.
    shell: clap_complete::Shell,
}

impl Arguments {
    #[expect(clippy::unnecessary_wraps, reason = "the shape of a command")]
    pub(crate) fn run(&self) -> Result<Ended> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "banyan", &mut script);
        let _reader_gone = std::io::stdout().write_all(&script);
        Ok(Ended::Well)
    }
}
